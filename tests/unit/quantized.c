/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DynamicQuantizeLSTM and GatherBlockQuantized of the domain com.microsoft, against what ONNX
 * Runtime makes of the same numbers; and what they refuse. */
#include <generative/operator.h>
#include <generative/plan.h>

#include <string.h>

static GenTensor *
constant (GenGraph *graph, GenDataType type, GenShape shape, const void *values)
{
  return gen_graph_add_constant (graph, NULL, type, &shape,
      g_bytes_new (values, gen_shape_elements (&shape) * gen_data_type_size (type)));
}

static GenNode *
add_node (GenGraph *graph, const char *op, GenTensor *const *inputs, int n_inputs, int n_outputs)
{
  g_autoptr (GError) error = NULL;
  GenTensor *outputs[3];
  GenNode *node;

  for (int i = 0; i < n_outputs; i++)
    outputs[i] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (
      graph, NULL, "com.microsoft", op, 1, inputs, n_inputs, outputs, n_outputs, &error);
  g_assert_no_error (error);
  for (int i = 0; i < n_outputs; i++)
    gen_graph_add_output (graph, outputs[i]);
  return node;
}

static void
expect (const GenPlan *plan, guint output, const float *expected, gsize n)
{
  const GenBinding *y = gen_plan_output (plan, output);

  g_assert_cmpint (y->type, ==, GEN_TYPE_FLOAT32);
  g_assert_cmpint (gen_shape_elements (&y->shape), ==, n);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (((const float *)y->data)[i], expected[i], 1e-6);
}

/* --- LSTM: 4 steps of one sequence, 3 inputs, 2 hidden --- */

enum { STEPS = 4, INPUTS = 3, HIDDEN = 2, ROWS = 4 * HIDDEN };

static const gint8 w[] = { -14, 42, 126, -57, 91, -92, -39, 73, -64, 43, -10, 3, 113, 81, 86, 13,
  123, 123, -93, -75, -49, 14, 83, -4 };
static const gint8 r[] = { 123, -38, 109, 23, 56, -68, 23, 77, 98, 94, 119, -96, 71, -9, 47, -58 };
static const float b[] = { -0.15f, 0.08f, 0.14f, -0.06f, 0.11f, 0.21f, -0.04f, -0.16f, 0.07f, 0.05f,
  0.22f, -0.26f, -0.13f, -0.17f, -0.35f, 0.03f };
static const float w_scales[] = { 0.003f, 0.008f, 0.0048f, 0.0061f, 0.0023f, 0.0022f, 0.0071f,
  0.0055f };
static const gint8 w_zeros[ROWS] = { 0 };
static const float r_scale[] = { 0.005f };
static const gint8 r_zero[] = { 3 };

static GenNode *
add_lstm (GenGraph *graph, GenTensor *weights)
{
  GenTensor *inputs[] = {
    gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (STEPS, 1, INPUTS)),
    weights,
    constant (graph, GEN_TYPE_INT8, GEN_SHAPE (1, HIDDEN, ROWS), r),
    constant (graph, GEN_TYPE_FLOAT32, GEN_SHAPE (1, 2 * ROWS), b),
    NULL,
    NULL,
    NULL,
    NULL,
    constant (graph, GEN_TYPE_FLOAT32, GEN_SHAPE (1, ROWS), w_scales),
    constant (graph, GEN_TYPE_INT8, GEN_SHAPE (1, ROWS), w_zeros),
    constant (graph, GEN_TYPE_FLOAT32, GEN_SHAPE (1), r_scale),
    constant (graph, GEN_TYPE_INT8, GEN_SHAPE (1), r_zero),
  };
  GenNode *node = add_node (graph, "DynamicQuantizeLSTM", inputs, G_N_ELEMENTS (inputs), 3);

  gen_node_set_int (node, "hidden_size", HIDDEN);
  return node;
}

/* W by columns, R as one; threads must make no difference. */
static void
test_lstm (gconstpointer threads)
{
  static const float x[] = { 0.03f, 1.36f, 1.22f, -0.51f, -0.3f, -0.53f, 0.57f, -0.06f, 0.75f,
    -1.85f, 1.57f, -0.1f };
  static const float y[] = { 0.17945626f, -0.01252834f, -0.05446201f, -0.05762189f, -0.07228566f,
    8.420228e-05f, 0.07408171f, -0.18597107f };
  static const float c[] = { 0.24920312f, -0.32291579f };
  const GenPlanOptions options = { .threads = GPOINTER_TO_INT (threads) };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("lstm");
  g_autoptr (GenPlan) plan = NULL;

  add_lstm (graph, constant (graph, GEN_TYPE_INT8, GEN_SHAPE (1, INPUTS, ROWS), w));
  plan = gen_plan_new (graph, &options, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, x, sizeof x);
  g_assert_true (gen_plan_run (plan, &error));
  expect (plan, 0, y, G_N_ELEMENTS (y));
  expect (plan, 1, y + (STEPS - 1) * HIDDEN, HIDDEN);
  expect (plan, 2, c, G_N_ELEMENTS (c));
}

/* Weights that are computed, or of another type than their zero points. */
static void
test_lstm_refused (void)
{
  for (int i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("lstm");
    GenTensor *weights =
        i == 0 ? gen_graph_add_input (graph, "w", GEN_TYPE_INT8, &GEN_SHAPE (1, INPUTS, ROWS))
               : constant (graph, GEN_TYPE_UINT8, GEN_SHAPE (1, INPUTS, ROWS), w);
    GenPlan *plan;

    add_lstm (graph, weights);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_null (plan);
    g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
    g_assert_nonnull (strstr (error->message, i == 0 ? "input 1 must be" : "input 9 must be"));
  }
}

/* --- rows of two blocks of 16 numbers of 4 bits --- */

static const guint8 data[] = { 5, 79, 238, 81, 79, 22, 198, 44, 127, 6, 5, 214, 2, 119, 109, 32,
  165, 189, 252, 50, 236, 15, 36, 153, 222, 229, 189, 6, 106, 206, 135, 48, 174, 23, 178, 4, 92, 75,
  240, 186, 167, 126, 73, 218, 242, 55, 62, 80 };
static const float scales[] = { 0.33f, 0.98f, 0.95f, 0.41f, 0.49f, 0.38f };
static const guint8 zeros[] = { 255, 191, 224 };

static GenPlan *
gather (GenGraph *graph, gboolean with_zeros, int quantize_axis, GError **error)
{
  GenTensor *inputs[] = {
    constant (graph, GEN_TYPE_UINT8, GEN_SHAPE (3, 16), data),
    gen_graph_add_input (graph, "i", GEN_TYPE_INT64, &GEN_SHAPE (2)),
    constant (graph, GEN_TYPE_FLOAT32, GEN_SHAPE (3, 2), scales),
    constant (graph, GEN_TYPE_UINT8, GEN_SHAPE (3, 1), zeros),
  };
  GenNode *node = add_node (graph, "GatherBlockQuantized", inputs, with_zeros ? 4 : 3, 1);

  gen_node_set_int (node, "block_size", 16);
  gen_node_set_int (node, "quantize_axis", quantize_axis);
  return gen_plan_new (graph, NULL, error);
}

/* (number - zero point) * scale, by plain loops over what was chosen. */
static void
test_gather (gconstpointer with_zeros)
{
  const gint64 indices[] = { 2, -3 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("gather");
  g_autoptr (GenPlan) plan = gather (graph, GPOINTER_TO_INT (with_zeros), 1, &error);
  float expected[64];

  g_assert_no_error (error);
  for (int i = 0; i < 64; i++) {
    int row = i < 32 ? 2 : 0, column = i % 32, block = column / 16;
    int number = data[row * 16 + column / 2] >> column % 2 * 4 & 15;
    int zero = with_zeros ? zeros[row] >> block * 4 & 15 : 8;

    expected[i] = (float)(number - zero) * scales[row * 2 + block];
  }
  /* The first and last of each row by ONNX Runtime. */
  g_assert_cmpfloat_with_epsilon (expected[0], with_zeros ? 6.86 : 2.94, 1e-6);
  g_assert_cmpfloat_with_epsilon (expected[63], with_zeros ? -12.74 : -5.88, 1e-6);
  memcpy (gen_plan_input (plan, 0)->data, indices, sizeof indices);
  g_assert_true (gen_plan_run (plan, &error));
  expect (plan, 0, expected, G_N_ELEMENTS (expected));
}

static void
test_gather_refused (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("gather");

  g_assert_null (gather (graph, FALSE, 0, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "each block"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/quantized/lstm", GINT_TO_POINTER (1), test_lstm);
  g_test_add_data_func ("/quantized/lstm/threads", GINT_TO_POINTER (4), test_lstm);
  g_test_add_func ("/quantized/lstm/refused", test_lstm_refused);
  g_test_add_data_func ("/quantized/gather", GINT_TO_POINTER (FALSE), test_gather);
  g_test_add_data_func ("/quantized/gather/zero-points", GINT_TO_POINTER (TRUE), test_gather);
  g_test_add_func ("/quantized/gather/refused", test_gather_refused);
  return g_test_run ();
}
