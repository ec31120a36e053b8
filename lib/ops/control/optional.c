/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Optionals: what may be there, and what may be asked of it. From opset 18 on what is there may be
 * asked of any value. */
#include <generative/operator.h>

static gboolean
wrap (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *x = gen_node_input (node, 0);

  results[0] = gen_graph_add_items (node->graph, GEN_KIND_OPTIONAL, &x, x != NULL, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_optional = {
  .name = "Optional",
  .summary = "A tensor or a sequence that may be missing",
  .since = 15,
  .min_inputs = 0,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .takes_items = TRUE,
  .lower = wrap,
};

static gboolean
has_element (GenNode *node, GenTensor **results, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  guint8 has = x != NULL && (x->kind != GEN_KIND_OPTIONAL || x->items->len > 0);

  results[0] = gen_graph_add_constant (
      node->graph, NULL, GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR, g_bytes_new (&has, 1));
  return TRUE;
}

const GenOperator gen_operator_optional_has_element = {
  .name = "OptionalHasElement",
  .summary = "Whether something is there",
  .since = 15,
  .min_inputs = 0,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .takes_items = TRUE,
  .lower = has_element,
  .gradient_is_zero = TRUE,
};

static gboolean
get_element (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *x = gen_node_input (node, 0);

  if (x->kind == GEN_KIND_OPTIONAL && x->items->len == 0)
    return gen_node_error (node, error, "there is nothing in its input '%s'", x->name);
  results[0] = x->kind == GEN_KIND_OPTIONAL ? g_ptr_array_index (x->items, 0) : x;
  return TRUE;
}

const GenOperator gen_operator_optional_get_element = {
  .name = "OptionalGetElement",
  .summary = "What is there",
  .since = 15,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .takes_items = TRUE,
  .lower = get_element,
};
