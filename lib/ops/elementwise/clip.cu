/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of Clip: bounds are inputs, which lie on the device, or attributes. */
#include <math.h>

#include "../../device/cuda/types.h"

template <typename T> struct Bound {
  const T *at; /* or NULL, and `value` counts */
  T value;
  int is; /* there is one */

  __device__ bool above (T x) const
  {
    return is && gen_load (&x) < gen_load (at != NULL ? at : &value);
  }
  __device__ bool below (T x) const
  {
    return is && gen_load (&x) > gen_load (at != NULL ? at : &value);
  }
  __device__ T get () const
  {
    return at != NULL ? *at : value;
  }
};

template <typename T>
__global__ void
clip (Bound<T> low, Bound<T> high, const T *x, T *out, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    T value = x[i];

    if (low.above (value))
      value = low.get ();
    if (high.below (value))
      value = high.get ();
    out[i] = value;
  }
}

template <typename T>
static Bound<T>
bound_of (const GenCudaKernel *kernel, guint input, const char *attribute)
{
  const float number = (float)gen_node_float (kernel->node, attribute, NAN);
  Bound<T> bound = {};

  bound.is = kernel->input (input) != NULL || !isnan (number);
  if (!isnan (number))
    gen_store (&bound.value, number);
  return bound;
}

static gboolean
prepare (GenCudaKernel *kernel, GError **)
{
  gsize n = gen_cuda_elements (kernel->output (0));

  return gen_visit_numbers (kernel->input (0)->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;
    const Bound<T> low = bound_of<T> (kernel, 1, "min"), high = bound_of<T> (kernel, 2, "max");
    const gboolean lows = kernel->input (1) != NULL, highs = kernel->input (2) != NULL;

    if (n > 0)
      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        Bound<T> from = low, to = high;

        from.at = lows ? k.in<T> (1) : NULL;
        to.at = highs ? k.in<T> (2) : NULL;
        gen_cuda_launch (clip<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, from, to, k.in<T> (0),
            k.out<T> (0), n);
      });
  });
}

extern const GenCudaOperator gen_cuda_clip_operators[] = {
  { "Clip", NULL, prepare, GEN_CUDA_ALL, 1 },
  {},
};
