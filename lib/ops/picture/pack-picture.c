/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PackPicture: numbers to the bytes of video frames. The last node of a generator's plan, bound
 * to the frames themselves: nothing copies afterwards. The activation that makes the numbers is
 * computed here as well (fuse.c), so that they are read once. A batch goes to as many frames as
 * the node has outputs for the planes of, each a wall of its share of the pictures. Bytes between
 * rows are not touched. */
#include "../pack.h"

#include <string.h>

#include "../../simd.h"

/* Pixels that are worked on at a time, in buffers on the stack. */
#define CHUNK 512

typedef struct {
  GenPack pack;
  gboolean direct; /* the frame has the numbers byte for byte */
  int channels;    /* of the first input */
  float scale[GEN_PICTURE_MAX_CHANNELS * CHUNK], shift[GEN_PICTURE_MAX_CHANNELS * CHUNK];
} Pack;

/* Where the numbers of some pixels begin. */
typedef struct {
  const float *x;
  gsize plane;        /* numbers from channel to channel, where these do not lie side by side */
  const float *alpha; /* NULL: there is none, or it is one of these */
} Numbers;

static inline guint8
quantize (float v)
{
  return (guint8)(gint32)(gen_pack_level (v) + 0.5f);
}

/* Of an activation, `expression` of v, that then becomes bytes: a channel in a row, which has
 * one scale, and channels side by side, whose scales repeat. They return the greatest magnitude of
 * v. */
#define QUANTIZE(name, kind, expression, limit, cost)                                              \
  GEN_CLONES (guint32, name##_plane,                                                               \
      (const GenActivation *activation, const float *x, float scale, float shift, guint8 *out,     \
          gsize n),                                                                                \
      (activation, x, scale, shift, out, n))                                                       \
  {                                                                                                \
    const float alpha = activation->alpha, beta = activation->beta;                                \
    guint32 greatest = 0;                                                                          \
                                                                                                   \
    (void)alpha, (void)beta;                                                                       \
    for (gsize i = 0; i < n; i++) {                                                                \
      const float v = x[i];                                                                        \
      const guint32 magnitude = gen_pack_magnitude (v);                                            \
      greatest = magnitude > greatest ? magnitude : greatest;                                      \
      out[i] = quantize ((expression)*scale + shift);                                              \
    }                                                                                              \
    return greatest;                                                                               \
  }                                                                                                \
  GEN_CLONES (guint32, name##_pixels,                                                              \
      (const GenActivation *activation, const float *x, const float *scale, const float *shift,    \
          guint8 *out, gsize n),                                                                   \
      (activation, x, scale, shift, out, n))                                                       \
  {                                                                                                \
    const float alpha = activation->alpha, beta = activation->beta;                                \
    guint32 greatest = 0;                                                                          \
                                                                                                   \
    (void)alpha, (void)beta;                                                                       \
    for (gsize i = 0; i < n; i++) {                                                                \
      const float v = x[i];                                                                        \
      const guint32 magnitude = gen_pack_magnitude (v);                                            \
      greatest = magnitude > greatest ? magnitude : greatest;                                      \
      out[i] = quantize ((expression)*scale[i] + shift[i]);                                        \
    }                                                                                              \
    return greatest;                                                                               \
  }

GEN_PACK_ACTIVATIONS (QUANTIZE)

/* By GenActivationKind. */
static const struct {
  guint32 (*plane) (const GenActivation *, const float *, float, float, guint8 *, gsize);
  guint32 (*pixels) (
      const GenActivation *, const float *, const float *, const float *, guint8 *, gsize);
  guint32 limit; /* of what they return */
  double cost;   /* nanoseconds a number */
} quantizers[] = {
#define QUANTIZER(name, kind, expression, limit, cost)                                             \
  [GEN_ACTIVATION_##kind] = { name##_plane, name##_pixels, limit, cost },
  GEN_PACK_ACTIVATIONS (QUANTIZER)
};

GEN_CLONES (void, interleave3,
    (const guint8 *a, const guint8 *b, const guint8 *c, guint8 *out, gsize n), (a, b, c, out, n))
{
  for (gsize i = 0; i < n; i++) {
    out[3 * i] = a[i];
    out[3 * i + 1] = b[i];
    out[3 * i + 2] = c[i];
  }
}

GEN_CLONES (void, interleave4,
    (const guint8 *a, const guint8 *b, const guint8 *c, const guint8 *d, guint8 *out, gsize n),
    (a, b, c, d, out, n))
{
  for (gsize i = 0; i < n; i++) {
    out[4 * i] = a[i];
    out[4 * i + 1] = b[i];
    out[4 * i + 2] = c[i];
    out[4 * i + 3] = d[i];
  }
}

/* Of three side by side, and a fourth by itself. */
GEN_CLONES (void, widen3,
    (const guint8 *a, const guint8 *b, const guint8 *c, const guint8 *d, guint8 *out, gsize n),
    (a, b, c, d, out, n))
{
  for (gsize i = 0; i < n; i++) {
    out[4 * i] = a[3 * i];
    out[4 * i + 1] = b[3 * i];
    out[4 * i + 2] = c[3 * i];
    out[4 * i + 3] = d[i];
  }
}

static void
scatter (const guint8 *from, gsize from_step, guint8 *to, gsize to_step, gsize n)
{
  for (gsize i = 0; i < n; i++)
    to[i * to_step] = from[i * from_step];
}

/* Bytes of a row's pixels, of a channel `step` apart, to where the frame wants them: `to` bytes
 * from the beginning of its planes. Those of alpha are side by side where it has been apart. */
static void
place (const GenPictureGeometry *geometry, const guint8 *const *channels, gsize at, gsize step,
    guint8 *const *planes, gsize to, gsize n)
{
  static const guint8 opaque[CHUNK] = { [0 ... CHUNK - 1] = 255 };
  const guint8 *from[GEN_PICTURE_MAX_CHANNELS];
  gsize steps[GEN_PICTURE_MAX_CHANNELS] = { 0 };

  for (int k = 0; k < geometry->n_order; k++) {
    const int c = geometry->order[k];

    steps[k] = c < 0 || (geometry->alpha_apart && c == geometry->channels - 1) ? 1 : step;
    from[k] = c >= 0 ? channels[c] + at * steps[k] : opaque;
  }
  if (steps[0] == 3 && steps[1] == 3 && steps[2] == 3 && steps[3] == 1 && !geometry->planar &&
      geometry->bytes == 4) {
    widen3 (from[0], from[1], from[2], from[3], planes[0] + to, n);
  } else if (step == 1 && geometry->bytes == 1) {
    for (int k = 0; k < geometry->n_order; k++)
      memcpy (planes[k] + to, from[k], n);
  } else if (geometry->planar || step != 1 || geometry->bytes != geometry->n_order ||
             geometry->n_order < 3) {
    for (int k = 0; k < geometry->n_order; k++)
      scatter (from[k], steps[k], geometry->planar ? planes[k] + to : planes[0] + to + k,
          geometry->bytes, n);
  } else if (geometry->n_order == 3) {
    interleave3 (from[0], from[1], from[2], planes[0] + to, n);
  } else {
    interleave4 (from[0], from[1], from[2], from[3], planes[0] + to, n);
  }
}

/* The bytes of alpha. Returns the greatest magnitude, which is beyond all limits where there should
 * be none such. */
static guint32
pack_alpha (const GenPictureGeometry *geometry, const float *alpha, guint8 *bytes, gsize n)
{
  static const GenActivation none = { GEN_ACTIVATION_NONE };
  const int c = geometry->channels - 1;
  const guint32 greatest =
      none_plane (&none, alpha, geometry->scale[c], geometry->shift[c], bytes, n);

  return greatest < GEN_PACK_INFINITE ? greatest : GEN_PACK_NAN;
}

/* `rows` rows of `n` pixels each, no more than a chunk, which follow each other: worked on as one,
 * since rows may be short. Returns the greatest magnitude. */
static guint32
pack_rows (
    const Pack *state, const Numbers *from, guint8 *const *planes, gsize to, gsize rows, gsize n)
{
  const GenPack *pack = &state->pack;
  const GenPictureGeometry *geometry = &pack->geometry;
  const GenActivation *activation = &pack->activation;
  guint8 bytes[GEN_PICTURE_MAX_CHANNELS * CHUNK];
  const guint8 *channels[GEN_PICTURE_MAX_CHANNELS];
  gboolean direct =
      state->direct && (rows == 1 || geometry->stride == (gssize)(n * geometry->bytes));
  guint32 greatest = 0;

  for (int c = 0; c < geometry->channels; c++)
    channels[c] = bytes + (pack->channels_last && c < state->channels ? c : c * CHUNK);
  if (from->alpha != NULL)
    greatest = pack_alpha (geometry, from->alpha, bytes + state->channels * CHUNK, rows * n);
  if (pack->channels_last) {
    guint32 magnitude = quantizers[activation->kind].pixels (activation, from->x, state->scale,
        state->shift, direct ? planes[0] + to : bytes, rows * n * state->channels);

    greatest = MAX (greatest, magnitude);
  }
  for (int c = 0; c < state->channels && !pack->channels_last; c++) {
    guint32 magnitude = quantizers[activation->kind].plane (activation, from->x + c * from->plane,
        geometry->scale[c], geometry->shift[c], direct ? planes[0] + to : bytes + c * CHUNK,
        rows * n);

    greatest = MAX (greatest, magnitude);
  }
  for (gsize r = 0; r < rows && !direct; r++)
    place (geometry, channels, r * n, pack->channels_last ? state->channels : 1, planes,
        to + r * geometry->stride, n);
  return greatest;
}

/* Those from `pixels` further on. */
static Numbers
numbers_from (const Pack *state, const Numbers *from, gsize pixels)
{
  return (Numbers){ .x = from->x + pixels * (state->pack.channels_last ? state->channels : 1),
    .plane = from->plane,
    .alpha = from->alpha != NULL ? from->alpha + pixels : NULL };
}

/* Those of picture `i`. */
static Numbers
numbers_of (const GenKernel *kernel, gsize i)
{
  const Pack *state = kernel->state;
  const GenPictureGeometry *geometry = &state->pack.geometry;
  const gsize plane = (gsize)geometry->height * (gsize)geometry->width;

  return (Numbers){ .x = (const float *)kernel->inputs[0] + i * state->channels * plane,
    .plane = plane,
    .alpha = geometry->alpha_apart ? (const float *)kernel->inputs[2] + i * plane : NULL };
}

/* A row of `width` pixels, which may be more than a chunk. */
static guint32
pack_long_row (const Pack *state, const Numbers *from, guint8 *const *planes, gsize to, int width)
{
  const GenPictureGeometry *geometry = &state->pack.geometry;
  guint32 greatest = 0;

  for (int at = 0; at < width; at += CHUNK) {
    const Numbers chunk = numbers_from (state, from, (gsize)at);
    guint32 magnitude = pack_rows (
        state, &chunk, planes, to + (gsize)at * geometry->bytes, 1, MIN (CHUNK, width - at));

    greatest = MAX (greatest, magnitude);
  }
  return greatest;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  Pack *state = kernel->state;
  GenPack *pack = &state->pack;
  const GenPictureGeometry *geometry = &pack->geometry;
  const guint32 limit = quantizers[pack->activation.kind].limit;
  gsize height = geometry->height, width = geometry->width, first, end;
  gsize frames = kernel->node->outputs->len / (guint)geometry->n_planes, rows;

  gen_kernel_share (frames * geometry->count * height, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row += rows) {
    gsize i = row / height, y = row % height, frame = i / geometry->count;
    const Numbers picture = numbers_of (kernel, i);
    const Numbers from = numbers_from (state, &picture, y * width);
    guint8 *const *planes = (guint8 *const *)kernel->outputs + frame * geometry->n_planes;
    gsize to = gen_picture_row (geometry, (int)(i % geometry->count), (int)y);

    rows = MIN (MIN (end - row, height - y), MAX (CHUNK / width, 1));
    if (planes[0] == NULL)
      continue;
    gen_pack_note (pack, frame,
        width > CHUNK ? pack_long_row (state, &from, planes, to, geometry->width)
                      : pack_rows (state, &from, planes, to, rows, width),
        limit);
  }
}

/* The same where of each frame's picture a part is kept. */
static void
run_kept (const GenKernel *kernel, int part, int parts)
{
  Pack *state = kernel->state;
  GenPack *pack = &state->pack;
  const GenPictureGeometry *geometry = &pack->geometry;
  const guint32 limit = quantizers[pack->activation.kind].limit;
  gsize height = geometry->height, first, end;
  gsize frames = kernel->node->outputs->len / (guint)geometry->n_planes;

  gen_kernel_share (frames * height, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    const gsize frame = row / height, y = row % height;
    const GenPicturePart kept = gen_picture_part (geometry, kernel->inputs[1], frame);
    const Numbers picture = numbers_of (kernel, frame);
    const Numbers from = numbers_from (state, &picture, y * geometry->width + (gsize)kept.left);
    guint8 *const *planes = (guint8 *const *)kernel->outputs + frame * geometry->n_planes;
    const gsize to = gen_picture_topmost (geometry->stride, kept.height) +
                     (y - (gsize)kept.top) * geometry->stride;

    if (planes[0] != NULL && (int)y >= kept.top && (int)y < kept.top + kept.height)
      gen_pack_note (pack, frame, pack_long_row (state, &from, planes, to, kept.width), limit);
  }
}

guint64
gen_pack_take_not_finite (const GenKernel *kernel)
{
  return __atomic_exchange_n (
      &((GenPack *)kernel->state)->not_finite, G_GUINT64_CONSTANT (0), __ATOMIC_RELAXED);
}

/* Places of the wall for which there is no picture are black. */
static void
clear_rest (const GenKernel *kernel, int part, int parts)
{
  const GenPictureGeometry *geometry = &((const GenPack *)kernel->state)->geometry;
  gsize size = (gsize)geometry->width * geometry->bytes;

  for (guint p = 0; p < kernel->node->outputs->len; p++)
    for (int i = geometry->count; i < geometry->columns * geometry->rows; i++)
      for (int y = 0; y < geometry->height && kernel->outputs[p] != NULL; y++)
        memset ((guint8 *)kernel->outputs[p] + gen_picture_row (geometry, i, y), 0, size);
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *alpha = gen_node_input (node, 2);
  GenPictureGeometry geometry;

  if (gen_node_input (node, 0)->type != GEN_TYPE_FLOAT32 ||
      (alpha != NULL && alpha->type != GEN_TYPE_FLOAT32))
    return gen_node_error (node, error, "it packs float32");
  if (!gen_picture_geometry_to_pack (node, &geometry, error))
    return FALSE;
  for (guint i = 0; i < node->outputs->len; i++) {
    gsize size = gen_picture_plane_size (&geometry, (int)(i % (guint)geometry.n_planes));

    gen_node_set_output (node, i, GEN_TYPE_UINT8, &GEN_SHAPE ((gint64)size));
  }
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  GenPictureGeometry read;
  GenPack *pack;
  Pack *state;

  if (!gen_picture_geometry_to_pack (kernel->node, &read, error))
    return FALSE;
  if (read.colour.used) {
    gen_pack_ycbcr (kernel, &read);
    return TRUE;
  }
  state = g_new0 (Pack, 1);
  kernel->state = state;
  kernel->free_state = g_free;
  pack = &state->pack;
  pack->geometry = read;
  pack->activation = kernel->node->activation;
  state->channels = read.channels - read.alpha_apart;
  pack->channels_last = x->layout == GEN_LAYOUT_CHANNELS_LAST && state->channels > 1;
  state->direct = !read.planar && !read.alpha_apart && read.n_order == read.channels &&
                  read.bytes == read.channels && (pack->channels_last || read.channels == 1);
  for (int k = 0; k < read.n_order; k++)
    state->direct = state->direct && read.order[k] == k;
  for (int i = 0; i < state->channels * CHUNK; i++) {
    state->scale[i] = read.scale[i % state->channels];
    state->shift[i] = read.shift[i % state->channels];
  }
  gen_kernel_add_step (kernel, gen_node_input (kernel->node, 1) != NULL ? run_kept : run,
      gen_kernel_parts (
          kernel, gen_shape_elements (&x->shape), quantizers[pack->activation.kind].cost));
  if (read.columns * read.rows > read.count)
    gen_kernel_add_step (kernel, clear_rest, 1);
  return TRUE;
}

const GenOperator gen_operator_pack_picture = {
  .name = "PackPicture",
  .domain = "generative",
  .summary = "Numbers to the bytes of video frames",
  .min_inputs = 1,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = -1,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = infer,
  .cpu = cpu,
};
