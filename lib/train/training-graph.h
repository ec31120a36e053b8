/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The graph of a training step. */
#pragma once

#include <generative/trainer.h>

/* A constant of a net, and the state that it is in training. */
typedef struct {
  GenTensor *constant; /* in the net as it was given */
  char *state;         /* name of the state */
  char *average;       /* name of its moving average; NULL without */
} GenWeight;

typedef struct {
  GenGraph *graph;
  GPtrArray *generator, *discriminator; /* GenWeight: what to write back into the nets */
} GenTrainingGraph;

/* Inputs of the graph, in this order. */
enum {
  GEN_TRAINING_REAL,
  GEN_TRAINING_RATE,
};
/* Its outputs. */
enum {
  GEN_TRAINING_DISCRIMINATOR_LOSS,
  GEN_TRAINING_GENERATOR_LOSS,
  GEN_TRAINING_REAL_SCORES,
  GEN_TRAINING_FAKE_SCORES,
  GEN_TRAINING_DISCRIMINATOR_SCALE, /* of its loss in the next step; both where losses are scaled */
  GEN_TRAINING_GENERATOR_SCALE,
};
/* The state that counts steps. */
#define GEN_TRAINING_STEP "step"

gboolean gen_training_graph_build (GenTrainingGraph *training, const GenGraph *generator,
    const GenGraph *discriminator, const GenTrainerSettings *settings, GError **error);
void gen_training_graph_clear (GenTrainingGraph *training);

/* A copy of `net` for `batch` latents or pictures, whose weights are states of the names in
 * `weights`; its last Sigmoid taken off where `scores`. (transfer full) */
GenGraph *gen_training_net (
    const GenGraph *net, GPtrArray *weights, gboolean scores, gint64 batch, GError **error);
