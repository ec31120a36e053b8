/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dynamic quantisation: the range of what a layer reads is found in each run, so that nothing has
 * to be known before; sums are exact, and become numbers again behind each layer. ONNX has no such
 * sums of a ConvTranspose: around it stands what makes bytes of numbers and numbers of bytes, in
 * each run as well, of which this engine makes a layer of integers, and any other the floats that
 * it says. */
#include <math.h>

#include "add.h"
#include "weights.h"

#define OPSET 11      /* DynamicQuantizeLinear */
#define AXIS_OPSET 13 /* DequantizeLinear by channel */

typedef struct {
  GenGraph *graph;
  int opset;
  GHashTable *bytes; /* of a tensor that layers read, the node that makes bytes of it */
} Pass;

/* Bytes, a scale and a zero point of `x`, once for all layers that read it. */
static GenNode *
find_bytes (Pass *pass, GenTensor *x, GError **error)
{
  GenNode *node = g_hash_table_lookup (pass->bytes, x);
  g_autofree char *name = NULL, *scale = NULL, *zero = NULL;
  GenTensor *outputs[3];

  if (node != NULL)
    return node;
  name = gen_shrink_name_like (x, "quantized");
  scale = gen_shrink_name_like (x, "scale");
  zero = gen_shrink_name_like (x, "zero_point");
  outputs[0] = gen_graph_add_value (pass->graph, name);
  outputs[1] = gen_graph_add_value (pass->graph, scale);
  outputs[2] = gen_graph_add_value (pass->graph, zero);
  node = gen_graph_add_node (
      pass->graph, name, NULL, "DynamicQuantizeLinear", pass->opset, &x, 1, outputs, 3, error);
  if (node != NULL)
    g_hash_table_insert (pass->bytes, x, node);
  return node;
}

/* [k, n] of [n, k]. */
static void
swap (GenByteWeights *w, GenShape *shape)
{
  const gint64 n = shape->dims[0], k = shape->dims[1];
  gint8 *swapped = g_new (gint8, n * k);

  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < k; j++)
      swapped[j * n + i] = w->values[i * k + j];
  g_free (w->values);
  w->values = swapped;
  *shape = GEN_SHAPE (k, n);
}

/* The shape in which one number for each channel goes with the layer's result. */
static GenShape
find_spread (const GenShrinkLayer *layer)
{
  GenShape shape = GEN_SHAPE (layer->channels);

  if (!gen_shrink_is (layer->node, "Conv"))
    return shape;
  shape.rank = layer->weights->shape.rank - 1;
  for (int i = 1; i < shape.rank; i++)
    shape.dims[i] = 1;
  return shape;
}

/* The exact sums of the layer. */
static GenTensor *
add_sums (const Pass *pass, const GenShrinkLayer *layer, GenNode *bytes, GenByteWeights *w,
    GError **error)
{
  const gboolean is_conv = gen_shrink_is (layer->node, "Conv");
  GenTensor *inputs[3] = { gen_node_output (bytes, 0), NULL, gen_node_output (bytes, 2) };
  GenShape shape = layer->weights->shape;
  GenTensor *made;

  if (!is_conv && layer->axis == 0)
    swap (w, &shape);
  inputs[1] = gen_shrink_add_constant (pass->graph, layer->weights, "quantized", GEN_TYPE_INT8,
      &shape, g_steal_pointer (&w->values), (gsize)w->n);
  made = gen_shrink_add (pass->graph, NULL, is_conv ? "ConvInteger" : "MatMulInteger", pass->opset,
      inputs, 3, gen_node_output (layer->node, 0), "sums", error);
  for (guint i = 0; made != NULL && is_conv && i < layer->node->attributes->len; i++)
    gen_node_take_attribute (
        made->producer, gen_attribute_copy (g_ptr_array_index (layer->node->attributes, i), NULL));
  return made;
}

/* The bias as it goes with the result. */
static GenTensor *
add_bias (const Pass *pass, const GenShrinkLayer *layer, const GenShape *spread)
{
  const GenShape *own = &layer->bias->shape;

  if (gen_shape_equal (own, spread) || !gen_shrink_is (layer->node, "Conv"))
    return layer->bias;
  return gen_graph_add_constant (
      pass->graph, layer->bias->name, GEN_TYPE_FLOAT32, spread, g_bytes_ref (layer->bias->data));
}

static GenTensor *
add_numbers (const Pass *pass, const GenShrinkLayer *layer, GenNode *bytes, GenTensor *sums,
    GenByteWeights *w, GError **error)
{
  const GenTensor *like = gen_node_output (layer->node, 0);
  const GenShape spread = find_spread (layer);
  GenTensor *scale = gen_shrink_add_constant (pass->graph, layer->weights, "scale",
      GEN_TYPE_FLOAT32, &spread, g_steal_pointer (&w->scales), (gsize)w->n_scales * sizeof (float));
  GenTensor *made;

  made = gen_shrink_add (pass->graph, NULL, "Cast", pass->opset, &sums, 1, like, "cast", error);
  if (made == NULL)
    return NULL;
  gen_node_set_int (made->producer, "to", GEN_TYPE_FLOAT32);
  scale = gen_shrink_add (pass->graph, NULL, "Mul", pass->opset,
      (GenTensor *[]){ gen_node_output (bytes, 1), scale }, 2, like, "scales", error);
  if (scale != NULL)
    made = gen_shrink_add (pass->graph, NULL, "Mul", pass->opset, (GenTensor *[]){ made, scale }, 2,
        like, "scaled", error);
  if (scale == NULL || made == NULL || layer->bias == NULL)
    return scale != NULL ? made : NULL;
  return gen_shrink_add (pass->graph, NULL, "Add", pass->opset,
      (GenTensor *[]){ made, add_bias (pass, layer, &spread) }, 2, like, "biased", error);
}

/* The numbers that bytes of the layer's input stand for, and those that its weights do. */
static gboolean
put_numbers (const Pass *pass, const GenShrinkLayer *layer, GenNode *bytes, GenByteWeights *w,
    GError **error)
{
  GenTensor *x[3] = { gen_node_output (bytes, 0), gen_node_output (bytes, 1),
    gen_node_output (bytes, 2) };
  GenTensor *weights[2], *numbers, *made;
  const gboolean by_channel = w->n_scales > 1;

  numbers = gen_shrink_add (pass->graph, NULL, "DequantizeLinear", pass->opset, x, 3,
      gen_node_input (layer->node, 0), "dequantized", error);
  if (numbers == NULL)
    return FALSE;
  weights[0] = gen_byte_weights_add (w, layer, &weights[1]);
  made = gen_shrink_add (pass->graph, NULL, "DequantizeLinear", pass->opset, weights, 2,
      layer->weights, "dequantized", error);
  if (made == NULL)
    return FALSE;
  if (by_channel)
    gen_node_set_int (made->producer, "axis", layer->axis);
  layer->node->inputs->pdata[0] = numbers;
  layer->node->inputs->pdata[1] = made;
  return TRUE;
}

static gboolean
put_transposed (
    Pass *pass, const GenShrinkLayer *layer, int bits, GPtrArray *layers, GError **error)
{
  g_auto (GenByteWeights) w = { 0 };
  GenNode *bytes = find_bytes (pass, gen_node_input (layer->node, 0), error);
  gsize after;

  if (bytes == NULL)
    return FALSE;
  if (!gen_byte_weights_find (&w, layer, bits, NULL, gen_node_int (layer->node, "group", 1) != 1))
    return gen_shrink_refuse_weights (layer, error);
  after = (gsize)w.n + (gsize)w.n_scales * sizeof (float);
  if (!put_numbers (pass, layer, bytes, &w, error))
    return FALSE;
  gen_shrink_tell (layers, layer, TRUE, after, w.sqnr, "int%d weights%s, uint8 by run", bits,
      w.n_scales > 1 ? " by channel" : "");
  return TRUE;
}

static gboolean
put_layer (Pass *pass, const GenShrinkLayer *layer, int bits, GPtrArray *layers, GError **error)
{
  g_auto (GenByteWeights) w = { 0 };
  GenNode *bytes = find_bytes (pass, gen_node_input (layer->node, 0), error);
  GenTensor *made;
  gsize after;

  if (bytes == NULL)
    return FALSE;
  if (!gen_byte_weights_find (&w, layer, bits, NULL, FALSE))
    return gen_shrink_refuse_weights (layer, error);
  after = (gsize)w.n + (gsize)w.n_scales * sizeof (float);
  made = add_sums (pass, layer, bytes, &w, error);
  if (made != NULL)
    made = add_numbers (pass, layer, bytes, made, &w, error);
  if (made == NULL)
    return FALSE;
  gen_shrink_tell (
      layers, layer, TRUE, after, w.sqnr, "int%d weights by channel, uint8 by run", bits);
  gen_shrink_take_result (layer, made);
  return TRUE;
}

/* Why a layer is left, or NULL. */
static const char *
find_obstacle (const Pass *pass, const GenQuantizeSettings *settings, const GenShrinkLayer *layer)
{
  if (gen_shrink_keeps (settings, layer->node))
    return "as was asked";
  if (layer->bias != NULL && layer->bias->role != GEN_ROLE_CONSTANT)
    return "its bias is no constant";
  if (gen_shrink_is (layer->node, "ConvTranspose") && pass->opset < AXIS_OPSET)
    return "its bytes take opset 13 (generative-model convert --opset=13)";
  return NULL;
}

static gboolean
apply (GenGraph *graph, const GenQuantizeSettings *settings, GPtrArray *layers, GError **error)
{
  g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);
  Pass pass = { .graph = graph, .bytes = known };
  guint n;

  if (!gen_shrink_fold (graph, error) ||
      (pass.opset = gen_shrink_find_opset (graph, OPSET, "DynamicQuantizeLinear", error)) == 0)
    return FALSE;
  n = graph->nodes->len;
  for (guint i = 0; i < n; i++) {
    GenShrinkLayer layer;
    const char *obstacle;
    gboolean done = TRUE;

    if (!gen_shrink_find_layer (g_ptr_array_index (graph->nodes, i), &layer))
      continue;
    obstacle = find_obstacle (&pass, settings, &layer);
    if (obstacle != NULL)
      gen_shrink_tell (layers, &layer, FALSE, 0, INFINITY, "float32, %s", obstacle);
    else if (gen_shrink_is (layer.node, "ConvTranspose"))
      done = put_transposed (&pass, &layer, settings->weight_bits, layers, error);
    else
      done = put_layer (&pass, &layer, settings->weight_bits, layers, error);
    if (!done)
      return FALSE;
  }
  gen_shrink_clean (graph);
  return TRUE;
}

const GenQuantization gen_quantization_int8_dynamic = {
  .name = "int8-dynamic",
  .summary = "Weights are bytes, and so is what layers read, by the range that it has in each run: "
             "nothing need be known before; slower than int8",
  .hastens = TRUE,
  .apply = apply,
};
