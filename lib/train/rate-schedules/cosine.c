/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without the
 * restarts. */
#include <generative/rate-schedule.h>

#include <math.h>

static double
share (const GenRateSettings *settings, const GenRatePlace *place)
{
  const double done = MIN ((double)place->step / (double)MAX (place->end, 1), 1);

  return settings->final_rate + (1 - settings->final_rate) * (1 + cos (G_PI * done)) / 2;
}

const GenRateSchedule gen_rate_schedule_cosine = {
  .name = "cosine",
  .description = "Half a wave of a cosine, down to final-rate at the end",
  .needs_end = TRUE,
  .share = share,
  .reads = (const char *const[]){ "final-rate", NULL },
};
