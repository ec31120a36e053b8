/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/report.h>

G_BEGIN_DECLS

/**
 * Whether groups of samples are served differently: a figure's mean of each group, how sure it is,
 * how far it is from that of the best-served group, and whether that may be chance.
 *
 * Intervals are percentiles of means of samples drawn with replacement (B. Efron, "Bootstrap
 * methods: another look at the jackknife", 1979), of each group by itself, and of the difference of
 * two. Where means and errors alone are known, they are percentiles of numbers of Student's t
 * distribution. Where all values of a group are the same there is nothing to draw, and a figure of
 * zeros and ones, in all groups, has the exact interval of Clopper and Pearson (1934) in place of
 * one of no width; any other has none.
 *
 * The best group is chosen by the same samples that it is compared on, which alone makes others
 * look worse. So p is found by giving all values to groups anew, by chance, and choosing the best
 * anew each time: how often is a group then, if not the best, as far behind as it is? (A
 * permutation test of the hypothesis that all groups are alike; of errors alone, one of drawn
 * means.) How far is counted in errors of the difference, each group's by its own spread: groups of
 * one mean and other spreads would be told apart by the bare difference, and are not by this one
 * (A. Janssen, "Studentized permutation tests for non-i.i.d. hypotheses", 1997). Of several tests,
 * p is adjusted as S. Holm (1979) has it.
 *
 * Groups of fewer samples than `least` have a mean, and nothing else is said of them. Since: 0.2
 */
typedef struct {
  const char *name;
  const double *values; /* `n`, all finite; NULL: the mean and its error alone are known */
  guint n;
  double mean, standard_error; /* where there are no values */
  guint degrees;               /* of freedom, of that error; 0: it is known exactly */
} GenGroup;

typedef enum {
  GEN_GROUP_TOO_FEW,        /* it has fewer samples than are needed to say anything */
  GEN_GROUP_ALONE,          /* no other has enough */
  GEN_GROUP_BEST,           /* it is served best */
  GEN_GROUP_NOT_TOLD_APART, /* from the best, by so many samples */
  GEN_GROUP_WORSE,          /* than the best */
} GenGroupVerdict;
/* "too few samples", "not told apart", … */
GEN_API const char *gen_group_verdict_name (GenGroupVerdict verdict);

typedef struct {
  double mean;
  double lower, upper;                       /* of the mean; NaN: not known */
  double difference;                         /* by which it is behind the best, 0 and more; NaN */
  double difference_lower, difference_upper; /* NaN: not known */
  double p, adjusted;                        /* NaN: not tested; adjusted by gen_groups_judge */
  GenGroupVerdict verdict;
} GenGroupResult;

typedef struct {
  double confidence; /* of intervals, (0, 1) */
  guint resamples;   /* that intervals are percentiles of */
  guint permutations;
  guint least; /* samples of a group */
  guint64 seed;
} GenGroupSettings;
#define GEN_GROUP_SETTINGS_DEFAULTS                                                                \
  ((GenGroupSettings){ .confidence = 0.95, .resamples = 2000, .permutations = 4999, .least = 30 })

/* Of one figure, of which `better` is higher or lower: `results` is filled, one for each group, but
 * for what gen_groups_judge adds. Groups have values all of them, or none of them. */
GEN_API void gen_groups_compare (const GenGroup *groups, guint n, GenBetter better,
    const GenGroupSettings *settings, GenGroupResult *results);
/* Adjust p of all `n` results, of however many figures they are, and say which are worse: those of
 * an adjusted p below 1 - confidence. */
GEN_API void gen_groups_judge (
    GenGroupResult *const *results, guint n, const GenGroupSettings *settings);

G_END_DECLS
