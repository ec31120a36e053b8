/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What models say of bytes in DequantizeLinear, something element by element, and QuantizeLinear:
 *   a sum or a product of two tensors, which a layer takes over that makes one of them, or else
 *   QuantizedSum (../ops/quantized_sum.h);
 *   functions of one tensor, which are tables of 256 bytes, made here by the operators themselves.
 * Results are those of the operators one by one, to the bit. */
#include <string.h>

#include "../ops/build.h"
#include "../ops/number.h"
#include "../ops/quantized/quantized-layer.h"
#include "../ops/quantized/quantized-sum.h"
#include "graph-private.h"

static gboolean
is (const GenNode *node, const char *domain, const char *name)
{
  return node != NULL && g_strcmp0 (node->op->domain, domain) == 0 &&
         strcmp (node->op->name, name) == 0;
}

/* The QuantizeLinear by one constant scale that alone reads `tensor`, to bytes. */
static GenNode *
find_quantize (const GenReaders *readers, const GenTensor *tensor)
{
  GenNode *node = gen_readers_only (readers, tensor);
  const GenTensor *scale, *zero;

  if ((!is (node, NULL, "QuantizeLinear") && !is (node, "com.microsoft", "QuantizeLinear")) ||
      gen_node_input (node, 0) != tensor || !gen_tensor_is_bytes (gen_node_output (node, 0)))
    return NULL;
  scale = gen_node_input (node, 1);
  zero = gen_node_input (node, 2);
  if (gen_tensor_constant (scale) == NULL || gen_shape_elements (&scale->shape) != 1 ||
      scale->type != GEN_TYPE_FLOAT32 || (zero != NULL && gen_tensor_constant (zero) == NULL))
    return NULL;
  return node;
}

/* The one that makes `tensor` of bytes that are not constant, with a constant zero point. */
static GenNode *
find_dequantize (const GenTensor *tensor)
{
  GenNode *node = gen_graph_find_dequantize (tensor);
  const GenTensor *zero = node != NULL ? gen_node_input (node, 2) : NULL;

  if (node == NULL || gen_node_input (node, 0)->role == GEN_ROLE_CONSTANT ||
      (zero != NULL && gen_tensor_constant (zero) == NULL))
    return NULL;
  return node;
}

/* --- sums and products --- */

typedef struct {
  GenNode *node, *quantize; /* Add or Mul, and what rounds its result, perhaps behind a Relu */
  GenTensor *result;        /* that it rounds */
  gboolean multiplies, relu;
} Sum;

static gboolean
find_sum (const GenReaders *readers, GenNode *node, Sum *sum)
{
  GenNode *next;

  *sum = (Sum){ .node = node, .multiplies = is (node, NULL, "Mul") };
  if ((!sum->multiplies && !is (node, NULL, "Add")) || !gen_node_is_plain (node))
    return FALSE;
  sum->result = gen_node_output (node, 0);
  next = sum->result != NULL ? gen_readers_only (readers, sum->result) : NULL;
  if (is (next, NULL, "Relu")) {
    sum->relu = TRUE;
    sum->result = gen_node_output (next, 0);
  }
  sum->quantize = sum->result != NULL ? find_quantize (readers, sum->result) : NULL;
  return sum->quantize != NULL;
}

/* `node` makes what the sum made, and what is read by nobody any more goes. */
static void
take_over (GenReaders *readers, GenNode *node, const Sum *sum)
{
  gen_node_take_output (readers, node, sum->quantize);
  gen_readers_sweep (readers, sum->result);
}

static gboolean
is_layer (const GenNode *node)
{
  return is (node, "generative", "QuantizedConv") ||
         is (node, "generative", "QuantizedConvTranspose") ||
         is (node, "generative", "QuantizedProduct");
}

/* How many sums the layer has taken over; -1 where its results are not bytes of the units that
 * `dequantize` takes them for. */
static int
count_afters (const GenNode *layer, const GenNode *dequantize)
{
  guint scale = GEN_QUANTIZED_Y_SCALE;
  int n = 0;

  while (n < GEN_QUANTIZED_AFTERS &&
         gen_node_input (layer, GEN_QUANTIZED_AFTER_INPUT (n, GEN_QUANTIZED_B)) != NULL)
    scale = GEN_QUANTIZED_AFTER_INPUT (n++, GEN_QUANTIZED_Z_SCALE);
  return gen_node_input (layer, scale) != NULL &&
                 gen_graph_same_constant (
                     gen_node_input (layer, scale), gen_node_input (dequantize, 1)) &&
                 gen_graph_same_constant (
                     gen_node_input (layer, scale + 1), gen_node_input (dequantize, 2))
             ? n
             : -1;
}

/* Whether `tensor` has one number for each channel of the layer's result. */
static gboolean
is_by_channel (const GenTensor *tensor, const GenNode *layer)
{
  const GenShape *result = &gen_node_output (layer, 0)->shape;
  const int axis = is (layer, "generative", "QuantizedProduct") ? result->rank - 1 : 1;
  const int own = axis - result->rank + tensor->shape.rank;

  return tensor->type == GEN_TYPE_FLOAT32 && tensor->shape.rank <= result->rank && own >= 0 &&
         tensor->shape.dims[own] == result->dims[axis] &&
         gen_shape_elements (&tensor->shape) == result->dims[axis];
}

/* The sum's operand `k` is made by a layer that nothing else reads: it takes the sum over. */
static gboolean
join_layer (GenReaders *readers, const Sum *sum, guint k)
{
  GenTensor *numbers = gen_node_input (sum->node, k), *b = gen_node_input (sum->node, 1 - k);
  GenNode *from = find_dequantize (numbers), *other = find_dequantize (b), *layer;
  GenTensor *y = from != NULL ? gen_node_input (from, 0) : NULL;
  guint first;
  int n;

  if (y == NULL || !is_layer (y->producer) || gen_readers_only (readers, numbers) != sum->node ||
      gen_readers_only (readers, y) != from || b == numbers)
    return FALSE;
  layer = y->producer;
  n = count_afters (layer, from);
  if (n < 0 || n == GEN_QUANTIZED_AFTERS ||
      !(other != NULL ? gen_shape_equal (&b->shape, &y->shape) : is_by_channel (b, layer)))
    return FALSE;
  first = GEN_QUANTIZED_AFTER_INPUT (n, 0);
  gen_readers_set_input (
      readers, layer, first + GEN_QUANTIZED_B, other != NULL ? gen_node_input (other, 0) : b);
  if (other != NULL) {
    gen_readers_set_input (
        readers, layer, first + GEN_QUANTIZED_B_SCALE, gen_node_input (other, 1));
    gen_readers_set_input (readers, layer, first + GEN_QUANTIZED_B_ZERO, gen_node_input (other, 2));
  }
  gen_readers_set_input (
      readers, layer, first + GEN_QUANTIZED_Z_SCALE, gen_node_input (sum->quantize, 1));
  gen_readers_set_input (
      readers, layer, first + GEN_QUANTIZED_Z_ZERO, gen_graph_zero_point (sum->quantize));
  gen_node_set_int (
      layer, "multiplies", gen_node_int (layer, "multiplies", 0) | (sum->multiplies ? 1 : 0) << n);
  gen_node_set_int (layer, "relu", gen_node_int (layer, "relu", 0) | (sum->relu ? 1 : 0) << n);
  take_over (readers, layer, sum);
  return TRUE;
}

/* The sum becomes a QuantizedSum. */
static gboolean
join_sum (GenReaders *readers, const Sum *sum)
{
  const GenNode *a = find_dequantize (gen_node_input (sum->node, 0));
  const GenNode *b = find_dequantize (gen_node_input (sum->node, 1));
  GenGraph *graph = sum->node->graph;
  GenNode *node;

  if (a == NULL || b == NULL ||
      !gen_shape_equal (&gen_node_output (a, 0)->shape, &gen_node_output (b, 0)->shape))
    return FALSE;
  node = gen_graph_new_node (
      graph, NULL, gen_operator_find ("generative", "QuantizedSum", 0), GEN_OPSET);
  g_ptr_array_add (graph->nodes, node);
  g_ptr_array_add (node->outputs, NULL);
  gen_readers_set_input (readers, node, GEN_QUANTIZED_SUM_A, gen_node_input (a, 0));
  gen_readers_set_input (readers, node, GEN_QUANTIZED_SUM_B, gen_node_input (b, 0));
  gen_readers_set_input (readers, node, GEN_QUANTIZED_SUM_A_SCALE, gen_node_input (a, 1));
  gen_readers_set_input (readers, node, GEN_QUANTIZED_SUM_A_ZERO, gen_node_input (a, 2));
  gen_readers_set_input (readers, node, GEN_QUANTIZED_SUM_B_SCALE, gen_node_input (b, 1));
  gen_readers_set_input (readers, node, GEN_QUANTIZED_SUM_B_ZERO, gen_node_input (b, 2));
  gen_readers_set_input (
      readers, node, GEN_QUANTIZED_SUM_Z_SCALE, gen_node_input (sum->quantize, 1));
  gen_readers_set_input (
      readers, node, GEN_QUANTIZED_SUM_Z_ZERO, gen_graph_zero_point (sum->quantize));
  gen_node_set_int (node, "multiplies", sum->multiplies);
  gen_node_set_int (node, "relu", sum->relu);
  take_over (readers, node, sum);
  return TRUE;
}

/* --- functions --- */

/* Most operators that one table is made by. */
#define MOST_STEPS 16

/* Which input of `node` it is a function of, element by element, all others being one constant
 * number each; -1 where it is none. */
static int
find_operand (const GenNode *node, const GenTensor *x)
{
  static const char *const names[] = { "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Clip", "Elu",
    "Selu", "Celu", "HardSigmoid", "HardSwish", "Gelu", "Mish", "Softplus", "Softsign",
    "ThresholdedRelu", "Exp", "Log", "Sqrt", "Reciprocal", "Abs", "Neg", "Erf", "Floor", "Ceil",
    "Round", "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min" };
  int operand = -1;

  if (!gen_node_is_plain (node) || node->op->domain != NULL || node->outputs->len != 1)
    return -1;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (node->op->name, names[i]) == 0)
      operand = 0;
  if (operand < 0 || gen_node_output (node, 0) == NULL ||
      gen_node_output (node, 0)->type != GEN_TYPE_FLOAT32 ||
      !gen_shape_equal (&gen_node_output (node, 0)->shape, &x->shape))
    return -1;
  operand = -1;
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input == x && operand < 0)
      operand = i;
    else if (input != NULL &&
             (gen_tensor_constant (input) == NULL || gen_shape_elements (&input->shape) != 1 ||
                 input->shape.rank > x->shape.rank))
      return -1;
  }
  return operand;
}

/* `node`, as it is, of `x` in place of input `k`. */
static GenTensor *
again (const GenNode *node, int k, GenTensor *x, GError **error)
{
  g_autofree GenTensor **inputs = g_new (GenTensor *, node->inputs->len);
  GenTensor *scalars;

  for (guint i = 0; i < node->inputs->len; i++) {
    inputs[i] = gen_node_input (node, i);
    if ((int)i == k) {
      inputs[i] = x;
      continue;
    }
    if (inputs[i] == NULL || inputs[i]->shape.rank == 0)
      continue;
    scalars = gen_graph_add_constant (
        node->graph, NULL, inputs[i]->type, &GEN_SHAPE_SCALAR, g_bytes_ref (inputs[i]->data));
    inputs[i] = scalars;
  }
  return gen_build_again (node, inputs, node->inputs->len, error);
}

/* What the nodes make of each byte, in the order of unsigned ones. */
static GenTensor *
make_table (GenNode *const *steps, const int *operands, int n, GError **error)
{
  GenGraph *graph = steps[0]->graph;
  const guint before = graph->nodes->len;
  guint8 bytes[256];
  GenTensor *x;

  for (int i = 0; i < 256; i++)
    bytes[i] = i;
  x = gen_graph_add_constant (graph, NULL, gen_node_input (steps[0], 0)->type, &GEN_SHAPE (256),
      g_bytes_new (bytes, sizeof bytes));
  for (int i = 0; i < n && x != NULL; i++)
    x = again (steps[i], operands[i], x, error);
  for (guint i = before; i < graph->nodes->len && x != NULL; i++)
    if (!gen_graph_fold_node (g_ptr_array_index (graph->nodes, i), error))
      return NULL;
  if (x != NULL)
    g_ptr_array_set_size (graph->nodes, before);
  return x;
}

/* Functions of bytes that begin with `node`, a DequantizeLinear, become a QuantizedTable. */
static gboolean
join_functions (GenReaders *readers, GenNode *node, GError **error)
{
  GenTensor *x = gen_node_output (node, 0), *bytes, *table;
  GenNode *steps[MOST_STEPS + 2] = { node }, *quantize, *all;
  int operands[MOST_STEPS + 2] = { 0 }, n = 1;

  if (x == NULL || find_dequantize (x) != node)
    return TRUE;
  bytes = gen_node_input (node, 0);
  while ((quantize = find_quantize (readers, x)) == NULL && n <= MOST_STEPS) {
    steps[n] = gen_readers_only (readers, x);
    if (steps[n] == NULL || (operands[n] = find_operand (steps[n], x)) < 0)
      return TRUE;
    x = gen_node_output (steps[n++], 0);
  }
  if (quantize == NULL || n < 2)
    return TRUE;
  steps[n++] = quantize;
  table = make_table (steps, operands, n, error);
  if (table == NULL)
    return FALSE;
  all = gen_graph_new_node (
      node->graph, NULL, gen_operator_find ("generative", "QuantizedTable", 0), GEN_OPSET);
  g_ptr_array_add (node->graph->nodes, all);
  g_ptr_array_add (all->outputs, NULL);
  gen_readers_set_input (readers, all, 0, bytes);
  gen_readers_set_input (readers, all, 1, table);
  gen_node_take_output (readers, all, quantize);
  gen_readers_sweep (readers, x);
  return TRUE;
}

gboolean
gen_graph_fuse_bytes (GenGraph *graph, GenReaders *readers, GError **error)
{
  const guint n = graph->nodes->len;

  for (guint i = 0; i < n; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);
    Sum sum;

    if (gen_node_output (node, 0) != NULL && find_sum (readers, node, &sum) &&
        !join_layer (readers, &sum, 0) && !join_layer (readers, &sum, 1))
      join_sum (readers, &sum);
  }
  for (guint i = 0; i < n; i++)
    if (!join_functions (readers, g_ptr_array_index (graph->nodes, i), error))
      return FALSE;
  return TRUE;
}
