/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-request.h"

#include <string.h>

#include <generative/nearest.h>

#include "../base/json-file.h"

#define DEFAULT_SPEED 1.0
#define DEFAULT_QUALITY 95

/* --- the body --- */

JsonObject *
gen_serve_request_parse (GBytes *body, GError **error)
{
  gsize size;
  const char *data = g_bytes_get_data (body, &size);
  g_autofree char *text = g_strndup (data != NULL ? data : "", size);
  g_autoptr (GError) failure = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (!g_utf8_validate_len (text, size, NULL)) {
    gen_serve_refuse (
        error, GEN_SERVE_INVALID, NULL, "the body is no UTF-8, or has a byte of 0 in it");
    return NULL;
  }
  node = gen_json_from_request (text, &failure);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return json_object_ref (json_node_get_object (node));
  gen_serve_refuse (error, GEN_SERVE_INVALID, NULL,
      "the body should be an object of JSON, such as {\"seed\": 7}%s%s",
      failure != NULL ? ": " : "", failure != NULL ? failure->message : "");
  return NULL;
}

const char *
gen_serve_request_model (JsonObject *body, GError **error)
{
  JsonNode *node = json_object_get_member (body, "model");

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return NULL;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_get_string (node);
  gen_serve_refuse (error, GEN_SERVE_INVALID, "model", "should be the name of a model, a text");
  return NULL;
}

/* --- its fields --- */

static gboolean
field_suits (const GenServeField *field, const GenServeFacts *facts)
{
  return field->suits == NULL || field->suits (facts);
}

static const GenServeField *
find_field (const GenServeField *fields, const char *name)
{
  for (; fields->name != NULL; fields++)
    if (strcmp (fields->name, name) == 0)
      return fields;
  return NULL;
}

static gboolean
refuse_name (
    const GenServeField *fields, const GenServeFacts *facts, const char *name, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL, *list = NULL;

  for (const GenServeField *field = fields; field->name != NULL; field++)
    if (field_suits (field, facts))
      g_ptr_array_add (names, (char *)field->name);
  g_ptr_array_add (names, NULL);
  hint = gen_nearest_hint (name, (const char *const *)names->pdata);
  list = g_strjoinv (", ", (char **)names->pdata);
  return gen_serve_refuse (error, GEN_SERVE_INVALID, name,
      find_field (fields, name) != NULL ? "model %s does not go by it%s; it takes %s"
                                        : "of model %s nobody can ask for that%s; there are %s",
      facts->name, hint, list);
}

static gboolean
read_fields (
    GenServeRequest *request, JsonObject *body, const GenServeField *fields, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, body);
  while (json_object_iter_next (&iter, &name, &node)) {
    const GenServeField *field = find_field (fields, name);

    if (field == NULL || !field_suits (field, request->facts))
      return refuse_name (fields, request->facts, name, error);
    if (!JSON_NODE_HOLDS_NULL (node) && !field->read (request, name, node, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_required (
    JsonObject *body, const GenServeField *fields, const GenServeFacts *facts, GError **error)
{
  for (const GenServeField *field = fields; field->name != NULL; field++) {
    JsonNode *node = json_object_get_member (body, field->name);

    if (field->required && field_suits (field, facts) &&
        (node == NULL || JSON_NODE_HOLDS_NULL (node)))
      return gen_serve_refuse (
          error, GEN_SERVE_INVALID, field->name, "is missing: %s", field->description);
  }
  return TRUE;
}

/* Each latent is a result, where nobody says how many there are to be. */
static void
count_latents (GenServeRequest *request, JsonObject *body)
{
  if (request->latents != NULL && !json_object_has_member (body, "count") &&
      !json_object_has_member (body, "n"))
    request->count = request->latents->len / (guint)request->facts->latent;
}

gboolean
gen_serve_request_check_count (const GenServeRequest *request, GError **error)
{
  const GenServeFormat *film = gen_serve_facts_find_film (request->facts);
  const guint most = request->format->is_film ? request->limits->frames : request->limits->pictures;

  if (request->count <= most)
    return TRUE;
  if (film != NULL && film != request->format && request->limits->frames > most)
    return gen_serve_refuse (error, GEN_SERVE_INVALID, "count",
        "is %u, and %u are the most as %s: format \"%s\" has up to %u, as frames", request->count,
        most, request->format->name, film->name, request->limits->frames);
  return gen_serve_refuse (error, GEN_SERVE_INVALID, "count", "is %u, and %u are the most as %s",
      request->count, most, request->format->name);
}

GenServeRequest *
gen_serve_request_new (JsonObject *body, const GenServeField *fields, const GenServeFacts *facts,
    const GenServeLimits *limits, GError **error)
{
  g_autoptr (GenServeRequest) request = g_new0 (GenServeRequest, 1);

  request->facts = gen_serve_facts_ref (facts);
  request->limits = limits;
  request->class = -1;
  request->count = 1;
  request->speed = DEFAULT_SPEED;
  request->quality = DEFAULT_QUALITY;
  request->rate_numerator = facts->rate_numerator;
  request->rate_denominator = facts->rate_denominator;
  request->parameters =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
  if (!read_fields (request, body, fields, error) || !check_required (body, fields, facts, error))
    return NULL;
  count_latents (request, body);
  if (request->format != NULL && !gen_serve_request_check_count (request, error))
    return NULL;
  /* Of 53 bits, which whoever reads numbers of JSON as doubles tells back as they are. */
  if (!request->seed_said)
    request->seed = (guint64)g_random_int () << 21 ^ g_random_int ();
  return g_steal_pointer (&request);
}

void
gen_serve_request_free (GenServeRequest *request)
{
  gen_serve_facts_unref ((GenServeFacts *)request->facts);
  g_free (request->prompt);
  g_clear_pointer (&request->latents, g_array_unref);
  g_clear_pointer (&request->condition, g_array_unref);
  g_hash_table_unref (request->parameters);
  g_free (request);
}

/* --- parameters --- */

static void
append_numbers (GString *text, const double *values, guint n)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < n; i++)
    g_string_append_printf (
        text, "%s%s", i > 0 ? ":" : "", g_ascii_dtostr (number, sizeof number, values[i]));
}

char *
gen_serve_request_format_parameters (const GenServeRequest *request)
{
  GString *text;

  if (request->facts->parameters->len == 0)
    return NULL;
  text = g_string_new (NULL);
  for (guint i = 0; i < request->facts->parameters->len; i++) {
    const GenServeParameter *parameter = request->facts->parameters->pdata[i];
    const GArray *said = g_hash_table_lookup (request->parameters, parameter->name);

    g_string_append_printf (text, "%s%s=", i > 0 ? "," : "", parameter->name);
    if (said != NULL)
      append_numbers (text, (const double *)said->data, said->len);
    else
      append_numbers (text, parameter->values, parameter->n);
  }
  return g_string_free (text, FALSE);
}

/* --- what can be asked for --- */

gboolean
gen_serve_request_suits (const GenServeField *fields, const GenServeFacts *facts)
{
  return field_suits (&fields[0], facts);
}

/* Whatever need not be said may be null. */
static void
allow_null (JsonObject *schema)
{
  const char *type = json_object_get_string_member_with_default (schema, "type", NULL);
  JsonArray *types;

  if (type == NULL) {
    JsonObject *null = json_object_new ();

    json_object_set_string_member (null, "type", "null");
    json_array_add_object_element (json_object_get_array_member (schema, "anyOf"), null);
    return;
  }
  types = json_array_new ();
  json_array_add_string_element (types, type);
  json_array_add_string_element (types, "null");
  json_object_set_array_member (schema, "type", types);
  if (json_object_has_member (schema, "enum"))
    json_array_add_null_element (json_object_get_array_member (schema, "enum"));
}

/* Of anything but a film as many can be had as of pictures. */
static void
limit_count (JsonObject *schema, const GenServeFormat *film, const GenServeLimits *limits)
{
  g_autofree char *text = g_strdup_printf (
      "{\"if\":{\"properties\":{\"format\":{\"const\":\"%s\"}},\"required\":[\"format\"]},"
      "\"then\":{\"properties\":{\"count\":{\"maximum\":%u}}},"
      "\"else\":{\"properties\":{\"count\":{\"maximum\":%u}}}}",
      film->name, limits->frames, limits->pictures);
  g_autoptr (JsonNode) rule = json_from_string (text, NULL);
  JsonObject *object = json_node_get_object (rule);
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *l = names; l != NULL; l = l->next)
    json_object_set_member (schema, l->data, json_object_dup_member (object, l->data));
}

JsonObject *
gen_serve_request_schema (const GenServeField *fields, const GenServeFacts *facts,
    const GenServeLimits *limits, gboolean several)
{
  JsonObject *schema = json_object_new (), *properties = json_object_new ();
  JsonArray *required = json_array_new ();
  const GenServeFormat *film = gen_serve_facts_find_film (facts);

  for (const GenServeField *field = fields; field->name != NULL; field++) {
    /* Where there is one model, it need not be said; it is the first field. */
    const gboolean is_required = field->required || (several && field == fields);
    JsonObject *one;

    if (!field_suits (field, facts))
      continue;
    one = json_object_new ();
    field->describe (facts, limits, one);
    json_object_set_string_member (one, "description", field->description);
    if (is_required)
      json_array_add_string_element (required, field->name);
    else
      allow_null (one);
    json_object_set_object_member (properties, field->name, one);
  }
  json_object_set_string_member (schema, "title", facts->name);
  json_object_set_string_member (schema, "type", "object");
  json_object_set_object_member (schema, "properties", properties);
  json_object_set_array_member (schema, "required", required);
  json_object_set_boolean_member (schema, "additionalProperties", FALSE);
  if (film != NULL && json_object_has_member (properties, "format"))
    limit_count (schema, film, limits);
  return schema;
}
