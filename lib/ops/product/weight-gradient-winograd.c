/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gradient of the weights of a dense convolution of kernel 3 by a quarter of the
 * multiplications (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016): what
 * winograd.c does, transposed. With Y = A' [(G g G') * (B' d B)] A of a square of 6 by 6 inputs d
 * and 4 by 4 results, that of g is G' [sum over squares of (B' d B) * (A dY A')] G, and the sum is,
 * for each of the 36 places of a square, a matrix product of x's channels by dy's channels over the
 * squares.
 *
 * Squares are taken in groups, which stay in the second-level cache; sums stay in memory from group
 * to group, and are brought to taps at the end. Parts share the channels of x or of dy; each sum is
 * made by one part in one order, so that results do not hang on the number of threads. */
#include "weight-gradient.h"

#include <string.h>

#include "../../device/gemm-unit.h"
#include "../convolution/winograd-unit.h"

#define KERNEL 3
#define SIDE 6
#define MADE 4
#define PLACES (SIDE * SIDE)
/* Channels of x in a vector, of which whole ones hold those of a part. */
#define WIDE 16
#define NARROW 8
/* Channels of both. */
#define LEAST_CHANNELS 16
/* Floats of a group, and the squares that it has at least, so that sums are not read for too few.
 */
#define GROUP_FLOATS (320 * 1024)
#define LEAST_GROUP 64
/* Floats between the places of a square, so that those of one square do not meet in one set of a
 * cache. */
#define GAP 16
/* Fewer are not worth bringing sums to taps. */
#define LEAST_SQUARES 32
/* Bytes of sums, four times those of the weights. */
#define MAX_SUMS (10 << 20)

typedef struct {
  GenWeightGradient of;
  const GenGemmUnit *unit;
  const GenWinogradUnit *transforms;
  gint64 rows, columns, squares; /* in an item: rows * columns; of the batch */
  gint64 panels, group;
  gint64 vector; /* of channels of x: WIDE or NARROW */
  gint64 plane;  /* floats from one place of sums to the next */
  gboolean split_panels;
  int parts;
  gsize sums_size, part_size; /* bytes */
} Winograd;

/* A part's share, and its scratch. */
typedef struct {
  const Winograd *w;
  const float *x, *dy;
  float *sums;                     /* [place, panel, channel, column] */
  gint64 channel, channels;        /* of x */
  gint64 panel, panels;            /* of dy */
  gint64 large_plane, small_plane; /* floats from one place to the next */
  float *edge, *large,
      *small; /* a square; [place, square, channel]; [panel, place, square, column] */
} Work;

typedef struct {
  gint64 item, row, column;
} Square;

static Square
find_square (const Winograd *w, gint64 number)
{
  const gint64 in_item = number % (w->rows * w->columns);

  return (Square){ number / (w->rows * w->columns), in_item / w->columns * MADE,
    in_item % w->columns * MADE };
}

/* `side` by `side` pixels from (y, x) on, of `n` of `channels` channels, with zeros beyond the
 * picture and behind them up to `width`. */
static void
copy_edge (const float *picture, gint64 height, gint64 across, gint64 channels, gint64 y, gint64 x,
    int side, gint64 n, gint64 width, float *to)
{
  memset (to, 0, side * side * width * sizeof *to);
  for (gint64 v = MAX (0, -y); v < MIN (side, height - y); v++)
    for (gint64 u = MAX (0, -x); u < MIN (side, across - x); u++)
      memcpy (to + (v * side + u) * width, picture + ((y + v) * across + x + u) * channels,
          n * sizeof *to);
}

static void
take_large (const Work *work, const Square *square, gint64 number)
{
  const Winograd *w = work->w;
  const GenWindowAxis *rows = &w->of.window.axes[0], *columns = &w->of.window.axes[1];
  const gint64 all = w->of.large_channels, n = work->channels;
  const gint64 y = square->row - rows->before, x = square->column - columns->before;
  const float *picture = work->x + square->item * w->of.large_size + work->channel;
  const float *from = picture + (y * columns->in + x) * all;
  gint64 row = columns->in * all, pixel = all;

  if (y < 0 || x < 0 || y + SIDE > rows->in || x + SIDE > columns->in) {
    copy_edge (picture, rows->in, columns->in, all, y, x, SIDE, n, n, work->edge);
    from = work->edge;
    row = SIDE * n;
    pixel = n;
  }
  w->transforms->in[TRUE](from, row, pixel, n, work->large + number * n, work->large_plane);
}

static void
take_small (const Work *work, const Square *square, gint64 number, gint64 panel)
{
  const Winograd *w = work->w;
  const gint64 height = w->of.window.axes[0].out, across = w->of.window.axes[1].out;
  const gint64 all = w->of.small_channels, width = w->unit->panel;
  const gint64 first = (work->panel + panel) * width, n = MIN (width, all - first);
  const float *picture = work->dy + square->item * w->of.small_size + first;
  const float *from = picture + (square->row * across + square->column) * all;
  gint64 row = across * all, pixel = all;

  if (n < width || square->row + MADE > height || square->column + MADE > across) {
    copy_edge (
        picture, height, across, all, square->row, square->column, MADE, n, width, work->edge);
    from = work->edge;
    row = MADE * width;
    pixel = width;
  }
  w->transforms->spread (from, row, pixel, width,
      work->small + panel * PLACES * work->small_plane + number * width, work->small_plane);
}

static void
multiply (const Work *work, gint64 n, gboolean adds)
{
  const Winograd *w = work->w;
  const GenGemmUnit *unit = w->unit;
  const gint64 channels = work->channels, tiles = (channels + unit->rows - 1) / unit->rows;

  for (gint64 place = 0; place < PLACES; place++)
    for (gint64 panel = 0; panel < work->panels; panel++) {
      const float *large = work->large + place * work->large_plane;
      const float *small = work->small + (panel * PLACES + place) * work->small_plane;
      float *sums = work->sums + place * w->plane +
                    ((work->panel + panel) * w->of.large_channels + work->channel) * unit->panel;

      for (gint64 t = 0; t < tiles; t++) {
        const gint64 first = channels * t / tiles;

        unit->tile (channels * (t + 1) / tiles - first, large + first, 1, channels, small, n, adds,
            sums + first * unit->panel);
      }
    }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Winograd *w = kernel->state;
  float *own = (float *)((char *)kernel->scratch + w->sums_size + part * w->part_size);
  gsize channel = 0, channel_end = w->of.large_channels, panel = 0, panel_end = w->panels;
  Work work = { w, kernel->inputs[0], kernel->inputs[1], kernel->scratch };

  if (w->split_panels)
    gen_kernel_share (w->panels, 1, part, parts, &panel, &panel_end);
  else
    gen_kernel_share (w->of.large_channels, w->vector, part, parts, &channel, &channel_end);
  work.channel = (gint64)channel;
  work.channels = (gint64)(channel_end - channel);
  work.panel = (gint64)panel;
  work.panels = (gint64)(panel_end - panel);
  work.edge = own;
  work.large = own + PLACES * MAX (work.channels, w->unit->panel);
  work.large_plane = w->group * work.channels + GAP;
  work.small_plane = w->group * w->unit->panel + GAP;
  work.small = work.large + PLACES * work.large_plane;
  for (gint64 at = 0; at < w->squares; at += w->group) {
    const gint64 n = MIN (w->group, w->squares - at);

    for (gint64 i = 0; i < n; i++) {
      const Square square = find_square (w, at + i);

      take_large (&work, &square, i);
      for (gint64 p = 0; p < work.panels; p++)
        take_small (&work, &square, i, p);
    }
    multiply (&work, n, at > 0);
  }
}

/* The sums of a row of a panel as taps, in the order of weights. */
static void
run_order (const GenKernel *kernel, int part, int parts)
{
  const Winograd *w = kernel->state;
  const gint64 in = w->of.large_channels, width = w->unit->panel;
  float taps[KERNEL * KERNEL * GEN_GEMM_MAX_PANEL], *weights = kernel->outputs[0];
  const float *sums = kernel->scratch;
  gsize at, end;

  gen_kernel_share (w->panels * in, 1, part, parts, &at, &end);
  for (; at < end; at++) {
    const gint64 first = (gint64)at / in * width, channel = (gint64)at % in;
    const gint64 n = MIN (width, w->of.small_channels - first);

    w->transforms->gather (sums + (gint64)at * width, w->plane, width, taps);
    for (gint64 column = 0; column < n; column++)
      for (int tap = 0; tap < KERNEL * KERNEL; tap++)
        weights[((first + column) * in + channel) * KERNEL * KERNEL + tap] =
            taps[tap * width + column];
  }
}

/* --- preparing --- */

static gint64
count_squares (gint64 extent)
{
  return (extent + MADE - 1) / MADE;
}

gboolean
gen_weight_gradient_winograd_suits (const GenWeightGradient *g)
{
  gint64 squares = g->batch;

  if (g->layout != GEN_LAYOUT_CHANNELS_LAST || g->groups != 1 || g->window.rank != 2 ||
      g->large_channels % NARROW != 0 || g->large_channels < LEAST_CHANNELS ||
      g->small_channels < LEAST_CHANNELS ||
      PLACES * g->large_channels * g->small_channels * (gint64)sizeof (float) > MAX_SUMS)
    return FALSE;
  for (int i = 0; i < 2; i++) {
    const GenWindowAxis *axis = &g->window.axes[i];

    /* Nor squares that are mostly beyond the edge. */
    if (axis->kernel != KERNEL || axis->stride != 1 || axis->dilation != 1 ||
        axis->out * 4 < count_squares (axis->out) * MADE * 3)
      return FALSE;
    squares *= count_squares (axis->out);
  }
  return squares >= LEAST_SQUARES;
}

void
gen_weight_gradient_winograd_init (GenKernel *kernel, const GenWeightGradient *of)
{
  Winograd *w = g_new0 (Winograd, 1);
  const gint64 vector = of->large_channels % WIDE == 0 ? WIDE : NARROW;
  const gint64 blocks = of->large_channels / vector;
  gint64 channels = of->large_channels, panels, width;

  kernel->state = w;
  kernel->free_state = g_free;
  w->of = *of;
  w->vector = vector;
  w->unit = gen_gemm_unit ();
  w->transforms = gen_winograd_unit (vector);
  w->rows = count_squares (of->window.axes[0].out);
  w->columns = count_squares (of->window.axes[1].out);
  w->squares = of->batch * w->rows * w->columns;
  width = w->unit->panel;
  w->panels = panels = (of->small_channels + width - 1) / width;
  /* As all parts together have it, so that sums do not hang on how many there are. */
  w->group = GROUP_FLOATS / (PLACES * (channels + panels * width));
  w->group = MIN (MAX (w->group, LEAST_GROUP), w->squares);
  w->split_panels = panels > blocks;
  w->parts = (int)MIN (of->parts, MAX (blocks, panels));
  if (w->split_panels)
    panels = (panels + w->parts - 1) / w->parts;
  else
    channels = (blocks + w->parts - 1) / w->parts * vector;
  w->plane = w->panels * of->large_channels * width + GAP;
  w->sums_size = PLACES * w->plane * sizeof (float);
  w->part_size =
      PLACES *
      (MAX (channels, width) + w->group * channels + GAP + panels * (w->group * width + GAP)) *
      sizeof (float);
  kernel->scratch_size = w->sums_size + w->parts * w->part_size;
  gen_kernel_add_step (kernel, run, w->parts);
  gen_kernel_add_step (kernel, run_order, gen_kernel_parts (kernel, of->weights, 4));
}
