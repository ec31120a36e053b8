/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys, certificates and time stamps that are taken, and that are not. */
#include "provenance-files.h"

static void
assert_no_signer (const char *key, const char *certificate, const char *why)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_provenance_signer_load (key, certificate, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, why) == NULL)
    g_error ("\"%s\" does not say %s", error->message, why);
}

static void
test_keys (void)
{
  g_auto (ProvenanceKey) key, other;
  g_autofree char *missing = NULL, *text = NULL;
  g_autoptr (GError) error = NULL;

  if (!provenance_key_init (&key, NULL, 30) || !provenance_key_init (&other, NULL, 30))
    return;
  missing = g_build_filename (key.folder, "none.pem", NULL);
  assert_no_signer (missing, key.certificate, "none.pem");
  assert_no_signer (key.key, missing, "none.pem");
  assert_no_signer (key.key, other.certificate, "not that of the first certificate");
  assert_no_signer (key.key, key.authority, "not that of the first certificate");
  assert_no_signer (key.key, key.key, "no certificate");
  assert_no_signer (key.folder, key.certificate, "cannot read the key");
  g_chmod (key.key, 0640);
  assert_no_signer (key.key, key.certificate, "chmod 600");
  g_chmod (key.key, 0604);
  assert_no_signer (key.key, key.certificate, "chmod 600");
  g_chmod (key.key, 0600);
  /* The message is to say nothing of what is in the file. */
  g_assert_true (g_file_set_contents (key.key, "-----BEGIN secret", -1, NULL));
  g_chmod (key.key, 0600);
  g_assert_null (gen_provenance_signer_load (key.key, key.certificate, &error));
  g_assert_null (strstr (error->message, "secret"));
  g_clear_error (&error);
  g_assert_false (gen_provenance_signer_set_time_stamp (key.signer, "ask 'them", &error));
  g_assert_nonnull (strstr (error->message, "ask 'them"));
  g_clear_error (&error);
  g_assert_true (gen_provenance_signer_set_time_stamp (key.signer, NULL, &error));
  g_assert_false (gen_provenance_demonstration_key (key.folder, "ES256", 30, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST);
  g_clear_error (&error);
  g_assert_false (gen_provenance_demonstration_key (missing, "RS256", 30, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "ES256, ES384"));
}

/* What cannot be stamped is not signed: nobody who answers, or something that is no answer. */
static void
test_no_stamp (void)
{
  static const char *const commands[] = { "false", "/nowhere/at/all", "cat", "true", "yes" };
  const GenProvenanceClaim claim = GEN_PROVENANCE_CLAIM_DEFAULTS;
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) file = wav_file (10);

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_true (gen_provenance_signer_set_time_stamp (key.signer, commands[i], NULL));
    g_assert_null (gen_provenance_sign (file, &claim, key.signer, &error));
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, "time stamp authority"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/provenance-keys/keys", test_keys);
  g_test_add_func ("/provenance-keys/no-stamp", test_no_stamp);
  return g_test_run ();
}
