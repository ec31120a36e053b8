/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of LossScale: many gradients are looked through by one launch, as bits, so that
 * their types make no difference. */
#include "../../device/cuda/cuda.h"
#include "../../device/cuda/launch.h"

G_BEGIN_DECLS
#include "loss-scale.h"
G_END_DECLS

/* Of a launch: its arguments may take 4 KB. */
#define TENSORS 64

struct Checked {
  const uint32_t *words[TENSORS];
  size_t sizes[TENSORS];       /* bytes */
  uint32_t exponents[TENSORS]; /* bits of a word that are all ones for what is not finite */
};

/* The exponent of a word's one float32, or of each of its two 16-bit floats. */
static uint32_t
exponent_of (GenDataType type)
{
  switch (type) {
  case GEN_TYPE_FLOAT16:
    return 0x7c007c00;
  case GEN_TYPE_BFLOAT16:
    return 0x7f807f80;
  default:
    return 0x7f800000;
  }
}

static __device__ inline bool
is_bad (uint32_t word, uint32_t exponent)
{
  const uint32_t high = exponent & 0xffff0000, low = exponent & 0xffff;

  return (word & high) == high || (low != 0 && (word & low) == low);
}

/* A tensor for each row of blocks. Whoever writes `bad` writes the same. */
__global__ void
check (Checked tensors, int *bad)
{
  const uint32_t *words = tensors.words[blockIdx.y], exponent = tensors.exponents[blockIdx.y];
  const size_t size = tensors.sizes[blockIdx.y], packs = size / sizeof (uint4);
  const size_t first = packs * 4, rest = size / 4 - first;
  bool found = false;

  for (GEN_CUDA_EACH (i, packs)) {
    const uint4 pack = ((const uint4 *)words)[i];

    found |= is_bad (pack.x, exponent) || is_bad (pack.y, exponent) || is_bad (pack.z, exponent) ||
             is_bad (pack.w, exponent);
  }
  for (GEN_CUDA_EACH (k, rest))
    found |= is_bad (words[first + k], exponent);
  /* The last one of an odd number of 16-bit floats. */
  if (size % 4 != 0 && blockIdx.x == 0 && threadIdx.x == 0)
    found |= is_bad (((const uint16_t *)words)[size / 2 - 1], exponent);
  if (found)
    *bad = 1;
}

__global__ void
decide (GenLossScale s, const int *bad, const float *scale, const int64_t *good,
    const int64_t *updates, float *factor, float *next_scale, int64_t *next_good,
    int64_t *next_updates)
{
  const bool finite = *bad == 0;
  const int64_t in_a_row = *good + 1;
  float next = *scale;

  *factor = finite ? 1 / next : 0;
  if (!finite)
    next *= s.backoff;
  else if (in_a_row >= s.interval && isfinite (next * s.growth))
    next *= s.growth;
  *next_scale = next;
  *next_good = finite && in_a_row < s.interval ? in_a_row : 0;
  *next_updates = *updates + finite;
}

static void
add_check (GenCudaKernel *kernel, guint first, guint n)
{
  const unsigned most = 8 * (unsigned)MAX (kernel->device->multiprocessors, 1);
  gsize largest = 0;
  Checked checked = {};
  dim3 grid;

  for (guint i = 0; i < n; i++) {
    const GenTensor *tensor = kernel->input (first + i);

    checked.sizes[i] = gen_tensor_size (tensor);
    checked.exponents[i] = exponent_of (tensor->type);
    largest = MAX (largest, checked.sizes[i]);
  }
  grid = dim3 (MIN (gen_cuda_grid (largest / sizeof (uint4) + 1).x, most), n);
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    Checked found = checked;

    for (guint i = 0; i < n; i++)
      found.words[i] = k.in<uint32_t> (first + i);
    gen_cuda_launch (check, grid, GEN_CUDA_BLOCK, stream, found, (int *)k.scratch);
  });
}

static gboolean
prepare (GenCudaKernel *kernel, GError **)
{
  const guint end = kernel->node->inputs->len;
  GenLossScale settings;

  gen_loss_scale_init (&settings, kernel->node);
  kernel->reserve (sizeof (int));
  kernel->launches.push_back ([] (const GenCudaKernel &k, cudaStream_t stream) {
    cudaMemsetAsync (k.scratch, 0, sizeof (int), stream);
  });
  for (guint first = GEN_LOSS_SCALE_CHECKED; first < end; first += TENSORS)
    add_check (kernel, first, MIN (end - first, TENSORS));
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    gen_cuda_launch (decide, 1, 1, stream, settings, (const int *)k.scratch,
        k.in<float> (GEN_LOSS_SCALE_SCALE), k.in<int64_t> (GEN_LOSS_SCALE_GOOD),
        k.in<int64_t> (GEN_LOSS_SCALE_UPDATES), k.out<float> (GEN_LOSS_SCALE_FACTOR),
        k.out<float> (GEN_LOSS_SCALE_NEXT), k.out<int64_t> (GEN_LOSS_SCALE_NEXT + 1),
        k.out<int64_t> (GEN_LOSS_SCALE_NEXT + 2));
  });
  return TRUE;
}

extern const GenCudaOperator gen_cuda_loss_scale_operators[] = {
  { "LossScale", "generative", prepare, 0, 0, GEN_CUDA_ALL },
  {},
};
