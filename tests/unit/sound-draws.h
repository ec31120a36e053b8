/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Draws of sounds, and sounds for them. */
#pragma once

#include <generative/augment.h>

#include <math.h>
#include <string.h>

enum { WINDOWS = 4000, RATE = 16000 };

static inline const GenAugmentation *
augmentation_at (int i)
{
  return gen_augmentation_list (&gen_medium_sound)[i];
}

static inline void
set_amount (GenAugmentSettings *settings, const char *name, double amount)
{
  for (int i = 0; augmentation_at (i) != NULL; i++)
    if (g_str_equal (augmentation_at (i)->name, name)) {
      settings->amounts[i] = amount;
      return;
    }
  g_error ("no augmentation \"%s\"", name);
}

static inline GenAugmentSettings
settings_of (const char *name, double amount)
{
  GenAugmentSettings settings;

  gen_augment_settings_init (&settings, &gen_medium_sound);
  settings.seed = 11;
  if (name != NULL)
    set_amount (&settings, name, amount);
  return settings;
}

static inline GenFormat
format_of (int channels, gsize length)
{
  return (GenFormat){
    .medium = &gen_medium_sound, .rate = RATE, .channels = channels, .length = length
  };
}

static inline GenAugmentSoundDraw
draw_of (const GenAugmentSettings *settings, guint64 window, int channels, gsize length)
{
  const GenFormat format = format_of (channels, length);
  GenAugmentSoundDraw draw;

  gen_augment_draw_sound (settings, window, &format, &draw);
  return draw;
}

/* Normal numbers of a standard deviation of 1/8. */
static inline void
init_pattern (GenSound *sound, int channels, gsize frames)
{
  const GenRandom random = gen_random_new (5, "pattern", 0);

  gen_sound_init (sound, RATE, channels, frames);
  gen_random_normal (&random, 0, 0, sound->data, frames * (gsize)channels);
  for (gsize i = 0; i < frames * (gsize)channels; i++)
    sound->data[i] /= 8;
}

static inline void
init_ones (GenSound *sound, int channels, gsize frames)
{
  gen_sound_init (sound, RATE, channels, frames);
  for (gsize i = 0; i < frames * (gsize)channels; i++)
    sound->data[i] = 1;
}

typedef double (*Measure) (const GenAugmentSoundDraw *draw);

static inline int
compare_values (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Of one draw in a thousand that is what it should be it is more. */
#define KOLMOGOROV_SMIRNOV 1.95

/* How far the distribution of sorted values is from the even one of [0, 1], times the root of their
 * number. */
static inline double
kolmogorov_smirnov (const double *sorted, int n)
{
  double most = 0;

  for (int i = 0; i < n; i++)
    most = MAX (most, MAX ((i + 1) / (double)n - sorted[i], sorted[i] - i / (double)n));
  return most * sqrt (n);
}

/* The statistic of counts that should be as many in each of `n` classes; one in a thousand is more
 * than 10.8, 13.8, 16.3, 18.5, 20.5 for 2, 3, … 6 classes. */
static inline double
chi_square (const int *counts, int n)
{
  double all = 0, sum = 0;

  for (int i = 0; i < n; i++)
    all += counts[i];
  for (int i = 0; i < n; i++)
    sum += (counts[i] - all / n) * (counts[i] - all / n) / (all / n);
  return sum;
}

/* All windows draw a value of the augmentation that is as likely anywhere between the two. */
static inline void
assert_spread (const char *name, double amount, Measure measure, double minimum, double maximum)
{
  const GenAugmentSettings settings = settings_of (name, amount);
  const double width = maximum - minimum;
  double values[WINDOWS];

  for (guint64 window = 0; window < WINDOWS; window++) {
    const GenAugmentSoundDraw draw = draw_of (&settings, window, 1, 10000);

    values[window] = (measure (&draw) - minimum) / width;
  }
  qsort (values, WINDOWS, sizeof *values, compare_values);
  g_test_message ("%s: %g to %g, Kolmogorov-Smirnov %g", name, values[0], values[WINDOWS - 1],
      kolmogorov_smirnov (values, WINDOWS));
  g_assert_cmpfloat (values[0], >=, -1e-9);
  g_assert_cmpfloat (values[WINDOWS - 1], <=, 1 + 1e-9);
  g_assert_cmpfloat_with_epsilon (values[0], 0, 0.005);
  g_assert_cmpfloat_with_epsilon (values[WINDOWS - 1], 1, 0.005);
  g_assert_cmpfloat (kolmogorov_smirnov (values, WINDOWS), <, KOLMOGOROV_SMIRNOV);
}

static inline double
first_value (const GenAugmentSoundDraw *draw)
{
  return draw->n_steps > 0 ? draw->steps[0].values[0] : 0;
}

static inline double
power (const float *samples, const float *minus, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++) {
    const double value = samples[i] - (double)(minus != NULL ? minus[i] : 0);

    sum += value * value;
  }
  return sum / (double)n;
}
