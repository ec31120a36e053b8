/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/* What optimisers can be told; each takes what it knows. */
typedef struct {
  double beta1;        /* Adam: decay of the mean of gradients; sgd, nesterov: momentum. [0, 1) */
  double beta2;        /* Adam, RMSProp: decay of the mean of squared gradients. (0, 1) */
  double epsilon;      /* Adam, RMSProp: added to the divisor. > 0 */
  double weight_decay; /* >= 0 */
  guint64 warm_up;     /* schedule-free: the first updates, over which the rate grows */
} GenOptimizerSettings;

#define GEN_OPTIMIZER_DEFAULTS                                                                     \
  .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0, .warm_up = 0

#define GEN_OPTIMIZER_MAX_STATES 2

/**
 * GenOptimizer: a rule by which a gradient changes weights. Each is an operator of its own, so
 * that an update is one pass through memory.
 */
typedef struct {
  const char *name;
  const char *description;
  const char *operator_name;
  /* What it remembers of each weight, NULL where there are fewer. */
  const char *states[GEN_OPTIMIZER_MAX_STATES];
  gboolean begins_at_weights; /* the first of these, not at 0 */
  /* Fill the node's attributes. */
  void (*configure) (GenNode *node, const GenOptimizerSettings *settings);
  /* NULL, or what makes of `n` weights and their first state the weights that play. */
  void (*average) (
      const GenOptimizerSettings *settings, const float *state, float *weights, gsize n);
  /* Which settings of a training it hangs on, ended by NULL; NULL: none. Since: 0.2 */
  const char *const *reads;
} GenOptimizer;

GEN_API extern const GenOptimizer gen_optimizer_adam;
GEN_API extern const GenOptimizer gen_optimizer_adamw;
GEN_API extern const GenOptimizer gen_optimizer_rmsprop;
GEN_API extern const GenOptimizer gen_optimizer_sgd;
GEN_API extern const GenOptimizer gen_optimizer_nesterov;
GEN_API extern const GenOptimizer gen_optimizer_lion;
GEN_API extern const GenOptimizer gen_optimizer_schedule_free;

/* All of them, ended by NULL. */
GEN_API const GenOptimizer *const *gen_optimizer_list (void);
/* The optimiser of that name, or NULL with `error` (GEN_TRAINER_ERROR_SETTING), which lists them.
 */
GEN_API const GenOptimizer *gen_optimizer_find (const char *name, GError **error);

/* Append the update of the state `weights` by `gradient`, and the states that it needs, named
 * after it. `rate` is the learning rate (a float32), `step` the number of updates before this
 * one (an int64); `factor`, which may be NULL, a float32 that the gradient is multiplied by, and 0
 * where this update is to be left out (lib/ops/training/loss-scale.c).
 * Returns: (transfer none) the new weights, already assigned to the state; NULL with error. */
GEN_API GenTensor *gen_optimizer_update (const GenOptimizer *optimizer, GenGraph *graph,
    GenTensor *weights, GenTensor *gradient, GenTensor *rate, GenTensor *step, GenTensor *factor,
    const GenOptimizerSettings *settings, GError **error);

G_END_DECLS
