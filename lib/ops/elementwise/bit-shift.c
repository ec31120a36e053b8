/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BitShift: a shifted by b bits, of integers, broadcast. Bits that are shifted out are lost; by the
 * width of the type and more, or by less than none, nothing is left but the sign of what is shifted
 * to the right. */
#include <string.h>
#include "arithmetic.h"

#define WIDTH(T) (8 * sizeof (T))

#define ROWS(T, t)                                                                                 \
  GEN_ARITHMETIC_ROW (left_##t, T, y >= WIDTH (T) ? 0 : (T)((guint64)x << y))                      \
  GEN_ARITHMETIC_ROW (right_##t, T, y >= WIDTH (T) ? 0 : x >> y)

#define SIGNED_ROWS(T, t)                                                                          \
  GEN_ARITHMETIC_ROW (left_##t, T, y < 0 || y >= (T)WIDTH (T) ? 0 : (T)((guint64)x << y))          \
  GEN_ARITHMETIC_ROW (right_##t, T, (T)(x >> (y < 0 || y >= (T)WIDTH (T) ? (T)WIDTH (T) - 1 : y)))

ROWS (guint8, uint8)
ROWS (guint16, uint16)
ROWS (guint32, uint32)
ROWS (guint64, uint64)
SIGNED_ROWS (gint8, int8)
SIGNED_ROWS (gint16, int16)
SIGNED_ROWS (gint32, int32)
SIGNED_ROWS (gint64, int64)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  static const GenBinaryRows left = {
    .uint8 = left_uint8,
    .uint16 = left_uint16,
    .uint32 = left_uint32,
    .uint64 = left_uint64,
    .int8 = left_int8,
    .int16 = left_int16,
    .int32 = left_int32,
    .int64 = left_int64,
  };
  static const GenBinaryRows right = {
    .uint8 = right_uint8,
    .uint16 = right_uint16,
    .uint32 = right_uint32,
    .uint64 = right_uint64,
    .int8 = right_int8,
    .int16 = right_int16,
    .int32 = right_int32,
    .int64 = right_int64,
  };
  const char *direction = gen_node_string (kernel->node, "direction", "");

  if (strcmp (direction, "LEFT") != 0 && strcmp (direction, "RIGHT") != 0)
    return gen_node_error (
        kernel->node, error, "direction '%s' is neither LEFT nor RIGHT", direction);
  return gen_binary_rows_cpu (kernel, *direction == 'L' ? &left : &right, 0.3, error);
}

GEN_BINARY_OPERATOR (
    bit_shift, "BitShift", "Integers shifted by bits", 11, .gradient_is_zero = TRUE)
