/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers with fresh weights, for presets. */
#pragma once

#include <generative/preset.h>

/* How the first weights of a net are drawn. */
typedef struct {
  GenGraph *graph;
  guint64 seed;
  float spread;      /* standard deviation of normal weights; 0: uniform, of deviation gain / sqrt
                        (inputs) */
  const char *range; /* of samples, as metadata has it: "-1,1" to begin with */
  float gain; /* what keeps the size of values through a layer: sqrt (2) before ReLU, 1 else */
} GenLayers;

/* Of a net for square pictures of one of `extents`, which 0 ends: the extent of the smallest
 * picture in it, 4 or 7, and how often it doubles up to the whole one. FALSE where it is none of
 * them; `preset` is named in the error. */
gboolean gen_layers_measure (const char *preset, const GenPresetOptions *options,
    const int *extents, gint64 *smallest, int *doublings, GError **error);

GenLayers gen_layers_begin (const char *name, guint64 seed, float spread);
/* The net whose result is `y` (NULL after an error): makes the batch a free extent. What it takes
 * or makes are samples where `range_key` is not NULL. (transfer full) */
GenGraph *gen_layers_end (GenLayers *layers, GenTensor *y, const char *range_key);
/* The same of a net of several results, named `names`. */
GenGraph *gen_layers_end_all (GenLayers *layers, GenTensor *const *ys, const char *const *names,
    guint n, const char *range_key);

/* The same of a net from samples to samples that takes any width and height, or length: these are
 * free extents, too. */
GenGraph *gen_layers_end_of_any_size (GenLayers *layers, GenTensor *y);
/* The same of one from samples to scores of their parts. */
GenGraph *gen_layers_end_of_scores (GenLayers *layers, GenTensor *y);

/* Constants `name`.`part`: first weights, for results of which each sums up `fan_in` values, about
 * `center`, `n` times `value`, and
 * `value` everywhere in a shape. */
GenTensor *gen_layers_drawn (GenLayers *layers, const char *name, const char *part,
    const GenShape *shape, gint64 fan_in, float center);
GenTensor *gen_layers_filled (
    GenLayers *layers, const char *name, const char *part, gint64 n, float value);
GenTensor *gen_layers_shaped (
    GenLayers *layers, const char *name, const char *part, const GenShape *shape, float value);

/* x [batch, inputs] W^T + b; `name`.weight [outputs, inputs] and, `with_bias`, `name`.bias. */
GenTensor *gen_layers_dense (GenLayers *layers, const char *name, GenTensor *x, gint64 outputs,
    gboolean with_bias, GError **error);
/* 4x4, stride 2, pad 1, without bias: halves the extents, or doubles them. */
GenTensor *gen_layers_down (
    GenLayers *layers, const char *name, GenTensor *x, gint64 outputs, GError **error);
GenTensor *gen_layers_up (
    GenLayers *layers, const char *name, GenTensor *x, gint64 outputs, GError **error);
/* The same without weights: linear interpolation, and means of 2x2. */
GenTensor *gen_layers_double (GenLayers *layers, GenTensor *x, GError **error);
GenTensor *gen_layers_halve (GenLayers *layers, GenTensor *x, GError **error);
/* The same for sounds: 25 long, stride 4, with bias: quarters the length, or makes it fourfold. */
GenTensor *gen_layers_down_sound (
    GenLayers *layers, const char *name, GenTensor *x, gint64 outputs, GError **error);
GenTensor *gen_layers_up_sound (
    GenLayers *layers, const char *name, GenTensor *x, gint64 outputs, GError **error);
/* Of sounds, `kernel` long, an odd number, its taps `dilation` apart, with bias: keeps the length.
 */
GenTensor *gen_layers_convolution_of_sound (GenLayers *layers, const char *name, GenTensor *x,
    gint64 outputs, gint64 kernel, gint64 dilation, GError **error);
/* kernel x kernel, an odd number, with bias: keeps the extents. */
GenTensor *gen_layers_convolution (GenLayers *layers, const char *name, GenTensor *x,
    gint64 outputs, gint64 kernel, GError **error);
/* BatchNormalization over [batch, channels, …]. */
GenTensor *gen_layers_normalize (GenLayers *layers, const char *name, GenTensor *x, GError **error);
/* GroupNormalization in as many groups, or the next fewer that divide the channels. */
GenTensor *gen_layers_group_normalize (
    GenLayers *layers, const char *name, GenTensor *x, int groups, GError **error);
/* InstanceNormalization: each channel of each sample by itself, with a scale and a bias. */
GenTensor *gen_layers_instance_normalize (
    GenLayers *layers, const char *name, GenTensor *x, GError **error);
/* x sigmoid (x), written out. */
GenTensor *gen_layers_silu (GenLayers *layers, GenTensor *x, GError **error);
GenTensor *gen_layers_leaky_relu (GenLayers *layers, GenTensor *x, GError **error);
GenTensor *gen_layers_dropout (GenLayers *layers, GenTensor *x, double ratio, GError **error);
/* [batch, …] with the extents after the batch as given. */
GenTensor *gen_layers_reshape (
    GenLayers *layers, GenTensor *x, const gint64 *extents, int n, GError **error);
