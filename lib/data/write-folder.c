/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder of files, with a folder for each class, as torchvision's ImageFolder, Keras and many
 * others read it: CLASS/00000012.png. Files are placed several at a time, so that the folders
 * are synced once for all of them. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include <generative/atomic-file.h>

#include "dataset-writer-private.h"

/* They wait and do nothing else. */
#define SYNC_THREADS 16

typedef struct {
  GenAtomicFile *file;
  char *path;
} Pending;

typedef struct {
  GenDatasetWriter *writer;
  GArray *pending; /* of Pending */
} Folder;

static void
pending_clear (gpointer data)
{
  Pending *pending = data;

  gen_atomic_file_free (pending->file);
  g_free (pending->path);
}

/* --- names --- */

static const char *const extensions[] = { "png", "jpg", "webp", "flac", "wav", "txt", "avi", NULL };

/* The number of a file 00000012.png, or of .00000012.png.89abcdef.tmp, which was to become it. */
static gboolean
parse_name (const char *name, guint64 *number, gboolean *whole)
{
  const gboolean hidden = name[0] == '.';
  g_auto (GStrv) parts = NULL;

  if (!gen_dataset_item_parse (name + hidden, number))
    return FALSE;
  parts = g_strsplit (name + hidden, ".", -1);
  *whole = !hidden;
  if (!g_strv_contains (extensions, parts[1]))
    return FALSE;
  return hidden ? parts[2] != NULL && parts[3] != NULL && g_str_equal (parts[3], "tmp")
                : parts[2] == NULL;
}

static gboolean
folder_is_own (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  guint64 number;
  gboolean whole;

  return parse_name (name, &number, &whole);
}

/* --- what is there --- */

/* Remove what is not whole, and items from number `next` on, in the folder and its classes. */
static gboolean
remove_unknown (const char *folder, guint64 next, gboolean is_class, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  const char *name;

  if (dir == NULL)
    return FALSE;
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    guint64 number;
    gboolean whole;

    if (parse_name (name, &number, &whole)) {
      if ((whole && number < next) || g_unlink (path) == 0)
        continue;
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot remove '%s': %s",
          path, g_strerror (errno));
      return FALSE;
    }
    if (!is_class && name[0] != '.' && g_file_test (path, G_FILE_TEST_IS_DIR) &&
        !g_file_test (path, G_FILE_TEST_IS_SYMLINK) && !remove_unknown (path, next, TRUE, error))
      return FALSE;
  }
  return TRUE;
}

static void
folder_close (gpointer state)
{
  Folder *folder = state;

  g_array_unref (folder->pending);
  g_free (folder);
}

static gpointer
folder_open (GenDatasetWriter *writer, const GenManifestPlace *last, GError **error)
{
  Folder *folder;

  if (last != NULL && (last->shard != NULL || !folder_is_own (last->file_name))) {
    g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_SETTINGS,
        "the dataset in '%s' is not of format=folder: its last item is in '%s'",
        writer->settings.location, last->shard != NULL ? last->shard : last->file_name);
    return NULL;
  }
  if (!remove_unknown (writer->settings.location, writer->next, FALSE, error))
    return NULL;
  folder = g_new0 (Folder, 1);
  folder->writer = writer;
  folder->pending = g_array_new (FALSE, FALSE, sizeof (Pending));
  g_array_set_clear_func (folder->pending, pending_clear);
  return folder;
}

/* --- items --- */

static guint
folder_limit (const GenDatasetWriterSettings *settings)
{
  return settings->commit_size;
}

static void
folder_locate (gpointer state, const GenWrittenItem *item)
{
  g_autofree char *key = gen_dataset_item_key (item->number);
  g_autofree char *name = g_strconcat (item->class_name != NULL ? item->class_name : "",
      item->class_name != NULL ? "/" : "", key, ".", item->extension, NULL);

  json_object_set_string_member (item->line, "file_name", name);
}

/* A new class is to be there after a power cut as well. */
static gboolean
make_class (const char *location, const char *path, GError **error)
{
  if (g_mkdir (path, 0777) == 0)
    return gen_folder_sync (location, error);
  if (errno == EEXIST)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
      "cannot make the folder '%s': %s", path, g_strerror (errno));
  return FALSE;
}

static gboolean
folder_add (gpointer state, const GenWrittenItem *item, GError **error)
{
  Folder *folder = state;
  const char *location = folder->writer->settings.location;
  const char *name = json_object_get_string_member (item->line, "file_name");
  g_autofree char *path = g_build_filename (location, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GenAtomicFile) file = NULL;
  gsize size;
  const void *data = g_bytes_get_data (item->bytes, &size);
  Pending pending;

  if (item->class_name != NULL && !make_class (location, parent, error))
    return FALSE;
  file = gen_atomic_file_new (path, error);
  /* Asking for the descriptor writes what was gathered: a full disk is this item's failure. */
  if (file == NULL || !gen_atomic_file_write (file, data, size, error) ||
      gen_atomic_file_fd (file, error) < 0)
    return FALSE;
  pending = (Pending){ g_steal_pointer (&file), g_steal_pointer (&path) };
  g_array_append_val (folder->pending, pending);
  return TRUE;
}

/* Sync the folders of the `n` first. */
static gboolean
sync_folders (const Folder *folder, guint n, GError **error)
{
  g_autoptr (GHashTable) folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer path;

  for (guint i = 0; i < n; i++)
    g_hash_table_add (
        folders, g_path_get_dirname (g_array_index (folder->pending, Pending, i).path));
  g_hash_table_iter_init (&iter, folders);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    if (!gen_folder_sync (path, error))
      return FALSE;
  return TRUE;
}

/* What goes wrong is told when the file is placed. */
static void
sync_file (gpointer data, gpointer unused)
{
  gen_atomic_file_sync (data, NULL);
}

/* All at once: one after the other, each would wait for the file system's journal by itself. */
static void
sync_files (const Folder *folder, guint n)
{
  GThreadPool *pool = n > 1 ? g_thread_pool_new (sync_file, NULL, SYNC_THREADS, FALSE, NULL) : NULL;

  for (guint i = 0; pool != NULL && i < n; i++)
    g_thread_pool_push (pool, g_array_index (folder->pending, Pending, i).file, NULL);
  if (pool != NULL)
    g_thread_pool_free (pool, FALSE, TRUE);
}

static guint
folder_commit (gpointer state, guint n, GError **error)
{
  Folder *folder = state;
  g_autoptr (GError) reason = NULL;
  guint placed = 0;

  sync_files (folder, n);
  while (placed < n &&
         gen_atomic_file_place (g_array_index (folder->pending, Pending, placed).file, &reason))
    placed++;
  if (!sync_folders (folder, placed, reason != NULL ? NULL : &reason))
    placed = 0;
  if (placed > 0)
    gen_dataset_writer_note_file (
        folder->writer, g_strdup (g_array_index (folder->pending, Pending, placed - 1).path));
  g_array_set_size (folder->pending, 0);
  if (reason != NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  return placed;
}

static const GenDatasetFormatFunctions functions = {
  .has_files = TRUE,
  .open = folder_open,
  .close = folder_close,
  .limit = folder_limit,
  .locate = folder_locate,
  .add = folder_add,
  .commit = folder_commit,
  .is_own = folder_is_own,
};

const GenDatasetFormat gen_dataset_format_folder = {
  .name = "folder",
  .description = "A file for each item, in a folder for each class, as torchvision's ImageFolder "
                 "and many others read it",
  .functions = &functions,
};
