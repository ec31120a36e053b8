/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bmff-box.h"

#include "big-endian.h"

const guint8 gen_bmff_c2pa_uuid[GEN_BMFF_UUID_SIZE] = { 0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48,
  0x3c, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81 };

gboolean
gen_bmff_header (const guint8 *data, gsize available, guint64 start, guint64 rest, GenBmffBox *box)
{
  *box = (GenBmffBox){ .start = start, .header = GEN_BMFF_HEADER };
  if (available < GEN_BMFF_HEADER)
    return FALSE;
  memcpy (box->type, data + 4, 4);
  box->size = gen_get32 (data);
  if (box->size == 1) {
    if (available < GEN_BMFF_LARGE_HEADER)
      return FALSE;
    box->header = GEN_BMFF_LARGE_HEADER;
    box->size = gen_get64 (data + 8);
  } else if (box->size == 0) {
    box->size = rest;
  }
  return box->size >= box->header && box->size <= rest;
}

gboolean
gen_bmff_read (const guint8 *data, gsize size, gsize at, GenBmffBox *box, GError **error)
{
  if (gen_bmff_header (data + at, size - at, at, size - at, box))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the MP4 file is damaged: a box is cut at byte %" G_GSIZE_FORMAT, at);
  return FALSE;
}

gboolean
gen_bmff_is_c2pa (const guint8 *box, gsize available)
{
  return available >= GEN_BMFF_HEADER + GEN_BMFF_UUID_SIZE && memcmp (box + 4, "uuid", 4) == 0 &&
         memcmp (box + GEN_BMFF_HEADER, gen_bmff_c2pa_uuid, sizeof gen_bmff_c2pa_uuid) == 0;
}
