/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConcatFromSequence: the tensors of a sequence one behind the other along an axis, or along a new
 * one. */
#include "sequence.h"

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GPtrArray *items = gen_sequence_items (node, 0, error);
  gboolean is_new = gen_node_int (node, "new_axis", 0) != 0;
  gint64 axis = gen_node_int (node, "axis", 0);
  g_autoptr (GPtrArray) parts = NULL;

  if (items == NULL)
    return FALSE;
  if (items->len == 0)
    return gen_node_error (node, error, "the sequence is empty");
  if (axis < -GEN_MAX_RANK || axis >= GEN_MAX_RANK)
    return gen_node_error (node, error, "there is no axis %" G_GINT64_FORMAT, axis);
  parts = g_ptr_array_copy (items, NULL, NULL);
  for (guint i = 0; is_new && i < parts->len; i++) {
    GenTensor *axes = gen_graph_ints (node->graph, &axis, 1);

    parts->pdata[i] = gen_binary (node->graph, "Unsqueeze", parts->pdata[i], axes, error);
    if (parts->pdata[i] == NULL)
      return FALSE;
  }
  results[0] = gen_graph_op (node->graph, "Concat", (GenTensor **)parts->pdata, (int)parts->len, 1,
      error, "axis", GEN_INT, (int)axis, NULL);
  return results[0] != NULL;
}

const GenOperator gen_operator_concat_from_sequence = {
  .name = "ConcatFromSequence",
  .summary = "The tensors of a sequence as one",
  .since = 11,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .takes_items = TRUE,
  .lower = lower,
};
