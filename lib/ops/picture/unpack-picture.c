/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UnpackPicture: the bytes of video frames to numbers [N, channels, height, width], PackPicture's
 * inverse. The first node of a plan that takes pictures, bound to the frames themselves. Its
 * inputs are the frames' planes, each frame a wall of `columns` x `rows` pictures of `width` x
 * `height` and `channels` (attributes); N counts them all. The result is channels-last, as
 * convolutions want it and as most frames have it. */
#include "../unpack.h"

#include "../../simd.h"

typedef struct {
  GenPictureGeometry geometry;
  gboolean channels_last;
  float scale[GEN_PICTURE_MAX_CHANNELS], shift[GEN_PICTURE_MAX_CHANNELS];
} Unpack;

GEN_CLONES (void, expand, (const guint8 *from, float scale, float shift, float *out, gsize n),
    (from, scale, shift, out, n))
{
  for (gsize i = 0; i < n; i++)
    out[i] = from[i] * scale + shift;
}

GEN_CLONES (void, expand_pixels3,
    (const guint8 *from, const float *scale, const float *shift, float *out, gsize n),
    (from, scale, shift, out, n))
{
  const float s0 = scale[0], s1 = scale[1], s2 = scale[2];
  const float h0 = shift[0], h1 = shift[1], h2 = shift[2];

  for (gsize i = 0; i < n; i++) {
    out[3 * i] = from[3 * i] * s0 + h0;
    out[3 * i + 1] = from[3 * i + 1] * s1 + h1;
    out[3 * i + 2] = from[3 * i + 2] * s2 + h2;
  }
}

GEN_CLONES (void, expand_steps,
    (const guint8 *from, gsize from_step, float scale, float shift, float *out, gsize out_step,
        gsize n),
    (from, from_step, scale, shift, out, out_step, n))
{
  for (gsize i = 0; i < n; i++)
    out[i * out_step] = from[i * from_step] * scale + shift;
}

static void
unpack_row (const Unpack *unpack, const guint8 *const *planes, gsize at, float *out, gsize plane)
{
  const GenPictureGeometry *geometry = &unpack->geometry;
  gsize n = geometry->width;

  if (unpack->channels_last && !geometry->planar && geometry->channels == 3 &&
      geometry->bytes == 3 && geometry->order[0] == 0 && geometry->order[1] == 1 &&
      geometry->order[2] == 2) {
    expand_pixels3 (planes[0] + at, unpack->scale, unpack->shift, out, n);
    return;
  }
  for (int c = 0; c < geometry->channels; c++) {
    const guint8 *bytes =
        geometry->planar ? planes[geometry->order[c]] + at : planes[0] + at + geometry->order[c];
    float scale = unpack->scale[c], shift = unpack->shift[c];

    if (geometry->bytes == 1 && !unpack->channels_last)
      expand (bytes, scale, shift, out + c * plane, n);
    else if (unpack->channels_last)
      expand_steps (bytes, geometry->bytes, scale, shift, out + c, geometry->channels, n);
    else
      expand_steps (bytes, geometry->bytes, scale, shift, out + c * plane, 1, n);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Unpack *unpack = kernel->state;
  const GenPictureGeometry *geometry = &unpack->geometry;
  float *out = kernel->outputs[0];
  gsize plane = (gsize)geometry->height * geometry->width, first, end;
  gsize frames = kernel->node->inputs->len / (guint)geometry->n_planes;

  gen_kernel_share (frames * geometry->count * geometry->height, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    gsize i = row / geometry->height, y = row % geometry->height;
    const guint8 *const *planes =
        (const guint8 *const *)kernel->inputs + i / geometry->count * geometry->n_planes;

    unpack_row (unpack, planes, gen_picture_row (geometry, (int)(i % geometry->count), (int)y),
        out + i * geometry->channels * plane +
            y * geometry->width * (unpack->channels_last ? geometry->channels : 1),
        plane);
  }
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenPictureGeometry geometry;
  GenShape shape;

  if (!gen_picture_geometry_to_unpack (node, &geometry, error))
    return FALSE;
  shape = GEN_SHAPE ((gint64)(node->inputs->len / (guint)geometry.n_planes) * geometry.count,
      geometry.channels, geometry.height, geometry.width);
  gen_node_set_output (node, 0, GEN_TYPE_FLOAT32, &shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *out = gen_node_output (kernel->node, 0);
  GenPictureGeometry geometry;
  Unpack *unpack;

  if (!gen_picture_geometry_to_unpack (kernel->node, &geometry, error))
    return FALSE;
  if (geometry.colour.used) {
    gen_unpack_ycbcr (kernel, &geometry);
    return TRUE;
  }
  unpack = g_new0 (Unpack, 1);
  kernel->state = unpack;
  kernel->free_state = g_free;
  unpack->geometry = geometry;
  unpack->channels_last = out->layout == GEN_LAYOUT_CHANNELS_LAST && unpack->geometry.channels > 1;
  for (int c = 0; c < unpack->geometry.channels; c++) {
    unpack->scale[c] = 1 / unpack->geometry.scale[c];
    unpack->shift[c] = -unpack->geometry.shift[c] / unpack->geometry.scale[c];
  }
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&out->shape), 0.3));
  return TRUE;
}

const GenOperator gen_operator_unpack_picture = {
  .name = "UnpackPicture",
  .domain = "generative",
  .summary = "The bytes of video frames to numbers",
  .min_inputs = 1,
  .max_inputs = -1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_CHANNELS_LAST,
  .infer = infer,
  .cpu = cpu,
};
