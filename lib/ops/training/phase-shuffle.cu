/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of PhaseShuffle and its gradient. */
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

/* As the CPU has it. */
static __device__ inline int
shift_of (float draw, int most)
{
  const int place = (int)(draw * (float)(2 * most + 1));

  return (place < 0 ? 0 : place > 2 * most ? 2 * most : place) - most;
}

/* Where each element lies. */
struct Rows {
  GenDivider length, channels, draws;
  int most;
};

static __device__ inline int
find (const Rows &rows, const float *draws, uint32_t i, int *t)
{
  const uint32_t row = rows.length.divide (i), item = rows.channels.divide (row);
  const uint32_t draw = item - rows.draws.divide (item) * rows.draws.divisor;

  *t = (int)(i - row * rows.length.divisor);
  return shift_of (draws[draw], rows.most);
}

__global__ void
shuffle (Rows rows, const float *x, const float *draws, float *y, size_t n)
{
  const int last = (int)rows.length.divisor - 1;

  for (GEN_CUDA_EACH (i, n)) {
    int t, from;

    from = find (rows, draws, (uint32_t)i, &t);
    from += t;
    from = from < 0 ? -from : from > last ? 2 * last - from : from;
    y[i] = x[(gint64)i + from - t];
  }
}

__global__ void
shuffle_back (Rows rows, const float *dy, const float *draws, float *dx, size_t n)
{
  const int last = (int)rows.length.divisor - 1;

  for (GEN_CUDA_EACH (i, n)) {
    int t;
    const int shift = find (rows, draws, (uint32_t)i, &t);
    const int straight = t - shift, before = -t - shift, behind = 2 * last - t - shift;
    const float *row = dy + ((gint64)i - t);
    float sum = straight >= 0 && straight <= last ? row[straight] : 0.0f;

    /* What was read a second time, by reflection at the one end or the other. */
    if (t > 0 && before >= 0)
      sum += row[before];
    if (t < last && behind <= last)
      sum += row[behind];
    dx[i] = sum;
  }
}

static gboolean
prepare (GenCudaKernel *kernel, bool back)
{
  const GenShape *shape = &kernel->input (0)->shape;
  const gsize n = gen_cuda_elements (kernel->input (0));
  const gint64 draws = kernel->input (1)->shape.dims[0];
  const int most = (int)gen_node_int (kernel->node, "n", 0);

  if (n > (gsize)GEN_WALK_MAX || kernel->input (0)->type != GEN_TYPE_FLOAT32)
    return FALSE;
  const Rows rows = { GenDivider ((uint32_t)shape->dims[2]), GenDivider ((uint32_t)shape->dims[1]),
    GenDivider ((uint32_t)draws), most };
  if (n > 0)
    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (back ? shuffle_back : shuffle, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream,
          rows, k.in<float> (0), k.in<float> (1), k.out<float> (0), n);
    });
  return TRUE;
}

static gboolean
phase_shuffle (GenCudaKernel *kernel, GError **error)
{
  return prepare (kernel, false);
}

static gboolean
phase_shuffle_gradient (GenCudaKernel *kernel, GError **error)
{
  return prepare (kernel, true);
}

extern const GenCudaOperator gen_cuda_phase_shuffle_operators[] = {
  { "PhaseShuffle", "generative", phase_shuffle },
  { "PhaseShuffleGradient", "generative", phase_shuffle_gradient },
  {},
};
