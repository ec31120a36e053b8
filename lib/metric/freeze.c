/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Freeze: whether a frame shows what the one before did, of the stream the longest while that it
 * did so, and its cadence: how many frames there are to a new picture, 1 where each is new, 2 where
 * each is shown twice, 2.5 of film at 24 pictures a second in video at 60. A frame shows the same
 * where luma changes by no more than a thousandth of full scale, which FFmpeg's freezedetect takes
 * for noise. */
#include "metrics.h"
#include "previous-frame.h"

#define NOISE 0.001

typedef struct {
  GenPreviousFrame previous;
  guint64 frames, pictures; /* those that are new among them */
  guint64 while_now, longest;
} Freeze;

static gpointer
freeze_open (const GenMetricSettings *settings)
{
  return g_new0 (Freeze, 1);
}

static void
freeze_close (gpointer metric)
{
  gen_previous_frame_clear (&((Freeze *)metric)->previous);
  g_free (metric);
}

static void
freeze_interrupt (gpointer metric)
{
  Freeze *freeze = metric;

  gen_previous_frame_interrupt (&freeze->previous);
  freeze->while_now = 0;
}

static void
freeze_measure (gpointer metric, const GenSample *sample, double *values)
{
  Freeze *freeze = metric;
  const double change = gen_previous_frame_change (&freeze->previous, &sample->picture);
  /* What is missing is infinite. */
  const gboolean is_same = change <= NOISE;

  freeze->frames++;
  freeze->pictures += !is_same;
  freeze->while_now = is_same ? freeze->while_now + 1 : 0;
  freeze->longest = MAX (freeze->longest, freeze->while_now);
  values[0] = change == GEN_MISSING ? GEN_MISSING : is_same;
}

static gboolean
freeze_figure (gpointer metric, double *values, GError **error)
{
  const Freeze *freeze = metric;

  values[0] = (double)freeze->longest;
  values[1] =
      freeze->pictures > 0 ? (double)freeze->frames / (double)freeze->pictures : GEN_MISSING;
  return TRUE;
}

const GenMetric gen_metric_freeze = {
  .name = "freeze",
  .known_as = (const char *const[]){ "freezedetect", "cadence", NULL },
  .medium = &gen_medium_picture,
  .summary = "Whether a frame shows what the one before did; how many do so at most one after "
             "another, and how many frames there are to a new picture",
  .unit = "0 or 1, whose mean is the share; frames",
  .fields = { { "freeze", GEN_FIELD_NUMBER, NULL, "no frame comes before this one" },
      { "freeze-longest", GEN_FIELD_COUNT, NULL },
      { "freeze-cadence", GEN_FIELD_NUMBER, NULL, "there were no frames" } },
  .n_fields = 3,
  .n_measured = 1,
  .open = freeze_open,
  .close = freeze_close,
  .measure = freeze_measure,
  .interrupt = freeze_interrupt,
  .figure = freeze_figure,
};
