/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of boxes on the device. What is copied to where, the CPU's half has worked out. */
#include "../device/cuda/operators.h"
#include "../device/cuda/types.h"
#include "../device/cuda/walk.h"

G_BEGIN_DECLS
#include "strided.h"
G_END_DECLS

#define TILE 32
#define TILE_ROWS 8

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
add_transpose (GenCudaKernel *kernel, const GenStrided *strided, const GenWalk<2> *walk)
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
        k.in<T> (0) + from_offset, from_step, k.out<T> (0) + to_offset, to_step, rows, columns);
  });
}

gboolean
gen_cuda_add_strided (GenCudaKernel *kernel, const GenStrided *strided)
{
  gsize n = strided->rows * strided->dims[strided->rank - 1];
  gint64 strides[2][GEN_MAX_RANK];
  GenWalk<2> walk;

  for (int i = 0; i < strided->rank; i++) {
    strides[0][i] = strided->from[i];
    strides[1][i] = strided->to[i];
  }
  if (!gen_walk_set<2> (&walk, strided->rank, strided->dims, strides))
    return FALSE;
  return gen_visit_sizes (strided->size, [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    const gint64 from = strided->from_offset, to = strided->to_offset;
    const gsize matrices =
        strided->transposes && n > 0 ? strided->rows / strided->dims[strided->rank - 2] : 0;

    if (n == 0)
      return;
    if (strided->transposes && matrices < 65536 && strided->dims[strided->rank - 2] < 65536 * TILE)
      add_transpose<T> (kernel, strided, &walk);
    else
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (copy<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, walk,
            k.in<T> (0) + from, k.out<T> (0) + to, n);
      });
  });
}

gboolean
gen_cuda_prepare_strided (GenCudaKernel *kernel, const GenKernel *prepared)
{
  const GenStrided *strided = gen_strided_of (prepared);

  return strided != NULL && gen_cuda_add_strided (kernel, strided);
}
