/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/rejection.h>

#include <math.h>

#include <generative/calibration.h>
#include <generative/random.h>

#define STREAM "rejection"
/* Keeps the logarithm finite where D is M. */
#define EPSILON 1e-8

struct _GenRejection {
  GenRejectionSettings settings;
  GenRandom random;
  guint64 taken;
  GArray *burnt; /* log odds of the burn-in, where their percentile is wanted */
};

GenRejection *
gen_rejection_new (const GenRejectionSettings *settings)
{
  GenRejection *rejection = g_new0 (GenRejection, 1);

  rejection->settings = *settings;
  rejection->random = gen_random_new (settings->seed, STREAM, 0);
  rejection->burnt = g_array_sized_new (FALSE, FALSE, sizeof (double), settings->burn_in);
  return rejection;
}

void
gen_rejection_free (GenRejection *rejection)
{
  g_array_unref (rejection->burnt);
  g_free (rejection);
}

gboolean
gen_rejection_burns_in (const GenRejection *rejection)
{
  return rejection->taken < rejection->settings.burn_in;
}

double
gen_rejection_maximum (const GenRejection *rejection)
{
  return rejection->settings.maximum;
}

double
gen_rejection_gamma (const GenRejection *rejection)
{
  return rejection->settings.gamma;
}

void
gen_rejection_set_gamma (GenRejection *rejection, double gamma)
{
  if (rejection->settings.percentile <= 0)
    rejection->settings.gamma = gamma;
}

static double
worth (double log_odds, double maximum)
{
  const double below = fmin (log_odds - maximum, 0);

  return below - log (-expm1 (below - EPSILON));
}

double
gen_rejection_probability (double log_odds, double maximum, double gamma)
{
  return gen_probability (worth (log_odds, maximum) - gamma);
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* With what lies between two of them, as numpy has it. */
static double
percentile_of (GArray *numbers, double percentile)
{
  const double place = percentile / 100 * (numbers->len - 1);
  const guint below = (guint)place, above = MIN (below + 1, numbers->len - 1);
  double low, high;

  g_array_sort (numbers, compare_numbers);
  low = g_array_index (numbers, double, below);
  high = g_array_index (numbers, double, above);
  return low + (high - low) * (place - below);
}

static void
end_burn_in (GenRejection *rejection)
{
  GArray *burnt = rejection->burnt;

  if (rejection->settings.percentile <= 0 || burnt->len == 0)
    return;
  for (guint i = 0; i < burnt->len; i++)
    g_array_index (burnt, double, i) =
        worth (g_array_index (burnt, double, i), rejection->settings.maximum);
  rejection->settings.gamma = percentile_of (burnt, rejection->settings.percentile);
}

gboolean
gen_rejection_take (GenRejection *rejection, double log_odds)
{
  const gboolean burns_in = gen_rejection_burns_in (rejection);
  const guint64 draw = rejection->taken++;
  float chance;

  if (!isnan (log_odds))
    rejection->settings.maximum = fmax (rejection->settings.maximum, log_odds);
  if (burns_in) {
    if (!isnan (log_odds))
      g_array_append_val (rejection->burnt, log_odds);
    if (!gen_rejection_burns_in (rejection))
      end_burn_in (rejection);
    return FALSE;
  }
  gen_random_uniform (&rejection->random, draw, 0, &chance, 1);
  return !isnan (log_odds) &&
         (double)chance <= gen_rejection_probability (
                               log_odds, rejection->settings.maximum, rejection->settings.gamma);
}
