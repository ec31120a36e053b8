/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proxies in front of a server, and whom they ask for. Of the headers that tell it, X-Forwarded-For
 * alone is read: proxies append to it without being told how, while one that they do not know of
 * (Forwarded, of RFC 7239, X-Real-IP) would be what the client itself made up. */
#pragma once

#include <gio/gio.h>

typedef struct _HttpProxies HttpProxies;

/* Whose word is taken: addresses, and networks such as 10.0.0.0/8. NULL with `error`. (transfer
 * full) */
HttpProxies *http_proxies_new (const char *const *networks, GError **error);
void http_proxies_free (HttpProxies *proxies);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpProxies, http_proxies_free)

gboolean http_proxies_has (const HttpProxies *proxies, GInetAddress *address);
/* The same of an address as text. */
gboolean http_proxies_has_text (const HttpProxies *proxies, const char *address);

/* Who asks, where a request comes from `address` and has `forwarded` as its X-Forwarded-For: the
 * last one that was told by proxies alone. Whoever is no proxy is who asks, whatever he says. What
 * is no address counts as the proxy that passed it on. (transfer full) */
char *http_proxies_find_client (
    const HttpProxies *proxies, const char *address, const char *forwarded);
