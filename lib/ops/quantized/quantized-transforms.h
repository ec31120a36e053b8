/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The three matrices of Winograd's convolutions of 3 x 3 weights, in integers, for results in
 * squares of 2 or of 4: F(2 x 2, 3 x 3) and F(4 x 4, 3 x 3), after Lavin and Gray.
 *
 * Those of the weights have fractions. Each of their rows is taken as often as makes it whole, and
 * the matrix of the results makes up for that: what it gives is 4 times the result for squares of
 * 2, 576 times for squares of 4. Sums wrap around in 32 bits, and lose nothing by it: 576 is 64
 * times 9, and by 9, which is odd, whatever wrapped is divided exactly by multiplying with 9's
 * inverse modulo 2^32. So results are exact as long as 4 or 64 times of them fit. */
#pragma once

#include <glib.h>

/* Places along each axis of what is multiplied: those of a square's window. */
#define GEN_QUANTIZED_REACH(size) ((size) + 2)
#define GEN_QUANTIZED_POSITIONS(size) (GEN_QUANTIZED_REACH (size) * GEN_QUANTIZED_REACH (size))
#define GEN_QUANTIZED_MOST_SIZE 4
#define GEN_QUANTIZED_MOST_POSITIONS GEN_QUANTIZED_POSITIONS (GEN_QUANTIZED_MOST_SIZE)

/* The absolute value that exact results stay below. */
gint64 gen_quantized_transform_limit (int size);

/* A window of pixels of `channels` channels each, less `zero`, to places that are `stride` apart.
 */
void gen_quantized_transform_pixels (int size, const guint8 *const *pixels, gboolean x_signed,
    gint16 zero, gint64 channels, gint16 *to, gint64 stride);
/* What position `position` makes of 3 x 3 weights. */
gint16 gen_quantized_transform_weights (int size, int position, const gint16 *weights);
/* Sums of `n` columns at all positions, which are `place` apart, to those of the square's results,
 * `place` apart. Columns are read and written in whole vectors of 16. */
void gen_quantized_transform_sums (int size, const gint32 *sums, gint64 place, int n, gint32 *to);
