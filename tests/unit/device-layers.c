/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures, reductions and normalisations on a device against the CPU, with extents that cross the
 * borders of blocks, warps and packs. GEN_CUDA_MODULE says which module stands for the device. */
#include "device-compare.h"

#define MAX_INPUTS 5

/* Attributes are up to three: integers, and a list of them. */
typedef struct {
  const char *name, *op;
  GenShape shapes[MAX_INPUTS]; /* ended by an empty one */
  int n_outputs;
  const char *names[2];
  int values[2];
  gint64 axes[4];
  int n_axes;
  gboolean behind_conv; /* input 0 goes through a convolution, so that channels come last */
} Case;

static GenTensor *
convolve (GenGraph *graph, GenTensor *x, GError **error)
{
  return through_conv (graph, x, 0.01f, error);
}

static GenGraph *
build (const Case *test)
{
  GenGraph *graph = gen_graph_new (test->name);
  g_autoptr (GError) error = NULL;
  GenTensor *x[MAX_INPUTS + 1], *y;
  int n = 0;

  for (; n < MAX_INPUTS && test->shapes[n].rank > 0; n++)
    x[n] = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &test->shapes[n]);
  if (test->behind_conv)
    x[0] = convolve (graph, x[0], &error);
  g_assert_no_error (error);
  if (test->n_axes > 0)
    x[n++] = gen_graph_ints (graph, test->axes, test->n_axes);
  y = gen_graph_op (graph, test->op, x, n, test->n_outputs, &error, test->names[0], GEN_INT,
      test->values[0], test->names[0] != NULL ? test->names[1] : NULL, GEN_INT, test->values[1],
      NULL);
  g_assert_no_error (error);
  for (int i = 0; i < test->n_outputs; i++)
    gen_graph_add_output (graph, gen_node_output (y->producer, i));
  return graph;
}

/* Numbers away from zero: a variance and a scale have to be positive. */
static void
fill (const GenPlan *plan)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *input = gen_plan_input (plan, i);
    GenRandom random = gen_random_new (5, "test", i);
    gsize n = input->size / sizeof (float);

    gen_random_uniform (&random, 0, 0, input->data, n);
    for (gsize k = 0; k < n; k++)
      ((float *)input->data)[k] += i == 0 ? 10 : 0.5f;
  }
}

static GenPlan *
plan_new (GenGraph *graph, const GenDevice *device, GenPrecision precision)
{
  return plan_run (
      graph, &(GenPlanOptions){ .threads = 2, .device = device, .precision = precision }, fill);
}

/* `lacking`: the device has no kernel for the operator, and the CPU does it. */
static void
compare (const Case *test, GenPrecision precision, double bound, gboolean lacking)
{
  g_autoptr (GenGraph) graph = build (test);
  g_autoptr (GenPlan) cpu = plan_new (graph, NULL, GEN_PRECISION_FLOAT32);
  g_autoptr (GenPlan) device = plan_new (graph, &gen_device_cuda, precision);

  assert_near (test->name, cpu, device, bound);
  if (!lacking)
    assert_on_device (test->name, device);
}

static const Case cases[] = {
  { "sum of rows", "ReduceSum", { GEN_SHAPE (37, 1031) }, 1, .axes = { 1 }, .n_axes = 1 },
  { "mean of all", "ReduceMean", { GEN_SHAPE (3, 50000) }, 1 },
  { "sum of columns", "ReduceSum", { GEN_SHAPE (1031, 37) }, 1, .axes = { 0 }, .n_axes = 1 },
  { "sum of few long columns", "ReduceSum", { GEN_SHAPE (30001, 3) }, 1, .axes = { 0 },
      .n_axes = 1 },
  { "sum over pixels and items", "ReduceSum", { GEN_SHAPE (5, 21, 17, 13) }, 1, .axes = { 0, 2, 3 },
      .n_axes = 3 },
  { "the same, channels last", "ReduceSum", { GEN_SHAPE (5, 21, 17, 13) }, 1, .axes = { 0, 2, 3 },
      .n_axes = 3, .behind_conv = TRUE },
  { "argument of rows", "ArgMax", { GEN_SHAPE (19, 1500) }, 1, { "axis" }, { 1 } },
  { "argument of columns", "ArgMin", { GEN_SHAPE (5, 70, 43) }, 1, { "axis" }, { 1 } },
  { "softmax of short rows", "Softmax", { GEN_SHAPE (67, 45) }, 1 },
  { "softmax of long rows", "Softmax", { GEN_SHAPE (5, 3001) }, 1 },
  { "softmax of channels", "LogSoftmax", { GEN_SHAPE (2, 19, 9, 31) }, 1, { "axis" }, { 1 } },
  { "layer", "LayerNormalization", { GEN_SHAPE (67, 193), GEN_SHAPE (193), GEN_SHAPE (193) }, 3 },
  { "layer of long rows", "LayerNormalization",
      { GEN_SHAPE (7, 2050), GEN_SHAPE (2050), GEN_SHAPE (2050) }, 1 },
  { "group", "GroupNormalization", { GEN_SHAPE (3, 48, 13, 17), GEN_SHAPE (48), GEN_SHAPE (48) }, 1,
      { "num_groups" }, { 6 } },
  { "group, channels last", "GroupNormalization",
      { GEN_SHAPE (3, 48, 13, 17), GEN_SHAPE (48), GEN_SHAPE (48) }, 1, { "num_groups" }, { 6 },
      .behind_conv = TRUE },
  { "instance of large planes", "InstanceNormalization",
      { GEN_SHAPE (2, 3, 90, 101), GEN_SHAPE (3), GEN_SHAPE (3) }, 1 },
  { "instance, channels last", "InstanceNormalization",
      { GEN_SHAPE (2, 36, 40, 41), GEN_SHAPE (36), GEN_SHAPE (36) }, 1, .behind_conv = TRUE },
  { "batch", "BatchNormalization",
      { GEN_SHAPE (3, 35, 9, 11), GEN_SHAPE (35), GEN_SHAPE (35), GEN_SHAPE (35), GEN_SHAPE (35) },
      1 },
  { "batch in training", "BatchNormalization",
      { GEN_SHAPE (3, 35, 9, 11), GEN_SHAPE (35), GEN_SHAPE (35), GEN_SHAPE (35), GEN_SHAPE (35) },
      3, { "training_mode" }, { 1 } },
  { "batch in training, channels last", "BatchNormalization",
      { GEN_SHAPE (3, 36, 33, 35), GEN_SHAPE (36), GEN_SHAPE (36), GEN_SHAPE (36), GEN_SHAPE (36) },
      3, { "training_mode" }, { 1 }, .behind_conv = TRUE },
  { "gradient of batch", "BatchNormalizationGradient",
      { GEN_SHAPE (3, 35, 29, 31), GEN_SHAPE (35), GEN_SHAPE (3, 35, 29, 31) }, 3 },
  { "gradient of given statistics", "BatchNormalizationGradient",
      { GEN_SHAPE (3, 35, 9, 11), GEN_SHAPE (35), GEN_SHAPE (3, 35, 9, 11), GEN_SHAPE (35),
          GEN_SHAPE (35) },
      3 },
  { "gradient of group", "GroupNormalizationGradient",
      { GEN_SHAPE (3, 80, 9, 11), GEN_SHAPE (80), GEN_SHAPE (3, 80, 9, 11) }, 3, { "num_groups" },
      { 2 } },
  { "gradient of group, channels last", "GroupNormalizationGradient",
      { GEN_SHAPE (3, 48, 9, 11), GEN_SHAPE (48), GEN_SHAPE (3, 48, 9, 11) }, 3, { "num_groups" },
      { 6 }, .behind_conv = TRUE },
  { "gradient of layer", "LayerNormalizationGradient",
      { GEN_SHAPE (301, 67), GEN_SHAPE (67), GEN_SHAPE (301, 67) }, 3 },
  { "gradient of layer of long rows", "LayerNormalizationGradient",
      { GEN_SHAPE (9, 1500), GEN_SHAPE (1500), GEN_SHAPE (9, 1500) }, 3, { "centred" }, { 0 } },
};

static void
test_float32 (gconstpointer data)
{
  compare (data, GEN_PRECISION_FLOAT32, 1e-4, FALSE);
}

/* What 16 bits hold of the operand itself, 10 to 11, is lost before anything is computed. */
static void
test_float16 (gconstpointer data)
{
  compare (data, GEN_PRECISION_FLOAT16, 3e-2, FALSE);
}

/* --- pictures --- */

typedef struct {
  const char *name;
  int channels, height, width, pictures, frames;
  gint64 order[4];
  int n_order;
  int planar, columns, stride, bytes;
  gboolean behind_conv, upward;
  gboolean alpha_apart; /* the last channel is an input of its own */
} Pictures;

static const Pictures pictures[] = {
  { "rgb", 3, 16, 20, 2, 2, { 0, 1, 2 }, 3, .behind_conv = TRUE },
  { "planes of numbers", 3, 16, 20, 1, 1, { 0, 1, 2 }, 3 },
  { "bgra", 3, 33, 36, 1, 1, { 2, 1, 0, -1 }, 4, .behind_conv = TRUE },
  { "gaps", 3, 33, 36, 1, 1, { 2, 1, 0 }, 3, .bytes = 4, .behind_conv = TRUE },
  { "odd", 3, 17, 19, 1, 1, { 0, 1, 2 }, 3, .stride = 61, .behind_conv = TRUE },
  { "planes", 3, 16, 20, 1, 1, { 2, 0, 1 }, 3, .planar = 1 },
  { "odd planes", 3, 7, 9, 1, 1, { 2, 0, 1 }, 3, .planar = 1, .behind_conv = TRUE },
  { "wall", 3, 8, 12, 3, 1, { 0, 1, 2 }, 3, .columns = 2 },
  { "grey", 1, 16, 20, 2, 1, { 0 }, 1, .columns = 2 },
  { "upward", 3, 16, 20, 2, 2, { 2, 1, 0 }, 3, .stride = 64, .upward = TRUE },
  { "planes upward", 3, 7, 9, 1, 1, { 2, 0, 1 }, 3, .planar = 1, .upward = TRUE },
  { "alpha apart", 4, 16, 20, 2, 2, { 2, 1, 0, 3 }, 4, .behind_conv = TRUE, .alpha_apart = TRUE },
  { "odd, alpha apart", 4, 17, 19, 1, 1, { 0, 1, 2, 3 }, 4, .alpha_apart = TRUE },
};

static int
planes_of (const Pictures *p)
{
  return p->planar ? p->n_order : 1;
}

/* The first plane; the others are outputs of the same node. */
static GenTensor *
pack (GenGraph *graph, const Pictures *p, GError **error)
{
  GenTensor *x = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32,
      &GEN_SHAPE (p->pictures, p->channels - p->alpha_apart, p->height, p->width));
  GenTensor *alpha = !p->alpha_apart ? NULL
                                     : gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32,
                                           &GEN_SHAPE (p->pictures, 1, p->height, p->width));

  if (p->behind_conv)
    x = convolve (graph, x, error);
  x = gen_unary (
      graph, "Tanh", gen_binary (graph, "Sub", x, gen_graph_float (graph, 10.3f), error), error);
  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "PackPicture", (GenTensor *[]){ x, NULL, alpha },
      alpha != NULL ? 3 : 1, p->frames * planes_of (p), error, "range_min", GEN_FLOAT, -1.0,
      "range_max", GEN_FLOAT, 1.0, "planar", GEN_INT, p->planar, "columns", GEN_INT,
      MAX (p->columns, 1), "stride", GEN_INT, p->stride, "upward", GEN_INT, (int)p->upward, "bytes",
      GEN_INT,
      p->bytes != 0 ? p->bytes
      : p->planar   ? 1
                    : p->n_order,
      "order", GEN_INTS, p->n_order, p->order, NULL);
}

/* The bytes that UnpackPicture makes numbers of, which a convolution may want channels-last. */
static GenTensor *
unpack (GenGraph *graph, const Pictures *p, GenTensor *frame, GError **error)
{
  GenTensor *planes[4];
  gint64 order[4];

  for (int c = 0; c < p->channels; c++)
    for (int k = 0; k < p->n_order; k++)
      if (p->order[k] == c)
        order[c] = k;
  for (int i = 0; i < planes_of (p); i++)
    planes[i] = gen_node_output (frame->producer, i);
  frame = gen_graph_op (graph, "UnpackPicture", planes, planes_of (p), 1, error, "channels",
      GEN_INT, p->channels, "height", GEN_INT, p->height, "width", GEN_INT, p->width, "planar",
      GEN_INT, p->planar, "columns", GEN_INT, MAX (p->columns, 1), "rows", GEN_INT,
      p->columns > 1 ? p->pictures / p->columns : 1, "stride", GEN_INT, p->stride, "upward",
      GEN_INT, (int)p->upward, "bytes", GEN_INT,
      p->bytes != 0 ? p->bytes
      : p->planar   ? 1
                    : p->n_order,
      "order", GEN_INTS, p->channels, order, NULL);
  return frame != NULL && p->behind_conv ? convolve (graph, frame, error) : frame;
}

static void
check_pictures (const Pictures *p, GenPrecision precision, double most_bytes, double most_numbers)
{
  g_autoptr (GenGraph) graph = gen_graph_new (p->name);
  g_autoptr (GError) error = NULL;
  GenTensor *frame = pack (graph, p, &error), *numbers;
  g_autoptr (GenPlan) cpu = NULL;
  g_autoptr (GenPlan) device = NULL;

  g_assert_no_error (error);
  for (int i = 0; i < p->frames * planes_of (p); i++)
    gen_graph_add_output (graph, gen_node_output (frame->producer, i));
  numbers = unpack (graph, p, frame, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, numbers);
  cpu = plan_new (graph, NULL, GEN_PRECISION_FLOAT32);
  device = plan_new (graph, &gen_device_cuda, precision);
  for (guint i = 0; i < gen_plan_n_outputs (cpu); i++) {
    const GenBinding *a = gen_plan_output (cpu, i), *b = gen_plan_output (device, i);
    gsize row = (gsize)MAX (p->columns, 1) * p->width *
                (p->bytes != 0  ? p->bytes
                    : p->planar ? 1
                                : p->n_order);
    gboolean is_bytes = a->type == GEN_TYPE_UINT8;

    for (gsize k = 0; k < a->size / gen_data_type_size (a->type); k++) {
      /* Bytes that no pixel has are not written. */
      if (is_bytes && ((p->stride != 0 && k % p->stride >= row) ||
                          (p->bytes > p->n_order && (int)(k % p->bytes) >= p->n_order)))
        continue;
      g_assert_cmpfloat (
          fabs (number (a, k) - number (b, k)), <=, is_bytes ? most_bytes : most_numbers);
    }
  }
}

static void
test_pictures (gconstpointer data)
{
  check_pictures (data, GEN_PRECISION_FLOAT32, 1, 1.1 / 255);
  check_pictures (data, GEN_PRECISION_FLOAT16, 4, 6.0 / 255);
}

/* --- without a kernel --- */

/* Operators that are float16 on the device when the CPU has to do them in its place. */
static void
test_lacking (void)
{
  g_setenv ("GEN_EMULATION_LACKS",
      "BatchNormalization,ElementWise,GroupNormalization,LayerNormalization,PackPicture,Softmax,"
      "Sub,"
      "UnpackPicture",
      TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (g_str_equal (cases[i].op, "BatchNormalization") ||
        g_str_equal (cases[i].op, "GroupNormalization") ||
        g_str_equal (cases[i].op, "LayerNormalization") || g_str_equal (cases[i].op, "Softmax"))
      compare (&cases[i], GEN_PRECISION_FLOAT16, 3e-2, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (pictures); i++)
    check_pictures (&pictures[i], GEN_PRECISION_FLOAT16, 4, 6.0 / 255);
  g_unsetenv ("GEN_EMULATION_LACKS");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!has_device ())
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *wide = g_strdup_printf ("/device/layers/float32/%s", cases[i].name);
    g_autofree char *narrow = g_strdup_printf ("/device/layers/float16/%s", cases[i].name);

    g_test_add_data_func (wide, &cases[i], test_float32);
    /* Of numbers that are rounded, another may be the largest. */
    if (!g_str_has_prefix (cases[i].op, "Arg"))
      g_test_add_data_func (narrow, &cases[i], test_float16);
  }
  for (guint i = 0; i < G_N_ELEMENTS (pictures); i++) {
    g_autofree char *name = g_strdup_printf ("/device/pictures/%s", pictures[i].name);

    g_test_add_data_func (name, &pictures[i], test_pictures);
  }
  g_test_add_func ("/device/layers/lacking", test_lacking);
  return g_test_run ();
}
