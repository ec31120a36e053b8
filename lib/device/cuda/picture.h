/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kernels of pictures at the edge of a graph share. */
#pragma once

#include "activation.h"
#include "elementwise.h"

G_BEGIN_DECLS
#include "../../ops/picture/picture.h"
G_END_DECLS

/* Pixels of a thread where there are whole words. */
#define GEN_CUDA_RUN 4

typedef struct {
  GenPictureGeometry geometry;
  GenActivation activation;
  gboolean channels_last;
  GenDivider width, height, columns; /* of a picture, in runs and rows; and of the wall */
  uint32_t items;                    /* of work in the wall */
} GenCudaPicture;

/* What is kept of frame `frame`, as `kept` has it (gen_picture_part); all where that is NULL. */
static __device__ inline GenPicturePart
gen_cuda_part (const GenPictureGeometry &g, const int32_t *kept, size_t frame)
{
  const int rows = g.rows * g.height, columns = g.columns * g.width;
  GenPicturePart part = { 0, 0, rows, columns };

  if (kept == NULL)
    return part;
  part.top = kept[4 * frame] < 0 ? 0 : kept[4 * frame] > rows ? rows : kept[4 * frame];
  part.left = kept[4 * frame + 1] < 0         ? 0
              : kept[4 * frame + 1] > columns ? columns
                                              : kept[4 * frame + 1];
  part.height = kept[4 * frame + 2] < rows - part.top ? kept[4 * frame + 2] : rows - part.top;
  part.width =
      kept[4 * frame + 3] < columns - part.left ? kept[4 * frame + 3] : columns - part.left;
  return part;
}

/* Of `rows` rows in a plane, where the topmost lies (gen_picture_topmost). */
static __device__ inline size_t
gen_cuda_topmost (gssize stride, int rows)
{
  return stride < 0 && rows > 0 ? (size_t)(rows - 1) * (size_t)-stride : 0;
}

/* N numbers in a row; a row of GEN_CUDA_RUN begins where whole packs may be read. */
template <typename T, int N>
static __device__ inline void
gen_load_run (const T *from, float *to)
{
  const int PACK = N % GEN_CUDA_RUN == 0 ? GEN_CUDA_RUN : 1;

  for (int i = 0; i < N; i += PACK) {
    const GenPack<T, PACK> pack = *(const GenPack<T, PACK> *)(from + i);

    for (int k = 0; k < PACK; k++)
      to[i + k] = gen_load (&pack.at[k]);
  }
}

template <typename T, int N>
static __device__ inline void
gen_store_run (T *to, const float *from)
{
  const int PACK = N % GEN_CUDA_RUN == 0 ? GEN_CUDA_RUN : 1;

  for (int i = 0; i < N; i += PACK) {
    GenPack<T, PACK> pack;

    for (int k = 0; k < PACK; k++)
      gen_store (&pack.at[k], from[i + k]);
    *(GenPack<T, PACK> *)(to + i) = pack;
  }
}

/* A level that a byte can hold. What is not a number becomes black. */
static __device__ inline float
gen_level_of (float v)
{
  v = v > 0.0f ? v : 0.0f;
  return v < 255.0f ? v : 255.0f;
}

/* N bytes in a row. */
template <int N>
static __device__ inline void
gen_store_bytes (uint8_t *to, const uint32_t *bytes)
{
  if constexpr (N % GEN_CUDA_RUN == 0) {
    for (int i = 0; i < N; i += 4)
      *(uint32_t *)(to + i) =
          bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
  } else {
    for (int i = 0; i < N; i++)
      to[i] = (uint8_t)bytes[i];
  }
}

/* What PackPicture keeps of each frame; NULL: all. */
static inline const int32_t *
gen_cuda_kept (const GenCudaKernel &kernel)
{
  return gen_node_input (kernel.node, 1) != NULL ? kernel.in<int32_t> (1) : NULL;
}

/* Whether every run of pixels is whole words of the frame. */
static inline gboolean
gen_cuda_has_runs (const GenPictureGeometry *g)
{
  return g->width % GEN_CUDA_RUN == 0 && g->stride % 4 == 0 && g->chroma_stride % 4 == 0;
}

/* Those of `g` whose numbers are `numbers`, `run` pixels of a row at a time. */
static inline GenCudaPicture
gen_cuda_picture_of (const GenPictureGeometry *g, const GenTensor *numbers, int run)
{
  GenCudaPicture p = {};

  p.geometry = *g;
  p.channels_last = numbers->layout == GEN_LAYOUT_CHANNELS_LAST && g->channels > 1;
  p.width = GenDivider ((uint32_t)(g->width / run));
  p.height = GenDivider ((uint32_t)g->height);
  p.columns = GenDivider ((uint32_t)g->columns);
  p.items = (uint32_t)((gint64)g->columns * g->rows * g->height * (g->width / run));
  return p;
}

/* The parts of PackPicture and UnpackPicture for a geometry that has a colour (ycbcr.cu). */
gboolean gen_cuda_add_pack_ycbcr (GenCudaKernel *kernel, const GenPictureGeometry *geometry);
gboolean gen_cuda_add_unpack_ycbcr (GenCudaKernel *kernel, const GenPictureGeometry *geometry);
