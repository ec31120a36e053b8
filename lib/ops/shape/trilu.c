/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trilu: the upper or the lower triangle of matrices, from the diagonal number k on; zeros
 * elsewhere.
 */
#include <string.h>
#include <generative/operator.h>

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *k = gen_node_input (node, 1);

  if (x->shape.rank < 2)
    return gen_node_error (node, error, "it takes matrices, not %d dimensions", x->shape.rank);
  if (k != NULL && (k->type != GEN_TYPE_INT64 || gen_shape_elements (&k->shape) != 1))
    return gen_node_error (node, error, "k must be one int64");
  return gen_infer_same (node, error);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  gboolean upper = gen_node_int (kernel->node, "upper", 1) != 0;
  gint64 k = gen_node_input (kernel->node, 1) != NULL ? *(const gint64 *)kernel->inputs[1] : 0;
  gint64 rows = x->shape.dims[x->shape.rank - 2], columns = x->shape.dims[x->shape.rank - 1];
  gsize size = gen_data_type_size (x->type), first, end;

  k = CLAMP (k, -rows, columns);
  gen_kernel_share (
      gen_shape_product (&x->shape, 0, x->shape.rank - 1), 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    const char *from = (const char *)kernel->inputs[0] + row * columns * size;
    char *to = (char *)kernel->outputs[0] + row * columns * size;
    /* The first element above or on the diagonal; the first below it. */
    gint64 diagonal = CLAMP ((gint64)row % rows + k + (upper ? 0 : 1), 0, columns);
    gsize left = diagonal * size, right = (columns - diagonal) * size;

    if (upper) {
      memset (to, 0, left);
      memcpy (to + left, from + left, right);
    } else {
      memcpy (to, from, left);
      memset (to + left, 0, right);
    }
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);

  if (gen_data_type_size (x->type) == 0)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  if (gen_shape_elements (&x->shape) > 0)
    gen_kernel_add_step (
        kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.2));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] = gen_graph_op (g->graph, "Trilu",
      (GenTensor *[]){ g->outputs[0], gen_node_input (g->node, 1) }, 2, 1, error, "upper", GEN_INT,
      (int)gen_node_int (g->node, "upper", 1), NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_trilu = {
  .name = "Trilu",
  .summary = "Upper or lower triangle of matrices",
  .since = 14,
  .min_inputs = 1,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
