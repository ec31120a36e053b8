/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers of what is no picture: as the next element wants them, from its pool or its allocator. A
 * way of playing says how large its own are (`bytes` of the play) as it negotiates. */
#pragma once

#include "play.h"

/* Have the pool that `query` proposes make buffers that are large enough. */
void gst_generator_allocation_decide (const GstGeneratorPlay *play, GstQuery *query);
/* A buffer of `size` bytes, which are no more than was negotiated. */
GstFlowReturn gst_generator_allocation_new (GstGeneratorPlay *play, gsize size, GstBuffer **buffer);
