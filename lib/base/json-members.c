/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-members.h"

#include <math.h>

static GType
type_of (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node)
                                                      : G_TYPE_INVALID;
}

static JsonNode *
find (JsonObject *object, const char *name)
{
  return object != NULL ? json_object_get_member (object, name) : NULL;
}

gboolean
gen_json_is_number (JsonNode *node)
{
  return type_of (node) == G_TYPE_DOUBLE || type_of (node) == G_TYPE_INT64;
}

JsonObject *
gen_json_object_in (JsonObject *object, const char *name)
{
  JsonNode *node = find (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

double
gen_json_number_in (JsonObject *object, const char *name)
{
  JsonNode *node = find (object, name);

  return gen_json_is_number (node) ? json_node_get_double (node) : (double)NAN;
}

const char *
gen_json_text_in (JsonObject *object, const char *name)
{
  JsonNode *node = find (object, name);

  return type_of (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;
}

JsonArray *
gen_json_array_in (JsonObject *object, const char *name)
{
  JsonNode *node = find (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

guint
gen_json_length_of (JsonArray *array)
{
  return array != NULL ? json_array_get_length (array) : 0;
}

gboolean
gen_json_interval_in (JsonObject *object, const char *name, double ends[2])
{
  JsonArray *array = gen_json_array_in (object, name);

  for (guint i = 0; i < 2; i++) {
    JsonNode *end = gen_json_length_of (array) == 2 ? json_array_get_element (array, i) : NULL;

    if (!gen_json_is_number (end))
      return FALSE;
    ends[i] = json_node_get_double (end);
  }
  return isfinite (ends[0]) && isfinite (ends[1]);
}

void
gen_json_set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (object, name, text);
}

void
gen_json_set_finite (JsonObject *object, const char *name, double number)
{
  if (isfinite (number))
    json_object_set_double_member (object, name, number);
}
