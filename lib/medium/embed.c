/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XMP in the files of pictures. */
#include "embed.h"

#include <generative/encoding.h>

#include <string.h>

#define NEWSCODES "http://cv.iptc.org/newscodes/digitalsourcetype/"

char *
gen_digital_source_type_address (const char *type)
{
  return strstr (type, "://") != NULL ? g_strdup (type) : g_strconcat (NEWSCODES, type, NULL);
}

char *
gen_xmp_digital_source_type (const char *type)
{
  g_autofree char *address = gen_digital_source_type_address (type);
  g_autofree char *escaped = g_markup_escape_text (address, -1);

  return g_strconcat ("<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
                      "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
                      "<rdf:Description rdf:about=\"\" "
                      "xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\">\n"
                      "<Iptc4xmpExt:DigitalSourceType>",
      escaped,
      "</Iptc4xmpExt:DigitalSourceType>\n"
      "</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>",
      NULL);
}

static void
append_be_32 (GByteArray *bytes, guint32 value)
{
  const guint32 stored = GUINT32_TO_BE (value);

  g_byte_array_append (bytes, (const guint8 *)&stored, sizeof stored);
}

static void
append_le_32 (GByteArray *bytes, guint32 value)
{
  const guint32 stored = GUINT32_TO_LE (value);

  g_byte_array_append (bytes, (const guint8 *)&stored, sizeof stored);
}

static void
append_text (GByteArray *bytes, const char *text)
{
  g_byte_array_append (bytes, (const guint8 *)text, (guint)strlen (text));
}

/* --- PNG --- */

/* The signature, and the chunk of its size, which is the first one. */
#define PNG_HEAD (8 + 25)

/* That of ISO 3309, which PNG has. */
static guint32
checksum (const guint8 *data, gsize size)
{
  guint32 sum = G_MAXUINT32;

  for (gsize i = 0; i < size; i++) {
    sum ^= data[i];
    for (int bit = 0; bit < 8; bit++)
      sum = (sum & 1) != 0 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
  }
  return ~sum;
}

GBytes *
gen_embed_in_png (GBytes *file, const char *xmp)
{
  /* Keyword, not compressed, no language, no translated keyword. */
  static const char keyword[] = "XML:com.adobe.xmp\0\0\0\0";
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  const gsize length = sizeof keyword + strlen (xmp);
  GByteArray *result = g_byte_array_sized_new ((guint)(size + length + 12));
  gsize chunk;

  g_byte_array_append (result, data, PNG_HEAD);
  append_be_32 (result, (guint32)length);
  chunk = result->len;
  append_text (result, "iTXt");
  g_byte_array_append (result, (const guint8 *)keyword, sizeof keyword);
  append_text (result, xmp);
  append_be_32 (result, checksum (result->data + chunk, result->len - chunk));
  g_byte_array_append (result, data + PNG_HEAD, (guint)(size - PNG_HEAD));
  return g_byte_array_free_to_bytes (result);
}

/* --- JPEG --- */

/* Its start. */
#define JPEG_HEAD 2

GBytes *
gen_embed_in_jpeg (GBytes *file, const char *xmp)
{
  static const char name[] = "http://ns.adobe.com/xap/1.0/"; /* its 0 belongs to it */
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  const gsize length = 2 + sizeof name + strlen (xmp);
  const guint8 marker[] = { 0xff, 0xe1, (guint8)(length >> 8), (guint8)length };
  gsize at = JPEG_HEAD;
  GByteArray *result = g_byte_array_sized_new ((guint)(size + length + 2));

  /* Behind the segment of JFIF, where there is one, which is to be the first. */
  if (size > 6 && data[2] == 0xff && data[3] == 0xe0)
    at += 2u + ((gsize)data[4] << 8 | data[5]);
  g_byte_array_append (result, data, (guint)at);
  g_byte_array_append (result, marker, sizeof marker);
  g_byte_array_append (result, (const guint8 *)name, sizeof name);
  append_text (result, xmp);
  g_byte_array_append (result, data + at, (guint)(size - at));
  return g_byte_array_free_to_bytes (result);
}

/* --- WebP --- */

/* RIFF, the size of what follows, WEBP. */
#define RIFF_HEAD 12
#define WEBP_HAS_XMP 0x04
#define WEBP_HAS_ALPHA 0x10

static guint32
read_le (const guint8 *data, int bytes)
{
  guint32 value = 0;

  for (int i = bytes; i-- > 0;)
    value = value << 8 | data[i];
  return value;
}

/* The chunk that says what else there is, of a file that has none. */
static gboolean
describe_canvas (const guint8 *data, gsize size, guint8 *canvas)
{
  const guint8 *chunk = data + RIFF_HEAD, *frame = chunk + 8;
  guint32 width, height;

  if (size < RIFF_HEAD + 8 + 10)
    return FALSE;
  if (memcmp (chunk, "VP8L", 4) == 0) {
    const guint32 bits = read_le (frame + 1, 4);

    width = (bits & 0x3fff) + 1;
    height = (bits >> 14 & 0x3fff) + 1;
    canvas[0] = (bits >> 28 & 1) != 0 ? WEBP_HAS_ALPHA : 0;
  } else if (memcmp (chunk, "VP8 ", 4) == 0) {
    width = read_le (frame + 6, 2) & 0x3fff;
    height = read_le (frame + 8, 2) & 0x3fff;
  } else {
    return FALSE;
  }
  for (int i = 0; i < 3; i++) {
    canvas[4 + i] = (guint8)((width - 1) >> 8 * i);
    canvas[7 + i] = (guint8)((height - 1) >> 8 * i);
  }
  return TRUE;
}

GBytes *
gen_embed_in_webp (GBytes *file, const char *xmp)
{
  gsize size, at = RIFF_HEAD, length = strlen (xmp);
  const guint8 *data = g_bytes_get_data (file, &size);
  guint8 canvas[10] = { 0 };
  GByteArray *result;

  if (size >= RIFF_HEAD + 18 && memcmp (data + RIFF_HEAD, "VP8X", 4) == 0) {
    memcpy (canvas, data + RIFF_HEAD + 8, sizeof canvas);
    at += 8 + sizeof canvas;
  } else if (!describe_canvas (data, size, canvas)) {
    return g_bytes_ref (file);
  }
  canvas[0] |= WEBP_HAS_XMP;
  result = g_byte_array_sized_new ((guint)(size + length + 32));
  append_text (result, "RIFF");
  append_le_32 (result, (guint32)(4 + 18 + size - at + 8 + length + length % 2));
  append_text (result, "WEBPVP8X");
  append_le_32 (result, sizeof canvas);
  g_byte_array_append (result, canvas, sizeof canvas);
  g_byte_array_append (result, data + at, (guint)(size - at));
  append_text (result, "XMP ");
  append_le_32 (result, (guint32)length);
  append_text (result, xmp);
  if (length % 2 != 0)
    g_byte_array_append (result, (const guint8 *)"", 1);
  return g_byte_array_free_to_bytes (result);
}
