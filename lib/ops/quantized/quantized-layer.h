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
 * result. Without y_scale y is v; without scale it is the sum, as int32.
 *
 * Behind y, where that is bytes, there may be up to GEN_QUANTIZED_AFTERS sums or products by a
 * further tensor (quantized_sum.h): for each (b, b_scale, b_zero, z_scale, z_zero), from input
 * GEN_QUANTIZED_AFTER on, in that order. b is of the result's shape, or, without b_scale, numbers,
 * one for each channel of the result. Number k of them is a product where bit k of the attribute
 * `multiplies` is set, and what is negative of it becomes 0 where that of `relu` is. */
#define GEN_QUANTIZED_AFTERS 2
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
  GEN_QUANTIZED_AFTER,
};

/* Of each that is behind. */
enum {
  GEN_QUANTIZED_B,
  GEN_QUANTIZED_B_SCALE,
  GEN_QUANTIZED_B_ZERO,
  GEN_QUANTIZED_Z_SCALE,
  GEN_QUANTIZED_Z_ZERO,
  GEN_QUANTIZED_AFTER_INPUTS,
};
#define GEN_QUANTIZED_INPUTS                                                                       \
  (GEN_QUANTIZED_AFTER + GEN_QUANTIZED_AFTERS * GEN_QUANTIZED_AFTER_INPUTS)

/* Where input `k` of number `after` is. */
#define GEN_QUANTIZED_AFTER_INPUT(after, k)                                                        \
  (GEN_QUANTIZED_AFTER + (after)*GEN_QUANTIZED_AFTER_INPUTS + (k))

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
    .layout_inputs = 1u << GEN_QUANTIZED_AFTER_INPUT (0, GEN_QUANTIZED_B) |                        \
                     1u << GEN_QUANTIZED_AFTER_INPUT (1, GEN_QUANTIZED_B),                         \
    .fuses_activation = TRUE,                                                                      \
    .infer = infer,                                                                                \
    .cpu = cpu,                                                                                    \
    .gradient_is_zero = TRUE,                                                                      \
    .flops = flops };
