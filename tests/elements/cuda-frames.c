/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator with frames in a GPU's memory, between GStreamer's own cudaupload and cudadownload:
 * the same bytes as with frames of the system, caps as neighbours want them, and a device that
 * fails. The driver and the device are emulated. */
#include <generative/onnx.h>
#include <generative/plan.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>

#include "player.h"

#define CUDA "video/x-raw(memory:CUDAMemory)"
/* Rows of 60 bytes, which no GPU would have. */
#define LENGTH 5
#define SIDE 20

typedef struct {
  char *folder, *latents, *single, *pictures;
} Models;

static GenTensor *
add_weights (GenGraph *graph, const GenShape *shape)
{
  gsize n = (gsize)gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (float)(i * 7 % 11) / 16 - 0.3f;
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, n * sizeof *values));
}

/* Latents [batch, 5] to colour pictures of 20 x 20. */
static char *
save_latents (const char *folder, const char *name, gint64 batch)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new (name);
  g_autoptr (GError) error = NULL;
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH)), *y;
  GenTensor *w = add_weights (graph, &GEN_SHAPE (LENGTH, 3 * SIDE * SIDE));

  y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ z, w }, 2, 1, &error, NULL);
  y = gen_graph_op (graph, "Tanh", &y, 1, 1, &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  z->shape.dims[0] = y->shape.dims[0] = batch;
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  return path;
}

/* Colour pictures of any size to such of that size. */
static char *
save_pictures (const char *folder)
{
  char *path = g_build_filename (folder, "pictures.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("pictures");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8)), *y;
  GenTensor *w = add_weights (graph, &GEN_SHAPE (3, 3, 3, 3));

  y = gen_graph_op (graph, "Conv", (GenTensor *[]){ x, w }, 2, 1, &error, "pads", GEN_INTS, 4,
      (const gint64[]){ 1, 1, 1, 1 }, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[0] = x->shape.dims[2] = x->shape.dims[3] = -1;
  y->shape.dims[0] = y->shape.dims[2] = y->shape.dims[3] = -1;
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  return path;
}

static void
models_open (Models *models)
{
  models->folder = g_dir_make_tmp ("cuda-frames-XXXXXX", NULL);
  models->latents = save_latents (models->folder, "latents.onnx", -1);
  models->single = save_latents (models->folder, "single.onnx", 1);
  models->pictures = save_pictures (models->folder);
}

static void
models_close (Models *models)
{
  char **paths[] = { &models->latents, &models->single, &models->pictures };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_unlink (*paths[i]);
    g_free (*paths[i]);
  }
  g_rmdir (models->folder);
  g_free (models->folder);
}

/* --- pipelines --- */

/* Play SOURCE ! generator PROPERTIES ! BEHIND ! fakesink. */
static void
open_player (Player *player, const char *source, const char *properties, const char *behind)
{
  g_autofree char *launch =
      g_strdup_printf ("%s ! generator name=generator kernels=rules precision=fp32 %s ! %s ! "
                       "fakesink name=sink signal-handoffs=true sync=false",
          source, properties, behind);

  player_open (player, launch);
}

/* Whether the pad of the generator speaks of CUDA memory. */
static gboolean
pad_has_cuda (Player *player, const char *name)
{
  g_autoptr (GstElement) generator = gst_bin_get_by_name (GST_BIN (player->pipeline), "generator");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (generator, name);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  return gst_caps_features_contains (gst_caps_get_features (caps, 0), "memory:CUDAMemory");
}

/* The visible bytes of frames are the same, or differ by `tolerance`. */
static void
assert_same_frames (Player *a, Player *b, int width, int height, int bytes, int tolerance)
{
  GstVideoFormat format = bytes == 3 ? GST_VIDEO_FORMAT_RGB : GST_VIDEO_FORMAT_RGBA;
  GstVideoInfo info;

  gst_video_info_set_format (&info, format, (guint)width, (guint)height);
  g_assert_cmpuint (a->buffers->len, >, 0);
  g_assert_cmpuint (a->buffers->len, ==, b->buffers->len);
  for (guint i = 0; i < a->buffers->len; i++) {
    GstVideoFrame x, y;
    guint bright = 0;

    g_assert_true (
        gst_video_frame_map (&x, &info, g_ptr_array_index (a->buffers, i), GST_MAP_READ));
    g_assert_true (
        gst_video_frame_map (&y, &info, g_ptr_array_index (b->buffers, i), GST_MAP_READ));
    for (int row = 0; row < height; row++)
      for (int k = 0; k < width * bytes; k++) {
        const guint8 *p = (const guint8 *)x.data[0] + row * x.info.stride[0];
        const guint8 *q = (const guint8 *)y.data[0] + row * y.info.stride[0];

        g_assert_cmpint (ABS (p[k] - q[k]), <=, tolerance);
        bright += p[k] > 100;
      }
    g_assert_cmpuint (bright, >, 0);
    gst_video_frame_unmap (&x);
    gst_video_frame_unmap (&y);
  }
}

/* What `properties` and `device=cuda` make in CUDA memory, from `source` and what is in front of
 * the generator, against the CPU's. */
static void
compare (const char *source, const char *in_front, const char *properties, const char *format,
    int width, int height, int bytes)
{
  g_autofree char *on_device = g_strdup_printf ("device=cuda %s", properties);
  g_autofree char *on_cpu = g_strdup_printf ("device=cpu %s", properties);
  g_autofree char *from = g_strdup_printf ("%s ! %s", source, in_front);
  g_autofree char *behind =
      g_strdup_printf (CUDA ",format=%s ! cudadownload ! video/x-raw,format=%s", format, format);
  g_autofree char *plain = g_strdup_printf ("video/x-raw,format=%s", format);
  Player cuda, system, cpu;

  open_player (&cuda, from, on_device, behind);
  g_assert_true (pad_has_cuda (&cuda, "src"));
  player_play_to_end (&cuda);
  open_player (&system, from, on_device, plain);
  g_assert_false (pad_has_cuda (&system, "src"));
  player_play_to_end (&system);
  open_player (&cpu, source, on_cpu, plain);
  player_play_to_end (&cpu);
  assert_same_frames (&cuda, &system, width, height, bytes, 0);
  assert_same_frames (&cuda, &cpu, width, height, bytes, 1);
  player_close (&cuda);
  player_close (&system);
  player_close (&cpu);
}

/* --- tests --- */

static void
test_latents (void)
{
  g_autofree char *properties = NULL, *wall = NULL;
  Models models;

  models_open (&models);
  properties = g_strdup_printf ("model=%s", models.latents);
  compare ("latentsrc num-buffers=5 dimensions=5", "identity", properties, "RGB", SIDE, SIDE, 3);
  compare ("latentsrc num-buffers=5 dimensions=5", "identity", properties, "RGBA", SIDE, SIDE, 4);
  /* Five pictures in two rows of three: one place is empty. */
  wall = g_strdup_printf ("model=%s columns=3 batch-size=2", models.latents);
  compare (
      "latentsrc num-buffers=3 dimensions=5:5", "identity", wall, "RGB", 3 * SIDE, 2 * SIDE, 3);
  models_close (&models);
}

/* A model that takes one picture at a time: tile after tile of the frame. */
static void
test_tiles (void)
{
  g_autofree char *properties = NULL;
  Models models;

  models_open (&models);
  properties = g_strdup_printf ("model=%s columns=3", models.single);
  compare ("latentsrc num-buffers=2 dimensions=5:5", "identity", properties, "RGB", 3 * SIDE,
      2 * SIDE, 3);
  models_close (&models);
}

static void
test_pictures (void)
{
  const char *source = "videotestsrc num-buffers=3 pattern=smpte ! "
                       "video/x-raw,format=RGB,width=52,height=36";
  g_autofree char *properties = NULL, *batch = NULL;
  Models models;

  models_open (&models);
  properties = g_strdup_printf ("model=%s", models.pictures);
  compare (source, "cudaupload", properties, "RGB", 52, 36, 3);
  compare (source, "identity", properties, "RGBA", 52, 36, 4);
  batch = g_strdup_printf ("model=%s batch-size=2", models.pictures);
  compare (source, "cudaupload", batch, "RGB", 52, 36, 3);
  models_close (&models);
}

/* Without caps that say so: CUDA memory for those that name it, in one context, else the system's,
 * also for those that take anything. */
static void
test_negotiation (void)
{
  static const struct {
    const char *behind;
    gboolean cuda;
  } cases[] = {
    { "cudadownload", TRUE },
    { "queue ! cudadownload", TRUE },
    { "identity", FALSE },
    { "videoconvert ! video/x-raw,format=I420", FALSE },
  };
  g_autofree char *properties = NULL, *on_cpu = NULL;
  Models models;
  Player player;

  models_open (&models);
  properties = g_strdup_printf ("device=cuda model=%s", models.latents);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    open_player (&player, "latentsrc num-buffers=2 dimensions=5", properties, cases[i].behind);
    g_assert_cmpint (pad_has_cuda (&player, "src"), ==, cases[i].cuda);
    player_play_to_end (&player);
    player_close (&player);
  }
  on_cpu = g_strdup_printf ("device=cpu model=%s", models.latents);
  open_player (&player, "latentsrc num-buffers=2 dimensions=5", on_cpu, "identity");
  g_assert_false (pad_has_cuda (&player, "src"));
  player_close (&player);
  models_close (&models);
}

/* --- a device that fails --- */

/* Play to the end; how often the pipeline warned, which it may do only in a text that has these
 * words. */
static guint
play_and_count (Player *player, const char *words)
{
  guint n = 0;

  gst_element_set_state (player->pipeline, GST_STATE_PLAYING);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        player->bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      return n;
    g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "warning");
    gst_message_parse_warning (message, &error, NULL);
    g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED);
    g_assert_nonnull (strstr (error->message, words));
    n++;
  }
}

/* `variable` makes the device fail, from the beginning or when a pipeline has been paused. */
static void
check_failure (const Models *models, const char *variable, const char *value, gboolean at_once,
    const char *words)
{
  const char *source = "latentsrc num-buffers=4 dimensions=5";
  g_autofree char *automatic = g_strdup_printf ("device=auto model=%s", models->latents);
  g_autofree char *on_cpu = g_strdup_printf ("device=cpu model=%s", models->latents);
  g_autofree char *launch =
      g_strdup_printf ("%s ! generator device=cuda model=%s ! fakesink", source, models->latents);
  const char *behind[] = { "video/x-raw,format=RGB", CUDA ",format=RGB ! cudadownload" };
  Player player, cpu;

  open_player (&cpu, source, on_cpu, "video/x-raw,format=RGB");
  player_play_to_end (&cpu);
  for (guint i = 0; i < G_N_ELEMENTS (behind); i++) {
    if (at_once)
      g_setenv (variable, value, TRUE);
    open_player (&player, source, automatic, behind[i]);
    g_setenv (variable, value, TRUE);
    g_assert_cmpuint (play_and_count (&player, words), ==, 1);
    g_unsetenv (variable);
    assert_same_frames (&player, &cpu, SIDE, SIDE, 3, 1);
    player_close (&player);
  }
  g_setenv (variable, value, TRUE);
  player_assert_error (launch, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS, words);
  g_unsetenv (variable);
  player_close (&cpu);
}

static void
test_failure (void)
{
  Models models;

  models_open (&models);
  check_failure (&models, "GEN_EMULATION_MEMORY", "100", TRUE, "out of memory");
  check_failure (&models, "GEN_EMULATION_LOST", "1", FALSE, "the device is not available");
  models_close (&models);
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElementFactory) factory = NULL;
  g_autoptr (GError) error = NULL;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  factory = gst_element_factory_find ("cudaupload");
  if (!gen_device_cuda.available (&error) || factory == NULL) {
    g_print ("1..0 # SKIP %s\n",
        error != NULL ? error->message : "GStreamer's bad set, with cudaupload, is not installed");
    return 0;
  }
  g_test_add_func ("/cuda-frames/latents", test_latents);
  g_test_add_func ("/cuda-frames/tiles", test_tiles);
  g_test_add_func ("/cuda-frames/pictures", test_pictures);
  g_test_add_func ("/cuda-frames/negotiation", test_negotiation);
  g_test_add_func ("/cuda-frames/failure", test_failure);
  return g_test_run ();
}
