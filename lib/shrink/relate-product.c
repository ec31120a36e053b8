/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Products of matrices: columns of the right one are made, and rows of it read what is made on the
 * left; both may be computed, as in attention. */
#include "relation.h"

static void
mark_factors (GenChannels *channels, GenTensor *a, int rows_a, int columns_a, GenTensor *b,
    int rows_b, int columns_b)
{
  if (gen_channels_is_constant (b)) {
    gen_channels_mark (channels, b, columns_b, GEN_CHANNEL_MADE);
    gen_channels_mark (channels, b, rows_b, GEN_CHANNEL_READ);
  } else if (gen_channels_is_constant (a)) {
    gen_channels_mark (channels, a, rows_a, GEN_CHANNEL_MADE);
    gen_channels_mark (channels, a, columns_a, GEN_CHANNEL_READ);
  }
}

/* Extents in front of the matrices are broadcast. */
static void
unite_batch (GenChannels *channels, GenTensor *x, GenTensor *y)
{
  const int rank = gen_channels_shape (channels, x)->rank;
  const int skip = gen_channels_shape (channels, y)->rank - rank;

  for (int d = 0; d < rank - 2; d++) {
    if (gen_channels_extent (channels, x, d) == gen_channels_extent (channels, y, d + skip))
      gen_channels_unite_axes (channels, x, d, y, d + skip);
    else
      gen_channels_fix (channels, x, d);
  }
}

static gboolean
relate_matmul (GenChannels *channels, const GenNode *node)
{
  GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1),
            *y = gen_node_output (node, 0);
  const int rank_a = gen_channels_shape (channels, a)->rank;
  const int rank_b = gen_channels_shape (channels, b)->rank;
  const int rank = gen_channels_shape (channels, y)->rank;

  if (rank_a < 2 || rank_b < 2)
    return FALSE;
  unite_batch (channels, a, y);
  unite_batch (channels, b, y);
  gen_channels_unite_axes (channels, a, rank_a - 2, y, rank - 2);
  gen_channels_unite_axes (channels, b, rank_b - 1, y, rank - 1);
  gen_channels_unite_axes (channels, a, rank_a - 1, b, rank_b - 2);
  mark_factors (channels, a, rank_a - 2, rank_a - 1, b, rank_b - 2, rank_b - 1);
  return TRUE;
}

static gboolean
relate_gemm (GenChannels *channels, const GenNode *node)
{
  GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1),
            *y = gen_node_output (node, 0);
  const int rows_a = gen_node_int (node, "transA", 0) != 0 ? 1 : 0;
  const int rows_b = gen_node_int (node, "transB", 0) != 0 ? 1 : 0;

  gen_channels_unite_axes (channels, a, rows_a, y, 0);
  gen_channels_unite_axes (channels, b, 1 - rows_b, y, 1);
  gen_channels_unite_axes (channels, a, 1 - rows_a, b, rows_b);
  if (gen_node_input (node, 2) != NULL)
    gen_channels_unite_broadcast (channels, gen_node_input (node, 2), y);
  mark_factors (channels, a, rows_a, 1 - rows_a, b, rows_b, 1 - rows_b);
  return TRUE;
}

const GenChannelRelation gen_channel_relations_product[] = {
  { .op = "MatMul", .relate = relate_matmul },
  { .op = "Gemm", .relate = relate_gemm },
  { NULL },
};
