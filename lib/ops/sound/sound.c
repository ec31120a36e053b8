/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes that PackSound and UnpackSound share. */
#include "sound.h"

#include <math.h>

static gboolean
read_format (const GenNode *node, GenSoundGeometry *geometry, GError **error)
{
  *geometry = (GenSoundGeometry){ .int16 = gen_node_int (node, "int16", 0) != 0,
    .channels_last = gen_node_int (node, "channels_last", 0) != 0,
    .full_scale = gen_node_float (node, "full_scale", 1) };
  geometry->sample = geometry->int16 ? sizeof (gint16) : sizeof (float);
  return (isfinite (geometry->full_scale) && geometry->full_scale > 0) ||
         gen_node_error (node, error, "full_scale should be above 0");
}

gboolean
gen_sound_geometry_to_pack (const GenNode *node, GenSoundGeometry *geometry, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);

  if (!read_format (node, geometry, error))
    return FALSE;
  if (x->type != GEN_TYPE_FLOAT32 || x->shape.rank != 3)
    return gen_node_error (node, error, "takes float32 [N, channels, length]");
  geometry->sounds = x->shape.dims[0];
  geometry->channels = x->shape.dims[geometry->channels_last ? 2 : 1];
  geometry->length = x->shape.dims[geometry->channels_last ? 1 : 2];
  geometry->of_buffer = geometry->sounds / (gint64)node->outputs->len;
  if (geometry->sounds % (gint64)node->outputs->len != 0)
    return gen_node_error (node, error, "%" G_GINT64_FORMAT " sounds do not fill %u buffers",
        geometry->sounds, node->outputs->len);
  geometry->skip = gen_node_int (node, "skip", 0);
  geometry->keep = gen_node_int (node, "keep", geometry->length - geometry->skip);
  return (geometry->skip >= 0 && geometry->keep >= 0 &&
             geometry->skip + geometry->keep <= geometry->length) ||
         gen_node_error (node, error, "skip and keep reach beyond the sound");
}

gboolean
gen_sound_geometry_to_unpack (const GenNode *node, GenSoundGeometry *geometry, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gint64 frame;

  if (!read_format (node, geometry, error))
    return FALSE;
  geometry->channels = gen_node_int (node, "channels", 1);
  geometry->length = gen_node_int (node, "length", 0);
  frame = geometry->channels * (gint64)geometry->sample;
  if (x->type != GEN_TYPE_UINT8 || x->shape.rank != 1 || geometry->channels <= 0 ||
      geometry->length <= 0 || x->shape.dims[0] % (geometry->length * frame) != 0)
    return gen_node_error (node, error, "takes bytes of whole sounds");
  for (guint i = 1; i < node->inputs->len; i++)
    if (!gen_shape_equal (&gen_node_input (node, i)->shape, &x->shape))
      return gen_node_error (node, error, "takes buffers of one size");
  geometry->of_buffer = x->shape.dims[0] / (geometry->length * frame);
  geometry->sounds = geometry->of_buffer * (gint64)node->inputs->len;
  geometry->keep = geometry->length;
  return TRUE;
}
