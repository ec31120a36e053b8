/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* Whether a node of BatchNormalization takes its statistics from its input: before opset 14 it does
 * when its statistics are asked for. */
GEN_PRIVATE_API gboolean gen_batch_normalization_trains (const GenNode *node);
