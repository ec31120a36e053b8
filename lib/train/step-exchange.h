/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the members of a training (exchange.h) have in common within a step: sums of gradients, and
 * whatever a state is made of that hangs on the batch, of which each member sees its part. */
#pragma once

#include "step-private.h"

/* The tensors, where they are not NULL, become `factor` times their sums over all members. These
 * are begun as soon as what is summed is there, several small ones together, and come while other
 * nodes run. */
gboolean gen_step_sum_over_members (
    GenStep *step, GenTensor **tensors, guint n, double factor, GError **error);
/* They become their means. */
gboolean gen_step_average_over_members (
    GenStep *step, GenTensor **tensors, guint n, GError **error);
/* `x` of the first member, for all. */
GenTensor *gen_step_take_of_first (GenStep *step, GenTensor *x, GError **error);
/* How many members there are. */
guint gen_step_n_members (const GenStep *step);
