/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

/* What is known of a mean while values still come in, however often one looks: intervals of which
 * all hold at once with the confidence that was asked for, where one of Student's t would be wrong
 * sooner or later if it were looked at after each value (a confidence sequence). Values need not be
 * of one distribution, but be independent of each other: means over some seconds of different
 * sessions, not frame by frame.
 *
 * Of shares, values that are 0 or 1, the interval is exact: H. Robbins, "Statistical methods
 * related to the law of the iterated logarithm" (1970), with a beta distribution as the mixture. Of
 * others it holds from some twenty values on: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
 * "Time-uniform central limit theory and asymptotic confidence sequences" (2021). */

typedef struct {
  guint64 n;
  double mean, squares; /* of differences from the mean (Welford) */
} GenRunningMean;

GEN_PRIVATE_API void gen_running_mean_add (GenRunningMean *mean, double value);
/* Between which ends the true mean is, with all looks together `alpha` likely to be wrong once. The
 * interval is narrowest at about `planned` values, and infinite for less than two (of a share: for
 * none, [0, 1]). */
GEN_PRIVATE_API void gen_running_mean_interval (const GenRunningMean *mean, gboolean is_share,
    double alpha, guint planned, double *lower, double *upper);
