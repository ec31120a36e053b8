/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ScaledDotProductAttentionGradient (q, k, v, mask, y, dy): the gradients of queries, keys and
 * values, without the matrix of scores: those of a panel of queries are computed again, with all
 * keys, and with weights P of sum 1
 *   dV = P' dY,  dS = P * (dY V' - sum (dY * Y)),  dQ = scale * dS K,  dK = scale * dS' Q
 * (Dao et al. 2022). Scores stand as [keys, queries], as attention has them. A part does whole
 * items of keys, whose gradients it adds up panel by panel. */
#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "attention-panel.h"
#include "attention-scores.h"
#include "../build.h"

enum { Q, K, V, MASK, Y, DY, N_INPUTS };

typedef struct {
  GenAttentionPanels p;
  gint64 parts;
} Gradient;

/* What a part works in. */
typedef struct {
  float *queries, *gradients;              /* a panel's q and dy: [depth or width, panel] */
  float *query_columns, *gradient_columns; /* the same as columns: see pack_columns */
  float *results;                          /* their dq, [depth, panel] */
  float *weights;                          /* with all keys, [keys, panel] */
  float *capped;                           /* scores before the mask, likewise */
  float *changes;                          /* of some keys: dS, [keys, panel] */
  float *mask, *lines;
  float *highest, *sums, *dots, *ones; /* [panel] */
  float *dk, *dv;                      /* of all keys, as columns */
} Room;

/* Rows of n numbers as columns: chunks of two vectors, or one at the end, [chunks][rows, chunk]. */
static gint64
column_floats (const Gradient *g, gint64 n)
{
  return (n + g->p.unit->lanes - 1) / g->p.unit->lanes * g->p.unit->lanes;
}

static gint64
chunk_width (const Gradient *g, gint64 n, gint64 first)
{
  return MIN (2 * g->p.unit->lanes, column_floats (g, n) - first);
}

/* The scratch memory of a part, and its size in floats. */
static gsize
lay_out (const Gradient *g, float *at, Room *room)
{
  const GenAttentionExtents *e = &g->p.e;
  gint64 panel = g->p.panel, deep = column_floats (g, e->depth), wide = column_floats (g, e->width);
  const struct {
    float **place;
    gint64 size;
  } areas[] = { { &room->queries, e->depth * panel }, { &room->gradients, e->width * panel },
    { &room->query_columns, deep * panel }, { &room->gradient_columns, wide * panel },
    { &room->results, e->depth * panel }, { &room->weights, e->keys * panel },
    { &room->capped, g->p.softcap > 0 ? e->keys * panel : 0 },
    { &room->changes, GEN_ATTENTION_KEYS * panel }, { &room->mask, GEN_ATTENTION_KEYS * panel },
    { &room->lines, GEN_ATTENTION_KEYS * panel }, { &room->highest, panel }, { &room->sums, panel },
    { &room->dots, panel }, { &room->ones, panel }, { &room->dk, e->keys * deep },
    { &room->dv, e->keys * wide } };
  gsize size = 0;

  for (guint i = 0; i < G_N_ELEMENTS (areas); i++) {
    if (at != NULL)
      *areas[i].place = at + size;
    size += gen_attention_room (areas[i].size);
  }
  return size;
}

/* A panel of `rows` rows as columns: rows stand as they do in the product by the panel. */
static void
pack_columns (
    const Gradient *g, const float *panel, gint64 stride, gint64 n, gint64 rows, float *to)
{
  for (gint64 first = 0, width; first < n; first += width, to += rows * width) {
    width = chunk_width (g, n, first);
    if (first + width > n)
      memset (to, 0, rows * width * sizeof *to);
    g->p.unit->transpose (panel + first * stride, stride, MIN (width, n - first), rows, to, width);
  }
}

/* Rows of keys [begin, begin + keys) in columns += weights [keys, panel] by the rows of a panel. */
static void
add_columns (const Gradient *g, const Room *room, const float *weights, gint64 panel,
    const float *columns, gint64 n, gint64 rows, gint64 begin, gint64 keys, float *to)
{
  for (gint64 first = 0, width; first < n; first += width) {
    width = chunk_width (g, n, first);
    g->p.unit->apart (keys, weights, panel, columns + first * rows, width / g->p.unit->lanes, rows,
        room->ones, to + first * g->p.e.keys + begin * width);
  }
}

static void
unpack_columns (
    const Gradient *g, const float *columns, gint64 n, const GenAttentionPlace *place, float *to)
{
  for (gint64 first = 0, width; first < n; first += width, columns += g->p.e.keys * width) {
    width = chunk_width (g, n, first);
    for (gint64 k = 0; k < g->p.e.keys; k++)
      memcpy (
          to + k * place->token + first, columns + k * width, MIN (width, n - first) * sizeof *to);
  }
}

GEN_CLONES (void, add, (float *x, const float *y, gint64 n), (x, y, n))
{
  for (gint64 i = 0; i < n; i++)
    x[i] += y[i];
}

GEN_CLONES (void, multiply, (float *x, float by, gint64 n), (x, by, n))
{
  for (gint64 i = 0; i < n; i++)
    x[i] *= by;
}

/* Weights [keys, panel] over their sums. */
GEN_CLONES (void, normalise, (float *weights, const float *factors, gint64 keys, gint64 panel),
    (weights, factors, keys, panel))
{
  for (gint64 k = 0; k < keys; k++)
    for (gint64 i = 0; i < panel; i++)
      weights[k * panel + i] *= factors[i];
}

/* Gradients of weights become those of scores. */
GEN_CLONES (void, turn_changes,
    (float *changes, const float *weights, const float *dots, gint64 keys, gint64 panel),
    (changes, weights, dots, keys, panel))
{
  for (gint64 k = 0; k < keys; k++)
    for (gint64 i = 0; i < panel; i++)
      changes[k * panel + i] = weights[k * panel + i] * (changes[k * panel + i] - dots[i]);
}

/* Through most * tanh (score / most). */
GEN_CLONES (void, turn_capped, (float *changes, const float *capped, float most, gint64 n),
    (changes, capped, most, n))
{
  for (gint64 i = 0; i < n; i++)
    changes[i] *= 1 - capped[i] / most * (capped[i] / most);
}

/* The sums of dy * y of each query, [width, panel] both. */
GEN_CLONES (void, sum_products,
    (const float *dy, const float *y, gint64 width, gint64 panel, float *dots),
    (dy, y, width, panel, dots))
{
  memset (dots, 0, panel * sizeof *dots);
  for (gint64 w = 0; w < width; w++)
    for (gint64 i = 0; i < panel; i++)
      dots[i] += dy[w * panel + i] * y[w * panel + i];
}

/* The weights of queries [first, last) with the keys up to `end`, of sum 1 or all 0. */
static void
find_weights (const GenKernel *kernel, const Gradient *g, const Room *room, gint64 item,
    gint64 first, gint64 last, gint64 end)
{
  const GenAttentionExtents *e = &g->p.e;
  const float *k = (const float *)kernel->inputs[K] + gen_attention_find_head (&e->k, item), *mask;
  int side = gen_attention_side (&g->p, last - first);
  gint64 panel = side * g->p.unit->lanes;

  g->p.unit->apart (end, k, e->k.token, room->queries, side, e->depth, NULL, room->weights);
  if (g->p.softcap > 0) {
    g->p.unit->cap (room->weights, g->p.softcap, end * panel);
    memcpy (room->capped, room->weights, end * panel * sizeof (float));
  }
  for (gint64 begin = 0, keys; begin < end; begin += keys) {
    float *scores = room->weights + begin * panel;

    keys = MIN (end - begin, GEN_ATTENTION_KEYS);
    if (!gen_attention_panel_mask (&g->p, kernel->inputs[MASK], room->lines, room->mask, item,
            first, last, begin, keys, &mask))
      for (gint64 i = 0; i < keys * panel; i++)
        scores[i] = -INFINITY;
    else if (mask != NULL)
      add (scores, mask, keys * panel);
  }
  memset (room->sums, 0, panel * sizeof (float));
  for (gint64 i = 0; i < panel; i++)
    room->highest[i] = -INFINITY;
  g->p.unit->weigh (room->weights, NULL, end, side, room->highest, room->sums, room->dots);
  for (gint64 i = 0; i < panel; i++)
    room->sums[i] = room->sums[i] == 0 ? 0 : 1 / room->sums[i];
  normalise (room->weights, room->sums, end, panel);
}

/* What queries [first, last) of an item add to its gradients, and their own. */
static void
run_panel (const GenKernel *kernel, const Gradient *g, const Room *room, gint64 item, gint64 first,
    gint64 last)
{
  const GenAttentionPanels *p = &g->p;
  const GenAttentionExtents *e = &p->e;
  const float *k = (const float *)kernel->inputs[K] + gen_attention_find_head (&e->k, item);
  const float *v = (const float *)kernel->inputs[V] + gen_attention_find_head (&e->v, item);
  gint64 end = gen_attention_end (p, first, last), rows = last - first;
  int side = gen_attention_side (p, rows);
  gint64 panel = side * p->unit->lanes;

  gen_attention_pack (p, &e->q, kernel->inputs[Q], e->depth, item, first, last, room->queries);
  multiply (room->queries, p->scale, e->depth * panel);
  pack_columns (g, room->queries, panel, e->depth, rows, room->query_columns);
  find_weights (kernel, g, room, item, first, last, end);
  /* Their results have room where gradients of many keys do not stand yet. */
  gen_attention_pack (p, &e->out, kernel->inputs[DY], e->width, item, first, last, room->gradients);
  gen_attention_pack (
      p, &e->out, kernel->inputs[Y], e->width, item, first, last, room->gradient_columns);
  sum_products (room->gradients, room->gradient_columns, e->width, panel, room->dots);
  pack_columns (g, room->gradients, panel, e->width, rows, room->gradient_columns);
  memset (room->results, 0, e->depth * panel * sizeof (float));
  for (gint64 begin = 0, keys; begin < end; begin += keys) {
    const float *weights = room->weights + begin * panel;

    keys = MIN (end - begin, GEN_ATTENTION_KEYS);
    add_columns (
        g, room, weights, panel, room->gradient_columns, e->width, rows, begin, keys, room->dv);
    p->unit->apart (keys, v + begin * e->v.token, e->v.token, room->gradients, side, e->width, NULL,
        room->changes);
    turn_changes (room->changes, weights, room->dots, keys, panel);
    if (p->softcap > 0)
      turn_capped (room->changes, room->capped + begin * panel, p->softcap, keys * panel);
    add_columns (
        g, room, room->changes, panel, room->query_columns, e->depth, rows, begin, keys, room->dk);
    p->unit->together (e->depth, k + begin * e->k.token, e->k.token, room->changes, side, keys,
        room->ones, room->results);
  }
  if (kernel->outputs[Q] == NULL)
    return;
  multiply (room->results, p->scale, e->depth * panel);
  gen_attention_unpack (p, &e->q, room->results, e->depth, item, first, last, kernel->outputs[Q]);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Gradient *g = kernel->state;
  const GenAttentionExtents *e = &g->p.e;
  gsize first, end;
  Room room;

  lay_out (g, (float *)kernel->scratch + part * lay_out (g, NULL, &room), &room);
  for (gint64 i = 0; i < g->p.panel; i++)
    room.ones[i] = 1;
  gen_kernel_share (e->items / e->group, 1, part, parts, &first, &end);
  for (gsize item = first; item < end; item++) {
    memset (room.dk, 0, e->keys * column_floats (g, e->depth) * sizeof (float));
    memset (room.dv, 0, e->keys * column_floats (g, e->width) * sizeof (float));
    for (gint64 q = 0; q < g->p.queries; q += g->p.panel)
      run_panel (kernel, g, &room, item, q, MIN (q + g->p.panel, g->p.queries));
    if (kernel->outputs[K] != NULL)
      unpack_columns (g, room.dk, e->depth, &e->k,
          (float *)kernel->outputs[K] + gen_attention_find_head (&e->k, item));
    if (kernel->outputs[V] != NULL)
      unpack_columns (g, room.dv, e->width, &e->v,
          (float *)kernel->outputs[V] + gen_attention_find_head (&e->v, item));
  }
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenAttentionExtents e;

  if (node->inputs->len < N_INPUTS || gen_node_input (node, Y) == NULL ||
      gen_node_input (node, DY) == NULL)
    return gen_node_error (node, error, "its result or the gradient of it is missing");
  if (!gen_attention_extents_init (&e, node, error))
    return FALSE;
  if (!gen_shape_equal (&gen_node_input (node, Y)->shape, &gen_node_input (node, DY)->shape) ||
      !gen_shape_equal (&gen_node_input (node, Y)->shape, &e.output))
    return gen_node_error (node, error, "its result and the gradient of it do not fit its inputs");
  for (int i = 0; i < 3; i++)
    gen_node_set_output (node, i, gen_node_input (node, i)->type, &gen_node_input (node, i)->shape);
  return TRUE;
}

static double
flops (const GenNode *node)
{
  GenAttentionExtents e;

  return gen_attention_extents_init (&e, node, NULL)
             ? 2.0 * e.items * e.queries * e.keys * (3 * e.depth + 2 * e.width)
             : 0;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenAttentionPanels p;
  Gradient *g;
  Room room;

  if (!gen_attention_panels_init (&p, kernel->node, FALSE, error))
    return FALSE;
  g = g_new0 (Gradient, 1);
  kernel->state = g;
  kernel->free_state = g_free;
  g->p = p;
  if (p.e.items == 0)
    return TRUE;
  g->parts = MIN (gen_kernel_parts (kernel, 1, 0.01 * flops (kernel->node)), p.e.items / p.e.group);
  kernel->scratch_size = g->parts * lay_out (g, NULL, &room) * sizeof (float);
  gen_kernel_add_step (kernel, run, g->parts);
  return TRUE;
}

static GenDataType
computes_in (const GenNode *node, GenDataType type)
{
  return type == GEN_TYPE_BOOL ? type : GEN_TYPE_FLOAT32;
}

/* --- the same in ordinary nodes --- */

/* Their graph, of inputs like the node's, and the three gradients. NULL for an error. */
static GenGraph *
write_out (const GenNode *node, GenTensor **inputs, GenTensor **gradients, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  GenTensor *y;

  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input != NULL)
      inputs[i] = gen_graph_add_input (graph, NULL, input->type, &input->shape);
  }
  y = gen_attention_write_out (graph, node, inputs, error);
  y = gen_binary (graph, "Mul", y, inputs[DY], error);
  if (y == NULL)
    return NULL;
  y = gen_graph_op (graph, "ReduceSum", &y, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  if (y == NULL || !gen_graph_gradients (graph, y, inputs, 3, gradients, error))
    return NULL;
  return g_steal_pointer (&graph);
}

/* For devices, which have no kernel for it. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *inputs[N_INPUTS] = { NULL }, *gradients[3] = { NULL };
  g_autoptr (GPtrArray) values = g_ptr_array_new ();
  g_autoptr (GenGraph) graph = NULL;

  if (gen_node_int (node, "written_out", 0) == 0)
    return TRUE;
  graph = write_out (node, inputs, gradients, error);
  if (graph == NULL)
    return FALSE;
  for (int i = 0; i < 3; i++)
    gen_graph_add_output (graph, gradients[i]);
  for (guint i = 0; i < node->inputs->len; i++)
    if (gen_node_input (node, i) != NULL)
      g_ptr_array_add (values, gen_node_input (node, i));
  return gen_graph_append (
      node->graph, graph, NULL, (GenTensor **)values->pdata, results, NULL, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *inputs[N_INPUTS] = { NULL }, *gradients[3] = { NULL };
  g_autoptr (GenGraph) graph = write_out (g->node, inputs, gradients, error);

  return graph != NULL && gen_gradient_through (g, graph, inputs, gradients, error);
}

const GenOperator gen_operator_attention_gradient = {
  .name = "ScaledDotProductAttentionGradient",
  .domain = "generative",
  .summary = "Gradients of the queries, keys and values of ScaledDotProductAttention",
  .min_inputs = 3,
  .max_inputs = N_INPUTS,
  .min_outputs = 3,
  .max_outputs = 3,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x3f,
  .computes_in = computes_in,
  .lower = lower,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
  .flops = flops,
};
