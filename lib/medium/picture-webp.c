/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Animated WebP, of which libav decodes nothing: the chunks of the first frame become a still file,
 * which it does. See RFC 9649. */
#include <string.h>

#include "picture-private.h"

#define FLAG_ALPHA 0x10
#define FLAG_ANIMATION 0x02

#define CHUNK_HEADER 8
#define EXTENDED_BYTES 10 /* of a chunk VP8X */
#define FRAME_HEADER 16   /* of a chunk ANMF */

/* Integers in three and four bytes, the lowest first. */
static guint32
read_24 (const guint8 *data)
{
  return data[0] | (guint32)data[1] << 8 | (guint32)data[2] << 16;
}

static guint32
read_32 (const guint8 *data)
{
  return read_24 (data) | (guint32)data[3] << 24;
}

static void
append_24 (GByteArray *bytes, guint32 value)
{
  const guint8 data[] = { (guint8)value, (guint8)(value >> 8), (guint8)(value >> 16) };

  g_byte_array_append (bytes, data, sizeof data);
}

static void
append_chunk (GByteArray *bytes, const char *name, gsize size)
{
  const guint8 end = (guint8)(size >> 24);

  g_byte_array_append (bytes, (const guint8 *)name, 4);
  append_24 (bytes, (guint32)size);
  g_byte_array_append (bytes, &end, 1);
}

gboolean
gen_webp_is_animated (const guint8 *start, gsize length)
{
  return length >= GEN_WEBP_HEADER && memcmp (start, "RIFF", 4) == 0 &&
         memcmp (start + 8, "WEBPVP8X", 8) == 0 && read_32 (start + 16) >= EXTENDED_BYTES &&
         (start[20] & FLAG_ANIMATION) != 0;
}

/* The payload of the first chunk of that name, all of which is there; NULL where there is none. */
static const guint8 *
find_chunk (const guint8 *data, gsize size, gsize at, const char *name, gsize *length)
{
  while (at + CHUNK_HEADER <= size) {
    *length = read_32 (data + at + 4);
    if (*length > size - at - CHUNK_HEADER)
      return NULL;
    if (memcmp (data + at, name, 4) == 0)
      return data + at + CHUNK_HEADER;
    at += CHUNK_HEADER + *length + *length % 2;
  }
  return NULL;
}

GByteArray *
gen_webp_first_frame (const guint8 *data, gsize size, GenWebpCanvas *canvas)
{
  const guint8 *frame;
  guint32 width, height;
  GByteArray *still;
  gsize length;

  if (!gen_webp_is_animated (data, size) || read_32 (data + 4) > size - CHUNK_HEADER)
    return NULL;
  frame = find_chunk (data, size, 12, "ANMF", &length);
  if (frame == NULL || length < FRAME_HEADER)
    return NULL;
  *canvas = (GenWebpCanvas){ .x = (int)(2 * read_24 (frame)),
    .y = (int)(2 * read_24 (frame + 3)),
    .width = (int)read_24 (data + 24) + 1,
    .height = (int)read_24 (data + 27) + 1 };
  width = read_24 (frame + 6);
  height = read_24 (frame + 9);
  if ((gint64)canvas->width * canvas->height > GEN_PICTURE_MAX_PIXELS ||
      (gint64)canvas->x + width >= canvas->width || (gint64)canvas->y + height >= canvas->height)
    return NULL;
  length -= FRAME_HEADER;
  still = g_byte_array_new ();
  append_chunk (still, "RIFF", 4 + CHUNK_HEADER + EXTENDED_BYTES + length);
  g_byte_array_append (still, (const guint8 *)"WEBP", 4);
  append_chunk (still, "VP8X", EXTENDED_BYTES);
  g_byte_array_append (still, (const guint8[]){ FLAG_ALPHA, 0, 0, 0 }, 4);
  append_24 (still, width);
  append_24 (still, height);
  g_byte_array_append (still, frame + FRAME_HEADER, (guint)length);
  return still;
}
