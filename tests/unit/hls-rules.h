/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads media playlists, and asserts what RFC 8216bis says of each, and of one beside another. */
#pragma once

#include <math.h>
#include <string.h>

#include "../../lib/serve/hls-playlist.h"

typedef struct {
  char *uri, *map; /* map: of its parts, too */
  gint64 duration, time;
  guint parts; /* that are listed */
  gint64 parts_duration;
} HlsSegment;

typedef struct {
  char *uri;
  gint64 duration;
} HlsPart;

typedef struct {
  gint64 target, part_target, skip_until;
  guint64 sequence, discontinuity, skipped;
  GArray *segments; /* of HlsSegment */
  GArray *parts;    /* of HlsPart: all that are listed */
  HlsSegment open;  /* what is behind the last segment */
  char *hint;
  gboolean ended, began;
  guint maps;
} HlsList;

static inline gint64
hls_time (const char *seconds)
{
  return (gint64)llround (g_ascii_strtod (seconds, NULL) * GEN_HLS_SECOND);
}

/* The value of an attribute, or NULL. (transfer full) */
static inline char *
hls_attribute (const char *line, const char *name)
{
  g_autofree char *wanted = g_strconcat (name, "=", NULL);
  const char *at = strstr (line, wanted);

  while (at != NULL && at[-1] != ',' && at[-1] != ':')
    at = strstr (at + 1, wanted);
  if (at == NULL)
    return NULL;
  at += strlen (wanted);
  if (*at == '"')
    return g_strndup (at + 1, strcspn (at + 1, "\""));
  return g_strndup (at, strcspn (at, ","));
}

static inline gint64
hls_seconds (const char *line, const char *name)
{
  g_autofree char *value = hls_attribute (line, name);

  g_assert_nonnull (value);
  return hls_time (value);
}

static inline gint64
hls_date (const char *text)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, NULL);

  g_assert_nonnull (time);
  return g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
}

static inline void
hls_read_part (HlsList *list, const char *line)
{
  HlsPart part = { hls_attribute (line, "URI"), hls_seconds (line, "DURATION") };

  /* Of EXT-X-PART-INF: no part is longer. */
  g_assert_cmpint (part.duration, <=, list->part_target);
  g_assert_null (list->hint);
  g_array_append_val (list->parts, part);
  list->open.parts++;
  list->open.parts_duration += part.duration;
}

static inline void
hls_read_segment (HlsList *list, const char *uri)
{
  g_assert_cmpint (list->open.duration, >, 0);
  /* Rounded, no segment is longer than the target (4.4.3.1). */
  g_assert_cmpint ((list->open.duration + GEN_HLS_SECOND / 2) / GEN_HLS_SECOND, <=, list->target);
  if (list->open.parts > 0)
    g_assert_cmpint (ABS (list->open.duration - list->open.parts_duration), <=,
        10000 * (gint64)list->open.parts);
  list->open.uri = g_strdup (uri);
  g_array_append_val (list->segments, list->open);
  list->open = (HlsSegment){ .map = g_strdup (list->open.map) };
}

static inline void
hls_read_line (HlsList *list, const char *line)
{
  const char *value = strchr (line, ':') != NULL ? strchr (line, ':') + 1 : "";

  if (g_str_has_prefix (line, "#EXT-X-TARGETDURATION:"))
    list->target = g_ascii_strtoll (value, NULL, 10);
  else if (g_str_has_prefix (line, "#EXT-X-PART-INF:"))
    list->part_target = hls_seconds (line, "PART-TARGET");
  else if (g_str_has_prefix (line, "#EXT-X-MEDIA-SEQUENCE:"))
    list->sequence = g_ascii_strtoull (value, NULL, 10);
  else if (g_str_has_prefix (line, "#EXT-X-DISCONTINUITY-SEQUENCE:"))
    list->discontinuity = g_ascii_strtoull (value, NULL, 10);
  else if (g_str_has_prefix (line, "#EXT-X-SKIP:")) {
    g_autofree char *skipped = hls_attribute (line, "SKIPPED-SEGMENTS");

    g_assert_cmpuint (list->segments->len, ==, 0);
    list->skipped = g_ascii_strtoull (skipped, NULL, 10);
  } else if (g_str_has_prefix (line, "#EXT-X-SERVER-CONTROL:")) {
    g_autofree char *reload = hls_attribute (line, "CAN-BLOCK-RELOAD");

    g_assert_cmpstr (reload, ==, "YES");
    list->skip_until = hls_seconds (line, "CAN-SKIP-UNTIL");
    /* At least six targets, and three; PART-HOLD-BACK is looked at with PART-INF. */
    list->open.time = hls_seconds (line, "PART-HOLD-BACK");
    g_assert_cmpint (list->skip_until, >=, 6 * list->target * GEN_HLS_SECOND);
    g_assert_cmpint (hls_seconds (line, "HOLD-BACK"), >=, 3 * list->target * GEN_HLS_SECOND);
  } else if (g_str_has_prefix (line, "#EXT-X-MAP:")) {
    g_free (list->open.map);
    list->open.map = hls_attribute (line, "URI");
    list->maps++;
  } else if (g_str_has_prefix (line, "#EXT-X-PROGRAM-DATE-TIME:"))
    list->open.time = hls_date (value);
  else if (g_str_has_prefix (line, "#EXTINF:"))
    list->open.duration = hls_time (value);
  else if (g_str_has_prefix (line, "#EXT-X-PART:"))
    hls_read_part (list, line);
  else if (g_str_has_prefix (line, "#EXT-X-PRELOAD-HINT:"))
    list->hint = hls_attribute (line, "URI");
  else if (strcmp (line, "#EXT-X-ENDLIST") == 0)
    list->ended = TRUE;
  else if (*line != '#' && *line != '\0')
    hls_read_segment (list, line);
  if (g_str_has_prefix (line, "#EXT-X-PART-INF:")) {
    g_assert_cmpint (list->open.time, >=, 3 * list->part_target);
    list->open.time = 0;
  }
}

static inline void
hls_list_read (HlsList *list, const GenHlsPlaylist *playlist, gboolean skip)
{
  g_autofree char *text = gen_hls_playlist_write (playlist, skip, NULL, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  *list = (HlsList){ .segments = g_array_new (FALSE, TRUE, sizeof (HlsSegment)),
    .parts = g_array_new (FALSE, TRUE, sizeof (HlsPart)) };
  g_assert_cmpstr (lines[0], ==, "#EXTM3U");
  for (guint i = 0; lines[i] != NULL; i++)
    hls_read_line (list, lines[i]);
  g_assert_true (list->ended == (list->hint == NULL));
  /* Parts are there for what is less than three targets from the end, and each but the last of a
   * segment is at least 85% of what is promised. */
  for (guint i = list->segments->len, left = 0; i-- > 0 && left < 3 * list->target;) {
    const HlsSegment *segment = &g_array_index (list->segments, HlsSegment, i);

    left += (guint)((segment->duration + GEN_HLS_SECOND - 1) / GEN_HLS_SECOND);
    g_assert_cmpuint (segment->parts, >, 0);
  }
}

static inline void
hls_list_clear (HlsList *list)
{
  for (guint i = 0; list->segments != NULL && i < list->segments->len; i++) {
    g_free (g_array_index (list->segments, HlsSegment, i).uri);
    g_free (g_array_index (list->segments, HlsSegment, i).map);
  }
  for (guint i = 0; list->parts != NULL && i < list->parts->len; i++)
    g_free (g_array_index (list->parts, HlsPart, i).uri);
  g_clear_pointer (&list->segments, g_array_unref);
  g_clear_pointer (&list->parts, g_array_unref);
  g_clear_pointer (&list->open.map, g_free);
  g_clear_pointer (&list->hint, g_free);
}

/* All that is listed is there, and what is hinted at will be. */
static inline void
hls_list_check_files (const HlsList *list, const GenHlsPlaylist *playlist)
{
  for (guint i = 0; i < list->segments->len; i++) {
    const HlsSegment *segment = &g_array_index (list->segments, HlsSegment, i);

    g_assert_nonnull (segment->map);
    g_assert_cmpint (gen_hls_playlist_find (playlist, segment->map, NULL), ==, GEN_HLS_READY);
    g_assert_cmpint (gen_hls_playlist_find (playlist, segment->uri, NULL), ==, GEN_HLS_READY);
  }
  for (guint i = 0; i < list->parts->len; i++)
    g_assert_cmpint (
        gen_hls_playlist_find (playlist, g_array_index (list->parts, HlsPart, i).uri, NULL), ==,
        GEN_HLS_READY);
  g_assert_cmpint (gen_hls_playlist_find (playlist, list->hint, NULL), ==, GEN_HLS_COMING);
}

/* A later list begins no earlier, says the same of what both have, and its first new part is what
 * the one before has hinted at. */
static inline void
hls_list_check_follows (const HlsList *list, const HlsList *before)
{
  const guint64 gone = list->sequence - before->sequence;

  g_assert_cmpuint (list->sequence, >=, before->sequence);
  g_assert_cmpint (list->target, ==, before->target);
  g_assert_cmpint (list->part_target, ==, before->part_target);
  g_assert_cmpuint (list->discontinuity, ==, before->discontinuity);
  for (guint i = 0; i + gone < before->segments->len; i++) {
    const HlsSegment *old = &g_array_index (before->segments, HlsSegment, i + gone);
    const HlsSegment *same = &g_array_index (list->segments, HlsSegment, i);

    g_assert_cmpstr (same->uri, ==, old->uri);
    g_assert_cmpstr (same->map, ==, old->map);
    g_assert_cmpint (same->duration, ==, old->duration);
    g_assert_cmpint (same->time, ==, old->time);
  }
  g_assert_cmpstr (
      g_array_index (list->parts, HlsPart, list->parts->len - 1).uri, ==, before->hint);
}

/* A delta update is the end of the whole list, which goes as far back as was promised. */
static inline void
hls_list_check_rest (const HlsList *whole, const HlsList *rest)
{
  gint64 left = rest->open.parts_duration;

  g_assert_cmpuint (rest->skipped + rest->segments->len, ==, whole->segments->len);
  g_assert_cmpuint (rest->sequence, ==, whole->sequence);
  g_assert_cmpuint (rest->parts->len, ==, whole->parts->len);
  g_assert_cmpstr (rest->hint, ==, whole->hint);
  for (guint i = 0; i < rest->segments->len; i++) {
    const HlsSegment *segment = &g_array_index (rest->segments, HlsSegment, i);

    left += segment->duration;
    g_assert_cmpstr (
        segment->uri, ==, g_array_index (whole->segments, HlsSegment, i + rest->skipped).uri);
  }
  if (rest->skipped > 0)
    g_assert_cmpint (left, >=, rest->skip_until);
}
