/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers of integers on the tiles of integer_units.h: how weights are packed for them, and how
 * rows of sums are made and finished. */
#include "integer-layer.h"

#include <string.h>

#include "../simd.h"
#include "amx.h"
#include "features.h"
#include "integer-amx.h"
#include "integer-units.h"

#if defined(__x86_64__) && !defined(__clang__)
#include <immintrin.h>
#endif

const char *
gen_integer_layer_name (const GenIntegerLayer *layer)
{
  return layer->name;
}

int
gen_integer_layer_rows (const GenIntegerLayer *layer)
{
  return layer->tiles ? GEN_INTEGER_AMX_ROWS : GEN_INTEGER_TILE_ROWS;
}

int
gen_integer_layer_stride (const GenIntegerLayer *layer)
{
  return layer->tiles ? GEN_INTEGER_AMX_ROWS : GEN_INTEGER_TILE_STRIDE;
}

int
gen_integer_layer_width (const GenIntegerLayer *layer)
{
  return layer->width;
}

gint64
gen_integer_layer_panels (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return (shape->results + layer->width - 1) / layer->width;
}

/* Words of a pixel, and of a tap. */
static gint64
pixel_words (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return (shape->channels + layer->group - 1) / layer->group;
}

static gint64
words_of (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return shape->pixels * pixel_words (layer, shape);
}

/* Words of a row. */
static gint64
row_words (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  gint64 words = words_of (layer, shape) * shape->taps, multiple = GEN_INTEGER_AMX_GROUPS;

  return layer->tiles ? (words + multiple - 1) / multiple * multiple : words;
}

static gsize
panel_size (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return row_words (layer, shape) * layer->width * layer->lane;
}

gsize
gen_integer_layer_packed_size (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return gen_integer_layer_panels (layer, shape) * panel_size (layer, shape);
}

gsize
gen_integer_layer_scratch_size (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return layer->tiles ? GEN_INTEGER_AMX_ROWS * row_words (layer, shape) * 4 : 0;
}

/* --- sources --- */

GenIntegerSource
gen_integer_layer_source (const GenIntegerLayer *layer, gboolean x_signed)
{
  const gboolean wide = layer->group == 2;

  if (wide || x_signed == layer->is_signed)
    return (GenIntegerSource){ layer->group, wide, 0, 0 };
  return (GenIntegerSource){ layer->group, FALSE, 0x80, x_signed ? 128 : -128 };
}

GEN_CLONES (
    void, flip_bytes, (const guint8 *from, gint64 n, guint8 flip, guint8 *to), (from, n, flip, to))
{
  for (gint64 i = 0; i < n; i++)
    to[i] = from[i] ^ flip;
}

GEN_CLONES (void, widen_signed, (const gint8 *from, gint64 n, gint16 *to), (from, n, to))
{
  for (gint64 i = 0; i < n; i++)
    to[i] = from[i];
}

GEN_CLONES (void, widen_unsigned, (const guint8 *from, gint64 n, gint16 *to), (from, n, to))
{
  for (gint64 i = 0; i < n; i++)
    to[i] = from[i];
}

static void
convert (GenIntegerSource source, gboolean x_signed, const void *from, gint64 n, void *to)
{
  if (!source.wide)
    flip_bytes (from, n, source.flip, to);
  else if (x_signed)
    widen_signed (from, n, to);
  else
    widen_unsigned (from, n, to);
}

/* Three channels become four. */
#define THREE(name, From, To, value)                                                               \
  GEN_CLONES (void, name, (const From *restrict from, gint64 n, guint8 flip, To *restrict to),     \
      (from, n, flip, to))                                                                         \
  {                                                                                                \
    for (gint64 i = 0; i < n; i++) {                                                               \
      to[4 * i] = value (from[3 * i]);                                                             \
      to[4 * i + 1] = value (from[3 * i + 1]);                                                     \
      to[4 * i + 2] = value (from[3 * i + 2]);                                                     \
      to[4 * i + 3] = 0;                                                                           \
    }                                                                                              \
  }
/* Whole vectors of bytes: how many pixels. They are read 4 bytes beyond their last. */
#if defined(__x86_64__) && !defined(__clang__)
static __attribute__ ((target ("arch=x86-64-v3"))) gint64
three_vectors (const guint8 *x, gint64 n, guint8 flip, guint8 *to)
{
  const __m256i places = _mm256_broadcastsi128_si256 (
      _mm_setr_epi8 (0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
  const __m256i flips = _mm256_set1_epi32 (flip * 0x010101);
  gint64 i = 0;

  for (; i + 10 <= n; i += 8) {
    const __m128i low = _mm_loadu_si128 ((const __m128i *)(x + 3 * i));
    const __m128i high = _mm_loadu_si128 ((const __m128i *)(x + 3 * i + 12));
    const __m256i both = _mm256_inserti128_si256 (_mm256_castsi128_si256 (low), high, 1);

    _mm256_storeu_si256 (
        (__m256i *)(to + 4 * i), _mm256_xor_si256 (_mm256_shuffle_epi8 (both, places), flips));
  }
  return i;
}
#endif

#define FLIPPED(x) ((x) ^ flip)
THREE (three_bytes, guint8, guint8, FLIPPED)
THREE (three_signed, gint8, gint16, )
THREE (three_unsigned, guint8, gint16, )

/* Few channels, of which the last group is not whole. */
static void
convert_few (GenIntegerSource source, gboolean x_signed, const guint8 *x, gint64 n, gint64 channels,
    void *to)
{
  const gint64 all = (channels + source.group - 1) / source.group * source.group;
  guint8 *bytes = to;
  gint16 *wide = to;

  if (channels == 3) {
    if (!source.wide) {
#if defined(__x86_64__) && !defined(__clang__)
      const gint64 done = gen_cpu_has (GEN_CPU_AVX2) ? three_vectors (x, n, source.flip, bytes) : 0;

      three_bytes (x + 3 * done, n - done, source.flip, bytes + 4 * done);
#else
      three_bytes (x, n, source.flip, bytes);
#endif
    } else if (x_signed)
      three_signed ((const gint8 *)x, n, 0, wide);
    else
      three_unsigned (x, n, 0, wide);
    return;
  }
  for (; n > 0; n--, x += channels, bytes += all, wide += all)
    for (gint64 i = 0; i < all; i++)
      if (source.wide)
        wide[i] = i >= channels ? 0 : x_signed ? (gint8)x[i] : x[i];
      else
        bytes[i] = i >= channels ? 0 : x[i] ^ source.flip;
}

void
gen_integer_layer_convert (const GenIntegerLayer *layer, const void *from, gboolean x_signed,
    gint64 n, gint64 channels, void *to)
{
  const GenIntegerSource source = gen_integer_layer_source (layer, x_signed);
  const gint64 rest = (source.group - channels % source.group) % source.group;
  const int size = source.wide ? 2 : 1;
  const char *x = from;
  char *out = to;

  if (rest == 0) {
    convert (source, x_signed, x, n * channels, out);
    return;
  }
  if (channels < 32) {
    convert_few (source, x_signed, from, n, channels, to);
    return;
  }
  for (; n > 0; n--, x += channels, out += (channels + rest) * size) {
    convert (source, x_signed, x, channels, out);
    memset (out + channels * size, 0, rest * size);
  }
}

/* --- weights --- */

/* `pixel` of all taps. */
static inline gint8
weight_at (const GenIntegerShape *shape, const GenIntegerWeights *w, gint64 result, gint64 pixel,
    gint64 channel)
{
  guint8 value;

  if (channel >= shape->channels || result >= shape->results)
    return 0;
  value = ((const guint8 *)
               w->values)[result * w->by_result + w->by_pixel[pixel] + channel * w->by_channel];
  return (gint8)(shape->w_signed ? value : value ^ 0x80);
}

/* Sources reach 255: so two weights of one sign must not add up to more than 128. */
gboolean
gen_integer_pairs_fit (const GenIntegerShape *shape, const GenIntegerWeights *weights)
{
  for (gint64 result = 0; result < shape->results; result++)
    for (gint64 pixel = 0; pixel < shape->taps * shape->pixels; pixel++)
      for (gint64 c = 0; c < shape->channels; c += 2) {
        const int v = weight_at (shape, weights, result, pixel, c);
        const int w = weight_at (shape, weights, result, pixel, c + 1);

        if (MAX (v, 0) + MAX (w, 0) > 128 || MIN (v, 0) + MIN (w, 0) < -128)
          return FALSE;
      }
  return TRUE;
}

/* Columns of the panel that begins at `column`, in whole vectors; AMX has full ones alone. */
static int
columns_of (const GenIntegerLayer *layer, const GenIntegerShape *shape, gint64 column)
{
  gint64 n = MIN (layer->width, shape->results - column);

  return layer->tiles ? layer->width : (n + layer->vector - 1) / layer->vector * layer->vector;
}

void
gen_integer_layer_pack (const GenIntegerLayer *layer, const GenIntegerShape *shape,
    const GenIntegerWeights *weights, void *packed, gint32 *column_sums)
{
  const gint64 words = words_of (layer, shape), each = pixel_words (layer, shape);
  const int bytes = layer->lane / layer->group; /* of an element */

  memset (packed, 0, gen_integer_layer_packed_size (layer, shape));
  memset (column_sums, 0, shape->results * sizeof *column_sums);
  for (gint64 column = 0; column < shape->results; column += layer->width) {
    const int n = MIN (layer->width, shape->results - column);
    const int columns = columns_of (layer, shape, column);
    gint8 *to = (gint8 *)packed + column / layer->width * panel_size (layer, shape);
    /* From a column to the next one, and from a word. */
    const gint64 by_column = layer->across > 0 ? shape->taps * words * layer->lane : layer->lane;
    const gint64 by_word = layer->across > 0 ? layer->lane : columns * layer->lane;

    for (gint64 tap = 0; tap < shape->taps; tap++)
      for (gint64 i = 0; i < words; i++, to += by_word)
        for (int g = 0; g < layer->group; g++)
          for (int k = 0; k < n; k++) {
            const gint8 v = weight_at (shape, weights, column + k, tap * shape->pixels + i / each,
                i % each * layer->group + g);
            const gint16 wide = v;

            column_sums[column + k] += v;
            memcpy (to + k * by_column + g * bytes, bytes == 2 ? (const void *)&wide : &v, bytes);
          }
  }
}

/* --- products --- */

/* The channels of a row one tap after the other, for AMX. */
static void
gather_row (const GenIntegerLayer *layer, const GenIntegerShape *shape, const void *const *pointers,
    char *to)
{
  const gsize bytes = words_of (layer, shape) * 4;
  char *const end = to + row_words (layer, shape) * 4;

  for (gint64 t = 0; t < shape->taps; t++, to += bytes)
    memcpy (to, pointers[t * gen_integer_layer_stride (layer)], bytes);
  memset (to, 0, end - to);
}

void
gen_integer_layer_begin (const GenIntegerLayer *layer)
{
  if (layer->tiles)
    gen_amx_begin ();
}

void
gen_integer_layer_end (const GenIntegerLayer *layer)
{
  if (layer->tiles)
    gen_amx_end ();
}

void
gen_integer_layer_run (const GenIntegerLayer *layer, const GenIntegerShape *shape,
    const void *packed, const void *const *pointers, int rows, const GenIntegerFinish *finish,
    void *const *results, gint64 first, gint64 end, void *scratch)
{
  const gint64 words = words_of (layer, shape), all = row_words (layer, shape);
  gint32 sums[GEN_INTEGER_ROWS * GEN_INTEGER_WIDTH] __attribute__ ((aligned (64)));
  gint32 row_sums[GEN_INTEGER_ROWS] = { 0 };
  const int stride = layer->tiles ? layer->width : GEN_INTEGER_WIDTH;

  if (finish->w_zero != NULL)
    for (int r = 0; r < rows; r++)
      row_sums[r] = layer->sum (pointers + r, gen_integer_layer_stride (layer), shape->taps, words);
  if (layer->tiles)
    for (int r = 0; r < rows; r++)
      gather_row (layer, shape, pointers + r, (char *)scratch + r * all * 4);
  for (gint64 p = first; p < end; p++) {
    const char *panel = (const char *)packed + p * panel_size (layer, shape);
    const gint64 column = p * layer->width;
    const int n = MIN (layer->width, shape->results - column);

    if (layer->tiles)
      gen_integer_amx_tile (rows, scratch, (const gint32 *)panel, all, sums);
    else
      layer->tile (rows, columns_of (layer, shape, column) / layer->vector, pointers, shape->taps,
          words, panel, sums);
    layer->finish (finish, sums, stride, row_sums, rows, column, n, results);
  }
}

void
gen_integer_layer_depthwise (const GenIntegerLayer *layer, const GenIntegerShape *shape,
    const gint32 *weights, gint64 stride, const void *const *pointers, int rows,
    const GenIntegerFinish *finish, void *const *results, gint64 channels)
{
  gint32 sums[GEN_INTEGER_TILE_ROWS * GEN_INTEGER_WIDTH] __attribute__ ((aligned (64)));
  const gint32 row_sums[GEN_INTEGER_TILE_ROWS] = { 0 };

  for (gint64 c = 0; c < channels; c += GEN_INTEGER_WIDTH) {
    const int n = MIN (GEN_INTEGER_WIDTH, channels - c);

    for (int r = 0; r < rows; r++)
      layer->depthwise (shape->x_signed, pointers + r, shape->taps, c, n, weights, stride,
          sums + r * GEN_INTEGER_WIDTH);
    layer->finish (finish, sums, GEN_INTEGER_WIDTH, row_sums, rows, c, n, results);
  }
}

/* --- pairs of 16-bit numbers --- */

void
gen_integer_layer_pack_pairs (
    const GenIntegerLayer *layer, const GenIntegerShape *shape, const gint16 *weights, void *packed)
{
  const gint64 words = words_of (layer, shape);

  memset (packed, 0, gen_integer_layer_packed_size (layer, shape));
  for (gint64 column = 0; column < shape->results; column += layer->width) {
    const int n = MIN (layer->width, shape->results - column);
    const int columns = columns_of (layer, shape, column);
    gint16 *to = (gint16 *)((char *)packed + column / layer->width * panel_size (layer, shape));

    for (gint64 c = 0; c < 2 * words; c += 2, to += 2 * columns)
      for (int g = 0; g < 2 && c + g < shape->channels; g++)
        for (int k = 0; k < n; k++)
          to[2 * k + g] = weights[(c + g) * shape->results + column + k];
  }
}

void
gen_integer_layer_sums (const GenIntegerLayer *layer, const GenIntegerShape *shape,
    const void *packed, const void *const *pointers, int rows, gint64 panel, gint32 *sums)
{
  layer->tile (rows, columns_of (layer, shape, panel * layer->width) / layer->vector, pointers, 1,
      words_of (layer, shape), (const char *)packed + panel * panel_size (layer, shape), sums);
}

void
gen_integer_layer_finish (const GenIntegerLayer *layer, const gint32 *sums, int rows,
    const GenIntegerFinish *finish, gint64 column, int n, void *const *results)
{
  const gint32 row_sums[GEN_INTEGER_TILE_ROWS] = { 0 };

  layer->finish (finish, sums, GEN_INTEGER_WIDTH, row_sums, rows, column, n, results);
}
