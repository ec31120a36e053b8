/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of the optimisers, of the moving average and of KeepState: one pass over the
 * weights and their states, 16 bytes of each at a time. The learning rate, the number of the step
 * and the gradient's factor lie on the device, because a captured graph is launched with the same
 * arguments again and again. */
#include "../../device/cuda/elementwise.h"

G_BEGIN_DECLS
#include "update.h"
G_END_DECLS
#include "moving-average.h"
#include "schedule-free.h"

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
  int nesterov;
  float rate;

  __device__ void begin (float learning_rate, double)
  {
    rate = learning_rate;
  }
  __device__ float operator() (float w, float gradient, float *state) const
  {
    const float g = gradient + decay * w;

    state[0] = momentum * state[0] + g;
    return w - rate * (nesterov ? g + momentum * state[0] : state[0]);
  }
};

/* lion.c */
struct Lion {
  static const int STATES = 1;
  float beta1, beta2, weight_decay;
  float rate, keep;

  __device__ void begin (float learning_rate, double)
  {
    rate = learning_rate;
    keep = 1 - learning_rate * weight_decay;
  }
  __device__ float operator() (float w, float gradient, float *state) const
  {
    const float m = state[0], toward = m + (1 - beta1) * (gradient - m);

    state[0] = m + (1 - beta2) * (gradient - m);
    return keep * w - (toward > 0 ? rate : toward < 0 ? -rate : 0);
  }
};

/* schedule-free.c */
struct ScheduleFree {
  static const int STATES = 2;
  float beta1, beta2, epsilon, decay;
  double warm_up;
  float bias, share, rate, step;

  __device__ void begin (float learning_rate, double made)
  {
    bias = (float)(1 / sqrt (1 - pow ((double)beta2, made + 1)));
    share = (float)gen_schedule_free_share (made + 1, warm_up);
    rate = learning_rate;
    step = learning_rate * (1 - beta1 * (1 - share));
  }
  __device__ float operator() (float w, float gradient, float *state) const
  {
    const float z = state[0];

    state[1] = beta2 * state[1] + (1 - beta2) * gradient * gradient;
    const float down = gradient / (sqrtf (state[1]) * bias + epsilon) + decay * w;
    state[0] = z - rate * down;
    return w + share * (z - w) - step * down;
  }
};

/* Weights and states, as they were and as they come to be: often the same memory. */
template <typename G> struct Operands {
  const float *weights, *states[2];
  const G *gradient;
  const float *factor; /* of the gradient; NULL: 1 */
  float *new_weights, *new_states[2];
};

/* With a factor of 0 all values stay. */
template <int N, typename Rule, typename G>
static __device__ inline void
update_pack (const Rule &rule, const Operands<G> &o, float factor, size_t pack)
{
  typedef GenPack<float, N> Pack;
  const GenPack<G, N> gradient = ((const GenPack<G, N> *)o.gradient)[pack];
  Pack weights = ((const Pack *)o.weights)[pack];
  Pack states[Rule::STATES];

  for (int s = 0; s < Rule::STATES; s++)
    states[s] = ((const Pack *)o.states[s])[pack];
  for (int i = 0; i < N && factor != 0; i++) {
    float state[Rule::STATES];

    for (int s = 0; s < Rule::STATES; s++)
      state[s] = states[s].at[i];
    weights.at[i] = rule (weights.at[i], __fmul_rn (gen_load (&gradient.at[i]), factor), state);
    for (int s = 0; s < Rule::STATES; s++)
      states[s].at[i] = state[s];
  }
  ((Pack *)o.new_weights)[pack] = weights;
  for (int s = 0; s < Rule::STATES; s++)
    ((Pack *)o.new_states[s])[pack] = states[s];
}

template <typename Rule, typename G>
__global__ void
update (Rule given, Operands<G> o, const float *rate, const int64_t *step, size_t n)
{
  __shared__ Rule rule;
  const float factor = o.factor != NULL ? *o.factor : 1;
  const size_t packs = n / 4;

  if (threadIdx.x == 0) {
    rule = given;
    rule.begin (*rate, (double)*step);
  }
  __syncthreads ();
  for (GEN_CUDA_EACH (i, packs))
    update_pack<4> (rule, o, factor, i);
  for (GEN_CUDA_EACH (k, n - packs * 4))
    update_pack<1> (rule, o, factor, packs * 4 + k);
}

/* Blocks that are at work at the same time: more of them would only call `begin` more often. */
#define BLOCKS_OF_MULTIPROCESSOR 8

template <typename G, typename Rule>
static void
add_update_of (GenCudaKernel *kernel, Rule rule)
{
  gsize n = gen_cuda_elements (kernel->output (0));
  unsigned most = BLOCKS_OF_MULTIPROCESSOR * (unsigned)kernel->device->multiprocessors;
  const guint factor = gen_update_factor (kernel->node);
  dim3 grid = dim3 (MIN (gen_cuda_grid (n / 4 + 1).x, most));

  if (n == 0)
    return;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    Operands<G> o = {};

    o.weights = k.in<float> (GEN_UPDATE_WEIGHTS);
    o.gradient = k.in<G> (GEN_UPDATE_GRADIENT);
    o.factor = factor > 0 ? k.in<float> (factor) : NULL;
    o.new_weights = k.out<float> (0);
    for (int s = 0; s < Rule::STATES; s++) {
      o.states[s] = k.in<float> (GEN_UPDATE_STATE + s);
      o.new_states[s] = k.out<float> (1 + s);
    }
    gen_cuda_launch (update<Rule, G>, grid, GEN_CUDA_BLOCK, stream, rule, o,
        k.in<float> (GEN_UPDATE_RATE), k.in<int64_t> (GEN_UPDATE_STEP), n);
  });
}

template <typename Rule>
static gboolean
add_update (GenCudaKernel *kernel, Rule rule)
{
  switch (kernel->input (GEN_UPDATE_GRADIENT)->type) {
  case GEN_TYPE_FLOAT32:
    add_update_of<float> (kernel, rule);
    return TRUE;
  case GEN_TYPE_FLOAT16:
    add_update_of<__half> (kernel, rule);
    return TRUE;
  default:
    return FALSE;
  }
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
  rule.nesterov = gen_node_int (node, "nesterov", 0) != 0;
  return add_update (kernel, rule);
}

static gboolean
lion (GenCudaKernel *kernel, GError **)
{
  const GenNode *node = kernel->node;
  Lion rule = {};

  rule.beta1 = (float)gen_node_float (node, "beta1", 0.9f);
  rule.beta2 = (float)gen_node_float (node, "beta2", 0.99f);
  rule.weight_decay = (float)gen_node_float (node, "weight_decay", 0);
  return add_update (kernel, rule);
}

static gboolean
schedule_free (GenCudaKernel *kernel, GError **)
{
  const GenNode *node = kernel->node;
  ScheduleFree rule = {};

  rule.beta1 = (float)gen_node_float (node, "beta1", 0.9f);
  rule.beta2 = (float)gen_node_float (node, "beta2", 0.999f);
  rule.epsilon = (float)gen_node_float (node, "epsilon", 1e-8f);
  rule.decay = (float)gen_node_float (node, "weight_decay", 0);
  rule.warm_up = (double)gen_node_float (node, "warm_up", 0);
  return add_update (kernel, rule);
}

/* Whether one of the factors that there are is 0. */
struct Factors {
  const float *factors[2]; /* NULL: none */

  __device__ bool leave_out () const
  {
    for (const float *factor : factors)
      if (factor != NULL && *factor == 0)
        return true;
    return false;
  }
};

/* What an old and a new value become. */
struct Average {
  Factors factors;
  float decay;
  const gint64 *updates; /* NULL: they are not counted */

  __device__ float operator() (float old, float x) const
  {
    return factors.leave_out () ? old : old + gen_average_weight (decay, updates) * (x - old);
  }
};

struct Keep {
  Factors factors;

  __device__ float operator() (float old, float x) const
  {
    return factors.leave_out () ? old : x;
  }
};

template <typename T>
static const T *
find_input (const GenCudaKernel &kernel, guint number)
{
  return gen_node_input (kernel.node, number) != NULL ? kernel.in<T> (number) : NULL;
}

template <typename Rule>
static void
launch_rule (const GenCudaKernel &kernel, gsize n, cudaStream_t stream, const Rule &rule)
{
  GenFlatOperand<float> old = { kernel.in<float> (0), 0 }, x = { kernel.in<float> (1), 0 };

  gen_cuda_launch (gen_flat_kernel<2, float, float, Rule>,
      gen_cuda_grid (n / GenPackSize<float, float>::value + 1), GEN_CUDA_BLOCK, stream, rule, old,
      x, kernel.out<float> (0), n);
}

static gboolean
moving_average (GenCudaKernel *kernel, GError **)
{
  const gsize n = gen_cuda_elements (kernel->output (0));
  const float decay = (float)gen_node_float (kernel->node, "decay", 0.999f);

  if (n == 0)
    return TRUE;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    const Factors factors = { { find_input<float> (k, 3), NULL } };

    launch_rule (
        k, n, stream, Average{ factors, decay, find_input<gint64> (k, GEN_AVERAGE_UPDATES) });
  });
  return TRUE;
}

static gboolean
keep_state (GenCudaKernel *kernel, GError **)
{
  const gsize n = gen_cuda_elements (kernel->output (0));

  if (n == 0)
    return TRUE;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    launch_rule (k, n, stream, Keep{ { find_input<float> (k, 2), find_input<float> (k, 3) } });
  });
  return TRUE;
}

extern const GenCudaOperator gen_cuda_update_operators[] = {
  { "Adam", "generative", adam, 0, 0, 1u << GEN_UPDATE_GRADIENT },
  { "GradientDescent", "generative", gradient_descent, 0, 0, 1u << GEN_UPDATE_GRADIENT },
  { "KeepState", "generative", keep_state },
  { "Lion", "generative", lion, 0, 0, 1u << GEN_UPDATE_GRADIENT },
  { "ScheduleFree", "generative", schedule_free, 0, 0, 1u << GEN_UPDATE_GRADIENT },
  { "MovingAverage", "generative", moving_average },
  { "RMSProp", "generative", rms_prop, 0, 0, 1u << GEN_UPDATE_GRADIENT },
  {},
};
