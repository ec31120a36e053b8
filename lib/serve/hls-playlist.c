/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segments stay for as long again as they were listed: a player may have read the list just before
 * they left it (RFC 8216, 6.2.2). */
#include <gio/gio.h>
#include <string.h>

#include "hls-private.h"

/* How far beyond the last segment somebody may ask to wait for. */
#define FURTHEST 2

static void
free_part (gpointer data)
{
  GenHlsKeptPart *part = data;

  g_bytes_unref (part->bytes);
  g_free (part);
}

static void
free_segment (gpointer data)
{
  GenHlsSegment *segment = data;

  g_ptr_array_unref (segment->parts);
  g_free (segment);
}

static void
free_init (gpointer data)
{
  g_clear_pointer ((GBytes **)&data, g_bytes_unref);
}

GenHlsPlaylist *
gen_hls_playlist_new (const GenHlsSettings *settings)
{
  GenHlsPlaylist *playlist = g_new0 (GenHlsPlaylist, 1);

  playlist->settings = *settings;
  playlist->settings.most_segments = MAX (settings->most_segments, 3);
  playlist->name = g_strdup (settings->name);
  playlist->inits = g_ptr_array_new_with_free_func (free_init);
  playlist->segments = g_ptr_array_new_with_free_func (free_segment);
  return playlist;
}

void
gen_hls_playlist_free (GenHlsPlaylist *playlist)
{
  g_free (playlist->name);
  g_ptr_array_unref (playlist->inits);
  g_ptr_array_unref (playlist->segments);
  g_clear_pointer (&playlist->open, free_segment);
  g_free (playlist);
}

/* --- what comes --- */

static void
drop_oldest (GenHlsPlaylist *playlist)
{
  const GenHlsSegment *oldest = playlist->segments->pdata[0];
  const guint init = oldest->init;

  g_ptr_array_remove_index (playlist->segments, 0);
  oldest = playlist->segments->pdata[0];
  for (guint i = init; i < oldest->init; i++)
    g_clear_pointer ((GBytes **)&playlist->inits->pdata[i], g_bytes_unref);
}

/* The one that has come is whole. */
static void
close_segment (GenHlsPlaylist *playlist)
{
  GenHlsSegment *segment = g_steal_pointer (&playlist->open);
  const guint64 bits = segment->bytes * 8u;

  g_ptr_array_add (playlist->segments, segment);
  playlist->peak = MAX (
      playlist->peak, bits * 1000 / (guint64)MAX (segment->duration / (GEN_HLS_SECOND / 1000), 1));
  if (playlist->segments->len > 2 * playlist->settings.most_segments + 1)
    drop_oldest (playlist);
}

static void
open_segment (GenHlsPlaylist *playlist, const GenHlsPart *part)
{
  GenHlsSegment *segment = g_new0 (GenHlsSegment, 1);

  segment->number = playlist->next_segment++;
  segment->parts = g_ptr_array_new_with_free_func (free_part);
  segment->time = part->time;
  segment->init = playlist->inits->len - 1;
  playlist->open = segment;
}

/* Whether a part does not belong to what has come of the segment. */
static gboolean
begins_segment (const GenHlsPlaylist *playlist, const GenHlsPart *part)
{
  const gint64 longest =
      (gint64)gen_hls_target (playlist) * GEN_HLS_SECOND + GEN_HLS_SECOND / 2 - 1;

  return playlist->open->init != playlist->inits->len - 1 ||
         playlist->open->duration + part->duration > longest;
}

/* Where the grid's next line is as near as half a part, the segment is whole: nobody waits for what
 * comes next to be told so. */
static gboolean
is_whole (const GenHlsPlaylist *playlist)
{
  const gint64 line = (gint64)(playlist->cells + 1) * playlist->settings.segment;

  return playlist->length >= line - playlist->settings.part / 2;
}

void
gen_hls_playlist_set_init (GenHlsPlaylist *playlist, GBytes *init)
{
  g_ptr_array_add (playlist->inits, g_bytes_ref (init));
}

void
gen_hls_playlist_add (GenHlsPlaylist *playlist, const GenHlsPart *part)
{
  GenHlsKeptPart *kept;

  g_return_if_fail (playlist->inits->len > 0 && !playlist->ended);
  if (playlist->open != NULL && begins_segment (playlist, part))
    close_segment (playlist);
  if (playlist->open == NULL)
    open_segment (playlist, part);
  kept = g_new0 (GenHlsKeptPart, 1);
  kept->bytes = g_bytes_ref (part->bytes);
  kept->number = playlist->next_part++;
  kept->duration = part->duration;
  kept->independent = part->independent;
  g_ptr_array_add (playlist->open->parts, kept);
  playlist->open->duration += part->duration;
  playlist->open->bytes += g_bytes_get_size (part->bytes);
  playlist->length += part->duration;
  if (!is_whole (playlist))
    return;
  while (is_whole (playlist))
    playlist->cells++;
  close_segment (playlist);
}

void
gen_hls_playlist_interrupt (GenHlsPlaylist *playlist)
{
  if (playlist->next_segment == 0)
    return;
  g_clear_pointer (&playlist->open, free_segment);
  g_ptr_array_set_size (playlist->segments, 0);
  playlist->interruptions++;
  playlist->length = 0;
  playlist->cells = 0;
}

void
gen_hls_playlist_end (GenHlsPlaylist *playlist)
{
  if (playlist->open != NULL)
    close_segment (playlist);
  playlist->ended = TRUE;
}

/* --- what is asked --- */

static gboolean
parse_number (gint64 *number, const char *name, const char *text, GError **error)
{
  guint64 value;

  if (text == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &value, NULL)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s=%s is no whole number of 0 and more", name, text);
    return FALSE;
  }
  *number = (gint64)value;
  return TRUE;
}

gboolean
gen_hls_request_parse (
    GenHlsRequest *request, const char *segment, const char *part, const char *skip, GError **error)
{
  *request = (GenHlsRequest){ .segment = -1, .part = -1 };
  if (!parse_number (&request->segment, "_HLS_msn", segment, error) ||
      !parse_number (&request->part, "_HLS_part", part, error))
    return FALSE;
  if (request->part >= 0 && request->segment < 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "_HLS_part is of no segment: _HLS_msn says of which");
    return FALSE;
  }
  if (skip != NULL && strcmp (skip, "YES") != 0 && strcmp (skip, "v2") != 0) {
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "_HLS_skip=%s is neither YES nor v2", skip);
    return FALSE;
  }
  request->skip = skip != NULL;
  return TRUE;
}

/* The number of the segment that is coming, and how many of its parts have come. */
static guint64
coming (const GenHlsPlaylist *playlist, guint *parts)
{
  *parts = playlist->open != NULL ? playlist->open->parts->len : 0;
  return playlist->open != NULL ? playlist->open->number : playlist->next_segment;
}

GenHlsState
gen_hls_playlist_judge (const GenHlsPlaylist *playlist, const GenHlsRequest *request)
{
  guint parts;
  const guint64 open = coming (playlist, &parts);
  const guint64 wanted = (guint64)MAX (request->segment, 0);

  if (request->segment < 0 || wanted < open || playlist->ended)
    return GEN_HLS_READY;
  if (wanted == open && request->part >= 0 && (guint64)request->part < parts)
    return GEN_HLS_READY;
  return wanted > open + FURTHEST ? GEN_HLS_TOO_FAR : GEN_HLS_COMING;
}

guint
gen_hls_playlist_count (const GenHlsPlaylist *playlist)
{
  return playlist->segments->len - gen_hls_first (playlist);
}

guint64
gen_hls_playlist_get_peak (const GenHlsPlaylist *playlist)
{
  return playlist->peak;
}

guint
gen_hls_playlist_get_patience (const GenHlsPlaylist *playlist)
{
  return 3 * gen_hls_target (playlist);
}

/* --- files --- */

static void
append (GPtrArray *pieces, GBytes *bytes)
{
  if (pieces != NULL)
    g_ptr_array_add (pieces, g_bytes_ref (bytes));
}

static GenHlsState
find_init (const GenHlsPlaylist *playlist, guint64 number, GPtrArray *pieces)
{
  if (number >= playlist->inits->len || playlist->inits->pdata[number] == NULL)
    return GEN_HLS_MISSING;
  append (pieces, playlist->inits->pdata[number]);
  return GEN_HLS_READY;
}

static GenHlsState
find_segment (const GenHlsPlaylist *playlist, guint64 number, GPtrArray *pieces)
{
  const GenHlsSegment *segment;
  guint64 first;

  if (playlist->segments->len == 0)
    return GEN_HLS_MISSING;
  segment = playlist->segments->pdata[0];
  first = segment->number;
  if (number < first || number - first >= playlist->segments->len)
    return GEN_HLS_MISSING;
  segment = playlist->segments->pdata[number - first];
  for (guint i = 0; i < segment->parts->len; i++)
    append (pieces, ((GenHlsKeptPart *)segment->parts->pdata[i])->bytes);
  return GEN_HLS_READY;
}

/* Parts of a segment have numbers that follow each other. */
static gboolean
find_part_in (const GenHlsSegment *segment, guint64 number, GPtrArray *pieces)
{
  const GenHlsKeptPart *part = segment->parts->pdata[0];
  const guint64 first = part->number;

  if (number < first || number - first >= segment->parts->len)
    return FALSE;
  part = segment->parts->pdata[number - first];
  append (pieces, part->bytes);
  return TRUE;
}

static GenHlsState
find_part (const GenHlsPlaylist *playlist, guint64 number, GPtrArray *pieces)
{
  if (number == playlist->next_part && !playlist->ended)
    return GEN_HLS_COMING;
  if (playlist->open != NULL && find_part_in (playlist->open, number, pieces))
    return GEN_HLS_READY;
  for (guint i = playlist->segments->len; i-- > 0;)
    if (find_part_in (playlist->segments->pdata[i], number, pieces))
      return GEN_HLS_READY;
  return GEN_HLS_MISSING;
}

GenHlsState
gen_hls_playlist_find (const GenHlsPlaylist *playlist, const char *file, GPtrArray *pieces)
{
  static const struct {
    const char *begin, *end;
    GenHlsState (*find) (const GenHlsPlaylist *playlist, guint64 number, GPtrArray *pieces);
  } kinds[] = {
    { "-init-", ".mp4", find_init },
    { "-segment-", ".m4s", find_segment },
    { "-part-", ".m4s", find_part },
  };
  const gsize length = strlen (playlist->name);

  if (strncmp (file, playlist->name, length) != 0)
    return GEN_HLS_MISSING;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    const char *at = file + length;
    g_autofree char *digits = NULL;
    guint64 number;

    if (!g_str_has_prefix (at, kinds[i].begin) || !g_str_has_suffix (at, kinds[i].end))
      continue;
    at += strlen (kinds[i].begin);
    digits = g_strndup (at, strlen (at) - strlen (kinds[i].end));
    if (g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT64, &number, NULL))
      return kinds[i].find (playlist, number, pieces);
  }
  return GEN_HLS_MISSING;
}
