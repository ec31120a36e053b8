/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporal difference: the mean magnitude of luma's change since the frame before: 0 where a film
 * has frozen. */
#include "metrics.h"
#include "previous-frame.h"

static gpointer
difference_open (const GenMetricSettings *settings)
{
  return g_new0 (GenPreviousFrame, 1);
}

static void
difference_close (gpointer metric)
{
  gen_previous_frame_clear (metric);
  g_free (metric);
}

static void
difference_interrupt (gpointer metric)
{
  gen_previous_frame_interrupt (metric);
}

static void
difference_measure (gpointer metric, const GenSample *sample, double *values)
{
  values[0] = gen_previous_frame_change (metric, &sample->picture);
}

const GenMetric gen_metric_temporal_difference = {
  .name = "temporal-difference",
  .medium = &gen_medium_picture,
  .summary = "Mean magnitude of the change of luma since the frame before",
  .unit = "share of full scale, 0 to 1",
  .fields = { { "temporal-difference", GEN_FIELD_NUMBER, NULL, "no frame comes before this one" } },
  .n_fields = 1,
  .open = difference_open,
  .close = difference_close,
  .measure = difference_measure,
  .interrupt = difference_interrupt,
};
