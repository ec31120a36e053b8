/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of PackPicture and UnpackPicture: one pass from numbers to bytes and back.
 * A thread does a pixel, or, where rows allow whole words, four of them. */
#include "../../device/cuda/picture.h"

/* Where a thread works. */
struct Place {
  int picture, y, x;
  size_t row; /* bytes to the row in a plane */
};

static __device__ inline Place
place_of (const GenCudaPicture &p, uint32_t item, int run)
{
  const GenPictureGeometry &g = p.geometry;
  const uint32_t line = p.width.divide (item), picture = p.height.divide (line);
  const uint32_t across = p.columns.divide (picture);
  Place place;

  place.x = (int)(item - line * p.width.divisor) * run;
  place.y = (int)(line - picture * p.height.divisor);
  place.picture = (int)picture;
  place.row = g.first + ((size_t)across * g.height + place.y) * g.stride +
              ((size_t)(picture - across * p.columns.divisor) * g.width + place.x) * g.bytes;
  return place;
}

static __device__ inline uint32_t
quantize (float v)
{
  return (uint32_t)(int)(gen_level_of (v) + 0.5f);
}

/* Byte `k` of a pixel whose channels are `values`. */
template <int C>
static __device__ inline uint32_t
byte_of (const GenPictureGeometry &g, const uint32_t *values, int k)
{
  uint32_t byte = 255;

  for (int c = 0; c < C; c++)
    byte = g.order[k] == c ? values[c] : byte;
  return byte;
}

/* BYTES: of a pixel, of which each is written, or 0 when they go to planes or have gaps. */
template <int N, int C, int BYTES>
static __device__ inline void
store_pixels (
    const GenPictureGeometry &g, const uint32_t (*values)[C], uint8_t *const *planes, size_t at)
{
  if constexpr (BYTES > 0) {
    uint32_t bytes[N * BYTES];

    for (int i = 0; i < N; i++)
      for (int k = 0; k < BYTES; k++)
        bytes[i * BYTES + k] = byte_of<C> (g, values[i], k);
    gen_store_bytes<N * BYTES> (planes[0] + at, bytes);
  } else {
    for (int k = 0; k < g.n_order; k++) {
      uint32_t bytes[N];

      for (int i = 0; i < N; i++)
        bytes[i] = byte_of<C> (g, values[i], k);
      if (g.planar)
        gen_store_bytes<N> (planes[k] + at, bytes);
      else
        for (int i = 0; i < N; i++)
          planes[0][at + i * g.bytes + k] = (uint8_t)bytes[i];
    }
  }
}

/* Places of the wall for which there is no picture are black. */
static __device__ inline void
clear_pixels (const GenPictureGeometry &g, uint8_t *const *planes, size_t at, int n)
{
  for (int k = 0; k < g.n_planes; k++)
    for (int i = 0; i < n * g.bytes; i++)
      planes[k][at + i] = 0;
}

/* Where the pixel of `place` goes of which `kept` says what is written of the frame, into
 * place->row; FALSE where it goes nowhere. */
static __device__ inline gboolean
is_kept (const GenPictureGeometry &g, const int32_t *kept, Place *place)
{
  const GenPicturePart part = gen_cuda_part (g, kept, blockIdx.y);
  const int y = place->y - part.top, x = place->x - part.left;

  place->row =
      gen_cuda_topmost (g.stride, part.height) + (size_t)y * g.stride + (size_t)x * g.bytes;
  return y >= 0 && y < part.height && x >= 0 && x < part.width;
}

/* Alpha that is an input of its own, of a type of its own. */
struct Alpha {
  const void *numbers; /* NULL: it is the last channel of the others, or there is none */
  GenDataType type;
};

template <int N>
static __device__ inline void
load_alpha (const Alpha &alpha, size_t at, float *to)
{
  if (alpha.type == GEN_TYPE_FLOAT16)
    gen_load_run<__half, N> ((const __half *)alpha.numbers + at, to);
  else if (alpha.type == GEN_TYPE_BFLOAT16)
    gen_load_run<__nv_bfloat16, N> ((const __nv_bfloat16 *)alpha.numbers + at, to);
  else
    gen_load_run<float, N> ((const float *)alpha.numbers + at, to);
}

/* The numbers of N pixels from `pixel` of picture `i` on, of C channels. */
template <typename T, int N, int C>
static __device__ inline void
load_pixels (const GenCudaPicture &p, const T *x, const Alpha &alpha, size_t i, size_t pixel,
    float (*numbers)[C])
{
  const size_t plane = (size_t)p.geometry.height * p.geometry.width;
  const int n = alpha.numbers != NULL ? C - 1 : C;
  const T *from = x + i * n * plane;
  float line[N * C] = {};

  if (p.channels_last) {
    if (n == C)
      gen_load_run<T, N * C> (from + pixel * C, line);
    else if constexpr (C > 1)
      gen_load_run<T, N *(C - 1)> (from + pixel * (C - 1), line);
    for (int k = 0; k < N; k++)
      for (int c = 0; c < n; c++)
        numbers[k][c] = line[k * n + c];
  }
  for (int c = p.channels_last ? n : 0; c < C; c++) {
    if (c < n)
      gen_load_run<T, N> (from + c * plane + pixel, line);
    else
      load_alpha<N> (alpha, i * plane + pixel, line);
    for (int k = 0; k < N; k++)
      numbers[k][c] = line[k];
  }
}

/* blockIdx.y is the frame. Where a part is kept, N is 1. */
template <typename T, int N, int C>
__global__ void
pack (GenCudaPicture p, const T *x, Alpha alpha, const int32_t *kept, uint8_t *const *frames)
{
  const GenPictureGeometry &g = p.geometry;
  const int n_activated = alpha.numbers != NULL ? C - 1 : C;
  uint8_t *const *planes = frames + blockIdx.y * (size_t)g.n_planes;

  if (planes[0] == NULL)
    return;
  for (GEN_CUDA_EACH (item, p.items)) {
    Place place = place_of (p, (uint32_t)item, N);
    const size_t pixel = (size_t)place.y * g.width + place.x;
    float numbers[N][C];
    uint32_t values[N][C];

    if (kept != NULL && !is_kept (g, kept, &place))
      continue;
    if (place.picture >= g.count) {
      clear_pixels (g, planes, place.row, N);
      continue;
    }
    load_pixels<T, N, C> (
        p, x, alpha, (size_t)blockIdx.y * g.count + place.picture, pixel, numbers);
    for (int i = 0; i < N; i++)
      for (int c = 0; c < C; c++) {
        const float v =
            c < n_activated ? gen_cuda_activate (p.activation, numbers[i][c]) : numbers[i][c];

        values[i][c] = quantize (v * g.scale[c] + g.shift[c]);
      }
    if (g.planar || g.n_order != g.bytes)
      store_pixels<N, C, 0> (g, values, planes, place.row);
    else if (g.bytes == 3)
      store_pixels<N, C, 3> (g, values, planes, place.row);
    else if (g.bytes == 4)
      store_pixels<N, C, 4> (g, values, planes, place.row);
    else if (g.bytes == 2)
      store_pixels<N, C, 2> (g, values, planes, place.row);
    else
      store_pixels<N, C, 1> (g, values, planes, place.row);
  }
}

/* The scale and shift are those from bytes to numbers. */
template <typename T, int N, int C>
__global__ void
unpack (GenCudaPicture p, const uint8_t *const *frames, T *out)
{
  const GenPictureGeometry &g = p.geometry;
  const size_t plane = (size_t)g.height * g.width;
  const uint8_t *const *planes = frames + blockIdx.y * (size_t)g.n_planes;

  for (GEN_CUDA_EACH (item, p.items)) {
    const Place place = place_of (p, (uint32_t)item, N);
    const size_t pixel = (size_t)place.y * g.width + place.x;
    T *to = out + ((size_t)blockIdx.y * g.count + place.picture) * C * plane;
    float numbers[N * C];

    for (int c = 0; c < C; c++) {
      const uint8_t *from =
          g.planar ? planes[g.order[c]] + place.row : planes[0] + place.row + g.order[c];
      float line[N];

      for (int i = 0; i < N; i++) {
        line[i] = from[i * g.bytes] * g.scale[c] + g.shift[c];
        numbers[i * C + c] = line[i];
      }
      if (!p.channels_last)
        gen_store_run<T, N> (to + c * plane + pixel, line);
    }
    if (p.channels_last)
      gen_store_run<T, N * C> (to + pixel * C, numbers);
  }
}

/* --- preparing --- */

/* Elements of the wall, and frames: the grid has a row for each. */
static gboolean
is_small_enough (const GenPictureGeometry *g, guint frames)
{
  return frames < 65536 && (gint64)g->columns * g->rows * g->height * g->width <= GEN_WALK_MAX;
}

template <typename T, int N, int C>
static void
add_pack (GenCudaKernel *kernel, const GenCudaPicture &p)
{
  const gboolean apart = p.geometry.alpha_apart;
  const GenDataType type = apart ? kernel->input (2)->type : GEN_TYPE_FLOAT32;

  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    const Alpha alpha = { apart ? k.in<void> (2) : NULL, type };
    dim3 grid = gen_cuda_grid (p.items);

    grid.y = (unsigned)(k.outputs.size () / p.geometry.n_planes);
    gen_cuda_launch (pack<T, N, C>, grid, GEN_CUDA_BLOCK, stream, p, k.in<T> (0), alpha,
        gen_cuda_kept (k), (uint8_t *const *)k.frames);
  });
}

template <typename T, int N, int C>
static void
add_unpack (GenCudaKernel *kernel, const GenCudaPicture &p)
{
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    dim3 grid = gen_cuda_grid (p.items);

    grid.y = (unsigned)(k.inputs.size () / p.geometry.n_planes);
    gen_cuda_launch (unpack<T, N, C>, grid, GEN_CUDA_BLOCK, stream, p,
        (const uint8_t *const *)k.frames, k.out<T> (0));
  });
}

#define FOR_CHANNELS(add, T, N)                                                                    \
  switch (p.geometry.channels) {                                                                   \
  case 1:                                                                                          \
    add<T, N, 1> (kernel, p);                                                                      \
    break;                                                                                         \
  case 2:                                                                                          \
    add<T, N, 2> (kernel, p);                                                                      \
    break;                                                                                         \
  case 3:                                                                                          \
    add<T, N, 3> (kernel, p);                                                                      \
    break;                                                                                         \
  default:                                                                                         \
    add<T, N, 4> (kernel, p);                                                                      \
    break;                                                                                         \
  }

static gboolean
prepare_pack (GenCudaKernel *kernel, GError **error)
{
  const GenTensor *x = kernel->input (0);
  GenPictureGeometry g;

  if (!gen_picture_geometry_to_pack (kernel->node, &g, error) ||
      !is_small_enough (&g, kernel->node->outputs->len))
    return FALSE;
  kernel->follows = GEN_CUDA_OUTPUTS;
  if (g.colour.used)
    return gen_cuda_add_pack_ycbcr (kernel, &g);
  const gboolean runs = gen_cuda_has_runs (&g) && gen_node_input (kernel->node, 1) == NULL;
  GenCudaPicture p = gen_cuda_picture_of (&g, x, runs ? GEN_CUDA_RUN : 1);

  p.activation = kernel->node->activation;
  return gen_visit_floats (x->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    if (runs)
      FOR_CHANNELS (add_pack, T, GEN_CUDA_RUN)
    else
      FOR_CHANNELS (add_pack, T, 1)
  });
}

static gboolean
prepare_unpack (GenCudaKernel *kernel, GError **error)
{
  const GenTensor *y = kernel->output (0);
  GenPictureGeometry g;

  if (!gen_picture_geometry_to_unpack (kernel->node, &g, error) ||
      !is_small_enough (&g, kernel->node->inputs->len))
    return FALSE;
  kernel->follows = GEN_CUDA_INPUTS;
  if (g.colour.used)
    return gen_cuda_add_unpack_ycbcr (kernel, &g);
  GenCudaPicture p = gen_cuda_picture_of (&g, y, gen_cuda_has_runs (&g) ? GEN_CUDA_RUN : 1);

  for (int c = 0; c < g.channels; c++) {
    p.geometry.scale[c] = 1 / g.scale[c];
    p.geometry.shift[c] = -g.shift[c] / g.scale[c];
  }
  return gen_visit_floats (y->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    if (gen_cuda_has_runs (&g))
      FOR_CHANNELS (add_unpack, T, GEN_CUDA_RUN)
    else
      FOR_CHANNELS (add_unpack, T, 1)
  });
}

extern const GenCudaOperator gen_cuda_picture_operators[] = {
  { "PackPicture", "generative", prepare_pack, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "UnpackPicture", "generative", prepare_unpack, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
