/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Multi-scale SSIM of a frame and what it should be. */
#include "metrics.h"
#include "multi-scale.h"

static gpointer
ms_ssim_open (const GenMetricSettings *settings)
{
  return g_new0 (GenMultiScale, 1);
}

static void
ms_ssim_close (gpointer metric)
{
  gen_multi_scale_clear (metric);
  g_free (metric);
}

static void
ms_ssim_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  const GenPicture *a = &frame->picture, *b = &reference->picture;
  const GenSsimPlane planes[] = { { a->data, (gsize)a->stride }, { b->data, (gsize)b->stride } };

  if (gen_multi_scale_count (a->width, a->height) < GEN_MULTI_SCALE_SIZES)
    return;
  values[0] = gen_multi_scale_compare (
      metric, &planes[0], &planes[1], a->width, a->height, FALSE, GEN_MULTI_SCALE_SIZES);
}

const GenMetric gen_metric_ms_ssim = {
  .name = "ms-ssim",
  .medium = &gen_medium_picture,
  .summary = "Structural similarity of luma at five sizes (Wang et al. 2003)",
  .unit = "0 to 1; 1 for equal frames",
  .fields = { { "ms-ssim", GEN_FIELD_NUMBER, NULL, "it takes 176 pixels each way at least",
      .better = GEN_BETTER_HIGHER } },
  .n_fields = 1,
  .open = ms_ssim_open,
  .close = ms_ssim_close,
  .judge = ms_ssim_judge,
};
