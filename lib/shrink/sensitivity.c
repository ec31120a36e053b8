/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each layer costs by itself: all others stay as they are, and the outputs are compared. */
#include <math.h>

#include <generative/quantize.h>

void
gen_sensitivity_free (GenSensitivity *sensitivity)
{
  if (sensitivity == NULL)
    return;
  g_free (sensitivity->name);
  g_free (sensitivity);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const GenSensitivity *x = *(GenSensitivity *const *)a, *y = *(GenSensitivity *const *)b;

  return x->sqnr < y->sqnr ? -1 : x->sqnr > y->sqnr;
}

/* The names of all that is quantised but number `left`. (transfer container) */
static const char **
keep_others (const GPtrArray *layers, guint left, const char *const *kept)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; kept != NULL && kept[i] != NULL; i++)
    g_ptr_array_add (names, (char *)kept[i]);
  for (guint i = 0; i < layers->len; i++) {
    const GenShrunkLayer *layer = g_ptr_array_index (layers, i);

    if (i != left && layer->changed)
      g_ptr_array_add (names, layer->name);
  }
  g_ptr_array_add (names, NULL);
  return (const char **)g_ptr_array_free (names, FALSE);
}

GPtrArray *
gen_quantize_rank (const GenGraph *graph, const GenQuantization *to,
    const GenQuantizeSettings *settings, const GenRunSet *set, GenSensitivityFunc asked,
    gpointer data, GError **error)
{
  g_autoptr (GPtrArray) layers =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gen_shrunk_layer_free);
  g_autoptr (GPtrArray) ranks =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gen_sensitivity_free);
  g_autoptr (GArray) reference = gen_run_set_record (set, graph, NULL, error);
  g_autoptr (GenGraph) all = NULL;

  if (reference == NULL || (all = gen_quantize (graph, to, settings, layers, error)) == NULL)
    return NULL;
  for (guint i = 0; i < layers->len; i++) {
    const GenShrunkLayer *layer = g_ptr_array_index (layers, i);
    g_autofree const char **keep = keep_others (layers, i, settings->keep);
    g_autoptr (GenGraph) alone = NULL;
    GenQuantizeSettings own = *settings;
    GenRunDifference difference;
    GenSensitivity *rank;

    if (!layer->changed)
      continue;
    if (asked != NULL)
      asked (i, layers->len, layer->name, data);
    own.keep = keep;
    alone = gen_quantize (graph, to, &own, NULL, error);
    if (alone == NULL || !gen_run_set_compare (set, alone, reference, NULL, &difference, error))
      return NULL;
    rank = g_new (GenSensitivity, 1);
    *rank = (GenSensitivity){ g_strdup (layer->name), gen_run_difference_sqnr (&difference) };
    g_ptr_array_add (ranks, rank);
  }
  g_ptr_array_sort (ranks, compare);
  return g_steal_pointer (&ranks);
}
