/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/latent-change.h>
#include <generative/latent-space.h>

G_BEGIN_DECLS

/**
 * GenDirectionMethod: a way to find directions of a space (latent-space.h) along which what a
 * generator makes changes in one respect. Each has a name, and is as long as the standard deviation
 * of places along it, so that an amount of 1 is one deviation, whatever the method and the space.
 * Of GEN_SPACE_STYLES a direction is one vector that stands for all layers.
 *
 * Since: 0.2
 */
typedef struct {
  int count;           /* from 1 on, how many at most; of labels there are as many as names */
  int samples;         /* from 2 on, how many are drawn to look at */
  gboolean orthogonal; /* those of labels: each at right angles to those before; one of which
                          nothing is left then is left out, as the last one of `mean` is */
  const char *layer;   /* `pca`: the tensor of the model to look at; NULL: one that is chosen */
  /* By labels: an ONNX model that tells classes of samples apart; or places with a label each, -1
   * for none, and the names of labels, ended by NULL. */
  const char *classifier;
  const float *places;
  const int *labels;
  guint n;
  const char *const *names;
} GenDirectionSettings;

#define GEN_DIRECTION_DEFAULTS ((GenDirectionSettings){ .count = 10, .samples = 1000 })
#define GEN_DIRECTION_MAX_COUNT 10000
#define GEN_DIRECTION_MAX_SAMPLES 1000000

typedef struct {
  const char *name;
  const char *description;
  /* It needs labels. */
  gboolean is_labelled;
  /* `shares`, which is NULL or has room for as many as are found, is how much of all variance each
   * stands for (of labels: the share of samples that have it). NULL with `error`. (transfer full)
   */
  GenDirections *(*find) (
      GenLatentSpace *space, const GenDirectionSettings *settings, GArray *shares, GError **error);
} GenDirectionMethod;

/* Härkönen et al., "GANSpace: discovering interpretable GAN controls", 2020. */
GEN_API extern const GenDirectionMethod gen_direction_method_pca;
/* Shen and Zhou, "Closed-form factorization of latent semantics in GANs", 2021. */
GEN_API extern const GenDirectionMethod gen_direction_method_sefa;
/* Differences of means, as of word vectors (Radford, Metz and Chintala 2016). */
GEN_API extern const GenDirectionMethod gen_direction_method_mean;
/* Normals of borders, as Shen et al., "Interpreting the latent space of GANs for semantic face
 * editing", 2020. */
GEN_API extern const GenDirectionMethod gen_direction_method_logistic;

/* All of them, ended by NULL. */
GEN_API const GenDirectionMethod *const *gen_direction_method_list (void);
/* The one of that name, or NULL with `error` (GEN_LATENT_SPACE_ERROR_SETTING), which lists them. */
GEN_API const GenDirectionMethod *gen_direction_method_find (const char *name, GError **error);

/**
 * gen_directions_find_by: what the method finds; settings are checked. `shares`, which may be NULL,
 * is an array of doubles that becomes as long as there are directions. (transfer full)
 */
GEN_API GenDirections *gen_directions_find_by (const GenDirectionMethod *method,
    GenLatentSpace *space, const GenDirectionSettings *settings, GArray *shares, GError **error);

G_END_DECLS
