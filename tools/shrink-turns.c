/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shrink-turns.h"

/* Runs before any is timed: caches, clocks of cores. */
#define WARM_UP 3
#define MOST_RUNS 100000

void
shrink_side_clear (ShrinkSide *side)
{
  g_clear_pointer (&side->plan, gen_plan_free);
  g_clear_pointer (&side->model, gen_model_unref);
  g_clear_pointer (&side->times, g_array_unref);
}

gboolean
shrink_side_open (ShrinkSide *side, GenModel *model, const Preparation *preparation, GError **error)
{
  side->model = model;
  side->times = g_array_new (FALSE, FALSE, sizeof (double));
  if (!preparation_fix_model (preparation, model, error) ||
      (side->plan = preparation_compile (preparation, model->graph, error)) == NULL)
    return FALSE;
  for (guint i = 0; i < gen_plan_n_inputs (side->plan); i++)
    if (!preparation_fill (preparation, model, i, gen_plan_input (side->plan, i), error))
      return FALSE;
  return TRUE;
}

static double
seconds_now (void)
{
  return (double)g_get_monotonic_time () * 1e-6;
}

static gboolean
time_run (ShrinkSide *side, gboolean counts, GError **error)
{
  const double begin = seconds_now ();
  double seconds;

  if (!gen_plan_run (side->plan, error))
    return FALSE;
  seconds = seconds_now () - begin;
  if (counts)
    g_array_append_val (side->times, seconds);
  return TRUE;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

gboolean
shrink_sides_time (ShrinkSide *a, ShrinkSide *b, double seconds, GError **error)
{
  const double end = seconds_now () + 2 * seconds;

  for (guint run = 0; run < MOST_RUNS; run++) {
    if (!time_run (a, run >= WARM_UP, error) || !time_run (b, run >= WARM_UP, error))
      return FALSE;
    if (run > WARM_UP && seconds_now () >= end)
      break;
  }
  g_array_sort (a->times, compare);
  g_array_sort (b->times, compare);
  return TRUE;
}

double
shrink_side_median (const ShrinkSide *side)
{
  return side->times->len > 0 ? g_array_index (side->times, double, side->times->len / 2) : 0;
}

double
shrink_side_best (const ShrinkSide *side)
{
  return side->times->len > 0 ? g_array_index (side->times, double, 0) : 0;
}
