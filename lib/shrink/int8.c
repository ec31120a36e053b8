/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Static quantisation to bytes: ranges of activations are known before, by runs on what the model
 * will see. Said in QDQ, QuantizeLinear and DequantizeLinear around operators of floats, which is
 * what engines make layers of integers of, and what any other reads as the floats that it says. */
#include <math.h>

#include "ranges.h"
#include "scheme.h"
#include "weights.h"

/* Where scales of an axis began. */
#define OPSET 13

typedef struct {
  GenGraph *graph;
  const GenQuantizeSettings *settings;
  GenScheme *scheme;
  int opset;
  GHashTable *units; /* of a tensor that is read by layers, GenByteUnits */
} Pass;

static void
pass_clear (Pass *pass)
{
  g_clear_pointer (&pass->scheme, gen_scheme_free);
  g_clear_pointer (&pass->units, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pass, pass_clear)

/* What a new node makes of (x, scale, zero); its name is made of that of `like`. */
static GenTensor *
add_linear (const Pass *pass, const char *op, GenTensor *const inputs[3], const GenTensor *like,
    const char *suffix, int axis, GError **error)
{
  g_autofree char *name = gen_shrink_name_like (like, suffix);
  GenTensor *made = gen_graph_add_value (pass->graph, name);
  GenNode *node = gen_graph_add_node (
      pass->graph, name, NULL, op, pass->opset, inputs, inputs[2] != NULL ? 3 : 2, &made, 1, error);

  if (node == NULL)
    return NULL;
  if (axis >= 0)
    gen_node_set_int (node, "axis", axis);
  return made;
}

/* --- activations --- */

/* All nodes that read `tensor` read what its bytes stand for. */
static gboolean
put_bytes (Pass *pass, GenTensor *tensor, GError **error)
{
  const guint n = pass->graph->nodes->len;
  const gboolean symmetric = pass->settings->symmetric;
  g_autofree char *scale_name = gen_shrink_name_like (tensor, "scale");
  g_autofree char *zero_name = gen_shrink_name_like (tensor, "zero_point");
  GenTensor *inputs[3] = { tensor }, *bytes, *numbers;
  double low, high;
  GenByteUnits units;
  guint8 zero;

  if (!gen_ranges_find (pass->settings->ranges, tensor->name, &low, &high)) {
    g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_RUNS,
        "the range of tensor '%s' has not been observed", tensor->name);
    return FALSE;
  }
  units = gen_byte_units (low, high, symmetric);
  zero = (guint8)units.zero;
  inputs[1] = gen_graph_add_constant (pass->graph, scale_name, GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR,
      g_bytes_new (&units.scale, sizeof units.scale));
  inputs[2] = gen_graph_add_constant (pass->graph, zero_name,
      symmetric ? GEN_TYPE_INT8 : GEN_TYPE_UINT8, &GEN_SHAPE_SCALAR, g_bytes_new (&zero, 1));
  bytes = add_linear (pass, "QuantizeLinear", inputs, tensor, "quantized", -1, error);
  if (bytes == NULL)
    return FALSE;
  inputs[0] = bytes;
  numbers = add_linear (pass, "DequantizeLinear", inputs, tensor, "dequantized", -1, error);
  if (numbers == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    GenNode *node = g_ptr_array_index (pass->graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == tensor)
        node->inputs->pdata[k] = numbers;
  }
  g_hash_table_insert (pass->units, numbers, g_memdup2 (&units, sizeof units));
  return TRUE;
}

/* --- weights --- */

/* Sums are of 32 bits, and so is a bias in their units: scales are large enough for that. NULL
 * where there is no bias. (transfer full) */
static float *
find_least_scales (const GenShrinkLayer *layer, const GenByteUnits *x)
{
  const float *bias = gen_tensor_constant (layer->bias);
  float *least;

  if (bias == NULL)
    return NULL;
  least = g_new (float, layer->bias->shape.dims[0]);
  for (gint64 c = 0; c < layer->bias->shape.dims[0]; c++)
    least[c] = fabsf (bias[c]) / x->scale / (float)(1 << 29);
  return least;
}

static gboolean
put_bias (const Pass *pass, const GenShrinkLayer *layer, const GenByteUnits *x,
    const float *weight_scales, gint64 n_scales, GError **error)
{
  const float *bias = gen_tensor_constant (layer->bias);
  const gint64 n = layer->bias->shape.dims[0];
  g_autofree char *name = gen_shrink_name_like (layer->bias, "quantized");
  g_autofree char *scale_name = gen_shrink_name_like (layer->bias, "scale");
  g_autofree char *zero_name = gen_shrink_name_like (layer->bias, "zero_point");
  float *scales = g_new (float, n_scales);
  gint32 *values = g_new (gint32, n);
  const GenShape *shape = n_scales > 1 ? &GEN_SHAPE (n_scales) : &GEN_SHAPE_SCALAR;
  GenTensor *inputs[3], *made;

  for (gint64 i = 0; i < n_scales; i++)
    scales[i] = x->scale * weight_scales[i];
  for (gint64 i = 0; i < n; i++)
    values[i] = (gint32)lrint ((double)bias[i] / (double)scales[n_scales > 1 ? i : 0]);
  inputs[0] = gen_graph_add_constant (pass->graph, name, GEN_TYPE_INT32, &layer->bias->shape,
      g_bytes_new_take (values, (gsize)n * sizeof *values));
  inputs[1] = gen_graph_add_constant (pass->graph, scale_name, GEN_TYPE_FLOAT32, shape,
      g_bytes_new_take (scales, (gsize)n_scales * sizeof *scales));
  inputs[2] = gen_graph_add_constant (pass->graph, zero_name, GEN_TYPE_INT32, shape,
      g_bytes_new_take (g_new0 (gint32, n_scales), (gsize)n_scales * sizeof (gint32)));
  made = add_linear (
      pass, "DequantizeLinear", inputs, layer->bias, "dequantized", n_scales > 1 ? 0 : -1, error);
  if (made != NULL)
    layer->node->inputs->pdata[2] = made;
  return made != NULL;
}

/* Those of a transposed convolution of several groups have each channel of the weights' axis once
 * for each of them. */
static gboolean
has_one_scale (const GenShrinkLayer *layer)
{
  return gen_shrink_is (layer->node, "ConvTranspose") &&
         gen_node_int (layer->node, "group", 1) != 1;
}

static gboolean
put_weights (Pass *pass, const GenShrinkLayer *layer, GPtrArray *layers, GError **error)
{
  const GenByteUnits *x = g_hash_table_lookup (pass->units, gen_node_input (layer->node, 0));
  const gboolean one_scale = has_one_scale (layer);
  g_autofree float *least = one_scale ? NULL : find_least_scales (layer, x);
  g_auto (GenByteWeights) weights = { 0 };
  g_autofree char *zero_name = gen_shrink_name_like (layer->weights, "zero_point");
  GenTensor *inputs[3], *made;
  gsize after;

  if (!gen_byte_weights_find (&weights, layer, pass->settings->weight_bits, least, one_scale))
    return gen_shrink_refuse_weights (layer, error);
  if (layer->bias != NULL && !put_bias (pass, layer, x, weights.scales, weights.n_scales, error))
    return FALSE;
  after = (gsize)weights.n + (gsize)weights.n_scales * sizeof (float);
  inputs[0] = gen_byte_weights_add (&weights, layer, &inputs[1]);
  inputs[2] = gen_graph_add_constant (pass->graph, zero_name, GEN_TYPE_INT8, &inputs[1]->shape,
      g_bytes_new_take (g_malloc0 ((gsize)weights.n_scales), (gsize)weights.n_scales));
  made = add_linear (pass, "DequantizeLinear", inputs, layer->weights, "dequantized",
      one_scale ? -1 : layer->axis, error);
  if (made == NULL)
    return FALSE;
  layer->node->inputs->pdata[1] = made;
  gen_shrink_tell (layers, layer, TRUE, after, weights.sqnr, "int%d weights%s, %s activations",
      pass->settings->weight_bits, one_scale ? "" : " by channel",
      pass->settings->symmetric ? "int8" : "uint8");
  return TRUE;
}

/* --- all of it --- */

/* Those that are left are told of as well, each in its place. */
static gboolean
put_layers (Pass *pass, GPtrArray *layers, GError **error)
{
  const GArray *chosen = gen_scheme_layers (pass->scheme);
  const guint n_nodes = pass->graph->nodes->len;
  guint at = 0;

  for (guint i = 0; i < n_nodes; i++) {
    GenNode *node = g_ptr_array_index (pass->graph->nodes, i);
    const GenShrinkLayer *next =
        at < chosen->len ? &g_array_index (chosen, GenShrinkLayer, at) : NULL;
    GenShrinkLayer layer;

    if (next != NULL && next->node == node) {
      at++;
      if (!put_weights (pass, next, layers, error))
        return FALSE;
    } else if (gen_shrink_find_layer (node, &layer)) {
      gen_shrink_tell (layers, &layer, FALSE, 0, INFINITY, "float32, %s",
          gen_shrink_keeps (pass->settings, node) ? "as was asked" : "its bias is no constant");
    }
  }
  return TRUE;
}

static gboolean
apply (GenGraph *graph, const GenQuantizeSettings *settings, GPtrArray *layers, GError **error)
{
  g_auto (Pass) pass = { .graph = graph, .settings = settings };

  if (!gen_shrink_fold (graph, error) ||
      (pass.opset = gen_shrink_find_opset (graph, OPSET, "a scale for each channel", error)) == 0)
    return FALSE;
  pass.units = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  pass.scheme = gen_scheme_new (graph, settings, gen_ranges_shapes (settings->ranges));
  for (guint i = 0; i < gen_scheme_tensors (pass.scheme)->len; i++)
    if (!put_bytes (&pass, g_ptr_array_index (gen_scheme_tensors (pass.scheme), i), error))
      return FALSE;
  if (!put_layers (&pass, layers, error))
    return FALSE;
  gen_shrink_clean (graph);
  return TRUE;
}

const GenQuantization gen_quantization_int8 = {
  .name = "int8",
  .summary = "Weights and activations are bytes, whose ranges are found before on what the model "
             "will see: the fastest, and a quarter of the size",
  .observes = TRUE,
  .hastens = TRUE,
  .apply = apply,
};
