/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* audioaugment: windows against the library, in whatever buffers a stream comes and wherever one
 * seeks to; which number a window goes by, what passes untouched, and changes while it plays. */
#include <generative/augment.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

#include <math.h>
#include <string.h>

#include "player.h"

enum { RATE = 16000, LENGTH = 1000 };

#define SETTINGS                                                                                   \
  "shift=0.1 crop=0.2 low-pass=1000 high-pass=200 gain=6 polarity=0.5 fade=0.2 noise=0.1 seed=6"
/* What a part of a window does not change. */
#define OF_PARTS "crop=0.2 gain=6 polarity=0.5 fade=0.2 seed=6"

static GenAugmentSettings
settings_of (const char *text)
{
  GenAugmentSettings settings = { .medium = &gen_medium_sound, .probability = 1 };
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  for (int w = 0; words[w] != NULL; w++) {
    g_auto (GStrv) parts = g_strsplit (words[w], "=", 2);
    const double value = g_ascii_strtod (parts[1], NULL);

    if (g_str_equal (parts[0], "seed"))
      settings.seed = (guint64)value;
    for (int i = 0; gen_augmentation_list (&gen_medium_sound)[i] != NULL; i++)
      if (g_str_equal (gen_augmentation_list (&gen_medium_sound)[i]->name, parts[0]))
        settings.amounts[i] = value;
  }
  return settings;
}

/* A stream as it is pushed. */
typedef struct {
  gboolean int16;
  int channels;
} Kind;

static const Kind kinds[] = { { FALSE, 1 }, { TRUE, 1 }, { FALSE, 2 }, { TRUE, 8 } };

static gsize
frame_of (const Kind *kind)
{
  return (gsize)kind->channels * (kind->int16 ? sizeof (gint16) : sizeof (float));
}

static void
set_caps (GstHarness *harness, const Kind *kind, int rate)
{
  g_autofree char *caps = g_strdup_printf (
      "audio/x-raw,format=%s,layout=interleaved,rate=%d,channels=%d,channel-mask=(bitmask)0",
      kind->int16 ? GST_AUDIO_NE (S16) : GST_AUDIO_NE (F32), rate, kind->channels);

  /* Where a mask is not needed, none is said. */
  if (kind->channels <= 2)
    strstr (caps, ",channel-mask")[0] = '\0';
  gst_harness_set_src_caps_str (harness, caps);
}

static GstHarness *
harness_new (const char *settings, const Kind *kind)
{
  g_autofree char *launch = g_strdup_printf ("audioaugment %s", settings);
  GstHarness *harness = gst_harness_new_parse (launch);

  set_caps (harness, kind, RATE);
  return harness;
}

/* Frames [first, first + n) of the sound that all tests play: whole steps of int16. */
static void
fill_samples (const Kind *kind, guint64 first, gsize n, gpointer samples)
{
  const gsize channels = (gsize)kind->channels;

  for (gsize i = 0; i < n * channels; i++) {
    const double t = (double)(first + i / channels);
    const gint16 value =
        (gint16)rint (9000 * sin (t * 0.05 * (1 + (double)(i % channels))) + 3000 * sin (t * 1.3));

    if (kind->int16)
      ((gint16 *)samples)[i] = value;
    else
      ((float *)samples)[i] = (float)value / 32768;
  }
}

static GstBuffer *
new_buffer (const Kind *kind, guint64 first, gsize n)
{
  const gsize size = n * frame_of (kind);
  gpointer samples = g_malloc (MAX (size, 1));

  fill_samples (kind, first, n, samples);
  return gst_buffer_new_wrapped (samples, size);
}

static GstClockTime
time_of (guint64 frame)
{
  return gst_util_uint64_scale (frame, GST_SECOND, RATE);
}

/* Push frames [first, end) in buffers of `chunk`, with times. */
static void
push_frames (GstHarness *harness, const Kind *kind, guint64 first, guint64 end, gsize chunk)
{
  while (first < end) {
    const gsize n = (gsize)MIN (chunk, end - first);
    GstBuffer *buffer = new_buffer (kind, first, n);

    GST_BUFFER_PTS (buffer) = time_of (first);
    GST_BUFFER_DURATION (buffer) = time_of (first + n) - time_of (first);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    first += n;
  }
}

/* All that has come out, which begins with frame `first`, in one piece. */
static GByteArray *
pull_all (GstHarness *harness, const Kind *kind, guint64 first)
{
  GByteArray *bytes = g_byte_array_new ();
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (harness)) != NULL) {
    const guint64 at = first + bytes->len / frame_of (kind);
    GstMapInfo map;

    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, time_of (at));
    g_assert_cmpuint (GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), ==,
        time_of (at + map.size / frame_of (kind)));
    g_assert_true (bytes->len == 0 || !GST_BUFFER_IS_DISCONT (buffer));
    g_byte_array_append (bytes, map.data, (guint)map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  return bytes;
}

/* What the library makes of frames [first, end) in windows of `length`. */
static GByteArray *
expected (const Kind *kind, const GenAugmentSettings *settings, guint64 first, guint64 end,
    guint64 length)
{
  const gsize channels = (gsize)kind->channels, n = (gsize)(end - first);
  const Kind floats = { FALSE, kind->channels };
  const GenFormat format = { &gen_medium_sound, .channels = kind->channels, .rate = RATE,
    .length = (gsize)length };
  GByteArray *bytes = g_byte_array_new ();
  g_auto (GenSound) sound = { 0 };
  GenSound part;

  gen_sound_init (&sound, RATE, kind->channels, n);
  fill_samples (&floats, first, n, sound.data);
  part = sound;
  for (guint64 at = first; at < end; at += part.frames, part.data += part.frames * channels) {
    GenAugmentSoundDraw draw;

    part.frames = (gsize)(MIN (end, (at / length + 1) * length) - at);
    gen_augment_draw_sound (settings, at / length, &format, &draw);
    gen_augment_render_sound (&draw, &part, (gsize)(at % length));
  }
  g_byte_array_set_size (bytes, (guint)(n * frame_of (kind)));
  if (kind->int16)
    gen_sound_to_int16 (&sound, (gint16 *)bytes->data);
  else
    memcpy (bytes->data, sound.data, n * frame_of (kind));
  return bytes;
}

static void
assert_expected (GByteArray *bytes, const Kind *kind, const GenAugmentSettings *settings,
    guint64 first, guint64 end, guint64 length)
{
  g_autoptr (GByteArray) wanted = expected (kind, settings, first, end, length);

  g_assert_cmpmem (bytes->data, bytes->len, wanted->data, wanted->len);
}

/* Each buffer is a window of the number that its offset says, in any order. */
static void
test_buffers (void)
{
  const GenAugmentSettings settings = settings_of (SETTINGS);

  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++) {
    const Kind *kind = &kinds[k];
    GstHarness *harness = harness_new (SETTINGS, kind);

    for (guint i = 0; i < 20; i++) {
      const guint64 number = i * 7 % 20;
      /* Of any length, one of a single frame among them. */
      const guint64 length = 1 + i * 137;
      GstBuffer *buffer = new_buffer (kind, number * length, length);
      g_autoptr (GByteArray) wanted =
          expected (kind, &settings, number * length, (number + 1) * length, length);

      GST_BUFFER_OFFSET (buffer) = number;
      buffer = gst_harness_push_and_pull (harness, buffer);
      g_assert_cmpint (gst_buffer_memcmp (buffer, 0, wanted->data, wanted->len), ==, 0);
      g_assert_cmpuint (gst_buffer_get_size (buffer), ==, wanted->len);
      g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, number);
      gst_buffer_unref (buffer);
    }
    gst_harness_teardown (harness);
  }
}

/* Without an offset the position tells the number, and without a time the order. */
static void
test_numbers (void)
{
  const GenAugmentSettings settings = settings_of ("noise=0.5 seed=6");
  GstHarness *harness = harness_new ("noise=0.5 seed=6", &kinds[0]);

  for (guint i = 0; i < 12; i++) {
    const guint64 number = i < 6 ? 5000 - 300 * i : i - 6;
    GstBuffer *buffer = new_buffer (&kinds[0], number * LENGTH, LENGTH);
    g_autoptr (GByteArray) wanted =
        expected (&kinds[0], &settings, number * LENGTH, (number + 1) * LENGTH, LENGTH);

    if (i < 6)
      GST_BUFFER_PTS (buffer) = time_of (number);
    buffer = gst_harness_push_and_pull (harness, buffer);
    g_assert_cmpint (gst_buffer_memcmp (buffer, 0, wanted->data, wanted->len), ==, 0);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
}

/* However the stream is cut, windows are the same; the last one is a part. */
static void
test_chunks (void)
{
  static const gsize chunks[] = { 1, 7, 480, LENGTH, 3 * LENGTH, 100000 };
  const GenAugmentSettings settings = settings_of (SETTINGS);
  const guint64 end = 10 * LENGTH + 345;

  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
    for (gsize c = 0; c < G_N_ELEMENTS (chunks); c++) {
      GstHarness *harness = harness_new ("length=1000 " SETTINGS, &kinds[k]);
      g_autoptr (GByteArray) bytes = NULL;

      push_frames (harness, &kinds[k], 0, end, chunks[c]);
      g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
      g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 11);
      bytes = pull_all (harness, &kinds[k], 0);
      assert_expected (bytes, &kinds[k], &settings, 0, end, LENGTH);
      gst_harness_teardown (harness);
    }
}

/* Integers are within one step of what float32 gets. */
static void
test_formats (void)
{
  const Kind floats = { FALSE, 2 }, integers = { TRUE, 2 };
  GstHarness *of_floats = harness_new ("length=1000 " SETTINGS, &floats);
  GstHarness *of_integers = harness_new ("length=1000 " SETTINGS, &integers);
  g_autoptr (GByteArray) a = NULL, b = NULL;

  push_frames (of_floats, &floats, 0, 20 * LENGTH, 333);
  push_frames (of_integers, &integers, 0, 20 * LENGTH, 480);
  a = pull_all (of_floats, &floats, 0);
  b = pull_all (of_integers, &integers, 0);
  g_assert_cmpuint (a->len, ==, 20 * LENGTH * frame_of (&floats));
  g_assert_cmpuint (b->len, ==, 20 * LENGTH * frame_of (&integers));
  for (gsize i = 0; i < 20 * LENGTH * 2; i++)
    g_assert_cmpfloat_with_epsilon (
        CLAMP (((float *)a->data)[i] * 32768, -32768, 32767), ((gint16 *)b->data)[i], 1);
  gst_harness_teardown (of_floats);
  gst_harness_teardown (of_integers);
}

static void
seek_to (GstHarness *harness, guint64 frame)
{
  GstSegment segment;

  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = time_of (frame);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
}

/* To windows, forwards and back, in the middle of what is being filled: the same samples. */
static void
test_seek (void)
{
  static const guint windows[] = { 7, 2, 50, 0, 50, 49, 3 };
  const GenAugmentSettings settings = settings_of (SETTINGS);

  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++) {
    GstHarness *harness = harness_new ("length=1000 " SETTINGS, &kinds[k]);

    push_frames (harness, &kinds[k], 0, 2 * LENGTH + 77, 100);
    for (gsize w = 0; w < G_N_ELEMENTS (windows); w++) {
      const guint64 first = windows[w] * LENGTH;
      GstBuffer *buffer;
      g_autoptr (GByteArray) bytes = NULL;

      while ((buffer = gst_harness_try_pull (harness)) != NULL)
        gst_buffer_unref (buffer);
      seek_to (harness, first);
      push_frames (harness, &kinds[k], first, first + 3 * LENGTH + 123, 10 + 99 * w);
      bytes = pull_all (harness, &kinds[k], first);
      assert_expected (bytes, &kinds[k], &settings, first, first + 3 * LENGTH, LENGTH);
    }
    gst_harness_teardown (harness);
  }
}

/* Into a window: what does not hang on the rest of it is the same, and all is from the next one
 * on. */
static void
test_seek_into (void)
{
  static const char *const texts[] = { OF_PARTS, SETTINGS };

  for (gsize t = 0; t < G_N_ELEMENTS (texts); t++) {
    const GenAugmentSettings settings = settings_of (texts[t]);
    g_autofree char *launch = g_strdup_printf ("length=1000 %s", texts[t]);
    GstHarness *harness = harness_new (launch, &kinds[2]);
    g_autoptr (GByteArray) bytes = NULL, whole = NULL;
    const gsize same = t == 0 ? 0 : 679 * frame_of (&kinds[2]);

    seek_to (harness, 5321);
    push_frames (harness, &kinds[2], 5321, 9000, 480);
    bytes = pull_all (harness, &kinds[2], 5321);
    assert_expected (bytes, &kinds[2], &settings, 5321, 9000, LENGTH);
    whole = expected (&kinds[2], &settings, 5000, 9000, LENGTH);
    g_byte_array_remove_range (whole, 0, (guint)(321 * frame_of (&kinds[2])));
    g_assert_cmpmem (bytes->data + same, bytes->len - same, whole->data + same, whole->len - same);
    gst_harness_teardown (harness);
  }
}

/* A jump ends the window and begins another one; what only says that it is one does not, nor do
 * times that a container has rounded. */
static void
test_jumps (void)
{
  const GenAugmentSettings settings = settings_of (SETTINGS);
  GstHarness *harness = harness_new ("length=1000 " SETTINGS, &kinds[0]);
  g_autoptr (GByteArray) before = NULL, behind = NULL;
  GstBuffer *buffer;

  push_frames (harness, &kinds[0], 0, 300, 100);
  buffer = new_buffer (&kinds[0], 300, 100);
  GST_BUFFER_PTS (buffer) = time_of (300);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  buffer = new_buffer (&kinds[0], 400, 800);
  GST_BUFFER_PTS (buffer) = time_of (400) / GST_MSECOND * GST_MSECOND + GST_MSECOND;
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  push_frames (harness, &kinds[0], 5321, 6000, 1000);
  /* Those from 0 to 1200, of which the last 200 are a part, and then the part of window 5. */
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 3);
  before = g_byte_array_new ();
  for (int i = 0; i < 2; i++) {
    GstMapInfo map;

    buffer = gst_harness_pull (harness);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_byte_array_append (before, map.data, (guint)map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  assert_expected (before, &kinds[0], &settings, 0, 1200, LENGTH);
  behind = pull_all (harness, &kinds[0], 5321);
  assert_expected (behind, &kinds[0], &settings, 5321, 6000, LENGTH);
  gst_harness_teardown (harness);
}

/* Backwards, each buffer is a part of its window. */
static void
test_backwards (void)
{
  const GenAugmentSettings settings = settings_of (OF_PARTS);
  GstHarness *harness = harness_new ("length=1000 " OF_PARTS, &kinds[0]);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  GstSegment segment;
  guint n;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.stop = time_of (3000);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  for (int first = 2700; first >= 0; first -= 300) {
    GstBuffer *buffer = new_buffer (&kinds[0], (guint64)first, 300);

    GST_BUFFER_PTS (buffer) = time_of ((guint64)first);
    GST_BUFFER_DURATION (buffer) = time_of (300);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
  g_byte_array_set_size (bytes, 3000 * sizeof (float));
  n = gst_harness_buffers_in_queue (harness);
  g_assert_cmpuint (n, ==, 12);
  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_harness_pull (harness);

    gst_buffer_extract (buffer, 0, bytes->data + GST_BUFFER_OFFSET (buffer) * sizeof (float),
        gst_buffer_get_size (buffer));
    gst_buffer_unref (buffer);
  }
  assert_expected (bytes, &kinds[0], &settings, 0, 3000, LENGTH);
  gst_harness_teardown (harness);
}

/* Buffers of a gap are silence, whatever is in them; a window of nothing else is a gap, too. A GAP
 * event ends the window before it. */
static void
test_gaps (void)
{
  GstHarness *harness = harness_new ("length=1000 gain=6 noise=1", &kinds[0]);
  GstBuffer *buffer;
  GstEvent *event;
  float samples[LENGTH];

  for (int i = 0; i < 4; i++) {
    buffer = new_buffer (&kinds[0], (guint64)i * 500, 500);
    GST_BUFFER_PTS (buffer) = time_of ((guint64)i * 500);
    if (i != 3)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  push_frames (harness, &kinds[0], 2000, 2100, 100);
  while ((event = gst_harness_try_pull_event (harness)) != NULL)
    gst_event_unref (event);
  gst_harness_push_event (harness, gst_event_new_gap (time_of (2100), time_of (50)));
  event = gst_harness_pull_event (harness);
  g_assert_cmpint (GST_EVENT_TYPE (event), ==, GST_EVENT_GAP);
  gst_event_unref (event);
  push_frames (harness, &kinds[0], 2150, 3000, 1000);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 4);

  buffer = gst_harness_pull (harness);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP));
  gst_buffer_extract (buffer, 0, samples, sizeof samples);
  for (int i = 0; i < LENGTH; i++)
    g_assert_cmpfloat (samples[i], ==, 0);
  gst_buffer_unref (buffer);
  buffer = gst_harness_pull (harness);
  g_assert_false (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP));
  gst_buffer_extract (buffer, 0, samples, sizeof samples);
  g_assert_cmpfloat (samples[900], !=, 0);
  gst_buffer_unref (buffer);
  buffer = gst_harness_pull (harness);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 100 * sizeof (float));
  gst_buffer_unref (buffer);
  buffer = gst_harness_pull (harness);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, 2150);
  g_assert_true (GST_BUFFER_IS_DISCONT (buffer));
  gst_buffer_unref (buffer);
  gst_harness_teardown (harness);
}

/* As buffers, those of a gap pass as they are. */
static void
test_gap_buffer (void)
{
  GstHarness *harness = harness_new ("noise=1", &kinds[0]);
  GstBuffer *buffer = new_buffer (&kinds[0], 0, 100), *plain = gst_buffer_copy_deep (buffer);
  GstMapInfo map;

  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  buffer = gst_harness_push_and_pull (harness, buffer);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP));
  gst_buffer_map (plain, &map, GST_MAP_READ);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, map.data, map.size), ==, 0);
  gst_buffer_unmap (plain, &map);
  gst_buffer_unref (plain);
  gst_buffer_unref (buffer);
  gst_harness_teardown (harness);
}

/* Another rate ends the window, and windows of it follow; the same one again does not. */
static void
test_rate_change (void)
{
  GstHarness *harness = harness_new ("length=1000 gain=6", &kinds[0]);
  g_autoptr (GstCaps) caps = NULL;
  GstBuffer *buffer;

  push_frames (harness, &kinds[0], 0, 700, 100);
  caps = gst_pad_get_current_caps (harness->srcpad);
  gst_harness_push_event (harness, gst_event_new_caps (caps));
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 0);
  set_caps (harness, &kinds[1], 2 * RATE);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 1);
  buffer = gst_harness_pull (harness);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 700 * sizeof (float));
  gst_buffer_unref (buffer);
  /* Frame 700 of the old rate is frame 1400 of the new one. */
  buffer = new_buffer (&kinds[1], 1400, 1600);
  GST_BUFFER_PTS (buffer) = time_of (700);
  GST_BUFFER_DURATION (buffer) = time_of (800);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 2);
  buffer = gst_harness_pull (harness);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, 1400);
  g_assert_cmpuint (GST_BUFFER_OFFSET_END (buffer), ==, 2000);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 600 * sizeof (gint16));
  gst_buffer_unref (buffer);
  gst_harness_teardown (harness);
}

/* With nothing to do, the very buffer goes on, though others hold it, too. */
static void
test_idle (void)
{
  static const char *const settings[] = { "", "seed=4 probability=0.5", "gain=6 probability=0",
    "length=100", "length=30 noise=0.5 probability=0" };

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    GstHarness *harness = harness_new (settings[i], &kinds[1]);
    GstBuffer *in = new_buffer (&kinds[1], 0, 333), *out;

    GST_BUFFER_OFFSET (in) = 17;
    out = gst_harness_push_and_pull (harness, gst_buffer_ref (in));
    g_assert_true (in == out);
    g_assert_cmpuint (GST_BUFFER_OFFSET (out), ==, 17);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    gst_harness_teardown (harness);
  }
}

/* A buffer that others hold is left alone, and one that is a window is that window. */
static void
test_shared (void)
{
  static const char *const settings[] = { "gain=6", "gain=6 length=1000" };

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    for (int shared = 0; shared < 2; shared++) {
      GstHarness *harness = harness_new (settings[i], &kinds[0]);
      GstBuffer *in = new_buffer (&kinds[0], 0, LENGTH), *plain = gst_buffer_copy_deep (in), *out;
      GstMapInfo map;

      out = gst_harness_push_and_pull (harness, shared ? gst_buffer_ref (in) : in);
      g_assert_true ((in != out) == shared);
      g_assert_true (gst_buffer_map (plain, &map, GST_MAP_READ));
      g_assert_cmpint (gst_buffer_memcmp (out, 0, map.data, map.size), !=, 0);
      if (shared)
        g_assert_cmpint (gst_buffer_memcmp (in, 0, map.data, map.size), ==, 0);
      gst_buffer_unmap (plain, &map);
      if (shared)
        gst_buffer_unref (in);
      gst_buffer_unref (out);
      gst_buffer_unref (plain);
      gst_harness_teardown (harness);
    }
}

/* A window keeps what properties are at its beginning, from idle to work and back. */
static void
test_live_change (void)
{
  GstHarness *harness = harness_new ("length=1000 seed=6", &kinds[0]);
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "audioaugment");
  GenAugmentSettings idle = settings_of ("seed=6"), loud = settings_of ("gain=12 seed=6");

  for (guint64 window = 0; window < 6; window++) {
    const gboolean active = window % 2 == 1;
    g_autoptr (GByteArray) bytes = NULL;

    /* Set half a window before it counts. */
    push_frames (harness, &kinds[0], window * LENGTH, window * LENGTH + 500, 250);
    g_object_set (element, "gain", active ? 0.0 : 12.0, NULL);
    push_frames (harness, &kinds[0], window * LENGTH + 500, (window + 1) * LENGTH, 250);
    bytes = pull_all (harness, &kinds[0], window * LENGTH);
    assert_expected (
        bytes, &kinds[0], active ? &loud : &idle, window * LENGTH, (window + 1) * LENGTH, LENGTH);
  }
  gst_harness_teardown (harness);
}

/* A window that is begun anew, by a jump or a seek, takes what properties are then. */
static void
test_change_and_jump (void)
{
  const GenAugmentSettings loud = settings_of ("gain=12 seed=6");

  for (int flush = 0; flush < 2; flush++) {
    GstHarness *harness = harness_new ("length=1000 seed=6", &kinds[0]);
    g_autoptr (GstElement) element = gst_harness_find_element (harness, "audioaugment");
    g_autoptr (GByteArray) bytes = NULL;

    push_frames (harness, &kinds[0], 0, 900, 900);
    gst_buffer_unref (gst_harness_pull (harness));
    g_object_set (element, "gain", 12.0, NULL);
    if (flush)
      seek_to (harness, 0);
    push_frames (harness, &kinds[0], 0, LENGTH, 250);
    bytes = pull_all (harness, &kinds[0], 0);
    assert_expected (bytes, &kinds[0], &loud, 0, LENGTH, LENGTH);
    gst_harness_teardown (harness);
  }
}

/* What a controlled property makes of a stream is the same however it is cut, where it begins in
 * the middle of a buffer, too. */
static void
test_controlled (void)
{
  static const gsize chunks[] = { 7, 480, 2500, 10000 };
  const guint64 end = 10 * LENGTH;
  g_autoptr (GByteArray) first = NULL;

  for (gsize c = 0; c < G_N_ELEMENTS (chunks); c++) {
    GstHarness *harness = harness_new ("length=1000 seed=6", &kinds[0]);
    g_autoptr (GstElement) element = gst_harness_find_element (harness, "audioaugment");
    GstControlSource *source = gst_interpolation_control_source_new ();
    GstTimedValueControlSource *values = GST_TIMED_VALUE_CONTROL_SOURCE (source);
    g_autoptr (GByteArray) bytes = NULL, plain = NULL;

    /* Nothing up to window 3, then more and more, and nothing again from 8 on. */
    g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
    gst_timed_value_control_source_set (values, 0, 0);
    gst_timed_value_control_source_set (values, time_of (3 * LENGTH), 0);
    gst_timed_value_control_source_set (values, time_of (7 * LENGTH), 0.5);
    gst_timed_value_control_source_set (values, time_of (8 * LENGTH), 0);
    g_assert_true (gst_object_add_control_binding (GST_OBJECT (element),
        gst_direct_control_binding_new (GST_OBJECT (element), "gain", source)));
    push_frames (harness, &kinds[0], 0, end, chunks[c]);
    bytes = pull_all (harness, &kinds[0], 0);
    plain = g_byte_array_new ();
    g_byte_array_set_size (plain, (guint)(end * sizeof (float)));
    fill_samples (&kinds[0], 0, end, plain->data);
    g_assert_cmpuint (bytes->len, ==, plain->len);
    for (guint64 window = 0; window < 10; window++)
      g_assert_true ((memcmp (bytes->data + window * LENGTH * sizeof (float),
                          plain->data + window * LENGTH * sizeof (float),
                          LENGTH * sizeof (float)) != 0) == (window > 3 && window < 8));
    if (first == NULL)
      first = g_steal_pointer (&bytes);
    else
      g_assert_cmpmem (first->data, first->len, bytes->data, bytes->len);
    gst_object_unref (source);
    gst_harness_teardown (harness);
  }
}

static void
test_latency (void)
{
  GstHarness *harness = harness_new ("length=1000 gain=6", &kinds[0]);

  g_assert_cmpuint (gst_harness_query_latency (harness), ==, time_of (LENGTH));
  gst_harness_teardown (harness);
  harness = harness_new ("gain=6", &kinds[0]);
  g_assert_cmpuint (gst_harness_query_latency (harness), ==, 0);
  gst_harness_teardown (harness);
}

/* A stream without times, and one that is not whole frames. */
static void
test_doubtful (void)
{
  static const char *const settings[] = { SETTINGS, "length=1000 " SETTINGS };

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    GstHarness *harness = harness_new (settings[i], &kinds[3]);
    guint n;

    for (int b = 0; b < 20; b++) {
      GstBuffer *buffer = new_buffer (&kinds[3], (guint64)b * 100, 100);

      gst_buffer_set_size (buffer, 100 * 16 - b);
      g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    }
    gst_harness_push_event (harness, gst_event_new_eos ());
    n = gst_harness_buffers_in_queue (harness);
    g_assert_cmpuint (n, ==, i == 0 ? 20 : 2);
    for (guint b = 0; b < n; b++) {
      GstBuffer *buffer = gst_harness_pull (harness);

      g_assert_false (GST_BUFFER_PTS_IS_VALID (buffer));
      if (i == 1)
        g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, b * LENGTH);
      gst_buffer_unref (buffer);
    }
    gst_harness_teardown (harness);
  }
}

/* Play windows [first, end) of the pipeline, and see that each is as in `windows`, which learns
 * those that it does not have. */
static void
play_windows (Player *player, guint64 first, guint64 end, guint64 length, GBytes **windows)
{
  g_assert_true (gst_element_seek (player->pipeline, 1, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET,
      (gint64)gst_util_uint64_scale (first * length, GST_SECOND, 44100), GST_SEEK_TYPE_SET,
      (gint64)gst_util_uint64_scale (end * length, GST_SECOND, 44100)));
  player_play_to_end (player);
  g_assert_cmpuint (player->buffers->len, ==, end - first);
  for (guint i = 0; i < player->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (player->buffers, i);
    const guint64 window = first + i;
    g_autoptr (GBytes) bytes = NULL;
    GstMapInfo map;

    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, window * length);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    bytes = g_bytes_new (map.data, map.size);
    gst_buffer_unmap (buffer, &map);
    if (windows[window] == NULL)
      windows[window] = g_steal_pointer (&bytes);
    else
      g_assert_true (g_bytes_equal (windows[window], bytes));
  }
  g_ptr_array_set_size (player->buffers, 0);
}

/* 100 seeks in a pipeline, forwards and back, to where windows begin: all of them are as they were
 * when it played through. */
static void
test_pipeline (void)
{
  const guint64 length = 4410;
  GBytes *windows[20] = { NULL };
  Player player;

  player_open (&player,
      "audiotestsrc wave=saw samplesperbuffer=441 ! audio/x-raw,rate=44100 ! "
      "audioaugment length=4410 " SETTINGS " ! fakesink name=sink signal-handoffs=true");
  g_ptr_array_set_size (player.buffers, 0);
  play_windows (&player, 0, 20, length, windows);
  for (guint64 i = 0; i < 100; i++)
    play_windows (&player, i * 13 % 18, i * 13 % 18 + 1 + i % 2, length, windows);
  player_close (&player);
  for (int i = 0; i < 20; i++)
    g_bytes_unref (windows[i]);
}

/* Each augmentation of the library is a property that can be controlled. */
static void
test_properties (void)
{
  g_autoptr (GstElement) element = gst_element_factory_make ("audioaugment", NULL);
  const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_sound);

  g_assert_nonnull (element);
  gst_object_ref_sink (element);
  for (int i = 0; list[i] != NULL; i++) {
    GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), list[i]->name);
    double value;

    g_assert_nonnull (spec);
    g_assert_cmpuint (spec->flags & GST_PARAM_CONTROLLABLE, !=, 0);
    g_assert_cmpstr (g_param_spec_get_blurb (spec), ==, list[i]->description);
    g_object_set (element, list[i]->name, list[i]->maximum / 2, NULL);
    g_object_get (element, list[i]->name, &value, NULL);
    g_assert_cmpfloat (value, ==, list[i]->maximum / 2);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audioaugment/buffers", test_buffers);
  g_test_add_func ("/audioaugment/numbers", test_numbers);
  g_test_add_func ("/audioaugment/chunks", test_chunks);
  g_test_add_func ("/audioaugment/formats", test_formats);
  g_test_add_func ("/audioaugment/seek", test_seek);
  g_test_add_func ("/audioaugment/seek-into", test_seek_into);
  g_test_add_func ("/audioaugment/jumps", test_jumps);
  g_test_add_func ("/audioaugment/backwards", test_backwards);
  g_test_add_func ("/audioaugment/gaps", test_gaps);
  g_test_add_func ("/audioaugment/gap-buffer", test_gap_buffer);
  g_test_add_func ("/audioaugment/rate-change", test_rate_change);
  g_test_add_func ("/audioaugment/idle", test_idle);
  g_test_add_func ("/audioaugment/shared", test_shared);
  g_test_add_func ("/audioaugment/live-change", test_live_change);
  g_test_add_func ("/audioaugment/change-and-jump", test_change_and_jump);
  g_test_add_func ("/audioaugment/controlled", test_controlled);
  g_test_add_func ("/audioaugment/latency", test_latency);
  g_test_add_func ("/audioaugment/doubtful", test_doubtful);
  g_test_add_func ("/audioaugment/pipeline", test_pipeline);
  g_test_add_func ("/audioaugment/properties", test_properties);
  return g_test_run ();
}
