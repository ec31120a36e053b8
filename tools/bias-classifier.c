/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bias compares of a classifier: whether it is right, of each sample of data. */
#include "bias-data.h"

#include <string.h>

#include <generative/checkpoint.h>
#include <generative/features.h>
#include <generative/model.h>

#include "../lib/base/json-members.h"
#include "settings-file.h"

typedef struct {
  BiasSet *set;
  const BiasSource *source;
  TrainingData *data;
  GenFeatures *scores;
  char **classes;
  int *mapped; /* the model's classes of the data's; NULL: the same */
  int n;       /* classes of the model */
  float *rows;
} Classifying;

static int
find_greatest (const float *row, int n)
{
  int greatest = 0;

  for (int i = 1; i < n; i++)
    if (row[i] > row[greatest])
      greatest = i;
  return greatest;
}

static gboolean
classify (const GenSample *samples, const guint32 *items, int n, gpointer user_data, GError **error)
{
  Classifying *classifying = user_data;

  if (!gen_features_compute (classifying->scores, samples, n, classifying->rows, error))
    return FALSE;
  for (int i = 0; i < n; i++) {
    g_autofree char *group =
        bias_group_of (classifying->data, classifying->classes, classifying->source->by, items[i]);
    const int label = training_data_get_label (classifying->data, items[i]);
    const int truth =
        label >= 0 && classifying->mapped != NULL ? classifying->mapped[label] : label;

    if (group == NULL || truth < 0)
      classifying->set->ungrouped++;
    else
      bias_set_add (classifying->set, "accuracy", group,
          find_greatest (classifying->rows + (gsize)i * (gsize)classifying->n, classifying->n) ==
              truth);
  }
  return TRUE;
}

/* The model that a folder is judged by, as test has it. (transfer full) */
static char *
find_model (const char *path)
{
  static const char *const names[] = { "ema.onnx", "classifier.onnx" };

  for (guint i = 0; g_file_test (path, G_FILE_TEST_IS_DIR) && i < G_N_ELEMENTS (names); i++) {
    g_autofree char *file = g_build_filename (path, names[i], NULL);

    if (g_file_test (file, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&file);
  }
  return g_strdup (path);
}

static void
say_unsaid (JsonObject *said, const char *name, gint64 number)
{
  if (number > 0 && !json_object_has_member (said, name))
    json_object_set_int_member (said, name, number);
}

/* Samples are as the model takes them, and as it was trained on them. */
static gboolean
follow_model (const char *path, JsonObject *said, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *description = g_build_filename (folder, "training.json", NULL);
  g_autoptr (JsonObject) training = NULL;
  g_autoptr (GenModel) model = gen_model_load (path, NULL);
  const GenPort *port = model != NULL ? gen_model_find_input (model, GEN_PORT_PICTURE) : NULL;

  if (g_file_test (description, G_FILE_TEST_EXISTS)) {
    JsonObject *trained;

    training = settings_file_read (description, error);
    if (training == NULL)
      return FALSE;
    trained = gen_json_object_in (training, GEN_CHECKPOINT_DATA);
    if (trained != NULL)
      training_data_follow (said, trained);
  }
  if (port != NULL) {
    say_unsaid (said, "width", port->width);
    say_unsaid (said, "height", port->height);
    say_unsaid (said, "channels", port->channels);
    return TRUE;
  }
  port = model != NULL ? gen_model_find_input (model, GEN_PORT_SOUND) : NULL;
  if (port == NULL)
    return TRUE;
  if (!json_object_has_member (said, "medium"))
    json_object_set_string_member (said, "medium", "sound");
  say_unsaid (said, "rate", port->sample_rate);
  say_unsaid (said, "window", port->length);
  say_unsaid (said, "channels", port->channels);
  return TRUE;
}

static gboolean
map_classes (Classifying *classifying, const char *path, GError **error)
{
  g_auto (GStrv) names = gen_features_get_class_names (classifying->scores);
  const guint n = g_strv_length (classifying->classes);

  if (n == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "data: its samples have no classes, so that nothing tells whether %s is right", path);
    return FALSE;
  }
  if (names != NULL)
    classifying->mapped = gen_class_map ((const char *const *)classifying->classes, n,
        (const char *const *)names, g_strv_length (names));
  if (names != NULL || n <= (guint)classifying->n)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "data: it has %u classes, and %s tells %d apart", n, path, classifying->n);
  return FALSE;
}

static gboolean
classify_all (Classifying *classifying, const char *path, GError **error)
{
  const GenFormat *format = training_data_get_format (classifying->data);

  classifying->scores = gen_features_open (path, format->medium, error);
  if (classifying->scores == NULL)
    return FALSE;
  classifying->n = gen_features_length (classifying->scores, format);
  classifying->rows = g_new (float, (gsize)classifying->n *TRAINING_DATA_READ);
  return map_classes (classifying, path, error) &&
         training_data_read (classifying->data, format, classify, classifying, error);
}

gboolean
bias_run_classifier (BiasSet *set, const BiasSource *source, GError **error)
{
  g_autofree char *path = find_model (source->path);
  g_autoptr (JsonObject) said = json_object_new ();
  g_autoptr (TrainingData) data = NULL;
  g_auto (GStrv) classes = NULL;
  Classifying classifying = { .set = set, .source = source };
  gboolean good;

  if (*source->data == NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s is a model: the data that it is to be right of is wanted behind it", source->path);
    return FALSE;
  }
  if (!bias_check_by (source, error))
    return FALSE;
  if (strchr (source->data[0], '=') == NULL)
    json_object_set_string_member (said, "location", source->data[0]);
  if (!follow_model (path, said, error) || (data = bias_open_data (source, said, error)) == NULL)
    return FALSE;
  classifying.data = data;
  classifying.classes = classes = training_data_get_classes (data);
  good = classify_all (&classifying, path, error) && bias_check_groups (set, source, error);
  g_clear_pointer (&classifying.scores, gen_features_free);
  g_free (classifying.mapped);
  g_free (classifying.rows);
  return good;
}
