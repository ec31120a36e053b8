/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/tensor.h>
#include <gst/gst.h>

/* Caps of streams of vectors, as NNStreamer writes them, so that its elements link with ours. */

#define GST_GENERATIVE_TENSORS_CAPS                                                                \
  "other/tensors, format=(string)static, num_tensors=(int)1, types=(string)float32, "              \
  "framerate=(fraction)[ 1/2147483647, 2147483647/1 ]"

/* Read `text`, extents innermost first ("100:48:1:1"), as a shape, outermost first and without
 * outer ones ([48, 100]). FALSE with `error` (GST_LIBRARY_ERROR_SETTINGS) when it is none. */
gboolean gst_generative_dimensions_parse (const char *text, GenShape *shape, GError **error);

/* The usual spelling of `shape`: innermost first, filled up with ones to rank 4.
 * (transfer full) */
char *gst_generative_dimensions_format (const GenShape *shape);

/* Let `structure` have the dimensions of `shape` in any of the spellings that are about, which
 * differ in how many ones follow; the usual one comes first. */
void gst_generative_dimensions_set (GstStructure *structure, const GenShape *shape);
