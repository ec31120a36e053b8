/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsrc with sounds: what it negotiates, a stream without gaps against the library's sequence,
 * seeking to the sample, windows, sounds that are left out, and files that are not what they seem.
 */
#include <generative/dataset.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <unistd.h>

#include "../scratch.h"
#include "player.h"

#define SINK " ! fakesink name=sink signal-handoffs=true sync=false"

enum { ITEMS = 6, RATE = 8000 };

/* Made by main: low/0.wav … high/5.wav; sample N of sound I is (4000 I + N) / 2^15. */
typedef struct {
  char *folder;
  char *broken; /* the same, with the sounds 1 and 4 cut short */
  char *mixed;  /* pictures besides */
} Data;

static gsize
length_of (guint32 item)
{
  return 100 + 37 * (gsize)item;
}

static gboolean
is_broken (guint32 item)
{
  return item == 1 || item == 4;
}

static void
save_sound (const char *path, guint32 item)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_auto (GenSound) sound = { 0 };

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  gen_sound_init (&sound, RATE, 1, length_of (item));
  for (gsize i = 0; i < sound.frames; i++)
    sound.data[i] = (float)(4000 * item + i) / 32768;
  g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_S16, NULL));
}

static void
make_folder (const char *folder, gboolean broken, int pictures)
{
  for (guint32 i = 0; i < ITEMS; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%s/%u.wav", folder, i < 3 ? "high" : "low", i);

    save_sound (path, i);
    if (broken && is_broken (i))
      g_assert_cmpint (truncate (path, 100), ==, 0);
  }
  for (int i = 0; i < pictures; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%d.png", folder, i);
    g_auto (GenPicture) picture = { 0 };

    gen_picture_init (&picture, 8, 8, 3);
    g_assert_true (gen_picture_save_png (&picture, path, NULL));
  }
}

/* The sounds in their order, as long as they are, or in windows. */
static GenSequence *
reference_for (GenDataset *cut, GenSequenceSettings settings)
{
  GenSequence *sequence = gen_sequence_new (cut, &settings, NULL);

  g_assert_nonnull (sequence);
  return sequence;
}

static GenDataset *
open_files (const char *location)
{
  GenDataset *files =
      gen_dataset_open (location, &(GenDatasetSettings){ .medium = &gen_medium_sound }, NULL);

  g_assert_nonnull (files);
  return files;
}

static GenDataset *
cut_files (const GenDataset *files, gsize window, gsize hop)
{
  GenDataset *cut =
      gen_dataset_cut (files, &(GenDatasetCut){ .rate = RATE, .window = window, .hop = hop }, NULL);

  g_assert_nonnull (cut);
  return cut;
}

/* What a buffer of frame `frame` must be: where it begins, how long, of which class, and sample by
 * sample what was saved. */
static void
assert_buffer (GstBuffer *buffer, guint64 place, const GenDataset *cut, guint32 item, guint32 first)
{
  gsize length = gen_dataset_get_length (cut, item);
  guint32 source = gen_dataset_get_source (cut, item);
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-label");
  GstMapInfo map;
  int label;
  guint index;

  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, place);
  g_assert_cmpuint (GST_BUFFER_OFFSET_END (buffer), ==, place + length);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (place, GST_SECOND, RATE));
  g_assert_cmpuint (GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), ==,
      gst_util_uint64_scale (place + length, GST_SECOND, RATE));
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_cmpuint (map.size, ==, length * sizeof (float));
  for (gsize i = 0; i < length; i++)
    g_assert_cmpfloat_with_epsilon (((float *)(void *)map.data)[i],
        first + i < length_of (source) ? (float)(4000 * source + first + i) / 32768 : 0, 1e-6);
  gst_buffer_unmap (buffer, &map);
  g_assert_nonnull (meta);
  g_assert_true (gst_structure_get (gst_custom_meta_get_structure (meta), "label", G_TYPE_INT,
      &label, "index", G_TYPE_UINT, &index, NULL));
  g_assert_cmpint (label, ==, source >= 3);
  g_assert_cmpuint (index, ==, item);
  g_assert_cmpstr (gst_structure_get_string (gst_custom_meta_get_structure (meta), "name"), ==,
      source < 3 ? "high" : "low");
}

static void
test_caps (gconstpointer user_data)
{
  const Data *data = user_data;
  static const struct {
    const char *sink, *format;
    int rate, channels;
  } cases[] = {
    { "audio/x-raw", "F32LE", 8000, 1 },
    { "audio/x-raw,rate=16000,channels=2,format=S16LE", "S16LE", 16000, 2 },
    { "audio/x-raw,format={S16LE,F32LE},rate=[11025,48000]", "F32LE", 11025, 1 },
    { "audio/x-raw,channels=6,channel-mask=(bitmask)0x3f", "F32LE", 8000, 6 },
    { "audio/x-raw,channels=[4,8]", "F32LE", 8000, 4 },
    /* Of a folder with more pictures, what is wanted. */
    { "audio/x-raw,rate=44100", "F32LE", 44100, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *harness = gst_harness_new ("datasetsrc");
    g_autoptr (GstCaps) caps = NULL;
    GstBuffer *buffer;
    GstAudioInfo info;

    g_object_set (harness->element, "location",
        i == G_N_ELEMENTS (cases) - 1 ? data->mixed : data->folder, "num-buffers", 2, "shuffle",
        FALSE, NULL);
    gst_harness_set_sink_caps_str (harness, cases[i].sink);
    gst_harness_play (harness);
    buffer = gst_harness_pull (harness);
    g_assert_nonnull (buffer);
    caps = gst_pad_get_current_caps (harness->sinkpad);
    g_assert_true (gst_audio_info_from_caps (&info, caps));
    g_assert_cmpstr (
        gst_audio_format_to_string (GST_AUDIO_INFO_FORMAT (&info)), ==, cases[i].format);
    g_assert_cmpint (GST_AUDIO_INFO_RATE (&info), ==, cases[i].rate);
    g_assert_cmpint (GST_AUDIO_INFO_CHANNELS (&info), ==, cases[i].channels);
    g_assert_cmpuint (gst_buffer_get_size (buffer), ==,
        (gsize)GST_AUDIO_INFO_BPF (&info) * ((100 * (gsize)cases[i].rate + RATE - 1) / RATE));
    gst_buffer_unref (buffer);
    gst_harness_teardown (harness);
  }
}

/* What a folder with both comes as. */
static void
test_medium (gconstpointer user_data)
{
  const Data *data = user_data;
  static const struct {
    const char *settings, *caps;
    gboolean sound;
  } cases[] = {
    { "", "", FALSE }, /* most are pictures */
    { "medium=sound", "", TRUE },
    { "medium=auto", "! audio/x-raw", TRUE },
    { "", "! queue ! audio/x-raw,channels=1", TRUE },
    { "", "! video/x-raw", FALSE },
    { "medium=picture", "", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf ("datasetsrc location=%s num-buffers=1 %s %s" SINK,
        data->mixed, cases[i].settings, cases[i].caps);
    g_autoptr (GstElement) sink = NULL;
    g_autoptr (GstPad) pad = NULL;
    g_autoptr (GstCaps) caps = NULL;
    Player player;

    player_open (&player, launch);
    sink = gst_bin_get_by_name (GST_BIN (player.pipeline), "sink");
    pad = gst_element_get_static_pad (sink, "sink");
    caps = gst_pad_get_current_caps (pad);
    g_assert_cmpstr (gst_structure_get_name (gst_caps_get_structure (caps, 0)), ==,
        cases[i].sound ? "audio/x-raw" : "video/x-raw");
    player_close (&player);
  }
}

/* The number of a buffer's item in the stream, by which an item that comes again differs from what
 * came before. */
static guint64
item_of (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-label");
  guint64 item = G_MAXUINT64;

  gst_structure_get_uint64 (gst_custom_meta_get_structure (meta), "item", &item);
  return item;
}

/* Epochs of whole sounds, each after the other. */
static void
test_epochs (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *launch =
      g_strdup_printf ("datasetsrc location=%s epochs=4 threads=2" SINK, data->folder);
  g_autoptr (GenDataset) files = open_files (data->folder), cut = cut_files (files, 0, 0);
  g_autoptr (GenSequence) reference = reference_for (cut, GEN_SEQUENCE_DEFAULTS);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstEvent) event = NULL;
  guint64 place = 0;
  guint length;
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 4 * ITEMS);
  for (guint i = 0; i < 4 * ITEMS; i++) {
    guint32 item = gen_sequence_get_item (reference, i);

    assert_buffer (player.buffers->pdata[i], place, cut, item, 0);
    g_assert_cmpuint (item_of (player.buffers->pdata[i]), ==, i);
    g_assert_cmpint (
        GST_BUFFER_FLAG_IS_SET (player.buffers->pdata[i], GST_BUFFER_FLAG_DISCONT), ==, i == 0);
    place += length_of (item);
  }
  sink = gst_bin_get_by_name (GST_BIN (player.pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  event = gst_pad_get_sticky_event (pad, GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, 0);
  g_assert_true (gst_structure_get_uint (gst_event_get_structure (event), "length", &length));
  g_assert_cmpuint (length, ==, ITEMS);
  player_close (&player);
}

/* Windows that overlap: all of one length, from where they were cut. */
static void
test_windows (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *launch = g_strdup_printf (
      "datasetsrc location=%s epochs=2 seed=5 window=120 hop=40" SINK, data->folder);
  g_autoptr (GenDataset) files = open_files (data->folder), cut = cut_files (files, 120, 40);
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  g_autoptr (GenSequence) reference = NULL;
  Player player;

  settings.seed = 5;
  reference = reference_for (cut, settings);
  player_open (&player, launch);
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 2 * gen_dataset_get_count (cut));
  for (guint i = 0; i < player.buffers->len; i++) {
    guint32 item = gen_sequence_get_item (reference, i), first = item;

    while (
        first > 0 && gen_dataset_get_source (cut, first - 1) == gen_dataset_get_source (cut, item))
      first--;
    assert_buffer (player.buffers->pdata[i], 120 * (guint64)i, cut, item, 40 * (item - first));
  }
  player_close (&player);
}

/* Where frame `frame` begins, by counting. */
static guint64
count_place (GenSequence *reference, const GenDataset *cut, guint64 frame)
{
  guint64 place = 0;

  for (guint64 i = 0; i < frame; i++)
    place += gen_dataset_get_length (cut, gen_sequence_get_item (reference, i));
  return place;
}

/* A hundred seeks in both directions to places in time: the sound that is there, or before it. */
static void
test_seek (gconstpointer user_data)
{
  const Data *data = user_data;

  for (int window = 0; window <= 150; window += 150) {
    g_autofree char *launch =
        g_strdup_printf ("datasetsrc location=%s epochs=40 window=%d" SINK, data->folder, window);
    g_autoptr (GenDataset) files = open_files (data->folder), cut = NULL;
    g_autoptr (GenSequence) reference = NULL;
    g_autoptr (GRand) random = g_rand_new_with_seed (7);
    guint64 end;
    Player player;

    cut = cut_files (files, (gsize)window, 0);
    reference = reference_for (cut, GEN_SEQUENCE_DEFAULTS);
    end = count_place (reference, cut, 40 * (guint64)gen_dataset_get_count (cut));
    player_open (&player, launch);
    for (int i = 0; i < 50; i++) {
      guint64 from = (guint64)g_rand_int_range (random, 0, (gint32)end - 1);
      guint64 to = MIN (from + (guint64)g_rand_int_range (random, 1, 900), end);
      gboolean reverse = i % 2 == 1;
      guint64 place = 0;
      guint frame = 0, first, n = 0;

      g_ptr_array_set_size (player.buffers, 0);
      g_assert_true (gst_element_seek (player.pipeline, reverse ? -1 : 1, GST_FORMAT_DEFAULT,
          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET, (gint64)from,
          GST_SEEK_TYPE_SET, (gint64)to));
      player_play_to_end (&player);
      gst_element_set_state (player.pipeline, GST_STATE_PAUSED);
      while (place + gen_dataset_get_length (cut, gen_sequence_get_item (reference, frame)) <= from)
        place += gen_dataset_get_length (cut, gen_sequence_get_item (reference, frame++));
      first = frame;
      for (; place < to; n++)
        place += gen_dataset_get_length (cut, gen_sequence_get_item (reference, frame++));
      g_assert_cmpuint (player.buffers->len, ==, n);
      for (guint b = 0; b < n; b++) {
        guint f = first + (reverse ? n - 1 - b : b);
        guint32 item = gen_sequence_get_item (reference, f);
        guint32 source = gen_dataset_get_source (cut, item);
        gboolean second =
            window > 0 && item > 0 && gen_dataset_get_source (cut, item - 1) == source;

        assert_buffer (player.buffers->pdata[b], count_place (reference, cut, f), cut, item,
            second ? (guint32)window : 0);
      }
    }
    player_close (&player);
  }
}

/* What is broken leaves a gap in time, of which the next buffer tells. */
static void
test_broken (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *launch =
      g_strdup_printf ("datasetsrc name=source location=%s epochs=3 window=200" SINK, data->broken);
  g_autoptr (GenDataset) files = open_files (data->broken), cut = cut_files (files, 200, 0);
  g_autoptr (GenSequence) reference = reference_for (cut, GEN_SEQUENCE_DEFAULTS);
  g_autoptr (GstElement) source = NULL;
  guint64 frames = 3 * (guint64)gen_dataset_get_count (cut);
  guint next = 0, skipped, warnings = 0;
  gboolean gap = TRUE;
  GstMessage *message;
  Player player;

  player_open (&player, launch);
  source = gst_bin_get_by_name (GST_BIN (player.pipeline), "source");
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  while ((message = gst_bus_timed_pop_filtered (player.bus, 20 * GST_SECOND,
              GST_MESSAGE_WARNING | GST_MESSAGE_EOS | GST_MESSAGE_ERROR)) != NULL) {
    gboolean warning = GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING;

    warnings += warning;
    if (!warning)
      g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "eos");
    gst_message_unref (message);
    if (!warning)
      break;
  }
  g_assert_cmpuint (warnings, ==, 2);
  g_object_get (source, "skipped", &skipped, NULL);
  g_assert_cmpuint (skipped, ==, 2);
  for (guint64 frame = 0; frame < frames; frame++) {
    guint32 item = gen_sequence_get_item (reference, frame);

    if (is_broken (gen_dataset_get_source (cut, item))) {
      gap = TRUE;
      continue;
    }
    assert_buffer (player.buffers->pdata[next], 200 * frame, cut, item, 0);
    g_assert_cmpint (
        GST_BUFFER_FLAG_IS_SET (player.buffers->pdata[next++], GST_BUFFER_FLAG_DISCONT), ==, gap);
    gap = FALSE;
  }
  g_assert_cmpuint (player.buffers->len, ==, next);
  player_close (&player);
}

static void
test_queries (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *launch = g_strdup_printf ("datasetsrc location=%s epochs=5" SINK, data->folder);
  gint64 value, total = 0, first;
  g_autoptr (GstQuery) query = gst_query_new_seeking (GST_FORMAT_TIME);
  gboolean seekable;
  Player player;

  for (guint32 i = 0; i < ITEMS; i++)
    total += 5 * (gint64)length_of (i);
  player_open (&player, launch);
  g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_DEFAULT, &value));
  g_assert_cmpint (value, ==, total);
  g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_BYTES, &value));
  g_assert_cmpint (value, ==, 4 * total);
  g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_TIME, &value));
  g_assert_cmpint (value, ==, (gint64)gst_util_uint64_scale ((guint64)total, GST_SECOND, RATE));
  g_assert_true (gst_element_query_convert (
      player.pipeline, GST_FORMAT_TIME, GST_SECOND, GST_FORMAT_DEFAULT, &value));
  g_assert_cmpint (value, ==, RATE);
  g_assert_true (gst_element_query (player.pipeline, query));
  gst_query_parse_seeking (query, NULL, &seekable, &first, &value);
  g_assert_true (seekable);
  g_assert_cmpint (first, ==, 0);
  player_close (&player);

  g_free (launch);
  launch = g_strdup_printf ("datasetsrc location=%s window=160 num-buffers=45" SINK, data->folder);
  player_open (&player, launch);
  g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_TIME, &value));
  g_assert_cmpint (value, ==, 45 * GST_SECOND / 50);
  player_close (&player);
}

static void
run (const char *command)
{
  g_autoptr (GError) error = NULL;
  int status;

  if (!g_spawn_command_line_sync (command, NULL, NULL, &status, &error) ||
      !g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s", command, error->message);
}

/* Sounds of several codecs, rates and numbers of channels become one stream; what is no sound is
 * counted. */
static void
test_hostile (gconstpointer user_data)
{
  static const char *const good[] = { "-ar 96000 -c:a pcm_s24le %s/a.wav",
    "-ac 8 -ar 44100 %s/b.wav", "-ar 22050 %s/c.flac", "-ar 44100 -c:a libvorbis %s/d.ogg",
    "-ar 44100 -c:a libmp3lame %s/e.mp3", "-ar 44100 -c:a aac %s/f.m4a", "-ar 8000 %s/g.aiff" };
  g_autofree char *folder = scratch_new (), *launch = NULL;
  g_autoptr (GstElement) source = NULL;
  static const char empty_wav[] = "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0"
                                  "\2\0\x10\0data\0\0\0";
  guint skipped;
  Player player;

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autofree char *to = g_strdup_printf (good[i], folder);
    g_autofree char *command = g_strdup_printf (
        "ffmpeg -v error -f lavfi -i sine=frequency=440:duration=1:sample_rate=96000 %s", to);

    run (command);
  }
  {
    g_autofree char *zero = g_build_filename (folder, "h.wav", NULL);
    g_autofree char *text = g_build_filename (folder, "i.wav", NULL);
    g_autofree char *none = g_build_filename (folder, "j.wav", NULL);
    g_autofree char *cut = g_build_filename (folder, "k.flac", NULL);
    g_autofree char *whole = g_build_filename (folder, "c.flac", NULL);
    g_autofree char *picture = g_build_filename (folder, "l.png", NULL);
    g_autofree char *disguised = g_build_filename (folder, "m.ogg", NULL);
    g_autofree char *bytes = NULL;
    g_auto (GenPicture) black = { 0 };
    gsize length;

    g_assert_true (g_file_set_contents (zero, "", 0, NULL));
    g_assert_true (g_file_set_contents (text, "A text, whatever its name.\n", -1, NULL));
    g_assert_true (g_file_set_contents (none, empty_wav, sizeof empty_wav, NULL));
    g_assert_true (g_file_get_contents (whole, &bytes, &length, NULL));
    g_assert_true (g_file_set_contents (cut, bytes, (gssize)length / 2, NULL));
    gen_picture_init (&black, 16, 16, 3);
    g_assert_true (gen_picture_save_png (&black, picture, NULL));
    g_assert_true (gen_picture_save_png (&black, disguised, NULL));
  }
  launch = g_strdup_printf ("datasetsrc name=source location=%s epochs=2 "
                            "! audio/x-raw,rate=16000,channels=1,format=S16LE" SINK,
      folder);
  player_open (&player, launch);
  source = gst_bin_get_by_name (GST_BIN (player.pipeline), "source");
  player_play_to_end (&player);
  g_object_get (source, "skipped", &skipped, NULL);
  g_assert_cmpuint (skipped, ==, 5);
  g_assert_cmpuint (player.buffers->len, ==, 2 * G_N_ELEMENTS (good));
  for (guint i = 0; i < player.buffers->len; i++) {
    GstBuffer *buffer = player.buffers->pdata[i];
    GstMapInfo map;
    int peak = 0;

    /* A second, but for what codecs put around it. */
    g_assert_cmpuint (gst_buffer_get_size (buffer), >=, 2 * 15900);
    g_assert_cmpuint (gst_buffer_get_size (buffer), <=, 2 * 16600);
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    for (gsize s = 4000; s < 12000; s++)
      peak = MAX (peak, ABS (((gint16 *)(void *)map.data)[s]));
    /* FFmpeg's sine is an eighth of full scale; in eight channels it is in one of them. */
    g_assert_cmpint (peak, >, 400);
    g_assert_cmpint (peak, <, 4300);
    gst_buffer_unmap (buffer, &map);
  }
  player_close (&player);
  scratch_remove (folder);
}

/* Another rate in the middle of playing: the sounds are cut anew. */
static void
test_renegotiate (gconstpointer user_data)
{
  const Data *data = user_data;
  GstHarness *harness = gst_harness_new ("datasetsrc");
  GstBuffer *buffer;
  guint64 frames;

  g_object_set (harness->element, "location", data->folder, "shuffle", FALSE, NULL);
  gst_harness_set_sink_caps_str (harness, "audio/x-raw,rate=8000,format=F32LE,channels=1");
  gst_harness_play (harness);
  buffer = gst_harness_pull (harness);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 4 * 100);
  gst_buffer_unref (buffer);
  gst_harness_set_sink_caps_str (harness, "audio/x-raw,rate=16000,format=F32LE,channels=1");
  gst_harness_push_upstream_event (harness, gst_event_new_reconfigure ());
  /* What was on its way comes first. */
  for (int rate = RATE; rate != 16000;) {
    g_autoptr (GstCaps) caps = NULL;

    gst_buffer_unref (gst_harness_pull (harness));
    caps = gst_pad_get_current_caps (harness->sinkpad);
    gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate", &rate);
  }
  /* The first sound, which has 100 frames at the other rate. */
  do {
    buffer = gst_harness_pull (harness);
    frames = GST_BUFFER_OFFSET_END (buffer) - GST_BUFFER_OFFSET (buffer);
    g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 4 * frames);
    gst_buffer_unref (buffer);
  } while (frames != 200);
  gst_harness_teardown (harness);
}

/* Started, stopped and started again, it begins anew. */
static void
test_restart (gconstpointer user_data)
{
  const Data *data = user_data;
  GstHarness *harness = gst_harness_new ("datasetsrc");

  g_object_set (harness->element, "location", data->folder, "shuffle", FALSE, NULL);
  for (int round = 0; round < 3; round++) {
    g_object_set (harness->element, "window", 50 * round, NULL);
    gst_harness_play (harness);
    for (guint i = 0; i < 5; i++) {
      GstBuffer *buffer = gst_harness_pull (harness);

      g_assert_cmpuint (
          gst_buffer_get_size (buffer), ==, 4 * (round > 0 ? 50 * (gsize)round : length_of (i)));
      gst_buffer_unref (buffer);
    }
    gst_element_set_state (harness->element, GST_STATE_NULL);
    while (gst_harness_buffers_in_queue (harness) > 0)
      gst_buffer_unref (gst_harness_pull (harness));
  }
  gst_harness_teardown (harness);
}

/* How loud they are made. */
static void
test_normalize (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *launch = g_strdup_printf (
      "datasetsrc location=%s epochs=1 shuffle=false normalize=peak" SINK, data->folder);
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  for (guint i = 0; i < ITEMS; i++) {
    float last;

    gst_buffer_extract (player.buffers->pdata[i], 4 * (length_of (i) - 1), &last, 4);
    g_assert_cmpfloat_with_epsilon (last, 1, 1e-6);
  }
  player_close (&player);
}

static void
test_errors (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *text = g_build_filename (data->folder, "..", "text.wav", NULL);
  g_autofree char *pipe = g_build_filename (data->folder, "..", "pipe.wav", NULL);
  const struct {
    const char *location, *settings;
    GQuark domain;
    int code;
    const char *words;
  } cases[] = {
    { data->folder, "split=test", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "sounds leave none for split=test" },
    { data->folder, "medium=picture", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "no pictures" },
    { data->folder, "! video/x-raw", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "no pictures" },
    { text, "", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ, "text.wav: no sound" },
    { text, "medium=picture", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "holds sounds, not pictures" },
    { pipe, "", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ, "pipe.wav: a device or pipe" },
    { data->folder, "window=268435456 ! audio/x-raw,channels=64", GST_RESOURCE_ERROR,
        GST_RESOURCE_ERROR_SETTINGS,
        "Property window is 268435456 frames, of 64 channels; a buffer holds at most 4194304" },
    { data->folder, "window=16384 ! audio/x-raw,rate=2147483647", GST_CORE_ERROR,
        GST_CORE_ERROR_NEGOTIATION,
        "The caps ask for rate=2147483647; sounds are made of at most 3072000 frames a second" },
  };

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  g_assert_true (g_file_set_contents (text, "words", 5, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf (
        "datasetsrc location=\"%s\" %s ! fakesink", cases[i].location, cases[i].settings);

    player_assert_error (launch, cases[i].domain, cases[i].code, cases[i].words);
  }
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    GTestDataFunc run;
  } tests[] = {
    { "/datasetsrc-sound/caps", test_caps },
    { "/datasetsrc-sound/medium", test_medium },
    { "/datasetsrc-sound/epochs", test_epochs },
    { "/datasetsrc-sound/windows", test_windows },
    { "/datasetsrc-sound/seek", test_seek },
    { "/datasetsrc-sound/broken", test_broken },
    { "/datasetsrc-sound/queries", test_queries },
    { "/datasetsrc-sound/hostile", test_hostile },
    { "/datasetsrc-sound/renegotiate", test_renegotiate },
    { "/datasetsrc-sound/restart", test_restart },
    { "/datasetsrc-sound/normalize", test_normalize },
    { "/datasetsrc-sound/errors", test_errors },
  };
  g_autofree char *scratch = NULL;
  Data data;
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  scratch = scratch_new ();
  data.folder = g_build_filename (scratch, "folder", NULL);
  data.broken = g_build_filename (scratch, "broken", NULL);
  data.mixed = g_build_filename (scratch, "mixed", NULL);
  make_folder (data.folder, FALSE, 0);
  make_folder (data.broken, TRUE, 0);
  make_folder (data.mixed, FALSE, 9);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_data_func (tests[i].name, &data, tests[i].run);
  status = g_test_run ();
  g_free (data.folder);
  g_free (data.broken);
  g_free (data.mixed);
  scratch_remove (scratch);
  return status;
}
