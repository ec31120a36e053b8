/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is summed up, compared or shared out along axes: these stay, and channels pass along all
 * others. */
#include "relation.h"

#include <generative/operator.h>

/* Before opset 13 what follows the axis was one with it. */
#define OPSET_OF_ONE_AXIS 13

/* As many extents come out as go in. */
static gboolean
relate_softmax (GenChannels *channels, const GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0);
  const int axis =
      gen_channels_axis_of (channels, node, "axis", node->opset < OPSET_OF_ONE_AXIS ? 1 : -1);

  if (axis < 0)
    return FALSE;
  gen_channels_unite_broadcast (channels, x, gen_node_output (node, 0));
  if (node->opset < OPSET_OF_ONE_AXIS)
    gen_channels_fix_from (channels, x, axis);
  else
    gen_channels_fix (channels, x, axis);
  return TRUE;
}

static void
relate_reduced (GenChannels *channels, const GenNode *node, const gboolean *reduced)
{
  GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  const gboolean keeps = gen_node_int (node, "keepdims", 1) != 0;
  int to = 0;

  for (int d = 0; d < gen_channels_shape (channels, x)->rank; d++) {
    if (reduced[d]) {
      gen_channels_fix (channels, x, d);
      if (keeps)
        gen_channels_fix (channels, y, to);
    } else
      gen_channels_unite_axes (channels, x, d, y, to);
    to += keeps || !reduced[d] ? 1 : 0;
  }
}

static gboolean
relate_reduce (GenChannels *channels, const GenNode *node)
{
  const int rank = gen_channels_shape (channels, gen_node_input (node, 0))->rank;
  gboolean reduced[GEN_MAX_RANK] = { FALSE };
  gint64 axes[GEN_MAX_RANK * 2];
  int n;

  if (!gen_channels_ints (node, "axes", 1, axes, &n))
    return FALSE;
  for (int i = 0; i < n; i++)
    if (gen_axis (axes[i], rank) >= 0)
      reduced[gen_axis (axes[i], rank)] = TRUE;
  if (n == 0 && gen_node_int (node, "noop_with_empty_axes", 0) == 0)
    for (int d = 0; d < rank; d++)
      reduced[d] = TRUE;
  relate_reduced (channels, node, reduced);
  return TRUE;
}

/* ArgMax and ArgMin. */
static gboolean
relate_arg (GenChannels *channels, const GenNode *node)
{
  const int axis = gen_channels_axis_of (channels, node, "axis", 0);
  gboolean reduced[GEN_MAX_RANK] = { FALSE };

  if (axis < 0)
    return FALSE;
  reduced[axis] = TRUE;
  relate_reduced (channels, node, reduced);
  return TRUE;
}

const GenChannelRelation gen_channel_relations_reduction[] = {
  { .op = "Softmax", .relate = relate_softmax },
  { .op = "LogSoftmax", .relate = relate_softmax },
  { .op = "Hardmax", .relate = relate_softmax },
  { .op = "ReduceMean", .relate = relate_reduce },
  { .op = "ReduceSum", .relate = relate_reduce },
  { .op = "ReduceMax", .relate = relate_reduce },
  { .op = "ReduceMin", .relate = relate_reduce },
  { .op = "ReduceProd", .relate = relate_reduce },
  { .op = "ReduceL1", .relate = relate_reduce },
  { .op = "ReduceL2", .relate = relate_reduce },
  { .op = "ReduceSumSquare", .relate = relate_reduce },
  { .op = "ReduceLogSumExp", .relate = relate_reduce },
  { .op = "ArgMax", .relate = relate_arg },
  { .op = "ArgMin", .relate = relate_arg },
  { NULL },
};
