/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shapes that Reshape is given name the batch where they were exported with one: the extent is
 * taken from its operand then. Whether all of the model follows is tried, by another batch. */
#include <generative/convert.h>

#include "layers.h"

static gboolean
fail (GError **error, const char *format, const char *name)
{
  g_autofree char *text = g_strdup_printf (format, name);

  g_set_error_literal (error, GEN_CONVERT_ERROR, GEN_CONVERT_ERROR_MODEL, text);
  return FALSE;
}

/* The first extent that all inputs have in common. */
static gboolean
find_batch (const GenGraph *graph, gint64 *batch, GError **error)
{
  *batch = -1;
  for (guint i = 0; i < graph->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (graph->inputs, i);

    if (input->shape.rank < 1)
      continue;
    if (input->shape.dims[0] < 0)
      return fail (error, "the first extent of input '%s' is free already", input->name);
    if (*batch >= 0 && input->shape.dims[0] != *batch)
      return fail (error, "the first extent of input '%s' is another one than that of those before",
          input->name);
    *batch = input->shape.dims[0];
  }
  return *batch >= 0 || fail (error, "graph '%s' has no input with extents", graph->name);
}

static GenGraph *
infer_at (const GenGraph *graph, gint64 batch, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (graph);

  for (guint i = 0; i < copy->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (copy->inputs, i);

    if (input->shape.rank > 0)
      input->shape.dims[0] = batch;
    for (int d = 1; d < input->shape.rank; d++)
      input->shape.dims[d] = input->shape.dims[d] < 0 ? 1 : input->shape.dims[d];
  }
  return gen_graph_infer (copy, error) ? g_steal_pointer (&copy) : NULL;
}

/* 0 stands for the operand's extent. */
static void
free_shape (GenGraph *graph, GenNode *node, gint64 batch)
{
  GenTensor *shape = gen_node_input (node, 1);
  gint64 extents[GEN_MAX_RANK];
  int n;

  if (shape == NULL || gen_node_int (node, "allowzero", 0) != 0 ||
      !gen_tensor_ints (shape, extents, GEN_MAX_RANK, &n) || n < 1 || extents[0] != batch)
    return;
  extents[0] = 0;
  node->inputs->pdata[1] = gen_graph_ints (graph, extents, (gsize)n);
}

static void
name_batch (GenTensor *port)
{
  if (port->shape.rank < 1)
    return;
  port->shape.dims[0] = -1;
  g_free (port->dim_names[0]);
  port->dim_names[0] = g_strdup ("batch");
}

/* All outputs must be as many as the inputs. */
static gboolean
check_outputs (const GenGraph *graph, gint64 batch, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GenGraph) other = infer_at (graph, batch + 1, &reason);

  if (other == NULL)
    return fail (error, "something within hangs on the batch that it has: %s", reason->message);
  for (guint i = 0; i < other->outputs->len; i++) {
    const GenTensor *output = g_ptr_array_index (other->outputs, i);

    if (output->shape.rank < 1 || output->shape.dims[0] != batch + 1)
      return fail (error, "output '%s' does not follow the batch of the inputs", output->name);
  }
  return TRUE;
}

gboolean
gen_graph_free_batch (GenGraph *graph, gint64 *batch, GError **error)
{
  if (!find_batch (graph, batch, error))
    return FALSE;
  for (guint i = 0; i < graph->nodes->len; i++)
    if (gen_shrink_is (g_ptr_array_index (graph->nodes, i), "Reshape"))
      free_shape (graph, g_ptr_array_index (graph->nodes, i), *batch);
  if (!check_outputs (graph, *batch, error))
    return FALSE;
  for (guint i = 0; i < graph->inputs->len; i++)
    name_batch (g_ptr_array_index (graph->inputs, i));
  for (guint i = 0; i < graph->outputs->len; i++)
    name_batch (g_ptr_array_index (graph->outputs, i));
  return TRUE;
}
