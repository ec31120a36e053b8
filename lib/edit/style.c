/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The style of a net, found by its graph: the last vector through which all that hangs on the
 * latent goes, and which several dense layers and nobody else read. Other nets deal it to their
 * layers first, as [N, layers, length], of which each picks its own. */
#include "style.h"

#include <generative/operator.h>
#include <string.h>

#include "../graph/graph-private.h"

void
gen_style_net_clear (GenStyleNet *net)
{
  g_clear_pointer (&net->mapping, gen_graph_unref);
  g_clear_pointer (&net->synthesis, gen_graph_unref);
}

static gboolean
reads (const GenNode *node, const GenTensor *tensor)
{
  return g_ptr_array_find (node->inputs, tensor, NULL);
}

/* A layer that makes something of the vector `tensor` by a matrix. */
static gboolean
is_dense (const GenNode *node, const GenTensor *tensor)
{
  if (node->op->domain != NULL || gen_node_input (node, 0) != tensor)
    return FALSE;
  if (strcmp (node->op->name, "Gemm") == 0)
    return gen_node_int (node, "transA", 0) == 0;
  return strcmp (node->op->name, "MatMul") == 0;
}

/* The dense layers that read `tensor`; 0 where anybody else does. */
static guint
count_layers (const GenGraph *graph, const GenTensor *tensor)
{
  guint n = 0;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (!reads (node, tensor) || gen_node_output (node, 0)->role == GEN_ROLE_CONSTANT)
      continue;
    if (!is_dense (node, tensor))
      return 0;
    n++;
  }
  return n;
}

/* Whether `node` takes some of the vectors of `styles`, [N, layers, length]. */
static gboolean
is_pick (const GenNode *node, const GenTensor *styles)
{
  const GenShape *shape = &styles->shape;

  if (node->op->domain != NULL || gen_node_input (node, 0) != styles)
    return FALSE;
  if (strcmp (node->op->name, "Gather") == 0
          ? gen_node_int (node, "axis", 0) != 1
          : strcmp (node->op->name, "Slice") != 0 && strcmp (node->op->name, "Split") != 0)
    return FALSE;
  for (guint k = 0; k < node->outputs->len; k++) {
    const GenShape *made = &gen_node_output (node, k)->shape;

    if (made->rank < 2 || made->dims[0] != shape->dims[0] ||
        made->dims[made->rank - 1] != shape->dims[2] ||
        gen_shape_elements (made) >= gen_shape_elements (shape))
      return FALSE;
  }
  return TRUE;
}

/* Whether `tensor` is a vector for each layer: whoever reads it picks some. */
static gboolean
is_dealt (const GenGraph *graph, const GenTensor *tensor)
{
  guint n = 0;

  if (tensor->shape.rank != 3 || tensor->shape.dims[1] < 2 || tensor->shape.dims[2] < 2)
    return FALSE;
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (!reads (node, tensor) || gen_node_output (node, 0)->role == GEN_ROLE_CONSTANT)
      continue;
    if (!is_pick (node, tensor))
      return FALSE;
    n += node->outputs->len;
  }
  return n > 1;
}

/* By tensor that hangs on `latent` the number of the last node that reads it, and one. */
static GHashTable *
find_ends (const GenGraph *graph, GenTensor *latent)
{
  GHashTable *ends = g_hash_table_new (NULL, NULL);

  g_hash_table_insert (ends, latent, GUINT_TO_POINTER (0));
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    gboolean hangs = FALSE;

    for (guint k = 0; k < node->inputs->len; k++) {
      GenTensor *input = gen_node_input (node, k);

      if (input == NULL || !g_hash_table_contains (ends, input))
        continue;
      hangs = TRUE;
      g_hash_table_insert (ends, input, GUINT_TO_POINTER (i + 1));
    }
    for (guint k = 0; hangs && k < node->outputs->len; k++) {
      GenTensor *output = gen_node_output (node, k);

      if (output != NULL && output->role == GEN_ROLE_VALUE)
        g_hash_table_insert (ends, output, GUINT_TO_POINTER (0));
    }
  }
  for (guint i = 0; i < graph->outputs->len; i++)
    if (g_hash_table_contains (ends, graph->outputs->pdata[i]))
      g_hash_table_insert (ends, graph->outputs->pdata[i], GUINT_TO_POINTER (G_MAXUINT));
  return ends;
}

static gboolean
is_style (const GenGraph *graph, const GenTensor *tensor)
{
  return tensor->type == GEN_TYPE_FLOAT32 &&
         (is_dealt (graph, tensor) ||
             (tensor->shape.rank == 2 && count_layers (graph, tensor) > 1));
}

/* What has been made before node `i` ends and is read behind it: the only one, or NULL. */
static GenTensor *
find_alone (GHashTable *live)
{
  GHashTableIter iter;
  gpointer tensor;

  if (g_hash_table_size (live) != 1)
    return NULL;
  g_hash_table_iter_init (&iter, live);
  return g_hash_table_iter_next (&iter, &tensor, NULL) ? tensor : NULL;
}

static GenTensor *
find_style (const GenGraph *graph, GenTensor *latent)
{
  g_autoptr (GHashTable) ends = find_ends (graph, latent);
  g_autoptr (GHashTable) live = g_hash_table_new (NULL, NULL);
  GenTensor *style = NULL;

  g_hash_table_add (live, latent);
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    GenTensor *alone;

    for (guint k = 0; k < node->outputs->len; k++) {
      GenTensor *output = gen_node_output (node, k);

      if (output != NULL && GPOINTER_TO_UINT (g_hash_table_lookup (ends, output)) > i + 1)
        g_hash_table_add (live, output);
    }
    for (guint k = 0; k < node->inputs->len; k++) {
      GenTensor *input = gen_node_input (node, k);

      if (input != NULL && GPOINTER_TO_UINT (g_hash_table_lookup (ends, input)) == i + 1)
        g_hash_table_remove (live, input);
    }
    alone = find_alone (live);
    if (alone != NULL && alone != latent && is_style (graph, alone))
      style = alone;
  }
  return style;
}

/* Vector number `layer` of `styles`. */
static GenTensor *
pick (GenGraph *graph, GenTensor *styles, gint64 layer)
{
  GenTensor *inputs[2] = { styles };
  GenTensor *own;

  inputs[1] = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&layer, sizeof layer));
  own = gen_graph_write (graph, "Gather", inputs, 2, NULL);
  if (own != NULL)
    gen_node_set_int (own->producer, "axis", 1);
  return own;
}

/* Where all layers have one style, what deals it makes as many of it: the first is as good. */
static GenGraph *
make_mapping (const GenGraph *graph, const char *name, gboolean dealt)
{
  g_autoptr (GenGraph) mapping = gen_graph_copy (graph);
  GenTensor *style = gen_graph_find (mapping, name);

  if (dealt)
    style = pick (mapping, style, 0);
  if (style == NULL)
    return NULL;
  g_ptr_array_set_size (mapping->outputs, 0);
  gen_graph_add_output (mapping, style);
  gen_graph_remove_dead (mapping);
  return g_steal_pointer (&mapping);
}

/* One style, [N, length], for each of `layers`. */
static GenTensor *
repeat (GenGraph *graph, GenTensor *style, gint64 layers, gint64 length)
{
  const gint64 one[] = { -1, 1, length }, each[] = { 1, layers, 1 };
  GenTensor *row = gen_graph_write (
      graph, "Reshape", (GenTensor *[]){ style, gen_graph_ints (graph, one, 3) }, 2, NULL);

  return row == NULL ? NULL
                     : gen_graph_write (graph, "Expand",
                           (GenTensor *[]){ row, gen_graph_ints (graph, each, 3) }, 2, NULL);
}

/* An input in place of the latent's, of which as many go in at once. */
static GenTensor *
add_input (GenGraph *graph, guint latent, const char *name, const GenShape *shape)
{
  const GenTensor *before = g_ptr_array_index (graph->inputs, latent);
  GenTensor *input = gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, shape);

  input->shape.dims[0] = before->shape.dims[0];
  input->dim_names[0] = g_strdup (before->dim_names[0]);
  return input;
}

/* Let each layer that reads `style` read its own vector of `styles`. */
static gboolean
deal (GenGraph *graph, GenTensor *style, GenTensor *styles)
{
  const guint n = graph->nodes->len;
  gint64 layer = 0;

  for (guint i = 0; i < n; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);
    GenTensor *own;

    if (!is_dense (node, style))
      continue;
    own = pick (graph, styles, layer++);
    if (own == NULL)
      return FALSE;
    node->inputs->pdata[0] = own;
  }
  return TRUE;
}

static GenGraph *
make_synthesis (const GenGraph *graph, const char *name, guint latent, gsize layers, gsize length,
    gboolean each, gboolean dealt)
{
  g_autoptr (GenGraph) synthesis = gen_graph_copy (graph);
  GenTensor *style = gen_graph_find (synthesis, name), *input, *all;

  input = each ? add_input (
                     synthesis, latent, "styles", &GEN_SHAPE (-1, (gint64)layers, (gint64)length))
               : add_input (synthesis, latent, "style", &GEN_SHAPE (-1, (gint64)length));
  all = dealt && !each ? repeat (synthesis, input, (gint64)layers, (gint64)length) : input;
  if (all == NULL)
    return NULL;
  if (!each || dealt)
    gen_graph_replace (synthesis, style, all);
  else if (!deal (synthesis, style, input))
    return NULL;
  g_ptr_array_remove (synthesis->inputs, input);
  g_ptr_array_remove_index (synthesis->inputs, latent);
  g_ptr_array_insert (synthesis->inputs, (int)latent, input);
  gen_graph_sort (synthesis);
  gen_graph_remove_dead (synthesis);
  return g_steal_pointer (&synthesis);
}

gboolean
gen_style_net_part (
    GenStyleNet *net, const GenGraph *graph, const GenGraph *inferred, guint input, gboolean each)
{
  const GenTensor *style = find_style (inferred, g_ptr_array_index (inferred->inputs, input));
  gboolean dealt;

  if (style == NULL)
    return FALSE;
  dealt = style->shape.rank == 3;
  net->layers = dealt ? (gsize)style->shape.dims[1] : count_layers (inferred, style);
  net->length = (gsize)style->shape.dims[style->shape.rank - 1];
  net->mapping = make_mapping (graph, style->name, dealt);
  net->synthesis =
      make_synthesis (graph, style->name, input, net->layers, net->length, each, dealt);
  return net->mapping != NULL && net->synthesis != NULL;
}
