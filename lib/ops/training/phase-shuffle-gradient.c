/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PhaseShuffleGradient (dy, draws): dy shifted back; what PhaseShuffle read twice by reflection is
 * added up, and what it did not read is 0. */
#include "phase-shuffle.h"

#include <string.h>

static void
shift_row_back (const float *dy, gint64 length, gint64 shift, float *dx)
{
  if (shift < 0) {
    memcpy (dx, dy - shift, (gsize)(length + shift) * sizeof (float));
    memset (dx + length + shift, 0, (gsize)-shift * sizeof (float));
    for (gint64 t = 0; t < -shift; t++)
      dx[-shift - t] += dy[t];
    return;
  }
  memset (dx, 0, (gsize)shift * sizeof (float));
  memcpy (dx + shift, dy, (gsize)(length - shift) * sizeof (float));
  for (gint64 t = 0; t < shift; t++)
    dx[length - 2 - t] += dy[length - shift + t];
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_phase_shuffle_cpu (kernel, shift_row_back, error);
}

/* A PhaseShuffle again. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  if (!g->needed[0])
    return TRUE;
  g->inputs[0] = gen_graph_op (g->graph, "PhaseShuffle",
      (GenTensor *[]){ g->outputs[0], gen_node_input (g->node, 1) }, 2, 1, error, "n", GEN_INT,
      gen_node_int (g->node, "n", 0), NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_phase_shuffle_gradient = {
  .name = "PhaseShuffleGradient",
  .domain = "generative",
  .summary = "Gradient of PhaseShuffle: shifted back, reflections added up",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = gen_phase_shuffle_infer,
  .cpu = cpu,
  .gradient = gradient,
};
