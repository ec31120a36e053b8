/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CUDA C on the processor, slowly: enough of the language and of the runtime to check the numbers
 * of kernels and the order of a plan's work on machines without a GPU. The toolkit's own headers
 * give the types; emulation.cpp has the functions. What streams are given is done when it is waited
 * for, in their order; all other calls finish before they return. The threads of a block take
 * turns.
 *
 * A device that fails: GEN_EMULATION_MEMORY is how many bytes it has, GEN_EMULATION_LOST, when it
 * is set, lets no graph run any more, and with GEN_EMULATION_DRIVER the driver is too old.
 * GEN_EMULATION_LACKS names operators that it has no kernels for. */
#pragma once

#include <cuda_runtime_api.h>
#include <math.h>
#include <string.h>

#include <functional>

#undef __global__
#define __global__
#undef __host__
#define __host__
#undef __device__
#define __device__
#undef __shared__
#define __shared__ static
#undef __launch_bounds__
#define __launch_bounds__(...)

extern thread_local uint3 threadIdx, blockIdx;
extern thread_local dim3 blockDim, gridDim;

void emulation_launch (dim3 grid, dim3 block, cudaStream_t stream, std::function<void ()> thread);

/* All threads of the block meet. */
void __syncthreads ();
/* All threads of the warp meet; each gives `value` and gets that of the thread `lane`. */
void emulation_exchange (void *value, size_t size, int lane);

/* The same, but each gets the values of all, 16 bytes for each lane: `all` is 512 bytes. */
void emulation_gather (const void *value, size_t size, void *all);

static inline int
emulation_lane ()
{
  return (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32;
}

template <typename T>
static inline T
__shfl_xor_sync (unsigned, T value, int mask)
{
  emulation_exchange (&value, sizeof value, emulation_lane () ^ mask);
  return value;
}

template <typename T>
static inline T
__shfl_down_sync (unsigned, T value, int delta)
{
  int lane = emulation_lane () + delta;

  emulation_exchange (&value, sizeof value, lane < 32 ? lane : emulation_lane ());
  return value;
}

template <typename T>
static inline T
__shfl_up_sync (unsigned, T value, int delta)
{
  int lane = emulation_lane () - delta;

  emulation_exchange (&value, sizeof value, lane >= 0 ? lane : emulation_lane ());
  return value;
}

template <typename T>
static inline T
__shfl_sync (unsigned, T value, int lane)
{
  emulation_exchange (&value, sizeof value, lane);
  return value;
}

/* Threads take turns at the points where they meet alone, so these are indivisible. */
template <typename T>
static inline T
atomicAdd (T *at, T value)
{
  T old = *at;

  *at = (T)(old + value);
  return old;
}

template <typename T>
static inline T
atomicMax (T *at, T value)
{
  T old = *at;

  *at = old > value ? old : value;
  return old;
}

template <typename T>
static inline T
atomicMin (T *at, T value)
{
  T old = *at;

  *at = old < value ? old : value;
  return old;
}

template <typename T>
static inline T
atomicCAS (T *at, T expected, T value)
{
  T old = *at;

  if (old == expected)
    *at = value;
  return old;
}

template <typename T>
static inline T
__ldg (const T *at)
{
  return *at;
}

static inline float
rsqrtf (float x)
{
  return 1 / sqrtf (x);
}

static inline float
__int_as_float (int x)
{
  float y;

  memcpy (&y, &x, sizeof y);
  return y;
}

static inline int
__float_as_int (float x)
{
  int y;

  memcpy (&y, &x, sizeof y);
  return y;
}

/* The sum of four products of signed bytes, and `c`. */
static inline int
__dp4a (int a, int b, int c)
{
  for (int i = 0; i < 32; i += 8)
    c += (signed char)(a >> i) * (signed char)(b >> i);
  return c;
}

static inline unsigned
__umulhi (unsigned a, unsigned b)
{
  return (unsigned)(((unsigned long long)a * b) >> 32);
}

/* Roundings that must not be fused with their neighbours: the file is compiled that way. */
static inline float
__fmul_rn (float a, float b)
{
  return a * b;
}

static inline float
__fadd_rn (float a, float b)
{
  return a + b;
}

static inline float
__fsub_rn (float a, float b)
{
  return a - b;
}

static inline float
__fdiv_rn (float a, float b)
{
  return a / b;
}

static inline float
__fsqrt_rn (float a)
{
  return sqrtf (a);
}
