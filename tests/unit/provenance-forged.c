/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manifests that gen_provenance_sign does not make: updates of updates, hashes that leave out more
 * than the manifest, and what others put into a store beside the one that is signed. */
#include "../provenance.h"

#include <generative/encoding.h>
#include <generative/picture.h>

#include "../../lib/provenance/cbor-writer.h"
#include "../../lib/provenance/data-hash.h"
#include "../../lib/provenance/format.h"
#include "../../lib/provenance/manifest.h"
#include "../../lib/provenance/signer.h"

#define NOTE_LABEL "org.example.note"

/* --- pieces of a store --- */

static GBytes *
picture_file (void)
{
  g_auto (GenPicture) picture = { 0 };
  GenEncodingOptions options = GEN_ENCODING_DEFAULTS;
  GError *error = NULL;
  GenSample sample;
  GBytes *file;

  gen_picture_init (&picture, 32, 24, 3);
  for (int y = 0; y < 24; y++)
    memset (picture.data + y * picture.stride, y * 5, 96);
  sample = gen_sample_of_picture (&picture);
  file = gen_encoding_png.encode (&sample, &options, &error);
  g_assert_no_error (error);
  return file;
}

static guint
put_cbor (GByteArray *store, const char *kind, const char *label, GBytes *content)
{
  guint start = gen_jumbf_open (store, kind, label, NULL);

  gen_jumbf_content (store, GEN_JUMBF_CBOR, content);
  gen_jumbf_close (store, start);
  return start;
}

/* {url, alg, hash} of the box at `start`, the last of the store so far. */
static void
write_reference (GenCborWriter *writer, const char *url, const GByteArray *store, guint start)
{
  GenDigestValue hash = gen_digest_of (store->data + start + 8, store->len - start - 8);

  gen_cbor_map (writer);
  gen_cbor_pair_text (writer, "url", url);
  gen_cbor_pair_text (writer, "alg", GEN_DIGEST_NAME);
  gen_cbor_key (writer, "hash");
  gen_cbor_bytes (writer, hash.data, hash.size);
  gen_cbor_map_close (writer);
}

static void
put_assertion (GByteArray *store, GenCborWriter *claim, const char *label, GBytes *content)
{
  g_autofree char *url = g_strconcat ("self#jumbf=" GEN_ASSERTIONS_LABEL "/", label, NULL);
  guint start = put_cbor (store, GEN_JUMBF_CBOR, label, content);

  write_reference (claim, url, store, start);
}

/* A claim up to its assertions, which follow. */
static void
begin_claim (GenCborWriter *claim, const char *instance)
{
  gen_cbor_writer_init (claim);
  gen_cbor_map (claim);
  gen_cbor_pair_text (claim, "instanceID", instance);
  gen_cbor_key (claim, "claim_generator_info");
  gen_cbor_map (claim);
  gen_cbor_pair_text (claim, "name", "test");
  gen_cbor_map_close (claim);
  gen_cbor_pair_text (claim, "signature", "self#jumbf=" GEN_SIGNATURE_LABEL);
  gen_cbor_pair_text (claim, "alg", GEN_DIGEST_NAME);
  gen_cbor_key (claim, "created_assertions");
  gen_cbor_array (claim);
}

static void
end_claim (GByteArray *store, GenCborWriter *claim, const ProvenanceKey *key)
{
  GError *error = NULL;
  g_autoptr (GBytes) said = NULL, signature = NULL;

  gen_cbor_array_close (claim);
  gen_cbor_map_close (claim);
  said = gen_cbor_writer_end (claim);
  signature = gen_cose_sign (key->signer, said, TRUE, &error);
  g_assert_no_error (error);
  put_cbor (store, GEN_JUMBF_CLAIM, GEN_CLAIM_LABEL, said);
  put_cbor (store, GEN_JUMBF_SIGNATURE, GEN_SIGNATURE_LABEL, signature);
}

static GBytes *
make_actions (void)
{
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_key (&writer, "actions");
  gen_cbor_array (&writer);
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "action", "c2pa.created");
  gen_cbor_map_close (&writer);
  gen_cbor_array_close (&writer);
  gen_cbor_map_close (&writer);
  return gen_cbor_writer_end (&writer);
}

static GBytes *
make_note (void)
{
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "note", "genuine");
  gen_cbor_map_close (&writer);
  return gen_cbor_writer_end (&writer);
}

typedef struct {
  guint updates;
  gboolean redaction;
  gboolean taken, says,
      signs;            /* out, by the first update, which says so, and names the signature */
  gsize before, behind; /* bytes beside the manifest that are not hashed */
} Forgery;

/* What ties a manifest to the file, "urn:0"; its note is taken out where it is `redacted`. */
static guint
put_first (GByteArray *store, const ProvenanceKey *key, GBytes *binding, gboolean redacted)
{
  g_autoptr (GBytes) actions = make_actions (), note = make_note ();
  guint start = gen_jumbf_open (store, GEN_JUMBF_MANIFEST, "urn:0", NULL);
  guint inside = gen_jumbf_open (store, GEN_JUMBF_ASSERTIONS, GEN_ASSERTIONS_LABEL, NULL), noted;
  GenCborWriter claim;

  begin_claim (&claim, "instance 0");
  put_assertion (store, &claim, "c2pa.actions.v2", actions);
  noted = store->len;
  put_assertion (store, &claim, NOTE_LABEL, note);
  if (redacted)
    g_byte_array_set_size (store, noted);
  put_assertion (store, &claim, "c2pa.hash.data", binding);
  gen_jumbf_close (store, inside);
  end_claim (store, &claim, key);
  gen_jumbf_close (store, start);
  return start;
}

/* That the note of "urn:0" has been taken out. */
static void
write_redaction (GenCborWriter *writer)
{
  gen_cbor_key (writer, "redacted_assertions");
  gen_cbor_array (writer);
  gen_cbor_text (writer, "self#jumbf=/c2pa/urn:0/" GEN_ASSERTIONS_LABEL "/" NOTE_LABEL);
  gen_cbor_array_close (writer);
}

/* Where the box of the last signature begins. */
static guint
find_signature (const GByteArray *store)
{
  static const char type[] = "jumd";
  const guint8 *end = store->data + store->len, *found = NULL, *at = store->data;

  while ((at = memmem (at, (gsize)(end - at), type, 4)) != NULL) {
    /* Behind the type: a UUID, and what may be asked for. */
    if (end - at > 21 && memcmp (at + 21, GEN_SIGNATURE_LABEL, sizeof GEN_SIGNATURE_LABEL) == 0)
      found = at;
    at++;
  }
  return (guint)(found - 4 - 8 - store->data);
}

/* An update, "urn:`n`", of the manifest at `parent`, "urn:`n` - 1", which `redacts` (NULL:
 * nothing).
 */
static guint
put_update (
    GByteArray *store, const ProvenanceKey *key, guint n, guint parent, const Forgery *redacts)
{
  g_autofree char *label = g_strdup_printf ("urn:%u", n);
  g_autofree char *url = g_strdup_printf ("self#jumbf=/c2pa/urn:%u", n - 1);
  g_autofree char *instance = g_strdup_printf ("instance %u", n);
  g_autoptr (GBytes) ingredient = NULL;
  GenCborWriter writer, claim;
  guint start, inside;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  gen_cbor_pair_text (&writer, "relationship", "parentOf");
  gen_cbor_key (&writer, "activeManifest");
  write_reference (&writer, url, store, parent);
  if (redacts != NULL && redacts->signs) {
    g_autofree char *place = g_strconcat (url, "/" GEN_SIGNATURE_LABEL, NULL);

    gen_cbor_key (&writer, "claimSignature");
    write_reference (&writer, place, store, find_signature (store));
  }
  gen_cbor_key (&writer, "validationResults");
  gen_cbor_map (&writer);
  gen_cbor_map_close (&writer);
  gen_cbor_map_close (&writer);
  ingredient = gen_cbor_writer_end (&writer);
  start = gen_jumbf_open (store, GEN_JUMBF_UPDATE, label, NULL);
  inside = gen_jumbf_open (store, GEN_JUMBF_ASSERTIONS, GEN_ASSERTIONS_LABEL, NULL);
  begin_claim (&claim, instance);
  put_assertion (store, &claim, "c2pa.ingredient.v3", ingredient);
  gen_jumbf_close (store, inside);
  if (redacts != NULL && redacts->says) {
    gen_cbor_array_close (&claim);
    write_redaction (&claim);
    gen_cbor_key (&claim, "gathered_assertions");
    gen_cbor_array (&claim);
  }
  end_claim (store, &claim, key);
  gen_jumbf_close (store, start);
  return start;
}

/* A manifest without a signature that says that the note of "urn:0" has been taken out. */
static void
put_redaction (GByteArray *store)
{
  guint start = gen_jumbf_open (store, GEN_JUMBF_MANIFEST, "urn:redaction", NULL);
  g_autoptr (GBytes) claim = NULL;
  GenCborWriter writer;

  gen_cbor_writer_init (&writer);
  gen_cbor_map (&writer);
  write_redaction (&writer);
  gen_cbor_map_close (&writer);
  claim = gen_cbor_writer_end (&writer);
  put_cbor (store, GEN_JUMBF_CLAIM, GEN_CLAIM_LABEL, claim);
  gen_jumbf_close (store, start);
}

/* --- files --- */

static GBytes *
make_store (const ProvenanceKey *key, const Forgery *forgery, GBytes *binding, guint updates)
{
  g_autoptr (GByteArray) store = g_byte_array_new ();
  guint root = gen_jumbf_open (store, GEN_JUMBF_STORE, GEN_STORE_LABEL, NULL), last;

  if (forgery->redaction)
    put_redaction (store);
  last = put_first (store, key, binding, forgery->taken && updates > 0);
  for (guint n = 1; n <= updates; n++)
    last = put_update (store, key, n, last, n == 1 ? forgery : NULL);
  gen_jumbf_close (store, root);
  return g_bytes_new (store->data, store->len);
}

static GBytes *
embed (GBytes *file, GBytes *store, GenProvenancePlace *place)
{
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  GError *error = NULL;

  gen_provenance_format_of (file, &error)->embed (file, store, pieces, place, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < pieces->len; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (pieces->pdata[i], &size);

    g_byte_array_append (all, data, (guint)size);
  }
  return g_bytes_new (all->data, all->len);
}

/* A picture that is bound to its first manifest, before that is updated. (transfer full) */
static GBytes *
make_file (const ProvenanceKey *key, const Forgery *forgery)
{
  const GenDigestValue none = { .size = GEN_DIGEST_SIZE };
  g_autoptr (GBytes) file = picture_file (), empty = gen_data_hash_make (0, 0, &none);
  g_autoptr (GBytes) sized = make_store (key, forgery, empty, 0), binding = NULL, store = NULL;
  GenProvenancePlace place = { 0 };
  g_autoptr (GBytes) whole = embed (file, sized, &place);
  g_autoptr (GByteArray) hashed = g_byte_array_new ();
  gsize size, start = place.start - forgery->before;
  gsize end = place.start + place.size + forgery->behind;
  const guint8 *data = g_bytes_get_data (whole, &size);
  GenDigestValue hash;

  g_byte_array_append (hashed, data, (guint)start);
  g_byte_array_append (hashed, data + end, (guint)(size - end));
  hash = gen_digest_of (hashed->data, hashed->len);
  binding = gen_data_hash_make (start, end - start, &hash);
  store = make_store (key, forgery, binding, forgery->updates);
  return embed (file, store, &place);
}

static GBytes *
with_text_changed (GBytes *file, const char *text)
{
  return with_byte_changed (file, place_of (file, text) + strlen (text) - 1);
}

/* --- tests --- */

static void
test_redaction (void)
{
  const Forgery forgery = { .redaction = TRUE };
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = NULL, changed = NULL;

  if (!provenance_key_init (&key, "EdDSA", 30))
    return;
  file = make_file (&key, &forgery);
  assert_trusted (&key, file);
  changed = with_text_changed (file, "genuine");
  assert_refused (&key, changed, "assertion.hashedURI.mismatch");
}

/* Who signs the last one of them signs what the file is bound to by all of those between. */
static void
test_updates (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, "EdDSA", 30))
    return;
  for (guint updates = 0; updates <= 3; updates++) {
    const Forgery forgery = { .updates = updates };
    g_autoptr (GBytes) file = make_file (&key, &forgery);
    g_autoptr (GBytes) picture = with_byte_changed (file, g_bytes_get_size (file) - 20);

    g_test_message ("%u updates", updates);
    assert_trusted (&key, file);
    assert_refused (&key, picture, "assertion.dataHash.mismatch");
    for (guint n = 0; n < updates; n++) {
      g_autofree char *instance = g_strdup_printf ("instance %u", n);
      g_autoptr (GBytes) changed = with_text_changed (file, instance);

      assert_refused (&key, changed, "ingredient.manifest.mismatch");
    }
  }
}

/* What an update says it has taken out need not be there, by the signature that stays; all else
 * does, and so does what nobody says has been taken out. */
static void
test_redacting_update (void)
{
  static const struct {
    Forgery forgery;
    const char *code; /* NULL: it is right */
  } cases[] = {
    { { .updates = 1, .taken = TRUE, .says = TRUE, .signs = TRUE }, NULL },
    { { .updates = 3, .taken = TRUE, .says = TRUE, .signs = TRUE }, NULL },
    { { .updates = 1, .taken = TRUE, .says = TRUE }, "ingredient.claimSignature.missing" },
  };
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, "EdDSA", 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) file = make_file (&key, &cases[i].forgery);
    g_autoptr (GBytes) picture = with_byte_changed (file, g_bytes_get_size (file) - 20);
    g_autoptr (GBytes) claim = with_text_changed (file, "instance 0");

    if (cases[i].code != NULL) {
      assert_refused (&key, file, cases[i].code);
      continue;
    }
    assert_trusted (&key, file);
    assert_refused (&key, picture, "assertion.dataHash.mismatch");
    assert_refused (&key, claim, "claim.hardBindings.missing");
  }
}

static void
test_more_than_manifest (void)
{
  static const Forgery forgeries[] = { { .before = 1 }, { .behind = 1 },
    { .before = 4, .behind = 4 } };
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, "EdDSA", 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (forgeries); i++) {
    g_autoptr (GBytes) file = make_file (&key, &forgeries[i]);

    assert_refused (&key, file, "assertion.dataHash.mismatch");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/provenance-forged/redaction", test_redaction);
  g_test_add_func ("/provenance-forged/updates", test_updates);
  g_test_add_func ("/provenance-forged/redacting-update", test_redacting_update);
  g_test_add_func ("/provenance-forged/more-than-manifest", test_more_than_manifest);
  return g_test_run ();
}
