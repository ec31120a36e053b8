/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of learning-rate schedules; each is a file in rate-schedules/. */
#include <generative/rate-schedule.h>

#include <generative/trainer.h>

#include "../base/family.h"

const GenRateSchedule *const *
gen_rate_schedule_list (void)
{
  static const GenRateSchedule *const list[] = {
    &gen_rate_schedule_constant,
    &gen_rate_schedule_cosine,
    &gen_rate_schedule_linear,
    &gen_rate_schedule_step,
    &gen_rate_schedule_plateau,
    NULL,
  };

  return list;
}

const GenRateSchedule *
gen_rate_schedule_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_rate_schedule_list (), name, "learning-rate schedule",
      GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING, error);
}

double
gen_rate_schedule_share (
    const GenRateSchedule *schedule, const GenRateSettings *settings, const GenRatePlace *place)
{
  const guint64 warm_up = settings->warm_up;
  GenRatePlace behind = *place;

  if (place->step < warm_up)
    return (double)(place->step + 1) / (double)warm_up;
  behind.step -= warm_up;
  behind.end = place->end > warm_up ? place->end - warm_up : 0;
  return schedule->share (settings, &behind);
}
