/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CenterCropPad: some axes cut or filled with zeros at both ends, so that they get given extents:
 * one Pad, whose pads are negative where it cuts. An odd one is at the end. */
#include <generative/operator.h>

static GenTensor *
expand (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gint64 wanted[GEN_MAX_RANK], pads[2 * GEN_MAX_RANK] = { 0 };
  int n, n_axes, rank = x->shape.rank;
  const gint64 *axes = gen_node_ints (node, "axes", &n_axes);

  if (!gen_tensor_ints (gen_node_input (node, 1), wanted, GEN_MAX_RANK, &n) ||
      n != (axes != NULL ? n_axes : rank)) {
    gen_node_error (node, error, "its shape must be constant, one extent for each axis");
    return NULL;
  }
  for (int i = 0; i < n; i++) {
    int axis = axes != NULL ? gen_axis (axes[i], rank) : i;
    gint64 missing;

    if (axis < 0 || wanted[i] < 0 || wanted[i] > G_MAXINT32) {
      gen_node_error (node, error, "axis or extent number %d is out of range", i);
      return NULL;
    }
    missing = wanted[i] - x->shape.dims[axis];
    pads[axis] = missing >= 0 ? missing / 2 : -(-missing / 2);
    pads[rank + axis] = missing - pads[axis];
  }
  return gen_binary (node->graph, "Pad", gen_node_input (node, 0),
      gen_graph_ints (node->graph, pads, 2 * rank), error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand (node, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_center_crop_pad = {
  .name = "CenterCropPad",
  .summary = "Axes cut or filled at both ends",
  .since = 18,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_BETWEEN,
  .lower = lower,
};
