/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters of second order, and among them that of low and high pass: a Butterworth filter by the
 * bilinear transform, prewarped so that its cut-off is exact, as scipy.signal.butter (2, …) makes
 * it. One begins with
 * each window, so that one hangs on nothing before it, and its state is double: low cut-offs at
 * high rates have poles next to 1. */
#include <math.h>

#include "../../simd.h"
#include "sound.h"

/* Channels that are filtered side by side. */
#define LANES 8
/* Frames after which states that fade out are set to 0, before they are too small for the processor
 * to be fast with. */
#define CHUNK 4096
#define FAINT 1e-100

typedef struct {
  double b[3], a[2], states[2][LANES];
} Filter;

/* The transposed direct form II of `channels` channels of frames that are `stride` samples long. */
static inline __attribute__ ((always_inline)) void
filter_lanes (Filter *filter, float *samples, gsize stride, int channels, gsize frames)
{
  const double b0 = filter->b[0], b1 = filter->b[1], b2 = filter->b[2];
  const double a1 = filter->a[0], a2 = filter->a[1];
  double s1[LANES], s2[LANES];

  for (int c = 0; c < channels; c++) {
    s1[c] = filter->states[0][c];
    s2[c] = filter->states[1][c];
  }
  for (gsize i = 0; i < frames; i++, samples += stride)
    for (int c = 0; c < channels; c++) {
      const double x = samples[c], y = b0 * x + s1[c];

      s1[c] = (b1 * x + s2[c]) - a1 * y;
      s2[c] = b2 * x - a2 * y;
      samples[c] = (float)y;
    }
  for (int c = 0; c < channels; c++) {
    filter->states[0][c] = fabs (s1[c]) < FAINT ? 0 : s1[c];
    filter->states[1][c] = fabs (s2[c]) < FAINT ? 0 : s2[c];
  }
}

GEN_CLONES (void, filter_frames,
    (Filter * filter, float *samples, gsize stride, int channels, gsize frames),
    (filter, samples, stride, channels, frames))
{
  if (channels == 1)
    filter_lanes (filter, samples, stride, 1, frames);
  else if (channels == 2)
    filter_lanes (filter, samples, stride, 2, frames);
  else if (channels == LANES)
    filter_lanes (filter, samples, stride, LANES, frames);
  else
    filter_lanes (filter, samples, stride, channels, frames);
}

void
gen_augment_sound_run_biquad (const double values[5], GenSound *part)
{
  const gsize stride = (gsize)part->channels;

  for (int c = 0; c < part->channels; c += LANES) {
    Filter filter = { .b = { values[0], values[1], values[2] }, .a = { values[3], values[4] } };

    for (gsize at = 0; at < part->frames; at += CHUNK)
      filter_frames (&filter, part->data + at * stride + c, stride, MIN (LANES, part->channels - c),
          MIN (CHUNK, part->frames - at));
  }
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  gen_augment_sound_run_biquad (step->values, part);
}

void
gen_augment_sound_biquad (GenAugmentSoundDraw *draw, const double b[3], const double a[3])
{
  double *values = gen_augment_sound_add (draw, run)->values;

  for (int i = 0; i < 3; i++)
    values[i] = b[i] / a[0];
  values[3] = a[1] / a[0];
  values[4] = a[2] / a[0];
}

void
gen_augment_sound_filter (GenAugmentSoundDraw *draw, GenAugmentFilter kind, double frequency)
{
  const double k = tan (G_PI * MIN (frequency / draw->rate, GEN_AUGMENT_HIGHEST)), kk = k * k;
  const double norm = 1 / (1 + G_SQRT2 * k + kk);
  double *values = gen_augment_sound_add (draw, run)->values;

  values[0] = kind == GEN_AUGMENT_LOW_PASS ? kk * norm : norm;
  values[1] = (kind == GEN_AUGMENT_LOW_PASS ? 2 : -2) * values[0];
  values[2] = values[0];
  values[3] = 2 * (kk - 1) * norm;
  values[4] = (1 - G_SQRT2 * k + kk) * norm;
}
