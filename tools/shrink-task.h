/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What commands that make a model smaller have in common: the model, samples that it is looked at
 * with, those that it is judged by before and after, and what is written and told. A command has
 * what it does to the graph. */
#pragma once

#include <generative/model.h>
#include <generative/run-set.h>

#include "command.h"
#include "shrink-quality.h"
#include "shrink-table.h"

typedef struct {
  char *output, *location, *classes, *reference, *embedder, *report;
  int samples, judged;
  double seconds;
  gboolean json, force;
  Preparation preparation;
  JsonObject *said[2]; /* of the samples and of the reference */

  const char *path;
  GenGraph *graph;               /* as it was read */
  GenModel *model;               /* the same, with the shapes of runs */
  GenRunSet *runs, *judged_runs; /* the second may be the first */
  QualityMeter *meter;
  ShrinkTable table;
} ShrinkTask;

/* Its options, to stand in a command's list. */
#define SHRINK_TASK_OUTPUT_ENTRY(T)                                                                \
  {                                                                                                \
    "output", 'o', 0, G_OPTION_ARG_FILENAME, &(T).output, "The model to write", "OUT.onnx"         \
  }
/* `SHORT` is its letter, or 0. */
#define SHRINK_TASK_CALIBRATE_ENTRY(T, SHORT)                                                      \
  {                                                                                                \
    "calibrate", SHORT, 0, G_OPTION_ARG_FILENAME, &(T).location,                                   \
        "Samples as the model will see them (drawn, for models that take latents)", "LOCATION"     \
  }
#define SHRINK_TASK_ENTRIES(T)                                                                     \
  { "samples", 'n', 0, G_OPTION_ARG_INT, &(T).samples, "How many of them (128)", "N" },            \
      { "classes", 0, 0, G_OPTION_ARG_STRING, &(T).classes,                                        \
        "Classes that are drawn (all, one after the other)", "0,3,5" },                            \
      { "reference", 0, 0, G_OPTION_ARG_FILENAME, &(T).reference,                                  \
        "Real samples, or their statistics (.npz), for the Fréchet distance of what is made",      \
        "LOCATION" },                                                                              \
      { "judged", 0, 0, G_OPTION_ARG_INT, &(T).judged,                                             \
        "How many samples are drawn to judge it (1000)", "N" },                                    \
      { "embedder", 0, 0, G_OPTION_ARG_FILENAME, &(T).embedder,                                    \
        "What features of samples are made by", "NAME" },                                          \
      { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &(T).seconds, "How long each is timed (1)", "N" },   \
      { "report", 0, 0, G_OPTION_ARG_FILENAME, &(T).report, "Write all of it as JSON", "FILE" },   \
      { "json", 'j', 0, G_OPTION_ARG_NONE, &(T).json, "Print JSON", NULL },                        \
      { "force", 'f', 0, G_OPTION_ARG_NONE, &(T).force, "Replace a file that is there already",    \
        NULL },                                                                                    \
      PREPARATION_SHAPE_ENTRIES ((T).preparation),                                                 \
      { "threads", 't', 0, G_OPTION_ARG_INT, &(T).preparation.threads,                             \
        "Threads while it is timed (as many as cores)", "N" },                                     \
  {                                                                                                \
    "seed", 's', 0, G_OPTION_ARG_INT64, &(T).preparation.seed, "Seed of what is drawn (0)", "N"    \
  }

/* With the defaults that the options tell. */
void shrink_task_init (ShrinkTask *task);
void shrink_task_clear (ShrinkTask *task);

/* Parse the command line, `entries` with those above among them, and check what all commands have
 * in common. The exit status: STATUS_FINE, or another after having said what is wrong. */
int shrink_task_parse (ShrinkTask *task, const Command *command, const GOptionEntry *entries,
    const char *details, int argc, char **argv);

/* Read the model. */
gboolean shrink_task_load (ShrinkTask *task, GError **error);
/* Whether what it takes cannot be drawn, and nobody names samples: latents and classes are what
 * generators are given, but noise is no picture. */
gboolean shrink_task_lacks_samples (const ShrinkTask *task);
/* What it is looked at with, and judged by. */
gboolean shrink_task_read_samples (ShrinkTask *task, GError **error);
/* Judge `made`, write it, and measure what it costs. Weights that lay in a file of their own do so
 * again. */
gboolean shrink_task_finish (ShrinkTask *task, const GenGraph *made, GError **error);
/* Print, and write into the report. JSON says that `member` is `way`; a table stands below the line
 * `heading`. */
gboolean shrink_task_tell (const ShrinkTask *task, const char *member, const char *way,
    const char *heading, GError **error);
