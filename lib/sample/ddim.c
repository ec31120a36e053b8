/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoising diffusion implicit models (Song, Meng and Ermon, "Denoising Diffusion Implicit Models",
 * 2020) without noise of their own, eta = 0: the sample that the denoiser sees in x, with the noise
 * that x then has, at the next level. Times are evenly spaced and begin with the last one, where
 * there is nothing but noise (Lin et al., "Common Diffusion Noise Schedules and Sample Steps are
 * Flawed", 2023). */
#include <math.h>

#include "sampling.h"

static gboolean
ddim_place (const GenSamplerSettings *settings, GenNoiseLevel *levels, GError **error)
{
  double squared_signals[GEN_SCHEDULE_TIMES];

  if (settings->schedule->beta == NULL) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "sampler ddim goes along times, which schedule %s has not; it takes linear, "
        "scaled-linear, cosine or shifted-cosine, and sampler euler takes this one",
        settings->schedule->name);
    return FALSE;
  }
  gen_schedule_fill (settings->schedule, squared_signals);
  for (int i = 0; i < settings->steps; i++) {
    const double left = 1 - (double)i / settings->steps;
    const int time = (int)lround (GEN_SCHEDULE_TIMES * left) - 1;

    levels[i] = (GenNoiseLevel){ .signal = sqrt (squared_signals[time]),
      .noise = sqrt (1 - squared_signals[time]),
      .time = time,
      .scale = 1 };
  }
  return TRUE;
}

static double
one (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return 1;
}

static double
signal_now (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return now->signal;
}

static double
next_signal (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return next->signal;
}

/* How much of the noise stays. */
static double
noise_kept (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return next->noise / now->noise;
}

static GenTensor *
ddim_step (GenSampling *sampling, GenTensor *x, GError **error)
{
  GenTensor *sample = gen_sampling_denoise (sampling, x, error);
  GenTensor *seen = gen_sampling_times (sampling, sample, signal_now, error);
  GenTensor *noise = gen_sampling_binary (sampling, "Sub", x, seen, error);

  return gen_sampling_binary (sampling, "Add",
      gen_sampling_times (sampling, sample, next_signal, error),
      gen_sampling_times (sampling, noise, noise_kept, error), error);
}

const GenSampler gen_sampler_ddim = {
  .name = "ddim",
  .description = "denoising diffusion implicit models, eta 0 (Song, Meng and Ermon 2020)",
  .place = ddim_place,
  .start = one,
  .step = ddim_step,
};
