/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a folder. Of a folder that is gone through, its names alone are held in memory, and
 * only of what the system does not tell the kind of by itself is asked. */
#include "dataset-walk.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "dataset-private.h"
#include "folder-index.h"

/* Deeper folders are taken for a mistake. */
#define MAX_DEPTH 32
/* Files of a folder between two words on how many there are. */
#define FILES_PER_WORD 4096

typedef struct {
  const GenWalkFunctions *functions;
  gpointer data;
  const GenWalkProgress *progress;
  guint32 files;
  GHashTable *visited; /* "device:inode" of the folders so far */
  guint32 folders;
  gboolean ended;
} Walk;

/* Names in a folder, one behind the other, each behind a byte that tells its kind. */
typedef struct {
  GByteArray *bytes;
  char **names; /* sorted */
  gsize count;
} Names;

static void
names_clear (Names *names)
{
  g_clear_pointer (&names->bytes, g_byte_array_unref);
  g_clear_pointer (&names->names, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Names, names_clear)

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* Whether a folder is met for the first time. */
static gboolean
is_new (Walk *walk, const struct stat *status)
{
  return g_hash_table_add (
      walk->visited, g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                         (guint64)status->st_dev, (guint64)status->st_ino));
}

/* The names in a folder, sorted, hidden ones left out. */
static gboolean
list_names (const char *path, Names *names, GError **error)
{
  DIR *dir = opendir (path);
  const struct dirent *entry;
  char *name;

  if (dir == NULL) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: the folder cannot be read: %s", path, g_strerror (errno));
    return FALSE;
  }
  names->bytes = g_byte_array_new ();
  while ((entry = readdir (dir)) != NULL) {
    const guint8 kind = entry->d_type;

    if (entry->d_name[0] == '.')
      continue;
    g_byte_array_append (names->bytes, &kind, 1);
    g_byte_array_append (
        names->bytes, (const guint8 *)entry->d_name, (guint)strlen (entry->d_name) + 1);
    names->count++;
  }
  closedir (dir);
  names->names = g_new (char *, names->count);
  name = (char *)names->bytes->data;
  for (gsize i = 0; i < names->count; i++) {
    names->names[i] = name + 1;
    name += strlen (name + 1) + 2;
  }
  qsort (names->names, names->count, sizeof *names->names, compare_names);
  return TRUE;
}

static void
tell (const Walk *walk)
{
  if (walk->progress->tell != NULL)
    walk->progress->tell (walk->files, walk->progress->data);
}

static gboolean walk_folder (Walk *walk, const char *path, const char *below,
    const struct stat *status, int depth, GError **error);

/* What is no file by its entry: a folder, or what a link leads to. What is neither, or nothing any
 * more, is passed over. */
static gboolean
take_other (Walk *walk, const GenWalked *other, int depth, GError **error)
{
  g_autofree char *below = g_build_filename (other->below, other->name, NULL);
  struct stat status;

  if (stat (other->path, &status) != 0)
    return TRUE;
  if (S_ISREG (status.st_mode))
    walk->ended = !walk->functions->visit (other, walk->data);
  if (!S_ISDIR (status.st_mode) || !is_new (walk, &status))
    return TRUE;
  return walk_folder (walk, other->path, below, &status, depth + 1, error);
}

/* The files in and below `path`. */
static gboolean
walk_folder (Walk *walk, const char *path, const char *below, const struct stat *status, int depth,
    GError **error)
{
  const guint32 folder = walk->folders++;
  g_auto (Names) names = { 0 };

  if (depth > MAX_DEPTH) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: folders are nested more than %d deep", path, MAX_DEPTH);
    return FALSE;
  }
  tell (walk);
  walk->ended =
      walk->functions->enter != NULL && !walk->functions->enter (below, status, walk->data);
  if (!walk->ended && !list_names (path, &names, error))
    return FALSE;
  for (gsize i = 0; i < names.count && !walk->ended; i++) {
    g_autofree char *file = g_build_filename (path, names.names[i], NULL);
    const GenWalked walked = { file, names.names[i], below, folder };

    if (++walk->files % FILES_PER_WORD == 0)
      tell (walk);
    if ((guint8)names.names[i][-1] == DT_REG)
      walk->ended = !walk->functions->visit (&walked, walk->data);
    else if (!take_other (walk, &walked, depth, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_walk_folders (const char *location, const GenWalkProgress *progress,
    const GenWalkFunctions *functions, gpointer data, GError **error)
{
  g_autoptr (GHashTable) visited = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Walk walk = { .functions = functions, .data = data, .progress = progress, .visited = visited };
  struct stat status = { 0 };

  if (stat (location, &status) == 0)
    is_new (&walk, &status);
  return walk_folder (&walk, location, "", &status, 0, error);
}

/* --- files alone --- */

typedef struct {
  GenDatasetVisit visit;
  gpointer data;
} Visit;

/* The first-level folder; NULL at the top. (transfer full) */
static char *
class_of (const char *below)
{
  return *below != '\0' ? g_strndup (below, strcspn (below, "/")) : NULL;
}

static gboolean
visit_file (const GenWalked *file, gpointer data)
{
  const Visit *visit = data;
  g_autofree char *class = class_of (file->below);

  return visit->visit (file->path, class, visit->data);
}

static void
visit_noted (const GenFolderIndex *index, const char *location, const Visit *visit)
{
  GenFolderFile file;
  guint32 place = GEN_FOLDER_START;
  gboolean on = TRUE;

  while (on && gen_folder_index_next (index, &place, &file)) {
    g_autofree char *path = g_build_filename (location, file.below, file.name, NULL);
    g_autofree char *class = class_of (file.below);

    on = visit->visit (path, class, visit->data);
  }
}

gboolean
gen_dataset_walk (const char *location, const GenWalkProgress *progress, GenDatasetVisit visit,
    gpointer data, GError **error)
{
  static const GenWalkFunctions functions = { .visit = visit_file };
  g_autoptr (GenFolderIndex) index = gen_folder_index_recall (location);
  Visit files = { visit, data };

  if (index == NULL)
    return gen_walk_folders (location, progress, &functions, &files, error);
  visit_noted (index, location, &files);
  return TRUE;
}
