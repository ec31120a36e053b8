/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights of products in 4 bits: blocks of neighbours along a row share a scale. Said by
 * MatMulNBits of the domain com.microsoft, which ONNX Runtime has kernels for. What has no such
 * operator, convolutions, stays as it is. */
#include <math.h>
#include <string.h>

#include "add.h"
#include "weights.h"

#define MIDDLE 8 /* the number that stands for 0 */
#define TRIES 16 /* scales of a block, from the one that reaches all numbers down */

typedef struct {
  gint64 n, k, block, blocks; /* results, and numbers of a row in `blocks` blocks */
  guint8 *packed;             /* [n][blocks][block / 2] */
  float *scales;              /* [n][blocks] */
  double signal, noise;
} NibbleWeights;

static float
find_lost (const float *x, gint64 n, float scale)
{
  float lost = 0;

  for (gint64 i = 0; i < n; i++) {
    const float rounded = CLAMP (nearbyintf (x[i] / scale), -MIDDLE, MIDDLE - 1);

    lost += (rounded * scale - x[i]) * (rounded * scale - x[i]);
  }
  return lost;
}

/* The scale by which least is lost in the mean square. There is one number more below 0: what lies
 * farthest out takes that, whatever its sign, for scales have one. */
static float
find_scale (const float *x, gint64 n)
{
  float farthest = 0, best, chosen;

  for (gint64 i = 0; i < n; i++)
    if (fabsf (x[i]) > fabsf (farthest))
      farthest = x[i];
  if (fabsf (farthest) < G_MINFLOAT * MIDDLE)
    return 1;
  chosen = farthest / -MIDDLE;
  best = find_lost (x, n, chosen);
  for (int i = 1; i < TRIES; i++) {
    const float scale = farthest / -MIDDLE * (1 - 0.5f * (float)i / TRIES);
    const float lost = find_lost (x, n, scale);

    if (lost < best) {
      best = lost;
      chosen = scale;
    }
  }
  return chosen;
}

static void
pack_block (NibbleWeights *w, const float *x, gint64 n, gint64 number)
{
  guint8 *to = w->packed + number * w->block / 2;
  const float scale = find_scale (x, n);

  w->scales[number] = scale;
  /* Behind the end of a row there are zeros. */
  memset (to, MIDDLE | MIDDLE << 4, (gsize)w->block / 2);
  for (gint64 i = 0; i < n; i++) {
    const float rounded = CLAMP (nearbyintf (x[i] / scale), -MIDDLE, MIDDLE - 1);
    const guint8 nibble = (guint8)(rounded + MIDDLE);
    const float lost = rounded * scale - x[i];

    to[i / 2] = i % 2 == 0 ? (guint8)((to[i / 2] & 0xf0) | nibble)
                           : (guint8)((to[i / 2] & 0x0f) | nibble << 4);
    w->signal += (double)x[i] * (double)x[i];
    w->noise += (double)lost * (double)lost;
  }
}

/* FALSE where a weight is no number. */
static gboolean
find_weights (NibbleWeights *w, const GenShrinkLayer *layer, int block)
{
  const float *from = gen_tensor_constant (layer->weights);
  const GenShape *shape = &layer->weights->shape;
  const gint64 by_n = layer->axis == 0 ? shape->dims[1] : 1;
  const gint64 by_k = layer->axis == 0 ? 1 : shape->dims[1];
  g_autofree float *row = NULL;

  *w = (NibbleWeights){ .n = layer->channels, .k = shape->dims[1 - layer->axis], .block = block };
  w->blocks = (w->k + block - 1) / block;
  w->packed = g_malloc ((gsize)(w->n * w->blocks * block / 2));
  w->scales = g_new (float, w->n * w->blocks);
  row = g_new (float, w->k);
  for (gint64 n = 0; n < w->n; n++) {
    for (gint64 k = 0; k < w->k; k++) {
      row[k] = from[n * by_n + k * by_k];
      if (!isfinite (row[k]))
        return FALSE;
    }
    for (gint64 b = 0; b < w->blocks; b++)
      pack_block (w, row + b * block, MIN (block, w->k - b * block), n * w->blocks + b);
  }
  return TRUE;
}

static void
clear (NibbleWeights *w)
{
  g_free (w->packed);
  g_free (w->scales);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NibbleWeights, clear)

static GenTensor *
add_product (NibbleWeights *w, const GenShrinkLayer *layer, GError **error)
{
  GenGraph *graph = layer->node->graph;
  const gsize bytes = (gsize)(w->n * w->blocks * w->block / 2);
  GenTensor *inputs[3] = { gen_node_input (layer->node, 0) }, *made;

  inputs[1] = gen_shrink_add_constant (graph, layer->weights, "quantized", GEN_TYPE_UINT8,
      &GEN_SHAPE (w->n, w->blocks, w->block / 2), g_steal_pointer (&w->packed), bytes);
  inputs[2] = gen_shrink_add_constant (graph, layer->weights, "scale", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (w->n * w->blocks), g_steal_pointer (&w->scales),
      (gsize)(w->n * w->blocks) * sizeof (float));
  made = gen_shrink_add (graph, "com.microsoft", "MatMulNBits", 1, inputs, 3,
      gen_node_output (layer->node, 0), "product", error);
  if (made == NULL)
    return NULL;
  gen_node_set_int (made->producer, "N", w->n);
  gen_node_set_int (made->producer, "K", w->k);
  gen_node_set_int (made->producer, "bits", 4);
  gen_node_set_int (made->producer, "block_size", w->block);
  return made;
}

static gboolean
put_weights (const GenShrinkLayer *layer, int block, int opset, GPtrArray *layers, GError **error)
{
  g_auto (NibbleWeights) w = { 0 };
  GenTensor *made;

  if (!find_weights (&w, layer, block))
    return gen_shrink_refuse_weights (layer, error);
  made = add_product (&w, layer, error);
  if (made != NULL && layer->bias != NULL)
    made = gen_shrink_add (layer->node->graph, NULL, "Add", opset,
        (GenTensor *[]){ made, layer->bias }, 2, gen_node_output (layer->node, 0), "sum", error);
  if (made == NULL)
    return FALSE;
  gen_shrink_tell (layers, layer, TRUE,
      (gsize)(w.n * w.blocks) * ((gsize)block / 2 + sizeof (float)),
      gen_shrink_sqnr (w.signal, w.noise), "int4 weights in blocks of %d", block);
  gen_shrink_take_result (layer, made);
  return TRUE;
}

static gboolean
apply (GenGraph *graph, const GenQuantizeSettings *settings, GPtrArray *layers, GError **error)
{
  const guint n = graph->nodes->len;

  for (guint i = 0; i < n; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);
    GenShrinkLayer layer;

    if (!gen_shrink_find_layer (node, &layer))
      continue;
    if (gen_shrink_keeps (settings, node))
      gen_shrink_tell (layers, &layer, FALSE, 0, INFINITY, "float32, as was asked");
    else if (!gen_shrink_is (node, "Gemm") && !gen_shrink_is (node, "MatMul"))
      gen_shrink_tell (layers, &layer, FALSE, 0, INFINITY,
          "float32: there is no convolution by weights of 4 bits");
    else if (!put_weights (&layer, settings->block, node->opset, layers, error))
      return FALSE;
  }
  gen_shrink_clean (graph);
  return TRUE;
}

const GenQuantization gen_quantization_int4_weights = {
  .name = "int4-weights",
  .summary =
      "Weights of products are of 4 bits in blocks with a scale each (MatMulNBits), for nets "
      "of dense layers: a seventh of their size",
  .apply = apply,
};
