/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cuda.h"

/* What an operator does to its result before storing it. */
template <typename T>
static __device__ inline T
gen_cuda_activate (GenActivation activation, T v)
{
  switch (activation.kind) {
  case GEN_ACTIVATION_RELU:
    return v < 0 ? (T)0 : v;
  case GEN_ACTIVATION_LEAKY_RELU:
    return v < 0 ? v * (T)activation.alpha : v;
  case GEN_ACTIVATION_SIGMOID:
    return 1 / (1 + exp (-v));
  case GEN_ACTIVATION_TANH:
    return tanh (v);
  case GEN_ACTIVATION_CLIP:
    return v < (T)activation.alpha  ? (T)activation.alpha
           : v > (T)activation.beta ? (T)activation.beta
                                    : v;
  default:
    return v;
  }
}
