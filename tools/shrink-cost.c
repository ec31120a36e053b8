/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What models cost, two side by side: their runs take turns. */
#include <glib/gstdio.h>

#include "shrink-table.h"

/* Runs before any is timed: caches, clocks of cores. */
#define WARM_UP 3
#define MOST_RUNS 100000

typedef struct {
  GenModel *model;
  GenPlan *plan;
  GArray *times; /* of double, in seconds */
} Side;

static void
side_clear (Side *side)
{
  g_clear_pointer (&side->plan, gen_plan_free);
  g_clear_pointer (&side->model, gen_model_unref);
  g_clear_pointer (&side->times, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Side, side_clear)

static double
seconds_now (void)
{
  return (double)g_get_monotonic_time () * 1e-6;
}

/* Bytes of all that graphs have in files. */
static gint64
count_constants (const GenGraph *graph)
{
  gint64 inside = 0;

  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->data != NULL)
      inside += (gint64)((g_bytes_get_size (tensor->data) * gen_data_type_bits (tensor->type) / 8) /
                         MAX (gen_data_type_size (tensor->type), 1));
  }
  return inside;
}

static gint64
find_file_size (const char *path)
{
  GStatBuf status;

  return g_stat (path, &status) == 0 ? status.st_size : 0;
}

gboolean
shrink_is_apart (const char *path, const GenGraph *graph)
{
  return count_constants (graph) > find_file_size (path);
}

/* Of the file, and of what is beside it. */
static gint64
find_size (const char *path, const GenGraph *graph)
{
  const gint64 own = find_file_size (path);

  return shrink_is_apart (path, graph) ? own + count_constants (graph) : own;
}

static gboolean
open (
    Side *side, const char *path, const Preparation *preparation, ShrinkCost *cost, GError **error)
{
  const double begin = seconds_now ();

  side->model = gen_model_load (path, error);
  if (side->model == NULL)
    return FALSE;
  cost->size = find_size (path, side->model->graph);
  if (!preparation_fix_model (preparation, side->model, error) ||
      (side->plan = preparation_compile (preparation, side->model->graph, error)) == NULL)
    return FALSE;
  cost->load = seconds_now () - begin;
  cost->memory = gen_plan_arena_size (side->plan) + gen_plan_constant_size (side->plan);
  cost->items = 1;
  if (gen_plan_n_inputs (side->plan) > 0 && gen_plan_input (side->plan, 0)->shape.rank > 0)
    cost->items = (double)gen_plan_input (side->plan, 0)->shape.dims[0];
  for (guint i = 0; i < gen_plan_n_inputs (side->plan); i++)
    if (!preparation_fill (preparation, side->model, i, gen_plan_input (side->plan, i), error))
      return FALSE;
  side->times = g_array_new (FALSE, FALSE, sizeof (double));
  return TRUE;
}

static gboolean
time_run (Side *side, gboolean counts, GError **error)
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

static double
find_median (GArray *times)
{
  g_array_sort (times, compare);
  return times->len > 0 ? g_array_index (times, double, times->len / 2) : 0;
}

gboolean
shrink_table_measure (ShrinkTable *table, const char *before, const char *after,
    const Preparation *preparation, double seconds, GError **error)
{
  g_auto (Side) first = { 0 }, second = { 0 };
  Side *const sides[2] = { &first, &second };
  const char *const paths[2] = { before, after };
  ShrinkCost *const costs[2] = { &table->before, &table->after };
  double end;

  for (int i = 0; i < 2; i++)
    if (!open (sides[i], paths[i], preparation, costs[i], error))
      return FALSE;
  end = seconds_now () + 2 * seconds;
  for (guint run = 0; run < MOST_RUNS; run++) {
    for (int i = 0; i < 2; i++)
      if (!time_run (sides[i], run >= WARM_UP, error))
        return FALSE;
    if (run > WARM_UP && seconds_now () >= end)
      break;
  }
  for (int i = 0; i < 2; i++)
    costs[i]->run = find_median (sides[i]->times);
  return TRUE;
}
