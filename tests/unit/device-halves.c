/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models of 16-bit floats on a device: no casts are left but those that the model has for a reason,
 * layers are fused as they are in float32, and what the model computes in float32 stays so. */
#include "device-compare.h"

#include "../../lib/device/half.h"

#define CHANNELS 24
#define SIZE 9

static GenTensor *
constant (GenGraph *graph, GenDataType type, const GenShape *shape, float scale, float shift)
{
  gint64 n = gen_shape_elements (shape);
  g_autofree float *values = g_new (float, n);
  guint16 *halves = g_new (guint16, n);
  GenRandom random = gen_random_new (3, "test", (guint64)graph->tensors->len);

  gen_random_uniform (&random, 0, 0, values, n);
  for (gint64 i = 0; i < n; i++)
    values[i] = values[i] * scale + shift;
  gen_half_narrow (type, values, halves, n);
  return gen_graph_add_constant (
      graph, NULL, type, shape, g_bytes_new_take (halves, n * sizeof *halves));
}

static GenTensor *
convolve (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_graph_op (graph, "Conv",
      (GenTensor *[]){ x,
          constant (graph, x->type, &GEN_SHAPE (CHANNELS, CHANNELS, 3, 3), 0.2f, -0.1f),
          constant (graph, x->type, &GEN_SHAPE (CHANNELS), 0.2f, 0) },
      3, 1, error, "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);
}

static GenTensor *
normalise (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *inputs[5] = { x };

  for (int i = 1; i < 5; i++)
    inputs[i] =
        constant (graph, x->type, &GEN_SHAPE (CHANNELS), 1, i == 2 || i == 3 ? -0.5f : 0.5f);
  return gen_graph_op (graph, "BatchNormalization", inputs, 5, 1, error, NULL);
}

/* Convolutions, a residual, normalisation, and what only moves. */
static GenTensor *
build_picture (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *y = gen_unary (graph, "Relu", convolve (graph, x, error), error);

  y = gen_unary (
      graph, "Relu", gen_binary (graph, "Add", convolve (graph, y, error), y, error), error);
  y = gen_unary (graph, "Tanh", normalise (graph, convolve (graph, y, error), error), error);
  y = gen_graph_op (graph, "MaxPool", &y, 1, 1, error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ 2, 2 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 2 }, NULL);
  return gen_graph_op (
      graph, "Transpose", &y, 1, 1, error, "perm", GEN_INTS, 4, (gint64[]){ 0, 2, 3, 1 }, NULL);
}

/* Dense layers, and a softmax. */
static GenTensor *
build_rows (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *w = constant (graph, x->type, &GEN_SHAPE (SIZE, 40), 0.5f, -0.25f), *y;

  y = gen_binary (graph, "Add", gen_binary (graph, "MatMul", x, w, error),
      constant (graph, x->type, &GEN_SHAPE (40), 0.5f, 0), error);
  y = gen_unary (graph, "Sigmoid", y, error);
  y = gen_graph_op (graph, "LayerNormalization",
      (GenTensor *[]){ y, constant (graph, x->type, &GEN_SHAPE (40), 1, 0.5f) }, 2, 1, error, NULL);
  return gen_unary (graph, "Softmax", y, error);
}

/* Squares that 16 bits do not hold, summed in float32 as the model says. */
static GenTensor *
build_exact (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *wide =
      gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  GenTensor *y = gen_binary (graph, "Mul", wide, gen_graph_float (graph, 1000), error);

  y = gen_graph_op (graph, "ReduceMean", (GenTensor *[]){ gen_binary (graph, "Mul", y, y, error) },
      1, 1, error, NULL);
  y = gen_binary (graph, "Div", wide, gen_unary (graph, "Sqrt", y, error), error);
  y = gen_binary (graph, "Mul", y, gen_graph_float (graph, 500), error);
  y = gen_graph_op (graph, "Cast", &y, 1, 1, error, "to", GEN_INT, (int)x->type, NULL);
  return gen_unary (graph, "Relu", y, error);
}

/* A value that is handed out and read again, and one that an operator wants in its 16 bits. */
static GenTensor *
build_handed_out (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *y = convolve (graph, x, error), *sum;

  gen_graph_add_output (graph, y);
  sum = gen_graph_op (graph, "ReduceSum", &y, 1, 1, error, NULL);
  gen_graph_add_output (graph, x);
  return gen_binary (graph, "Mul", gen_unary (graph, "Relu", y, error), sum, error);
}

/* Nothing but casts, from the input to the output. */
static GenTensor *
build_there_and_back (GenGraph *graph, GenTensor *x, GError **error)
{
  const GenDataType type = x->type;

  x = gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  return gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, (int)type, NULL);
}

typedef struct {
  const char *name;
  GenTensor *(*build) (GenGraph *graph, GenTensor *x, GError **error);
  gboolean rows; /* the input is a matrix, no picture */
  int casts;     /* that are left, */
  guint nodes;   /* and nodes in all */
} Case;

static const Case cases[] = {
  { "picture", build_picture, FALSE, 0, 5 },
  { "rows", build_rows, TRUE, 0, 3 },
  { "exact", build_exact, TRUE, 2, 6 },
  { "handed out", build_handed_out, FALSE, 0, 6 },
  { "there and back", build_there_and_back, TRUE, 1, 1 },
};

static void
fill_halves (const GenPlan *plan)
{
  const GenBinding *input = gen_plan_input (plan, 0);
  gsize n = input->size / sizeof (guint16);
  g_autofree float *values = g_new (float, n);
  GenRandom random = gen_random_new (5, "test", 0);

  gen_random_uniform (&random, 0, 0, values, n);
  gen_half_narrow (input->type, values, input->data, n);
}

static void
assert_near_halves (const char *name, const GenPlan *cpu, const GenPlan *device, double bound)
{
  for (guint i = 0; i < gen_plan_n_outputs (cpu); i++) {
    const GenBinding *a = gen_plan_output (cpu, i), *b = gen_plan_output (device, i);
    gsize n = a->size / sizeof (guint16);
    g_autofree float *x = g_new (float, n), *y = g_new (float, n);
    double worst = 0, largest = 1e-6;

    g_assert_cmpint (a->type, ==, b->type);
    gen_half_widen (a->type, a->data, 1, x, n);
    gen_half_widen (b->type, b->data, 1, y, n);
    for (gsize k = 0; k < n; k++) {
      double difference = fabs (x[k] - y[k]);

      worst = difference > worst || isnan (difference) ? difference : worst;
      largest = fmax (largest, fabs (x[k]));
    }
    if (!(worst <= bound * largest))
      g_error ("%s: output %u is %g of %g off", name, i, worst, largest);
  }
}

static void
check_case (const Case *test, GenDataType type, double bound)
{
  g_autoptr (GenGraph) graph = gen_graph_new (test->name);
  GenTensor *x = gen_graph_add_input (
      graph, NULL, type, test->rows ? &GEN_SHAPE (35, SIZE) : &GEN_SHAPE (2, CHANNELS, SIZE, SIZE));
  g_autoptr (GError) error = NULL;
  GenTensor *y = test->build (graph, x, &error);
  int casts = 0;

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  g_autoptr (GenPlan) cpu = plan_run (graph, &(GenPlanOptions){ .threads = 2 }, fill_halves);
  g_autoptr (GenPlan) device =
      plan_run (graph, &(GenPlanOptions){ .threads = 2, .device = &gen_device_cuda }, fill_halves);
  assert_near_halves (test->name, cpu, device, bound);
  assert_on_device (test->name, device);
  g_autoptr (GArray) steps = gen_plan_steps (device);
  for (guint i = 0; i < steps->len; i++) {
    const GenNode *node = g_array_index (steps, GenStepInfo, i).node;

    g_test_message ("%s: %s", test->name, node->op->name);
    casts += strcmp (node->op->name, "Cast") == 0;
  }
  g_assert_cmpint (casts, ==, test->casts);
  g_assert_cmpuint (steps->len, ==, test->nodes);
  /* Bits that are asked for, whatever the model has, in all that it computes. */
  for (GenPrecision precision = GEN_PRECISION_BFLOAT16;
       test->casts == 0 && precision <= GEN_PRECISION_FLOAT16; precision++) {
    const GenPlanOptions options = {
      .threads = 2, .device = &gen_device_cuda, .precision = precision
    };
    g_autoptr (GenPlan) other = plan_run (graph, &options, fill_halves);

    assert_near_halves (test->name, cpu, other, 5e-2);
    assert_on_device (test->name, other);
  }
}

static void
test_float16 (gconstpointer data)
{
  check_case (data, GEN_TYPE_FLOAT16, 4e-3);
}

/* Each layer rounds to 8 bits, and a softmax makes factors of what it reads. */
static void
test_bfloat16 (gconstpointer data)
{
  check_case (data, GEN_TYPE_BFLOAT16, 5e-2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!has_device ())
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *half = g_strdup_printf ("/device/halves/float16/%s", cases[i].name);
    g_autofree char *brain = g_strdup_printf ("/device/halves/bfloat16/%s", cases[i].name);

    g_test_add_data_func (half, &cases[i], test_float16);
    g_test_add_data_func (brain, &cases[i], test_bfloat16);
  }
  return g_test_run ();
}
