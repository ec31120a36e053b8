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
  return known;
}

extern const GenCudaOperator gen_cuda_cast_operators[] = {
  { "Cast", NULL, cast },
  { "CastLike", NULL, cast },
  {},
};
