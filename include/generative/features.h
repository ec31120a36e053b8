/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture.h>

G_BEGIN_DECLS

/**
 * GenFeatures: what distribution metrics compare pictures by: a fixed number of floats that say
 * what a picture looks like. A pure function of the picture; one constant struct each, in a file
 * of its own in lib/metric.
 */
typedef struct {
  const char *name;
  const char *summary; /* a sentence, with the paper that it follows */
  /* How many floats a picture of `channels` channels gives; at most GEN_FEATURES_MAX. */
  int (*length) (int channels);
  void (*compute) (const GenPicture *picture, float *out);
} GenFeatures;

#define GEN_FEATURES_MAX 1024

/* All of them, ended by NULL, the default first. */
const GenFeatures *const *gen_features_list (void);
/* The features of that name, or NULL with `error` (GEN_METRIC_ERROR). */
const GenFeatures *gen_features_find (const char *name, GError **error);

/* Reduce one channel to `size` by `size` cells (at most 64), each the mean of the area that it
 * covers; pixels on a border count by the part that is covered. A picture smaller than that
 * is enlarged by the same rule. `out` has size * size means, 0 to 255. */
void gen_features_area (const GenPicture *picture, int channel, int size, float *out);

G_END_DECLS
