/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inputs that tell how many tokens another one has: a number for each item of a batch, or a mask of
 * ones. They are not fed, but made of the tokens in the graph that plays. */
#include <string.h>

#include "model-private.h"

static gboolean
is_integer (const GenPort *port)
{
  return port->type == GEN_TYPE_INT64 || port->type == GEN_TYPE_INT32;
}

static gboolean
names (const GenPort *port, const char *word)
{
  g_autofree char *lower = g_ascii_strdown (port->name, -1);

  return strstr (lower, word) != NULL;
}

static gboolean
is_mask (const GenPort *port)
{
  return port->kind == GEN_PORT_TOKENS && names (port, "mask");
}

static gboolean
is_length (const GenPort *port)
{
  return is_integer (port) && port->shape.rank >= 0 && port->shape.rank <= 1 &&
         gen_shape_product (&port->shape, 0, port->shape.rank) <= 1 &&
         (names (port, "length") || g_str_has_suffix (port->name, "_len") ||
             g_str_has_suffix (port->name, "_lens"));
}

int
gen_model_find_tokens (const GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].kind == GEN_PORT_TOKENS && model->inputs[i].part == GEN_PART_FLOW &&
        !is_mask (&model->inputs[i]))
      return (int)i;
  return -1;
}

void
gen_lengths_find (GenModel *model)
{
  const int tokens = gen_model_find_tokens (model);

  for (guint i = 0; tokens >= 0 && i < model->graph->inputs->len; i++) {
    GenPort *port = &model->inputs[i];

    if (port->part != GEN_PART_FLOW || !(is_length (port) || is_mask (port)))
      continue;
    port->part = GEN_PART_LENGTH;
    port->part_source = GEN_PART_NAMED;
    port->partner = tokens;
  }
}

/* A graph, in which shapes follow at once where it is `known` how many tokens there are. */
typedef struct {
  GenGraph *graph;
  gboolean known;
} Counting;

static GenTensor *
append (const Counting *counting, const char *op, GenTensor *const *inputs, int n, GenDataType type,
    GError **error)
{
  GenTensor *made = gen_graph_add_value (counting->graph, NULL);
  GenNode *node =
      gen_graph_add_node (counting->graph, NULL, NULL, op, GEN_OPSET, inputs, n, &made, 1, error);

  if (node == NULL)
    return NULL;
  made->type = type;
  if (strcmp (op, "Cast") == 0)
    gen_node_set_int (node, "to", type);
  if (counting->known && !node->op->infer (node, error))
    return NULL;
  return made;
}

static GenTensor *
take_extent (const Counting *counting, GenTensor *shape, gint64 axis, GError **error)
{
  GenTensor *operands[] = { shape, gen_graph_ints (counting->graph, &axis, 1) };

  return append (counting, "Gather", operands, 2, GEN_TYPE_INT64, error);
}

/* `number` in all places of `shape`. */
static GenTensor *
spread (const Counting *counting, GenTensor *number, GenTensor *shape, GError **error)
{
  if (number == NULL || shape == NULL)
    return NULL;
  return append (counting, "Expand", (GenTensor *[]){ number, shape }, 2, GEN_TYPE_INT64, error);
}

GenTensor *
gen_lengths_make (GenGraph *graph, GenTensor *tokens, const GenTensor *input, GError **error)
{
  const Counting counting = { graph, gen_shape_is_known (&tokens->shape) };
  GenTensor *shape = append (&counting, "Shape", &tokens, 1, GEN_TYPE_INT64, error), *made;

  if (shape == NULL)
    return NULL;
  if (input->shape.rank == 2)
    made = spread (&counting, gen_graph_ints (graph, (gint64[]){ 1 }, 1), shape, error);
  else
    made = take_extent (&counting, shape, 1, error);
  if (input->shape.rank == 1)
    made = spread (&counting, made, take_extent (&counting, shape, 0, error), error);
  else if (input->shape.rank == 0 && made != NULL)
    made = append (&counting, "Squeeze", &made, 1, GEN_TYPE_INT64, error);
  if (made == NULL || input->type == GEN_TYPE_INT64)
    return made;
  return append (&counting, "Cast", &made, 1, input->type, error);
}
