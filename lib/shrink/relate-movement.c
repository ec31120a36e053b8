/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What moves channels, or some of them, to another place. */
#include "relation.h"

#include <generative/operator.h>

/* From opset 13 on sizes are an input. */
#define OPSET_OF_SPLIT_INPUT 13

static gboolean
relate_transpose (GenChannels *channels, const GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  const int rank = gen_channels_shape (channels, x)->rank;
  int n;
  const gint64 *order = gen_node_ints (node, "perm", &n);

  for (int d = 0; d < rank; d++)
    gen_channels_unite_axes (channels, x, order != NULL ? (int)order[d] : rank - 1 - d, y, d);
  return TRUE;
}

/* Axes but `axis` of `part` go with those of `whole`, and along it what is at `first` and behind.
 */
static void
unite_part (GenChannels *channels, GenTensor *part, GenTensor *whole, int axis, gint64 first)
{
  for (int d = 0; d < gen_channels_shape (channels, part)->rank; d++)
    if (d != axis)
      gen_channels_unite_axes (channels, part, d, whole, d);
  for (gint64 i = 0; i < gen_channels_extent (channels, part, axis); i++)
    gen_channels_unite (channels, part, axis, i, whole, axis, first + i);
}

/* Those of `parts` lie in `whole` behind each other. */
static void
unite_parts (GenChannels *channels, const GPtrArray *parts, GenTensor *whole, int axis)
{
  gint64 first = 0;

  for (guint i = 0; i < parts->len; i++) {
    unite_part (channels, g_ptr_array_index (parts, i), whole, axis, first);
    first += gen_channels_extent (channels, g_ptr_array_index (parts, i), axis);
  }
}

static gboolean
relate_concat (GenChannels *channels, const GenNode *node)
{
  const int axis = gen_channels_axis_of (channels, node, "axis", 0);

  if (axis < 0)
    return FALSE;
  unite_parts (channels, node->inputs, gen_node_output (node, 0), axis);
  return TRUE;
}

static gboolean
relate_split (GenChannels *channels, const GenNode *node)
{
  const int axis = gen_channels_axis_of (channels, node, "axis", 0);

  if (axis < 0 || node->outputs->len > GEN_MAX_RANK * 2 ||
      g_ptr_array_find (node->outputs, NULL, NULL) ||
      (gen_node_input (node, 1) != NULL && !gen_channels_is_constant (gen_node_input (node, 1))))
    return FALSE;
  unite_parts (channels, node->outputs, gen_node_input (node, 0), axis);
  return TRUE;
}

static void
remove_attribute (GenNode *node, const char *name)
{
  for (guint i = node->attributes->len; i-- > 0;)
    if (g_str_equal (((const GenAttribute *)node->attributes->pdata[i])->name, name))
      g_ptr_array_remove_index (node->attributes, i);
}

/* Parts that were equal may not be any more. */
static void
cut_split (const GenChannelCut *cut, const GenNode *node, GenNode *to)
{
  const int axis = gen_channels_axis_of (cut->channels, node, "axis", 0);
  gint64 sizes[GEN_MAX_RANK * 2];
  gboolean changed = FALSE;

  for (guint i = 0; i < node->outputs->len; i++) {
    sizes[i] = gen_channel_cut_extent (cut, gen_node_output (node, i), axis);
    changed =
        changed || sizes[i] != gen_channels_extent (cut->channels, gen_node_output (node, i), axis);
  }
  if (!changed)
    return;
  if (node->opset < OPSET_OF_SPLIT_INPUT) {
    gen_node_set_ints (to, "split", sizes, (int)node->outputs->len);
    return;
  }
  remove_attribute (to, "num_outputs");
  gen_channel_cut_set_ints (cut, to, 1, GEN_TYPE_INT64, sizes, (int)node->outputs->len);
}

/* Where Slice begins along an axis, counted from 0, in an axis of `extent`. */
static gint64
bound (gint64 value, gint64 extent)
{
  return CLAMP (value < 0 ? value + extent : value, 0, extent);
}

typedef struct {
  gint64 starts[GEN_MAX_RANK * 2], ends[GEN_MAX_RANK * 2], axes[GEN_MAX_RANK * 2],
      steps[GEN_MAX_RANK * 2];
  int n;
} Slices;

/* From opset 10 on all of it is inputs. */
static gboolean
read_slices (const GenChannels *channels, const GenNode *node, Slices *slices)
{
  const int rank = gen_channels_shape (channels, gen_node_input (node, 0))->rank;
  int n_ends, n_axes, n_steps;

  if (!gen_channels_ints (node, "starts", 1, slices->starts, &slices->n) ||
      !gen_channels_ints (node, "ends", 2, slices->ends, &n_ends) ||
      !gen_channels_ints (node, "axes", 3, slices->axes, &n_axes) ||
      !gen_channels_ints (node, "steps", 4, slices->steps, &n_steps) || n_ends != slices->n ||
      (n_axes != 0 && n_axes != slices->n) || (n_steps != 0 && n_steps != slices->n))
    return FALSE;
  for (int i = 0; i < slices->n; i++) {
    slices->axes[i] = n_axes > 0 ? gen_axis (slices->axes[i], rank) : i;
    slices->steps[i] = n_steps > 0 ? slices->steps[i] : 1;
    if (slices->axes[i] < 0 || slices->axes[i] >= rank)
      return FALSE;
  }
  return TRUE;
}

/* Along an axis whose step is 1 channels pass, others stay. */
static gboolean
relate_slice (GenChannels *channels, const GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0), *y = gen_node_output (node, 0);
  gint64 first[GEN_MAX_RANK] = { 0 };
  Slices slices;

  if (!read_slices (channels, node, &slices))
    return FALSE;
  for (int i = 0; i < slices.n; i++) {
    const int axis = (int)slices.axes[i];

    first[axis] = bound (slices.starts[i], gen_channels_extent (channels, x, axis));
    if (slices.steps[i] == 1)
      continue;
    gen_channels_fix (channels, x, axis);
    gen_channels_fix (channels, y, axis);
    first[axis] = -1;
  }
  for (int d = 0; d < gen_channels_shape (channels, x)->rank; d++)
    for (gint64 i = 0; first[d] >= 0 && i < gen_channels_extent (channels, y, d); i++)
      gen_channels_unite (channels, x, d, first[d] + i, y, d, i);
  return TRUE;
}

static void
cut_slice (const GenChannelCut *cut, const GenNode *node, GenNode *to)
{
  const GenTensor *x = gen_node_input (node, 0);
  Slices slices;

  if (!read_slices (cut->channels, node, &slices))
    return;
  for (int i = 0; i < slices.n; i++) {
    const int axis = (int)slices.axes[i];
    const gint64 extent = gen_channels_extent (cut->channels, x, axis);

    if (gen_channel_cut_extent (cut, x, axis) == extent)
      continue;
    slices.starts[i] = gen_channel_cut_count (cut, x, axis, 0, bound (slices.starts[i], extent));
    slices.ends[i] = gen_channel_cut_count (cut, x, axis, 0, bound (slices.ends[i], extent));
  }
  if (gen_node_attribute (node, "starts") != NULL) {
    gen_node_set_ints (to, "starts", slices.starts, slices.n);
    gen_node_set_ints (to, "ends", slices.ends, slices.n);
    return;
  }
  gen_channel_cut_set_ints (cut, to, 1, gen_node_input (node, 1)->type, slices.starts, slices.n);
  gen_channel_cut_set_ints (cut, to, 2, gen_node_input (node, 2)->type, slices.ends, slices.n);
}

/* Rows of a table by indices that are computed, as embeddings are: which rows there are stays, and
 * what is in one passes. */
static gboolean
relate_gather (GenChannels *channels, const GenNode *node)
{
  GenTensor *x = gen_node_input (node, 0), *indices = gen_node_input (node, 1),
            *y = gen_node_output (node, 0);
  const int axis = gen_channels_axis_of (channels, node, "axis", 0);
  const int rank = gen_channels_shape (channels, x)->rank;
  const int n = gen_channels_shape (channels, indices)->rank;

  if (axis < 0)
    return FALSE;
  gen_channels_fix (channels, x, axis);
  gen_channels_fix_from (channels, indices, 0);
  for (int d = 0; d < n; d++)
    gen_channels_fix (channels, y, axis + d);
  for (int d = 0; d < rank; d++)
    if (d != axis)
      gen_channels_unite_axes (channels, x, d, y, d < axis ? d : d + n - 1);
  if (gen_channels_is_constant (x) && axis == 0 && rank == 2)
    gen_channels_mark (channels, x, 1, GEN_CHANNEL_MADE);
  return TRUE;
}

/* To extents that are said. */
static gboolean
relate_expand (GenChannels *channels, const GenNode *node)
{
  if (!gen_channels_is_constant (gen_node_input (node, 1)))
    return FALSE;
  gen_channels_unite_broadcast (channels, gen_node_input (node, 0), gen_node_output (node, 0));
  return TRUE;
}

static void
cut_expand (const GenChannelCut *cut, const GenNode *node, GenNode *to)
{
  const GenTensor *y = gen_node_output (node, 0);
  const int rank = gen_channels_shape (cut->channels, y)->rank;
  gint64 extents[GEN_MAX_RANK];
  int n;

  if (!gen_tensor_ints (gen_node_input (node, 1), extents, GEN_MAX_RANK, &n))
    return;
  for (int i = 0; i < n; i++) {
    const int axis = rank - n + i;

    if (gen_channel_cut_extent (cut, y, axis) != gen_channels_extent (cut->channels, y, axis))
      extents[i] = gen_channel_cut_extent (cut, y, axis);
  }
  gen_channel_cut_set_ints (cut, to, 1, GEN_TYPE_INT64, extents, n);
}

/* Whoever asks how large something is gets what is left; what was known before is constant. */
static gboolean
relate_shape (GenChannels *channels, const GenNode *node)
{
  gen_channels_fix_from (channels, gen_node_output (node, 0), 0);
  return TRUE;
}

const GenChannelRelation gen_channel_relations_movement[] = {
  { .op = "Transpose", .relate = relate_transpose },
  { .op = "Concat", .relate = relate_concat },
  { .op = "Split", .relate = relate_split, .cut = cut_split },
  { .op = "Slice", .relate = relate_slice, .cut = cut_slice },
  { .op = "Gather", .relate = relate_gather },
  { .op = "Expand", .relate = relate_expand, .cut = cut_expand },
  { .op = "Shape", .relate = relate_shape },
  { NULL },
};
