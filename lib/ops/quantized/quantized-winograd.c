/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Squares of results at once: their windows are transformed, multiplied position by position, and
 * the sums transformed back (quantized-transforms.h). All between is integers: the picture's of 16
 * bits with a sign, the weights' of 14, products and sums of 32, where what wraps on the way comes
 * back. */
#include "quantized-winograd.h"

#include <string.h>

#include "quantized-layer-private.h"

#define LEAST_CHANNELS 16
/* As many rows of products as reading weights costs, and products as the transforms do for each
 * channel and each result at a position. */
#define WEIGHT_ROWS 8
#define PIXEL_COST 13.0
#define SUM_COST 17.0
/* Sums of a tile; places do not share lines of the cache. */
#define PLACE (6 * GEN_INTEGER_WIDTH + 16)
#define BLOCK_BYTES (400 << 10)
#define MOST_TILES 48
#define MOST_RESULTS (GEN_QUANTIZED_MOST_SIZE * GEN_QUANTIZED_MOST_SIZE)

/* Whether all problems have so many taps along rows and columns, one beside the other. */
static gboolean
has_taps (const GArray *problems, int taps)
{
  for (guint i = 0; i < problems->len; i++) {
    const GenQuantizedProblem *p = &g_array_index (problems, GenQuantizedProblem, i);

    if (p->shape.taps * p->shape.pixels != taps * taps || p->low[0] != 0 || p->high[0] != 0 ||
        p->high[1] - p->low[1] != taps - 1 || p->high[2] - p->low[2] != taps - 1)
      return FALSE;
  }
  return TRUE;
}

/* Squares of an item along axis `axis` of its rows and columns. */
static gint64
squares_of (const GenQuantizedTransform *transform, const GenQuantizedProblem *problem, int axis)
{
  return (problem->count[axis + 1] + transform->size - 1) / transform->size;
}

static gint64
count_squares (const GenQuantizedGeometry *g, const GenQuantizedTransform *transform,
    const GenQuantizedProblem *problem)
{
  return g->items * squares_of (transform, problem, 0) * squares_of (transform, problem, 1);
}

/* Rows that are multiplied for `n` of them: tiles of the layer are as slow where rows of them are
 * missing; and weights that are read. */
static double
rows_of (const GenQuantizedWinograd *w, gint64 n)
{
  const gint64 rows = gen_integer_layer_rows (w->layer);

  return (n + rows - 1) / rows * rows + WEIGHT_ROWS;
}

/* What a problem costs in products of two numbers of 16 bits, as it is. */
static double
cost_without (const GenQuantizedWinograd *w, const GenQuantizedProblem *problem, double slowness)
{
  return problem->shape.taps * problem->shape.pixels * (double)w->geometry->channels *
         w->geometry->results / slowness * rows_of (w, problem->rows);
}

/* The same in squares: products at each position, and the transforms as they were measured. */
static double
cost_of (const GenQuantizedWinograd *w, const GenQuantizedTransform *transform,
    const GenQuantizedProblem *problem)
{
  const GenQuantizedGeometry *g = w->geometry;
  const gint64 squares = count_squares (g, transform, problem);
  const double products = (double)g->channels * g->results;

  return gen_quantized_transform_positions (transform) *
         (products * rows_of (w, squares) +
             (PIXEL_COST * g->channels + SUM_COST * g->results) * squares);
}

/* The transform that costs the least for all problems, and less than none. */
static const GenQuantizedTransform *
choose_transform (
    const GenQuantizedWinograd *w, const GArray *problems, gint64 heaviest, double slowness)
{
  const GenQuantizedTransform *best = NULL;
  double least = 0;

  for (guint i = 0; i < problems->len; i++)
    least += cost_without (w, &g_array_index (problems, GenQuantizedProblem, i), slowness);
  for (int k = 0; gen_quantized_transforms[k] != NULL; k++) {
    const GenQuantizedTransform *transform = gen_quantized_transforms[k];
    double cost = 0;

    if (!has_taps (problems, transform->taps) ||
        255 * heaviest >= gen_quantized_transform_limit (transform))
      continue;
    for (guint i = 0; i < problems->len; i++)
      cost += cost_of (w, transform, &g_array_index (problems, GenQuantizedProblem, i));
    if (cost >= least)
      continue;
    least = cost;
    best = transform;
  }
  return best;
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
  const int positions = gen_quantized_transform_positions (w->transform);
  const int results = w->transform->size * w->transform->size;

  w->sums_at = (positions * stride_of (w) * sizeof (gint16) + 63) & ~(gsize)63;
  w->results_at = w->sums_at + positions * PLACE * sizeof (gint32);
  w->nowhere_at = w->results_at + results * PLACE * sizeof (gint32);
  w->part_size = w->nowhere_at + w->geometry->results * sizeof (float) + 64;
  w->part_size = (w->part_size + 63) & ~(gsize)63;
}

/* Squares at once: as many as stay in the cache, and for all parts some. */
static gint64
find_block (const GenQuantizedWinograd *w, const GArray *problems, int parts)
{
  const int positions = gen_quantized_transform_positions (w->transform);
  const gint64 most = BLOCK_BYTES / (positions * (w->geometry->channels + 1) * sizeof (gint16));
  gint64 squares = 0;

  for (guint i = 0; i < problems->len; i++)
    squares += count_squares (
        w->geometry, w->transform, &g_array_index (problems, GenQuantizedProblem, i));
  return MIN (
      CLAMP (most, gen_integer_layer_rows (w->layer), MOST_TILES), MAX (squares / (2 * parts), 1));
}

gint64
gen_quantized_winograd_blocks (const GenQuantizedWinograd *w, const GenQuantizedProblem *problem)
{
  return (count_squares (w->geometry, w->transform, problem) + w->block - 1) / w->block;
}

gboolean
gen_quantized_winograd_init (GenQuantizedWinograd *w, const GenQuantizedGeometry *g,
    const GArray *problems, gint64 heaviest, gboolean pairs_fit, int parts)
{
  *w = (GenQuantizedWinograd){ .geometry = g,
    .shape = g_array_index (problems, GenQuantizedProblem, 0).shape };
  if (g->axes[0].in != 1 || g->axes[0].out != 1 || g->axes[1].step_in != 1 ||
      g->axes[2].step_in != 1 || g->channels < LEAST_CHANNELS || g->results < 8)
    return FALSE;
  w->shape.taps = 1;
  w->shape.pixels = 1;
  w->layer = gen_integer_layer_find_pairs (&w->shape);
  if (w->layer == NULL)
    return FALSE;
  w->transform =
      choose_transform (w, problems, heaviest, gen_integer_pairs_slowness (w->layer, pairs_fit));
  if (w->transform == NULL)
    return FALSE;
  w->block = find_block (w, problems, parts);
  w->group_packed = gen_quantized_transform_positions (w->transform) *
                    gen_integer_layer_packed_size (w->layer, &w->shape);
  place_scratch (w);
  return TRUE;
}

void
gen_quantized_winograd_pack (const GenQuantizedWinograd *w, const gint16 *weights, void *packed)
{
  const gint64 channels = w->geometry->channels, results = w->geometry->results;
  const gint64 taps = w->transform->taps * w->transform->taps;
  g_autofree gint16 *place = g_new (gint16, channels * results);

  for (int p = 0; p < gen_quantized_transform_positions (w->transform); p++) {
    for (gint64 i = 0; i < channels * results; i++)
      place[i] = gen_quantized_transform_weights (
          w->transform, p, weights + (i % results * channels + i / results) * taps);
    gen_integer_layer_pack_pairs (w->layer, &w->shape, place,
        (char *)packed + p * gen_integer_layer_packed_size (w->layer, &w->shape));
  }
}

/* A square of results of a problem: its item, and its first row and column. */
typedef struct {
  gint64 item, y, x;
} Square;

static Square
find_square (const GenQuantizedWinograd *w, const GenQuantizedProblem *p, gint64 square)
{
  const int size = w->transform->size;
  const gint64 rows = squares_of (w->transform, p, 0), columns = squares_of (w->transform, p, 1);

  return (
      Square){ square / (rows * columns), square / columns % rows * size, square % columns * size };
}

static void
transform_square (const GenQuantizedWinograd *w, const GenQuantizedProblem *problem,
    const Square *square, const char *source, const char *zeros, gint32 x_zero, gint16 *to,
    gint64 stride)
{
  const GenQuantizedGeometry *g = w->geometry;
  const GenQuantizedAxis *rows = &g->axes[1], *columns = &g->axes[2];
  const int reach = gen_quantized_transform_reach (w->transform);
  const gint64 first = square->y + problem->low[1], left = square->x + problem->low[2];
  const gint64 pixel = g->channels * g->groups;
  const guint8 *pixels[GEN_QUANTIZED_MOST_POSITIONS], **to_pixel = pixels;

  for (gint64 y = first; y < first + reach; y++) {
    const guint8 *line =
        (const guint8 *)source + ((square->item * rows->in + y) * columns->in + left) * pixel;
    const gboolean inside = y >= 0 && y < rows->in;

    for (gint64 x = left; x < left + reach; x++, line += pixel)
      *to_pixel++ = inside && x >= 0 && x < columns->in ? line : (const guint8 *)zeros;
  }
  w->transform->pixels[gen_level ()](
      pixels, w->shape.x_signed, (gint16)x_zero, g->channels, to, stride);
}

/* Where the results of a square go: `nowhere` for those beyond the picture. */
static void
find_results (const GenQuantizedWinograd *w, const GenQuantizedProblem *p, const Square *square,
    char *result, gint64 result_bytes, void *nowhere, void *results[MOST_RESULTS][GEN_INTEGER_ROWS],
    int row)
{
  const GenQuantizedGeometry *g = w->geometry;
  const GenQuantizedAxis *rows = &g->axes[1], *columns = &g->axes[2];
  const gint64 pixel = g->results * g->groups * result_bytes;
  int k = 0;

  for (gint64 y = square->y; y < square->y + w->transform->size; y++) {
    const gint64 line = square->item * rows->out + y * rows->step_out + p->phase[1];

    for (gint64 x = square->x; x < square->x + w->transform->size; x++)
      results[k++][row] =
          y < p->count[1] && x < p->count[2]
              ? result + (line * columns->out + x * columns->step_out + p->phase[2]) * pixel
              : nowhere;
  }
}

/* The pixels of squares, one after the other, at all positions. */
static void
transform_block (const GenQuantizedWinograd *w, const GenQuantizedProblem *problem,
    const Square *squares, gint64 n, const char *source, const char *zeros, gint32 x_zero,
    gint16 *values)
{
  const gint64 channels = w->geometry->channels, each = (channels + 1) / 2 * 2;
  const gint64 stride = stride_of (w);

  for (gint64 i = 0; i < n; i++) {
    if (each > channels)
      for (int p = 0; p < gen_quantized_transform_positions (w->transform); p++)
        values[p * stride + i * each + channels] = 0;
    transform_square (w, problem, &squares[i], source, zeros, x_zero, values + i * each, stride);
  }
}

void
gen_quantized_winograd_run (const GenQuantizedWinograd *w, const GenKernel *kernel,
    const GenQuantizedProblem *problem, gint64 channel, gint64 block, const char *source,
    const char *zeros, gint32 x_zero, const void *packed, const GenIntegerFinish *finish,
    char *result, gint64 result_bytes, void *scratch)
{
  const GenQuantizedGeometry *g = w->geometry;
  const gint64 first = block * w->block;
  const gint64 n = MIN (w->block, count_squares (g, w->transform, problem) - first);
  const gint64 channels = (g->channels + 1) / 2 * 2, stride = stride_of (w);
  const gint64 panels = gen_integer_layer_panels (w->layer, &w->shape);
  const gsize size = gen_integer_layer_packed_size (w->layer, &w->shape);
  const int width = gen_integer_layer_width (w->layer), most = gen_integer_layer_rows (w->layer);
  const int positions = gen_quantized_transform_positions (w->transform);
  const int n_results = w->transform->size * w->transform->size;
  const gint64 groups = (n + most - 1) / most;
  gint16 *const values = scratch;
  gint32 *const sums = (gint32 *)((char *)scratch + w->sums_at);
  gint32 *const finished = (gint32 *)((char *)scratch + w->results_at);
  Square squares[MOST_TILES];

  for (gint64 i = 0; i < n; i++)
    squares[i] = find_square (w, problem, first + i);
  transform_block (w, problem, squares, n, source, zeros, x_zero, values);
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
        w->transform->sums[gen_level ()](
            sums + r * GEN_INTEGER_WIDTH, PLACE, columns, finished + r * GEN_INTEGER_WIDTH);
        find_results (w, problem, &squares[begin + r], result, result_bytes,
            (char *)scratch + w->nowhere_at, results, r);
      }
      for (int k = 0; k < n_results; k++) {
        gen_integer_layer_finish (
            w->layer, finished + k * PLACE, rows, finish, column, columns, results[k]);
        gen_quantized_run_afters (kernel, results[k], rows, channel, column, columns);
      }
    }
  }
}
