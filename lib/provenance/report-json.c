/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A report as JSON. */
#include <string.h>

#include "../base/json-file.h"
#include "../base/json-members.h"
#include "cbor-reader.h"
#include "manifest.h"
#include "report.h"
#include "signer.h"

/* --- status codes --- */

static JsonObject *
tell_statuses (GPtrArray *statuses)
{
  static const char *const names[GEN_STATUS_KINDS] = { "success", "informational", "failure" };
  JsonObject *object = json_object_new ();
  JsonArray *lists[GEN_STATUS_KINDS];

  for (guint i = 0; i < GEN_STATUS_KINDS; i++) {
    lists[i] = json_array_new ();
    json_object_set_array_member (object, names[i], lists[i]);
  }
  for (guint i = 0; i < statuses->len; i++) {
    const GenStatus *status = statuses->pdata[i];
    JsonObject *one = json_object_new ();

    gen_json_set_text (one, "code", status->code);
    gen_json_set_text (one, "url", status->url);
    gen_json_set_text (one, "explanation", status->explanation);
    json_array_add_object_element (lists[status->kind], one);
  }
  return object;
}

static JsonObject *
tell_results (const GenProvenanceReport *report)
{
  JsonObject *object = json_object_new ();
  JsonArray *deltas = json_array_new ();

  json_object_set_object_member (object, "activeManifest", tell_statuses (report->statuses));
  for (guint i = 0; i < report->ingredients->len; i++) {
    const GenIngredientStatuses *ingredient = report->ingredients->pdata[i];
    JsonObject *one = json_object_new ();

    gen_json_set_text (one, "ingredientAssertionURI", ingredient->url);
    json_object_set_object_member (one, "validationDeltas", tell_statuses (ingredient->statuses));
    json_array_add_object_element (deltas, one);
  }
  json_object_set_array_member (object, "ingredientDeltas", deltas);
  return object;
}

/* --- manifests --- */

/* "Studio (Demonstration only)" (transfer full) */
static char *
tell_name (X509_NAME *name, int part)
{
  int at = X509_NAME_get_index_by_NID (name, part, -1);
  unsigned char *text = NULL;
  char *valid;

  if (at < 0 ||
      ASN1_STRING_to_UTF8 (&text, X509_NAME_ENTRY_get_data (X509_NAME_get_entry (name, at))) < 0)
    return NULL;
  valid = g_utf8_make_valid ((const char *)text, -1);
  OPENSSL_free (text);
  return valid;
}

static void
set_name (JsonObject *object, const char *member, X509_NAME *name, int part)
{
  g_autofree char *text = tell_name (name, part);

  gen_json_set_text (object, member, text);
}

static JsonObject *
tell_signature (const GenJumbf *manifest)
{
  const GenJumbf *box = gen_jumbf_child (manifest, GEN_SIGNATURE_LABEL);
  g_auto (GenCoseSignature) signature = { 0 };
  JsonObject *object = json_object_new ();
  const GenSignatureAlgorithm *algorithm;
  X509 *own;

  if (box == NULL || !gen_cose_read (&signature, box->content, box->content_size))
    return object;
  algorithm = gen_signature_algorithm_of (signature.algorithm);
  gen_json_set_text (object, "alg", algorithm != NULL ? algorithm->name : NULL);
  if (signature.certificates->len == 0)
    return object;
  own = signature.certificates->pdata[0];
  set_name (object, "organization", X509_get_subject_name (own), NID_organizationName);
  set_name (object, "common_name", X509_get_subject_name (own), NID_commonName);
  set_name (object, "issuer", X509_get_issuer_name (own), NID_commonName);
  return object;
}

static JsonNode *
tell_content (const GenJumbf *box)
{
  g_autoptr (cbor_item_t) item = gen_assertion_read (box);
  g_autofree char *text = NULL;
  JsonNode *node = NULL;

  if (item != NULL)
    return gen_cbor_to_json (item);
  if (strcmp (box->content_type, GEN_JUMBF_JSON) == 0) {
    text = g_strndup ((const char *)box->content, box->content_size);
    node = gen_json_from_text (text, NULL);
  }
  return node != NULL ? node : json_node_new (JSON_NODE_NULL);
}

static JsonObject *
tell_manifest (const GenJumbf *manifest)
{
  const GenJumbf *store = gen_jumbf_child (manifest, GEN_ASSERTIONS_LABEL);
  JsonObject *object = json_object_new (), *assertions = json_object_new ();

  for (guint i = 0; i < manifest->children->len; i++) {
    const GenJumbf *child = manifest->children->pdata[i];

    if (strcmp (child->kind, GEN_JUMBF_CLAIM) == 0)
      json_object_set_member (object, "claim", tell_content (child));
  }
  json_object_set_object_member (object, "signature", tell_signature (manifest));
  for (guint i = 0; store != NULL && i < store->children->len; i++) {
    const GenJumbf *assertion = store->children->pdata[i];

    json_object_set_member (assertions, assertion->label, tell_content (assertion));
  }
  json_object_set_object_member (object, "assertions", assertions);
  return object;
}

char *
gen_provenance_report_json (const GenProvenanceReport *report)
{
  static const char *const states[] = { [GEN_PROVENANCE_NONE] = "None",
    [GEN_PROVENANCE_INVALID] = "Invalid",
    [GEN_PROVENANCE_VALID] = "Valid",
    [GEN_PROVENANCE_TRUSTED] = "Trusted" };
  JsonObject *object = json_object_new (), *manifests = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  gen_json_set_text (object, "format", report->format->media_type);
  gen_json_set_text (object, "validation_state", states[report->state]);
  if (report->active != NULL)
    gen_json_set_text (object, "active_manifest", report->active->label);
  for (guint i = 0; report->root != NULL && i < report->root->children->len; i++) {
    const GenJumbf *manifest = report->root->children->pdata[i];

    json_object_set_object_member (manifests, manifest->label, tell_manifest (manifest));
  }
  json_object_set_object_member (object, "manifests", manifests);
  json_object_set_object_member (object, "validation_results", tell_results (report));
  return gen_json_to_text (node, TRUE);
}
