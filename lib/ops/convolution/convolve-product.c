/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions that are a matrix product: each window is a single pixel, so that the source is a
 * matrix of pixels and channels as it lies. */
#include "../../device/shared.h"
#include "convolve-private.h"

gint64
gen_convolve_product_pixels (const GenConvolve *c)
{
  const GenProblem *p = &g_array_index (c->problems, GenProblem, 0);
  gint64 pixels = c->batch;

  if (c->problems->len != 1 || p->kind != GEN_CONVOLUTION_FORWARD || p->scattered ||
      p->groups != 1 || c->layout != GEN_LAYOUT_CHANNELS_LAST)
    return 0;
  for (int i = 0; i < p->rank; i++) {
    const GenConvolutionAxis *axis = &p->axes[i];

    if (axis->kernel != 1 || axis->stride != 1 || axis->before != 0 || axis->after != 0)
      return 0;
    pixels *= axis->small;
  }
  return pixels;
}

static void
finish (gpointer data, const GenGemmTile *tile)
{
  const GenKernel *kernel = data;
  const GenConvolve *c = kernel->state;
  gint64 n = g_array_index (c->problems, GenProblem, 0).out_channels;
  GenFinish finish = gen_finish_of (kernel, n, tile->row, tile->column);

  finish.bias = c->bias_size > 0 ? (const float *)c->constant + tile->column : NULL;
  gen_finish_apply (&finish, (float *)kernel->outputs[0] + tile->row * n + tile->column, tile->rows,
      tile->columns, n);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenConvolve *c = kernel->state;
  const GenGemmThen then = { finish, (gpointer)kernel };

  gen_gemm_run_then (
      c->product, kernel->inputs[0], NULL, kernel->outputs[0], kernel->scratch, part, parts, &then);
}

void
gen_convolve_product_init (GenKernel *kernel, GenConvolve *c)
{
  const GenProblem *p = &g_array_index (c->problems, GenProblem, 0);
  const GenTensor *weights = gen_node_input (kernel->node, 1);
  float *permuted = gen_convolve_permute_once (c, kernel->node);
  char *spread = gen_shared_alloc (c->bias_size);
  GenGemmOptions options = { .m = gen_convolve_product_pixels (c),
    .n = p->out_channels,
    .k = p->in_channels,
    .transpose_b = permuted == NULL,
    .alpha = 1,
    .constant_b = permuted != NULL ? permuted : gen_tensor_constant (weights),
    .threads = kernel->threads,
    .precision = kernel->precision };

  c->product = gen_gemm_new (&options);
  gen_shared_free (permuted, c->permuted_size);
  gen_convolve_spread_bias (
      c, gen_tensor_constant (gen_node_input (kernel->node, 2)), (float *)spread);
  gen_convolve_take_constant (c, spread, c->bias_size);
  kernel->scratch_size = gen_gemm_scratch_size (c->product);
  gen_kernel_add_step (kernel, run, gen_gemm_parts (c->product));
}
