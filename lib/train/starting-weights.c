/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "starting-weights.h"

#include <generative/onnx.h>
#include <generative/parameters.h>

static char *
model_path (const char *folder, const GenNetRole *role)
{
  g_autofree char *file = g_strconcat (role->name, ".onnx", NULL);

  return g_build_filename (folder, file, NULL);
}

static gboolean
load (GPtrArray *models, const char *path, GError **error)
{
  GenGraph *model = gen_onnx_load (path, error);

  if (model == NULL)
    return FALSE;
  gen_parameters_settle (model);
  g_ptr_array_add (models, model);
  if (gen_parameters_check_finite (model, path, error))
    return TRUE;
  g_prefix_error_literal (error, "weights: ");
  return FALSE;
}

static gboolean
load_if_there (GPtrArray *models, const char *folder, const GenNetRole *role, GError **error)
{
  g_autofree char *path = model_path (folder, role);

  return !g_file_test (path, G_FILE_TEST_EXISTS) || load (models, path, error);
}

static gboolean
load_all (GPtrArray *models, const char *folder, GError **error)
{
  for (const GenNetRole *const *role = gen_net_role_list (); *role != NULL; role++)
    if (!load_if_there (models, folder, *role, error))
      return FALSE;
  return TRUE;
}

/* Where a net of `role` finds what it begins with: the model, or that of the same role in the
 * folder, or else those of all others there. */
static GPtrArray *
load_models (const char *location, const GenNetRole *role, GError **error)
{
  g_autoptr (GPtrArray) models = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_graph_unref);

  if (!g_file_test (location, G_FILE_TEST_IS_DIR))
    return load (models, location, error) ? g_steal_pointer (&models) : NULL;
  if (!load_if_there (models, location, role, error) ||
      (models->len == 0 && !load_all (models, location, error)))
    return NULL;
  if (models->len > 0)
    return g_steal_pointer (&models);
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
      "weights: '%s' has no model of a training, such as encoder.onnx", location);
  return NULL;
}

/* "head.weight, head.bias" */
static char *
name_some (const GPtrArray *names)
{
  const guint shown = names->len <= 4 ? names->len : 3;
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < shown; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", (const char *)names->pdata[i]);
  if (shown < names->len)
    g_string_append_printf (text, " and %u more", names->len - shown);
  return g_string_free (text, FALSE);
}

static void
tell (const GenTrainingEvents *events, const char *net, const char *location, guint n,
    const GPtrArray *left)
{
  g_autofree char *some = name_some (left);

  if (left->len == 0)
    gen_training_tell (
        events, "weights: the %s begins with all %u parameters as '%s' has them", net, n, location);
  else
    gen_training_tell (events,
        "weights: the %s begins with %u of %u parameters as '%s' has them; %s, of which that has "
        "none of the same name and shape, begin%s afresh",
        net, n - left->len, n, location, some, left->len == 1 ? "s" : "");
}

static gboolean
refuse (const char *location, const char *name, GError **error)
{
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
      "weights: '%s' has nothing of the name and shape of any parameter of the nets, such as '%s'; "
      "`generative-model inspect --weights` lists what a model has",
      location, name);
  return FALSE;
}

/* Whether models know the codes that nets will see, where these see codes. */
static gboolean
check_codes (const GPtrArray *models, const GenTrainerSettings *settings, const char *setting,
    const char *location, GError **error)
{
  for (guint i = 0; settings->tokenizer != NULL && i < models->len; i++)
    if (!gen_tokenizer_check_predictor (settings->tokenizer, models->pdata[i], error)) {
      g_prefix_error (error, "%s: '%s': ", setting, location);
      return FALSE;
    }
  return TRUE;
}

gboolean
gen_starting_weights_take (GenGraph *const *nets, const GenTrainerSettings *settings,
    const char *location, const GenTrainingEvents *events, GError **error)
{
  const GenRecipeNet *wanted = settings->recipe->nets;
  const char *first = NULL;
  guint taken = 0;

  for (guint i = 0; wanted[i].role != NULL; i++) {
    const GenNetRole *role = wanted[i].role;
    g_autoptr (GArray) parameters = gen_parameters_list (nets[i], role->name, NULL);
    g_autoptr (GPtrArray) models = load_models (location, role, error), left = NULL;

    if (models == NULL || !check_codes (models, settings, "weights", location, error))
      return FALSE;
    left = gen_parameters_take (nets[i], (GenGraph *const *)models->pdata, models->len);
    taken += parameters->len - left->len;
    if (first == NULL && left->len > 0)
      first = left->pdata[0];
    tell (events, role->name, location, parameters->len, left);
  }
  return taken > 0 || refuse (location, first, error);
}

gboolean
gen_starting_weights_restore (
    GenGraph *const *nets, const GenTrainerSettings *settings, const char *folder, GError **error)
{
  const GenRecipeNet *wanted = settings->recipe->nets;

  for (guint i = 0; wanted[i].role != NULL; i++) {
    g_autofree char *path = model_path (folder, wanted[i].role);
    g_autoptr (GPtrArray) saved = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_graph_unref);

    if (!load (saved, path, error) || !check_codes (saved, settings, "resume", path, error))
      return FALSE;
    if (settings->trainable != NULL)
      g_ptr_array_unref (gen_parameters_take (nets[i], (GenGraph *const *)saved->pdata, 1));
  }
  return TRUE;
}
