/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signed metadata: files of each kind, what is claimed of them, what has been changed since, and
 * what older manifests say. */
#include <generative/inspection.h>

#include "../../lib/data/inspect/file-traits.h"
#include "provenance-files.h"

/* What a player takes for a frame of layer III; nobody decodes it here. `tag` is in front. */
static GBytes *
mp3_file (gboolean tag)
{
  static const guint8 id3[] = "ID3\3\0\0\0\0\0\x15TIT2\0\0\0\5\0\0\0abcd\0\0\0\0\0\0";
  g_autoptr (GByteArray) file = g_byte_array_new ();
  guint8 frame[400] = { 0xff, 0xfb, 0x90, 0x00, 1, 2, 3 };

  if (tag)
    g_byte_array_append (file, id3, 10 + 21);
  g_byte_array_append (file, frame, sizeof frame);
  return g_bytes_new (file->data, file->len);
}

static GBytes *
flac_file (void)
{
  guint8 file[200] = "fLaC\x80\0\0\x22";

  return g_bytes_new (file, sizeof file);
}

static GBytes *
make_file (const char *kind)
{
  if (strcmp (kind, "png") == 0)
    return picture_file (&gen_encoding_png);
  if (strcmp (kind, "jpeg") == 0)
    return picture_file (&gen_encoding_jpeg);
  if (strcmp (kind, "wav") == 0)
    return wav_file (1000);
  if (strcmp (kind, "flac") == 0)
    return flac_file ();
  return mp3_file (strcmp (kind, "tagged mp3") == 0);
}

static const char *const kinds[] = { "png", "jpeg", "wav", "flac", "mp3", "tagged mp3" };

static void
test_kinds (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (GBytes) file = make_file (kinds[i]), made = sign (&key, file);
    g_autoptr (GBytes) again = sign (&key, made);
    g_autoptr (GBytes) last = with_byte_changed (made, g_bytes_get_size (made) - 1);
    g_autoptr (GenProvenanceReport) before = provenance_read (&key, file);

    g_test_message ("%s", kinds[i]);
    g_assert_cmpint (gen_provenance_report_state (before), ==, GEN_PROVENANCE_NONE);
    assert_trusted (&key, made);
    assert_trusted (&key, again);
    g_assert_cmpuint (g_bytes_get_size (again), >, g_bytes_get_size (made));
    if (strcmp (kinds[i], "wav") != 0) /* whose last bytes are the manifest's own */
      assert_refused (&key, last, "assertion.dataHash.mismatch");
  }
}

static void
test_algorithms (void)
{
  static const char *const algorithms[] = { "ES256", "ES384", "ES512", "PS256", "EdDSA" };
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png);

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++) {
    g_auto (ProvenanceKey) key;
    g_autoptr (GBytes) made = NULL;

    if (!provenance_key_init (&key, algorithms[i], 30))
      return;
    g_assert_cmpstr (gen_provenance_signer_algorithm (key.signer), ==, algorithms[i]);
    made = sign (&key, file);
    assert_trusted (&key, made);
  }
}

static void
test_changed (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png), made = NULL;
  static const struct {
    const char *text;
    gsize behind;
    const char *code;
  } changes[] = {
    { "IDAT", 12, "assertion.dataHash.mismatch" },
    { "instanceID", 30, "claimSignature.mismatch" },
    { "c2pa.created", 5, "assertion.hashedURI.mismatch" },
    { "c2pa.claim.v2", 3, "claim.missing" },
    { "c2pa.signature", 3, "claimSignature.missing" }, /* in the claim */
    { "jumdc2cs", 6, "claimSignature.missing" },
    { "Demonstration signer", 4, "signingCredential.untrusted" },
  };

  if (!provenance_key_init (&key, NULL, 30))
    return;
  made = sign (&key, file);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autoptr (GBytes) other =
        with_byte_changed (made, place_of (made, changes[i].text) + changes[i].behind);

    g_test_message ("%s", changes[i].text);
    assert_refused (&key, other, changes[i].code);
  }
}

static void
test_time (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png), made = NULL;

  if (!provenance_key_init (&key, NULL, -2))
    return;
  made = sign (&key, file);
  assert_refused (&key, made, "claimSignature.outsideValidity");
}

static void
test_unknown_signer (void)
{
  g_auto (ProvenanceKey) key, other;
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png), made = NULL;
  g_autoptr (GenProvenanceReport) report = NULL, nobody = NULL;

  if (!provenance_key_init (&key, NULL, 30) || !provenance_key_init (&other, NULL, 30))
    return;
  made = sign (&key, file);
  report = provenance_read (&other, made);
  g_assert_cmpint (gen_provenance_report_state (report), ==, GEN_PROVENANCE_VALID);
  g_assert_true (gen_provenance_report_has (report, "signingCredential.untrusted"));
  nobody = gen_provenance_read (made, NULL, NULL);
  g_assert_cmpint (gen_provenance_report_state (nobody), ==, GEN_PROVENANCE_VALID);
}

/* The SHA-256 of nothing, by sha256sum; and as bytes, by base64. */
#define CARD_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#define CARD_BYTES "\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\""

/* All that can be claimed is there, by its names. */
static void
test_claim (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png), made = NULL;
  g_autoptr (GBytes) mark = g_bytes_new_static ("abc", 3);
  const GenProvenanceClaim claim = { .action = GEN_PROVENANCE_CREATED,
    .title = "Vögel",
    .model = "birds.onnx",
    .model_hash = "00ff",
    .card_hash = CARD_HASH,
    .card_address = "https://example.org/card.md",
    .prompt = "a bird",
    .seed = "7",
    .software = "studio",
    .software_version = "3",
    .watermark_algorithm = "com.example.mark",
    .watermark_value = mark };
  static const char *const wanted[] = { "\"dc:title\" : \"Vögel\"", "\"birds.onnx\"",
    "\"generative.model.sha256\" : \"00ff\"", "\"generative.prompt\" : \"a bird\"",
    "\"generative.seed\" : \"7\"", "\"name\" : \"studio\"", "\"c2pa.soft-binding\"",
    "\"alg\" : \"com.example.mark\"", "\"value\" : \"YWJj\"", "c2pa.watermarked",
    "\"generative.card.sha256\" : \"" CARD_HASH "\"", "\"c2pa.external-reference\"",
    "\"url\" : \"https://example.org/card.md\"", CARD_BYTES, "/trainedAlgorithmicMedia\"",
    "\"relationship\" : \"inputTo\"", "\"alg\" : \"ES256\"",
    "\"common_name\" : \"Demonstration signer\"", "\"validation_state\" : \"Trusted\"" };
  g_autoptr (GenProvenanceReport) report = NULL;
  g_autofree char *json = NULL;
  g_autoptr (GError) error = NULL;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  made = gen_provenance_sign (file, &claim, key.signer, &error);
  g_assert_no_error (error);
  report = provenance_read (&key, made);
  json = gen_provenance_report_json (report);
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (strstr (json, wanted[i]) == NULL)
      g_error ("%s is not in %s", wanted[i], json);
}

static void
test_edited (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png), made = NULL;
  const GenProvenanceClaim claim = { .action = GEN_PROVENANCE_EDITED };
  g_autoptr (GenProvenanceReport) report = NULL;
  g_autofree char *json = NULL;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  made = gen_provenance_sign (file, &claim, key.signer, NULL);
  assert_trusted (&key, made);
  report = provenance_read (&key, made);
  json = gen_provenance_report_json (report);
  g_assert_nonnull (strstr (json, "c2pa.opened"));
  g_assert_nonnull (strstr (json, "c2pa.edited"));
  g_assert_nonnull (strstr (json, "/compositeWithTrainedAlgorithmicMedia"));
  g_assert_true (gen_provenance_report_has (report, "ingredient.unknownProvenance"));
}

/* Whoever looks through a heap of files learns from a claim what was generated. */
static void
test_traits (void)
{
  static const char *const is[] = { "png", "jpeg", "wav", "flac", "mp3", "mp3" };
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (GBytes) file = make_file (kinds[i]), made = sign (&key, file);
    GenFileTraits traits;

    gen_file_traits_read (&traits, file);
    g_assert_cmpuint (traits.hints, ==, 0);
    gen_file_traits_read (&traits, made);
    g_assert_cmpstr (traits.kind, ==, is[i]);
    g_assert_cmpuint (traits.hints, ==, GEN_HINT_CREDENTIALS | GEN_HINT_GENERATED);
    g_assert_cmpstr (traits.source_type, ==, "trainedAlgorithmicMedia");
    g_free (traits.source_type);
  }
}

/* What an older manifest says is looked at, too. */
static void
test_history (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png), made = NULL, again = NULL;
  g_autoptr (GBytes) changed = NULL;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  made = sign (&key, file);
  again = sign (&key, made);
  assert_trusted (&key, again);
  /* Its first claim is the older one's. */
  changed = with_byte_changed (again, place_of (again, "instanceID") + 30);
  assert_refused (&key, changed, "ingredient.manifest.mismatch");
}

/* A WAV file of nothing at all, and one that has nothing but what says so. */
static void
test_no_chunks (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = g_bytes_new_static ("RIFF\4\0\0\0WAVE", 12), made = NULL, again = NULL;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  made = sign (&key, file);
  assert_trusted (&key, made);
  again = sign (&key, made);
  assert_trusted (&key, again);
}

static void
test_refused_claims (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png), text = g_bytes_new ("hello", 5);
  const GenProvenanceClaim latin = { .title = "V\xf6gel" }, empty = { .prompt = "" };
  const GenProvenanceClaim good = GEN_PROVENANCE_CLAIM_DEFAULTS;
  g_autoptr (GError) error = NULL;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  g_assert_null (gen_provenance_sign (file, &latin, key.signer, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "title"));
  g_clear_error (&error);
  g_assert_null (gen_provenance_sign (file, &empty, key.signer, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (gen_provenance_sign (text, &good, key.signer, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "jpeg"));
}

static void
test_refused_cards (void)
{
  static const struct {
    GenProvenanceClaim claim;
    const char *why;
  } refused[] = {
    { { .card_hash = "00ff" }, "no SHA-256" },
    { { .card_address = "https://example.org/card.md" }, "no card whose hash" },
    { { .card_hash = CARD_HASH, .card_address = "file:///card.md" },
        "begins neither with https://" },
  };
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png);

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_provenance_sign (file, &refused[i].claim, key.signer, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    if (strstr (error->message, refused[i].why) == NULL)
      g_error ("\"%s\" does not say \"%s\"", error->message, refused[i].why);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/provenance/kinds", test_kinds);
  g_test_add_func ("/provenance/algorithms", test_algorithms);
  g_test_add_func ("/provenance/changed", test_changed);
  g_test_add_func ("/provenance/time", test_time);
  g_test_add_func ("/provenance/unknown-signer", test_unknown_signer);
  g_test_add_func ("/provenance/claim", test_claim);
  g_test_add_func ("/provenance/edited", test_edited);
  g_test_add_func ("/provenance/traits", test_traits);
  g_test_add_func ("/provenance/history", test_history);
  g_test_add_func ("/provenance/no-chunks", test_no_chunks);
  g_test_add_func ("/provenance/refused-claims", test_refused_claims);
  g_test_add_func ("/provenance/refused-cards", test_refused_cards);
  return g_test_run ();
}
