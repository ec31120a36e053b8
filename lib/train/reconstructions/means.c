/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "means.h"

GenTensor *
gen_reconstruction_mean (GenGraph *graph, GenTensor *numbers, GError **error)
{
  gint64 axes[GEN_MAX_RANK];
  int n;

  if (numbers == NULL)
    return NULL;
  n = numbers->shape.rank - 1;
  for (int i = 0; i < n; i++)
    axes[i] = i + 1;
  return gen_graph_op (graph, "ReduceMean", &numbers, 1, 1, error, "axes", GEN_INTS, n, axes,
      "keepdims", GEN_INT, 0, NULL);
}
