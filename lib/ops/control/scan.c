/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scan: a graph run for each slice of its inputs along an axis, with states from one to the next.
 * Before opset 9 everything has a batch before it, and sequences of the batch run one by one. */
#include <string.h>

#include "../../graph/graph-private.h"
#include "scan.h"
#include "../training/states.h"

/* A tensor that is cut or joined along an axis: [batch, outer, steps, inner]. */
typedef struct {
  gint64 outer, steps;
  gsize inner;  /* bytes */
  gsize offset; /* of the slice's own memory in the scratch memory */
  gboolean backwards;
} Slices;

int
gen_scan_axis (const GenNode *node, const char *name, guint i, int rank)
{
  int n;
  const gint64 *axes = gen_node_ints (node, name, &n);

  return gen_axis ((int)i < n ? axes[i] : 0, rank);
}

gboolean
gen_scan_is_backwards (const GenNode *node, gboolean of_outputs, guint i)
{
  const char *name = of_outputs         ? "scan_output_directions"
                     : node->opset >= 9 ? "scan_input_directions"
                                        : "directions";
  int n;
  const gint64 *directions = gen_node_ints (node, name, &n);

  return (int)i < n && directions[i] != 0;
}

static gboolean
read_counts (const GenNode *node, GenScan *s, GError **error)
{
  const GenGraph *body;
  gint64 n = gen_node_int (node, "num_scan_inputs", 0);
  gint64 given, taken;

  s->attribute = gen_body_attribute (node, "body", error);
  if (s->attribute == NULL)
    return FALSE;
  body = s->attribute->graph;
  s->first = node->opset < 9 ? 1 : 0;
  given = (gint64)node->inputs->len - s->first - s->attribute->i;
  taken = (gint64)body->inputs->len - s->attribute->i;
  if (n < 1 || n > GEN_SCAN_MAX || given != taken || given < n)
    return gen_node_error (node, error,
        "it has %" G_GINT64_FORMAT " inputs, its graph takes %" G_GINT64_FORMAT
        ", of which %" G_GINT64_FORMAT " are scanned",
        given, taken, n);
  s->n_inputs = n;
  s->n_states = given - n;
  if (body->outputs->len < s->n_states || body->outputs->len < node->outputs->len ||
      body->outputs->len - s->n_states > GEN_SCAN_MAX)
    return gen_node_error (node, error, "its graph makes %u outputs", body->outputs->len);
  s->n_outputs = body->outputs->len - s->n_states;
  if (s->first == 1 && gen_node_input (node, 0) != NULL)
    return gen_node_error (node, error, "sequence_lens is not supported");
  for (guint i = s->first; i < node->inputs->len; i++)
    if (gen_node_input (node, i) == NULL)
      return gen_node_error (node, error, "input %u is missing", i);
  return TRUE;
}

/* Extents and axes, and what the graph's inputs are like. */
static gboolean
read_shape (const GenNode *node, GenScan *s, GenBodyInput *inputs, GError **error)
{
  guint at = 0;
  int batched;

  batched = s->first;
  s->batch = 1;
  s->steps = -1;
  for (guint i = 0; i < s->n_states + s->n_inputs; i++) {
    GenBodyInput *input = &inputs[at++];
    gboolean scanned = i >= s->n_states;
    int axis = 0;

    *input = gen_body_input (gen_node_input (node, s->first + i));
    input->value = NULL;
    if (input->shape.rank < batched + scanned)
      return gen_node_error (node, error, "input %u has too few dimensions", s->first + i);
    if (batched) {
      if (i > 0 && input->shape.dims[0] != s->batch)
        return gen_node_error (node, error, "its inputs are of different batches");
      s->batch = input->shape.dims[0];
      memmove (input->shape.dims, input->shape.dims + 1, (GEN_MAX_RANK - 1) * sizeof (gint64));
      input->shape.rank--;
    }
    if (!scanned)
      continue;
    if (!batched)
      axis = gen_scan_axis (node, "scan_input_axes", i - s->n_states, input->shape.rank);
    if (axis < 0)
      return gen_node_error (node, error, "scan_input_axes is outside of input %u", s->first + i);
    s->axes[0][i - s->n_states] = axis;
    if (s->steps >= 0 && input->shape.dims[axis] != s->steps)
      return gen_node_error (node, error, "its inputs have different numbers of steps");
    s->steps = input->shape.dims[axis];
    for (int d = axis; d < input->shape.rank - 1; d++)
      input->shape.dims[d] = input->shape.dims[d + 1];
    input->shape.rank--;
  }
  for (guint i = 0; i < s->attribute->i; i++)
    inputs[at + i] =
        gen_body_input (gen_node_input (node, s->first + s->n_states + s->n_inputs + i));
  return TRUE;
}

GenBodyInput *
gen_scan_read (const GenNode *node, GenScan *s, GError **error)
{
  g_autofree GenBodyInput *inputs = NULL;

  *s = (GenScan){ 0 };
  if (!read_counts (node, s, error))
    return NULL;
  inputs = g_new0 (GenBodyInput, s->attribute->graph->inputs->len + 1);
  return read_shape (node, s, inputs, error) ? g_steal_pointer (&inputs) : NULL;
}

/* The shape of all slices together. */
static gboolean
join_shape (const GenNode *node, GenScan *s, guint i, const GenShape *slice, GenShape *shape,
    GError **error)
{
  int axis = 0;

  *shape = *slice;
  if (shape->rank + 1 + (int)s->first > GEN_MAX_RANK)
    return gen_node_error (node, error, "output %u has too many dimensions", s->n_states + i);
  if (s->first == 0)
    axis = gen_scan_axis (node, "scan_output_axes", i, shape->rank + 1);
  if (axis < 0)
    return gen_node_error (node, error, "scan_output_axes is outside of output %u", i);
  s->axes[1][i] = axis;
  for (int d = shape->rank; d > axis; d--)
    shape->dims[d] = shape->dims[d - 1];
  shape->dims[axis] = s->steps;
  shape->rank++;
  return TRUE;
}

static void
add_batch (const GenScan *s, GenShape *shape)
{
  if (s->first == 0)
    return;
  memmove (shape->dims + 1, shape->dims, (GEN_MAX_RANK - 1) * sizeof (gint64));
  shape->dims[0] = s->batch;
  shape->rank++;
}

static gboolean
infer (GenNode *node, GError **error)
{
  GenScan s = { 0 };
  g_autofree GenBodyInput *inputs = NULL;
  g_autoptr (GenGraph) body = NULL;

  inputs = gen_scan_read (node, &s, error);
  if (inputs == NULL)
    return FALSE;
  body = gen_body_shape (node, s.attribute->graph, inputs, error);
  if (body == NULL)
    return FALSE;
  for (guint i = 0; i < body->outputs->len; i++) {
    const GenTensor *made = g_ptr_array_index (body->outputs, i);
    GenShape shape = made->shape;

    if (i < s.n_states &&
        (made->type != inputs[i].type || !gen_shape_equal (&made->shape, &inputs[i].shape)))
      return gen_node_error (node, error, "state %u changes its type or shape", i);
    if (i >= s.n_states && !join_shape (node, &s, i - s.n_states, &made->shape, &shape, error))
      return FALSE;
    add_batch (&s, &shape);
    gen_node_set_output (node, i, made->type, &shape);
  }
  return TRUE;
}

typedef struct {
  GenScan shape;
  GenBody body;
  GenStates states;
  Slices slices[2][GEN_SCAN_MAX];
} Scan;

static void
scan_free (gpointer data)
{
  Scan *scan = data;

  gen_body_clear (&scan->body);
  gen_states_clear (&scan->states);
  g_free (scan);
}

/* Slices along the first axis are used where they lie. */
static gboolean
lies_apart (const Slices *slices)
{
  return slices->outer != 1;
}

static gsize
slice_start (const Slices *slices, gint64 batch, gint64 outer, gint64 step)
{
  if (slices->backwards)
    step = slices->steps - 1 - step;
  return ((batch * slices->outer + outer) * slices->steps + step) * slices->inner;
}

static void
bind_inputs (const GenKernel *kernel, const Scan *scan, gint64 batch, gint64 step)
{
  const GenScan *s = &scan->shape;

  for (guint i = 0; i < s->n_inputs; i++) {
    const Slices *slices = &scan->slices[0][i];
    const char *from = kernel->inputs[s->first + s->n_states + i];
    char *to = (char *)kernel->scratch + slices->offset;

    for (gint64 o = 0; lies_apart (slices) && o < slices->outer; o++)
      memcpy (to + o * slices->inner, from + slice_start (slices, batch, o, step), slices->inner);
    gen_body_bind (&scan->body, s->n_states + i,
        lies_apart (slices) ? to : from + slice_start (slices, batch, 0, step));
  }
}

static char *
scan_output (const GenKernel *kernel, const Scan *scan, guint i)
{
  guint k = scan->shape.n_states + i;

  return k < kernel->node->outputs->len ? kernel->outputs[k] : NULL;
}

static void
bind_outputs (const GenKernel *kernel, const Scan *scan, gint64 batch, gint64 step)
{
  for (guint i = 0; i < scan->shape.n_outputs; i++) {
    const Slices *slices = &scan->slices[1][i];
    char *to = scan_output (kernel, scan, i);

    if (to != NULL)
      to = lies_apart (slices) ? (char *)kernel->scratch + slices->offset
                               : to + slice_start (slices, batch, 0, step);
    gen_plan_bind_output (scan->body.plan, scan->shape.n_states + i, to);
  }
}

static void
join_outputs (const GenKernel *kernel, const Scan *scan, gint64 batch, gint64 step)
{
  for (guint i = 0; i < scan->shape.n_outputs; i++) {
    const Slices *slices = &scan->slices[1][i];
    const char *from = (const char *)kernel->scratch + slices->offset;
    char *to = scan_output (kernel, scan, i);

    for (gint64 o = 0; to != NULL && lies_apart (slices) && o < slices->outer; o++)
      memcpy (to + slice_start (slices, batch, o, step), from + o * slices->inner, slices->inner);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Scan *scan = kernel->state;
  const GenScan *s = &scan->shape;
  guint captured = s->n_states + s->n_inputs;

  for (guint i = 0; i < s->attribute->i; i++)
    gen_body_bind (&scan->body, captured + i, kernel->inputs[s->first + captured + i]);
  for (gint64 batch = 0; batch < s->batch; batch++) {
    gen_states_begin (&scan->states, kernel, s->first, batch, kernel->scratch);
    for (gint64 step = 0; step < s->steps; step++) {
      gen_states_bind (&scan->states, &scan->body, 0, 0, step, kernel->scratch);
      bind_inputs (kernel, scan, batch, step);
      bind_outputs (kernel, scan, batch, step);
      gen_plan_set_draw (
          scan->body.plan, (kernel->draw << GEN_DRAW_SHIFT) + batch * s->steps + step);
      gen_plan_run (scan->body.plan, NULL);
      join_outputs (kernel, scan, batch, step);
    }
    gen_states_finish (&scan->states, kernel, batch, s->steps, kernel->scratch);
  }
}

/* How a tensor of the node is cut, whose slices' shape is `slice`. */
static Slices
cut (const GenKernel *kernel, const GenTensor *tensor, int axis, int batched, gint64 steps,
    gboolean backwards, gsize *scratch)
{
  const GenShape *shape = &tensor->shape;
  Slices slices = {
    .outer = gen_shape_product (shape, batched, batched + axis),
    .steps = steps,
    .inner = gen_shape_product (shape, batched + axis + 1, shape->rank) *
             gen_data_type_size (tensor->type),
    .offset = *scratch,
    .backwards = backwards,
  };

  if (lies_apart (&slices))
    *scratch += (slices.outer * slices.inner + 63) & ~(gsize)63;
  return slices;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  Scan *scan = g_new0 (Scan, 1);
  GenScan *s = &scan->shape;
  g_autofree GenBodyInput *inputs = NULL;
  gsize scratch;

  kernel->state = scan;
  kernel->free_state = scan_free;
  inputs = gen_scan_read (node, s, error);
  if (inputs == NULL || !gen_body_init (&scan->body, kernel, s->attribute->graph, inputs, error))
    return FALSE;
  gen_states_init (&scan->states, node, s->first, s->n_states, s->batch);
  scratch = 2 * scan->states.set_size;
  for (guint i = 0; i < s->n_inputs; i++)
    scan->slices[0][i] = cut (kernel, gen_node_input (node, s->first + s->n_states + i),
        s->axes[0][i], s->first, s->steps, gen_scan_is_backwards (node, FALSE, i), &scratch);
  for (guint i = 0; i < s->n_outputs; i++) {
    const GenBinding *slice = gen_plan_output (scan->body.plan, s->n_states + i);
    const GenTensor *output = gen_node_output (node, s->n_states + i);
    GenShape joined;

    if (!join_shape (node, s, i, &slice->shape, &joined, error))
      return FALSE;
    if (output != NULL)
      scan->slices[1][i] = cut (kernel, output, s->axes[1][i], s->first, s->steps,
          gen_scan_is_backwards (node, TRUE, i), &scratch);
  }
  kernel->scratch_size = scratch;
  gen_kernel_add_step (kernel, run, 1);
  return TRUE;
}

const GenOperator gen_operator_scan = {
  .name = "Scan",
  .summary = "A graph run for each slice of its inputs",
  .since = 8,
  .min_inputs = 1,
  .max_inputs = -1,
  .min_outputs = 1,
  .max_outputs = -1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .has_graphs = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient = gen_scan_gradient,
};
