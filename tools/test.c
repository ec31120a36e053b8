/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model test: what a training would say of its nets at the end, on other data, without
 * training. The main thread measures, another gives samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <generative/checkpoint.h>
#include <generative/model.h>
#include <generative/training.h>

#include "../lib/base/json-file.h"
#include "command.h"
#include "settings-file.h"
#include "training-data.h"

#define DESCRIPTION "training.json"
/* What --samples is where nobody says it. */
#define UNSAID G_MAXINT
#define MOST_SAMPLES 65536

typedef struct {
  char *folder, *description; /* of the models, and what was said of their training */
  GenTrainingSettings settings;
  guint64 step;
  JsonObject *trained; /* what its data was, or NULL */
  JsonObject *said;    /* of the data */
  TrainingData *data;
  GenTraining *training;
  const char *against; /* a folder of other nets; NULL: none */
  gboolean json;
  JsonObject *told; /* what is printed as JSON */
} Test;

static void
test_clear (Test *test)
{
  g_clear_pointer (&test->training, gen_training_free);
  g_clear_pointer (&test->data, training_data_free);
  g_clear_pointer (&test->trained, json_object_unref);
  g_clear_pointer (&test->said, json_object_unref);
  g_clear_pointer (&test->told, json_object_unref);
  gen_training_settings_clear (&test->settings);
  g_free (test->folder);
  g_free (test->description);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Test, test_clear)

/* --- the training --- */

/* The folder, or that of the model; the best models of a training have none of their own to tell of
 * it. */
static gboolean
find_training (Test *test, const char *path, GError **error)
{
  g_autofree char *around = NULL;
  char *whole;

  test->folder =
      g_file_test (path, G_FILE_TEST_IS_DIR) ? g_strdup (path) : g_path_get_dirname (path);
  test->description = g_build_filename (test->folder, DESCRIPTION, NULL);
  if (g_file_test (test->description, G_FILE_TEST_EXISTS))
    return TRUE;
  g_free (test->description);
  whole = realpath (test->folder, NULL); /* it may be a link to the best of a search */
  around = g_path_get_dirname (whole != NULL ? whole : test->folder);
  free (whole);
  test->description = g_build_filename (around, DESCRIPTION, NULL);
  if (g_file_test (test->description, G_FILE_TEST_EXISTS))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
      "%s: there is no " DESCRIPTION " beside it, which tells how it was trained: the folder of a "
      "training is wanted, or a model in it",
      path);
  return FALSE;
}

/* Of the models, 0 where it is not said. */
static gboolean
read_step (Test *test, JsonObject *all, GError **error)
{
  JsonNode *node = json_object_get_member (all, "step");
  g_autofree char *text = NULL;
  gint64 step = 0;

  if (node != NULL) {
    const gboolean is_number =
        JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64;

    step = is_number ? json_node_get_int (node) : -1;
  }
  test->step = (guint64)step;
  if (step >= 0)
    return TRUE;
  text = gen_json_to_text (node, FALSE);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: step is %s, and should be how many steps were made, a whole number from 0 on",
      test->description, text);
  return FALSE;
}

static gboolean
read_training (Test *test, GError **error)
{
  g_autoptr (JsonObject) all = settings_file_read (test->description, error);
  const GenSetting *list;
  JsonObject *settings;
  JsonNode *node;
  guint n;

  if (all == NULL)
    return FALSE;
  node = json_object_get_member (all, "settings");
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: it does not say by which settings the nets were trained", test->description);
    return FALSE;
  }
  if (!read_step (test, all, error))
    return FALSE;
  settings = json_node_get_object (node);
  node = json_object_get_member (all, GEN_CHECKPOINT_DATA);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    test->trained = json_object_ref (json_node_get_object (node));
  list = gen_training_setting_list (&n);
  for (guint i = 0; i < n; i++)
    gen_training_settings_say (&test->settings, &list[i]);
  if (settings_file_apply (settings, "settings.", &test->settings, list, n, NULL, error))
    return TRUE;
  g_prefix_error (error, "%s: ", test->description);
  return FALSE;
}

/* Of a net with a moving average, that is judged unless the file beside it is named. */
static void
choose_net (Test *test, const char *path)
{
  const GenRecipe *recipe = gen_training_settings_recipe (&test->settings);
  const int averaged = gen_recipe_averaged_net (recipe);
  g_autofree char *file = g_path_get_basename (path), *own = NULL;

  if (averaged < 0)
    return;
  own = g_strconcat (recipe->nets[averaged].role->name, ".onnx", NULL);
  if (g_str_equal (file, own))
    test->settings.trainer.ema = 0;
}

/* --- the data --- */

static gboolean
read_data (Test *test, char **arguments, GError **error)
{
  test->said = json_object_new ();
  for (char **text = arguments; *text != NULL; text++) {
    g_auto (GStrv) parts = g_strsplit (*text, "=", 2);
    const gboolean is_named = parts[1] != NULL;
    /* As train has it. */
    const char *name =
        g_str_has_prefix (parts[0], "data.") ? parts[0] + strlen ("data.") : parts[0];

    if (training_data_say (
            test->said, is_named ? name : "location", is_named ? parts[1] : *text, error))
      continue;
    g_prefix_error (error, "%s: ", *text);
    return FALSE;
  }
  return TRUE;
}

static void
say_unsaid (JsonObject *said, const char *name, gint64 number)
{
  if (number > 0 && !json_object_has_member (said, name))
    json_object_set_int_member (said, name, number);
}

/* The file of the net that sees samples, which may be a tokenizer's. (transfer full) */
static char *
find_data_net (const Test *test, const GenRecipe *recipe)
{
  const GenNetRole *role =
      recipe->coded ? &gen_net_role_encoder : recipe->nets[recipe->data_net].role;
  const char *folder = recipe->coded ? test->settings.trainer.tokenizer_folder : test->folder;
  g_autofree char *name = g_strconcat (role->name, ".onnx", NULL);

  return folder != NULL ? g_build_filename (folder, name, NULL) : NULL;
}

/* Samples are as the net takes them that sees them, unless somebody says otherwise. */
static void
follow_net (Test *test)
{
  const GenRecipe *recipe = gen_training_settings_recipe (&test->settings);
  g_autofree char *path = NULL;
  g_autoptr (GenModel) model = NULL;
  const GenPort *port;

  if (recipe->frames > 1 || recipe->nets == NULL)
    return;
  path = find_data_net (test, recipe);
  model = path != NULL ? gen_model_load (path, NULL) : NULL;
  if (model == NULL)
    return;
  port = gen_model_find_input (model, GEN_PORT_SOUND);
  if (port != NULL) {
    if (!json_object_has_member (test->said, "medium"))
      json_object_set_string_member (test->said, "medium", "sound");
    say_unsaid (test->said, "rate", port->sample_rate);
    say_unsaid (test->said, "length", port->length);
    say_unsaid (test->said, "channels", port->channels);
    return;
  }
  port = gen_model_find_input (model, GEN_PORT_PICTURE);
  if (port == NULL)
    return;
  say_unsaid (test->said, "width", port->width);
  say_unsaid (test->said, "height", port->height);
  say_unsaid (test->said, "channels", port->channels);
}

/* --- what is told --- */

static void
told (const char *text, gpointer user_data)
{
  if (!((Test *)user_data)->json)
    g_print ("%s\n", text);
}

static void
warned (const GError *error, gpointer user_data)
{
  command_warn ("%s", error->message);
}

static void
fell_back (const GError *error, gpointer user_data)
{
  command_warn ("%s. The nets are run on the CPU", error->message);
}

/* (transfer full) */
static JsonObject *
describe_figures (const GenFigures *figures)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < figures->n; i++) {
    const GenField *field = &figures->figures[i].field;

    if (field->name == NULL || isnan (figures->values[i]))
      continue;
    if (field->type == GEN_FIELD_TEXT)
      json_object_set_string_member (object, field->name, field->text);
    else if (!isfinite (figures->values[i]))
      json_object_set_null_member (object, field->name);
    else if (field->type == GEN_FIELD_COUNT)
      json_object_set_int_member (object, field->name, (gint64)figures->values[i]);
    else
      json_object_set_double_member (object, field->name, figures->values[i]);
  }
  return object;
}

static void
print_json (JsonObject *object)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = gen_json_to_text (root, TRUE);

  g_print ("%s\n", text);
}

static void
tested (const GenFigures *figures, gboolean best, gpointer user_data)
{
  Test *test = user_data;

  if (test->json) {
    test->told = describe_figures (figures);
    return;
  }
  for (guint i = 0; i < figures->n; i++) {
    const GenField *field = &figures->figures[i].field;

    if (field->name == NULL || isnan (figures->values[i]))
      continue;
    if (field->type == GEN_FIELD_TEXT)
      g_print ("%-28s %s\n", field->name, field->text);
    else if (!isfinite (figures->values[i]))
      g_print ("%-28s %s\n", field->name, gen_field_missing (field));
    else
      g_print ("%-28s %.6g\n", field->name, figures->values[i]);
  }
}

/* It is told in words, too. */
static void
compared (const GenFigures *figures, gpointer user_data)
{
  Test *test = user_data;

  if (test->json)
    json_object_set_object_member (test->told, "against", describe_figures (figures));
}

static const GenTrainingCallbacks callbacks = {
  .told = told,
  .tested = tested,
  .compared = compared,
  .warned = warned,
  .fell_back = fell_back,
  .before_flag = "--",
};

/* --- all of it --- */

static gboolean
measure (Test *test, GError **error)
{
  GError *failure = NULL;

  test->training = gen_training_new_test (&test->settings, &callbacks, test, error);
  if (test->training == NULL)
    return FALSE;
  training_data_tell_classes (test->data, test->training);
  if (!gen_training_open_models (
          test->training, test->folder, training_data_get_format (test->data), error))
    return FALSE;
  training_data_feed_test (test->data, test->training, gen_training_format (test->training));
  if (test->against != NULL)
    gen_training_test_against (test->training, test->against, test->step, &failure);
  else
    gen_training_test (test->training, test->step, &failure);
  /* Data that cannot be read is why too little has come. */
  if (!training_data_join (test->data, error)) {
    g_clear_error (&failure);
    return FALSE;
  }
  if (failure != NULL)
    g_propagate_error (error, failure);
  return failure == NULL;
}

static char *
describe (void)
{
  GString *text = g_string_new (
      "Measured is what a training measures at its end on samples to test by: the same figures, of "
      "the\nmodels in the folder as they are. Nothing is written. What comes behind it is the "
      "data: "
      "a place, and\nNAME=VALUE of what train has in \"data\"; size and channels are those that "
      "the "
      "nets take, and where\ngenerative-model train has trained them, samples are fitted and "
      "normalized as there, and all is as there\nbut the split where the place is the same:\n\n"
      "  generative-model test model digits.png tile-width=20 rows-per-label=5 split=test\n\n"
      "Names:\n");

  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static int
run (int argc, char **argv)
{
  int samples = UNSAID;
  g_autofree char *against = NULL;
  g_auto (Test) test = { 0 };
  const GOptionEntry entries[] = {
    { "samples", 'n', 0, G_OPTION_ARG_INT, &samples, "Samples that are measured, at most (1000)",
        "N" },
    { "against", 'a', 0, G_OPTION_ARG_FILENAME, &against,
        "Say whether it is better than those models, as far as so many samples can show",
        "FOLDER" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &test.json, "Print JSON", NULL },
    { NULL },
  };
  g_autofree char *details = describe ();
  g_autoptr (GError) error = NULL;

  gen_training_settings_init (&test.settings);
  if (!command_parse (&command_test, entries, details, 2, -1, &argc, &argv))
    return STATUS_USAGE;
  if (samples != UNSAID && (samples < 2 || samples > MOST_SAMPLES)) {
    g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--samples is %d, which should be from 2 to %d", samples, MOST_SAMPLES);
    return command_fail (g_steal_pointer (&error));
  }
  if (!find_training (&test, argv[1], &error) || !read_training (&test, &error) ||
      !read_data (&test, argv + 2, &error))
    return command_fail (g_steal_pointer (&error));
  choose_net (&test, argv[1]);
  if (samples != UNSAID)
    test.settings.test_samples = (guint)samples;
  if (test.trained != NULL)
    training_data_follow (test.said, test.trained);
  follow_net (&test);
  test.against = against;
  test.data = training_data_open (test.said, NULL, NULL, "data", &error);
  if (test.data == NULL || !training_data_check_trained_on (test.data, &error) ||
      !measure (&test, &error))
    return command_fail (g_steal_pointer (&error));
  if (test.told != NULL)
    print_json (test.told);
  return STATUS_FINE;
}

const Command command_test = {
  .name = "test",
  .arguments = "FOLDER|MODEL DATA…",
  .summary = "Judge a trained model on a dataset, as its training did at the end",
  .run = run,
};
