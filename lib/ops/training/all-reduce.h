/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums over the members of a training (exchange.h), which the plan's options name; of one that is
 * alone they are the operand. AllReduce waits for the sum. AllReduceBegin does not: what it makes
 * is worth nothing before AllReduceEnd, which takes it and, so that this stays as long, the
 * operand. */
#pragma once

#include <generative/operator.h>

gboolean gen_all_reduce_infer (GenNode *node, GError **error);
/* Begin the sum of input 0 in output 0. */
void gen_all_reduce_begin (const GenKernel *kernel);
/* Wait for the sum at `sum`. */
void gen_all_reduce_end (const GenKernel *kernel, const float *sum);
