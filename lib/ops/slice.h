/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* Append a Slice: [first, end) of `tensor` along `axis`. */
GenTensor *gen_slice_axis (
    GenGraph *graph, GenTensor *tensor, int axis, gint64 first, gint64 end, GError **error);
