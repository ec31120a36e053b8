/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of families of operators that have kernels for the device: one line each. */
#include "operators.h"

#include <string.h>

#define GEN_CUDA_FAMILIES(X)                                                                       \
  X (arithmetic)                                                                                   \
  X (cast)                                                                                         \
  X (compare)                                                                                      \
  X (convolve)                                                                                     \
  X (gemm)                                                                                         \
  X (unary)                                                                                        \
  X (variadic)                                                                                     \
  X (where)

#define DECLARE(name) extern const GenCudaOperator gen_cuda_##name##_operators[];
GEN_CUDA_FAMILIES (DECLARE)

#define ADDRESS(name) gen_cuda_##name##_operators,
static const GenCudaOperator *const families[] = { GEN_CUDA_FAMILIES (ADDRESS) };

GenCudaPrepare
gen_cuda_operator_find (const GenNode *node)
{
  for (const GenCudaOperator *family : families)
    for (const GenCudaOperator *each = family; each->name != NULL; each++)
      if (strcmp (each->name, node->op->name) == 0 &&
          g_strcmp0 (each->domain, node->op->domain) == 0)
        return each->prepare;
  return NULL;
}
