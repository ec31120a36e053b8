/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a sample is made of along one axis, for the CPU and for kernels of a device. */
#pragma once

#include <math.h>

#include "grid-sample.h"

#ifdef __CUDACC__
#define GEN_SAMPLE_FUNCTION static __host__ __device__ inline
#else
#define GEN_SAMPLE_FUNCTION static inline
#endif

/* Keys' cubic with PyTorch's coefficient. */
#define GEN_SAMPLE_CUBIC_A -0.75f

/* A position of -1 counts for nothing. */
typedef struct {
  gint64 positions[4];
  float weights[4], slopes[4];
} GenAxisTaps;

GEN_SAMPLE_FUNCTION int
gen_sampler_taps_per_axis (const GenSampler *s)
{
  return s->mode == GEN_SAMPLE_NEAREST ? 1 : s->mode == GEN_SAMPLE_LINEAR ? 2 : 4;
}

/* `x` reflected at both borders until it is within; its slope turns around each time. */
GEN_SAMPLE_FUNCTION float
gen_sample_reflect (float x, float low, float high, float *slope)
{
  float range = high - low, beyond, times;

  if (x >= low && x <= high)
    return x;
  if (!(range > 0) || !isfinite (x)) {
    *slope = 0;
    return low;
  }
  beyond = x < low ? low - x : x - high;
  times = floorf (beyond / range);
  beyond -= times * range;
  if (fmodf (times, 2) == 0) {
    *slope = -*slope;
    return x < low ? low + beyond : high - beyond;
  }
  return x < low ? high - beyond : low + beyond;
}

GEN_SAMPLE_FUNCTION gint64
gen_sample_pad (const GenSampler *s, gint64 position, gint64 extent)
{
  float low = s->corners ? 0 : -0.5f, high = (float)extent - (s->corners ? 1 : 0.5f), unused = 1;

  if (position >= 0 && position < extent)
    return position;
  if (s->padding == GEN_SAMPLE_ZEROS)
    return -1;
  if (s->padding == GEN_SAMPLE_REFLECTION)
    position = (gint64)gen_sample_reflect ((float)position, low, high, &unused);
  return CLAMP (position, 0, extent - 1);
}

GEN_SAMPLE_FUNCTION void
gen_sample_cubic (float t, float weights[4], float slopes[4])
{
  const float a = GEN_SAMPLE_CUBIC_A;

  for (int k = 0; k < 4; k++) {
    /* Positive left of the sample, negative right of it. */
    float d = t + 1 - (float)k, m = fabsf (d), side = d < 0 ? -1 : 1;

    weights[k] =
        m <= 1 ? ((a + 2) * m - (a + 3)) * m * m + 1 : ((a * m - 5 * a) * m + 8 * a) * m - 4 * a;
    slopes[k] =
        side * (m <= 1 ? (3 * (a + 2) * m - 2 * (a + 3)) * m : (3 * a * m - 10 * a) * m + 8 * a);
  }
}

/* The taps along an axis of `extent` pixels of a sample at coordinate `g`. */
GEN_SAMPLE_FUNCTION void
gen_sampler_axis_taps (const GenSampler *s, float g, gint64 extent, GenAxisTaps *taps)
{
  float last = (float)extent - 1, low = s->corners ? 0 : -0.5f;
  float high = s->corners ? last : last + 0.5f;
  float slope = (s->corners ? last : (float)extent) / 2;
  float x = s->corners ? (g + 1) / 2 * last : ((g + 1) * (float)extent - 1) / 2, t;
  gint64 at;

  if (s->mode == GEN_SAMPLE_NEAREST)
    x = rintf (x);
  if (s->padding == GEN_SAMPLE_BORDER && !(x >= low && x <= high)) {
    x = x < low ? 0 : last;
    slope = 0;
  } else if (s->padding == GEN_SAMPLE_REFLECTION) {
    x = gen_sample_reflect (x, low, high, &slope);
  }
  /* Far enough outside for no tap to be inside, and no number to be too large. */
  if (!(x > -8 && x < last + 8))
    x = -8;
  at = (gint64)floorf (x);
  t = x - (float)at;
  if (s->mode == GEN_SAMPLE_NEAREST) {
    taps->positions[0] = gen_sample_pad (s, (gint64)rintf (x), extent);
    taps->weights[0] = 1;
    taps->slopes[0] = 0;
    return;
  }
  if (s->mode == GEN_SAMPLE_LINEAR) {
    taps->weights[0] = 1 - t;
    taps->weights[1] = t;
    taps->slopes[0] = -1;
    taps->slopes[1] = 1;
  } else {
    gen_sample_cubic (t, taps->weights, taps->slopes);
    at--;
  }
  for (int k = 0; k < gen_sampler_taps_per_axis (s); k++) {
    taps->positions[k] = gen_sample_pad (s, at + k, extent);
    taps->slopes[k] *= slope;
  }
}
