/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Augmentation of sound: what is drawn keeps to its bounds and to its window; what is done is what
 * SciPy and torchaudio, and formulas, say; and parts of a window are what they are of the whole. */
#include "sound-draws.h"

#include <gio/gio.h>

static void
test_list (void)
{
  g_autoptr (GError) error = NULL;

  for (int i = 0; augmentation_at (i) != NULL; i++) {
    const GenAugmentation *augmentation = augmentation_at (i);

    g_assert_true (
        gen_augmentation_find (&gen_medium_sound, augmentation->name, NULL) == augmentation);
    g_assert_true (augmentation->medium == &gen_medium_sound);
    g_assert_nonnull (augmentation->apply_sound);
    for (int j = 0; j < i; j++)
      g_assert_cmpstr (augmentation->name, !=, augmentation_at (j)->name);
    /* No two draw the same, those of pictures included. */
    for (const GenAugmentation *const *other = gen_augmentation_list (&gen_medium_picture);
         *other != NULL; other++)
      g_assert_cmpstr (augmentation->stream, !=, (*other)->stream);
    for (int j = 0; j < i; j++)
      g_assert_cmpstr (augmentation->stream, !=, augmentation_at (j)->stream);
  }
  g_assert_null (gen_augmentation_find (&gen_medium_sound, "flip", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "shift, crop, reverse"));
}

static void
test_idle (void)
{
  GenAugmentSettings settings = settings_of (NULL, 0);
  GenAugmentSoundDraw draw = draw_of (&settings, 5, 1, 1000);

  g_assert_true (gen_augment_settings_are_idle (&settings));
  g_assert_true (gen_augment_sound_is_idle (&draw));
  for (int i = 0; augmentation_at (i) != NULL; i++) {
    settings = settings_of (augmentation_at (i)->name, augmentation_at (i)->maximum);
    g_assert_false (gen_augment_settings_are_idle (&settings));
    settings.probability = 0;
    g_assert_true (gen_augment_settings_are_idle (&settings));
    draw = draw_of (&settings, 5, 1, 1000);
    g_assert_true (gen_augment_sound_is_idle (&draw));
  }
}

/* A window's draw is its own whenever it is asked for, other windows and seeds have others, and an
 * augmentation draws the same whether others are on or not. */
static void
test_same_window_same_draw (void)
{
  GenAugmentSettings alone = settings_of ("gain", 6), together = alone, other = alone;
  int same = 0;

  set_amount (&together, "fade", 0.5);
  set_amount (&together, "noise", 0.5);
  other.seed++;
  for (guint64 window = 0; window < 100; window++) {
    const GenAugmentSoundDraw first = draw_of (&alone, window, 2, 480);
    const GenAugmentSoundDraw again = draw_of (&alone, window, 1, 480);
    const GenAugmentSoundDraw among = draw_of (&together, window, 2, 480);
    const GenAugmentSoundDraw next = draw_of (&alone, window + 1, 2, 480);
    const GenAugmentSoundDraw seeded = draw_of (&other, window, 2, 480);

    g_assert_cmpint (first.n_steps, ==, 1);
    g_assert_cmpint (among.n_steps, ==, 3);
    g_assert_cmpfloat (first.steps[0].values[0], ==, again.steps[0].values[0]);
    g_assert_cmpfloat (first.steps[0].values[0], ==, among.steps[0].values[0]);
    same += first.steps[0].values[0] == next.steps[0].values[0];
    same += first.steps[0].values[0] == seeded.steps[0].values[0];
  }
  g_assert_cmpint (same, ==, 0);
}

/* How often each is applied. */
static void
test_probability (void)
{
  GenAugmentSettings settings = settings_of ("gain", 6);
  int applied = 0;

  settings.probability = 0.25;
  for (guint64 window = 0; window < WINDOWS; window++)
    applied += draw_of (&settings, window, 1, 100).n_steps;
  g_assert_cmpfloat_with_epsilon (applied / (double)WINDOWS, 0.25, 0.03);
}

static double
second_value (const GenAugmentSoundDraw *draw)
{
  return draw->n_steps > 0 ? draw->steps[0].values[1] : 0;
}

static double
decibels (const GenAugmentSoundDraw *draw)
{
  return 20 * log10 (first_value (draw));
}

static double
silenced (const GenAugmentSoundDraw *draw)
{
  g_assert_cmpuint (draw->end, <=, draw->length);
  return 1 - (double)(draw->end - draw->begin) / (double)draw->length;
}

/* Where in what may be silenced the part begins. */
static double
begins (const GenAugmentSoundDraw *draw)
{
  const gsize cut = draw->length - (draw->end - draw->begin);

  return cut == 0 ? 0.5 : (double)draw->begin / (double)cut;
}

/* The octaves of a cut-off, from the filter's coefficients: b0 / norm is kk of a low pass. */
static double
octaves_of_low_pass (const GenAugmentSoundDraw *draw)
{
  const double *v = draw->steps[0].values;
  const double k = sqrt (4 * v[0] / (1 + v[4] - v[3]));

  return log2 (atan (k) / G_PI * RATE);
}

static double
octaves_of_high_pass (const GenAugmentSoundDraw *draw)
{
  const double *v = draw->steps[0].values;
  const double k = sqrt ((1 + v[4] + v[3]) / (4 * v[0]));

  return log2 (atan (k) / G_PI * RATE);
}

static void
test_bounds (void)
{
  const GenAugmentSettings half = settings_of ("polarity", 0.5);
  int turned = 0;

  assert_spread ("gain", 6, decibels, -6, 6);
  assert_spread ("shift", 0.2, first_value, -2000, 2000);
  assert_spread ("crop", 0.4, silenced, 0, 0.4);
  assert_spread ("crop", 0.4, begins, 0, 1);
  assert_spread ("fade", 0.3, first_value, 0, 3000);
  assert_spread ("fade", 0.3, second_value, 0, 3000);
  assert_spread ("noise", 0.1, first_value, 0, 0.1);
  assert_spread ("low-pass", 1000, octaves_of_low_pass, log2 (1000), log2 (0.4995 * RATE));
  assert_spread ("high-pass", 300, octaves_of_high_pass, log2 (20), log2 (300));
  for (guint64 window = 0; window < WINDOWS; window++) {
    const GenAugmentSoundDraw draw = draw_of (&half, window, 1, 100);

    g_assert_cmpfloat (ABS (draw.n_steps > 0 ? first_value (&draw) : 1), ==, 1);
    turned += draw.n_steps;
  }
  g_assert_cmpfloat_with_epsilon (turned / (double)WINDOWS, 0.5, 0.03);
}

/* A cut-off beyond what the rate has leaves all of it. */
static void
test_no_low_pass (void)
{
  const GenAugmentSettings settings = settings_of ("low-pass", RATE / 2);

  g_assert_cmpint (draw_of (&settings, 0, 1, 100).n_steps, ==, 0);
}

/* scipy.signal (1.17.1): sosfilt (butter (2, f, kind, fs=16000, output="sos"), [1, 0, 0, …]), f as
 * window 0 of seed 11 draws it: 6677.667131182664 and 131.39466375672458. */
static void
test_filters_as_scipy (void)
{
  static const struct {
    const char *name;
    double amount;
    double impulse[8];
  } cases[] = {
    { "low-pass", 1000,
        { 0.691454109, 0.494163489, -0.275943935, 0.117237957, -0.0181010191, -0.0330658534,
            0.0511977846, -0.049918113 } },
    { "high-pass", 300,
        { 0.964171679, -0.0703273785, -0.0676737973, -0.0650331583, -0.0624113321, -0.0598137281,
            -0.0572453129, -0.0547106284 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int channels = 1; channels <= 11; channels++) {
      const GenAugmentSettings settings = settings_of (cases[i].name, cases[i].amount);
      const GenAugmentSoundDraw draw = draw_of (&settings, 0, channels, 8);
      g_auto (GenSound) sound = { 0 };

      /* Each channel is an impulse of its own height. */
      gen_sound_init (&sound, RATE, channels, 8);
      for (int c = 0; c < channels; c++)
        sound.data[c] = (float)(c + 1);
      gen_augment_render_sound (&draw, &sound, 0);
      for (int t = 0; t < 8; t++)
        for (int c = 0; c < channels; c++)
          g_assert_cmpfloat_with_epsilon (
              sound.data[t * channels + c] / (float)(c + 1), cases[i].impulse[t], 3e-7);
    }
}

/* How much louder a sine of that frequency is behind the draw, once it is settled. */
static double
response (const GenAugmentSoundDraw *draw, double frequency)
{
  const gsize frames = draw->length, settled = frames / 2;
  g_auto (GenSound) sound = { 0 };
  double re = 0, im = 0;

  gen_sound_init (&sound, RATE, 1, frames);
  for (gsize t = 0; t < frames; t++)
    sound.data[t] = (float)sin (2 * G_PI * frequency * (double)t / RATE);
  gen_augment_render_sound (draw, &sound, 0);
  for (gsize t = settled; t < frames; t++) {
    re += sound.data[t] * cos (2 * G_PI * frequency * (double)t / RATE);
    im += sound.data[t] * sin (2 * G_PI * frequency * (double)t / RATE);
  }
  return hypot (re, im) / (double)(frames - settled) * 2;
}

/* Butterworth's own formula for the order 2, warped as the bilinear transform warps it: -3.01 dB at
 * the cut-off. */
static void
test_frequency_response (void)
{
  for (int high = 0; high < 2; high++)
    for (guint64 window = 0; window < 8; window++) {
      const GenAugmentSettings settings =
          high ? settings_of ("high-pass", 2000) : settings_of ("low-pass", 300);
      const GenAugmentSoundDraw draw = draw_of (&settings, window, 1, 4 * RATE);
      const double cutoff =
          exp2 (high ? octaves_of_high_pass (&draw) : octaves_of_low_pass (&draw));

      g_assert_cmpfloat_with_epsilon (response (&draw, rint (cutoff)), G_SQRT2 / 2, 0.02);
      for (double frequency = 25; frequency < RATE / 2; frequency *= 1.9) {
        const double at = rint (frequency);
        double ratio = tan (G_PI * at / RATE) / tan (G_PI * cutoff / RATE);

        ratio = high ? 1 / ratio : ratio;
        g_assert_cmpfloat_with_epsilon (response (&draw, at), 1 / sqrt (1 + pow (ratio, 4)), 1e-4);
      }
    }
}

/* What a filter leaves of a sound ends: the silence behind it is silent again. */
static void
test_filter_fades_out (void)
{
  const GenAugmentSettings settings = settings_of ("low-pass", 100);
  const GenAugmentSoundDraw draw = draw_of (&settings, 0, 1, 10 * RATE);
  g_auto (GenSound) sound = { 0 };

  gen_sound_init (&sound, RATE, 1, 10 * RATE);
  sound.data[0] = 1;
  gen_augment_render_sound (&draw, &sound, 0);
  g_assert_cmpfloat (sound.data[1], !=, 0);
  for (gsize t = 5 * RATE; t < 10 * RATE; t++)
    g_assert_cmpfloat (sound.data[t], ==, 0);
}

static void
test_noise (void)
{
  GenAugmentSettings settings = settings_of ("noise", 0.5);
  const gsize frames = 100000;

  set_amount (&settings, "gain", 12);
  for (guint64 window = 0; window < 20; window++)
    for (int channels = 1; channels <= 2; channels++) {
      const GenAugmentSoundDraw draw = draw_of (&settings, window, channels, frames);
      const double gain = draw.steps[0].values[0], level = draw.steps[1].values[0];
      const gsize n = frames * (gsize)channels;
      g_auto (GenSound) sound = { 0 }, plain = { 0 };
      double ratio;

      init_pattern (&sound, channels, frames);
      init_pattern (&plain, channels, frames);
      gen_augment_render_sound (&draw, &sound, 0);
      for (gsize i = 0; i < n; i++)
        plain.data[i] *= (float)gain;
      ratio = power (plain.data, NULL, n) / power (sound.data, plain.data, n);
      g_assert_cmpfloat_with_epsilon (10 * log10 (ratio), -20 * log10 (level), 0.1);
    }
}

/* Of silence and of what is not a number there is no level. */
static void
test_noise_without_level (void)
{
  const GenAugmentSettings settings = settings_of ("noise", 0.5);
  const GenAugmentSoundDraw draw = draw_of (&settings, 0, 1, 100);
  g_auto (GenSound) sound = { 0 };

  gen_sound_init (&sound, RATE, 1, 100);
  gen_augment_render_sound (&draw, &sound, 0);
  for (int t = 0; t < 100; t++)
    g_assert_cmpfloat (sound.data[t], ==, 0);
  sound.data[7] = NAN;
  sound.data[8] = 0.5f;
  gen_augment_render_sound (&draw, &sound, 0);
  for (int t = 0; t < 100; t++)
    g_assert_true (t == 7 ? isnan (sound.data[t]) : sound.data[t] == (t == 8 ? 0.5f : 0));
  sound.frames = 0;
  gen_augment_render_sound (&draw, &sound, 100);
}

/* The draw of the first window in which a fade in is so long. */
static GenAugmentSoundDraw
draw_with_fade (double in, int channels, gsize length)
{
  const GenAugmentSettings settings = settings_of ("fade", 0.3);

  for (guint64 window = 0; window < 100000; window++) {
    const GenAugmentSoundDraw draw = draw_of (&settings, window, channels, length);

    if (draw.n_steps > 0 && draw.steps[0].values[0] == in)
      return draw;
  }
  g_assert_not_reached ();
}

/* torchaudio.transforms.Fade (9, 0, "half_sine") (torch.ones (1, 100)), 2.11.1. */
static void
test_fade_as_torchaudio (void)
{
  static const float curve[] = { 0.0f, 0.038060218f, 0.14644662f, 0.30865824f, 0.5f, 0.69134176f,
    0.85355341f, 0.96193981f, 1.0f, 1.0f };

  for (int channels = 1; channels <= 3; channels++) {
    const GenAugmentSoundDraw draw = draw_with_fade (9, channels, 100);
    g_auto (GenSound) sound = { 0 };

    init_ones (&sound, channels, 100);
    gen_augment_render_sound (&draw, &sound, 0);
    for (int t = 0; t < (int)G_N_ELEMENTS (curve); t++)
      for (int c = 0; c < channels; c++)
        g_assert_cmpfloat_with_epsilon (sound.data[t * channels + c], curve[t], 1e-7);
  }
}

static double
half_sine (double i, double n)
{
  return 0.5 - 0.5 * cos (G_PI * i / (n - 1));
}

/* Fades lie at the ends of what a crop has left, and are silent beyond. */
static void
test_fade_and_crop (void)
{
  GenAugmentSettings settings = settings_of ("fade", 0.2);
  const gsize length = 5000;

  set_amount (&settings, "crop", 0.5);
  for (guint64 window = 0; window < 40; window++) {
    const GenAugmentSoundDraw draw = draw_of (&settings, window, 1, length);
    const double in = draw.steps[1].values[0], out = draw.steps[1].values[1];
    g_auto (GenSound) sound = { 0 };

    init_ones (&sound, 1, length);
    gen_augment_render_sound (&draw, &sound, 0);
    for (gsize t = 0; t < length; t++) {
      const double since = (double)t - (double)draw.begin, until = (double)draw.end - 1 - (double)t;
      double wanted = since < 0 || until < 0 ? 0 : 1;

      if (wanted > 0 && since < in)
        wanted *= half_sine (since, in);
      if (wanted > 0 && until < out)
        wanted *= half_sine (until, out);
      g_assert_cmpfloat_with_epsilon (sound.data[t], wanted, 1e-7);
    }
  }
}

static void
test_shift (void)
{
  const GenAugmentSettings settings = settings_of ("shift", 1);

  for (guint64 window = 0; window < 40; window++) {
    const GenAugmentSoundDraw draw = draw_of (&settings, window, 2, 300);
    const int by = (int)draw.steps[0].values[0];
    g_auto (GenSound) sound = { 0 }, plain = { 0 };

    init_pattern (&sound, 2, 300);
    init_pattern (&plain, 2, 300);
    gen_augment_render_sound (&draw, &sound, 0);
    for (int t = 0; t < 300; t++)
      for (int c = 0; c < 2; c++)
        g_assert_cmpfloat (sound.data[2 * t + c], ==,
            t - by >= 0 && t - by < 300 ? plain.data[2 * (t - by) + c] : 0);
  }
}

/* Parts, whatever their place, are as they are in the whole where no level, no history and no
 * neighbour has a say. */
static void
test_parts (void)
{
  GenAugmentSettings settings = settings_of ("gain", 6);
  const gsize length = 3000;

  set_amount (&settings, "polarity", 0.5);
  set_amount (&settings, "crop", 0.4);
  set_amount (&settings, "fade", 0.4);
  for (guint64 window = 0; window < 12; window++)
    for (int channels = 1; channels <= 3; channels += 2) {
      const GenAugmentSoundDraw draw = draw_of (&settings, window, channels, length);
      const gsize frame = (gsize)channels;
      g_auto (GenSound) whole = { 0 }, cut = { 0 };

      init_pattern (&whole, channels, length);
      init_pattern (&cut, channels, length);
      gen_augment_render_sound (&draw, &whole, 0);
      for (gsize at = 0, n = 1; at < length; at += n, n = n * 3 + 1) {
        GenSound part = cut;

        part.data += at * frame;
        part.frames = n = MIN (n, length - at);
        part.owned = FALSE;
        gen_augment_render_sound (&draw, &part, at);
      }
      g_assert_cmpmem (
          cut.data, length * frame * sizeof (float), whole.data, length * frame * sizeof (float));
    }
}

/* The noise of a part is that of the whole but for its level, and filters begin with the part. */
static void
test_parts_of_noise (void)
{
  const GenAugmentSettings settings = settings_of ("noise", 1);
  const GenAugmentSoundDraw draw = draw_of (&settings, 0, 2, 4000);
  g_auto (GenSound) whole = { 0 }, cut = { 0 }, plain = { 0 };
  GenSound part;
  double ratio;

  init_pattern (&whole, 2, 4000);
  init_pattern (&cut, 2, 4000);
  init_pattern (&plain, 2, 4000);
  part = cut;
  part.data += 2 * 1001;
  part.frames = 2000;
  gen_augment_render_sound (&draw, &whole, 0);
  gen_augment_render_sound (&draw, &part, 1001);
  ratio = sqrt (power (plain.data, NULL, 8000) / power (plain.data + 2002, NULL, 4000));
  for (gsize i = 2002; i < 2002 + 4000; i++)
    g_assert_cmpfloat_with_epsilon (
        (cut.data[i] - plain.data[i]) * ratio, whole.data[i] - plain.data[i], 1e-6);
}

static void
test_int16 (void)
{
  const float special[] = { 1, -1, 2, -2, 1.5f / 32768, 2.5f / 32768, NAN, INFINITY };
  const gint16 wanted[] = { 32767, -32768, 32767, -32768, 2, 2, 0, 32767 };
  g_autofree gint16 *all = g_new (gint16, 65536), *back = g_new0 (gint16, 65536);
  g_auto (GenSound) sound = { 0 };
  GenSound few = { .data = (float *)special, .rate = RATE, .channels = 2, .frames = 4 };

  gen_sound_init (&sound, RATE, 2, 32768);
  for (int i = 0; i < 65536; i++)
    all[i] = (gint16)(i - 32768);
  gen_sound_from_int16 (&sound, all);
  g_assert_cmpfloat (sound.data[0], ==, -1);
  gen_sound_to_int16 (&sound, back);
  g_assert_cmpmem (all, 2 * 65536, back, 2 * 65536);
  gen_sound_to_int16 (&few, back);
  g_assert_cmpmem (back, sizeof wanted, wanted, sizeof wanted);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment-sound/list", test_list);
  g_test_add_func ("/augment-sound/idle", test_idle);
  g_test_add_func ("/augment-sound/same-window-same-draw", test_same_window_same_draw);
  g_test_add_func ("/augment-sound/probability", test_probability);
  g_test_add_func ("/augment-sound/bounds", test_bounds);
  g_test_add_func ("/augment-sound/no-low-pass", test_no_low_pass);
  g_test_add_func ("/augment-sound/filters-as-scipy", test_filters_as_scipy);
  g_test_add_func ("/augment-sound/frequency-response", test_frequency_response);
  g_test_add_func ("/augment-sound/filter-fades-out", test_filter_fades_out);
  g_test_add_func ("/augment-sound/noise", test_noise);
  g_test_add_func ("/augment-sound/noise-without-level", test_noise_without_level);
  g_test_add_func ("/augment-sound/fade-as-torchaudio", test_fade_as_torchaudio);
  g_test_add_func ("/augment-sound/fade-and-crop", test_fade_and_crop);
  g_test_add_func ("/augment-sound/shift", test_shift);
  g_test_add_func ("/augment-sound/parts", test_parts);
  g_test_add_func ("/augment-sound/parts-of-noise", test_parts_of_noise);
  g_test_add_func ("/augment-sound/int16", test_int16);
  return g_test_run ();
}
