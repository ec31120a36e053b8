/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JPEG: the store is in segments APP11, as JPEG XT (ISO/IEC 18477-3) cuts boxes up: each has "JP",
 * the number of the box, the segment's number from 1, and the box's header again. They follow the
 * segments APP0, which JFIF wants first. */
#include "format.h"

#include <string.h>

#define NAME "JPEG"
#define APP0 0xe0
#define APP11 0xeb
#define SOS 0xda
#define EOI 0xd9
/* Marker, length, "JP", number of the box, number of the segment, the box's header. */
#define SEGMENT_HEADER (2 + 2 + 2 + 2 + 4 + 8)
#define SEGMENT_MOST (65535 + 2 - SEGMENT_HEADER)
#define BOX_NUMBER 0x0211
#define BOX_HEADER 8

typedef struct {
  guint8 marker;
  gsize start, end;
} Segment;

/* The segment at `at`, which has a length. */
static gboolean
read_segment (const guint8 *data, gsize size, gsize at, Segment *segment, GError **error)
{
  gsize length;

  while (at + 1 < size && data[at] == 0xff && data[at + 1] == 0xff) /* fill bytes */
    at++;
  if (size - at < 4 || data[at] != 0xff)
    return gen_format_error (error, NAME, "there is no marker", at);
  *segment = (Segment){ data[at + 1], at, at + 2 };
  if (segment->marker == EOI)
    return TRUE;
  length = (gsize)data[at + 2] << 8 | data[at + 3];
  if (length < 2 || length > size - at - 2)
    return gen_format_error (error, NAME, "a segment is cut", at);
  segment->end = at + 2 + length;
  return TRUE;
}

/* A segment of a JUMBF box of C2PA: its first is one whose superbox has C2PA's UUID, and the
 * others have the same number. */
static gboolean
is_box_part (const guint8 *data, const Segment *segment)
{
  return segment->marker == APP11 && segment->end - segment->start > SEGMENT_HEADER &&
         memcmp (data + segment->start + 4, "JP", 2) == 0 &&
         memcmp (data + segment->start + 16, "jumb", 4) == 0;
}

static gboolean
begins_store (const guint8 *data, const Segment *segment)
{
  const guint8 *box = data + segment->start + SEGMENT_HEADER;

  return is_box_part (data, segment) && gen_get32 (data + segment->start + 8) == 1 &&
         segment->end - segment->start >= SEGMENT_HEADER + 12 && memcmp (box + 4, "jumd", 4) == 0 &&
         memcmp (box + 8, "c2pa", 4) == 0;
}

static gboolean
goes_on (const guint8 *data, const Segment *segment, const Segment *first, guint32 number)
{
  return is_box_part (data, segment) &&
         memcmp (data + segment->start + 6, data + first->start + 6, 2) == 0 &&
         gen_get32 (data + segment->start + 8) == number;
}

/* Calls for each run of segments that is a store. Stops in front of what is scanned. */
typedef void (*Run) (GBytes *file, GByteArray *store, gsize start, gsize end, gpointer user_data);

static gboolean
each_run (GBytes *file, Run run, gpointer user_data, gsize *header_end, GError **error)
{
  gsize size, at = 2;
  const guint8 *data = g_bytes_get_data (file, &size);
  gboolean leading = TRUE;
  Segment segment, first;

  *header_end = 2;
  while (read_segment (data, size, at, &segment, error)) {
    if (segment.marker == SOS || segment.marker == EOI)
      return TRUE;
    leading &= segment.marker == APP0;
    if (leading)
      *header_end = segment.end;
    at = segment.end;
    if (begins_store (data, &segment)) {
      g_autoptr (GByteArray) store = g_byte_array_new ();
      guint32 number = 1;

      first = segment;
      g_byte_array_append (store, data + first.start + 12, BOX_HEADER);
      do {
        g_byte_array_append (store, data + segment.start + SEGMENT_HEADER,
            (guint)(segment.end - segment.start - SEGMENT_HEADER));
        at = segment.end;
        number++;
      } while (read_segment (data, size, at, &segment, error) &&
               goes_on (data, &segment, &first, number));
      if (error != NULL && *error != NULL)
        return FALSE;
      run (file, store, first.start, at, user_data);
    }
  }
  return FALSE;
}

static gboolean
matches (const guint8 *data, gsize size)
{
  return size > 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff;
}

typedef struct {
  guint n;
  GenProvenancePlace *place;
} Found;

static void
take_run (GBytes *file, GByteArray *store, gsize start, gsize end, gpointer user_data)
{
  Found *found = user_data;

  gen_provenance_place_clear (found->place);
  if (++found->n == 1)
    *found->place =
        (GenProvenancePlace){ g_bytes_new (store->data, store->len), start, end - start };
}

static gboolean
find (GBytes *file, GenProvenancePlace *place, GError **error)
{
  g_autoptr (GError) stopped = NULL;
  Found found = { 0, place };
  gsize header_end;

  if (each_run (file, take_run, &found, &header_end, &stopped))
    return TRUE;
  gen_provenance_place_clear (place);
  g_propagate_error (error, g_steal_pointer (&stopped));
  return FALSE;
}

typedef struct {
  GArray *ranges; /* of gsize, starts and ends of what is left out */
} Ranges;

static void
leave_out (GBytes *file, GByteArray *store, gsize start, gsize end, gpointer user_data)
{
  Ranges *ranges = user_data;

  g_array_append_val (ranges->ranges, start);
  g_array_append_val (ranges->ranges, end);
}

/* The store as segments. */
static GBytes *
make_segments (GBytes *store)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (store, &size);
  GByteArray *all = g_byte_array_new ();
  gsize at = BOX_HEADER;

  for (guint32 number = 1; at < size; number++) {
    gsize n = MIN (size - at, SEGMENT_MOST), length = n + SEGMENT_HEADER - 2;
    guint8 header[SEGMENT_HEADER] = { 0xff, APP11, (guint8)(length >> 8), (guint8)length, 'J', 'P',
      BOX_NUMBER >> 8, BOX_NUMBER & 0xff };

    gen_put32 (header + 8, number);
    memcpy (header + 12, data, BOX_HEADER);
    g_byte_array_append (all, header, sizeof header);
    g_byte_array_append (all, data + at, (guint)n);
    at += n;
  }
  return g_byte_array_free_to_bytes (all);
}

static gboolean
embed (GBytes *file, GBytes *store, GPtrArray *pieces, GenProvenancePlace *place, GError **error)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GError) stopped = NULL;
  Ranges left = { ranges };
  gsize at, header_end;
  GBytes *segments;

  if (!each_run (file, leave_out, &left, &header_end, &stopped)) {
    g_propagate_error (error, g_steal_pointer (&stopped));
    return FALSE;
  }
  segments = make_segments (store);
  gen_pieces_add (pieces, file, 0, header_end);
  place->start = header_end;
  place->size = g_bytes_get_size (segments);
  gen_pieces_take (pieces, segments);
  at = header_end;
  for (guint i = 0; i < ranges->len; i += 2) {
    gen_pieces_add (pieces, file, at, g_array_index (ranges, gsize, i));
    at = g_array_index (ranges, gsize, i + 1);
  }
  gen_pieces_add (pieces, file, at, g_bytes_get_size (file));
  return TRUE;
}

const GenProvenanceFormat gen_provenance_format_jpeg = {
  .name = "jpeg",
  .media_type = "image/jpeg",
  .matches = matches,
  .find = find,
  .embed = embed,
};
