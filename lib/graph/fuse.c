/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fusion: what one kernel can do is one node. It runs after gradients have been built, so it
 * sees a training step as it sees inference. */
#include <math.h>
#include <string.h>

#include "../device/shared.h"
#include "../ops/normalization/batch-normalization.h"
#include "constants.h"
#include "graph-private.h"

static gboolean
is (const GenNode *node, const char *name)
{
  return strcmp (node->op->name, name) == 0 && node->op->domain == NULL;
}

/* The node that reads `node`'s result, if nothing else does, and it is of that operator and may be
 * taken over. */
static GenNode *
find_next (const GenReaders *readers, const GenNode *node, const char *name)
{
  GenNode *next = gen_readers_only (readers, gen_node_output (node, 0));

  return next != NULL && is (next, name) && gen_node_is_plain (next) ? next : NULL;
}

/* `node` reads `tensor` as well, behind all inputs that its operator may have. */
static guint
take_input (GenReaders *readers, GenNode *node, GenTensor *tensor)
{
  guint k = MAX (node->inputs->len, (guint)node->op->max_inputs);

  gen_readers_set_input (readers, node, k, tensor);
  return k;
}

/* The weights, those of output channel c times scale[c]. `inner` elements belong to a channel in
 * a row, channels repeat `outer` times. */
static GBytes *
scale_weights (const GenGraph *graph, const GenTensor *weights, gsize outer, gsize channels,
    gsize inner, const float *scale)
{
  gsize size = outer * channels * inner * sizeof (float);
  float *scaled = gen_shared_alloc (size);

  memcpy (scaled, g_bytes_get_data (weights->data, NULL), size);
  for (gsize o = 0; o < outer; o++)
    for (gsize c = 0; c < channels; c++)
      for (gsize i = 0; i < inner; i++)
        scaled[(o * channels + c) * inner + i] *= scale[c];
  gen_graph_release_mapped (graph, size);
  return gen_shared_keep (scaled, size);
}

/* Whether the weights of `node` have the channels of its result as a dimension of their own. */
static gboolean
folds_batch_normalization (const GenNode *node)
{
  if (is (node, "Gemm"))
    return gen_node_float (node, "beta", 1) == 1;
  return is (node, "Conv") || is (node, "ConvTranspose");
}

/* A BatchNormalization with constant statistics is a scale and a shift for each channel, which
 * the operator before it can have in its weights and bias. */
static gboolean
fold_batch_normalization (GenReaders *readers, GenNode *node)
{
  GenNode *next = find_next (readers, node, "BatchNormalization");
  gboolean transposed =
      is (node, "ConvTranspose") || (is (node, "Gemm") && gen_node_int (node, "transB", 0) == 0);
  GenTensor *weights = gen_node_input (node, 1), *bias = gen_node_input (node, 2);
  const float *b = gen_tensor_constant (bias);
  const float *parameters[4];
  gint64 groups = gen_node_int (node, "group", 1), channels;
  float epsilon;
  float *scale, *shift;

  if (next == NULL || !gen_node_can_take (node, GEN_TAKE_NORMALIZATION) ||
      !folds_batch_normalization (node) || gen_batch_normalization_trains (next))
    return FALSE;
  if (weights->role != GEN_ROLE_CONSTANT || weights->type != GEN_TYPE_FLOAT32 ||
      (bias != NULL && b == NULL) || (transposed && groups != 1))
    return FALSE;
  channels = weights->shape.dims[transposed ? 1 : 0];
  if (bias != NULL && (bias->shape.rank != 1 || bias->shape.dims[0] != channels))
    return FALSE;
  for (int i = 0; i < 4; i++) {
    parameters[i] = gen_tensor_constant (gen_node_input (next, i + 1));
    if (parameters[i] == NULL || gen_node_input (next, i + 1)->shape.dims[0] != channels)
      return FALSE;
  }

  epsilon = gen_node_float (next, "epsilon", 1e-5f);
  scale = g_new (float, channels);
  shift = g_new (float, channels);
  for (gint64 c = 0; c < channels; c++) {
    scale[c] = parameters[0][c] / sqrtf (parameters[3][c] + epsilon);
    shift[c] = parameters[1][c] + ((b != NULL ? b[c] : 0) - parameters[2][c]) * scale[c];
  }
  weights = gen_graph_add_constant (node->graph, NULL, weights->type, &weights->shape,
      scale_weights (node->graph, weights, transposed ? weights->shape.dims[0] : 1, channels,
          gen_shape_product (&weights->shape, transposed ? 2 : 1, weights->shape.rank), scale));
  bias = gen_graph_add_constant (node->graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (channels),
      g_bytes_new_take (shift, channels * sizeof (float)));
  gen_readers_set_input (readers, node, 1, weights);
  gen_readers_set_input (readers, node, 2, bias);
  g_free (scale);
  gen_node_take_output (readers, node, next);
  return TRUE;
}

/* What `node` computes of its input 0, where that is an activation that another node can compute
 * in its place. */
static gboolean
read_activation (const GenNode *node, GenActivation *activation)
{
  *activation = (GenActivation){ .kind = node->op->activation };
  if (activation->kind == GEN_ACTIVATION_NONE || !gen_node_is_plain (node) ||
      gen_node_input (node, 0)->type != GEN_TYPE_FLOAT32)
    return FALSE;
  if (activation->kind == GEN_ACTIVATION_GELU &&
      g_str_equal (gen_node_string (node, "approximate", "none"), "tanh"))
    activation->kind = GEN_ACTIVATION_GELU_TANH;
  if (activation->kind == GEN_ACTIVATION_LEAKY_RELU)
    activation->alpha = gen_node_float (node, "alpha", 0.01f);
  if (activation->kind == GEN_ACTIVATION_CLIP) {
    const float *low = gen_tensor_constant (gen_node_input (node, 1));
    const float *high = gen_tensor_constant (gen_node_input (node, 2));

    if ((gen_node_input (node, 1) != NULL && low == NULL) ||
        (gen_node_input (node, 2) != NULL && high == NULL))
      return FALSE;
    activation->alpha = low != NULL ? *low : gen_node_float (node, "min", -INFINITY);
    activation->beta = high != NULL ? *high : gen_node_float (node, "max", INFINITY);
    return activation->alpha <= activation->beta;
  }
  return TRUE;
}

gboolean
gen_node_take_activation (GenReaders *readers, GenNode *node)
{
  GenNode *next = gen_readers_only (readers, gen_node_output (node, 0));
  GenActivation activation;

  if (next == NULL || !gen_node_can_take (node, GEN_TAKE_ACTIVATION) ||
      gen_node_input (next, 0) != gen_node_output (node, 0) || !read_activation (next, &activation))
    return FALSE;
  node->activation = activation;
  gen_node_take_output (readers, node, next);
  return TRUE;
}

/* The dimension of a heavy operator's result that has a bias of its own: channels, or columns. -1
 * where the operator has no columns, as a product by a vector. */
static int
bias_axis (const GenNode *node)
{
  if (is (node, "Conv"))
    return 1;
  return gen_node_input (node, 1)->shape.rank > 1 ? gen_node_output (node, 0)->shape.rank - 1 : -1;
}

/* Whether `tensor` has one value for each of the columns or channels of what `node` makes. */
static gboolean
is_one_each (const GenTensor *tensor, const GenNode *node)
{
  const GenShape *shape = &gen_node_output (node, 0)->shape;
  int axis = bias_axis (node), own = axis - shape->rank + tensor->shape.rank;

  return tensor->type == GEN_TYPE_FLOAT32 && axis >= 0 && own >= 0 &&
         tensor->shape.dims[own] == shape->dims[axis] &&
         gen_shape_elements (&tensor->shape) == shape->dims[axis];
}

/* PRelu with a slope for each channel. */
static gboolean
absorb_prelu (GenReaders *readers, GenNode *node)
{
  GenTensor *result = gen_node_output (node, 0);
  GenNode *next = find_next (readers, node, "PRelu");

  if (next == NULL || !gen_node_can_take (node, GEN_TAKE_SLOPES) ||
      gen_node_input (next, 0) != result || result->type != GEN_TYPE_FLOAT32 ||
      !is_one_each (gen_node_input (next, 1), node))
    return FALSE;
  node->activation.kind = GEN_ACTIVATION_PRELU;
  node->taken.slopes = take_input (readers, node, gen_node_input (next, 1));
  gen_node_take_output (readers, node, next);
  return TRUE;
}

/* A product of two matrices that is nothing else yet is a Gemm without the third. */
static void
make_gemm (GenNode *node)
{
  if (!gen_node_is_plain (node) || gen_node_input (node, 0)->shape.rank != 2 ||
      gen_node_input (node, 1)->shape.rank != 2)
    return;
  node->op = gen_operator_find (NULL, "Gemm", GEN_OPSET);
  node->opset = GEN_OPSET;
}

/* Give `node` `bias`, which has one value for each of its columns or channels. */
static gboolean
take_bias (GenReaders *readers, GenNode *node, GenTensor *bias)
{
  const float *values = gen_tensor_constant (bias);
  gint64 n = gen_shape_elements (&bias->shape);

  if (is (node, "MatMul") && bias->shape.rank == 1)
    make_gemm (node);
  if (is (node, "MatMul")) {
    node->taken.bias = take_input (readers, node, bias);
    return TRUE;
  }
  /* Those that have an input for it want a vector. */
  if (bias->shape.rank != 1 && values == NULL)
    return FALSE;
  if (bias->shape.rank != 1)
    bias = gen_graph_add_constant (node->graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (n),
        g_bytes_new (values, n * sizeof (float)));
  gen_readers_set_input (readers, node, 2, bias);
  if (is (node, "Gemm"))
    gen_node_set_float (node, "beta", 1);
  return TRUE;
}

/* Add of a bias, or of what has the result's shape. */
static gboolean
absorb_add (GenReaders *readers, GenNode *node)
{
  GenTensor *result = gen_node_output (node, 0), *other;
  GenNode *next = find_next (readers, node, "Add");

  if (next == NULL || result->type != GEN_TYPE_FLOAT32 ||
      !gen_shape_equal (&gen_node_output (next, 0)->shape, &result->shape))
    return FALSE;
  other = gen_node_input (next, gen_node_input (next, 0) == result ? 1 : 0);
  if (gen_shape_equal (&other->shape, &result->shape)) {
    if (!gen_node_can_take (node, GEN_TAKE_SUM))
      return FALSE;
    node->taken.added = take_input (readers, node, other);
  } else if (!gen_node_can_take (node, GEN_TAKE_BIAS) || !is_one_each (other, node) ||
             !take_bias (readers, node, other)) {
    return FALSE;
  }
  gen_node_take_output (readers, node, next);
  return TRUE;
}

/* A Reshape to the shape that there is already does nothing, and would end a stretch of
 * channels-last memory. */
static gboolean
skip_reshape (GenReaders *readers, GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);

  if (!gen_shape_equal (&x->shape, &y->shape) || gen_readers_is_kept (readers, y))
    return FALSE;
  gen_readers_replace (readers, y, x);
  gen_readers_drop (readers, node);
  node->outputs->pdata[0] = NULL;
  return TRUE;
}

/* PackPicture computes the activation that makes its numbers, perhaps under another shape, while
 * it reads them: Tanh and Sigmoid would be a pass of their own in an operator before, and one that
 * computes Relu or Clip may make 0 of what is not a number, so that nobody learns of it. */
static void
absorb_before_pack (GenReaders *readers, GenNode *pack)
{
  GenNode *reader = pack, *node = gen_node_input (pack, 0)->producer;
  GenActivation activation;

  while (node != NULL && node->op->view &&
         gen_readers_only (readers, gen_node_output (node, 0)) == reader) {
    reader = node;
    node = gen_node_input (node, 0)->producer;
  }
  if (node == NULL || gen_readers_only (readers, gen_node_output (node, 0)) != reader ||
      !read_activation (node, &activation) || activation.kind > GEN_ACTIVATION_CLIP)
    return;
  pack->activation = activation;
  gen_readers_set_input (readers, reader, 0, gen_node_input (node, 0));
  gen_readers_sweep (readers, gen_node_output (node, 0));
}

/* Let `node` take over one of those that follow it; FALSE where there is none. */
static gboolean
absorb (GenReaders *readers, GenNode *node)
{
  return fold_batch_normalization (readers, node) || absorb_add (readers, node) ||
         absorb_prelu (readers, node) || gen_node_take_activation (readers, node);
}

gboolean
gen_graph_fuse (GenGraph *graph, GError **error)
{
  g_autoptr (GenReaders) readers = gen_readers_new (graph);

  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (gen_node_output (node, 0) == NULL ||
        (is (node, "MatMul") && gen_graph_fuse_attention (readers, node)) ||
        gen_graph_fuse_heads (readers, node) || gen_graph_fuse_pattern (readers, node))
      continue;
    if (is (node, "Conv"))
      gen_graph_fuse_pad (readers, node);
    if (strcmp (node->op->name, "PackPicture") == 0)
      absorb_before_pack (readers, node);
  }
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (gen_node_output (node, 0) == NULL) /* taken over */
      continue;
    if (is (node, "Reshape"))
      skip_reshape (readers, node);
    else
      while (absorb (readers, node))
        ;
  }
  /* Nodes that others have taken over ask for attributes no more. */
  for (guint i = 0; i < graph->nodes->len; i++)
    if (!gen_node_check_attributes (g_ptr_array_index (graph->nodes, i), error))
      return FALSE;
  gen_graph_sort (graph);
  gen_graph_fuse_elementwise (graph, readers);
  gen_graph_sort (graph);
  gen_graph_remove_dead (graph);
  return TRUE;
}
