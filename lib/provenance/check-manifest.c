/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A manifest by itself (15.6, 15.10): a claim that can be read, assertions that are those that it
 * lists, and no others. */
#include <string.h>

#include "cbor-reader.h"
#include "digest.h"
#include "manifest.h"
#include "report.h"

#define SELF "self#jumbf="
#define OLD_CLAIM_LABEL "c2pa.claim"

void
gen_check_add (GenProvenanceCheck *check, GenStatusKind kind, const char *code, const char *label,
    const char *explanation)
{
  GenStatus *status = g_new0 (GenStatus, 1);

  status->kind = kind;
  status->code = code;
  status->url = g_strconcat (GEN_MANIFEST_URL, check->manifest->label, label != NULL ? "/" : "",
      label != NULL ? label : "", NULL);
  status->explanation = g_strdup (explanation);
  g_ptr_array_add (check->statuses, status);
}

void
gen_check_fail (GenProvenanceCheck *check, const char *code, const char *label)
{
  gen_check_add (check, GEN_STATUS_FAILURE, code, label, NULL);
}

static void
fail_assertion (GenProvenanceCheck *check, const char *code, const char *label)
{
  g_autofree char *path = g_strconcat (GEN_ASSERTIONS_LABEL "/", label, NULL);

  gen_check_fail (check, code, path);
}

char *
gen_assertion_kind (const char *label)
{
  const char *number = strstr (label, "__");

  return number != NULL ? g_strndup (label, (gsize)(number - label)) : g_strdup (label);
}

gboolean
gen_assertion_binds (const char *kind)
{
  static const char *const kinds[] = { "c2pa.hash.data", "c2pa.hash.bmff.v2", "c2pa.hash.bmff.v3",
    "c2pa.hash.boxes", "c2pa.hash.collection.data" };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kind, kinds[i]) == 0)
      return TRUE;
  return FALSE;
}

cbor_item_t *
gen_assertion_read (const GenJumbf *assertion)
{
  if (strcmp (assertion->content_type, GEN_JUMBF_CBOR) != 0)
    return NULL;
  return gen_cbor_read (assertion->content, assertion->content_size);
}

/* --- addresses --- */

static const GenJumbf *
step_down (const GenJumbf *box, const char *path)
{
  g_auto (GStrv) labels = g_strsplit (path, "/", -1);

  for (guint i = 0; box != NULL && labels[i] != NULL; i++)
    box = gen_jumbf_child (box, labels[i]);
  return box;
}

const GenJumbf *
gen_report_resolve (const GenProvenanceReport *report, const GenJumbf **manifest, const char *url)
{
  const char *slash;
  g_autofree char *label = NULL;
  gboolean whole;

  if (url == NULL || !g_str_has_prefix (url, SELF))
    return NULL;
  url += strlen (SELF);
  /* Older files leave out the first stroke. */
  whole = *url == '/' || g_str_has_prefix (url, GEN_STORE_LABEL "/");
  if (!whole)
    return step_down (*manifest, url);
  url += *url == '/';
  if (!g_str_has_prefix (url, GEN_STORE_LABEL "/"))
    return NULL;
  url += strlen (GEN_STORE_LABEL "/");
  slash = strchr (url, '/');
  label = slash != NULL ? g_strndup (url, (gsize)(slash - url)) : g_strdup (url);
  *manifest = gen_jumbf_child (report->root, label);
  return slash != NULL && *manifest != NULL ? step_down (*manifest, slash + 1) : *manifest;
}

/* A box may be long, and listed many times: it is hashed once. NULL: that kind is not known. */
static const GenDigestValue *
hash_of (GenProvenanceReport *report, const GenJumbf *box, const char *kind)
{
  g_autofree char *key = g_strdup_printf ("%" G_GSIZE_FORMAT " %s", box->start, kind);
  GenDigestValue *value = g_hash_table_lookup (report->hashes, key);
  g_autoptr (GenDigest) digest = value == NULL ? gen_digest_new (kind) : NULL;

  if (value != NULL || digest == NULL)
    return value;
  value = g_new (GenDigestValue, 1);
  gen_digest_add (digest, box->inside, box->inside_size);
  *value = gen_digest_take (digest);
  g_hash_table_insert (report->hashes, g_steal_pointer (&key), value);
  return value;
}

gboolean
gen_check_hash (const GenProvenanceCheck *check, const GenJumbf *box, const cbor_item_t *uri)
{
  g_autofree char *own = gen_cbor_dup_text (gen_cbor_get (uri, "alg"));
  const char *kind = own != NULL ? own : check->digest;
  const GenDigestValue *value = kind != NULL ? hash_of (check->report, box, kind) : NULL;
  gsize size;
  const guint8 *hash = gen_cbor_get_bytes (gen_cbor_get (uri, "hash"), &size);

  return value != NULL && gen_digest_equal (value, hash, size);
}

/* --- assertions --- */

static const cbor_item_t *
list_of (const GenProvenanceCheck *check, guint i)
{
  static const char *const lists[] = { "created_assertions", "gathered_assertions", "assertions" };

  return gen_cbor_get (check->claim, lists[i]);
}

#define LISTS 3

void
gen_check_each (GenProvenanceCheck *check, GenEachAssertion each, gpointer user_data)
{
  for (guint list = 0; list < LISTS; list++) {
    const cbor_item_t *items = list_of (check, list);

    for (gsize i = 0; i < gen_cbor_length (items); i++) {
      const cbor_item_t *uri = gen_cbor_at (items, i);
      g_autofree char *url = gen_cbor_dup_text (gen_cbor_get (uri, "url"));
      const GenJumbf *manifest = check->manifest;
      const GenJumbf *box = gen_report_resolve (check->report, &manifest, url);

      if (box != NULL && manifest == check->manifest)
        each (check, uri, box, user_data);
    }
  }
}

cbor_item_t *
gen_claim_read (const GenJumbf *manifest)
{
  const GenJumbf *box = gen_jumbf_child (manifest, GEN_CLAIM_LABEL);

  if (box == NULL)
    box = gen_jumbf_child (manifest, OLD_CLAIM_LABEL);
  return box != NULL ? gen_assertion_read (box) : NULL;
}

/* Whether a claim has taken something out of a manifest: whatever, or that whose address ends so.
 */
static gboolean
claim_redacts (const cbor_item_t *claim, const char *label, const char *ending)
{
  const cbor_item_t *list = gen_cbor_get (claim, "redacted_assertions");
  g_autofree char *path = g_strconcat ("/", label, ending != NULL ? ending : "/", NULL);

  for (gsize i = 0; i < gen_cbor_length (list); i++) {
    g_autofree char *url = gen_cbor_dup_text (gen_cbor_at (list, i));

    if (url != NULL && (ending != NULL ? g_str_has_suffix (url, path) : strstr (url, path) != NULL))
      return TRUE;
  }
  return FALSE;
}

gboolean
gen_claim_redacts (const cbor_item_t *claim, const char *label)
{
  return claim_redacts (claim, label, NULL);
}

/* Those who have a manifest as an ingredient, and those who have them, may say that something has
 * been taken out of it; nobody has signed that others belong to it. */
static gboolean
is_redacted (const GenProvenanceCheck *check, const char *label)
{
  g_autofree char *ending = g_strconcat ("/" GEN_ASSERTIONS_LABEL "/", label, NULL);

  for (const GenProvenanceCheck *above = check->above; above != NULL; above = above->above)
    if (claim_redacts (above->claim, check->manifest->label, ending))
      return TRUE;
  return FALSE;
}

static void
check_content (GenProvenanceCheck *check, const GenJumbf *box)
{
  g_autoptr (cbor_item_t) item = NULL;

  if (strcmp (box->kind, GEN_JUMBF_CBOR) != 0)
    return;
  item = gen_assertion_read (box);
  if (item == NULL)
    fail_assertion (check, "assertion.cbor.invalid", box->label);
}

static void
check_listed (GenProvenanceCheck *check, const cbor_item_t *uri, GHashTable *listed)
{
  g_autofree char *url = gen_cbor_dup_text (gen_cbor_get (uri, "url")), *kind = NULL;
  const GenJumbf *manifest = check->manifest;
  const GenJumbf *box = gen_report_resolve (check->report, &manifest, url);
  const char *label = url != NULL && strrchr (url, '/') != NULL ? strrchr (url, '/') + 1 : "";

  if (manifest != check->manifest) {
    fail_assertion (check, "assertion.outsideManifest", label);
    return;
  }
  kind = gen_assertion_kind (label);
  if (is_redacted (check, label)) {
    if (gen_assertion_binds (kind))
      fail_assertion (check, "assertion.dataHash.redacted", label);
    else if (g_str_has_prefix (kind, "c2pa.actions"))
      fail_assertion (check, "assertion.action.redacted", label);
    if (box == NULL)
      return;
    fail_assertion (check, "assertion.notRedacted", label);
  }
  if (box == NULL) {
    fail_assertion (check, "assertion.missing", label);
    return;
  }
  g_hash_table_add (listed, (gpointer)box);
  if (gen_check_hash (check, box, uri)) {
    g_autofree char *path = g_strconcat (GEN_ASSERTIONS_LABEL "/", label, NULL);

    gen_check_add (check, GEN_STATUS_SUCCESS, "assertion.hashedURI.match", path, NULL);
    check_content (check, box);
  } else {
    fail_assertion (check, "assertion.hashedURI.mismatch", label);
  }
}

static void
check_assertions (GenProvenanceCheck *check)
{
  const GenJumbf *store = gen_jumbf_child (check->manifest, GEN_ASSERTIONS_LABEL);
  g_autoptr (GHashTable) listed = g_hash_table_new (NULL, NULL);

  if (store != NULL && strcmp (store->kind, GEN_JUMBF_ASSERTIONS) != 0)
    gen_check_add (check, GEN_STATUS_FAILURE, "general.error", GEN_ASSERTIONS_LABEL,
        "what is there is no store of assertions");
  for (guint list = 0; list < LISTS; list++)
    for (gsize i = 0; i < gen_cbor_length (list_of (check, list)); i++)
      check_listed (check, gen_cbor_at (list_of (check, list), i), listed);
  for (guint i = 0; store != NULL && i < store->children->len; i++) {
    const GenJumbf *box = store->children->pdata[i];

    if (!g_hash_table_contains (listed, box))
      fail_assertion (check, "assertion.undeclared", box->label);
  }
}

/* --- the claim --- */

static gboolean
claim_is_good (const GenProvenanceCheck *check, const GenJumbf *box)
{
  const cbor_item_t *signature = gen_cbor_get (check->claim, "signature");

  if (!cbor_isa_map (check->claim) || gen_cbor_get (check->claim, "instanceID") == NULL ||
      signature == NULL)
    return FALSE;
  if (strcmp (box->label, OLD_CLAIM_LABEL) == 0)
    return gen_cbor_length (gen_cbor_get (check->claim, "assertions")) > 0;
  /* An update may only pass on what others say. */
  return (gen_cbor_length (gen_cbor_get (check->claim, "created_assertions")) > 0 ||
             (strcmp (check->manifest->kind, GEN_JUMBF_UPDATE) == 0 &&
                 gen_cbor_length (gen_cbor_get (check->claim, "gathered_assertions")) > 0)) &&
         gen_cbor_get (gen_cbor_get (check->claim, "claim_generator_info"), "name") != NULL;
}

/* The one claim; NULL where there is another number of them. */
static const GenJumbf *
find_claim (GenProvenanceCheck *check)
{
  const GenJumbf *found = NULL;

  for (guint i = 0; i < check->manifest->children->len; i++) {
    const GenJumbf *box = check->manifest->children->pdata[i];

    if (strcmp (box->kind, GEN_JUMBF_CLAIM) != 0 ||
        (strcmp (box->label, GEN_CLAIM_LABEL) != 0 && strcmp (box->label, OLD_CLAIM_LABEL) != 0))
      continue;
    if (found != NULL) {
      gen_check_fail (check, "claim.multiple", box->label);
      return NULL;
    }
    found = box;
  }
  if (found == NULL)
    gen_check_fail (check, "claim.missing", NULL);
  return found;
}

void
gen_check_manifest (GenProvenanceCheck *check)
{
  const GenJumbf *box = find_claim (check);

  if (box == NULL)
    return;
  check->claim = gen_assertion_read (box);
  if (check->claim == NULL) {
    gen_check_fail (check, "claim.cbor.invalid", box->label);
    return;
  }
  if (!claim_is_good (check, box)) {
    gen_check_fail (check, "claim.malformed", box->label);
    g_clear_pointer (&check->claim, gen_cbor_unref);
    return;
  }
  check->digest = gen_cbor_dup_text (gen_cbor_get (check->claim, "alg"));
  gen_check_signature (check, box);
  check_assertions (check);
  gen_check_actions (check);
}

void
gen_check_clear (GenProvenanceCheck *check)
{
  g_clear_pointer (&check->claim, gen_cbor_unref);
  g_free (check->digest);
}
