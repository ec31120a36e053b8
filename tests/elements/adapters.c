/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements with adapters: summed, scaled as properties, children and controllers have it, taken
 * over while it plays without a frame that is missing, and refused beside another base. */
#include <generative/adapter-file.h>
#include <generative/onnx.h>
#include <generative/safetensors.h>
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

#define LENGTH 3
#define SIDE 4
#define PIXELS (SIDE * SIDE)

static float
weight (int k, int pixel)
{
  return (float)((k * PIXELS + pixel) % 7) / 14;
}

/* z [batch, 3] times a matrix, times `gain`: grey pictures of 4 x 4, black at 0, white at 2. */
static void
save_generator (const char *path, float gain)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("small");
  g_autoptr (GError) error = NULL;
  float weights[LENGTH * PIXELS];
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH)), *w, *y;

  for (int k = 0; k < LENGTH; k++)
    for (int i = 0; i < PIXELS; i++)
      weights[k * PIXELS + i] = weight (k, i) * gain;
  w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (LENGTH, PIXELS),
      g_bytes_new (weights, sizeof weights));
  y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ z, w }, 2, 1, &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  z->shape.dims[0] = y->shape.dims[0] = -1;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,2"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* One that makes pictures 1 + `more` times as bright. */
static void
save_adapter (const char *model, const char *path, float more)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_load (model, &error);
  g_autoptr (GHashTable) metadata = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *hash = gen_adapter_hash (graph);
  float down[LENGTH * LENGTH] = { 0 };
  GenSafetensor tensors[] = { { "w.lora_A", GEN_TYPE_FLOAT32, GEN_SHAPE (LENGTH, LENGTH), NULL },
    { "w.lora_B", GEN_TYPE_FLOAT32, GEN_SHAPE (LENGTH, PIXELS), NULL } };

  for (int k = 0; k < LENGTH; k++)
    down[k * LENGTH + k] = more / 2;
  tensors[0].data = g_bytes_new (down, sizeof down);
  tensors[1].data = g_bytes_ref (gen_graph_find (graph, "w")->data);
  g_hash_table_insert (metadata, "format", "generative-adapter");
  g_hash_table_insert (metadata, "base-sha256", hash);
  g_hash_table_insert (metadata, "scaling", "2");
  gen_safetensors_save (path, tensors, 2, metadata, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 2; i++)
    g_bytes_unref (tensors[i].data);
}

/* --- a folder of a model and two adapters --- */

typedef struct {
  char *folder, *model, *half, *third;
} Files;

static void
files_init (Files *files)
{
  files->folder = scratch_new ();
  files->model = g_build_filename (files->folder, "model.onnx", NULL);
  files->half = g_build_filename (files->folder, "half.safetensors", NULL);
  files->third = g_build_filename (files->folder, "third.safetensors", NULL);
  save_generator (files->model, 1);
  save_adapter (files->model, files->half, 0.5f);
  save_adapter (files->model, files->third, 1 / 3.0f);
}

static void
files_clear (Files *files)
{
  scratch_remove (files->folder);
  g_free (files->folder);
  g_free (files->model);
  g_free (files->half);
  g_free (files->third);
}

static float
latent (guint frame, int i)
{
  return (float)((frame * 5 + (guint)i * 3) % 7) / 7;
}

static GstHarness *
open_harness (const Files *files, const char *properties)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s %s", files->model, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness,
      "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
      "dimensions=(string)3:1:1:1,framerate=(fraction)30/1");
  return harness;
}

static GstBuffer *
make_latent (guint frame)
{
  float *values = g_new (float, LENGTH);
  GstBuffer *buffer;

  for (int i = 0; i < LENGTH; i++)
    values[i] = latent (frame, i);
  buffer = gst_buffer_new_wrapped (values, LENGTH * sizeof (float));
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (frame, GST_SECOND, 30);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 30;
  GST_BUFFER_OFFSET (buffer) = frame;
  return buffer;
}

/* Whether the picture of `frame` is `gain` times as bright as the base's. */
static gboolean
is_bright (GstBuffer *buffer, guint frame, double gain)
{
  gboolean good = TRUE;
  GstMapInfo map;

  g_assert_nonnull (buffer);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, frame);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (int i = 0; i < PIXELS; i++) {
    double sum = 0;

    for (int k = 0; k < LENGTH; k++)
      sum += (double)latent (frame, k) * weight (k, i) * gain;
    good = good && ABS (map.data[i] - (int)lrint (CLAMP (sum * 127.5, 0, 255))) <= 1;
  }
  gst_buffer_unmap (buffer, &map);
  return good;
}

static void
assert_bright (GstHarness *harness, guint frame, double gain)
{
  GstBuffer *buffer = gst_harness_push_and_pull (harness, make_latent (frame));

  g_assert_true (is_bright (buffer, frame, gain));
  gst_buffer_unref (buffer);
}

/* --- tests --- */

static void
test_sum (void)
{
  static const struct {
    const char *scales;
    double gain;
  } cases[] = { { "", 1 + 0.5 + 1 / 3.0 }, { "adapter-scale=0.5", 1 + 0.25 + 1 / 3.0 },
    { "adapter-scale=0,0", 1 }, { "adapter-scale=-1,1.5", 1 - 0.5 + 0.5 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Files files;
    GstHarness *harness;
    g_autofree char *properties = NULL;

    files_init (&files);
    properties = g_strdup_printf ("adapter=%s,%s %s", files.half, files.third, cases[i].scales);
    harness = open_harness (&files, properties);
    for (guint frame = 0; frame < 3; frame++)
      assert_bright (harness, frame, cases[i].gain);
    gst_harness_teardown (harness);
    files_clear (&files);
  }
}

/* From the next frame on, by each of the ways. */
static void
test_scale (void)
{
  Files files;
  GstHarness *harness;
  g_autofree char *properties = NULL;
  GstElement *generator;

  files_init (&files);
  properties = g_strdup_printf ("adapter=%s", files.half);
  harness = open_harness (&files, properties);
  generator = gst_harness_find_element (harness, "generator");
  assert_bright (harness, 0, 1.5);
  g_object_set (generator, "adapter-scale", "0.5", NULL);
  assert_bright (harness, 1, 1.25);
  gst_child_proxy_set (GST_CHILD_PROXY (generator), "adapter-1::value", 2.0, NULL);
  assert_bright (harness, 2, 2);
  g_object_set (generator, "parameters", "adapter-1=-0.5", NULL);
  assert_bright (harness, 3, 0.75);
  g_object_set (generator, "adapter-scale", "nonsense", NULL);
  assert_bright (harness, 4, 0.75);
  g_object_set (generator, "adapter-scale", "0.1,0.2", NULL);
  assert_bright (harness, 5, 1.05);
  gst_object_unref (generator);
  gst_harness_teardown (harness);
  files_clear (&files);
}

/* A controller moves it along frame by frame. */
static void
test_controller (void)
{
  Files files;
  GstHarness *harness;
  g_autofree char *properties = NULL;
  GstElement *generator;
  GstControlSource *source = gst_interpolation_control_source_new ();
  GObject *child;

  files_init (&files);
  properties = g_strdup_printf ("adapter=%s", files.half);
  harness = open_harness (&files, properties);
  generator = gst_harness_find_element (harness, "generator");
  child = gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (generator), "adapter-1");
  g_assert_nonnull (child);
  g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (source), 0, 0);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (source), GST_SECOND / 3, 1);
  gst_object_add_control_binding (GST_OBJECT (child),
      gst_direct_control_binding_new_absolute (GST_OBJECT (child), "value", source));
  for (guint frame = 0; frame < 10; frame++)
    assert_bright (harness, frame, 1 + 0.5 * frame / 10);
  g_object_unref (child);
  gst_object_unref (source);
  gst_object_unref (generator);
  gst_harness_teardown (harness);
  files_clear (&files);
}

/* Push frames until `bus` has a message of `type`, and check that each is as bright as one of the
 * two. The number of the next frame. */
static guint
play_until (
    GstHarness *harness, GstBus *bus, GstMessageType type, guint frame, double before, double after)
{
  GstMessage *message = NULL;
  const gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  while (message == NULL && g_get_monotonic_time () < end) {
    GstBuffer *buffer = gst_harness_push_and_pull (harness, make_latent (frame));

    g_assert_true (is_bright (buffer, frame, before) || is_bright (buffer, frame, after));
    gst_buffer_unref (buffer);
    frame++;
    message = gst_bus_timed_pop_filtered (bus, G_TIME_SPAN_MILLISECOND * 1000, type);
  }
  g_assert_nonnull (message);
  gst_message_unref (message);
  return frame;
}

/* Each frame that goes in comes out, in order, and from the message on by what was set. */
static void
test_switch (void)
{
  Files files;
  GstHarness *harness;
  GstBus *bus = gst_bus_new ();
  GstElement *generator;
  g_autofree char *both = NULL;
  guint frame = 0;

  files_init (&files);
  both = g_strdup_printf ("%s,%s", files.half, files.third);
  harness = open_harness (&files, "");
  gst_element_set_bus (harness->element, bus);
  generator = gst_harness_find_element (harness, "generator");
  assert_bright (harness, frame++, 1);
  g_object_set (generator, "adapter", files.half, NULL);
  frame = play_until (harness, bus, GST_MESSAGE_ELEMENT, frame, 1, 1.5);
  assert_bright (harness, frame++, 1.5);
  g_object_set (generator, "adapter-scale", "0.5,1", "adapter", both, NULL);
  frame = play_until (harness, bus, GST_MESSAGE_ELEMENT, frame, 1.25, 1.25 + 1 / 3.0);
  assert_bright (harness, frame++, 1.25 + 1 / 3.0);
  /* One is too many for one file, until there is one. */
  g_object_set (generator, "adapter", files.half, NULL);
  frame = play_until (harness, bus, GST_MESSAGE_WARNING, frame, 1.25 + 1 / 3.0, 1.25 + 1 / 3.0);
  g_object_set (generator, "adapter-scale", "0.5", NULL);
  frame = play_until (harness, bus, GST_MESSAGE_ELEMENT, frame, 1.25 + 1 / 3.0, 1.25);
  assert_bright (harness, frame++, 1.25);
  g_object_set (generator, "adapter-scale", "0.5", "adapter", files.third, NULL);
  frame = play_until (harness, bus, GST_MESSAGE_ELEMENT, frame, 1.25, 1 + 1 / 6.0);
  assert_bright (harness, frame++, 1 + 1 / 6.0);
  g_object_set (generator, "adapter", "/nowhere.safetensors", NULL);
  frame = play_until (harness, bus, GST_MESSAGE_WARNING, frame, 1 + 1 / 6.0, 1 + 1 / 6.0);
  assert_bright (harness, frame++, 1 + 1 / 6.0);
  g_object_set (generator, "adapter", NULL, NULL);
  frame = play_until (harness, bus, GST_MESSAGE_ELEMENT, frame, 1 + 1 / 6.0, 1);
  assert_bright (harness, frame++, 1);
  g_assert_cmpuint (gst_harness_buffers_received (harness), ==, frame);
  gst_element_set_bus (harness->element, NULL);
  gst_object_unref (bus);
  gst_object_unref (generator);
  gst_harness_teardown (harness);
  files_clear (&files);
}

/* The text of the error with which a generator of these properties does not start. */
static char *
find_error (const Files *files, const char *properties)
{
  g_autofree char *launch =
      g_strdup_printf ("latentsrc num-buffers=1 dimensions=3:1 ! generator model=%s %s ! fakesink",
          files->model, properties);
  GstElement *pipeline = gst_parse_launch (launch, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GError) error = NULL;
  GstMessage *message;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return g_strdup (error->message);
}

static void
test_refused (void)
{
  Files files;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) base = NULL, other = NULL;
  g_autofree char *was = NULL, *is = NULL, *property = NULL, *text = NULL, *scales = NULL;
  g_autofree char *many = NULL, *told = NULL;

  files_init (&files);
  base = gen_onnx_load (files.model, &error);
  was = gen_adapter_hash (base);
  many = g_strdup_printf ("adapter=%s adapter-scale=1,2", files.half);
  told = find_error (&files, many);
  g_assert_nonnull (strstr (told, "adapter-scale"));
  save_generator (files.model, 2);
  other = gen_onnx_load (files.model, &error);
  is = gen_adapter_hash (other);
  property = g_strdup_printf ("adapter=%s", files.half);
  text = find_error (&files, property);
  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, was));
  g_assert_nonnull (strstr (text, is));
  g_assert_nonnull (strstr (text, files.half));
  g_assert_nonnull (strstr (text, files.model));
  scales = find_error (&files, "adapter=/nowhere.safetensors");
  g_assert_nonnull (strstr (scales, "/nowhere.safetensors"));
  files_clear (&files);
}

/* --- what scores --- */

/* The mean of a picture, 0 to 1, and, of two scores, half of full light beside it. */
static void
save_scorer (const char *path, int scores)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("scorer");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE)),
            *y;
  const GenShape shape = GEN_SHAPE (SIDE * SIDE, scores);
  float weights[SIDE * SIDE * 2] = { 0 }, biases[2] = { 0, 0.5f };

  for (int i = 0; i < SIDE * SIDE; i++)
    weights[i * scores] = 1.0f / (SIDE * SIDE);
  y = gen_unary (graph, "Flatten", x, &error);
  y = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ y,
          gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &shape,
              g_bytes_new (weights, (gsize)(SIDE * SIDE * scores) * sizeof *weights)),
          gen_graph_add_constant (graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (scores),
              g_bytes_new (biases, (gsize)scores * sizeof *biases)) },
      3, 1, &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* One by which the mean counts 1 + `more` times. */
static void
save_difference (const char *model, const char *path, float more)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_load (model, &error);
  g_autoptr (GHashTable) metadata = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *hash = gen_adapter_hash (graph);
  const GenTensor *w = gen_graph_find (graph, "w");
  const gsize size = gen_tensor_size (w);
  g_autofree float *numbers = g_memdup2 (gen_tensor_constant (w), size);
  GenSafetensor tensor = { "w.difference", GEN_TYPE_FLOAT32, w->shape, NULL };

  for (gsize i = 0; i < size / sizeof *numbers; i++)
    numbers[i] *= more;
  tensor.data = g_bytes_new (numbers, size);
  g_hash_table_insert (metadata, "format", "generative-adapter");
  g_hash_table_insert (metadata, "base-sha256", hash);
  g_hash_table_insert (metadata, "scaling", "1");
  gen_safetensors_save (path, &tensor, 1, metadata, &error);
  g_assert_no_error (error);
  g_bytes_unref (tensor.data);
}

typedef struct {
  char *folder, *model, *one, *three;
} Scorer;

static void
scorer_init (Scorer *scorer, int scores)
{
  scorer->folder = scratch_new ();
  scorer->model = g_build_filename (scorer->folder, "scorer.onnx", NULL);
  scorer->one = g_build_filename (scorer->folder, "one.safetensors", NULL);
  scorer->three = g_build_filename (scorer->folder, "three.safetensors", NULL);
  save_scorer (scorer->model, scores);
  save_difference (scorer->model, scorer->one, 1);
  save_difference (scorer->model, scorer->three, 3);
}

static void
scorer_clear (Scorer *scorer)
{
  scratch_remove (scorer->folder);
  g_free (scorer->folder);
  g_free (scorer->model);
  g_free (scorer->one);
  g_free (scorer->three);
}

/* What is told of a picture of that light. */
static double
tell (GstHarness *harness, guint8 light, const char *field)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIDE * SIDE, NULL);
  GValue number = G_VALUE_INIT;
  GstCustomMeta *meta;
  double value;
  const GValue *told;

  gst_buffer_memset (buffer, 0, light, SIDE * SIDE);
  GST_BUFFER_PTS (buffer) = 0;
  buffer = gst_harness_push_and_pull (harness, buffer);
  g_assert_nonnull (buffer);
  meta = gst_buffer_get_custom_meta (buffer, "generative-score");
  g_assert_nonnull (meta);
  told = gst_structure_get_value (gst_custom_meta_get_structure (meta), field);
  g_assert_nonnull (told);
  g_value_init (&number, G_TYPE_DOUBLE);
  g_assert_true (g_value_transform (told, &number));
  value = g_value_get_double (&number);
  gst_buffer_unref (buffer);
  return value;
}

static GstHarness *
open_scorer (const char *element, const Scorer *scorer, const char *rest)
{
  g_autofree char *launch = g_strdup_printf ("%s name=e model=%s %s", element, scorer->model, rest);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=4,height=4,framerate=30/1");
  return harness;
}

/* Scores follow adapters and their scales, which change between two frames; other files follow as
 * soon as they are ready, and those of another model are refused. */
static void
test_discriminator (void)
{
  Scorer scorer;
  g_autofree char *rest = NULL;
  GstHarness *harness;
  GstElement *element;

  scorer_init (&scorer, 1);
  rest = g_strdup_printf ("adapter=%s adapter-scale=0.5", scorer.one);
  harness = open_scorer ("discriminator", &scorer, rest);
  element = gst_harness_find_element (harness, "discriminator");
  g_assert_cmpfloat_with_epsilon (tell (harness, 51, "score"), 0.3, 1e-5);
  g_object_set (element, "adapter-scale", "2", NULL);
  g_assert_cmpfloat_with_epsilon (tell (harness, 51, "score"), 0.6, 1e-5);
  gst_child_proxy_set (GST_CHILD_PROXY (element), "adapter-1::value", -1.0, NULL);
  g_assert_cmpfloat_with_epsilon (tell (harness, 51, "score"), 0, 1e-5);
  g_object_set (element, "adapter-scale", "1", "adapter", scorer.three, NULL);
  for (int i = 0; i < 500 && fabs (tell (harness, 51, "score") - 0.8) > 1e-5; i++)
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpfloat_with_epsilon (tell (harness, 51, "score"), 0.8, 1e-5);
  g_object_set (element, "adapter-scale", "x", NULL);
  g_assert_cmpfloat_with_epsilon (tell (harness, 51, "score"), 0.8, 1e-5);
  gst_object_unref (element);
  gst_harness_teardown (harness);
  scorer_clear (&scorer);
}

/* Of class 0 is what is lighter than half by as much as adapters make of it. */
static void
test_classifier (void)
{
  Scorer scorer;
  g_autofree char *rest = NULL;
  GstHarness *harness;
  GstElement *element;

  scorer_init (&scorer, 2);
  rest = g_strdup_printf ("adapter=%s", scorer.one);
  harness = open_scorer ("classifier", &scorer, rest);
  element = gst_harness_find_element (harness, "classifier");
  g_assert_cmpfloat (tell (harness, 102, "class"), ==, 0);
  g_object_set (element, "adapter-scale", "0", NULL);
  g_assert_cmpfloat (tell (harness, 102, "class"), ==, 1);
  g_object_set (element, "adapter-scale", "0.3", NULL);
  g_assert_cmpfloat (tell (harness, 102, "class"), ==, 0);
  g_object_set (element, "adapter-scale", "nothing", NULL);
  g_assert_cmpfloat (tell (harness, 102, "class"), ==, 0);
  gst_object_unref (element);
  gst_harness_teardown (harness);
  scorer_clear (&scorer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/adapters/sum", test_sum);
  g_test_add_func ("/adapters/scale", test_scale);
  g_test_add_func ("/adapters/controller", test_controller);
  g_test_add_func ("/adapters/switch", test_switch);
  g_test_add_func ("/adapters/refused", test_refused);
  g_test_add_func ("/adapters/discriminator", test_discriminator);
  g_test_add_func ("/adapters/classifier", test_classifier);
  return g_test_run ();
}
