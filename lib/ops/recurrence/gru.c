/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GRU (Cho et al. 2014); the gates stand in the order update, reset, candidate. The candidate sees
 * the hidden state through the reset gate: before its product by R, or (linear_before_reset, as
 * cuDNN and PyTorch have it) after. */
#include "recurrence.h"
#include "../../simd.h"

enum { UPDATE, RESET, CANDIDATE, GATES };

GEN_CLONES (void, multiply, (float *to, const float *a, const float *b, gsize n), (to, a, b, n))
{
  for (gsize i = 0; i < n; i++)
    to[i] = a[i] * b[i];
}

/* x = (x + bias) gate */
GEN_CLONES (
    void, reset_late, (float *x, const float *bias, const float *gate, gsize n), (x, bias, gate, n))
{
  for (gsize i = 0; i < n; i++)
    x[i] = (x[i] + (bias != NULL ? bias[i] : 0)) * gate[i];
}

static gboolean
has_two_products (const GenRecurrence *r)
{
  return !r->reset_after;
}

static void
open_gates (const GenCellRow *row)
{
  gsize n = row->recurrence->hidden;

  gen_gate_add (row->product, row->projection, 2 * n, row->recurrence->clip);
  gen_gate_run (&row->functions[0], row->product, 2 * n);
}

static void
first (const GenCellRow *row)
{
  gsize n = row->recurrence->hidden;

  open_gates (row);
  multiply (row->reset, row->product + RESET * n, row->hidden, n);
}

static void
last (const GenCellRow *row)
{
  const GenRecurrence *r = row->recurrence;
  gsize n = r->hidden;
  float *candidate = r->reset_after ? row->product + CANDIDATE * n : row->second;

  if (r->reset_after) {
    open_gates (row);
    reset_late (candidate, row->late_bias, row->product + RESET * n, n);
  }
  gen_gate_add (candidate, row->projection + CANDIDATE * n, n, r->clip);
  gen_gate_run (&row->functions[1], candidate, n);
  gen_gate_blend (row->hidden, row->product + UPDATE * n, row->hidden, candidate, n);
}

/* h R' of the rows [first, end) of R's gates. */
static GenTensor *
build_product (GenGraph *graph, GenTensor *h, const GenCellNodes *nodes, gint64 first, gint64 end,
    GError **error)
{
  gint64 n = nodes->recurrence->hidden;
  GenTensor *rows = gen_graph_op (graph, "Slice",
      (GenTensor *[]){ nodes->weights, gen_graph_ints (graph, (gint64[]){ first * n }, 1),
          gen_graph_ints (graph, (gint64[]){ end * n }, 1),
          gen_graph_ints (graph, (gint64[]){ 0 }, 1) },
      4, 1, error, NULL);

  if (h == NULL || rows == NULL)
    return NULL;
  return gen_graph_op (
      graph, "Gemm", (GenTensor *[]){ h, rows }, 2, 1, error, "transB", GEN_INT, 1, NULL);
}

static gboolean
build (GenGraph *graph, GenCellNodes *nodes, GError **error)
{
  const GenRecurrence *r = nodes->recurrence;
  GenTensor *gates[GATES], *seen, *h = nodes->hidden;

  for (int i = 0; i < GATES; i++)
    gates[i] = gen_gate_columns (graph, nodes->projection, i, GATES, error);
  for (int i = UPDATE; i <= RESET; i++)
    gates[i] = gen_gate_build (graph, r, &nodes->functions[0],
        gen_binary (
            graph, "Add", gates[i], build_product (graph, h, nodes, i, i + 1, error), error),
        error);
  if (r->reset_after) {
    seen = build_product (graph, h, nodes, CANDIDATE, GATES, error);
    if (nodes->late_bias != NULL)
      seen = gen_binary (graph, "Add", seen, nodes->late_bias, error);
    seen = gen_binary (graph, "Mul", seen, gates[RESET], error);
  } else {
    seen = build_product (
        graph, gen_binary (graph, "Mul", gates[RESET], h, error), nodes, CANDIDATE, GATES, error);
  }
  gates[CANDIDATE] = gen_gate_build (graph, r, &nodes->functions[1],
      gen_binary (graph, "Add", gates[CANDIDATE], seen, error), error);
  /* candidate + update (h - candidate) */
  h = gen_binary (graph, "Sub", h, gates[CANDIDATE], error);
  nodes->hidden = gen_binary (
      graph, "Add", gates[CANDIDATE], gen_binary (graph, "Mul", gates[UPDATE], h, error), error);
  return nodes->hidden != NULL;
}

static const char *const defaults[] = { "Sigmoid", "Tanh" };

const GenCell gen_cell_gru = {
  .gates = GATES,
  .functions = 2,
  .defaults = defaults,
  .has_two_products = has_two_products,
  .first = first,
  .last = last,
  .build = build,
};

GEN_RECURRENCE_OPERATOR (
    gru, "GRU", "Gated recurrent units, over a sequence", .max_inputs = 6, .max_outputs = 2)
