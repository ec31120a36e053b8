/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matrix products as the definition says, in place of cuBLASLt. */
#include "../../lib/device/cuda/types.h"
#include "ways.h"

gboolean
gen_cuda_product_open (void **handle, GError **error)
{
  return TRUE;
}

void
gen_cuda_product_close (void *handle)
{
}

char *
gen_cuda_product_describe (void)
{
  return g_strdup ("products as defined");
}

template <typename T>
static void
multiply (const GenCudaProduct *p, const T *a, const T *b, const T *bias, T *c)
{
  for (gint64 i = 0; i < p->m; i++)
    for (gint64 j = 0; j < p->n; j++) {
      double sum = 0;

      for (gint64 k = 0; k < p->k; k++)
        sum += (double)gen_load (&a[p->transpose_a ? k * p->m + i : i * p->k + k]) *
               (double)gen_load (&b[p->transpose_b ? j * p->k + k : k * p->n + j]);
      sum *= p->alpha;
      if (p->accumulate)
        sum += (double)gen_load (&c[i * p->n + j]);
      if (p->has_bias)
        sum += (double)gen_load (&bias[j]);
      gen_store (&c[i * p->n + j], p->has_relu && sum < 0 ? 0.0 : sum);
    }
}

gboolean
gen_cuda_product_add (
    GenCudaKernel *kernel, const GenCudaProduct *product, GenCudaFindOperands find, GError **error)
{
  GenCudaProduct p = *product;
  EmulatedWays ways (kernel->device);

  if (gen_cuda_choose (kernel->device, gen_cuda_product_problem (&p), &ways) < 0)
    return FALSE;
  return gen_visit_floats (p.type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      GenCudaOperands o = find (k);

      emulation_submit (stream, [=] {
        for (gint64 i = 0; i < p.batch; i++)
          multiply<T> (&p, (const T *)o.a + i * p.a_step, (const T *)o.b + i * p.b_step,
              (const T *)o.bias, (T *)o.c + i * p.c_step);
      });
    });
  });
}
