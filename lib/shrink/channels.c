/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which channels there are: places that only go together are united, node by node, by what the
 * relations (relation.h) say of operators. Which one of several extents carries the channels
 * through a Reshape can be said only where it is known which of them stay, so that views come
 * last. */
#include "channels-private.h"

#include <string.h>

#include <generative/operator.h>

G_DEFINE_QUARK (gen - channels - error - quark, gen_channels_error)

/* --- places --- */

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

/* --- nodes --- */

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

static void
find_groups (GenChannels *channels)
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

static void
find_places (GenChannels *channels)
{
  const GPtrArray *tensors = channels->graph->tensors;

  for (guint i = 0; i < tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (tensors, i);

    if (gen_channels_is_constant (tensor) && g_hash_table_contains (channels->axes, tensor))
      find_places_of (channels, tensor);
  }
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
  find_groups (channels);
  find_places (channels);
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
