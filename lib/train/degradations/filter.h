/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters along the axes behind batch and channels. */
#pragma once

#include <generative/graph.h>

/* `x` filtered along each axis by `n` taps, which are scaled to a sum of 1, of which one in
 * `stride` results is kept. The first one is of the taps that begin `left` before the first
 * element; beyond the ends are the elements that are there. The extents are multiples of
 * `stride`. */
GenTensor *gen_filter (GenGraph *graph, GenTensor *x, const double *taps, gint64 n, gint64 left,
    gint64 stride, GError **error);
