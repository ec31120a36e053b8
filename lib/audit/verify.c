/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading. Each line is held against the one before as it stands, so that one that was changed is
 * told of once, and what follows it is looked at all the same. */
#include <gio/gio.h>
#include <string.h>

#include <generative/file-bytes.h>

#include "key.h"
#include "record.h"

typedef struct {
  GenAuditProblemFunc func;
  gpointer data;
  GenAuditSummary *summary;
  GPtrArray *keys; /* names of those that count; NULL: any */
  const char *head;
  gboolean has_head;

  GenAuditChain chain;
  guint64 line;
  guint64 signed_at; /* the last signature that counts, or the problem that was told behind it */
} Verifier;

static void G_GNUC_PRINTF (3, 4) tell (Verifier *verifier, guint64 line, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  verifier->summary->problems++;
  if (verifier->func != NULL)
    verifier->func (line, text, verifier->data);
}

/* --- keys --- */

static gboolean
load_keys (Verifier *verifier, const char *const *paths, GError **error)
{
  if (paths == NULL || *paths == NULL)
    return TRUE;
  verifier->keys = g_ptr_array_new_with_free_func (g_free);
  for (; *paths != NULL; paths++) {
    EVP_PKEY *key = gen_audit_key_load_public (*paths, error);

    if (key == NULL)
      return FALSE;
    g_ptr_array_add (verifier->keys, gen_audit_key_name (key));
    EVP_PKEY_free (key);
  }
  return TRUE;
}

/* --- a record --- */

/* Whether the line is what was signed and its signature, and nothing besides. */
static gboolean
is_whole (const char *plain, const char *signature, const char *line, gsize size)
{
  g_autofree char *whole = gen_audit_record_add_signature (plain, signature);

  return strlen (whole) == size && memcmp (whole, line, size) == 0;
}

static void
check_signature (Verifier *verifier, const GenAuditRecord *record, const char *line, gsize size)
{
  g_autofree char *plain = gen_audit_record_remove_signature (line, size);

  if (record->key == NULL || record->signature == NULL || plain == NULL ||
      !is_whole (plain, record->signature, line, size) ||
      !gen_audit_key_check (record->key, plain, strlen (plain), record->signature)) {
    tell (verifier, verifier->line,
        "the signature is wrong: this record or its signature has been changed");
    return;
  }
  if (verifier->keys != NULL &&
      !g_ptr_array_find_with_equal_func (verifier->keys, record->key, g_str_equal, NULL)) {
    tell (
        verifier, verifier->line, "signed by a key that is not among those given: %s", record->key);
    return;
  }
  verifier->summary->signatures++;
  verifier->summary->signed_until = record->sequence;
  verifier->signed_at = record->sequence;
}

/* A log that has a key is signed by and by: where it is not, somebody else has written there. */
static void
check_interval (Verifier *verifier, const GenAuditRecord *record)
{
  if (verifier->keys == NULL || record->sequence < verifier->signed_at ||
      record->sequence - verifier->signed_at <= GEN_AUDIT_SIGNATURE_INTERVAL)
    return;
  tell (verifier, verifier->line,
      "more than %d records have no signature of the keys given, up to record %" G_GUINT64_FORMAT,
      GEN_AUDIT_SIGNATURE_INTERVAL, record->sequence);
  verifier->signed_at = record->sequence;
}

static void
check_chain (Verifier *verifier, const GenAuditRecord *record)
{
  const guint64 expected = verifier->chain.sequence + 1;

  if (record->sequence != expected)
    tell (verifier, verifier->line,
        "record %" G_GUINT64_FORMAT " stands where record %" G_GUINT64_FORMAT
        " should: records have been left out, added or put elsewhere",
        record->sequence, expected);
  else if (strcmp (record->previous, verifier->chain.head) != 0)
    tell (verifier, verifier->line > 1 ? verifier->line - 1 : 1,
        "the record is not as it was written: the hash of it in record %" G_GUINT64_FORMAT
        " is another",
        record->sequence);
}

static void
check_line (Verifier *verifier, const char *line, gsize size)
{
  g_auto (GenAuditRecord) record = { 0 };
  g_autoptr (GError) error = NULL;

  verifier->line++;
  if (!gen_audit_record_read (line, size, &record, &error)) {
    tell (verifier, verifier->line, "%s", error->message);
    gen_audit_chain_set (&verifier->chain, verifier->chain.sequence + 1, line, size);
    return;
  }
  verifier->summary->records++;
  verifier->summary->repaired += strcmp (record.event, GEN_AUDIT_REPAIRED) == 0;
  check_chain (verifier, &record);
  if (strcmp (record.event, GEN_AUDIT_SIGNATURE) == 0)
    check_signature (verifier, &record, line, size);
  else
    check_interval (verifier, &record);
  gen_audit_chain_set (&verifier->chain, record.sequence, line, size);
  if (verifier->head != NULL && g_ascii_strcasecmp (verifier->head, verifier->chain.head) == 0)
    verifier->has_head = TRUE;
}

/* --- the log --- */

static void
check_whole (Verifier *verifier)
{
  GenAuditSummary *summary = verifier->summary;

  if (verifier->head != NULL && !verifier->has_head)
    tell (verifier, 0,
        "no record has the hash %s: records at the end have been taken away, or it is another log",
        verifier->head);
  if (verifier->keys != NULL && summary->signatures == 0)
    tell (verifier, 0, "nothing is signed by the keys given");
  summary->last = verifier->chain.sequence;
  g_strlcpy (summary->head, verifier->chain.head, sizeof summary->head);
}

static void
check_lines (Verifier *verifier, const char *text, gsize size)
{
  const char *end;

  for (; size > 0 && (end = memchr (text, '\n', size)) != NULL; text = end + 1) {
    const gsize length = (gsize)(end - text);

    check_line (verifier, text, length);
    size -= length + 1;
  }
  verifier->summary->incomplete = size;
}

static gboolean
is_hash (const char *head)
{
  return strlen (head) == GEN_AUDIT_HASH_SIZE - 1 &&
         strspn (head, "0123456789abcdefABCDEF") == GEN_AUDIT_HASH_SIZE - 1;
}

gboolean
gen_audit_verify (const char *path, const char *const *keys, const char *head,
    GenAuditProblemFunc func, gpointer data, GenAuditSummary *summary, GError **error)
{
  Verifier verifier = { .func = func, .data = data, .summary = summary, .head = head };
  g_autoptr (GBytes) bytes = NULL;
  gsize size;
  const char *text;

  *summary = (GenAuditSummary){ 0 };
  if (head != NULL && !is_hash (head)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "\"%s\" is no hash of a record, which has 64 hexadecimal digits", head);
    return FALSE;
  }
  gen_audit_chain_init (&verifier.chain);
  if (!load_keys (&verifier, keys, error) || (bytes = gen_file_bytes (path, error)) == NULL) {
    g_clear_pointer (&verifier.keys, g_ptr_array_unref);
    return FALSE;
  }
  text = g_bytes_get_data (bytes, &size);
  check_lines (&verifier, text, size);
  check_whole (&verifier);
  g_clear_pointer (&verifier.keys, g_ptr_array_unref);
  return TRUE;
}

char *
gen_audit_hash_file (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = gen_file_bytes (path, error);

  return bytes != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes) : NULL;
}
