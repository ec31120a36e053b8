/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model-parameters.h"

#include <string.h>

/* --- one --- */

struct _GstGenerativeParameter {
  GstObject parent;

  /* Under the object lock. */
  GenNumbers *numbers; /* NULL: nobody has said any */
  gboolean is_set;     /* by somebody, not by the model */

  gint changed; /* atomic: since a player has had them */
};

enum {
  PROP_VALUE = 1,
  PROP_VALUES,
};

G_DEFINE_TYPE (GstGenerativeParameter, gst_generative_parameter, GST_TYPE_OBJECT)

/* (transfer full) */
static void
take_numbers (GstGenerativeParameter *self, GenNumbers *numbers)
{
  GST_OBJECT_LOCK (self);
  g_free (self->numbers);
  self->numbers = numbers;
  self->is_set = TRUE;
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&self->changed, TRUE);
}

static GenNumbers *
make_number (double value)
{
  GenNumbers *numbers = g_malloc (sizeof *numbers + sizeof value);

  numbers->n = 1;
  numbers->values[0] = value;
  return numbers;
}

/* "1:0:1" (transfer full) */
static char *
format_numbers (const GenNumbers *numbers)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; numbers != NULL && i < numbers->n; i++)
    g_string_append_printf (
        text, i > 0 ? ":%s" : "%s", g_ascii_dtostr (number, sizeof number, numbers->values[i]));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
gst_generative_parameter_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstGenerativeParameter *self = GST_GENERATIVE_PARAMETER (object);
  GenNumbers *numbers = NULL;

  if (property_id == PROP_VALUE)
    numbers = make_number (g_value_get_double (value));
  else if (g_value_get_string (value) != NULL)
    numbers = gen_numbers_parse (g_value_get_string (value));
  if (numbers != NULL)
    take_numbers (self, numbers);
  else
    g_warning ("%s: \"%s\" should be numbers with colons between", GST_OBJECT_NAME (self),
        g_value_get_string (value));
}

static void
gst_generative_parameter_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstGenerativeParameter *self = GST_GENERATIVE_PARAMETER (object);

  GST_OBJECT_LOCK (self);
  if (property_id == PROP_VALUE)
    g_value_set_double (value, self->numbers != NULL ? self->numbers->values[0] : 0);
  else
    g_value_take_string (value, format_numbers (self->numbers));
  GST_OBJECT_UNLOCK (self);
}

static void
gst_generative_parameter_finalize (GObject *object)
{
  g_free (GST_GENERATIVE_PARAMETER (object)->numbers);
  G_OBJECT_CLASS (gst_generative_parameter_parent_class)->finalize (object);
}

static void
gst_generative_parameter_class_init (GstGenerativeParameterClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  gobject_class->set_property = gst_generative_parameter_set_property;
  gobject_class->get_property = gst_generative_parameter_get_property;
  gobject_class->finalize = gst_generative_parameter_finalize;
  g_object_class_install_property (gobject_class, PROP_VALUE,
      g_param_spec_double ("value", "Value", "The number that it stands at", -G_MAXFLOAT,
          G_MAXFLOAT, 0, flags | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (gobject_class, PROP_VALUES,
      g_param_spec_string (
          "values", "Values", "The numbers that it stands at, with colons between", NULL, flags));
}

static void
gst_generative_parameter_init (GstGenerativeParameter *self)
{
}

/* What a player is to have; NULL where it has it. (transfer full) */
static GenNumbers *
take_change (GstGenerativeParameter *self)
{
  GenNumbers *numbers;

  if (!g_atomic_int_compare_and_exchange (&self->changed, TRUE, FALSE))
    return NULL;
  GST_OBJECT_LOCK (self);
  numbers = gen_numbers_copy (self->numbers);
  GST_OBJECT_UNLOCK (self);
  return numbers;
}

/* --- all of them --- */

void
gst_generative_parameters_init (GstGenerativeParameters *self, GstElement *element)
{
  self->element = element;
  self->parameters = g_ptr_array_new_with_free_func (gst_object_unref);
}

void
gst_generative_parameters_clear (GstGenerativeParameters *self)
{
  for (guint i = 0; i < self->parameters->len; i++)
    gst_object_unparent (g_ptr_array_index (self->parameters, i));
  g_clear_pointer (&self->parameters, g_ptr_array_unref);
}

guint
gst_generative_parameters_count (GstGenerativeParameters *self)
{
  guint n;

  GST_OBJECT_LOCK (self->element);
  n = self->parameters->len;
  GST_OBJECT_UNLOCK (self->element);
  return n;
}

GObject *
gst_generative_parameters_get (GstGenerativeParameters *self, guint i)
{
  GObject *parameter = NULL;

  GST_OBJECT_LOCK (self->element);
  if (i < self->parameters->len)
    parameter = g_object_ref (g_ptr_array_index (self->parameters, i));
  GST_OBJECT_UNLOCK (self->element);
  return parameter;
}

/* (transfer full), or NULL. */
static GstGenerativeParameter *
find (GstGenerativeParameters *self, const char *name)
{
  GstGenerativeParameter *found = NULL;

  GST_OBJECT_LOCK (self->element);
  for (guint i = 0; i < self->parameters->len && found == NULL; i++) {
    GstGenerativeParameter *parameter = g_ptr_array_index (self->parameters, i);

    if (strcmp (GST_OBJECT_NAME (parameter), name) == 0)
      found = gst_object_ref (parameter);
  }
  GST_OBJECT_UNLOCK (self->element);
  return found;
}

/* Whoever waits for it, as gst-launch-1.0 does with what it was told of it, sets it now. (transfer
 * full) */
static GstGenerativeParameter *
add (GstGenerativeParameters *self, const char *name, const GenNumbers *numbers)
{
  GstGenerativeParameter *parameter =
      g_object_new (GST_TYPE_GENERATIVE_PARAMETER, "name", name, NULL);

  parameter->numbers = numbers != NULL ? gen_numbers_copy (numbers) : NULL;
  gst_object_set_parent (GST_OBJECT (parameter), GST_OBJECT (self->element));
  GST_OBJECT_LOCK (self->element);
  g_ptr_array_add (self->parameters, gst_object_ref (parameter));
  GST_OBJECT_UNLOCK (self->element);
  gst_child_proxy_child_added (GST_CHILD_PROXY (self->element), G_OBJECT (parameter), name);
  return gst_object_ref (parameter);
}

static gboolean
has_parameter (const GenModel *model, const char *name)
{
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_PARAMETER && strcmp (model->inputs[i].name, name) == 0)
      return TRUE;
  return FALSE;
}

/* Those that the model lacks are no more. */
static void
remove_others (GstGenerativeParameters *self, const GenModel *model)
{
  for (guint i = gst_generative_parameters_count (self); i-- > 0;) {
    g_autoptr (GObject) parameter = gst_generative_parameters_get (self, i);
    const char *name = GST_OBJECT_NAME (parameter);

    if (has_parameter (model, name))
      continue;
    GST_OBJECT_LOCK (self->element);
    g_ptr_array_remove_index (self->parameters, i);
    GST_OBJECT_UNLOCK (self->element);
    gst_child_proxy_child_removed (GST_CHILD_PROXY (self->element), parameter, name);
    gst_object_unparent (GST_OBJECT (parameter));
  }
}

gboolean
gst_generative_parameters_check (const GenModel *model, GError **error)
{
  const GenPort *port = gen_model_find_unset (model);
  g_autofree char *shape = NULL;

  if (port == NULL)
    return TRUE;
  shape = gen_shape_to_string (&port->shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: its input '%s' (%s %s) takes no frames, and nothing tells which number it stands at: "
      "set property parameters=%s=1 (several numbers with colons), or states=%s=OUTPUT where it is "
      "what an output made in the run before",
      model->path, port->name, gen_data_type_name (port->type), shape, port->name, port->name);
  return FALSE;
}

void
gst_generative_parameters_follow (GstGenerativeParameters *self, const GenModel *model)
{
  remove_others (self, model);
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    const char *name = model->inputs[i].name;
    g_autoptr (GstGenerativeParameter) parameter = NULL;

    if (model->inputs[i].part != GEN_PART_PARAMETER)
      continue;
    parameter = find (self, name);
    if (parameter == NULL)
      parameter = add (self, name, model->parameters[i]);
    GST_OBJECT_LOCK (parameter);
    g_atomic_int_set (&parameter->changed, parameter->is_set);
    GST_OBJECT_UNLOCK (parameter);
  }
}

void
gst_generative_parameters_set (GstGenerativeParameters *self, GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    g_autoptr (GstGenerativeParameter) parameter =
        model->inputs[i].part == GEN_PART_PARAMETER ? find (self, model->inputs[i].name) : NULL;

    if (parameter == NULL)
      continue;
    GST_OBJECT_LOCK (parameter);
    if (parameter->is_set)
      gen_model_set_parameter (model, i, parameter->numbers);
    GST_OBJECT_UNLOCK (parameter);
  }
}

typedef struct {
  GstGenerativeParameters *parameters;
  const GenModel *model;
} Saying;

/* GenParameterFunc */
static gboolean
say (gpointer data, const char *name, const GenNumbers *numbers, GError **error)
{
  const Saying *saying = data;
  g_autoptr (GstGenerativeParameter) parameter = find (saying->parameters, name);

  if (parameter != NULL) {
    take_numbers (parameter, gen_numbers_copy (numbers));
    return TRUE;
  }
  /* Which is for another model to be made of the file. */
  if (saying->model->fixed != NULL &&
      g_strv_contains ((const char *const *)saying->model->fixed, name))
    return TRUE;
  g_set_error (
      error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "the model has no parameter '%s'", name);
  return FALSE;
}

/* FALSE with `error` where `model` has none of a name that is said. */
static gboolean
say_all (GstGenerativeParameters *self, const GenModel *model, const char *text, GError **error)
{
  Saying saying = { self, model };

  return gen_parameters_parse (text, say, &saying, error);
}

/* FALSE with `error` where one cannot be; what can be is. */
static gboolean
give_all (
    GstGenerativeParameters *self, GenPlayer *player, GstClockTime stream_time, GError **error)
{
  gboolean good = TRUE;

  for (guint i = 0; i < self->parameters->len; i++) {
    GstGenerativeParameter *parameter = g_ptr_array_index (self->parameters, i);
    g_autofree GenNumbers *numbers = NULL;

    if (GST_CLOCK_TIME_IS_VALID (stream_time))
      gst_object_sync_values (GST_OBJECT (parameter), stream_time);
    numbers = take_change (parameter);
    if (numbers != NULL && good)
      good = gen_player_set_parameter (player, GST_OBJECT_NAME (parameter), numbers, error);
  }
  return good;
}

void
gst_generative_parameters_give (
    GstGenerativeParameters *self, GenPlayer *player, const char *text, GstClockTime stream_time)
{
  const GenModel *model = gen_player_model (player);
  g_autoptr (GError) error = NULL;

  if ((text == NULL || say_all (self, model, text, &error)) &&
      give_all (self, player, stream_time, &error))
    return;
  GST_ELEMENT_WARNING (self->element, LIBRARY, SETTINGS,
      ("%s: %s. The model plays on as before", model->path, error->message), (NULL));
}
