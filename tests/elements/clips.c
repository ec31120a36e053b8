/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays models that make as many frames as they see at once, whichever way they take
 * them, and those that make several between two. */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "doubtful.h"

#define FRAMES 4
#define BETWEEN 3
#define SIZE 16
#define BYTES (SIZE * SIZE * 3)
#define CAPS "video/x-raw,format=(string)RGB,width=16,height=16,framerate=(fraction)10/1"
#define INTERVAL (GST_SECOND / 10)

static char *folder;

/* In how many ways a model takes and makes a clip. */
typedef enum { FIRST, SECOND, LAST, FREE, APART, N_WAYS } Way;

static const char *const properties[N_WAYS] = { [FREE] = "frames=4" };

static const GenShape shapes[N_WAYS] = {
  [FIRST] = { 5, { 1, FRAMES, 3, SIZE, SIZE } },
  [SECOND] = { 5, { 1, 3, FRAMES, SIZE, SIZE } },
  [LAST] = { 5, { 1, FRAMES, SIZE, SIZE, 3 } },
  [FREE] = { 5, { 1, -1, 3, -1, -1 } },
};

static GenTensor *
join_apart (GenGraph *graph, GError **error)
{
  GenTensor *frames[FRAMES];

  for (int i = 0; i < FRAMES; i++) {
    g_autofree char *name = g_strdup_printf ("img%d", i);

    frames[i] =
        gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 3, SIZE, SIZE));
  }
  return gen_graph_op (graph, "Concat", frames, FRAMES, 1, error, "axis", GEN_INT, 1, NULL);
}

/* The sum of all frames up to each, a quarter of it. */
static void
save_sums (Way way)
{
  g_autofree char *name = g_strdup_printf ("sums%d.onnx", way);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("sums");
  g_autoptr (GError) error = NULL;
  GenTensor *x, *y;
  GenShape shape = shapes[way == FREE ? FIRST : way];

  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  x = way == APART ? join_apart (graph, &error)
                   : gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);
  y = gen_binary (
      graph, "CumSum", x, gen_graph_ints (graph, (gint64[]){ way == SECOND ? 2 : 1 }, 1), &error);
  y = gen_binary (graph, "Mul", y, gen_graph_float (graph, 1.0f / FRAMES), &error);
  g_assert_no_error (error);
  if (way == FREE)
    x->shape = y->shape = shapes[FREE];
  save_model (graph, y, path);
}

/* What lies at `n` places between two frames, or as many as are said of two of `seen`. */
static void
save_between (const char *name, int seen, int n)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("between");
  g_autoptr (GError) error = NULL;
  float *weights = g_new0 (float, n *seen);
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, seen, 3, SIZE, SIZE));
  GenTensor *y;

  for (int m = 0; m < n; m++) {
    weights[m * seen] = (float)(n - m) / (float)(n + 1);
    weights[m * seen + 1] = (float)(m + 1) / (float)(n + 1);
  }
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  y = gen_binary (
      graph, "Reshape", x, gen_graph_ints (graph, (gint64[]){ seen, BYTES }, 2), &error);
  y = gen_binary (graph, "MatMul",
      gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (n, seen),
          g_bytes_new_take (weights, (gsize)(n * seen) * sizeof *weights)),
      y, &error);
  y = gen_binary (
      graph, "Reshape", y, gen_graph_ints (graph, (gint64[]){ 1, n, 3, SIZE, SIZE }, 5), &error);
  g_assert_no_error (error);
  save_model (graph, y, path);
}

static GstHarness *
open_harness (const char *name, const char *said)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s/%s %s", folder, name, said != NULL ? said : "");
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, CAPS);
  return harness;
}

static guint8
value_of (int number)
{
  return (guint8)((number * 37 + 11) % 251);
}

/* Rows `gap` bytes further apart than usual. */
static GstBuffer *
make_frame (int number, int gap)
{
  const int stride = SIZE * 3 + gap;
  const gsize offset = 0, size = (gsize)stride * SIZE;
  GstBuffer *frame = gst_buffer_new_allocate (NULL, size, NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string ("timestamp/x-frame");

  gst_buffer_memset (frame, 0, value_of (number), size);
  gst_buffer_add_video_meta_full (frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, SIZE,
      SIZE, 1, (gsize[GST_VIDEO_MAX_PLANES]){ offset }, (int[GST_VIDEO_MAX_PLANES]){ stride });
  gst_buffer_add_reference_timestamp_meta (frame, caps, (GstClockTime)number, GST_CLOCK_TIME_NONE);
  GST_BUFFER_PTS (frame) = (GstClockTime)number * INTERVAL;
  GST_BUFFER_DURATION (frame) = INTERVAL;
  return frame;
}

static void
push (GstHarness *harness, int number)
{
  g_assert_cmpint (gst_harness_push (harness, make_frame (number, 0)), ==, GST_FLOW_OK);
}

static int
byte_of (GstBuffer *buffer)
{
  guint8 byte;

  g_assert_cmpuint (gst_buffer_extract (buffer, 0, &byte, 1), ==, 1);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, &byte, 1), ==, 0);
  return byte;
}

/* The next one is frame `number` of a clip of frames from `first` on, in the order of time. */
static void
pull_sum (GstHarness *harness, int number, int first)
{
  g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);
  const GstReferenceTimestampMeta *meta;
  double wanted = 0;

  g_assert_nonnull (made);
  for (int i = first; i <= number; i++)
    wanted += value_of (i) / (double)FRAMES;
  g_assert_cmpuint (GST_BUFFER_PTS (made), ==, (GstClockTime)number * INTERVAL);
  g_assert_cmpuint (GST_BUFFER_DURATION (made), ==, INTERVAL);
  if (ABS (byte_of (made) - wanted) > 0.51)
    g_error ("frame %d is %d, should be %g", number, byte_of (made), wanted);
  meta = gst_buffer_get_reference_timestamp_meta (made, NULL);
  g_assert_nonnull (meta);
  g_assert_cmpuint (meta->timestamp, ==, (GstClockTime)number);
}

static void
pull_sums (GstHarness *harness, int from, int to, int first)
{
  for (int i = from; i <= to; i++)
    pull_sum (harness, i, first);
}

static void
assert_empty (GstHarness *harness)
{
  g_autoptr (GstBuffer) more = gst_harness_try_pull (harness);

  g_assert_null (more);
}

static void
push_segment (GstHarness *harness, double rate)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.stop = 1000 * GST_SECOND;
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
}

/* --- clips --- */

/* Whole clips, and what is left at the end. */
static void
test_ways (void)
{
  for (Way way = 0; way < N_WAYS; way++) {
    g_autofree char *name = g_strdup_printf ("sums%d.onnx", way);
    GstHarness *harness = open_harness (name, properties[way]);

    for (int i = 0; i < 10; i++) {
      push (harness, i);
      if (i % FRAMES != FRAMES - 1)
        assert_empty (harness);
      else
        pull_sums (harness, i - FRAMES + 1, i, i - FRAMES + 1);
    }
    gst_harness_push_event (harness, gst_event_new_eos ());
    pull_sums (harness, 8, 9, 8);
    assert_empty (harness);
    gst_harness_teardown (harness);
  }
}

/* What comes behind a jump is another clip. */
static void
test_jumps (void)
{
  GstHarness *harness = open_harness ("sums0.onnx", NULL);
  GstBuffer *jump = make_frame (20, 0);

  for (int i = 0; i < 3; i++)
    push (harness, i);
  assert_empty (harness);
  GST_BUFFER_FLAG_SET (jump, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (harness, jump);
  pull_sums (harness, 0, 2, 0);
  push (harness, 21);
  assert_empty (harness);
  gst_harness_push_event (harness, gst_event_new_gap (22 * INTERVAL, INTERVAL));
  pull_sums (harness, 20, 21, 20);
  push (harness, 30);
  push_segment (harness, 1);
  pull_sums (harness, 30, 30, 30);
  /* A flush: what has come is forgotten. */
  push (harness, 40);
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (FALSE));
  push_segment (harness, 1);
  assert_empty (harness);
  for (int i = 60; i < 64; i++)
    push (harness, i);
  pull_sums (harness, 60, 63, 60);
  assert_empty (harness);
  gst_harness_teardown (harness);
}

/* Frames of another pool, whose rows lie further apart, are another clip as well. */
static void
test_strides (void)
{
  GstHarness *harness = open_harness ("sums0.onnx", NULL);

  push (harness, 0);
  push (harness, 1);
  for (int i = 2; i < 6; i++)
    g_assert_cmpint (gst_harness_push (harness, make_frame (i, 20)), ==, GST_FLOW_OK);
  pull_sums (harness, 0, 1, 0);
  pull_sums (harness, 2, 5, 2);
  assert_empty (harness);
  gst_harness_teardown (harness);
}

/* The model sees frames in the order of their time, whichever comes first. */
static void
test_backwards (void)
{
  GstHarness *harness = open_harness ("sums0.onnx", NULL);

  push_segment (harness, -1);
  for (int i = 7; i >= 0; i--)
    push (harness, i);
  for (int i = 7; i >= 0; i--)
    pull_sum (harness, i, i / FRAMES * FRAMES);
  assert_empty (harness);
  gst_harness_teardown (harness);
}

static GstClockTime
ask_latency (GstHarness *harness)
{
  g_autoptr (GstElement) generator = gst_harness_find_element (harness, "generator");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (generator, "src");
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime least;

  g_assert_true (gst_pad_query (pad, query));
  gst_query_parse_latency (query, NULL, &least, NULL);
  return least;
}

/* Those that are waited for, a frame more, and a run, which takes next to nothing. */
static void
assert_latency (const char *model, double frames)
{
  GstHarness *harness = open_harness (model, NULL);
  GstClockTime least;

  gst_harness_set_upstream_latency (harness, 0);
  push (harness, 0);
  least = ask_latency (harness);
  g_assert_cmpuint (least, >=, (GstClockTime)((frames + 1) * INTERVAL));
  g_assert_cmpuint (least, <, (GstClockTime)((frames + 2) * INTERVAL));
  gst_harness_teardown (harness);
}

static void
test_latency (void)
{
  assert_latency ("sums0.onnx", FRAMES - 1);
  assert_latency ("between.onnx", BETWEEN / (BETWEEN + 1.0));
}

/* --- several between two --- */

/* Of frames `last` and before, where `k` is a part of the time between two. */
static void
pull_part (GstHarness *harness, int k, int last)
{
  g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);
  const int parts = BETWEEN + 1, from = value_of (k / parts);
  const int to = value_of (MIN (k / parts + 1, last));

  g_assert_nonnull (made);
  g_assert_cmpuint (GST_BUFFER_PTS (made), ==, (GstClockTime)k * INTERVAL / parts);
  g_assert_cmpuint (GST_BUFFER_DURATION (made), ==, INTERVAL / parts);
  g_assert_cmpint (ABS (parts * byte_of (made) - (parts - k % parts) * from - k % parts * to), <=,
      k % parts == 0 ? 0 : parts / 2);
}

static void
test_between (void)
{
  GstHarness *harness = open_harness ("between.onnx", NULL);
  g_autoptr (GstCaps) caps = NULL;
  int n, d;

  for (int i = 0; i < 5; i++)
    push (harness, i);
  caps = gst_pad_get_current_caps (harness->sinkpad);
  gst_structure_get_fraction (gst_caps_get_structure (caps, 0), "framerate", &n, &d);
  g_assert_cmpint (n, ==, 10 * (BETWEEN + 1));
  g_assert_cmpint (d, ==, 1);
  gst_harness_push_event (harness, gst_event_new_eos ());
  for (int k = 0; k < 5 * (BETWEEN + 1); k++)
    pull_part (harness, k, 4);
  assert_empty (harness);
  gst_harness_teardown (harness);
}

static void
test_between_backwards (void)
{
  GstHarness *harness = open_harness ("between.onnx", NULL);

  push_segment (harness, -1);
  for (int i = 4; i >= 0; i--)
    push (harness, i);
  gst_harness_push_event (harness, gst_event_new_eos ());
  for (int k = 5 * (BETWEEN + 1) - 1; k >= 0; k--)
    pull_part (harness, k, 4);
  assert_empty (harness);
  gst_harness_teardown (harness);
}

/* --- what is refused --- */

static void
assert_refused (const char *model, const char *said, const char *why)
{
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=16,height=16 ! "
                       "generator model=%s/%s %s ! fakesink",
          folder, model, said);
  gboolean failed;
  g_autofree char *words = play_for_words (launch, &failed);

  g_assert_true (failed);
  assert_says (words, model);
  assert_says (words, why);
}

static void
test_refused (void)
{
  assert_refused ("fewer.onnx", "", "2 pictures in a row, made of 4");
  assert_refused ("between.onnx", "interpolate=false", "3 pictures in a row, made of 2");
  assert_refused ("sums3.onnx", "", "property frames says how many");
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  for (Way way = 0; way < N_WAYS; way++)
    save_sums (way);
  save_between ("between.onnx", 2, BETWEEN);
  save_between ("fewer.onnx", 4, 2);
  g_test_add_func ("/clips/ways", test_ways);
  g_test_add_func ("/clips/jumps", test_jumps);
  g_test_add_func ("/clips/strides", test_strides);
  g_test_add_func ("/clips/backwards", test_backwards);
  g_test_add_func ("/clips/latency", test_latency);
  g_test_add_func ("/clips/between", test_between);
  g_test_add_func ("/clips/between-backwards", test_between_backwards);
  g_test_add_func ("/clips/refused", test_refused);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
