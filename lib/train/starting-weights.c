/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "starting-weights.h"

#include <generative/adapter-file.h>
#include <generative/onnx.h>
#include <generative/parameters.h>

#include "checkpoint-files.h"
#include "grow.h"

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
  g_autofree char *path = gen_checkpoint_model (folder, role);

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

/* The moving average of a folder. */
static GPtrArray *
load_average (const char *folder, GError **error)
{
  g_autoptr (GPtrArray) models = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_graph_unref);

  if (!load_if_there (models, folder, NULL, error))
    return NULL;
  if (models->len > 0)
    return g_steal_pointer (&models);
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
      "weights-average: '%s' has no ema.onnx; the folder of a training has one where that had an "
      "ema, and without weights-average nets begin with the weights that were trained last",
      folder);
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

/* --- classes that are new --- */

int
gen_starting_weights_classes (const GenRecipe *recipe, const GenRecipeNet *of, const GenGraph *net)
{
  const char *text = g_hash_table_lookup (net->metadata, "generative.classes");
  const GenTensor *scores = g_ptr_array_index (net->outputs, 0);
  gint64 classes;

  if (of->conditional && text != NULL &&
      g_ascii_string_to_signed (text, 10, 1, GEN_TRAINER_MAX_CLASSES, &classes, NULL))
    return (int)classes;
  if (recipe->labels && of->scores && scores->shape.rank == 2 && scores->shape.dims[1] >= 2)
    return (int)MIN (scores->shape.dims[1], GEN_TRAINER_MAX_CLASSES);
  return 0;
}

static GBytes *
count_as (gboolean one, const GenShape *shape, const GenShape *corner)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  const gsize n_kept = corner != NULL ? (gsize)gen_shape_elements (corner) : n;
  float *numbers = g_new0 (float, n);
  g_autofree float *ones = g_new (float, n_kept);

  for (gsize i = 0; i < n_kept; i++)
    ones[i] = 1;
  if (one || corner != NULL)
    gen_grow_copy (numbers, shape, ones, corner != NULL ? corner : shape);
  return g_bytes_new_take (numbers, n * sizeof *numbers);
}

/* Note which numbers of `net` are as they were in `model`: of `left` none, and of `grown` those
 * that there were. */
static void
note_kept (GenStartingKept *kept, const GenGraph *net, const char *role, const GPtrArray *left,
    const GenGraph *model, const GPtrArray *grown)
{
  g_autoptr (GArray) list = gen_parameters_list (net, role, NULL);

  for (guint i = 0; i < list->len; i++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, i);
    const GenTensor *tensor = parameter->tensor;
    const gboolean is_left = g_ptr_array_find ((GPtrArray *)left, tensor->name, NULL);
    const gboolean has_grown = g_ptr_array_find ((GPtrArray *)grown, tensor->name, NULL);
    g_autofree char *name = g_strconcat (role, ".", tensor->name, NULL);

    if (!parameter->statistic)
      gen_importance_set (kept->importance, name, &tensor->shape,
          count_as (!is_left, &tensor->shape,
              has_grown ? &gen_graph_find (model, tensor->name)->shape : NULL),
          NULL);
  }
}

/* What is `left` of `net`, and has grown by the classes that are new, has the rows of before: these
 * names are taken out of `left`. (transfer container) */
static GPtrArray *
grow (GenGraph *net, const GenGraph *model, GPtrArray *left, gint64 before, gint64 now)
{
  GPtrArray *grown = g_ptr_array_new ();

  for (guint i = left->len; i-- > 0;)
    if (gen_parameters_grow (net, left->pdata[i], model, before, now))
      g_ptr_array_add (grown, g_ptr_array_remove_index (left, i));
  return grown;
}

/* --- */

static void
tell_grown (const GenTrainingEvents *events, const char *net, const GPtrArray *grown, gint64 before,
    gint64 now)
{
  g_autofree char *some = name_some (grown);

  if (grown->len > 0)
    gen_training_tell (events,
        "weights: the %s knows %" G_GINT64_FORMAT " classes besides the %" G_GINT64_FORMAT
        " of before: what is new in %s begins afresh",
        net, now - before, before, some);
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

void
gen_starting_kept_note (GenStartingKept *kept, const GenGraph *model)
{
  g_autofree char *hash = gen_adapter_hash (model);

  g_checksum_update (kept->from, (const guchar *)hash, -1);
}

/* Let the net grow by what is new, and note what is as it was. */
static void
keep (GenStartingKept *kept, const GenRecipe *recipe, const GenRecipeNet *of, GenGraph *net,
    const GPtrArray *models, GPtrArray *left, const GenTrainingEvents *events)
{
  const GenGraph *model = models->pdata[0];
  const int before = gen_starting_weights_classes (recipe, of, model);
  const int now = gen_starting_weights_classes (recipe, of, net);
  g_autoptr (GPtrArray) grown = grow (net, model, left, before, now);

  for (guint i = 0; i < models->len; i++)
    gen_starting_kept_note (kept, models->pdata[i]);
  kept->classes = MAX (kept->classes, before);
  note_kept (kept, net, of->role->name, left, model, grown);
  tell_grown (events, of->role->name, grown, before, now);
}

gboolean
gen_starting_weights_take (GenGraph *const *nets, const GenTrainerSettings *settings,
    const char *location, gboolean average, const GenTrainingEvents *events, GenStartingKept *kept,
    GError **error)
{
  const GenRecipeNet *wanted = settings->recipe->nets;
  const char *first = NULL;
  guint taken = 0;

  for (guint i = 0; wanted[i].role != NULL; i++) {
    const GenNetRole *role = wanted[i].role;
    g_autoptr (GArray) parameters = gen_parameters_list (nets[i], role->name, NULL);
    const gboolean by_average = average && wanted[i].averaged;
    g_autoptr (GPtrArray) models =
        by_average ? load_average (location, error) : load_models (location, role, error);
    g_autofree char *from =
        by_average ? gen_checkpoint_model (location, NULL) : g_strdup (location);
    g_autoptr (GPtrArray) left = NULL;

    if (models == NULL || !check_codes (models, settings, "weights", from, error))
      return FALSE;
    left = gen_parameters_take (nets[i], (GenGraph *const *)models->pdata, models->len);
    if (kept != NULL)
      keep (kept, settings->recipe, &wanted[i], nets[i], models, left, events);
    taken += parameters->len - left->len;
    if (first == NULL && left->len > 0)
      first = left->pdata[0];
    tell (events, role->name, from, parameters->len, left);
  }
  return taken > 0 || refuse (location, first, error);
}

gboolean
gen_starting_weights_restore (
    GenGraph *const *nets, const GenTrainerSettings *settings, const char *folder, GError **error)
{
  const GenRecipeNet *wanted = settings->recipe->nets;

  for (guint i = 0; wanted[i].role != NULL; i++) {
    g_autofree char *path = gen_checkpoint_model (folder, wanted[i].role);
    g_autoptr (GPtrArray) saved = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_graph_unref);

    if (!load (saved, path, error) || !check_codes (saved, settings, "resume", path, error))
      return FALSE;
    if (settings->trainable != NULL)
      g_ptr_array_unref (gen_parameters_take (nets[i], (GenGraph *const *)saved->pdata, 1));
  }
  return TRUE;
}
