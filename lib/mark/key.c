/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of marks: where they are read, and what is derived of them. A secret lies in memory that is
 * wiped, and no text of ours has any of it. */
#include <generative/mark.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#define MAX_FILE (1 << 16)
#define RAW_SIZE 32
#define INFO "gst-generative mark "

G_DEFINE_QUARK (gen - mark - error - quark, gen_mark_error)

struct _GenMarkKey {
  gatomicrefcount references;
  gsize size;
  guint8 *secret;
};

static gboolean
fail (GError **error, const char *path, const char *what)
{
  g_set_error (error, GEN_MARK_ERROR, GEN_MARK_ERROR_KEY, "%s: %s", path, what);
  return FALSE;
}

GenMarkKey *
gen_mark_key_new (const guint8 *secret, gsize size, GError **error)
{
  GenMarkKey *key;

  if (size < GEN_MARK_KEY_LEAST) {
    g_set_error (error, GEN_MARK_ERROR, GEN_MARK_ERROR_KEY,
        "a key of %" G_GSIZE_FORMAT " bytes: it takes %d at least, and 32 are as many as help",
        size, GEN_MARK_KEY_LEAST);
    return NULL;
  }
  key = g_new0 (GenMarkKey, 1);
  g_atomic_ref_count_init (&key->references);
  key->size = size;
  key->secret = g_memdup2 (secret, size);
  return key;
}

GenMarkKey *
gen_mark_key_ref (GenMarkKey *key)
{
  g_atomic_ref_count_inc (&key->references);
  return key;
}

void
gen_mark_key_unref (GenMarkKey *key)
{
  if (key == NULL || !g_atomic_ref_count_dec (&key->references))
    return;
  OPENSSL_cleanse (key->secret, key->size);
  g_free (key->secret);
  g_free (key);
}

/* --- files --- */

/* Nobody is asked for a password. */
static int
no_password (char *buffer, int size, int writing, void *data)
{
  return -1;
}

static GenMarkKey *
key_of_pem (const char *path, const guint8 *bytes, gsize size, GError **error)
{
  BIO *bio = BIO_new_mem_buf (bytes, (int)size);
  EVP_PKEY *private = PEM_read_bio_PrivateKey (bio, NULL, no_password, NULL);
  unsigned char *der = NULL;
  int length = private != NULL ? i2d_PrivateKey (private, &der) : 0;
  GenMarkKey *key = NULL;

  if (length > 0)
    key = gen_mark_key_new (der, (gsize)length, error);
  else
    fail (error, path, "no private key in PEM that can be read without a password");
  if (length > 0)
    OPENSSL_clear_free (der, (gsize)length);
  EVP_PKEY_free (private);
  BIO_free (bio);
  return key;
}

/* Whether bytes are 64 hexadecimal digits, and at most an end of line. */
static gboolean
read_digits (const guint8 *bytes, gsize size, guint8 secret[RAW_SIZE])
{
  while (size > 2 * RAW_SIZE && g_ascii_isspace (bytes[size - 1]))
    size--;
  if (size != 2 * RAW_SIZE)
    return FALSE;
  for (gsize i = 0; i < RAW_SIZE; i++) {
    const int high = g_ascii_xdigit_value ((char)bytes[2 * i]);
    const int low = g_ascii_xdigit_value ((char)bytes[2 * i + 1]);

    if (high < 0 || low < 0)
      return FALSE;
    secret[i] = (guint8)(high << 4 | low);
  }
  return TRUE;
}

static GenMarkKey *
key_of_bytes (const char *path, const guint8 *bytes, gsize size, GError **error)
{
  guint8 secret[RAW_SIZE];
  GenMarkKey *key = NULL;

  if (size == RAW_SIZE)
    return gen_mark_key_new (bytes, size, error);
  if (g_strstr_len ((const char *)bytes, (gssize)size, "-----BEGIN") != NULL)
    return key_of_pem (path, bytes, size, error);
  if (read_digits (bytes, size, secret))
    key = gen_mark_key_new (secret, sizeof secret, error);
  else
    fail (error, path,
        "no key: wanted are 32 bytes, their 64 hexadecimal digits, or a private key "
        "in "
        "PEM");
  OPENSSL_cleanse (secret, sizeof secret);
  return key;
}

/* Whether the open file is one that its owner alone has a hand in. */
static gboolean
check_file (const char *path, int fd, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0)
    return fail (error, path, g_strerror (errno));
  if (!S_ISREG (status.st_mode))
    return fail (error, path, "a key is a file");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    g_set_error (error, GEN_MARK_ERROR, GEN_MARK_ERROR_KEY,
        "%s: others can use this key (its mode is %04o): chmod 600 it", path,
        (guint)(status.st_mode & 07777));
    return FALSE;
  }
  return TRUE;
}

/* As many bytes as there are, up to `most`; -1 on failure. */
static gssize
read_all (int fd, guint8 *bytes, gsize most)
{
  gsize size = 0;

  while (size < most) {
    const gssize n = read (fd, bytes + size, most - size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    size += (gsize)n;
  }
  return (gssize)size;
}

GenMarkKey *
gen_mark_key_load (const char *path, GError **error)
{
  /* What would be waited for is no key either. */
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  g_autofree guint8 *bytes = g_malloc (MAX_FILE);
  GenMarkKey *key = NULL;
  gssize size;

  if (fd < 0) {
    fail (error, path, g_strerror (errno));
    return NULL;
  }
  if (check_file (path, fd, error)) {
    size = read_all (fd, bytes, MAX_FILE);
    if (size < 0)
      fail (error, path, g_strerror (errno));
    else
      key = key_of_bytes (path, bytes, (gsize)size, error);
    OPENSSL_cleanse (bytes, MAX_FILE);
  }
  close (fd);
  return key;
}

/* --- what is derived --- */

void
gen_mark_key_derive (const GenMarkKey *key, const char *purpose, guint8 *bytes, gsize size)
{
  g_autofree char *info = g_strconcat (INFO, purpose, NULL);
  EVP_KDF *kdf = EVP_KDF_fetch (NULL, "HKDF", NULL);
  EVP_KDF_CTX *context = kdf != NULL ? EVP_KDF_CTX_new (kdf) : NULL;
  OSSL_PARAM parameters[] = {
    OSSL_PARAM_construct_utf8_string (OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
    OSSL_PARAM_construct_octet_string (OSSL_KDF_PARAM_KEY, key->secret, key->size),
    OSSL_PARAM_construct_octet_string (OSSL_KDF_PARAM_INFO, info, strlen (info)),
    OSSL_PARAM_construct_end (),
  };

  /* As with memory, there is nothing that could be done without. */
  if (context == NULL || EVP_KDF_derive (context, bytes, size, parameters) != 1)
    g_error ("OpenSSL derives no keys: its default provider has no HKDF of SHA-256");
  EVP_KDF_CTX_free (context);
  EVP_KDF_free (kdf);
}
