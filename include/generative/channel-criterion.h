/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/channels.h>

G_BEGIN_DECLS

typedef struct _GenRunSet GenRunSet; /* run-set.h */

/**
 * GenChannelCriterion: what a channel is worth. Scores are compared within a group, and beside the
 * mean of each group across the model. Since: 0.2
 */
typedef struct {
  const char *name;
  const char *summary; /* a sentence */
  gboolean plays;      /* it looks at runs of the model, and else at its weights alone */
  /* Set `scores`, one for each channel, from 0 on; of NAN where the criterion says nothing of a
   * channel, whose group then stays as it is. `runs` is NULL where it does not play. */
  gboolean (*score) (
      const GenChannels *channels, const GenRunSet *runs, double *scores, GError **error);
} GenChannelCriterion;

/* The sum of the absolute weights that make it: Li et al., "Pruning filters for efficient
 * ConvNets", 2017. */
GEN_API extern const GenChannelCriterion gen_channel_criterion_l1;
/* Their Euclidean length. */
GEN_API extern const GenChannelCriterion gen_channel_criterion_l2;
/* The lengths of all that makes and reads it, each beside the mean of its layer: Fang et al.,
 * "DepGraph: towards any structural pruning", 2023. */
GEN_API extern const GenChannelCriterion gen_channel_criterion_group;
/* The scale of the normalisation behind it: Liu et al., "Learning efficient convolutional networks
 * through network slimming", 2017. Worth what the training made of it: without a penalty on scales
 * they say little. */
GEN_API extern const GenChannelCriterion gen_channel_criterion_batch_norm;
/* How much the outputs would change without it, to first order: activation times gradient, as in
 * Molchanov et al., "Importance estimation for neural network pruning", 2019. No loss and no labels
 * are asked for: gradients are those of outputs weighted by random numbers, so that the mean of the
 * squares is the square of the change. */
GEN_API extern const GenChannelCriterion gen_channel_criterion_taylor;

/* All of them, ended by NULL. */
GEN_API const GenChannelCriterion *const *gen_channel_criterion_list (void);
/* The one of that name, or NULL with `error`, which lists them. */
GEN_API const GenChannelCriterion *gen_channel_criterion_find (const char *name, GError **error);

G_END_DECLS
