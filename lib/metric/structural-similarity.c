/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SSIM: the structural similarity of a frame's luma to what it should be. */
#include "metrics.h"
#include "ssim.h"

static void
similarity_judge (
    gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  const GenPicture *luma = &frame->picture, *other = &reference->picture;

  values[0] = gen_ssim_compare (&(GenSsimPlane){ luma->data, (gsize)luma->stride },
      &(GenSsimPlane){ other->data, (gsize)other->stride }, luma->width, luma->height, FALSE, FALSE)
                  .similarity;
}

const GenMetric gen_metric_ssim = {
  .name = "ssim",
  .known_as = (const char *const[]){ "structural-similarity", "structural-similarity-index", NULL },
  .medium = &gen_medium_picture,
  .summary = "Structural similarity of luma (Wang et al. 2004)",
  .unit = "-1 to 1; 1 for equal frames",
  .fields = { { "ssim", GEN_FIELD_NUMBER, NULL, .better = GEN_BETTER_HIGHER } },
  .n_fields = 1,
  .judge = similarity_judge,
};
