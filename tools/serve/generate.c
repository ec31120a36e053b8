/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate.h"

#include <string.h>

#include "generate-accept.h"
#include "generate-answer.h"
#include "generate-trials.h"
#include "openapi.h"
#include "signing.h"

struct _ServeGenerate {
  ServeServer *server;
  ServePools *pools;
  ServeTrials *trials;
  ServeSigning *signing;
  GenServeLimits limits;
  GPtrArray *routes; /* Route */
  ServeRoute *document;
};

typedef struct {
  ServeGenerate *generate;
  const ServeGenerateRoute *route;
  ServeRoute *added;
} Route;

#define RESPONSE(description, content)                                                             \
  "\"responses\":{\"200\":{\"description\":\"" description "\",\"content\":{" content              \
  "}},\"404\":{\"$ref\":\"#/components/responses/Error\"},"                                        \
  "\"406\":{\"$ref\":\"#/components/responses/Error\"}}"
#define BYTES(type) "\"" type "\":{\"schema\":{\"type\":\"string\",\"format\":\"binary\"}}"
#define TEXT(type) "\"" type "\":{\"schema\":{}}"
#define FILES                                                                                      \
  "\"application/json\":{\"schema\":{\"type\":\"object\",\"required\":[\"created\",\"data\"],"     \
  "\"properties\":{\"created\":{\"type\":\"integer\"},\"model\":{\"type\":\"string\"},"            \
  "\"output_format\":{\"type\":\"string\"},\"seed\":{\"type\":\"integer\"},\"data\":{"             \
  "\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"b64_json\"],\"properties\":{" \
  "\"b64_json\":{\"type\":\"string\",\"contentEncoding\":\"base64\"}}}}}}}"
#define PICTURES BYTES ("image/png") "," BYTES ("image/jpeg") "," BYTES ("image/webp")
#define SOUNDS                                                                                     \
  BYTES ("audio/wav")                                                                              \
  "," BYTES ("audio/flac") "," BYTES ("audio/mpeg") "," BYTES ("audio/ogg") "," BYTES (            \
      "audio/aac") "," BYTES ("audio/"                                                             \
                              "pcm")

static const ServeGenerateRoute routes[] = {
  { "/v1/generate", "Generate", gen_serve_generate_fields,
      "{\"summary\":\"Have a model make something\"," RESPONSE (
          "What was made: a file, several as parts, in JSON or as lines of it", PICTURES
          "," SOUNDS "," BYTES ("video/mp4") "," BYTES ("application/x-npy") "," FILES "," BYTES (
              "multipart/mixed") "," TEXT ("application/x-ndjson")) "}" },
  { "/v1/images/generations", "ImagesGenerations", gen_serve_image_fields,
      "{\"summary\":\"Have pictures made, as clients of OpenAI's API ask for them\"," RESPONSE (
          "The pictures", FILES "," TEXT ("text/event-stream")) "}" },
  { "/v1/audio/speech", "AudioSpeech", gen_serve_speech_fields,
      "{\"summary\":\"Have a text spoken, as clients of OpenAI's API ask for it\"," RESPONSE (
          "The sound", SOUNDS "," TEXT ("text/event-stream")) "}" },
  { NULL },
};

const ServeGenerateRoute *
serve_generate_find_route (const char *path)
{
  for (const ServeGenerateRoute *route = routes; route->path != NULL; route++)
    if (strcmp (route->path, path) == 0)
      return route;
  return NULL;
}

/* --- a request --- */

/* That of the model that the body names. */
static ServePool *
find_pool (
    const ServeGenerate *generate, const GenServeField *fields, JsonObject *body, GError **error)
{
  g_autoptr (GError) failure = NULL;
  const char *name = gen_serve_request_model (body, &failure);

  if (failure == NULL)
    return serve_pools_find (generate->pools, fields, name, error);
  g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

static JsonObject *
read_body (ServeRequest *request, GError **error)
{
  g_autoptr (GBytes) body =
      soup_message_body_flatten (soup_server_message_get_request_body (request->message));

  return gen_serve_request_parse (body, error);
}

/* Limits may have been read anew. */
static const GenServeLimits *
get_limits (ServeGenerate *generate)
{
  generate->limits.pictures = (guint)generate->server->configuration->limits->pictures;
  generate->limits.frames = (guint)generate->server->configuration->limits->frames;
  return &generate->limits;
}

static gboolean
is_json (const ServeRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);

  return g_strcmp0 (soup_message_headers_get_content_type (headers, NULL), "application/json") == 0;
}

/* What is asked for, and who makes it. */
typedef struct {
  ServeModel *model;
  ServePool *pool;
  GenServeRequest *made;
} Asked;

static void
asked_clear (Asked *asked)
{
  g_clear_pointer (&asked->made, gen_serve_request_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Asked, asked_clear)

/* By the version that is tried, if it is to be: as that one reads the request, of the same seed. */
static void
try_version (Asked *asked, ServeGenerate *generate, const char *client, JsonObject *body,
    const GenServeField *fields)
{
  ServePool *pool = serve_trials_choose (generate->trials, asked->model, client, asked->made->seed);
  GenServeRequest *made = pool != NULL ? gen_serve_request_new (body, fields,
                                             serve_pool_facts (pool), get_limits (generate), NULL)
                                       : NULL;

  if (made == NULL)
    return;
  made->seed = asked->made->seed;
  gen_serve_request_free (asked->made);
  asked->made = made;
  asked->pool = pool;
}

static gboolean
read_request (Asked *asked, ServeRequest *request, ServeGenerate *generate,
    const GenServeField *fields, GError **error)
{
  g_autoptr (JsonObject) body = read_body (request, error);

  asked->pool = body != NULL ? find_pool (generate, fields, body, error) : NULL;
  if (asked->pool == NULL)
    return FALSE;
  asked->made = gen_serve_request_new (
      body, fields, serve_pool_facts (asked->pool), get_limits (generate), error);
  if (asked->made == NULL)
    return FALSE;
  asked->model =
      serve_server_find_model (generate->server, serve_pool_facts (asked->pool)->name, NULL);
  try_version (asked, generate, request->client, body, fields);
  return TRUE;
}

static void
respond (
    ServeRequest *request, ServeGenerate *generate, const GenServeField *fields, GError **error)
{
  g_auto (Asked) asked = { 0 };
  const char *accept = soup_message_headers_get_list (
      soup_server_message_get_request_headers (request->message), "Accept");
  const ServeAnswerKind *kind = read_request (&asked, request, generate, fields, error)
                                    ? serve_accept_choose (asked.made, fields, accept, error)
                                    : NULL;

  if (kind != NULL)
    serve_answer (request, kind, asked.pool,
        serve_trials_name (generate->trials, asked.model, asked.pool),
        g_steal_pointer (&asked.made), generate->signing);
}

static void
handle (ServeRequest *request, gpointer data)
{
  const Route *route = data;
  g_autoptr (GError) error = NULL;

  if (!is_json (request))
    serve_request_fail (request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, NULL,
        "the header Content-Type should be application/json");
  else if (request->server->draining)
    gen_serve_refuse (&error, GEN_SERVE_UNAVAILABLE, NULL, "the server is about to end");
  else
    respond (request, route->generate, route->route->fields, &error);
  if (error != NULL)
    serve_answer_refuse (request, error);
}

/* --- all of it --- */

static void
tell (ServeRequest *request, gpointer data)
{
  http_answer_json (request->message, SOUP_STATUS_OK, serve_openapi_make (request->server, data));
}

static void
add_route (ServeGenerate *generate, const ServeGenerateRoute *what)
{
  Route *route = g_new0 (Route, 1);

  route->generate = generate;
  route->route = what;
  route->added = serve_http_add (generate->server->http, "POST", what->path, SERVE_SCOPE_GENERATE,
      handle, route, what->openapi);
  g_ptr_array_add (generate->routes, route);
}

ServeGenerate *
serve_generate_new (ServeServer *server, GError **error)
{
  g_autoptr (ServeGenerate) generate = g_new0 (ServeGenerate, 1);

  generate->server = server;
  generate->routes = g_ptr_array_new_with_free_func (g_free);
  generate->signing = serve_signing_new (server->configuration, error);
  generate->pools = generate->signing != NULL ? serve_pools_new (server, error) : NULL;
  if (generate->pools == NULL)
    return NULL;
  generate->trials = serve_trials_new (server, generate->pools);
  for (const ServeGenerateRoute *route = routes; route->path != NULL; route++)
    add_route (generate, route);
  generate->document = serve_http_add (server->http, "GET", "/openapi.json", SERVE_SCOPE_WATCH,
      tell, generate, "{\"summary\":\"This document\"}");
  return g_steal_pointer (&generate);
}

void
serve_generate_free (ServeGenerate *generate)
{
  for (guint i = 0; i < generate->routes->len; i++)
    serve_http_remove (generate->server->http, ((Route *)generate->routes->pdata[i])->added);
  if (generate->document != NULL)
    serve_http_remove (generate->server->http, generate->document);
  g_ptr_array_unref (generate->routes);
  g_clear_pointer (&generate->trials, serve_trials_free);
  g_clear_pointer (&generate->pools, serve_pools_free);
  g_clear_pointer (&generate->signing, serve_signing_unref);
  g_free (generate);
}

gboolean
serve_generate_suits (ServeGenerate *generate, const ServeGenerateRoute *route)
{
  g_autoptr (GPtrArray) pools = serve_pools_list (generate->pools, route->fields);

  return pools->len > 0;
}

JsonObject *
serve_generate_schema (ServeGenerate *generate, const ServeGenerateRoute *route)
{
  g_autoptr (GPtrArray) pools = serve_pools_list (generate->pools, route->fields);
  JsonObject *schema = json_object_new ();
  JsonArray *models = json_array_new ();

  for (guint i = 0; i < pools->len; i++)
    json_array_add_object_element (
        models, gen_serve_request_schema (route->fields, serve_pool_facts (pools->pdata[i]),
                    get_limits (generate), pools->len > 1));
  json_object_set_array_member (schema, "anyOf", models);
  return schema;
}

guint
serve_generate_count (ServeGenerate *generate)
{
  return serve_pools_count (generate->pools) + serve_trials_count (generate->trials);
}

guint
serve_generate_count_waiting (ServeGenerate *generate)
{
  return serve_pools_count_waiting (generate->pools) +
         serve_trials_count_waiting (generate->trials);
}
