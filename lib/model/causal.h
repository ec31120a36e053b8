/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/graph.h>

/**
 * gen_graph_remember: let `graph`, whose results hang on frames that came before, remember what it
 * needs of them, as states: so that a stream comes out frame by frame as it would of the whole. All
 * its shapes are known; `longer` is the same graph of more frames, which tells along which axes
 * time runs. FALSE with `error`, which names the node, where results hang on frames to come, or on
 * all.
 */
gboolean gen_graph_remember (GenGraph *graph, const GenGraph *longer, GError **error);
