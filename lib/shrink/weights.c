/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "weights.h"

#include <math.h>
#include <string.h>

void
gen_byte_weights_clear (GenByteWeights *weights)
{
  g_clear_pointer (&weights->values, g_free);
  g_clear_pointer (&weights->scales, g_free);
}

gboolean
gen_shrink_refuse_weights (const GenShrinkLayer *layer, GError **error)
{
  g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL,
      "node '%s': its weights '%s' are not all finite numbers", gen_shrink_name (layer->node),
      layer->weights->name);
  return FALSE;
}

double
gen_shrink_sqnr (double signal, double noise)
{
  return noise > 0 ? 10 * log10 (signal / noise) : INFINITY;
}

char *
gen_shrink_name_like (const GenTensor *tensor, const char *suffix)
{
  return g_strconcat (tensor->name, "_", suffix, NULL);
}

/* The scales by which the greatest magnitude of each channel becomes `most`. */
static gboolean
find_scales (GenByteWeights *w, const GenShrinkLayer *layer, const float *from, float most,
    const float *least)
{
  const gint64 inner =
      gen_shape_product (&layer->weights->shape, layer->axis + 1, layer->weights->shape.rank);

  for (gint64 i = 0; i < w->n; i++) {
    const gint64 c = w->n_scales > 1 ? i / inner % layer->channels : 0;

    if (!isfinite (from[i]))
      return FALSE;
    w->scales[c] = MAX (w->scales[c], fabsf (from[i]));
  }
  for (gint64 c = 0; c < w->n_scales; c++) {
    w->scales[c] /= most;
    if (least != NULL)
      w->scales[c] = MAX (w->scales[c], least[c]);
    /* Channels of zeros, and of numbers so small that the scale would be none. */
    if (w->scales[c] < G_MINFLOAT)
      w->scales[c] = 1;
  }
  return TRUE;
}

gboolean
gen_byte_weights_find (GenByteWeights *w, const GenShrinkLayer *layer, int bits, const float *least,
    gboolean one_scale)
{
  const GenShape *shape = &layer->weights->shape;
  const gint64 inner = gen_shape_product (shape, layer->axis + 1, shape->rank);
  const float *from = gen_tensor_constant (layer->weights);
  const float most = (float)((1 << (bits - 1)) - 1);
  double signal = 0, noise = 0;

  w->n = gen_shape_elements (shape);
  w->n_scales = one_scale ? 1 : layer->channels;
  w->scales = g_new0 (float, w->n_scales);
  if (!find_scales (w, layer, from, most, least))
    return FALSE;
  w->values = g_new (gint8, w->n);
  for (gint64 i = 0; i < w->n; i++) {
    const float scale = w->scales[one_scale ? 0 : i / inner % layer->channels];
    const float rounded = CLAMP (nearbyintf (from[i] / scale), -most, most);
    const double lost = (double)(rounded * scale - from[i]);

    w->values[i] = (gint8)rounded;
    signal += (double)from[i] * (double)from[i];
    noise += lost * lost;
  }
  w->sqnr = gen_shrink_sqnr (signal, noise);
  return TRUE;
}

GenTensor *
gen_byte_weights_add (GenByteWeights *w, const GenShrinkLayer *layer, GenTensor **scales)
{
  GenGraph *graph = layer->node->graph;
  g_autofree char *bytes = gen_shrink_name_like (layer->weights, "quantized");
  g_autofree char *scale = gen_shrink_name_like (layer->weights, "scale");

  *scales = gen_graph_add_constant (graph, scale, GEN_TYPE_FLOAT32,
      w->n_scales > 1 ? &GEN_SHAPE (w->n_scales) : &GEN_SHAPE_SCALAR,
      g_bytes_new_take (g_steal_pointer (&w->scales), (gsize)w->n_scales * sizeof (float)));
  return gen_graph_add_constant (graph, bytes, GEN_TYPE_INT8, &layer->weights->shape,
      g_bytes_new_take (g_steal_pointer (&w->values), (gsize)w->n));
}
