/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a card is made of: what the training has noted, and the files as they lie there now. */
#include "card.h"

#include <math.h>
#include <string.h>

#include <generative/adapter-file.h>
#include <generative/checkpoint.h>
#include <generative/file-bytes.h>
#include <generative/preset.h>
#include <generative/training-settings.h>

#include "../lib/base/json-members.h"
#include "settings-file.h"

#define DESCRIPTION "training.json"

char *
card_hash (const char *path, gint64 *bytes, GError **error)
{
  g_autoptr (GBytes) file = gen_file_bytes (path, error);

  if (file == NULL)
    return NULL;
  if (bytes != NULL)
    *bytes = (gint64)g_bytes_get_size (file);
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, file);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* Names in a folder with that ending, sorted. (transfer full) */
static GPtrArray *
list_files (const char *folder, const char *ending)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ending) && name[0] != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* --- files --- */

static gboolean
add_model (JsonArray *models, const char *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL), *digest = NULL;
  g_autoptr (GPtrArray) line = g_ptr_array_new ();
  g_autoptr (JsonObject) inspected = NULL;
  JsonObject *model;
  gint64 bytes;

  g_ptr_array_add (line, (gpointer) "inspect");
  g_ptr_array_add (line, path);
  g_ptr_array_add (line, (gpointer) "--json");
  digest = card_hash (path, &bytes, error);
  if (digest == NULL || (inspected = card_ask (line, error)) == NULL)
    return FALSE;
  model = json_object_new ();
  json_object_set_string_member (model, "name", name);
  json_object_set_int_member (model, "bytes", bytes);
  json_object_set_string_member (model, "sha256", digest);
  if (isfinite (gen_json_number_in (inspected, "parameters")))
    json_object_set_int_member (
        model, "parameters", (gint64)gen_json_number_in (inspected, "parameters"));
  gen_json_set_text (model, "description", gen_json_text_in (inspected, "description"));
  json_array_add_object_element (models, model);
  return TRUE;
}

static gboolean
gather_models (JsonObject *facts, const char *folder, GError **error)
{
  g_autoptr (GPtrArray) names = list_files (folder, ".onnx");
  JsonArray *models = json_array_new ();

  json_object_set_array_member (facts, "models", models);
  for (guint i = 0; i < names->len; i++)
    if (!add_model (models, folder, names->pdata[i], error))
      return FALSE;
  if (names->len > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
      "%s: there is no model in it, a file of ONNX", folder);
  return FALSE;
}

static gboolean
gather_adapters (JsonObject *facts, const char *folder, GError **error)
{
  g_autoptr (GPtrArray) names = list_files (folder, ".adapter.safetensors");
  JsonArray *adapters = json_array_new ();

  for (guint i = 0; i < names->len; i++) {
    g_autofree char *path = g_build_filename (folder, names->pdata[i], NULL), *digest = NULL;
    g_autoptr (GenAdapterFile) file = gen_adapter_file_load (path, error);
    JsonObject *adapter;

    if (file == NULL || (digest = card_hash (path, NULL, error)) == NULL) {
      json_array_unref (adapters);
      return FALSE;
    }
    adapter = json_object_new ();
    json_object_set_string_member (adapter, "name", names->pdata[i]);
    json_object_set_string_member (adapter, "sha256", digest);
    gen_json_set_text (adapter, "base", gen_adapter_file_metadata (file, "base"));
    gen_json_set_text (adapter, "base-sha256", gen_adapter_file_metadata (file, "base-sha256"));
    json_array_add_object_element (adapters, adapter);
  }
  json_object_set_array_member (facts, "adapters", adapters);
  return TRUE;
}

/* A file that it began with, or the models of a folder, as they lie there now. */
static void
add_given (JsonArray *given, const char *setting, const char *path)
{
  g_autoptr (GPtrArray) names = g_file_test (path, G_FILE_TEST_IS_DIR)
                                    ? list_files (path, ".onnx")
                                    : g_ptr_array_new_with_free_func (g_free);

  if (names->len == 0)
    g_ptr_array_add (names, NULL);
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *file = g_build_filename (path, (const char *)names->pdata[i], NULL);
    g_autofree char *digest = card_hash (file, NULL, NULL);
    JsonObject *one = json_object_new ();

    json_object_set_string_member (one, "setting", setting);
    json_object_set_string_member (one, "path", file);
    gen_json_set_text (one, "sha256", digest);
    json_array_add_object_element (given, one);
  }
}

static void
gather_given (JsonObject *facts, JsonObject *settings)
{
  g_autoptr (GList) names = json_object_get_members (settings);
  JsonArray *given = json_array_new ();

  names = g_list_sort (names, (GCompareFunc)strcmp);
  for (GList *name = names; name != NULL; name = name->next) {
    const char *path = gen_json_text_in (settings, name->data);

    if (path != NULL && *path != '\0' &&
        (g_str_equal (name->data, "weights") || g_str_has_suffix (name->data, "-model")))
      add_given (given, name->data, path);
  }
  json_object_set_array_member (facts, "given", given);
}

/* --- what was noted --- */

/* What changes what is learned, where it is not what it is by itself. */
static void
gather_settings (JsonObject *facts, JsonObject *settings)
{
  g_auto (GenTrainingSettings) defaults = { 0 };
  g_autoptr (GVariant) described = NULL;
  g_autoptr (JsonNode) usual = NULL;
  g_autoptr (GList) names = json_object_get_members (settings);
  static const char *const always[] = { "batch-size", "epochs", "learning-rate", "max-steps",
    "optimizer", "precision", "seed", NULL };
  JsonObject *told = json_object_new ();

  gen_training_settings_init (&defaults);
  described = g_variant_ref_sink (gen_training_settings_describe (&defaults, FALSE));
  usual = json_gvariant_serialize (described);
  names = g_list_sort (names, (GCompareFunc)strcmp);
  for (GList *name = names; name != NULL; name = name->next) {
    JsonNode *is = json_object_get_member (settings, name->data);
    JsonNode *was = json_object_get_member (json_node_get_object (usual), name->data);

    if (g_strv_contains (always, name->data) || was == NULL || !json_node_equal (is, was))
      json_object_set_member (told, name->data, json_node_copy (is));
  }
  json_object_set_object_member (facts, "settings", told);
}

static void
gather_recipe (JsonObject *facts, JsonObject *settings)
{
  const char *recipe_name = gen_json_text_in (settings, "recipe");
  const char *preset_name = gen_json_text_in (settings, "preset");
  const GenRecipe *recipe = recipe_name != NULL ? gen_recipe_find (recipe_name, NULL) : NULL;
  const GenPreset *preset = preset_name != NULL ? gen_preset_find (preset_name, NULL) : NULL;

  gen_json_set_text (facts, "recipe", recipe_name);
  gen_json_set_text (facts, "recipe-description", recipe != NULL ? recipe->description : NULL);
  gen_json_set_text (facts, "preset", preset_name);
  gen_json_set_text (facts, "preset-description", preset != NULL ? preset->description : NULL);
}

static void
copy_members (JsonObject *facts, JsonObject *training)
{
  static const char *const names[] = { "version", "step", "samples", GEN_CHECKPOINT_DATA,
    GEN_CHECKPOINT_FOUND, "cost" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (json_object_has_member (training, names[i]))
      json_object_set_member (facts, names[i], json_object_dup_member (training, names[i]));
}

void
card_add_figures (JsonObject *facts, JsonObject *tested, const char *of)
{
  JsonArray *figures = json_object_get_array_member (facts, "figures");
  const double samples = gen_json_number_in (tested, "samples");
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (tested == NULL)
    return;
  json_object_iter_init_ordered (&iter, tested);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    JsonObject *figure;

    if (!gen_json_is_number (node) || g_str_equal (name, "step") || g_str_equal (name, "samples"))
      continue;
    figure = json_object_new ();
    json_object_set_string_member (figure, "name", name);
    json_object_set_double_member (figure, "value", json_node_get_double (node));
    json_object_set_string_member (figure, "of", of);
    if (isfinite (samples))
      json_object_set_int_member (figure, "samples", (gint64)samples);
    json_array_add_object_element (figures, figure);
  }
}

/* What nets that were given were before, and have become. */
static void
add_comparison (JsonObject *facts, const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "comparison", "report.json", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) report = settings_file_read (path, &error);

  card_add_figures (facts, gen_json_object_in (report, "before"), "before training");
  card_add_figures (facts, gen_json_object_in (report, "after"), "after training");
}

/* What the test at the end has found. */
static void
gather_figures (JsonObject *facts, JsonObject *training, const char *folder)
{
  JsonObject *test = gen_json_object_in (training, "test");

  json_object_set_array_member (facts, "figures", json_array_new ());
  card_add_figures (
      facts, gen_json_object_in (test, "last"), "test at the end, nets of the last step");
  card_add_figures (
      facts, gen_json_object_in (test, "best"), "test at the end, nets of the best validation");
  add_comparison (facts, folder);
}

/* --- what is derived --- */

/* What was read from the processors' own meters goes before what is estimated. */
static void
gather_energy (JsonObject *facts, double watts)
{
  JsonObject *cost = gen_json_object_in (facts, "cost"), *energy;
  const double joules = gen_json_number_in (cost, "package-joules");
  const double seconds = gen_json_number_in (cost, "wall-seconds");
  g_autofree char *method = NULL;
  double hours;

  if (isfinite (joules)) {
    hours = joules / 3600;
    method = g_strdup ("the meters of the processors' packages (RAPL), which count all that the "
                       "machine did meanwhile, and neither memory of its own nor other devices");
  } else if (watts > 0 && isfinite (seconds)) {
    hours = seconds / 3600 * watts;
    method = g_strdup_printf ("%.1f s of the clock by %g W, which somebody has stated for the "
                              "machine; nothing was metered",
        seconds, watts);
  } else {
    return;
  }
  energy = json_object_new ();
  json_object_set_double_member (energy, "watt-hours", hours);
  json_object_set_string_member (energy, "method", method);
  json_object_set_object_member (facts, "energy", energy);
}

static gboolean
gather_notes (JsonObject *facts, const CardOptions *options, GError **error)
{
  JsonObject *notes = card_read_notes (options->notes, error);

  if (notes == NULL)
    return FALSE;
  json_object_set_object_member (facts, "notes", notes);
  gen_json_set_text (facts, "licence", options->licence);
  gen_json_set_text (facts, "data-licence", options->data_licence);
  return TRUE;
}

static gboolean
gather_training (JsonObject *facts, const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, DESCRIPTION, NULL), *digest = NULL;
  g_autoptr (JsonObject) training = settings_file_read (path, error);
  JsonObject *settings = gen_json_object_in (training, "settings");

  if (training == NULL || (digest = card_hash (path, NULL, error)) == NULL)
    return FALSE;
  if (settings == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: it does not say by which settings the nets were trained", path);
    return FALSE;
  }
  json_object_set_string_member (facts, "training-sha256", digest);
  copy_members (facts, training);
  gather_recipe (facts, settings);
  gather_settings (facts, settings);
  gather_given (facts, settings);
  gather_figures (facts, training, folder);
  return TRUE;
}

JsonObject *
card_gather (const CardOptions *options, GError **error)
{
  g_autoptr (JsonObject) facts = json_object_new ();
  g_autofree char *whole = g_canonicalize_filename (options->folder, NULL);
  g_autofree char *name = g_path_get_basename (whole), *valid = g_utf8_make_valid (name, -1);

  json_object_set_string_member (facts, "name", valid);
  if (!gather_training (facts, options->folder, error) ||
      !gather_models (facts, options->folder, error) ||
      !gather_adapters (facts, options->folder, error) || !gather_notes (facts, options, error))
    return NULL;
  gather_energy (facts, options->watts);
  return g_steal_pointer (&facts);
}
