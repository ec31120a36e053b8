/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What cuts cost, group by group, and what they leave of layers. */
#include <math.h>

#include <generative/channel-choice.h>
#include <generative/quantize.h>

#include "channels-private.h"
#include "layers.h"

/* --- what each group costs --- */

static void
take_group (const GenChannelGroup *group, const gboolean *gone, gboolean *alone)
{
  for (guint i = 0; i < group->channels->len; i++) {
    const guint channel = g_array_index (group->channels, guint, i);

    alone[channel] = gone[channel];
  }
}

static gboolean
is_any (const GenChannelGroup *group, const gboolean *gone)
{
  for (guint i = 0; i < group->channels->len; i++)
    if (gone[g_array_index (group->channels, guint, i)])
      return TRUE;
  return FALSE;
}

gboolean
gen_channels_rank (const GenChannels *channels, const gboolean *gone, const GenRunSet *runs,
    double *sqnrs, GError **error)
{
  g_autoptr (GArray) reference = gen_run_set_record (runs, channels->graph, NULL, error);

  if (reference == NULL)
    return FALSE;
  for (guint g = 0; g < channels->groups->len; g++) {
    const GenChannelGroup *group = gen_channels_group (channels, g);
    g_autofree gboolean *alone = g_new0 (gboolean, channels->roots->len);
    g_autoptr (GenGraph) cut = NULL;
    GenRunDifference difference;

    sqnrs[g] = INFINITY;
    if (!is_any (group, gone))
      continue;
    take_group (group, gone, alone);
    cut = gen_channels_cut (channels, alone, error);
    if (cut == NULL || !gen_run_set_compare (runs, cut, reference, NULL, &difference, error))
      return FALSE;
    sqnrs[g] = gen_run_difference_sqnr (&difference);
  }
  return TRUE;
}

/* --- what is left --- */

static gint64
count_left (const GenChannels *channels, const gboolean *gone, const GenTensor *weights, int axis)
{
  gint64 left = 0;

  for (gint64 i = 0; i < weights->shape.dims[axis]; i++) {
    const int channel = gen_channels_number (channels, weights, axis, i);

    left += channel < 0 || !gone[channel];
  }
  return left;
}

static double
find_sqnr (const GenChannels *channels, const double *sqnrs, const GenTensor *weights)
{
  for (guint g = 0; sqnrs != NULL && g < channels->groups->len; g++)
    if (g_ptr_array_find (gen_channels_group (channels, g)->made, weights, NULL))
      return sqnrs[g];
  return INFINITY;
}

/* "64 of 128 units left, reads 50 of 100" */
static char *
describe (const GenShrinkLayer *layer, gint64 made, gint64 read, gint64 all_read)
{
  GString *text = g_string_new (NULL);

  if (made < layer->channels)
    g_string_append_printf (
        text, "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " channels left", made, layer->channels);
  if (read < all_read)
    g_string_append_printf (text, "%sreads %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT,
        text->len > 0 ? ", " : "", read, all_read);
  if (text->len == 0)
    g_string_append (text, "as it was");
  return g_string_free (text, FALSE);
}

static void
tell_layer (const GenChannels *channels, const gboolean *gone, const double *sqnrs,
    const GenShrinkLayer *layer, GPtrArray *layers)
{
  const GenTensor *weights = layer->weights;
  const int other = 1 - layer->axis;
  const gint64 made = count_left (channels, gone, weights, layer->axis);
  const gint64 read = count_left (channels, gone, weights, other);
  const gint64 all_read = weights->shape.dims[other];
  const gsize size = gen_tensor_size (weights);
  g_autofree char *done = describe (layer, made, read, all_read);

  gen_shrink_tell (layers, layer, made * read < layer->channels * all_read,
      size / (gsize)(layer->channels * all_read) * (gsize)(made * read),
      find_sqnr (channels, sqnrs, weights), "%s", done);
}

void
gen_channels_tell (
    const GenChannels *channels, const gboolean *gone, const double *sqnrs, GPtrArray *layers)
{
  const GPtrArray *nodes = channels->graph->nodes;

  for (guint i = 0; i < nodes->len; i++) {
    GenShrinkLayer layer;

    if (gen_shrink_find_layer (g_ptr_array_index (nodes, i), &layer))
      tell_layer (channels, gone, sqnrs, &layer, layers);
  }
}
