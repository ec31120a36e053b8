/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of quantisations, each in a file beside this one, and what all of them have in common.
 */
#include <generative/quantize.h>

#include "../base/family.h"
#include "layers.h"

const GenQuantization *const *
gen_quantization_list (void)
{
  static const GenQuantization *const list[] = {
    &gen_quantization_int8,
    &gen_quantization_int8_dynamic,
    &gen_quantization_int8_weights,
    &gen_quantization_int4_weights,
    &gen_quantization_float16,
    &gen_quantization_bfloat16,
    NULL,
  };

  return list;
}

const GenQuantization *
gen_quantization_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_quantization_list (), name, "quantisation", GEN_QUANTIZE_ERROR,
      GEN_QUANTIZE_ERROR_UNKNOWN, error);
}

static gboolean
fail (GError **error, const char *format, double value)
{
  g_autofree char *text = g_strdup_printf ("%g", value);

  g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_SETTING, format, text);
  return FALSE;
}

static gboolean
check_settings (const GenQuantizeSettings *s, GError **error)
{
  if (!(s->percentile > 50 && s->percentile < 100))
    return fail (error, "percentile is %s, and should lie between 50 and 100", s->percentile);
  if (s->weight_bits != 7 && s->weight_bits != 8)
    return fail (error, "weights of %s bits: there are 8 and 7", s->weight_bits);
  if (s->block < 16 || s->block > 256 || (s->block & (s->block - 1)) != 0)
    return fail (error, "a block of %s weights: there are 16, 32, 64, 128 and 256", s->block);
  return TRUE;
}

/* Names that are kept and that no layer has would change nothing. */
static gboolean
check_kept (const GenGraph *graph, const GenQuantizeSettings *settings, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GHashTable) there = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; settings->keep != NULL && i < graph->nodes->len; i++) {
    GenShrinkLayer layer;

    if (!gen_shrink_find_layer (g_ptr_array_index (graph->nodes, i), &layer))
      continue;
    g_hash_table_add (there, (char *)gen_shrink_name (layer.node));
    g_string_append_printf (
        names, "%s%s", names->len > 0 ? ", " : "", gen_shrink_name (layer.node));
  }
  for (guint i = 0; settings->keep != NULL && settings->keep[i] != NULL; i++)
    if (!g_hash_table_contains (there, settings->keep[i])) {
      g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_UNKNOWN,
          "there is no layer \"%s\"; there are %s", settings->keep[i], names->str);
      return FALSE;
    }
  return TRUE;
}

static guint
count_quantized (const GPtrArray *layers)
{
  guint n = 0;

  for (guint i = 0; i < layers->len; i++)
    n += ((const GenShrunkLayer *)g_ptr_array_index (layers, i))->changed;
  return n;
}

GenGraph *
gen_quantize (const GenGraph *graph, const GenQuantization *to, const GenQuantizeSettings *settings,
    GPtrArray *layers, GError **error)
{
  g_autoptr (GPtrArray) told =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gen_shrunk_layer_free);
  g_autoptr (GenGraph) copy = NULL;

  if (!check_settings (settings, error))
    return NULL;
  if (to->observes && settings->ranges == NULL) {
    g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_SETTING,
        "%s needs the ranges of activations, which runs on what the model will see tell", to->name);
    return NULL;
  }
  copy = gen_graph_copy (graph);
  gen_shrink_settle (copy);
  if (!check_kept (copy, settings, error) || !to->apply (copy, settings, told, error))
    return NULL;
  if (count_quantized (told) == 0 && settings->keep == NULL) {
    g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL,
        "there is nothing to quantise: no Conv, ConvTranspose, Gemm or MatMul has constant weights "
        "of float32");
    return NULL;
  }
  if (layers != NULL)
    g_ptr_array_extend_and_steal (layers, g_steal_pointer (&told));
  return g_steal_pointer (&copy);
}
