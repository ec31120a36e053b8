/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of GroupNormalization, InstanceNormalization and their gradient. Sums are
 * those of each channel of each item; a warp puts those of a group together. */
#include "../../device/cuda/channels.h"

struct Groups {
  GenCudaChannels e;
  uint32_t size; /* channels of a group */
  float epsilon;
};

struct Statistics {
  double mean, inverse;
};

static __device__ inline double
warp_sum (double x)
{
  return gen_warp_reduce (x, [] (double a, double b) { return a + b; });
}

/* Of the group that begins with number `first`, from sums each relative to a value of its own. */
template <typename T>
static __device__ inline Statistics
statistics (const Groups &g, const T *x, const GenMoments *pieces, unsigned splits, uint32_t first)
{
  const double count = g.e.count ();
  double mean = 0, variance = 0;

  for (uint32_t k = first + threadIdx.x; k < first + g.size; k += GEN_WARP)
    mean += gen_load (&x[g.e.start (k)]) +
            gen_channels_total (pieces, splits, g.e.numbers (), k).d / count;
  mean = warp_sum (mean) / g.size;
  for (uint32_t k = first + threadIdx.x; k < first + g.size; k += GEN_WARP) {
    const GenTotals t = gen_channels_total (pieces, splits, g.e.numbers (), k);
    const double away = mean - gen_load (&x[g.e.start (k)]);

    variance += t.dd / count - 2 * away * t.d / count + away * away;
  }
  variance = warp_sum (variance) / g.size;
  return { mean, 1 / sqrt (fmax (0.0, variance) + g.epsilon) };
}

template <typename T, typename P>
__global__ void
find_coefficients (Groups g, const T *x, const P *scale, const P *bias, const GenMoments *pieces,
    unsigned splits, float *a, float *s)
{
  for (GEN_CUDA_EACH_ROW (group, g.e.numbers () / g.size)) {
    const uint32_t first = (uint32_t)group * g.size;
    const Statistics found = statistics (g, x, pieces, splits, first);

    for (uint32_t k = first + threadIdx.x; k < first + g.size; k += GEN_WARP) {
      const uint32_t c = k % g.e.channels;

      a[k] = (float)(gen_load (&scale[c]) * found.inverse);
      s[k] = (float)(gen_load (&bias[c]) - found.mean * a[k]);
    }
  }
}

/* With h = (x - mean) * inverse and d = dy * scale: dx = inverse * (d - mean (d) - h * mean (d *
 * h)), as a * dy + b * x + s. `shares` receive what each number adds to the gradients of scale and
 * bias. */
template <typename T, typename P>
__global__ void
find_gradients (Groups g, const T *x, const P *scale, const GenMoments *pieces, unsigned splits,
    float *a, float *b, float *s, float *shares)
{
  const double count = (double)g.e.count () * g.size;

  for (GEN_CUDA_EACH_ROW (group, g.e.numbers () / g.size)) {
    const uint32_t first = (uint32_t)group * g.size;
    const Statistics found = statistics (g, x, pieces, splits, first);
    double d = 0, dh = 0;

    for (uint32_t k = first + threadIdx.x; k < first + g.size; k += GEN_WARP) {
      const GenTotals t = gen_channels_total (pieces, splits, g.e.numbers (), k);
      const double shift = gen_load (&x[g.e.start (k)]),
                   factor = gen_load (&scale[k % g.e.channels]);
      const double share = (t.gd + t.g * (shift - found.mean)) * found.inverse;

      shares[k] = (float)share;
      shares[g.e.numbers () + k] = (float)t.g;
      d += factor * t.g;
      dh += factor * share;
    }
    d = warp_sum (d);
    dh = warp_sum (dh);
    for (uint32_t k = first + threadIdx.x; k < first + g.size; k += GEN_WARP) {
      a[k] = (float)(gen_load (&scale[k % g.e.channels]) * found.inverse);
      b[k] = (float)(-found.inverse * found.inverse * dh / count);
      s[k] = (float)(-found.inverse * d / count - b[k] * found.mean);
    }
  }
}

template <typename T>
__global__ void
add_up (GenCudaChannels e, const float *shares, T *dscale, T *dbias)
{
  for (GEN_CUDA_EACH (c, e.channels)) {
    double scale = 0, bias = 0;

    for (uint32_t item = 0; item < e.items; item++) {
      scale += shares[(size_t)item * e.channels + c];
      bias += shares[e.numbers () + (size_t)item * e.channels + c];
    }
    if (dscale != NULL)
      gen_store (&dscale[c], scale);
    if (dbias != NULL)
      gen_store (&dbias[c], bias);
  }
}

/* --- preparing --- */

static gboolean
find_groups (const GenCudaKernel *kernel, Groups *g)
{
  const GenTensor *x = kernel->input (0);
  const gint64 channels = x->shape.dims[1];

  g->size = (uint32_t)(channels / gen_node_int (kernel->node, "num_groups", channels));
  g->epsilon = gen_node_float (kernel->node, "epsilon", 1e-5f);
  return gen_cuda_elements (x) > 0 && gen_cuda_channels_init (&g->e, x, x->shape.dims[0]);
}

static gboolean
prepare (GenCudaKernel *kernel, GError **error)
{
  Groups g;

  if (!find_groups (kernel, &g) || kernel->input (2)->type != kernel->input (1)->type)
    return FALSE;
  return gen_visit_parameters (
      kernel->input (0)->type, kernel->input (1)->type, [&] (auto *type, auto *parameters) {
        typedef GEN_VISITED (type) T;
        typedef GEN_VISITED (parameters) P;
        const GenCudaChannelsRoom room = gen_cuda_add_channels_sum<T> (kernel, g.e, 0, -1);
        const GenCudaTeams teams (room.numbers / g.size, 1);

        kernel->scratch_size = room.size ();
        kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
          gen_cuda_launch (find_coefficients<T, P>, teams.grid, teams.block, stream, g, k.in<T> (0),
              k.in<P> (1), k.in<P> (2), room.pieces (k.scratch), room.splits,
              room.coefficients (k.scratch, 0), room.coefficients (k.scratch, 2));
        });
        gen_cuda_add_channels_map<T> (kernel, g.e, room, 0, -1);
      });
}

static gboolean
prepare_gradient (GenCudaKernel *kernel, GError **error)
{
  Groups g;

  if (!find_groups (kernel, &g) || kernel->input (2)->type != kernel->input (0)->type)
    return FALSE;
  return gen_visit_parameters (
      kernel->input (0)->type, kernel->input (1)->type, [&] (auto *type, auto *parameters) {
        typedef GEN_VISITED (type) T;
        typedef GEN_VISITED (parameters) P;
        const GenCudaChannelsRoom room = gen_cuda_add_channels_sum<T> (kernel, g.e, 0, 2);
        const GenCudaTeams teams (room.numbers / g.size, 1);

        kernel->scratch_size = room.size () + 2 * room.numbers * sizeof (float);
        kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
          float *shares = room.coefficients (k.scratch, 3);

          gen_cuda_launch (find_gradients<T, P>, teams.grid, teams.block, stream, g, k.in<T> (0),
              k.in<P> (1), room.pieces (k.scratch), room.splits, room.coefficients (k.scratch, 0),
              room.coefficients (k.scratch, 1), room.coefficients (k.scratch, 2), shares);
          gen_cuda_launch (add_up<P>, gen_cuda_grid (g.e.channels), GEN_CUDA_BLOCK, stream, g.e,
              shares, k.out<P> (1), k.out<P> (2));
        });
        if (kernel->output (0) != NULL)
          gen_cuda_add_channels_map<T> (kernel, g.e, room, 2, 0);
      });
}

extern const GenCudaOperator gen_cuda_group_normalization_operators[] = {
  { "GroupNormalization", NULL, prepare, 1u << 0, 1u << 0 },
  { "InstanceNormalization", NULL, prepare, 1u << 0, 1u << 0 },
  { "GroupNormalizationGradient", "generative", prepare_gradient, 1u << 0 | 1u << 2, 1u << 0 },
  {},
};
