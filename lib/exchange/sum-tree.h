/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

G_BEGIN_DECLS

/* out = `factor` times the sum of `n` numbers of each of `n_rows` rows, from 1 on: of the first
 * half of the rows, and of the second, each found so. The order is what makes the bits. `out` may
 * be the first row.
 */
GEN_PRIVATE_API void gen_sum_tree (
    const float *const *rows, guint n_rows, float *out, gsize n, float factor);

G_END_DECLS
