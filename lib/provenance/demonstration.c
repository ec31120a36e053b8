/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A key, its certificate and an authority for trying things out: what an operator gets from a real
 * authority, of the same kind, so that nothing has to be changed then but the names of two files.
 * The authority's own key is forgotten: it vouches for this one certificate, and never again. */
#include "signer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define RSA_BITS 3072
#define SECONDS_A_DAY (24 * 60 * 60L)
/* The authority has to be there before the certificate, and to outlast it. */
#define AUTHORITY_DAYS 3650L

static EVP_PKEY *
make_key (const GenSignatureAlgorithm *algorithm)
{
  if (algorithm->key == EVP_PKEY_EC)
    return EVP_PKEY_Q_keygen (NULL, NULL, "EC", algorithm->curve);
  if (algorithm->key == EVP_PKEY_RSA)
    return EVP_PKEY_Q_keygen (NULL, NULL, "RSA", (gsize)RSA_BITS);
  return EVP_PKEY_Q_keygen (NULL, NULL, "ED25519");
}

static gboolean
add_extension (X509 *certificate, X509 *issuer, int kind, const char *value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;
  gboolean good;

  X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, kind, value);
  good = extension != NULL && X509_add_ext (certificate, extension, -1) == 1;
  X509_EXTENSION_free (extension);
  return good;
}

static void
set_name (X509 *certificate, const char *common_name)
{
  X509_NAME *name = X509_get_subject_name (certificate);

  X509_NAME_add_entry_by_txt (
      name, "O", MBSTRING_UTF8, (const guint8 *)"Demonstration only", -1, -1, 0);
  X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_UTF8, (const guint8 *)common_name, -1, -1, 0);
}

static gboolean
set_number (X509 *certificate)
{
  guint8 random[16];
  BIGNUM *number;
  gboolean good;

  if (RAND_bytes (random, sizeof random) != 1)
    return FALSE;
  random[0] = (random[0] & 0x7f) | 0x40; /* positive, and always as long */
  number = BN_bin2bn (random, sizeof random, NULL);
  good = BN_to_ASN1_INTEGER (number, X509_get_serialNumber (certificate)) != NULL;
  BN_free (number);
  return good;
}

/* Without extensions and signature. `from` and `until` are seconds from now. */
static X509 *
begin (EVP_PKEY *key, X509 *issuer, const char *name, long from, long until)
{
  X509 *certificate = X509_new ();

  X509_set_version (certificate, X509_VERSION_3);
  X509_gmtime_adj (X509_getm_notBefore (certificate), from);
  X509_gmtime_adj (X509_getm_notAfter (certificate), until);
  X509_set_pubkey (certificate, key);
  set_name (certificate, name);
  X509_set_issuer_name (certificate, X509_get_subject_name (issuer != NULL ? issuer : certificate));
  if (set_number (certificate))
    return certificate;
  X509_free (certificate);
  return NULL;
}

static gboolean
sign (X509 *certificate, EVP_PKEY *key, const GenSignatureAlgorithm *algorithm)
{
  return X509_sign (certificate, key,
             algorithm->hash != NULL ? EVP_get_digestbyname (algorithm->hash) : NULL) > 0;
}

static X509 *
make_authority (EVP_PKEY *key, const GenSignatureAlgorithm *algorithm)
{
  X509 *certificate = begin (key, NULL, "Demonstration authority, not to be trusted",
      -AUTHORITY_DAYS * SECONDS_A_DAY, AUTHORITY_DAYS * SECONDS_A_DAY);

  if (certificate != NULL &&
      add_extension (certificate, certificate, NID_basic_constraints, "critical,CA:TRUE") &&
      add_extension (certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension (certificate, certificate, NID_subject_key_identifier, "hash") &&
      add_extension (certificate, certificate, NID_authority_key_identifier, "keyid:always") &&
      sign (certificate, key, algorithm))
    return certificate;
  X509_free (certificate);
  return NULL;
}

static X509 *
make_own (EVP_PKEY *key, X509 *authority, EVP_PKEY *authority_key,
    const GenSignatureAlgorithm *algorithm, int days)
{
  long from = days < 0 ? (2L * days) * SECONDS_A_DAY : -60 * 60;
  X509 *certificate =
      begin (key, authority, "Demonstration signer", from, (long)days * SECONDS_A_DAY);

  if (certificate != NULL &&
      add_extension (certificate, authority, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension (certificate, authority, NID_key_usage, "critical,digitalSignature") &&
      add_extension (
          certificate, authority, NID_ext_key_usage, "1.3.6.1.4.1.62558.2.1,emailProtection") &&
      add_extension (certificate, authority, NID_subject_key_identifier, "hash") &&
      add_extension (certificate, authority, NID_authority_key_identifier, "keyid:always") &&
      sign (certificate, authority_key, algorithm))
    return certificate;
  X509_free (certificate);
  return NULL;
}

/* A new file, never one that is there. */
static gboolean
write_new (const char *folder, const char *name, BIO *bio, int mode, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *data;
  long size = BIO_get_mem_data (bio, &data);
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  gboolean good = fd >= 0 && write (fd, data, (gsize)size) == size && fsync (fd) == 0;
  int number = errno;

  if (fd >= 0)
    close (fd);
  if (!good)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot write '%s': %s%s",
        path, g_strerror (number),
        number == EEXIST ? ", and what it has signed hangs on it: take another folder" : "");
  return good;
}

static gboolean
write_certificate (const char *folder, const char *name, X509 *certificate, GError **error)
{
  BIO *bio = BIO_new (BIO_s_mem ());
  gboolean good =
      PEM_write_bio_X509 (bio, certificate) == 1 && write_new (folder, name, bio, 0644, error);

  BIO_free (bio);
  return good;
}

static gboolean
write_key (const char *folder, const char *name, EVP_PKEY *key, GError **error)
{
  BIO *bio = BIO_new (BIO_s_secmem ());
  gboolean good = PEM_write_bio_PrivateKey (bio, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                  write_new (folder, name, bio, 0600, error);

  BIO_free (bio);
  return good;
}

static const GenSignatureAlgorithm *
find_algorithm (const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < gen_signature_algorithms_n; i++) {
    if (g_ascii_strcasecmp (gen_signature_algorithms[i].name, name) == 0)
      return &gen_signature_algorithms[i];
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", gen_signature_algorithms[i].name);
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "there is no algorithm of signatures \"%s\"; there are %s", name, names->str);
  return NULL;
}

gboolean
gen_provenance_demonstration_key (
    const char *folder, const char *algorithm, int days, GError **error)
{
  const GenSignatureAlgorithm *kind =
      find_algorithm (algorithm != NULL ? algorithm : "ES256", error);
  EVP_PKEY *key, *authority_key;
  X509 *authority = NULL, *own = NULL;
  gboolean good = FALSE;

  if (kind == NULL)
    return FALSE;
  if (g_mkdir_with_parents (folder, 0700) < 0) {
    int number = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number),
        "cannot make the folder '%s': %s", folder, g_strerror (number));
    return FALSE;
  }
  key = make_key (kind);
  authority_key = make_key (kind);
  if (key != NULL && authority_key != NULL)
    authority = make_authority (authority_key, kind);
  if (authority != NULL)
    own = make_own (key, authority, authority_key, kind, days);
  if (own == NULL) {
    g_autofree char *reason = gen_openssl_message ();

    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "no key can be made: %s", reason);
  } else {
    good = write_key (folder, "key.pem", key, error) &&
           write_certificate (folder, "certificate.pem", own, error) &&
           write_certificate (folder, "authority.pem", authority, error);
  }
  X509_free (own);
  X509_free (authority);
  EVP_PKEY_free (key);
  EVP_PKEY_free (authority_key);
  return good;
}
