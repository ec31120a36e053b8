/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loudness by EBU R 128 (EBU Tech 3341 and 3342, ITU-R BS.1770-4), as libebur128 computes it:
 * momentary (the last 400 ms) and short-term (the last 3 s) where a window ends, integrated and the
 * loudness range over all. Filters and blocks go on from window to window, whatever these are. */
#include "../medium/sound-level.h"
#include "metrics.h"

#include <ebur128.h>

#define MOMENTARY_SECONDS 0.4
#define SHORT_TERM_SECONDS 3

typedef struct {
  ebur128_state *state; /* NULL: nothing was heard yet, or it is of a kind that has no loudness */
  int rate, channels;
  double heard, overall; /* seconds since the last jump, and ever */
} Loudness;

static gpointer
loudness_open (const GenMetricSettings *settings)
{
  return g_new0 (Loudness, 1);
}

static void
loudness_close (gpointer metric)
{
  Loudness *loudness = metric;

  if (loudness->state != NULL)
    ebur128_destroy (&loudness->state);
  g_free (loudness);
}

/* Histograms, in steps of 0.1 LU, take the same memory however long the stream is. */
static void
loudness_follow (gpointer metric, const GenSample *piece)
{
  Loudness *loudness = metric;
  const GenSound *sound = &piece->sound;

  if (loudness->rate == 0) {
    loudness->rate = sound->rate;
    loudness->channels = sound->channels;
    if (sound->rate < GEN_LOUDNESS_LEAST_RATE)
      return;
    loudness->state = ebur128_init ((unsigned)sound->channels, (unsigned long)sound->rate,
        EBUR128_MODE_S | EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_HISTOGRAM);
  }
  if (loudness->state == NULL)
    return;
  ebur128_add_frames_float (loudness->state, sound->data, sound->frames);
  loudness->heard += (double)sound->frames / sound->rate;
  loudness->overall += (double)sound->frames / sound->rate;
}

/* Blocks reach over a jump as if there was none: they are a few, and what was heard counts. */
static void
loudness_interrupt (gpointer metric)
{
  ((Loudness *)metric)->heard = 0;
}

typedef int (*Figure) (ebur128_state *state, double *value);

/* Silence has -inf. */
static double
figure_of (const Loudness *loudness, Figure figure)
{
  double value;

  if (loudness->state == NULL || figure (loudness->state, &value) != EBUR128_SUCCESS ||
      !isfinite (value))
    return GEN_MISSING;
  return value;
}

/* To a millionth, in which sums of seconds differ. */
static gboolean
reaches (double heard, double seconds)
{
  return heard >= seconds * (1 - 1e-6);
}

static void
loudness_measure (gpointer metric, const GenSample *window, double *values)
{
  const Loudness *loudness = metric;

  if (reaches (loudness->heard, MOMENTARY_SECONDS))
    values[0] = figure_of (loudness, ebur128_loudness_momentary);
  if (reaches (loudness->heard, SHORT_TERM_SECONDS))
    values[1] = figure_of (loudness, ebur128_loudness_shortterm);
}

static gboolean
loudness_figure (gpointer metric, double *values, GError **error)
{
  const Loudness *loudness = metric;

  values[0] = figure_of (loudness, ebur128_loudness_global);
  values[1] = isfinite (values[0]) && reaches (loudness->overall, SHORT_TERM_SECONDS)
                  ? figure_of (loudness, ebur128_loudness_range)
                  : GEN_MISSING;
  return TRUE;
}

#define RATE ", of a sound of 3364 Hz or more"
#define OR_RATE ", or the rate is below 3364 Hz"

const GenMetric gen_metric_loudness = {
  .name = "loudness",
  .known_as = (const char *const[]){ "lufs", "ebur128", NULL },
  .medium = &gen_medium_sound,
  .summary = "Loudness by EBU R 128: momentary and short-term, integrated and range",
  .unit = "LUFS; the range LU, from 0",
  .fields = { { "loudness", GEN_FIELD_NUMBER, NULL, "it takes 400 ms that are not silent" RATE },
      { "loudness-short-term", GEN_FIELD_NUMBER, NULL,
          "it takes 3 seconds that are not silent" RATE },
      { "loudness-integrated", GEN_FIELD_NUMBER, NULL,
          "no 400 ms are above the gate of -70 LUFS" OR_RATE },
      { "loudness-range", GEN_FIELD_NUMBER, NULL,
          "no 3 seconds are above the gate of -70 LUFS" OR_RATE } },
  .n_fields = 4,
  .n_measured = 2,
  .open = loudness_open,
  .close = loudness_close,
  .measure = loudness_measure,
  .follow = loudness_follow,
  .interrupt = loudness_interrupt,
  .figure = loudness_figure,
};
