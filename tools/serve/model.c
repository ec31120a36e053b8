/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <string.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "../../lib/base/json-members.h"
#include "error.h"

/* --- what it is --- */

/* The first input of a kind that is not the latent's. */
static const GenPort *
find_taken (const GenModel *facts)
{
  static const GenPortKind kinds[] = { GEN_PORT_TOKENS, GEN_PORT_PICTURE, GEN_PORT_FRAMES,
    GEN_PORT_SOUND, GEN_PORT_SERIES };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    const GenPort *port = gen_model_find_input (facts, kinds[i]);

    if (port != NULL)
      return port;
  }
  return NULL;
}

/* A second input that goes with each latent: an index, or a number for each class. */
static int
count_classes (const GenModel *facts, guint names)
{
  const GenPort *latent = gen_model_find_input (facts, GEN_PORT_VECTOR);

  for (guint i = 0; latent != NULL && i < facts->graph->inputs->len; i++) {
    const GenPort *port = &facts->inputs[i];

    if (port == latent || port->part != GEN_PART_FLOW || port->kind == GEN_PORT_PICTURE ||
        port->kind == GEN_PORT_SOUND)
      continue;
    if (port->type == GEN_TYPE_INT64 || port->type == GEN_TYPE_INT32)
      return port->choices > 0 ? (int)MIN (port->choices, G_MAXINT) : (int)MAX (names, 1);
    if (port->kind == GEN_PORT_VECTOR && port->length > 1)
      return (int)MIN (port->length, G_MAXINT);
  }
  return 0;
}

/* All that is read from `facts`, which is taken. */
static void
take_facts (ServeModel *model, GenModel *facts)
{
  const GenPort *latent = gen_model_find_input (facts, GEN_PORT_VECTOR);

  g_clear_pointer (&model->class_names, g_strfreev);
  g_clear_pointer (&model->facts, gen_model_unref);
  model->facts = facts;
  model->takes = find_taken (facts);
  model->dimensions = latent != NULL && latent->part == GEN_PART_FLOW ? latent->length : 0;
  model->class_names = gen_model_get_class_names (facts->graph);
  model->classes =
      count_classes (facts, model->class_names != NULL ? g_strv_length (model->class_names) : 0);
  model->picture = gen_model_find_output (facts, GEN_PORT_PICTURE);
  if (model->picture == NULL)
    model->picture = gen_model_find_output (facts, GEN_PORT_FRAMES);
  model->sound = gen_model_find_output (facts, GEN_PORT_SOUND);
  model->framerate = (ServeRate){ facts->rate_numerator, MAX (facts->rate_denominator, 1) };
}

static GenModel *
load (const ServeModelSettings *settings, const ServeVersion *version, GError **error)
{
  const GenModelHints hints = { .parameters = settings->parameters };

  return gen_model_load_as (version->path, &hints, error);
}

ServeModel *
serve_model_new (const ServeModelSettings *settings, GError **error)
{
  g_autoptr (GPtrArray) versions = serve_model_list_versions (settings, error);
  g_autoptr (GError) problem = NULL;
  ServeVersion *last;
  ServeModel *model;
  GenModel *facts;

  if (versions == NULL)
    return NULL;
  last = versions->pdata[versions->len - 1];
  facts = load (settings, last, &problem);
  if (facts == NULL) {
    serve_record_fail (settings, "location", error, "%s", problem->message);
    return NULL;
  }
  model = g_new0 (ServeModel, 1);
  model->ref_count = 1;
  model->name = settings->record.name;
  model->settings = settings;
  model->configuration = serve_configuration_ref (settings->record.configuration);
  model->current = (ServeVersion){ g_strdup (last->name), g_strdup (last->path) };
  take_facts (model, facts);
  return model;
}

ServeModel *
serve_model_ref (ServeModel *model)
{
  g_atomic_int_inc (&model->ref_count);
  return model;
}

void
serve_model_unref (ServeModel *model)
{
  if (!g_atomic_int_dec_and_test (&model->ref_count))
    return;
  gen_model_unref (model->facts);
  serve_configuration_unref (model->configuration);
  g_strfreev (model->class_names);
  g_free (model->current.name);
  g_free (model->current.path);
  g_free (model);
}

/* --- versions --- */

static gboolean
is_alike (const GenPort *a, const GenPort *b)
{
  return (a == NULL) == (b == NULL) &&
         (a == NULL || (a->kind == b->kind && a->height == b->height && a->width == b->width &&
                           a->channels == b->channels && a->sample_rate == b->sample_rate));
}

GenModel *
serve_model_load_version (const ServeModel *model, const ServeVersion *version, GError **error)
{
  g_autoptr (GenModel) facts = load (model->settings, version, error);
  g_autofree char *now = NULL, *then = NULL;
  ServeModel other = { 0 };
  gboolean alike;

  if (facts == NULL)
    return NULL;
  take_facts (&other, gen_model_ref (facts));
  alike = other.dimensions == model->dimensions && other.classes == model->classes &&
          is_alike (other.takes, model->takes) && is_alike (other.picture, model->picture) &&
          is_alike (other.sound, model->sound);
  g_strfreev (other.class_names);
  gen_model_unref (other.facts);
  if (alike)
    return g_steal_pointer (&facts);
  now = gen_model_describe (model->facts);
  then = gen_model_describe (facts);
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_CONFLICT,
      "%s: it %s, but model %s, which is served, %s", version->path, then, model->name, now);
  return NULL;
}

gboolean
serve_model_check_version (const ServeModel *model, const ServeVersion *version, GError **error)
{
  g_autoptr (GenModel) facts = serve_model_load_version (model, version, error);

  return facts != NULL;
}

gboolean
serve_model_turn_to (ServeModel *model, const ServeVersion *version, GError **error)
{
  GenModel *facts = serve_model_load_version (model, version, error);
  ServeVersion taken;

  if (facts == NULL)
    return FALSE;
  taken = (ServeVersion){ g_strdup (version->name), g_strdup (version->path) };
  take_facts (model, facts);
  g_free (model->current.name);
  g_free (model->current.path);
  model->current = taken;
  return TRUE;
}

void
serve_model_configure (const ServeModel *model, GstElement *generator)
{
  const ServeModelSettings *settings = model->settings;
  const ServeBatchSettings *batch = model->configuration->batch;
  const gboolean shared = batch->most > 1;

  gst_util_set_object_arg (G_OBJECT (generator), "device", settings->device);
  gst_util_set_object_arg (G_OBJECT (generator), "precision", settings->precision);
  /* Versions change when somebody decides so, not when a file does. */
  g_object_set (generator, "threads", (guint)settings->threads, "parameters", settings->parameters,
      "model", model->current.path, "reload", FALSE, "shared", shared, NULL);
  if (shared)
    g_object_set (generator, "shared-size", (guint)batch->most, "shared-wait",
        (guint64)(batch->wait_ms * GST_MSECOND), NULL);
}

/* --- telling --- */

static void
add_port (JsonObject *object, const char *member, const GenPort *port)
{
  static const char *const kinds[] = { "tensors", "vector", "picture", "sound", "series", "picture",
    "text" };
  JsonObject *told;

  if (port == NULL)
    return;
  told = json_object_new ();
  json_object_set_string_member (told, "kind", kinds[port->kind]);
  if (port->width > 0 && port->height > 0) {
    json_object_set_int_member (told, "width", port->width);
    json_object_set_int_member (told, "height", port->height);
  }
  if (port->channels > 0)
    json_object_set_int_member (told, "channels", port->channels);
  if (port->sample_rate > 0)
    json_object_set_int_member (told, "sample_rate", port->sample_rate);
  json_object_set_object_member (object, member, told);
}

static JsonArray *
list_class_names (const ServeModel *model)
{
  JsonArray *names = json_array_new ();

  for (int i = 0; model->class_names != NULL && model->class_names[i] != NULL; i++)
    json_array_add_string_element (names, model->class_names[i]);
  return names;
}

static JsonArray *
list_parameters (const ServeModel *model)
{
  JsonArray *parameters = json_array_new ();

  for (guint i = 0; i < model->facts->graph->inputs->len; i++) {
    const GenPort *port = &model->facts->inputs[i];
    const GenNumbers *numbers = model->facts->parameters[i];
    JsonArray *values;
    JsonObject *told;

    if (port->part != GEN_PART_PARAMETER)
      continue;
    told = json_object_new ();
    values = json_array_new ();
    json_object_set_string_member (told, "name", port->name);
    for (guint j = 0; numbers != NULL && j < numbers->n; j++)
      json_array_add_double_element (values, numbers->values[j]);
    json_object_set_array_member (told, "value", values);
    json_array_add_object_element (parameters, told);
  }
  return parameters;
}

/* When the version that is played was written, in seconds since 1970; 0: it has gone. */
static gint64
find_created (const ServeModel *model)
{
  GStatBuf facts;

  return g_stat (model->current.path, &facts) == 0 ? (gint64)facts.st_mtime : 0;
}

JsonObject *
serve_model_describe (const ServeModel *model)
{
  JsonObject *object = json_object_new ();
  g_autofree char *description = gen_model_describe (model->facts);

  json_object_set_string_member (object, "id", model->name);
  json_object_set_string_member (object, "object", "model");
  json_object_set_int_member (object, "created", find_created (model));
  json_object_set_string_member (object, "owned_by", "generative-serve");
  json_object_set_string_member (object, "description", description);
  json_object_set_string_member (object, "version", model->current.name);
  add_port (object, "takes", model->takes);
  add_port (object, "makes", model->picture != NULL ? model->picture : model->sound);
  json_object_set_int_member (object, "dimensions", model->dimensions);
  json_object_set_int_member (object, "classes", model->classes);
  json_object_set_array_member (object, "class_names", list_class_names (model));
  json_object_set_array_member (object, "parameters", list_parameters (model));
  return object;
}
