/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-nets.h"

#include <generative/onnx.h>
#include <generative/parameters.h>

#include "checkpoint-files.h"
#include "sample-frames.h"
#include "training-adapters.h"
#include "training-continual.h"
#include "starting-weights.h"
#include "trainer-private.h"
#include "training-uses.h"

/* The best device that works. One that is there and fails is worth a word, one that is not is
 * not. */
static const GenDevice *
find_best_device (const GenTrainingEvents *events)
{
  for (const GenDevice *const *device = gen_device_list (); *device != NULL; device++) {
    g_autoptr (GError) error = NULL;

    if ((*device)->available (&error))
      return *device;
    g_debug ("device=auto passes over %s: %s", (*device)->name, error->message);
    if (g_error_matches (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED) &&
        events->callbacks.fell_back != NULL)
      events->callbacks.fell_back (error, events->data);
  }
  return &gen_device_cpu;
}

/* Whether any device will do. */
static gboolean
is_any_device (const GenTrainingSettings *settings)
{
  return settings->device == 0;
}

/* Nets that do not say at which rate their sounds play play at that of the data. */
static void
note_rate (GenGraph *net, const GenFormat *format)
{
  if (format->rate > 0 && !g_hash_table_contains (net->metadata, "generative.sample-rate"))
    g_hash_table_insert (
        net->metadata, g_strdup ("generative.sample-rate"), g_strdup_printf ("%d", format->rate));
}

/* --- what is trained --- */

/* The nets, in the recipe's order. */
typedef struct {
  GenGraph *graphs[GEN_RECIPE_MAX_NETS];
} Nets;

static void
nets_clear (Nets *nets)
{
  for (guint i = 0; i < GEN_RECIPE_MAX_NETS; i++)
    g_clear_pointer (&nets->graphs[i], gen_graph_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Nets, nets_clear)

/* Its place among the roles. */
static guint
find_role (const GenNetRole *role)
{
  guint i = 0;

  while (gen_net_role_list ()[i] != role)
    i++;
  return i;
}

/* Models are given for all nets of the recipe, and for no others. */
static gboolean
check_models (const GenTrainingSettings *settings, GError **error)
{
  const GenRecipe *recipe = settings->trainer.recipe;
  const GenNetRole *const *roles = gen_net_role_list ();

  for (guint i = 0; roles[i] != NULL; i++) {
    gboolean wanted = FALSE;

    for (guint k = 0; recipe->nets[k].role != NULL; k++)
      wanted = wanted || recipe->nets[k].role == roles[i];
    if (wanted == (settings->models[i] != NULL))
      continue;
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        wanted ? "%s-model: recipe %s wants a model of each of its nets, or of none"
               : "%s-model: recipe %s has no such net",
        roles[i]->name, recipe->name);
    return FALSE;
  }
  return TRUE;
}

/* Whether there is a moving average for nets to begin with. */
static gboolean
check_average (const GenTrainingSettings *settings, GError **error)
{
  const GenRecipe *recipe = settings->trainer.recipe;

  if (!settings->weights_average ||
      (gen_recipe_averaged_net (recipe) >= 0 && settings->weights != NULL &&
          g_file_test (settings->weights, G_FILE_TEST_IS_DIR)))
    return TRUE;
  if (gen_recipe_averaged_net (recipe) < 0)
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "weights-average: recipe %s has no moving average", recipe->name);
  else
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "weights-average: weights must name the folder of a training, whose moving average is "
        "begun with");
  return FALSE;
}

/* Whether the nets of the recipe are said, as far as that can be told before the data comes. */
static gboolean
check_nets (const GenTrainingSettings *settings, GError **error)
{
  if (gen_training_settings_has_models (settings))
    return check_models (settings, error);
  return !settings->trainer.recipe->any_preset ||
         gen_training_settings_preset (settings, settings->preset->medium, error) != NULL;
}

gboolean
gen_training_nets_resolve (
    GenTrainingSettings *settings, const GenTrainingEvents *events, GError **error)
{
  gen_training_settings_follow_preset (settings);
  settings->options.seed = settings->trainer.seed;
  settings->trainer.optimizer_settings.warm_up =
      settings->rate.warm_up / (guint64)MAX (settings->trainer.accumulate, 1);
  settings->trainer.precision =
      settings->precision == 0 ? GEN_PRECISION_TF32 : (GenPrecision)(settings->precision - 1);
  settings->trainer.device = is_any_device (settings)
                                 ? find_best_device (events)
                                 : gen_device_find (gen_training_settings_device (settings), error);
  settings->trainer.recipe = gen_training_settings_recipe (settings);
  return settings->trainer.device != NULL && check_nets (settings, error) &&
         check_average (settings, error) && gen_training_adapters_resolve (settings, error) &&
         gen_training_continual_resolve (settings, error);
}

static gboolean
load_graphs (const GenTrainingSettings *settings, Nets *nets, GError **error)
{
  const GenRecipeNet *wanted = settings->trainer.recipe->nets;

  for (guint i = 0; wanted[i].role != NULL; i++) {
    const char *path = settings->models[find_role (wanted[i].role)];

    nets->graphs[i] = gen_onnx_load (path, error);
    if (nets->graphs[i] == NULL)
      return FALSE;
    gen_parameters_settle (nets->graphs[i]);
    if (!gen_parameters_check_finite (nets->graphs[i], path, error)) {
      g_prefix_error (error, "%s-model: ", wanted[i].role->name);
      return FALSE;
    }
  }
  return TRUE;
}

/* The number of net `i` of the recipe among those of the preset. */
static guint
find_in_preset (const GenRecipe *recipe, const GenPreset *preset, guint i)
{
  return recipe->any_preset ? (guint)gen_recipe_averaged_net (preset->recipe) : i;
}

static gboolean
draw_graphs (const GenTrainingSettings *settings, Nets *nets, GError **error)
{
  const GenRecipe *recipe = settings->trainer.recipe;
  const GenPreset *preset = settings->preset;
  GenPresetOptions options = settings->options;

  if (!gen_training_uses_check (settings, error))
    return FALSE;
  options.format = settings->trainer.format;
  if (settings->trainer.tokenizer != NULL) {
    options.codes = (int)settings->trainer.tokenizer->codes;
    options.tokens = (int)settings->trainer.tokenizer->tokens;
  }
  for (guint i = 0; i < gen_recipe_n_nets (recipe); i++) {
    const GenPresetNet draw = preset->nets[find_in_preset (recipe, preset, i)];

    if ((nets->graphs[i] = draw (&options, error)) == NULL)
      return FALSE;
  }
  return TRUE;
}

/* Sounds of data that does not say how long they are. */
static void
set_length (GenTrainingSettings *settings, const GenPreset *preset)
{
  GenFormat *format = &settings->trainer.format;
  int length = settings->length;

  if (format->medium != &gen_medium_sound || format->length > 0)
    return;
  if (length == 0 && preset != NULL)
    length = gen_preset_length (preset);
  format->length = (gsize)length;
}

static gboolean
make_graphs (GenTrainingSettings *settings, const GenGraph *teacher, Nets *nets, GError **error)
{
  const GenPreset *preset;

  if (gen_training_settings_begin_as_teacher (settings)) {
    set_length (settings, NULL);
    nets->graphs[0] = gen_graph_copy (teacher);
    gen_parameters_settle (nets->graphs[0]);
    return TRUE;
  }
  if (gen_training_settings_has_models (settings)) {
    set_length (settings, NULL);
    return load_graphs (settings, nets, error);
  }
  /* What was said stays where it is wrong, as data that comes again may ask again. */
  preset = gen_training_settings_preset (settings, settings->trainer.format.medium, error);
  if (preset == NULL)
    return FALSE;
  settings->preset = preset;
  set_length (settings, preset);
  return draw_graphs (settings, nets, error);
}

/* The net that a student learns from, where one does. */
static gboolean
load_teacher (const GenTrainingSettings *settings, GenGraph **teacher, GError **error)
{
  const char *path = settings->trainer.teacher_model;

  *teacher = path != NULL ? gen_onnx_load (path, error) : NULL;
  if (path == NULL || (*teacher != NULL && gen_parameters_check_finite (*teacher, path, error)))
    return TRUE;
  g_prefix_error_literal (error, "teacher-model: ");
  return FALSE;
}

/* What makes codes of samples, where nets see these. */
static gboolean
load_tokenizer (const GenTrainingSettings *settings, GenTokenizer **tokenizer, GError **error)
{
  const char *folder = settings->trainer.tokenizer_folder;

  *tokenizer = folder != NULL ? gen_tokenizer_load (folder, error) : NULL;
  if (folder == NULL || *tokenizer != NULL)
    return gen_tokenizer_check (settings->trainer.recipe, *tokenizer, error);
  g_prefix_error_literal (error, "tokenizer: ");
  return FALSE;
}

/* A trainer on the device; where that fails and any will do, on the CPU. */
static GenTrainer *
make_trainer (GenTrainingSettings *settings, const GenTrainingEvents *events, GenGraph *const *nets,
    GError **error)
{
  g_autoptr (GError) failure = NULL;
  GenTrainer *trainer = gen_trainer_new (nets, &settings->trainer, &failure);

  if (trainer != NULL)
    return trainer;
  if (failure->domain != GEN_DEVICE_ERROR || !is_any_device (settings) ||
      settings->trainer.device == &gen_device_cpu) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return NULL;
  }
  g_debug ("falls back to the CPU: %s", failure->message);
  if (events->callbacks.fell_back != NULL)
    events->callbacks.fell_back (failure, events->data);
  settings->trainer.device = &gen_device_cpu;
  return gen_trainer_new (nets, &settings->trainer, error);
}

/* Whether the nets are for the data. A model of sounds need not say their rate, nor data of them
 * their length. */
static gboolean
fit_format (const GenTrainer *trainer, GenFormat *format, GError **error)
{
  GenFormat taken = gen_trainer_format (trainer);
  g_autofree char *takes = NULL, *has = NULL;
  const GenRecipe *recipe;

  if (taken.rate == 0)
    taken.rate = format->rate;
  if (format->length == 0)
    format->length = taken.length;
  if (gen_format_equal (&taken, format))
    return TRUE;
  takes = gen_format_describe (&taken);
  has = gen_format_describe (format);
  recipe = gen_trainer_settings (trainer)->recipe;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s takes %s of %s, but the data is %s of %s",
      recipe->coded ? "tokenizer" : recipe->nets[recipe->data_net].role->name, taken.medium->plural,
      takes, format->medium->plural, has);
  return FALSE;
}

/* What the nets begin with. The state of a training that goes on has what is trained of them, and
 * the models what is not, and which codes they were taught. */
static gboolean
start_weights (const GenTrainingSettings *settings, const GenTrainingEvents *events,
    GenGraph *const *nets, GenStartingKept *kept, GError **error)
{
  const GenTrainerSettings *trainer = &settings->trainer;
  const gboolean keeps = gen_training_continual_keeps (settings);

  if ((!settings->resume || trainer->adapter->adapts || keeps) && settings->weights != NULL &&
      !gen_starting_weights_take (nets, trainer, settings->weights, settings->weights_average,
          events, keeps ? kept : NULL, error))
    return FALSE;
  /* What it is held to, and what stays, is as it was at the beginning. */
  if (keeps) {
    for (guint i = 0; settings->weights == NULL && i < gen_recipe_n_nets (trainer->recipe); i++)
      gen_starting_kept_note (kept, nets[i]);
    return TRUE;
  }
  if (settings->resume && trainer->adapter->adapts)
    return gen_training_adapters_check (nets, settings, error);
  if (settings->resume && (trainer->trainable != NULL || trainer->tokenizer != NULL))
    return gen_starting_weights_restore (nets, trainer, settings->checkpoint, error);
  return TRUE;
}

/* Classes are what tells samples of one kind from those of the other. */
static gboolean
check_classes (const GenTrainingSettings *settings, GError **error)
{
  const int classes = settings->options.classes;

  if (settings->trainer.recipe->frames_of != GEN_FRAMES_OF_CLASSES || classes == 0 || classes == 2)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "classes: recipe %s is taught by samples of two classes, and the data has %d; a folder of "
      "two folders is wanted",
      settings->trainer.recipe->name, classes);
  return FALSE;
}

GenTrainer *
gen_training_nets_make (GenTrainingSettings *settings, const GenTrainingEvents *events,
    GenFormat *format, GError **error)
{
  g_auto (Nets) nets = { { NULL } };
  g_autoptr (GenGraph) teacher = NULL;
  g_autoptr (GenTokenizer) tokenizer = NULL;
  g_autoptr (GenTrainer) trainer = NULL;
  g_autoptr (GenImportance) as_before = gen_importance_new (), importance = NULL;
  g_autoptr (GChecksum) from = g_checksum_new (G_CHECKSUM_SHA256);
  GenStartingKept kept = { as_before, 0, from };
  GenFormat frame = *format;

  if (!check_classes (settings, error) || !load_teacher (settings, &teacher, error) ||
      !load_tokenizer (settings, &tokenizer, error) ||
      !gen_sample_frames_fit (&settings->trainer, &frame, error))
    return NULL;
  settings->trainer.format = frame;
  settings->trainer.tokenizer = tokenizer;
  if (!make_graphs (settings, teacher, &nets, error) ||
      !start_weights (settings, events, nets.graphs, &kept, error) ||
      !gen_training_continual_weigh (nets.graphs, settings, &kept, &importance, error)) {
    settings->trainer.tokenizer = NULL;
    return NULL;
  }
  for (guint i = 0; i < GEN_RECIPE_MAX_NETS; i++)
    if (nets.graphs[i] != NULL)
      note_rate (nets.graphs[i], format);
  settings->trainer.teacher = teacher;
  settings->trainer.importance = importance;
  settings->trainer.retain_classes = kept.classes;
  trainer = make_trainer (settings, events, nets.graphs, error);
  settings->trainer.teacher = NULL;
  settings->trainer.importance = NULL;
  settings->trainer.tokenizer = NULL;
  if (trainer == NULL || !fit_format (trainer, &frame, error))
    return NULL;
  gen_training_adapters_tell (trainer, settings, events);
  if (gen_training_continual_keeps (settings))
    trainer->began_as = g_strdup (g_checksum_get_string (from));
  format->length = frame.length;
  return g_steal_pointer (&trainer);
}

/* What the models in `folder` have become by the settings is in them already, so that nothing more
 * is done to their weights. */
static void
take_models (GenTrainingSettings *settings, const char *folder)
{
  const GenRecipe *recipe = settings->trainer.recipe;
  const int averaged = settings->trainer.ema > 0 ? gen_recipe_averaged_net (recipe) : -1;

  for (guint i = 0; recipe->nets[i].role != NULL; i++) {
    const GenNetRole *role = recipe->nets[i].role;
    char **model = &settings->models[find_role (role)];

    g_free (*model);
    *model = gen_checkpoint_model (folder, (int)i == averaged ? NULL : role);
  }
  g_clear_pointer (&settings->weights, g_free);
  settings->weights_average = FALSE;
  settings->resume = FALSE;
  settings->trainer.ema = 0;
  settings->trainer.average_target = FALSE;
  settings->trainer.spectral_norm = FALSE;
  settings->trainer.adapter = &gen_adapter_none;
  gen_training_continual_take_off (settings);
  settings->trainer.exchange = NULL;
}

GenTrainer *
gen_training_nets_load (const GenTrainingSettings *settings, const GenTrainingEvents *events,
    const GenFormat *format, const char *folder, GError **error)
{
  g_auto (GenTrainingSettings) loaded = { 0 };
  GenFormat of_data = *format;

  gen_training_settings_copy (settings, &loaded);
  take_models (&loaded, folder);
  return gen_training_nets_make (&loaded, events, &of_data, error);
}
