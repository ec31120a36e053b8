/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connections of the review page: as many as a few people need, and none that does nothing. */
#pragma once

#include <libsoup/soup.h>

typedef struct _ReviewConnections ReviewConnections;

/* `certificate` may be NULL: no TLS. NULL with `error`. Port 0 takes one that is free. */
ReviewConnections *review_connections_new (SoupServer *server, const char *address, guint port,
    GTlsCertificate *certificate, GError **error);
void review_connections_free (ReviewConnections *connections);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReviewConnections, review_connections_free)

guint review_connections_get_port (const ReviewConnections *connections);
/* A request has been answered: its connection may live on. */
void review_connections_note (SoupServerMessage *message);
