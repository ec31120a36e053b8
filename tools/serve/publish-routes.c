/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients are told of versions, and decide on them. */
#include <math.h>

#include "../../lib/base/json-members.h"
#include "publish-private.h"

static const char *const phases[] = { "idle", "warming", "canary" };

/* --- telling --- */

static JsonObject *
describe_figure (const GenRollout *rollout, guint i)
{
  static const char *const sides[] = { "stable", "candidate" };
  JsonObject *object = json_object_new ();
  GenRolloutComparison comparison;

  gen_rollout_compare (rollout, i, &comparison);
  for (int side = 0; side < GEN_ROLLOUT_SIDES; side++) {
    JsonObject *told = json_object_new ();

    json_object_set_int_member (told, "values", (gint64)comparison.n[side]);
    gen_json_set_finite (told, "mean", comparison.mean[side]);
    json_object_set_object_member (object, sides[side], told);
  }
  gen_json_set_finite (object, "gain", comparison.gain);
  gen_json_set_finite (object, "lower", comparison.lower);
  gen_json_set_finite (object, "upper", comparison.upper);
  gen_json_set_finite (object, "tolerance", comparison.tolerance);
  json_object_set_double_member (object, "confidence", comparison.confidence);
  if (comparison.confidence > 0)
    json_object_set_string_member (
        object, "better", sides[comparison.gain > 0 ? GEN_ROLLOUT_CANDIDATE : GEN_ROLLOUT_STABLE]);
  return object;
}

static JsonObject *
describe_rollout (const Publication *publication)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < gen_rollout_count (publication->rollout); i++)
    json_object_set_object_member (object,
        g_array_index (publication->figures, GenRolloutFigure, i).name,
        describe_figure (publication->rollout, i));
  return object;
}

static JsonArray *
list_versions (const Publication *publication)
{
  g_autoptr (GPtrArray) versions = serve_model_list_versions (publication->model->settings, NULL);
  JsonArray *array = json_array_new ();

  for (guint i = 0; versions != NULL && i < versions->len; i++) {
    const ServeVersion *version = versions->pdata[i];
    JsonObject *told = json_object_new ();

    json_object_set_string_member (told, "version", version->name);
    gen_json_set_text (
        told, "refused", g_hash_table_lookup (publication->state.refused, version->name));
    json_array_add_object_element (array, told);
  }
  return array;
}

JsonObject *
serve_publishing_describe (ServePublishing *publishing, const ServeModel *model)
{
  const Publication *publication = publish_find (publishing, model);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "model", model->name);
  json_object_set_string_member (object, "stable", model->current.name);
  if (publication == NULL)
    return object;
  gen_json_set_text (object, "previous", publication->state.previous);
  json_object_set_string_member (object, "phase", phases[publication->phase]);
  if (publication->phase != PUBLISH_IDLE)
    json_object_set_string_member (object, "candidate", publication->candidate.name);
  if (publication->phase == PUBLISH_CANARY)
    json_object_set_double_member (object, "share", publication->settings->share);
  gen_json_set_text (object, "reason", publication->reason);
  json_object_set_array_member (object, "versions", list_versions (publication));
  if (publication->rollout != NULL)
    json_object_set_object_member (object, "figures", describe_rollout (publication));
  return object;
}

/* --- deciding --- */

static Publication *
find_or_fail (ServePublishing *publishing, const ServeModel *model, GError **error)
{
  Publication *publication = publish_find (publishing, model);

  if (publication == NULL)
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_CONFLICT,
        "the studio file has no [publish.%s]: its version changes at the next start", model->name);
  return publication;
}

/* That of the name, of all there are. */
static const ServeVersion *
find_version (const GPtrArray *versions, const char *name, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < versions->len; i++) {
    const ServeVersion *version = versions->pdata[i];

    if (g_strcmp0 (version->name, name) == 0)
      return version;
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", version->name);
  }
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_NOT_FOUND,
      "there is no version \"%s\" here; there are %s", name != NULL ? name : "", list->str);
  return NULL;
}

static gboolean
turn_by_hand (ServePublishing *publishing, Publication *publication, const char *name,
    const char *event, const char *by, GError **error)
{
  g_autoptr (GPtrArray) versions = serve_model_list_versions (publication->model->settings, error);
  const ServeVersion *version = versions != NULL ? find_version (versions, name, error) : NULL;

  return version != NULL && serve_model_check_version (publication->model, version, error) &&
         publish_note (publication, event, name, by, NULL, error) &&
         publish_turn (publishing, publication, version, error);
}

gboolean
serve_publishing_promote (ServePublishing *publishing, ServeModel *model, const char *version,
    const char *by, GError **error)
{
  Publication *publication = find_or_fail (publishing, model, error);
  g_autofree char *name = g_strdup (version);

  if (publication == NULL)
    return FALSE;
  if (name == NULL && publication->phase == PUBLISH_IDLE) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_CONFLICT,
        "no version of %s is being tried: say which one is to be played", model->name);
    return FALSE;
  }
  if (name == NULL)
    name = g_strdup (publication->candidate.name);
  return turn_by_hand (publishing, publication, name, "version-promoted", by, error);
}

gboolean
serve_publishing_roll_back (
    ServePublishing *publishing, ServeModel *model, const char *by, GError **error)
{
  Publication *publication = find_or_fail (publishing, model, error);
  g_autofree char *from = g_strdup (model->current.name), *to = NULL;

  if (publication == NULL)
    return FALSE;
  if (publication->phase != PUBLISH_IDLE) {
    publish_refuse (publishing, publication, "version-rolled-back", by, "somebody said so");
    return TRUE;
  }
  if (publication->state.previous == NULL) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_CONFLICT,
        "no version of %s has been played before this one", model->name);
    return FALSE;
  }
  to = g_strdup (publication->state.previous);
  /* What has been rolled back does not come again by itself. */
  g_hash_table_insert (
      publication->state.refused, g_strdup (from), g_strdup ("somebody rolled it back"));
  return turn_by_hand (publishing, publication, to, "version-rolled-back", by, error);
}

/* --- routes --- */

static ServeModel *
find_model (ServeRequest *request)
{
  g_autoptr (GError) error = NULL;
  ServeModel *model =
      serve_server_find_model (request->server, serve_request_get (request, "name"), &error);

  if (model == NULL)
    serve_request_fail_by (request, error);
  return model;
}

static void
answer (ServeRequest *request, const ServeModel *model)
{
  http_answer_json (request->message, SOUP_STATUS_OK,
      serve_publishing_describe (request->server->publishing, model));
}

static void
answer_experiment (ServeRequest *request, gpointer data)
{
  const ServeModel *model = find_model (request);

  if (model != NULL)
    answer (request, model);
}

static gboolean
has_body (const ServeRequest *request)
{
  return soup_server_message_get_request_body (request->message)->length > 0;
}

static void
answer_promote (ServeRequest *request, gpointer data)
{
  ServeModel *model = find_model (request);
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GError) error = NULL;

  if (model == NULL)
    return;
  if (has_body (request)) {
    object = serve_request_read (request);
    if (object == NULL)
      return;
    if (json_object_has_member (object, "version") &&
        gen_json_text_in (object, "version") == NULL) {
      serve_request_fail (request, SOUP_STATUS_BAD_REQUEST, "version",
          "version is a text: the name of a version, as \"v2\"");
      return;
    }
  }
  if (serve_publishing_promote (request->server->publishing, model,
          gen_json_text_in (object, "version"), request->client, &error))
    answer (request, model);
  else
    serve_request_fail_by (request, error);
}

static void
answer_roll_back (ServeRequest *request, gpointer data)
{
  ServeModel *model = find_model (request);
  g_autoptr (GError) error = NULL;

  if (model == NULL)
    return;
  if (serve_publishing_roll_back (request->server->publishing, model, request->client, &error))
    answer (request, model);
  else
    serve_request_fail_by (request, error);
}

void
serve_publish_routes_add (ServeServer *server)
{
  serve_http_add (server->http, "GET", "/v1/models/{name}/experiment", SERVE_SCOPE_WATCH,
      answer_experiment, NULL,
      "{\"summary\":\"Which version is tried, and how it does beside the one that is played\"}");
  serve_http_add (server->http, "POST", "/v1/models/{name}/promote", SERVE_SCOPE_PUBLISH,
      answer_promote, NULL, "{\"summary\":\"Play a version in all sessions, at once\"}");
  serve_http_add (server->http, "POST", "/v1/models/{name}/rollback", SERVE_SCOPE_PUBLISH,
      answer_roll_back, NULL, "{\"summary\":\"End a trial, or play the version before\"}");
}
