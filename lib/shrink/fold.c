/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is brought into weights before these are quantised, so that no step of bytes lies between
 * two things that one layer does: batch normalisations with constant statistics, behind the layer
 * or behind a Reshape that follows it; and activations behind such a Reshape, which come in front
 * of it. */
#include <math.h>
#include <string.h>

#include "../ops/normalization/batch-normalization.h"
#include "layers.h"
#include "settle.h"

/* The node that alone reads what `node` makes, where it is of that operator. */
static GenNode *
find_next (const GenReaders *readers, const GenNode *node, const char *name)
{
  GenTensor *result = gen_node_output (node, 0);
  GenNode *next = result != NULL ? gen_readers_only (readers, result) : NULL;

  return gen_shrink_is (next, name) && gen_node_input (next, 0) == result ? next : NULL;
}

/* --- batch normalisation --- */

typedef struct {
  gint64 channels;
  float *scale, *shift; /* y = x * scale + shift */
} Affine;

static void
affine_clear (Affine *affine)
{
  g_free (affine->scale);
  g_free (affine->shift);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Affine, affine_clear)

static gboolean
read_normalization (const GenNode *node, Affine *affine)
{
  const float *parameters[4];
  const float epsilon = gen_node_float (node, "epsilon", 1e-5f);

  if (gen_batch_normalization_trains (node))
    return FALSE;
  for (int i = 0; i < 4; i++) {
    const GenTensor *tensor = gen_node_input (node, (guint)i + 1);

    parameters[i] = gen_tensor_constant (tensor);
    if (parameters[i] == NULL || tensor->type != GEN_TYPE_FLOAT32 || tensor->shape.rank != 1 ||
        (i > 0 && tensor->shape.dims[0] != affine->channels))
      return FALSE;
    affine->channels = tensor->shape.dims[0];
  }
  affine->scale = g_new (float, affine->channels);
  affine->shift = g_new (float, affine->channels);
  for (gint64 c = 0; c < affine->channels; c++) {
    affine->scale[c] = parameters[0][c] / sqrtf (parameters[3][c] + epsilon);
    affine->shift[c] = parameters[1][c] - parameters[2][c] * affine->scale[c];
  }
  return TRUE;
}

/* The weights, each result's times its own number of `scale`, which stand for `repeat` results each
 * that follow each other. */
static GenTensor *
scale_weights (const GenShrinkLayer *layer, const float *scale, gint64 repeat)
{
  GenGraph *graph = layer->node->graph;
  const GenShape *shape = &layer->weights->shape;
  const float *from = gen_tensor_constant (layer->weights);
  const gint64 n = gen_shape_elements (shape);
  const gint64 inner = gen_shape_product (shape, layer->axis + 1, shape->rank);
  float *to = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    to[i] = from[i] * scale[i / inner % layer->channels / repeat];
  return gen_graph_add_constant (graph, layer->weights->name, GEN_TYPE_FLOAT32, shape,
      g_bytes_new_take (to, (gsize)n * sizeof *to));
}

static GenTensor *
shift_bias (const GenShrinkLayer *layer, const Affine *affine, gint64 repeat)
{
  const float *from = gen_tensor_constant (layer->bias);
  float *to = g_new (float, layer->channels);

  for (gint64 i = 0; i < layer->channels; i++)
    to[i] = (from != NULL ? from[i] : 0) * affine->scale[i / repeat] + affine->shift[i / repeat];
  return gen_graph_add_constant (layer->node->graph, layer->bias != NULL ? layer->bias->name : NULL,
      GEN_TYPE_FLOAT32, &GEN_SHAPE (layer->channels),
      g_bytes_new_take (to, (gsize)layer->channels * sizeof *to));
}

/* Whether its bias is what a layer's of its own is, or there is none. */
static gboolean
has_plain_bias (const GenShrinkLayer *layer)
{
  return layer->bias == NULL ||
         (layer->bias->role == GEN_ROLE_CONSTANT && layer->bias->type == GEN_TYPE_FLOAT32 &&
             layer->bias->shape.rank == 1 && layer->bias->shape.dims[0] == layer->channels);
}

/* Of how many results of a dense layer, which follow each other, a Reshape behind it makes one
 * channel; 0 where it does something else. */
static gint64
find_repeat (const GenNode *reshape, const GenShrinkLayer *layer, gint64 channels)
{
  gint64 dims[GEN_MAX_RANK], product = 1;
  int n;

  if (!gen_tensor_ints (gen_node_input (reshape, 1), dims, GEN_MAX_RANK, &n) || n < 2 ||
      dims[1] != channels)
    return 0;
  for (int i = 2; i < n; i++)
    product *= MAX (dims[i], 0);
  return product > 0 && product * channels == layer->channels ? product : 0;
}

static gboolean
fold_normalization (GenReaders *readers, GenNode *node)
{
  GenNode *reshape = find_next (readers, node, "Reshape");
  GenNode *next = find_next (readers, reshape != NULL ? reshape : node, "BatchNormalization");
  g_auto (Affine) affine = { 0 };
  GenTensor *weights, *bias;
  GenShrinkLayer layer;
  gint64 repeat = 1;

  if (next == NULL || !gen_shrink_find_layer (node, &layer) || gen_shrink_is (node, "MatMul") ||
      !has_plain_bias (&layer) || !read_normalization (next, &affine) ||
      (gen_shrink_is (node, "ConvTranspose") && gen_node_int (node, "group", 1) != 1))
    return FALSE;
  if (reshape != NULL)
    repeat = gen_shrink_is (node, "Gemm") ? find_repeat (reshape, &layer, affine.channels) : 0;
  if (repeat == 0 || affine.channels * repeat != layer.channels)
    return FALSE;
  weights = scale_weights (&layer, affine.scale, repeat);
  bias = shift_bias (&layer, &affine, repeat);
  gen_readers_set_input (readers, node, 1, weights);
  gen_readers_set_input (readers, node, 2, bias);
  gen_node_take_output (readers, reshape != NULL ? reshape : node, next);
  return TRUE;
}

/* --- activations --- */

/* The activation behind a Reshape behind `node` trades places with it. */
static void
move_activation (GenReaders *readers, GenNode *node)
{
  static const char *const names[] = { "Relu", "LeakyRelu", "Clip", "Tanh", "Sigmoid" };
  GenNode *reshape = find_next (readers, node, "Reshape"), *next = NULL;
  GenTensor *before, *between, *after;

  for (guint i = 0; reshape != NULL && next == NULL && i < G_N_ELEMENTS (names); i++)
    next = find_next (readers, reshape, names[i]);
  if (next == NULL)
    return;
  before = gen_node_output (node, 0);
  between = gen_node_output (reshape, 0);
  after = gen_node_output (next, 0);
  gen_readers_set_input (readers, next, 0, before);
  gen_readers_set_input (readers, reshape, 0, between);
  next->outputs->pdata[0] = between;
  between->producer = next;
  between->shape = before->shape;
  reshape->outputs->pdata[0] = after;
  after->producer = reshape;
}

void
gen_shrink_settle (GenGraph *graph)
{
  g_autoptr (GenGraph) shaped = gen_graph_copy (graph);

  gen_graph_set_free_dimensions (shaped, NULL, 1);
  if (gen_graph_infer (shaped, NULL))
    gen_graph_settle (graph, shaped);
}

gboolean
gen_shrink_fold (GenGraph *graph, GError **error)
{
  g_autoptr (GenReaders) readers = gen_readers_new (graph);

  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (gen_node_output (node, 0) == NULL)
      continue;
    while (fold_normalization (readers, node))
      ;
    move_activation (readers, node);
  }
  gen_shrink_clean (graph);
  return TRUE;
}
