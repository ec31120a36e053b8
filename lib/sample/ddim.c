/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoising diffusion implicit models (Song, Meng and Ermon, "Denoising Diffusion Implicit Models",
 * 2020) without noise of their own, eta = 0: the sample that the denoiser sees in x, with the noise
 * that x then has, at the next level. */
#include "sampling.h"

static double
signal_now (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return now->signal;
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
      gen_sampling_times (sampling, sample, gen_sampling_next_signal, error),
      gen_sampling_times (sampling, noise, noise_kept, error), error);
}

const GenSampler gen_sampler_ddim = {
  .name = "ddim",
  .description = "denoising diffusion implicit models, eta 0 (Song, Meng and Ermon 2020)",
  .steps = 20,
  .place = gen_sampling_place_times,
  .start = gen_sampling_one,
  .step = ddim_step,
};
