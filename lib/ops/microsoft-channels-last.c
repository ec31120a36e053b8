/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions, pooling and normalisations of the domain com.microsoft whose pictures are [batch,
 * height, width, channels]: as ONNX's own between two Transposes, which move nothing where
 * neighbours are channels-last, too. */
#include "microsoft.h"
#include "quantized/qlinear.h"

/* Channels from behind the pixels to before them, or back. */
static GenTensor *
move_channels (GenGraph *graph, GenTensor *x, gboolean forward, GError **error)
{
  gint64 order[GEN_MAX_RANK];
  int rank;

  if (x == NULL || x->shape.rank < 3)
    return x;
  rank = x->shape.rank;
  order[0] = 0;
  for (int i = 1; i < rank; i++)
    order[i] = forward ? (i == 1 ? rank - 1 : i - 1) : (i == rank - 1 ? 1 : i + 1);
  return gen_build_transpose (graph, x, order, error);
}

static gboolean
lower_conv (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *inputs[] = { move_channels (graph, gen_node_input (node, 0), TRUE, error),
    gen_node_input (node, 1), gen_node_input (node, 2) };
  GenTensor *added = gen_node_input (node, 3), *y;
  int n;
  const float *parameters = gen_node_floats (node, "activation_params", &n);

  if (inputs[0] == NULL)
    return FALSE;
  y = gen_build_like (graph, "Conv", inputs, inputs[2] != NULL ? 3 : 2, node, error);
  if (added != NULL)
    y = gen_binary (graph, "Add", y, move_channels (graph, added, TRUE, error), error);
  y = gen_microsoft_activation (
      node, y, gen_node_string (node, "activation", ""), parameters, n, error);
  results[0] = move_channels (graph, y, FALSE, error);
  return results[0] != NULL;
}

static gboolean
lower_max_pool (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *x = move_channels (node->graph, gen_node_input (node, 0), TRUE, error);

  if (x == NULL)
    return FALSE;
  results[0] = move_channels (
      node->graph, gen_build_like (node->graph, "MaxPool", &x, 1, node, error), FALSE, error);
  return results[0] != NULL;
}

/* As ONNX's QLinearConv. */
static gboolean
lower_quantized_conv (GenNode *node, GenTensor **results, GError **error)
{
  gboolean last = gen_node_int (node, "channels_last", 0) != 0;
  GenTensor *inputs[9], *y;

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++)
    inputs[i] = gen_node_input (node, i);
  if (last && (inputs[0] = move_channels (node->graph, inputs[0], TRUE, error)) == NULL)
    return FALSE;
  y = gen_qlinear_conv (node, inputs, error);
  results[0] = last ? move_channels (node->graph, y, FALSE, error) : y;
  return results[0] != NULL;
}

/* `x` normalised in groups, as float32, and then through SiLU where `activation` says so. */
static GenTensor *
normalise (GenNode *node, GenTensor *x, GError **error)
{
  GenGraph *graph = node->graph;
  gboolean last = gen_node_int (node, "channels_last", 1) != 0;
  GenDataType type = x->type;
  GenTensor *inputs[3] = { gen_build_cast (graph, x, GEN_TYPE_FLOAT32, error) };

  inputs[0] = last ? move_channels (graph, inputs[0], TRUE, error) : inputs[0];
  for (guint i = 1; i < 3; i++)
    inputs[i] = gen_build_cast (graph, gen_node_input (node, i), GEN_TYPE_FLOAT32, error);
  if (inputs[0] == NULL || inputs[1] == NULL || inputs[2] == NULL)
    return NULL;
  x = gen_graph_op (graph, "GroupNormalization", inputs, 3, 1, error, "num_groups", GEN_INT,
      (int)gen_node_int (node, "groups", 0), "epsilon", GEN_FLOAT,
      (double)gen_node_float (node, "epsilon", 1e-5f), NULL);
  if (gen_node_int (node, "activation", 0) != 0)
    x = gen_binary (graph, "Mul", x, gen_unary (graph, "Sigmoid", x, error), error);
  x = last ? move_channels (graph, x, FALSE, error) : x;
  return gen_build_cast (graph, x, type, error);
}

static gboolean
lower_group (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = normalise (node, gen_node_input (node, 0), error);
  return results[0] != NULL;
}

/* (x, gamma, beta, skip[, bias]): of x + skip + bias, which is output 1. */
static gboolean
lower_skip_group (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *sum = gen_node_input (node, 0), *skip = gen_node_input (node, 3);
  GenTensor *bias = gen_node_input (node, 4);
  gboolean last = gen_node_int (node, "channels_last", 1) != 0;
  gint64 channels = gen_shape_elements (&gen_node_input (node, 1)->shape);

  if (skip->shape.rank == 2)
    skip = gen_build_reshape (graph, skip,
        last ? &GEN_SHAPE (skip->shape.dims[0], 1, 1, channels)
             : &GEN_SHAPE (skip->shape.dims[0], channels, 1, 1),
        error);
  if (bias != NULL && !last)
    bias = gen_build_reshape (graph, bias, &GEN_SHAPE (channels, 1, 1), error);
  sum = gen_binary (graph, "Add", sum, skip, error);
  if (bias != NULL)
    sum = gen_binary (graph, "Add", sum, bias, error);
  if (sum == NULL || (results[0] = normalise (node, sum, error)) == NULL)
    return FALSE;
  if (node->outputs->len > 1)
    results[1] = sum;
  return TRUE;
}

GEN_MICROSOFT_OPERATOR (microsoft_nhwc_conv, "NhwcConv", 2, 3, 1,
    "Convolution of pictures whose channels come last", lower_conv)
GEN_MICROSOFT_OPERATOR (microsoft_nhwc_fused_conv, "NhwcFusedConv", 2, 4, 1,
    "Convolution, sum and activation of pictures whose channels come last", lower_conv)
GEN_MICROSOFT_OPERATOR (microsoft_nhwc_max_pool, "NhwcMaxPool", 1, 1, 1,
    "The largest of each window of pictures whose channels come last", lower_max_pool,
    .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_qlinear_conv, "QLinearConv", 8, 9, 1,
    "Convolution of quantised tensors, quantised", lower_quantized_conv, .gradient_is_zero = TRUE)
GEN_MICROSOFT_OPERATOR (microsoft_group_norm, "GroupNorm", 3, 3, 1,
    "GroupNormalization of pictures whose channels come last, and SiLU", lower_group)
GEN_MICROSOFT_OPERATOR (microsoft_skip_group_norm, "SkipGroupNorm", 4, 5, 2,
    "GroupNormalization of a sum of pictures whose channels come last, and SiLU", lower_skip_group)
