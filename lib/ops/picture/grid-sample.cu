/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of GridSample and its gradient. A thread has a sample and a few channels.
 * Samples meet in pixels, and the gradient of a picture must not hang on the order in which they
 * do: it is added up in integers, by the largest power of two that cannot overflow. */
#include "../../device/cuda/reduce.h"
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "grid-sample-axis.h"
G_END_DECLS

/* Channels of a thread. */
#define CHANNELS 8

/* The three axes, those before the picture's own with one tap that counts for 1. */
struct Taps {
  GenAxisTaps axes[GEN_SAMPLE_AXES];
  int n[GEN_SAMPLE_AXES];
};

template <typename G>
static __device__ inline void
taps_of (const GenSampler &s, const G *grid, Taps *taps)
{
  const int before = GEN_SAMPLE_AXES - s.axes;

  for (int i = 0; i < GEN_SAMPLE_AXES; i++) {
    if (i >= before) {
      taps->n[i] = gen_sampler_taps_per_axis (&s);
      gen_sampler_axis_taps (
          &s, gen_load (&grid[GEN_SAMPLE_AXES - 1 - i]), s.extents[i - before], &taps->axes[i]);
      continue;
    }
    taps->n[i] = 1;
    taps->axes[i].positions[0] = 0;
    taps->axes[i].weights[0] = 1;
    taps->axes[i].slopes[0] = 0;
  }
}

/* Call `visit` with the place in the picture and the numbers of the taps, wherever they are within
 * it. */
template <typename Visit>
static __device__ inline void
each_tap (const GenSampler &s, const Taps &taps, Visit visit)
{
  const int before = GEN_SAMPLE_AXES - s.axes;
  const gint64 height = before < 2 ? s.extents[1 - before] : 1, width = s.extents[2 - before];

  for (int z = 0; z < taps.n[0]; z++)
    for (int y = 0; y < taps.n[1]; y++)
      for (int x = 0; x < taps.n[2]; x++) {
        const gint64 at[] = { taps.axes[0].positions[z], taps.axes[1].positions[y],
          taps.axes[2].positions[x] };

        if (at[0] >= 0 && at[1] >= 0 && at[2] >= 0)
          visit ((at[0] * height + at[1]) * width + at[2], z, y, x);
      }
}

static __device__ inline float
weight_of (const Taps &taps, int z, int y, int x)
{
  return taps.axes[0].weights[z] * taps.axes[1].weights[y] * taps.axes[2].weights[x];
}

/* blockIdx.y counts channels by CHANNELS. */
template <typename T, typename G>
__global__ void
grid_sample (GenSampler s, GenDivider pixels, const T *x, const G *grid, T *y, size_t samples)
{
  const int first = blockIdx.y * CHANNELS, left = (int)s.channels - first;
  const int channels = left < CHANNELS ? left : CHANNELS;

  for (GEN_CUDA_EACH (i, samples)) {
    const uint32_t item = pixels.divide ((uint32_t)i);
    const T *from = x + (item * s.channels + first) * s.in_pixels;
    T *to = y + (item * s.channels + first) * s.out_pixels + (i - (size_t)item * s.out_pixels);
    float sums[CHANNELS] = {};
    Taps taps;

    taps_of (s, grid + i * s.axes, &taps);
    each_tap (s, taps, [&] (gint64 place, int kz, int ky, int kx) {
      const float weight = weight_of (taps, kz, ky, kx);

      for (int c = 0; c < CHANNELS; c++)
        if (c < channels)
          sums[c] += weight * gen_load (&from[c * s.in_pixels + place]);
    });
    for (int c = 0; c < CHANNELS; c++)
      if (c < channels)
        gen_store (&to[c * s.out_pixels], sums[c]);
  }
}

/* --- the gradient of the grid --- */

template <typename T, typename G>
__global__ void
grid_gradient (GenSampler s, GenDivider pixels, const T *dy, const T *x, const G *grid, G *dgrid,
    size_t samples)
{
  for (GEN_CUDA_EACH (i, samples)) {
    const uint32_t item = pixels.divide ((uint32_t)i);
    const T *from = x + item * s.channels * s.in_pixels;
    const T *change = dy + item * s.channels * s.out_pixels + (i - (size_t)item * s.out_pixels);
    float sums[GEN_SAMPLE_AXES] = {};
    Taps taps;

    taps_of (s, grid + i * s.axes, &taps);
    each_tap (s, taps, [&] (gint64 place, int kz, int ky, int kx) {
      const GenAxisTaps *a = taps.axes;
      float sum = 0;

      for (gint64 c = 0; c < s.channels; c++)
        sum += gen_load (&from[c * s.in_pixels + place]) * gen_load (&change[c * s.out_pixels]);
      sums[0] += a[0].slopes[kz] * a[1].weights[ky] * a[2].weights[kx] * sum;
      sums[1] += a[0].weights[kz] * a[1].slopes[ky] * a[2].weights[kx] * sum;
      sums[2] += a[0].weights[kz] * a[1].weights[ky] * a[2].slopes[kx] * sum;
    });
    for (int k = 0; k < s.axes; k++)
      gen_store (&dgrid[i * s.axes + k], sums[GEN_SAMPLE_AXES - 1 - k]);
  }
}

/* --- the gradient of the picture --- */

/* The bits of magnitudes sort as they do; those of what is no number are above all. */
template <typename T>
__global__ void
find_largest (const T *dy, int *largest, size_t n)
{
  int most = 0;

  for (GEN_CUDA_EACH (i, n)) {
    const int bits = __float_as_int (gen_load (&dy[i])) & 0x7fffffff;

    most = most > bits ? most : bits;
  }
  most = gen_team_reduce (most, [] (int a, int b) { return a > b ? a : b; });
  if (threadIdx.x == 0)
    atomicMax (largest, most);
}

/* 2 to the power of what sums of numbers up to `largest`, 2^`room` of them, can be multiplied by.
 */
static __device__ inline int
exponent_of (int largest, int room)
{
  const int exponent = (largest >> 23) - 126, free = 62 - room - exponent;

  return free > 120 ? 120 : free;
}

template <typename T, typename G>
__global__ void
spread_picture (GenSampler s, GenDivider pixels, const T *dy, const G *grid, const int *largest,
    int room, unsigned long long *sums, size_t samples)
{
  const int first = blockIdx.y * CHANNELS, left = (int)s.channels - first;
  const int channels = left < CHANNELS ? left : CHANNELS;
  const float scale = ldexpf (1, exponent_of (*largest, room));

  for (GEN_CUDA_EACH (i, samples)) {
    const uint32_t item = pixels.divide ((uint32_t)i);
    const T *from =
        dy + (item * s.channels + first) * s.out_pixels + (i - (size_t)item * s.out_pixels);
    unsigned long long *to = sums + (item * s.channels + first) * s.in_pixels;
    float changes[CHANNELS];
    Taps taps;

    for (int c = 0; c < CHANNELS; c++)
      changes[c] = c < channels ? scale * gen_load (&from[c * s.out_pixels]) : 0;
    taps_of (s, grid + i * s.axes, &taps);
    each_tap (s, taps, [&] (gint64 place, int kz, int ky, int kx) {
      const float weight = weight_of (taps, kz, ky, kx);

      for (int c = 0; c < CHANNELS; c++)
        if (c < channels)
          atomicAdd (
              &to[c * s.in_pixels + place], (unsigned long long)(long long)(weight * changes[c]));
    });
  }
}

template <typename T>
__global__ void
store_picture (const unsigned long long *sums, const int *largest, int room, T *dx, size_t n)
{
  const float scale = ldexpf (1, -exponent_of (*largest, room));
  const bool finite = *largest < 0x7f800000;

  for (GEN_CUDA_EACH (i, n))
    gen_store (&dx[i], finite ? (float)(long long)sums[i] * scale : NAN);
}

/* --- preparing --- */

static gboolean
has_room (const GenSampler *s)
{
  return s->batch * s->channels * MAX (s->in_pixels, s->out_pixels) <= GEN_WALK_MAX &&
         s->batch * s->out_pixels * s->axes <= GEN_WALK_MAX && s->channels < 65536 * CHANNELS;
}

static dim3
grid_of (const GenSampler *s)
{
  dim3 grid = gen_cuda_grid (s->batch * s->out_pixels);

  grid.y = (unsigned)((s->channels + CHANNELS - 1) / CHANNELS);
  return grid;
}

static gboolean
sample (GenCudaKernel *kernel, GError **error)
{
  GenSampler s;

  if (!gen_sampler_init (&s, kernel->node, 0, 1, error) || !has_room (&s))
    return FALSE;
  const gsize samples = s.batch * s.out_pixels;
  return gen_visit_parameters (
      kernel->input (0)->type, kernel->input (1)->type, [&] (auto *pointer, auto *coordinate) {
        typedef GEN_VISITED (pointer) T;
        typedef GEN_VISITED (coordinate) G;

        if (samples * s.channels > 0)
          kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
            gen_cuda_launch (grid_sample<T, G>, grid_of (&s), GEN_CUDA_BLOCK, stream, s,
                GenDivider ((uint32_t)s.out_pixels), k.in<T> (0), k.in<G> (1), k.out<T> (0),
                samples);
          });
      });
}

/* How many bits the number of terms of a sum takes. */
static int
bits_of (const GenSampler *s)
{
  const int taps = gen_sampler_taps_per_axis (s);
  double terms = (double)s->out_pixels;
  int bits = 0;

  for (int i = 0; i < s->axes; i++)
    terms *= taps;
  while (ldexp (1, bits) < terms)
    bits++;
  return bits;
}

template <typename T, typename G>
static void
add_picture (GenCudaKernel *kernel, const GenSampler &s)
{
  const gsize n = s.batch * s.channels * s.in_pixels, samples = s.batch * s.out_pixels;
  const gsize changes = samples * s.channels, at = kernel->reserve (n * sizeof (guint64) + 256);
  const int room = bits_of (&s);

  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    int *largest = (int *)((char *)k.scratch + at);
    unsigned long long *sums = (unsigned long long *)((char *)k.scratch + at + 256);

    cudaMemsetAsync (largest, 0, n * sizeof (guint64) + 256, stream);
    gen_cuda_launch (find_largest<T>, MIN (gen_cuda_grid (changes / 8 + 1).x, 1024u),
        GEN_CUDA_BLOCK, stream, k.in<T> (0), largest, changes);
    gen_cuda_launch (spread_picture<T, G>, grid_of (&s), GEN_CUDA_BLOCK, stream, s,
        GenDivider ((uint32_t)s.out_pixels), k.in<T> (0), k.in<G> (2), largest, room, sums,
        samples);
    gen_cuda_launch (store_picture<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, sums, largest,
        room, k.out<T> (0), n);
  });
}

template <typename T, typename G>
static void
add_grid (GenCudaKernel *kernel, const GenSampler &s)
{
  const gsize samples = s.batch * s.out_pixels;

  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (grid_gradient<T, G>, gen_cuda_grid (samples), GEN_CUDA_BLOCK, stream, s,
        GenDivider ((uint32_t)s.out_pixels), k.in<T> (0), k.in<T> (1), k.in<G> (2), k.out<G> (1),
        samples);
  });
}

static gboolean
sample_gradient (GenCudaKernel *kernel, GError **error)
{
  const gboolean wants_grid = kernel->node->outputs->len > 1 && kernel->output (1) != NULL;
  GenSampler s;

  if (kernel->input (0)->type != kernel->input (1)->type ||
      !gen_sampler_init (&s, kernel->node, 1, 2, error) || !has_room (&s))
    return FALSE;
  return gen_visit_parameters (
      kernel->input (1)->type, kernel->input (2)->type, [&] (auto *pointer, auto *coordinate) {
        typedef GEN_VISITED (pointer) T;
        typedef GEN_VISITED (coordinate) G;

        if (s.batch * s.out_pixels * s.channels == 0)
          return;
        if (kernel->output (0) != NULL)
          add_picture<T, G> (kernel, s);
        if (wants_grid)
          add_grid<T, G> (kernel, s);
      });
}

extern const GenCudaOperator gen_cuda_grid_sample_operators[] = {
  { "GridSample", NULL, sample, 1, 1 },
  { "GridSampleGradient", "generative", sample_gradient, 3, 1 },
  {},
};
