/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scale.h"

#include <generative/shared-player.h>
#include <time.h>

#include "../generate.h"
#include "families.h"

void
serve_scale_init (ServeScale *scale, const ServeServer *server)
{
  GenScaleSettings settings = GEN_SCALE_DEFAULTS;

  settings.sessions = server->configuration->limits->sessions;
  *scale = (ServeScale){ 0 };
  gen_scale_policy_init (&scale->policy, &settings);
}

/* --- what is seen --- */

static double
get_processor_time (void)
{
  struct timespec used = { 0 };

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &used);
  return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

/* The part of all cores that has been used since it was looked at last. */
static double
measure_utilisation (ServeScale *scale, gint64 now)
{
  const double used = get_processor_time (), before = scale->processor;
  const double seconds = (double)(now - scale->last) / G_USEC_PER_SEC;
  const gboolean first = scale->last == 0;

  scale->last = now;
  scale->processor = used;
  if (first || seconds <= 0)
    return 0;
  return CLAMP ((used - before) / (seconds * g_get_num_processors ()), 0, 1);
}

/* A request that nobody has begun is as good as a frame that is overdue. */
static guint
count_waiting (const ServeServer *server)
{
  return server->generate != NULL ? serve_generate_count_waiting (server->generate) : 0;
}

/* --- what is told --- */

static void
set (GenCounters *counters, const GenCounterFamily *family, double value)
{
  gen_counter_set (gen_counters_take (counters, family, NULL), value);
}

/* A total that somebody else counts. */
static void
follow (GenCounters *counters, const GenCounterFamily *family, guint64 total)
{
  GenCounter *counter = gen_counters_take (counters, family, NULL);
  const guint64 before = (guint64)gen_counter_get (counter);

  gen_counter_add (counter, total - MIN (before, total));
}

static void
tell_runs (GenCounters *counters, const GenSharedTotals *totals)
{
  set (counters, &serve_count_shared_waiting, totals->waiting);
  set (counters, &serve_count_shared_overdue, totals->overdue);
  follow (counters, &serve_count_shared_runs, totals->runs);
  follow (counters, &serve_count_shared_frames, totals->frames);
  follow (counters, &serve_count_shared_padding, totals->padding);
}

void
serve_scale_look (ServeScale *scale, const ServeServer *server, gint64 now)
{
  const GenSharedTotals totals = gen_shared_totals ();
  const GenScaleLook look = { .now = now,
    .ready = 1,
    .utilisation = measure_utilisation (scale, now),
    .sessions = g_hash_table_size (server->sessions),
    .queue = totals.overdue + count_waiting (server) };
  const guint wanted = gen_scale_policy_want (&scale->policy, &look);

  set (server->counters, &serve_count_wanted_replicas, wanted);
  set (server->counters, &serve_count_load, scale->policy.foreseen);
  tell_runs (server->counters, &totals);
}
