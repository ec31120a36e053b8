/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/weight-mask.h>

#include <math.h>
#include <string.h>

#include <generative/channels.h>
#include <generative/quantize.h>

#include "../base/family.h"
#include "layers.h"

const GenWeightMask *const *
gen_weight_mask_list (void)
{
  static const GenWeightMask *const list[] = {
    &gen_weight_mask_smallest,
    &gen_weight_mask_two_of_four,
    NULL,
  };

  return list;
}

const GenWeightMask *
gen_weight_mask_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_weight_mask_list (), name, "mask of weights", GEN_CHANNELS_ERROR,
      GEN_CHANNELS_ERROR_SETTING, error);
}

/* The axis along which a layer sums up what it reads. */
static int
find_read_axis (const GenShrinkLayer *layer)
{
  return 1 - layer->axis;
}

static gboolean
keeps (const char *const *keep, const GenShrinkLayer *layer)
{
  for (; keep != NULL && *keep != NULL; keep++)
    if (g_pattern_match_simple (*keep, gen_shrink_name (layer->node)) ||
        g_pattern_match_simple (*keep, layer->weights->name))
      return TRUE;
  return FALSE;
}

static double
find_sqnr (const float *before, const float *after, gsize n)
{
  double signal = 0, noise = 0;

  for (gsize i = 0; i < n; i++) {
    signal += (double)before[i] * before[i];
    noise += ((double)before[i] - after[i]) * ((double)before[i] - after[i]);
  }
  return noise > 0 ? 10 * log10 (signal / noise) : INFINITY;
}

/* As `layer` was, in the graph before: its weights become others in `tensor`. */
static void
mask_layer (const GenWeightMask *mask, double ratio, const GenShrinkLayer *layer, GPtrArray *layers)
{
  GenTensor *tensor = layer->weights;
  const GenShape *shape = &tensor->shape;
  const int axis = find_read_axis (layer);
  const gsize size = gen_tensor_size (tensor), n = size / sizeof (float);
  g_autofree float *before = g_memdup2 (g_bytes_get_data (tensor->data, NULL), size);
  float *weights = g_memdup2 (before, size);
  gsize zeros = 0;

  mask->apply (weights, gen_shape_product (shape, 0, axis), shape->dims[axis],
      gen_shape_product (shape, axis + 1, shape->rank), ratio);
  for (gsize i = 0; i < n; i++)
    zeros += weights[i] == 0;
  gen_shrink_tell (layers, layer, TRUE, size, find_sqnr (before, weights, n),
      "%.1f %% zeros, stored dense", 100. * (double)zeros / (double)n);
  g_bytes_unref (tensor->data);
  tensor->data = g_bytes_new_take (weights, size);
}

GenGraph *
gen_weight_mask_apply (const GenGraph *graph, const GenWeightMask *mask, double ratio,
    const char *const *keep, GPtrArray *layers, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (graph);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  if (!mask->fixed && !(ratio > 0 && ratio < 1)) {
    g_set_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING,
        "ratio should be between 0 and 1: the share of weights that become zero");
    return NULL;
  }
  for (guint i = 0; i < copy->nodes->len; i++) {
    GenShrinkLayer layer;

    if (!gen_shrink_find_layer (g_ptr_array_index (copy->nodes, i), &layer) ||
        !g_hash_table_add (seen, layer.weights))
      continue;
    if (keeps (keep, &layer))
      gen_shrink_tell (layers, &layer, FALSE, 0, INFINITY, "as it was: it is to be kept");
    else
      mask_layer (mask, ratio, &layer, layers);
  }
  if (g_hash_table_size (seen) > 0)
    return g_steal_pointer (&copy);
  g_set_error_literal (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_MODEL,
      "the model has no layer with constant weights of float32");
  return NULL;
}
