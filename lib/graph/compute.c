/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators whose values decide on the shapes of their results: their outputs are computed as soon
 * as all inputs are known. */
#include "graph-private.h"
#include "kernel.h"

gboolean
gen_node_compute_results (
    GenNode *node, const void *const *inputs, GenResult *results, GError **error)
{
  g_autoptr (GError) reason = NULL;
  gboolean computed;

  if (!gen_node_check_inputs (node, error))
    return FALSE;
  computed = node->op->compute (node, inputs, results, &reason);
  /* First: what went wrong with an attribute's default in its place would mislead. */
  if (!gen_node_check_attributes (node, error)) {
    for (guint i = 0; computed && i < (guint)node->op->max_outputs; i++)
      g_clear_pointer (&results[i].data, g_free);
    return FALSE;
  }
  if (!computed)
    g_propagate_error (error, g_steal_pointer (&reason));
  return computed;
}

gboolean
gen_node_compute (GenNode *node, GError **error)
{
  guint n_inputs = node->inputs->len, n_outputs = node->outputs->len;
  g_autofree const void **inputs = g_new0 (const void *, n_inputs);
  g_autofree GenResult *results = g_new0 (GenResult, MAX (n_outputs, (guint)node->op->max_outputs));

  for (guint i = 0; i < n_inputs; i++) {
    const GenTensor *input = gen_node_input (node, i);

    inputs[i] = gen_tensor_constant (input);
    if (input != NULL && input->role != GEN_ROLE_CONSTANT)
      return gen_node_error (node, error,
          "the shape of its result hangs on the values of its input '%s', which are not known "
          "before it runs; they must be constant",
          input->name);
  }
  if (!node->op->compute (node, inputs, results, error))
    return FALSE;
  for (guint i = 0; i < (guint)node->op->max_outputs; i++) {
    GenTensor *output = i < n_outputs ? gen_node_output (node, i) : NULL;

    if (output == NULL) {
      g_free (results[i].data);
      continue;
    }
    gen_node_set_output (node, i, results[i].type, &results[i].shape);
    gen_node_set_constant (node, i, g_bytes_new_take (results[i].data, gen_tensor_size (output)));
  }
  return TRUE;
}
