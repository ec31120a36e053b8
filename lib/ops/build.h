/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Short ways to append nodes, for gradient() and lower(). A NULL tensor gives NULL, so that a
 * chain of calls needs one check at its end. */
#pragma once

#include <generative/operator.h>

/* `x` itself where it has that shape or type already. */
GenTensor *gen_build_reshape (GenGraph *graph, GenTensor *x, const GenShape *shape, GError **error);
GenTensor *gen_build_cast (GenGraph *graph, GenTensor *x, GenDataType type, GError **error);
/* x * factor, x + term: by float32 constants, converted to the type of x. */
GenTensor *gen_build_times (GenGraph *graph, GenTensor *x, double factor, GError **error);
GenTensor *gen_build_plus (GenGraph *graph, GenTensor *x, double term, GError **error);
GenTensor *gen_build_transpose (GenGraph *graph, GenTensor *x, const gint64 *order, GError **error);
/* The last two dimensions exchanged. */
GenTensor *gen_build_swap (GenGraph *graph, GenTensor *x, GError **error);
/* Elements `first` up to `end` of an axis; and `b` behind `a` along one. */
GenTensor *gen_build_slice (
    GenGraph *graph, GenTensor *x, gint64 axis, gint64 first, gint64 end, GError **error);
GenTensor *gen_build_concat (GenGraph *graph, GenTensor *a, GenTensor *b, int axis, GError **error);
/* ReduceMean or ReduceSum (`op`) over axes that stay as extents of 1. */
GenTensor *gen_build_reduce (
    GenGraph *graph, const char *op, GenTensor *x, const gint64 *axes, int n, GError **error);
/* A node with the attributes of `like`: for operators at GEN_OPSET that have kernels. */
GenTensor *gen_build_like (GenGraph *graph, const char *op, GenTensor *const *inputs, int n_inputs,
    const GenNode *like, GError **error);
/* The node's operator once more, as its opset means it, with other inputs. */
GenTensor *gen_build_again (
    const GenNode *node, GenTensor *const *inputs, int n_inputs, GError **error);
