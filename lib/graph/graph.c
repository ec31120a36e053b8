/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The graph as a structure: tensors and nodes. What they mean is elsewhere: infer.c (shapes and
 * constants), gradient.c, fuse.c, plan.c. */
#include <string.h>

#include <generative/operator.h>

#include "graph-private.h"

G_DEFINE_QUARK (gen - graph - error - quark, gen_graph_error)

static void
node_free (gpointer data)
{
  GenNode *node = data;

  g_free (node->name);
  g_ptr_array_unref (node->inputs);
  g_ptr_array_unref (node->outputs);
  g_ptr_array_unref (node->attributes);
  g_free (node);
}

static void
tensor_free (gpointer data)
{
  GenTensor *tensor = data;

  g_free (tensor->name);
  for (int i = 0; i < GEN_MAX_RANK; i++)
    g_free (tensor->dim_names[i]);
  g_clear_pointer (&tensor->data, g_bytes_unref);
  g_clear_pointer (&tensor->items, g_ptr_array_unref);
  g_free (tensor);
}

GenGraph *
gen_graph_new (const char *name)
{
  GenGraph *graph = g_new0 (GenGraph, 1);

  graph->name = g_strdup (name);
  graph->opset = GEN_OPSET;
  graph->nodes = g_ptr_array_new_with_free_func (node_free);
  graph->tensors = g_ptr_array_new_with_free_func (tensor_free);
  graph->inputs = g_ptr_array_new ();
  graph->outputs = g_ptr_array_new ();
  graph->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  graph->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  graph->mapped = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  graph->ref_count = 1;
  return graph;
}

GenGraph *
gen_graph_ref (GenGraph *graph)
{
  g_atomic_int_inc (&graph->ref_count);
  return graph;
}

void
gen_graph_unref (GenGraph *graph)
{
  if (!g_atomic_int_dec_and_test (&graph->ref_count))
    return;
  g_free (graph->name);
  g_ptr_array_unref (graph->nodes);
  g_ptr_array_unref (graph->inputs);
  g_ptr_array_unref (graph->outputs);
  g_hash_table_unref (graph->by_name);
  g_ptr_array_unref (graph->tensors);
  g_hash_table_unref (graph->metadata);
  g_ptr_array_unref (graph->mapped);
  g_free (graph);
}

static char *
unique_name (GenGraph *graph, const char *name, const char *kind)
{
  char *candidate = NULL;

  if (name != NULL && g_hash_table_lookup (graph->by_name, name) == NULL)
    return g_strdup (name);
  do {
    g_free (candidate);
    candidate = name != NULL ? g_strdup_printf ("%s_%u", name, graph->next_id++)
                             : g_strdup_printf ("%s_%u", kind, graph->next_id++);
  } while (g_hash_table_lookup (graph->by_name, candidate) != NULL);
  return candidate;
}

static GenTensor *
add_tensor (GenGraph *graph, const char *name, GenRole role, GenDataType type,
    const GenShape *shape, GBytes *data)
{
  static const char *const kinds[] = { "value", "input", "constant", "state" };
  GenTensor *tensor = g_new0 (GenTensor, 1);

  tensor->name = unique_name (graph, name, kinds[role]);
  tensor->role = role;
  tensor->type = type;
  tensor->shape = *shape;
  tensor->data = data;
  g_ptr_array_add (graph->tensors, tensor);
  g_hash_table_insert (graph->by_name, tensor->name, tensor);
  return tensor;
}

GenTensor *
gen_graph_add_input (GenGraph *graph, const char *name, GenDataType type, const GenShape *shape)
{
  GenTensor *tensor = add_tensor (graph, name, GEN_ROLE_INPUT, type, shape, NULL);

  g_ptr_array_add (graph->inputs, tensor);
  return tensor;
}

GenTensor *
gen_graph_add_constant (
    GenGraph *graph, const char *name, GenDataType type, const GenShape *shape, GBytes *data)
{
  return add_tensor (graph, name, GEN_ROLE_CONSTANT, type, shape, data);
}

GenTensor *
gen_graph_add_state (
    GenGraph *graph, const char *name, GenDataType type, const GenShape *shape, GBytes *data)
{
  return add_tensor (graph, name, GEN_ROLE_STATE, type, shape, data);
}

GenTensor *
gen_graph_add_value (GenGraph *graph, const char *name)
{
  return add_tensor (graph, name, GEN_ROLE_VALUE, GEN_TYPE_UNDEFINED, &GEN_SHAPE_UNKNOWN, NULL);
}

GenTensor *
gen_graph_float (GenGraph *graph, float value)
{
  return gen_graph_full (graph, &GEN_SHAPE_SCALAR, value);
}

GenTensor *
gen_graph_full (GenGraph *graph, const GenShape *shape, float value)
{
  gint64 n = gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = value;
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, n * sizeof (float)));
}

GenTensor *
gen_graph_ints (GenGraph *graph, const gint64 *values, gsize n)
{
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE ((gint64)n),
      g_bytes_new (values, n * sizeof (gint64)));
}

void
gen_graph_fix_input (GenGraph *graph, GenTensor *input, GBytes *data)
{
  g_return_if_fail (input->role == GEN_ROLE_INPUT);
  g_return_if_fail (g_bytes_get_size (data) == gen_tensor_size (input));
  g_ptr_array_remove (graph->inputs, input);
  input->role = GEN_ROLE_CONSTANT;
  input->data = data;
}

GenTensor *
gen_graph_find (const GenGraph *graph, const char *name)
{
  return g_hash_table_lookup (graph->by_name, name);
}

void
gen_graph_add_output (GenGraph *graph, GenTensor *tensor)
{
  g_ptr_array_add (graph->outputs, tensor);
}

void
gen_graph_assign (GenGraph *graph, GenTensor *state, GenTensor *next)
{
  g_return_if_fail (state->role == GEN_ROLE_STATE);
  state->next = next;
}

void
gen_graph_rename (GenGraph *graph, GenTensor *tensor, const char *name)
{
  g_hash_table_remove (graph->by_name, tensor->name);
  g_free (tensor->name);
  tensor->name = unique_name (graph, name, "value");
  g_hash_table_insert (graph->by_name, tensor->name, tensor);
}

static gboolean
check_counts (const GenOperator *op, const char *name, int n_inputs, int n_outputs, GError **error)
{
  const char *what = NULL;

  if (n_inputs < op->min_inputs || (op->max_inputs >= 0 && n_inputs > op->max_inputs))
    what = "inputs";
  else if (n_outputs < op->min_outputs || (op->max_outputs >= 0 && n_outputs > op->max_outputs))
    what = "outputs";
  if (what == NULL)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "node '%s': %s does not take %d inputs and %d outputs (wrong number of %s)", name, op->name,
      n_inputs, n_outputs, what);
  return FALSE;
}

GenNode *
gen_graph_new_node (GenGraph *graph, const char *name, const GenOperator *op, int opset)
{
  GenNode *node = g_new0 (GenNode, 1);

  node->id = graph->next_id++;
  node->name = name != NULL && *name != '\0' ? g_strdup (name)
                                             : g_strdup_printf ("%s_%u", op->name, node->id);
  node->op = op;
  node->opset = opset;
  node->inputs = g_ptr_array_new ();
  node->outputs = g_ptr_array_new ();
  node->attributes = g_ptr_array_new_with_free_func (gen_attribute_free);
  node->graph = graph;
  return node;
}

GenNode *
gen_graph_add_node (GenGraph *graph, const char *name, const char *domain, const char *op_name,
    int opset, GenTensor *const *inputs, int n_inputs, GenTensor *const *outputs, int n_outputs,
    GError **error)
{
  const GenOperator *op = gen_operator_find (domain, op_name, opset);
  GenNode *node;

  if (op == NULL) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_UNKNOWN_OPERATOR,
        "node '%s': no operator %s%s%s in opset %d is known here", name ? name : "",
        domain ? domain : "", domain && *domain ? "." : "", op_name, opset);
    return NULL;
  }
  if (!check_counts (op, name ? name : op_name, n_inputs, n_outputs, error))
    return NULL;

  node = gen_graph_new_node (graph, name, op, opset);
  for (int i = 0; i < n_inputs; i++)
    g_ptr_array_add (node->inputs, inputs[i]);
  for (int i = 0; i < n_outputs; i++) {
    g_ptr_array_add (node->outputs, outputs[i]);
    if (outputs[i] != NULL)
      outputs[i]->producer = node;
  }
  g_ptr_array_add (graph->nodes, node);
  return node;
}

static void
set_attributes (GenNode *node, va_list arguments)
{
  const char *name;

  while ((name = va_arg (arguments, const char *)) != NULL) {
    switch (va_arg (arguments, GenAttributeType)) {
    case GEN_ATTRIBUTE_INT:
      gen_node_set_int (node, name, va_arg (arguments, int));
      break;
    case GEN_ATTRIBUTE_FLOAT:
      gen_node_set_float (node, name, va_arg (arguments, double));
      break;
    case GEN_ATTRIBUTE_STRING:
      gen_node_set_string (node, name, va_arg (arguments, const char *));
      break;
    case GEN_ATTRIBUTE_INTS: {
      int n = va_arg (arguments, int);

      gen_node_set_ints (node, name, va_arg (arguments, const gint64 *), n);
      break;
    }
    default:
      g_return_if_reached ();
    }
  }
}

GenTensor *
gen_graph_op (GenGraph *graph, const char *op, GenTensor *const *inputs, int n_inputs,
    int n_outputs, GError **error, ...)
{
  g_autofree GenTensor **outputs = g_new (GenTensor *, n_outputs);
  const GenOperator *known = gen_operator_find (NULL, op, GEN_OPSET);
  int opset = GEN_OPSET;
  gboolean lowered;
  va_list arguments;
  GenNode *node;

  /* An operator that came later has its newest meaning. */
  if (known == NULL && (known = gen_operator_find (NULL, op, GEN_OPSET_MAX)) != NULL)
    opset = GEN_OPSET_MAX;
  for (int i = 0; i < n_outputs; i++)
    outputs[i] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (graph, NULL, known != NULL ? NULL : "generative", op, opset, inputs,
      n_inputs, outputs, n_outputs, error);
  if (node == NULL)
    return NULL;
  va_start (arguments, error);
  set_attributes (node, arguments);
  va_end (arguments);
  if (!gen_graph_lower_node (graph, graph->nodes->len - 1, &lowered, error))
    return NULL;
  if (lowered)
    return outputs[0];
  if (gen_node_is_widened (node) ? !gen_graph_widen_node (graph, graph->nodes->len - 1, error)
                                 : !gen_node_infer (node, error))
    return NULL;
  return outputs[0];
}

GenTensor *
gen_graph_write (GenGraph *graph, const char *op, GenTensor *const *inputs, int n, GError **error)
{
  GenTensor *made;

  for (int i = 0; i < n; i++)
    if (inputs[i] == NULL)
      return NULL;
  made = gen_graph_add_value (graph, NULL);
  return gen_graph_add_node (graph, "", NULL, op, GEN_OPSET, inputs, n, &made, 1, error) != NULL
             ? made
             : NULL;
}

GenTensor *
gen_unary (GenGraph *graph, const char *op, GenTensor *x, GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, op, &x, 1, 1, error, NULL);
}

GenTensor *
gen_binary (GenGraph *graph, const char *op, GenTensor *a, GenTensor *b, GError **error)
{
  if (a == NULL || b == NULL)
    return NULL;
  return gen_graph_op (graph, op, (GenTensor *[]){ a, b }, 2, 1, error, NULL);
}

GenTensor *
gen_node_input (const GenNode *node, guint i)
{
  return i < node->inputs->len ? g_ptr_array_index (node->inputs, i) : NULL;
}

GenTensor *
gen_node_output (const GenNode *node, guint i)
{
  return i < node->outputs->len ? g_ptr_array_index (node->outputs, i) : NULL;
}

gsize
gen_tensor_size (const GenTensor *tensor)
{
  gint64 n = gen_shape_elements (&tensor->shape);

  return n < 0 ? 0 : n * gen_data_type_size (tensor->type);
}

/* --- copying and appending --- */

static GenTensor *
copy_tensor (GenGraph *graph, const GenTensor *from, const char *prefix)
{
  g_autofree char *name = prefix ? g_strconcat (prefix, from->name, NULL) : g_strdup (from->name);
  GenTensor *to = add_tensor (graph, name, from->role, from->type, &from->shape,
      from->data != NULL ? g_bytes_ref (from->data) : NULL);

  for (int d = 0; d < GEN_MAX_RANK; d++)
    to->dim_names[d] = g_strdup (from->dim_names[d]);
  to->kind = from->kind;
  to->holds = from->holds;
  return to;
}

static GenTensor *
mapped (GHashTable *map, const GenTensor *tensor)
{
  return tensor != NULL ? g_hash_table_lookup (map, tensor) : NULL;
}

/* What the tensors of `other` know of each other, for their counterparts in `map`. */
static void
copy_links (GenGraph *graph, const GenGraph *other, GHashTable *map)
{
  for (guint i = 0; i < other->tensors->len; i++) {
    GenTensor *from = g_ptr_array_index (other->tensors, i), *to;

    if (from->next == NULL && from->items == NULL)
      continue;
    to = mapped (map, from);
    if (from->next != NULL)
      to->next = mapped (map, from->next);
    if (from->items == NULL || to->items != NULL)
      continue;
    to->items = g_ptr_array_sized_new (from->items->len);
    graph->n_items += from->items->len;
    for (guint k = 0; k < from->items->len; k++)
      g_ptr_array_add (to->items, mapped (map, g_ptr_array_index (from->items, k)));
  }
}

/* Every tensor of `other` has its counterpart in `map`; bring the nodes over. */
static void
copy_nodes (GenGraph *graph, const GenGraph *other, const char *prefix, GHashTable *map)
{
  for (guint i = 0; i < other->nodes->len; i++) {
    const GenNode *from = g_ptr_array_index (other->nodes, i);
    g_autofree char *name = g_strconcat (prefix ? prefix : "", from->name, NULL);
    GenNode *to = gen_graph_new_node (graph, name, from->op, from->opset);

    for (guint k = 0; k < from->inputs->len; k++)
      g_ptr_array_add (to->inputs, mapped (map, g_ptr_array_index (from->inputs, k)));
    for (guint k = 0; k < from->outputs->len; k++) {
      GenTensor *output = mapped (map, g_ptr_array_index (from->outputs, k));

      g_ptr_array_add (to->outputs, output);
      if (output != NULL)
        output->producer = to;
    }
    for (guint k = 0; k < from->attributes->len; k++)
      g_ptr_array_add (
          to->attributes, gen_attribute_copy (g_ptr_array_index (from->attributes, k), map));
    to->activation = from->activation;
    to->taken = from->taken;
    to->draw = from->draw;
    to->implied = from->implied;
    to->stream = from->stream;
    if (prefix == NULL || from->draw.fixed)
      to->id = from->id;
    g_ptr_array_add (graph->nodes, to);
  }
}

GenGraph *
gen_graph_copy (const GenGraph *graph)
{
  GenGraph *copy = gen_graph_new (graph->name);
  g_autoptr (GHashTable) map = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer key, value;

  copy->opset = graph->opset;
  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *from = g_ptr_array_index (graph->tensors, i);

    g_hash_table_insert (map, from, copy_tensor (copy, from, NULL));
  }
  copy_links (copy, graph, map);
  copy_nodes (copy, graph, NULL, map);
  for (guint i = 0; i < graph->inputs->len; i++)
    g_ptr_array_add (copy->inputs, mapped (map, g_ptr_array_index (graph->inputs, i)));
  for (guint i = 0; i < graph->outputs->len; i++)
    g_ptr_array_add (copy->outputs, mapped (map, g_ptr_array_index (graph->outputs, i)));
  for (guint i = 0; i < graph->mapped->len; i++)
    g_ptr_array_add (copy->mapped, g_bytes_ref (g_ptr_array_index (graph->mapped, i)));
  g_hash_table_iter_init (&iter, graph->metadata);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_hash_table_insert (copy->metadata, g_strdup (key), g_strdup (value));
  copy->next_id = graph->next_id;
  return copy;
}

void
gen_graph_bring (GenGraph *graph, const GenGraph *other, const char *prefix,
    GenTensor *const *inputs, GenTensor **outputs, GHashTable *map)
{
  g_autoptr (GHashTable) all = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < other->inputs->len; i++)
    g_hash_table_insert (all, g_ptr_array_index (other->inputs, i), inputs[i]);
  for (guint i = 0; i < other->tensors->len; i++) {
    GenTensor *from = g_ptr_array_index (other->tensors, i);
    gboolean shareable = from->role == GEN_ROLE_CONSTANT || from->role == GEN_ROLE_STATE;
    GenTensor *to = shareable && map != NULL ? mapped (map, from) : NULL;

    if (from->role == GEN_ROLE_INPUT)
      continue;
    if (to == NULL)
      to = copy_tensor (graph, from, prefix);
    if (shareable && map != NULL)
      g_hash_table_insert (map, from, to);
    g_hash_table_insert (all, from, to);
  }
  copy_links (graph, other, all);
  copy_nodes (graph, other, prefix ? prefix : "", all);
  for (guint i = 0; i < other->mapped->len; i++)
    g_ptr_array_add (graph->mapped, g_bytes_ref (g_ptr_array_index (other->mapped, i)));
  for (guint i = 0; i < other->outputs->len; i++)
    outputs[i] = mapped (all, g_ptr_array_index (other->outputs, i));
}

gboolean
gen_graph_append (GenGraph *graph, const GenGraph *other, const char *prefix,
    GenTensor *const *inputs, GenTensor **outputs, GHashTable *map, GError **error)
{
  guint first = graph->nodes->len;

  gen_graph_bring (graph, other, prefix, inputs, outputs, map);
  return gen_graph_infer_from (graph, first, error);
}
