/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

#include "../private-api.h"

/**
 * gen_graph_make_trainable: let the weights of a graph that is quantised in QDQ form be floats
 * again, behind which a QuantizeLinear makes the integers that they were: so a training, whose
 * gradients go through steps, finds floats that are good as integers. Biases of integers become
 * floats. gen_graph_settle makes integers of them again.
 * Returns: how many weights there are of that kind; -1 with `error`.
 */
GEN_PRIVATE_API int gen_graph_make_trainable (GenGraph *graph, GError **error);
