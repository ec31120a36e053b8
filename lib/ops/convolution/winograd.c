/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dense convolutions by fewer multiplications (Lavin and Gray, "Fast algorithms for convolutional
 * neural networks", 2016, after Winograd). Squares of n by n inputs are transformed so that m by m
 * results, m = n - kernel + 1, are n * n products instead of m * m * kernel * kernel: a quarter of
 * them for a kernel of 3, with n = 6; for one of 2, which phases of transposed convolutions have,
 * 16 instead of 36, with n = 4.
 *
 * The transforms work on vectors of channels. What is multiplied is, for each of the n * n places
 * of a square, a matrix product of squares and channels by the transformed weights.
 *
 * Rounding: sums of differences lose some of the last bits, more with n = 6 than with n = 4. The
 * tests hold both to 1e-5 of the largest result. */
#include "convolve-private.h"

#include <string.h>

#include "../../device/gemm-unit.h"
#include "../../simd.h"
#include "../elementwise/activation.h"
#include "winograd-unit.h"

#define MAX_KERNEL 3
/* Floats of transformed squares and products that are worked on together, to stay in the
 * second-level cache; but at least so many squares, to make up for reading the weights. */
#define GROUP_FLOATS (320 * 1024)
#define LEAST_GROUP 64
/* Squares without which transformed weights, which are larger, are not worth reading; and the
 * most bytes of them for a layer. */
#define FEW_SQUARES 30
/* Weights, before they are transformed, that the caches still hold afterwards. */
#define LIGHT_WEIGHTS (256 * 256)
#define MAX_WEIGHTS (10 << 20)
/* Squares that make up for transforming weights in each run. */
#define ENOUGH_SQUARES 32
/* Beyond these it is not even worth a trial. */
#define LEAST_SQUARES 12
#define MOST_WEIGHTS (20 << 20)

/* Floats between the places of a square, so that those of one square do not meet in one set of a
 * cache. */
#define GAP 16

/* The widest vector: whole ones hold the channels of the source. */
#define CHANNELS 16

struct _GenWinograd {
  const GenProblem *problem;
  const GenGemmUnit *unit;
  const GenWinogradUnit *transforms;
  int side, made, kernel;        /* n, m */
  gint64 rows, columns, squares; /* in an item: rows * columns; of the batch */
  gint64 panels, group;
  gint64 weights_plane, squares_plane, products_plane; /* floats from one place to the next */
  gsize packed_at;                                     /* bytes */
};

/* What a convolution has to have. */
typedef struct {
  gint64 vector;   /* divides the channels of the source */
  gint64 channels; /* of source and result, at least */
  gint64 squares;  /* at least */
  gint64 bytes;    /* of transformed weights, at most */
} Limits;

static gboolean
suits (const GenConvolve *c, const GenProblem *p, const Limits *limits)
{
  int kernel = p->axes[0].kernel, side = kernel == 3 ? 6 : 4, made = side - kernel + 1;
  gint64 squares = c->batch;

  if (p->kind != GEN_CONVOLUTION_FORWARD || p->rank != 2 || (kernel != 2 && kernel != 3))
    return FALSE;
  for (int i = 0; i < 2; i++) {
    const GenConvolutionAxis *axis = &p->axes[i];

    if (axis->kernel != kernel || axis->stride != 1 || axis->dilation != 1)
      return FALSE;
    squares *= (axis->small + made - 1) / made;
    /* Squares that are mostly beyond the edge. */
    if (axis->small * 4 < (axis->small + made - 1) / made * made * 3)
      return FALSE;
  }
  return p->in_channels % limits->vector == 0 && p->in_channels >= limits->channels &&
         p->out_channels >= limits->channels && squares >= limits->squares &&
         side * side * p->in_channels * p->out_channels * (gint64)sizeof (float) <= limits->bytes;
}

static gboolean
all_suit (const GenConvolve *c, const Limits *limits)
{
  if (c->layout != GEN_LAYOUT_CHANNELS_LAST || c->groups != 1)
    return FALSE;
  for (guint i = 0; i < c->problems->len; i++)
    if (!suits (c, &g_array_index (c->problems, GenProblem, i), limits))
      return FALSE;
  return TRUE;
}

gboolean
gen_winograd_can (const GenConvolve *c)
{
  return all_suit (c, &(Limits){ CHANNELS, 2 * CHANNELS, LEAST_SQUARES, MOST_WEIGHTS });
}

gboolean
gen_winograd_suits (const GenConvolve *c)
{
  return all_suit (c, &(Limits){ CHANNELS, 2 * CHANNELS, FEW_SQUARES, MAX_WEIGHTS });
}

/* Only of kernel 3. */
gboolean
gen_winograd_suits_variable (const GenConvolve *c)
{
  if (!all_suit (c, &(Limits){ CHANNELS / 2, CHANNELS, ENOUGH_SQUARES, MAX_WEIGHTS }))
    return FALSE;
  for (guint i = 0; i < c->problems->len; i++)
    if (g_array_index (c->problems, GenProblem, i).axes[0].kernel != 3)
      return FALSE;
  return TRUE;
}

gboolean
gen_winograd_excels (const GenConvolve *c)
{
  if (!gen_winograd_suits (c))
    return FALSE;
  for (guint i = 0; i < c->problems->len; i++) {
    const GenProblem *p = &g_array_index (c->problems, GenProblem, i);

    if (p->axes[0].kernel != 3 || p->in_channels * p->out_channels > LIGHT_WEIGHTS)
      return FALSE;
  }
  return TRUE;
}

void
gen_winograd_init (GenConvolve *c, int parts)
{
  c->parts = parts;
  c->winograd = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < c->problems->len; i++) {
    const GenProblem *p = &g_array_index (c->problems, GenProblem, i);
    GenWinograd *w = g_new0 (GenWinograd, 1);
    gsize places;

    w->problem = p;
    w->unit = gen_gemm_unit ();
    w->transforms = gen_winograd_unit (p->in_channels);
    w->kernel = p->axes[0].kernel;
    w->side = w->kernel == 3 ? 6 : 4;
    w->made = w->side - w->kernel + 1;
    w->rows = (p->axes[0].small + w->made - 1) / w->made;
    w->columns = (p->axes[1].small + w->made - 1) / w->made;
    w->squares = c->batch * w->rows * w->columns;
    w->panels = (p->out_channels + w->unit->panel - 1) / w->unit->panel;
    places = w->side * w->side;
    w->group = GROUP_FLOATS / (gint64)(places * (p->in_channels + w->panels * w->unit->panel));
    w->group = MIN (MAX (w->group, LEAST_GROUP), w->squares);
    w->packed_at = c->packed_size;
    w->weights_plane = w->panels * p->in_channels * w->unit->panel + GAP;
    w->squares_plane = w->group * p->in_channels + GAP;
    w->products_plane = w->group * w->panels * w->unit->panel + GAP;
    c->packed_size += places * w->weights_plane * sizeof (float);
    c->part_scratch = MAX (c->part_scratch,
        places * (p->in_channels + w->squares_plane + w->products_plane) * sizeof (float));
    g_ptr_array_add (c->winograd, w);
  }
  c->part_scratch = (c->part_scratch + 63) & ~(gsize)63;
}

/* --- weights --- */

typedef double Doubles __attribute__ ((vector_size (32)));
typedef float Floats __attribute__ ((vector_size (16), aligned (4)));
#define COLUMNS 4

/* to = G kernel G', of side by side places `plane` apart, for `width` columns of a panel whose taps
 * lie side by side. */
static inline __attribute__ ((always_inline)) void
transform_kernel (const int side, const int kernel, const double g[][MAX_KERNEL], const float *taps,
    gint64 width, float *to, gint64 plane)
{
  Doubles tap[MAX_KERNEL * MAX_KERNEL], column[MAX_KERNEL];

  for (gint64 n = 0; n < width; n += COLUMNS) {
    for (int i = 0; i < kernel * kernel; i++)
      tap[i] = __builtin_convertvector(*(const Floats *)(taps + i * width + n), Doubles);
    for (int y = 0; y < side; y++) {
      for (int u = 0; u < kernel; u++) {
        column[u] = g[y][0] * tap[u];
        for (int v = 1; v < kernel; v++)
          column[u] += g[y][v] * tap[v * kernel + u];
      }
      for (int x = 0; x < side; x++) {
        Doubles sum = g[x][0] * column[0];

        for (int u = 1; u < kernel; u++)
          sum += g[x][u] * column[u];
        *(Floats *)(to + (y * side + x) * plane + n) = __builtin_convertvector(sum, Floats);
      }
    }
  }
}

GEN_CLONES (void, transform_weights,
    (int kernel, const float *taps, gint64 width, float *to, gint64 plane),
    (kernel, taps, width, to, plane))
{
  static const double three[6][MAX_KERNEL] = { { 1.0 / 4, 0, 0 }, { -1.0 / 6, -1.0 / 6, -1.0 / 6 },
    { -1.0 / 6, 1.0 / 6, -1.0 / 6 }, { 1.0 / 24, 1.0 / 12, 1.0 / 6 },
    { 1.0 / 24, -1.0 / 12, 1.0 / 6 }, { 0, 0, 1 } };
  static const double two[4][MAX_KERNEL] = { { 1, 0 }, { 0.5, 0.5 }, { 0.5, -0.5 }, { 0, 1 } };

  if (kernel == 3)
    transform_kernel (6, 3, three, taps, width, to, plane);
  else
    transform_kernel (4, 2, two, taps, width, to, plane);
}

/* The taps of input channel k in a panel, missing columns 0. */
static void
take_taps (const GenWinograd *w, const float *weights, gint64 panel, gint64 k, float *taps)
{
  const GenProblem *p = w->problem;
  gint64 width = w->unit->panel, columns = MIN (width, p->out_channels - panel * width);

  memset (taps, 0, w->kernel * w->kernel * width * sizeof *taps);
  for (gint64 n = 0; n < columns; n++) {
    const float *from = weights + p->weights + (panel * width + n) * p->weight_strides[0] +
                        k * p->weight_strides[1];

    for (int v = 0; v < w->kernel; v++)
      for (int u = 0; u < w->kernel; u++)
        taps[(v * w->kernel + u) * width + n] =
            from[v * p->weight_strides[2] + u * p->weight_strides[3]];
  }
}

void
gen_winograd_pack (const GenConvolve *c, const float *weights, char *packed, int part, int parts)
{
  for (guint i = 0; i < c->winograd->len; i++) {
    const GenWinograd *w = g_ptr_array_index (c->winograd, i);
    const gint64 width = w->unit->panel, channels = w->problem->in_channels;
    float taps[MAX_KERNEL * MAX_KERNEL * GEN_GEMM_MAX_PANEL];
    gsize at, end;

    /* Rows of panels: channel after channel of one panel, then of the next. */
    gen_kernel_share (w->panels * channels, 1, part, parts, &at, &end);
    for (; at < end; at++) {
      float *to = (float *)(packed + w->packed_at) + (gint64)at * width;

      take_taps (w, weights, (gint64)at / channels, (gint64)at % channels, taps);
      transform_weights (w->kernel, taps, width, to, w->weights_plane);
    }
  }
}

/* --- running --- */

typedef struct {
  const GenConvolve *c;
  const GenWinograd *w;
  const GenFinish *finish;
  const float *source, *packed;
  float *result, *edge, *squares, *products; /* edge: a square that reaches beyond the picture */
} Work;

typedef struct {
  gint64 item, row, column;
} Square;

static Square
find_square (const GenWinograd *w, gint64 number)
{
  gint64 in_item = number % (w->rows * w->columns);

  return (Square){ number / (w->rows * w->columns), in_item / w->columns * w->made,
    in_item % w->columns * w->made };
}

/* The part of a square that is in the picture, with zeros around. */
static void
copy_edge (const GenProblem *p, int side, const float *item, gint64 y, gint64 x, float *to)
{
  gint64 channels = p->in_channels, height = p->axes[0].large, width = p->axes[1].large;
  gint64 first = CLAMP (-x, 0, side), end = CLAMP (width - x, first, side);

  memset (to, 0, side * side * channels * sizeof *to);
  for (gint64 v = MAX (0, -y); v < side && y + v < height; v++)
    memcpy (to + (v * side + first) * channels, item + ((y + v) * width + x + first) * channels,
        (end - first) * channels * sizeof *to);
}

static void
take_squares (const Work *work, gint64 first, gint64 n)
{
  const GenWinograd *w = work->w;
  const GenProblem *p = w->problem;
  gint64 channels = p->in_channels, height = p->axes[0].large, width = p->axes[1].large;

  for (gint64 i = 0; i < n; i++) {
    Square square = find_square (w, first + i);
    const float *item = work->source + square.item * work->c->source_size, *from;
    gint64 y = square.row - p->axes[0].before, x = square.column - p->axes[1].before;
    gint64 row = width * channels;

    from = item + (y * width + x) * channels;
    if (y < 0 || x < 0 || y + w->side > height || x + w->side > width) {
      copy_edge (p, w->side, item, y, x, work->edge);
      from = work->edge;
      row = w->side * channels;
    }
    w->transforms->in[w->side == 6](
        from, row, channels, channels, work->squares + i * channels, w->squares_plane);
  }
}

/* All squares of a group by all weights of one place, place after place: weights are read once a
 * group. */
static void
multiply (const Work *work, gint64 n)
{
  const GenWinograd *w = work->w;
  const GenGemmUnit *unit = w->unit;
  gint64 k = w->problem->in_channels, tiles = (n + unit->rows - 1) / unit->rows;

  for (gint64 p = 0; p < w->side * w->side * w->panels; p++) {
    const gint64 place = p / w->panels, panel = p % w->panels;
    const float *squares = work->squares + place * w->squares_plane;
    const float *weights = work->packed + place * w->weights_plane + panel * k * unit->panel;
    float *products = work->products + place * w->products_plane + panel * w->group * unit->panel;

    for (gint64 t = 0; t < tiles; t++) {
      gint64 first = n * t / tiles;

      unit->tile (n * (t + 1) / tiles - first, squares + first * k, k, 1, weights, k, FALSE,
          products + first * unit->panel);
    }
  }
}

/* How many pixels of a square are in the picture. */
static gint64
fit (const GenWinograd *w, int axis, gint64 first)
{
  return MIN (w->made, w->problem->axes[axis].small - first);
}

/* Where the results of a square begin, if they lie as the problem makes them. */
static gint64
place_of (const Work *work, const Square *square, gint64 channel)
{
  const GenProblem *p = work->w->problem;

  return square->item * work->c->result_size +
         (square->row * p->axes[1].small + square->column) * p->out_channels + channel;
}

static void
put_square (const Work *work, const Square *square, gint64 channel, gint64 n, const float *made)
{
  const GenWinograd *w = work->w;
  const GenProblem *p = w->problem;
  const gint64 rows = fit (w, 0, square->row), columns = fit (w, 1, square->column);
  const gint64 width = w->unit->panel, line = p->axes[1].small * p->out_channels;
  float *to = work->result + place_of (work, square, channel);

  for (gint64 y = 0; y < rows; y++)
    for (gint64 x = 0; x < columns; x++) {
      const float *pixel = made + (y * w->made + x) * width;

      if (p->scattered)
        gen_phases_put (work->c, p, square->item, square->row + y, square->column + x, channel, n,
            pixel, work->result);
      else
        memcpy (to + y * line + x * p->out_channels, pixel, n * sizeof *to);
    }
}

/* `n` numbers of each pixel of a square; `line` and `pixel` are where the next ones of `from` lie.
 */
GEN_CLONES (void, add_pixels,
    (gint64 rows, gint64 columns, gint64 n, const float *from, gint64 line, gint64 pixel, float *to,
        gint64 to_line, gint64 to_pixel),
    (rows, columns, n, from, line, pixel, to, to_line, to_pixel))
{
  for (gint64 y = 0; y < rows; y++)
    for (gint64 x = 0; x < columns; x++) {
      const float *added = from + y * line + x * pixel;
      float *sum = to + y * to_line + x * to_pixel;

#pragma GCC ivdep
      for (gint64 i = 0; i < n; i++)
        sum[i] += added[i];
    }
}

/* What lies as the results do, which are not scattered. */
static void
add_square (const Work *work, const Square *square, gint64 channel, gint64 n, float *made)
{
  const GenWinograd *w = work->w;
  const GenProblem *p = w->problem;
  const gint64 width = w->unit->panel;

  add_pixels (fit (w, 0, square->row), fit (w, 1, square->column), n,
      work->finish->added + place_of (work, square, channel), p->axes[1].small * p->out_channels,
      p->out_channels, made, w->made * width, width);
}

static void
give_results (const Work *work, gint64 panel, gint64 first, gint64 n)
{
  const GenWinograd *w = work->w;
  const gint64 width = w->unit->panel, channel = panel * width;
  const gint64 channels = MIN (width, w->problem->out_channels - channel);
  float made[GEN_WINOGRAD_MAX_MADE * GEN_WINOGRAD_MAX_MADE * GEN_GEMM_MAX_PANEL];
  GenFinish finish = *work->finish;

  finish.bias = finish.bias != NULL ? finish.bias + channel : NULL;
  finish.slopes = finish.slopes != NULL ? finish.slopes + channel : NULL;
  finish.added = NULL;
  for (gint64 i = 0; i < n; i++) {
    const Square square = find_square (w, first + i);

    w->transforms->back[w->side == 6](
        work->products + (panel * w->group + i) * width, w->products_plane, width, made);
    if (work->finish->added != NULL)
      add_square (work, &square, channel, channels, made);
    gen_finish_apply (&finish, made, w->made * w->made, channels, width);
    put_square (work, &square, channel, channels, made);
  }
}

void
gen_winograd_run (const GenConvolve *c, const GenFinish *finish, const float *source,
    const char *packed, float *result, char *scratch, int part, int parts)
{
  for (guint i = 0; i < c->winograd->len; i++) {
    const GenWinograd *w = g_ptr_array_index (c->winograd, i);
    gint64 places = w->side * w->side, channels = w->problem->in_channels;
    float *edge = (float *)scratch, *squares = edge + places * channels;
    Work work = { c, w, finish, source, (const float *)(packed + w->packed_at), result, edge,
      squares, squares + places * w->squares_plane };
    gsize first, end;

    gen_kernel_share (w->squares, 1, part, parts, &first, &end);
    for (gint64 at = first; at < (gint64)end; at += w->group) {
      gint64 n = MIN (w->group, (gint64)end - at);

      take_squares (&work, at, n);
      multiply (&work, n);
      for (gint64 panel = 0; panel < w->panels; panel++)
        give_results (&work, panel, at, n);
    }
  }
}
