/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* latentsrc that follows a sound: what it makes of it, however the sound comes; jumps, gaps,
 * flushes and ends; what does not go. */
#include <generative/latent-change.h>
#include <generative/sound-follower.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"
#include "models.h"
#include "player.h"

enum { RATE = 44100, FRAMES = 45, LENGTH = 16, SAMPLES = RATE * 3 / 2, FRAME = RATE / 30 };

#define SOURCE "latentsrc dimensions=16 walk=slerp speed=0.5 seed=3 "

/* A second and a half of something that beats four times a second, high and low by turns. */
static float
sample_at (gint64 i)
{
  const double beat = (double)(i % (RATE / 4)) / RATE, t = 2 * G_PI * (double)i / RATE;

  return (float)(0.8 * exp (-12 * beat) * sin ((i / (RATE / 4) % 2 == 0 ? 90 : 6000) * t));
}

/* `channels` times the same, from sample `first` on. */
static GstBuffer *
make_sound (gint64 first, gsize n, int channels, gboolean int16)
{
  const gsize size = n * (gsize)channels * (int16 ? sizeof (gint16) : sizeof (float));
  void *data = g_malloc (size);

  for (gsize i = 0; i < n * (gsize)channels; i++) {
    const float sample = sample_at (first + (gint64)(i / (gsize)channels));

    if (int16)
      ((gint16 *)data)[i] = (gint16)lrintf (sample * 32767);
    else
      ((float *)data)[i] = sample;
  }
  return gst_buffer_new_wrapped (data, size);
}

static GstClockTime
time_of (guint64 sample)
{
  return gst_util_uint64_scale (sample, GST_SECOND, RATE);
}

static GstHarness *
open_harness (const char *launch, const char *format, int channels)
{
  g_autoptr (GError) error = NULL;
  GstElement *element = gst_parse_launch (launch, &error);
  g_autofree char *caps = g_strdup_printf (
      "audio/x-raw,format=%s,layout=interleaved,rate=%d,channels=%d,channel-mask=(bitmask)0",
      format, RATE, channels);
  GstHarness *harness;

  g_assert_no_error (error);
  harness = gst_harness_new_with_element (element, "sound", "src");
  gst_object_unref (element);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

/* Push samples [first, end) at their time. */
static GstFlowReturn
push (GstHarness *harness, gint64 first, gint64 end, int channels, gboolean int16)
{
  GstBuffer *buffer = make_sound (first, (gsize)(end - first), channels, int16);

  GST_BUFFER_PTS (buffer) = time_of ((guint64)first);
  return gst_harness_push (harness, buffer);
}

/* Push all of it in pieces of `piece` samples. */
static void
push_pieces (GstHarness *harness, gint64 piece, int channels, gboolean int16)
{
  for (gint64 at = 0; at < SAMPLES; at += piece)
    g_assert_cmpint (
        push (harness, at, MIN (at + piece, SAMPLES), channels, int16), ==, GST_FLOW_OK);
}

/* Wait for EOS, which follows the last frame. */
static void
wait_for_end (GstHarness *harness)
{
  for (int i = 0; i < 2000; i++) {
    if (GST_PAD_IS_EOS (harness->sinkpad))
      return;
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
  }
  g_error ("no EOS came");
}

/* Take `n` frames, the first of which is number `first`. (transfer full) */
static float *
pull (GstHarness *harness, guint64 first, gsize n)
{
  float *latents = g_new (float, n *LENGTH);

  for (gsize i = 0; i < n; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);

    g_assert_nonnull (buffer);
    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, first + i);
    g_assert_cmpuint (
        GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (first + i, GST_SECOND, 30));
    g_assert_cmpuint (gst_buffer_extract (buffer, 0, latents + i * LENGTH, LENGTH * sizeof (float)),
        ==, LENGTH * sizeof (float));
  }
  return latents;
}

static float *
pull_to_end (GstHarness *harness)
{
  float *latents;

  gst_harness_push_event (harness, gst_event_new_eos ());
  latents = pull (harness, 0, FRAMES);
  wait_for_end (harness);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 0);
  return latents;
}

/* What all pieces and formats have to come to. (transfer full) */
static float *
make_reference (const char *launch)
{
  GstHarness *harness = open_harness (launch, "F32LE", 1);
  float *latents;

  push_pieces (harness, SAMPLES, 1, FALSE);
  latents = pull_to_end (harness);
  gst_harness_teardown (harness);
  return latents;
}

static void
assert_same (const float *a, const float *b, gsize frames)
{
  g_assert_cmpmem (a, frames * LENGTH * sizeof (float), b, frames * LENGTH * sizeof (float));
}

static double
distance (const float *a, const float *b)
{
  double sum = 0;

  for (gsize i = 0; i < LENGTH; i++)
    sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
  return sqrt (sum);
}

static void
assert_near (const float *a, const float *b, double difference)
{
  for (gsize i = 0; i < FRAMES; i++)
    g_assert_cmpfloat (distance (a + i * LENGTH, b + i * LENGTH), <=, difference);
}

/* The library's own numbers: each moment moves the walk until the next one or the frame's end, the
 * last of them pushes. */
static void
test_library (void)
{
  static const struct {
    const char *properties;
    double attack, release, speed, truncation;
    GenSoundValue speed_follows, truncation_follows;
    double pushes[3];
    GenDistribution distribution;
  } cases[] = {
    { "", 0.01, 0.25, 2, 0, GEN_SOUND_LEVEL, GEN_SOUND_LEVEL, { 1, 1, 2 },
        GEN_DISTRIBUTION_NORMAL },
    { "attack=0.1 release=0 sound-speed=8 speed-follows=bass bass=-2 middle=0 treble=0", 0.1, 0, 8,
        0, GEN_SOUND_BASS, GEN_SOUND_LEVEL, { -2, 0, 0 }, GEN_DISTRIBUTION_NORMAL },
    { "sound-speed=-4 bass=0 middle=0 treble=0 distribution=spherical", 0.01, 0.25, -4, 0,
        GEN_SOUND_LEVEL, GEN_SOUND_LEVEL, { 0, 0, 0 }, GEN_DISTRIBUTION_SPHERICAL },
    { "sound-speed=0 sound-truncation=-1.5 truncation-follows=treble distribution=truncated", 0.01,
        0.25, 0, -1.5, GEN_SOUND_LEVEL, GEN_SOUND_TREBLE, { 1, 1, 2 }, GEN_DISTRIBUTION_TRUNCATED },
  };

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autofree char *launch = g_strconcat (SOURCE, cases[c].properties, NULL);
    g_autofree float *latents = make_reference (launch), *samples = g_new (float, SAMPLES);
    g_autoptr (GenSoundFollower) follower =
        gen_sound_follower_new (RATE, 1, cases[c].attack, cases[c].release);
    g_autoptr (GenDirections) directions = gen_directions_draw (3, 3, LENGTH);
    GenLatent latent = GEN_LATENT_DEFAULTS;
    GenSoundMoment moment = { 0 }, next;
    guint64 at = 0;

    latent.length = LENGTH;
    latent.seed = 3;
    latent.walk = GEN_WALK_SLERP;
    latent.speed = 0.5;
    latent.distribution = cases[c].distribution;
    for (int i = 0; i < SAMPLES; i++)
      samples[i] = sample_at (i);
    gen_sound_follower_hear (follower, samples, SAMPLES);
    for (guint64 frame = 0; frame < FRAMES; frame++) {
      float expected[LENGTH];
      double amounts[3];

      while (gen_sound_follower_take (follower, (frame + 1) * FRAME, &next)) {
        latent.advance += MAX (cases[c].speed * moment.values[cases[c].speed_follows], -0.5) *
                          (double)(next.end - at) / RATE;
        moment = next;
        at = next.end;
      }
      latent.advance += MAX (cases[c].speed * moment.values[cases[c].speed_follows], -0.5) *
                        (double)((frame + 1) * FRAME - at) / RATE;
      at = (frame + 1) * FRAME;
      for (int i = 0; i < 3; i++)
        amounts[i] = cases[c].pushes[i] * moment.values[GEN_SOUND_BASS + i];
      gen_latent_fill (&latent, frame, 30, 1, expected);
      gen_latent_turn (&latent, directions, amounts, 3, expected);
      if (cases[c].truncation != 0)
        gen_latent_scale (&latent,
            (2 + cases[c].truncation * moment.values[cases[c].truncation_follows]) / 2, expected);
      for (int i = 0; i < LENGTH; i++)
        g_assert_cmpfloat_with_epsilon (latents[frame * LENGTH + (guint)i], expected[i], 1e-6);
    }
  }
}

/* However it is cut, whatever its channels and its format are. */
static void
test_pieces (void)
{
  static const gint64 pieces[] = { SAMPLES, FRAME, 441, 1000, 7, 40000 };
  g_autofree float *reference = make_reference (SOURCE);

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
    GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
    g_autofree float *latents = NULL;

    push_pieces (harness, pieces[i], 1, FALSE);
    latents = pull_to_end (harness);
    assert_same (latents, reference, FRAMES);
    gst_harness_teardown (harness);
  }
}

static void
test_formats (void)
{
  static const struct {
    const char *format;
    int channels;
    double difference;
  } cases[] = { { "F32LE", 2, 1e-5 }, { "F32LE", 5, 1e-5 }, { "S16LE", 1, 2e-3 },
    { "S16LE", 2, 2e-3 } };
  g_autofree float *reference = make_reference (SOURCE);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *harness = open_harness (SOURCE, cases[i].format, cases[i].channels);
    g_autofree float *latents = NULL;

    push_pieces (harness, 1024, cases[i].channels, cases[i].format[0] == 'S');
    latents = pull_to_end (harness);
    assert_near (latents, reference, cases[i].difference);
    gst_harness_teardown (harness);
  }
}

/* Silence moves nothing, and a source without a sound makes the same then. */
static void
test_silence (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 2);
  g_autofree float *latents = NULL;
  GenLatent latent = GEN_LATENT_DEFAULTS;

  latent.length = LENGTH;
  latent.seed = 3;
  latent.walk = GEN_WALK_SLERP;
  latent.speed = 0.5;
  gst_harness_push (harness, gst_buffer_new_wrapped (g_malloc0 (SAMPLES * 8), SAMPLES * 8));
  latents = pull_to_end (harness);
  for (guint64 frame = 0; frame < FRAMES; frame++) {
    float expected[LENGTH];

    gen_latent_fill (&latent, frame, 30, 1, expected);
    g_assert_cmpmem (latents + frame * LENGTH, sizeof expected, expected, sizeof expected);
  }
  gst_harness_teardown (harness);
}

/* Frames come no sooner than their sound, and the sound waits for its frames. */
static void
test_waiting (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);

  push (harness, 0, FRAME - 1, 1, FALSE);
  g_usleep (50 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 0);
  push (harness, FRAME - 1, FRAME, 1, FALSE);
  g_free (pull (harness, 0, 1));
  /* A part of a frame's sound makes a frame at the end. */
  push (harness, FRAME, FRAME + 1, 1, FALSE);
  gst_harness_push_event (harness, gst_event_new_eos ());
  g_free (pull (harness, 1, 1));
  wait_for_end (harness);
  gst_harness_teardown (harness);
}

/* A frame rate that no rate of samples is a multiple of, over ten minutes: frame N has the sound up
 * to where it ends, and none is missing or too many. */
static void
test_ten_minutes (void)
{
  enum { SECONDS = 600, PIECE = RATE / 10 };
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  const guint64 frames =
      gst_util_uint64_scale_ceil ((guint64)SECONDS * RATE, 24000, (guint64)1001 * RATE);
  guint64 next = 0;

  gst_harness_set_sink_caps_str (harness, "other/tensors,framerate=(fraction)24000/1001");
  for (gint64 at = 0; at < (gint64)SECONDS * RATE; at += PIECE) {
    GstBuffer *buffer = gst_buffer_new_wrapped (g_malloc0 (PIECE * 4), PIECE * 4);

    GST_BUFFER_PTS (buffer) = time_of ((guint64)at);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    /* Up to a piece behind, and one that the sound may be ahead. */
    while (
        next < gst_util_uint64_scale ((guint64)MAX (at - PIECE, 0), 24000, (guint64)1001 * RATE)) {
      g_autoptr (GstBuffer) made = gst_harness_pull (harness);

      g_assert_cmpuint (GST_BUFFER_OFFSET (made), ==, next);
      g_assert_cmpuint (
          GST_BUFFER_PTS (made), ==, gst_util_uint64_scale (next, 1001 * GST_SECOND, 24000));
      next++;
    }
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
  wait_for_end (harness);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, frames - next);
  gst_harness_teardown (harness);
}

/* Another frame rate in the middle: frames stay with their sound. */
static void
test_rates (void)
{
  static const struct {
    const char *caps;
    guint64 per_second;
  } cases[] = { { "other/tensors,framerate=(fraction)60/1", 60 },
    { "other/tensors,framerate=(fraction)15/1", 15 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
    const GstClockTime half = GST_SECOND / 2;
    GstClockTime before = 0;
    guint64 last = 0;
    gboolean changed = FALSE;
    GstBuffer *buffer;

    push (harness, 0, RATE / 2, 1, FALSE);
    g_free (pull (harness, 0, 15));
    gst_harness_set_sink_caps_str (harness, cases[i].caps);
    push (harness, RATE / 2, SAMPLES, 1, FALSE);
    gst_harness_push_event (harness, gst_event_new_eos ());
    wait_for_end (harness);
    while ((buffer = gst_harness_try_pull (harness)) != NULL) {
      const GstClockTime time = GST_BUFFER_PTS (buffer);

      /* One frame may have been on its way. */
      changed = changed || GST_BUFFER_OFFSET (buffer) * GST_SECOND / cases[i].per_second == time;
      g_assert_true (changed || time == half);
      if (before > 0)
        g_assert_cmpuint (time - before, <=, GST_SECOND / cases[i].per_second + GST_SECOND / 30);
      before = time;
      last = GST_BUFFER_OFFSET (buffer);
      gst_buffer_unref (buffer);
    }
    g_assert_true (changed);
    /* The last one that begins within a second and a half. */
    g_assert_cmpuint (last, ==, (3 * cases[i].per_second + 1) / 2 - 1);
    gst_harness_teardown (harness);
  }
}

/* A sound that ends before it began. */
static void
test_nothing (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);

  gst_harness_push_event (harness, gst_event_new_eos ());
  wait_for_end (harness);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 0);
  gst_harness_teardown (harness);
}

static void
push_segment (GstHarness *harness, GstClockTime start, GstClockTime time, double rate)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.position = start;
  segment.time = time;
  segment.rate = rate;
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
}

/* A gap is silence, told by an event or by times; what comes twice is heard once. */
static void
test_gaps (void)
{
  enum { FROM = 10000, TO = 25000 };
  g_autofree float *reference = NULL;

  for (int way = 0; way < 4; way++) {
    GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
    g_autofree float *latents = NULL;

    push (harness, 0, FROM, 1, FALSE);
    if (way == 0) {
      GstBuffer *silence =
          gst_buffer_new_wrapped (g_malloc0 ((TO - FROM) * 4), (gsize)(TO - FROM) * 4);

      GST_BUFFER_PTS (silence) = time_of (FROM);
      gst_harness_push (harness, silence);
    } else if (way == 1) {
      gst_harness_push_event (
          harness, gst_event_new_gap (time_of (FROM), time_of (TO) - time_of (FROM)));
    }
    if (way == 3)
      push (harness, 5000, FROM, 1, FALSE);
    push (harness, TO, SAMPLES, 1, FALSE);
    latents = pull_to_end (harness);
    if (way == 0)
      reference = g_steal_pointer (&latents);
    else
      assert_same (latents, reference, FRAMES);
    gst_harness_teardown (harness);
  }
}

/* Segments: where the sound lies in its stream tells the frame, and times follow the segment. */
static void
test_segments (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  g_autofree float *reference = make_reference (SOURCE), *latents = NULL;
  GstBuffer *buffer;

  push (harness, 0, 10 * FRAME + 100, 1, FALSE);
  /* A new one, without a flush: what was heard becomes frames first. */
  push_segment (harness, 7 * GST_SECOND, 0, 1);
  buffer = make_sound (0, SAMPLES, 1, FALSE);
  GST_BUFFER_PTS (buffer) = 7 * GST_SECOND;
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  gst_harness_push_event (harness, gst_event_new_eos ());
  latents = pull (harness, 0, 11);
  assert_same (latents, reference, 10);
  for (guint64 frame = 0; frame < FRAMES; frame++) {
    g_autoptr (GstBuffer) made = gst_harness_pull (harness);
    GstMapInfo map;

    g_assert_cmpuint (GST_BUFFER_OFFSET (made), ==, frame);
    g_assert_cmpuint (
        GST_BUFFER_PTS (made), ==, 7 * GST_SECOND + gst_util_uint64_scale (frame, GST_SECOND, 30));
    gst_buffer_map (made, &map, GST_MAP_READ);
    g_assert_cmpmem (map.data, map.size, reference + frame * LENGTH, LENGTH * sizeof (float));
    gst_buffer_unmap (made, &map);
  }
  wait_for_end (harness);
  gst_harness_teardown (harness);
}

/* What is said again changes nothing. */
static void
test_again (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  g_autofree float *reference = make_reference (SOURCE), *latents = NULL;
  g_autoptr (GstCaps) caps = NULL;

  push (harness, 0, 5000, 1, FALSE);
  caps = gst_pad_get_current_caps (harness->srcpad);
  push_segment (harness, 0, 0, 1);
  gst_harness_push_event (harness, gst_event_new_caps (caps));
  push (harness, 5000, SAMPLES, 1, FALSE);
  latents = pull_to_end (harness);
  assert_same (latents, reference, FRAMES);
  gst_harness_teardown (harness);
}

/* A sound that begins late, or in the middle, has the frames of its place. */
static void
test_late_beginning (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);

  push (harness, 20 * FRAME + 5, 22 * FRAME, 1, FALSE);
  gst_harness_push_event (harness, gst_event_new_eos ());
  g_free (pull (harness, 20, 2));
  wait_for_end (harness);
  gst_harness_teardown (harness);
}

/* Other caps in the middle: frames go on. */
static void
test_caps (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);

  push (harness, 0, 10 * FRAME, 1, FALSE);
  gst_harness_set_src_caps_str (harness,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=44100,channels=2,channel-mask=(bitmask)3");
  push (harness, 10 * FRAME, SAMPLES, 2, TRUE);
  g_free (pull_to_end (harness));
  gst_harness_teardown (harness);
}

/* A flush from where the sound comes from goes on, and everything begins anew, whenever it comes.
 */
static void
test_flush (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  g_autofree float *reference = make_reference (SOURCE);

  for (int i = 0; i < 60; i++) {
    push (harness, 0, 1 + i % 13 * 700, 1, FALSE);
    if (i % 5 == 4) {
      gst_harness_push_event (harness, gst_event_new_eos ());
      wait_for_end (harness);
    }
    gst_harness_push_event (harness, gst_event_new_flush_start ());
    gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
    g_assert_false (GST_PAD_IS_FLUSHING (harness->sinkpad));
    g_assert_false (GST_PAD_IS_EOS (harness->sinkpad));
    while (gst_harness_buffers_in_queue (harness) > 0)
      gst_buffer_unref (gst_harness_pull (harness));
    push_segment (harness, 0, 0, 1);
    if (i % 20 == 19) {
      g_autofree float *latents = NULL;

      push_pieces (harness, 3000, 1, FALSE);
      latents = pull_to_end (harness);
      assert_same (latents, reference, FRAMES);
      gst_harness_push_event (harness, gst_event_new_flush_start ());
      gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
      push_segment (harness, 0, 0, 1);
    }
  }
  gst_harness_teardown (harness);
}

/* No more frames are wanted: neither is sound. */
static void
test_enough (void)
{
  GstHarness *harness = open_harness (SOURCE "num-buffers=5", "F32LE", 1);
  GstFlowReturn result = GST_FLOW_OK;

  for (gint64 at = 0; at < SAMPLES && result == GST_FLOW_OK; at += 1000)
    result = push (harness, at, at + 1000, 1, FALSE);
  g_assert_cmpint (result, ==, GST_FLOW_EOS);
  g_free (pull (harness, 0, 5));
  wait_for_end (harness);
  gst_harness_teardown (harness);
}

/* A frame waits for its sound: 1/30 s more than the sound itself. */
static void
test_latency (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);

  push (harness, 0, FRAME, 1, FALSE);
  g_free (pull (harness, 0, 1));
  gst_harness_set_upstream_latency (harness, 20 * GST_MSECOND);
  g_assert_cmpuint (gst_harness_query_latency (harness), ==, 20 * GST_MSECOND + GST_SECOND / 30);
  gst_harness_teardown (harness);
}

/* Whoever takes the pad away ends the stream. */
static void
test_release (void)
{
  g_autoptr (GError) error = NULL;
  Player player;
  g_autoptr (GstElement) source = NULL, test = NULL;
  g_autoptr (GstPad) pad = NULL, peer = NULL;

  player_open (&player, "audiotestsrc name=test ! audio/x-raw,format=S16LE,rate=44100 ! " SOURCE
                        "name=l l. ! fakesink name=sink signal-handoffs=true sync=true");
  source = gst_bin_get_by_name (GST_BIN (player.pipeline), "l");
  pad = gst_element_get_static_pad (source, "sound");
  peer = gst_pad_get_peer (pad);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  gst_pad_unlink (peer, pad);
  gst_element_release_request_pad (source, pad);
  g_assert_null (gst_element_get_static_pad (source, "sound"));
  for (int i = 0; i < 1000; i++) {
    g_autoptr (GstPad) made = gst_element_get_static_pad (source, "src");

    if (GST_PAD_IS_EOS (made))
      break;
    g_assert_cmpint (i, <, 999);
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
  }
  player_close (&player);
}

/* --- pipelines --- */

static char *folder;

/* Three seconds of a kick drum, of sorts, that is struck at each 15th frame, in a file. */
static char *
save_drum (void)
{
  enum { N = 3 * RATE, HEADER = 44 };
  g_autofree char *bytes = g_malloc (HEADER + N * sizeof (gint16));
  gint16 *samples = (gint16 *)(bytes + HEADER);
  char *path = g_build_filename (folder, "drum.wav", NULL);
  const guint32 rates[] = { RATE, RATE * 2 }, sizes[] = { HEADER - 8 + N * 2, 16, N * 2 };
  const guint16 kinds[] = { 1, 1 }, alignment[] = { 2, 16 };

  memcpy (bytes, "RIFF", 4);
  memcpy (bytes + 4, &sizes[0], 4);
  memcpy (bytes + 8, "WAVEfmt ", 8);
  memcpy (bytes + 16, &sizes[1], 4);
  memcpy (bytes + 20, kinds, 4);
  memcpy (bytes + 24, rates, 8);
  memcpy (bytes + 32, alignment, 4);
  memcpy (bytes + 36, "data", 4);
  memcpy (bytes + 40, &sizes[2], 4);
  for (int i = 0; i < N; i++) {
    const double beat = (double)(i % (RATE / 2)) / RATE;

    samples[i] =
        GINT16_TO_LE ((gint16)lrint (30000 * exp (-30 * beat) * sin (2 * G_PI * 90 * beat)));
  }
  g_assert_true (g_file_set_contents (path, bytes, HEADER + N * (gssize)sizeof (gint16), NULL));
  return path;
}

static void
assert_buffers_same (const GPtrArray *a, const GPtrArray *b, guint from_b)
{
  g_assert_cmpuint (a->len + from_b, ==, b->len);
  for (guint i = 0; i < a->len; i++) {
    GstMapInfo map;

    gst_buffer_map (a->pdata[i], &map, GST_MAP_READ);
    g_assert_cmpint (gst_buffer_memcmp (b->pdata[from_b + i], 0, map.data, map.size), ==, 0);
    g_assert_cmpuint (GST_BUFFER_PTS (a->pdata[i]), ==, GST_BUFFER_PTS (b->pdata[from_b + i]));
    gst_buffer_unmap (a->pdata[i], &map);
  }
}

/* Latents move where the drum is struck, more than anywhere between. */
static void
test_drum (void)
{
  g_autofree char *path = save_drum ();
  g_autofree char *launch =
      g_strdup_printf ("filesrc location=%s ! wavparse ! " SOURCE
                       "release=0.1 name=l l. ! fakesink name=sink signal-handoffs=true sync=false",
          path);
  double at = G_MAXDOUBLE, between = 0;
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 90);
  for (guint i = 1; i < 90; i++) {
    float before[LENGTH], after[LENGTH];
    double moved;

    gst_buffer_extract (player.buffers->pdata[i - 1], 0, before, sizeof before);
    gst_buffer_extract (player.buffers->pdata[i], 0, after, sizeof after);
    moved = distance (before, after);
    if (i % 15 == 0)
      at = MIN (at, moved);
    else if (i % 15 > 3)
      between = MAX (between, moved);
  }
  g_test_message ("a strike moves by %.3f at least, nothing by %.3f at most", at, between);
  g_assert_cmpfloat (at, >, 2 * between);
  player_close (&player);
}

/* Pictures that dance, twice the same; the sound goes to somebody else as well. */
static void
test_pictures (void)
{
  g_autofree char *path = save_drum (), *model = g_build_filename (folder, "g.onnx", NULL);
  g_autofree char *launch = g_strdup_printf (
      "filesrc location=%s ! wavparse ! tee name=t  t. ! queue ! " SOURCE
      "name=l l. ! generator model=%s ! fakesink name=sink signal-handoffs=true sync=false  "
      "t. ! queue ! fakesink sync=false",
      path, model);
  Player players[2];

  {
    g_autoptr (GenGraph) graph = gen_graph_new ("generator");
    g_autoptr (GError) error = NULL;
    GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH));
    float weights[LENGTH][64];
    GenTensor *w, *y;
    const gint64 dims[] = { -1, 1, 8, 8 };

    for (int i = 0; i < LENGTH; i++)
      for (int j = 0; j < 64; j++)
        weights[i][j] = (float)((i * 7 + j * 3) % 11) / 11 - 0.5f;
    w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (LENGTH, 64),
        g_bytes_new (weights, sizeof weights));
    y = gen_binary (graph, "MatMul", z, w, &error);
    y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, dims, 4), &error);
    g_assert_no_error (error);
    say_range (graph, "generative.output-range", "-2,2");
    save_model (graph, y, model);
  }
  for (int i = 0; i < 2; i++) {
    player_open (&players[i], launch);
    player_play_to_end (&players[i]);
    g_assert_cmpuint (players[i].buffers->len, ==, 90);
  }
  assert_buffers_same (players[0].buffers, players[1].buffers, 0);
  g_assert_cmpint (gst_buffer_get_size (players[0].buffers->pdata[0]), ==, 64);
  player_close (&players[0]);
  player_close (&players[1]);
}

/* Seeks go to where the sound comes from. To the beginning: everything again. Elsewhere: frames of
 * that place, the same each time. */
static void
test_seek (void)
{
  static const struct {
    GstFormat format;
    gint64 start;
    GstSeekFlags flags;
    guint64 first;
  } cases[] = {
    { GST_FORMAT_TIME, 0, GST_SEEK_FLAG_FLUSH, 0 },
    { GST_FORMAT_TIME, GST_SECOND, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, 30 },
    { GST_FORMAT_DEFAULT, 45, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, 45 },
  };
  g_autofree char *path = save_drum ();
  g_autofree char *launch = g_strdup_printf (
      "filesrc location=%s ! wavparse ! tee name=t  t. ! queue ! " SOURCE
      "name=l l. ! fakesink name=sink signal-handoffs=true sync=false  t. ! queue ! fakesink "
      "sync=false",
      path);

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autoptr (GPtrArray) first_time = NULL;
    Player player;
    gint64 duration;

    player_open (&player, launch);
    g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_TIME, &duration));
    g_assert_cmpint (duration, ==, 3 * GST_SECOND);
    for (int again = 0; again < 3; again++) {
      gst_element_set_state (player.pipeline, GST_STATE_PAUSED);
      gst_element_get_state (player.pipeline, NULL, NULL, 20 * GST_SECOND);
      g_assert_true (gst_element_seek_simple (
          player.pipeline, cases[c].format, cases[c].flags, cases[c].start));
      g_assert_cmpint (gst_element_get_state (player.pipeline, NULL, NULL, 20 * GST_SECOND), ==,
          GST_STATE_CHANGE_SUCCESS);
      g_assert_cmpuint (player.buffers->len, ==, 0);
      player_play_to_end (&player);
      g_assert_cmpuint (player.buffers->len, ==, 90 - cases[c].first);
      g_assert_cmpuint (GST_BUFFER_OFFSET (player.buffers->pdata[0]), ==, cases[c].first);
      if (first_time == NULL)
        first_time = g_steal_pointer (&player.buffers);
      else
        assert_buffers_same (first_time, player.buffers, 0);
      g_clear_pointer (&player.buffers, g_ptr_array_unref);
      player.buffers = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
    }
    /* What cannot be followed leaves everything as it is. */
    g_assert_false (gst_element_seek (player.pipeline, -1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
        GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, GST_SECOND));
    player_close (&player);
  }
}

/* Seeks while it plays, and to the element itself. */
static void
test_seeks_under_way (void)
{
  g_autofree char *path = save_drum ();
  g_autofree char *launch = g_strdup_printf (
      "filesrc location=%s ! wavparse ! tee name=t  t. ! queue ! " SOURCE
      "name=l l. ! queue ! fakesink name=sink signal-handoffs=true sync=true  t. ! queue ! "
      "fakesink sync=true",
      path);
  g_autoptr (GstElement) source = NULL;
  Player player;

  player_open (&player, launch);
  source = gst_bin_get_by_name (GST_BIN (player.pipeline), "l");
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  for (int i = 0; i < 100; i++) {
    g_assert_true (gst_element_seek_simple (i % 2 == 0 ? player.pipeline : source, GST_FORMAT_TIME,
        GST_SEEK_FLAG_FLUSH, (i * 7 % 29) * 100 * GST_MSECOND));
    if (i % 3 == 0)
      g_usleep (2 * G_TIME_SPAN_MILLISECOND);
  }
  g_assert_true (gst_element_seek_simple (
      player.pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 2900 * GST_MSECOND));
  player_play_to_end (&player);
  player_close (&player);
}

/* Up and down, wherever the sound's thread and the source's stand. */
static void
test_states (void)
{
  static const GstState states[] = { GST_STATE_PLAYING, GST_STATE_PAUSED, GST_STATE_READY,
    GST_STATE_PLAYING, GST_STATE_NULL, GST_STATE_PAUSED, GST_STATE_NULL };
  static const char *const launches[] = {
    "audiotestsrc ! tee name=t  t. ! queue ! " SOURCE
    "name=l l. ! fakesink sync=true  t. ! queue ! fakesink sync=true",
    "audiotestsrc is-live=true ! " SOURCE "name=l l. ! fakesink sync=true",
    "audiotestsrc num-buffers=2 ! " SOURCE "name=l l. ! queue ! fakesink sync=false",
    "audiotestsrc samplesperbuffer=200000 ! queue ! " SOURCE
    "name=l num-buffers=3 l. ! fakesink sync=false",
  };

  for (gsize l = 0; l < G_N_ELEMENTS (launches); l++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstElement) pipeline = gst_parse_launch (launches[l], &error);

    g_assert_no_error (error);
    for (guint i = 0; i < 50; i++)
      for (gsize s = 0; s < G_N_ELEMENTS (states); s++) {
        g_assert_cmpint (gst_element_set_state (pipeline, states[s]), !=, GST_STATE_CHANGE_FAILURE);
        if ((i + s) % 3 == 0)
          g_usleep (i % 7 * 300);
        /* From the beginning: one that is changed before it was reached GStreamer 1.22 forgets now
         * and then, whatever the elements are. */
        if (s == 5)
          g_assert_cmpint (gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), !=,
              GST_STATE_CHANGE_ASYNC);
      }
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

static void
test_errors (void)
{
  static const struct {
    const char *launch;
    const char *words;
    gboolean of_settings;
  } cases[] = {
    { "audiotestsrc ! latentsrc.sound latentsrc is-live=true name=latentsrc ! fakesink",
        "is-live is true", TRUE },
    { "audiotestsrc ! latentsrc.sound latentsrc name=latentsrc ! "
      "other/tensors,framerate=(fraction)0/1 ! fakesink",
        "follow a sound, which has times", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    player_assert_error (cases[i].launch, cases[i].of_settings ? GST_LIBRARY_ERROR : GST_CORE_ERROR,
        cases[i].of_settings ? (int)GST_LIBRARY_ERROR_SETTINGS : (int)GST_CORE_ERROR_NEGOTIATION,
        cases[i].words);
}

/* Played backwards, or without times. */
static void
test_refused_segments (void)
{
  for (int way = 0; way < 2; way++) {
    GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) message = NULL;
    GstSegment segment;

    gst_element_set_bus (harness->element, bus);
    gst_segment_init (&segment, way == 0 ? GST_FORMAT_TIME : GST_FORMAT_BYTES);
    segment.rate = way == 0 ? -1 : 1;
    segment.stop = GST_SECOND;
    gst_harness_push_event (harness, gst_event_new_segment (&segment));
    g_assert_cmpint (push (harness, 0, FRAME, 1, FALSE), ==, GST_FLOW_ERROR);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_bus_set_flushing (bus, TRUE);
    gst_harness_teardown (harness);
  }
}

/* A sound of a rate that none has. */
static void
test_rate (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (
      harness, "audio/x-raw,format=F32LE,layout=interleaved,rate=2147483647,channels=1");
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION);
  g_assert_nonnull (strstr (error->message, "rate=2147483647"));
  gst_bus_set_flushing (bus, TRUE);
  gst_harness_teardown (harness);
}

static gpointer
push_years (gpointer harness)
{
  gst_harness_push_event (harness, gst_event_new_gap (0, 100000000 * GST_SECOND));
  return NULL;
}

/* A frame that takes years of sound is made for no longer than the source plays. */
static void
test_endless_frame (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  GThread *thread;
  gint64 began;

  gst_harness_set_sink_caps_str (harness, "other/tensors,framerate=(fraction)1/1000000000");
  thread = g_thread_new ("push", push_years, harness);
  g_usleep (100 * G_TIME_SPAN_MILLISECOND);
  began = g_get_monotonic_time ();
  gst_element_set_state (harness->element, GST_STATE_NULL);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 5 * G_TIME_SPAN_SECOND);
  g_thread_join (thread);
  gst_harness_teardown (harness);
}

/* One sound, and before the source starts. */
static void
test_requests (void)
{
  g_autoptr (GstElement) source = gst_element_factory_make ("latentsrc", NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) warning = NULL;
  GstPadTemplate *template = gst_element_get_pad_template (source, "sound");
  GstPad *pad;

  gst_object_ref_sink (source);
  gst_element_set_bus (source, bus);
  pad = gst_element_request_pad_simple (source, "sound");
  g_assert_nonnull (pad);
  g_assert_null (gst_element_request_pad (source, template, NULL, NULL));
  gst_element_release_request_pad (source, pad);
  gst_object_unref (pad);
  gst_element_set_state (source, GST_STATE_PAUSED);
  g_assert_null (gst_element_request_pad_simple (source, "sound"));
  warning = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  gst_bus_set_flushing (bus, TRUE);
  gst_element_set_state (source, GST_STATE_NULL);
  gst_element_set_bus (source, NULL);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/latent-sound/library", test_library);
  g_test_add_func ("/latent-sound/pieces", test_pieces);
  g_test_add_func ("/latent-sound/formats", test_formats);
  g_test_add_func ("/latent-sound/silence", test_silence);
  g_test_add_func ("/latent-sound/waiting", test_waiting);
  g_test_add_func ("/latent-sound/ten-minutes", test_ten_minutes);
  g_test_add_func ("/latent-sound/rates", test_rates);
  g_test_add_func ("/latent-sound/nothing", test_nothing);
  g_test_add_func ("/latent-sound/gaps", test_gaps);
  g_test_add_func ("/latent-sound/segments", test_segments);
  g_test_add_func ("/latent-sound/again", test_again);
  g_test_add_func ("/latent-sound/late-beginning", test_late_beginning);
  g_test_add_func ("/latent-sound/caps", test_caps);
  g_test_add_func ("/latent-sound/flush", test_flush);
  g_test_add_func ("/latent-sound/enough", test_enough);
  g_test_add_func ("/latent-sound/latency", test_latency);
  g_test_add_func ("/latent-sound/release", test_release);
  g_test_add_func ("/latent-sound/drum", test_drum);
  g_test_add_func ("/latent-sound/pictures", test_pictures);
  g_test_add_func ("/latent-sound/seek", test_seek);
  g_test_add_func ("/latent-sound/seeks-under-way", test_seeks_under_way);
  g_test_add_func ("/latent-sound/states", test_states);
  g_test_add_func ("/latent-sound/errors", test_errors);
  g_test_add_func ("/latent-sound/refused-segments", test_refused_segments);
  g_test_add_func ("/latent-sound/rate", test_rate);
  g_test_add_func ("/latent-sound/endless-frame", test_endless_frame);
  g_test_add_func ("/latent-sound/requests", test_requests);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
