/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>
#include <generative/session.h>

/* What the user says of how a model is to be run. */
typedef struct {
  int batch;   /* 0: as given otherwise, or 1 */
  int threads; /* 0: all cores */
  gint64 seed;
  char *device;    /* NULL: the CPU */
  char *precision; /* NULL: fp32 */
  char *kernels;   /* how kernels are chosen; NULL: as `choice` says */
  GenChoice choice;
  char **shapes; /* of "NAME=1x3x64x64" */
} Preparation;

/* Their options, to stand in a command's list: those of shapes alone, and all. --shape is what
 * scripts may have for --shapes (hints.h). */
#define PREPARATION_SHAPE_ENTRIES(P)                                                               \
  { "batch", 'b', 0, G_OPTION_ARG_INT, &(P).batch, "Items in a run (1)", "N" },                    \
  {                                                                                                \
    "shape", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING_ARRAY, &(P).shapes, NULL, NULL           \
  }
#define PREPARATION_ENTRIES(P)                                                                     \
  PREPARATION_SHAPE_ENTRIES (P),                                                                   \
      { "threads", 't', 0, G_OPTION_ARG_INT, &(P).threads, "Threads (as many as cores)", "N" },    \
      { "seed", 's', 0, G_OPTION_ARG_INT64, &(P).seed, "Seed of all random numbers (0)", "N" },    \
      { "precision", 'p', 0, G_OPTION_ARG_STRING, &(P).precision,                                  \
        "fp32, tf32, bf16 or fp16 (fp32)", "NAME" },                                               \
      { "kernels", 'k', 0, G_OPTION_ARG_STRING, &(P).kernels,                                      \
        "How kernels are chosen: rules, remembered or measured", "NAME" },                         \
  {                                                                                                \
    "device", 'd', 0, G_OPTION_ARG_STRING, &(P).device, "auto, cpu or cuda (cpu)", "NAME"          \
  }

void preparation_clear (Preparation *preparation);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Preparation, preparation_clear)

/* Give the inputs of `graph`, the model's or a copy, the shapes that the user asks for; what is
 * still free then becomes the batch (the first extent) or 1. */
gboolean preparation_fix_shapes (
    const Preparation *preparation, const GenModel *model, GenGraph *graph, GError **error);
/* The same of the graph of `model`; states become as large as the model makes them. */
gboolean preparation_fix_model (const Preparation *preparation, GenModel *model, GError **error);
GenPlan *preparation_compile (const Preparation *preparation, GenGraph *graph, GError **error);
/* For graphs whose shapes may hang on what they compute. */
GenSession *preparation_open (const Preparation *preparation, GenGraph *graph, GError **error);

/* What plans run on, and how, in words. */
char *preparation_describe (const Preparation *preparation);

/* Memory for an input of a session, zeros; NULL with `error`, which names it, where the machine
 * does not have as much. (transfer full) */
void *preparation_allocate (const GenBinding *binding, GError **error);
/* Fill an input with random numbers: standard normal ones, or any bytes; classes, indices and
 * flags with zeros. `number` tells inputs apart. */
gboolean preparation_fill_random (
    const Preparation *preparation, guint number, const GenBinding *binding, GError **error);
/* Fill input `number` of `model` with what it is before anybody gives it something: a state with
 * zeros, a parameter with the number that it stands at, else, and where nobody says that, random
 * numbers. */
gboolean preparation_fill (const Preparation *preparation, const GenModel *model, guint number,
    const GenBinding *binding, GError **error);
