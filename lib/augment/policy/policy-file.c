/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy from a file of JSON (augment-policy.h). Errors name the step: "FILE: steps[2]: …". */
#include "policy.h"

#include <generative/file-bytes.h>
#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "../../base/family.h"
#include "../../base/json-file.h"

/* The parser's recursion has no limit of its own. */
#define MAX_DEPTH 8

typedef struct {
  const char *path;
  GenAugmentPolicy *policy;
  int most; /* transforms that may come together so far */
} Reader;

static gboolean read_step (
    Reader *reader, JsonNode *node, GenPolicyStep *step, const char *place, GError **error);

G_GNUC_PRINTF (4, 5)
static gboolean
fail (const Reader *reader, const char *place, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, GEN_AUGMENT_POLICY_ERROR, GEN_AUGMENT_POLICY_ERROR_INVALID, "%s: %s: %s",
      reader->path, place, text);
  return FALSE;
}

static gboolean
is_number (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && (json_node_get_value_type (node) == G_TYPE_INT64 ||
                                             json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

/* A member that is a text; "" where it is none. */
static const char *
text_of (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : "";
}

/* A member that is a number between two bounds; `value` stays where there is none. */
static gboolean
read_number (const Reader *reader, JsonObject *object, const char *name, double minimum,
    double maximum, double *value, const char *place, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return TRUE;
  if (!is_number (node) || !(json_node_get_double (node) >= minimum) ||
      !(json_node_get_double (node) <= maximum))
    return fail (
        reader, place, error, "\"%s\" should be a number from %g to %g", name, minimum, maximum);
  *value = json_node_get_double (node);
  return TRUE;
}

/* Those of `parameters` [n] that have a name; what is not said is as it is at first. */
static gboolean
read_parameters (const Reader *reader, JsonObject *object, const GenAugmentParameter *parameters,
    int n, double *values, const char *place, GError **error)
{
  for (int i = 0; i < n; i++) {
    values[i] = parameters[i].standard;
    if (parameters[i].name != NULL &&
        !read_number (reader, object, parameters[i].name, parameters[i].minimum,
            parameters[i].maximum, &values[i], place, error))
      return FALSE;
  }
  return TRUE;
}

/* The amount, which may be the name of a choice. */
static gboolean
read_amount (const Reader *reader, JsonObject *object, GenPolicyStep *step, const char *place,
    GError **error)
{
  const GenAugmentation *augmentation = step->augmentation;
  JsonNode *node = json_object_get_member (object, "amount");
  g_autofree char *names = NULL;
  const char *choice;

  if (node == NULL)
    return fail (reader, place, error, "there is no \"amount\" of %s: %s", augmentation->name,
        augmentation->description);
  if (augmentation->choices == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_STRING)
    return read_number (
        reader, object, "amount", 0, augmentation->maximum, &step->amount, place, error);
  choice = json_node_get_string (node);
  for (int i = 0; augmentation->choices[i] != NULL; i++)
    if (g_str_equal (augmentation->choices[i], choice)) {
      step->amount = i;
      return TRUE;
    }
  names = g_strjoinv (", ", (char **)augmentation->choices);
  return fail (reader, place, error, "\"amount\" of %s is \"%s\", but should be one of %s",
      augmentation->name, choice, names);
}

static gboolean
read_transform (
    Reader *reader, JsonObject *object, GenPolicyStep *step, const char *place, GError **error)
{
  const char *name = text_of (object, "transform");
  g_autoptr (GError) none = NULL;

  step->kind = GEN_POLICY_TRANSFORM;
  step->augmentation = gen_augmentation_find (&gen_medium_picture, name, &none);
  if (step->augmentation == NULL)
    return fail (reader, place, error, "%s", none->message);
  return read_parameters (reader, object, step->augmentation->parameters, GEN_AUGMENT_PARAMETERS,
             step->parameters, place, error) &&
         read_amount (reader, object, step, place, error);
}

static gboolean
read_members (
    Reader *reader, JsonObject *object, GenPolicyStep *step, const char *place, GError **error)
{
  JsonNode *node = json_object_get_member (object, "one-of");
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (GenPolicyStep));
  const int before = reader->most;
  int most = before;

  if (array == NULL || json_array_get_length (array) == 0)
    return fail (reader, place, error, "\"one-of\" should be an array of steps");
  step->kind = GEN_POLICY_ONE_OF;
  step->n_members = json_array_get_length (array);
  for (guint i = 0; i < step->n_members; i++) {
    g_autofree char *member = g_strdup_printf ("%s.one-of[%u]", place, i);

    GenPolicyStep own;

    reader->most = before;
    if (!read_step (reader, json_array_get_element (array, i), &own, member, error))
      return FALSE;
    own.is_member = TRUE;
    g_array_append_val (members, own);
    most = MAX (most, reader->most);
  }
  step->first_member = reader->policy->steps->len;
  g_array_append_vals (reader->policy->steps, members->data, members->len);
  reader->most = most;
  return TRUE;
}

static gboolean
read_program (
    Reader *reader, JsonObject *object, GenPolicyStep *step, const char *place, GError **error)
{
  const GenAugmentProgram *const *list = gen_augment_program_list ();
  const char *name = text_of (object, "program");
  g_autoptr (GError) none = NULL;

  step->kind = GEN_POLICY_PROGRAM;
  step->program = GEN_FAMILY_FIND (list, name, "program", G_IO_ERROR, G_IO_ERROR_NOT_FOUND, &none);
  if (step->program == NULL)
    return fail (reader, place, error, "%s", none->message);
  return read_parameters (reader, object, step->program->parameters, GEN_AUGMENT_PROGRAM_PARAMETERS,
      step->settings, place, error);
}

/* The members that a step of its kind may have, with a NULL at the end. (transfer container) */
static GPtrArray *
members_of (const GenPolicyStep *step)
{
  GPtrArray *names = g_ptr_array_new ();

  if (step->kind == GEN_POLICY_ONE_OF) {
    g_ptr_array_add (names, (char *)"one-of");
  } else if (step->kind == GEN_POLICY_PROGRAM) {
    g_ptr_array_add (names, (char *)"program");
    for (int i = 0; i < GEN_AUGMENT_PROGRAM_PARAMETERS; i++)
      if (step->program->parameters[i].name != NULL)
        g_ptr_array_add (names, (char *)step->program->parameters[i].name);
  } else {
    g_ptr_array_add (names, (char *)"transform");
    g_ptr_array_add (names, (char *)"amount");
    for (int i = 0; i < GEN_AUGMENT_PARAMETERS; i++)
      if (step->augmentation->parameters[i].name != NULL)
        g_ptr_array_add (names, (char *)step->augmentation->parameters[i].name);
  }
  g_ptr_array_add (names, (char *)"probability");
  g_ptr_array_add (names, NULL);
  return names;
}

/* Whether a step has no members but those of its kind. */
static gboolean
check_members (Reader *reader, JsonObject *object, const GenPolicyStep *step, const char *place,
    GError **error)
{
  g_autoptr (GPtrArray) known = members_of (step);
  const char *const *names = (const char *const *)known->pdata;
  g_autoptr (GList) members = json_object_get_members (object);

  for (const GList *item = members; item != NULL; item = item->next) {
    g_autofree char *all = NULL;

    if (g_strv_contains (names, item->data))
      continue;
    all = g_strjoinv (", ", (char **)known->pdata);
    return fail (reader, place, error, "there is no \"%s\" of such a step; there are %s",
        (const char *)item->data, all);
  }
  return TRUE;
}

static gboolean
read_kind (
    Reader *reader, JsonObject *object, GenPolicyStep *step, const char *place, GError **error)
{
  if (json_object_has_member (object, "one-of"))
    return read_members (reader, object, step, place, error);
  if (json_object_has_member (object, "program"))
    return read_program (reader, object, step, place, error);
  if (json_object_has_member (object, "transform"))
    return read_transform (reader, object, step, place, error);
  return fail (reader, place, error, "there is no \"transform\", \"one-of\" or \"program\"");
}

static gboolean
read_step (Reader *reader, JsonNode *node, GenPolicyStep *step, const char *place, GError **error)
{
  JsonObject *object;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (reader, place, error,
        "a step should stand there, as {\"transform\": \"rotate\", "
        "\"amount\": 20} is one");
  *step = (GenPolicyStep){ .probability = 1 };
  object = json_node_get_object (node);
  if (!read_number (reader, object, "probability", 0, 1, &step->probability, place, error) ||
      !read_kind (reader, object, step, place, error) ||
      !check_members (reader, object, step, place, error))
    return FALSE;
  if (step->kind != GEN_POLICY_ONE_OF)
    reader->most += step->kind == GEN_POLICY_PROGRAM && step->program->count != NULL
                        ? step->program->count (step->settings)
                        : 1;
  return TRUE;
}

static gboolean
read_steps (Reader *reader, JsonNode *root, GError **error)
{
  JsonNode *node = root != NULL && JSON_NODE_HOLDS_OBJECT (root)
                       ? json_object_get_member (json_node_get_object (root), "steps")
                       : NULL;
  JsonArray *array =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array == NULL)
    return fail (reader, "steps", error, "there should be an array of that name in an object");
  for (guint i = 0; i < json_array_get_length (array); i++) {
    g_autofree char *place = g_strdup_printf ("steps[%u]", i);
    GenPolicyStep step;

    if (!read_step (reader, json_array_get_element (array, i), &step, place, error))
      return FALSE;
    g_array_append_val (reader->policy->steps, step);
    if (reader->most > GEN_AUGMENT_POLICY_MAX)
      return fail (reader, place, error, "more than %d transforms may come together",
          GEN_AUGMENT_POLICY_MAX);
  }
  return TRUE;
}

GenAugmentPolicy *
gen_augment_policy_load_file (const char *path, GError **error)
{
  g_autoptr (GenAugmentPolicy) policy = gen_augment_policy_new ();
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GBytes) bytes = gen_file_bytes (path, error);
  Reader reader = { .path = path, .policy = policy };
  g_autoptr (GError) wrong = NULL;
  g_autofree char *text = NULL;
  const char *data;
  gsize size;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &size);
  text = g_strndup (data, size);
  if (gen_json_is_deep (text, MAX_DEPTH)) {
    fail (&reader, "steps", error, "brackets are deeper than %d", MAX_DEPTH);
    return NULL;
  }
  if (!json_parser_load_from_data (parser, text, -1, &wrong)) {
    fail (&reader, "JSON", error, "%s", wrong->message);
    return NULL;
  }
  if (!read_steps (&reader, json_parser_get_root (parser), error))
    return NULL;
  return g_steal_pointer (&policy);
}
