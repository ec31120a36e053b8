/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of ReverseSequence. */
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "reverse-sequence.h"
G_END_DECLS

/* Rows of `inner` elements, `columns` of them an index of the first axis; time is the first or the
 * second of the two. */
template <typename T>
__global__ void
reverse (GenDivider columns, GenDivider inner, int time, int steps, const T *x,
    const gint64 *lengths, T *y, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t row = inner.divide ((uint32_t)i), first = columns.divide (row);
    const uint32_t second = row - first * columns.divisor;
    const gint64 at = time == 0 ? first : second;
    gint64 length = lengths[time == 0 ? second : first], from = at;

    length = length < 0 ? 0 : length < steps ? length : steps;
    if (at < length)
      from = length - 1 - at;
    y[i] = x[(gint64)i + (from - at) * (gint64)inner.divisor * (time == 0 ? columns.divisor : 1)];
  }
}

static gboolean
reverse_sequence (GenCudaKernel *kernel, GError **error)
{
  const GenShape *shape = &kernel->input (0)->shape;
  gsize size = gen_data_type_size (kernel->input (0)->type);
  gint64 inner = gen_shape_product (shape, 2, shape->rank);
  int time, batch;

  if (!gen_reverse_sequence_axes (kernel->node, &time, &batch, error) ||
      gen_cuda_elements (kernel->input (0)) > (gsize)GEN_WALK_MAX)
    return FALSE;
  while (inner % 2 == 0 && size > 0 && size < 16) {
    inner /= 2;
    size *= 2;
  }
  const gsize n = shape->dims[0] * shape->dims[1] * inner;
  const gint64 columns = shape->dims[1];
  const int steps = (int)shape->dims[time];
  return gen_visit_wide (size, [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) T;

    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (reverse<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream,
            GenDivider ((uint32_t)columns), GenDivider ((uint32_t)inner), time, steps, k.in<T> (0),
            k.in<gint64> (1), k.out<T> (0), n);
      });
  });
}

extern const GenCudaOperator gen_cuda_reverse_sequence_operators[] = {
  { "ReverseSequence", NULL, reverse_sequence },
  {},
};
