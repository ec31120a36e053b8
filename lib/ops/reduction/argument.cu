/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of ArgMax and ArgMin: elements are compared by integers that sort as they
 * do, with those that are not numbers above all others. */
#include "../../device/cuda/reduce.h"
#include "../../device/cuda/types.h"

struct Argument {
  int64_t flip; /* -1 turns the order of keys around, 0 leaves it */
  int last;
  size_t outer, n, inner;
};

struct Found {
  int64_t key, where;
};

template <typename T>
static __device__ inline int64_t
key_of (T x)
{
  return (int64_t)x;
}

static __device__ inline int64_t
key_of (float x)
{
  const int bits = __float_as_int (x);
  const int64_t magnitude = bits & 0x7fffffff;

  return magnitude > 0x7f800000 ? 0x7fffffff : bits < 0 ? -magnitude : magnitude;
}

/* Of equals the first counts, or the last. */
struct Better {
  int last;

  __device__ inline Found operator() (Found a, Found b) const
  {
    if (a.where < 0 || b.where < 0)
      return a.where < 0 ? b : a;
    if (a.key != b.key)
      return a.key > b.key ? a : b;
    return (a.where < b.where) != (last != 0) ? a : b;
  }
};

template <typename T>
static __device__ inline Found
look (const Argument &a, const T *x, size_t first, size_t step)
{
  const Better better = { a.last };
  Found best = { 0, -1 };

  for (size_t i = first; i < a.n; i += step) {
    const Found next = { key_of (gen_load (&x[i * a.inner])) ^ a.flip, (int64_t)i };

    best = better (best, next);
  }
  return best;
}

/* A team has a row. */
template <typename T>
__global__ void
look_rows (Argument a, const T *x, int64_t *out)
{
  for (GEN_CUDA_EACH_ROW (row, a.outer * a.inner)) {
    const size_t at = row / a.inner * a.n * a.inner + row % a.inner;
    const Found best =
        gen_team_reduce (look (a, x + at, threadIdx.x, blockDim.x), Better{ a.last });

    if (threadIdx.x == 0)
      out[row] = best.where;
  }
}

/* A thread has a row, whose elements lie apart. */
template <typename T>
__global__ void
look_alone (Argument a, const T *x, int64_t *out)
{
  for (GEN_CUDA_EACH (row, a.outer * a.inner)) {
    const size_t at = row / a.inner * a.n * a.inner + row % a.inner;

    out[row] = look (a, x + at, 0, 1).where;
  }
}

static gboolean
prepare (GenCudaKernel *kernel, gboolean largest)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = kernel->input (0);
  const int axis = gen_axis (gen_node_int (node, "axis", 0), x->shape.rank);
  Argument a = {};

  a.flip = largest ? 0 : -1;
  a.last = gen_node_int (node, "select_last_index", 0) != 0;
  a.outer = gen_shape_product (&x->shape, 0, axis);
  a.n = x->shape.dims[axis];
  a.inner = gen_shape_product (&x->shape, axis + 1, x->shape.rank);
  return gen_visit_numbers (x->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    const size_t rows = a.outer * a.inner;
    const GenCudaTeams teams (rows, a.n);
    const gboolean alone = a.inner >= GEN_WARP;

    if (rows > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (alone ? look_alone<T> : look_rows<T>,
            alone ? gen_cuda_grid (rows) : teams.grid, alone ? dim3 (GEN_CUDA_BLOCK) : teams.block,
            stream, a, k.in<T> (0), k.out<int64_t> (0));
      });
  });
}

static gboolean
largest (GenCudaKernel *kernel, GError **error)
{
  return prepare (kernel, TRUE);
}

static gboolean
smallest (GenCudaKernel *kernel, GError **error)
{
  return prepare (kernel, FALSE);
}

extern const GenCudaOperator gen_cuda_argument_operators[] = {
  { "ArgMax", NULL, largest },
  { "ArgMin", NULL, smallest },
  {},
};
