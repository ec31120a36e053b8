/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-fields.h"

#include <string.h>

#include <generative/model.h>
#include <generative/nearest.h>

#define GREATEST_TRUNCATION 10.0
/* From 1 to GEN_SERVE_MAX_SIDE. */
#define SIDE_PATTERN "([1-9][0-9]{0,2}|1[0-9]{3}|20[0-3][0-9]|204[0-8])"

gboolean
gen_serve_takes_latent (const GenServeFacts *facts)
{
  return facts->takes == GEN_SERVE_TAKES_LATENT;
}

gboolean
gen_serve_takes_text (const GenServeFacts *facts)
{
  return facts->takes == GEN_SERVE_TAKES_TEXT;
}

gboolean
gen_serve_makes_pictures (const GenServeFacts *facts)
{
  return facts->makes == &gen_medium_picture;
}

gboolean
gen_serve_takes_condition (const GenServeFacts *facts)
{
  return facts->second_kind == GEN_SERVE_SECOND_NUMBERS;
}

/* How long a voice speaks, which hangs on its parameters, is not for everybody to say: a number
 * would do for filling all memory. */
gboolean
gen_serve_takes_parameters (const GenServeFacts *facts)
{
  return facts->parameters->len > 0 && facts->takes != GEN_SERVE_TAKES_TEXT;
}

/* --- model --- */

gboolean
gen_serve_read_model (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  return TRUE; /* by whoever has found it */
}

void
gen_serve_describe_model (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  const char *const only[] = { facts->name, NULL };

  gen_serve_schema_choice (schema, only);
}

/* --- prompt --- */

gboolean
gen_serve_read_prompt (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  const char *text = gen_serve_value_text (node, name, "what is to be spoken", error);
  gboolean any = FALSE;

  if (text == NULL)
    return FALSE;
  if (g_utf8_strlen (text, -1) > GEN_SERVE_MAX_PROMPT)
    return gen_serve_refuse (error, GEN_SERVE_INVALID, name,
        "is longer than %d characters: ask for it in pieces", GEN_SERVE_MAX_PROMPT);
  for (const char *at = text; *at != '\0' && !any; at = g_utf8_next_char (at))
    any = !g_unichar_isspace (g_utf8_get_char (at));
  if (!any)
    return gen_serve_refuse (
        error, GEN_SERVE_INVALID, name, "is empty, where there should be a text");
  g_free (request->prompt);
  request->prompt = g_strdup (text);
  return TRUE;
}

void
gen_serve_describe_prompt (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  g_autofree char *pattern = g_strconcat ("^" GEN_SERVE_ANYTHING,
      facts->text_pattern != NULL ? facts->text_pattern : "\\S", GEN_SERVE_ANYTHING "$", NULL);

  json_object_set_string_member (schema, "type", "string");
  json_object_set_int_member (schema, "minLength", 1);
  json_object_set_int_member (schema, "maxLength", GEN_SERVE_MAX_PROMPT);
  json_object_set_string_member (schema, "pattern", pattern);
}

/* --- what is drawn --- */

gboolean
gen_serve_read_seed (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  gint64 seed;

  if (!gen_serve_value_whole (node, name, 0, GEN_SERVE_MAX_SEED, &seed, error))
    return FALSE;
  request->seed = (guint64)seed;
  request->seed_said = TRUE;
  return TRUE;
}

void
gen_serve_describe_seed (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_whole (schema, 0, GEN_SERVE_MAX_SEED);
}

gboolean
gen_serve_read_truncation (
    GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  return gen_serve_value_number (
      node, name, GEN_LATENT_TRUNCATION_MIN, GREATEST_TRUNCATION, &request->truncation, error);
}

void
gen_serve_describe_truncation (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_number (schema, GEN_LATENT_TRUNCATION_MIN, GREATEST_TRUNCATION);
}

gboolean
gen_serve_read_count (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  gint64 count;

  if (!gen_serve_value_whole (node, name, 1, request->limits->pictures, &count, error))
    return FALSE;
  request->count = (guint)count;
  return TRUE;
}

void
gen_serve_describe_count (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_whole (schema, 1, limits->pictures);
}

/* --- class --- */

static gint64
most_classes (const GenServeFacts *facts)
{
  return facts->classes > 0 ? facts->classes : G_MAXINT32;
}

gboolean
gen_serve_read_class (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  g_autoptr (GError) failure = NULL;
  const char *text;

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return gen_serve_value_whole (
        node, name, 0, most_classes (request->facts) - 1, &request->class, error);
  text = json_node_get_string (node);
  request->class = request->facts->class_names == NULL
                       ? -1
                       : gen_class_find ((const char *const *)request->facts->class_names,
                             request->facts->classes, text, &failure);
  if (request->class >= 0)
    return TRUE;
  return gen_serve_refuse (error, GEN_SERVE_INVALID, name, "%s",
      failure != NULL ? failure->message
                      : "should be a number: model does not say how its classes are called");
}

void
gen_serve_describe_class (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  JsonArray *kinds;
  JsonObject *number, *names;

  if (facts->class_names == NULL) {
    gen_serve_schema_whole (schema, 0, most_classes (facts) - 1);
    return;
  }
  kinds = json_array_new ();
  number = json_object_new ();
  names = json_object_new ();
  gen_serve_schema_whole (number, 0, most_classes (facts) - 1);
  gen_serve_schema_choice (names, (const char *const *)facts->class_names);
  json_array_add_object_element (kinds, number);
  json_array_add_object_element (kinds, names);
  json_object_set_array_member (schema, "anyOf", kinds);
}

/* --- vectors --- */

/* One vector, or an array of them. */
gboolean
gen_serve_read_latent (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  const guint n = array != NULL ? json_array_get_length (array) : 0;

  request->latents = g_array_new (FALSE, FALSE, sizeof (float));
  if (n == 0 || !JSON_NODE_HOLDS_ARRAY (json_array_get_element (array, 0)))
    return gen_serve_value_floats (node, name, request->facts->latent, request->latents, error);
  if (n > request->limits->pictures)
    return gen_serve_refuse (error, GEN_SERVE_INVALID, name,
        "holds %u vectors, and %u are the most", n, request->limits->pictures);
  for (guint i = 0; i < n; i++)
    if (!gen_serve_value_floats (json_array_get_element (array, i), name, request->facts->latent,
            request->latents, error))
      return FALSE;
  return TRUE;
}

void
gen_serve_describe_latent (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  JsonArray *kinds = json_array_new ();
  JsonObject *several = json_object_new ();

  json_object_set_string_member (several, "type", "array");
  json_object_set_object_member (
      several, "items", gen_serve_schema_numbers ((gint64)facts->latent));
  json_object_set_int_member (several, "minItems", 1);
  json_object_set_int_member (several, "maxItems", limits->pictures);
  json_array_add_object_element (kinds, gen_serve_schema_numbers ((gint64)facts->latent));
  json_array_add_object_element (kinds, several);
  json_object_set_array_member (schema, "anyOf", kinds);
}

gboolean
gen_serve_read_condition (
    GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  request->condition = g_array_new (FALSE, FALSE, sizeof (float));
  return gen_serve_value_floats (node, name, request->facts->second, request->condition, error);
}

void
gen_serve_describe_condition (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  JsonArray *kinds = json_array_new ();

  json_array_add_object_element (kinds, gen_serve_schema_numbers ((gint64)facts->second));
  json_object_set_array_member (schema, "anyOf", kinds);
}

/* --- parameters --- */

void
gen_serve_request_set_parameter (
    GenServeRequest *request, const char *name, const double *values, guint n)
{
  GArray *array = g_array_sized_new (FALSE, FALSE, sizeof *values, n);

  g_array_append_vals (array, values, n);
  g_hash_table_insert (request->parameters, g_strdup (name), array);
}

static gboolean
refuse_parameter (const GenServeFacts *facts, const char *field, const char *name, GError **error)
{
  g_autofree const char **names = g_new0 (const char *, facts->parameters->len + 1);
  g_autofree char *list = NULL, *hint = NULL;

  for (guint i = 0; i < facts->parameters->len; i++)
    names[i] = ((const GenServeParameter *)facts->parameters->pdata[i])->name;
  list = g_strjoinv (", ", (char **)names);
  hint = gen_nearest_hint (name, names);
  return gen_serve_refuse (error, GEN_SERVE_INVALID, field,
      "model %s has no such parameter%s; it has %s", facts->name, hint, list);
}

gboolean
gen_serve_read_parameters (
    GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  JsonObjectIter iter;
  const char *member;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return gen_serve_refuse (error, GEN_SERVE_INVALID, name,
        "should be an object of numbers by the names of parameters");
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &member, &value)) {
    const GenServeParameter *parameter = gen_serve_facts_find_parameter (request->facts, member);
    g_autofree char *field = g_strdup_printf ("%s.%s", name, member);
    g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

    if (parameter == NULL)
      return refuse_parameter (request->facts, field, member, error);
    if (!gen_serve_value_doubles (value, field, parameter->n, values, error))
      return FALSE;
    gen_serve_request_set_parameter (request, member, (const double *)values->data, values->len);
  }
  return TRUE;
}

void
gen_serve_describe_parameters (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  JsonObject *properties = json_object_new ();

  for (guint i = 0; i < facts->parameters->len; i++) {
    const GenServeParameter *parameter = facts->parameters->pdata[i];

    json_object_set_object_member (
        properties, parameter->name, gen_serve_schema_parameter (parameter->n));
  }
  json_object_set_string_member (schema, "type", "object");
  json_object_set_object_member (schema, "properties", properties);
  json_object_set_boolean_member (schema, "additionalProperties", FALSE);
}

/* --- files --- */

gboolean
gen_serve_read_quality (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  gint64 quality;

  if (!gen_serve_value_whole (node, name, 0, 100, &quality, error))
    return FALSE;
  request->quality = (int)quality;
  return TRUE;
}

void
gen_serve_describe_quality (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_whole (schema, 0, 100);
}

static gboolean
read_side (const char **at, int *side)
{
  char *end;
  const guint64 value = g_ascii_isdigit (**at) ? g_ascii_strtoull (*at, &end, 10) : 0;

  if (value == 0 || value > GEN_SERVE_MAX_SIDE || **at == '0')
    return FALSE;
  *side = (int)value;
  *at = end;
  return TRUE;
}

/* "640x480" */
gboolean
gen_serve_read_size (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  const char *text =
      gen_serve_value_text (node, name, "auto, or a width and a height, 640x480", error);

  if (text == NULL)
    return FALSE;
  if (strcmp (text, "auto") == 0)
    return TRUE;
  if (read_side (&text, &request->width) && *text++ == 'x' && read_side (&text, &request->height) &&
      *text == '\0')
    return TRUE;
  return gen_serve_refuse (error, GEN_SERVE_INVALID, name,
      "should be auto, or a width and a height of at most %d pixels, such as 640x480",
      GEN_SERVE_MAX_SIDE);
}

void
gen_serve_describe_size (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  json_object_set_string_member (schema, "type", "string");
  json_object_set_string_member (schema, "pattern", "^(auto|" SIDE_PATTERN "x" SIDE_PATTERN ")$");
}
