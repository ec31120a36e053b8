/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#ifdef __CUDACC__
#define GEN_SCHEDULE_FREE_INLINE static inline __host__ __device__
#else
#define GEN_SCHEDULE_FREE_INLINE static inline
#endif

/* The share of the base in the average at update `step`, from 1: the square of its rate over the
 * sum of those up to it, of rates that grow to 1 over `warm_up` updates. */
GEN_SCHEDULE_FREE_INLINE double
gen_schedule_free_share (double step, double warm_up)
{
  const double grown = step < warm_up ? step : warm_up;
  const double sum =
      warm_up > 0 ? grown * (grown + 1) * (2 * grown + 1) / (6 * warm_up * warm_up) : 0;

  return step < warm_up ? step * step / (warm_up * warm_up) / sum : 1 / (sum + step - grown);
}
