/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connections of a server: as many as it wants, and none that does nothing. */
#pragma once

#include <libsoup/soup.h>

#include "proxies.h"

typedef struct _HttpConnections HttpConnections;

typedef struct {
  guint most;                 /* that are open at once */
  guint most_per_address;     /* of one address; 0: as many */
  guint patience;             /* seconds that a request may take to come */
  const HttpProxies *proxies; /* which are no clients, and have no such number; or NULL */
} HttpConnectionsLimits;

/* `certificate` may be NULL: no TLS. */
HttpConnections *http_connections_new (
    SoupServer *server, GTlsCertificate *certificate, const HttpConnectionsLimits *limits);
void http_connections_free (HttpConnections *connections);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpConnections, http_connections_free)

/* Begin to accept what comes to `address`. Port 0 takes one that is free. */
gboolean http_connections_listen (
    HttpConnections *connections, const char *address, guint port, GError **error);
/* The same of a socket that somebody else listens on already, whose descriptor is taken. */
gboolean http_connections_adopt (HttpConnections *connections, int fd, GError **error);
/* Accept nothing more; what is open goes on. */
void http_connections_close (HttpConnections *connections);

guint http_connections_get_port (const HttpConnections *connections);
guint http_connections_count (const HttpConnections *connections);
/* From the next connection on. */
void http_connections_set_certificate (HttpConnections *connections, GTlsCertificate *certificate);
/* From now on. */
void http_connections_set_limits (
    HttpConnections *connections, const HttpConnectionsLimits *limits);
/* The answer to `message` takes as long as it takes: whoever sends it looks after a client that
 * does not read. */
void http_connections_hold (SoupServerMessage *message);
/* That of `message`, which libsoup does not know of. (transfer none) */
GSocket *http_connections_get_socket (SoupServerMessage *message);

/* The certificate and key of two files in PEM, of which nobody else may read the key. NULL with
 * `error`. (transfer full) */
GTlsCertificate *http_certificate_load (const char *certificate, const char *key, GError **error);
/* Whether a text is an address that this machine alone reaches. */
gboolean http_address_is_loopback (const char *text);
