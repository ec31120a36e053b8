/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How often a mark is told where there is none: windows of sounds without marks are read by random
 * keys, each with the pattern lying somehow.
 *
 *   sound-mark-alarms TRIALS SOUND…
 *
 * All that a key might find is decoded, however little its pilots stand out, so that there are more
 * tries than a reader makes. */
#include <stdio.h>
#include <stdlib.h>

#include <generative/random.h>
#include <generative/sound.h>

#include "../../lib/mark/sound-fold.h"
#include "../../lib/mark/sound-spectrum.h"

/* Sounds are brought to this rate: more makes no difference to the band of marks. */
#define RATE 16000
#define LIES 4

typedef struct {
  float *powers, *loudness;
  int n;
} Window;

/* The spectra of each 8 s of a sound. */
static void
add_windows (GArray *windows, const GenSound *sound, int bins)
{
  GenSoundSpectrum spectrum;
  Window window = { 0 };
  gsize taken;

  gen_sound_spectrum_init (&spectrum, RATE, 1);
  for (gsize i = 0; i < sound->frames; i += taken) {
    if (!gen_sound_spectrum_hear (&spectrum, sound->data + i, sound->frames - i, &taken))
      continue;
    if (window.n == 0) {
      window.powers = g_new (float, GEN_SOUND_PERIOD *(gsize)bins);
      window.loudness = g_new0 (float, GEN_SOUND_PERIOD);
    }
    gen_sound_spectrum_powers (&spectrum, window.powers + (gsize)window.n * (gsize)bins, bins);
    for (int k = 0; k < bins; k++)
      window.loudness[window.n] += window.powers[(gsize)window.n * (gsize)bins + (gsize)k];
    if (++window.n == GEN_SOUND_PERIOD) {
      g_array_append_val (windows, window);
      window.n = 0;
    }
  }
  gen_sound_spectrum_clear (&spectrum);
}

/* Those that are looked at, which are the same for all keys. */
static int
count_bins (const GenSoundSpectrum *spectrum)
{
  const guint8 secret[32] = { 0 };
  g_autoptr (GenMarkKey) key = gen_mark_key_new (secret, sizeof secret, NULL);
  g_autofree GenSoundPattern *pattern = g_new (GenSoundPattern, 1);
  g_autoptr (GenSoundFold) fold = NULL;

  gen_sound_pattern_init (pattern, key);
  fold = gen_sound_fold_new (pattern, RATE, spectrum->n, spectrum->bins);
  return gen_sound_fold_bins (fold);
}

int
main (int argc, char **argv)
{
  const int trials = argc > 2 ? atoi (argv[1]) : 0;
  const GenRandom random = gen_random_new (1, "sound-mark-alarms", 0);
  g_autoptr (GArray) windows = g_array_new (FALSE, FALSE, sizeof (Window));
  GenSoundSpectrum spectrum;
  double highest = 0, farthest = 0, sum = 0;
  int alarms = 0, done = 0, bins;

  if (trials < 1) {
    g_printerr ("usage: sound-mark-alarms TRIALS SOUND...\n");
    return 2;
  }
  gen_sound_spectrum_init (&spectrum, RATE, 1);
  bins = count_bins (&spectrum);
  for (int i = 2; i < argc; i++) {
    g_auto (GenSound) sound = { 0 };
    g_autoptr (GError) error = NULL;

    if (!gen_sound_load (&sound, argv[i], RATE, 1, &error)) {
      g_printerr ("sound-mark-alarms: %s\n", error->message);
      return 1;
    }
    add_windows (windows, &sound, bins);
  }
  if (windows->len == 0) {
    g_printerr ("sound-mark-alarms: no sound is 8 s long\n");
    return 1;
  }
  for (guint64 number = 0; done < trials; number++) {
    const Window *window = &g_array_index (windows, Window, number % windows->len);
    g_autofree GenSoundPattern *pattern = g_new (GenSoundPattern, 1);
    g_autoptr (GenMarkKey) key = NULL;
    g_autoptr (GenMarkCode) code = NULL;
    g_autoptr (GenSoundFold) fold = NULL;
    guint32 secret[8];

    gen_random_block (&random, number, 0, secret);
    gen_random_block (&random, number, 1, secret + 4);
    key = gen_mark_key_new ((const guint8 *)secret, sizeof secret, NULL);
    gen_sound_pattern_init (pattern, key);
    code = gen_mark_code_new (key, "sound");
    fold = gen_sound_fold_new (pattern, RATE, spectrum.n, bins);
    gen_sound_fold_set (fold, window->powers, window->loudness, window->n);
    for (int i = 0; i < LIES && done < trials; i++, done++) {
      float drawn[2], symbols[GEN_MARK_SYMBOLS];
      GenMarkRead read;
      GenSoundLie lie;

      gen_random_uniform (&random, number, (guint64)(8 + 4 * i), drawn, G_N_ELEMENTS (drawn));
      lie = (GenSoundLie){ 1 + (i / 2 != 0 ? 0.02 * (2 * (double)drawn[0] - 1) : 0),
        (double)drawn[1] * (GEN_SOUND_PERIOD - 1), 0 };
      highest = MAX (highest, gen_sound_fold_peak (fold, &lie));
      gen_sound_fold_read (fold, &lie, symbols);
      alarms += gen_mark_decode (code, symbols, &read);
      farthest = MAX (farthest, read.deviations);
      sum += read.deviations;
    }
  }
  printf ("%d alarms in %d trials on %u windows; pilots stand out by %.2f deviations at most, best "
          "messages by %.2f in the mean and %.2f at most\n",
      alarms, trials, windows->len, highest, sum / trials, farthest);
  return alarms > 0;
}
