/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samplers: against denoisers whose answers are known in closed form, against their formulas, and
 * against the same loop written by hand. */
#include "denoisers.h"

/* --- playing --- */

/* `n` samples of `noise`, by `sampling`. (transfer full) */
static float *
sample (GenGraph *graph, const GenSamplingHints *sampling, const float *noise, int n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = load_with (graph, sampling, &error);
  g_autoptr (GenPlayer) player = NULL;
  const GenBinding *made;

  g_assert_no_error (error);
  player = open_player (model, n, NULL);
  gen_player_bind_numbers (player, 0, noise);
  gen_player_run (player, &error);
  g_assert_no_error (error);
  made = gen_player_output (player);
  g_assert_cmpuint (made->size, ==, (gsize)n * LENGTH * sizeof (float));
  return g_memdup2 (made->data, made->size);
}

static double
distance (const float *a, const double *b, gsize n)
{
  double largest = 0;

  for (gsize i = 0; i < n; i++)
    largest = fmax (largest, fabs (a[i] - b[i]));
  return largest;
}

/* Where the ordinary differential equation ends that begins at x with noise `sigma` beside samples:
 * each number keeps its place in the distribution. */
static double
solve (double x, double sigma)
{
  return MEAN + (x - MEAN) * DEVIATION / hypot (DEVIATION, sigma);
}

/* --- tests --- */

/* Twice as many steps, half the error. */
static void
test_euler (void)
{
  float noise[LENGTH];
  double wanted[LENGTH], errors[4];

  draw (noise, LENGTH);
  for (int i = 0; i < LENGTH; i++)
    wanted[i] = solve (80 * (double)noise[i], 80);
  for (int k = 0; k < 4; k++) {
    const GenSamplingHints hints = { .sampler = "euler", .steps = 32 << k };
    g_autoptr (GenGraph) graph = make_of_sigma ();
    g_autofree float *made = sample (graph, &hints, noise, 1);

    errors[k] = distance (made, wanted, LENGTH);
    g_test_message ("%d steps: off by %g", 32 << k, errors[k]);
  }
  g_assert_cmpfloat (errors[3], <, 0.02);
  for (int k = 1; k < 4; k++)
    g_assert_cmpfloat (fabs (errors[k - 1] / errors[k] - 2), <, 0.2);
}

/* One step is one look at the noise. */
static void
test_one_step (void)
{
  const GenSamplingHints hints = { .sampler = "euler", .steps = 1, .sigma_range = "0.002,10" };
  g_autoptr (GenGraph) graph = make_of_sigma ();
  g_autofree float *made = NULL;
  const double variance = DEVIATION * DEVIATION;
  double wanted[LENGTH];
  float noise[LENGTH];

  draw (noise, LENGTH);
  made = sample (graph, &hints, noise, 1);
  for (int i = 0; i < LENGTH; i++)
    wanted[i] = (variance * 10 * noise[i] + 100 * MEAN) / (variance + 100);
  g_assert_cmpfloat (distance (made, wanted, LENGTH), <, 1e-5);
}

/* As the authors have it, in double: sqrt (a') * x0 + sqrt (1 - a') * epsilon. */
static void
follow_formula (const double *signals, int steps, const float *noise, double *x, gsize n)
{
  const double variance = DEVIATION * DEVIATION;

  for (gsize i = 0; i < n; i++)
    x[i] = noise[i];
  for (int k = 0; k < steps; k++) {
    const int time = (int)lround (GEN_SCHEDULE_TIMES * (1 - (double)k / steps)) - 1;
    const int next = (int)lround (GEN_SCHEDULE_TIMES * (1 - (double)(k + 1) / steps)) - 1;
    const double a = signals[time], b = next >= 0 ? signals[next] : 1;
    const double s = sqrt (1 - a * a), r = sqrt (1 - b * b);

    for (gsize i = 0; i < n; i++) {
      const double x0 = (a * variance * x[i] + s * s * MEAN) / (a * a * variance + s * s);
      const double epsilon = (x[i] - a * x0) / s;

      x[i] = b * x0 + r * epsilon;
    }
  }
}

static void
test_ddim (void)
{
  static const GenSchedule *const schedules[] = { &gen_schedule_linear, &gen_schedule_scaled_linear,
    &gen_schedule_cosine, &gen_schedule_shifted_cosine };
  static const char *const predictions[] = { "epsilon", "v", "sample" };

  for (gsize s = 0; s < G_N_ELEMENTS (schedules); s++)
    for (gsize p = 0; p < G_N_ELEMENTS (predictions); p++) {
      const GenSamplingHints hints = { .sampler = "ddim", .steps = 13 };
      g_autoptr (GenGraph) graph = make_of_time (schedules[s], predictions[p]);
      double signals[GEN_SCHEDULE_TIMES], wanted[3 * LENGTH];
      g_autofree float *made = NULL;
      float noise[3 * LENGTH];
      /* Nothing but noise is where samples are hard to tell from what is left of it. */
      const gboolean is_hard = s >= 2 && p == 0;
      double off;

      draw (noise, 3 * LENGTH);
      fill_signals (schedules[s], signals);
      follow_formula (signals, hints.steps, noise, wanted, 3 * LENGTH);
      made = sample (graph, &hints, noise, 3);
      off = distance (made, wanted, 3 * LENGTH);
      g_test_message ("%s, %s: off by %g", schedules[s]->name, predictions[p], off);
      g_assert_cmpfloat (off, <, is_hard ? 1e-3 : 1e-5);
    }
}

/* A sixteenth of the ratio of signal to noise, squared, at all times but the last, whose betas are
 * bounded. */
static void
test_shifted (void)
{
  double cosine[GEN_SCHEDULE_TIMES], shifted[GEN_SCHEDULE_TIMES];

  fill_signals (&gen_schedule_cosine, cosine);
  fill_signals (&gen_schedule_shifted_cosine, shifted);
  for (int t = 0; t < GEN_SCHEDULE_TIMES - 1; t++) {
    const double a = cosine[t] * cosine[t], b = shifted[t] * shifted[t];

    g_assert_cmpfloat_with_epsilon (16 * (b / (1 - b)) / (a / (1 - a)), 1, 1e-6);
  }
}

/* The noise of step `step` anew: that which samples are made of in another order. */
static void
reorder (int step, const float *noise, gsize n, double *other)
{
  const GenRandom orders = gen_random_new (0, GEN_STREAM_SAMPLING, 0);
  const GenRandom signs = gen_random_new (0, GEN_STREAM_SAMPLING, 1);
  guint32 order[LENGTH];
  float sign[LENGTH];

  gen_random_permutation (&orders, (guint64)step, order, LENGTH);
  gen_random_uniform (&signs, (guint64)step, 0, sign, LENGTH);
  for (gsize i = 0; i < n; i++)
    other[i] = (sign[i % LENGTH] < 0.5f ? -1 : 1) * noise[i - i % LENGTH + order[i % LENGTH]];
}

/* As the authors have it: what is seen, with noise of the next level. */
static void
follow_consistency (const double *signals, int steps, const float *noise, double *x, gsize n)
{
  const double variance = DEVIATION * DEVIATION;
  g_autofree double *other = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    x[i] = noise[i];
  for (int k = 0; k < steps; k++) {
    const int time = (int)lround (GEN_SCHEDULE_TIMES * (1 - (double)k / steps)) - 1;
    const int next = (int)lround (GEN_SCHEDULE_TIMES * (1 - (double)(k + 1) / steps)) - 1;
    const double a = signals[time], b = next >= 0 ? signals[next] : 1, s = sqrt (1 - a * a);

    reorder (k, noise, n, other);
    for (gsize i = 0; i < n; i++)
      x[i] = b * (a * variance * x[i] + s * s * MEAN) / (a * a * variance + s * s) +
             sqrt (1 - b * b) * other[i];
  }
}

static void
test_consistency (void)
{
  static const int steps[] = { 1, 2, 4, 16 };
  static const char *const predictions[] = { "epsilon", "v", "sample" };

  for (gsize s = 0; s < G_N_ELEMENTS (steps); s++)
    for (gsize p = 0; p < G_N_ELEMENTS (predictions); p++) {
      const GenSamplingHints hints = { .sampler = "consistency", .steps = steps[s] };
      g_autoptr (GenGraph) graph = make_of_time (&gen_schedule_scaled_linear, predictions[p]);
      double signals[GEN_SCHEDULE_TIMES], wanted[3 * LENGTH];
      g_autofree float *made = NULL, *alone = NULL;
      float noise[3 * LENGTH];

      draw (noise, 3 * LENGTH);
      fill_signals (&gen_schedule_scaled_linear, signals);
      follow_consistency (signals, steps[s], noise, wanted, 3 * LENGTH);
      made = sample (graph, &hints, noise, 3);
      g_assert_cmpfloat (distance (made, wanted, 3 * LENGTH), <, 1e-5);
      alone = sample (graph, &hints, noise + 2 * LENGTH, 1);
      g_assert_cmpfloat (distance (alone, wanted + 2 * LENGTH, LENGTH), <, 1e-5);
    }
}

/* How often it is run where nobody says it is the sampler's own; what a model says is of a sampler
 * that takes as many. */
static void
test_usual_steps (void)
{
  static const struct {
    const char *own, *said, *chosen;
    int hint, steps;
  } cases[] = {
    { NULL, NULL, "consistency", 0, 4 },
    { NULL, NULL, "ddim", 0, 20 },
    { "ddim", "50", NULL, 0, 50 },
    { "ddim", "50", "euler", 0, 50 },
    { "ddim", "50", "consistency", 0, 4 },
    { "ddim", "50", "consistency", 3, 3 },
    { "consistency", "2", NULL, 0, 2 },
    { "consistency", "2", "ddim", 0, 20 },
    { NULL, "7", "consistency", 0, 7 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GenSamplingHints hints = { .sampler = cases[i].chosen, .steps = cases[i].hint };
    g_autoptr (GenGraph) graph = make_of_time (&gen_schedule_linear, "sample");
    g_autoptr (GError) error = NULL;
    GenSamplerSettings settings;

    if (cases[i].own != NULL)
      say (graph, "generative.sampler", cases[i].own);
    if (cases[i].said != NULL)
      say (graph, "generative.steps", cases[i].said);
    g_assert_true (gen_sampling_choose (graph, &hints, &settings, &error));
    g_assert_no_error (error);
    g_assert_cmpint (settings.steps, ==, cases[i].steps);
  }
}

/* It solves the same equation, in as many steps as there are times nearly to its end. */
static void
test_ddim_converges (void)
{
  const GenSamplingHints few = { .sampler = "ddim", .steps = 50 };
  const GenSamplingHints many = { .sampler = "ddim", .steps = 1000 };
  g_autoptr (GenGraph) graph = make_of_time (&gen_schedule_linear, "epsilon");
  g_autofree float *one = NULL, *other = NULL;
  double signals[GEN_SCHEDULE_TIMES], wanted[LENGTH], sigma;
  float noise[LENGTH];

  draw (noise, LENGTH);
  fill_signals (&gen_schedule_linear, signals);
  sigma = sqrt (1 / (signals[999] * signals[999]) - 1);
  for (int i = 0; i < LENGTH; i++)
    wanted[i] = solve (noise[i] / signals[999], sigma);
  one = sample (graph, &few, noise, 1);
  other = sample (graph, &many, noise, 1);
  g_test_message ("50 steps: off by %g, 1000: by %g", distance (one, wanted, LENGTH),
      distance (other, wanted, LENGTH));
  g_assert_cmpfloat (distance (one, wanted, LENGTH), <, 0.1);
  g_assert_cmpfloat (distance (other, wanted, LENGTH), <, 0.005);
}

/* Denoisers that are told times are sampled along the noise as well, whatever they make. */
static void
test_euler_by_times (void)
{
  const GenSamplingHints hints = { .sampler = "euler", .steps = 200 };
  static const char *const predictions[] = { "epsilon", "v", "sample" };
  double signals[GEN_SCHEDULE_TIMES], wanted[LENGTH], sigma;
  float noise[LENGTH];

  draw (noise, LENGTH);
  fill_signals (&gen_schedule_linear, signals);
  sigma = sqrt (1 / (signals[999] * signals[999]) - 1);
  for (int i = 0; i < LENGTH; i++)
    wanted[i] = solve (noise[i] * sigma, sigma);
  for (gsize p = 0; p < G_N_ELEMENTS (predictions); p++) {
    g_autoptr (GenGraph) graph = make_of_time (&gen_schedule_linear, predictions[p]);
    g_autofree float *made = sample (graph, &hints, noise, 1);

    g_test_message ("%s: off by %g", predictions[p], distance (made, wanted, LENGTH));
    g_assert_cmpfloat (distance (made, wanted, LENGTH), <, 0.02);
  }
}

/* --- a loop by hand --- */

static GenPlan *
compile (GenGraph *graph)
{
  g_autoptr (GError) error = NULL;
  GenPlan *plan = gen_plan_new (graph, NULL, &error);

  g_assert_no_error (error);
  return plan;
}

/* x + (x - sample) * length, as a plan. */
static GenPlan *
compile_step (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("step");
  const GenShape shape = GEN_SHAPE (1, CHANNELS, SIDE, SIDE);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);
  GenTensor *made = gen_graph_add_input (graph, "sample", GEN_TYPE_FLOAT32, &shape);
  GenTensor *length = gen_graph_add_input (graph, "length", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *change = binary (graph, "Mul", binary (graph, "Sub", x, made), length);

  gen_graph_add_output (graph, binary (graph, "Add", x, change));
  return compile (graph);
}

static void
run (GenPlan *plan)
{
  g_autoptr (GError) error = NULL;

  gen_plan_run (plan, &error);
  g_assert_no_error (error);
}

/* Each run by hand. */
static void
loop (const GenNoiseLevel *levels, int steps, const float *noise, const float *condition, float *x)
{
  const gsize size = CHANNELS * LENGTH * sizeof (float);
  g_autoptr (GenGraph) graph = make_net ();
  g_autoptr (GenPlan) denoiser = compile (graph), step = compile_step ();

  for (int i = 0; i < CHANNELS * LENGTH; i++)
    x[i] = noise[i] * (float)levels[0].noise;
  memcpy (gen_plan_input (denoiser, 2)->data, condition, CONDITIONS * sizeof (float));
  for (int k = 0; k < steps; k++) {
    const double now = levels[k].noise, next = levels[k + 1].noise;

    memcpy (gen_plan_input (denoiser, 0)->data, x, size);
    *(float *)gen_plan_input (denoiser, 1)->data = (float)now;
    run (denoiser);
    memcpy (gen_plan_input (step, 0)->data, x, size);
    memcpy (gen_plan_input (step, 1)->data, gen_plan_output (denoiser, 0)->data, size);
    *(float *)gen_plan_input (step, 2)->data = (float)((next - now) / now);
    run (step);
    memcpy (x, gen_plan_output (step, 0)->data, size);
  }
}

/* The plan that is run again and again makes the bits of the loop, as often as it is asked. */
static void
test_loop (void)
{
  const GenSamplingHints hints = { .sampler = "euler", .steps = 7, .sigma_range = "0.01,20" };
  g_autoptr (GenGraph) graph = make_net ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = load_with (graph, &hints, &error);
  g_autoptr (GenPlayer) player = NULL;
  GenSamplerSettings settings;
  GenNoiseLevel levels[8];
  float noise[3 * CHANNELS * LENGTH], condition[CONDITIONS];
  float wanted[CHANNELS * LENGTH];

  g_assert_no_error (error);
  g_assert_cmpint (model->runs, ==, 7);
  g_assert_cmpstr (model->inputs[1].name, ==, "condition");
  g_assert_cmpint (model->inputs[1].part, ==, GEN_PART_FLOW);
  g_assert_true (gen_sampling_choose (graph, &hints, &settings, NULL));
  g_assert_true (gen_sampling_place (&settings, levels, NULL));
  draw (noise, 3 * CHANNELS * LENGTH);
  draw (condition, CONDITIONS);
  player = open_player (model, 1, NULL);
  gen_player_bind_numbers (player, 1, condition);
  for (int k = 0; k < 6; k++) {
    const float *from = noise + k % 3 * CHANNELS * LENGTH;

    loop (levels, settings.steps, from, condition, wanted);
    gen_player_bind_numbers (player, 0, from);
    gen_player_run (player, &error);
    g_assert_no_error (error);
    g_assert_cmpmem (
        gen_player_output (player)->data, gen_player_output (player)->size, wanted, sizeof wanted);
  }
}

/* --- what is said --- */

static void
test_said (void)
{
  const GenSamplingHints none = { 0 }, once = { .sampler = "once" };
  g_autoptr (GenGraph) graph = make_of_sigma ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenModel) model = load_with (graph, &none, &error);
  GenDenoiser denoiser;

  /* As it is, where nobody says otherwise. */
  g_assert_no_error (error);
  g_assert_true (model->sampler == &gen_sampler_once);
  g_assert_cmpint (model->inputs[0].kind, ==, GEN_PORT_PICTURE);
  g_assert_true (gen_denoiser_find (graph, &denoiser, NULL));
  g_assert_true (denoiser.time_is_named && denoiser.time_is_sigma);
  g_assert_cmpuint (denoiser.noisy, ==, 0);
  g_assert_cmpuint (denoiser.time, ==, 1);
  say (graph, "generative.sampler", "euler");
  say (graph, "generative.steps", "3");
  gen_model_unref (model);
  model = load_with (graph, &none, &error);
  g_assert_no_error (error);
  g_assert_true (model->sampler == &gen_sampler_euler);
  g_assert_cmpint (model->runs, ==, 3);
  g_assert_cmpint (model->inputs[0].length, ==, LENGTH);
  g_assert_cmpint (model->outputs[0].kind, ==, GEN_PORT_PICTURE);
  /* What the user says comes first. */
  gen_model_unref (model);
  model = load_with (graph, &once, &error);
  g_assert_no_error (error);
  g_assert_true (model->sampler == &gen_sampler_once);
}

static void
assert_refused (GenGraph *graph, const GenSamplingHints *hints, const char *words)
{
  g_autoptr (GError) error = NULL;
  GenModel *model = load_with (graph, hints, &error);

  g_assert_null (model);
  g_assert_nonnull (error);
  if (strstr (error->message, words) == NULL || strstr (error->message, "denoiser.onnx: ") == NULL)
    g_error ("\"%s\" lacks \"%s\"", error->message, words);
}

static void
test_refused (void)
{
  g_autoptr (GenGraph) graph = make_of_sigma (), sized = make_of_sigma (),
                       plain = gen_graph_new ("plain");
  GenTensor *x = gen_graph_add_input (plain, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 8, 8));

  gen_graph_add_output (plain, unary (plain, "Tanh", x));
  assert_refused (
      graph, &(GenSamplingHints){ .sampler = "heun" }, "there are once, euler, ddim, consistency");
  assert_refused (graph, &(GenSamplingHints){ .sampler = "euler", .schedule = "flat" },
      "there are karras, linear, scaled-linear, cosine, shifted-cosine");
  assert_refused (graph, &(GenSamplingHints){ .sampler = "euler", .prediction = "noise" },
      "there are epsilon, v, sample");
  assert_refused (graph, &(GenSamplingHints){ .sampler = "ddim" }, "it takes linear");
  assert_refused (graph, &(GenSamplingHints){ .sampler = "consistency", .steps = 2 },
      "sampler consistency goes along times");
  assert_refused (graph, &(GenSamplingHints){ .sampler = "consistency", .steps = 17 },
      "17 steps are more than the 16");
  assert_refused (graph, &(GenSamplingHints){ .sampler = "euler", .sigma_range = "80" },
      "property sigma-range is \"80\"");
  assert_refused (graph,
      &(GenSamplingHints){ .sampler = "euler", .schedule = "linear", .sigma_range = "500,900" },
      "whose noise goes from 0.01");
  assert_refused (
      graph, &(GenSamplingHints){ .sampler = "euler", .steps = 1001 }, "from 1 to 1000");
  assert_refused (graph, &(GenSamplingHints){ .steps = 5 }, "property steps is for samplers");
  assert_refused (plain, &(GenSamplingHints){ .sampler = "euler" }, "it is no denoiser");
  for (int d = 2; d < 4; d++) {
    ((GenTensor *)sized->inputs->pdata[0])->shape.dims[d] = FREE;
    ((GenTensor *)sized->outputs->pdata[0])->shape.dims[d] = FREE;
  }
  assert_refused (sized, &(GenSamplingHints){ .sampler = "euler" }, "properties width and height");
  say (graph, "generative.steps", "many");
  assert_refused (graph, &(GenSamplingHints){ .sampler = "euler" }, "metadata generative.steps");
  /* Whether it is to be sampled or not. */
  say (graph, "generative.steps", "-4");
  assert_refused (graph, &(GenSamplingHints){ 0 }, "metadata generative.steps is \"-4\"");
  say (graph, "generative.steps", "5");
  say (graph, "generative.states", "x=y");
  assert_refused (graph, &(GenSamplingHints){ .sampler = "euler" }, "a model that remembers");
}

/* Takes for noise a share of x that grows with time, in numbers of `type`. */
static GenGraph *
make_kind (GenDataType type, GenDataType time_type, const GenShape *time_shape)
{
  const gint64 beside[] = { -1, 1, 1, 1 };
  const GenShape shape = GEN_SHAPE (1, 1, SIDE, SIDE);
  GenGraph *graph = gen_graph_new ("kind");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", type, &shape);
  GenTensor *time = gen_graph_add_input (graph, "t", time_type, time_shape), *share, *made;

  share = gen_graph_op (graph, "Cast", &time, 1, 1, &error, "to", GEN_INT, GEN_TYPE_FLOAT32, NULL);
  share = binary (graph, "Mul", share, constant (graph, 0.001));
  share = gen_graph_op (graph, "Cast", &share, 1, 1, &error, "to", GEN_INT, (int)type, NULL);
  share = binary (graph, "Reshape", share, gen_graph_ints (graph, beside, 4));
  made = binary (graph, "Mul", x, share);
  g_assert_no_error (error);
  gen_graph_add_output (graph, made);
  return graph;
}

/* Numbers of other types, and times of other shapes. */
static void
test_kinds (void)
{
  static const struct {
    GenDataType type, time_type;
    GenShape time_shape;
    double bound;
  } kinds[] = {
    { GEN_TYPE_FLOAT32, GEN_TYPE_INT64, { .rank = 0 }, 1e-5 },
    { GEN_TYPE_FLOAT32, GEN_TYPE_INT32, { .rank = 1, .dims = { 1 } }, 1e-5 },
    { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT32, { .rank = 2, .dims = { 1, 1 } }, 1e-5 },
    { GEN_TYPE_FLOAT64, GEN_TYPE_FLOAT64, { .rank = 1, .dims = { 1 } }, 1e-5 },
    { GEN_TYPE_FLOAT16, GEN_TYPE_FLOAT16, { .rank = 1, .dims = { 1 } }, 2e-2 },
  };
  const GenSamplingHints hints = { .sampler = "ddim", .steps = 4, .schedule = "scaled-linear" };
  double signals[GEN_SCHEDULE_TIMES], wanted[LENGTH], largest = 0;
  float noise[LENGTH];

  draw (noise, LENGTH);
  fill_signals (&gen_schedule_scaled_linear, signals);
  for (int i = 0; i < LENGTH; i++) {
    wanted[i] = noise[i];
    for (int time = 999; time > 0; time -= 250) {
      const double a = signals[time], b = time > 250 ? signals[time - 250] : 1;
      const double epsilon = wanted[i] * time / 1000;

      wanted[i] = b * (wanted[i] - sqrt (1 - a * a) * epsilon) / a + sqrt (1 - b * b) * epsilon;
    }
    largest = fmax (largest, fabs (wanted[i]));
  }
  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++) {
    g_autoptr (GenGraph) graph =
        make_kind (kinds[k].type, kinds[k].time_type, &kinds[k].time_shape);
    g_autofree float *made = sample (graph, &hints, noise, 1);

    g_test_message ("off by %g of %g", distance (made, wanted, LENGTH), largest);
    g_assert_cmpfloat (distance (made, wanted, LENGTH), <, kinds[k].bound * largest);
  }
}

/* Of any size, as the user says: by width and height, or as the denoiser's own shape. */
static void
test_sized (void)
{
  const GenModelHints hints[] = {
    { .sampling = { .sampler = "euler", .steps = 2, .width = 6, .height = 5 } },
    { .sampling = { .sampler = "euler", .steps = 2 }, .shapes = "1:1:5:6" },
    { .sampling = { .sampler = "euler", .steps = 2 }, .shapes = "x=-1:-1:5:6,sigma=1" },
  };

  for (gsize k = 0; k < G_N_ELEMENTS (hints); k++) {
    g_autoptr (GenGraph) graph = make_of_sigma ();
    g_autoptr (GError) error = NULL;
    g_autoptr (GenModel) model = NULL;

    for (int d = 2; d < 4; d++) {
      ((GenTensor *)graph->inputs->pdata[0])->shape.dims[d] = FREE;
      ((GenTensor *)graph->outputs->pdata[0])->shape.dims[d] = FREE;
    }
    model = load_as (graph, &hints[k], &error);
    g_assert_no_error (error);
    g_assert_cmpint (model->inputs[0].length, ==, 30);
    g_assert_cmpint (model->outputs[0].width, ==, 6);
    g_assert_cmpint (model->outputs[0].height, ==, 5);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sampler/euler", test_euler);
  g_test_add_func ("/sampler/one-step", test_one_step);
  g_test_add_func ("/sampler/ddim", test_ddim);
  g_test_add_func ("/sampler/shifted", test_shifted);
  g_test_add_func ("/sampler/consistency", test_consistency);
  g_test_add_func ("/sampler/usual-steps", test_usual_steps);
  g_test_add_func ("/sampler/ddim-converges", test_ddim_converges);
  g_test_add_func ("/sampler/euler-by-times", test_euler_by_times);
  g_test_add_func ("/sampler/loop", test_loop);
  g_test_add_func ("/sampler/said", test_said);
  g_test_add_func ("/sampler/refused", test_refused);
  g_test_add_func ("/sampler/kinds", test_kinds);
  g_test_add_func ("/sampler/sized", test_sized);
  return g_test_run ();
}
