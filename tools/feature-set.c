/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feature-set.h"

#include <math.h>
#include <string.h>

#include <generative/npy.h>

#include "command.h"
#include "training-data.h"

typedef struct {
  FeatureSet *set;
  GenFeatures *features;
  float *computed;
  int length;
  guint left_out;
} Reading;

static gboolean
is_finite (const float *row, int n)
{
  for (int i = 0; i < n; i++)
    if (!isfinite (row[i]))
      return FALSE;
  return TRUE;
}

/* FALSE where they are no numbers. */
static gboolean
add_row (FeatureSet *set, const float *row, int length)
{
  float *to;

  if (!is_finite (row, length))
    return FALSE;
  if (set->moments != NULL) {
    gen_moments_add (set->moments, row);
    return TRUE;
  }
  to = gen_feature_rows_next (&set->rows, length);
  if (to != NULL)
    memcpy (to, row, (gsize)length * sizeof *row);
  return TRUE;
}

static gboolean
check_left_out (const FeatureSet *set, const char *location, guint left_out, GError **error)
{
  if (left_out > 0)
    command_warn ("%s: %u were left out, whose features are no finite numbers", location, left_out);
  if (set->moments != NULL ? set->moments->count > 0 : set->rows.n > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: no features are left", location);
  return FALSE;
}

/* Moments of earlier rows, which are gone on with, are of as many features. */
static gboolean
begin_rows (FeatureSet *set, const char *location, int length, GError **error)
{
  if (set->moments == NULL || set->moments->length == length)
    return TRUE;
  if (set->moments->length == 0) {
    gen_moments_init (set->moments, length);
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: its samples have %d features, and those before it %d", location, length,
      set->moments->length);
  return FALSE;
}

/* --- of samples --- */

static gboolean
take (const GenSample *samples, int n, gpointer user_data, GError **error)
{
  Reading *reading = user_data;

  if (!gen_features_compute (reading->features, samples, n, reading->computed, error))
    return FALSE;
  for (int i = 0; i < n; i++)
    reading->left_out += !add_row (
        reading->set, reading->computed + (gsize)i * (gsize)reading->length, reading->length);
  return TRUE;
}

static gboolean
read_samples (FeatureSet *set, const char *location, const FeatureSetSettings *settings,
    const GenFormat *like, GError **error)
{
  g_autoptr (TrainingData) data =
      training_data_open (settings->said, NULL, like, settings->name, error);
  g_autoptr (GenFeatures) features = NULL;
  g_autofree float *computed = NULL;
  Reading reading = { .set = set };

  if (data == NULL)
    return FALSE;
  set->format = *training_data_get_format (data);
  features = gen_features_open (settings->embedder, set->format.medium, error);
  if (features == NULL)
    return FALSE;
  if (settings->resizing != NULL &&
      !gen_features_set_resizing (features, settings->resizing, error)) {
    g_prefix_error (error, "--resizing: ");
    return FALSE;
  }
  training_data_keep_sizes (data, settings->resizing != NULL);
  set->features = g_strdup (gen_features_name (features));
  reading.features = features;
  reading.length = gen_features_length (features, &set->format);
  if (!begin_rows (set, location, reading.length, error))
    return FALSE;
  reading.computed = computed = g_new (float, (gsize)TRAINING_DATA_READ *(gsize)reading.length);
  return training_data_read (data, &set->format, take, &reading, error) &&
         check_left_out (set, location, reading.left_out, error);
}

/* --- of a matrix --- */

static gboolean
check_matrix (const char *path, GenDataType type, const GenShape *shape, GError **error)
{
  if ((type == GEN_TYPE_FLOAT32 || type == GEN_TYPE_FLOAT64) && shape->rank == 2 &&
      shape->dims[0] > 0 && shape->dims[1] > 0 && shape->dims[1] <= GEN_FEATURES_MAX)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: a matrix of float32 or float64 is wanted, a row of at most %d features each sample",
      path, GEN_FEATURES_MAX);
  return FALSE;
}

static gboolean
read_matrix (FeatureSet *set, const char *path, GError **error)
{
  GenDataType type;
  GenShape shape;
  g_autoptr (GBytes) bytes = gen_npy_load (path, &type, &shape, error);
  g_autofree float *row = NULL;
  guint left_out = 0;
  gconstpointer data;
  int length;

  if (bytes == NULL || !check_matrix (path, type, &shape, error))
    return FALSE;
  data = g_bytes_get_data (bytes, NULL);
  length = (int)shape.dims[1];
  if (!begin_rows (set, path, length, error))
    return FALSE;
  row = g_new (float, length);
  for (gint64 i = 0; i < shape.dims[0]; i++) {
    for (int k = 0; k < length; k++)
      row[k] = type == GEN_TYPE_FLOAT32 ? ((const float *)data)[i * length + k]
                                        : (float)((const double *)data)[i * length + k];
    left_out += !add_row (set, row, length);
  }
  set->features = g_path_get_basename (path);
  return check_left_out (set, path, left_out, error);
}

/* --- either --- */

gboolean
feature_set_read (FeatureSet *set, const char *location, const FeatureSetSettings *settings,
    const GenFormat *like, GError **error)
{
  *set = (FeatureSet){ .moments = settings->moments };
  gen_feature_rows_init (&set->rows, GEN_METRIC_ROWS, settings->seed, settings->name);
  if (g_str_has_suffix (location, ".npy") && !json_object_has_member (settings->said, "medium"))
    return read_matrix (set, location, error);
  return training_data_say (settings->said, "location", location, error) &&
         read_samples (
             set, location, settings, like != NULL && like->medium != NULL ? like : NULL, error);
}

const char *
resizing_text (void)
{
  g_autofree char *names = gen_features_list_resizings ();
  g_autofree char *text = g_strdup_printf (
      "How each picture is brought from its own size to that of an ONNX file: %s (unset: pictures "
      "are made of one size, and brought to the file's by area or cubic)",
      names);

  return g_intern_string (text);
}

void
feature_set_clear (FeatureSet *set)
{
  gen_feature_rows_clear (&set->rows);
  g_free (set->features);
}
