/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversions of small floats. All but powers of two have a sign, an exponent and a mantissa, as
 * float32 has, and subnormal numbers; they differ in what they give up for infinity and for what
 * is not a number. */
#include "small.h"

#include <math.h>
#include <string.h>

#include "bits.h"

#define NONE 0x100
#define EXPONENT_NAN 0xff

typedef struct {
  int mantissa, bias;
  guint sign;     /* its bit */
  guint largest;  /* finite magnitude */
  guint infinity; /* or NONE */
  guint nan;      /* the least magnitude that is not a number; NONE where -0 stands for it */
  gboolean unsigned_zero; /* there is no -0 */
} Format;

static const Format *
format_of (GenDataType type)
{
  static const Format e4m3fn = { 3, 7, 0x80, 0x7e, NONE, 0x7f, FALSE };
  static const Format e4m3fnuz = { 3, 8, 0x80, 0x7f, NONE, NONE, TRUE };
  static const Format e5m2 = { 2, 15, 0x80, 0x7b, 0x7c, 0x7d, FALSE };
  static const Format e5m2fnuz = { 2, 16, 0x80, 0x7f, NONE, NONE, TRUE };
  static const Format e2m1 = { 1, 1, 0x8, 0x7, NONE, NONE, FALSE };

  switch (type) {
  case GEN_TYPE_FLOAT8E4M3FN:
    return &e4m3fn;
  case GEN_TYPE_FLOAT8E4M3FNUZ:
    return &e4m3fnuz;
  case GEN_TYPE_FLOAT8E5M2:
    return &e5m2;
  case GEN_TYPE_FLOAT8E5M2FNUZ:
    return &e5m2fnuz;
  default:
    return &e2m1;
  }
}

/* The fields are moved to where float32 has them, and the bias is made good by a product, which is
 * right for subnormal numbers as well. */
static inline float
to_float (const Format *f, guint x)
{
  const guint magnitude = x & (f->sign - 1);
  const float unbias = as_float ((guint32)(254 - f->bias) << 23);
  float value = as_float (magnitude << (23 - f->mantissa)) * unbias;

  if (magnitude >= f->nan || (f->unsigned_zero && x == f->sign))
    return NAN;
  if (magnitude == f->infinity)
    value = INFINITY;
  return (x & f->sign) != 0 ? -value : value;
}

/* What stands for numbers that cannot be held. */
static inline guint
beyond (const Format *f, guint sign, gboolean saturate)
{
  if (saturate || (f->infinity == NONE && f->nan == NONE && !f->unsigned_zero))
    return sign | f->largest;
  if (f->unsigned_zero)
    return f->sign;
  return sign | (f->infinity != NONE ? f->infinity : f->nan);
}

static inline guint
from_float (const Format *f, float x, gboolean saturate)
{
  const guint sign = signbit (x) ? f->sign : 0;
  const float magnitude = fabsf (x);
  const int exponent = MAX ((int)(as_bits (magnitude) >> 23) - 127, 1 - f->bias);
  guint code;

  if (x != x)
    return f->nan == NONE ? f->sign : sign | 0x7f;
  if (exponent > 127)
    return beyond (f, sign, saturate);
  /* In units of the last bit. One that is rounded up to the next exponent carries into it. */
  code = (guint)rintf (magnitude * as_float ((guint32)(127 + f->mantissa - exponent) << 23));
  code += (guint)(exponent + f->bias - 1) << f->mantissa;
  if (code > f->largest)
    return beyond (f, sign, saturate);
  return code == 0 && f->unsigned_zero ? 0 : sign | code;
}

/* 2^(x - 127). */
static inline float
to_power (guint x)
{
  if (x == EXPONENT_NAN)
    return NAN;
  return x == 0 ? 0x1p-127f : as_float (x << 23);
}

static inline guint
from_power (float x, const GenSmallRules *rules)
{
  const guint32 bits = as_bits (x);
  /* float32 is subnormal where the exponent is 0, and the number itself below 1. */
  guint code = bits >> 23 & 0xff, rest = bits & 0x7fffff, above;

  if (x != x || x < 0)
    return EXPONENT_NAN;
  if (code == 0) {
    if (!rules->saturate && rest < 0x400000)
      return EXPONENT_NAN;
    rest = rest < 0x400000 ? 0 : 2 * (rest - 0x400000);
  }
  above = rules->rounding == GEN_ROUND_UP        ? rest > 0
          : rules->rounding == GEN_ROUND_NEAREST ? rest >= 0x400000
                                                 : 0;
  code = MIN (code + above, EXPONENT_NAN);
  return code == EXPONENT_NAN && rules->saturate ? EXPONENT_NAN - 1 : code;
}

void
gen_small_widen (GenDataType type, const guint8 *from, float *to, gsize n)
{
  const Format *format = format_of (type);

  if (type == GEN_TYPE_FLOAT8E8M0)
    for (gsize i = 0; i < n; i++)
      to[i] = to_power (from[i]);
  else
    for (gsize i = 0; i < n; i++)
      to[i] = to_float (format, from[i]);
}

void
gen_small_narrow (
    GenDataType type, const GenSmallRules *rules, const float *from, guint8 *to, gsize n)
{
  const Format *format = format_of (type);

  if (type == GEN_TYPE_FLOAT8E8M0)
    for (gsize i = 0; i < n; i++)
      to[i] = from_power (from[i], rules);
  else
    for (gsize i = 0; i < n; i++)
      to[i] = from_float (format, from[i], rules->saturate);
}

GenDataType
gen_type_kept_as (GenDataType type)
{
  switch (type) {
  case GEN_TYPE_INT4:
  case GEN_TYPE_INT2:
    return GEN_TYPE_INT8;
  case GEN_TYPE_UINT4:
  case GEN_TYPE_UINT2:
    return GEN_TYPE_UINT8;
  default:
    return type;
  }
}

void
gen_small_wrap (GenDataType type, guint8 *values, gsize n)
{
  const int unused = 8 - gen_data_type_bits (type);

  if (gen_type_kept_as (type) == GEN_TYPE_INT8)
    for (gsize i = 0; i < n; i++)
      values[i] = (guint8)((gint8)(guint8)(values[i] << unused) >> unused);
  else
    for (gsize i = 0; i < n; i++)
      values[i] = (guint8)(values[i] << unused) >> unused;
}
