/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of Cast and CastLike, with the CPU's rules: floats are cut towards zero
 * within what int64 holds, anything but zero is true. */
#include "../device/cuda/elementwise.h"

template <typename O> struct To {
  __device__ static inline int64_t integer (double x)
  {
    return x >= 9223372036854775808.0    ? INT64_MAX
           : x <= -9223372036854775808.0 ? INT64_MIN
           : x != x                      ? 0
                                         : (int64_t)x;
  }

  __device__ inline O operator() (float x) const
  {
    return (O)integer (x);
  }
  __device__ inline O operator() (double x) const
  {
    return (O)integer (x);
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

/* --- rarer types, by one kernel for all of them --- */

/* A number of any type: a float or an integer. */
struct Number {
  bool is_float, is_unsigned;
  double real;
  int64_t integer;
};

template <typename T>
static __device__ inline Number
integer_of (const void *x, size_t i, bool is_unsigned = false)
{
  return { false, is_unsigned, 0, (int64_t)((const T *)x)[i] };
}

template <typename T>
static __device__ inline Number
float_of (const void *x, size_t i)
{
  return { true, false, (double)gen_load (&((const T *)x)[i]), 0 };
}

static __device__ inline Number
load (GenDataType type, const void *x, size_t i)
{
  switch (type) {
  case GEN_TYPE_FLOAT16:
    return float_of<__half> (x, i);
  case GEN_TYPE_BFLOAT16:
    return float_of<__nv_bfloat16> (x, i);
  case GEN_TYPE_FLOAT64:
    return float_of<double> (x, i);
  case GEN_TYPE_INT8:
    return integer_of<int8_t> (x, i);
  case GEN_TYPE_INT16:
    return integer_of<int16_t> (x, i);
  case GEN_TYPE_INT32:
    return integer_of<int32_t> (x, i);
  case GEN_TYPE_INT64:
    return integer_of<int64_t> (x, i);
  case GEN_TYPE_BOOL:
  case GEN_TYPE_UINT8:
    return integer_of<uint8_t> (x, i);
  case GEN_TYPE_UINT16:
    return integer_of<uint16_t> (x, i);
  case GEN_TYPE_UINT32:
    return integer_of<uint32_t> (x, i);
  case GEN_TYPE_UINT64:
    return integer_of<uint64_t> (x, i, true);
  default:
    return float_of<float> (x, i);
  }
}

template <typename T>
static __device__ inline T
real_of (const Number &v)
{
  return v.is_float ? (T)v.real : v.is_unsigned ? (T)(uint64_t)v.integer : (T)v.integer;
}

static __device__ inline void
store (GenDataType type, const Number &v, void *y, size_t i)
{
  const int64_t integer = v.is_float ? To<int64_t>::integer (v.real) : v.integer;

  switch (type) {
  case GEN_TYPE_FLOAT16:
    return gen_store (&((__half *)y)[i], real_of<float> (v));
  case GEN_TYPE_BFLOAT16:
    return gen_store (&((__nv_bfloat16 *)y)[i], real_of<float> (v));
  case GEN_TYPE_FLOAT32:
    return gen_store (&((float *)y)[i], real_of<float> (v));
  case GEN_TYPE_FLOAT64:
    return gen_store (&((double *)y)[i], real_of<double> (v));
  case GEN_TYPE_BOOL:
    return gen_store (&((uint8_t *)y)[i], v.is_float ? v.real != 0 : v.integer != 0);
  case GEN_TYPE_INT8:
  case GEN_TYPE_UINT8:
    return gen_store (&((uint8_t *)y)[i], integer);
  case GEN_TYPE_INT16:
  case GEN_TYPE_UINT16:
    return gen_store (&((uint16_t *)y)[i], integer);
  case GEN_TYPE_INT32:
  case GEN_TYPE_UINT32:
    return gen_store (&((uint32_t *)y)[i], integer);
  default:
    return gen_store (&((uint64_t *)y)[i], integer);
  }
}

__global__ void
cast_any (GenDataType from, GenDataType to, const void *x, void *y, size_t n)
{
  for (GEN_CUDA_EACH (i, n))
    store (to, load (from, x, i), y, i);
}

static gboolean
is_number (GenDataType type)
{
  return type <= GEN_TYPE_BFLOAT16 && gen_data_type_size (type) > 0;
}

static gboolean
add_any (GenCudaKernel *kernel, GenDataType from, GenDataType to)
{
  const gsize n = gen_cuda_elements (kernel->output (0));

  if (!is_number (from) || !is_number (to))
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
