/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing memory layouts. Convolutions run best with channels innermost, and pictures come
 * and go that way; so a region around convolutions is kept channels-last, and conversions
 * stand only at its borders. One walk through the nodes: each takes its inputs' layouts as
 * they are when its kernel can, and asks for a conversion where it cannot. */
#include <string.h>

#include "graph-private.h"

/* Both layouts are the same bytes when there is one channel, or one pixel. */
static gboolean
layout_matters (const GenTensor *tensor)
{
  const GenShape *shape = &tensor->shape;

  return shape->rank >= 3 && shape->dims[1] != 1 && gen_shape_product (shape, 2, shape->rank) != 1;
}

typedef struct {
  GenGraph *graph;
  GHashTable *converted; /* tensor to its copy in the other layout */
  guint position;        /* of the node being looked at */
} Pass;

/* Make input `k` of `node` have `layout`, through a conversion node if need be. */
static gboolean
require (Pass *pass, GenNode *node, guint k, GenLayout layout, GError **error)
{
  GenTensor *input = gen_node_input (node, k), *copy;
  const GenOperator *op = gen_operator_find ("generative", "ConvertLayout", 0);
  GenNode *convert;

  if (input == NULL || input->layout == layout || input->shape.rank < 3)
    return TRUE;
  if (!layout_matters (input))
    op = gen_operator_find ("generative", "RenameLayout", 0);
  copy = g_hash_table_lookup (pass->converted, input);
  if (copy == NULL) {
    copy = gen_graph_add_value (pass->graph, NULL);
    convert = gen_graph_new_node (pass->graph, NULL, op, GEN_OPSET);
    g_ptr_array_add (convert->inputs, input);
    g_ptr_array_add (convert->outputs, copy);
    copy->producer = convert;
    if (!op->infer (convert, error))
      return FALSE;
    copy->layout = layout;
    g_ptr_array_insert (pass->graph->nodes, pass->position++, convert);
    g_hash_table_insert (pass->converted, input, copy);
  }
  node->inputs->pdata[k] = copy;
  return TRUE;
}

static gboolean
require_all (Pass *pass, GenNode *node, GenLayout layout, GError **error)
{
  for (guint k = 0; k < node->inputs->len; k++)
    if (!require (pass, node, k, layout, error))
      return FALSE;
  return TRUE;
}

static void
set_outputs (GenNode *node, GenLayout layout)
{
  for (guint k = 0; k < node->outputs->len; k++) {
    GenTensor *output = g_ptr_array_index (node->outputs, k);

    if (output != NULL && output->shape.rank >= 3)
      output->layout = layout;
  }
}

/* Elementwise: follow the channels-last input, if one has the output's shape. */
static gboolean
choose_same (Pass *pass, GenNode *node, GError **error)
{
  const GenTensor *output = gen_node_output (node, 0);
  GenLayout layout = GEN_LAYOUT_PLAIN;

  if (output->shape.rank >= 3)
    for (guint k = 0; k < node->inputs->len; k++) {
      const GenTensor *input = g_ptr_array_index (node->inputs, k);

      if (input != NULL && input->layout == GEN_LAYOUT_CHANNELS_LAST &&
          gen_shape_equal (&input->shape, &output->shape))
        layout = GEN_LAYOUT_CHANNELS_LAST;
    }
  for (guint k = 0; k < node->inputs->len; k++) {
    const GenTensor *input = g_ptr_array_index (node->inputs, k);
    gboolean full = input != NULL && gen_shape_equal (&input->shape, &output->shape);

    if (!require (pass, node, k, full ? layout : GEN_LAYOUT_PLAIN, error))
      return FALSE;
  }
  set_outputs (node, layout);
  return TRUE;
}

/* A Transpose that moves the channels behind the pixels, or back, has the bytes of what it reads,
 * if that is channels-last, or if its result may be. */
static gboolean
renames (GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  gboolean behind = TRUE, back = TRUE;
  const gint64 *perm;
  int rank;

  if (node->op->domain != NULL || strcmp (node->op->name, "Transpose") != 0 || x->shape.rank < 3)
    return FALSE;
  perm = gen_node_ints (node, "perm", &rank);
  if (perm == NULL || perm[0] != 0)
    return FALSE;
  for (int i = 1; i < rank; i++) {
    behind &= perm[i] == (i == rank - 1 ? 1 : i + 1);
    back &= perm[i] == (i == 1 ? rank - 1 : i - 1);
  }
  if (!(behind && x->layout == GEN_LAYOUT_CHANNELS_LAST) &&
      !(back && x->layout == GEN_LAYOUT_PLAIN))
    return FALSE;
  y->layout = x->layout == GEN_LAYOUT_PLAIN ? GEN_LAYOUT_CHANNELS_LAST : GEN_LAYOUT_PLAIN;
  node->op = gen_operator_find ("generative", "RenameLayout", 0);
  return TRUE;
}

static gboolean
choose (Pass *pass, GenNode *node, GError **error)
{
  const GenTensor *first = gen_node_input (node, 0), *output = gen_node_output (node, 0);

  if (renames (node))
    return TRUE;
  switch (node->op->layouts) {
  case GEN_LAYOUTS_PLAIN:
    return require_all (pass, node, GEN_LAYOUT_PLAIN, error);
  case GEN_LAYOUTS_SAME:
    return choose_same (pass, node, error);
  case GEN_LAYOUTS_ANY:
    if (first != NULL && output != NULL && first->layout == GEN_LAYOUT_CHANNELS_LAST &&
        first->shape.rank == output->shape.rank)
      set_outputs (node, GEN_LAYOUT_CHANNELS_LAST);
    return TRUE;
  case GEN_LAYOUTS_CHANNELS_LAST:
    for (guint k = 0; k < node->inputs->len; k++) {
      gboolean picture = k == 0 || (node->op->layout_inputs & (1u << k)) != 0 ||
                         (node->taken.added > 0 && k == node->taken.added);

      if (!require (pass, node, k, picture ? GEN_LAYOUT_CHANNELS_LAST : GEN_LAYOUT_PLAIN, error))
        return FALSE;
    }
    if (node->op->layout_output_plain)
      return TRUE;
    set_outputs (node, GEN_LAYOUT_CHANNELS_LAST);
    return TRUE;
  }
  return TRUE;
}

/* The graph's outputs row-major. A converted copy is the output from then on, and has its name. */
static gboolean
require_outputs (Pass *pass, GError **error)
{
  GPtrArray *outputs = pass->graph->outputs;
  guint n = outputs->len;
  g_autofree GenTensor **before = g_new (GenTensor *, n);
  g_auto (GStrv) names = g_new0 (char *, n + 1);
  GenNode ends = { .inputs = outputs };

  for (guint i = 0; i < n; i++) {
    before[i] = g_ptr_array_index (outputs, i);
    names[i] = g_strdup (before[i]->name);
  }
  if (!require_all (pass, &ends, GEN_LAYOUT_PLAIN, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    GenTensor *after = g_ptr_array_index (outputs, i);

    if (strcmp (after->name, names[i]) == 0)
      continue;
    gen_graph_rename (pass->graph, before[i], NULL);
    gen_graph_rename (pass->graph, after, names[i]);
  }
  return TRUE;
}

gboolean
gen_graph_choose_layouts (GenGraph *graph, GError **error)
{
  g_autoptr (GHashTable) converted = g_hash_table_new (NULL, NULL);
  Pass pass = { graph, converted, 0 };
  GenNode ends = { 0 };

  for (; pass.position < graph->nodes->len; pass.position++)
    if (!choose (&pass, g_ptr_array_index (graph->nodes, pass.position), error))
      return FALSE;
  if (!require_outputs (&pass, error))
    return FALSE;
  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *state = g_ptr_array_index (graph->tensors, i);
    g_autoptr (GPtrArray) next = g_ptr_array_new ();

    if (state->next == NULL)
      continue;
    g_ptr_array_add (next, state->next);
    ends.inputs = next;
    if (!require_all (&pass, &ends, GEN_LAYOUT_PLAIN, error))
      return FALSE;
    state->next = g_ptr_array_index (next, 0);
  }
  return TRUE;
}
