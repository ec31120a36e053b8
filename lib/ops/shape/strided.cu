/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of boxes on the device. What is copied to where, the CPU's half has worked out. */
#include "../../device/cuda/strided.h"

#include "../../device/cuda/operators.h"
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

#define TILE 32
#define TILE_ROWS 8
/* Matrices with fewer rows or columns would leave most of a tile empty. */
#define TILE_LEAST 8

template <typename T>
__global__ void
copy (GenWalk<2> walk, const T *from, T *to, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    GenOffsets<2> at = walk.offsets (i);

    to[at.of[1]] = from[at.of[0]];
  }
}

/* Matrices of which the rows of `from` become the columns of `to`: through a tile in shared
 * memory, so that both sides are read and written in whole lines. blockIdx.z is the matrix. */
template <typename T>
__global__ void
transpose (GenWalk<2> matrices, const T *from, gint64 from_step, T *to, gint64 to_step, int rows,
    int columns)
{
  __shared__ T tile[TILE][TILE + 1];
  const GenOffsets<2> at = matrices.offsets (blockIdx.z);
  const int row0 = blockIdx.y * TILE, column0 = blockIdx.x * TILE;

  for (int k = threadIdx.y; k < TILE; k += TILE_ROWS)
    if (row0 + threadIdx.x < rows && column0 + k < columns)
      tile[k][threadIdx.x] = from[at.of[0] + row0 + threadIdx.x + (column0 + k) * from_step];
  __syncthreads ();
  for (int k = threadIdx.y; k < TILE; k += TILE_ROWS)
    if (row0 + k < rows && column0 + threadIdx.x < columns)
      to[at.of[1] + (row0 + k) * to_step + column0 + threadIdx.x] = tile[threadIdx.x][k];
}

template <typename T>
static void
add_transpose (GenCudaKernel *kernel, const GenStrided *strided, const GenWalk<2> *walk,
    GenCudaFindBox find_from, GenCudaFindBox find_to)
{
  const int inner = strided->rank - 1;
  const int rows = (int)strided->dims[inner - 1], columns = (int)strided->dims[inner];
  const gint64 from_offset = strided->from_offset, to_offset = strided->to_offset;
  const gint64 from_step = strided->from[inner], to_step = strided->to[inner - 1];
  const dim3 grid (
      (columns + TILE - 1) / TILE, (rows + TILE - 1) / TILE, (unsigned)(strided->rows / rows));
  GenWalk<2> matrices = *walk;

  matrices.rank -= 2;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (transpose<T>, grid, dim3 (TILE, TILE_ROWS), stream, matrices,
        (const T *)find_from (k) + from_offset, from_step, (T *)find_to (k) + to_offset, to_step,
        rows, columns);
  });
}

static gboolean
is_even (const GenStrided *s)
{
  gboolean even = s->from_offset % 2 == 0 && s->to_offset % 2 == 0;

  for (int i = 0; i < s->rank - 1; i++)
    even &= s->from[i] % 2 == 0 && s->to[i] % 2 == 0;
  return even && s->dims[s->rank - 1] % 2 == 0;
}

/* Neighbours that lie side by side on both sides are moved as one, up to 16 bytes. */
static GenStrided
widen (const GenStrided *strided)
{
  GenStrided wide = *strided;
  int last = wide.rank - 1;

  if (wide.from[last] != 1 || wide.to[last] != 1)
    return wide;
  while (wide.size < 16 && is_even (&wide)) {
    wide.size *= 2;
    wide.dims[last] /= 2;
    wide.from_offset /= 2;
    wide.to_offset /= 2;
    for (int i = 0; i < last; i++) {
      wide.from[i] /= 2;
      wide.to[i] /= 2;
    }
  }
  return wide;
}

/* Matrices that fill tiles, in a grid that the device takes. */
static gboolean
goes_by_tiles (const GenStrided *strided)
{
  gint64 rows, columns;

  if (strided->turned < 0 || strided->turned != strided->rank - 2)
    return FALSE;
  rows = strided->dims[strided->rank - 2];
  columns = strided->dims[strided->rank - 1];
  return rows >= TILE_LEAST && columns >= TILE_LEAST && rows < 65536 * TILE &&
         (gint64)strided->rows / rows < 65536;
}

gboolean
gen_cuda_add_strided_between (GenCudaKernel *kernel, const GenStrided *narrow,
    GenCudaFindBox find_from, GenCudaFindBox find_to)
{
  const GenStrided strided = widen (narrow);
  const gsize n = strided.rows * strided.dims[strided.rank - 1];
  gint64 strides[2][GEN_MAX_RANK];
  GenWalk<2> walk;

  for (int i = 0; i < strided.rank; i++) {
    strides[0][i] = strided.from[i];
    strides[1][i] = strided.to[i];
  }
  if (!gen_walk_set<2> (&walk, strided.rank, strided.dims, strides))
    return FALSE;
  return gen_visit_wide (strided.size, [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    const gint64 from = strided.from_offset, to = strided.to_offset;

    if (n == 0)
      return;
    if (goes_by_tiles (&strided))
      add_transpose<T> (kernel, &strided, &walk, find_from, find_to);
    else
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (copy<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, walk,
            (const T *)find_from (k) + from, (T *)find_to (k) + to, n);
      });
  });
}

gboolean
gen_cuda_add_strided (GenCudaKernel *kernel, const GenStrided *strided, guint from, guint to)
{
  return gen_cuda_add_strided_between (
      kernel, strided, [from] (const GenCudaKernel &k) { return k.inputs[from]; },
      [to] (const GenCudaKernel &k) { return k.outputs[to]; });
}

gboolean
gen_cuda_prepare_strided (GenCudaKernel *kernel, const GenKernel *prepared)
{
  const GenStrided *strided = gen_strided_of (prepared);

  /* The CPU may see wider elements than there are. */
  return strided != NULL && strided->size == gen_data_type_size (kernel->output (0)->type) &&
         gen_cuda_add_strided (kernel, strided, 0, 0);
}
