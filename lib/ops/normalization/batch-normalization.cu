/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of BatchNormalization and its gradient: sums by channel where statistics are
 * the batch's, what they make of each channel, and a map over all elements. */
#include "../../device/cuda/channels.h"

G_BEGIN_DECLS
#include "batch-normalization.h"
G_END_DECLS

template <typename P> struct Parameters {
  const P *scale, *bias, *mean, *variance; /* the last two: running, or given */
  P *outputs[4];                           /* NULL where not asked for */
  float epsilon, momentum;
};

template <typename T, typename P>
__global__ void
find_coefficients (GenCudaChannels e, int training, Parameters<P> p, const T *x,
    const GenMoments *pieces, unsigned splits, float *a, float *s)
{
  for (GEN_CUDA_EACH (c, e.channels)) {
    double mean = gen_load (&p.mean[c]), variance = gen_load (&p.variance[c]);

    if (training) {
      const GenTotals t = gen_channels_total (pieces, splits, e.channels, (uint32_t)c);
      const double d = t.d / e.count (), old_mean = mean, old_variance = variance;
      const float keep = p.momentum, change = 1 - keep;

      mean = gen_load (&x[e.start ((uint32_t)c)]) + d;
      variance = fmax (0.0, t.dd / e.count () - d * d);
      if (p.outputs[0] != NULL)
        gen_store (&p.outputs[0][c], keep * old_mean + change * mean);
      if (p.outputs[1] != NULL)
        gen_store (&p.outputs[1][c], keep * old_variance + change * variance);
      if (p.outputs[2] != NULL)
        gen_store (&p.outputs[2][c], mean);
      if (p.outputs[3] != NULL)
        gen_store (&p.outputs[3][c], variance);
    }
    a[c] = (float)(gen_load (&p.scale[c]) / sqrt (variance + p.epsilon));
    s[c] = (float)(gen_load (&p.bias[c]) - mean * a[c]);
  }
}

/* With h = (x - mean) * inverse and M values in the channel: dx = scale * inverse * (dy - sum (dy)
 * / M - h * sum (dy * h) / M), as a * dy + b * x + s; where statistics are given, dx = scale *
 * inverse * dy. */
template <typename T, typename P>
__global__ void
find_gradients (GenCudaChannels e, int training, Parameters<P> p, const T *x,
    const GenMoments *pieces, unsigned splits, float *a, float *b, float *s)
{
  for (GEN_CUDA_EACH (c, e.channels)) {
    const GenTotals t = gen_channels_total (pieces, splits, e.channels, (uint32_t)c);
    const double shift = gen_load (&x[e.start ((uint32_t)c)]), scale = gen_load (&p.scale[c]);
    const double d = t.d / e.count ();
    double mean, variance, inverse, dh;

    if (training) {
      mean = shift + d;
      variance = fmax (0.0, t.dd / e.count () - d * d);
    } else {
      mean = gen_load (&p.mean[c]);
      variance = gen_load (&p.variance[c]);
    }
    inverse = 1 / sqrt (variance + p.epsilon);
    dh = (t.gd + t.g * (shift - mean)) * inverse;
    if (p.outputs[0] != NULL)
      gen_store (&p.outputs[0][c], dh);
    if (p.outputs[1] != NULL)
      gen_store (&p.outputs[1][c], t.g);
    a[c] = (float)(scale * inverse);
    b[c] = training ? (float)(-scale * inverse * inverse * dh / e.count ()) : 0;
    s[c] = training ? (float)(-a[c] * t.g / e.count () - b[c] * mean) : 0;
  }
}

/* The type that all of the inputs `first` to `end` have; that of none where they differ. */
static GenDataType
type_of (const GenCudaKernel *kernel, guint first, guint end)
{
  const GenDataType type = kernel->input (first)->type;

  for (guint i = first; i < end; i++)
    if (kernel->input (i)->type != type)
      return GEN_TYPE_UNDEFINED;
  return type;
}

template <typename P>
static P *
output (const GenCudaKernel &k, guint i)
{
  return i < k.outputs.size () ? k.out<P> (i) : NULL;
}

template <typename T, typename P>
static void
add (GenCudaKernel *kernel, const GenCudaChannels &e)
{
  const GenNode *node = kernel->node;
  const gboolean training = gen_batch_normalization_trains (node);
  const float epsilon = gen_node_float (node, "epsilon", 1e-5f);
  const float momentum = gen_node_float (node, "momentum", 0.9f);
  GenCudaChannelsRoom room = { 0, e.channels };

  if (training)
    room = gen_cuda_add_channels_sum<T> (kernel, e, 0, -1);
  kernel->scratch_size = room.size ();
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    const Parameters<P> p = { k.in<P> (1), k.in<P> (2), k.in<P> (3), k.in<P> (4),
      { output<P> (k, 1), output<P> (k, 2), output<P> (k, 3), output<P> (k, 4) }, epsilon,
      momentum };

    gen_cuda_launch (find_coefficients<T, P>, gen_cuda_grid (e.channels), GEN_CUDA_BLOCK, stream, e,
        training, p, k.in<T> (0), room.pieces (k.scratch), room.splits,
        room.coefficients (k.scratch, 0), room.coefficients (k.scratch, 2));
  });
  gen_cuda_add_channels_map<T> (kernel, e, room, 0, -1);
}

static gboolean
prepare (GenCudaKernel *kernel, GError **error)
{
  GenCudaChannels e;

  if (!gen_cuda_channels_init (&e, kernel->input (0), 1))
    return FALSE;
  return gen_visit_parameters (
      kernel->input (0)->type, type_of (kernel, 1, 5), [&] (auto *type, auto *parameters) {
        add<GEN_VISITED (type), GEN_VISITED (parameters)> (kernel, e);
      });
}

template <typename T, typename P>
static void
add_gradient (GenCudaKernel *kernel, const GenCudaChannels &e)
{
  const GenNode *node = kernel->node;
  const gboolean training = node->inputs->len < 5;
  const float epsilon = gen_node_float (node, "epsilon", 1e-5f);
  const GenCudaChannelsRoom room = gen_cuda_add_channels_sum<T> (kernel, e, 0, 2);

  kernel->scratch_size = room.size ();
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    const Parameters<P> p = { k.in<P> (1), NULL, training ? NULL : k.in<P> (3),
      training ? NULL : k.in<P> (4), { k.out<P> (1), k.out<P> (2) }, epsilon, 0 };

    gen_cuda_launch (find_gradients<T, P>, gen_cuda_grid (e.channels), GEN_CUDA_BLOCK, stream, e,
        training, p, k.in<T> (0), room.pieces (k.scratch), room.splits,
        room.coefficients (k.scratch, 0), room.coefficients (k.scratch, 1),
        room.coefficients (k.scratch, 2));
  });
  if (kernel->output (0) != NULL)
    gen_cuda_add_channels_map<T> (kernel, e, room, 2, training ? 0 : -1);
}

static gboolean
prepare_gradient (GenCudaKernel *kernel, GError **error)
{
  GenCudaChannels e;

  if (!gen_cuda_channels_init (&e, kernel->input (0), 1) ||
      kernel->input (2)->type != kernel->input (0)->type)
    return FALSE;
  return gen_visit_parameters (
      kernel->input (0)->type, kernel->input (1)->type, [&] (auto *type, auto *parameters) {
        add_gradient<GEN_VISITED (type), GEN_VISITED (parameters)> (kernel, e);
      });
}

extern const GenCudaOperator gen_cuda_batch_normalization_operators[] = {
  /* Statistics stay float32. */
  { "BatchNormalization", NULL, prepare, 1u << 0, 1u << 0 },
  { "BatchNormalizationGradient", "generative", prepare_gradient, 1u << 0 | 1u << 2, 1u << 0 },
  {},
};
