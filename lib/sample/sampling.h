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

/* signal² of each of the GEN_SCHEDULE_TIMES times of a schedule that has them. */
void gen_schedule_fill (const GenSchedule *schedule, double *squared_signals);
