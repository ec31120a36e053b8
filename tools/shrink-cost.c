/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What models cost, two side by side. */
#include <glib/gstdio.h>

#include "shrink-table.h"
#include "shrink-turns.h"

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
open (ShrinkSide *side, const char *path, const Preparation *preparation, ShrinkCost *cost,
    GError **error)
{
  const double begin = seconds_now ();
  GenModel *model = gen_model_load (path, error);

  if (model == NULL)
    return FALSE;
  cost->size = find_size (path, model->graph);
  if (!shrink_side_open (side, model, preparation, error))
    return FALSE;
  cost->load = seconds_now () - begin;
  cost->memory = gen_plan_arena_size (side->plan) + gen_plan_constant_size (side->plan);
  cost->items = 1;
  if (gen_plan_n_inputs (side->plan) > 0 && gen_plan_input (side->plan, 0)->shape.rank > 0)
    cost->items = (double)gen_plan_input (side->plan, 0)->shape.dims[0];
  return TRUE;
}

gboolean
shrink_table_measure (ShrinkTable *table, const char *before, const char *after,
    const Preparation *preparation, double seconds, GError **error)
{
  g_auto (ShrinkSide) first = { 0 }, second = { 0 };

  if (!open (&first, before, preparation, &table->before, error) ||
      !open (&second, after, preparation, &table->after, error) ||
      !shrink_sides_time (&first, &second, seconds, error))
    return FALSE;
  table->before.run = shrink_side_median (&first);
  table->after.run = shrink_side_median (&second);
  return TRUE;
}
