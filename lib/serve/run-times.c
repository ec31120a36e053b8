/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run-times.h"

/* How much of a new run goes into the mean. */
#define SHARE 0.125
/* A run counts as at most that many times as long as usual. */
#define OUTLIER 4.0
/* Of what a run of one size takes, the part that another size takes as well: so little that a size
 * is tried, and then it is known. */
#define FIXED 0.25

void
gen_run_times_note (GenRunTimes *times, guint size, double microseconds)
{
  GenRunTime *of = &times->of[CLAMP (size, 1, GEN_RUN_TIMES_MAX)];
  double off;

  if (of->n++ == 0) {
    of->mean = microseconds;
    return;
  }
  microseconds = CLAMP (microseconds, of->mean / OUTLIER, of->mean * OUTLIER);
  off = microseconds - of->mean;
  of->mean += SHARE * off;
  of->deviation += SHARE * (ABS (off) - of->deviation);
}

/* The next size that has run, from `size` on in steps of `step`; 0 where there is none. */
static guint
find_known (const GenRunTimes *times, guint size, int step)
{
  for (int s = (int)size; s >= 1 && s <= GEN_RUN_TIMES_MAX; s += step)
    if (times->of[s].n > 0)
      return (guint)s;
  return 0;
}

double
gen_run_times_mean (const GenRunTimes *times, guint size)
{
  const guint below = find_known (times, size, -1), above = find_known (times, size, 1);
  const GenRunTime *a = &times->of[below], *b = &times->of[above];

  if (below > 0 && above > 0)
    return below == above ? a->mean
                          : a->mean + (b->mean - a->mean) * (size - below) / (above - below);
  if (below == 0 && above == 0)
    return FIXED + (1 - FIXED) * size;
  return below > 0 ? a->mean * (FIXED + (1 - FIXED) * size / below)
                   : b->mean * (FIXED + (1 - FIXED) * size / above);
}

double
gen_run_times_most (const GenRunTimes *times, guint size)
{
  return gen_run_times_mean (times, size) + 2 * times->of[MIN (size, GEN_RUN_TIMES_MAX)].deviation;
}
