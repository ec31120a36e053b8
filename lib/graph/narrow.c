/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 16-bit floats between nodes, for devices whose memory and tensor cores want them. Types are set
 * where shapes are known already, so nothing is inferred again. */
#include "narrow.h"

#include "../device/half.h"
#include "graph-private.h"

typedef struct {
  GenGraph *graph;
  GenDataType type;
  GPtrArray *nodes;     /* the new list */
  GHashTable *replaced; /* float32 tensors to those that nodes now make in their place */
  GHashTable *narrowed; /* other float32 tensors to their copies in 16 bits */
  GHashTable *widened;  /* what replaces a tensor to its copy in float32 */
  GHashTable *precise;  /* float32 tensors that are to stay so, with what is made of them alone */
} Pass;

static GenTensor *
add_like (Pass *pass, const GenTensor *tensor, GenDataType type)
{
  GenTensor *made = gen_graph_add_value (pass->graph, NULL);

  made->type = type;
  made->shape = tensor->shape;
  made->layout = tensor->layout;
  return made;
}

/* A node that casts `from` to `to`. */
static void
add_cast (Pass *pass, GenTensor *from, GenTensor *to)
{
  GenNode *cast = gen_graph_new_node (
      pass->graph, NULL, gen_operator_find (NULL, "Cast", GEN_OPSET), GEN_OPSET);

  gen_node_set_int (cast, "to", to->type);
  g_ptr_array_add (cast->inputs, from);
  g_ptr_array_add (cast->outputs, to);
  to->producer = cast;
  g_ptr_array_add (pass->nodes, cast);
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

/* Whether the graph hands `tensor` out. */
static gboolean
is_wanted (const GenGraph *graph, const GenTensor *tensor)
{
  if (g_ptr_array_find (graph->outputs, tensor, NULL))
    return TRUE;
  for (guint i = 0; i < graph->tensors->len; i++)
    if (((GenTensor *)g_ptr_array_index (graph->tensors, i))->next == tensor)
      return TRUE;
  return FALSE;
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
  GenTensor *first = gen_node_input (node, 0);
  gboolean always = how->narrowing == GEN_NARROW_ALWAYS;
  gboolean follows = how->narrowing == GEN_NARROW_FOLLOW && first != NULL &&
                     g_hash_table_contains (pass->replaced, first);
  guint inputs = always ? how->inputs : follows ? 1 : 0;
  guint taken = how->narrowing == GEN_NARROW_TAKE ? how->inputs : inputs;
  guint outputs = always ? how->outputs : follows ? G_MAXUINT : 0;

  for (guint k = 0; k < node->inputs->len; k++) {
    GenTensor *input = gen_node_input (node, k), *replaced;

    if (input == NULL || input->type != GEN_TYPE_FLOAT32)
      continue;
    replaced = g_hash_table_lookup (pass->replaced, input);
    if (replaced != NULL)
      node->inputs->pdata[k] = has (taken, k) ? replaced : widen (pass, replaced);
    else if (has (inputs, k))
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
    if (is_wanted (pass->graph, output)) {
      add_cast (pass, made, output);
      g_hash_table_insert (pass->widened, made, output);
    }
  }
}

void
gen_graph_narrow (GenGraph *graph, GenDataType type, GenNarrowFunc ask)
{
  g_autoptr (GHashTable) replaced = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) narrowed = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) widened = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) precise = g_hash_table_new (NULL, NULL);
  Pass pass = { graph, type, g_ptr_array_new (), replaced, narrowed, widened, precise };

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
  /* The list owns the nodes, which only change places. */
  g_free (g_ptr_array_steal (graph->nodes, NULL));
  for (guint i = 0; i < pass.nodes->len; i++)
    g_ptr_array_add (graph->nodes, g_ptr_array_index (pass.nodes, i));
  g_ptr_array_unref (pass.nodes);
}
