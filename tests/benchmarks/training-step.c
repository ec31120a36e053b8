/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* training-step PRESET BATCH THREADS STEPS [cuda] [fp32|tf32|fp16|bf16] [width=N] [length=N]
 * [extent=N] [latent=N] [seed=N] [r1=X] [profile] [memory] [processor-time] [save=FOLDER]: the
 * milliseconds of each training step on pictures of zeros, of 28x28 grey pixels or of `extent` x
 * `extent` in colour, or on sounds of `length` frames, a line each; with `profile`, of each node
 * that takes over 50 us, the best of 8; with `memory`, one line more of the megabytes that were
 * resident at most, beyond those before there were nets; with `processor-time`, not by the clock.
 * `save` writes the nets, as they are before they are trained, in place of that. Without a
 * precision it is gantrainer's own, without a width the preset's. */
#include <generative/device.h>
#include <generative/onnx.h>
#include <generative/operator.h>
#include <generative/trainer.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../trainers.h"

/* Other programs interrupt some of the nodes in any run, so that the best of several tells. */
#define PROFILES 8

static void
profile (GenTrainer *trainer)
{
  GenPlan *plan = gen_trainer_plan (trainer);
  g_autoptr (GArray) best = NULL;

  for (guint i = 0; i < gen_plan_n_inputs (plan); i++)
    gen_plan_bind_input (plan, i, NULL); /* the feeds are gone */
  best = gen_plan_profile (plan, NULL);
  for (guint k = 1; k < PROFILES; k++) {
    g_autoptr (GArray) steps = gen_plan_profile (plan, NULL);

    for (guint i = 0; i < best->len; i++) {
      GenStepInfo *step = &g_array_index (best, GenStepInfo, i);

      step->seconds = MIN (step->seconds, g_array_index (steps, GenStepInfo, i).seconds);
    }
  }
  for (guint i = 0; i < best->len; i++) {
    const GenStepInfo *step = &g_array_index (best, GenStepInfo, i);

    if (step->seconds > 5e-5)
      printf ("%8.3f ms %7.1f GFLOP/s %6.1f GB/s  %-12s %s\n", step->seconds * 1e3,
          step->flops / step->seconds * 1e-9, step->bytes / step->seconds * 1e-9,
          step->way != NULL ? step->way : "", step->node->name);
  }
}

/* Kilobytes that the kernel says of this process, by the name of the line; 0 where it does not. */
static double
read_memory (const char *name)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL) ||
      (line = strstr (text, name)) == NULL)
    return 0;
  return g_ascii_strtod (line + strlen (name), NULL);
}

static gboolean
save (const GenPreset *preset, const GenPresetOptions *options, const char *folder, GError **error)
{
  for (guint i = 0; i < gen_recipe_n_nets (preset->recipe); i++) {
    g_autoptr (GenGraph) net = preset->nets[i](options, error);
    g_autofree char *file = g_strconcat (preset->recipe->nets[i].role->name, ".onnx", NULL);
    g_autofree char *path = g_build_filename (folder, file, NULL);

    if (net == NULL || !gen_onnx_save (net, path, error))
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  gboolean profile, memory, processor_time;
  const char *folder; /* where nets are saved; NULL: they are trained */
} Wishes;

/* Seconds, of all threads' processor time where that is wished. */
static double
read_clock (const Wishes *wishes)
{
  struct timespec time;

  clock_gettime (wishes->processor_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The words behind the numbers. */
static gboolean
parse (char **words, GenTrainerSettings *settings, GenPresetOptions *options, Wishes *wishes)
{
  for (; *words != NULL; words++) {
    if (g_str_equal (*words, "profile"))
      wishes->profile = TRUE;
    else if (g_str_equal (*words, "memory"))
      wishes->memory = TRUE;
    else if (g_str_equal (*words, "processor-time"))
      wishes->processor_time = TRUE;
    else if (g_str_has_prefix (*words, "save="))
      wishes->folder = *words + strlen ("save=");
    else if (g_str_has_prefix (*words, "seed="))
      options->seed = settings->seed = g_ascii_strtoull (*words + strlen ("seed="), NULL, 10);
    else if (g_str_has_prefix (*words, "latent="))
      options->latent_size = atoi (*words + strlen ("latent="));
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
train (GenTrainer *trainer, int steps, const Wishes *wishes, GError **error)
{
  GenTrainerBatch batches[2] = { { NULL } };
  GenTrainerFigures figures;
  gboolean trained = gen_trainer_batch_init (trainer, &batches[0], error) &&
                     gen_trainer_batch_init (trainer, &batches[1], error) &&
                     gen_trainer_batch_send (&batches[0], error);

  /* The first steps touch memory for the first time. */
  for (int i = -3; trained && i < steps; i++) {
    const double start = read_clock (wishes);
    const guint now = (guint)(i + 3) % 2;

    trained = gen_trainer_batch_send (&batches[1 - now], error) &&
              gen_trainer_step_batch (trainer, &batches[now], &figures, error);
    if (trained && i >= 0 && !wishes->profile)
      printf ("%.3f\n", (read_clock (wishes) - start) * 1e3);
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
  Wishes wishes = { FALSE };
  double before;

  if (preset != NULL && preset->medium == &gen_medium_sound)
    options.format = (GenFormat){ preset->medium, .channels = 1, .rate = 16000, .length = 8192 };
  if (preset == NULL || !parse (argv + 5, &settings, &options, &wishes)) {
    fprintf (stderr,
        "usage: %s PRESET BATCH THREADS STEPS [cuda] [fp32|tf32|fp16|bf16] [width=N] [length=N] "
        "[extent=N] [latent=N] [seed=N] [r1=X] [profile] [memory] "
        "[processor-time] [save=FOLDER]\n",
        argv[0]);
    return 2;
  }
  if (preset->recipe->labels)
    options.classes = 10;
  if (wishes.folder != NULL) {
    if (save (preset, &options, wishes.folder, &error))
      return 0;
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  before = read_memory ("VmRSS:");
  settings.batch_size = atoi (argv[2]);
  settings.threads = atoi (argv[3]);
  settings.choice = GEN_CHOICE_MEASURE;
  trainer = preset_trainer_new (preset, &options, &settings, &error);
  if (trainer == NULL) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  if (!train (trainer, atoi (argv[4]), &wishes, &error)) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  if (wishes.profile)
    profile (trainer);
  if (wishes.memory)
    printf ("%.1f\n", (read_memory ("VmHWM:") - before) * 1024e-6);
  return 0;
}
