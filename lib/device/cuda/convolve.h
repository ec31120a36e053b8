/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the ways of Conv and ConvTranspose have in common (lib/ops/convolution/convolve.cu). */
#pragma once

#include "convolution.h"

G_BEGIN_DECLS
#include "../../ops/convolution/window.h"
G_END_DECLS

/* Where the weights are when the kernel is launched. */
typedef std::function<const void *(const GenCudaKernel &kernel)> GenCudaFindWeights;

/* Weights in another order than input 1 has, `n` elements: brought there on the CPU once where they
 * are constant, else on the device in each run. */
gboolean gen_cuda_arrange_weights (GenCudaKernel *kernel, gsize n,
    const std::function<void (const void *from, void *to)> &on_cpu,
    const std::function<void (const void *from, void *to, cudaStream_t stream)> &on_device,
    GenCudaFindWeights *find, GError **error);

/* Lets `convolution` do all that the node does; FALSE for what has to be left to the epilogue. */
gboolean gen_cuda_convolve_whole (const GenCudaKernel *kernel, GenCudaConvolution *convolution);
/* And nothing but sums. */
void gen_cuda_convolve_sums (GenCudaConvolution *convolution);
/* The node's own operands. */
GenCudaOperands gen_cuda_convolve_operands (const GenCudaKernel *kernel, const void *weights);

/* Transposed convolutions as dense ones (lib/ops/convolution/convolve-phases.cu): `like` has what
 * does not hang on the window. Each phase on its own, written to where it belongs; */
gboolean gen_cuda_add_phases (
    GenCudaKernel *kernel, const GenWindow *phased, const GenCudaConvolution *like, GError **error);
/* or all at once as the channels of one, which are then brought apart: one group. */
gboolean gen_cuda_add_joined_phases (
    GenCudaKernel *kernel, const GenWindow *phased, const GenCudaConvolution *like, GError **error);
