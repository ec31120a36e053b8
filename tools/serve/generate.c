/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate.h"

#include <string.h>

#include "generate-accept.h"
#include "generate-answer.h"
#include "generate-share.h"
#include "openapi.h"
#include "signing.h"

/* Threads of a model whose generators do not share runs: two, so that a slow encoder does not hold
 * up the next result. */
#define THREADS_APART 2

struct _ServeGenerate {
  ServeServer *server;
  GHashTable *pools;   /* name of a model to ServePool */
  GHashTable *reasons; /* of one that has none to why that is so */
  GPtrArray *turns;    /* Turn: versions that are being loaded */
  ServeSigning *signing;
  GenServeLimits limits;
  guint batch, queue;
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
  "," BYTES ("audio/flac") "," BYTES ("audio/mpeg") "," BYTES ("audio/ogg") "," BYTES ("audio/"    \
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

/* --- pools --- */

static ServePool *
make_pool (const ServeGenerate *generate, const ServeModelSettings *said, const char *path,
    GenModel *facts, GError **error)
{
  ServePoolSettings settings = {
    .player = { .model = path,
        .device = said->device,
        .precision = said->precision,
        .parameters = said->parameters,
        .threads = said->threads,
        .shared_size = generate->batch },
    .threads = THREADS_APART,
    .queue = generate->queue,
  };

  if (serve_share_is_exact (&settings.player, generate->batch)) {
    settings.player.shared = TRUE;
    settings.threads = generate->batch;
  }
  return serve_pool_new (said->record.name, facts, &settings, error);
}

/* What cannot be asked for anything is served all the same, where it can be watched. FALSE with
 * `error` where nothing can be played at all. */
static gboolean
load_pool (ServeGenerate *generate, const ServeModel *model, GError **error)
{
  g_autoptr (GError) failure = NULL;
  ServePool *pool =
      make_pool (generate, model->settings, model->current.path, model->facts, &failure);

  if (pool != NULL) {
    g_hash_table_replace (generate->pools, g_strdup (model->name), pool);
  } else if (g_error_matches (failure, GEN_SERVE_ERROR, GEN_SERVE_UNAVAILABLE)) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  } else {
    g_hash_table_replace (generate->reasons, g_strdup (model->name), g_strdup (failure->message));
  }
  return TRUE;
}

/* --- another version --- */

typedef struct {
  ServeGenerate *generate;
  ServeModel *model;
  char *path;
  GenModel *facts;
  GThread *thread;
  ServePool *pool; /* NULL with `error` */
  GError *error;
} Turn;

static void
free_turn (gpointer data)
{
  Turn *turn = data;

  if (turn->thread != NULL)
    g_thread_join (turn->thread);
  g_clear_pointer (&turn->pool, serve_pool_unref);
  g_clear_error (&turn->error);
  gen_model_unref (turn->facts);
  serve_model_unref (turn->model);
  g_free (turn->path);
  g_free (turn);
}

static gboolean
end_turn (gpointer data)
{
  Turn *turn = data;
  ServeGenerate *generate = turn->generate;
  const char *name = turn->model->name;

  if (turn->pool != NULL)
    g_hash_table_replace (generate->pools, g_strdup (name), g_steal_pointer (&turn->pool));
  else if (g_hash_table_contains (generate->pools, name))
    g_warning ("%s: requests go on with the version before: %s", name, turn->error->message);
  else
    g_hash_table_replace (generate->reasons, g_strdup (name), g_strdup (turn->error->message));
  g_ptr_array_remove (generate->turns, turn);
  return G_SOURCE_REMOVE;
}

static gpointer
load_turn (gpointer data)
{
  Turn *turn = data;

  turn->pool =
      make_pool (turn->generate, turn->model->settings, turn->path, turn->facts, &turn->error);
  g_idle_add (end_turn, turn);
  return NULL;
}

static gboolean
is_turning (const ServeGenerate *generate, const ServeModel *model)
{
  for (guint i = 0; i < generate->turns->len; i++)
    if (((const Turn *)generate->turns->pdata[i])->facts == model->facts)
      return TRUE;
  return FALSE;
}

/* Where another version is the current one, it is loaded beside the one that goes on. */
static void
follow (ServeGenerate *generate, ServeModel *model)
{
  const ServePool *pool = g_hash_table_lookup (generate->pools, model->name);
  Turn *turn;

  if ((pool != NULL && serve_pool_model (pool) == model->facts) || is_turning (generate, model))
    return;
  turn = g_new0 (Turn, 1);
  *turn = (Turn){ .generate = generate,
    .model = serve_model_ref (model),
    .path = g_strdup (model->current.path),
    .facts = gen_model_ref (model->facts) };
  g_ptr_array_add (generate->turns, turn);
  turn->thread = g_thread_new ("load", load_turn, turn);
}

/* --- which model --- */

/* Those that can be asked so. (transfer container) */
static GPtrArray *
list_pools (ServeGenerate *generate, const ServeGenerateRoute *route)
{
  GPtrArray *pools = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer pool;

  g_hash_table_iter_init (&iter, generate->pools);
  while (g_hash_table_iter_next (&iter, NULL, &pool))
    if (gen_serve_request_suits (route->fields, serve_pool_facts (pool)))
      g_ptr_array_add (pools, pool);
  return pools;
}

/* The only one, or NULL. */
static const char *
find_only (ServeGenerate *generate, const ServeGenerateRoute *route)
{
  g_autoptr (GPtrArray) pools = list_pools (generate, route);

  return pools->len == 1 ? serve_pool_facts (pools->pdata[0])->name : NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* "there are digits, faces" */
static char *
list_names (ServeGenerate *generate, const ServeGenerateRoute *route)
{
  g_autoptr (GPtrArray) names = list_pools (generate, route);
  g_autofree char *list = NULL;

  if (names->len == 0)
    return g_strdup ("there is none that can be asked so");
  for (guint i = 0; i < names->len; i++)
    names->pdata[i] = serve_pool_facts (names->pdata[i])->name;
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  list = g_strjoinv (", ", (char **)names->pdata);
  return g_strdup_printf ("there are %s", list);
}

static gboolean
refuse_model (
    ServeGenerate *generate, const ServeGenerateRoute *route, const char *name, GError **error)
{
  g_autofree char *list = list_names (generate, route);
  const char *reason = name != NULL ? g_hash_table_lookup (generate->reasons, name) : NULL;

  if (name == NULL)
    return gen_serve_refuse (
        error, GEN_SERVE_INVALID, "model", "it is to be said which one: %s", list);
  if (reason != NULL)
    return gen_serve_refuse (error, GEN_SERVE_INVALID, "model", "%s: %s", name, reason);
  if (g_hash_table_contains (generate->pools, name))
    return gen_serve_refuse (error, GEN_SERVE_INVALID, "model",
        "%s makes nothing that can be asked for here; %s", name, list);
  return gen_serve_refuse (error, GEN_SERVE_UNKNOWN, "model", "there is no \"%s\"; %s", name, list);
}

/* One that has come with a studio file that was read again is loaded now. */
static gboolean
has_model (ServeGenerate *generate, const char *name, GError **error)
{
  ServeModel *model = serve_server_find_model (generate->server, name, NULL);

  if (model == NULL)
    return TRUE;
  if (!g_hash_table_contains (generate->reasons, name))
    follow (generate, model);
  if (g_hash_table_contains (generate->pools, name) ||
      g_hash_table_contains (generate->reasons, name))
    return TRUE;
  return gen_serve_refuse (error, GEN_SERVE_UNAVAILABLE, "model", "%s is being loaded", name);
}

static ServePool *
find_pool (
    ServeGenerate *generate, const ServeGenerateRoute *route, JsonObject *body, GError **error)
{
  g_autoptr (GError) failure = NULL;
  const char *name = gen_serve_request_model (body, &failure);
  ServePool *pool;

  if (failure != NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return NULL;
  }
  if (name == NULL)
    name = find_only (generate, route);
  if (name != NULL && !has_model (generate, name, error))
    return NULL;
  pool = name != NULL && serve_server_find_model (generate->server, name, NULL) != NULL
             ? g_hash_table_lookup (generate->pools, name)
             : NULL;
  if (pool != NULL && gen_serve_request_suits (route->fields, serve_pool_facts (pool)))
    return pool;
  refuse_model (generate, route, name, error);
  return NULL;
}

/* --- a request --- */

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
  return &generate->limits;
}

static gboolean
is_json (const ServeRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);

  return g_strcmp0 (soup_message_headers_get_content_type (headers, NULL), "application/json") == 0;
}

static void
respond (
    ServeRequest *request, ServeGenerate *generate, const ServeGenerateRoute *route, GError **error)
{
  g_autoptr (JsonObject) body = read_body (request, error);
  ServePool *pool = body != NULL ? find_pool (generate, route, body, error) : NULL;
  g_autoptr (GenServeRequest) made =
      pool != NULL ? gen_serve_request_new (
                         body, route->fields, serve_pool_facts (pool), get_limits (generate), error)
                   : NULL;
  const char *accept = soup_message_headers_get_list (
      soup_server_message_get_request_headers (request->message), "Accept");
  const ServeAnswerKind *kind =
      made != NULL ? serve_accept_choose (made, route->fields, accept, error) : NULL;

  if (kind != NULL)
    serve_answer (request, kind, pool, g_steal_pointer (&made), generate->signing);
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
    respond (request, route->generate, route->route, &error);
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
  const ServeConfiguration *configuration = server->configuration;
  GHashTableIter iter;
  gpointer model;

  generate->server = server;
  generate->pools =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)serve_pool_unref);
  generate->reasons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  generate->turns = g_ptr_array_new_with_free_func (free_turn);
  generate->routes = g_ptr_array_new_with_free_func (g_free);
  generate->batch = (guint)configuration->batch->most;
  generate->queue = (guint)configuration->limits->queue;
  generate->signing = serve_signing_new (configuration, error);
  if (generate->signing == NULL)
    return NULL;
  g_hash_table_iter_init (&iter, server->models);
  while (g_hash_table_iter_next (&iter, NULL, &model))
    if (!load_pool (generate, model, error))
      return NULL;
  for (const ServeGenerateRoute *route = routes; route->path != NULL; route++)
    add_route (generate, route);
  generate->document = serve_http_add (server->http, "GET", "/openapi.json", SERVE_SCOPE_WATCH,
      tell, generate, "{\"summary\":\"This document\"}");
  return g_steal_pointer (&generate);
}

void
serve_generate_free (ServeGenerate *generate)
{
  GHashTableIter iter;
  gpointer pool;

  for (guint i = 0; i < generate->routes->len; i++)
    serve_http_remove (generate->server->http, ((Route *)generate->routes->pdata[i])->added);
  if (generate->document != NULL)
    serve_http_remove (generate->server->http, generate->document);
  g_ptr_array_unref (generate->routes);
  g_ptr_array_unref (generate->turns);
  g_hash_table_iter_init (&iter, generate->pools);
  while (g_hash_table_iter_next (&iter, NULL, &pool))
    serve_pool_finish (pool);
  g_hash_table_unref (generate->pools);
  g_hash_table_unref (generate->reasons);
  g_clear_pointer (&generate->signing, serve_signing_unref);
  g_free (generate);
}

gboolean
serve_generate_suits (ServeGenerate *generate, const ServeGenerateRoute *route)
{
  g_autoptr (GPtrArray) pools = list_pools (generate, route);

  return pools->len > 0;
}

JsonObject *
serve_generate_schema (ServeGenerate *generate, const ServeGenerateRoute *route)
{
  g_autoptr (GPtrArray) pools = list_pools (generate, route);
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
  GHashTableIter iter;
  gpointer pool;
  guint count = 0;

  g_hash_table_iter_init (&iter, generate->pools);
  while (g_hash_table_iter_next (&iter, NULL, &pool))
    count += serve_pool_count (pool);
  return count;
}
