/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of comparisons and logic: their results are bool. */
#include "../../device/cuda/rare.h"

#define FORMULA(name, expression)                                                                  \
  struct name {                                                                                    \
    template <typename T> __device__ inline bool operator() (T x, T y) const                       \
    {                                                                                              \
      return expression;                                                                           \
    }                                                                                              \
  };

FORMULA (And, x &&y)
FORMULA (Equal, x == y)
FORMULA (Greater, x > y)
FORMULA (GreaterOrEqual, x >= y)
FORMULA (Less, x < y)
FORMULA (LessOrEqual, x <= y)
FORMULA (Or, x || y)
FORMULA (Xor, !x != !y)

template <typename F>
static gboolean
compare (GenCudaKernel *kernel, GError **error)
{
  gboolean added = FALSE;

  if (gen_visit_numbers (kernel->input (0)->type, [&] (auto *type) {
        typedef GEN_VISITED (type) T;
        added = gen_add_binary<T, uint8_t> (kernel, F{});
      }))
    return added;
  return gen_add_rare<2> (kernel, F{});
}

extern const GenCudaOperator gen_cuda_compare_operators[] = {
  { "And", NULL, compare<And> },
  { "Equal", NULL, compare<Equal> },
  { "Greater", NULL, compare<Greater> },
  { "GreaterOrEqual", NULL, compare<GreaterOrEqual> },
  { "Less", NULL, compare<Less> },
  { "LessOrEqual", NULL, compare<LessOrEqual> },
  { "Or", NULL, compare<Or> },
  { "Xor", NULL, compare<Xor> },
  {},
};
