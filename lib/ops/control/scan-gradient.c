/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gradient of Scan: its graph written out, once for each step, and that differentiated. */
#include "../../graph/graph-private.h"
#include "scan.h"

/* Steps beyond which a scan is not written out. */
#define MAX_WRITTEN_OUT 1024

/* Slice `step` of `x` along `axis`. */
static GenTensor *
slice (GenGraph *graph, GenTensor *x, int axis, gint64 step)
{
  GenTensor *y = gen_graph_add_value (graph, NULL);
  GenTensor *place = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&step, sizeof step));
  GenNode *gather = gen_graph_add_node (
      graph, NULL, NULL, "Gather", GEN_OPSET, (GenTensor *[]){ x, place }, 2, &y, 1, NULL);

  gen_node_set_int (gather, "axis", axis);
  return y;
}

/* The place in what is scanned that step `step` has. */
static gint64
place_of (const GenNode *node, const GenScan *s, gboolean of_outputs, guint i, gint64 step)
{
  return gen_scan_is_backwards (node, of_outputs, i) ? s->steps - 1 - step : step;
}

static void
write_out (GenGraph *graph, const GenNode *node, const GenScan *s, GenTensor *const *inputs,
    GenTensor **results)
{
  const GenGraph *body = s->attribute->graph;
  g_autofree GenTensor **in = g_memdup2 (inputs, node->inputs->len * sizeof *in);
  g_autofree GenTensor **out = g_new0 (GenTensor *, body->outputs->len + 1);
  g_autofree GenTensor **slices = g_new0 (GenTensor *, s->n_outputs * s->steps + 1);

  for (gint64 step = 0; step < s->steps; step++) {
    guint first;

    for (guint i = 0; i < s->n_inputs; i++)
      in[s->n_states + i] =
          slice (graph, inputs[s->n_states + i], s->axes[0][i], place_of (node, s, FALSE, i, step));
    first = graph->nodes->len;
    gen_graph_bring (graph, body, NULL, in, out, NULL);
    for (guint k = 0; k < body->nodes->len; k++)
      gen_node_draw_in_loop (g_ptr_array_index (graph->nodes, first + k),
          g_ptr_array_index (body->nodes, k), &node->draw, step);
    for (guint i = 0; i < s->n_states; i++)
      in[i] = out[i];
    for (guint i = 0; i < s->n_outputs; i++)
      slices[i * s->steps + place_of (node, s, TRUE, i, step)] = out[s->n_states + i];
  }
  for (guint i = 0; i < node->outputs->len; i++) {
    const GenTensor *output = gen_node_output (node, i);
    guint k = i - s->n_states;

    if (i < s->n_states)
      results[i] = in[i];
    else if (output != NULL)
      results[i] = gen_body_stack (graph, slices + k * s->steps, s->steps,
          gen_scan_axis (node, "scan_output_axes", k, output->shape.rank));
  }
}

gboolean
gen_scan_gradient (GenGradient *g, GError **error)
{
  const GenNode *node = g->node;
  guint n_inputs = node->inputs->len, n_outputs = node->outputs->len;
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autofree GenTensor **all = g_new0 (GenTensor *, n_inputs);
  g_autofree GenTensor **inputs = g_new0 (GenTensor *, n_inputs);
  g_autofree GenTensor **results = g_new0 (GenTensor *, n_outputs);
  g_autofree GenBodyInput *known = NULL;
  GenScan s;

  known = gen_scan_read (node, &s, error);
  if (known == NULL)
    return FALSE;
  if (s.first != 0 || s.steps < 1 || s.steps > MAX_WRITTEN_OUT) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT,
        "node '%s': Scan has a gradient only from opset 9 on, for 1 to %d steps", node->name,
        MAX_WRITTEN_OUT);
    return FALSE;
  }
  for (guint i = 0; i < n_inputs; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input->role == GEN_ROLE_CONSTANT)
      all[i] = gen_graph_add_constant (
          graph, NULL, input->type, &input->shape, g_bytes_ref (input->data));
    else
      all[i] = inputs[i] = gen_graph_add_input (graph, NULL, input->type, &input->shape);
  }
  write_out (graph, node, &s, all, results);
  /* Outputs that nobody asked for have no gradient either; a state stands in for them. */
  for (guint i = 0; i < n_outputs; i++)
    gen_graph_add_output (graph, results[i] != NULL ? results[i] : all[0]);
  return gen_graph_infer (graph, error) &&
         gen_gradient_through (g, graph, inputs, (GenTensor **)graph->outputs->pdata, error);
}
