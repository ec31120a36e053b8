/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/tensor.h>
#include <gst/gst.h>

/* Caps of streams of vectors, as NNStreamer writes them, so that its elements link with ours.
 * A buffer holds one tensor, or two: a latent, and what it is conditioned on (a class as one-hot
 * vector or as index, a second latent), each in a memory of its own. */

#define GST_GENERATIVE_TENSORS_RATE "framerate=(fraction)[ 0/1, 2147483647/1 ]"
#define GST_GENERATIVE_TENSORS_CAPS                                                                \
  "other/tensors, format=(string)static, num_tensors=(int)1, "                                     \
  "types=(string)float32, " GST_GENERATIVE_TENSORS_RATE                                            \
  "; other/tensors, format=(string)static, num_tensors=(int)2, types=(string){ "                   \
  "\"float32,float32\", \"float32.float32\", \"float32,int64\", \"float32.int64\", "               \
  "\"float32,int32\", \"float32.int32\" }, " GST_GENERATIVE_TENSORS_RATE

#define GST_GENERATIVE_MAX_TENSORS 2

typedef struct {
  int n; /* 1 or 2 */
  GenDataType types[GST_GENERATIVE_MAX_TENSORS];
  /* Outermost extent first and without outer ones ([48, 100]); of rank 0 where not known. */
  GenShape shapes[GST_GENERATIVE_MAX_TENSORS];
} GstGenerativeTensors;

/* Read `text`, extents innermost first ("100:48:1:1"), those of a second tensor behind a comma or
 * a dot: `n` and `shapes`. FALSE with `error` (GST_LIBRARY_ERROR_SETTINGS) when it is none. */
gboolean gst_generative_dimensions_parse (
    const char *text, GstGenerativeTensors *tensors, GError **error);

/* The usual spelling of the shapes: innermost first, filled up with ones to rank 4.
 * (transfer full) */
char *gst_generative_dimensions_format (const GstGenerativeTensors *tensors);

/* What caps say; of lists, which hold spellings of the same, the first. FALSE with `error` when
 * they say nothing that can be read. */
gboolean gst_generative_tensors_read (
    const GstStructure *structure, GstGenerativeTensors *tensors, GError **error);

/* Caps of `tensors`, in any of the spellings that are about, which differ in how many ones follow
 * and in what stands between tensors; the usual one comes first. Without dimensions where they are
 * not known, and of any frame rate. (transfer full) */
GstStructure *gst_generative_tensors_to_structure (const GstGenerativeTensors *tensors);
