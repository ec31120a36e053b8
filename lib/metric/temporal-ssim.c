/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporal SSIM: the structural similarity of each frame to the one before. */
#include "metrics.h"
#include "previous-frame.h"
#include "ssim.h"

static gpointer
temporal_open (const GenMetricSettings *settings)
{
  return g_new0 (GenPreviousFrame, 1);
}

static void
temporal_close (gpointer metric)
{
  gen_previous_frame_clear (metric);
  g_free (metric);
}

static void
temporal_interrupt (gpointer metric)
{
  gen_previous_frame_interrupt (metric);
}

static void
temporal_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  GenPreviousFrame *previous = metric;

  if (gen_previous_frame_fits (previous, luma))
    values[0] = gen_ssim_compare (&(GenSsimPlane){ luma->data, (gsize)luma->stride },
        &(GenSsimPlane){ previous->data, (gsize)previous->width }, luma->width, luma->height, FALSE,
        FALSE)
                    .similarity;
  gen_previous_frame_keep (previous, luma);
}

const GenMetric gen_metric_temporal_ssim = {
  .name = "temporal-ssim",
  .medium = &gen_medium_picture,
  .summary = "Structural similarity of a frame's luma to the frame before (Wang et al. 2004)",
  .unit = "-1 to 1; 1 for equal frames",
  .fields = { { "temporal-ssim", GEN_FIELD_NUMBER, NULL, "no frame comes before this one" } },
  .n_fields = 1,
  .open = temporal_open,
  .close = temporal_close,
  .measure = temporal_measure,
  .interrupt = temporal_interrupt,
};
