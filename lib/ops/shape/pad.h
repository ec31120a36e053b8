/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* What a Pad adds before and after each axis; what is negative is cut off. */
typedef struct {
  gint64 before[GEN_MAX_RANK], after[GEN_MAX_RANK];
} GenPads;

GEN_PRIVATE_API gboolean gen_pad_find (const GenNode *node, GenPads *pads, GError **error);
/* Whether what it adds is zeros of float32. */
gboolean gen_pad_is_zero (const GenNode *node);
/* Where position `at` of an axis comes from, of which 0 is the first of the operand's `extent`; -1:
 * the border. `mode` is the first letter of the node's. */
GEN_PRIVATE_API gint64 gen_pad_source (gint64 at, gint64 extent, char mode);
