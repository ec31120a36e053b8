/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Concat, Split and SliceGradient as copies of boxes. */
#pragma once

#include "../../private-api.h"
#include "../shape/strided.h"

/* The copies of a Concat node, one for each input. */
GEN_PRIVATE_API void gen_concat_pieces (const GenNode *node, GenStrided *pieces);
/* The copies of a Split node, one for each output. */
GEN_PRIVATE_API gboolean gen_split_pieces (const GenNode *node, GenStrided *pieces, GError **error);
/* The copy of a SliceGradient node, into zeros. */
GEN_PRIVATE_API void gen_slice_gradient_box (const GenNode *node, GenStrided *strided);
