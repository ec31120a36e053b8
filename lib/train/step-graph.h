/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The graph that a recipe has built, and what is known of it. */
#pragma once

#include <generative/step.h>

#include "../private-api.h"

/* A weight or statistic of a net, and the state that it is in training. */
typedef struct {
  GenTensor *constant; /* in the net as it was given; NULL: it is of an adapter (adapter.h) */
  GenTensor *adapted;  /* what the adapter of `rank` stands beside that begins with it, or NULL */
  gint64 rank;
  gboolean statistic;
  gboolean ranks;  /* of an adapter: factors of its ranks, of which 0 takes one away */
  char *state;     /* name of the state */
  char *average;   /* name of its moving average; NULL without */
  char *direction; /* of its norm, by which it is divided (spectral-norm.h); NULL: it is not */
} GenWeight;

/* A figure that is reported: output `output` of the graph. */
typedef struct {
  guint figure, output;
  GenReportKind kind;
} GenStepReport;

/* Numbers that are watched. */
typedef struct {
  const char *what;
  guint output;
} GenStepWatch;

typedef struct {
  GenGraph *graph;
  guint n_nets;
  GPtrArray *weights[GEN_RECIPE_MAX_NETS]; /* GenWeight of each net, where it trains */
  GArray *reports;                         /* GenStepReport */
  GArray *watches;                         /* GenStepWatch */
  int samples, labels, shares, rate;       /* numbers of the graph's inputs, -1: it has it not */
  int scales[GEN_RECIPE_MAX_NETS];         /* outputs: of its loss in the next step; -1: none */
  gint64 classes;                          /* labels are below; 0: below nothing */
  guint runs;                              /* for one result */
} GenStepGraph;

typedef enum {
  GEN_STEP_TRAINS,
  GEN_STEP_MEASURES,
  GEN_STEP_PLAYS,
  GEN_STEP_WEIGHS, /* as GEN_STEP_TRAINS, of nets as they play; squares of gradients are added up */
} GenStepPurpose;

/* The state that counts steps. */
#define GEN_STEP_COUNT "step"
/* In front of a weight's: the state that squares of its gradients are added up in. */
#define GEN_STEP_SQUARES "squares."

/* Build the recipe of `settings` on `nets`, in its order. Where it plays, latents or samples are
 * input 0 of the graph, and what is shown are its outputs. */
GEN_PRIVATE_API gboolean gen_step_graph_build (GenStepGraph *built, GenStepPurpose purpose,
    GenGraph *const *nets, const GenTrainerSettings *settings, GError **error);
GEN_PRIVATE_API void gen_step_graph_clear (GenStepGraph *built);
