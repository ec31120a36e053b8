/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places of tensors, the extents of their axes one by one, and which of them only go together. */
#include "channels-private.h"

static guint
find_root (const GenChannels *channels, guint place)
{
  guint *parents = (guint *)channels->parents->data;

  while (parents[place] != place) {
    parents[place] = parents[parents[place]];
    place = parents[place];
  }
  return place;
}

static void
unite_places (GenChannels *channels, guint a, guint b)
{
  a = find_root (channels, a);
  b = find_root (channels, b);
  /* What stays, place 0, is always a root. */
  g_array_index (channels->parents, guint, MAX (a, b)) = MIN (a, b);
}

const GenShape *
gen_channels_shape (const GenChannels *channels, const GenTensor *tensor)
{
  const GenTensor *shaped;

  if (tensor->role == GEN_ROLE_CONSTANT)
    return &tensor->shape;
  shaped = gen_graph_find (channels->shaped, tensor->name);
  return shaped != NULL && shaped->kind == GEN_KIND_TENSOR ? &shaped->shape : NULL;
}

gint64
gen_channels_extent (const GenChannels *channels, const GenTensor *tensor, int axis)
{
  return gen_channels_shape (channels, tensor)->dims[axis];
}

static const GenChannelAxes *
take_axes (GenChannels *channels, GenTensor *tensor)
{
  GenChannelAxes *axes = g_hash_table_lookup (channels->axes, tensor);
  const GenShape *shape;

  if (axes != NULL)
    return axes;
  axes = g_new0 (GenChannelAxes, 1);
  shape = gen_channels_shape (channels, tensor);
  axes->rank = shape->rank;
  for (int d = 0; d < shape->rank; d++) {
    axes->first[d] = channels->parents->len;
    for (gint64 i = 0; i < shape->dims[d]; i++) {
      const guint place = channels->parents->len;

      g_array_append_val (channels->parents, place);
    }
  }
  g_hash_table_insert (channels->axes, tensor, axes);
  return axes;
}

guint
gen_channels_root (const GenChannels *channels, const GenTensor *tensor, int axis, gint64 i)
{
  const GenChannelAxes *axes = g_hash_table_lookup (channels->axes, tensor);

  return axes != NULL && axis < axes->rank ? find_root (channels, axes->first[axis] + (guint)i) : 0;
}

void
gen_channels_fix (GenChannels *channels, GenTensor *tensor, int axis)
{
  const GenChannelAxes *axes = take_axes (channels, tensor);

  for (gint64 i = 0; i < gen_channels_extent (channels, tensor, axis); i++)
    unite_places (channels, 0, axes->first[axis] + (guint)i);
}

void
gen_channels_fix_from (GenChannels *channels, GenTensor *tensor, int first)
{
  for (int d = first; d < gen_channels_shape (channels, tensor)->rank; d++)
    gen_channels_fix (channels, tensor, d);
}

void
gen_channels_unite (
    GenChannels *channels, GenTensor *a, int axis_a, gint64 i, GenTensor *b, int axis_b, gint64 j)
{
  const guint place = take_axes (channels, a)->first[axis_a] + (guint)i;

  unite_places (channels, place, take_axes (channels, b)->first[axis_b] + (guint)j);
}

void
gen_channels_unite_axes (GenChannels *channels, GenTensor *a, int axis_a, GenTensor *b, int axis_b)
{
  const gint64 extent = gen_channels_extent (channels, a, axis_a);

  if (extent != gen_channels_extent (channels, b, axis_b)) {
    gen_channels_fix (channels, a, axis_a);
    gen_channels_fix (channels, b, axis_b);
    return;
  }
  for (gint64 i = 0; i < extent; i++)
    gen_channels_unite (channels, a, axis_a, i, b, axis_b, i);
}

void
gen_channels_unite_run (GenChannels *channels, GenTensor *tensor, int axis, gint64 first, gint64 n)
{
  for (gint64 i = 1; i < n; i++)
    gen_channels_unite (channels, tensor, axis, first, tensor, axis, first + i);
}

void
gen_channels_unite_broadcast (GenChannels *channels, GenTensor *part, GenTensor *whole)
{
  const int rank = gen_channels_shape (channels, part)->rank;
  const int skip = gen_channels_shape (channels, whole)->rank - rank;

  for (int d = 0; d < rank; d++) {
    if (gen_channels_extent (channels, part, d) == gen_channels_extent (channels, whole, d + skip))
      gen_channels_unite_axes (channels, part, d, whole, d + skip);
    else
      gen_channels_fix (channels, part, d);
  }
}

gboolean
gen_channels_is_fixed (const GenChannels *channels, GenTensor *tensor, int axis)
{
  for (gint64 i = 0; i < gen_channels_extent (channels, tensor, axis); i++)
    if (gen_channels_root (channels, tensor, axis, i) != 0)
      return FALSE;
  return TRUE;
}

void
gen_channels_mark (GenChannels *channels, GenTensor *tensor, int axis, GenChannelUse use)
{
  const GenChannelMark mark = { tensor, axis, use };

  for (guint i = 0; i < channels->marks->len; i++) {
    const GenChannelMark *other = &g_array_index (channels->marks, GenChannelMark, i);

    if (other->tensor == tensor && other->axis == axis && other->use == use)
      return;
  }
  g_array_append_val (channels->marks, mark);
}
