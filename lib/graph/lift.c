/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 16-bit floats of a model as float32, while passes work that know no other: fusion, and the choice
 * of layouts. Casts around operators that know float32 alone (widen.c) go, and what stands for 16
 * bits is remembered, so that gen_graph_narrow gives it those bits again where the device can. On
 * the CPU, which computes in float32 anyway, it stays so: values are rounded to 16 bits where they
 * leave the graph and where a model casts there and back with nothing in between, as ONNX Runtime
 * does it, and no sum overflows on its way. */
#include <string.h>

#include "../device/half.h"
#include "graph-private.h"
#include "narrow.h"

typedef struct {
  GenGraph *graph;
  GenDataType type;
  GPtrArray *nodes;    /* the new list */
  GHashTable *held;    /* float32 tensors that stand for 16 bits */
  GHashTable *lifted;  /* tensors of 16 bits to what stands for them */
  GHashTable *gone;    /* of those: what no node makes any more */
  GHashTable *lowered; /* and to their copies, where an operator wants the 16 bits */
  GHashTable *aliases; /* float32 tensors to what is read in their place */
  GHashTable *wanted, *readers;
} Pass;

static GenTensor *
add_like (Pass *pass, const GenTensor *tensor, GenDataType type)
{
  GenTensor *made = gen_graph_add_value (pass->graph, NULL);

  made->type = type;
  made->shape = tensor->shape;
  if (type == GEN_TYPE_FLOAT32)
    g_hash_table_add (pass->held, made);
  return made;
}

static GenTensor *
widen_constant (Pass *pass, const GenTensor *tensor)
{
  gsize n = gen_shape_elements (&tensor->shape);
  float *values = g_new (float, n);

  gen_half_widen (tensor->type, gen_tensor_constant (tensor), 1, values, n);
  return gen_graph_add_constant (pass->graph, NULL, GEN_TYPE_FLOAT32, &tensor->shape,
      g_bytes_new_take (values, n * sizeof *values));
}

static GenTensor *
lift (Pass *pass, GenTensor *tensor)
{
  GenTensor *made = g_hash_table_lookup (pass->lifted, tensor);

  if (made != NULL)
    return made;
  if (gen_tensor_constant (tensor) != NULL) {
    made = widen_constant (pass, tensor);
  } else {
    made = add_like (pass, tensor, GEN_TYPE_FLOAT32);
    g_ptr_array_add (pass->nodes, gen_graph_new_cast (pass->graph, tensor, made));
  }
  g_hash_table_insert (pass->lifted, tensor, made);
  return made;
}

static GenTensor *
lower (Pass *pass, GenTensor *tensor)
{
  GenTensor *made = g_hash_table_lookup (pass->lowered, tensor);

  if (made != NULL || !g_hash_table_contains (pass->gone, tensor))
    return made != NULL ? made : tensor;
  made = add_like (pass, tensor, tensor->type);
  g_ptr_array_add (pass->nodes, gen_graph_new_cast (pass->graph, lift (pass, tensor), made));
  g_hash_table_insert (pass->lowered, tensor, made);
  return made;
}

/* Whether `cast`, back to float32, follows at once on one from there: then a model wants values
 * rounded. */
static gboolean
is_rounding (const Pass *pass, const GenNode *cast)
{
  const GenNode *before = gen_node_input (cast, 0)->producer;

  return !cast->implied && before != NULL && gen_node_is_cast (before) && !before->implied &&
         gen_node_input (before, 0)->type == GEN_TYPE_FLOAT32 &&
         gen_node_input (cast, 0)->type == pass->type;
}

/* Whether rounding `tensor` changes nothing for anyone but the cast that reads it. */
static gboolean
is_only_cast (const Pass *pass, const GenTensor *tensor)
{
  return tensor->producer != NULL && !g_hash_table_contains (pass->wanted, tensor) &&
         GPOINTER_TO_UINT (g_hash_table_lookup (pass->readers, tensor)) == 1;
}

/* A cast between 16 bits and what stands for them: nobody reads it any more, but the graph itself.
 * FALSE where it stays. */
static gboolean
take_cast (Pass *pass, GenNode *cast)
{
  GenTensor *from = gen_node_input (cast, 0), *to = gen_node_output (cast, 0);
  gboolean wanted = g_hash_table_contains (pass->wanted, to);

  if (is_rounding (pass, cast))
    return FALSE;
  if (from->type == pass->type && to->type == GEN_TYPE_FLOAT32) {
    /* It is the cast that would be put before it. */
    if (wanted && !g_hash_table_contains (pass->lifted, from))
      return FALSE;
    cast->inputs->pdata[0] = lift (pass, from);
    if (!wanted)
      g_hash_table_insert (pass->aliases, to, lift (pass, from));
    return TRUE;
  }
  if (from->type != GEN_TYPE_FLOAT32 || to->type != pass->type)
    return FALSE;
  if (is_only_cast (pass, from))
    g_hash_table_add (pass->held, from);
  if (wanted || !g_hash_table_contains (pass->held, from))
    return FALSE;
  g_hash_table_insert (pass->lifted, to, from);
  g_hash_table_add (pass->gone, to);
  return TRUE;
}

/* Outputs of 16 bits, and what they are for the graph. */
static void
lift_outputs (Pass *pass, GenNode *node)
{
  for (guint k = 0; k < node->outputs->len; k++) {
    GenTensor *output = gen_node_output (node, k), *made;

    if (output == NULL || output->type != pass->type)
      continue;
    made = add_like (pass, output, GEN_TYPE_FLOAT32);
    made->producer = node;
    node->outputs->pdata[k] = made;
    g_hash_table_insert (pass->lifted, output, made);
    if (g_hash_table_contains (pass->wanted, output))
      g_ptr_array_add (pass->nodes, gen_graph_new_cast (pass->graph, made, output));
    else
      g_hash_table_add (pass->gone, output);
  }
}

static gboolean
reads (const GenNode *node, GenDataType type)
{
  for (guint k = 0; k < node->inputs->len; k++)
    if (gen_node_input (node, k) != NULL && gen_node_input (node, k)->type == type)
      return TRUE;
  return FALSE;
}

/* What the device may narrow again knows float32 as well. */
static void
visit (Pass *pass, GenNode *node, GenNarrowFunc ask)
{
  GenNarrowing narrowing;
  gboolean lifts;

  for (guint k = 0; k < node->inputs->len; k++) {
    GenTensor *alias = g_hash_table_lookup (pass->aliases, gen_node_input (node, k));

    if (alias != NULL)
      node->inputs->pdata[k] = alias;
  }
  if (gen_node_is_cast (node) && take_cast (pass, node)) {
    g_ptr_array_add (pass->nodes, node);
    return;
  }
  narrowing = ask (node, pass->type).narrowing;
  lifts = reads (node, pass->type) && !(gen_node_is_cast (node) && is_rounding (pass, node)) &&
          (narrowing == GEN_NARROW_ALWAYS || narrowing == GEN_NARROW_FOLLOW);
  for (guint k = 0; k < node->inputs->len; k++) {
    GenTensor *input = gen_node_input (node, k);

    if (input != NULL && input->type == pass->type)
      node->inputs->pdata[k] = lifts ? lift (pass, input) : lower (pass, input);
  }
  g_ptr_array_add (pass->nodes, node);
  if (lifts)
    lift_outputs (pass, node);
}

/* The 16-bit float that nodes read first; undefined where they read none. */
static GenDataType
half_of (const GenGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) != NULL && gen_type_is_half (gen_node_input (node, k)->type))
        return gen_node_input (node, k)->type;
  }
  return GEN_TYPE_UNDEFINED;
}

static void
count_readers (Pass *pass)
{
  for (guint i = 0; i < pass->graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (pass->graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++) {
      GenTensor *input = gen_node_input (node, k);
      guint n = GPOINTER_TO_UINT (g_hash_table_lookup (pass->readers, input)) + 1;

      g_hash_table_insert (pass->readers, input, GUINT_TO_POINTER (n));
    }
  }
}

/* Kernels make float32 of float32, unless an attribute or another tensor says what they make; what
 * has graphs hands its operands on to nodes that want what they were made for. */
GenNarrow
gen_node_lifts_on_cpu (const GenNode *node, GenDataType type)
{
  static const char *const says_type[] = { "to", "dtype", "output_dtype" };
  GenNarrow stays = { GEN_NARROW_NEVER, 0, 0 };

  if (node->op->cpu == NULL || node->op->has_graphs || strcmp (node->op->name, "CastLike") == 0)
    return stays;
  for (guint i = 0; i < G_N_ELEMENTS (says_type); i++)
    if (gen_node_attribute (node, says_type[i]) != NULL)
      return stays;
  return (GenNarrow){ GEN_NARROW_ALWAYS, G_MAXUINT, G_MAXUINT };
}

GenDataType
gen_graph_lift (GenGraph *graph, GenNarrowFunc ask, GHashTable *held)
{
  GenDataType type = half_of (graph);
  g_autoptr (GHashTable) lifted = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) gone = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) lowered = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) aliases = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) wanted = gen_graph_find_wanted (graph);
  g_autoptr (GHashTable) readers = g_hash_table_new (NULL, NULL);
  Pass pass = { graph, type, g_ptr_array_new (), held, lifted, gone, lowered, aliases, wanted,
    readers };

  if (type != GEN_TYPE_UNDEFINED) {
    count_readers (&pass);
    for (guint i = 0; i < graph->nodes->len; i++)
      visit (&pass, g_ptr_array_index (graph->nodes, i), ask);
    gen_graph_set_nodes (graph, pass.nodes);
  }
  g_ptr_array_unref (pass.nodes);
  return type;
}
