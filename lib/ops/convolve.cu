/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of Conv, ConvTranspose and ConvWeightGradient. Weights are brought from ONNX'
 * order, channels before the kernel's extents, into channels-last; constant ones once. */
#include "../device/cuda/convolution.h"
#include "../device/cuda/epilogue.h"
#include "../device/cuda/types.h"
#include "../device/cuda/walk.h"

G_BEGIN_DECLS
#include "../device/half.h"
#include "convolve.h"
G_END_DECLS

#include <string.h>

/* FALSE for windows of which more than a stride does not fit: those are left to the CPU. */
static gboolean
set_window (GenCudaConvolution *c, const GenWindow *window, gboolean transposed)
{
  c->spatial = window->rank;
  for (int i = 0; i < window->rank; i++) {
    const GenWindowAxis *axis = &window->axes[i];
    const gint64 in = transposed ? axis->out : axis->in, out = transposed ? axis->in : axis->out;
    /* What the last window reaches beyond the large picture. */
    const gint64 beyond =
        (out - 1) * axis->stride + axis->dilation * (axis->kernel - 1) + 1 - axis->before - in;

    c->in[i] = in;
    c->out[i] = out;
    c->kernel[i] = axis->kernel;
    c->strides[i] = axis->stride;
    c->dilations[i] = axis->dilation;
    c->before[i] = axis->before;
    c->after[i] = MAX (beyond, 0);
    if (axis->before < 0 || beyond <= -axis->stride || in < 1 || out < 1)
      return FALSE;
  }
  return c->n > 0;
}

/* [outer, inner, taps] to [outer, taps, inner]. */
template <typename T>
__global__ void
turn (const T *from, T *to, GenDivider inner, GenDivider taps, size_t n)
{
  for (GEN_CUDA_EACH (i, n)) {
    uint32_t rest = inner.divide ((uint32_t)i), j = (uint32_t)i - rest * inner.divisor;
    uint32_t outer = taps.divide (rest), tap = rest - outer * taps.divisor;

    to[i] = from[((size_t)outer * inner.divisor + j) * taps.divisor + tap];
  }
}

template <typename T>
static void
turn_on_cpu (const T *from, T *to, gint64 outer, gint64 inner, gint64 taps)
{
  for (gint64 o = 0; o < outer; o++)
    for (gint64 t = 0; t < taps; t++)
      for (gint64 j = 0; j < inner; j++)
        to[(o * taps + t) * inner + j] = from[(o * inner + j) * taps + t];
}

/* Lets `*find` give the channels-last weights of input 1. FALSE with `error`. */
typedef std::function<const void *(const GenCudaKernel &kernel)> FindWeights;

static gboolean
turn_weights (GenCudaKernel *kernel, FindWeights *find, GError **error)
{
  const GenTensor *w = kernel->input (1);
  const void *constant = gen_tensor_constant (w);
  const gint64 outer = w->shape.dims[0], inner = w->shape.dims[1];
  const gint64 taps = gen_shape_product (&w->shape, 2, w->shape.rank);
  const gsize n = outer * inner * taps, size = gen_data_type_size (w->type);

  if (inner == 1 || taps == 1) {
    *find = [] (const GenCudaKernel &k) { return k.inputs[1]; };
    return TRUE;
  }
  if (constant != NULL) {
    g_autofree void *turned = g_malloc (n * size);
    void *memory;

    gen_visit_sizes (size, [&] (auto *type) {
      typedef GEN_VISITED (type) T;
      turn_on_cpu ((const T *)constant, (T *)turned, outer, inner, taps);
    });
    memory = gen_cuda_kernel_upload (kernel, turned, n * size, error);
    kernel->packed_inputs |= 1 << 1;
    *find = [memory] (const GenCudaKernel &) { return memory; };
    return memory != NULL;
  }
  gsize at = kernel->reserve (n * size);
  gen_visit_sizes (size, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (turn<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, k.in<T> (1),
          (T *)((char *)k.scratch + at), GenDivider ((uint32_t)inner), GenDivider ((uint32_t)taps),
          n);
    });
  });
  *find = [at] (const GenCudaKernel &k) { return (char *)k.scratch + at; };
  return TRUE;
}

static gboolean
is_supported (const GenCudaKernel *kernel)
{
  GenDataType type = kernel->output (0)->type;

  return (type == GEN_TYPE_FLOAT32 || type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_BFLOAT16) &&
         kernel->input (0)->type == type && kernel->input (1)->type == type &&
         gen_shape_elements (&kernel->input (1)->shape) <= GEN_WALK_MAX;
}

/* Whether PRelu is the larger one of x and slope x for all slopes. */
static gboolean
has_small_slopes (const GenTensor *slopes)
{
  const void *values = gen_tensor_constant (slopes);
  const gsize n = gen_cuda_elements (slopes);
  std::vector<float> widened (n);

  if (values == NULL)
    return FALSE;
  if (gen_type_is_half (slopes->type))
    gen_half_widen (slopes->type, values, 1, widened.data (), n);
  else
    memcpy (widened.data (), values, n * sizeof (float));
  for (float slope : widened)
    if (!(slope <= 1))
      return FALSE;
  return TRUE;
}

/* Lets the library do all that the node does; FALSE for what has to be left to the epilogue. */
static gboolean
describe_whole (const GenCudaKernel *kernel, GenCudaConvolution *c)
{
  const GenTaken taken = kernel->node->taken;
  const gboolean has_bias = kernel->input (2) != NULL;

  if (has_bias && taken.bias > 0)
    return FALSE;
  c->has_bias = has_bias || taken.bias > 0;
  c->has_added = taken.added > 0;
  c->activation = kernel->node->activation;
  return c->activation.kind != GEN_ACTIVATION_PRELU ||
         (taken.slopes > 0 && has_small_slopes (kernel->input (taken.slopes)));
}

/* All in one kernel of the library if it can, else bias, sum and activation behind it. */
static gboolean
add_convolution (GenCudaKernel *kernel, GenCudaConvolution *c, GError **error)
{
  const gboolean has_bias = kernel->input (2) != NULL;
  const GenTaken taken = kernel->node->taken;
  FindWeights weights;

  if (!turn_weights (kernel, &weights, error))
    return FALSE;
  GenCudaFindOperands find = [=] (const GenCudaKernel &k) -> GenCudaOperands {
    const guint bias = taken.bias > 0 ? taken.bias : 2;

    return { k.inputs[0], weights (k), k.inputs.size () > bias ? k.inputs[bias] : NULL,
      k.outputs[0], taken.added > 0 ? k.inputs[taken.added] : NULL,
      taken.slopes > 0 ? k.inputs[taken.slopes] : NULL };
  };
  if (describe_whole (kernel, c) && gen_cuda_convolution_add (kernel, c, find, error))
    return TRUE;
  c->has_bias = c->has_added = FALSE;
  c->activation = (GenActivation){};
  return gen_cuda_convolution_add (kernel, c, find, error) &&
         gen_cuda_add_finish (kernel, has_bias ? 2 : -1);
}

static GenCudaConvolution
start (const GenCudaKernel *kernel, GenCudaConvolveKind kind)
{
  GenCudaConvolution c = {};

  c.kind = kind;
  c.groups = gen_node_int (kernel->node, "group", 1);
  c.n = kernel->input (0)->shape.dims[0];
  c.type = kernel->output (0)->type;
  c.precision = kernel->precision;
  return c;
}

static gboolean
conv (GenCudaKernel *kernel, GError **error)
{
  const GenShape *x = &kernel->input (0)->shape, *w = &kernel->input (1)->shape;
  GenCudaConvolution c = start (kernel, GEN_CUDA_CONVOLVE);
  GenWindow window;

  if (!is_supported (kernel) || !gen_convolve_window (&window, kernel->node, x, w, FALSE, error))
    return FALSE;
  c.c = x->dims[1];
  c.k = w->dims[0];
  return set_window (&c, &window, FALSE) && add_convolution (kernel, &c, error);
}

static gboolean
conv_transpose (GenCudaKernel *kernel, GError **error)
{
  const GenShape *x = &kernel->input (0)->shape, *w = &kernel->input (1)->shape;
  GenCudaConvolution c = start (kernel, GEN_CUDA_CONVOLVE_DATA);
  GenWindow window;

  if (!is_supported (kernel) || !gen_convolve_window (&window, kernel->node, x, w, TRUE, error))
    return FALSE;
  c.c = w->dims[1] * c.groups;
  c.k = x->dims[1];
  return set_window (&c, &window, TRUE) && add_convolution (kernel, &c, error);
}

/* The library's result lies channels-last; the operator's does not. */
static gboolean
conv_weight_gradient (GenCudaKernel *kernel, GError **error)
{
  const GenShape *x = &kernel->input (0)->shape, *w = &kernel->output (0)->shape;
  GenCudaConvolution c = start (kernel, GEN_CUDA_CONVOLVE_WEIGHT);
  const gint64 outer = w->dims[0], inner = w->dims[1], taps = gen_shape_product (w, 2, w->rank);
  const gsize n = outer * inner * taps, size = gen_data_type_size (c.type);
  const gboolean turned = inner > 1 && taps > 1;
  GenWindow window;
  gsize at;

  if (!is_supported (kernel) || n > GEN_WALK_MAX ||
      !gen_convolve_window (&window, kernel->node, x, w, FALSE, error))
    return FALSE;
  c.c = x->dims[1];
  c.k = outer;
  if (!set_window (&c, &window, FALSE))
    return FALSE;
  at = kernel->reserve (turned ? n * size : 0);
  if (!gen_cuda_convolution_add (
          kernel, &c,
          [=] (const GenCudaKernel &k) -> GenCudaOperands {
            return { k.inputs[0], k.inputs[1], NULL, turned ? (char *)k.scratch + at : k.outputs[0],
              NULL, NULL };
          },
          error))
    return FALSE;
  if (turned)
    gen_visit_sizes (size, [&] (auto *type) {
      typedef GEN_VISITED (type) T;

      kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
        gen_cuda_launch (turn<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream,
            (const T *)((char *)k.scratch + at), k.out<T> (0), GenDivider ((uint32_t)taps),
            GenDivider ((uint32_t)inner), n);
      });
    });
  return TRUE;
}

extern const GenCudaOperator gen_cuda_convolve_operators[] = {
  { "Conv", NULL, conv, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "ConvTranspose", NULL, conv_transpose, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "ConvWeightGradient", "generative", conv_weight_gradient, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
