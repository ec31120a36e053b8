/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line of an audit log: how it is written, read and chained to the one before. */
#pragma once

#include <generative/audit-log.h>

/* Longer lines are none of ours. */
#define GEN_AUDIT_LINE_MOST 65536

#define GEN_AUDIT_SIGNATURE "signature"
#define GEN_AUDIT_REPAIRED "repaired"

/* The end of a log, or of what has been read of it. */
typedef struct {
  guint64 sequence;               /* of the last record; 0: none */
  char head[GEN_AUDIT_HASH_SIZE]; /* its hash */
} GenAuditChain;

typedef struct {
  guint64 sequence;
  char *previous, *event;
  char *key, *signature; /* of a signature; else NULL */
} GenAuditRecord;

void gen_audit_chain_init (GenAuditChain *chain);
/* The line is the last one now. */
void gen_audit_chain_set (GenAuditChain *chain, guint64 sequence, const char *line, gsize size);

/* A record as a line, without its end, that follows `chain`; `members` are put between `event` and
 * `previous`. (transfer full) */
char *gen_audit_record_write (const GenAuditChain *chain, const char *event, JsonObject *members);
/* A line, without its end. FALSE with `error` where it is no record. */
gboolean gen_audit_record_read (
    const char *line, gsize size, GenAuditRecord *record, GError **error);
void gen_audit_record_clear (GenAuditRecord *record);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenAuditRecord, gen_audit_record_clear)

/* The line with its signature, and a line that has one as it was before. NULL where it has none.
 * (transfer full) */
char *gen_audit_record_add_signature (const char *line, const char *signature);
char *gen_audit_record_remove_signature (const char *line, gsize size);
