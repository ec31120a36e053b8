/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-adapters.h"

#include <string.h>

#include <generative/adapter-file.h>
#include <generative/parameters.h>

#include "checkpoint-files.h"

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

gboolean
gen_training_adapters_resolve (GenTrainingSettings *settings, GError **error)
{
  const GenAdapter *adapter = settings->trainer.adapter;
  GenAdapterSettings *of = &settings->trainer.adapter_settings;

  if (!adapter->adapts)
    return TRUE;
  if (settings->weights == NULL && !gen_training_settings_has_models (settings) &&
      !gen_training_settings_begin_as_teacher (settings))
    return fail (error,
        "adapter: %s stands beside weights that stay as they are, and those of fresh nets are "
        "random; weights, or generator-model and the like, say what to begin with",
        adapter->name);
  if (adapter->choose == NULL || of->steps > 0)
    return TRUE;
  if (settings->max_steps == 0)
    return fail (error,
        "adapter-budget-steps: how many steps it takes to come to the budget follows from "
        "max-steps, or has to be said");
  of->steps = MAX (settings->max_steps / 4 * 3, of->warm_up + 1);
  return TRUE;
}

/* What net number `i` of the recipe began as. */
static const char *
find_base (const GenTrainingSettings *settings, const GenNetRole *role)
{
  guint i = 0;

  if (settings->weights != NULL)
    return settings->weights;
  while (gen_net_role_list ()[i] != role)
    i++;
  return settings->models[i] != NULL ? settings->models[i] : settings->trainer.teacher_model;
}

gboolean
gen_training_adapters_check (
    GenGraph *const *nets, const GenTrainingSettings *settings, GError **error)
{
  const GenRecipeNet *of = settings->trainer.recipe->nets;

  for (guint i = 0; of[i].role != NULL; i++) {
    g_autofree char *name = gen_checkpoint_adapter_file (of[i].role);
    g_autofree char *path = g_build_filename (settings->checkpoint, name, NULL), *hash = NULL;
    g_autoptr (GenAdapterFile) file = NULL;
    const char *base = find_base (settings, of[i].role);

    if (!g_file_test (path, G_FILE_TEST_EXISTS))
      continue;
    file = gen_adapter_file_load (path, error);
    if (file == NULL)
      return FALSE;
    hash = gen_adapter_hash (nets[i]);
    if (!gen_adapter_file_check (file, nets[i], hash, base != NULL ? base : "the nets", error))
      return FALSE;
  }
  return TRUE;
}

static gint64
count_weights (const GenGraph *net)
{
  g_autoptr (GArray) list = gen_parameters_list (net, "", NULL);
  gint64 n = 0;

  for (guint i = 0; i < list->len; i++)
    if (!g_array_index (list, GenParameter, i).statistic)
      n += gen_shape_elements (&g_array_index (list, GenParameter, i).tensor->shape);
  return n;
}

void
gen_training_adapters_tell (
    GenTrainer *trainer, const GenTrainingSettings *settings, const GenTrainingEvents *events)
{
  const GenRecipeNet *of = gen_trainer_settings (trainer)->recipe->nets;

  for (guint i = 0; of[i].role != NULL; i++) {
    const GenGraph *net = gen_trainer_net (trainer, i);
    const gint64 all = count_weights (net), trained = gen_trainer_n_trained (trainer, i);

    gen_trainer_name_base (trainer, i, find_base (settings, of[i].role));
    if (!gen_trainer_is_adapted (trainer, i))
      continue;
    gen_training_tell (events,
        "adapter: of the %s %" G_GINT64_FORMAT " numbers are trained beside %" G_GINT64_FORMAT
        " (%.2f %%), which stay",
        of[i].role->name, trained, all, 100.0 * (double)trained / (double)all);
  }
}
