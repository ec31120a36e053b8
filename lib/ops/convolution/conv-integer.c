/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConvInteger: convolution of quantised tensors, to int32. Some hundred places of an item at a time
 * are laid out as columns of a matrix, which is multiplied by the weights; padding is the zero
 * point of x. */
#include <string.h>

#include "../../device/integer-gemm.h"
#include "convolve.h"

/* Places whose columns, for a layer of a few hundred channels, stay in the second-level cache. */
#define BLOCK 192

typedef struct {
  GenWindow window;
  GenIntegerGemm gemm;              /* of a whole block: weights by columns */
  gint64 items, groups, channels;   /* channels of x in a group */
  gint64 places_in, places, blocks; /* of an item; blocks of places */
  gboolean direct;                  /* a kernel of one cell: x is its own matrix */
  int zero_stride;                  /* of the zero points of weights */
  gsize columns_size, panels_size, part_size;
} Conv;

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *w = gen_node_input (node, 1);
  const GenTensor *x_zero = gen_node_input (node, 2), *w_zero = gen_node_input (node, 3);
  gint64 groups = gen_node_int (node, "group", 1);
  GenWindow window;
  GenShape shape;

  if ((x->type != GEN_TYPE_UINT8 && x->type != GEN_TYPE_INT8) ||
      (w->type != GEN_TYPE_UINT8 && w->type != GEN_TYPE_INT8))
    return gen_node_error (node, error, "its operands should be int8 or uint8, not %s and %s",
        gen_data_type_name (x->type), gen_data_type_name (w->type));
  if (!gen_convolve_window (&window, node, &x->shape, &w->shape, FALSE, error))
    return FALSE;
  if (groups < 1 || w->shape.dims[0] % groups != 0 || x->shape.dims[1] != w->shape.dims[1] * groups)
    return gen_node_error (node, error,
        "%" G_GINT64_FORMAT " channels do not fit weights for %" G_GINT64_FORMAT
        " in %" G_GINT64_FORMAT " groups",
        x->shape.dims[1], w->shape.dims[1], groups);
  if (x_zero != NULL && (x_zero->type != x->type || gen_shape_elements (&x_zero->shape) != 1))
    return gen_node_error (node, error, "the zero point of x must be one number of its type");
  if (w_zero != NULL &&
      (w_zero->type != w->type || (gen_shape_elements (&w_zero->shape) != 1 &&
                                      gen_shape_elements (&w_zero->shape) != w->shape.dims[0])))
    return gen_node_error (
        node, error, "the zero points of the weights must be one, or one for each channel");
  shape = gen_window_output (&window, x->shape.dims[0], w->shape.dims[0]);
  gen_node_set_output (node, 0, GEN_TYPE_INT32, &shape);
  return TRUE;
}

/* A row of the matrix: what one cell of the kernel (`cell`, along each axis) sees of a channel, at
 * the places [first, end). */
static void
fill_row (const GenWindow *window, const guint8 *x, const gint64 *cell, gint64 first, gint64 end,
    guint8 padding, guint8 *to)
{
  const GenWindowAxis *last = &window->axes[window->rank - 1];

  while (first < end) {
    gint64 rest = first / last->out, at = first % last->out, n = MIN (end - first, last->out - at);
    gint64 offset = 0, stride = last->in, position;
    gboolean inside = TRUE;

    for (int i = window->rank - 2; i >= 0; i--) {
      const GenWindowAxis *axis = &window->axes[i];

      position = rest % axis->out * axis->stride + cell[i] * axis->dilation - axis->before;
      inside &= position >= 0 && position < axis->in;
      offset += position * stride;
      stride *= axis->in;
      rest /= axis->out;
    }
    position = at * last->stride + cell[window->rank - 1] * last->dilation - last->before;
    for (gint64 i = 0; i < n; i++, position += last->stride)
      to[i] = inside && position >= 0 && position < last->in ? x[offset + position] : padding;
    first += n;
    to += n;
  }
}

static void
fill_columns (const Conv *c, const guint8 *x, gint64 first, gint64 end, guint8 padding, guint8 *to)
{
  const GenWindow *window = &c->window;

  for (gint64 channel = 0; channel < c->channels; channel++, x += c->places_in) {
    gint64 cell[GEN_WINDOW_MAX_RANK] = { 0 };
    int axis;

    do {
      fill_row (window, x, cell, first, end, padding, to);
      to += end - first;
      for (axis = window->rank - 1; axis >= 0 && ++cell[axis] == window->axes[axis].kernel; axis--)
        cell[axis] = 0;
    } while (axis >= 0);
  }
}

/* Each unit of work is a block of places of one group of one item. */
static void
run (const GenKernel *kernel, int part, int parts)
{
  const Conv *c = kernel->state;
  const guint8 *x_zero = kernel->node->inputs->len > 2 ? kernel->inputs[2] : NULL;
  const char *w_zero = kernel->node->inputs->len > 3 ? kernel->inputs[3] : NULL;
  char *columns = (char *)kernel->scratch + part * c->part_size;
  char *panels = columns + c->columns_size, *own = panels + c->panels_size;
  gsize first, end;

  gen_kernel_share (c->items * c->groups * c->blocks, 1, part, parts, &first, &end);
  for (gsize unit = first; unit < end; unit++) {
    gint64 of = unit / c->blocks, group = of % c->groups, at = unit % c->blocks * BLOCK;
    GenIntegerGemm gemm = c->gemm;
    const guint8 *x = (const guint8 *)kernel->inputs[0] + of * c->channels * c->places_in;
    const void *matrix = columns;

    gemm.n = MIN (BLOCK, c->places - at);
    if (c->direct)
      matrix = x + at;
    else
      fill_columns (c, x, at, at + gemm.n, x_zero != NULL ? *x_zero : 0, (guint8 *)columns);
    gen_integer_gemm_pack (&gemm, matrix, c->direct ? c->places_in : gemm.n, panels, 0,
        gen_integer_gemm_panels (&gemm));
    gen_integer_gemm_run (&gemm, (const char *)kernel->inputs[1] + group * gemm.m * gemm.k,
        (GenZeroPoints){
            w_zero != NULL ? w_zero + group * gemm.m * c->zero_stride : NULL, c->zero_stride },
        panels, (GenZeroPoints){ x_zero, 0 },
        (gint32 *)kernel->outputs[0] + of * gemm.m * c->places + at, c->places, 0, gemm.m, own);
  }
}

static gboolean
is_direct (const GenWindow *window)
{
  gboolean direct = TRUE;

  for (int i = 0; i < window->rank; i++) {
    const GenWindowAxis *axis = &window->axes[i];

    direct &= axis->kernel == 1 && axis->stride == 1 && axis->in == axis->out && axis->before == 0;
  }
  return direct;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0), *w = gen_node_input (node, 1);
  const GenTensor *w_zero = gen_node_input (node, 3), *y = gen_node_output (node, 0);
  Conv *c = g_new0 (Conv, 1);
  int parts;

  kernel->state = c;
  kernel->free_state = g_free;
  if (!gen_convolve_window (&c->window, node, &x->shape, &w->shape, FALSE, error))
    return FALSE;
  if (gen_shape_elements (&y->shape) == 0)
    return TRUE;
  c->items = x->shape.dims[0];
  c->groups = gen_node_int (node, "group", 1);
  c->channels = w->shape.dims[1];
  c->places_in = gen_shape_product (&x->shape, 2, x->shape.rank);
  c->places = gen_shape_product (&y->shape, 2, y->shape.rank);
  c->blocks = (c->places + BLOCK - 1) / BLOCK;
  c->direct = is_direct (&c->window);
  c->zero_stride = w_zero != NULL && gen_shape_elements (&w_zero->shape) > 1;
  c->gemm = (GenIntegerGemm){ .m = w->shape.dims[0] / c->groups,
    .n = MIN (BLOCK, c->places),
    .k = gen_shape_product (&w->shape, 1, w->shape.rank),
    .a_signed = w->type == GEN_TYPE_INT8,
    .b_signed = x->type == GEN_TYPE_INT8 };
  c->columns_size = c->direct ? 0 : (c->gemm.k * c->gemm.n + 63) & ~(gsize)63;
  c->panels_size = gen_integer_gemm_panels (&c->gemm) * gen_integer_gemm_panel_size (&c->gemm);
  c->part_size = c->columns_size + c->panels_size + gen_integer_gemm_scratch_size (&c->gemm);
  c->part_size = (c->part_size + 63) & ~(gsize)63;
  parts = gen_kernel_parts (
      kernel, c->items * c->groups * c->blocks, c->gemm.k * c->gemm.n * (0.5 + 0.02 * c->gemm.m));
  parts = MIN (parts, c->items * c->groups * c->blocks);
  kernel->scratch_size = parts * c->part_size;
  gen_kernel_add_step (kernel, run, parts);
  return TRUE;
}

static double
flops (const GenNode *node)
{
  return gen_convolve_flops (&gen_node_output (node, 0)->shape, &gen_node_input (node, 1)->shape);
}

const GenOperator gen_operator_conv_integer = {
  .name = "ConvInteger",
  .summary = "Exact convolution of quantised tensors",
  .since = 10,
  .min_inputs = 2,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
  .flops = flops,
};
