/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports as JSON Lines. Text costs microseconds a line, which a stream of frames must not
 * wait for: measurements are kept as numbers, and a thread takes them over in heaps. Names and
 * texts are turned into JSON once. */
#include <generative/report.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/json-file.h"

/* Measurements in a heap: the stream waits when a whole heap is ahead of the file. */
#define HEAP_ROWS 4096
#define FLUSH_INTERVAL (G_USEC_PER_SEC / 2)

typedef struct {
  guint64 frame, pts;
  double values[];
} Row;

typedef struct {
  guint8 *rows;
  guint count;
} Heap;

struct _GenReport {
  char *path;
  int fd;
  off_t size; /* of the whole lines written */
  guint n_fields;
  GenFieldType *types;
  char **names;   /* ,"name": */
  char **texts;   /* "text", for TEXT */
  char **missing; /* ,"name":null,"name-missing":"why" */
  gsize row_size;

  GThread *thread;
  GMutex lock;
  GCond changed;
  Heap filling, writing;      /* the stream's and the thread's */
  gboolean draining, closing; /* the thread is not to wait for more; is to end */
  gboolean busy;              /* it is writing */
  GError *failure;            /* of writing; reported once */
  gboolean failed;
};

/* `text` as a JSON string. */
static char *
quoted (const char *text)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);

  return gen_json_to_text (node, FALSE);
}

static void
append_row (const GenReport *report, const Row *row, GString *lines)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (lines, "{\"frame\":%" G_GUINT64_FORMAT, row->frame);
  if (row->pts != G_MAXUINT64)
    g_string_append_printf (lines, ",\"pts\":%" G_GUINT64_FORMAT, row->pts);
  for (guint i = 0; i < report->n_fields; i++) {
    if (isnan (row->values[i]))
      continue;
    if (isinf (row->values[i])) {
      g_string_append (lines, report->missing[i]);
      continue;
    }
    g_string_append (lines, report->names[i]);
    if (report->types[i] == GEN_FIELD_TEXT)
      g_string_append (lines, report->texts[i]);
    else if (report->types[i] == GEN_FIELD_COUNT)
      g_string_append_printf (lines, "%.0f", row->values[i]);
    else
      g_string_append (lines, g_ascii_dtostr (digits, sizeof digits, row->values[i]));
  }
  g_string_append (lines, "}\n");
}

static gboolean
write_all (GenReport *report, const char *bytes, gsize n, GError **error)
{
  off_t total = (off_t)n;

  while (n > 0) {
    gssize written = write (report->fd, bytes, n);

    if (written < 0) {
      if (errno == EINTR)
        continue;
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
          "cannot write the report %s: %s", report->path, g_strerror (errno));
      /* A full disk may have taken half a line. */
      if (ftruncate (report->fd, report->size) < 0)
        g_debug ("%s: cannot be cut to whole lines: %s", report->path, g_strerror (errno));
      return FALSE;
    }
    bytes += written;
    n -= (gsize)written;
  }
  report->size += total;
  return TRUE;
}

static gpointer
write_rows (gpointer data)
{
  GenReport *report = data;
  g_autoptr (GString) lines = g_string_new (NULL);

  g_mutex_lock (&report->lock);
  while (!report->failed) {
    gint64 deadline = g_get_monotonic_time () + FLUSH_INTERVAL;
    GError *error = NULL;
    Heap heap;

    while (!report->draining && !report->closing && report->filling.count < HEAP_ROWS &&
           g_cond_wait_until (&report->changed, &report->lock, deadline))
      ;
    if (report->filling.count == 0) {
      if (report->closing)
        break;
      report->draining = FALSE;
      continue;
    }
    heap = report->filling;
    report->filling = report->writing;
    report->writing = heap;
    report->filling.count = 0;
    report->busy = TRUE;
    g_cond_broadcast (&report->changed);
    g_mutex_unlock (&report->lock);

    g_string_truncate (lines, 0);
    for (guint i = 0; i < heap.count; i++)
      append_row (report, (const Row *)(heap.rows + i * report->row_size), lines);
    write_all (report, lines->str, lines->len, &error);

    g_mutex_lock (&report->lock);
    report->busy = FALSE;
    report->failed = error != NULL;
    report->failure = error;
    g_cond_broadcast (&report->changed);
  }
  g_mutex_unlock (&report->lock);
  return NULL;
}

/* What stands in the place of a figure that is missing. */
static char *
missing_members (const GenField *field)
{
  g_autofree char *reason_name = g_strconcat (field->name, "-missing", NULL);
  g_autofree char *name = quoted (field->name), *second = quoted (reason_name);
  g_autofree char *reason = quoted (gen_field_missing (field));

  return g_strconcat (",", name, ":null,", second, ":", reason, NULL);
}

const char *
gen_better_name (GenBetter better)
{
  return better == GEN_BETTER_HIGHER ? "higher" : better == GEN_BETTER_LOWER ? "lower" : "";
}

void
gen_json_set_number (JsonObject *object, const char *name, double number)
{
  if (isfinite (number))
    json_object_set_double_member (object, name, number);
  else
    json_object_set_null_member (object, name);
}

const char *
gen_field_missing (const GenField *field)
{
  return field->missing != NULL ? field->missing : "the figure is no finite number";
}

/* Empty the file for one writer alone. A lock that the system takes away when a writer ends, in
 * whatever way, keeps others out, be they of this process or of another one; file systems that know
 * no locks do without. What is no regular file (a terminal, a pipe) takes lines of many. */
static gboolean
claim (int fd, const char *path, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) == 0 && !S_ISREG (status.st_mode))
    return TRUE;
  if (flock (fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
        "the report %s is being written already, and two in one file would lose each other's "
        "lines: name another file",
        path);
    return FALSE;
  }
  if (ftruncate (fd, 0) < 0) {
    int code = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
        "cannot empty the report %s: %s", path, g_strerror (code));
    return FALSE;
  }
  return TRUE;
}

static void
describe_fields (GenReport *report, const GenField *fields, guint n_fields)
{
  report->n_fields = n_fields;
  report->types = g_new0 (GenFieldType, n_fields);
  report->names = g_new0 (char *, n_fields + 1);
  report->texts = g_new0 (char *, n_fields);
  report->missing = g_new0 (char *, n_fields + 1);
  for (guint i = 0; i < n_fields; i++) {
    g_autofree char *name = quoted (fields[i].name);

    report->types[i] = fields[i].type;
    report->names[i] = g_strconcat (",", name, ":", NULL);
    report->missing[i] = missing_members (&fields[i]);
    if (fields[i].type == GEN_FIELD_TEXT)
      report->texts[i] = quoted (fields[i].text);
  }
  report->row_size = sizeof (Row) + n_fields * sizeof (double);
  report->filling.rows = g_malloc_n (HEAP_ROWS, report->row_size);
  report->writing.rows = g_malloc_n (HEAP_ROWS, report->row_size);
}

static void
forget_fields (GenReport *report)
{
  for (guint i = 0; i < report->n_fields; i++)
    g_free (report->texts[i]);
  g_free (report->texts);
  g_strfreev (report->names);
  g_strfreev (report->missing);
  g_free (report->types);
  g_free (report->filling.rows);
  g_free (report->writing.rows);
}

GenReport *
gen_report_new (const char *path, const GenField *fields, guint n_fields, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  GenReport *report;

  if (fd < 0) {
    int code = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
        "cannot write the report %s: %s", path, g_strerror (code));
    return NULL;
  }
  if (!claim (fd, path, error)) {
    close (fd);
    return NULL;
  }
  report = g_new0 (GenReport, 1);
  report->path = g_strdup (path);
  report->fd = fd;
  describe_fields (report, fields, n_fields);
  g_mutex_init (&report->lock);
  g_cond_init (&report->changed);
  report->thread = g_thread_new ("report", write_rows, report);
  return report;
}

/* Have the thread write all that was added. Under the lock. */
static void
drain (GenReport *report)
{
  report->draining = TRUE;
  g_cond_broadcast (&report->changed);
  while (!report->failed && (report->busy || report->filling.count > 0))
    g_cond_wait (&report->changed, &report->lock);
}

void
gen_report_set_fields (GenReport *report, const GenField *fields, guint n_fields)
{
  g_mutex_lock (&report->lock);
  drain (report);
  report->filling.count = 0;
  forget_fields (report);
  describe_fields (report, fields, n_fields);
  g_mutex_unlock (&report->lock);
}

gboolean
gen_report_add (GenReport *report, guint64 frame, guint64 pts, const double *values, GError **error)
{
  gboolean failed;

  g_mutex_lock (&report->lock);
  while (!report->failed && report->filling.count == HEAP_ROWS)
    g_cond_wait (&report->changed, &report->lock);
  failed = report->failure != NULL;
  if (failed) {
    g_propagate_error (error, g_steal_pointer (&report->failure));
  } else if (!report->failed) {
    Row *row = (Row *)(report->filling.rows + report->filling.count * report->row_size);

    row->frame = frame;
    row->pts = pts;
    memcpy (row->values, values, report->n_fields * sizeof (double));
    if (++report->filling.count == HEAP_ROWS)
      g_cond_broadcast (&report->changed);
  }
  g_mutex_unlock (&report->lock);
  return !failed;
}

gboolean
gen_report_add_object (GenReport *report, const char *name, JsonObject *object, GError **error)
{
  g_autoptr (JsonObject) outer = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), outer);
  g_autofree char *text = NULL, *line = NULL;
  gboolean failed;

  g_mutex_lock (&report->lock);
  drain (report);
  failed = report->failed;
  if (report->failure != NULL)
    g_propagate_error (error, g_steal_pointer (&report->failure));
  else if (failed)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "the report %s lacks what came after the failure to write it", report->path);
  g_mutex_unlock (&report->lock);
  if (failed)
    return FALSE;

  /* The thread has nothing to write while nobody adds anything. */
  json_object_set_object_member (outer, name, json_object_ref (object));
  text = gen_json_to_text (node, FALSE);
  line = g_strconcat (text, "\n", NULL);
  return write_all (report, line, strlen (line), error);
}

gboolean
gen_report_summarise (GenReport *report, JsonObject *summary, GError **error)
{
  return gen_report_add_object (report, "summary", summary, error);
}

void
gen_report_free (GenReport *report)
{
  if (report == NULL)
    return;
  g_mutex_lock (&report->lock);
  report->closing = TRUE;
  g_cond_broadcast (&report->changed);
  g_mutex_unlock (&report->lock);
  g_thread_join (report->thread);
  close (report->fd);

  forget_fields (report);
  g_clear_error (&report->failure);
  g_mutex_clear (&report->lock);
  g_cond_clear (&report->changed);
  g_free (report->path);
  g_free (report);
}

void
gen_tally_add (GenTally *tally, double value)
{
  double distance;

  if (!isfinite (value))
    return;
  tally->minimum = tally->count == 0 ? value : MIN (tally->minimum, value);
  tally->maximum = tally->count == 0 ? value : MAX (tally->maximum, value);
  tally->count++;
  distance = value - tally->mean;
  tally->mean += distance / (double)tally->count;
  tally->squares += distance * (value - tally->mean);
}

JsonObject *
gen_tally_to_json (const GenTally *tally)
{
  JsonObject *object = json_object_new ();

  if (tally->count == 0)
    return object;
  json_object_set_double_member (object, "mean", tally->mean);
  json_object_set_double_member (object, "standard-deviation",
      tally->count > 1 ? sqrt (tally->squares / (double)(tally->count - 1)) : 0);
  json_object_set_double_member (object, "minimum", tally->minimum);
  json_object_set_double_member (object, "maximum", tally->maximum);
  return object;
}
