/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single numbers of any type. */
#include "number.h"

#include "../device/half.h"
#include "../device/small.h"

#define FOR_EACH_TYPE(X)                                                                           \
  X (GEN_TYPE_FLOAT32, float)                                                                      \
  X (GEN_TYPE_FLOAT64, double)                                                                     \
  X (GEN_TYPE_INT8, gint8)                                                                         \
  X (GEN_TYPE_INT16, gint16)                                                                       \
  X (GEN_TYPE_INT32, gint32)                                                                       \
  X (GEN_TYPE_INT64, gint64)                                                                       \
  X (GEN_TYPE_UINT8, guint8)                                                                       \
  X (GEN_TYPE_UINT16, guint16)                                                                     \
  X (GEN_TYPE_UINT32, guint32)                                                                     \
  X (GEN_TYPE_UINT64, guint64)                                                                     \
  X (GEN_TYPE_BOOL, guint8)                                                                        \
  X (GEN_TYPE_INT4, gint8)                                                                         \
  X (GEN_TYPE_INT2, gint8)                                                                         \
  X (GEN_TYPE_UINT4, guint8)                                                                       \
  X (GEN_TYPE_UINT2, guint8)

double
gen_number_get (GenDataType type, const void *data, gsize i)
{
  float wide;

#define GET(id, T)                                                                                 \
  case id:                                                                                         \
    return (double)((const T *)data)[i];
  switch (type) {
    FOR_EACH_TYPE (GET)
  case GEN_TYPE_FLOAT16:
  case GEN_TYPE_BFLOAT16:
    gen_half_widen (type, (const guint16 *)data + i, 1, &wide, 1);
    return wide;
  default:
    break;
  }
  if (!gen_type_is_small_float (type))
    return NAN;
  gen_small_widen (type, (const guint8 *)data + i, &wide, 1);
  return wide;
}

void
gen_number_set (GenDataType type, void *data, gsize i, double value)
{
  float wide = (float)value;

#define SET(id, T)                                                                                 \
  case id:                                                                                         \
    ((T *)data)[i] = (T)value;                                                                     \
    break;
  switch (type) {
    FOR_EACH_TYPE (SET)
  case GEN_TYPE_FLOAT16:
  case GEN_TYPE_BFLOAT16:
    gen_half_narrow (type, &wide, (guint16 *)data + i, 1);
    break;
  default:
    if (gen_type_is_small_float (type))
      gen_small_narrow (type, &(GenSmallRules){ .saturate = TRUE }, &wide, (guint8 *)data + i, 1);
  }
}

gboolean
gen_number_has (GenDataType type)
{
  return type != GEN_TYPE_UNDEFINED && type != GEN_TYPE_STRING && gen_data_type_size (type) > 0;
}
