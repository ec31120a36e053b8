/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

G_BEGIN_DECLS

/**
 * GenRollout: whether a new version of a model (the candidate) takes the place of the one that
 * plays (the stable one), by how both do on a share of the sessions each. It knows no clock and no
 * model: figures and times go in, decisions come out. Times are microseconds of any clock.
 *
 * Of each figure there is a tolerance: the candidate may be worse by that much. It is promoted when
 * it is sure of every figure that it is not worse by more, and rolled back when it is sure of one
 * that it is, or as soon as a number of its sessions have failed with none in between that has not.
 * "Sure" is by intervals that hold at every look together (confidence-sequence.h), for all figures
 * together (Bonferroni): so deciding as soon as one can makes no false decision more likely than
 * the confidence says. What is not decided when time is up goes as the rules say, and without any
 * figure that decides nothing is decided before.
 *
 * A value is what one session saw over a while (a mean over seconds, whether a request failed), so
 * that values do not depend on each other; frames of one session do.
 */
typedef struct _GenRollout GenRollout;

typedef enum {
  GEN_ROLLOUT_STABLE,
  GEN_ROLLOUT_CANDIDATE,
  GEN_ROLLOUT_SIDES,
} GenRolloutSide;

typedef enum {
  GEN_ROLLOUT_WAIT,
  GEN_ROLLOUT_PROMOTE,
  GEN_ROLLOUT_ROLL_BACK,
} GenRolloutDecision;

typedef struct {
  const char *name;         /* copied */
  gboolean lower_is_better; /* as errors and times are */
  gboolean is_share;        /* each value is 0 or 1 */
  gboolean relative;        /* the tolerance is a share of the stable version's mean */
  double tolerance;         /* 0 and more; G_MAXDOUBLE: it is told, and decides nothing */
} GenRolloutFigure;

typedef struct {
  double share;                /* of sessions that get the candidate, [0, 1] */
  guint least;                 /* values of each figure and version before anything is decided */
  double confidence;           /* of the decision, (0, 1) */
  gint64 limit;                /* after so long it is decided in any case; 0: never */
  GenRolloutDecision at_limit; /* WAIT: it goes on as an experiment */
  guint failures;              /* one after the other that end it at once; 0: none do */
} GenRolloutRules;

/* Of `n` figures, which are copied. (transfer full) */
GEN_PRIVATE_API GenRollout *gen_rollout_new (
    const GenRolloutRules *rules, const GenRolloutFigure *figures, guint n, gint64 now);
GEN_PRIVATE_API void gen_rollout_free (GenRollout *rollout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenRollout, gen_rollout_free)

/* Which version a session gets: always the same for one `session` and one `candidate` (the name of
 * its version), and as if drawn for another candidate. A larger share only takes more sessions. */
GEN_PRIVATE_API GenRolloutSide gen_rollout_choose (
    double share, const char *session, const char *candidate);

/* A value of figure number `i`. What is not finite is left out. */
GEN_PRIVATE_API void gen_rollout_add (
    GenRollout *rollout, GenRolloutSide side, guint i, double value);
/* A session of the candidate has failed, or has gone well. */
GEN_PRIVATE_API void gen_rollout_note (GenRollout *rollout, gboolean failed);

/* What is to be done. `reason`, when it is not NULL, becomes a sentence that says why, or what is
 * waited for. (transfer full) */
GEN_PRIVATE_API GenRolloutDecision gen_rollout_decide (
    const GenRollout *rollout, gint64 now, char **reason);

typedef struct {
  const GenRolloutFigure *figure;
  guint64 n[GEN_ROLLOUT_SIDES];
  double mean[GEN_ROLLOUT_SIDES]; /* NaN without values */
  /* By how much the candidate is better, and between which ends that is with the confidence of the
   * rules; not a number and infinite before each has two values. */
  double gain, lower, upper;
  double tolerance; /* in the figure's own unit */
  double
      confidence; /* that the better one is better: the largest of an interval without 0, else 0 */
} GenRolloutComparison;

GEN_PRIVATE_API guint gen_rollout_count (const GenRollout *rollout);
GEN_PRIVATE_API void gen_rollout_compare (
    const GenRollout *rollout, guint i, GenRolloutComparison *comparison);

G_END_DECLS
