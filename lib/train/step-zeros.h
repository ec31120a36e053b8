/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zeros of pruned weights, which stay. */
#pragma once

#include "step-private.h"

/* Whether `weight` of a net has a mask: a matrix or kernel, some of whose numbers are zero and not
 * all. What is zero all over begins so, and biases do. */
gboolean gen_step_zeros_has_mask (const GenTensor *weight);
/* Where weights of these nets that have a mask are zero, their gradients become zero, too. */
gboolean gen_step_zeros_hold (
    GenStep *step, const guint *nets, guint n, GenTensor **gradients, GError **error);
