/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What quantised operators are lowered by. */
#pragma once

#include "../build.h"

/* Inputs `first` … `first` + 2 of the node: a tensor, its scale, its zero point (may be absent). */
GenTensor *gen_qlinear_dequantize (GenNode *node, guint first, GError **error);
/* `x` by the scale and zero point that are inputs `first` and `first` + 1. */
GenTensor *gen_qlinear_quantize (GenNode *node, GenTensor *x, guint first, GError **error);
/* `x` as uint8, its scale and its zero point, as DynamicQuantizeLinear makes them. */
gboolean gen_qlinear_dynamic (GenNode *node, GenTensor *x, GenTensor *results[3], GError **error);
/* QLinearConv, of its inputs. */
GenTensor *gen_qlinear_conv (GenNode *node, GenTensor *const inputs[9], GError **error);
/* Exact sums as float32: sums * (a * b) for scales a and b, spread over a dimension as `shape`
 * (one extent, the others 1) says where there is more than one. */
GenTensor *gen_qlinear_scale (GenGraph *graph, GenTensor *sums, GenTensor *a,
    const GenShape *a_shape, GenTensor *b, const GenShape *b_shape, GError **error);
