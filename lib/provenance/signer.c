/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and certificates from files. */
#include "signer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <generative/file-bytes.h>

#define KEY_SIZE_MOST (64 * 1024)
#define RSA_BITS_LEAST 2048
#define RSA_BITS_MOST 16384

const GenSignatureAlgorithm gen_signature_algorithms[] = {
  { "ES256", -7, "P-256", EVP_PKEY_EC, "SHA256" },
  { "ES384", -35, "P-384", EVP_PKEY_EC, "SHA384" },
  { "ES512", -36, "P-521", EVP_PKEY_EC, "SHA512" },
  { "PS256", -37, NULL, EVP_PKEY_RSA, "SHA256" },
  { "PS384", -38, NULL, EVP_PKEY_RSA, "SHA384" },
  { "PS512", -39, NULL, EVP_PKEY_RSA, "SHA512" },
  { "EdDSA", -8, NULL, EVP_PKEY_ED25519, NULL },
};
const guint gen_signature_algorithms_n = G_N_ELEMENTS (gen_signature_algorithms);

const GenSignatureAlgorithm *
gen_signature_algorithm_of (gint64 cose)
{
  for (guint i = 0; i < gen_signature_algorithms_n; i++)
    if (gen_signature_algorithms[i].cose == cose)
      return &gen_signature_algorithms[i];
  return NULL;
}

char *
gen_openssl_message (void)
{
  unsigned long code = ERR_peek_last_error ();
  const char *reason = code != 0 ? ERR_reason_error_string (code) : NULL;
  char *text = g_strdup (reason != NULL ? reason : "no reason given");

  ERR_clear_error ();
  return text;
}

/* --- certificates --- */

GPtrArray *
gen_certificates_parse (GBytes *pem, const char *what, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify)X509_free);
  gsize size;
  const void *data = g_bytes_get_data (pem, &size);
  BIO *bio = size <= G_MAXINT ? BIO_new_mem_buf (data, (int)size) : NULL;
  X509 *certificate;

  while (bio != NULL && (certificate = PEM_read_bio_X509 (bio, NULL, NULL, NULL)) != NULL)
    g_ptr_array_add (all, certificate);
  BIO_free (bio);
  ERR_clear_error ();
  if (all->len > 0)
    return g_steal_pointer (&all);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "'%s' has no certificate in it (PEM, which begins with BEGIN CERTIFICATE)", what);
  return NULL;
}

static GPtrArray *
load_certificates (const char *path, GError **error)
{
  g_autoptr (GBytes) pem = gen_file_bytes (path, error);

  return pem != NULL ? gen_certificates_parse (pem, path, error) : NULL;
}

/* --- the key --- */

/* It is looked at and read through one descriptor, so that it is the same file. */
static char *
read_key (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info;
  char *text = NULL;
  gssize size = -1;

  if (fd < 0 || fstat (fd, &info) < 0 || !S_ISREG (info.st_mode)) {
    int number = fd < 0 ? errno : EINVAL;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number),
        "cannot read the key '%s': %s", path, g_strerror (number));
    if (fd >= 0)
      close (fd);
    return NULL;
  }
  if ((info.st_mode & 077) != 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
        "the key '%s' may be read by others than its owner (its mode is %03o): chmod 600 it", path,
        (guint)info.st_mode & 0777);
    close (fd);
    return NULL;
  }
  text = g_malloc0 (KEY_SIZE_MOST + 1);
  size = read (fd, text, KEY_SIZE_MOST);
  close (fd);
  if (size > 0)
    return text;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the key '%s' is empty", path);
  g_free (text);
  return NULL;
}

/* Nobody is asked for a password: a pipeline has no one to ask. */
static int
no_password (char *buffer, int size, int write, void *user_data)
{
  return 0;
}

static EVP_PKEY *
load_key (const char *path, GError **error)
{
  char *text = read_key (path, error);
  gsize size;
  BIO *bio;
  EVP_PKEY *key;

  if (text == NULL)
    return NULL;
  size = strlen (text);
  bio = BIO_new_mem_buf (text, (int)size);
  key = PEM_read_bio_PrivateKey (bio, NULL, no_password, NULL);
  BIO_free (bio);
  OPENSSL_cleanse (text, size);
  g_free (text);
  ERR_clear_error ();
  if (key == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "'%s' has no private key in it (PEM, without a password)", path);
  return key;
}

static gboolean
has_curve (EVP_PKEY *key, const char *curve)
{
  char name[80] = "";
  static const struct {
    const char *nist, *names[2];
  } curves[] = {
    { "P-256", { "prime256v1", "P-256" } },
    { "P-384", { "secp384r1", "P-384" } },
    { "P-521", { "secp521r1", "P-521" } },
  };

  EVP_PKEY_get_utf8_string_param (key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (curves); i++)
    if (curve == NULL || strcmp (curve, curves[i].nist) == 0)
      for (guint j = 0; j < 2; j++)
        if (strcmp (name, curves[i].names[j]) == 0)
          return TRUE;
  return FALSE;
}

gboolean
gen_signature_algorithm_fits (const GenSignatureAlgorithm *algorithm, EVP_PKEY *key)
{
  int kind = EVP_PKEY_get_base_id (key), bits = EVP_PKEY_get_bits (key);

  if (algorithm->key == EVP_PKEY_EC)
    return kind == EVP_PKEY_EC && has_curve (key, NULL);
  if (algorithm->key == EVP_PKEY_RSA)
    return (kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS) && bits >= RSA_BITS_LEAST &&
           bits <= RSA_BITS_MOST;
  return kind == algorithm->key;
}

/* The first that a key is right for; of a curve, the one that is made for it. */
static const GenSignatureAlgorithm *
choose_algorithm (EVP_PKEY *key)
{
  for (guint i = 0; i < gen_signature_algorithms_n; i++) {
    const GenSignatureAlgorithm *algorithm = &gen_signature_algorithms[i];

    if (gen_signature_algorithm_fits (algorithm, key) &&
        (algorithm->curve == NULL || has_curve (key, algorithm->curve)))
      return algorithm;
  }
  return NULL;
}

/* A root says nothing that whoever believes it has not got. */
static void
leave_out_roots (GPtrArray *certificates)
{
  for (guint i = certificates->len; i-- > 1;)
    if (X509_check_issued (certificates->pdata[i], certificates->pdata[i]) == X509_V_OK)
      g_ptr_array_remove_index (certificates, i);
}

static gboolean
check_signer (
    GenProvenanceSigner *signer, const char *key, const char *certificates, GError **error)
{
  X509 *own = signer->certificates->pdata[0];
  const char *fault = gen_certificate_fault (own);

  signer->algorithm = choose_algorithm (signer->key);
  if (signer->algorithm == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "the key '%s' is of a kind that C2PA has no algorithm for: it takes keys of the curves "
        "P-256, P-384 and P-521, Ed25519, and RSA of 2048 bits and more",
        key);
    return FALSE;
  }
  if (X509_check_private_key (own, signer->key) != 1) {
    ERR_clear_error ();
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "the key '%s' is not that of the first certificate of '%s'", key, certificates);
    return FALSE;
  }
  if (fault != NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "C2PA does not take the first certificate of '%s' for signing: %s", certificates, fault);
    return FALSE;
  }
  leave_out_roots (signer->certificates);
  return TRUE;
}

GenProvenanceSigner *
gen_provenance_signer_load (const char *key, const char *certificates, GError **error)
{
  g_autoptr (GenProvenanceSigner) signer = g_new0 (GenProvenanceSigner, 1);

  signer->key = load_key (key, error);
  if (signer->key == NULL)
    return NULL;
  signer->certificates = load_certificates (certificates, error);
  if (signer->certificates == NULL || !check_signer (signer, key, certificates, error))
    return NULL;
  return g_steal_pointer (&signer);
}

void
gen_provenance_signer_free (GenProvenanceSigner *signer)
{
  EVP_PKEY_free (signer->key);
  g_clear_pointer (&signer->certificates, g_ptr_array_unref);
  g_strfreev (signer->stamper);
  g_free (signer);
}

gboolean
gen_provenance_signer_set_time_stamp (
    GenProvenanceSigner *signer, const char *command, GError **error)
{
  g_auto (GStrv) words = NULL;

  if (command != NULL && !g_shell_parse_argv (command, NULL, &words, error)) {
    g_prefix_error (error, "the command for time stamps, \"%s\": ", command);
    return FALSE;
  }
  g_strfreev (signer->stamper);
  signer->stamper = g_steal_pointer (&words);
  return TRUE;
}

const char *
gen_provenance_signer_algorithm (const GenProvenanceSigner *signer)
{
  return signer->algorithm->name;
}
