/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clicks: jumps of a sample that nothing around it explains, as where pieces of a sound that were
 * made one after another do not meet. What jumps is the second difference, which is small of
 * whatever is smooth; a click is one above a hundredth of full scale that is twelve times the mean
 * of those around it. */
#include "metrics.h"

#include <math.h>

#define LEAST 0.01
#define TIMES 12
/* Places to either side that tell what is usual, and those of the click itself among them. */
#define AROUND 64
#define OWN 2

/* The magnitude of the second difference in the middle of which frame `i` is. */
static double
bend_at (const GenSound *sound, gsize i, int channel)
{
  const gsize step = (gsize)sound->channels;
  const float *at = sound->data + i * step + (gsize)channel;

  return fabs ((double)at[0] * 2 - (double)*(at - step) - (double)at[step]);
}

/* What is usual around frame `i`: the mean, without what is its own. */
static double
find_usual (const double *bends, gsize n, gsize i)
{
  const gsize first = i > AROUND ? i - AROUND : 0, end = MIN (i + AROUND + 1, n);
  double sum = 0;
  gsize count = 0;

  for (gsize k = first; k < end; k++)
    if (k + OWN < i || k > i + OWN) {
      sum += bends[k];
      count++;
    }
  return count > 0 ? sum / (double)count : INFINITY;
}

static gsize
count_channel (const GenSound *sound, int channel, double *bends)
{
  const gsize n = sound->frames - 2;
  gsize clicks = 0, quiet_until = 0;

  for (gsize i = 0; i < n; i++)
    bends[i] = bend_at (sound, i + 1, channel);
  for (gsize i = 0; i < n; i++) {
    if (i < quiet_until || bends[i] < LEAST || bends[i] < TIMES * find_usual (bends, n, i))
      continue;
    clicks++;
    quiet_until = i + AROUND;
  }
  return clicks;
}

static void
clicks_measure (gpointer metric, const GenSample *window, double *values)
{
  const GenSound *sound = &window->sound;
  g_autofree double *bends = NULL;
  gsize clicks = 0;

  if (sound->frames < 3)
    return;
  bends = g_new (double, sound->frames);
  for (int c = 0; c < sound->channels; c++)
    clicks = MAX (clicks, count_channel (sound, c, bends));
  values[0] = (double)clicks * sound->rate / (double)sound->frames;
}

const GenMetric gen_metric_clicks = {
  .name = "clicks",
  .medium = &gen_medium_sound,
  .summary = "Jumps a second that nothing around them explains, of the channel that has most",
  .unit = "a second, from 0",
  .fields = { { "clicks", GEN_FIELD_NUMBER, NULL,
      "the window has less than three frames, or samples that are no finite numbers",
      .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .measure = clicks_measure,
};
