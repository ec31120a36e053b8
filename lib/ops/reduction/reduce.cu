/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of reductions. Where elements that go into one result lie side by side, a
 * team of threads has a result; else threads side by side have results side by side. Where there
 * are too few results for the device, each is cut, and a second kernel puts the pieces together. */
#include "../../device/cuda/reduction.h"

#include <math.h>

#include <limits>

#include "../../device/cuda/elementwise.h"
#include "../../device/cuda/reduce.h"

/* COMBINE: the way of combining, or -1 for what `r` says. */
template <typename A, int COMBINE> struct Reducer {
  GenCudaReduction r;
  A initial;
  A none; /* of an integer, the logarithm that there is not */

  explicit Reducer (const GenCudaReduction &reduction)
      : r (reduction), initial (0), none (std::numeric_limits<A>::lowest ())
  {
    typedef std::numeric_limits<A> Limits;

    if (r.combine == GEN_COMBINE_TIMES)
      initial = 1;
    else if (r.combine == GEN_COMBINE_MAX)
      initial = Limits::has_infinity ? -Limits::infinity () : Limits::lowest ();
    else if (r.combine == GEN_COMBINE_MIN)
      initial = Limits::has_infinity ? Limits::infinity () : Limits::max ();
  }

  __device__ inline A map (A x) const
  {
    if (r.map == GEN_MAP_MAGNITUDE)
      return x < 0 ? (A)-x : x;
    return r.map == GEN_MAP_SQUARE ? (A)(x * x) : x;
  }

  /* What is not a number stays so. */
  __device__ inline A operator() (A a, A b) const
  {
    switch (COMBINE >= 0 ? COMBINE : (int)r.combine) {
    case GEN_COMBINE_ADD:
      return (A)(a + b);
    case GEN_COMBINE_TIMES:
      return (A)(a * b);
    case GEN_COMBINE_MAX:
      return b > a || b != b ? b : a;
    default:
      return b < a || b != b ? b : a;
    }
  }

  __device__ inline A finish (A a) const
  {
    switch (r.finish) {
    case GEN_FINISH_MEAN:
      return (A)(a / r.count);
    case GEN_FINISH_ROOT:
      return (A)sqrt ((double)a);
    case GEN_FINISH_LOG:
      return std::is_integral<A>::value && a <= 0 ? none : (A)log ((double)a);
    default:
      return a;
    }
  }
};

struct Extents {
  GenWalk<2> kept;  /* through operand and result */
  GenWalk<1> taken; /* through what goes into one result */
  uint32_t outputs, count;
  int is_vector; /* what goes into a result lies in whole packs */
};

/* The share of `n` that piece blockIdx.y has. */
struct Share {
  uint32_t first, end;

  __device__ inline Share (uint32_t n)
      : first ((uint32_t)((uint64_t)n * blockIdx.y / gridDim.y)),
        end ((uint32_t)((uint64_t)n * (blockIdx.y + 1) / gridDim.y))
  {
  }
};

template <typename T, typename A, typename R>
static __device__ inline void
store_result (const R &reducer, const Extents &e, uint32_t output, A value, T *y, A *pieces)
{
  if (pieces != NULL)
    pieces[(size_t)blockIdx.y * e.outputs + output] = value;
  else
    gen_store (&y[e.kept.offsets (output).of[1]], reducer.finish (value));
}

/* A team has a result. */
template <typename T, typename A, int COMBINE>
__global__ void
reduce_rows (Reducer<A, COMBINE> reducer, Extents e, const T *x, T *y, A *pieces)
{
  const int N = GEN_PACK_BYTES / (int)sizeof (T);
  const Share share (e.is_vector ? e.count / N : e.count);

  for (GEN_CUDA_EACH_ROW (output, e.outputs)) {
    const T *from = x + e.kept.offsets (output).of[0];
    A total = reducer.initial;

    if (e.is_vector)
      for (uint32_t i = share.first + threadIdx.x; i < share.end; i += blockDim.x) {
        const GenPack<T, N> pack = ((const GenPack<T, N> *)from)[i];

        for (int k = 0; k < N; k++)
          total = reducer (total, reducer.map (gen_load (&pack.at[k])));
      }
    else
      for (uint32_t i = share.first + threadIdx.x; i < share.end; i += blockDim.x)
        total = reducer (total, reducer.map (gen_load (&from[e.taken.offsets (i).of[0]])));
    total = gen_team_reduce (total, reducer);
    if (threadIdx.x == 0)
      store_result (reducer, e, (uint32_t)output, total, y, pieces);
  }
}

/* A column of a block's threads has a result. */
template <typename T, typename A, int COMBINE>
__global__ void
reduce_columns (Reducer<A, COMBINE> reducer, Extents e, const T *x, T *y, A *pieces)
{
  const Share share (e.count);

  for (uint32_t at = blockIdx.x * blockDim.x; at < e.outputs; at += gridDim.x * blockDim.x) {
    const uint32_t output = at + threadIdx.x;
    A total = reducer.initial;

    if (output < e.outputs) {
      const T *from = x + e.kept.offsets (output).of[0];

#pragma unroll 4
      for (uint32_t i = share.first + threadIdx.y; i < share.end; i += blockDim.y)
        total = reducer (total, reducer.map (gen_load (&from[e.taken.offsets (i).of[0]])));
    }
    total = gen_column_reduce (total, reducer);
    if (threadIdx.y == 0 && output < e.outputs)
      store_result (reducer, e, output, total, y, pieces);
  }
}

/* A warp has a result. */
template <typename T, typename A, int COMBINE>
__global__ void
join (Reducer<A, COMBINE> reducer, Extents e, const A *pieces, unsigned n, T *y)
{
  for (GEN_CUDA_EACH_ROW (output, e.outputs)) {
    A total = reducer.initial;

    for (unsigned i = threadIdx.x; i < n; i += blockDim.x)
      total = reducer (total, pieces[(size_t)i * e.outputs + output]);
    total = gen_team_reduce (total, reducer);
    if (threadIdx.x == 0)
      gen_store (&y[e.kept.offsets (output).of[1]], reducer.finish (total));
  }
}

/* --- preparing --- */

static gboolean
find_extents (const GenReduceGroup *groups, int n, Extents *e)
{
  gint64 kept[GEN_MAX_RANK] = { 1 }, taken[GEN_MAX_RANK] = { 1 }, outputs = 1, count = 1;
  gint64 kept_strides[2][GEN_MAX_RANK] = {}, taken_strides[1][GEN_MAX_RANK] = {};
  int n_kept = 0, n_taken = 0;

  for (int i = 0; i < n; i++)
    if (groups[i].reduced) {
      taken_strides[0][n_taken] = groups[i].from;
      count *= taken[n_taken++] = groups[i].extent;
    } else {
      kept_strides[0][n_kept] = groups[i].from;
      kept_strides[1][n_kept] = groups[i].to;
      outputs *= kept[n_kept++] = groups[i].extent;
    }
  if (outputs > GEN_WALK_MAX || count > GEN_WALK_MAX ||
      !gen_walk_set<2> (&e->kept, MAX (n_kept, 1), kept, kept_strides) ||
      !gen_walk_set<1> (&e->taken, MAX (n_taken, 1), taken, taken_strides))
    return FALSE;
  e->outputs = (uint32_t)outputs;
  e->count = (uint32_t)count;
  return TRUE;
}

static gboolean
is_vector (const Extents *e, int pack)
{
  if (e->taken.rank != 1 || e->taken.strides[0][0] != 1 || e->count % pack != 0)
    return FALSE;
  for (int i = 0; i < e->kept.rank; i++)
    if (e->kept.strides[0][i] % pack != 0)
      return FALSE;
  return TRUE;
}

template <typename T, int COMBINE>
static void
add (GenCudaKernel *kernel, const GenCudaReduction *reduction, Extents e, gboolean rows)
{
  typedef typename GenComputed<T>::Type A;
  const Reducer<A, COMBINE> reducer (*reduction);
  const GenCudaTeams teams (e.outputs, e.count), joiners (e.outputs, 1);
  const unsigned lanes = gen_cuda_lanes (e.outputs);
  const dim3 block = rows ? teams.block : dim3 (lanes, GEN_CUDA_BLOCK / lanes);
  dim3 grid = rows ? teams.grid : gen_cuda_grid (e.outputs, (int)lanes);
  const unsigned splits = gen_cuda_splits (kernel->device, grid.x, e.count, 2048);
  const auto own = rows ? reduce_rows<T, A, COMBINE> : reduce_columns<T, A, COMBINE>;

  e.is_vector = rows && is_vector (&e, GEN_PACK_BYTES / (int)sizeof (T));
  grid.y = splits;
  if (splits > 1)
    kernel->scratch_size = MAX (kernel->scratch_size, (gsize)splits * e.outputs * sizeof (A));
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    A *pieces = splits > 1 ? (A *)k.scratch : NULL;

    gen_cuda_launch (own, grid, block, stream, reducer, e, k.in<T> (0), k.out<T> (0), pieces);
    if (splits > 1)
      gen_cuda_launch (join<T, A, COMBINE>, joiners.grid, joiners.block, stream, reducer, e, pieces,
          splits, k.out<T> (0));
  });
}

gboolean
gen_cuda_add_reduction (GenCudaKernel *kernel, const GenCudaReduction *reduction,
    const GenReduceGroup *groups, int n_groups)
{
  const gboolean rows = groups[n_groups - 1].reduced;
  const gboolean adds = reduction->combine == GEN_COMBINE_ADD;
  const GenDataType type = kernel->output (0)->type;
  Extents e = {};

  if (!find_extents (groups, n_groups, &e) ||
      (adds && gen_data_type_size (type) == 1 /* as on the CPU */))
    return FALSE;
  if (e.outputs == 0)
    return TRUE;
  const auto visit = [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) T;

    if (adds)
      add<T, GEN_COMBINE_ADD> (kernel, reduction, e, rows);
    else
      add<T, -1> (kernel, reduction, e, rows);
  };
  return gen_visit_numbers (type, visit) || gen_visit_doubles (type, visit);
}

static gboolean
reduce (GenCudaKernel *kernel, GenCudaMap map, GenCudaCombine combine, GenCudaFinish finish,
    GError **error)
{
  const GenCudaReduction reduction = { map, combine, finish,
    (double)gen_reduce_count (kernel->node) };
  GenReduceGroup groups[GEN_MAX_RANK];
  gboolean reduced[GEN_MAX_RANK];

  if (!gen_reduce_axes (kernel->node, reduced, error))
    return FALSE;
  return gen_cuda_add_reduction (
      kernel, &reduction, groups, gen_reduce_groups (kernel->node, reduced, groups));
}

#define REDUCE(name, map, combine, finish)                                                         \
  static gboolean name (GenCudaKernel *kernel, GError **error)                                     \
  {                                                                                                \
    return reduce (kernel, GEN_MAP_##map, GEN_COMBINE_##combine, GEN_FINISH_##finish, error);      \
  }

REDUCE (l1, MAGNITUDE, ADD, NONE)
REDUCE (l2, SQUARE, ADD, ROOT)
REDUCE (log_sum, NONE, ADD, LOG)
REDUCE (maximum, NONE, MAX, NONE)
REDUCE (mean, NONE, ADD, MEAN)
REDUCE (minimum, NONE, MIN, NONE)
REDUCE (product, NONE, TIMES, NONE)
REDUCE (sum, NONE, ADD, NONE)
REDUCE (sum_square, SQUARE, ADD, NONE)

extern const GenCudaOperator gen_cuda_reduce_operators[] = {
  { "ReduceL1", NULL, l1 },
  { "ReduceL2", NULL, l2 },
  { "ReduceLogSum", NULL, log_sum },
  { "ReduceMax", NULL, maximum },
  { "ReduceMean", NULL, mean },
  { "ReduceMin", NULL, minimum },
  { "ReduceProd", NULL, product },
  { "ReduceSum", NULL, sum },
  { "ReduceSumSquare", NULL, sum_square },
  {},
};
