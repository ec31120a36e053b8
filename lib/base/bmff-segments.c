/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in front of the first fragment is the initialization segment. A media segment begins with
 * styp; in streams that have none, it is one fragment, with the boxes in front of it, and can go on
 * as soon as its media data are there. */
#include "bmff-segments.h"

#include "big-endian.h"

/* A segment is kept whole. */
#define SEGMENT_MOST (1024 * 1024 * 1024)

struct _GenBmffCutter {
  GenBmffTake take;
  gpointer user_data;
  GByteArray *bytes; /* that have not gone on */
  guint64 start;     /* where the first of them was */
  gsize at;          /* where the box begins that is coming */
  gboolean begun;    /* the initialization segment has gone */
  gboolean styled;   /* segments begin with styp */
  gboolean has_data; /* of the segment that is coming */
  gboolean waits;    /* a fragment has come, and not its media data */
};

GenBmffCutter *
gen_bmff_cutter_new (GenBmffTake take, gpointer user_data)
{
  GenBmffCutter *cutter = g_new0 (GenBmffCutter, 1);

  cutter->take = take;
  cutter->user_data = user_data;
  cutter->bytes = g_byte_array_new ();
  return cutter;
}

void
gen_bmff_cutter_free (GenBmffCutter *cutter)
{
  g_byte_array_unref (cutter->bytes);
  g_free (cutter);
}

static gboolean
fail (const GenBmffCutter *cutter, const char *what, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the live stream cannot be cut into segments: %s at byte %" G_GUINT64_FORMAT, what,
      cutter->start + cutter->at);
  return FALSE;
}

/* Let what has come go on, up to the box that is coming. */
static gboolean
flush (GenBmffCutter *cutter, GError **error)
{
  g_autoptr (GBytes) segment = g_bytes_new (cutter->bytes->data, cutter->at);
  gboolean init = !cutter->begun;
  guint64 start = cutter->start;

  g_byte_array_remove_range (cutter->bytes, 0, (guint)cutter->at);
  cutter->start += cutter->at;
  cutter->at = 0;
  cutter->begun = TRUE;
  cutter->has_data = FALSE;
  return cutter->take (segment, init, start, cutter->user_data, error);
}

/* Whether a box is one that a media segment begins with. */
static gboolean
begins_segment (const GenBmffBox *box)
{
  static const char types[][5] = { "styp", "sidx", "emsg", "prft", "moof" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (gen_bmff_is (box, types[i]))
      return TRUE;
  return FALSE;
}

static gboolean
begins_init (const GenBmffBox *box)
{
  return gen_bmff_is (box, "ftyp") || gen_bmff_is (box, "moov");
}

/* A box begins. */
static gboolean
begin (GenBmffCutter *cutter, const GenBmffBox *box, GError **error)
{
  if (!cutter->begun && gen_bmff_is (box, "mdat"))
    return fail (
        cutter, "media data are in front of the fragments (mp4mux wants fragment-duration)", error);
  if (cutter->begun && begins_init (box))
    return fail (cutter,
        "another initialization segment (ftyp, moov) is behind fragments, and each stream has one "
        "of its own:",
        error);
  if (box->size > SEGMENT_MOST - cutter->at)
    return fail (cutter, "a segment has more than 1 GiB, or does not say how long it is", error);
  if (!cutter->begun && begins_segment (box)) {
    if (cutter->at == 0)
      return fail (cutter, "there is nothing in front of the fragments", error);
    if (!flush (cutter, error))
      return FALSE;
  } else if (cutter->has_data &&
             (cutter->styled ? gen_bmff_is (box, "styp") : begins_segment (box))) {
    if (!flush (cutter, error))
      return FALSE;
  }
  cutter->styled |= cutter->begun && gen_bmff_is (box, "styp");
  return TRUE;
}

/* An index of the whole file has no place in a stream that has no end, nor manifests of before. */
static gboolean
is_left_out (const GenBmffCutter *cutter, const GenBmffBox *box)
{
  return gen_bmff_is (box, "mfra") ||
         gen_bmff_is_c2pa (cutter->bytes->data + cutter->at, box->size);
}

/* A whole box has come. */
static gboolean
end (GenBmffCutter *cutter, const GenBmffBox *box, GError **error)
{
  if (is_left_out (cutter, box)) {
    g_byte_array_remove_range (cutter->bytes, (guint)cutter->at, (guint)box->size);
    cutter->start += box->size;
    return TRUE;
  }
  cutter->at += box->size;
  if (gen_bmff_is (box, "mdat")) {
    cutter->has_data = TRUE;
    cutter->waits = FALSE;
  } else if (gen_bmff_is (box, "moof")) {
    cutter->waits = TRUE;
  }
  return !cutter->has_data || cutter->styled || flush (cutter, error);
}

gboolean
gen_bmff_cutter_write (GenBmffCutter *cutter, const guint8 *data, gsize size, GError **error)
{
  GenBmffBox box;

  if (size > SEGMENT_MOST || cutter->bytes->len + size > 2u * SEGMENT_MOST)
    return fail (cutter, "a segment has more than 1 GiB", error);
  g_byte_array_append (cutter->bytes, data, (guint)size);
  for (;;) {
    gsize available = cutter->bytes->len - cutter->at;
    const guint8 *bytes = cutter->bytes->data + cutter->at;

    if (available < GEN_BMFF_HEADER ||
        (gen_get32 (bytes) == 1 && available < GEN_BMFF_LARGE_HEADER))
      return TRUE;
    if (!gen_bmff_header (bytes, available, cutter->at, G_MAXUINT64, &box))
      return fail (cutter, "there is no box", error);
    if (!begin (cutter, &box, error))
      return FALSE;
    if (cutter->bytes->len - cutter->at < box.size)
      return TRUE;
    if (!end (cutter, &box, error))
      return FALSE;
  }
}

gboolean
gen_bmff_cutter_finish (GenBmffCutter *cutter, GError **error)
{
  if (cutter->bytes->len != cutter->at)
    return fail (cutter, "it ends within a box", error);
  if (cutter->waits)
    return fail (cutter, "it ends without the media data (mdat) of its last fragment", error);
  if (cutter->has_data)
    return flush (cutter, error);
  if (!cutter->begun)
    return fail (cutter, "it has no fragments (mp4mux wants fragment-duration)", error);
  return TRUE;
}
