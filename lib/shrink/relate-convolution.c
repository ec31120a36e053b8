/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions. A filter of each channel by itself goes with the channel; of other groups of
 * channels all that are in one go together, and their filters with them, since each filter sees
 * as many. */
#include "relation.h"

/* Channels `first` to `first` + `n` of `x` go with those of y and with the rows of the weights. */
static void
unite_group (GenChannels *channels, GenTensor *x, gint64 x_first, gint64 x_n, GenTensor *y,
    gint64 y_first, gint64 y_n)
{
  gen_channels_unite_run (channels, x, 1, x_first, x_n);
  gen_channels_unite_run (channels, y, 1, y_first, y_n);
  gen_channels_unite (channels, x, 1, x_first, y, 1, y_first);
}

static void
unite_groups (GenChannels *channels, gint64 groups, GenTensor *x, GenTensor *y)
{
  const gint64 taken = gen_channels_extent (channels, x, 1) / groups;
  const gint64 made = gen_channels_extent (channels, y, 1) / groups;

  for (gint64 g = 0; g < groups; g++)
    unite_group (channels, x, g * taken, taken, y, g * made, made);
}

static void
fix_extents (GenChannels *channels, GenTensor *x, GenTensor *w, GenTensor *y)
{
  gen_channels_unite_axes (channels, x, 0, y, 0);
  gen_channels_fix_from (channels, x, 2);
  gen_channels_fix_from (channels, w, 2);
  gen_channels_fix_from (channels, y, 2);
}

static gboolean
relate_bias (GenChannels *channels, const GenNode *node, GenTensor *y)
{
  GenTensor *bias = gen_node_input (node, 2);

  if (bias != NULL)
    gen_channels_unite_axes (channels, bias, 0, y, 1);
  return TRUE;
}

/* `made` and `read`: the axes of the weights that are the channels of y and x. */
static gboolean
relate_weights (GenChannels *channels, const GenNode *node, int made, int read)
{
  GenTensor *x = gen_node_input (node, 0), *w = gen_node_input (node, 1),
            *y = gen_node_output (node, 0);
  const gint64 groups = gen_node_int (node, "group", 1);
  const int rank = gen_channels_shape (channels, x)->rank;

  if (rank < 3 || gen_channels_shape (channels, w)->rank != rank || groups < 1)
    return FALSE;
  fix_extents (channels, x, w, y);
  if (groups == 1) {
    gen_channels_unite_axes (channels, w, made, y, 1);
    gen_channels_unite_axes (channels, w, read, x, 1);
    if (gen_channels_is_constant (w)) {
      gen_channels_mark (channels, w, made, GEN_CHANNEL_MADE);
      gen_channels_mark (channels, w, read, GEN_CHANNEL_READ);
    }
    return relate_bias (channels, node, y);
  }
  unite_groups (channels, groups, x, y);
  gen_channels_unite_axes (channels, w, 0, made == 0 ? y : x, 1);
  gen_channels_fix (channels, w, 1);
  return relate_bias (channels, node, y);
}

static gboolean
relate_conv (GenChannels *channels, const GenNode *node)
{
  return relate_weights (channels, node, 0, 1);
}

static gboolean
relate_transposed (GenChannels *channels, const GenNode *node)
{
  return relate_weights (channels, node, 1, 0);
}

/* Each group has as many rows of the weights as before. */
static void
cut_groups (const GenChannelCut *cut, const GenNode *node, GenNode *to)
{
  const GenTensor *w = gen_node_input (node, 1);
  const gint64 groups = gen_node_int (node, "group", 1);
  const gint64 rows = gen_channels_extent (cut->channels, w, 0);

  if (groups > 1)
    gen_node_set_int (to, "group", gen_channel_cut_extent (cut, w, 0) / (rows / groups));
}

const GenChannelRelation gen_channel_relations_convolution[] = {
  { .op = "Conv", .relate = relate_conv, .cut = cut_groups },
  { .op = "ConvTranspose", .relate = relate_transposed, .cut = cut_groups },
  { NULL },
};
