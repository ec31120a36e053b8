/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets are 256 random bits, so that a plain hash of them is as good as a slow one: nobody finds
 * them by trying. */
#include "tokens.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#define SECRET_SIZE 32

char *
gen_secret_make (void)
{
  guint8 bytes[SECRET_SIZE];
  char *text;

  /* As with memory, there is nothing that could be done without. */
  if (RAND_bytes (bytes, sizeof bytes) != 1)
    g_error ("OpenSSL has no random numbers");
  text = g_base64_encode (bytes, sizeof bytes);
  OPENSSL_cleanse (bytes, sizeof bytes);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  *strchr (text, '=') = '\0';
  return text;
}

char *
gen_secret_hash (const char *secret)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1);
}

gboolean
gen_secret_equal (const char *a, const char *b)
{
  const gsize size = strlen (a);

  return size == strlen (b) && CRYPTO_memcmp (a, b, size) == 0;
}
