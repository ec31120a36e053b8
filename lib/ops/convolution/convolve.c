/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel of convolutions and transposed convolutions. A convolution is one problem; a
 * transposed one becomes some (phases.c), or, where phases cannot do it, oneDNN's backward
 * pass. Problems are cut into tasks for parts (tasks.c). Constant weights are packed once;
 * others in steps before. */
#include "convolve-private.h"

#include <string.h>

#include "../../device/gemm-pack.h"
#include "../../device/shared.h"
#include "../../graph/constants.h"

gboolean
gen_convolve_window (GenWindow *window, const GenNode *node, const GenShape *input,
    const GenShape *weights, gboolean transposed, GError **error)
{
  int n;
  const gint64 *kernel = gen_node_ints (node, "kernel_shape", &n);

  if (weights->rank != input->rank || weights->rank < 3)
    return gen_node_error (node, error, "its weights must be of its input's rank, 3 or more");
  if (kernel != NULL &&
      (n != weights->rank - 2 || memcmp (kernel, weights->dims + 2, n * sizeof *kernel) != 0))
    return gen_node_error (node, error, "kernel_shape is not what its weights say");
  return transposed ? gen_window_init_transposed (window, node, input, weights->dims + 2, error)
                    : gen_window_init (window, node, input, weights->dims + 2, error);
}

double
gen_convolve_flops (const GenShape *small, const GenShape *weights)
{
  return 2.0 * small->dims[0] * gen_shape_product (small, 2, small->rank) *
         gen_shape_product (weights, 0, weights->rank);
}

void
gen_convolve_output_padding (const GenWindow *window, gint64 *extra)
{
  for (int i = 0; i < window->rank; i++) {
    const GenWindowAxis *axis = &window->axes[i];

    extra[i] = axis->in + axis->before + axis->after - axis->dilation * (axis->kernel - 1) - 1 -
               (axis->out - 1) * axis->stride;
  }
}

gboolean
gen_convolve_bias_gradient (GenGradient *g, GError **error)
{
  static const gint64 axes[] = { 0, 2, 3, 4 };
  int rank = gen_node_input (g->node, 0)->shape.rank;

  if (gen_node_input (g->node, 2) == NULL || !g->needed[2])
    return TRUE;
  g->inputs[2] = gen_graph_op (g->graph, "ReduceSum",
      (GenTensor *[]){ g->outputs[0], gen_graph_ints (g->graph, axes, rank - 1) }, 2, 1, error,
      "keepdims", GEN_INT, 0, NULL);
  return g->inputs[2] != NULL;
}

static void
convolve_free (gpointer data)
{
  GenConvolve *c = data;

  for (guint i = 0; i < c->tasks->len; i++)
    gen_convolution_free (g_array_index (c->tasks, GenTask, i).convolution);
  for (guint i = 0; i < c->packs->len; i++)
    gen_reorder_free (g_array_index (c->packs, GenPack, i).packer);
  g_array_unref (c->problems);
  g_array_unref (c->packs);
  g_array_unref (c->tasks);
  g_clear_pointer (&c->winograd, g_ptr_array_unref);
  g_clear_pointer (&c->split, g_ptr_array_unref);
  g_clear_pointer (&c->direct, gen_direct_convolve_free);
  g_clear_pointer (&c->product, gen_gemm_free);
  g_clear_pointer (&c->shared, g_bytes_unref);
  g_free (c);
}

/* --- weights --- */

static void
permute (const GenKernel *kernel, int part, int parts)
{
  const GenConvolve *c = kernel->state;

  gen_phases_permute (
      c, kernel->inputs[1], (float *)((char *)kernel->scratch + c->permuted_at), part, parts);
}

void
gen_convolve_spread_bias (const GenConvolve *c, const float *bias, float *spread)
{
  for (gsize i = 0; i + c->out_channels <= c->bias_size / sizeof *spread; i += c->out_channels)
    memcpy (spread + i, bias, c->out_channels * sizeof *spread);
}

static void
pack (const GenConvolve *c, const float *weights, const float *bias, char *packed, float *spread,
    int part)
{
  if (c->direct != NULL)
    gen_direct_convolve_pack (c, weights, packed, part, c->parts);
  if (c->winograd != NULL)
    gen_winograd_pack (c, weights, packed, part, c->parts);
  for (guint i = 0; i < c->packs->len; i++) {
    const GenPack *pack = &g_array_index (c->packs, GenPack, i);

    gen_reorder_run (pack->packer, part, weights + pack->from, packed + pack->to);
  }
  if (part == 0)
    gen_convolve_spread_bias (c, bias, spread);
}

static const float *
bias_of (const GenKernel *kernel)
{
  return kernel->node->inputs->len > 2 ? kernel->inputs[2] : NULL;
}

static void
pack_each_run (const GenKernel *kernel, int part, int parts)
{
  const GenConvolve *c = kernel->state;
  char *scratch = kernel->scratch;

  pack (c, c->permuted ? (const float *)(scratch + c->permuted_at) : kernel->inputs[1],
      bias_of (kernel), scratch + c->packed_at, (float *)(scratch + c->bias_at), part);
}

void
gen_convolve_take_constant (GenConvolve *c, char *packed, gsize size)
{
  c->shared = gen_shared_take (packed, size);
  c->constant = g_bytes_get_data (c->shared, NULL);
}

float *
gen_convolve_permute_once (const GenConvolve *c, const GenNode *node)
{
  const GenTensor *weights = gen_node_input (node, 1);
  float *permuted;

  if (!c->permuted)
    return NULL;
  permuted = gen_shared_alloc (c->permuted_size);
  gen_phases_permute (c, g_bytes_get_data (weights->data, NULL), permuted, 0, 1);
  gen_graph_release_mapped (node->graph, c->permuted_size);
  return permuted;
}

static void
pack_once (GenConvolve *c, const GenNode *node, const float *bias)
{
  float *permuted = gen_convolve_permute_once (c, node);
  const float *from = permuted != NULL ? permuted : gen_tensor_constant (gen_node_input (node, 1));
  char *packed = gen_shared_alloc (c->packed_size + c->bias_size);

  if (c->split != NULL)
    gen_split_convolve_pack (c, from, packed);
  for (int piece = 0; piece < c->parts; piece++)
    pack (c, from, bias, packed, (float *)(packed + c->packed_size), piece);
  gen_shared_free (permuted, c->permuted_size);
  gen_convolve_take_constant (c, packed, c->packed_size + c->bias_size);
}

/* --- running --- */

/* Bias after oneDNN's backward pass, which has none. */
static void
add_bias (const GenConvolve *c, const float *bias, float *result, gint64 items)
{
  gint64 channels = c->out_channels, pixels = c->result_size / channels;

  if (c->layout == GEN_LAYOUT_CHANNELS_LAST) {
    gen_activation_apply (
        &(GenActivation){ GEN_ACTIVATION_NONE }, result, items * pixels, channels, channels, bias);
    return;
  }
  for (gint64 i = 0; i < items * channels; i++)
    for (gint64 k = 0; k < pixels; k++)
      result[i * pixels + k] += bias[i % channels];
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenConvolve *c = kernel->state;
  char *scratch = kernel->scratch, *call = scratch + c->parts_at + part * c->part_scratch;
  const char *packed = c->constant != NULL ? c->constant : scratch + c->packed_at;
  const float *bias =
      (const float *)(c->constant != NULL ? c->constant + c->packed_size : scratch + c->bias_at);
  float *made = (float *)(call + c->call_scratch), *result = kernel->outputs[0];
  float *source = (float *)kernel->inputs[0];

  GenFinish finish = gen_finish_of (kernel, c->out_channels, 0, 0);

  finish.bias = c->bias_size > 0 ? bias : NULL;
  if (c->direct != NULL) {
    gen_direct_convolve_run (c, &finish, source, packed, result, call, part, parts);
    return;
  }
  if (c->split != NULL) {
    gen_split_convolve_run (c, &finish, source, packed, result, call, part, parts);
    return;
  }
  if (c->winograd != NULL) {
    gen_winograd_run (c, &finish, source, packed, result, call, part, parts);
    return;
  }
  for (int i = c->first[part]; i < c->first[part + 1]; i++) {
    const GenTask *task = &g_array_index (c->tasks, GenTask, i);
    const GenProblem *p = &g_array_index (c->problems, GenProblem, task->problem);
    const GenPack *pack = &g_array_index (c->packs, GenPack, task->pack);
    void *weights = (void *)(packed + pack->to);
    float *to = task->direct ? result + task->result : made;
    gsize n = task->items * task->channels * task->rows;

    for (int k = 1; k < p->rank; k++)
      n *= p->axes[k].small;
    if (p->kind == GEN_CONVOLUTION_FORWARD) {
      gen_convolution_run (
          task->convolution, source + task->source, weights, bias + task->channel, to, call);
    } else {
      n = task->items * c->result_size;
      gen_convolution_run (task->convolution, to, weights, NULL, source + task->source, call);
      if (c->bias_size > 0)
        add_bias (c, bias, to, task->items);
    }
    gen_activation_apply (&c->after, to, 1, n, n, NULL);
    if (!task->direct)
      gen_phases_scatter (c, task, made, result);
  }
}

/* What fusion has added, where a call of oneDNN does not leave the result as it lies. */
static void
run_finish (const GenKernel *kernel, int part, int parts)
{
  const GenConvolve *c = kernel->state;
  gsize first, end;
  GenFinish finish;

  gen_kernel_share (c->batch * c->result_size / c->out_channels, 1, part, parts, &first, &end);
  finish = gen_finish_of (kernel, c->out_channels, first, 0);
  gen_finish_apply (&finish, (float *)kernel->outputs[0] + first * c->out_channels, end - first,
      c->out_channels, c->out_channels);
}

/* --- preparing --- */

/* The problem that is the convolution itself, or its backward pass. */
static void
add_whole (GenConvolve *c)
{
  GenProblem p = { .kind = c->transposed ? GEN_CONVOLUTION_BACKWARD_DATA : GEN_CONVOLUTION_FORWARD,
    .rank = c->window.rank,
    .groups = c->groups,
    .in_channels = c->in_channels,
    .out_channels = c->out_channels };
  gint64 inner = 1, in_group = (c->transposed ? c->out_channels : c->in_channels) / c->groups;
  gint64 out_group = (c->transposed ? c->in_channels : c->out_channels) / c->groups;

  for (int i = p.rank - 1; i >= 0; i--) {
    const GenWindowAxis *axis = &c->window.axes[i];

    p.axes[i] = (GenConvolutionAxis){ .large = c->transposed ? axis->out : axis->in,
      .small = c->transposed ? axis->in : axis->out,
      .kernel = axis->kernel,
      .stride = axis->stride,
      .dilation = axis->dilation,
      .before = axis->before,
      .after = axis->after };
    p.weight_strides[2 + i] = inner;
    inner *= axis->kernel;
  }
  p.weight_strides[1] = inner;
  p.weight_strides[0] = inner * in_group;
  p.group_stride = p.weight_strides[0] * out_group;
  for (int i = 0; i < 2; i++) {
    int axis = i - 2 + p.rank;

    p.scatter[i].stride = p.scatter[i].phases = 1;
    p.scatter[i].out = axis >= 0 && axis < p.rank ? c->window.axes[axis].out : 1;
  }
  g_array_append_val (c->problems, p);
}

static void
lay_out_scratch (GenKernel *kernel, GenConvolve *c)
{
  gsize at = 0;

  if (c->constant == NULL) {
    c->permuted_at = at;
    at += (c->permuted_size + 63) & ~(gsize)63;
    c->packed_at = at;
    at += c->packed_size;
    c->bias_at = at;
    at += c->bias_size;
  }
  c->parts_at = at;
  kernel->scratch_size = at + c->parts * c->part_scratch;
}

/* `whole`: a transposed convolution is not cut into phases. */
static GenConvolve *
convolve_new (const GenKernel *kernel, const GenWindow *window, gboolean transposed, gboolean whole)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  const GenActivation none = { GEN_ACTIVATION_NONE };
  GenConvolve *c = g_new0 (GenConvolve, 1);

  c->window = *window;
  c->batch = x->shape.dims[0];
  c->in_channels = x->shape.dims[1];
  c->out_channels = y->shape.dims[1];
  c->groups = gen_node_int (node, "group", 1);
  c->source_size = gen_shape_product (&x->shape, 1, x->shape.rank);
  c->result_size = gen_shape_product (&y->shape, 1, y->shape.rank);
  c->layout = y->layout;
  c->transposed = transposed;
  c->problems = g_array_new (FALSE, TRUE, sizeof (GenProblem));
  c->packs = g_array_new (FALSE, TRUE, sizeof (GenPack));
  c->tasks = g_array_new (FALSE, TRUE, sizeof (GenTask));
  c->fused = c->after = none;
  if (!transposed || whole || c->layout == GEN_LAYOUT_PLAIN || !gen_phases_split (c))
    add_whole (c);
  c->finishes = node->taken.added > 0 || node->taken.slopes > 0;
  if (c->finishes)
    return c;
  if (g_array_index (c->problems, GenProblem, 0).kind == GEN_CONVOLUTION_FORWARD &&
      gen_convolution_fuses (&node->activation))
    c->fused = node->activation;
  else
    c->after = node->activation;
  return c;
}

static gboolean
has_constants (const GenNode *node)
{
  const GenTensor *bias = gen_node_input (node, 2);

  return gen_node_input (node, 1)->role == GEN_ROLE_CONSTANT &&
         (bias == NULL || bias->role == GEN_ROLE_CONSTANT);
}

static gboolean
find_window (GenWindow *window, const GenNode *node, gboolean transposed, GError **error)
{
  return gen_convolve_window (window, node, &gen_node_input (node, 0)->shape,
      &gen_node_input (node, 1)->shape, transposed, error);
}

void
gen_convolve_ways (const GenKernel *kernel, gboolean transposed, GPtrArray *ways)
{
  const GenNode *node = kernel->node;
  GenWindow window;
  GenConvolve *c;

  if (!find_window (&window, node, transposed, NULL) ||
      gen_node_input (node, 0)->type != GEN_TYPE_FLOAT32 ||
      gen_shape_elements (&gen_node_output (node, 0)->shape) == 0)
    return;
  c = convolve_new (kernel, &window, transposed, FALSE);
  gen_convolve_find_ways (c, has_constants (node), kernel, ways);
  convolve_free (c);
}

/* How a kernel of our own may keep its weights. */
static GenGemmForm
weights_form (const GenKernel *kernel)
{
  const GenTensor *weights = gen_node_input (kernel->node, 1);

  if (!has_constants (kernel->node))
    return GEN_GEMM_FLOAT32;
  return gen_gemm_form (
      kernel->precision, gen_tensor_constant (weights), gen_shape_elements (&weights->shape));
}

/* The problems and tasks by kernel->way, or by the rules. */
static gboolean
choose (GenKernel *kernel, GenConvolve *c, gboolean bias, GError **error)
{
  const GenNode *node = kernel->node;
  int threads = kernel->threads, parts = gen_tasks_parts (c, threads);
  GenConvolveWay way;

  if (!gen_convolve_way_find (kernel->way, &way))
    way = gen_convolve_rule (c, has_constants (node), kernel);
  kernel->way = gen_convolve_way_names[way];
  switch (way) {
  case GEN_CONVOLVE_PRODUCT:
    gen_convolve_product_init (kernel, c);
    return TRUE;
  case GEN_CONVOLVE_TILES:
    gen_split_convolve_init (c, parts, kernel->precision);
    return TRUE;
  case GEN_CONVOLVE_WINOGRAD:
    gen_winograd_init (c, parts);
    return TRUE;
  case GEN_CONVOLVE_DIRECT:
    gen_direct_convolve_init (c, parts, weights_form (kernel));
    return TRUE;
  default:
    if (gen_tasks_split (c, threads, way == GEN_CONVOLVE_LIBRARY_CHANNELS, bias, error))
      return TRUE;
    g_prefix_error (error, "node '%s' (%s): ", node->name, node->op->name);
    return FALSE;
  }
}

gboolean
gen_convolve_cpu (GenKernel *kernel, gboolean transposed, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *weights = gen_node_input (node, 1), *bias = gen_node_input (node, 2);
  GenConvolveWay way = GEN_CONVOLVE_LIBRARY_ROWS;
  gboolean constant = has_constants (node);
  gint64 widest = 0;
  GenWindow window;
  GenConvolve *c;

  if (!find_window (&window, node, transposed, error))
    return FALSE;
  if (gen_node_input (node, 0)->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error, "only float32 is supported");
  if (gen_shape_elements (&gen_node_output (node, 0)->shape) == 0)
    return TRUE;
  gen_convolve_way_find (kernel->way, &way);
  c = convolve_new (kernel, &window, transposed, way == GEN_CONVOLVE_LIBRARY_TRANSPOSED);
  kernel->state = c;
  kernel->free_state = convolve_free;
  for (guint i = 0; i < c->problems->len; i++)
    widest = MAX (widest, g_array_index (c->problems, GenProblem, i).out_channels);
  if (bias != NULL)
    c->bias_size = (widest * sizeof (float) + 63) & ~(gsize)63;
  if (constant)
    kernel->packed_inputs = 1u << 1 | 1u << 2;
  if (!choose (kernel, c, bias != NULL, error))
    return FALSE;
  if (c->product != NULL)
    return TRUE;

  if (constant) {
    pack_once (c, node, gen_tensor_constant (bias));
  } else {
    gint64 n = gen_shape_elements (&weights->shape);

    if (c->permuted)
      gen_kernel_add_step (kernel, permute, gen_kernel_parts (kernel, n, 1));
    gen_kernel_add_step (kernel, pack_each_run, c->parts);
  }
  lay_out_scratch (kernel, c);
  gen_kernel_add_step (kernel, run, c->parts);
  if (c->finishes && c->split == NULL && c->winograd == NULL && c->direct == NULL)
    gen_kernel_add_step (
        kernel, run_finish, gen_kernel_parts (kernel, c->batch * c->result_size, 0.3));
  return TRUE;
}
