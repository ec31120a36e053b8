/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gradient, of ONNX's preview of training: derivatives of one tensor of the graph by others, which
 * it names. They are taken where the graph itself is computed: its inputs are those others. */
#include <generative/operator.h>

static GenTensor *
find (const GenNode *node, const char *name, GError **error)
{
  GenTensor *tensor = gen_graph_find (node->graph, name);

  if (tensor == NULL)
    gen_node_error (node, error, "there is no tensor '%s'", name);
  return tensor;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  const GenAttribute *names = gen_node_attribute (node, "xs");
  const char *y_name = gen_node_string (node, "y", "");
  guint n = names != NULL && names->strings != NULL ? g_strv_length (names->strings) : 0;
  g_autofree GenTensor **xs = g_new0 (GenTensor *, n + 1);
  GenTensor *y = find (node, y_name, error);

  if (y == NULL)
    return FALSE;
  if (n == 0 || n > node->inputs->len || node->outputs->len > n)
    return gen_node_error (node, error, "xs names %u tensors, for %u inputs and %u outputs", n,
        node->inputs->len, node->outputs->len);
  for (guint i = 0; i < n; i++) {
    xs[i] = find (node, names->strings[i], error);
    if (xs[i] == NULL)
      return FALSE;
    if (xs[i] != gen_node_input (node, i))
      return gen_node_error (node, error,
          "input %u is not '%s' itself; gradients at other values are not supported", i,
          names->strings[i]);
  }
  if (!gen_shape_is_known (&y->shape) || y->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error, "'%s' is not computed before it, in float32", y_name);
  if (!gen_graph_gradients (node->graph, y, xs, (int)n, results, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (results[i] == NULL)
      results[i] = gen_graph_full (node->graph, &xs[i]->shape, 0);
  return TRUE;
}

const GenOperator gen_operator_preview_gradient = {
  .name = "Gradient",
  .domain = "ai.onnx.preview.training",
  .summary = "Derivatives of a tensor of the graph",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = -1,
  .min_outputs = 1,
  .max_outputs = -1,
  .lower = lower,
};
