/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The units of a layer whose weights are adapted: what it makes, channels or numbers, each by
 * weights of its own, which have a length (DoRA: Liu et al., "DoRA: weight-decomposed low-rank
 * adaptation", 2024). Of weights that are read otherwise they are the first extent. */
#pragma once

#include "adapted-layers.h"

/* How many there are. */
GEN_PRIVATE_API gint64 gen_layer_units_count (const GenAdaptedLayer *layer);
/* The length of each one's numbers in `weights`. */
GEN_PRIVATE_API void gen_layer_units_lengths (
    const GenAdaptedLayer *layer, const float *weights, double *lengths);
/* Multiply the numbers of each in `numbers`, the weights or an `up` of that shape, by its factor.
 */
GEN_PRIVATE_API void gen_layer_units_multiply (
    const GenAdaptedLayer *layer, const GenShape *shape, const double *factors, float *numbers);
/* By what each is multiplied where `weights`, with the difference in them, are to have the lengths
 * `magnitudes`. */
GEN_PRIVATE_API void gen_layer_units_factors (
    const GenAdaptedLayer *layer, const float *weights, const float *magnitudes, double *factors);

/* In training: whoever reads the weights reads their sum with `scaling` times the difference, as
 * long as `magnitudes` says of each unit. No gradient goes through what the sum is divided by, as
 * in the paper. */
gboolean gen_layer_units_insert (GenGraph *graph, const GenAdaptedLayer *layer, GenTensor *down,
    GenTensor *up, GenTensor *scaling, GenTensor *magnitudes, GError **error);
/* Beside a net: each unit of what the layer's weights make counts 1 + `share` times, whatever is
 * added to that. */
gboolean gen_layer_units_scale (
    GenGraph *graph, const GenAdaptedLayer *layer, GenTensor *share, GError **error);
