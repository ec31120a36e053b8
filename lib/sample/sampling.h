/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What samplers put their steps together of. Shapes may still be free, so that nothing is inferred
 * here. A NULL tensor gives NULL, so that a chain of calls needs one check at its end. */
#pragma once

#include <generative/sampler.h>

/* The input of the loop that says how far a denoiser is guided. */
#define GEN_SAMPLING_GUIDANCE "guidance"

/* What the denoiser takes x for: the sample without noise. */
GenTensor *gen_sampling_denoise (GenSampling *sampling, GenTensor *x, GError **error);
/* x times `number` of the step that is being made. */
GenTensor *gen_sampling_times (
    GenSampling *sampling, GenTensor *x, GenStepNumber number, GError **error);
GenTensor *gen_sampling_binary (
    GenSampling *sampling, const char *op, GenTensor *a, GenTensor *b, GError **error);

/* x and `number` of the step that is being made times normal numbers: other ones in each step,
 * which follow from the noise that the sample is made of. */
GenTensor *gen_sampling_add_noise (
    GenSampling *sampling, GenTensor *x, GenStepNumber number, GError **error);

/* Numbers of samplers that go along signal² + noise² = 1. */
double gen_sampling_one (const GenNoiseLevel *now, const GenNoiseLevel *next);
double gen_sampling_next_signal (const GenNoiseLevel *now, const GenNoiseLevel *next);

/* What `place` is of samplers that go along times, evenly spaced. */
gboolean gen_sampling_place_times (
    const GenSamplerSettings *settings, GenNoiseLevel *levels, GError **error);

/* signal² of each of the GEN_SCHEDULE_TIMES times of a schedule that has them. */
void gen_schedule_fill (const GenSchedule *schedule, double *squared_signals);
/* Of `n` steps evenly spaced along the times, from the last one to no noise, the time of step `i`.
 */
int gen_schedule_time (int i, int n);
