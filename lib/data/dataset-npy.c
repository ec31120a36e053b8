/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One array in numpy's format, with its labels in a file beside it. */
#include <string.h>

#include <generative/npy.h>

#include "dataset-array.h"

static gboolean
npy_recognise (const char *location, const GenDatasetSettings *settings)
{
  guint8 start[6] = { 0 };

  return gen_dataset_has_ending (location, ".npy") ||
         (gen_dataset_read_start (location, start, sizeof start) == sizeof start &&
             memcmp (start, "\x93NUMPY", sizeof start) == 0);
}

/* The file of labels, or NULL where there is none. */
static char *
find_labels (const char *location)
{
  g_autofree char *folder = g_path_get_dirname (location);
  g_autofree char *name = g_path_get_basename (location);
  g_auto (GStrv) names = NULL;

  if (!gen_dataset_has_ending (name, ".npy"))
    return NULL;
  name[strlen (name) - 4] = '\0';
  names = gen_array_dataset_label_names (name);
  for (char **labels = names; *labels != NULL; labels++) {
    g_autofree char *file = g_strconcat (*labels, ".npy", NULL);
    g_autofree char *path = g_build_filename (folder, file, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer (&path);
  }
  return NULL;
}

static GBytes *
load (const char *path, GenDataType *type, GenShape *shape, GError **error)
{
  g_autoptr (GError) reason = NULL;
  GBytes *elements = gen_npy_load (path, type, shape, &reason);

  if (elements == NULL)
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, reason->message);
  return elements;
}

static gboolean
npy_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  GenArrayDataset *array = (GenArrayDataset *)dataset;
  g_autofree char *path = find_labels (dataset->location);
  g_autoptr (GBytes) elements = NULL, labels = NULL;
  GenDataType type;
  GenShape shape;

  elements = load (dataset->location, &type, &shape, error);
  if (elements == NULL ||
      !gen_array_dataset_take (array, elements, type, &shape, dataset->location, error))
    return FALSE;
  if (path == NULL)
    return TRUE;
  labels = load (path, &type, &shape, error);
  return labels != NULL && gen_array_dataset_take_labels (array, labels, type, &shape, path, error);
}

const GenDatasetFormat gen_dataset_npy = {
  .name = "npy",
  .description = "An array of numpy's",
  .in_memory = TRUE,
  .medium = &gen_medium_picture,
  .recognise = npy_recognise,
  .create = gen_array_dataset_create,
  .open = npy_open,
  .load = gen_array_dataset_load,
  .describe = gen_array_dataset_describe,
  .free = gen_array_dataset_free,
};
