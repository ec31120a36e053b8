/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of live streams: when one is over, and an OpenSSL that makes none. */
#include <openssl/err.h>

#include "../../lib/provenance/session-key.h"

#define PERIOD 100

static void
test_over (void)
{
  const gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenSessionKey) key = gen_session_key_new (1, PERIOD, &error);

  g_assert_no_error (error);
  g_assert_false (gen_session_key_is_over (key, now + 60));
  g_assert_true (gen_session_key_is_over (key, now + PERIOD + 60));
  /* The clock was set back. */
  g_assert_true (gen_session_key_is_over (key, now - 1));
}

static void
test_none (void)
{
  g_autoptr (GError) error = NULL;

  /* As where a policy allows other algorithms alone. */
  g_assert_cmpint (EVP_set_default_properties (NULL, "provider=none"), ==, 1);
  g_assert_null (gen_session_key_new (1, PERIOD, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "Ed25519"));
  g_assert_cmpuint (ERR_peek_error (), ==, 0);
  EVP_set_default_properties (NULL, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session-key/over", test_over);
  g_test_add_func ("/session-key/none", test_none);
  return g_test_run ();
}
