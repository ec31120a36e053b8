/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WAV: the store is a chunk C2PA, the last one of the RIFF chunk, which is not hashed. */
#include "format.h"

#include <string.h>

#define NAME "WAV"
#define RIFF_HEADER 12
#define CHUNK_HEADER 8

static gboolean
matches (const guint8 *data, gsize size)
{
  return size >= RIFF_HEADER && memcmp (data, "RIFF", 4) == 0 && memcmp (data + 8, "WAVE", 4) == 0;
}

/* Where the RIFF chunk ends; 0 with `error`. Streams that nobody could seek in say 0 or the most;
 * they go to the end. */
static gsize
riff_end (const guint8 *data, gsize size, GError **error)
{
  guint32 length = gen_get32_little (data + 4);

  if (length == 0 || length == G_MAXUINT32)
    return size;
  if (length >= 4 && length <= size - CHUNK_HEADER)
    return CHUNK_HEADER + (gsize)length;
  gen_format_error (error, NAME, "the RIFF chunk is cut", 4);
  return 0;
}

/* The chunk at `at` with the byte that makes it even; 0 with `error`. */
static gsize
chunk_size (const guint8 *data, gsize end, gsize at, gsize *content, GError **error)
{
  *content = end - at >= CHUNK_HEADER ? gen_get32_little (data + at + 4) : G_MAXSIZE;
  if (*content <= end - at && end - at - *content >= CHUNK_HEADER)
    return MIN (CHUNK_HEADER + *content + (*content & 1), end - at);
  gen_format_error (error, NAME, "a chunk is cut", at);
  return 0;
}

static gboolean
is_store (const guint8 *chunk)
{
  return memcmp (chunk, "C2PA", 4) == 0;
}

static gboolean
find (GBytes *file, GenProvenancePlace *place, GError **error)
{
  gsize size, n, content, found = 0, end;
  const guint8 *data = g_bytes_get_data (file, &size);

  end = riff_end (data, size, error);
  if (end == 0)
    return FALSE;
  for (gsize at = RIFF_HEADER; at < end; at += n) {
    n = chunk_size (data, end, at, &content, error);
    if (n == 0) {
      gen_provenance_place_clear (place);
      return FALSE;
    }
    if (!is_store (data + at))
      continue;
    gen_provenance_place_clear (place);
    if (++found == 1)
      *place =
          (GenProvenancePlace){ g_bytes_new_from_bytes (file, at + CHUNK_HEADER, content), at, n };
  }
  return TRUE;
}

/* All chunks but stores, of which there may be none; `total` is their number of bytes. */
static gboolean
add_chunks (GBytes *file, gsize end, GPtrArray *pieces, gsize *total, GError **error)
{
  const guint8 *data = g_bytes_get_data (file, NULL);
  gsize n, content;

  *total = 0;
  for (gsize at = RIFF_HEADER; at < end; at += n) {
    n = chunk_size (data, end, at, &content, error);
    if (n == 0)
      return FALSE;
    if (is_store (data + at))
      continue;
    gen_pieces_add (pieces, file, at, at + n);
    *total += n;
    if (content & 1 && n == CHUNK_HEADER + content) { /* whoever wrote it forgot the byte */
      gen_pieces_take (pieces, g_bytes_new_static ("", 1));
      (*total)++;
    }
  }
  return TRUE;
}

static gboolean
embed (GBytes *file, GBytes *store, GPtrArray *pieces, GenProvenancePlace *place, GError **error)
{
  gsize size, end, chunks, store_size = g_bytes_get_size (store);
  const guint8 *data = g_bytes_get_data (file, &size);
  guint8 *header, chunk[CHUNK_HEADER] = "C2PA";
  guint64 length;

  end = riff_end (data, size, error);
  if (end == 0)
    return FALSE;
  header = g_memdup2 (data, RIFF_HEADER);
  gen_pieces_take (pieces, g_bytes_new_take (header, RIFF_HEADER));
  if (!add_chunks (file, end, pieces, &chunks, error))
    return FALSE;
  length = 4 + (guint64)chunks + CHUNK_HEADER + store_size + (store_size & 1);
  if (length > G_MAXUINT32) {
    g_set_error_literal (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "a WAV file has no room for more than 4 GiB");
    return FALSE;
  }
  gen_put32_little (header + 4, (guint32)length);
  gen_put32_little (chunk + 4, (guint32)store_size);
  gen_pieces_take (pieces, g_bytes_new (chunk, sizeof chunk));
  place->start = RIFF_HEADER + chunks;
  place->size = CHUNK_HEADER + store_size;
  gen_pieces_take (pieces, g_bytes_ref (store));
  if (store_size & 1)
    gen_pieces_take (pieces, g_bytes_new_static ("", 1));
  gen_pieces_add (pieces, file, end, size);
  return TRUE;
}

const GenProvenanceFormat gen_provenance_format_wav = {
  .name = "wav",
  .media_type = "audio/wav",
  .matches = matches,
  .find = find,
  .embed = embed,
};
