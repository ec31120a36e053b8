/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams of two tensors: what latentsrc puts into the second one (a class as vector or index, a
 * second latent), and what generator makes of it, against arithmetic done here. */
#include <generative/latent.h>
#include <generative/onnx.h>
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <gst/controller/controller.h>
#include <gst/video/video.h>

#include <math.h>
#include <string.h>

#include "player.h"

#define LENGTH 3
#define CLASSES 5
#define PIXELS 16
#define SINK "fakesink name=sink signal-handoffs=true sync=false"

/* --- latentsrc --- */

/* Tensor `number` of a buffer, alone in its memory; its bytes are the caller's. */
static gpointer
tensor_of (GstBuffer *buffer, guint number, gsize size)
{
  gpointer data;
  GstMapInfo map;

  g_assert_cmpuint (gst_buffer_n_memory (buffer), ==, 2);
  g_assert_true (gst_buffer_map_range (buffer, number, 1, &map, GST_MAP_READ));
  g_assert_cmpuint (map.size, ==, size);
  g_assert_cmpuint (GPOINTER_TO_SIZE (map.data) % 64, ==, 0);
  data = g_memdup2 (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return data;
}

static void
assert_latents (GstBuffer *buffer, const GenLatent *latent, guint64 frame)
{
  gsize n = latent->length * latent->count;
  g_autofree float *expected = g_new (float, n), *got = tensor_of (buffer, 0, n * sizeof (float));

  gen_latent_fill (latent, frame, 30, 1, expected);
  g_assert_cmpmem (got, n * sizeof (float), expected, n * sizeof (float));
}

/* The class of each latent as a vector, or as an index. */
static void
assert_classes (GstBuffer *buffer, const GenLatent *latent, guint64 frame, int chosen, gsize length,
    const char *type)
{
  gsize n = length * latent->count, width = g_str_has_suffix (type, "64") ? 8 : 4;
  g_autofree guint8 *data = tensor_of (buffer, 1, n * width);

  for (gsize v = 0; v < latent->count; v++) {
    guint32 class =
        chosen >= 0 ? (guint32)chosen : gen_latent_class (latent, frame, 30, 1, v, CLASSES);

    for (gsize i = 0; i < length; i++) {
      gint64 want = length == 1 ? class : i == class;

      if (g_str_equal (type, "float32"))
        g_assert_cmpfloat (((float *)data)[v * length + i], ==, (float)want);
      else if (width == 8)
        g_assert_cmpint (((gint64 *)data)[v * length + i], ==, want);
      else
        g_assert_cmpint (((gint32 *)data)[v * length + i], ==, want);
    }
  }
}

static void
test_classes (void)
{
  static const struct {
    const char *properties, *caps, *dimensions, *types, *type;
    int chosen;
    gsize length, count, classes;
  } cases[] = {
    { "classes=5", NULL, "100:1:1:1,5:1:1:1", "float32,float32", "float32", -1, 100, 1, 5 },
    { "classes=5 class=3 dimensions=20", NULL, "20:1:1:1,5:1:1:1", "float32,float32", "float32", 3,
        20, 1, 5 },
    { "classes=5 dimensions=20:4 walk=slerp", NULL, "20:4:1:1,5:4:1:1", "float32,float32",
        "float32", -1, 20, 4, 5 },
    { "classes=5", "other/tensors,types=(string)\"float32,int64\"", "100:1:1:1,1:1:1:1",
        "float32,int64", "int64", -1, 100, 1, 1 },
    { "classes=5 dimensions=20:3", "other/tensors,types=(string)\"float32,int32\"",
        "20:3:1:1,1:3:1:1", "float32,int32", "int32", -1, 20, 3, 1 },
    { "class=2", "other/tensors,num_tensors=2,types=(string)float32.float32,dimensions=(string)7.5",
        "7.5", "float32.float32", "float32", 2, 7, 1, 5 },
    { "class=4",
        "other/tensors,num_tensors=2,types=(string)float32.int64,dimensions=(string)7:1.1:1",
        "7:1.1:1", "float32.int64", "int64", 4, 7, 1, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf ("latentsrc seed=9 %s", cases[i].properties);
    GstHarness *harness = gst_harness_new_parse (launch);
    GenLatent latent = GEN_LATENT_DEFAULTS;
    g_autoptr (GstCaps) caps = NULL;
    const GstStructure *structure;

    latent.seed = 9;
    latent.length = cases[i].length;
    latent.count = cases[i].count;
    latent.walk = strstr (launch, "slerp") != NULL ? GEN_WALK_SLERP : GEN_WALK_NONE;
    if (cases[i].caps != NULL)
      gst_harness_set_sink_caps_str (harness, cases[i].caps);
    gst_harness_play (harness);
    for (guint64 frame = 0; frame < 40; frame++) {
      g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);

      assert_latents (buffer, &latent, frame);
      assert_classes (buffer, &latent, frame, cases[i].chosen, cases[i].classes, cases[i].type);
    }
    caps = gst_pad_get_current_caps (harness->sinkpad);
    structure = gst_caps_get_structure (caps, 0);
    g_assert_cmpstr (gst_structure_get_string (structure, "dimensions"), ==, cases[i].dimensions);
    g_assert_cmpstr (gst_structure_get_string (structure, "types"), ==, cases[i].types);
    gst_harness_teardown (harness);
  }
}

/* All classes come, about equally often; a walk changes its class at keyframes alone. */
static void
test_draws (void)
{
  GenLatent latent = GEN_LATENT_DEFAULTS;
  guint counts[CLASSES] = { 0 };

  for (guint64 frame = 0; frame < 5000; frame++)
    counts[gen_latent_class (&latent, frame, 30, 1, 0, CLASSES)]++;
  for (int c = 0; c < CLASSES; c++) {
    g_assert_cmpuint (counts[c], >, 850);
    g_assert_cmpuint (counts[c], <, 1150);
  }
  latent.walk = GEN_WALK_SLERP;
  for (guint64 frame = 0; frame < 300; frame++)
    g_assert_cmpuint (gen_latent_class (&latent, frame, 30, 1, 0, CLASSES), ==,
        gen_latent_class (&latent, frame / 30 * 30, 30, 1, 0, CLASSES));
}

/* A frame has its class and its second latent whatever was played before. */
static void
test_seek (void)
{
  static const char *const launches[] = {
    "latentsrc classes=5 ! " SINK,
    "latentsrc dimensions=100,50 ! " SINK,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (launches); i++) {
    GenLatent latent = GEN_LATENT_DEFAULTS;
    Player player;

    player_open (&player, launches[i]);
    g_assert_true (gst_element_seek (player.pipeline, 1, GST_FORMAT_DEFAULT,
        GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET, 70, GST_SEEK_TYPE_SET,
        80));
    player_play_to_end (&player);
    g_assert_cmpuint (player.buffers->len, ==, 10);
    for (guint b = 0; b < 10; b++) {
      GstBuffer *buffer = player.buffers->pdata[b];

      assert_latents (buffer, &latent, 70 + b);
      if (i == 0) {
        assert_classes (buffer, &latent, 70 + b, -1, CLASSES, "float32");
      } else {
        g_autofree float *got = tensor_of (buffer, 1, 50 * sizeof (float));
        GenLatent second = latent;
        float expected[50];

        second.stream = 1;
        second.length = 50;
        gen_latent_fill (&second, 70 + b, 30, 1, expected);
        g_assert_cmpmem (got, sizeof expected, expected, sizeof expected);
      }
    }
    player_close (&player);
  }
}

static void
test_controlled (void)
{
  GstHarness *harness = gst_harness_new_parse ("latentsrc name=source classes=5");
  GstElement *source = gst_harness_find_element (harness, "latentsrc");
  GstControlSource *control = gst_interpolation_control_source_new ();
  GenLatent latent = GEN_LATENT_DEFAULTS;

  g_object_set (control, "mode", GST_INTERPOLATION_MODE_NONE, NULL);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (control), 0, 1);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (control), GST_SECOND / 2, 4);
  gst_object_add_control_binding (GST_OBJECT (source),
      gst_direct_control_binding_new_absolute (GST_OBJECT (source), "class", control));
  gst_harness_play (harness);
  for (guint64 frame = 0; frame < 30; frame++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);

    assert_classes (buffer, &latent, frame, frame < 15 ? 1 : 4, CLASSES, "float32");
  }
  gst_object_unref (control);
  gst_object_unref (source);
  gst_harness_teardown (harness);
}

/* --- generator --- */

typedef enum { ONE_HOT, INDEX, SECOND_LATENT } Kind;

static float
weight (int k, int pixel)
{
  return (float)((k * PIXELS + pixel) % 7) / 7 - 0.5f;
}

static float
condition_weight (int k, int pixel)
{
  return (float)((k * 5 + pixel * 3) % 11) / 11;
}

static GenTensor *
matrix (GenGraph *graph, int rows, float (*value) (int, int))
{
  float *values = g_new (float, rows *PIXELS);

  for (int k = 0; k < rows; k++)
    for (int i = 0; i < PIXELS; i++)
      values[k * PIXELS + i] = value (k, i);
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (rows, PIXELS),
      g_bytes_new_take (values, (gsize)(rows * PIXELS) * sizeof (float)));
}

/* latent [batch, 3] times a matrix plus what the condition adds: grey pictures of 4 x 4. */
static void
save_generator (const char *path, Kind kind, gint64 batch, gboolean swapped)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("conditioned");
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[2], *latent, *condition, *added, *y;

  for (int i = 0; i < 2; i++) {
    if ((i == 0) != swapped)
      inputs[i] = gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH));
    else if (kind == INDEX)
      inputs[i] = gen_graph_add_input (graph, "label", GEN_TYPE_INT64, &GEN_SHAPE (1));
    else
      inputs[i] = gen_graph_add_input (graph, "style", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, CLASSES));
  }
  latent = inputs[swapped];
  condition = inputs[!swapped];
  y = gen_binary (graph, "Gemm", latent, matrix (graph, LENGTH, weight), &error);
  added = matrix (graph, CLASSES, condition_weight);
  added = kind == INDEX ? gen_binary (graph, "Gather", added, condition, &error)
                        : gen_binary (graph, "Gemm", condition, added, &error);
  y = gen_binary (graph, "Add", y, added, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  latent->shape.dims[0] = condition->shape.dims[0] = y->shape.dims[0] = batch;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,2"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static char *
make_path (void)
{
  g_autofree char *folder = g_dir_make_tmp ("conditioning-XXXXXX", NULL);

  return g_build_filename (folder, "model.onnx", NULL);
}

static void
remove_path (char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_unlink (path);
  g_rmdir (folder);
  g_free (path);
}

static float
latent_value (int frame, int p, int k)
{
  return (float)((frame * 5 + p * 7 + k * 3) % 11) / 5;
}

static int
class_of (int frame, int p)
{
  return (frame + 2 * p) % CLASSES;
}

/* The condition's number `k` of picture `p`. */
static float
condition_value (Kind kind, int frame, int p, int k)
{
  return kind == SECOND_LATENT ? (float)((frame + p + k) % 5) / 5 : k == class_of (frame, p);
}

static GstBuffer *
make_buffer (Kind kind, int frame, int pictures, gboolean apart)
{
  gsize latents = sizeof (float) * LENGTH * (gsize)pictures;
  gsize conditions = (kind == INDEX ? sizeof (gint64) : CLASSES * sizeof (float)) * (gsize)pictures;
  guint8 *data = g_malloc (latents + conditions);
  float *numbers = (float *)(data + latents);
  GstBuffer *buffer;

  for (int p = 0; p < pictures; p++) {
    for (int k = 0; k < LENGTH; k++)
      ((float *)data)[p * LENGTH + k] = latent_value (frame, p, k);
    for (int k = 0; kind != INDEX && k < CLASSES; k++)
      numbers[p * CLASSES + k] = condition_value (kind, frame, p, k);
    if (kind == INDEX) {
      gint64 class = class_of (frame, p);

      memcpy (data + latents + (gsize)p * sizeof class, &class, sizeof class);
    }
  }
  if (apart) {
    char *memory = g_memdup2 (data + latents, conditions);

    buffer = gst_buffer_new_memdup (data, latents);
    gst_buffer_append_memory (
        buffer, gst_memory_new_wrapped (0, memory, conditions, 0, conditions, memory, g_free));
    g_free (data);
  } else {
    buffer = gst_buffer_new_wrapped (data, latents + conditions);
  }
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale ((guint64)frame, GST_SECOND, 30);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 30;
  return buffer;
}

static void
assert_pictures (GstBuffer *buffer, Kind kind, int frame, int pictures)
{
  GstMapInfo map;

  g_assert_nonnull (buffer);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_cmpuint (map.size, ==, (gsize)(pictures * PIXELS));
  for (int p = 0; p < pictures; p++)
    for (int i = 0; i < PIXELS; i++) {
      int at = i / 4 * 4 * pictures + p * 4 + i % 4, want;
      float sum = 0;

      for (int k = 0; k < LENGTH; k++)
        sum += latent_value (frame, p, k) * weight (k, i);
      for (int k = 0; k < CLASSES; k++)
        sum += condition_value (kind, frame, p, k) * condition_weight (k, i);
      want = (int)lrintf (CLAMP (sum * 127.5f, 0, 255));
      g_assert_cmpint (ABS (map.data[at] - want), <=, 1);
    }
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
}

static GstHarness *
open_harness (const char *path, Kind kind, int pictures, guint batch)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s columns=9 batch-size=%u", path, batch);
  g_autofree char *caps =
      g_strdup_printf ("other/tensors,format=static,num_tensors=2,types=(string)\"float32,%s\","
                       "dimensions=(string)\"3:%d:1:1,%d:%d:1:1\",framerate=30/1",
          kind == INDEX ? "int64" : "float32", pictures, kind == INDEX ? 1 : CLASSES, pictures);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

/* Every kind of condition, of single pictures and walls, one by one and gathered, for models of
 * a free batch and of one, with its inputs in either order, tensors apart or in one memory. */
static void
test_pictures (void)
{
  char *path = make_path ();

  for (int i = 0; i < 3 * 2 * 2 * 2 * 2; i++) {
    Kind kind = i % 3;
    gint64 model_batch = i / 3 % 2 ? -1 : 1;
    gboolean swapped = i / 6 % 2 && kind == INDEX;
    int pictures = i / 12 % 2 ? 1 : 3;
    guint batch = i / 24 % 2 ? 4 : 1;
    GstHarness *harness;

    save_generator (path, kind, model_batch, swapped);
    harness = open_harness (path, kind, pictures, batch);
    for (int frame = 0; frame < 8; frame++)
      g_assert_cmpint (
          gst_harness_push (harness, make_buffer (kind, frame, pictures, frame % 2 == 0)), ==,
          GST_FLOW_OK);
    for (int frame = 0; frame < 8; frame++)
      assert_pictures (gst_harness_pull (harness), kind, frame, pictures);
    gst_harness_teardown (harness);
  }
  remove_path (path);
}

/* The two elements find out together what goes between them. */
static void
test_pipelines (void)
{
  static const struct {
    Kind kind;
    const char *properties;
  } cases[] = {
    { ONE_HOT, "classes=5" },
    { ONE_HOT, "class=2" },
    { ONE_HOT, "classes=5 dimensions=3:6" },
    { INDEX, "classes=5" },
    { INDEX, "class=2" },
    { INDEX, "classes=5 dimensions=3:6" },
    { SECOND_LATENT, "dimensions=3,5" },
  };
  char *path = make_path ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf (
        "latentsrc num-buffers=5 %s ! generator model=%s ! " SINK, cases[i].properties, path);
    Player player;

    save_generator (path, cases[i].kind, -1, FALSE);
    player_open (&player, launch);
    player_play_to_end (&player);
    g_assert_cmpuint (player.buffers->len, ==, 5);
    player_close (&player);
  }
  remove_path (path);
}

/* A buffer that is not as its caps say is refused, however it is cut. */
static void
test_wrong_buffers (void)
{
  char *path = make_path ();
  GstHarness *harness;

  save_generator (path, ONE_HOT, -1, FALSE);
  harness = open_harness (path, ONE_HOT, 2, 1);
  g_assert_cmpint (
      gst_harness_push (harness, make_buffer (ONE_HOT, 0, 3, TRUE)), ==, GST_FLOW_ERROR);
  g_assert_cmpint (
      gst_harness_push (harness, make_buffer (ONE_HOT, 0, 1, FALSE)), ==, GST_FLOW_ERROR);
  g_assert_cmpint (
      gst_harness_push (harness, gst_buffer_new_allocate (NULL, 24, NULL)), ==, GST_FLOW_ERROR);
  assert_pictures (
      gst_harness_push_and_pull (harness, make_buffer (ONE_HOT, 1, 2, TRUE)), ONE_HOT, 1, 2);
  gst_harness_teardown (harness);
  remove_path (path);
}

/* A model whose inputs are those of `types` and `shapes`, whose pictures hang on all of them. */
static void
save_inputs (const char *path, const GenDataType *types, const GenShape *shapes, int n)
{
  static const char *const names[] = { "first", "second", "third" };
  g_autoptr (GenGraph) graph = gen_graph_new ("inputs");
  g_autoptr (GError) error = NULL;
  GenTensor *sum = NULL;

  for (int i = 0; i < n; i++) {
    GenTensor *x = gen_graph_add_input (graph, names[i], types[i], &shapes[i]);

    x = gen_graph_op (graph, "Cast", &x, 1, 1, &error, "to", GEN_INT, 1, NULL);
    x = gen_unary (graph, "ReduceSum", x, &error);
    g_assert_no_error (error);
    sum = sum == NULL ? x : gen_binary (graph, "Add", sum, x, &error);
  }
  sum = gen_binary (graph, "Add", gen_graph_full (graph, &GEN_SHAPE (1, 1, 4, 4), 0), sum, &error);
  sum = gen_binary (
      graph, "Reshape", sum, gen_graph_ints (graph, (const gint64[]){ 1, 1, 4, 4 }, 4), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, sum);
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static void
test_errors (void)
{
  static const struct {
    int n;
    GenDataType types[3];
    GenShape shapes[3];
    const char *source, *text;
  } cases[] = {
    { 3, { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32 },
        { { 2, { 1, 3 } }, { 2, { 1, 3 } }, { 2, { 1, 9 } } }, "latentsrc", "its input 'third'" },
    { 2, { GEN_TYPE_FLOAT32, GEN_TYPE_BOOL }, { { 2, { 1, 3 } }, { 2, { 1, 3 } } }, "latentsrc",
        "its input 'second' (bool [1, 3]) cannot be fed" },
    { 2, { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32 }, { { 2, { 1, 3 } }, { 3, { 1, 3, 2 } } },
        "latentsrc", "its input 'second'" },
    { 2, { GEN_TYPE_INT64, GEN_TYPE_INT64 }, { { 2, { 1, 3 } }, { 2, { 1, 3 } } }, "latentsrc",
        "its input 'first'" },
    { 2, { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32 }, { { 2, { 1, 3 } }, { 2, { 7, 3 } } }, "latentsrc",
        "its N is not that of the latents" },
    { 2, { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32 }, { { 2, { 1, 3 } }, { 2, { 1, 5 } } }, "latentsrc",
        "classes=5 draws one, or dimensions=3,5 makes it a second latent" },
    { 2, { GEN_TYPE_FLOAT32, GEN_TYPE_INT64 }, { { 2, { 1, 3 } }, { 1, { 1 } } }, "latentsrc",
        "classes=N draws one of N" },
    { 2, { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32 }, { { 2, { 1, 3 } }, { 2, { 1, 5 } } },
        "latentsrc class=5", "Property class is 5, but there are 5 classes" },
    { 2, { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32 }, { { 2, { 1, 3 } }, { 2, { 1, 5 } } },
        "latentsrc classes=6", "property classes is 6, but the next element takes 5" },
    { 2, { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32 }, { { 2, { 1, 3 } }, { 2, { 1, 5 } } },
        "latentsrc dimensions=3,4", "input 'second' takes float32 and 5 numbers" },
    { 1, { GEN_TYPE_FLOAT32 }, { { 2, { 1, 3 } } }, "latentsrc classes=6",
        "the model takes no class" },
    { 1, { GEN_TYPE_FLOAT32 }, { { 2, { 1, 3 } } }, "latentsrc dimensions=3,6 classes=6",
        "leave out its second half, or classes" },
    { 1, { GEN_TYPE_FLOAT32 }, { { 2, { 1, 3 } } }, "latentsrc dimensions=3,6,8", "3 tensors" },
  };
  char *path = make_path ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch =
        g_strdup_printf ("%s ! generator model=%s ! fakesink", cases[i].source, path);
    g_autoptr (GstElement) pipeline = gst_parse_launch (launch, NULL);
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;

    save_inputs (path, cases[i].types, cases[i].shapes, cases[i].n);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    if (strstr (error->message, cases[i].text) == NULL)
      g_error ("\"%s\" lacks \"%s\"", error->message, cases[i].text);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  remove_path (path);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/latentsrc/classes", test_classes);
  g_test_add_func ("/latentsrc/draws", test_draws);
  g_test_add_func ("/latentsrc/seek", test_seek);
  g_test_add_func ("/latentsrc/controlled", test_controlled);
  g_test_add_func ("/generator/pictures", test_pictures);
  g_test_add_func ("/generator/pipelines", test_pipelines);
  g_test_add_func ("/generator/wrong-buffers", test_wrong_buffers);
  g_test_add_func ("/generator/errors", test_errors);
  return g_test_run ();
}
