/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UnpackSound: the samples of a buffer to numbers [N, channels, length], PackSound's inverse. The
 * first node of a plan that takes sound, bound to the buffer itself. */
#include "sound.h"

#include "../../simd.h"

#define CHUNK 1024

/* Every `step`-th sample, those of a channel. */
GEN_CLONES (void, from_int16, (const gint16 *x, gsize step, float factor, float *out, gsize n),
    (x, step, factor, out, n))
{
  for (gsize i = 0; i < n; i++)
    out[i] = (float)x[i * step] * factor;
}

GEN_CLONES (void, from_float, (const float *x, gsize step, float factor, float *out, gsize n),
    (x, step, factor, out, n))
{
  for (gsize i = 0; i < n; i++)
    out[i] = x[i * step] * factor;
}

/* All of them. */
GEN_CLONES (
    void, flat_int16, (const gint16 *x, float factor, float *out, gsize n), (x, factor, out, n))
{
  for (gsize i = 0; i < n; i++)
    out[i] = (float)x[i] * factor;
}

GEN_CLONES (
    void, flat_float, (const float *x, float factor, float *out, gsize n), (x, factor, out, n))
{
  for (gsize i = 0; i < n; i++)
    out[i] = x[i] * factor;
}

/* Two channels, which are a pass of their own since most sounds have as many. */
GEN_CLONES (void, pair_int16, (const gint16 *x, float factor, float *left, float *right, gsize n),
    (x, factor, left, right, n))
{
  for (gsize i = 0; i < n; i++) {
    left[i] = (float)x[2 * i] * factor;
    right[i] = (float)x[2 * i + 1] * factor;
  }
}

GEN_CLONES (void, pair_float, (const float *x, float factor, float *left, float *right, gsize n),
    (x, factor, left, right, n))
{
  for (gsize i = 0; i < n; i++) {
    left[i] = x[2 * i] * factor;
    right[i] = x[2 * i + 1] * factor;
  }
}

/* `n` frames, to the numbers of a sound `x` from its frame `first` on. */
static void
unpack_frames (
    const GenSoundGeometry *geometry, const guint8 *samples, float *x, gsize first, gsize n)
{
  const gsize channels = (gsize)geometry->channels, length = (gsize)geometry->length;
  const float factor = geometry->full_scale / (geometry->int16 ? 32768.0f : 1.0f);
  const gint16 *ints = (const gint16 *)samples;
  const float *floats = (const float *)samples;

  if (geometry->channels_last || channels == 1) {
    if (geometry->int16)
      flat_int16 (ints, factor, x + first * channels, n * channels);
    else
      flat_float (floats, factor, x + first * channels, n * channels);
    return;
  }
  if (channels == 2) {
    if (geometry->int16)
      pair_int16 (ints, factor, x + first, x + length + first, n);
    else
      pair_float (floats, factor, x + first, x + length + first, n);
    return;
  }
  for (gsize c = 0; c < channels; c++) {
    if (geometry->int16)
      from_int16 (ints + c, channels, factor, x + c * length + first, n);
    else
      from_float (floats + c, channels, factor, x + c * length + first, n);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenSoundGeometry *geometry = kernel->state;
  const gsize frame = (gsize)geometry->channels * geometry->sample;
  const gsize length = (gsize)geometry->length;
  const gsize of_buffer = (gsize)geometry->of_buffer;
  float *x = kernel->outputs[0];
  gsize at, end;

  gen_kernel_share ((gsize)geometry->sounds * length, CHUNK, part, parts, &at, &end);
  while (at < end) {
    const gsize sound = at / length, first = at % length;
    const gsize n = MIN (MIN (end - at, length - first), CHUNK);

    const guint8 *samples = kernel->inputs[sound / of_buffer];

    unpack_frames (geometry, samples + (sound % of_buffer * length + first) * frame,
        x + sound * (gsize)geometry->channels * length, first, n);
    at += n;
  }
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenSoundGeometry geometry;
  GenShape shape;

  if (!gen_sound_geometry_to_unpack (node, &geometry, error))
    return FALSE;
  shape = geometry.channels_last ? GEN_SHAPE (geometry.sounds, geometry.length, geometry.channels)
                                 : GEN_SHAPE (geometry.sounds, geometry.channels, geometry.length);
  gen_node_set_output (node, 0, GEN_TYPE_FLOAT32, &shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenSoundGeometry *geometry = g_new0 (GenSoundGeometry, 1);

  kernel->state = geometry;
  kernel->free_state = g_free;
  if (!gen_sound_geometry_to_unpack (kernel->node, geometry, error))
    return FALSE;
  gen_kernel_add_step (kernel, run,
      gen_kernel_parts (
          kernel, (gsize)(geometry->sounds * geometry->length * geometry->channels), 0.4));
  return TRUE;
}

const GenOperator gen_operator_unpack_sound = {
  .name = "UnpackSound",
  .domain = "generative",
  .summary = "The samples of a sound to numbers",
  .min_inputs = 1,
  .max_inputs = -1,
  .min_outputs = 1,
  .max_outputs = 1,
  .infer = infer,
  .cpu = cpu,
};
