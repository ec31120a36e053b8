/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By how much a picture comes later than its sound, which nobody tells: what begins to move is
 * correlated with what begins to sound, at each shift of up to a second.
 *
 * Both become series of hops of 10 ms: the strength of onsets, and the mean magnitude of luma's
 * change where it exceeds what went before (which fades in 0.4 s, as what lights up also goes dark
 * again). Each is smoothed by a triangle, since frames come seldom. Products at all shifts are kept
 * as sums, of the last 20 s and of all, to which each hop adds what it makes with those of a second
 * before it; so a frame costs the same however long the film is. */
#include "metrics.h"
#include "onset-strength.h"
#include "previous-frame.h"

#include <math.h>
#include <string.h>

/* Hops. */
#define FARTHEST 100
#define RECENT 2000
#define LEAST_HOPS 500
#define UNKNOWN 5  /* at the beginning: what is there at once has not begun just now */
#define SMOOTHED 3 /* to either side, with the weights 1, 2, 3 and so on to the middle */
#define KEPT (RECENT + FARTHEST + 1)
/* Seconds. */
#define FADES 0.4
/* A correlation below it is none; of so many seconds, that over their root, which is as much as
 * streams that have nothing to do with each other have somewhere by chance. */
#define LEAST 0.3
#define LEAST_OF_SECONDS 1.2
/* What happens stands out: a series whose standard deviation is below that share of its mean, as of
 * noise, or below what rounding makes of a steady tone and of pictures that stay, has no events. */
#define LEAST_CONTRAST 0.3
#define LEAST_MOTION 1e-5 /* of full scale */
#define LEAST_ONSETS 0.05 /* decibels */
/* One event may meet another by chance, and is like it at once. */
#define LEAST_EVENTS 3
/* (Σx²)² / Σx⁴ of the triangle that an event of a hop becomes: how many hops there is something. */
#define HOPS_OF_EVENT (44.0 * 44 / 452)
/* Of peaks that are as good as the best one but for so much, the nearest counts: what repeats
 * itself, as ticks do, has several. */
#define AS_GOOD 0.05

typedef struct {
  double products[2 * FARTHEST + 1]; /* of motion, and of onsets so many hops earlier */
  gint64 pairs[2 * FARTHEST + 1];
  double motion, onsets, motion_squares, onsets_squares, motion_fourths, onsets_fourths;
  gint64 hops;
} Sums;

typedef struct {
  GenPreviousFrame previous;
  GenOnsetStrength *strength;
  double hop;  /* seconds */
  double time; /* of sound, since the last jump */
  double mask, masked_at;
  gboolean masked; /* something can be fresh: there was a change before */

  GArray *hops;    /* of onsets, which a piece has completed */
  GArray *motion;  /* of hops that are not smoothed yet, */
  GArray *waiting; /* and onsets of the same, but for those that have not come yet */
  guint64 first;   /* the hop that these begin with */

  guint64 come; /* smoothed hops since the last jump */
  float kept_motion[KEPT], kept_onsets[KEPT];
  Sums recent, all;
  Sums
      next; /* what `recent` will be when a whole stretch has come: sums without what was taken away
             */
} Offset;

static gpointer
offset_open (const GenMetricSettings *settings)
{
  Offset *offset = g_new0 (Offset, 1);

  offset->strength = gen_onset_strength_new ();
  offset->hops = g_array_new (FALSE, FALSE, sizeof (float));
  offset->motion = g_array_new (FALSE, TRUE, sizeof (float));
  offset->waiting = g_array_new (FALSE, FALSE, sizeof (float));
  return offset;
}

static void
offset_close (gpointer metric)
{
  Offset *offset = metric;

  gen_previous_frame_clear (&offset->previous);
  gen_onset_strength_free (offset->strength);
  g_array_unref (offset->hops);
  g_array_unref (offset->motion);
  g_array_unref (offset->waiting);
  g_free (offset);
}

static void
offset_interrupt (gpointer metric)
{
  Offset *offset = metric;

  gen_previous_frame_interrupt (&offset->previous);
  gen_onset_strength_interrupt (offset->strength);
  g_array_set_size (offset->motion, 0);
  g_array_set_size (offset->waiting, 0);
  offset->time = offset->mask = offset->masked_at = 0;
  offset->masked = FALSE;
  offset->first = offset->come = 0;
  offset->recent = offset->next = (Sums){ 0 };
}

/* --- sums of products --- */

static double
motion_at (const Offset *offset, guint64 hop)
{
  return (double)offset->kept_motion[hop % KEPT];
}

static double
onsets_at (const Offset *offset, guint64 hop)
{
  return (double)offset->kept_onsets[hop % KEPT];
}

/* Add what hop `hop` makes with itself and those before it, or take it away. */
static void
sum_up (const Offset *offset, Sums *sums, guint64 hop, int sign)
{
  const double motion = motion_at (offset, hop), onsets = onsets_at (offset, hop);
  const int farthest = (int)MIN (hop, FARTHEST);

  sums->hops += sign;
  sums->motion += sign * motion;
  sums->onsets += sign * onsets;
  sums->motion_squares += sign * motion * motion;
  sums->onsets_squares += sign * onsets * onsets;
  sums->motion_fourths += sign * motion * motion * motion * motion;
  sums->onsets_fourths += sign * onsets * onsets * onsets * onsets;
  for (int shift = 0; shift <= farthest; shift++) {
    sums->products[FARTHEST + shift] += sign * motion * onsets_at (offset, hop - (guint64)shift);
    sums->pairs[FARTHEST + shift] += sign;
    if (shift == 0)
      continue;
    sums->products[FARTHEST - shift] += sign * motion_at (offset, hop - (guint64)shift) * onsets;
    sums->pairs[FARTHEST - shift] += sign;
  }
}

static gboolean
has_events (double squares, double fourths, double mean, double deviation, double least)
{
  return deviation >= MAX (least, LEAST_CONTRAST * mean) &&
         squares * squares >= LEAST_EVENTS * HOPS_OF_EVENT * fourths;
}

/* The correlations at all shifts; far ones, which have fewer pairs, are the smaller for it. FALSE
 * where there is too little to tell, or nothing happens. */
static gboolean
correlate (const Sums *sums, double *correlations)
{
  const double n = (double)sums->hops;
  double motion, onsets, motion_deviation, onsets_deviation, both;

  if (sums->hops < LEAST_HOPS)
    return FALSE;
  motion = sums->motion / n;
  onsets = sums->onsets / n;
  motion_deviation = sqrt (MAX (sums->motion_squares / n - motion * motion, 0));
  onsets_deviation = sqrt (MAX (sums->onsets_squares / n - onsets * onsets, 0));
  if (!has_events (
          sums->motion_squares, sums->motion_fourths, motion, motion_deviation, LEAST_MOTION) ||
      !has_events (
          sums->onsets_squares, sums->onsets_fourths, onsets, onsets_deviation, LEAST_ONSETS))
    return FALSE;
  both = motion_deviation * onsets_deviation;
  for (int i = 0; i <= 2 * FARTHEST; i++)
    correlations[i] =
        CLAMP ((sums->products[i] - (double)sums->pairs[i] * motion * onsets) / (n * both), -1, 1);
  return TRUE;
}

static gboolean
is_peak (const double *correlations, int i)
{
  return (i == 0 || correlations[i] >= correlations[i - 1]) &&
         (i == 2 * FARTHEST || correlations[i] >= correlations[i + 1]);
}

/* The place of the nearest of the best peaks. */
static int
find_peak (const double *correlations)
{
  double best = -1;

  for (int i = 0; i <= 2 * FARTHEST; i++)
    best = MAX (best, correlations[i]);
  for (int distance = 0; distance < FARTHEST; distance++)
    for (int sign = -1; sign <= 1; sign += 2) {
      const int i = FARTHEST + sign * distance;

      if (correlations[i] >= best - AS_GOOD && is_peak (correlations, i))
        return i;
    }
  return correlations[0] >= correlations[2 * FARTHEST] ? 0 : 2 * FARTHEST;
}

/* Where the parabola through a peak and its neighbours is highest, in hops from it. */
static double
refine (const double *correlations, int i)
{
  const double bend = correlations[i - 1] - 2 * correlations[i] + correlations[i + 1];
  return bend < 0 ? (correlations[i - 1] - correlations[i + 1]) / 2 / bend : 0;
}

/* Milliseconds, and the correlation there. What is highest at the end of the search may be higher
 * beyond it. */
static void
find (const Offset *offset, const Sums *sums, double *values)
{
  const double seconds = (double)sums->hops * offset->hop;
  double correlations[2 * FARTHEST + 1];
  int peak;

  values[0] = values[1] = GEN_MISSING;
  if (!correlate (sums, correlations))
    return;
  peak = find_peak (correlations);
  values[1] = MAX (correlations[peak], 0);
  if (peak == 0 || peak == 2 * FARTHEST)
    return;
  if (values[1] >= MAX (LEAST, LEAST_OF_SECONDS / sqrt (seconds)))
    values[0] = 1000 * offset->hop * (peak - FARTHEST + refine (correlations, peak));
}

/* --- the series --- */

static float
smooth (const GArray *series, int at)
{
  const int end = MIN (at + SMOOTHED, (int)series->len - 1);
  double sum = 0;

  for (int i = MAX (at - SMOOTHED, 0); i <= end; i++)
    sum += (SMOOTHED + 1 - ABS (i - at)) * (double)g_array_index (series, float, i);
  return (float)(sum / ((SMOOTHED + 1) * (SMOOTHED + 1)));
}

/* What is added and taken away again leaves what was rounded; so that this does not pile up over
 * days, the sums are exchanged for ones that were but added up, each time that these are of as many
 * hops. */
static void
take_hop (Offset *offset, float motion, float onsets)
{
  const guint64 hop = offset->come;

  offset->kept_motion[hop % KEPT] = motion;
  offset->kept_onsets[hop % KEPT] = onsets;
  sum_up (offset, &offset->all, hop, 1);
  sum_up (offset, &offset->recent, hop, 1);
  sum_up (offset, &offset->next, hop, 1);
  if (hop >= RECENT)
    sum_up (offset, &offset->recent, hop - RECENT, -1);
  offset->come++;
  if (offset->next.hops < RECENT)
    return;
  offset->recent = offset->next;
  offset->next = (Sums){ 0 };
}

/* Those are smoothed of which all that they are smoothed with has come: of motion, what comes up to
 * the frame that is shown now. */
static void
take_series (Offset *offset)
{
  const guint64 shown = (guint64)(offset->time / offset->hop);
  guint done = 0;

  if (offset->motion->len < offset->waiting->len)
    g_array_set_size (offset->motion, offset->waiting->len);
  while (offset->come + SMOOTHED < shown &&
         offset->come - offset->first + SMOOTHED < offset->waiting->len) {
    const int at = (int)(offset->come - offset->first);

    take_hop (offset, smooth (offset->motion, at), smooth (offset->waiting, at));
  }
  if (offset->come - offset->first > SMOOTHED)
    done = (guint)(offset->come - offset->first) - SMOOTHED;
  if (done == 0)
    return;
  g_array_remove_range (offset->motion, 0, done);
  g_array_remove_range (offset->waiting, 0, done);
  offset->first += done;
}

/* By how much a frame moves more than those before it did; of the first change nobody knows. */
static double
find_fresh_motion (Offset *offset, const GenPicture *luma)
{
  const double change = gen_previous_frame_change (&offset->previous, luma);
  const double motion = isfinite (change) ? change : 0;
  double fresh;

  offset->mask *= exp ((offset->masked_at - offset->time) / FADES);
  offset->masked_at = offset->time;
  fresh = offset->masked ? MAX (motion - offset->mask, 0) : 0;
  offset->masked |= isfinite (change);
  offset->mask = MAX (motion, offset->mask);
  return fresh;
}

/* Take in a sound. FALSE where nothing can be heard at its rate. */
static gboolean
listen (Offset *offset, const GenSound *sound)
{
  offset->hop = (double)gen_onset_strength_hop (sound->rate) / (double)MAX (sound->rate, 1);
  offset->time += (double)sound->frames / MAX (sound->rate, 1);
  g_array_set_size (offset->hops, 0);
  if (!gen_onset_strength_take (offset->strength, sound, offset->hops))
    return FALSE;
  for (guint i = 0; i < offset->hops->len; i++) {
    const gboolean known = offset->first + offset->waiting->len >= UNKNOWN;
    const float onset = known ? g_array_index (offset->hops, float, i) : 0;

    g_array_append_val (offset->waiting, onset);
  }
  return TRUE;
}

/* The frame is shown as soon as the sound is over. */
static void
offset_judge (gpointer metric, const GenSample *frame, const GenSample *heard, double *values)
{
  Offset *offset = metric;
  guint place;

  if (!listen (offset, &heard->sound))
    return;
  place = (guint)((guint64)(offset->time / offset->hop) - offset->first);
  if (offset->motion->len <= place)
    g_array_set_size (offset->motion, place + 1);
  g_array_index (offset->motion, float, place) +=
      (float)find_fresh_motion (offset, &frame->picture);
  take_series (offset);
  find (offset, &offset->recent, values);
}

static gboolean
offset_figure (gpointer metric, double *values, GError **error)
{
  const Offset *offset = metric;

  find (offset, &offset->all, values);
  return TRUE;
}

#define NOTHING                                                                                    \
  "less than three events stand out in the picture or in the sound, or there is less than 5 s of " \
  "both"
#define UNLIKE                                                                                     \
  "what begins to move and what begins to sound have too little in common, or most at the end of " \
  "the search, a second apart; where the likeness is missing as well, " NOTHING

const GenMetric gen_metric_audio_video_offset = {
  .name = "audio-video-offset",
  .known_as = (const char *const[]){ "lip-sync", "av-sync", NULL },
  .medium = &gen_medium_picture,
  .reference_medium = &gen_medium_sound,
  .summary = "By how much the picture comes later than the sound, by what begins in both, over the "
             "last 20 s and overall, and how alike both are then",
  .unit = "milliseconds, -1000 to 1000",
  .fields = { { "audio-video-offset", GEN_FIELD_NUMBER, NULL, UNLIKE },
      { "audio-video-likeness", GEN_FIELD_NUMBER, NULL, NOTHING, .better = GEN_BETTER_HIGHER },
      { "audio-video-offset-overall", GEN_FIELD_NUMBER, NULL, UNLIKE },
      { "audio-video-likeness-overall", GEN_FIELD_NUMBER, NULL, NOTHING,
          .better = GEN_BETTER_HIGHER } },
  .n_fields = 4,
  .n_measured = 2,
  .open = offset_open,
  .close = offset_close,
  .judge = offset_judge,
  .interrupt = offset_interrupt,
  .figure = offset_figure,
};
