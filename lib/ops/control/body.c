/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphs within nodes. */
#include "body.h"

#include <string.h>

GenBodyInput
gen_body_input (const GenTensor *tensor)
{
  return (GenBodyInput){ tensor->type, tensor->shape,
    tensor->role == GEN_ROLE_CONSTANT ? tensor->data : NULL };
}

const GenAttribute *
gen_body_attribute (const GenNode *node, const char *name, GError **error)
{
  const GenAttribute *attribute = gen_node_attribute (node, name);

  if (attribute == NULL || attribute->type != GEN_ATTRIBUTE_GRAPH) {
    gen_node_error (node, error, "its attribute '%s', a graph, is missing", name);
    return NULL;
  }
  return attribute;
}

/* The copy with what is known of its inputs; those with a value are inputs no more. */
static GenGraph *
fix_inputs (const GenNode *node, const GenGraph *graph, const GenBodyInput *inputs, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (graph);
  g_autofree GenTensor **tensors =
      g_memdup2 (copy->inputs->pdata, copy->inputs->len * sizeof (gpointer));
  guint n = copy->inputs->len;

  for (guint i = 0; i < n; i++) {
    GenTensor *tensor = tensors[i];

    if (tensor->type != GEN_TYPE_UNDEFINED && tensor->type != inputs[i].type) {
      gen_node_error (node, error, "input '%s' of its graph is %s, but gets %s", tensor->name,
          gen_data_type_name (tensor->type), gen_data_type_name (inputs[i].type));
      return NULL;
    }
    /* What exporters write down of the shapes in a loop is not always so. */
    tensor->type = inputs[i].type;
    tensor->shape = inputs[i].shape;
    if (inputs[i].value != NULL)
      gen_graph_fix_input (copy, tensor, g_bytes_ref (inputs[i].value));
  }
  return g_steal_pointer (&copy);
}

GenGraph *
gen_body_shape (
    const GenNode *node, const GenGraph *graph, const GenBodyInput *inputs, GError **error)
{
  g_autoptr (GenGraph) copy = fix_inputs (node, graph, inputs, error);

  if (copy == NULL)
    return NULL;
  if (!gen_graph_infer (copy, error)) {
    g_prefix_error (error, "in a graph of node '%s': ", node->name);
    return NULL;
  }
  return g_steal_pointer (&copy);
}

GenTensor *
gen_body_stack (GenGraph *graph, GenTensor *const *rows, guint n, int axis)
{
  g_autofree GenTensor **wide = g_new (GenTensor *, n);
  GenTensor *axes = gen_graph_ints (graph, (gint64[]){ axis }, 1);
  GenTensor *joined = gen_graph_add_value (graph, NULL);
  GenNode *concat;

  for (guint i = 0; i < n; i++) {
    wide[i] = gen_graph_add_value (graph, NULL);
    gen_graph_add_node (graph, NULL, NULL, "Unsqueeze", GEN_OPSET, (GenTensor *[]){ rows[i], axes },
        2, &wide[i], 1, NULL);
  }
  concat =
      gen_graph_add_node (graph, NULL, NULL, "Concat", GEN_OPSET, wide, (int)n, &joined, 1, NULL);
  gen_node_set_int (concat, "axis", axis);
  return joined;
}

gboolean
gen_body_init (GenBody *body, const GenKernel *kernel, const GenGraph *graph,
    const GenBodyInput *inputs, GError **error)
{
  g_autoptr (GenGraph) copy = fix_inputs (kernel->node, graph, inputs, error);
  GenPlanOptions options = { .threads = kernel->threads,
    .seed = kernel->seed,
    .precision = kernel->precision,
    .exchange = kernel->exchange };
  int port = 0;

  if (copy == NULL)
    return FALSE;
  body->n_inputs = graph->inputs->len;
  body->n_outputs = graph->outputs->len;
  body->ports = g_new (int, body->n_inputs + 1);
  for (guint i = 0; i < body->n_inputs; i++)
    body->ports[i] = inputs[i].value == NULL ? port++ : -1;
  body->plan = gen_plan_new (copy, &options, error);
  return body->plan != NULL;
}

void
gen_body_clear (GenBody *body)
{
  g_clear_pointer (&body->plan, gen_plan_free);
  g_clear_pointer (&body->ports, g_free);
}

void
gen_body_bind (const GenBody *body, guint i, const void *data)
{
  if (body->ports[i] >= 0)
    gen_plan_bind_input (body->plan, body->ports[i], data);
}
