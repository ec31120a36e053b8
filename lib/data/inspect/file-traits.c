/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What files say of themselves: kinds are told by their first bytes, and of JPEG, PNG and RIFF
 * (WebP, WAV) the blocks of metadata are looked into. Nothing here is trusted: a length that leads
 * out of the file ends the walk. */
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
#define IPTC_TYPES "/newscodes/digitalsourcetype/"

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

/* The name of IPTC's type, be it an element's text, its resource or an attribute. */
static void
read_xmp (GenFileTraits *traits, Block xmp)
{
  const guint8 *at = find_text (xmp, IPTC_TYPES), *end = xmp.data + xmp.size, *last;

  if (at == NULL || traits->source_type != NULL)
    return;
  at += strlen (IPTC_TYPES);
  for (last = at; last < end && g_ascii_isalnum (*last);)
    last++;
  traits->source_type = g_strndup ((const char *)at, (gsize)(last - at));
  /* trainedAlgorithmicMedia, compositeWithTrainedAlgorithmicMedia and the like: what is wholly or
   * in part made, and not recorded or drawn. (algorithmicallyEnhanced is a recording.) */
  if (strstr (traits->source_type, "lgorithmicMedia") != NULL ||
      strcmp (traits->source_type, "compositeSynthetic") == 0)
    traits->hints |= GEN_HINT_GENERATED;
}

static void
read_credentials (GenFileTraits *traits, Block jumbf)
{
  if (find_text (jumbf, "c2pa") != NULL)
    traits->hints |= GEN_HINT_CREDENTIALS;
}

/* --- containers --- */

static Block
part_of (Block block, gsize offset)
{
  return (Block){ block.data + offset, block.size - offset };
}

static gboolean
begins (Block block, const char *with, gsize length)
{
  return block.size >= length && memcmp (block.data, with, length) == 0;
}

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
  { "mp3", 0, "ID3", 3, NULL },
  { "mp3", 0, "\xff\xfb", 2, NULL },
  { "aiff", 0, "FORM", 4, NULL },
  { "mp4", 4, "ftyp", 4, NULL },
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
