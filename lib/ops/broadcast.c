/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walking tensors that are broadcast together, and the two kernels that most operators
 * are: one row function, given row after row. */
#include "broadcast.h"

#include "../graph/kernel.h"

void
gen_broadcast_init (GenBroadcast *walk, const GenNode *node, int n_operands)
{
  const GenTensor *output = gen_node_output (node, 0);
  int rank = output->shape.rank, order[GEN_MAX_RANK];
  gint64 strides[GEN_BROADCAST_MAX][GEN_MAX_RANK];

  for (int i = 0; i < rank; i++)
    order[i] = i;
  if (output->layout == GEN_LAYOUT_CHANNELS_LAST) {
    for (int i = 1; i < rank - 1; i++)
      order[i] = i + 1;
    order[rank - 1] = 1;
  }
  for (int k = 0; k < n_operands; k++)
    gen_tensor_broadcast_strides (gen_node_input (node, k), &output->shape, strides[k]);

  walk->rank = 0;
  for (int i = 0; i < rank; i++) {
    gint64 dim = output->shape.dims[order[i]];
    int last = walk->rank - 1;
    gboolean merges = last >= 0;

    if (dim == 1)
      continue;
    for (int k = 0; merges && k < n_operands; k++)
      merges = walk->strides[k][last] == strides[k][order[i]] * dim;
    if (!merges)
      walk->dims[last = walk->rank++] = 1;
    walk->dims[last] *= dim;
    for (int k = 0; k < n_operands; k++)
      walk->strides[k][last] = strides[k][order[i]];
  }
  if (walk->rank == 0) {
    walk->rank = 1;
    walk->dims[0] = 1;
    for (int k = 0; k < n_operands; k++)
      walk->strides[k][0] = 0;
  }
  walk->rows = 1;
  for (int i = 0; i < walk->rank - 1; i++)
    walk->rows *= walk->dims[i];
}

void
gen_broadcast_seek (const GenBroadcast *walk, gsize row, int n_operands, gint64 *offsets)
{
  for (int k = 0; k < n_operands; k++)
    offsets[k] = 0;
  for (int i = walk->rank - 2; i >= 0; i--) {
    gint64 at = row % walk->dims[i];

    row /= walk->dims[i];
    for (int k = 0; k < n_operands; k++)
      offsets[k] += at * walk->strides[k][i];
  }
}

typedef struct {
  GenBroadcast walk;
  GenBinaryRow row;
  gsize a_size, b_size, out_size;
} Binary;

static void
run_binary (const GenKernel *kernel, int part, int parts)
{
  const Binary *binary = kernel->state;
  const GenBroadcast *walk = &binary->walk;
  const char *a = kernel->inputs[0], *b = kernel->inputs[1];
  char *out = kernel->outputs[0];
  gint64 n = walk->dims[walk->rank - 1];
  gint64 as = walk->strides[0][walk->rank - 1], bs = walk->strides[1][walk->rank - 1];
  gsize first, end;
  gint64 at[2];

  if (walk->rows == 1) {
    gen_kernel_share (n, 16, part, parts, &first, &end);
    binary->row (a + first * as * binary->a_size, as, b + first * bs * binary->b_size, bs,
        out + first * binary->out_size, end - first);
    return;
  }
  gen_kernel_share (walk->rows, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    gen_broadcast_seek (walk, row, 2, at);
    binary->row (a + at[0] * binary->a_size, as, b + at[1] * binary->b_size, bs,
        out + row * n * binary->out_size, n);
  }
}

gboolean
gen_binary_cpu (GenKernel *kernel, GenBinaryRow row, double cost, GError **error)
{
  const GenNode *node = kernel->node;
  Binary *binary = g_new0 (Binary, 1);

  gen_broadcast_init (&binary->walk, node, 2);
  binary->row = row;
  binary->a_size = gen_data_type_size (gen_node_input (node, 0)->type);
  binary->b_size = gen_data_type_size (gen_node_input (node, 1)->type);
  binary->out_size = gen_data_type_size (gen_node_output (node, 0)->type);
  kernel->state = binary;
  kernel->free_state = g_free;
  gen_kernel_add_step (kernel, run_binary,
      gen_kernel_parts (kernel, gen_shape_elements (&gen_node_output (node, 0)->shape), cost));
  return TRUE;
}

typedef struct {
  GenUnaryRow row;
  gsize n, x_size, out_size;
} Unary;

static void
run_unary (const GenKernel *kernel, int part, int parts)
{
  const Unary *unary = kernel->state;
  gsize first, end;

  gen_kernel_share (unary->n, 64, part, parts, &first, &end);
  unary->row (kernel->node, (const char *)kernel->inputs[0] + first * unary->x_size,
      (char *)kernel->outputs[0] + first * unary->out_size, end - first);
}

gboolean
gen_unary_cpu (GenKernel *kernel, GenUnaryRow row, double cost, GError **error)
{
  Unary *unary = g_new0 (Unary, 1);

  unary->row = row;
  unary->n = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);
  unary->x_size = gen_data_type_size (gen_node_input (kernel->node, 0)->type);
  unary->out_size = gen_data_type_size (gen_node_output (kernel->node, 0)->type);
  kernel->state = unary;
  kernel->free_state = g_free;
  gen_kernel_add_step (kernel, run_unary, gen_kernel_parts (kernel, unary->n, cost));
  return TRUE;
}
