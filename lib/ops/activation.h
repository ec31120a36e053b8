/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/graph.h>

/* x[r][c] = activation (x[r][c] + bias[c]) for `rows` rows of `columns`, `stride` elements
 * apart; bias may be NULL. What heavy operators do to a tile that they have just made. */
void gen_activation_apply (const GenActivation *activation, float *x, gsize rows, gsize columns,
    gsize stride, const float *bias);
