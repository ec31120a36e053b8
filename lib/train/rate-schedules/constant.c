/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/rate-schedule.h>

static double
share (const GenRateSettings *settings, const GenRatePlace *place)
{
  return 1;
}

const GenRateSchedule gen_rate_schedule_constant = {
  .name = "constant",
  .description = "The same from the warm-up to the end",
  .share = share,
};
