/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What scores of weights are made of. */
#pragma once

#include "channels-private.h"

/* For each index along the axis of `mark` the sum of what is there in its tensor, each number's
 * magnitude to the `power` of 1 or 2. (transfer full); NULL with `error` where it is no numbers. */
double *gen_slice_norms (const GenChannelMark *mark, int power, GError **error);
/* Add these to the scores of the channels along it, each times `factor`. */
void gen_slice_norms_add (const GenChannels *channels, const GenChannelMark *mark,
    const double *norms, double factor, double *scores);
/* Scores by the weights that make channels. */
gboolean gen_slice_norms_score (
    const GenChannels *channels, int power, double *scores, GError **error);
