/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All manifests of a file: the active one with the file's bytes, and those of its ingredients, as
 * far as they go (15.11). */
#include "report.h"

#include <string.h>

#include "cbor-reader.h"
#include "manifest.h"
#include "signer.h"

/* Ingredients of ingredients, and manifests in all, that are looked at. */
#define GENERATIONS_MOST 32
#define LOOKS_MOST 1000

typedef struct {
  GenProvenanceCheck *check;
  guint generation;
  guint parents;
  guint bindings;
  const GenJumbf *binding;
  GHashTable *seen; /* manifests */
} Look;

static void look_at_ingredients (Look *look);

/* --- ingredients --- */

static GPtrArray *
add_ingredient (GenProvenanceReport *report, const GenProvenanceCheck *check, const char *label)
{
  GenIngredientStatuses *statuses = g_new0 (GenIngredientStatuses, 1);

  statuses->url = g_strdup_printf (
      GEN_MANIFEST_URL "%s/" GEN_ASSERTIONS_LABEL "/%s", check->manifest->label, label);
  statuses->statuses = gen_statuses_new ();
  g_ptr_array_add (report->ingredients, statuses);
  return statuses->statuses;
}

static void
free_ingredient (gpointer ingredient)
{
  GenIngredientStatuses *statuses = ingredient;

  g_free (statuses->url);
  g_ptr_array_unref (statuses->statuses);
  g_free (statuses);
}

/* Whether those who have the manifest, or those above them, have taken something out of it. */
static gboolean
is_redacted (const GenProvenanceCheck *check, const GenJumbf *manifest)
{
  for (; check != NULL; check = check->above)
    if (gen_claim_redacts (check->claim, manifest->label))
      return TRUE;
  return FALSE;
}

/* Whether a manifest is as its own signature has it, by whomever and whenever that was made. */
static gboolean
is_sound (const GenProvenanceCheck *above, const GenJumbf *manifest)
{
  g_autoptr (GPtrArray) statuses = gen_statuses_new ();
  GenProvenanceCheck check = { above->report, NULL, manifest, statuses, NULL, NULL, above };
  gboolean sound = TRUE;

  gen_check_manifest (&check);
  for (guint i = 0; i < statuses->len; i++) {
    const GenStatus *status = statuses->pdata[i];

    sound &= status->kind != GEN_STATUS_FAILURE ||
             g_str_has_prefix (status->code, "signingCredential.") ||
             strcmp (status->code, "claimSignature.outsideValidity") == 0;
  }
  gen_check_clear (&check);
  return sound;
}

gboolean
gen_check_ingredient (GenProvenanceCheck *check, const cbor_item_t *assertion,
    const cbor_item_t *uri, const GenJumbf *manifest, gboolean redacted, const char *path)
{
  const cbor_item_t *signature = gen_cbor_get (assertion, "claimSignature");
  const GenJumbf *box = gen_jumbf_child (manifest, GEN_SIGNATURE_LABEL);

  if (!redacted || gen_jumbf_child (manifest, GEN_CLAIM_LABEL) == NULL) {
    if (gen_check_hash (check, manifest, uri)) {
      gen_check_add (check, GEN_STATUS_SUCCESS, "ingredient.manifest.validated", path, NULL);
      return TRUE;
    }
    gen_check_fail (check, "ingredient.manifest.mismatch", path);
    return FALSE;
  }
  if (signature == NULL) {
    gen_check_fail (check, "ingredient.claimSignature.missing", path);
    return FALSE;
  }
  /* The signature stays, and with it all that it is over and that was not taken out. */
  if (box != NULL && gen_check_hash (check, box, signature) && is_sound (check, manifest)) {
    gen_check_add (
        check, GEN_STATUS_INFORMATIONAL, "ingredient.claimSignature.validated", path, NULL);
    return TRUE;
  }
  gen_check_fail (check, "ingredient.claimSignature.mismatch", path);
  return FALSE;
}

/* The manifest that an ingredient had: that it is the same, and what it says by itself. */
static void
look_at_manifest (Look *look, const cbor_item_t *assertion, const cbor_item_t *uri,
    const char *path, GPtrArray *statuses)
{
  GenProvenanceCheck *check = look->check;
  g_autofree char *url = gen_cbor_dup_text (gen_cbor_get (uri, "url"));
  const GenJumbf *manifest = check->manifest;
  const GenJumbf *box = gen_report_resolve (check->report, &manifest, url);
  GenProvenanceCheck next = { check->report, check->authorities, box, statuses, NULL, NULL, check };
  Look further = { &next, look->generation + 1, 0, 0, NULL, look->seen };

  if (box == NULL || box != manifest || box == check->manifest) {
    gen_check_fail (check, "ingredient.manifest.missing", path);
    return;
  }
  gen_check_ingredient (check, assertion, uri, box, is_redacted (check, box), path);
  if (look->generation >= GENERATIONS_MOST || g_hash_table_size (look->seen) >= LOOKS_MOST ||
      !g_hash_table_add (look->seen, (gpointer)box))
    return;
  gen_check_manifest (&next);
  if (next.claim != NULL)
    look_at_ingredients (&further);
  gen_check_clear (&next);
}

static void
look_at_ingredient (
    GenProvenanceCheck *check, const cbor_item_t *uri, const GenJumbf *box, gpointer user_data)
{
  Look *look = user_data;
  g_autofree char *kind = gen_assertion_kind (box->label);
  g_autofree char *path = g_strconcat (GEN_ASSERTIONS_LABEL "/", box->label, NULL);
  g_autoptr (cbor_item_t) assertion = NULL;
  const cbor_item_t *relationship, *manifest;

  if (gen_assertion_binds (kind)) {
    look->bindings++;
    look->binding = box;
    return;
  }
  if (!g_str_has_prefix (kind, "c2pa.ingredient"))
    return;
  assertion = gen_assertion_read (box);
  relationship = gen_cbor_get (assertion, "relationship");
  if (!gen_cbor_is_text (relationship, "parentOf") &&
      !gen_cbor_is_text (relationship, "componentOf") &&
      !gen_cbor_is_text (relationship, "inputTo")) {
    gen_check_fail (check, "assertion.ingredient.malformed", path);
    return;
  }
  look->parents += gen_cbor_is_text (relationship, "parentOf");
  manifest = gen_cbor_get (assertion, "activeManifest");
  if (manifest == NULL)
    manifest = gen_cbor_get (assertion, "c2pa_manifest");
  else if (gen_cbor_get (assertion, "validationResults") == NULL)
    gen_check_fail (check, "assertion.ingredient.malformed", path);
  if (manifest != NULL)
    look_at_manifest (
        look, assertion, manifest, path, add_ingredient (check->report, check, box->label));
  else if (!gen_cbor_is_text (relationship, "inputTo"))
    gen_check_add (check, GEN_STATUS_INFORMATIONAL, "ingredient.unknownProvenance", path, NULL);
}

static void
look_at_ingredients (Look *look)
{
  GenProvenanceCheck *check = look->check;
  gboolean update = strcmp (check->manifest->kind, GEN_JUMBF_UPDATE) == 0;

  gen_check_each (check, look_at_ingredient, look);
  if (update && look->parents != 1)
    gen_check_fail (check, "manifest.update.wrongParents", NULL);
  else if (look->parents > 1)
    gen_check_fail (check, "manifest.multipleParents", NULL);
  if (update && look->bindings > 0)
    gen_check_fail (check, "manifest.update.invalid", NULL);
  else if (!update && look->bindings == 0)
    gen_check_fail (check, "claim.hardBindings.missing", NULL);
  else if (look->bindings > 1)
    gen_check_fail (check, "assertion.multipleHardBindings", GEN_ASSERTIONS_LABEL);
}

/* --- the active manifest --- */

static const GenJumbf *
find_active (const GenJumbf *root)
{
  static const char *const kinds[] = { GEN_JUMBF_MANIFEST, GEN_JUMBF_UPDATE, "c2md" };
  const GenJumbf *active = NULL;

  for (guint i = 0; i < root->children->len; i++) {
    const GenJumbf *child = root->children->pdata[i];

    for (guint j = 0; j < G_N_ELEMENTS (kinds); j++)
      if (strcmp (child->kind, kinds[j]) == 0)
        active = child;
  }
  return active;
}

/* A store that cannot be walked through has no manifest to blame. */
static void
fail_whole (GenProvenanceReport *report, const char *code, const char *explanation)
{
  GenStatus *status = g_new0 (GenStatus, 1);

  *status = (GenStatus){ GEN_STATUS_FAILURE, code, g_strdup ("self#jumbf=/" GEN_STORE_LABEL),
    g_strdup (explanation) };
  g_ptr_array_add (report->statuses, status);
}

/* Somebody who is not known is no fault of the file. */
static GenProvenanceState
conclude (const GenProvenanceReport *report)
{
  for (guint i = 0; i < report->statuses->len; i++) {
    const GenStatus *status = report->statuses->pdata[i];

    if (status->kind == GEN_STATUS_FAILURE &&
        strcmp (status->code, "signingCredential.untrusted") != 0)
      return GEN_PROVENANCE_INVALID;
  }
  return gen_provenance_report_has (report, "signingCredential.trusted") ? GEN_PROVENANCE_TRUSTED
                                                                         : GEN_PROVENANCE_VALID;
}

/* A claim's kind of hash, or NULL. (transfer full) */
static char *
claim_digest (const GenJumbf *manifest)
{
  g_autoptr (cbor_item_t) claim = gen_claim_read (manifest);

  return gen_cbor_dup_text (gen_cbor_get (claim, "alg"));
}

/* The manifest that an update is of, where that is still the one that was updated; NULL, with why
 * in `check`, where it is not, or where the update does not say. */
static const GenJumbf *
find_parent (GenProvenanceCheck *check, const GenJumbf *update)
{
  const GenJumbf *store = gen_jumbf_child (update, GEN_ASSERTIONS_LABEL);
  g_autofree char *digest = claim_digest (update);
  g_autoptr (cbor_item_t) claim = gen_claim_read (update);
  g_autoptr (GPtrArray) unheard = gen_statuses_new ();
  GenProvenanceCheck of = { .report = check->report,
    .manifest = update,
    .statuses = unheard,
    .claim = claim,
    .digest = digest,
    .above = check };

  for (guint i = 0; store != NULL && i < store->children->len; i++) {
    const GenJumbf *box = store->children->pdata[i], *manifest = update;
    g_autoptr (cbor_item_t) assertion =
        g_str_has_prefix (box->label, "c2pa.ingredient") ? gen_assertion_read (box) : NULL;
    const cbor_item_t *uri = gen_cbor_get (assertion, "activeManifest");
    g_autofree char *url = NULL;

    if (!gen_cbor_is_text (gen_cbor_get (assertion, "relationship"), "parentOf"))
      continue;
    url = gen_cbor_dup_text (gen_cbor_get (uri, "url"));
    if (gen_report_resolve (check->report, &manifest, url) != manifest || manifest == NULL)
      return NULL;
    if (gen_check_ingredient (&of, assertion, uri, manifest, is_redacted (&of, manifest), NULL))
      return manifest;
    gen_check_fail (check, "ingredient.manifest.mismatch", NULL);
    return NULL;
  }
  return NULL;
}

static const GenJumbf *
find_binding (const GenJumbf *manifest)
{
  const GenJumbf *store = gen_jumbf_child (manifest, GEN_ASSERTIONS_LABEL);

  for (guint i = 0; store != NULL && i < store->children->len; i++) {
    const GenJumbf *box = store->children->pdata[i];
    g_autofree char *kind = gen_assertion_kind (box->label);

    if (gen_assertion_binds (kind))
      return box;
  }
  return NULL;
}

/* What an update says goes for the file that the first manifest above it was bound to. The update's
 * signature is over that by the hashes of all between them. */
static void
check_updated (GenProvenanceCheck *update)
{
  const GenJumbf *manifest = update->manifest, *binding;
  GenProvenanceCheck check = { update->report, update->authorities, NULL, update->statuses, NULL,
    NULL, NULL };
  g_autofree char *digest = NULL;

  for (guint i = 0; manifest != NULL && strcmp (manifest->kind, GEN_JUMBF_UPDATE) == 0; i++)
    manifest = i < GENERATIONS_MOST ? find_parent (update, manifest) : NULL;
  binding = manifest != NULL ? find_binding (manifest) : NULL;
  if (binding == NULL) {
    gen_check_fail (update, "claim.hardBindings.missing", NULL);
    return;
  }
  digest = claim_digest (manifest);
  check.manifest = manifest;
  check.digest = digest;
  gen_check_binding (&check, binding, TRUE);
}

void
gen_report_validate (GenProvenanceReport *report, GPtrArray *authorities)
{
  GenProvenanceCheck check = { report, authorities, report->active, report->statuses, NULL, NULL,
    NULL };
  Look look = { &check, 0, 0, 0, NULL, g_hash_table_new (NULL, NULL) };

  g_hash_table_add (look.seen, (gpointer)report->active);
  gen_check_manifest (&check);
  if (check.claim != NULL) {
    look_at_ingredients (&look);
    if (look.binding != NULL)
      gen_check_binding (&check, look.binding, FALSE);
    else if (strcmp (report->active->kind, GEN_JUMBF_UPDATE) == 0)
      check_updated (&check);
  }
  gen_check_clear (&check);
  g_hash_table_unref (look.seen);
  report->state = conclude (report);
}

GenProvenanceReport *
gen_provenance_read (GBytes *file, GBytes *authorities, GError **error)
{
  const GenProvenanceFormat *format = gen_provenance_format_of (file, error);
  g_autoptr (GPtrArray) trusted = NULL;
  g_autoptr (GenProvenanceReport) report = NULL;
  g_autoptr (GError) failure = NULL;

  if (format == NULL)
    return NULL;
  if (authorities != NULL &&
      (trusted = gen_certificates_parse (authorities, "the authorities", error)) == NULL)
    return NULL;
  report = g_new0 (GenProvenanceReport, 1);
  report->file = g_bytes_ref (file);
  report->format = format;
  report->statuses = gen_statuses_new ();
  report->ingredients = g_ptr_array_new_with_free_func (free_ingredient);
  report->hashes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!format->find (file, &report->place, error))
    return NULL;
  if (report->place.store == NULL)
    return g_steal_pointer (&report);
  report->state = GEN_PROVENANCE_INVALID;
  report->root = gen_jumbf_read (report->place.store, &failure);
  if (report->root != NULL && (strcmp (report->root->kind, GEN_JUMBF_STORE) != 0 ||
                                  strcmp (report->root->label, GEN_STORE_LABEL) != 0))
    g_clear_pointer (&report->root, gen_jumbf_free);
  if (report->root == NULL) {
    fail_whole (report, "general.error",
        failure != NULL ? failure->message : "what is there is no manifest store");
    return g_steal_pointer (&report);
  }
  report->active = find_active (report->root);
  if (report->active != NULL)
    gen_report_validate (report, trusted);
  else
    fail_whole (report, "claim.missing", "the store has no manifest");
  return g_steal_pointer (&report);
}

void
gen_provenance_report_free (GenProvenanceReport *report)
{
  g_bytes_unref (report->file);
  gen_provenance_place_clear (&report->place);
  g_clear_pointer (&report->root, gen_jumbf_free);
  g_ptr_array_unref (report->statuses);
  g_ptr_array_unref (report->ingredients);
  g_hash_table_unref (report->hashes);
  g_free (report);
}

GenProvenanceState
gen_provenance_report_state (const GenProvenanceReport *report)
{
  return report->state;
}

gboolean
gen_provenance_report_has (const GenProvenanceReport *report, const char *code)
{
  for (guint i = 0; i < report->statuses->len; i++)
    if (strcmp (((const GenStatus *)report->statuses->pdata[i])->code, code) == 0)
      return TRUE;
  return FALSE;
}

GPtrArray *
gen_report_statuses (GenProvenanceReport *report)
{
  return report->statuses;
}

GBytes *
gen_report_store (GenProvenanceReport *report)
{
  return report->active != NULL ? report->place.store : NULL;
}
