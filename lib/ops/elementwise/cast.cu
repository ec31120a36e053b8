/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of Cast and CastLike, with the CPU's rules: floats are cut towards zero
 * within what int64 holds, anything but zero is true. */
#include "../../device/cuda/elementwise.h"
#include "../../device/cuda/number.h"

template <typename O> struct To {
  __device__ inline O operator() (float x) const
  {
    return (O)gen_cuda_cut (x);
  }
  __device__ inline O operator() (double x) const
  {
    return (O)gen_cuda_cut (x);
  }
  template <typename T> __device__ inline O operator() (T x) const
  {
    return (O)x;
  }
};

/* Floats keep what is computed; the store rounds. */
struct ToFloat {
  template <typename T> __device__ inline float operator() (T x) const
  {
    return (float)x;
  }
};

struct ToBool {
  template <typename T> __device__ inline uint8_t operator() (T x) const
  {
    return x != 0;
  }
};

/* Rarer types, by one kernel for all of them. */
__global__ void
cast_any (GenDataType from, GenDataType to, const void *x, void *y, size_t n)
{
  for (GEN_CUDA_EACH (i, n))
    gen_cuda_store_number (to, gen_cuda_load_number (from, x, i), y, i);
}

static gboolean
add_any (GenCudaKernel *kernel, GenDataType from, GenDataType to)
{
  const gsize n = gen_cuda_elements (kernel->output (0));

  if (!gen_cuda_is_number (from) || !gen_cuda_is_number (to))
    return FALSE;
  if (n > 0)
    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (cast_any, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, from, to, k.inputs[0],
          k.outputs[0], n);
    });
  return TRUE;
}

static gboolean
cast (GenCudaKernel *kernel, GError **error)
{
  GenDataType from = kernel->input (0)->type, to = kernel->output (0)->type;
  gboolean known = FALSE;

  gen_visit_numbers (from, [&] (auto *operand) {
    typedef GEN_VISITED (operand) T;

    known = TRUE;
    if (to == GEN_TYPE_BOOL)
      gen_add_unary<T, uint8_t> (kernel, ToBool{});
    else if (to == GEN_TYPE_FLOAT32)
      gen_add_unary<T, float> (kernel, ToFloat{});
    else if (to == GEN_TYPE_FLOAT16)
      gen_add_unary<T, __half> (kernel, ToFloat{});
    else if (to == GEN_TYPE_BFLOAT16)
      gen_add_unary<T, __nv_bfloat16> (kernel, ToFloat{});
    else
      known = gen_visit_integers (to, [&] (auto *result) {
        typedef GEN_VISITED (result) O;
        gen_add_unary<T, O> (kernel, To<O>{});
      });
  });
  return known || add_any (kernel, from, to);
}

extern const GenCudaOperator gen_cuda_cast_operators[] = {
  { "Cast", NULL, cast },
  { "CastLike", NULL, cast },
  {},
};
