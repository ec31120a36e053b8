/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pixels whose colours are in another order. What moves pixels need not know it; before their
 * values change they are put in order, row by row, and back behind. */
#include "pixel-order.h"

#include "../../simd.h"
#include "words.h"

#define PIECE 256

/* Red and blue, whose bytes in a word are given, change places with the first and the third. */
GEN_CLONES (void, swap_red_and_blue, (guint32 * words, int n), (words, n))
{
  for (int i = 0; i < n; i++)
    words[i] = (words[i] & 0xff00ff00u) | (words[i] >> 16 & 255) | (words[i] & 255) << 16;
}

/* The lowest byte becomes the highest. */
GEN_CLONES (void, turn_down, (guint32 * words, int n), (words, n))
{
  for (int i = 0; i < n; i++)
    words[i] = words[i] >> 8 | words[i] << 24;
}

GEN_CLONES (void, turn_up, (guint32 * words, int n), (words, n))
{
  for (int i = 0; i < n; i++)
    words[i] = words[i] << 8 | words[i] >> 24;
}

static gboolean
is_turned (GenAugmentOrder order)
{
  return order == GEN_AUGMENT_ARGB || order == GEN_AUGMENT_ABGR;
}

static gboolean
is_swapped (GenAugmentOrder order)
{
  return order == GEN_AUGMENT_BGR || order == GEN_AUGMENT_ABGR;
}

void
gen_augment_order_to_rgb (GenAugmentOrder order, const guint8 *in, guint8 *out, int n, int channels)
{
  guint32 words[PIECE];

  for (int i = 0; i < n; i += PIECE) {
    const int length = MIN (PIECE, n - i);

    gen_augment_unpack (in + i * channels, words, length, channels);
    if (is_turned (order))
      turn_down (words, length);
    if (is_swapped (order))
      swap_red_and_blue (words, length);
    gen_augment_pack (words, out + i * channels, length, channels);
  }
}

void
gen_augment_order_from_rgb (
    GenAugmentOrder order, const guint8 *in, guint8 *out, int n, int channels)
{
  guint32 words[PIECE];

  for (int i = 0; i < n; i += PIECE) {
    const int length = MIN (PIECE, n - i);

    gen_augment_unpack (in + i * channels, words, length, channels);
    if (is_swapped (order))
      swap_red_and_blue (words, length);
    if (is_turned (order))
      turn_up (words, length);
    gen_augment_pack (words, out + i * channels, length, channels);
  }
}
