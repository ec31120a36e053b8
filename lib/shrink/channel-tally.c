/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel-tally.h"

/* So many indices of an axis are of a channel. */
typedef struct {
  guint axis;
  gint64 n;
} Share;

struct _GenChannelTally {
  GArray *left;      /* of gint64, for each axis */
  GPtrArray *shares; /* of GArray of Share, for each channel */
};

/* All axes along which channels lie, of all tensors. */
static void
add_axis (GenChannelTally *tally, const GenChannels *channels, GenTensor *tensor, int d)
{
  const gint64 extent = gen_channels_extent (channels, tensor, d);
  const guint axis = tally->left->len;

  g_array_append_val (tally->left, extent);
  for (gint64 i = 0; i < extent; i++) {
    const int channel = gen_channels_number (channels, tensor, d, i);
    const Share share = { axis, 1 };
    GArray *shares;

    if (channel < 0)
      continue;
    shares = tally->shares->pdata[channel];
    if (shares->len > 0 && g_array_index (shares, Share, shares->len - 1).axis == axis)
      g_array_index (shares, Share, shares->len - 1).n++;
    else
      g_array_append_val (shares, share);
  }
}

GenChannelTally *
gen_channel_tally_new (const GenChannels *channels)
{
  GenChannelTally *tally = g_new0 (GenChannelTally, 1);
  GHashTableIter iter;
  gpointer tensor, axes;

  tally->left = g_array_new (FALSE, FALSE, sizeof (gint64));
  tally->shares = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  for (guint i = 0; i < channels->roots->len; i++)
    g_ptr_array_add (tally->shares, g_array_new (FALSE, FALSE, sizeof (Share)));
  g_hash_table_iter_init (&iter, channels->axes);
  while (g_hash_table_iter_next (&iter, &tensor, &axes))
    for (int d = 0; d < ((const GenChannelAxes *)axes)->rank; d++)
      add_axis (tally, channels, tensor, d);
  return tally;
}

void
gen_channel_tally_free (GenChannelTally *tally)
{
  g_array_unref (tally->left);
  g_ptr_array_unref (tally->shares);
  g_free (tally);
}

gboolean
gen_channel_tally_take (GenChannelTally *tally, guint channel)
{
  const GArray *shares = g_ptr_array_index (tally->shares, channel);

  for (guint i = 0; i < shares->len; i++) {
    const Share *share = &g_array_index (shares, Share, i);

    if (g_array_index (tally->left, gint64, share->axis) <= share->n)
      return FALSE;
  }
  for (guint i = 0; i < shares->len; i++) {
    const Share *share = &g_array_index (shares, Share, i);

    g_array_index (tally->left, gint64, share->axis) -= share->n;
  }
  return TRUE;
}
