/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The matrices of Winograd's convolutions in integers, for results in squares: F(2 x 2, 3 x 3) and
 * F(4 x 4, 3 x 3), after Lavin and Gray, and F(2 x 2, 2 x 2) and F(4 x 4, 2 x 2), which the phases
 * of a transposed convolution of 4 x 4 weights at stride 2 are.
 *
 * Those of the weights have fractions. Each of their rows is taken as often as makes it whole, and
 * the matrix of the results makes up for that: what it gives is `odd` << `shift` times the result.
 * Sums wrap around in 32 bits, and lose nothing by it: by an odd number whatever wrapped is divided
 * exactly by multiplying with its inverse modulo 2^32. So results are exact as long as 2^shift
 * times of them fit. */
#pragma once

#include <glib.h>

#include "../../simd.h"

#define GEN_QUANTIZED_MOST_SIZE 4
#define GEN_QUANTIZED_MOST_POSITIONS 36

typedef struct {
  int size, taps; /* results of a square, and weights, along each axis */
  int shift;
  const gint8 (*weights)[3]; /* what each place along an axis makes of the weights there */
  /* By GenLevel: a window of pixels of `channels` channels each, less `zero`, to places that are
   * `stride` apart. */
  void (*pixels[GEN_LEVELS]) (const guint8 *const *pixels, gboolean x_signed, gint16 zero,
      gint64 channels, gint16 *to, gint64 stride);
  /* By GenLevel: sums of `n` columns at all positions, which are `place` apart, to those of the
   * square's results, `place` apart. Columns are read and written in whole vectors of 16. */
  void (*sums[GEN_LEVELS]) (const gint32 *sums, gint64 place, int n, gint32 *to);
} GenQuantizedTransform;

/* All that there are; ends on NULL. */
extern const GenQuantizedTransform *const gen_quantized_transforms[];

/* Places along each axis of what is multiplied: those of a square's window. */
static inline int
gen_quantized_transform_reach (const GenQuantizedTransform *transform)
{
  return transform->size + transform->taps - 1;
}

static inline int
gen_quantized_transform_positions (const GenQuantizedTransform *transform)
{
  return gen_quantized_transform_reach (transform) * gen_quantized_transform_reach (transform);
}

/* The absolute value that exact results stay below. */
static inline gint64
gen_quantized_transform_limit (const GenQuantizedTransform *transform)
{
  return G_GINT64_CONSTANT (1) << (31 - transform->shift);
}

/* What position `position` makes of the weights of a channel and a result, line by line. */
gint16 gen_quantized_transform_weights (
    const GenQuantizedTransform *transform, int position, const gint16 *weights);
