/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/graph.h>

/* Whether two graphs compute the same by the same nodes, tensors of which bear the same names: as
 * those do that were read from one file. */
gboolean gen_graph_same (const GenGraph *a, const GenGraph *b);
/* Whether what it computes changes from run to run: an operator of it draws. */
gboolean gen_graph_draws (const GenGraph *graph);
