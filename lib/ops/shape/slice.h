/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* What a Slice takes of its operand: `shape` elements from `start` on, in steps. */
typedef struct {
  gint64 start[GEN_MAX_RANK], step[GEN_MAX_RANK];
  GenShape shape;
} GenBox;

gboolean gen_slice_find (const GenNode *node, GenBox *box, GError **error);

/* Append a Slice: [first, end) of `tensor` along `axis`. */
GenTensor *gen_slice_axis (
    GenGraph *graph, GenTensor *tensor, int axis, gint64 first, gint64 end, GError **error);
