/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LSTM (Hochreiter and Schmidhuber 1997), with the forget gate and peepholes of Gers et al.; the
 * gates stand in the order input, output, forget, candidate. */
#include "recurrence.h"
#include "../../simd.h"

enum { INPUT, OUTPUT, FORGET, CANDIDATE, GATES };

/* x += p c, what a peephole lets through. */
GEN_CLONES (void, peep, (float *x, const float *p, const float *c, gsize n), (x, p, c, n))
{
  for (gsize i = 0; i < n; i++)
    x[i] += p[i] * c[i];
}

GEN_CLONES (void, remember,
    (float *c, const float *in, const float *candidate, const float *forget, gsize n),
    (c, in, candidate, forget, n))
{
  for (gsize i = 0; i < n; i++)
    c[i] = forget[i] * c[i] + in[i] * candidate[i];
}

GEN_CLONES (void, remember_rest, (float *c, const float *in, const float *candidate, gsize n),
    (c, in, candidate, n))
{
  for (gsize i = 0; i < n; i++)
    c[i] = (1 - in[i]) * c[i] + in[i] * candidate[i];
}

GEN_CLONES (void, multiply, (float *x, const float *a, gsize n), (x, a, n))
{
  for (gsize i = 0; i < n; i++)
    x[i] *= a[i];
}

static void
last (const GenCellRow *row)
{
  const GenRecurrence *r = row->recurrence;
  const GenGateUse *f = &row->functions[0], *g = &row->functions[1], *h = &row->functions[2];
  const float *p = row->peepholes;
  gsize n = r->hidden;
  float *z = row->product, *c = row->state;
  const float *x = row->projection;

  if (p != NULL) {
    peep (z + INPUT * n, p, c, n);
    peep (z + FORGET * n, p + 2 * n, c, n);
  }
  gen_gate_add (z + INPUT * n, x + INPUT * n, n, r->clip);
  gen_gate_add (z + FORGET * n, x + FORGET * n, 2 * n, r->clip);
  gen_gate_run (f, z + INPUT * n, n);
  gen_gate_run (f, z + FORGET * n, n);
  gen_gate_run (g, z + CANDIDATE * n, n);
  if (r->input_forget)
    remember_rest (c, z + INPUT * n, z + CANDIDATE * n, n);
  else
    remember (c, z + INPUT * n, z + CANDIDATE * n, z + FORGET * n, n);
  if (p != NULL)
    peep (z + OUTPUT * n, p + n, c, n);
  gen_gate_add (z + OUTPUT * n, x + OUTPUT * n, n, r->clip);
  gen_gate_run (f, z + OUTPUT * n, n);
  for (gsize i = 0; i < n; i++)
    row->hidden[i] = c[i];
  gen_gate_run (h, row->hidden, n);
  multiply (row->hidden, z + OUTPUT * n, n);
}

/* z + p c, for the peephole number `i`. */
static GenTensor *
build_peep (GenGraph *graph, const GenCellNodes *nodes, int i, GenTensor *z, GError **error)
{
  GenTensor *p;

  if (nodes->peepholes == NULL || z == NULL)
    return z;
  p = gen_gate_columns (graph, nodes->peepholes, i, 3, error);
  return gen_binary (graph, "Add", z, gen_binary (graph, "Mul", p, nodes->state, error), error);
}

static gboolean
build (GenGraph *graph, GenCellNodes *nodes, GError **error)
{
  const GenRecurrence *r = nodes->recurrence;
  const GenGateUse *f = &nodes->functions[0], *g = &nodes->functions[1], *h = &nodes->functions[2];
  GenTensor *z = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ nodes->hidden, nodes->weights, nodes->projection }, 3, 1, error, "transB",
      GEN_INT, 1, NULL);
  GenTensor *gates[GATES], *kept;

  for (int i = 0; i < GATES; i++)
    gates[i] = gen_gate_columns (graph, z, i, GATES, error);
  gates[INPUT] =
      gen_gate_build (graph, r, f, build_peep (graph, nodes, 0, gates[INPUT], error), error);
  gates[FORGET] =
      r->input_forget
          ? gen_binary (graph, "Sub", gen_graph_float (graph, 1), gates[INPUT], error)
          : gen_gate_build (graph, r, f, build_peep (graph, nodes, 2, gates[FORGET], error), error);
  gates[CANDIDATE] = gen_gate_build (graph, r, g, gates[CANDIDATE], error);
  kept = gen_binary (graph, "Mul", gates[FORGET], nodes->state, error);
  nodes->state = gen_binary (
      graph, "Add", kept, gen_binary (graph, "Mul", gates[INPUT], gates[CANDIDATE], error), error);
  gates[OUTPUT] =
      gen_gate_build (graph, r, f, build_peep (graph, nodes, 1, gates[OUTPUT], error), error);
  nodes->hidden =
      nodes->state == NULL ? NULL : h->gate->build (graph, nodes->state, h->alpha, h->beta, error);
  nodes->hidden = gen_binary (graph, "Mul", gates[OUTPUT], nodes->hidden, error);
  return nodes->hidden != NULL;
}

static const char *const defaults[] = { "Sigmoid", "Tanh", "Tanh" };

const GenCell gen_cell_lstm = {
  .gates = GATES,
  .functions = 3,
  .defaults = defaults,
  .has_state = TRUE,
  .last = last,
  .build = build,
};

/* By weights of 8 bits: microsoft_quantized_lstm.c. */
const GenCell gen_cell_quantized_lstm = {
  .gates = GATES,
  .functions = 3,
  .defaults = defaults,
  .has_state = TRUE,
  .quantized = TRUE,
  .last = last,
};

GEN_RECURRENCE_OPERATOR (
    lstm, "LSTM", "Long short-term memory, over a sequence", .max_inputs = 8, .max_outputs = 3)
