/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A manifest: assertions, a claim that lists them by their hashes, and a signature over the claim.
 * What does not hang on the file's bytes is made once; the binding, which does, comes last, so that
 * a store can be made of zeros first, to know its size, and then for good. */
#include "manifest-private.h"

#include <string.h>
#include <openssl/rand.h>

#include <generative/version.h>

#include "signer.h"

#define SALT_SIZE 16
#define SOFTWARE "gst-generative"
#define ASSERTION_URL "self#jumbf=" GEN_ASSERTIONS_LABEL "/"

static void
assertion_free (GenProvenanceAssertion *assertion)
{
  g_free (assertion->label);
  g_byte_array_unref (assertion->box);
  g_free (assertion);
}

/* Those that say something that could be guessed have a salt. */
static GenProvenanceAssertion *
make_assertion (const char *label, GBytes *content, gboolean salted)
{
  GenProvenanceAssertion *assertion = g_new0 (GenProvenanceAssertion, 1);
  guint8 salt[SALT_SIZE];
  guint start;

  if (salted && RAND_bytes (salt, sizeof salt) != 1)
    g_error ("OpenSSL has no random numbers");
  assertion->label = g_strdup (label);
  assertion->box = g_byte_array_new ();
  start = gen_jumbf_open (assertion->box, GEN_JUMBF_CBOR, label, salted ? salt : NULL);
  gen_jumbf_content (assertion->box, GEN_JUMBF_CBOR, content);
  gen_jumbf_close (assertion->box, start);
  return assertion;
}

/* {url, hash} of a box of which the header is not hashed. */
void
gen_provenance_manifest_write_reference (
    GenCborWriter *writer, const char *url, const guint8 *box, gsize size)
{
  GenDigestValue hash = gen_digest_of (box + 8, size - 8);

  gen_cbor_map (writer);
  gen_cbor_pair_text (writer, "url", url);
  gen_cbor_pair_text (writer, "alg", GEN_DIGEST_NAME);
  gen_cbor_key (writer, "hash");
  gen_cbor_bytes (writer, hash.data, hash.size);
  gen_cbor_map_close (writer);
}

void
gen_provenance_manifest_write_assertion (
    GenCborWriter *writer, const GenProvenanceAssertion *assertion)
{
  g_autofree char *url = g_strconcat (ASSERTION_URL, assertion->label, NULL);

  gen_provenance_manifest_write_reference (writer, url, assertion->box->data, assertion->box->len);
}

/* A further assertion of a label has its number behind it. */
const GenProvenanceAssertion *
gen_provenance_manifest_add (
    GenProvenanceManifest *manifest, const char *label, GBytes *content, gboolean salted)
{
  g_autofree char *numbered = NULL;
  guint n = 0;

  for (guint i = 0; i < manifest->assertions->len; i++)
    n +=
        g_str_has_prefix (((GenProvenanceAssertion *)manifest->assertions->pdata[i])->label, label);
  numbered = n > 0 ? g_strdup_printf ("%s__%u", label, n) : g_strdup (label);
  g_ptr_array_add (manifest->assertions, make_assertion (numbered, content, salted));
  return manifest->assertions->pdata[manifest->assertions->len - 1];
}

/* --- the whole --- */

/* A manifest that went on to the end of its store, which has no size of its own, gets one: another
 * follows it now. */
static GByteArray *
copy_history (GBytes *store, GError **error)
{
  g_autoptr (GenJumbf) root = gen_jumbf_read (store, error);
  const guint8 *data = g_bytes_get_data (store, NULL);
  GByteArray *history;

  if (root == NULL)
    return NULL;
  history = g_byte_array_new ();
  for (guint i = 0; i < root->children->len; i++) {
    const GenJumbf *child = root->children->pdata[i];
    guint32 size = GUINT32_TO_BE ((guint32)child->size);

    g_byte_array_append (history, (const guint8 *)&size, sizeof size);
    g_byte_array_append (
        history, data + child->start + sizeof size, (guint)(child->size - sizeof size));
  }
  return history;
}

/* CBOR's texts are UTF-8. */
static gboolean
check_texts (const GenProvenanceClaim *claim, GError **error)
{
  const GenProvenanceDisclosure none = { 0 },
                                disclosure = claim->disclosure != NULL ? *claim->disclosure : none;
  const struct {
    const char *name, *text;
  } texts[] = { { "title", claim->title }, { "software", claim->software },
    { "version of the software", claim->software_version }, { "model", claim->model },
    { "hash of the model", claim->model_hash }, { "address of the card", claim->card_address },
    { "prompt", claim->prompt }, { "seed", claim->seed }, { "source type", claim->source_type },
    { "watermark's algorithm", claim->watermark_algorithm }, { "provider", disclosure.provider },
    { "system", disclosure.system }, { "version of the system", disclosure.system_version },
    { "identifier", disclosure.identifier }, { "content producer", disclosure.content_producer },
    { "content propagator", disclosure.content_propagator } };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    if (texts[i].text == NULL)
      continue;
    if (*texts[i].text != '\0' && g_utf8_validate (texts[i].text, -1, NULL))
      continue;
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "the %s of the claim is empty or not UTF-8", texts[i].name);
    return FALSE;
  }
  return TRUE;
}

/* What is fetched from an address is checked by a hash. */
static gboolean
check_card (const GenProvenanceClaim *claim, GError **error)
{
  const char *hash = claim->card_hash, *address = claim->card_address;

  if (hash != NULL && (strlen (hash) != 2 * GEN_DIGEST_SIZE ||
                          strspn (hash, "0123456789abcdefABCDEF") != strlen (hash))) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "the hash of the card is no SHA-256, which has %d hexadecimal digits", 2 * GEN_DIGEST_SIZE);
    return FALSE;
  }
  if (address == NULL)
    return TRUE;
  if (hash == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "there is an address of the card (%s), and no card whose hash says which one is meant",
        address);
    return FALSE;
  }
  if (g_str_has_prefix (address, "https://") || g_str_has_prefix (address, "http://"))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "the address of the card, %s, begins neither with https:// nor with http://", address);
  return FALSE;
}

GenProvenanceManifest *
gen_provenance_manifest_new (const GenProvenanceClaim *claim, const GenProvenanceSigner *signer,
    const char *media_type, const GenProvenanceParent *parent, GError **error)
{
  g_autoptr (GenProvenanceManifest) manifest = g_new0 (GenProvenanceManifest, 1);
  g_autofree char *uuid = g_uuid_string_random (), *instance = g_uuid_string_random ();
  gboolean has_history = parent != NULL && parent->store != NULL;
  const GenProvenanceAssertion *opened = NULL, *model = NULL;

  manifest->assertions = g_ptr_array_new_with_free_func ((GDestroyNotify)assertion_free);
  if (!check_texts (claim, error) || !check_card (claim, error))
    return NULL;
  manifest->signer = signer;
  manifest->label = g_strconcat ("urn:c2pa:", uuid, NULL);
  manifest->instance = g_strconcat ("xmp:iid:", instance, NULL);
  manifest->title = g_strdup (claim->title);
  manifest->software = g_strdup (claim->software != NULL ? claim->software : SOFTWARE);
  manifest->version = g_strdup (claim->software_version != NULL ? claim->software_version
                                : claim->software == NULL       ? GEN_VERSION
                                                                : NULL);
  if (has_history && (manifest->history = copy_history (parent->store, error)) == NULL)
    return NULL;
  if (has_history || claim->action == GEN_PROVENANCE_EDITED) {
    opened = gen_provenance_manifest_add_parent (manifest, parent, media_type, error);
    if (opened == NULL)
      return NULL;
  }
  if (claim->model != NULL)
    model = gen_provenance_manifest_add_model (manifest, claim);
  gen_provenance_manifest_add_actions (manifest, claim, opened, model);
  if (claim->card_address != NULL)
    gen_provenance_manifest_add_card (manifest, claim);
  if (claim->watermark_algorithm != NULL)
    gen_provenance_manifest_add_watermark (manifest, claim);
  return g_steal_pointer (&manifest);
}

void
gen_provenance_manifest_free (GenProvenanceManifest *manifest)
{
  g_free (manifest->label);
  g_free (manifest->instance);
  g_free (manifest->title);
  g_free (manifest->software);
  g_free (manifest->version);
  g_clear_pointer (&manifest->assertions, g_ptr_array_unref);
  g_clear_pointer (&manifest->history, g_byte_array_unref);
  g_free (manifest);
}

static GBytes *
make_claim (const GenProvenanceManifest *manifest, const GenProvenanceAssertion *binding)
{
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "instanceID", manifest->instance);
  gen_cbor_key (&writer, "claim_generator_info");
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "name", SOFTWARE);
  gen_cbor_pair_text (&writer, "version", GEN_VERSION);
  gen_cbor_map_close (&writer);
  gen_cbor_pair_text (&writer, "signature", "self#jumbf=" GEN_SIGNATURE_LABEL);
  gen_cbor_key (&writer, "created_assertions");
  gen_cbor_array (&writer);
  for (guint i = 0; i < manifest->assertions->len; i++)
    gen_provenance_manifest_write_assertion (&writer, manifest->assertions->pdata[i]);
  gen_provenance_manifest_write_assertion (&writer, binding);
  gen_cbor_array_close (&writer);
  gen_cbor_pair_text (&writer, "dc:title", manifest->title);
  gen_cbor_pair_text (&writer, "alg", GEN_DIGEST_NAME);
  gen_cbor_map_close (&writer);
  return gen_cbor_writer_end (&writer);
}

static void
put_cbor_box (GByteArray *bytes, const char *kind, const char *label, GBytes *content)
{
  guint start = gen_jumbf_open (bytes, kind, label, NULL);

  gen_jumbf_content (bytes, GEN_JUMBF_CBOR, content);
  gen_jumbf_close (bytes, start);
}

static void
put_assertions (
    GByteArray *bytes, const GenProvenanceManifest *manifest, const GenProvenanceAssertion *binding)
{
  guint start = gen_jumbf_open (bytes, GEN_JUMBF_ASSERTIONS, GEN_ASSERTIONS_LABEL, NULL);

  for (guint i = 0; i < manifest->assertions->len; i++) {
    const GenProvenanceAssertion *assertion = manifest->assertions->pdata[i];

    g_byte_array_append (bytes, assertion->box->data, assertion->box->len);
  }
  g_byte_array_append (bytes, binding->box->data, binding->box->len);
  gen_jumbf_close (bytes, start);
}

GBytes *
gen_provenance_manifest_store (const GenProvenanceManifest *manifest, const char *binding_label,
    GBytes *binding, gboolean sign, GError **error)
{
  GenProvenanceAssertion *bound = make_assertion (binding_label, binding, FALSE);
  g_autoptr (GBytes) claim = make_claim (manifest, bound);
  g_autoptr (GBytes) signature = gen_cose_sign (manifest->signer, claim, sign, error);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint store, active;

  if (signature == NULL) {
    assertion_free (bound);
    return NULL;
  }
  store = gen_jumbf_open (bytes, GEN_JUMBF_STORE, GEN_STORE_LABEL, NULL);
  if (manifest->history != NULL)
    g_byte_array_append (bytes, manifest->history->data, manifest->history->len);
  active = gen_jumbf_open (bytes, GEN_JUMBF_MANIFEST, manifest->label, NULL);
  put_assertions (bytes, manifest, bound);
  put_cbor_box (bytes, GEN_JUMBF_CLAIM, GEN_CLAIM_LABEL, claim);
  put_cbor_box (bytes, GEN_JUMBF_SIGNATURE, GEN_SIGNATURE_LABEL, signature);
  gen_jumbf_close (bytes, active);
  gen_jumbf_close (bytes, store);
  assertion_free (bound);
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}
