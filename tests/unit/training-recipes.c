/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What holds of any recipe's training: a stop leaves unfinished what is made and measured; it goes
 * on bit for bit where it was stopped, where there was no room for a checkpoint, and where it was
 * killed between the models and the state of one; and the best models, read again, are worth what
 * the validation found. */
#include <generative/checkpoint.h>
#include <generative/training.h>

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "../scratch.h"

#define EXTENT 28
#define STEPS 4
#define STOPPED_AFTER 2
#define N_HELD 6
/* Bytes that fit on the disk that is full: a lock, and no model. */
#define ROOM 64

typedef struct {
  const GenRecipe *recipe;
  const GenPreset *preset;
  int width, height;        /* of the samples */
  const char *teacher;      /* the recipe of a case before, and its file */
  const char *tokenizer;    /* likewise, and its folder */
  gboolean spectral_norm;   /* of the discriminator */
  const GenOptimizer *rule; /* NULL: as it is by itself */
} Case;

static const Case cases[] = {
  { &gen_recipe_adversarial, &gen_preset_dcgan, EXTENT, EXTENT, .spectral_norm = TRUE },
  { &gen_recipe_autoencoder, &gen_preset_autoencoder, EXTENT, EXTENT },
  { &gen_recipe_variational, &gen_preset_vae, EXTENT, EXTENT },
  { &gen_recipe_vector_quantized, &gen_preset_vq_vae, EXTENT, EXTENT },
  { &gen_recipe_classifier, &gen_preset_classifier, EXTENT, EXTENT,
      .rule = &gen_optimizer_schedule_free },
  { &gen_recipe_masked, &gen_preset_masked_autoencoder, EXTENT, EXTENT },
  { &gen_recipe_interpolation, &gen_preset_interpolator, 8, 8 },
  { &gen_recipe_restoration, &gen_preset_cleaner, 8, 8 },
  { &gen_recipe_translation, &gen_preset_pix2pix, 32, 16 },
  { &gen_recipe_unpaired_translation, &gen_preset_cyclegan, 16, 16 },
  { &gen_recipe_diffusion, &gen_preset_unet_diffusion, EXTENT, EXTENT },
  { &gen_recipe_consistency, &gen_preset_unet_diffusion, EXTENT, EXTENT,
      .teacher = "diffusion/whole/denoiser.onnx" },
  { &gen_recipe_language, &gen_preset_transformer, EXTENT, EXTENT,
      .tokenizer = "vector-quantized/whole" },
  { &gen_recipe_distillation, &gen_preset_classifier, EXTENT, EXTENT,
      .teacher = "classifier/whole/classifier.onnx" },
  { &gen_recipe_generator_distillation, &gen_preset_vae, EXTENT, EXTENT,
      .teacher = "variational/whole/decoder.onnx" },
};

static char *scratch; /* with a folder for each case */

/* --- a training --- */

typedef struct {
  const Case *of;
  GenTraining *training;
  guint n_steps, stop_after; /* 0: not stopped */
  gboolean fills;            /* whether the disk is full */
  gboolean failed_to_write;
  guint n_drawn, n_undrawn;           /* walls, and those that a stop has left unfinished */
  guint n_lines, n_measured, n_shown; /* of the test: lines, figures, those in the line */
  double best, tested; /* the figure of the best validation, and of these nets in the test */
} Run;

static void
set_room (rlim_t bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = MIN (bytes, limit.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static gboolean
always (gpointer data)
{
  return TRUE;
}

static void
stepped (const GenTrainerFigures *figures, gint64 microseconds, gpointer data)
{
  Run *run = data;

  if (++run->n_steps == run->stop_after)
    gen_training_stop (run->training);
}

/* The recipe's own figures: those of made samples are of other latents in a test. */
static double
find_figure (const GenFigures *figures)
{
  for (guint i = 0; i < figures->n; i++)
    if (figures->figures[i].field.name != NULL &&
        strstr (figures->figures[i].field.name, "-on-") != NULL)
      return figures->values[i];
  return 0;
}

static void
validated (const GenFigures *figures, gboolean best, gpointer data)
{
  if (best)
    ((Run *)data)->best = find_figure (figures);
}

/* Of the last nets first, and then of the best, where these are others. */
static void
tested (const GenFigures *figures, gboolean best, gpointer data)
{
  Run *run = data;

  run->tested = find_figure (figures);
  for (guint i = 0; i < figures->n; i++)
    if (figures->figures[i].field.name != NULL &&
        g_str_has_suffix (figures->figures[i].field.name, "-on-test") &&
        isfinite (figures->values[i]))
      run->n_measured++;
}

/* The line of the test has all that was measured of the recipe's figures, in words. */
static void
told (const char *text, gpointer data)
{
  Run *run = data;
  const GenRecipe *recipe = run->of->recipe;

  if (!g_str_has_prefix (text, "test: of 6 "))
    return;
  run->n_lines++;
  for (guint i = 0; i < recipe->n_figures; i++) {
    g_autofree char *words =
        g_strdelimit (g_strconcat (" ", recipe->figures[i].figure.field.name, " ", NULL), "-", ' ');

    for (const char *at = text;
         recipe->figures[i].validation != NULL && (at = strstr (at, words)) != NULL; at++)
      run->n_shown++;
  }
}

/* The line of a training says by which figure it is validated, and of a classifier how many are
 * right. */
static void
progressed (const GenFigures *figures, gboolean last, gpointer data)
{
  Run *run = data;
  g_autofree char *line = gen_figures_to_line (figures);
  g_autofree char *words = g_strdelimit (
      g_strconcat (", validation ", gen_recipe_best (run->of->recipe), " ", NULL), "-", ' ');
  const char *at = strstr (line, words);

  if (!last || strstr (line, ", Frechet ") != NULL)
    return;
  g_assert_nonnull (at);
  g_assert_cmpint (
      strstr (at, ", accuracy ") != NULL, ==, run->of->recipe == &gen_recipe_classifier);
}

static gboolean
shown (gboolean last, gpointer data, GError **error)
{
  Run *run = data;
  g_auto (GenPicture) wall = { 0 };
  int width, height, channels;

  g_assert_true (gen_training_measure (run->training, &width, &height, &channels));
  gen_picture_init (&wall, width, height, channels);
  if (gen_training_draw (run->training, &wall, error)) {
    run->n_drawn++;
    return TRUE;
  }
  g_assert_error (*error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STOPPED);
  run->n_undrawn++;
  return FALSE;
}

static void
warned (const GError *error, gpointer data)
{
  g_test_message ("warned: %s", error->message);
}

static void
failed (const GError *error, gpointer data)
{
  ((Run *)data)->failed_to_write =
      g_error_matches (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_WRITE);
  g_test_message ("failed: %s", error->message);
}

static const GenTrainingCallbacks callbacks = {
  .validates = always,
  .tests = always,
  .shown = shown,
  .stepped = stepped,
  .progressed = progressed,
  .validated = validated,
  .tested = tested,
  .told = told,
  .warned = warned,
  .failed = failed,
};

/* Picture number `n`: each another, one class in turn with the other. */
static void
fill_picture (GenSample *sample, guint64 n)
{
  const GenPicture *picture = &sample->picture;

  for (int i = 0; i < picture->height * picture->stride; i++)
    picture->data[i] = (guint8)((n * 37 + (guint64)i * (n % 5 + 1) * 3) % 256);
}

static gpointer
give_samples (gpointer data)
{
  Run *run = data;
  GenBatchQueue *queue = gen_training_queue (run->training);
  GenBatchQueueResult result = GEN_BATCH_QUEUE_ADDED;
  g_auto (GenSample) sample = { 0 };

  gen_sample_init (&sample, gen_training_format (run->training));
  for (guint64 i = 0; result == GEN_BATCH_QUEUE_ADDED; i++) {
    fill_picture (&sample, i);
    result = gen_batch_queue_add (queue, &sample, (int)(i % 2), NULL);
  }
  return NULL;
}

static void
give_held (Run *run)
{
  g_auto (GenSample) sample = { 0 };

  gen_sample_init (&sample, gen_training_format (run->training));
  for (guint i = 0; i < N_HELD; i++) {
    fill_picture (&sample, 1000 + i);
    gen_training_add_validation (run->training, &sample, (int)(i % 2));
    gen_training_add_test (run->training, &sample, (int)(i % 2));
  }
  gen_training_end_validation (run->training);
  gen_training_end_test (run->training);
}

/* What a preset may not bring. */
static void
say (GenTrainingSettings *settings)
{
  static const char *const names[] = { "batch-size", "learning-rate", "ema" };
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    gen_training_settings_say (settings, gen_setting_find (list, n, names[i], NULL));
}

static void
fill_settings (GenTrainingSettings *settings, const Case *of, const char *folder, gboolean resume)
{
  gen_training_settings_init (settings);
  g_free (settings->checkpoint);
  settings->checkpoint = g_strdup (folder);
  settings->resume = resume;
  settings->max_steps = STEPS;
  settings->validation_interval = settings->preview_interval = 1;
  settings->log_interval = 0;
  settings->preview_columns = settings->preview_rows = 2;
  settings->preset = of->preset;
  settings->options.width = 2;
  settings->options.latent_size = 4;
  settings->options.codes = 4;
  settings->options.classes = of->recipe == &gen_recipe_generator_distillation ? 0 : 2;
  settings->trainer.recipe = of->recipe;
  settings->trainer.batch_size = 2;
  settings->trainer.threads = 1;
  settings->trainer.seed = 3;
  settings->trainer.sampling_steps = 2;
  settings->trainer.learning_rate = 0.02;
  settings->trainer.spectral_norm = of->spectral_norm;
  settings->trainer.ema = gen_recipe_averaged_net (of->recipe) >= 0 ? 0.5 : 0;
  if (of->rule != NULL) {
    settings->trainer.optimizer = of->rule;
    settings->trainer.ema = 0;
  }
  if (of->teacher != NULL)
    settings->trainer.teacher_model = g_build_filename (scratch, of->teacher, NULL);
  if (of->tokenizer != NULL)
    settings->trainer.tokenizer_folder = g_build_filename (scratch, of->tokenizer, NULL);
  say (settings);
}

static GenTrainingOutcome
train (Run *run, const char *folder, gboolean resume)
{
  const GenFormat format = { &gen_medium_picture, run->of->width, run->of->height, 1 };
  g_auto (GenTrainingSettings) settings = { 0 };
  g_autoptr (GError) error = NULL;
  GenTrainingOutcome outcome;
  GThread *thread;

  fill_settings (&settings, run->of, folder, resume);
  run->training = gen_training_new (&settings, &callbacks, run, &error);
  g_assert_no_error (error);
  gen_training_open (run->training, &format, &error);
  g_assert_no_error (error);
  give_held (run);
  if (run->fills)
    set_room (ROOM);
  thread = g_thread_new ("give", give_samples, run);
  outcome = gen_training_run (run->training);
  g_thread_join (thread);
  g_clear_pointer (&run->training, gen_training_free);
  set_room (RLIM_INFINITY);
  return outcome;
}

/* --- files --- */

static GBytes *
read_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  char *data;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (data, size);
}

/* The names of all models in `folder`. (transfer full) */
static GPtrArray *
list_models (const char *folder)
{
  GPtrArray *models = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".onnx"))
      g_ptr_array_add (models, g_strdup (name));
  g_assert_cmpuint (models->len, >, 0);
  return models;
}

static void
copy_models (const char *from, const char *to)
{
  g_autoptr (GPtrArray) models = list_models (from);

  for (guint i = 0; i < models->len; i++) {
    const char *name = g_ptr_array_index (models, i);
    g_autoptr (GBytes) model = read_file (from, name);
    g_autofree char *path = g_build_filename (to, name, NULL);
    gsize size;
    const char *data = g_bytes_get_data (model, &size);

    g_assert_true (g_file_set_contents (path, data, (gssize)size, NULL));
  }
}

static void
assert_same (const char *one, const char *other, const char *name)
{
  g_autoptr (GBytes) a = read_file (one, name), b = read_file (other, name);

  if (g_bytes_equal (a, b))
    return;
  g_test_message ("%s is another in %s than in %s", name, other, one);
  g_test_fail ();
}

static void
assert_same_checkpoint (const char *one, const char *other)
{
  g_autoptr (GPtrArray) models = list_models (one);

  assert_same (one, other, GEN_CHECKPOINT_STATE);
  for (guint i = 0; i < models->len; i++)
    assert_same (one, other, g_ptr_array_index (models, i));
}

/* --- the tests --- */

static void
test_kept (gconstpointer data)
{
  const Case *of = data;
  Run at_once = { of }, begun = { of, .stop_after = STOPPED_AFTER };
  Run full = { of, .fills = TRUE }, gone_on = { of };
  g_autofree char *whole = g_build_filename (scratch, of->recipe->name, "whole", NULL);
  g_autofree char *parts = g_build_filename (scratch, of->recipe->name, "parts", NULL);
  g_autoptr (GBytes) before = NULL, after = NULL;

  g_assert_cmpint (train (&at_once, whole, FALSE), ==, GEN_TRAINING_DONE);
  g_assert_cmpfloat (at_once.tested, ==, at_once.best);
  g_assert_cmpuint (at_once.n_lines, ==, 1);
  g_assert_cmpuint (at_once.n_measured, >, 0);
  g_assert_cmpuint (at_once.n_shown, ==, at_once.n_measured);

  g_assert_cmpint (train (&begun, parts, FALSE), ==, GEN_TRAINING_STOPPED);
  g_assert_cmpuint (begun.n_drawn, ==, STOPPED_AFTER - 1);
  g_assert_cmpuint (begun.n_undrawn, ==, 1);
  before = read_file (parts, GEN_CHECKPOINT_STATE);
  /* The disk is full. */
  g_assert_cmpint (train (&full, parts, TRUE), ==, GEN_TRAINING_FAILED);
  g_assert_true (full.failed_to_write);
  after = read_file (parts, GEN_CHECKPOINT_STATE);
  g_assert_true (g_bytes_equal (before, after));
  /* Killed when the models of a later step were written, and not their state. */
  copy_models (whole, parts);
  g_assert_cmpint (train (&gone_on, parts, TRUE), ==, GEN_TRAINING_DONE);
  g_assert_cmpuint (gone_on.n_steps, ==, STEPS - STOPPED_AFTER);
  assert_same_checkpoint (whole, parts);
  g_assert_cmpfloat (gone_on.tested, ==, at_once.tested);
}

/* Who adds a recipe adds a case. */
static void
test_all (void)
{
  for (const GenRecipe *const *recipe = gen_recipe_list (); *recipe != NULL; recipe++) {
    gboolean is_there = *recipe == &gen_recipe_auto;

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
      is_there = is_there || cases[i].recipe == *recipe;
    if (!is_there)
      g_test_message ("nothing is tested of recipe %s", (*recipe)->name);
    g_assert_true (is_there);
  }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  signal (SIGXFSZ, SIG_IGN); /* writing beyond the room is an error */
  scratch = scratch_new ();
  g_test_add_func ("/training/recipes/all", test_all);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/training/recipes/kept/", cases[i].recipe->name, NULL);

    g_test_add_data_func (path, &cases[i], test_kept);
  }
  result = g_test_run ();
  scratch_remove (scratch);
  g_free (scratch);
  return result;
}
