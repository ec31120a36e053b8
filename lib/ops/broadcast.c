/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walking tensors that are broadcast together, and the two kernels that most operators
 * are: one row function, given row after row. */
#include "broadcast.h"

#include "../graph/kernel.h"
#include "../device/half.h"

void
gen_broadcast_merge (GenBroadcast *walk, const GenTensor *output, int n_operands,
    const gint64 (*strides)[GEN_MAX_RANK])
{
  int rank = output->shape.rank, order[GEN_MAX_RANK];

  for (int i = 0; i < rank; i++)
    order[i] = i;
  if (output->layout == GEN_LAYOUT_CHANNELS_LAST) {
    for (int i = 1; i < rank - 1; i++)
      order[i] = i + 1;
    order[rank - 1] = 1;
  }
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
gen_broadcast_init (GenBroadcast *walk, const GenNode *node, int n_operands)
{
  const GenTensor *output = gen_node_output (node, 0);
  gint64 strides[GEN_BROADCAST_MAX][GEN_MAX_RANK];

  for (int k = 0; k < n_operands; k++)
    gen_tensor_broadcast_strides (gen_node_input (node, k), &output->shape, strides[k]);
  gen_broadcast_merge (walk, output, n_operands, (const gint64 (*)[GEN_MAX_RANK])strides);
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

/* Up to GEN_HALF_CHUNK elements of an operand as they are computed with: in `buffer` where that is
 * not how they lie in memory. */
static const void *
widen (GenDataType type, const void *from, gint64 *stride, float *buffer, gsize n)
{
  if (!gen_type_is_half (type))
    return from;
  gen_half_widen (type, from, *stride, buffer, *stride == 0 ? 1 : n);
  *stride = *stride == 0 ? 0 : 1;
  return buffer;
}

static void
run_binary_halves (GenBinaryRow row, const GenDataType types[3], const char *a, gint64 as,
    const char *b, gint64 bs, char *out, gsize n)
{
  gint64 a_size = gen_data_type_size (types[0]), b_size = gen_data_type_size (types[1]);
  gsize out_size = gen_data_type_size (types[2]);
  float wide_a[GEN_HALF_CHUNK], wide_b[GEN_HALF_CHUNK], wide_out[GEN_HALF_CHUNK];

  for (gsize i = 0; i < n; i += GEN_HALF_CHUNK) {
    gsize count = MIN (GEN_HALF_CHUNK, n - i);
    gint64 a_step = as, b_step = bs;
    const void *from_a = widen (types[0], a + (gint64)i * as * a_size, &a_step, wide_a, count);
    const void *from_b = widen (types[1], b + (gint64)i * bs * b_size, &b_step, wide_b, count);

    if (!gen_type_is_half (types[2])) {
      row (from_a, a_step, from_b, b_step, out + i * out_size, count);
      continue;
    }
    row (from_a, a_step, from_b, b_step, wide_out, count);
    gen_half_narrow (types[2], wide_out, out + i * out_size, count);
  }
}

void
gen_binary_row_run (GenBinaryRow row, const GenDataType types[3], const void *a, gint64 as,
    const void *b, gint64 bs, void *out, gsize n)
{
  if (gen_type_is_half (types[0]) || gen_type_is_half (types[1]) || gen_type_is_half (types[2]))
    run_binary_halves (row, types, a, as, b, bs, out, n);
  else
    row (a, as, b, bs, out, n);
}

typedef struct {
  GenBroadcast walk;
  GenBinaryRow row;
  GenDataType types[3]; /* of the operands and the result */
} Binary;

static void
run_binary (const GenKernel *kernel, int part, int parts)
{
  const Binary *binary = kernel->state;
  const GenBroadcast *walk = &binary->walk;
  gint64 a_size = gen_data_type_size (binary->types[0]);
  gint64 b_size = gen_data_type_size (binary->types[1]);
  gsize out_size = gen_data_type_size (binary->types[2]);
  const char *a = kernel->inputs[0], *b = kernel->inputs[1];
  char *out = kernel->outputs[0];
  gint64 n = walk->dims[walk->rank - 1];
  gint64 as = walk->strides[0][walk->rank - 1], bs = walk->strides[1][walk->rank - 1];
  gsize first, end;
  gint64 at[2];

  if (walk->rows == 1) {
    gen_kernel_share (n, 16, part, parts, &first, &end);
    gen_binary_row_run (binary->row, binary->types, a + (gint64)first * as * a_size, as,
        b + (gint64)first * bs * b_size, bs, out + first * out_size, end - first);
    return;
  }
  gen_kernel_share (walk->rows, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    gen_broadcast_seek (walk, row, 2, at);
    gen_binary_row_run (binary->row, binary->types, a + at[0] * a_size, as, b + at[1] * b_size, bs,
        out + row * n * out_size, n);
  }
}

gboolean
gen_binary_cpu (GenKernel *kernel, GenBinaryRow row, double cost, GError **error)
{
  const GenNode *node = kernel->node;
  Binary *binary = g_new0 (Binary, 1);

  gen_broadcast_init (&binary->walk, node, 2);
  binary->row = row;
  binary->types[0] = gen_node_input (node, 0)->type;
  binary->types[1] = gen_node_input (node, 1)->type;
  binary->types[2] = gen_node_output (node, 0)->type;
  kernel->state = binary;
  kernel->free_state = g_free;
  gen_kernel_add_step (kernel, run_binary,
      gen_kernel_parts (kernel, gen_shape_elements (&gen_node_output (node, 0)->shape), cost));
  return TRUE;
}

typedef struct {
  GenUnaryRow row;
  GenDataType x_type, out_type;
  gsize n, x_size, out_size;
} Unary;

static void
run_unary_halves (const Unary *unary, const GenNode *node, const char *x, char *out, gsize n)
{
  float wide_x[GEN_HALF_CHUNK], wide_out[GEN_HALF_CHUNK];

  for (gsize i = 0; i < n; i += GEN_HALF_CHUNK) {
    gsize count = MIN (GEN_HALF_CHUNK, n - i);
    gint64 stride = 1;
    const void *from = widen (unary->x_type, x + i * unary->x_size, &stride, wide_x, count);

    if (!gen_type_is_half (unary->out_type)) {
      unary->row (node, from, out + i * unary->out_size, count);
      continue;
    }
    unary->row (node, from, wide_out, count);
    gen_half_narrow (unary->out_type, wide_out, out + i * unary->out_size, count);
  }
}

static void
run_unary (const GenKernel *kernel, int part, int parts)
{
  const Unary *unary = kernel->state;
  const char *x = kernel->inputs[0];
  char *out = kernel->outputs[0];
  gsize first, end;

  gen_kernel_share (unary->n, 64, part, parts, &first, &end);
  if (first == end)
    return;
  x += first * unary->x_size;
  out += first * unary->out_size;
  if (gen_type_is_half (unary->x_type) || gen_type_is_half (unary->out_type))
    run_unary_halves (unary, kernel->node, x, out, end - first);
  else
    unary->row (kernel->node, x, out, end - first);
}

gboolean
gen_unary_cpu (GenKernel *kernel, GenUnaryRow row, double cost, GError **error)
{
  Unary *unary = g_new0 (Unary, 1);

  unary->row = row;
  unary->n = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);
  unary->x_type = gen_node_input (kernel->node, 0)->type;
  unary->out_type = gen_node_output (kernel->node, 0)->type;
  unary->x_size = gen_data_type_size (unary->x_type);
  unary->out_size = gen_data_type_size (unary->out_type);
  kernel->state = unary;
  kernel->free_state = g_free;
  gen_kernel_add_step (kernel, run_unary, gen_kernel_parts (kernel, unary->n, cost));
  return TRUE;
}
