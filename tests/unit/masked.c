/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipe masked: which places are masked, what is shown of it, and what counts. */
#include <generative/preset.h>

#include <math.h>
#include <string.h>

#include "../trainers.h"

#define EXTENT 28
#define SIZE (EXTENT * EXTENT)
#define BATCH 6
#define PATCH 5 /* the last ones are smaller */
#define PLACES 6
#define SHOWN 3
/* Of 36 patches; there are billions of ways to choose them. */
#define MANY 22

static GenTrainer *
trainer_new (GenMaskFill fill, double ratio, guint64 seed)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 4 };
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer = preset_trainer_new (&gen_preset_masked_autoencoder, &options,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .patch = PATCH,
          .mask_ratio = ratio, .mask_fill = (int)fill, .seed = seed, .threads = 2 },
      &error);

  g_assert_no_error (error);
  return trainer;
}

/* No number of them is 0. */
static float *
samples_new (void)
{
  float *samples = g_new (float, BATCH *SIZE);

  for (int i = 0; i < BATCH * SIZE; i++)
    samples[i] = 0.6f + 0.3f * sinf (0.7f * (float)i);
  return samples;
}

static float *
play (GenTrainer *trainer, const float *samples)
{
  float *shown = g_new (float, SHOWN *BATCH *SIZE);
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_trainer_play (trainer, FALSE, samples, BATCH, shown, &error));
  g_assert_no_error (error);
  return shown;
}

static gboolean
is_masked (const float *covered, const float *sample, int row, int column)
{
  return covered[row * EXTENT + column] != sample[row * EXTENT + column];
}

/* As many patches as the ratio says, each whole, and other ones in each sample. */
static void
check_masks (double ratio, int expected)
{
  g_autoptr (GenTrainer) trainer = trainer_new (GEN_MASK_ZERO, ratio, 3);
  g_autofree float *samples = samples_new (), *shown = play (trainer, samples);
  guint64 masks[BATCH] = { 0 };

  for (int k = 0; k < BATCH; k++) {
    const float *covered = shown + k * SHOWN * SIZE, *original = covered + 2 * SIZE;

    g_assert_cmpint (memcmp (original, samples + k * SIZE, SIZE * sizeof (float)), ==, 0);
    for (int i = 0; i < SIZE; i++) {
      const int row = i / EXTENT, column = i % EXTENT;
      const int place = row / PATCH * PLACES + column / PATCH;
      const gboolean masked = is_masked (covered, original, row, column);

      g_assert_cmpint (
          masked, ==, is_masked (covered, original, row / PATCH * PATCH, column / PATCH * PATCH));
      g_assert_cmpfloat (covered[i], ==, masked ? 0 : original[i]);
      if (!masked)
        g_assert_cmpfloat (covered[SIZE + i], ==, original[i]);
      masks[k] |= (guint64)masked << place;
    }
    g_assert_cmpint (__builtin_popcountll (masks[k]), ==, expected);
    for (int other = 0; other < k && expected == MANY; other++)
      g_assert_cmpuint (masks[k], !=, masks[other]);
  }
}

static void
test_masks (void)
{
  check_masks (0.6, MANY);
  check_masks (0.999, PLACES * PLACES - 1);
  check_masks (0.001, 1);
}

static void
test_mean (void)
{
  g_autoptr (GenTrainer) trainer = trainer_new (GEN_MASK_MEAN, 0.5, 3);
  g_autofree float *samples = samples_new (), *shown = play (trainer, samples);

  for (int k = 0; k < BATCH; k++) {
    const float *covered = shown + k * SHOWN * SIZE, *original = covered + 2 * SIZE;
    double sum = 0;
    int n = 0;

    for (int i = 0; i < SIZE; i++)
      if (covered[i] == original[i]) {
        sum += original[i];
        n++;
      }
    for (int i = 0; i < SIZE; i++)
      if (covered[i] != original[i])
        g_assert_cmpfloat_with_epsilon (covered[i], sum / n, 1e-5);
  }
}

/* What is reported is the mean square of what is masked, of the same masks as are shown. */
static void
test_loss (void)
{
  g_autoptr (GenTrainer) trainer = trainer_new (GEN_MASK_ZERO, 0.6, 3);
  g_autofree float *samples = samples_new (), *shown = play (trainer, samples);
  double values[GEN_RECIPE_MAX_FIGURES], sum = 0;
  g_autoptr (GError) error = NULL;
  int n = 0;

  for (int k = 0; k < BATCH; k++) {
    const float *covered = shown + k * SHOWN * SIZE;

    for (int i = 0; i < SIZE; i++)
      if (covered[i] != covered[2 * SIZE + i]) {
        const double apart = covered[SIZE + i] - covered[2 * SIZE + i];

        sum += apart * apart;
        n++;
      }
  }
  g_assert_true (gen_trainer_measure (trainer, FALSE, samples, NULL, BATCH, 0, values, &error));
  g_assert_cmpfloat_with_epsilon (values[0], sum / n, 1e-5 * sum / n);
}

/* It learns to fill in a gradient of grey, and each step masks other patches. */
static void
test_learns (void)
{
  g_autoptr (GenTrainer) trainer = trainer_new (GEN_MASK_ZERO, 0.6, 3);
  g_autofree float *samples = samples_new ();
  GenTrainerFigures figures;
  g_autoptr (GError) error = NULL;
  double first = 0, last = 0;

  gen_trainer_set_learning_rate (trainer, 3e-3);
  for (int step = 0; step < 60; step++) {
    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
    *(step < 10 ? &first : &last) = figures.values[0];
  }
  g_test_message ("loss %g, then %g", first, last);
  g_assert_cmpfloat (last, <, 0.5 * first);
}

/* Of a sound, patches are frames that follow each other; the last one may be smaller. */
static void
test_sound (void)
{
  enum { LENGTH = 4096, SOUNDS = 3, FRAMES = 300, ALL = 14, MASKED = 8 };
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 2,
    .format = { &gen_medium_sound, .channels = 1, .rate = 16000, .length = LENGTH } };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer =
      preset_trainer_new (&gen_preset_masked_sound_autoencoder, &options,
          &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = SOUNDS, .patch = FRAMES,
              .mask_ratio = 0.6, .learning_rate = 3e-3, .threads = 2 },
          &error);
  static float samples[SOUNDS * LENGTH], shown[SHOWN * SOUNDS * LENGTH];
  GenTrainerFigures figures;
  double first = 0;

  g_assert_no_error (error);
  for (int i = 0; i < SOUNDS * LENGTH; i++)
    samples[i] = 0.5f + 0.4f * sinf (0.01f * (float)i);
  g_assert_true (gen_trainer_play (trainer, FALSE, samples, SOUNDS, shown, &error));
  for (int k = 0; k < SOUNDS; k++) {
    const float *covered = shown + k * SHOWN * LENGTH, *original = covered + 2 * LENGTH;
    gboolean masked[ALL] = { FALSE };
    int n = 0;

    g_assert_cmpmem (
        original, LENGTH * sizeof (float), samples + k * LENGTH, LENGTH * sizeof (float));
    for (int i = 0; i < LENGTH; i++) {
      if (i % FRAMES == 0)
        n += masked[i / FRAMES] = covered[i] != original[i];
      g_assert_cmpfloat (covered[i], ==, masked[i / FRAMES] ? 0 : original[i]);
    }
    g_assert_cmpint (n, ==, MASKED);
  }
  for (int step = 0; step < 20; step++) {
    g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
    if (step == 0)
      first = figures.values[0];
  }
  g_test_message ("loss %g, then %g", first, figures.values[0]);
  g_assert_cmpfloat (figures.values[0], <, 0.5 * first);
}

static void
test_large_patches (void)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS };
  g_autoptr (GError) error = NULL;

  g_assert_null (preset_trainer_new (&gen_preset_masked_autoencoder, &options,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .patch = EXTENT }, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_true (g_str_has_prefix (error->message, "patch: "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/masked/masks", test_masks);
  g_test_add_func ("/masked/mean", test_mean);
  g_test_add_func ("/masked/loss", test_loss);
  g_test_add_func ("/masked/learns", test_learns);
  g_test_add_func ("/masked/sound", test_sound);
  g_test_add_func ("/masked/large-patches", test_large_patches);
  return g_test_run ();
}
