/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many replicas: too many cost money, too few cost users. What is wanted follows a rise at once
 * and a fall late, so that noise starts and stops nothing. */
#include "scale-policy.h"

#include <math.h>
#include <string.h>

/* Growth is what it grows by in each of several spans that long. */
#define SPAN (15 * G_USEC_PER_SEC)
/* A part of a replica that does not make another one. */
#define SLIGHT 0.02

void
gen_scale_policy_init (GenScalePolicy *policy, const GenScaleSettings *settings)
{
  *policy = (GenScalePolicy){ .settings = *settings, .wanted = settings->least };
  for (guint i = 0; i < GEN_SCALE_BUCKETS; i++)
    policy->bucket[i] = G_MININT64;
}

/* --- what is needed --- */

/* In replicas, not rounded. Where all time is used, the time says no more how much is missing: the
 * queue does. */
static double
measure_demand (const GenScaleSettings *settings, const GenScaleLook *look)
{
  const double ready = MAX (look->ready, 1);
  const double by_time = ready * look->utilisation / settings->target;
  const double by_sessions =
      settings->sessions > 0 ? look->sessions / (settings->sessions * settings->target) : 0;
  const double longer = look->queue / (ready * settings->queue);
  const double by_queue = longer > 1 ? ready * fmin (longer, 2) : 0;

  return fmax (by_time, fmax (by_sessions, by_queue));
}

static void
follow (GenScalePolicy *policy, double demand, gint64 now)
{
  if (policy->n > 0 && now - policy->since[0] < SPAN)
    return;
  memmove (policy->demand + 1, policy->demand, sizeof policy->demand - sizeof *policy->demand);
  memmove (policy->since + 1, policy->since, sizeof policy->since - sizeof *policy->since);
  policy->demand[0] = demand;
  policy->since[0] = now;
  policy->n = MIN (policy->n + 1, GEN_SCALE_SPANS);
}

/* By how much it grows in a second at the least, 0 where it does not go on growing. */
static double
find_growth (const GenScalePolicy *policy)
{
  double least = G_MAXDOUBLE;

  if (policy->n < GEN_SCALE_SPANS)
    return 0;
  for (guint i = 0; i + 1 < GEN_SCALE_SPANS; i++) {
    const double seconds = (double)(policy->since[i] - policy->since[i + 1]) / G_USEC_PER_SEC;

    least = fmin (least, (policy->demand[i] - policy->demand[i + 1]) / seconds);
  }
  return fmax (least, 0);
}

/* --- what has been enough --- */

static void
remember (GenScalePolicy *policy, gint64 now, guint wanted)
{
  const gint64 length = MAX (policy->settings.settle / (GEN_SCALE_BUCKETS - 1), 1);
  const gint64 bucket = now / length;
  const guint i = (guint)(bucket % GEN_SCALE_BUCKETS);

  if (policy->bucket[i] != bucket)
    policy->most[i] = 0;
  policy->bucket[i] = bucket;
  policy->most[i] = MAX (policy->most[i], wanted);
}

/* The most that has been wanted within `settle`. */
static guint
recall (const GenScalePolicy *policy, gint64 now)
{
  const gint64 length = MAX (policy->settings.settle / (GEN_SCALE_BUCKETS - 1), 1);
  guint most = 0;

  for (guint i = 0; i < GEN_SCALE_BUCKETS; i++)
    if (policy->bucket[i] != G_MININT64 && now / length - policy->bucket[i] < GEN_SCALE_BUCKETS)
      most = MAX (most, policy->most[i]);
  return most;
}

/* --- the number --- */

static guint
round_up (double demand)
{
  return (guint)ceil (fmax (demand - SLIGHT, 0));
}

guint
gen_scale_policy_want (GenScalePolicy *policy, const GenScaleLook *look)
{
  const GenScaleSettings *settings = &policy->settings;
  const guint there = look->ready + look->starting;
  const guint most = 2 * MAX (there, 1) + settings->step;
  const double start_up = (double)settings->start_up / G_USEC_PER_SEC;
  double demand = measure_demand (settings, look);
  guint wanted;

  follow (policy, demand, look->now);
  demand += find_growth (policy) * start_up;
  policy->foreseen = demand;
  wanted = round_up (demand);
  if (fabs (demand - there) <= settings->tolerance * there)
    wanted = there;
  if (look->refused > 0)
    wanted = MAX (wanted, there + 1);
  wanted = CLAMP (MIN (wanted, most), settings->least, settings->most);
  remember (policy, look->now, wanted);
  policy->wanted = MAX (wanted, MIN (recall (policy, look->now), MAX (there, settings->least)));
  policy->wanted = MIN (policy->wanted, settings->most);
  return policy->wanted;
}
