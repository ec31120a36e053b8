/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results of which each element hangs on those at its place alone: channels pass, and what
 * broadcasting puts beside each other goes together. */
#include "relation.h"

static gboolean
relate (GenChannels *channels, const GenNode *node)
{
  GenTensor *y = gen_node_output (node, 0);

  if (y == NULL)
    return FALSE;
  for (guint i = 0; i < node->inputs->len; i++)
    if (gen_node_input (node, i) != NULL)
      gen_channels_unite_broadcast (channels, gen_node_input (node, i), y);
  for (guint i = 1; i < node->outputs->len; i++)
    if (gen_node_output (node, i) != NULL)
      gen_channels_unite_broadcast (channels, gen_node_output (node, i), y);
  return TRUE;
}

/* QuantizeLinear and DequantizeLinear: one scale, or one for each index of an axis. */
static gboolean
relate_quantized (GenChannels *channels, const GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  const int rank = gen_channels_shape (channels, x)->rank;
  const int axis = rank > 0 ? gen_channels_axis_of (channels, node, "axis", rank > 1 ? 1 : 0) : 0;

  if (gen_node_int (node, "block_size", 0) != 0 || axis < 0)
    return FALSE;
  gen_channels_unite_broadcast (channels, x, y);
  for (guint i = 1; i < node->inputs->len; i++) {
    GenTensor *scale = gen_node_input (node, i);

    if (scale == NULL)
      continue;
    if (gen_channels_shape (channels, scale)->rank > 1)
      return FALSE;
    if (gen_channels_shape (channels, scale)->rank == 1)
      gen_channels_unite_axes (channels, scale, 0, x, axis);
  }
  return TRUE;
}

const GenChannelRelation gen_channel_relations_elementwise[] = {
  { .op = "Identity", .relate = relate },
  { .op = "Cast", .relate = relate },
  { .op = "Dropout", .relate = relate },
  { .op = "PRelu", .relate = relate },
  { .op = "Where", .relate = relate },
  { .op = "Gelu", .relate = relate },
  { .op = "QuantizeLinear", .relate = relate_quantized },
  { .op = "DequantizeLinear", .relate = relate_quantized },
  { NULL },
};
