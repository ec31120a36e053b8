/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "numbers.h"

#include "../shared/tensors.h"
#include "outputs.h"

/* Which may be a picture that lacks an axis, or has its channels free. */
static gboolean
is_nearly_picture (const GenShape *shape)
{
  return (shape->rank == 3 && (shape->dims[0] == 3 || shape->dims[0] == 4)) ||
         (shape->rank == 4 && (shape->dims[1] < 0 || shape->dims[1] == 6 || shape->dims[3] == 6));
}

gboolean
gst_generator_make_vector (GenPort *port)
{
  return port->kind == GEN_PORT_OTHER && !is_nearly_picture (&port->shape) &&
         gst_generator_take_as_vector (port);
}

gboolean
gst_generator_take_as_vector (GenPort *port)
{
  const GenShape *shape = &port->shape;
  GenPort used = *port;
  gint64 length = 1;

  used.kind = GEN_PORT_OTHER;
  if (shape->rank < 3 || !gen_port_use_float32 (&used))
    return FALSE;
  for (int d = 1; d < shape->rank; d++)
    if (shape->dims[d] < 1 || __builtin_mul_overflow (length, shape->dims[d], &length))
      return FALSE;
  port->kind = GEN_PORT_VECTOR;
  port->length = length;
  port->batch = shape->dims[0];
  return TRUE;
}

gboolean
gst_generator_is_integers (const GenPort *port)
{
  return port->kind == GEN_PORT_VECTOR && port->length > 0 &&
         (port->type == GEN_TYPE_INT32 || port->type == GEN_TYPE_INT64);
}

gboolean
gst_generator_takes_numbers (const GstGeneratorPorts *ports)
{
  const GenShape *shape = &ports->input.shape;

  return gst_generator_is_integers (&ports->input) ||
         (ports->input.kind == GEN_PORT_VECTOR && shape->rank > 2 &&
             ports->input.length != shape->dims[1]);
}

GenShape
gst_generator_item_shape (const GstGeneratorPorts *ports)
{
  GenShape shape = ports->input.shape;

  if (!gst_generator_takes_numbers (ports))
    return GEN_SHAPE (ports->input.length);
  shape.dims[0] = 1;
  return gst_generator_inner_shape (&shape);
}

char *
gst_generator_describe_item (const GstGeneratorPorts *ports)
{
  const GstGenerativeTensors tensors = { .n = 1, .shapes = { gst_generator_item_shape (ports) } };
  g_autofree char *dimensions = gst_generative_dimensions_format (&tensors);

  return g_strdup_printf ("other/tensors,format=static,num_tensors=1,types=%s,dimensions=%s",
      gen_data_type_name (ports->input.type), dimensions);
}

gboolean
gst_generator_is_numbers (
    const GstGeneratorPorts *ports, const GenPort *output, const GstGeneratorHints *hints)
{
  GenPort picture = *output;

  if (hints->sample_rate > 0 || output->kind == GEN_PORT_PICTURE ||
      (ports->input.kind != GEN_PORT_PICTURE && !gst_generator_takes_numbers (ports)) ||
      is_nearly_picture (&output->shape))
    return FALSE;
  if (output->kind != GEN_PORT_VECTOR)
    return TRUE;
  /* A row may be a picture where somebody says its size, or of a picture where it is square. */
  if (ports->input.kind != GEN_PORT_PICTURE)
    return hints->width == 0 && hints->height == 0;
  return output->length < GEN_PORT_SMALLEST_PICTURE ||
         (hints->width == 0 && hints->height == 0 && !gen_port_make_picture (&picture, 0, 0));
}

/* What it makes goes on as it is. */
gboolean
gst_generator_choose_numbers (GstGeneratorPorts *ports, GError **error)
{
  GenPort *output = &ports->output;

  output->kind = GEN_PORT_OTHER;
  gen_port_use_float32 (output);
  if (!ports->staged && (output->type == GEN_TYPE_FLOAT32 || output->type == GEN_TYPE_INT32 ||
                            output->type == GEN_TYPE_INT64 || output->type == GEN_TYPE_UINT8))
    return TRUE;
  g_autofree char *text = gst_generator_describe_port ("output", output);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: its %s cannot go on as a tensor: that are floats, int32, int64 and uint8 whose extents "
      "hang on the size of what goes in alone",
      ports->model->path, text);
  return FALSE;
}
