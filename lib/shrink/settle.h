/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making constant what follows from constants and from extents that are known. */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

#include "../private-api.h"

/**
 * gen_graph_settle: all that is the same whatever free extents are becomes a constant, and a shape
 * that is given to Reshape and of which one extent alone hangs on these has -1 there. What
 * exporters write for any batch (Shape, Gather, Concat, Reshape) is as the layer before was meant
 * then.
 *
 * `shaped` is a copy that has been inferred, with any extents in the place of free ones. Constants
 * that would make the file larger by more than a little stay as they are computed.
 * Returns: how many tensors became constants.
 */
GEN_PRIVATE_API guint gen_graph_settle (GenGraph *graph, const GenGraph *shaped);

/* Let each node that is no layer have small constants of its own: exporters let scales that are
 * equal share one, which would bind what they scale. Bytes stay shared. */
GEN_PRIVATE_API void gen_graph_part_constants (GenGraph *graph);
