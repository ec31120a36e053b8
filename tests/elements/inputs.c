/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator feeds further inputs of a model: a picture in a file, and one on a pad of its own, in
 * step by running time. */
#include <generative/operator.h>
#include <generative/picture.h>
#include <gst/check/gstharness.h>

#include "doubtful.h"

#define PIXELS (SIDE * SIDE)
#define GREY "format=(string)GRAY8,framerate=(fraction)10/1"

static char *folder;

/* A grey picture x with another one beside it: y = x + mask, both of any size where `side` is -1.
 */
static void
save_sum (const char *path, gint64 side)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("sum");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  GenTensor *mask =
      gen_graph_add_input (graph, "mask", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  GenTensor *y = gen_binary (graph, "Add", x, mask, &error);

  g_assert_no_error (error);
  for (int d = 2; d < 4; d++)
    x->shape.dims[d] = mask->shape.dims[d] = y->shape.dims[d] = side;
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  save_model (graph, y, path);
}

/* A file whose left half is black and whose right half is of `value`. */
static void
save_halves (const char *path, int side, guint8 value)
{
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;

  gen_picture_init (&picture, side, side, 1);
  for (int y = 0; y < side; y++)
    memset (picture.data + y * picture.stride + side / 2, value, (gsize)side / 2);
  gen_picture_save_png (&picture, path, &error);
  g_assert_no_error (error);
}

static GstBuffer *
make_frame (guint number, guint8 value, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (buffer, 0, value, size);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND / 10;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 10;
  return buffer;
}

static guint8
byte_at (GstBuffer *buffer, gsize place)
{
  guint8 byte;

  g_assert_cmpuint (gst_buffer_extract (buffer, place, &byte, 1), ==, 1);
  return byte;
}

/* --- a file --- */

/* Scaled to the size of what is played, and again where that changes. */
static void
test_file (void)
{
  g_autofree char *launch = g_strdup_printf (
      "generator model=%s/sum.onnx inputs=mask=%s/halves.png ! capsfilter caps=video/x-raw,"
      "format=GRAY8",
      folder, folder);
  GstHarness *harness = gst_harness_new_parse (launch);

  for (int side = 8; side <= 16; side += 8) {
    const gsize size = (gsize)side * (gsize)side;
    g_autofree char *caps = g_strdup_printf ("video/x-raw," GREY ",width=%d,height=%d", side, side);
    g_autoptr (GstBuffer) made = NULL;

    gst_harness_set_src_caps_str (harness, caps);
    made = gst_harness_push_and_pull (harness, make_frame (0, 50, size));
    g_assert_cmpuint (gst_buffer_get_size (made), ==, size);
    g_assert_cmpuint (byte_at (made, 0), ==, 50);
    g_assert_cmpuint (byte_at (made, (gsize)side - 1), ==, 150);
  }
  gst_harness_teardown (harness);
}

/* Which the file beside the model says, from its folder on, unless a pad brings it. */
static void
test_file_said (void)
{
  g_autofree char *beside = g_build_filename (folder, "sum.onnx.modelinfo", NULL);
  g_autofree char *launch = g_strdup_printf ("generator model=%s/sum.onnx", folder);
  g_autoptr (GstBuffer) made = NULL;
  GstHarness *harness;

  g_assert_true (g_file_set_contents (beside, "[generative]\ninputs=mask=halves.png\n", -1, NULL));
  harness = gst_harness_new_parse (launch);
  gst_harness_set_src_caps_str (harness, "video/x-raw," GREY ",width=8,height=8");
  made = gst_harness_push_and_pull (harness, make_frame (0, 50, 64));
  g_assert_cmpuint (byte_at (made, 7), ==, 150);
  gst_harness_teardown (harness);
  g_assert_cmpint (g_unlink (beside), ==, 0);
}

static void
assert_refused (const char *properties, const char *words)
{
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=1 ! video/x-raw," GREY ",width=8,height=8"
                       " ! generator name=g model=%s/sum.onnx %s ! fakesink",
          folder, properties);
  g_autofree char *said = NULL;
  gboolean failed;

  said = play_for_words (launch, &failed);
  g_assert_true (failed);
  if (strstr (said, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", said, words);
}

static void
test_refused (void)
{
  assert_refused ("inputs=mask", "such as style=night.png");
  assert_refused ("inputs=style=a.png", "no input 'style'");
  assert_refused ("inputs=mask=/nowhere/a.png", "/nowhere/a.png");
  assert_refused ("inputs=mask=a.png,mask=b.png", "another file for mask and by file b.png");
}

/* --- a pad --- */

typedef struct {
  GstHarness *main, *mask;
} Two;

static Two
open_two (void)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s/sum.onnx", folder);
  g_autoptr (GError) error = NULL;
  GstElement *generator = gst_parse_launch (launch, &error);
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (generator, "sink_mask");
  Two two;

  g_assert_no_error (error);
  two.mask = gst_harness_new_with_element (generator, "sink_mask", NULL);
  two.main = gst_harness_new_with_element (generator, "sink", "src");
  gst_harness_set_sink_caps_str (two.main, "video/x-raw,format=(string)GRAY8");
  gst_harness_set_src_caps_str (two.main, "video/x-raw," GREY ",width=8,height=8");
  gst_harness_set_src_caps_str (two.mask, "video/x-raw," GREY ",width=8,height=8");
  gst_object_unref (generator);
  return two;
}

static void
close_two (Two *two)
{
  gst_harness_teardown (two->main);
  gst_harness_teardown (two->mask);
}

/* Masks of five a second: number n, of value 10 * n, at n / 5 seconds; then the end. */
static gpointer
push_masks (gpointer data)
{
  GstHarness *harness = data;

  for (guint n = 1; n <= 3; n++) {
    GstBuffer *mask = make_frame (2 * (n - 1), (guint8)(10 * n), PIXELS);

    GST_BUFFER_DURATION (mask) = GST_CLOCK_TIME_NONE;
    if (gst_harness_push (harness, mask) != GST_FLOW_OK)
      return NULL;
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
  return NULL;
}

/* Each frame with the last mask that has begun; behind the end the last one stays. */
static void
test_pad (void)
{
  static const guint8 wanted[] = { 110, 110, 120, 120, 130, 130, 130, 130 };
  Two two = open_two ();
  GThread *thread = g_thread_new ("masks", push_masks, two.mask);

  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    g_autoptr (GstBuffer) made = gst_harness_push_and_pull (two.main, make_frame (i, 100, PIXELS));

    g_assert_cmpuint (byte_at (made, 5), ==, wanted[i]);
  }
  g_thread_join (thread);
  close_two (&two);
}

static gpointer
push_main (gpointer data)
{
  return GINT_TO_POINTER (gst_harness_push (data, make_frame (0, 100, PIXELS)));
}

/* What waits for a mask is let go by a flush, a gap that says that none comes, and the end. */
static void
test_pad_without_masks (void)
{
  Two two = open_two ();
  GThread *thread = g_thread_new ("main", push_main, two.main);
  GstSegment segment;

  g_usleep (G_USEC_PER_SEC / 20);
  gst_harness_push_event (two.main, gst_event_new_flush_start ());
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_FLUSHING);
  gst_harness_push_event (two.main, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (two.main, gst_event_new_segment (&segment));

  gst_harness_push (two.mask, make_frame (0, 10, PIXELS));
  gst_harness_push_event (two.mask, gst_event_new_gap (GST_SECOND / 10, GST_SECOND));
  for (guint i = 0; i < 10; i++)
    gst_buffer_unref (gst_harness_push_and_pull (two.main, make_frame (i, 100, PIXELS)));
  gst_harness_push_event (two.mask, gst_event_new_eos ());
  gst_buffer_unref (gst_harness_push_and_pull (two.main, make_frame (50, 100, PIXELS)));
  close_two (&two);
}

static gpointer
push_two_masks (gpointer data)
{
  GstFlowReturn flow = gst_harness_push (data, make_frame (0, 10, PIXELS));

  g_assert_cmpint (flow, ==, GST_FLOW_OK);
  return GINT_TO_POINTER (gst_harness_push (data, make_frame (1, 20, PIXELS)));
}

/* A pad that goes lets whoever waits there go, and what came from it last stays. */
static void
test_pad_released (void)
{
  Two two = open_two ();
  GThread *thread = g_thread_new ("masks", push_two_masks, two.mask);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (two.main->element, "sink_mask");

  g_usleep (G_USEC_PER_SEC / 20);
  gst_element_release_request_pad (two.main->element, pad);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), !=, GST_FLOW_OK);
  for (guint i = 0; i < 5; i++) {
    g_autoptr (GstBuffer) made = gst_harness_push_and_pull (two.main, make_frame (i, 100, PIXELS));

    g_assert_cmpuint (byte_at (made, 5), ==, 110);
  }
  close_two (&two);
}

/* What waits for several pads is as late as the latest of them. */
static void
test_latency (void)
{
  Two two = open_two ();
  GstClockTime alone, both;

  gst_harness_set_upstream_latency (two.main, 20 * GST_MSECOND);
  alone = gst_harness_query_latency (two.main);
  gst_harness_set_upstream_latency (two.mask, 70 * GST_MSECOND);
  both = gst_harness_query_latency (two.main);
  g_assert_cmpuint (both - alone, ==, 50 * GST_MSECOND);
  close_two (&two);
}

/* Whoever waits at either pad is let go when the element stops. */
static void
test_pad_stopped (void)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc is-live=true ! video/x-raw," GREY ",width=8,height=8 ! generator name=g "
      "model=%s/sum.onnx ! fakesink async=false appsrc name=never ! g.sink_mask",
      folder);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);

  g_assert_no_error (error);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_usleep (G_USEC_PER_SEC / 10);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Number of a ball's picture, by what is seen of it: the sum of its bytes. */
static guint64
sum_of_sample (GstElement *sink)
{
  GstSample *sample = NULL;
  GstMapInfo map;
  guint64 sum = 0;

  g_signal_emit_by_name (sink, "pull-preroll", &sample);
  g_assert_nonnull (sample);
  gst_buffer_map (gst_sample_get_buffer (sample), &map, GST_MAP_READ);
  for (gsize i = 0; i < map.size; i++)
    sum = sum * 31 + map.data[i];
  gst_buffer_unmap (gst_sample_get_buffer (sample), &map);
  gst_sample_unref (sample);
  return sum;
}

/* A seek goes to both, and the first frame behind it is made of both that belong there: it is what
 * a play from there makes. */
static void
test_pad_seeks (void)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc pattern=ball ! video/x-raw," GREY ",width=64,height=64 ! generator name=g "
      "model=%s/sum.onnx ! appsink name=sink videotestsrc pattern=ball flip=true ! "
      "video/x-raw," GREY ",width=64,height=64 ! queue ! g.sink_mask",
      folder);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  guint64 sums[2][10];

  g_assert_no_error (error);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < 10; i++) {
      const guint n = round == 0 ? i : 9 - i;

      g_assert_cmpint (gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND), !=,
          GST_STATE_CHANGE_FAILURE);
      g_assert_true (gst_element_seek_simple (pipeline, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, n * GST_SECOND / 2));
      sums[round][n] = sum_of_sample (sink);
    }
  for (guint i = 0; i < 10; i++)
    g_assert_cmpuint (sums[0][i], ==, sums[1][i]);
  g_assert_cmpuint (sums[0][0], !=, sums[0][1]);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* A stream without a frame is told of. */
static void
test_pad_empty (void)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=3 ! video/x-raw," GREY ",width=8,height=8 ! generator name=g "
      "model=%s/sum.onnx ! fakesink videotestsrc num-buffers=0 ! video/x-raw," GREY
      ",width=8,height=8 ! g.sink_mask",
      folder);
  g_autofree char *said = NULL;
  gboolean failed;

  said = play_for_words (launch, &failed);
  g_assert_true (failed);
  g_assert_nonnull (strstr (said, "ended without a frame"));
}

/* What is said where masks of `caps` come beside frames of 8 x 8. (transfer full) */
static char *
play_with_mask (const char *model, const char *properties, const char *caps)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=3 ! video/x-raw," GREY ",width=8,height=8 ! generator name=g "
      "model=%s/%s %s ! fakesink videotestsrc num-buffers=3 ! %s ! queue ! g.sink_mask",
      folder, model, properties, caps);
  gboolean failed;
  char *said = play_for_words (launch, &failed);

  g_assert_true (failed);
  return said;
}

/* Of another size or format: the error names pad, input, and both. */
static void
test_pad_of_other_size (void)
{
  static const struct {
    const char *model, *caps, *words[3];
  } cases[] = {
    { "fixed.onnx", "video/x-raw," GREY ",width=16,height=8",
        { "Pad sink_mask: 16 x 8 pixels of GRAY8", "input 'mask' takes 8 x 8 pixels of 1",
            "videoscale" } },
    { "fixed.onnx", "video/x-raw,format=RGB,width=8,height=8",
        { "Pad sink_mask: 8 x 8 pixels of RGB", "of 1 channels", "videoconvert" } },
    { "sum.onnx", "video/x-raw," GREY ",width=16,height=8",
        { "sink_mask", "16 x 8", "input 'mask' takes 8 x 8" } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *said = play_with_mask (cases[i].model, "", cases[i].caps);

    for (gsize k = 0; k < G_N_ELEMENTS (cases[i].words); k++)
      assert_says (said, cases[i].words[k]);
  }
}

static GstSample *
make_black (guint number)
{
  g_autoptr (GstBuffer) frame = make_frame (number, 0, PIXELS);
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-raw," GREY ",width=8,height=8");

  return gst_sample_new (frame, caps, NULL, NULL);
}

static guint
count_waiting (GstElement *queue)
{
  guint n;

  g_object_get (queue, "current-level-buffers", &n, NULL);
  return n;
}

/* Masks that wait since before it was known how large frames are become as large, and those behind
 * them are made so by what is in front. */
static void
test_pad_before_size (void)
{
  g_autofree char *launch = g_strdup_printf (
      "appsrc name=main format=time ! generator name=g model=%s/sum.onnx ! fakesink name=sink "
      "enable-last-sample=true videotestsrc pattern=white num-buffers=8 ! video/x-raw," GREY
      ",width=32,height=16 ! videoscale ! queue name=queue max-size-buffers=2 ! g.sink_mask",
      folder);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstElement) source = NULL, queue = NULL, sink = NULL, generator = NULL;
  g_autoptr (GstSample) last = NULL;
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstPad) pad = NULL;
  const GstStructure *mask;
  GstFlowReturn flow;
  int width = 0;

  g_assert_no_error (error);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "main");
  queue = gst_bin_get_by_name (GST_BIN (pipeline), "queue");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  generator = gst_bin_get_by_name (GST_BIN (pipeline), "g");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 2000 && count_waiting (queue) < 2; i++)
    g_usleep (G_USEC_PER_SEC / 200);
  g_assert_cmpuint (count_waiting (queue), ==, 2);
  for (guint n = 0; n < 8; n++) {
    g_autoptr (GstSample) sample = make_black (n);

    g_signal_emit_by_name (source, "push-sample", sample, &flow);
  }
  g_signal_emit_by_name (source, "end-of-stream", &flow);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  g_assert_no_error (error);
  g_object_get (sink, "last-sample", &last, NULL);
  for (gsize i = 0; i < PIXELS; i++)
    g_assert_cmpuint (byte_at (gst_sample_get_buffer (last), i), >, 200);
  pad = gst_element_get_static_pad (generator, "sink_mask");
  caps = gst_pad_get_current_caps (pad);
  mask = gst_caps_get_structure (caps, 0);
  g_assert_true (gst_structure_get_int (mask, "width", &width));
  g_assert_cmpint (width, ==, 8);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* One that a file gives as well. */
static void
test_pad_and_file (void)
{
  g_autofree char *said = play_with_mask (
      "sum.onnx", "inputs=mask=halves.png", "video/x-raw," GREY ",width=8,height=8");

  assert_says (said, "input 'mask' is given by pad sink_mask and by file halves.png");
}

/* A frame of fewer bytes than its caps say. */
static void
test_pad_short (void)
{
  Two two = open_two ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (two.main->element, bus);
  gst_harness_push (two.mask, make_frame (0, 10, 10));
  g_assert_cmpint (gst_harness_push (two.main, make_frame (0, 100, PIXELS)), ==, GST_FLOW_ERROR);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  assert_says (error->message, "Pad sink_mask: A buffer has 10 bytes, but its caps say 64");
  gst_element_set_bus (two.main->element, NULL);
  close_two (&two);
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL, *fixed = NULL, *halves = NULL;
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  path = g_build_filename (folder, "sum.onnx", NULL);
  halves = g_build_filename (folder, "halves.png", NULL);
  fixed = g_build_filename (folder, "fixed.onnx", NULL);
  save_sum (path, -1);
  save_sum (fixed, SIDE);
  save_halves (halves, 32, 100);
  g_test_add_func ("/inputs/file", test_file);
  g_test_add_func ("/inputs/file-said", test_file_said);
  g_test_add_func ("/inputs/latency", test_latency);
  g_test_add_func ("/inputs/refused", test_refused);
  g_test_add_func ("/inputs/pad", test_pad);
  g_test_add_func ("/inputs/pad/without-masks", test_pad_without_masks);
  g_test_add_func ("/inputs/pad/released", test_pad_released);
  g_test_add_func ("/inputs/pad/stopped", test_pad_stopped);
  g_test_add_func ("/inputs/pad/seeks", test_pad_seeks);
  g_test_add_func ("/inputs/pad/empty", test_pad_empty);
  g_test_add_func ("/inputs/pad/other-size", test_pad_of_other_size);
  g_test_add_func ("/inputs/pad/before-size", test_pad_before_size);
  g_test_add_func ("/inputs/pad/and-file", test_pad_and_file);
  g_test_add_func ("/inputs/pad/short", test_pad_short);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
