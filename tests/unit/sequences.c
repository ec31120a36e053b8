/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sequences and optionals: they leave nothing but tensors behind, in plans, in sessions that learn
 * of positions and lengths as they run, and in gradients. */
#include <generative/onnx.h>
#include <generative/session.h>

#include <string.h>

#include "flow.h"

static GenTensor *
input (GenGraph *graph, const char *name, gint64 n)
{
  return gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (n));
}

static GenTensor *
insert (GenGraph *graph, GenTensor *sequence, GenTensor *x, GenTensor *at)
{
  return gen_node_output (flow_node (graph, "SequenceInsert", (GenTensor *[]){ sequence, x, at },
                              at != NULL ? 3 : 2, 1),
      0);
}

static GenTensor *
declare (GenGraph *graph, GenTensor *output)
{
  output->type = GEN_TYPE_FLOAT32;
  gen_graph_add_output (graph, output);
  return output;
}

static void
expect (const GenBinding *is, const float *should, gsize n)
{
  g_assert_nonnull (is);
  g_assert_cmpmem (is->data, is->size, should, n * sizeof *should);
}

/* x, y and -x in a sequence, in an order made by places from both ends, joined. */
static GenGraph *
build_joined (void)
{
  GenGraph *graph = gen_graph_new ("joined");
  GenTensor *x = input (graph, "x", 2), *y = input (graph, "y", 2);
  GenTensor *s = gen_node_output (flow_node (graph, "SequenceConstruct", &x, 1, 1), 0), *joined;

  s = insert (graph, s, y, NULL);                                                 /* x y */
  s = insert (graph, s, flow_op (graph, "Neg", x, NULL), flow_whole (graph, -1)); /* x -x y */
  s = insert (graph, s, flow_op (graph, "Neg", y, NULL), flow_whole (graph, 0));  /* -y x -x y */
  s = flow_op (graph, "SequenceErase", s, flow_whole (graph, 1));                 /* -y -x y */
  joined = flow_op (graph, "ConcatFromSequence", s, NULL);
  gen_node_set_int (joined->producer, "axis", 0);
  declare (graph, joined);
  return graph;
}

static void
test_joined (void)
{
  g_autoptr (GenGraph) graph = build_joined ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) file = gen_onnx_serialize (graph, &error);
  g_autoptr (GenGraph) read = NULL;

  g_assert_no_error (error);
  read = gen_onnx_parse (file, "joined", NULL, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 2; i++) {
    g_autoptr (GenPlan) plan = gen_plan_new (i == 0 ? graph : read, NULL, &error);

    g_assert_no_error (error);
    memcpy (gen_plan_input (plan, 0)->data, (float[]){ 1, 2 }, 8);
    memcpy (gen_plan_input (plan, 1)->data, (float[]){ 3, 4 }, 8);
    g_assert_true (gen_plan_run (plan, NULL));
    expect (gen_plan_output (plan, 0), (float[]){ -3, -4, -1, -2, 3, 4 }, 6);
  }
}

/* What inference has resolved cannot be written any more, and says so. */
static void
test_not_writable (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("resolved");
  GenTensor *x = input (graph, "x", 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) before = NULL;

  declare (graph, gen_node_output (flow_node (graph, "SequenceConstruct", &x, 1, 1), 0))->kind =
      GEN_KIND_SEQUENCE;
  before = gen_onnx_serialize (graph, &error);
  g_assert_no_error (error);
  g_assert_true (gen_graph_infer (graph, &error));
  g_assert_null (gen_onnx_serialize (graph, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_UNSUPPORTED);
}

/* Halves of x, squared by a graph, and their sum; no other operator is left. */
static void
test_gradient (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("map");
  GenGraph *body = gen_graph_new ("body");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 4)), *item;
  GenTensor *halves = flow_op (graph, "SplitToSequence", x, flow_whole (graph, 2)), *y;
  GenNode *map = flow_node (graph, "SequenceMap", &halves, 1, 1);
  g_autoptr (GError) error = NULL;
  double worst;

  gen_node_set_int (halves->producer, "axis", 1);
  item = flow_input (body, "item", GEN_TYPE_FLOAT32);
  gen_graph_add_output (body, flow_op (body, "Mul", item, item));
  flow_give (map, "body", body, NULL);
  y = flow_op (graph, "ConcatFromSequence", gen_node_output (map, 0), NULL);
  gen_node_set_int (y->producer, "axis", -1);
  gen_node_set_int (y->producer, "new_axis", 1);
  declare (graph, y);
  g_assert_true (gen_graph_infer (graph, &error));
  g_assert_no_error (error);
  g_assert_true (gen_shape_equal (&y->shape, &GEN_SHAPE (2, 2, 2)));
  worst = gen_graph_check_gradients (graph, 3, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (worst, <, 1e-2);
}

/* A session learns where to take from, and how often to add, from its inputs. */
static void
test_session (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("session");
  GenGraph *body = gen_graph_new ("body");
  GenTensor *x = input (graph, "x", 2), *s;
  GenTensor *count = gen_graph_add_input (graph, "n", GEN_TYPE_INT64, &GEN_SHAPE_SCALAR);
  GenTensor *place = gen_graph_add_input (graph, "at", GEN_TYPE_INT64, &GEN_SHAPE_SCALAR);
  GenTensor *condition, *grown, *step, *item;
  GenNode *loop;
  g_autoptr (GenSession) session = NULL;

  s = gen_node_output (flow_node (graph, "SequenceEmpty", NULL, 0, 1), 0);
  loop = flow_node (graph, "Loop", (GenTensor *[]){ count, flow_flag (graph, TRUE), s }, 3, 1);
  step = flow_op (body, "Cast", flow_input (body, "i", GEN_TYPE_INT64), NULL);
  gen_node_set_int (step->producer, "to", GEN_TYPE_FLOAT32);
  condition = flow_input (body, "c", GEN_TYPE_BOOL);
  grown = flow_input (body, "s", GEN_TYPE_UNDEFINED);
  item = flow_op (body, "Mul", flow_input (body, "x", GEN_TYPE_FLOAT32), step);
  gen_graph_add_output (body, condition);
  gen_graph_add_output (body, insert (body, grown, item, NULL));
  flow_give (loop, "body", body, (GenTensor *[]){ x, NULL });
  declare (graph, flow_op (graph, "SequenceAt", gen_node_output (loop, 0), place));
  declare (graph, gen_node_output (loop, 0));
  session = gen_session_new (graph, NULL);
  for (gint64 n = 1; n < 4; n++)
    for (gint64 at = -n; at < n; at++) {
      float numbers[] = { (float)n, 10 };
      gint64 k = at < 0 ? at + n : at;
      g_autoptr (GError) error = NULL;
      const GenBinding inputs[] = {
        { "x", GEN_TYPE_FLOAT32, GEN_SHAPE (2), sizeof numbers, numbers },
        { "n", GEN_TYPE_INT64, GEN_SHAPE_SCALAR, sizeof n, &n },
        { "at", GEN_TYPE_INT64, GEN_SHAPE_SCALAR, sizeof at, &at },
      };

      g_assert_true (gen_session_run (session, inputs, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (gen_session_n_items (session, 0), ==, 1);
      expect (gen_session_output (session, 0), (float[]){ (float)(n * k), (float)(10 * k) }, 2);
      g_assert_cmpuint (gen_session_n_items (session, 1), ==, n);
      for (gint64 i = 0; i < n; i++)
        expect (gen_session_item (session, 1, (guint)i),
            (float[]){ (float)(n * i), (float)(10 * i) }, 2);
    }
}

/* while (sum (x) < 20) { append x + i; x += x; i++ }: how often is for the numbers to say. */
static void
test_until (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("until");
  GenGraph *body = gen_graph_new ("body");
  GenTensor *x = input (graph, "x", 2), *s, *i, *v, *sum, *twice, *grown, *item;
  g_autoptr (GenSession) session = NULL;
  GenNode *loop;

  s = gen_node_output (flow_node (graph, "SequenceEmpty", NULL, 0, 1), 0);
  loop = flow_node (graph, "Loop", (GenTensor *[]){ NULL, flow_flag (graph, TRUE), x, s }, 4, 2);
  i = flow_op (body, "Cast", flow_input (body, "i", GEN_TYPE_INT64), NULL);
  gen_node_set_int (i->producer, "to", GEN_TYPE_FLOAT32);
  flow_input (body, "c", GEN_TYPE_BOOL);
  v = flow_input (body, "v", GEN_TYPE_FLOAT32);
  grown = flow_input (body, "s", GEN_TYPE_UNDEFINED);
  item = flow_op (body, "Add", v, i);
  twice = flow_op (body, "Add", v, v);
  sum = flow_op (body, "ReduceSum", twice, NULL);
  gen_node_set_int (sum->producer, "keepdims", 0);
  gen_graph_add_output (body, flow_op (body, "Less", sum, gen_graph_float (body, 20)));
  gen_graph_add_output (body, twice);
  gen_graph_add_output (body, insert (body, grown, item, NULL));
  flow_give (loop, "body", body, NULL);
  declare (graph, gen_node_output (loop, 0));
  declare (graph, gen_node_output (loop, 1));
  session = gen_session_new (graph, NULL);
  for (int round = 0; round < 2; round++)
    for (int start = 1; start < 12; start++) {
      float numbers[] = { (float)start, 0 };
      const GenBinding binding = { "x", GEN_TYPE_FLOAT32, GEN_SHAPE (2), sizeof numbers, numbers };
      g_autoptr (GError) error = NULL;
      float value = (float)start;
      guint n = 0;

      g_assert_true (gen_session_run (session, &binding, &error));
      g_assert_no_error (error);
      do {
        expect (gen_session_item (session, 1, n), (float[]){ value + (float)n, (float)n }, 2);
        value *= 2;
        n++;
      } while (value < 20);
      g_assert_cmpuint (gen_session_n_items (session, 1), ==, n);
      expect (gen_session_output (session, 0), (float[]){ value, 0 }, 2);
    }
}

/* An optional that is there, and one that is not; what holds them is an input. */
static void
test_optional (void)
{
  for (guint n = 0; n < 2; n++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("optional");
    GenGraph *yes = gen_graph_new ("yes"), *no = gen_graph_new ("no");
    GenTensor *x = flow_input (graph, "x", GEN_TYPE_FLOAT32), *y = input (graph, "y", 2);
    GenTensor *has = flow_op (graph, "OptionalHasElement", x, NULL);
    GenNode *choice = flow_node (graph, "If", &has, 1, 1);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenPlan) plan = NULL;

    x->kind = GEN_KIND_OPTIONAL;
    gen_graph_add_output (
        yes, flow_op (yes, "OptionalGetElement", flow_input (yes, "x", GEN_TYPE_UNDEFINED), NULL));
    gen_graph_add_output (no, flow_op (no, "Neg", flow_input (no, "y", GEN_TYPE_FLOAT32), NULL));
    flow_give (choice, "then_branch", yes, (GenTensor *[]){ x, NULL });
    flow_give (choice, "else_branch", no, (GenTensor *[]){ y, NULL });
    declare (graph, gen_node_output (choice, 0));
    g_assert_false (gen_graph_infer (graph, &error));
    g_assert_nonnull (strstr (error->message, "'x'"));
    g_clear_error (&error);
    g_assert_false (gen_graph_expand_input (graph, x, 2, &error));
    g_clear_error (&error);
    g_assert_true (gen_graph_expand_input (graph, x, n, &error));
    if (n == 1)
      gen_graph_set_input_shape (
          graph, g_ptr_array_index (graph->inputs, 0), &GEN_SHAPE (2), &error);
    g_assert_no_error (error);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    for (guint i = 0; i < gen_plan_n_inputs (plan); i++)
      memcpy (gen_plan_input (plan, i)->data, (float[]){ 5 + (float)i, 7 }, 8);
    g_assert_true (gen_plan_run (plan, NULL));
    if (n == 1)
      expect (gen_plan_output (plan, 0), (float[]){ 5, 7 }, 2);
    else
      expect (gen_plan_output (plan, 0), (float[]){ -5, -7 }, 2);
  }
}

/* `op` on a sequence of one tensor and `other` fails, and says why. */
static void
assert_fails (const char *op, GenTensor *(*other) (GenGraph *graph), const char *words)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("wrong");
  GenTensor *x = input (graph, "x", 2);
  GenTensor *s = gen_node_output (flow_node (graph, "SequenceConstruct", &x, 1, 1), 0);
  g_autoptr (GError) error = NULL;

  declare (graph, flow_op (graph, op, s, other (graph)));
  g_assert_false (gen_graph_infer (graph, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, words));
}

static GenTensor *
beyond (GenGraph *graph)
{
  return flow_whole (graph, 1);
}

static GenTensor *
unknown (GenGraph *graph)
{
  return gen_graph_add_input (graph, "at", GEN_TYPE_INT64, &GEN_SHAPE_SCALAR);
}

static void
test_refused (void)
{
  assert_fails ("SequenceAt", beyond, "position 1 is outside of a sequence of 1");
  assert_fails ("SequenceErase", beyond, "position 1 is outside");
  assert_fails ("SequenceAt", unknown, "known before it runs");
  assert_fails ("SequenceInsert", beyond, "of type int64 does not go into the sequence");
  assert_fails ("Add", beyond, "is a sequence or optional, not a tensor");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sequences/joined", test_joined);
  g_test_add_func ("/sequences/not-writable", test_not_writable);
  g_test_add_func ("/sequences/gradient", test_gradient);
  g_test_add_func ("/sequences/session", test_session);
  g_test_add_func ("/sequences/until", test_until);
  g_test_add_func ("/sequences/optional", test_optional);
  g_test_add_func ("/sequences/refused", test_refused);
  return g_test_run ();
}
