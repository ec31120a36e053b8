/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "encode-settle.h"

#include <string.h>

/* --- MP4 --- */

#define BOX_HEADER 8

static gboolean
is_of (const guint8 *box, const char *type)
{
  return memcmp (box + 4, type, 4) == 0;
}

/* Two of 32 bits behind version and flags, or of 64 in version 1. */
static void
clear_dates (guint8 *box, gsize size)
{
  const gsize bytes = size > BOX_HEADER && box[BOX_HEADER] == 1 ? 16 : 8;

  if (size >= BOX_HEADER + 4 + bytes)
    memset (box + BOX_HEADER + 4, 0, bytes);
}

void
serve_settle_mp4 (guint8 *data, gsize size)
{
  while (size >= BOX_HEADER) {
    guint32 length =
        (guint32)data[0] << 24 | (guint32)data[1] << 16 | (guint32)data[2] << 8 | data[3];

    if (length < BOX_HEADER || length > size)
      return;
    if (is_of (data, "moov") || is_of (data, "trak") || is_of (data, "mdia"))
      serve_settle_mp4 (data + BOX_HEADER, length - BOX_HEADER);
    else if (is_of (data, "mvhd") || is_of (data, "tkhd") || is_of (data, "mdhd"))
      clear_dates (data, length);
    data += length;
    size -= length;
  }
}

/* --- Ogg --- */

#define PAGE_HEADER 27
#define SERIAL 14
#define CHECKSUM 22
#define N_SEGMENTS 26

/* Of the polynomial 0x04c11db7, from the highest bit on, begun with 0. */
static guint32
checksum (const guint8 *data, gsize size)
{
  guint32 sum = 0;

  for (gsize i = 0; i < size; i++) {
    sum ^= (guint32)data[i] << 24;
    for (int bit = 0; bit < 8; bit++)
      sum = sum & 0x80000000 ? sum << 1 ^ 0x04c11db7 : sum << 1;
  }
  return sum;
}

static gsize
page_size (const guint8 *data, gsize size)
{
  gsize length;

  if (size < PAGE_HEADER || memcmp (data, "OggS", 4) != 0)
    return 0;
  length = PAGE_HEADER + data[N_SEGMENTS];
  if (length > size)
    return 0;
  for (guint i = 0; i < data[N_SEGMENTS]; i++)
    length += data[PAGE_HEADER + i];
  return length <= size ? length : 0;
}

void
serve_settle_ogg (guint8 *data, gsize size)
{
  gsize length;

  while ((length = page_size (data, size)) > 0) {
    guint32 sum;

    memcpy (data + SERIAL, "\1\0\0\0", 4);
    memset (data + CHECKSUM, 0, 4);
    sum = GUINT32_TO_LE (checksum (data, length));
    memcpy (data + CHECKSUM, &sum, 4);
    data += length;
    size -= length;
  }
}
