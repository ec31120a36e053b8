/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that work element by element, one after the other, pass over memory once each. Here each
 * such node whose result leaves the group takes over the nodes before it whose results do not, as
 * long as they are of its result's shape, and becomes an ElementWise (../ops/elementwise.h). */
#include <string.h>

#include "../ops/elementwise/elementwise.h"
#include "graph-private.h"

typedef struct {
  GenReaders *readers;
  GHashTable *positions; /* GenNode to its number in the list, plus 1 */
} Pass;

/* What becomes one node. */
typedef struct {
  GPtrArray *nodes;  /* the one whose result leaves is the first */
  GHashTable *set;   /* the same */
  GPtrArray *inputs; /* GenTensor: what they read of others */
} Group;

static gboolean
has_shape_of (const GenTensor *a, const GenTensor *b)
{
  return a->type == b->type && gen_shape_equal (&a->shape, &b->shape);
}

/* Whether `node` may be an instruction of a node that makes `result`. */
static gboolean
can_join (const GenNode *node, const GenTensor *result)
{
  GenElement element;
  int n;

  return gen_node_output (node, 0) != NULL && has_shape_of (gen_node_output (node, 0), result) &&
         gen_element_of (node, &element, &n);
}

static void
find_inputs (Group *group)
{
  GenElement element;
  int n;

  g_ptr_array_set_size (group->inputs, 0);
  for (guint i = 0; i < group->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (group->nodes, i);

    gen_element_of (node, &element, &n);
    for (int k = 0; k < n; k++) {
      GenTensor *input = gen_node_input (node, k);

      if (!g_hash_table_contains (group->set, input->producer) &&
          !g_ptr_array_find (group->inputs, input, NULL))
        g_ptr_array_add (group->inputs, input);
    }
  }
}

/* Add the node that makes one of the group's inputs, if one can be. */
static gboolean
grow (const Pass *pass, Group *group)
{
  const GenTensor *result = gen_node_output (g_ptr_array_index (group->nodes, 0), 0);

  for (guint i = 0; i < group->inputs->len && group->nodes->len < GEN_ELEMENT_INSTRUCTIONS; i++) {
    GenTensor *input = g_ptr_array_index (group->inputs, i);

    if (input->producer == NULL || !gen_readers_all_in (pass->readers, input, group->set) ||
        !can_join (input->producer, result))
      continue;
    g_ptr_array_add (group->nodes, input->producer);
    g_hash_table_add (group->set, input->producer);
    find_inputs (group);
    if (group->inputs->len <= GEN_ELEMENT_OPERANDS)
      return TRUE;
    g_ptr_array_set_size (group->nodes, group->nodes->len - 1);
    g_hash_table_remove (group->set, input->producer);
    find_inputs (group);
  }
  return FALSE;
}

/* The Slice that makes an input of the group for it alone. */
static GenNode *
slice_of (const Pass *pass, const Group *group, const GenTensor *input)
{
  GenNode *node = input->producer;

  if (node == NULL || node->op->domain != NULL || strcmp (node->op->name, "Slice") != 0 ||
      !gen_readers_all_in (pass->readers, input, group->set))
    return NULL;
  return node;
}

static int
by_position (gconstpointer a, gconstpointer b, gpointer positions)
{
  guint x = GPOINTER_TO_UINT (g_hash_table_lookup (positions, *(gpointer *)a));
  guint y = GPOINTER_TO_UINT (g_hash_table_lookup (positions, *(gpointer *)b));

  return x < y ? -1 : x > y;
}

/* The group's inputs that are sliced first: the result's layout follows the first input. */
static guint
sort_inputs (const Pass *pass, Group *group)
{
  guint sliced = 0;

  for (guint i = 0; i < group->inputs->len; i++) {
    gpointer input = g_ptr_array_index (group->inputs, i);

    if (slice_of (pass, group, input) == NULL)
      continue;
    g_ptr_array_remove_index (group->inputs, i);
    g_ptr_array_insert (group->inputs, sliced++, input);
  }
  return sliced;
}

/* Operand `k` of `node` as a program has it. */
static int
operand_of (const Group *group, const GenNode *node, int k)
{
  GenTensor *input = gen_node_input (node, k);
  guint at;

  if (g_ptr_array_find (group->inputs, input, &at))
    return at;
  g_ptr_array_find (group->nodes, input->producer, &at);
  return GEN_ELEMENT_OPERANDS + at;
}

/* The nodes are in the order in which they run. */
static void
write_program (const Group *group, GenNode *node)
{
  GenElement program[GEN_ELEMENT_INSTRUCTIONS];

  for (guint i = 0; i < group->nodes->len; i++) {
    const GenNode *from = g_ptr_array_index (group->nodes, i);
    int n;

    gen_element_of (from, &program[i], &n);
    program[i].a = operand_of (group, from, 0);
    program[i].b = n > 1 ? operand_of (group, from, 1) : program[i].a;
  }
  gen_element_write (node, program, group->nodes->len);
}

static void
make_one (const Pass *pass, Group *group, GenNode *node)
{
  guint sliced = sort_inputs (pass, group);

  g_ptr_array_sort_with_data (group->nodes, by_position, pass->positions);
  write_program (group, node);
  for (guint i = 0; i < sliced; i++)
    gen_element_write_box (node, i, ((GenTensor *)g_ptr_array_index (group->inputs, i))->producer);
  for (guint i = 0; i < group->nodes->len; i++) {
    GenNode *member = g_ptr_array_index (group->nodes, i);

    gen_readers_drop (pass->readers, member);
    if (member != node)
      member->outputs->pdata[0] = NULL;
  }
  for (guint i = 0; i < group->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (group->inputs, i);

    gen_readers_set_input (
        pass->readers, node, i, i < sliced ? gen_node_input (input->producer, 0) : input);
    if (i < sliced)
      gen_readers_sweep (pass->readers, input);
  }
  node->op = gen_operator_find ("generative", sliced > 0 ? "ElementWiseOfParts" : "ElementWise", 0);
}

static void
fuse_before (const Pass *pass, GenNode *node)
{
  g_autoptr (GPtrArray) nodes = g_ptr_array_new (), inputs = g_ptr_array_new ();
  g_autoptr (GHashTable) set = g_hash_table_new (NULL, NULL);
  Group group = { nodes, set, inputs };
  gboolean sliced = FALSE;

  g_ptr_array_add (nodes, node);
  g_hash_table_add (set, node);
  find_inputs (&group);
  while (grow (pass, &group))
    ;
  for (guint i = 0; i < inputs->len; i++)
    sliced |= slice_of (pass, &group, g_ptr_array_index (inputs, i)) != NULL;
  if (nodes->len > 1 || sliced)
    make_one (pass, &group, node);
}

void
gen_graph_fuse_elementwise (GenGraph *graph, GenReaders *readers)
{
  g_autoptr (GHashTable) positions = g_hash_table_new (NULL, NULL);
  const Pass pass = { readers, positions };

  for (guint i = 0; i < graph->nodes->len; i++)
    g_hash_table_insert (positions, g_ptr_array_index (graph->nodes, i), GUINT_TO_POINTER (i + 1));
  for (guint i = graph->nodes->len; i > 0; i--) {
    GenNode *node = g_ptr_array_index (graph->nodes, i - 1);

    if (gen_node_output (node, 0) != NULL && can_join (node, gen_node_output (node, 0)))
      fuse_before (&pass, node);
  }
}
