/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boxes and media data of a film that pass on their way: the first with their places moved, the
 * second as they are, hashed in blocks. A fragment is hashed as a whole, and has a box in front of
 * it. */
#include "bmff-stream-private.h"
#include "xmp.h"

#define BLOCK_FIRST (1024 * 1024)
#define BLOCKS_EACH 64

/* --- boxes that pass --- */

gboolean
gen_film_leave_room (GenProvenanceStream *stream, guint64 start, GError **error)
{
  g_autofree guint8 *room = g_malloc0 (stream->reserve);

  stream->has_room = TRUE;
  stream->room = stream->written;
  gen_put32 (room, (guint32)stream->reserve);
  memcpy (room + 4, "free", 4);
  if (!gen_film_emit (stream, room, stream->reserve, error))
    return FALSE;
  stream->xmp_at = stream->written;
  if (stream->xmp != NULL && !gen_film_emit (stream, g_bytes_get_data (stream->xmp, NULL),
                                 g_bytes_get_size (stream->xmp), error))
    return FALSE;
  gen_film_shift (stream, start);
  return TRUE;
}

void
gen_film_end_fragment (GenProvenanceStream *stream)
{
  GenBmffBlock block = { 0 };

  if (stream->fragment == NULL)
    return;
  block.hash = gen_digest_take (stream->fragment);
  g_array_append_val (stream->fragments, block);
}

static gboolean
begin_fragment (GenProvenanceStream *stream, guint64 start, GError **error)
{
  g_autoptr (GBytes) merkle = NULL;
  gsize size;
  const guint8 *data;

  if (!stream->fragmented && stream->data->len > 0)
    return gen_film_error (error, "there is media data in front of a fragment (moof)", start);
  gen_film_end_fragment (stream);
  if (!stream->fragmented) {
    stream->fragmented = TRUE;
    stream->fragment = gen_digest_new (GEN_DIGEST_NAME);
    stream->first_fragment = start;
    stream->first_merkle = stream->written;
  }
  merkle = gen_bmff_merkle_box (stream->fragments->len, GEN_FILM_MERKLE_SIZE);
  data = g_bytes_get_data (merkle, &size);
  if (!gen_film_emit (stream, data, size, error))
    return FALSE;
  gen_film_shift (stream, start);
  return TRUE;
}

/* An index in front of a fragment counts from its own end to the fragment, which moves by the box
 * in front of that. Of several fragments it would have to say how much longer they become, which is
 * not known yet. (transfer full) */
static GBytes *
move_index (GenProvenanceStream *stream, const guint8 *data, GError **error)
{
  const GenBmffBox *box = &stream->box;
  const gboolean large = box->size > box->header && data[box->header] != 0;
  const gsize at = box->header + 12 + (large ? 8 : 4), first = large ? 8 : 4;
  guint8 *copy;

  if (box->size < at + first + 4 + 12 ||
      gen_get32 (data + at + first) != 1 || /* reserved, and one reference */
      (large ? gen_get64 (data + at) : gen_get32 (data + at)) != 0 ||
      gen_get32 (data + at + first + 4) >> 31 != 0) {
    gen_film_error (error,
        "there is an index of segments (sidx) behind the first fragment that is not of the one "
        "fragment behind it",
        stream->box_start);
    return NULL;
  }
  copy = g_memdup2 (data, box->size);
  if (large)
    gen_put64 (copy + at, GEN_FILM_MERKLE_SIZE);
  else
    gen_put32 (copy + at, GEN_FILM_MERKLE_SIZE);
  stream->index_end = stream->end;
  stream->indexed = stream->end + gen_get32 (data + at + first + 4);
  return g_bytes_new_take (copy, box->size);
}

/* What an index in front of a fragment says is so: the fragment follows it, and is as long. */
static gboolean
check_index (GenProvenanceStream *stream, const GenBmffBox *box, GError **error)
{
  const guint64 start = stream->box_start, indexed = stream->indexed;
  const gboolean fragment = gen_bmff_is (box, "moof") && stream->index_end == start;

  if (indexed == 0 || fragment || start >= indexed)
    return TRUE;
  return gen_film_error (error,
      "an index of segments (sidx) behind the first fragment is of more than the one fragment "
      "behind it",
      start);
}

/* A whole box, which ends where the muxer is. */
gboolean
gen_film_pass_box (GenProvenanceStream *stream, const guint8 *data, GError **error)
{
  const GenBmffBox *box = &stream->box;
  gboolean first = stream->box_start == 0;
  g_autoptr (GBytes) moved = NULL;
  const guint8 *bytes;
  gsize size;

  if (gen_bmff_is_c2pa (data, box->size) ||
      (stream->drops_xmp && gen_xmp_is_box (data, box->size))) {
    const GenFilmRange range = { stream->box_start, stream->end };

    g_array_append_val (stream->dropped, range);
    gen_film_shift (stream, stream->end);
    return TRUE;
  }
  if (!stream->has_room && !(first && gen_bmff_is (box, "ftyp")) &&
      !gen_film_leave_room (stream, stream->box_start, error))
    return FALSE;
  if (!check_index (stream, box, error))
    return FALSE;
  if (gen_bmff_is (box, "moof") && !begin_fragment (stream, stream->box_start, error))
    return FALSE;
  moved = stream->fragmented && gen_bmff_is (box, "sidx")
              ? move_index (stream, data, error)
              : gen_film_move_box (
                    stream, stream->box_start, data, box->size, gen_film_has_offsets (box), error);
  if (moved == NULL)
    return FALSE;
  bytes = g_bytes_get_data (moved, &size);
  if (stream->fragmented && !gen_bmff_is (box, "mfra")) {
    gen_digest_add_number (stream->fragment, stream->written);
    gen_digest_add (stream->fragment, bytes, size);
  }
  if (!gen_film_emit (stream, bytes, size, error))
    return FALSE;
  if (gen_film_has_offsets (box) && !stream->fragmented) {
    GenFilmMoved *written = g_new (GenFilmMoved, 1);

    *written = (GenFilmMoved){ stream->box_start, g_steal_pointer (&moved) };
    g_ptr_array_add (stream->moved, written);
  }
  return stream->has_room || gen_film_leave_room (stream, stream->end, error);
}

/* --- media data --- */

void
gen_film_end_block (GenFilmData *data)
{
  GenBmffBlock block = { .size = data->in_block };

  if (data->in_block == 0)
    return;
  block.hash = gen_digest_take (data->block);
  if (!data->early_done)
    data->early_hash = gen_digest_take (data->early);
  data->early_done = TRUE;
  data->in_block = 0;
  g_array_append_val (data->blocks, block);
}

/* `offset` is that of `bytes` in the content. */
static void
hash_data (GenFilmData *data, guint64 offset, const guint8 *bytes, gsize size)
{
  if (offset < GEN_FILM_DATA_KEPT) {
    gsize n = MIN (size, GEN_FILM_DATA_KEPT - (gsize)offset);

    gen_digest_add (data->early, bytes, n);
    bytes += n;
    size -= n;
  }
  while (size > 0) {
    guint64 block = (guint64)BLOCK_FIRST << MIN (data->blocks->len / BLOCKS_EACH, 40);
    gsize n = (gsize)MIN (size, block - data->in_block);

    gen_digest_add (data->block, bytes, n);
    if (!data->early_done)
      gen_digest_add (data->early, bytes, n);
    data->in_block += n;
    if (data->in_block == block)
      gen_film_end_block (data);
    bytes += n;
    size -= n;
  }
}

GenFilmData *
gen_film_last_data (const GenProvenanceStream *stream)
{
  return stream->data->len > 0 ? stream->data->pdata[stream->data->len - 1] : NULL;
}

guint64
gen_film_data_end (const GenProvenanceStream *stream)
{
  return stream->fragmented ? stream->box_start + stream->box.size
                            : gen_film_last_data (stream)->end;
}

void
gen_film_begin_box (GenProvenanceStream *stream)
{
  stream->state = GEN_FILM_IN_BOX;
  stream->has_box = FALSE;
  stream->box_start = stream->end;
}

void
gen_film_end_data (GenProvenanceStream *stream)
{
  if (!stream->fragmented)
    gen_film_end_block (gen_film_last_data (stream));
  gen_film_begin_box (stream);
}

gboolean
gen_film_begin_data (
    GenProvenanceStream *stream, const guint8 *header, gboolean open, GError **error)
{
  GenFilmData *data;

  if (!stream->has_room && !gen_film_leave_room (stream, stream->box_start, error))
    return FALSE;
  if (stream->fragmented) {
    gen_digest_add_number (stream->fragment, stream->written);
    gen_digest_add (stream->fragment, header, stream->box.header);
  } else {
    data = g_new0 (GenFilmData, 1);
    data->start = stream->end;
    data->end = open ? G_MAXUINT64 : stream->box_start + stream->box.size;
    data->blocks = g_array_new (FALSE, TRUE, sizeof (GenBmffBlock));
    data->block = gen_digest_new (GEN_DIGEST_NAME);
    data->early = gen_digest_new (GEN_DIGEST_NAME);
    g_ptr_array_add (stream->data, data);
  }
  if (!gen_film_emit (stream, header, stream->box.header, error))
    return FALSE;
  stream->state = GEN_FILM_IN_DATA;
  if (stream->end == gen_film_data_end (stream))
    gen_film_end_data (stream);
  return TRUE;
}

gboolean
gen_film_pass_data (GenProvenanceStream *stream, const guint8 *bytes, gsize size, GError **error)
{
  GenFilmData *data = gen_film_last_data (stream);

  if (stream->fragmented) {
    gen_digest_add (stream->fragment, bytes, size);
  } else {
    guint64 offset = stream->end - data->start;

    if (offset < GEN_FILM_DATA_KEPT &&
        !gen_film_keep (stream, bytes, MIN (size, GEN_FILM_DATA_KEPT - (gsize)offset), error))
      return FALSE;
    hash_data (data, offset, bytes, size);
  }
  stream->end += size;
  if (!gen_film_emit (stream, bytes, size, error))
    return FALSE;
  if (stream->end == gen_film_data_end (stream))
    gen_film_end_data (stream);
  return TRUE;
}

/* Muxers that do not know how long media data will be write the index behind it before they say: a
 * piece that is a whole moov. That it was none would be seen at the end, by the size. */
gboolean
gen_film_ends_open_data (const GenProvenanceStream *stream, const guint8 *bytes, gsize size)
{
  GenBmffBox box;

  return !stream->fragmented && gen_film_last_data (stream)->end == G_MAXUINT64 &&
         gen_bmff_header (bytes, size, 0, size, &box) && box.size > GEN_BMFF_LARGE_HEADER &&
         gen_bmff_is (&box, "moov");
}
