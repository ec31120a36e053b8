/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>

/* Between which numbers a tensor lies, whatever goes into its graph: low <= number <= high. An end
 * that is not known is infinite. Where there are several pairs, each is that of an index along an
 * axis, of the channels of a picture. */
typedef struct {
  int n;    /* pairs: 1 for all numbers alike, or up to GEN_PORT_MAX_CHANNELS */
  int axis; /* counted from the last one, which is 0 */
  double low[GEN_PORT_MAX_CHANNELS], high[GEN_PORT_MAX_CHANNELS];
} GenBounds;

/* What is known of a tensor of which the type alone is. */
GenBounds gen_bounds_of_type (GenDataType type);

/* The bounds of all that the nodes of `graph` make: a table of GenTensor to GenBounds, which lacks
 * those that nothing is known of. `input`, where it is not NULL, is taken to lie within `given`.
 * What shapes are known, and what constants, helps. (transfer full) */
GHashTable *gen_graph_bounds (
    const GenGraph *graph, const GenTensor *input, const GenBounds *given);
