/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training without a pipeline. What gantrainer adds is tested with it. */
#include <generative/checkpoint.h>
#include <generative/onnx.h>
#include <generative/parameters.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"
#include "training.h"
#include "../trainers.h"

typedef struct {
  GenTrainingSettings settings;
  guint64 n_samples; /* 0: as many as are wanted */
  guint n_validation, n_test;
  guint64 stop_after; /* steps; 0: not stopped */
  guint64 epoch;      /* as the data says */

  GenTraining *training;
  GPtrArray *told;
  guint64 n_steps;
  guint n_shown, n_best;
  guint64 tested[2]; /* the steps of the last nets and of the best */
} Run;

static void
run_init (Run *run, const char *folder)
{
  *run = (Run){ .told = g_ptr_array_new_with_free_func (g_free) };
  gen_training_settings_init (&run->settings);
  g_free (run->settings.checkpoint);
  run->settings.checkpoint = g_strdup (folder);
  run->settings.trainer.batch_size = BATCH;
  run->settings.trainer.threads = 1;
  run->settings.log_interval = 0;
}

static void
run_clear (Run *run)
{
  gen_training_settings_clear (&run->settings);
  g_ptr_array_unref (run->told);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static void
tell (Run *run, const char *what, const char *text)
{
  g_ptr_array_add (run->told, g_strdup_printf ("%s: %s", what, text));
  g_test_message ("%s", (const char *)g_ptr_array_index (run->told, run->told->len - 1));
}

static guint
count_told (const Run *run, const char *part)
{
  guint n = 0;

  for (guint i = 0; i < run->told->len; i++)
    n += strstr (g_ptr_array_index (run->told, i), part) != NULL;
  return n;
}

static void
assert_told (const Run *run, const char *part)
{
  if (count_told (run, part) > 0)
    return;
  g_test_message ("nothing says %s", part);
  g_test_fail ();
}

static gboolean
validates (gpointer data)
{
  return ((Run *)data)->n_validation > 0;
}

static void
stepped (const GenTrainerFigures *figures, gint64 microseconds, gpointer data)
{
  Run *run = data;

  if (++run->n_steps == run->stop_after)
    gen_training_stop (run->training);
}

static void
progressed (const GenFigures *figures, gboolean last, gpointer data)
{
  g_autofree char *line = gen_figures_to_line (figures);

  tell (data, last ? "last" : "progress", line);
}

static void
validated (const GenFigures *figures, gboolean best, gpointer data)
{
  ((Run *)data)->n_best += best;
  tell (data, "validated", best ? "best" : "worse");
}

static gboolean
tests (gpointer data)
{
  return ((Run *)data)->n_test > 0;
}

static void
tested (const GenFigures *figures, gboolean best, gpointer data)
{
  Run *run = data;

  g_assert_cmpstr (figures->figures[0].field.name, ==, "step");
  g_assert_cmpstr (figures->figures[1].field.name, ==, "samples");
  g_assert_cmpfloat (figures->values[1], ==, run->n_test);
  run->tested[best] = (guint64)figures->values[0];
  for (guint i = 0; i < figures->n; i++)
    if (figures->figures[i].field.name != NULL)
      tell (run, "tested", figures->figures[i].field.name);
}

static void
told (const char *text, gpointer data)
{
  tell (data, "told", text);
}

static gboolean
shown (gboolean last, gpointer data, GError **error)
{
  Run *run = data;
  g_auto (GenPicture) wall = { 0 };
  int width, height, channels;

  run->n_shown++;
  g_assert_true (gen_training_measure (run->training, &width, &height, &channels));
  g_assert_cmpint (width, ==, SIZE * 8);
  g_assert_cmpint (height, ==, SIZE * 8);
  gen_picture_init (&wall, width, height, channels);
  return gen_training_draw (run->training, &wall, error);
}

static void
saved (gint64 microseconds, gpointer data)
{
  tell (data, "saved", "");
}

static void
warned (const GError *error, gpointer data)
{
  tell (data, "warned", error->message);
}

static void
failed (const GError *error, gpointer data)
{
  tell (data, "failed", error->message);
}

static const GenTrainingCallbacks callbacks = {
  .validates = validates,
  .stepped = stepped,
  .progressed = progressed,
  .validated = validated,
  .saved = saved,
  .shown = shown,
  .tests = tests,
  .tested = tested,
  .told = told,
  .warned = warned,
  .failed = failed,
};

static gpointer
give_samples (gpointer data)
{
  Run *run = data;
  GenBatchQueue *queue = gen_training_queue (run->training);
  GenBatchQueueResult result = GEN_BATCH_QUEUE_ADDED;

  for (guint64 i = 0;
       result == GEN_BATCH_QUEUE_ADDED && (run->n_samples == 0 || i < run->n_samples); i++)
    result = add (queue, i);
  gen_batch_queue_end (queue);
  return NULL;
}

static void
give_validation (Run *run)
{
  g_auto (GenSample) sample = { 0 };

  gen_sample_init (&sample, &format);
  for (guint i = 0; i < run->n_validation; i++) {
    fill_picture (&sample, 100000 + i);
    gen_training_add_validation (run->training, &sample, -1);
  }
  gen_training_end_validation (run->training);
}

static void
give_test (Run *run)
{
  g_auto (GenSample) sample = { 0 };
  gboolean wanted = TRUE;

  gen_sample_init (&sample, &format);
  for (guint i = 0; i < run->n_test; i++) {
    g_assert_true (wanted);
    fill_picture (&sample, 200000 + i);
    wanted = gen_training_add_test (run->training, &sample, -1);
  }
  gen_training_end_test (run->training);
}

static GenTrainingOutcome
train (Run *run)
{
  g_autoptr (GError) error = NULL;
  GenTrainingOutcome outcome;
  GThread *thread;

  run->training = gen_training_new (&run->settings, &callbacks, run, &error);
  g_assert_no_error (error);
  if (run->epoch > 0)
    gen_training_set_epoch (run->training, run->epoch);
  g_assert_null (gen_training_queue (run->training));
  gen_training_open (run->training, &format, &error);
  g_assert_no_error (error);
  g_assert_cmpint (gen_training_outcome (run->training), ==, GEN_TRAINING_RUNNING);
  give_validation (run);
  give_test (run);
  thread = g_thread_new ("give", give_samples, run);
  outcome = gen_training_run (run->training);
  g_thread_join (thread);
  g_assert_cmpint (gen_training_outcome (run->training), ==, outcome);
  g_clear_pointer (&run->training, gen_training_free);
  return outcome;
}

static GBytes *
read_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  return g_bytes_new_take (data, size);
}

/* Stopped and gone on from twice, it is the same bits as in one go; so is what follows the queue.
 */
static void
test_resumed (void)
{
  g_autofree char *parts = scratch_new (), *whole = scratch_new ();
  g_autoptr (GBytes) in_parts = NULL, at_once = NULL;

  for (guint i = 0; i < 3; i++) {
    g_auto (Run) run = { 0 };

    run_init (&run, parts);
    run.settings.resume = i > 0;
    run.settings.max_steps = 9;
    run.stop_after = i < 2 ? 3 : 0;
    g_assert_cmpint (train (&run), ==, i < 2 ? GEN_TRAINING_STOPPED : GEN_TRAINING_DONE);
    g_assert_cmpuint (run.n_steps, ==, 3);
    assert_told (&run, "saved");
  }
  {
    g_auto (Run) run = { 0 };

    run_init (&run, whole);
    run.settings.max_steps = 9;
    run.settings.preview_interval = 2;
    g_assert_cmpint (train (&run), ==, GEN_TRAINING_DONE);
    g_assert_cmpuint (run.n_shown, ==, 5);
    assert_told (&run, "last: step 9, epoch 0, ");
  }
  in_parts = read_file (parts, GEN_CHECKPOINT_STATE);
  at_once = read_file (whole, GEN_CHECKPOINT_STATE);
  g_assert_true (g_bytes_equal (in_parts, at_once));
  scratch_remove (parts);
  scratch_remove (whole);
}

/* Epochs as the data counts them, or as it is told. */
static void
test_epochs (void)
{
  g_autofree char *folder = scratch_new ();
  g_auto (Run) run = { 0 }, told = { 0 }, unknown = { 0 };

  run_init (&run, folder);
  run.settings.epochs = 3;
  run.epoch = 10;
  g_assert_cmpint (train (&run), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (run.n_steps, ==, 3 * 10 / BATCH);
  assert_told (&run, "epoch 2");

  run_init (&told, folder);
  told.settings.overwrite = TRUE;
  told.settings.epochs = 1;
  told.settings.epoch_samples = 20;
  told.epoch = 10;
  g_assert_cmpint (train (&told), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (told.n_steps, ==, 5);

  run_init (&unknown, folder);
  unknown.settings.overwrite = TRUE;
  unknown.settings.epochs = 1;
  g_assert_cmpint (train (&unknown), ==, GEN_TRAINING_FAILED);
  assert_told (&unknown, "failed: epochs: the data does not say how many pictures an epoch has");
  scratch_remove (folder);
}

/* It ends with the data; less than a batch is no training; and where nothing is left to do, nothing
 * is done. */
static void
test_ends (void)
{
  g_autofree char *folder = scratch_new ();
  g_auto (Run) short_one = { 0 }, run = { 0 }, idle = { 0 };

  run_init (&short_one, folder);
  short_one.n_samples = BATCH - 1;
  g_assert_cmpint (train (&short_one), ==, GEN_TRAINING_FAILED);
  assert_told (&short_one,
      "failed: the data ended after 3 pictures, which are fewer than the batch-size 4; "
      "if the data is a sheet of pictures, tile-width");

  run_init (&run, folder);
  run.n_samples = 3 * BATCH + 1;
  g_assert_cmpint (train (&run), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (run.n_steps, ==, 3);

  run_init (&idle, folder);
  idle.settings.resume = TRUE;
  idle.settings.max_steps = 2;
  g_assert_cmpint (train (&idle), ==, GEN_TRAINING_IDLE);
  g_assert_cmpuint (idle.n_steps, ==, 0);
  assert_told (&idle,
      "warned: resume: nothing was trained: the checkpoint has made 3 steps, and training ends "
      "after 2");
  scratch_remove (folder);
}

/* An epoch of less than a batch is said once, and one of as many is not. */
static void
test_few_samples (void)
{
  g_autofree char *folder = scratch_new ();
  g_auto (Run) few = { 0 }, enough = { 0 };

  run_init (&few, folder);
  few.settings.max_steps = 2;
  few.epoch = 1;
  g_assert_cmpint (train (&few), ==, GEN_TRAINING_DONE);
  assert_told (&few, "warned: batch-size: an epoch of the data has 1 picture, and a batch 4, ");
  g_assert_cmpuint (count_told (&few, "an epoch of the data has"), ==, 1);

  run_init (&enough, folder);
  enough.settings.overwrite = TRUE;
  enough.settings.max_steps = 2;
  enough.epoch = BATCH;
  g_assert_cmpint (train (&enough), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (count_told (&enough, "an epoch of the data has"), ==, 0);
  scratch_remove (folder);
}

static void
test_validation (void)
{
  g_autofree char *folder = scratch_new ();
  g_auto (Run) run = { 0 }, stale = { 0 }, few = { 0 };
  g_autofree char *best = g_build_filename (folder, GEN_CHECKPOINT_BEST, "generator.onnx", NULL);

  run_init (&run, folder);
  run.settings.max_steps = 5;
  run.settings.validation_interval = 2;
  run.n_validation = 12;
  g_assert_cmpint (train (&run), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (run.n_best, >=, 1);
  g_assert_true (g_file_test (best, G_FILE_TEST_EXISTS));
  assert_told (&run, ", Frechet ");

  run_init (&stale, folder);
  stale.settings.overwrite = TRUE;
  stale.settings.trainer.learning_rate = 1e-30;
  stale.settings.validation_interval = 1;
  stale.settings.early_stopping = 3;
  stale.n_validation = 12;
  g_assert_cmpint (train (&stale), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (stale.n_steps, ==, 4);

  run_init (&few, folder);
  few.settings.overwrite = TRUE;
  few.settings.max_steps = 2;
  few.n_validation = 1;
  g_assert_cmpint (train (&few), ==, GEN_TRAINING_FAILED);
  assert_told (&few, "failed: validation takes at least two pictures, and there are 1");
  scratch_remove (folder);
}

/* A run that goes on, or not, by another figure of the validation. */
static void
validate_by (Run *run, const char *folder, guint64 steps, const char *metric)
{
  run_init (run, folder);
  run->settings.max_steps = steps;
  run->settings.validation_interval = 1;
  g_free (run->settings.validation_metric);
  run->settings.validation_metric = g_strdup (metric);
  run->n_validation = 12;
}

static void
assert_in_file (const char *folder, const char *name, const char *text)
{
  g_autoptr (GBytes) file = read_file (folder, name);
  g_autofree char *whole = g_strndup (g_bytes_get_data (file, NULL), g_bytes_get_size (file));

  if (strstr (whole, text) != NULL)
    return;
  g_test_message ("%s is not in %s", text, whole);
  g_test_fail ();
}

/* The figure that the best are chosen by, of which more may be better, and another one later on. */
static void
test_validation_metric (void)
{
  g_autofree char *folder = scratch_new ();
  g_auto (Run) run = { 0 }, same = { 0 }, other = { 0 }, none = { 0 }, neither = { 0 },
               unused = { 0 };
  g_autoptr (GError) missing = NULL, undirected = NULL, idle = NULL;

  validate_by (&run, folder, 3, "coverage");
  g_assert_cmpint (train (&run), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (run.n_best, >=, 1);
  assert_told (&run, ", validation coverage ");
  assert_in_file (folder, "training.json", "\"best-coverage\" : ");

  validate_by (&same, folder, 4, "coverage");
  same.settings.resume = TRUE;
  g_assert_cmpint (train (&same), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (count_told (&same, "the best nets are looked for anew"), ==, 0);

  /* Whatever that is worth, it is the first of its kind. */
  validate_by (&other, folder, 5, NULL);
  other.settings.resume = TRUE;
  g_assert_cmpint (train (&other), ==, GEN_TRAINING_DONE);
  assert_told (&other, "told: resume: the best nets are looked for anew, by frechet: those of the "
                       "checkpoint, of step ");
  assert_told (&other, ", were the best by coverage");
  g_assert_cmpuint (other.n_best, ==, 1);
  assert_in_file (folder, "training.json", "\"best-step\" : 5");

  validate_by (&none, folder, 6, "covrage");
  g_assert_null (gen_training_new (&none.settings, &callbacks, &none, &missing));
  g_assert_error (missing, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING);
  g_assert_nonnull (strstr (missing->message,
      "validation-metric: validation of recipe adversarial has no \"covrage\" (did you mean "
      "\"coverage\"?); it has frechet, "));
  validate_by (&neither, folder, 6, "accuracy-on-real");
  g_assert_null (gen_training_new (&neither.settings, &callbacks, &neither, &undirected));
  g_assert_nonnull (strstr (undirected->message, "accuracy-on-real is neither better nor worse"));
  validate_by (&unused, folder, 6, "coverage");
  unused.n_validation = 0;
  g_assert_null (gen_training_new (&unused.settings, &callbacks, &unused, &idle));
  g_assert_nonnull (strstr (idle->message, "validation-metric: there are no samples"));
  scratch_remove (folder);
}

/* What neither training nor the choice of the best has seen is looked at once, at the end. */
static void
test_tested (void)
{
  g_autofree char *folder = scratch_new ();
  g_auto (Run) run = { 0 }, again = { 0 }, few = { 0 }, stopped = { 0 };

  run_init (&run, folder);
  run.settings.max_steps = 6;
  run.settings.validation_interval = 1;
  run.settings.trainer.learning_rate = 0.1; /* so that the last is not the best */
  run.n_validation = 12;
  run.n_test = run.settings.test_samples = 10;
  g_assert_cmpint (train (&run), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (run.tested[FALSE], ==, 6);
  g_assert_cmpuint (run.tested[TRUE], >=, 1);
  g_assert_cmpuint (run.tested[TRUE], <, 6);
  assert_told (&run, "tested: frechet");
  assert_told (&run, "tested: accuracy-on-test");
  assert_told (&run, "told: test: of 10 pictures the nets of step 6 have Frechet distance ");
  assert_told (&run, ", accuracy on real ");
  assert_told (&run, "; those of the best validation, of step ");
  assert_in_file (folder, "training.json", "\"test\" : {");
  assert_in_file (folder, "training.json", "\"best\" : {");

  /* Also where nothing is left to train. */
  run_init (&again, folder);
  again.settings.resume = TRUE;
  again.settings.max_steps = 6;
  again.n_test = 10;
  g_assert_cmpint (train (&again), ==, GEN_TRAINING_IDLE);
  g_assert_cmpuint (again.tested[FALSE], ==, 6);
  g_assert_cmpuint (again.tested[TRUE], ==, run.tested[TRUE]);

  run_init (&stopped, folder);
  stopped.settings.resume = TRUE;
  stopped.n_test = 10;
  stopped.stop_after = 1;
  g_assert_cmpint (train (&stopped), ==, GEN_TRAINING_STOPPED);
  g_assert_cmpuint (stopped.tested[FALSE], ==, 0);

  run_init (&few, folder);
  few.settings.resume = TRUE;
  few.settings.max_steps = 8;
  few.n_test = 1;
  g_assert_cmpint (train (&few), ==, GEN_TRAINING_FAILED);
  assert_told (&few, "failed: test takes at least two pictures, and there are 1");
  assert_in_file (folder, "training.json", "\"step\" : 8");
  scratch_remove (folder);
}

static gpointer
wait_for_format (gpointer training)
{
  return (gpointer)gen_training_wait_format (training);
}

/* Who gives samples to validate by waits for those that the nets take, or for nothing. */
static void
test_waited_for (void)
{
  g_autofree char *folder = scratch_new ();
  g_auto (Run) run = { 0 };

  run_init (&run, folder);
  for (guint i = 0; i < 2; i++) {
    const GenFormat *waited;
    GThread *thread;

    run.training = gen_training_new (&run.settings, &callbacks, &run, NULL);
    thread = g_thread_new ("wait", wait_for_format, run.training);
    if (i == 0)
      gen_training_open (run.training, &format, NULL);
    else
      gen_training_stop (run.training);
    waited = g_thread_join (thread);
    g_assert_true (i == 0 ? gen_format_equal (waited, &format) : waited == NULL);
    gen_training_free (run.training);
  }
  scratch_remove (folder);
}

/* Stopped before it runs, while somebody waits for a place. */
static void
test_stopped_early (void)
{
  g_autofree char *folder = scratch_new ();
  g_auto (Run) run = { 0 };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  run_init (&run, folder);
  run.training = gen_training_new (&run.settings, &callbacks, &run, &error);
  g_assert_no_error (error);
  g_assert_true (gen_training_open (run.training, &format, &error));
  thread = g_thread_new ("give", give_samples, &run);
  gen_training_stop (run.training);
  g_thread_join (thread);
  g_assert_cmpint (gen_training_run (run.training), ==, GEN_TRAINING_STOPPED);
  g_assert_false (gen_checkpoint_exists (folder));
  gen_training_free (run.training);
  scratch_remove (folder);
}

static void
test_refused (void)
{
  g_autofree char *folder = scratch_new ();
  const GenFormat sound = { &gen_medium_sound, .channels = 1, .rate = 16000, .length = 4096 };
  g_auto (Run) run = { 0 };
  g_autoptr (GError) patience = NULL, both = NULL, busy = NULL, medium = NULL, model = NULL;
  g_autoptr (GError) schedule = NULL;
  GenTraining *other;

  run_init (&run, folder);
  run.settings.early_stopping = 2;
  g_assert_null (gen_training_new (&run.settings, &callbacks, &run, &patience));
  g_assert_error (patience, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING);
  run.settings.early_stopping = 0;
  run.settings.resume = run.settings.overwrite = TRUE;
  g_assert_null (gen_training_new (&run.settings, &callbacks, &run, &both));
  g_assert_error (both, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING);
  run.settings.resume = run.settings.overwrite = FALSE;

  run.settings.trainer.optimizer = &gen_optimizer_schedule_free;
  run.settings.rate_schedule = &gen_rate_schedule_cosine;
  g_assert_null (gen_training_new (&run.settings, &callbacks, &run, &schedule));
  g_assert_error (schedule, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING);
  g_assert_nonnull (strstr (schedule->message, "learning-rate-schedule: optimizer=schedule-free"));
  run.settings.trainer.optimizer = &gen_optimizer_adam;
  run.settings.rate_schedule = &gen_rate_schedule_constant;

  run.settings.preset = &gen_preset_mlp;
  run.training = gen_training_new (&run.settings, &callbacks, &run, NULL);
  g_assert_nonnull (run.training);
  other = gen_training_new (&run.settings, &callbacks, &run, &busy);
  g_assert_null (other);
  g_assert_error (busy, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_BUSY);
  g_assert_false (gen_training_open (run.training, &sound, &medium));
  g_assert_nonnull (strstr (medium->message, "preset mlp makes pictures, and the data is sounds"));
  g_assert_null (gen_training_queue (run.training));
  gen_training_free (run.training);

  run.settings.preset = &gen_preset_auto;
  run.settings.models[GENERATOR] = g_strdup ("/nowhere/generator.onnx");
  run.settings.models[DISCRIMINATOR] = g_strdup ("/nowhere/discriminator.onnx");
  run.training = gen_training_new (&run.settings, &callbacks, &run, NULL);
  g_assert_false (gen_training_open (run.training, &format, &model));
  g_assert_nonnull (strstr (model->message, "/nowhere/generator.onnx"));
  gen_training_free (run.training);
  scratch_remove (folder);
}

/* What a kill within the first checkpoint leaves: models, and no state. The error says the ways
 * out. */
static void
test_half_begun (void)
{
  static const char *const ways[] = { "no state.safetensors", "overwrite=true begins anew",
    "weights=" };
  static const int codes[] = { GEN_TRAINING_ERROR_FOLDER, GEN_TRAINING_ERROR_NO_STATE };
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "encoder.onnx", NULL);
  g_auto (Run) run = { 0 };

  g_assert_true (g_file_set_contents (path, "half", -1, NULL));
  run_init (&run, folder);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;

    run.settings.resume = i == 1;
    g_assert_null (gen_training_new (&run.settings, &callbacks, &run, &error));
    g_assert_true (g_error_matches (error, GEN_TRAINING_ERROR, codes[i]));
    for (guint k = 0; k < G_N_ELEMENTS (ways); k++)
      g_assert_nonnull (strstr (error->message, ways[k]));
  }
  scratch_remove (folder);
}

/* A generator of which one weight is no number, saved. */
static void
save_broken (const char *path)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .latent_size = 4 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = gen_preset_mlp.nets[GENERATOR](&options, &error);
  g_autoptr (GArray) parameters = gen_parameters_list (net, "generator", NULL);
  GenTensor *tensor = g_array_index (parameters, GenParameter, 2).tensor;
  gsize size;
  float *numbers = g_bytes_unref_to_data (g_steal_pointer (&tensor->data), &size);

  g_assert_no_error (error);
  numbers[7] = NAN;
  tensor->data = g_bytes_new_take (numbers, size);
  g_assert_true (gen_onnx_save (net, path, &error));
}

/* Weights that are no numbers are told of as what they are, by file and name. */
static void
test_not_finite (void)
{
  const GenFormat pictures = { &gen_medium_picture, 28, 28, 1 };
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "broken.onnx", NULL);

  save_broken (path);
  for (guint i = 0; i < 2; i++) {
    g_auto (Run) run = { 0 };
    g_autofree char *start =
        g_strconcat (i == 0 ? "weights: '" : "generator-model: '", path, "': number 7 of '", NULL);
    g_autoptr (GError) error = NULL;

    run_init (&run, folder);
    if (i == 0) {
      run.settings.weights = g_strdup (path);
    } else {
      run.settings.models[GENERATOR] = g_strdup (path);
      run.settings.models[DISCRIMINATOR] = g_strdup (path);
    }
    run.settings.overwrite = TRUE;
    run.training = gen_training_new (&run.settings, &callbacks, &run, &error);
    g_assert_no_error (error);
    g_assert_false (gen_training_open (run.training, &pictures, &error));
    g_assert_true (g_str_has_prefix (error->message, start));
    g_assert_nonnull (strstr (error->message, "is nan"));
    gen_training_free (run.training);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/training/resumed", test_resumed);
  g_test_add_func ("/training/epochs", test_epochs);
  g_test_add_func ("/training/ends", test_ends);
  g_test_add_func ("/training/few-samples", test_few_samples);
  g_test_add_func ("/training/validation", test_validation);
  g_test_add_func ("/training/validation-metric", test_validation_metric);
  g_test_add_func ("/training/tested", test_tested);
  g_test_add_func ("/training/waited-for", test_waited_for);
  g_test_add_func ("/training/stopped-early", test_stopped_early);
  g_test_add_func ("/training/refused", test_refused);
  g_test_add_func ("/training/half-begun", test_half_begun);
  g_test_add_func ("/training/not-finite", test_not_finite);
  return g_test_run ();
}
