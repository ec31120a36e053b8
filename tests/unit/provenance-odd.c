/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stores of manifests that nobody sane has made, and any byte of a signed file. */
#include <json-glib/json-glib.h>

#include "provenance-files.h"

/* A manifest may say by a size of 0 that it goes on to the end of its store. */
static void
test_history_without_size (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png), made = NULL, open = NULL;
  g_autoptr (GBytes) again = NULL;
  guint8 *data;
  gsize size;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  made = sign (&key, file);
  size = g_bytes_get_size (made);
  data = g_memdup2 (g_bytes_get_data (made, NULL), size);
  /* In front of a label are the headers of the box and of its description, a UUID and a byte. */
  memset (data + place_of (made, "urn:c2pa:") - 33, 0, 4);
  open = g_bytes_new_take (data, size);
  assert_trusted (&key, open);
  again = sign (&key, open);
  assert_trusted (&key, again);
}

static void
put32 (GByteArray *bytes, guint32 value)
{
  guint32 big = GUINT32_TO_BE (value);

  g_byte_array_append (bytes, (guint8 *)&big, 4);
}

/* A superbox of `kind` and label around `inside`; (transfer full) */
static GByteArray *
box_of (const char *kind, const char *label, const GByteArray *inside)
{
  static const guint8 rest[] = { 0, 0x11, 0, 0x10, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71, 3 };
  GByteArray *box = g_byte_array_new ();
  guint32 description = 8 + 17 + (guint32)strlen (label) + 1;

  put32 (box, 8 + description + (inside != NULL ? inside->len : 0));
  g_byte_array_append (box, (const guint8 *)"jumb", 4);
  put32 (box, description);
  g_byte_array_append (box, (const guint8 *)"jumd", 4);
  g_byte_array_append (box, (const guint8 *)kind, 4);
  g_byte_array_append (box, rest, sizeof rest);
  g_byte_array_append (box, (const guint8 *)label, (guint)strlen (label) + 1);
  if (inside != NULL)
    g_byte_array_append (box, inside->data, inside->len);
  return box;
}

/* A WAV file, which needs no checksums, with those bytes as its store. */
static GBytes *
wav_with_store (const void *store, gsize size)
{
  g_autoptr (GBytes) wav = wav_file (10);
  gsize wav_size;
  const guint8 *data = g_bytes_get_data (wav, &wav_size);
  g_autoptr (GByteArray) file = g_byte_array_new ();
  guint32 length = GUINT32_TO_LE ((guint32)size), riff;

  g_byte_array_append (file, data, (guint)wav_size);
  g_byte_array_append (file, (const guint8 *)"C2PA", 4);
  g_byte_array_append (file, (guint8 *)&length, 4);
  g_byte_array_append (file, store, (guint)size);
  riff = GUINT32_TO_LE (file->len - 8);
  memcpy (file->data + 4, &riff, 4);
  return g_bytes_new (file->data, file->len);
}

/* What is said of it; (transfer full) */
static char *
json_of_refused (const GByteArray *store)
{
  g_autoptr (GBytes) file = wav_with_store (store->data, store->len);
  g_autoptr (GenProvenanceReport) report = gen_provenance_read (file, NULL, NULL);

  g_assert_nonnull (report);
  g_assert_cmpint (gen_provenance_report_state (report), ==, GEN_PROVENANCE_INVALID);
  return gen_provenance_report_json (report);
}

static void
assert_store_refused (const GByteArray *store)
{
  g_autofree char *json = json_of_refused (store);

  g_assert_cmpuint (strlen (json), >, 10);
}

static void
test_deep_boxes (void)
{
  g_autoptr (GByteArray) box = box_of ("c2ma", "in", NULL);

  if (gen_provenance_formats ()[0] == NULL)
    return g_test_skip ("this build has no signed metadata");
  for (int i = 0; i < 10000; i++) {
    GByteArray *outer = box_of ("c2ma", "x", box);

    g_byte_array_unref (box);
    box = outer;
  }
  assert_store_refused (box);
}

static void
test_box_sizes (void)
{
  static const guint32 sizes[] = { 0, 1, 7, 8, 9, 40, 0x7fffffff, 0xffffffff };
  g_autoptr (GByteArray) manifest = box_of ("c2ma", "urn:c2pa:x", NULL);
  g_autoptr (GByteArray) store = box_of ("c2pa", "c2pa", manifest);

  if (gen_provenance_formats ()[0] == NULL)
    return g_test_skip ("this build has no signed metadata");
  assert_store_refused (store); /* there is no claim */
  for (guint at = 0; at + 4 <= store->len; at++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
      g_autoptr (GByteArray) other = g_byte_array_new ();
      guint32 big = GUINT32_TO_BE (sizes[i]);

      g_byte_array_append (other, store->data, store->len);
      memcpy (other->data + at, &big, 4);
      assert_store_refused (other);
    }
  for (guint n = 0; n < store->len; n++) {
    g_autoptr (GByteArray) cut = g_byte_array_new ();

    g_byte_array_append (cut, store->data, n);
    assert_store_refused (cut);
  }
}

/* With a claim whose CBOR is `cbor`; (transfer full) */
static GByteArray *
store_of_claim (const void *cbor, gsize size)
{
  g_autoptr (GByteArray) content = g_byte_array_new (), claim = NULL, manifest = NULL;

  put32 (content, 8 + (guint32)size);
  g_byte_array_append (content, (const guint8 *)"cbor", 4);
  g_byte_array_append (content, cbor, (guint)size);
  claim = box_of ("c2cl", "c2pa.claim.v2", content);
  manifest = box_of ("c2ma", "urn:c2pa:x", claim);
  return box_of ("c2pa", "c2pa", manifest);
}

static void
assert_claim_refused (const void *cbor, gsize size)
{
  g_autoptr (GByteArray) store = store_of_claim (cbor, size);

  assert_store_refused (store);
}

static void
test_cbor (void)
{
  static const guint8 many[] = { 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
  static const guint8 four[] = { 0xba, 0x7f, 0xff, 0xff, 0xff };
  static const guint8 text[] = { 0x7b, 0, 0, 0, 1, 0, 0, 0, 0, 'a' };
  static const guint8 behind[] = { 0xa0, 0xa0 };
  static const guint8 stopped[] = { 0xbf, 0x61, 'a', 0xff };
  static const guint8 good[] = { 0xa0 };
  g_autofree guint8 *deep = g_malloc (100000);

  if (gen_provenance_formats ()[0] == NULL)
    return g_test_skip ("this build has no signed metadata");
  memset (deep, 0x81, 100000);
  assert_claim_refused (many, sizeof many);
  assert_claim_refused (four, sizeof four);
  assert_claim_refused (text, sizeof text);
  assert_claim_refused (behind, sizeof behind);
  assert_claim_refused (stopped, sizeof stopped);
  assert_claim_refused (good, sizeof good);
  assert_claim_refused (deep, 100000);
  memset (deep, 0xc1, 100000); /* tags */
  assert_claim_refused (deep, 100000);
  memset (deep, 0x9f, 100000); /* arrays without a length */
  assert_claim_refused (deep, 100000);
}

/* Few bytes that would become much memory. */
static void
test_many_items (void)
{
  static const struct {
    guint32 n;
    gboolean read;
  } cases[] = { { 1000, TRUE }, { 6000000, FALSE } };

  if (gen_provenance_formats ()[0] == NULL)
    return g_test_skip ("this build has no signed metadata");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree guint8 *zeros = g_malloc0 (cases[i].n);
    g_autoptr (GByteArray) cbor = g_byte_array_new (), store = NULL;
    g_autofree char *json = NULL;

    g_byte_array_append (cbor, (const guint8 *)"\xa1\x64room\x9a", 7);
    put32 (cbor, cases[i].n);
    g_byte_array_append (cbor, zeros, cases[i].n);
    store = store_of_claim (cbor->data, cbor->len);
    json = json_of_refused (store);
    g_assert_true ((strstr (json, "room") != NULL) == cases[i].read);
  }
}

/* The bytes of a literal, zeros among them. */
#define ADD(bytes, text) g_byte_array_append (bytes, (const guint8 *)(text), sizeof (text) - 1)

/* An outer box around `inside`. */
static void
add_box (GByteArray *file, const char *type, const guint8 *inside, guint size)
{
  put32 (file, 8 + size);
  g_byte_array_append (file, (const guint8 *)type, 4);
  g_byte_array_append (file, inside, size);
}

/* An assertion that leaves a thousand parts of each "free" out of a film's hash. */
static GByteArray *
parts_assertion (void)
{
  g_autoptr (GByteArray) cbor = g_byte_array_new (), content = g_byte_array_new ();

  ADD (cbor, "\xa3\x64hash\x41x\x63"
             "alg\x66sha256\x6a"
             "exclusions\x81\xa2\x65xpath\x65/free");
  ADD (cbor, "\x66subset\x99\x03\xe8");
  for (guint i = 0; i < 1000; i++) {
    const guint8 offset[] = { 0x19, (guint8)(i >> 8), (guint8)i };

    ADD (cbor, "\xa2\x66offset");
    g_byte_array_append (cbor, offset, sizeof offset);
    ADD (cbor, "\x66length\x01");
  }
  add_box (content, "cbor", cbor->data, cbor->len);
  return box_of ("cbor", "c2pa.hash.bmff.v3", content);
}

/* Nobody has signed it, but its hash of the assertion is right. */
static GByteArray *
parts_store (void)
{
  g_autoptr (GByteArray) assertion = parts_assertion (), cbor = g_byte_array_new ();
  g_autoptr (GByteArray) content = g_byte_array_new (), claim = NULL, assertions = NULL;
  g_autoptr (GByteArray) manifest = NULL;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 hash[32];
  gsize size = sizeof hash;

  g_checksum_update (checksum, assertion->data + 8, (gssize)assertion->len - 8);
  g_checksum_get_digest (checksum, hash, &size);
  ADD (cbor, "\xa5\x6ainstanceID\x61x\x69signature\x61x\x63"
             "alg\x66sha256");
  ADD (cbor, "\x74"
             "claim_generator_info\xa1\x64name\x61x\x72"
             "created_assertions\x81\xa2");
  ADD (cbor, "\x63url\x78\x2cself#jumbf=c2pa.assertions/c2pa.hash.bmff.v3\x64hash\x58\x20");
  g_byte_array_append (cbor, hash, sizeof hash);
  add_box (content, "cbor", cbor->data, cbor->len);
  claim = box_of ("c2cl", "c2pa.claim.v2", content);
  assertions = box_of ("c2as", "c2pa.assertions", assertion);
  g_byte_array_append (assertions, claim->data, claim->len);
  manifest = box_of ("c2ma", "urn:c2pa:x", assertions);
  return box_of ("c2pa", "c2pa", manifest);
}

/* A short list that leaves much out of a film with many boxes. */
static void
test_many_parts (void)
{
  static const struct {
    guint boxes;
    gboolean looked_at;
  } cases[] = { { 10, TRUE }, { 1100, FALSE } };
  static const guint8 free_space[1000];
  g_autoptr (GByteArray) store = parts_store (), own = g_byte_array_new ();

  if (gen_provenance_formats ()[0] == NULL)
    return g_test_skip ("this build has no signed metadata");
  ADD (own, "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81\0\0\0\0manifest\0");
  ADD (own, "\0\0\0\0\0\0\0\0");
  g_byte_array_append (own, store->data, store->len);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) film = g_byte_array_new ();
    g_autoptr (GBytes) file = NULL;
    g_autoptr (GenProvenanceReport) report = NULL;
    g_autofree char *json = NULL;

    add_box (film, "ftyp", (const guint8 *)"isom\0\0\0\0", 8);
    add_box (film, "uuid", own->data, own->len);
    for (guint n = 0; n < cases[i].boxes; n++)
      add_box (film, "free", free_space, sizeof free_space);
    file = g_bytes_new (film->data, film->len);
    report = gen_provenance_read (file, NULL, NULL);
    g_assert_nonnull (report);
    json = gen_provenance_report_json (report);
    g_assert_nonnull (strstr (json, "assertion.bmffHash.mismatch"));
    g_assert_true ((strstr (json, "more parts of the file") == NULL) == cases[i].looked_at);
  }
}

#define LABEL_SIZE 45 /* urn:c2pa: and a UUID */

/* What a file says, without the name of its manifest, which nobody signs. (transfer full) */
static char *
all_but_label (const GenProvenanceReport *report, GBytes *file, gsize label_at)
{
  const char *data = g_bytes_get_data (file, NULL);
  g_autofree char *label = g_strndup (data + label_at, LABEL_SIZE);
  GString *json = g_string_new (NULL);
  g_autofree char *text = gen_provenance_report_json (report);

  g_string_append (json, text);
  g_string_replace (json, label, "label", 0);
  return g_string_free (json, FALSE);
}

/* Each byte of a signed file may be any other one; a file may end anywhere. What is trusted still
 * says the same: flags of outer boxes are nobody's. */
static void
test_any_byte (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = wav_file (4), made = NULL;
  g_autoptr (GenProvenanceReport) whole = NULL;
  g_autofree char *said = NULL;
  gsize size, label_at;
  guint same = 0;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  made = sign (&key, file);
  size = g_bytes_get_size (made);
  whole = provenance_read (&key, made);
  label_at = place_of (made, "urn:c2pa:");
  said = all_but_label (whole, made, label_at);
  for (gsize at = 0; at < size; at++) {
    g_autoptr (GBytes) other = with_byte_changed (made, at);
    g_autoptr (GBytes) cut = g_bytes_new_from_bytes (made, 0, at);
    g_autoptr (GenProvenanceReport) report = gen_provenance_read (other, key.authorities, NULL);
    g_autoptr (GenProvenanceReport) less = gen_provenance_read (cut, key.authorities, NULL);

    if (report != NULL && gen_provenance_report_state (report) == GEN_PROVENANCE_TRUSTED) {
      g_autofree char *json = all_but_label (report, other, label_at);

      if (strcmp (json, said) != 0)
        g_error ("byte %" G_GSIZE_FORMAT " may be another one", at);
      same++;
    }
    g_assert_true (less == NULL || gen_provenance_report_state (less) != GEN_PROVENANCE_TRUSTED);
  }
  g_assert_cmpuint (same, <, LABEL_SIZE + 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/provenance-odd/history-without-size", test_history_without_size);
  g_test_add_func ("/provenance-odd/deep-boxes", test_deep_boxes);
  g_test_add_func ("/provenance-odd/box-sizes", test_box_sizes);
  g_test_add_func ("/provenance-odd/cbor", test_cbor);
  g_test_add_func ("/provenance-odd/many-items", test_many_items);
  g_test_add_func ("/provenance-odd/many-parts", test_many_parts);
  g_test_add_func ("/provenance-odd/any-byte", test_any_byte);
  return g_test_run ();
}
