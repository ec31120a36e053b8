/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Squares of results at once: their windows are transformed, multiplied position by position, and
 * the sums transformed back (quantized_transforms.h). All between is integers: the picture's of 16
 * bits with a sign, the weights' of 14, products and sums of 32, where what wraps on the way comes
 * back. */
#include "quantized-winograd.h"

#include <string.h>

#include "quantized-layer-private.h"
#include "quantized-transforms.h"

#define LEAST_CHANNELS 16
/* Sums of a tile; places do not share lines of the cache. */
#define PLACE (6 * GEN_INTEGER_WIDTH + 16)
#define BLOCK_BYTES (400 << 10)
#define MOST_TILES 48
#define MOST_RESULTS (GEN_QUANTIZED_MOST_SIZE * GEN_QUANTIZED_MOST_SIZE)

static void
set_size (GenQuantizedWinograd *w, int size)
{
  w->size = size;
  for (int i = 0; i < 2; i++)
    w->tiles[i] = (w->geometry->axes[i + 1].out + size - 1) / size;
}

/* What a convolution costs with squares of that size, or, by 1, without, in products of two numbers
 * of 16 bits: those products, the transforms as they were measured, and weights that are read.
 * Tiles of the layer are as slow where rows of them are missing. */
static double
cost_of (const GenQuantizedWinograd *w)
{
  const GenQuantizedGeometry *g = w->geometry;
  const double products = (double)g->channels * g->results;
  const gint64 rows = gen_integer_layer_rows (w->layer);
  const gint64 tiles = g->items * w->tiles[0] * w->tiles[1];
  const int positions = w->size == 1 ? 9 : GEN_QUANTIZED_POSITIONS (w->size);
  const double each = w->size == 1 ? 1.0 / gen_integer_pairs_slowness (w->layer) : 1;
  const double transforms = w->size == 1 ? 0 : 13.0 * g->channels + 17.0 * g->results;

  return positions *
         (products * each * ((tiles + rows - 1) / rows * rows + 8) + transforms * tiles);
}

/* The squares that cost the least, and less than the convolution without. */
static gboolean
choose_size (GenQuantizedWinograd *w, gint64 heaviest)
{
  double best;
  int size = 1;

  set_size (w, 1);
  best = cost_of (w);
  for (int s = 2; s <= GEN_QUANTIZED_MOST_SIZE; s += 2) {
    set_size (w, s);
    if (255 * heaviest >= gen_quantized_transform_limit (s) || cost_of (w) >= best)
      continue;
    best = cost_of (w);
    size = s;
  }
  set_size (w, size);
  return size > 1;
}

/* Pixels of a block at one position. What a tile has at all of them should not meet in the same
 * sets of the cache. */
static gint64
stride_of (const GenQuantizedWinograd *w)
{
  const gint64 values = w->block * ((w->geometry->channels + 1) / 2 * 2);

  return (values + 63) / 64 * 64 + 32;
}

/* Where a part has its transformed pixels, sums, those of results, and a place for results beyond
 * the picture. */
static void
place_scratch (GenQuantizedWinograd *w)
{
  const gsize values = GEN_QUANTIZED_POSITIONS (w->size) * stride_of (w) * sizeof (gint16);

  w->sums_at = (values + 63) & ~(gsize)63;
  w->results_at = w->sums_at + GEN_QUANTIZED_POSITIONS (w->size) * PLACE * sizeof (gint32);
  w->nowhere_at = w->results_at + w->size * w->size * PLACE * sizeof (gint32);
  w->part_size = w->nowhere_at + w->geometry->results * sizeof (float) + 64;
  w->part_size = (w->part_size + 63) & ~(gsize)63;
}

gboolean
gen_quantized_winograd_init (GenQuantizedWinograd *w, const GenQuantizedGeometry *g,
    const GenIntegerShape *shape, gint64 heaviest, int parts)
{
  gint64 tiles;

  *w = (GenQuantizedWinograd){ .geometry = g, .shape = *shape };
  if (g->transposed || g->axes[0].in != 1 || g->axes[0].out != 1 || g->axes[0].kernel != 1 ||
      g->channels < LEAST_CHANNELS || g->results < 8)
    return FALSE;
  for (int i = 1; i < 3; i++) {
    const GenQuantizedAxis *a = &g->axes[i];

    if (a->kernel != 3 || a->step_in != 1 || a->dilation != 1 || a->out < 4)
      return FALSE;
  }
  w->shape.taps = 1;
  w->layer = gen_integer_layer_find_pairs (&w->shape);
  if (w->layer == NULL || !choose_size (w, heaviest))
    return FALSE;
  tiles = g->items * w->tiles[0] * w->tiles[1];
  w->block =
      BLOCK_BYTES / (GEN_QUANTIZED_POSITIONS (w->size) * (g->channels + 1) * sizeof (gint16));
  w->block = CLAMP (w->block, gen_integer_layer_rows (w->layer), MOST_TILES);
  w->block = MIN (w->block, MAX (tiles / (2 * parts), 1));
  w->blocks = (tiles + w->block - 1) / w->block;
  w->group_packed =
      GEN_QUANTIZED_POSITIONS (w->size) * gen_integer_layer_packed_size (w->layer, &w->shape);
  place_scratch (w);
  return TRUE;
}

void
gen_quantized_winograd_pack (const GenQuantizedWinograd *w, const gint16 *weights, void *packed)
{
  const gint64 channels = w->geometry->channels, results = w->geometry->results;
  g_autofree gint16 *place = g_new (gint16, channels * results);

  for (int p = 0; p < GEN_QUANTIZED_POSITIONS (w->size); p++) {
    for (gint64 i = 0; i < channels * results; i++)
      place[i] = gen_quantized_transform_weights (
          w->size, p, weights + (i % results * channels + i / results) * 9);
    gen_integer_layer_pack_pairs (w->layer, &w->shape, place,
        (char *)packed + p * gen_integer_layer_packed_size (w->layer, &w->shape));
  }
}

/* A square of results: its item, and its first row and column. */
typedef struct {
  gint64 item, y, x;
} Square;

static Square
find_square (const GenQuantizedWinograd *w, gint64 tile)
{
  const gint64 columns = w->tiles[1], rows = w->tiles[0];

  return (
      Square){ tile / (rows * columns), tile / columns % rows * w->size, tile % columns * w->size };
}

static void
transform_tile (const GenQuantizedWinograd *w, const Square *square, const char *source,
    const char *zeros, gint32 x_zero, gint16 *to, gint64 stride)
{
  const GenQuantizedGeometry *g = w->geometry;
  const GenQuantizedAxis *rows = &g->axes[1], *columns = &g->axes[2];
  const int reach = GEN_QUANTIZED_REACH (w->size);
  const gint64 first = square->y - rows->before, left = square->x - columns->before;
  const gint64 pixel = g->channels * g->groups;
  const guint8 *pixels[GEN_QUANTIZED_MOST_POSITIONS], **to_pixel = pixels;

  for (gint64 y = first; y < first + reach; y++) {
    const guint8 *line =
        (const guint8 *)source + ((square->item * rows->in + y) * columns->in + left) * pixel;
    const gboolean inside = y >= 0 && y < rows->in;

    for (gint64 x = left; x < left + reach; x++, line += pixel)
      *to_pixel++ = inside && x >= 0 && x < columns->in ? line : (const guint8 *)zeros;
  }
  gen_quantized_transform_pixels (
      w->size, pixels, w->shape.x_signed, (gint16)x_zero, g->channels, to, stride);
}

/* Where the results of a tile go: `nowhere` for those beyond the picture. */
static void
find_results (const GenQuantizedWinograd *w, const Square *square, char *result,
    gint64 result_bytes, void *nowhere, void *results[MOST_RESULTS][GEN_INTEGER_ROWS], int row)
{
  const GenQuantizedGeometry *g = w->geometry;
  const gint64 rows = g->axes[1].out, columns = g->axes[2].out;

  const gint64 pixel = g->results * g->groups * result_bytes;
  int k = 0;

  for (gint64 y = square->y; y < square->y + w->size; y++) {
    char *line = result + ((square->item * rows + y) * columns + square->x) * pixel;

    for (gint64 x = square->x; x < square->x + w->size; x++, line += pixel)
      results[k++][row] = y < rows && x < columns ? line : nowhere;
  }
}

void
gen_quantized_winograd_run (const GenQuantizedWinograd *w, const GenKernel *kernel, gint64 channel,
    gint64 block, const char *source, const char *zeros, gint32 x_zero, const void *packed,
    const GenIntegerFinish *finish, char *result, gint64 result_bytes, void *scratch)
{
  const GenQuantizedGeometry *g = w->geometry;
  const gint64 all = g->items * w->tiles[0] * w->tiles[1], first = block * w->block;
  const gint64 n = MIN (w->block, all - first), channels = (g->channels + 1) / 2 * 2;
  const gint64 stride = stride_of (w), panels = gen_integer_layer_panels (w->layer, &w->shape);
  const gsize size = gen_integer_layer_packed_size (w->layer, &w->shape);
  const int width = gen_integer_layer_width (w->layer), most = gen_integer_layer_rows (w->layer);
  const int positions = GEN_QUANTIZED_POSITIONS (w->size);
  const gint64 groups = (n + most - 1) / most;
  gint16 *const values = scratch;
  gint32 *const sums = (gint32 *)((char *)scratch + w->sums_at);
  gint32 *const finished = (gint32 *)((char *)scratch + w->results_at);
  Square squares[MOST_TILES];

  for (gint64 t = 0; t < n; t++) {
    squares[t] = find_square (w, first + t);
    if (channels > g->channels)
      for (int p = 0; p < positions; p++)
        values[p * stride + t * channels + g->channels] = 0;
    transform_tile (w, &squares[t], source, zeros, x_zero, values + t * channels, stride);
  }
  for (gint64 panel = 0; panel < panels; panel++) {
    const gint64 column = panel * width;
    const int columns = MIN (width, g->results - column);

    for (gint64 group = 0; group < groups; group++) {
      const gint64 begin = n * group / groups, rows = n * (group + 1) / groups - begin;
      void *results[MOST_RESULTS][GEN_INTEGER_ROWS];
      const void *pointers[GEN_INTEGER_ROWS];

      for (int p = 0; p < positions; p++) {
        for (int r = 0; r < rows; r++)
          pointers[r] = values + p * stride + (begin + r) * channels;
        gen_integer_layer_sums (w->layer, &w->shape, (const char *)packed + p * size, pointers,
            rows, panel, sums + p * PLACE);
      }
      for (int r = 0; r < rows; r++) {
        gen_quantized_transform_sums (w->size, sums + r * GEN_INTEGER_WIDTH, PLACE, columns,
            finished + r * GEN_INTEGER_WIDTH);
        find_results (w, &squares[begin + r], result, result_bytes, (char *)scratch + w->nowhere_at,
            results, r);
      }
      for (int k = 0; k < w->size * w->size; k++) {
        gen_integer_layer_finish (
            w->layer, finished + k * PLACE, rows, finish, column, columns, results[k]);
        gen_quantized_run_afters (kernel, results[k], rows, channel, column, columns);
      }
    }
  }
}
