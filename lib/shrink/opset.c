/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opset.h"

#include <string.h>

#include <generative/operator.h>

#include "layers.h"

/* What is older means something else in too many places. */
#define OLDEST 7

G_DEFINE_QUARK (gen - convert - error - quark, gen_convert_error)

gboolean
gen_opset_fail (const GenNode *node, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, GEN_CONVERT_ERROR, GEN_CONVERT_ERROR_MODEL, "node '%s' (%s, opset %d): %s",
      gen_shrink_name (node), node->op->name, node->opset, text);
  return FALSE;
}

int
gen_opset_rank (const GenGraph *shaped, const GenTensor *tensor)
{
  const GenTensor *known = tensor != NULL ? gen_graph_find (shaped, tensor->name) : NULL;

  return known != NULL ? known->shape.rank : -1;
}

GenTensor *
gen_opset_write (
    GenGraph *graph, const char *op, int opset, GenTensor *const *inputs, int n, GError **error)
{
  GenTensor *made;

  for (int i = 0; i < n; i++)
    if (inputs[i] == NULL)
      return NULL;
  made = gen_graph_add_value (graph, NULL);
  return gen_graph_add_node (graph, "", NULL, op, opset, inputs, n, &made, 1, error) != NULL ? made
                                                                                             : NULL;
}

void
gen_opset_remove_attribute (GenNode *node, const char *name)
{
  for (guint i = node->attributes->len; i-- > 0;)
    if (strcmp (((const GenAttribute *)node->attributes->pdata[i])->name, name) == 0)
      g_ptr_array_remove_index (node->attributes, i);
}

/* --- attributes that become inputs --- */

static void
set_input (GenNode *node, guint input, GenTensor *tensor)
{
  while (node->inputs->len <= input)
    g_ptr_array_add (node->inputs, NULL);
  node->inputs->pdata[input] = tensor;
}

static GenTensor *
make_input (GenGraph *graph, const GenAttribute *attribute)
{
  switch (attribute->type) {
  case GEN_ATTRIBUTE_INTS:
    return gen_graph_ints (graph, (const gint64 *)attribute->ints->data, attribute->ints->len);
  case GEN_ATTRIBUTE_INT:
    return gen_graph_ints (graph, &attribute->i, 1);
  default:
    return gen_graph_float (graph, attribute->f);
  }
}

static gboolean
move_up (GenGraph *graph, GenNode *node, const GenOpsetChange *change)
{
  const GenAttribute *attribute = gen_node_attribute (node, change->attribute);

  if (attribute == NULL)
    return TRUE;
  set_input (node, change->input, make_input (graph, attribute));
  gen_opset_remove_attribute (node, change->attribute);
  return TRUE;
}

static gboolean
move_down (GenNode *node, const GenOpsetChange *change, GError **error)
{
  const GenTensor *input = gen_node_input (node, change->input);
  gint64 values[GEN_MAX_RANK * 2];
  int n = 0;

  if (input == NULL)
    return TRUE;
  if (change->type == GEN_ATTRIBUTE_FLOAT
          ? gen_tensor_constant (input) == NULL || input->type != GEN_TYPE_FLOAT32
          : !gen_tensor_ints (input, values, GEN_MAX_RANK * 2, &n))
    return gen_opset_fail (node, error,
        "its '%s' is computed, or of another type, and was a number in an attribute before opset "
        "%d",
        change->attribute, change->opset);
  if (change->type == GEN_ATTRIBUTE_FLOAT)
    gen_node_set_float (node, change->attribute, *(const float *)gen_tensor_constant (input));
  else if (change->type == GEN_ATTRIBUTE_INTS)
    gen_node_set_ints (node, change->attribute, values, n);
  else
    gen_node_set_int (node, change->attribute, values[0]);
  node->inputs->pdata[change->input] = NULL;
  while (node->inputs->len > 0 && node->inputs->pdata[node->inputs->len - 1] == NULL)
    g_ptr_array_remove_index (node->inputs, node->inputs->len - 1);
  return TRUE;
}

gboolean
gen_opset_move (
    GenGraph *graph, GenNode *node, const GenOpsetChange *change, gboolean up, GError **error)
{
  return up ? move_up (graph, node, change) : move_down (node, change, error);
}

/* --- nodes --- */

static gboolean
apply (GenGraph *graph, const GenGraph *shaped, GenNode *node, const GenOpsetChange *change,
    gboolean up, GError **error)
{
  if (change->attribute != NULL)
    return gen_opset_move (graph, node, change, up, error);
  if (up ? change->up != NULL : change->down != NULL)
    return (up ? change->up : change->down) (graph, shaped, node, error);
  return gen_opset_fail (
      node, error, "it means something else %s opset %d", up ? "from" : "before", change->opset);
}

/* All changes between the node's opset and `opset`, in order. */
static gboolean
apply_changes (GenGraph *graph, const GenGraph *shaped, GenNode *node, int opset, GError **error)
{
  const gboolean up = opset > node->opset;
  int n = 0;

  while (gen_opset_changes[n].op != NULL)
    n++;
  for (int i = 0; i < n; i++) {
    const GenOpsetChange *change = &gen_opset_changes[up ? i : n - 1 - i];
    const int low = MIN (opset, node->opset), high = MAX (opset, node->opset);

    if (change->opset > low && change->opset <= high && gen_shrink_is (node, change->op) &&
        !apply (graph, shaped, node, change, up, error))
      return FALSE;
  }
  return TRUE;
}

static const GenOpsetNewcomer *
find_newcomer (const GenNode *node, int opset)
{
  for (const GenOpsetNewcomer *newcomer = gen_opset_newcomers; newcomer->op != NULL; newcomer++)
    if (opset < newcomer->opset && gen_shrink_is (node, newcomer->op))
      return newcomer;
  return NULL;
}

/* Others make what `node` made, which makes nothing any more. */
static gboolean
write_out (GenGraph *graph, const GenGraph *shaped, GenNode *node, const GenOpsetNewcomer *newcomer,
    int opset, GError **error)
{
  GenTensor *made = gen_node_output (node, 0);
  GenTensor *other = newcomer->write (graph, shaped, node, opset, error);
  GenNode *last;

  if (other == NULL)
    return FALSE;
  last = other->producer;
  last->outputs->pdata[0] = made;
  made->producer = last;
  node->outputs->pdata[0] = NULL;
  return TRUE;
}

static gboolean
convert_node (GenGraph *graph, const GenGraph *shaped, GenNode *node, int opset, GError **error)
{
  const GenOpsetNewcomer *newcomer = find_newcomer (node, opset);
  const GenOperator *op;

  if (newcomer != NULL)
    return write_out (graph, shaped, node, newcomer, opset, error);
  if (!apply_changes (graph, shaped, node, opset, error) ||
      !gen_opset_drop_attributes (node, opset, error))
    return FALSE;
  op = gen_operator_find (NULL, node->op->name, opset);
  if (op == NULL)
    return gen_opset_fail (node, error, "opset %d has no such operator", opset);
  node->op = op;
  node->opset = opset;
  return TRUE;
}

static gboolean
convert_subgraphs (const GenGraph *shaped, GenNode *node, int opset, GError **error)
{
  for (guint i = 0; i < node->attributes->len; i++) {
    const GenAttribute *attribute = g_ptr_array_index (node->attributes, i);

    if (attribute->graph != NULL && !gen_graph_set_opset (attribute->graph, shaped, opset, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_graph_set_opset (GenGraph *graph, const GenGraph *shaped, int opset, GError **error)
{
  const guint n = graph->nodes->len;

  if (opset < GEN_CONVERT_OPSET_MIN || opset > GEN_CONVERT_OPSET_MAX) {
    g_set_error (error, GEN_CONVERT_ERROR, GEN_CONVERT_ERROR_SETTING,
        "opset %d should be one from %d to %d", opset, GEN_CONVERT_OPSET_MIN,
        GEN_CONVERT_OPSET_MAX);
    return FALSE;
  }
  for (guint i = 0; i < n; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (node->op->domain != NULL)
      continue;
    if (node->opset < OLDEST)
      return gen_opset_fail (node, error, "what is older than opset %d is not converted", OLDEST);
    if (!convert_subgraphs (shaped, node, opset, error) ||
        !convert_node (graph, shaped, node, opset, error))
      return FALSE;
  }
  graph->opset = opset;
  gen_shrink_clean (graph);
  return TRUE;
}
