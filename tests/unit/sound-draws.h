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
  GenAugmentSettings settings = { .medium = &gen_medium_sound, .probability = 1, .seed = 11 };

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

/* Mean and extremes of a value of what windows draw. */
typedef struct {
  double minimum, maximum, mean;
} Spread;

typedef double (*Measure) (const GenAugmentSoundDraw *draw);

static inline void
assert_spread (const char *name, double amount, Measure measure, double minimum, double maximum)
{
  const GenAugmentSettings settings = settings_of (name, amount);
  Spread spread = { G_MAXDOUBLE, -G_MAXDOUBLE, 0 };
  const double width = maximum - minimum;

  for (guint64 window = 0; window < WINDOWS; window++) {
    const GenAugmentSoundDraw draw = draw_of (&settings, window, 1, 10000);
    const double value = measure (&draw);

    spread.minimum = MIN (spread.minimum, value);
    spread.maximum = MAX (spread.maximum, value);
    spread.mean += value / WINDOWS;
  }
  g_test_message ("%s: %g to %g", name, spread.minimum, spread.maximum);
  g_assert_cmpfloat (spread.minimum, >=, minimum - 1e-9 * width);
  g_assert_cmpfloat (spread.maximum, <=, maximum + 1e-9 * width);
  g_assert_cmpfloat_with_epsilon (spread.minimum, minimum, 0.005 * width);
  g_assert_cmpfloat_with_epsilon (spread.maximum, maximum, 0.005 * width);
  g_assert_cmpfloat_with_epsilon (spread.mean, (minimum + maximum) / 2, 0.02 * width);
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
