/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signs a film while a muxer writes it. Media data pass, and are hashed in blocks; all other boxes
 * pass, too, and are kept, since a muxer goes back to them. What it writes there is only taken
 * down, and at the end, when all is known, boxes that have become other ones are written again, and
 * last the manifest into the room that has been left for it: a free box behind ftyp until then, so
 * that a film that is cut off is one without a manifest.
 *
 * Blocks begin with 1 MiB, and become twice as long after every 64: so many hashes (34 bytes) and
 * sizes (5 bytes) as films of any length have go into the room, and the beginning of a film can be
 * checked while the rest of it is on its way.
 *
 * A muxer that does not know yet how much there will be leaves a free box of 8 bytes in front of
 * mdat, into which the header grows when it needs a size of 64 bits; where the first block begins
 * is known at the end. So the first block has two hashes. */
#include "bmff-stream-private.h"
#include "xmp.h"

/* A muxer may leave out as much, which reads as zeros. */
#define HOLE_MOST (64 * 1024 * 1024)

/* --- bytes that come --- */

/* How many more bytes of a box are wanted before anything can be done. */
static guint64
wanted (const GenProvenanceStream *stream, const guint8 *box, gsize available)
{
  if (available < GEN_BMFF_HEADER)
    return GEN_BMFF_HEADER - available;
  if (gen_get32 (box) == 1 && available < GEN_BMFF_LARGE_HEADER)
    return GEN_BMFF_LARGE_HEADER - available;
  if (!stream->has_box)
    return 0;
  return stream->box.size - available;
}

static gboolean
read_box_header (GenProvenanceStream *stream, const guint8 *box, gsize available, GError **error)
{
  gboolean to_end = gen_get32 (box) == 0, data = memcmp (box + 4, "mdat", 4) == 0;

  if (to_end && !data)
    return gen_film_error (
        error, "a box that is not mdat does not say how long it is", stream->box_start);
  if (!gen_bmff_header (box, available, stream->box_start, G_MAXUINT64, &stream->box))
    return gen_film_error (error, "there is no box", stream->box_start);
  if (stream->box.size > G_MAXUINT64 / 2 && !to_end)
    return gen_film_error (error, "a box is too long", stream->box_start);
  if (data && stream->fragmented && to_end)
    return gen_film_error (error, "a fragment does not say how long it is", stream->box_start);
  stream->has_box = TRUE;
  return !data || gen_film_begin_data (stream, box, to_end, error);
}

/* Some of a box. Returns what was used of `size`; 0: nothing could be. */
static gsize
take_box_bytes (GenProvenanceStream *stream, const guint8 *bytes, gsize size, GError **error)
{
  gsize available = 0, n;
  const guint8 *box = gen_film_find_kept (stream, stream->box_start, &available);

  n = (gsize)MIN (size, wanted (stream, box, available));
  if (n > 0) {
    if (!gen_film_keep (stream, bytes, n, error))
      return 0;
    stream->end += n;
    box = gen_film_find_kept (stream, stream->box_start, &available);
  }
  if (wanted (stream, box, available) > 0)
    return n;
  if (!stream->has_box && !read_box_header (stream, box, available, error))
    return 0;
  if (gen_bmff_is (&stream->box, "mdat") || wanted (stream, box, available) > 0)
    return n;
  if (!gen_film_pass_box (stream, box, error))
    return 0;
  gen_film_begin_box (stream);
  return n;
}

static gboolean
append (GenProvenanceStream *stream, const guint8 *bytes, gsize size, GError **error)
{
  if (stream->state == GEN_FILM_IN_DATA && gen_film_ends_open_data (stream, bytes, size)) {
    gen_film_last_data (stream)->end = stream->end;
    gen_film_end_data (stream);
  }
  while (size > 0) {
    gsize n;

    if (stream->state == GEN_FILM_IN_DATA) {
      n = (gsize)MIN (size, gen_film_data_end (stream) - stream->end);
      if (!gen_film_pass_data (stream, bytes, n, error))
        return FALSE;
    } else {
      n = take_box_bytes (stream, bytes, size, error);
      if (n == 0)
        return FALSE;
    }
    bytes += n;
    size -= n;
  }
  stream->at = stream->end;
  return TRUE;
}

/* Over what has been there. */
static gboolean
write_over (GenProvenanceStream *stream, const guint8 *bytes, gsize size, GError **error)
{
  gsize available = 0;
  guint8 *kept = gen_film_find_kept (stream, stream->at, &available);
  const GenFilmRange range = { stream->at, stream->at + size };

  if (kept == NULL || available < size ||
      (stream->fragmented && stream->at + size > stream->first_fragment))
    return gen_film_error (error,
        "the muxer writes again what is no index, which can only be followed where the file is "
        "whole before it is signed",
        stream->at);
  memcpy (kept, bytes, size);
  g_array_append_val (stream->rewritten, range);
  stream->at += size;
  return TRUE;
}

gboolean
gen_provenance_stream_write (
    GenProvenanceStream *stream, const guint8 *data, gsize size, GError **error)
{
  gboolean good;

  if (stream->failed)
    return gen_film_error (error, "it has failed before", stream->at);
  good = stream->at == stream->end ? append (stream, data, size, error)
                                   : write_over (stream, data, size, error);
  stream->failed = !good;
  return good;
}

gboolean
gen_provenance_stream_seek (GenProvenanceStream *stream, guint64 offset, GError **error)
{
  g_autofree guint8 *zeros = NULL;
  guint64 hole;

  if (stream->failed)
    return gen_film_error (error, "it has failed before", stream->at);
  stream->at = MIN (offset, stream->end);
  if (offset <= stream->end)
    return TRUE;
  hole = offset - stream->end;
  if (hole > HOLE_MOST) {
    stream->failed = TRUE;
    return gen_film_error (error, "the muxer leaves out too much", stream->end);
  }
  zeros = g_malloc0 (hole);
  return gen_provenance_stream_write (stream, zeros, hole, error);
}

/* --- the whole --- */

static gboolean
finish (GenProvenanceStream *stream, GError **error)
{
  g_autoptr (GBytes) binding = NULL, store = NULL, box = NULL;
  gsize size;
  const guint8 *data;

  if (stream->state == GEN_FILM_IN_DATA &&
      (stream->fragmented || gen_film_last_data (stream)->end != G_MAXUINT64))
    return gen_film_error (error, "it ends within media data", stream->end);
  if (stream->state == GEN_FILM_IN_BOX && stream->end != stream->box_start)
    return gen_film_error (error, "it ends within a box", stream->end);
  if (!stream->has_room)
    return gen_film_error (error, "there is nothing in it", 0);
  if (stream->indexed > stream->end)
    return gen_film_error (error,
        "an index of segments (sidx) behind the first fragment is of one that is not there",
        stream->end);
  binding = stream->fragmented ? gen_film_bind_fragments (stream, error)
                               : gen_film_bind_plain (stream, error);
  if (binding == NULL)
    return FALSE;
  store =
      gen_provenance_manifest_store (stream->manifest, GEN_BMFF_HASH_LABEL, binding, TRUE, error);
  if (store == NULL)
    return FALSE;
  box = gen_bmff_store_box (store, stream->first_merkle, stream->reserve, error);
  if (box == NULL)
    return FALSE;
  data = g_bytes_get_data (box, &size);
  return stream->write (stream->room, data, size, stream->user_data, error);
}

gboolean
gen_provenance_stream_finish (GenProvenanceStream *stream, GError **error)
{
  if (stream->failed)
    return gen_film_error (error, "it has failed before", stream->at);
  stream->failed = TRUE; /* nothing may follow */
  return finish (stream, error);
}

static void
kept_clear (gpointer kept)
{
  g_byte_array_unref (((GenFilmKept *)kept)->bytes);
}

static void
moved_free (gpointer moved)
{
  g_bytes_unref (((GenFilmMoved *)moved)->bytes);
  g_free (moved);
}

static void
data_free (gpointer data)
{
  GenFilmData *is = data;

  g_array_unref (is->blocks);
  g_clear_pointer (&is->block, gen_digest_free);
  g_clear_pointer (&is->early, gen_digest_free);
  g_free (is);
}

/* What is disclosed goes into a box of its own. */
static void
label (
    GenProvenanceStream *stream, const GenProvenanceClaim *claim, const GenProvenanceParent *parent)
{
  const char *before = parent != NULL ? parent->xmp : NULL;
  const gboolean edited =
      (parent != NULL && parent->store != NULL) || claim->action == GEN_PROVENANCE_EDITED;
  g_autofree char *packet = NULL;

  if (claim->disclosure == NULL)
    return;
  packet = gen_xmp_packet (claim, edited, before);
  stream->xmp = gen_xmp_box (packet);
  stream->drops_xmp = before != NULL;
}

GenProvenanceStream *
gen_bmff_stream_new (const GenProvenanceClaim *claim, const GenProvenanceSigner *signer,
    const GenProvenanceParent *parent, gsize reserve, GenProvenanceWrite write, gpointer user_data,
    GError **error)
{
  GenProvenanceManifest *manifest = gen_provenance_manifest_new (
      claim, signer, gen_provenance_format_bmff.media_type, parent, error);
  GenProvenanceStream *stream;

  if (manifest == NULL)
    return NULL;
  stream = g_new0 (GenProvenanceStream, 1);
  stream->manifest = manifest;
  label (stream, claim, parent);
  stream->reserve = CLAMP (reserve, GEN_BMFF_STORE_EXTRA, G_MAXINT32);
  stream->write = write;
  stream->user_data = user_data;
  stream->kept = g_array_new (FALSE, FALSE, sizeof (GenFilmKept));
  g_array_set_clear_func (stream->kept, kept_clear);
  stream->rewritten = g_array_new (FALSE, FALSE, sizeof (GenFilmRange));
  stream->dropped = g_array_new (FALSE, FALSE, sizeof (GenFilmRange));
  stream->shifts = g_array_new (FALSE, FALSE, sizeof (GenFilmShift));
  stream->fragments = g_array_new (FALSE, TRUE, sizeof (GenBmffBlock));
  stream->data = g_ptr_array_new_with_free_func (data_free);
  stream->moved = g_ptr_array_new_with_free_func (moved_free);
  return stream;
}

GenProvenanceStream *
gen_provenance_stream_new (const GenProvenanceClaim *claim, const GenProvenanceSigner *signer,
    gsize reserve, GenProvenanceWrite write, gpointer user_data, GError **error)
{
  return gen_bmff_stream_new (claim, signer, NULL, reserve, write, user_data, error);
}

void
gen_provenance_stream_free (GenProvenanceStream *stream)
{
  gen_provenance_manifest_free (stream->manifest);
  g_clear_pointer (&stream->xmp, g_bytes_unref);
  g_array_unref (stream->kept);
  g_array_unref (stream->rewritten);
  g_array_unref (stream->dropped);
  g_array_unref (stream->shifts);
  g_array_unref (stream->fragments);
  g_ptr_array_unref (stream->data);
  g_ptr_array_unref (stream->moved);
  g_clear_pointer (&stream->fragment, gen_digest_free);
  g_free (stream);
}
