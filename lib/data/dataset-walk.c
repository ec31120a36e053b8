/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a folder. */
#include "dataset-walk.h"

#include <string.h>

#include <glib/gstdio.h>

#include "dataset-private.h"

/* Deeper folders are taken for a mistake. */
#define MAX_DEPTH 32

typedef struct {
  GenDatasetVisit visit;
  gpointer data;
  GHashTable *visited; /* "device:inode" of the folders so far */
  gboolean ended;
} Walk;

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

/* The files in and below `path`. */
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
  for (guint i = 0; i < names->len && !walk->ended; i++) {
    const char *name = g_ptr_array_index (names, i);
    g_autofree char *below = g_build_filename (path, name, NULL);
    GStatBuf status;

    if (g_stat (below, &status) != 0)
      continue;
    if (S_ISREG (status.st_mode))
      walk->ended = !walk->visit (below, class, walk->data);
    else if (S_ISDIR (status.st_mode) && is_new (walk, &status) &&
             !walk_folder (walk, below, class == NULL ? name : class, depth + 1, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_dataset_walk (const char *location, GenDatasetVisit visit, gpointer data, GError **error)
{
  g_autoptr (GHashTable) visited = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Walk walk = { visit, data, visited, FALSE };
  g_autoptr (GError) reason = NULL;
  GStatBuf status;

  if (g_stat (location, &status) == 0)
    is_new (&walk, &status);
  if (walk_folder (&walk, location, NULL, 0, &reason))
    return TRUE;
  g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, reason->message);
  return FALSE;
}
