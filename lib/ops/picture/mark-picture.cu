/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of MaskPicture and MarkPicture. A thread copies a pixel, looks at a block, or
 * marks a pixel; the first pass reads frames by the table of addresses, the second writes them by
 * it. */
#include "../../device/cuda/cuda.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "mark-picture.h"
G_END_DECLS

__global__ void
copy_samples (GenMarkGeometry g, GenDivider row, const uint8_t *const *frames, uint8_t *samples,
    uint32_t items)
{
  for (GEN_CUDA_EACH (item, items)) {
    const uint32_t y = row.divide ((uint32_t)item), x = (uint32_t)item - y * row.divisor;

    samples[item] = frames[0][(size_t)y * g.stride + x];
  }
}

__global__ void
look (GenMarkGeometry g, GenDivider across, const uint8_t *const *frames, const int16_t *table,
    int16_t *looked, uint32_t items)
{
  for (GEN_CUDA_EACH (item, items)) {
    const uint32_t y = across.divide ((uint32_t)item), x = (uint32_t)item - y * across.divisor;

    looked[item] = gen_mark_look (&g, frames[0], table, (int)x, (int)y);
  }
}

__global__ void
take_least (
    GenMarkGeometry g, GenDivider across, const int16_t *looked, int16_t *gains, uint32_t items)
{
  for (GEN_CUDA_EACH (item, items)) {
    const uint32_t y = across.divide ((uint32_t)item), x = (uint32_t)item - y * across.divisor;

    gains[item] = gen_mark_least (&g, looked, (int)x, (int)y);
  }
}

__global__ void
mark (GenMarkGeometry g, GenDivider width, const uint8_t *samples, const int16_t *gains,
    const int8_t *pattern, uint8_t *const *frames, uint32_t items)
{
  for (GEN_CUDA_EACH (item, items)) {
    const uint32_t y = width.divide ((uint32_t)item), x = (uint32_t)item - y * width.divisor;

    gen_mark_pixel (&g, samples, gains, pattern, (int)x, (int)y, frames[0] + (size_t)y * g.stride);
  }
}

static gboolean
prepare_mask (GenCudaKernel *kernel, GError **error)
{
  GenMarkGeometry g;

  if (!gen_mask_geometry (kernel->node, &g, error) ||
      (gint64)g.height * g.width * g.channels > GEN_WALK_MAX)
    return FALSE;
  const uint32_t row = (uint32_t)(g.width * g.channels), bytes = (uint32_t)g.height * row;
  const uint32_t blocks = (uint32_t)(g.down * g.across);
  const gsize at = kernel->reserve (blocks * sizeof (int16_t));

  kernel->follows = GEN_CUDA_INPUTS;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (copy_samples, gen_cuda_grid (bytes), GEN_CUDA_BLOCK, stream, g,
        GenDivider (row), (const uint8_t *const *)k.frames, k.out<uint8_t> (0), bytes);
  });
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (look, gen_cuda_grid (blocks), GEN_CUDA_BLOCK, stream, g,
        GenDivider ((uint32_t)g.across), (const uint8_t *const *)k.frames, k.in<int16_t> (1),
        (int16_t *)((char *)k.scratch + at), blocks);
  });
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (take_least, gen_cuda_grid (blocks), GEN_CUDA_BLOCK, stream, g,
        GenDivider ((uint32_t)g.across), (const int16_t *)((char *)k.scratch + at),
        k.out<int16_t> (1), blocks);
  });
  return TRUE;
}

static gboolean
prepare_mark (GenCudaKernel *kernel, GError **error)
{
  GenMarkGeometry g;

  if (!gen_mark_geometry (kernel->node, &g, error) || (gint64)g.height * g.width > GEN_WALK_MAX)
    return FALSE;
  const uint32_t items = (uint32_t)g.height * (uint32_t)g.width;

  kernel->follows = GEN_CUDA_OUTPUTS;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (mark, gen_cuda_grid (items), GEN_CUDA_BLOCK, stream, g,
        GenDivider ((uint32_t)g.width), k.in<uint8_t> (0), k.in<int16_t> (1), k.in<int8_t> (2),
        (uint8_t *const *)k.frames, items);
  });
  return TRUE;
}

extern const GenCudaOperator gen_cuda_mark_picture_operators[] = {
  { "MaskPicture", "generative", prepare_mask },
  { "MarkPicture", "generative", prepare_mark },
  {},
};
