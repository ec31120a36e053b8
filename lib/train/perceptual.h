/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples compared by what another net sees in them: Johnson et al., "Perceptual losses for
 * real-time style transfer and super-resolution", 2016. */
#pragma once

#include <generative/graph.h>

#include "../private-api.h"

/* The mean square of the difference of what the ONNX model `path` makes of pictures or sounds
 * `made` and `wanted`, whose black and white are `low` and `high`: [batch], the sum over its
 * outputs. The model's weights are constants. Pictures are brought to the size and the channels
 * that it takes. `setting` names it in errors. */
GEN_PRIVATE_API GenTensor *gen_perceptual_compare (GenGraph *graph, const char *setting,
    const char *path, GenTensor *made, GenTensor *wanted, float low, float high, GError **error);
