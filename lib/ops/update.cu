/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of the optimisers and of the moving average: one pass over the weights and
 * their states, 16 bytes of each at a time. The learning rate and the number of the step lie on the
 * device, because a captured graph is launched with the same arguments again and again. */
#include "../device/cuda/elementwise.h"

G_BEGIN_DECLS
#include "update.h"
G_END_DECLS

/* A rule makes of one weight, its gradient and its states the new weight and states. `begin` is
 * called by one thread of a block, for what only hangs on rate and step. */

/* adam.c */
struct Adam {
  static const int STATES = 2;
  float beta1, beta2, epsilon, weight_decay;
  int decoupled;
  float rate, bias, keep, decay;

  __device__ void begin (float learning_rate, double step)
  {
    rate = (float)(learning_rate / (1 - pow ((double)beta1, step + 1)));
    bias = (float)(1 / sqrt (1 - pow ((double)beta2, step + 1)));
    keep = decoupled ? 1 - learning_rate * weight_decay : 1;
    decay = decoupled ? 0 : weight_decay;
  }
  __device__ float operator() (float w, float gradient, float *state) const
  {
    const float g = gradient + decay * w;

    state[0] += (1 - beta1) * (g - state[0]);
    state[1] = beta2 * state[1] + (1 - beta2) * g * g;
    return keep * w - rate * state[0] / (sqrtf (state[1]) * bias + epsilon);
  }
};

/* rms_prop.c */
struct RootMeanSquare {
  static const int STATES = 1;
  float alpha, epsilon, decay;
  float rate;

  __device__ void begin (float learning_rate, double)
  {
    rate = learning_rate;
  }
  __device__ float operator() (float w, float gradient, float *state) const
  {
    const float g = gradient + decay * w;

    state[0] = alpha * state[0] + (1 - alpha) * g * g;
    return w - rate * g / (sqrtf (state[0]) + epsilon);
  }
};

/* gradient_descent.c */
struct Descent {
  static const int STATES = 1;
  float momentum, decay;
  float rate;

  __device__ void begin (float learning_rate, double)
  {
    rate = learning_rate;
  }
  __device__ float operator() (float w, float gradient, float *state) const
  {
    state[0] = momentum * state[0] + gradient + decay * w;
    return w - rate * state[0];
  }
};

/* Weights and states, as they were and as they come to be: often the same memory. */
struct Operands {
  const float *weights, *gradient, *states[2];
  float *new_weights, *new_states[2];
};

template <int N, typename Rule>
static __device__ inline void
update_pack (const Rule &rule, const Operands &o, size_t pack)
{
  typedef GenPack<float, N> Pack;
  Pack weights = ((const Pack *)o.weights)[pack], gradient = ((const Pack *)o.gradient)[pack];
  Pack states[Rule::STATES];

  for (int s = 0; s < Rule::STATES; s++)
    states[s] = ((const Pack *)o.states[s])[pack];
  for (int i = 0; i < N; i++) {
    float state[Rule::STATES];

    for (int s = 0; s < Rule::STATES; s++)
      state[s] = states[s].at[i];
    weights.at[i] = rule (weights.at[i], gradient.at[i], state);
    for (int s = 0; s < Rule::STATES; s++)
      states[s].at[i] = state[s];
  }
  ((Pack *)o.new_weights)[pack] = weights;
  for (int s = 0; s < Rule::STATES; s++)
    ((Pack *)o.new_states[s])[pack] = states[s];
}

template <typename Rule>
__global__ void
update (Rule given, Operands o, const float *rate, const int64_t *step, size_t n)
{
  __shared__ Rule rule;
  const size_t packs = n / 4;

  if (threadIdx.x == 0) {
    rule = given;
    rule.begin (*rate, (double)*step);
  }
  __syncthreads ();
  for (GEN_CUDA_EACH (i, packs))
    update_pack<4> (rule, o, i);
  for (GEN_CUDA_EACH (k, n - packs * 4))
    update_pack<1> (rule, o, packs * 4 + k);
}

/* Blocks that are at work at the same time: more of them would only call `begin` more often. */
#define BLOCKS_OF_MULTIPROCESSOR 8

template <typename Rule>
static gboolean
add_update (GenCudaKernel *kernel, Rule rule)
{
  gsize n = gen_cuda_elements (kernel->output (0));
  unsigned most = BLOCKS_OF_MULTIPROCESSOR * (unsigned)kernel->device->multiprocessors;
  dim3 grid = dim3 (MIN (gen_cuda_grid (n / 4 + 1).x, most));

  if (n == 0)
    return TRUE;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    Operands o = {};

    o.weights = k.in<float> (GEN_UPDATE_WEIGHTS);
    o.gradient = k.in<float> (GEN_UPDATE_GRADIENT);
    o.new_weights = k.out<float> (0);
    for (int s = 0; s < Rule::STATES; s++) {
      o.states[s] = k.in<float> (GEN_UPDATE_STATE + s);
      o.new_states[s] = k.out<float> (1 + s);
    }
    gen_cuda_launch (update<Rule>, grid, GEN_CUDA_BLOCK, stream, rule, o,
        k.in<float> (GEN_UPDATE_RATE), k.in<int64_t> (GEN_UPDATE_STEP), n);
  });
  return TRUE;
}

static gboolean
adam (GenCudaKernel *kernel, GError **)
{
  const GenNode *node = kernel->node;
  Adam rule = {};

  rule.beta1 = (float)gen_node_float (node, "beta1", 0.9f);
  rule.beta2 = (float)gen_node_float (node, "beta2", 0.999f);
  rule.epsilon = (float)gen_node_float (node, "epsilon", 1e-8f);
  rule.weight_decay = (float)gen_node_float (node, "weight_decay", 0);
  rule.decoupled = gen_node_int (node, "decoupled", 0) != 0;
  return add_update (kernel, rule);
}

static gboolean
rms_prop (GenCudaKernel *kernel, GError **)
{
  const GenNode *node = kernel->node;
  RootMeanSquare rule = {};

  rule.alpha = (float)gen_node_float (node, "alpha", 0.99f);
  rule.epsilon = (float)gen_node_float (node, "epsilon", 1e-8f);
  rule.decay = (float)gen_node_float (node, "weight_decay", 0);
  return add_update (kernel, rule);
}

static gboolean
gradient_descent (GenCudaKernel *kernel, GError **)
{
  const GenNode *node = kernel->node;
  Descent rule = {};

  rule.momentum = (float)gen_node_float (node, "momentum", 0);
  rule.decay = (float)gen_node_float (node, "weight_decay", 0);
  return add_update (kernel, rule);
}

struct Average {
  float weight;

  __device__ float operator() (float old, float x) const
  {
    return old + weight * (x - old);
  }
};

static gboolean
moving_average (GenCudaKernel *kernel, GError **)
{
  Average average = { 1 - (float)gen_node_float (kernel->node, "decay", 0.999f) };

  return gen_add_binary<float, float> (kernel, average);
}

extern const GenCudaOperator gen_cuda_update_operators[] = {
  { "Adam", "generative", adam },
  { "GradientDescent", "generative", gradient_descent },
  { "MovingAverage", "generative", moving_average },
  { "RMSProp", "generative", rms_prop },
  {},
};
