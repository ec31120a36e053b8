/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of operators of one operand: a formula each, in the type that the operand is
 * computed in. */
#include <math.h>
#include <string.h>

#include "../../device/cuda/rare.h"

/* `parameters` are the attributes alpha and beta, under whatever name. */
#define FORMULA(name, expression)                                                                  \
  struct name {                                                                                    \
    float alpha, beta;                                                                             \
                                                                                                   \
    template <typename T> __device__ inline T operator() (T x) const                               \
    {                                                                                              \
      const T a = (T)alpha, b = (T)beta;                                                           \
                                                                                                   \
      (void)a, (void)b;                                                                            \
      return (T)(expression);                                                                      \
    }                                                                                              \
  };

#define ROOT_HALF ((T)0.70710678118654752)
#define ROOT_TWO_OVER_PI ((T)0.79788456080286536)
#define SIGMOID(x) (1 / (1 + exp (-(x))))
#define SOFTPLUS(x) (((x) > 0 ? (x) : (T)0) + log1p (exp (-fabs (x))))
#define LIMIT(x, low, high) ((x) < (low) ? (low) : (x) > (high) ? (high) : (x))

FORMULA (Absolute, x < 0 ? -x : x)
FORMULA (Acos, acos (x))
FORMULA (Acosh, acosh (x))
FORMULA (Asin, asin (x))
FORMULA (Asinh, asinh (x))
FORMULA (Atan, atan (x))
FORMULA (Atanh, atanh (x))
FORMULA (BitwiseNot, ~x)
FORMULA (Ceil, ceil (x))
FORMULA (Celu, x < 0 ? a * expm1 (x / a) : x)
FORMULA (Cos, cos (x))
FORMULA (Cosh, cosh (x))
FORMULA (Elu, x < 0 ? a * expm1 (x) : x)
FORMULA (Erf, erf (x))
FORMULA (Exp, exp (x))
FORMULA (Floor, floor (x))
FORMULA (Gelu, x / 2 * (1 + erf (x * ROOT_HALF)))
FORMULA (GeluByTanh, x / 2 * (1 + tanh (ROOT_TWO_OVER_PI * (x + (T)0.044715 * x * x * x))))
FORMULA (HardSigmoid, LIMIT (a *x + b, (T)0, (T)1))
FORMULA (HardSwish, x *LIMIT (x / 6 + (T)0.5, (T)0, (T)1))
FORMULA (LeakyRelu, x < 0 ? x * a : x)
FORMULA (Log, log (x))
FORMULA (Mish, x *tanh (SOFTPLUS (x)))
FORMULA (Neg, -x)
FORMULA (Not, !x)
FORMULA (QuickGelu, x *SIGMOID (a *x))
FORMULA (Reciprocal, 1 / x)
FORMULA (Relu, x < 0 ? (T)0 : x)
FORMULA (Round, rint (x))
FORMULA (Selu, b *(x < 0 ? a * expm1 (x) : x))
FORMULA (Shrink, x<-a ? x + b : x> a ? x - b : (T)0)
FORMULA (Sigmoid, SIGMOID (x))
FORMULA (Silu, x *SIGMOID (x))
FORMULA (Sign, (x > 0) - (x < 0))
FORMULA (Sin, sin (x))
FORMULA (Sinh, sinh (x))
FORMULA (Softplus, SOFTPLUS (x))
FORMULA (Softsign, x / (1 + fabs (x)))
FORMULA (Sqrt, sqrt (x))
FORMULA (Tan, tan (x))
FORMULA (Tanh, tanh (x))
FORMULA (ThresholdedRelu, x > a ? x : (T)0)

struct IsNaN {
  template <typename T> __device__ inline bool operator() (T x) const
  {
    return x != x;
  }
};

/* Infinities of the signs that are asked for. */
struct IsInf {
  int negative, positive;

  template <typename T> __device__ inline bool operator() (T x) const
  {
    return x != 0 && x == 2 * x && (x > 0 ? positive : negative);
  }
};

/* The attributes that a formula reads, and what they are when they are left out. */
static float
attribute (const GenCudaKernel *kernel, const char *name, float missing)
{
  return gen_node_float (kernel->node, name, missing);
}

template <typename F>
static gboolean
floats (GenCudaKernel *kernel, F formula)
{
  const auto add = [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    gen_add_unary<T, T> (kernel, formula);
  };

  return gen_visit_floats (kernel->input (0)->type, add) ||
         gen_visit_doubles (kernel->input (0)->type, add);
}

template <typename F>
static gboolean
integers (GenCudaKernel *kernel, F formula)
{
  return gen_visit_integers (kernel->input (0)->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    gen_add_unary<T, T> (kernel, formula);
  });
}

/* Integers whose sign does not matter. */
template <typename F>
static gboolean
bits (GenCudaKernel *kernel, F formula)
{
  return gen_visit_sizes (gen_data_type_size (kernel->input (0)->type), [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    gen_add_unary<T, T> (kernel, formula);
  });
}

template <typename F>
static gboolean
numbers (GenCudaKernel *kernel, F formula)
{
  return floats (kernel, formula) || integers (kernel, formula) ||
         gen_add_rare<1> (kernel, GenOfOne<F>{ formula });
}

template <typename F>
static gboolean
tests (GenCudaKernel *kernel, F formula)
{
  const auto add = [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    gen_add_unary<T, uint8_t> (kernel, formula);
  };

  return gen_visit_floats (kernel->input (0)->type, add) ||
         gen_visit_doubles (kernel->input (0)->type, add);
}

#define PREPARE(name, expression)                                                                  \
  static gboolean name (GenCudaKernel *kernel, GError **error)                                     \
  {                                                                                                \
    return (expression);                                                                           \
  }

PREPARE (absolute, numbers (kernel, Absolute{}))
PREPARE (acos_, floats (kernel, Acos{}))
PREPARE (acosh_, floats (kernel, Acosh{}))
PREPARE (asin_, floats (kernel, Asin{}))
PREPARE (asinh_, floats (kernel, Asinh{}))
PREPARE (atan_, floats (kernel, Atan{}))
PREPARE (atanh_, floats (kernel, Atanh{}))
PREPARE (bitwise_not, bits (kernel, BitwiseNot{}))
PREPARE (ceil_, floats (kernel, Ceil{}))
PREPARE (celu, floats (kernel, Celu{ attribute (kernel, "alpha", 1), 0 }))
PREPARE (cos_, floats (kernel, Cos{}))
PREPARE (cosh_, floats (kernel, Cosh{}))
PREPARE (elu, floats (kernel, Elu{ attribute (kernel, "alpha", 1), 0 }))
PREPARE (erf_, floats (kernel, Erf{}))
PREPARE (exp_, floats (kernel, Exp{}))
PREPARE (floor_, floats (kernel, Floor{}))
PREPARE (hard_sigmoid, floats (kernel, HardSigmoid{ attribute (kernel, "alpha", 0.2f),
                                           attribute (kernel, "beta", 0.5f) }))
PREPARE (hard_swish, floats (kernel, HardSwish{}))
PREPARE (is_inf, tests (kernel, IsInf{ (int)gen_node_int (kernel->node, "detect_negative", 1),
                                    (int)gen_node_int (kernel->node, "detect_positive", 1) }))
PREPARE (is_nan, tests (kernel, IsNaN{}))
PREPARE (leaky_relu, floats (kernel, LeakyRelu{ attribute (kernel, "alpha", 0.01f), 0 }))
PREPARE (log_, floats (kernel, Log{}))
PREPARE (mish, floats (kernel, Mish{}))
PREPARE (neg, numbers (kernel, Neg{}))
PREPARE (not_, integers (kernel, Not{}))
PREPARE (quick_gelu, floats (kernel, QuickGelu{ attribute (kernel, "alpha", 1.702f), 0 }))
PREPARE (reciprocal, floats (kernel, Reciprocal{}))
PREPARE (relu, numbers (kernel, Relu{}))
PREPARE (round_, floats (kernel, Round{}))
PREPARE (selu, floats (kernel, Selu{ attribute (kernel, "alpha", 1.6732632423543772f),
                                   attribute (kernel, "gamma", 1.0507009873554805f) }))
PREPARE (shrink,
    floats (kernel, Shrink{ attribute (kernel, "lambd", 0.5f), attribute (kernel, "bias", 0) }))
PREPARE (sigmoid, floats (kernel, Sigmoid{}))
PREPARE (silu, floats (kernel, Silu{}))
PREPARE (sign, numbers (kernel, Sign{}))
PREPARE (sin_, floats (kernel, Sin{}))
PREPARE (sinh_, floats (kernel, Sinh{}))
PREPARE (softplus, floats (kernel, Softplus{}))
PREPARE (softsign, floats (kernel, Softsign{}))
PREPARE (sqrt_, floats (kernel, Sqrt{}))
PREPARE (tan_, floats (kernel, Tan{}))
PREPARE (tanh_, floats (kernel, Tanh{}))
PREPARE (thresholded_relu, floats (kernel, ThresholdedRelu{ attribute (kernel, "alpha", 1), 0 }))

static gboolean
gelu (GenCudaKernel *kernel, GError **error)
{
  if (strcmp (gen_node_string (kernel->node, "approximate", "none"), "tanh") == 0)
    return floats (kernel, GeluByTanh{});
  return floats (kernel, Gelu{});
}

extern const GenCudaOperator gen_cuda_unary_operators[] = {
  { "Abs", NULL, absolute, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Acos", NULL, acos_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Acosh", NULL, acosh_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Asin", NULL, asin_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Asinh", NULL, asinh_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Atan", NULL, atan_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Atanh", NULL, atanh_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "BitwiseNot", NULL, bitwise_not },
  { "Ceil", NULL, ceil_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Celu", NULL, celu, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Cos", NULL, cos_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Cosh", NULL, cosh_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Elu", NULL, elu, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Erf", NULL, erf_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Exp", NULL, exp_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Floor", NULL, floor_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Gelu", NULL, gelu, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "HardSigmoid", NULL, hard_sigmoid, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "HardSwish", NULL, hard_swish, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "IsInf", NULL, is_inf },
  { "IsNaN", NULL, is_nan },
  { "LeakyRelu", NULL, leaky_relu, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Log", NULL, log_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Mish", NULL, mish, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Neg", NULL, neg, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Not", NULL, not_ },
  { "QuickGelu", "com.microsoft", quick_gelu, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Reciprocal", NULL, reciprocal, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Relu", NULL, relu, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Round", NULL, round_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Selu", NULL, selu, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Shrink", NULL, shrink, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Sigmoid", NULL, sigmoid, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Sign", NULL, sign, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Silu", "generative", silu, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Sin", NULL, sin_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Sinh", NULL, sinh_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Softplus", NULL, softplus, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Softsign", NULL, softsign, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Sqrt", NULL, sqrt_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Tan", NULL, tan_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "Tanh", NULL, tanh_, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "ThresholdedRelu", NULL, thresholded_relu, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
