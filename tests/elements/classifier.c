/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* classifier tells the class of a picture by number and name, how sure it is, and how many there
 * were; datasetsink sorts by that. */
#include <generative/model.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <math.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "models.h"
#include "trainings.h"

#define CAPS "video/x-raw,format=GRAY8,width=4,height=4,framerate=10/1"
#define SIZE 16
#define FACTOR 8

static char *folder;

/* A score for each quarter of a picture of 4 x 4 pixels: FACTOR times its mean. */
static void
save_classifier (const char *name, const char *const *names)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("classifier");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 4, 4));

  x = gen_graph_op (graph, "AveragePool", &x, 1, 1, &error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ 2, 2 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 2 }, NULL);
  g_assert_no_error (error);
  x = gen_unary (graph, "Flatten", x, &error);
  x = gen_binary (graph, "Mul", x, gen_graph_float (graph, FACTOR), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  if (names != NULL)
    gen_model_name_classes (graph, names);
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* A grey picture whose quarter `quarter` is brighter. */
static GstBuffer *
make_frame (int quarter)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIZE, NULL);
  guint8 pixels[SIZE];

  for (int i = 0; i < SIZE; i++)
    pixels[i] = i / 8 * 2 + i % 4 / 2 == quarter ? 204 : 51;
  gst_buffer_fill (buffer, 0, pixels, SIZE);
  return buffer;
}

static GstHarness *
open_harness (const char *properties)
{
  g_autofree char *launch = g_strdup_printf ("classifier %s", properties);
  g_auto (GStrv) parts = g_strsplit (launch, "%s", -1);
  g_autofree char *whole = g_strjoinv (folder, parts);
  GstHarness *harness = gst_harness_new_parse (whole);

  gst_harness_set_src_caps_str (harness, CAPS);
  return harness;
}

static void
check_label (GstBuffer *buffer, int label, const char *name)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-label");
  const GstStructure *structure;
  int is;

  g_assert_nonnull (meta);
  structure = gst_custom_meta_get_structure (meta);
  g_assert_true (gst_structure_get_int (structure, "label", &is));
  g_assert_cmpint (is, ==, label);
  g_assert_cmpstr (gst_structure_get_string (structure, "name"), ==, name);
}

/* Softmax of FACTOR * 0.8 and three times FACTOR * 0.2. */
static void
check_score (GstBuffer *buffer, int label)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-score");
  const GstStructure *structure = gst_custom_meta_get_structure (meta);
  double probability;
  gint64 class;

  g_assert_true (gst_structure_get_int64 (structure, "class", &class));
  g_assert_true (gst_structure_get_double (structure, "class-probability", &probability));
  g_assert_cmpint (class, ==, label);
  g_assert_cmpfloat_with_epsilon (probability, 1 / (1 + 3 * exp (-0.6 * FACTOR)), 1e-6);
}

static void
test_classes (void)
{
  static const char *const names[] = { "a", "b", "c", "d" };
  GstHarness *harness = open_harness ("model=%s/named.onnx");

  for (int i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_push_and_pull (harness, make_frame (i));

    check_label (buffer, i, names[i]);
    check_score (buffer, i);
  }
  gst_harness_teardown (harness);
}

/* Link the name that is played to another model, as it is published. */
static void
publish (const char *target)
{
  g_autofree char *link = g_build_filename (folder, "published", NULL);
  g_autofree char *part = g_build_filename (folder, "published.part", NULL);

  g_unlink (part);
  g_assert_cmpint (symlink (target, part), ==, 0);
  g_assert_cmpint (g_rename (part, link), ==, 0);
}

/* Push frames until one is called `name`; each comes out again. */
static void
push_until (GstHarness *harness, const char *name)
{
  for (int i = 0; i < 2000; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_push_and_pull (harness, make_frame (1));
    GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-label");
    const GstStructure *structure = gst_custom_meta_get_structure (meta);

    if (g_strcmp0 (gst_structure_get_string (structure, "name"), name) == 0)
      return;
    g_usleep (10000);
  }
  g_error ("no frame is called %s", name);
}

static guint
count_messages (GstBus *bus, const char *name)
{
  guint n = 0;

  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop (bus);

    if (message == NULL)
      return n;
    n += GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING   ? g_str_equal (name, "warning")
         : GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT ? gst_message_has_name (message, name)
                                                             : 0;
  }
}

/* Another model takes over while pictures pass, and of one that is none the old one stays. */
static void
test_followed (void)
{
  static const char *const other[] = { "w", "x", "y", "z", NULL };
  g_autofree char *broken = g_build_filename (folder, "broken.onnx", NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness;

  save_classifier ("other.onnx", other);
  g_assert_true (g_file_set_contents (broken, "no model", -1, NULL));
  publish ("named.onnx");
  harness = open_harness ("model=%s/published");
  gst_element_set_bus (harness->element, bus);
  push_until (harness, "b");
  publish ("other.onnx");
  push_until (harness, "x");
  g_assert_cmpuint (count_messages (bus, "classifier-reload"), ==, 1);
  publish ("broken.onnx");
  for (guint warned = 0, i = 0; warned == 0; i++) {
    push_until (harness, "x");
    g_usleep (10000);
    warned = count_messages (bus, "warning");
    g_assert_cmpuint (i, <, 2000);
  }
  publish ("named.onnx");
  push_until (harness, "b");
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

/* What a picture is called already stays, unless something else is asked for. */
static void
test_labelled (void)
{
  GstHarness *harness = open_harness ("model=%s/named.onnx");

  for (int relabel = 0; relabel < 2; relabel++) {
    g_autoptr (GstBuffer) buffer = make_frame (2);
    GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, "generative-label");
    GstStructure *structure = gst_custom_meta_get_structure (meta);
    guint index;

    gst_harness_set (harness, "classifier", "relabel", relabel, NULL);
    gst_structure_set (structure, "label", G_TYPE_INT, 1, "name", G_TYPE_STRING, "b", "index",
        G_TYPE_UINT, 7, NULL);
    buffer = gst_harness_push_and_pull (harness, g_steal_pointer (&buffer));
    check_label (buffer, relabel ? 2 : 1, relabel ? "c" : "b");
    check_score (buffer, 2);
    structure =
        gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, "generative-label"));
    g_assert_true (gst_structure_get_uint (structure, "index", &index));
    g_assert_cmpuint (index, ==, 7);
  }
  gst_harness_teardown (harness);
}

static void
check_name (const char *properties, const char *name)
{
  GstHarness *harness = open_harness (properties);
  g_autoptr (GstBuffer) buffer = gst_harness_push_and_pull (harness, make_frame (3));

  check_label (buffer, 3, name);
  gst_harness_teardown (harness);
}

/* Of the file, which comes before the model, and of nobody. */
static void
test_names (void)
{
  check_name ("model=%s/plain.onnx labels-file=%s/names.txt", "fourth one");
  check_name ("model=%s/named.onnx labels-file=%s/names.txt", "fourth one");
  check_name ("model=%s/plain.onnx", NULL);
}

static void
check_error (const char *properties, const char *message)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=2 ! video/x-raw,format=GRAY8,width=4,height=4 ! classifier %s ! "
      "fakesink",
      properties);
  g_auto (GStrv) parts = g_strsplit (launch, "%s", -1);
  g_autofree char *whole = g_strjoinv (folder, parts);
  g_autofree char *text = play_to_error (whole);

  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, message));
}

static void
test_refused (void)
{
  check_error ("", "Property model: it is not set; a file of ONNX is wanted");
  check_error ("model=%s/none.onnx", "none.onnx does not exist");
  check_error ("model=%s/names.txt", "names.txt");
  check_error ("model=%s/plain.onnx labels-file=%s/none.txt", "Property labels-file: ");
  check_error ("model=%s/plain.onnx labels-file=%s/few.txt", "few.txt: it names 2 classes, and");
  check_error ("model=%s/plain.onnx labels-file=%s/few.txt", "plain.onnx tells 4 apart");
  check_error ("model=%s/plain.onnx labels-file=%s/latin.txt", "latin.txt: line 2 is not UTF-8");
  check_error ("model=%s/one.onnx", "one.onnx makes one number of a picture, as a discriminator");
}

/* What is no list of names is not heeded, and that is told; by what file is told by its name. */
static void
test_odd_names (void)
{
  g_autofree char *path = g_build_filename (folder, "odd.onnx", NULL);
  g_autofree char *plain = g_build_filename (folder, "plain.onnx", NULL);
  g_autoptr (GstElement) element =
      gst_object_ref_sink (gst_element_factory_make ("classifier", NULL));
  GstHarness *harness;
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_load (plain, &error);

  g_assert_no_error (error);
  g_hash_table_replace (graph->metadata, g_strdup ("generative.class-names"), g_strdup ("[1, 2"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  g_object_set (element, "model", path, NULL);
  gst_element_set_bus (element, bus);
  harness = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_src_caps_str (harness, CAPS);
  buffer = gst_harness_push_and_pull (harness, make_frame (1));
  check_label (buffer, 1, NULL);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "odd.onnx: its metadata generative.class-names"));
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (harness);
}

/* At the end it is told how many pictures kept their label, of three of which two had one. */
static void
test_kept (void)
{
  for (int relabel = 0; relabel < 2; relabel++) {
    g_autofree char *launch = g_strdup_printf (
        "classifier model=%s/twins.onnx relabel=%s", folder, relabel ? "true" : "false");
    g_autoptr (GstElement) element = gst_object_ref_sink (gst_parse_launch (launch, NULL));
    GstHarness *harness = gst_harness_new_with_element (element, "sink", "src");
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) info = NULL;

    gst_element_set_bus (element, bus);
    gst_harness_set_src_caps_str (harness, CAPS);
    for (int i = 0; i < 3; i++) {
      GstBuffer *buffer = make_frame (i);
      GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, "generative-label");

      gst_structure_set (gst_custom_meta_get_structure (meta), "label", G_TYPE_INT64,
          (gint64)(i < 2 ? 3 : -1), NULL);
      gst_buffer_unref (gst_harness_push_and_pull (harness, buffer));
    }
    gst_harness_push_event (harness, gst_event_new_eos ());
    info = gst_bus_pop_filtered (bus, GST_MESSAGE_INFO);
    g_assert_true ((info == NULL) == relabel);
    if (info != NULL) {
      g_autoptr (GError) error = NULL;

      gst_message_parse_info (info, &error, NULL);
      g_assert_nonnull (strstr (error->message, "2 of 3 pictures kept the label that they came"));
    }
    gst_element_set_bus (element, NULL);
    gst_harness_teardown (harness);
  }
}

/* Two classes of one name are two counts. */
static void
test_twins (void)
{
  g_autofree char *report = g_build_filename (folder, "report.jsonl", NULL);
  g_autofree char *launch =
      g_strdup_printf ("classifier model=%s/twins.onnx report=%s", folder, report);
  GstHarness *harness = gst_harness_new_parse (launch);
  g_autofree char *text = NULL;

  gst_harness_set_src_caps_str (harness, CAPS);
  for (int i = 0; i < 4; i++)
    gst_buffer_unref (gst_harness_push_and_pull (harness, make_frame (i)));
  gst_harness_push_event (harness, gst_event_new_eos ());
  gst_harness_teardown (harness);
  g_assert_true (g_file_get_contents (report, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"a\":1,\"twin (1)\":1,\"twin (2)\":1,\"d\":1"));
  g_assert_nonnull (strstr (text, "\"kept-labels\":0"));
}

/* Eight pictures of no class, two of each quarter. */
static void
save_pictures (const char *into)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (into, 0700), ==, 0);
  for (int n = 0; n < 8; n++) {
    g_autofree char *path = g_strdup_printf ("%s/%d.png", into, n);
    g_auto (GenPicture) picture = { 0 };

    gen_picture_init (&picture, 8, 8, 1);
    for (int i = 0; i < 64; i++)
      picture.data[i / 8 * picture.stride + i % 8] = i / 32 * 2 + i % 8 / 4 == n % 4 ? 200 : 60;
    g_assert_true (gen_picture_save_png (&picture, path, &error));
  }
}

/* Pictures lie in a folder for each class, of its name. */
static void
test_sorted (void)
{
  static const char *const names[] = { "a", "b", "c", "d" };
  g_autofree char *launch =
      g_strdup_printf ("datasetsrc location=%s/unsorted epochs=1 shuffle=false ! "
                       "classifier model=%s/named.onnx ! datasetsink location=%s/sorted",
          folder, folder, folder);
  g_autofree char *unsorted = g_build_filename (folder, "unsorted", NULL);
  g_autoptr (GError) error = NULL;

  save_pictures (unsorted);
  play (launch, NULL);
  for (int i = 0; i < 4; i++) {
    g_autofree char *of_class = g_build_filename (folder, "sorted", names[i], NULL);
    g_autoptr (GDir) dir = g_dir_open (of_class, 0, &error);
    guint n = 0;

    g_assert_no_error (error);
    while (g_dir_read_name (dir) != NULL)
      n++;
    g_assert_cmpuint (n, ==, 2);
  }
}

/* A net that is taught by another one's labels knows their names. */
static void
test_teaches (void)
{
  g_autofree char *launch = g_strdup_printf (
      "datasetsrc location=%s/unlabelled num-buffers=8 ! video/x-raw,width=28,height=28 ! "
      "classifier model=%s/named.onnx ! modeltrainer preset=classifier width=2 device=cpu "
      "silent=true batch-size=2 max-steps=3 checkpoint=%s/taught",
      folder, folder, folder);
  g_autofree char *unlabelled = g_build_filename (folder, "unlabelled", NULL);
  g_autofree char *path = g_build_filename (folder, "taught", "classifier.onnx", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = NULL;
  g_auto (GStrv) names = NULL;

  save_pictures (unlabelled);
  play (launch, NULL);
  graph = gen_onnx_load (path, &error);
  g_assert_no_error (error);
  names = gen_model_get_class_names (graph);
  g_assert_cmpuint (g_strv_length (names), ==, 4);
  g_assert_cmpstr (names[3], ==, "d");
}

int
main (int argc, char **argv)
{
  static const char *const names[] = { "a", "b", "c", "d", NULL };
  static const char *const twins[] = { "a", "twin", "twin", "d", NULL };
  g_autofree char *four = NULL, *two = NULL, *latin = NULL, *one = NULL;
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  four = g_build_filename (folder, "names.txt", NULL);
  two = g_build_filename (folder, "few.txt", NULL);
  g_file_set_contents (four, "first\nsecond\nthird\nfourth one\n", -1, NULL);
  g_file_set_contents (two, "first\nsecond\n", -1, NULL);
  save_classifier ("named.onnx", names);
  latin = g_build_filename (folder, "latin.txt", NULL);
  one = g_build_filename (folder, "one.onnx", NULL);
  g_file_set_contents (latin, "first\nb\xe4r\nthird\nfourth\n", -1, NULL);
  save_discriminator (one, 4, 0.5f);
  save_classifier ("plain.onnx", NULL);
  save_classifier ("twins.onnx", twins);
  g_test_add_func ("/classifier/classes", test_classes);
  g_test_add_func ("/classifier/followed", test_followed);
  g_test_add_func ("/classifier/labelled", test_labelled);
  g_test_add_func ("/classifier/names", test_names);
  g_test_add_func ("/classifier/refused", test_refused);
  g_test_add_func ("/classifier/odd-names", test_odd_names);
  g_test_add_func ("/classifier/kept", test_kept);
  g_test_add_func ("/classifier/twins", test_twins);
  g_test_add_func ("/classifier/sorted", test_sorted);
  g_test_add_func ("/classifier/teaches", test_teaches);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
