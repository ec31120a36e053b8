/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* Which of the first two axes of a node of ReverseSequence is time, and which the batch. */
GEN_PRIVATE_API gboolean gen_reverse_sequence_axes (
    const GenNode *node, int *time, int *batch, GError **error);
