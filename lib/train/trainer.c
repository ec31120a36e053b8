/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GenTrainer: the plan of a training step, and the plans that play its two nets with the weights
 * of the moment. These have states for weights as well, and are given the step's when they are
 * asked for and it has moved on. */
#include <generative/trainer.h>

#include <math.h>
#include <string.h>

#include <generative/random.h>

#include "loss-scaling.h"
#include "state-file.h"
#include "training-graph.h"

/* With how many latents nets are checked. */
#define CHECKED 16

/* A net as it plays, in batches of the training's size: some models take no other. Where there
 * are more or fewer latents or pictures, the last batch has a rest that nobody looks at. */
typedef struct {
  GenPlan *plan;
  guint64 step; /* whose weights it has */
  gboolean average, filled;
} Player;

/* How a net's loss is scaled, as the plan's states say. */
typedef struct {
  double scale; /* 0: it is not */
  guint64 skipped;
} Scaling;

struct _GenTrainer {
  GenTrainerSettings settings;
  GenGraph *generator, *discriminator;
  GenTrainingGraph training;
  GenPlan *plan;
  GPtrArray *states; /* const GenBinding */
  GenShape samples;  /* of a step */
  gsize latent_size;
  gint64 step; /* as the plan's state of that name, of which it is a copy */
  Scaling discriminator_scaling, generator_scaling;
  Player generate, score;
};

G_DEFINE_QUARK (gen - trainer - error - quark, gen_trainer_error)

static gboolean
in_range (
    const char *name, double value, double low, gboolean low_allowed, double high, GError **error)
{
  if (value < high && (value > low || (low_allowed && value == low)))
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "%s must be %s %g and below %g, not %g", name, low_allowed ? "at least" : "above", low, high,
      value);
  return FALSE;
}

gboolean
gen_trainer_settings_check (const GenTrainerSettings *settings, GError **error)
{
  const GenOptimizerSettings *optimizer = &settings->optimizer_settings;

  if (settings->optimizer == NULL || settings->loss == NULL) {
    g_set_error_literal (
        error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING, "an optimizer and a loss must be set");
    return FALSE;
  }
  return in_range ("batch-size", settings->batch_size, 1, TRUE, 65537, error) &&
         in_range ("learning-rate", settings->learning_rate, 0, FALSE, INFINITY, error) &&
         in_range ("generator-rate", settings->generator_rate, 0, FALSE, INFINITY, error) &&
         in_range ("beta1", optimizer->beta1, 0, TRUE, 1, error) &&
         in_range ("beta2", optimizer->beta2, 0, FALSE, 1, error) &&
         in_range ("epsilon", optimizer->epsilon, 0, FALSE, INFINITY, error) &&
         in_range ("weight-decay", optimizer->weight_decay, 0, TRUE, INFINITY, error) &&
         in_range ("r1", settings->r1, 0, TRUE, INFINITY, error) &&
         in_range ("r2", settings->r2, 0, TRUE, INFINITY, error) &&
         in_range ("label-smoothing", settings->label_smoothing, 0, TRUE, 0.5, error) &&
         in_range ("ema", settings->ema, 0, TRUE, 1, error);
}

static void
collect_states (GenTrainer *trainer)
{
  const GPtrArray *tensors = trainer->training.graph->tensors;

  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);

    if (tensor->role == GEN_ROLE_STATE)
      g_ptr_array_add (trainer->states, (gpointer)gen_plan_find (trainer->plan, tensor->name));
  }
}

/* Copy what the plan's states say. */
static void
read_scaling (GenTrainer *trainer, Scaling *scaling, const char *net)
{
  g_autofree char *scale = g_strconcat (GEN_LOSS_SCALING_SCALE, net, NULL);
  g_autofree char *updates = g_strconcat (GEN_LOSS_SCALING_UPDATES, net, NULL);

  if (!gen_loss_scaling_wanted (&trainer->settings))
    return;
  scaling->scale = *(const float *)gen_plan_find (trainer->plan, scale)->data;
  scaling->skipped = trainer->step - *(const gint64 *)gen_plan_find (trainer->plan, updates)->data;
}

static void
read_states (GenTrainer *trainer)
{
  trainer->step = *(const gint64 *)gen_plan_find (trainer->plan, GEN_TRAINING_STEP)->data;
  read_scaling (trainer, &trainer->discriminator_scaling, "discriminator");
  read_scaling (trainer, &trainer->generator_scaling, "generator");
}

static GenPlanOptions
plan_options (const GenTrainerSettings *settings)
{
  gboolean on_cpu = settings->device == NULL || settings->device == &gen_device_cpu;

  return (GenPlanOptions){ .device = settings->device,
    .threads = settings->threads,
    .choice = on_cpu ? GEN_CHOICE_RULES : settings->choice,
    .choices = settings->choices };
}

GenTrainer *
gen_trainer_new (GenGraph *generator, GenGraph *discriminator, const GenTrainerSettings *settings,
    GError **error)
{
  g_autoptr (GenTrainer) trainer = g_new0 (GenTrainer, 1);
  GenPlanOptions options = plan_options (settings);
  const GenTensor *input;

  options.seed = settings->seed;
  options.precision = settings->precision;
  trainer->settings = *settings;
  trainer->generator = gen_graph_ref (generator);
  trainer->discriminator = gen_graph_ref (discriminator);
  trainer->states = g_ptr_array_new ();
  if (!gen_trainer_settings_check (settings, error) ||
      !gen_training_graph_build (&trainer->training, generator, discriminator, settings, error))
    return NULL;
  trainer->plan = gen_plan_new (trainer->training.graph, &options, error);
  if (trainer->plan == NULL)
    return NULL;
  collect_states (trainer);
  read_states (trainer);
  trainer->samples = gen_plan_input (trainer->plan, GEN_TRAINING_REAL)->shape;
  input = g_ptr_array_index (generator->inputs, 0);
  trainer->latent_size = gen_shape_product (&input->shape, 1, input->shape.rank);
  gen_trainer_set_learning_rate (trainer, settings->learning_rate);
  return g_steal_pointer (&trainer);
}

void
gen_trainer_free (GenTrainer *trainer)
{
  g_clear_pointer (&trainer->generate.plan, gen_plan_free);
  g_clear_pointer (&trainer->score.plan, gen_plan_free);
  g_clear_pointer (&trainer->plan, gen_plan_free);
  gen_training_graph_clear (&trainer->training);
  g_clear_pointer (&trainer->states, g_ptr_array_unref);
  gen_graph_unref (trainer->generator);
  gen_graph_unref (trainer->discriminator);
  g_free (trainer);
}

const GenTrainerSettings *
gen_trainer_settings (const GenTrainer *trainer)
{
  return &trainer->settings;
}

const GenShape *
gen_trainer_sample_shape (const GenTrainer *trainer)
{
  return &trainer->samples;
}

GenFormat
gen_trainer_format (const GenTrainer *trainer)
{
  const gint64 *extents = trainer->samples.dims;
  const char *rate =
      g_hash_table_lookup (trainer->discriminator->metadata, "generative.sample-rate");

  switch (trainer->samples.rank) {
  case 4:
    return (GenFormat){ &gen_medium_picture, (int)extents[3], (int)extents[2], (int)extents[1] };
  case 3:
    return (GenFormat){ .medium = &gen_medium_sound,
      .channels = (int)extents[1],
      .rate = rate != NULL ? atoi (rate) : 0,
      .length = (gsize)extents[2] };
  default:
    return (GenFormat){ .medium = &gen_medium_vector, .length = gen_trainer_sample_size (trainer) };
  }
}

gsize
gen_trainer_latent_size (const GenTrainer *trainer)
{
  return trainer->latent_size;
}

gsize
gen_trainer_sample_size (const GenTrainer *trainer)
{
  return gen_shape_product (&trainer->samples, 1, trainer->samples.rank);
}

void
gen_trainer_range (const GenTrainer *trainer, float *low, float *high)
{
  const char *range =
      g_hash_table_lookup (trainer->discriminator->metadata, "generative.input-range");
  char *end = NULL;

  *low = -1;
  *high = 1;
  if (range == NULL)
    return;
  *low = g_ascii_strtod (range, &end);
  if (*end == ',')
    *high = g_ascii_strtod (end + 1, NULL);
}

/* --- steps --- */

static double
share_above_zero (const GenBinding *scores)
{
  const float *values = scores->data;
  gsize n = scores->size / sizeof (float), count = 0;

  for (gsize i = 0; i < n; i++)
    count += values[i] > 0;
  return (double)count / n;
}

/* The largest distance of a score from 0; NaN where one is no number. */
static double
reach (const float *scores, gsize n)
{
  double largest = 0;

  for (gsize i = 0; i < n; i++) {
    if (isnan (scores[i]))
      return NAN;
    largest = MAX (largest, fabs (scores[i]));
  }
  return largest;
}

static double
reach_of (const GenBinding *scores)
{
  return reach (scores->data, scores->size / sizeof (float));
}

static double
learning_rate (const GenTrainer *trainer)
{
  return *(const float *)gen_plan_input (trainer->plan, GEN_TRAINING_RATE)->data;
}

static gboolean
check_reach (const GenTrainer *trainer, double reached, GError **error)
{
  if (reached < GEN_TRAINER_SCORE_LIMIT)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED,
      "training diverged at step %" G_GINT64_FORMAT
      ": the discriminator's scores reach %g, and from %d on float32 cannot tell one from the "
      "next; "
      "a smaller learning-rate than %g may help",
      trainer->step, reached, GEN_TRAINER_SCORE_LIMIT, learning_rate (trainer));
  return FALSE;
}

/* A scale only falls where an update was left out. */
static void
note_scale (Scaling *scaling, const GenBinding *output)
{
  const double scale = *(const float *)output->data;

  scaling->skipped += scale < scaling->scale;
  scaling->scale = scale;
}

static void
note_scales (GenTrainer *trainer, GenTrainerFigures *figures)
{
  Scaling *d = &trainer->discriminator_scaling, *g = &trainer->generator_scaling;

  if (gen_loss_scaling_wanted (&trainer->settings)) {
    note_scale (d, gen_plan_output (trainer->plan, GEN_TRAINING_DISCRIMINATOR_SCALE));
    note_scale (g, gen_plan_output (trainer->plan, GEN_TRAINING_GENERATOR_SCALE));
  }
  figures->discriminator_scale = d->scale;
  figures->generator_scale = g->scale;
  figures->skipped = d->skipped + g->skipped;
}

/* A step that overflows is left out, and the next one has a smaller scale; that it is down to the
 * least says that scaling is not the reason. */
static gboolean
check_scale (const GenTrainer *trainer, const char *net, double scale, GError **error)
{
  if (scale >= GEN_LOSS_SCALING_LEAST)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED,
      "training diverged at step %" G_GINT64_FORMAT
      ": the %s's loss or its gradients are beyond float16 even if the loss is scaled by no more "
      "than %d; precision=bf16, or a smaller learning-rate than %g, may help",
      trainer->step, net, GEN_LOSS_SCALING_LEAST, learning_rate (trainer));
  return FALSE;
}

/* With the pictures that are bound. */
static gboolean
make_step (GenTrainer *trainer, GenTrainerFigures *figures, GError **error)
{
  GenPlan *plan = trainer->plan;
  guint64 step = gen_trainer_steps (trainer);

  gen_plan_set_draw (plan, step);
  if (!gen_plan_run (plan, error))
    return FALSE;
  trainer->step++;
  figures->discriminator_loss =
      *(const float *)gen_plan_output (plan, GEN_TRAINING_DISCRIMINATOR_LOSS)->data;
  figures->generator_loss =
      *(const float *)gen_plan_output (plan, GEN_TRAINING_GENERATOR_LOSS)->data;
  figures->accuracy_on_real = share_above_zero (gen_plan_output (plan, GEN_TRAINING_REAL_SCORES));
  figures->accuracy_on_fake =
      1 - share_above_zero (gen_plan_output (plan, GEN_TRAINING_FAKE_SCORES));
  note_scales (trainer, figures);
  if (gen_loss_scaling_wanted (&trainer->settings))
    return check_scale (trainer, "discriminator", figures->discriminator_scale, error) &&
           check_scale (trainer, "generator", figures->generator_scale, error);
  if (isfinite (figures->discriminator_loss) && isfinite (figures->generator_loss))
    return check_reach (
               trainer, reach_of (gen_plan_output (plan, GEN_TRAINING_REAL_SCORES)), error) &&
           check_reach (
               trainer, reach_of (gen_plan_output (plan, GEN_TRAINING_FAKE_SCORES)), error);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED,
      "training diverged at step %" G_GUINT64_FORMAT
      ": the discriminator's loss is %g and the generator's %g; a smaller learning-rate than %g "
      "may "
      "help",
      step + 1, figures->discriminator_loss, figures->generator_loss, learning_rate (trainer));
  return FALSE;
}

gboolean
gen_trainer_step (
    GenTrainer *trainer, const float *pictures, GenTrainerFigures *figures, GError **error)
{
  gen_plan_bind_input (trainer->plan, GEN_TRAINING_REAL, pictures);
  return make_step (trainer, figures, error);
}

GenFeed *
gen_trainer_new_feed (GenTrainer *trainer, GError **error)
{
  return gen_feed_new (trainer->plan, GEN_TRAINING_REAL, error);
}

gboolean
gen_trainer_step_feed (
    GenTrainer *trainer, GenFeed *feed, GenTrainerFigures *figures, GError **error)
{
  gen_plan_bind_feed (trainer->plan, feed);
  return make_step (trainer, figures, error);
}

guint64
gen_trainer_steps (const GenTrainer *trainer)
{
  return trainer->step;
}

void
gen_trainer_set_learning_rate (GenTrainer *trainer, double learning_rate)
{
  *(float *)gen_plan_input (trainer->plan, GEN_TRAINING_RATE)->data = learning_rate;
}

guint
gen_trainer_n_states (const GenTrainer *trainer)
{
  return trainer->states->len;
}

const GenBinding *
gen_trainer_state (const GenTrainer *trainer, guint i)
{
  return g_ptr_array_index (trainer->states, i);
}

guint
gen_trainer_n_weights (const GenTrainer *trainer)
{
  return trainer->training.generator->len + trainer->training.discriminator->len;
}

const GenBinding *
gen_trainer_weight (const GenTrainer *trainer, guint i)
{
  const GPtrArray *generator = trainer->training.generator;
  const GenWeight *weight =
      i < generator->len ? g_ptr_array_index (generator, i)
                         : g_ptr_array_index (trainer->training.discriminator, i - generator->len);

  return gen_plan_find (trainer->plan, weight->state);
}

void
gen_trainer_states_changed (GenTrainer *trainer)
{
  read_states (trainer);
  trainer->generate.filled = trainer->score.filled = FALSE;
  gen_plan_states_changed (trainer->plan);
}

gboolean
gen_trainer_fetch_states (GenTrainer *trainer, GError **error)
{
  return gen_plan_fetch_states (trainer->plan, error);
}

GenPlan *
gen_trainer_plan (GenTrainer *trainer)
{
  return trainer->plan;
}

/* --- the nets as they play --- */

static const GenBinding *
present (GenTrainer *trainer, const GenWeight *weight, gboolean average)
{
  return gen_plan_find (
      trainer->plan, average && weight->average != NULL ? weight->average : weight->state);
}

static gboolean
prepare (GenTrainer *trainer, Player *player, const GenGraph *net, GPtrArray *weights,
    gboolean average, gboolean scores, GError **error)
{
  guint64 step = gen_trainer_steps (trainer);

  if (player->plan == NULL) {
    GenPlanOptions options = plan_options (&trainer->settings);
    g_autoptr (GenGraph) graph =
        gen_training_net (net, weights, scores, trainer->settings.batch_size, error);

    if (graph == NULL || (player->plan = gen_plan_new (graph, &options, error)) == NULL)
      return FALSE;
  }
  if (player->filled && player->step == step && player->average == average)
    return TRUE;
  if (!gen_plan_fetch_states (trainer->plan, error))
    return FALSE;
  for (guint i = 0; i < weights->len; i++) {
    const GenWeight *weight = g_ptr_array_index (weights, i);
    const GenBinding *from = present (trainer, weight, average);

    memcpy (gen_plan_find (player->plan, weight->constant->name)->data, from->data, from->size);
  }
  gen_plan_states_changed (player->plan);
  player->step = step;
  player->average = average;
  player->filled = TRUE;
  return TRUE;
}

static gboolean
play (GenPlan *plan, gsize batch, const float *in, gsize n, float *out, GError **error)
{
  gsize in_size = gen_plan_input (plan, 0)->size / sizeof (float) / batch;
  gsize out_size = gen_plan_output (plan, 0)->size / sizeof (float) / batch;

  for (; n >= batch; n -= batch) {
    gen_plan_bind_input (plan, 0, in);
    gen_plan_bind_output (plan, 0, out);
    if (!gen_plan_run (plan, error))
      return FALSE;
    in += in_size * batch;
    out += out_size * batch;
  }
  if (n == 0)
    return TRUE;
  gen_plan_bind_input (plan, 0, NULL);
  gen_plan_bind_output (plan, 0, NULL);
  memcpy (gen_plan_input (plan, 0)->data, in, n * in_size * sizeof (float));
  if (!gen_plan_run (plan, error))
    return FALSE;
  memcpy (out, gen_plan_output (plan, 0)->data, n * out_size * sizeof (float));
  return TRUE;
}

gboolean
gen_trainer_generate (GenTrainer *trainer, gboolean average, const float *latents, gsize n,
    float *pictures, GError **error)
{
  return prepare (trainer, &trainer->generate, trainer->generator, trainer->training.generator,
             average, FALSE, error) &&
         play (trainer->generate.plan, trainer->settings.batch_size, latents, n, pictures, error);
}

gboolean
gen_trainer_score (
    GenTrainer *trainer, const float *pictures, gsize n, float *scores, GError **error)
{
  return prepare (trainer, &trainer->score, trainer->discriminator, trainer->training.discriminator,
             FALSE, TRUE, error) &&
         play (trainer->score.plan, trainer->settings.batch_size, pictures, n, scores, error);
}

static gboolean
check_states (GenTrainer *trainer, GError **error)
{
  for (guint i = 0; i < trainer->states->len; i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);

    if (gen_state_is_finite (state->type, state->data, state->size))
      continue;
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED,
        "training diverged at step %" G_GINT64_FORMAT
        ": '%s' has values that are no numbers; a smaller learning-rate than %g may help",
        trainer->step, state->name, learning_rate (trainer));
    return FALSE;
  }
  return TRUE;
}

gboolean
gen_trainer_check (GenTrainer *trainer, GError **error)
{
  GenRandom random = gen_random_new (trainer->settings.seed, GEN_STREAM_CHECK_LATENT, 0);
  g_autofree float *latents = g_new (float, CHECKED * trainer->latent_size);
  g_autofree float *pictures = g_new (float, CHECKED *gen_trainer_sample_size (trainer));
  float scores[CHECKED];

  gen_random_normal (&random, 0, 0, latents, CHECKED * trainer->latent_size);
  return gen_trainer_fetch_states (trainer, error) && check_states (trainer, error) &&
         gen_trainer_generate (trainer, FALSE, latents, CHECKED, pictures, error) &&
         gen_trainer_score (trainer, pictures, CHECKED, scores, error) &&
         check_reach (trainer, reach (scores, CHECKED), error);
}

gboolean
gen_trainer_make (GenTrainer *trainer, gboolean average, const float *latents, gsize n,
    GenSample *samples, GError **error)
{
  gsize size = gen_trainer_sample_size (trainer);
  g_autofree float *numbers = g_new (float, size *n);
  float low, high;

  if (!gen_trainer_generate (trainer, average, latents, n, numbers, error))
    return FALSE;
  gen_trainer_range (trainer, &low, &high);
  for (gsize i = 0; i < n; i++)
    samples[i].medium->from_numbers (&samples[i], low, high, numbers + size * i);
  return TRUE;
}

gboolean
gen_trainer_draw (GenTrainer *trainer, gboolean average, const float *latents, int columns,
    int rows, GenPicture *wall, GError **error)
{
  const GenFormat format = gen_trainer_format (trainer);
  gsize n = (gsize)columns * (gsize)rows;
  g_autofree GenSample *samples = g_new0 (GenSample, n);
  gboolean made;

  for (gsize i = 0; i < n; i++)
    gen_sample_init (&samples[i], &format);
  made = gen_trainer_make (trainer, average, latents, n, samples, error);
  if (made)
    gen_sample_draw_wall (samples, columns, rows, wall);
  for (gsize i = 0; i < n; i++)
    gen_sample_clear (&samples[i]);
  return made;
}

static GenGraph *export(
    GenTrainer *trainer, const GenGraph *net, const GPtrArray *weights, gboolean average)
{
  GenGraph *graph = gen_graph_copy (net);

  for (guint i = 0; i < weights->len; i++) {
    const GenWeight *weight = g_ptr_array_index (weights, i);
    const GenBinding *from = present (trainer, weight, average);
    GenTensor *to = gen_graph_find (graph, weight->constant->name);

    g_bytes_unref (to->data);
    to->data = g_bytes_new (from->data, from->size);
  }
  g_hash_table_insert (graph->metadata, g_strdup ("generative.step"),
      g_strdup_printf ("%" G_GUINT64_FORMAT, gen_trainer_steps (trainer)));
  return graph;
}

GenGraph *
gen_trainer_export_generator (GenTrainer *trainer, gboolean average)
{
  return export(trainer, trainer->generator, trainer->training.generator, average);
}

GenGraph *
gen_trainer_export_discriminator (GenTrainer *trainer)
{
  return export(trainer, trainer->discriminator, trainer->training.discriminator, FALSE);
}
