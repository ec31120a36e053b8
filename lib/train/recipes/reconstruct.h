/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recipes share that make the samples of a step anew. */
#pragma once

#include <generative/step.h>

/* How far what net `net` has made is from the samples of the step, as settings say: the mean over
 * the numbers of each sample, [batch]. */
GenTensor *gen_step_reconstruct (GenStep *step, guint net, GenTensor *made, GError **error);
