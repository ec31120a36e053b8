/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/channel-criterion.h>

#include <math.h>

#include "slice-norms.h"

static gboolean
score (const GenChannels *channels, const GenRunSet *runs, double *scores, GError **error)
{
  const guint n = gen_channels_count (channels);
  g_autofree double *scaled = g_new0 (double, n);

  for (guint i = 0; i < n; i++)
    scores[i] = 0;
  for (guint i = 0; i < channels->marks->len; i++) {
    const GenChannelMark *mark = &g_array_index (channels->marks, GenChannelMark, i);
    g_autofree double *norms = NULL;

    if (mark->use != GEN_CHANNEL_SCALED)
      continue;
    norms = gen_slice_norms (mark, 1, error);
    if (norms == NULL)
      return FALSE;
    gen_slice_norms_add (channels, mark, norms, 1, scores);
    for (gint64 k = 0; k < mark->tensor->shape.dims[mark->axis]; k++)
      norms[k] = 1;
    gen_slice_norms_add (channels, mark, norms, 1, scaled);
  }
  /* The mean where there are several, and nothing where there is none. */
  for (guint i = 0; i < n; i++)
    scores[i] = scaled[i] > 0 ? scores[i] / scaled[i] : NAN;
  return TRUE;
}

const GenChannelCriterion gen_channel_criterion_batch_norm = {
  .name = "batch-norm",
  .summary = "The scale of the normalisation behind a channel; layers without one stay",
  .score = score,
};
