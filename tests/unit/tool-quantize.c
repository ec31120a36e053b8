/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model quantize: what is written plays as it is told, samples of all kinds are taken,
 * budgets are kept, and what is wrong is said while nothing is written. */
#include <generative/sound.h>

#include <math.h>

#include "../quantized-net.h"
#include "tool.h"

enum { ITEMS = 24, SIDE = 8 };

static JsonObject *
run_json (Fixture *fixture, JsonNode **node)
{
  *node = parse_json (fixture->out);
  return json_node_get_object (*node);
}

static double
figure (JsonObject *told, const char *side, const char *name)
{
  JsonObject *object = json_object_get_object_member (told, side);

  return json_object_get_double_member_with_default (object, name, NAN);
}

static gboolean
exists (const Fixture *fixture, const char *name)
{
  g_autofree char *path = path_in (fixture, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static GenGraph *
load (const Fixture *fixture, const char *name)
{
  g_autofree char *path = path_in (fixture, name);
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_onnx_load (path, &error);

  g_assert_no_error (error);
  return graph;
}

static guint
count_type (const GenGraph *graph, GenDataType type)
{
  guint n = 0;

  for (guint i = 0; i < graph->tensors->len; i++)
    n += ((GenTensor *)g_ptr_array_index (graph->tensors, i))->type == type;
  return n;
}

/* The net of quantized-net.h, in the file `net.onnx`, of any batch. */
static void
save_net (const Fixture *fixture)
{
  g_autofree char *path = path_in (fixture, "net.onnx");
  g_autoptr (GenGraph) graph = quantized_net_new ();

  ((GenTensor *)g_ptr_array_index (graph->inputs, 0))->shape.dims[0] = -1;
  ((GenTensor *)g_ptr_array_index (graph->outputs, 0))->shape.dims[0] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("-1,1"));
  save (graph, path);
}

/* A picture to two numbers by a convolution. */
static void
save_classifier (const Fixture *fixture)
{
  g_autofree char *path = path_in (fixture, "classifier.onnx");
  g_autoptr (GenGraph) graph = gen_graph_new ("classifier");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  GenTensor *y;

  y = quantized_net_layer (graph, "Conv", x, "conv", &GEN_SHAPE (4, 1, 3, 3), 4, 1, &error);
  y = gen_unary (graph, "Flatten", gen_unary (graph, "Relu", y, &error), &error);
  y = quantized_net_layer (
      graph, "Gemm", y, "dense", &GEN_SHAPE (4 * SIDE * SIDE, 2), 2, 1, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[0] = y->shape.dims[0] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  save (graph, path);
}

/* Grey pictures whose brightest pixels are `most`. */
static void
save_pictures (const Fixture *fixture, const char *name, int size, int channels, int most)
{
  g_autofree char *folder = path_in (fixture, name);
  g_autofree guint8 *pixels = g_new (guint8, size * size * channels);
  const GenPicture picture = { pixels, size, size, channels, size * channels };

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  for (int i = 0; i < ITEMS; i++) {
    const GenRandom random = gen_random_new ((guint64)i, "pictures", 0);
    g_autofree char *path = g_strdup_printf ("%s/%02d.png", folder, i);
    g_autoptr (GError) error = NULL;

    for (int k = 0; k < size * size * channels; k++)
      pixels[k] =
          k == 0 ? (guint8)most : (guint8)gen_random_below (&random, 0, (guint64)k, (guint32)most);
    gen_picture_save_png (&picture, path, &error);
    g_assert_no_error (error);
  }
}

/* --- tests --- */

/* All ways, of latents that are drawn: what is told is what is in the file. */
static void
test_latents (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *name;
    GenDataType type;
  } ways[] = { { "int8", GEN_TYPE_INT8 }, { "int8-dynamic", GEN_TYPE_INT8 },
    { "int8-weights", GEN_TYPE_INT8 }, { "int4-weights", GEN_TYPE_UINT8 },
    { "float16", GEN_TYPE_FLOAT16 }, { "bfloat16", GEN_TYPE_BFLOAT16 } };

  save_net (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
    g_autoptr (JsonNode) node = NULL;
    g_autoptr (GenGraph) made = NULL;
    JsonObject *told;

    g_assert_cmpint (
        tool (fixture, "quantize", "net.onnx", "-o", "made.onnx", "--to", ways[i].name, "--seconds",
            "0", "--judged", "32", "--force", "--json", "--report", "report.json", NULL),
        ==, 0);
    told = run_json (fixture, &node);
    g_assert_cmpstr (json_object_get_string_member (told, "to"), ==, ways[i].name);
    g_assert_cmpint (json_array_get_length (json_object_get_array_member (told, "layers")), ==, 6);
    g_assert_cmpfloat (figure (told, "after", "sqnr"), >, 10);
    g_assert_cmpfloat (figure (told, "after", "size"), <, figure (told, "before", "size"));
    made = load (fixture, "made.onnx");
    g_assert_cmpuint (count_type (made, ways[i].type), >, 0);
    g_assert_cmpint (((GenTensor *)g_ptr_array_index (made->inputs, 0))->shape.dims[0], ==, -1);
    g_assert_cmpstr (g_hash_table_lookup (made->metadata, "generative.output-range"), ==, "-1,1");
    {
      g_autofree char *path = path_in (fixture, "report.json");
      g_autofree char *text = NULL;

      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      g_strchomp (text);
      g_strchomp (fixture->out);
      g_assert_cmpstr (text, ==, fixture->out);
    }
  }
}

/* Ranges are those of the samples, in the model's own numbers; batches of one size are taken. */
static void
test_samples (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenGraph) made = NULL;
  g_autofree char *path = path_in (fixture, "x.npy");
  float x[16 * SIDE * SIDE];
  g_autoptr (GError) error = NULL;

  save_classifier (fixture);
  save_pictures (fixture, "pictures", SIDE, 1, 102);
  g_assert_cmpint (tool (fixture, "quantize", "classifier.onnx", "-o", "made.onnx", "--calibrate",
                       "pictures", "--seconds", "0", NULL),
      ==, 0);
  assert_says (fixture->out, "int8 weights by channel, uint8 activations");
  made = load (fixture, "made.onnx");
  /* 0.4 is 255 of them. */
  g_assert_cmpfloat_with_epsilon (
      (double)*(const float *)gen_tensor_constant (gen_graph_find (made, "x_scale")), 0.4 / 255,
      1e-6);
  for (gsize i = 0; i < G_N_ELEMENTS (x); i++)
    x[i] = i % 3 == 0 ? -1 : 1;
  gen_npy_save (path, GEN_TYPE_FLOAT32, &GEN_SHAPE (16, 1, SIDE, SIDE), x, &error);
  g_assert_no_error (error);
  g_assert_cmpint (tool (fixture, "quantize", "classifier.onnx", "-o", "made.onnx", "-f",
                       "--calibrate", "x.npy", "--seconds", "0", NULL),
      ==, 0);
  gen_graph_unref (made);
  made = load (fixture, "made.onnx");
  g_assert_cmpfloat_with_epsilon (
      (double)*(const float *)gen_tensor_constant (gen_graph_find (made, "x_scale")), 2.0 / 255,
      1e-6);
}

/* Sounds of any length are as many pieces of what the model is given as they hold. */
static void
test_sounds (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "net.onnx");
  g_autofree char *folder = path_in (fixture, "sounds");
  g_autofree char *file = g_build_filename (folder, "0.wav", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("net"), made = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GenSound) sound = { 0 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 64)), *y;

  y = gen_graph_op (graph, "Conv",
      (GenTensor *[]){ x, quantized_net_constant (graph, "w", &GEN_SHAPE (1, 1, 9), 1) }, 2, 1,
      &error, "pads", GEN_INTS, 2, (gint64[]){ 4, 4 }, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[0] = y->shape.dims[0] = x->shape.dims[2] = y->shape.dims[2] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("8000"));
  save (graph, path);
  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  gen_sound_init (&sound, 8000, 1, 20 * 512 + 100);
  /* The last whole piece has the loudest sample, and what is behind it is left out. */
  for (gsize i = 0; i < sound.frames; i++)
    sound.data[i] = i >= 20 * 512 ? 1 : i % 2 == 0 ? 0.25f : -0.25f;
  sound.data[20 * 512 - 1] = 0.5f;
  g_assert_true (gen_sound_save_wav (&sound, file, GEN_SOUND_WAV_F32, &error));
  g_assert_no_error (error);
  g_assert_cmpint (tool (fixture, "quantize", "net.onnx", "-o", "made.onnx", "--calibrate",
                       "sounds", "length=512", "--shape", "x=1x1x512", "--seconds", "0", NULL),
      ==, 0);
  made = load (fixture, "made.onnx");
  g_assert_cmpfloat_with_epsilon (
      (double)*(const float *)gen_tensor_constant (gen_graph_find (made, "x_scale")), 0.75 / 255,
      1e-6);
  g_assert_cmpint (tool (fixture, "quantize", "net.onnx", "-o", "made.onnx", "-f", "--calibrate",
                       "sounds", "--shape", "x=1x1x512", "--seconds", "0", NULL),
      ==, 1);
  assert_says (fixture->err, "length=");
}

/* Layers stay until it is kept, as few as it takes, and a budget that none would keep is said. */
static void
test_budget (Fixture *fixture, gconstpointer data)
{
  guint left[2] = { 0 };
  double sqnr = 0;

  save_net (fixture);
  for (int i = 0; i < 2; i++) {
    g_autoptr (JsonNode) node = NULL;
    g_autofree char *budget = g_strdup_printf ("sqnr>%.2f", sqnr + 3);
    JsonArray *layers;
    JsonObject *told;

    g_assert_cmpint (
        tool (fixture, "quantize", "net.onnx", "-o", "made.onnx", "--seconds", "0", "--judged",
            "32", "-f", "--json", "--budget", i == 0 ? "sqnr>1" : budget, NULL),
        ==, 0);
    told = run_json (fixture, &node);
    sqnr = i == 0 ? figure (told, "after", "sqnr") : sqnr;
    g_assert_cmpfloat (figure (told, "after", "sqnr"), >=, i == 0 ? 1 : sqnr + 3);
    layers = json_object_get_array_member (told, "layers");
    for (guint k = 0; k < json_array_get_length (layers); k++) {
      JsonObject *layer = json_array_get_object_element (layers, k);

      if (json_object_get_boolean_member (layer, "changed"))
        continue;
      left[i]++;
      g_assert_cmpstr (
          json_object_get_string_member (layer, "done"), ==, "float32, to keep the budget");
    }
  }
  g_assert_cmpuint (left[0], ==, 0);
  g_assert_cmpuint (left[1], >, 0);
  g_assert_cmpuint (left[1], <, 6);
  g_assert_cmpint (tool (fixture, "quantize", "net.onnx", "-o", "none.onnx", "--seconds", "0",
                       "--judged", "32", "--budget", "sqnr>500", NULL),
      ==, 1);
  assert_says (fixture->err, "no layer can be quantised");
  g_assert_false (exists (fixture, "none.onnx"));
}

/* All layers where that is asked for; else no fewer are faster, or nothing is written and it is
 * said what helps. */
static void
test_slower (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) node = NULL;
  JsonArray *layers;
  JsonObject *told;
  int status;

  save_net (fixture);
  g_assert_cmpint (tool (fixture, "quantize", "net.onnx", "-o", "made.onnx", "--seconds", "0.01",
                       "--judged", "32", "--json", "--even-slower", NULL),
      ==, 0);
  told = run_json (fixture, &node);
  layers = json_object_get_array_member (told, "layers");
  for (guint k = 0; k < json_array_get_length (layers); k++)
    g_assert_true (
        json_object_get_boolean_member (json_array_get_object_element (layers, k), "changed"));
  g_assert_cmpfloat (figure (told, "after", "run"), >, 0);
  status = tool (fixture, "quantize", "net.onnx", "-o", "faster.onnx", "--seconds", "0.01",
      "--judged", "32", NULL);
  g_assert_true (exists (fixture, "faster.onnx") == (status == 0));
  if (status != 0)
    g_assert_nonnull (strstr (fixture->err, "--even-slower"));
}

/* The Fréchet distance to real samples, before and after. */
static void
test_reference (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *told;

  save_net (fixture);
  save_pictures (fixture, "real", 2 * QUANTIZED_NET_EXTENT, 3, 255);
  g_assert_cmpint (
      tool (fixture, "quantize", "net.onnx", "-o", "made.onnx", "--seconds", "0", "--judged", "64",
          "--json", "--reference", "real", "--budget", "frechet<100%", NULL),
      ==, 0);
  told = run_json (fixture, &node);
  g_assert_cmpfloat (figure (told, "before", "frechet"), >, 0);
  g_assert_cmpfloat_with_epsilon (figure (told, "after", "frechet"),
      figure (told, "before", "frechet"), 0.2 * figure (told, "before", "frechet"));
  g_assert_cmpint (json_object_get_int_member (told, "samples"), ==, 64);
}

/* Weights that lie in a file of their own do so again, and both are counted. */
static void
test_apart (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "apart.onnx");
  g_autoptr (GenGraph) graph = quantized_net_new (), made = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *told;

  g_assert_true (gen_onnx_save_apart (graph, path, &error));
  g_assert_no_error (error);
  g_assert_cmpint (tool (fixture, "quantize", "apart.onnx", "-o", "made.onnx", "--seconds", "0",
                       "--judged", "32", "--json", NULL),
      ==, 0);
  g_assert_true (exists (fixture, "made.onnx.data"));
  told = run_json (fixture, &node);
  g_assert_cmpfloat (figure (told, "before", "size"), >, 4 * 16 * 512);
  made = load (fixture, "made.onnx");
  g_assert_cmpuint (count_type (made, GEN_TYPE_INT8), >, 0);
}

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *arguments[6];
    const char *said;
    int status;
  } cases[] = {
    { { "quantize", "net.onnx" }, "--output names", 2 },
    { { "quantize", "net.onnx", "-o", "vector.onnx" }, "there already", 1 },
    { { "quantize", "nowhere.onnx", "-o", "a.onnx" }, "nowhere.onnx", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--to=int7" }, "int8-dynamic", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--range=best" }, "squared-error", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--percentile=100" }, "percentile", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--budget=psnr<3" }, "more is better", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--budget=beauty>3" }, "frechet, psnr", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--budget=psnr>3%" }, "hundredths", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--budget=frechet<3%" }, "--reference", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--keep=head" }, "there is no layer \"head\"", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--calibrate=real" }, "no picture", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--classes=one" }, "--classes", 1 },
    { { "quantize", "net.onnx", "-o", "a.onnx", "--samples=0" }, "--samples", 1 },
    { { "quantize", "classifier.onnx", "-o", "a.onnx" }, "--calibrate", 1 },
    { { "quantize", "picture.onnx", "-o", "a.onnx", "--to=int8-weights", "--shape=image=1x3x4x4" },
        "nothing to quantise", 1 },
    { { "quantize", "staged.onnx", "-o", "a.onnx" }, "hang on what it computes", 1 },
    { { "quantize", "net.onnx", "-o", "no/where.onnx", "--even-slower" }, "where.onnx", 1 },
  };

  save_net (fixture);
  save_classifier (fixture);
  save_staged (fixture);
  save_pictures (fixture, "real", SIDE, 1, 255);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *const *a = cases[i].arguments;

    g_assert_cmpint (tool (fixture, a[0], a[1], a[2], a[3], a[4], a[5], NULL), ==, cases[i].status);
    assert_says (fixture->err, cases[i].said);
    g_assert_false (exists (fixture, "a.onnx"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/tool/quantize/latents", Fixture, NULL, set_up, test_latents, tear_down);
  g_test_add ("/tool/quantize/samples", Fixture, NULL, set_up, test_samples, tear_down);
  g_test_add ("/tool/quantize/sounds", Fixture, NULL, set_up, test_sounds, tear_down);
  g_test_add ("/tool/quantize/budget", Fixture, NULL, set_up, test_budget, tear_down);
  g_test_add ("/tool/quantize/slower", Fixture, NULL, set_up, test_slower, tear_down);
  g_test_add ("/tool/quantize/reference", Fixture, NULL, set_up, test_reference, tear_down);
  g_test_add ("/tool/quantize/apart", Fixture, NULL, set_up, test_apart, tear_down);
  g_test_add ("/tool/quantize/wrong", Fixture, NULL, set_up, test_wrong, tear_down);
  return g_test_run ();
}
