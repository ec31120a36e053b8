/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * GenRetention: what keeps nets from forgetting what they could do before a training, while they
 * learn something else: a penalty that is minimised besides each loss. What a net was before is
 * what it is given as (gen_trainer_new). A member says how far the weights that a loss changes are
 * from what they were, or how far what a net makes is from what it made. It is a file in
 * lib/train/retentions, and a line in the list. Since: 0.2
 */
typedef struct {
  const char *name;
  const char *description;
  /* By what the penalty is multiplied where nobody says: > 0 of those that have one. */
  double weight;
  /* Each number of a weight counts as it was measured to be important (importance.h), without which
   * nothing is known. */
  gboolean measured;
  /* A scalar of one weight: how far `now` is from `before`. `importance`, of the same shape, is how
   * much each number counts; NULL: each counts 1. NULL: weights may go where they like. */
  GenTensor *(*weights) (
      GenGraph *graph, GenTensor *now, GenTensor *before, GenTensor *importance, GError **error);
  /* A scalar of what one net makes of a batch, [batch, …]: how far `now` is from `before`. Where
   * these are scores of classes, [batch, classes], `classes` is how many of them there were before,
   * else 0; scores are divided by `temperature`. NULL: nothing hangs on what nets make. */
  GenTensor *(*outputs) (GenGraph *graph, GenTensor *now, GenTensor *before, gint64 classes,
      double temperature, GError **error);
  /* Which settings of a training it hangs on, ended by NULL; NULL: none. */
  const char *const *reads;
} GenRetention;

/* Stands for none. */
GEN_API extern const GenRetention gen_retention_none;
/* weight / 2 sum importance (now - before)^2: Kirkpatrick et al., "Overcoming catastrophic
 * forgetting in neural networks", 2017. */
GEN_API extern const GenRetention gen_retention_ewc;
/* weight / 2 sum (now - before)^2: Li et al., "Explicit inductive bias for transfer learning with
 * convolutional networks", 2018. */
GEN_API extern const GenRetention gen_retention_l2_sp;
/* Li and Hoiem, "Learning without forgetting", 2016. */
GEN_API extern const GenRetention gen_retention_distillation;

/* All of them, ended by NULL. Since: 0.2 */
GEN_API const GenRetention *const *gen_retention_list (void);
/* The one of that name, or NULL with `error` (GEN_TRAINER_ERROR_SETTING), which lists them.
 * Since: 0.2 */
GEN_API const GenRetention *gen_retention_find (const char *name, GError **error);

G_END_DECLS
