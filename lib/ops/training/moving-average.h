/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a moving average goes towards a new value, on every device. */
#pragma once

#include <glib.h>

#ifdef __CUDACC__
#define GEN_AVERAGE_INLINE __host__ __device__ static inline
#else
#define GEN_AVERAGE_INLINE static inline
#endif

/* The number of the input that counts updates; 0 where none does. */
#define GEN_AVERAGE_UPDATES 2

/* 1 - decay. Where `updates` are counted, the decay is (1 + updates) / (10 + updates) as long as
 * that is less, so that a short training's average is not one of its first weights. */
GEN_AVERAGE_INLINE float
gen_average_weight (float decay, const gint64 *updates)
{
  const float least = updates != NULL ? 9.0f / (10.0f + (float)*updates) : 0;

  return 1 - decay > least ? 1 - decay : least;
}
