/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What activations are like: the graph runs twice on the same numbers with all that may be bytes
 * among its outputs, once for the ends of histograms and once for what lies between. */
#include "ranges.h"

#include <math.h>

#include "histogram.h"
#include "scheme.h"

typedef struct {
  double low, high;
} Range;

struct _GenRanges {
  GHashTable *by_name; /* char * to Range */
  GenGraph *shapes;
};

void
gen_ranges_free (GenRanges *ranges)
{
  if (ranges == NULL)
    return;
  g_hash_table_unref (ranges->by_name);
  g_clear_pointer (&ranges->shapes, gen_graph_unref);
  g_free (ranges);
}

guint
gen_ranges_n (const GenRanges *ranges)
{
  return g_hash_table_size (ranges->by_name);
}

gboolean
gen_ranges_find (const GenRanges *ranges, const char *name, double *low, double *high)
{
  const Range *range = g_hash_table_lookup (ranges->by_name, name);

  if (range == NULL)
    return FALSE;
  *low = range->low;
  *high = range->high;
  return TRUE;
}

const GenGraph *
gen_ranges_shapes (const GenRanges *ranges)
{
  return ranges->shapes;
}

GenByteUnits
gen_byte_units (double low, double high, gboolean symmetric)
{
  GenByteUnits units = { .scale = 1 };

  low = MIN (low, 0);
  high = MAX (high, 0);
  if (symmetric)
    units.scale = (float)(MAX (-low, high) / 127);
  else
    units.scale = (float)((high - low) / 255);
  /* All zeros, or so small that there is no such scale. */
  if (!(units.scale >= G_MINFLOAT) || !isfinite (units.scale))
    return (GenByteUnits){ .scale = 1 };
  if (!symmetric)
    units.zero = (int)CLAMP (nearbyint (-low / (double)units.scale), 0, 255);
  return units;
}

/* --- observing --- */

typedef struct {
  const char **names;
  GenHistogram *histograms;
  guint n;
  gboolean counts; /* the second time */
} Watch;

static gboolean
watch (guint run, const GenBinding *const *outputs, guint n, gpointer data, GError **error)
{
  Watch *w = data;

  for (guint i = 0; i < w->n; i++) {
    const gsize count = (gsize)gen_shape_elements (&outputs[i]->shape);

    if (w->counts) {
      gen_histogram_count (&w->histograms[i], outputs[i]->data, count);
    } else if (!gen_histogram_widen (&w->histograms[i], outputs[i]->data, count)) {
      g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_RUNS,
          "tensor '%s' has something in run %u that is no finite number, of which there is no "
          "range",
          w->names[i], run);
      return FALSE;
    }
  }
  return TRUE;
}

/* A copy of `graph` whose outputs are `tensors`. */
static GenGraph *
show (const GenGraph *graph, const GPtrArray *tensors)
{
  GenGraph *copy = gen_graph_copy (graph);

  g_ptr_array_set_size (copy->outputs, 0);
  for (guint i = 0; i < tensors->len; i++)
    gen_graph_add_output (
        copy, gen_graph_find (copy, ((GenTensor *)g_ptr_array_index (tensors, i))->name));
  return copy;
}

static gboolean
observe (
    Watch *w, const GenGraph *graph, const GPtrArray *tensors, const GenRunSet *set, GError **error)
{
  g_autoptr (GenGraph) shown = show (graph, tensors);

  w->n = tensors->len;
  for (guint i = 0; i < w->n; i++) {
    w->names[i] = ((GenTensor *)g_ptr_array_index (tensors, i))->name;
    w->histograms[i] = GEN_HISTOGRAM_EMPTY;
  }
  if (!gen_run_set_play (set, shown, NULL, watch, w, error))
    return FALSE;
  w->counts = TRUE;
  return gen_run_set_play (set, shown, NULL, watch, w, error);
}

/* What shares a range has the widest of those that are found. */
static void
keep (
    GenRanges *ranges, const GenScheme *scheme, const Watch *w, const GenQuantizeSettings *settings)
{
  const GPtrArray *tensors = gen_scheme_tensors (scheme);
  g_autoptr (GHashTable) groups = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  for (guint i = 0; i < tensors->len; i++) {
    gpointer group = (gpointer)gen_scheme_group (scheme, g_ptr_array_index (tensors, i));
    Range *whole = g_hash_table_lookup (groups, group), own;

    settings->method->find (
        &w->histograms[i], settings->percentile, settings->symmetric, &own.low, &own.high);
    if (whole == NULL) {
      g_hash_table_insert (groups, group, g_memdup2 (&own, sizeof own));
      continue;
    }
    whole->low = MIN (whole->low, own.low);
    whole->high = MAX (whole->high, own.high);
  }
  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);
    const Range *range = g_hash_table_lookup (groups, gen_scheme_group (scheme, tensor));

    g_hash_table_insert (
        ranges->by_name, g_strdup (tensor->name), g_memdup2 (range, sizeof *range));
  }
}

/* Shapes of all tensors for the runs' inputs. */
static GenGraph *
infer_shapes (const GenGraph *graph, const GenRunSet *set, GError **error)
{
  g_autoptr (GenGraph) shapes = gen_graph_copy (graph);

  for (guint i = 0; i < gen_run_set_n_inputs (set); i++) {
    const GenBinding *input = gen_run_set_input (set, i);
    GenTensor *own = gen_graph_find (shapes, input->name);

    if (own != NULL && !gen_graph_set_input_shape (shapes, own, &input->shape, error))
      return NULL;
  }
  return gen_graph_infer (shapes, error) ? g_steal_pointer (&shapes) : NULL;
}

GenRanges *
gen_ranges_observe (const GenGraph *graph, const GenRunSet *set,
    const GenQuantizeSettings *settings, GError **error)
{
  g_autoptr (GenRanges) ranges = g_new0 (GenRanges, 1);
  g_autoptr (GenGraph) folded = gen_graph_copy (graph);
  g_autoptr (GenScheme) scheme = NULL;
  g_autofree const char **names = NULL;
  g_autofree GenHistogram *histograms = NULL;
  const GPtrArray *tensors;
  Watch w = { 0 };

  ranges->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  gen_shrink_settle (folded);
  if (!gen_shrink_fold (folded, error) ||
      (ranges->shapes = infer_shapes (folded, set, error)) == NULL)
    return NULL;
  scheme = gen_scheme_new (folded, settings, ranges->shapes);
  tensors = gen_scheme_tensors (scheme);
  w.names = names = g_new (const char *, tensors->len + 1);
  w.histograms = histograms = g_new (GenHistogram, tensors->len + 1);
  if (tensors->len > 0 && !observe (&w, folded, tensors, set, error))
    return NULL;
  keep (ranges, scheme, &w, settings);
  return g_steal_pointer (&ranges);
}
