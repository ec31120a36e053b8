/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A codebook that follows what it stands for by averages, and not by gradients. */
#pragma once

#include <generative/step.h>

/* After a step that trains, each of the `n` vectors of the codebook of net `net` is the moving
 * average, by `codebook-decay`, of those of `made`, [batch, length, ...], that were nearest to it:
 * as `codes` says, a number for each place, row by row. One that is hardly used becomes one of
 * `made`. What the averages are of are states. Nothing where the step does not train, or the
 * codebook does not. */
gboolean gen_step_follow_codebook (
    GenStep *step, guint net, GenTensor *made, GenTensor *codes, gint64 n, GError **error);
