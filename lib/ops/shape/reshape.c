/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reshape: the same elements under another shape. 0 keeps an extent (unless allowzero), -1 is
 * worked out from the rest. */
#include "view.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gboolean allow_zero = gen_node_int (node, "allowzero", 0) != 0;
  gint64 wanted[GEN_MAX_RANK], known = 1, n = gen_shape_elements (&x->shape);
  GenShape shape = GEN_SHAPE_SCALAR;
  int free_axis = -1;

  if (!gen_tensor_ints (gen_node_input (node, 1), wanted, GEN_MAX_RANK, &shape.rank))
    return gen_node_error (node, error,
        "its shape is not known before it runs, or has more than %d extents", GEN_MAX_RANK);
  for (int i = 0; i < shape.rank; i++) {
    if (wanted[i] == -1 && free_axis < 0) {
      free_axis = i;
      continue;
    }
    if (wanted[i] == 0 && !allow_zero && i < x->shape.rank)
      wanted[i] = x->shape.dims[i];
    if (wanted[i] < 0 || __builtin_mul_overflow (known, wanted[i], &known))
      return gen_node_error (node, error, "extent %" G_GINT64_FORMAT " is not allowed", wanted[i]);
    shape.dims[i] = wanted[i];
  }
  if (free_axis >= 0)
    shape.dims[free_axis] = known > 0 ? n / known : 0;
  if (gen_shape_elements (&shape) != n) {
    g_autofree char *from = gen_shape_to_string (&x->shape);
    g_autofree char *to = gen_shape_to_string (&shape);

    return gen_node_error (node, error, "%s has not as many elements as %s", from, to);
  }
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

const GenOperator gen_operator_reshape = {
  .name = "Reshape",
  .summary = "The same elements under another shape",
  .since = 5,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .layouts = GEN_LAYOUTS_PLAIN,
  .view = TRUE,
  .infer = infer,
  .cpu = gen_view_cpu,
  .gradient = gen_view_gradient,
};
