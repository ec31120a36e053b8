/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder of pictures.
 *
 * Opening lists the files and decodes only until the first sound one, which tells the size.
 * What is wrong with the others shows when they are loaded: a folder of a hundred thousand
 * photographs opens in a second. */
#include <string.h>

#include <glib/gstdio.h>

#include "dataset-private.h"
#include "../medium/picture-private.h"

/* Deeper folders are taken for a mistake. */
#define MAX_DEPTH 32

typedef struct {
  GenDataset dataset;
  GPtrArray *paths; /* of char *, one per item */
} FolderDataset;

/* A walk through the folders. */
typedef struct {
  FolderDataset *folder;
  GArray *labels;      /* of gint32, one per path */
  GHashTable *visited; /* "device:inode" of the folders so far: links may go round */
} Walk;

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

/* The number of a class, given when its first picture is found. The pictures of a class follow
 * each other, so it is the last one if it has a number. */
static gint32
class_label (GPtrArray *label_names, const char *class)
{
  if (label_names->len == 0 ||
      !g_str_equal (class, g_ptr_array_index (label_names, label_names->len - 1)))
    g_ptr_array_add (label_names, g_strdup (class));
  return (gint32)label_names->len - 1;
}

/* Add the pictures in and below `path`. `class` names the first-level folder that they are in,
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
          !walk_folder (walk, below, class == NULL ? name : class, depth + 1, error))
        return FALSE;
    } else if (S_ISREG (status.st_mode) && gen_picture_recognise (below)) {
      gint32 label = class == NULL ? -1 : class_label (walk->folder->dataset.label_names, class);

      g_ptr_array_add (walk->folder->paths, g_steal_pointer (&below));
      g_array_append_val (walk->labels, label);
    }
  }
  return TRUE;
}

/* Learn the size from the first picture that decodes. */
static gboolean
probe_first (FolderDataset *folder, GError **error)
{
  g_autoptr (GError) first = NULL;

  for (guint i = 0; i < folder->paths->len; i++) {
    g_auto (GenPicture) picture = { 0 };

    if (gen_picture_load (
            &picture, g_ptr_array_index (folder->paths, i), 0, first == NULL ? &first : NULL)) {
      folder->dataset.width = picture.width;
      folder->dataset.height = picture.height;
      folder->dataset.channels = picture.channels;
      return TRUE;
    }
  }
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "%s: none of its %u pictures can be decoded; the first: %s", folder->dataset.location,
      folder->paths->len, first->message);
  return FALSE;
}

static gboolean
folder_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  FolderDataset *folder = (FolderDataset *)dataset;
  g_autoptr (GHashTable) visited = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Walk walk = {
    .folder = folder, .labels = g_array_new (FALSE, FALSE, sizeof (gint32)), .visited = visited
  };
  g_autoptr (GError) walk_error = NULL;
  GStatBuf status;
  gboolean walked;

  if (g_stat (dataset->location, &status) == 0)
    is_new (&walk, &status);
  walked = walk_folder (&walk, dataset->location, NULL, 0, &walk_error);
  dataset->count = walk.labels->len;
  dataset->labels = (gint32 *)(void *)g_array_free (walk.labels, FALSE);
  if (!walked) {
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, walk_error->message);
    return FALSE;
  }
  if (dataset->count == 0) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND,
        "%s: no pictures in this folder or below it", dataset->location);
    return FALSE;
  }
  return probe_first (folder, error);
}

static gboolean
folder_load (
    const GenDataset *dataset, guint32 index, GenFit fit, GenPicture *target, GError **error)
{
  const FolderDataset *folder = (const FolderDataset *)dataset;
  g_auto (GenPicture) picture = { 0 };

  return gen_picture_load (&picture, g_ptr_array_index (folder->paths, index), 0, error) &&
         gen_picture_fit (&picture, target, fit, error);
}

static char *
folder_describe (const GenDataset *dataset, guint32 index)
{
  return g_strdup (g_ptr_array_index (((const FolderDataset *)dataset)->paths, index));
}

const GenDatasetFormat gen_dataset_folder = {
  .name = "folder",
  .description = "A folder of pictures, with a sub-folder for each class",
  .recognise = folder_recognise,
  .create = folder_create,
  .open = folder_open,
  .load = folder_load,
  .describe = folder_describe,
  .free = folder_free,
};
