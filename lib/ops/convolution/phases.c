/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transposed convolutions as dense ones. With stride s, the results at s * i + r - cut of one
 * axis hang on the inputs i, i - 1, … through every s-th tap of the kernel, from tap r on: a
 * phase. No zeros are multiplied, as they would be in a convolution of a spread-out input, and
 * nothing is added up in memory, as the textbook's scattering does.
 *
 * All phases look at the same inputs, so they can be done as one convolution with s * s times
 * the channels; at the edges, it makes some results that are cut off. Where these are many, each
 * phase of an axis is its own convolution. */
#include "phases.h"
#include "convolve-private.h"

#include <string.h>

/* Results of the joint form that may be cut off, for one that is kept. */
#define JOINT_WASTE 1.15
/* With fewer channels than this, phases are joined in any case: oneDNN would work on vectors
 * that are partly empty. */
#define FEW_CHANNELS 32

static gint64
ceil_div (gint64 a, gint64 b)
{
  return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

static gint64
floor_div (gint64 a, gint64 b)
{
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

gboolean
gen_phases_window (GenWindow *phased, const GenWindow *window, gint64 groups)
{
  gboolean single = groups == 1;

  *phased = *window;
  for (int i = 0; i < window->rank; i++)
    single = single && window->axes[i].in == 1 && window->axes[i].dilation == 1;
  for (int i = 0; i < window->rank; i++) {
    GenWindowAxis *axis = &phased->axes[i];

    /* Over a single input the stride has no meaning. */
    if (single)
      axis->stride = axis->kernel;
    if (axis->kernel < axis->stride || (axis->stride > 1 && axis->dilation > 1))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_phase_init (GenPhase *result, const GenWindowAxis *axis, gint64 phase, gint64 phases)
{
  gint64 taps = (axis->kernel - phase + axis->stride - 1) / axis->stride;
  gint64 first = MAX (0, ceil_div (axis->before - (phase + phases - 1), axis->stride));
  gint64 end = floor_div (axis->out - 1 + axis->before - phase, axis->stride) + 1;

  *result = (GenPhase){ .phase = phase,
    .phases = phases,
    .taps = taps,
    .first = first,
    .windows = end - first,
    .before = (taps - 1) * axis->dilation - first,
    .after = end - axis->in };
  return taps > 0 && end > first && result->before >= 0 && result->after >= 0;
}

static gboolean
init_axis (GenProblem *problem, int axis, const GenWindowAxis *window, gint64 phase, gint64 phases)
{
  GenPhase p;

  if (!gen_phase_init (&p, window, phase, phases))
    return FALSE;
  problem->axes[axis] = (GenConvolutionAxis){ .large = window->in,
    .small = p.windows,
    .kernel = p.taps,
    .stride = 1,
    .dilation = window->dilation,
    .before = p.before,
    .after = p.after };
  problem->scatter[axis].first = p.first;
  problem->scatter[axis].stride = window->stride;
  problem->scatter[axis].phase = phase;
  problem->scatter[axis].phases = phases;
  problem->scatter[axis].cut = window->before;
  problem->scatter[axis].out = window->out;
  return TRUE;
}

static gboolean
add_problem (GenConvolve *c, const GenWindowAxis *rows, const GenWindowAxis *columns,
    gint64 row_phase, gint64 row_phases, gint64 column_phase, gint64 column_phases)
{
  GenProblem p = { .kind = GEN_CONVOLUTION_FORWARD,
    .rank = 2,
    .groups = c->groups,
    .in_channels = c->in_channels,
    .out_channels = row_phases * column_phases * c->out_channels };
  gint64 width = p.out_channels / p.groups;

  if (!init_axis (&p, 0, rows, row_phase, row_phases) ||
      !init_axis (&p, 1, columns, column_phase, column_phases))
    return FALSE;
  /* Weights are [tap, tap, in, out]. */
  p.weights = c->permuted_size / sizeof (float);
  p.weight_strides[0] = 1;
  p.weight_strides[1] = width;
  p.weight_strides[3] = c->in_channels * width;
  p.weight_strides[2] = p.axes[1].kernel * p.weight_strides[3];
  p.group_stride = c->in_channels / c->groups * width;
  p.scattered = rows->stride != 1 || columns->stride != 1;
  /* A single window that makes the whole result makes it in place. */
  if (p.axes[0].small == 1 && p.axes[1].small == 1 && row_phases == rows->out &&
      column_phases == columns->out && rows->before == 0 && columns->before == 0)
    p.scattered = FALSE;
  c->permuted_size += p.axes[0].kernel * p.axes[1].kernel * c->in_channels * width * sizeof (float);
  g_array_append_val (c->problems, p);
  return TRUE;
}

static gboolean
joins (const GenConvolve *c, const GenWindowAxis *axis)
{
  gint64 windows = (axis->out + axis->before - 1) / axis->stride + 1 -
                   MAX (0, ceil_div (axis->before - (axis->stride - 1), axis->stride));

  if (axis->stride == 1)
    return TRUE;
  return c->groups == 1 &&
         (c->out_channels < FEW_CHANNELS || windows * axis->stride <= JOINT_WASTE * axis->out);
}

gboolean
gen_phases_split (GenConvolve *c)
{
  GenWindowAxis rows = { 1, 1, 1, 1, 1, 0, 0 }, columns;
  gint64 row_step, column_step;
  GenWindow phased;

  if (c->window.rank > 2 || !gen_phases_window (&phased, &c->window, c->groups))
    return FALSE;
  columns = phased.axes[phased.rank - 1];
  if (phased.rank == 2)
    rows = phased.axes[0];
  row_step = joins (c, &rows) ? rows.stride : 1;
  column_step = joins (c, &columns) ? columns.stride : 1;
  for (gint64 y = 0; y < rows.stride; y += row_step)
    for (gint64 x = 0; x < columns.stride; x += column_step)
      if (!add_problem (c, &rows, &columns, y, row_step, x, column_step)) {
        g_array_set_size (c->problems, 0);
        c->permuted_size = 0;
        return FALSE;
      }
  c->permuted = TRUE;
  return TRUE;
}

/* Weights of input channel `in`: [out / groups, kernel rows, kernel columns]. */
static void
permute_channel (const GenConvolve *c, const GenProblem *p, gint64 in,
    const GenFloatAnywhere *weights, float *permuted)
{
  gint64 channels = c->out_channels / c->groups, width = p->out_channels / p->groups;
  gint64 row_taps = p->axes[0].kernel, column_taps = p->axes[1].kernel;
  gint64 kernel_columns = c->window.axes[c->window.rank - 1].kernel;
  gint64 kernel_rows = c->window.rank == 2 ? c->window.axes[0].kernel : 1;

  for (gint64 ty = 0; ty < row_taps; ty++)
    for (gint64 tx = 0; tx < column_taps; tx++) {
      float *to = permuted + ((ty * column_taps + tx) * c->in_channels + in) * width;

      for (gint64 y = 0; y < p->scatter[0].phases; y++)
        for (gint64 x = 0; x < p->scatter[1].phases; x++, to += channels) {
          /* The last tap of the dense convolution is the first of the phase. */
          gint64 ky = (row_taps - 1 - ty) * p->scatter[0].stride + p->scatter[0].phase + y;
          gint64 kx = (column_taps - 1 - tx) * p->scatter[1].stride + p->scatter[1].phase + x;
          const GenFloatAnywhere *from = weights + ky * kernel_columns + kx;

          if (ky >= kernel_rows || kx >= kernel_columns) {
            memset (to, 0, channels * sizeof *to);
            continue;
          }
          for (gint64 o = 0; o < channels; o++)
            to[o] = from[o * kernel_rows * kernel_columns];
        }
    }
}

void
gen_phases_permute (
    const GenConvolve *c, const GenFloatAnywhere *weights, float *permuted, int part, int parts)
{
  gint64 size = c->out_channels / c->groups;
  gsize first, end;

  for (int i = 0; i < c->window.rank; i++)
    size *= c->window.axes[i].kernel;
  gen_kernel_share (c->in_channels, 1, part, parts, &first, &end);
  for (gsize in = first; in < end; in++)
    for (guint i = 0; i < c->problems->len; i++) {
      const GenProblem *p = &g_array_index (c->problems, GenProblem, i);

      permute_channel (c, p, in, weights + in * size, permuted + p->weights);
    }
}

/* One row of windows, for one phase of rows: `made` holds the channels [first, end) of
 * (phase of columns, channel) at each window, `stride` elements apart. */
static void
scatter_row (const GenConvolve *c, const GenProblem *p, gint64 first, gint64 end, const float *made,
    gint64 stride, float *row)
{
  gint64 channels = c->out_channels, width = p->scatter[1].out * channels;
  gint64 step = p->scatter[1].stride * channels;
  gint64 at =
      (p->scatter[1].first * p->scatter[1].stride + p->scatter[1].phase - p->scatter[1].cut) *
          channels +
      first;

  for (gint64 w = 0; w < p->axes[1].small; w++, at += step, made += stride) {
    gint64 skip = MAX (0, -at), n = MIN (end - first, width - at) - skip;

    if (n > 0)
      memcpy (row + at + skip, made + skip, n * sizeof *row);
  }
}

void
gen_phases_scatter (const GenConvolve *c, const GenTask *task, const float *made, float *result)
{
  const GenProblem *p = &g_array_index (c->problems, GenProblem, task->problem);
  gint64 columns = p->axes[1].small, width = p->scatter[1].phases * c->out_channels;

  for (gint64 item = 0; item < task->items; item++)
    for (gint64 w = 0; w < task->rows; w++) {
      const float *windows = made + (item * task->rows + w) * columns * task->channels;

      for (gint64 r = 0; r < p->scatter[0].phases; r++) {
        gint64 y = (p->scatter[0].first + task->row + w) * p->scatter[0].stride +
                   p->scatter[0].phase + r - p->scatter[0].cut;
        /* The task's channels within this phase of rows. */
        gint64 first = MAX (task->channel, r * width);
        gint64 end = MIN (task->channel + task->channels, (r + 1) * width);

        if (y >= 0 && y < p->scatter[0].out && first < end)
          scatter_row (c, p, first - r * width, end - r * width, windows + first - task->channel,
              task->channels,
              result + (task->item + item) * c->result_size +
                  y * p->scatter[1].out * c->out_channels);
      }
    }
}

void
gen_phases_put (const GenConvolve *c, const GenProblem *p, gint64 item, gint64 row, gint64 column,
    gint64 first, gint64 n, const float *made, float *result)
{
  gint64 end = first + n, channels = c->out_channels;

  while (first < end) {
    gint64 phase = end <= channels ? 0 : first / channels, channel = first - phase * channels;
    gint64 some = MIN (channels - channel, end - first);
    gint64 y = (p->scatter[0].first + row) * p->scatter[0].stride + p->scatter[0].phase +
               (phase > 0 ? phase / p->scatter[1].phases : 0) - p->scatter[0].cut;
    gint64 x = (p->scatter[1].first + column) * p->scatter[1].stride + p->scatter[1].phase +
               (phase > 0 ? phase % p->scatter[1].phases : 0) - p->scatter[1].cut;

    if (y >= 0 && y < p->scatter[0].out && x >= 0 && x < p->scatter[1].out)
      memcpy (result + item * c->result_size + (y * p->scatter[1].out + x) * channels + channel,
          made, some * sizeof *made);
    first += some;
    made += some;
  }
}

void
gen_phases_add (const GenConvolve *c, const GenProblem *p, gint64 item, gint64 row, gint64 column,
    gint64 first, gint64 n, const float *added, float *made)
{
  added += item * c->result_size + (row * p->scatter[1].out + column) * c->out_channels + first;
  for (gint64 i = 0; i < n; i++)
    made[i] += added[i];
}
