/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConvWeightGradient (x, dy): the gradient of a convolution's weights. Each part does its share
 * of the batch (or, when that is small, of the rows) into weights of its own, which are then
 * added up. */
#include "../device/dnnl.h"
#include "convolve.h"
#include "../simd.h"

#include <string.h>

#define WORK_PER_PART 300000.0
/* Beyond this, adding up costs more than is won. */
#define MAX_TASKS 64

typedef struct {
  GenConvolution *convolution;
  GenReorder *unpacker;
  gint64 large, small; /* element offsets */
} Task;

typedef struct {
  GenWindow window;
  gint64 batch, groups;
  gint64 large_channels, small_channels, large_size, small_size; /* sizes: of one item */
  GenLayout layout;
  Task tasks[MAX_TASKS];
  int n_tasks, parts, first[33];
  gsize weights; /* elements */
  gsize sums_at, parts_at, packed_size, part_size;
} Gradient;

static gsize
align (gsize size)
{
  return (size + 63) & ~(gsize)63;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenShape *x = &gen_node_input (node, 0)->shape, *dy = &gen_node_input (node, 1)->shape;
  gint64 groups = gen_node_int (node, "group", 1);
  GenShape shape = { .rank = x->rank }, expected;
  GenWindow window;
  int n;
  const gint64 *kernel = gen_node_ints (node, "kernel_shape", &n);

  if (x->rank != dy->rank || x->rank < 3 || kernel == NULL || n != x->rank - 2 || groups < 1 ||
      x->dims[1] % groups != 0 || dy->dims[1] % groups != 0)
    return gen_node_error (node, error, "its inputs, kernel_shape and group do not fit each other");
  shape.dims[0] = dy->dims[1];
  shape.dims[1] = x->dims[1] / groups;
  for (int i = 0; i < n; i++)
    shape.dims[2 + i] = kernel[i];
  if (!gen_convolve_window (&window, node, x, &shape, FALSE, error))
    return FALSE;
  expected = gen_window_output (&window, x->dims[0], dy->dims[1]);
  if (!gen_shape_equal (&expected, dy)) {
    g_autofree char *should = gen_shape_to_string (&expected), *is = gen_shape_to_string (dy);

    return gen_node_error (node, error, "its second input must be of shape %s, not %s", should, is);
  }
  gen_node_set_output (node, 0, gen_node_input (node, 0)->type, &shape);
  return TRUE;
}

static void
gradient_free (gpointer data)
{
  Gradient *g = data;

  for (int i = 0; i < g->n_tasks; i++) {
    gen_convolution_free (g->tasks[i].convolution);
    gen_reorder_free (g->tasks[i].unpacker);
  }
  g_free (g);
}

static float *
sums_of (const GenKernel *kernel, const Gradient *g, int task)
{
  if (g->n_tasks == 1)
    return kernel->outputs[0];
  return (
      float *)((char *)kernel->scratch + g->sums_at + task * align (g->weights * sizeof (float)));
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Gradient *g = kernel->state;
  char *packed = (char *)kernel->scratch + g->parts_at + part * g->part_size;

  for (int i = g->first[part]; i < g->first[part + 1]; i++) {
    const Task *task = &g->tasks[i];

    gen_convolution_run (task->convolution, (float *)kernel->inputs[0] + task->large, packed, NULL,
        (float *)kernel->inputs[1] + task->small, packed + g->packed_size);
    gen_reorder_run (task->unpacker, 0, packed, sums_of (kernel, g, i));
  }
}

GEN_CLONES (void, accumulate, (float *to, const float *from, gsize n), (to, from, n))
{
  for (gsize i = 0; i < n; i++)
    to[i] += from[i];
}

static void
add_up (const GenKernel *kernel, int part, int parts)
{
  const Gradient *g = kernel->state;
  float *to = kernel->outputs[0];
  gsize first, end;

  gen_kernel_share (g->weights, 64, part, parts, &first, &end);
  memcpy (to + first, sums_of (kernel, g, 0) + first, (end - first) * sizeof *to);
  for (int i = 1; i < g->n_tasks; i++)
    accumulate (to + first, sums_of (kernel, g, i) + first, end - first);
}

static gboolean
add_task (Gradient *g, gint64 item, gint64 items, gint64 row, gint64 rows, GError **error)
{
  GenConvolutionOptions o = { .kind = GEN_CONVOLUTION_BACKWARD_WEIGHTS,
    .layout = g->layout,
    .rank = g->window.rank,
    .batch = items,
    .groups = g->groups,
    .large_channels = g->large_channels,
    .small_channels = g->small_channels };
  Task *task = &g->tasks[g->n_tasks++];
  GenConvolutionAxis *axis = &o.axes[0];

  for (int i = 0; i < o.rank; i++) {
    const GenWindowAxis *a = &g->window.axes[i];

    o.axes[i] = (GenConvolutionAxis){ .large = a->in,
      .small = a->out,
      .kernel = a->kernel,
      .stride = a->stride,
      .dilation = a->dilation,
      .before = a->before,
      .after = a->after };
  }
  task->large = item * g->large_size;
  task->small = item * g->small_size;
  if (rows < axis->small) {
    gint64 first = row * axis->stride - axis->before;
    gint64 end = first + (rows - 1) * axis->stride + axis->dilation * (axis->kernel - 1) + 1;

    task->large += MAX (first, 0) * (g->large_size / axis->large);
    task->small += row * (g->small_size / axis->small);
    axis->before = MAX (0, -first);
    axis->after = MAX (0, end - axis->large);
    axis->large = MIN (end, axis->large) - MAX (first, 0);
    axis->small = rows;
  }
  task->convolution = gen_convolution_new (&o, error);
  if (task->convolution == NULL)
    return FALSE;
  task->unpacker = gen_convolution_unpacker (task->convolution, error);
  if (task->unpacker == NULL)
    return FALSE;
  g->packed_size = MAX (g->packed_size, align (gen_convolution_weights_size (task->convolution)));
  g->part_size = MAX (g->part_size, align (gen_convolution_scratch_size (task->convolution)));
  return TRUE;
}

/* Whole items, or, where there are fewer than parts, rows of all items one after the other. */
static gboolean
split (Gradient *g, GError **error)
{
  gboolean cuts = g->layout == GEN_LAYOUT_CHANNELS_LAST && g->batch < g->parts;
  gint64 rows = cuts ? g->window.axes[0].out : 1, all = g->window.axes[0].out;

  for (int part = 0; part < g->parts; part++) {
    gsize first, end;

    g->first[part] = g->n_tasks;
    gen_kernel_share (g->batch * rows, 1, part, g->parts, &first, &end);
    while (first < end && g->n_tasks < MAX_TASKS) {
      gint64 row = first % rows, left = end - first;
      gboolean whole = row == 0 && left >= rows;
      gint64 count = whole ? left / rows * rows : MIN (left, rows - row);

      if (!add_task (g, first / rows, whole ? count / rows : 1, row, whole ? all : count, error))
        return FALSE;
      first += count;
    }
  }
  g->first[g->parts] = g->n_tasks;
  return TRUE;
}

static double
flops (const GenNode *node)
{
  return gen_convolve_flops (&gen_node_input (node, 1)->shape, &gen_node_output (node, 0)->shape);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0), *dy = gen_node_input (node, 1);
  const GenShape *weights = &gen_node_output (node, 0)->shape;
  Gradient *g;

  if (x->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error, "only float32 is supported");
  if (gen_shape_elements (&x->shape) == 0 || gen_shape_elements (weights) == 0)
    return gen_node_error (node, error, "its inputs must not be empty");
  g = g_new0 (Gradient, 1);
  kernel->state = g;
  kernel->free_state = gradient_free;
  if (!gen_convolve_window (&g->window, node, &x->shape, weights, FALSE, error))
    return FALSE;
  g->batch = x->shape.dims[0];
  g->groups = gen_node_int (node, "group", 1);
  g->large_channels = x->shape.dims[1];
  g->small_channels = dy->shape.dims[1];
  g->large_size = gen_shape_product (&x->shape, 1, x->shape.rank);
  g->small_size = gen_shape_product (&dy->shape, 1, dy->shape.rank);
  g->layout = x->layout;
  g->weights = gen_shape_elements (weights);
  g->parts = CLAMP (flops (node) / WORK_PER_PART, 1, MIN (kernel->threads, MAX_TASKS / 3));
  if (!split (g, error)) {
    g_prefix_error (error, "node '%s' (%s): ", node->name, node->op->name);
    return FALSE;
  }
  g->parts_at = g->n_tasks > 1 ? g->n_tasks * align (g->weights * sizeof (float)) : 0;
  g->part_size += g->packed_size;
  kernel->scratch_size = g->parts_at + g->parts * g->part_size;
  gen_kernel_add_step (kernel, run, g->parts);
  if (g->n_tasks > 1)
    gen_kernel_add_step (kernel, add_up, gen_kernel_parts (kernel, g->weights, 0.3 * g->n_tasks));
  return TRUE;
}

/* Linear in x and in dy: with G the gradient that flows in, dy is met by Conv (x, G), and x by
 * ConvTranspose (dy, G). */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0), *dy = gen_node_input (g->node, 1);
  int groups = gen_node_int (g->node, "group", 1);
  gint64 extra[GEN_WINDOW_MAX_RANK];
  GenWindowLists lists;
  GenWindow window;

  if (!gen_convolve_window (
          &window, g->node, &x->shape, &gen_node_output (g->node, 0)->shape, FALSE, error))
    return FALSE;
  lists = gen_window_lists (&window);
  gen_convolve_output_padding (&window, extra);
  if (g->needed[0]) {
    g->inputs[0] = gen_graph_op (g->graph, "ConvTranspose", (GenTensor *[]){ dy, g->outputs[0] }, 2,
        1, error, GEN_WINDOW_ATTRIBUTES (lists), "group", GEN_INT, groups, "output_padding",
        GEN_INTS, window.rank, extra, NULL);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[1]) {
    g->inputs[1] = gen_graph_op (g->graph, "Conv", (GenTensor *[]){ x, g->outputs[0] }, 2, 1, error,
        GEN_WINDOW_ATTRIBUTES (lists), "group", GEN_INT, groups, NULL);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  return TRUE;
}

const GenOperator gen_operator_conv_weight_gradient = {
  .name = "ConvWeightGradient",
  .domain = "generative",
  .summary = "Gradient of the weights of Conv and ConvTranspose",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_CHANNELS_LAST,
  .layout_inputs = 1u << 1,
  .layout_output_plain = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
  .flops = flops,
};
