/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of lines that may be longer than memory. */
#include "lines.h"

#include <string.h>

#define PIECE 65536
/* A report has examples in a line each, of which a sound is the longest. */
#define LONGEST (64 * 1024 * 1024)

struct _Lines {
  char *path;
  GInputStream *stream;
  char piece[PIECE];
  gsize size, at; /* of the piece: how much there is, and has gone */
  GString *line;
  guint number;
  gboolean whole, ended, failed;
};

Lines *
lines_open (const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  GFileInputStream *stream = g_file_read (file, NULL, error);
  Lines *lines;

  if (stream == NULL) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  lines = g_new0 (Lines, 1);
  lines->path = g_strdup (path);
  lines->stream = G_INPUT_STREAM (stream);
  lines->line = g_string_new (NULL);
  return lines;
}

void
lines_free (Lines *lines)
{
  g_object_unref (lines->stream);
  g_string_free (lines->line, TRUE);
  g_free (lines->path);
  g_free (lines);
}

/* The next piece of the file; none is left at its end. */
static gboolean
read_piece (Lines *lines, GError **error)
{
  const gssize size = g_input_stream_read (lines->stream, lines->piece, PIECE, NULL, error);

  if (size < 0) {
    g_prefix_error (error, "%s: ", lines->path);
    return FALSE;
  }
  lines->size = (gsize)size;
  lines->at = 0;
  lines->ended = size == 0;
  return TRUE;
}

/* What the piece has of the line goes to it. */
static gboolean
take_piece (Lines *lines, GError **error)
{
  const char *from = lines->piece + lines->at;
  const char *end = memchr (from, '\n', lines->size - lines->at);
  const gsize n = end != NULL ? (gsize)(end - from) : lines->size - lines->at;

  g_string_append_len (lines->line, from, (gssize)n);
  lines->at += n + (end != NULL);
  lines->whole = end != NULL;
  if (lines->line->len <= LONGEST)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: line %u is longer than %d bytes, and no report's", lines->path, lines->number, LONGEST);
  return FALSE;
}

char *
lines_next (Lines *lines, GError **error)
{
  g_string_truncate (lines->line, 0);
  lines->whole = FALSE;
  lines->number++;
  while (!lines->whole && !lines->ended) {
    lines->failed =
        (lines->at == lines->size && !read_piece (lines, error)) || !take_piece (lines, error);
    if (lines->failed)
      return NULL;
  }
  return lines->whole || lines->line->len > 0 ? lines->line->str : NULL;
}

guint
lines_number (const Lines *lines)
{
  return lines->number;
}

gboolean
lines_is_whole (const Lines *lines)
{
  return lines->whole;
}

gboolean
lines_failed (const Lines *lines)
{
  return lines->failed;
}
