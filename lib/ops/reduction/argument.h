/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ArgMax and ArgMin: the position of the element that is before all others in the order of numbers.
 */
#pragma once

#include <generative/operator.h>

gboolean gen_argument_infer (GenNode *node, GError **error);
/* The largest element is looked for, or the smallest. */
gboolean gen_argument_cpu (GenKernel *kernel, gboolean largest, GError **error);
