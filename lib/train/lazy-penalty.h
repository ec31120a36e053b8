/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Penalties on the discriminator's gradient that are paid every so many steps, so many times
 * (Karras et al., "Analyzing and improving the image quality of StyleGAN", 2020, which calls that
 * lazy): what is left out most of the time must not be computed either. So there are two graphs of
 * a step, with penalties and without. The one without is the trainer's own, whose states are those
 * that are saved and shown; the other one borrows them for a step. */
#pragma once

#include "step-graph.h"

typedef struct {
  GenStepGraph built;
  GenPlan *plan; /* NULL: no penalties, or in every step */
  guint64 interval;
} GenLazyPenalty;

/* What the steps without penalties are like: `settings`, without those that are paid now and then.
 */
GenTrainerSettings gen_lazy_penalty_take_off (const GenTrainerSettings *settings);
gboolean gen_lazy_penalty_init (GenLazyPenalty *penalty, GenGraph *const *nets,
    const GenTrainerSettings *settings, const GenPlanOptions *options, GError **error);
void gen_lazy_penalty_clear (GenLazyPenalty *penalty);
/* Whether step `step`, from 0, has penalties that others have not. */
gboolean gen_lazy_penalty_is_due (const GenLazyPenalty *penalty, guint64 step);
/* Let its plan have the states and inputs of `plan`, that of `built`, and give the states back. */
gboolean gen_lazy_penalty_borrow (
    GenLazyPenalty *penalty, GenPlan *plan, const GenStepGraph *built, GError **error);
gboolean gen_lazy_penalty_give_back (GenLazyPenalty *penalty, GenPlan *plan, GError **error);
