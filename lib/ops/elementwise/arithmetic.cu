/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of operators that combine operands element by element: arithmetic, bits,
 * gradients of activations, and those of any number of operands. */
#include <math.h>
#include <string.h>

#include "../../device/cuda/rare.h"

#define FORMULA(name, expression)                                                                  \
  struct name {                                                                                    \
    float alpha;                                                                                   \
                                                                                                   \
    template <typename T> __device__ inline T operator() (T x, T y) const                          \
    {                                                                                              \
      return (T)(expression);                                                                      \
    }                                                                                              \
  };

FORMULA (Add, x + y)
FORMULA (BitwiseAnd, x &y)
FORMULA (BitwiseOr, x | y)
FORMULA (BitwiseXor, x ^ y)
FORMULA (Div, x / y)
/* What is not a number stays so. */
FORMULA (Max, x > y || x != x ? x : y)
FORMULA (Min, x < y || x != x ? x : y)
FORMULA (Mul, x *y)
FORMULA (PRelu, x < 0 ? x * y : x)
FORMULA (Sub, x - y)
FORMULA (LeakyReluGradient, x < 0 ? (T)alpha * y : y)
FORMULA (ReluGradient, x > 0 ? y : (T)0)
FORMULA (SigmoidGradient, y *x *(1 - x))
FORMULA (TanhGradient, y *(1 - x * x))

/* Unsigned: by the width of the type and more, nothing is left. */
struct ShiftLeft {
  template <typename T> __device__ inline T operator() (T x, T y) const
  {
    return y >= 8 * sizeof (T) ? (T)0 : (T)((uint64_t)x << y);
  }
};

struct ShiftRight {
  template <typename T> __device__ inline T operator() (T x, T y) const
  {
    return y >= 8 * sizeof (T) ? (T)0 : (T)(x >> y);
  }
};

/* An integer by zero is zero, as on the CPU; and the least by -1 overflows there too. */
struct DivIntegers {
  template <typename T> __device__ inline T operator() (T x, T y) const
  {
    return y == 0 ? (T)0 : y == (T)-1 && (T)-1 < 0 ? (T)(0 - (uint64_t)x) : (T)(x / y);
  }
};

struct Power {
  template <typename T, typename E> __device__ inline T operator() (T x, E y) const
  {
    return (T)pow ((double)x, (double)y);
  }

  __device__ inline float operator() (float x, float y) const
  {
    return y == 2 ? x * x : y == 0.5f ? sqrtf (x) : y == -1 ? 1 / x : powf (x, y);
  }
};

static __device__ inline float
remainder_of (float x, float y)
{
  return fmodf (x, y);
}

static __device__ inline double
remainder_of (double x, double y)
{
  return fmod (x, y);
}

template <typename T>
static __device__ inline T
remainder_of (T x, T y)
{
  return y == 0 || (y == (T)-1 && (T)-1 < 0) ? (T)0 : (T)(x % y);
}

struct RemainderOfDividend {
  template <typename T> __device__ inline T operator() (T x, T y) const
  {
    return remainder_of (x, y);
  }
};

/* On the side of 0 where the divisor is. */
struct RemainderOfDivisor {
  template <typename T> __device__ inline T operator() (T x, T y) const
  {
    const T r = remainder_of (x, y);

    if (r == 0)
      return (T)(y < 0 ? -0.0 : 0.0);
    return (r < 0) != (y < 0) ? (T)(r + y) : r;
  }
};

template <typename F>
static gboolean
floats (GenCudaKernel *kernel, F formula)
{
  gboolean added = FALSE;

  return gen_visit_floats (kernel->output (0)->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    added = gen_add_binary<T, T> (kernel, formula);
  }) && added;
}

template <typename F>
static gboolean
integers (GenCudaKernel *kernel, F formula)
{
  gboolean added = FALSE;

  return gen_visit_integers (kernel->output (0)->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    added = gen_add_binary<T, T> (kernel, formula);
  }) && added;
}

/* Integers whose sign does not matter. */
template <typename F>
static gboolean
bits (GenCudaKernel *kernel, F formula)
{
  gboolean added = FALSE;

  return gen_visit_sizes (gen_data_type_size (kernel->output (0)->type), [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    added = gen_add_binary<T, T> (kernel, formula);
  }) && added;
}

template <typename F>
static gboolean
numbers (GenCudaKernel *kernel, F formula)
{
  return floats (kernel, formula) || integers (kernel, formula) ||
         gen_add_rare<2> (kernel, formula);
}

#define PREPARE(name, expression)                                                                  \
  static gboolean name (GenCudaKernel *kernel, GError **error)                                     \
  {                                                                                                \
    return (expression);                                                                           \
  }

PREPARE (add, numbers (kernel, Add{}))
PREPARE (bitwise_and, bits (kernel, BitwiseAnd{}))
PREPARE (bitwise_or, bits (kernel, BitwiseOr{}))
PREPARE (bitwise_xor, bits (kernel, BitwiseXor{}))
PREPARE (div_, kernel->output (0)->type == GEN_TYPE_FLOAT64
                   ? gen_add_rare<2> (kernel, Div{})
                   : floats (kernel, Div{}) || integers (kernel, DivIntegers{}) ||
                         gen_add_rare<2> (kernel, DivIntegers{}))
PREPARE (mul, numbers (kernel, Mul{}))
PREPARE (prelu, floats (kernel, PRelu{}))
PREPARE (sub, numbers (kernel, Sub{}))
PREPARE (leaky_relu_gradient,
    floats (kernel, LeakyReluGradient{ gen_node_float (kernel->node, "alpha", 0.01f) }))
PREPARE (relu_gradient, floats (kernel, ReluGradient{}))
PREPARE (sigmoid_gradient, floats (kernel, SigmoidGradient{}))
PREPARE (tanh_gradient, floats (kernel, TanhGradient{}))

static gboolean
bit_shift (GenCudaKernel *kernel, GError **error)
{
  return *gen_node_string (kernel->node, "direction", "") == 'L' ? bits (kernel, ShiftLeft{})
                                                                 : bits (kernel, ShiftRight{});
}

static gboolean
mod (GenCudaKernel *kernel, GError **error)
{
  return gen_node_int (kernel->node, "fmod", 0) != 0 ? numbers (kernel, RemainderOfDividend{})
                                                     : numbers (kernel, RemainderOfDivisor{});
}

static gboolean
power (GenCudaKernel *kernel, GError **error)
{
  GenDataType base = kernel->input (0)->type, exponent = kernel->input (1)->type;
  gboolean added = FALSE;

  if (base == exponent && (floats (kernel, Power{}) || integers (kernel, Power{})))
    return TRUE;
  if (base == GEN_TYPE_FLOAT32 && gen_visit_numbers (exponent, [&] (auto *type) {
        typedef GEN_VISITED (type) E;
        added = gen_add_binary_mixed<float, E, float> (kernel, Power{});
      }))
    return added;
  return gen_add_rare<2> (kernel, Power{});
}

extern const GenCudaOperator gen_cuda_arithmetic_operators[] = {
  { "Add", NULL, add, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "BitShift", NULL, bit_shift },
  { "BitwiseAnd", NULL, bitwise_and },
  { "BitwiseOr", NULL, bitwise_or },
  { "BitwiseXor", NULL, bitwise_xor },
  { "Div", NULL, div_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Mod", NULL, mod },
  { "Mul", NULL, mul, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "PRelu", NULL, prelu, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Pow", NULL, power, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Sub", NULL, sub, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "LeakyReluGradient", "generative", leaky_relu_gradient, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "ReluGradient", "generative", relu_gradient, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "SigmoidGradient", "generative", sigmoid_gradient, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "TanhGradient", "generative", tanh_gradient, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
