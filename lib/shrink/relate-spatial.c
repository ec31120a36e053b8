/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What works on the extents behind the channels, and leaves channels to themselves. */
#include "relation.h"

#include <generative/operator.h>

/* Pooling: [batch, channels, …]. */
static gboolean
relate_pool (GenChannels *channels, const GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0);

  for (guint i = 0; i < node->outputs->len; i++) {
    GenTensor *y = gen_node_output (node, i);

    if (y == NULL)
      continue;
    gen_channels_unite_axes (channels, x, 0, y, 0);
    gen_channels_unite_axes (channels, x, 1, y, 1);
    gen_channels_fix_from (channels, y, 2);
  }
  gen_channels_fix_from (channels, x, 2);
  return TRUE;
}

/* Extents that stay what they are pass, and others stay. */
static void
unite_unchanged (GenChannels *channels, GenTensor *x, GenTensor *y)
{
  for (int d = 0; d < gen_channels_shape (channels, x)->rank; d++)
    gen_channels_unite_axes (channels, x, d, y, d);
}

/* Which axes `axes` names, of as many as there are where it is not there. */
static gboolean
read_axes (GenChannels *channels, const GenNode *node, guint input, gint64 *axes, int *n)
{
  const int rank = gen_channels_shape (channels, gen_node_input (node, 0))->rank;
  const GenTensor *given = gen_node_input (node, input);

  if (!gen_channels_ints (node, "axes", input, axes, n))
    return FALSE;
  if (*n == 0 && given == NULL)
    for (*n = 0; *n < rank; (*n)++)
      axes[*n] = *n;
  for (int i = 0; i < *n; i++) {
    axes[i] = gen_axis (axes[i], rank);
    if (axes[i] < 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
relate_pad (GenChannels *channels, const GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  gint64 pads[GEN_MAX_RANK * 2], axes[GEN_MAX_RANK * 2];
  int n_pads, n;

  if (!gen_channels_ints (node, "pads", 1, pads, &n_pads) ||
      !read_axes (channels, node, 3, axes, &n) || n_pads != 2 * n)
    return FALSE;
  for (int i = 0; i < n; i++)
    if (pads[i] != 0 || pads[n + i] != 0) {
      gen_channels_fix (channels, x, (int)axes[i]);
      gen_channels_fix (channels, y, (int)axes[i]);
    }
  unite_unchanged (channels, x, y);
  return TRUE;
}

/* Sizes that are numbers, not scales, are cut. */
static gboolean
relate_resize (GenChannels *channels, const GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  const GenTensor *sizes = gen_node_input (node, 3);
  const char *how = gen_node_string (node, "coordinate_transformation_mode", "");

  if (g_str_equal (how, "tf_crop_and_resize") ||
      (sizes != NULL &&
          (gen_node_ints (node, "axes", &(int){ 0 }) != NULL || !gen_channels_is_constant (sizes))))
    return FALSE;
  unite_unchanged (channels, x, y);
  return TRUE;
}

static void
cut_resize (const GenChannelCut *cut, const GenNode *node, GenNode *to)
{
  const GenTensor *sizes = gen_node_input (node, 3), *y = gen_node_output (node, 0);
  const int rank = gen_channels_shape (cut->channels, y)->rank;
  gint64 extents[GEN_MAX_RANK];

  if (sizes == NULL)
    return;
  for (int d = 0; d < rank; d++)
    extents[d] = gen_channel_cut_extent (cut, y, d);
  gen_channel_cut_set_ints (cut, to, 3, GEN_TYPE_INT64, extents, rank);
}

/* Channels of one place from those of blocksize^2 places, or the other way round: `many` has
 * blocksize^2 channels for each of `few`. `blocks_first`: all channels of one place of the block
 * are behind each other. */
static void
unite_blocks (GenChannels *channels, GenTensor *many, GenTensor *few, gboolean blocks_first)
{
  const gint64 n = gen_channels_extent (channels, few, 1);
  const gint64 places = gen_channels_extent (channels, many, 1) / MAX (n, 1);

  gen_channels_unite_axes (channels, many, 0, few, 0);
  for (gint64 c = 0; c < n; c++)
    for (gint64 p = 0; p < places; p++)
      gen_channels_unite (channels, few, 1, c, many, 1, blocks_first ? p * n + c : c * places + p);
  gen_channels_fix_from (channels, many, 2);
  gen_channels_fix_from (channels, few, 2);
}

static gboolean
relate_depth_to_space (GenChannels *channels, const GenNode *node)
{
  unite_blocks (channels, gen_node_input (node, 0), gen_node_output (node, 0),
      !g_str_equal (gen_node_string (node, "mode", "DCR"), "CRD"));
  return TRUE;
}

static gboolean
relate_space_to_depth (GenChannels *channels, const GenNode *node)
{
  unite_blocks (channels, gen_node_output (node, 0), gen_node_input (node, 0), TRUE);
  return TRUE;
}

const GenChannelRelation gen_channel_relations_spatial[] = {
  { .op = "MaxPool", .relate = relate_pool },
  { .op = "AveragePool", .relate = relate_pool },
  { .op = "LpPool", .relate = relate_pool },
  { .op = "GlobalAveragePool", .relate = relate_pool },
  { .op = "GlobalMaxPool", .relate = relate_pool },
  { .op = "Pad", .relate = relate_pad },
  { .op = "Resize", .relate = relate_resize, .cut = cut_resize },
  { .op = "DepthToSpace", .relate = relate_depth_to_space },
  { .op = "SpaceToDepth", .relate = relate_space_to_depth },
  { NULL },
};
