/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "key.h"

#include <gio/gio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <generative/file-bytes.h>

#include "../base/secret-file.h"

#define CONTEXT "gst-generative audit log\n"
#define KEY_SIZE 32
#define SIGNATURE_SIZE 64

/* Nobody is asked for a password: a pipeline has no one to ask. */
static int
no_password (char *buffer, int size, int writing, void *data)
{
  return -1;
}

/* `key`, if it is one of the kind that is wanted. */
static EVP_PKEY *
take (EVP_PKEY *key, const char *path, const char *kind, const char *command, GError **error)
{
  ERR_clear_error ();
  if (key != NULL && EVP_PKEY_base_id (key) == EVP_PKEY_ED25519)
    return key;
  EVP_PKEY_free (key);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: no %s key of Ed25519 in PEM that can be read without a password; \"%s\" makes one", path,
      kind, command);
  return NULL;
}

EVP_PKEY *
gen_audit_key_load (const char *path, GError **error)
{
  gsize size;
  char *text = gen_secret_file_read (path, "key", &size, error);
  BIO *bio;
  EVP_PKEY *key;

  if (text == NULL)
    return NULL;
  bio = BIO_new_mem_buf (text, (int)size);
  key = PEM_read_bio_PrivateKey (bio, NULL, no_password, NULL);
  BIO_free (bio);
  gen_secret_free (text, size);
  return take (key, path, "private", "openssl genpkey -algorithm ed25519 -out FILE", error);
}

EVP_PKEY *
gen_audit_key_load_public (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = gen_file_bytes (path, error);
  gsize size;
  const void *data;
  BIO *bio;
  EVP_PKEY *key;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &size);
  bio = BIO_new_mem_buf (data != NULL ? data : "", (int)MIN (size, GEN_SECRET_MOST));
  key = PEM_read_bio_PUBKEY (bio, NULL, no_password, NULL);
  BIO_free (bio);
  return take (key, path, "public", "openssl pkey -in KEY -pubout -out FILE", error);
}

char *
gen_audit_key_name (EVP_PKEY *key)
{
  guint8 bytes[KEY_SIZE];
  size_t size = sizeof bytes;

  EVP_PKEY_get_raw_public_key (key, bytes, &size);
  return g_base64_encode (bytes, size);
}

/* What a line is signed as. */
static GString *
build_message (const char *line, gsize size)
{
  GString *message = g_string_new (CONTEXT);

  return g_string_append_len (message, line, (gssize)size);
}

char *
gen_audit_key_sign (EVP_PKEY *key, const char *line, gsize size, GError **error)
{
  GString *message = build_message (line, size);
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  guint8 bytes[SIGNATURE_SIZE];
  size_t length = sizeof bytes;
  const gboolean made =
      EVP_DigestSignInit (context, NULL, NULL, NULL, key) == 1 &&
      EVP_DigestSign (context, bytes, &length, (guint8 *)message->str, message->len) == 1;

  EVP_MD_CTX_free (context);
  g_string_free (message, TRUE);
  if (made)
    return g_base64_encode (bytes, length);
  ERR_clear_error ();
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_FAILED, "OpenSSL makes no signature of Ed25519");
  return NULL;
}

/* What base64 stands for, written as we write it: other texts stand for the same bytes. NULL where
 * it is written otherwise. (transfer full) */
static guint8 *
decode (const char *text, gsize *size)
{
  g_autofree guint8 *bytes = g_base64_decode (text, size);
  g_autofree char *again = g_base64_encode (bytes, *size);

  if (strcmp (again, text) == 0)
    return g_steal_pointer (&bytes);
  *size = 0;
  return NULL;
}

gboolean
gen_audit_key_check (const char *name, const char *line, gsize size, const char *signature)
{
  gsize key_size, length;
  g_autofree guint8 *raw = decode (name, &key_size);
  g_autofree guint8 *bytes = decode (signature, &length);
  GString *message = build_message (line, size);
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  EVP_PKEY *key = key_size == KEY_SIZE
                      ? EVP_PKEY_new_raw_public_key (EVP_PKEY_ED25519, NULL, raw, key_size)
                      : NULL;
  const gboolean good =
      key != NULL && length == SIGNATURE_SIZE &&
      EVP_DigestVerifyInit (context, NULL, NULL, NULL, key) == 1 &&
      EVP_DigestVerify (context, bytes, length, (guint8 *)message->str, message->len) == 1;

  EVP_PKEY_free (key);
  EVP_MD_CTX_free (context);
  g_string_free (message, TRUE);
  ERR_clear_error ();
  return good;
}
