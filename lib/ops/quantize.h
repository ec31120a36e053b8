/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QuantizeLinear and DequantizeLinear share: where the scale of each element is. */
#pragma once

#include <generative/operator.h>

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
gboolean gen_quantize_find (const GenNode *node, GenQuantize *quantize, GError **error);
/* Elements before row `row`, its length, and where its scales begin. */
void gen_quantize_row (const GenQuantize *q, gsize row, gsize *at, gsize *length, gsize *scale);
