/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenAuditLog: what was done and by whom, in a file that is only ever appended to. A line is a
 * record of JSON:
 *
 *     {"sequence":7,"time":"2026-12-01T02:31:10.120771Z","event":"approved","by":"anna",
 *      "details":{"number":42,"reason":"a statue"},"previous":"9f2c…"}
 *
 * `sequence` counts from 1, `previous` is the SHA-256 of the line before as it stands, without its
 * end (64 zeros for the first), so that nothing before the last record can be changed, left out or
 * put elsewhere without its being seen. What is at the end can be: signatures, which are records of
 * event "signature", are what keeps whoever can write the file from writing another one.
 *
 *     {"sequence":8,"time":"…","event":"signature","key":"…","previous":"…","signature":"…"}
 *
 * `key` is the public key (Ed25519, RFC 8032) and `signature` what it makes of the text
 * "gst-generative audit log", an end of line, and the line as it is without that member; both in
 * base64.
 *
 * Several processes may write one log: each record is written under a lock of the file (flock). A
 * line that a killed writer has not brought to its end is no record. Who writes next cuts it off,
 * and tells what it was in a record of event "repaired". A log is used by one thread at a time.
 * Since: 0.2
 */
typedef struct _GenAuditLog GenAuditLog;

/* The digits of a hash, and an end of text. */
#define GEN_AUDIT_HASH_SIZE 65
/* At most as many records lie between signatures of a log that has a key. */
#define GEN_AUDIT_SIGNATURE_INTERVAL 16

/* Open the log, which is made, for its owner alone, where it is not there. `key` is the file of a
 * private key in PEM, which nobody else may read, or NULL: nothing is signed. (transfer full) */
GEN_API GenAuditLog *gen_audit_log_open (const char *path, const char *key, GError **error);
/* What is not signed yet is. */
GEN_API void gen_audit_log_free (GenAuditLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenAuditLog, gen_audit_log_free)

/* Append a record. `by` and `details` may be NULL. It outlives the process from here on, and a
 * power cut from the next signature on. */
GEN_API gboolean gen_audit_log_add (
    GenAuditLog *log, const char *event, const char *by, JsonObject *details, GError **error);
/* Sign all that stands there, and wait until the disk has it. Without a key it only waits. */
GEN_API gboolean gen_audit_log_sign (GenAuditLog *log, GError **error);

/* The SHA-256 of a file, as records name files by: 64 digits. (transfer full) */
GEN_API char *gen_audit_hash_file (const char *path, GError **error);

typedef struct {
  guint64 records, signatures; /* signatures that are good; records has all of them as well */
  guint64 repaired;            /* records that tell of a line that was cut off */
  guint64 problems;
  guint64 signed_until;           /* the last record that a good signature is behind; 0: none */
  guint64 last;                   /* `sequence` of the last record; 0: none */
  gsize incomplete;               /* bytes at the end that are no line yet */
  char head[GEN_AUDIT_HASH_SIZE]; /* the hash of the last record */
} GenAuditSummary;

/* `line` counts from 1; 0: the whole log. */
typedef void (*GenAuditProblemFunc) (guint64 line, const char *problem, gpointer data);

/* Look at a whole log. `keys` are files of public keys in PEM, ended by NULL: signatures of others
 * are problems then, and so is what none of them has signed (but for a few records at the end).
 * Without them (NULL) a signature is good by whomever. `head` is a hash that the log is known to
 * have had, or NULL. Each problem is told to `func`; FALSE with `error` only where nothing can be
 * looked at. */
GEN_API gboolean gen_audit_verify (const char *path, const char *const *keys, const char *head,
    GenAuditProblemFunc func, gpointer data, GenAuditSummary *summary, GError **error);

G_END_DECLS
