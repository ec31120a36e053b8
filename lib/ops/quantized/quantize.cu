/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of QuantizeLinear and DequantizeLinear, bit by bit as on the CPU. */
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "quantize.h"
G_END_DECLS

#include <limits>

/* Where the scale of an element is. */
struct Scales {
  GenDivider outer, length, block; /* elements of an outer index and of a row; rows of a block */
  uint32_t outer_scales, scale_length;

  __device__ inline uint32_t of (uint32_t i) const
  {
    const uint32_t index = outer.divide (i), rest = i - index * outer.divisor;
    const uint32_t row = length.divide (rest);
    const uint32_t within = scale_length == 1 ? 0 : rest - row * length.divisor;

    return index * outer_scales + block.divide (row) * scale_length + within;
  }
};

/* Within the range of the type; what is not a number becomes the lowest value. */
template <typename T>
__global__ void
quantize (Scales scales, float low, float high, const float *x, const float *scale, const T *zero,
    T *y, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t at = scales.of ((uint32_t)i);
    float v = rintf (x[i] / scale[at]) + (zero != NULL ? zero[at] : 0);

    v = v > low ? v : low;
    y[i] = (T)(int32_t)(v < high ? v : high);
  }
}

template <typename T, typename O>
__global__ void
dequantize (Scales scales, const T *x, const float *scale, const T *zero, O *y, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    const uint32_t at = scales.of ((uint32_t)i);
    const int64_t difference = (int64_t)x[i] - (zero != NULL ? zero[at] : 0);

    gen_store (&y[i], (float)difference * scale[at]);
  }
}

/* FALSE where there are too many elements. */
static gboolean
find_scales (const GenCudaKernel *kernel, Scales *scales, GError **error)
{
  GenQuantize q;
  gsize outer;

  if (!gen_quantize_find (kernel->node, &q, error) ||
      gen_cuda_elements (kernel->input (0)) > (gsize)GEN_WALK_MAX)
    return FALSE;
  outer = (q.per_axis - 1) * q.length + q.last_length;
  scales->outer = GenDivider ((uint32_t)MAX (outer, 1));
  scales->length = GenDivider ((uint32_t)MAX (q.length, 1));
  scales->block = GenDivider ((uint32_t)MAX (q.block, 1));
  scales->outer_scales = (uint32_t)q.outer_scales;
  scales->scale_length = (uint32_t)q.scale_length;
  return TRUE;
}

/* Call `visit` with a null pointer to one of the types of quantised numbers. */
template <typename Visit>
static gboolean
visit_quantized (GenDataType type, Visit visit)
{
  switch (type) {
  case GEN_TYPE_UINT8:
    visit ((uint8_t *)nullptr);
    return TRUE;
  case GEN_TYPE_INT8:
    visit ((int8_t *)nullptr);
    return TRUE;
  case GEN_TYPE_UINT16:
    visit ((uint16_t *)nullptr);
    return TRUE;
  case GEN_TYPE_INT16:
    visit ((int16_t *)nullptr);
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
quantize_linear (GenCudaKernel *kernel, GError **error)
{
  const gsize n = gen_cuda_elements (kernel->input (0));
  const gboolean has_zero = kernel->input (2) != NULL;
  Scales scales;

  if (kernel->input (0)->type != GEN_TYPE_FLOAT32 || !find_scales (kernel, &scales, error))
    return FALSE;
  return visit_quantized (kernel->output (0)->type, [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) T;

    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (quantize<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, scales,
            std::numeric_limits<T>::min (), std::numeric_limits<T>::max (), k.in<float> (0),
            k.in<float> (1), has_zero ? k.in<T> (2) : NULL, k.out<T> (0), n);
      });
  });
}

template <typename T>
static gboolean
add_dequantize (GenCudaKernel *kernel, const Scales &scales)
{
  const gsize n = gen_cuda_elements (kernel->input (0));
  const gboolean has_zero = kernel->input (2) != NULL;

  return gen_visit_floats (kernel->output (0)->type, [&] (auto *pointer) {
    typedef GEN_VISITED (pointer) O;

    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (dequantize<T, O>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, scales,
            k.in<T> (0), k.in<float> (1), has_zero ? k.in<T> (2) : NULL, k.out<O> (0), n);
      });
  });
}

static gboolean
dequantize_linear (GenCudaKernel *kernel, GError **error)
{
  gboolean added = FALSE;
  Scales scales;

  if (!find_scales (kernel, &scales, error))
    return FALSE;
  if (kernel->input (0)->type == GEN_TYPE_INT32)
    return add_dequantize<int32_t> (kernel, scales);
  return visit_quantized (kernel->input (0)->type, [&] (auto *pointer) {
    added = add_dequantize<GEN_VISITED (pointer)> (kernel, scales);
  }) && added;
}

extern const GenCudaOperator gen_cuda_quantize_operators[] = {
  { "DequantizeLinear", NULL, dequantize_linear, 0, 1 },
  { "DequantizeLinear", "com.microsoft", dequantize_linear, 0, 1 },
  { "QuantizeLinear", NULL, quantize_linear },
  { "QuantizeLinear", "com.microsoft", quantize_linear },
  {},
};
