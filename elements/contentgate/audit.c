/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the gate does, in a log that nobody changes unseen. A stream that is to be accounted for
 * does not go on without: where a record cannot be written, the element fails. */
#include "contentgate.h"

#include <math.h>
#include <unistd.h>

#include "../../lib/base/json-members.h"
#include "../shared/stream-time.h"

GST_DEBUG_CATEGORY_EXTERN (content_gate_debug);
#define GST_CAT_DEFAULT content_gate_debug

static void
fail (GstContentGate *self, const GError *error)
{
  if (self->audit_failed)
    return;
  self->audit_failed = TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("Property audit-log: %s", error->message), (NULL));
}

/* `details` are taken. With `now` it is signed, and on the disk, before anything follows. */
static void
add (GstContentGate *self, const char *event, JsonObject *details, gboolean now)
{
  g_autoptr (JsonObject) taken = details;
  g_autoptr (GError) error = NULL;

  if (!gen_audit_log_add (self->audit, event, GST_OBJECT_NAME (self), taken, &error) ||
      (now && !gen_audit_log_sign (self->audit, &error)))
    fail (self, error);
}

static void
set_choice (GstContentGate *self, JsonObject *object, const char *property)
{
  const GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (self), property);
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, pspec->value_type);
  g_object_get_property (G_OBJECT (self), property, &value);
  gen_json_set_text (object, property,
      g_enum_get_value (g_type_class_peek (pspec->value_type), g_value_get_enum (&value))
          ->value_nick);
}

/* --- from open to close --- */

gboolean
gst_content_gate_open_audit (GstContentGate *self)
{
  g_autoptr (GError) error = NULL;

  self->audit_failed = FALSE;
  if (self->now.audit_log == NULL && self->now.audit_key == NULL)
    return TRUE;
  if (self->now.audit_log == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("Property audit-log is not set, and audit-key is: the file is wanted that it signs"),
        (NULL));
    return FALSE;
  }
  self->audit = gen_audit_log_open (self->now.audit_log, self->now.audit_key, &error);
  if (self->audit != NULL)
    return TRUE;
  GST_ELEMENT_ERROR (
      self, RESOURCE, OPEN_WRITE, ("Property audit-log: %s", error->message), (NULL));
  return FALSE;
}

void
gst_content_gate_close_audit (GstContentGate *self)
{
  JsonObject *counts;

  if (self->audit == NULL)
    return;
  if (self->audit_settings) {
    counts = json_object_new ();
    json_object_set_int_member (counts, "judged", (gint64)self->judged);
    json_object_set_int_member (counts, "closed", (gint64)self->closed_count);
    json_object_set_int_member (counts, "failed", (gint64)self->failed_count);
    add (self, "stopped", counts, TRUE);
  }
  self->audit_settings = FALSE;
  g_clear_pointer (&self->audit, gen_audit_log_free);
}

/* --- what it judges by --- */

static gboolean
add_hash (JsonObject *object, const char *name, const char *path, GError **error)
{
  g_autofree char *member = g_strconcat (name, "-sha256", NULL);
  g_autofree char *hash = NULL;

  if (path == NULL)
    return TRUE;
  hash = gen_audit_hash_file (path, error);
  gen_json_set_text (object, name, path);
  gen_json_set_text (object, member, hash);
  return hash != NULL;
}

gboolean
gst_content_gate_audit_settings (GstContentGate *self, const GenMedium *medium, GError **error)
{
  const GstContentGateSettings *now = &self->now;
  const gboolean is_text = medium == &gen_medium_text;
  JsonObject *details;

  if (self->audit == NULL)
    return TRUE;
  details = json_object_new ();
  gen_json_set_text (details, "medium", medium->name);
  if (!add_hash (
          details, is_text ? "deny-list" : "model", is_text ? now->deny_list : now->model, error) ||
      !add_hash (details, "labels-file", is_text ? NULL : now->labels_file, error)) {
    json_object_unref (details);
    return FALSE;
  }
  gen_json_set_text (details, "labels", now->labels);
  gen_json_set_finite (details, "threshold", now->threshold);
  gen_json_set_finite (details, "smoothing", now->smoothing);
  gen_json_set_finite (details, "hysteresis", now->hysteresis);
  set_choice (self, details, "action");
  set_choice (self, details, "fail");
  if (now->hold_location != NULL) {
    gen_json_set_text (details, "hold-location", now->hold_location);
    set_choice (self, details, "hold-mode");
    set_choice (self, details, "hold-policy");
    gen_json_set_finite (details, "hold-timeout", now->hold_timeout);
  }
  json_object_set_int_member (details, "process", getpid ());
  self->audit_settings = TRUE;
  add (self, "settings", details, TRUE);
  return TRUE;
}

void
gst_content_gate_audit_action (GstContentGate *self)
{
  JsonObject *details;

  if (self->audit == NULL)
    return;
  details = json_object_new ();
  set_choice (self, details, "action");
  add (self, "action", details, TRUE);
}

/* --- what it does --- */

void
gst_content_gate_audit_state (GstContentGate *self)
{
  const GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  const guint64 time = gst_generative_stream_time (&base->segment, self->pts);
  JsonObject *details;

  if (self->audit == NULL)
    return;
  details = json_object_new ();
  gen_json_set_text (details, "label", self->label);
  gen_json_set_finite (details, "score", self->verdict.score);
  if (time != GST_CLOCK_TIME_NONE)
    gen_json_set_finite (details, "time", (double)time / 1e9);
  gen_json_set_text (details, "reason", self->reason);
  add (self, self->closed ? "closed" : "open", details, FALSE);
}

void
gst_content_gate_audit_held (GstContentGate *self, const GenHeldItem *item)
{
  g_autofree char *hash = NULL;
  JsonObject *details;

  if (self->audit == NULL)
    return;
  hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, item->media);
  details = json_object_new ();
  json_object_set_int_member (details, "number", (gint64)self->hold.number);
  gen_json_set_text (details, "location", self->now.hold_location);
  gen_json_set_text (details, "sha256", hash);
  gen_json_set_text (details, "label", item->label);
  gen_json_set_finite (details, "score", item->score);
  if (item->time != G_MAXUINT64)
    gen_json_set_finite (details, "time", (double)item->time / 1e9);
  gen_json_set_text (details, "reason", item->reason);
  add (self, "held", details, TRUE);
}

void
gst_content_gate_audit_outcome (
    GstContentGate *self, const char *event, const GenHoldDecision *decision)
{
  JsonObject *details;

  if (self->audit == NULL)
    return;
  details = json_object_new ();
  json_object_set_int_member (details, "number", (gint64)self->hold.number);
  gen_json_set_text (details, "location", self->now.hold_location);
  gen_json_set_text (details, "by", decision->by);
  gen_json_set_text (details, "reason", decision->reason);
  add (self, event, details, TRUE);
}
