/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the ways of pooling on the CPU share. */
#pragma once

#include "pool.h"

#include "../../device/half.h"

/* Taps that a distance is: most have a dilation of 1, and divisions cost more than windows. */
static inline gint64
gen_window_steps (const GenWindowAxis *a, gint64 distance)
{
  return a->dilation == 1 ? distance : (distance + a->dilation - 1) / a->dilation;
}

/* The taps of result `at` of one axis that lie in the picture: from `first` up to `end`, in
 * kernel steps. */
static inline void
gen_window_taps (const GenWindowAxis *a, gint64 at, gint64 *first, gint64 *end)
{
  gint64 start = at * a->stride - a->before;

  *first = start < 0 ? gen_window_steps (a, -start) : 0;
  *end = MIN (a->kernel, start >= a->in ? 0 : gen_window_steps (a, a->in - start));
}

/* 16-bit floats are pooled in float32. */
static inline gboolean
gen_pool_is_half (const GenKernel *kernel)
{
  return gen_type_is_half (gen_node_input (kernel->node, 0)->type);
}

/* Where the picture is and where the result goes: 16-bit floats are widened to scratch before. */
static inline const void *
gen_pool_source (const GenKernel *kernel)
{
  return gen_pool_is_half (kernel) ? kernel->scratch : kernel->inputs[0];
}

static inline void *
gen_pool_result (const GenKernel *kernel)
{
  return gen_pool_is_half (kernel)
             ? (float *)kernel->scratch +
                   gen_shape_elements (&gen_node_input (kernel->node, 0)->shape)
             : kernel->outputs[0];
}

/* Of pictures whose pixels have one value each: whole rows of the result, by vectors. `room` bytes
 * of scratch memory, from `room_at` on, are for each part. NULL for types that are not pooled so.
 */
GenStepFunc gen_pool_rows_max (GenDataType type);
GenStepFunc gen_pool_rows_average (GenDataType type);
gsize gen_pool_rows_room (const GenPool *pool);
