/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of poolings. A thread has a result, or, where channels lie side by side, as
 * many as 16 bytes hold. Gradients are gathered: a thread goes through the windows that its place
 * is in, and for the largest value these know from a pass before where they have found it. A window
 * over the whole picture is a reduction. */
#include "../../device/cuda/elementwise.h"
#include "../../device/cuda/reduction.h"

G_BEGIN_DECLS
#include "pool.h"
G_END_DECLS

#include <math.h>

struct Axis {
  GenDivider in, out;
  int kernel, stride, dilation, before, after;
};

struct Pool {
  Axis axes[3];
  GenDivider packs; /* of a pixel */
  uint32_t in_pixels, channels;
  int averages, includes_padding, channels_last, column_major;
  double lowest; /* number of the type */
};

/* The taps of a result that lie in the picture: from `first` up to `end`, in kernel steps from
 * `start` on. */
struct Taps {
  int first[3], end[3], start[3];
};

static __device__ inline void
set_taps (const Axis &a, int at, int i, Taps *taps)
{
  const int start = at * a.stride - a.before, in = (int)a.in.divisor;
  const int left = start >= in ? 0 : (in - start + a.dilation - 1) / a.dilation;

  taps->start[i] = start;
  taps->first[i] = start < 0 ? (-start + a.dilation - 1) / a.dilation : 0;
  taps->end[i] = a.kernel < left ? a.kernel : left;
}

/* Values along an axis that an average is over. */
static __device__ inline int
count_of (const Pool &pool, const Taps &taps, int i)
{
  const Axis &a = pool.axes[i];
  const int left = ((int)a.in.divisor + a.after - taps.start[i] + a.dilation - 1) / a.dilation;

  if (pool.includes_padding)
    return a.kernel < left ? a.kernel : left;
  return taps.end[i] - taps.first[i];
}

static __device__ inline float
share_of (const Pool &pool, const Taps &taps)
{
  const int count = count_of (pool, taps, 0) * count_of (pool, taps, 1) * count_of (pool, taps, 2);

  return 1 / (float)(count < 1 ? 1 : count);
}

/* Windows number `lines` of a tensor; returns the plane that it is in. */
static __device__ inline uint32_t
taps_of (const Pool &pool, uint32_t line, Taps *taps)
{
  for (int i = 2; i >= 0; i--) {
    const uint32_t rest = pool.axes[i].out.divide (line);

    set_taps (pool.axes[i], (int)(line - rest * pool.axes[i].out.divisor), i, taps);
    line = rest;
  }
  return line;
}

/* What a window makes of N channels side by side, of which `from` is those of the plane's first
 * pixel: the sum, or the largest value and where the first such is. */
template <typename T, int N> struct Found {
  typename GenComputed<T>::Type values[N];
  int32_t places[N];
  bool any; /* place at all */
};

template <typename T, int N>
static __device__ inline Found<T, N>
look (const Pool &pool, const Taps &taps, const GenPack<T, N> *from)
{
  typedef typename GenComputed<T>::Type C;
  const Axis *a = pool.axes;
  const int height = (int)a[1].in.divisor, width = (int)a[2].in.divisor;
  Found<T, N> found;

  found.any = false;
  for (int j = 0; j < N; j++) {
    found.values[j] = pool.averages ? (C)0 : (C)pool.lowest;
    found.places[j] = 0;
  }
  for (int z = taps.first[0]; z < taps.end[0]; z++)
    for (int y = taps.first[1]; y < taps.end[1]; y++)
      for (int x = taps.first[2]; x < taps.end[2]; x++) {
        const int place =
            ((taps.start[0] + z * a[0].dilation) * height + taps.start[1] + y * a[1].dilation) *
                width +
            taps.start[2] + x * a[2].dilation;
        const GenPack<T, N> pack = from[(size_t)place * pool.packs.divisor];

        for (int j = 0; j < N; j++) {
          const C v = gen_load (&pack.at[j]);

          if (pool.averages) {
            found.values[j] += v;
            continue;
          }
          const bool larger = GEN_POOL_IS_LARGER (v, found.values[j]);

          found.places[j] = !found.any || larger ? place : found.places[j];
          found.values[j] = larger ? v : found.values[j];
        }
        found.any = true;
      }
  return found;
}

/* The index that MaxPool gives for a place. */
static __device__ inline gint64
index_of (const Pool &pool, uint32_t plane, uint32_t channel, uint32_t place)
{
  const uint32_t line = pool.axes[2].in.divide (place), z = pool.axes[1].in.divide (line);
  const uint32_t x = place - line * pool.axes[2].in.divisor;
  const uint32_t y = line - z * pool.axes[1].in.divisor;
  const gint64 of = pool.channels_last ? (gint64)plane * pool.channels + channel : (gint64)plane;

  if (pool.column_major)
    place = z + (y + x * pool.axes[1].in.divisor) * pool.axes[0].in.divisor;
  return of * pool.in_pixels + place;
}

/* `places` gets where the largest value is, -1 for nowhere; `indices` the same as ONNX counts; each
 * may be NULL, as y may. */
template <typename T, int N>
__global__ void
pool_windows (Pool pool, const T *x, T *y, int32_t *places, gint64 *indices, size_t n)
{
  typedef typename GenComputed<T>::Type C;

  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t line = pool.packs.divide ((uint32_t)i);
    const uint32_t k = (uint32_t)i - line * pool.packs.divisor;
    Taps taps;
    const uint32_t plane = taps_of (pool, line, &taps);
    const Found<T, N> found = look<T, N> (pool, taps,
        (const GenPack<T, N> *)x + (size_t)plane * pool.in_pixels * pool.packs.divisor + k);
    const float share = pool.averages ? share_of (pool, taps) : 1;
    GenPack<T, N> pack;

    for (int j = 0; j < N; j++) {
      gen_store (&pack.at[j], pool.averages ? (C)(found.values[j] * share) : found.values[j]);
      if (places != NULL)
        places[i * N + j] = found.any ? found.places[j] : -1;
      if (indices != NULL)
        indices[i * N + j] = index_of (pool, plane, k * N + j, (uint32_t)found.places[j]);
    }
    if (y != NULL)
      ((GenPack<T, N> *)y)[i] = pack;
  }
}

/* The windows along an axis that a place is in, from `first` up to `end`. */
struct Windows {
  int place, first, end;
};

static __device__ inline Windows
windows_of (const Axis &a, int place)
{
  const int from = place + a.before, least = from - (a.kernel - 1) * a.dilation;
  const int last = from / a.stride, out = (int)a.out.divisor;

  return { place, least <= 0 ? 0 : (least + a.stride - 1) / a.stride, last < out ? last + 1 : out };
}

/* Whether the place is at a tap of window `at`. */
static __device__ inline bool
is_tap (const Axis &a, const Windows &w, int at)
{
  return a.dilation == 1 || (w.place + a.before - at * a.stride) % a.dilation == 0;
}

/* dx from dy: of the averages, or, with `places`, of the largest values. */
template <typename T, int N>
__global__ void
pool_gather (Pool pool, const T *dy, const int32_t *places, T *dx, size_t n)
{
  const Axis *a = pool.axes;

  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t line = pool.packs.divide ((uint32_t)i);
    const uint32_t k = (uint32_t)i - line * pool.packs.divisor;
    uint32_t plane = line;
    Windows w[3];
    Taps taps;
    float sums[N];
    GenPack<T, N> result;

    for (int axis = 2; axis >= 0; axis--) {
      const uint32_t rest = a[axis].in.divide (plane);

      w[axis] = windows_of (a[axis], (int)(plane - rest * a[axis].in.divisor));
      plane = rest;
    }
    const int32_t place = (int32_t)(line - plane * pool.in_pixels);
    for (int j = 0; j < N; j++)
      sums[j] = 0;
    for (int z = w[0].first; z < w[0].end; z++)
      for (int y = w[1].first; y < w[1].end; y++)
        for (int x = w[2].first; x < w[2].end; x++) {
          const size_t from =
              ((((size_t)plane * a[0].out.divisor + z) * a[1].out.divisor + y) * a[2].out.divisor +
                  x) *
                  pool.packs.divisor +
              k;
          float share = 1;

          if (!is_tap (a[0], w[0], z) || !is_tap (a[1], w[1], y) || !is_tap (a[2], w[2], x))
            continue;
          if (places == NULL) {
            set_taps (a[0], z, 0, &taps);
            set_taps (a[1], y, 1, &taps);
            set_taps (a[2], x, 2, &taps);
            share = share_of (pool, taps);
          }
          const GenPack<T, N> pack = ((const GenPack<T, N> *)dy)[from];
          for (int j = 0; j < N; j++)
            if (places == NULL || places[from * N + j] == place)
              sums[j] += share * gen_load (&pack.at[j]);
        }
    for (int j = 0; j < N; j++)
      gen_store (&result.at[j], sums[j]);
    ((GenPack<T, N> *)dx)[i] = result;
  }
}

/* --- preparing --- */

/* FALSE where 32 bits do not hold it. */
static gboolean
read_pool (const GenCudaKernel *kernel, GenPool *read, Pool *pool, GError **error)
{
  if (!gen_pool_init (read, kernel->node, error))
    return FALSE;
  *pool = {};
  for (int i = 0; i < 3; i++) {
    const GenWindowAxis *a = &read->window.axes[i];
    const gint64 reach =
        a->in + a->before + a->after + a->dilation * a->kernel + a->stride * MAX (a->out, 1);

    if (reach > G_MAXINT32 / 2 || a->in < 1 || a->out < 1)
      return FALSE;
    pool->axes[i] = { GenDivider ((uint32_t)a->in), GenDivider ((uint32_t)a->out), (int)a->kernel,
      (int)a->stride, (int)a->dilation, (int)a->before, (int)a->after };
  }
  pool->in_pixels = (uint32_t)read->in_pixels;
  pool->channels = (uint32_t)read->channels;
  pool->includes_padding = read->includes_padding;
  pool->channels_last = read->channels_last;
  pool->column_major = read->column_major;
  return (gint64)(read->outer * read->in_pixels * read->inner) <= GEN_WALK_MAX &&
         (gint64)(read->outer * read->out_pixels * read->inner) <= GEN_WALK_MAX &&
         read->outer * read->inner > 0;
}

/* One window without padding. */
static gboolean
is_whole (const GenPool *pool)
{
  for (const GenWindowAxis &a : pool->window.axes)
    if (a.out != 1 || a.kernel != a.in || a.before != 0 || a.dilation != 1)
      return FALSE;
  return TRUE;
}

static gboolean
add_whole (GenCudaKernel *kernel, const GenPool *pool, gboolean averages)
{
  const gint64 pixels = (gint64)pool->in_pixels, inner = (gint64)pool->inner;
  const GenCudaReduction reduction = { GEN_MAP_NONE, averages ? GEN_COMBINE_ADD : GEN_COMBINE_MAX,
    averages ? GEN_FINISH_MEAN : GEN_FINISH_NONE, (double)pixels };
  const GenReduceGroup groups[] = { { (gint64)pool->outer, pixels * inner, inner, FALSE },
    { pixels, inner, 0, TRUE }, { inner, 1, 1, FALSE } };

  return gen_cuda_add_reduction (kernel, &reduction, groups, inner > 1 ? 3 : 2);
}

/* Channels that a thread takes. */
template <typename T>
static int
pack_of (const GenPool *pool)
{
  const int N = GEN_PACK_BYTES / (int)sizeof (T);

  return pool->inner % N == 0 ? N : 1;
}

template <typename T>
static void
add_windows (GenCudaKernel *kernel, const GenPool *read, Pool pool)
{
  const int N = pack_of<T> (read);
  const gboolean indexed = kernel->node->outputs->len > 1 && kernel->output (1) != NULL;
  const gsize n = read->outer * read->out_pixels * read->inner / N;

  pool.packs = GenDivider ((uint32_t)(read->inner / N));
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (N > 1 ? pool_windows<T, GEN_PACK_BYTES / (int)sizeof (T)> : pool_windows<T, 1>,
        gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, pool, k.in<T> (0), k.out<T> (0), NULL,
        indexed ? k.out<gint64> (1) : NULL, n);
  });
}

static gboolean
forwards (GenCudaKernel *kernel, gboolean averages, GError **error)
{
  const GenDataType type = kernel->input (0)->type;
  const gboolean indexed = kernel->node->outputs->len > 1 && kernel->output (1) != NULL;
  GenPool read;
  Pool pool;

  if (!read_pool (kernel, &read, &pool, error))
    return FALSE;
  if (is_whole (&read) && !indexed && add_whole (kernel, &read, averages))
    return TRUE;
  pool.averages = averages;
  pool.lowest = type == GEN_TYPE_INT8 ? G_MININT8 : type == GEN_TYPE_UINT8 ? 0 : -INFINITY;
  if (type == GEN_TYPE_INT8 && !averages)
    add_windows<int8_t> (kernel, &read, pool);
  else if (type == GEN_TYPE_UINT8 && !averages)
    add_windows<uint8_t> (kernel, &read, pool);
  else
    return gen_visit_floats (
        type, [&] (auto *pointer) { add_windows<GEN_VISITED (pointer)> (kernel, &read, pool); });
  return TRUE;
}

static gboolean
max_pool (GenCudaKernel *kernel, GError **error)
{
  return forwards (kernel, FALSE, error);
}

static gboolean
average_pool (GenCudaKernel *kernel, GError **error)
{
  return forwards (kernel, TRUE, error);
}

template <typename T>
static void
add_gradient (GenCudaKernel *kernel, const GenPool *read, Pool pool)
{
  const int N = pack_of<T> (read);
  const gsize results = read->outer * read->out_pixels * read->inner;
  const gsize places = read->outer * read->in_pixels * read->inner;
  const gboolean averages = pool.averages;
  const gsize at = averages ? 0 : kernel->reserve (results * sizeof (int32_t));

  pool.packs = GenDivider ((uint32_t)(read->inner / N));
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    const auto find =
        N > 1 ? pool_windows<T, GEN_PACK_BYTES / (int)sizeof (T)> : pool_windows<T, 1>;
    const auto gather =
        N > 1 ? pool_gather<T, GEN_PACK_BYTES / (int)sizeof (T)> : pool_gather<T, 1>;
    int32_t *found = averages ? NULL : (int32_t *)((char *)k.scratch + at);

    if (!averages)
      gen_cuda_launch (find, gen_cuda_grid (results / N), GEN_CUDA_BLOCK, stream, pool, k.in<T> (0),
          NULL, found, NULL, results / N);
    gen_cuda_launch (gather, gen_cuda_grid (places / N), GEN_CUDA_BLOCK, stream, pool, k.in<T> (1),
        found, k.out<T> (0), places / N);
  });
}

static gboolean
backwards (GenCudaKernel *kernel, gboolean averages, GError **error)
{
  GenPool read;
  Pool pool;

  if (kernel->input (0)->type != kernel->input (1)->type ||
      !read_pool (kernel, &read, &pool, error))
    return FALSE;
  pool.averages = averages;
  pool.lowest = -INFINITY;
  return gen_visit_floats (kernel->input (1)->type,
      [&] (auto *pointer) { add_gradient<GEN_VISITED (pointer)> (kernel, &read, pool); });
}

static gboolean
max_pool_gradient (GenCudaKernel *kernel, GError **error)
{
  return backwards (kernel, FALSE, error);
}

static gboolean
average_pool_gradient (GenCudaKernel *kernel, GError **error)
{
  return backwards (kernel, TRUE, error);
}

extern const GenCudaOperator gen_cuda_pool_operators[] = {
  { "AveragePool", NULL, average_pool, 1, 1 },
  { "GlobalAveragePool", NULL, average_pool, 1, 1 },
  { "GlobalMaxPool", NULL, max_pool, 1, 1 },
  { "MaxPool", NULL, max_pool, 1, 1 },
  { "AveragePoolGradient", "generative", average_pool_gradient, 3, 1 },
  { "MaxPoolGradient", "generative", max_pool_gradient, 3, 1 },
  {},
};
