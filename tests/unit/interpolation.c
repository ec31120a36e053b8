/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipe interpolation, and how frames become samples of it. */
#include <generative/batch-queue.h>
#include <generative/trainer.h>
#include <generative/validation.h>

#include <math.h>
#include <string.h>

#include "../trainers.h"

#define EXTENT 4
#define NUMBERS (EXTENT * EXTENT)

/* first / 2 + second / 2, of grey frames. */
static GenTrainer *
trainer_new (gboolean next_frame)
{
  static const float halves[] = { 0.5f, 0.5f };
  g_autoptr (GenGraph) net = gen_graph_new ("blend");
  g_autoptr (GError) error = NULL;
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_interpolation,
    .batch_size = 1, .reconstruction = &gen_reconstruction_l1, .next_frame = next_frame };
  GenTensor *x =
      gen_graph_add_input (net, "frames", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 2, EXTENT, EXTENT));
  GenTensor *w = gen_graph_add_constant (net, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2, 1, 1),
      g_bytes_new_static (halves, sizeof halves));
  GenTensor *y;
  GenTrainer *trainer;

  x->shape.dims[0] = 1;
  y = gen_binary (net, "Conv", x, w, NULL);
  x->shape.dims[0] = y->shape.dims[0] = -1;
  gen_graph_add_output (net, y);
  trainer = gen_trainer_new (&net, &settings, &error);
  g_assert_no_error (error);
  return trainer;
}

/* A frame of one shade. */
static GenSample
shade (GenPicture *picture, guint8 level)
{
  gen_picture_init (picture, EXTENT, EXTENT, 1);
  for (int y = 0; y < EXTENT; y++)
    memset (picture->data + y * picture->stride, level, EXTENT);
  return gen_sample_of_picture (picture);
}

static double
number (guint8 level)
{
  return level / 127.5 - 1;
}

static void
add (GenBatchQueue *queue, guint8 level)
{
  g_auto (GenPicture) picture = { 0 };
  const GenSample sample = shade (&picture, level);

  g_assert_cmpint (gen_batch_queue_add (queue, &sample, -1, NULL), ==, GEN_BATCH_QUEUE_ADDED);
}

/* The next sample is of these frames, and its loss is how far the mean of two is from the third. */
static void
take (GenBatchQueue *queue, GenTrainer *trainer, const guint8 levels[3])
{
  GenTrainerBatch *batch = gen_batch_queue_take (queue);
  const float *numbers;

  g_assert_nonnull (batch);
  numbers = gen_feed_data (batch->samples);
  for (int i = 0; i < 3 * NUMBERS; i++)
    g_assert_cmpfloat_with_epsilon (numbers[i], number (levels[i / NUMBERS]), 1e-6);
  gen_batch_queue_give_back (queue);
}

/* Each frame ends a sample, unless less than two before it belong to it. */
static void
test_queue (void)
{
  g_autoptr (GenTrainer) trainer = trainer_new (FALSE);
  g_autoptr (GenBatchQueue) queue = gen_batch_queue_new (trainer, 1, NULL);

  g_assert_cmpuint (gen_trainer_n_frames (trainer), ==, 3);
  g_assert_cmpuint (gen_trainer_frame_size (trainer), ==, NUMBERS);
  g_assert_cmpint (gen_trainer_format (trainer).channels, ==, 1);
  for (guint8 level = 10; level < 15; level++)
    add (queue, level); /* the first sample is passed over */
  take (queue, trainer, (guint8[]){ 11, 12, 13 });
  take (queue, trainer, (guint8[]){ 12, 13, 14 });
  gen_batch_queue_break (queue);
  for (guint8 level = 20; level < 23; level++)
    add (queue, level);
  take (queue, trainer, (guint8[]){ 20, 21, 22 });
  gen_batch_queue_end (queue);
  g_assert_null (gen_batch_queue_take (queue));
}

static double
step (GenTrainer *trainer, const float levels[3])
{
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;
  float samples[3 * NUMBERS];

  for (int i = 0; i < 3 * NUMBERS; i++)
    samples[i] = levels[i / NUMBERS];
  g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  return figures.values[gen_recipe_figure (&gen_recipe_interpolation, "loss")];
}

static void
test_frames (void)
{
  g_autoptr (GenTrainer) between = trainer_new (FALSE), next = trainer_new (TRUE);
  const float levels[3] = { 0.2f, 0.7f, 0.4f };
  float shown[4 * NUMBERS], samples[3 * NUMBERS];
  double first = step (between, levels);

  g_assert_cmpfloat_with_epsilon (first, 0.7 - 0.3, 1e-6);
  g_assert_cmpfloat (step (between, levels), <, first);
  g_assert_cmpfloat_with_epsilon (step (next, levels), 0.45 - 0.4, 1e-6);
  for (int i = 0; i < 3 * NUMBERS; i++)
    samples[i] = levels[i / NUMBERS];
  g_assert_true (gen_trainer_play (between, FALSE, samples, 1, shown, NULL));
  g_assert_cmpfloat (shown[0], ==, levels[0]);
  g_assert_cmpfloat (shown[NUMBERS], ==, levels[2]);
  g_assert_cmpfloat (shown[2 * NUMBERS], >, 0.3);
  g_assert_cmpfloat (shown[3 * NUMBERS], ==, levels[1]);
  g_assert_true (gen_trainer_check (between, NULL));
}

static char *
said (GenTrainer *trainer, const char *key)
{
  g_autoptr (GenGraph) net = gen_trainer_export (trainer, 0, FALSE);

  return g_strdup (g_hash_table_lookup (net->metadata, key));
}

/* What is made of two says whether it lies between them. */
static void
test_said (void)
{
  g_autoptr (GenTrainer) between = trainer_new (FALSE), next = trainer_new (TRUE);
  g_autofree char *of_between = said (between, "generative.interpolate");
  g_autofree char *of_next = said (next, "generative.interpolate");
  g_autofree char *frames = said (next, "generative.frames");

  g_assert_null (of_between);
  g_assert_cmpstr (of_next, ==, "false");
  g_assert_cmpstr (frames, ==, "2");
}

/* A fresh predictor is near to repeating the last frame. */
static void
test_predictor (void)
{
  const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .width = 2,
    .format = { &gen_medium_picture, 8, 8, 1 } };
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = 1, .next_frame = TRUE,
    .format = options.format };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer =
      preset_trainer_new (&gen_preset_frame_predictor, &options, &settings, &error);
  float samples[3 * 64], shown[4 * 64];
  double apart = 0;

  g_assert_no_error (error);
  for (int i = 0; i < 3 * 64; i++)
    samples[i] = sinf ((float)i);
  g_assert_true (gen_trainer_play (trainer, FALSE, samples, 1, shown, &error));
  for (int i = 0; i < 64; i++) {
    g_assert_cmpfloat (shown[64 + i], ==, samples[64 + i]);
    g_assert_cmpfloat (shown[3 * 64 + i], ==, samples[2 * 64 + i]);
    apart = MAX (apart, fabsf (shown[2 * 64 + i] - samples[64 + i]));
  }
  g_assert_cmpfloat (apart, >, 0);
  g_assert_cmpfloat (apart, <, 0.2);
}

/* Frames to validate by follow each other, too. */
static void
test_validation (void)
{
  g_autoptr (GenTrainer) trainer = trainer_new (FALSE);
  g_autoptr (GenValidation) validation = gen_validation_new (0), broken = gen_validation_new (0);
  g_autoptr (GError) error = NULL;
  GenValidationFigures figures;
  const guint8 levels[] = { 10, 20, 40, 70 };

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    g_auto (GenPicture) picture = { 0 };
    const GenSample sample = shade (&picture, levels[i]);

    gen_validation_add (validation, &sample, -1);
    gen_validation_add (broken, &sample, -1);
    gen_validation_break (broken);
  }
  g_assert_true (gen_validation_measure (validation, trainer, &figures, &error));
  g_assert_cmpfloat_with_epsilon (
      figures.values[gen_recipe_figure (&gen_recipe_interpolation, "loss")], 5 / 127.5, 1e-6);
  g_assert_false (gen_validation_measure (broken, trainer, &figures, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_cmpstr (error->message, ==,
      "validation takes 3 frames that follow each other, as those of a film do");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/interpolation/queue", test_queue);
  g_test_add_func ("/interpolation/frames", test_frames);
  g_test_add_func ("/interpolation/said", test_said);
  g_test_add_func ("/interpolation/predictor", test_predictor);
  g_test_add_func ("/interpolation/validation", test_validation);
  return g_test_run ();
}
