/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Onsets: how many events begin in a second. Where the strength of onsets has a peak that is above
 * the mean around it by a threshold, there is one (S. Böck, F. Krebs and M. Schedl, "Evaluating the
 * online capabilities of onset detection methods", ISMIR 2012; librosa.util.peak_pick). What comes
 * 70 ms later decides on it, so that it is counted as much later. */
#include "metrics.h"
#include "onset-strength.h"

#include <string.h>

/* Hops to either side in which a peak is the greatest, and those that the mean is of. */
#define MAXIMUM 3
#define MEAN_BEFORE 10
#define MEAN_BEHIND 7
/* Hops behind an onset in which there is no other one. */
#define WAIT 3
/* Decibels. Steady noise has less than 0.9 above its mean in almost all hops. */
#define THRESHOLD 1.5
#define KEPT (MEAN_BEFORE + 1 + MEAN_BEHIND)

typedef struct {
  GenOnsetStrength *strength;
  GArray *hops; /* what a piece has completed */

  float last[KEPT]; /* hops, of which the last one came last */
  guint64 come;     /* hops since the last jump */
  guint64 next;     /* the first of them that may be an onset, behind the last one */

  guint64 found;        /* onsets, but for those not decided on */
  guint64 found_before; /* up to the window that was measured last */
  double seconds, seconds_before;
  gboolean deaf; /* of a rate too low for any band */
} Onsets;

static gpointer
onsets_open (const GenMetricSettings *settings)
{
  Onsets *onsets = g_new0 (Onsets, 1);

  onsets->strength = gen_onset_strength_new ();
  onsets->hops = g_array_new (FALSE, FALSE, sizeof (float));
  return onsets;
}

static void
onsets_close (gpointer metric)
{
  Onsets *onsets = metric;

  gen_onset_strength_free (onsets->strength);
  g_array_unref (onsets->hops);
  g_free (onsets);
}

/* Whether the hop that `behind` hops have followed is a peak, as far as is known. */
static gboolean
is_peak (const Onsets *onsets, int behind)
{
  const int at = KEPT - 1 - behind;
  const int before = (int)MIN (onsets->come - 1 - (guint64)behind, MEAN_BEFORE);
  const float *hop = onsets->last + at;
  double sum = 0;

  for (int i = -MIN (before, MAXIMUM); i <= MIN (behind, MAXIMUM); i++)
    if (hop[i] > *hop)
      return FALSE;
  for (int i = -before; i <= MIN (behind, MEAN_BEHIND); i++)
    sum += (double)hop[i];
  return (double)*hop >= sum / (before + 1 + MIN (behind, MEAN_BEHIND)) + THRESHOLD;
}

/* How many onsets there are among the last hops, from that on which `behind` have followed; the
 * first one that may follow them is `next`. */
static guint64
count (const Onsets *onsets, int behind, int until, guint64 *next)
{
  guint64 found = 0;

  for (; behind >= until; behind--) {
    if (onsets->come <= (guint64)behind || onsets->come - 1 - (guint64)behind < *next ||
        !is_peak (onsets, behind))
      continue;
    *next = onsets->come - (guint64)behind + WAIT;
    found++;
  }
  return found;
}

static void
take_hop (Onsets *onsets, float hop)
{
  memmove (onsets->last, onsets->last + 1, (KEPT - 1) * sizeof *onsets->last);
  onsets->last[KEPT - 1] = hop;
  onsets->come++;
  onsets->found += count (onsets, MEAN_BEHIND, MEAN_BEHIND, &onsets->next);
}

static void
onsets_follow (gpointer metric, const GenSample *piece)
{
  Onsets *onsets = metric;

  g_array_set_size (onsets->hops, 0);
  onsets->deaf = !gen_onset_strength_take (onsets->strength, &piece->sound, onsets->hops);
  for (guint i = 0; i < onsets->hops->len; i++)
    take_hop (onsets, g_array_index (onsets->hops, float, i));
  onsets->seconds += (double)piece->sound.frames / piece->sound.rate;
}

/* Nothing follows those that are not decided on. */
static guint64
count_undecided (const Onsets *onsets)
{
  guint64 next = onsets->next;

  return count (onsets, MEAN_BEHIND - 1, 0, &next);
}

static void
onsets_interrupt (gpointer metric)
{
  Onsets *onsets = metric;

  onsets->found += count_undecided (onsets);
  onsets->come = onsets->next = 0;
  gen_onset_strength_interrupt (onsets->strength);
}

static double
rate_of (const Onsets *onsets, guint64 found, double seconds)
{
  return seconds > 0 && !onsets->deaf ? (double)found / seconds : GEN_MISSING;
}

static void
onsets_measure (gpointer metric, const GenSample *window, double *values)
{
  Onsets *onsets = metric;

  values[0] = rate_of (
      onsets, onsets->found - onsets->found_before, onsets->seconds - onsets->seconds_before);
  onsets->found_before = onsets->found;
  onsets->seconds_before = onsets->seconds;
}

static gboolean
onsets_figure (gpointer metric, double *values, GError **error)
{
  const Onsets *onsets = metric;

  values[0] = rate_of (onsets, onsets->found + count_undecided (onsets), onsets->seconds);
  return TRUE;
}

#define MISSING "there was no sound, or its rate is too low to hear what begins"

const GenMetric gen_metric_onsets = {
  .name = "onsets",
  .medium = &gen_medium_sound,
  .summary = "Events that begin a second, by peaks of the spectral flux, since the window before "
             "and overall",
  .unit = "a second, from 0",
  .fields = { { "onsets", GEN_FIELD_NUMBER, NULL,
                  MISSING ", or samples of the window are no finite numbers" },
      { "onsets-overall", GEN_FIELD_NUMBER, NULL, MISSING } },
  .n_fields = 2,
  .n_measured = 1,
  .open = onsets_open,
  .close = onsets_close,
  .measure = onsets_measure,
  .follow = onsets_follow,
  .interrupt = onsets_interrupt,
  .figure = onsets_figure,
};
