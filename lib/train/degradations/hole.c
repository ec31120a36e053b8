/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hole.h"

GenTensor *
gen_hole_draw (GenGraph *graph, const GenTensor *samples, GError **error)
{
  gint64 extents[GEN_MAX_RANK];

  for (int i = 0; i < samples->shape.rank; i++)
    extents[i] = i == 0 ? samples->shape.dims[0] : 1;
  return gen_graph_op (graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS,
      samples->shape.rank, extents, NULL);
}

GenTensor *
gen_hole_places (GenGraph *graph, const GenTensor *samples, int axis)
{
  const gint64 n = samples->shape.dims[axis];
  GenShape shape = samples->shape;
  float *places = g_new (float, n);

  for (int i = 0; i < shape.rank; i++)
    shape.dims[i] = i == axis ? n : 1;
  for (gint64 i = 0; i < n; i++)
    places[i] = ((float)i + 0.5f) / (float)n;
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &shape, g_bytes_new_take (places, (gsize)n * sizeof (float)));
}

gboolean
gen_hole_cut (GenGraph *graph, GenTensor *samples, GenTensor *seen,
    const GenDegradationSettings *settings, GenDegraded *degraded, GError **error)
{
  GenTensor *is_seen = gen_binary (graph, "Greater", seen, gen_graph_float (graph, 0), error);

  if (is_seen == NULL)
    return FALSE;
  degraded->samples = gen_graph_op (graph, "Where",
      (GenTensor *[]){
          is_seen, samples, gen_graph_float (graph, (settings->low + settings->high) / 2) },
      3, 1, error, NULL);
  degraded->seen = gen_graph_op (
      graph, "Cast", &is_seen, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  return degraded->samples != NULL && degraded->seen != NULL;
}
