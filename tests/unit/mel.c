/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mel spectra against librosa 0.11's melspectrogram (center=True, pad_mode="constant", power=2,
 * dtype=float64), of which the logarithm of what is above 1e-10 was taken. */
#include <generative/mel.h>

#include <math.h>

#include "../scratch.h"

enum { RATE = 16000, FRAMES = 4000 };

/* A sweep with noise, as it was made for librosa. */
static float *
make_signal (void)
{
  float *x = g_new (float, FRAMES);
  guint32 state = 12345;

  for (int i = 0; i < FRAMES; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = (float)(0.5 * sin (2 * G_PI * (300 + 2.0 * i / FRAMES * 1500) * i / RATE) +
                   0.1 * (state / 4294967296.0 - 0.5));
  }
  return x;
}

typedef struct {
  GenMelSettings settings;
  gsize count;
  double mean;
  struct {
    int frame, band;
    double value;
  } samples[6];
} Case;

/* librosa.feature.melspectrogram (y, sr=16000, n_fft=400, hop_length=160, n_mels=80) and
 * (… n_fft=512, win_length=400, hop_length=100, n_mels=40, htk=True, norm=None, fmin=50,
 * fmax=7600). */
static const Case cases[] = {
  { { .rate = RATE,
        .window = 400,
        .hop = 160,
        .bands = 80,
        .scale = GEN_MEL_SLANEY,
        .normalize = TRUE,
        .floor = 1e-10 },
      26, -5.453258310118307,
      { { 0, 0, -0.69174 }, { 0, 79, -8.11489 }, { 3, 7, -7.80202 }, { 10, 20, -5.76083 },
          { 25, 5, -6.95074 }, { 13, 40, -6.13647 } } },
  { { .rate = RATE,
        .window = 400,
        .transform = 512,
        .hop = 100,
        .bands = 40,
        .lowest = 50,
        .highest = 7600,
        .scale = GEN_MEL_HTK,
        .floor = 1e-10 },
      41, -0.017794844124409306,
      { { 0, 0, 3.53258 }, { 0, 39, -0.56391 }, { 3, 7, 3.59161 }, { 10, 20, 7.65200 },
          { 40, 5, -3.28290 }, { 20, 20, -0.02953 } } },
};

static void
test_librosa (void)
{
  g_autofree float *signal = make_signal ();

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    const Case *expected = &cases[c];
    g_autoptr (GError) error = NULL;
    g_autoptr (GenMel) mel = gen_mel_new (&expected->settings, &error);
    g_autofree float *spectra = NULL;
    gsize bands = (gsize)expected->settings.bands;
    double sum = 0;

    g_assert_no_error (error);
    g_assert_cmpuint (gen_mel_count (mel, FRAMES), ==, expected->count);
    spectra = g_new (float, expected->count *bands);
    gen_mel_run (mel, signal, FRAMES, spectra);
    for (gsize i = 0; i < expected->count * bands; i++)
      sum += spectra[i];
    g_assert_cmpfloat_with_epsilon (sum / (double)(expected->count * bands), expected->mean, 1e-5);
    for (gsize i = 0; i < G_N_ELEMENTS (expected->samples); i++)
      g_assert_cmpfloat_with_epsilon (
          spectra[(gsize)expected->samples[i].frame * bands + (gsize)expected->samples[i].band],
          expected->samples[i].value, 2e-5);
  }
}

/* Single windows are those of the whole, in any order, and outside there is silence. */
static void
test_places (void)
{
  static const gint64 centers[] = { 1600, 0, 160, -5000, 3840 };
  GenMelSettings settings = GEN_MEL_DEFAULTS;
  g_autofree float *signal = make_signal ();
  g_autoptr (GenMel) mel = gen_mel_new (&settings, NULL);
  g_autofree float *all = g_new (float, 26 * 80);
  float some[5 * 80];

  gen_mel_run (mel, signal, FRAMES, all);
  gen_mel_run_at (mel, signal, FRAMES, centers, 5, some);
  for (int i = 0; i < 5; i++)
    for (int b = 0; b < 80; b++)
      g_assert_cmpfloat_with_epsilon (
          some[i * 80 + b], centers[i] < 0 ? log (1e-10) : all[centers[i] / 160 * 80 + b], 1e-4);
  gen_mel_run (mel, signal, 0, all);
  g_assert_cmpfloat_with_epsilon (all[0], log (1e-10), 1e-5);
}

static void
test_refused (void)
{
  static const GenMelSettings wrong[] = {
    { .rate = 0, .window = 400, .hop = 160, .bands = 80, .floor = 1 },
    { .rate = RATE, .window = 1, .hop = 160, .bands = 80, .floor = 1 },
    { .rate = RATE, .window = 400, .transform = 256, .hop = 160, .bands = 80, .floor = 1 },
    { .rate = RATE, .window = 400, .hop = 0, .bands = 80, .floor = 1 },
    { .rate = RATE, .window = 400, .hop = 160, .bands = 0, .floor = 1 },
    { .rate = RATE, .window = 400, .hop = 160, .bands = 80, .highest = 9000, .floor = 1 },
    { .rate = RATE, .window = 400, .hop = 160, .bands = 80, .lowest = NAN, .floor = 1 },
    { .rate = RATE, .window = 400, .hop = 160, .bands = 80, .highest = -1, .floor = 1 },
    { .rate = RATE, .window = 400, .hop = 160, .bands = 80, .floor = HUGE_VAL },
    { .rate = RATE, .window = 400, .hop = 160, .bands = 80 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_mel_new (&wrong[i], &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mel/librosa", test_librosa);
  g_test_add_func ("/mel/places", test_places);
  g_test_add_func ("/mel/refused", test_refused);
  return g_test_run ();
}
