/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models in other words make what they made: of other opsets, laid out otherwise, of wider numbers,
 * of any batch, and with their weights beside them. */
#include <generative/convert.h>
#include <generative/onnx.h>
#include <generative/plan.h>

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "../scratch.h"

/* --- graphs --- */

static GenTensor *
drawn (GenGraph *graph, GRand *random, const GenShape *shape)
{
  const gint64 n = gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float)g_rand_double_range (random, -1, 1);
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, (gsize)n * sizeof *values));
}

/* A node of one result, of that opset. */
static GenNode *
add (GenGraph *graph, const char *op, int opset, GenTensor *const *inputs, int n)
{
  GenTensor *made = gen_graph_add_value (graph, NULL);
  GError *error = NULL;
  GenNode *node = gen_graph_add_node (graph, op, NULL, op, opset, inputs, n, &made, 1, &error);

  g_assert_no_error (error);
  return node;
}

static GenNode *
follow (GenGraph *graph, const char *op, int opset, const GenNode *before)
{
  GenTensor *x = gen_node_output (before, 0);

  return add (graph, op, opset, &x, 1);
}

static void
end (GenGraph *graph, const GenNode *last)
{
  gen_node_output (last, 0)->type = GEN_TYPE_FLOAT32;
  gen_graph_add_output (graph, gen_node_output (last, 0));
}

static void
set (GenNode *node, const char *name, gint64 a, gint64 b)
{
  gen_node_set_ints (node, name, (gint64[]){ a, b }, 2);
}

/* All that became an input since opset 9, one behind the other. */
static GenGraph *
new_old (void)
{
  GenGraph *graph = gen_graph_new ("old");
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, 6, 6));
  GenNode *node = add (graph, "Pad", 9, &x, 1);
  const float scales[] = { 1, 1, 2, 2 };

  gen_node_set_ints (node, "pads", (gint64[]){ 0, 0, 1, 0, 0, 0, 0, 2 }, 8);
  gen_node_set_float (node, "value", 0.25f);
  node = follow (graph, "Slice", 9, node);
  set (node, "axes", 2, 3);
  set (node, "starts", 1, 0);
  set (node, "ends", 6, -1);
  node = follow (graph, "Clip", 9, node);
  gen_node_set_float (node, "min", -0.5f);
  gen_node_set_float (node, "max", 0.75f);
  node = add (graph, "Upsample", 9,
      (GenTensor *[]){
          gen_node_output (node, 0), gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32,
                                         &GEN_SHAPE (4), g_bytes_new (scales, sizeof scales)) },
      2);
  node = follow (graph, "Dropout", 9, node);
  gen_node_set_float (node, "ratio", 0.3f);
  node = follow (graph, "ReduceMean", 9, node);
  gen_node_set_ints (node, "axes", (gint64[]){ 3 }, 1);
  node = follow (graph, "Squeeze", 9, node);
  gen_node_set_ints (node, "axes", (gint64[]){ 3 }, 1);
  node = follow (graph, "Unsqueeze", 9, node);
  set (node, "axes", 0, 4);
  node = follow (graph, "ReduceSum", 9, node);
  gen_node_set_ints (node, "axes", (gint64[]){ 1, 4 }, 2);
  gen_node_set_int (node, "keepdims", 0);
  node = follow (graph, "Softmax", 9, node);
  gen_node_set_int (node, "axis", 2);
  end (graph, node);
  return graph;
}

/* Operators that came late. */
static GenGraph *
new_new (void)
{
  GenGraph *graph = gen_graph_new ("new");
  g_autoptr (GRand) random = g_rand_new_with_seed (2);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, 6));
  GenNode *node = add (graph, "Gelu", 20, &x, 1);

  node = follow (graph, "Gelu", 20, node);
  gen_node_set_string (node, "approximate", "tanh");
  node = follow (graph, "Mish", 20, node);
  node = follow (graph, "HardSwish", 20, node);
  node = add (graph, "LayerNormalization", 20,
      (GenTensor *[]){ gen_node_output (node, 0), drawn (graph, random, &GEN_SHAPE (3, 6)),
          drawn (graph, random, &GEN_SHAPE (3, 6)) },
      3);
  gen_node_set_int (node, "axis", 1);
  end (graph, node);
  return graph;
}

/* --- running --- */

static GArray *
play (const GenGraph *graph)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (graph);
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  GArray *made = g_array_new (FALSE, FALSE, sizeof (float));
  GError *error = NULL;

  gen_graph_set_free_dimensions (copy, NULL, 2);
  plan = gen_plan_new (copy, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < gen_plan_input (plan, 0)->size / sizeof (float); i++)
    ((float *)gen_plan_input (plan, 0)->data)[i] = (float)g_rand_double_range (random, -2, 2);
  gen_plan_run (plan, &error);
  g_assert_no_error (error);
  g_array_append_vals (made, gen_plan_output (plan, 0)->data,
      (guint)(gen_plan_output (plan, 0)->size / sizeof (float)));
  return made;
}

static void
assert_same (const GArray *a, const GArray *b)
{
  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++)
    g_assert_cmpfloat_with_epsilon (g_array_index (a, float, i), g_array_index (b, float, i), 2e-6);
}

static gboolean
bring (GenGraph *graph, int opset, GError **error)
{
  g_autoptr (GenGraph) shaped = gen_graph_copy (graph);

  gen_graph_infer (shaped, error);
  g_assert_no_error (*error);
  return gen_graph_set_opset (graph, shaped, opset, error);
}

static void
assert_speaks (const GenGraph *graph, int opset)
{
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;

  for (guint i = 0; i < graph->nodes->len; i++)
    g_assert_cmpint (((const GenNode *)graph->nodes->pdata[i])->opset, ==, opset);
  bytes = gen_onnx_serialize (graph, &error);
  g_assert_no_error (error);
}

static void
test_opsets (void)
{
  const int opsets[] = { 11, 13, 17, 18, 21, 26, 18, 12, 11 };
  g_autoptr (GenGraph) graph = new_old ();
  g_autoptr (GArray) wanted = play (graph);
  GError *error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (opsets); i++) {
    g_autoptr (GArray) made = NULL;

    g_assert_true (bring (graph, opsets[i], &error));
    g_assert_no_error (error);
    assert_speaks (graph, opsets[i]);
    made = play (graph);
    assert_same (wanted, made);
  }
}

static void
test_newcomers (void)
{
  const int opsets[] = { 19, 17, 16, 12 };
  g_autoptr (GenGraph) graph = new_new ();
  g_autoptr (GArray) wanted = play (graph);
  GError *error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (opsets); i++) {
    g_autoptr (GArray) made = NULL;

    g_assert_true (bring (graph, opsets[i], &error));
    g_assert_no_error (error);
    assert_speaks (graph, opsets[i]);
    made = play (graph);
    assert_same (wanted, made);
  }
}

static void
assert_refused (GenGraph *graph, int opset, GenConvertError code, const char *said)
{
  GError *error = NULL;

  g_assert_false (bring (graph, opset, &error));
  g_assert_error (error, GEN_CONVERT_ERROR, (int)code);
  g_assert_nonnull (strstr (error->message, said));
  g_clear_error (&error);
}

static void
test_refused (void)
{
  g_autoptr (GenGraph) graph = new_new (), softmax = gen_graph_new ("softmax"),
                       late = gen_graph_new ("late");
  GenTensor *x = gen_graph_add_input (softmax, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, 4));
  GenNode *node = add (softmax, "Softmax", 13, &x, 1);

  assert_refused (graph, 8, GEN_CONVERT_ERROR_SETTING, "from 11 to");
  assert_refused (graph, 99, GEN_CONVERT_ERROR_SETTING, "opset 99");
  gen_node_set_int (node, "axis", 1);
  end (softmax, node);
  assert_refused (softmax, 12, GEN_CONVERT_ERROR_MODEL, "axis 1");
  x = gen_graph_add_input (late, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3));
  end (late, add (late, "Trilu", 14, &x, 1));
  assert_refused (late, 13, GEN_CONVERT_ERROR_MODEL, "node 'Trilu'");
}

/* An attribute that came later goes where it says nothing, and matters else. */
static void
test_attributes (void)
{
  const gint64 shapes[2][2] = { { -1, 3 }, { 0, 3 } };

  for (int i = 0; i < 2; i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("attributes");
    GenTensor *x =
        gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (i == 0 ? 2 : 0, 3));
    GenNode *node =
        add (graph, "Reshape", 17, (GenTensor *[]){ x, gen_graph_ints (graph, shapes[i], 2) }, 2);
    GError *error = NULL;

    gen_node_set_int (node, "allowzero", 1);
    end (graph, node);
    if (i == 1) {
      assert_refused (graph, 13, GEN_CONVERT_ERROR_MODEL, "'allowzero' came with opset 14");
      continue;
    }
    g_assert_true (bring (graph, 13, &error));
    g_assert_no_error (error);
    g_assert_null (gen_node_attribute (node, "allowzero"));
  }
}

/* --- ends --- */

static void
test_turned (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("turned");
  g_autoptr (GRand) random = g_rand_new_with_seed (4);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 5)), *y;
  g_autoptr (GArray) wanted = NULL, back = NULL;
  GError *error = NULL;

  y = gen_binary (graph, "Conv", x, drawn (graph, random, &GEN_SHAPE (2, 3, 1, 1)), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  wanted = play (graph);
  g_assert_true (gen_graph_turn_port (graph, x, TRUE, &error));
  g_assert_true (gen_graph_turn_port (graph, y, TRUE, &error));
  x = graph->inputs->pdata[0];
  y = graph->outputs->pdata[0];
  g_assert_cmpstr (x->name, ==, "x");
  g_assert_true (gen_shape_equal (&x->shape, &GEN_SHAPE (1, 4, 5, 3)));
  g_assert_true (gen_shape_equal (&y->shape, &GEN_SHAPE (1, 4, 5, 2)));
  g_assert_true (gen_graph_turn_port (graph, x, FALSE, &error));
  g_assert_true (gen_graph_turn_port (graph, y, FALSE, &error));
  back = play (graph);
  assert_same (wanted, back);

  x = gen_graph_add_input (graph, "flat", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3));
  g_assert_false (gen_graph_turn_port (graph, x, TRUE, &error));
  g_assert_error (error, GEN_CONVERT_ERROR, GEN_CONVERT_ERROR_SETTING);
  g_clear_error (&error);
}

/* --- types --- */

static void
test_widened (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("narrow");
  const guint16 one_and_half[] = { 0x3e00, 0xb800 }; /* 1.5 and -0.5 */
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT16, &GEN_SHAPE (1, 2)), *y;
  g_autoptr (GArray) made = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  GenNode *node = add (graph, "Cast", 13, &x, 1);

  gen_node_set_int (node, "to", GEN_TYPE_FLOAT32);
  node = follow (graph, "Relu", 13, node);
  node = follow (graph, "Cast", 13, node);
  gen_node_set_int (node, "to", GEN_TYPE_FLOAT16);
  y = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT16, &GEN_SHAPE (2),
      g_bytes_new (one_and_half, sizeof one_and_half));
  node = add (graph, "Mul", 13, (GenTensor *[]){ gen_node_output (node, 0), y }, 2);
  gen_node_output (node, 0)->type = GEN_TYPE_FLOAT16;
  gen_graph_add_output (graph, gen_node_output (node, 0));
  g_assert_cmpuint (gen_graph_widen_floats (graph), >=, 3);
  g_assert_cmpuint (graph->nodes->len, ==, 2);
  g_assert_cmpint (x->type, ==, GEN_TYPE_FLOAT32);
  made = play (graph);
  for (int i = 0; i < 2; i++) {
    const float drawn_number = (float)g_rand_double_range (random, -2, 2);

    g_assert_cmpfloat_with_epsilon (
        g_array_index (made, float, i), MAX (drawn_number, 0) * (i == 0 ? 1.5f : -0.5f), 1e-6);
  }
}

/* --- batches --- */

static GenGraph *
new_of_one (gint64 last)
{
  GenGraph *graph = gen_graph_new ("one");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 4, 3));
  GenNode *node = add (graph, "Reshape", 17,
      (GenTensor *[]){ x, gen_graph_ints (graph, (gint64[]){ 1, 12 / last, last }, 3) }, 2);

  end (graph, follow (graph, "Relu", 17, node));
  gen_node_output (graph->nodes->pdata[1], 0)->shape = GEN_SHAPE (1, 12 / last, last);
  return graph;
}

static void
test_freed (void)
{
  g_autoptr (GenGraph) graph = new_of_one (6), fixed = gen_graph_new ("fixed");
  GenTensor *x = gen_graph_add_input (fixed, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 4)), *y;
  g_autoptr (GArray) made = NULL;
  GError *error = NULL;
  gint64 batch;

  g_assert_true (gen_graph_free_batch (graph, &batch, &error));
  g_assert_no_error (error);
  g_assert_cmpint (batch, ==, 1);
  g_assert_cmpint (((GenTensor *)graph->inputs->pdata[0])->shape.dims[0], ==, -1);
  g_assert_cmpint (((GenTensor *)graph->outputs->pdata[0])->shape.dims[0], ==, -1);
  made = play (graph);
  g_assert_cmpuint (made->len, ==, 2 * 12);

  /* A sum over the batch has none. */
  y = gen_graph_op (fixed, "ReduceSum", &x, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);
  gen_graph_add_output (fixed, y);
  g_assert_false (gen_graph_free_batch (fixed, &batch, &error));
  g_assert_error (error, GEN_CONVERT_ERROR, GEN_CONVERT_ERROR_MODEL);
  g_clear_error (&error);
}

/* --- weights beside the model --- */

static void
test_apart (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *beside = g_strconcat (path, ".data", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("large"), loaded = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (8);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 30));
  g_autoptr (GArray) wanted = NULL, made = NULL;
  GError *error = NULL;
  GStatBuf status;

  x = gen_binary (graph, "MatMul", x, drawn (graph, random, &GEN_SHAPE (30, 50)), &error);
  x = gen_binary (graph, "MatMul", x, drawn (graph, random, &GEN_SHAPE (50, 20)), &error);
  x = gen_binary (graph, "Add", x, drawn (graph, random, &GEN_SHAPE (20)), &error);
  gen_graph_add_output (graph, x);
  wanted = play (graph);
  g_assert_true (gen_onnx_save_apart (graph, path, &error));
  g_assert_no_error (error);
  /* The second one begins at a page; the bias is in the model. */
  g_assert_cmpint (g_stat (beside, &status), ==, 0);
  g_assert_cmpint (status.st_size, ==, 8192 + 50 * 20 * 4);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_size, <, 1024);
  loaded = gen_onnx_load (path, &error);
  g_assert_no_error (error);
  made = play (loaded);
  assert_same (wanted, made);

  g_free (path);
  path = g_build_filename (folder, "nowhere", "model.onnx", NULL);
  g_assert_false (gen_onnx_save_apart (graph, path, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_FILE);
  g_clear_error (&error);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/convert/opsets", test_opsets);
  g_test_add_func ("/convert/newcomers", test_newcomers);
  g_test_add_func ("/convert/refused", test_refused);
  g_test_add_func ("/convert/attributes", test_attributes);
  g_test_add_func ("/convert/turned", test_turned);
  g_test_add_func ("/convert/widened", test_widened);
  g_test_add_func ("/convert/freed", test_freed);
  g_test_add_func ("/convert/apart", test_apart);
  return g_test_run ();
}
