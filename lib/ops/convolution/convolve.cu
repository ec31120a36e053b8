/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of Conv, ConvTranspose and ConvWeightGradient. Weights are brought from ONNX'
 * order, channels before the kernel's extents, into channels-last; constant ones once. */
#include "../../device/cuda/choose.h"
#include "../../device/cuda/convolve.h"
#include "../../device/cuda/epilogue.h"
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"
#include "../../device/cuda/ways.h"

G_BEGIN_DECLS
#include "../../device/half.h"
#include "convolve.h"
#include "phases.h"
G_END_DECLS

#include <string.h>

/* With fewer channels than this, a transposed convolution's phases are joined. */
#define FEW_CHANNELS 32
/* Most phases to be done on their own; and products that joined ones may make, for one that is
 * wanted. */
#define MOST_PHASES 16
#define MOST_WASTE 2

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

gboolean
gen_cuda_arrange_weights (GenCudaKernel *kernel, gsize n,
    const std::function<void (const void *from, void *to)> &on_cpu,
    const std::function<void (const void *from, void *to, cudaStream_t stream)> &on_device,
    GenCudaFindWeights *find, GError **error)
{
  const void *constant = gen_tensor_constant (kernel->input (1));
  const gsize size = n * gen_data_type_size (kernel->input (1)->type);

  if (constant != NULL) {
    g_autofree void *arranged = g_malloc (size);
    void *memory;

    on_cpu (constant, arranged);
    memory = gen_cuda_kernel_upload (kernel, arranged, size, error);
    if (memory == NULL)
      return FALSE;
    kernel->packed_inputs |= 1 << 1;
    *find = [memory] (const GenCudaKernel &) { return memory; };
    return TRUE;
  }
  const gsize at = kernel->reserve (size);
  kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
    on_device (k.inputs[1], (char *)k.scratch + at, stream);
  });
  *find = [at] (const GenCudaKernel &k) { return (char *)k.scratch + at; };
  return TRUE;
}

/* Lets `*find` give the channels-last weights of input 1. FALSE with `error`. */
static gboolean
turn_weights (GenCudaKernel *kernel, GenCudaFindWeights *find, GError **error)
{
  const GenTensor *w = kernel->input (1);
  const gint64 outer = w->shape.dims[0], inner = w->shape.dims[1];
  const gint64 taps = gen_shape_product (&w->shape, 2, w->shape.rank);
  const gsize n = outer * inner * taps;
  gboolean turned = FALSE;

  if (inner == 1 || taps == 1) {
    *find = [] (const GenCudaKernel &k) { return k.inputs[1]; };
    return TRUE;
  }
  gen_visit_sizes (gen_data_type_size (w->type), [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    turned = gen_cuda_arrange_weights (
        kernel, n,
        [=] (const void *from, void *to) {
          turn_on_cpu ((const T *)from, (T *)to, outer, inner, taps);
        },
        [=] (const void *from, void *to, cudaStream_t stream) {
          gen_cuda_launch (turn<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, (const T *)from,
              (T *)to, GenDivider ((uint32_t)inner), GenDivider ((uint32_t)taps), n);
        },
        find, error);
  });
  return turned;
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

gboolean
gen_cuda_convolve_whole (const GenCudaKernel *kernel, GenCudaConvolution *c)
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

void
gen_cuda_convolve_sums (GenCudaConvolution *c)
{
  c->has_bias = c->has_added = FALSE;
  c->activation = (GenActivation){};
}

GenCudaOperands
gen_cuda_convolve_operands (const GenCudaKernel *k, const void *weights)
{
  const GenTaken taken = k->node->taken;
  const guint bias = taken.bias > 0 ? taken.bias : 2;

  return { k->inputs[0], weights, k->inputs.size () > bias ? k->inputs[bias] : NULL, k->outputs[0],
    taken.added > 0 ? k->inputs[taken.added] : NULL,
    taken.slopes > 0 ? k->inputs[taken.slopes] : NULL };
}

/* All in one kernel of the library if it can, else bias, sum and activation behind it. */
static gboolean
add_convolution (GenCudaKernel *kernel, const GenCudaConvolution *convolution, GError **error)
{
  GenCudaConvolution c = *convolution;
  GenCudaFindWeights weights;

  if (!turn_weights (kernel, &weights, error))
    return FALSE;
  GenCudaFindOperands find = [=] (const GenCudaKernel &k) {
    return gen_cuda_convolve_operands (&k, weights (k));
  };
  if (gen_cuda_convolve_whole (kernel, &c) && gen_cuda_convolution_add (kernel, &c, find, error))
    return TRUE;
  gen_cuda_convolve_sums (&c);
  return gen_cuda_convolution_add (kernel, &c, find, error) &&
         gen_cuda_add_finish (kernel, kernel->input (2) != NULL ? 2 : -1);
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

/* Ways to do a transposed convolution; the first is what rules of shape take. The library's own
 * backward pass does any window, and weights that change are brought into its order at no other
 * cost; but results of few channels leave most of its tiles empty, and it seldom does in the same
 * kernel what follows. */
static std::vector<GenCudaWay>
ways_of (const GenCudaKernel *kernel, const GenWindow *window, const GenCudaConvolution *c)
{
  std::vector<GenCudaWay> ways;
  gint64 phases = 1, made = 1, wanted = 1;
  gboolean single = FALSE, first;
  GenCudaConvolution backward = *c;
  GenWindow phased;

  if (set_window (&backward, window, TRUE))
    ways.push_back ({ "backward",
        [=] (GenCudaKernel *k, GError **error) { return add_convolution (k, &backward, error); } });
  if (!gen_phases_window (&phased, window, c->groups))
    return ways;
  for (int i = 0; i < phased.rank; i++) {
    const GenWindowAxis *axis = &phased.axes[i];

    phases *= axis->stride;
    made *= (axis->kernel + axis->stride - 1) / axis->stride * axis->stride;
    wanted *= axis->kernel;
    single = single || axis->stride != window->axes[i].stride;
  }
  const GenCudaConvolution like = *c;
  const GenCudaWay apart = { "phases", [=] (GenCudaKernel *k, GError **error) {
                              return gen_cuda_add_phases (k, &phased, &like, error);
                            } };
  const GenCudaWay joined = { "joined", [=] (GenCudaKernel *k, GError **error) {
                               return gen_cuda_add_joined_phases (k, &phased, &like, error);
                             } };
  const gboolean joins = c->groups == 1 && phases > 1 && made <= MOST_WASTE * wanted;
  const gboolean constant = gen_tensor_constant (kernel->input (1)) != NULL;

  if (!single && phases <= MOST_PHASES)
    ways.insert (constant && phases == 1 ? ways.begin () : ways.end (), apart);
  first = constant && (single || c->c < FEW_CHANNELS);
  if (joins)
    ways.insert (first ? ways.begin () : ways.end (), joined);
  return ways;
}

static gboolean
conv_transpose (GenCudaKernel *kernel, GError **error)
{
  const GenShape *x = &kernel->input (0)->shape, *w = &kernel->input (1)->shape;
  GenCudaConvolution c = start (kernel, GEN_CUDA_CONVOLVE_DATA), whole;
  GenWindow window;

  if (!is_supported (kernel) || gen_cuda_elements (kernel->output (0)) == 0 ||
      !gen_convolve_window (&window, kernel->node, x, w, TRUE, error))
    return FALSE;
  c.c = w->dims[1] * c.groups;
  c.k = x->dims[1];
  const std::vector<GenCudaWay> ways = ways_of (kernel, &window, &c);
  whole = c;
  set_window (&whole, &window, TRUE);
  gen_cuda_convolve_whole (kernel, &whole);
  return gen_cuda_prepare_way (kernel,
      "way of " + gen_cuda_convolution_problem (&whole) +
          (gen_tensor_constant (kernel->input (1)) != NULL ? " constant" : ""),
      ways, error);
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
