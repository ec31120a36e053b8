/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QuantizedConv, QuantizedConvTranspose and QuantizedProduct share: layers of 8-bit integers
 * by constant weights, with what comes before and after the sums. Fusion alone makes them
 * (../graph/fuse_quantized.c). */
#pragma once

#include <generative/operator.h>

/* (x, w, x_zero, w_zero, bias, scale, offset, y_scale, y_zero), all but the first two perhaps
 * absent:
 *   v = activation ((sum of (x - x_zero) * (w - w_zero) + bias) * scale + offset),
 *   y = v / y_scale, rounded (ties to even), + y_zero.
 * bias is int32; bias, scale, w_zero and offset are one number or one for each channel of the
 * result. Without y_scale y is v; without scale it is the sum, as int32. */
enum {
  GEN_QUANTIZED_X,
  GEN_QUANTIZED_W,
  GEN_QUANTIZED_X_ZERO,
  GEN_QUANTIZED_W_ZERO,
  GEN_QUANTIZED_BIAS,
  GEN_QUANTIZED_SCALE,
  GEN_QUANTIZED_OFFSET,
  GEN_QUANTIZED_Y_SCALE,
  GEN_QUANTIZED_Y_ZERO,
  GEN_QUANTIZED_INPUTS,
};

/* One axis: results are `step_out` apart for sources `step_in` apart, of which one is 1. */
typedef struct {
  gint64 in, out, kernel, step_in, step_out, dilation, before;
} GenQuantizedAxis;

typedef struct {
  gint64 items, groups, channels, results; /* the last two of a group */
  GenQuantizedAxis axes[3];
  gint64 by_group, by_result, by_channel; /* elements of the weights, whose taps are neighbours */
  gboolean transposed;                    /* a transposed convolution */
} GenQuantizedGeometry;

/* For infer(): checks all inputs but x's and w's shapes, and sets the output. */
gboolean gen_quantized_infer (
    GenNode *node, gint64 channels, const GenShape *shape, GError **error);
gboolean gen_quantized_cpu (
    GenKernel *kernel, const GenQuantizedGeometry *geometry, GError **error);

/* Whether an activation can be computed before results are rounded. */
gboolean gen_quantized_rounds_after (GenActivationKind kind);

#define GEN_QUANTIZED_OPERATOR(id, name_, summary_, layouts_)                                      \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .domain = "generative",                                                                        \
    .summary = summary_,                                                                           \
    .min_inputs = 2,                                                                               \
    .max_inputs = GEN_QUANTIZED_INPUTS,                                                            \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = layouts_,                                                                           \
    .fuses_activation = TRUE,                                                                      \
    .infer = infer,                                                                                \
    .cpu = cpu,                                                                                    \
    .gradient_is_zero = TRUE,                                                                      \
    .flops = flops };
