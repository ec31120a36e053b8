/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What files say of themselves: kinds are told by their first bytes, and of JPEG, PNG and RIFF
 * (WebP, WAV) the blocks of metadata are looked into, of MP3, FLAC and MP4 for signed metadata
 * alone. Nothing here is trusted: a length that leads out of the file ends the walk. */
#include "file-traits.h"

#include <generative/inspection.h>

#include <string.h>

typedef struct {
  const guint8 *data;
  gsize size;
} Block;

typedef struct {
  const char *name;
  gsize offset;
  const char *magic;
  gsize length;
  void (*walk) (GenFileTraits *traits, Block file); /* may be NULL */
} Kind;

/* --- blocks --- */

#define EXIF_GPS 0x8825
#define EXIF_LATITUDE 2
#define EXIF_ENTRY 12
#define IPTC_HOST "http://cv.iptc.org"
#define TDM_RESERVATION "tdm:reservation"
#define PLUS_PROHIBITED "useplus.org/ldf/vocab/DMI-PROHIBITED"
#define IPTC_TYPES "/newscodes/digitalsourcetype/"
#define CBOR_TEXT 0x78

static guint
read_number (Block block, gsize at, int bytes, gboolean big)
{
  guint number = 0;

  if (at > block.size || (gsize)bytes > block.size - at)
    return 0;
  for (int i = 0; i < bytes; i++)
    number |= (guint)block.data[at + (gsize)i] << 8 * (big ? bytes - 1 - i : i);
  return number;
}

/* The place of an entry of a directory of TIFF; 0 where there is none. */
static gsize
find_entry (Block tiff, gsize directory, guint tag, gboolean big)
{
  const guint n = read_number (tiff, directory, 2, big);

  for (guint i = 0; i < n; i++) {
    const gsize at = directory + 2 + (gsize)i * EXIF_ENTRY;

    if (at + EXIF_ENTRY > tiff.size)
      return 0;
    if (read_number (tiff, at, 2, big) == tag)
      return at;
  }
  return 0;
}

/* A directory of places may be there and empty: it is the latitude that tells one. */
static void
read_exif (GenFileTraits *traits, Block tiff)
{
  const gboolean big = tiff.size >= 8 && tiff.data[0] == 'M';
  gsize entry;

  if (tiff.size < 8)
    return;
  entry = find_entry (tiff, read_number (tiff, 4, 4, big), EXIF_GPS, big);
  if (entry != 0 &&
      find_entry (tiff, read_number (tiff, entry + 8, 4, big), EXIF_LATITUDE, big) != 0)
    traits->hints |= GEN_HINT_PLACE;
}

static gboolean
begins (Block block, const char *with, gsize length)
{
  return block.size >= length && memcmp (block.data, with, length) == 0;
}

/* Where `text` is in a block, or NULL. */
static const guint8 *
find_text (Block block, const char *text)
{
  const gsize length = strlen (text);

  for (gsize i = 0; i + length <= block.size; i++)
    if (memcmp (block.data + i, text, length) == 0)
      return block.data + i;
  return NULL;
}

/* The name of IPTC's type that `text` begins with; the first is the one. */
static void
take_source_type (GenFileTraits *traits, Block text)
{
  gsize n = 0;

  if (traits->source_type != NULL)
    return;
  while (n < text.size && g_ascii_isalnum (text.data[n]))
    n++;
  traits->source_type = g_strndup ((const char *)text.data, n);
  /* trainedAlgorithmicMedia, compositeWithTrainedAlgorithmicMedia and the like: what is wholly or
   * in part made, and not recorded or drawn. (algorithmicallyEnhanced is a recording.) */
  if (strstr (traits->source_type, "lgorithmicMedia") != NULL ||
      strcmp (traits->source_type, "compositeSynthetic") == 0)
    traits->hints |= GEN_HINT_GENERATED;
}

static Block
part_of (Block block, gsize offset)
{
  return (Block){ block.data + offset, block.size - offset };
}

/* Whether the TDM Reservation Protocol's property is 1, as an attribute or an element, or that of
 * the PLUS Coalition says that mining is prohibited, for whatever. */
static gboolean
reserves_rights (Block xmp)
{
  const guint8 *at = find_text (xmp, TDM_RESERVATION);
  const gsize offset = at != NULL ? (gsize)(at - xmp.data) + strlen (TDM_RESERVATION) : 0;
  const Block value = { xmp.data + offset, xmp.size - offset };

  if (at != NULL &&
      (begins (value, "=\"1\"", 4) || begins (value, "='1'", 4) || begins (value, ">1<", 3)))
    return TRUE;
  return find_text (xmp, PLUS_PROHIBITED) != NULL;
}

/* Be it an element's text, its resource or an attribute. */
static void
read_xmp (GenFileTraits *traits, Block xmp)
{
  const guint8 *at = find_text (xmp, IPTC_TYPES);

  if (at != NULL)
    take_source_type (traits, part_of (xmp, (gsize)(at - xmp.data) + strlen (IPTC_TYPES)));
  if (reserves_rights (xmp))
    traits->hints |= GEN_HINT_RESERVED;
}

/* A claim has the type's address as a text of CBOR, whose length is in front of it: of 24 to 255
 * bytes, as all of them are. */
static void
read_credentials (GenFileTraits *traits, Block jumbf)
{
  const guint8 *at = find_text (jumbf, IPTC_HOST IPTC_TYPES);
  const gsize known = strlen (IPTC_HOST IPTC_TYPES);
  gsize offset, length;

  if (find_text (jumbf, "c2pa") == NULL)
    return;
  traits->hints |= GEN_HINT_CREDENTIALS;
  offset = at != NULL ? (gsize)(at - jumbf.data) : 0;
  if (offset < 2 || at[-2] != CBOR_TEXT)
    return;
  length = at[-1];
  if (length > known && length <= jumbf.size - offset)
    take_source_type (traits, (Block){ at + known, length - known });
}

/* --- containers --- */

#define EXIF_NAME "Exif\0"
#define XMP_NAME "http://ns.adobe.com/xap/1.0/"
#define JPEG_APP1 0xe1
#define JPEG_APP11 0xeb
#define JPEG_SCAN 0xda

static void
walk_jpeg (GenFileTraits *traits, Block file)
{
  gsize at = 2;

  while (at + 4 <= file.size && file.data[at] == 0xff && file.data[at + 1] != JPEG_SCAN) {
    const guint marker = file.data[at + 1];
    const gsize length = read_number (file, at + 2, 2, TRUE);
    Block segment = { file.data + at + 4, length - 2 };

    if (length < 2 || length > file.size - at - 2)
      return;
    if (marker == JPEG_APP1 && begins (segment, EXIF_NAME, sizeof EXIF_NAME))
      read_exif (traits, part_of (segment, sizeof EXIF_NAME));
    else if (marker == JPEG_APP1 && begins (segment, XMP_NAME, sizeof XMP_NAME))
      read_xmp (traits, part_of (segment, sizeof XMP_NAME));
    else if (marker == JPEG_APP11 && begins (segment, "JP", 2))
      read_credentials (traits, segment);
    at += 2 + length;
  }
}

/* Names of texts in which programs that generate leave what they were told. */
static const char *const generators[] = { "parameters", "prompt", "workflow", "sd-metadata",
  "invokeai_metadata", "Dream" };

static void
read_png_text (GenFileTraits *traits, Block text)
{
  if (begins (text, "XML:com.adobe.xmp", 18)) {
    read_xmp (traits, text);
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (generators); i++)
    if (begins (text, generators[i], strlen (generators[i]) + 1))
      traits->hints |= GEN_HINT_GENERATED;
}

static void
walk_png (GenFileTraits *traits, Block file)
{
  gsize at = 8;

  while (at + 12 <= file.size) {
    const gsize length = read_number (file, at, 4, TRUE);
    const Block name = { file.data + at + 4, 4 };
    const Block chunk = { file.data + at + 8, length };

    if (length > file.size - at - 12)
      return;
    if (begins (name, "eXIf", 4))
      read_exif (traits, chunk);
    else if (begins (name, "iTXt", 4) || begins (name, "tEXt", 4) || begins (name, "zTXt", 4))
      read_png_text (traits, chunk);
    else if (begins (name, "caBX", 4))
      read_credentials (traits, chunk);
    at += 12 + length;
  }
}

static void
walk_riff (GenFileTraits *traits, Block file)
{
  gsize at = 12;

  while (at + 8 <= file.size) {
    const gsize length = read_number (file, at + 4, 4, FALSE);
    const Block name = { file.data + at, 4 };
    Block chunk = { file.data + at + 8, length };

    if (length > file.size - at - 8)
      return;
    if (begins (name, "EXIF", 4))
      read_exif (traits,
          begins (chunk, EXIF_NAME, sizeof EXIF_NAME) ? part_of (chunk, sizeof EXIF_NAME) : chunk);
    else if (begins (name, "XMP ", 4) || begins (name, "_PMX", 4))
      read_xmp (traits, chunk);
    else if (begins (name, "C2PA", 4))
      read_credentials (traits, chunk);
    at += 8 + length + (length & 1);
  }
}

/* What is behind a tag of ID3: FLAC may have one, too. */
static void
walk_id3 (GenFileTraits *traits, Block file)
{
  gsize length = 10;

  if (file.size < length)
    return;
  for (int i = 0; i < 4; i++)
    length += (gsize)(file.data[6 + i] & 0x7f) << (21 - 7 * i);
  if (length > file.size)
    return;
  if (begins (part_of (file, length), "fLaC", 4))
    traits->kind = "flac";
  if (find_text ((Block){ file.data, length }, "application/c2pa") != NULL)
    read_credentials (traits, (Block){ file.data, length });
}

#define C2PA_UUID "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81"

/* Signed metadata are in front of what plays. */
static void
walk_mp4 (GenFileTraits *traits, Block file)
{
  gsize at = 0;

  while (at + 8 <= file.size) {
    const gsize length = read_number (file, at, 4, TRUE);
    const Block name = { file.data + at + 4, 4 };

    if (length < 8 || length > file.size - at || begins (name, "mdat", 4))
      return;
    if (begins (name, "uuid", 4) &&
        begins ((Block){ file.data + at + 8, length - 8 }, C2PA_UUID, 16))
      read_credentials (traits, (Block){ file.data + at, length });
    at += length;
  }
}

static const Kind kinds[] = {
  { "jpeg", 0, "\xff\xd8\xff", 3, walk_jpeg },
  { "png", 0, "\x89PNG\r\n\x1a\n", 8, walk_png },
  { "webp", 8, "WEBP", 4, walk_riff },
  { "wav", 8, "WAVE", 4, walk_riff },
  { "gif", 0, "GIF8", 4, NULL },
  { "bmp", 0, "BM", 2, NULL },
  { "tiff", 0, "II*\0", 4, read_exif },
  { "tiff", 0, "MM\0*", 4, read_exif },
  { "flac", 0, "fLaC", 4, NULL },
  { "ogg", 0, "OggS", 4, NULL },
  { "mp3", 0, "ID3", 3, walk_id3 },
  { "mp3", 0, "\xff\xfb", 2, NULL },
  { "aiff", 0, "FORM", 4, NULL },
  { "mp4", 4, "ftyp", 4, walk_mp4 },
};

void
gen_file_traits_read (GenFileTraits *traits, GBytes *bytes)
{
  Block file;

  *traits = (GenFileTraits){ 0 };
  file.data = g_bytes_get_data (bytes, &file.size);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (file.size <= kinds[i].offset ||
        !begins (part_of (file, kinds[i].offset), kinds[i].magic, kinds[i].length))
      continue;
    traits->kind = kinds[i].name;
    if (kinds[i].walk != NULL)
      kinds[i].walk (traits, file);
    return;
  }
}
