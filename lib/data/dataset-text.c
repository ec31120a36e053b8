/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts: a file that is one, or the lines of a file or of all in a folder. (Whole texts in a folder
 * are a folder's.)
 *
 * Opening goes through the files once and keeps where each line is, not what it says: a corpus may
 * be larger than memory. Whether a line is UTF-8 shows when it is loaded. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "dataset-private.h"
#include "dataset-walk.h"
#include "opt-out-files.h"

#define CHUNK_BYTES (1 << 16)
/* Six gigabytes of places. */
#define MAX_LINES ((guint)1 << 28)

typedef struct {
  guint64 first; /* byte */
  guint32 length;
  guint32 file;
  guint32 number; /* from 1 on, as editors count; 0: the whole file */
} Line;

typedef struct {
  GenDataset dataset;
  GPtrArray *paths; /* of char * */
  GArray *lines;    /* of Line */
} TextDataset;

static GenDataset *
text_create (void)
{
  TextDataset *text = g_new0 (TextDataset, 1);

  text->paths = g_ptr_array_new_with_free_func (g_free);
  text->lines = g_array_new (FALSE, FALSE, sizeof (Line));
  return &text->dataset;
}

static void
text_free (GenDataset *dataset)
{
  TextDataset *text = (TextDataset *)dataset;

  g_ptr_array_unref (text->paths);
  g_array_unref (text->lines);
  g_free (text);
}

static gboolean
text_recognise (const char *location, const GenDatasetSettings *settings)
{
  if (settings->medium != NULL && settings->medium != &gen_medium_text)
    return FALSE;
  if (g_file_test (location, G_FILE_TEST_IS_DIR))
    return settings->lines;
  return gen_medium_text.recognise (location) ||
         ((settings->medium == &gen_medium_text || settings->lines) &&
             !gen_dataset_manifest.recognise (location, settings));
}

/* --- where lines are --- */

/* The line that is being read. */
typedef struct {
  TextDataset *text;
  Line line;
  guint64 at;     /* how far the file has been read */
  guint64 end;    /* behind the last byte of the line that is no white space */
  gboolean blank; /* nothing else has come yet */
} Scan;

static void
end_line (Scan *scan)
{
  const guint64 length = scan->end - scan->line.first;

  scan->line.length = (guint32)MIN (length, G_MAXUINT32);
  if (!scan->blank)
    g_array_append_val (scan->text->lines, scan->line);
  scan->blank = TRUE;
  scan->line.number++;
}

/* White space at either end is no part of a line. */
static void
scan_bytes (Scan *scan, const guint8 *bytes, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    const guint64 at = scan->at++;

    if (bytes[i] == '\n') {
      end_line (scan);
    } else if (!g_ascii_isspace (bytes[i])) {
      if (scan->blank)
        scan->line.first = at;
      scan->blank = FALSE;
      scan->end = at + 1;
    }
  }
}

static gboolean
fail_read (const char *path, GError **error)
{
  g_set_error (
      error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, "%s: %s", path, g_strerror (errno));
  return FALSE;
}

static gboolean
scan_file (TextDataset *text, const char *path, GError **error)
{
  static const guint8 mark[] = { 0xef, 0xbb, 0xbf };
  g_autofree guint8 *chunk = g_malloc (CHUNK_BYTES);
  Scan scan = { .text = text, .line = { .file = text->paths->len, .number = 1 }, .blank = TRUE };
  int file = g_open (path, O_RDONLY, 0);
  gssize n;

  g_ptr_array_add (text->paths, g_strdup (path));
  if (file < 0)
    return fail_read (path, error);
  while ((n = read (file, chunk, CHUNK_BYTES)) > 0 && text->lines->len < MAX_LINES) {
    const gsize skipped =
        scan.at == 0 && n >= 3 && memcmp (chunk, mark, sizeof mark) == 0 ? sizeof mark : 0;

    scan.at += skipped;
    scan_bytes (&scan, chunk + skipped, (gsize)n - skipped);
  }
  if (n == 0)
    end_line (&scan);
  if (n < 0)
    fail_read (path, error);
  close (file);
  return n >= 0;
}

/* --- opening --- */

typedef struct {
  TextDataset *text;
  const GRegex *pattern;
  GPtrArray *classes; /* of char *, one per line */
} Walk;

/* A file that cannot be read is one item, which is met and counted. */
static void
take_damage (TextDataset *text)
{
  const Line line = { .file = text->paths->len - 1 };

  g_array_append_val (text->lines, line);
}

static gboolean
visit (const char *path, const char *class, gpointer data)
{
  Walk *walk = data;
  TextDataset *text = walk->text;
  const char *below = path + strlen (text->dataset.location);

  while (*below == '/')
    below++;
  if (!gen_medium_text.recognise (path) || gen_opt_out_file_is_named ("", below))
    return TRUE;
  if (!scan_file (text, path, NULL))
    take_damage (text);
  while (walk->classes->len < text->lines->len)
    g_ptr_array_add (walk->classes,
        walk->pattern != NULL ? gen_dataset_match_class (walk->pattern, below) : g_strdup (class));
  return text->lines->len < MAX_LINES;
}

static gboolean
open_folder (TextDataset *text, const GenDatasetSettings *settings, GError **error)
{
  g_autoptr (GPtrArray) classes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GRegex) pattern = NULL;
  const GenWalkProgress progress = { settings->progress, settings->data };
  Walk walk = { .text = text, .classes = classes };

  if (!gen_dataset_compile_pattern (settings, &pattern, error))
    return FALSE;
  walk.pattern = pattern;
  if (!gen_dataset_walk (text->dataset.location, &progress, visit, &walk, error))
    return FALSE;
  gen_dataset_name_labels (&text->dataset, classes, FALSE);
  return TRUE;
}

static gboolean
open_file (TextDataset *text, const GenDatasetSettings *settings, GError **error)
{
  const Line whole = { 0 };

  if (settings->lines)
    return scan_file (text, text->dataset.location, error);
  g_ptr_array_add (text->paths, g_strdup (text->dataset.location));
  g_array_append_val (text->lines, whole);
  return TRUE;
}

static gboolean text_probe (
    const GenDataset *dataset, guint32 index, GenFormat *format, GError **error);

/* The first item that is text tells the format. */
static gboolean
probe_first (GenDataset *dataset, GError **error)
{
  g_autoptr (GError) first = NULL;

  for (guint32 i = 0; i < dataset->count; i++)
    if (text_probe (dataset, i, &dataset->sample, first == NULL ? &first : NULL))
      return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "%s: none of its %u texts can be read; the first: %s", dataset->location, dataset->count,
      first->message);
  return FALSE;
}

static gboolean
text_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  TextDataset *text = (TextDataset *)dataset;
  const gboolean is_folder = g_file_test (dataset->location, G_FILE_TEST_IS_DIR);

  if (is_folder ? !open_folder (text, settings, error) : !open_file (text, settings, error))
    return FALSE;
  dataset->count = text->lines->len;
  if (dataset->count == 0 || dataset->count >= MAX_LINES) {
    g_set_error (error, GEN_DATASET_ERROR,
        dataset->count == 0 ? GEN_DATASET_ERROR_NOT_FOUND : GEN_DATASET_ERROR_SETTINGS,
        dataset->count == 0 ? "%s: no lines of text in it"
                            : "%s: too many lines; a part of them at a time can be read",
        dataset->location);
    return FALSE;
  }
  return probe_first (dataset, error);
}

/* --- items --- */

static const Line *
line_of (const GenDataset *dataset, guint32 index)
{
  return &g_array_index (((const TextDataset *)dataset)->lines, Line, index);
}

static const char *
path_of (const GenDataset *dataset, guint32 index)
{
  return g_ptr_array_index (((const TextDataset *)dataset)->paths, line_of (dataset, index)->file);
}

static char *
text_describe (const GenDataset *dataset, guint32 index)
{
  const Line *line = line_of (dataset, index);

  if (line->number == 0)
    return g_strdup (path_of (dataset, index));
  return g_strdup_printf ("%s, line %u", path_of (dataset, index), line->number);
}

/* As many bytes of a file as a line has; FALSE with errno, which is 0 where it has become shorter.
 */
static gboolean
read_bytes (const char *path, const Line *line, char *bytes)
{
  int file = g_open (path, O_RDONLY, 0);
  gsize got = 0;
  gssize n = 1;

  if (file < 0)
    return FALSE;
  while (n > 0 && got < line->length) {
    n = pread (file, bytes + got, line->length - got, (off_t)(line->first + got));
    got += (gsize)MAX (n, 0);
  }
  if (n == 0)
    errno = 0;
  close (file);
  return got == line->length;
}

/* A line in memory; NULL with `error`. */
static GBytes *
read_line (const GenDataset *dataset, guint32 index, GError **error)
{
  const Line *line = line_of (dataset, index);
  g_autofree char *bytes = NULL;

  if (line->length > GEN_TEXT_MAX_BYTES) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s, line %u: longer than the %d bytes that a text may have", path_of (dataset, index),
        line->number, GEN_TEXT_MAX_BYTES);
    return NULL;
  }
  bytes = g_malloc (MAX (line->length, 1));
  if (read_bytes (path_of (dataset, index), line, bytes))
    return g_bytes_new_take (g_steal_pointer (&bytes), line->length);
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, "%s, line %u: %s",
      path_of (dataset, index), line->number,
      errno != 0 ? g_strerror (errno) : "the file has become shorter");
  return NULL;
}

static gboolean
text_probe (const GenDataset *dataset, guint32 index, GenFormat *format, GError **error)
{
  g_autofree char *name = text_describe (dataset, index);
  g_autoptr (GBytes) bytes = NULL;

  if (line_of (dataset, index)->number == 0)
    return gen_medium_text.probe (name, format, error);
  bytes = read_line (dataset, index, error);
  return bytes != NULL && gen_medium_text.probe_bytes (bytes, name, format, error);
}

static gboolean
text_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting, GenSample *target,
    GError **error)
{
  g_autofree char *name = text_describe (dataset, index);
  g_autoptr (GBytes) bytes = NULL;

  if (line_of (dataset, index)->number == 0)
    return gen_medium_text.load (name, fitting, target, error);
  bytes = read_line (dataset, index, error);
  return bytes != NULL && gen_medium_text.load_bytes (bytes, name, fitting, target, error);
}

/* Of whole texts nobody knows it before they are read. */
static gsize
text_get_length (const GenDataset *dataset, guint32 index)
{
  return line_of (dataset, index)->length;
}

/* The lines of one of several files are in one split. */
static guint32
text_get_source (const GenDataset *dataset, guint32 index)
{
  return ((const TextDataset *)dataset)->paths->len > 1 ? line_of (dataset, index)->file : index;
}

const GenDatasetFormat gen_dataset_text = {
  .name = "text",
  .description = "A text, or the lines of one or of a folder of them",
  .medium = &gen_medium_text,
  .recognise = text_recognise,
  .create = text_create,
  .open = text_open,
  .probe = text_probe,
  .load = text_load,
  .describe = text_describe,
  .get_length = text_get_length,
  .get_source = text_get_source,
  .free = text_free,
};
