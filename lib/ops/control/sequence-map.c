/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SequenceMap: a graph applied to each tensor of a sequence. Other sequences give their tensors
 * along with it, tensors are the same for all. */
#include "../../graph/graph-private.h"
#include "body.h"
#include "sequence.h"

static gboolean
check_inputs (const GenNode *node, const GenAttribute *body, guint n, GError **error)
{
  guint given = node->inputs->len - (guint)body->i;

  if (body->i < 0 || body->graph->inputs->len != node->inputs->len)
    return gen_node_error (node, error, "it has %u inputs, its graph takes %u", node->inputs->len,
        body->graph->inputs->len);
  if (body->graph->outputs->len < node->outputs->len)
    return gen_node_error (node, error, "its graph makes %u outputs", body->graph->outputs->len);
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input == NULL)
      return gen_node_error (node, error, "input %u is missing", i);
    if (i < given && input->kind == GEN_KIND_SEQUENCE && input->items->len != n)
      return gen_node_error (
          node, error, "its sequences have %u and %u tensors", n, input->items->len);
  }
  return TRUE;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  const GenAttribute *body = gen_body_attribute (node, "body", error);
  GPtrArray *items = body != NULL ? gen_sequence_items (node, 0, error) : NULL;
  guint given, n_inputs = node->inputs->len, n_outputs = node->outputs->len;
  g_autofree GenTensor **in = NULL, **out = NULL, **made = NULL;

  if (items == NULL || !check_inputs (node, body, items->len, error))
    return FALSE;
  given = n_inputs - (guint)body->i;
  in = g_new0 (GenTensor *, n_inputs + 1);
  out = g_new0 (GenTensor *, body->graph->outputs->len + 1);
  made = g_new0 (GenTensor *, (gsize)n_outputs * items->len + 1);
  for (guint k = 0; k < items->len; k++) {
    for (guint i = 0; i < n_inputs; i++) {
      GenTensor *input = gen_node_input (node, i);

      in[i] = i < given && input->kind == GEN_KIND_SEQUENCE ? g_ptr_array_index (input->items, k)
                                                            : input;
    }
    gen_graph_bring (node->graph, body->graph, NULL, in, out, NULL);
    for (guint i = 0; i < n_outputs; i++)
      made[(gsize)i * items->len + k] = out[i];
  }
  for (guint i = 0; i < n_outputs; i++) {
    results[i] = gen_graph_add_items (
        node->graph, GEN_KIND_SEQUENCE, made + (gsize)i * items->len, items->len, error);
    if (results[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

const GenOperator gen_operator_sequence_map = {
  .name = "SequenceMap",
  .summary = "A graph applied to each tensor of a sequence",
  .since = 17,
  .min_inputs = 1,
  .max_inputs = -1,
  .min_outputs = 1,
  .max_outputs = -1,
  .has_graphs = TRUE,
  .takes_items = TRUE,
  .lower = lower,
};
