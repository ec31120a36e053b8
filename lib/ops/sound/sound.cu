/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of PackSound and UnpackSound: a thread does a frame, all channels of it. What
 * is not finite becomes silence, as on the CPU, but is not told of. */
#include "../../device/cuda/elementwise.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "sound.h"
G_END_DECLS

/* What is true of all frames. `taken` are those of each sound that a buffer has. */
struct Sounds {
  GenSoundGeometry geometry;
  GenDivider taken;
  size_t items; /* frames of a buffer */
  float factor;
};

/* Where the number of channel 0 of frame `item` of buffer blockIdx.y is, and how far the next
 * channel's is from it. */
static __device__ inline size_t
place_of (const Sounds &s, size_t item, size_t *step)
{
  const GenSoundGeometry &g = s.geometry;
  const uint32_t sound = s.taken.divide ((uint32_t)item);
  const size_t at = (size_t)g.skip + item - (size_t)sound * s.taken.divisor;
  const size_t first = ((size_t)blockIdx.y * g.of_buffer + sound) * g.channels * g.length;

  *step = g.channels_last ? 1 : (size_t)g.length;
  return first + (g.channels_last ? at * g.channels : at);
}

static __device__ inline bool
is_finite (float v)
{
  return (__float_as_int (v) & 0x7f800000) != 0x7f800000;
}

template <typename T>
__global__ void
pack (Sounds s, const T *x, uint8_t *const *buffers)
{
  const int channels = (int)s.geometry.channels;
  uint8_t *const samples = buffers[blockIdx.y];

  if (samples == NULL)
    return;
  for (GEN_CUDA_EACH (item, s.items)) {
    size_t step, at = place_of (s, item, &step);

    for (int c = 0; c < channels; c++) {
      float v = gen_load (&x[at + c * step]) * s.factor;

      v = is_finite (v) ? v : 0.0f;
      if (s.geometry.int16)
        ((int16_t *)samples)[item * channels + c] =
            (int16_t)rintf (fminf (fmaxf (v, -32768.0f), 32767.0f));
      else
        ((float *)samples)[item * channels + c] = v;
    }
  }
}

template <typename T>
__global__ void
unpack (Sounds s, const uint8_t *const *buffers, T *out)
{
  const int channels = (int)s.geometry.channels;
  const uint8_t *const samples = buffers[blockIdx.y];

  for (GEN_CUDA_EACH (item, s.items)) {
    size_t step, at = place_of (s, item, &step);

    for (int c = 0; c < channels; c++) {
      const size_t sample = item * channels + c;
      const float v = s.geometry.int16 ? (float)((const int16_t *)samples)[sample]
                                       : ((const float *)samples)[sample];

      gen_store (&out[at + c * step], v * s.factor);
    }
  }
}

/* FALSE where there is nothing to do, or too much to count. The grid has a row for each buffer. */
static gboolean
sounds_init (Sounds *s, const GenSoundGeometry *g, float factor, guint buffers)
{
  s->geometry = *g;
  s->factor = factor;
  s->items = (size_t)(g->of_buffer * g->keep);
  if (s->items == 0 || (gint64)s->items > GEN_WALK_MAX || buffers >= 65536)
    return FALSE;
  s->taken = GenDivider ((uint32_t)g->keep);
  return TRUE;
}

static gboolean
prepare_pack (GenCudaKernel *kernel, GError **error)
{
  GenSoundGeometry g;
  Sounds s;

  if (!gen_sound_geometry_to_pack (kernel->node, &g, error) ||
      !sounds_init (&s, &g, (g.int16 ? 32768.0f : 1.0f) / g.full_scale, kernel->node->outputs->len))
    return FALSE;
  kernel->follows = GEN_CUDA_OUTPUTS;
  return gen_visit_floats (kernel->input (0)->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      dim3 grid = gen_cuda_grid (s.items);

      grid.y = (unsigned)k.outputs.size ();
      gen_cuda_launch (
          pack<T>, grid, GEN_CUDA_BLOCK, stream, s, k.in<T> (0), (uint8_t *const *)k.frames);
    });
  });
}

static gboolean
prepare_unpack (GenCudaKernel *kernel, GError **error)
{
  GenSoundGeometry g;
  Sounds s;

  if (!gen_sound_geometry_to_unpack (kernel->node, &g, error) ||
      !sounds_init (&s, &g, g.full_scale / (g.int16 ? 32768.0f : 1.0f), kernel->node->inputs->len))
    return FALSE;
  kernel->follows = GEN_CUDA_INPUTS;
  return gen_visit_floats (kernel->output (0)->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      dim3 grid = gen_cuda_grid (s.items);

      grid.y = (unsigned)k.inputs.size ();
      gen_cuda_launch (unpack<T>, grid, GEN_CUDA_BLOCK, stream, s, (const uint8_t *const *)k.frames,
          k.out<T> (0));
    });
  });
}

extern const GenCudaOperator gen_cuda_sound_operators[] = {
  { "PackSound", "generative", prepare_pack, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "UnpackSound", "generative", prepare_unpack, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
