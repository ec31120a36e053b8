/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays the outputs that are asked for: by name, a picture with its mask as alpha, masks
 * of two classes, and tensors. */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "matting.h"

static char *folder;

static GstHarness *
open_harness (const char *properties)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s/matting.onnx %s", folder, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, "video/x-raw," CAPS);
  return harness;
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
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
