/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps that leave rows rows and columns columns, as crops and changes of size do. Where the pixels
 * of a row are from is the same for all rows; each row of the source is resampled once, and two of
 * them are mixed for each row of the result. What comes out is what warp.c makes of the same map,
 * to the bit: sums along a row are kept in 16 bits, which is all they have. */
#include "affine.h"
#include "place.h"
#include "words.h"

gboolean
gen_augment_is_straight (const double *m)
{
  return m != NULL && m[1] == 0 && m[3] == 0 && m[6] == 0 && m[7] == 0 && m[8] == 1;
}

void
gen_augment_straight_init (GenAugmentStraight *straight, const GenPicture *source,
    const double *matrix, GenAugmentWorkspace *workspace)
{
  const GenAffineRow from = gen_augment_affine_row (matrix, source->width, source->height, 0);
  const gsize n = (gsize)source->width;
  guint32 *memory = gen_augment_scratch (workspace, GEN_SCRATCH_ROWS, (7 * n + 1) * sizeof *memory);
  int last = 0;

  *straight = (GenAugmentStraight){ .source = source, .matrix = matrix, .kept = { -1, -1 } };
  straight->columns = (gint32 *)memory;
  straight->weights = memory + n;
  straight->rows[0] = memory + 2 * n;
  straight->rows[1] = memory + 4 * n;
  straight->words = memory + 6 * n;
  gen_augment_affine_step (
      from.x, from.dx, source->width, straight->columns, straight->weights, source->width);
  straight->first = source->width - 1;
  for (int i = 0; i < source->width; i++) {
    straight->first = MIN (straight->first, straight->columns[i]);
    last = MAX (last, straight->columns[i]);
  }
  straight->n = MIN (last + 2, source->width) - straight->first;
  for (int i = 0; i < source->width; i++) {
    straight->columns[i] -= straight->first;
    /* Bytes are counted where pixels are as few. */
    straight->columns[i] *= source->channels == 2 ? 2 : 1;
  }
}

/* Two channels of a word at a time, each in half of one. */
GEN_CLONES (void, mix_columns,
    (const guint32 *restrict left, const guint32 *restrict right, const guint32 *restrict weights,
        guint32 *restrict even, guint32 *restrict odd, int n),
    (left, right, weights, even, odd, n))
{
  const guint32 half = 0x00ff00ff;

  for (int i = 0; i < n; i++) {
    const guint32 weight = weights[i], rest = 256 - weight;

    even[i] = (left[i] & half) * rest + (right[i] & half) * weight;
    odd[i] = (left[i] >> 8 & half) * rest + (right[i] >> 8 & half) * weight;
  }
}

/* The same of what has the right neighbour behind each pixel; samples are numbers of 16 bits. */
GEN_CLONES (void, mix_single,
    (const guint32 *restrict pairs, const guint32 *restrict weights, guint16 *restrict out, int n),
    (pairs, weights, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = (guint16)((pairs[i] & 255) * (256 - weights[i]) + (pairs[i] >> 8 & 255) * weights[i]);
}

GEN_CLONES (void, mix_double,
    (const guint32 *restrict pairs, const guint32 *restrict weights, guint32 *restrict out, int n),
    (pairs, weights, out, n))
{
  for (int i = 0; i < n; i++) {
    const guint32 weight = weights[i], rest = 256 - weight;
    const guint32 first = (pairs[i] & 255) * rest + (pairs[i] >> 16 & 255) * weight;
    const guint32 second = (pairs[i] >> 8 & 255) * rest + (pairs[i] >> 24) * weight;

    out[i] = first | second << 16;
  }
}

static void
resample_few (const GenAugmentStraight *straight, const guint8 *in, guint32 *row)
{
  const int channels = straight->source->channels, width = straight->source->width;
  guint32 pairs[GEN_AUGMENT_CHUNK];

  memcpy (straight->words, in, (gsize)(straight->n * channels));
  for (int i = 0; i < width; i += GEN_AUGMENT_CHUNK) {
    const int n = MIN (GEN_AUGMENT_CHUNK, width - i);

    gen_augment_gather_bytes ((const guint8 *)straight->words, straight->columns + i, pairs, n);
    if (channels == 1)
      mix_single (pairs, straight->weights + i, (guint16 *)row + i, n);
    else
      mix_double (pairs, straight->weights + i, row + i, n);
  }
}

/* Row `number` of the source, resampled: its even channels, and its odd ones behind. */
static const guint32 *
resampled_row (GenAugmentStraight *straight, int number)
{
  const GenPicture *source = straight->source;
  const int right = straight->n > 1 ? 1 : 0, width = source->width;
  const guint8 *in =
      source->data + (gssize)number * source->stride + (gssize)straight->first * source->channels;
  guint32 *row = straight->rows[number & 1];
  guint32 a[GEN_AUGMENT_CHUNK], b[GEN_AUGMENT_CHUNK];

  if (straight->kept[number & 1] == number)
    return row;
  straight->kept[number & 1] = number;
  if (source->channels <= 2) {
    resample_few (straight, in, row);
    return row;
  }
  gen_augment_unpack (in, straight->words, straight->n, source->channels);
  for (int i = 0; i < width; i += GEN_AUGMENT_CHUNK) {
    const int n = MIN (GEN_AUGMENT_CHUNK, width - i);

    gen_augment_gather (straight->words, straight->columns + i, a, n);
    gen_augment_gather (straight->words + right, straight->columns + i, b, n);
    mix_columns (a, b, straight->weights + i, row + i, row + width + i, n);
  }
  return row;
}

/* What is in the lower and in the upper halves of two words, mixed: a byte, where it is. */
static inline guint32
mix_lower (guint32 above, guint32 below, guint32 rest, guint32 weight)
{
  return ((above & 0xffff) * rest + (below & 0xffff) * weight + 32768) >> 16;
}

static inline guint32
mix_upper (guint32 above, guint32 below, guint32 rest, guint32 weight)
{
  return ((above >> 16) * rest + (below >> 16) * weight + 32768) & 0x00ff0000;
}

static inline void
mix_pixels (const guint32 *restrict above, const guint32 *restrict below, int width, guint32 weight,
    int channels, guint32 *restrict out, int n)
{
  const guint32 *restrict odd_above = above + width, *restrict odd_below = below + width;
  const guint32 rest = 256 - weight;

  for (int i = 0; i < n; i++) {
    guint32 value = mix_lower (above[i], below[i], rest, weight);

    value |= mix_upper (above[i], below[i], rest, weight) |
             mix_lower (odd_above[i], odd_below[i], rest, weight) << 8;
    if (channels > 3)
      value |= mix_upper (odd_above[i], odd_below[i], rest, weight) << 8;
    out[i] = value;
  }
}

#define MIX(channels)                                                                              \
  GEN_CLONES (void, mix_rows_##channels,                                                           \
      (const guint32 *above, const guint32 *below, int width, guint32 weight, guint32 *out,        \
          int n),                                                                                  \
      (above, below, width, weight, out, n))                                                       \
  {                                                                                                \
    mix_pixels (above, below, width, weight, channels, out, n);                                    \
  }
MIX (3)
MIX (4)

GEN_CLONES (void, mix_samples,
    (const guint16 *restrict above, const guint16 *restrict below, guint32 weight,
        guint8 *restrict out, int n),
    (above, below, weight, out, n))
{
  const guint32 rest = 256 - weight;

  for (int i = 0; i < n; i++)
    out[i] = (guint8)((above[i] * rest + below[i] * weight + 32768) >> 16);
}

void
gen_augment_straight_row (GenAugmentStraight *straight, int row, guint8 *out)
{
  const GenPicture *source = straight->source;
  const int width = source->width, channels = source->channels;
  const GenAffineRow from = gen_augment_affine_row (straight->matrix, width, source->height, row);
  const guint32 *above, *below;
  guint32 words[GEN_AUGMENT_CHUNK], weight;
  gint32 number;

  gen_augment_affine_step (from.y, 0, source->height, &number, &weight, 1);
  above = resampled_row (straight, number);
  below = resampled_row (straight, MIN (number + 1, source->height - 1));
  if (channels <= 2) {
    mix_samples ((const guint16 *)above, (const guint16 *)below, weight, out, width * channels);
    return;
  }
  for (int i = 0; i < width; i += GEN_AUGMENT_CHUNK) {
    const int n = MIN (GEN_AUGMENT_CHUNK, width - i);

    if (channels == 3)
      mix_rows_3 (above + i, below + i, width, weight, words, n);
    else
      mix_rows_4 (above + i, below + i, width, weight, words, n);
    gen_augment_pack (words, out + i * channels, n, channels);
  }
}
