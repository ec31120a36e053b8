/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds in rooms, beside other sounds, and at other tempos and pitches: against sums written out,
 * and by what is measured of sines and clicks. */
#include "sound-draws.h"

#include "../scratch.h"

static void
scale_to (GenSound *sound, double level)
{
  const gsize n = sound->frames * (gsize)sound->channels;
  const double gain = level / sqrt (power (sound->data, NULL, n));

  for (gsize i = 0; i < n; i++)
    sound->data[i] *= (float)gain;
}

/* What becomes of an impulse tells what becomes of any sound: their convolution, written out, of
 * the same level. Lengths are those of few partitions and of many. */
static void
test_convolution (void)
{
  static const gsize lengths[] = { 1, 200, 5000, 17000 };

  for (gsize l = 0; l < G_N_ELEMENTS (lengths); l++)
    for (int channels = 1; channels <= 3; channels++) {
      const GenAugmentSettings settings = settings_of ("room", 1);
      const gsize n = lengths[l], frame = (gsize)channels;
      const GenAugmentSoundDraw draw = draw_of (&settings, 2, channels, n);
      g_auto (GenSound) response = { 0 }, plain = { 0 }, sound = { 0 };

      gen_sound_init (&response, RATE, channels, n);
      for (int c = 0; c < channels; c++)
        response.data[c] = 1;
      init_pattern (&plain, channels, n);
      init_pattern (&sound, channels, n);
      gen_augment_render_sound (&draw, &response, 0);
      gen_augment_render_sound (&draw, &sound, 0);
      g_assert_cmpfloat_with_epsilon (sqrt (power (sound.data, NULL, n * frame)),
          sqrt (power (plain.data, NULL, n * frame)), 1e-5);
      for (gsize t = n; t-- > 0;)
        for (gsize c = 0; c < frame; c++) {
          double sum = 0;

          for (gsize k = 0; k <= t; k++)
            sum += (double)response.data[k * frame + c] * (double)plain.data[(t - k) * frame + c];
          plain.data[t * frame + c] = (float)sum;
        }
      scale_to (&plain, sqrt (power (sound.data, NULL, n * frame)));
      for (gsize i = 0; i < n * frame; i++)
        g_assert_cmpfloat_with_epsilon (sound.data[i], plain.data[i], 1e-5);
    }
}

/* What sounds on falls by 60 dB in the time that is drawn, and is as loud beside the impulse as is
 * drawn. */
static void
test_decay (void)
{
  const GenAugmentSettings settings = settings_of ("room", 1);

  for (guint64 window = 0; window < 10; window++) {
    const GenAugmentSoundDraw draw = draw_of (&settings, window, 1, 2 * RATE);
    const double seconds = draw.steps[0].values[0];
    const gsize half = (gsize)(seconds * RATE / 4);
    g_auto (GenSound) sound = { 0 };
    double early, late;

    gen_sound_init (&sound, RATE, 1, 2 * RATE);
    sound.data[0] = 1;
    gen_augment_render_sound (&draw, &sound, 0);
    early = power (sound.data + 1, NULL, half);
    late = power (sound.data + 1 + 2 * half, NULL, half);
    /* Half of the time, half of the decibels. */
    g_assert_cmpfloat_with_epsilon (10 * log10 (early / late), 30, 2);
    g_assert_cmpfloat_with_epsilon (
        sound.data[0] * (double)sound.data[0] /
            (power (sound.data + 1, NULL, 2 * RATE - 1) * (2 * RATE - 1)),
        draw.steps[0].values[1], 0.01 * draw.steps[0].values[1]);
  }
}

static double
seconds_of (const GenAugmentSoundDraw *draw)
{
  return first_value (draw);
}

static double
semitones (const GenAugmentSoundDraw *draw)
{
  return 12 * log2 (first_value (draw));
}

static void
test_bounds (void)
{
  const GenAugmentSettings none = settings_of ("background", 1),
                           one = settings_of ("time-stretch", 1);

  assert_spread ("room", 0.8, seconds_of, 0, 0.8);
  assert_spread ("pitch-shift", 4, semitones, -4, 4);
  assert_spread ("time-stretch", 2, semitones, -12, 12);
  g_assert_cmpint (draw_of (&none, 0, 1, 100).n_steps, ==, 0);
  g_assert_cmpint (draw_of (&one, 0, 1, 100).n_steps, ==, 0);
}

/* A file of `frames` of which each sample tells its place. */
static char *
save_ramp (const char *folder, const char *name, gsize frames)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GenSound) sound = { 0 };

  gen_sound_init (&sound, RATE, 1, frames);
  for (gsize t = 0; t < frames; t++)
    sound.data[t] = (float)(t + 1) / 65536;
  g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_F32, &error));
  g_assert_no_error (error);
  return path;
}

static void
set_sounds (GenAugmentSettings *settings, const char *name, GenAugmentSounds *sounds)
{
  for (int i = 0; augmentation_at (i) != NULL; i++)
    if (g_str_equal (augmentation_at (i)->name, name))
      settings->sounds[i] = sounds;
}

/* A piece of the file, from anywhere in it, at the level that is drawn; a short file is repeated.
 * Of each window it is the same again. */
static void
test_background (void)
{
  g_autofree char *folder = scratch_new ();
  const gsize n = 1000;

  for (int kind = 0; kind < 2; kind++) {
    const gsize frames = kind == 0 ? 4000 : 300;
    g_autofree char *path = save_ramp (folder, "ramp.wav", frames);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenAugmentSounds) sounds = gen_augment_sounds_open (folder, &error);
    GenAugmentSettings settings = settings_of ("background", 0.5);
    double least = G_MAXDOUBLE, most = 0;

    g_assert_no_error (error);
    set_sounds (&settings, "background", sounds);
    for (guint64 window = 0; window < 100; window++) {
      const GenAugmentSoundDraw draw = draw_of (&settings, window, 2, n);
      g_auto (GenSound) sound = { 0 }, again = { 0 };
      double unit, first;

      init_ones (&sound, 2, n);
      init_ones (&again, 2, n);
      gen_augment_render_sound (&draw, &sound, 0);
      gen_augment_render_sound (&draw, &again, 0);
      g_assert_cmpmem (sound.data, 2 * n * sizeof (float), again.data, 2 * n * sizeof (float));
      for (gsize i = 0; i < 2 * n; i++)
        sound.data[i] -= 1;
      g_assert_cmpfloat_with_epsilon (
          sqrt (power (sound.data, NULL, 2 * n)), draw.steps[0].values[0], 1e-4);
      unit = ((double)sound.data[2 * 200] - (double)sound.data[0]) / 200;
      first = sound.data[0] / unit;
      least = MIN (least, first);
      most = MAX (most, first);
      for (gsize t = 0; t < n; t++)
        g_assert_cmpfloat_with_epsilon (sound.data[2 * t],
            unit * (kind == 0 ? first + (double)t : 1 + (double)(t % frames)),
            kind == 0 ? 1e-5 : 1e-3);
    }
    if (kind == 0) {
      g_assert_cmpfloat (least, <, 200);
      g_assert_cmpfloat (most, >, 2800);
    }
    g_assert_cmpint (g_remove (path), ==, 0);
  }
  scratch_remove (folder);
}

/* A response from a folder: an impulse of half, 100 frames late. */
static void
test_response (void)
{
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "late.wav", NULL);
  GenAugmentSettings settings = settings_of ("room", 1);
  g_autoptr (GenAugmentSounds) sounds = NULL;
  g_auto (GenSound) response = { 0 }, sound = { 0 }, plain = { 0 };
  GenAugmentSoundDraw draw;

  gen_sound_init (&response, RATE, 1, 300);
  response.data[100] = 0.5f;
  g_assert_true (gen_sound_save_wav (&response, path, GEN_SOUND_WAV_F32, NULL));
  sounds = gen_augment_sounds_open (folder, NULL);
  set_sounds (&settings, "room", sounds);
  draw = draw_of (&settings, 0, 2, 1000);
  init_ones (&sound, 2, 1000);
  gen_augment_render_sound (&draw, &sound, 0);
  for (int t = 0; t < 1000; t++)
    g_assert_cmpfloat_with_epsilon (sound.data[2 * t], t < 100 ? 0 : sqrt (1000 / 900.0), 1e-5);
  scratch_remove (folder);
}

static void
test_damaged (void)
{
  g_autofree char *folder = scratch_new (), *path = save_ramp (folder, "ramp.wav", 4000);
  GenAugmentSettings settings = settings_of ("background", 0.5);
  g_autoptr (GenAugmentSounds) sounds = gen_augment_sounds_open (folder, NULL), missing = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GenSound) sound = { 0 };
  GenAugmentSoundDraw draw;

  set_sounds (&settings, "background", sounds);
  g_assert_true (g_file_set_contents (path, "RIFF", 4, NULL));
  draw = draw_of (&settings, 0, 1, 100);
  init_ones (&sound, 1, 100);
  for (int i = 0; i < 2; i++) {
    g_autoptr (GError) reason = NULL;

    gen_augment_render_sound (&draw, &sound, 0);
    reason = gen_augment_sounds_take_error (sounds);
    /* Once. */
    g_assert_true ((reason != NULL) == (i == 0));
    g_assert_true (i > 0 || strstr (reason->message, "ramp.wav") != NULL);
  }
  for (int t = 0; t < 100; t++)
    g_assert_cmpfloat (sound.data[t], ==, 1);
  missing = gen_augment_sounds_open ("/nonexistent-folder", &error);
  g_assert_null (missing);
  g_assert_nonnull (strstr (error->message, "nonexistent-folder"));
  scratch_remove (folder);
}

/* Crossings of zero upwards between two frames, a second. */
static double
frequency_of (const GenSound *sound, gsize first, gsize end)
{
  double from = 0, to = 0;
  int crossings = -1;

  for (gsize t = first + 1; t < end; t++) {
    const double a = sound->data[t - 1], b = sound->data[t];

    if (a >= 0 || b < 0)
      continue;
    to = (double)t - b / (b - a);
    if (crossings++ < 0)
      from = to;
  }
  return crossings * (double)RATE / (to - from);
}

static void
init_sine (GenSound *sound, double frequency, gsize frames)
{
  gen_sound_init (sound, RATE, 1, frames);
  for (gsize t = 0; t < frames; t++)
    sound->data[t] = (float)(0.5 * sin (2 * G_PI * frequency * (double)t / RATE));
}

/* The frequency of a sine: kept by a stretch, and multiplied by a shift, which keep its level. */
static void
test_pitch (void)
{
  const gsize n = 2 * RATE;

  for (guint64 window = 0; window < 12; window++)
    for (double frequency = 220; frequency < 2000; frequency *= 2.3) {
      const GenAugmentSettings shifting = settings_of ("pitch-shift", 7);
      const GenAugmentSettings stretching = settings_of ("time-stretch", 1.5);
      const GenAugmentSoundDraw shift = draw_of (&shifting, window, 1, n);
      const GenAugmentSoundDraw stretch = draw_of (&stretching, window, 1, n);
      g_auto (GenSound) shifted = { 0 }, stretched = { 0 };
      const double ratio = shift.steps[0].values[0];

      init_sine (&shifted, frequency, n);
      init_sine (&stretched, frequency, n);
      gen_augment_render_sound (&shift, &shifted, 0);
      gen_augment_render_sound (&stretch, &stretched, 0);
      g_assert_cmpfloat_with_epsilon (
          frequency_of (&shifted, RATE / 4, 5 * RATE / 4) / (frequency * ratio), 1, 0.005);
      g_assert_cmpfloat_with_epsilon (
          frequency_of (&stretched, RATE / 4, 5 * RATE / 4) / frequency, 1, 0.005);
      g_assert_cmpfloat_with_epsilon (power (shifted.data + RATE / 4, NULL, RATE), 0.125, 0.01);
      g_assert_cmpfloat_with_epsilon (power (stretched.data + RATE / 4, NULL, RATE), 0.125, 0.01);
    }
}

/* Where the middle of what sounds is. */
static double
middle_of (const GenSound *sound)
{
  double sum = 0, weight = 0;

  for (gsize t = 0; t < sound->frames; t++) {
    const double energy = sound->data[t] * (double)sound->data[t];

    sum += energy * (double)t;
    weight += energy;
  }
  return sum / weight;
}

/* A short tone in silence comes at its time by the speed's clock, to half a piece and the search,
 * and by a shift of pitch at the same time. */
static void
test_tempo (void)
{
  const gsize n = 2 * RATE, begin = RATE / 2, length = RATE / 5;

  for (guint64 window = 0; window < 12; window++) {
    const GenAugmentSettings shifting = settings_of ("pitch-shift", 7);
    const GenAugmentSettings stretching = settings_of ("time-stretch", 1.5);
    const GenAugmentSoundDraw shift = draw_of (&shifting, window, 2, n);
    const GenAugmentSoundDraw stretch = draw_of (&stretching, window, 2, n);
    g_auto (GenSound) shifted = { 0 }, stretched = { 0 };
    const double middle = (double)begin + (double)length / 2;

    gen_sound_init (&shifted, RATE, 2, n);
    for (gsize t = begin; t < begin + length; t++)
      shifted.data[2 * t] = shifted.data[2 * t + 1] =
          (float)(0.5 * sin (2 * G_PI * 440 * (double)t / RATE));
    gen_sound_init (&stretched, RATE, 2, n);
    memcpy (stretched.data, shifted.data, 2 * n * sizeof (float));
    gen_augment_render_sound (&shift, &shifted, 0);
    gen_augment_render_sound (&stretch, &stretched, 0);
    for (gsize t = 0; t < n; t++) {
      g_assert_cmpfloat (shifted.data[2 * t], ==, shifted.data[2 * t + 1]);
      g_assert_cmpfloat (stretched.data[2 * t], ==, stretched.data[2 * t + 1]);
      stretched.data[t] = stretched.data[2 * t];
      shifted.data[t] = shifted.data[2 * t];
    }
    shifted.channels = stretched.channels = 1;
    g_assert_cmpfloat_with_epsilon (middle_of (&shifted), middle, 0.03 * RATE);
    g_assert_cmpfloat_with_epsilon (
        middle_of (&stretched), middle / stretch.steps[0].values[0], 0.03 * RATE);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment-sound-places/convolution", test_convolution);
  g_test_add_func ("/augment-sound-places/decay", test_decay);
  g_test_add_func ("/augment-sound-places/bounds", test_bounds);
  g_test_add_func ("/augment-sound-places/background", test_background);
  g_test_add_func ("/augment-sound-places/response", test_response);
  g_test_add_func ("/augment-sound-places/damaged", test_damaged);
  g_test_add_func ("/augment-sound-places/pitch", test_pitch);
  g_test_add_func ("/augment-sound-places/tempo", test_tempo);
  return g_test_run ();
}
