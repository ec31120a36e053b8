/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which noise denoisers have learned. */
#include <math.h>

#include "../base/family.h"
#include "sampling.h"

#define LAST (GEN_SCHEDULE_TIMES - 1)
/* Signal² beside noise² is so much less with shifted-cosine than with cosine. */
#define SHIFT 16

static double
linear_beta (int time)
{
  return 0.0001 + (0.02 - 0.0001) * time / LAST;
}

/* Whose roots are evenly spaced. */
static double
scaled_linear_beta (int time)
{
  const double low = sqrt (0.00085), high = sqrt (0.012);
  const double root = low + (high - low) * time / LAST;

  return root * root;
}

static double
cosine (int time)
{
  const double root = cos (((double)time / GEN_SCHEDULE_TIMES + 0.008) / 1.008 * G_PI / 2);

  return root * root;
}

static double
cosine_beta (int time)
{
  return fmin (1 - cosine (time + 1) / cosine (time), 0.999);
}

/* Neighbours in large pictures tell the same, so that what all of them have in common, such as a
 * colour, can be seen through much more noise than each of them (Hoogeboom et al., "Simple
 * diffusion", 2023): with cosine only at the very last times it cannot be. */
static double
shifted_cosine (int time)
{
  const double signal = fmin (cosine (time) / cosine (0), 1);

  return signal / (signal + SHIFT * (1 - signal));
}

static double
shifted_cosine_beta (int time)
{
  return fmin (1 - shifted_cosine (time + 1) / shifted_cosine (time), 0.999);
}

void
gen_schedule_fill (const GenSchedule *schedule, double *squared_signals)
{
  double left = 1;

  for (int time = 0; time < GEN_SCHEDULE_TIMES; time++) {
    left *= 1 - schedule->beta (time);
    squared_signals[time] = left;
  }
}

int
gen_schedule_time (int i, int n)
{
  const double left = 1 - (double)i / n;

  return (int)lround (GEN_SCHEDULE_TIMES * left) - 1;
}

const GenSchedule gen_schedule_karras = {
  .name = "karras",
  .description = "noise is added, and the denoiser is told its deviation (Karras et al. 2022)",
};

const GenSchedule gen_schedule_linear = {
  .name = "linear",
  .description = "1000 times, of betas 0.0001 to 0.02 (Ho et al. 2020)",
  .beta = linear_beta,
};

const GenSchedule gen_schedule_scaled_linear = {
  .name = "scaled-linear",
  .description = "1000 times, of betas 0.00085 to 0.012 whose roots are evenly spaced (Rombach et "
                 "al. 2022)",
  .beta = scaled_linear_beta,
};

const GenSchedule gen_schedule_cosine = {
  .name = "cosine",
  .description =
      "1000 times, of a signal that falls as a squared cosine (Nichol and Dhariwal 2021)",
  .beta = cosine_beta,
};

const GenSchedule gen_schedule_shifted_cosine = {
  .name = "shifted-cosine",
  .description = "cosine with a quarter of the signal beside the noise, for samples whose many "
                 "numbers have much in common (Hoogeboom et al. 2023)",
  .beta = shifted_cosine_beta,
};

const GenSchedule *const *
gen_schedule_list (void)
{
  static const GenSchedule *const list[] = {
    &gen_schedule_karras,
    &gen_schedule_linear,
    &gen_schedule_scaled_linear,
    &gen_schedule_cosine,
    &gen_schedule_shifted_cosine,
    NULL,
  };

  return list;
}

const GenSchedule *
gen_schedule_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_schedule_list (), name, "schedule", GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, error);
}
