/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A net in the graph of a step: its weights are states of that graph, by its role's name and
 * theirs. Where the step trains, its normalisations work on the batch, its dropout drops and its
 * phases are shuffled. */
#pragma once

#include <generative/step.h>

#include "../model/adapted-layers.h"

/* A weight that is divided by its norm (spectral-norm.h) where it is applied: the direction of that
 * as a state and by now, and the quotient, until the weight changes. All are NULL of others. */
typedef struct {
  GenTensor *state, *direction, *divided;
} GenDivision;

/* An adapter beside a layer (adapter.h): which of the net's weights it is, `down` first. */
typedef struct {
  GenAdaptedLayer layer; /* of graph */
  guint first;
  gint64 rank;
} GenNetPart;

typedef struct {
  const GenRecipeNet *net;
  const GenGraph *source; /* as it was given */
  GenGraph *graph;        /* outputs after its own are the statistics' new values, and features */
  gint64 classes;         /* that it is told of; 0: it is told none */
  guint n_parameters;     /* weights that gradients could change */
  GPtrArray *weights;     /* GenTensor of graph, that they do change */
  GPtrArray *statistics;  /* GenTensor of graph, that normalisations change */
  GArray *parts;          /* GenNetPart: adapters, which are weights of graph and not of source */
  GPtrArray *states;      /* GenTensor of the step's: of the weights, then of the statistics */
  GenDivision *divisions; /* of each weight */
  GHashTable *map;        /* tensors of graph to those of the step, as they are by now */
  GenTensor *updates;     /* the number of its own updates before this one; NULL: it has none */
  GenTensor *factor;      /* of the gradients of its own update; NULL: 1 */
  GPtrArray *factors;     /* GenTensor: 0 where an update that it has a share in is left out */
  GenTensor *features;    /* of graph: what the last layer with weights takes; NULL: none has */
  GenTensor *seen;        /* these in the step, of the last application */
  /* What it was applied to last, and what it made of that. */
  GenTensor *last_inputs[GEN_RECIPE_MAX_INPUTS + 1], *last_outputs[GEN_RECIPE_MAX_OUTPUTS];
  gboolean minimised, applied; /* some weights have changed; applied since a factor was noted */
} GenStepNet;

/* Whether it scores what others of the recipe make, and is of no use without these. */
gboolean gen_step_net_only_scores (const GenRecipeNet *net, const GenRecipe *recipe);
/* Whether what `net` makes of a sample hangs on the others of its batch, by a reduction over them.
 */
gboolean gen_step_net_mixes_batch (const GenGraph *net);

/* The result of a net whose last node makes probabilities of scores becomes the scores. */
void gen_step_net_take_scores (GenGraph *net);

/* For a step of `settings`. */
gboolean gen_step_net_prepare (GenStepNet *self, const GenRecipeNet *net, const GenGraph *source,
    const GenTrainerSettings *settings, gboolean trains, GError **error);
void gen_step_net_clear (GenStepNet *self);
/* Put its states into the step's graph. */
void gen_step_net_add_states (GenStepNet *self, GenGraph *graph);
/* Divide its matrices by their norms from here on; states of that are put into the graph. */
void gen_step_net_divide (GenStepNet *self, GenGraph *graph, guint64 seed);
/* Append it on `inputs`, behind which is the class where it is told one; its statistics move on.
 * Its results become `outputs`. */
gboolean gen_step_net_apply (GenStepNet *self, GenGraph *graph, GenTensor *const *inputs,
    GenTensor **outputs, GError **error);
/* What metadata `key`, "-1,1", of `net` says; FALSE where it says nothing. */
gboolean gen_step_read_range (const GenGraph *net, const char *key, float *low, float *high);
/* The numbers that `net` takes for black and white in samples, or makes of latents. */
void gen_step_net_range (const GenGraph *net, float *low, float *high);
/* The present tensors of its weights. (transfer container) */
GPtrArray *gen_step_net_weights (const GenStepNet *self);
/* The net's weight `i` is `next` from here on. */
void gen_step_net_change (GenStepNet *self, guint i, GenTensor *next);
/* The shape of its input `input` with `batch` in place of the free extent; FALSE where more is
 * free. */
gboolean gen_step_net_shape (
    const GenStepNet *self, guint input, gint64 batch, GenShape *shape, GError **error);
