/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/rate-schedule.h>

#include <math.h>

static double
share (const GenRateSettings *settings, const GenRatePlace *place)
{
  return pow (settings->decay, (double)place->plateaus);
}

const GenRateSchedule gen_rate_schedule_plateau = {
  .name = "plateau",
  .description = "Times rate-decay after rate-patience validations in a row that are no better",
  .share = share,
  .reads = (const char *const[]){ "rate-decay", "rate-patience", NULL },
};
