/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the XMP packet of a file is, and goes: as the XMP specification, part 3, says. */
#include "bmff.h"
#include "xmp.h"

#include "../medium/embed.h"

/* A segment's length is of 16 bits, and its name is in it. */
#define JPEG_PACKET_MOST (65533 - 29)
#define PNG_SIGNATURE 8
#define PNG_LEAST (PNG_SIGNATURE + 25 + 12) /* the header, and an end */
#define RIFF_HEADER 12

typedef struct {
  char *packet; /* NULL: there is none */
  gsize start, size;
} Place;

static void
place_clear (Place *place)
{
  g_free (place->packet);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

static void
set_place (Place *place, const guint8 *data, gsize start, gsize size, gsize text, gsize length)
{
  g_free (place->packet);
  *place = (Place){ g_strndup ((const char *)data + text, length), start, size };
}

/* Each file has been walked through by its format before, so that what is cut is not there. */

static void
find_in_jpeg (const guint8 *data, gsize size, Place *place)
{
  static const char name[] = "http://ns.adobe.com/xap/1.0/";
  gsize at = 2;

  while (at + 4 <= size && data[at] == 0xff && data[at + 1] != 0xda && data[at + 1] != 0xd9) {
    gsize length = 2 + ((gsize)data[at + 2] << 8 | data[at + 3]);

    if (data[at + 1] == 0xff) { /* a fill byte */
      at++;
      continue;
    }
    if (length > size - at)
      return;
    if (data[at + 1] == 0xe1 && length > 4 + sizeof name &&
        memcmp (data + at + 4, name, sizeof name) == 0) {
      set_place (place, data, at, length, at + 4 + sizeof name, length - 4 - sizeof name);
      return;
    }
    at += length;
  }
}

/* Behind the keyword: whether it is compressed, and how; a language, and the keyword in it. */
static void
find_in_png (const guint8 *data, gsize size, Place *place)
{
  static const char keyword[] = "XML:com.adobe.xmp";
  gsize n;

  for (gsize at = PNG_SIGNATURE; size - at >= 12; at += n) {
    const guint8 *chunk = data + at, *text = chunk + 8 + sizeof keyword + 2, *end;

    n = 12 + (gsize)gen_get32 (chunk);
    if (n > size - at)
      return;
    end = chunk + n - 4;
    if (memcmp (chunk + 4, "iTXt", 4) != 0 || text >= end ||
        memcmp (chunk + 8, keyword, sizeof keyword) != 0 || text[-2] != 0)
      continue;
    for (guint i = 0; i < 2 && text != NULL; i++) {
      text = memchr (text, 0, (gsize)(end - text));
      text = text != NULL ? text + 1 : NULL;
    }
    if (text != NULL)
      set_place (place, data, at, n, (gsize)(text - data), (gsize)(end - text));
    return;
  }
}

/* Streams that nobody could seek in do not say how long the RIFF chunk is, and go to the end. */
static gboolean
says_length (const guint8 *data)
{
  const guint32 riff = gen_get32_little (data + 4);

  return riff != 0 && riff != G_MAXUINT32;
}

static gsize
riff_end (const guint8 *data, gsize size)
{
  return says_length (data) ? MIN (8 + (gsize)gen_get32_little (data + 4), size) : size;
}

static void
find_in_wav (const guint8 *data, gsize size, Place *place)
{
  const gsize end = riff_end (data, size);
  gsize n;

  for (gsize at = RIFF_HEADER; at <= end && end - at >= 8; at += n) {
    gsize content = gen_get32_little (data + at + 4);

    if (content > end - at - 8)
      return;
    n = MIN (8 + content + (content & 1), end - at);
    if (memcmp (data + at, "_PMX", 4) != 0)
      continue;
    set_place (place, data, at, n, at + 8, content);
    return;
  }
}

/* As the last chunk. */
static GBytes *
embed_in_wav (GBytes *file, const char *xmp)
{
  gsize size, length = strlen (xmp);
  const guint8 *data = g_bytes_get_data (file, &size);
  const gsize end = riff_end (data, size);
  guint8 head[8] = "_PMX";
  GByteArray *made = g_byte_array_new ();

  gen_put32_little (head + 4, (guint32)length);
  g_byte_array_append (made, data, (guint)end);
  if (end & 1)
    g_byte_array_append (made, (const guint8 *)"", 1);
  g_byte_array_append (made, head, sizeof head);
  g_byte_array_append (made, (const guint8 *)xmp, (guint)length);
  if (length & 1)
    g_byte_array_append (made, (const guint8 *)"", 1);
  gen_put32_little (made->data + 4, made->len - 8);
  g_byte_array_append (made, data + end, (guint)(size - end));
  return g_byte_array_free_to_bytes (made);
}

/* A kind of file that has a place. */
typedef struct {
  const GenProvenanceFormat *format;
  void (*find) (const guint8 *data, gsize size, Place *place);
  GBytes *(*embed) (GBytes *file, const char *xmp);
  gsize least; /* bytes of a file that has a place for one */
  gsize most;  /* bytes of a packet */
} Kind;

static const Kind kinds[] = {
  { &gen_provenance_format_jpeg, find_in_jpeg, gen_embed_in_jpeg, 4, JPEG_PACKET_MOST },
  { &gen_provenance_format_png, find_in_png, gen_embed_in_png, PNG_LEAST, G_MAXINT32 },
  { &gen_provenance_format_wav, find_in_wav, embed_in_wav, RIFF_HEADER, G_MAXINT32 },
};

static const Kind *
find_kind (const GenProvenanceFormat *format)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].format == format)
      return &kinds[i];
  return NULL;
}

/* Without what is at the place. (transfer full) */
static GBytes *
cut (GBytes *file, const Place *place, gboolean riff)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  GByteArray *made = g_byte_array_new ();

  g_byte_array_append (made, data, (guint)place->start);
  g_byte_array_append (
      made, data + place->start + place->size, (guint)(size - place->start - place->size));
  /* What is behind the RIFF chunk stays there. */
  if (riff && says_length (data))
    gen_put32_little (made->data + 4, gen_get32_little (data + 4) - (guint32)place->size);
  return g_byte_array_free_to_bytes (made);
}

GBytes *
gen_xmp_label (const GenProvenanceFormat *format, GBytes *file, const GenProvenanceClaim *claim,
    gboolean edited, GError **error)
{
  const Kind *kind = claim->disclosure != NULL ? find_kind (format) : NULL;
  g_auto (Place) place = { 0 };
  g_autofree char *packet = NULL;
  g_autoptr (GBytes) bare = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);

  if (kind == NULL || size < kind->least || size > G_MAXINT32)
    return g_bytes_ref (file);
  kind->find (data, size, &place);
  packet = gen_xmp_packet (claim, edited, place.packet);
  gen_xmp_use_padding (packet, kind->most);
  if (g_strcmp0 (packet, place.packet) == 0)
    return g_bytes_ref (file);
  if (strlen (packet) > kind->most) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "the file's XMP would be of %" G_GSIZE_FORMAT
        " bytes with what is disclosed, and a segment of JPEG has room for %" G_GSIZE_FORMAT
        ": shorten it, or disclose nothing there (xmp=false)",
        strlen (packet), kind->most);
    return NULL;
  }
  bare = place.packet != NULL ? cut (file, &place, format == &gen_provenance_format_wav)
                              : g_bytes_ref (file);
  return kind->embed (bare, packet);
}

/* --- films --- */

static const guint8 xmp_uuid[GEN_BMFF_UUID_SIZE] = { 0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8,
  0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac };
#define BOX_HEADER (GEN_BMFF_HEADER + GEN_BMFF_UUID_SIZE)

gboolean
gen_xmp_is_box (const guint8 *box, gsize size)
{
  return size >= BOX_HEADER && memcmp (box + 4, "uuid", 4) == 0 &&
         memcmp (box + GEN_BMFF_HEADER, xmp_uuid, sizeof xmp_uuid) == 0;
}

char *
gen_xmp_find_in_film (GBytes *file)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  GenBmffBox box;

  for (gsize at = 0; at < size && gen_bmff_read (data, size, at, &box, NULL); at += box.size)
    if (gen_xmp_is_box (data + at, box.size))
      return g_strndup ((const char *)data + at + BOX_HEADER, box.size - BOX_HEADER);
  return NULL;
}

GBytes *
gen_xmp_box (const char *packet)
{
  gsize length = strlen (packet), total = BOX_HEADER + length;
  guint8 *box = g_malloc (total);

  gen_put32 (box, (guint32)total);
  memcpy (box + 4, "uuid", 4);
  memcpy (box + GEN_BMFF_HEADER, xmp_uuid, sizeof xmp_uuid);
  memcpy (box + BOX_HEADER, packet, length);
  return g_bytes_new_take (box, total);
}
