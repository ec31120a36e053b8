/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows that slide over the spatial axes of a picture: what convolutions and poolings have
 * in common. */
#pragma once

#include <generative/operator.h>

#define GEN_WINDOW_MAX_RANK 3

typedef struct {
  gint64 in, out; /* extents of the operator's input and output */
  gint64 kernel, stride, dilation;
  gint64 before, after; /* padding */
} GenWindowAxis;

typedef struct {
  int rank;
  GenWindowAxis axes[GEN_WINDOW_MAX_RANK];
} GenWindow;

/* The window of `node` (attributes auto_pad, pads, strides, dilations, ceil_mode) of extents
 * `kernel` over a picture of shape `input`. */
gboolean gen_window_init (GenWindow *window, const GenNode *node, const GenShape *input,
    const gint64 *kernel, GError **error);
/* The same of a transposed convolution (and output_padding, output_shape): `before` and
 * `after` are what is cut off the result. */
gboolean gen_window_init_transposed (GenWindow *window, const GenNode *node, const GenShape *input,
    const gint64 *kernel, GError **error);

/* [batch, channels, out…] */
GenShape gen_window_output (const GenWindow *window, gint64 batch, gint64 channels);

/* The window as the attributes of a gradient's node: pass GEN_WINDOW_ATTRIBUTES (lists) to
 * gen_graph_op. */
typedef struct {
  int rank;
  gint64 kernel[GEN_WINDOW_MAX_RANK], strides[GEN_WINDOW_MAX_RANK];
  gint64 dilations[GEN_WINDOW_MAX_RANK], pads[2 * GEN_WINDOW_MAX_RANK];
} GenWindowLists;

GenWindowLists gen_window_lists (const GenWindow *window);
#define GEN_WINDOW_ATTRIBUTES(l)                                                                   \
  "kernel_shape", GEN_INTS, (l).rank, (l).kernel, "strides", GEN_INTS, (l).rank, (l).strides,      \
      "dilations", GEN_INTS, (l).rank, (l).dilations, "pads", GEN_INTS, 2 * (l).rank, (l).pads
