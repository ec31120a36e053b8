/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said where the data has fewer samples than a batch. */
#pragma once

#include "training-events.h"

/* What has probably been forgotten, as a condition: "if …, …". */
const char *gen_few_samples_explain (const GenMedium *medium);
/* Warn where an epoch of `length` samples, 0 where nobody knows, is less than a batch. */
void gen_few_samples_warn (
    const GenTrainingEvents *events, const GenMedium *medium, guint64 length, int batch_size);
/* Whether `n` numbers of samples are all digital silence, of which nothing can be learned. */
gboolean gen_few_samples_are_silent (const GenMedium *medium, const float *numbers, gsize n);
