/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays models that make what lies between two frames, at twice the rate. */
#include "frame-values.h"

/* The plane `t`, which has to be of the size of `x`, as nets put it beside pictures. */
static GenTensor *
go_beside (GenGraph *graph, GenTensor *x, GenTensor *t, GError **error)
{
  GenTensor *both = gen_graph_op (
      graph, "Concat", (GenTensor *[]){ x, t }, 2, 1, error, "axis", GEN_INT, 1, NULL);
  GenTensor *last = gen_graph_ints (graph, (gint64[]){ 3 }, 1);

  return gen_graph_op (
      graph, "Gather", (GenTensor *[]){ both, last }, 2, 1, error, "axis", GEN_INT, 1, NULL);
}

/* a + (b - a) * timestep, grey or in colour; the number a scalar, a plane, or none, which is half.
 */
static void
save_between (const char *name, int channels, int plane)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("between");
  g_autoptr (GError) error = NULL;
  const GenShape shape = GEN_SHAPE (1, channels, 16, 16);
  GenTensor *a = gen_graph_add_input (graph, "img0", GEN_TYPE_FLOAT32, &shape);
  GenTensor *b = gen_graph_add_input (graph, "img1", GEN_TYPE_FLOAT32, &shape);
  GenTensor *t = plane < 0 ? gen_graph_float (graph, 0.5f)
                           : gen_graph_add_input (graph, "timestep", GEN_TYPE_FLOAT32,
                                 plane ? &GEN_SHAPE (1, 1, 16, 16) : &GEN_SHAPE (1));
  GenTensor *y = gen_binary (graph, "Sub", b, a, &error);

  if (plane > 0)
    t = go_beside (graph, a, t, &error);
  y = gen_binary (graph, "Mul", y, t, &error);
  y = gen_binary (graph, "Add", a, y, &error);
  g_assert_no_error (error);
  for (int d = 2; d < 4; d++) {
    a->shape.dims[d] = b->shape.dims[d] = y->shape.dims[d] = -1;
    if (plane > 0)
      gen_graph_find (graph, "timestep")->shape.dims[d] = -1;
  }
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  if (g_str_has_prefix (name, "next"))
    say_range (graph, "generative.interpolate", "false");
  save_model (graph, y, path);
}

static void
assert_rate (GstHarness *harness, int numerator, int denominator)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  int n, d;

  g_assert_true (gst_structure_get_fraction (structure, "framerate", &n, &d));
  g_assert_cmpint (n, ==, numerator);
  g_assert_cmpint (d, ==, denominator);
}

static GstClockTime
time_of (int number, int numerator, int denominator)
{
  return gst_util_uint64_scale (
      (guint64)number * GST_SECOND, (guint64)denominator, (guint64)numerator);
}

/* Byte `i` of frame `number`: noise, but for one chroma everywhere, with which colours stay such as
 * R'G'B' has, and for what is not looked at. */
static guint8
noise_at (GstVideoFormat format, gsize i, int number)
{
  const gsize hash = i * 29 + (gsize)number * 71;

  if (format == GST_VIDEO_FORMAT_BGRx && i % 4 == 3)
    return 255;
  if (format != GST_VIDEO_FORMAT_NV12 && format != GST_VIDEO_FORMAT_I420)
    return (guint8)(hash % 256);
  if (i < 16 * 16)
    return (guint8)(80 + hash % 90);
  return (format == GST_VIDEO_FORMAT_NV12 ? i % 2 == 0 : i < 16 * 16 + 8 * 8) ? 118 : 138;
}

static GstBuffer *
make_noise (GstVideoFormat format, gsize size, int number, int numerator, int denominator)
{
  const GstClockTime start = time_of (number, numerator, denominator);
  GstBuffer *buffer =
      make_frame (size, start, time_of (number + 1, numerator, denominator) - start, 0);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < size; i++)
    map.data[i] = noise_at (format, i, number);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

/* Bytes of `made` are those half-way between `a` and `b`. */
static void
assert_between (GstBuffer *made, GstBuffer *a, GstBuffer *b, int most)
{
  GstMapInfo is, from, to;

  gst_buffer_map (made, &is, GST_MAP_READ);
  gst_buffer_map (a, &from, GST_MAP_READ);
  gst_buffer_map (b, &to, GST_MAP_READ);
  g_assert_cmpuint (is.size, ==, from.size);
  for (gsize i = 0; i < is.size; i++)
    if (ABS (2 * is.data[i] - from.data[i] - to.data[i]) > 2 * most)
      g_error ("byte %" G_GSIZE_FORMAT " is %u between %u and %u", i, is.data[i], from.data[i],
          to.data[i]);
  gst_buffer_unmap (made, &is);
  gst_buffer_unmap (a, &from);
  gst_buffer_unmap (b, &to);
}

static void
assert_same (GstBuffer *a, GstBuffer *b)
{
  GstMapInfo map;

  gst_buffer_map (b, &map, GST_MAP_READ);
  g_assert_cmpuint (gst_buffer_get_size (a), ==, map.size);
  g_assert_cmpint (gst_buffer_memcmp (a, 0, map.data, map.size), ==, 0);
  gst_buffer_unmap (b, &map);
}

/* Frames of `size` bytes at a rate, twice as many of which come out. */
static void
play_between (const char *model, const char *said, const char *format, gsize size, int numerator,
    int denominator, int most)
{
  enum { N = 7 };
  g_autofree char *caps =
      g_strdup_printf ("video/x-raw,format=(string)%s,width=16,height=16,framerate=(fraction)%d/%d",
          format, numerator, denominator);
  GstHarness *harness = open_harness (model, said, caps);
  GstClockTime end = 0;
  GstBuffer *frames[N];

  for (int i = 0; i < N; i++) {
    frames[i] = make_noise (gst_video_format_from_string (format), size, i, numerator, denominator);
    g_assert_cmpint (gst_harness_push (harness, gst_buffer_ref (frames[i])), ==, GST_FLOW_OK);
  }
  assert_rate (harness, 2 * numerator, denominator);
  gst_harness_push_event (harness, gst_event_new_eos ());
  for (int k = 0; k < 2 * N; k++) {
    g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);
    const gint64 wanted = (gint64)time_of (k, 2 * numerator, denominator);

    g_assert_nonnull (made);
    /* Times are whole nanoseconds, which follow each other without a gap. */
    g_assert_cmpint (ABS ((gint64)GST_BUFFER_PTS (made) - wanted), <=, 1);
    g_assert_cmpuint (GST_BUFFER_PTS (made), ==, end);
    end = GST_BUFFER_PTS (made) + GST_BUFFER_DURATION (made);
    if (k % 2 == 0 || k == 2 * N - 1)
      assert_same (made, frames[k / 2]);
    else
      assert_between (made, frames[k / 2], frames[k / 2 + 1], most);
  }
  assert_empty (harness);
  g_assert_cmpuint (end, ==, time_of (N, numerator, denominator));
  for (int i = 0; i < N; i++)
    gst_buffer_unref (frames[i]);
  gst_harness_teardown (harness);
}

static void
test_rates (void)
{
  play_between ("between.onnx", NULL, "RGB", BYTES, 10, 1, 1);
  play_between ("between.onnx", NULL, "RGB", BYTES, 30000, 1001, 1);
  play_between ("between.onnx", NULL, "RGB", BYTES, 24000, 1001, 1);
  play_between ("between.onnx", NULL, "RGB", BYTES, 60, 1, 1);
}

static void
test_formats (void)
{
  play_between ("grey.onnx", NULL, "GRAY8", 256, 10, 1, 1);
  play_between ("between.onnx", NULL, "BGRx", 1024, 10, 1, 1);
  play_between ("between.onnx", NULL, "NV12", 384, 10, 1, 2);
  play_between ("between.onnx", NULL, "I420", 384, 10, 1, 2);
}

/* How far, where the model asks: half-way, unless somebody says otherwise. */
static void
test_timestep (void)
{
  for (int plane = 0; plane < 2; plane++) {
    const char *model = plane ? "plane.onnx" : "number.onnx";
    GstHarness *harness;
    g_autoptr (GstBuffer) first = NULL, made = NULL;

    play_between (model, NULL, "RGB", BYTES, 10, 1, 1);
    harness = open_harness (model, "parameters=timestep=0.25", CAPS ",framerate=(fraction)10/1");
    push (harness, 0);
    push (harness, 1);
    first = gst_harness_try_pull (harness);
    made = gst_harness_try_pull (harness);
    g_assert_cmpint (ABS (4 * byte_of (made) - 3 * value_of (0) - value_of (1)), <=, 4);
    gst_harness_teardown (harness);
  }
}

/* Two frames and a plane of the time in one input, [1, 7, H, W]: half of the first, a quarter of
 * the second and a quarter of the time. */
static void
test_time_behind_frames (void)
{
  static const char *const said[] = { NULL, "parameters=timestep=0.25" };
  static const guint8 wanted[] = { 132, 116 };
  g_autofree char *path = g_build_filename (folder, "behind.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("behind");
  g_autoptr (GError) error = NULL;
  GenTensor *x, *w, *y;
  float weights[3 * 7] = { 0 };

  for (int c = 0; c < 3; c++) {
    weights[c * 7 + c] = 0.5f;
    weights[c * 7 + 3 + c] = weights[c * 7 + 6] = 0.25f;
  }
  x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 7, 16, 16));
  w = gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (3, 7, 1, 1), g_bytes_new (weights, sizeof weights));
  y = gen_graph_op (graph, "Conv", (GenTensor *[]){ x, w }, 2, 1, &error, NULL);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  for (int d = 2; d < 4; d++)
    x->shape.dims[d] = y->shape.dims[d] = -1;
  save_model (graph, y, path);
  for (int i = 0; i < 2; i++) {
    GstHarness *harness = open_harness ("behind.onnx", said[i], CAPS ",framerate=10/1");

    gst_harness_push (harness, make_frame (BYTES, 0, INTERVAL, 100));
    gst_harness_push (harness, make_frame (BYTES, INTERVAL, INTERVAL, 200));
    for (int k = 0; k < 2; k++) {
      g_autoptr (GstBuffer) made = gst_harness_pull (harness);
      const guint8 value = k == 0 ? 100 : wanted[i];

      g_assert_cmpint (gst_buffer_memcmp (made, 0, (guint8[]){ value, value }, 2), ==, 0);
    }
    gst_harness_teardown (harness);
  }
}

/* Frames whose rate is not known lie half-way in time, whatever that is. */
static void
test_variable_rate (void)
{
  static const int times[] = { 0, 3, 4, 10 };
  GstHarness *harness = open_harness ("between.onnx", NULL, CAPS ",framerate=(fraction)0/1");
  GstClockTime last = GST_CLOCK_TIME_NONE;

  for (gsize i = 0; i < G_N_ELEMENTS (times); i++) {
    const GstClockTime time = (GstClockTime)times[i] * GST_SECOND;
    GstBuffer *frame = make_frame (BYTES, time, GST_CLOCK_TIME_NONE, value_of ((int)i));

    g_assert_cmpint (gst_harness_push (harness, frame), ==, GST_FLOW_OK);
    if (i > 0) {
      g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);

      g_assert_cmpuint (GST_BUFFER_PTS (made), ==, (last + time) / 2);
      g_assert_cmpuint (GST_BUFFER_DURATION (made), ==, (time - last) / 2);
    }
    {
      g_autoptr (GstBuffer) same = gst_harness_try_pull (harness);

      g_assert_cmpuint (GST_BUFFER_PTS (same), ==, time);
      g_assert_cmpint (byte_of (same), ==, value_of ((int)i));
    }
    last = time;
  }
  assert_rate (harness, 0, 1);
  gst_harness_push_event (harness, gst_event_new_eos ());
  assert_empty (harness);
  gst_harness_teardown (harness);
}

/* What would lie behind the last frame is that one, and nothing lies across a jump. */
static void
test_between_jumps (void)
{
  static const int wanted[] = { 0, 1, 2, 3, 40, 41, 42, 43 };
  GstHarness *harness = open_harness ("between.onnx", NULL, CAPS ",framerate=(fraction)10/1");
  GstBuffer *jump = make_frame (BYTES, 20 * INTERVAL, INTERVAL, value_of (20));

  push (harness, 0);
  push (harness, 1);
  GST_BUFFER_FLAG_SET (jump, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (harness, jump);
  push (harness, 21);
  gst_harness_push_event (harness, gst_event_new_gap (22 * INTERVAL, INTERVAL));
  for (gsize k = 0; k < G_N_ELEMENTS (wanted); k++) {
    g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);

    g_assert_nonnull (made);
    g_assert_cmpuint (GST_BUFFER_PTS (made), ==, (GstClockTime)wanted[k] * INTERVAL / 2);
    if (k % 4 != 1)
      g_assert_cmpint (byte_of (made), ==, value_of (wanted[k] / 2));
    g_assert_cmpint (GST_BUFFER_IS_DISCONT (made), ==, k == 4);
  }
  /* One frame by itself: both halves of it, of which the first one follows nothing. */
  jump = make_frame (BYTES, 26 * INTERVAL, INTERVAL, value_of (26));
  GST_BUFFER_FLAG_SET (jump, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (harness, jump);
  gst_harness_push_event (harness, gst_event_new_gap (27 * INTERVAL, INTERVAL));
  for (guint k = 0; k < 2; k++) {
    g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);

    g_assert_cmpuint (GST_BUFFER_PTS (made), ==, (52 + k) * INTERVAL / 2);
    g_assert_cmpint (GST_BUFFER_IS_DISCONT (made), ==, k == 0);
  }
  /* A flush leaves nothing. */
  push (harness, 30);
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (FALSE));
  push_segment (harness, 1);
  while ((jump = gst_harness_try_pull (harness)) != NULL)
    gst_buffer_unref (jump);
  gst_harness_push_event (harness, gst_event_new_eos ());
  assert_empty (harness);
  gst_harness_teardown (harness);
}

/* Times that jump are a jump, though no buffer says so: nothing lies across it, and what comes
 * behind it says that it does not follow. */
static void
test_between_unsaid_jumps (void)
{
  static const int numbers[] = { 10, 11, 13, 14, 2, 3 };
  /* Half frames: the last one before a jump is shown for all of its time. */
  static const int wanted[] = { 20, 21, 22, 23, 26, 27, 28, 29, 4, 5, 6, 7 };
  static const int jumps[] = { 26, 4 };

  for (int backwards = 0; backwards < 2; backwards++) {
    GstHarness *harness = open_harness ("between.onnx", NULL, CAPS ",framerate=(fraction)10/1");
    const gsize n = G_N_ELEMENTS (wanted);

    push_segment (harness, backwards ? -1 : 1);
    for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
      push (harness, numbers[backwards ? G_N_ELEMENTS (numbers) - 1 - i : i]);
    gst_harness_push_event (harness, gst_event_new_eos ());
    for (gsize k = 0; k < n; k++) {
      g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);
      const int number = wanted[backwards ? n - 1 - k : k];

      g_assert_nonnull (made);
      g_assert_cmpuint (GST_BUFFER_PTS (made), ==, (GstClockTime)number * INTERVAL / 2);
      g_assert_cmpuint (GST_BUFFER_DURATION (made), ==, INTERVAL / 2);
      if (!backwards)
        g_assert_cmpint (
            GST_BUFFER_IS_DISCONT (made), ==, number == jumps[0] || number == jumps[1]);
    }
    assert_empty (harness);
    gst_harness_teardown (harness);
  }
}

static void
test_between_backwards (void)
{
  GstHarness *harness =
      open_harness ("number.onnx", "parameters=timestep=0.25", CAPS ",framerate=(fraction)10/1");

  push_segment (harness, -1);
  for (int i = 4; i >= 0; i--)
    push (harness, i);
  gst_harness_push_event (harness, gst_event_new_eos ());
  for (int k = 9; k >= 0; k--) {
    g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);
    const int from = value_of (k / 2), to = value_of (MIN (k / 2 + 1, 4));

    g_assert_nonnull (made);
    g_assert_cmpuint (GST_BUFFER_PTS (made), ==, (GstClockTime)k * INTERVAL / 2);
    g_assert_cmpuint (GST_BUFFER_DURATION (made), ==, INTERVAL / 2);
    if (k % 2 == 0)
      g_assert_cmpint (byte_of (made), ==, from);
    else
      g_assert_cmpint (ABS (4 * byte_of (made) - 3 * from - to), <=, 4);
  }
  assert_empty (harness);
  gst_harness_teardown (harness);
}

/* Frames wait for half the time to the next one. */
static void
test_between_latency (void)
{
  GstHarness *harness = open_harness ("between.onnx", NULL, CAPS ",framerate=(fraction)10/1");
  GstClockTime least;

  gst_harness_set_upstream_latency (harness, 0);
  push (harness, 0);
  least = ask_latency (harness);
  g_assert_cmpuint (least, >=, 3 * INTERVAL / 2);
  g_assert_cmpuint (least, <, 5 * INTERVAL / 2);
  gst_harness_teardown (harness);
}

/* Frames lie as others have put them, where the next element is told only by caps. */
static void
test_strides (void)
{
  GstHarness *harness = open_harness (
      "grey.onnx", NULL, "video/x-raw,format=(string)GRAY8,width=16,height=16,framerate=10/1");
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 16 };
  int strides[GST_VIDEO_MAX_PLANES] = { 24 };
  GstBuffer *wide = make_frame (16 + 24 * 16, 0, INTERVAL, 7);
  g_autoptr (GstBuffer) made = NULL;

  for (gsize y = 0; y < 16; y++)
    gst_buffer_memset (wide, 16 + y * 24, 99, 16);
  gst_buffer_add_video_meta_full (
      wide, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, 16, 16, 1, offsets, strides);
  made = gst_harness_push_and_pull (harness, wide);
  g_assert_nonnull (made);
  g_assert_cmpuint (gst_buffer_get_size (made), ==, 256);
  for (gsize i = 0; i < 256; i++) {
    guint8 byte;

    gst_buffer_extract (made, i, &byte, 1);
    g_assert_cmpint (byte, ==, 99);
  }
  gst_harness_teardown (harness);
}

/* Of three frames the one in the midst. */
static void
save_middle (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("middle");
  g_autoptr (GError) error = NULL;
  GenTensor *seen[3], *nothing, *y;

  for (int i = 0; i < 3; i++) {
    g_autofree char *name = g_strdup_printf ("img%d", i);

    seen[i] = gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 16, 16));
  }
  nothing = gen_binary (graph, "Add", seen[0], seen[2], &error);
  nothing = gen_binary (graph, "Mul", nothing, gen_graph_float (graph, 0), &error);
  y = gen_binary (graph, "Add", seen[1], nothing, &error);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  save_model (graph, y, path);
}

/* Another model, which makes one of those around it: what has come is made to the end, and rates
 * follow. */
static void
test_between_reloaded (void)
{
  GstHarness *harness = open_harness ("between.onnx", NULL, CAPS ",framerate=(fraction)10/1");
  g_autoptr (GstElement) generator = gst_harness_find_element (harness, "generator");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autofree char *path = g_build_filename (folder, "middle.onnx", NULL);

  save_middle (path);
  gst_element_set_bus (generator, bus);
  for (int i = 0; i < 3; i++)
    push (harness, i);
  assert_rate (harness, 20, 1);
  g_object_set (generator, "model", path, NULL);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  for (int i = 3; i < 8; i++)
    push (harness, i);
  assert_rate (harness, 10, 1);
  gst_harness_push_event (harness, gst_event_new_eos ());
  for (int k = 0; k < 6; k++) {
    g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);

    g_assert_nonnull (made);
    g_assert_cmpuint (GST_BUFFER_PTS (made), ==, (GstClockTime)k * INTERVAL / 2);
  }
  for (int i = 3; i < 8; i++) {
    g_autoptr (GstBuffer) made = gst_harness_try_pull (harness);

    g_assert_nonnull (made);
    g_assert_cmpuint (GST_BUFFER_PTS (made), ==, (GstClockTime)i * INTERVAL);
    g_assert_cmpint (byte_of (made), ==, value_of (i));
  }
  assert_empty (harness);
  gst_element_set_bus (generator, NULL);
  gst_harness_teardown (harness);
}

/* Twice as large, which the frames that come are not. */
static void
save_larger (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("larger");
  g_autoptr (GError) error = NULL;
  static const float scales[] = { 1, 1, 2, 2 };
  GenTensor *a = gen_graph_add_input (graph, "img0", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 16, 16));
  GenTensor *b = gen_graph_add_input (graph, "img1", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 16, 16));
  GenTensor *sum = gen_binary (graph, "Add", a, b, &error), *y;
  GenTensor *ratio = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (4), g_bytes_new_static (scales, sizeof scales));

  y = gen_graph_op (graph, "Resize", (GenTensor *[]){ sum, NULL, ratio }, 3, 1, &error, NULL);
  g_assert_no_error (error);
  save_model (graph, y, path);
}

static void
test_refused (void)
{
  g_autofree char *larger = g_build_filename (folder, "larger.onnx", NULL);

  save_larger (larger);
  assert_refused ("between.onnx", "", "video/x-raw,format=NV12 !", "videoconvert");
  assert_refused ("larger.onnx", "", "", "interpolate=false");
}

/* In place of the second one: any format is made then. */
static void
play_in_place (const char *model, const char *said)
{
  GstHarness *harness = open_harness (model, said, CAPS ",framerate=(fraction)10/1");
  g_autoptr (GstBuffer) first = NULL, second = NULL;

  push (harness, 0);
  push (harness, 1);
  first = gst_harness_try_pull (harness);
  second = gst_harness_try_pull (harness);
  assert_empty (harness);
  assert_rate (harness, 10, 1);
  g_assert_cmpint (byte_of (first), ==, value_of (0));
  g_assert_cmpint (ABS (2 * byte_of (second) - value_of (0) - value_of (1)), <=, 2);
  g_assert_cmpuint (GST_BUFFER_PTS (second), ==, INTERVAL);
  gst_harness_teardown (harness);
}

/* That is asked for, or the model says that it makes nothing between them. */
static void
test_in_place (void)
{
  play_in_place ("between.onnx", "interpolate=false");
  play_in_place ("next.onnx", NULL);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_between ("between.onnx", 3, -1);
  save_between ("next.onnx", 3, -1);
  save_between ("grey.onnx", 1, -1);
  save_between ("number.onnx", 3, 0);
  save_between ("plane.onnx", 3, 1);

  g_test_add_func ("/between/rates", test_rates);
  g_test_add_func ("/between/formats", test_formats);
  g_test_add_func ("/between/timestep", test_timestep);
  g_test_add_func ("/between/time-behind-frames", test_time_behind_frames);
  g_test_add_func ("/between/variable-rate", test_variable_rate);
  g_test_add_func ("/between/jumps", test_between_jumps);
  g_test_add_func ("/between/jumps/unsaid", test_between_unsaid_jumps);
  g_test_add_func ("/between/backwards", test_between_backwards);
  g_test_add_func ("/between/latency", test_between_latency);
  g_test_add_func ("/between/reloaded", test_between_reloaded);
  g_test_add_func ("/between/strides", test_strides);
  g_test_add_func ("/between/in-place", test_in_place);
  g_test_add_func ("/between/refused", test_refused);
  result = g_test_run ();

  scratch_remove (folder);
  g_free (folder);
  return result;
}
