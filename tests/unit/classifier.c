/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipe classifier against PyTorch's numbers, what stays of nets that are not trained as a
 * whole, and nets that begin with what others have learned. */
#include <generative/batch-queue.h>
#include <generative/model.h>
#include <generative/parameters.h>
#include <generative/preset.h>
#include <generative/trainer.h>

#include <math.h>
#include <string.h>

#include "../trainers.h"

#define BATCH 4
#define EXTENT 5
#define SIZE (BATCH * EXTENT * EXTENT)

static GenTensor *
wave (GenGraph *graph, const char *name, const GenShape *shape, double pace, double phase,
    double size)
{
  const gint64 n = gen_shape_elements (shape);
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float)(size * (float)sin (pace * (double)i + phase));
  return gen_graph_add_constant (
      graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (values, (gsize)n * sizeof (float)));
}

static GenTensor *
even (GenGraph *graph, const char *name, gint64 n, float value)
{
  float *values = g_new (float, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = value;
  return gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE (n),
      g_bytes_new_take (values, (gsize)n * sizeof (float)));
}

/* A convolution, a normalisation, the means and a dense layer for four classes. */
static GenGraph *
classifier_new (void)
{
  GenGraph *graph = gen_graph_new ("classifier");
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_add_input (
      graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, EXTENT, EXTENT));

  y = gen_graph_op (graph, "Conv",
      (GenTensor *[]){ y, wave (graph, "down.weight", &GEN_SHAPE (3, 1, 3, 3), 1.3, 0.2, 0.5),
          even (graph, "down.bias", 3, 0) },
      3, 1, &error, "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);
  y = gen_graph_op (graph, "BatchNormalization",
      (GenTensor *[]){ y, even (graph, "normalize.scale", 3, 1),
          even (graph, "normalize.bias", 3, 0), even (graph, "normalize.mean", 3, 0),
          even (graph, "normalize.variance", 3, 1) },
      5, 1, &error, NULL);
  y = gen_unary (graph, "Relu", y, &error);
  y = gen_unary (graph, "GlobalAveragePool", y, &error);
  y = gen_unary (graph, "Flatten", y, &error);
  y = gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ y, wave (graph, "head.weight", &GEN_SHAPE (4, 3), 0.7, 1, 1),
          even (graph, "head.bias", 4, 0) },
      3, 1, &error, "transB", GEN_INT, 1, NULL);
  gen_graph_add_output (graph, gen_unary (graph, "Softmax", y, &error));
  g_assert_no_error (error);
  return graph;
}

static GenTrainer *
trainer_new (const char *trainable, GError **error)
{
  g_autoptr (GenGraph) net = classifier_new ();
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_classifier,
    .batch_size = BATCH, .learning_rate = 0.01, .label_smoothing = 0.1,
    .precision = GEN_PRECISION_FLOAT32, .trainable = (char *)trainable };

  return gen_trainer_new (&net, &settings, error);
}

static const gint64 labels[][BATCH] = { { 0, 1, 2, 3 }, { 3, 3, 1, 0 }, { 2, 0, 1, 2 } };

static void
make_step (GenTrainer *trainer, int step, GenTrainerFigures *figures)
{
  float samples[SIZE];
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < SIZE; i++)
    samples[i] = (float)sin (0.37 * (step * SIZE + i));
  g_assert_true (gen_trainer_step (trainer, samples, labels[step], figures, &error));
  g_assert_no_error (error);
}

static double
figure (const GenTrainerFigures *figures, const char *name)
{
  return figures->values[gen_recipe_figure (&gen_recipe_classifier, name)];
}

static const float *
numbers (const GenGraph *graph, const char *name)
{
  return gen_tensor_constant (gen_graph_find (graph, name));
}

/* Three steps by torch 2.15: losses, the share that is right, and weights. */
static void
check_steps (const char *trainable, const double losses[3], const double weights[5])
{
  static const double accuracies[] = { 0.25, 0.25, 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (trainable, &error);
  g_autoptr (GenGraph) net = NULL;
  GenTrainerFigures figures;

  g_assert_no_error (error);
  for (int step = 0; step < 3; step++) {
    make_step (trainer, step, &figures);
    g_assert_cmpfloat_with_epsilon (figure (&figures, "loss"), losses[step], 1e-5);
    g_assert_cmpfloat (figure (&figures, "accuracy"), ==, accuracies[step]);
  }
  net = gen_trainer_export (trainer, 0, FALSE);
  g_assert_cmpfloat_with_epsilon (numbers (net, "down.weight")[0], weights[0], 1e-5);
  g_assert_cmpfloat_with_epsilon (numbers (net, "down.weight")[26], weights[1], 1e-5);
  g_assert_cmpfloat_with_epsilon (numbers (net, "head.weight")[0], weights[2], 1e-5);
  g_assert_cmpfloat_with_epsilon (numbers (net, "head.bias")[3], weights[3], 1e-5);
  g_assert_cmpfloat_with_epsilon (numbers (net, "normalize.scale")[1], weights[4], 1e-5);
}

static void
test_steps (void)
{
  check_steps (NULL, (double[]){ 1.66717243, 1.36794913, 1.98779035 },
      (double[]){ 0.08954041, 0.26182330, 0.81373453, -0.02034665, 0.97179973 });
}

/* --- attacks --- */

/* The loss of the first step by torch 2.15, of samples that were attacked by a tenth of their range
 * with the statistics of the batch, all or the first two of four; what is measured is not. */
static void
test_attacks (void)
{
  static const struct {
    double share, loss;
  } cases[] = { { 1, 1.87430370 }, { 0.5, 1.77575529 }, { 0.01, 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) net = classifier_new ();
    const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_classifier,
      .batch_size = BATCH, .learning_rate = 0.01, .label_smoothing = 0.1,
      .precision = GEN_PRECISION_FLOAT32, .attack = &gen_attack_fgsm,
      .attack_share = cases[i].share };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenTrainer) trainer = gen_trainer_new (&net, &settings, &error);
    GenTrainerFigures figures;

    g_assert_no_error (error);
    make_step (trainer, 0, &figures);
    if (cases[i].loss > 0)
      g_assert_cmpfloat_with_epsilon (figure (&figures, "loss"), cases[i].loss, 1e-5);
    /* One at least. */
    g_assert_cmpfloat (figure (&figures, "loss"), >, 1.66718);
  }
}

/* --- mixtures --- */

/* How much of sample `i` of a step is of class `label`. */
static double
share (int step, int i, int label)
{
  const int first = (int)labels[step][i];
  const double weight = 0.3 + 0.1 * i + 0.05 * step;

  return weight * (label == first) + (1 - weight) * 0.75 * (label == (first + 1 + step) % 4) +
         (1 - weight) * 0.25 * (label == (first + 2) % 4);
}

static void
make_mixed_step (GenTrainer *trainer, int step, GenTrainerFigures *figures)
{
  g_autoptr (GError) error = NULL;
  GenTrainerBatch batch;
  float *samples, *shares;

  g_assert_true (gen_trainer_batch_init (trainer, &batch, &error));
  g_assert_null (batch.labels);
  samples = gen_feed_data (batch.samples);
  shares = gen_feed_data (batch.shares);
  for (int i = 0; i < SIZE; i++)
    samples[i] = (float)sin (0.37 * (step * SIZE + i));
  for (int i = 0; i < BATCH * 4; i++)
    shares[i] = (float)share (step, i / 4, i % 4);
  g_assert_true (gen_trainer_batch_send (&batch, &error));
  g_assert_true (gen_trainer_step_batch (trainer, &batch, figures, &error));
  g_assert_no_error (error);
  gen_trainer_batch_clear (&batch);
}

/* Three steps by torch 2.15, whose cross_entropy takes probabilities: losses, how much of the
 * samples is of the class with the best score, and weights. */
static void
test_mixtures (void)
{
  static const double losses[] = { 1.69761586, 1.75616133, 1.82249320 };
  static const double accuracies[] = { 0.18125, 0.1625, 0.25625 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (NULL, &error);
  g_autoptr (GenGraph) net = NULL;
  GenTrainerFigures figures;

  g_assert_no_error (error);
  for (int step = 0; step < 3; step++) {
    make_mixed_step (trainer, step, &figures);
    g_assert_cmpfloat_with_epsilon (figure (&figures, "loss"), losses[step], 1e-6);
    g_assert_cmpfloat_with_epsilon (figure (&figures, "accuracy"), accuracies[step], 1e-6);
  }
  net = gen_trainer_export (trainer, 0, FALSE);
  g_assert_cmpfloat_with_epsilon (numbers (net, "down.weight")[0], 0.07485165, 1e-5);
  g_assert_cmpfloat_with_epsilon (numbers (net, "down.weight")[26], 0.23598701, 1e-5);
  g_assert_cmpfloat_with_epsilon (numbers (net, "head.weight")[0], 0.81266391, 1e-5);
  g_assert_cmpfloat_with_epsilon (numbers (net, "head.bias")[3], -0.03061332, 1e-5);
  g_assert_cmpfloat_with_epsilon (numbers (net, "normalize.scale")[1], 0.96937251, 1e-5);
}

static GenTrainer *
descending_new (double learning_rate)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = classifier_new ();
  const GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_classifier,
    .batch_size = BATCH, .learning_rate = learning_rate, .optimizer = &gen_optimizer_sgd,
    .optimizer_settings.beta1 = 0, .label_smoothing = 0.1, .precision = GEN_PRECISION_FLOAT32 };
  GenTrainer *trainer = gen_trainer_new (&net, &settings, &error);

  g_assert_no_error (error);
  return trainer;
}

/* The loss of a mixed step where number `k` of weight `weight` is changed by `change`. */
static double
loss_at (guint weight, gsize k, double change)
{
  g_autoptr (GenTrainer) trainer = descending_new (1e-3);
  GenTrainerFigures figures;

  ((float *)gen_trainer_weight (trainer, weight)->data)[k] += (float)change;
  gen_trainer_states_changed (trainer);
  make_mixed_step (trainer, 1, &figures);
  return figure (&figures, "loss");
}

/* What a step of plain descent takes off a weight is the gradient of its loss. */
static void
test_gradients (void)
{
  const double step = 1.0 / 1024;
  g_autoptr (GenTrainer) trainer = descending_new (1), before = descending_new (1);
  GenTrainerFigures figures;
  guint n_checked = 0;

  make_mixed_step (trainer, 1, &figures);
  for (guint i = 0; i < gen_trainer_n_weights (trainer); i++) {
    const GenBinding *weight = gen_trainer_weight (trainer, i);
    const float *after = weight->data, *first = gen_trainer_weight (before, i)->data;

    if (strstr (weight->name, "normalize.mean") != NULL ||
        strstr (weight->name, "normalize.variance") != NULL)
      continue;
    for (gsize k = 0; k < weight->size / sizeof (float); k++) {
      const double slope = (loss_at (i, k, step) - loss_at (i, k, -step)) / (2 * step);

      g_assert_cmpfloat_with_epsilon (first[k] - after[k], slope, 1e-3);
      n_checked += fabs (slope) > 1e-2;
    }
  }
  g_assert_cmpuint (n_checked, >, 20);
}

/* A mixture of one class is that class, to the bit, and one by halves is learned by halves. */
static void
test_mixture_queue (void)
{
  static const GenClassShare whole[] = { { 2, 1 } }, halves[] = { { 1, 0.5 }, { 3, 0.5 } };
  static const GenClassShare less[] = { { 1, 0.5 }, { 3, 0.3 } },
                             more[] = { { 1, 1.5 }, { 3, -0.5 } };
  static const GenClassShare none[] = { { 1, 0.5 }, { -1, 0.5 } },
                             far[] = { { 1, 0.5 }, { 4, 0.5 } },
                             beyond[] = { { 1, 0.5 }, { G_MAXINT, 0.5 } };
  static const struct {
    const GenClassShare *shares;
    const char *message;
  } wrong[] = { { less, "together 0.8" }, { more, "the weight of class 3 in a sample is -0.5" },
    { none, "a sample has none" }, { far, "of class 4" },
    { beyond, "a preset makes know 65536 at most" } };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (NULL, &error);
  g_autoptr (GenBatchQueue) queue = gen_batch_queue_new (trainer, 0, &error);
  g_auto (GenPicture) picture = { 0 };
  GenTrainerBatch *batch;
  GenSample sample;

  g_assert_no_error (error);
  gen_picture_init (&picture, EXTENT, EXTENT, 1);
  sample = gen_sample_of_picture (&picture);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_assert_cmpint (gen_batch_queue_add_mixture (queue, &sample, wrong[i].shares, 2, &error), ==,
        GEN_BATCH_QUEUE_FAILED);
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
    g_assert_nonnull (strstr (error->message, wrong[i].message));
    g_clear_error (&error);
  }
  gen_batch_queue_add_mixture (queue, &sample, whole, 1, &error);
  gen_batch_queue_add (queue, &sample, 2, &error);
  gen_batch_queue_add_mixture (queue, &sample, halves, 2, &error);
  gen_batch_queue_add (queue, &sample, 0, &error);
  g_assert_no_error (error);
  batch = gen_batch_queue_take (queue);
  g_assert_nonnull (batch);
  for (int i = 0; i < BATCH * 4; i++) {
    static const float expected[] = { 0, 0, 1, 0, 0, 0, 1, 0, 0, 0.5f, 0, 0.5f, 1, 0, 0, 0 };

    g_assert_cmpfloat (((const float *)gen_feed_data (batch->shares))[i], ==, expected[i]);
  }
  gen_batch_queue_give_back (queue);
}

/* The normalisation keeps its statistics, as PyTorch's does in eval (). */
static void
test_head (void)
{
  check_steps ("head", (double[]){ 1.45967138, 1.30780494, 1.68714452 },
      (double[]){ 0.09933466, 0.26454136, 0.81376070, -0.01352635, 1 });
}

/* Names may be of several weights, and with or without that of the net. */
static void
test_names (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new ("head.b*, classifier.normalize.scale", &error);
  g_autoptr (GenGraph) first = classifier_new (), net = NULL;
  g_autoptr (GArray) list = NULL;
  GenTrainerFigures figures;

  g_assert_no_error (error);
  g_assert_cmpuint (gen_trainer_n_weights (trainer), ==, 4);
  make_step (trainer, 0, &figures);
  net = gen_trainer_export (trainer, 0, FALSE);
  list = gen_parameters_list (net, "classifier", "head.b*, classifier.normalize.scale");
  g_assert_cmpuint (list->len, ==, 8);
  for (guint i = 0; i < list->len; i++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, i);
    const char *name = parameter->tensor->name;

    g_assert_cmpint (parameter->statistic, ==,
        g_str_equal (name, "normalize.mean") || g_str_equal (name, "normalize.variance"));
    g_assert_cmpint (parameter->trainable, ==,
        g_str_equal (name, "head.bias") || g_str_equal (name, "normalize.scale") ||
            parameter->statistic);
    g_assert_cmpint (memcmp (numbers (net, name), numbers (first, name),
                         gen_tensor_size (parameter->tensor)) != 0,
        ==, parameter->trainable);
  }
  g_clear_pointer (&trainer, gen_trainer_free);
  trainer = trainer_new ("head, up4.*", &error);
  g_assert_null (trainer);
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_nonnull (strstr (error->message, "no weight is called 'up4.*'"));
  g_clear_error (&error);
  g_assert_null (trainer_new ("head, !classifier.*", &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_nonnull (strstr (error->message, "leaves no weight to train"));
}

/* --- classes --- */

static void
test_labels (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (NULL, &error);
  GenBatchQueue *queue = gen_batch_queue_new (trainer, 0, &error);
  g_auto (GenPicture) picture = { 0 };
  GenSample sample;

  g_assert_no_error (error);
  gen_picture_init (&picture, EXTENT, EXTENT, 1);
  sample = gen_sample_of_picture (&picture);
  g_assert_cmpint (gen_trainer_classes (trainer), ==, 4);
  g_assert_cmpint (gen_batch_queue_add (queue, &sample, 3, &error), ==, GEN_BATCH_QUEUE_ADDED);
  g_assert_cmpint (gen_batch_queue_add (queue, &sample, 4, &error), ==, GEN_BATCH_QUEUE_FAILED);
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_nonnull (strstr (error->message, "of class 4, and the nets know 4"));
  g_assert_nonnull (strstr (error->message, "that a preset makes know it with classes=5 or more"));
  g_assert_nonnull (strstr (error->message, "models have the classes they were made with"));
  g_clear_error (&error);
  g_assert_cmpint (gen_batch_queue_add (queue, &sample, -1, &error), ==, GEN_BATCH_QUEUE_FAILED);
  g_assert_nonnull (strstr (error->message, "taught by classes"));
  gen_batch_queue_free (queue);
}

/* --- what classes are called --- */

static void
check_names (const GenGraph *graph, const char *expected)
{
  g_auto (GStrv) names = gen_model_get_class_names (graph);
  g_autofree char *joined = names != NULL ? g_strjoinv ("|", names) : NULL;

  g_assert_cmpstr (joined, ==, expected);
}

/* They are in the model, and what has no name is called by its number. */
static void
test_class_names (void)
{
  static const char *const few[] = { "cat", "a \"dog\"", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (NULL, &error);
  g_autoptr (GenGraph) before = gen_trainer_export (trainer, 0, FALSE), after = NULL;

  g_assert_no_error (error);
  check_names (before, NULL);
  gen_trainer_name_classes (trainer, few);
  after = gen_trainer_export (trainer, 0, FALSE);
  check_names (after, "cat|a \"dog\"|2|3");
}

/* As Ultralytics' exports have them, and what is no such text. */
static void
test_names_of_others (void)
{
  static const struct {
    const char *key, *text, *names;
  } texts[] = {
    { "names", "{0: 'tench', 1: \"hen's egg\", 2: 'goldfish'}", "tench|hen's egg|goldfish" },
    { "names", "{0: 'tench', 2: 'goldfish'}", NULL },
    { "names", "{0: 'tench', 1: 'gold", NULL },
    { "names", "model", NULL },
    { "generative.class-names", "[\"a\", \"b\"]", "a|b" },
    { "generative.class-names", "[\"a\", 1]", NULL },
    { "generative.class-names", "[]", NULL },
    { "generative.class-names", "{", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GenGraph) graph = classifier_new ();

    g_hash_table_insert (graph->metadata, g_strdup (texts[i].key), g_strdup (texts[i].text));
    check_names (graph, texts[i].names);
  }
}

static void
test_find_class (void)
{
  static const char *const names[] = { "cat", "dog", "7", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (gen_class_find (names, 3, "dog", NULL), ==, 1);
  g_assert_cmpint (gen_class_find (names, 3, "7", NULL), ==, 2);
  g_assert_cmpint (gen_class_find (names, 3, "0", NULL), ==, 0);
  g_assert_cmpint (gen_class_find (NULL, 3, "2", NULL), ==, 2);
  g_assert_cmpint (gen_class_find (names, 3, "dgo", &error), ==, -1);
  g_assert_nonnull (strstr (error->message, "no class \"dgo\" (did you mean \"dog\"?)"));
  g_clear_error (&error);
  g_assert_cmpint (gen_class_find (NULL, 3, "3", &error), ==, -1);
  g_assert_nonnull (strstr (error->message, "the model names none, and has 3"));
}

/* What data has of a model's classes, which may be only some of them, and others. */
static void
test_map_classes (void)
{
  static const struct {
    const char *names, *others;
    guint n;
    int map[3];
  } cases[] = {
    { "cat|dog|hen", "dog|hen", 3, { 1, 2 } },
    { "cat|dog|hen", "dog|eel|hen", 3, { 1, -1, 2 } },
    { "cat|dog|hen", "0|2|3", 3, { 0, 2, -1 } }, /* as a sheet has them */
    { "cat|dog|hen", NULL, 3, { 0, 1, 2 } },
    { "8|9|hen", "9|0", 3, { 1, -1 } }, /* numbers are names, and 0 is none */
    { "cat|dog", "cat|2|3", 4, { 0, 2, 3 } },
    { NULL, "8|9", 10, { 8, 9 } },
    { NULL, "8|10", 10, { 8, -1 } },
    { NULL, NULL, 2, { 0, 1, -1 } },
    { NULL, "cat|dog|hen", 3, { 0, 1, 2 } }, /* in their order */
    { NULL, "1|2|3", 3, { 0, 1, 2 } },
    { NULL, "cat|dog", 3, { -1, -1 } },
    { NULL, "cat|dog|hen", 2, { -1, -1, -1 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GStrv) names = g_strsplit (cases[i].names != NULL ? cases[i].names : "", "|", -1);
    g_auto (GStrv) others = g_strsplit (cases[i].others != NULL ? cases[i].others : "", "|", -1);
    const guint n_others = cases[i].others != NULL ? g_strv_length (others) : 3;
    g_autofree int *map = gen_class_map (cases[i].names != NULL ? (const char *const *)names : NULL,
        cases[i].n, cases[i].others != NULL ? (const char *const *)others : NULL, n_others);

    for (guint k = 0; k < n_others; k++)
      g_assert_cmpint (map[k], ==, cases[i].map[k]);
  }
}

static void
test_unknown_classes (void)
{
  const GenPresetOptions unknown = { GEN_PRESET_DEFAULTS };
  const GenPresetOptions one = { GEN_PRESET_DEFAULTS, .classes = 1 };
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_preset_classifier.nets[0](&unknown, &error));
  g_assert_nonnull (strstr (error->message, "classes=10"));
  g_clear_error (&error);
  g_assert_null (gen_preset_classifier.nets[0](&one, &error));
  g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
}

/* --- what others have learned --- */

/* All of the encoder is in the classifier. */
static void
test_trunk (void)
{
  static const int extents[] = { 28, 32, 64 };

  for (guint i = 0; i < G_N_ELEMENTS (extents); i++) {
    const GenPresetOptions options = { GEN_PRESET_DEFAULTS, .format.width = extents[i],
      .format.height = extents[i], .classes = 3, .width = 4 };
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) encoder = gen_preset_masked_autoencoder.nets[0](&options, &error);
    g_autoptr (GenGraph) classifier = gen_preset_classifier.nets[0](&options, &error);
    g_autoptr (GPtrArray) left = gen_parameters_take (classifier, &encoder, 1);

    g_assert_no_error (error);
    g_assert_cmpuint (left->len, ==, 2);
    g_assert_cmpstr (left->pdata[0], ==, "head.weight");
    g_assert_cmpstr (left->pdata[1], ==, "head.bias");
    g_assert_cmpfloat (numbers (classifier, "trunk.features.weight")[7], ==,
        numbers (encoder, "trunk.features.weight")[7]);
  }
}

static GenPresetOptions
sound_options (gsize length)
{
  return (GenPresetOptions){ GEN_PRESET_DEFAULTS, .classes = 3, .width = 2, .latent_size = 4,
    .format = { &gen_medium_sound, .channels = 2, .rate = 16000, .length = length } };
}

/* The weights of `net` that the encoder of `other` has not. (transfer full) */
static GPtrArray *
left_of (GenGraph *net, const GenPreset *other, const GenPresetOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) encoder = other->nets[0](options, &error);

  g_assert_no_error (error);
  return gen_parameters_take (net, &encoder, 1);
}

/* So it is for sounds, with three kinds of nets. */
static void
test_trunk_of_sounds (void)
{
  static const gsize lengths[] = { 4096, 8192, 16384 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
    const GenPresetOptions options = sound_options (lengths[i]);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) classifier = gen_preset_sound_classifier.nets[0](&options, &error);
    g_autoptr (GenGraph) vae = gen_preset_sound_vae.nets[0](&options, &error);
    g_autoptr (GPtrArray) head =
        left_of (classifier, &gen_preset_masked_sound_autoencoder, &options);
    g_autoptr (GPtrArray) posterior = left_of (vae, &gen_preset_masked_sound_autoencoder, &options);

    g_assert_no_error (error);
    g_assert_cmpuint (head->len, ==, 2);
    g_assert_cmpstr (head->pdata[0], ==, "head.weight");
    g_assert_cmpuint (posterior->len, ==, 4);
    g_assert_cmpstr (posterior->pdata[0], ==, "mean.weight");
  }
}

static void
test_length_of_sounds (void)
{
  const GenPreset *presets[] = { &gen_preset_sound_classifier, &gen_preset_masked_sound_autoencoder,
    &gen_preset_sound_vae };
  const GenPresetOptions options = sound_options (5000);

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (presets[i]->nets[0](&options, &error));
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
    g_assert_nonnull (strstr (error->message, presets[i]->name));
    g_assert_nonnull (strstr (error->message, "4096, 8192 or 16384 frames"));
  }
}

/* Low, middle and high tones, in another phase each time. */
static void
make_tones (float *samples, const gint64 *kinds, int sounds, gsize size, int phase)
{
  for (int i = 0; i < sounds; i++)
    for (gsize k = 0; k < size; k++)
      *samples++ = 0.5f * sinf (0.05f * (float)(1 << (2 * kinds[i])) * (float)k +
                                2.4f * (float)(phase * sounds + i));
}

/* They are told apart after some steps. */
static void
test_sounds (void)
{
  enum { LENGTH = 4096, SOUNDS = 6, NUMBERS = 2 * LENGTH };
  static const gint64 kinds[SOUNDS] = { 0, 1, 2, 0, 1, 2 };
  static float samples[SOUNDS * NUMBERS];
  const GenPresetOptions options = sound_options (LENGTH);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = preset_trainer_new (&gen_preset_sound_classifier, &options,
      &(GenTrainerSettings){ GEN_TRAINER_DEFAULTS, .batch_size = SOUNDS, .learning_rate = 3e-3,
          .optimizer_settings.beta1 = 0.9, .threads = 2 },
      &error);
  double values[GEN_RECIPE_MAX_FIGURES];
  GenTrainerFigures figures;

  g_assert_no_error (error);
  for (int step = 0; step < 60; step++) {
    make_tones (samples, kinds, SOUNDS, NUMBERS, step);
    g_assert_true (gen_trainer_step (trainer, samples, kinds, &figures, &error));
  }
  make_tones (samples, kinds, SOUNDS, NUMBERS, 1000);
  g_assert_true (gen_trainer_measure (trainer, FALSE, samples, kinds, SOUNDS, 0, values, &error));
  g_test_message ("loss %g, accuracy %g", values[0], values[1]);
  g_assert_cmpfloat (values[gen_recipe_figure (&gen_recipe_classifier, "accuracy")], ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/classifier/steps", test_steps);
  g_test_add_func ("/classifier/head", test_head);
  g_test_add_func ("/classifier/attacks", test_attacks);
  g_test_add_func ("/classifier/mixtures", test_mixtures);
  g_test_add_func ("/classifier/gradients", test_gradients);
  g_test_add_func ("/classifier/mixture-queue", test_mixture_queue);
  g_test_add_func ("/classifier/names", test_names);
  g_test_add_func ("/classifier/labels", test_labels);
  g_test_add_func ("/classifier/class-names", test_class_names);
  g_test_add_func ("/classifier/names-of-others", test_names_of_others);
  g_test_add_func ("/classifier/find-class", test_find_class);
  g_test_add_func ("/classifier/map-classes", test_map_classes);
  g_test_add_func ("/classifier/unknown-classes", test_unknown_classes);
  g_test_add_func ("/classifier/trunk", test_trunk);
  g_test_add_func ("/classifier/trunk-of-sounds", test_trunk_of_sounds);
  g_test_add_func ("/classifier/length-of-sounds", test_length_of_sounds);
  g_test_add_func ("/classifier/sounds", test_sounds);
  return g_test_run ();
}
