/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gradient of If where the condition is not known: another If, each of whose branches computes
 * the gradients of one branch, and zeros for what only the other reads. */
#include "../../graph/graph-private.h"
#include "if.h"

typedef struct {
  GenGradient *g;
  GenBranches branches;
} Writing;

/* Constants become constants of the branch, since shapes may hang on them. */
static gboolean
is_passed (const GenGradient *g, guint i)
{
  return g->needed[i] || gen_node_input (g->node, i)->role != GEN_ROLE_CONSTANT;
}

/* Shaped like the node's branch, the branch's own gradients as outputs, in the order of the node's
 * inputs whose gradients are asked for. */
static GenGraph *
differentiate (Writing *w, int k, GError **error)
{
  GenGradient *g = w->g;
  guint n = w->branches.branch[k]->i, first = w->branches.first[k];
  g_autofree GenBodyInput *inputs = g_new0 (GenBodyInput, n + 1);
  g_autofree GenTensor **wrt = g_new0 (GenTensor *, n + 1);
  g_autofree GenTensor **gradients = g_new0 (GenTensor *, n + 1);
  g_autoptr (GenGraph) graph = NULL;
  GenTensor *total;
  guint n_wrt = 0, filled = 0, kept = 0;

  for (guint i = 0; i < n; i++) {
    inputs[i] = gen_body_input (gen_node_input (g->node, first + i));
    if (is_passed (g, first + i))
      inputs[i].value = NULL;
  }
  graph = gen_body_shape (g->node, w->branches.branch[k]->graph, inputs, error);
  if (graph == NULL)
    return NULL;
  for (guint i = 0; i < n; i++)
    if (is_passed (g, first + i)) {
      if (g->needed[first + i])
        wrt[n_wrt++] = g_ptr_array_index (graph->inputs, kept);
      kept++;
    }
  total = gen_gradient_weigh (g, graph, (GenTensor **)graph->outputs->pdata, error);
  if (total == NULL)
    return NULL;
  if (!gen_graph_gradients (graph, total, wrt, n_wrt, gradients, error))
    return NULL;
  g_ptr_array_set_size (graph->outputs, 0);
  for (guint i = 1; i < g->node->inputs->len; i++) {
    gboolean own = i >= first && i < first + n;
    GenTensor *gradient = NULL;

    if (!g->needed[i])
      continue;
    if (own)
      gradient = gradients[filled++];
    if (gradient == NULL)
      gradient = gen_graph_full (graph, &gen_node_input (g->node, i)->shape, 0);
    gen_graph_add_output (graph, gradient);
  }
  gen_graph_remove_dead (graph);
  return g_steal_pointer (&graph);
}

static void
give_branch (Writing *w, GenNode *node, const char *name, int k, GenGraph *graph)
{
  GenAttribute *attribute = g_new0 (GenAttribute, 1);

  attribute->name = g_strdup (name);
  attribute->type = GEN_ATTRIBUTE_GRAPH;
  attribute->graph = graph;
  attribute->i = graph->inputs->len;
  gen_node_take_attribute (node, attribute);
  for (guint i = 0; i < w->branches.branch[k]->i; i++)
    if (is_passed (w->g, w->branches.first[k] + i))
      g_ptr_array_add (node->inputs, gen_node_input (w->g->node, w->branches.first[k] + i));
  for (guint i = 0; i < w->g->node->outputs->len; i++)
    if (w->g->outputs[i] != NULL)
      g_ptr_array_add (node->inputs, w->g->outputs[i]);
}

gboolean
gen_if_gradient (GenGradient *g, GError **error)
{
  Writing w = { g };
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();
  g_autoptr (GenGraph) yes = NULL, no = NULL;
  GenTensor *condition = gen_node_input (g->node, 0);
  GenNode *node;

  if (!gen_if_find_branches (g->node, &w.branches, error))
    return FALSE;
  yes = differentiate (&w, 1, error);
  no = yes != NULL ? differentiate (&w, 0, error) : NULL;
  if (no == NULL)
    return FALSE;
  for (guint i = 1; i < g->node->inputs->len; i++)
    if (g->needed[i]) {
      g->inputs[i] = gen_graph_add_value (g->graph, NULL);
      g_ptr_array_add (outputs, g->inputs[i]);
    }
  node = gen_graph_add_node (g->graph, NULL, NULL, "If", GEN_OPSET, &condition, 1,
      (GenTensor **)outputs->pdata, outputs->len, error);
  if (node == NULL)
    return FALSE;
  node->draw = g->node->draw;
  give_branch (&w, node, "then_branch", 1, g_steal_pointer (&yes));
  give_branch (&w, node, "else_branch", 0, g_steal_pointer (&no));
  return node->op->infer (node, error);
}
