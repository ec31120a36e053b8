/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What convolutions take over of the nodes behind them on a device, against the CPU, which takes it
 * over in its own way: bias, sum and activation. */
#include "device-compare.h"

#define SIZE 6

static GenTensor *
constant (GenGraph *graph, GenShape shape, guint64 seed)
{
  gsize n = (gsize)gen_shape_elements (&shape);
  GenRandom random = gen_random_new (seed, "test", n);
  float *numbers = g_new (float, n);

  gen_random_normal (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= 0.1f;
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &shape, g_bytes_new_take (numbers, n * sizeof *numbers));
}

static void
fill (const GenPlan *plan)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *x = gen_plan_input (plan, i);
    GenRandom random = gen_random_new (9, "test", i);

    gen_random_normal (&random, 0, 0, x->data, x->size / sizeof (float));
  }
}

typedef struct {
  const char *name, *op, *activation;
  gboolean has_bias, has_added;
  gint64 stride;
  float slope; /* of PRelu, and more for later channels */
} Tail;

static const Tail tails[] = {
  { "bias-sum-relu", "Conv", "Relu", TRUE, TRUE, 1 },
  { "sum", "Conv", NULL, FALSE, TRUE, 2 },
  { "sum-sigmoid", "Conv", "Sigmoid", TRUE, TRUE, 1 },
  { "prelu", "Conv", "PRelu", TRUE, FALSE, 1, 0.1f },
  { "sum-prelu", "Conv", "PRelu", FALSE, TRUE, 1, -0.3f },
  { "steep-prelu", "Conv", "PRelu", TRUE, TRUE, 1, 0.9f },
  { "transposed", "ConvTranspose", "Relu", TRUE, TRUE, 2 },
};

static GenGraph *
build_tail (const Tail *tail)
{
  const gboolean transposed = strcmp (tail->op, "ConvTranspose") == 0;
  const gint64 out = transposed ? 2 * SIZE : SIZE / tail->stride, kernel = 2 + tail->stride;
  const gint64 strides[] = { tail->stride, tail->stride };
  GenGraph *graph = gen_graph_new (tail->name);
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[3], *y;

  inputs[0] = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 5, SIZE, SIZE));
  inputs[1] = constant (
      graph, transposed ? GEN_SHAPE (5, 7, kernel, kernel) : GEN_SHAPE (7, 5, kernel, kernel), 1);
  inputs[2] = tail->has_bias ? constant (graph, GEN_SHAPE (7), 2) : NULL;
  y = gen_graph_op (graph, tail->op, inputs, tail->has_bias ? 3 : 2, 1, &error, "strides", GEN_INTS,
      2, strides, "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);
  g_assert_no_error (error);
  if (tail->has_added)
    y = gen_binary (graph, "Add", y,
        gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 7, out, out)), &error);
  g_assert_no_error (error);
  if (tail->slope != 0) {
    float *slopes = g_new (float, 7);

    for (int i = 0; i < 7; i++)
      slopes[i] = tail->slope + 0.05f * (float)i;
    y = gen_binary (graph, tail->activation, y,
        gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (7, 1, 1),
            g_bytes_new_take (slopes, 7 * sizeof (float))),
        &error);
  } else if (tail->activation != NULL) {
    y = gen_unary (graph, tail->activation, y, &error);
  }
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static void
test_tail (gconstpointer data)
{
  static const double bounds[] = { [GEN_PRECISION_FLOAT32] = 1e-5,
    [GEN_PRECISION_TF32] = 1e-3,
    [GEN_PRECISION_BFLOAT16] = 2e-2,
    [GEN_PRECISION_FLOAT16] = 3e-3 };
  const Tail *tail = data;
  g_autoptr (GenGraph) graph = build_tail (tail);
  g_autoptr (GenPlan) cpu = plan_run (graph, &(GenPlanOptions){ .threads = 1 }, fill);

  for (int precision = 0; precision < (int)G_N_ELEMENTS (bounds); precision++) {
    const GenPlanOptions options = {
      .device = &gen_device_cuda, .threads = 1, .precision = precision
    };
    g_autoptr (GenPlan) device = plan_run (graph, &options, fill);

    assert_near (tail->name, cpu, device, bounds[precision]);
    assert_on_device (tail->name, device);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!has_device ())
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (tails); i++) {
    g_autofree char *path = g_strconcat ("/device/tails/", tails[i].name, NULL);

    g_test_add_data_func (path, &tails[i], test_tail);
  }
  return g_test_run ();
}
