/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The orientation in a picture's Exif data: in PNG's chunk eXIf, in WebP's chunk EXIF, or in the
 * tags of a TIFF, as which Exif data are written in any case. */
#include "exif.h"

#include <string.h>

#include <libavformat/avio.h>

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3
#define MAX_EXIF (1 << 16)
#define MAX_CHUNKS 4096

static guint
read_number (const guint8 *bytes, gsize n, gboolean big)
{
  guint number = 0;

  for (gsize i = 0; i < n; i++)
    number = number << 8 | bytes[big ? i : n - 1 - i];
  return number;
}

/* The orientation among the tags at `tags`. */
static int
find_tag (const guint8 *tags, gsize size, gboolean big)
{
  gsize count = size >= 2 ? read_number (tags, 2, big) : 0;

  for (gsize i = 0; i < count && 2 + (i + 1) * 12 <= size; i++) {
    const guint8 *tag = tags + 2 + i * 12;
    guint value = read_number (tag + 8, 2, big);

    if (read_number (tag, 2, big) == TAG_ORIENTATION && read_number (tag + 2, 2, big) == TYPE_SHORT)
      return value >= 1 && value <= 8 ? (int)value : 1;
  }
  return 1;
}

/* Where a TIFF's first tags are; 0: it is none. */
static guint
find_tags (const guint8 *start, gboolean *big)
{
  *big = memcmp (start, "MM\0*", 4) == 0;
  if (!*big && memcmp (start, "II*\0", 4) != 0)
    return 0;
  return read_number (start + 4, 4, *big);
}

int
gen_exif_orientation_of (const guint8 *data, gsize size)
{
  gboolean big;
  guint at;

  if (size >= 6 && memcmp (data, "Exif\0\0", 6) == 0) {
    data += 6;
    size -= 6;
  }
  at = size >= 8 ? find_tags (data, &big) : 0;
  return at > 0 && at < size ? find_tag (data + at, size - at, big) : 1;
}

/* A TIFF's tags may be anywhere in it. */
static int
orientation_of_tiff (AVIOContext *io, const guint8 *start)
{
  g_autofree guint8 *tags = g_malloc (MAX_EXIF);
  gboolean big;
  guint at = find_tags (start, &big);
  int read;

  if (at == 0 || avio_seek (io, at, SEEK_SET) < 0)
    return 1;
  read = avio_read (io, tags, MAX_EXIF);
  return read > 0 ? find_tag (tags, (gsize)read, big) : 1;
}

/* Chunks of a length, a name and a sum behind them, or of a name and an even length. */
static int
orientation_of_chunks (AVIOContext *io, gint64 at, const char *name, gboolean is_png)
{
  g_autofree guint8 *exif = NULL;
  guint size = 0;
  int read;

  for (int i = 0; i < MAX_CHUNKS; i++) {
    guint8 head[8];

    if (avio_seek (io, at, SEEK_SET) < 0 || avio_read (io, head, sizeof head) != sizeof head)
      return 1;
    size = read_number (is_png ? head : head + 4, 4, is_png);
    if (memcmp (is_png ? head + 4 : head, name, 4) == 0)
      break;
    at += (gint64)sizeof head + size + (is_png ? 4 : size & 1);
  }
  exif = g_malloc (MAX_EXIF);
  read = avio_read (io, exif, (int)MIN (size, MAX_EXIF));
  return read > 0 ? gen_exif_orientation_of (exif, (gsize)read) : 1;
}

int
gen_exif_find_orientation (AVIOContext *io)
{
  guint8 start[16] = { 0 };
  gboolean big;

  if (avio_seek (io, 0, SEEK_SET) < 0 || avio_read (io, start, sizeof start) != sizeof start)
    return 1;
  if (memcmp (start, "\x89PNG", 4) == 0)
    return orientation_of_chunks (io, 8, "eXIf", TRUE);
  if (memcmp (start, "RIFF", 4) == 0 && memcmp (start + 8, "WEBP", 4) == 0)
    return orientation_of_chunks (io, 12, "EXIF", FALSE);
  return find_tags (start, &big) > 0 ? orientation_of_tiff (io, start) : 1;
}
