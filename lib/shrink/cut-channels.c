/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A copy of the graph without some of its channels. */
#include <string.h>

#include "channels-private.h"

gboolean
gen_channel_cut_has (const GenChannelCut *cut, const GenTensor *tensor, int axis, gint64 index)
{
  return !cut->gone[gen_channels_root (cut->channels, tensor, axis, index)];
}

gint64
gen_channel_cut_count (
    const GenChannelCut *cut, const GenTensor *tensor, int axis, gint64 first, gint64 n)
{
  gint64 left = 0;

  for (gint64 i = 0; i < n; i++)
    left += gen_channel_cut_has (cut, tensor, axis, first + i);
  return left;
}

gint64
gen_channel_cut_extent (const GenChannelCut *cut, const GenTensor *tensor, int axis)
{
  return gen_channel_cut_count (
      cut, tensor, axis, 0, gen_channels_extent (cut->channels, tensor, axis));
}

void
gen_channel_cut_set_ints (const GenChannelCut *cut, GenNode *to, guint input, GenDataType type,
    const gint64 *values, int n)
{
  g_autofree char *name = g_strdup_printf ("%s.%u", gen_node_output (to, 0)->name, input);
  g_autofree gint32 *narrow = g_new (gint32, MAX (n, 1));
  GBytes *data;

  for (int i = 0; i < n; i++)
    narrow[i] = (gint32)CLAMP (values[i], G_MININT32, G_MAXINT32);
  data = type == GEN_TYPE_INT32 ? g_bytes_new (narrow, (gsize)n * sizeof *narrow)
                                : g_bytes_new (values, (gsize)n * sizeof *values);
  while (to->inputs->len <= input)
    g_ptr_array_add (to->inputs, NULL);
  to->inputs->pdata[input] = gen_graph_add_constant (cut->graph, name, type, &GEN_SHAPE (n), data);
}

/* `data`, elements of `size` in `shape`, without what goes along `axis`. (transfer full) */
static guint8 *
cut_axis (const GenChannelCut *cut, const GenTensor *tensor, const guint8 *data, gsize size,
    const GenShape *shape, int axis, gint64 left)
{
  const gsize inner = size * (gsize)gen_shape_product (shape, axis + 1, shape->rank);
  const gint64 outer = gen_shape_product (shape, 0, axis);
  guint8 *result = g_malloc (MAX (1, (gsize)(outer * left) * inner)), *to = result;

  for (gint64 o = 0; o < outer; o++)
    for (gint64 i = 0; i < shape->dims[axis]; i++) {
      if (!gen_channel_cut_has (cut, tensor, axis, i))
        continue;
      memcpy (to, data + (gsize)(o * shape->dims[axis] + i) * inner, inner);
      to += inner;
    }
  return result;
}

/* `to`, the copy of the constant `tensor`, without what goes. */
static void
cut_constant (const GenChannelCut *cut, const GenTensor *tensor, GenTensor *to)
{
  const gsize size = gen_data_type_size (tensor->type);

  for (int d = 0; d < tensor->shape.rank; d++) {
    const gint64 left = gen_channel_cut_extent (cut, tensor, d);
    guint8 *data;

    if (left == to->shape.dims[d])
      continue;
    data = cut_axis (cut, tensor, g_bytes_get_data (to->data, NULL), size, &to->shape, d, left);
    to->shape.dims[d] = left;
    g_bytes_unref (to->data);
    to->data = g_bytes_new_take (data, (gsize)gen_shape_elements (&to->shape) * size);
  }
}

/* Each layer must keep a channel. */
static gboolean
check_axes (const GenChannelCut *cut, const GenTensor *tensor, GError **error)
{
  const GenShape *shape = gen_channels_shape (cut->channels, tensor);

  if (!g_hash_table_contains (cut->channels->axes, tensor))
    return TRUE;
  for (int d = 0; d < shape->rank; d++)
    if (shape->dims[d] > 0 && gen_channel_cut_extent (cut, tensor, d) == 0) {
      g_set_error (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING,
          "nothing would be left of '%s' along axis %d; each layer must keep a channel",
          tensor->name, d);
      return FALSE;
    }
  return TRUE;
}

static gboolean
cut_tensors (const GenChannelCut *cut, GError **error)
{
  const GPtrArray *tensors = cut->channels->graph->tensors;

  for (guint i = 0; i < tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (tensors, i);
    GenTensor *to = gen_graph_find (cut->graph, tensor->name);

    if (!check_axes (cut, tensor, error))
      return FALSE;
    if (to != NULL && gen_channels_is_constant (tensor) &&
        g_hash_table_contains (cut->channels->axes, tensor))
      cut_constant (cut, tensor, to);
    /* Shapes that the file says of values within it may not hold any more. */
    if (to != NULL && to->role == GEN_ROLE_VALUE &&
        !g_ptr_array_find (cut->graph->outputs, to, NULL))
      to->shape = GEN_SHAPE_UNKNOWN;
  }
  return TRUE;
}

GenGraph *
gen_channels_cut (const GenChannels *channels, const gboolean *gone, GError **error)
{
  g_autofree guint8 *gone_roots = g_new0 (guint8, channels->parents->len);
  g_autoptr (GenGraph) graph = gen_graph_copy (channels->graph);
  const GenChannelCut cut = { channels, gone_roots, graph };
  const GPtrArray *nodes = channels->graph->nodes;

  for (guint i = 0; i < channels->roots->len; i++)
    gone_roots[g_array_index (channels->roots, guint, i)] = gone[i] ? 1 : 0;
  if (!cut_tensors (&cut, error))
    return NULL;
  for (guint i = 0; i < nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (nodes, i);
    const GenChannelRelation *relation = gen_channel_relation_find (node);

    if (relation != NULL && relation->cut != NULL &&
        g_hash_table_contains (channels->related, node))
      relation->cut (&cut, node, g_ptr_array_index (graph->nodes, i));
  }
  return g_steal_pointer (&graph);
}
