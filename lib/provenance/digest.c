/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-2 by OpenSSL. */
#include "digest.h"

#include <string.h>
#include <openssl/evp.h>

struct _GenDigest {
  EVP_MD_CTX *context;
  const EVP_MD *kind;
};

static const EVP_MD *
find_kind (const char *name)
{
  if (g_strcmp0 (name, "sha256") == 0)
    return EVP_sha256 ();
  if (g_strcmp0 (name, "sha384") == 0)
    return EVP_sha384 ();
  return g_strcmp0 (name, "sha512") == 0 ? EVP_sha512 () : NULL;
}

static void
start (GenDigest *digest)
{
  if (digest->context == NULL || EVP_DigestInit_ex (digest->context, digest->kind, NULL) != 1)
    g_error ("OpenSSL has no SHA-2"); /* as without memory */
}

GenDigest *
gen_digest_new (const char *name)
{
  const EVP_MD *kind = find_kind (name);
  GenDigest *digest;

  if (kind == NULL)
    return NULL;
  digest = g_new0 (GenDigest, 1);
  digest->kind = kind;
  digest->context = EVP_MD_CTX_new ();
  start (digest);
  return digest;
}

void
gen_digest_free (GenDigest *digest)
{
  EVP_MD_CTX_free (digest->context);
  g_free (digest);
}

void
gen_digest_add (GenDigest *digest, const void *data, gsize size)
{
  EVP_DigestUpdate (digest->context, data, size);
}

void
gen_digest_add_number (GenDigest *digest, guint64 number)
{
  guint64 big = GUINT64_TO_BE (number);

  gen_digest_add (digest, &big, sizeof big);
}

GenDigestValue
gen_digest_take (GenDigest *digest)
{
  GenDigestValue value = { 0 };
  unsigned int size = 0;

  EVP_DigestFinal_ex (digest->context, value.data, &size);
  value.size = size;
  start (digest);
  return value;
}

GenDigest *
gen_digest_copy (const GenDigest *digest)
{
  GenDigest *copy = g_new0 (GenDigest, 1);

  copy->kind = digest->kind;
  copy->context = EVP_MD_CTX_new ();
  if (copy->context == NULL || EVP_MD_CTX_copy_ex (copy->context, digest->context) != 1)
    g_error ("no memory for a digest");
  return copy;
}

GenDigestValue
gen_digest_of (const void *data, gsize size)
{
  g_autoptr (GenDigest) digest = gen_digest_new (GEN_DIGEST_NAME);

  gen_digest_add (digest, data, size);
  return gen_digest_take (digest);
}

gboolean
gen_digest_equal (const GenDigestValue *value, const guint8 *data, gsize size)
{
  return data != NULL && size == value->size && memcmp (value->data, data, size) == 0;
}
