/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/latent-space.h>

G_BEGIN_DECLS

/**
 * Inversion: the places of a space (latent-space.h) at which a generator makes given samples, or as
 * near to them as it can, found by gradient (Zhu et al., "Generative visual manipulation on the
 * natural image manifold", 2016; Karras et al., "Analyzing and improving the image quality of
 * StyleGAN", 2020, appendix D).
 *
 * What falls is
 *
 *     square + likeness * unlikeness + prior * strayed,
 *
 * the mean square of the difference, of pictures in the mean over their halvings as well; by how
 * much they look unlike: 1 - SSIM of pictures, the distance of spectra of sounds (`stft` in
 * reconstruction.h), or the mean square of what the model `features` makes of them; and how far a
 * place has strayed from where the space has its own: the square of what the mean square of its
 * numbers, in deviations from their mean, is above 1, and of styles of many layers also the mean
 * square by which they are apart. It falls by Adam, on numbers in deviations from the mean, so that
 * rates mean the same in all spaces; the rate goes up over the first twentieth of the steps, and
 * down as a cosine over the last quarter.
 *
 * Each sample has several starts: the mean, what an encoder says, and latents that are drawn. All
 * go an eighth of the steps, and the best one goes on.
 *
 * Since: 0.2
 */
typedef struct {
  int steps;            /* from 1 on, of the last start */
  int starts;           /* from 1 on */
  double rate;          /* > 0, deviations in a step */
  double likeness;      /* >= 0 */
  double prior;         /* >= 0 */
  const char *features; /* an ONNX model, or NULL */
  const char *encoder;  /* an ONNX model that makes places of LATENT of samples, or NULL */
} GenInversionSettings;

#define GEN_INVERSION_MAX_STEPS 1000000
#define GEN_INVERSION_MAX_STARTS 1024
#define GEN_INVERSION_DEFAULTS                                                                     \
  ((GenInversionSettings){                                                                         \
      .steps = 400, .starts = 8, .rate = 0.05, .likeness = 0.1, .prior = 0.001 })

/* What was found of one sample. */
typedef struct {
  double loss;   /* what fell; NaN where nobody came to look */
  double square; /* mean square of the difference, of numbers from 0 to 1 or -1 to 1 */
  double from;   /* the same at the mean, where it began */
  guint steps;   /* that were made for it */
} GenInverted;

/* How far it has come, of `total` steps; `square` is the mean over the samples that have been
 * looked at of the best by now. FALSE: stop, and keep the best so far. */
typedef gboolean (*GenInversionProgress) (
    guint64 done, guint64 total, double square, gpointer user_data);

/**
 * gen_invert: find the places of `n` `samples`, in `places` and `found`, of which there are as
 * many. `progress` may be NULL. The same samples, settings and seed of the space find the same
 * places, whatever else is inverted beside them, but for the last bits. FALSE with `error`
 * (GEN_LATENT_SPACE_ERROR, GEN_GRAPH_ERROR): a setting, an operator through which no gradient goes,
 * or a sample of which no start stays finite.
 */
GEN_API gboolean gen_invert (GenLatentSpace *space, const GenInversionSettings *settings,
    const float *samples, guint n, GenInversionProgress progress, gpointer user_data, float *places,
    GenInverted *found, GError **error);

G_END_DECLS
