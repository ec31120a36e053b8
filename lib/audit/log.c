/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing. Each record is written under the lock of the file, behind what stands there then: where
 * others have written meanwhile, their last line is read first. A line is one write; what does not
 * arrive whole is taken back at once, or, where the process is killed, by whoever writes next. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <generative/atomic-file.h>

#include "key.h"
#include "record.h"

/* A line, the end of the one before, and what has been left of a third. */
#define WINDOW (2 * GEN_AUDIT_LINE_MOST + 2)
/* What a record tells of a line that was cut off. */
#define CUT_TEXT_MOST 4096
/* The numbers behind it are those that a record can still have, as JSON has 63 bits of them. */
#define SEQUENCE_MOST ((guint64)1 << 62)
/* Of every record. */
#define BEGINNING "{\"sequence\":"

struct _GenAuditLog {
  char *path;
  int fd;
  EVP_PKEY *key;
  char *key_name;
  GenAuditChain chain;
  guint64 end;       /* where the last record ends, in bytes */
  gsize length;      /* of that record, without the end of its line */
  guint64 signed_at; /* the last signature that this log knows of; 0: none */
  char *window;
};

static gboolean
fail (const GenAuditLog *log, const char *what, GError **error)
{
  const int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s: %s", log->path, what,
      g_strerror (code));
  return FALSE;
}

/* --- the end of the file --- */

static gboolean
read_window (GenAuditLog *log, guint64 start, gsize size, GError **error)
{
  gsize n = 0;

  while (n < size) {
    const gssize got = pread (log->fd, log->window + n, size - n, (off_t)(start + n));

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return fail (log, "the log cannot be read", error);
    if (got == 0) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "%s: the log is shorter than it was a moment ago", log->path);
      return FALSE;
    }
    n += (gsize)got;
  }
  return TRUE;
}

/* The last whole line of `text`: where it begins, and what is behind it (0: there is no line).
 * FALSE where there is no beginning of it in what was read. */
static gboolean
find_line (const char *text, gsize size, gboolean from_start, gsize *start, gsize *behind)
{
  const char *end = memrchr (text, '\n', size);
  const char *before;

  *start = *behind = 0;
  if (end == NULL)
    return from_start;
  before = memrchr (text, '\n', (gsize)(end - text));
  if (before == NULL && !from_start)
    return FALSE;
  *start = before != NULL ? (gsize)(before + 1 - text) : 0;
  *behind = (gsize)(end + 1 - text);
  return TRUE;
}

static gboolean
take_last (GenAuditLog *log, const char *line, gsize size, GError **error)
{
  g_auto (GenAuditRecord) record = { 0 };

  if (!gen_audit_record_read (line, size, &record, error)) {
    g_prefix_error (error, "%s: nothing is written behind what is no audit log: ", log->path);
    return FALSE;
  }
  if (record.sequence > SEQUENCE_MOST) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: the log ends with record %" G_GUINT64_FORMAT ", which nobody counts up to: somebody "
        "has changed it",
        log->path, record.sequence);
    return FALSE;
  }
  if (record.sequence < log->chain.sequence) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: the log ends with record %" G_GUINT64_FORMAT ", and record %" G_GUINT64_FORMAT
        " has been there: somebody has shortened it",
        log->path, record.sequence, log->chain.sequence);
    return FALSE;
  }
  if (record.signature != NULL)
    log->signed_at = record.sequence;
  gen_audit_chain_set (&log->chain, record.sequence, line, size);
  log->length = size;
  return TRUE;
}

/* What stands behind the last line, of a writer that has been stopped. */
static JsonObject *
describe_cut (const char *text, gsize size)
{
  g_autofree char *hash =
      g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)text, size);
  g_autofree char *valid = g_utf8_make_valid (text, (gssize)MIN (size, CUT_TEXT_MOST));
  JsonObject *cut = json_object_new ();

  json_object_set_int_member (cut, "bytes", (gint64)size);
  json_object_set_string_member (cut, "sha256", hash);
  json_object_set_string_member (cut, "text", valid);
  return cut;
}

/* Whether a file without a whole line may be a log whose first record was not brought to its end:
 * nobody's notes are cut off. */
static gboolean
is_first_half (const char *text, gsize size)
{
  return memcmp (text, BEGINNING, MIN (size, strlen (BEGINNING))) == 0;
}

/* Read what the log ends with, and by `cut` what is cut off behind it, or NULL. */
static gboolean
read_end (GenAuditLog *log, guint64 total, JsonObject **cut, GError **error)
{
  const gsize size = (gsize)MIN (total, WINDOW);
  const guint64 offset = total - size;
  gsize start, behind;

  if (!read_window (log, offset, size, error))
    return FALSE;
  if (!find_line (log->window, size, offset == 0, &start, &behind)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: the log ends with a line of more than %d bytes, which is no record", log->path,
        GEN_AUDIT_LINE_MOST);
    return FALSE;
  }
  if (behind > 0 && !take_last (log, log->window + start, behind - 1 - start, error))
    return FALSE;
  if (behind == 0 && !is_first_half (log->window, size)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: this is no audit log, whose lines begin with " BEGINNING, log->path);
    return FALSE;
  }
  log->end = offset + behind;
  *cut = behind < size ? describe_cut (log->window + behind, size - behind) : NULL;
  return TRUE;
}

/* --- writing --- */

static gboolean
write_line (GenAuditLog *log, const char *line, GError **error)
{
  g_autofree char *whole = g_strconcat (line, "\n", NULL);
  const gsize size = strlen (whole);
  gssize n;

  if (size > GEN_AUDIT_LINE_MOST) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "%s: a record of %" G_GSIZE_FORMAT " bytes; %d are the most", log->path, size,
        GEN_AUDIT_LINE_MOST);
    return FALSE;
  }
  do
    n = write (log->fd, whole, size);
  while (n < 0 && errno == EINTR);
  if (n == (gssize)size) {
    gen_audit_chain_set (&log->chain, log->chain.sequence + 1, line, size - 1);
    log->length = size - 1;
    log->end += size;
    return TRUE;
  }
  if (n >= 0)
    errno = ENOSPC;
  fail (log, "a record cannot be written", error);
  if (n > 0 && ftruncate (log->fd, (off_t)log->end) != 0)
    g_debug ("%s: what was written of a record stays: %s", log->path, g_strerror (errno));
  return FALSE;
}

static gboolean
write_record (
    GenAuditLog *log, const char *event, const char *by, JsonObject *details, GError **error)
{
  g_autoptr (JsonObject) members = json_object_new ();
  g_autofree char *valid = by != NULL ? g_utf8_make_valid (by, -1) : NULL;
  g_autofree char *line = NULL;

  if (valid != NULL)
    json_object_set_string_member (members, "by", valid);
  if (details != NULL)
    json_object_set_object_member (members, "details", json_object_ref (details));
  line = gen_audit_record_write (&log->chain, event, members);
  return write_line (log, line, error);
}

static gboolean
write_signature (GenAuditLog *log, GError **error)
{
  g_autoptr (JsonObject) members = json_object_new ();
  g_autofree char *line = NULL, *signature = NULL, *whole = NULL;

  json_object_set_string_member (members, "key", log->key_name);
  line = gen_audit_record_write (&log->chain, GEN_AUDIT_SIGNATURE, members);
  signature = gen_audit_key_sign (log->key, line, strlen (line), error);
  if (signature == NULL)
    return FALSE;
  whole = gen_audit_record_add_signature (line, signature);
  if (!write_line (log, whole, error))
    return FALSE;
  log->signed_at = log->chain.sequence;
  return TRUE;
}

/* Whether the last record that is known of still stands where it did: it vouches for all before it,
 * and without it what others have written is not gone on with. */
static gboolean
check_known (GenAuditLog *log, guint64 total, GError **error)
{
  g_autofree char *hash = NULL;

  if (log->chain.sequence == 0)
    return TRUE;
  if (total == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: the log is empty, and record %" G_GUINT64_FORMAT " has been there", log->path,
        log->chain.sequence);
    return FALSE;
  }
  if (total < log->end) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: the log has %" G_GUINT64_FORMAT " bytes, and record %" G_GUINT64_FORMAT
        " ended at %" G_GUINT64_FORMAT ": somebody has shortened it",
        log->path, total, log->chain.sequence, log->end);
    return FALSE;
  }
  if (!read_window (log, log->end - log->length - 1, log->length, error))
    return FALSE;
  hash = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *)log->window, log->length);
  if (strcmp (hash, log->chain.head) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: record %" G_GUINT64_FORMAT " is not as it was a moment ago: somebody has rewritten the "
      "log",
      log->path, log->chain.sequence);
  return FALSE;
}

/* Under the lock: know the end of the file, and that it is the end of a line. */
static gboolean
catch_up (GenAuditLog *log, GError **error)
{
  g_autoptr (JsonObject) cut = NULL;
  struct stat status;

  if (fstat (log->fd, &status) != 0)
    return fail (log, "the log cannot be read", error);
  if (status.st_nlink == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "%s: somebody has removed the log; what was in it is lost", log->path);
    return FALSE;
  }
  if ((guint64)status.st_size == log->end)
    return TRUE;
  if (!check_known (log, (guint64)status.st_size, error) ||
      !read_end (log, (guint64)status.st_size, &cut, error))
    return FALSE;
  if (cut == NULL)
    return TRUE;
  if (ftruncate (log->fd, (off_t)log->end) != 0)
    return fail (log, "what a writer has not brought to its end cannot be cut off", error);
  return write_record (log, GEN_AUDIT_REPAIRED, NULL, cut, error);
}

static gboolean
lock (GenAuditLog *log, GError **error)
{
  while (flock (log->fd, LOCK_EX) != 0)
    if (errno != EINTR)
      return fail (log, "the log cannot be locked", error);
  if (catch_up (log, error))
    return TRUE;
  flock (log->fd, LOCK_UN);
  return FALSE;
}

gboolean
gen_audit_log_add (
    GenAuditLog *log, const char *event, const char *by, JsonObject *details, GError **error)
{
  gboolean done;

  if (!lock (log, error))
    return FALSE;
  done = write_record (log, event, by, details, error);
  if (done && log->key != NULL &&
      log->chain.sequence - log->signed_at >= GEN_AUDIT_SIGNATURE_INTERVAL)
    done = write_signature (log, error);
  flock (log->fd, LOCK_UN);
  return done;
}

gboolean
gen_audit_log_sign (GenAuditLog *log, GError **error)
{
  gboolean done = TRUE;

  if (!lock (log, error))
    return FALSE;
  if (log->key != NULL && log->chain.sequence > log->signed_at)
    done = write_signature (log, error);
  flock (log->fd, LOCK_UN);
  if (done && fdatasync (log->fd) != 0)
    return fail (log, "the log cannot be written", error);
  return done;
}

/* --- opening --- */

static gboolean
open_file (GenAuditLog *log, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (log->path);
  struct stat status;

  log->fd = open (log->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
  if (log->fd < 0)
    return fail (log, "the log cannot be opened", error);
  if (fstat (log->fd, &status) != 0)
    return fail (log, "the log cannot be read", error);
  if (!S_ISREG (status.st_mode)) {
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "%s: the log has to be a file", log->path);
    return FALSE;
  }
  return gen_folder_sync (folder, error);
}

GenAuditLog *
gen_audit_log_open (const char *path, const char *key, GError **error)
{
  g_autoptr (GenAuditLog) log = g_new0 (GenAuditLog, 1);

  log->path = g_strdup (path);
  log->fd = -1;
  log->window = g_malloc (WINDOW);
  gen_audit_chain_init (&log->chain);
  if (key != NULL) {
    log->key = gen_audit_key_load (key, error);
    if (log->key == NULL)
      return NULL;
    log->key_name = gen_audit_key_name (log->key);
  }
  /* What is wrong with the end of the log is known before anything is to be written. */
  if (!open_file (log, error) || !lock (log, error))
    return NULL;
  flock (log->fd, LOCK_UN);
  return g_steal_pointer (&log);
}

void
gen_audit_log_free (GenAuditLog *log)
{
  g_autoptr (GError) error = NULL;

  if (log == NULL)
    return;
  if (log->end > 0 && !gen_audit_log_sign (log, &error))
    g_warning ("%s", error->message);
  if (log->fd >= 0)
    close (log->fd);
  EVP_PKEY_free (log->key);
  g_free (log->key_name);
  g_free (log->window);
  g_free (log->path);
  g_free (log);
}
