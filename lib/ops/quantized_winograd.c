/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* F(2 x 2, 3 x 3), after Winograd, and Lavin and Gray. Of the three matrices, those of the picture
 * and of the results have elements 1 and -1 alone. That of the weights has halves: twice of it is
 * taken, along both axes, so that sums come out four times as large, and are divided exactly. All
 * between is integers: the picture's of 11 bits with a sign, the weights' of 13, products and sums
 * of 32, where what wraps on the way comes back as long as four times the result fits. */
#include "quantized_winograd.h"

#include <string.h>

#include "../simd.h"

#define POSITIONS 16 /* of the products */
#define VALUES 16    /* channels that are transformed at once */
/* Sums of a tile; places do not share lines of the cache. */
#define PLACE (6 * GEN_INTEGER_WIDTH + 16)
#define BLOCK_BYTES (400 << 10)
#define MOST_TILES 48

/* Along one axis of 16 places: what is at `a`, `b`, `c`, `d` becomes what products take. */
#define TRANSFORM(T, x, n, a, b, c, d)                                                             \
  for (int i = 0; i < (n); i++) {                                                                  \
    const T p = (x)[a][i], q = (x)[b][i], r = (x)[c][i], s = (x)[d][i];                            \
    (x)[a][i] = p - r;                                                                             \
    (x)[b][i] = q + r;                                                                             \
    (x)[c][i] = r - q;                                                                             \
    (x)[d][i] = q - s;                                                                             \
  }

/* 4 x 4 pixels of `channels` channels each, to places that are `stride` apart. */
GEN_CLONES (void, transform_pixels,
    (const guint8 *const *pixels, gboolean x_signed, gint16 zero, gint64 channels, gint16 *to,
        gint64 stride),
    (pixels, x_signed, zero, channels, to, stride))
{
  for (gint64 c = 0; c < channels; c += VALUES) {
    const int n = MIN (VALUES, channels - c);
    gint16 x[POSITIONS][VALUES];

    for (int p = 0; p < POSITIONS; p++) {
      const guint8 *from = pixels[p] + c;
      guint8 part[VALUES] = { 0 };

      if (n < VALUES)
        from = memcpy (part, from, n);
      if (x_signed)
        for (int i = 0; i < VALUES; i++)
          x[p][i] = (gint16)((gint8)from[i] - zero);
      else
        for (int i = 0; i < VALUES; i++)
          x[p][i] = (gint16)(from[i] - zero);
    }
    for (int k = 0; k < 4; k++)
      TRANSFORM (gint16, x, VALUES, k, k + 4, k + 8, k + 12)
    for (int k = 0; k < 16; k += 4)
      TRANSFORM (gint16, x, VALUES, k, k + 1, k + 2, k + 3)
    for (int p = 0; p < POSITIONS; p++)
      memcpy (to + p * stride + c, x[p], n * sizeof (gint16));
  }
}

/* Sums of `n` columns at all places to those of the four results, which are `stride` apart. */
GEN_CLONES (void, transform_sums,
    (const gint32 *sums, gint64 place, int n, gint32 *to, gint64 stride),
    (sums, place, n, to, stride))
{
  for (int i = 0; i < n; i++) {
    guint32 rows[2][4];

    for (int k = 0; k < 4; k++) {
      const guint32 p = sums[k * place + i], q = sums[(k + 4) * place + i];
      const guint32 r = sums[(k + 8) * place + i], s = sums[(k + 12) * place + i];

      rows[0][k] = p + q + r;
      rows[1][k] = q - r - s;
    }
    for (int k = 0; k < 2; k++) {
      to[2 * k * stride + i] = (gint32)(rows[k][0] + rows[k][1] + rows[k][2]) >> 2;
      to[(2 * k + 1) * stride + i] = (gint32)(rows[k][1] - rows[k][2] - rows[k][3]) >> 2;
    }
  }
}

gboolean
gen_quantized_winograd_init (GenQuantizedWinograd *w, const GenQuantizedGeometry *g,
    const GenIntegerShape *shape, int largest, int parts)
{
  const gint64 most = 9 * g->channels * 255 * MAX (largest, 1);
  gint64 tiles = g->items;

  *w = (GenQuantizedWinograd){ .geometry = g, .shape = *shape };
  if (g->transposed || g->axes[0].in != 1 || g->axes[0].out != 1 || g->axes[0].kernel != 1 ||
      g->channels < VALUES || g->results < 8 || most >= 1 << 29)
    return FALSE;
  for (int i = 1; i < 3; i++) {
    const GenQuantizedAxis *a = &g->axes[i];

    if (a->kernel != 3 || a->step_in != 1 || a->dilation != 1 || a->out < 4)
      return FALSE;
    w->tiles[i - 1] = (a->out + 1) / 2;
    tiles *= w->tiles[i - 1];
  }
  w->shape.taps = 1;
  w->layer = gen_integer_layer_find (&w->shape, FALSE);
  if (!gen_integer_layer_has_pairs (w->layer) || tiles < 2 * gen_integer_layer_rows (w->layer))
    return FALSE;
  w->block = BLOCK_BYTES / (POSITIONS * (g->channels + 1) * sizeof (gint16));
  w->block = CLAMP (w->block, gen_integer_layer_rows (w->layer), MOST_TILES);
  w->block = MIN (w->block, MAX (tiles / (2 * parts), 1));
  w->blocks = (tiles + w->block - 1) / w->block;
  w->group_packed = POSITIONS * gen_integer_layer_packed_size (w->layer, &w->shape);
  /* Transformed pixels, and a place for results beyond the picture. */
  w->part_size = POSITIONS * w->block * (g->channels + 1) / 2 * 2 * sizeof (gint16);
  w->part_size = ((w->part_size + 63) & ~(gsize)63) + g->results * sizeof (float) + 64;
  w->part_size = (w->part_size + 63) & ~(gsize)63;
  return TRUE;
}

void
gen_quantized_winograd_pack (const GenQuantizedWinograd *w, const gint16 *weights, void *packed)
{
  static const gint16 matrix[4][3] = { { 2, 0, 0 }, { 1, 1, 1 }, { 1, -1, 1 }, { 0, 0, 2 } };
  const gint64 channels = w->geometry->channels, results = w->geometry->results;
  g_autofree gint16 *place = g_new (gint16, channels * results);

  for (int p = 0; p < POSITIONS; p++) {
    for (gint64 i = 0; i < channels * results; i++) {
      const gint16 *from = weights + (i % results * channels + i / results) * 9;
      gint32 sum = 0;

      for (int k = 0; k < 9; k++)
        sum += matrix[p / 4][k / 3] * matrix[p % 4][k % 3] * from[k];
      place[i] = (gint16)sum;
    }
    gen_integer_layer_pack_pairs (w->layer, &w->shape, place,
        (char *)packed + p * gen_integer_layer_packed_size (w->layer, &w->shape));
  }
}

/* A tile of four results: its item, and its first row and column. */
typedef struct {
  gint64 item, y, x;
} Four;

static Four
find_four (const GenQuantizedWinograd *w, gint64 tile)
{
  const gint64 columns = w->tiles[1], rows = w->tiles[0];

  return (Four){ tile / (rows * columns), tile / columns % rows * 2, tile % columns * 2 };
}

static void
transform_tile (const GenQuantizedWinograd *w, const Four *four, const char *source,
    const char *zeros, gint32 x_zero, gint16 *to, gint64 stride)
{
  const GenQuantizedGeometry *g = w->geometry;
  const GenQuantizedAxis *rows = &g->axes[1], *columns = &g->axes[2];
  const guint8 *pixels[POSITIONS];

  for (int p = 0; p < POSITIONS; p++) {
    const gint64 y = four->y + p / 4 - rows->before, x = four->x + p % 4 - columns->before;
    const gboolean inside = y >= 0 && y < rows->in && x >= 0 && x < columns->in;

    pixels[p] = (const guint8 *)zeros;
    if (inside)
      pixels[p] = (const guint8 *)source +
                  ((four->item * rows->in + y) * columns->in + x) * g->channels * g->groups;
  }
  transform_pixels (pixels, w->shape.x_signed, (gint16)x_zero, g->channels, to, stride);
}

/* Where the results of a tile go: `nowhere` for those beyond the picture. */
static void
find_results (const GenQuantizedWinograd *w, const Four *four, char *result, gint64 result_bytes,
    void *nowhere, void *results[4][GEN_INTEGER_ROWS], int row)
{
  const GenQuantizedGeometry *g = w->geometry;
  const gint64 rows = g->axes[1].out, columns = g->axes[2].out;

  for (int k = 0; k < 4; k++) {
    const gint64 y = four->y + k / 2, x = four->x + k % 2;

    results[k][row] = y < rows && x < columns ? result + ((four->item * rows + y) * columns + x) *
                                                             g->results * g->groups * result_bytes
                                              : nowhere;
  }
}

void
gen_quantized_winograd_run (const GenQuantizedWinograd *w, gint64 block, const char *source,
    const char *zeros, gint32 x_zero, const void *packed, const GenIntegerFinish *finish,
    char *result, gint64 result_bytes, void *scratch)
{
  const GenQuantizedGeometry *g = w->geometry;
  const gint64 all = g->items * w->tiles[0] * w->tiles[1], first = block * w->block;
  const gint64 n = MIN (w->block, all - first), channels = (g->channels + 1) / 2 * 2;
  const gint64 stride = w->block * channels, place = PLACE;
  const gint64 panels = gen_integer_layer_panels (w->layer, &w->shape);
  const gsize size = gen_integer_layer_packed_size (w->layer, &w->shape);
  const int width = gen_integer_layer_width (w->layer), most = gen_integer_layer_rows (w->layer);
  const gint64 groups = (n + most - 1) / most;
  void *const nowhere =
      (char *)scratch + ((POSITIONS * stride * sizeof (gint16) + 63) & ~(gsize)63);
  gint16 *values = scratch;
  Four fours[MOST_TILES];

  for (gint64 t = 0; t < n; t++) {
    fours[t] = find_four (w, first + t);
    if (channels > g->channels)
      for (int p = 0; p < POSITIONS; p++)
        values[p * stride + t * channels + g->channels] = 0;
    transform_tile (w, &fours[t], source, zeros, x_zero, values + t * channels, stride);
  }
  for (gint64 panel = 0; panel < panels; panel++) {
    const gint64 column = panel * width;
    const int columns = MIN (width, g->results - column);

    for (gint64 group = 0; group < groups; group++) {
      const gint64 begin = n * group / groups, rows = n * (group + 1) / groups - begin;
      gint32 sums[POSITIONS * PLACE] __attribute__ ((aligned (64)));
      gint32 four[4][PLACE] __attribute__ ((aligned (64)));
      void *results[4][GEN_INTEGER_ROWS];
      const void *pointers[GEN_INTEGER_ROWS];

      for (int p = 0; p < POSITIONS; p++) {
        for (int r = 0; r < rows; r++)
          pointers[r] = values + p * stride + (begin + r) * channels;
        gen_integer_layer_sums (w->layer, &w->shape, (const char *)packed + p * size, pointers,
            rows, panel, sums + p * place);
      }
      for (int r = 0; r < rows; r++) {
        transform_sums (
            sums + r * GEN_INTEGER_WIDTH, place, columns, four[0] + r * GEN_INTEGER_WIDTH, place);
        find_results (w, &fours[begin + r], result, result_bytes, nowhere, results, r);
      }
      for (int k = 0; k < 4; k++)
        gen_integer_layer_finish (w->layer, four[k], rows, finish, column, columns, results[k]);
    }
  }
}
