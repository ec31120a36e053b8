/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proxies.h"

#include <string.h>

struct _HttpProxies {
  GPtrArray *networks; /* of GInetAddressMask */
};

HttpProxies *
http_proxies_new (const char *const *networks, GError **error)
{
  g_autoptr (HttpProxies) proxies = g_new0 (HttpProxies, 1);

  proxies->networks = g_ptr_array_new_with_free_func (g_object_unref);
  for (; *networks != NULL; networks++) {
    GInetAddressMask *mask = g_inet_address_mask_new_from_string (*networks, NULL);

    if (mask == NULL) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
          "\"%s\" is no address and no network, such as 192.0.2.7, 10.0.0.0/8 or fd00::/8",
          *networks);
      return NULL;
    }
    g_ptr_array_add (proxies->networks, mask);
  }
  return g_steal_pointer (&proxies);
}

void
http_proxies_free (HttpProxies *proxies)
{
  g_ptr_array_unref (proxies->networks);
  g_free (proxies);
}

/* A socket of IPv6 takes clients of IPv4 as ::ffff:192.0.2.7, which is the same client. (transfer
 * full) */
static GInetAddress *
unmap (GInetAddress *address)
{
  static const guint8 prefix[12] = { [10] = 0xff, [11] = 0xff };
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 &&
      memcmp (bytes, prefix, sizeof prefix) == 0)
    return g_inet_address_new_from_bytes (bytes + sizeof prefix, G_SOCKET_FAMILY_IPV4);
  return g_object_ref (address);
}

gboolean
http_proxies_has (const HttpProxies *proxies, GInetAddress *address)
{
  g_autoptr (GInetAddress) plain = unmap (address);

  for (guint i = 0; i < proxies->networks->len; i++)
    if (g_inet_address_mask_matches (proxies->networks->pdata[i], plain))
      return TRUE;
  return FALSE;
}

gboolean
http_proxies_has_text (const HttpProxies *proxies, const char *address)
{
  g_autoptr (GInetAddress) parsed = g_inet_address_new_from_string (address);

  return parsed != NULL && http_proxies_has (proxies, parsed);
}

char *
http_proxies_find_client (const HttpProxies *proxies, const char *address, const char *forwarded)
{
  g_auto (GStrv) hops = g_strsplit (forwarded, ",", -1);
  g_autofree char *client = g_strdup (address);

  for (guint i = g_strv_length (hops); i > 0 && http_proxies_has_text (proxies, client); i--) {
    g_autoptr (GInetAddress) told = g_inet_address_new_from_string (g_strstrip (hops[i - 1]));
    g_autoptr (GInetAddress) plain = told != NULL ? unmap (told) : NULL;

    if (plain == NULL)
      break;
    g_free (client);
    client = g_inet_address_to_string (plain);
  }
  return g_steal_pointer (&client);
}
