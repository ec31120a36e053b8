/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GenTrainer: the plan of a training step, and what training goes on from. */
#include "trainer-private.h"

#include <math.h>
#include <string.h>

#include <generative/exchange.h>
#include <generative/model.h>

#include "loss-scaling.h"
#include "step-crop.h"
#include "step-net.h"

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

/* Sums, norms and averages are of what is as it is: that of a scaled loss may be beyond float16. */
static gboolean
check_unscaled (
    const GenTrainerSettings *settings, const char *name, gboolean asked, GError **error)
{
  if (!asked || !gen_loss_scaling_wanted (settings))
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "%s takes gradients that are not scaled: precision=bf16 on a device, not fp16", name);
  return FALSE;
}

/* States of several steps and of an update that is left out are of one update a step. */
static gboolean
check_discriminator_steps (const GenTrainerSettings *settings, GError **error)
{
  if (!in_range ("discriminator-steps", settings->discriminator_steps, 1, TRUE, 101, error))
    return FALSE;
  if (settings->discriminator_steps == 1 ||
      (settings->accumulate == 1 && !gen_loss_scaling_wanted (settings)))
    return TRUE;
  g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "discriminator-steps above 1 go with accumulate=1 and losses that are not scaled: "
      "precision=bf16 on a device, not fp16");
  return FALSE;
}

/* An average that weights are part of is found by what they are of it. */
static gboolean
check_average (const GenTrainerSettings *settings, GError **error)
{
  if (settings->optimizer->average == NULL)
    return TRUE;
  if (settings->ema > 0) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "ema: optimizer=%s averages weights by itself, and ema=0 is right",
        settings->optimizer->name);
    return FALSE;
  }
  return in_range ("beta1", settings->optimizer_settings.beta1, 0, FALSE, 1, error);
}

static gboolean
has_setting (const GenRecipe *recipe, const char *name)
{
  for (guint i = 0; i < recipe->n_settings; i++)
    if (strcmp (recipe->settings[i].name, name) == 0)
      return TRUE;
  return FALSE;
}

/* A setting that others are for, and this recipe is not. */
static void
refuse_setting (const GenRecipe *recipe, const char *name, GError **error)
{
  g_autoptr (GString) others = g_string_new (NULL);

  for (const GenRecipe *const *other = gen_recipe_list (); *other != NULL; other++)
    if (has_setting (*other, name))
      g_string_append_printf (others, "%s%s", others->len > 0 ? ", " : "", (*other)->name);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "%s is nothing that recipe %s can use; it is for %s", name, recipe->name, others->str);
}

static gboolean
is_default (const GenTrainerSettings *settings, const GenSetting *setting)
{
  static const GenTrainerSettings defaults = { GEN_TRAINER_DEFAULTS };
  GVariant *value = gen_setting_get (settings, setting);
  g_autoptr (GVariant) is = value != NULL ? g_variant_ref_sink (value) : NULL;
  g_autoptr (GVariant) was = NULL;

  value = gen_setting_get (&defaults, setting);
  was = value != NULL ? g_variant_ref_sink (value) : NULL;
  return is == was || (is != NULL && was != NULL && g_variant_equal (is, was));
}

/* What a recipe has no use for, and is asked for, is mistaken. A member of a family may stand there
 * for whichever recipe it will be. */
static gboolean
check_recipe (const GenTrainerSettings *settings, GError **error)
{
  const GenRecipe *recipe = settings->recipe;

  for (const GenRecipe *const *other = gen_recipe_list (); *other != NULL; other++)
    for (guint i = 0; i < (*other)->n_settings; i++) {
      const GenSetting *setting = &(*other)->settings[i];

      if (!setting->of_learning || setting->type == GEN_SETTING_FAMILY ||
          has_setting (recipe, setting->name) || is_default (settings, setting))
        continue;
      refuse_setting (recipe, setting->name, error);
      return FALSE;
    }
  return TRUE;
}

/* Importance is of the gradients of an update as they are. */
static gboolean
check_adapter (const GenTrainerSettings *settings, GError **error)
{
  const GenAdapterSettings *adapter = &settings->adapter_settings;

  if (!in_range ("adapter-rank", adapter->rank, 1, TRUE, 65537, error) ||
      !in_range ("adapter-alpha", adapter->alpha, 0, TRUE, INFINITY, error) ||
      !in_range ("adapter-orthogonality", adapter->orthogonality, 0, TRUE, INFINITY, error))
    return FALSE;
  if (settings->adapter->choose == NULL)
    return TRUE;
  if (settings->accumulate > 1) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "accumulate: adapter %s judges each step's gradients; lora takes sums of several",
        settings->adapter->name);
    return FALSE;
  }
  return check_unscaled (settings, "adapter-budget", TRUE, error) &&
         in_range ("adapter-budget", adapter->budget, 0, TRUE, adapter->rank + 1, error) &&
         in_range ("adapter-budget-steps", (double)adapter->steps, (double)adapter->warm_up, FALSE,
             INFINITY, error);
}

/* Members have parts of one size. */
static gboolean
check_parts (const GenTrainerSettings *settings, GError **error)
{
  const int members = (int)gen_exchange_size (settings->exchange);

  if (settings->batch_size % members == 0)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "batch-size: %d samples are not the same number for each of %d processes; %d or %d are",
      settings->batch_size, members, MAX (settings->batch_size / members, 1) * members,
      (settings->batch_size / members + 1) * members);
  return FALSE;
}

gboolean
gen_trainer_settings_check (const GenTrainerSettings *settings, GError **error)
{
  const GenOptimizerSettings *optimizer = &settings->optimizer_settings;

  if (settings->recipe == NULL || settings->optimizer == NULL || settings->loss == NULL ||
      settings->reconstruction == NULL) {
    g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "a recipe, an optimizer, a loss and a reconstruction must be set");
    return FALSE;
  }
  return check_recipe (settings, error) && check_average (settings, error) &&
         in_range ("batch-size", settings->batch_size, 1, TRUE, 65537, error) &&
         check_parts (settings, error) &&
         in_range ("learning-rate", settings->learning_rate, 0, FALSE, INFINITY, error) &&
         in_range ("generator-rate", settings->generator_rate, 0, FALSE, INFINITY, error) &&
         in_range ("beta1", optimizer->beta1, 0, TRUE, 1, error) &&
         in_range ("beta2", optimizer->beta2, 0, FALSE, 1, error) &&
         in_range ("gradient-norm", settings->clip_norm, 0, TRUE, INFINITY, error) &&
         in_range ("accumulate", settings->accumulate, 1, TRUE, 65537, error) &&
         check_unscaled (settings, "accumulate", settings->accumulate > 1, error) &&
         check_unscaled (settings, "gradient-norm", settings->clip_norm > 0, error) &&
         in_range ("epsilon", optimizer->epsilon, 0, FALSE, INFINITY, error) &&
         in_range ("weight-decay", optimizer->weight_decay, 0, TRUE, INFINITY, error) &&
         in_range ("r1", settings->r1, 0, TRUE, INFINITY, error) &&
         in_range ("r2", settings->r2, 0, TRUE, INFINITY, error) &&
         in_range ("instance-noise", settings->instance_noise, 0, TRUE, INFINITY, error) &&
         in_range ("augment-probability", settings->augment_probability, 0, TRUE, nextafter (1, 2),
             error) &&
         in_range ("augment-target", settings->augment_target, 0, TRUE, 1, error) &&
         check_unscaled (settings, "augment-target", settings->augment_target > 0, error) &&
         in_range ("feature-matching", settings->feature_matching, 0, TRUE, INFINITY, error) &&
         in_range ("perceptual-weight", settings->perceptual_weight, 0, TRUE, INFINITY, error) &&
         in_range ("beta", settings->beta, 0, TRUE, INFINITY, error) &&
         in_range ("free-bits", settings->free_bits, 0, TRUE, INFINITY, error) &&
         in_range ("gradient-penalty", settings->gradient_penalty, 0, TRUE, INFINITY, error) &&
         in_range ("penalty-interval", settings->penalty_interval, 1, TRUE, 65537, error) &&
         check_discriminator_steps (settings, error) &&
         in_range (
             "degradation-strength", settings->degradation_strength, 0, TRUE, INFINITY, error) &&
         in_range ("degradation-factor", settings->degradation_factor, 2, TRUE, 65, error) &&
         in_range (
             "reconstruction-weight", settings->reconstruction_weight, 0, TRUE, INFINITY, error) &&
         in_range ("cycle-weight", settings->cycle_weight, 0, TRUE, INFINITY, error) &&
         in_range ("identity-weight", settings->identity_weight, 0, TRUE, INFINITY, error) &&
         in_range ("crop", settings->crop, 0, TRUE, 65537, error) &&
         in_range ("label-smoothing", settings->label_smoothing, 0, TRUE, 0.5, error) &&
         in_range ("attack-epsilon", settings->attack_epsilon, 0, TRUE, INFINITY, error) &&
         in_range (
             "attack-steps", settings->attack_steps, 1, TRUE, GEN_ATTACK_MAX_STEPS + 1, error) &&
         in_range ("attack-step-size", settings->attack_step_size, 0, TRUE, INFINITY, error) &&
         in_range ("attack-share", settings->attack_share, 0, FALSE, nextafter (1, 2), error) &&
         in_range ("patch", settings->patch, 1, TRUE, 65537, error) &&
         in_range ("mask-ratio", settings->mask_ratio, 0, FALSE, 1, error) &&
         in_range ("min-snr", settings->min_snr, 0, TRUE, INFINITY, error) &&
         in_range ("snr-offset", settings->snr_offset, 0, TRUE, INFINITY, error) &&
         in_range ("sampling-steps", settings->sampling_steps, 0, TRUE, GEN_SAMPLING_MAX_STEPS + 1,
             error) &&
         in_range ("consistency-times", settings->consistency_times, 2, TRUE,
             GEN_SCHEDULE_TIMES + 1, error) &&
         in_range ("teacher-guidance", settings->teacher_guidance, 0, TRUE, INFINITY, error) &&
         in_range ("label-dropout", settings->label_dropout, 0, TRUE, 1, error) &&
         in_range ("commitment", settings->commitment, 0, TRUE, INFINITY, error) &&
         in_range ("codebook-decay", settings->codebook_decay, 0, TRUE, 1, error) &&
         check_unscaled (settings, "codebook-decay", settings->codebook_decay > 0, error) &&
         in_range ("guidance", settings->guidance, 0, TRUE, INFINITY, error) &&
         in_range ("temperature", settings->temperature, 0, TRUE, INFINITY, error) &&
         in_range ("ema", settings->ema, 0, TRUE, 1, error) &&
         in_range ("retain-weight", settings->retain_weight, 0, TRUE, INFINITY, error) &&
         in_range ("retain-temperature", settings->retain_temperature, 0, FALSE, INFINITY, error) &&
         check_adapter (settings, error);
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
read_scaling (GenTrainer *trainer, GenTrainerScaling *scaling, const char *net)
{
  g_autofree char *scale = g_strconcat (GEN_LOSS_SCALING_SCALE, net, NULL);
  g_autofree char *updates = g_strconcat (GEN_LOSS_SCALING_UPDATES, net, NULL);

  scaling->scale = *(const float *)gen_plan_find (trainer->plan, scale)->data;
  scaling->skipped = trainer->step - *(const gint64 *)gen_plan_find (trainer->plan, updates)->data;
}

static void
read_states (GenTrainer *trainer)
{
  trainer->step = *(const gint64 *)gen_plan_find (trainer->plan, GEN_STEP_COUNT)->data;
  for (guint i = 0; i < trainer->training.n_nets; i++)
    if (trainer->training.scales[i] >= 0)
      read_scaling (trainer, &trainer->scaling[i], trainer->settings.recipe->nets[i].role->name);
}

GenPlanOptions
gen_trainer_plan_options (const GenTrainerSettings *settings)
{
  gboolean on_cpu = settings->device == NULL || settings->device == &gen_device_cpu;

  return (GenPlanOptions){ .device = settings->device,
    .threads = settings->threads,
    .choice = on_cpu ? GEN_CHOICE_RULES : settings->choice,
    .choices = settings->choices };
}

/* The settings of one member: its part of a batch is its batch. */
static GenTrainerSettings
take_part (const GenTrainerSettings *settings)
{
  GenTrainerSettings own = *settings;

  own.batch_size /= (int)gen_exchange_size (settings->exchange);
  return own;
}

GenTrainer *
gen_trainer_new (GenGraph *const *nets, const GenTrainerSettings *all, GError **error)
{
  g_autoptr (GenTrainer) trainer = g_new0 (GenTrainer, 1);
  const GenTrainerSettings own = take_part (all);
  const GenTrainerSettings *settings = &own;
  GenPlanOptions options = gen_trainer_plan_options (settings);
  const guint n_nets = gen_recipe_n_nets (settings->recipe);
  const GenTrainerSettings plain = gen_lazy_penalty_take_off (settings);

  options.seed = settings->seed;
  options.precision = settings->precision;
  options.exchange = settings->exchange;
  trainer->settings = *settings;
  if (settings->teacher != NULL)
    gen_graph_ref (settings->teacher);
  if (settings->tokenizer != NULL)
    gen_tokenizer_ref (settings->tokenizer);
  if (settings->importance != NULL)
    gen_importance_ref (settings->importance);
  for (guint i = 0; i < n_nets; i++)
    trainer->nets[i] = gen_graph_ref (nets[i]);
  trainer->states = g_ptr_array_new ();
  if (!gen_trainer_settings_check (all, error))
    return NULL;
  if (!gen_step_graph_build (&trainer->training, GEN_STEP_TRAINS, trainer->nets, &plain, error)) {
    gen_step_explain_crop (trainer->nets, &plain, error);
    return NULL;
  }
  trainer->plan = gen_plan_new (trainer->training.graph, &options, error);
  if (trainer->plan == NULL ||
      !gen_lazy_penalty_init (&trainer->penalty, trainer->nets, settings, &options, error))
    return NULL;
  collect_states (trainer);
  read_states (trainer);
  trainer->samples = gen_plan_input (trainer->plan, (guint)trainer->training.samples)->shape;
  gen_trainer_set_learning_rate (trainer, settings->learning_rate);
  return g_steal_pointer (&trainer);
}

void
gen_trainer_free (GenTrainer *trainer)
{
  gen_trainer_set_memory (trainer, NULL);
  gen_trainer_player_clear (&trainer->made);
  gen_trainer_player_clear (&trainer->measured);
  gen_lazy_penalty_clear (&trainer->penalty);
  g_clear_pointer (&trainer->plan, gen_plan_free);
  gen_step_graph_clear (&trainer->training);
  g_clear_pointer (&trainer->states, g_ptr_array_unref);
  for (guint i = 0; i < GEN_RECIPE_MAX_NETS; i++)
    g_clear_pointer (&trainer->nets[i], gen_graph_unref);
  for (guint i = 0; i < GEN_RECIPE_MAX_NETS; i++) {
    g_free (trainer->bases[i]);
    g_free (trainer->base_hashes[i]);
  }
  g_free (trainer->began_as);
  g_clear_pointer (&trainer->settings.teacher, gen_graph_unref);
  g_clear_pointer (&trainer->settings.tokenizer, gen_tokenizer_unref);
  g_clear_pointer (&trainer->settings.importance, gen_importance_unref);
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

/* The net that takes samples. */
static const GenGraph *
find_data_net (const GenTrainer *trainer)
{
  const GenRecipe *recipe = trainer->settings.recipe;

  return recipe->coded ? trainer->settings.tokenizer->encoder : trainer->nets[recipe->data_net];
}

static const char *
data_metadata (const GenTrainer *trainer, const char *key)
{
  return g_hash_table_lookup (find_data_net (trainer)->metadata, key);
}

GenFormat
gen_trainer_format (const GenTrainer *trainer)
{
  const gint64 *extents = trainer->samples.dims;
  const char *rate = data_metadata (trainer, "generative.sample-rate");

  switch (trainer->samples.rank) {
  case 4:
    return (GenFormat){ &gen_medium_picture, (int)extents[3], (int)extents[2],
      (int)extents[1] / (int)gen_trainer_n_frames (trainer) };
  case 3:
    return (GenFormat){ .medium = &gen_medium_sound,
      .channels = (int)extents[1],
      .rate = rate != NULL ? atoi (rate) : 0,
      .length = (gsize)extents[2] };
  default:
    return (GenFormat){ .medium = &gen_medium_vector, .length = gen_trainer_sample_size (trainer) };
  }
}

int
gen_trainer_classes (const GenTrainer *trainer)
{
  return (int)trainer->training.classes;
}

/* Whether a net tells classes apart, or is told them. */
static gboolean
knows_classes (const GenTrainer *trainer, guint net)
{
  return trainer->training.shares >= 0 ||
         g_hash_table_contains (trainer->nets[net]->metadata, "generative.classes");
}

void
gen_trainer_name_classes (GenTrainer *trainer, const char *const *names)
{
  const guint classes = (guint)gen_trainer_classes (trainer);
  const guint n_named = g_strv_length ((char **)names);
  g_auto (GStrv) all = g_new0 (char *, classes + 1);

  for (guint i = 0; i < classes; i++)
    all[i] = i < n_named ? g_strdup (names[i]) : g_strdup_printf ("%u", i);
  for (guint i = 0; i < trainer->training.n_nets; i++)
    if (knows_classes (trainer, i))
      gen_model_name_classes (trainer->nets[i], (const char *const *)all);
}

/* Whether samples come with classes. */
static gboolean
is_taught (const GenTrainer *trainer)
{
  return trainer->training.labels >= 0 || trainer->training.shares >= 0;
}

gboolean
gen_trainer_check_label (const GenTrainer *trainer, int label, GError **error)
{
  const char *recipe = trainer->settings.recipe->name;
  const int classes = gen_trainer_classes (trainer);

  if (!is_taught (trainer) || (label >= 0 && (classes == 0 || label < classes)))
    return TRUE;
  if (label < 0)
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "recipe: %s is taught by classes, and a sample has none; datasetsrc gives each sample the "
        "class that its folder is",
        recipe);
  else if (label >= GEN_TRAINER_MAX_CLASSES)
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "classes: a sample is of class %d, and the nets know %d, from 0 to %d; those that a preset "
        "makes know %d at most",
        label, classes, classes - 1, GEN_TRAINER_MAX_CLASSES);
  else
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "classes: a sample is of class %d, and the nets know %d, from 0 to %d; nets that a preset "
        "makes "
        "know it with classes=%d or more, and models have the classes they were made with",
        label, classes, classes - 1, label + 1);
  return FALSE;
}

/* What is told one class a sample, or sorts samples by it, cannot be told of two. */
static gboolean
check_mixed (const GenTrainer *trainer, guint n, GError **error)
{
  const GenRecipe *recipe = trainer->settings.recipe;

  if (n == 1 || trainer->training.shares >= 0 ||
      (trainer->training.labels < 0 && recipe->frames_of != GEN_FRAMES_OF_CLASSES))
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "recipe: %s is told one class a sample, and a sample is a mixture of %u, as mix of "
      "videoaugment makes them; recipe classifier learns from mixtures",
      recipe->name, n);
  return FALSE;
}

/* Beyond what weights of other programs, perhaps of 16 bits, are beside 1. */
#define WEIGHTS_TOLERANCE 1e-3

static gboolean
check_weights (const GenClassShare *shares, guint n, GError **error)
{
  double sum = 0;

  for (guint i = 0; i < n; i++) {
    if (!isfinite (shares[i].weight) || shares[i].weight < 0) {
      g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
          "classes: the weight of class %d in a sample is %g; weights are finite, from 0 on, and "
          "together 1",
          shares[i].label, shares[i].weight);
      return FALSE;
    }
    sum += shares[i].weight;
  }
  if (fabs (sum - 1) <= WEIGHTS_TOLERANCE)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "classes: the weights of the %u classes of a sample are together %g; they have to be 1", n,
      sum);
  return FALSE;
}

gboolean
gen_trainer_check_shares (
    const GenTrainer *trainer, const GenClassShare *shares, guint n, GError **error)
{
  if (!check_mixed (trainer, n, error))
    return FALSE;
  if (!is_taught (trainer))
    return TRUE;
  for (guint i = 0; i < n; i++)
    if (!gen_trainer_check_label (trainer, shares[i].label, error))
      return FALSE;
  return check_weights (shares, n, error);
}

gsize
gen_trainer_latent_size (const GenTrainer *trainer)
{
  const GenGraph *net = trainer->nets[trainer->settings.recipe->latent_net];
  const GenTensor *input = g_ptr_array_index (net->inputs, 0);

  if (trainer->settings.recipe->made_of == GEN_MADE_OF_SAMPLES)
    return gen_trainer_sample_size (trainer);
  return gen_shape_product (&input->shape, 1, input->shape.rank);
}

gsize
gen_trainer_sample_size (const GenTrainer *trainer)
{
  return gen_shape_product (&trainer->samples, 1, trainer->samples.rank);
}

guint
gen_trainer_n_frames (const GenTrainer *trainer)
{
  return MAX (trainer->settings.recipe->frames, 1);
}

gsize
gen_trainer_frame_size (const GenTrainer *trainer)
{
  return gen_trainer_sample_size (trainer) / gen_trainer_n_frames (trainer);
}

void
gen_trainer_range (const GenTrainer *trainer, float *low, float *high)
{
  gen_step_net_range (find_data_net (trainer), low, high);
}

/* --- steps --- */

/* A scale only falls where an update was left out. */
static void
note_scale (GenTrainerScaling *scaling, const GenBinding *output)
{
  const double scale = *(const float *)output->data;

  scaling->skipped += scale < scaling->scale;
  scaling->scale = scale;
}

static void
note_scales (
    GenTrainer *trainer, const GenStepGraph *built, GenPlan *plan, GenTrainerFigures *figures)
{
  figures->skipped = 0;
  for (guint i = 0; i < GEN_RECIPE_MAX_NETS; i++) {
    GenTrainerScaling *scaling = &trainer->scaling[i];
    const int output = built->scales[i];

    if (output >= 0)
      note_scale (scaling, gen_plan_output (plan, (guint)output));
    figures->scales[i] = scaling->scale;
    figures->skipped += scaling->skipped;
  }
}

/* A step that overflows is left out, and the next one has a smaller scale; that it is down to the
 * least says that scaling is not the reason. */
static gboolean
check_scales (const GenTrainer *trainer, const GenTrainerFigures *figures, GError **error)
{
  for (guint i = 0; i < trainer->training.n_nets; i++) {
    if (trainer->training.scales[i] < 0 || figures->scales[i] >= GEN_LOSS_SCALING_LEAST)
      continue;
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED,
        "training diverged at step %" G_GINT64_FORMAT
        ": the %s's loss or its gradients are beyond float16 even if the loss is scaled by no more "
        "than %d; precision=bf16, or a smaller learning-rate than %g, may help",
        trainer->step, trainer->settings.recipe->nets[i].role->name, GEN_LOSS_SCALING_LEAST,
        gen_trainer_get_learning_rate (trainer));
    return FALSE;
  }
  return TRUE;
}

void
gen_trainer_bind_classes (
    const GenStepGraph *built, GenPlan *plan, const gint64 *labels, gsize batch)
{
  const gsize classes = (gsize)built->classes;
  float *shares;

  gen_plan_bind_input (plan, (guint)built->shares, NULL);
  shares = gen_plan_input (plan, (guint)built->shares)->data;
  memset (shares, 0, batch * classes * sizeof (float));
  for (gsize i = 0; i < batch; i++)
    shares[i * classes + (labels != NULL ? (gsize)labels[i] : 0)] = 1;
}

/* What others wait for in a run that has failed here does not come. */
static gboolean
run_plan (const GenTrainer *trainer, GenPlan *plan, GError **error)
{
  GenExchange *exchange = trainer->settings.exchange;
  g_autoptr (GError) failure = NULL;

  if (exchange == NULL)
    return gen_plan_run (plan, error);
  if (gen_plan_run (plan, &failure))
    return gen_exchange_check (exchange, error);
  gen_exchange_give_up (exchange, failure);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* Figures are those of all members. */
static gboolean
average_figures (const GenTrainer *trainer, GenTrainerFigures *figures, GError **error)
{
  GenExchange *exchange = trainer->settings.exchange;
  const guint n = gen_exchange_size (exchange);
  double (*all)[GEN_RECIPE_MAX_FIGURES];
  gboolean gathered;

  if (exchange == NULL)
    return TRUE;
  all = g_malloc_n (n, sizeof *all);
  gathered = gen_exchange_gather (exchange, figures->values, sizeof *all, all, error);
  for (guint i = 0; gathered && i < GEN_RECIPE_MAX_FIGURES; i++) {
    double sum = 0;

    for (guint k = 0; k < n; k++)
      sum += all[k][i];
    figures->values[i] = sum / n;
  }
  g_free (all);
  return gathered;
}

/* With the samples that are bound. */
static gboolean
make_step (GenTrainer *trainer, GenTrainerFigures *figures, GError **error)
{
  GenLazyPenalty *penalty = &trainer->penalty;
  const gboolean pays = gen_lazy_penalty_is_due (penalty, gen_trainer_steps (trainer));
  const GenStepGraph *built = pays ? &penalty->built : &trainer->training;
  GenPlan *plan = pays ? penalty->plan : trainer->plan;

  if (pays && !gen_lazy_penalty_borrow (penalty, trainer->plan, &trainer->training, error))
    return FALSE;
  gen_plan_set_draw (plan, gen_trainer_steps (trainer));
  if (!run_plan (trainer, plan, error) ||
      (pays && !gen_lazy_penalty_give_back (penalty, trainer->plan, error)))
    return FALSE;
  trainer->step++;
  gen_trainer_read_figures (built, plan, (gsize)trainer->settings.batch_size, figures->values);
  if (!average_figures (trainer, figures, error))
    return FALSE;
  note_scales (trainer, built, plan, figures);
  if (gen_loss_scaling_wanted (&trainer->settings))
    return check_scales (trainer, figures, error);
  return gen_trainer_check_figures (trainer, built, plan, figures->values, error);
}

gboolean
gen_trainer_step (GenTrainer *trainer, const float *samples, const gint64 *labels,
    GenTrainerFigures *figures, GError **error)
{
  gen_plan_bind_input (trainer->plan, (guint)trainer->training.samples, samples);
  if (trainer->training.labels >= 0)
    gen_plan_bind_input (trainer->plan, (guint)trainer->training.labels, labels);
  if (trainer->training.shares >= 0)
    gen_trainer_bind_classes (
        &trainer->training, trainer->plan, labels, (gsize)trainer->settings.batch_size);
  return make_step (trainer, figures, error);
}

/* A feed for an input of the step, where it has it (-1: not). */
static gboolean
feed_input (GenTrainer *trainer, int input, GenFeed **feed, GError **error)
{
  if (input < 0)
    return TRUE;
  *feed = gen_feed_new (trainer->plan, (guint)input, error);
  return *feed != NULL;
}

gboolean
gen_trainer_batch_init (GenTrainer *trainer, GenTrainerBatch *batch, GError **error)
{
  *batch = (GenTrainerBatch){ NULL };
  return feed_input (trainer, trainer->training.samples, &batch->samples, error) &&
         feed_input (trainer, trainer->training.labels, &batch->labels, error) &&
         feed_input (trainer, trainer->training.shares, &batch->shares, error);
}

void
gen_trainer_batch_clear (GenTrainerBatch *batch)
{
  g_clear_pointer (&batch->samples, gen_feed_free);
  g_clear_pointer (&batch->labels, gen_feed_free);
  g_clear_pointer (&batch->shares, gen_feed_free);
}

gboolean
gen_trainer_batch_send (GenTrainerBatch *batch, GError **error)
{
  return gen_feed_send (batch->samples, error) &&
         (batch->labels == NULL || gen_feed_send (batch->labels, error)) &&
         (batch->shares == NULL || gen_feed_send (batch->shares, error));
}

gboolean
gen_trainer_step_batch (
    GenTrainer *trainer, GenTrainerBatch *batch, GenTrainerFigures *figures, GError **error)
{
  gen_plan_bind_feed (trainer->plan, batch->samples);
  if (batch->labels != NULL)
    gen_plan_bind_feed (trainer->plan, batch->labels);
  if (batch->shares != NULL)
    gen_plan_bind_feed (trainer->plan, batch->shares);
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
  *(float *)gen_plan_input (trainer->plan, (guint)trainer->training.rate)->data =
      (float)learning_rate;
}

double
gen_trainer_get_learning_rate (const GenTrainer *trainer)
{
  return *(const float *)gen_plan_input (trainer->plan, (guint)trainer->training.rate)->data;
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
  guint n = 0;

  for (guint i = 0; i < trainer->training.n_nets; i++)
    n += trainer->training.weights[i]->len;
  return n;
}

const GenBinding *
gen_trainer_weight (const GenTrainer *trainer, guint i)
{
  const GPtrArray *const *weights = (const GPtrArray *const *)trainer->training.weights;
  const GenWeight *weight;

  for (; i >= (*weights)->len; weights++)
    i -= (*weights)->len;
  weight = g_ptr_array_index (*weights, i);
  return gen_plan_find (trainer->plan, weight->state);
}

void
gen_trainer_states_changed (GenTrainer *trainer)
{
  read_states (trainer);
  trainer->made.filled = trainer->measured.filled = FALSE;
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
