/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a film: all boxes as they are at last, of which those are written again that were
 * other ones, and the assertion that binds a manifest to them. */
#include "bmff-stream-private.h"

static gboolean
is_rewritten (const GenProvenanceStream *stream, guint64 start, guint64 end)
{
  for (guint i = 0; i < stream->rewritten->len; i++) {
    const GenFilmRange *range = &g_array_index (stream->rewritten, GenFilmRange, i);

    if (range->start < end && range->end > start)
      return TRUE;
  }
  return FALSE;
}

/* What was written of a box whose offsets had been moved then. */
static GBytes *
find_moved (const GenProvenanceStream *stream, guint64 start)
{
  for (guint i = 0; i < stream->moved->len; i++) {
    const GenFilmMoved *moved = stream->moved->pdata[i];

    if (moved->start == start)
      return moved->bytes;
  }
  return NULL;
}

static const GenFilmRange *
find_dropped (const GenProvenanceStream *stream, guint64 start)
{
  for (guint i = 0; i < stream->dropped->len; i++) {
    const GenFilmRange *range = &g_array_index (stream->dropped, GenFilmRange, i);

    if (range->start == start)
      return range;
  }
  return NULL;
}

/* A box that is kept, as it is at last: written again where it was another one, and hashed. */
static gboolean
settle_box (GenProvenanceStream *stream, const GenBmffBox *box, const guint8 *data,
    GenDigest *digest, GError **error)
{
  g_autoptr (GBytes) now =
      gen_film_move_box (stream, box->start, data, box->size, gen_film_has_offsets (box), error);
  GBytes *before = find_moved (stream, box->start);
  guint64 place = gen_film_map (box->start, stream);
  gboolean differs;

  if (now == NULL)
    return FALSE;
  differs = is_rewritten (stream, box->start, box->start + box->size) ||
            (before != NULL && !g_bytes_equal (before, now));
  if (!gen_bmff_is (box, "ftyp") && !gen_bmff_is (box, "mfra")) {
    gen_digest_add_number (digest, place);
    gen_digest_add (digest, g_bytes_get_data (now, NULL), box->size);
  }
  return !differs ||
         stream->write (place, g_bytes_get_data (now, NULL), box->size, stream->user_data, error);
}

/* The media data whose content begins at `start`. */
static GenFilmData *
find_data (const GenProvenanceStream *stream, guint64 start, guint *i)
{
  for (*i = 0; *i < stream->data->len; (*i)++) {
    GenFilmData *data = stream->data->pdata[*i];

    if (data->start == start)
      return data;
  }
  return NULL;
}

/* The header is hashed, and what comes behind it until there are 16 bytes. */
static gboolean
settle_data (GenProvenanceStream *stream, const GenBmffBox *box, const guint8 *head,
    gsize available, GenDigest *digest, GError **error)
{
  guint64 place = gen_film_map (box->start, stream);
  guint i;
  GenFilmData *data = find_data (stream, box->start + box->header, &i);
  gsize n = (gsize)MIN (box->size, GEN_BMFF_MDAT_HEAD);

  if (data == NULL || available < n)
    return gen_film_error (error, "an mdat has moved since its content was written", box->start);
  if (data->end == G_MAXUINT64) {
    gen_film_end_block (data);
    data->end = stream->end;
  }
  if (box->start + box->size != data->end)
    return gen_film_error (error, "an mdat is not as long as its content", box->start);
  gen_digest_add_number (digest, place);
  gen_digest_add (digest, head, n);
  if (box->header == GEN_BMFF_LARGE_HEADER && box->size > GEN_BMFF_MDAT_HEAD) {
    /* The first block begins GEN_FILM_DATA_KEPT bytes earlier. */
    if (data->blocks->len == 0) {
      const GenBmffBlock none = { .hash = gen_digest_take (data->early) };

      g_array_append_val (data->blocks, none);
    } else {
      g_array_index (data->blocks, GenBmffBlock, 0).hash = data->early_hash;
    }
    g_array_index (data->blocks, GenBmffBlock, 0).size +=
        MIN (box->size - GEN_BMFF_MDAT_HEAD, GEN_FILM_DATA_KEPT);
  }
  return !is_rewritten (stream, box->start, box->start + n) ||
         stream->write (place, head, n, stream->user_data, error);
}

/* The box of XMP is in front of all that is hashed. */
static void
hash_xmp (const GenProvenanceStream *stream, GenDigest *digest)
{
  if (stream->xmp == NULL)
    return;
  gen_digest_add_number (digest, stream->xmp_at);
  gen_digest_add (digest, g_bytes_get_data (stream->xmp, NULL), g_bytes_get_size (stream->xmp));
}

/* Walks through all boxes up to `end`. */
static gboolean
settle (GenProvenanceStream *stream, guint64 end, GenDigest *digest, GError **error)
{
  GenBmffBox box;

  hash_xmp (stream, digest);
  for (guint64 at = 0; at < end; at += box.size) {
    const GenFilmRange *dropped = find_dropped (stream, at);
    gsize available = 0;
    const guint8 *data = gen_film_find_kept (stream, at, &available);
    gboolean good;

    if (dropped != NULL) {
      box.size = dropped->end - dropped->start;
      continue;
    }
    if (data == NULL || !gen_bmff_header (data, available, at, end - at, &box))
      return gen_film_error (error, "there is no box any more", at);
    if (gen_bmff_is (&box, "mdat"))
      good = settle_data (stream, &box, data, available, digest, error);
    else if (box.size <= available)
      good = settle_box (stream, &box, data, digest, error);
    else
      good = gen_film_error (error, "a box reaches into media data", at);
    if (!good)
      return FALSE;
  }
  return TRUE;
}

GBytes *
gen_film_bind_plain (GenProvenanceStream *stream, GError **error)
{
  g_autoptr (GenDigest) digest = gen_digest_new (GEN_DIGEST_NAME);
  g_autofree GenBmffTree *trees = g_new0 (GenBmffTree, MAX (stream->data->len, 1));
  GenDigestValue hash;
  gboolean empty = FALSE;

  if (!settle (stream, stream->end, digest, error))
    return NULL;
  for (guint i = 0; i < stream->data->len; i++) {
    trees[i].blocks = ((GenFilmData *)stream->data->pdata[i])->blocks;
    empty |= trees[i].blocks->len == 0;
  }
  hash = gen_digest_take (digest);
  /* Without anything to hash in blocks, the whole of an mdat is in the first hash. */
  if (empty && stream->data->len > 1) {
    gen_film_error (error, "one of several mdat is empty", 0);
    return NULL;
  }
  return gen_bmff_hash_make (&hash, trees, empty ? 0 : stream->data->len);
}

GBytes *
gen_film_bind_fragments (GenProvenanceStream *stream, GError **error)
{
  g_autoptr (GenDigest) digest = gen_digest_new (GEN_DIGEST_NAME);
  GenDigestValue init;
  GenBmffTree tree = { .blocks = stream->fragments, .init = &init };

  gen_film_end_fragment (stream);
  if (!settle (stream, stream->first_fragment, digest, error))
    return NULL;
  init = gen_digest_take (digest);
  return gen_bmff_hash_make (NULL, &tree, 1);
}
