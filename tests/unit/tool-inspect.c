/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model inspect: what it says of models, and what it writes down. */
#include <generative/sound.h>

#include "../speech-net.h"
#include "flow.h"
#include "tool.h"

/* Weights of 8 bits are what a quantized model has learned. */
static void
test_inspect_quantized (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("quantized model");
  g_autofree char *path = path_in (fixture, "quantized.onnx");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_INT64, &GEN_SHAPE (1));
  GenTensor *w = gen_graph_add_constant (
      graph, "w", GEN_TYPE_INT8, &GEN_SHAPE (3, 8), g_bytes_new_take (g_malloc0 (24), 24));

  gen_graph_add_output (graph, gen_binary (graph, "Gather", w, x, &error));
  g_assert_no_error (error);
  save (graph, path);
  g_assert_cmpint (tool (fixture, "inspect", "quantized.onnx", NULL), ==, 0);
  assert_says (fixture->out, "parameters  24 (24 ");
}

/* What the file says is as free as the input is told as free. */
static void
test_inspect_free (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("film model");
  g_autofree char *path = path_in (fixture, "film.onnx");
  g_autoptr (GError) error = NULL;
  GenTensor *x =
      gen_graph_add_input (graph, "film", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 5, 2, 2, 4, 4));
  GenTensor *y = gen_unary (graph, "Tanh", x, &error);

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[4] = y->shape.dims[4] = -1;
  x->dim_names[4] = g_strdup ("width");
  y->dim_names[4] = g_strdup ("width");
  save (graph, path);
  g_assert_cmpint (tool (fixture, "inspect", "film.onnx", NULL), ==, 0);
  assert_says (fixture->out, "makes float32 [1, 5, 2, 2, ?, 4] from float32 [1, 5, 2, 2, ?, 4]");
}

/* Rows of a known length, of which wider pictures make more, are no sound; and metadata is cut. */
static void
test_inspect_rows (Fixture *fixture, gconstpointer data)
{
  const gint64 eight[] = { 8, 8 }, axes[] = { 1, 2 }, dims[] = { 1, -1, 1 };
  g_autofree char *path = path_in (fixture, "rows.onnx"), *symbols = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("rows");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 64)), *y;
  GenTensor *w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2048),
      g_bytes_new_take (g_malloc0 (2048 * sizeof (float)), 2048 * sizeof (float)));

  y = gen_graph_op (graph, "AveragePool", &x, 1, 1, &error, "kernel_shape", GEN_INTS, 2, eight,
      "strides", GEN_INTS, 2, eight, NULL);
  g_assert_no_error (error);
  y = gen_graph_op (graph, "ReduceMean", (GenTensor *[]){ y, gen_graph_ints (graph, axes, 2) }, 2,
      1, &error, NULL);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, dims, 3), &error);
  y = gen_binary (graph, "MatMul", y, w, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[3] = y->shape.dims[1] = -1;
  symbols = g_strnfill (1000, '\n');
  g_hash_table_insert (graph->metadata, g_strdup ("character"), g_strdup (symbols));
  save (graph, path);
  g_assert_cmpint (tool (fixture, "inspect", "rows.onnx", NULL), ==, 0);
  assert_says (fixture->out, "makes float32 [1, ?, 2048] from pictures");
  g_assert_null (strstr (fixture->out, "sound"));
  assert_says (fixture->out, "(1000 characters");
  g_assert_null (strstr (fixture->out, "\n\n"));
}

/* What looks like a denoiser is said to, and two pictures with a moment between them are none. */
static void
test_inspect_denoiser (Fixture *fixture, gconstpointer data)
{
  const GenShape shape = GEN_SHAPE (1, 3, 16, 16);
  g_autofree char *path = path_in (fixture, "denoiser.onnx");
  g_autoptr (GError) error = NULL;

  for (int pictures = 1; pictures <= 2; pictures++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("denoiser");
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);
    GenTensor *sigma = gen_graph_add_input (graph, "sigma", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
    GenTensor *made = gen_binary (graph, "Mul", x, sigma, &error);

    if (pictures == 2)
      made = gen_binary (graph, "Add", made,
          gen_graph_add_input (graph, "other", GEN_TYPE_FLOAT32, &shape), &error);
    g_assert_no_error (error);
    gen_graph_add_output (graph, made);
    save (graph, path);
    g_assert_cmpint (tool (fixture, "inspect", "denoiser.onnx", NULL), ==, 0);
    if (pictures == 1)
      assert_says (fixture->out, "denoiser    perhaps: 'x' with the noise that 'sigma' tells");
    else
      g_assert_null (strstr (fixture->out, "denoiser    "));
  }
}

/* [1, 2] times a weight of its own, as a body of Scan and If. */
static GenGraph *
body_of (const char *name)
{
  GenGraph *body = gen_graph_new (name);
  const float ones[] = { 1, 1 };
  GenTensor *x = flow_input (body, name, GEN_TYPE_FLOAT32);
  GenTensor *w = gen_graph_add_constant (
      body, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2), g_bytes_new (ones, sizeof ones));

  gen_graph_add_output (body, flow_op (body, "Mul", flow_op (body, "Tanh", x, NULL), w));
  return body;
}

/* What stands in bodies is counted once, and told apart. */
static void
test_inspect_bodies (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("scan");
  g_autofree char *path = path_in (fixture, "scan.onnx");
  g_autoptr (JsonNode) json = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (5, 1, 2));
  GenNode *scan = flow_node (graph, "Scan", &x, 1, 1);
  GenTensor *y = gen_node_output (scan, 0);

  gen_node_set_int (scan, "num_scan_inputs", 1);
  flow_give (scan, "body", body_of ("item"), NULL);
  y->type = GEN_TYPE_FLOAT32;
  y->shape = GEN_SHAPE (5, 1, 2);
  gen_graph_add_output (graph, y);
  save (graph, path);
  g_assert_cmpint (tool (fixture, "inspect", "scan.onnx", NULL), ==, 0);
  assert_says (fixture->out, "parameters  2 (8 ");
  assert_says (fixture->out, "nodes       3, of which 2 are in bodies of Loop, Scan and If");
  assert_says (fixture->out, "    1 Tanh");
  assert_says (fixture->out, "    1 Scan");
  g_assert_cmpint (tool (fixture, "inspect", "--json", "scan.onnx", NULL), ==, 0);
  json = parse_json (fixture->out);
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (json), "nodes-inside"), ==, 2);
  g_assert_cmpint (tool (fixture, "inspect", "vector.onnx", NULL), ==, 0);
  g_assert_null (strstr (fixture->out, "bodies"));
}

/* Rows as long as a sound that a model makes of pictures are what it tells of them, unless it says
 * a rate; of a sound they are a sound. */
static void
test_inspect_boxes (Fixture *fixture, gconstpointer data)
{
  const gint64 rows[] = { 1, 4, 1024 };
  g_autofree char *path = path_in (fixture, "boxes.onnx");
  g_autoptr (GError) error = NULL;

  for (int way = 0; way < 3; way++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("boxes");
    const GenShape shape = way == 2 ? GEN_SHAPE (1, 4, 1024) : GEN_SHAPE (1, 1, 64, 64);
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);

    gen_graph_add_output (
        graph, gen_binary (graph, "Reshape", x, gen_graph_ints (graph, rows, 3), &error));
    g_assert_no_error (error);
    if (way == 1)
      g_hash_table_insert (
          graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("16000"));
    save (graph, path);
    g_assert_cmpint (tool (fixture, "inspect", "boxes.onnx", NULL), ==, 0);
    assert_says (fixture->out,
        way == 0 ? "makes float32 [1, 4, 1024] from pictures" : "makes sounds of 4 channels");
  }
}

static void
test_inspect (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) json = NULL;
  JsonObject *object, *input;

  g_assert_cmpint (tool (fixture, "inspect", "vector.onnx", NULL), ==, 0);
  assert_says (fixture->out, "vectors of 3 numbers");
  assert_says (fixture->out, "pictures of 4 x 2 pixels, grey");
  assert_says (fixture->out, "float32 [batch, 3]");
  assert_says (fixture->out, "black -1, white 1");
  assert_says (fixture->out, "generative.frame-rate = 25");

  g_assert_cmpint (tool (fixture, "inspect", "--json", "vector.onnx", NULL), ==, 0);
  json = parse_json (fixture->out);
  object = json_node_get_object (json);
  g_assert_cmpint (json_object_get_int_member (object, "parameters"), ==, 24);
  g_assert_cmpint (json_object_get_int_member (object, "bytes"), ==, 96);
  g_assert_cmpfloat (json_object_get_double_member (object, "flops"), ==, 2 * 24);
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (object, "operators"), "Gemm"), ==,
      1);
  input = json_array_get_object_element (json_object_get_array_member (object, "inputs"), 0);
  g_assert_cmpstr (json_object_get_string_member (input, "name"), ==, "latent");
  g_assert_cmpstr (json_object_get_string_member (input, "kind"), ==, "vector");
  g_assert_cmpstr (json_array_get_string_element (json_object_get_array_member (input, "shape"), 0),
      ==, "batch");

  g_assert_cmpint (tool (fixture, "inspect", "vector.onnx", "--shape", "latent=5x3", NULL), ==, 0);
  assert_says (fixture->out, "here [5, 1, 2, 4]");
  g_assert_cmpint (tool (fixture, "inspect", "vector.onnx", "--shape", "latent=5x4", NULL), ==, 1);
  assert_says (fixture->err, "latent");
  g_assert_cmpint (tool (fixture, "inspect", "--steps", "vector.onnx", NULL), ==, 0);
  assert_says (fixture->out, "panels");
  g_assert_cmpint (
      tool (fixture, "inspect", "--steps", "--json", "--batch", "64", "vector.onnx", NULL), ==, 0);
  assert_says (fixture->out, "\"kernel\"");
  g_assert_cmpint (
      tool (fixture, "inspect", "--steps", "--kernels", "best", "vector.onnx", NULL), ==, 1);
  assert_says (fixture->err, "rules, remembered, measured");

  g_assert_cmpint (tool (fixture, "inspect", "none.onnx", NULL), ==, 1);
  assert_says (fixture->err, "none.onnx");
}

/* --- what models are for --- */

/* A member of the input or output `name`, as text. (transfer full) */
static char *
get_member (const char *text, const char *side, const char *name, const char *member)
{
  g_autoptr (JsonNode) json = parse_json (text);
  JsonArray *ports = json_object_get_array_member (json_node_get_object (json), side);

  for (guint i = 0; i < json_array_get_length (ports); i++) {
    JsonObject *port = json_array_get_object_element (ports, i);

    if (strcmp (json_object_get_string_member (port, "name"), name) == 0)
      return json_object_has_member (port, member)
                 ? json_to_string (json_object_get_member (port, member), FALSE)
                 : NULL;
  }
  g_assert_not_reached ();
}

static void
assert_member (const Fixture *fixture, const char *side, const char *name, const char *member,
    const char *wanted)
{
  g_autofree char *is = get_member (fixture->out, side, name, member);

  g_assert_cmpstr (is, ==, wanted);
}

static void
test_inspect_parts (Fixture *fixture, gconstpointer data)
{
  save_memory (fixture, "h_in", "h_out", TRUE);
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", NULL), ==, 0);
  assert_says (fixture->out, "state, what output 'h_out' made in the run before (by names)");
  assert_says (fixture->out, "state, which input 'h_in' takes in the next run (by names)");
  assert_says (fixture->out, "parameter, unset, which --parameters strength=1 says (by its shape)");
  /* Ranges are of pictures that flow: of 'x' the metadata tells. */
  g_assert_null (strstr (fixture->err, "'h_"));
  g_assert_null (strstr (fixture->err, "'strength'"));
  g_assert_null (strstr (fixture->err, "input 'x'"));

  g_assert_cmpint (
      tool (fixture, "inspect", "memory.onnx", "--json", "--parameters", "strength=0.5", NULL), ==,
      0);
  assert_member (fixture, "inputs", "x", "part", "\"flow\"");
  assert_member (fixture, "inputs", "x", "part-source", NULL);
  assert_member (fixture, "inputs", "h_in", "part", "\"state\"");
  assert_member (fixture, "inputs", "h_in", "part-source", "\"names\"");
  assert_member (fixture, "inputs", "h_in", "partner", "\"h_out\"");
  assert_member (fixture, "inputs", "h_in", "range", NULL);
  assert_member (fixture, "outputs", "h_out", "partner", "\"h_in\"");
  assert_member (fixture, "inputs", "strength", "part", "\"parameter\"");
  assert_member (fixture, "inputs", "strength", "part-source", "\"said\"");
  assert_member (fixture, "inputs", "strength", "value", "[0.5]");
  assert_says (fixture->out, "\"window\" : 1");

  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "--states", "h_in=h_out", NULL), ==, 0);
  assert_says (fixture->out, "(said)");
  g_assert_cmpint (
      tool (fixture, "inspect", "memory.onnx", "--states", "strength=h_out", NULL), ==, 1);
  assert_says (fixture->err, "--states: input 'strength' is float32 [1], and output 'h_out'");
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "--states", "h_in=h", NULL), ==, 1);
  assert_says (fixture->err, "--states says 'h', which is no output");
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "--frames", "-1", NULL), ==, 1);
  assert_says (fixture->err, "--frames takes numbers");
}

static void
test_inspect_window (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "window.onnx");
  g_autoptr (GenGraph) graph = gen_graph_new ("window");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 5, 3, 4, 4));
  GenTensor *y =
      gen_binary (graph, "ReduceMean", x, gen_graph_ints (graph, (gint64[]){ 1 }, 1), &error);

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[1] = -1;
  save (graph, path);
  g_assert_cmpint (tool (fixture, "inspect", "window.onnx", NULL), ==, 0);
  assert_says (fixture->out, "any number of frames in a row, which --frames says");
  g_assert_cmpint (tool (fixture, "inspect", "window.onnx", "--frames", "5", NULL), ==, 0);
  assert_says (fixture->out, "5 frames in a row, black");
  assert_says (fixture->out, "window      5 frames make one");
  g_assert_cmpint (
      tool (fixture, "inspect", "--json", "window.onnx", "--shapes", "1:4:3:-1:-1", NULL), ==, 0);
  assert_member (fixture, "inputs", "x", "frames", "4");
  assert_says (fixture->out, "\"window\" : 4");
}

/* What is assumed of spectra is told, and written down where it can be edited. */
static void
test_inspect_spectra (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "spectra.onnx");
  g_autofree char *beside = path_in (fixture, "spectra.onnx.modelinfo");
  g_autofree char *text = NULL, *again = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("spectra");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "mix", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 257, 1, 2));
  GenTensor *y = gen_unary (graph, "Neg", x, &error);

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  save (graph, path);
  g_assert_cmpint (tool (fixture, "inspect", "spectra.onnx", NULL), ==, 0);
  assert_says (fixture->out, "makes sounds of 1 channel, 256 samples long");
  assert_says (fixture->out, "spectrum    complex to complex; frames of 512 samples every 256");
  assert_says (fixture->out, "mix  float32 [1, 257, 1, 2]");
  assert_says (fixture->err, "window=sqrt-hann");
  g_assert_cmpint (
      tool (fixture, "inspect", "spectra.onnx", "-w", "--spectrum", "complex,hop=128", NULL), ==,
      0);
  g_assert_true (g_file_get_contents (beside, &text, NULL, NULL));
  assert_says (text, "mix=complex");
  assert_says (text, "length=512,hop=128,window=sqrt-hann");
  g_assert_null (strstr (text, "sample-rate"));
  assert_says (text, "dims=1,257,1,2");
  g_assert_cmpint (tool (fixture, "inspect", "spectra.onnx", "-w", "-f", NULL), ==, 0);
  assert_says (fixture->out, "every 128");
  g_assert_true (g_file_get_contents (beside, &again, NULL, NULL));
  g_assert_cmpstr (again, ==, text);
  /* A rate is of the sound, which is none of the file's own ports. */
  g_assert_cmpint (
      tool (fixture, "inspect", "spectra.onnx", "-w", "-f", "--sample-rate", "22050", NULL), ==, 0);
  assert_says (fixture->out, "at 22050 Hz");
  g_assert_null (strstr (fixture->err, "sample-rate"));
  g_assert_cmpint (tool (fixture, "inspect", "spectra.onnx", "-w", "-f", NULL), ==, 0);
  assert_says (fixture->out, "at 22050 Hz");
}

/* One net of a row of `n` numbers. */
static void
save_row (const char *path, const char *input, const char *output, gint64 n)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("row");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, input, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, n));
  GenTensor *y = gen_graph_add_value (graph, output);

  gen_graph_add_node (graph, "", NULL, "Sigmoid", GEN_OPSET, &x, 1, &y, 1, &error);
  g_assert_no_error (error);
  g_assert_true (gen_graph_infer (graph, &error));
  gen_graph_add_output (graph, y);
  save (graph, path);
}

/* A file that follows and lies beside is written by its name alone; and the rate of the whole,
 * which frames take for theirs where they look like a sound, is nothing that the metadata says. */
static void
test_write_chain (Fixture *fixture, gconstpointer data)
{
  g_autofree char *beside = path_in (fixture, "first.onnx.modelinfo"), *text = NULL;
  g_autofree char *first = path_in (fixture, "first.onnx");
  g_autofree char *second = path_in (fixture, "second.onnx");

  save_row (first, "mix", "mask", 257);
  save_row (second, "noisy", "clean", 512);
  g_assert_cmpint (
      tool (fixture, "inspect", "first.onnx", "-w", "--chain", second, "--spectrum",
          "mix=magnitude,mask=mask,second/noisy=frames,second/clean=frames,length=512,hop=128,"
          "window=rectangular,synthesis=none",
          "--sample-rate", "16000", NULL),
      ==, 0);
  g_assert_null (strstr (fixture->err, "comes before"));
  g_assert_true (g_file_get_contents (beside, &text, NULL, NULL));
  assert_says (text, "chain=second.onnx\n");
  assert_says (text, "sample-rate=16000\n");
}

/* One of DeepFilterNet's files by itself, and one of a chain. */
static void
test_inspect_chained (Fixture *fixture, gconstpointer data)
{
  static const char *const names[][2] = { { "feat_erb", "feat_spec" }, { "emb", "c0" } };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = path_in (fixture, "enc.onnx");
    g_autoptr (GenGraph) graph = gen_graph_new ("enc");
    GenTensor *a =
        gen_graph_add_input (graph, names[i][0], GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 5, 32));
    GenTensor *b =
        gen_graph_add_input (graph, names[i][1], GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2, 5, 96));

    gen_graph_add_output (graph, gen_unary (graph, "Neg", a, NULL));
    gen_graph_add_output (graph, gen_unary (graph, "GlobalAveragePool", b, NULL));
    a->shape.dims[2] = b->shape.dims[2] = -1;
    save (graph, path);
    g_assert_cmpint (tool (fixture, "inspect", "enc.onnx", NULL), ==, 0);
    assert_says (fixture->out, i == 0 ? "spectrum    perhaps: DeepFilterNet's first file: chain="
                                      : "spectrum    perhaps: features of a sound");
    g_assert_cmpint (tool (fixture, "inspect", "--json", "enc.onnx", NULL), ==, 0);
    assert_says (fixture->out, "\"suggestion\" : ");
  }
}

/* Where blue comes first, that is shown. */
static void
test_inspect_order (Fixture *fixture, gconstpointer data)
{
  for (int bgr = 0; bgr < 2; bgr++) {
    g_autofree char *path = path_in (fixture, "colours.onnx");
    g_autoptr (GenGraph) graph = gen_graph_new ("colours");
    g_autoptr (GError) error = NULL;
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 4));

    gen_graph_add_output (graph, gen_unary (graph, "Sigmoid", x, &error));
    g_assert_no_error (error);
    if (bgr)
      g_hash_table_insert (
          graph->metadata, g_strdup ("generative.channel-order"), g_strdup ("bgr"));
    save (graph, path);
    g_assert_cmpint (tool (fixture, "inspect", "colours.onnx", NULL), ==, 0);
    g_assert_true ((strstr (fixture->out, "blue first") != NULL) == bgr);
    g_assert_cmpint (tool (fixture, "inspect", "colours.onnx", "--json", NULL), ==, 0);
    assert_member (fixture, "inputs", "x", "channel-order", bgr ? "\"bgr\"" : "\"rgb\"");
  }
}

/* What has been written is read, and the same is decided; a user can edit it. */
static void
test_write_modelinfo (Fixture *fixture, gconstpointer data)
{
  g_autofree char *beside = path_in (fixture, "memory.onnx.modelinfo");
  g_autofree char *before = NULL, *text = NULL, *after = NULL, *edited = NULL;
  g_auto (GStrv) parts = NULL;

  /* Nothing tells which is the state but the user. */
  save_memory (fixture, "a", "b", TRUE);
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "--write-modelinfo", "--states", "a=b",
                       "--parameters", "strength=0.1", "--shapes", "x=1:1:8:-1", NULL),
      ==, 0);
  assert_says (fixture->out, "written     memory.onnx.modelinfo");
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "--json", NULL), ==, 0);
  assert_member (fixture, "inputs", "a", "part", "\"state\"");
  assert_member (fixture, "inputs", "a", "part-source", "\"said\"");
  assert_member (fixture, "inputs", "a", "partner", "\"b\"");
  assert_member (fixture, "inputs", "x", "shape", "[1,1,8,null]");
  assert_member (fixture, "inputs", "x", "range", "\"said\"");
  assert_member (fixture, "inputs", "x", "black", "[0.0]");
  g_assert_cmpstr (fixture->err, ==, "");
  before = g_strdup (fixture->out);

  /* It is not replaced unless that is wished; and written again, it is what it was. */
  g_assert_true (g_file_get_contents (beside, &text, NULL, NULL));
  assert_says (text, "value=0.1\n");
  assert_says (text, "ranges=0,1\n");
  assert_says (text, "state=b\n");
  assert_says (text, "dims=1,1,8,-1\n");
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "-w", NULL), ==, 1);
  assert_says (fixture->err, "--force");
  assert_says (fixture->err, "memory.onnx.modelinfo");
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "-w", "--force", NULL), ==, 0);
  g_assert_true (g_file_get_contents (beside, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, text);
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "--json", NULL), ==, 0);
  g_assert_cmpstr (fixture->out, ==, before);

  parts = g_strsplit (text, "value=0.1", 2);
  g_assert_nonnull (parts[1]);
  edited = g_strjoinv ("value=0.75", parts);
  g_assert_true (g_file_set_contents (beside, edited, -1, NULL));
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "--json", NULL), ==, 0);
  assert_member (fixture, "inputs", "strength", "value", "[0.75]");
}

/* What the model itself says comes first, which is told; and sound has its rate. */
static void
test_write_doubt (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "sound.onnx");
  g_autofree char *beside = path_in (fixture, "sound.onnx.modelinfo"), *text = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("sound");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 256)), *y;
  GenTensor *gain = gen_graph_add_input (graph, "gain", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));

  y = gen_binary (graph, "Mul", x, gain, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.parameters"), g_strdup ("gain=2"));
  save (graph, path);
  g_assert_true (g_file_set_contents (beside, "[x]\nsample-rate=16000\n", -1, NULL));
  g_assert_cmpint (tool (fixture, "inspect", "sound.onnx", "-w", "-f", NULL), ==, 0);
  g_assert_cmpstr (fixture->err, ==, "");
  g_assert_true (g_file_get_contents (beside, &text, NULL, NULL));
  assert_says (text, "sample-rate=16000\n");
  assert_says (text, "value=2\n");
  g_assert_cmpint (tool (fixture, "inspect", "sound.onnx", NULL), ==, 0);
  assert_says (fixture->out, "sound, 16000 Hz");
  g_assert_cmpint (
      tool (fixture, "inspect", "sound.onnx", "-w", "-f", "--parameters", "gain=3", NULL), ==, 0);
  assert_says (fixture->err, "what the metadata of the model says of input 'gain' comes before");
}

/* A number that shapes hang on is a constant, and is written all the same. */
static void
test_write_constant (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "larger.onnx");
  g_autofree char *beside = path_in (fixture, "larger.onnx.modelinfo"), *text = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("larger");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 4));
  GenTensor *ratio = gen_graph_add_input (graph, "ratio", GEN_TYPE_FLOAT32, &GEN_SHAPE (4));
  GenTensor *inputs[] = { x, NULL, ratio }, *y = gen_graph_add_value (graph, "y");

  gen_graph_add_node (graph, "", NULL, "Resize", GEN_OPSET, inputs, 3, &y, 1, &error);
  g_assert_no_error (error);
  y->type = GEN_TYPE_FLOAT32;
  y->shape = GEN_SHAPE (-1, -1, -1, -1);
  gen_graph_add_output (graph, y);
  save (graph, path);
  g_assert_cmpint (
      tool (fixture, "inspect", "larger.onnx", "-w", "--parameters", "ratio=1:1:2:2", NULL), ==, 0);
  assert_says (fixture->out, "constants   ratio  shapes hang on its number");
  assert_says (fixture->out, "pictures of 8 x 8 pixels");
  g_assert_true (g_file_get_contents (beside, &text, NULL, NULL));
  assert_says (text, "[ratio]\ndir=input\ntype=float32\nvalue=1:1:2:2\n");
  g_assert_cmpint (tool (fixture, "inspect", "larger.onnx", "--json", NULL), ==, 0);
  assert_says (fixture->out, "pictures of 8 x 8 pixels");
  assert_says (fixture->out, "\"ratio\"");
  g_assert_cmpint (tool (fixture, "run", "larger.onnx", NULL), ==, 0);
  assert_says (fixture->out, "y: float32 [1, 3, 8, 8]");
}

/* That there are none can be said as well, and what is not known yet has its place. */
static void
test_write_none (Fixture *fixture, gconstpointer data)
{
  g_autofree char *beside = path_in (fixture, "memory.onnx.modelinfo"), *text = NULL;

  save_memory (fixture, "h_in", "h_out", FALSE);
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "-w", "--states", "", NULL), ==, 0);
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "--json", NULL), ==, 0);
  assert_member (fixture, "inputs", "h_in", "part", "\"flow\"");
  assert_member (fixture, "outputs", "h_out", "part", "\"flow\"");
  assert_member (fixture, "inputs", "strength", "value", "null");
  assert_says (fixture->out, "\"window\" : 0");
  g_assert_true (g_file_get_contents (beside, &text, NULL, NULL));
  assert_says (text, "value=1\n");
  /* They are frames, then. */
  g_assert_cmpint (
      tool (fixture, "inspect", "memory.onnx", "-w", "-f", "--frames", "2", NULL), ==, 0);
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "--json", NULL), ==, 0);
  assert_says (fixture->out, "\"window\" : 2");
}

/* What generator takes as properties is tried, and written down. */
static void
test_write_numbers (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "picture.onnx");
  g_autofree char *beside = path_in (fixture, "picture.onnx.modelinfo"), *text = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("picture");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8));

  gen_graph_add_output (graph, gen_unary (graph, "Neg", x, &error));
  g_assert_no_error (error);
  save (graph, path);
  g_assert_cmpint (tool (fixture, "inspect", "picture.onnx", "-w", "--json", "--input-range",
                       "0,255,0,255,-1,1", "--output-range", "16,235", NULL),
      ==, 0);
  assert_member (fixture, "inputs", "x", "white", "[255.0,255.0,1.0]");
  assert_member (fixture, "inputs", "x", "range", "\"said\"");
  g_assert_cmpstr (fixture->err, ==, "");
  g_assert_true (g_file_get_contents (beside, &text, NULL, NULL));
  assert_says (text, "ranges=0,255;0,255;-1,1\n");
  assert_says (text, "ranges=16,235\n");
  g_assert_null (strstr (text, "outputs"));
  g_assert_cmpint (tool (fixture, "inspect", "picture.onnx", "--json", NULL), ==, 0);
  assert_member (fixture, "inputs", "x", "black", "[0.0,0.0,-1.0]");
  g_assert_cmpint (tool (fixture, "inspect", "picture.onnx", "--input-range", "1", NULL), ==, 1);
  assert_says (fixture->err, "--input-range is \"1\", which should be two different numbers");
  g_assert_cmpint (tool (fixture, "inspect", "picture.onnx", "--sample-rate", "8000", NULL), ==, 1);
  assert_says (fixture->err, "--sample-rate is 8000, and the model neither takes nor makes");

  /* What the model itself says comes first. */
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  save (graph, path);
  g_assert_cmpint (
      tool (fixture, "inspect", "picture.onnx", "-w", "-f", "--output-range", "-1,1", NULL), ==, 0);
  assert_says (fixture->err, "comes before what is written: generative.output-range");
}

/* What is played of several. */
static void
test_write_played (Fixture *fixture, gconstpointer data)
{
  g_autofree char *beside = path_in (fixture, "memory.onnx.modelinfo"), *text = NULL;

  save_memory (fixture, "h_in", "h_out", TRUE);
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "-w", "--outputs", "h_out", "--inputs",
                       "x=night.png", NULL),
      ==, 0);
  assert_says (fixture->out, "played      h_out");
  assert_says (fixture->out, "beside      x=night.png");
  g_assert_true (g_file_get_contents (beside, &text, NULL, NULL));
  assert_says (text, "[generative]\noutputs=h_out\ninputs=x=night.png\n");
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", NULL), ==, 0);
  assert_says (fixture->out, "played      h_out");
  g_assert_cmpint (tool (fixture, "inspect", "memory.onnx", "--outputs", "h", NULL), ==, 1);
  assert_says (fixture->err, "--outputs says 'h', which is no output");
}

static void
test_write_rate (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "row.onnx");
  g_autofree char *beside = path_in (fixture, "row.onnx.modelinfo"), *text = NULL;
  g_autofree char *rate = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("row");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 256));

  gen_graph_add_output (graph, gen_unary (graph, "Neg", x, &error));
  g_assert_no_error (error);
  save (graph, path);
  g_assert_cmpint (
      tool (fixture, "inspect", "row.onnx", "-w", "--sample-rate", "16000", NULL), ==, 0);
  assert_says (fixture->out, "sound, 16000 Hz");
  g_assert_cmpstr (fixture->err, ==, "");
  g_assert_true (g_file_get_contents (beside, &text, NULL, NULL));
  assert_says (text, "sample-rate=16000\n");
  g_assert_cmpint (tool (fixture, "inspect", "row.onnx", "--json", NULL), ==, 0);
  assert_member (fixture, "inputs", "x", "kind", "\"sound\"");
  assert_member (fixture, "inputs", "x", "sample-rate", "16000");
}

/* What counts ids follows from them, text becomes ids, and what comes out is a sound. */
static void
test_speech (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = speech_save (fixture->folder, SPEECH_JSON);
  g_autofree char *text = path_in (fixture, "text.txt"), *sound = path_in (fixture, "sound.wav");
  g_autofree char *bad = path_in (fixture, "bad.txt"), *beside = g_strconcat (path, ".json", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GenSound) made = { 0 };

  g_assert_cmpint (tool (fixture, "inspect", "voice.onnx", NULL), ==, 0);
  assert_says (fixture->out, "int64 [?, ?]  ids of symbols");
  assert_says (fixture->out, "how many ids input 'input' has (by names)");
  assert_says (fixture->out, "parameter, stands at 0.001:1:0");
  assert_says (fixture->out, "sound, 8000 Hz");
  assert_says (fixture->out, "text        7 symbols, by voice.onnx.json");
  g_assert_cmpint (tool (fixture, "inspect", "voice.onnx", "--json", NULL), ==, 0);
  assert_says (fixture->out, "\"kind\" : \"tokens\"");
  assert_says (fixture->out, "\"part\" : \"length\"");
  assert_says (fixture->out, "\"partner\" : \"input\"");

  g_file_set_contents (text, "ab?\n", -1, &error);
  g_file_set_contents (bad, "?\n", -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (tool (fixture, "run", "voice.onnx", "--input", "input=text.txt", "--output",
                       "output=sound.wav", NULL),
      ==, 0);
  assert_says (fixture->err, "voice.onnx.json has no ids for '?'");
  gen_sound_load (&made, sound, 8000, 1, &error);
  g_assert_no_error (error);
  /* 1, 10, 20 and 2, and 7 ids. */
  g_assert_cmpuint (made.frames, ==, 40);
  g_assert_cmpint (tool (fixture, "run", "voice.onnx", "--input", "input=bad.txt", NULL), !=, 0);
  assert_says (fixture->err, "bad.txt holds nothing that voice.onnx.json has ids for");
  g_unlink (beside);
  g_assert_cmpint (tool (fixture, "run", "voice.onnx", "--input", "input=text.txt", "--parameters",
                       "scales=1:1:1", NULL),
      !=, 0);
  assert_says (fixture->err, "voice.onnx.json with a phoneme_id_map");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (g_getenv ("GENERATIVE_MODEL") == NULL)
    g_error ("set GENERATIVE_MODEL to the tool's path");
  g_test_add ("/tool/inspect", Fixture, NULL, set_up, test_inspect, tear_down);
  g_test_add ("/tool/inspect-denoiser", Fixture, NULL, set_up, test_inspect_denoiser, tear_down);
  g_test_add ("/tool/inspect-quantized", Fixture, NULL, set_up, test_inspect_quantized, tear_down);
  g_test_add ("/tool/inspect-free", Fixture, NULL, set_up, test_inspect_free, tear_down);
  g_test_add ("/tool/inspect-parts", Fixture, NULL, set_up, test_inspect_parts, tear_down);
  g_test_add ("/tool/inspect-window", Fixture, NULL, set_up, test_inspect_window, tear_down);
  g_test_add ("/tool/inspect-spectra", Fixture, NULL, set_up, test_inspect_spectra, tear_down);
  g_test_add ("/tool/inspect-chained", Fixture, NULL, set_up, test_inspect_chained, tear_down);
  g_test_add ("/tool/inspect-order", Fixture, NULL, set_up, test_inspect_order, tear_down);
  g_test_add ("/tool/write-numbers", Fixture, NULL, set_up, test_write_numbers, tear_down);
  g_test_add ("/tool/write-played", Fixture, NULL, set_up, test_write_played, tear_down);
  g_test_add ("/tool/write-chain", Fixture, NULL, set_up, test_write_chain, tear_down);
  g_test_add ("/tool/inspect-bodies", Fixture, NULL, set_up, test_inspect_bodies, tear_down);
  g_test_add ("/tool/inspect-boxes", Fixture, NULL, set_up, test_inspect_boxes, tear_down);
  g_test_add ("/tool/inspect-rows", Fixture, NULL, set_up, test_inspect_rows, tear_down);
  g_test_add ("/tool/write-rate", Fixture, NULL, set_up, test_write_rate, tear_down);
  g_test_add ("/tool/write-modelinfo", Fixture, NULL, set_up, test_write_modelinfo, tear_down);
  g_test_add ("/tool/write-none", Fixture, NULL, set_up, test_write_none, tear_down);
  g_test_add ("/tool/write-doubt", Fixture, NULL, set_up, test_write_doubt, tear_down);
  g_test_add ("/tool/write-constant", Fixture, NULL, set_up, test_write_constant, tear_down);
  g_test_add ("/tool/speech", Fixture, NULL, set_up, test_speech, tear_down);
  return g_test_run ();
}
