/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gradient of a convolution's weights by oneDNN. Each part does its share of the batch (or,
 * when that is small, of the rows) into weights of its own, which are then added up. */
#include "weight-gradient.h"

#include <string.h>

#include "../../device/dnnl.h"
#include "../../simd.h"

/* Beyond this, adding up costs more than is won. */
#define MAX_TASKS 64

typedef struct {
  GenConvolution *convolution;
  GenReorder *unpacker;
  gint64 large, small; /* element offsets */
} Task;

typedef struct {
  GenWeightGradient of;
  Task tasks[MAX_TASKS];
  int n_tasks, parts, first[33];
  gsize sums_at, parts_at, packed_size, part_size;
} Gradient;

static gsize
align (gsize size)
{
  return (size + 63) & ~(gsize)63;
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
  return (float *)((char *)kernel->scratch + g->sums_at +
                   task * align (g->of.weights * sizeof (float)));
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

  gen_kernel_share (g->of.weights, 64, part, parts, &first, &end);
  memcpy (to + first, sums_of (kernel, g, 0) + first, (end - first) * sizeof *to);
  for (int i = 1; i < g->n_tasks; i++)
    accumulate (to + first, sums_of (kernel, g, i) + first, end - first);
}

static gboolean
add_task (Gradient *g, gint64 item, gint64 items, gint64 row, gint64 rows, GError **error)
{
  GenConvolutionOptions o = { .kind = GEN_CONVOLUTION_BACKWARD_WEIGHTS,
    .layout = g->of.layout,
    .rank = g->of.window.rank,
    .batch = items,
    .groups = g->of.groups,
    .large_channels = g->of.large_channels,
    .small_channels = g->of.small_channels };
  Task *task = &g->tasks[g->n_tasks++];
  GenConvolutionAxis *axis = &o.axes[0];

  for (int i = 0; i < o.rank; i++) {
    const GenWindowAxis *a = &g->of.window.axes[i];

    o.axes[i] = (GenConvolutionAxis){ .large = a->in,
      .small = a->out,
      .kernel = a->kernel,
      .stride = a->stride,
      .dilation = a->dilation,
      .before = a->before,
      .after = a->after };
  }
  task->large = item * g->of.large_size;
  task->small = item * g->of.small_size;
  if (rows < axis->small) {
    gint64 first = row * axis->stride - axis->before;
    gint64 end = first + (rows - 1) * axis->stride + axis->dilation * (axis->kernel - 1) + 1;

    task->large += MAX (first, 0) * (g->of.large_size / axis->large);
    task->small += row * (g->of.small_size / axis->small);
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
  gboolean cuts = g->of.layout == GEN_LAYOUT_CHANNELS_LAST && g->of.batch < g->parts;
  gint64 rows = cuts ? g->of.window.axes[0].out : 1, all = g->of.window.axes[0].out;

  for (int part = 0; part < g->parts; part++) {
    gsize first, end;

    g->first[part] = g->n_tasks;
    gen_kernel_share (g->of.batch * rows, 1, part, g->parts, &first, &end);
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

gboolean
gen_weight_gradient_library_init (GenKernel *kernel, const GenWeightGradient *of, GError **error)
{
  Gradient *g = g_new0 (Gradient, 1);

  kernel->state = g;
  kernel->free_state = gradient_free;
  g->of = *of;
  g->parts = MIN (of->parts, MAX_TASKS / 3);
  if (!split (g, error)) {
    g_prefix_error (error, "node '%s' (%s): ", kernel->node->name, kernel->node->op->name);
    return FALSE;
  }
  g->parts_at = g->n_tasks > 1 ? g->n_tasks * align (of->weights * sizeof (float)) : 0;
  g->part_size += g->packed_size;
  kernel->scratch_size = g->parts_at + g->parts * g->part_size;
  gen_kernel_add_step (kernel, run, g->parts);
  if (g->n_tasks > 1)
    gen_kernel_add_step (kernel, add_up, gen_kernel_parts (kernel, of->weights, 0.3 * g->n_tasks));
  return TRUE;
}
