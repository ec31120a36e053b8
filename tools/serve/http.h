/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the server answers by HTTP: routes, a line each, and what is looked at before any of them is
 * asked: who it is, how often, how much, from which page. Everything happens in the main loop's
 * thread. */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "../http/answer.h"
#include "scopes.h"

typedef struct _ServeServer ServeServer;
typedef struct _ServeHttp ServeHttp;
typedef struct _ServeRequest ServeRequest;

typedef void (*ServeHandler) (ServeRequest *request, gpointer data);

struct _ServeRequest {
  ServeServer *server;
  SoupServerMessage *message; /* to keep it beyond the handler, g_object_ref and
                               * soup_server_message_pause */
  const char *method;
  const char *client; /* whose token it is, else the address: what limits are counted by */
  gboolean has_token;
  guint scopes;    /* that it may use */
  gboolean left;   /* its client, before it had the answer */
  gboolean broken; /* the answer, in its middle, as the server failed */

  /* private */
  GHashTable *parameters, *query;
};

typedef struct {
  char *method, *path; /* "/v1/models/{name}" */
  char **segments;     /* of the path */
  ServeScope scope;
  ServeHandler handler;
  gpointer data;
  const char
      *openapi;      /* the operation as OpenAPI 3.1 has it, in JSON; NULL: it is told to nobody */
  guint64 body_most; /* bytes; 0: limits.body-bytes */
} ServeRoute;

ServeHttp *serve_http_new (ServeServer *server);
void serve_http_free (ServeHttp *http);

/* Answer `method` at `path` by `handler`. {name} stands for one segment. `openapi` has to stay.
 * GET is HEAD, too. The route may be added and taken away at any time. */
ServeRoute *serve_http_add (ServeHttp *http, const char *method, const char *path, ServeScope scope,
    ServeHandler handler, gpointer data, const char *openapi);
void serve_http_remove (ServeHttp *http, ServeRoute *route);
/* All of them, ServeRoute, in the order in which they were added. */
const GPtrArray *serve_http_get_routes (const ServeHttp *http);

/* Accept what comes; and nothing more, while what is open goes on. */
gboolean serve_http_listen (ServeHttp *http, GError **error);
void serve_http_close (ServeHttp *http);
guint serve_http_get_port (const ServeHttp *http);
guint serve_http_count_connections (const ServeHttp *http);
/* Take over what has been read anew: tokens, rates, origins. */
gboolean serve_http_reload (ServeHttp *http, GError **error);

/* What stands in the place of {name}, and the value of ?name=; NULL: nothing does. */
const char *serve_request_get (const ServeRequest *request, const char *name);
const char *serve_request_get_query (const ServeRequest *request, const char *name);
/* The host by which the server was reached, without a port and brackets: what its client asked for,
 * also where a proxy of the server's did on his behalf, or, where nothing is said, the address that
 * the request came to. (transfer full) */
char *serve_request_find_host (const ServeRequest *request);
/* The object that the body is, or NULL after having answered. (transfer full) */
JsonObject *serve_request_read (ServeRequest *request);

/* {"error":{"message":…,"type":…,"param":…,"code":null}}, as clients of OpenAI's interface know it.
 * `parameter` may be NULL. */
void serve_request_fail (ServeRequest *request, guint status, const char *parameter,
    const char *format, ...) G_GNUC_PRINTF (4, 5);
/* The same of an error, by its code (error.h); what is nobody's fault but the server's is logged,
 * and told without details. */
void serve_request_fail_by (ServeRequest *request, const GError *error);

/* Who has which token, for protocols beside HTTP: the name and its scopes, or NULL. `wait` becomes
 * the seconds that whoever guesses at `address` has to wait for, or 0. */
const char *serve_http_find_token (
    ServeHttp *http, const char *address, const char *token, guint *scopes, int *wait);
/* What may be done without one. */
guint serve_http_get_anonymous (const ServeHttp *http);
/* The certificate of the server, or NULL. */
GTlsCertificate *serve_http_get_certificate (const ServeHttp *http);
