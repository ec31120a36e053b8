/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* training-step PRESET BATCH THREADS STEPS [cuda] [fp32|tf32|fp16|bf16] [width=N] [length=N]
 * [extent=N] [r1=X] [profile]: the milliseconds of each training step on pictures of zeros, of
 * 28x28 grey pixels or of `extent` x `extent` in colour, or on sounds of `length` frames, a line
 * each; with `profile`, of each node that takes over 50 us. Without a precision it is gantrainer's
 * own, without a width the preset's. */
#include <generative/device.h>
#include <generative/operator.h>
#include <generative/trainer.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../trainers.h"

static void
profile (GenTrainer *trainer)
{
  GenPlan *plan = gen_trainer_plan (trainer);
  g_autoptr (GArray) steps = NULL;

  for (guint i = 0; i < gen_plan_n_inputs (plan); i++)
    gen_plan_bind_input (plan, i, NULL); /* the feeds are gone */
  steps = gen_plan_profile (plan, NULL);
  for (guint i = 0; i < steps->len; i++) {
    const GenStepInfo *step = &g_array_index (steps, GenStepInfo, i);

    if (step->seconds > 5e-5)
      printf ("%8.3f ms %7.1f GFLOP/s %6.1f GB/s  %s\n", step->seconds * 1e3,
          step->flops / step->seconds * 1e-9, step->bytes / step->seconds * 1e-9, step->node->name);
  }
}

/* The words behind the numbers. */
static gboolean
parse (char **words, GenTrainerSettings *settings, GenPresetOptions *options, gboolean *profiles)
{
  for (; *words != NULL; words++) {
    if (g_str_equal (*words, "profile"))
      *profiles = TRUE;
    else if (g_str_equal (*words, "cuda"))
      settings->device = &gen_device_cuda;
    else if (g_str_equal (*words, "fp32"))
      settings->precision = GEN_PRECISION_FLOAT32;
    else if (g_str_equal (*words, "tf32"))
      settings->precision = GEN_PRECISION_TF32;
    else if (g_str_equal (*words, "bf16"))
      settings->precision = GEN_PRECISION_BFLOAT16;
    else if (g_str_equal (*words, "fp16"))
      settings->precision = GEN_PRECISION_FLOAT16;
    else if (g_str_has_prefix (*words, "width="))
      options->width = atoi (*words + strlen ("width="));
    else if (g_str_has_prefix (*words, "length="))
      options->format.length = (gsize)atoi (*words + strlen ("length="));
    else if (g_str_has_prefix (*words, "extent="))
      options->format = (GenFormat){ &gen_medium_picture, atoi (*words + strlen ("extent=")),
        atoi (*words + strlen ("extent=")), 3 };
    else if (g_str_has_prefix (*words, "r1="))
      settings->r1 = g_ascii_strtod (*words + strlen ("r1="), NULL);
    else
      return FALSE;
  }
  return TRUE;
}

/* As gantrainer does: a step's pictures travel while the step before is made. */
static gboolean
train (GenTrainer *trainer, int steps, gboolean prints, GError **error)
{
  GenTrainerBatch batches[2] = { { NULL } };
  GenTrainerFigures figures;
  gboolean trained = gen_trainer_batch_init (trainer, &batches[0], error) &&
                     gen_trainer_batch_init (trainer, &batches[1], error) &&
                     gen_trainer_batch_send (&batches[0], error);

  /* The first steps touch memory for the first time. */
  for (int i = -3; trained && i < steps; i++) {
    const gint64 start = g_get_monotonic_time ();
    const guint now = (guint)(i + 3) % 2;

    trained = gen_trainer_batch_send (&batches[1 - now], error) &&
              gen_trainer_step_batch (trainer, &batches[now], &figures, error);
    if (trained && i >= 0 && prints)
      printf ("%.3f\n", (double)(g_get_monotonic_time () - start) * 1e-3);
  }
  for (guint i = 0; i < G_N_ELEMENTS (batches); i++)
    gen_trainer_batch_clear (&batches[i]);
  return trained;
}

int
main (int argc, char **argv)
{
  const GenPreset *preset = argc >= 5 ? gen_preset_find (argv[1], NULL) : NULL;
  GenPresetOptions options = { GEN_PRESET_DEFAULTS };
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS };
  g_autoptr (GenTrainer) trainer = NULL;
  g_autoptr (GError) error = NULL;
  gboolean profiles = FALSE;

  if (preset != NULL && preset->medium == &gen_medium_sound)
    options.format = (GenFormat){ preset->medium, .channels = 1, .rate = 16000, .length = 8192 };
  if (preset == NULL || !parse (argv + 5, &settings, &options, &profiles)) {
    fprintf (stderr,
        "usage: %s PRESET BATCH THREADS STEPS [cuda] [fp32|tf32|fp16|bf16] [width=N] [length=N] "
        "[extent=N] [r1=X] [profile]\n",
        argv[0]);
    return 2;
  }
  settings.batch_size = atoi (argv[2]);
  settings.threads = atoi (argv[3]);
  settings.choice = GEN_CHOICE_MEASURE;
  trainer = preset_trainer_new (preset, &options, &settings, &error);
  if (trainer == NULL) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  if (!train (trainer, atoi (argv[4]), !profiles, &error)) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  if (profiles)
    profile (trainer);
  return 0;
}
