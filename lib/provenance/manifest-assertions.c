/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a manifest says: the file that there was before, the model, what was done, and the watermark
 * that finds a file again. */
#include "manifest-private.h"

#include <generative/encoding.h>

/* --- ingredients --- */

static void
write_statuses (GenCborWriter *writer, GPtrArray *statuses)
{
  static const char *const kinds[GEN_STATUS_KINDS] = { "success", "informational", "failure" };

  gen_cbor_map (writer);
  for (guint kind = 0; kind < GEN_STATUS_KINDS; kind++) {
    gen_cbor_key (writer, kinds[kind]);
    gen_cbor_array (writer);
    for (guint i = 0; i < statuses->len; i++) {
      const GenStatus *status = statuses->pdata[i];

      if (status->kind != kind)
        continue;
      gen_cbor_map (writer);
      gen_cbor_pair_text (writer, "code", status->code);
      gen_cbor_pair_text (writer, "url", status->url);
      gen_cbor_pair_text (writer, "explanation", status->explanation);
      gen_cbor_map_close (writer);
    }
    gen_cbor_array_close (writer);
  }
  gen_cbor_map_close (writer);
}

/* What points at the manifest that the parent had, and at its signature. */
static gboolean
write_parent_manifest (GenCborWriter *writer, const GenProvenanceParent *parent, GError **error)
{
  g_autoptr (GenJumbf) root = gen_jumbf_read (parent->store, error);
  const guint8 *data = g_bytes_get_data (parent->store, NULL);
  const GenJumbf *active = NULL, *signature;
  g_autofree char *url = NULL, *signature_url = NULL;

  if (root == NULL)
    return FALSE;
  for (guint i = 0; i < root->children->len; i++)
    active = root->children->pdata[i];
  signature = active != NULL ? gen_jumbf_child (active, GEN_SIGNATURE_LABEL) : NULL;
  if (signature == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "the manifest that the file has already is not signed");
    return FALSE;
  }
  url = g_strdup_printf ("self#jumbf=/" GEN_STORE_LABEL "/%s", active->label);
  signature_url = g_strdup_printf ("%s/" GEN_SIGNATURE_LABEL, url);
  gen_cbor_key (writer, "activeManifest");
  gen_provenance_manifest_write_reference (writer, url, data + active->start, active->size);
  gen_cbor_key (writer, "claimSignature");
  gen_provenance_manifest_write_reference (
      writer, signature_url, data + signature->start, signature->size);
  gen_cbor_key (writer, "validationResults");
  gen_cbor_map (writer);
  gen_cbor_key (writer, "activeManifest");
  write_statuses (writer, parent->statuses);
  gen_cbor_map_close (writer);
  return TRUE;
}

/* The file as it was. NULL with `error`. */
const GenProvenanceAssertion *
gen_provenance_manifest_add_parent (GenProvenanceManifest *manifest,
    const GenProvenanceParent *parent, const char *media_type, GError **error)
{
  g_autofree char *uuid = g_uuid_string_random (), *id = g_strconcat ("xmp:iid:", uuid, NULL);
  g_autoptr (GBytes) content = NULL;
  GenCborWriter writer;
  gboolean good = TRUE;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "relationship", "parentOf");
  gen_cbor_pair_text (&writer, "dc:title", parent != NULL ? parent->title : NULL);
  gen_cbor_pair_text (&writer, "dc:format", media_type);
  gen_cbor_pair_text (&writer, "instanceID", id);
  if (parent != NULL && parent->store != NULL)
    good = write_parent_manifest (&writer, parent, error);
  gen_cbor_map_close (&writer);
  content = gen_cbor_writer_end (&writer);
  return good ? gen_provenance_manifest_add (manifest, "c2pa.ingredient.v3", content, FALSE) : NULL;
}

/* The model is an input that is not in the file. */
const GenProvenanceAssertion *
gen_provenance_manifest_add_model (GenProvenanceManifest *manifest, const GenProvenanceClaim *claim)
{
  g_autoptr (GBytes) content = NULL;
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "relationship", "inputTo");
  gen_cbor_pair_text (&writer, "dc:title", claim->model);
  gen_cbor_key (&writer, "dataTypes");
  gen_cbor_array (&writer);
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "type", "c2pa.types.model.onnx");
  gen_cbor_map_close (&writer);
  gen_cbor_array_close (&writer);
  if (claim->model_hash != NULL) {
    g_autofree char *hash = g_strconcat ("SHA-256 ", claim->model_hash, NULL);

    gen_cbor_pair_text (&writer, "description", hash);
  }
  gen_cbor_map_close (&writer);
  content = gen_cbor_writer_end (&writer);
  return gen_provenance_manifest_add (manifest, "c2pa.ingredient.v3", content, FALSE);
}

/* --- actions --- */

static void
write_software (GenCborWriter *writer, const GenProvenanceManifest *manifest)
{
  gen_cbor_map (writer);
  gen_cbor_pair_text (writer, "name", manifest->software);
  gen_cbor_pair_text (writer, "version", manifest->version);
  gen_cbor_map_close (writer);
}

static void
write_when (GenCborWriter *writer)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *text = g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ");

  gen_cbor_key (writer, "when");
  gen_cbor_tag (writer, 0);
  gen_cbor_text (writer, text);
}

static void
write_ingredient_list (GenCborWriter *writer, const GenProvenanceAssertion *ingredient)
{
  gen_cbor_key (writer, "ingredients");
  gen_cbor_array (writer);
  gen_provenance_manifest_write_assertion (writer, ingredient);
  gen_cbor_array_close (writer);
}

static void
write_opened (GenCborWriter *writer, const GenProvenanceAssertion *parent)
{
  gen_cbor_map (writer);
  gen_cbor_pair_text (writer, "action", "c2pa.opened");
  gen_cbor_key (writer, "parameters");
  gen_cbor_map (writer);
  write_ingredient_list (writer, parent);
  gen_cbor_map_close (writer);
  gen_cbor_map_close (writer);
}

static void
write_parameters (
    GenCborWriter *writer, const GenProvenanceClaim *claim, const GenProvenanceAssertion *model)
{
  if (model == NULL && claim->card_hash == NULL && claim->prompt == NULL && claim->seed == NULL)
    return;
  gen_cbor_key (writer, "parameters");
  gen_cbor_map (writer);
  if (model != NULL)
    write_ingredient_list (writer, model);
  gen_cbor_pair_text (writer, "generative.model", claim->model);
  gen_cbor_pair_text (writer, "generative.model.sha256", claim->model_hash);
  gen_cbor_pair_text (writer, "generative.card.sha256", claim->card_hash);
  gen_cbor_pair_text (writer, "generative.prompt", claim->prompt);
  gen_cbor_pair_text (writer, "generative.seed", claim->seed);
  gen_cbor_map_close (writer);
}

static void
write_made (GenCborWriter *writer, const GenProvenanceManifest *manifest,
    const GenProvenanceClaim *claim, gboolean edited, const GenProvenanceAssertion *model)
{
  const char *usual = edited ? "compositeWithTrainedAlgorithmicMedia" : "trainedAlgorithmicMedia";
  g_autofree char *source =
      gen_digital_source_type_address (claim->source_type != NULL ? claim->source_type : usual);

  gen_cbor_map (writer);
  gen_cbor_pair_text (writer, "action", edited ? "c2pa.edited" : "c2pa.created");
  write_when (writer);
  gen_cbor_key (writer, "softwareAgent");
  write_software (writer, manifest);
  gen_cbor_pair_text (writer, "digitalSourceType", source);
  write_parameters (writer, claim, model);
  gen_cbor_map_close (writer);
}

static void
write_watermarked (GenCborWriter *writer)
{
  gen_cbor_map (writer);
  gen_cbor_pair_text (writer, "action", "c2pa.watermarked");
  gen_cbor_map_close (writer);
}

void
gen_provenance_manifest_add_actions (GenProvenanceManifest *manifest,
    const GenProvenanceClaim *claim, const GenProvenanceAssertion *parent,
    const GenProvenanceAssertion *model)
{
  g_autoptr (GBytes) content = NULL;
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "actions");
  gen_cbor_array (&writer);
  if (parent != NULL)
    write_opened (&writer, parent);
  write_made (&writer, manifest, claim, parent != NULL, model);
  if (claim->watermark_algorithm != NULL)
    write_watermarked (&writer);
  gen_cbor_array_close (&writer);
  gen_cbor_map_close (&writer);
  content = gen_cbor_writer_end (&writer);
  gen_provenance_manifest_add (manifest, "c2pa.actions.v2", content, TRUE);
}

/* --- what describes the model --- */

static guint8
digit_of (const char *hash, gsize i)
{
  return (guint8)g_ascii_xdigit_value (hash[i]);
}

void
gen_provenance_manifest_add_card (GenProvenanceManifest *manifest, const GenProvenanceClaim *claim)
{
  g_autoptr (GBytes) content = NULL;
  guint8 hash[GEN_DIGEST_SIZE];
  GenCborWriter writer;

  for (gsize i = 0; i < sizeof hash; i++)
    hash[i] =
        (guint8)(digit_of (claim->card_hash, 2 * i) << 4 | digit_of (claim->card_hash, 2 * i + 1));
  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "location");
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "url", claim->card_address);
  gen_cbor_pair_text (&writer, "alg", GEN_DIGEST_NAME);
  gen_cbor_key (&writer, "hash");
  gen_cbor_bytes (&writer, hash, sizeof hash);
  gen_cbor_map_close (&writer);
  gen_cbor_pair_text (&writer, "description", "the model's card");
  gen_cbor_map_close (&writer);
  content = gen_cbor_writer_end (&writer);
  gen_provenance_manifest_add (manifest, "c2pa.external-reference", content, FALSE);
}

/* --- what finds a file again that has lost its manifest --- */

void
gen_provenance_manifest_add_watermark (
    GenProvenanceManifest *manifest, const GenProvenanceClaim *claim)
{
  gsize size = 0;
  const void *value =
      claim->watermark_value != NULL ? g_bytes_get_data (claim->watermark_value, &size) : NULL;
  g_autoptr (GBytes) content = NULL;
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "alg", claim->watermark_algorithm);
  gen_cbor_key (&writer, "blocks");
  gen_cbor_array (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "scope");
  gen_cbor_map (&writer);
  gen_cbor_map_close (&writer);
  gen_cbor_key (&writer, "value");
  gen_cbor_bytes (&writer, value, size);
  gen_cbor_map_close (&writer);
  gen_cbor_array_close (&writer);
  gen_cbor_key (&writer, "pad");
  gen_cbor_zeros (&writer, 0);
  gen_cbor_map_close (&writer);
  content = gen_cbor_writer_end (&writer);
  gen_provenance_manifest_add (manifest, "c2pa.soft-binding", content, FALSE);
}
