/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Video comes in sizes that were made for eyes; nets with strides take multiples of these. Where
 * a model does not take frames as they are, they are played with their mirror image below and to
 * the right (GenPadding), and frames that go on are of the size that comes of the frames
 * themselves. */
#include "padding.h"

GenPadding
gst_generator_find_padding (const GstGeneratorPorts *ports, int height, int width)
{
  GenPadding padding = { .step = 1 };

  if (ports->input.kind == GEN_PORT_PICTURE && !ports->staged && !ports->tiling.used)
    gen_model_find_padding (ports->model, &ports->input, height, width, &padding);
  return padding;
}

gboolean
gst_generator_padded_size (const GstGeneratorPorts *ports, const GenPort *port, int in_height,
    int in_width, int *height, int *width, GError **error)
{
  const GenPadding padding = gst_generator_find_padding (ports, in_height, in_width);

  return gen_model_padded_size (
      ports->model, port, in_height, in_width, &padding, height, width, error);
}

gboolean
gst_generator_padded_shape (const GstGeneratorPorts *ports, const GenPort *port, gint64 pictures,
    int height, int width, GenShape *shape, GError **error)
{
  const GenPadding padding = gst_generator_find_padding (ports, height, width);

  return gen_model_output_shape (ports->model, port, pictures, height + padding.height,
      width + padding.width, 0, shape, error);
}
