/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/rate-schedule.h>

#include <math.h>

static double
share (const GenRateSettings *settings, const GenRatePlace *place)
{
  return pow (settings->decay, (double)(place->step / settings->decay_steps));
}

const GenRateSchedule gen_rate_schedule_step = {
  .name = "step",
  .description = "Times rate-decay after every decay-steps",
  .share = share,
  .reads = (const char *const[]){ "rate-decay", "decay-steps", NULL },
};
