/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MP4 and MOV: the store is a uuid box behind ftyp, in front of moov and mdat. */
#include "bmff.h"

static gboolean
matches (const guint8 *data, gsize size)
{
  static const char types[][5] = { "ftyp", "moov", "mdat", "wide", "free", "skip", "uuid", "pnot",
    "styp", "sidx", "emsg", "prft", "moof" };
  GenBmffBox box;

  if (!gen_bmff_header (data, size, 0, G_MAXUINT64, &box))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (gen_bmff_is (&box, types[i]))
      return TRUE;
  return FALSE;
}

/* The bytes behind the offset that a box of a manifest begins with. */
static gboolean
take_store (
    GBytes *file, const GenBmffBox *box, gsize content, GenProvenancePlace *place, GError **error)
{
  if (box->size < content + 8)
    return gen_format_error (error, "MP4", "the box of the manifest is cut", (gsize)box->start);
  *place = (GenProvenancePlace){ g_bytes_new_from_bytes (file, (gsize)box->start + content + 8,
                                     (gsize)box->size - content - 8),
    box->start, box->size };
  return TRUE;
}

static gboolean
find (GBytes *file, GenProvenancePlace *place, GError **error)
{
  gsize size, content, found = 0;
  const guint8 *data = g_bytes_get_data (file, &size);
  GenBmffBox box;

  for (gsize at = 0; at < size; at += box.size) {
    const char *purpose;

    /* A film that has been cut still says what it was: its hash will not be right. */
    if (found > 0 && !gen_bmff_header (data + at, size - at, at, size - at, &box))
      return TRUE;
    if (!gen_bmff_read (data, size, at, &box, error))
      return FALSE;
    purpose = gen_bmff_purpose (data + at, box.size, &content);
    if (g_strcmp0 (purpose, "manifest") != 0 && g_strcmp0 (purpose, "original") != 0)
      continue;
    gen_provenance_place_clear (place);
    if (++found == 1 && !take_store (file, &box, content, place, error))
      return FALSE;
  }
  return TRUE;
}

const GenProvenanceFormat gen_provenance_format_bmff = {
  .name = "mp4",
  .media_type = "video/mp4",
  .matches = matches,
  .find = find,
};
