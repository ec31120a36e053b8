/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a film is kept while it passes, and where its bytes go. */
#include "bmff-stream-private.h"

/* What is kept in memory, at most: indices. */
#define KEPT_MOST (1024 * 1024 * 1024)

/* --- what goes where --- */

guint64
gen_film_map (guint64 offset, gpointer user_data)
{
  const GenProvenanceStream *stream = user_data;
  guint low = 0, high = stream->shifts->len;

  /* The last one that begins at it or before. */
  while (low < high) {
    guint middle = (low + high) / 2;

    if (g_array_index (stream->shifts, GenFilmShift, middle).start <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  if (low > 0)
    return offset + g_array_index (stream->shifts, GenFilmShift, low - 1).by;
  return offset;
}

void
gen_film_shift (GenProvenanceStream *stream, guint64 start)
{
  const GenFilmShift shift = { start, stream->written - start };

  g_array_append_val (stream->shifts, shift);
}

gboolean
gen_film_emit (GenProvenanceStream *stream, const guint8 *data, gsize size, GError **error)
{
  guint64 at = stream->written;

  if (size == 0)
    return TRUE;
  stream->written += size;
  return stream->write (at, data, size, stream->user_data, error);
}

/* --- what is kept --- */

gboolean
gen_film_keep (GenProvenanceStream *stream, const guint8 *data, gsize size, GError **error)
{
  GenFilmKept *last = stream->kept->len > 0
                          ? &g_array_index (stream->kept, GenFilmKept, stream->kept->len - 1)
                          : NULL;

  stream->kept_size += size;
  if (stream->kept_size > KEPT_MOST) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "the film has more than %d bytes beside its media data", KEPT_MOST);
    return FALSE;
  }
  if (last == NULL || last->start + last->bytes->len != stream->end) {
    const GenFilmKept next = { stream->end, g_byte_array_new () };

    g_array_append_val (stream->kept, next);
    last = &g_array_index (stream->kept, GenFilmKept, stream->kept->len - 1);
  }
  g_byte_array_append (last->bytes, data, (guint)size);
  return TRUE;
}

/* The bytes from `start` on, as many as are kept in one piece; NULL: none. */
guint8 *
gen_film_find_kept (const GenProvenanceStream *stream, guint64 start, gsize *size)
{
  for (guint i = stream->kept->len; i-- > 0;) {
    const GenFilmKept *kept = &g_array_index (stream->kept, GenFilmKept, i);

    if (start < kept->start)
      continue;
    if (start >= kept->start + kept->bytes->len)
      return NULL;
    *size = kept->bytes->len - (gsize)(start - kept->start);
    return kept->bytes->data + (start - kept->start);
  }
  return NULL;
}

gboolean
gen_film_error (GError **error, const char *what, guint64 at)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the film cannot be signed: %s at byte %" G_GUINT64_FORMAT, what, at);
  return FALSE;
}

gboolean
gen_film_has_offsets (const GenBmffBox *box)
{
  return gen_bmff_is (box, "moov") || gen_bmff_is (box, "moof") || gen_bmff_is (box, "sidx") ||
         gen_bmff_is (box, "mfra");
}

/* Changes as box goes what points somewhere. (transfer full) */
GBytes *
gen_film_move_box (GenProvenanceStream *stream, guint64 start, const guint8 *data, gsize size,
    gboolean offsets, GError **error)
{
  g_autofree guint8 *copy = g_memdup2 (data, size);

  if (offsets && !gen_bmff_move (copy, size, start, gen_film_map, stream, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&copy), size);
}
