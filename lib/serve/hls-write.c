/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a playlist. Seconds are rounded upwards to a ten thousandth where they are promised,
 * so that no part is longer than what is promised of parts. */
#include "hls-private.h"

/* Version 9 has EXT-X-SKIP; what a list needs else would be 6. */
#define VERSION 9
/* Of promised segments' lengths: for how long parts are listed, and what may be left out. */
#define PARTS_FOR 3
#define SKIPPED_AFTER 6

static void
put_seconds (GString *text, gint64 duration)
{
  g_string_append_printf (text, "%" G_GINT64_FORMAT ".%05d", duration / GEN_HLS_SECOND,
      (int)(duration % GEN_HLS_SECOND / 10000));
}

static gint64
round_up (gint64 duration)
{
  return (duration + 99999) / 100000 * 100000;
}

static void
put_header (const GenHlsPlaylist *playlist, GString *text, const GenHlsSegment *first)
{
  const guint target = gen_hls_target (playlist);
  const gint64 part = round_up (playlist->settings.part);

  g_string_append_printf (
      text, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-INDEPENDENT-SEGMENTS\n", VERSION);
  g_string_append_printf (text, "#EXT-X-TARGETDURATION:%u\n", target);
  g_string_append (text, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=");
  put_seconds (text, 3 * part);
  g_string_append_printf (
      text, ",HOLD-BACK=%u.0,CAN-SKIP-UNTIL=%u.0\n", 3 * target, SKIPPED_AFTER * target);
  g_string_append (text, "#EXT-X-PART-INF:PART-TARGET=");
  put_seconds (text, part);
  g_string_append_printf (text, "\n#EXT-X-MEDIA-SEQUENCE:%" G_GUINT64_FORMAT "\n",
      first != NULL ? first->number : playlist->next_segment);
  g_string_append_printf (
      text, "#EXT-X-DISCONTINUITY-SEQUENCE:%" G_GUINT64_FORMAT "\n", playlist->interruptions);
}

static void
put_time (GString *text, gint64 time)
{
  g_autoptr (GDateTime) whole = g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC);
  g_autofree char *seconds = g_date_time_format (whole, "%Y-%m-%dT%H:%M:%S");

  g_string_append_printf (
      text, "#EXT-X-PROGRAM-DATE-TIME:%s.%03dZ\n", seconds, (int)(time % G_USEC_PER_SEC / 1000));
}

static void
put_part (const GenHlsPlaylist *playlist, GString *text, const GenHlsKeptPart *part)
{
  g_string_append (text, "#EXT-X-PART:DURATION=");
  put_seconds (text, part->duration);
  g_string_append_printf (text, ",URI=\"%s-part-%" G_GUINT64_FORMAT ".m4s\"%s\n", playlist->name,
      part->number, part->independent ? ",INDEPENDENT=YES" : "");
}

/* What is in front of a segment, behind `before`, or NULL. */
static void
put_begin (const GenHlsPlaylist *playlist, GString *text, const GenHlsSegment *segment,
    const GenHlsSegment *before)
{
  if (before == NULL || before->init != segment->init)
    g_string_append_printf (
        text, "#EXT-X-MAP:URI=\"%s-init-%u.mp4\"\n", playlist->name, segment->init);
  put_time (text, segment->time);
}

static void
put_parts (const GenHlsPlaylist *playlist, GString *text, const GenHlsSegment *segment)
{
  for (guint i = 0; i < segment->parts->len; i++)
    put_part (playlist, text, segment->parts->pdata[i]);
}

/* How much of the list is in front of a segment's end: the first that is nearer to the list's end
 * than `seconds`. */
static guint
first_within (const GenHlsPlaylist *playlist, guint seconds)
{
  gint64 left = playlist->open != NULL ? playlist->open->duration : 0;
  guint i = playlist->segments->len;

  while (i > gen_hls_first (playlist)) {
    const GenHlsSegment *segment = playlist->segments->pdata[i - 1];

    if (left > (gint64)seconds * GEN_HLS_SECOND)
      break;
    left += segment->duration;
    i--;
  }
  return i;
}

static void
put_report (GString *text, const GenHlsPlaylist *other, const char *uri)
{
  const GenHlsSegment *last = other->open;

  if (last == NULL && other->segments->len > 0)
    last = other->segments->pdata[other->segments->len - 1];
  if (last != NULL)
    g_string_append_printf (text,
        "#EXT-X-RENDITION-REPORT:URI=\"%s\",LAST-MSN=%" G_GUINT64_FORMAT ",LAST-PART=%u\n", uri,
        last->number, last->parts->len - 1);
}

static void
put_end (const GenHlsPlaylist *playlist, GString *text, const GenHlsSegment *before)
{
  if (playlist->open != NULL) {
    put_begin (playlist, text, playlist->open, before);
    put_parts (playlist, text, playlist->open);
  }
  if (playlist->ended)
    g_string_append (text, "#EXT-X-ENDLIST\n");
  else
    g_string_append_printf (text,
        "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%s-part-%" G_GUINT64_FORMAT ".m4s\"\n", playlist->name,
        playlist->next_part);
}

char *
gen_hls_playlist_write (const GenHlsPlaylist *playlist, gboolean skip,
    const GenHlsPlaylist *const *others, const char *const *uris)
{
  const guint target = gen_hls_target (playlist), first = gen_hls_first (playlist);
  const guint with_parts = first_within (playlist, PARTS_FOR * target);
  const guint begin = skip ? first_within (playlist, SKIPPED_AFTER * target) : first;
  const GenHlsSegment *before = NULL;
  GString *text = g_string_new (NULL);

  put_header (playlist, text,
      first < playlist->segments->len ? playlist->segments->pdata[first] : playlist->open);
  if (begin > first) {
    g_string_append_printf (text, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%u\n", begin - first);
    before = playlist->segments->pdata[begin - 1];
  }
  for (guint i = begin; i < playlist->segments->len; i++) {
    const GenHlsSegment *segment = playlist->segments->pdata[i];

    put_begin (playlist, text, segment, before);
    if (i >= with_parts)
      put_parts (playlist, text, segment);
    g_string_append (text, "#EXTINF:");
    put_seconds (text, segment->duration);
    g_string_append_printf (
        text, ",\n%s-segment-%" G_GUINT64_FORMAT ".m4s\n", playlist->name, segment->number);
    before = segment;
  }
  put_end (playlist, text, before);
  for (guint i = 0; others != NULL && others[i] != NULL && !playlist->ended; i++)
    put_report (text, others[i], uris[i]);
  return g_string_free (text, FALSE);
}
