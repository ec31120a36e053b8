/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What keeps nets from forgetting (retention.h) in a step. */
#pragma once

#include "step-private.h"

/* Whether the nets have what the settings of it are for. */
gboolean gen_step_retention_check (const GenStep *step, GError **error);
/* Note what `net` was applied to, and what it made of that. TRUE. */
gboolean gen_step_retention_note (
    GenStepNet *net, GenTensor *const *inputs, GenTensor *const *outputs);
/* `loss` and how far the `n` `nets` are from what they were. */
GenTensor *gen_step_retention_penalise (
    GenStep *step, const guint *nets, guint n, GenTensor *loss, GError **error);
