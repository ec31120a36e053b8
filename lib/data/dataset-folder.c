/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder of files of one medium.
 *
 * Opening lists the files and reads only until the first whole one, which tells the format. What
 * is wrong with the others shows when they are loaded: a folder of a hundred thousand photographs
 * opens in a second. */
#include <string.h>

#include <glib/gstdio.h>

#include "dataset-private.h"

/* Deeper folders are taken for a mistake. */
#define MAX_DEPTH 32

typedef struct {
  GenDataset dataset;
  GPtrArray *paths; /* of char *, one per item */
} FolderDataset;

/* A file of a medium. */
typedef struct {
  char *path;
  const GenMedium *medium;
  const char *class; /* the first-level folder that it is in; NULL at the top */
} Found;

/* A walk through the folders. */
typedef struct {
  const GenMedium *medium; /* that is looked for; NULL: any */
  GArray *found;           /* Found */
  GStringChunk *classes;
  GHashTable *visited; /* "device:inode" of the folders so far: links may go round */
} Walk;

static void
clear_found (gpointer found)
{
  g_free (((Found *)found)->path);
}

static void
walk_init (Walk *walk, const GenMedium *medium)
{
  *walk = (Walk){ medium, g_array_new (FALSE, FALSE, sizeof (Found)), g_string_chunk_new (256),
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };
  g_array_set_clear_func (walk->found, clear_found);
}

static void
walk_clear (Walk *walk)
{
  g_array_unref (walk->found);
  g_string_chunk_free (walk->classes);
  g_hash_table_unref (walk->visited);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

static gboolean
folder_recognise (const char *location)
{
  return g_file_test (location, G_FILE_TEST_IS_DIR);
}

static GenDataset *
folder_create (void)
{
  FolderDataset *folder = g_new0 (FolderDataset, 1);

  folder->paths = g_ptr_array_new_with_free_func (g_free);
  return &folder->dataset;
}

static void
folder_free (GenDataset *dataset)
{
  FolderDataset *folder = (FolderDataset *)dataset;

  g_ptr_array_unref (folder->paths);
  g_free (folder);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* Whether a folder is met for the first time. */
static gboolean
is_new (Walk *walk, const GStatBuf *status)
{
  return g_hash_table_add (
      walk->visited, g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                         (guint64)status->st_dev, (guint64)status->st_ino));
}

/* The names in a folder, sorted, hidden ones left out; NULL when it cannot be read. */
static GPtrArray *
list_names (const char *path, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  GPtrArray *names;
  const char *name;

  if (dir == NULL)
    return NULL;
  names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (name[0] != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* The number of a class, given when its first file is found. The files of a class follow
 * each other, so it is the last one if it has a number. */
static gint32
class_label (GPtrArray *label_names, const char *class)
{
  if (label_names->len == 0 ||
      !g_str_equal (class, g_ptr_array_index (label_names, label_names->len - 1)))
    g_ptr_array_add (label_names, g_strdup (class));
  return (gint32)label_names->len - 1;
}

/* What a file is of, of what is looked for; NULL: of nothing. */
static const GenMedium *
recognise (const Walk *walk, const char *path)
{
  if (walk->medium != NULL)
    return walk->medium->recognise (path) ? walk->medium : NULL;
  for (const GenMedium *const *m = gen_medium_list (); *m != NULL; m++)
    if ((*m)->recognise != NULL && (*m)->recognise (path))
      return *m;
  return NULL;
}

/* Add the files in and below `path`. `class` names the first-level folder that they are in,
 * NULL at the top. */
static gboolean
walk_folder (Walk *walk, const char *path, const char *class, int depth, GError **error)
{
  g_autoptr (GPtrArray) names = NULL;

  if (depth > MAX_DEPTH) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: folders are nested more than %d deep", path, MAX_DEPTH);
    return FALSE;
  }
  names = list_names (path, error);
  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    g_autofree char *below = g_build_filename (path, name, NULL);
    GStatBuf status;

    if (g_stat (below, &status) != 0)
      continue;
    if (S_ISDIR (status.st_mode)) {
      if (is_new (walk, &status) &&
          !walk_folder (walk, below,
              class == NULL ? g_string_chunk_insert (walk->classes, name) : class, depth + 1,
              error))
        return FALSE;
    } else if (S_ISREG (status.st_mode)) {
      Found found = { below, recognise (walk, below), class };

      if (found.medium == NULL)
        continue;
      g_array_append_val (walk->found, found);
      below = NULL;
    }
  }
  return TRUE;
}

/* Learn the format from the first file that can be read. */
static gboolean
probe_first (FolderDataset *folder, const GenMedium *medium, GError **error)
{
  g_autoptr (GError) first = NULL;

  for (guint i = 0; i < folder->paths->len; i++) {
    if (medium->probe (g_ptr_array_index (folder->paths, i), &folder->dataset.sample,
            first == NULL ? &first : NULL))
      return TRUE;
  }
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "%s: none of its %u %s can be decoded; the first: %s", folder->dataset.location,
      folder->paths->len, medium->plural, first->message);
  return FALSE;
}

/* The medium that most files are of, the first of those where they are as many. */
static const GenMedium *
find_most (const GArray *found)
{
  const GenMedium *most = &gen_medium_picture;
  guint greatest = 0;

  for (const GenMedium *const *m = gen_medium_list (); *m != NULL; m++) {
    guint count = 0;

    for (guint i = 0; i < found->len; i++)
      count += g_array_index (found, Found, i).medium == *m;
    if (count <= greatest)
      continue;
    most = *m;
    greatest = count;
  }
  return most;
}

/* The files of `medium` become the items. */
static void
take_files (FolderDataset *folder, GArray *found, const GenMedium *medium)
{
  GenDataset *dataset = &folder->dataset;

  dataset->labels = g_new (gint32, found->len);
  for (guint i = 0; i < found->len; i++) {
    Found *file = &g_array_index (found, Found, i);

    if (file->medium != medium)
      continue;
    dataset->labels[dataset->count++] =
        file->class == NULL ? -1 : class_label (dataset->label_names, file->class);
    g_ptr_array_add (folder->paths, g_steal_pointer (&file->path));
  }
}

static gboolean
folder_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  FolderDataset *folder = (FolderDataset *)dataset;
  const GenMedium *medium = settings->medium;
  g_autoptr (GError) walk_error = NULL;
  g_auto (Walk) walk = { 0 };
  GStatBuf status;

  walk_init (&walk, medium);
  if (medium != NULL && medium->recognise == NULL) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: a folder cannot be read as %s", dataset->location, medium->plural);
    return FALSE;
  }
  if (g_stat (dataset->location, &status) == 0)
    is_new (&walk, &status);
  if (!walk_folder (&walk, dataset->location, NULL, 0, &walk_error)) {
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, walk_error->message);
    return FALSE;
  }
  if (medium == NULL)
    medium = find_most (walk.found);
  take_files (folder, walk.found, medium);
  if (dataset->count == 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND,
        "%s: no %s in this folder or below it%s", dataset->location,
        settings->medium != NULL ? medium->plural : "pictures or other media",
        settings->medium != NULL ? "; medium says what is searched for" : "");
    return FALSE;
  }
  return probe_first (folder, medium, error);
}

static gboolean
folder_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting, GenSample *target,
    GError **error)
{
  const FolderDataset *folder = (const FolderDataset *)dataset;

  return target->medium->load (g_ptr_array_index (folder->paths, index), fitting, target, error);
}

static char *
folder_describe (const GenDataset *dataset, guint32 index)
{
  return g_strdup (g_ptr_array_index (((const FolderDataset *)dataset)->paths, index));
}

const GenDatasetFormat gen_dataset_folder = {
  .name = "folder",
  .description = "A folder of files, with a sub-folder for each class",
  .recognise = folder_recognise,
  .create = folder_create,
  .open = folder_open,
  .load = folder_load,
  .describe = folder_describe,
  .free = folder_free,
};
