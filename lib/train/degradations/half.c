/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One half of each picture is missing: the left, the right, the upper or the lower one. */
#include "hole.h"

/* How far elements lie beyond the middle of an axis, times a direction along it. */
static GenTensor *
along (GenGraph *graph, const GenTensor *samples, int axis, const char *direction, GenTensor *angle,
    GError **error)
{
  GenTensor *places = gen_hole_places (graph, samples, axis);

  places = gen_binary (graph, "Sub", places, gen_graph_float (graph, 0.5f), error);
  return gen_binary (graph, "Mul", places, gen_unary (graph, direction, angle, error), error);
}

static gboolean
apply (GenGraph *graph, GenTensor *samples, const GenDegradationSettings *settings,
    GenDegraded *degraded, GError **error)
{
  GenTensor *angle = gen_hole_draw (graph, samples, error), *seen;

  angle = gen_binary (graph, "Mul", angle, gen_graph_float (graph, 4), error);
  angle = gen_unary (graph, "Floor", angle, error);
  angle = gen_binary (graph, "Mul", angle, gen_graph_float (graph, (float)G_PI_2), error);
  seen = gen_binary (graph, "Add", along (graph, samples, 2, "Sin", angle, error),
      along (graph, samples, 3, "Cos", angle, error), error);
  return seen != NULL && gen_hole_cut (graph, samples, seen, settings, degraded, error);
}

const GenDegradation gen_degradation_half = {
  .name = "half",
  .description = "One half of each picture cut out: left, right, upper or lower",
  .medium = &gen_medium_picture,
  .apply = apply,
};
