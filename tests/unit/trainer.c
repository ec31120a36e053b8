/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training as a whole, on small nets. */
#include "trainer.h"

/* A bright left half and a dark right one is what it must learn to make. */
static void
test_learns (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .ema = 0.9, .threads = 2 },
      &error);
  float latents[BATCH * 100], pictures[BATCH * 64];
  GenRandom random = gen_random_new (1, "test", 0);

  g_assert_no_error (error);
  gen_random_normal (&random, 0, 0, latents, BATCH * 100);
  for (int round = 0; round < 2; round++) {
    make_steps (trainer, 300);
    for (int average = 0; average < 2; average++) {
      double left = 0, right = 0;

      g_assert_true (gen_trainer_play (trainer, average, latents, BATCH, pictures, &error));
      for (int i = 0; i < BATCH * 64; i++)
        *(i % 8 < 4 ? &left : &right) += pictures[i] / (BATCH * 32);
      if (round == 1) {
        g_assert_cmpfloat_with_epsilon (left, 0.8, 0.2);
        g_assert_cmpfloat_with_epsilon (right, -0.8, 0.2);
      }
    }
  }
  g_assert_cmpuint (gen_trainer_steps (trainer), ==, 600);
}

/* Three steps, the states carried over to a new trainer, and two more are the same bits as five
 * steps: dropout, averages and statistics included. */
static void
check_resume_with (
    const GenPreset *preset, const GenPresetOptions *options, GenTrainerSettings settings)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) whole = preset_trainer_new (preset, options, &settings, &error);
  g_autoptr (GenTrainer) first = preset_trainer_new (preset, options, &settings, &error);
  g_autoptr (GenTrainer) second = NULL;
  GenPresetOptions other = *options;

  g_assert_no_error (error);
  other.seed = 77;
  second = preset_trainer_new (preset, &other, &settings, &error);
  g_assert_no_error (error);
  make_steps (whole, 5);
  make_steps (first, 3);
  for (guint i = 0; i < gen_trainer_n_states (first); i++) {
    const GenBinding *from = gen_trainer_state (first, i), *to = gen_trainer_state (second, i);

    g_assert_cmpstr (from->name, ==, to->name);
    memcpy (to->data, from->data, from->size);
  }
  gen_trainer_states_changed (second);
  make_steps (second, 2);
  for (guint i = 0; i < gen_trainer_n_states (whole); i++) {
    const GenBinding *a = gen_trainer_state (whole, i), *b = gen_trainer_state (second, i);

    if (memcmp (a->data, b->data, a->size) != 0)
      g_error ("state %s differs after the training was interrupted", a->name);
  }
}

static void
check_resume (const GenPreset *preset, const GenPresetOptions *options)
{
  check_resume_with (preset, options,
      (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .ema = 0.9, .threads = 2 });
}

/* What does not say that its random streams have names is of a version that numbered them. */
static void
test_numbered_streams (void)
{
  static const char key[] = "random-streams";
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL), *bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2 }, &error);
  GenTrainingProgress progress = GEN_TRAINING_PROGRESS_START;
  gsize size;
  char *found;

  g_assert_no_error (error);
  g_assert_true (gen_checkpoint_save (trainer, folder, NULL, &progress, &error));
  g_assert_true (gen_checkpoint_load (trainer, folder, &progress, &error));
  g_assert_true (g_file_get_contents (path, &bytes, &size, &error));
  found = memmem (bytes, size, key, strlen (key));
  g_assert_nonnull (found);
  found[0] = 'x';
  g_assert_true (g_file_set_contents (path, bytes, (gssize)size, &error));
  g_assert_false (gen_checkpoint_load (trainer, folder, &progress, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE);
  g_assert_nonnull (strstr (error->message, "version 0.1"));
  scratch_remove (folder);
}

static void
test_resume (void)
{
  GenPresetOptions options = small;
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2,
    .r1 = 0.1, .penalty = GEN_PENALTY_EXACT, .gradient_penalty = 10, .discriminator_steps = 3 };

  settings.loss = &gen_loss_wasserstein;
  check_resume_with (&gen_preset_mlp, &options, settings);

  options.dropout = 0.3;
  check_resume (&gen_preset_mlp, &options);
  check_resume (
      &gen_preset_dcgan, &(GenPresetOptions){ GEN_PRESET_DEFAULTS, .dropout = 0.3, .width = 8 });
  options = preset_options (&gen_preset_wavegan);
  check_resume (&gen_preset_wavegan, &options);
  options = preset_options (&gen_preset_stylegan_lite);
  check_resume (&gen_preset_stylegan_lite, &options);
  check_resume (&gen_preset_r3gan_lite, &options);
  check_resume (&gen_preset_vae, &(GenPresetOptions){ GEN_PRESET_DEFAULTS });
  check_resume (&gen_preset_autoencoder, &(GenPresetOptions){ GEN_PRESET_DEFAULTS, .width = 4 });
  options = preset_options (&gen_preset_unet_diffusion);
  check_resume (&gen_preset_unet_diffusion, &options);
}

/* Any number of latents gives what each gives by itself. */
static void
test_generate (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2 }, &error);
  const int n = 2 * BATCH + 3;
  g_autofree float *latents = g_new (float, n * 100), *pictures = g_new (float, n * 64);
  GenRandom random = gen_random_new (1, "test", 0);
  float one[64];

  g_assert_no_error (error);
  gen_random_normal (&random, 0, 0, latents, n * 100);
  g_assert_true (gen_trainer_play (trainer, FALSE, latents, n, pictures, &error));
  for (int i = 0; i < n; i += 5) {
    g_assert_true (gen_trainer_play (trainer, FALSE, latents + i * 100, 1, one, &error));
    for (int k = 0; k < 64; k++)
      g_assert_cmpfloat_with_epsilon (one[k], pictures[i * 64 + k], 1e-6);
  }
}

static void
add (GenValidation *validation, const GenPicture *picture)
{
  const GenSample sample = gen_sample_of_picture (picture);

  gen_validation_add (validation, &sample, -1);
}

/* Pictures that the generator makes of the validation's own latents are at no distance from what
 * is made of them; others are. */
static void
test_validation (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_mlp, &small,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 2 }, &error);
  g_autoptr (GenValidation) same = gen_validation_new (3), other = gen_validation_new (4);
  g_autoptr (GenValidation) wrong = gen_validation_new (3);
  const int n = 3 * BATCH + 5;
  g_autofree float *latents = g_new (float, n * 100);
  g_auto (GenPicture) wall = { 0 }, odd = { 0 };
  GenRandom random = gen_random_new (3, GEN_STREAM_VALIDATION_LATENT, 0);
  GenValidationFigures figures;

  g_assert_no_error (error);
  gen_random_normal (&random, 0, 0, latents, n * 100);
  gen_picture_init (&wall, 8, 8 * n, 1);
  g_assert_true (gen_trainer_draw (trainer, FALSE, latents, 1, n, &wall, &error));
  for (int i = 0; i < n; i++) {
    GenPicture picture = wall;

    picture.height = 8;
    picture.data += i * 8 * picture.stride;
    add (same, &picture);
    add (other, &picture);
  }
  g_assert_true (gen_validation_measure (same, trainer, &figures, &error));
  g_assert_cmpfloat (figures.frechet, <, 1e-6);
  g_assert_cmpuint (figures.samples, ==, n);
  g_assert_cmpfloat (figures.diversity, >, 0);
  g_assert_true (gen_validation_measure (other, trainer, &figures, &error));
  g_assert_cmpfloat (figures.frechet, >, 1e-3);

  gen_picture_init (&odd, 9, 8, 1);
  add (wrong, &odd);
  g_assert_false (gen_validation_measure (wrong, trainer, &figures, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_clear_error (&error);
  add (wrong, &odd);
  g_assert_false (gen_validation_measure (wrong, trainer, &figures, &error));
  g_assert_nonnull (strstr (error->message, "9 x 8"));
}

/* First weights are drawn from a stream for each tensor: none begins as another one does, in one
 * net or in two, but for layers that are zeros on purpose. */
static void
test_first_weights (void)
{
  for (int p = 1; gen_preset_list ()[p] != NULL; p++) {
    const GenPreset *preset = gen_preset_list ()[p];
    GenPresetOptions options = preset_options (preset);
    g_autoptr (GArray) beginnings = g_array_new (FALSE, FALSE, sizeof (float));

    for (guint n = 0; n < gen_recipe_n_nets (preset->recipe); n++) {
      g_autoptr (GenGraph) net = preset->nets[n](&options, NULL);

      for (guint i = 0; i < net->tensors->len; i++) {
        const GenTensor *tensor = g_ptr_array_index (net->tensors, i);
        const float *values = gen_tensor_constant (tensor);

        if (values == NULL || tensor->type != GEN_TYPE_FLOAT32 || tensor->shape.rank < 2 ||
            values[0] == 0)
          continue;
        for (guint k = 0; k < beginnings->len; k++)
          g_assert_cmpfloat (values[0], !=, g_array_index (beginnings, float, k));
        g_array_append_val (beginnings, values[0]);
      }
    }
    g_assert_cmpuint (beginnings->len, >, 4);
  }
}

/* The options for size `i` of three. */
static GenPresetOptions
sized_options (const GenPreset *preset, guint i)
{
  static const int sizes[] = { 28, 32, 64 };
  GenPresetOptions options = preset_options (preset);

  if (preset->medium == &gen_medium_sound) {
    options.format.length = preset->extents != NULL ? (gsize)preset->extents[i] : 256u << i;
    options.format.channels = i == 1 ? 2 : 1;
    return options;
  }
  options.format.width = options.format.height = sizes[i];
  options.format.channels = i == 1 ? 3 : 1;
  return options;
}

/* Each loss moves each preset, in all sizes, without trouble. */
static void
test_presets (void)
{
  for (int p = 1; gen_preset_list ()[p] != NULL; p++)
    for (guint i = 0; i < 3; i++) {
      g_autoptr (GError) error = NULL;
      GenPresetOptions options = sized_options (gen_preset_list ()[p], i);
      GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 2, .threads = 2,
        .loss = gen_loss_list ()[i], .optimizer = gen_optimizer_list ()[i] };
      g_autoptr (GenTrainer) trainer =
          preset_trainer_new (gen_preset_list ()[p], &options, &settings, &error);

      g_assert_no_error (error);
      make_steps (trainer, 1);
      g_assert_cmpint (gen_trainer_format (trainer).channels, ==, options.format.channels);
    }
}

static void
expect_setting (const GenTrainerSettings *settings, const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (preset_trainer_new (&gen_preset_mlp, &small, settings, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_nonnull (strstr (error->message, name));
}

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS };
  GenPresetOptions odd = { GEN_PRESET_DEFAULTS, .format.width = 30 };
  g_autoptr (GenGraph) g28 = NULL, d8 = NULL;

  settings.batch_size = 0;
  expect_setting (&settings, "batch-size");
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .label_smoothing = 0.7 };
  expect_setting (&settings, "label-smoothing");
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .gradient_penalty = -1 };
  expect_setting (&settings, "gradient-penalty");
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .discriminator_steps = 0 };
  expect_setting (&settings, "discriminator-steps");
  settings =
      (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .discriminator_steps = 2, .accumulate = 2 };
  expect_setting (&settings, "discriminator-steps");
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .r1 = -1 };
  expect_setting (&settings, "r1");
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .learning_rate = NAN };
  expect_setting (&settings, "learning-rate");

  g_assert_null (gen_preset_dcgan.nets[GENERATOR](&odd, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_clear_error (&error);

  g28 = gen_preset_mlp.nets[GENERATOR](&(GenPresetOptions){ GEN_PRESET_DEFAULTS }, &error);
  d8 = gen_preset_mlp.nets[DISCRIMINATOR](&small, &error);
  settings = (GenTrainerSettings){ GEN_TRAINER_DEFAULTS };
  ((GenTensor *)d8->inputs->pdata[0])->shape.dims[0] = 3;
  g_assert_null (adversarial_trainer (g28, d8, &settings, &error));
  g_assert_nonnull (strstr (error->message, "the batch, was fixed at 3"));
  g_assert_nonnull (strstr (error->message, "dynamic_axes={'"));
  g_assert_nonnull (strstr (error->message, "or set batch-size=3"));
  g_clear_error (&error);
  ((GenTensor *)d8->inputs->pdata[0])->shape.dims[0] = -1;
  g_assert_null (adversarial_trainer (g28, d8, &settings, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trainer/learns", test_learns);
  g_test_add_func ("/trainer/numbered-streams", test_numbered_streams);
  g_test_add_func ("/trainer/resume", test_resume);
  g_test_add_func ("/trainer/generate", test_generate);
  g_test_add_func ("/trainer/validation", test_validation);
  g_test_add_func ("/trainer/first-weights", test_first_weights);
  g_test_add_func ("/trainer/presets", test_presets);
  g_test_add_func ("/trainer/errors", test_errors);
  return g_test_run ();
}
