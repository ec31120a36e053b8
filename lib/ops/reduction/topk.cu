/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of TopK. A block has a row, whose elements it sorts (Batcher 1968); what its
 * shared memory does not hold comes piece by piece, to be sorted together with the best so far. */
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

#include <string.h>

G_BEGIN_DECLS
#include "topk.h"
G_END_DECLS

/* Elements that are sorted at once. */
#define ROOM 2048

/* Numbers as integers that sort as they do; NaN is above all, as on the CPU. */
static __device__ inline gint64
key_of (float x)
{
  const int bits = __float_as_int (x), magnitude = bits & 0x7fffffff;

  return magnitude > 0x7f800000 ? INT64_MAX : bits < 0 ? -(gint64)magnitude : (gint64)magnitude;
}

template <typename T>
static __device__ inline gint64
key_of (T x)
{
  return (gint64)x;
}

static __device__ inline bool
is_better (gint64 a, int32_t place_a, gint64 b, int32_t place_b)
{
  return a > b || (a == b && place_a < place_b);
}

/* Of `n` elements, a power of two, the best first. */
static __device__ inline void
sort (gint64 *keys, int32_t *places, int n)
{
  for (int size = 2; size <= n; size *= 2)
    for (int step = size / 2; step > 0; step /= 2) {
      __syncthreads ();
      for (int i = threadIdx.x; i < n / 2; i += blockDim.x) {
        const int a = i / step * 2 * step + i % step, b = a + step;
        const bool ascends = (a & size) != 0;

        if (is_better (keys[b], places[b], keys[a], places[a]) != ascends) {
          const gint64 key = keys[a];
          const int32_t place = places[a];

          keys[a] = keys[b];
          places[a] = places[b];
          keys[b] = key;
          places[b] = place;
        }
      }
    }
  __syncthreads ();
}

struct Rows {
  GenDivider inner;
  int n, k, room; /* room: elements that are sorted at once, a power of two */
  gint64 flip;    /* -1 turns the order around, 0 leaves it */
  uint32_t rows;
};

#define MOST_THREADS (4 * GEN_CUDA_BLOCK)

template <typename T>
__global__ void
__launch_bounds__ (MOST_THREADS) top (Rows r, const T *x, T *values, gint64 *indices)
{
  __shared__ gint64 keys[ROOM];
  __shared__ int32_t places[ROOM];

  for (uint32_t row = blockIdx.x; row < r.rows; row += gridDim.x) {
    const uint32_t outer = r.inner.divide (row), inner = row - outer * r.inner.divisor;
    const size_t stride = r.inner.divisor;
    const T *from = x + (size_t)outer * r.n * stride + inner;
    int kept = 0, next = 0;

    while (next < r.n) {
      __syncthreads ();
      for (int i = kept + threadIdx.x; i < r.room; i += blockDim.x) {
        const int place = next + i - kept;

        keys[i] = place < r.n ? key_of (gen_load (&from[place * stride])) ^ r.flip : INT64_MIN;
        places[i] = place < r.n ? place : INT32_MAX;
      }
      sort (keys, places, r.room);
      next += r.room - kept;
      kept = r.k;
    }
    for (int i = threadIdx.x; i < r.k; i += blockDim.x) {
      const size_t to = ((size_t)outer * r.k + i) * stride + inner;

      if (values != NULL)
        values[to] = from[places[i] * stride];
      if (indices != NULL)
        indices[to] = places[i];
    }
  }
}

static gboolean
topk (GenCudaKernel *kernel, GError **error)
{
  const GenShape *shape = &kernel->input (0)->shape;
  const gboolean indexed = kernel->node->outputs->len > 1 && kernel->output (1) != NULL;
  Rows r = {};
  gint64 k;
  int axis;

  if (!gen_topk_find (kernel->node, &axis, &k, error))
    return FALSE;
  const gint64 n = shape->dims[axis], inner = gen_shape_product (shape, axis + 1, shape->rank);
  const gint64 rows = gen_shape_product (shape, 0, axis) * inner;
  if (rows > GEN_WALK_MAX || n > GEN_WALK_MAX / 2 || (n > ROOM && k > ROOM / 2))
    return FALSE;
  r.inner = GenDivider ((uint32_t)MAX (inner, 1));
  r.n = (int)n;
  r.k = (int)k;
  r.room = 2;
  while (r.room < ROOM && r.room < r.n)
    r.room *= 2;
  r.flip = gen_node_int (kernel->node, "largest", 1) != 0 ? 0 : -1;
  r.rows = (uint32_t)rows;
  return gen_visit_numbers (kernel->input (0)->type, [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) T;
    const unsigned threads = (unsigned)CLAMP (r.room / 2, GEN_CUDA_BLOCK / 8, MOST_THREADS);

    if (rows > 0 && k > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &kn, cudaStream_t stream) {
        gen_cuda_launch (top<T>, gen_cuda_grid (rows, 1), threads, stream, r, kn.in<T> (0),
            kn.out<T> (0), indexed ? kn.out<gint64> (1) : NULL);
      });
  });
}

extern const GenCudaOperator gen_cuda_topk_operators[] = {
  { "TopK", NULL, topk },
  {},
};
