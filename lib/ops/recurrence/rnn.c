/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RNN: h = f (x W' + h R' + biases), the plain recurrent layer (Elman 1990). */
#include "recurrence.h"

static void
last (const GenCellRow *row)
{
  gsize n = row->recurrence->hidden;

  gen_gate_add (row->product, row->projection, n, row->recurrence->clip);
  gen_gate_run (&row->functions[0], row->product, n);
  for (gsize i = 0; i < n; i++)
    row->hidden[i] = row->product[i];
}

static gboolean
build (GenGraph *graph, GenCellNodes *nodes, GError **error)
{
  GenTensor *z = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ nodes->hidden, nodes->weights, nodes->projection }, 3, 1, error, "transB",
      GEN_INT, 1, NULL);

  nodes->hidden = gen_gate_build (graph, nodes->recurrence, &nodes->functions[0], z, error);
  return nodes->hidden != NULL;
}

static const char *const defaults[] = { "Tanh" };

const GenCell gen_cell_rnn = {
  .gates = 1,
  .functions = 1,
  .defaults = defaults,
  .last = last,
  .build = build,
};

GEN_RECURRENCE_OPERATOR (
    rnn, "RNN", "The plain recurrent layer, over a sequence", .max_inputs = 6, .max_outputs = 2)
