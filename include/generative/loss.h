/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * GenLoss: what the two nets of a GAN minimise. Both functions append nodes that compute a
 * scalar from scores [batch, 1]: the discriminator's results before its last Sigmoid, large
 * for what it takes for real. Working on these, and not on probabilities, is what keeps
 * log (D) and log (1 - D) finite when the discriminator is sure.
 */
typedef struct {
  const char *name;
  const char *description;
  /* `smoothing`, in [0, 0.5): real pictures are labelled 1 - smoothing instead of 1
   * (Salimans et al., "Improved techniques for training GANs", 2016, one-sided). */
  GenTensor *(*discriminator) (
      GenGraph *graph, GenTensor *real, GenTensor *fake, double smoothing, GError **error);
  /* `real` are those that the discriminator gave before its update, for losses that compare. */
  GenTensor *(*generator) (GenGraph *graph, GenTensor *real, GenTensor *fake, GError **error);
  /* Which settings of a training it hangs on, ended by NULL; NULL: none. Since: 0.2 */
  const char *const *reads;
} GenLoss;

GEN_API extern const GenLoss gen_loss_minimax;
GEN_API extern const GenLoss gen_loss_non_saturating;
GEN_API extern const GenLoss gen_loss_hinge;
GEN_API extern const GenLoss gen_loss_least_squares;
GEN_API extern const GenLoss gen_loss_relativistic;
GEN_API extern const GenLoss gen_loss_wasserstein;

/* All of them, ended by NULL. */
GEN_API const GenLoss *const *gen_loss_list (void);
/* The loss of that name, or NULL with `error` (GEN_TRAINER_ERROR_SETTING), which lists them. */
GEN_API const GenLoss *gen_loss_find (const char *name, GError **error);

G_END_DECLS
