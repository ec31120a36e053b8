/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all marks have in common: keys and what files are none, derivation and code against values
 * of a program of Python's hmac and hashlib, payloads, errors that are corrected, and how often
 * noise is taken for a message. */
#include <generative/mark.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "../../lib/mark/code.h"
#include "../scratch.h"

static GenMarkKey *
make_key (guint8 first)
{
  g_autoptr (GError) error = NULL;
  guint8 secret[32];
  GenMarkKey *key;

  for (guint i = 0; i < sizeof secret; i++)
    secret[i] = (guint8)(first + i);
  key = gen_mark_key_new (secret, sizeof secret, &error);
  g_assert_no_error (error);
  return key;
}

static char *
hex_of (const guint8 *bytes, gsize size)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < size; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

/* --- keys --- */

static void
test_derivation (void)
{
  g_autoptr (GenMarkKey) key = make_key (0);
  g_autofree char *hex = NULL;
  guint8 bytes[40];

  gen_mark_key_derive (key, "check of picture", bytes, sizeof bytes);
  hex = hex_of (bytes, sizeof bytes);
  g_assert_cmpstr (
      hex, ==, "f288e5a5fbf11182f0a83aa8b55233ccb41ca99b82727de4c6eb59241e3da76058abdbeea55de80f");
}

typedef struct {
  const char *bytes;
  gssize size; /* -1: of a text */
  guint mode;
  const char *complaint; /* NULL: it is a key */
} KeyFile;

static void
test_key_files (void)
{
  static const char digits[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
  /* A key that was made for this test (openssl genpkey -algorithm ed25519). */
  static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                            "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
                            "-----END PRIVATE KEY-----\n";
  static const KeyFile files[] = {
    { digits, -1, 0600, NULL },
    { digits, -1, 0400, NULL },
    { digits, 64, 0600, NULL },
    { "0123456789abcdef0123456789abcde\xff", 32, 0600, NULL },
    { pem, -1, 0600, NULL },
    { digits, -1, 0640, "chmod 600" },
    { digits, -1, 0602, "chmod 600" },
    { digits, 63, 0600, "no key" },
    { "", 0, 0600, "no key" },
    { "-----BEGIN PRIVATE KEY-----\nnothing", -1, 0600, "no private key" },
    { "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", -1,
        0600, "without a password" },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "key", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenMarkKey) key = NULL;

    g_unlink (path);
    g_assert_true (g_file_set_contents (path, files[i].bytes, files[i].size, &error));
    g_assert_cmpint (chmod (path, files[i].mode), ==, 0);
    key = gen_mark_key_load (path, &error);
    if (files[i].complaint == NULL) {
      g_assert_no_error (error);
      g_assert_nonnull (key);
      continue;
    }
    g_assert_null (key);
    g_assert_error (error, GEN_MARK_ERROR, GEN_MARK_ERROR_KEY);
    g_assert_nonnull (strstr (error->message, files[i].complaint));
    g_assert_nonnull (strstr (error->message, path));
    g_assert_null (strstr (error->message, "0001020304")); /* nothing of the secret */
  }
  scratch_remove (folder);
}

static void
test_no_key_files (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *missing = g_build_filename (folder, "missing", NULL);
  const char *paths[] = { folder, missing, "/dev/null" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_mark_key_load (paths[i], &error));
    g_assert_error (error, GEN_MARK_ERROR, GEN_MARK_ERROR_KEY);
  }
  scratch_remove (folder);
}

static void
test_short_key (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_mark_key_new ((const guint8 *)"123456789012345", 15, &error));
  g_assert_error (error, GEN_MARK_ERROR, GEN_MARK_ERROR_KEY);
}

/* --- payloads --- */

static void
test_payload (void)
{
  const GenMarkPayload payload = { 7, 0xabcde, GEN_MARK_TIME_FIRST + 1000 * 60 + 59 };
  static const GenMarkPayload wrong[] = {
    { GEN_MARK_OPERATOR_MAX + 1, 0, GEN_MARK_TIME_FIRST },
    { 0, GEN_MARK_MODEL_MAX + 1, GEN_MARK_TIME_FIRST },
    { 0, 0, GEN_MARK_TIME_FIRST - 1 },
    { 0, 0, GEN_MARK_TIME_FIRST + ((gint64)1 << 24) * 60 },
  };
  g_autoptr (GError) error = NULL;
  GenMarkPayload back;
  guint64 bits = 0;

  g_assert_true (gen_mark_payload_pack (&payload, &bits, &error));
  g_assert_cmphex (bits, ==, G_GUINT64_CONSTANT (0x10007abcde0003e8));
  g_assert_true (gen_mark_payload_unpack (bits, &back));
  g_assert_cmpuint (back.operator_id, ==, 7);
  g_assert_cmphex (back.model_id, ==, 0xabcde);
  g_assert_cmpint (back.time, ==, GEN_MARK_TIME_FIRST + 1000 * 60);
  g_assert_false (gen_mark_payload_unpack (bits ^ (guint64)3 << 60, &back));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_assert_false (gen_mark_payload_pack (&wrong[i], &bits, &error));
    g_assert_error (error, GEN_MARK_ERROR, GEN_MARK_ERROR_PAYLOAD);
    g_clear_error (&error);
  }
}

static void
test_model_id (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GError) error = NULL;
  guint id = 0;

  g_assert_true (g_file_set_contents (path, "abc", 3, &error));
  g_assert_true (gen_mark_model_id (path, &id, &error));
  g_assert_cmphex (id, ==, 0xba781); /* SHA-256 of abc: ba7816bf… */
  g_unlink (path);
  g_assert_false (gen_mark_model_id (path, &id, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  scratch_remove (folder);
}

/* --- the code --- */

#define BITS G_GUINT64_CONSTANT (0x10007abcde0003e8)

static void
test_encoding (void)
{
  g_autoptr (GenMarkKey) key = make_key (0);
  g_autoptr (GenMarkCode) code = gen_mark_code_new (key, "picture");
  gint8 symbols[GEN_MARK_SYMBOLS];
  guint8 bytes[(GEN_MARK_SYMBOLS + 7) / 8] = { 0 };
  g_autofree char *hex = NULL;

  gen_mark_encode (code, BITS, symbols);
  for (int i = 0; i < GEN_MARK_SYMBOLS; i++)
    bytes[i / 8] |= (guint8)((symbols[i] < 0) << (7 - i % 8));
  hex = hex_of (bytes, sizeof bytes);
  g_assert_cmpstr (hex, ==,
      "00003f1ce6fe5a9d8d5a785b3c0e36b6c09d1982fff06697908380ccc9a132adbdf9eb7448aaf0fc0ff8dad4faae"
      "bd098ba869872b32cf65a24196599bdc2a972cf098b36b17ae1b1fd472c53f1d2d417a91818cbddd6bc3f0");
}

/* A message in noise of `deviation`, the symbols being -1 and 1. */
static gboolean
send (GenMarkCode *code, GenMarkCode *reader, guint64 bits, float deviation, guint64 draw,
    GenMarkRead *read)
{
  const GenRandom random = gen_random_new (1, "test-mark", 0);
  gint8 symbols[GEN_MARK_SYMBOLS];
  float noisy[GEN_MARK_SYMBOLS];

  gen_mark_encode (code, bits, symbols);
  gen_random_normal (&random, draw, 0, noisy, GEN_MARK_SYMBOLS);
  for (int i = 0; i < GEN_MARK_SYMBOLS; i++)
    noisy[i] = symbols[i] + deviation * noisy[i];
  return gen_mark_decode (reader, noisy, read);
}

static void
test_decoding (void)
{
  g_autoptr (GenMarkKey) key = make_key (0);
  g_autoptr (GenMarkCode) code = gen_mark_code_new (key, "picture");
  GenMarkRead read;
  int failed = 0;

  g_assert_true (send (code, code, BITS, 0, 0, &read));
  g_assert_cmphex (read.bits, ==, BITS);
  g_assert_cmpfloat (read.errors, ==, 0);
  /* Every fourth symbol is wrong: a bit has 1.8 dB of energy over noise. */
  for (guint64 i = 0; i < 50; i++) {
    const gboolean found = send (code, code, BITS + i, 1.5f, i, &read);

    failed += !found;
    if (!found)
      continue;
    g_assert_cmphex (read.bits, ==, BITS + i);
    g_assert_cmpfloat (read.errors, >, 0.2);
    g_assert_cmpfloat (read.deviations, >, 9);
  }
  g_assert_cmpint (failed, <=, 2);
}

/* Half of the symbols are lost, and some are no numbers. */
static void
test_lost_symbols (void)
{
  g_autoptr (GenMarkKey) key = make_key (0);
  g_autoptr (GenMarkCode) code = gen_mark_code_new (key, "picture");
  gint8 symbols[GEN_MARK_SYMBOLS];
  float soft[GEN_MARK_SYMBOLS];
  GenMarkRead read;

  gen_mark_encode (code, BITS, symbols);
  for (int i = 0; i < GEN_MARK_SYMBOLS; i++)
    soft[i] = i % 2 == 0 ? symbols[i] : i % 3 == 0 ? NAN : 0;
  g_assert_true (gen_mark_decode (code, soft, &read));
  g_assert_cmphex (read.bits, ==, BITS);
  for (int i = 0; i < GEN_MARK_SYMBOLS; i++)
    soft[i] = INFINITY;
  g_assert_false (gen_mark_decode (code, soft, &read));
  g_assert_cmpfloat (read.deviations, ==, 0);
}

/* What is not ours is not read, however clear it is. */
static void
test_others (void)
{
  g_autoptr (GenMarkKey) key = make_key (0), other = make_key (1);
  g_autoptr (GenMarkCode) picture = gen_mark_code_new (key, "picture");
  g_autoptr (GenMarkCode) sound = gen_mark_code_new (key, "sound");
  g_autoptr (GenMarkCode) forged = gen_mark_code_new (other, "picture");
  GenMarkRead read;

  g_assert_false (send (sound, picture, BITS, 0, 0, &read));
  g_assert_false (send (forged, picture, BITS, 0, 0, &read));
  g_assert_cmpfloat (read.errors, >, 0); /* it is a codeword, of another check */
  /* Another version, which nobody knows how to read. */
  g_assert_false (send (picture, picture, BITS ^ (guint64)2 << 60, 0, 0, &read));
}

/* Noise passes once in 2^40 tries, so that hundreds tell of mistakes alone. */
static void
test_noise (void)
{
  g_autoptr (GenMarkKey) key = make_key (0);
  g_autoptr (GenMarkCode) code = gen_mark_code_new (key, "picture");
  const GenRandom random = gen_random_new (2, "test-mark", 0);
  float noise[GEN_MARK_SYMBOLS];
  GenMarkRead read;

  for (guint64 i = 0; i < 300; i++) {
    gen_random_normal (&random, i, 0, noise, GEN_MARK_SYMBOLS);
    g_assert_false (gen_mark_decode (code, noise, &read));
    g_assert_cmpfloat (read.errors, >, 0.2);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mark/derivation", test_derivation);
  g_test_add_func ("/mark/key-files", test_key_files);
  g_test_add_func ("/mark/no-key-files", test_no_key_files);
  g_test_add_func ("/mark/short-key", test_short_key);
  g_test_add_func ("/mark/payload", test_payload);
  g_test_add_func ("/mark/model-id", test_model_id);
  g_test_add_func ("/mark/encoding", test_encoding);
  g_test_add_func ("/mark/decoding", test_decoding);
  g_test_add_func ("/mark/lost-symbols", test_lost_symbols);
  g_test_add_func ("/mark/others", test_others);
  g_test_add_func ("/mark/noise", test_noise);
  return g_test_run ();
}
