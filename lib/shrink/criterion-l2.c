/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/channel-criterion.h>

#include <math.h>

#include "slice-norms.h"

static gboolean
score (const GenChannels *channels, const GenRunSet *runs, double *scores, GError **error)
{
  if (!gen_slice_norms_score (channels, 2, scores, error))
    return FALSE;
  for (guint i = 0; i < gen_channels_count (channels); i++)
    scores[i] = sqrt (scores[i]);
  return TRUE;
}

const GenChannelCriterion gen_channel_criterion_l2 = {
  .name = "l2",
  .summary = "The length of the weights that make a channel",
  .score = score,
};
