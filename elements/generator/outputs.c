/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outputs.h"

#include <string.h>

#include "../shared/tensors.h"
#include "padding.h"

/* --- by name --- */

static const GenPort *
list_ports (const GenModel *model, gboolean is_output, guint *n)
{
  *n = is_output ? model->graph->outputs->len : model->graph->inputs->len;
  return is_output ? model->outputs : model->inputs;
}

const GenPort *
gst_generator_find_port (
    const GenModel *model, gboolean is_output, const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);
  guint n;
  const GenPort *ports = list_ports (model, is_output, &n);

  for (guint i = 0; i < n; i++) {
    /* What is remembered may be shown as well. */
    if (!is_output && ports[i].part != GEN_PART_FLOW)
      continue;
    if (g_str_equal (ports[i].name, name))
      return &ports[i];
    g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", ports[i].name);
  }
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NOT_FOUND,
      is_output ? "%s: it has no output '%s'; there %s: %s"
                : "%s: it has no input '%s' that is neither a state nor a parameter; there %s: %s",
      model->path, name, strchr (names->str, ',') != NULL ? "are" : "is",
      names->len > 0 ? names->str : "none");
  return NULL;
}

gboolean
gst_generator_check_beside (const GenModel *model, const GstGeneratorHints *hints, GError **error)
{
  for (guint i = 0; hints->beside != NULL && hints->beside[i] != NULL; i++)
    if (gst_generator_find_port (model, FALSE, hints->beside[i], error) == NULL)
      return FALSE;
  return TRUE;
}

gboolean
gst_generator_is_beside (const GstGeneratorHints *hints, const GenPort *port)
{
  return hints->beside != NULL && g_strv_contains (hints->beside, port->name);
}

/* --- the one that is played --- */

/* Where all that it makes is remembered, that is what is played. */
static const GenPort *
first_flowing (const GenModel *model)
{
  for (guint i = 0; i < model->graph->outputs->len; i++)
    if (model->outputs[i].part == GEN_PART_FLOW)
      return &model->outputs[i];
  return model->graph->outputs->len > 0 ? &model->outputs[0] : NULL;
}

/* The first picture of as many channels as go in, or else the first one. */
static const GenPort *
find_picture (const GenModel *model, const GenPort *input)
{
  for (guint i = 0; i < model->graph->outputs->len && input->kind == GEN_PORT_PICTURE; i++) {
    const GenPort *port = &model->outputs[i];

    if (port->part == GEN_PART_FLOW && port->kind == GEN_PORT_PICTURE &&
        port->channels == input->channels)
      return port;
  }
  return gen_model_find_output (model, GEN_PORT_PICTURE);
}

static const GenPort *
find_usual (const GenModel *model, const GenPort *input, const GstGeneratorHints *hints)
{
  const GenPort *picture = find_picture (model, input);
  const GenPort *sound = gen_model_find_output (model, GEN_PORT_SOUND);
  const gboolean timed = input->kind == GEN_PORT_SOUND || input->kind == GEN_PORT_SERIES;
  const GenPort *vector = gen_model_find_output (model, GEN_PORT_VECTOR);

  if (sound != NULL && (hints->sample_rate > 0 || picture == NULL || timed))
    return sound;
  if (picture != NULL)
    return picture;
  return vector != NULL ? vector : first_flowing (model);
}

/* --- the mask --- */

/* As a picture of one channel, where it is one, or two classes tell. */
static gboolean
read_mask (const GenModel *model, const GenPort *port, GenPort *mask)
{
  *mask = *port;
  if (port->kind == GEN_PORT_PICTURE)
    return port->channels == 1 && gen_port_use_float32 (mask);
  return gen_model_make_mask (model, mask);
}

static gboolean
is_as_large (const GenPort *a, const GenPort *b)
{
  return a->height == b->height && a->width == b->width && a->batch == b->batch;
}

static gboolean
is_colour (const GenPort *port)
{
  return port->kind == GEN_PORT_PICTURE && port->channels == 3;
}

/* The one mask beside a picture of colours, where nobody says anything. */
static void
find_mask (GstGeneratorPorts *ports, const GenModel *model, const GenPort *picture)
{
  guint n = 0;

  if (!is_colour (picture) || ports->input.kind != GEN_PORT_PICTURE)
    return;
  for (guint i = 0; i < model->graph->outputs->len; i++) {
    const GenPort *port = &model->outputs[i];
    GenPort mask;

    if (port->part != GEN_PART_FLOW || port->kind != GEN_PORT_PICTURE || port == picture)
      continue;
    n++;
    if (read_mask (model, port, &mask) && is_as_large (&mask, picture))
      ports->mask = mask;
  }
  if (n > 1)
    ports->mask = (GenPort){ 0 };
}

static gboolean
refuse_pair (const GenModel *model, const GenPort *picture, const GenPort *mask, GError **error)
{
  g_autofree char *one = gen_shape_to_string (&picture->shape);
  g_autofree char *other = gen_shape_to_string (&mask->shape);

  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: of two outputs that property outputs names, one is a picture of 3 channels and the "
      "other a mask of 1 (or of 2, background and foreground) of the same size, which become "
      "RGBA; '%s' is %s and '%s' %s. Another one of any kind comes from a pad of its own: src_%s",
      model->path, picture->name, one, mask->name, other, mask->name);
  return FALSE;
}

static const GenPort *
choose_pair (
    GstGeneratorPorts *ports, const GenModel *model, const GenPort *const *named, GError **error)
{
  const int picture = is_colour (named[0]) ? 0 : 1;

  if (!is_colour (named[picture]) || !read_mask (model, named[1 - picture], &ports->mask) ||
      !is_as_large (&ports->mask, named[picture])) {
    refuse_pair (model, named[picture], named[1 - picture], error);
    return NULL;
  }
  ports->mask_said = TRUE;
  return named[picture];
}

static const GenPort *
choose_named (GstGeneratorPorts *ports, const GenModel *model, const char *text, GError **error)
{
  g_auto (GStrv) names = g_strsplit (text, ",", -1);
  const GenPort *named[2] = { 0 };
  const guint n = g_strv_length (names);

  if (n == 0 || n > G_N_ELEMENTS (named)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: property outputs is \"%s\", which should be the name of an output, or those of a "
        "picture and its mask with a comma between; others come from pads of their own, src_NAME",
        model->path, text);
    return NULL;
  }
  for (guint i = 0; i < n; i++) {
    named[i] = gst_generator_find_port (model, TRUE, g_strstrip (names[i]), error);
    if (named[i] == NULL)
      return NULL;
  }
  return n == 2 ? choose_pair (ports, model, named, error) : named[0];
}

const GenPort *
gst_generator_choose_output (
    GstGeneratorPorts *ports, GenModel *model, const GstGeneratorHints *hints, GError **error)
{
  const GenPort *output;

  ports->mask = (GenPort){ 0 };
  ports->mask_said = FALSE;
  if (hints->outputs != NULL)
    return choose_named (ports, model, hints->outputs, error);
  output = find_usual (model, &ports->input, hints);
  if (output != NULL)
    find_mask (ports, model, output);
  return output;
}

void
gst_generator_join_mask (GstGeneratorPorts *ports)
{
  GenPort *output = &ports->output, *mask = &ports->mask;

  if (mask->name == NULL)
    return;
  /* Which is what masks are, where nothing tells. */
  if (mask->range == GEN_RANGE_ASSUMED)
    gen_port_set_range (mask, 0, 1);
  output->mean[3] = mask->mean[0];
  output->std[3] = mask->std[0];
  output->channels = 4;
}

void
gst_generator_fit_mask (const GstGeneratorPorts *ports, gboolean has_alpha, GenModelUse *use)
{
  const gboolean whole = ports->mask.name != NULL && has_alpha;

  use->mask = whole ? ports->mask : (GenPort){ 0 };
  use->output.channels = ports->output.channels - (ports->mask.name != NULL && !whole);
}

/* --- with pads or files of their own --- */

static gboolean
refuse_side (const GstGeneratorPorts *ports, const char *text, GError **error)
{
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s: %s", ports->model->path, text);
  return FALSE;
}

/* What comes from a pad: a picture, a mask, or numbers. */
static gboolean
choose_further (GstGeneratorPorts *ports, const char *name, GError **error)
{
  const GenPort *found = gst_generator_find_port (ports->model, TRUE, name, error);
  GenPort *port = &ports->further[ports->n_further];

  if (found == NULL)
    return FALSE;
  *port = *found;
  if (port->kind == GEN_PORT_OTHER)
    gen_model_make_mask (ports->model, port);
  gen_port_use_float32 (port);
  ports->n_further++;
  return TRUE;
}

static gboolean
choose_beside (GstGeneratorPorts *ports, const char *name, GError **error)
{
  const GenPort *found = gst_generator_find_port (ports->model, FALSE, name, error);
  GenPort *port = &ports->beside[ports->n_beside];

  if (found == NULL)
    return FALSE;
  *port = *found;
  if (port->kind == GEN_PORT_PICTURE && gen_port_use_float32 (port)) {
    ports->n_beside++;
    return TRUE;
  }
  g_autofree char *shape = gen_shape_to_string (&found->shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: its input '%s' (%s %s) takes no picture of 1, 3 or 4 channels, which is what a file or "
      "a pad of its own gives it; numbers are said by property parameters",
      ports->model->path, name, gen_data_type_name (found->type), shape);
  return FALSE;
}

/* What has pads or files of its own goes with frames that are made one by one. */
static gboolean
check_mode (const GstGeneratorPorts *ports, const char *const *further, const char *const *beside,
    GError **error)
{
  const char *reason = NULL;

  if (further[0] == NULL && beside[0] == NULL)
    return TRUE;
  if (ports->staged)
    reason = "its shapes hang on what it computes (mode staged), and what it makes of a frame "
             "besides is not known before";
  else if (gst_generator_streams (ports))
    reason = "it plays sound as one stream (mode stream), cut otherwise than buffers are";
  else if (ports->between)
    reason = "what it makes lies between two frames (mode frames), unless property interpolate is "
             "false";
  else if (ports->made > 1)
    reason = "it makes several frames at once (mode clips)";
  else if (ports->frames > 1 && beside[0] != NULL)
    reason = "it sees several frames at once (mode frames), and would of what goes in beside them";
  if (reason == NULL)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s: %s: leave out %s%s%s",
      ports->model->path, reason, further[0] != NULL ? "pad src_" : "pad sink_",
      further[0] != NULL ? further[0] : beside[0],
      further[0] != NULL ? "; property outputs names the output that is played instead"
                         : " or what property inputs says of it");
  return FALSE;
}

gboolean
gst_generator_choose_sides (
    GstGeneratorPorts *ports, const GstGeneratorHints *hints, GError **error)
{
  const char *const none[] = { NULL };
  const char *const *further = hints->further != NULL ? hints->further : none;
  const char *const *beside = hints->beside != NULL ? hints->beside : none;

  ports->n_further = ports->n_beside = 0;
  if (!check_mode (ports, further, beside, error))
    return FALSE;
  if (beside[0] != NULL && ports->input.kind != GEN_PORT_PICTURE)
    return refuse_side (
        ports, "pads sink_NAME and property inputs are for models that take pictures", error);
  if (g_strv_length ((char **)further) > GEN_MODEL_MAX_SIDES ||
      g_strv_length ((char **)beside) > GEN_MODEL_MAX_SIDES)
    return refuse_side (
        ports, "no more than 4 pads src_NAME, and 4 further inputs, are served", error);
  for (guint i = 0; further[i] != NULL; i++)
    if (!choose_further (ports, further[i], error))
      return FALSE;
  for (guint i = 0; beside[i] != NULL; i++)
    if (!choose_beside (ports, beside[i], error))
      return FALSE;
  /* Each has its own frame in a run. */
  if (ports->n_beside > 0 && ports->input.batch < 0)
    ports->input.batch = 1;
  return TRUE;
}

/* --- of which extents --- */

GenShape
gst_generator_inner_shape (const GenShape *shape)
{
  GenShape inner = { .dims = { 1 } };
  int first = 0;

  while (first < shape->rank - 1 && shape->dims[first] == 1)
    first++;
  inner.rank = MAX (shape->rank - first, 1);
  for (int d = first; d < shape->rank; d++)
    inner.dims[d - first] = shape->dims[d];
  return inner;
}

gboolean
gst_generator_check_tensor (GstCaps *caps, const GenShape *shape, GError **error)
{
  GstGenerativeTensors tensors;

  if (!gst_generative_tensors_read (gst_caps_get_structure (caps, 0), &tensors, error))
    return FALSE;
  if (tensors.n == 1 && gen_shape_elements (&tensors.shapes[0]) == gen_shape_elements (shape))
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the next element wants other tensors than the model makes");
  return FALSE;
}

gboolean
gst_generator_numbers_shape (const GstGeneratorPorts *ports, const GenPort *port,
    const GstGeneratorInput *input, GenShape *shape, GError **error)
{
  const gboolean single = ports->input.batch == 1;
  const int pictures = single ? 1 : input->pictures;
  const gboolean is_free = ports->input.height < 0 || ports->input.width < 0;
  GenShape made = port->shape;

  if (made.rank > 0 && (made.dims[0] < 0 || made.dims[0] == ports->input.batch))
    made.dims[0] = pictures;
  if ((is_free || !gen_shape_is_known (&made)) &&
      !gst_generator_padded_shape (
          ports, port, pictures, input->height, input->width, &made, error))
    return FALSE;
  *shape = gst_generator_inner_shape (&made);
  /* One by one. */
  if (single && input->pictures > 1 && shape->rank < GEN_MAX_RANK) {
    memmove (shape->dims + 1, shape->dims, (gsize)shape->rank++ * sizeof shape->dims[0]);
    shape->dims[0] = input->pictures;
  }
  return TRUE;
}

gboolean
gst_generator_check_rows (const GstGeneratorPorts *ports, const GenPort *port,
    const GenModelUse *use, const GenShape *one, GError **error)
{
  GenShape all;

  if (use->frames <= 1)
    return TRUE;
  if (!gst_generator_padded_shape (
          ports, port, (gint64)use->frames * use->pictures, use->height, use->width, &all, error))
    return FALSE;
  if (gen_shape_elements (&all) == use->frames * gen_shape_elements (one))
    return TRUE;
  g_autofree char *text = gen_shape_to_string (&all);
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "its output '%s' is %s for %d buffers in a run, which is nothing for each: set property "
      "batch-size to 1",
      port->name, text, use->frames);
  return FALSE;
}

gboolean
gst_generator_picture_size (const GstGeneratorPorts *ports, const GenPort *port,
    const GstGeneratorInput *input, int *height, int *width, GError **error)
{
  *height = port->height;
  *width = port->width;
  return (*height > 0 && *width > 0) ||
         gst_generator_padded_size (ports, port, input->height, input->width, height, width, error);
}
