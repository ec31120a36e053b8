/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The curves of TensorBoard's event files, record by record. A record that is cut off is the one
 * that a writer was writing. */
#include <gio/gio.h>
#include <string.h>

#include <generative/event-file.h>

#include "event.pb-c.h"
#include "../base/record-file.h"

/* Records of numbers are small; what is longer is a picture, a sound or a histogram, and passed
 * over. */
#define LONGEST (1 << 16)

typedef struct {
  const char *path;
  GInputStream *stream;
  guint32 table[256];
  guint8 *record; /* LONGEST, and its checksum */
  GenEventScalarFunc take;
  gpointer data;
  guint records;
  gboolean between; /* the file ends where a record would begin */
} Reader;

static gboolean
refuse (const Reader *reader, const char *why, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: %s: it is no event file of TensorBoard, or damaged", reader->path, why);
  return FALSE;
}

/* Whether all of it was there: else the file ends, or `error` is set. */
static gboolean
read_all (const Reader *reader, void *to, gsize size, GError **error)
{
  gsize read;

  return g_input_stream_read_all (reader->stream, to, size, &read, NULL, error) && read == size;
}

static gboolean
skip_all (const Reader *reader, guint64 size, GError **error)
{
  while (size > 0) {
    const gssize skipped =
        g_input_stream_skip (reader->stream, (gsize)MIN (size, G_MAXINT32), NULL, error);

    if (skipped <= 0)
      return FALSE;
    size -= (guint64)skipped;
  }
  return TRUE;
}

static gboolean
take_event (const Reader *reader, gsize size, GError **error)
{
  GenEvent__Event *event = gen_event__event__unpack (NULL, size, reader->record);

  if (event == NULL)
    return refuse (reader, "a record is no event", error);
  for (gsize i = 0; event->summary != NULL && i < event->summary->n_value; i++) {
    const GenEvent__Summary__Value *value = event->summary->value[i];

    if (value->has_simple_value && value->tag != NULL)
      reader->take (event->step, value->tag, (double)value->simple_value, reader->data);
  }
  gen_event__event__free_unpacked (event, NULL);
  return TRUE;
}

/* FALSE at the end, or with `error`. */
static gboolean
read_record (Reader *reader, GError **error)
{
  guint8 header[sizeof (guint64) + sizeof (guint32)];
  guint32 checksum;
  guint64 size;
  gsize read = 0;

  if (!g_input_stream_read_all (reader->stream, header, sizeof header, &read, NULL, error) ||
      read < sizeof header) {
    reader->between = read == 0;
    return FALSE;
  }
  reader->records++;
  memcpy (&size, header, sizeof size);
  memcpy (&checksum, header + sizeof size, sizeof checksum);
  if (checksum != gen_record_checksum (reader->table, &size, sizeof size))
    return refuse (reader, "the checksum of a record's length is wrong", error);
  size = GUINT64_FROM_LE (size);
  if (size > LONGEST)
    return skip_all (reader, size, error) && skip_all (reader, sizeof checksum, error);
  if (!read_all (reader, reader->record, (gsize)size + sizeof checksum, error))
    return FALSE;
  memcpy (&checksum, reader->record + size, sizeof checksum);
  if (checksum != gen_record_checksum (reader->table, reader->record, (gsize)size))
    return refuse (reader, "a record's checksum is wrong", error);
  return take_event (reader, (gsize)size, error);
}

gboolean
gen_event_file_read_scalars (
    const char *path, GenEventScalarFunc take, gpointer data, gboolean *whole, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autoptr (GInputStream) buffered = NULL;
  g_autofree guint8 *record = g_malloc (LONGEST + sizeof (guint32));
  g_autoptr (GError) failure = NULL;
  Reader reader = { .path = path, .record = record, .take = take, .data = data };

  if (stream == NULL) {
    g_prefix_error (error, "%s: ", path);
    return FALSE;
  }
  buffered = g_buffered_input_stream_new (G_INPUT_STREAM (stream));
  reader.stream = buffered;
  gen_record_make_table (reader.table);
  while (read_record (&reader, &failure))
    ;
  if (whole != NULL)
    *whole = reader.between && reader.records > 0;
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
