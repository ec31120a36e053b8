/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of what draws: RandomNormal, RandomUniform, their Like forms, and Dropout. A
 * thread makes the four numbers of a block of Philox. The number of the run lies on the device. */
#include "../../device/cuda/elementwise.h"
#include "../../device/cuda/philox.h"

G_BEGIN_DECLS
#include <generative/exchange.h>

#include "../training/dropout.h"
#include "random-fill.h"
G_END_DECLS

/* A node's stream, and which draw a run is (gen_draw_of). */
struct Stream {
  uint32_t key[2];
  unsigned shift;
  uint64_t offset;
  uint64_t first; /* block: members of a training have theirs one behind the other */

  __device__ GenPhiloxBlock block (const guint64 *run, uint64_t number) const
  {
    const uint64_t draw = (shift < 64 ? (uint64_t)*run << shift : 0) + offset;

    return gen_philox_block (key[0], key[1], draw, first + number);
  }
};

static Stream
stream_of (const GenCudaKernel *kernel, GenRandom random)
{
  const GenDraw *draw = &kernel->node->draw;
  const uint64_t blocks = (gen_cuda_elements (kernel->output (0)) + 3) / 4;

  return { { random.key[0], random.key[1] }, (unsigned)draw->shift, draw->offset,
    gen_exchange_rank (kernel->exchange) * blocks };
}

/* --- numbers --- */

static __device__ inline GenPack<float, 4>
uniforms (const GenPhiloxBlock &block)
{
  GenPack<float, 4> result;

  for (int w = 0; w < 4; w++)
    result.at[w] = gen_word_uniform (block.words[w]);
  return result;
}

__global__ void
fill (Stream stream, const guint64 *run, int normal, float factor, float term, float *out, size_t n)
{
  for (GEN_CUDA_EACH (i, (n + 3) / 4)) {
    const GenPhiloxBlock block = stream.block (run, i);
    GenPack<float, 4> result = uniforms (block);

    if (normal)
      for (int w = 0; w < 4; w += 2)
        gen_word_normals (block.words[w], block.words[w + 1], &result.at[w], &result.at[w + 1]);
    for (int w = 0; w < 4; w++)
      result.at[w] = __fadd_rn (__fmul_rn (result.at[w], factor), term);
    if (4 * i + 4 <= n) {
      ((GenPack<float, 4> *)out)[i] = result;
      continue;
    }
    for (int w = 0; 4 * i + w < n; w++)
      out[4 * i + w] = result.at[w];
  }
}

static gboolean
add_fill (GenCudaKernel *kernel, gboolean normal, float factor, float term)
{
  const Stream numbers = stream_of (kernel, gen_random_of_node (kernel->node, kernel->seed));
  gsize n = gen_cuda_elements (kernel->output (0));

  if (n == 0)
    return TRUE;
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (fill, gen_cuda_grid ((n + 3) / 4), GEN_CUDA_BLOCK, stream, numbers, k.draw,
        normal, factor, term, k.out<float> (0), n);
  });
  return TRUE;
}

static gboolean
random_normal (GenCudaKernel *kernel, GError **)
{
  return add_fill (kernel, TRUE, (float)gen_node_float (kernel->node, "scale", 1),
      (float)gen_node_float (kernel->node, "mean", 0));
}

static gboolean
random_uniform (GenCudaKernel *kernel, GError **)
{
  const float low = (float)gen_node_float (kernel->node, "low", 0);

  return add_fill (kernel, FALSE, (float)gen_node_float (kernel->node, "high", 1) - low, low);
}

/* --- Dropout --- */

template <typename T>
__global__ void
drop (Stream stream, const guint64 *run, float ratio, const T *x, T *out, uint8_t *mask, size_t n)
{
  const float scale = 1 / (1 - ratio);

  for (GEN_CUDA_EACH (i, (n + 3) / 4)) {
    const GenPack<float, 4> draws = uniforms (stream.block (run, i));

    for (int w = 0; w < 4 && 4 * i + w < n; w++) {
      const size_t at = 4 * i + w;
      const bool kept = draws.at[w] >= ratio;

      gen_store (&out[at], kept ? gen_load (&x[at]) * scale : 0.0f);
      if (mask != NULL)
        mask[at] = kept;
    }
  }
}

static gboolean
drop_in_training (GenCudaKernel *kernel, float ratio)
{
  const Stream numbers = stream_of (kernel, gen_random_of_node (kernel->node, kernel->seed));
  gsize n = gen_cuda_elements (kernel->output (0));
  gboolean masks = kernel->node->outputs->len > 1;

  return gen_visit_floats (kernel->input (0)->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (drop<T>, gen_cuda_grid ((n + 3) / 4), GEN_CUDA_BLOCK, stream, numbers,
          k.draw, ratio, k.in<T> (0), k.out<T> (0), masks ? k.out<uint8_t> (1) : NULL, n);
    });
  });
}

/* What comes in goes out, and nothing was dropped. */
static gboolean
keep (GenCudaKernel *kernel)
{
  gsize n = gen_cuda_elements (kernel->output (0));
  gsize size = n * gen_data_type_size (kernel->output (0)->type);
  gboolean masks = kernel->node->outputs->len > 1;

  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    if (k.inputs[0] != k.outputs[0])
      cudaMemcpyAsync (k.outputs[0], k.inputs[0], size, cudaMemcpyDeviceToDevice, stream);
    if (masks && k.outputs[1] != NULL)
      cudaMemsetAsync (k.outputs[1], TRUE, n, stream);
  });
  return TRUE;
}

static gboolean
dropout (GenCudaKernel *kernel, GError **error)
{
  const GenTensor *mask = gen_node_output (kernel->node, 1);
  GenDropout settings;

  if (!gen_dropout_settings (kernel->node, &settings, error))
    return FALSE;
  if (gen_cuda_elements (kernel->output (0)) == 0)
    return TRUE;
  if (mask != NULL && mask->type != GEN_TYPE_BOOL)
    return FALSE;
  return settings.training ? drop_in_training (kernel, settings.ratio) : keep (kernel);
}

extern const GenCudaOperator gen_cuda_random_operators[] = {
  { "Dropout", NULL, dropout, 1, 1 },
  { "RandomNormal", NULL, random_normal },
  { "RandomNormalLike", NULL, random_normal },
  { "RandomUniform", NULL, random_uniform },
  { "RandomUniformLike", NULL, random_uniform },
  {},
};
