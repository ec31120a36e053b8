/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers whose type is known when a kernel runs, not when it is compiled: what nets seldom compute
 * with costs no machine code for each operator and type. */
#pragma once

#include "types.h"

/* Cut towards zero, within what int64 holds. */
static __device__ inline int64_t
gen_cuda_cut (double x)
{
  return x >= 9223372036854775808.0    ? INT64_MAX
         : x <= -9223372036854775808.0 ? INT64_MIN
         : x != x                      ? 0
                                       : (int64_t)x;
}

/* A number of any type: a float or an integer. */
struct GenCudaNumber {
  bool is_float, is_unsigned;
  double real;
  int64_t integer;
};

template <typename T>
static __device__ inline GenCudaNumber
gen_cuda_integer (const void *x, size_t i, bool is_unsigned = false)
{
  return { false, is_unsigned, 0, (int64_t)((const T *)x)[i] };
}

template <typename T>
static __device__ inline GenCudaNumber
gen_cuda_float (const void *x, size_t i)
{
  return { true, false, (double)gen_load (&((const T *)x)[i]), 0 };
}

static __device__ inline GenCudaNumber
gen_cuda_load_number (GenDataType type, const void *x, size_t i)
{
  switch (type) {
  case GEN_TYPE_FLOAT16:
    return gen_cuda_float<__half> (x, i);
  case GEN_TYPE_BFLOAT16:
    return gen_cuda_float<__nv_bfloat16> (x, i);
  case GEN_TYPE_FLOAT64:
    return gen_cuda_float<double> (x, i);
  case GEN_TYPE_INT8:
    return gen_cuda_integer<int8_t> (x, i);
  case GEN_TYPE_INT16:
    return gen_cuda_integer<int16_t> (x, i);
  case GEN_TYPE_INT32:
    return gen_cuda_integer<int32_t> (x, i);
  case GEN_TYPE_INT64:
    return gen_cuda_integer<int64_t> (x, i);
  case GEN_TYPE_BOOL:
  case GEN_TYPE_UINT8:
    return gen_cuda_integer<uint8_t> (x, i);
  case GEN_TYPE_UINT16:
    return gen_cuda_integer<uint16_t> (x, i);
  case GEN_TYPE_UINT32:
    return gen_cuda_integer<uint32_t> (x, i);
  case GEN_TYPE_UINT64:
    return gen_cuda_integer<uint64_t> (x, i, true);
  default:
    return gen_cuda_float<float> (x, i);
  }
}

template <typename T>
static __device__ inline T
gen_cuda_real (const GenCudaNumber &v)
{
  return v.is_float ? (T)v.real : v.is_unsigned ? (T)(uint64_t)v.integer : (T)v.integer;
}

static __device__ inline void
gen_cuda_store_number (GenDataType type, const GenCudaNumber &v, void *y, size_t i)
{
  const int64_t integer = v.is_float ? gen_cuda_cut (v.real) : v.integer;

  switch (type) {
  case GEN_TYPE_FLOAT16:
    return gen_store (&((__half *)y)[i], gen_cuda_real<float> (v));
  case GEN_TYPE_BFLOAT16:
    return gen_store (&((__nv_bfloat16 *)y)[i], gen_cuda_real<float> (v));
  case GEN_TYPE_FLOAT32:
    return gen_store (&((float *)y)[i], gen_cuda_real<float> (v));
  case GEN_TYPE_FLOAT64:
    return gen_store (&((double *)y)[i], gen_cuda_real<double> (v));
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

static inline gboolean
gen_cuda_is_number (GenDataType type)
{
  return type <= GEN_TYPE_BFLOAT16 && gen_data_type_size (type) > 0;
}
