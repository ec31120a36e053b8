/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder of files of one medium.
 *
 * Opening lists the files, or finds them listed, and reads only until the first whole one, which
 * tells the format. What is wrong with the others shows when they are loaded. Names stay in the
 * index of the folder: an item is a place there. */
#include <string.h>

#include "dataset-files.h"
#include "folder-index.h"
#include "opt-out-files.h"

typedef struct {
  GenDataset dataset;
  GenFolderIndex *index;
  guint32 *places; /* of the items, in the index */
  gboolean has_captions;
} FolderDataset;

static gboolean
folder_recognise (const char *location, const GenDatasetSettings *settings)
{
  return g_file_test (location, G_FILE_TEST_IS_DIR);
}

static GenDataset *
folder_create (void)
{
  FolderDataset *folder = g_new0 (FolderDataset, 1);

  return &folder->dataset;
}

static void
folder_free (GenDataset *dataset)
{
  FolderDataset *folder = (FolderDataset *)dataset;

  g_clear_pointer (&folder->index, gen_folder_index_free);
  g_free (folder->places);
  g_free (folder);
}

static char *
folder_describe (const GenDataset *dataset, guint32 index)
{
  const FolderDataset *folder = (const FolderDataset *)dataset;
  GenFolderFile file;

  gen_folder_index_get (folder->index, folder->places[index], &file);
  return g_build_filename (dataset->location, file.below, file.name, NULL);
}

static gboolean
folder_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting, GenSample *target,
    GError **error)
{
  g_autofree char *path = folder_describe (dataset, index);

  return target->medium->load (path, fitting, target, error);
}

static char *
folder_get_caption (const GenDataset *dataset, guint32 index)
{
  const FolderDataset *folder = (const FolderDataset *)dataset;
  g_autofree char *path = folder->has_captions ? folder_describe (dataset, index) : NULL;

  return path != NULL ? gen_file_read_caption (path) : NULL;
}

/* The medium that most files are of, the first of those where they are as many. Texts lie beside
 * others to tell of them: they count where there is nothing else. */
static const GenMedium *
find_most (const GenFolderIndex *index)
{
  const GenMedium *most = &gen_medium_picture;
  guint32 greatest = 0;

  for (const GenMedium *const *m = gen_medium_list (); *m != NULL; m++) {
    const guint32 count = gen_folder_index_count (index, *m);

    if (count <= greatest || (*m == &gen_medium_text && greatest > 0))
      continue;
    most = *m;
    greatest = count;
  }
  return most;
}

/* The files of `medium` become the items. */
static void
take_files (FolderDataset *folder, const GenMedium *medium)
{
  guint32 place = GEN_FOLDER_START;
  GenFolderFile file;

  folder->places = g_new (guint32, gen_folder_index_count (folder->index, medium));
  while (gen_folder_index_next (folder->index, &place, &file))
    if (file.medium == medium && !gen_opt_out_file_is_named (file.below, file.name))
      folder->places[folder->dataset.count++] = place;
}

/* The class of each item by what its path says. */
static void
match_classes (FolderDataset *folder, const GRegex *pattern)
{
  g_autoptr (GPtrArray) classes = g_ptr_array_new_with_free_func (g_free);

  for (guint32 i = 0; i < folder->dataset.count; i++) {
    g_autofree char *below = NULL;
    GenFolderFile file;

    gen_folder_index_get (folder->index, folder->places[i], &file);
    below = g_build_filename (file.below, file.name, NULL);
    g_ptr_array_add (classes, gen_dataset_match_class (pattern, below));
  }
  gen_dataset_name_labels (&folder->dataset, classes, FALSE);
}

/* The class of each item is the first-level folder that it is in: it is found for each folder that
 * has items. */
static void
take_classes (FolderDataset *folder)
{
  const guint32 n = gen_folder_index_count_folders (folder->index);
  g_autoptr (GPtrArray) classes = g_ptr_array_new_with_free_func (g_free);
  g_autofree gint32 *labels = NULL;

  g_ptr_array_set_size (classes, (int)n);
  folder->dataset.labels = g_new (gint32, folder->dataset.count);
  for (guint32 i = 0; i < folder->dataset.count; i++) {
    GenFolderFile file;

    gen_folder_index_get (folder->index, folder->places[i], &file);
    folder->dataset.labels[i] = (gint32)file.folder;
    if (*file.below != '\0' && classes->pdata[file.folder] == NULL)
      classes->pdata[file.folder] = g_strndup (file.below, strcspn (file.below, "/"));
  }
  labels = gen_dataset_number_names (&folder->dataset, classes, FALSE);
  for (guint32 i = 0; i < folder->dataset.count; i++)
    folder->dataset.labels[i] = labels[folder->dataset.labels[i]];
}

/* The first file that can be read tells the format. */
static gboolean
probe_first (FolderDataset *folder, const GenMedium *medium, GError **error)
{
  GenDataset *dataset = &folder->dataset;
  g_autoptr (GError) first = NULL;

  for (guint32 i = 0; i < dataset->count; i++) {
    g_autofree char *path = folder_describe (dataset, i);

    if (medium->probe (path, &dataset->sample, first == NULL ? &first : NULL))
      return TRUE;
  }
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "%s: none of its %u %s can be decoded; the first: %s", dataset->location, dataset->count,
      medium->plural, first->message);
  return FALSE;
}

static gboolean
folder_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  FolderDataset *folder = (FolderDataset *)dataset;
  const GenWalkProgress progress = { settings->progress, settings->data };
  const GenMedium *medium = settings->medium;
  g_autoptr (GRegex) pattern = NULL;

  if (!gen_dataset_compile_pattern (settings, &pattern, error))
    return FALSE;
  if (medium != NULL && medium->recognise == NULL) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: a folder cannot be read as %s", dataset->location, medium->plural);
    return FALSE;
  }
  folder->index = gen_folder_index_open (dataset->location, &progress, error);
  if (folder->index == NULL)
    return FALSE;
  if (medium == NULL)
    medium = find_most (folder->index);
  take_files (folder, medium);
  folder->has_captions =
      medium != &gen_medium_text && gen_folder_index_count (folder->index, &gen_medium_text) > 0;
  if (dataset->count == 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND,
        "%s: no %s in this folder or below it%s", dataset->location,
        settings->medium != NULL ? medium->plural : "pictures or other media",
        settings->medium != NULL ? "; medium says what is searched for" : "");
    return FALSE;
  }
  if (pattern != NULL)
    match_classes (folder, pattern);
  else
    take_classes (folder);
  return probe_first (folder, medium, error);
}

const GenDatasetFormat gen_dataset_folder = {
  .name = "folder",
  .description = "A folder of files, with a sub-folder for each class",
  .recognise = folder_recognise,
  .create = folder_create,
  .open = folder_open,
  .load = folder_load,
  .describe = folder_describe,
  .get_caption = folder_get_caption,
  .free = folder_free,
};
