/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search that ArgMax and ArgMin share. Of equal elements the first counts, or the last if
 * select_last_index says so. */
#include "argument.h"

typedef struct {
  gboolean (*before) (float candidate, float best);
  gboolean last;
  gint64 outer, n, inner;
} Argument;

gboolean
gen_argument_infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  int axis = gen_axis (gen_node_int (node, "axis", 0), x->shape.rank);
  gboolean keep = gen_node_int (node, "keepdims", 1) != 0;
  GenShape shape = GEN_SHAPE_SCALAR;

  if (axis < 0 || x->shape.dims[axis] == 0)
    return gen_node_error (node, error, "axis %" G_GINT64_FORMAT " is not one of %d, or is empty",
        gen_node_int (node, "axis", 0), x->shape.rank);
  for (int i = 0; i < x->shape.rank; i++)
    if (i != axis || keep)
      shape.dims[shape.rank++] = i == axis ? 1 : x->shape.dims[i];
  gen_node_set_output (node, 0, GEN_TYPE_INT64, &shape);
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Argument *argument = kernel->state;
  gint64 *out = kernel->outputs[0];
  gsize first, end;

  gen_kernel_share (argument->outer * argument->inner, 8, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const float *x = (const float *)kernel->inputs[0] +
                     i / argument->inner * argument->n * argument->inner + i % argument->inner;
    gint64 best = 0;

    for (gint64 k = 1; k < argument->n; k++) {
      float candidate = x[k * argument->inner], held = x[best * argument->inner];

      if (argument->before (candidate, held) || (argument->last && candidate == held))
        best = k;
    }
    out[i] = best;
  }
}

gboolean
gen_argument_cpu (
    GenKernel *kernel, gboolean (*before) (float candidate, float best), GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  int axis = gen_axis (gen_node_int (kernel->node, "axis", 0), x->shape.rank);
  Argument *argument;

  if (x->type != GEN_TYPE_FLOAT32)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  argument = g_new (Argument, 1);
  kernel->state = argument;
  kernel->free_state = g_free;
  argument->before = before;
  argument->last = gen_node_int (kernel->node, "select_last_index", 0) != 0;
  argument->outer = gen_shape_product (&x->shape, 0, axis);
  argument->n = x->shape.dims[axis];
  argument->inner = gen_shape_product (&x->shape, axis + 1, x->shape.rank);
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 1));
  return TRUE;
}
