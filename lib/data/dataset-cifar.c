/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CIFAR-10 and CIFAR-100 in their binary version (Krizhevsky: "Learning multiple layers of features
 * from tiny images", 2009): records of one or two labels and 32 x 32 pixels, channel after channel.
 *
 * The location is one of the files, or the folder as it was unpacked: then the pictures are those
 * to train on. Files of both have no header: which of the two one is, the names of the classes
 * beside it tell, or else its length and its labels. */
#include <string.h>

#include <generative/file-bytes.h>
#include <glib/gstdio.h>

#include "dataset-array.h"

#define SIDE 32
#define PIXELS ((gsize)3 * SIDE * SIDE)

typedef struct {
  gsize labels; /* bytes before the pixels; the last of them is the class */
  int classes;
  const char *names;    /* the file beside it that has the names of the classes */
  const char *files[6]; /* of a folder */
} Kind;

static const Kind kinds[] = {
  { 1, 10, "batches.meta.txt",
      { "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
          "data_batch_5.bin", NULL } },
  { 2, 100, "fine_label_names.txt", { "train.bin", NULL } },
};

static gboolean
has_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

/* Whether all of a file's labels are ones of this kind. */
static gboolean
has_labels_of (const Kind *kind, const char *path, gsize size)
{
  const gsize record = kind->labels + PIXELS;
  g_autoptr (GBytes) bytes = size > 0 && size % record == 0 ? gen_file_bytes (path, NULL) : NULL;
  const guint8 *data = bytes != NULL ? g_bytes_get_data (bytes, NULL) : NULL;

  if (data == NULL || g_bytes_get_size (bytes) != size)
    return FALSE;
  for (gsize at = 0; at < size; at += record)
    if (data[at + kind->labels - 1] >= kind->classes)
      return FALSE;
  return TRUE;
}

static const Kind *
kind_of_folder (const char *folder)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (has_file (folder, kinds[i].names) && has_file (folder, kinds[i].files[0]))
      return &kinds[i];
  return NULL;
}

static const Kind *
kind_of_file (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  GStatBuf status;

  if (!gen_dataset_has_ending (path, ".bin") || g_stat (path, &status) != 0)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (has_file (folder, kinds[i].names))
      return &kinds[i];
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (has_labels_of (&kinds[i], path, (gsize)status.st_size))
      return &kinds[i];
  return NULL;
}

static const Kind *
find_kind (const char *location)
{
  if (g_file_test (location, G_FILE_TEST_IS_DIR))
    return kind_of_folder (location);
  return kind_of_file (location);
}

static gboolean
cifar_recognise (const char *location, const GenDatasetSettings *settings)
{
  return find_kind (location) != NULL;
}

static gboolean
append_file (GByteArray *bytes, const Kind *kind, const char *path, GError **error)
{
  const gsize record = kind->labels + PIXELS;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GBytes) file = gen_file_bytes (path, &reason);
  gsize size;

  if (file == NULL) {
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, reason->message);
    return FALSE;
  }
  size = g_bytes_get_size (file);
  if (size == 0 || size % record != 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: cut short: %" G_GSIZE_FORMAT
        " bytes are no whole number of records of %" G_GSIZE_FORMAT,
        path, size, record);
    return FALSE;
  }
  if (size > G_MAXINT32 - bytes->len) {
    g_set_error (
        error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, "%s: too long for a file of CIFAR", path);
    return FALSE;
  }
  g_byte_array_append (bytes, g_bytes_get_data (file, NULL), (guint)size);
  return TRUE;
}

/* All files of a location, one behind the other. */
static GBytes *
read_files (const char *location, const Kind *kind, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gboolean is_folder = g_file_test (location, G_FILE_TEST_IS_DIR);

  if (!is_folder && !append_file (bytes, kind, location, error))
    return NULL;
  for (const char *const *name = kind->files; is_folder && *name != NULL; name++) {
    g_autofree char *path = g_build_filename (location, *name, NULL);

    if (!append_file (bytes, kind, path, error))
      return NULL;
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

/* The names of the classes, a line each; numbers where there is no such file. */
static void
name_classes (GenDataset *dataset, const Kind *kind)
{
  g_autofree char *folder = g_file_test (dataset->location, G_FILE_TEST_IS_DIR)
                                ? g_strdup (dataset->location)
                                : g_path_get_dirname (dataset->location);
  g_autofree char *path = g_build_filename (folder, kind->names, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (g_file_get_contents (path, &text, NULL, NULL) && g_utf8_validate (text, -1, NULL))
    lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; line != NULL && *line != NULL; line++)
    if (*g_strstrip (*line) != '\0' && dataset->label_names->len < (guint)kind->classes)
      g_ptr_array_add (dataset->label_names, g_strdup (*line));
  if (dataset->label_names->len == (guint)kind->classes)
    return;
  g_ptr_array_set_size (dataset->label_names, 0);
  gen_dataset_number_labels (dataset, kind->classes);
}

static gboolean
cifar_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  GenArrayDataset *array = (GenArrayDataset *)dataset;
  const Kind *kind = find_kind (dataset->location);
  const gsize record = kind->labels + PIXELS;
  const guint8 *data;

  array->bytes = read_files (dataset->location, kind, error);
  if (array->bytes == NULL)
    return FALSE;
  data = g_bytes_get_data (array->bytes, NULL);
  array->first = kind->labels;
  array->step = record;
  array->planes = TRUE;
  dataset->sample =
      (GenFormat){ .medium = &gen_medium_picture, .width = SIDE, .height = SIDE, .channels = 3 };
  dataset->count = (guint32)(g_bytes_get_size (array->bytes) / record);
  dataset->labels = g_new (gint32, dataset->count);
  for (guint32 i = 0; i < dataset->count; i++) {
    dataset->labels[i] = data[i * record + kind->labels - 1];
    if (dataset->labels[i] < kind->classes)
      continue;
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: picture %u is of class %d; there are %d", dataset->location, i, dataset->labels[i],
        kind->classes);
    return FALSE;
  }
  name_classes (dataset, kind);
  return TRUE;
}

const GenDatasetFormat gen_dataset_cifar = {
  .name = "cifar",
  .description = "CIFAR-10 or CIFAR-100, the binary version",
  .in_memory = TRUE,
  .medium = &gen_medium_picture,
  .recognise = cifar_recognise,
  .create = gen_array_dataset_create,
  .open = cifar_open,
  .load = gen_array_dataset_load,
  .describe = gen_array_dataset_describe,
  .free = gen_array_dataset_free,
};
