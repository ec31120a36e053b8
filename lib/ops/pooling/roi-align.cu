/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of RoiAlign: a thread a cell of a channel. */
#include "../indexing/indices-places.h"

#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "roi-align.h"
G_END_DECLS

__global__ void
align (GenRoiAlign a, GenIndices items, GenDivider columns, GenDivider rows, GenDivider channels,
    const float *x, const float *rois, float *out, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t line = columns.divide ((uint32_t)i), plane = rows.divide (line);
    const uint32_t roi = channels.divide (plane), channel = plane - roi * channels.divisor;
    const GenRoi region = gen_roi_of (&a, rois + 4 * (size_t)roi);
    const size_t item = items.get (roi, a.batch);

    out[i] = gen_roi_cell (&a, &region, x + (item * a.channels + channel) * a.height * a.width,
        line - plane * rows.divisor, (uint32_t)i - line * columns.divisor);
  }
}

static gboolean
prepare (GenCudaKernel *kernel, GError **error)
{
  const gsize n = gen_cuda_elements (kernel->output (0));
  GenRoiAlign a;

  if (!gen_roi_align_init (&a, kernel->node, error) || n > GEN_WALK_MAX)
    return FALSE;
  const GenIndices items (kernel->input (2), a.batch);
  if (n > 0)
    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (align, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, a, items.at (k.inputs[2]),
          GenDivider ((uint32_t)a.out_width), GenDivider ((uint32_t)a.out_height),
          GenDivider ((uint32_t)a.channels), k.in<float> (0), k.in<float> (1), k.out<float> (0), n);
    });
  return TRUE;
}

extern const GenCudaOperator gen_cuda_roi_align_operators[] = {
  { "RoiAlign", NULL, prepare },
  {},
};
