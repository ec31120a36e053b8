/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PackPicture: numbers to the bytes of video frames. The last node of a generator's plan, bound
 * to the frames themselves: nothing copies afterwards. A batch goes to as many frames as the
 * node has outputs, each a wall of its share of the pictures. Bytes between rows are not
 * touched. */
#include "picture.h"

#include <string.h>

#include "activation.h"
#include "../simd.h"

/* Pixels that are worked on at a time, in buffers on the stack. */
#define CHUNK 512

typedef struct {
  GenPictureGeometry geometry; /* of each frame */
  gboolean channels_last;
  gboolean direct; /* channels-last in, and the frame has its pixels byte for byte */
  float scale[GEN_PICTURE_MAX_CHANNELS * CHUNK], shift[GEN_PICTURE_MAX_CHANNELS * CHUNK];
} Pack;

/* What is not a number becomes black. */
static inline guint8
quantize (float v)
{
  v = v > 0.0f ? v : 0.0f;
  v = v < 255.0f ? v : 255.0f;
  return (guint8)(gint32)(v + 0.5f);
}

/* One channel: one scale. */
GEN_CLONES static void
quantize_plane (const float *x, float scale, float shift, guint8 *out, gsize n)
{
  for (gsize i = 0; i < n; i++)
    out[i] = quantize (x[i] * scale + shift);
}

/* Channels side by side: the scales repeat. */
GEN_CLONES static void
quantize_pixels (const float *x, const float *scale, const float *shift, guint8 *out, gsize n)
{
  for (gsize i = 0; i < n; i++)
    out[i] = quantize (x[i] * scale[i] + shift[i]);
}

GEN_CLONES static void
interleave3 (const guint8 *a, const guint8 *b, const guint8 *c, guint8 *out, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    out[3 * i] = a[i];
    out[3 * i + 1] = b[i];
    out[3 * i + 2] = c[i];
  }
}

GEN_CLONES static void
interleave4 (
    const guint8 *a, const guint8 *b, const guint8 *c, const guint8 *d, guint8 *out, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    out[4 * i] = a[i];
    out[4 * i + 1] = b[i];
    out[4 * i + 2] = c[i];
    out[4 * i + 3] = d[i];
  }
}

static void
scatter (const guint8 *from, gsize from_step, guint8 *to, gsize to_step, gsize n)
{
  for (gsize i = 0; i < n; i++)
    to[i * to_step] = from[i * from_step];
}

/* Bytes of pixels whose channels are `step` apart, to where the frame wants them. */
static void
place (const GenPictureGeometry *geometry, const guint8 *const *channels, gsize step, guint8 *out,
    gsize n)
{
  static const guint8 opaque[CHUNK] = { [0 ... CHUNK - 1] = 255 };
  const guint8 *from[GEN_PICTURE_MAX_CHANNELS];

  for (int k = 0; k < geometry->n_order; k++)
    from[k] = geometry->order[k] >= 0 ? channels[geometry->order[k]] : opaque;
  if (geometry->planar || step != 1 || geometry->bytes != geometry->n_order ||
      geometry->n_order < 3) {
    for (int k = 0; k < geometry->n_order; k++)
      scatter (from[k], geometry->order[k] >= 0 ? step : 1,
          out + k * (geometry->planar ? geometry->plane_size : 1), geometry->bytes, n);
  } else if (geometry->n_order == 3) {
    interleave3 (from[0], from[1], from[2], out, n);
  } else {
    interleave4 (from[0], from[1], from[2], from[3], out, n);
  }
}

/* `n` pixels whose channels each lie in a row, `plane` numbers apart. */
static void
pack_plain (const Pack *pack, const float *x, gsize plane, guint8 *out, gsize n)
{
  const GenPictureGeometry *geometry = &pack->geometry;
  guint8 bytes[GEN_PICTURE_MAX_CHANNELS][CHUNK];
  const guint8 *channels[GEN_PICTURE_MAX_CHANNELS];

  if (geometry->bytes == 1 && geometry->order[0] >= 0 &&
      (geometry->planar || geometry->n_order == 1)) {
    for (int k = 0; k < geometry->n_order; k++)
      if (geometry->order[k] >= 0)
        quantize_plane (x + geometry->order[k] * plane, geometry->scale[geometry->order[k]],
            geometry->shift[geometry->order[k]], out + k * geometry->plane_size, n);
      else
        memset (out + k * geometry->plane_size, 255, n);
    return;
  }
  for (int c = 0; c < geometry->channels; c++) {
    quantize_plane (x + c * plane, geometry->scale[c], geometry->shift[c], bytes[c], n);
    channels[c] = bytes[c];
  }
  place (geometry, channels, 1, out, n);
}

/* `n` pixels whose channels lie side by side. */
static void
pack_pixels (const Pack *pack, const float *x, guint8 *out, gsize n)
{
  const GenPictureGeometry *geometry = &pack->geometry;
  guint8 bytes[GEN_PICTURE_MAX_CHANNELS * CHUNK];
  const guint8 *channels[GEN_PICTURE_MAX_CHANNELS];

  quantize_pixels (x, pack->scale, pack->shift, pack->direct ? out : bytes, n * geometry->channels);
  if (pack->direct)
    return;
  for (int c = 0; c < geometry->channels; c++)
    channels[c] = bytes + c;
  place (geometry, channels, geometry->channels, out, n);
}

static void
pack_row (const Pack *pack, const float *x, gsize plane, guint8 *out)
{
  const GenPictureGeometry *geometry = &pack->geometry;

  for (int at = 0; at < geometry->width; at += CHUNK) {
    gsize n = MIN (CHUNK, geometry->width - at);

    if (pack->channels_last)
      pack_pixels (pack, x + (gsize)at * geometry->channels, out + (gsize)at * geometry->bytes, n);
    else
      pack_plain (pack, x + at, plane, out + (gsize)at * geometry->bytes, n);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Pack *pack = kernel->state;
  const GenPictureGeometry *geometry = &pack->geometry;
  const float *x = kernel->inputs[0];
  gsize plane = (gsize)geometry->height * geometry->width, first, end;
  gsize frames = kernel->node->outputs->len;

  gen_kernel_share (frames * geometry->count * geometry->height, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    gsize i = row / geometry->height, y = row % geometry->height;
    const float *from = x + i * geometry->channels * plane +
                        y * geometry->width * (pack->channels_last ? geometry->channels : 1);
    guint8 *frame = kernel->outputs[i / geometry->count];

    if (frame != NULL)
      pack_row (pack, from, plane,
          frame + gen_picture_row (geometry, (int)(i % geometry->count), (int)y));
  }
}

/* Places of the wall for which there is no picture are black. */
static void
clear_rest (const GenKernel *kernel, int part, int parts)
{
  const GenPictureGeometry *geometry = &((const Pack *)kernel->state)->geometry;
  gsize size = (gsize)geometry->width * geometry->bytes;

  for (guint f = 0; f < kernel->node->outputs->len; f++)
    for (int i = geometry->count; i < geometry->columns * geometry->rows; i++)
      for (int y = 0; y < geometry->height && kernel->outputs[f] != NULL; y++)
        for (int k = 0; k < (geometry->planar ? geometry->n_order : 1); k++)
          memset ((guint8 *)kernel->outputs[f] + k * geometry->plane_size +
                      gen_picture_row (geometry, i, y),
              0, size);
}

static gboolean
get_geometry (const GenNode *node, GenPictureGeometry *geometry, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gint64 frames = node->outputs->len;

  if (x->type != GEN_TYPE_FLOAT32 || x->shape.rank != 4 || frames < 1 ||
      x->shape.dims[0] % frames != 0)
    return gen_node_error (node, error,
        "it packs float32 pictures [N, channels, height, width] to frames that divide N evenly");
  for (int i = 0; i < 4; i++)
    if (x->shape.dims[i] > G_MAXINT)
      return gen_node_error (node, error, "an extent is too large");
  *geometry = (GenPictureGeometry){
    .channels = (int)x->shape.dims[1],
    .height = (int)x->shape.dims[2],
    .width = (int)x->shape.dims[3],
    .count = (int)(x->shape.dims[0] / frames),
  };
  if (!gen_picture_geometry (node, geometry, error))
    return FALSE;
  for (int i = 0; i < geometry->n_order; i++)
    if (geometry->order[i] >= geometry->channels)
      return gen_node_error (
          node, error, "order asks for channel %d of %d", geometry->order[i], geometry->channels);
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenPictureGeometry geometry;
  gint64 size;

  if (!get_geometry (node, &geometry, error))
    return FALSE;
  size = (gint64)gen_picture_frame_size (&geometry);
  for (guint i = 0; i < node->outputs->len; i++)
    gen_node_set_output (node, i, GEN_TYPE_UINT8, &GEN_SHAPE (size));
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  Pack *pack = g_new0 (Pack, 1);
  GenPictureGeometry *geometry = &pack->geometry;
  const GenTensor *x = gen_node_input (kernel->node, 0);

  kernel->state = pack;
  kernel->free_state = g_free;
  if (!get_geometry (kernel->node, geometry, error))
    return FALSE;
  pack->channels_last = x->layout == GEN_LAYOUT_CHANNELS_LAST && geometry->channels > 1;
  pack->direct = !geometry->planar && geometry->n_order == geometry->channels &&
                 geometry->bytes == geometry->channels;
  for (int k = 0; k < geometry->n_order; k++)
    pack->direct = pack->direct && geometry->order[k] == k;
  for (int i = 0; i < geometry->channels * CHUNK; i++) {
    pack->scale[i] = geometry->scale[i % geometry->channels];
    pack->shift[i] = geometry->shift[i % geometry->channels];
  }
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.25));
  if (geometry->columns * geometry->rows > geometry->count)
    gen_kernel_add_step (kernel, clear_rest, 1);
  return TRUE;
}

const GenOperator gen_operator_pack_picture = {
  .name = "PackPicture",
  .domain = "generative",
  .summary = "Numbers to the bytes of video frames",
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = -1,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = infer,
  .cpu = cpu,
};
