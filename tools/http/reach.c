/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a server can be reached: by whom, and with which certificate. */
#include <openssl/pem.h>

#include "../../lib/base/secret-file.h"
#include "connections.h"

gboolean
http_address_is_loopback (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  return address != NULL && g_inet_address_get_is_loopback (address);
}

/* Whether a key is that of the first certificate of a file; what cannot be read is for whoever
 * loads it to complain of. Without this it would be clients that are told, by handshakes that fail.
 */
static gboolean
keys_match (const char *certificate, const char *key, gsize size)
{
  BIO *files[] = { BIO_new_file (certificate, "r"), BIO_new_mem_buf (key, (int)size) };
  X509 *first = files[0] != NULL ? PEM_read_bio_X509 (files[0], NULL, NULL, NULL) : NULL;
  /* "" is the password: nobody is asked for one. */
  EVP_PKEY *private =
      files[1] != NULL ? PEM_read_bio_PrivateKey (files[1], NULL, NULL, (void *)"") : NULL;
  const gboolean match =
      first == NULL || private == NULL || X509_check_private_key (first, private) == 1;

  X509_free (first);
  EVP_PKEY_free (private);
  BIO_free (files[0]);
  BIO_free (files[1]);
  return match;
}

GTlsCertificate *
http_certificate_load (const char *certificate, const char *key, GError **error)
{
  GTlsCertificate *loaded;
  gsize size;
  gboolean match;
  char *text;

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "there is no TLS here: glib-networking is to be installed");
    return NULL;
  }
  /* For what it says of who else can read it. */
  text = gen_secret_file_read (key, "key", &size, error);
  if (text == NULL)
    return NULL;
  match = keys_match (certificate, text, size);
  gen_secret_free (text, size);
  if (!match) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s is not the key of %s: both are to be of one pair, and the server's own certificate the "
        "first of its file",
        key, certificate);
    return NULL;
  }
  loaded = g_tls_certificate_new_from_files (certificate, key, error);
  if (loaded == NULL)
    g_prefix_error (error, "%s: ", certificate);
  return loaded;
}
