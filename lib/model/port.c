/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an input or output is by its shape, and what it can be said to be. */
#include <math.h>
#include <string.h>

#include "model-private.h"

static gboolean
is_channels (gint64 extent)
{
  return extent == 1 || extent == 3 || extent == 4;
}

static int
to_extent (gint64 extent)
{
  return (int)CLAMP (extent, -1, G_MAXINT);
}

static gboolean
is_sound (gint64 channels, gint64 length)
{
  return channels >= 1 && channels <= GEN_SOUND_MAX_CHANNELS &&
         (length < 0 || length >= GEN_PORT_SMALLEST_SOUND);
}

int
gen_port_time_axis (const GenPort *port)
{
  return port->shape.rank == 2 || port->channels_last ? 1 : 2;
}

static void
make_sound (GenPort *port)
{
  const GenShape *shape = &port->shape;
  const gboolean plain = shape->rank == 2;

  port->kind = GEN_PORT_SOUND;
  port->channels_last =
      !plain && !(shape->dims[1] >= 1 && shape->dims[1] <= GEN_SOUND_MAX_CHANNELS);
  port->channels = plain ? 1 : to_extent (shape->dims[port->channels_last ? 2 : 1]);
  port->length = shape->dims[gen_port_time_axis (port)];
}

static void
make_series (GenPort *port)
{
  port->kind = GEN_PORT_SERIES;
  port->channels_last = port->shape.dims[1] < 0;
  port->channels = to_extent (port->shape.dims[port->channels_last ? 2 : 1]);
  port->length = port->shape.dims[gen_port_time_axis (port)];
}

int
gen_port_height_axis (const GenPort *port)
{
  return port->shape.rank - (port->channels_last ? 3 : 2);
}

/* A picture whose channels are the axis `channels`, of which there are `each`. */
static void
make_picture (GenPort *port, int channels, int each)
{
  const GenShape *shape = &port->shape;

  port->kind = GEN_PORT_PICTURE;
  port->channels_last = channels == shape->rank - 1;
  port->channels = each;
  port->height = to_extent (shape->dims[gen_port_height_axis (port)]);
  port->width = to_extent (shape->dims[gen_port_height_axis (port) + 1]);
  port->frames = 1;
}

/* Pictures that follow each other along the axis `frames`; a picture where it is one. */
static void
make_frames (GenPort *port, int frames, int channels)
{
  make_picture (port, channels, to_extent (port->shape.dims[channels]));
  port->frames = to_extent (port->shape.dims[frames]);
  port->frames_last = frames > channels;
  if (port->frames != 1)
    port->kind = GEN_PORT_FRAMES;
}

/* Of five extents, where the channels are: three say more than one. */
static void
read_frames (GenPort *port)
{
  static const struct {
    int frames, channels;
    gint64 extent; /* of the channels */
  } layouts[] = { { 1, 2, 3 }, { 2, 1, 3 }, { 1, 4, 3 }, { 1, 2, 4 }, { 2, 1, 4 }, { 1, 4, 4 },
    { 1, 2, 1 }, { 2, 1, 1 }, { 1, 4, 1 } };

  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    if (port->shape.dims[layouts[i].channels] == layouts[i].extent) {
      make_frames (port, layouts[i].frames, layouts[i].channels);
      return;
    }
}

/* Pictures of three channels, one behind the other. */
static gboolean
are_stacked (gint64 channels)
{
  return channels > 3 && channels % 3 == 0 && channels / 3 <= GEN_PORT_MAX_STACKED;
}

/* So many pictures, one behind the other, of channels of which there are `each`. */
static void
make_stacked (GenPort *port, int frames, int each)
{
  make_picture (port, 1, each);
  port->frames = frames;
  port->kind = GEN_PORT_FRAMES;
}

/* Sizes that are free, or no smaller than pictures. */
static gboolean
may_be_size (gint64 height, gint64 width)
{
  return (height < 0 || height >= GEN_PORT_SMALLEST_PICTURE) &&
         (width < 0 || width >= GEN_PORT_SMALLEST_PICTURE);
}

/* Ids of symbols, any number of them. */
static gboolean
are_tokens (const GenPort *port)
{
  return port->shape.rank == 2 && port->shape.dims[0] <= 1 && port->shape.dims[1] < 0 &&
         (port->type == GEN_TYPE_INT64 || port->type == GEN_TYPE_INT32);
}

void
gen_port_read (GenPort *port, const GenTensor *tensor, const GenShape *shape, gboolean is_input)
{
  const gint64 *dims = shape->dims;

  *port = (GenPort){ .name = tensor->name, .type = tensor->type, .shape = *shape };
  port->batch = shape->rank > 0 ? dims[0] : 1;
  if (shape->rank == 1) {
    port->kind = GEN_PORT_VECTOR;
    port->length = 1;
  } else if (is_input && are_tokens (port)) {
    port->kind = GEN_PORT_TOKENS;
    port->length = -1;
  } else if (shape->rank == 2 ||
             (shape->rank == 4 && dims[2] == 1 && dims[3] == 1 && dims[1] > 0)) {
    port->kind = GEN_PORT_VECTOR;
    port->length = dims[1];
  } else if (shape->rank == 4 && (is_channels (dims[1]) || is_channels (dims[3]))) {
    make_picture (
        port, is_channels (dims[1]) ? 1 : 3, to_extent (dims[is_channels (dims[1]) ? 1 : 3]));
  } else if (shape->rank == 4 && is_input && are_stacked (dims[1]) &&
             may_be_size (dims[2], dims[3])) {
    make_stacked (port, (int)dims[1] / 3, 3);
  } else if (shape->rank == 5) {
    read_frames (port);
  } else if (shape->rank == 3 && (is_sound (dims[1], dims[2]) || is_sound (dims[2], dims[1]))) {
    make_sound (port);
  } else if (shape->rank == 3 && (dims[0] == 3 || dims[0] == 4) && may_be_size (dims[1], dims[2])) {
    make_picture (port, 0, (int)dims[0]);
    port->batch = 1;
  } else if (shape->rank == 3 && (dims[2] == 3 || dims[2] == 4) && may_be_size (dims[0], dims[1])) {
    make_picture (port, 2, (int)dims[2]);
    port->batch = 1;
  } else if (shape->rank == 3 && (dims[1] > 0) != (dims[2] > 0)) {
    make_series (port);
  }
}

void
gen_port_say_stacked (GenPort *port, int frames)
{
  const gint64 *dims = port->shape.dims;

  if (frames > 1 && !gen_port_is_picture (port) && port->shape.rank == 4 && dims[1] % frames == 0 &&
      is_channels (dims[1] / frames) && may_be_size (dims[2], dims[3]))
    make_stacked (port, frames, (int)dims[1] / frames);
}

void
gen_port_read_plane (GenPort *port, int height, int width)
{
  const GenShape *shape = &port->shape;

  if (shape->rank != 3 || port->kind == GEN_PORT_PICTURE || height < GEN_PORT_SMALLEST_PICTURE ||
      width < GEN_PORT_SMALLEST_PICTURE || shape->dims[1] != height || shape->dims[2] != width)
    return;
  make_picture (port, 0, 1);
}

gboolean
gen_port_is_picture (const GenPort *port)
{
  return port->kind == GEN_PORT_PICTURE || port->kind == GEN_PORT_FRAMES;
}

gboolean
gen_port_passes (const GenModel *model, const GenPort *port)
{
  const GPtrArray *inputs = model->graph->inputs, *outputs = model->graph->outputs;
  const GenTensor *in, *out;

  if (port->length < GEN_PORT_SMALLEST_RATED_SOUND || inputs->len == 0 || outputs->len == 0)
    return FALSE;
  in = g_ptr_array_index (inputs, 0);
  out = g_ptr_array_index (outputs, 0);
  return (strcmp (port->name, in->name) == 0 || strcmp (port->name, out->name) == 0) &&
         in->shape.rank == 2 && in->shape.dims[1] == port->length && out->shape.rank == 2 &&
         out->shape.dims[1] == port->length;
}

gboolean
gen_port_is_timed (const GenPort *port)
{
  return port->kind == GEN_PORT_SOUND || port->kind == GEN_PORT_SERIES;
}

/* --- what it is said to be --- */

gboolean
gen_port_make_picture (GenPort *port, int width, int height)
{
  gint64 length = port->length;

  if (port->kind != GEN_PORT_VECTOR || length < GEN_PORT_SMALLEST_PICTURE)
    return FALSE;
  for (int channels = 1; channels <= GEN_PORT_MAX_CHANNELS; channels++) {
    gint64 pixels = length / channels, w = width, h = height;

    if (!is_channels (channels) || length % channels != 0)
      continue;
    if (w == 0 && h == 0)
      w = h = (gint64)lround (sqrt ((double)pixels));
    else if (w == 0)
      w = pixels / h;
    else if (h == 0)
      h = pixels / w;
    if (w < 1 || h < 1 || w > G_MAXINT || h > G_MAXINT || pixels % w != 0 || pixels / w != h)
      continue;
    port->kind = GEN_PORT_PICTURE;
    port->channels = channels;
    port->width = (int)w;
    port->height = (int)h;
    return TRUE;
  }
  return FALSE;
}

gboolean
gen_port_make_sound (GenPort *port, int sample_rate)
{
  const gint64 *dims = port->shape.dims;

  if (port->kind != GEN_PORT_SOUND) {
    if (port->shape.rank != 2 &&
        (port->shape.rank != 3 || ((dims[1] < 1 || dims[1] > GEN_SOUND_MAX_CHANNELS) &&
                                      (dims[2] < 1 || dims[2] > GEN_SOUND_MAX_CHANNELS))))
      return FALSE;
    make_sound (port);
  }
  port->sample_rate = sample_rate;
  return TRUE;
}

void
gen_port_make_speech (GenPort *port, const GenShape *declared)
{
  GenPort used = *port;

  if (declared->rank < 2 || declared->dims[declared->rank - 1] >= 0 ||
      port->part != GEN_PART_FLOW || port->kind == GEN_PORT_SOUND || !gen_port_use_float32 (&used))
    return;
  for (int d = 0; d < declared->rank; d++)
    if (declared->dims[d] > 1)
      return;
  port->kind = GEN_PORT_SOUND;
  port->channels_last = FALSE;
  port->channels = 1;
  port->length = -1;
}

gboolean
gen_port_make_series (GenPort *port)
{
  if (port->kind == GEN_PORT_OTHER && port->shape.rank == 3 && port->shape.dims[1] > 0 &&
      port->shape.dims[2] > 0)
    make_series (port);
  return port->kind == GEN_PORT_SERIES;
}

gboolean
gen_port_is_empty (const GenPort *port)
{
  for (int d = 0; d < port->shape.rank; d++)
    if (port->shape.dims[d] == 0)
      return TRUE;
  return FALSE;
}

gboolean
gen_port_use_float32 (GenPort *port)
{
  if (gen_port_is_empty (port))
    return FALSE;
  switch (port->type) {
  case GEN_TYPE_INT16:
    if (port->kind != GEN_PORT_PICTURE && port->kind != GEN_PORT_SOUND)
      return FALSE;
    break;
  case GEN_TYPE_UINT8:
  case GEN_TYPE_INT8:
  case GEN_TYPE_UINT16:
  case GEN_TYPE_INT32:
  case GEN_TYPE_UINT32:
  case GEN_TYPE_INT64:
  case GEN_TYPE_UINT64:
    if (port->kind != GEN_PORT_PICTURE)
      return FALSE;
    break;
  case GEN_TYPE_FLOAT32:
  case GEN_TYPE_FLOAT16:
  case GEN_TYPE_BFLOAT16:
  case GEN_TYPE_FLOAT64:
    break;
  default:
    return FALSE;
  }
  port->type = GEN_TYPE_FLOAT32;
  return TRUE;
}

void
gen_port_set_range (GenPort *port, float low, float high)
{
  for (int c = 0; c < GEN_PORT_MAX_CHANNELS; c++) {
    port->std[c] = 1 / (high - low);
    port->mean[c] = -low / (high - low);
  }
  port->range = GEN_RANGE_SAID;
}

/* Which was a whole number before it became a deviation. */
static float
tidy (float number)
{
  const float whole = roundf (number);

  return fabsf (number - whole) <= 2e-7f * fabsf (whole) ? whole : number;
}

float
gen_port_black (const GenPort *port, int channel)
{
  return tidy ((0 - port->mean[channel]) / port->std[channel]);
}

float
gen_port_white (const GenPort *port, int channel)
{
  return tidy ((1 - port->mean[channel]) / port->std[channel]);
}
