/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contentgate: each action on pictures, sounds and texts; boxes; what cannot be judged; and what is
 * refused. */
#include <generative/deny-list.h>
#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <math.h>
#include <string.h>

#include "gate-stream.h"
#include "trainings.h"

#define SOUND "audio/x-raw,format=F32LE,layout=interleaved,rate=8000,channels=1"
#define TEXT "text/x-raw,format=utf8"

/* --- models --- */

/* Of 80 samples, twice the mean of their magnitudes. */
static void
save_loud (void)
{
  g_autofree char *path = g_build_filename (folder, "loud.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("loud");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 80));

  x = gen_unary (graph, "Abs", x, &error);
  x = gen_unary (graph, "GlobalAveragePool", x, &error);
  x = gen_unary (graph, "Flatten", x, &error);
  x = gen_binary (graph, "Mul", x, gen_graph_float (graph, 2), &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.sample-rate"), g_strdup ("8000"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* One box, from 2, 2 to 6, 6, whose score is how bright the picture is; where it `fails`, of dark
 * ones no number, which a detector takes for an error. */
static void
save_boxes (const char *name, gboolean fails)
{
  static const float corners[6] = { 2, 2, 6, 6, 0, 0 };
  static const float where[6] = { 0, 0, 0, 0, 1, 0 };
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("boxes");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIZE, SIZE));
  GenTensor *box = gen_graph_add_constant (graph, "corners", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 6),
      g_bytes_new_static (corners, sizeof corners));
  GenTensor *place = gen_graph_add_constant (graph, "where", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 6),
      g_bytes_new_static (where, sizeof where));

  x = gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);
  g_assert_no_error (error);
  if (fails) {
    x = gen_binary (graph, "Sub", x, gen_graph_float (graph, 0.25), &error);
    x = gen_unary (graph, "Sqrt", x, &error);
    g_assert_no_error (error);
  }
  x = gen_binary (graph, "Mul", place, x, &error);
  x = gen_binary (graph, "Add", box, x, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static gint64
get_closed (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-score");
  gint64 closed = -1;

  g_assert_nonnull (meta);
  gst_structure_get_int64 (gst_custom_meta_get_structure (meta), "gate-closed", &closed);
  return closed;
}

/* --- pictures --- */

static void
test_tag (void)
{
  static const int levels[] = { 50, 200, 120, 50 };
  static const gint64 closed[] = { 0, 1, 1, 0 };
  Fixture f;

  open_fixture (&f, "model=%s/bright.onnx threshold=0.6 hysteresis=0.2", PICTURE);
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    g_autoptr (GstBuffer) buffer =
        gst_harness_push_and_pull (f.harness, make_picture (levels[i], i));

    g_assert_cmpint (get_closed (buffer), ==, closed[i]);
    g_assert_cmpint (count_changed (buffer, levels[i]), ==, 0);
  }
  g_assert_cmpuint (count_messages (&f, "content-gate"), ==, 2);
  close_fixture (&f);
}

static void
test_changed (void)
{
  static const char *const actions[] = { "blur", "pixelate", "replace colour=0x808080" };

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++) {
    g_autofree char *whole =
        g_strdup_printf ("model=%%s/bright.onnx threshold=0.6 strength=0.25 action=%s", actions[i]);
    g_autofree char *boxes = g_strdup_printf (
        "model=%%s/boxes.onnx threshold=0.6 strength=0.5 margin=0 action=%s", actions[i]);
    Fixture f;

    open_fixture (&f, whole, PICTURE);
    g_assert_cmpint (push_picture (&f, 50, 0), ==, 0);
    g_assert_cmpint (push_picture (&f, 200, 1), ==, PIXELS);
    g_assert_cmpint (push_picture (&f, 50, 2), ==, 0);
    close_fixture (&f);
    open_fixture (&f, boxes, PICTURE);
    g_assert_cmpint (push_picture (&f, 50, 0), ==, 0);
    g_assert_cmpint (push_picture (&f, 200, 1), ==, 16);
    close_fixture (&f);
  }
}

/* Who has the same memory keeps it as it was. */
static void
test_shared (void)
{
  g_autoptr (GstBuffer) buffer = make_picture (200, 0), out = NULL;
  Fixture f;

  open_fixture (&f, "model=%s/bright.onnx action=blur", PICTURE);
  out = gst_harness_push_and_pull (f.harness, gst_buffer_ref (buffer));
  g_assert_cmpint (count_changed (out, 200), ==, PIXELS);
  g_assert_cmpint (count_changed (buffer, 200), ==, 0);
  close_fixture (&f);
}

static void
test_regions (void)
{
  g_autoptr (GstBuffer) buffer = NULL;
  GstVideoRegionOfInterestMeta *region;
  Fixture f;

  open_fixture (&f, "model=%s/boxes.onnx labels=0=0.6", PICTURE);
  buffer = gst_harness_push_and_pull (f.harness, make_picture (200, 0));
  region = gst_buffer_get_video_region_of_interest_meta (buffer);
  g_assert_nonnull (region);
  g_assert_cmpuint (region->x, ==, 2);
  g_assert_cmpuint (region->y, ==, 2);
  g_assert_cmpuint (region->w, ==, 4);
  g_assert_cmpuint (region->h, ==, 4);
  close_fixture (&f);
}

/* What is dropped leaves a gap, and what follows it says so. */
static void
test_drop (void)
{
  g_autoptr (GstBuffer) buffer = NULL;
  guint gaps = 0;
  Fixture f;

  open_fixture (&f, "model=%s/bright.onnx action=drop", PICTURE);
  g_assert_cmpint (push_picture (&f, 50, 0), ==, 0);
  g_assert_cmpint (gst_harness_push (f.harness, make_picture (200, 1)), ==, GST_FLOW_OK);
  g_assert_cmpint (gst_harness_push (f.harness, make_picture (50, 2)), ==, GST_FLOW_OK);
  buffer = gst_harness_pull (f.harness);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 2 * GST_SECOND / 10);
  g_assert_true (GST_BUFFER_IS_DISCONT (buffer));
  for (;;) {
    g_autoptr (GstEvent) event = gst_harness_try_pull_event (f.harness);

    if (event == NULL)
      break;
    gaps += GST_EVENT_TYPE (event) == GST_EVENT_GAP;
  }
  g_assert_cmpuint (gaps, ==, 1);
  close_fixture (&f);
}

/* A frame of which there is no score does not pass, unless somebody says so. */
static void
test_fail (void)
{
  Fixture f;

  open_fixture (&f, "model=%s/fails.onnx scores=none threshold=0.9 action=replace", PICTURE);
  g_assert_cmpint (push_picture (&f, 150, 0), ==, 0);
  g_assert_cmpint (push_picture (&f, 30, 1), ==, PIXELS);
  g_assert_cmpint (push_picture (&f, 30, 2), ==, PIXELS);
  g_assert_cmpint (push_picture (&f, 150, 3), ==, 0);
  g_assert_cmpuint (count_messages (&f, "warning"), ==, 1);
  close_fixture (&f);
  open_fixture (
      &f, "model=%s/fails.onnx scores=none threshold=0.9 action=replace fail=open", PICTURE);
  g_assert_cmpint (push_picture (&f, 30, 0), ==, 0);
  close_fixture (&f);
  /* Where it is not known where boxes are, all of the frame is covered. */
  open_fixture (&f, "model=%s/lost.onnx threshold=0.6 margin=0 action=replace", PICTURE);
  g_assert_cmpint (push_picture (&f, 200, 0), ==, 16);
  g_assert_cmpint (push_picture (&f, 30, 1), ==, PIXELS);
  g_assert_cmpint (push_picture (&f, 200, 2), ==, 16);
  g_assert_cmpuint (count_messages (&f, "warning"), ==, 1);
  close_fixture (&f);
}

/* Frames without times are as far apart as the caps say, and count as they are where these do not
 * say. */
static void
test_no_times (void)
{
  static const char *const rates[] = { "10/1", "0/1" };

  for (guint k = 0; k < 2; k++) {
    g_autofree char *caps =
        g_strdup_printf ("video/x-raw,format=GRAY8,width=8,height=8,framerate=%s", rates[k]);
    Fixture f;

    open_fixture (&f, "model=%s/bright.onnx threshold=0.6 smoothing=0.2", caps);
    for (guint i = 0; i < 6; i++) {
      GstBuffer *buffer = make_picture (i == 0 ? 50 : 200, i);
      g_autoptr (GstBuffer) out = NULL;

      GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
      out = gst_harness_push_and_pull (f.harness, buffer);
      /* 0.2, and from then on exp (-i / 2) of what it is below 0.78 */
      g_assert_cmpint (get_closed (out), ==, k == 0 ? i >= 3 : i >= 1);
    }
    close_fixture (&f);
  }
}

/* The smallest frame that there is. */
static void
test_tiny (void)
{
  static const char *const actions[] = { "blur", "pixelate", "replace colour=0x010101" };
  const guint8 row[4] = { 200 }; /* as long as rows are */

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++) {
    g_autofree char *properties =
        g_strdup_printf ("model=%%s/%s.onnx action=%s", i == 1 ? "boxes" : "bright", actions[i]);
    g_autoptr (GstBuffer) buffer = NULL;
    Fixture f;

    open_fixture (&f, properties, "video/x-raw,format=GRAY8,width=1,height=1,framerate=10/1");
    buffer = gst_harness_push_and_pull (f.harness, gst_buffer_new_memdup (row, sizeof row));
    g_assert_cmpint (get_closed (buffer), ==, 1);
    g_assert_cmpint (gst_buffer_memcmp (buffer, 0, i == 2 ? "\1" : "\310", 1), ==, 0);
    close_fixture (&f);
  }
}

static void
test_slate (void)
{
  g_autofree char *path = g_build_filename (folder, "slate.png", NULL);
  g_auto (GenPicture) slate = { 0 };
  g_autoptr (GstBuffer) buffer = NULL;
  GstMapInfo map;
  Fixture f;

  gen_picture_init (&slate, 4, 4, 3);
  memset (slate.data, 77, (gsize)slate.stride * 4);
  g_assert_true (gen_picture_save_png (&slate, path, NULL));
  open_fixture (&f, "model=%s/bright.onnx action=replace slate=%s/slate.png", PICTURE);
  buffer = gst_harness_push_and_pull (f.harness, make_picture (200, 0));
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_assert_cmpint (map.data[4 * SIZE + 4], ==, 77);
  g_assert_cmpint (map.data[0], ==, 0);
  gst_buffer_unmap (buffer, &map);
  close_fixture (&f);
}

/* --- sounds --- */

/* Ten windows of 10 ms, of which the one in the middle is loud, in buffers that do not know of
 * them. */
static void
push_sound (Fixture *f)
{
  for (int i = 0; i < 20; i++) {
    float samples[40];
    GstBuffer *buffer;

    for (int k = 0; k < 40; k++)
      samples[k] = i == 8 || i == 9 ? 0.5f : 0.125f;
    buffer = gst_buffer_new_memdup (samples, sizeof samples);
    GST_BUFFER_PTS (buffer) = (GstClockTime)i * 5 * GST_MSECOND;
    GST_BUFFER_DURATION (buffer) = 5 * GST_MSECOND;
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  }
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_eos ()));
}

/* What came out, one sample after the other. */
static GArray *
pull_sound (Fixture *f)
{
  GArray *samples = g_array_new (FALSE, FALSE, sizeof (float));

  for (;;) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (f->harness);
    GstMapInfo map;

    if (buffer == NULL)
      return samples;
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_array_append_vals (samples, map.data, (guint)(map.size / sizeof (float)));
    gst_buffer_unmap (buffer, &map);
  }
}

static void
test_mute (void)
{
  g_autoptr (GArray) samples = NULL;
  Fixture f;

  open_fixture (&f, "model=%s/loud.onnx window=0.01 action=mute", SOUND);
  push_sound (&f);
  samples = pull_sound (&f);
  g_assert_cmpuint (samples->len, ==, 800);
  for (guint i = 0; i < 800; i++)
    g_assert_cmpfloat (g_array_index (samples, float, i), ==, i >= 320 && i < 400 ? 0.0f : 0.125f);
  close_fixture (&f);
}

static void
test_tone (void)
{
  g_autoptr (GArray) samples = NULL;
  double squares = 0;
  Fixture f;

  open_fixture (&f, "model=%s/loud.onnx window=0.01 action=replace", SOUND);
  push_sound (&f);
  samples = pull_sound (&f);
  g_assert_cmpuint (samples->len, ==, 800);
  for (guint i = 320; i < 400; i++)
    squares += pow ((double)g_array_index (samples, float, i), 2);
  g_assert_cmpfloat_with_epsilon (squares / 80, 0.005, 1e-5);
  close_fixture (&f);
  open_fixture (&f, "model=%s/loud.onnx window=0.01 action=drop", SOUND);
  push_sound (&f);
  g_array_unref (samples);
  samples = pull_sound (&f);
  g_assert_cmpuint (samples->len, ==, 720);
  close_fixture (&f);
}

static void
push_level (Fixture *f, float level, guint from, guint n)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * sizeof level, NULL);

  for (guint i = 0; i < n; i++)
    gst_buffer_fill (buffer, i * sizeof level, &level, sizeof level);
  GST_BUFFER_PTS (buffer) = from * GST_SECOND / 8000;
  GST_BUFFER_DURATION (buffer) = n * GST_SECOND / 8000;
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
}

/* Less than half a window is left at the end, and is loud. */
static void
test_tail (void)
{
  g_autoptr (GArray) samples = NULL;
  Fixture f;

  open_fixture (&f, "model=%s/loud.onnx window=0.01 action=mute", SOUND);
  push_level (&f, 0.125f, 0, 80);
  push_level (&f, 2, 80, 20);
  g_assert_true (gst_harness_push_event (f.harness, gst_event_new_eos ()));
  samples = pull_sound (&f);
  g_assert_cmpuint (samples->len, ==, 100);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpfloat (g_array_index (samples, float, i), ==, i >= 80 ? 0.0f : 0.125f);
  close_fixture (&f);
}

/* What the action leaves out stays out, even where another one held when it was measured. */
static void
test_late_action (void)
{
  g_autoptr (GArray) samples = NULL;
  Fixture f;

  open_fixture (&f, "model=%s/loud.onnx window=0.01 hop=0.005 action=drop", SOUND);
  push_level (&f, 0.5f, 0, 80);
  gst_harness_set (f.harness, "contentgate", "action", 0 /* tag */, NULL);
  push_level (&f, 0.5f, 80, 40);
  gst_harness_set (f.harness, "contentgate", "action", 5 /* drop */, NULL);
  g_assert_true (gst_harness_push_event (f.harness, gst_event_new_eos ()));
  samples = pull_sound (&f);
  g_assert_cmpuint (samples->len, ==, 40);
  close_fixture (&f);
}

/* --- texts --- */

static char *
push_text (Fixture *f, const char *text, gsize length)
{
  g_autoptr (GstBuffer) buffer = NULL;
  GstMapInfo map;
  char *made;

  g_assert_cmpint (
      gst_harness_push (f->harness, gst_buffer_new_memdup (text, length)), ==, GST_FLOW_OK);
  buffer = gst_harness_try_pull (f->harness);
  if (buffer == NULL)
    return NULL;
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  made = map.size > 0 ? g_strndup ((const char *)map.data, map.size) : g_strdup ("");
  gst_buffer_unmap (buffer, &map);
  return made;
}

static void
check_text (const char *action, const char *text, const char *expected)
{
  g_autofree char *properties = g_strdup_printf ("deny-list=%%s/words.txt action=%s", action);
  g_autofree char *made = NULL;
  Fixture f;

  open_fixture (&f, properties, TEXT);
  made = push_text (&f, text, strlen (text));
  g_assert_cmpstr (made, ==, expected);
  close_fixture (&f);
}

static void
test_texts (void)
{
  g_autofree char *path = g_build_filename (folder, "words.txt", NULL);
  g_autoptr (GenDenyList) list = NULL;
  g_autoptr (GError) error = NULL;

  list = gen_deny_list_new ("bad", "list", &error);
  if (g_error_matches (error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_UNSUPPORTED)) {
    g_test_skip ("this build has no lists of words");
    return;
  }
  g_assert_true (g_file_set_contents (path, "bad\n/^(a+)+$/\n", -1, NULL));
  check_text ("tag", "a bad one", "a bad one");
  check_text ("replace",
      "a B\xc3\xa1"
      "d one",
      "a *** one");
  check_text ("replace", "a good one", "a good one");
  check_text ("mute", "a bad one", "");
  check_text ("drop", "a bad one", NULL);
  check_text ("drop", "a good one", "a good one");
  /* What cannot be judged: no text, and a pattern without an end. */
  check_text ("replace", "\xff good", "***");
  check_text ("drop", "\xff good", NULL);
  check_text ("drop fail=open", "\xff good", "\xff good");
  check_text ("drop", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", NULL);
}

/* --- what is refused --- */

static void
check_error (const char *source, const char *properties, const char *message)
{
  g_autofree char *launch = g_strdup_printf ("%s ! contentgate %s ! fakesink", source, properties);
  g_auto (GStrv) parts = g_strsplit (launch, "%s", -1);
  g_autofree char *whole = g_strjoinv (folder, parts);
  g_autofree char *text = play_to_error (whole);

  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, message));
}

#define PICTURES "videotestsrc num-buffers=2 ! video/x-raw,format=GRAY8,width=8,height=8"
#define SOUNDS "audiotestsrc num-buffers=2 ! audio/x-raw,format=F32LE,rate=8000,channels=1"

static void
test_refused (void)
{
  check_error (PICTURES, "", "Property model is not set");
  check_error (PICTURES, "model=%s/missing.onnx", "does not exist");
  check_error (PICTURES, "model=%s/bright.onnx labels=nude", "no class");
  check_error (PICTURES, "model=%s/bright.onnx action=mute", "mute is for sounds");
  check_error (PICTURES, "model=%s/bright.onnx action=hold", "hold-location is not set");
  check_error (PICTURES, "model=%s/bright.onnx slate=%s/bright.onnx", "Property slate");
  check_error (PICTURES, "model=%s/bright.onnx boxes=yolov9", "yolov8");
  check_error (PICTURES, "model=%s/integers.onnx", "is not of float32");
  check_error (SOUNDS, "model=%s/loud.onnx action=blur window=0.01", "blur is for pictures");
  check_error (SOUNDS, "model=%s/loud.onnx action=mute window=0.02", "windows have 160");
  check_error (PICTURES, "model=%s/several.onnx", "Property labels is not set");
}

/* Boxes of whole numbers. */
static void
save_integers (void)
{
  static const gint64 made[6] = { 2, 2, 6, 6, 1, 0 };
  g_autofree char *path = g_build_filename (folder, "integers.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("integers");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIZE, SIZE));
  GenTensor *boxes = gen_graph_add_constant (
      graph, "boxes", GEN_TYPE_INT64, &GEN_SHAPE (1, 1, 6), g_bytes_new_static (made, sizeof made));

  x = gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);
  g_assert_no_error (error);
  x = gen_graph_op (graph, "Cast", &x, 1, 1, &error, "to", GEN_INT, 7, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, gen_binary (graph, "Add", boxes, x, &error));
  g_assert_no_error (error);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* A classifier of the quarters of a picture. */
static void
save_several (void)
{
  g_autofree char *path = g_build_filename (folder, "several.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("several");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIZE, SIZE));

  x = gen_graph_op (graph, "AveragePool", &x, 1, 1, &error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ 4, 4 }, "strides", GEN_INTS, 2, (gint64[]){ 4, 4 }, NULL);
  x = gen_unary (graph, "Flatten", x, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_bright ("bright.onnx", FALSE);
  save_bright ("fails.onnx", TRUE);
  save_loud ();
  save_boxes ("boxes.onnx", FALSE);
  save_boxes ("lost.onnx", TRUE);
  save_several ();
  save_integers ();
  g_test_add_func ("/contentgate/tag", test_tag);
  g_test_add_func ("/contentgate/changed", test_changed);
  g_test_add_func ("/contentgate/shared", test_shared);
  g_test_add_func ("/contentgate/regions", test_regions);
  g_test_add_func ("/contentgate/drop", test_drop);
  g_test_add_func ("/contentgate/fail", test_fail);
  g_test_add_func ("/contentgate/no-times", test_no_times);
  g_test_add_func ("/contentgate/tiny", test_tiny);
  g_test_add_func ("/contentgate/slate", test_slate);
  g_test_add_func ("/contentgate/mute", test_mute);
  g_test_add_func ("/contentgate/tone", test_tone);
  g_test_add_func ("/contentgate/tail", test_tail);
  g_test_add_func ("/contentgate/late-action", test_late_action);
  g_test_add_func ("/contentgate/texts", test_texts);
  g_test_add_func ("/contentgate/refused", test_refused);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
