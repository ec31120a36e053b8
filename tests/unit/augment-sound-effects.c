/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transforms of sound beyond the simplest: filters as SciPy has them, and the others as a formula
 * or a plain loop says. */
#include "../reference.h"
#include "sound-draws.h"

enum { FRAMES = 12000 };

/* scipy.signal (1.17.1) of an impulse: lfilter by the formulas of the Audio EQ Cookbook, and
 * sosfilt (butter (4, band, "bandstop", fs=16000, output="sos")), of frequencies and decibels as
 * window 0 of seed 11 draws them. */
static void
test_filters_as_scipy (void)
{
  static const struct {
    const char *name;
    double amount;
    double impulse[8];
  } cases[] = {
    { "band-pass", 1,
        { 0.135015024, 0.225500168, 0.143055231, 0.074320461, 0.0197029539, -0.0213441106,
            -0.0500311935, -0.0679808267 } },
    { "peak", 12,
        { 0.85678865, -0.178745708, -0.00717000589, 0.0818092182, 0.105748731, 0.0904489664,
            0.0591976355, 0.0279605273 } },
    { "low-shelf", 12,
        { 0.969373086, -0.0599272794, -0.0569876238, -0.0535554368, -0.0497810658, -0.0457938988,
            -0.0417038206, -0.0376027567 } },
    { "high-shelf", 12,
        { 0.704322938, 0.376111961, -0.0523856469, -0.0542827222, 0.0305037025, -0.00071371328,
            -0.00571950848, 0.00227101446 } },
    { "frequency-mask", 2,
        { 0.872091342, -0.237700424, -0.202285813, -0.168659564, -0.137095612, -0.107815797,
            -0.0809904358, -0.0567395902 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int channels = 1; channels <= 9; channels += 4) {
      const GenAugmentSettings settings = settings_of (cases[i].name, cases[i].amount);
      const GenAugmentSoundDraw draw = draw_of (&settings, 0, channels, 8);
      g_auto (GenSound) sound = { 0 };

      gen_sound_init (&sound, RATE, channels, 8);
      for (int c = 0; c < channels; c++)
        sound.data[c] = (float)(c + 1);
      gen_augment_render_sound (&draw, &sound, 0);
      for (int t = 0; t < 8; t++)
        for (int c = 0; c < channels; c++)
          g_assert_cmpfloat_with_epsilon (
              sound.data[t * channels + c] / (float)(c + 1), cases[i].impulse[t], 1e-6);
    }
}

/* Decibels of a shelf at 0 Hz and at half of the rate, from its coefficients. */
static double
bass (const GenAugmentSoundDraw *draw)
{
  const double *v = draw->steps[0].values;

  return 20 * log10 ((v[0] + v[1] + v[2]) / (1 + v[3] + v[4]));
}

static double
treble (const GenAugmentSoundDraw *draw)
{
  const double *v = draw->steps[0].values;

  return 20 * log10 ((v[0] - v[1] + v[2]) / (1 - v[3] + v[4]));
}

static double
decibels (const GenAugmentSoundDraw *draw)
{
  return 20 * log10 (first_value (draw));
}

static double
octaves (const GenAugmentSoundDraw *draw)
{
  return log2 (first_value (draw) * RATE);
}

static double
masked (const GenAugmentSoundDraw *draw)
{
  return draw->n_steps == 0 ? 0 : draw->steps[0].values[1] - draw->steps[0].values[0];
}

static double
ratio (const GenAugmentSoundDraw *draw)
{
  return log (1 - draw->steps[0].values[1]);
}

/* Whole bits, each as often. */
static void
test_bits_drawn (void)
{
  const GenAugmentSettings settings = settings_of ("bit-depth", 4);
  int counts[13] = { 0 };

  for (guint64 window = 0; window < WINDOWS; window++) {
    const GenAugmentSoundDraw draw = draw_of (&settings, window, 1, 100);
    const int bits = (int)rint (1 + log2 (first_value (&draw)));

    g_assert_cmpint (bits, >=, 4);
    g_assert_cmpint (bits, <=, 16);
    counts[bits - 4]++;
  }
  /* One in a thousand is more. */
  g_assert_cmpfloat (chi_square (counts, 13), <, 32.9);
}

static void
assert_share (const char *name, int channels)
{
  const GenAugmentSettings settings = settings_of (name, 0.3);
  int taken = 0;

  for (guint64 window = 0; window < WINDOWS; window++)
    taken += draw_of (&settings, window, channels, 100).n_steps > 0;
  /* Chi-square of two classes: one in a thousand is more. */
  g_assert_cmpfloat (pow (taken - 0.3 * WINDOWS, 2) / (0.3 * 0.7 * WINDOWS), <, 10.8);
}

static void
test_bounds (void)
{
  assert_spread ("low-shelf", 12, bass, -12, 12);
  assert_spread ("high-shelf", 12, treble, -12, 12);
  assert_spread ("hard-clip", 20, decibels, -20, 0);
  assert_spread ("limit", 20, decibels, -20, 0);
  assert_spread ("compress", 8, ratio, -log (8), 0);
  assert_spread ("pink-noise", 0.5, first_value, 0, 0.5);
  assert_spread ("brown-noise", 0.5, first_value, 0, 0.5);
  assert_spread ("decimate", 2000, octaves, log2 (2000), log2 (RATE));
  assert_spread ("time-mask", 0.4, masked, 0, 4000);
  assert_share ("reverse", 1);
  assert_share ("channel-swap", 2);
  assert_share ("channel-drop", 3);
  assert_share ("telephone", 1);
}

/* A sound that is done to, beside what it was. */
typedef struct {
  GenAugmentSoundDraw draw;
  GenSound sound, plain;
  double peak;
} Done;

static void
done_clear (Done *done)
{
  gen_sound_clear (&done->sound);
  gen_sound_clear (&done->plain);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Done, done_clear)

static void
do_to (Done *done, const char *name, double amount, guint64 window, int channels)
{
  const GenAugmentSettings settings = settings_of (name, amount);

  *done = (Done){ .draw = draw_of (&settings, window, channels, FRAMES) };
  init_pattern (&done->sound, channels, FRAMES);
  init_pattern (&done->plain, channels, FRAMES);
  for (int i = 0; i < FRAMES * channels; i++)
    done->peak = MAX (done->peak, fabs ((double)done->plain.data[i]));
  gen_augment_render_sound (&done->draw, &done->sound, 0);
}

static void
test_clips (void)
{
  for (guint64 window = 0; window < 20; window++) {
    g_auto (Done) hard = { 0 }, soft = { 0 };
    double limit, drive;

    do_to (&hard, "hard-clip", 20, window, 2);
    do_to (&soft, "soft-clip", 20, window, 2);
    limit = hard.draw.steps[0].values[0] * hard.peak;
    drive = soft.draw.steps[0].values[0];
    for (int i = 0; i < 2 * FRAMES; i++) {
      const double x = hard.plain.data[i];

      g_assert_cmpfloat_with_epsilon (hard.sound.data[i], CLAMP (x, -limit, limit), 1e-7);
      g_assert_cmpfloat_with_epsilon (
          soft.sound.data[i], soft.peak * tanh (drive * x / soft.peak) / tanh (drive), 3e-7);
    }
  }
}

static void
test_compress (void)
{
  double gone = 0;

  for (guint64 window = 0; window < 20; window++) {
    g_auto (Done) done = { 0 };
    const double *v;
    double threshold, level = 0;

    do_to (&done, "compress", 8, window, 2);
    v = done.draw.steps[0].values;
    threshold = v[0] * done.peak;
    for (int t = 0; t < FRAMES; t++) {
      const float *x = done.plain.data + 2 * t;
      const double peak = fmax (fabs ((double)x[0]), fabs ((double)x[1]));
      const double seconds = peak > level ? v[2] : 10 * v[2];

      level += (1 - exp (-1 / (seconds * RATE))) * (peak - level);
      for (int c = 0; c < 2; c++) {
        const double wanted = x[c] * pow (fmax (level / threshold, 1), -v[1]);

        g_assert_cmpfloat_with_epsilon (done.sound.data[2 * t + c], wanted, 1e-6);
        gone += fabs (wanted - (double)x[c]);
      }
    }
  }
  g_assert_cmpfloat (gone, >, 1000);
}

/* No sample is beyond the limit, all channels have one gain, and it changes by no more than its
 * mean over 5 ms can. */
static void
test_limit (void)
{
  for (guint64 window = 0; window < 20; window++) {
    g_auto (Done) done = { 0 };
    double limit, before = -1;

    do_to (&done, "limit", 20, window, 2);
    limit = done.draw.steps[0].values[0];
    for (int t = 0; t < FRAMES; t++) {
      const float *x = done.plain.data + 2 * t, *y = done.sound.data + 2 * t;
      const double gain = (double)y[0] / (double)x[0];

      g_assert_cmpfloat (fabs ((double)y[0]), <=, limit * done.peak * (1 + 1e-6));
      g_assert_cmpfloat_with_epsilon (gain * (double)x[1], (double)y[1], 1e-6);
      if (fabs ((double)x[0]) < 1e-3)
        continue;
      if (before >= 0)
        g_assert_cmpfloat (fabs (gain - before), <, 0.2);
      before = gain;
    }
  }
}

static void
test_quantised (void)
{
  for (guint64 window = 0; window < 20; window++) {
    g_auto (Done) bits_done = { 0 }, held = { 0 };
    double steps, share;
    int taken = 0;

    do_to (&bits_done, "bit-depth", 2, window, 2);
    steps = bits_done.draw.steps[0].values[0];
    for (int i = 0; i < 2 * FRAMES; i++)
      g_assert_cmpfloat (bits_done.sound.data[i], ==,
          CLAMP (rint (bits_done.plain.data[i] * steps), -steps, steps - 1) / steps);
    do_to (&held, "decimate", 2000, window, 2);
    share = held.draw.steps[0].values[0];
    for (int t = 0; t < FRAMES; t++) {
      if (t > 0 && floor (t * share) != floor ((t - 1) * share))
        taken = t;
      for (int c = 0; c < 2; c++)
        g_assert_cmpfloat (held.sound.data[2 * t + c], ==, held.plain.data[2 * taken + c]);
    }
  }
}

static void
test_moved (void)
{
  g_auto (Done) mono = { 0 }, back = { 0 }, swap = { 0 }, drop = { 0 };
  int silent;

  do_to (&mono, "reverse", 1, 0, 1);
  do_to (&back, "reverse", 1, 0, 3);
  do_to (&swap, "channel-swap", 1, 0, 2);
  do_to (&drop, "channel-drop", 1, 0, 3);
  silent = (int)drop.draw.steps[0].values[0];
  for (int t = 0; t < FRAMES; t++)
    g_assert_cmpfloat (mono.sound.data[t], ==, mono.plain.data[FRAMES - 1 - t]);
  for (int t = 0; t < FRAMES; t++)
    for (int c = 0; c < 3; c++) {
      g_assert_cmpfloat (back.sound.data[3 * t + c], ==, back.plain.data[3 * (FRAMES - 1 - t) + c]);
      g_assert_cmpfloat (
          drop.sound.data[3 * t + c], ==, c == silent ? 0 : drop.plain.data[3 * t + c]);
      if (c < 2)
        g_assert_cmpfloat (swap.sound.data[2 * t + c], ==, swap.plain.data[2 * t + 1 - c]);
    }
}

/* Of several channels each pair changes places, and each channel is dropped, as often. */
static void
test_channels_drawn (void)
{
  const GenAugmentSettings swap = settings_of ("channel-swap", 1);
  const GenAugmentSettings drop = settings_of ("channel-drop", 1);
  int pairs[3][3] = { 0 }, dropped[3] = { 0 };
  const int *counts = &pairs[0][0];

  for (guint64 window = 0; window < WINDOWS; window++) {
    const GenAugmentSoundDraw draw = draw_of (&swap, window, 3, 100);
    const GenAugmentSoundDraw other = draw_of (&drop, window, 3, 100);

    pairs[(int)draw.steps[0].values[0]][(int)draw.steps[0].values[1]]++;
    dropped[(int)other.steps[0].values[0]]++;
  }
  g_assert_cmpfloat (chi_square (dropped, 3), <, 13.8);
  for (int a = 0; a < 3; a++)
    g_assert_cmpint (pairs[a][a], ==, 0);
  /* Between the three that are none there are three each. */
  g_assert_cmpfloat (
      chi_square (
          (const int[]){ counts[1], counts[2], counts[3], counts[5], counts[6], counts[7] }, 6),
      <, 20.5);
  g_assert_cmpint (draw_of (&swap, 0, 1, 100).n_steps, ==, 0);
  g_assert_cmpint (draw_of (&drop, 0, 1, 100).n_steps, ==, 0);
}

static void
test_time_mask (void)
{
  for (guint64 window = 0; window < 20; window++) {
    g_auto (Done) done = { 0 };
    double from, to;

    do_to (&done, "time-mask", 0.5, window, 2);
    from = done.draw.steps[0].values[0];
    to = done.draw.steps[0].values[1];
    g_assert_cmpfloat (to, <=, FRAMES);
    for (int i = 0; i < 2 * FRAMES; i++)
      g_assert_cmpfloat (
          done.sound.data[i], ==, i / 2 >= from && i / 2 < to ? 0 : done.plain.data[i]);
  }
}

/* The power of what is between two frequencies, by filters of the library's own, whose edges are
 * steep enough for octaves. */
static REFERENCE double
power_at (const GenSound *sound, double frequency)
{
  const gsize block = RATE / 4;
  g_autofree double *x = g_new (double, block);
  double sum = 0;

  for (gsize at = 0; at + block <= sound->frames; at += block) {
    for (gsize t = 0; t < block; t++)
      x[t] = sound->data[at + t] * (1 - cos (2 * G_PI * (double)t / (double)block));
    for (int k = -4; k <= 4; k++) {
      const double turn = 2 * G_PI * (frequency + 8 * k) / RATE;
      double re = 0, im = 0;

      for (gsize t = 0; t < block; t++) {
        re += x[t] * cos (turn * (double)t);
        im += x[t] * sin (turn * (double)t);
      }
      sum += re * re + im * im;
    }
  }
  return sum;
}

/* Of 30 seconds: the level is what is drawn, and the power falls by so much an octave. */
static void
test_coloured (void)
{
  static const struct {
    const char *name;
    double slope;
  } cases[] = { { "pink-noise", -3.01 }, { "brown-noise", -6.02 } };
  const gsize frames = 30 * RATE;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GenAugmentSettings settings = settings_of (cases[i].name, 0.5);
    const GenAugmentSoundDraw draw = draw_of (&settings, 3, 1, frames);
    g_auto (GenSound) sound = { 0 };
    double before = 0;

    init_ones (&sound, 1, frames);
    gen_augment_render_sound (&draw, &sound, 0);
    for (gsize t = 0; t < frames; t++)
      sound.data[t] -= 1;
    g_assert_cmpfloat_with_epsilon (
        sqrt (power (sound.data, NULL, frames)), draw.steps[0].values[0], 1e-4);
    for (double frequency = 250; frequency <= 2000; frequency *= 2) {
      const double now = 10 * log10 (power_at (&sound, frequency));

      if (before != 0)
        g_assert_cmpfloat_with_epsilon (now - before, cases[i].slope, 1);
      before = now;
    }
  }
}

/* Noise of a part is that of the whole but for its level. */
static void
test_parts_of_coloured (void)
{
  const GenAugmentSettings settings = settings_of ("pink-noise", 1);
  const GenAugmentSoundDraw draw = draw_of (&settings, 0, 2, 4000);
  g_auto (GenSound) whole = { 0 }, cut = { 0 };
  GenSound part;
  double scale;

  init_ones (&whole, 2, 4000);
  init_ones (&cut, 2, 4000);
  part = cut;
  part.data += 2 * 1001;
  part.frames = 2000;
  gen_augment_render_sound (&draw, &whole, 0);
  gen_augment_render_sound (&draw, &part, 1001);
  scale = ((double)whole.data[2002] - 1) / ((double)cut.data[2002] - 1);
  for (gsize i = 2002; i < 2002 + 4000; i++)
    g_assert_cmpfloat_with_epsilon ((cut.data[i] - 1) * scale, whole.data[i] - 1, 1e-5);
}

/* A sine of 997 Hz of full scale in one channel has -3.01 LUFS (EBU Tech 3341). */
static void
test_loudness (void)
{
  const GenAugmentSettings settings = settings_of ("loudness", 23);
  const GenAugmentSoundDraw draw = draw_of (&settings, 0, 1, 4 * RATE);
  g_auto (GenSound) sound = { 0 }, silence = { 0 };

  gen_sound_init (&sound, RATE, 1, 4 * RATE);
  gen_sound_init (&silence, RATE, 1, 4 * RATE);
  for (int t = 0; t < 4 * RATE; t++)
    sound.data[t] = (float)(0.01 * sin (2 * G_PI * 997 * t / RATE));
  gen_augment_render_sound (&draw, &sound, 0);
  g_assert_cmpfloat_with_epsilon (
      10 * log10 (2 * power (sound.data, NULL, 4 * RATE)), -23 + 3.01, 0.05);
  gen_augment_render_sound (&draw, &silence, 0);
  for (int t = 0; t < 4 * RATE; t++)
    g_assert_cmpfloat (silence.data[t], ==, 0);
}

/* What a telephone's converter makes of a sample: CPython 3.11's audioop, lin2ulaw and ulaw2lin. */
static void
test_mu_law (void)
{
  static const gint16 samples[] = { 0, 4, 100, 1000, 3000, -3000, 10000, 20000, 32635, -32768 };
  static const gint16 decoded[] = { 0, 8, 104, 988, 3004, -3004, 9852, 19836, 32124, -32124 };
  const GenAugmentSettings settings = settings_of ("telephone", 1);
  GenAugmentSoundDraw draw = draw_of (&settings, 0, 1, G_N_ELEMENTS (samples));
  g_auto (GenSound) sound = { 0 };

  /* Without the filters before and behind. */
  g_assert_cmpint (draw.n_steps, ==, 7);
  draw.steps[0] = draw.steps[4];
  draw.n_steps = 1;
  gen_sound_init (&sound, RATE, 1, G_N_ELEMENTS (samples));
  gen_sound_from_int16 (&sound, samples);
  gen_augment_render_sound (&draw, &sound, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    g_assert_cmpfloat (sound.data[i] * 32768, ==, decoded[i]);
}

/* Silence stays silent, and nothing becomes of no frames; what is not a number ends nothing. */
static void
test_doubtful (void)
{
  for (int i = 0; augmentation_at (i) != NULL; i++)
    for (int kind = 0; kind < 3; kind++) {
      const GenAugmentSettings settings =
          settings_of (augmentation_at (i)->name, augmentation_at (i)->maximum);
      const GenAugmentSoundDraw draw = draw_of (&settings, 7, 2, 500);
      g_auto (GenSound) sound = { 0 };

      gen_sound_init (&sound, RATE, 2, 500);
      if (kind == 1)
        sound.data[7] = NAN;
      if (kind == 2)
        sound.data[8] = INFINITY;
      gen_augment_render_sound (&draw, &sound, 0);
      if (kind == 0)
        for (int t = 0; t < 1000; t++)
          g_assert_cmpfloat (sound.data[t], ==, 0);
      sound.frames = 0;
      gen_augment_render_sound (&draw, &sound, 500);
      sound.frames = 1;
      gen_augment_render_sound (&draw, &sound, 499);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment-sound-effects/filters-as-scipy", test_filters_as_scipy);
  g_test_add_func ("/augment-sound-effects/bounds", test_bounds);
  g_test_add_func ("/augment-sound-effects/bits-drawn", test_bits_drawn);
  g_test_add_func ("/augment-sound-effects/clips", test_clips);
  g_test_add_func ("/augment-sound-effects/compress", test_compress);
  g_test_add_func ("/augment-sound-effects/limit", test_limit);
  g_test_add_func ("/augment-sound-effects/quantised", test_quantised);
  g_test_add_func ("/augment-sound-effects/moved", test_moved);
  g_test_add_func ("/augment-sound-effects/channels-drawn", test_channels_drawn);
  g_test_add_func ("/augment-sound-effects/time-mask", test_time_mask);
  g_test_add_func ("/augment-sound-effects/coloured", test_coloured);
  g_test_add_func ("/augment-sound-effects/parts-of-coloured", test_parts_of_coloured);
  g_test_add_func ("/augment-sound-effects/loudness", test_loudness);
  g_test_add_func ("/augment-sound-effects/mu-law", test_mu_law);
  g_test_add_func ("/augment-sound-effects/doubtful", test_doubtful);
  return g_test_run ();
}
