/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/degradation.h>
#include <generative/random.h>

static gboolean
apply (GenGraph *graph, GenTensor *samples, const GenDegradationSettings *settings,
    GenDegraded *degraded, GError **error)
{
  const double deviation = settings->strength * (settings->high - settings->low);
  GenTensor *noise = gen_graph_op (
      graph, "RandomNormalLike", &samples, 1, 1, error, "scale", GEN_FLOAT, deviation, NULL);

  if (noise == NULL)
    return FALSE;
  noise->producer->stream = GEN_STREAM_DEGRADATION;
  noise->producer->id = 0;
  degraded->samples = gen_binary (graph, "Add", samples, noise, error);
  return degraded->samples != NULL;
}

const GenDegradation gen_degradation_noise = {
  .name = "noise",
  .description = "Normal noise; strength is its deviation, where black and white are 1 apart",
  .strength = 0.1,
  .apply = apply,
  .reads = (const char *const[]){ "degradation-strength", NULL },
};
