/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipes in which a student learns from a teacher, against PyTorch's numbers: classes by soft
 * labels, pictures of latents; what the teacher's and the student's ranges and shapes may be, and
 * what is refused. */
#include <generative/preset.h>
#include <generative/trainer.h>

#include <math.h>
#include <string.h>

#include "../trainers.h"

#define BATCH 4
#define EXTENT 5
#define PIXELS (EXTENT * EXTENT)
#define CLASSES 4
#define LATENT 6

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

/* x [batch, inputs] times a wave [outputs, inputs], and a bias that is one, too. */
static GenTensor *
dense (GenGraph *graph, const char *name, GenTensor *x, gint64 outputs, double pace, GError **error)
{
  g_autofree char *weight = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias = g_strconcat (name, ".bias", NULL);
  const gint64 inputs = x != NULL ? x->shape.dims[1] : 1;

  return gen_graph_op (graph, "Gemm",
      (GenTensor *[]){ x, wave (graph, weight, &GEN_SHAPE (outputs, inputs), pace, 0.3, 0.6),
          wave (graph, bias, &GEN_SHAPE (outputs), 1.1, 0.1, 0.2) },
      3, 1, error, "transB", GEN_INT, 1, NULL);
}

static void
set_range (GenGraph *graph, const char *key, const char *range)
{
  g_hash_table_insert (graph->metadata, g_strdup (key), g_strdup (range));
}

/* Picture-hidden-classes; `last` NULL: scores. */
static GenGraph *
classifier_new (gint64 hidden, gint64 classes, double pace, const char *last, const char *range)
{
  GenGraph *graph = gen_graph_new ("classifier");
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_add_input (
      graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, EXTENT, EXTENT));

  y = gen_unary (graph, "Flatten", y, &error);
  y = dense (graph, "hidden", y, hidden, pace, &error);
  y = gen_unary (graph, "Tanh", y, &error);
  y = dense (graph, "head", y, classes, pace + 0.2, &error);
  gen_graph_add_output (graph, last != NULL ? gen_unary (graph, last, y, &error) : y);
  g_assert_no_error (error);
  set_range (graph, "generative.input-range", range);
  return graph;
}

/* Latent-hidden-picture. */
static GenGraph *
generator_new (gint64 hidden, double pace, const char *last, const char *range, gint64 length)
{
  GenGraph *graph = gen_graph_new ("generator");
  g_autoptr (GError) error = NULL;
  GenTensor *y =
      gen_graph_add_input (graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, length));

  y = dense (graph, "hidden", y, hidden, pace, &error);
  y = gen_unary (graph, "Tanh", y, &error);
  y = dense (graph, "last", y, PIXELS, pace + 0.2, &error);
  y = gen_unary (graph, last, y, &error);
  y = gen_binary (graph, "Reshape", y,
      gen_graph_ints (graph, (gint64[]){ BATCH, 1, EXTENT, EXTENT }, 4), &error);
  gen_graph_add_output (graph, y);
  g_assert_no_error (error);
  set_range (graph, "generative.output-range", range);
  return graph;
}

#define SETTINGS                                                                                   \
  GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_distillation, .batch_size = BATCH,                   \
                        .learning_rate = 0.01, .seed = 3, .precision = GEN_PRECISION_FLOAT32

static double
figure (const GenTrainer *trainer, const GenTrainerFigures *figures, const char *name)
{
  const GenRecipe *recipe = gen_trainer_settings ((GenTrainer *)trainer)->recipe;

  return figures->values[gen_recipe_figure (recipe, name)];
}

static void
make_step (GenTrainer *trainer, GenTrainerFigures *figures)
{
  const int step = (int)gen_trainer_steps (trainer);
  g_autoptr (GError) error = NULL;
  float samples[BATCH * PIXELS];

  for (int i = 0; i < BATCH * PIXELS; i++)
    samples[i] = (float)sin (0.37 * (step * BATCH * PIXELS + i));
  g_assert_true (gen_trainer_step (trainer, samples, NULL, figures, &error));
  g_assert_no_error (error);
}

static const float *
numbers (const GenGraph *graph, const char *name)
{
  return gen_tensor_constant (gen_graph_find (graph, name));
}

/* Three steps by torch 2.15: losses, a figure, and weights of the student. */
typedef struct {
  double losses[3], figures[3];
  float hidden, head;
} Expected;

static void
check_steps (GenTrainer *trainer, const char *name, const char *head, const Expected *expected)
{
  g_autoptr (GenGraph) net = NULL;
  GenTrainerFigures figures;

  for (int step = 0; step < 3; step++) {
    make_step (trainer, &figures);
    g_assert_cmpfloat_with_epsilon (
        figure (trainer, &figures, "loss"), expected->losses[step], 1e-5);
    g_assert_cmpfloat_with_epsilon (
        figure (trainer, &figures, name), expected->figures[step], 1e-4);
  }
  net = gen_trainer_export (trainer, 0, FALSE);
  g_assert_cmpfloat_with_epsilon (numbers (net, "hidden.weight")[7], expected->hidden, 1e-5);
  g_assert_cmpfloat_with_epsilon (numbers (net, head)[5], expected->head, 1e-5);
}

/* By the defaults' temperature and another, of probabilities and of scores. */
static void
test_classes (void)
{
  static const struct {
    const char *teacher, *student;
    double temperature;
    Expected expected;
  } cases[] = {
    { "Softmax", "Softmax", 0,
        { { 0.03766900, 0.13284718, 0.21025601 }, { 1, 1, 0.75 }, -0.01224114f, 0.59589243f } },
    { NULL, NULL, 1,
        { { 0.03019064, 0.10017125, 0.15123883 }, { 1, 1, 0.75 }, -0.00679184f, 0.59047341f } },
    { "Softmax", NULL, 4,
        { { 0.03766900, 0.13284718, 0.21025601 }, { 1, 1, 0.75 }, -0.01224114f, 0.59589243f } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) teacher = classifier_new (8, CLASSES, 0.7, cases[i].teacher, "-1,1");
    g_autoptr (GenGraph) student = classifier_new (3, CLASSES, 1.3, cases[i].student, "-1,1");
    g_autoptr (GenTrainer) trainer = gen_trainer_new (&student,
        &(GenTrainerSettings){ SETTINGS, .teacher = teacher, .temperature = cases[i].temperature },
        &error);

    g_assert_no_error (error);
    check_steps (trainer, "agreement", "head.weight", &cases[i].expected);
  }
}

/* A teacher that sees pictures from 0 to 1 sees those of a student from -1 to 1 so. */
static void
test_ranges (void)
{
  static const Expected expected = { { 0.06674094, 0.09301338, 0.10119440 }, { 0.5, 1, 0.75 },
    0.03268709f, 0.56732839f };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) teacher = classifier_new (8, CLASSES, 0.7, "Softmax", "0,1");
  g_autoptr (GenGraph) student = classifier_new (3, CLASSES, 1.3, "Softmax", "-1,1");
  g_autoptr (GenTrainer) trainer =
      gen_trainer_new (&student, &(GenTrainerSettings){ SETTINGS, .teacher = teacher }, &error);

  g_assert_no_error (error);
  check_steps (trainer, "agreement", "head.weight", &expected);
}

/* Pictures of the step's latents, those of the teacher from 0 to 1 and of the student from -1 to
 * 1. */
static void
test_generators (void)
{
  static const Expected expected = { { 0.15564455, 0.18998493, 0.11635467 },
    { 15.3803, 14.9719, 17.3655 }, 0.03942040f, 0.57091683f };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) teacher = generator_new (9, 0.7, "Sigmoid", "0,1", LATENT);
  g_autoptr (GenGraph) student = generator_new (3, 1.3, "Tanh", "-1,1", LATENT);
  g_autoptr (GenTrainer) trainer = gen_trainer_new (&student,
      &(GenTrainerSettings){
          SETTINGS, .recipe = &gen_recipe_generator_distillation, .teacher = teacher },
      &error);

  g_assert_no_error (error);
  check_steps (trainer, "psnr", "last.weight", &expected);
}

/* A student that is the teacher is as good as that, and stays it. */
static void
test_same (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = classifier_new (3, CLASSES, 1.3, "Softmax", "-1,1"), after = NULL;
  g_autoptr (GenTrainer) trainer =
      gen_trainer_new (&net, &(GenTrainerSettings){ SETTINGS, .teacher = net }, &error);
  GenTrainerFigures figures;

  g_assert_no_error (error);
  make_step (trainer, &figures);
  g_assert_cmpfloat_with_epsilon (figure (trainer, &figures, "loss"), 0, 1e-6);
  g_assert_cmpfloat (figure (trainer, &figures, "agreement"), ==, 1);
  make_step (trainer, &figures);
  /* The student has moved by rounding, the teacher has not. */
  g_assert_cmpfloat (figure (trainer, &figures, "loss"), <, 0.1);
}

/* --- nets of any size --- */

/* A convolution of any size, which Resize makes `factor` times as large. */
static GenGraph *
filter_new (double pace, gint64 factor)
{
  GenGraph *graph = gen_graph_new ("filter");
  const GenShape shape = GEN_SHAPE (BATCH, 1, EXTENT, EXTENT);
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "picture", GEN_TYPE_FLOAT32, &shape);
  GenTensor *y = gen_graph_op (graph, "Conv",
      (GenTensor *[]){
          x, wave (graph, "weight", &GEN_SHAPE (factor * factor, 1, 3, 3), pace, 0, 1) },
      2, 1, &error, "pads", GEN_INTS, 4, (gint64[]){ 1, 1, 1, 1 }, NULL);

  y = gen_graph_op (
      graph, "DepthToSpace", &y, 1, 1, &error, "blocksize", GEN_INT, (int)factor, NULL);
  gen_graph_add_output (graph, y);
  g_assert_no_error (error);
  for (int d = 0; d < 4; d++)
    if (d != 1)
      x->shape.dims[d] = y->shape.dims[d] = -1;
  return graph;
}

/* The extents are those of the data; what is shown has them, whatever is made. */
static void
test_any_size (void)
{
  for (gint64 factor = 1; factor <= 2; factor++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) teacher = filter_new (0.7, factor), student = filter_new (1.3, factor);
    g_autoptr (GenTrainer) trainer = gen_trainer_new (&student,
        &(GenTrainerSettings){
            SETTINGS, .teacher = teacher, .format = { &gen_medium_picture, EXTENT, EXTENT, 1 } },
        &error);
    float samples[BATCH * PIXELS], shown[3 * BATCH * PIXELS];
    GenTrainerFigures figures;

    g_assert_no_error (error);
    make_step (trainer, &figures);
    g_assert_true (isfinite (figure (trainer, &figures, "psnr")));
    for (int i = 0; i < BATCH * PIXELS; i++)
      samples[i] = (float)sin (0.21 * i);
    g_assert_true (gen_trainer_play (trainer, FALSE, samples, BATCH, shown, &error));
    g_assert_cmpmem (shown, sizeof (float) * PIXELS, samples, sizeof (float) * PIXELS);
    g_assert_cmpfloat (shown[PIXELS + 7], !=, shown[2 * PIXELS + 7]);
  }
}

/* --- what is wrong --- */

static void
assert_refused (GenGraph *student, const GenTrainerSettings *settings, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_trainer_new (&student, settings, &error));
  if (error == NULL || strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error != NULL ? error->message : "no error", words);
}

static void
test_refuses (void)
{
  const GenRecipe *generators = &gen_recipe_generator_distillation;
  g_autoptr (GenGraph) student = classifier_new (3, CLASSES, 1.3, "Softmax", "-1,1");
  g_autoptr (GenGraph) wider = classifier_new (8, CLASSES + 1, 0.7, "Softmax", "-1,1");
  g_autoptr (GenGraph) generator = generator_new (3, 1.3, "Tanh", "-1,1", LATENT);
  g_autoptr (GenGraph) longer = generator_new (3, 1.3, "Tanh", "-1,1", LATENT + 1);
  g_autoptr (GenGraph) filter = filter_new (0.7, 1);

  assert_refused (student, &(GenTrainerSettings){ SETTINGS }, "teacher-model: recipe distillation");
  assert_refused (student, &(GenTrainerSettings){ SETTINGS, .teacher = wider },
      "the student makes [4, 4], and the teacher [4, 5]");
  assert_refused (student, &(GenTrainerSettings){ SETTINGS, .teacher = generator },
      "the teacher takes [4, 6], and the student [4, 1, 5, 5]");
  assert_refused (generator,
      &(GenTrainerSettings){ SETTINGS, .recipe = generators, .teacher = longer },
      "the teacher takes [4, 7], and the student [4, 6]");
  assert_refused (filter,
      &(GenTrainerSettings){ SETTINGS, .teacher = filter, .temperature = 2,
          .format = { &gen_medium_picture, EXTENT, EXTENT, 1 } },
      "a temperature is for scores of classes");
  assert_refused (filter, &(GenTrainerSettings){ SETTINGS, .teacher = filter },
      "of which the data knows what the net leaves free");
  assert_refused (
      student, &(GenTrainerSettings){ SETTINGS, .temperature = -1 }, "temperature must be");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/distillation/classes", test_classes);
  g_test_add_func ("/distillation/ranges", test_ranges);
  g_test_add_func ("/distillation/generators", test_generators);
  g_test_add_func ("/distillation/same", test_same);
  g_test_add_func ("/distillation/any-size", test_any_size);
  g_test_add_func ("/distillation/refuses", test_refuses);
  return g_test_run ();
}
