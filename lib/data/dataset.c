/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datasets: which kind a location is, and what all kinds have in common. */
#include <generative/dataset.h>
#include <generative/file-bytes.h>

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "dataset-private.h"

G_DEFINE_QUARK (gen - dataset - error - quark, gen_dataset_error)

/* In the order in which they are asked; the last takes whatever is left. */
static const GenDatasetFormat *const formats[] = {
  &gen_dataset_cifar,
  &gen_dataset_tar,
  &gen_dataset_text,
  &gen_dataset_video,
  &gen_dataset_idx,
  &gen_dataset_folder,
  &gen_dataset_manifest,
  &gen_dataset_npz,
  &gen_dataset_npy,
  &gen_dataset_sound,
  &gen_dataset_sheet,
  NULL,
};

/* Whether there is something at `location` that can be looked into: a pipe would be waited for. */
static gboolean
check_location (const char *location, const GenDatasetSettings *settings, GError **error)
{
  GStatBuf info;

  /* A pattern of shards is no file's name. */
  if (g_stat (location, &info) != 0 && strchr (location, '{') != NULL &&
      gen_dataset_tar.recognise (location, settings))
    return TRUE;
  if (g_stat (location, &info) != 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND,
        "%s: no such file or folder", location);
    return FALSE;
  }
  if (S_ISREG (info.st_mode) || S_ISDIR (info.st_mode))
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "%s: a device or pipe, not a file or folder", location);
  return FALSE;
}

GenDataset *
gen_dataset_open (const char *location, const GenDatasetSettings *settings, GError **error)
{
  const GenDatasetFormat *const *format = formats;
  GenDataset *dataset;

  if (!check_location (location, settings, error))
    return NULL;
  while (!(*format)->recognise (location, settings))
    format++;
  if (settings->medium != NULL && (*format)->medium != NULL &&
      (*format)->medium != settings->medium) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS, "%s: holds %s, not %s",
        location, (*format)->medium->plural, settings->medium->plural);
    return NULL;
  }
  if (settings->lines && *format != &gen_dataset_text) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: its items have no lines; those of a text file, and of a folder of them, have",
        location);
    return NULL;
  }
  dataset = (*format)->create ();
  dataset->format = *format;
  dataset->location = g_strdup (location);
  dataset->label_names = g_ptr_array_new_with_free_func (g_free);
  if (!(*format)->open (dataset, settings, error)) {
    gen_dataset_free (dataset);
    return NULL;
  }
  return settings->leave_out != NULL ? gen_dataset_leave_out (dataset, settings->leave_out, error)
                                     : dataset;
}

void
gen_dataset_free (GenDataset *dataset)
{
  if (dataset == NULL)
    return;
  g_free (dataset->location);
  g_free (dataset->labels);
  g_ptr_array_unref (dataset->label_names);
  dataset->format->free (dataset);
}

guint32
gen_dataset_get_count (const GenDataset *dataset)
{
  return dataset->count;
}

const GenFormat *
gen_dataset_get_format (const GenDataset *dataset)
{
  return &dataset->sample;
}

gboolean
gen_dataset_is_in_memory (const GenDataset *dataset)
{
  return dataset->format->in_memory;
}

gsize
gen_dataset_get_length (const GenDataset *dataset, guint32 index)
{
  g_return_val_if_fail (index < dataset->count, 0);
  return dataset->format->get_length != NULL ? dataset->format->get_length (dataset, index) : 0;
}

guint32
gen_dataset_get_run (const GenDataset *dataset)
{
  return MAX (dataset->run, 1);
}

guint32
gen_dataset_get_source (const GenDataset *dataset, guint32 index)
{
  g_return_val_if_fail (index < dataset->count, 0);
  return dataset->format->get_source != NULL ? dataset->format->get_source (dataset, index) : index;
}

const GenDataset *
gen_dataset_get_sources (const GenDataset *dataset)
{
  return dataset->format->get_sources != NULL ? dataset->format->get_sources (dataset) : dataset;
}

gboolean
gen_dataset_has_lengths (const GenDataset *dataset)
{
  return dataset->format->get_length != NULL && dataset->sample.length == 0;
}

guint32
gen_dataset_get_film_length (const GenDataset *dataset, guint32 index)
{
  return dataset->format->get_film_length != NULL
             ? dataset->format->get_film_length (dataset, index)
             : 0;
}

guint32
gen_dataset_get_shard (const GenDataset *dataset, guint32 index)
{
  return dataset->format->get_shard != NULL ? dataset->format->get_shard (dataset, index)
                                            : GEN_NO_SHARD;
}

char *
gen_dataset_get_shard_path (const GenDataset *dataset, guint32 index)
{
  return dataset->format->get_shard_path != NULL ? dataset->format->get_shard_path (dataset, index)
                                                 : NULL;
}

int
gen_dataset_get_label_count (const GenDataset *dataset)
{
  return (int)dataset->label_names->len;
}

int
gen_dataset_get_label (const GenDataset *dataset, guint32 index)
{
  g_return_val_if_fail (index < dataset->count, -1);
  return dataset->labels == NULL ? -1 : dataset->labels[index];
}

const char *
gen_dataset_get_label_name (const GenDataset *dataset, int label)
{
  g_return_val_if_fail (label >= 0 && (guint)label < dataset->label_names->len, NULL);
  return g_ptr_array_index (dataset->label_names, label);
}

char **
gen_dataset_get_label_names (const GenDataset *dataset)
{
  const guint n = dataset->label_names->len;
  char **names = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++)
    names[i] = g_strdup (g_ptr_array_index (dataset->label_names, i));
  return names;
}

char *
gen_dataset_describe_item (const GenDataset *dataset, guint32 index)
{
  g_return_val_if_fail (index < dataset->count, NULL);
  return dataset->format->describe (dataset, index);
}

GBytes *
gen_dataset_read_file (const GenDataset *dataset, guint32 index, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (index < dataset->count, NULL);
  if (dataset->format->read_file != NULL)
    return dataset->format->read_file (dataset, index, error);
  path = gen_dataset_describe_item (dataset, index);
  if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return gen_file_bytes (path, error);
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, "%s: no file of its own", path);
  return NULL;
}

gboolean
gen_dataset_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting,
    GenSample *target, GError **error)
{
  GenFitting own = *fitting;

  g_return_val_if_fail (index < dataset->count, FALSE);
  g_return_val_if_fail (target->medium == dataset->sample.medium, FALSE);
  own.item = index;
  return dataset->format->load (dataset, index, &own, target, error);
}

void
gen_dataset_number_labels (GenDataset *dataset, int count)
{
  for (int i = 0; i < count; i++)
    g_ptr_array_add (dataset->label_names, g_strdup_printf ("%d", i));
}

char *
gen_dataset_get_caption (const GenDataset *dataset, guint32 index)
{
  g_return_val_if_fail (index < dataset->count, NULL);
  return dataset->format->get_caption != NULL ? dataset->format->get_caption (dataset, index)
                                              : NULL;
}

gboolean
gen_dataset_get_origin (const GenDataset *dataset, guint32 index, GenDatasetOrigin *origin)
{
  g_return_val_if_fail (index < dataset->count, FALSE);
  *origin = (GenDatasetOrigin){ 0 };
  return dataset->format->get_origin != NULL &&
         dataset->format->get_origin (dataset, index, origin);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* How many classes there are where all names are their numbers; 0 where one is not. */
static int
count_numbers (const GPtrArray *names)
{
  int count = 0;

  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    guint64 number;

    if (name == NULL)
      continue;
    if (!g_ascii_string_to_unsigned (name, 10, 0, GEN_DATASET_MAX_CLASSES - 1, &number, NULL))
      return 0;
    count = MAX (count, (int)number + 1);
  }
  return count;
}

/* Names of folders need not be UTF-8, as those of classes are. */
static void
make_names_valid (GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *name = g_steal_pointer (&names->pdata[i]);

    names->pdata[i] = g_utf8_make_valid (name, -1);
  }
}

gint32 *
gen_dataset_number_names (GenDataset *dataset, const GPtrArray *names, gboolean by_number)
{
  g_autoptr (GHashTable) numbers = g_hash_table_new (g_str_hash, g_str_equal);
  const int count = by_number ? count_numbers (names) : 0;
  gint32 *labels;

  gen_dataset_number_labels (dataset, count);
  for (guint i = 0; i < names->len && count == 0; i++) {
    const char *name = g_ptr_array_index (names, i);

    if (name != NULL && g_hash_table_add (numbers, (gpointer)name))
      g_ptr_array_add (dataset->label_names, g_strdup (name));
  }
  if (count == 0)
    g_ptr_array_sort (dataset->label_names, compare_names);
  for (guint i = 0; i < dataset->label_names->len; i++)
    g_hash_table_replace (
        numbers, g_ptr_array_index (dataset->label_names, i), GUINT_TO_POINTER (i));
  labels = g_new (gint32, MAX (names->len, 1));
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);

    if (name == NULL)
      labels[i] = -1;
    else if (count > 0)
      labels[i] = (gint32)g_ascii_strtoull (name, NULL, 10);
    else
      labels[i] = (gint32)GPOINTER_TO_UINT (g_hash_table_lookup (numbers, name));
  }
  make_names_valid (dataset->label_names);
  return labels;
}

void
gen_dataset_name_labels (GenDataset *dataset, const GPtrArray *names, gboolean by_number)
{
  dataset->labels = gen_dataset_number_names (dataset, names, by_number);
}

gboolean
gen_dataset_probe (const GenDataset *dataset, guint32 index, GenFormat *format, GError **error)
{
  g_autofree char *path = NULL;

  if (dataset->format->probe != NULL)
    return dataset->format->probe (dataset, index, format, error);
  path = gen_dataset_describe_item (dataset, index);
  return dataset->sample.medium->probe (path, format, error);
}

gboolean
gen_dataset_has_ending (const char *name, const char *ending)
{
  const gsize length = strlen (name), wanted = strlen (ending);

  return length >= wanted && g_ascii_strcasecmp (name + length - wanted, ending) == 0;
}

gsize
gen_dataset_read_start (const char *path, guint8 *start, gsize size)
{
  FILE *file = g_fopen (path, "rb");
  gsize read;

  if (file == NULL)
    return 0;
  read = fread (start, 1, size, file);
  fclose (file);
  return read;
}
