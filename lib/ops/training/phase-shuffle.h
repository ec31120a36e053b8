/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What PhaseShuffle, its gradient and their device halves share. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* infer() of both: input 0 is [N, channels, length] and input 1 [draws], which N is a multiple of.
 */
GEN_PRIVATE_API gboolean gen_phase_shuffle_infer (GenNode *node, GError **error);
/* By how much an item is shifted, -n … n: `draw` is from [0, 1). */
GEN_PRIVATE_API gint64 gen_phase_shuffle_shift (float draw, gint64 n);
