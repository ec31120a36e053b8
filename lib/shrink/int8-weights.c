/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes in the file, with a scale for each channel; numbers are computed as they were. */
#include <math.h>

#include "add.h"
#include "weights.h"

#define OPSET 13

static gboolean
has_groups (const GenShrinkLayer *layer)
{
  return gen_shrink_is (layer->node, "ConvTranspose") &&
         gen_node_int (layer->node, "group", 1) != 1;
}

static gboolean
put_weights (const GenShrinkLayer *layer, int bits, int opset, GPtrArray *layers, GError **error)
{
  g_auto (GenByteWeights) weights = { 0 };
  GenTensor *inputs[2], *made;
  const gboolean one = has_groups (layer);
  gsize after;

  if (!gen_byte_weights_find (&weights, layer, bits, NULL, one))
    return gen_shrink_refuse_weights (layer, error);
  after = (gsize)weights.n + (gsize)weights.n_scales * sizeof (float);
  inputs[0] = gen_byte_weights_add (&weights, layer, &inputs[1]);
  made = gen_shrink_add (layer->node->graph, NULL, "DequantizeLinear", opset, inputs, 2,
      layer->weights, "dequantized", error);
  if (made == NULL)
    return FALSE;
  if (!one)
    gen_node_set_int (made->producer, "axis", layer->axis);
  layer->node->inputs->pdata[1] = made;
  gen_shrink_tell (
      layers, layer, TRUE, after, weights.sqnr, "int%d weights%s", bits, one ? "" : " by channel");
  return TRUE;
}

static gboolean
apply (GenGraph *graph, const GenQuantizeSettings *settings, GPtrArray *layers, GError **error)
{
  const int opset = gen_shrink_find_opset (graph, OPSET, "a scale for each channel", error);
  const guint n = graph->nodes->len;

  if (opset == 0)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    GenShrinkLayer layer;

    if (!gen_shrink_find_layer (g_ptr_array_index (graph->nodes, i), &layer))
      continue;
    if (gen_shrink_keeps (settings, layer.node))
      gen_shrink_tell (layers, &layer, FALSE, 0, INFINITY, "float32, as was asked");
    else if (!put_weights (&layer, settings->weight_bits, opset, layers, error))
      return FALSE;
  }
  gen_shrink_clean (graph);
  return TRUE;
}

const GenQuantization gen_quantization_int8_weights = {
  .name = "int8-weights",
  .summary =
      "Weights are bytes, by channel, and computed with as float32: a quarter of the size, as "
      "fast as before",
  .apply = apply,
};
