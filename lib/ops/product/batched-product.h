/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* The product of the node's inputs 0 and 1, of any ranks, by an operator that takes [batch, m, k]
 * and [batch or 1, k, n], and zero points where one is not NULL. */
GenTensor *gen_batched_product (
    GenNode *node, const char *op, GenTensor *a_zero, GenTensor *b_zero, GError **error);
