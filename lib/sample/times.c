/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Levels at times of a schedule. They are evenly spaced and begin with the last one, where there is
 * nothing but noise (Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed",
 * 2023). */
#include <math.h>

#include "sampling.h"

gboolean
gen_sampling_place_times (const GenSamplerSettings *settings, GenNoiseLevel *levels, GError **error)
{
  double squared_signals[GEN_SCHEDULE_TIMES];

  if (settings->schedule->beta == NULL) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "sampler %s goes along times, which schedule %s has not; it takes linear, "
        "scaled-linear, cosine or shifted-cosine, and sampler euler takes this one",
        settings->sampler->name, settings->schedule->name);
    return FALSE;
  }
  gen_schedule_fill (settings->schedule, squared_signals);
  for (int i = 0; i < settings->steps; i++) {
    const int time = gen_schedule_time (i, settings->steps);

    levels[i] = (GenNoiseLevel){ .signal = sqrt (squared_signals[time]),
      .noise = sqrt (1 - squared_signals[time]),
      .time = time,
      .scale = 1 };
  }
  return TRUE;
}

double
gen_sampling_one (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return 1;
}

double
gen_sampling_next_signal (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return next->signal;
}
