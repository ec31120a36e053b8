/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of LayerNormalization, RMSNormalization and their gradient: a team has a row,
 * which is read once for its sums and, while it is in a cache, once more for the result. */
#include "../../device/cuda/reduce.h"
#include "../../device/cuda/types.h"

G_BEGIN_DECLS
#include "layer-normalization.h"
G_END_DECLS

struct Pair {
  float a, b;
};

struct AddPairs {
  __device__ inline Pair operator() (Pair x, Pair y) const
  {
    return { x.a + y.a, x.b + y.b };
  }
};

/* Mean (0 where rows are not centred) and inverse deviation of a row. */
template <typename T>
static __device__ inline Pair
statistics (const GenLayer &layer, const T *x)
{
  /* Relative to one of the values, a variance small beside the mean is not lost. */
  const float shift = layer.centred ? (float)gen_load (x) : 0;
  Pair sums = { 0, 0 };
  float d;

  for (size_t i = threadIdx.x; i < layer.n; i += blockDim.x) {
    const float v = gen_load (&x[i]) - shift;

    sums.a += v;
    sums.b += v * v;
  }
  sums = gen_team_reduce (sums, AddPairs ());
  d = layer.centred ? sums.a / layer.n : 0;
  return { shift + d, 1 / sqrtf (fmaxf (0, sums.b / layer.n - d * d) + layer.epsilon) };
}

template <typename T, typename P>
__global__ void
normalise (
    GenLayer layer, const T *x, const P *scale, const P *bias, T *y, float *means, float *inverses)
{
  for (GEN_CUDA_EACH_ROW (row, layer.rows)) {
    const T *from = x + row * layer.n;
    const Pair s = statistics (layer, from);

    for (size_t i = threadIdx.x; y != NULL && i < layer.n; i += blockDim.x) {
      float v = (gen_load (&from[i]) - s.a) * s.b * gen_load (&scale[i]);

      if (bias != NULL)
        v += gen_load (&bias[i]);
      gen_store (&y[row * layer.n + i], v);
    }
    if (threadIdx.x == 0 && means != NULL)
      means[row] = s.a;
    if (threadIdx.x == 0 && inverses != NULL)
      inverses[row] = s.b;
  }
}

/* With h = (x - mean) * inverse and d = dy * scale: dx = inverse * (d - mean (d) - h * mean (d *
 * h)); the first mean only where rows are centred. */
template <typename T, typename P>
__global__ void
find_dx (GenLayer layer, const T *x, const P *scale, const T *dy, T *dx, Pair *found)
{
  for (GEN_CUDA_EACH_ROW (row, layer.rows)) {
    const T *from = x + row * layer.n, *g = dy + row * layer.n;
    const Pair s = statistics (layer, from);
    Pair sums = { 0, 0 };

    for (size_t i = threadIdx.x; i < layer.n; i += blockDim.x) {
      const float d = gen_load (&g[i]) * gen_load (&scale[i]);

      sums.a += d;
      sums.b += d * (gen_load (&from[i]) - s.a) * s.b;
    }
    sums = gen_team_reduce (sums, AddPairs ());
    sums.a = layer.centred ? sums.a / layer.n : 0;
    sums.b /= layer.n;
    for (size_t i = threadIdx.x; dx != NULL && i < layer.n; i += blockDim.x)
      gen_store (&dx[row * layer.n + i], s.b * (gen_load (&g[i]) * gen_load (&scale[i]) - sums.a -
                                                   (gen_load (&from[i]) - s.a) * s.b * sums.b));
    if (threadIdx.x == 0)
      found[row] = s;
  }
}

/* Sums over rows of dy * h and dy, by columns; pieces are [blockIdx.y][column]. */
template <typename T>
__global__ void
sum_columns (GenLayer layer, const T *x, const T *dy, const Pair *found, Pair *pieces)
{
  const size_t first = layer.rows * blockIdx.y / gridDim.y;
  const size_t end = layer.rows * (blockIdx.y + 1) / gridDim.y;

  for (size_t at = blockIdx.x * blockDim.x; at < layer.n; at += gridDim.x * blockDim.x) {
    const size_t column = at + threadIdx.x;
    Pair sums = { 0, 0 };

    for (size_t row = first + threadIdx.y; column < layer.n && row < end; row += blockDim.y) {
      const float g = gen_load (&dy[row * layer.n + column]);

      sums.a += g * (gen_load (&x[row * layer.n + column]) - found[row].a) * found[row].b;
      sums.b += g;
    }
    sums = gen_column_reduce (sums, AddPairs ());
    if (threadIdx.y == 0 && column < layer.n)
      pieces[blockIdx.y * layer.n + column] = sums;
  }
}

template <typename T>
__global__ void
add_up (size_t n, const Pair *pieces, unsigned splits, T *dscale, T *dbias)
{
  for (GEN_CUDA_EACH (i, n)) {
    double scale = 0, bias = 0;

    for (unsigned k = 0; k < splits; k++) {
      scale += pieces[k * n + i].a;
      bias += pieces[k * n + i].b;
    }
    if (dscale != NULL)
      gen_store (&dscale[i], scale);
    if (dbias != NULL)
      gen_store (&dbias[i], bias);
  }
}

/* --- preparing --- */

static gboolean
find_layer (const GenCudaKernel *kernel, gboolean centred, GenLayer *layer, GError **error)
{
  return gen_layer_find (kernel->node, centred, layer, error) &&
         gen_cuda_elements (kernel->input (0)) > 0;
}

static gboolean
prepare (GenCudaKernel *kernel, gboolean centred, GError **error)
{
  const guint n_outputs = kernel->node->outputs->len;
  GenLayer layer;

  if (!find_layer (kernel, centred, &layer, error) ||
      (kernel->input (2) != NULL && kernel->input (2)->type != kernel->input (1)->type))
    return FALSE;
  return gen_visit_parameters (
      kernel->input (0)->type, kernel->input (1)->type, [&] (auto *type, auto *parameters) {
        typedef GEN_VISITED (type) T;
        typedef GEN_VISITED (parameters) P;
        const GenCudaTeams teams (layer.rows, layer.n);

        kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
          gen_cuda_launch (normalise<T, P>, teams.grid, teams.block, stream, layer, k.in<T> (0),
              k.in<P> (1), k.inputs.size () > 2 ? k.in<P> (2) : NULL, k.out<T> (0),
              n_outputs > 1 && centred ? k.out<float> (1) : NULL,
              n_outputs > (centred ? 2u : 1u) ? k.out<float> (n_outputs - 1) : NULL);
        });
      });
}

static gboolean
centred (GenCudaKernel *kernel, GError **error)
{
  return prepare (kernel, TRUE, error);
}

static gboolean
scaled (GenCudaKernel *kernel, GError **error)
{
  return prepare (kernel, FALSE, error);
}

template <typename T, typename P>
static void
add_gradient (GenCudaKernel *kernel, const GenLayer &layer)
{
  const GenCudaTeams teams (layer.rows, layer.n);
  const unsigned lanes = gen_cuda_lanes (layer.n), rows = GEN_CUDA_BLOCK / lanes;
  dim3 grid = gen_cuda_grid (layer.n, (int)lanes);
  const unsigned splits = gen_cuda_splits (kernel->device, grid.x, layer.rows, 4 * rows);

  grid.y = splits;
  kernel->scratch_size = (layer.rows + splits * layer.n) * sizeof (Pair);
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    Pair *found = (Pair *)k.scratch, *pieces = found + layer.rows;

    gen_cuda_launch (find_dx<T, P>, teams.grid, teams.block, stream, layer, k.in<T> (0),
        k.in<P> (1), k.in<T> (2), k.out<T> (0), found);
    if (k.outputs[1] == NULL && k.outputs[2] == NULL)
      return;
    gen_cuda_launch (sum_columns<T>, grid, dim3 (lanes, rows), stream, layer, k.in<T> (0),
        k.in<T> (2), found, pieces);
    gen_cuda_launch (add_up<P>, gen_cuda_grid (layer.n), GEN_CUDA_BLOCK, stream, layer.n, pieces,
        splits, k.out<P> (1), k.out<P> (2));
  });
}

static gboolean
prepare_gradient (GenCudaKernel *kernel, GError **error)
{
  GenLayer layer;

  if (!find_layer (kernel, gen_node_int (kernel->node, "centred", 1) != 0, &layer, error) ||
      kernel->input (2)->type != kernel->input (0)->type)
    return FALSE;
  return gen_visit_parameters (
      kernel->input (0)->type, kernel->input (1)->type, [&] (auto *type, auto *parameters) {
        add_gradient<GEN_VISITED (type), GEN_VISITED (parameters)> (kernel, layer);
      });
}

extern const GenCudaOperator gen_cuda_layer_normalization_operators[] = {
  { "LayerNormalization", NULL, centred, 1u << 0, 1u << 0 },
  { "RMSNormalization", NULL, scaled, 1u << 0, 1u << 0 },
  { "SimplifiedLayerNormalization", NULL, scaled, 1u << 0, 1u << 0 },
  { "LayerNormalizationGradient", "generative", prepare_gradient, 1u << 0 | 1u << 2, 1u << 0 },
  {},
};
