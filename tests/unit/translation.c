/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipes translation and unpaired-translation against PyTorch's numbers, and how pictures
 * become samples of them. */
#include <generative/batch-queue.h>
#include <generative/metric.h>
#include <generative/preset.h>
#include <generative/training.h>
#include <generative/validation.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"
#include "../trainers.h"

#define EXTENT 6
#define NUMBERS (EXTENT * EXTENT)
#define BATCH 2
#define STEPS 3

/* --- nets of two convolutions --- */

static GBytes *
waves (gsize n, double step, double size)
{
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (float)(size * sin (step * (double)(i + 1)));
  return g_bytes_new_take (values, n * sizeof (float));
}

static GenTensor *
convolve (GenGraph *graph, const char *name, GenTensor *x, gint64 outputs, double step)
{
  const gint64 inputs = x->shape.dims[1];
  g_autofree char *bias = g_strconcat (name, ".bias", NULL);
  GenTensor *w = gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32,
      &GEN_SHAPE (outputs, inputs, 3, 3), waves ((gsize)(outputs * inputs * 9), step, 0.3));
  GenTensor *b = gen_graph_add_constant (
      graph, bias, GEN_TYPE_FLOAT32, &GEN_SHAPE (outputs), waves ((gsize)outputs, step, 0.1));

  return gen_graph_op (graph, "Conv", (GenTensor *[]){ x, w, b }, 3, 1, NULL, "pads", GEN_INTS, 4,
      (gint64[]){ 1, 1, 1, 1 }, NULL);
}

/* conv (tanh (conv (x))); a generator's is added to x, a discriminator has a score a pixel. */
static GenGraph *
net_new (
    gboolean generates, gint64 inputs, gint64 hidden, gint64 outputs, double first, double second)
{
  GenGraph *graph = gen_graph_new (generates ? "generator" : "discriminator");
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, inputs, EXTENT, EXTENT));
  GenTensor *y = gen_unary (graph, "Tanh", convolve (graph, "first", x, hidden, first), NULL);

  y = convolve (graph, "second", y, outputs, second);
  if (generates)
    y = gen_binary (graph, "Add", x, y, NULL);
  g_assert_nonnull (y);
  x->shape.dims[0] = y->shape.dims[0] = -1;
  gen_graph_add_output (graph, y);
  return graph;
}

static GenTrainer *
paired_trainer (const GenTrainerSettings *settings, gint64 outputs, GError **error)
{
  g_autoptr (GenGraph) generator = net_new (outputs == 1, 1, 4, outputs, 1.7, 0.9);
  g_autoptr (GenGraph) discriminator = net_new (FALSE, 2, 3, 1, 1.1, 2.3);

  return gen_trainer_new ((GenGraph *[]){ generator, discriminator }, settings, error);
}

static GenTrainer *
unpaired_trainer (const GenTrainerSettings *settings, GError **error)
{
  g_autoptr (GenGraph) generator = net_new (TRUE, 1, 4, 1, 1.7, 0.9);
  g_autoptr (GenGraph) discriminator = net_new (FALSE, 1, 3, 1, 1.1, 2.3);
  g_autoptr (GenGraph) back_generator = net_new (TRUE, 1, 4, 1, 0.6, 1.3);
  g_autoptr (GenGraph) back_discriminator = net_new (FALSE, 1, 3, 1, 2.1, 0.7);

  return gen_trainer_new (
      (GenGraph *[]){ generator, discriminator, back_generator, back_discriminator }, settings,
      error);
}

#define SMALL                                                                                      \
  GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .learning_rate = 0.01, .threads = 1, .seed = 3
#define PAIRED SMALL, .recipe = &gen_recipe_translation
#define UNPAIRED SMALL, .recipe = &gen_recipe_unpaired_translation, .loss = &gen_loss_least_squares

static void
fill (float *samples, int step)
{
  for (int i = 0; i < 2 * BATCH * NUMBERS; i++)
    samples[i] = (float)sin ((0.13 + 0.05 * step) * i);
}

static GenTrainerFigures
make_step (GenTrainer *trainer, int step)
{
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;
  float samples[2 * BATCH * NUMBERS];

  fill (samples, step);
  g_assert_true (gen_trainer_step (trainer, samples, NULL, &figures, &error));
  g_assert_no_error (error);
  return figures;
}

/* --- against PyTorch --- */

#define MOST_FIGURES 6

static void
check_figures (GenTrainer *trainer, const char *const names[MOST_FIGURES],
    const double expected[STEPS][MOST_FIGURES])
{
  for (int s = 0; s < STEPS; s++) {
    const GenTrainerFigures figures = make_step (trainer, s);

    for (int i = 0; i < MOST_FIGURES; i++) {
      const guint figure = gen_recipe_figure (gen_trainer_settings (trainer)->recipe, names[i]);

      g_test_message ("%s %.8g, expected %.8g", names[i], figures.values[figure], expected[s][i]);
      g_assert_cmpfloat_with_epsilon (
          figures.values[figure], expected[s][i], 2e-5 * fmax (1, fabs (expected[s][i])));
    }
  }
}

/* The first weights of the net that begins with weight `i`. */
static void
check_weights (GenTrainer *trainer, guint i, float first, float second)
{
  const float *weights = gen_trainer_weight (trainer, i)->data;

  g_assert_cmpfloat_with_epsilon (weights[0], first, 2e-5);
  g_assert_cmpfloat_with_epsilon (weights[1], second, 2e-5);
}

/* Three steps with Adam as PyTorch makes them of the same weights and pairs. */
static void
test_paired (void)
{
  static const char *const names[MOST_FIGURES] = { "loss", "psnr", "discriminator-loss",
    "generator-loss", "accuracy-on-real", "accuracy-on-fake" };
  static const double expected[STEPS][MOST_FIGURES] = {
    { 1.05141789, 5.168887, 1.38316931, 0.67302531, 0.76388889, 0.02777778 },
    { 0.24529959, 17.426456, 1.37106249, 0.68919465, 0.91666667, 0.22222222 },
    { 1.11066053, 4.456040, 1.37065644, 0.69841727, 0.65277778, 0.34722222 },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = paired_trainer (&(GenTrainerSettings){ PAIRED }, 1, &error);

  g_assert_no_error (error);
  check_figures (trainer, names, expected);
  check_weights (trainer, 0, 0.32911910f, -0.04495298f);
  check_weights (trainer, 4, 0.26516873f, 0.24925605f);
  g_assert_true (gen_trainer_check (trainer, &error));
}

/* The same of four nets, of samples that do not belong together. */
static void
test_unpaired (void)
{
  static const char *const names[MOST_FIGURES] = { "cycle-loss", "identity-loss",
    "discriminator-loss", "generator-loss", "accuracy-on-real", "accuracy-on-fake" };
  static const double expected[STEPS][MOST_FIGURES] = {
    { 1.07637180, 0.61868919, 0.91352057, 0.83846737, 0.75000000, 0.25000000 },
    { 1.05465971, 0.60137159, 0.87703844, 0.78046513, 0.89583333, 0.15277778 },
    { 1.15047414, 0.64397364, 0.83198951, 0.74974711, 0.81944444, 0.20833333 },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = unpaired_trainer (&(GenTrainerSettings){ UNPAIRED }, &error);
  const GenTrainerSettings plain = { UNPAIRED, .identity_weight = 0 };
  g_autoptr (GenTrainer) without = unpaired_trainer (&plain, NULL);

  g_assert_no_error (error);
  check_figures (trainer, names, expected);
  check_weights (trainer, 0, 0.32830832f, -0.05190399f);
  check_weights (trainer, 4, 0.26107545f, 0.23166041f);
  check_weights (trainer, 8, 0.13990079f, 0.25051196f);
  check_weights (trainer, 12, 0.25389719f, -0.25917062f);
  g_assert_true (gen_trainer_check (trainer, &error));
  g_assert_true (
      isnan (make_step (without, 0)
                 .values[gen_recipe_figure (&gen_recipe_unpaired_translation, "identity-loss")]));
}

/* --- going on --- */

static void
check_resume (GenTrainer *const trainers[3])
{
  GenTrainer *whole = trainers[0], *first = trainers[1], *second = trainers[2];

  for (int s = 0; s < 4; s++)
    make_step (whole, s);
  for (int s = 0; s < 2; s++)
    make_step (first, s);
  for (guint i = 0; i < gen_trainer_n_states (first); i++)
    memcpy (gen_trainer_state (second, i)->data, gen_trainer_state (first, i)->data,
        gen_trainer_state (first, i)->size);
  gen_trainer_states_changed (second);
  for (int s = 2; s < 4; s++)
    make_step (second, s);
  for (guint i = 0; i < gen_trainer_n_states (whole); i++)
    g_assert_cmpmem (gen_trainer_state (whole, i)->data, gen_trainer_state (whole, i)->size,
        gen_trainer_state (second, i)->data, gen_trainer_state (second, i)->size);
}

/* Training that goes on from its states is the same, bit for bit. */
static void
test_resume (void)
{
  const GenTrainerSettings paired = { PAIRED, .ema = 0.9 };
  const GenTrainerSettings unpaired = { UNPAIRED, .ema = 0.9 };

  for (int k = 0; k < 2; k++) {
    GenTrainer *trainers[3];

    for (int i = 0; i < 3; i++)
      trainers[i] = k == 0 ? paired_trainer (&paired, 1, NULL) : unpaired_trainer (&unpaired, NULL);
    check_resume (trainers);
    for (int i = 0; i < 3; i++)
      gen_trainer_free (trainers[i]);
  }
}

/* --- how pictures become samples --- */

/* A picture of two shades, side by side or one above the other. */
static GenSample
shades (GenPicture *picture, gboolean stacked, guint8 first, guint8 second)
{
  gen_picture_init (picture, stacked ? EXTENT : 2 * EXTENT, stacked ? 2 * EXTENT : EXTENT, 1);
  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < picture->width; x++)
      picture->data[y * picture->stride + x] = (stacked ? y : x) < EXTENT ? first : second;
  return gen_sample_of_picture (picture);
}

static GenSample
shade (GenPicture *picture, guint8 level)
{
  gen_picture_init (picture, EXTENT, EXTENT, 1);
  for (int y = 0; y < EXTENT; y++)
    memset (picture->data + y * picture->stride, level, EXTENT);
  return gen_sample_of_picture (picture);
}

static void
check_numbers (const float *numbers, guint8 level)
{
  for (int i = 0; i < NUMBERS; i++)
    g_assert_cmpfloat_with_epsilon (numbers[i], level / 127.5 - 1, 1e-6);
}

/* The next batch has samples of these shades, first frames and second ones. */
static void
take (GenBatchQueue *queue, const guint8 levels[BATCH][2])
{
  GenTrainerBatch *batch = gen_batch_queue_take (queue);
  const float *numbers;

  g_assert_nonnull (batch);
  numbers = gen_feed_data (batch->samples);
  for (int i = 0; i < BATCH; i++)
    for (int frame = 0; frame < 2; frame++)
      check_numbers (numbers + (2 * i + frame) * NUMBERS, levels[i][frame]);
  gen_batch_queue_give_back (queue);
}

static void
test_pairs (void)
{
  for (int k = 0; k < 4; k++) {
    const GenTrainerSettings settings = { PAIRED, .pair = k % 2, .direction = k / 2 };
    g_autoptr (GenTrainer) trainer = paired_trainer (&settings, 1, NULL);
    g_autoptr (GenBatchQueue) queue = gen_batch_queue_new (trainer, 1, NULL);
    const guint8 levels[BATCH][2] = { { 30, 40 }, { 50, 60 } };
    const guint8 back[BATCH][2] = { { 40, 30 }, { 60, 50 } };

    for (guint8 level = 10; level < 60; level += 20) {
      g_auto (GenPicture) picture = { 0 };
      const GenSample sample = shades (&picture, k % 2 == 1, level, level + 10);

      g_assert_cmpint (gen_batch_queue_add (queue, &sample, -1, NULL), ==, GEN_BATCH_QUEUE_ADDED);
    }
    take (queue, k / 2 == 0 ? levels : back); /* the first one is passed over */
  }
}

static GenBatchQueueResult
add (GenBatchQueue *queue, guint8 level, int label, GError **error)
{
  g_auto (GenPicture) picture = { 0 };
  const GenSample sample = shade (&picture, level);

  return gen_batch_queue_add (queue, &sample, label, error);
}

/* Those of one class wait for those of the other, in the order in which they came; what is too much
 * is left out, and samples that are passed over are whole ones. */
static void
test_classes (void)
{
  static const int labels[] = { 0, 0, 0, 1, 1, 1, 1, 0, 1, 0 };
  static const guint8 first[BATCH][2] = { { 11, 14 }, { 12, 15 } };
  static const guint8 second[BATCH][2] = { { 17, 16 }, { 19, 18 } };
  g_autoptr (GenTrainer) trainer = unpaired_trainer (&(GenTrainerSettings){ UNPAIRED }, NULL);
  g_autoptr (GenBatchQueue) queue = gen_batch_queue_new (trainer, 1, NULL);

  for (guint8 i = 0; i < G_N_ELEMENTS (labels); i++)
    g_assert_cmpint (add (queue, 10 + i, labels[i], NULL), ==, GEN_BATCH_QUEUE_ADDED);
  take (queue, first);
  take (queue, second);
  for (int i = 0; i < 40; i++)
    g_assert_cmpint (add (queue, (guint8)(100 + i), 0, NULL), ==, GEN_BATCH_QUEUE_ADDED);
  for (int i = 0; i < 2; i++)
    g_assert_cmpint (add (queue, (guint8)(200 + i), 1, NULL), ==, GEN_BATCH_QUEUE_ADDED);
  take (queue, (const guint8[BATCH][2]){ { 100, 200 }, { 101, 201 } });
}

static void
refuse (GenBatchQueue *queue, int label, const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strdup_printf (
      "recipe: unpaired-translation is taught by samples of two classes, 0 and 1, and %s; "
      "datasetsrc gives each sample the class that its folder is, so that a folder of two folders "
      "is wanted",
      what);

  g_assert_cmpint (add (queue, 1, label, &error), ==, GEN_BATCH_QUEUE_FAILED);
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_cmpstr (error->message, ==, text);
}

static void
test_wrong_classes (void)
{
  g_autoptr (GenTrainer) trainer = unpaired_trainer (&(GenTrainerSettings){ UNPAIRED }, NULL);
  g_autoptr (GenBatchQueue) queue = gen_batch_queue_new (trainer, 0, NULL);

  refuse (queue, -1, "one has none");
  refuse (queue, 2, "one is of class 2");
  for (int i = 0; i < 1000; i++)
    g_assert_cmpint (add (queue, 1, 1, NULL), ==, GEN_BATCH_QUEUE_ADDED);
  refuse (queue, 1, "1000 came of class 1, and none of class 0");
}

/* --- validation and preview --- */

/* The mean over both kinds of the distance between what is made and what there is of that kind,
 * whose samples are even or odd. */
static double
mean_distance (GenTrainer *trainer, const float *samples)
{
  const GenMeterSettings settings = {
    .medium = &gen_medium_picture, .metrics = "frechet", .has_reference = TRUE
  };
  static const guint made[] = { 3, 1 }; /* among what is shown */
  const GenFormat format = gen_trainer_format (trainer);
  GenSample shown[3 * 4];
  double sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    gen_sample_init (&shown[i], &format);
  g_assert_true (gen_trainer_make (trainer, FALSE, samples, 3, shown, NULL));
  for (guint kind = 0; kind < 2; kind++) {
    g_autoptr (GenMeter) meter = gen_meter_new (&settings, NULL);
    g_autoptr (JsonObject) summary = NULL;
    double values[8];

    for (guint i = 0; i < 3; i++)
      g_assert_true (gen_meter_refer (meter, &shown[4 * i + (kind == 0 ? 0 : 2)], -1, NULL));
    for (guint i = 0; i < 3; i++)
      g_assert_true (gen_meter_measure (meter, &shown[4 * i + made[kind]], values, NULL));
    summary = gen_meter_summarise (meter, NULL);
    sum += json_object_get_double_member (summary, "frechet") / 2;
  }
  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    gen_sample_clear (&shown[i]);
  return sum;
}

static void
test_validation (void)
{
  g_autoptr (GenTrainer) trainer = unpaired_trainer (&(GenTrainerSettings){ UNPAIRED }, NULL);
  g_autoptr (GenValidation) both = gen_validation_new (0), one = gen_validation_new (0);
  g_autoptr (GError) error = NULL;
  GenValidationFigures figures;
  float samples[2 * 3 * NUMBERS];
  double values[GEN_RECIPE_MAX_FIGURES];
  const guint cycle = gen_recipe_figure (&gen_recipe_unpaired_translation, "cycle-loss");

  for (int i = 0; i < 6; i++) {
    g_auto (GenPicture) picture = { 0 };
    const GenSample sample = shade (&picture, (guint8)(40 * i));

    gen_validation_add (both, &sample, i % 2);
    gen_validation_add (one, &sample, 0);
    for (int k = 0; k < NUMBERS; k++)
      samples[i * NUMBERS + k] = 40 * i / 127.5f - 1;
  }
  g_assert_true (gen_validation_measure (both, trainer, &figures, &error));
  g_assert_true (gen_trainer_measure (trainer, FALSE, samples, NULL, 3, 0, values, &error));
  g_assert_cmpfloat_with_epsilon (figures.values[cycle], values[cycle], 1e-6);
  g_assert_true (figures.compared);
  g_assert_cmpfloat (figures.best, ==, figures.frechet);
  g_assert_cmpuint (figures.samples, ==, 6);
  g_assert_cmpstr (gen_recipe_best (&gen_recipe_unpaired_translation), ==, "frechet");
  g_assert_cmpfloat_with_epsilon (figures.frechet, mean_distance (trainer, samples), 1e-6);
  g_assert_false (gen_validation_measure (one, trainer, &figures, &error));
  g_assert_cmpstr (
      error->message, ==, "validation takes pictures of both classes, and all are of one");
}

/* What is given is shown as it came, beside what is made of it. */
static void
test_shown (void)
{
  g_autoptr (GenTrainer) paired = paired_trainer (&(GenTrainerSettings){ PAIRED }, 1, NULL);
  g_autoptr (GenTrainer) unpaired = unpaired_trainer (&(GenTrainerSettings){ UNPAIRED }, NULL);
  float samples[2 * BATCH * NUMBERS], shown[4 * NUMBERS];

  fill (samples, 0);
  g_assert_true (gen_trainer_play (paired, FALSE, samples, 1, shown, NULL));
  g_assert_cmpmem (shown, NUMBERS * sizeof (float), samples, NUMBERS * sizeof (float));
  g_assert_cmpmem (
      shown + 2 * NUMBERS, NUMBERS * sizeof (float), samples + NUMBERS, NUMBERS * sizeof (float));
  g_assert_true (gen_trainer_play (unpaired, FALSE, samples, 1, shown, NULL));
  g_assert_cmpmem (
      shown + 2 * NUMBERS, NUMBERS * sizeof (float), samples + NUMBERS, NUMBERS * sizeof (float));
  g_assert_cmpint (gen_trainer_format (unpaired).channels, ==, 1);
}

/* --- what is wrong --- */

/* What is made is smaller than what was given. */
static GenGraph *
shrinking_net (void)
{
  GenGraph *graph = gen_graph_new ("shrinking");
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, EXTENT, EXTENT));
  GenTensor *w = gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 3, 3), waves (9, 1, 0.3));
  GenTensor *y = gen_binary (graph, "Conv", x, w, NULL);

  for (int i = 0; i < 4; i += i == 0 ? 2 : 1)
    x->shape.dims[i] = -1;
  y->shape.dims[0] = -1;
  gen_graph_add_output (graph, y);
  return graph;
}

static void
test_nets (void)
{
  g_autoptr (GenGraph) generator = shrinking_net ();
  g_autoptr (GenGraph) discriminator = net_new (FALSE, 2, 3, 1, 1.1, 2.3);
  const GenTrainerSettings paired = { PAIRED }, unpaired = { UNPAIRED };
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_trainer_new ((GenGraph *[]){ generator, discriminator }, &paired, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL);
  g_assert_cmpstr (error->message, ==,
      "the generator makes [2, 1, 2, 2] of one half of each pair, and the other half is [2, 1, 4, "
      "4]");
  g_clear_error (&error);
  g_assert_null (gen_trainer_new (
      (GenGraph *[]){ generator, discriminator, generator, discriminator }, &unpaired, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL);
  g_assert_cmpstr (error->message, ==,
      "the back-generator makes [2, 1, 2, 2] of [2, 1, 4, 4]; samples of both kinds have one "
      "shape");
}

/* A training by the preset for pictures of such a size, which is refused. */
static void
refuse_pictures (const GenPreset *preset, int width, int height, int classes, const char *message)
{
  static const GenTrainingCallbacks callbacks = { NULL };
  const GenFormat format = { &gen_medium_picture, width, height, 3 };
  g_autofree char *folder = scratch_new ();
  g_auto (GenTrainingSettings) settings = { 0 };
  g_autoptr (GenTraining) training = NULL;
  g_autoptr (GError) error = NULL;

  gen_training_settings_init (&settings);
  g_free (settings.checkpoint);
  settings.checkpoint = g_build_filename (folder, "model", NULL);
  settings.preset = preset;
  training = gen_training_new (&settings, &callbacks, NULL, &error);
  g_assert_no_error (error);
  gen_training_set_classes (training, classes);
  g_assert_false (gen_training_open (training, &format, &error));
  g_assert_cmpstr (error->message, ==, message);
  g_clear_pointer (&training, gen_training_free);
  scratch_remove (folder);
}

static void
test_pictures (void)
{
  refuse_pictures (&gen_preset_pix2pix, 33, 16, 0,
      "pair: recipe translation takes pairs that lie side by side in one picture, whose width is "
      "even, and the data is pictures of 33 x 16 pixels, colour");
  refuse_pictures (&gen_preset_pix2pix, 30, 15, 0,
      "preset pix2pix takes pictures whose width and height are even, and 8 at least, not 15x15");
  refuse_pictures (&gen_preset_cyclegan, 30, 28, 2,
      "preset cyclegan takes pictures whose width and height are multiples of 4, not 30x28");
  refuse_pictures (&gen_preset_cyclegan, 28, 28, 3,
      "classes: recipe unpaired-translation is taught by samples of two classes, and the data has "
      "3; a folder of two folders is wanted");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/translation/paired", test_paired);
  g_test_add_func ("/translation/unpaired", test_unpaired);
  g_test_add_func ("/translation/resume", test_resume);
  g_test_add_func ("/translation/pairs", test_pairs);
  g_test_add_func ("/translation/classes", test_classes);
  g_test_add_func ("/translation/wrong-classes", test_wrong_classes);
  g_test_add_func ("/translation/validation", test_validation);
  g_test_add_func ("/translation/shown", test_shown);
  g_test_add_func ("/translation/nets", test_nets);
  g_test_add_func ("/translation/pictures", test_pictures);
  return g_test_run ();
}
