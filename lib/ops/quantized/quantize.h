/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QuantizeLinear and DequantizeLinear share: where the scale of each element is, and the walk
 * through the elements. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"
#include "straight-through.h"

/* The operand as rows of elements, each with one scale or with scales of its own. */
typedef struct {
  gsize rows, length; /* elements of a row; the last of each `per_axis` rows may be shorter */
  gsize per_axis;     /* rows along the axis: blocks, or extents */
  gsize last_length;  /* of the last of them */
  gsize block;        /* rows along the axis that share scales */
  gsize scale_length; /* scales of one row: 1 or `length` */
  gsize outer_scales; /* scales of all rows along the axis, 0 where all outer indices share them */
} GenQuantize;

/* Inputs are x, scale and zero point (may be absent). */
GEN_PRIVATE_API gboolean gen_quantize_find (
    const GenNode *node, GenQuantize *quantize, GError **error);
/* A row of `n` elements; `zero` may be NULL. */
typedef void (*GenQuantizeRow) (
    const void *x, const float *scale, const void *zero, gboolean one_scale, void *out, gsize n);
/* cpu() of an operator that takes its operand row by row; an element costs about so much. */
gboolean gen_quantize_cpu (
    GenKernel *kernel, GenQuantizeRow row, double nanoseconds, GError **error);

/* `gradient_`: through steps (straight-through.h). `weights_`: as of GenOperator.
 * ONNX Runtime had 16-bit types before opset 21 did, in a domain of its own. */
#define GEN_QUANTIZE_OPERATOR(id, name_, domain_, since_, layouts_, weights_, gradient_, summary_) \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .domain = domain_,                                                                             \
    .summary = summary_,                                                                           \
    .since = since_,                                                                               \
    .min_inputs = 2,                                                                               \
    .max_inputs = 3,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = layouts_,                                                                           \
    .weights = weights_,                                                                           \
    .gradient = gradient_,                                                                         \
    .lower = lower,                                                                                \
    .infer = infer,                                                                                \
    .cpu = cpu };
