/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of NegativeLogLikelihoodLoss and its gradient. Sums are of doubles and always
 * in one order: first those of blocks, then theirs. */
#include "../../device/cuda/reduce.h"

#include <math.h>

/* x as [batch, classes, inner], labels as [batch, inner]. */
struct Items {
  size_t n, classes, inner;
  const void *labels;
  const float *weights; /* of classes, or NULL */
  int64_t ignore_index;
  int ignores, wide;

  /* 0 for one that is ignored, not a number for one that is no class. */
  __device__ float weight (size_t i, size_t *label) const
  {
    const int64_t l = wide ? ((const int64_t *)labels)[i] : ((const int32_t *)labels)[i];
    const bool is_class = l >= 0 && l < (int64_t)classes;

    *label = is_class ? (size_t)l : 0;
    if (ignores && l == ignore_index)
      return 0;
    if (!is_class)
      return NAN;
    return weights != NULL ? weights[l] : 1;
  }
  __device__ size_t position (size_t i, size_t label) const
  {
    return (i / inner * classes + label) * inner + i % inner;
  }
};

struct Sums {
  double loss, weight;
};

static __device__ inline Sums
team_sums (Sums sums)
{
  return gen_team_reduce (sums, [] (Sums a, Sums b) {
    return Sums{ a.loss + b.loss, a.weight + b.weight };
  });
}

/* Of what a block sees; each item's own loss into `out` where that is wanted. Without x, of the
 * weights alone. */
__global__ void
lose (Items items, const float *x, float *out, Sums *of_blocks)
{
  Sums sums = {};

  for (GEN_CUDA_EACH (i, items.n)) {
    size_t label;
    const float weight = items.weight (i, &label);
    const float loss = x != NULL && weight != 0 ? -weight * x[items.position (i, label)] : 0.0f;

    if (out != NULL)
      out[i] = loss;
    sums.loss += loss;
    sums.weight += weight;
  }
  sums = team_sums (sums);
  if (threadIdx.x == 0)
    of_blocks[blockIdx.x] = sums;
}

/* One block: the sums of all into the first; the loss into `out` where that is wanted. */
__global__ void
add_up (Sums *of_blocks, unsigned blocks, int mean, float *out)
{
  Sums sums = {};

  if (threadIdx.x < blocks)
    sums = of_blocks[threadIdx.x];
  sums = team_sums (sums);
  if (threadIdx.x != 0)
    return;
  *of_blocks = sums;
  if (out != NULL)
    *out = (float)(mean ? sums.loss / sums.weight : sums.loss);
}

__global__ void
lose_gradient (Items items, const float *dy, int each, const Sums *all, float *dx, size_t n)
{
  const double weights = all != NULL ? all->weight : 1;

  for (GEN_CUDA_EACH (k, n)) {
    const size_t i = k / items.inner / items.classes * items.inner + k % items.inner;
    size_t label;
    const float weight = items.weight (i, &label);
    const bool is = weight != 0 && k / items.inner % items.classes == label;

    dx[k] = is ? (float)(-weight / weights * dy[each ? i : 0]) : 0.0f;
  }
}

static Items
items_of (const GenCudaKernel *kernel, const GenTensor *x)
{
  const GenAttribute *ignore = gen_node_attribute (kernel->node, "ignore_index");
  Items items = {};

  items.classes = (size_t)x->shape.dims[1];
  items.inner = (size_t)gen_shape_product (&x->shape, 2, x->shape.rank);
  items.n = (size_t)x->shape.dims[0] * items.inner;
  items.ignores = ignore != NULL;
  items.ignore_index = ignore != NULL ? ignore->i : 0;
  items.wide = kernel->input (1)->type == GEN_TYPE_INT64;
  return items;
}

static Items
with_addresses (Items items, const GenCudaKernel &k)
{
  items.labels = k.inputs[1];
  items.weights = k.input (2) != NULL ? k.in<float> (2) : NULL;
  return items;
}

static unsigned
blocks_of (const Items &items)
{
  return MIN (gen_cuda_grid (items.n).x, GEN_CUDA_BLOCK);
}

static gboolean
loss (GenCudaKernel *kernel, GError **)
{
  const Items items = items_of (kernel, kernel->input (0));
  const char *reduction = gen_node_string (kernel->node, "reduction", "mean");
  const gboolean none = strcmp (reduction, "none") == 0, mean = strcmp (reduction, "mean") == 0;
  const unsigned blocks = blocks_of (items);

  if (kernel->input (0)->type != GEN_TYPE_FLOAT32 || items.n * items.classes == 0)
    return FALSE;
  kernel->reserve (blocks * sizeof (Sums));
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    float *out = k.out<float> (0);
    Sums *sums = (Sums *)k.scratch;

    gen_cuda_launch (lose, blocks, GEN_CUDA_BLOCK, stream, with_addresses (items, k),
        k.in<float> (0), none ? out : NULL, sums);
    if (!none)
      gen_cuda_launch (add_up, 1, GEN_CUDA_BLOCK, stream, sums, blocks, mean, out);
  });
  return TRUE;
}

static gboolean
loss_gradient (GenCudaKernel *kernel, GError **)
{
  const Items items = items_of (kernel, kernel->output (0));
  const char *reduction = gen_node_string (kernel->node, "reduction", "mean");
  const gboolean none = strcmp (reduction, "none") == 0, mean = strcmp (reduction, "mean") == 0;
  const gsize n = gen_cuda_elements (kernel->output (0));
  const unsigned blocks = blocks_of (items);

  if (kernel->output (0)->type != GEN_TYPE_FLOAT32 || n == 0)
    return FALSE;
  if (mean)
    kernel->reserve (blocks * sizeof (Sums));
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    const Items here = with_addresses (items, k);
    Sums *sums = mean ? (Sums *)k.scratch : NULL;

    if (mean) {
      gen_cuda_launch (lose, blocks, GEN_CUDA_BLOCK, stream, here, NULL, NULL, sums);
      gen_cuda_launch (add_up, 1, GEN_CUDA_BLOCK, stream, sums, blocks, FALSE, NULL);
    }
    gen_cuda_launch (lose_gradient, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, here,
        k.in<float> (0), none, sums, k.out<float> (0), n);
  });
  return TRUE;
}

extern const GenCudaOperator gen_cuda_negative_log_likelihood_loss_operators[] = {
  { "NegativeLogLikelihoodLoss", NULL, loss },
  { "NegativeLogLikelihoodLossGradient", "generative", loss_gradient },
  {},
};
