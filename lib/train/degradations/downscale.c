/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Downscaling by a cubic kernel that is as many times wider (Keys, "Cubic convolution interpolation
 * for digital image processing", 1981), so that nothing aliases. */
#include <math.h>

#include <generative/degradation.h>
#include <generative/trainer.h>

#include "filter.h"

#define SLOPE -0.5
#define MOST 64

static double
cubic (double x)
{
  x = fabs (x);
  if (x < 1)
    return ((SLOPE + 2) * x - (SLOPE + 3)) * x * x + 1;
  return x < 2 ? SLOPE * (((x - 5) * x + 8) * x - 4) : 0;
}

static gboolean
apply (GenGraph *graph, GenTensor *samples, const GenDegradationSettings *settings,
    GenDegraded *degraded, GError **error)
{
  const gint64 factor = settings->factor, left = 3 * factor / 2, n = factor + 2 * left;
  const gint64 *extents = samples->shape.dims;
  double taps[4 * MOST];

  if (factor > MOST || extents[2] % factor != 0 || extents[3] % factor != 0) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "degradation-factor: pictures of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT
        " cannot be downscaled by %" G_GINT64_FORMAT
        "; it must divide width and height, and be %d at most",
        extents[3], extents[2], factor, MOST);
    return FALSE;
  }
  for (gint64 i = 0; i < n; i++)
    taps[i] = cubic (((double)(i - left) + 0.5 - factor / 2.0) / (double)factor);
  degraded->samples = gen_filter (graph, samples, taps, n, left, factor, error);
  return degraded->samples != NULL;
}

const GenDegradation gen_degradation_downscale = {
  .name = "downscale",
  .description = "Pictures that are smaller by degradation-factor, downscaled by a cubic kernel",
  .medium = &gen_medium_picture,
  .shrinks = TRUE,
  .apply = apply,
  .reads = (const char *const[]){ "degradation-factor", NULL },
};
