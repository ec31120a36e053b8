/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Playlists of HLS: each one that is written is read again, and held against what RFC 8216bis wants
 * of it, alone and beside the one before it; and what a player may ask for is there, comes, or is
 * said not to. */
#include "hls-rules.h"

#define SECOND GEN_HLS_SECOND
#define PART (SECOND / 3)
#define START (G_GINT64_CONSTANT (1796000000) * G_USEC_PER_SEC)

static const GenHlsSettings settings = {
  .name = "video", .segment = 2 * SECOND, .part = PART, .most_segments = 10
};

typedef struct {
  GenHlsPlaylist *playlist;
  gint64 start, length;
  guint parts;
} Stream;

static void
set_init (Stream *stream, const char *text)
{
  g_autoptr (GBytes) init = g_bytes_new (text, strlen (text));

  gen_hls_playlist_set_init (stream->playlist, init);
}

static void
begin (Stream *stream, const GenHlsSettings *of)
{
  *stream = (Stream){ gen_hls_playlist_new (of), START, 0 };
  set_init (stream, "init 0");
}

static void
end (Stream *stream)
{
  gen_hls_playlist_free (stream->playlist);
}

static void
add (Stream *stream, gint64 duration, gboolean independent)
{
  g_autofree char *text = g_strdup_printf ("<%u>", stream->parts++);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  gen_hls_playlist_add (stream->playlist,
      &(GenHlsPart){ bytes, duration, stream->start + stream->length / 1000, independent });
  stream->length += duration;
}

/* Parts of a third of a second, six a segment. */
static void
add_many (Stream *stream, guint n)
{
  for (guint i = 0; i < n; i++)
    add (stream, PART, stream->parts % 6 == 0);
}

static char *
get (const Stream *stream, const char *file)
{
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_autoptr (GString) text = g_string_new (NULL);

  if (gen_hls_playlist_find (stream->playlist, file, pieces) != GEN_HLS_READY)
    return NULL;
  for (guint i = 0; i < pieces->len; i++) {
    gsize size;
    const char *data = g_bytes_get_data (pieces->pdata[i], &size);

    g_string_append_len (text, data, (gssize)size);
  }
  return g_strdup (text->str);
}

static void
assert_file (const Stream *stream, const char *file, const char *expected)
{
  g_autofree char *text = get (stream, file);

  g_assert_cmpstr (text, ==, expected);
}

/* --- the list --- */

static void
test_empty (void)
{
  Stream stream;
  HlsList list;

  begin (&stream, &settings);
  hls_list_read (&list, stream.playlist, FALSE);
  g_assert_cmpuint (list.segments->len, ==, 0);
  g_assert_cmpuint (list.parts->len, ==, 0);
  g_assert_cmpstr (list.hint, ==, "video-part-0.m4s");
  g_assert_cmpuint (gen_hls_playlist_count (stream.playlist), ==, 0);
  hls_list_clear (&list);
  end (&stream);
}

/* A list after each part of a minute: all are right, follow from the one before, and what they list
 * is there. */
static void
test_rules (void)
{
  Stream stream;
  HlsList list, before = { 0 };

  begin (&stream, &settings);
  for (guint i = 0; i < 180; i++) {
    add_many (&stream, 1);
    hls_list_read (&list, stream.playlist, FALSE);
    hls_list_check_files (&list, stream.playlist);
    if (i > 0)
      hls_list_check_follows (&list, &before);
    hls_list_clear (&before);
    before = list;
  }
  g_assert_cmpuint (before.segments->len, ==, 10);
  g_assert_cmpuint (before.sequence, ==, 20);
  g_assert_cmpint (before.target, ==, 2);
  hls_list_clear (&before);
  end (&stream);
}

static void
test_text (void)
{
  Stream stream;
  g_autofree char *text = NULL;

  begin (&stream, &settings);
  add_many (&stream, 7);
  text = gen_hls_playlist_write (stream.playlist, FALSE, NULL, NULL);
  g_assert_cmpstr (text, ==,
      "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:2\n"
      "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.00020,HOLD-BACK=6.0,"
      "CAN-SKIP-UNTIL=12.0\n"
      "#EXT-X-PART-INF:PART-TARGET=0.33340\n#EXT-X-MEDIA-SEQUENCE:0\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-MAP:URI=\"video-init-0.mp4\"\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T00:53:20.000Z\n"
      "#EXT-X-PART:DURATION=0.33333,URI=\"video-part-0.m4s\",INDEPENDENT=YES\n"
      "#EXT-X-PART:DURATION=0.33333,URI=\"video-part-1.m4s\"\n"
      "#EXT-X-PART:DURATION=0.33333,URI=\"video-part-2.m4s\"\n"
      "#EXT-X-PART:DURATION=0.33333,URI=\"video-part-3.m4s\"\n"
      "#EXT-X-PART:DURATION=0.33333,URI=\"video-part-4.m4s\"\n"
      "#EXT-X-PART:DURATION=0.33333,URI=\"video-part-5.m4s\"\n"
      "#EXTINF:1.99999,\nvideo-segment-0.m4s\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T00:53:21.999Z\n"
      "#EXT-X-PART:DURATION=0.33333,URI=\"video-part-6.m4s\",INDEPENDENT=YES\n"
      "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"video-part-7.m4s\"\n");
  end (&stream);
}

/* A player that knows the last list needs no more than a delta update to have the new one. */
static void
test_skip (void)
{
  Stream stream;
  HlsList whole, rest;

  begin (&stream, &settings);
  add_many (&stream, 8);
  hls_list_read (&rest, stream.playlist, TRUE);
  g_assert_cmpuint (rest.skipped, ==, 0);
  hls_list_clear (&rest);
  for (guint i = 0; i < 120; i++) {
    add_many (&stream, 1);
    hls_list_read (&whole, stream.playlist, FALSE);
    hls_list_read (&rest, stream.playlist, TRUE);
    hls_list_check_rest (&whole, &rest);
    hls_list_clear (&whole);
    hls_list_clear (&rest);
  }
  hls_list_read (&rest, stream.playlist, TRUE);
  g_assert_cmpuint (rest.skipped, >=, 3);
  hls_list_clear (&rest);
  end (&stream);
}

/* Sound: parts are no divisor of segments, which stay on their grid all the same. */
static void
test_grid (void)
{
  const GenHlsSettings sound = {
    .name = "audio", .segment = 2 * SECOND, .part = 325079366, .most_segments = 10
  };
  const gint64 part = G_GINT64_CONSTANT (14) * 1024 * SECOND / 44100;
  Stream stream;
  HlsList list;

  begin (&stream, &sound);
  for (guint i = 0; i < 3600 * 3; i++)
    add (&stream, part, TRUE);
  hls_list_read (&list, stream.playlist, FALSE);
  for (guint i = 0; i < list.segments->len; i++) {
    const HlsSegment *segment = &g_array_index (list.segments, HlsSegment, i);
    const gint64 grid = START + (gint64)(list.sequence + i) * 2 * G_USEC_PER_SEC;

    g_assert_cmpint (ABS (segment->time - grid), <=, part / 2000 + 1000);
  }
  hls_list_clear (&list);
  end (&stream);
}

/* Where no segment can be begun, one ends before it is longer than was promised. */
static void
test_too_long (void)
{
  const GenHlsSettings uneven = {
    .name = "video", .segment = 2 * SECOND, .part = SECOND, .most_segments = 5
  };
  Stream stream;
  HlsList list;

  begin (&stream, &uneven);
  for (guint i = 0; i < 100; i++)
    add (&stream, SECOND * (i % 3 == 0 ? 45 : 99) / 100, FALSE);
  hls_list_read (&list, stream.playlist, FALSE);
  hls_list_clear (&list);
  end (&stream);
}

static void
test_reports (void)
{
  Stream stream, other;
  g_autofree char *text = NULL;

  begin (&stream, &settings);
  begin (&other, &settings);
  add_many (&stream, 8);
  text = gen_hls_playlist_write (stream.playlist, FALSE,
      (const GenHlsPlaylist *[]){ other.playlist, NULL }, (const char *[]){ "audio.m3u8", NULL });
  g_assert_null (strstr (text, "RENDITION-REPORT"));
  g_free (text);
  add_many (&other, 9);
  text = gen_hls_playlist_write (stream.playlist, FALSE,
      (const GenHlsPlaylist *[]){ other.playlist, NULL }, (const char *[]){ "audio.m3u8", NULL });
  g_assert_nonnull (
      strstr (text, "#EXT-X-RENDITION-REPORT:URI=\"audio.m3u8\",LAST-MSN=1,LAST-PART=2\n"));
  end (&stream);
  end (&other);
}

static void
test_end (void)
{
  Stream stream;
  HlsList list;

  begin (&stream, &settings);
  add_many (&stream, 8);
  gen_hls_playlist_end (stream.playlist);
  hls_list_read (&list, stream.playlist, FALSE);
  g_assert_true (list.ended);
  g_assert_null (list.hint);
  g_assert_cmpuint (list.segments->len, ==, 2);
  g_assert_cmpint (
      gen_hls_playlist_judge (stream.playlist, &(GenHlsRequest){ .segment = 900, .part = -1 }), ==,
      GEN_HLS_READY);
  g_assert_cmpint (
      gen_hls_playlist_find (stream.playlist, "video-part-8.m4s", NULL), ==, GEN_HLS_MISSING);
  hls_list_clear (&list);
  end (&stream);
}

/* --- what is asked --- */

static GenHlsState
judge (const Stream *stream, gint64 segment, gint64 part)
{
  return gen_hls_playlist_judge (
      stream->playlist, &(GenHlsRequest){ .segment = segment, .part = part });
}

static void
test_judge (void)
{
  Stream stream;

  begin (&stream, &settings);
  g_assert_cmpint (judge (&stream, -1, -1), ==, GEN_HLS_READY);
  g_assert_cmpint (judge (&stream, 0, 0), ==, GEN_HLS_COMING);
  add_many (&stream, 8);
  g_assert_cmpint (judge (&stream, 0, -1), ==, GEN_HLS_READY);
  /* Behind a segment's last part comes the next segment's first. */
  g_assert_cmpint (judge (&stream, 0, 6), ==, GEN_HLS_READY);
  g_assert_cmpint (judge (&stream, 1, 0), ==, GEN_HLS_READY);
  g_assert_cmpint (judge (&stream, 1, 1), ==, GEN_HLS_READY);
  g_assert_cmpint (judge (&stream, 1, 2), ==, GEN_HLS_COMING);
  g_assert_cmpint (judge (&stream, 1, -1), ==, GEN_HLS_COMING);
  g_assert_cmpint (judge (&stream, 3, 0), ==, GEN_HLS_COMING);
  g_assert_cmpint (judge (&stream, 4, -1), ==, GEN_HLS_TOO_FAR);
  add_many (&stream, 1);
  g_assert_cmpint (judge (&stream, 1, 2), ==, GEN_HLS_READY);
  g_assert_cmpuint (gen_hls_playlist_get_patience (stream.playlist), ==, 6);
  end (&stream);
}

static void
test_request (void)
{
  static const struct {
    const char *segment, *part, *skip, *says;
  } wrong[] = {
    { "x", NULL, NULL, "_HLS_msn=x" },
    { "-1", NULL, NULL, "_HLS_msn=-1" },
    { "", NULL, NULL, "_HLS_msn=" },
    { "99999999999999999999", NULL, NULL, "_HLS_msn=" },
    { "3", "1.5", NULL, "_HLS_part=1.5" },
    { NULL, "1", NULL, "_HLS_msn" },
    { "3", NULL, "no", "YES" },
  };
  GenHlsRequest request;

  g_assert_true (gen_hls_request_parse (&request, NULL, NULL, NULL, NULL));
  g_assert_cmpint (request.segment, ==, -1);
  g_assert_true (gen_hls_request_parse (&request, "12", "3", "YES", NULL));
  g_assert_cmpint (request.segment, ==, 12);
  g_assert_cmpint (request.part, ==, 3);
  g_assert_true (request.skip);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (
        gen_hls_request_parse (&request, wrong[i].segment, wrong[i].part, wrong[i].skip, &error));
    g_assert_nonnull (strstr (error->message, wrong[i].says));
  }
}

static void
test_files (void)
{
  static const char *const none[] = { "video-part-9.m4s", "video-part-.m4s", "video-part--1.m4s",
    "video-part-1", "video-part-1.mp4", "video-segment-1.m4s", "video-init-1.mp4", "video.m3u8",
    "audio-part-1.m4s", "../video-part-1.m4s", "", "video", "video-part-18446744073709551616.m4s" };
  Stream stream;

  begin (&stream, &settings);
  add_many (&stream, 8);
  assert_file (&stream, "video-init-0.mp4", "init 0");
  assert_file (&stream, "video-segment-0.m4s", "<0><1><2><3><4><5>");
  assert_file (&stream, "video-part-7.m4s", "<7>");
  assert_file (&stream, "video-part-2.m4s", "<2>");
  g_assert_cmpint (
      gen_hls_playlist_find (stream.playlist, "video-part-8.m4s", NULL), ==, GEN_HLS_COMING);
  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    g_assert_cmpint (gen_hls_playlist_find (stream.playlist, none[i], NULL), ==, GEN_HLS_MISSING);
  end (&stream);
}

/* What has left the list can be fetched for as long as the list is, and is gone then. */
static void
test_window (void)
{
  Stream stream;

  begin (&stream, &settings);
  add_many (&stream, 6 * 15);
  assert_file (&stream, "video-part-2.m4s", "<2>");
  add_many (&stream, 6 * 15);
  g_assert_cmpint (
      gen_hls_playlist_find (stream.playlist, "video-segment-0.m4s", NULL), ==, GEN_HLS_MISSING);
  g_assert_cmpint (
      gen_hls_playlist_find (stream.playlist, "video-part-2.m4s", NULL), ==, GEN_HLS_MISSING);
  assert_file (&stream, "video-part-60.m4s", "<60>");
  end (&stream);
}

/* Another key that signs: another initialization segment, from a segment's beginning on, and the
 * old one is there for as long as something needs it. */
static void
test_init (void)
{
  Stream stream;
  HlsList list;

  begin (&stream, &settings);
  add_many (&stream, 8);
  set_init (&stream, "init 1");
  add_many (&stream, 5);
  hls_list_read (&list, stream.playlist, FALSE);
  g_assert_cmpuint (list.segments->len, ==, 3);
  hls_list_check_files (&list, stream.playlist);
  hls_list_clear (&list);
  assert_file (&stream, "video-segment-1.m4s", "<6><7>");
  assert_file (&stream, "video-init-0.mp4", "init 0");
  assert_file (&stream, "video-init-1.mp4", "init 1");
  add_many (&stream, 6 * 40);
  g_assert_cmpint (
      gen_hls_playlist_find (stream.playlist, "video-init-0.mp4", NULL), ==, GEN_HLS_MISSING);
  assert_file (&stream, "video-init-1.mp4", "init 1");
  end (&stream);
}

static void
test_interrupt (void)
{
  Stream stream;
  HlsList list;

  begin (&stream, &settings);
  gen_hls_playlist_interrupt (stream.playlist);
  add_many (&stream, 8);
  gen_hls_playlist_interrupt (stream.playlist);
  set_init (&stream, "init 1");
  hls_list_read (&list, stream.playlist, FALSE);
  g_assert_cmpuint (list.sequence, ==, 2);
  g_assert_cmpuint (list.discontinuity, ==, 1);
  g_assert_cmpuint (list.segments->len, ==, 0);
  hls_list_clear (&list);
  stream.start += 100 * G_USEC_PER_SEC;
  for (guint i = 0; i < 6; i++)
    add (&stream, PART, i == 0);
  hls_list_read (&list, stream.playlist, FALSE);
  g_assert_cmpuint (list.sequence, ==, 2);
  g_assert_cmpuint (list.segments->len, ==, 1);
  hls_list_check_files (&list, stream.playlist);
  hls_list_clear (&list);
  assert_file (&stream, "video-segment-2.m4s", "<8><9><10><11><12><13>");
  end (&stream);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/empty", test_empty);
  g_test_add_func ("/hls/rules", test_rules);
  g_test_add_func ("/hls/text", test_text);
  g_test_add_func ("/hls/skip", test_skip);
  g_test_add_func ("/hls/grid", test_grid);
  g_test_add_func ("/hls/too-long", test_too_long);
  g_test_add_func ("/hls/reports", test_reports);
  g_test_add_func ("/hls/end", test_end);
  g_test_add_func ("/hls/judge", test_judge);
  g_test_add_func ("/hls/request", test_request);
  g_test_add_func ("/hls/files", test_files);
  g_test_add_func ("/hls/window", test_window);
  g_test_add_func ("/hls/init", test_init);
  g_test_add_func ("/hls/interrupt", test_interrupt);
  return g_test_run ();
}
