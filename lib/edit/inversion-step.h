/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One step of an inversion, as a plan, for a batch of samples that know nothing of each other. */
#pragma once

#include <generative/inversion.h>

typedef struct _GenInversionStep GenInversionStep;

/* (transfer full) */
GenInversionStep *gen_inversion_step_new (const GenLatentSpace *space,
    const GenInversionSettings *settings, gint64 batch, GError **error);
void gen_inversion_step_free (GenInversionStep *step);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenInversionStep, gen_inversion_step_free)
/* How many it takes at once. */
guint gen_inversion_step_batch (const GenInversionStep *step);
/* Begin with sample `row` of the batch at `place`, whose numbers are deviations from the mean; and
 * with all of them, which have to be set before. */
void gen_inversion_step_set (
    GenInversionStep *step, guint row, const float *sample, const float *place);
void gen_inversion_step_begin (GenInversionStep *step);
/* Look at where the places are, and let each go on by `rate`. */
gboolean gen_inversion_step_run (GenInversionStep *step, double rate, GError **error);
/* Where row `row` was, and what it lost there. */
const float *gen_inversion_step_place (const GenInversionStep *step, guint row);
double gen_inversion_step_loss (const GenInversionStep *step, guint row);
double gen_inversion_step_square (const GenInversionStep *step, guint row);
