/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sound of generator in pipelines that play, jump, stop and stall, and that another model joins. */
#include "sound-models.h"

/* --- time --- */

typedef struct {
  guint64 end; /* in samples, or frames; */
  gboolean is_sound;
} Track;

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  const GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  const guint64 per_second = ((Track *)data)->is_sound ? RATE : 30;
  Track *track = data;

  g_assert_cmpuint (
      GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (track->end, GST_SECOND, per_second));
  track->end +=
      track->is_sound ? gst_buffer_get_size ((GstBuffer *)buffer) / CHANNELS / sizeof (float) : 1;
  g_assert_cmpuint (GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), ==,
      gst_util_uint64_scale (track->end, GST_SECOND, per_second));
  return GST_PAD_PROBE_OK;
}

static void
watch_sink (GstElement *pipeline, const char *name, Track *track)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), name);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, track, NULL);
}

/* Ten minutes of sound beside ten minutes of pictures: both end at the same time, to the sample. */
static void
test_ten_minutes (void)
{
  enum { SECONDS = 600 };
  g_autofree char *launch = g_strdup_printf (
      "latentsrc num-buffers=%d dimensions=4:10 ! generator model=%s ! "
      "audio/x-raw,format=" GST_AUDIO_NE (
          F32) " ! fakesink name=sound sync=false "
               "latentsrc num-buffers=%d ! other/tensors,framerate=30/1 ! generator model=%s ! "
               "fakesink name=pictures sync=false",
      SECONDS * RATE / LENGTH / 10, sounds, SECONDS * 30, pictures);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  Track sound = { 0, TRUE }, picture = { 0, FALSE };

  pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  watch_sink (pipeline, "sound", &sound);
  watch_sink (pipeline, "pictures", &picture);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 200 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "eos");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (sound.end, ==, (guint64)SECONDS * RATE);
  g_assert_cmpuint (picture.end, ==, (guint64)SECONDS * 30);
}

/* --- jumps --- */

/* What has come of a player, from frame `*first` of the stream on, without a gap. (transfer full)
 */
static GByteArray *
collect (Player *player, guint64 *first)
{
  GByteArray *samples = g_byte_array_new ();
  guint64 next = GST_BUFFER_OFFSET_NONE;

  g_mutex_lock (&player->lock);
  for (guint i = 0; i < player->buffers->len; i++) {
    GstBuffer *buffer = player->buffers->pdata[i];
    GstMapInfo map;

    if (i == 0)
      *first = GST_BUFFER_OFFSET (buffer);
    else
      g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, next);
    next = GST_BUFFER_OFFSET_END (buffer);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_byte_array_append (samples, map.data, (guint)map.size);
    gst_buffer_unmap (buffer, &map);
  }
  g_ptr_array_set_size (player->buffers, 0);
  g_mutex_unlock (&player->lock);
  return samples;
}

static void
play_part (Player *player, guint64 start, guint64 stop)
{
  g_assert_true (gst_element_seek (player->pipeline, 1, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET, (gint64)start,
      GST_SEEK_TYPE_SET, (gint64)stop));
  player_play_to_end (player);
}

/* A hundred jumps: what comes is what has come there before. Where sounds fade into each other,
 * the first one has none to fade from. */
static void
test_jumps (gconstpointer data)
{
  enum { LATENTS = 400 };
  const gboolean fades = GPOINTER_TO_INT (data);
  const guint64 shared = fades ? 441 : 0;
  const gsize frame = CHANNELS * sizeof (float);
  g_autofree char *launch =
      g_strdup_printf ("latentsrc seed=5 ! generator model=%s precision=fp32 kernels=rules "
                       "crossfade=%d ! audio/x-raw,format=" GST_AUDIO_NE (
                           F32) " ! fakesink name=sink signal-handoffs=true sync=false",
          sounds, fades ? 10000000 : 0);
  g_autoptr (GByteArray) all = NULL;
  GenRandom random = gen_random_new (3, "jumps", 0);
  guint64 first = 0;
  Player player;

  player_open (&player, launch);
  g_ptr_array_set_size (player.buffers, 0);
  play_part (&player, 0, gst_util_uint64_scale (LATENTS * (LENGTH - shared), GST_SECOND, RATE));
  all = collect (&player, &first);
  g_assert_cmpuint (first, ==, 0);
  g_assert_cmpuint (all->len / frame, ==, LATENTS * (LENGTH - shared));
  for (guint64 i = 0; i < 100; i++) {
    const guint at = gen_random_below (&random, 0, i, LATENTS - 20);
    const guint64 start = gst_util_uint64_scale (at * (LENGTH - shared) + i, GST_SECOND, RATE);
    g_autoptr (GByteArray) samples = NULL;
    guint64 skip;

    play_part (&player, start, start + GST_SECOND / 10);
    samples = collect (&player, &first);
    g_assert_cmpuint (first, ==, at * (LENGTH - shared));
    g_assert_cmpuint (samples->len / frame, >=, RATE / 10);
    /* What the last sound fades out with lies behind the end. */
    skip = first > 0 ? shared * frame : 0;
    g_assert_cmpmem (samples->data + skip, samples->len - skip, all->data + first * frame + skip,
        samples->len - skip);
  }
  player_close (&player);
}

/* The same of sound that is made of a file's, at any sample. Where it begins nothing is before it,
 * as far as a result reaches. */
static void
test_file_jumps (void)
{
  enum { SECONDS = 5, CONTEXT = 4 };
  const gsize frame = CHANNELS * sizeof (float);
  g_autofree char *path = g_build_filename (folder, "noise.wav", NULL);
  g_autofree char *write =
      g_strdup_printf ("audiotestsrc wave=red-noise samplesperbuffer=441 num-buffers=%d ! "
                       "audio/x-raw,format=" GST_AUDIO_NE (
                           S16) ",rate=%d,channels=%d ! wavenc ! filesink location=%s",
          SECONDS * 100, RATE, CHANNELS, path);
  g_autofree char *launch = g_strdup_printf (
      "filesrc location=%s ! wavparse ! generator model=%s precision=fp32 kernels=rules ! "
      "audio/x-raw,format=" GST_AUDIO_NE (
          F32) " ! fakesink name=sink signal-handoffs=true sync=false",
      path, filter);
  g_autofree char *words = NULL;
  g_autoptr (GByteArray) all = NULL;
  GenRandom random = gen_random_new (6, "jumps", 0);
  gboolean failed;
  guint64 first = 0;
  Player player;

  words = play_for_words (write, &failed);
  g_assert_false (failed);
  player_open (&player, launch);
  player_play_to_end (&player);
  all = collect (&player, &first);
  g_assert_cmpuint (all->len / frame, ==, SECONDS * RATE);
  for (guint64 i = 0; i < 100; i++) {
    const guint at = gen_random_below (&random, 0, i, SECONDS * RATE - 10000);
    g_autoptr (GByteArray) samples = NULL;
    gsize skip;

    play_part (&player, gst_util_uint64_scale_ceil (at, GST_SECOND, RATE),
        gst_util_uint64_scale (at + 5000, GST_SECOND, RATE));
    samples = collect (&player, &first);
    g_assert_cmpuint (first, <=, at);
    g_assert_cmpuint (first + samples->len / frame, >=, at + 4990);
    skip = CONTEXT * frame;
    for (gsize k = skip / sizeof (float); k < (samples->len - skip) / sizeof (float); k++)
      g_assert_cmpfloat_with_epsilon (
          ((float *)samples->data)[k], ((float *)(all->data + first * frame))[k], 2e-6);
  }
  player_close (&player);
}

/* --- stopping and stalling --- */

/* Three hundred times from nothing to playing and back. */
static void
test_states (void)
{
  g_autofree char *launch = g_strdup_printf (
      "latentsrc ! generator model=%s crossfade=1000000 batch-size=2 ! generator model=%s ! "
      "queue ! fakesink sync=false",
      sounds, filter);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);

  g_assert_no_error (error);
  for (int i = 0; i < 300; i++) {
    g_assert_cmpint (
        gst_element_set_state (pipeline, i % 3 == 0 ? GST_STATE_PAUSED : GST_STATE_PLAYING), !=,
        GST_STATE_CHANGE_FAILURE);
    if (i % 2 == 0)
      g_assert_cmpint (gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), ==,
          GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state (pipeline, i % 5 == 0 ? GST_STATE_READY : GST_STATE_NULL);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static GstPadProbeReturn
on_stall (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

/* A sink that takes nothing for a while loses nothing, and does not keep the pipeline from ending.
 */
static void
test_stalled (void)
{
  g_autofree char *launch =
      g_strdup_printf ("latentsrc num-buffers=50 ! generator model=%s ! generator model=%s ! "
                       "audio/x-raw,format=" GST_AUDIO_NE (
                           F32) " ! fakesink name=sink signal-handoffs=true sync=false",
          sounds, filter);

  for (int resumes = 0; resumes < 2; resumes++) {
    g_autoptr (GstElement) sink = NULL;
    g_autoptr (GstPad) pad = NULL;
    g_autoptr (GByteArray) samples = NULL;
    guint64 first;
    Player player;
    gulong probe;

    player_open (&player, launch);
    sink = gst_bin_get_by_name (GST_BIN (player.pipeline), "sink");
    pad = gst_element_get_static_pad (sink, "sink");
    probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, on_stall, NULL, NULL);
    gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
    while (!gst_pad_is_blocking (pad))
      g_usleep (1000);
    if (resumes) {
      gst_pad_remove_probe (pad, probe);
      player_play_to_end (&player);
      samples = collect (&player, &first);
      g_assert_cmpuint (samples->len, ==, 50 * LENGTH * CHANNELS * sizeof (float));
    }
    player_close (&player);
  }
}

/* A sink that is always late: of sound nothing is left out, and those in front hear of it. */
static void
test_late (void)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s", filter);
  GstHarness *harness = gst_harness_new_parse (launch);
  guint64 come = 0;

  gst_harness_set_src_caps_str (harness,
      "audio/x-raw,format=" GST_AUDIO_NE (F32) ",layout=interleaved,rate=44100,channels=2");
  for (int i = 0; i < 100; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 441 * 8, NULL);
    const GstClockTime time = (guint64)i * 10 * GST_MSECOND;
    g_autoptr (GstEvent) told = NULL;

    gst_buffer_memset (buffer, 0, 0, (gsize)-1);
    GST_BUFFER_PTS (buffer) = time;
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    gst_harness_push_upstream_event (
        harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 5, 10 * GST_SECOND, time));
    while (told == NULL || GST_EVENT_TYPE (told) != GST_EVENT_QOS) {
      g_clear_pointer (&told, gst_event_unref);
      told = gst_harness_pull_upstream_event (harness);
      g_assert_nonnull (told);
    }
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
  for (GstBuffer *buffer; (buffer = gst_harness_try_pull (harness)) != NULL;) {
    come += gst_buffer_get_size (buffer) / 8;
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (come, ==, 44100);
  gst_harness_teardown (harness);
}

/* --- reloading --- */

static void
push_latent (GstHarness *harness, int number)
{
  float *z = g_new0 (float, LATENT);
  GstBuffer *buffer = gst_buffer_new_wrapped (z, LATENT * sizeof (float));

  z[0] = 1;
  GST_BUFFER_PTS (buffer) = (guint64)number * GST_SECOND;
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
}

/* Another model in the file plays from the next sound on, gap-free, and with a crossfade its first
 * sound fades from the last one of the old. */
static void
test_reload (void)
{
  for (int fades = 0; fades < 2; fades++) {
    const gsize shared = fades ? 441 : 0;
    g_autofree char *path = g_build_filename (folder, "reloaded.onnx", NULL);
    g_autofree char *launch = g_strdup_printf (
        "generator model=%s crossfade=%d precision=fp32 kernels=rules", path, fades ? 10000000 : 0);
    g_autoptr (GstElement) generator = NULL;
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autofree char *text = NULL;
    float samples[6 * LENGTH * CHANNELS];
    gsize length, come = 0;
    GstMessage *message;
    GstHarness *harness;

    g_assert_true (g_file_get_contents (sounds, &text, &length, NULL));
    g_assert_true (g_file_set_contents (path, text, (gssize)length, NULL));
    harness = gst_harness_new_parse (launch);
    generator = gst_harness_find_element (harness, "generator");
    gst_element_set_bus (generator, bus);
    gst_harness_set_sink_caps_str (harness, "audio/x-raw,format=" GST_AUDIO_NE (F32));
    gst_harness_set_src_caps_str (harness,
        "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
        "dimensions=(string)4:1:1:1,framerate=(fraction)1/1");
    for (int i = 0; i < 3; i++)
      push_latent (harness, i);
    g_clear_pointer (&text, g_free);
    g_assert_true (g_file_get_contents (louder, &text, &length, NULL));
    g_assert_true (g_file_set_contents (path, text, (gssize)length, NULL));
    message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
    g_assert_nonnull (message);
    gst_message_unref (message);
    for (int i = 3; i < 6; i++)
      push_latent (harness, i);
    gst_harness_push_event (harness, gst_event_new_eos ());
    for (GstBuffer *buffer; (buffer = gst_harness_try_pull (harness)) != NULL;) {
      const gsize size = gst_buffer_get_size (buffer);

      g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, come);
      g_assert_cmpuint ((come * CHANNELS) * sizeof (float) + size, <=, sizeof samples);
      gst_buffer_extract (buffer, 0, samples + come * CHANNELS, size);
      come += size / CHANNELS / sizeof (float);
      gst_buffer_unref (buffer);
    }
    g_assert_cmpuint (come, ==, 6 * (LENGTH - shared) + shared);
    /* The louder one has the same sounds, twice as loud. */
    for (gsize i = shared * CHANNELS; i < (LENGTH - 2 * shared) * CHANNELS; i++)
      g_assert_cmpfloat_with_epsilon (samples[4 * (LENGTH - shared) * CHANNELS + i],
          2 * samples[(LENGTH - shared) * CHANNELS + i], 1e-5);
    gst_bus_set_flushing (bus, TRUE);
    gst_harness_teardown (harness);
  }
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  save_sound_models ();
  g_test_add_func ("/sound-playing/ten-minutes", test_ten_minutes);
  g_test_add_data_func ("/sound-playing/jumps", GINT_TO_POINTER (FALSE), test_jumps);
  g_test_add_data_func ("/sound-playing/jumps-fading", GINT_TO_POINTER (TRUE), test_jumps);
  g_test_add_func ("/sound-playing/file-jumps", test_file_jumps);
  g_test_add_func ("/sound-playing/states", test_states);
  g_test_add_func ("/sound-playing/stalled", test_stalled);
  g_test_add_func ("/sound-playing/late", test_late);
  g_test_add_func ("/sound-playing/reload", test_reload);
  result = g_test_run ();
  remove_sound_models ();
  return result;
}
