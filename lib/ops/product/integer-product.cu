/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of IntegerProduct and ConvInteger: exact products of 8-bit numbers, four at a
 * time. Unsigned ones are taken as signed, less 128, as their zero points are. With zero points p
 * and q, the sum of (a - p) (b - q) is that of a b, less p times that of b and q times that of a,
 * and p q for each term. */
#include "../../device/cuda/cuda.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "../convolution/convolve.h"
G_END_DECLS

#define TILE 64
#define SIDE 16
#define ROWS (TILE / SIDE)
#define CHUNK 8 /* of four terms, at a time */

/* Zero points of the rows of A or columns of B, of all batches. */
struct Zeros {
  int stride;
  gint64 batch_stride;
  int flip; /* 128 for unsigned numbers: what their highest bit is turned by */
};

struct Extents {
  int m, n, k;
  gint64 a_step, out_step; /* from batch to batch */
  GenDivider a_batches;    /* of A, which are used again and again */
  Zeros a_zeros, b_zeros;
};

/* Four bytes as signed numbers. */
static __device__ inline int
pack (const uint8_t bytes[4])
{
  return (int)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
               (uint32_t)bytes[3] << 24);
}

static __device__ inline int
zero_of (const Zeros &z, const uint8_t *zeros, size_t batch, int i)
{
  const uint8_t raw = zeros != NULL ? zeros[batch * z.batch_stride + i * z.stride] : 0;

  return (int8_t)(raw ^ z.flip);
}

/* A plain matrix [k, n]. */
struct Matrix {
  const uint8_t *data;
  gint64 step;
  int n;

  struct Column {
    const uint8_t *from;
    int n;

    __device__ inline uint8_t operator() (int k) const
    {
      return from[(size_t)k * n];
    }
  };

  __device__ inline Column column (size_t batch, int j, uint8_t) const
  {
    return { data + batch * step + j, n };
  }
};

/* What windows see of a picture, [channels * taps, places]; beyond its borders is the zero point.
 */
struct Windows {
  const uint8_t *data;
  gint64 item_step; /* of a group of an item */
  int in[3], strides[3], dilations[3], before[3];
  GenDivider kernel[3], out[3];

  struct Column {
    const Windows *windows;
    const uint8_t *from;
    int start[3];
    uint8_t padding;

    __device__ inline uint8_t operator() (int k) const
    {
      const Windows &w = *windows;
      uint32_t rest = (uint32_t)k;
      size_t place = 0, step = 1;

      for (int i = 2; i >= 0; i--) {
        const uint32_t outer = w.kernel[i].divide (rest);
        const int at = start[i] + (int)(rest - outer * w.kernel[i].divisor) * w.dilations[i];

        if (at < 0 || at >= w.in[i])
          return padding;
        place += at * step;
        step *= w.in[i];
        rest = outer;
      }
      return from[rest * step + place];
    }
  };

  __device__ inline Column column (size_t batch, int j, uint8_t padding) const
  {
    Column c;
    uint32_t rest = (uint32_t)j;

    c.windows = this;
    c.from = data + batch * item_step;
    c.padding = padding;
    for (int i = 2; i >= 0; i--) {
      const uint32_t outer = out[i].divide (rest);

      c.start[i] = (int)(rest - outer * out[i].divisor) * strides[i] - before[i];
      rest = outer;
    }
    return c;
  }
};

/* blockIdx is the tile of columns, that of rows, and the batch. */
template <typename B>
__global__ void
multiply (
    Extents e, const uint8_t *a, const uint8_t *a_zeros, B b, const uint8_t *b_zeros, int *out)
{
  __shared__ int left[CHUNK][TILE + 1], right[CHUNK][TILE + 1];
  const int own = threadIdx.y * SIDE + threadIdx.x;
  const int row0 = blockIdx.y * TILE, column0 = blockIdx.x * TILE;
  const size_t batch = blockIdx.z;
  const size_t of_a = batch - e.a_batches.divide ((uint32_t)batch) * e.a_batches.divisor;
  const uint8_t padding = b_zeros != NULL ? *b_zeros : 0;
  int sums[ROWS][ROWS] = {}, a_sums[ROWS] = {}, b_sums[ROWS] = {};

  a += of_a * e.a_step;
  for (int k0 = 0; k0 < e.k; k0 += 4 * CHUNK) {
    __syncthreads ();
    for (int i = own; i < TILE * CHUNK; i += SIDE * SIDE) {
      const int row = row0 + i / CHUNK, column = column0 + i % TILE;
      const int a_first = k0 + i % CHUNK * 4, b_first = k0 + i / TILE * 4;
      uint8_t bytes[4];

      for (int j = 0; j < 4; j++)
        bytes[j] = row < e.m && a_first + j < e.k
                       ? a[(size_t)row * e.k + a_first + j] ^ e.a_zeros.flip
                       : 0;
      left[i % CHUNK][i / CHUNK] = pack (bytes);
      for (int j = 0; j < 4; j++)
        bytes[j] = 0;
      if (column < e.n) {
        const auto source = b.column (batch, column, padding);

        for (int j = 0; j < 4; j++)
          if (b_first + j < e.k)
            bytes[j] = source (b_first + j) ^ e.b_zeros.flip;
      }
      right[i / TILE][i % TILE] = pack (bytes);
    }
    __syncthreads ();
    for (int k = 0; k < CHUNK; k++) {
      int x[ROWS], y[ROWS];

      for (int i = 0; i < ROWS; i++) {
        x[i] = left[k][threadIdx.y + i * SIDE];
        y[i] = right[k][threadIdx.x + i * SIDE];
        a_sums[i] = __dp4a (x[i], 0x01010101, a_sums[i]);
        b_sums[i] = __dp4a (y[i], 0x01010101, b_sums[i]);
      }
      for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < ROWS; j++)
          sums[i][j] = __dp4a (x[i], y[j], sums[i][j]);
    }
  }
  for (int i = 0; i < ROWS; i++)
    for (int j = 0; j < ROWS; j++) {
      const int row = row0 + threadIdx.y + i * SIDE, column = column0 + threadIdx.x + j * SIDE;

      if (row >= e.m || column >= e.n)
        continue;
      const int p = zero_of (e.a_zeros, a_zeros, of_a, row);
      const int q = zero_of (e.b_zeros, b_zeros, batch, column);
      out[batch * e.out_step + (size_t)row * e.n + column] =
          (int)((uint32_t)sums[i][j] - (uint32_t)p * (uint32_t)b_sums[j] -
                (uint32_t)q * (uint32_t)a_sums[i] + (uint32_t)e.k * (uint32_t)(p * q));
    }
}

/* --- preparing --- */

static Zeros
zeros_of (const GenTensor *zero, GenDataType type, gint64 each)
{
  const gint64 n = zero != NULL ? gen_shape_elements (&zero->shape) : 1;

  return { n > 1, n > each ? each : 0, type == GEN_TYPE_UINT8 ? 128 : 0 };
}

/* FALSE where the grid cannot hold it. */
static gboolean
find_grid (gint64 m, gint64 n, gint64 k, gint64 batches, dim3 *grid)
{
  const gint64 rows = (m + TILE - 1) / TILE, columns = (n + TILE - 1) / TILE;

  if (MAX (m, n) > G_MAXINT32 / 2 || k > G_MAXINT32 / 2 || rows > 65535 || batches > 65535)
    return FALSE;
  *grid = dim3 ((unsigned)columns, (unsigned)rows, (unsigned)batches);
  return TRUE;
}

static const uint8_t *
input_or_null (const GenCudaKernel &kernel, guint i)
{
  return kernel.inputs.size () > i ? (const uint8_t *)kernel.inputs[i] : NULL;
}

static gboolean
integer_product (GenCudaKernel *kernel, GError **error)
{
  const GenTensor *a = kernel->input (0), *b = kernel->input (1);
  const gint64 batches = a->shape.dims[0], m = a->shape.dims[1], k = a->shape.dims[2];
  const gint64 n = b->shape.dims[2];
  Extents e = {};
  dim3 grid;

  if (!find_grid (m, n, k, batches, &grid))
    return FALSE;
  e.m = (int)m;
  e.n = (int)n;
  e.k = (int)k;
  e.a_step = m * k;
  e.out_step = m * n;
  e.a_batches = GenDivider ((uint32_t)MAX (batches, 1));
  e.a_zeros = zeros_of (kernel->input (2), a->type, m);
  e.b_zeros = zeros_of (kernel->input (3), b->type, n);
  if (b->shape.dims[0] == 1)
    e.b_zeros.batch_stride = 0;
  const gint64 b_step = b->shape.dims[0] == 1 ? 0 : k * n;
  if (batches * m * n > 0)
    kernel->launches.push_back ([=] (const GenCudaKernel &kn, cudaStream_t stream) {
      const Matrix matrix = { kn.in<uint8_t> (1), b_step, e.n };

      gen_cuda_launch (multiply<Matrix>, grid, dim3 (SIDE, SIDE), stream, e, kn.in<uint8_t> (0),
          input_or_null (kn, 2), matrix, input_or_null (kn, 3), kn.out<int> (0));
    });
  return TRUE;
}

/* The weights are the rows, the windows the columns. */
static gboolean
conv_integer (GenCudaKernel *kernel, GError **error)
{
  const GenTensor *x = kernel->input (0), *w = kernel->input (1), *y = kernel->output (0);
  const gint64 groups = gen_node_int (kernel->node, "group", 1), m = w->shape.dims[0] / groups;
  const gint64 n = gen_shape_product (&y->shape, 2, y->shape.rank);
  const gint64 k = gen_shape_product (&w->shape, 1, w->shape.rank);
  GenWindow window;
  Windows windows = {};
  Extents e = {};
  dim3 grid;

  if (!gen_convolve_window (&window, kernel->node, &x->shape, &w->shape, FALSE, error) ||
      !find_grid (m, n, k, x->shape.dims[0] * groups, &grid) ||
      gen_cuda_elements (x) > (gsize)GEN_WALK_MAX)
    return FALSE;
  for (int i = 0; i < 3; i++) {
    const int axis = i - 3 + window.rank;
    const GenWindowAxis none = { 1, 1, 1, 1, 1, 0, 0 };
    const GenWindowAxis *from = axis >= 0 ? &window.axes[axis] : &none;

    windows.in[i] = (int)from->in;
    windows.strides[i] = (int)from->stride;
    windows.dilations[i] = (int)from->dilation;
    windows.before[i] = (int)from->before;
    windows.kernel[i] = GenDivider ((uint32_t)from->kernel);
    windows.out[i] = GenDivider ((uint32_t)MAX (from->out, 1));
  }
  windows.item_step = w->shape.dims[1] * gen_shape_product (&x->shape, 2, x->shape.rank);
  e.m = (int)m;
  e.n = (int)n;
  e.k = (int)k;
  e.a_step = m * k;
  e.out_step = m * n;
  e.a_batches = GenDivider ((uint32_t)groups);
  e.a_zeros = zeros_of (kernel->input (3), w->type, m);
  e.b_zeros = zeros_of (kernel->input (2), x->type, 1);
  if (gen_cuda_elements (y) > 0)
    kernel->launches.push_back ([=] (const GenCudaKernel &kn, cudaStream_t stream) {
      Windows of = windows;

      of.data = kn.in<uint8_t> (0);
      gen_cuda_launch (multiply<Windows>, grid, dim3 (SIDE, SIDE), stream, e, kn.in<uint8_t> (1),
          input_or_null (kn, 3), of, input_or_null (kn, 2), kn.out<int> (0));
    });
  return TRUE;
}

extern const GenCudaOperator gen_cuda_integer_product_operators[] = {
  { "ConvInteger", NULL, conv_integer },
  { "IntegerProduct", "generative", integer_product },
  {},
};
