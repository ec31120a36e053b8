/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/channel-criterion.h>

#include "slice-norms.h"

static gboolean
score (const GenChannels *channels, const GenRunSet *runs, double *scores, GError **error)
{
  return gen_slice_norms_score (channels, 1, scores, error);
}

const GenChannelCriterion gen_channel_criterion_l1 = {
  .name = "l1",
  .summary = "The sum of the magnitudes of the weights that make a channel",
  .score = score,
};
