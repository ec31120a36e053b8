/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 16-bit floats. float16 goes all the way: what layers and what moves and joins their results work
 * on, with Casts at the model's ends, which stay float32, and around operators in which many
 * numbers are added up or grow large: those stay float32. bfloat16 is for weights alone, since few
 * engines convolve it: they are cast where they are read, and all sums are of float32. */
#include <math.h>
#include <string.h>

#include "../device/half.h"
#include "add.h"
#include "weights.h"

/* The greatest number of float16. */
#define MOST_HALF 65504.0f
/* bfloat16 is something to Cast since. */
#define OPSET_BFLOAT16 13

/* Operators all of whose inputs and outputs that are floats are of one type, and that lose little
 * where that has 11 bits. */
static const char *const narrow[] = { "Abs", "Add", "AveragePool", "Concat", "Conv",
  "ConvTranspose", "DepthToSpace", "Div", "Elu", "Expand", "Flatten", "Gather", "Gelu", "Gemm",
  "GlobalAveragePool", "GlobalMaxPool", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu",
  "MatMul", "Max", "MaxPool", "Min", "Mul", "Neg", "PRelu", "Pad", "Relu", "Reshape", "Selu",
  "Sigmoid", "Slice", "Softplus", "Softsign", "SpaceToDepth", "Split", "Squeeze", "Sub", "Tanh",
  "Tile", "Transpose", "Unsqueeze", "Where", NULL };

/* --- constants --- */

/* FALSE where a number is beyond what float16 reaches. */
static gboolean
fits (const GenTensor *constant)
{
  const float *values = gen_tensor_constant (constant);
  const gint64 n = gen_shape_elements (&constant->shape);

  for (gint64 i = 0; i < n; i++)
    if (!(fabsf (values[i]) <= MOST_HALF))
      return FALSE;
  return TRUE;
}

/* The constant in 16 bits; `sqnr` may be NULL. */
static GenTensor *
narrow_constant (GenGraph *graph, const GenTensor *constant, GenDataType type, double *sqnr)
{
  const float *from = gen_tensor_constant (constant);
  const gsize n = (gsize)gen_shape_elements (&constant->shape);
  guint16 *to = g_new (guint16, MAX (n, 1));
  g_autofree float *back = g_new (float, MAX (n, 1));
  double signal = 0, noise = 0;

  gen_half_narrow (type, from, to, n);
  gen_half_widen (type, to, 1, back, n);
  for (gsize i = 0; i < n; i++) {
    const double lost = (double)back[i] - (double)from[i];

    signal += (double)from[i] * (double)from[i];
    noise += lost * lost;
  }
  if (sqnr != NULL)
    *sqnr = gen_shrink_sqnr (signal, noise);
  return gen_shrink_add_constant (
      graph, constant, gen_data_type_name (type), type, &constant->shape, to, n * sizeof *to);
}

/* --- float16 --- */

typedef struct {
  GenGraph *graph;
  const GenGraph *known; /* a copy whose types are known */
  const GenQuantizeSettings *settings;
  int opset;
  GHashTable *halves; /* of a tensor of float32 the one of float16 */
  GPtrArray *nodes;   /* the new list */
} Pass;

static gboolean
is_float (const Pass *pass, const GenTensor *tensor)
{
  const GenTensor *known = tensor != NULL ? gen_graph_find (pass->known, tensor->name) : NULL;

  return known != NULL && known->kind == GEN_KIND_TENSOR && known->type == GEN_TYPE_FLOAT32;
}

static gboolean
is_narrow (const Pass *pass, const GenNode *node)
{
  gboolean floats = FALSE;

  if (node->op->domain != NULL || !g_strv_contains (narrow, node->op->name) ||
      gen_shrink_keeps (pass->settings, node))
    return FALSE;
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (!is_float (pass, input))
      continue;
    floats = TRUE;
    if (input->role == GEN_ROLE_STATE || (input->role == GEN_ROLE_CONSTANT && !fits (input)))
      return FALSE;
  }
  return floats;
}

static GenTensor *
cast (Pass *pass, GenTensor *from, GenDataType to, const GenTensor *like, GError **error)
{
  const guint n = pass->graph->nodes->len;
  GenTensor *made = gen_shrink_add (
      pass->graph, NULL, "Cast", pass->opset, &from, 1, like, gen_data_type_name (to), error);

  if (made == NULL)
    return NULL;
  gen_node_set_int (made->producer, "to", to);
  g_ptr_array_add (pass->nodes, g_ptr_array_steal_index (pass->graph->nodes, n));
  return made;
}

/* What stands for `tensor` in 16 bits. */
static GenTensor *
find_half (Pass *pass, GenTensor *tensor, GError **error)
{
  GenTensor *half = g_hash_table_lookup (pass->halves, tensor);

  if (half != NULL)
    return half;
  half = tensor->role == GEN_ROLE_CONSTANT
             ? narrow_constant (pass->graph, tensor, GEN_TYPE_FLOAT16, NULL)
             : cast (pass, tensor, GEN_TYPE_FLOAT16, tensor, error);
  if (half != NULL)
    g_hash_table_insert (pass->halves, tensor, half);
  return half;
}

static gboolean
narrow_node (Pass *pass, GenNode *node, GError **error)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    GenTensor *half;

    if (!is_float (pass, gen_node_input (node, i)))
      continue;
    half = find_half (pass, gen_node_input (node, i), error);
    if (half == NULL)
      return FALSE;
    node->inputs->pdata[i] = half;
  }
  for (guint i = 0; i < node->outputs->len; i++) {
    GenTensor *output = gen_node_output (node, i), *half, *wide;
    g_autofree char *name = NULL;

    if (!is_float (pass, output))
      continue;
    name = gen_shrink_name_like (output, "half");
    half = gen_graph_add_value (pass->graph, name);
    half->producer = node;
    node->outputs->pdata[i] = half;
    g_hash_table_insert (pass->halves, output, half);
    /* Whoever wants float32 of it reads the old tensor, which a Cast makes; where nobody does, that
     * goes. */
    wide = cast (pass, half, GEN_TYPE_FLOAT32, output, error);
    if (wide == NULL)
      return FALSE;
    wide->producer->outputs->pdata[0] = output;
    output->producer = wide->producer;
  }
  return TRUE;
}

static void
tell_node (const Pass *pass, GenNode *node, gboolean narrows, GPtrArray *layers)
{
  GenShrinkLayer layer;
  double sqnr = INFINITY;

  if (!gen_shrink_find_layer (node, &layer))
    return;
  if (!narrows) {
    gen_shrink_tell (layers, &layer, FALSE, 0, INFINITY, "float32, %s",
        gen_shrink_keeps (pass->settings, node) ? "as was asked"
                                                : "a weight is beyond what float16 reaches");
    return;
  }
  g_hash_table_insert (pass->halves, layer.weights,
      narrow_constant (pass->graph, layer.weights, GEN_TYPE_FLOAT16, &sqnr));
  gen_shrink_tell (
      layers, &layer, TRUE, gen_tensor_size (layer.weights) / 2, sqnr, "float16, sums as they are");
}

/* Types hang on no extent, so that any will do. */
static GenGraph *
infer_types (const GenGraph *graph, GError **error)
{
  g_autoptr (GenGraph) known = gen_graph_copy (graph);

  gen_graph_set_free_dimensions (known, NULL, 1);
  return gen_graph_infer (known, error) ? g_steal_pointer (&known) : NULL;
}

/* The new list has the same nodes, and casts behind them, which are sorted in the end. */
static gboolean
narrow_all (Pass *pass, GPtrArray *layers, GError **error)
{
  const guint n = pass->graph->nodes->len;
  gboolean fine = TRUE;

  for (guint i = 0; i < n; i++) {
    GenNode *node = g_ptr_array_index (pass->graph->nodes, i);
    const gboolean narrows = fine && is_narrow (pass, node);

    g_ptr_array_add (pass->nodes, node);
    if (fine)
      tell_node (pass, node, narrows, layers);
    if (narrows)
      fine = narrow_node (pass, node, error);
  }
  for (guint i = 0; i < pass->nodes->len; i++) {
    if (i < n)
      pass->graph->nodes->pdata[i] = g_ptr_array_index (pass->nodes, i);
    else
      g_ptr_array_add (pass->graph->nodes, g_ptr_array_index (pass->nodes, i));
  }
  return fine;
}

static gboolean
apply_float16 (
    GenGraph *graph, const GenQuantizeSettings *settings, GPtrArray *layers, GError **error)
{
  g_autoptr (GHashTable) halves = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) nodes = g_ptr_array_new ();
  g_autoptr (GenGraph) known = NULL;
  Pass pass = { .graph = graph, .settings = settings, .halves = halves, .nodes = nodes };

  if (!gen_shrink_fold (graph, error) || (known = infer_types (graph, error)) == NULL ||
      (pass.opset = gen_shrink_find_opset (graph, 7, "float16", error)) == 0)
    return FALSE;
  pass.known = known;
  if (!narrow_all (&pass, layers, error))
    return FALSE;
  gen_shrink_clean (graph);
  return TRUE;
}

const GenQuantization gen_quantization_float16 = {
  .name = "float16",
  .summary =
      "Half the size; numbers between layers are of 16 bits, too, but for those of operators "
      "that add up many: for GPUs, and wherever memory is short",
  .apply = apply_float16,
};

/* --- bfloat16 --- */

static gboolean
apply_bfloat16 (
    GenGraph *graph, const GenQuantizeSettings *settings, GPtrArray *layers, GError **error)
{
  const int opset = gen_shrink_find_opset (graph, OPSET_BFLOAT16, "bfloat16", error);
  const guint n = graph->nodes->len;

  if (opset == 0)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    GenShrinkLayer layer;
    GenTensor *made;
    double sqnr;

    if (!gen_shrink_find_layer (g_ptr_array_index (graph->nodes, i), &layer))
      continue;
    if (gen_shrink_keeps (settings, layer.node)) {
      gen_shrink_tell (layers, &layer, FALSE, 0, INFINITY, "float32, as was asked");
      continue;
    }
    made = narrow_constant (graph, layer.weights, GEN_TYPE_BFLOAT16, &sqnr);
    made = gen_shrink_add (graph, NULL, "Cast", opset, &made, 1, layer.weights, "float32", error);
    if (made == NULL)
      return FALSE;
    gen_node_set_int (made->producer, "to", GEN_TYPE_FLOAT32);
    layer.node->inputs->pdata[1] = made;
    gen_shrink_tell (layers, &layer, TRUE, gen_tensor_size (layer.weights) / 2, sqnr,
        "bfloat16 weights, sums of float32");
  }
  gen_shrink_clean (graph);
  return TRUE;
}

const GenQuantization gen_quantization_bfloat16 = {
  .name = "bfloat16",
  .summary = "Weights are of 16 bits with the range of float32, and computed with as float32: half "
             "the size, as fast as before",
  .apply = apply_bfloat16,
};
