/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trainings of a small classifier that follow each other, on pictures that are bright here or
 * there. */
#pragma once

#include <generative/random.h>
#include <generative/training.h>

#include <math.h>
#include <string.h>

#define EXTENT 28
#define BATCH 8
#define STEPS 40

static const GenFormat format = { &gen_medium_picture, EXTENT, EXTENT, 1 };

static inline void
fill_picture (GenSample *sample, int class, guint64 number)
{
  const GenRandom random = gen_random_new (3, "test", number);
  float noise[EXTENT * EXTENT];

  gen_random_uniform (&random, 0, 0, noise, EXTENT * EXTENT);
  for (int y = 0; y < EXTENT; y++)
    for (int x = 0; x < EXTENT; x++) {
      const gboolean bright = y / (EXTENT / 2) * 2 + x / (EXTENT / 2) == class;

      sample->picture.data[y * EXTENT + x] =
          (guint8)(noise[y * EXTENT + x] * 120 + (bright ? 120 : 0));
    }
}

typedef struct {
  GenTrainingSettings settings;
  const GenRecipe *recipe;
  int first, n_classes;     /* that its data has, by its own numbers */
  const char *const *names; /* of its classes; NULL: numbers */
  guint64 stop_after;

  GenTraining *training;
  guint64 n_steps;
  double accuracy; /* of the last validation */
  GString *told;
} Run;

static inline void
stepped (const GenTrainerFigures *figures, gint64 microseconds, gpointer data)
{
  Run *run = data;

  if (++run->n_steps == run->stop_after)
    gen_training_stop (run->training);
}

static inline void
told (const char *text, gpointer data)
{
  g_test_message ("%s", text);
  g_string_append_printf (((Run *)data)->told, "%s\n", text);
}

static inline void
problem (const GError *error, gpointer data)
{
  told (error->message, data);
}

static const GenTrainingCallbacks callbacks = {
  .stepped = stepped, .told = told, .warned = problem, .failed = problem
};

static inline void
run_init (Run *run, const char *folder)
{
  *run = (Run){ .n_classes = 2, .told = g_string_new (NULL) };
  gen_training_settings_init (&run->settings);
  g_free (run->settings.checkpoint);
  run->settings.checkpoint = g_strdup (folder);
  run->settings.preset = &gen_preset_classifier;
  run->settings.options.width = 4;
  run->settings.trainer.batch_size = BATCH;
  run->settings.trainer.learning_rate = 0.003;
  run->settings.trainer.threads = 1;
  run->settings.max_steps = STEPS;
  run->settings.log_interval = 0;
  run->settings.silent = TRUE;
}

static inline void
run_clear (Run *run)
{
  gen_training_settings_clear (&run->settings);
  g_string_free (run->told, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static inline gpointer
give_samples (gpointer data)
{
  Run *run = data;
  GenBatchQueue *queue = gen_training_queue (run->training);
  const guint64 from = run->settings.resume ? gen_training_get_skipped (run->training) : 0;
  GenBatchQueueResult result = GEN_BATCH_QUEUE_ADDED;
  g_auto (GenSample) sample = { 0 };

  g_assert_cmpuint (from, ==, gen_training_get_skipped (run->training));
  gen_sample_init (&sample, &format);
  for (guint64 i = 0; result == GEN_BATCH_QUEUE_ADDED; i++) {
    const int label = (int)(i % (guint64)run->n_classes);
    g_autoptr (GError) error = NULL;

    fill_picture (&sample, run->first + label, i % 400);
    result = gen_batch_queue_add (
        queue, &sample, run->names != NULL ? label : run->first + label, &error);
    g_assert_no_error (error);
  }
  return NULL;
}

static inline gboolean
open_training (Run *run, GError **error)
{
  static const char *const numbers[] = { "0", "1", "2", "3", NULL };
  const int n = run->names != NULL ? run->n_classes : run->first + run->n_classes;
  g_auto (GStrv) names = g_new0 (char *, n + 1);

  for (int i = 0; i < n; i++)
    names[i] = g_strdup (run->names != NULL ? run->names[i] : numbers[i]);
  run->training = gen_training_new (&run->settings, &callbacks, run, error);
  if (run->training == NULL)
    return FALSE;
  gen_training_set_classes (run->training, n);
  gen_training_name_classes (run->training, (const char *const *)names);
  return gen_training_open (run->training, &format, error);
}

static inline GenTrainingOutcome
train (Run *run)
{
  g_autoptr (GError) error = NULL;
  GenTrainingOutcome outcome;
  GThread *thread;

  open_training (run, &error);
  g_assert_no_error (error);
  thread = g_thread_new ("give", give_samples, run);
  outcome = gen_training_run (run->training);
  g_thread_join (thread);
  g_clear_pointer (&run->training, gen_training_free);
  return outcome;
}

/* Classes 0 and 1, with all that can be kept of them. */
static inline char *
learn_first (const char *folder)
{
  char *first = g_build_filename (folder, "first", NULL);
  g_auto (Run) run;

  run_init (&run, first);
  run.settings.memory_samples = 16;
  run.settings.importance_samples = 16;
  g_assert_cmpint (train (&run), ==, GEN_TRAINING_DONE);
  return first;
}

/* What follows it: classes 2 and 3. */
static inline void
follow_init (Run *run, const char *folder, const char *name, const char *first)
{
  g_autofree char *checkpoint = g_build_filename (folder, name, NULL);

  run_init (run, checkpoint);
  run->first = 2;
  run->settings.weights = g_strdup (first);
  run->settings.keep_classes = TRUE;
}

static inline GBytes *
read_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  return g_bytes_new_take (data, size);
}

static inline void
assert_same (const char *one, const char *other, const char *name)
{
  g_autoptr (GBytes) a = read_file (one, name), b = read_file (other, name);

  g_assert_true (g_bytes_equal (a, b));
}

#define NUMBERS 3

static const GenShape shape = { .rank = 1, .dims = { NUMBERS } };

/* A second training, as `run` says, is refused. */
static inline void
assert_refused (Run *run, const char *says)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (open_training (run, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  if (strstr (error->message, says) == NULL)
    g_error ("%s\nand not\n%s", error->message, says);
  g_clear_pointer (&run->training, gen_training_free);
}
