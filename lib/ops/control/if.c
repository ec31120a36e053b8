/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* If: one of two graphs. A condition that is known puts the branch in the node's place; else both
 * are compiled, and the run chooses. */
#include "../../graph/graph-private.h"
#include "if.h"

gboolean
gen_if_find_branches (const GenNode *node, GenBranches *branches, GError **error)
{
  guint at = 1;

  branches->branch[0] = gen_body_attribute (node, "else_branch", error);
  branches->branch[1] =
      branches->branch[0] != NULL ? gen_body_attribute (node, "then_branch", error) : NULL;
  if (branches->branch[1] == NULL)
    return FALSE;
  for (guint i = 0; i < node->attributes->len; i++) {
    const GenAttribute *attribute = g_ptr_array_index (node->attributes, i);

    for (int k = 0; k < 2; k++)
      if (attribute == branches->branch[k])
        branches->first[k] = at;
    if (attribute->type == GEN_ATTRIBUTE_GRAPH)
      at += attribute->i;
  }
  for (int k = 0; k < 2; k++) {
    const GenAttribute *branch = branches->branch[k];

    if (branch->graph->inputs->len != branch->i)
      return gen_node_error (node, error, "its branch '%s' has inputs", branch->name);
    if (branch->graph->outputs->len < node->outputs->len)
      return gen_node_error (node, error, "its branch '%s' makes %u outputs, not %u", branch->name,
          branch->graph->outputs->len, node->outputs->len);
  }
  return at == node->inputs->len || gen_node_error (node, error, "it takes one input");
}

static gboolean
check_condition (const GenNode *node, GError **error)
{
  const GenTensor *condition = gen_node_input (node, 0);

  return (condition->type == GEN_TYPE_BOOL && gen_shape_elements (&condition->shape) == 1) ||
         gen_node_error (node, error, "its condition must be one boolean");
}

static void
find_inputs (const GenNode *node, const GenBranches *branches, int k, GenBodyInput *inputs)
{
  for (guint i = 0; i < branches->branch[k]->i; i++)
    inputs[i] = gen_body_input (gen_node_input (node, branches->first[k] + i));
}

/* The branch that a known condition chooses. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  const guint8 *condition = gen_tensor_constant (gen_node_input (node, 0));
  g_autofree GenTensor **outputs = NULL;
  g_autofree char *prefix = g_strconcat (node->name, "/", NULL);
  const GenGraph *branch;
  GenBranches branches;
  int k;

  if (condition == NULL)
    return TRUE;
  if (!check_condition (node, error) || !gen_if_find_branches (node, &branches, error))
    return FALSE;
  k = *condition != 0;
  branch = branches.branch[k]->graph;
  outputs = g_new0 (GenTensor *, branch->outputs->len);
  gen_graph_bring (node->graph, branch, prefix,
      (GenTensor **)node->inputs->pdata + branches.first[k], outputs, NULL);
  memcpy (results, outputs, node->outputs->len * sizeof *results);
  return TRUE;
}

static GenGraph *
shape_branch (const GenNode *node, const GenBranches *branches, int k, GError **error)
{
  g_autofree GenBodyInput *inputs = g_new0 (GenBodyInput, branches->branch[k]->i + 1);

  find_inputs (node, branches, k, inputs);
  return gen_body_shape (node, branches->branch[k]->graph, inputs, error);
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenBranches branches;
  g_autoptr (GenGraph) yes = NULL, no = NULL;

  if (!check_condition (node, error) || !gen_if_find_branches (node, &branches, error))
    return FALSE;
  if (gen_node_has_items (node))
    return gen_node_error (node, error,
        "its branches read a sequence or optional, and the condition is not known before it runs");
  yes = shape_branch (node, &branches, 1, error);
  no = yes != NULL ? shape_branch (node, &branches, 0, error) : NULL;
  if (no == NULL)
    return FALSE;
  for (guint i = 0; i < node->outputs->len; i++) {
    const GenTensor *a = g_ptr_array_index (yes->outputs, i);
    const GenTensor *b = g_ptr_array_index (no->outputs, i);

    if (a->type != b->type || !gen_shape_equal (&a->shape, &b->shape))
      return gen_node_error (node, error,
          "its branches make output %u of different types or shapes, and the condition is not "
          "known before it runs",
          i);
    gen_node_set_output (node, i, a->type, &a->shape);
  }
  return TRUE;
}

typedef struct {
  GenBranches branches;
  GenBody bodies[2];
} Choice;

static void
choice_free (gpointer data)
{
  Choice *choice = data;

  gen_body_clear (&choice->bodies[0]);
  gen_body_clear (&choice->bodies[1]);
  g_free (choice);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Choice *choice = kernel->state;
  int k = *(const guint8 *)kernel->inputs[0] != 0;
  const GenBody *body = &choice->bodies[k];

  for (guint i = 0; i < body->n_inputs; i++)
    gen_body_bind (body, i, kernel->inputs[choice->branches.first[k] + i]);
  for (guint i = 0; i < kernel->node->outputs->len; i++)
    gen_plan_bind_output (body->plan, i, kernel->outputs[i]);
  gen_plan_set_draw (body->plan, kernel->draw);
  gen_plan_run (body->plan, NULL);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  Choice *choice = g_new0 (Choice, 1);

  kernel->state = choice;
  kernel->free_state = choice_free;
  if (!gen_if_find_branches (kernel->node, &choice->branches, error))
    return FALSE;
  for (int k = 0; k < 2; k++) {
    const GenAttribute *branch = choice->branches.branch[k];
    g_autofree GenBodyInput *inputs = g_new0 (GenBodyInput, branch->i + 1);

    find_inputs (kernel->node, &choice->branches, k, inputs);
    if (!gen_body_init (&choice->bodies[k], kernel, branch->graph, inputs, error))
      return FALSE;
  }
  gen_kernel_add_step (kernel, run, 1);
  return TRUE;
}

const GenOperator gen_operator_if = {
  .name = "If",
  .summary = "One of two graphs, as a condition says",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = -1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .has_graphs = TRUE,
  .takes_items = TRUE,
  .decides = 1 << 0,
  .lower = lower,
  .infer = infer,
  .cpu = cpu,
  .gradient = gen_if_gradient,
};
