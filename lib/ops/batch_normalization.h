/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* Whether a node of BatchNormalization takes its statistics from its input: before opset 14 it does
 * when its statistics are asked for. */
gboolean gen_batch_normalization_trains (const GenNode *node);
