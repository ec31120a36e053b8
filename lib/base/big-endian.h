/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of formats that have their first byte first. */
#pragma once

#include <glib.h>

static inline guint32
gen_get32 (const guint8 *data)
{
  return (guint32)data[0] << 24 | (guint32)data[1] << 16 | (guint32)data[2] << 8 | data[3];
}

static inline guint64
gen_get64 (const guint8 *data)
{
  return (guint64)gen_get32 (data) << 32 | gen_get32 (data + 4);
}

static inline void
gen_put32 (guint8 *data, guint32 value)
{
  for (int i = 0; i < 4; i++)
    data[i] = (guint8)(value >> (24 - 8 * i));
}

static inline void
gen_put64 (guint8 *data, guint64 value)
{
  gen_put32 (data, (guint32)(value >> 32));
  gen_put32 (data + 4, (guint32)value);
}
