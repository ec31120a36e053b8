/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How often codes are used. */
#pragma once

#include <generative/step.h>

/* [rows, n]: 1 where a code of `codes`, whole numbers of any shape, is that of the column, else 0.
 */
GenTensor *gen_code_marks (GenGraph *graph, GenTensor *codes, gint64 n, GError **error);
/* The entropy of the shares that `n` codes have in `codes`, whole numbers of any shape, in nats. */
GenTensor *gen_code_entropy (GenStep *step, GenTensor *codes, gint64 n, GError **error);
