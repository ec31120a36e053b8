/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which channels there are: places that only go together are united, node by node, by what the
 * relations (relation.h) say of operators. Which one of several extents carries the channels
 * through a Reshape can be said only where it is known which of them stay, so that views come
 * last. */
#include "channels-private.h"

#include <generative/operator.h>

G_DEFINE_QUARK (gen - channels - error - quark, gen_channels_error)

static gboolean
is_shaped (const GenChannels *channels, const GPtrArray *tensors)
{
  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);
    const GenShape *shape = tensor != NULL ? gen_channels_shape (channels, tensor) : NULL;

    if (tensor != NULL && (shape == NULL || !gen_shape_is_known (shape)))
      return FALSE;
  }
  return TRUE;
}

static void
fix_all (GenChannels *channels, const GPtrArray *tensors)
{
  for (guint i = 0; i < tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (tensors, i);
    const GenShape *shape = tensor != NULL ? gen_channels_shape (channels, tensor) : NULL;

    if (shape != NULL && gen_shape_is_known (shape))
      gen_channels_fix_from (channels, tensor, 0);
  }
}

static void
relate (GenChannels *channels, const GenNode *node, gboolean views)
{
  const GenChannelRelation *relation = gen_channel_relation_find (node);

  if ((relation != NULL && relation->is_view) != views)
    return;
  if (relation != NULL && relation->relate != NULL && is_shaped (channels, node->inputs) &&
      is_shaped (channels, node->outputs) && relation->relate (channels, node)) {
    g_hash_table_add (channels->related, (gpointer)node);
    return;
  }
  fix_all (channels, node->inputs);
  fix_all (channels, node->outputs);
}

static void
relate_all (GenChannels *channels)
{
  const GPtrArray *nodes = channels->graph->nodes;

  fix_all (channels, channels->graph->inputs);
  fix_all (channels, channels->graph->outputs);
  for (guint i = 0; i < nodes->len; i++)
    relate (channels, g_ptr_array_index (nodes, i), FALSE);
  for (guint i = 0; i < nodes->len; i++)
    relate (channels, g_ptr_array_index (nodes, i), TRUE);
  gen_channels_unite_views (channels);
}

/* --- channels --- */

static void
free_group (gpointer data)
{
  GenChannelGroup *group = data;

  g_array_unref (group->channels);
  g_ptr_array_unref (group->made);
  g_free (group);
}

static gboolean
is_quantized (const GenGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++)
    if (gen_channels_is (g_ptr_array_index (graph->nodes, i), "DequantizeLinear"))
      return TRUE;
  return FALSE;
}

GenChannels *
gen_channels_find (GenGraph *graph, GenGraph *shaped, GError **error)
{
  GenChannels *channels = g_new0 (GenChannels, 1);
  const guint stays = 0;

  channels->graph = gen_graph_ref (graph);
  channels->shaped = gen_graph_ref (shaped);
  channels->axes = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  channels->related = g_hash_table_new (NULL, NULL);
  channels->parents = g_array_new (FALSE, FALSE, sizeof (guint));
  channels->views = g_array_new (FALSE, FALSE, sizeof (GenViewPair));
  channels->marks = g_array_new (FALSE, FALSE, sizeof (GenChannelMark));
  channels->numbers = g_hash_table_new (NULL, NULL);
  channels->roots = g_array_new (FALSE, FALSE, sizeof (guint));
  channels->places = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  channels->groups = g_ptr_array_new_with_free_func (free_group);
  channels->staying = g_ptr_array_new ();
  g_array_append_val (channels->parents, stays);
  relate_all (channels);
  gen_channels_find_groups (channels);
  gen_channels_find_places (channels);
  if (channels->groups->len > 0)
    return channels;
  g_set_error_literal (error, GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_MODEL,
      is_quantized (graph)
          ? "no channel of the model can go: its weights are quantised; prune first, and quantise "
            "what is left"
          : "no channel of the model can go: none is made by one layer and read by another with "
            "only operators between them that keep channels apart");
  gen_channels_free (channels);
  return NULL;
}

void
gen_channels_free (GenChannels *channels)
{
  gen_graph_unref (channels->graph);
  gen_graph_unref (channels->shaped);
  g_hash_table_unref (channels->axes);
  g_hash_table_unref (channels->related);
  g_array_unref (channels->parents);
  g_array_unref (channels->views);
  g_array_unref (channels->marks);
  g_hash_table_unref (channels->numbers);
  g_array_unref (channels->roots);
  g_ptr_array_unref (channels->places);
  g_ptr_array_unref (channels->groups);
  g_ptr_array_unref (channels->staying);
  g_free (channels);
}

guint
gen_channels_count (const GenChannels *channels)
{
  return channels->roots->len;
}

guint
gen_channels_n_groups (const GenChannels *channels)
{
  return channels->groups->len;
}

const GenChannelGroup *
gen_channels_group (const GenChannels *channels, guint group)
{
  return g_ptr_array_index (channels->groups, group);
}

const GArray *
gen_channels_places (const GenChannels *channels, guint channel)
{
  return g_ptr_array_index (channels->places, channel);
}

const GPtrArray *
gen_channels_staying (const GenChannels *channels)
{
  return channels->staying;
}
