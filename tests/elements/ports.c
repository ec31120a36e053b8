/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What elements say of a model's inputs and outputs: which range they assume, and what a model that
 * they cannot play should be like; and the types other than float32 that they do play. */
#include <gst/check/gstharness.h>

#include "doubtful.h"

#define SOURCE "videotestsrc num-buffers=4 ! video/x-raw,width=8,height=8 ! "

static char *
play (const char *element, const char *path, const char *properties, gboolean *failed)
{
  g_autofree char *launch =
      g_strdup_printf (SOURCE "%s model=%s %s ! fakesink", element, path, properties);

  return play_for_words (launch, failed);
}

/* --- ranges --- */

static void
test_ranges (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);

  for (int said = 0; said < 2; said++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("ranges");
    g_autofree char *bare = NULL, *one = NULL, *both = NULL;
    GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE);
    gboolean failed;

    if (said) {
      say_range (graph, "generative.input-range", "0,1");
      say_range (graph, "generative.output-range", "0,1");
    }
    save_model (graph, gen_unary (graph, "Relu", x, NULL), path);
    bare = play ("generator", path, "", &failed);
    g_assert_false (failed);
    one = play ("generator", path, "input-range=0,2", &failed);
    both = play ("generator", path, "input-range=0,2 output-range=0,2", &failed);
    g_assert_cmpstr (both, ==, "");
    g_assert_cmpuint (count_words (bare, "assumed"), ==, said ? 0 : 2);
    g_assert_cmpuint (count_words (one, "assumed"), ==, said ? 0 : 1);
    if (said)
      continue;
    assert_says (bare, path);
    assert_says (bare, "its input 'x' are black and white; 0 and 1 are assumed");
    assert_says (bare, "generative.input-range");
    assert_says (bare, "property input-range=0,1");
    assert_says (one, "generative.output-range");
    assert_says (one, "property output-range=0,1");
    assert_says (one, "0 and 1 are assumed");
  }
  scratch_remove (folder);
}

static void
test_ranges_of_scores (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("score");
  const gint64 axes[] = { 1, 2, 3 };
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE);
  g_autofree char *bare = NULL, *said = NULL;
  gboolean failed;

  save_model (graph,
      gen_graph_op (graph, "ReduceMean", &x, 1, 1, NULL, "axes", GEN_INTS, 3, axes, "keepdims",
          GEN_INT, 0, NULL),
      path);
  bare = play ("discriminator", path, "", &failed);
  g_assert_false (failed);
  assert_says (bare, "-1 and 1 are assumed");
  assert_says (bare, "property input-range=-1,1");
  said = play ("discriminator", path, "input-range=0,1", &failed);
  g_assert_cmpstr (said, ==, "");
  scratch_remove (folder);
}

static void
test_ranges_of_features (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "features.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("features");
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE);
  g_autofree char *words = NULL, *launch = NULL;
  gboolean failed;

  save_model (graph, gen_unary (graph, "Flatten", x, NULL), path);
  launch = g_strdup_printf (SOURCE "qualitymeter metrics=diversity embedder=%s ! fakesink", path);
  words = play_for_words (launch, &failed);
  g_assert_false (failed);
  assert_says (words, "Property embedder: ");
  assert_says (words, "-1 and 1 are assumed");
  scratch_remove (folder);
}

/* --- types --- */

/* What goes through a model that does nothing is what went in, to the byte. */
static void
test_types (void)
{
  static const struct {
    GenDataType type;
    gboolean channels_last;
    const char *range; /* NULL: bytes have one of their own */
  } cases[] = {
    { GEN_TYPE_FLOAT16, FALSE, "0,1" },
    { GEN_TYPE_FLOAT16, TRUE, "-1,1" },
    { GEN_TYPE_BFLOAT16, FALSE, "0,255" },
    { GEN_TYPE_FLOAT64, FALSE, "0,1" },
    { GEN_TYPE_UINT8, FALSE, NULL },
    { GEN_TYPE_UINT8, TRUE, NULL },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("types");
    GenTensor *x = add_picture (graph, cases[i].type, -1, cases[i].channels_last);
    g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
    GenTensor *y = gen_unary (graph, "Identity", x, NULL);
    guint8 bytes[SIDE * SIDE * 3];
    GstHarness *harness;
    GstBuffer *buffer;
    GstMapInfo map;

    if (cases[i].range != NULL) {
      say_range (graph, "generative.input-range", cases[i].range);
      say_range (graph, "generative.output-range", cases[i].range);
    }
    save_model (graph, y, path);
    for (gsize k = 0; k < sizeof bytes; k++)
      bytes[k] = (guint8)(k * 37);
    harness = gst_harness_new_parse (launch);
    gst_harness_set_caps_str (harness, "video/x-raw,format=RGB,width=8,height=8,framerate=30/1",
        "video/x-raw,format=RGB,width=8,height=8,framerate=30/1");
    buffer = gst_buffer_new_memdup (bytes, sizeof bytes);
    buffer = gst_harness_push_and_pull (harness, buffer);
    g_assert_nonnull (buffer);
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_assert_cmpuint (map.size, ==, sizeof bytes);
    for (gsize k = 0; k < sizeof bytes; k++)
      g_assert_cmpint (
          ABS (map.data[k] - bytes[k]), <=, cases[i].type == GEN_TYPE_BFLOAT16 ? 1 : 0);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
    gst_harness_teardown (harness);
  }
  scratch_remove (folder);
}

/* Latents and scores of float16, as float32 outside. */
static void
test_narrow_vectors (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *generator = g_build_filename (folder, "generator.onnx", NULL);
  g_autofree char *judge = g_build_filename (folder, "judge.onnx", NULL);
  g_autofree char *launch = g_strdup_printf (
      "latentsrc num-buffers=4 ! generator model=%s ! discriminator model=%s ! fakesink", generator,
      judge);
  g_autoptr (GenGraph) makes = gen_graph_new ("generator");
  g_autoptr (GenGraph) judges = gen_graph_new ("judge");
  const gint64 shape[] = { 1, 3, SIDE, SIDE }, axes[] = { 1, 2, 3 };
  GenTensor *z =
      gen_graph_add_input (makes, "z", GEN_TYPE_FLOAT16, &GEN_SHAPE (1, 3 * SIDE * SIDE));
  GenTensor *x = add_picture (judges, GEN_TYPE_FLOAT16, 1, FALSE);
  g_autofree char *words = NULL;
  gboolean failed;

  z = gen_unary (makes, "Sigmoid", z, NULL);
  save_model (
      makes, gen_binary (makes, "Reshape", z, gen_graph_ints (makes, shape, 4), NULL), generator);
  say_range (judges, "generative.input-range", "0,1");
  save_model (judges,
      gen_graph_op (judges, "ReduceMean", &x, 1, 1, NULL, "axes", GEN_INTS, 3, axes, "keepdims",
          GEN_INT, 0, NULL),
      judge);
  words = play_for_words (launch, &failed);
  g_assert_cmpstr (words, ==, "");
  g_assert_false (failed);
  scratch_remove (folder);
}

/* --- what does not fit --- */

static void
test_batch (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("four");
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 4, FALSE);
  g_autofree char *refused = NULL, *played = NULL;
  gboolean failed;

  say_range (graph, "generative.input-range", "0,1");
  save_model (graph, gen_unary (graph, "Sigmoid", x, NULL), path);
  refused = play ("generator", path, "", &failed);
  g_assert_true (failed);
  assert_says (refused, path);
  assert_says (refused, "its input 'x' takes 4 pictures in a run");
  assert_says (refused, "set property batch-size=4");
  played = play ("generator", path, "batch-size=4", &failed);
  g_assert_cmpstr (played, ==, "");
  g_assert_false (failed);
  scratch_remove (folder);
}

/* Of latents, several can come in a buffer. */
static void
test_batch_of_latents (void)
{
  static const struct {
    const char *dimensions, *properties, *words; /* NULL: it plays */
  } cases[] = {
    { "192", "", "set property batch-size=6" },
    { "192", "batch-size=6", NULL },
    { "192:2", "", "set property batch-size=3" },
    { "192:6", "", NULL },
    { "192:4", "", "give it buffers of 6 each" },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("six");
  const gint64 shape[] = { 6, 3, SIDE, SIDE };
  GenTensor *z =
      gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (6, 3 * SIDE * SIDE));

  z = gen_unary (graph, "Sigmoid", z, NULL);
  save_model (
      graph, gen_binary (graph, "Reshape", z, gen_graph_ints (graph, shape, 4), NULL), path);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf (
        "latentsrc num-buffers=12 dimensions=%s ! generator model=%s %s ! fakesink",
        cases[i].dimensions, path, cases[i].properties);
    gboolean failed;
    g_autofree char *words = play_for_words (launch, &failed);

    g_assert_cmpint (failed, ==, cases[i].words != NULL);
    if (failed)
      assert_says (words, cases[i].words);
    else
      g_assert_cmpstr (words, ==, "");
  }
  scratch_remove (folder);
}

/* A discriminator of a fixed batch wants walls of that many. */
static void
test_batch_of_scores (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("two");
  const gint64 axes[] = { 1, 2, 3 };
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 2, FALSE);

  say_range (graph, "generative.input-range", "0,1");
  save_model (graph,
      gen_graph_op (graph, "ReduceMean", &x, 1, 1, NULL, "axes", GEN_INTS, 3, axes, "keepdims",
          GEN_INT, 0, NULL),
      path);
  for (int pictures = 1; pictures <= 3; pictures++) {
    g_autofree char *launch = g_strdup_printf (
        "videotestsrc num-buffers=4 ! video/x-raw,width=%d,height=8 ! discriminator model=%s ! "
        "fakesink",
        pictures * SIDE, path);
    gboolean failed;
    g_autofree char *words = play_for_words (launch, &failed);

    g_assert_cmpint (failed, ==, pictures != 2);
    if (failed)
      assert_says (words, "input 'x' takes 2 pictures in a run");
  }
  scratch_remove (folder);
}

/* Extents around those of a picture change nothing. */
static void
test_extents (void)
{
  static const GenShape shapes[] = { { 3, { 3, 16, 16 } }, { 3, { 16, 16, 3 } },
    { 3, { 3, -1, -1 } }, { 5, { 1, 1, 3, 16, 16 } }, { 5, { -1, 3, 1, -1, -1 } },
    { 5, { 1, 1, 16, 16, 3 } } };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("extents");
    g_autofree char *words = NULL, *launch = NULL;
    GenShape known = shapes[i];
    GenTensor *x, *y;
    gboolean failed;

    for (int d = 0; d < known.rank; d++)
      known.dims[d] = MAX (known.dims[d], 1);
    x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &known);
    say_range (graph, "generative.input-range", "0,1");
    say_range (graph, "generative.output-range", "0,1");
    y = gen_unary (graph, "Identity", x, NULL);
    x->shape = y->shape = shapes[i];
    save_model (graph, y, path);
    launch = g_strdup_printf ("videotestsrc num-buffers=2 ! video/x-raw,format=RGB,width=16,"
                              "height=16 ! tee name=t ! queue ! generator model=%s ! "
                              "video/x-raw,format=RGB ! filesink location=%s/made t. ! queue ! "
                              "filesink location=%s/came",
        path, folder, folder);
    words = play_for_words (launch, &failed);
    g_assert_cmpstr (words, ==, "");
    g_assert_false (failed);
    {
      g_autofree char *made = NULL, *came = NULL, *made_path = NULL, *came_path = NULL;
      gsize n_made, n_came;

      made_path = g_build_filename (folder, "made", NULL);
      came_path = g_build_filename (folder, "came", NULL);
      g_assert_true (g_file_get_contents (made_path, &made, &n_made, NULL));
      g_assert_true (g_file_get_contents (came_path, &came, &n_came, NULL));
      g_assert_cmpmem (made, n_made, came, n_came);
    }
  }
  scratch_remove (folder);
}

/* A tensor is named with its type, its extents, and what would be right. */
static void
test_refused (void)
{
  static const struct {
    GenDataType type;
    GenShape shape;
    const char *words, *remedy;
  } cases[] = {
    { GEN_TYPE_FLOAT32, { 3, { 3, 8, 8 } }, "input 'x' (float32 [3, 8, 8])",
        "an extent too few: export it as [N, 3, 8, 8]" },
    { GEN_TYPE_FLOAT32, { 5, { 1, -1, 3, 8, 8 } }, "input 'x' (float32 [1, ?, 3, 8, 8])",
        "property frames says how many" },
    { GEN_TYPE_FLOAT32, { 4, { -1, -1, -1, -1 } }, "input 'x' (float32 [?, ?, ?, ?])",
        "a fixed number of channels" },
    { GEN_TYPE_BOOL, { 4, { 1, 3, 8, 8 } }, "input 'x' (bool [1, 3, 8, 8])",
        "of floats or integers" },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("refused");
    GenShape known = cases[i].shape;
    g_autofree char *words = NULL;
    GenTensor *x, *y;
    gboolean failed;

    for (int d = 0; d < known.rank; d++)
      known.dims[d] = MAX (known.dims[d], 1);
    x = gen_graph_add_input (graph, "x", cases[i].type, &known);
    y = gen_unary (graph, "Identity", x, NULL);
    x->shape = y->shape = cases[i].shape;
    save_model (graph, y, path);
    words = play ("generator", path, "", &failed);
    g_assert_true (failed);
    assert_says (words, path);
    assert_says (words, cases[i].words);
    assert_says (words, cases[i].remedy);
  }
  scratch_remove (folder);
}

static void
test_refused_output (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("refused");
  const gint64 axes[] = { 0 };
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE);
  g_autofree char *words = NULL;
  gboolean failed;

  x = gen_binary (graph, "Squeeze", x, gen_graph_ints (graph, axes, 1), NULL);
  save_model (graph, x, path);
  words = play ("generator", path, "", &failed);
  g_assert_true (failed);
  assert_says (words, "makes pictures [N, C, H, W]");
  assert_says (words, "(float32 [3, 8, 8])");
  assert_says (words, "export it as [N, 3, 8, 8]");
  scratch_remove (folder);
}

/* What goes beside pictures is named. */
static void
test_refused_second (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("refused");
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE);
  GenTensor *s = gen_graph_add_input (graph, "strength", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  g_autofree char *words = NULL;
  gboolean failed;

  save_model (graph, gen_binary (graph, "Mul", x, s, NULL), path);
  words = play ("generator", path, "", &failed);
  g_assert_true (failed);
  assert_says (words, "its input 'strength' (float32 [1]) takes no frames");
  assert_says (words, "set property parameters=strength=1");
  scratch_remove (folder);
}

/* One of the files of a model of sound, by itself, is told what would play it. */
static void
test_refused_part (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "enc.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("enc");
  GenTensor *bands =
      gen_graph_add_input (graph, "feat_erb", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 5, 32));
  GenTensor *unit =
      gen_graph_add_input (graph, "feat_spec", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2, 5, 96));
  g_autofree char *words = NULL;
  gboolean failed;

  gen_graph_add_output (graph, gen_unary (graph, "Neg", unit, NULL));
  bands->shape.dims[2] = unit->shape.dims[2] = -1;
  save_model (graph, gen_unary (graph, "Neg", bands, NULL), path);
  words = play ("generator", path, "", &failed);
  g_assert_true (failed);
  assert_says (words, "Its inputs look like DeepFilterNet's first file: chain=erb_dec.onnx");
  scratch_remove (folder);
}

/* --- neighbours --- */

/* y = -x of a sound of one channel at 16 kHz. */
static char *
save_sound (const char *folder)
{
  char *path = g_build_filename (folder, "sound.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("sound");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 64));
  GenTensor *y = gen_unary (graph, "Neg", x, NULL);

  x->shape.dims[2] = y->shape.dims[2] = -1;
  say_range (graph, "generative.sample-rate", "16000");
  save_model (graph, y, path);
  return path;
}

/* What an element says once. (transfer full) */
static char *
pop_error (GstBus *bus)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  return g_strdup (error->message);
}

/* A pad of `caps`, as decodebin's come when the element plays already. */
static GstPad *
make_late_pad (const char *caps)
{
  GstPad *pad = gst_pad_new ("late", GST_PAD_SRC);
  g_autoptr (GstCaps) fixed = gst_caps_from_string (caps);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_set_active (pad, TRUE);
  gst_pad_push_event (pad, gst_event_new_stream_start ("late"));
  gst_pad_push_event (pad, gst_event_new_caps (fixed));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
  return gst_object_ref_sink (pad);
}

/* What is linked late and does not fit is linked all the same where it is of the kind that is
 * taken, so that the element can say what fits. */
static void
test_late_links (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = save_sound (folder);
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path), *said = NULL;
  g_autoptr (GstElement) generator = gst_parse_launch (launch, NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (generator, "sink");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstPad) picture =
      make_late_pad ("video/x-raw,format=RGB,width=8,height=8,framerate=10/1");
  g_autoptr (GstPad) sound =
      make_late_pad ("audio/x-raw,format=S24LE,rate=44100,channels=2,layout=interleaved,"
                     "channel-mask=(bitmask)3");

  gst_element_set_bus (generator, bus);
  g_assert_cmpint (
      gst_element_set_state (generator, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (gst_pad_link (picture, sink), ==, GST_PAD_LINK_NOFORMAT);
  g_assert_cmpint (gst_pad_link (sound, sink), ==, GST_PAD_LINK_OK);
  g_assert_cmpint (
      gst_pad_push (sound, gst_buffer_new_allocate (NULL, 12, NULL)), ==, GST_FLOW_NOT_NEGOTIATED);
  said = pop_error (bus);
  assert_says (said, "at 16000 Hz");
  assert_says (said, "audioconvert and audioresample");
  gst_element_set_bus (generator, NULL);
  gst_element_set_state (generator, GST_STATE_NULL);
  scratch_remove (folder);
}

/* The same of an element that scores. */
static void
test_late_links_of_scores (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "judge.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("discriminator model=%s", path), *said = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  g_autoptr (GstElement) discriminator = NULL;
  g_autoptr (GstPad) sink = NULL, late = NULL;
  g_autoptr (GstBus) bus = gst_bus_new ();

  save_model (graph,
      gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", x, NULL), NULL), path);
  discriminator = gst_parse_launch (launch, NULL);
  sink = gst_element_get_static_pad (discriminator, "sink");
  late = make_late_pad ("video/x-raw,format=Y42B,width=16,height=16,framerate=10/1");
  gst_element_set_bus (discriminator, bus);
  g_assert_cmpint (
      gst_element_set_state (discriminator, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (gst_pad_link (late, sink), ==, GST_PAD_LINK_OK);
  gst_pad_push (late, gst_buffer_new_allocate (NULL, 512, NULL));
  said = pop_error (bus);
  assert_says (said, "put videoconvert and videoscale in front");
  gst_element_set_bus (discriminator, NULL);
  gst_element_set_state (discriminator, GST_STATE_NULL);
  scratch_remove (folder);
}

/* What a trainer says of data with `caps`. (transfer full) */
static char *
train_late (const char *settings, const char *caps)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *launch = g_strdup_printf ("%s checkpoint=%s", settings, folder);
  g_autoptr (GstElement) trainer = gst_parse_launch (launch, NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (trainer, "sink");
  g_autoptr (GstPad) late = make_late_pad (caps);
  g_autoptr (GstBus) bus = gst_bus_new ();
  char *said;

  gst_element_set_bus (trainer, bus);
  gst_element_set_state (trainer, GST_STATE_PAUSED);
  g_assert_cmpint (gst_pad_link_full (late, sink, GST_PAD_LINK_CHECK_NOTHING), ==, GST_PAD_LINK_OK);
  gst_pad_push (late, gst_buffer_new_allocate (NULL, 12, NULL));
  said = pop_error (bus);
  gst_element_set_bus (trainer, NULL);
  gst_element_set_state (trainer, GST_STATE_NULL);
  scratch_remove (folder);
  return said;
}

/* The same of a trainer, which takes pictures and sounds where no preset says which. */
static void
test_late_links_of_trainers (void)
{
  const char *sound = "audio/x-raw,format=S24LE,rate=44100,channels=2,layout=interleaved,"
                      "channel-mask=(bitmask)3";
  g_autofree char *of_sounds = train_late ("gantrainer", sound);
  g_autofree char *of_pictures =
      train_late ("gantrainer", "video/x-raw,format=Y42B,width=16,height=16,framerate=10/1");
  g_autofree char *of_others = train_late ("modeltrainer preset=vae", sound);

  assert_says (of_sounds, "put audioconvert ! audioresample in front");
  assert_says (of_sounds, "S16LE");
  g_assert_null (strstr (of_sounds, "video"));
  assert_says (of_pictures, "put videoconvert ! videoscale in front");
  g_assert_null (strstr (of_pictures, "audio"));
  assert_says (of_others, "The data is audio/x-raw, and what is trained on is video/x-raw");
}

/* Of bytes without caps nobody else says what is wrong. */
static void
test_bytes (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = save_sound (folder);
  g_autofree char *launch =
      g_strdup_printf ("filesrc location=%s ! generator model=%s ! fakesink", path, path);
  g_autofree char *said = NULL;
  gboolean failed;

  said = play_for_words (launch, &failed);
  g_assert_true (failed);
  assert_says (said, "bytes of which nothing says what they are");
  assert_says (said, "put decodebin in front");
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ports/ranges", test_ranges);
  g_test_add_func ("/ports/ranges-of-scores", test_ranges_of_scores);
  g_test_add_func ("/ports/ranges-of-features", test_ranges_of_features);
  g_test_add_func ("/ports/types", test_types);
  g_test_add_func ("/ports/narrow-vectors", test_narrow_vectors);
  g_test_add_func ("/ports/batch", test_batch);
  g_test_add_func ("/ports/batch-of-latents", test_batch_of_latents);
  g_test_add_func ("/ports/batch-of-scores", test_batch_of_scores);
  g_test_add_func ("/ports/refused", test_refused);
  g_test_add_func ("/ports/extents", test_extents);
  g_test_add_func ("/ports/refused-output", test_refused_output);
  g_test_add_func ("/ports/refused-second", test_refused_second);
  g_test_add_func ("/ports/refused-part", test_refused_part);
  g_test_add_func ("/ports/late-links", test_late_links);
  g_test_add_func ("/ports/late-links-of-scores", test_late_links_of_scores);
  g_test_add_func ("/ports/late-links-of-trainers", test_late_links_of_trainers);
  g_test_add_func ("/ports/bytes", test_bytes);
  return g_test_run ();
}
