/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feature-set.h"

#include <math.h>
#include <string.h>

#include <generative/npy.h>

#include "command.h"
#include "training-data.h"

typedef struct {
  FeatureSet *set;
  TrainingData *data;
  GenFeatures *features;
  float *computed;
  int length;
  guint left_out;
  double *values; /* of the set's meter */
} Reading;

static gboolean
is_finite (const float *row, int n)
{
  for (int i = 0; i < n; i++)
    if (!isfinite (row[i]))
      return FALSE;
  return TRUE;
}

/* The class of the row that was kept last, at `to`. */
static void
note_label (FeatureSet *set, const float *to, int label)
{
  const guint place = (guint)((to - set->rows.data) / set->rows.stride);

  if (place == set->labels->len)
    g_array_append_val (set->labels, label);
  else
    g_array_index (set->labels, int, place) = label;
}

/* Where the row comes from that was kept last, at `to`. */
static void
note_name (FeatureSet *set, const float *to, char *name)
{
  const guint place = (guint)((to - set->rows.data) / set->rows.stride);

  if (place >= set->names->len)
    g_ptr_array_set_size (set->names, (int)place + 1);
  g_free (set->names->pdata[place]);
  set->names->pdata[place] = name;
}

/* FALSE where they are no numbers. `name` (transfer full) may be NULL. */
static gboolean
add_row (FeatureSet *set, const float *row, int length, int label, char *name)
{
  g_autofree char *own = name;
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
  if (to != NULL && set->labels != NULL)
    note_label (set, to, label);
  if (to != NULL)
    note_name (set, to, g_steal_pointer (&own));
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
take (const GenSample *samples, const guint32 *items, int n, gpointer user_data, GError **error)
{
  Reading *reading = user_data;

  if (!gen_features_compute (reading->features, samples, n, reading->computed, error))
    return FALSE;
  for (int i = 0; i < n; i++)
    reading->left_out +=
        !add_row (reading->set, reading->computed + (gsize)i * (gsize)reading->length,
            reading->length, training_data_get_label (reading->data, items[i]),
            training_data_describe_item (reading->data, items[i]));
  for (int i = 0; i < n && reading->set->meter != NULL; i++)
    if (!gen_meter_measure (reading->set->meter, &samples[i], reading->values, error))
      return FALSE;
  return TRUE;
}

/* What looks at texts themselves. */
static gboolean
open_meter (FeatureSet *set, const FeatureSetSettings *settings, GError **error)
{
  const GenMeterSettings metering = { .medium = set->format.medium,
    .metrics = settings->metrics,
    .features_name = set->features,
    .language_model = settings->language_model,
    .seed = settings->seed };

  if (set->format.medium != &gen_medium_text || settings->metrics == NULL ||
      *settings->metrics == '\0')
    return TRUE;
  set->meter = gen_meter_new (&metering, error);
  return set->meter != NULL;
}

static gboolean
read_samples (FeatureSet *set, const char *location, const FeatureSetSettings *settings,
    const GenFormat *like, GError **error)
{
  g_autoptr (TrainingData) data =
      training_data_open (settings->said, NULL, like, settings->name, error);
  g_autoptr (GenFeatures) features = NULL;
  g_autofree float *computed = NULL;
  g_autofree double *values = NULL;
  Reading reading = { .set = set, .data = data };
  guint n_fields = 0;

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
  set->classes = training_data_get_classes (data);
  set->labels = g_array_new (FALSE, FALSE, sizeof (int));
  reading.features = features;
  reading.length = gen_features_length (features, &set->format);
  if (!begin_rows (set, location, reading.length, error) || !open_meter (set, settings, error))
    return FALSE;
  if (set->meter != NULL)
    gen_meter_fields (set->meter, &n_fields);
  reading.values = values = g_new (double, n_fields);
  reading.computed = computed = g_new (float, (gsize)TRAINING_DATA_READ *(gsize)reading.length);
  return training_data_read (data, &set->format, take, &reading, error) &&
         check_left_out (set, location, reading.left_out, error);
}

/* --- of a matrix --- */

/* One number of each sample may lie in a row, [N] for [N, 1]. */
static gboolean
check_matrix (const char *path, GenDataType type, GenShape *shape, GError **error)
{
  g_autofree char *text = gen_shape_to_string (shape);

  if (shape->rank == 1)
    *shape = GEN_SHAPE (shape->dims[0], 1);
  if ((type == GEN_TYPE_FLOAT32 || type == GEN_TYPE_FLOAT64 || type == GEN_TYPE_INT64) &&
      shape->rank == 2 && shape->dims[0] > 0 && shape->dims[1] > 0 &&
      shape->dims[1] <= GEN_FEATURES_MAX)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: it is %s of %s, where a matrix [N, features] or [N] of float32, float64 or int64 is "
      "wanted, a row of at most %d features each sample",
      path, text, gen_data_type_name (type), GEN_FEATURES_MAX);
  return FALSE;
}

static float
element_at (gconstpointer data, GenDataType type, gint64 place)
{
  if (type == GEN_TYPE_FLOAT32)
    return ((const float *)data)[place];
  return type == GEN_TYPE_INT64 ? (float)((const gint64 *)data)[place]
                                : (float)((const double *)data)[place];
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
      row[k] = element_at (data, type, i * length + k);
    left_out += !add_row (set, row, length, -1, g_strdup_printf ("row %" G_GINT64_FORMAT, i));
  }
  set->features = g_path_get_basename (path);
  return check_left_out (set, path, left_out, error);
}

/* --- either --- */

gboolean
feature_set_read (FeatureSet *set, const char *location, const FeatureSetSettings *settings,
    const GenFormat *like, GError **error)
{
  *set = (FeatureSet){ .moments = settings->moments,
    .names = g_ptr_array_new_with_free_func (g_free) };
  gen_feature_rows_init (&set->rows, GEN_METRIC_ROWS, settings->seed, settings->name);
  if (g_str_has_suffix (location, ".npy") && !json_object_has_member (settings->said, "medium"))
    return read_matrix (set, location, error);
  if (gen_medium_text.recognise (location) && !json_object_has_member (settings->said, "medium") &&
      !training_data_say (settings->said, "medium", "text", error))
    return FALSE;
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
  g_clear_pointer (&set->names, g_ptr_array_unref);
  g_free (set->features);
  g_clear_pointer (&set->meter, gen_meter_free);
  g_strfreev (set->classes);
  g_clear_pointer (&set->labels, g_array_unref);
}
