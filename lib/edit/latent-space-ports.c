/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model has to be for latents of it to be looked for, by its inputs and outputs. */
#include "latent-space-private.h"

gboolean
gen_latent_space_fail (const GenLatentSpace *space, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_MODEL, "%s: %s",
      space->model->path, text);
  return FALSE;
}

/* Whether latents may go in: floats of a fixed size that are none of what people look at. */
static gboolean
takes_latents (const GenPort *port)
{
  if (port->part != GEN_PART_FLOW || port->type != GEN_TYPE_FLOAT32 || port->shape.rank < 2)
    return FALSE;
  if (port->kind != GEN_PORT_VECTOR && port->kind != GEN_PORT_OTHER)
    return FALSE;
  for (int d = 1; d < port->shape.rank; d++)
    if (port->shape.dims[d] < 1)
      return FALSE;
  return TRUE;
}

/* One of several classes is said by it: a 1 among zeros, or its number. */
static gboolean
takes_class (const GenPort *port)
{
  if (port->part != GEN_PART_FLOW)
    return FALSE;
  if (port->type == GEN_TYPE_INT64 || port->type == GEN_TYPE_INT32)
    return port->shape.rank == 1 || (port->shape.rank == 2 && port->shape.dims[1] == 1);
  return port->type == GEN_TYPE_FLOAT32 && port->shape.rank == 2 && port->shape.dims[1] > 1;
}

static gboolean
check_class (const GenLatentSpace *space, const GenPort *port, GError **error)
{
  const gint64 classes = port->type == GEN_TYPE_FLOAT32 ? port->shape.dims[1] : port->choices;

  if (space->options.class_number < 0)
    return gen_latent_space_fail (space, error,
        "its input '%s' takes something besides the latent: where that is a class, say which",
        port->name);
  if (classes > 0 && space->options.class_number >= classes)
    return gen_latent_space_fail (space, error,
        "class %d is none of its %" G_GINT64_FORMAT ", which count from 0",
        space->options.class_number, classes);
  return TRUE;
}

static gboolean
find_input (GenLatentSpace *space, GError **error)
{
  const GenModel *model = space->model;
  const guint n = model->graph->inputs->len;
  g_autofree char *text = NULL;

  space->input = n;
  for (guint i = 0; i < n && space->input == n; i++)
    if (takes_latents (&model->inputs[i]))
      space->input = i;
  text = gen_model_describe (model);
  if (space->input == n)
    return gen_latent_space_fail (space, error,
        "%s; an input of latents is wanted, float32 [N, numbers] of a fixed number", text);
  for (guint i = 0; i < n; i++) {
    const GenPort *port = &model->inputs[i];

    if (i == space->input || (port->part == GEN_PART_PARAMETER && model->parameters[i] != NULL))
      continue;
    if (!takes_class (port))
      return gen_latent_space_fail (space, error,
          "its input '%s' takes something besides the latent, which is not there", port->name);
    if (!check_class (space, port, error))
      return FALSE;
  }
  space->fixed = MAX (model->inputs[space->input].batch, 0);
  space->drawn = model->inputs[space->input].shape;
  space->latents = (gsize)gen_shape_product (&space->drawn, 1, space->drawn.rank);
  return TRUE;
}

static gboolean
find_output (GenLatentSpace *space, GError **error)
{
  const GenModel *model = space->model;
  const GenPort *port = gen_model_find_output (model, GEN_PORT_PICTURE);
  g_autofree char *text = NULL;

  if (port == NULL)
    port = gen_model_find_output (model, GEN_PORT_SOUND);
  text = gen_model_describe (model);
  if (port == NULL || model->staged || model->runs > 1)
    return gen_latent_space_fail (
        space, error, "%s; a generator of pictures or sounds is wanted, in one run", text);
  if (port->type != GEN_TYPE_FLOAT32)
    return gen_latent_space_fail (space, error, "its output is %s, and gradients are of float32",
        gen_data_type_name (port->type));
  space->output = (guint)(port - model->outputs);
  space->port = *port;
  return TRUE;
}

gboolean
gen_latent_space_find_ports (GenLatentSpace *space, GError **error)
{
  return find_output (space, error) && find_input (space, error);
}
