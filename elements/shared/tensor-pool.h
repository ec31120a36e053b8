/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* A pool of buffers that have a memory for each of `n` (at most 2) tensors, of `sizes` bytes, as
 * NNStreamer lays them out. Its configuration has their sum as size. (transfer full) */
GstBufferPool *gst_generative_tensor_pool_new (const gsize *sizes, guint n);
