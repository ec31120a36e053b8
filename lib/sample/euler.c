/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Euler's method along the deviation of the noise, as Karras et al. have it ("Elucidating the
 * Design Space of Diffusion-Based Generative Models", 2022): dx / dsigma = (x - D (x, sigma)) /
 * sigma, from the largest noise to none, in steps that become smaller with it. */
#include <math.h>

#include "sampling.h"

/* How much shorter the steps of little noise are; the authors' number. */
#define RHO 7

/* Where neither the model nor the user says it; theirs as well. */
#define SIGMA_MIN 0.002
#define SIGMA_MAX 80

static double
karras (int i, int n, double low, double high)
{
  const double share = n > 1 ? (double)i / (n - 1) : 0;
  const double from = pow (high, 1.0 / RHO), to = pow (low, 1.0 / RHO);

  return pow (from + share * (to - from), RHO);
}

/* Noise beside a sample as it is. */
static double
sigma_of (double squared_signal)
{
  return sqrt ((1 - squared_signal) / squared_signal);
}

/* The time of a schedule whose noise is `sigma`, in between as its logarithm goes. */
static double
find_time (const double *squared_signals, double sigma)
{
  int after = 1;
  double low, high;

  while (after < GEN_SCHEDULE_TIMES - 1 && sigma_of (squared_signals[after]) < sigma)
    after++;
  low = log (sigma_of (squared_signals[after - 1]));
  high = log (sigma_of (squared_signals[after]));
  return after - 1 + CLAMP ((log (sigma) - low) / (high - low), 0, 1);
}

/* Of a denoiser that is told a time, and sees signal² + noise² = 1. */
static gboolean
place_times (const GenSamplerSettings *settings, GenNoiseLevel *levels, GError **error)
{
  double squared_signals[GEN_SCHEDULE_TIMES], least, largest, low, high;

  gen_schedule_fill (settings->schedule, squared_signals);
  least = sigma_of (squared_signals[0]);
  largest = sigma_of (squared_signals[GEN_SCHEDULE_TIMES - 1]);
  low = fmax (settings->sigma_min, least);
  high = settings->sigma_max > 0 ? fmin (settings->sigma_max, largest) : largest;
  if (low >= high) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "of sigma-range %g,%g schedule %s has nothing, whose noise goes from %g to %g",
        settings->sigma_min, settings->sigma_max, settings->schedule->name, least, largest);
    return FALSE;
  }
  for (int i = 0; i < settings->steps; i++) {
    GenNoiseLevel *level = &levels[i];

    *level = (GenNoiseLevel){ .signal = 1, .noise = karras (i, settings->steps, low, high) };
    level->time = find_time (squared_signals, level->noise);
    if (settings->whole_times) {
      level->time = round (level->time);
      level->noise = sigma_of (squared_signals[(int)level->time]);
    }
    level->scale = 1 / sqrt (1 + level->noise * level->noise);
  }
  return TRUE;
}

static gboolean
euler_place (const GenSamplerSettings *settings, GenNoiseLevel *levels, GError **error)
{
  const double low = settings->sigma_min > 0 ? settings->sigma_min : SIGMA_MIN;
  const double high = settings->sigma_max > 0 ? settings->sigma_max : SIGMA_MAX;

  if (settings->schedule->beta != NULL)
    return place_times (settings, levels, error);
  for (int i = 0; i < settings->steps; i++) {
    const double sigma = karras (i, settings->steps, low, high);

    levels[i] = (GenNoiseLevel){ .signal = 1, .noise = sigma, .time = sigma, .scale = 1 };
  }
  return TRUE;
}

static double
sigma (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return now->noise;
}

static double
length_by_sigma (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return (next->noise - now->noise) / now->noise;
}

static GenTensor *
euler_step (GenSampling *sampling, GenTensor *x, GError **error)
{
  GenTensor *sample = gen_sampling_denoise (sampling, x, error);
  GenTensor *noise = gen_sampling_binary (sampling, "Sub", x, sample, error);
  GenTensor *change = gen_sampling_times (sampling, noise, length_by_sigma, error);

  return gen_sampling_binary (sampling, "Add", x, change, error);
}

const GenSampler gen_sampler_euler = {
  .name = "euler",
  .description = "Euler's method along the noise (Karras et al. 2022)",
  .steps = 20,
  .place = euler_place,
  .start = sigma,
  .step = euler_step,
};
