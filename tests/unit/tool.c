/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model, as a user runs it: what it prints, what it writes, how it ends. */
#include <stdarg.h>
#include <string.h>
#include <json-glib/json-glib.h>
#include <generative/npy.h>
#include <generative/onnx.h>
#include <generative/picture.h>
#include <generative/plan.h>

#include "../launch.h"
#include "../scratch.h"
#include "../staged.h"
#include "onnx.pb-c.h"

typedef struct {
  char *folder;
  char *out, *err; /* of the last run */
  char *vector;    /* a model: latent [batch, 3] to image [batch, 1, 2, 4] by Gemm and Tanh */
  char *picture;   /* a model: image [batch, 3, height, width] to its double */
} Fixture;

static char *
path_in (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

static void
save (GenGraph *graph, const char *path)
{
  g_autoptr (GError) error = NULL;

  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static GenGraph *
vector_model (void)
{
  static const gint64 shape[] = { -1, 1, 2, 4 };
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("vector model");
  GenTensor *x = gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3)), *y;
  float *w = g_new (float, 24);

  for (int i = 0; i < 24; i++)
    w[i] = (i * 7 % 11 - 5) * 0.2f;
  y = gen_binary (graph, "Gemm", x,
      gen_graph_add_constant (
          graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (3, 8), g_bytes_new_take (w, 96)),
      &error);
  y = gen_unary (graph, "Tanh", y, &error);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, shape, 4), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.frame-rate"), g_strdup ("25"));
  /* Free the batch, as a model reader finds it. */
  x->shape.dims[0] = y->shape.dims[0] = -1;
  x->dim_names[0] = g_strdup ("batch");
  return graph;
}

static GenGraph *
picture_model (void)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("picture model");
  GenTensor *x = gen_graph_add_input (graph, "image", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 4, 4)),
            *y;

  y = gen_binary (graph, "Mul", x, gen_graph_float (graph, 2), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  for (int i = 0; i < 4; i++)
    if (i != 1)
      x->shape.dims[i] = y->shape.dims[i] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,2"));
  return graph;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenGraph) vector = vector_model ();
  g_autoptr (GenGraph) picture = picture_model ();

  fixture->folder = scratch_new ();
  fixture->vector = path_in (fixture, "vector.onnx");
  fixture->picture = path_in (fixture, "picture.onnx");
  save (vector, fixture->vector);
  save (picture, fixture->picture);
}

/* A model whose shapes hang on what it computes. */
static void
save_staged (const Fixture *fixture)
{
  g_autofree char *path = path_in (fixture, "staged.onnx");
  g_autoptr (GenGraph) graph = gen_graph_new ("staged");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 3));
  GenTensor *y = staged_same (graph, x);

  y->type = GEN_TYPE_FLOAT32;
  gen_graph_add_output (graph, y);
  save (graph, path);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->out);
  g_free (fixture->err);
  g_free (fixture->vector);
  g_free (fixture->picture);
}

/* Run the tool in the fixture's folder; the arguments end with NULL. Returns its exit status. */
static int
tool (Fixture *fixture, ...)
{
  g_autoptr (GPtrArray) argv = launch_line (g_getenv ("GENERATIVE_MODEL"));
  g_autoptr (GError) error = NULL;
  va_list arguments;
  char *argument;
  int status;

  va_start (arguments, fixture);
  do {
    argument = va_arg (arguments, char *);
    g_ptr_array_add (argv, g_strdup (argument));
  } while (argument != NULL);
  va_end (arguments);
  g_clear_pointer (&fixture->out, g_free);
  g_clear_pointer (&fixture->err, g_free);
  g_spawn_sync (fixture->folder, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
      &fixture->out, &fixture->err, &status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  g_test_message ("%s%s", fixture->out, fixture->err);
  return WEXITSTATUS (status);
}

#define assert_says(TEXT, WORDS) g_assert_nonnull (strstr (TEXT, WORDS))

static JsonNode *
parse_json (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = json_from_string (text, &error);

  g_assert_no_error (error);
  return node;
}

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
}

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

/* --- what models are for --- */

/* y = x * strength + h, grey, and h becomes y; "h_in" and "h_out" tell it, or nothing does. */
static void
save_memory (const Fixture *fixture, const char *state, const char *next, gboolean is_free)
{
  g_autofree char *path = path_in (fixture, "memory.onnx");
  g_autoptr (GenGraph) graph = gen_graph_new ("memory");
  g_autoptr (GError) error = NULL;
  const GenShape shape = GEN_SHAPE (1, 1, 4, 4);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);
  GenTensor *h = gen_graph_add_input (graph, state, GEN_TYPE_FLOAT32, &shape);
  GenTensor *s = gen_graph_add_input (graph, "strength", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *y = gen_binary (graph, "Mul", x, s, &error), *out;

  y = gen_binary (graph, "Add", y, h, &error);
  g_assert_no_error (error);
  out = gen_graph_add_value (graph, next);
  gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &y, 1, &out, 1, &error);
  g_assert_no_error (error);
  g_assert_true (gen_graph_infer (graph, &error));
  gen_graph_add_output (graph, y);
  gen_graph_add_output (graph, out);
  for (int d = 2; is_free && d < 4; d++)
    x->shape.dims[d] = h->shape.dims[d] = y->shape.dims[d] = out->shape.dims[d] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  save (graph, path);
}

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

  g_assert_cmpint (
      tool (fixture, "inspect", "memory.onnx", "--states", "strength=h_out", NULL), ==, 0);
  assert_says (fixture->out, "(said)");
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
  assert_says (text, "dims=1,257,1,2");
  g_assert_cmpint (tool (fixture, "inspect", "spectra.onnx", "-w", "-f", NULL), ==, 0);
  assert_says (fixture->out, "every 128");
  g_assert_true (g_file_get_contents (beside, &again, NULL, NULL));
  g_assert_cmpstr (again, ==, text);
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
    assert_says (fixture->out, "black -1, white 1 (assumed)");
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
    assert_says (fixture->err, "-1 and 1 are assumed");
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
  g_assert_cmpint (tool (fixture, "bench", "picture.onnx", "--seconds", "0.01", "--shape",
                       "image=2x3x8x9", NULL),
      ==, 0);
  assert_says (fixture->out, "[2, 3, 8, 9]");
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
  g_test_add ("/tool/usage", Fixture, NULL, set_up, test_usage, tear_down);
  g_test_add ("/tool/inspect", Fixture, NULL, set_up, test_inspect, tear_down);
  g_test_add ("/tool/inspect-denoiser", Fixture, NULL, set_up, test_inspect_denoiser, tear_down);
  g_test_add ("/tool/inspect-quantized", Fixture, NULL, set_up, test_inspect_quantized, tear_down);
  g_test_add ("/tool/inspect-free", Fixture, NULL, set_up, test_inspect_free, tear_down);
  g_test_add ("/tool/inspect-parts", Fixture, NULL, set_up, test_inspect_parts, tear_down);
  g_test_add ("/tool/inspect-window", Fixture, NULL, set_up, test_inspect_window, tear_down);
  g_test_add ("/tool/inspect-spectra", Fixture, NULL, set_up, test_inspect_spectra, tear_down);
  g_test_add ("/tool/inspect-order", Fixture, NULL, set_up, test_inspect_order, tear_down);
  g_test_add ("/tool/write-modelinfo", Fixture, NULL, set_up, test_write_modelinfo, tear_down);
  g_test_add ("/tool/write-none", Fixture, NULL, set_up, test_write_none, tear_down);
  g_test_add ("/tool/write-doubt", Fixture, NULL, set_up, test_write_doubt, tear_down);
  g_test_add ("/tool/write-constant", Fixture, NULL, set_up, test_write_constant, tear_down);
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
