/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All lines of a square are transformed along one axis, then along the other. The picture's matrix
 * for squares of 4 has rows of up to 10 in absolute values: 100 times 255 still fits 16 bits. What
 * is done to a line is a function for each transform; those that do it to a square are made of it
 * once for each. */
#include "quantized-transforms.h"

#include <string.h>

#define INLINE static inline __attribute__ ((always_inline))

#define BYTES 32
#define NAME(x) x##_32
#include "quantized-transforms-unit.h"
#undef BYTES
#undef NAME
#if defined(__x86_64__)
#define BYTES 64
#define NAME(x) x##_64
#include "quantized-transforms-unit.h"
#undef BYTES
#undef NAME
#endif

/* The functions of a transform for one level, by vectors of `bytes`. */
#define FUNCTIONS(name, size, taps, inverse, shift, level, bytes)                                  \
  static LEVEL_##level void pixels_##name##_##level (const guint8 *const *pixels,                  \
      gboolean x_signed, gint16 zero, gint64 channels, gint16 *to, gint64 stride)                  \
  {                                                                                                \
    if (x_signed)                                                                                  \
      transform_pixels_##bytes (                                                                   \
          pixels_##name##_##bytes, size + taps - 1, pixels, TRUE, zero, channels, to, stride);     \
    else                                                                                           \
      transform_pixels_##bytes (                                                                   \
          pixels_##name##_##bytes, size + taps - 1, pixels, FALSE, zero, channels, to, stride);    \
  }                                                                                                \
  static LEVEL_##level void sums_##name##_##level (                                                \
      const gint32 *sums, gint64 place, int n, gint32 *to)                                         \
  {                                                                                                \
    transform_sums_##bytes (                                                                       \
        sums_##name##_##bytes, size, size + taps - 1, inverse, shift, sums, place, n, to);         \
  }

#define LEVEL_baseline __attribute__ ((noinline))
#if defined(__x86_64__)
#define LEVEL_v3 __attribute__ ((noinline, target ("arch=x86-64-v3")))
#define LEVEL_v4 __attribute__ ((noinline, target ("arch=x86-64-v4")))
#define TRANSFORM(name, size, taps, inverse, shift)                                                \
  FUNCTIONS (name, size, taps, inverse, shift, baseline, 32)                                       \
  FUNCTIONS (name, size, taps, inverse, shift, v3, 32)                                             \
  FUNCTIONS (name, size, taps, inverse, shift, v4, 64)                                             \
  static const GenQuantizedTransform transform_##name = { size, taps, shift, weights_##name,       \
    { pixels_##name##_baseline, pixels_##name##_v3, pixels_##name##_v4 },                          \
    { sums_##name##_baseline, sums_##name##_v3, sums_##name##_v4 } };
#else
#define TRANSFORM(name, size, taps, inverse, shift)                                                \
  FUNCTIONS (name, size, taps, inverse, shift, baseline, 32)                                       \
  static const GenQuantizedTransform transform_##name = { size, taps, shift, weights_##name,       \
    { pixels_##name##_baseline }, { sums_##name##_baseline } };
#endif

#define INVERSE_OF_9 0x38e38e39u

static const gint8 weights_2_3[][3] = { { 2 }, { 1, 1, 1 }, { 1, -1, 1 }, { 0, 0, 2 } };
TRANSFORM (2_3, 2, 3, 1, 2)

static const gint8 weights_4_3[][3] = { { 1 }, { 1, 1, 1 }, { 1, -1, 1 }, { 1, 2, 4 }, { 1, -2, 4 },
  { 0, 0, 1 } };
TRANSFORM (4_3, 4, 3, INVERSE_OF_9, 6)

static const gint8 weights_2_2[][3] = { { 1 }, { 1, 1 }, { 0, 1 } };
TRANSFORM (2_2, 2, 2, 1, 0)

static const gint8 weights_4_2[][3] = { { 1 }, { 1, 1 }, { 1, -1 }, { 1, 2 }, { 0, 1 } };
TRANSFORM (4_2, 4, 2, INVERSE_OF_9, 2)

const GenQuantizedTransform *const gen_quantized_transforms[] = { &transform_2_3, &transform_4_3,
  &transform_2_2, &transform_4_2, NULL };

gint16
gen_quantized_transform_weights (
    const GenQuantizedTransform *transform, int position, const gint16 *weights)
{
  const int reach = gen_quantized_transform_reach (transform), taps = transform->taps;
  const gint8 *row = transform->weights[position / reach];
  const gint8 *column = transform->weights[position % reach];
  gint32 sum = 0;

  for (int k = 0; k < taps * taps; k++)
    sum += row[k / taps] * column[k % taps] * weights[k];
  return (gint16)sum;
}
