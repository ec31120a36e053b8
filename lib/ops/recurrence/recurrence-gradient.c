/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gradients of LSTM, GRU and RNN: the walk along time is written out in ordinary nodes, and
 * theirs are taken (back-propagation through time). */
#include "recurrence.h"

#include <math.h>

enum { X, W, R, B, LENGTHS, INITIAL_H, INITIAL_C, PEEPHOLES, INPUTS };

typedef struct {
  GenGraph *graph;
  const GenRecurrence *r;
  GenTensor *inputs[INPUTS];
  GenTensor *last_hidden[2], *last_state[2]; /* of each direction: [batch, hidden] */
  GPtrArray *hidden[2];                      /* of each direction at each time */
} Writing;

GenTensor *
gen_gate_columns (GenGraph *graph, GenTensor *x, int gate, int gates, GError **error)
{
  gint64 n = x != NULL ? x->shape.dims[x->shape.rank - 1] / gates : 0;

  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "Slice",
      (GenTensor *[]){ x, gen_graph_ints (graph, (gint64[]){ gate * n }, 1),
          gen_graph_ints (graph, (gint64[]){ (gate + 1) * n }, 1),
          gen_graph_ints (graph, (gint64[]){ x->shape.rank - 1 }, 1) },
      4, 1, error, NULL);
}

GenTensor *
gen_gate_build (
    GenGraph *graph, const GenRecurrence *r, const GenGateUse *use, GenTensor *x, GError **error)
{
  if (x != NULL && isfinite (r->clip))
    x = gen_graph_op (graph, "Clip",
        (GenTensor *[]){ x, gen_graph_float (graph, -r->clip), gen_graph_float (graph, r->clip) },
        3, 1, error, NULL);
  return x != NULL ? use->gate->build (graph, x, use->alpha, use->beta, error) : NULL;
}

static GenTensor *
reshape (GenGraph *graph, GenTensor *x, GenShape shape, GError **error)
{
  return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape.dims, shape.rank), error);
}

/* Input `i` of direction `d`, without that dimension; NULL where it is absent. */
static GenTensor *
direction (Writing *w, guint i, int d, int axis, GError **error)
{
  if (w->inputs[i] == NULL)
    return NULL;
  return gen_graph_op (w->graph, "Gather",
      (GenTensor *[]){
          w->inputs[i], gen_graph_add_constant (w->graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR,
                            g_bytes_new (&(gint64){ d }, sizeof (gint64))) },
      2, 1, error, "axis", GEN_INT, axis, NULL);
}

/* The part [first, first + n) of a vector. */
static GenTensor *
part (GenGraph *graph, GenTensor *x, gint64 first, gint64 n, GError **error)
{
  return gen_graph_op (graph, "Slice",
      (GenTensor *[]){ x, gen_graph_ints (graph, &first, 1),
          gen_graph_ints (graph, (gint64[]){ first + n }, 1) },
      3, 1, error, NULL);
}

/* What the inputs contribute to the gates: `steps` tensors [batch, gates * hidden]. */
static GenNode *
project (Writing *w, int d, GenTensor *bias, GError **error)
{
  const GenRecurrence *r = w->r;
  gint64 rows = r->cell->gates * r->hidden;
  GenTensor *x = reshape (w->graph, w->inputs[X], GEN_SHAPE (r->steps * r->batch, r->input), error);
  GenTensor *weights = direction (w, W, d, 0, error), *split;

  if (x == NULL || weights == NULL)
    return NULL;
  x = gen_graph_op (w->graph, "Gemm", (GenTensor *[]){ x, weights, bias }, bias != NULL ? 3 : 2, 1,
      error, "transB", GEN_INT, 1, NULL);
  x = reshape (w->graph, x,
      r->batch_first ? GEN_SHAPE (r->batch, r->steps, rows) : GEN_SHAPE (r->steps, r->batch, rows),
      error);
  if (x == NULL)
    return NULL;
  split = gen_graph_op (
      w->graph, "Split", &x, 1, r->steps, error, "axis", GEN_INT, (int)r->batch_first, NULL);
  return split != NULL ? split->producer : NULL;
}

static GenTensor *
initial (Writing *w, guint i, int d, GError **error)
{
  const GenRecurrence *r = w->r;

  if (w->inputs[i] == NULL)
    return gen_graph_full (w->graph, &GEN_SHAPE (r->batch, r->hidden), 0);
  return direction (w, i, d, r->batch_first ? 1 : 0, error);
}

static gboolean
write_direction (Writing *w, int d, GError **error)
{
  const GenRecurrence *r = w->r;
  GenGraph *graph = w->graph;
  gint64 rows = r->cell->gates * r->hidden, late = r->reset_after ? r->hidden : 0;
  GenCellNodes nodes = { .recurrence = r, .functions = r->functions[d] };
  GenTensor *bias = direction (w, B, d, 0, error), *both = NULL;
  gboolean reversed = d == 1 || r->reverse;
  GenNode *projections;

  if (bias != NULL) {
    both = gen_binary (graph, "Add", part (graph, bias, 0, rows - late, error),
        part (graph, bias, rows, rows - late, error), error);
    if (late > 0 && both != NULL) {
      both = gen_graph_op (graph, "Concat",
          (GenTensor *[]){ both, part (graph, bias, rows - late, late, error) }, 2, 1, error,
          "axis", GEN_INT, 0, NULL);
      nodes.late_bias = part (graph, bias, 2 * rows - late, late, error);
    }
  }
  projections = project (w, d, both, error);
  nodes.weights = direction (w, R, d, 0, error);
  nodes.peepholes = r->cell->has_state ? direction (w, PEEPHOLES, d, 0, error) : NULL;
  nodes.hidden = initial (w, INITIAL_H, d, error);
  nodes.state = r->cell->has_state ? initial (w, INITIAL_C, d, error) : NULL;
  if (projections == NULL || nodes.weights == NULL || nodes.hidden == NULL)
    return FALSE;
  g_ptr_array_set_size (w->hidden[d], r->steps);
  for (gint64 s = 0; s < r->steps; s++) {
    gint64 time = reversed ? r->steps - 1 - s : s;

    nodes.projection =
        reshape (graph, gen_node_output (projections, time), GEN_SHAPE (r->batch, rows), error);
    if (nodes.projection == NULL || !r->cell->build (graph, &nodes, error))
      return FALSE;
    w->hidden[d]->pdata[time] = nodes.hidden;
  }
  w->last_hidden[d] = nodes.hidden;
  w->last_state[d] = nodes.state;
  return TRUE;
}

/* One state of each direction as the node gives it. */
static GenTensor *
join_directions (Writing *w, GenTensor *const *states, GError **error)
{
  const GenRecurrence *r = w->r;
  GenTensor *parts[2];

  for (int d = 0; d < r->directions; d++) {
    parts[d] = reshape (w->graph, states[d],
        r->batch_first ? GEN_SHAPE (r->batch, 1, r->hidden) : GEN_SHAPE (1, r->batch, r->hidden),
        error);
    if (parts[d] == NULL)
      return NULL;
  }
  return gen_graph_op (w->graph, "Concat", parts, r->directions, 1, error, "axis", GEN_INT,
      r->batch_first ? 1 : 0, NULL);
}

static GenTensor *
join_times (Writing *w, GError **error)
{
  const GenRecurrence *r = w->r;
  g_autoptr (GPtrArray) times = g_ptr_array_new ();

  for (gint64 t = 0; t < r->steps; t++) {
    GenTensor *states[2] = { g_ptr_array_index (w->hidden[0], t),
      r->directions == 2 ? g_ptr_array_index (w->hidden[1], t) : NULL };
    GenTensor *joined = join_directions (w, states, error);
    GenShape shape = r->batch_first ? GEN_SHAPE (r->batch, 1, r->directions, r->hidden)
                                    : GEN_SHAPE (1, r->directions, r->batch, r->hidden);

    joined = reshape (w->graph, joined, shape, error);
    if (joined == NULL)
      return NULL;
    g_ptr_array_add (times, joined);
  }
  return gen_graph_op (w->graph, "Concat", (GenTensor **)times->pdata, times->len, 1, error, "axis",
      GEN_INT, r->batch_first ? 1 : 0, NULL);
}

static gboolean
write_out (Writing *w, GenTensor **outputs, GError **error)
{
  for (int d = 0; d < w->r->directions; d++)
    if (!write_direction (w, d, error))
      return FALSE;
  outputs[0] = join_times (w, error);
  outputs[1] = join_directions (w, w->last_hidden, error);
  if (w->r->cell->has_state)
    outputs[2] = join_directions (w, w->last_state, error);
  return outputs[0] != NULL && outputs[1] != NULL;
}

gboolean
gen_recurrence_gradient (GenGradient *g, const GenCell *cell, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GPtrArray) forward = g_ptr_array_new (), backward = g_ptr_array_new ();
  GenRecurrence r;
  Writing w = { .graph = graph, .r = &r, .hidden = { forward, backward } };
  GenTensor *outputs[3] = { NULL };

  if (!gen_recurrence_read (g->node, cell, &r, error))
    return FALSE;
  if (gen_node_input (g->node, LENGTHS) != NULL || r.steps == 0) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT,
        "node '%s': %s has no gradient with sequence_lens or without steps", g->node->name,
        g->node->op->name);
    return FALSE;
  }
  for (guint i = 0; i < g->node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (g->node, i);

    if (input != NULL)
      w.inputs[i] = gen_graph_add_input (graph, NULL, input->type, &input->shape);
  }
  return write_out (&w, outputs, error) &&
         gen_gradient_through (g, graph, w.inputs, outputs, error);
}
