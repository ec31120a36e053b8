/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LSTM, GRU and RNN: gradients against finite differences, threads, and nodes that must be
 * refused. Values are checked by ONNX's backend tests. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <string.h>

#define STEPS 3
#define BATCH 4
#define INPUT 3
#define HIDDEN 5

typedef struct {
  const char *op;
  int gates;
  const char *direction;
  gboolean batch_first, reset_after, input_forget, peepholes;
  double clip;
} Case;

static GenTensor *
add_input (GenGraph *graph, const char *name, GenShape shape)
{
  return gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, &shape);
}

static GenGraph *
build (const Case *c, gint64 batch)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new (c->op);
  gint64 d = strcmp (c->direction, "bidirectional") == 0 ? 2 : 1, rows = c->gates * HIDDEN;
  gboolean lstm = strcmp (c->op, "LSTM") == 0;
  GenShape initial = c->batch_first ? GEN_SHAPE (batch, d, HIDDEN) : GEN_SHAPE (d, batch, HIDDEN);
  GenTensor *inputs[8] = { 0 }, *y;

  inputs[0] = add_input (graph, "X",
      c->batch_first ? GEN_SHAPE (batch, STEPS, INPUT) : GEN_SHAPE (STEPS, batch, INPUT));
  inputs[1] = add_input (graph, "W", GEN_SHAPE (d, rows, INPUT));
  inputs[2] = add_input (graph, "R", GEN_SHAPE (d, rows, HIDDEN));
  inputs[3] = add_input (graph, "B", GEN_SHAPE (d, 2 * rows));
  inputs[5] = add_input (graph, "h", initial);
  if (lstm)
    inputs[6] = add_input (graph, "c", initial);
  if (c->peepholes)
    inputs[7] = add_input (graph, "P", GEN_SHAPE (d, 3 * HIDDEN));
  y = gen_graph_op (graph, c->op, inputs, lstm ? 8 : 6, lstm ? 3 : 2, &error, "direction",
      GEN_STRING, c->direction, "layout", GEN_INT, c->batch_first, "linear_before_reset", GEN_INT,
      c->reset_after, "input_forget", GEN_INT, c->input_forget, "clip", GEN_FLOAT, c->clip, NULL);
  g_assert_no_error (error);
  for (guint i = 0; i < y->producer->outputs->len; i++)
    gen_graph_add_output (graph, gen_node_output (y->producer, i));
  return graph;
}

static const Case cases[] = {
  { "LSTM", 4, "forward" },
  { "LSTM", 4, "bidirectional", .peepholes = TRUE, .batch_first = TRUE },
  { "LSTM", 4, "reverse", .input_forget = TRUE },
  { "GRU", 3, "forward" },
  { "GRU", 3, "bidirectional", .reset_after = TRUE },
  { "GRU", 3, "reverse", .reset_after = TRUE, .batch_first = TRUE },
  { "RNN", 1, "bidirectional" },
  { "RNN", 1, "forward", .clip = 0.7 },
};

static void
test_gradients (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = build (&cases[i], 2);
    double worst = gen_graph_check_gradients (graph, i, &error);

    g_assert_no_error (error);
    g_assert_cmpfloat (worst, <, 2e-2);
  }
}

static void
fill (GenPlan *plan)
{
  GenRandom random = gen_random_new (3, "test", 0);

  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *binding = gen_plan_input (plan, i);

    gen_random_normal (&random, i, 0, binding->data, binding->size / sizeof (float));
  }
  g_assert_true (gen_plan_run (plan, NULL));
}

/* Slices of the batch for threads change nothing, nor does a second run. */
static void
test_threads (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = build (&cases[i], BATCH);
    g_autoptr (GenPlan) one = gen_plan_new (graph, &(GenPlanOptions){ .threads = 1 }, &error);
    g_autoptr (GenPlan) many = gen_plan_new (graph, &(GenPlanOptions){ .threads = 3 }, &error);

    g_assert_no_error (error);
    fill (one);
    fill (many);
    g_assert_true (gen_plan_run (many, NULL));
    for (guint k = 0; k < gen_plan_n_outputs (one); k++) {
      const GenBinding *a = gen_plan_output (one, k), *b = gen_plan_output (many, k);

      g_assert_cmpmem (a->data, a->size, b->data, b->size);
    }
  }
}

static void
refuse (GenShape x, GenShape w, GenShape r, const char *direction, const char *says)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("refused");
  GenTensor *inputs[] = { add_input (graph, "X", x), add_input (graph, "W", w),
    add_input (graph, "R", r) };

  g_assert_null (
      gen_graph_op (graph, "GRU", inputs, 3, 1, &error, "direction", GEN_STRING, direction, NULL));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_refused (void)
{
  refuse (GEN_SHAPE (2, 3), GEN_SHAPE (1, 6, 3), GEN_SHAPE (1, 6, 2), "forward", "three dim");
  refuse (GEN_SHAPE (2, 1, 3), GEN_SHAPE (1, 6, 4), GEN_SHAPE (1, 6, 2), "forward", "input 1");
  refuse (GEN_SHAPE (2, 1, 3), GEN_SHAPE (1, 6, 3), GEN_SHAPE (1, 5, 2), "forward", "input 2");
  refuse (GEN_SHAPE (2, 1, 3), GEN_SHAPE (1, 6, 3), GEN_SHAPE (1, 6, 2), "sideways", "sideways");
  refuse (GEN_SHAPE (2, 1, 3), GEN_SHAPE (1, 6, 3), GEN_SHAPE (1, 6, 2), "bidirectional", "input");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recurrence/gradients", test_gradients);
  g_test_add_func ("/recurrence/threads", test_threads);
  g_test_add_func ("/recurrence/refused", test_refused);
  return g_test_run ();
}
