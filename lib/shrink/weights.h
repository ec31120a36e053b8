/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights as integers. */
#pragma once

#include "layers.h"

/* Signed bytes with a scale for each index of one axis, or one for all. */
typedef struct {
  gint8 *values;
  float *scales;
  gint64 n, n_scales;
  double sqnr; /* in decibels */
} GenByteWeights;

void gen_byte_weights_clear (GenByteWeights *weights);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenByteWeights, gen_byte_weights_clear)

/* Those of `layer`, of `bits` bits. `least`, NULL or one of each channel: scales are that large at
 * least. `one_scale`: it is for all. FALSE where a weight is no number. */
gboolean gen_byte_weights_find (GenByteWeights *weights, const GenShrinkLayer *layer, int bits,
    const float *least, gboolean one_scale);
/* Put them into the graph: the bytes and the scales. */
GenTensor *gen_byte_weights_add (
    GenByteWeights *weights, const GenShrinkLayer *layer, GenTensor **scales);

/* An error that says that weights of `layer` are no numbers. Returns FALSE. */
gboolean gen_shrink_refuse_weights (const GenShrinkLayer *layer, GError **error);
/* Signal to noise in decibels of what `sums` are: the squares of numbers, and of what is lost. */
double gen_shrink_sqnr (double signal, double noise);
/* "name_suffix", to be freed. */
char *gen_shrink_name_like (const GenTensor *tensor, const char *suffix);
