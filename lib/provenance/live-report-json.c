/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was found of a live stream, as JSON. */
#include "../base/json-file.h"
#include "../base/json-members.h"
#include "live-report.h"

static const char *
name_of (GenProvenanceState state)
{
  static const char *const names[] = { [GEN_PROVENANCE_NONE] = "None",
    [GEN_PROVENANCE_INVALID] = "Invalid",
    [GEN_PROVENANCE_VALID] = "Valid",
    [GEN_PROVENANCE_TRUSTED] = "Trusted" };

  return names[state];
}

static JsonObject *
tell_segment (const GenLiveSegment *segment)
{
  JsonObject *object = json_object_new ();
  JsonArray *codes = json_array_new ();

  gen_json_set_text (object, "kind", segment->init ? "initialization" : "media");
  if (segment->numbered)
    json_object_set_int_member (object, "sequence_number", segment->number);
  gen_json_set_text (object, "manifest", segment->manifest);
  gen_json_set_text (object, "validation_state", name_of (segment->state));
  for (guint i = 0; i < segment->statuses->len; i++) {
    const GenStatus *status = segment->statuses->pdata[i];
    JsonObject *one = json_object_new ();

    gen_json_set_text (one, "code", status->code);
    gen_json_set_text (one, "url", status->url);
    gen_json_set_text (one, "explanation", status->explanation);
    json_array_add_object_element (codes, one);
  }
  json_object_set_array_member (object, "codes", codes);
  return object;
}

char *
gen_provenance_live_report_json (const GenProvenanceLiveReport *report)
{
  JsonObject *object = json_object_new ();
  JsonArray *segments = json_array_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  gen_json_set_text (
      object, "validation_state", name_of (gen_provenance_live_report_state (report)));
  gen_json_set_text (object, "signed_by", report->keys != NULL ? "session key" : "manifests");
  for (guint i = 0; i < report->segments->len; i++)
    json_array_add_object_element (segments, tell_segment (report->segments->pdata[i]));
  json_object_set_array_member (object, "segments", segments);
  return gen_json_to_text (node, TRUE);
}
