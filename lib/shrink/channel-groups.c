/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Channels of places that are united: their numbers, which of them are made by the same layers, and
 * where they are. */
#include "channels-private.h"

/* The number of the channel of `root`, which is a new one where nobody has it. */
static guint
take_number (GenChannels *channels, guint root)
{
  gpointer number;

  if (g_hash_table_lookup_extended (channels->numbers, GUINT_TO_POINTER (root), NULL, &number))
    return GPOINTER_TO_UINT (number);
  g_hash_table_insert (
      channels->numbers, GUINT_TO_POINTER (root), GUINT_TO_POINTER (channels->roots->len));
  g_array_append_val (channels->roots, root);
  g_ptr_array_add (channels->places, g_array_new (FALSE, FALSE, sizeof (GenChannelPlace)));
  return channels->roots->len - 1;
}

static GenChannelGroup *
new_group (GenChannels *channels, const GenTensor *weight)
{
  GenChannelGroup *group = g_new0 (GenChannelGroup, 1);

  *group = (GenChannelGroup){ weight->name, g_array_new (FALSE, FALSE, sizeof (guint)),
    g_ptr_array_new () };
  g_ptr_array_add (channels->groups, group);
  return group;
}

static void
add_channel (GenChannelGroup *group, GPtrArray *group_of, guint channel)
{
  g_array_append_val (group->channels, channel);
  group_of->pdata[channel] = group;
}

static void
add_weight (GenChannelGroup *group, GenTensor *weight)
{
  if (!g_ptr_array_find (group->made, weight, NULL))
    g_ptr_array_add (group->made, weight);
}

/* `other` becomes part of `group`. */
static void
merge (GenChannels *channels, GPtrArray *group_of, GenChannelGroup *group, GenChannelGroup *other)
{
  for (guint i = 0; i < other->channels->len; i++)
    add_channel (group, group_of, g_array_index (other->channels, guint, i));
  for (guint i = 0; i < other->made->len; i++)
    add_weight (group, other->made->pdata[i]);
  g_ptr_array_remove (channels->groups, other);
}

/* The group of a layer is that of its first channel which has one, and all others join it. */
static void
join (GenChannels *channels, GPtrArray *group_of, GenTensor *weight, const GArray *members)
{
  GenChannelGroup *group = NULL;

  g_ptr_array_set_size (group_of, (int)channels->roots->len);
  for (guint i = 0; i < members->len && group == NULL; i++)
    group = g_ptr_array_index (group_of, g_array_index (members, guint, i));
  if (group == NULL)
    group = new_group (channels, weight);
  add_weight (group, weight);
  for (guint i = 0; i < members->len; i++) {
    const guint channel = g_array_index (members, guint, i);
    GenChannelGroup *other = g_ptr_array_index (group_of, channel);

    if (other == NULL)
      add_channel (group, group_of, channel);
    else if (other != group)
      merge (channels, group_of, group, other);
  }
}

/* The channels that are made along `mark`. */
static GArray *
list_made (GenChannels *channels, const GenChannelMark *mark)
{
  GArray *members = g_array_new (FALSE, FALSE, sizeof (guint));

  for (gint64 i = 0; i < mark->tensor->shape.dims[mark->axis]; i++) {
    const guint root = gen_channels_root (channels, mark->tensor, mark->axis, i);
    const guint channel = root != 0 ? take_number (channels, root) : 0;

    if (root != 0)
      g_array_append_val (members, channel);
  }
  return members;
}

void
gen_channels_find_groups (GenChannels *channels)
{
  g_autoptr (GPtrArray) group_of = g_ptr_array_new ();

  for (guint i = 0; i < channels->marks->len; i++) {
    const GenChannelMark *mark = &g_array_index (channels->marks, GenChannelMark, i);
    g_autoptr (GArray) members = NULL;

    if (mark->use != GEN_CHANNEL_MADE)
      continue;
    members = list_made (channels, mark);
    if (members->len > 0)
      join (channels, group_of, mark->tensor, members);
    else if (!g_ptr_array_find (channels->staying, mark->tensor, NULL))
      g_ptr_array_add (channels->staying, mark->tensor);
  }
}

static GenChannelUse
use_of (const GenChannels *channels, const GenTensor *tensor, int axis)
{
  for (guint i = 0; i < channels->marks->len; i++) {
    const GenChannelMark *mark = &g_array_index (channels->marks, GenChannelMark, i);

    if (mark->tensor == tensor && mark->axis == axis)
      return mark->use;
  }
  return GEN_CHANNEL_CARRIED;
}

int
gen_channels_number (const GenChannels *channels, const GenTensor *tensor, int axis, gint64 i)
{
  const guint root = gen_channels_root (channels, tensor, axis, i);
  gpointer number;

  return root != 0 && g_hash_table_lookup_extended (
                          channels->numbers, GUINT_TO_POINTER (root), NULL, &number)
             ? GPOINTER_TO_INT (number)
             : -1;
}

static void
find_places_of (GenChannels *channels, GenTensor *tensor)
{
  for (int d = 0; d < tensor->shape.rank; d++) {
    const GenChannelUse use = use_of (channels, tensor, d);

    for (gint64 i = 0; i < tensor->shape.dims[d]; i++) {
      const int number = gen_channels_number (channels, tensor, d, i);
      const GenChannelPlace place = { tensor, d, i, use };

      if (number >= 0)
        g_array_append_val (((GArray *)channels->places->pdata[number]), place);
    }
  }
}

void
gen_channels_find_places (GenChannels *channels)
{
  const GPtrArray *tensors = channels->graph->tensors;

  for (guint i = 0; i < tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (tensors, i);

    if (gen_channels_is_constant (tensor) && g_hash_table_contains (channels->axes, tensor))
      find_places_of (channels, tensor);
  }
}
