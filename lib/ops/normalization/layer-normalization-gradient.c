/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LayerNormalizationGradient (x, scale, dy): the gradients of x, scale and bias, for rows that are
 * `centred` and for those that are not (RMSNormalization). A row's statistics are summed up
 * again: keeping them would save little. */
#include <string.h>

#include "../../device/team.h"
#include "../../simd.h"
#include "../convolution/layer-lanes.h"
#include "layer-normalization.h"
#include "normalization-gradient.h"

typedef struct {
  GenLayer layer;
  int parts;
  gsize share_size; /* floats of a part's sums for scale and bias */
} Gradient;

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *scale = gen_node_input (node, 1);
  GenLayer layer;

  if (!gen_layer_find (node, FALSE, &layer, error) || !gen_node_same_type (node, 1, 2, error))
    return FALSE;
  if (!gen_shape_equal (&x->shape, &gen_node_input (node, 2)->shape) ||
      gen_shape_elements (&scale->shape) != (gint64)layer.n)
    return gen_node_error (node, error, "x, scale and dy do not fit together");
  gen_node_set_output (node, 0, x->type, &x->shape);
  gen_node_set_output (node, 1, scale->type, &scale->shape);
  gen_node_set_output (node, 2, scale->type, &scale->shape);
  return TRUE;
}

#define LANES GEN_LAYER_LANES

/* With h = (x - mean) * inverse: the sums of dy * scale and dy * scale * h, and what the row adds
 * to the gradients of scale (dy * h) and bias (dy). */
GEN_CLONES (void, sum_row,
    (const float *x, const float *dy, const float *scale, float mean, float inverse, gsize n,
        float *restrict dscale, float *restrict dbias, float sums[2]),
    (x, dy, scale, mean, inverse, n, dscale, dbias, sums))
{
  float along_one[LANES] = { 0 }, along_h[LANES] = { 0 };
  gsize whole = n / LANES * LANES;

  for (gsize i = 0; i < whole; i += LANES)
    GEN_LAYER_LOOP (l)
    {
      const float g = dy[i + l], d = g * scale[i + l];
      const float h = (x[i + l] - mean) * inverse;

      dscale[i + l] += g * h;
      dbias[i + l] += g;
      along_one[l] += d;
      along_h[l] += d * h;
    }
  for (gsize i = whole; i < n; i++) {
    float h = (x[i] - mean) * inverse, d = dy[i] * scale[i];

    dscale[i] += dy[i] * h;
    dbias[i] += dy[i];
    along_one[0] += d;
    along_h[0] += d * h;
  }
  sums[0] = sums[1] = 0;
  for (gsize l = 0; l < LANES; l++) {
    sums[0] += along_one[l];
    sums[1] += along_h[l];
  }
}

GEN_CLONES (void, map_row,
    (const float *x, const float *dy, const float *scale, float mean, float inverse,
        float along_one, float along_h, float *dx, gsize n),
    (x, dy, scale, mean, inverse, along_one, along_h, dx, n))
{
  for (gsize i = 0; i < n; i++)
    dx[i] = inverse * (dy[i] * scale[i] - along_one - (x[i] - mean) * inverse * along_h);
}

/* dx = inverse * (d - mean (d) - h * mean (d * h)) for d = dy * scale; the first mean only where
 * rows are centred. */
static void
run (const GenKernel *kernel, int part, int parts)
{
  const Gradient *g = kernel->state;
  const GenLayer *layer = &g->layer;
  const float *scale = kernel->inputs[1];
  float *dscale = (float *)kernel->scratch + part * g->share_size, *dbias = dscale + layer->n;
  gsize first, end;

  memset (dscale, 0, 2 * layer->n * sizeof *dscale);
  gen_kernel_share (layer->rows, 1, part, parts, &first, &end);
  for (gsize r = first; r < end; r++) {
    const float *x = (const float *)kernel->inputs[0] + r * layer->n;
    const float *dy = (const float *)kernel->inputs[2] + r * layer->n;
    float mean, inverse, sums[2];

    gen_layer_statistics (layer, x, &mean, &inverse);
    sum_row (x, dy, scale, mean, inverse, layer->n, dscale, dbias, sums);
    if (kernel->outputs[0] != NULL)
      map_row (x, dy, scale, mean, inverse, layer->centred ? sums[0] / layer->n : 0,
          sums[1] / layer->n, (float *)kernel->outputs[0] + r * layer->n, layer->n);
  }
}

static void
add_up (const GenKernel *kernel, int part, int parts)
{
  const Gradient *g = kernel->state;

  for (int k = 0; k < 2; k++)
    for (gsize i = 0; kernel->outputs[1 + k] != NULL && i < g->layer.n; i++) {
      double total = 0;

      for (int p = 0; p < g->parts; p++)
        total += ((const float *)kernel->scratch)[p * g->share_size + k * g->layer.n + i];
      ((float *)kernel->outputs[1 + k])[i] = total;
    }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  Gradient *g;

  if (x->type != GEN_TYPE_FLOAT32 || gen_shape_elements (&x->shape) == 0)
    return gen_node_error (node, error, "only float32 that is not empty is supported");
  g = g_new0 (Gradient, 1);
  kernel->state = g;
  kernel->free_state = g_free;
  if (!gen_layer_find (node, gen_node_int (node, "centred", 1) != 0, &g->layer, error))
    return FALSE;
  g->parts = MIN (gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.8),
      (int)MIN ((gsize)GEN_TEAM_MAX_PARTS, g->layer.rows));
  g->share_size = (2 * g->layer.n + 15) & ~(gsize)15;
  kernel->scratch_size = g->parts * g->share_size * sizeof (float);
  gen_kernel_add_step (kernel, run, g->parts);
  gen_kernel_add_step (kernel, add_up, 1);
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;
  const int axis = gen_axis (gen_node_int (g->node, "axis", -1), shape->rank);
  GenNormalizationView view = { .view = *shape,
    .centred = gen_node_int (g->node, "centred", 1) != 0 };

  for (int i = axis; i < shape->rank; i++) {
    view.axes[view.n_axes++] = i;
    view.scale.dims[view.scale.rank++] = shape->dims[i];
  }
  return gen_normalization_gradient_gradient (g, &view, error);
}

const GenOperator gen_operator_layer_normalization_gradient = {
  .name = "LayerNormalizationGradient",
  .domain = "generative",
  .summary = "Gradients of LayerNormalization's input, scale and bias",
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 3,
  .max_outputs = 3,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
