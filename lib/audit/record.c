/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is hashed and signed are the bytes of a line as it stands, and never JSON that is written
 * anew: another program needs no rules of ours to check them. */
#include "record.h"

#include <gio/gio.h>
#include <string.h>

#include "../base/json-file.h"
#include "../base/json-members.h"

#define SIGNATURE_MEMBER ",\"" GEN_AUDIT_SIGNATURE "\":\""
#define NOTHING "0000000000000000000000000000000000000000000000000000000000000000"

/* --- the chain --- */

void
gen_audit_chain_init (GenAuditChain *chain)
{
  *chain = (GenAuditChain){ 0, NOTHING };
}

void
gen_audit_chain_set (GenAuditChain *chain, guint64 sequence, const char *line, gsize size)
{
  g_autofree char *hash =
      g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)line, size);

  chain->sequence = sequence;
  g_strlcpy (chain->head, hash, sizeof chain->head);
}

/* --- writing --- */

static void
take_member (JsonObject *object, const char *name, JsonNode *node, gpointer data)
{
  json_object_set_member (data, name, json_node_copy (node));
}

char *
gen_audit_record_write (const GenAuditChain *chain, const char *event, JsonObject *members)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format_iso8601 (now);
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = NULL;

  json_object_set_int_member (object, "sequence", (gint64)chain->sequence + 1);
  json_object_set_string_member (object, "time", time);
  json_object_set_string_member (object, "event", event);
  json_object_foreach_member (members, take_member, object);
  json_object_set_string_member (object, "previous", chain->head);
  text = gen_json_to_text (node, FALSE);
  /* Names of files and of labels may be no text. */
  return g_utf8_make_valid (text, -1);
}

char *
gen_audit_record_add_signature (const char *line, const char *signature)
{
  return g_strdup_printf ("%.*s" SIGNATURE_MEMBER "%s\"}", (int)strlen (line) - 1, line, signature);
}

char *
gen_audit_record_remove_signature (const char *line, gsize size)
{
  const char *at = g_strrstr_len (line, (gssize)size, SIGNATURE_MEMBER);

  return at != NULL ? g_strdup_printf ("%.*s}", (int)(at - line), line) : NULL;
}

/* --- reading --- */

static guint64
get_sequence (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "sequence");

  return node != NULL && json_node_get_value_type (node) == G_TYPE_INT64
             ? (guint64)MAX (json_node_get_int (node), 0)
             : 0;
}

gboolean
gen_audit_record_read (const char *line, gsize size, GenAuditRecord *record, GError **error)
{
  g_autofree char *text = g_strndup (line, size);
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) node = size <= GEN_AUDIT_LINE_MOST && strlen (text) == size
                                  ? gen_json_from_text (text, &reason)
                                  : NULL;
  JsonObject *object =
      node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  *record = (GenAuditRecord){ 0 };
  if (object != NULL) {
    record->sequence = get_sequence (object);
    record->event = g_strdup (gen_json_text_in (object, "event"));
    record->previous = g_strdup (gen_json_text_in (object, "previous"));
  }
  if (g_strcmp0 (record->event, GEN_AUDIT_SIGNATURE) == 0) {
    record->key = g_strdup (gen_json_text_in (object, "key"));
    record->signature = g_strdup (gen_json_text_in (object, GEN_AUDIT_SIGNATURE));
  }
  if (record->sequence > 0 && record->event != NULL && record->previous != NULL)
    return TRUE;
  gen_audit_record_clear (record);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the line is no record, which has a sequence, an event and a previous");
  return FALSE;
}

void
gen_audit_record_clear (GenAuditRecord *record)
{
  g_clear_pointer (&record->previous, g_free);
  g_clear_pointer (&record->event, g_free);
  g_clear_pointer (&record->key, g_free);
  g_clear_pointer (&record->signature, g_free);
}
