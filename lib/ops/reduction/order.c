/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Integers are their own keys. The bits of a float sort like a number of sign and magnitude. */
#include "order.h"

#include <string.h>

#include "../../simd.h"

/* Of a number whose sign is bit 63, and whose magnitudes end with infinity. */
static inline gint64
key_of_bits (guint64 bits, guint64 infinity)
{
  const gint64 magnitude = (gint64)(bits & G_MAXINT64);

  return (guint64)magnitude > infinity ? G_MAXINT64 : bits >> 63 ? -magnitude : magnitude;
}

#define KEYS(name, T, expression)                                                                  \
  GEN_CLONES (void, name, (const void *pfrom, gint64 stride, gint64 *keys, gsize n),               \
      (pfrom, stride, keys, n))                                                                    \
  {                                                                                                \
    const T *from = pfrom;                                                                         \
                                                                                                   \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T x = from[(gint64)i * stride];                                                        \
      keys[i] = (expression);                                                                      \
    }                                                                                              \
  }

KEYS (float32_keys, guint32, key_of_bits ((guint64)x << 32, 0x7f800000ull << 32))
KEYS (float64_keys, guint64, key_of_bits (x, 0x7ff0000000000000ull))
KEYS (float16_keys, guint16, key_of_bits ((guint64)x << 48, 0x7c00ull << 48))
KEYS (bfloat16_keys, guint16, key_of_bits ((guint64)x << 48, 0x7f80ull << 48))
KEYS (int8_keys, gint8, x)
KEYS (int16_keys, gint16, x)
KEYS (int32_keys, gint32, x)
KEYS (int64_keys, gint64, x)
KEYS (uint8_keys, guint8, x)
KEYS (uint16_keys, guint16, x)
KEYS (uint32_keys, guint32, x)
KEYS (uint64_keys, guint64, (gint64)(x ^ (guint64)1 << 63))

typedef void (*KeysFunc) (const void *from, gint64 stride, gint64 *keys, gsize n);

static const KeysFunc by_type[] = {
  [GEN_TYPE_FLOAT32] = float32_keys,
  [GEN_TYPE_FLOAT64] = float64_keys,
  [GEN_TYPE_FLOAT16] = float16_keys,
  [GEN_TYPE_BFLOAT16] = bfloat16_keys,
  [GEN_TYPE_INT8] = int8_keys,
  [GEN_TYPE_INT16] = int16_keys,
  [GEN_TYPE_INT32] = int32_keys,
  [GEN_TYPE_INT64] = int64_keys,
  [GEN_TYPE_UINT8] = uint8_keys,
  [GEN_TYPE_UINT16] = uint16_keys,
  [GEN_TYPE_UINT32] = uint32_keys,
  [GEN_TYPE_UINT64] = uint64_keys,
  [GEN_TYPE_BOOL] = uint8_keys,
};

gboolean
gen_order_has_keys (GenDataType type)
{
  return type < G_N_ELEMENTS (by_type) && by_type[type] != NULL;
}

void
gen_order_keys (GenDataType type, const void *from, gint64 stride, gint64 *keys, gsize n)
{
  by_type[type](from, stride, keys, n);
}
