/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/channel-criterion.h>

#include <math.h>

#include "slice-norms.h"

static double
take_roots (double *norms, gint64 n)
{
  double sum = 0;

  for (gint64 i = 0; i < n; i++) {
    norms[i] = sqrt (norms[i]);
    sum += norms[i];
  }
  return sum / (double)MAX (n, 1);
}

static gboolean
score (const GenChannels *channels, const GenRunSet *runs, double *scores, GError **error)
{
  for (guint i = 0; i < gen_channels_count (channels); i++)
    scores[i] = 0;
  for (guint i = 0; i < channels->marks->len; i++) {
    const GenChannelMark *mark = &g_array_index (channels->marks, GenChannelMark, i);
    g_autofree double *norms = NULL;
    double mean;

    if (mark->use != GEN_CHANNEL_MADE && mark->use != GEN_CHANNEL_READ)
      continue;
    norms = gen_slice_norms (mark, 2, error);
    if (norms == NULL)
      return FALSE;
    mean = take_roots (norms, mark->tensor->shape.dims[mark->axis]);
    if (mean > 0)
      gen_slice_norms_add (channels, mark, norms, 1 / mean, scores);
  }
  return TRUE;
}

const GenChannelCriterion gen_channel_criterion_group = {
  .name = "group",
  .summary = "The lengths of the weights that make and read a channel, beside the mean of their "
             "layers",
  .score = score,
};
