/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Multistep consistency sampling (Song et al., "Consistency Models", 2023, algorithm 1): a denoiser
 * that has learned to see in any x the sample at the end of its way needs one step; each further
 * one gives that sample noise anew, of the next level, and lets the denoiser look again. A denoiser
 * that has not learned it makes the mean of all samples that x may have come of. */
#include "sampling.h"

/* More of them gain nothing, and each has a table of its own. */
#define MOST_STEPS 16

static gboolean
consistency_place (const GenSamplerSettings *settings, GenNoiseLevel *levels, GError **error)
{
  if (settings->steps <= MOST_STEPS)
    return gen_sampling_place_times (settings, levels, error);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%d steps are more than the %d that sampler %s takes at most; 1 to 4 are usual",
      settings->steps, MOST_STEPS, settings->sampler->name);
  return FALSE;
}

static double
next_noise (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return next->noise;
}

static GenTensor *
consistency_step (GenSampling *sampling, GenTensor *x, GError **error)
{
  GenTensor *sample = gen_sampling_denoise (sampling, x, error);

  sample = gen_sampling_times (sampling, sample, gen_sampling_next_signal, error);
  return gen_sampling_add_noise (sampling, sample, next_noise, error);
}

const GenSampler gen_sampler_consistency = {
  .name = "consistency",
  .description = "few steps of a consistency model, with noise anew between them (Song et al. "
                 "2023)",
  .steps = 4,
  .place = consistency_place,
  .start = gen_sampling_one,
  .step = consistency_step,
};
