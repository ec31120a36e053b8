/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder of files of one medium.
 *
 * Opening lists the files and reads only until the first whole one, which tells the format. What
 * is wrong with the others shows when they are loaded: a folder of a hundred thousand photographs
 * opens in a second. */
#include <string.h>

#include "dataset-files.h"
#include "dataset-walk.h"

/* A file of a medium. */
typedef struct {
  char *path;
  const GenMedium *medium;
  const char *class; /* the first-level folder that it is in; NULL at the top */
} Found;

/* What is found on a walk through the folders. */
typedef struct {
  const GenMedium *medium; /* that is looked for; NULL: any */
  GArray *files;           /* of Found */
  GStringChunk *classes;
  gboolean has_texts;
} Finds;

static void
clear_found (gpointer found)
{
  g_free (((Found *)found)->path);
}

static void
finds_init (Finds *finds, const GenMedium *medium)
{
  *finds = (Finds){ .medium = medium,
    .files = g_array_new (FALSE, FALSE, sizeof (Found)),
    .classes = g_string_chunk_new (256) };
  g_array_set_clear_func (finds->files, clear_found);
}

static void
finds_clear (Finds *finds)
{
  g_array_unref (finds->files);
  g_string_chunk_free (finds->classes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Finds, finds_clear)

static gboolean
folder_recognise (const char *location, const GenDatasetSettings *settings)
{
  return g_file_test (location, G_FILE_TEST_IS_DIR);
}

/* What a file is of, of what is looked for; NULL: of nothing. */
static const GenMedium *
recognise (const Finds *finds, const char *path)
{
  if (finds->medium != NULL)
    return finds->medium->recognise (path) ? finds->medium : NULL;
  for (const GenMedium *const *m = gen_medium_list (); *m != NULL; m++)
    if ((*m)->recognise != NULL && (*m)->recognise (path))
      return *m;
  return NULL;
}

static gboolean
take_file (const char *path, const char *class, gpointer data)
{
  Finds *finds = data;
  Found found = { .medium = recognise (finds, path) };

  finds->has_texts |= gen_dataset_has_ending (path, ".txt");
  if (found.medium == NULL)
    return TRUE;
  found.path = g_strdup (path);
  found.class = class != NULL ? g_string_chunk_insert_const (finds->classes, class) : NULL;
  g_array_append_val (finds->files, found);
  return TRUE;
}

/* The medium that most files are of, the first of those where they are as many. Texts lie beside
 * others to tell of them: they count where there is nothing else. */
static const GenMedium *
find_most (const GArray *found)
{
  const GenMedium *most = &gen_medium_picture;
  guint greatest = 0;

  for (const GenMedium *const *m = gen_medium_list (); *m != NULL; m++) {
    guint count = 0;

    for (guint i = 0; i < found->len; i++)
      count += g_array_index (found, Found, i).medium == *m;
    if (count <= greatest || (*m == &gen_medium_text && greatest > 0))
      continue;
    most = *m;
    greatest = count;
  }
  return most;
}

/* The files of `medium` become the items. */
static void
take_files (GenFileDataset *files, GArray *found, const GenMedium *medium, const GRegex *pattern)
{
  const gsize above = strlen (files->dataset.location);
  g_autoptr (GPtrArray) classes = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < found->len; i++) {
    Found *file = &g_array_index (found, Found, i);
    const char *below = file->path + above;

    if (file->medium != medium)
      continue;
    while (*below == '/')
      below++;
    g_ptr_array_add (classes,
        pattern != NULL ? gen_dataset_match_class (pattern, below) : g_strdup (file->class));
    gen_file_dataset_add (files, g_steal_pointer (&file->path), NULL);
  }
  gen_dataset_name_labels (&files->dataset, classes, FALSE);
}

static gboolean
folder_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  GenFileDataset *files = (GenFileDataset *)dataset;
  const GenMedium *medium = settings->medium;
  g_autoptr (GRegex) pattern = NULL;
  g_auto (Finds) finds = { 0 };

  finds_init (&finds, medium);
  if (!gen_dataset_compile_pattern (settings, &pattern, error))
    return FALSE;
  if (medium != NULL && medium->recognise == NULL) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: a folder cannot be read as %s", dataset->location, medium->plural);
    return FALSE;
  }
  if (!gen_dataset_walk (dataset->location, take_file, &finds, error))
    return FALSE;
  if (medium == NULL)
    medium = find_most (finds.files);
  take_files (files, finds.files, medium, pattern);
  files->has_captions = finds.has_texts && medium != &gen_medium_text;
  if (dataset->count == 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND,
        "%s: no %s in this folder or below it%s", dataset->location,
        settings->medium != NULL ? medium->plural : "pictures or other media",
        settings->medium != NULL ? "; medium says what is searched for" : "");
    return FALSE;
  }
  return gen_file_dataset_probe (files, medium, error);
}

const GenDatasetFormat gen_dataset_folder = {
  .name = "folder",
  .description = "A folder of files, with a sub-folder for each class",
  .recognise = folder_recognise,
  .create = gen_file_dataset_create,
  .open = folder_open,
  .load = gen_file_dataset_load,
  .describe = gen_file_dataset_describe,
  .get_caption = gen_file_dataset_get_caption,
  .free = gen_file_dataset_free,
};
