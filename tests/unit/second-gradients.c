/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gradients of gradients: a graph that holds the first gradient of an operator, against central
 * differences. */
#include <generative/operator.h>
#include <generative/plan.h>

#include <math.h>
#include <string.h>

/* An operator on `x`; its parameters are inputs, too. */
typedef struct {
  const char *op;
  GenShape x;
  GenTensor *(*apply) (GenGraph *graph, GenTensor *x, GError **error);
} Case;

static GenTensor *
input (GenGraph *graph, const char *name, GenShape shape)
{
  return gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, &shape);
}

static GenTensor *
average_pool (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_graph_op (graph, "AveragePool", &x, 1, 1, error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ 3, 2 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 1 }, "pads", GEN_INTS, 4,
      (gint64[]){ 1, 0, 1, 1 }, "count_include_pad", GEN_INT, 1, NULL);
}

static GenTensor *
global_average_pool (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_unary (graph, "GlobalAveragePool", x, error);
}

static GenTensor *
max_pool (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_graph_op (graph, "MaxPool", &x, 1, 1, error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ 3, 2 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 1 }, "pads", GEN_INTS, 4,
      (gint64[]){ 1, 0, 1, 1 }, NULL);
}

static GenTensor *
global_max_pool (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_unary (graph, "GlobalMaxPool", x, error);
}

static GenTensor *
resize_to (GenGraph *graph, GenTensor *x, const char *mode, GError **error)
{
  GenTensor *sizes = gen_graph_ints (graph, (gint64[]){ x->shape.dims[0], 2, 7, 3 }, 4);

  return gen_graph_op (graph, "Resize", (GenTensor *[]){ x, NULL, NULL, sizes }, 4, 1, error,
      "mode", GEN_STRING, mode, "antialias", GEN_INT, strcmp (mode, "linear") == 0, NULL);
}

static GenTensor *
resize_linear (GenGraph *graph, GenTensor *x, GError **error)
{
  return resize_to (graph, x, "linear", error);
}

static GenTensor *
resize_cubic (GenGraph *graph, GenTensor *x, GError **error)
{
  return resize_to (graph, x, "cubic", error);
}

/* Doubled as generators do it. */
static GenTensor *
resize_nearest (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *scales = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (4),
      g_bytes_new ((float[]){ 1, 1, 2, 2 }, 4 * sizeof (float)));

  return gen_graph_op (graph, "Resize", (GenTensor *[]){ x, NULL, scales }, 3, 1, error, "mode",
      GEN_STRING, "nearest", "coordinate_transformation_mode", GEN_STRING, "asymmetric", NULL);
}

static GenTensor *
group_normalization (GenGraph *graph, GenTensor *x, GError **error)
{
  const GenShape channels = GEN_SHAPE (x->shape.dims[1]);
  GenTensor *inputs[] = { x, input (graph, "scale", channels), input (graph, "bias", channels) };

  return gen_graph_op (graph, "GroupNormalization", inputs, 3, 1, error, "num_groups", GEN_INT, 2,
      "epsilon", GEN_FLOAT, 0.1, NULL);
}

static GenTensor *
instance_normalization (GenGraph *graph, GenTensor *x, GError **error)
{
  const GenShape channels = GEN_SHAPE (x->shape.dims[1]);
  GenTensor *inputs[] = { x, input (graph, "scale", channels), input (graph, "bias", channels) };

  return gen_graph_op (
      graph, "InstanceNormalization", inputs, 3, 1, error, "epsilon", GEN_FLOAT, 0.1, NULL);
}

static GenTensor *
layer_normalization (GenGraph *graph, GenTensor *x, GError **error)
{
  const GenShape row = GEN_SHAPE (x->shape.dims[2], x->shape.dims[3]);
  GenTensor *inputs[] = { x, input (graph, "scale", row), input (graph, "bias", row) };

  return gen_graph_op (graph, "LayerNormalization", inputs, 3, 1, error, "axis", GEN_INT, 2,
      "epsilon", GEN_FLOAT, 0.1, NULL);
}

static GenTensor *
rms_normalization (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *inputs[] = { x, input (graph, "scale", GEN_SHAPE (x->shape.dims[3])) };

  return gen_graph_op (
      graph, "RMSNormalization", inputs, 2, 1, error, "epsilon", GEN_FLOAT, 0.1, NULL);
}

static GenTensor *
batch_normalization_of (GenGraph *graph, GenTensor *x, gboolean training, GError **error)
{
  const GenShape channels = GEN_SHAPE (x->shape.dims[1]);
  GenTensor *inputs[] = { x, input (graph, "scale", channels), input (graph, "bias", channels),
    gen_graph_full (graph, &channels, 0.5), gen_graph_full (graph, &channels, 2) };

  return gen_graph_op (graph, "BatchNormalization", inputs, 5, training ? 3 : 1, error,
      "training_mode", GEN_INT, training, "epsilon", GEN_FLOAT, 0.1, NULL);
}

static GenTensor *
batch_normalization (GenGraph *graph, GenTensor *x, GError **error)
{
  return batch_normalization_of (graph, x, TRUE, error);
}

static GenTensor *
given_normalization (GenGraph *graph, GenTensor *x, GError **error)
{
  return batch_normalization_of (graph, x, FALSE, error);
}

/* A grid between pixels, where slopes are smooth. */
static GenTensor *
grid_of (GenGraph *graph, gint64 batch)
{
  const GenShape shape = GEN_SHAPE (batch, 2, 3, 2);
  const gint64 n = gen_shape_elements (&shape);
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = -0.8f + 0.13f * (float)(i % 12);
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &shape, g_bytes_new_take (values, (gsize)n * sizeof (float)));
}

static GenTensor *
grid_sample (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (graph, "GridSample", x, grid_of (graph, x->shape.dims[0]), error);
}

/* The grid moves with an input, whose own first gradient is not asked for. */
static GenTensor *
grid_sample_moved (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *moved = gen_binary (
      graph, "Mul", input (graph, "moved", GEN_SHAPE_SCALAR), gen_graph_float (graph, 0.02), error);

  moved = gen_binary (graph, "Add", grid_of (graph, x->shape.dims[0]), moved, error);
  return gen_binary (graph, "GridSample", x, moved, error);
}

static const Case cases[] = {
  { "average-pool", GEN_SHAPE (2, 2, 5, 4), average_pool },
  { "global-average-pool", GEN_SHAPE (2, 2, 3, 2), global_average_pool },
  { "max-pool", GEN_SHAPE (2, 2, 5, 4), max_pool },
  { "global-max-pool", GEN_SHAPE (2, 2, 3, 2), global_max_pool },
  { "resize-linear", GEN_SHAPE (1, 2, 4, 5), resize_linear },
  { "resize-cubic", GEN_SHAPE (1, 2, 4, 5), resize_cubic },
  { "resize-nearest", GEN_SHAPE (1, 2, 2, 3), resize_nearest },
  { "grid-sample", GEN_SHAPE (2, 2, 4, 4), grid_sample },
  { "grid-sample-moved", GEN_SHAPE (1, 2, 4, 4), grid_sample_moved },
  { "group-normalization", GEN_SHAPE (2, 4, 2, 3), group_normalization },
  { "instance-normalization", GEN_SHAPE (2, 2, 2, 3), instance_normalization },
  { "layer-normalization", GEN_SHAPE (2, 2, 2, 3), layer_normalization },
  { "rms-normalization", GEN_SHAPE (2, 1, 2, 4), rms_normalization },
  { "batch-normalization", GEN_SHAPE (3, 2, 2, 2), batch_normalization },
  { "given-normalization", GEN_SHAPE (3, 2, 2, 2), given_normalization },
};

/* The gradients of sum (y * tanh (y) * dy), which is not linear in y, of all inputs but those
 * that are called `moved`. */
static GenGraph *
build (const Case *c, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new (c->op);
  GenTensor *x = input (graph, "x", c->x), *y = c->apply (graph, x, error), *wrt[4], *found[4];
  guint n = 0;

  if (y == NULL)
    return NULL;
  y = gen_binary (graph, "Mul", y, gen_unary (graph, "Tanh", y, error), error);
  y = gen_binary (graph, "Mul", y, input (graph, "dy", y->shape), error);
  for (guint i = 0; i < graph->inputs->len; i++)
    if (strcmp (((GenTensor *)graph->inputs->pdata[i])->name, "moved") != 0)
      wrt[n++] = graph->inputs->pdata[i];
  y = gen_graph_op (graph, "ReduceSum", &y, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  if (y == NULL || !gen_graph_gradients (graph, y, wrt, (int)n, found, error))
    return NULL;
  for (guint i = 0; i < n; i++)
    gen_graph_add_output (graph, found[i]);
  return g_steal_pointer (&graph);
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = build (c, &error);
  double worst;

  g_assert_no_error (error);
  worst = gen_graph_check_gradients (graph, 6, &error);
  g_assert_no_error (error);
  g_test_message ("%s: %g", c->op, worst);
  g_assert_cmpfloat (worst, >=, 0);
  g_assert_cmpfloat (worst, <, 2e-2);
}

/* Of a grid there is a first gradient and no second; the error says where. */
static void
test_refused (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("grid");
  GenTensor *x = input (graph, "x", GEN_SHAPE (1, 1, 4, 4));
  GenTensor *grid = input (graph, "grid", GEN_SHAPE (1, 2, 2, 2)), *gradient;
  GenTensor *y = gen_binary (graph, "GridSample", x, grid, &error);

  y = gen_graph_op (graph, "ReduceSum", &y, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);
  g_assert_true (gen_graph_gradients (graph, y, &grid, 1, &gradient, &error));
  gradient = gen_graph_op (
      graph, "ReduceSumSquare", &gradient, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);
  g_assert_no_error (error);
  g_assert_false (gen_graph_gradients (graph, gradient, &x, 1, &gradient, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT);
  g_assert_nonnull (strstr (error->message, "the gradient of a grid has none itself"));
}

/* scale * sin (step * i + first) */
static GenTensor *
wave (GenGraph *graph, GenShape shape, double scale, double step, double first)
{
  const gint64 n = gen_shape_elements (&shape);
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float)(scale * sin (step * (double)i + first));
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &shape, g_bytes_new_take (values, (gsize)n * sizeof (float)));
}

static GenTensor *
line (GenGraph *graph, double first, double step)
{
  float values[4];

  for (int i = 0; i < 4; i++)
    values[i] = (float)(first + step * i);
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (4), g_bytes_new (values, sizeof values));
}

/* A small discriminator's scores of two pictures; `wrt` becomes its kernel, the scale of its
 * normalisation and its last weights. */
static GenTensor *
score (GenGraph *graph, GenTensor *x, GenTensor *wrt[3], GError **error)
{
  const gint64 two[] = { 2, 2 };
  GenTensor *y;

  wrt[0] = wave (graph, GEN_SHAPE (4, 2, 3, 3), 0.3, 1.3, 0.5);
  wrt[1] = line (graph, 1, 0.1);
  wrt[2] = line (graph, 1, -0.4);
  y = gen_binary (graph, "Conv", x, wrt[0], error);
  y = gen_graph_op (graph, "GroupNormalization", (GenTensor *[]){ y, wrt[1], line (graph, 0, 0.1) },
      3, 1, error, "num_groups", GEN_INT, 2, NULL);
  y = gen_graph_op (graph, "LeakyRelu", &y, 1, 1, error, "alpha", GEN_FLOAT, 0.2, NULL);
  y = gen_graph_op (graph, "AveragePool", &y, 1, 1, error, "kernel_shape", GEN_INTS, 2, two,
      "strides", GEN_INTS, 2, two, NULL);
  y = gen_graph_op (graph, "MaxPool", &y, 1, 1, error, "kernel_shape", GEN_INTS, 2, two, NULL);
  y = gen_unary (graph, "Flatten", y, error);
  return gen_binary (graph, "Mul", y, wrt[2], error);
}

/* Half the square of the gradient on pictures, and its gradients, as
 * torch.autograd.grad (create_graph=True) has them. */
static void
test_torch (void)
{
  static const float expected[3][4] = {
    { 0.0130231, 0.0184759, -0.0126052, -0.0008057 },
    { 0.0623811, 0.0047805, 0.0053127, 0.0045765 },
    { 0.0623811, 0.0087643, 0.0318763, -0.0297471 },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("penalty");
  g_autoptr (GenPlan) plan = NULL;
  GenTensor *x = wave (graph, GEN_SHAPE (2, 2, 6, 6), 1, 0.7, 0), *wrt[3], *found[3];
  GenTensor *y = score (graph, x, wrt, &error);

  y = gen_graph_op (graph, "ReduceSum", &y, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);
  g_assert_true (gen_graph_gradients (graph, y, &x, 1, &y, &error));
  y = gen_graph_op (graph, "ReduceSumSquare", &y, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);
  y = gen_binary (graph, "Mul", y, gen_graph_float (graph, 0.5), &error);
  g_assert_true (gen_graph_gradients (graph, y, wrt, 3, found, &error));
  gen_graph_add_output (graph, y);
  for (int i = 0; i < 3; i++)
    gen_graph_add_output (graph, found[i]);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (gen_plan_run (plan, &error));
  g_assert_cmpfloat_with_epsilon (
      *(const float *)gen_plan_output (plan, 0)->data, 0.0399821885, 1e-6);
  for (guint i = 0; i < 3; i++)
    for (guint k = 0; k < 4; k++)
      g_assert_cmpfloat_with_epsilon (
          ((const float *)gen_plan_output (plan, 1 + i)->data)[k], expected[i][k], 1e-6);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/second-gradients/", cases[i].op, NULL);

    g_test_add_data_func (path, &cases[i], test_case);
  }
  g_test_add_func ("/second-gradients/torch", test_torch);
  g_test_add_func ("/second-gradients/refused", test_refused);
  return g_test_run ();
}
