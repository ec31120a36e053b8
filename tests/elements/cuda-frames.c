/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator and discriminator with frames in a GPU's memory, between GStreamer's own cudaupload and
 * cudadownload: the same bytes and scores as with frames of the system, and caps as neighbours want
 * them. The driver and the device are emulated. */
#include <dlfcn.h>

#include "cuda.h"

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
  g_assert_true (pad_has_cuda (&cuda, "generator", "src"));
  player_play_to_end (&cuda);
  open_player (&system, from, on_device, plain);
  g_assert_false (pad_has_cuda (&system, "generator", "src"));
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

/* A frame tile by tile: in the device's memory, and in the system's, where no more of a tile than
 * what is kept of it may come back. */
static void
test_tile_by_tile (void)
{
  static const char *const tiles[] = { "tile=24x20", "tile=24x20 batch-size=3", "tile=23x17" };
  static const char *const formats[] = { "RGB", "RGBA" };
  Models models;

  models_open (&models);
  for (gsize f = 0; f < G_N_ELEMENTS (formats); f++)
    for (gsize i = 0; i < G_N_ELEMENTS (tiles); i++) {
      g_autofree char *properties = g_strdup_printf ("model=%s %s", models.pictures, tiles[i]);

      compare (
          "videotestsrc num-buffers=3 pattern=smpte ! video/x-raw,format=RGB,width=52,height=36",
          "cudaupload", properties, formats[f], 52, 36, f == 0 ? 3 : 4);
    }
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
    g_assert_cmpint (pad_has_cuda (&player, "generator", "src"), ==, cases[i].cuda);
    player_play_to_end (&player);
    player_close (&player);
  }
  on_cpu = g_strdup_printf ("device=cpu model=%s", models.latents);
  open_player (&player, "latentsrc num-buffers=2 dimensions=5", on_cpu, "identity");
  g_assert_false (pad_has_cuda (&player, "generator", "src"));
  player_close (&player);
  models_close (&models);
}

/* --- scores --- */

/* Play SOURCE ! discriminator PROPERTIES ! BEHIND ! fakesink. */
static void
open_judge (Player *player, const char *source, const char *properties, const char *behind)
{
  g_autofree char *launch =
      g_strdup_printf ("%s ! discriminator name=judge kernels=rules %s ! %s ! "
                       "fakesink name=sink signal-handoffs=true sync=false",
          source, properties, behind);

  player_open (player, launch);
}

/* Scores of frames that stay on the device, against the CPU's. */
static void
compare_scores (const char *source, const char *on_device, const char *on_cpu, const char *judge,
    const char *properties)
{
  g_autofree char *from = g_strdup_printf ("%s ! %s", source, on_device);
  g_autofree char *from_system = g_strdup_printf ("%s ! %s", source, on_cpu);
  g_autofree char *cuda_judge = g_strdup_printf ("device=cuda model=%s %s", judge, properties);
  g_autofree char *cpu_judge = g_strdup_printf ("device=cpu model=%s %s", judge, properties);
  static const char *const behind[] = { "cudadownload", CUDA };
  Player cuda, cpu;

  open_judge (&cpu, from_system, cpu_judge, "video/x-raw,format=RGB");
  player_play_to_end (&cpu);
  for (guint i = 0; i < G_N_ELEMENTS (behind); i++) {
    open_judge (&cuda, from, cuda_judge, behind[i]);
    g_assert_true (pad_has_cuda (&cuda, "judge", "sink"));
    g_assert_true (pad_has_cuda (&cuda, "judge", "src"));
    player_play_to_end (&cuda);
    assert_same_scores (&cuda, &cpu);
    player_close (&cuda);
  }
  player_close (&cpu);
}

static void
test_scores (void)
{
  static const struct {
    const char *dimensions, *generator, *judge;
  } cases[] = { { "5", "", "" }, { "5:6", "columns=3", "" } };
  Models models;

  models_open (&models);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *source =
        g_strdup_printf ("latentsrc num-buffers=4 dimensions=%s", cases[i].dimensions);
    g_autofree char *cuda = g_strdup_printf (
        "generator device=cuda precision=fp32 model=%s %s", models.latents, cases[i].generator);
    g_autofree char *cpu = g_strdup_printf (
        "generator device=cpu precision=fp32 model=%s %s", models.latents, cases[i].generator);

    compare_scores (source, cuda, cpu, models.judge, cases[i].judge);
    compare_scores (source, cuda, cpu, models.single_judge, cases[i].judge);
  }
  compare_scores ("videotestsrc num-buffers=3 pattern=smpte ! "
                  "video/x-raw,format=RGB,width=40,height=20",
      "cudaupload", "identity", models.judge, "");
  models_close (&models);
}

/* A plan on the device takes frames of the system, too; for one behind that takes anything, frames
 * that can be either are the system's. */
static void
test_score_memory (void)
{
  const char *source = "videotestsrc num-buffers=3 pattern=smpte ! "
                       "video/x-raw,format=RGB,width=20,height=20";
  g_autofree char *upload = g_strdup_printf ("%s ! cudaupload", source);
  g_autofree char *latents = NULL, *properties = NULL, *on_cpu = NULL;
  Player cuda, cpu;
  Models models;

  models_open (&models);
  latents = g_strdup_printf (
      "latentsrc num-buffers=2 dimensions=5 ! generator device=cuda model=%s", models.latents);
  properties = g_strdup_printf ("device=cuda model=%s", models.judge);
  on_cpu = g_strdup_printf ("device=cpu model=%s", models.judge);
  open_judge (&cpu, source, on_cpu, "identity");
  player_play_to_end (&cpu);

  open_judge (&cuda, source, properties, "identity");
  g_assert_false (pad_has_cuda (&cuda, "judge", "sink"));
  player_play_to_end (&cuda);
  assert_same_scores (&cuda, &cpu);
  player_close (&cuda);

  open_judge (&cuda, upload, properties, "identity");
  g_assert_true (pad_has_cuda (&cuda, "judge", "src"));
  player_play_to_end (&cuda);
  assert_same_scores (&cuda, &cpu);
  player_close (&cuda);

  open_judge (&cuda, latents, properties, "identity");
  g_assert_false (pad_has_cuda (&cuda, "judge", "sink"));
  player_play_to_end (&cuda);
  player_close (&cuda);
  player_close (&cpu);
  models_close (&models);
}

/* The last memory that has passed. */
static GstPadProbeReturn
remember (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_ptr_array_add (data, gst_buffer_peek_memory (GST_PAD_PROBE_INFO_BUFFER (info), 0));
  return GST_PAD_PROBE_OK;
}

/* What comes out is the memory that went in, and it has not been to the CPU. */
static void
test_passing (void)
{
  static const char *const pads[] = { "sink", "src" };
  g_autofree char *properties = NULL;
  GPtrArray *seen[2];
  Models models;
  Player player;

  models_open (&models);
  properties = g_strdup_printf ("device=cuda model=%s", models.judge);
  open_judge (&player,
      "videotestsrc num-buffers=20 ! video/x-raw,format=RGB,width=20,height=20 ! cudaupload",
      properties, CUDA);
  for (int i = 0; i < 2; i++) {
    g_autoptr (GstElement) judge = gst_bin_get_by_name (GST_BIN (player.pipeline), "judge");
    g_autoptr (GstPad) pad = gst_element_get_static_pad (judge, pads[i]);

    seen[i] = g_ptr_array_new ();
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, remember, seen[i], NULL);
  }
  player_play_to_end (&player);
  g_assert_cmpuint (seen[0]->len, >=, 10);
  g_assert_cmpuint (seen[0]->len, ==, seen[1]->len);
  for (guint i = 0; i < seen[0]->len; i++)
    g_assert_true (seen[0]->pdata[i] == seen[1]->pdata[i]);
  player_close (&player);
  for (int i = 0; i < 2; i++)
    g_ptr_array_unref (seen[i]);
  models_close (&models);
}

static GstPadProbeReturn
whiten (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  g_assert_true (gst_buffer_is_writable (buffer));
  gst_buffer_memset (buffer, 0, 200, gst_buffer_get_size (buffer));
  return GST_PAD_PROBE_OK;
}

/* Let what comes out of the element `name` be written by the CPU. */
static void
whiten_frames (Player *player, const char *name)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (player->pipeline), name);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, whiten, NULL, NULL);
}

/* The CPU has written into memory of the device, to which that is brought when the device wants it:
 * the plan has to wait for it. */
static void
test_written (void)
{
  const char *source = "videotestsrc num-buffers=4 pattern=smpte ! "
                       "video/x-raw,format=RGB,width=40,height=20 ! %s name=written";
  g_autofree char *upload = g_strdup_printf (source, "cudaupload");
  g_autofree char *plain = g_strdup_printf (source, "identity");
  const char *from_latents = "latentsrc num-buffers=4 dimensions=5 ! "
                             "generator precision=fp32 name=written device=%s model=%s";
  g_autofree char *pictures = NULL, *pictures_cpu = NULL, *judge = NULL, *judge_cpu = NULL;
  g_autofree char *made = NULL, *made_cpu = NULL;
  Player cuda, cpu;
  Models models;

  models_open (&models);
  pictures = g_strdup_printf ("device=cuda model=%s", models.pictures);
  pictures_cpu = g_strdup_printf ("device=cpu model=%s", models.pictures);
  open_player (&cuda, upload, pictures, CUDA ",format=RGB ! cudadownload");
  open_player (&cpu, plain, pictures_cpu, "video/x-raw,format=RGB");
  g_assert_true (pad_has_cuda (&cuda, "generator", "sink"));
  whiten_frames (&cuda, "written");
  whiten_frames (&cpu, "written");
  player_play_to_end (&cuda);
  player_play_to_end (&cpu);
  assert_same_frames (&cuda, &cpu, 40, 20, 3, 1);
  player_close (&cuda);
  player_close (&cpu);

  judge = g_strdup_printf ("device=cuda model=%s", models.judge);
  judge_cpu = g_strdup_printf ("device=cpu model=%s", models.judge);
  made = g_strdup_printf (from_latents, "cuda", models.latents);
  made_cpu = g_strdup_printf (from_latents, "cpu", models.latents);
  open_judge (&cuda, made, judge, "cudadownload");
  open_judge (&cpu, made_cpu, judge_cpu, "video/x-raw,format=RGB");
  g_assert_true (pad_has_cuda (&cuda, "judge", "sink"));
  whiten_frames (&cuda, "written");
  whiten_frames (&cpu, "written");
  player_play_to_end (&cuda);
  player_play_to_end (&cpu);
  assert_same_scores (&cuda, &cpu);
  player_close (&cuda);
  player_close (&cpu);
  models_close (&models);
}

/* --- frames of the system --- */

/* Frames that travel to the device and back lie in locked memory, as many as are held. */
static void
test_locked (void)
{
#define COLOURS "videotestsrc num-buffers=20 ! video/x-raw,format=RGB,width=40,height=20"
  static const char *const launches[] = { "latentsrc num-buffers=20 dimensions=5 ! generator",
    COLOURS " ! generator", COLOURS " ! discriminator" };
  void *module = dlopen (g_getenv ("GEN_CUDA_MODULE"), RTLD_LAZY | RTLD_NOLOAD);
  long (*count) (const char *) = module != NULL ? dlsym (module, "emulation_count") : NULL;
  Models models;

  if (count == NULL) {
    g_test_skip ("the emulation alone can be asked for this");
    return;
  }
  models_open (&models);
  for (guint i = 0; i < G_N_ELEMENTS (launches); i++) {
    const char *names[] = { models.latents, models.pictures, models.judge };
    g_autofree char *launch = g_strdup_printf ("%s device=cuda model=%s ! video/x-raw,format=RGB ! "
                                               "fakesink name=sink signal-handoffs=true sync=false",
        launches[i], names[i]);
    const long before = count ("pinned");
    Player player;

    player_open (&player, launch);
    player_play_to_end (&player);
    g_assert_cmpuint (player.buffers->len, ==, 20);
    g_assert_cmpint (count ("pinned") - before, >=, 20);
    player_close (&player);
    g_assert_cmpint (count ("pinned"), ==, before);
  }
  models_close (&models);
}

/* --- what only a GPU does --- */

/* Whether GStreamer's own elements play this. */
static gboolean
plays (const char *launch)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, NULL);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  if (!GST_IS_PIPELINE (pipeline))
    return FALSE;
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
}

#define TRIAL                                                                                      \
  "videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=256,height=256 ! cudaupload ! "
#define ENCODE "cudaconvertscale ! " CUDA ",format=NV12 ! nvh264enc ! "

static void
test_converted (void)
{
  const char *source = "latentsrc num-buffers=20 dimensions=5";
  g_autofree char *on_device = NULL, *on_cpu = NULL;
  Player cuda, cpu;
  Models models;

  if (!plays (TRIAL "cudaconvertscale ! " CUDA ",format=RGBA ! cudadownload ! fakesink")) {
    g_test_skip ("cudaconvertscale does not work here");
    return;
  }
  models_open (&models);
  on_device = g_strdup_printf ("device=cuda model=%s", models.latents);
  on_cpu = g_strdup_printf ("device=cpu model=%s", models.latents);
  open_player (&cuda, source, on_device,
      CUDA ",format=RGB ! cudaconvertscale ! " CUDA ",format=RGBA ! cudadownload ! "
           "video/x-raw,format=RGBA");
  open_player (&cpu, source, on_cpu, "video/x-raw,format=RGBA");
  player_play_to_end (&cuda);
  player_play_to_end (&cpu);
  assert_same_frames (&cuda, &cpu, SIDE, SIDE, 4, 2);
  player_close (&cuda);
  player_close (&cpu);
  models_close (&models);
}

static void
test_encoded (void)
{
  g_autofree char *properties = NULL;
  Models models;
  Player player;

  if (!plays (TRIAL ENCODE "fakesink")) {
    g_test_skip ("nvh264enc does not work here");
    return;
  }
  models_open (&models);
  properties = g_strdup_printf ("device=cuda model=%s", models.pictures);
  open_player (&player,
      "videotestsrc num-buffers=60 ! video/x-raw,format=RGB,width=256,height=256 ! cudaupload",
      properties, CUDA " ! " ENCODE "video/x-h264,stream-format=byte-stream");
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 60);
  player_close (&player);
  models_close (&models);
}

int
main (int argc, char **argv)
{
  g_autofree char *missing = NULL;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  missing = what_is_missing ();
  if (missing != NULL) {
    g_print ("1..0 # SKIP %s\n", missing);
    return 0;
  }
  g_test_add_func ("/cuda-frames/latents", test_latents);
  g_test_add_func ("/cuda-frames/tiles", test_tiles);
  g_test_add_func ("/cuda-frames/pictures", test_pictures);
  g_test_add_func ("/cuda-frames/tile-by-tile", test_tile_by_tile);
  g_test_add_func ("/cuda-frames/negotiation", test_negotiation);
  g_test_add_func ("/cuda-frames/locked", test_locked);
  g_test_add_func ("/cuda-frames/scores", test_scores);
  g_test_add_func ("/cuda-frames/score-memory", test_score_memory);
  g_test_add_func ("/cuda-frames/passing", test_passing);
  g_test_add_func ("/cuda-frames/written", test_written);
  g_test_add_func ("/cuda-frames/converted", test_converted);
  g_test_add_func ("/cuda-frames/encoded", test_encoded);
  return g_test_run ();
}
