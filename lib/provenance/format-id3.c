/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MP3 and FLAC: the store is the object of a frame GEOB in an ID3v2 tag in front of all; FLAC's
 * readers skip one. A tag that is there keeps its version and its frames, and loses its padding. */
#include "format.h"

#include <string.h>

#define NAME "ID3"
#define TAG_HEADER 10
#define FRAME_HEADER 10
#define MEDIA_TYPE "application/c2pa"
#define OLD_MEDIA_TYPE "application/x-c2pa-manifest-store"
#define TAG_MOST (1 << 28)
/* Encoding, media type, name of the file, description, each with its zero. */
static const guint8 object_head[] = "\0" MEDIA_TYPE "\0c2pa\0c2pa manifest store";

typedef struct {
  guint8 version;    /* 3 or 4; 0: there is no tag */
  gsize frames, end; /* of frames and padding */
} Tag;

static gsize
get_sevens (const guint8 *data)
{
  return (gsize)(data[0] & 0x7f) << 21 | (gsize)(data[1] & 0x7f) << 14 |
         (gsize)(data[2] & 0x7f) << 7 | (data[3] & 0x7f);
}

static void
put_sevens (guint8 *data, gsize value)
{
  for (int i = 0; i < 4; i++)
    data[i] = value >> (21 - 7 * i) & 0x7f;
}

static gboolean
has_tag (const guint8 *data, gsize size)
{
  return size >= TAG_HEADER && memcmp (data, "ID3", 3) == 0;
}

static gboolean
read_tag (const guint8 *data, gsize size, Tag *tag, GError **error)
{
  gsize length;

  *tag = (Tag){ 0 };
  if (!has_tag (data, size))
    return TRUE;
  length = get_sevens (data + 6);
  if (length > size - TAG_HEADER)
    return gen_format_error (error, NAME, "the tag is cut", 0);
  if ((data[3] != 3 && data[3] != 4) || data[5] != 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "the file has an ID3 tag of version 2.%u and flags %02x; tags that can have a manifest are "
        "2.3 and 2.4 without flags (unsynchronisation, extended headers)",
        data[3], data[5]);
    return FALSE;
  }
  *tag = (Tag){ data[3], TAG_HEADER, TAG_HEADER + length };
  return TRUE;
}

/* The frame at `at` with its header; 0 where padding begins. */
static gboolean
frame_size (const guint8 *data, const Tag *tag, gsize at, gsize *size, GError **error)
{
  gsize length;

  *size = 0;
  if (tag->end - at < FRAME_HEADER || data[at] == 0)
    return TRUE;
  length = tag->version == 4 ? get_sevens (data + at + 4) : gen_get32 (data + at + 4);
  if (length > tag->end - at - FRAME_HEADER)
    return gen_format_error (error, NAME, "a frame is cut", at);
  *size = FRAME_HEADER + length;
  return TRUE;
}

/* The object of a frame that is a store; NULL of other frames. */
static const guint8 *
store_of (const guint8 *frame, gsize size)
{
  const guint8 *at = frame + FRAME_HEADER + 1, *end = frame + size;
  guint8 encoding = size > FRAME_HEADER ? frame[FRAME_HEADER] : 0xff;

  if (memcmp (frame, "GEOB", 4) != 0 || (encoding != 0 && encoding != 3))
    return NULL;
  for (int text = 0; text < 3; text++) {
    const guint8 *zero = at < end ? memchr (at, 0, (gsize)(end - at)) : NULL;

    if (zero == NULL || (text == 0 && strcmp ((const char *)at, MEDIA_TYPE) != 0 &&
                            strcmp ((const char *)at, OLD_MEDIA_TYPE) != 0))
      return NULL;
    at = zero + 1;
  }
  return at;
}

static gboolean
find (GBytes *file, GenProvenancePlace *place, GError **error)
{
  gsize size, n, found = 0;
  const guint8 *data = g_bytes_get_data (file, &size), *store;
  Tag tag;

  if (!read_tag (data, size, &tag, error))
    return FALSE;
  for (gsize at = tag.frames; tag.version != 0 && at < tag.end; at += n) {
    if (!frame_size (data, &tag, at, &n, error)) {
      gen_provenance_place_clear (place);
      return FALSE;
    }
    if (n == 0)
      break;
    store = store_of (data + at, n);
    if (store == NULL)
      continue;
    gen_provenance_place_clear (place);
    if (++found == 1)
      *place = (GenProvenancePlace){
        g_bytes_new_from_bytes (file, (gsize)(store - data), (gsize)(data + at + n - store)), at, n
      };
  }
  return TRUE;
}

/* All frames but stores. */
static gboolean
add_frames (GBytes *file, const Tag *tag, GPtrArray *pieces, gsize *total, GError **error)
{
  const guint8 *data = g_bytes_get_data (file, NULL);
  gsize n;

  *total = 0;
  for (gsize at = tag->frames; tag->version != 0 && at < tag->end; at += n) {
    if (!frame_size (data, tag, at, &n, error))
      return FALSE;
    if (n == 0)
      break;
    if (store_of (data + at, n) != NULL)
      continue;
    gen_pieces_add (pieces, file, at, at + n);
    *total += n;
  }
  return TRUE;
}

static gboolean
embed (GBytes *file, GBytes *store, GPtrArray *pieces, GenProvenancePlace *place, GError **error)
{
  gsize size, frames, content = sizeof object_head + g_bytes_get_size (store), total;
  const guint8 *data = g_bytes_get_data (file, &size);
  guint8 *header, frame[FRAME_HEADER] = "GEOB";
  Tag tag;

  if (!read_tag (data, size, &tag, error))
    return FALSE;
  header = g_malloc0 (TAG_HEADER);
  memcpy (header, "ID3", 3);
  header[3] = tag.version != 0 ? tag.version : 4;
  gen_pieces_take (pieces, g_bytes_new_take (header, TAG_HEADER));
  if (!add_frames (file, &tag, pieces, &frames, error))
    return FALSE;
  total = frames + FRAME_HEADER + content;
  if (total >= TAG_MOST) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "an ID3 tag has no room for more than 256 MiB");
    return FALSE;
  }
  put_sevens (header + 6, total);
  if (header[3] == 4)
    put_sevens (frame + 4, content);
  else
    gen_put32 (frame + 4, (guint32)content);
  gen_pieces_take (pieces, g_bytes_new (frame, sizeof frame));
  gen_pieces_take (pieces, g_bytes_new_static (object_head, sizeof object_head));
  place->start = TAG_HEADER + total - g_bytes_get_size (store);
  place->size = g_bytes_get_size (store);
  gen_pieces_take (pieces, g_bytes_ref (store));
  gen_pieces_add (pieces, file, tag.version != 0 ? tag.end : 0, size);
  return TRUE;
}

/* What is behind the tag. */
static const guint8 *
skip_tag (const guint8 *data, gsize *size)
{
  gsize length = has_tag (data, *size) ? TAG_HEADER + get_sevens (data + 6) : 0;

  if (length > *size)
    return NULL;
  *size -= length;
  return data + length;
}

static gboolean
matches_flac (const guint8 *data, gsize size)
{
  data = skip_tag (data, &size);
  return data != NULL && size > 4 && memcmp (data, "fLaC", 4) == 0;
}

static gboolean
matches_mp3 (const guint8 *data, gsize size)
{
  data = skip_tag (data, &size);
  return data != NULL && size > 4 && data[0] == 0xff && (data[1] & 0xe0) == 0xe0 &&
         (data[1] & 0x06) == 0x02; /* layer III */
}

const GenProvenanceFormat gen_provenance_format_flac = {
  .name = "flac",
  .media_type = "audio/flac",
  .matches = matches_flac,
  .find = find,
  .embed = embed,
};

const GenProvenanceFormat gen_provenance_format_mp3 = {
  .name = "mp3",
  .media_type = "audio/mpeg",
  .matches = matches_mp3,
  .find = find,
  .embed = embed,
};
