/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SSIM: the structural similarity of a frame's luma to what it should be. */
#include "metrics.h"
#include "ssim.h"

static gpointer
similarity_open (const GenMetricSettings *settings)
{
  return gen_ssim_new (FALSE);
}

static void
similarity_close (gpointer metric)
{
  gen_ssim_free (metric);
}

static void
similarity_judge (
    gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  const GenPicture *luma = &frame->picture, *other = &reference->picture;
  GenSsimFigures figures;

  gen_ssim_forget (metric);
  gen_ssim_next (
      metric, other->data, (gsize)other->stride, other->width, other->height, FALSE, &figures);
  gen_ssim_next (
      metric, luma->data, (gsize)luma->stride, luma->width, luma->height, FALSE, &figures);
  values[0] = figures.similarity;
}

const GenMetric gen_metric_ssim = {
  .name = "ssim",
  .known_as = (const char *const[]){ "structural-similarity", "structural-similarity-index", NULL },
  .medium = &gen_medium_picture,
  .summary = "Structural similarity of luma (Wang et al. 2004)",
  .unit = "-1 to 1; 1 for equal frames",
  .fields = { { "ssim", GEN_FIELD_NUMBER, NULL, .better = GEN_BETTER_HIGHER } },
  .n_fields = 1,
  .open = similarity_open,
  .close = similarity_close,
  .judge = similarity_judge,
};
