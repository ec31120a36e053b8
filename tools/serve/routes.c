/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the server tells of itself: whether it is well, models, mounts and sessions. */
#include "server.h"

/* --- health --- */

static void
answer_health (ServeRequest *request, gpointer data)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "status", "ok");
  http_answer_json (request->message, SOUP_STATUS_OK, object);
}

static void
answer_ready (ServeRequest *request, gpointer data)
{
  const ServeServer *server = request->server;
  const gboolean ready = server->ready && !server->draining;
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "status",
      ready              ? "ready"
      : server->draining ? "draining"
                         : "starting");
  http_answer_json (
      request->message, ready ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE, object);
}

/* --- lists --- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (a, b);
}

/* {"object":"list","data":[…]}, by the order of names. */
static void
answer_list (
    ServeRequest *request, GHashTable *table, JsonObject *(*describe) (ServeRequest *, gpointer))
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (table), compare_names);
  JsonObject *object = json_object_new ();
  JsonArray *data = json_array_new ();

  for (const GList *name = names; name != NULL; name = name->next) {
    JsonObject *told = describe (request, g_hash_table_lookup (table, name->data));

    if (told != NULL)
      json_array_add_object_element (data, told);
  }
  json_object_set_string_member (object, "object", "list");
  json_object_set_array_member (object, "data", data);
  http_answer_json (request->message, SOUP_STATUS_OK, object);
}

static JsonObject *
describe_model (ServeRequest *request, gpointer model)
{
  return serve_model_describe (model);
}

static void
answer_models (ServeRequest *request, gpointer data)
{
  answer_list (request, request->server->models, describe_model);
}

static void
answer_model (ServeRequest *request, gpointer data)
{
  g_autoptr (GError) error = NULL;
  ServeModel *model =
      serve_server_find_model (request->server, serve_request_get (request, "name"), &error);

  if (model == NULL)
    serve_request_fail_by (request, error);
  else
    http_answer_json (request->message, SOUP_STATUS_OK, serve_model_describe (model));
}

static JsonObject *
describe_mount (ServeRequest *request, gpointer mount)
{
  JsonObject *object = serve_mount_describe (mount), *addresses = json_object_new ();
  g_autofree char *host = serve_request_find_host (request);

  serve_server_describe (request->server, mount, host, addresses);
  json_object_set_object_member (object, "addresses", addresses);
  return object;
}

static void
answer_mounts (ServeRequest *request, gpointer data)
{
  answer_list (request, request->server->mounts, describe_mount);
}

static void
answer_mount (ServeRequest *request, gpointer data)
{
  g_autoptr (GError) error = NULL;
  ServeMount *mount =
      serve_server_find_mount (request->server, serve_request_get (request, "name"), &error);

  if (mount == NULL)
    serve_request_fail_by (request, error);
  else
    http_answer_json (request->message, SOUP_STATUS_OK, describe_mount (request, mount));
}

/* --- sessions --- */

/* A session is its owner's, and an administrator's; one that all see is whoever watches'. */
static gboolean
is_theirs (const ServeRequest *request, const ServeSession *session)
{
  const char *owner = serve_session_get_owner (session);

  return owner == NULL || g_strcmp0 (owner, request->client) == 0 ||
         (request->scopes & SERVE_SCOPE_ADMINISTRATE) != 0;
}

static JsonObject *
describe_session (ServeRequest *request, gpointer session)
{
  return is_theirs (request, session) ? serve_session_describe (session) : NULL;
}

static void
answer_sessions (ServeRequest *request, gpointer data)
{
  answer_list (request, request->server->sessions, describe_session);
}

/* That of the path, or NULL after having answered: one of somebody else's is not there. */
static ServeSession *
find_session (ServeRequest *request)
{
  const char *id = serve_request_get (request, "id");
  g_autoptr (GError) error = NULL;
  ServeSession *session = serve_server_find_session (request->server, id, &error);

  if (session != NULL && is_theirs (request, session))
    return session;
  if (session != NULL)
    g_set_error (&error, SERVE_ERROR, SERVE_ERROR_NOT_FOUND, "there is no session \"%s\" here", id);
  serve_request_fail_by (request, error);
  return NULL;
}

static void
answer_session (ServeRequest *request, gpointer data)
{
  ServeSession *session = find_session (request);

  if (session != NULL)
    http_answer_json (request->message, SOUP_STATUS_OK, serve_session_describe (session));
}

static void
change_session (ServeRequest *request, gpointer data)
{
  ServeSession *session = find_session (request);
  g_autoptr (JsonObject) values = session != NULL ? serve_request_read (request) : NULL;
  g_autoptr (GError) error = NULL;

  if (values == NULL)
    return;
  if (!serve_session_set_all (session, values, &error))
    serve_request_fail_by (request, error);
  else
    http_answer_json (request->message, SOUP_STATUS_OK, serve_session_describe (session));
}

static void
end_session (ServeRequest *request, gpointer data)
{
  ServeSession *session = find_session (request);

  if (session == NULL)
    return;
  serve_session_close (session);
  soup_server_message_set_status (request->message, SOUP_STATUS_NO_CONTENT, NULL);
}

/* --- all of them --- */

static const struct {
  const char *method, *path;
  ServeScope scope;
  ServeHandler handler;
  const char *openapi;
} routes[] = {
  { "GET", "/healthz", SERVE_SCOPE_NONE, answer_health,
      "{\"summary\":\"Whether the server lives\"}" },
  { "GET", "/readyz", SERVE_SCOPE_NONE, answer_ready,
      "{\"summary\":\"Whether it takes new sessions\"}" },
  { "GET", "/v1/models", SERVE_SCOPE_WATCH, answer_models,
      "{\"summary\":\"The models that are served\"}" },
  { "GET", "/v1/models/{name}", SERVE_SCOPE_WATCH, answer_model,
      "{\"summary\":\"What a model takes and makes\"}" },
  { "GET", "/v1/mounts", SERVE_SCOPE_WATCH, answer_mounts,
      "{\"summary\":\"What can be watched, and where\"}" },
  { "GET", "/v1/mounts/{name}", SERVE_SCOPE_WATCH, answer_mount,
      "{\"summary\":\"What can be watched, where, and what sessions of it can be told\"}" },
  { "GET", "/v1/sessions", SERVE_SCOPE_WATCH, answer_sessions,
      "{\"summary\":\"Your sessions, or all where you may administrate\"}" },
  { "GET", "/v1/sessions/{id}", SERVE_SCOPE_WATCH, answer_session,
      "{\"summary\":\"A session and its parameters\"}" },
  { "PATCH", "/v1/sessions/{id}", SERVE_SCOPE_WATCH, change_session,
      "{\"summary\":\"Change parameters of a session, from its next frame on\"}" },
  { "DELETE", "/v1/sessions/{id}", SERVE_SCOPE_WATCH, end_session,
      "{\"summary\":\"End a session\"}" },
};

void
serve_routes_add (ServeServer *server)
{
  for (gsize i = 0; i < G_N_ELEMENTS (routes); i++)
    serve_http_add (server->http, routes[i].method, routes[i].path, routes[i].scope,
        routes[i].handler, NULL, routes[i].openapi);
}
