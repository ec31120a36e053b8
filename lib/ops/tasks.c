/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cutting convolutions into parts for threads. Rows of all items, one after the other, are
 * shared out evenly: a part gets the end of one item, some whole ones, and the beginning of
 * another, each one call of oneDNN. Where there are too few rows for that, and for deep layers
 * with small pictures that is so, each part makes some of the channels. */
#include "convolution/convolve-private.h"

/* Multiplications and additions that are worth a part: some four microseconds. */
#define WORK_PER_PART 300000.0
/* Results that a call should have at each channel, to make up for reading the weights. */
#define FEW_POSITIONS 64
/* Channels are cut at multiples of this, which is what formats block by. */
#define CHANNEL_GRAIN 32

static gsize
align (gsize size)
{
  return (size + 63) & ~(gsize)63;
}

static gint64
positions (const GenProblem *p, int from)
{
  gint64 n = 1;

  for (int i = from; i < p->rank; i++)
    n *= p->axes[i].small;
  return n;
}

static double
work_of (const GenConvolve *c)
{
  double work = 0;

  for (guint i = 0; i < c->problems->len; i++) {
    const GenProblem *p = &g_array_index (c->problems, GenProblem, i);
    double each = 2.0 * p->in_channels / p->groups * p->out_channels * positions (p, 0);

    for (int k = 0; k < p->rank; k++)
      each *= p->axes[k].kernel;
    work += each * c->batch;
  }
  return work;
}

static void
init_options (const GenConvolve *c, const GenTask *task, gboolean bias, GenConvolutionOptions *o)
{
  const GenProblem *p = &g_array_index (c->problems, GenProblem, task->problem);
  GenConvolutionAxis *rows = &o->axes[0];
  gboolean forward = p->kind == GEN_CONVOLUTION_FORWARD;

  *o = (GenConvolutionOptions){ .kind = p->kind,
    .layout = c->layout,
    .rank = p->rank,
    .batch = task->items,
    .groups = p->groups,
    .large_channels = forward ? p->in_channels : task->channels,
    .small_channels = forward ? task->channels : p->in_channels,
    .bias = bias && forward,
    .activation = c->fused };
  for (int i = 0; i < p->rank; i++)
    o->axes[i] = p->axes[i];
  if (forward && task->rows < rows->small) {
    gint64 first = task->row * rows->stride - rows->before;
    gint64 end = first + (task->rows - 1) * rows->stride + rows->dilation * (rows->kernel - 1) + 1;

    rows->before = MAX (0, -first);
    rows->after = MAX (0, end - rows->large);
    rows->large = MIN (end, rows->large) - MAX (first, 0);
    rows->small = task->rows;
  }
}

static int
find_pack (GenConvolve *c, const GenTask *task, int parts, GError **error)
{
  const GenProblem *p = &g_array_index (c->problems, GenProblem, task->problem);
  GenPack pack = { task->convolution, NULL, task->problem, task->channel, task->channels,
    p->weights + task->channel * p->weight_strides[0], c->packed_size };

  for (guint i = 0; i < c->packs->len; i++) {
    const GenPack *other = &g_array_index (c->packs, GenPack, i);

    if (other->problem == task->problem && other->channel == task->channel &&
        other->channels == task->channels &&
        gen_convolution_same_weights (other->convolution, task->convolution))
      return i;
  }
  pack.packer =
      gen_convolution_packer (task->convolution, p->group_stride, p->weight_strides, parts, error);
  if (pack.packer == NULL)
    return -1;
  c->packed_size += align (gen_convolution_weights_size (task->convolution));
  g_array_append_val (c->packs, pack);
  return c->packs->len - 1;
}

static gboolean
add_task (GenConvolve *c, GenTask task, gboolean bias, GError **error)
{
  const GenProblem *p = &g_array_index (c->problems, GenProblem, task.problem);
  const GenConvolutionAxis *rows = &p->axes[0];
  gboolean whole = task.channels == p->out_channels;
  GenConvolutionOptions options;
  gsize made = 0;

  init_options (c, &task, bias, &options);
  task.convolution = gen_convolution_new (&options, error);
  if (task.convolution == NULL)
    return FALSE;
  g_array_append_val (c->tasks, task);
  task.pack = find_pack (c, &task, c->parts, error);
  if (task.pack < 0)
    return FALSE;
  task.source = task.item * c->source_size;
  if (task.row > 0)
    task.source +=
        MAX (0, task.row * rows->stride - rows->before) * (c->source_size / MAX (rows->large, 1));
  task.direct =
      !p->scattered && (whole || (task.items == 1 && positions (p, 1) == 1 && task.rows == 1));
  task.result = task.item * c->result_size + task.channel;
  if (task.row > 0)
    task.result += task.row * positions (p, 1) * p->out_channels;
  if (!task.direct)
    made = task.items * task.rows * positions (p, 1) * task.channels * sizeof (float);
  c->call_scratch = MAX (c->call_scratch, align (gen_convolution_scratch_size (task.convolution)));
  c->part_scratch = MAX (c->part_scratch, align (made));
  g_array_index (c->tasks, GenTask, c->tasks->len - 1) = task;
  return TRUE;
}

/* The part's share of all rows of all items: at most three tasks. */
static gboolean
add_rows (GenConvolve *c, int problem, int part, gboolean bias, GError **error)
{
  const GenProblem *p = &g_array_index (c->problems, GenProblem, problem);
  gboolean cuts = p->kind == GEN_CONVOLUTION_FORWARD && c->layout == GEN_LAYOUT_CHANNELS_LAST;
  gint64 rows = cuts ? p->axes[0].small : 1, all = p->axes[0].small;
  gsize first, end;

  gen_kernel_share (c->batch * rows, 1, part, c->parts, &first, &end);
  while (first < end) {
    gint64 row = first % rows, left = end - first;
    GenTask task = { .problem = problem,
      .item = first / rows,
      .items = 1,
      .row = row,
      .rows = all,
      .channels = p->out_channels };

    if (row == 0 && left >= rows) {
      task.items = left / rows;
      first += task.items * rows;
    } else {
      task.rows = MIN (left, rows - row);
      first += task.rows;
    }
    if (!add_task (c, task, bias, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
add_channels (GenConvolve *c, int problem, int part, gboolean bias, GError **error)
{
  const GenProblem *p = &g_array_index (c->problems, GenProblem, problem);
  GenTask task = { .problem = problem, .items = c->batch, .rows = p->axes[0].small };
  gsize first, end;

  gen_kernel_share (p->out_channels, CHANNEL_GRAIN, part, c->parts, &first, &end);
  task.channel = first;
  task.channels = end - first;
  return first == end || add_task (c, task, bias, error);
}

static gboolean
can_cut_channels (const GenConvolve *c, const GenProblem *p, int parts)
{
  return parts > 1 && p->kind == GEN_CONVOLUTION_FORWARD && c->layout == GEN_LAYOUT_CHANNELS_LAST &&
         p->rank == 2 && p->groups == 1 && p->out_channels >= parts * CHANNEL_GRAIN;
}

static gboolean
by_channels (const GenConvolve *c, const GenProblem *p, int parts)
{
  return can_cut_channels (c, p, parts) && c->batch * positions (p, 0) < parts * FEW_POSITIONS;
}

gboolean
gen_tasks_can_cut_channels (const GenConvolve *c, int threads)
{
  int parts = gen_tasks_parts (c, threads);

  for (guint i = 0; i < c->problems->len; i++)
    if (can_cut_channels (c, &g_array_index (c->problems, GenProblem, i), parts))
      return TRUE;
  return FALSE;
}

gboolean
gen_tasks_by_channels (const GenConvolve *c, int threads)
{
  int parts = gen_tasks_parts (c, threads);

  for (guint i = 0; i < c->problems->len; i++)
    if (by_channels (c, &g_array_index (c->problems, GenProblem, i), parts))
      return TRUE;
  return FALSE;
}

int
gen_tasks_parts (const GenConvolve *c, int threads)
{
  return CLAMP (work_of (c) / WORK_PER_PART, 1, MIN (threads, 32));
}

gboolean
gen_tasks_split (GenConvolve *c, int threads, gboolean channels, gboolean bias, GError **error)
{
  c->parts = gen_tasks_parts (c, threads);
  for (int part = 0; part < c->parts; part++) {
    c->first[part] = c->tasks->len;
    for (guint i = 0; i < c->problems->len; i++) {
      const GenProblem *p = &g_array_index (c->problems, GenProblem, i);
      gboolean added = channels && can_cut_channels (c, p, c->parts)
                           ? add_channels (c, i, part, bias, error)
                           : add_rows (c, i, part, bias, error);

      if (!added)
        return FALSE;
    }
  }
  c->first[c->parts] = c->tasks->len;
  c->part_scratch += c->call_scratch;
  return TRUE;
}
