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

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenShape *shape = &gen_node_input (kernel->node, 0)->shape;
  const gint64 channels = shape->dims[1], length = shape->dims[2];
  const gint64 n_draws = gen_node_input (kernel->node, 1)->shape.dims[0];
  const gint64 n = gen_node_int (kernel->node, "n", 0);
  const float *dy = kernel->inputs[0], *draws = kernel->inputs[1];
  float *dx = kernel->outputs[0];
  gsize first, end;

  gen_kernel_share ((gsize)(shape->dims[0] * channels), 1, part, parts, &first, &end);
  for (gint64 row = (gint64)first; row < (gint64)end; row++)
    shift_row_back (dy + row * length, length,
        gen_phase_shuffle_shift (draws[row / channels % n_draws], n), dx + row * length);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenShape *shape = &gen_node_input (kernel->node, 0)->shape;

  if (gen_node_input (kernel->node, 0)->type != GEN_TYPE_FLOAT32)
    return gen_node_error (kernel->node, error, "only float32 is supported");
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (shape), 0.2));
  return TRUE;
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
