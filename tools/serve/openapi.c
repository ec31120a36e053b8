/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A route says its operation as JSON; what all of them have in common is added here: parameters of
 * the path, errors, and that a token is wanted. Requests that make something are described by the
 * models that there are. */
#include "openapi.h"

#include <string.h>

#include <generative/version.h>

#include "../../lib/base/json-file.h"

#define ERROR_SCHEMA "#/components/schemas/Error"

static const char error_schema[] =
    "{\"type\":\"object\",\"required\":[\"error\"],\"properties\":{\"error\":{\"type\":\"object\","
    "\"required\":[\"message\",\"type\",\"param\",\"code\"],\"properties\":{"
    "\"message\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},"
    "\"param\":{\"type\":[\"string\",\"null\"]},\"code\":{\"type\":[\"string\",\"null\"]}}}}}";

/* NULL of what is none, which would be ours. (transfer full) */
static JsonObject *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = gen_json_from_text (text, &error);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return json_object_ref (json_node_get_object (node));
  g_warning ("a route's description is no object of JSON: %s", text);
  return NULL;
}

/* The member of that name, made where it is missing. */
static JsonObject *
get_member (JsonObject *object, const char *name)
{
  if (!json_object_has_member (object, name))
    json_object_set_object_member (object, name, json_object_new ());
  return json_object_get_object_member (object, name);
}

static void
set_reference (JsonObject *object, const char *name, const char *path)
{
  JsonObject *reference = json_object_new ();

  json_object_set_string_member (reference, "$ref", path);
  json_object_set_object_member (object, name, reference);
}

/* --- responses --- */

static void
add_error (JsonObject *responses, const char *status, const char *description)
{
  JsonObject *response, *content, *json;

  if (json_object_has_member (responses, status))
    return;
  response = json_object_new ();
  json_object_set_string_member (response, "description", description);
  content = get_member (response, "content");
  json = get_member (content, "application/json");
  set_reference (json, "schema", ERROR_SCHEMA);
  json_object_set_object_member (responses, status, response);
}

/* Where a route says nothing else: an object, or nothing of what is deleted. */
static void
add_success (JsonObject *operation, const ServeRoute *route)
{
  JsonObject *responses = get_member (operation, "responses"), *response;

  if (json_object_get_size (responses) > 0)
    return;
  if (strcmp (route->method, "DELETE") == 0) {
    response = get_member (responses, "204");
    json_object_set_string_member (response, "description", "It is done");
    return;
  }
  response = get_member (responses, "200");
  json_object_set_string_member (response, "description", "What was asked for");
  json_object_set_string_member (
      get_member (get_member (get_member (response, "content"), "application/json"), "schema"),
      "type", "object");
}

/* What any request may be told before its route is asked. */
static void
add_errors (JsonObject *operation, const ServeRoute *route)
{
  JsonObject *responses = get_member (operation, "responses");

  add_error (responses, "400", "The request is not right; param names the field");
  add_error (responses, "403", "The request comes from a page, or goes to a name, that may not");
  if (strchr (route->path, '{') != NULL)
    add_error (responses, "404", "There is no such thing");
  if (route->scope != SERVE_SCOPE_NONE)
    add_error (responses, "401", "A token is wanted, or another one");
  if (strcmp (route->method, "GET") != 0) {
    add_error (responses, "413", "The body is larger than it may be");
    add_error (responses, "415", "The body is of another type");
  }
  add_error (responses, "429", "There were more requests than there may be");
  add_error (responses, "500", "The server failed");
  add_error (responses, "503", "The server has too much to do, or is about to end");
}

/* --- requests --- */

static gboolean
has_parameter (JsonArray *parameters, const char *name)
{
  for (guint i = 0; i < json_array_get_length (parameters); i++)
    if (g_strcmp0 (json_object_get_string_member_with_default (
                       json_array_get_object_element (parameters, i), "name", NULL),
            name) == 0)
      return TRUE;
  return FALSE;
}

/* "{name}" of the path, where the route has not said what it is. */
static void
add_path_parameters (JsonObject *operation, const char *path)
{
  g_auto (GStrv) segments = g_strsplit (path, "/", -1);
  JsonArray *parameters =
      json_object_has_member (operation, "parameters")
          ? json_array_ref (json_object_get_array_member (operation, "parameters"))
          : json_array_new ();

  for (int i = 0; segments[i] != NULL; i++) {
    const gsize size = strlen (segments[i]);
    JsonObject *parameter;
    g_autofree char *name = NULL;

    if (segments[i][0] != '{')
      continue;
    name = g_strndup (segments[i] + 1, size - 2);
    if (has_parameter (parameters, name))
      continue;
    parameter = json_object_new ();
    json_object_set_string_member (parameter, "name", name);
    json_object_set_string_member (parameter, "in", "path");
    json_object_set_boolean_member (parameter, "required", TRUE);
    json_object_set_string_member (get_member (parameter, "schema"), "type", "string");
    json_object_set_int_member (get_member (parameter, "schema"), "minLength", 1);
    json_array_add_object_element (parameters, parameter);
  }
  if (json_array_get_length (parameters) > 0)
    json_object_set_array_member (operation, "parameters", parameters);
  else
    json_array_unref (parameters);
}

/* Where a route says nothing else: an object. */
static void
add_body (JsonObject *operation, const ServeRoute *route)
{
  JsonObject *body;

  if (strcmp (route->method, "PATCH") != 0 && strcmp (route->method, "PUT") != 0)
    return;
  if (json_object_has_member (operation, "requestBody"))
    return;
  body = get_member (operation, "requestBody");
  json_object_set_boolean_member (body, "required", TRUE);
  json_object_set_string_member (
      get_member (get_member (get_member (body, "content"), "application/json"), "schema"), "type",
      "object");
}

static void
add_scope (JsonObject *operation, const ServeRoute *route)
{
  JsonArray *security = json_array_new (), *scopes = json_array_new ();
  JsonObject *token = json_object_new (), *none = json_object_new ();

  if (route->scope == SERVE_SCOPE_NONE) {
    json_array_unref (scopes);
    json_object_unref (token);
    json_object_unref (none);
    json_object_set_array_member (operation, "security", security);
    return;
  }
  json_object_set_array_member (token, "token", scopes);
  json_array_add_object_element (security, token);
  json_array_add_object_element (security, none);
  json_object_set_array_member (operation, "security", security);
}

/* "post-v1-generate" */
static char *
make_id (const ServeRoute *route)
{
  g_autofree char *method = g_ascii_strdown (route->method, -1);
  char *id = g_strconcat (method, route->path, NULL);

  return g_strcanon (id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.", '-');
}

static void
add_route (JsonObject *paths, const ServeRoute *route, JsonObject *operation)
{
  g_autofree char *method = g_ascii_strdown (route->method, -1), *id = make_id (route);

  add_path_parameters (operation, route->path);
  add_success (operation, route);
  add_errors (operation, route);
  add_body (operation, route);
  add_scope (operation, route);
  if (!json_object_has_member (operation, "operationId"))
    json_object_set_string_member (operation, "operationId", id);
  json_object_set_object_member (get_member (paths, route->path), method, operation);
}

/* --- the document --- */

static void
describe_info (JsonObject *document)
{
  JsonObject *info = get_member (document, "info");

  json_object_set_string_member (document, "openapi", "3.1.0");
  json_object_set_string_member (info, "title", "generative-serve");
  json_object_set_string_member (info, "version", GEN_VERSION);
  json_object_set_string_member (info, "description", "What models make, asked for by HTTP");
}

static void
describe_components (JsonObject *document)
{
  JsonObject *components = get_member (document, "components");
  JsonObject *token = get_member (get_member (components, "securitySchemes"), "token");

  json_object_set_string_member (token, "type", "http");
  json_object_set_string_member (token, "scheme", "bearer");
  JsonObject *error = get_member (get_member (components, "responses"), "Error");

  json_object_set_string_member (error, "description", "Why it is not done");
  set_reference (
      get_member (get_member (error, "content"), "application/json"), "schema", ERROR_SCHEMA);
  json_object_set_object_member (get_member (components, "schemas"), "Error", parse (error_schema));
}

/* What a request to one of these routes is, by the models. */
static void
add_request (JsonObject *document, JsonObject *operation, ServeGenerate *generate,
    const ServeGenerateRoute *route)
{
  JsonObject *schemas = get_member (get_member (document, "components"), "schemas");
  g_autofree char *reference = g_strconcat ("#/components/schemas/", route->name, NULL);
  JsonObject *schema = serve_generate_schema (generate, route);
  JsonObject *body = get_member (operation, "requestBody"), *json;

  json_object_set_object_member (schemas, route->name, schema);
  json_object_set_boolean_member (body, "required", TRUE);
  json = get_member (get_member (body, "content"), "application/json");
  set_reference (json, "schema", reference);
}

JsonObject *
serve_openapi_make (ServeServer *server, ServeGenerate *generate)
{
  const GPtrArray *routes = serve_http_get_routes (server->http);
  JsonObject *document = json_object_new (), *paths = get_member (document, "paths");

  describe_info (document);
  describe_components (document);
  for (guint i = 0; i < routes->len; i++) {
    const ServeRoute *route = routes->pdata[i];
    const ServeGenerateRoute *makes = serve_generate_find_route (route->path);
    JsonObject *operation;

    if (route->openapi == NULL || (makes != NULL && !serve_generate_suits (generate, makes)))
      continue;
    operation = parse (route->openapi);
    if (operation == NULL)
      continue;
    if (makes != NULL)
      add_request (document, operation, generate, makes);
    add_route (paths, route, operation);
  }
  return document;
}
