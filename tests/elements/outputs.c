/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays the outputs that are asked for: by name, a picture with its mask as alpha, masks
 * of two classes, tensors, and further ones on pads of their own. */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <generative/operator.h>

#include "doubtful.h"

#define PIXELS (SIDE * SIDE)
#define CAPS "format=(string)RGB,width=8,height=8,framerate=(fraction)10/1"

static char *folder;

static GenTensor *
scale (GenGraph *graph, GenTensor *x, float by)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_binary (graph, "Mul", x, gen_graph_float (graph, by), &error);

  g_assert_no_error (error);
  return y;
}

/* Channels `first` and up to `last` of x. */
static GenTensor *
slice (GenGraph *graph, GenTensor *x, gint64 first, gint64 last)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_op (graph, "Slice",
      (GenTensor *[]){ x, gen_graph_ints (graph, &first, 1), gen_graph_ints (graph, &last, 1),
          gen_graph_ints (graph, (const gint64[]){ 1 }, 1) },
      4, 1, &error, NULL);

  g_assert_no_error (error);
  return y;
}

static void
add_output (GenGraph *graph, GenTensor *tensor, const char *name)
{
  g_autoptr (GError) error = NULL;
  GenTensor *output = gen_graph_add_value (graph, name);
  GenNode *node =
      gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &tensor, 1, &output, 1, &error);

  g_assert_no_error (error);
  g_assert_true (node->op->infer (node, &error));
  gen_graph_add_output (graph, output);
}

/* Of a picture of colours the mask "pha" (its red), the picture "fgr" (a `share` of it), the scores
 * "seg" of two classes (twice its red and green) and their shares "soft", the mean "emb" of each
 * channel, and "six" channels. The `batch` is free where it is -1. */
static void
save_matting (const char *path, gint64 batch, float share)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("matting");
  g_autoptr (GError) error = NULL;
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, batch, FALSE);
  GenTensor *emb = gen_graph_op (graph, "GlobalAveragePool", &x, 1, 1, &error, NULL);
  GenTensor *six = gen_graph_op (
      graph, "Concat", (GenTensor *[]){ x, x }, 2, 1, &error, "axis", GEN_INT, (gint64)1, NULL);

  GenTensor *scores = scale (graph, slice (graph, x, 0, 2), 2);
  GenTensor *shares =
      gen_graph_op (graph, "Softmax", &scores, 1, 1, &error, "axis", GEN_INT, (gint64)1, NULL);

  g_assert_no_error (error);
  emb = gen_graph_op (graph, "Flatten", &emb, 1, 1, &error, NULL);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  add_output (graph, slice (graph, x, 0, 1), "pha");
  add_output (graph, scale (graph, x, share), "fgr");
  add_output (graph, scores, "seg");
  add_output (graph, shares, "soft");
  add_output (graph, emb, "emb");
  add_output (graph, six, "six");
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static GstHarness *
open_harness (const char *properties)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s/matting.onnx %s", folder, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, "video/x-raw," CAPS);
  return harness;
}

/* A picture all of one colour. */
static GstBuffer *
make_frame (guint number, guint8 red, guint8 green, guint8 blue)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 3 * PIXELS, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < PIXELS; i++)
    memcpy (map.data + 3 * i, (const guint8[]){ red, green, blue }, 3);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND / 10;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 10;
  return buffer;
}

/* The first bytes of `buffer`, which is of `size`. (transfer full) */
static void
assert_bytes (GstBuffer *buffer, gsize size, const guint8 *bytes, guint n)
{
  guint8 made[8];

  g_assert_nonnull (buffer);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, size);
  gst_buffer_extract (buffer, 0, made, n);
  for (guint i = 0; i < n; i++)
    if (ABS (made[i] - bytes[i]) > 1)
      g_error ("byte %u is %u, not %u", i, made[i], bytes[i]);
  gst_buffer_unref (buffer);
}

static char *
current_format (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  return gst_caps_to_string (caps);
}

/* What is made of one frame with `properties`, behind caps. */
static void
check (const char *properties, gsize size, const guint8 *bytes, guint n)
{
  GstHarness *harness = open_harness (properties);

  assert_bytes (gst_harness_push_and_pull (harness, make_frame (0, 200, 100, 50)), size, bytes, n);
  gst_harness_teardown (harness);
}

static void
test_by_name (void)
{
  check (
      "outputs=pha ! capsfilter caps=video/x-raw,format=GRAY8", PIXELS, (const guint8[]){ 200 }, 1);
  check ("outputs=fgr ! capsfilter caps=video/x-raw,format=RGB", 3 * PIXELS,
      (const guint8[]){ 100, 50, 25 }, 3);
  /* Nothing is said: the picture of as many channels as go in. */
  check (
      "! capsfilter caps=video/x-raw,format=RGB", 3 * PIXELS, (const guint8[]){ 100, 50, 25 }, 3);
}

/* Which the file beside the model says, where no property does. */
static void
test_said_beside (void)
{
  g_autofree char *beside = g_build_filename (folder, "matting.onnx.modelinfo", NULL);

  g_assert_true (g_file_set_contents (beside, "[generative]\noutputs=pha\n", -1, NULL));
  check ("! capsfilter caps=video/x-raw,format=GRAY8", PIXELS, (const guint8[]){ 200 }, 1);
  check ("outputs=fgr ! capsfilter caps=video/x-raw,format=RGB", 3 * PIXELS,
      (const guint8[]){ 100, 50, 25 }, 3);
  g_assert_cmpint (g_unlink (beside), ==, 0);
}

static void
test_alpha (void)
{
  check ("outputs=fgr,pha", 4 * PIXELS, (const guint8[]){ 100, 50, 25, 200 }, 4);
  check ("outputs=pha,fgr ! capsfilter caps=video/x-raw,format=BGRA", 4 * PIXELS,
      (const guint8[]){ 25, 50, 100, 200 }, 4);
  /* Of two classes. */
  check ("outputs=fgr,seg", 4 * PIXELS, (const guint8[]){ 100, 50, 25, 80 }, 4);
}

/* Two classes: what softmax makes of scores, which is e^0.78 to 1 for red, unless it has. */
static void
test_classes (void)
{
  check (
      "outputs=seg ! capsfilter caps=video/x-raw,format=GRAY8", PIXELS, (const guint8[]){ 80 }, 1);
  check (
      "outputs=soft ! capsfilter caps=video/x-raw,format=GRAY8", PIXELS, (const guint8[]){ 80 }, 1);
}

static void
save_pair (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("pair");
  g_autoptr (GError) error = NULL;
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE);

  say_range (graph, "generative.input-range", "0,1");
  add_output (graph, slice (graph, x, 0, 1), "pha");
  add_output (graph, scale (graph, x, 0.5f), "fgr");
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* Where a picture and one mask are all that is made, alpha is made where it is taken, but not tile
 * by tile. */
static void
test_alpha_unsaid (void)
{
  g_autofree char *path = g_build_filename (folder, "pair.onnx", NULL);
  const char *const rest[] = { "", "! capsfilter caps=video/x-raw,format=RGB", "tile=4x4" };
  const guint8 bytes[] = { 100, 50, 25, 200 };

  save_pair (path);
  for (guint i = 0; i < G_N_ELEMENTS (rest); i++) {
    const guint channels = i == 0 ? 4 : 3;
    g_autofree char *launch = g_strdup_printf ("generator model=%s %s", path, rest[i]);
    GstHarness *harness = gst_harness_new_parse (launch);

    gst_harness_set_src_caps_str (harness, "video/x-raw," CAPS);
    assert_bytes (gst_harness_push_and_pull (harness, make_frame (0, 200, 100, 50)),
        channels * PIXELS, bytes, channels);
    gst_harness_teardown (harness);
  }
}

static void
assert_floats (GstBuffer *buffer, const float *numbers, guint n)
{
  float made[8];

  g_assert_nonnull (buffer);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, n * sizeof (float));
  gst_buffer_extract (buffer, 0, made, n * sizeof (float));
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (made[i], numbers[i] / 255, 1e-5f);
}

/* An embedding, with the time and the metas of its frame. */
static void
test_tensors (void)
{
  GstHarness *harness = open_harness ("outputs=emb");
  GstBuffer *frame = make_frame (7, 200, 100, 50), *made;
  g_autofree char *caps = NULL;
  GstVideoRegionOfInterestMeta *region;

  gst_buffer_add_video_region_of_interest_meta (frame, "face", 1, 2, 3, 4);
  made = gst_harness_push_and_pull (harness, frame);
  assert_floats (made, (const float[]){ 200, 100, 50 }, 3);
  g_assert_cmpuint (GST_BUFFER_PTS (made), ==, 7 * GST_SECOND / 10);
  g_assert_cmpuint (GST_BUFFER_DURATION (made), ==, GST_SECOND / 10);
  region = gst_buffer_get_video_region_of_interest_meta_id (made, 0);
  g_assert_nonnull (region);
  g_assert_cmpuint (region->w, ==, 3);
  gst_buffer_unref (made);
  caps = current_format (harness->sinkpad);
  g_assert_nonnull (strstr (caps, "other/tensors"));
  g_assert_nonnull (strstr (caps, "3:1:1:1"));
  g_assert_nonnull (strstr (caps, "10/1"));
  gst_harness_teardown (harness);
}

/* One each, of several frames in a run. */
static void
test_tensors_of_batch (void)
{
  GstHarness *harness = open_harness ("outputs=emb batch-size=2");

  for (guint i = 0; i < 3; i++)
    gst_harness_push (harness, make_frame (i, (guint8)(10 * i), 100, 50));
  gst_harness_push_event (harness, gst_event_new_eos ());
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstBuffer) made = gst_harness_pull (harness);

    assert_floats (made, (const float[]){ 10 * (float)i, 100, 50 }, 3);
    g_assert_cmpuint (GST_BUFFER_PTS (made), ==, i * GST_SECOND / 10);
  }
  gst_harness_teardown (harness);
}

/* A picture, where what is behind takes numbers alone. */
static void
test_picture_as_tensor (void)
{
  GstHarness *harness = open_harness ("outputs=pha ! capsfilter caps=other/tensors,format=static");
  GstBuffer *made = gst_harness_push_and_pull (harness, make_frame (0, 200, 100, 50));
  float number;

  g_assert_cmpuint (gst_buffer_get_size (made), ==, PIXELS * sizeof (float));
  gst_buffer_extract (made, 0, &number, sizeof number);
  g_assert_cmpfloat_with_epsilon (number, 200.0f / 255, 1e-5f);
  gst_buffer_unref (made);
  gst_harness_teardown (harness);
}

/* Of several latents in a buffer, by a model that takes all at once and by one that takes them one
 * by one. */
static void
test_tensors_of_latents (void)
{
  for (gint64 batch = -1; batch <= 1; batch += 2) {
    g_autoptr (GenGraph) graph = gen_graph_new ("vectors");
    g_autofree char *path = g_build_filename (folder, "vectors.onnx", NULL);
    g_autofree char *launch = g_strdup_printf ("generator outputs=y model=%s", path);
    g_autoptr (GError) error = NULL;
    GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2));
    const float latents[6] = { 1, 2, 3, 4, 5, 6 }, wanted[6] = { 255, 510, 765, 1020, 1275, 1530 };
    GstHarness *harness;
    GstBuffer *made;

    add_output (graph, scale (graph, z, 1), "y");
    z->shape.dims[0] = ((GenTensor *)graph->outputs->pdata[0])->shape.dims[0] = batch;
    gen_onnx_save (graph, path, &error);
    g_assert_no_error (error);
    harness = gst_harness_new_parse (launch);
    gst_harness_set_src_caps_str (harness,
        "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
        "dimensions=(string)2:3:1:1,framerate=(fraction)10/1");
    made = gst_harness_push_and_pull (harness, gst_buffer_new_memdup (latents, sizeof latents));
    assert_floats (made, wanted, 6);
    gst_buffer_unref (made);
    gst_harness_teardown (harness);
  }
}

static void
assert_refused (const char *properties, const char *words)
{
  g_autofree char *launch = g_strdup_printf ("videotestsrc num-buffers=1 ! video/x-raw," CAPS
                                             " ! generator name=g model=%s/matting.onnx %s",
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
  assert_refused ("outputs=alpha ! fakesink", "no output 'alpha'");
  assert_refused ("outputs=alpha ! fakesink", "pha, fgr, seg, soft, emb, six");
  assert_refused ("outputs=fgr,emb ! fakesink", "src_emb");
  assert_refused (
      "tile=4x4 outputs=fgr,pha ! fakesink", "of one input and without a mask in alpha");
  assert_refused ("tile=4x4 outputs=fgr ! fakesink g.src_emb ! fakesink",
      "from pads src_NAME come pictures as large");
  assert_refused ("tile=4x4 outputs=fgr ! fakesink g.src_pha ! fakesink",
      "and pad src_pha cannot: unset property tile");
  assert_refused ("outputs=a,b,c ! fakesink", "which should be the name of an output");
  assert_refused ("! fakesink g.src_nothing ! fakesink", "no output 'nothing'");
}

/* Tensors of a model that takes four pictures at a time, no more and no less. */
static void
test_tensors_of_fixed_batch (void)
{
  g_autofree char *path = g_build_filename (folder, "four.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("generator outputs=emb batch-size=4 model=%s", path);
  GstHarness *harness;

  save_matting (path, 4, 1);
  harness = gst_harness_new_parse (launch);
  gst_harness_set_src_caps_str (harness, "video/x-raw," CAPS);
  for (guint i = 0; i < 4; i++)
    gst_harness_push (harness, make_frame (i, (guint8)(10 * i), 100, 50));
  for (guint i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) made = gst_harness_pull (harness);

    assert_floats (made, (const float[]){ 10 * (float)i, 100, 50 }, 3);
  }
  gst_harness_teardown (harness);
}

/* Nothing for each frame of a run: one tensor of all, which says what helps. */
static void
test_tensors_of_all (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("all");
  g_autofree char *path = g_build_filename (folder, "all.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("videotestsrc num-buffers=2 ! video/x-raw," CAPS
                                             " ! generator model=%s outputs=y batch-size=2 "
                                             "! fakesink",
      path);
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, -1, FALSE);
  GenTensor *y = gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, NULL);
  gboolean failed;

  g_assert_no_error (error);
  add_output (graph, y, "y");
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  said = play_for_words (launch, &failed);
  g_assert_true (failed);
  g_assert_nonnull (strstr (said, "batch-size to 1"));
}

/* Six channels may be two pictures, and nothing tells which comes first. */
static void
test_six_channels (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("six");
  g_autofree char *path = g_build_filename (folder, "six.onnx", NULL);
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=1 ! generator model=%s ! fakesink", path);
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE);
  GenTensor *six = gen_graph_op (
      graph, "Concat", (GenTensor *[]){ x, x }, 2, 1, &error, "axis", GEN_INT, (gint64)1, NULL);
  gboolean failed;

  g_assert_no_error (error);
  save_model (graph, six, path);
  said = play_for_words (launch, &failed);
  g_assert_true (failed);
  g_assert_nonnull (strstr (said, "six channels may be two pictures"));
}

/* --- pads --- */

typedef struct {
  GstHarness *main, *mask, *numbers;
} Three;

static Three
open_three (const char *properties)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s/matting.onnx %s", folder, properties);
  g_autoptr (GError) error = NULL;
  GstElement *generator = gst_parse_launch (launch, &error);
  g_autoptr (GstPad) mask = NULL, numbers = NULL;
  Three three;

  g_assert_no_error (error);
  /* Before it starts. */
  mask = gst_element_request_pad_simple (generator, "src_pha");
  numbers = gst_element_request_pad_simple (generator, "src_emb");
  three.mask = gst_harness_new_with_element (generator, NULL, "src_pha");
  three.numbers = gst_harness_new_with_element (generator, NULL, "src_emb");
  three.main = gst_harness_new_with_element (generator, "sink", "src");
  gst_harness_set_sink_caps_str (three.main, "video/x-raw,format=(string)RGB");
  gst_harness_set_src_caps_str (three.main, "video/x-raw," CAPS);
  gst_object_unref (generator);
  return three;
}

static void
close_three (Three *three)
{
  gst_harness_teardown (three->main);
  gst_harness_teardown (three->mask);
  gst_harness_teardown (three->numbers);
}

/* In step, each with its own caps. */
static void
test_pads (void)
{
  Three three = open_three ("outputs=fgr");

  for (guint i = 0; i < 3; i++) {
    GstBuffer *mask, *numbers;

    gst_harness_push (three.main, make_frame (i, (guint8)(20 * i), 100, 50));
    assert_bytes (
        gst_harness_pull (three.main), 3 * PIXELS, (const guint8[]){ (guint8)(10 * i), 50, 25 }, 3);
    mask = gst_harness_pull (three.mask);
    g_assert_cmpuint (GST_BUFFER_PTS (mask), ==, i * GST_SECOND / 10);
    assert_bytes (mask, PIXELS, (const guint8[]){ (guint8)(20 * i) }, 1);
    numbers = gst_harness_pull (three.numbers);
    assert_floats (numbers, (const float[]){ 20 * (float)i, 100, 50 }, 3);
    gst_buffer_unref (numbers);
  }
  {
    g_autofree char *caps = current_format (three.mask->sinkpad);

    g_assert_nonnull (strstr (caps, "GRAY8"));
    g_assert_nonnull (strstr (caps, "10/1"));
  }
  gst_harness_push_event (three.main, gst_event_new_eos ());
  for (guint i = 0; i < 4; i++) {
    static const GstEventType wanted[] = { GST_EVENT_STREAM_START, GST_EVENT_CAPS,
      GST_EVENT_SEGMENT, GST_EVENT_EOS };
    GstEvent *event = gst_harness_pull_event (three.mask);

    g_assert_cmpint (GST_EVENT_TYPE (event), ==, wanted[i]);
    gst_event_unref (event);
  }
  close_three (&three);
}

/* Buffers that come back are used again. */
static void
test_pads_of_pool (void)
{
  Three three = open_three ("outputs=fgr");
  GstBuffer *first = NULL;

  for (guint i = 0; i < 3; i++) {
    GstBuffer *mask;

    gst_harness_push (three.main, make_frame (i, 20, 100, 50));
    mask = gst_harness_pull (three.mask);
    g_assert_true (first == NULL || first == mask);
    g_assert_cmpuint (GST_BUFFER_PTS (mask), ==, i * GST_SECOND / 10);
    first = mask;
    gst_buffer_unref (mask);
  }
  close_three (&three);
}

/* Of several frames in a run, and a flush drops all that waits. */
static void
test_pads_of_batch (void)
{
  Three three = open_three ("outputs=fgr batch-size=2");

  for (guint i = 0; i < 2; i++)
    gst_harness_push (three.main, make_frame (i, (guint8)(20 * i), 100, 50));
  for (guint i = 0; i < 2; i++) {
    GstBuffer *numbers = gst_harness_pull (three.numbers);

    assert_bytes (gst_harness_pull (three.mask), PIXELS, (const guint8[]){ (guint8)(20 * i) }, 1);
    assert_floats (numbers, (const float[]){ 20 * (float)i, 100, 50 }, 3);
    gst_buffer_unref (numbers);
  }
  gst_harness_push (three.main, make_frame (3, 1, 2, 3));
  gst_harness_push_event (three.main, gst_event_new_flush_start ());
  gst_harness_push_event (three.main, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (three.main, gst_event_new_eos ());
  g_assert_cmpuint (gst_harness_buffers_in_queue (three.mask), ==, 0);
  close_three (&three);
}

enum { WIDE = 20, HIGH = 12 };

/* A picture "fgr" of half of a picture, and "pha", the mean of its red over 3 x 3 pixels. */
static void
save_blur (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("blur");
  g_autoptr (GError) error = NULL;
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, -1, FALSE), *weights, *mean;
  float kernel[3 * 9] = { 0 };

  for (int i = 0; i < 9; i++)
    kernel[i] = 1 / 9.0f;
  weights = gen_graph_add_constant (graph, "weights", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 3, 3),
      g_bytes_new (kernel, sizeof kernel));
  mean = gen_graph_op (graph, "Conv", (GenTensor *[]){ x, weights }, 2, 1, &error, "pads", GEN_INTS,
      4, (const gint64[]){ 1, 1, 1, 1 }, NULL);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  add_output (graph, scale (graph, x, 0.5f), "fgr");
  add_output (graph, mean, "pha");
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static guint8
red_at (int x, int y)
{
  return x < 0 || y < 0 || x >= WIDE || y >= HIGH ? 0 : (guint8)(x * 97 + y * 41);
}

static double
mean_at (int x, int y)
{
  double sum = 0;

  for (int dy = -1; dy <= 1; dy++)
    for (int dx = -1; dx <= 1; dx++)
      sum += red_at (x + dx, y + dy);
  return sum / 9;
}

/* A picture that is another one at each pixel. */
static GstBuffer *
make_gradient (void)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 3 * WIDE * HIGH, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (int i = 0; i < WIDE * HIGH; i++)
    map.data[3 * i] = map.data[3 * i + 1] = map.data[3 * i + 2] = red_at (i % WIDE, i / WIDE);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

/* Of a frame that is made tile by tile, several tiles in a run. */
static void
test_pads_of_tiles (void)
{
  g_autofree char *path = g_build_filename (folder, "blur.onnx", NULL);
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s outputs=fgr tile=auto batch-size=4", path);
  GstElement *generator = gst_parse_launch (launch, NULL);
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (generator, "src_pha");
  GstHarness *mask, *main;
  GstMapInfo frame, made;

  save_blur (path);
  mask = gst_harness_new_with_element (generator, NULL, "src_pha");
  main = gst_harness_new_with_element (generator, "sink", "src");
  gst_object_unref (generator);
  gst_harness_set_sink_caps_str (main, "video/x-raw,format=(string)RGB");
  gst_harness_set_src_caps_str (
      main, "video/x-raw,format=(string)RGB,width=20,height=12,framerate=(fraction)10/1");
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstBuffer) picture = gst_harness_push_and_pull (main, make_gradient ());
    g_autoptr (GstBuffer) alpha = gst_harness_pull (mask);

    g_assert_cmpuint (gst_buffer_get_size (alpha), ==, WIDE * HIGH);
    gst_buffer_map (picture, &frame, GST_MAP_READ);
    gst_buffer_map (alpha, &made, GST_MAP_READ);
    for (int p = 0; p < WIDE * HIGH; p++) {
      g_assert_cmpfloat_with_epsilon (made.data[p], mean_at (p % WIDE, p / WIDE), 0.6);
      g_assert_cmpfloat_with_epsilon (frame.data[3 * p], red_at (p % WIDE, p / WIDE) / 2.0, 0.6);
    }
    gst_buffer_unmap (alpha, &made);
    gst_buffer_unmap (picture, &frame);
  }
  gst_harness_teardown (main);
  gst_harness_teardown (mask);
}

/* Another model of such outputs takes the place of the one that plays. */
static void
test_pads_of_other_model (void)
{
  g_autofree char *path = g_build_filename (folder, "other.onnx", NULL);
  Three three = open_three ("outputs=fgr");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  GstElement *generator = three.main->element;

  gst_element_set_bus (generator, bus);
  save_matting (path, -1, 0.25f);
  gst_harness_push (three.main, make_frame (0, 200, 100, 48));
  gst_buffer_unref (gst_harness_pull (three.mask));
  gst_buffer_unref (gst_harness_pull (three.main));
  g_object_set (generator, "model", path, NULL);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  gst_harness_push (three.main, make_frame (1, 200, 100, 48));
  assert_bytes (gst_harness_pull (three.main), 3 * PIXELS, (const guint8[]){ 50, 25, 12 }, 3);
  assert_bytes (gst_harness_pull (three.mask), PIXELS, (const guint8[]){ 200 }, 1);
  gst_element_set_bus (generator, NULL);
  close_three (&three);
}

static GstPadProbeReturn
answer_eos (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

/* What is behind one pad has enough: the others go on. */
static void
test_pads_fare_apart (void)
{
  Three three = open_three ("outputs=fgr");
  g_autoptr (GstPad) source = gst_element_get_static_pad (three.main->element, "src");
  g_autoptr (GstPad) mask = gst_element_get_static_pad (three.main->element, "src_pha");
  g_autoptr (GstPad) numbers = gst_element_get_static_pad (three.main->element, "src_emb");

  gst_pad_add_probe (source, GST_PAD_PROBE_TYPE_BUFFER, answer_eos, NULL, NULL);
  g_assert_cmpint (gst_harness_push (three.main, make_frame (0, 1, 2, 3)), ==, GST_FLOW_OK);
  g_assert_cmpint (gst_harness_push (three.main, make_frame (1, 1, 2, 3)), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_received (three.mask), ==, 2);
  gst_pad_add_probe (mask, GST_PAD_PROBE_TYPE_BUFFER, answer_eos, NULL, NULL);
  gst_pad_add_probe (numbers, GST_PAD_PROBE_TYPE_BUFFER, answer_eos, NULL, NULL);
  g_assert_cmpint (gst_harness_push (three.main, make_frame (2, 1, 2, 3)), ==, GST_FLOW_EOS);
  close_three (&three);
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL;
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  path = g_build_filename (folder, "matting.onnx", NULL);
  save_matting (path, -1, 0.5f);
  g_test_add_func ("/outputs/by-name", test_by_name);
  g_test_add_func ("/outputs/said-beside", test_said_beside);
  g_test_add_func ("/outputs/alpha", test_alpha);
  g_test_add_func ("/outputs/pads-of-pool", test_pads_of_pool);
  g_test_add_func ("/outputs/pads-of-tiles", test_pads_of_tiles);
  g_test_add_func ("/outputs/alpha/unsaid", test_alpha_unsaid);
  g_test_add_func ("/outputs/classes", test_classes);
  g_test_add_func ("/outputs/tensors", test_tensors);
  g_test_add_func ("/outputs/tensors/batch", test_tensors_of_batch);
  g_test_add_func ("/outputs/tensors/fixed-batch", test_tensors_of_fixed_batch);
  g_test_add_func ("/outputs/tensors/of-all", test_tensors_of_all);
  g_test_add_func ("/outputs/tensors/latents", test_tensors_of_latents);
  g_test_add_func ("/outputs/tensors/picture", test_picture_as_tensor);
  g_test_add_func ("/outputs/refused", test_refused);
  g_test_add_func ("/outputs/six-channels", test_six_channels);
  g_test_add_func ("/outputs/pads", test_pads);
  g_test_add_func ("/outputs/pads/batch", test_pads_of_batch);
  g_test_add_func ("/outputs/pads/other-model", test_pads_of_other_model);
  g_test_add_func ("/outputs/pads/apart", test_pads_fare_apart);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
