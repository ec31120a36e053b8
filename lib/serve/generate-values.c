/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-values.h"

#include <math.h>
#include <string.h>

#include <generative/nearest.h>

#include "../base/json-members.h"

/* Latents and parameters are of float32, and what is greater than this is no number that a net
 * could take. */
#define GREATEST 1e30

gboolean
gen_serve_value_whole (
    JsonNode *node, const char *name, gint64 least, gint64 most, gint64 *value, GError **error)
{
  const gboolean is_number = gen_json_is_number (node);
  const double number = is_number ? json_node_get_double (node) : NAN;
  const gboolean is_integer = is_number && json_node_get_value_type (node) == G_TYPE_INT64;

  if (is_integer)
    *value = json_node_get_int (node);
  else if (number == floor (number) && fabs (number) < 0x1p62)
    *value = (gint64)number;
  if ((is_integer || (number == floor (number) && fabs (number) < 0x1p62)) && *value >= least &&
      *value <= most)
    return TRUE;
  return gen_serve_refuse (error, GEN_SERVE_INVALID, name,
      "should be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, least, most);
}

gboolean
gen_serve_value_number (
    JsonNode *node, const char *name, double least, double most, double *value, GError **error)
{
  const double number = gen_json_is_number (node) ? json_node_get_double (node) : NAN;

  if (number >= least && number <= most) {
    *value = number;
    return TRUE;
  }
  return gen_serve_refuse (
      error, GEN_SERVE_INVALID, name, "should be a number from %g to %g", least, most);
}

const char *
gen_serve_value_text (JsonNode *node, const char *name, const char *wanted, GError **error)
{
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_get_string (node);
  gen_serve_refuse (error, GEN_SERVE_INVALID, name, "should be a text: %s", wanted);
  return NULL;
}

int
gen_serve_value_choice (
    JsonNode *node, const char *name, const char *const *choices, GError **error)
{
  g_autofree char *list = g_strjoinv (", ", (char **)choices), *hint = NULL;
  const char *text = gen_serve_value_text (node, name, list, error);

  for (int i = 0; text != NULL && choices[i] != NULL; i++)
    if (strcmp (choices[i], text) == 0)
      return i;
  if (text == NULL)
    return -1;
  hint = gen_nearest_hint (text, choices);
  gen_serve_refuse (
      error, GEN_SERVE_INVALID, name, "there is no \"%s\"%s; there are %s", text, hint, list);
  return -1;
}

gboolean
gen_serve_value_truth (JsonNode *node, const char *name, gboolean *value, GError **error)
{
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return gen_serve_refuse (error, GEN_SERVE_INVALID, name, "should be true or false");
  *value = json_node_get_boolean (node);
  return TRUE;
}

static gboolean
read_numbers (JsonNode *node, gsize n, void (*add) (GArray *, double), GArray *values)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array == NULL || json_array_get_length (array) != n)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    JsonNode *one = json_array_get_element (array, i);
    const double value = gen_json_is_number (one) ? json_node_get_double (one) : NAN;

    if (!(fabs (value) <= GREATEST))
      return FALSE;
    add (values, value);
  }
  return TRUE;
}

static void
add_float (GArray *values, double value)
{
  const float narrow = (float)value;

  g_array_append_val (values, narrow);
}

static void
add_double (GArray *values, double value)
{
  g_array_append_val (values, value);
}

gboolean
gen_serve_value_floats (JsonNode *node, const char *name, gsize n, GArray *values, GError **error)
{
  return read_numbers (node, n, add_float, values) ||
         gen_serve_refuse (error, GEN_SERVE_INVALID, name,
             "should be an array of %" G_GSIZE_FORMAT " numbers", n);
}

gboolean
gen_serve_value_doubles (JsonNode *node, const char *name, guint n, GArray *values, GError **error)
{
  double one = 0;

  if (n != 1 || JSON_NODE_HOLDS_ARRAY (node))
    return read_numbers (node, n, add_double, values) ||
           gen_serve_refuse (error, GEN_SERVE_INVALID, name,
               n == 1 ? "should be a number" : "should be an array of %u numbers", n);
  if (!gen_serve_value_number (node, name, -GREATEST, GREATEST, &one, error))
    return FALSE;
  add_double (values, one);
  return TRUE;
}

/* --- their schemas --- */

void
gen_serve_schema_whole (JsonObject *schema, gint64 least, gint64 most)
{
  json_object_set_string_member (schema, "type", "integer");
  json_object_set_int_member (schema, "minimum", least);
  json_object_set_int_member (schema, "maximum", most);
}

void
gen_serve_schema_number (JsonObject *schema, double least, double most)
{
  json_object_set_string_member (schema, "type", "number");
  json_object_set_double_member (schema, "minimum", least);
  json_object_set_double_member (schema, "maximum", most);
}

void
gen_serve_schema_choice (JsonObject *schema, const char *const *choices)
{
  JsonArray *array = json_array_new ();

  for (; *choices != NULL; choices++)
    json_array_add_string_element (array, *choices);
  json_object_set_string_member (schema, "type", "string");
  json_object_set_array_member (schema, "enum", array);
}

JsonObject *
gen_serve_schema_numbers (gint64 n)
{
  JsonObject *schema = json_object_new (), *one = json_object_new ();

  gen_serve_schema_number (one, -GREATEST, GREATEST);
  json_object_set_string_member (schema, "type", "array");
  json_object_set_object_member (schema, "items", one);
  json_object_set_int_member (schema, "minItems", n);
  json_object_set_int_member (schema, "maxItems", n);
  return schema;
}

JsonObject *
gen_serve_schema_parameter (gint64 n)
{
  JsonObject *schema;

  if (n != 1)
    return gen_serve_schema_numbers (n);
  schema = json_object_new ();
  gen_serve_schema_number (schema, -GREATEST, GREATEST);
  return schema;
}
