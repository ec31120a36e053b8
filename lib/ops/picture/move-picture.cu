/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of MovePicture and ColourPicture. A thread does a pixel of a plane; the first
 * pass reads frames by the table of addresses, the second writes them by it. */
#include "../../device/cuda/cuda.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "move-picture.h"
G_END_DECLS

__global__ void
move (GenMoveGeometry g, GenDivider width, const uint8_t *const *frames, const GenPictureWork *work,
    uint8_t *out, uint32_t items)
{
  for (GEN_CUDA_EACH (item, items)) {
    const uint32_t y = width.divide ((uint32_t)item), x = (uint32_t)item - y * width.divisor;

    gen_move_pixel (&work->moves[g.plane], &g, frames[0], (int)x, (int)y, out + item * g.channels);
  }
}

__global__ void
colour (GenColourGeometry g, GenDivider width, const GenColourPlanes from, int plane,
    const GenPictureWork *work, uint8_t *const *frames, uint32_t items)
{
  for (GEN_CUDA_EACH (item, items)) {
    const uint32_t y = width.divide ((uint32_t)item), x = (uint32_t)item - y * width.divisor;

    gen_colour_place (
        work, &g, &from, plane, (int)x, (int)y, frames[plane] + (size_t)y * g.strides[plane]);
  }
}

static gboolean
prepare_move (GenCudaKernel *kernel, GError **error)
{
  GenMoveGeometry g;

  if (!gen_move_geometry (kernel->node, &g, error) || (gint64)g.height * g.width > GEN_WALK_MAX)
    return FALSE;
  const uint32_t items = (uint32_t)g.height * (uint32_t)g.width;

  kernel->follows = GEN_CUDA_INPUTS;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (move, gen_cuda_grid (items), GEN_CUDA_BLOCK, stream, g,
        GenDivider ((uint32_t)g.width), (const uint8_t *const *)k.frames, k.in<GenPictureWork> (1),
        k.out<uint8_t> (0), items);
  });
  return TRUE;
}

static gboolean
prepare_colour (GenCudaKernel *kernel, GError **error)
{
  GenColourGeometry g;

  if (!gen_colour_geometry (kernel->node, &g, error) || (gint64)g.height * g.width > GEN_WALK_MAX)
    return FALSE;
  kernel->follows = GEN_CUDA_OUTPUTS;
  for (int plane = 0; plane < g.n_planes; plane++)
    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      const uint32_t width = (uint32_t)gen_colour_columns (&g, plane);
      const uint32_t items = (uint32_t)gen_colour_rows (&g, plane) * width;
      GenColourPlanes from = {};

      for (int p = 0; p < g.n_planes; p++)
        from.planes[p] = k.in<uint8_t> ((guint)p);
      gen_cuda_launch (colour, gen_cuda_grid (items), GEN_CUDA_BLOCK, stream, g, GenDivider (width),
          from, plane, k.in<GenPictureWork> ((guint)g.n_planes), (uint8_t *const *)k.frames, items);
    });
  return TRUE;
}

extern const GenCudaOperator gen_cuda_move_picture_operators[] = {
  { "MovePicture", "generative", prepare_move },
  { "ColourPicture", "generative", prepare_colour },
  {},
};
