/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of DFT: a product by the matrix of the transform, with real and imaginary parts
 * as rows and columns of their own. Another axis than the innermost is brought there before, and
 * back. Lengths are those of frames of sound,
 * for which that is what a GPU does best; longer ones are left to the CPU. */
#include "../../device/cuda/product.h"
#include "../../device/cuda/strided.h"

#include <math.h>

G_BEGIN_DECLS
#include "dft.h"
G_END_DECLS

/* Numbers of the matrix. */
#define MOST_NUMBERS ((gsize)1 << 24)

/* What part `from` of element `i` of the operand adds to part `to` of result `k`. */
static double
coefficient (const GenDft *t, const double *cosines, const double *sines, gsize i, gsize from,
    gsize k, gsize to)
{
  const gsize turn = (gsize)((guint64)i * k % t->n);
  const double re = cosines[turn], im = t->inverse ? sines[turn] : -sines[turn];
  const double factor = t->inverse ? 1.0 / (double)t->n : 1;

  if (t->onesided && t->inverse) {
    const double times = i == 0 || 2 * i == t->n ? 1 : 2;

    /* What mirrors itself is real. */
    return factor * times * (from == 0 ? re : times == 1 ? 0 : -im);
  }
  return factor * (from == to ? re : to == 1 ? im : -im);
}

/* [in * parts_in, out * parts_out] */
static float *
matrix_new (const GenDft *t)
{
  const gsize columns = t->out * t->parts_out;
  const gsize used = t->onesided && t->inverse ? t->n / 2 + 1 : t->n;
  float *matrix = g_new0 (float, t->in * t->parts_in * columns);
  g_autofree double *cosines = g_new (double, t->n), *sines = g_new (double, t->n);

  for (gsize i = 0; i < t->n; i++) {
    cosines[i] = cos (2 * G_PI * (double)i / (double)t->n);
    sines[i] = sin (2 * G_PI * (double)i / (double)t->n);
  }
  for (gsize i = 0; i < MIN (t->in, used); i++)
    for (gsize from = 0; from < t->parts_in; from++)
      for (gsize k = 0; k < t->out; k++)
        for (gsize to = 0; to < t->parts_out; to++)
          matrix[(i * t->parts_in + from) * columns + k * t->parts_out + to] =
              (float)coefficient (t, cosines, sines, i, from, k, to);
  return matrix;
}

/* [outer, a, b, parts] to [outer, b, a, parts]. */
static gboolean
add_swap (GenCudaKernel *kernel, gsize outer, gsize a, gsize b, gsize parts, GenCudaFindBox from,
    GenCudaFindBox to)
{
  const gint64 rows = (gint64)b, columns = (gint64)a, n = (gint64)parts;
  const gint64 dims[] = { (gint64)outer, rows, columns, n };
  const gint64 strides[] = { rows * columns * n, n, rows * n, 1 };
  const gint64 packed[] = { rows * columns * n, columns * n, n, 1 };
  GenStrided swap;

  gen_strided_init (&swap, 4, dims, strides, packed, GEN_TYPE_FLOAT32);
  return gen_cuda_add_strided_between (kernel, &swap, from, to);
}

static gboolean
dft (GenCudaKernel *kernel, GError **error)
{
  GenCudaProduct product = {};
  GenDft t;

  if (!gen_dft_init (&t, kernel->node, error))
    return FALSE;
  const gsize rows = t.in * t.parts_in, columns = t.out * t.parts_out;
  if (kernel->input (0)->type != GEN_TYPE_FLOAT32 || t.outer * t.inner == 0 || rows == 0 ||
      rows > MOST_NUMBERS / columns)
    return FALSE;
  g_autofree float *matrix = matrix_new (&t);
  void *memory = gen_cuda_kernel_upload (kernel, matrix, rows * columns * sizeof *matrix, error);
  if (memory == NULL)
    return FALSE;
  const gsize n = t.outer * t.inner;
  const gboolean swaps = t.inner > 1;
  const gsize swapped = kernel->reserve (swaps ? n * rows * sizeof (float) : 0);
  const gsize made = kernel->reserve (swaps ? n * columns * sizeof (float) : 0);
  GenCudaFindBox from = [=] (const GenCudaKernel &k) -> const void * {
    return swaps ? (char *)k.scratch + swapped : k.inputs[0];
  };
  GenCudaFindBox to = [=] (const GenCudaKernel &k) -> const void * {
    return swaps ? (char *)k.scratch + made : k.outputs[0];
  };
  if (swaps && !add_swap (
                   kernel, t.outer, t.in, t.inner, t.parts_in,
                   [] (const GenCudaKernel &k) { return k.inputs[0]; }, from))
    return FALSE;
  product.m = (gint64)n;
  product.n = (gint64)columns;
  product.k = (gint64)rows;
  product.batch = 1;
  product.alpha = 1;
  product.type = GEN_TYPE_FLOAT32;
  /* Spectra span more than the bits of anything shorter. */
  product.precision = GEN_PRECISION_FLOAT32;
  if (!gen_cuda_product_add (
          kernel, &product,
          [=] (const GenCudaKernel &k) -> GenCudaOperands {
            return { from (k), memory, NULL, (void *)to (k) };
          },
          error))
    return FALSE;
  return !swaps || add_swap (kernel, t.outer, t.inner, t.out, t.parts_out, to,
                       [] (const GenCudaKernel &k) { return k.outputs[0]; });
}

extern const GenCudaOperator gen_cuda_dft_operators[] = {
  { "DFT", NULL, dft },
  {},
};
