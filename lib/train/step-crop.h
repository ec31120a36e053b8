/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "step-graph.h"

/* Where a step to train with `settings` could not be built, which `error` says: where it is the
 * crop that the nets do not take, say that instead, and which they do. */
void gen_step_explain_crop (
    GenGraph *const *nets, const GenTrainerSettings *settings, GError **error);
