/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loop: a graph run again and again, as often as the trip count says and while its condition
 * holds. States of fixed shapes run in a kernel. Where they grow, a loop with a known count is
 * written out; one whose count shows only as it runs is run when all its inputs are known
 * (loop_evaluate.c). */
#include "loop.h"

#include <string.h>

#include "../../graph/graph-private.h"
#include "../training/states.h"

/* A loop of more iterations is not written out. */
#define MAX_WRITTEN_OUT 1024
/* Nor is one taken apart, an iteration a stage, that goes on longer. */
#define MAX_TAKEN_OFF 256

enum { ITERATION, COUNT = ITERATION, CONDITION, STATES };

/* An attribute of our own, where the first iterations have been taken off. */
#define FIRST_ITERATION "generative.first_iteration"

static const gboolean yes = TRUE;

gboolean
gen_loop_read (const GenNode *node, GenLoop *loop, GError **error)
{
  const GenTensor *count = gen_node_input (node, 0), *condition = gen_node_input (node, 1);
  const guint8 *known = gen_tensor_constant (condition);
  gint64 given, n;

  *loop = (GenLoop){ .limit = G_MAXINT64, .starts = TRUE, .limited = TRUE };
  loop->attribute = gen_body_attribute (node, "body", error);
  if (loop->attribute == NULL)
    return FALSE;
  given = (gint64)node->inputs->len - loop->attribute->i;
  if (given < STATES || loop->attribute->graph->inputs->len != node->inputs->len)
    return gen_node_error (node, error, "it has %u inputs, its graph takes %u", node->inputs->len,
        loop->attribute->graph->inputs->len);
  loop->n_states = given - STATES;
  n = (gint64)loop->attribute->graph->outputs->len - 1 - loop->n_states;
  if (n < 0 || node->outputs->len > loop->n_states + n)
    return gen_node_error (node, error, "its graph makes %u outputs for %u states",
        loop->attribute->graph->outputs->len, loop->n_states);
  loop->n_scans = n;
  loop->first = gen_node_int (node, FIRST_ITERATION, 0);
  for (guint i = STATES; i < node->inputs->len; i++)
    if (gen_node_input (node, i) == NULL)
      return gen_node_error (node, error, "input %u is missing", i);
  if (count != NULL && (count->type != GEN_TYPE_INT64 || gen_shape_elements (&count->shape) != 1))
    return gen_node_error (node, error, "its trip count must be one int64");
  if (condition != NULL &&
      (condition->type != GEN_TYPE_BOOL || gen_shape_elements (&condition->shape) != 1))
    return gen_node_error (node, error, "its condition must be one boolean");
  if (count != NULL) {
    int k;

    loop->limited = gen_tensor_ints (count, &loop->limit, 1, &k);
    loop->limit = loop->limited ? MAX (loop->limit, 0) : G_MAXINT64;
  }
  loop->condition_known = condition == NULL || known != NULL;
  if (known != NULL)
    loop->starts = *known != 0;
  if (loop->condition_known && !loop->starts) {
    loop->limit = 0;
    loop->limited = TRUE;
  }
  return TRUE;
}

void
gen_loop_inputs (const GenNode *node, const GenLoop *loop, GenBodyInput *inputs)
{
  inputs[ITERATION] = (GenBodyInput){ GEN_TYPE_INT64, GEN_SHAPE_SCALAR, NULL };
  inputs[CONDITION] = (GenBodyInput){ GEN_TYPE_BOOL, GEN_SHAPE_SCALAR, NULL };
  for (guint i = STATES; i < node->inputs->len; i++) {
    inputs[i] = gen_body_input (gen_node_input (node, i));
    if (i < STATES + loop->n_states)
      inputs[i].value = NULL;
  }
}

/* The graph shaped for any iteration. `endless` receives whether its condition, once true, stays
 * so. */
static GenGraph *
shape_body (const GenNode *node, const GenLoop *loop, gboolean *endless, GError **error)
{
  g_autofree GenBodyInput *inputs = g_new0 (GenBodyInput, node->inputs->len);
  g_autoptr (GBytes) true_value = g_bytes_new_static (&yes, 1);
  g_autoptr (GenGraph) body = NULL;
  const GenTensor *condition;
  const guint8 *value;

  gen_loop_inputs (node, loop, inputs);
  inputs[CONDITION].value = true_value;
  body = gen_body_shape (node, loop->attribute->graph, inputs, error);
  if (body == NULL)
    return NULL;
  condition = g_ptr_array_index (body->outputs, 0);
  if (condition->type != GEN_TYPE_BOOL || gen_shape_elements (&condition->shape) != 1) {
    gen_node_error (node, error, "its graph's condition must be one boolean");
    return NULL;
  }
  value = gen_tensor_constant (condition);
  *endless = value != NULL && *value != 0;
  return g_steal_pointer (&body);
}

/* Whether all states keep their types and shapes. */
static gboolean
keeps_shapes (const GenNode *node, const GenLoop *loop, const GenGraph *body)
{
  for (guint i = 0; i < loop->n_states; i++) {
    const GenTensor *before = gen_node_input (node, STATES + i);
    const GenTensor *after = g_ptr_array_index (body->outputs, 1 + i);

    if (before->type != after->type || !gen_shape_equal (&before->shape, &after->shape))
      return FALSE;
  }
  return TRUE;
}

/* How often it runs: exactly `limit` times. */
static gboolean
is_counted (const GenLoop *loop, gboolean endless)
{
  return loop->limited && (loop->limit == 0 || (loop->condition_known && endless));
}

/* Whether the condition that comes out is the one that goes in. */
static gboolean
passes_condition (const GenGraph *body)
{
  const GenTensor *condition = g_ptr_array_index (body->outputs, 0);

  while (condition->producer != NULL && strcmp (condition->producer->op->name, "Identity") == 0)
    condition = gen_node_input (condition->producer, 0);
  return condition == g_ptr_array_index (body->inputs, CONDITION);
}

/* --- written out --- */

/* `loop->limit` copies of the graph, one after the other. `inputs` and `results` are the node's,
 * in `graph`. */
static void
write_out (GenGraph *graph, const GenNode *node, const GenLoop *loop, GenTensor *const *inputs,
    GenTensor **results)
{
  const GenGraph *body = loop->attribute->graph;
  g_autofree GenTensor **in = g_memdup2 (inputs, node->inputs->len * sizeof (GenTensor *));
  g_autofree GenTensor **out = g_new0 (GenTensor *, body->outputs->len);
  g_autofree GenTensor **slices = g_new0 (GenTensor *, loop->n_scans * loop->limit + 1);

  in[CONDITION] = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR, g_bytes_new_static (&yes, 1));
  for (gint64 i = 0; i < loop->limit; i++) {
    guint first = graph->nodes->len;
    gint64 number = loop->first + i;

    in[ITERATION] = gen_graph_add_constant (
        graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&number, sizeof number));
    gen_graph_bring (graph, body, NULL, in, out, NULL);
    for (guint k = 0; k < body->nodes->len; k++)
      gen_node_draw_in_loop (g_ptr_array_index (graph->nodes, first + k),
          g_ptr_array_index (body->nodes, k), &node->draw, i);
    for (guint k = 0; k < loop->n_states; k++)
      in[STATES + k] = out[1 + k];
    for (guint k = 0; k < loop->n_scans; k++)
      slices[k * loop->limit + i] = out[1 + loop->n_states + k];
  }
  for (guint i = 0; i < node->outputs->len; i++)
    results[i] =
        i < loop->n_states
            ? in[STATES + i]
            : gen_body_stack (graph, slices + (i - loop->n_states) * loop->limit, loop->limit, 0);
}

/* Whether the condition that comes out is a constant true. */
static gboolean
is_true (const GenGraph *body)
{
  const guint8 *value = gen_tensor_constant (g_ptr_array_index (body->outputs, 0));

  return value != NULL && *value != 0;
}

/* The first iteration, and a loop of the others, which runs as that one's condition says: a session
 * learns of it and comes here again. */
static gboolean
take_off_first (GenNode *node, const GenLoop *loop, GenTensor **results, GError **error)
{
  guint n_inputs = node->inputs->len, n_outputs = node->outputs->len;
  g_autofree GenTensor **inputs = g_memdup2 (node->inputs->pdata, n_inputs * sizeof *inputs);
  g_autofree GenTensor **out = g_new0 (GenTensor *, loop->attribute->graph->outputs->len);
  gint64 left = loop->limit - 1;
  GenNode *rest;

  if (n_outputs > loop->n_states)
    return gen_node_error (node, error,
        "it reads sequences or optionals, and how often it runs is not known before it does: it "
        "cannot have scan outputs");
  inputs[ITERATION] = gen_graph_add_constant (node->graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR,
      g_bytes_new (&loop->first, sizeof loop->first));
  inputs[CONDITION] = gen_graph_add_constant (
      node->graph, NULL, GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR, g_bytes_new_static (&yes, 1));
  gen_graph_bring (node->graph, loop->attribute->graph, NULL, inputs, out, NULL);
  inputs[COUNT] = NULL;
  if (loop->limit < G_MAXINT64)
    inputs[COUNT] = gen_graph_add_constant (
        node->graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&left, sizeof left));
  inputs[CONDITION] = out[0];
  for (guint i = 0; i < loop->n_states; i++)
    inputs[STATES + i] = out[1 + i];
  for (guint i = 0; i < n_outputs; i++)
    results[i] = gen_graph_add_value (node->graph, NULL);
  rest = gen_graph_add_node (node->graph, NULL, NULL, node->op->name, node->opset, inputs,
      (int)n_inputs, results, (int)n_outputs, error);
  if (rest == NULL)
    return FALSE;
  gen_node_take_attribute (rest, gen_attribute_copy (loop->attribute, NULL));
  gen_node_set_int (rest, FIRST_ITERATION, loop->first + 1);
  return TRUE;
}

/* With sequences there is no kernel: the loop is written out or cannot be run. */
static gboolean
lower_with_items (GenNode *node, const GenLoop *loop, GenTensor **results, GError **error)
{
  const GenGraph *body = loop->attribute->graph;

  gboolean counted = is_counted (loop, passes_condition (body) || is_true (body));

  if (!loop->limited || !loop->condition_known)
    return gen_node_error (node, error,
        "it reads sequences or optionals, so how often it runs must be known before it does");
  if (counted ? loop->limit > MAX_WRITTEN_OUT : loop->first >= MAX_TAKEN_OFF)
    return gen_node_error (node, error,
        "it reads sequences or optionals, so it may run %d times at most",
        counted ? MAX_WRITTEN_OUT : MAX_TAKEN_OFF);
  if (!counted)
    return take_off_first (node, loop, results, error);
  if (loop->limit == 0 && node->outputs->len > loop->n_states)
    return gen_node_error (
        node, error, "output %u has no shape, for it runs not once", loop->n_states);
  write_out (node->graph, node, loop, (GenTensor **)node->inputs->pdata, results);
  return TRUE;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  g_autoptr (GenGraph) body = NULL;
  g_autoptr (GError) unshaped = NULL;
  gboolean endless = FALSE;
  GenLoop loop;

  if (!gen_loop_read (node, &loop, error))
    return FALSE;
  if (gen_node_has_items (node))
    return lower_with_items (node, &loop, results, error);
  if (!loop.limited || loop.limit == 0 || loop.limit > MAX_WRITTEN_OUT)
    return TRUE;
  body = shape_body (node, &loop, &endless, &unshaped);
  if (body == NULL)
    endless = passes_condition (loop.attribute->graph);
  if (is_counted (&loop, endless) && (body == NULL || !keeps_shapes (node, &loop, body)))
    write_out (node->graph, node, &loop, (GenTensor **)node->inputs->pdata, results);
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenNode *node = g->node;
  g_autoptr (GenGraph) graph = gen_graph_new (NULL), body = NULL;
  g_autofree GenTensor **all = g_new0 (GenTensor *, node->inputs->len);
  g_autofree GenTensor **inputs = g_new0 (GenTensor *, node->inputs->len);
  gboolean endless = FALSE;
  g_autofree GenTensor **results = NULL;
  GenLoop loop;

  if (!gen_loop_read (node, &loop, error))
    return FALSE;
  body = shape_body (node, &loop, &endless, error);
  if (body == NULL)
    return FALSE;
  if (!is_counted (&loop, endless) || loop.limit == 0 || loop.limit > MAX_WRITTEN_OUT) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT,
        "node '%s': Loop has a gradient only for a known count of 1 to %d iterations", node->name,
        MAX_WRITTEN_OUT);
    return FALSE;
  }
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input == NULL)
      continue;
    if (input->role == GEN_ROLE_CONSTANT)
      all[i] = gen_graph_add_constant (
          graph, NULL, input->type, &input->shape, g_bytes_ref (input->data));
    else
      all[i] = inputs[i] = gen_graph_add_input (graph, NULL, input->type, &input->shape);
  }
  results = g_new0 (GenTensor *, node->outputs->len);
  write_out (graph, node, &loop, all, results);
  for (guint i = 0; i < node->outputs->len; i++)
    gen_graph_add_output (graph, results[i]);
  return gen_graph_infer (graph, error) &&
         gen_gradient_through (g, graph, inputs, (GenTensor **)graph->outputs->pdata, error);
}

/* --- shapes --- */

static gboolean
has_only_constants (const GenNode *node)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input != NULL && input->role != GEN_ROLE_CONSTANT)
      return FALSE;
  }
  return TRUE;
}

/* Whether the shape of an output hangs on how often it runs, which is not known. */
static gboolean
depends_on_data (const GenNode *node, const GenLoop *loop, const GenGraph *body, gboolean endless)
{
  if (body == NULL || (loop->limit != 0 && !keeps_shapes (node, loop, body)))
    return TRUE;
  if (is_counted (loop, endless))
    return FALSE;
  for (guint i = loop->n_states; i < node->outputs->len; i++)
    if (gen_node_output (node, i) != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  g_autoptr (GenGraph) body = NULL;
  g_autoptr (GError) reason = NULL;
  gboolean endless = FALSE;
  GenLoop loop;

  if (!gen_loop_read (node, &loop, error))
    return FALSE;
  body = shape_body (node, &loop, &endless, &reason);
  if (depends_on_data (node, &loop, body, endless)) {
    if (has_only_constants (node))
      return gen_loop_evaluate (node, &loop, error);
    if (reason != NULL) {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
    return gen_node_error (node, error,
        "the shapes of its outputs hang on how often it runs, which is not known before it does");
  }
  if (endless && loop.limited && loop.limit == G_MAXINT64)
    return gen_node_error (node, error, "it never ends");
  for (guint i = 0; i < node->outputs->len; i++) {
    const GenTensor *made = g_ptr_array_index (body->outputs, 1 + i);
    GenShape shape = made->shape;

    if (i < loop.n_states) {
      made = gen_node_input (node, STATES + i);
      shape = made->shape;
    } else {
      if (shape.rank == GEN_MAX_RANK)
        return gen_node_error (node, error, "output %u has too many dimensions", i);
      memmove (shape.dims + 1, shape.dims, shape.rank++ * sizeof (gint64));
      shape.dims[0] = loop.limit;
    }
    gen_node_set_output (node, i, made->type, &shape);
  }
  return TRUE;
}

/* --- running --- */

typedef struct {
  GenLoop loop;
  GenBody body;
  GenStates states;
} Run;

static void
run_free (gpointer data)
{
  Run *run = data;

  gen_body_clear (&run->body);
  gen_states_clear (&run->states);
  g_free (run);
}

static void
run_loop (const GenKernel *kernel, int part, int parts)
{
  const Run *run = kernel->state;
  const GenLoop *loop = &run->loop;
  const gint64 *count = kernel->inputs[0];
  const guint8 *starts = kernel->inputs[1];
  guint first = STATES + loop->n_states;
  gint64 limit = count != NULL ? *count : G_MAXINT64, i = 0;
  guint8 goes_on = starts == NULL || *starts != 0;
  char *memory = kernel->scratch;

  gen_states_begin (&run->states, kernel, STATES, 0, memory);
  for (guint k = first; run->body.plan != NULL && k < run->body.n_inputs; k++)
    gen_body_bind (&run->body, k, kernel->inputs[k]);
  for (; i < limit && goes_on; i++) {
    gen_body_bind (&run->body, ITERATION, &i);
    gen_body_bind (&run->body, CONDITION, &goes_on);
    gen_states_bind (&run->states, &run->body, STATES, 1, i, memory);
    for (guint k = loop->n_states; k < kernel->node->outputs->len; k++) {
      gsize size = gen_plan_output (run->body.plan, 1 + k)->size;

      gen_plan_bind_output (run->body.plan, 1 + k,
          kernel->outputs[k] != NULL ? (char *)kernel->outputs[k] + i * size : NULL);
    }
    gen_plan_set_draw (run->body.plan, (kernel->draw << GEN_DRAW_SHIFT) + i);
    gen_plan_run (run->body.plan, NULL);
    goes_on = *(const guint8 *)gen_plan_output (run->body.plan, 0)->data != 0;
  }
  gen_states_finish (&run->states, kernel, 0, i, memory);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  g_autofree GenBodyInput *inputs = g_new0 (GenBodyInput, kernel->node->inputs->len);
  Run *run = g_new0 (Run, 1);

  kernel->state = run;
  kernel->free_state = run_free;
  if (!gen_loop_read (kernel->node, &run->loop, error))
    return FALSE;
  gen_states_init (&run->states, kernel->node, STATES, run->loop.n_states, 1);
  kernel->scratch_size = 2 * run->states.set_size;
  gen_kernel_add_step (kernel, run_loop, 1);
  if (run->loop.limited && run->loop.limit == 0)
    return TRUE;
  gen_loop_inputs (kernel->node, &run->loop, inputs);
  return gen_body_init (&run->body, kernel, run->loop.attribute->graph, inputs, error);
}

const GenOperator gen_operator_loop = {
  .name = "Loop",
  .summary = "A graph run again and again",
  .since = 1,
  .min_inputs = 2,
  .max_inputs = -1,
  .min_outputs = 1,
  .max_outputs = -1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .has_graphs = TRUE,
  .takes_items = TRUE,
  .decides = 1 << COUNT | 1 << CONDITION,
  .lower = lower,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
