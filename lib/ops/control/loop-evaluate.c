/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A loop whose inputs are all known, run at once. Its shapes may change from one iteration to the
 * next: a plan is made for those at hand, and kept as long as they stay. */
#include <string.h>

#include "../../graph/kernel.h"
#include "loop.h"

/* Iterations and bytes of results at which a loop is taken for one that never ends. */
#define MAX_ITERATIONS ((gint64)1 << 20)
#define MAX_BYTES ((gsize)1 << 30)

enum { ITERATION, CONDITION, STATES };

typedef struct {
  GenDataType type;
  GenShape shape;
  GByteArray *data;
} Value;

typedef struct {
  GenNode *node;
  const GenLoop *loop;
  GenBody body;
  gboolean fixed; /* the body is made for the values of this iteration alone */
  Value *states, *scans;
  gint64 iterations;
  guint8 goes_on;
} Evaluation;

static void
set (Value *value, GenDataType type, const GenShape *shape, const void *data, gsize size)
{
  value->type = type;
  value->shape = *shape;
  g_byte_array_set_size (value->data, 0);
  if (size > 0)
    g_byte_array_append (value->data, data, size);
}

static gboolean
compile (Evaluation *e, const GenBodyInput *inputs, GError **error)
{
  GenKernel kernel = { .node = e->node, .threads = 1 };

  gen_body_clear (&e->body);
  return gen_body_init (&e->body, &kernel, e->loop->attribute->graph, inputs, error);
}

static gboolean
fits (const Evaluation *e)
{
  if (e->body.plan == NULL || e->fixed)
    return FALSE;
  for (guint i = 0; i < e->loop->n_states; i++)
    if (!gen_shape_equal (&gen_plan_input (e->body.plan, STATES + i)->shape, &e->states[i].shape))
      return FALSE;
  return TRUE;
}

/* A plan for the states as they are, unless the one at hand is; for their very values, where they
 * decide on shapes. */
static gboolean
make_plan (Evaluation *e, GError **error)
{
  guint n = e->node->inputs->len;
  g_autofree GenBodyInput *inputs = g_new0 (GenBodyInput, n);
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);

  if (fits (e))
    return TRUE;
  gen_loop_inputs (e->node, e->loop, inputs);
  for (guint i = 0; i < e->loop->n_states; i++)
    inputs[STATES + i] = (GenBodyInput){ e->states[i].type, e->states[i].shape, NULL };
  if (!e->fixed && compile (e, inputs, NULL))
    return TRUE;
  e->fixed = TRUE;
  g_ptr_array_add (values, g_bytes_new (&e->iterations, sizeof (gint64)));
  g_ptr_array_add (values, g_bytes_new (&e->goes_on, 1));
  for (guint i = 0; i < e->loop->n_states; i++)
    g_ptr_array_add (values, g_bytes_new (e->states[i].data->data, e->states[i].data->len));
  for (guint i = 0; i < values->len; i++)
    inputs[i].value = g_ptr_array_index (values, i);
  return compile (e, inputs, error);
}

static gboolean
take_outputs (Evaluation *e, GError **error)
{
  for (guint i = 0; i < e->loop->n_scans; i++) {
    const GenBinding *slice = gen_plan_output (e->body.plan, 1 + e->loop->n_states + i);
    Value *scan = &e->scans[i];

    if (e->iterations == 0) {
      scan->type = slice->type;
      scan->shape = slice->shape;
    }
    if (scan->type != slice->type || !gen_shape_equal (&scan->shape, &slice->shape))
      return gen_node_error (e->node, error, "scan output %u changes its shape", i);
    if (scan->data->len + slice->size > MAX_BYTES)
      return gen_node_error (e->node, error, "scan output %u grows too large", i);
    if (slice->size > 0)
      g_byte_array_append (scan->data, slice->data, slice->size);
  }
  for (guint i = 0; i < e->loop->n_states; i++) {
    const GenBinding *state = gen_plan_output (e->body.plan, 1 + i);

    if (state->size > MAX_BYTES)
      return gen_node_error (e->node, error, "state %u grows too large", i);
    set (&e->states[i], state->type, &state->shape, state->data, state->size);
  }
  return TRUE;
}

static gboolean
iterate (Evaluation *e, GError **error)
{
  for (; e->goes_on && e->iterations < e->loop->limit; e->iterations++) {
    if (e->iterations == MAX_ITERATIONS)
      return gen_node_error (e->node, error, "it does not end");
    if (!make_plan (e, error))
      return FALSE;
    gen_body_bind (&e->body, ITERATION, &e->iterations);
    gen_body_bind (&e->body, CONDITION, &e->goes_on);
    for (guint i = 0; i < e->loop->n_states; i++)
      gen_body_bind (&e->body, STATES + i, e->states[i].data->data);
    for (guint i = STATES + e->loop->n_states; i < e->body.n_inputs; i++)
      gen_body_bind (&e->body, i, gen_tensor_constant (gen_node_input (e->node, i)));
    gen_plan_run (e->body.plan, NULL);
    if (gen_plan_output (e->body.plan, 0)->size != 1)
      return gen_node_error (e->node, error, "its graph's condition must be one boolean");
    e->goes_on = *(const guint8 *)gen_plan_output (e->body.plan, 0)->data != 0;
    if (!take_outputs (e, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
give_outputs (Evaluation *e, GError **error)
{
  for (guint i = 0; i < e->node->outputs->len; i++) {
    gboolean scan = i >= e->loop->n_states;
    Value *value = scan ? &e->scans[i - e->loop->n_states] : &e->states[i];
    GenShape shape = value->shape;

    if (gen_node_output (e->node, i) == NULL)
      continue;
    if (scan) {
      if (e->iterations == 0 || shape.rank == GEN_MAX_RANK)
        return gen_node_error (e->node, error, "output %u has no shape", i);
      memmove (shape.dims + 1, shape.dims, shape.rank++ * sizeof (gint64));
      shape.dims[0] = e->iterations;
    }
    gen_node_set_output (e->node, i, value->type, &shape);
    gen_node_set_constant (e->node, i, g_bytes_new (value->data->data, value->data->len));
  }
  return TRUE;
}

gboolean
gen_loop_evaluate (GenNode *node, const GenLoop *loop, GError **error)
{
  Evaluation e = { .node = node, .loop = loop, .goes_on = loop->starts };
  gboolean done;

  e.states = g_new0 (Value, loop->n_states + 1);
  e.scans = g_new0 (Value, loop->n_scans + 1);
  for (guint i = 0; i < loop->n_scans; i++)
    e.scans[i].data = g_byte_array_new ();
  for (guint i = 0; i < loop->n_states; i++) {
    const GenTensor *state = gen_node_input (node, STATES + i);

    e.states[i].data = g_byte_array_new ();
    set (&e.states[i], state->type, &state->shape, gen_tensor_constant (state),
        gen_tensor_size (state));
  }
  done = iterate (&e, error) && give_outputs (&e, error);
  gen_body_clear (&e.body);
  for (guint i = 0; i < loop->n_scans; i++)
    g_byte_array_unref (e.scans[i].data);
  for (guint i = 0; i < loop->n_states; i++)
    g_byte_array_unref (e.states[i].data);
  g_free (e.states);
  g_free (e.scans);
  return done;
}
