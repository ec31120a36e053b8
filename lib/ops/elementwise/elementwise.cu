/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of ElementWise: each thread runs the program on its element. The instructions
 * are the same for all threads, so that they branch together, and memory is what limits them. */
#include <math.h>
#include <string.h>

#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "elementwise.h"
G_END_DECLS

template <typename T> struct Program {
  int n, operands;
  GenElement elements[GEN_ELEMENT_INSTRUCTIONS];
  GenWalk<GEN_ELEMENT_OPERANDS> walk;
  const T *inputs[GEN_ELEMENT_OPERANDS];
};

static __device__ inline float
sigmoid (float x)
{
  return 1 / (1 + expf (-x));
}

static __device__ float
compute (const GenElement &e, float x, float y)
{
  switch (e.function) {
  case GEN_ELEMENT_ADD:
    return x + y;
  case GEN_ELEMENT_SUB:
    return x - y;
  case GEN_ELEMENT_MUL:
    return x * y;
  case GEN_ELEMENT_DIV:
    return x / y;
  case GEN_ELEMENT_PRELU:
    return x < 0 ? x * y : x;
  case GEN_ELEMENT_NEG:
    return -x;
  case GEN_ELEMENT_ABS:
    return fabsf (x);
  case GEN_ELEMENT_SQRT:
    return sqrtf (x);
  case GEN_ELEMENT_SQUARE:
    return x * x;
  case GEN_ELEMENT_RECIPROCAL:
    return 1 / x;
  case GEN_ELEMENT_EXP:
    return expf (x);
  case GEN_ELEMENT_LOG:
    return logf (x);
  case GEN_ELEMENT_ERF:
    return erff (x);
  case GEN_ELEMENT_SIGMOID:
    return sigmoid (x);
  case GEN_ELEMENT_TANH:
    return tanhf (x);
  case GEN_ELEMENT_RELU:
    return x < 0 ? 0 : x;
  case GEN_ELEMENT_LEAKY_RELU:
    return x < 0 ? x * e.alpha : x;
  case GEN_ELEMENT_CLIP:
    return x < e.alpha ? e.alpha : x > e.beta ? e.beta : x;
  case GEN_ELEMENT_GELU:
    return 0.5f * x * (1 + erff (x * 0.70710678f));
  case GEN_ELEMENT_GELU_TANH:
    return 0.5f * x * (1 + tanhf (0.79788456f * (x + 0.044715f * x * x * x)));
  case GEN_ELEMENT_SILU:
    return x * sigmoid (x);
  case GEN_ELEMENT_HARD_SIGMOID:
    return fmaxf (0, fminf (1, e.alpha * x + e.beta));
  case GEN_ELEMENT_HARD_SWISH:
    return x * fmaxf (0, fminf (1, x / 6 + 0.5f));
  case GEN_ELEMENT_ELU:
    return x < 0 ? e.alpha * expm1f (x) : x;
  default:
    return x;
  }
}

template <typename T>
__global__ void
run (Program<T> p, T *out, size_t n)
{
  float values[GEN_ELEMENT_OPERANDS + GEN_ELEMENT_INSTRUCTIONS];

  for (GEN_CUDA_EACH (i, n)) {
    const GenOffsets<GEN_ELEMENT_OPERANDS> at = p.walk.offsets (i);

    for (int k = 0; k < GEN_ELEMENT_OPERANDS; k++)
      if (k < p.operands)
        values[k] = gen_load (&p.inputs[k][at.of[k]]);
    for (int k = 0; k < p.n; k++)
      values[GEN_ELEMENT_OPERANDS + k] =
          compute (p.elements[k], values[p.elements[k].a], values[p.elements[k].b]);
    gen_store (&out[i], values[GEN_ELEMENT_OPERANDS + p.n - 1]);
  }
}

static gboolean
element_wise (GenCudaKernel *kernel, GError **error)
{
  const gsize n = gen_cuda_elements (kernel->output (0));
  GenElementProgram program = {};
  GenWalk<GEN_ELEMENT_OPERANDS> walk = {};

  if (!gen_element_read (kernel->node, &program, error) ||
      !gen_walk_set<GEN_ELEMENT_OPERANDS> (
          &walk, program.walk.rank, program.walk.dims, program.walk.strides))
    return FALSE;
  return gen_visit_floats (kernel->output (0)->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        Program<T> p = { program.n, program.operands, {}, walk, {} };

        memcpy (p.elements, program.elements, sizeof p.elements);
        for (int i = 0; i < p.operands; i++)
          p.inputs[i] = k.in<T> (i) + program.offsets[i];
        gen_cuda_launch (run<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, p, k.out<T> (0), n);
      });
  });
}

extern const GenCudaOperator gen_cuda_elementwise_operators[] = {
  { "ElementWise", "generative", element_wise, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "ElementWiseOfParts", "generative", element_wise, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
