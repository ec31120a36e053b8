/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/rate-schedule.h>

static double
share (const GenRateSettings *settings, const GenRatePlace *place)
{
  const double done = MIN ((double)place->step / (double)MAX (place->end, 1), 1);

  return 1 - (1 - settings->final_rate) * done;
}

const GenRateSchedule gen_rate_schedule_linear = {
  .name = "linear",
  .description = "Straight down to final-rate at the end",
  .needs_end = TRUE,
  .share = share,
  .reads = (const char *const[]){ "final-rate", NULL },
};
