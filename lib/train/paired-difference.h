/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a figure is another one after than before, or only looks so by the choice of samples:
 * the interval that its difference is in with a confidence of 95 %. Before and after are of the
 * same samples, so that what is hard for both does not count. */
#pragma once

#include <glib.h>

#include <generative/report.h>

#include "../private-api.h"

#define GEN_PAIRED_CONFIDENCE 0.95
/* How many parts samples are dealt to for figures that a sample alone has not. */
#define GEN_PAIRED_PARTS 8
/* From how many units there is an interval: samples, or batches. Of fewer the bootstrap is too
 * sure. */
#define GEN_PAIRED_MINIMUM 8

typedef struct {
  gboolean known;               /* FALSE: too few samples, or figures that are no numbers */
  double difference, low, high; /* after - before */
} GenPairedDifference;

/* Of figures that are means of samples: the percentile bootstrap, by 2,000 resamples that `seed`
 * draws. `before` and `after` have a figure for each of `n` samples, `stride` numbers apart; those
 * of a block of `block` samples are drawn together, as where only a batch has a figure. */
GEN_PRIVATE_API GenPairedDifference gen_paired_difference_bootstrap (
    const float *before, const float *after, gsize n, gsize stride, gsize block, guint64 seed);
/* Of figures of whole sets: by how much the difference of parts of them varies around that of the
 * whole, and Student's t. */
GEN_PRIVATE_API GenPairedDifference gen_paired_difference_of_parts (double before, double after,
    const double before_parts[GEN_PAIRED_PARTS], const double after_parts[GEN_PAIRED_PARTS]);

/* "better", "worse" or "no difference", where `better` says which it would be, and "changed" where
 * neither is; "" where it is not known. */
GEN_PRIVATE_API const char *gen_paired_difference_verdict (
    const GenPairedDifference *difference, GenBetter better);
