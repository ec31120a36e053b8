/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LayerNormalization and RMSNormalization: a part does whole rows, each read once for its sums
 * and, while it is in the cache, once more for the result. */
#include "layer-normalization.h"

#include <math.h>

#include "../../simd.h"
#include "../build.h"
#include "../convolution/layer-lanes.h"

#define LANES GEN_LAYER_LANES
/* Elements that are summed in float32 before they go to double. */
#define RUN 1024

gboolean
gen_layer_find (const GenNode *node, gboolean centred, GenLayer *layer, GError **error)
{
  const GenShape *x = &gen_node_input (node, 0)->shape;
  int axis = gen_axis (gen_node_int (node, "axis", -1), x->rank);

  if (axis < 0)
    return gen_node_error (node, error, "axis %" G_GINT64_FORMAT " is not one of %d",
        gen_node_int (node, "axis", -1), x->rank);
  layer->rows = gen_shape_product (x, 0, axis);
  layer->n = gen_shape_product (x, axis, x->rank);
  layer->epsilon = gen_node_float (node, "epsilon", 1e-5f);
  layer->centred = centred;
  return TRUE;
}

gboolean
gen_layer_normalization_infer (GenNode *node, gboolean centred, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenShape row = x->shape;
  GenLayer layer;
  int axis;

  if (!gen_layer_find (node, centred, &layer, error))
    return FALSE;
  for (guint i = 1; i < node->inputs->len; i++)
    if (gen_node_input (node, i) != NULL &&
        gen_shape_elements (&gen_node_input (node, i)->shape) != (gint64)layer.n)
      return gen_node_error (node, error,
          "input %u must have one value for each of the %" G_GSIZE_FORMAT
          " elements that are normalised together",
          i, layer.n);
  /* Of RMSNormalization's two types, x may have one and the result that of the scale. */
  gen_node_set_output (node, 0, centred ? x->type : gen_node_input (node, 1)->type, &x->shape);
  axis = gen_axis (gen_node_int (node, "axis", -1), x->shape.rank);
  for (int i = axis; i < row.rank; i++)
    row.dims[i] = 1;
  for (guint i = 1; i < node->outputs->len; i++)
    gen_node_set_output (node, i, GEN_TYPE_FLOAT32, &row);
  return TRUE;
}

/* Sums over a run of at most RUN elements of d = x - shift and of d * d. */
GEN_CLONES (void, sum, (const float *x, gsize n, float shift, double sums[2]), (x, n, shift, sums))
{
  float first[LANES] = { 0 }, second[LANES] = { 0 };
  gsize whole = n / LANES * LANES;

  for (gsize i = 0; i < whole; i += LANES)
    GEN_LAYER_LOOP (l)
    {
      const float d = x[i + l] - shift;

      first[l] += d;
      second[l] += d * d;
    }
  for (gsize i = whole; i < n; i++) {
    float d = x[i] - shift;

    first[0] += d;
    second[0] += d * d;
  }
  sums[0] += gen_layer_fold (first);
  sums[1] += gen_layer_fold (second);
}

void
gen_layer_statistics (const GenLayer *layer, const float *x, float *mean, float *inverse)
{
  /* Relative to one of the values, a variance small beside the mean is not lost. */
  float shift = layer->centred ? x[0] : 0;
  double sums[2] = { 0 }, d = 0;

  for (gsize i = 0; i < layer->n; i += RUN)
    sum (x + i, MIN (RUN, layer->n - i), shift, sums);
  if (layer->centred)
    d = sums[0] / layer->n;
  *mean = shift + d;
  *inverse = 1 / sqrt (MAX (0, sums[1] / layer->n - d * d) + layer->epsilon);
}

GEN_CLONES (void, map,
    (const float *x, float mean, float inverse, const float *scale, const float *bias, float *out,
        gsize n),
    (x, mean, inverse, scale, bias, out, n))
{
  if (bias == NULL)
    for (gsize i = 0; i < n; i++)
      out[i] = (x[i] - mean) * inverse * scale[i];
  else
    for (gsize i = 0; i < n; i++)
      out[i] = (x[i] - mean) * inverse * scale[i] + bias[i];
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenLayer *layer = kernel->state;
  const GenNode *node = kernel->node;
  const float *bias = node->inputs->len > 2 ? kernel->inputs[2] : NULL;
  guint n_outputs = node->outputs->len;
  float *means = n_outputs > 1 && layer->centred ? kernel->outputs[1] : NULL;
  float *inverses = n_outputs > (layer->centred ? 2 : 1) ? kernel->outputs[n_outputs - 1] : NULL;
  gsize first, end;

  gen_kernel_share (layer->rows, 1, part, parts, &first, &end);
  for (gsize r = first; r < end; r++) {
    const float *x = (const float *)kernel->inputs[0] + r * layer->n;
    float mean, inverse;

    gen_layer_statistics (layer, x, &mean, &inverse);
    if (kernel->outputs[0] != NULL)
      map (x, mean, inverse, kernel->inputs[1], bias, (float *)kernel->outputs[0] + r * layer->n,
          layer->n);
    if (means != NULL)
      means[r] = mean;
    if (inverses != NULL)
      inverses[r] = inverse;
  }
}

gboolean
gen_layer_normalization_cpu (GenKernel *kernel, gboolean centred, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  GenLayer *layer;

  layer = g_new0 (GenLayer, 1);
  kernel->state = layer;
  kernel->free_state = g_free;
  if (!gen_layer_find (kernel->node, centred, layer, error))
    return FALSE;
  if (layer->n == 0 && layer->rows > 0)
    return gen_node_error (kernel->node, error, "there is nothing in a row to be normalised");
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.4));
  return TRUE;
}

gboolean
gen_layer_normalization_gradient (GenGradient *g, gboolean centred, GError **error)
{
  const GenNode *node = g->node;
  GenTensor *first;

  if (g->outputs[0] == NULL)
    return gen_node_error (node, error, "its statistics have no gradient");
  first = gen_graph_op (g->graph, "LayerNormalizationGradient",
      (GenTensor *[]){ gen_node_input (node, 0), gen_node_input (node, 1), g->outputs[0] }, 3, 3,
      error, "axis", GEN_INT, (int)gen_node_int (node, "axis", -1), "epsilon", GEN_FLOAT,
      (double)gen_node_float (node, "epsilon", 1e-5f), "centred", GEN_INT, centred, NULL);
  if (first == NULL)
    return FALSE;
  g->inputs[0] = first;
  g->inputs[1] = gen_node_output (first->producer, 1);
  if (gen_node_input (node, 2) == NULL)
    return TRUE;
  g->inputs[2] = gen_build_reshape (
      g->graph, gen_node_output (first->producer, 2), &gen_node_input (node, 2)->shape, error);
  return g->inputs[2] != NULL;
}

/* --- LayerNormalization --- */

static gboolean
infer (GenNode *node, GError **error)
{
  return gen_layer_normalization_infer (node, TRUE, error);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_layer_normalization_cpu (kernel, TRUE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_layer_normalization_gradient (g, TRUE, error);
}

const GenOperator gen_operator_layer_normalization = {
  .name = "LayerNormalization",
  .summary = "Rows shifted and scaled by their own mean and variance",
  .since = 1,
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 3,
  .weights = 0x6,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x7,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
