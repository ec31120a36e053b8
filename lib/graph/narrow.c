/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 16-bit floats between nodes, for devices whose memory and tensor cores want them. Types are set
 * where shapes are known already, so nothing is inferred again. */
#include "narrow.h"

#include <string.h>

#include "../device/half.h"
#include "graph-private.h"

typedef struct {
  GenGraph *graph;
  GenDataType type;
  GPtrArray *nodes;     /* the new list */
  GHashTable *replaced; /* tensors to those of 16 bits that are read in their place */
  GHashTable *narrowed; /* other float32 tensors to their copies in 16 bits */
  GHashTable *widened;  /* what replaces a tensor to its copy in float32 */
  GHashTable *held;     /* the only ones to be narrowed; NULL: all */
  GHashTable *wanted;
  GHashTable *precise; /* float32 tensors that are to stay so, with what is made of them alone */
} Pass;

GHashTable *
gen_graph_find_wanted (const GenGraph *graph)
{
  GHashTable *wanted = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->outputs->len; i++)
    g_hash_table_add (wanted, g_ptr_array_index (graph->outputs, i));
  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *next = ((GenTensor *)g_ptr_array_index (graph->tensors, i))->next;

    if (next != NULL)
      g_hash_table_add (wanted, next);
  }
  return wanted;
}

GenNode *
gen_graph_new_cast (GenGraph *graph, GenTensor *from, GenTensor *to)
{
  GenNode *cast =
      gen_graph_new_node (graph, NULL, gen_operator_find (NULL, "Cast", GEN_OPSET), GEN_OPSET);

  gen_node_set_int (cast, "to", to->type);
  g_ptr_array_add (cast->inputs, from);
  g_ptr_array_add (cast->outputs, to);
  to->producer = cast;
  return cast;
}

gboolean
gen_node_is_cast (const GenNode *node)
{
  return node->op->domain == NULL && strcmp (node->op->name, "Cast") == 0;
}

void
gen_graph_set_nodes (GenGraph *graph, const GPtrArray *nodes)
{
  /* The list owns the nodes, which only change places. */
  g_free (g_ptr_array_steal (graph->nodes, NULL));
  for (guint i = 0; i < nodes->len; i++)
    g_ptr_array_add (graph->nodes, g_ptr_array_index (nodes, i));
  gen_graph_remove_dead (graph);
}

static GenTensor *
add_like (Pass *pass, const GenTensor *tensor, GenDataType type)
{
  GenTensor *made = gen_graph_add_value (pass->graph, NULL);

  made->type = type;
  made->shape = tensor->shape;
  made->layout = tensor->layout;
  return made;
}

static void
add_cast (Pass *pass, GenTensor *from, GenTensor *to)
{
  g_ptr_array_add (pass->nodes, gen_graph_new_cast (pass->graph, from, to));
}

static GenTensor *
convert_constant (Pass *pass, const GenTensor *tensor)
{
  gsize n = gen_shape_elements (&tensor->shape);
  guint16 *values = g_new (guint16, n);

  gen_half_narrow (pass->type, gen_tensor_constant (tensor), values, n);
  return gen_graph_add_constant (
      pass->graph, NULL, pass->type, &tensor->shape, g_bytes_new_take (values, n * sizeof *values));
}

static GenTensor *
narrow (Pass *pass, GenTensor *tensor)
{
  GenTensor *made = g_hash_table_lookup (pass->narrowed, tensor);

  if (made != NULL)
    return made;
  if (gen_tensor_constant (tensor) != NULL) {
    made = convert_constant (pass, tensor);
  } else {
    made = add_like (pass, tensor, pass->type);
    add_cast (pass, tensor, made);
  }
  g_hash_table_insert (pass->narrowed, tensor, made);
  return made;
}

static GenTensor *
widen (Pass *pass, GenTensor *tensor)
{
  GenTensor *made = g_hash_table_lookup (pass->widened, tensor);

  if (made == NULL) {
    made = add_like (pass, tensor, GEN_TYPE_FLOAT32);
    add_cast (pass, tensor, made);
    g_hash_table_insert (pass->widened, tensor, made);
  }
  return made;
}

static gboolean
has (guint mask, guint k)
{
  return k >= 32 ? mask == G_MAXUINT : (mask >> k & 1) != 0;
}

/* Whether a node that can be narrowed is to be: not one that makes float32, or reads any, where the
 * model has asked for that. */
static gboolean
is_held (const Pass *pass, const GenNode *node, guint inputs, guint outputs)
{
  for (guint k = 0; k < node->inputs->len; k++) {
    const GenTensor *input = gen_node_input (node, k);

    if (input != NULL && has (inputs, k) && input->type == GEN_TYPE_FLOAT32 &&
        gen_tensor_constant (input) == NULL && !g_hash_table_contains (pass->replaced, input))
      return FALSE;
  }
  for (guint k = 0; k < node->outputs->len; k++) {
    GenTensor *output = gen_node_output (node, k);

    if (output != NULL && has (outputs, k) && output->type == GEN_TYPE_FLOAT32 &&
        !g_hash_table_contains (pass->held, output))
      return FALSE;
  }
  return TRUE;
}

/* The node that makes `from`, a tensor of 16 bits, makes `to` instead. */
static void
make_instead (Pass *pass, GenTensor *from, GenTensor *to)
{
  GenNode *maker = from->producer;

  for (guint k = 0; k < maker->outputs->len; k++)
    if (gen_node_output (maker, k) == from)
      maker->outputs->pdata[k] = to;
  to->producer = maker;
  for (guint i = 0; i < pass->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (pass->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == from)
        node->inputs->pdata[k] = to;
  }
}

/* A cast whose two sides have become the same. FALSE where it is needed. */
static gboolean
take_cast (Pass *pass, GenNode *cast)
{
  GenTensor *input = gen_node_input (cast, 0), *output = gen_node_output (cast, 0);
  GenTensor *replaced = g_hash_table_lookup (pass->replaced, input);
  GenTensor *from = replaced != NULL ? replaced : input;

  if (from->type != pass->type)
    return FALSE;
  if (output->type == pass->type && replaced != NULL && replaced->producer != NULL &&
      g_hash_table_contains (pass->wanted, output) && replaced->layout == output->layout &&
      !g_hash_table_contains (pass->wanted, replaced)) {
    make_instead (pass, replaced, output);
    g_hash_table_insert (pass->replaced, input, output);
    cast->outputs->pdata[0] = NULL;
    return TRUE;
  }
  if (g_hash_table_contains (pass->wanted, output))
    return FALSE;
  if (output->type != pass->type &&
      (output->type != GEN_TYPE_FLOAT32 ||
          (pass->held != NULL && !g_hash_table_contains (pass->held, output))))
    return FALSE;
  g_hash_table_insert (pass->replaced, output, from);
  return TRUE;
}

/* Whether the node reads precise numbers, and no others but constants. */
static gboolean
is_precise (const Pass *pass, const GenNode *node)
{
  gboolean found = FALSE;

  for (guint k = 0; k < node->inputs->len; k++) {
    const GenTensor *input = gen_node_input (node, k);

    if (input == NULL || input->type != GEN_TYPE_FLOAT32 || gen_tensor_constant (input) != NULL)
      continue;
    if (!g_hash_table_contains (pass->precise, input))
      return FALSE;
    found = TRUE;
  }
  return found;
}

static void
keep_outputs (Pass *pass, const GenNode *node)
{
  for (guint k = 0; k < node->outputs->len; k++)
    if (gen_node_output (node, k) != NULL)
      g_hash_table_add (pass->precise, gen_node_output (node, k));
}

static void
visit (Pass *pass, GenNode *node, const GenNarrow *how)
{
  GenTensor *first = gen_node_input (node, 0), *output = gen_node_output (node, 0);
  gboolean always = how->narrowing == GEN_NARROW_ALWAYS;
  gboolean follows =
      how->narrowing == GEN_NARROW_FOLLOW && first != NULL &&
      (g_hash_table_contains (pass->replaced, first) ||
          (pass->held != NULL && output != NULL && g_hash_table_contains (pass->held, output)));
  guint inputs = always ? how->inputs : follows ? 1 : 0;
  guint outputs = always ? how->outputs : follows ? G_MAXUINT : 0, taken;

  if (gen_node_is_cast (node)) {
    if (take_cast (pass, node)) {
      g_ptr_array_add (pass->nodes, node); /* nobody reads it */
      return;
    }
    inputs = 1; /* of any type */
  } else if (pass->held != NULL && always && !is_held (pass, node, inputs, outputs)) {
    inputs = outputs = 0;
  }
  taken = inputs | (how->narrowing == GEN_NARROW_TAKE ? how->inputs : 0);
  for (guint k = 0; k < node->inputs->len; k++) {
    GenTensor *input = gen_node_input (node, k), *replaced;

    if (input == NULL)
      continue;
    replaced = g_hash_table_lookup (pass->replaced, input);
    if (replaced != NULL)
      node->inputs->pdata[k] =
          has (taken, k) || input->type == pass->type ? replaced : widen (pass, replaced);
    else if (has (inputs, k) && input->type == GEN_TYPE_FLOAT32 && !gen_node_is_cast (node))
      node->inputs->pdata[k] = narrow (pass, input);
  }
  g_ptr_array_add (pass->nodes, node);
  for (guint k = 0; k < node->outputs->len; k++) {
    GenTensor *output = gen_node_output (node, k), *made;

    if (output == NULL || output->type != GEN_TYPE_FLOAT32 || !has (outputs, k))
      continue;
    made = add_like (pass, output, pass->type);
    made->producer = node;
    node->outputs->pdata[k] = made;
    g_hash_table_insert (pass->replaced, output, made);
    if (g_hash_table_contains (pass->wanted, output)) {
      add_cast (pass, made, output);
      g_hash_table_insert (pass->widened, made, output);
    }
  }
}

void
gen_graph_narrow (GenGraph *graph, GenDataType type, GenNarrowFunc ask, GHashTable *held)
{
  g_autoptr (GHashTable) replaced = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) narrowed = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) widened = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) wanted = gen_graph_find_wanted (graph);
  g_autoptr (GHashTable) precise = g_hash_table_new (NULL, NULL);
  Pass pass = { graph, type, g_ptr_array_new (), replaced, narrowed, widened, held, wanted,
    precise };

  for (guint i = 0; i < graph->nodes->len; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);
    GenNarrow how = ask (node, type);

    if (how.narrowing != GEN_NARROW_END &&
        (how.narrowing == GEN_NARROW_STOP || is_precise (&pass, node))) {
      how = (GenNarrow){ GEN_NARROW_NEVER, 0, 0 };
      keep_outputs (&pass, node);
    }
    visit (&pass, node, &how);
  }
  gen_graph_set_nodes (graph, pass.nodes);
  g_ptr_array_unref (pass.nodes);
}
