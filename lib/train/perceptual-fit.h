/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>

/* Samples, [batch, channels, …], whose black and white are `low` and `high`, as a model takes them
 * by its input `port`: its channels, range, size and order. */
GenTensor *gen_perceptual_fit (
    GenGraph *graph, GenTensor *x, const GenPort *port, float low, float high, GError **error);
