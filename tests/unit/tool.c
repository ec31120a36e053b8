/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model, as a user runs it: what it prints, what it writes, how it ends. */
#include "tool.h"

#include "onnx.pb-c.h"

static void
test_usage (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (tool (fixture, "--help", NULL), ==, 0);
  assert_says (fixture->out, "inspect");
  assert_says (fixture->out, "bench");
  g_assert_cmpint (tool (fixture, NULL), ==, 2);
  g_assert_cmpint (tool (fixture, "dance", NULL), ==, 2);
  assert_says (fixture->err, "'dance'");
  g_assert_cmpint (tool (fixture, "inspect", NULL), ==, 2);
  g_assert_cmpint (tool (fixture, "inspect", "a", "b", NULL), ==, 2);
  g_assert_cmpint (tool (fixture, "run", "--nonsense", NULL), ==, 2);
  g_assert_cmpint (tool (fixture, "run", "--help", NULL), ==, 0);
  assert_says (fixture->out, "--output");
  /* One of two that mean the same is shown. */
  assert_says (fixture->out, "--shapes=");
  g_assert_null (strstr (fixture->out, "--shape="));
}

/* The output of the vector model for `n` latents, by the library. */
static void
expect (const float *latents, int n, float *expected)
{
  g_autoptr (GenGraph) graph = vector_model ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;

  gen_graph_set_free_dimensions (graph, NULL, n);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, latents, n * 12);
  g_assert_true (gen_plan_run (plan, NULL));
  memcpy (expected, gen_plan_output (plan, 0)->data, n * 32);
}

static GBytes *
load_npy (const Fixture *fixture, const char *name, const GenShape *shape)
{
  g_autofree char *path = path_in (fixture, name);
  g_autoptr (GError) error = NULL;
  GenDataType type;
  GenShape is;
  GBytes *bytes = gen_npy_load (path, &type, &is, &error);

  g_assert_no_error (error);
  g_assert_cmpint (type, ==, GEN_TYPE_FLOAT32);
  g_assert_true (gen_shape_equal (&is, shape));
  return bytes;
}

/* --- runs of models that remember --- */

static void
save_steps (const Fixture *fixture, int n, gint64 side)
{
  for (int i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("in%d.npy", i), *path = path_in (fixture, name);
    g_autofree float *numbers = g_new (float, side *side);

    for (gint64 k = 0; k < side * side; k++)
      numbers[k] = (float)(i + 1) * (float)(k + 1);
    g_assert_true (
        gen_npy_save (path, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, side, side), numbers, NULL));
  }
}

static void
test_run_states (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = NULL, carried = NULL;
  const float *made;

  save_steps (fixture, 3, 6);
  save_memory (fixture, "h_in", "h_out", TRUE);
  g_assert_cmpint (tool (fixture, "run", "memory.onnx", "-i", "x=in0.npy", NULL), ==, 1);
  assert_says (fixture->err, "--parameters strength=1");
  g_assert_cmpint (tool (fixture, "run", "memory.onnx", "-i", "x=in0.npy", "-i", "x=in1.npy", "-i",
                       "x=in2.npy", "--parameters", "strength=0.5", "-o", "h_out=out.npy", NULL),
      ==, 0);
  bytes = load_npy (fixture, "out.npy", &GEN_SHAPE (3, 1, 6, 6));
  made = g_bytes_get_data (bytes, NULL);
  for (int k = 0; k < 36; k++) {
    g_assert_cmpfloat (made[k], ==, 0.5f * (float)(k + 1));
    g_assert_cmpfloat (made[36 + k], ==, 1.5f * (float)(k + 1));
    g_assert_cmpfloat (made[72 + k], ==, 3 * (float)(k + 1));
  }
  /* It begins with what it is given. */
  g_assert_cmpint (tool (fixture, "run", "memory.onnx", "-i", "x=in0.npy", "-i", "h_in=in1.npy",
                       "--parameters", "strength=0.5", "-o", "h_out=out.npy", NULL),
      ==, 0);
  carried = load_npy (fixture, "out.npy", &GEN_SHAPE (1, 1, 6, 6));
  g_assert_cmpfloat (((const float *)g_bytes_get_data (carried, NULL))[1], ==, 5);
  g_assert_cmpint (
      tool (fixture, "bench", "memory.onnx", "--seconds", "0", "--shape", "x=1x1x6x6", NULL), ==,
      0);
  g_assert_cmpint (tool (fixture, "bench", "memory.onnx", "--seconds", "0", "--parameters",
                       "strength=much", NULL),
      ==, 1);
  assert_says (fixture->err, "numbers with colons");
}

/* A state that no machine can hold is an error. */
static void
test_large_state (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "large.onnx");
  g_autoptr (GenGraph) graph = gen_graph_new ("large");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8));
  GenTensor *h =
      gen_graph_add_input (graph, "h_in", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1000000, 1000000));

  gen_graph_add_output (graph, gen_unary (graph, "Neg", x, NULL));
  gen_graph_add_output (graph, gen_unary (graph, "Neg", h, NULL));
  save (graph, path);
  g_assert_cmpint (tool (fixture, "bench", "large.onnx", "--seconds", "0", NULL), ==, 1);
  assert_says (fixture->err, "large.onnx: input 'h_in', float32 [1, 1000000, 1000000], takes 4000");
}

static void
test_run_arrays (Fixture *fixture, gconstpointer data)
{
  static const float latents[] = { 1, 2, 3, -1, 0.5f, 0 };
  static const double doubles[] = { 1, 2, 3, -1, 0.5, 0 };
  static const gint64 integers[] = { 1, 2, 3 };
  g_autofree char *in = path_in (fixture, "in.npy");
  g_autofree char *wide = path_in (fixture, "wide.npy");
  g_autofree char *whole = path_in (fixture, "whole.npy");
  g_autoptr (GBytes) one = NULL;
  g_autoptr (GBytes) two = NULL;
  float expected[16];

  g_assert_true (gen_npy_save (in, GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3), latents, NULL));
  g_assert_true (gen_npy_save (wide, GEN_TYPE_FLOAT64, &GEN_SHAPE (2, 3), doubles, NULL));
  g_assert_true (gen_npy_save (whole, GEN_TYPE_INT64, &GEN_SHAPE (1, 3), integers, NULL));
  expect (latents, 2, expected);
  g_assert_cmpint (
      tool (fixture, "run", "vector.onnx", "--input", "latent=in.npy", "-o", "out.npy", NULL), ==,
      0);
  one = load_npy (fixture, "out.npy", &GEN_SHAPE (2, 1, 2, 4));
  g_assert_cmpmem (g_bytes_get_data (one, NULL), g_bytes_get_size (one), expected, sizeof expected);
  g_assert_cmpint (
      tool (fixture, "run", "vector.onnx", "-i", "wide.npy", "-o", "out.npy", NULL), ==, 0);
  two = load_npy (fixture, "out.npy", &GEN_SHAPE (2, 1, 2, 4));
  g_assert_true (g_bytes_equal (one, two));

  g_assert_cmpint (tool (fixture, "run", "vector.onnx", "-i", "whole.npy", NULL), ==, 1);
  assert_says (fixture->err, "int64");
  g_assert_cmpint (tool (fixture, "run", "vector.onnx", "-i", "none.npy", NULL), ==, 1);
  assert_says (fixture->err, "none.npy");
  g_assert_cmpint (tool (fixture, "run", "vector.onnx", "-i", "noise=in.npy", NULL), ==, 1);
  assert_says (fixture->err, "'latent'");
  g_assert_cmpint (tool (fixture, "run", "vector.onnx", "-i", "in.npy", "-b", "3", NULL), ==, 1);
  assert_says (fixture->err, "2 items");
  g_assert_cmpint (tool (fixture, "run", "vector.onnx", "-o", "out.gif", NULL), ==, 1);
  assert_says (fixture->err, ".png");
  g_assert_cmpint (tool (fixture, "run", "vector.onnx", "-o", "no/where.npy", NULL), ==, 1);
  assert_says (fixture->err, "no/where.npy");
}

static void
test_run_random (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) one = NULL;
  g_autoptr (GBytes) two = NULL;
  g_autoptr (GBytes) other = NULL;
  g_auto (GenPicture) sheet = { 0 };
  g_autofree char *png = path_in (fixture, "sheet.png");
  g_autoptr (GError) error = NULL;
  const float *numbers;

  g_assert_cmpint (tool (fixture, "run", "vector.onnx", "-b", "5", "-s", "9", "-o", "1.npy", "-o",
                       "sheet.png", NULL),
      ==, 0);
  g_assert_cmpint (
      tool (fixture, "run", "vector.onnx", "-b", "5", "-s", "9", "-o", "2.npy", NULL), ==, 0);
  g_assert_cmpint (tool (fixture, "run", "vector.onnx", "-b", "5", "-o", "3.npy", NULL), ==, 0);
  one = load_npy (fixture, "1.npy", &GEN_SHAPE (5, 1, 2, 4));
  two = load_npy (fixture, "2.npy", &GEN_SHAPE (5, 1, 2, 4));
  other = load_npy (fixture, "3.npy", &GEN_SHAPE (5, 1, 2, 4));
  g_assert_true (g_bytes_equal (one, two));
  g_assert_false (g_bytes_equal (one, other));

  /* Five pictures of 4 x 2: three columns, two rows. */
  g_assert_true (gen_picture_load (&sheet, png, 0, &error));
  g_assert_no_error (error);
  g_assert_cmpint (sheet.channels, ==, 1);
  g_assert_cmpint (sheet.width, ==, 12);
  g_assert_cmpint (sheet.height, ==, 4);
  numbers = g_bytes_get_data (one, NULL);
  for (int i = 0; i < 5; i++)
    for (int y = 0; y < 2; y++)
      for (int x = 0; x < 4; x++) {
        int byte = sheet.data[(i / 3 * 2 + y) * sheet.stride + i % 3 * 4 + x];

        g_assert_cmpfloat_with_epsilon (byte, (numbers[i * 8 + y * 4 + x] + 1) * 127.5, 0.51);
      }

  g_assert_cmpint (tool (fixture, "run", "vector.onnx", NULL), ==, 0);
  assert_says (fixture->out, "float32 [1, 1, 2, 4] from ");
}

/* Pictures in and out: twice the numbers over twice the range is the same picture. */
static void
test_run_pictures (Fixture *fixture, gconstpointer data)
{
  g_autofree char *in = path_in (fixture, "in.png");
  g_autofree char *out = path_in (fixture, "out.png");
  g_auto (GenPicture) picture = { 0 }, result = { 0 };
  g_autoptr (GError) error = NULL;

  gen_picture_init (&picture, 7, 5, 3);
  for (int i = 0; i < 5 * picture.stride; i++)
    picture.data[i] = i * 37;
  g_assert_true (gen_picture_save_png (&picture, in, &error));
  g_assert_cmpint (
      tool (fixture, "run", "picture.onnx", "-i", "in.png", "-i", "in.png", "-o", "out.png", NULL),
      ==, 0);
  g_assert_true (gen_picture_load (&result, out, 0, &error));
  g_assert_no_error (error);
  g_assert_cmpint (result.width, ==, 14);
  g_assert_cmpint (result.height, ==, 5);
  g_assert_cmpint (result.channels, ==, 3);
  for (int y = 0; y < 5; y++)
    for (int k = 0; k < 2; k++)
      g_assert_cmpmem (
          result.data + y * result.stride + k * 21, 21, picture.data + y * picture.stride, 21);

  g_assert_cmpint (tool (fixture, "run", "vector.onnx", "-i", "in.png", NULL), ==, 1);
  assert_says (fixture->err, "takes no picture");
}

/* --- what is doubtful --- */

/* A batch is of what flows: a parameter stays as it is. */
static void
test_run_parameters (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("scaled");
  g_autofree char *path = path_in (fixture, "scaled.onnx");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 8)), *y;
  GenTensor *s = gen_graph_add_input (graph, "strength", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));

  y = gen_binary (graph, "Mul", x, s, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[0] = y->shape.dims[0] = -1;
  save (graph, path);
  g_assert_cmpint (
      tool (fixture, "run", "scaled.onnx", "-b", "100", "--parameters", "strength=0", NULL), ==, 0);
  assert_says (fixture->out, "[100, 8]");
  assert_says (fixture->out, "mean 0");
  g_assert_cmpint (
      tool (fixture, "inspect", "scaled.onnx", "-b", "100", "--parameters", "strength=0", NULL), ==,
      0);
  assert_says (fixture->out, "here [100, 8]");
}

/* Logarithms of pictures of `type`, which say nothing of their range, in batches of two. */
static void
save_logarithms (const Fixture *fixture, const char *name, GenDataType type)
{
  g_autofree char *path = path_in (fixture, name);
  g_autoptr (GenGraph) graph = gen_graph_new ("logarithms");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "image", type, &GEN_SHAPE (2, 3, 4, 4));

  gen_graph_add_output (graph, gen_unary (graph, "Log", x, &error));
  g_assert_no_error (error);
  save (graph, path);
}

static void
test_doubt (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *name;
    GenDataType type;
  } cases[] = { { "float32", GEN_TYPE_FLOAT32 }, { "float16", GEN_TYPE_FLOAT16 },
    { "float64", GEN_TYPE_FLOAT64 } };
  g_autofree char *in = path_in (fixture, "in.png");
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, 4, 4, 3);
  memset (picture.data, 255, (gsize)4 * picture.stride);
  g_assert_true (gen_picture_save_png (&picture, in, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    save_logarithms (fixture, "log.onnx", cases[i].type);
    g_assert_cmpint (tool (fixture, "inspect", "log.onnx", NULL), ==, 0);
    assert_says (fixture->out, "black 0, white 1 (assumed)");
    assert_says (fixture->err, "log.onnx: nothing tells which numbers of its input 'image'");
    assert_says (fixture->err, "generative.output-range");
    g_assert_cmpint (tool (fixture, "inspect", "--json", "log.onnx", NULL), ==, 0);
    assert_says (fixture->out, "\"assumed\"");

    /* Half of all normal numbers are negative. */
    g_assert_cmpint (tool (fixture, "run", "log.onnx", NULL), ==, 0);
    assert_says (fixture->out, cases[i].name);
    assert_says (fixture->out, " from ");
    g_assert_null (strstr (fixture->out, "nan"));
    assert_says (fixture->err, "of the 96 numbers of output");
    assert_says (fixture->err, "not finite (NaN or infinite)");
    g_assert_cmpint (tool (fixture, "run", "log.onnx", "-o", "out.png", NULL), ==, 0);
    assert_says (fixture->err, "not finite");
    assert_says (fixture->err, "0 and 1 are assumed");
    g_assert_null (strstr (fixture->err, "generative.input-range"));

    /* The logarithms of 1 are all right, and grey. */
    g_assert_cmpint (
        tool (fixture, "run", "log.onnx", "-i", "in.png", "-i", "in.png", "-o", "out.png", NULL),
        ==, 0);
    g_assert_null (strstr (fixture->err, "not finite"));
    assert_says (fixture->err, "generative.input-range");
    g_assert_cmpint (tool (fixture, "bench", "--seconds", "0", "log.onnx", NULL), ==, 0);
  }
  g_assert_cmpint (tool (fixture, "run", "log.onnx", "-i", "in.png", NULL), ==, 1);
  assert_says (fixture->err, "takes 2 pictures, but 1 came");
  g_assert_cmpint (tool (fixture, "bench", "log.onnx", "-b", "3", NULL), ==, 1);
  assert_says (fixture->err, "takes 2 items in a run, not 3");
}

/* --- check --- */

static void
write_tensor (const char *folder, const char *name, const GenShape *shape, const float *values)
{
  Onnx__TensorProto tensor = ONNX__TENSOR_PROTO__INIT;
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree guint8 *packed = NULL;
  gsize size;

  tensor.has_data_type = tensor.has_raw_data = TRUE;
  tensor.data_type = GEN_TYPE_FLOAT32;
  tensor.dims = (gint64 *)shape->dims;
  tensor.n_dims = shape->rank;
  tensor.raw_data.len = gen_shape_elements (shape) * sizeof (float);
  tensor.raw_data.data = (guint8 *)values;
  size = onnx__tensor_proto__get_packed_size (&tensor);
  packed = g_malloc (size);
  onnx__tensor_proto__pack (&tensor, packed);
  g_assert_true (g_file_set_contents (path, (char *)packed, size, NULL));
}

/* A test folder of the vector model, whose expected output is `wrong` off. */
static void
write_test (const Fixture *fixture, const char *name, float wrong)
{
  static const float latents[] = { 1, 2, 3, -1, 0.5f, 0 };
  g_autoptr (GenGraph) graph = vector_model ();
  g_autofree char *folder = path_in (fixture, name);
  g_autofree char *set = g_build_filename (folder, "test_data_set_0", NULL);
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  float expected[16];

  g_assert_cmpint (g_mkdir_with_parents (set, 0700), ==, 0);
  save (graph, model);
  expect (latents, 2, expected);
  expected[11] += wrong;
  write_tensor (set, "input_0.pb", &GEN_SHAPE (2, 3), latents);
  write_tensor (set, "output_0.pb", &GEN_SHAPE (2, 1, 2, 4), expected);
}

/* A model of an operator that nobody has. */
static void
write_unknown (const Fixture *fixture, const char *name)
{
  g_autofree char *folder = path_in (fixture, name);
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
  Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
  Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT;
  Onnx__NodeProto node = ONNX__NODE_PROTO__INIT;
  guint8 packed[256];

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  opset.has_version = TRUE;
  opset.version = 17;
  node.op_type = (char *)"Telepathy";
  graph.node = (Onnx__NodeProto *[]){ &node };
  graph.n_node = 1;
  model.graph = &graph;
  model.opset_import = (Onnx__OperatorSetIdProto *[]){ &opset };
  model.n_opset_import = 1;
  g_assert_true (
      g_file_set_contents (path, (char *)packed, onnx__model_proto__pack (&model, packed), NULL));
}

static void
test_check (Fixture *fixture, gconstpointer data)
{
  write_test (fixture, "tests/a_right", 0);
  write_test (fixture, "tests/b_wrong", 0.01f);
  write_test (fixture, "tests/c_close", 1e-5f);
  write_unknown (fixture, "tests/d_unknown");

  g_assert_cmpint (tool (fixture, "check", "tests/a_right", "tests/c_close", NULL), ==, 0);
  g_assert_true (g_str_has_prefix (fixture->out, "1..2\nok 1 - a_right\nok 2 - c_close\n"));
  g_assert_true (g_str_has_suffix (fixture->out, "\n2 passed, 0 failed\n"));

  g_assert_cmpint (tool (fixture, "check", "tests", NULL), ==, 1);
  assert_says (fixture->out, "1..4\n");
  assert_says (fixture->out, "\nok 1 - a_right\n");
  assert_says (fixture->out, "\nnot ok 2 - b_wrong\n");
  assert_says (fixture->out, "element 11 of 16");
  assert_says (fixture->out, "\nok 3 - c_close\n");
  assert_says (fixture->out, "\nnot ok 4 - d_unknown\n");
  assert_says (fixture->out, "Telepathy");
  g_assert_true (g_str_has_suffix (fixture->out, "\n2 passed, 2 failed\n"));

  g_assert_cmpint (tool (fixture, "check", "--supported", "tests", NULL), ==, 1);
  assert_says (fixture->out, "\nnot ok 2 - b_wrong\n");
  assert_says (fixture->out, "\nok 4 - d_unknown # SKIP ");
  g_assert_true (g_str_has_suffix (fixture->out, "\n2 passed, 1 failed\n"));
}

/* A model without data, a folder without models, no folder: none of them passes. */
static void
test_check_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *model = path_in (fixture, "bare/model.onnx");
  g_autofree char *folder = path_in (fixture, "bare");
  g_autofree char *empty = path_in (fixture, "empty");
  g_autoptr (GenGraph) graph = vector_model ();

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (empty, 0700), ==, 0);
  save (graph, model);
  g_assert_cmpint (tool (fixture, "check", "bare", NULL), ==, 1);
  assert_says (fixture->out, "0 passed, 1 failed");
  g_assert_cmpint (tool (fixture, "check", "empty", NULL), ==, 1);
  g_assert_cmpint (tool (fixture, "check", "nowhere", NULL), ==, 1);
  assert_says (fixture->err, "nowhere");
}

static void
test_bench (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) json = NULL, staged = NULL;
  JsonObject *object;
  JsonArray *steps;
  double flops = 0;

  save_staged (fixture);
  g_assert_cmpint (
      tool (fixture, "bench", "vector.onnx", "-b", "6", "--seconds", "0.01", "--json", NULL), ==,
      0);
  json = parse_json (fixture->out);
  object = json_node_get_object (json);
  assert_says (json_object_get_string_member (object, "on"), "precision fp32, kernels measured");
  g_assert_cmpfloat (json_object_get_double_member (object, "batch"), ==, 6);
  g_assert_cmpfloat (json_object_get_double_member (object, "best"), >, 0);
  g_assert_cmpfloat (json_object_get_double_member (object, "median"), >=,
      json_object_get_double_member (object, "best"));
  steps = json_object_get_array_member (object, "steps");
  g_assert_cmpuint (json_array_get_length (steps), >, 0);
  for (guint i = 0; i < json_array_get_length (steps); i++)
    flops += json_object_get_double_member (json_array_get_object_element (steps, i), "flops");
  g_assert_cmpfloat (flops, ==, 6 * 2 * 24);
  for (int old = 0; old < 2; old++) {
    g_assert_cmpint (
        tool (fixture, "bench", "picture.onnx", "--seconds", "0.01", old ? "--shape" : "--shapes",
            old ? "image=2x3x8x9" : "image=2:3:8:9", NULL),
        ==, 0);
    assert_says (fixture->out, "[2, 3, 8, 9]");
  }
  g_assert_cmpint (
      tool (fixture, "bench", "picture.onnx", "--shape", "image=2x4x8x9", NULL), ==, 1);
  assert_says (fixture->err, "image");
  g_assert_cmpint (tool (fixture, "bench", "picture.onnx", "--shape", "eight", NULL), ==, 1);
  assert_says (fixture->err, "eight");
  g_assert_cmpint (
      tool (fixture, "bench", "staged.onnx", "--seconds", "0.01", "--json", NULL), ==, 0);
  staged = parse_json (fixture->out);
  object = json_node_get_object (staged);
  g_assert_cmpfloat (json_object_get_double_member (object, "plans"), >, 0);
  g_assert_cmpfloat (json_object_get_double_member (object, "best"), >, 0);
  g_assert_cmpint (tool (fixture, "bench", "vector.onnx", "--seconds", "0.01", "--precision",
                       "bf16", "--kernels", "rules", "-t", "1", NULL),
      ==, 0);
  assert_says (fixture->out, "panels");
  assert_says (fixture->out, "precision bf16, kernels rules, 1 thread\n");
  g_assert_cmpint (tool (fixture, "bench", "vector.onnx", "-p", "fp8", NULL), ==, 1);
  assert_says (fixture->err, "bf16");
  g_assert_cmpint (tool (fixture, "bench", "picture.onnx", "-d", "abacus", NULL), ==, 1);
  assert_says (fixture->err, "abacus");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (g_getenv ("GENERATIVE_MODEL") == NULL)
    g_error ("set GENERATIVE_MODEL to the tool's path");
  g_test_add ("/tool/large-state", Fixture, NULL, set_up, test_large_state, tear_down);
  g_test_add ("/tool/usage", Fixture, NULL, set_up, test_usage, tear_down);
  g_test_add ("/tool/run-parameters", Fixture, NULL, set_up, test_run_parameters, tear_down);
  g_test_add ("/tool/run-states", Fixture, NULL, set_up, test_run_states, tear_down);
  g_test_add ("/tool/run-arrays", Fixture, NULL, set_up, test_run_arrays, tear_down);
  g_test_add ("/tool/run-random", Fixture, NULL, set_up, test_run_random, tear_down);
  g_test_add ("/tool/run-pictures", Fixture, NULL, set_up, test_run_pictures, tear_down);
  g_test_add ("/tool/doubt", Fixture, NULL, set_up, test_doubt, tear_down);
  g_test_add ("/tool/check", Fixture, NULL, set_up, test_check, tear_down);
  g_test_add ("/tool/check-nothing", Fixture, NULL, set_up, test_check_nothing, tear_down);
  g_test_add ("/tool/bench", Fixture, NULL, set_up, test_bench, tear_down);
  return g_test_run ();
}
