/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays models that see several frames and make one of those around it, whichever way the
 * model takes them. */
#include "frame-values.h"

#define FRAMES 5
#define SUM 15.0 /* of the weights 1 to 5 */

/* In how many ways a model takes five frames. */
typedef enum { FIRST, SECOND, STACKED, FREE, APART, N_WAYS } Way;

static const char *const properties[N_WAYS] = { [FREE] = "frames=5" };

static GenTensor *
add_weights (GenGraph *graph, const GenShape *shape)
{
  static const float weights[FRAMES] = { 1 / SUM, 2 / SUM, 3 / SUM, 4 / SUM, 5 / SUM };

  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, shape, g_bytes_new (weights, sizeof weights));
}

/* Inputs that each take a frame, weighted. */
static GenTensor *
add_apart (GenGraph *graph, GError **error)
{
  GenTensor *sum = NULL;

  for (int i = 0; i < FRAMES; i++) {
    g_autofree char *name = g_strdup_printf ("img%d", i);
    GenTensor *x = gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 16, 16));
    GenTensor *part =
        gen_binary (graph, "Mul", x, gen_graph_float (graph, (float)((i + 1) / SUM)), error);

    sum = sum == NULL ? part : gen_binary (graph, "Add", sum, part, error);
  }
  return sum;
}

/* The mean of five frames, of which the last one counts five times as much as the first one. */
static void
save_mean (const char *path, Way way)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("mean");
  g_autoptr (GError) error = NULL;
  const int axis = way == SECOND ? 2 : 1;
  GenTensor *x = NULL, *y;

  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  if (way == APART) {
    save_model (graph, add_apart (graph, &error), path);
    return;
  }
  if (way == STACKED)
    x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3 * FRAMES, 16, 16));
  else if (way == SECOND)
    x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, FRAMES, 16, 16));
  else
    x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, FRAMES, 3, 16, 16));
  y = x;
  if (way == STACKED)
    y = gen_binary (
        graph, "Reshape", y, gen_graph_ints (graph, (gint64[]){ 1, FRAMES, 3, 16, 16 }, 5), &error);
  y = gen_binary (graph, "Mul", y,
      add_weights (
          graph, way == SECOND ? &GEN_SHAPE (1, 1, FRAMES, 1, 1) : &GEN_SHAPE (1, FRAMES, 1, 1, 1)),
      &error);
  y = gen_binary (graph, "ReduceSum", y, gen_graph_ints (graph, (gint64[]){ axis }, 1), &error);
  y = gen_binary (
      graph, "Reshape", y, gen_graph_ints (graph, (gint64[]){ 1, 3, 16, 16 }, 4), &error);
  g_assert_no_error (error);
  if (way == FREE)
    x->shape.dims[1] = -1;
  save_model (graph, y, path);
}

/* What five frames around `number` make, of frames `first` to `last`. */
static double
mean_at (int number, int ahead, int first, int last)
{
  double sum = 0;

  for (int i = 0; i < FRAMES; i++)
    sum += (i + 1) / SUM * value_of (CLAMP (number + ahead - (FRAMES - 1) + i, first, last));
  return sum;
}

/* The next one is frame `number`, made of those from `first` to `last`. */
static void
pull_mean (GstHarness *harness, int number, int ahead, int first, int last)
{
  g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);
  const double wanted = mean_at (number, ahead, first, last);

  g_assert_nonnull (made);
  g_assert_cmpuint (GST_BUFFER_PTS (made), ==, (GstClockTime)number * INTERVAL);
  g_assert_cmpuint (GST_BUFFER_DURATION (made), ==, INTERVAL);
  if (ABS (byte_of (made) - wanted) > 0.51)
    g_error ("frame %d is %d, should be %g", number, byte_of (made), wanted);
}

static void
pull_means (GstHarness *harness, int from, int to, int ahead, int first, int last)
{
  for (int number = from; number <= to; number++)
    pull_mean (harness, number, ahead, first, last);
}

/* --- several for one --- */

/* From the first frame, which stands for those before it, to the last one. */
static void
test_ways (void)
{
  for (Way way = 0; way < N_WAYS; way++) {
    g_autofree char *name = g_strdup_printf ("mean%d.onnx", way);
    GstHarness *harness = open_harness (name, properties[way], CAPS ",framerate=(fraction)10/1");

    for (int i = 0; i < 12; i++) {
      push (harness, i);
      if (i < 2)
        assert_empty (harness);
      else
        pull_mean (harness, i - 2, 2, 0, 11);
    }
    gst_harness_push_event (harness, gst_event_new_eos ());
    pull_means (harness, 10, 11, 2, 0, 11);
    assert_empty (harness);
    gst_harness_teardown (harness);
  }
}

static void
test_lookahead (void)
{
  for (int ahead = 0; ahead < FRAMES; ahead++) {
    g_autofree char *said = g_strdup_printf ("lookahead=%d", ahead);
    GstHarness *harness = open_harness ("mean0.onnx", said, CAPS ",framerate=(fraction)10/1");

    for (int i = 0; i < 8; i++)
      push (harness, i);
    pull_means (harness, 0, 7 - ahead, ahead, 0, 7);
    assert_empty (harness);
    gst_harness_push_event (harness, gst_event_new_eos ());
    pull_means (harness, 8 - ahead, 7, ahead, 0, 7);
    assert_empty (harness);
    gst_harness_teardown (harness);
  }
}

/* Fewer frames than the model sees, or waits for. */
static void
test_short (void)
{
  for (int ahead = 0; ahead < FRAMES; ahead++)
    for (int count = 1; count < FRAMES; count++) {
      g_autofree char *said = g_strdup_printf ("lookahead=%d", ahead);
      GstHarness *harness = open_harness ("mean0.onnx", said, CAPS ",framerate=(fraction)10/1");

      for (int i = 0; i < count; i++)
        push (harness, i);
      gst_harness_push_event (harness, gst_event_new_eos ());
      pull_means (harness, 0, count - 1, ahead, 0, count - 1);
      assert_empty (harness);
      gst_harness_teardown (harness);
    }
}

/* What comes behind a jump knows nothing of what was before it, which is made to the end. */
static void
test_jumps (void)
{
  GstHarness *harness = open_harness ("mean0.onnx", NULL, CAPS ",framerate=(fraction)10/1");
  GstBuffer *jump;

  for (int i = 0; i < 6; i++)
    push (harness, i);
  pull_means (harness, 0, 3, 2, 0, 5);
  /* Something is missing. */
  jump = make_frame (BYTES, 20 * INTERVAL, INTERVAL, value_of (20));
  GST_BUFFER_FLAG_SET (jump, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (harness, jump);
  pull_means (harness, 4, 5, 2, 0, 5);
  assert_empty (harness);
  for (int i = 21; i < 24; i++)
    push (harness, i);
  pull_means (harness, 20, 21, 2, 20, 23);
  /* A gap. */
  gst_harness_push_event (harness, gst_event_new_gap (24 * INTERVAL, INTERVAL));
  pull_means (harness, 22, 23, 2, 20, 23);
  assert_empty (harness);
  for (int i = 25; i < 28; i++)
    push (harness, i);
  pull_means (harness, 25, 25, 2, 25, 27);
  /* A seek without a flush. */
  push_segment (harness, 1);
  pull_means (harness, 26, 27, 2, 25, 27);
  for (int i = 40; i < 43; i++)
    push (harness, i);
  pull_mean (harness, 40, 2, 40, 42);
  /* A flush: what has come is forgotten. */
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (FALSE));
  push_segment (harness, 1);
  assert_empty (harness);
  for (int i = 60; i < 63; i++)
    push (harness, i);
  pull_mean (harness, 60, 2, 60, 62);
  assert_empty (harness);
  gst_harness_teardown (harness);
}

/* The model sees frames in the order of their time, whichever comes first. */
static void
test_backwards (void)
{
  for (int ahead = 0; ahead < FRAMES; ahead++) {
    g_autofree char *said = g_strdup_printf ("lookahead=%d", ahead);
    GstHarness *harness = open_harness ("mean0.onnx", said, CAPS ",framerate=(fraction)10/1");

    push_segment (harness, -1);
    for (int i = 9; i >= 0; i--)
      push (harness, i);
    gst_harness_push_event (harness, gst_event_new_eos ());
    for (int i = 9; i >= 0; i--)
      pull_mean (harness, i, ahead, 0, 9);
    assert_empty (harness);
    gst_harness_teardown (harness);
  }
}

static void
test_latency (void)
{
  GstClockTime least[FRAMES];

  for (int ahead = 0; ahead < FRAMES; ahead++) {
    g_autofree char *said = g_strdup_printf ("lookahead=%d", ahead);
    GstHarness *harness = open_harness ("mean0.onnx", said, CAPS ",framerate=(fraction)10/1");

    gst_harness_set_upstream_latency (harness, 0);
    push (harness, 0);
    least[ahead] = ask_latency (harness);
    /* Those that are waited for, a frame more, and a run, which takes next to nothing. */
    g_assert_cmpuint (least[ahead], >=, (GstClockTime)(ahead + 1) * INTERVAL);
    g_assert_cmpuint (least[ahead], <, (GstClockTime)(ahead + 2) * INTERVAL);
    gst_harness_teardown (harness);
  }
}

/* A sink that is late may not have frames left out, of which others are made. */
static void
test_late (void)
{
  GstHarness *harness = open_harness ("mean0.onnx", NULL, CAPS ",framerate=(fraction)10/1");

  for (int i = 0; i < 20; i++) {
    gst_harness_push_upstream_event (harness,
        gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 3, GST_SECOND, (GstClockTime)i * INTERVAL));
    push (harness, i);
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
  pull_means (harness, 0, 19, 2, 0, 19);
  assert_empty (harness);
  gst_harness_teardown (harness);
}

/* Another model in the midst: it sees what has been seen. */
static void
test_reloaded (void)
{
  GstHarness *harness = open_harness ("mean0.onnx", NULL, CAPS ",framerate=(fraction)10/1");
  g_autoptr (GstElement) generator = gst_harness_find_element (harness, "generator");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autofree char *path = g_build_filename (folder, "mean3.onnx", NULL);

  gst_element_set_bus (generator, bus);
  for (int i = 0; i < 6; i++)
    push (harness, i);
  g_object_set (generator, "model", path, NULL);
  message =
      gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  /* That one takes any number of frames, and nobody has said how many. */
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "warning");
  g_free (path);
  gst_clear_message (&message);
  path = g_build_filename (folder, "mean1.onnx", NULL);
  g_object_set (generator, "model", path, NULL);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  for (int i = 6; i < 10; i++)
    push (harness, i);
  gst_harness_push_event (harness, gst_event_new_eos ());
  pull_means (harness, 0, 9, 2, 0, 9);
  assert_empty (harness);
  gst_element_set_bus (generator, NULL);
  gst_harness_teardown (harness);
}

static void
test_refused (void)
{
  assert_refused ("mean3.onnx", "", "", "property frames says how many");
  for (Way way = 0; way < N_WAYS; way++) {
    g_autofree char *name = g_strdup_printf ("mean%d.onnx", way);

    if (way != FREE)
      assert_refused (name, "frames=7", "", "property frames is 7, but");
  }
  assert_refused ("mean0.onnx", "frames=1", "", "input 'x' takes 5 pictures at a time");
  assert_refused ("mean0.onnx", "lookahead=5", "", "property lookahead has to be less");
}

/* --- further outputs --- */

/* Of three frames the one in the midst, and "next", half of the newest one. */
static void
save_two_made (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("two");
  g_autoptr (GError) error = NULL;
  GenTensor *seen[3], *next = gen_graph_add_value (graph, "next"), *half;

  for (int i = 0; i < 3; i++) {
    g_autofree char *name = g_strdup_printf ("img%d", i);

    seen[i] = gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 16, 16));
  }
  half = gen_binary (graph, "Mul", seen[2], gen_graph_float (graph, 0.5f), &error);
  gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &half, 1, &next, 1, &error);
  next->type = GEN_TYPE_FLOAT32;
  next->shape = half->shape;
  gen_graph_add_output (graph, gen_binary (graph, "Add", seen[1],
                                   gen_binary (graph, "Sub", seen[0], seen[0], &error), &error));
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  save_model (graph, next, path);
}

static void
assert_byte (GstHarness *harness, GstClockTime pts, double wanted)
{
  g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);
  guint8 byte;

  g_assert_nonnull (made);
  g_assert_cmpuint (GST_BUFFER_PTS (made), ==, pts);
  gst_buffer_extract (made, 0, &byte, 1);
  g_assert_cmpfloat_with_epsilon (byte, wanted, 1);
}

/* In step with what is played, of the same frames. */
static void
test_pads (void)
{
  g_autofree char *path = g_build_filename (folder, "two.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
  GstElement *generator = gst_parse_launch (launch, NULL);
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (generator, "src_next");
  GstHarness *next, *main;

  save_two_made (path);
  next = gst_harness_new_with_element (generator, NULL, "src_next");
  main = gst_harness_new_with_element (generator, "sink", "src");
  gst_object_unref (generator);
  gst_harness_set_sink_caps_str (main, "video/x-raw,format=(string)RGB");
  gst_harness_set_src_caps_str (main, CAPS ",framerate=(fraction)10/1");
  for (int i = 0; i < 6; i++)
    push (main, i);
  g_assert_true (gst_harness_push_event (main, gst_event_new_eos ()));
  for (int i = 0; i < 6; i++) {
    assert_byte (main, (GstClockTime)i * INTERVAL, value_of (i));
    assert_byte (next, (GstClockTime)i * INTERVAL, value_of (MIN (i + 1, 5)) / 2.0);
  }
  gst_harness_teardown (main);
  gst_harness_teardown (next);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  for (Way way = 0; way < N_WAYS; way++) {
    g_autofree char *path = g_strdup_printf ("%s/mean%d.onnx", folder, way);

    save_mean (path, way);
  }

  g_test_add_func ("/frames/ways", test_ways);
  g_test_add_func ("/frames/lookahead", test_lookahead);
  g_test_add_func ("/frames/short", test_short);
  g_test_add_func ("/frames/jumps", test_jumps);
  g_test_add_func ("/frames/backwards", test_backwards);
  g_test_add_func ("/frames/latency", test_latency);
  g_test_add_func ("/frames/late", test_late);
  g_test_add_func ("/frames/reloaded", test_reloaded);
  g_test_add_func ("/frames/refused", test_refused);
  g_test_add_func ("/frames/pads", test_pads);
  result = g_test_run ();

  scratch_remove (folder);
  g_free (folder);
  return result;
}
