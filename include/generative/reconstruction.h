/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * GenReconstruction: how far samples that nets have made are from those that they are meant to be.
 * `loss` appends what computes that from two tensors of one shape, [batch, …]: the mean over the
 * numbers of each sample, [batch]. `span` is how far black and white are apart.
 */
typedef struct {
  const char *name;
  const char *description;
  /* Samples are shares, from 0 to 1, and `made` is what a last Sigmoid makes them of. */
  gboolean of_logits;
  GenTensor *(*loss) (
      GenGraph *graph, GenTensor *made, GenTensor *wanted, double span, GError **error);
} GenReconstruction;

/* Stands for cross-entropy of samples that Sigmoid makes, l1 of translations, and l2 of others. */
GEN_API extern const GenReconstruction gen_reconstruction_auto;
GEN_API extern const GenReconstruction gen_reconstruction_cross_entropy;
GEN_API extern const GenReconstruction gen_reconstruction_l1;
GEN_API extern const GenReconstruction gen_reconstruction_l2;
/* Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004,
 * with square windows of 7 pixels that all weigh the same. */
GEN_API extern const GenReconstruction gen_reconstruction_ssim;
/* Jiang et al., "Focal frequency loss for image reconstruction and synthesis", 2021. */
GEN_API extern const GenReconstruction gen_reconstruction_focal_frequency;
/* Of sounds: Yamamoto et al., "Parallel WaveGAN", 2020. */
GEN_API extern const GenReconstruction gen_reconstruction_stft;

/* All of them, ended by NULL. */
GEN_API const GenReconstruction *const *gen_reconstruction_list (void);
/* The one of that name, or NULL with `error` (GEN_TRAINER_ERROR_SETTING), which lists them. */
GEN_API const GenReconstruction *gen_reconstruction_find (const char *name, GError **error);

G_END_DECLS
