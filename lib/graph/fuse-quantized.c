/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers of 8-bit integers. Models say them in two ways, and both become one node each
 * (../ops/quantized_layer.h):
 *   numbers made of integers, a Conv, MatMul or Gemm of numbers, and integers made of these again,
 *   by DequantizeLinear and QuantizeLinear;
 *   exact sums (ConvInteger, and IntegerProduct, which other operators are lowered to), a Cast, and
 *   scales, a bias and QuantizeLinear behind.
 * The sums of the first are rounded to float32 as the model says it, and exact here: where they are
 * rounded to integers again, results may differ by one where a sum is half-way between two.
 *
 * Behind them, what goes from bytes to bytes element by element is joined (fuse_bytes.c).
 *
 * Before, what only moves elements moves the integers, so that they stay integers from one layer to
 * the next. */
#include <math.h>
#include <string.h>

#include "../ops/number.h"
#include "../ops/quantized/quantized-layer.h"
#include "graph-private.h"

static gboolean
is (const GenNode *node, const char *domain, const char *name)
{
  return node != NULL && g_strcmp0 (node->op->domain, domain) == 0 &&
         strcmp (node->op->name, name) == 0;
}

static gboolean
is_one (const GenTensor *tensor)
{
  return tensor == NULL || gen_shape_elements (&tensor->shape) == 1;
}

/* DequantizeLinear or QuantizeLinear, of either domain. */
static gboolean
is_linear (const GenNode *node, const char *name)
{
  return is (node, NULL, name) || is (node, "com.microsoft", name);
}

/* The same by a scale and a zero point that are found in each run, as DynamicQuantizeLinear does.
 */
static GenNode *
find_dynamic (const GenTensor *tensor)
{
  GenNode *node = tensor != NULL ? tensor->producer : NULL;
  const GenNode *from;

  if (!is_linear (node, "DequantizeLinear") || tensor->type != GEN_TYPE_FLOAT32 ||
      !gen_tensor_is_bytes (gen_node_input (node, 0)) || !is_one (gen_node_input (node, 1)))
    return NULL;
  from = gen_node_input (node, 0)->producer;
  if (!is_linear (from, "QuantizeLinear") || gen_node_input (node, 1) != gen_node_input (from, 1) ||
      gen_node_input (node, 2) != gen_node_input (from, 2))
    return NULL;
  return node;
}

GenNode *
gen_graph_find_dequantize (const GenTensor *tensor)
{
  GenNode *node = tensor != NULL ? tensor->producer : NULL;
  const float *scale;

  if (!is_linear (node, "DequantizeLinear") || !gen_tensor_is_bytes (gen_node_input (node, 0)) ||
      tensor->type != GEN_TYPE_FLOAT32 || !is_one (gen_node_input (node, 1)))
    return NULL;
  scale = gen_tensor_constant (gen_node_input (node, 1));
  return scale != NULL && *scale > 0 ? node : NULL;
}

gboolean
gen_graph_same_constant (const GenTensor *a, const GenTensor *b)
{
  const void *x = gen_tensor_constant (a), *y = gen_tensor_constant (b);

  if (a == b)
    return TRUE;
  if (a == NULL || b == NULL) { /* what is not there is 0 */
    x = x != NULL ? x : y;
    return x != NULL && gen_tensor_is_bytes (a != NULL ? a : b) && *(const guint8 *)x == 0;
  }
  return x != NULL && y != NULL && a->type == b->type && is_one (a) && is_one (b) &&
         memcmp (x, y, gen_data_type_size (a->type)) == 0;
}

/* Whether two nodes go by the same scale and zero point. */
static gboolean
same_units (const GenNode *a, const GenNode *b)
{
  return gen_graph_same_constant (gen_node_input (a, 1), gen_node_input (b, 1)) &&
         gen_graph_same_constant (gen_node_input (a, 2), gen_node_input (b, 2));
}

/* --- moving integers --- */

/* Whether results of the node are elements of its first input, of all of them or of the greatest
 * ones. */
static gboolean
moves (const GenNode *node)
{
  return node->op->results == GEN_RESULTS_MOVED &&
         (node->outputs->len == 1 || gen_node_output (node, 1) == NULL);
}

/* Numbers that are made of integers and moved are integers that are moved, and then made numbers.
 */
static void
move_integers (GenReaders *readers, GenNode *node)
{
  GenGraph *graph = node->graph;
  GenTensor *result = gen_node_output (node, 0), *moved;
  const guint n = is (node, NULL, "Concat") ? node->inputs->len : 1;
  GenNode *from, *after;

  if (result == NULL || !moves (node) ||
      (from = gen_graph_find_dequantize (gen_node_input (node, 0))) == NULL)
    return;
  for (guint i = 1; i < n; i++) {
    const GenNode *other = gen_graph_find_dequantize (gen_node_input (node, i));

    if (other == NULL || gen_node_input (other, 0)->type != gen_node_input (from, 0)->type ||
        !same_units (other, from))
      return;
  }
  after = gen_graph_new_node (graph, NULL, from->op, from->opset);
  g_ptr_array_add (graph->nodes, after);
  moved = gen_graph_add_value (graph, NULL);
  moved->type = gen_node_input (from, 0)->type;
  moved->shape = result->shape;
  moved->producer = node;
  node->outputs->pdata[0] = moved;
  g_ptr_array_add (after->outputs, result);
  result->producer = after;
  gen_readers_set_input (readers, after, 0, moved);
  for (guint i = 1; i < from->inputs->len; i++)
    gen_readers_set_input (readers, after, i, gen_node_input (from, i));
  for (guint i = 0; i < n; i++) {
    GenTensor *input = gen_node_input (node, i);

    gen_readers_set_input (readers, node, i, gen_node_input (input->producer, 0));
    gen_readers_sweep (readers, input);
  }
}

/* Integers that become numbers and the same integers again. */
static void
cancel (GenReaders *readers, GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0), *result = gen_node_output (node, 0);
  const GenNode *before = is_linear (node, "QuantizeLinear") ? gen_graph_find_dequantize (x) : NULL;

  if (before == NULL || result == NULL || gen_node_input (before, 0)->type != result->type ||
      !same_units (before, node) || gen_readers_is_kept (readers, result))
    return;
  gen_readers_replace (readers, result, gen_node_input (before, 0));
  gen_readers_drop (readers, node);
  node->outputs->pdata[0] = NULL;
  gen_readers_sweep (readers, x);
}

/* --- layers --- */

/* What a layer is made of. */
typedef struct {
  const char *op;
  GenTensor *inputs[GEN_QUANTIZED_INPUTS];
  int weights_axis; /* of the weights: the channels of the result */
  gint64 channels;
} Layer;

/* `node` becomes what `layer` says. */
static void
become (GenReaders *readers, GenNode *node, const Layer *layer)
{
  g_autoptr (GPtrArray) old = g_ptr_array_copy (node->inputs, NULL, NULL);

  gen_readers_drop (readers, node);
  node->op = gen_operator_find ("generative", layer->op, 0);
  for (guint i = 0; i < GEN_QUANTIZED_INPUTS; i++)
    if (layer->inputs[i] != NULL)
      gen_readers_set_input (readers, node, i, layer->inputs[i]);
  for (guint i = 0; i < old->len; i++)
    gen_readers_sweep (readers, g_ptr_array_index (old, i));
}

static GenTensor *
add_floats (GenGraph *graph, float *values, gint64 n)
{
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (n), g_bytes_new_take (values, n * sizeof (float)));
}

/* The weights of `layer`, by the DequantizeLinear `node`. */
static gboolean
read_weights (Layer *layer, const GenNode *node, gboolean one_scale)
{
  GenTensor *w, *scale, *zero;
  gint64 n;

  if (!is_linear (node, "DequantizeLinear"))
    return FALSE;
  w = gen_node_input (node, 0);
  scale = gen_node_input (node, 1);
  zero = gen_node_input (node, 2);
  n = gen_shape_elements (&scale->shape);
  if (w->role != GEN_ROLE_CONSTANT || !gen_tensor_is_bytes (w) ||
      gen_tensor_constant (scale) == NULL || (zero != NULL && gen_tensor_constant (zero) == NULL))
    return FALSE;
  if (n != 1 &&
      (one_scale || n != layer->channels || scale->shape.rank != 1 ||
          gen_axis (gen_node_int (node, "axis", 1), w->shape.rank) != layer->weights_axis))
    return FALSE;
  layer->inputs[GEN_QUANTIZED_W] = w;
  layer->inputs[GEN_QUANTIZED_W_ZERO] = zero;
  layer->inputs[GEN_QUANTIZED_SCALE] = scale; /* not yet by that of x */
  return TRUE;
}

/* The product of two scales that are computed in each run. */
static GenTensor *
multiply_scales (GenReaders *readers, GenGraph *graph, GenTensor *x_scale, GenTensor *w_scale)
{
  GenNode *node = gen_graph_new_node (graph, NULL, gen_operator_find (NULL, "Mul", 14), 14);
  GenTensor *product = gen_graph_add_value (graph, NULL);

  g_ptr_array_add (graph->nodes, node);
  product->type = GEN_TYPE_FLOAT32;
  product->shape = w_scale->shape;
  product->producer = node;
  g_ptr_array_add (node->outputs, product);
  gen_readers_set_input (readers, node, 0, w_scale);
  gen_readers_set_input (readers, node, 1, x_scale);
  return product;
}

/* The scale of sums: that of x by those of the weights. */
static void
find_scale (Layer *layer, GenReaders *readers, GenGraph *graph, GenTensor *x_scale)
{
  GenTensor *w_scale = layer->inputs[GEN_QUANTIZED_SCALE];
  const float *x = gen_tensor_constant (x_scale), *w = gen_tensor_constant (w_scale);
  gint64 n = gen_shape_elements (&w_scale->shape);
  float *scale;

  if (x == NULL) {
    layer->inputs[GEN_QUANTIZED_SCALE] = multiply_scales (readers, graph, x_scale, w_scale);
    return;
  }
  scale = g_new (float, n);
  for (gint64 i = 0; i < n; i++)
    scale[i] = *x * w[i];
  layer->inputs[GEN_QUANTIZED_SCALE] = add_floats (graph, scale, n);
}

/* Whether `node` makes a bias of integers in the units of the layer's sums. */
static gboolean
is_in_units (const GenNode *node, const Layer *layer)
{
  const GenTensor *own = gen_node_input (node, 1), *sums = layer->inputs[GEN_QUANTIZED_SCALE];
  const GenTensor *zero = gen_node_input (node, 2);
  const float *a = gen_tensor_constant (own), *b = gen_tensor_constant (sums);
  const gint32 *z = gen_tensor_constant (zero);
  gint64 n = gen_shape_elements (&own->shape), m = gen_shape_elements (&sums->shape);

  if (a == NULL || b == NULL || (n != 1 && n != layer->channels) || (zero != NULL && z == NULL))
    return FALSE;
  for (gint64 i = 0; zero != NULL && i < gen_shape_elements (&zero->shape); i++)
    if (z[i] != 0)
      return FALSE;
  for (gint64 i = 0; i < layer->channels; i++)
    if (fabsf (a[n > 1 ? i : 0] - b[m > 1 ? i : 0]) > 1e-6f * fabsf (b[m > 1 ? i : 0]))
      return FALSE;
  return TRUE;
}

static gboolean
read_bias (Layer *layer, GenTensor *bias)
{
  const GenNode *node = bias != NULL ? bias->producer : NULL;

  if (bias == NULL)
    return TRUE;
  if (gen_shape_elements (&bias->shape) != layer->channels ||
      bias->shape.dims[bias->shape.rank - 1] != layer->channels)
    return FALSE;
  if (is_linear (node, "DequantizeLinear") && gen_node_input (node, 0)->type == GEN_TYPE_INT32 &&
      gen_node_input (node, 0)->role == GEN_ROLE_CONSTANT && is_in_units (node, layer))
    layer->inputs[GEN_QUANTIZED_BIAS] = gen_node_input (node, 0);
  else if (bias->type == GEN_TYPE_FLOAT32)
    layer->inputs[GEN_QUANTIZED_OFFSET] = bias;
  else
    return FALSE;
  return TRUE;
}

/* Which operator `node` becomes, if it is one of numbers that a layer can be. */
static gboolean
find_kind (Layer *layer, const GenNode *node)
{
  const GenShape *w = &gen_node_input (node, 1)->shape;
  const gboolean gemm = is (node, NULL, "Gemm");

  if (is (node, NULL, "Conv")) {
    layer->op = "QuantizedConv";
    layer->weights_axis = 0;
  } else if (is (node, NULL, "ConvTranspose")) {
    layer->op = "QuantizedConvTranspose";
    layer->weights_axis = 1;
  } else {
    if (w->rank != 2 || (!gemm && !is (node, NULL, "MatMul")))
      return FALSE;
    if (gemm && (gen_node_int (node, "transA", 0) != 0 || gen_node_float (node, "alpha", 1) != 1 ||
                    gen_node_float (node, "beta", 1) != 1))
      return FALSE;
    layer->op = "QuantizedProduct";
    layer->weights_axis = gemm && gen_node_int (node, "transB", 0) != 0 ? 0 : 1;
  }
  layer->channels = w->dims[layer->weights_axis];
  if (is (node, NULL, "ConvTranspose"))
    layer->channels *= gen_node_int (node, "group", 1);
  return TRUE;
}

/* A Conv, ConvTranspose, MatMul or Gemm of numbers that are made of integers. */
static gboolean
join_numbers (GenReaders *readers, GenNode *node)
{
  GenNode *x;
  Layer layer = { 0 };

  if (node->inputs->len < 2 || !gen_node_is_plain (node))
    return FALSE;
  x = gen_graph_find_dequantize (gen_node_input (node, 0));
  if (x == NULL)
    x = find_dynamic (gen_node_input (node, 0));
  if (x == NULL || gen_node_input (x, 0)->role == GEN_ROLE_CONSTANT || !find_kind (&layer, node) ||
      !read_weights (&layer, gen_node_input (node, 1)->producer,
          is (node, NULL, "ConvTranspose") && gen_node_int (node, "group", 1) != 1))
    return FALSE;
  layer.inputs[GEN_QUANTIZED_X] = gen_node_input (x, 0);
  layer.inputs[GEN_QUANTIZED_X_ZERO] = gen_node_input (x, 2);
  find_scale (&layer, readers, node->graph, gen_node_input (x, 1));
  if (!read_bias (&layer, gen_node_input (node, 2)))
    return FALSE;
  become (readers, node, &layer);
  return TRUE;
}

static gboolean
read_zeros (Layer *layer, const GenNode *node)
{
  GenTensor *x_zero = gen_node_input (node, 2), *w_zero = gen_node_input (node, 3);

  if (gen_node_input (node, 1)->role != GEN_ROLE_CONSTANT || !is_one (x_zero) ||
      (w_zero != NULL && gen_tensor_constant (w_zero) == NULL))
    return FALSE;
  layer->inputs[GEN_QUANTIZED_X] = gen_node_input (node, 0);
  layer->inputs[GEN_QUANTIZED_X_ZERO] = x_zero;
  layer->inputs[GEN_QUANTIZED_W_ZERO] = w_zero;
  return TRUE;
}

/* The tensor that a Reshape before an IntegerProduct takes, where the Reshape behind it gives the
 * product the same rows; NULL else. */
static GenTensor *
find_rows (const GenReaders *readers, const GenNode *product, GenNode **after)
{
  const GenNode *before = gen_node_input (product, 0)->producer;
  GenTensor *x = is (before, NULL, "Reshape") ? gen_node_input (before, 0) : NULL;
  GenShape shape;

  *after = gen_readers_only (readers, gen_node_output (product, 0));
  if (x == NULL || x->shape.rank < 1 || !is (*after, NULL, "Reshape") ||
      x->shape.dims[x->shape.rank - 1] != gen_node_input (product, 0)->shape.dims[2])
    return NULL;
  shape = x->shape;
  shape.dims[shape.rank - 1] = gen_node_input (product, 1)->shape.dims[2];
  return gen_shape_equal (&shape, &gen_node_output (*after, 0)->shape) ? x : NULL;
}

/* A ConvInteger or IntegerProduct by constant weights. */
static gboolean
join_sums (GenReaders *readers, GenNode *node)
{
  const gboolean product = is (node, "generative", "IntegerProduct");
  Layer layer = { .op = product ? "QuantizedProduct" : "QuantizedConv" };
  GenTensor *w, *rows;
  GenNode *after;

  if ((!product && !is (node, NULL, "ConvInteger")) || !read_zeros (&layer, node))
    return FALSE;
  w = gen_node_input (node, 1);
  if (!product) {
    layer.inputs[GEN_QUANTIZED_W] = w;
    become (readers, node, &layer);
    return TRUE;
  }
  if (w->shape.dims[0] != 1)
    return FALSE;
  layer.inputs[GEN_QUANTIZED_W] = gen_graph_add_constant (node->graph, NULL, w->type,
      &GEN_SHAPE (w->shape.dims[1], w->shape.dims[2]), g_bytes_ref (w->data));
  rows = find_rows (readers, node, &after);
  if (rows != NULL) {
    layer.inputs[GEN_QUANTIZED_X] = rows;
    gen_node_take_output (readers, node, after);
  }
  become (readers, node, &layer);
  return TRUE;
}

/* --- what follows the sums --- */

/* Whether `tensor` is one number, or one for each channel of what `node` makes. */
static gboolean
is_by_channel (const GenTensor *tensor, const GenNode *node)
{
  const GenShape *result = &gen_node_output (node, 0)->shape;
  const int axis = is (node, "generative", "QuantizedProduct") ? result->rank - 1 : 1;
  const int own = axis - result->rank + tensor->shape.rank;

  if (gen_shape_elements (&tensor->shape) == 1)
    return tensor->shape.rank <= result->rank;
  return own >= 0 && tensor->shape.dims[own] == result->dims[axis] &&
         gen_shape_elements (&tensor->shape) == result->dims[axis];
}

/* The node behind `node` of that operator of two, and its other operand, where that is of the
 * result's type and `node` can take it by channel. */
static GenNode *
find_next (const GenReaders *readers, const GenNode *node, const GenTensor *result,
    const char *name, GenTensor **other)
{
  GenNode *next = gen_readers_only (readers, result);

  if (!is (next, NULL, name) || !gen_node_is_plain (next))
    return NULL;
  *other = gen_node_input (next, gen_node_input (next, 0) == result ? 1 : 0);
  return *other != result && (*other)->type == result->type && is_by_channel (*other, node) ? next
                                                                                            : NULL;
}

/* A bias of integers, then a Cast to float32 and a scale. */
static gboolean
absorb_scale (GenReaders *readers, GenNode *node)
{
  GenNode *next, *cast;
  GenTensor *other;

  next = find_next (readers, node, gen_node_output (node, 0), "Add", &other);
  if (next != NULL && gen_node_input (node, GEN_QUANTIZED_BIAS) == NULL) {
    gen_readers_set_input (readers, node, GEN_QUANTIZED_BIAS, other);
    gen_node_take_output (readers, node, next);
    return TRUE;
  }
  cast = gen_readers_only (readers, gen_node_output (node, 0));
  if (!is (cast, NULL, "Cast") || gen_node_output (cast, 0)->type != GEN_TYPE_FLOAT32)
    return FALSE;
  next = find_next (readers, node, gen_node_output (cast, 0), "Mul", &other);
  if (next == NULL)
    return FALSE;
  gen_node_take_output (readers, node, cast);
  gen_readers_set_input (readers, node, GEN_QUANTIZED_SCALE, other);
  gen_node_take_output (readers, node, next);
  return TRUE;
}

static gboolean
absorb_offset (GenReaders *readers, GenNode *node)
{
  GenTensor *other;
  GenNode *next = find_next (readers, node, gen_node_output (node, 0), "Add", &other);

  if (next == NULL || node->activation.kind != GEN_ACTIVATION_NONE ||
      gen_node_input (node, GEN_QUANTIZED_OFFSET) != NULL)
    return FALSE;
  gen_readers_set_input (readers, node, GEN_QUANTIZED_OFFSET, other);
  gen_node_take_output (readers, node, next);
  return TRUE;
}

GenTensor *
gen_graph_zero_point (const GenNode *quantize)
{
  const guint8 nothing = 0;
  GenTensor *zero = gen_node_input (quantize, 2);

  if (zero != NULL)
    return zero;
  return gen_graph_add_constant (quantize->graph, NULL, gen_node_output (quantize, 0)->type,
      &GEN_SHAPE_SCALAR, g_bytes_new (&nothing, 1));
}

static gboolean
absorb_quantize (GenReaders *readers, GenNode *node)
{
  GenTensor *result = gen_node_output (node, 0);
  GenNode *next = gen_readers_only (readers, result);

  if (!is_linear (next, "QuantizeLinear") || gen_node_input (next, 0) != result ||
      !gen_tensor_is_bytes (gen_node_output (next, 0)) || !is_one (gen_node_input (next, 1)) ||
      !gen_quantized_rounds_after (node->activation.kind))
    return FALSE;
  gen_readers_set_input (readers, node, GEN_QUANTIZED_Y_SCALE, gen_node_input (next, 1));
  gen_readers_set_input (readers, node, GEN_QUANTIZED_Y_ZERO, gen_graph_zero_point (next));
  gen_node_take_output (readers, node, next);
  return TRUE;
}

static gboolean
absorb (GenReaders *readers, GenNode *node)
{
  switch (gen_node_output (node, 0)->type) {
  case GEN_TYPE_INT32:
    return absorb_scale (readers, node);
  case GEN_TYPE_FLOAT32:
    return absorb_offset (readers, node) || gen_node_take_activation (readers, node) ||
           absorb_quantize (readers, node);
  default:
    return FALSE;
  }
}

/* Those that have one scale work in any layout. */
static void
free_layout (GenNode *node)
{
  if (!is_one (gen_node_input (node, 1)))
    return;
  if (is_linear (node, "QuantizeLinear"))
    node->op = gen_operator_find ("generative", "Quantize", 0);
  else if (is_linear (node, "DequantizeLinear"))
    node->op = gen_operator_find ("generative", "Dequantize", 0);
}

gboolean
gen_graph_fuse_quantized (GenGraph *graph, GError **error)
{
  g_autoptr (GenReaders) readers = gen_readers_new (graph);

  for (guint i = 0; i < graph->nodes->len; i++) {
    move_integers (readers, g_ptr_array_index (graph->nodes, i));
    cancel (readers, g_ptr_array_index (graph->nodes, i));
  }
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (gen_node_output (node, 0) == NULL ||
        (!join_numbers (readers, node) && !join_sums (readers, node)))
      continue;
    while (absorb (readers, node))
      ;
  }
  if (!gen_graph_fuse_bytes (graph, readers, error))
    return FALSE;
  for (guint i = 0; i < graph->nodes->len; i++)
    free_layout (g_ptr_array_index (graph->nodes, i));
  gen_graph_sort (graph);
  gen_graph_remove_dead (graph);
  return TRUE;
}
