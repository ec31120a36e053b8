/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <math.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenRejection: discriminator rejection sampling (Azadi, Olsson, Darrell, Goodfellow and Odena,
 * "Discriminator rejection sampling", ICLR 2019). Where a discriminator tells how much more
 * probable an item is among real ones than among generated ones, exp of the log odds D of its being
 * real, to keep each item with probability exp (D - M), M the greatest of all, leaves items as they
 * are among the real ones. Since M is so great that hardly any is kept, gamma is taken off:
 *
 *     F = D - M - ln (1 - exp (D - M - 1e-8))        kept with probability 1 / (1 + exp (gamma -
 * F))
 *
 * M is the greatest D so far, first of all those of a burn-in, of which none is kept. The log odds
 * are those of as many real items as generated ones: a calibrated discriminator's (calibration.h).
 * Which items are kept hangs on the seed, the scores and their order. Since: 0.2
 */
typedef struct _GenRejection GenRejection;

typedef struct {
  double gamma;      /* more of it lets fewer pass, and those that pass be better */
  double percentile; /* above 0, up to 100: gamma is that percentile of F over the burn-in, so that
                        about so many of a hundred are refused with a probability above a half */
  guint burn_in;
  double maximum; /* M to begin with; -INFINITY: that of the first item */
  guint64 seed;
} GenRejectionSettings;

#define GEN_REJECTION_DEFAULTS ((GenRejectionSettings){ .maximum = -INFINITY })

/* (transfer full) */
GEN_API GenRejection *gen_rejection_new (const GenRejectionSettings *settings);
GEN_API void gen_rejection_free (GenRejection *rejection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenRejection, gen_rejection_free)

/* From the next item on, unless a percentile tells it. */
GEN_API void gen_rejection_set_gamma (GenRejection *rejection, double gamma);
/* Whether the next item is kept, one of these log odds; NaN never is. */
GEN_API gboolean gen_rejection_take (GenRejection *rejection, double log_odds);
/* Whether the next item is one of the burn-in. */
GEN_API gboolean gen_rejection_burns_in (const GenRejection *rejection);
/* M and gamma as they are now. */
GEN_API double gen_rejection_maximum (const GenRejection *rejection);
GEN_API double gen_rejection_gamma (const GenRejection *rejection);

/* How probable it is that an item of these log odds is kept. */
GEN_API double gen_rejection_probability (double log_odds, double maximum, double gamma);

G_END_DECLS
