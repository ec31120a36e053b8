/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Element types in kernels: which C type a data type is, and what it is computed in. */
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <stdint.h>

#include "cuda.h"

/* 16-bit floats are computed in float32, everything else in itself. */
template <typename T> struct GenComputed {
  typedef T Type;
};
template <> struct GenComputed<__half> {
  typedef float Type;
};
template <> struct GenComputed<__nv_bfloat16> {
  typedef float Type;
};

template <typename T>
static __device__ inline typename GenComputed<T>::Type
gen_load (const T *at)
{
  return (typename GenComputed<T>::Type) * at;
}

static __device__ inline float
gen_load (const __half *at)
{
  return __half2float (*at);
}

static __device__ inline float
gen_load (const __nv_bfloat16 *at)
{
  return __bfloat162float (*at);
}

template <typename T, typename V>
static __device__ inline void
gen_store (T *at, V value)
{
  *at = (T)value;
}

template <typename V>
static __device__ inline void
gen_store (__half *at, V value)
{
  *at = __float2half_rn ((float)value);
}

template <typename V>
static __device__ inline void
gen_store (__nv_bfloat16 *at, V value)
{
  *at = __float2bfloat16_rn ((float)value);
}

/* Call `visit` with a null pointer to the C type of `type`; FALSE when it is none of those: the
 * floats that nets are computed in. */
template <typename Visit>
static gboolean
gen_visit_floats (GenDataType type, Visit visit)
{
  switch (type) {
  case GEN_TYPE_FLOAT32:
    visit ((float *)nullptr);
    return TRUE;
  case GEN_TYPE_FLOAT16:
    visit ((__half *)nullptr);
    return TRUE;
  case GEN_TYPE_BFLOAT16:
    visit ((__nv_bfloat16 *)nullptr);
    return TRUE;
  default:
    return FALSE;
  }
}

/* Those that shapes, indices, pictures and masks are made of. Rarer types are left to the CPU:
 * each costs machine code for every operator. */
template <typename Visit>
static gboolean
gen_visit_integers (GenDataType type, Visit visit)
{
  switch (type) {
  case GEN_TYPE_INT8:
    visit ((int8_t *)nullptr);
    return TRUE;
  case GEN_TYPE_INT32:
    visit ((int32_t *)nullptr);
    return TRUE;
  case GEN_TYPE_INT64:
    visit ((int64_t *)nullptr);
    return TRUE;
  case GEN_TYPE_BOOL:
  case GEN_TYPE_UINT8:
    visit ((uint8_t *)nullptr);
    return TRUE;
  default:
    return FALSE;
  }
}

template <typename Visit>
static gboolean
gen_visit_numbers (GenDataType type, Visit visit)
{
  return gen_visit_floats (type, visit) || gen_visit_integers (type, visit);
}

template <typename Visit>
static gboolean
gen_visit_doubles (GenDataType type, Visit visit)
{
  if (type == GEN_TYPE_FLOAT64)
    visit ((double *)nullptr);
  return type == GEN_TYPE_FLOAT64;
}

/* For operators that only move elements: by their size. */
template <typename Visit>
static gboolean
gen_visit_sizes (gsize size, Visit visit)
{
  switch (size) {
  case 1:
    visit ((uint8_t *)nullptr);
    return TRUE;
  case 2:
    visit ((uint16_t *)nullptr);
    return TRUE;
  case 4:
    visit ((uint32_t *)nullptr);
    return TRUE;
  case 8:
    visit ((uint64_t *)nullptr);
    return TRUE;
  default:
    return FALSE;
  }
}

/* Of a node whose operand is of the floats `type`, and whose parameters are of `parameters`: of
 * that type too, or of float32. `visit` gets a pointer of each. */
template <typename Visit>
static gboolean
gen_visit_parameters (GenDataType type, GenDataType parameters, Visit visit)
{
  if (parameters != type && parameters != GEN_TYPE_FLOAT32)
    return FALSE;
  return gen_visit_floats (type, [&] (auto *pointer) {
    if (parameters == type)
      visit (pointer, pointer);
    else
      visit (pointer, (float *)nullptr);
  });
}

/* By sizes of 16 bytes too: of several elements that are moved at once. */
template <typename Visit>
static gboolean
gen_visit_wide (gsize size, Visit visit)
{
  if (size != sizeof (uint4))
    return gen_visit_sizes (size, visit);
  visit ((uint4 *)nullptr);
  return TRUE;
}

/* The type that a visitor's pointer points to. */
#define GEN_VISITED(pointer) std::remove_pointer_t<decltype (pointer)>
