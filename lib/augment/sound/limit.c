/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limit: no sample is beyond a limit, and none is clipped. The gain is down before a peak comes: it
 * is the least that the next 5 ms need, rises again within the release (one pole), and is the mean
 * of what it was for 5 ms, so that it has no corners. */
#include <math.h>

#include "sound.h"

#define AHEAD 0.005  /* seconds */
#define RELEASE 0.05 /* seconds */

/* The gain that each frame needs by itself. */
static void
find_needs (const GenSound *part, double limit, double *gains)
{
  for (gsize i = 0; i < part->frames; i++) {
    float peak = 0;

    for (int c = 0; c < part->channels; c++)
      peak = MAX (peak, fabsf (part->data[i * (gsize)part->channels + (gsize)c]));
    gains[i] = peak > limit ? limit / (double)peak : 1;
  }
}

/* Of each frame the least of it and the `ahead` - 1 behind it, by a queue of those that are less
 * than all behind them. */
static void
look_ahead (double *gains, gsize frames, gsize ahead)
{
  g_autofree double *needs = g_memdup2 (gains, frames * sizeof *gains);
  g_autofree gsize *queue = g_new (gsize, frames);
  gsize head = 0, tail = 0, next = 0;

  for (gsize i = 0; i < frames; i++) {
    for (; next < MIN (frames, i + ahead); next++) {
      while (tail > head && needs[queue[tail - 1]] >= needs[next])
        tail--;
      queue[tail++] = next;
    }
    if (queue[head] < i)
      head++;
    gains[i] = needs[queue[head]];
  }
}

static void
release (double *gains, gsize frames, double kept)
{
  for (gsize i = 1; i < frames; i++)
    gains[i] = MIN (gains[i], 1 - kept * (1 - gains[i - 1]));
}

/* The mean of each gain and those before it; before the first they were as it is. */
static void
smooth (double *gains, gsize frames, gsize ahead, float *means)
{
  double sum = (double)ahead * gains[0];

  for (gsize i = 0; i < frames; i++) {
    sum += gains[i] - gains[i < ahead ? 0 : i - ahead];
    means[i] = (float)(sum / (double)ahead);
  }
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const gsize frames = part->frames, ahead = MAX ((gsize)(AHEAD * part->rate), 1);
  const double limit = step->values[0] * gen_augment_sound_peak (part);
  g_autofree double *gains = g_new (double, MAX (frames, 1));
  g_autofree float *means = g_new (float, MAX (frames, 1));

  if (!(limit > 0) || !isfinite (limit))
    return;
  find_needs (part, limit, gains);
  look_ahead (gains, frames, ahead);
  release (gains, frames, exp (-1 / (RELEASE * part->rate)));
  smooth (gains, frames, ahead, means);
  for (gsize at = 0; at < frames; at += G_MAXINT16)
    gen_augment_sound_weigh (part->data + at * (gsize)part->channels, means + at, part->channels,
        (int)MIN (G_MAXINT16, frames - at));
}

static void
limit (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_add (draw, run)->values[0] = pow (10, -amount * uniform[0] / 20);
}

const GenAugmentation gen_augmentation_sound_limit = {
  .medium = &gen_medium_sound,
  .name = "limit",
  .stream = "sound-limit",
  .description = "Deepest limit of a limiter below the window's peak, in decibels",
  .maximum = 60,
  .apply_sound = limit,
};
