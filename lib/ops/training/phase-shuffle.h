/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What PhaseShuffle, its gradient and their device halves share. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* infer() of both: input 0 is [N, channels, length] and input 1 [draws], which N is a multiple of.
 */
GEN_PRIVATE_API gboolean gen_phase_shuffle_infer (GenNode *node, GError **error);
/* What one of them does to a row of `length` numbers whose item is shifted by `shift`, -n … n. */
typedef void (*GenShiftRow) (const float *from, gint64 length, gint64 shift, float *to);

/* cpu() of both: each row by `shift_row`. */
gboolean gen_phase_shuffle_cpu (GenKernel *kernel, GenShiftRow shift_row, GError **error);
