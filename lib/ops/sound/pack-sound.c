/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PackSound: numbers [N, channels, length] to the samples of a buffer, the last node of a plan that
 * makes sound, bound to the buffer itself. Beyond full scale samples of int16 are clipped, while
 * float32 has room for them. What is not a number, or infinite, becomes silence, and is noted. */
#include "sound.h"

#include <string.h>

#include "../../simd.h"

/* Numbers that are worked on as one: a part of the first cache. */
#define CHUNK 1024

typedef struct {
  GenSoundGeometry geometry;
  guint64 not_finite; /* atomic: see gen_pack_sound_take_not_finite */
} Pack;

/* What rounds a number of less than 22 bits to the nearest, halves to even, when it is added: there
 * are no bits for more. */
#define ROUNDING 12582912.0f

/* Whether all are finite; the others become 0. */
GEN_CLONES (
    gboolean, scale, (const float *x, float factor, float *out, gsize n), (x, factor, out, n))
{
  guint32 infinite = 0;

  for (gsize i = 0; i < n; i++) {
    const float v = x[i] * factor;
    guint32 bits, bad;

    memcpy (&bits, &v, sizeof bits);
    bad = (bits & 0x7f800000) == 0x7f800000;
    infinite |= bad;
    out[i] = bad ? 0.0f : v;
  }
  return infinite == 0;
}

GEN_CLONES (void, quantize, (const float *x, gint16 *out, gsize n), (x, out, n))
{
  for (gsize i = 0; i < n; i++) {
    float v = x[i];

    v = v < -32768.0f ? -32768.0f : v;
    v = v > 32767.0f ? 32767.0f : v;
    out[i] = (gint16)(gint32)(v + ROUNDING - ROUNDING);
  }
}

/* A channel among others: every `step`-th place. */
GEN_CLONES (
    void, scatter_int16, (const gint16 *x, gint16 *out, gsize step, gsize n), (x, out, step, n))
{
  for (gsize i = 0; i < n; i++)
    out[i * step] = x[i];
}

GEN_CLONES (
    void, scatter_float, (const float *x, float *out, gsize step, gsize n), (x, out, step, n))
{
  for (gsize i = 0; i < n; i++)
    out[i * step] = x[i];
}

/* Two channels, which are a pass of their own since most sounds have as many. */
GEN_CLONES (void, pair_int16, (const gint16 *left, const gint16 *right, gint16 *out, gsize n),
    (left, right, out, n))
{
  for (gsize i = 0; i < n; i++) {
    out[2 * i] = left[i];
    out[2 * i + 1] = right[i];
  }
}

GEN_CLONES (void, pair_float, (const float *left, const float *right, float *out, gsize n),
    (left, right, out, n))
{
  for (gsize i = 0; i < n; i++) {
    out[2 * i] = left[i];
    out[2 * i + 1] = right[i];
  }
}

/* `n` numbers that lie as their samples do. */
static gboolean
pack_flat (const GenSoundGeometry *geometry, const float *x, float factor, guint8 *out, gsize n)
{
  gboolean finite = TRUE;
  float numbers[CHUNK];

  if (!geometry->int16)
    return scale (x, factor, (float *)out, n);
  for (gsize at = 0; at < n; at += CHUNK) {
    const gsize here = MIN (n - at, CHUNK);

    finite &= scale (x + at, factor, numbers, here);
    quantize (numbers, (gint16 *)out + at, here);
  }
  return finite;
}

/* `n` frames of two channels; `x` and `x + length` are their first numbers. */
static gboolean
pack_pair (const GenSoundGeometry *geometry, const float *x, float factor, guint8 *out, gsize n)
{
  float numbers[2][CHUNK];
  gint16 samples[2][CHUNK];
  gboolean finite = TRUE;

  for (gsize c = 0; c < 2; c++) {
    finite &= scale (x + c * (gsize)geometry->length, factor, numbers[c], n);
    if (geometry->int16)
      quantize (numbers[c], samples[c], n);
  }
  if (geometry->int16)
    pair_int16 (samples[0], samples[1], (gint16 *)out, n);
  else
    pair_float (numbers[0], numbers[1], (float *)out, n);
  return finite;
}

/* The same of any number of channels. */
static gboolean
pack_channels (const GenSoundGeometry *geometry, const float *x, float factor, guint8 *out, gsize n)
{
  const gsize channels = (gsize)geometry->channels;
  gboolean finite = TRUE;
  float numbers[CHUNK];
  gint16 samples[CHUNK];

  for (gsize c = 0; c < channels; c++) {
    finite &= scale (x + c * (gsize)geometry->length, factor, numbers, n);
    if (geometry->int16) {
      quantize (numbers, samples, n);
      scatter_int16 (samples, (gint16 *)out + c, channels, n);
    } else {
      scatter_float (numbers, (float *)out + c, channels, n);
    }
  }
  return finite;
}

/* `n` frames, at most CHUNK, of sound `x` from its frame `first` on. */
static gboolean
pack_frames (const GenSoundGeometry *geometry, const float *x, guint8 *out, gsize first, gsize n)
{
  const gsize channels = (gsize)geometry->channels;
  const float factor = (geometry->int16 ? 32768.0f : 1.0f) / geometry->full_scale;

  if (geometry->channels_last || channels == 1)
    return pack_flat (geometry, x + first * channels, factor, out, n * channels);
  return (channels == 2 ? pack_pair : pack_channels) (geometry, x + first, factor, out, n);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  Pack *pack = kernel->state;
  const GenSoundGeometry *geometry = &pack->geometry;
  const gsize frame = (gsize)geometry->channels * geometry->sample, keep = (gsize)geometry->keep;
  const gsize of_buffer = (gsize)geometry->of_buffer;
  const float *x = kernel->inputs[0];
  gsize at, end;

  gen_kernel_share ((gsize)geometry->sounds * keep, CHUNK, part, parts, &at, &end);
  while (at < end) {
    const gsize sound = at / keep, first = at % keep;
    const gsize n = MIN (MIN (end - at, keep - first), CHUNK);
    guint8 *out = kernel->outputs[sound / of_buffer];

    if (!pack_frames (geometry, x + sound * (gsize)(geometry->channels * geometry->length),
            out + (sound % of_buffer * keep + first) * frame, (gsize)geometry->skip + first, n))
      __atomic_fetch_or (&pack->not_finite, G_GUINT64_CONSTANT (1) << MIN (sound / of_buffer, 63),
          __ATOMIC_RELAXED);
    at += n;
  }
}

guint64
gen_pack_sound_take_not_finite (const GenKernel *kernel)
{
  return __atomic_exchange_n (
      &((Pack *)kernel->state)->not_finite, G_GUINT64_CONSTANT (0), __ATOMIC_RELAXED);
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenSoundGeometry geometry;
  GenShape shape;

  if (!gen_sound_geometry_to_pack (node, &geometry, error))
    return FALSE;
  shape =
      GEN_SHAPE (geometry.of_buffer * geometry.keep * geometry.channels * (gint64)geometry.sample);
  for (guint i = 0; i < node->outputs->len; i++)
    gen_node_set_output (node, (int)i, GEN_TYPE_UINT8, &shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  Pack *pack = g_new0 (Pack, 1);

  kernel->state = pack;
  kernel->free_state = g_free;
  if (!gen_sound_geometry_to_pack (kernel->node, &pack->geometry, error))
    return FALSE;
  gen_kernel_add_step (kernel, run,
      gen_kernel_parts (kernel,
          (gsize)(pack->geometry.sounds * pack->geometry.keep * pack->geometry.channels), 0.4));
  return TRUE;
}

const GenOperator gen_operator_pack_sound = {
  .name = "PackSound",
  .domain = "generative",
  .summary = "Numbers to the samples of a sound",
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = -1,
  .infer = infer,
  .cpu = cpu,
};
