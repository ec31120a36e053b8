/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Normalisations: of each channel by itself they go with it; of a group of channels all of these go
 * together, since its mean is that of all; over an axis, as LayerNormalization is, the axis stays.
 */
#include "relation.h"

#include <generative/operator.h>

static void
unite_results (GenChannels *channels, const GenNode *node)
{
  gen_channels_unite_broadcast (channels, gen_node_input (node, 0), gen_node_output (node, 0));
}

/* Inputs from 1 on are [channels], the first of them the scale. */
static gboolean
relate_each (GenChannels *channels, const GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0);

  for (guint i = 1; i < node->outputs->len; i++)
    if (gen_node_output (node, i) != NULL)
      return FALSE;
  if (gen_channels_shape (channels, x)->rank < 2)
    return FALSE;
  unite_results (channels, node);
  for (guint i = 1; i < node->inputs->len; i++)
    gen_channels_unite_axes (channels, gen_node_input (node, i), 0, x, 1);
  if (gen_channels_is_constant (gen_node_input (node, 1)))
    gen_channels_mark (channels, gen_node_input (node, 1), 0, GEN_CHANNEL_SCALED);
  return TRUE;
}

/* The statistics of an instance are those of its extents. */
static gboolean
relate_instance (GenChannels *channels, const GenNode *node)
{
  gen_channels_fix_from (channels, gen_node_input (node, 0), 2);
  return relate_each (channels, node);
}

/* Scale and bias are for each group until opset 20, for each channel from 21 on. */
static gboolean
relate_group (GenChannels *channels, const GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0);
  const gint64 groups = gen_node_int (node, "num_groups", 1);
  const gint64 n = gen_channels_extent (channels, x, 1) / MAX (groups, 1);

  if (groups < 1 || n < 1)
    return FALSE;
  unite_results (channels, node);
  gen_channels_fix_from (channels, x, 2);
  for (gint64 g = 0; g < groups; g++)
    gen_channels_unite_run (channels, x, 1, g * n, n);
  for (guint i = 1; i < 3; i++) {
    GenTensor *scale = gen_node_input (node, i);

    if (gen_channels_extent (channels, scale, 0) == n * groups)
      gen_channels_unite_axes (channels, scale, 0, x, 1);
    else
      for (gint64 g = 0; g < groups; g++)
        gen_channels_unite (channels, scale, 0, g, x, 1, g * n);
  }
  return TRUE;
}

static void
cut_group (const GenChannelCut *cut, const GenNode *node, GenNode *to)
{
  const GenTensor *x = gen_node_input (node, 0);
  const gint64 groups = gen_node_int (node, "num_groups", 1);
  const gint64 n = gen_channels_extent (cut->channels, x, 1) / groups;

  gen_node_set_int (to, "num_groups", gen_channel_cut_extent (cut, x, 1) / n);
}

/* All extents from `axis` on stay. */
static gboolean
relate_layer (GenChannels *channels, const GenNode *node)
{
  const int axis = gen_channels_axis_of (channels, node, "axis", -1);

  if (axis < 0)
    return FALSE;
  unite_results (channels, node);
  gen_channels_fix_from (channels, gen_node_input (node, 0), axis);
  for (guint i = 1; i < node->inputs->len; i++)
    if (gen_node_input (node, i) != NULL)
      gen_channels_fix_from (channels, gen_node_input (node, i), 0);
  for (guint i = 1; i < node->outputs->len; i++)
    if (gen_node_output (node, i) != NULL)
      return FALSE;
  return TRUE;
}

/* Sums over the channels around each. */
static gboolean
relate_over_channels (GenChannels *channels, const GenNode *node)
{
  unite_results (channels, node);
  gen_channels_fix (channels, gen_node_input (node, 0), 1);
  return TRUE;
}

const GenChannelRelation gen_channel_relations_normalization[] = {
  { .op = "BatchNormalization", .relate = relate_each },
  { .op = "InstanceNormalization", .relate = relate_instance },
  { .op = "GroupNormalization", .relate = relate_group, .cut = cut_group },
  { .op = "LayerNormalization", .relate = relate_layer },
  { .op = "RMSNormalization", .relate = relate_layer },
  { .op = "LRN", .relate = relate_over_channels },
  { NULL },
};
