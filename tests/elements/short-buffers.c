/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A buffer that has fewer bytes than its caps say is an error of generator, whichever way it plays,
 * and of discriminator: it names both sizes, and what came before it goes on. */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "doubtful.h"

#define PIXELS (SIDE * SIDE)
#define GREY "video/x-raw,format=(string)GRAY8,width=8,height=8,framerate=(fraction)10/1"
#define RGB "video/x-raw,format=(string)RGB,width=8,height=8,framerate=(fraction)10/1"
#define SOUND "audio/x-raw,format=(string)F32LE,rate=8000,channels=1,layout=(string)interleaved"
#define LATENTS                                                                                    \
  "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"                       \
  "dimensions=(string)64:1:1:1,framerate=(fraction)10/1"

enum { N_GOOD = 2 };

static char *folder;

static const struct {
  const char *model, *properties, *caps;
  gsize size;   /* of a good buffer */
  gsize wanted; /* by the error */
  int made;     /* buffers of the good ones */
} cases[] = {
  { "picture", "", GREY, PIXELS, PIXELS, N_GOOD },
  { "picture", "batch-size=3", GREY, PIXELS, PIXELS, N_GOOD },
  { "picture", "tile=4x4", GREY, PIXELS, PIXELS, N_GOOD },
  { "memory", "states=h=kept", GREY, PIXELS, PIXELS, N_GOOD },
  { "window", "lookahead=1", RGB, 3 * PIXELS, 3 * PIXELS, N_GOOD },
  { "between", "interpolate=false", RGB, 3 * PIXELS, 3 * PIXELS, N_GOOD },
  { "between", "", RGB, 3 * PIXELS, 3 * PIXELS, 2 * N_GOOD },
  { "clip", "", RGB, 3 * PIXELS, 3 * PIXELS, N_GOOD },
  { "latent", "", LATENTS, 64 * sizeof (float), 64 * sizeof (float), N_GOOD },
  { "latent", "batch-size=3", LATENTS, 64 * sizeof (float), 64 * sizeof (float), N_GOOD },
  { "sound", "chunk-size=100", SOUND, 60 * sizeof (float), sizeof (float), N_GOOD },
};

static void
save (const char *name, GenGraph *graph, GenTensor *y)
{
  g_autofree char *path = g_strdup_printf ("%s/%s.onnx", folder, name);

  if (strcmp (name, "sound") != 0) {
    say_range (graph, "generative.input-range", "0,1");
    say_range (graph, "generative.output-range", "0,1");
  }
  save_model (graph, y, path);
}

/* y = x, of any number of pictures, latents, or samples. */
static void
save_same (const char *name, const GenShape *shape, int free_axis)
{
  g_autoptr (GenGraph) graph = gen_graph_new (name);
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, shape);
  GenTensor *y = gen_unary (graph, "Neg", x, &error);

  y = gen_unary (graph, "Neg", y, &error);
  g_assert_no_error (error);
  if (free_axis >= 0)
    x->shape.dims[free_axis] = y->shape.dims[free_axis] = -1;
  if (strcmp (name, "sound") == 0)
    say_range (graph, "generative.sample-rate", "8000");
  save (name, graph, y);
}

/* x and half of what was kept of the run before. */
static void
save_memory (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("memory");
  g_autoptr (GError) error = NULL;
  const GenShape shape = GEN_SHAPE (1, 1, SIDE, SIDE);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);
  GenTensor *h = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &shape), *y;
  GenTensor *kept = gen_graph_add_value (graph, "kept");

  y = gen_binary (
      graph, "Add", x, gen_binary (graph, "Mul", h, gen_graph_float (graph, 0.5f), &error), &error);
  gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &x, 1, &kept, 1, &error);
  gen_graph_infer (graph, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  save ("memory", graph, kept);
}

/* The mean of several frames: of five around one, or what lies between two. */
static void
save_mean (const char *name, int frames)
{
  g_autoptr (GenGraph) graph = gen_graph_new (name);
  g_autoptr (GError) error = NULL;
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, frames, 3, SIDE, SIDE));
  GenTensor *y =
      gen_binary (graph, "ReduceSum", x, gen_graph_ints (graph, (gint64[]){ 1 }, 1), &error);

  y = gen_binary (
      graph, "Reshape", y, gen_graph_ints (graph, (gint64[]){ 1, 3, SIDE, SIDE }, 4), &error);
  y = gen_binary (graph, "Mul", y, gen_graph_float (graph, 1.0f / (float)frames), &error);
  g_assert_no_error (error);
  save (name, graph, y);
}

static void
save_models (void)
{
  save_same ("picture", &GEN_SHAPE (1, 1, SIDE, SIDE), -1);
  save_same ("latent", &GEN_SHAPE (1, 64), 0);
  save_same ("sound", &GEN_SHAPE (1, 1, 64), 2);
  save_same ("clip", &GEN_SHAPE (1, 4, 3, SIDE, SIDE), -1);
  save_memory ();
  save_mean ("window", 5);
  save_mean ("between", 2);
}

static GstBuffer *
make_buffer (guint number, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (buffer, 0, 0, size);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND / 10;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 10;
  return buffer;
}

/* The error that generator has posted. (transfer full) */
static char *
pop_error (GstBus *bus)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  return g_strdup (error->message);
}

/* Good ones, then `bad`; what is said. (transfer full) */
static char *
play (gsize i, GstBuffer *bad)
{
  g_autofree char *launch = g_strdup_printf (
      "generator model=%s/%s.onnx %s", folder, cases[i].model, cases[i].properties);
  GstHarness *harness = gst_harness_new_parse (launch);
  g_autoptr (GstElement) generator = gst_harness_find_element (harness, "generator");
  g_autoptr (GstBus) bus = gst_bus_new ();
  char *said;

  gst_element_set_bus (generator, bus);
  gst_harness_set_src_caps_str (harness, cases[i].caps);
  for (guint n = 0; n < N_GOOD; n++)
    g_assert_cmpint (gst_harness_push (harness, make_buffer (n, cases[i].size)), ==, GST_FLOW_OK);
  g_assert_cmpint (gst_harness_push (harness, bad), ==, GST_FLOW_ERROR);
  said = pop_error (bus);
  if (strcmp (cases[i].model, "sound") != 0)
    g_assert_cmpint ((int)gst_harness_buffers_received (harness), ==, cases[i].made);
  else /* in pieces, the last of which is what is left */
    g_assert_cmpint ((int)gst_harness_buffers_received (harness), ==, 2);
  gst_element_set_bus (generator, NULL);
  gst_harness_teardown (harness);
  return said;
}

static void
test_short (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize size = 0; size <= 10; size += 10) {
      g_autofree char *has = g_strdup_printf ("has %" G_GSIZE_FORMAT " bytes", size);
      g_autofree char *wanted = g_strdup_printf ("%" G_GSIZE_FORMAT, cases[i].wanted);
      g_autofree char *said = NULL;

      /* No samples are some. */
      if (strcmp (cases[i].model, "sound") == 0 && size == 0)
        continue;
      said = play (i, make_buffer (N_GOOD, size));
      assert_says (said, has);
      assert_says (said, wanted);
    }
}

/* A discriminator reads frames as well. */
static void
test_scored (void)
{
  g_autofree char *path = g_build_filename (folder, "judge.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("discriminator model=%s", path), *said = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GstElement) discriminator = NULL;
  g_autoptr (GstBus) bus = gst_bus_new ();
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  GstHarness *harness;

  save ("judge", graph,
      gen_unary (graph, "Flatten", gen_unary (graph, "GlobalAveragePool", x, NULL), NULL));
  harness = gst_harness_new_parse (launch);
  discriminator = gst_harness_find_element (harness, "discriminator");
  gst_element_set_bus (discriminator, bus);
  gst_harness_set_src_caps_str (harness, GREY);
  g_assert_cmpint (gst_harness_push (harness, make_buffer (0, PIXELS)), ==, GST_FLOW_OK);
  g_assert_cmpint (gst_harness_push (harness, make_buffer (1, 10)), ==, GST_FLOW_ERROR);
  said = pop_error (bus);
  assert_says (said, "has 10 bytes, but its caps say 64");
  gst_element_set_bus (discriminator, NULL);
  gst_harness_teardown (harness);
}

/* Where a meta says that rows lie, which nobody else compares with the buffer. */
static void
test_meta (void)
{
  static const struct {
    int width, stride;
    gsize offset;
    const char *words;
  } metas[] = { { SIDE, 16, 0, "say 120" }, { SIDE, SIDE, 10, "say 74" },
    { SIDE, -SIDE, 0, "56 bytes before it" }, { 4, SIDE, 0, "4 x 8 pixels" } };

  for (gsize i = 0; i < G_N_ELEMENTS (metas); i++) {
    GstBuffer *bad = make_buffer (N_GOOD, PIXELS);
    g_autofree char *said = NULL;

    gst_buffer_add_video_meta_full (bad, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8,
        (guint)metas[i].width, SIDE, 1, (gsize[GST_VIDEO_MAX_PLANES]){ metas[i].offset },
        (int[GST_VIDEO_MAX_PLANES]){ metas[i].stride });
    said = play (0, bad);
    assert_says (said, metas[i].words);
  }
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_models ();
  g_test_add_func ("/short-buffers/short", test_short);
  g_test_add_func ("/short-buffers/scored", test_scored);
  g_test_add_func ("/short-buffers/meta", test_meta);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
