/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Masks of the spectrogram: beside transforms that are written out, and what they draw. */
#include <complex.h>

#include "sound-draws.h"

enum { FRAMES = 2345, SIZE = 512, HOP = 128 };

static void
set_counts (GenAugmentSettings *settings, double bands, double stretches)
{
  for (int i = 0; augmentation_at (i) != NULL; i++)
    if (g_str_equal (augmentation_at (i)->name, "spectrogram-mask")) {
      settings->parameters[i][0] = bands;
      settings->parameters[i][1] = stretches;
    }
}

/* With so many masks of bands and of stretches. */
static GenAugmentSettings
masks_of (double amount, double bands, double stretches)
{
  GenAugmentSettings settings = settings_of ("spectrogram-mask", amount);

  set_counts (&settings, bands, stretches);
  return settings;
}

static gboolean
is_in (const GenAugmentSoundDraw *draw, int kind, double value)
{
  for (int i = 0; i < draw->n_steps; i++) {
    const double *v = draw->steps[i].values;

    if ((int)v[0] == kind && value >= v[1] && value < v[2])
      return TRUE;
  }
  return FALSE;
}

/* The frame that begins at `at`, transformed, masked and back, added to `out`. */
static void
add_frame (const GenAugmentSoundDraw *draw, const GenSound *sound, int c, int at, double *out)
{
  complex double spectrum[SIZE / 2 + 1];
  double window[SIZE];

  for (int i = 0; i < SIZE; i++)
    window[i] = pow (sin (G_PI * i / SIZE), 2);
  for (int k = 0; k <= SIZE / 2; k++) {
    spectrum[k] = 0;
    if (is_in (draw, 0, (double)k * RATE / SIZE))
      continue;
    for (int i = 0; i < SIZE; i++)
      if (at + i >= 0 && at + i < FRAMES)
        spectrum[k] += window[i] * (double)sound->data[(at + i) * sound->channels + c] *
                       cexp (-2 * G_PI * I * (double)(i * k % SIZE) / SIZE);
  }
  for (int i = 0; i < SIZE; i++) {
    double sum = 0;

    if (at + i < 0 || at + i >= FRAMES)
      continue;
    for (int k = 0; k <= SIZE / 2; k++)
      sum += (k == 0 || k == SIZE / 2 ? 1 : 2) *
             creal (spectrum[k] * cexp (2 * G_PI * I * (double)(i * k % SIZE) / SIZE));
    /* Squares of Hann windows a quarter apart sum to 3/2. */
    out[at + i] += window[i] * sum / SIZE / 1.5;
  }
}

static void
test_written_out (void)
{
  const GenAugmentSettings settings = masks_of (0.4, 2, 2);

  for (guint64 window = 0; window < 3; window++) {
    const GenAugmentSoundDraw draw = draw_of (&settings, window, 2, FRAMES);
    g_auto (GenSound) sound = { 0 }, plain = { 0 };
    double *out = g_new (double, FRAMES);
    double gone = 0;

    g_assert_cmpint (draw.n_steps, ==, 4);
    init_pattern (&plain, 2, FRAMES);
    init_pattern (&sound, 2, FRAMES);
    gen_augment_render_sound (&draw, &sound, 0);
    for (int c = 0; c < 2; c++) {
      memset (out, 0, FRAMES * sizeof *out);
      for (int at = -SIZE + HOP; at < FRAMES; at += HOP)
        if (!is_in (&draw, 1, at + SIZE / 2))
          add_frame (&draw, &plain, c, at, out);
      for (int t = 0; t < FRAMES; t++) {
        g_assert_cmpfloat_with_epsilon (sound.data[2 * t + c], out[t], 1e-6);
        gone += fabs (out[t] - (double)plain.data[2 * t + c]);
      }
    }
    g_assert_cmpfloat (gone, >, 10);
    g_free (out);
  }
}

/* What is masked nowhere stays, and no masks are no step. */
static void
test_kept (void)
{
  const GenAugmentSettings none = masks_of (1, 0, 0), faint = masks_of (1e-9, 1, 1);
  const GenAugmentSoundDraw draw = draw_of (&faint, 0, 3, FRAMES);
  g_auto (GenSound) sound = { 0 }, plain = { 0 };

  g_assert_cmpint (draw_of (&none, 0, 1, FRAMES).n_steps, ==, 0);
  g_assert_cmpint (draw.n_steps, ==, 2);
  init_pattern (&plain, 3, FRAMES);
  init_pattern (&sound, 3, FRAMES);
  gen_augment_render_sound (&draw, &sound, 0);
  for (gsize i = 0; i < 3 * FRAMES; i++)
    g_assert_cmpfloat_with_epsilon (sound.data[i], plain.data[i], 1e-6);
}

/* A part is the whole but where frames reach beyond its ends. */
static void
test_parts (void)
{
  const GenAugmentSettings settings = masks_of (0.3, 2, 2);
  const gsize all = 8000, first = 1234, n = 4000;

  for (guint64 window = 0; window < 5; window++) {
    const GenAugmentSoundDraw draw = draw_of (&settings, window, 2, all);
    g_auto (GenSound) whole = { 0 }, cut = { 0 };
    GenSound part;

    init_pattern (&whole, 2, all);
    init_pattern (&cut, 2, all);
    part = cut;
    part.data += 2 * first;
    part.frames = n;
    gen_augment_render_sound (&draw, &whole, 0);
    gen_augment_render_sound (&draw, &part, first);
    for (gsize i = 2 * (first + SIZE); i < 2 * (first + n - SIZE); i++)
      g_assert_cmpfloat_with_epsilon (cut.data[i], whole.data[i], 1e-6);
  }
}

/* Of a window the mask of that kind and number: where it begins and how wide it is. */
static void
find_mask (const GenAugmentSoundDraw *draw, int kind, int number, double *from, double *width)
{
  const double *v = draw->steps[kind * 2 + number].values;
  const double all = kind == 0 ? 2595 * log10 (1 + RATE / 2 / 700.0) : (double)draw->length;
  const double low = kind == 0 ? 2595 * log10 (1 + v[1] / 700) : v[1];
  const double high = kind == 0 ? 2595 * log10 (1 + v[2] / 700) : v[2];

  g_assert_cmpint ((int)v[0], ==, kind);
  *width = (high - low) / all;
  *from = low / (all - (high - low));
}

/* Widths, and places of what is left, are even. */
static void
test_draws (void)
{
  const GenAugmentSettings settings = masks_of (0.4, 2, 2);
  double places[WINDOWS], widths[WINDOWS];

  for (int kind = 0; kind < 2; kind++)
    for (int number = 0; number < 2; number++) {
      for (guint64 window = 0; window < WINDOWS; window++) {
        const GenAugmentSoundDraw draw = draw_of (&settings, window, 1, 10000);

        find_mask (&draw, kind, number, &places[window], &widths[window]);
        widths[window] /= 0.4;
        g_assert_cmpfloat (draw.steps[kind * 2 + number].values[2], <=,
            (kind == 0 ? RATE / 2 : 10000) * (1 + 1e-9));
      }
      qsort (places, WINDOWS, sizeof *places, compare_values);
      qsort (widths, WINDOWS, sizeof *widths, compare_values);
      g_assert_cmpfloat (kolmogorov_smirnov (places, WINDOWS), <, KOLMOGOROV_SMIRNOV);
      g_assert_cmpfloat (kolmogorov_smirnov (widths, WINDOWS), <, KOLMOGOROV_SMIRNOV);
    }
}

/* Another number of bands leaves the stretches as they are. */
static void
test_apart (void)
{
  const GenAugmentSettings two = masks_of (0.4, 2, 2), five = masks_of (0.4, 5, 2);
  const GenAugmentSoundDraw a = draw_of (&two, 3, 1, 1000), b = draw_of (&five, 3, 1, 1000);

  g_assert_cmpint (b.n_steps, ==, 7);
  for (int i = 0; i < 2; i++)
    for (int v = 1; v < 3; v++)
      g_assert_cmpfloat (a.steps[2 + i].values[v], ==, b.steps[5 + i].values[v]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment-sound-spectrogram/written-out", test_written_out);
  g_test_add_func ("/augment-sound-spectrogram/kept", test_kept);
  g_test_add_func ("/augment-sound-spectrogram/parts", test_parts);
  g_test_add_func ("/augment-sound-spectrogram/draws", test_draws);
  g_test_add_func ("/augment-sound-spectrogram/apart", test_apart);
  return g_test_run ();
}
