/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PhaseShuffle (x, draws): each item of x [N, channels, length] shifted along its length by a whole
 * number of -n … n, all of its channels alike; what a shift leaves open is filled by reflection.
 * Draws are from [0, 1): item i has draw i, and where there are fewer they begin anew. Donahue et
 * al., "Adversarial audio synthesis", 2019: a discriminator that cannot rely on phases does not
 * learn the generator's upsampling artefacts. It stands in training graphs alone; nets play without
 * it. */
#include "phase-shuffle.h"

#include <string.h>

typedef struct {
  GenShiftRow shift_row;
  gint64 channels, length, n_draws, n;
} Rows;

/* By how much an item is shifted, -n … n: `draw` is from [0, 1). */
static gint64
shift_of (float draw, gint64 n)
{
  return CLAMP ((gint64)(draw * (float)(2 * n + 1)), 0, 2 * n) - n;
}

gboolean
gen_phase_shuffle_infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *draws = gen_node_input (node, 1);
  gint64 n = gen_node_int (node, "n", 0);

  if (x->shape.rank != 3 || draws->shape.rank != 1 || draws->shape.dims[0] < 1 ||
      x->shape.dims[0] % draws->shape.dims[0] != 0)
    return gen_node_error (node, error,
        "it needs [N, channels, length] and a number of draws that N is a multiple of");
  if (n < 0 || n >= x->shape.dims[2])
    return gen_node_error (node, error,
        "its n is %" G_GINT64_FORMAT
        "; it must be at least 0, and below the length %" G_GINT64_FORMAT,
        n, x->shape.dims[2]);
  if (!gen_node_same_type (node, 0, 1, error))
    return FALSE;
  return gen_infer_same (node, error);
}

static void
shift_row (const float *x, gint64 length, gint64 shift, float *y)
{
  if (shift < 0) {
    for (gint64 t = 0; t < -shift; t++)
      y[t] = x[-shift - t];
    memcpy (y - shift, x, (gsize)(length + shift) * sizeof (float));
    return;
  }
  memcpy (y, x + shift, (gsize)(length - shift) * sizeof (float));
  for (gint64 t = 0; t < shift; t++)
    y[length - shift + t] = x[length - 2 - t];
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Rows *rows = kernel->state;
  const gint64 length = rows->length;
  const float *from = kernel->inputs[0], *draws = kernel->inputs[1];
  float *to = kernel->outputs[0];
  const gint64 items = gen_node_input (kernel->node, 0)->shape.dims[0];
  gsize first, end;

  gen_kernel_share ((gsize)(items * rows->channels), 1, part, parts, &first, &end);
  for (gint64 row = (gint64)first; row < (gint64)end; row++)
    rows->shift_row (from + row * length, length,
        shift_of (draws[row / rows->channels % rows->n_draws], rows->n), to + row * length);
}

gboolean
gen_phase_shuffle_cpu (GenKernel *kernel, GenShiftRow shift_row, GError **error)
{
  const GenTensor *from = gen_node_input (kernel->node, 0);
  Rows *rows;

  if (from->type != GEN_TYPE_FLOAT32)
    return gen_node_error (kernel->node, error, "only float32 is supported");
  kernel->state = rows = g_new (Rows, 1);
  kernel->free_state = g_free;
  *rows = (Rows){ shift_row, from->shape.dims[1], from->shape.dims[2],
    gen_node_input (kernel->node, 1)->shape.dims[0], gen_node_int (kernel->node, "n", 0) };
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, (gsize)gen_shape_elements (&from->shape), 0.2));
  return TRUE;
}

gboolean
gen_phase_shuffle_gradient (GenGradient *g, const char *name, GError **error)
{
  if (!g->needed[0])
    return TRUE;
  g->inputs[0] =
      gen_graph_op (g->graph, name, (GenTensor *[]){ g->outputs[0], gen_node_input (g->node, 1) },
          2, 1, error, "n", GEN_INT, gen_node_int (g->node, "n", 0), NULL);
  return g->inputs[0] != NULL;
}

GEN_PHASE_SHUFFLE_OPERATOR (phase_shuffle, "PhaseShuffle",
    "Shift each sound of a batch by a few steps at random, reflected at its ends",
    "PhaseShuffleGradient")
