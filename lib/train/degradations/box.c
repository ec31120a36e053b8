/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A box of each sample is missing: anywhere, of any shape, from high and narrow to flat and wide,
 * and always of the same area. Of a sound, it is a stretch of time. */
#include <math.h>

#include <generative/trainer.h>

#include "hole.h"

/* Above 0 outside of the stretch that is `share` of the axis. */
static GenTensor *
outside (GenGraph *graph, const GenTensor *samples, int axis, GenTensor *share, GError **error)
{
  GenTensor *one = gen_graph_float (graph, 1), *half = gen_graph_float (graph, 0.5f);
  GenTensor *places = gen_hole_places (graph, samples, axis);
  GenTensor *draw = gen_hole_draw (graph, samples, error);
  GenTensor *reach = gen_binary (graph, "Mul", share, half, error);
  GenTensor *room = gen_binary (graph, "Sub", one, share, error);
  GenTensor *center =
      gen_binary (graph, "Add", reach, gen_binary (graph, "Mul", room, draw, error), error);
  GenTensor *distance = gen_binary (graph, "Sub", places, center, error);

  return gen_binary (graph, "Sub", gen_unary (graph, "Abs", distance, error), reach, error);
}

/* share ^ exponent */
static GenTensor *
power (GenGraph *graph, double share, GenTensor *exponent, GError **error)
{
  return gen_unary (graph, "Exp",
      gen_binary (graph, "Mul", exponent, gen_graph_float (graph, (float)log (share)), error),
      error);
}

static gboolean
apply (GenGraph *graph, GenTensor *samples, const GenDegradationSettings *settings,
    GenDegraded *degraded, GError **error)
{
  GenTensor *draw, *seen;

  if (settings->strength >= 1) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "degradation-strength: a box is a share of the whole, below 1, not %g", settings->strength);
    return FALSE;
  }
  if (samples->shape.rank == 3) {
    seen = outside (graph, samples, 2, gen_graph_float (graph, (float)settings->strength), error);
  } else {
    draw = gen_hole_draw (graph, samples, error);
    seen = gen_binary (graph, "Max",
        outside (graph, samples, 2, power (graph, settings->strength, draw, error), error),
        outside (graph, samples, 3,
            power (graph, settings->strength,
                gen_binary (graph, "Sub", gen_graph_float (graph, 1), draw, error), error),
            error),
        error);
  }
  return seen != NULL && gen_hole_cut (graph, samples, seen, settings, degraded, error);
}

const GenDegradation gen_degradation_box = {
  .name = "box",
  .description = "A box cut out of each picture, or a stretch of each sound; strength is its share "
                 "of the whole, below 1",
  .strength = 0.25,
  .apply = apply,
  .reads = (const char *const[]){ "degradation-strength", NULL },
};
