/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* latentsrc that follows a sound: what it makes of it, however the sound comes. */
#include <generative/latent-change.h>
#include <generative/sound-follower.h>

#include "latent-sound.h"

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
assert_near (const float *a, const float *b, double difference)
{
  for (gsize i = 0; i < FRAMES; i++)
    g_assert_cmpfloat (distance (a + i * LENGTH, b + i * LENGTH), <=, difference);
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
  GstHarness *harness =
      open_harness_for (SOURCE, "F32LE", 1, "other/tensors,framerate=(fraction)24000/1001");
  const guint64 frames =
      gst_util_uint64_scale_ceil ((guint64)SECONDS * RATE, 24000, (guint64)1001 * RATE);
  guint64 next = 0;

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

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/latent-sound/library", test_library);
  g_test_add_func ("/latent-sound/pieces", test_pieces);
  g_test_add_func ("/latent-sound/formats", test_formats);
  g_test_add_func ("/latent-sound/silence", test_silence);
  g_test_add_func ("/latent-sound/waiting", test_waiting);
  g_test_add_func ("/latent-sound/ten-minutes", test_ten_minutes);
  g_test_add_func ("/latent-sound/rates", test_rates);
  g_test_add_func ("/latent-sound/nothing", test_nothing);
  g_test_add_func ("/latent-sound/enough", test_enough);
  g_test_add_func ("/latent-sound/latency", test_latency);
  return g_test_run ();
}
