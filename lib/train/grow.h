/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights that have grown: what they had is the corner of what they have. */
#pragma once

#include <generative/tensor.h>

/* Whether a tensor of `from` is one of `to` but for one extent, `before` in place of `now`, which
 * is more. */
gboolean gen_grow_fits (const GenShape *to, const GenShape *from, gint64 before, gint64 now);
/* Whether `from` has the rank of `to` and no extent that is larger. */
gboolean gen_grow_covers (const GenShape *to, const GenShape *from);
/* `from` becomes the corner of `to`, which covers it; the rest stays. */
void gen_grow_copy (
    float *to, const GenShape *to_shape, const float *from, const GenShape *from_shape);
