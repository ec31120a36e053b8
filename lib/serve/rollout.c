/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rollout.h"

#include "confidence-sequence.h"

#include <math.h>

/* The smallest chance of being wrong that is looked for: its logarithm. */
#define LEAST_LOG_ALPHA (-30.0)

typedef struct {
  GenRolloutFigure figure;
  GenRunningMean means[GEN_ROLLOUT_SIDES];
} Figure;

struct _GenRollout {
  GenRolloutRules rules;
  Figure *figures;
  guint n, n_deciding;
  gint64 since;
  guint failed; /* sessions one after the other */
};

GenRollout *
gen_rollout_new (const GenRolloutRules *rules, const GenRolloutFigure *figures, guint n, gint64 now)
{
  GenRollout *rollout = g_new0 (GenRollout, 1);

  rollout->rules = *rules;
  rollout->figures = g_new0 (Figure, n);
  rollout->n = n;
  rollout->since = now;
  for (guint i = 0; i < n; i++) {
    rollout->figures[i].figure = figures[i];
    rollout->figures[i].figure.name = g_strdup (figures[i].name);
    rollout->n_deciding += figures[i].tolerance < G_MAXDOUBLE;
  }
  return rollout;
}

void
gen_rollout_free (GenRollout *rollout)
{
  if (rollout == NULL)
    return;
  for (guint i = 0; i < rollout->n; i++)
    g_free ((char *)rollout->figures[i].figure.name);
  g_free (rollout->figures);
  g_free (rollout);
}

GenRolloutSide
gen_rollout_choose (double share, const char *session, const char *candidate)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize size = sizeof digest;
  guint64 draw = 0;

  g_checksum_update (sum, (const guchar *)candidate, -1);
  /* No name holds it, so that no two pairs are hashed alike. */
  g_checksum_update (sum, (const guchar *)"", 1);
  g_checksum_update (sum, (const guchar *)session, -1);
  g_checksum_get_digest (sum, digest, &size);
  for (guint i = 0; i < 6; i++)
    draw = draw << 8 | digest[i];
  return (double)draw < share * 0x1p48 ? GEN_ROLLOUT_CANDIDATE : GEN_ROLLOUT_STABLE;
}

void
gen_rollout_add (GenRollout *rollout, GenRolloutSide side, guint i, double value)
{
  g_return_if_fail (i < rollout->n);

  if (isfinite (value))
    gen_running_mean_add (&rollout->figures[i].means[side], value);
}

void
gen_rollout_note (GenRollout *rollout, gboolean failed)
{
  rollout->failed = failed ? rollout->failed + 1 : 0;
}

guint
gen_rollout_count (const GenRollout *rollout)
{
  return rollout->n;
}

/* By how much the candidate is better, at least and at most, which may be wrong with `alpha`: each
 * version's mean has half of that, so that nothing is taken for granted of how many values the
 * other one has. */
static void
find_interval (
    const GenRollout *rollout, const Figure *figure, double alpha, double *lower, double *upper)
{
  double lowest[GEN_ROLLOUT_SIDES], highest[GEN_ROLLOUT_SIDES];
  const int better = figure->figure.lower_is_better ? GEN_ROLLOUT_STABLE : GEN_ROLLOUT_CANDIDATE;
  const int other = GEN_ROLLOUT_SIDES - 1 - better;

  for (int side = 0; side < GEN_ROLLOUT_SIDES; side++)
    gen_running_mean_interval (&figure->means[side], figure->figure.is_share, alpha / 2,
        MAX (rollout->rules.least, 2), &lowest[side], &highest[side]);
  *lower = lowest[better] - highest[other];
  *upper = highest[better] - lowest[other];
}

static gboolean
is_told_apart (const GenRollout *rollout, const Figure *figure, double log_alpha)
{
  double lower, upper;

  find_interval (rollout, figure, exp (log_alpha), &lower, &upper);
  return lower > 0 || upper < 0;
}

/* The largest confidence at which it is known which version is better. */
static double
confidence_of (const GenRollout *rollout, const Figure *figure)
{
  double apart = 0, not_apart = LEAST_LOG_ALPHA;

  if (!is_told_apart (rollout, figure, 0))
    return 0;
  if (is_told_apart (rollout, figure, LEAST_LOG_ALPHA))
    return 1 - exp (LEAST_LOG_ALPHA);
  for (int i = 0; i < 50; i++) {
    const double between = (apart + not_apart) / 2;

    if (is_told_apart (rollout, figure, between))
      apart = between;
    else
      not_apart = between;
  }
  return 1 - exp (apart);
}

void
gen_rollout_compare (const GenRollout *rollout, guint i, GenRolloutComparison *comparison)
{
  const Figure *figure = &rollout->figures[i];
  const GenRunningMean *means = figure->means;
  const double sign = figure->figure.lower_is_better ? -1 : 1;
  const double alpha = (1 - rollout->rules.confidence) / MAX (rollout->n_deciding, 1);

  *comparison = (GenRolloutComparison){
    .figure = &figure->figure,
    .gain = NAN,
    .lower = -INFINITY,
    .upper = INFINITY,
    .tolerance = figure->figure.tolerance,
  };
  for (int side = 0; side < GEN_ROLLOUT_SIDES; side++) {
    comparison->n[side] = means[side].n;
    comparison->mean[side] = means[side].n > 0 ? means[side].mean : NAN;
  }
  if (figure->figure.relative && figure->figure.tolerance < G_MAXDOUBLE)
    comparison->tolerance *= fabs (means[GEN_ROLLOUT_STABLE].mean);
  if (means[GEN_ROLLOUT_STABLE].n < 2 || means[GEN_ROLLOUT_CANDIDATE].n < 2)
    return;
  /* And no negative zero. */
  comparison->gain =
      sign * (means[GEN_ROLLOUT_CANDIDATE].mean - means[GEN_ROLLOUT_STABLE].mean) + 0.0;
  find_interval (rollout, figure, alpha, &comparison->lower, &comparison->upper);
  comparison->confidence = confidence_of (rollout, figure);
}

/* --- what is decided --- */

/* Of one figure: the candidate is good enough (PROMOTE), too bad, or it is not known yet. */
static GenRolloutDecision
judge (const GenRollout *rollout, const GenRolloutComparison *comparison)
{
  for (int side = 0; side < GEN_ROLLOUT_SIDES; side++)
    if (comparison->n[side] < rollout->rules.least)
      return GEN_ROLLOUT_WAIT;
  if (comparison->lower >= -comparison->tolerance)
    return GEN_ROLLOUT_PROMOTE;
  return comparison->upper < -comparison->tolerance ? GEN_ROLLOUT_ROLL_BACK : GEN_ROLLOUT_WAIT;
}

static char *
describe (const GenRolloutComparison *comparison)
{
  if (comparison->n[GEN_ROLLOUT_CANDIDATE] < 2 || comparison->n[GEN_ROLLOUT_STABLE] < 2)
    return g_strdup_printf ("of %s there are %" G_GUINT64_FORMAT " values, and %" G_GUINT64_FORMAT
                            " of the version before: too few to compare",
        comparison->figure->name, comparison->n[GEN_ROLLOUT_CANDIDATE],
        comparison->n[GEN_ROLLOUT_STABLE]);
  return g_strdup_printf ("%s is %.4g (%" G_GUINT64_FORMAT
                          " values) and was %.4g (%" G_GUINT64_FORMAT
                          "): better by %.3g, between %.3g and %.3g, where %.3g is allowed",
      comparison->figure->name, comparison->mean[GEN_ROLLOUT_CANDIDATE],
      comparison->n[GEN_ROLLOUT_CANDIDATE], comparison->mean[GEN_ROLLOUT_STABLE],
      comparison->n[GEN_ROLLOUT_STABLE], comparison->gain, comparison->lower, comparison->upper,
      -comparison->tolerance);
}

static GenRolloutDecision
decide_as (GenRolloutDecision decision, char **reason, char *text)
{
  if (reason != NULL)
    *reason = text;
  else
    g_free (text);
  return decision;
}

static gboolean
is_over (const GenRollout *rollout, gint64 now)
{
  return rollout->rules.limit > 0 && now - rollout->since >= rollout->rules.limit;
}

GenRolloutDecision
gen_rollout_decide (const GenRollout *rollout, gint64 now, char **reason)
{
  const GenRolloutRules *rules = &rollout->rules;
  g_autofree char *waits =
      rollout->n_deciding == 0 ? g_strdup ("there is no figure that decides") : NULL;

  if (rules->failures > 0 && rollout->failed >= rules->failures)
    return decide_as (GEN_ROLLOUT_ROLL_BACK, reason,
        g_strdup_printf ("%u sessions have failed one after the other", rollout->failed));
  for (guint i = 0; i < rollout->n; i++) {
    GenRolloutComparison comparison;
    GenRolloutDecision decision;

    if (rollout->figures[i].figure.tolerance == G_MAXDOUBLE)
      continue;
    gen_rollout_compare (rollout, i, &comparison);
    decision = judge (rollout, &comparison);
    if (decision == GEN_ROLLOUT_ROLL_BACK)
      return decide_as (decision, reason, describe (&comparison));
    if (decision == GEN_ROLLOUT_WAIT && waits == NULL)
      waits = describe (&comparison);
  }
  if (waits == NULL)
    return decide_as (
        GEN_ROLLOUT_PROMOTE, reason, g_strdup ("no figure is worse by more than is allowed"));
  if (is_over (rollout, now))
    return decide_as (rules->at_limit, reason, g_strdup_printf ("time is up, and %s", waits));
  return decide_as (GEN_ROLLOUT_WAIT, reason, g_steal_pointer (&waits));
}
