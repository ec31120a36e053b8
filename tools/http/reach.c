/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a server can be reached: by whom, and with which certificate. */
#include "../../lib/base/secret-file.h"
#include "connections.h"

gboolean
http_address_is_loopback (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  return address != NULL && g_inet_address_get_is_loopback (address);
}

GTlsCertificate *
http_certificate_load (const char *certificate, const char *key, GError **error)
{
  GTlsCertificate *loaded;
  gsize size;
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
  gen_secret_free (text, size);
  loaded = g_tls_certificate_new_from_files (certificate, key, error);
  if (loaded == NULL)
    g_prefix_error (error, "%s: ", certificate);
  return loaded;
}
