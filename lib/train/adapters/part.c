/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "part.h"

GenTensor *
gen_adapter_part_matrix (GenGraph *graph, const GenAdapterPart *part, GenPartTensor which,
    GenTensor *tensor, gboolean *behind, GError **error)
{
  const GenAdaptedLayer *layer = &part->layer;
  const gboolean is_up = which == GEN_PART_UP;
  const gint64 n = is_up == (layer->factors == GEN_FACTORS_OUT_IN) ? layer->rows : layer->columns;
  gint64 extents[] = { layer->groups, part->rank, n };

  *behind = (is_up && layer->factors == GEN_FACTORS_OUT_IN) ||
            (!is_up && layer->factors == GEN_FACTORS_IN_OUT);
  if (*behind) {
    extents[1] = n;
    extents[2] = part->rank;
  }
  return gen_binary (graph, "Reshape", tensor, gen_graph_ints (graph, extents, 3), error);
}
