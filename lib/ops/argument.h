/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ArgMax and ArgMin: the position of the element that comes before all others. */
#pragma once

#include <generative/operator.h>

gboolean gen_argument_infer (GenNode *node, GError **error);
/* `before` tells whether a candidate is better than the best so far. */
gboolean gen_argument_cpu (
    GenKernel *kernel, gboolean (*before) (float candidate, float best), GError **error);
