/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How recipes that are about classes show them. */
#pragma once

#include <generative/step.h>

/* A bar for each class, from the first one at the top, as long as it is probable: of `probable`,
 * [batch, classes], numbers of -1 to 1 in `shape`, that of pictures. */
GenTensor *gen_class_bars_draw (
    GenGraph *graph, GenTensor *probable, const GenShape *shape, GError **error);
