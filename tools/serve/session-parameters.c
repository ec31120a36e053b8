/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-parameters.h"

#include <math.h>
#include <string.h>

#include <generative/nearest.h>

#include "error.h"
#include "session-bin.h"
#include "session-values.h"

/* Properties of latentsrc, which has their ranges. */
static const char *const of_latents[] = { "seed", "class", "walk", "speed", "truncation",
  "keyframes", NULL };

/* A mount whose model plays latents has them. */
static gboolean
has_latents (const ServeMount *mount)
{
  return mount->model != NULL && mount->model->takes == NULL;
}

static gboolean
is_of_latents (const ServeMount *mount, const char *name)
{
  if (!has_latents (mount) || !g_strv_contains (of_latents, name))
    return FALSE;
  return strcmp (name, "class") != 0 || mount->model->classes > 0;
}

/* The place of a parameter of the model, or -1. */
static int
find_own (const ServeMount *mount, const char *name)
{
  const GenModel *facts = mount->model != NULL ? mount->model->facts : NULL;

  for (guint i = 0; facts != NULL && i < facts->graph->inputs->len; i++)
    if (facts->inputs[i].part == GEN_PART_PARAMETER && strcmp (facts->inputs[i].name, name) == 0)
      return (int)i;
  return -1;
}

static GObjectClass *
ref_latents_class (void)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("latentsrc");
  g_autoptr (GstPluginFeature) loaded =
      factory != NULL ? gst_plugin_feature_load (GST_PLUGIN_FEATURE (factory)) : NULL;

  return loaded != NULL ? g_type_class_ref (
                              gst_element_factory_get_element_type (GST_ELEMENT_FACTORY (loaded)))
                        : NULL;
}

/* --- telling what there is --- */

static void
describe_range (JsonObject *object, const char *type, double least, double most)
{
  json_object_set_string_member (object, "type", type);
  json_object_set_double_member (object, "minimum", least);
  json_object_set_double_member (object, "maximum", most);
}

static void
describe_choices (JsonObject *object, GEnumClass *class)
{
  JsonArray *choices = json_array_new ();

  for (guint i = 0; i < class->n_values; i++)
    json_array_add_string_element (choices, class->values[i].value_nick);
  json_object_set_string_member (object, "type", "choice");
  json_object_set_array_member (object, "choices", choices);
}

/* What a session begins with: as the studio file has it, or the property's own default. */
static void
describe_value (const ServeMountSettings *settings, GParamSpec *spec, JsonObject *object)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, spec->value_type);
  g_param_value_set_default (spec, &value);
  if (strcmp (spec->name, "seed") == 0)
    g_value_set_uint64 (&value, (guint64)settings->seed);
  else if (strcmp (spec->name, "class") == 0)
    g_value_set_int (&value, settings->class);
  else if (strcmp (spec->name, "speed") == 0)
    g_value_set_double (&value, settings->speed);
  else if (strcmp (spec->name, "walk") == 0)
    serve_value_read (spec, settings->walk, &value, NULL);
  serve_value_tell (spec, &value, object, "value");
}

static void
describe_property (const ServeMount *mount, GParamSpec *spec, JsonObject *object)
{
  json_object_set_string_member (object, "name", spec->name);
  json_object_set_string_member (object, "description", g_param_spec_get_blurb (spec));
  if (strcmp (spec->name, "class") == 0)
    describe_range (object, "integer", -1, mount->model->classes - 1);
  else if (G_IS_PARAM_SPEC_ENUM (spec))
    describe_choices (object, G_PARAM_SPEC_ENUM (spec)->enum_class);
  else if (G_IS_PARAM_SPEC_DOUBLE (spec))
    describe_range (
        object, "number", G_PARAM_SPEC_DOUBLE (spec)->minimum, G_PARAM_SPEC_DOUBLE (spec)->maximum);
  else if (G_IS_PARAM_SPEC_UINT (spec))
    describe_range (
        object, "integer", G_PARAM_SPEC_UINT (spec)->minimum, G_PARAM_SPEC_UINT (spec)->maximum);
  else
    /* As far as JSON's numbers are whole everywhere. */
    describe_range (object, "integer", 0, 9007199254740991.0);
}

static void
describe_latents (const ServeMount *mount, JsonArray *parameters)
{
  GObjectClass *class = ref_latents_class ();

  for (int i = 0; class != NULL && of_latents[i] != NULL; i++) {
    GParamSpec *spec = g_object_class_find_property (class, of_latents[i]);
    JsonObject *object;

    if (spec == NULL || !is_of_latents (mount, of_latents[i]))
      continue;
    object = json_object_new ();
    describe_property (mount, spec, object);
    describe_value (mount->settings, spec, object);
    json_array_add_object_element (parameters, object);
  }
  if (class != NULL)
    g_type_class_unref (class);
}

static JsonArray *
list_numbers (const GenNumbers *numbers)
{
  JsonArray *values = json_array_new ();

  for (guint i = 0; numbers != NULL && i < numbers->n; i++)
    json_array_add_double_element (values, numbers->values[i]);
  return values;
}

static void
describe_own (const GenModel *facts, JsonArray *parameters)
{
  for (guint i = 0; i < facts->graph->inputs->len; i++) {
    const GenPort *port = &facts->inputs[i];
    JsonObject *object;

    if (port->part != GEN_PART_PARAMETER)
      continue;
    object = json_object_new ();
    json_object_set_string_member (object, "name", port->name);
    json_object_set_string_member (object, "type", "number");
    json_object_set_int_member (object, "count", MAX (gen_shape_elements (&port->shape), 1));
    json_object_set_array_member (object, "value", list_numbers (facts->parameters[i]));
    json_array_add_object_element (parameters, object);
  }
}

JsonArray *
serve_parameters_describe (const ServeMount *mount)
{
  JsonArray *parameters = json_array_new ();

  if (has_latents (mount))
    describe_latents (mount, parameters);
  if (mount->model != NULL)
    describe_own (mount->model->facts, parameters);
  return parameters;
}

/* --- setting --- */

static gboolean
fail_unknown (const ServeMount *mount, const char *name, GError **error)
{
  g_autoptr (JsonArray) parameters = serve_parameters_describe (mount);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL, *all = NULL;

  for (guint i = 0; i < json_array_get_length (parameters); i++)
    g_ptr_array_add (names, (char *)json_object_get_string_member (
                                json_array_get_object_element (parameters, i), "name"));
  g_ptr_array_add (names, NULL);
  hint = gen_nearest_hint (name, (const char *const *)names->pdata);
  all = g_strjoinv (", ", (char **)names->pdata);
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_INVALID,
      "%s: there is no such parameter of %s%s; there %s %s", name, mount->name, hint,
      names->len == 2 ? "is" : "are", *all != '\0' ? all : "none");
  return FALSE;
}

/* A class is called by its number or name; -1 is one that the seed draws. */
static gboolean
read_class (const ServeMount *mount, const char *text, GValue *value, GError **error)
{
  g_autoptr (GError) problem = NULL;
  int class = -1;

  if (strcmp (text, "-1") != 0) {
    class = gen_class_find ((const char *const *)mount->model->class_names,
        (guint)mount->model->classes, text, &problem);
    if (class < 0) {
      g_set_error (error, SERVE_ERROR, SERVE_ERROR_INVALID, "class: %s", problem->message);
      return FALSE;
    }
  }
  g_value_set_int (value, class);
  return TRUE;
}

static gboolean
read_property (
    const ServeMount *mount, GParamSpec *spec, const char *text, GValue *value, GError **error)
{
  g_value_init (value, spec->value_type);
  if (strcmp (spec->name, "class") == 0)
    return read_class (mount, text, value, error);
  return serve_value_read (spec, text, value, error);
}

static gboolean
set_of_latents (const ServeMount *mount, GstElement *bin, const char *name, const char *text,
    gboolean check, GError **error)
{
  GstElement *latents = serve_session_bin_get_latents (bin);
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (latents), name);
  g_auto (GValue) value = G_VALUE_INIT;

  if (!read_property (mount, spec, text, &value, error))
    return FALSE;
  if (!check)
    g_object_set_property (G_OBJECT (latents), name, &value);
  return TRUE;
}

static gboolean
is_finite (const GenNumbers *numbers)
{
  for (guint i = 0; i < numbers->n; i++)
    if (!isfinite (numbers->values[i]))
      return FALSE;
  return TRUE;
}

/* All that has been said of the model's own, as property parameters has it. */
static void
tell_generator (GstElement *bin, GHashTable *numbers)
{
  g_autoptr (GString) text = g_string_new (NULL);
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, numbers);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_string_append_printf (
        text, "%s%s=%s", text->len > 0 ? "," : "", (const char *)name, (const char *)value);
  g_object_set (serve_session_bin_get_generator (bin), "parameters", text->str, NULL);
}

static gboolean
set_own (const ServeMount *mount, GstElement *bin, GHashTable *said, int place, const char *text,
    gboolean check, GError **error)
{
  const GenPort *port = &mount->model->facts->inputs[place];
  g_autofree GenNumbers *numbers = gen_numbers_parse (text);
  const gint64 wanted = MAX (gen_shape_elements (&port->shape), 1);

  if (numbers == NULL || !is_finite (numbers) || (numbers->n != 1 && numbers->n != wanted)) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_INVALID, "%s: \"%s\" is no number%s", port->name,
        text, wanted > 1 ? ", or as many as it has, with colons between" : "");
    return FALSE;
  }
  if (check)
    return TRUE;
  g_hash_table_replace (said, g_strdup (port->name), g_strdup (text));
  tell_generator (bin, said);
  return TRUE;
}

gboolean
serve_parameters_set (const ServeMount *mount, GstElement *bin, GHashTable *numbers,
    const char *name, const char *value, gboolean check, GError **error)
{
  const int place = find_own (mount, name);

  if (place >= 0)
    return set_own (mount, bin, numbers, place, value, check, error);
  if (is_of_latents (mount, name))
    return set_of_latents (mount, bin, name, value, check, error);
  return fail_unknown (mount, name, error);
}

/* --- how they stand --- */

static void
get_property (GstElement *latents, const char *name, JsonObject *object)
{
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (latents), name);
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, spec->value_type);
  g_object_get_property (G_OBJECT (latents), name, &value);
  serve_value_tell (spec, &value, object, name);
}

static void
get_own (const GenModel *facts, GHashTable *said, JsonObject *object)
{
  for (guint i = 0; i < facts->graph->inputs->len; i++) {
    const char *name = facts->inputs[i].name, *text = g_hash_table_lookup (said, name);
    g_autofree GenNumbers *numbers = text != NULL ? gen_numbers_parse (text) : NULL;

    if (facts->inputs[i].part == GEN_PART_PARAMETER)
      json_object_set_array_member (
          object, name, list_numbers (numbers != NULL ? numbers : facts->parameters[i]));
  }
}

JsonObject *
serve_parameters_get (const ServeMount *mount, GstElement *bin, GHashTable *numbers)
{
  GstElement *latents = serve_session_bin_get_latents (bin);
  JsonObject *object = json_object_new ();

  for (int i = 0; latents != NULL && of_latents[i] != NULL; i++)
    if (is_of_latents (mount, of_latents[i]))
      get_property (latents, of_latents[i], object);
  if (mount->model != NULL)
    get_own (mount->model->facts, numbers, object);
  return object;
}
