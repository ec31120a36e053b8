/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model train: what gantrainer does, without a pipeline. The main thread waits for
 * signals, another trains, and one each gives samples. */
#include <glib-unix.h>
#include <signal.h>
#include <string.h>

#include <generative/nearest.h>
#include <generative/terminal.h>
#include <generative/training.h>

#include "command.h"
#include "settings-file.h"
#include "train.h"
#include "training-data.h"
#include "validation-lines.h"

typedef struct {
  const char *path; /* of the settings, which errors name */
  char **said;      /* what comes before these, name=value */
  GenTrainingSettings settings;
  TrainingData *data, *validation, *test; /* the last two may be NULL */
  GVariant *described;                    /* what was said of data */
  JsonLines *validations;                 /* NULL: not written */
  gint64 until;                           /* a step; 0: to the end */
  gint64 parts;                           /* of a batch; 0: as many as there are processes */
  GenExchangeGroup *group;                /* of those, where they were said */
  GPtrArray *others;                      /* Other: the parts of this process but its first */
  GenTraining *training;
  GenTerminal terminal;
  GMainLoop *loop; /* until the training has ended */
} Train;

static void
train_clear (Train *train)
{
  g_clear_pointer (&train->others, g_ptr_array_unref);
  g_clear_pointer (&train->training, gen_training_free);
  g_clear_pointer (&train->data, training_data_free);
  g_clear_pointer (&train->validation, training_data_free);
  g_clear_pointer (&train->test, training_data_free);
  g_clear_pointer (&train->described, g_variant_unref);
  g_clear_pointer (&train->validations, json_lines_free);
  g_clear_pointer (&train->loop, g_main_loop_unref);
  gen_training_settings_clear (&train->settings);
  g_clear_pointer (&train->group, gen_exchange_group_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Train, train_clear)

/* --- the settings --- */

/* The object in `settings` of that name; NULL where there is none. */
static gboolean
find_object (JsonObject *settings, const char *name, JsonObject **found, GError **error)
{
  JsonNode *node = json_object_get_member (settings, name);

  *found = NULL;
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: an object is wanted, {\"location\": …}", name);
    return FALSE;
  }
  *found = json_node_get_object (node);
  return TRUE;
}

static gboolean
open_data (Train *train, JsonObject *settings, GError **error)
{
  JsonObject *data, *validation, *test;
  const GenFormat *like;

  if (!find_object (settings, "data", &data, error) ||
      !find_object (settings, "validation", &validation, error) ||
      !find_object (settings, "test", &test, error))
    return FALSE;
  if (data == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "data: nothing says what to train on, {\"location\": …}");
    return FALSE;
  }
  if (validation == NULL && train->settings.early_stopping > 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "early-stopping: nothing tells when training gets no better; give \"validation\", such as "
        "{\"split\": \"validation\"}");
    return FALSE;
  }
  train->data = training_data_open (data, NULL, NULL, "data", error);
  if (train->data == NULL || !training_data_check_trained_on (train->data, error))
    return FALSE;
  train->described = g_variant_ref_sink (training_data_describe (data));
  like = training_data_get_format (train->data);
  if (validation != NULL && (train->validation = training_data_open (
                                 validation, data, like, "validation", error)) == NULL)
    return FALSE;
  if (test != NULL)
    train->test = training_data_open (test, data, like, "test", error);
  return test == NULL || train->test != NULL;
}

static const char *const others[] = { TRAIN_DATA_MEMBERS };

/* "data.location=pictures": of the object `section`, which need not be there yet. */
static gboolean
say_of_data (
    JsonObject *settings, const char *section, const char *name, const char *value, GError **error)
{
  g_autofree char *meant = NULL;
  JsonObject *object;

  if (!g_strv_contains (others, section)) {
    meant = gen_nearest_hint (section, others);
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "there is no \"%s\"%s; there are data, validation and test", section, meant);
    return FALSE;
  }
  if (!find_object (settings, section, &object, error))
    return FALSE;
  if (object == NULL) {
    object = json_object_new ();
    json_object_set_object_member (settings, section, object);
  }
  return training_data_say (object, name, value, error);
}

/* What the command line says comes before what the file says. */
gboolean
train_say (JsonObject *settings, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "=", 2);
  g_auto (GStrv) names = g_strsplit (parts[0], ".", 2);
  const GenSetting *list;
  guint n;

  if (parts[1] == NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: a setting is wanted as NAME=VALUE, such as max-steps=100", text);
    return FALSE;
  }
  if (names[1] == NULL && g_strv_contains (others, parts[0])) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: it has members, which are said one by one, such as %s.%s", text, parts[0],
        strcmp (parts[0], "data") == 0 ? "location=pictures" : "split=validation");
    return FALSE;
  }
  list = gen_training_setting_list (&n);
  if (names[1] != NULL ? say_of_data (settings, names[0], names[1], parts[1], error)
                       : settings_file_say (settings, list, n, parts[0], parts[1], error))
    return TRUE;
  g_prefix_error (error, "%s: ", parts[0]);
  return FALSE;
}

static gboolean
read_settings (Train *train, GError **error)
{
  g_autoptr (JsonObject) settings = settings_file_read (train->path, error);
  const GenSetting *list;
  guint n;

  if (settings == NULL)
    return FALSE;
  for (char **said = train->said; *said != NULL; said++)
    if (!train_say (settings, *said, error))
      return FALSE;
  list = gen_training_setting_list (&n);
  for (guint i = 0; i < n; i++)
    if (json_object_has_member (settings, list[i].name))
      gen_training_settings_say (&train->settings, &list[i]);
  if (settings_file_apply (settings, "", &train->settings, list, n, others, error) &&
      open_data (train, settings, error))
    return TRUE;
  g_prefix_error (error, "%s: ", train->path);
  return FALSE;
}

/* --- what the training tells --- */

static gboolean
validates (gpointer user_data)
{
  return ((Train *)user_data)->validation != NULL;
}

static gboolean
tests (gpointer user_data)
{
  return ((Train *)user_data)->test != NULL;
}

static void
print (Train *train, const char *line, gboolean last)
{
  if (!train->settings.silent)
    gen_terminal_print (&train->terminal, line, last);
}

static void
progressed (const GenFigures *figures, gboolean last, gpointer user_data)
{
  g_autofree char *line = gen_figures_to_line (figures);

  print (user_data, line, last);
}

static void
told (const char *text, gpointer user_data)
{
  if (!((Train *)user_data)->settings.silent)
    g_printerr ("%s\n", text);
}

static void
warned (const GError *error, gpointer user_data)
{
  command_warn ("%s", error->message);
}

static void
fell_back (const GError *error, gpointer user_data)
{
  command_warn ("%s. The nets are trained on the CPU", error->message);
}

static void
failed (const GError *error, gpointer user_data)
{
  Train *train = user_data;

  if (train->validations != NULL)
    validation_lines_fail (train->validations, error);
  command_fail (g_error_copy (error));
}

/* A pause is where a validation was, so that it has one. */
static void
validated (const GenFigures *figures, gboolean best, gpointer user_data)
{
  Train *train = user_data;
  g_autoptr (GError) error = NULL;

  if (train->validations != NULL &&
      !validation_lines_add (train->validations, figures, best, &error)) {
    command_warn ("%s", error->message);
    g_clear_pointer (&train->validations, json_lines_free);
  }
  if (train->until > 0 &&
      gen_trainer_steps (gen_training_trainer (train->training)) >= (guint64)train->until)
    gen_training_stop (train->training);
}

static const GenTrainingCallbacks callbacks = {
  .validates = validates,
  .tests = tests,
  .progressed = progressed,
  .validated = validated,
  .told = told,
  .warned = warned,
  .fell_back = fell_back,
  .failed = failed,
  .before_flag = "--",
};

/* --- running --- */

static gboolean
on_signal (gpointer user_data)
{
  gen_training_stop (((Train *)user_data)->training);
  return G_SOURCE_REMOVE; /* the next one ends the program */
}

static gboolean
quit (gpointer user_data)
{
  g_main_loop_quit (((Train *)user_data)->loop);
  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer user_data)
{
  gen_training_run (((Train *)user_data)->training);
  g_idle_add (quit, user_data); /* the main thread may not be there yet */
  return NULL;
}

/* The training and what feeds it, until all have ended. */
static gboolean
train_to_the_end (Train *train, GError **error)
{
  const GenFormat *format = gen_training_format (train->training);
  guint signals[] = { g_unix_signal_add (SIGINT, on_signal, train),
    g_unix_signal_add (SIGTERM, on_signal, train) };
  g_autoptr (GThread) thread = NULL;
  gboolean fed;

  gen_terminal_begin (&train->terminal);
  gen_training_set_epoch (train->training, training_data_get_length (train->data));
  training_data_feed (train->data, train->training, format);
  if (train->validation != NULL)
    training_data_follow_classes (train->validation, train->training);
  if (train->test != NULL)
    training_data_follow_classes (train->test, train->training);
  if (train->validation != NULL)
    training_data_feed_validation (train->validation, train->training, format);
  if (train->test != NULL)
    training_data_feed_test (train->test, train->training, format);
  train->loop = g_main_loop_new (NULL, FALSE);
  thread = g_thread_new ("training", run, train);
  g_main_loop_run (train->loop);
  g_thread_join (g_steal_pointer (&thread));
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    if (g_main_context_find_source_by_id (NULL, signals[i]) != NULL)
      g_source_remove (signals[i]);
  fed = training_data_join (train->data, error);
  if (train->validation != NULL)
    fed = training_data_join (train->validation, fed ? error : NULL) && fed;
  if (train->test != NULL)
    fed = training_data_join (train->test, fed ? error : NULL) && fed;
  return fed;
}

static int
tell_end (Train *train)
{
  const guint64 step = gen_trainer_steps (gen_training_trainer (train->training));
  g_autofree char *line = NULL;

  if (gen_training_outcome (train->training) == GEN_TRAINING_STOPPED &&
      gen_training_get_part (train->training).member > 0)
    return STATUS_STOPPED; /* which the first one tells */
  switch (gen_training_outcome (train->training)) {
  case GEN_TRAINING_DONE:
  case GEN_TRAINING_IDLE:
    return STATUS_FINE;
  case GEN_TRAINING_STOPPED:
    line = g_strdup_printf ("stopped after step %" G_GUINT64_FORMAT "%s%s%s", step,
        step > 0 ? "; --resume goes on from '" : "", step > 0 ? train->settings.checkpoint : "",
        step > 0 ? "'" : "");
    print (train, line, TRUE);
    return train->until > 0 && step >= (guint64)train->until ? STATUS_FINE : STATUS_STOPPED;
  default:
    return STATUS_FAILED; /* which has been told */
  }
}

static gboolean
check_frames (const Train *train, GError **error)
{
  const GenRecipe *recipe = gen_training_settings (train->training)->trainer.recipe;

  if (recipe->frames < 2 || recipe->frames_of != GEN_FRAMES_OF_FILM)
    return TRUE;
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
      "recipe: %s is taught by the frames of a film, and a data set has single pictures; "
      "modeltrainer takes films",
      recipe->name);
  return FALSE;
}

static gboolean
open_training (Train *train, GError **error)
{
  train->training = gen_training_new (&train->settings, &callbacks, train, error);
  if (train->training == NULL || !check_frames (train, error))
    return FALSE;
  gen_training_note_data (train->training, train->described);
  gen_training_note_found (train->training, training_data_describe_found (train->data));
  training_data_tell_classes (train->data, train->training);
  gen_training_set_has_part (train->training, training_data_has_part (train->training));
  return gen_training_open (train->training, training_data_get_format (train->data), error);
}

/* --- further parts of a batch, each a training of its own --- */

typedef struct {
  Train train;
  GThread *thread;
  GError *error; /* of its data; what else fails the first one tells */
} Other;

static void
other_free (gpointer data)
{
  Other *other = data;

  g_clear_pointer (&other->thread, g_thread_join);
  train_clear (&other->train);
  g_clear_error (&other->error);
  g_free (other);
}

static gpointer
run_other (gpointer data)
{
  Other *other = data;
  Train *train = &other->train;

  if (!open_training (train, NULL))
    return NULL;
  training_data_feed (train->data, train->training, gen_training_format (train->training));
  gen_training_run (train->training);
  training_data_join (train->data, &other->error);
  return NULL;
}

static gboolean
add_other (Train *train, guint i, GError **error)
{
  Other *other = g_new0 (Other, 1);

  other->train.path = train->path;
  other->train.said = train->said;
  g_ptr_array_add (train->others, other);
  gen_training_settings_init (&other->train.settings);
  if (!read_settings (&other->train, error))
    return FALSE;
  other->train.settings.resume = train->settings.resume;
  other->train.settings.overwrite = train->settings.overwrite;
  other->train.settings.trainer.exchange = gen_exchange_group_member (train->group, i);
  return TRUE;
}

/* What each part of this process needs. */
static gboolean
prepare_parts (Train *train, GError **error)
{
  train->others = g_ptr_array_new_with_free_func (other_free);
  if (train->parts == 0)
    return TRUE;
  train->group = gen_exchange_group_new (train->settings.exchange, (guint)train->parts, error);
  if (train->group == NULL)
    return FALSE;
  train->settings.trainer.exchange = gen_exchange_group_member (train->group, 0);
  for (guint i = 1; i < gen_exchange_group_n_members (train->group); i++)
    if (!add_other (train, i, error))
      return FALSE;
  for (guint i = 0; i < train->others->len; i++) {
    Other *other = train->others->pdata[i];

    other->thread = g_thread_new ("part", run_other, other);
  }
  return TRUE;
}

/* Wait for them; FALSE where the data of one has failed. */
static gboolean
join_parts (Train *train, GError **error)
{
  for (guint i = 0; i < train->others->len; i++) {
    Other *other = train->others->pdata[i];

    g_clear_pointer (&other->thread, g_thread_join);
    if (other->error == NULL)
      continue;
    g_propagate_error (error, g_steal_pointer (&other->error));
    return FALSE;
  }
  return TRUE;
}

static int
train_by_file (Train *train)
{
  g_autoptr (GError) error = NULL;

  if (!prepare_parts (train, &error) || !open_training (train, &error)) {
    g_prefix_error (&error, "%s: ", train->path);
    return command_fail (g_steal_pointer (&error));
  }
  if (!train_to_the_end (train, &error) || !join_parts (train, &error))
    return command_fail (g_steal_pointer (&error));
  return tell_end (train);
}

/* What the file may say, for --help. */
static char *
describe (void)
{
  GString *text = g_string_new (
      "The file is an object of JSON. Its member \"data\" is an object that says what to train on, "
      "and\n\"validation\", where it is there, what to validate by, and \"test\" what the nets are "
      "judged by at the\nend: what they do not say is as in \"data\".\nThe other members are the "
      "properties of modeltrainer. For instance:\n\n"
      "  {\n"
      "    \"data\": { \"location\": \"pictures\", \"split\": \"train\", \"width\": 28, "
      "\"height\": 28, "
      "\"channels\": 1 },\n"
      "    \"validation\": { \"split\": \"validation\" }, \"test\": { \"split\": \"test\" },\n"
      "    \"preset\": \"mlp\", \"epochs\": 100, \"ema\": 0.998, \"checkpoint\": \"model\"\n"
      "  }\n\n"
      "Behind the file, NAME=VALUE says one of them in its place, and data.NAME=VALUE one of the "
      "data:\n\n"
      "  generative-model train settings.json max-steps=100 data.split=all\n\n"
      "Ctrl-C ends training after a checkpoint, a second one at once.\n\n"
      "Members, and what they are where nothing is said:\n");
  g_auto (GenTrainingSettings) defaults = { 0 };
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autofree GenSetting *described = NULL;
  const GenSetting *list;
  guint n;

  gen_training_settings_init (&defaults);
  list = gen_training_setting_list (&n);
  described = g_memdup2 (list, n * sizeof *list);
  for (guint i = 0; i < n; i++) {
    g_ptr_array_add (texts, gen_training_setting_describe (&list[i], NULL));
    described[i].description = texts->pdata[i];
  }
  settings_file_describe (text, &defaults, described, n);
  g_string_append (text, "\nMembers of \"data\", \"validation\" and \"test\":\n");
  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static gboolean
check_parts (const Train *train, GError **error)
{
  if (train->parts >= 0 && train->parts <= G_MAXUINT16)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--parts is %" G_GINT64_FORMAT ", which should be from 1 to %d", train->parts, G_MAXUINT16);
  return FALSE;
}

static gboolean
check_until (const Train *train, GError **error)
{
  if (train->until >= 0 && (train->until == 0 || train->validation != NULL))
    return TRUE;
  if (train->until < 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--until is %" G_GINT64_FORMAT ", which should be a step, from 1 on", train->until);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--until: it pauses at a validation, and there is none; give \"validation\", such as "
        "validation.split=validation");
  return FALSE;
}

static int
command_train_run (int argc, char **argv)
{
  gboolean resume = FALSE, overwrite = FALSE;
  g_autofree char *validations = NULL;
  g_auto (Train) train = { 0 };
  const GOptionEntry entries[] = {
    { "resume", 'r', 0, G_OPTION_ARG_NONE, &resume, "Go on from the checkpoint", NULL },
    { "overwrite", 'o', 0, G_OPTION_ARG_NONE, &overwrite,
        "Begin anew where there are trained models", NULL },
    { "validations", 0, 0, G_OPTION_ARG_FILENAME, &validations,
        "Add a line of JSON for each validation to it", "FILE" },
    { "until", 0, 0, G_OPTION_ARG_INT64, &train.until,
        "Pause after the first validation that is at that step or later; --resume goes on",
        "STEP" },
    { "parts", 0, 0, G_OPTION_ARG_INT64, &train.parts,
        "Split batches into so many parts, shared among the processes, each with nets of its own",
        "N" },
    { NULL },
  };
  g_autofree char *details = describe ();
  g_autoptr (GError) error = NULL;

  gen_training_settings_init (&train.settings);
  if (!command_parse (&command_train, entries, details, 1, -1, &argc, &argv))
    return STATUS_USAGE;
  train.path = argv[1];
  train.said = argv + 2;
  if (!read_settings (&train, &error))
    return command_fail (g_steal_pointer (&error));
  if (!check_until (&train, &error) || !check_parts (&train, &error))
    return command_fail (g_steal_pointer (&error));
  train.settings.resume |= resume;
  train.settings.overwrite |= overwrite;
  if (validations != NULL && (train.validations = json_lines_open (validations, &error)) == NULL)
    return command_fail (g_steal_pointer (&error));
  return train_by_file (&train);
}

const Command command_train = {
  .name = "train",
  .arguments = "SETTINGS.json [NAME=VALUE …]",
  .summary = "Train nets on a dataset, as modeltrainer does",
  .run = command_train_run,
};
