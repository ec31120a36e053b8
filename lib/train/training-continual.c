/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-continual.h"

#include <math.h>
#include <string.h>

#include <generative/exchange.h>
#include <generative/parameters.h>

#include "checkpoint-files.h"
#include "grow.h"
#include "trainer-private.h"

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING, format, arguments);
  va_end (arguments);
  return FALSE;
}

static gboolean
retains (const GenTrainingSettings *settings)
{
  return settings->trainer.retention != &gen_retention_none;
}

gboolean
gen_training_continual_keeps (const GenTrainingSettings *settings)
{
  return retains (settings) || settings->replay != GEN_REPLAY_NONE || settings->keep_classes;
}

void
gen_training_continual_take_off (GenTrainingSettings *settings)
{
  g_auto (GenTrainingSettings) none = { 0 };
  static const char *const names[] = { "keep-classes", "retain", "retain-weight",
    "retain-temperature", "replay", "replay-share", "replay-model", "memory-samples",
    "memory-policy", "importance-samples", "importance-decay" };
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  gen_training_settings_init (&none);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const GenSetting *setting = gen_setting_find (list, n, names[i], NULL);

    gen_setting_set (settings, setting, gen_setting_get (&none, setting), NULL);
  }
}

/* --- what is asked for --- */

static gboolean
is_folder (const char *path)
{
  return path != NULL && g_file_test (path, G_FILE_TEST_IS_DIR);
}

static guint
count_replayed (const GenTrainingSettings *settings)
{
  if (settings->replay == GEN_REPLAY_NONE)
    return 0;
  return (guint)lround (settings->replay_share * settings->trainer.batch_size);
}

guint
gen_training_continual_fresh (const GenTrainingSettings *settings)
{
  return (guint)settings->trainer.batch_size - count_replayed (settings);
}

/* The number nearest to `n` of which each of `members` can have as many, some of `batch` and not
 * all. */
static guint
find_even (guint n, guint batch, guint members)
{
  return CLAMP ((n + members / 2) / members * members, members, MAX (batch - members, members));
}

static gboolean
check_replay (const GenTrainingSettings *settings, GError **error)
{
  const guint n = count_replayed (settings), batch = (guint)settings->trainer.batch_size;
  const guint members = gen_exchange_size (settings->trainer.exchange);

  if (settings->replay == GEN_REPLAY_NONE)
    return TRUE;
  if (n < 1 || n >= batch)
    return fail (error,
        "replay-share: %g of a batch of %d are %u, and some are to come again and some are to be "
        "new",
        settings->replay_share, settings->trainer.batch_size, n);
  if (n % members != 0)
    return fail (error,
        "replay-share: %g of a batch of %u are %u samples, which are not the same number for each "
        "of %u parts of it; %g, which are %u, would be",
        settings->replay_share, batch, n, members, (double)find_even (n, batch, members) / batch,
        find_even (n, batch, members));
  if (settings->replay == GEN_REPLAY_MEMORY && settings->replay_model != NULL)
    return fail (error, "replay-model: replay=memory has samples that were kept; generator has "
                        "those that a model makes");
  if (settings->replay == GEN_REPLAY_MEMORY && !is_folder (settings->weights))
    return fail (error, "replay: memory takes samples that an earlier training has kept; weights "
                        "must name its folder");
  if (settings->replay == GEN_REPLAY_GENERATOR && settings->replay_model == NULL &&
      !is_folder (settings->weights))
    return fail (error, "replay: generator wants one that has learned what was there before; "
                        "replay-model names it, or weights the folder of its training");
  return TRUE;
}

gboolean
gen_training_continual_resolve (GenTrainingSettings *settings, GError **error)
{
  const GenRetention *retention = settings->trainer.retention;

  if (retains (settings) && settings->weights == NULL &&
      !gen_training_settings_has_models (settings) &&
      !gen_training_settings_begin_as_teacher (settings))
    return fail (error,
        "retain: %s keeps what nets could do before, and fresh ones could do nothing; weights, or "
        "generator-model and the like, say what to begin with",
        retention->name);
  if (retention->measured && !is_folder (settings->weights))
    return fail (error,
        "retain: %s wants to know how important weights were; weights must name the folder of a "
        "training that has measured it by importance-samples",
        retention->name);
  if (settings->keep_classes && settings->weights == NULL)
    return fail (error, "keep-classes: weights says whose classes are kept");
  if (settings->trainer.adapter->adapts && retains (settings))
    return fail (error,
        "retain: %s holds weights that are trained, and adapter=%s trains none of those that there "
        "were: at scale 0 nothing is forgotten",
        retention->name, settings->trainer.adapter->name);
  return check_replay (settings, error);
}

/* --- how much weights count --- */

/* Whether `of` was measured of what `to` begins with, where that is `kept`. */
static gboolean
is_of (const GenImportanceOf *of, const GenTensor *to, const float *kept)
{
  const gsize n = (gsize)gen_shape_elements (&to->shape);
  const float *now = gen_tensor_constant (to);
  g_autofree float *were = NULL;

  if (!gen_grow_covers (&to->shape, &of->shape))
    return FALSE;
  were = g_memdup2 (now, n * sizeof *now);
  gen_grow_copy (were, &to->shape, g_bytes_get_data (of->weights, NULL), &of->shape);
  for (gsize i = 0; i < n; i++)
    if (kept[i] != 0 && were[i] != now[i])
      return FALSE;
  return TRUE;
}

static gboolean
is_fresh (const float *kept, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (kept[i] != 0)
      return FALSE;
  return TRUE;
}

/* What was measured, of the shape that `to` has now. */
static gboolean
take_measured (GenImportance *taken, const char *name, const GenTensor *to, const float *kept,
    const GenImportance *measured, const char *path, GError **error)
{
  const GenImportanceOf *of = gen_importance_find (measured, name);
  const gsize n = (gsize)gen_shape_elements (&to->shape);
  float *numbers;

  if (is_fresh (kept, n)) {
    gen_importance_set (
        taken, name, &to->shape, g_bytes_new_take (g_new0 (float, n), n * sizeof *numbers), NULL);
    return TRUE;
  }
  if (of == NULL || !is_of (of, to, kept))
    return fail (error,
        "retain: '%s' is of other weights than those that the nets begin with, such as '%s': it is "
        "measured at the end of a training, and for what that has written then",
        path, name);
  numbers = g_new0 (float, n);
  gen_grow_copy (numbers, &to->shape, g_bytes_get_data (of->numbers, NULL), &of->shape);
  for (gsize i = 0; i < n; i++)
    numbers[i] *= kept[i];
  gen_importance_set (
      taken, name, &to->shape, g_bytes_new_take (numbers, n * sizeof *numbers), NULL);
  return TRUE;
}

static gboolean
take_of_net (GenImportance *taken, const GenGraph *net, const char *role, const GenImportance *kept,
    const GenImportance *measured, const char *path, GError **error)
{
  g_autoptr (GArray) list = gen_parameters_list (net, role, NULL);

  for (guint i = 0; i < list->len; i++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, i);
    g_autofree char *name = g_strconcat (role, ".", parameter->tensor->name, NULL);

    if (!parameter->statistic &&
        !take_measured (taken, name, parameter->tensor,
            g_bytes_get_data (gen_importance_find (kept, name)->numbers, NULL), measured, path,
            error))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_training_continual_weigh (GenGraph *const *nets, const GenTrainingSettings *settings,
    const GenStartingKept *kept, GenImportance **importance, GError **error)
{
  const GenRecipeNet *of = settings->trainer.recipe->nets;
  g_autoptr (GenImportance) measured = NULL, taken = NULL;
  g_autofree char *path = NULL;

  *importance = NULL;
  /* Models that are given whole are as they were. */
  if (!retains (settings) || settings->weights == NULL)
    return TRUE;
  if (!settings->trainer.retention->measured) {
    *importance = gen_importance_ref (kept->importance);
    return TRUE;
  }
  path = g_build_filename (settings->weights, GEN_CHECKPOINT_IMPORTANCE, NULL);
  measured = gen_importance_load (path, error);
  if (measured == NULL) {
    g_prefix_error (error,
        "retain: %s wants what importance-samples measures: ", settings->trainer.retention->name);
    return FALSE;
  }
  taken = gen_importance_new ();
  for (guint i = 0; of[i].role != NULL; i++)
    if (!take_of_net (taken, nets[i], of[i].role->name, kept->importance, measured, path, error))
      return FALSE;
  *importance = g_steal_pointer (&taken);
  return TRUE;
}

/* --- what is kept and comes again --- */

/* What an earlier training has kept is of classes by the numbers of its data, which those of this
 * one's have too unless classes are kept. */
static gboolean
check_kept_classes (const GenSampleMemory *memory, const GenTrainer *trainer,
    const GenTrainingSettings *settings, GError **error)
{
  if (gen_training_continual_keeps (settings) || gen_trainer_classes (trainer) == 0)
    return TRUE;
  for (gsize i = 0; i < gen_sample_memory_count (memory); i++)
    if (gen_sample_memory_label (memory, i) >= 0)
      return fail (error,
          "'%s' has kept samples by the numbers that classes have there, and this data may have "
          "others of the same numbers; with keep-classes=true classes have the numbers of before, "
          "and those that are new follow",
          settings->weights);
  return TRUE;
}

gboolean
gen_training_continual_remember (
    GenTrainer *trainer, const GenTrainingSettings *settings, GError **error)
{
  const GenShape *batch = gen_trainer_sample_shape (trainer);
  GenShape shape = { .rank = batch->rank - 1 };
  g_autoptr (GenSampleMemory) memory = NULL;
  g_autoptr (GenSafetensors) file = NULL;
  g_autofree char *path = NULL;
  float low, high;

  if (settings->memory_samples == 0)
    return TRUE;
  memcpy (shape.dims, batch->dims + 1, (gsize)shape.rank * sizeof *shape.dims);
  gen_trainer_range (trainer, &low, &high);
  memory = gen_sample_memory_new (
      settings->memory_samples, (GenMemoryPolicy)settings->memory_policy, &shape, low, high);
  if (!settings->resume && is_folder (settings->weights)) {
    path = g_build_filename (settings->weights, GEN_CHECKPOINT_STATE, NULL);
    if (g_file_test (path, G_FILE_TEST_EXISTS) &&
        (file = gen_safetensors_load (path, error)) == NULL)
      return FALSE;
    if (file != NULL && gen_sample_memory_is_in (file) &&
        (!gen_sample_memory_load (memory, file, path, 1, error) ||
            !check_kept_classes (memory, trainer, settings, error))) {
      g_prefix_error_literal (error, "memory-samples: ");
      return FALSE;
    }
  }
  gen_trainer_set_memory (trainer, g_steal_pointer (&memory));
  return TRUE;
}

/* The generator of the training that the nets begin as: its average, where it had one. (transfer
 * full) */
static char *
find_generator (const GenTrainingSettings *settings)
{
  g_autofree char *average = NULL;

  if (settings->replay_model != NULL)
    return g_strdup (settings->replay_model);
  average = gen_checkpoint_model (settings->weights, NULL);
  if (g_file_test (average, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&average);
  return gen_checkpoint_model (settings->weights,
      settings->trainer.recipe == &gen_recipe_variational ? &gen_net_role_decoder
                                                          : &gen_net_role_generator);
}

/* That a folder of weights has none says nothing of what to do. */
static gboolean
check_generator (const GenTrainingSettings *settings, const char *path, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);

  if (settings->replay_model != NULL || g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  return fail (error,
      "replay: '%s' has no %s; generator wants a model that makes samples of what was there "
      "before, and replay-model names it, such as the generator.onnx of a gantrainer that has "
      "learned from the same data",
      settings->weights, name);
}

gboolean
gen_training_continual_replay (
    GenTrainer *trainer, const GenTrainingSettings *settings, GenReplay **replay, GError **error)
{
  const guint n = count_replayed (settings) / gen_exchange_size (settings->trainer.exchange);
  g_autofree char *path = NULL;

  *replay = NULL;
  if (n == 0)
    return TRUE;
  if (settings->replay == GEN_REPLAY_MEMORY) {
    *replay = gen_replay_new_memory (trainer, settings->weights, n, error);
    return *replay != NULL;
  }
  path = find_generator (settings);
  if (!check_generator (settings, path, error))
    return FALSE;
  *replay = gen_replay_new_generator (
      trainer, path, n, gen_trainer_settings (trainer)->retain_classes, error);
  return *replay != NULL;
}

/* --- at the end --- */

/* What was measured of those before, to which what is measured now is added. */
static gboolean
carry (GenImportance *importance, const GenTrainingSettings *settings, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GenImportance) earlier = NULL;

  if (!is_folder (settings->weights) || settings->importance_decay == 0)
    return TRUE;
  path = g_build_filename (settings->weights, GEN_CHECKPOINT_IMPORTANCE, NULL);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  earlier = gen_importance_load (path, error);
  if (earlier == NULL)
    return FALSE;
  gen_importance_carry (importance, earlier, settings->importance_decay);
  return TRUE;
}

/* Samples of this training that are kept. */
typedef struct {
  GArray *samples; /* float */
  GArray *labels;  /* gint64 */
} Recent;

static Recent
find_recent (const GenTrainer *trainer, guint most)
{
  const GenSampleMemory *memory = trainer->memory;
  Recent recent = { g_array_new (FALSE, FALSE, sizeof (float)),
    g_array_new (FALSE, FALSE, sizeof (gint64)) };

  for (gsize i = 0; i < gen_sample_memory_count (memory) && recent.labels->len < most; i++) {
    const gint64 label = gen_sample_memory_label (memory, i);

    if (gen_sample_memory_age (memory, i) > 0)
      continue;
    g_array_append_vals (recent.samples, gen_sample_memory_sample (memory, i),
        (guint)gen_trainer_sample_size (trainer));
    g_array_append_val (recent.labels, label);
  }
  return recent;
}

static gboolean
measure (
    GenTrainer *trainer, const GenTrainingSettings *settings, const Recent *recent, GError **error)
{
  g_autofree char *path = g_build_filename (settings->checkpoint, GEN_CHECKPOINT_IMPORTANCE, NULL);
  g_autoptr (GenImportance) importance = NULL;

  if (recent->labels->len == 0)
    return fail (error, "no sample of this training is kept over which it could be measured");
  importance =
      gen_trainer_measure_importance (trainer, (const float *)(void *)recent->samples->data,
          gen_trainer_classes (trainer) > 0 ? (const gint64 *)(void *)recent->labels->data : NULL,
          recent->labels->len, error);
  return importance != NULL && carry (importance, settings, error) &&
         gen_importance_save (importance, path, error);
}

gboolean
gen_training_continual_is_weighed (const GenTrainingSettings *settings)
{
  g_autofree char *path = NULL;

  if (settings->checkpoint == NULL)
    return FALSE;
  path = g_build_filename (settings->checkpoint, GEN_CHECKPOINT_IMPORTANCE, NULL);
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

gboolean
gen_training_continual_weigh_after (
    GenTrainer *trainer, const GenTrainingSettings *settings, const GenTrainingEvents *events)
{
  g_autoptr (GError) error = NULL;
  gboolean measured;
  Recent recent;

  if (settings->importance_samples == 0 || trainer->memory == NULL)
    return TRUE;
  recent = find_recent (trainer, settings->importance_samples);
  measured = measure (trainer, settings, &recent, &error);
  if (measured)
    gen_training_tell (events, "importance-samples: the importance of weights was measured over %u",
        recent.labels->len);
  g_array_unref (recent.samples);
  g_array_unref (recent.labels);
  if (measured || g_error_matches (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STOPPED))
    return TRUE;
  gen_training_fail (events, GEN_TRAINING_ERROR_FAILED, "importance-samples: %s", error->message);
  return FALSE;
}
