/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* InstanceNormalization: each channel of each item shifted and scaled by its own mean and
 * variance; and its gradient, InstanceNormalizationGradient (x, scale, dy). A part does whole
 * items. */
#include <math.h>

#include "../device/team.h"
#include "channels.h"

typedef struct {
  GenChannels item;
  gsize items, size; /* elements of an item */
  float epsilon;
  int parts;
  gsize part_size; /* bytes: sums, shift, and three rows */
} Instance;

static gboolean
check (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *scale = gen_node_input (node, 1);

  if (x->shape.rank < 3 || scale->shape.rank != 1 || scale->shape.dims[0] != x->shape.dims[1])
    return gen_node_error (node, error,
        "its input must be [batch, channels, spatial…], with a scale for each channel");
  return gen_node_same_type (node, 1, 2, error);
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenShape *scale = &gen_node_input (node, 1)->shape,
                 *bias = &gen_node_input (node, 2)->shape;

  if (!check (node, error))
    return FALSE;
  if (!gen_shape_equal (scale, bias))
    return gen_node_error (node, error, "its bias must have one value for each channel");
  return gen_infer_same (node, error);
}

static gboolean
infer_gradient (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *scale = gen_node_input (node, 1);

  if (!check (node, error))
    return FALSE;
  if (!gen_shape_equal (&x->shape, &gen_node_input (node, 2)->shape))
    return gen_node_error (node, error, "x and dy must be of one shape");
  gen_node_set_output (node, 0, x->type, &x->shape);
  gen_node_set_output (node, 1, scale->type, &scale->shape);
  gen_node_set_output (node, 2, scale->type, &scale->shape);
  return TRUE;
}

/* Mean and inverse deviation of channel `c` from its sums. */
static void
statistics (const Instance *n, const double *sums, const float *shift, gsize c, double *mean,
    double *inverse)
{
  double count = gen_channels_count (&n->item), d = sums[c] / count;

  *mean = shift[c] + d;
  *inverse = 1 / sqrt (MAX (0, sums[n->item.channels + c] / count - d * d) + n->epsilon);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Instance *n = kernel->state;
  const float *scale = kernel->inputs[1], *bias = kernel->inputs[2];
  gsize channels = n->item.channels, first, end;
  double *sums = (double *)((char *)kernel->scratch + part * n->part_size);
  float *shift = (float *)(sums + 4 * channels), *a = shift + channels, *s = a + channels;

  gen_kernel_share (n->items, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const float *x = (const float *)kernel->inputs[0] + i * n->size;

    gen_channels_shift (&n->item, x, shift);
    gen_channels_sum (&n->item, x, NULL, shift, 0, n->item.outer, sums);
    for (gsize c = 0; c < channels; c++) {
      double mean, inverse;

      statistics (n, sums, shift, c, &mean, &inverse);
      a[c] = scale[c] * inverse;
      s[c] = bias[c] - mean * a[c];
    }
    gen_channels_map (
        &n->item, x, a, NULL, NULL, s, (float *)kernel->outputs[0] + i * n->size, 0, n->item.outer);
  }
}

/* What an item adds to the gradients of scale and bias. */
static float *
share_of (const GenKernel *kernel, const Instance *n, gsize item)
{
  return (float *)((char *)kernel->scratch + n->parts * n->part_size) + item * 2 * n->item.channels;
}

/* As for BatchNormalization, item by item. */
static void
run_gradient (const GenKernel *kernel, int part, int parts)
{
  const Instance *n = kernel->state;
  const float *scale = kernel->inputs[1];
  gsize channels = n->item.channels, first, end;
  double *sums = (double *)((char *)kernel->scratch + part * n->part_size);
  double count = gen_channels_count (&n->item);
  float *shift = (float *)(sums + 4 * channels), *a = shift + channels;
  float *b = a + channels, *s = b + channels;

  gen_kernel_share (n->items, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const float *x = (const float *)kernel->inputs[0] + i * n->size;
    const float *dy = (const float *)kernel->inputs[2] + i * n->size;
    float *share = share_of (kernel, n, i);

    gen_channels_shift (&n->item, x, shift);
    gen_channels_sum (&n->item, x, dy, shift, 0, n->item.outer, sums);
    for (gsize c = 0; c < channels; c++) {
      double mean, inverse, sum = sums[2 * channels + c], dh;

      statistics (n, sums, shift, c, &mean, &inverse);
      dh = (sums[3 * channels + c] + sum * (shift[c] - mean)) * inverse;
      share[c] = dh;
      share[channels + c] = sum;
      a[c] = scale[c] * inverse;
      b[c] = -scale[c] * inverse * inverse * dh / count;
      s[c] = -a[c] * sum / count - b[c] * mean;
    }
    if (kernel->outputs[0] != NULL)
      gen_channels_map (
          &n->item, dy, a, x, b, s, (float *)kernel->outputs[0] + i * n->size, 0, n->item.outer);
  }
}

static void
add_up (const GenKernel *kernel, int part, int parts)
{
  const Instance *n = kernel->state;
  gsize channels = n->item.channels;

  for (int k = 0; k < 2; k++)
    for (gsize c = 0; kernel->outputs[1 + k] != NULL && c < channels; c++) {
      double total = 0;

      for (gsize i = 0; i < n->items; i++)
        total += share_of (kernel, n, i)[k * channels + c];
      ((float *)kernel->outputs[1 + k])[c] = total;
    }
}

static Instance *
prepare (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  Instance *n;

  if (x->type != GEN_TYPE_FLOAT32 || gen_shape_elements (&x->shape) == 0) {
    gen_node_error (node, error, "only float32 that is not empty is supported");
    return NULL;
  }
  n = g_new0 (Instance, 1);
  kernel->state = n;
  kernel->free_state = g_free;
  n->item = gen_channels_of (x);
  n->items = x->shape.dims[0];
  n->item.outer /= n->items;
  n->size = gen_shape_product (&x->shape, 1, x->shape.rank);
  n->epsilon = gen_node_float (node, "epsilon", 1e-5f);
  n->parts = MIN (gen_kernel_parts (kernel, n->items * n->size, 0.6),
      (int)MIN ((gsize)GEN_TEAM_MAX_PARTS, n->items));
  n->part_size = (48 * n->item.channels + 63) & ~(gsize)63;
  kernel->scratch_size = n->parts * n->part_size;
  return n;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const Instance *n = prepare (kernel, error);

  if (n == NULL)
    return FALSE;
  gen_kernel_add_step (kernel, run, n->parts);
  return TRUE;
}

static gboolean
cpu_gradient (GenKernel *kernel, GError **error)
{
  const Instance *n = prepare (kernel, error);

  if (n == NULL)
    return FALSE;
  kernel->scratch_size += n->items * 2 * n->item.channels * sizeof (float);
  gen_kernel_add_step (kernel, run_gradient, n->parts);
  gen_kernel_add_step (kernel, add_up, 1);
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *first = gen_graph_op (g->graph, "InstanceNormalizationGradient",
      (GenTensor *[]){ gen_node_input (g->node, 0), gen_node_input (g->node, 1), g->outputs[0] }, 3,
      3, error, "epsilon", GEN_FLOAT, (double)gen_node_float (g->node, "epsilon", 1e-5f), NULL);

  for (int i = 0; first != NULL && i < 3; i++)
    g->inputs[i] = gen_node_output (first->producer, i);
  return first != NULL;
}

const GenOperator gen_operator_instance_normalization = {
  .name = "InstanceNormalization",
  .summary = "Each channel of each item shifted and scaled by its own mean and variance",
  .since = 6,
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .widens = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};

const GenOperator gen_operator_instance_normalization_gradient = {
  .name = "InstanceNormalizationGradient",
  .domain = "generative",
  .summary = "Gradients of InstanceNormalization's input, scale and bias",
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 3,
  .max_outputs = 3,
  .layouts = GEN_LAYOUTS_SAME,
  .infer = infer_gradient,
  .cpu = cpu_gradient,
};
