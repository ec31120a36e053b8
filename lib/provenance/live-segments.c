/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in front of the first fragment is the initialization segment. A media segment begins with
 * styp; in streams that have none, it is one fragment, with the boxes in front of it, and can go on
 * as soon as its media data are there. */
#include "live-segments.h"

/* A segment is kept whole. */
#define SEGMENT_MOST (1024 * 1024 * 1024)

struct _GenLiveCutter {
  GenLiveTake take;
  gpointer user_data;
  GByteArray *bytes; /* that have not gone on */
  guint64 start;     /* where the first of them was */
  gsize at;          /* where the box begins that is coming */
  gboolean begun;    /* the initialization segment has gone */
  gboolean styled;   /* segments begin with styp */
  gboolean has_data; /* of the segment that is coming */
  gboolean waits;    /* a fragment has come, and not its media data */
};

GenLiveCutter *
gen_live_cutter_new (GenLiveTake take, gpointer user_data)
{
  GenLiveCutter *cutter = g_new0 (GenLiveCutter, 1);

  cutter->take = take;
  cutter->user_data = user_data;
  cutter->bytes = g_byte_array_new ();
  return cutter;
}

void
gen_live_cutter_free (GenLiveCutter *cutter)
{
  g_byte_array_unref (cutter->bytes);
  g_free (cutter);
}

static gboolean
fail (const GenLiveCutter *cutter, const char *what, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the live stream cannot be signed: %s at byte %" G_GUINT64_FORMAT, what,
      cutter->start + cutter->at);
  return FALSE;
}

/* Let what has come go on, up to the box that is coming. */
static gboolean
flush (GenLiveCutter *cutter, GError **error)
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
begin (GenLiveCutter *cutter, const GenBmffBox *box, GError **error)
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
is_left_out (const GenLiveCutter *cutter, const GenBmffBox *box)
{
  return gen_bmff_is (box, "mfra") ||
         gen_bmff_is_c2pa (cutter->bytes->data + cutter->at, box->size);
}

/* A whole box has come. */
static gboolean
end (GenLiveCutter *cutter, const GenBmffBox *box, GError **error)
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
gen_live_cutter_write (GenLiveCutter *cutter, const guint8 *data, gsize size, GError **error)
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
gen_live_cutter_finish (GenLiveCutter *cutter, GError **error)
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

/* --- times --- */

/* The first box of a type in what another one has. */
typedef struct {
  const guint8 *data;
  gsize size;
} Content;

static Content
find (Content in, const char *type)
{
  GenBmffBox box;

  for (gsize at = 0; at < in.size && gen_bmff_read (in.data, in.size, at, &box, NULL);
       at += box.size)
    if (gen_bmff_is (&box, type))
      return (Content){ in.data + at + box.header, box.size - box.header };
  return (Content){ NULL, 0 };
}

static Content
find_path (Content in, const char *const *path)
{
  for (; *path != NULL; path++)
    in = find (in, *path);
  return in;
}

static Content
content_of (GBytes *bytes)
{
  Content all = { NULL, 0 };

  all.data = g_bytes_get_data (bytes, &all.size);
  return all;
}

/* The number at a place of a full box, which counts from behind its version and flags. */
static guint32
number_at (Content box, gsize at)
{
  return box.size >= 4 + at + 4 ? gen_get32 (box.data + 4 + at) : 0;
}

static guint32
flags_of (Content box)
{
  return box.size >= 4 ? gen_get32 (box.data) & 0xffffff : 0;
}

GenLiveTimes
gen_live_times_of (GBytes *init)
{
  static const char *const header[] = { "moov", "trak", "mdia", "mdhd", NULL };
  static const char *const defaults[] = { "moov", "mvex", "trex", NULL };
  Content mdhd = find_path (content_of (init), header);
  Content trex = find_path (content_of (init), defaults);
  gboolean wide = mdhd.size > 0 && mdhd.data[0] == 1;
  guint32 scale = number_at (mdhd, wide ? 16 : 8);

  return (GenLiveTimes){ MAX (scale, 1), number_at (trex, 8) };
}

/* The duration that a fragment's samples have by default. */
static guint32
default_of (const GenLiveTimes *times, Content tfhd)
{
  guint32 flags = flags_of (tfhd);
  gsize at = 4 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);

  return flags & 8 ? number_at (tfhd, at) : times->duration;
}

static guint64
run_duration (Content trun, guint32 by_default)
{
  guint32 flags = flags_of (trun), n = number_at (trun, 0);
  gsize at = 4 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0), each = 0;
  guint64 total = 0;

  if ((flags & 0x100) == 0)
    return (guint64)n * by_default;
  for (guint32 bit = 0x100; bit <= 0x800; bit <<= 1)
    each += flags & bit ? 4 : 0;
  for (guint32 i = 0; i < n && 4 + at + each <= trun.size; i++, at += each)
    total += number_at (trun, at);
  return total;
}

/* Of the first track in a fragment. */
static guint64
fragment_duration (const GenLiveTimes *times, Content moof)
{
  Content traf = find (moof, "traf");
  guint32 by_default = default_of (times, find (traf, "tfhd"));
  GenBmffBox box;
  guint64 total = 0;

  for (gsize at = 0; at < traf.size && gen_bmff_read (traf.data, traf.size, at, &box, NULL);
       at += box.size)
    if (gen_bmff_is (&box, "trun"))
      total += run_duration (
          (Content){ traf.data + at + box.header, box.size - box.header }, by_default);
  return total;
}

guint32
gen_live_duration_of (const GenLiveTimes *times, GBytes *segment)
{
  Content all = content_of (segment);
  GenBmffBox box;
  guint64 total = 0;

  for (gsize at = 0; at < all.size && gen_bmff_read (all.data, all.size, at, &box, NULL);
       at += box.size)
    if (gen_bmff_is (&box, "moof"))
      total +=
          fragment_duration (times, (Content){ all.data + at + box.header, box.size - box.header });
  return (guint32)MIN (total, G_MAXUINT32);
}

guint32
gen_live_number_of (GBytes *segment)
{
  static const char *const path[] = { "moof", "mfhd", NULL };
  const Content mfhd = find_path (content_of (segment), path);

  return mfhd.size >= 8 ? number_at (mfhd, 0) : 1;
}
