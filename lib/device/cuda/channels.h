/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums over all that belongs to a channel, and maps that differ by channel: what normalisations
 * consist of. A channel counts for itself in each of `items` items; number k is channel
 * k % channels of item k / channels. */
#pragma once

#include "activation.h"
#include "elementwise.h"
#include "reduce.h"

G_BEGIN_DECLS
#include "../../ops/shape/channels.h"
G_END_DECLS

struct GenCudaChannels {
  uint32_t items, outer /* of an item */, channels, inner;

  __device__ inline uint32_t numbers () const
  {
    return items * channels;
  }

  /* Elements of a channel of an item. */
  __device__ inline uint32_t count () const
  {
    return outer * inner;
  }

  /* Where number k begins. */
  __device__ inline size_t start (uint32_t k) const
  {
    return ((size_t)(k / channels) * outer * channels + k % channels) * inner;
  }
};

/* Sums of d = x - shift, where shift is the channel's first element, of d * d, and of dy and
 * dy * d. */
struct GenMoments {
  float d, dd, g, gd;
};

struct GenAddMoments {
  __device__ inline GenMoments operator() (GenMoments a, GenMoments b) const
  {
    return { a.d + b.d, a.dd + b.dd, a.g + b.g, a.gd + b.gd };
  }
};

static __device__ inline void
gen_moments_take (GenMoments *m, float x, float g, float shift)
{
  const float d = x - shift;

  m->d += d;
  m->dd += d * d;
  m->g += g;
  m->gd += g * d;
}

/* A team has a number, whose elements lie side by side in planes. Pieces are [blockIdx.y][k]. */
template <typename T>
__global__ void
gen_channels_sum_planes (
    GenCudaChannels e, GenDivider inner, const T *x, const T *dy, GenMoments *pieces)
{
  const uint32_t first = (uint32_t)((uint64_t)e.count () * blockIdx.y / gridDim.y);
  const uint32_t end = (uint32_t)((uint64_t)e.count () * (blockIdx.y + 1) / gridDim.y);

  for (GEN_CUDA_EACH_ROW (k, e.numbers ())) {
    const size_t start = e.start ((uint32_t)k);
    const float shift = gen_load (&x[start]);
    GenMoments m = { 0, 0, 0, 0 };

#pragma unroll 4
    for (uint32_t i = first + threadIdx.x; i < end; i += blockDim.x) {
      const uint32_t plane = inner.divide (i);
      const size_t at = start + (size_t)plane * (e.channels - 1) * e.inner + i;

      gen_moments_take (&m, gen_load (&x[at]), dy != NULL ? (float)gen_load (&dy[at]) : 0, shift);
    }
    m = gen_team_reduce (m, GenAddMoments ());
    if (threadIdx.x == 0)
      pieces[(size_t)blockIdx.y * e.numbers () + k] = m;
  }
}

/* A column of a block's threads has a number; channels lie side by side. */
template <typename T>
__global__ void
gen_channels_sum_rows (GenCudaChannels e, const T *x, const T *dy, GenMoments *pieces)
{
  const uint32_t chunks = (e.channels + blockDim.x - 1) / blockDim.x;
  const uint32_t first = (uint32_t)((uint64_t)e.outer * blockIdx.y / gridDim.y);
  const uint32_t end = (uint32_t)((uint64_t)e.outer * (blockIdx.y + 1) / gridDim.y);

  for (uint32_t chunk = blockIdx.x; chunk < e.items * chunks; chunk += gridDim.x) {
    const uint32_t c = chunk % chunks * blockDim.x + threadIdx.x;
    const uint32_t k = chunk / chunks * e.channels + c;
    GenMoments m = { 0, 0, 0, 0 };

    if (c < e.channels) {
      const size_t start = e.start (k);
      const float shift = gen_load (&x[start]);

#pragma unroll 4
      for (uint32_t row = first + threadIdx.y; row < end; row += blockDim.y) {
        const size_t at = start + (size_t)row * e.channels;

        gen_moments_take (&m, gen_load (&x[at]), dy != NULL ? (float)gen_load (&dy[at]) : 0, shift);
      }
    }
    m = gen_column_reduce (m, GenAddMoments ());
    if (threadIdx.y == 0 && c < e.channels)
      pieces[(size_t)blockIdx.y * e.numbers () + k] = m;
  }
}

/* out = a[k] * x + b[k] * y + s[k], then an activation; y may be NULL. Packs of N elements are of
 * one channel, or of N channels side by side. */
template <typename T, int N>
__global__ void
gen_channels_map (GenCudaChannels e, GenDivider outer, GenDivider channels, GenDivider inner,
    GenActivation activation, const T *x, const float *a, const T *y, const float *b,
    const float *s, T *out, size_t packs)
{
  const int step = e.inner == 1 ? 1 : 0;

  for (GEN_CUDA_EACH (i, packs)) {
    const uint32_t line = inner.divide ((uint32_t)i * N), row = channels.divide (line);
    const uint32_t k = line + (outer.divide (row) - row) * e.channels;
    const GenPack<T, N> from = ((const GenPack<T, N> *)x)[i];
    GenPack<T, N> other = from, to;

    if (y != NULL)
      other = ((const GenPack<T, N> *)y)[i];
    for (int j = 0; j < N; j++) {
      float v = a[k + j * step] * gen_load (&from.at[j]) + s[k + j * step];

      if (y != NULL)
        v += b[k + j * step] * gen_load (&other.at[j]);
      gen_store (&to.at[j], gen_cuda_activate (activation, v));
    }
    ((GenPack<T, N> *)out)[i] = to;
  }
}

/* --- preparing --- */

/* The scratch of a normalisation: pieces of moments, and three coefficients for each number. */
struct GenCudaChannelsRoom {
  unsigned splits;
  size_t numbers;

  gsize size () const
  {
    return splits * numbers * sizeof (GenMoments) + 3 * numbers * sizeof (float);
  }
  GenMoments *pieces (void *scratch) const
  {
    return (GenMoments *)scratch;
  }
  /* Number `i` of a, b and s. */
  float *coefficients (void *scratch, int i) const
  {
    return (float *)(pieces (scratch) + splits * numbers) + i * numbers;
  }
};

/* FALSE where there are too many elements. */
static inline gboolean
gen_cuda_channels_init (GenCudaChannels *e, const GenTensor *x, gint64 items)
{
  const GenChannels c = gen_channels_of (x);

  *e = { (uint32_t)items, (uint32_t)(c.outer / items), (uint32_t)c.channels, (uint32_t)c.inner };
  return gen_cuda_elements (x) > 0 && gen_cuda_elements (x) <= GEN_WALK_MAX;
}

/* The sums of inputs `x` and `dy` (-1: none) to the room's pieces. */
template <typename T>
static GenCudaChannelsRoom
gen_cuda_add_channels_sum (GenCudaKernel *kernel, const GenCudaChannels &e, int x, int dy)
{
  const gboolean planes = e.inner > 1;
  const GenCudaTeams teams ((size_t)e.items * e.channels, (size_t)e.outer * e.inner);
  const unsigned lanes = gen_cuda_lanes (e.channels), rows = GEN_CUDA_BLOCK / lanes;
  const size_t chunks = (size_t)e.items * ((e.channels + lanes - 1) / lanes);
  dim3 grid = planes ? teams.grid : gen_cuda_grid (chunks, 1);
  const GenCudaChannelsRoom room = {
    planes ? gen_cuda_splits (kernel->device, grid.x, (size_t)e.outer * e.inner, 2048)
           : gen_cuda_splits (kernel->device, grid.x, e.outer, 16 * rows),
    (size_t)e.items * e.channels
  };

  grid.y = room.splits;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    const T *gradient = dy >= 0 ? k.in<T> (dy) : NULL;

    if (planes)
      gen_cuda_launch (gen_channels_sum_planes<T>, grid, teams.block, stream, e,
          GenDivider (e.inner), k.in<T> (x), gradient, room.pieces (k.scratch));
    else
      gen_cuda_launch (gen_channels_sum_rows<T>, grid, dim3 (lanes, rows), stream, e, k.in<T> (x),
          gradient, room.pieces (k.scratch));
  });
  return room;
}

/* Output 0 from inputs `x` and `y` (-1: none) by the room's coefficients. */
template <typename T>
static void
gen_cuda_add_channels_map (
    GenCudaKernel *kernel, const GenCudaChannels &e, const GenCudaChannelsRoom &room, int x, int y)
{
  const int N = GEN_PACK_BYTES / (int)sizeof (T);
  const gboolean whole = (e.inner > 1 ? e.inner : e.channels) % N == 0;
  const size_t packs = gen_cuda_elements (kernel->input (x)) / (whole ? N : 1);
  const GenActivation activation = kernel->node->activation;

  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (whole ? gen_channels_map<T, N> : gen_channels_map<T, 1>, gen_cuda_grid (packs),
        GEN_CUDA_BLOCK, stream, e, GenDivider (e.outer), GenDivider (e.channels),
        GenDivider (e.inner), activation, k.in<T> (x), room.coefficients (k.scratch, 0),
        y >= 0 ? k.in<T> (y) : NULL, room.coefficients (k.scratch, 1),
        room.coefficients (k.scratch, 2), k.out<T> (0), packs);
  });
}

/* Number k's sums. */
struct GenTotals {
  double d, dd, g, gd;
};

static __device__ inline GenTotals
gen_channels_total (const GenMoments *pieces, unsigned splits, uint32_t numbers, uint32_t k)
{
  GenTotals t = { 0, 0, 0, 0 };

  for (unsigned i = 0; i < splits; i++) {
    const GenMoments m = pieces[(size_t)i * numbers + k];

    t.d += m.d;
    t.dd += m.dd;
    t.g += m.g;
    t.gd += m.gd;
  }
  return t;
}
