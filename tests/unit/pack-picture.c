/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PackPicture and UnpackPicture against plain loops, over every kind of frame; and what
 * GenModel reads from shapes and metadata. */
#include <generative/model.h>
#include <generative/operator.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

typedef struct {
  int channels, height, width, count, columns;
  int n_order, order[4];
  gboolean planar;
  gsize gap;       /* bytes after each row */
  gboolean upward; /* the last row comes first */
} Case;

static const Case cases[] = {
  { 1, 28, 28, 1, 1, 1, { 0 }, FALSE, 0 },
  { 1, 5, 7, 7, 3, 1, { 0 }, FALSE, 3 },
  { 1, 5, 7, 4, 2, 3, { 0, 0, 0 }, FALSE, 1 },
  { 1, 4, 9, 1, 1, 4, { 0, 0, 0, -1 }, FALSE, 0 },
  { 3, 16, 33, 1, 1, 3, { 0, 1, 2 }, FALSE, 0 },
  { 3, 16, 33, 5, 2, 3, { 2, 1, 0 }, FALSE, 5 },
  { 3, 3, 1200, 2, 2, 4, { 0, 1, 2, -1 }, FALSE, 0 },
  { 3, 3, 600, 2, 1, 3, { 2, 1, 0 }, TRUE, 8 },
  { 4, 6, 40, 3, 2, 4, { 0, 1, 2, 3 }, FALSE, 2 },
  { 4, 6, 40, 1, 1, 4, { 2, 1, 0, 3 }, FALSE, 0 },
  { 1, 28, 28, 1, 1, 1, { 0 }, FALSE, 0, TRUE },
  { 3, 16, 33, 5, 2, 3, { 2, 1, 0 }, FALSE, 5, TRUE },
  { 3, 3, 600, 2, 1, 3, { 2, 1, 0 }, TRUE, 8, TRUE },
  { 3, 5, 40, 3, 2, 3, { 0, 1, 2 }, FALSE, 0, TRUE },
};

static const float mean[] = { 0.5f, 0.4f, 0.3f, 0.5f }, std[] = { 0.5f, 0.25f, 0.3f, 0.5f };

static int
bytes_of (const Case *c)
{
  return c->planar ? 1 : c->n_order;
}

static gsize
stride_of (const Case *c)
{
  return (gsize)c->columns * c->width * bytes_of (c) + c->gap;
}

static int
rows_of (const Case *c)
{
  return (c->count + c->columns - 1) / c->columns;
}

static gsize
plane_of (const Case *c)
{
  return stride_of (c) * c->height * rows_of (c);
}

static int
planes_of (const Case *c)
{
  return c->planar ? c->n_order : 1;
}

static GenNode *
add_node (GenGraph *graph, const Case *c, const char *op, GenTensor **inputs, int n_inputs,
    GenTensor **outputs, int n_outputs)
{
  g_autoptr (GError) error = NULL;
  gint64 order[4];
  GenNode *node;

  for (int i = 0; i < n_outputs; i++)
    outputs[i] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (
      graph, NULL, "generative", op, GEN_OPSET, inputs, n_inputs, outputs, n_outputs, &error);
  g_assert_no_error (error);
  for (int i = 0; i < c->n_order; i++)
    order[i] = c->order[i];
  gen_node_set_ints (node, "order", order, c->n_order);
  gen_node_set_int (node, "columns", c->columns);
  gen_node_set_int (node, "planar", c->planar);
  gen_node_set_int (node, "stride", (gint64)stride_of (c));
  gen_node_set_int (node, "upward", c->upward);
  gen_node_set_floats (node, "mean", mean, c->channels);
  gen_node_set_floats (node, "std", std, c->channels);
  return node;
}

/* Where byte k of pixel (y, x) of picture i lies. */
static gsize
place (const Case *c, int i, int y, int x, int k)
{
  int row = i / c->columns * c->height + y;

  if (c->upward)
    row = rows_of (c) * c->height - 1 - row;
  return (c->planar ? k * plane_of (c) : (gsize)k) + (gsize)row * stride_of (c) +
         ((gsize)(i % c->columns) * c->width + x) * bytes_of (c);
}

static guint8
expected_byte (const Case *c, const float *x, int i, int y, int column, int k)
{
  int channel = c->order[k];
  float v;

  if (channel < 0)
    return 255;
  v = x[(((gsize)i * c->channels + channel) * c->height + y) * c->width + column];
  v = (v * std[channel] + mean[channel]) * 255;
  return isnan (v) ? 0 : (guint8)lrintf (CLAMP (v, 0, 255));
}

/* Within one: a half may be rounded either way. */
static void
assert_frame (const Case *c, const float *x, const guint8 *frame)
{
  for (int i = 0; i < c->columns * rows_of (c); i++)
    for (int y = 0; y < c->height; y++)
      for (int column = 0; column < c->width; column++)
        for (int k = 0; k < c->n_order; k++) {
          int want = i < c->count ? expected_byte (c, x, i, y, column, k) : 0;

          g_assert_cmpint (ABS (frame[place (c, i, y, column, k)] - want), <=, i < c->count);
        }
}

/* Frames into which nothing but pictures may be written. */
#define GUARD 0xA5

static void
assert_gaps (const Case *c, const guint8 *frame)
{
  gsize row = stride_of (c) - c->gap;

  for (int p = 0; p < planes_of (c); p++)
    for (int y = 0; y < c->height * rows_of (c); y++)
      for (gsize i = row; i < stride_of (c); i++)
        g_assert_cmpint (frame[p * plane_of (c) + y * stride_of (c) + i], ==, GUARD);
}

static void
test_pack (void)
{
  for (gsize n = 0; n < G_N_ELEMENTS (cases); n++)
    for (int threads = 1; threads <= 2; threads++) {
      const Case *c = &cases[n];
      const int frames = 2;
      g_autoptr (GenGraph) graph = gen_graph_new (NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (GenPlan) plan = NULL;
      GenShape shape = GEN_SHAPE (frames * c->count, c->channels, c->height, c->width);
      gsize count = gen_shape_elements (&shape), size = plane_of (c) * planes_of (c);
      g_autofree float *x = g_new (float, count);
      g_autofree guint8 *bytes = g_malloc (frames * size);
      GenRandom random = gen_random_new (n, "test", 0);
      GenTensor *input = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape), *outputs[8];
      int planes = frames * planes_of (c);
      GenNode *node = add_node (graph, c, "PackPicture", &input, 1, outputs, planes);

      g_assert_true (node->op->infer (node, &error));
      g_assert_cmpint (outputs[0]->shape.dims[0], ==, plane_of (c));
      for (int p = 0; p < planes; p++)
        gen_graph_add_output (graph, outputs[p]);
      plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = threads }, &error);
      g_assert_no_error (error);
      gen_random_normal (&random, 0, 0, x, count);
      x[0] = NAN;
      x[count - 1] = INFINITY;
      memset (bytes, GUARD, frames * size);
      gen_plan_bind_input (plan, 0, x);
      for (int p = 0; p < planes; p++)
        gen_plan_bind_output (plan, (guint)p, bytes + p * plane_of (c));
      g_assert_true (gen_plan_run (plan, NULL));
      for (int f = 0; f < frames; f++) {
        assert_frame (c, x + f * (count / frames), bytes + f * size);
        assert_gaps (c, bytes + f * size);
      }
    }
}

static GenTensor *
add_activation (GenGraph *graph, const char *op, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[] = { x, gen_graph_float (graph, -0.5f), gen_graph_float (graph, 0.25f) };
  GenTensor *y =
      gen_graph_op (graph, op, inputs, g_str_equal (op, "Clip") ? 3 : 1, 1, &error, NULL);

  g_assert_no_error (error);
  return y;
}

/* How many nodes of `plan` are of operator `op`. */
static guint
count_steps (GenPlan *plan, const char *op)
{
  g_autoptr (GArray) steps = gen_plan_profile (plan, NULL);
  guint n = 0;

  for (guint i = 0; i < steps->len; i++)
    n += g_str_equal (g_array_index (steps, GenStepInfo, i).node->op->name, op);
  return n;
}

/* The bytes do not depend on whether the activation is computed while they are packed. */
static void
assert_fuses (const Case *c, const char *op, gboolean convolve)
{
  GenShape shape = GEN_SHAPE (c->count, c->channels, c->height, c->width);
  gsize count = gen_shape_elements (&shape), size = plane_of (c) * planes_of (c);
  g_autofree float *x = g_new (float, count);
  g_autofree guint8 *plain = g_malloc (size), *fused_bytes = g_malloc (size);
  guint8 *const bytes[2] = { plain, fused_bytes };
  GenRandom random = gen_random_new (7, "test", 0);

  gen_random_normal (&random, 0, 0, x, count);
  for (int fused = 0; fused < 2; fused++) {
    g_autoptr (GenGraph) graph = gen_graph_new (NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenPlan) plan = NULL;
    GenPlanOptions options = { .threads = 2, .no_fusion = !fused };
    GenTensor *input, *made, *outputs[4];
    GenNode *node;

    if (convolve) {
      gint64 n = (gint64)c->channels * c->channels;
      float *weights = g_new (float, n);

      for (gint64 i = 0; i < n; i++)
        weights[i] = (float)(i % 5) - 1.5f;
      input = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);
      made = gen_binary (graph, "Conv", input,
          gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32,
              &GEN_SHAPE (c->channels, c->channels, 1, 1),
              g_bytes_new_take (weights, (gsize)n * sizeof (float))),
          &error);
      made = add_activation (graph, op, made);
    } else {
      input = gen_graph_add_input (
          graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (c->count, (gint64)count / c->count));
      made = gen_binary (graph, "Reshape", add_activation (graph, op, input),
          gen_graph_ints (graph, shape.dims, shape.rank), &error);
    }
    g_assert_no_error (error);
    node = add_node (graph, c, "PackPicture", &made, 1, outputs, planes_of (c));
    g_assert_true (node->op->infer (node, &error));
    for (int p = 0; p < planes_of (c); p++)
      gen_graph_add_output (graph, outputs[p]);
    plan = gen_plan_new (graph, &options, &error);
    g_assert_no_error (error);
    memset (bytes[fused], GUARD, size);
    gen_plan_bind_input (plan, 0, x);
    for (int p = 0; p < planes_of (c); p++)
      gen_plan_bind_output (plan, (guint)p, bytes[fused] + p * plane_of (c));
    g_assert_true (gen_plan_run (plan, NULL));
    g_assert_cmpuint (count_steps (plan, op), ==, !fused);
    if (convolve) /* of the input alone */
      g_assert_cmpuint (count_steps (plan, "ConvertLayout"), ==, c->channels > 1);
  }
  g_assert_cmpmem (bytes[0], size, bytes[1], size);
}

static void
test_activations (void)
{
  static const char *const ops[] = { "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Clip" };

  for (gsize n = 0; n < G_N_ELEMENTS (cases); n++)
    for (gsize i = 0; i < G_N_ELEMENTS (ops); i++)
      for (int convolve = 0; convolve < 2; convolve++)
        assert_fuses (&cases[n], ops[i], convolve != 0);
}

/* There and back again: UnpackPicture's channels-last numbers give the bytes that they came
 * from, and its numbers are the right ones. */
static void
test_unpack (void)
{
  for (gsize n = 0; n < G_N_ELEMENTS (cases); n++) {
    const Case *c = &cases[n];
    Case full = *c;
    g_autoptr (GenGraph) graph = gen_graph_new (NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenPlan) plan = NULL;
    gsize size = plane_of (c) * planes_of (c);
    g_autofree guint8 *bytes = g_malloc (size), *back = g_malloc (size);
    GenTensor *inputs[4], *pixels, *packed[4];
    const float *x;
    GenNode *node;

    if (c->n_order != c->channels)
      continue;
    full.count = c->columns * rows_of (c);
    for (int p = 0; p < planes_of (c); p++)
      inputs[p] =
          gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &GEN_SHAPE ((gint64)plane_of (c)));
    node = add_node (graph, &full, "UnpackPicture", inputs, planes_of (c), &pixels, 1);
    gen_node_set_int (node, "rows", rows_of (c));
    gen_node_set_int (node, "channels", c->channels);
    gen_node_set_int (node, "height", c->height);
    gen_node_set_int (node, "width", c->width);
    g_assert_true (node->op->infer (node, &error));
    node = add_node (graph, &full, "PackPicture", &pixels, 1, packed, planes_of (c));
    g_assert_true (node->op->infer (node, &error));
    gen_graph_add_output (graph, pixels);
    for (int p = 0; p < planes_of (c); p++)
      gen_graph_add_output (graph, packed[p]);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    for (gsize i = 0; i < size; i++)
      bytes[i] = (guint8)(i * 37 + i / 256);
    memset (back, GUARD, size);
    for (int p = 0; p < planes_of (c); p++) {
      gen_plan_bind_input (plan, (guint)p, bytes + p * plane_of (c));
      gen_plan_bind_output (plan, (guint)p + 1, back + p * plane_of (c));
    }
    g_assert_true (gen_plan_run (plan, NULL));
    x = gen_plan_output (plan, 0)->data;
    for (int i = 0; i < full.count; i++)
      for (int y = 0; y < c->height; y++)
        for (int column = 0; column < c->width; column++)
          for (int k = 0; k < c->channels; k++) {
            guint8 byte = bytes[place (&full, i, y, column, c->order[k])];
            gsize at = (((gsize)i * c->channels + k) * c->height + y) * c->width + (gsize)column;

            g_assert_cmpfloat_with_epsilon (x[at], (byte / 255.0f - mean[k]) / std[k], 1e-5);
            g_assert_cmpint (back[place (&full, i, y, column, k)], ==,
                bytes[place (&full, i, y, column, c->order[c->order[k]])]);
          }
    assert_gaps (c, back);
  }
}

static void
test_wrong_attributes (void)
{
  static const struct {
    const char *name;
    gint64 value;
    const char *text;
  } wrong[] = {
    { "stride", 83, "stride cannot hold" },
    { "columns", 0, "an extent is not within" },
    { "columns", G_MAXINT64, "an extent is not within" },
    { "stride", G_MAXINT, "plane is too large" },
    { "bytes", 9, "a pixel has 1 to 4 bytes" },
    { "planar", 1, "1 when planar" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new (NULL);
    g_autoptr (GError) error = NULL;
    GenTensor *output = gen_graph_add_value (graph, NULL);
    GenTensor *input =
        gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 28, 28));
    GenNode *node = gen_graph_add_node (
        graph, NULL, "generative", "PackPicture", GEN_OPSET, &input, 1, &output, 1, &error);

    gen_node_set_int (node, "bytes", 3);
    gen_node_set_int (node, wrong[i].name, wrong[i].value);
    g_assert_false (node->op->infer (node, &error));
    g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
    if (strstr (error->message, wrong[i].text) == NULL)
      g_error ("\"%s\" lacks \"%s\"", error->message, wrong[i].text);
  }
}

/* z [N, 3] times weights [3, 16]: a picture of 4 x 4 whose numbers the test can tell. */
static GenGraph *
small_generator (gint64 batch)
{
  GenGraph *graph = gen_graph_new ("small");
  float weights[48];
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3)), *w;

  for (int i = 0; i < 48; i++)
    weights[i] = (float)(i % 7) / 7 - 0.5f;
  w = gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (3, 16), g_bytes_new (weights, sizeof weights));
  gen_graph_add_output (
      graph, gen_graph_op (graph, "Gemm", (GenTensor *[]){ z, w }, 2, 1, NULL, NULL));
  z->shape.dims[0] = batch;
  return graph;
}

static void
test_model (void)
{
  g_autoptr (GenGraph) graph = small_generator (-1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL, wrong = NULL;
  g_autoptr (GenPlan) plan = NULL;
  g_autofree char *text = NULL;
  GenModelUse use = { .frames = 2, .pictures = 2, .to_frames = TRUE };
  guint8 frames[2][4 * 16];
  float z[12];

  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0, 2"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.frame-rate"), g_strdup ("24/1"));
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  g_assert_cmpint (model->rate_numerator, ==, 24);
  g_assert_cmpint (model->inputs[0].kind, ==, GEN_PORT_VECTOR);
  g_assert_cmpint (model->inputs[0].batch, ==, -1);
  g_assert_cmpint (model->inputs[0].length, ==, 3);
  g_assert_cmpint (model->outputs[0].batch, ==, -1);
  g_assert_cmpint (model->outputs[0].length, ==, 16);
  text = gen_model_describe (model);
  g_assert_cmpstr (text, ==, "makes vectors of 16 numbers from vectors of 3 numbers");

  use.input = model->inputs[0];
  use.output = model->outputs[0];
  g_assert_true (gen_port_make_picture (&use.output, 0, 0));
  use.to = (GenFrameLayout){ .columns = 2, .n_order = 1, .stride = 16 };
  plan = gen_model_compile (model, &use, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 12; i++)
    z[i] = (float)i / 6;
  memset (frames, GUARD, sizeof frames);
  gen_plan_bind_input (plan, 0, z);
  for (guint f = 0; f < 2; f++)
    gen_plan_bind_output (plan, f, frames[f]);
  g_assert_true (gen_plan_run (plan, NULL));
  for (int f = 0; f < 2; f++)
    for (int y = 0; y < 4; y++)
      for (int x = 0; x < 16; x++) {
        float sum = 0;
        int want = GUARD;

        for (int k = 0; k < 3; k++)
          sum +=
              z[(f * 2 + x / 4) % 4 * 3 + k] * ((float)((k * 16 + y * 4 + x % 4) % 7) / 7 - 0.5f);
        if (x < 8)
          want = (int)lrintf (CLAMP (sum * 127.5f, 0, 255));
        g_assert_cmpint (ABS (frames[f][y * 16 + x] - want), <=, x < 8);
      }

  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("1,1"));
  wrong = gen_model_new (graph, &error);
  g_assert_null (wrong);
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "generative.output-range"));
}

/* A model of one batch says so. */
static void
test_fixed_batch (void)
{
  g_autoptr (GenGraph) graph = small_generator (1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = gen_model_new (graph, &error);
  GenModelUse use = { .frames = 1, .pictures = 2, .to_frames = TRUE };

  g_assert_no_error (error);
  use.input = model->inputs[0];
  use.output = model->outputs[0];
  g_assert_null (gen_model_compile (model, &use, &error));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "batches of 1 alone"));
}

/* Which numbers are said not to be finite, of an activation and a way for the frame to lie. */
static void
check_not_finite (const char *activation, gboolean bounded, gboolean channels_last, gboolean ycbcr)
{
  enum { FRAMES = 3, SIDE = 40 };
  static const float values[] = { NAN, INFINITY, -INFINITY, 3e38f };
  const int last = ycbcr ? 1 : 0;
  g_autoptr (GenGraph) graph = gen_graph_new ("not finite");
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GenPlan) plan = NULL;
  const GenShape *shape =
      channels_last ? &GEN_SHAPE (FRAMES, SIDE, SIDE, 3) : &GEN_SHAPE (FRAMES, 3, SIDE, SIDE);
  GenModelUse use = { .frames = FRAMES, .pictures = 1, .to_frames = TRUE };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, shape);
  float *numbers;
  gsize n;

  gen_graph_add_output (graph, gen_unary (graph, activation, x, &error));
  g_assert_no_error (error);
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  use.input = model->inputs[0];
  use.output = model->outputs[0];
  use.to = (GenFrameLayout){ .columns = 1,
    .ycbcr = ycbcr,
    .luma = { 0.2126f, 0.0722f },
    .bytes = 3,
    .order = { 0, 1, 2 },
    .n_order = 3,
    .stride = SIDE * (last ? 1 : 3),
    .chroma_stride = SIDE };
  plan = gen_model_compile (model, &use, &error);
  g_assert_no_error (error);
  numbers = gen_plan_input (plan, 0)->data;
  n = (gsize)gen_shape_elements (shape);
  for (gsize v = 0; v < G_N_ELEMENTS (values); v++)
    for (int frame = 0; frame < FRAMES; frame++) {
      gsize at = n / FRAMES * (gsize)frame + (n / FRAMES - 1) * (v % 2) + 1 - v % 2;
      gboolean wrong = isnan (values[v]) || (isinf (values[v]) && !bounded);

      /* Relu makes a number of it, or is taken over by what would not. */
      if (values[v] == -INFINITY && g_str_equal (activation, "Relu"))
        continue;
      for (gsize i = 0; i < n; i++)
        numbers[i] = (float)(i % 13) / 13;
      numbers[at] = values[v];
      g_assert_true (gen_plan_run (plan, NULL));
      g_assert_cmphex (gen_model_take_not_finite (plan), ==, wrong ? 1u << frame : 0);
      g_assert_cmphex (gen_model_take_not_finite (plan), ==, 0);
    }
}

static void
test_not_finite (void)
{
  for (int way = 0; way < 4; way++) {
    check_not_finite ("Identity", FALSE, way & 1, way & 2);
    check_not_finite ("Relu", FALSE, way & 1, way & 2);
    check_not_finite ("LeakyRelu", FALSE, way & 1, way & 2);
    check_not_finite ("Tanh", TRUE, way & 1, way & 2);
    check_not_finite ("Sigmoid", TRUE, way & 1, way & 2);
  }
}

/* A convolution that computes the activation behind it may make 0 of NaN; before a frame, it does
 * not compute it. */
static void
test_not_finite_behind_convolution (void)
{
  static const char *const ops[] = { "Relu", "Clip", "Sigmoid" };

  for (gsize i = 0; i < G_N_ELEMENTS (ops); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("convolution");
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = NULL;
    g_autoptr (GenPlan) plan = NULL;
    GenModelUse use = { .frames = 1, .pictures = 1, .to_frames = TRUE };
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 16, 16));
    GenTensor *w = gen_graph_full (graph, &GEN_SHAPE (3, 3, 3, 3), 0.1f), *y;

    y = gen_graph_op (graph, "Conv", (GenTensor *[]){ x, w }, 2, 1, &error, "pads", GEN_INTS, 4,
        (gint64[]){ 1, 1, 1, 1 }, NULL);
    g_assert_no_error (error);
    gen_graph_add_output (graph, add_activation (graph, ops[i], y));
    model = gen_model_new (graph, &error);
    g_assert_no_error (error);
    use.input = model->inputs[0];
    use.output = model->outputs[0];
    use.to = (GenFrameLayout){
      .columns = 1, .bytes = 3, .order = { 0, 1, 2 }, .n_order = 3, .stride = 48
    };
    plan = gen_model_compile (model, &use, &error);
    g_assert_no_error (error);
    g_assert_true (gen_plan_run (plan, NULL));
    g_assert_cmphex (gen_model_take_not_finite (plan), ==, 0);
    ((float *)gen_plan_input (plan, 0)->data)[100] = NAN;
    g_assert_true (gen_plan_run (plan, NULL));
    g_assert_cmphex (gen_model_take_not_finite (plan), ==, 1);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/picture/pack", test_pack);
  g_test_add_func ("/picture/activations", test_activations);
  g_test_add_func ("/picture/unpack", test_unpack);
  g_test_add_func ("/picture/wrong-attributes", test_wrong_attributes);
  g_test_add_func ("/model/compile", test_model);
  g_test_add_func ("/model/not-finite", test_not_finite);
  g_test_add_func ("/model/not-finite-behind-convolution", test_not_finite_behind_convolution);
  g_test_add_func ("/model/fixed-batch", test_fixed_batch);
  return g_test_run ();
}
