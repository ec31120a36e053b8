/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is left of a sound that was sampled at a lower rate and brought back to its own: a low-pass,
 * a sinc under a Hann window. */
#include <math.h>

#include <generative/degradation.h>

#include "filter.h"

/* Of the sinc on each side. */
#define ZEROS 16
/* Where the slope lies, as a share of the lower rate's band: resamplers begin before its end. */
#define EDGE 0.95

static gboolean
apply (GenGraph *graph, GenTensor *samples, const GenDegradationSettings *settings,
    GenDegraded *degraded, GError **error)
{
  const gint64 reach = ZEROS * settings->factor, n = 2 * reach + 1;
  g_autofree double *taps = g_new (double, n);

  for (gint64 i = 0; i < n; i++) {
    const double x = G_PI * EDGE * (double)(i - reach) / settings->factor;
    const double window = 0.5 + 0.5 * cos (G_PI * (double)(i - reach) / (double)(reach + 1));

    taps[i] = window * (x == 0 ? 1 : sin (x) / x);
  }
  degraded->samples = gen_filter (graph, samples, taps, n, reach, 1, error);
  return degraded->samples != NULL;
}

const GenDegradation gen_degradation_bandwidth = {
  .name = "bandwidth",
  .description = "Sounds without what a rate that is lower by degradation-factor does not have",
  .medium = &gen_medium_sound,
  .apply = apply,
  .reads = (const char *const[]){ "degradation-factor", NULL },
};
