/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of PackPicture and UnpackPicture: one pass from numbers to bytes and back.
 * A thread does a pixel, or, where rows allow whole words, four of them. */
#include "../device/cuda/activation.h"
#include "../device/cuda/elementwise.h"

G_BEGIN_DECLS
#include "picture.h"
G_END_DECLS

#define CHANNELS GEN_PICTURE_MAX_CHANNELS
/* Pixels of a thread where there are whole words. */
#define RUN 4

typedef struct {
  GenPictureGeometry geometry;
  GenActivation activation;
  gboolean channels_last;
  GenDivider width, height, columns; /* of a picture, in runs and rows; and of the wall */
  uint32_t items;                    /* runs in the wall */
} Picture;

/* Where a thread works. */
struct Place {
  int picture, y, x;
  size_t row; /* bytes to the row in the frame */
};

static __device__ inline Place
place_of (const Picture &p, uint32_t item, int run)
{
  const GenPictureGeometry &g = p.geometry;
  const uint32_t line = p.width.divide (item), picture = p.height.divide (line);
  const uint32_t across = p.columns.divide (picture);
  Place place;

  place.x = (int)(item - line * p.width.divisor) * run;
  place.y = (int)(line - picture * p.height.divisor);
  place.picture = (int)picture;
  place.row = ((size_t)across * g.height + place.y) * g.stride +
              ((size_t)(picture - across * p.columns.divisor) * g.width + place.x) * g.bytes;
  return place;
}

/* N numbers in a row; a row of RUN begins where whole packs may be read. */
template <typename T, int N>
static __device__ inline void
load_run (const T *from, float *to)
{
  const int PACK = N % RUN == 0 ? RUN : 1;

  for (int i = 0; i < N; i += PACK) {
    const GenPack<T, PACK> pack = *(const GenPack<T, PACK> *)(from + i);

    for (int k = 0; k < PACK; k++)
      to[i + k] = gen_load (&pack.at[k]);
  }
}

template <typename T, int N>
static __device__ inline void
store_run (T *to, const float *from)
{
  const int PACK = N % RUN == 0 ? RUN : 1;

  for (int i = 0; i < N; i += PACK) {
    GenPack<T, PACK> pack;

    for (int k = 0; k < PACK; k++)
      gen_store (&pack.at[k], from[i + k]);
    *(GenPack<T, PACK> *)(to + i) = pack;
  }
}

/* What is not a number becomes black. */
static __device__ inline uint32_t
quantize (float v)
{
  v = v > 0.0f ? v : 0.0f;
  v = v < 255.0f ? v : 255.0f;
  return (uint32_t)(int)(v + 0.5f);
}

/* N bytes in a row. */
template <int N>
static __device__ inline void
store_bytes (uint8_t *to, const uint32_t *bytes)
{
  if constexpr (N % RUN == 0) {
    for (int i = 0; i < N; i += 4)
      *(uint32_t *)(to + i) =
          bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
  } else {
    for (int i = 0; i < N; i++)
      to[i] = (uint8_t)bytes[i];
  }
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
store_pixels (const GenPictureGeometry &g, const uint32_t (*values)[C], uint8_t *to)
{
  if constexpr (BYTES > 0) {
    uint32_t bytes[N * BYTES];

    for (int i = 0; i < N; i++)
      for (int k = 0; k < BYTES; k++)
        bytes[i * BYTES + k] = byte_of<C> (g, values[i], k);
    store_bytes<N * BYTES> (to, bytes);
  } else {
    for (int k = 0; k < g.n_order; k++) {
      uint32_t bytes[N];

      for (int i = 0; i < N; i++)
        bytes[i] = byte_of<C> (g, values[i], k);
      if (g.planar)
        store_bytes<N> (to + k * g.plane_size, bytes);
      else
        for (int i = 0; i < N; i++)
          to[i * g.bytes + k] = (uint8_t)bytes[i];
    }
  }
}

/* Places of the wall for which there is no picture are black. */
static __device__ inline void
clear_pixels (const GenPictureGeometry &g, uint8_t *to, int n)
{
  for (int k = 0; k < (g.planar ? g.n_order : 1); k++)
    for (int i = 0; i < n * g.bytes; i++)
      to[k * g.plane_size + i] = 0;
}

/* blockIdx.y is the frame. */
template <typename T, int N, int C>
__global__ void
pack (Picture p, const T *x, uint8_t *const *frames)
{
  const GenPictureGeometry &g = p.geometry;
  const size_t plane = (size_t)g.height * g.width;
  uint8_t *frame = frames[blockIdx.y];

  if (frame == NULL)
    return;
  for (GEN_CUDA_EACH (item, p.items)) {
    const Place place = place_of (p, (uint32_t)item, N);
    const size_t pixel = (size_t)place.y * g.width + place.x;
    const T *from = x + ((size_t)blockIdx.y * g.count + place.picture) * C * plane;
    uint8_t *to = frame + place.row;
    float numbers[N * C];
    uint32_t values[N][C];

    if (place.picture >= g.count) {
      clear_pixels (g, to, N);
      continue;
    }
    if (p.channels_last)
      load_run<T, N * C> (from + pixel * C, numbers);
    for (int c = 0; c < C; c++) {
      float line[N];

      if (!p.channels_last)
        load_run<T, N> (from + c * plane + pixel, line);
      for (int i = 0; i < N; i++) {
        const float v =
            gen_cuda_activate (p.activation, p.channels_last ? numbers[i * C + c] : line[i]);

        values[i][c] = quantize (v * g.scale[c] + g.shift[c]);
      }
    }
    if (g.planar || g.n_order != g.bytes)
      store_pixels<N, C, 0> (g, values, to);
    else if (g.bytes == 3)
      store_pixels<N, C, 3> (g, values, to);
    else if (g.bytes == 4)
      store_pixels<N, C, 4> (g, values, to);
    else if (g.bytes == 2)
      store_pixels<N, C, 2> (g, values, to);
    else
      store_pixels<N, C, 1> (g, values, to);
  }
}

/* The scale and shift are those from bytes to numbers. */
template <typename T, int N, int C>
__global__ void
unpack (Picture p, const uint8_t *const *frames, T *out)
{
  const GenPictureGeometry &g = p.geometry;
  const size_t plane = (size_t)g.height * g.width;
  const size_t step = g.planar ? g.plane_size : 1;
  const uint8_t *frame = frames[blockIdx.y];

  for (GEN_CUDA_EACH (item, p.items)) {
    const Place place = place_of (p, (uint32_t)item, N);
    const size_t pixel = (size_t)place.y * g.width + place.x;
    const uint8_t *from = frame + place.row;
    T *to = out + ((size_t)blockIdx.y * g.count + place.picture) * C * plane;
    float numbers[N * C];

    for (int c = 0; c < C; c++) {
      float line[N];

      for (int i = 0; i < N; i++) {
        line[i] = from[g.order[c] * step + i * g.bytes] * g.scale[c] + g.shift[c];
        numbers[i * C + c] = line[i];
      }
      if (!p.channels_last)
        store_run<T, N> (to + c * plane + pixel, line);
    }
    if (p.channels_last)
      store_run<T, N * C> (to + pixel * C, numbers);
  }
}

/* --- preparing --- */

static Picture
picture_of (const GenPictureGeometry *g, const GenTensor *numbers, int run)
{
  Picture p = {};

  p.geometry = *g;
  p.channels_last = numbers->layout == GEN_LAYOUT_CHANNELS_LAST && g->channels > 1;
  p.width = GenDivider ((uint32_t)(g->width / run));
  p.height = GenDivider ((uint32_t)g->height);
  p.columns = GenDivider ((uint32_t)g->columns);
  p.items = (uint32_t)((gint64)g->columns * g->rows * g->height * (g->width / run));
  return p;
}

/* Whether every run of pixels is whole words of the frame. */
static gboolean
has_runs (const GenPictureGeometry *g)
{
  return g->width % RUN == 0 && g->stride % 4 == 0 && (!g->planar || g->plane_size % 4 == 0);
}

/* Elements of the wall, and frames: the grid has a row for each. */
static gboolean
is_small_enough (const GenPictureGeometry *g, guint frames)
{
  return frames < 65536 && (gint64)g->columns * g->rows * g->height * g->width <= GEN_WALK_MAX;
}

template <typename T, int N, int C>
static void
add_pack (GenCudaKernel *kernel, const Picture &p)
{
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    dim3 grid = gen_cuda_grid (p.items);

    grid.y = (unsigned)k.outputs.size ();
    gen_cuda_launch (
        pack<T, N, C>, grid, GEN_CUDA_BLOCK, stream, p, k.in<T> (0), (uint8_t *const *)k.frames);
  });
}

template <typename T, int N, int C>
static void
add_unpack (GenCudaKernel *kernel, const Picture &p)
{
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    dim3 grid = gen_cuda_grid (p.items);

    grid.y = (unsigned)k.inputs.size ();
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
  Picture p = picture_of (&g, x, has_runs (&g) ? RUN : 1);

  p.activation = kernel->node->activation;
  kernel->follows = GEN_CUDA_OUTPUTS;
  return gen_visit_floats (x->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    if (has_runs (&g))
      FOR_CHANNELS (add_pack, T, RUN)
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
  Picture p = picture_of (&g, y, has_runs (&g) ? RUN : 1);

  for (int c = 0; c < g.channels; c++) {
    p.geometry.scale[c] = 1 / g.scale[c];
    p.geometry.shift[c] = -g.shift[c] / g.scale[c];
  }
  kernel->follows = GEN_CUDA_INPUTS;
  return gen_visit_floats (y->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    if (has_runs (&g))
      FOR_CHANNELS (add_unpack, T, RUN)
    else
      FOR_CHANNELS (add_unpack, T, 1)
  });
}

extern const GenCudaOperator gen_cuda_picture_operators[] = {
  { "PackPicture", "generative", prepare_pack, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "UnpackPicture", "generative", prepare_unpack, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
