/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures to Y'CbCr 4:2:0 and back, one pass on the device. To pack, a thread does the pixels of
 * one or, where rows allow whole words, two pairs of chroma; pixels beyond its own, which chroma
 * that lies at columns or rows wants, it reads as well. To unpack, it does one or four pixels. */
#include "../../device/cuda/picture.h"

struct Spot {
  size_t picture; /* count and more: there is none */
  int y, x;
};

/* Pixel (y, x) of the wall, or the nearest where it lies beyond. */
static __device__ inline Spot
spot_of (const GenCudaPicture &p, int y, int x)
{
  const GenPictureGeometry &g = p.geometry;
  const int last_y = g.rows * g.height - 1, last_x = g.columns * g.width - 1;
  const int row = y < 0 ? 0 : y > last_y ? last_y : y, column = x < 0 ? 0 : x > last_x ? last_x : x;
  const int down = (int)p.height.divide ((uint32_t)row);
  const int across = (int)p.width.divide ((uint32_t)column);

  return { (size_t)down * g.columns + across, row - down * g.height, column - across * g.width };
}

static __device__ inline float
level_at (const GenCudaPicture &p, float v, int c)
{
  return gen_level_of (
      gen_cuda_activate (p.activation, v) * p.geometry.scale[c] + p.geometry.shift[c]);
}

/* Levels of one pixel. */
template <typename T>
static __device__ inline void
load_pixel (const GenCudaPicture &p, const T *x, const Spot &spot, float *levels)
{
  const GenPictureGeometry &g = p.geometry;
  const size_t plane = (size_t)g.height * g.width;
  const T *from = x + spot.picture * g.channels * plane;
  const size_t pixel = (size_t)spot.y * g.width + spot.x;

  for (int c = 0; c < 3; c++) {
    const int channel = c < g.channels ? c : 0;

    levels[c] = spot.picture >= (size_t)g.count ? 0
                : p.channels_last
                    ? level_at (p, gen_load (&from[pixel * 3 + c]), c)
                    : level_at (p, gen_load (&from[channel * plane + pixel]), channel);
  }
}

/* Levels of GEN_CUDA_RUN pixels of a picture in colour. */
template <typename T>
static __device__ inline void
load_pixels (const GenCudaPicture &p, const T *x, const Spot &spot, float (*levels)[3])
{
  const GenPictureGeometry &g = p.geometry;
  const size_t plane = (size_t)g.height * g.width, pixel = (size_t)spot.y * g.width + spot.x;
  const T *from = x + spot.picture * 3 * plane;
  const gboolean there = spot.picture < (size_t)g.count;
  float numbers[GEN_CUDA_RUN * 3] = {};

  if (there && p.channels_last)
    gen_load_run<T, GEN_CUDA_RUN * 3> (from + pixel * 3, numbers);
  for (int c = 0; c < 3; c++) {
    float line[GEN_CUDA_RUN] = {};

    if (there && !p.channels_last)
      gen_load_run<T, GEN_CUDA_RUN> (from + c * plane + pixel, line);
    for (int i = 0; i < GEN_CUDA_RUN; i++)
      levels[i][c] = there ? level_at (p, p.channels_last ? numbers[i * 3 + c] : line[i], c) : 0;
  }
}

/* Levels of N pixels from (y, x) of the wall, behind those of the one before where it is wanted. */
template <typename T, int N>
static __device__ inline void
load_row (const GenCudaPicture &p, const T *x, int y, int column, float (*levels)[3])
{
  if (p.geometry.colour.sited_x)
    load_pixel (p, x, spot_of (p, y, column - 1), levels[0]);
  if constexpr (N == GEN_CUDA_RUN)
    load_pixels (p, x, spot_of (p, y, column), levels + 1);
  else
    for (int i = 0; i < N; i++)
      load_pixel (p, x, spot_of (p, y, column + i), levels[1 + i]);
}

static __device__ inline float
weigh (const float *weights, const float *levels)
{
  return weights[0] * levels[0] + weights[1] * levels[1] + weights[2] * levels[2];
}

template <int N>
static __device__ inline void
store_luma (const GenPictureGeometry &g, const float (*levels)[3], uint8_t *to, int n)
{
  uint32_t bytes[N];

  for (int i = 0; i < N; i++)
    bytes[i] = (uint32_t)(int)(weigh (g.colour.y, levels[i]) + g.colour.black + 0.5f);
  if constexpr (N == GEN_CUDA_RUN)
    gen_store_bytes<N> (to, bytes);
  else
    for (int i = 0; i < n; i++)
      to[i] = (uint8_t)bytes[i];
}

/* The greatest of the full range would be 256. */
static __device__ inline uint32_t
chroma_of (const float *weights, const float *levels)
{
  const float v = weigh (weights, levels) + 128.5f;

  return (uint32_t)(int)(v < 255.0f ? v : 255.0f);
}

/* PAIRS from pair `at` of a row of chroma. */
template <int PAIRS>
static __device__ inline void
store_chroma (const GenPictureGeometry &g, const float (*means)[3], uint8_t *const *planes,
    size_t row, int at)
{
  uint32_t bytes[PAIRS * 2];

  for (int i = 0; i < PAIRS; i++) {
    bytes[2 * i] = chroma_of (g.colour.cb, means[i]);
    bytes[2 * i + 1] = chroma_of (g.colour.cr, means[i]);
  }
  if (!g.planar)
    gen_store_bytes<PAIRS * 2> (planes[1] + row + 2 * at, bytes);
  else
    for (int k = 0; k < 2; k++) {
      uint8_t *to = planes[1 + k] + row + at;

      if constexpr (PAIRS == 2)
        *(uint16_t *)to = (uint16_t)(bytes[k] | bytes[2 + k] << 8);
      else
        to[0] = (uint8_t)bytes[k];
    }
}

/* N pixels of two rows of what is kept; blockIdx.y is the frame. `width` divides by how many there
 * are of these in all of it. */
template <typename T, int N>
__global__ void
pack (GenCudaPicture p, GenDivider width, const T *x, const int32_t *kept, uint8_t *const *frames)
{
  const GenPictureGeometry &g = p.geometry;
  const GenPicturePart part = gen_cuda_part (g, kept, blockIdx.y);
  const size_t first = gen_cuda_topmost (g.stride, part.height);
  const size_t chroma_first = gen_cuda_topmost (g.chroma_stride, (part.height + 1) / 2);
  const T *pictures = x + (size_t)blockIdx.y * g.count * g.channels * ((size_t)g.height * g.width);
  uint8_t *const *planes = frames + blockIdx.y * (size_t)g.n_planes;

  for (int k = 0; k < g.n_planes; k++)
    if (planes[k] == NULL)
      return;
  for (GEN_CUDA_EACH (item, p.items)) {
    const int line = (int)width.divide ((uint32_t)item);
    const int column = (int)(item - (size_t)line * width.divisor) * N, y = 2 * line;
    const int n = part.width - column < N ? part.width - column : N;
    float sums[1 + N][3] = {}, means[N / 2][3];

    if (y >= part.height || n <= 0)
      continue;
    for (int v = g.colour.sited_y ? -1 : 0; v < 2; v++) {
      const float share = !g.colour.sited_y || v == 0 ? 0.5f : 0.25f;
      float levels[1 + N][3] = {};

      load_row<T, N> (p, pictures, part.top + y + v, part.left + column, levels);
      if (v >= 0 && y + v < part.height)
        store_luma<N> (g, levels + 1, planes[0] + (first + (size_t)(y + v) * g.stride + column), n);
      for (int i = 0; i < 1 + N; i++)
        for (int c = 0; c < 3; c++)
          sums[i][c] += share * levels[i][c];
    }
    for (int i = 0; i < N / 2; i++)
      for (int c = 0; c < 3; c++)
        means[i][c] = g.colour.sited_x ? 0.25f * (sums[2 * i][c] + sums[2 * i + 2][c]) +
                                             0.5f * sums[2 * i + 1][c]
                                       : 0.5f * (sums[2 * i + 1][c] + sums[2 * i + 2][c]);
    store_chroma<N / 2> (
        g, means, planes, chroma_first + (size_t)line * g.chroma_stride, column / 2);
  }
}

/* Between a pair and the one before or behind it, where an even or an odd pixel lies. */
static __device__ inline float
between (gboolean sited, gboolean odd, float before, float pair, float behind)
{
  const float far = odd ? behind : before, share = !sited ? 0.25f : odd ? 0.5f : 0;

  return pair + (far - pair) * share;
}

/* N pixels of a row of a picture; blockIdx.y is the frame. The scale and shift are those from bytes
 * to numbers, and the width is in runs. */
template <typename T, int N>
__global__ void
unpack (GenCudaPicture p, const uint8_t *const *frames, T *out)
{
  const int PAIRS = (N + 1) / 2 + 2;
  const GenPictureGeometry &g = p.geometry;
  const GenPictureColour &colour = g.colour;
  const size_t plane = (size_t)g.height * g.width, step = g.planar ? 1 : 2;
  const uint8_t *const *planes = frames + blockIdx.y * (size_t)g.n_planes;
  const uint8_t *chroma[2] = { planes[1], g.planar ? planes[2] : planes[1] + 1 };
  const int last_y = (g.rows * g.height + 1) / 2 - 1, last_x = (g.columns * g.width + 1) / 2 - 1;

  for (GEN_CUDA_EACH (item, p.items)) {
    const uint32_t line = p.width.divide ((uint32_t)item), picture = p.height.divide (line);
    const uint32_t down = p.columns.divide (picture);
    const int at = (int)(item - (size_t)line * p.width.divisor) * N;
    const int row = (int)(line - picture * p.height.divisor);
    const int y = (int)down * g.height + row;
    const int x = (int)(picture - down * p.columns.divisor) * g.width + at;
    const int odd_y = y & 1, near = y / 2, beside = odd_y ? near + 1 : near - 1;
    const int far = beside < 0 ? 0 : beside > last_y ? last_y : beside;
    const uint8_t *luma = planes[0] + (g.first + (size_t)y * g.stride + x);
    const size_t pixel = (size_t)row * g.width + at;
    T *to = out + ((size_t)blockIdx.y * g.count + picture) * 3 * plane;
    float pairs[2][PAIRS], numbers[N * 3], lines[3][N];

    for (int k = 0; k < 2; k++)
      for (int i = 0; i < PAIRS; i++) {
        const int wanted = x / 2 - 1 + i, column = wanted < 0        ? 0
                                                   : wanted > last_x ? last_x
                                                                     : wanted;
        const float a = chroma[k][g.chroma_first + near * g.chroma_stride + column * step];
        const float b = chroma[k][g.chroma_first + far * g.chroma_stride + column * step];

        pairs[k][i] = between (colour.sited_y, odd_y, b, a, b) - 128;
      }
    for (int i = 0; i < N; i++) {
      /* Runs begin at even columns. */
      const gboolean odd = N == 1 ? x & 1 : i & 1;
      const float *cb = pairs[0] + i / 2, *cr = pairs[1] + i / 2;
      const float blue = between (colour.sited_x, odd, cb[0], cb[1], cb[2]);
      const float red = between (colour.sited_x, odd, cr[0], cr[1], cr[2]);
      const float grey = (luma[i] - colour.black) * colour.level;

      for (int c = 0; c < 3; c++) {
        const float v = grey + blue * colour.of_cb[c] + red * colour.of_cr[c];

        lines[c][i] = numbers[i * 3 + c] = gen_level_of (v) * g.scale[c] + g.shift[c];
      }
    }
    if (p.channels_last)
      gen_store_run<T, N * 3> (to + pixel * 3, numbers);
    else
      for (int c = 0; c < 3; c++)
        gen_store_run<T, N> (to + c * plane + pixel, lines[c]);
  }
}

/* --- preparing --- */

template <typename T, int N>
static void
add_pack (GenCudaKernel *kernel, GenCudaPicture p)
{
  const GenPictureGeometry &g = p.geometry;
  const gint64 across = ((gint64)g.columns * g.width + N - 1) / N;
  const GenDivider width ((uint32_t)across);

  p.items = (uint32_t)(across * (((gint64)g.rows * g.height + 1) / 2));
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    dim3 grid = gen_cuda_grid (p.items);

    grid.y = (unsigned)(k.outputs.size () / p.geometry.n_planes);
    gen_cuda_launch (pack<T, N>, grid, GEN_CUDA_BLOCK, stream, p, width, k.in<T> (0),
        gen_cuda_kept (k), (uint8_t *const *)k.frames);
  });
}

template <typename T, int N>
static void
add_unpack (GenCudaKernel *kernel, const GenCudaPicture &p)
{
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    dim3 grid = gen_cuda_grid (p.items);

    grid.y = (unsigned)(k.inputs.size () / p.geometry.n_planes);
    gen_cuda_launch (unpack<T, N>, grid, GEN_CUDA_BLOCK, stream, p,
        (const uint8_t *const *)k.frames, k.out<T> (0));
  });
}

gboolean
gen_cuda_add_pack_ycbcr (GenCudaKernel *kernel, const GenPictureGeometry *geometry)
{
  const GenTensor *x = kernel->input (0);
  /* Both rows of a pair in one picture, and a run too. */
  const gboolean runs = gen_cuda_has_runs (geometry) && geometry->channels == 3 &&
                        geometry->height % 2 == 0 && gen_node_input (kernel->node, 1) == NULL;
  GenCudaPicture p = gen_cuda_picture_of (geometry, x, 1);

  p.activation = kernel->node->activation;
  return gen_visit_floats (x->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    if (runs)
      add_pack<T, GEN_CUDA_RUN> (kernel, p);
    else
      add_pack<T, 2> (kernel, p);
  });
}

gboolean
gen_cuda_add_unpack_ycbcr (GenCudaKernel *kernel, const GenPictureGeometry *geometry)
{
  const GenTensor *y = kernel->output (0);
  GenCudaPicture p =
      gen_cuda_picture_of (geometry, y, gen_cuda_has_runs (geometry) ? GEN_CUDA_RUN : 1);

  for (int c = 0; c < 3; c++) {
    p.geometry.scale[c] = 1 / geometry->scale[c];
    p.geometry.shift[c] = -geometry->shift[c] / geometry->scale[c];
  }
  return gen_visit_floats (y->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    if (gen_cuda_has_runs (geometry))
      add_unpack<T, GEN_CUDA_RUN> (kernel, p);
    else
      add_unpack<T, 1> (kernel, p);
  });
}
