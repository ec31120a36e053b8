/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PNG: the store is a chunk caBX, which follows the header here. */
#include "format.h"

#include <string.h>

#define NAME "PNG"
#define SIGNATURE_SIZE 8
#define CHUNK_EXTRA 12 /* length, type and checksum */

static const guint8 signature[SIGNATURE_SIZE] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

static gboolean
matches (const guint8 *data, gsize size)
{
  return size > SIGNATURE_SIZE && memcmp (data, signature, SIGNATURE_SIZE) == 0;
}

/* The chunk at `at`: its size with all that belongs to it, or 0 with `error`. */
static gsize
chunk_size (const guint8 *data, gsize size, gsize at, GError **error)
{
  gsize length = size - at >= CHUNK_EXTRA ? gen_get32 (data + at) : G_MAXSIZE;

  if (length <= size - at && size - at - length >= CHUNK_EXTRA)
    return length + CHUNK_EXTRA;
  gen_format_error (error, NAME, "a chunk is cut", at);
  return 0;
}

static gboolean
is_store (const guint8 *chunk)
{
  return memcmp (chunk + 4, "caBX", 4) == 0;
}

static gboolean
find (GBytes *file, GenProvenancePlace *place, GError **error)
{
  gsize size, n, found = 0;
  const guint8 *data = g_bytes_get_data (file, &size);

  for (gsize at = SIGNATURE_SIZE; at < size; at += n) {
    n = chunk_size (data, size, at, error);
    if (n == 0) {
      gen_provenance_place_clear (place);
      return FALSE;
    }
    if (memcmp (data + at + 4, "IEND", 4) == 0)
      break;
    if (!is_store (data + at))
      continue;
    gen_provenance_place_clear (place);
    if (++found == 1)
      *place =
          (GenProvenancePlace){ g_bytes_new_from_bytes (file, at + 8, n - CHUNK_EXTRA), at, n };
  }
  return TRUE;
}

/* The checksum of PNG (ISO/IEC 15948, annex D), bit by bit: a store is short. */
static guint32
checksum (const guint8 *data, gsize size)
{
  guint32 sum = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    sum ^= data[i];
    for (int bit = 0; bit < 8; bit++)
      sum = sum & 1 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
  }
  return ~sum;
}

static GBytes *
make_chunk (GBytes *store)
{
  gsize size, total;
  const guint8 *data = g_bytes_get_data (store, &size);
  guint8 *chunk;

  total = size + CHUNK_EXTRA;
  chunk = g_malloc (total);
  gen_put32 (chunk, (guint32)size);
  memcpy (chunk + 4, "caBX", 4);
  memcpy (chunk + 8, data, size);
  gen_put32 (chunk + 8 + size, checksum (chunk + 4, size + 4));
  return g_bytes_new_take (chunk, total);
}

static gboolean
embed (GBytes *file, GBytes *store, GPtrArray *pieces, GenProvenancePlace *place, GError **error)
{
  gsize size, n, kept;
  const guint8 *data = g_bytes_get_data (file, &size);
  GBytes *chunk;

  n = chunk_size (data, size, SIGNATURE_SIZE, error);
  if (n == 0)
    return FALSE;
  if (memcmp (data + SIGNATURE_SIZE + 4, "IHDR", 4) != 0)
    return gen_format_error (error, NAME, "there is no header", SIGNATURE_SIZE);
  kept = SIGNATURE_SIZE + n;
  gen_pieces_add (pieces, file, 0, kept);
  chunk = make_chunk (store);
  place->start = kept;
  place->size = g_bytes_get_size (chunk);
  gen_pieces_take (pieces, chunk);
  for (gsize at = kept; at < size; at += n) {
    n = chunk_size (data, size, at, error);
    if (n == 0)
      return FALSE;
    if (memcmp (data + at + 4, "IEND", 4) == 0)
      break;
    if (is_store (data + at)) {
      gen_pieces_add (pieces, file, kept, at);
      kept = at + n;
    }
  }
  gen_pieces_add (pieces, file, kept, size);
  return TRUE;
}

const GenProvenanceFormat gen_provenance_format_png = {
  .name = "png",
  .media_type = "image/png",
  .matches = matches,
  .find = find,
  .embed = embed,
};
