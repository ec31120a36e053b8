/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mod: the remainder of a / b, broadcast. It has the sign of b, or with fmod that of a, as C's
 * fmod. Integers modulo zero give zero. */
#include <math.h>

#include "arithmetic.h"

/* The division by -1 is left out, which has no remainder and may overflow. */
#define C_REMAINDER(T) (y == 0 || y == (T)-1 ? 0 : x % y)
#define PYTHON_REMAINDER(T)                                                                        \
  (y == 0 || y == (T)-1 ? 0 : x % y != 0 && ((x % y < 0) != (y < 0)) ? x % y + y : x % y)

/* A remainder moved to the side of 0 where the divisor is. */
static inline double
with_sign_of (double remainder, double y)
{
  if (remainder == 0)
    return copysign (remainder, y);
  return (remainder < 0) != (y < 0) ? remainder + y : remainder;
}

#define SIGNED(T, t)                                                                               \
  GEN_ARITHMETIC_ROW (fmod_##t, T, C_REMAINDER (T))                                                \
  GEN_ARITHMETIC_ROW (mod_##t, T, PYTHON_REMAINDER (T))
#define UNSIGNED(T, t) GEN_ARITHMETIC_ROW (mod_##t, T, y == 0 ? 0 : x % y)

/* Of floats in double, where quotients below 2^28 lose nothing: they are cut at the right integer,
 * and its product with y is exact. */
#define MOST_QUOTIENT 0x1p28
#define STRETCH 512

static inline float
near_remainder (float x, float y)
{
  const double cut = (double)(gint32)((double)x / (double)y);

  return copysignf ((float)(x - cut * y), x);
}

GEN_ARITHMETIC_ROW (near_float32, float, near_remainder (x, y))
GEN_ARITHMETIC_ROW (far_float32, float, fmodf (x, y))

GEN_CLONES (gboolean, are_near, (const float *a, gint64 as, const float *b, gint64 bs, gsize n),
    (a, as, b, bs, n))
{
  int far = 0;

  for (gsize i = 0; i < n; i++) {
    const double quotient = (double)a[(gint64)i * as] / (double)b[(gint64)i * bs];

    far |= !(quotient > -MOST_QUOTIENT && quotient < MOST_QUOTIENT);
  }
  return !far;
}

static void
fmod_float32 (const void *pa, gint64 as, const void *pb, gint64 bs, void *pout, gsize n)
{
  const float *a = pa, *b = pb;
  float *out = pout;

  for (gsize count; n > 0; n -= count, a += (gint64)count * as, b += (gint64)count * bs) {
    count = MIN (n, STRETCH);
    (are_near (a, as, b, bs, count) ? near_float32 : far_float32) (a, as, b, bs, out, count);
    out += count;
  }
}

GEN_ARITHMETIC_ROW (fmod_float64, double, fmod (x, y))
GEN_ARITHMETIC_ROW (mod_float32, float, with_sign_of (fmodf (x, y), y))
GEN_ARITHMETIC_ROW (mod_float64, double, with_sign_of (fmod (x, y), y))
SIGNED (gint8, int8)
SIGNED (gint16, int16)
SIGNED (gint32, int32)
SIGNED (gint64, int64)
UNSIGNED (guint8, uint8)
UNSIGNED (guint16, uint16)
UNSIGNED (guint32, uint32)
UNSIGNED (guint64, uint64)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  static const GenBinaryRows by_divisor = { GEN_NUMBER_ROWS_OF (mod) };
  static const GenBinaryRows by_dividend = { .float32 = fmod_float32,
    .float64 = fmod_float64,
    .int8 = fmod_int8,
    .int16 = fmod_int16,
    .int32 = fmod_int32,
    .int64 = fmod_int64,
    .uint8 = mod_uint8,
    .uint16 = mod_uint16,
    .uint32 = mod_uint32,
    .uint64 = mod_uint64 };
  gboolean as_c = gen_node_int (kernel->node, "fmod", 0) != 0;

  return gen_binary_rows_cpu (kernel, as_c ? &by_dividend : &by_divisor, 2, error);
}

/* da = dy: b is taken for a constant, as the quotient's steps have no slope. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *a = gen_node_input (g->node, 0);

  if (g->needed[1])
    return gen_node_error (g->node, error, "it has no gradient for its divisor");
  g->inputs[0] = gen_gradient_unbroadcast (g->graph, g->outputs[0], a, error);
  return g->inputs[0] != NULL;
}

GEN_BINARY_OPERATOR (mod, "Mod", "Remainder of a division", 10, .gradient = gradient)
