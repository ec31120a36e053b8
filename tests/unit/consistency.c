/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recipe consistency: losses and gradients against the formulas and differences of them, in
 * double; what is trained against the sampler's own formula; and what is refused. */
#include <generative/optimizer.h>

#include "../trainers.h"
#include "denoisers.h"

#define BATCH 4
#define CLASSES 3
#define HIDDEN 5
#define TIMES 3

/* The weights of a net in a row. */
enum {
  AT_HIDDEN = 0,
  AT_TIME = AT_HIDDEN + HIDDEN * LENGTH,
  AT_CLASS = AT_TIME + HIDDEN,
  AT_LAST = AT_CLASS + HIDDEN * CLASSES,
  WEIGHTS = AT_LAST + LENGTH * HIDDEN
};

static void
fill_weights (double *weights, double pace)
{
  for (int i = 0; i < WEIGHTS; i++)
    weights[i] = (float)(0.4 * sin (pace * i + 0.3));
}

/* `class` CLASSES: none. */
static void
evaluate (const double *weights, const double *x, double time, gint64 class, double *made)
{
  double hidden[HIDDEN];

  for (int h = 0; h < HIDDEN; h++) {
    double sum = weights[AT_TIME + h] * time * 0.001;

    for (int i = 0; i < LENGTH; i++)
      sum += weights[AT_HIDDEN + h * LENGTH + i] * x[i];
    if (class < CLASSES)
      sum += weights[AT_CLASS + h * CLASSES + class];
    hidden[h] = tanh (sum);
  }
  for (int i = 0; i < LENGTH; i++) {
    made[i] = 0;
    for (int h = 0; h < HIDDEN; h++)
      made[i] += weights[AT_LAST + i * HIDDEN + h] * hidden[h];
  }
}

/* --- the same as a graph --- */

static GenTensor *
dense (GenGraph *graph, const char *name, GenTensor *x, gint64 outputs, const double *weights)
{
  const gint64 n = outputs * x->shape.dims[1];
  float *values = g_new (float, n);
  g_autoptr (GError) error = NULL;
  GenTensor *weight, *y;

  for (gint64 i = 0; i < n; i++)
    values[i] = (float)weights[i];
  weight = gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32,
      &GEN_SHAPE (outputs, x->shape.dims[1]), g_bytes_new_take (values, (gsize)n * sizeof (float)));
  y = gen_graph_op (
      graph, "Gemm", (GenTensor *[]){ x, weight }, 2, 1, &error, "transB", GEN_INT, 1, NULL);
  g_assert_no_error (error);
  return y;
}

static GenTensor *
add_class (GenGraph *graph)
{
  static const float values[] = { 0, 1 };
  g_autoptr (GError) error = NULL;
  GenTensor *class = gen_graph_add_input (graph, "class", GEN_TYPE_INT64, &GEN_SHAPE (BATCH)), *y;

  y = gen_graph_op (graph, "OneHot",
      (GenTensor *[]){ class, gen_graph_ints (graph, (gint64[]){ CLASSES }, 1),
          gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (2),
              g_bytes_new_static (values, sizeof values)) },
      3, 1, &error, NULL);
  g_assert_no_error (error);
  say (graph, "generative.classes", G_STRINGIFY (CLASSES));
  return y;
}

static GenTensor *
reshape (GenGraph *graph, GenTensor *x, const gint64 *shape, gsize rank)
{
  return binary (graph, "Reshape", x, gen_graph_ints (graph, shape, rank));
}

/* Told times as a row of floats, or as a column of whole numbers. */
static GenGraph *
net_new (const double *weights, gboolean told, gboolean whole_times)
{
  GenGraph *graph = gen_graph_new ("denoiser");
  const gint64 column[] = { -1, 1 }, picture[] = { -1, 1, SIDE, SIDE };
  const GenShape shape = whole_times ? GEN_SHAPE (BATCH, 1) : GEN_SHAPE (BATCH);
  g_autoptr (GError) error = NULL;
  GenTensor *x =
      gen_graph_add_input (graph, "noisy", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, SIDE, SIDE));
  GenTensor *time =
      gen_graph_add_input (graph, "time", whole_times ? GEN_TYPE_INT64 : GEN_TYPE_FLOAT32, &shape);
  GenTensor *y = dense (graph, "hidden", unary (graph, "Flatten", x), HIDDEN, weights + AT_HIDDEN);

  time = gen_graph_op (graph, "Cast", &time, 1, 1, &error, "to", GEN_INT, GEN_TYPE_FLOAT32, NULL);
  g_assert_no_error (error);
  time = binary (graph, "Mul", reshape (graph, time, column, 2), constant (graph, 0.001));
  y = binary (graph, "Add", y, dense (graph, "time.weight", time, HIDDEN, weights + AT_TIME));
  if (told)
    y = binary (graph, "Add", y,
        dense (graph, "class.weight", add_class (graph), HIDDEN, weights + AT_CLASS));
  y = reshape (graph, dense (graph, "last", unary (graph, "Tanh", y), LENGTH, weights + AT_LAST),
      picture, 4);
  gen_graph_add_output (graph, y);
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);

    input->shape.dims[0] = FREE;
    input->dim_names[0] = g_strdup ("batch");
  }
  y->shape.dims[0] = FREE;
  return graph;
}

static void
read_weights (GenTrainer *trainer, gboolean told, double *weights)
{
  static const struct {
    const char *name;
    int at, n;
  } parts[] = { { "hidden", AT_HIDDEN, HIDDEN * LENGTH }, { "time.weight", AT_TIME, HIDDEN },
    { "last", AT_LAST, LENGTH * HIDDEN }, { "class.weight", AT_CLASS, HIDDEN * CLASSES } };
  g_autoptr (GenGraph) graph = gen_trainer_export (trainer, 0, FALSE);

  for (guint p = 0; p < G_N_ELEMENTS (parts) - !told; p++) {
    const float *values = gen_tensor_constant (gen_graph_find (graph, parts[p].name));

    for (int i = 0; i < parts[p].n; i++)
      weights[parts[p].at + i] = values[i];
  }
}

/* --- a step by its formulas --- */

typedef struct {
  const GenSchedule *schedule;
  const char *prediction;
  gboolean taught, told, whole_times;
  double guidance, ema;
  gboolean average_target;
} Case;

/* Of one sample. */
typedef struct {
  double time, signal, noise, before, signal_before, noise_before;
  gint64 class;
  double noisy[LENGTH], wanted[LENGTH];
} Pair;

static int
time_of (int i)
{
  return (int)lround (1000 * (1 - (double)i / TIMES)) - 1;
}

static void
to_sample (const Case *settings, double signal, double noise, const double *x, double *made)
{
  for (int i = 0; i < LENGTH; i++)
    made[i] = strcmp (settings->prediction, "epsilon") == 0 ? (x[i] - noise * made[i]) / signal
              : strcmp (settings->prediction, "v") == 0     ? signal * x[i] - noise * made[i]
                                                            : made[i];
}

static void
ask (const Case *settings, const double *teacher, Pair *pair, double *sample)
{
  double none[LENGTH];

  evaluate (teacher, pair->noisy, pair->time, pair->class, sample);
  if (settings->told) {
    evaluate (teacher, pair->noisy, pair->time, CLASSES, none);
    for (int i = 0; i < LENGTH; i++)
      sample[i] = none[i] + settings->guidance * (sample[i] - none[i]);
  }
  to_sample (settings, pair->signal, pair->noise, pair->noisy, sample);
}

/* Where the student is to look, and what it is to see there, by `target`. */
static void
fill_pair (const Case *settings, const double *target, const double *teacher, int place,
    const float *sample, const float *normal, Pair *pair)
{
  double signals[GEN_SCHEDULE_TIMES], seen[LENGTH];
  const gboolean ends = place + 1 == TIMES;

  fill_signals (settings->schedule, signals);
  pair->time = time_of (place);
  pair->signal = signals[(int)pair->time];
  pair->noise = sqrt (1 - pair->signal * pair->signal);
  pair->before = ends ? 0 : time_of (place + 1);
  pair->signal_before = ends ? 1 : signals[(int)pair->before];
  pair->noise_before = ends ? 0 : sqrt (1 - pair->signal_before * pair->signal_before);
  for (int i = 0; i < LENGTH; i++) {
    pair->noisy[i] = pair->signal * sample[i] + pair->noise * normal[i];
    seen[i] = sample[i];
  }
  if (settings->taught)
    ask (settings, teacher, pair, seen);
  for (int i = 0; i < LENGTH; i++) {
    const double epsilon = (pair->noisy[i] - pair->signal * seen[i]) / pair->noise;

    seen[i] = pair->signal_before * seen[i] + pair->noise_before * epsilon;
  }
  memcpy (pair->wanted, seen, sizeof seen);
  if (ends)
    return;
  evaluate (target, seen, pair->before, pair->class, pair->wanted);
  to_sample (settings, pair->signal_before, pair->noise_before, seen, pair->wanted);
}

static double
lose (const Case *settings, const double *student, const Pair *pairs)
{
  const double bend = 0.1;
  double loss = 0;

  for (int b = 0; b < BATCH; b++) {
    double seen[LENGTH], squares = 0;

    evaluate (student, pairs[b].noisy, pairs[b].time, pairs[b].class, seen);
    to_sample (settings, pairs[b].signal, pairs[b].noise, pairs[b].noisy, seen);
    for (int i = 0; i < LENGTH; i++)
      squares += (seen[i] - pairs[b].wanted[i]) * (seen[i] - pairs[b].wanted[i]);
    loss += (sqrt (squares / LENGTH + bend * bend) - bend) / BATCH;
  }
  return loss;
}

static const gint64 labels[BATCH] = { 0, 2, 1, 2 };

static void
draw_samples (guint64 step, float *samples)
{
  for (int i = 0; i < BATCH * LENGTH; i++)
    samples[i] = (float)sin (0.37 * ((double)step * BATCH * LENGTH + i));
}

static void
fill_pairs (const Case *settings, const double *target, const double *teacher, guint64 step,
    Pair *pairs, int *places)
{
  float samples[BATCH * LENGTH], normal[BATCH * LENGTH], drawn[BATCH];
  GenRandom random = gen_random_new (3, GEN_STREAM_TRAINING_LATENT, 0);

  draw_samples (step, samples);
  gen_random_normal (&random, step, 0, normal, BATCH * LENGTH);
  random = gen_random_new (3, GEN_STREAM_TRAINING_TIME, 0);
  gen_random_uniform (&random, step, 0, drawn, BATCH);
  for (int b = 0; b < BATCH; b++) {
    places[b] = (int)(drawn[b] * TIMES);
    pairs[b].class = settings->told ? labels[b] : CLASSES;
    fill_pair (
        settings, target, teacher, places[b], samples + b * LENGTH, normal + b * LENGTH, &pairs[b]);
  }
}

/* Where gradient descent goes, by central differences; what is wanted stays as it is. */
static double
descend (const Case *settings, double *student, const Pair *pairs, double rate)
{
  const double by = 1e-5, loss = lose (settings, student, pairs);
  double moved[WEIGHTS], next[WEIGHTS];

  memcpy (moved, student, sizeof moved);
  for (int i = 0; i < WEIGHTS; i++) {
    double above;

    moved[i] = student[i] + by;
    above = lose (settings, moved, pairs);
    moved[i] = student[i] - by;
    next[i] = student[i] - rate * (above - lose (settings, moved, pairs)) / (2 * by);
    moved[i] = student[i];
  }
  memcpy (student, next, sizeof next);
  return loss;
}

/* --- tests --- */

#define RATE 0.1
#define SETTINGS                                                                                   \
  GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_consistency, .batch_size = BATCH,                    \
                        .optimizer = &gen_optimizer_sgd, .learning_rate = RATE, .seed = 3,         \
                        .precision = GEN_PRECISION_FLOAT32, .consistency_times = TIMES,            \
                        .optimizer_settings = { .beta1 = 0, .beta2 = 0.5, .epsilon = 1e-8 }

static GenTrainer *
trainer_new (const Case *settings, double *student, double *teacher, double ema)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = NULL, other = NULL;
  GenTrainer *trainer;

  fill_weights (student, 0.7);
  fill_weights (teacher, 1.3);
  net = net_new (student, settings->told, settings->whole_times);
  other = net_new (teacher, settings->told, !settings->whole_times);
  if (settings->told)
    say (other, "generative.guidance", "3");
  trainer = gen_trainer_new (&net,
      &(GenTrainerSettings){ SETTINGS, .ema = ema,
          .prediction = gen_prediction_find (settings->prediction, NULL),
          .noise_schedule = settings->schedule, .teacher = settings->taught ? other : NULL,
          .teacher_guidance = settings->guidance, .average_target = settings->average_target },
      &error);
  g_assert_no_error (error);
  return trainer;
}

static double
make_step (GenTrainer *trainer)
{
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;
  float samples[BATCH * LENGTH];

  draw_samples (gen_trainer_steps (trainer), samples);
  g_assert_true (gen_trainer_step (trainer, samples, labels, &figures, &error));
  g_assert_no_error (error);
  return figures.values[0];
}

/* Of a teacher and without one, of each prediction and schedule, of classes, after the weights
 * themselves and after their average. */
static void
test_steps (void)
{
  static const Case cases[] = {
    { &gen_schedule_cosine, "v", .taught = TRUE },
    { &gen_schedule_cosine, "v", .taught = TRUE, .told = TRUE, .guidance = 1.5 },
    { &gen_schedule_scaled_linear, "epsilon", .taught = TRUE, .whole_times = TRUE },
    { &gen_schedule_linear, "sample", .taught = TRUE },
    { &gen_schedule_cosine, "v" },
    { &gen_schedule_scaled_linear, "epsilon", .told = TRUE },
    { &gen_schedule_cosine, "v", .taught = TRUE, .ema = 0.75, .average_target = TRUE },
    { &gen_schedule_cosine, "v", .told = TRUE, .ema = 0.75, .average_target = TRUE },
    { &gen_schedule_cosine, "v", .taught = TRUE, .ema = 0.75 },
  };

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++) {
    double student[WEIGHTS], teacher[WEIGHTS], target[WEIGHTS], found[WEIGHTS];
    g_autoptr (GenTrainer) trainer = trainer_new (&cases[c], student, teacher, cases[c].ema);
    gboolean drawn[TIMES] = { FALSE };

    memcpy (target, student, sizeof target);
    for (guint64 step = 0; step < 3; step++) {
      Pair pairs[BATCH];
      int places[BATCH];
      const double decay = MIN (cases[c].ema, (1.0 + step) / (10.0 + step));
      const double kept = cases[c].average_target ? decay : 0;
      double loss;

      fill_pairs (&cases[c], target, teacher, step, pairs, places);
      for (int b = 0; b < BATCH; b++)
        drawn[places[b]] = TRUE;
      loss = descend (&cases[c], student, pairs, RATE);
      g_assert_cmpfloat_with_epsilon (make_step (trainer), loss, 1e-5 * loss);
      memcpy (found, student, sizeof found);
      read_weights (trainer, cases[c].told, found);
      for (int i = 0; i < WEIGHTS; i++)
        g_assert_cmpfloat_with_epsilon (found[i], student[i], 2e-6);
      for (int i = 0; i < WEIGHTS; i++)
        target[i] = kept * target[i] + (1 - kept) * student[i];
    }
    for (int i = 0; i < TIMES; i++)
      g_assert_true (drawn[i]);
  }
}

/* The noise of step `k` anew: that of the latent in another order. */
static void
reorder (int k, const float *noise, double *other)
{
  const GenRandom orders = gen_random_new (0, "sampling", 0),
                  signs = gen_random_new (0, "sampling", 1);
  guint32 order[LENGTH];
  float sign[LENGTH];

  gen_random_permutation (&orders, (guint64)k, order, LENGTH);
  gen_random_uniform (&signs, (guint64)k, 0, sign, LENGTH);
  for (int i = 0; i < LENGTH; i++)
    other[i] = (sign[i] < 0.5f ? -1 : 1) * noise[order[i]];
}

static void
follow (const Case *settings, const double *weights, const float *noise, gint64 class, int steps,
    double *x)
{
  double signals[GEN_SCHEDULE_TIMES], sample[LENGTH], other[LENGTH];

  fill_signals (settings->schedule, signals);
  for (int i = 0; i < LENGTH; i++)
    x[i] = noise[i];
  for (int k = 0; k < steps; k++) {
    const int time = (int)lround (1000 * (1 - (double)k / steps)) - 1;
    const int next = (int)lround (1000 * (1 - (double)(k + 1) / steps)) - 1;
    const double a = signals[time], b = next >= 0 ? signals[next] : 1;

    evaluate (weights, x, time, class, sample);
    to_sample (settings, a, sqrt (1 - a * a), x, sample);
    reorder (k, noise, other);
    for (int i = 0; i < LENGTH; i++)
      x[i] = b * sample[i] + sqrt (1 - b * b) * other[i];
  }
}

/* The file names its sampler, and makes what the trainer shows, by the formula. */
static void
test_plays (void)
{
  const Case settings = { &gen_schedule_cosine, "v", .taught = TRUE, .told = TRUE, .guidance = 2 };
  const GenSamplingHints none = { 0 };
  double student[WEIGHTS], teacher[WEIGHTS], wanted[LENGTH];
  g_autoptr (GError) error = NULL;
  g_autoptr (GenTrainer) trainer = trainer_new (&settings, student, teacher, 0);
  g_autoptr (GenGraph) graph = NULL;
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GenPlayer) player = NULL;
  float noise[(BATCH + 1) * LENGTH], shown[(BATCH + 1) * LENGTH];
  gint64 classes[BATCH + 1];
  const int n = BATCH + 1;
  const float *made;

  make_step (trainer);
  draw (noise, (gsize)n * LENGTH);
  for (int round = 0; round < 2; round++)
    g_assert_true (gen_trainer_play (trainer, FALSE, noise, n, shown, &error));
  read_weights (trainer, TRUE, student);
  for (int p = 0; p < n; p++) {
    classes[p] = p % CLASSES;
    follow (&settings, student, noise + p * LENGTH, classes[p], 4, wanted);
    for (int i = 0; i < LENGTH; i++)
      g_assert_cmpfloat_with_epsilon (shown[p * LENGTH + i], wanted[i], 1e-5);
  }
  graph = gen_trainer_export (trainer, 0, FALSE);
  g_assert_null (g_hash_table_lookup (graph->metadata, "generative.guidance"));
  model = load_with (graph, &none, &error);
  g_assert_no_error (error);
  g_assert_true (model->sampler == &gen_sampler_consistency);
  g_assert_cmpint (model->runs, ==, 4);
  player = open_player (model, n, NULL);
  gen_player_bind_numbers (player, 0, noise);
  gen_player_bind_numbers (player, 1, (const float *)(const void *)classes);
  gen_player_run (player, &error);
  g_assert_no_error (error);
  made = gen_player_output (player)->data;
  for (int i = 0; i < n * LENGTH; i++)
    g_assert_cmpfloat_with_epsilon (made[i], shown[i], 1e-5);
}

/* What a guided teacher said of itself is not true of what learned from it. */
static void
test_begins_as_teacher (void)
{
  double weights[WEIGHTS];
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) net = NULL, graph = NULL;
  g_autoptr (GenTrainer) trainer = NULL;

  fill_weights (weights, 0.7);
  net = net_new (weights, TRUE, FALSE);
  say (net, "generative.sampler", "ddim");
  say (net, "generative.steps", "20");
  say (net, "generative.guidance", "2");
  trainer = gen_trainer_new (
      &net, &(GenTrainerSettings){ SETTINGS, .teacher = net, .sampling_steps = 2 }, &error);
  g_assert_no_error (error);
  make_step (trainer);
  graph = gen_trainer_export (trainer, 0, FALSE);
  g_assert_cmpstr (g_hash_table_lookup (graph->metadata, "generative.sampler"), ==, "consistency");
  g_assert_cmpstr (g_hash_table_lookup (graph->metadata, "generative.steps"), ==, "2");
  g_assert_null (g_hash_table_lookup (graph->metadata, "generative.guidance"));
}

/* --- what is wrong --- */

static void
assert_refused (GenGraph *net, const GenTrainerSettings *settings, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_trainer_new (&net, settings, &error));
  if (error == NULL || strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error != NULL ? error->message : "no error", words);
}

static GenGraph *
filter_new (void)
{
  GenGraph *graph = gen_graph_new ("filter");
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, 1, SIDE, SIDE));

  gen_graph_add_output (graph, unary (graph, "Tanh", x));
  return graph;
}

static void
test_refuses (void)
{
  double weights[WEIGHTS];
  g_autoptr (GenGraph) net = NULL, told = NULL, other = NULL, filter = filter_new ();

  fill_weights (weights, 0.7);
  net = net_new (weights, FALSE, FALSE);
  told = net_new (weights, TRUE, FALSE);
  other = net_new (weights, FALSE, FALSE);
  say (other, "generative.prediction", "epsilon");
  assert_refused (net, &(GenTrainerSettings){ SETTINGS, .teacher = told },
      "the teacher has 3 inputs and is told of 3 classes, and the denoiser, which is told of 0, "
      "can learn of one with 2 inputs");
  assert_refused (told, &(GenTrainerSettings){ SETTINGS, .teacher = net },
      "the teacher has 2 inputs and is told of 0 classes");
  assert_refused (net, &(GenTrainerSettings){ SETTINGS, .teacher = filter },
      "the teacher must have two inputs, noisy samples and then their times");
  assert_refused (net, &(GenTrainerSettings){ SETTINGS, .teacher = other },
      "the teacher was trained with prediction epsilon");
  assert_refused (net, &(GenTrainerSettings){ SETTINGS, .sampling_steps = 20 },
      "sampling-steps: 20 steps are more than the 16 that sampler consistency takes");
  assert_refused (
      net, &(GenTrainerSettings){ SETTINGS, .consistency_times = 1 }, "consistency-times must be");
  assert_refused (
      net, &(GenTrainerSettings){ SETTINGS, .teacher_guidance = -1 }, "teacher-guidance must be");
  assert_refused (
      net, &(GenTrainerSettings){ SETTINGS, .average_target = TRUE }, "ema=0.95 is right");
  assert_refused (net, &(GenTrainerSettings){ SETTINGS, .noise_schedule = &gen_schedule_karras },
      "of which recipe consistency draws one");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/consistency/steps", test_steps);
  g_test_add_func ("/consistency/plays", test_plays);
  g_test_add_func ("/consistency/begins-as-teacher", test_begins_as_teacher);
  g_test_add_func ("/consistency/refuses", test_refuses);
  return g_test_run ();
}
