/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of HTTP: routes (http.c), what is looked at before a body is read (http-check.c), and
 * what a handler has of a request (http-request.c). */
#pragma once

#include "../../lib/serve/attempts.h"
#include "../../lib/serve/rate-limit.h"
#include "../http/connections.h"
#include "server.h"

struct _ServeHttp {
  ServeServer *server;
  SoupServer *soup;
  HttpConnections *connections; /* NULL: it does not listen */
  GTlsCertificate *certificate; /* or NULL */
  GPtrArray *routes;
  GenTokens *tokens; /* or NULL: there are none */
  GenAttempts *attempts;
  GenRateLimit *rates;
  HttpProxies *proxies; /* or NULL: there are none */
  GPtrArray *hosts;     /* what the header Host may say; NULL: anything */
};

/* The route of a method and a path as it stands in the request, with what stands for {name} in
 * `parameters`; NULL: there is none, and `allowed` becomes the methods that the path has, or NULL.
 */
const ServeRoute *serve_http_match (const ServeHttp *http, const char *method, const char *path,
    GHashTable *parameters, char **allowed);

/* Whether the request may be handed to its route; FALSE after it was answered. */
gboolean serve_http_check (
    ServeHttp *http, ServeRequest *request, const char *path, const ServeRoute *route);

/* --- requests --- */

ServeRequest *serve_request_new (
    ServeServer *server, SoupServerMessage *message, GHashTable *query);
void serve_request_free (gpointer request);
