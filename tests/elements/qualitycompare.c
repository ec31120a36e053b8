/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qualitycompare: which frames and windows are partners, at which offset, what is told of those
 * that have none, and that the judged stream passes as it came. */
#include "pair.h"

#include <generative/picture.h>
#include <glib/gstdio.h>
#include <unistd.h>
#include "player.h"

#include <glib/gstdio.h>
#include <unistd.h>

/* 10 log10 of what `add` levels of each pixel make. */
static double
ratio_of (int add)
{
  return 10 * log10 (255.0 * 255 / (add * add));
}

/* Frame after frame, with the memory that came; figures of both, and the summary. */
static void
test_pairs (void)
{
  g_autoptr (GPtrArray) judged = g_ptr_array_new (), reference = g_ptr_array_new ();
  g_autoptr (GstStructure) summary = NULL;
  GstMemory *memories[10];
  Pair pair;

  pair_open (&pair, "metrics", "psnr", NULL);
  set_caps (&pair, GREY, GREY);
  for (int i = 0; i < 10; i++) {
    g_ptr_array_add (judged, make_frame (i, i + 1, i * INTERVAL));
    memories[i] = gst_buffer_peek_memory (judged->pdata[i], 0);
    g_ptr_array_add (reference, make_frame (i, 0, i * INTERVAL));
  }
  play (&pair, g_ptr_array_ref (judged), g_ptr_array_ref (reference));
  for (int i = 0; i < 10; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (pair.judged);

    g_assert_true (gst_buffer_peek_memory (buffer, 0) == memories[i]);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, i * INTERVAL);
    g_assert_cmpfloat_with_epsilon (number (score_of (buffer), "psnr"), ratio_of (i + 1), 1e-9);
    g_assert_cmpint (count (score_of (buffer), "reference-time"), ==, i * INTERVAL);
  }
  summary = find_message (&pair, GST_MESSAGE_ELEMENT, SUMMARY);
  g_assert_cmpint (count (summary, "frames"), ==, 10);
  g_assert_cmpint (count (summary, "without-reference"), ==, 0);
  g_assert_cmpint (count (summary, "reference-unused"), ==, 0);
  pair_close (&pair);
}

/* Where the reference leaves frames out, their partners are told to be alone, and others are not
 * moved; it ends before the judged stream, too. */
static void
test_missing (void)
{
  g_autoptr (GPtrArray) judged = g_ptr_array_new (), reference = g_ptr_array_new ();
  g_autoptr (GstStructure) summary = NULL;
  Pair pair;

  pair_open (&pair, "metrics", "psnr", NULL);
  set_caps (&pair, GREY, GREY);
  for (int i = 0; i < 12; i++) {
    g_ptr_array_add (judged, make_frame (i, 2, i * INTERVAL));
    if (i != 3 && i != 4 && i < 10)
      g_ptr_array_add (reference, make_frame (i, 0, i * INTERVAL));
  }
  play (&pair, g_ptr_array_ref (judged), g_ptr_array_ref (reference));
  for (int i = 0; i < 12; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (pair.judged);
    const GstStructure *score = score_of (buffer);

    if (i != 3 && i != 4 && i < 10) {
      g_assert_cmpfloat_with_epsilon (number (score, "psnr"), ratio_of (2), 1e-9);
      continue;
    }
    g_assert_false (gst_structure_has_field (score, "psnr"));
    g_assert_cmpstr (gst_structure_get_string (score, "reference-time-missing"), ==,
        "the reference has nothing at that time");
  }
  summary = find_message (&pair, GST_MESSAGE_ELEMENT, SUMMARY);
  g_assert_cmpint (count (summary, "frames"), ==, 8);
  g_assert_cmpint (count (summary, "without-reference"), ==, 4);
  pair_close (&pair);
}

/* Times as a container rounds them, and those of frames that say nothing of time. */
static void
test_times (void)
{
  for (int timeless = 0; timeless < 3; timeless++) {
    g_autoptr (GPtrArray) judged = g_ptr_array_new (), reference = g_ptr_array_new ();
    g_autoptr (GstStructure) summary = NULL;
    Pair pair;

    pair_open (&pair, "metrics", "psnr", NULL);
    set_caps (&pair, "video/x-raw,format=GRAY8,width=32,height=32,framerate=30/1",
        "video/x-raw,format=GRAY8,width=32,height=32,framerate=30/1");
    for (guint64 i = 0; i < 30; i++) {
      const GstClockTime exact = gst_util_uint64_scale (i, GST_SECOND, 30);
      const GstClockTime rounded = (exact + GST_MSECOND / 2) / GST_MSECOND * GST_MSECOND;

      g_ptr_array_add (judged, make_frame ((int)i, 3, timeless == 2 ? GST_CLOCK_TIME_NONE : exact));
      g_ptr_array_add (
          reference, make_frame ((int)i, 0, timeless == 1 ? GST_CLOCK_TIME_NONE : rounded));
    }
    play (&pair, g_ptr_array_ref (judged), g_ptr_array_ref (reference));
    for (int i = 0; i < 30; i++) {
      g_autoptr (GstBuffer) buffer = gst_harness_pull (pair.judged);

      g_assert_cmpfloat_with_epsilon (number (score_of (buffer), "psnr"), ratio_of (3), 1e-9);
    }
    summary = find_message (&pair, GST_MESSAGE_ELEMENT, SUMMARY);
    g_assert_cmpint (count (summary, "without-reference"), ==, 0);
    g_assert_cmpint (count (summary, "reference-unused"), ==, 0);
    pair_close (&pair);
  }
}

/* Luma that means something else is told of. */
static void
test_ranges (void)
{
  g_autoptr (GPtrArray) judged = g_ptr_array_new (), reference = g_ptr_array_new ();
  Pair pair;

  pair_open (&pair, "metrics", "psnr", NULL);
  set_caps (&pair, "video/x-raw,format=I420,width=32,height=32,framerate=25/1,colorimetry=1:4:0:0",
      "video/x-raw,format=I420,width=32,height=32,framerate=25/1,colorimetry=bt601");
  for (guint i = 0; i < 2; i++) {
    GstBuffer *frames[2];

    for (guint k = 0; k < 2; k++) {
      frames[k] = gst_buffer_new_allocate (NULL, 32 * 32 * 3 / 2, NULL);
      gst_buffer_memset (frames[k], 0, 100 + k, 32 * 32 * 3 / 2);
      GST_BUFFER_PTS (frames[k]) = i * INTERVAL;
      GST_BUFFER_DURATION (frames[k]) = INTERVAL;
    }
    g_ptr_array_add (judged, frames[0]);
    g_ptr_array_add (reference, frames[1]);
  }
  play (&pair, g_ptr_array_ref (judged), g_ptr_array_ref (reference));
  assert_warning (&pair, "has luma of 0 to 255, and pad reference of 16 to 235");
  pair_close (&pair);
}

/* Each frame is compared with what the reference shows then, and the summary says what that made of
 * the reference. */
static void
test_rates (void)
{
  static const struct {
    const char *caps;
    guint64 rate, unused, used_again;
  } references[] = {
    { "video/x-raw,format=GRAY8,width=32,height=32,framerate=50/1", 50, 24, 0 },
    { "video/x-raw,format=GRAY8,width=32,height=32,framerate=12/1", 12, 0, 13 },
  };

  for (gsize k = 0; k < G_N_ELEMENTS (references); k++) {
    const guint64 rate = references[k].rate;
    g_autoptr (GPtrArray) judged = g_ptr_array_new (), reference = g_ptr_array_new ();
    g_autoptr (GstStructure) summary = NULL;
    Pair pair;

    pair_open (&pair, "metrics", "psnr", NULL);
    set_caps (&pair, GREY, references[k].caps);
    for (guint64 i = 0; i < 25; i++)
      g_ptr_array_add (judged, make_frame ((int)(i * rate / 25), 4, i * INTERVAL));
    for (guint64 i = 0; i < rate; i++)
      g_ptr_array_add (
          reference, make_frame ((int)i, 0, gst_util_uint64_scale (i, GST_SECOND, rate)));
    play (&pair, g_ptr_array_ref (judged), g_ptr_array_ref (reference));
    assert_warning (&pair, "frames a second");
    for (int i = 0; i < 25; i++) {
      g_autoptr (GstBuffer) buffer = gst_harness_pull (pair.judged);

      if (rate == 50)
        g_assert_cmpfloat_with_epsilon (number (score_of (buffer), "psnr"), ratio_of (4), 1e-9);
    }
    summary = find_message (&pair, GST_MESSAGE_ELEMENT, SUMMARY);
    g_assert_cmpint (count (summary, "without-reference"), ==, 0);
    g_assert_cmpint (count (summary, "reference-used-again"), ==, references[k].used_again);
    g_assert_cmpint (count (summary, "reference-unused"), ==, references[k].unused);
    pair_close (&pair);
  }
}

/* The offset is taken off, and found: the judged stream comes 5 frames later, or earlier. */
static void
test_offset (void)
{
  for (int late = -5; late <= 5; late += 10)
    for (int searches = 0; searches < 2; searches++) {
      const gint64 offset = late * (gint64)INTERVAL;
      g_autoptr (GPtrArray) judged = g_ptr_array_new (), reference = g_ptr_array_new ();
      g_autoptr (GstStructure) summary = NULL;
      gint64 found;
      Pair pair;

      pair_open (&pair, "metrics", "psnr", "offset", searches ? (gint64)0 : offset, "search",
          searches ? 400 * GST_MSECOND : (guint64)0, NULL);
      set_caps (&pair, GREY, GREY);
      for (int i = 5; i < 45; i++) {
        g_ptr_array_add (judged, make_frame (i, 6, (guint64)(i + late) * INTERVAL));
        g_ptr_array_add (reference, make_frame (i, 0, (guint64)i * INTERVAL));
      }
      play (&pair, g_ptr_array_ref (judged), g_ptr_array_ref (reference));
      for (int i = 0; i < 40; i++) {
        g_autoptr (GstBuffer) buffer = gst_harness_pull (pair.judged);

        g_assert_cmpfloat_with_epsilon (number (score_of (buffer), "psnr"), ratio_of (6), 1e-9);
      }
      g_object_get (pair.element, "offset", &found, NULL);
      g_assert_cmpint (found, ==, offset);
      summary = find_message (&pair, GST_MESSAGE_ELEMENT, SUMMARY);
      g_assert_cmpint (count (summary, "offset"), ==, offset);
      g_assert_cmpint (count (summary, "without-reference"), ==, 0);
      if (searches)
        g_assert_cmpfloat (number (summary, "offset-likeness"), >, 0.99);
      pair_close (&pair);
    }
}

/* Of frames that do not move nothing can be found, which is said. */
static void
test_no_offset (void)
{
  g_autoptr (GPtrArray) judged = g_ptr_array_new (), reference = g_ptr_array_new ();
  Pair pair;

  pair_open (&pair, "metrics", "psnr", "search", 200 * GST_MSECOND, NULL);
  set_caps (&pair, GREY, GREY);
  for (int i = 0; i < 15; i++) {
    g_ptr_array_add (judged, make_frame (1, 2, i * INTERVAL));
    g_ptr_array_add (reference, make_frame (1, 0, i * INTERVAL));
  }
  play (&pair, g_ptr_array_ref (judged), g_ptr_array_ref (reference));
  assert_warning (&pair, "at no offset within 200 ms");
  for (int i = 0; i < 15; i++)
    gst_buffer_unref (gst_harness_pull (pair.judged));
  pair_close (&pair);
}

/* --- sounds --- */

/* Buffers of any size, of which windows are as long and lie elsewhere. */
static void
test_sounds (void)
{
  g_autoptr (GPtrArray) judged = make_sounds (RATE, 700, 0, 0.4f, 0.04f);
  g_autoptr (GArray) numbers = NULL;
  g_autoptr (GstStructure) summary = NULL;
  Pair pair;

  pair_open (&pair, "metrics", "si-sdr,snr", "window", 0.1, "hop", 0.05, NULL);
  set_caps (&pair, SOUND, SOUND);
  play (&pair, g_ptr_array_ref (judged), make_sounds (RATE, 333, 0, 0.8f, 0));
  numbers = pull_numbers (&pair, judged->len, "si-sdr");
  g_assert_cmpuint (numbers->len, ==, 19);
  /* Noise of a tenth of the level is 20 dB lower, of which chance takes a little. */
  for (guint i = 0; i < numbers->len; i++)
    g_assert_cmpfloat_with_epsilon (g_array_index (numbers, double, i), 20, 1);
  summary = find_message (&pair, GST_MESSAGE_ELEMENT, SUMMARY);
  g_assert_cmpint (count (summary, "frames"), ==, 19);
  g_assert_cmpint (count (summary, "without-reference"), ==, 0);
  g_assert_cmpfloat_with_epsilon (number (summary, "si-sdr-overall"), 20, 0.3);
  pair_close (&pair);
}

/* To the sample, whichever comes first. */
static void
test_sound_offset (void)
{
  for (int late = -1; late <= 1; late += 2) {
    const GstClockTime shift = gst_util_uint64_scale_int (457, GST_SECOND, RATE);
    g_autoptr (GPtrArray) judged = make_sounds (RATE, 800, late > 0 ? shift : 0, 0.5f, 0.005f);
    g_autoptr (GArray) numbers = NULL;
    gint64 found;
    Pair pair;

    pair_open (&pair, "metrics", "snr", "search", 100 * GST_MSECOND, "window", 0.1, NULL);
    set_caps (&pair, SOUND, SOUND);
    play (&pair, g_ptr_array_ref (judged), make_sounds (RATE, 640, late < 0 ? shift : 0, 0.5f, 0));
    numbers = pull_numbers (&pair, judged->len, "snr");
    g_assert_cmpuint (numbers->len, ==, 10);
    for (guint i = 0; i < numbers->len; i++)
      g_assert_cmpfloat_with_epsilon (g_array_index (numbers, double, i), 40, 1);
    g_object_get (pair.element, "offset", &found, NULL);
    g_assert_cmpint (ABS (found - late * (gint64)shift), <=, 1000);
    pair_close (&pair);
  }
}

/* A window without all of its reference is alone; one that is no number has no figures, which is
 * said once. */
static void
test_sound_missing (void)
{
  g_autoptr (GPtrArray) judged = make_sounds (RATE, 800, 0, 0.5f, 0.05f);
  GPtrArray *reference = make_sounds (RATE, 800, 0, 0.5f, 0);
  g_autoptr (GArray) numbers = NULL;
  g_autoptr (GstStructure) summary = NULL;
  const float nothing = NAN;
  Pair pair;

  gst_buffer_unref (g_ptr_array_steal_index (reference, 4));
  gst_buffer_fill (judged->pdata[7], 400, &nothing, sizeof nothing);
  pair_open (&pair, "metrics", "snr", "window", 0.1, NULL);
  set_caps (&pair, SOUND, SOUND);
  play (&pair, g_ptr_array_ref (judged), reference);
  numbers = pull_numbers (&pair, judged->len, "snr");
  g_assert_cmpuint (numbers->len, ==, 10);
  for (guint i = 0; i < numbers->len; i++)
    g_assert_cmpint (isnan (g_array_index (numbers, double, i)) != 0, ==, i == 4 || i == 7);
  assert_warning (&pair, "of pad sink has samples that are not finite");
  summary = find_message (&pair, GST_MESSAGE_ELEMENT, SUMMARY);
  g_assert_cmpint (count (summary, "without-reference"), ==, 1);
  pair_close (&pair);
}

/* --- what goes wrong, and what is odd --- */

static void
push_one (Pair *pair, gsize judged, gsize reference)
{
  GstBuffer *buffers[] = { gst_buffer_new_allocate (NULL, judged, NULL),
    gst_buffer_new_allocate (NULL, reference, NULL) };

  for (int i = 0; i < 2; i++) {
    gst_buffer_memset (buffers[i], 0, 0, G_MAXSIZE);
    GST_BUFFER_PTS (buffers[i]) = 0;
    gst_harness_push (i == 0 ? pair->judged : pair->reference, buffers[i]);
  }
}

static void
test_refused (void)
{
  static const struct {
    const char *judged, *reference, *says;
    gsize sizes[2];
  } cases[] = {
    { GREY, "video/x-raw,format=GRAY8,width=16,height=8,framerate=25/1", "videoscale",
        { 1024, 128 } },
    { GREY, "video/x-raw,format=RGB,width=32,height=32,framerate=25/1", "videoconvert",
        { 1024, 3072 } },
    { SOUND, "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=2", "audioresample",
        { 8000, 8000 } },
    { SOUND, GREY, "both are to be of one kind", { 8000, 1024 } },
    { "video/x-raw,format=GRAY8,width=32,height=32,framerate=25/1,interlace-mode=interleaved", GREY,
        "deinterlace", { 1024, 1024 } },
    { GREY, GREY, "bytes", { 1024, 100 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Pair pair;

    pair_open (&pair, "window", 0.001, NULL);
    gst_harness_set_src_caps_str (pair.judged, cases[i].judged);
    gst_harness_set_src_caps_str (pair.reference, cases[i].reference);
    push_one (&pair, cases[i].sizes[0], cases[i].sizes[1]);
    assert_error (&pair, cases[i].says);
    pair_close (&pair);
  }
}

static void
test_settings (void)
{
  static const char *const wrong[] = { "sharpness", "no-such", "psnr,snr" };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GstElement) element =
        gst_object_ref_sink (gst_element_factory_make ("qualitycompare", NULL));
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;

    gst_element_set_bus (element, bus);
    g_object_set (element, "metrics", wrong[i], NULL);
    g_assert_cmpint (
        gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    g_assert_nonnull (strstr (error->message, "Property metrics: "));
    gst_element_set_state (element, GST_STATE_NULL);
    gst_element_set_bus (element, NULL);
  }
}

static void
test_not_linked (void)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc num-buffers=3 ! video/x-raw,format=RGB ! c.sink qualitycompare name=c ! "
      "fakesink",
      NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "Pad reference is not linked"));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Frames of one pixel, of all formats, and a mixture of two whose luma is alike. */
static void
test_formats (void)
{
  static const char *const lines[] = {
    "format=GRAY8,width=1,height=1 format=GRAY8,width=1,height=1",
    "format=RGB,width=1,height=1 format=RGB,width=1,height=1",
    "format=I420,width=1,height=1 format=NV12,width=1,height=1",
    "format=NV12,width=31,height=17 format=I420,width=31,height=17",
    "format=RGB,width=200,height=180 format=RGB,width=200,height=180",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_auto (GStrv) caps = g_strsplit (lines[i], " ", 2);
    g_autofree char *launch = g_strdup_printf (
        "videotestsrc num-buffers=4 pattern=ball ! video/x-raw,%s ! c.sink "
        "videotestsrc num-buffers=4 pattern=ball ! video/x-raw,%s ! c.reference "
        "qualitycompare name=c ! fakesink name=sink signal-handoffs=true sync=false",
        caps[0], caps[1]);
    Player player;

    player_open (&player, launch);
    player_play_to_end (&player);
    g_assert_cmpuint (player.buffers->len, ==, 4);
    for (guint k = 0; k < 4; k++) {
      const GstStructure *score = score_of (player.buffers->pdata[k]);

      g_assert_cmpfloat_with_epsilon (number (score, "ssim"), 1, 1e-6);
      g_assert_cmpstr (
          gst_structure_get_string (score, "psnr-missing"), ==, "it is equal to what it should be");
    }
    player_close (&player);
  }
}

/* A converter and a scaler in front of one pad learn from the other one what to make. */
static void
test_negotiation (void)
{
  Player player;

  player_open (&player,
      "videotestsrc num-buffers=4 pattern=ball ! video/x-raw,format=RGB,width=64,height=48 ! "
      "c.sink videotestsrc num-buffers=4 pattern=ball ! video/x-raw,format=AYUV,width=64,height=48 "
      "! videoconvert ! video/x-raw,format=RGB ! c.reference "
      "qualitycompare name=c ! fakesink name=sink signal-handoffs=true sync=false");
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 4);
  player_close (&player);
}

/* A live source whose reference never comes passes on in time, and alone. */
static void
test_live (void)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc is-live=true num-buffers=6 ! "
      "video/x-raw,format=GRAY8,width=16,height=16,framerate=25/1 ! c.sink "
      "videotestsrc is-live=true ! "
      "video/x-raw,format=GRAY8,width=16,height=16,framerate=25/1 ! identity drop-probability=1 ! "
      "c.reference qualitycompare name=c ! fakesink",
      NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gboolean summed_up = FALSE;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    if (gst_message_has_name (message, SUMMARY)) {
      summed_up = TRUE;
      g_assert_cmpint (count (gst_message_get_structure (message), "without-reference"), ==, 6);
    }
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      break;
  }
  g_assert_true (summed_up);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* After a flushing seek both streams begin anew, and figures go on. */
static void
test_seek (void)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "videotestsrc ! video/x-raw,format=GRAY8,width=16,height=16,framerate=25/1 ! "
      "c.sink videotestsrc ! "
      "video/x-raw,format=GRAY8,width=16,height=16,framerate=25/1 ! c.reference "
      "qualitycompare name=c metrics=ssim ! fakesink",
      NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gint64 frames = -1;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (
      gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_true (
      gst_element_seek (pipeline, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
          GST_SEEK_TYPE_SET, 10 * INTERVAL, GST_SEEK_TYPE_SET, 40 * INTERVAL));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    if (gst_message_has_name (message, SUMMARY)) {
      frames = count (gst_message_get_structure (message), "frames");
      g_assert_cmpint (count (gst_message_get_structure (message), "without-reference"), ==, 0);
    }
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      break;
  }
  /* And what was judged before it. */
  g_assert_cmpint (frames, >=, 30);
  g_assert_cmpint (frames, <, 40);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* The report has the means of the last frames beside each frame's figures. */
static void
test_report (void)
{
  g_autofree char *path = NULL, *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GPtrArray) judged = g_ptr_array_new (), reference = g_ptr_array_new ();
  const int fd = g_file_open_tmp ("compare-XXXXXX.jsonl", &path, NULL);
  Pair pair;

  g_assert_cmpint (close (fd), ==, 0);
  pair_open (&pair, "metrics", "psnr", "recent", 0.1, "report", path, NULL);
  set_caps (&pair, GREY, GREY);
  for (int i = 0; i < 8; i++) {
    g_ptr_array_add (judged, make_frame (i, i + 1, i * INTERVAL));
    g_ptr_array_add (reference, make_frame (i, 0, i * INTERVAL));
  }
  play (&pair, g_ptr_array_ref (judged), g_ptr_array_ref (reference));
  for (int i = 0; i < 8; i++)
    gst_buffer_unref (gst_harness_pull (pair.judged));
  pair_close (&pair);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 9);
  for (int i = 0; i < 8; i++) {
    g_autoptr (JsonNode) node = json_from_string (lines[i], NULL);
    JsonObject *object = json_node_get_object (node);
    double sum = 0;

    /* Those of the last 100 ms are three. */
    for (int k = MAX (i - 2, 0); k <= i; k++)
      sum += ratio_of (k + 1) / MIN (i + 1, 3);
    g_assert_cmpfloat_with_epsilon (
        json_object_get_double_member (object, "psnr-recent"), sum, 1e-9);
    g_assert_cmpint (json_object_get_int_member (object, "reference-time"), ==, i * INTERVAL);
  }
  g_assert_nonnull (strstr (lines[8], "\"without-reference\":0"));
  g_assert_cmpint (g_remove (path), ==, 0);
}

/* --- examples --- */

/* The report keeps a frame above what it should be: the brightness of both halves tells them apart.
 */
static void
test_examples (void)
{
  g_autofree char *path = NULL, *text = NULL;
  g_autoptr (GPtrArray) judged = g_ptr_array_new (), reference = g_ptr_array_new ();
  g_autoptr (GBytes) png = NULL;
  g_autofree guchar *bytes = NULL;
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;
  const char *data;
  gsize size;
  Pair pair;

  g_assert_cmpint (close (g_file_open_tmp ("pairs-XXXXXX.jsonl", &path, NULL)), ==, 0);
  pair_open (&pair, "metrics", "psnr", "examples", 1, "report", path, NULL);
  set_caps (&pair, GREY, GREY);
  for (int i = 0; i < 6; i++) {
    GstBuffer *bright = gst_buffer_new_allocate (NULL, SIZE * SIZE, NULL);
    GstBuffer *dark = gst_buffer_new_allocate (NULL, SIZE * SIZE, NULL);

    gst_buffer_memset (bright, 0, (guint8)(200 + i), SIZE * SIZE);
    gst_buffer_memset (dark, 0, 40, SIZE * SIZE);
    GST_BUFFER_PTS (bright) = GST_BUFFER_PTS (dark) = (GstClockTime)i * INTERVAL;
    g_ptr_array_add (judged, bright);
    g_ptr_array_add (reference, dark);
  }
  play (&pair, g_ptr_array_ref (judged), g_ptr_array_ref (reference));
  pair_close (&pair);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"psnr\":\"highest\""));
  data = strstr (text, "\"data\":\"");
  g_assert_nonnull (data);
  data += strlen ("\"data\":\"");
  text[(data - text) + (int)strcspn (data, "\"")] = '\0';
  bytes = g_base64_decode (data, &size);
  png = g_bytes_new (bytes, size);
  g_assert_true (gen_picture_load_bytes (&picture, png, "example", 1, &error));
  g_assert_cmpint (picture.width, ==, SIZE);
  g_assert_cmpint (picture.height, ==, 2 * SIZE + 2);
  g_assert_cmpint (picture.data[5 * picture.stride + 5], >=, 200);
  g_assert_cmpint (picture.data[(SIZE + 7) * picture.stride + 5], ==, 40);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qualitycompare/pairs", test_pairs);
  g_test_add_func ("/qualitycompare/missing", test_missing);
  g_test_add_func ("/qualitycompare/times", test_times);
  g_test_add_func ("/qualitycompare/rates", test_rates);
  g_test_add_func ("/qualitycompare/ranges", test_ranges);
  g_test_add_func ("/qualitycompare/offset", test_offset);
  g_test_add_func ("/qualitycompare/no-offset", test_no_offset);
  g_test_add_func ("/qualitycompare/sounds", test_sounds);
  g_test_add_func ("/qualitycompare/sound-offset", test_sound_offset);
  g_test_add_func ("/qualitycompare/sound-missing", test_sound_missing);
  g_test_add_func ("/qualitycompare/refused", test_refused);
  g_test_add_func ("/qualitycompare/settings", test_settings);
  g_test_add_func ("/qualitycompare/not-linked", test_not_linked);
  g_test_add_func ("/qualitycompare/formats", test_formats);
  g_test_add_func ("/qualitycompare/negotiation", test_negotiation);
  g_test_add_func ("/qualitycompare/live", test_live);
  g_test_add_func ("/qualitycompare/seek", test_seek);
  g_test_add_func ("/qualitycompare/report", test_report);
  g_test_add_func ("/qualitycompare/examples", test_examples);
  return g_test_run ();
}
