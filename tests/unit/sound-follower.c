/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sound follower: against numpy's FFT, and the promises of sound-follower.h. */
#include <generative/sound-follower.h>

#include <math.h>
#include <string.h>

enum { RATE = 48000, LENGTH = RATE / 2 };

/* Two channels: bass and noise, middle and treble; silent in the second half. */
static float *
make_sound (void)
{
  float *samples = g_new0 (float, 2 * LENGTH);

  for (int i = 0; i < LENGTH / 2; i++) {
    const double noise = (double)((gint64)i * 7919 % 1000) / 500 - 1, t = 2 * G_PI * i / RATE;

    samples[2 * i] = (float)(0.5 * sin (100 * t) + 0.125 * noise);
    samples[2 * i + 1] = (float)(0.25 * sin (1000 * t) + 0.0625 * sin (9000 * t));
  }
  return samples;
}

/* As numpy 2 computes it: rfft of the last 1920 frames under hanning (1921)[:-1], energies summed
 * over bins below 250, below 4000 and from 4000 Hz on but for bin 0, one-pole smoothing. */
static const GenSoundMoment expected[] = {
  { 480, { 0.0478305845845, 0.0395932575219, 0.0230991550671, 0.00816671087324 } },
  { 1920, { 0.374477467744, 0.327025149646, 0.17218722994, 0.0582162477397 } },
  { 11520, { 0.404631347215, 0.354002237052, 0.185691812653, 0.0626701857419 } },
  { 14400, { 0.35720978008, 0.312268299792, 0.164026650276, 0.0553738072591 } },
  { 24000, { 0.160504700456, 0.140311191672, 0.0737019248562, 0.024881055455 } },
};

static void
test_numpy (void)
{
  g_autoptr (GenSoundFollower) follower = gen_sound_follower_new (RATE, 2, 0.01, 0.25);
  g_autofree float *samples = make_sound ();
  GenSoundMoment moment;
  guint64 end = 0;
  gsize next = 0;

  g_assert_cmpuint (gen_sound_follower_step (follower), ==, 480);
  gen_sound_follower_hear (follower, samples, LENGTH);
  g_assert_cmpuint (gen_sound_follower_position (follower), ==, LENGTH);
  while (gen_sound_follower_take (follower, G_MAXUINT64, &moment)) {
    end += 480;
    g_assert_cmpuint (moment.end, ==, end);
    if (moment.end != expected[next].end)
      continue;
    for (int i = 0; i < GEN_SOUND_VALUES; i++)
      g_assert_cmpfloat_with_epsilon (moment.values[i], expected[next].values[i], 1e-9);
    next = MIN (next + 1, G_N_ELEMENTS (expected) - 1);
  }
  g_assert_cmpuint (end, ==, LENGTH);
}

/* Any pieces, the same moments, bit for bit; and again after a new beginning. */
static void
test_pieces (void)
{
  static const gsize sizes[] = { LENGTH, 1, 479, 480, 481, 1920, 10007 };
  g_autoptr (GenSoundFollower) whole = gen_sound_follower_new (RATE, 2, 0.01, 0.25);
  g_autofree float *samples = make_sound ();
  GenSoundMoment reference[LENGTH / 480], moment;

  gen_sound_follower_begin (whole, 48001);
  gen_sound_follower_hear (whole, samples, LENGTH);
  for (gsize i = 0; i < G_N_ELEMENTS (reference); i++)
    g_assert_true (gen_sound_follower_take (whole, G_MAXUINT64, &reference[i]));
  g_assert_cmpuint (reference[0].end, ==, 48480);
  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++) {
    gen_sound_follower_begin (whole, 48001);
    g_assert_false (gen_sound_follower_take (whole, G_MAXUINT64, &moment));
    for (gsize at = 0; at < LENGTH; at += sizes[s])
      gen_sound_follower_hear (whole, samples + 2 * at, MIN (sizes[s], LENGTH - at));
    for (gsize i = 0; i < G_N_ELEMENTS (reference); i++) {
      g_assert_false (gen_sound_follower_take (whole, reference[i].end - 1, &moment));
      g_assert_true (gen_sound_follower_take (whole, reference[i].end, &moment));
      g_assert_cmpmem (&moment, sizeof moment, &reference[i], sizeof moment);
    }
  }
}

/* The last moment of `seconds` of a sine in all channels, whose odd ones are `odd` times it. */
static GenSoundMoment
hear_sine (guint rate, guint channels, double frequency, float amplitude, float odd)
{
  g_autoptr (GenSoundFollower) follower = gen_sound_follower_new (rate, channels, 0, 0);
  g_autofree float *samples = g_new (float, rate *channels);
  GenSoundMoment moment = { 0 };

  for (guint i = 0; i < rate; i++)
    for (guint c = 0; c < channels; c++)
      samples[i * channels + c] =
          (c % 2 == 1 ? odd : 1) * amplitude * (float)sin (2 * G_PI * frequency * i / rate);
  gen_sound_follower_hear (follower, samples, rate);
  while (gen_sound_follower_take (follower, G_MAXUINT64, &moment))
    continue;
  return moment;
}

static void
test_bands (void)
{
  static const struct {
    double frequency;
    GenSoundValue band;
  } cases[] = { { 50, GEN_SOUND_BASS }, { 150, GEN_SOUND_BASS }, { 440, GEN_SOUND_MIDDLE },
    { 2000, GEN_SOUND_MIDDLE }, { 6000, GEN_SOUND_TREBLE }, { 15000, GEN_SOUND_TREBLE } };
  static const guint rates[] = { 32000, 44100, 48000, 96000 };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize r = 0; r < G_N_ELEMENTS (rates); r++) {
      const GenSoundMoment moment = hear_sine (rates[r], 1, cases[i].frequency, 0.5f, 1);
      double sum = 0;

      for (int b = GEN_SOUND_BASS; b < GEN_SOUND_VALUES; b++) {
        sum += moment.values[b] * moment.values[b];
        if (b != (int)cases[i].band)
          g_assert_cmpfloat (moment.values[b], <, 0.01);
      }
      g_assert_cmpfloat_with_epsilon (moment.values[cases[i].band], 0.5, 0.02);
      g_assert_cmpfloat_with_epsilon (moment.values[GEN_SOUND_LEVEL], 0.5, 0.02);
      g_assert_cmpfloat_with_epsilon (
          sum, moment.values[GEN_SOUND_LEVEL] * moment.values[GEN_SOUND_LEVEL], 1e-3);
    }
  /* A telephone has no treble. */
  g_assert_cmpfloat (hear_sine (8000, 1, 3000, 1, 1).values[GEN_SOUND_TREBLE], <, 1e-3);
}

/* Channels count alike, in whatever phase, and there may be an odd number of them. */
static void
test_channels (void)
{
  static const guint channels[] = { 2, 3, 6, GEN_SOUND_MAX_CHANNELS };
  const GenSoundMoment mono = hear_sine (RATE, 1, 440, 0.5f, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (channels); i++) {
    const GenSoundMoment alike = hear_sine (RATE, channels[i], 440, 0.5f, 1);
    const GenSoundMoment opposite = hear_sine (RATE, channels[i], 440, 0.5f, -1);

    for (int v = 0; v < GEN_SOUND_VALUES; v++) {
      g_assert_cmpfloat_with_epsilon (alike.values[v], mono.values[v], 1e-7);
      g_assert_cmpfloat_with_epsilon (opposite.values[v], mono.values[v], 1e-7);
    }
  }
  g_assert_cmpfloat_with_epsilon (
      hear_sine (RATE, 2, 440, 0.5f, 0).values[GEN_SOUND_LEVEL], 0.5 / sqrt (2), 0.01);
}

/* Silence is exactly none, what is too loud is 1, what is no number is silence. */
static void
test_extremes (void)
{
  g_autoptr (GenSoundFollower) follower = gen_sound_follower_new (RATE, 1, 0.01, 0.25);
  g_autofree float *samples = g_new (float, LENGTH);
  GenSoundMoment moment;

  gen_sound_follower_hear (follower, NULL, LENGTH);
  for (int i = 0; i < LENGTH; i++)
    samples[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : 0;
  gen_sound_follower_hear (follower, samples, LENGTH);
  while (gen_sound_follower_take (follower, G_MAXUINT64, &moment))
    for (int i = 0; i < GEN_SOUND_VALUES; i++)
      g_assert_cmpfloat (moment.values[i], ==, 0);
  for (guint rate = 13; rate < 1000; rate = rate * 3 + 1)
    g_assert_cmpfloat (hear_sine (rate, 2, rate / 5.0, 1e30f, 1).values[GEN_SOUND_LEVEL], ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sound-follower/numpy", test_numpy);
  g_test_add_func ("/sound-follower/pieces", test_pieces);
  g_test_add_func ("/sound-follower/bands", test_bands);
  g_test_add_func ("/sound-follower/channels", test_channels);
  g_test_add_func ("/sound-follower/extremes", test_extremes);
  return g_test_run ();
}
