/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gradient of a convolution's weights by tiles of our own: for each tap, the product of x's
 * channels at the pixels that the tap meets by dy's channels, summed over all pixels.
 *
 * Pixels are taken in blocks, small enough for the nearest caches. Of a block, dy is packed in
 * panels of channels, and x in strips of as many channels as a tile has rows, with the zeros around
 * it, so that a tap is no more than a place in the strip to begin at. Where x has so few channels
 * that a tile would be half empty, taps are rows of tiles as channels are, and a strip holds what
 * each of them meets. Sums of all tiles stay in memory from block to block and are brought into the
 * order of weights at the end.
 *
 * Parts share the strips or the panels; each sum is made by one part in one order, so that results
 * do not hang on the number of threads. */
#include "weight-gradient.h"

#include <string.h>

#include "../../device/correlation-unit.h"
#include "../../device/gemm-pack.h"
#include "../../simd.h"

/* Pixels of a block: x's strip and dy's panel of so many stay in the first cache. */
#define BLOCK_PIXELS 384
/* Groups of fewer channels are left to the library. */
#define LEAST_GROUP 4
/* Channels of results that fill so little of a vector that the library is faster. */
#define FEW_RESULTS 12
/* Weights of a tap for which reading operands over and over is slower than packing them. */
#define MANY_WEIGHTS (64 * 128)

enum { DEPTH, ROWS, COLUMNS, AXES };

typedef struct {
  GenWeightGradient of;
  const GenCorrelationUnit *unit;
  GenWindowAxis axes[AXES];      /* those that there are not are of one pixel */
  gint64 in, out, taps;          /* channels of a group */
  gboolean merged;               /* rows of tiles are (channel, tap) */
  gint64 n_rows;                 /* of a group: in, or in * taps */
  gint64 strips, panels, places; /* of a group; `places` for sums of a tile: taps, or 1 */
  gint64 items, rows, columns;   /* of a block, at most */
  gboolean split_strips;
  int parts;
  gint64 panels_at_once;
  gsize tile, strip_size, panels_size, lines_at, part_size, sums_size; /* floats; bytes */
} Product;

/* Pixels [row, row + rows) by [column, column + columns) of results, at all depths, of items. */
typedef struct {
  gint64 item, items, row, rows, column, columns;
} Block;

static gint64
blocks_of (gint64 n, gint64 at_once)
{
  return (n + at_once - 1) / at_once;
}

/* Inputs that n results of an axis meet. */
static gint64
reach (const GenWindowAxis *axis, gint64 n)
{
  return (n - 1) * axis->stride + (axis->kernel - 1) * axis->dilation + 1;
}

static gint64
lines_of (const Product *p, const Block *block)
{
  return block->items * p->axes[DEPTH].out * block->rows;
}

/* --- packing --- */

/* dy of a block as panels: [panel, line, pixel, column], zeros for columns that there are not. */
static void
pack_panels (const Product *p, const Block *block, const float *dy, gint64 group, gint64 first,
    gint64 n, float *to)
{
  const int width = p->unit->panel;
  const gint64 channels = p->of.small_channels;

  for (gint64 panel = first; panel < first + n; panel++) {
    const gint64 column = panel * width, filled = MIN (width, p->out - column);
    const float *from = dy + group * p->out + column;

    for (gint64 item = block->item; item < block->item + block->items; item++)
      for (gint64 z = 0; z < p->axes[DEPTH].out; z++)
        for (gint64 y = block->row; y < block->row + block->rows; y++) {
          const float *line = from + (((item * p->axes[DEPTH].out + z) * p->axes[ROWS].out + y) *
                                             p->axes[COLUMNS].out +
                                         block->column) *
                                         channels;

          gen_gemm_pack_panel (line, 1, channels, block->columns, filled, width, to);
          to += block->columns * width;
        }
  }
}

/* `n` pixels from `first` on, which may be beyond the line, of `rows` channels each. `line` may be
 * NULL: zeros. */
static void
pack_line (const Product *p, int rows, const float *line, gint64 first, gint64 n, float *to)
{
  const gint64 channels = p->of.large_channels;
  gint64 begin = line == NULL ? n : CLAMP (-first, 0, n);
  gint64 end = line == NULL ? n : CLAMP (p->axes[COLUMNS].in - first, begin, n);

  memset (to, 0, begin * rows * sizeof *to);
  if (begin < end)
    gen_gemm_pack_rows (
        line + (first + begin) * channels, channels, end - begin, rows, to + begin * rows);
  memset (to + end * rows, 0, (n - end) * rows * sizeof *to);
}

/* The line of x at a depth and a row, NULL beyond it. */
static const float *
line_at (const Product *p, const float *x, gint64 item, gint64 z, gint64 y)
{
  if (z < 0 || z >= p->axes[DEPTH].in || y < 0 || y >= p->axes[ROWS].in)
    return NULL;
  return x + item * p->of.large_size +
         (z * p->axes[ROWS].in + y) * p->axes[COLUMNS].in * p->of.large_channels;
}

/* All that the taps of a block meet of `rows` channels. */
static void
pack_strip (const Product *p, const Block *block, const float *x, int rows, float *to)
{
  const GenWindowAxis *a = p->axes;
  const gint64 depth = reach (&a[DEPTH], a[DEPTH].out), height = reach (&a[ROWS], block->rows);
  const gint64 width = reach (&a[COLUMNS], block->columns);
  const gint64 top = block->row * a[ROWS].stride - a[ROWS].before;
  const gint64 left = block->column * a[COLUMNS].stride - a[COLUMNS].before;

  for (gint64 item = block->item; item < block->item + block->items; item++)
    for (gint64 z = 0; z < depth; z++)
      for (gint64 y = 0; y < height; y++, to += width * rows) {
        const float *line = line_at (p, x, item, z - a[DEPTH].before, top + y);

        pack_line (p, rows, line, left, width, to);
      }
}

/* What a tap meets of a channel: at `at`, and so on by the stride. */
static void
pack_tap (const float *line, gint64 channels, const GenWindowAxis *axis, gint64 at, gint64 n,
    float *to, gint64 rows)
{
  const gint64 stride = axis->stride;
  gint64 begin = at >= 0 ? 0 : (-at + stride - 1) / stride;
  gint64 end = at >= axis->in ? 0 : (axis->in - at + stride - 1) / stride;

  begin = line == NULL ? n : MIN (begin, n);
  end = line == NULL ? n : CLAMP (end, begin, n);
  for (gint64 i = 0; i < begin; i++)
    to[i * rows] = 0;
  for (gint64 i = begin; i < end; i++)
    to[i * rows] = line[(at + i * stride) * channels];
  for (gint64 i = end; i < n; i++)
    to[i * rows] = 0;
}

/* What taps and channels [first, first + rows) meet at each pixel of a block. */
static void
pack_merged (
    const Product *p, const Block *block, const float *x, gint64 first, int rows, float *to)
{
  const GenWindowAxis *a = p->axes;
  const gint64 in_line = a[COLUMNS].kernel, in_plane = a[ROWS].kernel * in_line;

  for (gint64 item = block->item; item < block->item + block->items; item++)
    for (gint64 z = 0; z < a[DEPTH].out; z++)
      for (gint64 y = block->row; y < block->row + block->rows; y++, to += block->columns * rows)
        for (int r = 0; r < rows; r++) {
          gint64 channel = (first + r) / p->taps, tap = (first + r) % p->taps;
          const float *line = line_at (p, x, item,
              z * a[DEPTH].stride - a[DEPTH].before + tap / in_plane * a[DEPTH].dilation,
              y * a[ROWS].stride - a[ROWS].before + tap % in_plane / in_line * a[ROWS].dilation);
          gint64 at = block->column * a[COLUMNS].stride - a[COLUMNS].before +
                      tap % in_line * a[COLUMNS].dilation;

          pack_tap (line != NULL ? line + channel : NULL, p->of.large_channels, &a[COLUMNS], at,
              block->columns, to + r, rows);
        }
}

/* Where in a strip each line of results begins, in pixels, for the first tap. */
static void
find_lines (const Product *p, const Block *block, gint64 *lines)
{
  const GenWindowAxis *a = p->axes;
  const gint64 depth = reach (&a[DEPTH], a[DEPTH].out), height = reach (&a[ROWS], block->rows);
  const gint64 width = reach (&a[COLUMNS], block->columns);

  for (gint64 item = 0; item < block->items; item++)
    for (gint64 z = 0; z < a[DEPTH].out; z++)
      for (gint64 y = 0; y < block->rows; y++)
        *lines++ =
            p->merged
                ? ((item * a[DEPTH].out + z) * block->rows + y) * block->columns
                : ((item * depth + z * a[DEPTH].stride) * height + y * a[ROWS].stride) * width;
}

/* --- running --- */

typedef struct {
  const float *x, *dy;
  float *sums, *panels, *strip;
  gint64 *lines;
} Work;

/* The rows of a strip: of nearly equal numbers, as a last one of a row or two would be slow. */
static gint64
first_row (const Product *p, gint64 strip)
{
  return p->n_rows * strip / p->strips;
}

static float *
sums_of (const Product *p, float *sums, gint64 group, gint64 strip, gint64 panel, gint64 place)
{
  return sums + (((group * p->strips + strip) * p->panels + panel) * p->places + place) * p->tile;
}

/* All tiles of a strip and a panel. */
static void
correlate (const Product *p, const Block *block, int rows, const float *strip, const float *panel,
    const gint64 *lines, gboolean adds, float *sums)
{
  const GenWindowAxis *a = p->axes;
  const gint64 height = reach (&a[ROWS], block->rows), width = reach (&a[COLUMNS], block->columns);
  GenCorrelation c = { .panel = panel,
    .lines = lines,
    .n_lines = lines_of (p, block),
    .pixels = block->columns,
    .step = p->merged ? 1 : a[COLUMNS].stride,
    .adds = adds };

  for (gint64 place = 0; place < p->places; place++) {
    gint64 tap = place, u = tap % a[COLUMNS].kernel, v = tap / a[COLUMNS].kernel;
    gint64 at =
        (v / a[ROWS].kernel * a[DEPTH].dilation * height + v % a[ROWS].kernel * a[ROWS].dilation) *
            width +
        u * a[COLUMNS].dilation;

    c.a = strip + (p->merged ? 0 : at * rows);
    c.out = sums + place * p->tile;
    p->unit->run (rows, &c);
  }
}

/* A block's share of the sums of some strips and panels of a group. */
static void
run_block (const Product *p, const Work *work, const Block *block, gint64 group, gsize strip,
    gsize strip_end, gsize panel, gsize panel_end)
{
  const gint64 panel_size = lines_of (p, block) * block->columns * p->unit->panel;
  const gboolean adds = block->item > 0 || block->row > 0 || block->column > 0;
  const float *x = work->x + group * p->in;

  pack_panels (p, block, work->dy, group, panel, panel_end - panel, work->panels);
  for (gsize s = strip; s < strip_end; s++) {
    gint64 first = first_row (p, s);
    int rows = first_row (p, s + 1) - first;

    if (p->merged)
      pack_merged (p, block, x, first, rows, work->strip);
    else
      pack_strip (p, block, x + first, rows, work->strip);
    for (gsize i = panel; i < panel_end; i++)
      correlate (p, block, rows, work->strip, work->panels + (i - panel) * panel_size, work->lines,
          adds, sums_of (p, work->sums, group, s, i, 0));
  }
}

static void
run_group (const Product *p, const Work *work, gint64 group, int part, int parts)
{
  gsize strip = 0, strip_end = p->strips, panel = 0, panel_end = p->panels;

  if (p->split_strips)
    gen_kernel_share (p->strips, 1, part, parts, &strip, &strip_end);
  else
    gen_kernel_share (p->panels, 1, part, parts, &panel, &panel_end);
  for (gint64 item = 0; item < p->of.batch; item += p->items)
    for (gint64 row = 0; row < p->axes[ROWS].out; row += p->rows)
      for (gint64 column = 0; column < p->axes[COLUMNS].out; column += p->columns) {
        const Block block = { item, MIN (p->items, p->of.batch - item), row,
          MIN (p->rows, p->axes[ROWS].out - row), column,
          MIN (p->columns, p->axes[COLUMNS].out - column) };

        find_lines (p, &block, work->lines);
        run_block (p, work, &block, group, strip, strip_end, panel, panel_end);
      }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Product *p = kernel->state;
  char *own = (char *)kernel->scratch + p->sums_size + part * p->part_size;
  const Work work = { kernel->inputs[0], kernel->inputs[1], kernel->scratch, (float *)own,
    (float *)own + p->panels_size, (gint64 *)(own + p->lines_at) };

  for (gint64 group = 0; group < p->of.groups; group++)
    run_group (p, &work, group, part, parts);
}

/* The sums of a panel in the order of weights. */
static void
order_panel (const Product *p, float *sums, gint64 group, gint64 panel, float *weights)
{
  const gint64 width = p->unit->panel, columns = MIN (width, p->out - panel * width);

  for (gint64 column = 0; column < columns; column++) {
    float *to = weights + (group * p->out + panel * width + column) * p->in * p->taps;

    for (gint64 strip = 0; strip < p->strips; strip++) {
      const float *from = sums_of (p, sums, group, strip, panel, 0) + column;
      gint64 rows = first_row (p, strip + 1) - first_row (p, strip);

      for (gint64 r = 0; r < rows; r++)
        for (gint64 place = 0; place < p->places; place++)
          *to++ = from[place * p->tile + r * width];
    }
  }
}

static void
run_order (const GenKernel *kernel, int part, int parts)
{
  const Product *p = kernel->state;
  gsize first, end;

  gen_kernel_share (p->of.groups * p->panels, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++)
    order_panel (p, kernel->scratch, i / p->panels, i % p->panels, kernel->outputs[0]);
}

/* --- preparing --- */

gboolean
gen_weight_gradient_product_can (const GenWeightGradient *g)
{
  return g->layout == GEN_LAYOUT_CHANNELS_LAST &&
         (g->groups == 1 || (g->large_channels / g->groups >= LEAST_GROUP &&
                                g->small_channels / g->groups >= LEAST_GROUP));
}

/* Few channels are more packing than arithmetic. The library is made for whole vectors of 512 bits,
 * which it reads where they lie. */
gboolean
gen_weight_gradient_product_suits (const GenWeightGradient *g)
{
  const gint64 in = g->large_channels / g->groups, out = g->small_channels / g->groups;
  const gboolean whole = gen_level () == GEN_LEVEL_AVX512 && in % 16 == 0 && out % 16 == 0;

  return gen_weight_gradient_product_can (g) && in >= LEAST_GROUP &&
         (g->groups > 1 || out > FEW_RESULTS) && (!whole || in * out >= MANY_WEIGHTS);
}

static void
find_block (Product *p)
{
  const gint64 depth = p->axes[DEPTH].out, height = p->axes[ROWS].out;
  const gint64 width = p->axes[COLUMNS].out;

  p->items = CLAMP (BLOCK_PIXELS / (depth * height * width), 1, p->of.batch);
  p->rows = CLAMP (BLOCK_PIXELS / (depth * width), 1, height);
  p->columns = CLAMP (BLOCK_PIXELS / depth, 1, width);
}

static void
find_axes (Product *p)
{
  const GenWindow *window = &p->of.window;

  for (int i = 0; i < AXES; i++)
    p->axes[i] = (GenWindowAxis){ .in = 1, .out = 1, .kernel = 1, .stride = 1, .dilation = 1 };
  for (int i = 0; i < window->rank; i++)
    p->axes[AXES - window->rank + i] = window->axes[i];
}

static gsize
aligned (gsize size)
{
  return (size + 63) & ~(gsize)63;
}

static void
find_sizes (Product *p)
{
  const GenWindowAxis *a = p->axes;
  const gint64 rows = p->unit->rows, lines = p->items * a[DEPTH].out * p->rows;
  const gint64 pixels = p->merged ? lines * p->columns
                                  : p->items * reach (&a[DEPTH], a[DEPTH].out) *
                                        reach (&a[ROWS], p->rows) * reach (&a[COLUMNS], p->columns);

  p->tile = rows * p->unit->panel;
  p->panels_at_once = p->split_strips ? p->panels : blocks_of (p->panels, p->parts);
  p->panels_size = p->panels_at_once * lines * p->columns * p->unit->panel;
  p->strip_size = pixels * rows;
  p->lines_at = aligned ((p->panels_size + p->strip_size) * sizeof (float));
  p->part_size = p->lines_at + aligned (lines * sizeof (gint64));
  p->sums_size =
      aligned (p->of.groups * p->strips * p->panels * p->places * p->tile * sizeof (float));
}

void
gen_weight_gradient_product_init (GenKernel *kernel, const GenWeightGradient *of)
{
  Product *p = g_new0 (Product, 1);

  kernel->state = p;
  kernel->free_state = g_free;
  p->of = *of;
  find_axes (p);
  p->in = of->large_channels / of->groups;
  p->out = of->small_channels / of->groups;
  p->unit = gen_correlation_unit (p->out);
  p->taps = of->weights / (of->small_channels * p->in);
  p->merged = 2 * p->in <= p->unit->rows;
  p->n_rows = p->merged ? p->in * p->taps : p->in;
  p->places = p->merged ? 1 : p->taps;
  p->strips = blocks_of (p->n_rows, p->unit->rows);
  p->panels = blocks_of (p->out, p->unit->panel);
  find_block (p);
  p->split_strips = p->strips >= p->panels;
  p->parts = MIN (of->parts, MAX (p->strips, p->panels));
  find_sizes (p);
  kernel->scratch_size = p->sums_size + p->parts * p->part_size;
  gen_kernel_add_step (kernel, run, p->parts);
  gen_kernel_add_step (
      kernel, run_order, MIN (gen_kernel_parts (kernel, of->weights, 1), of->groups * p->panels));
}
