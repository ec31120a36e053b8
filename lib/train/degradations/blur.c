/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include <generative/degradation.h>

#include "filter.h"

/* Beyond which so many deviations the kernel ends. */
#define REACH 3

static gboolean
apply (GenGraph *graph, GenTensor *samples, const GenDegradationSettings *settings,
    GenDegraded *degraded, GError **error)
{
  const gint64 reach = (gint64)ceil (REACH * settings->strength), n = 2 * reach + 1;
  g_autofree double *taps = g_new (double, n);

  for (gint64 i = 0; i < n; i++)
    taps[i] = exp (-0.5 * pow ((double)(i - reach) / settings->strength, 2));
  degraded->samples = gen_filter (graph, samples, taps, n, reach, 1, error);
  return degraded->samples != NULL;
}

const GenDegradation gen_degradation_blur = {
  .name = "blur",
  .description = "A Gaussian blur; strength is its deviation in pixels",
  .medium = &gen_medium_picture,
  .strength = 1.5,
  .apply = apply,
  .reads = (const char *const[]){ "degradation-strength", NULL },
};
