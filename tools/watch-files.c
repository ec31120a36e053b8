/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file counts when it has been left alone for a while and can be decoded. Training reads it
 * through a link, so that what comes meanwhile is of the next round. */
#include "watch.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include <generative/atomic-file.h>
#include <generative/dataset.h>

#include "../lib/base/json-file.h"
#include "../lib/data/dataset-walk.h"
#include "command.h"
#include "json-lines.h"

typedef struct {
  gint64 size, time;       /* bytes; nanoseconds, of the last change of what is in it */
  gint64 changed;          /* seconds, of the last change of anything */
  gint64 since;            /* of the monotonic clock, when it was first seen so */
  const GenMedium *medium; /* by its name, where that is what is trained on */
  gboolean settled, looked_at, damaged;
} File;

struct _WatchFiles {
  char *location;
  const GenMedium *medium;
  int settle;
  GHashTable *there; /* File by name, as it is below the location */
  GHashTable *known; /* "SIZE TIME" by name, in UTF-8 */
  GHashTable *folders;
};

WatchFiles *
watch_files_new (const char *location, const GenMedium *medium, int settle)
{
  WatchFiles *files = g_new0 (WatchFiles, 1);

  files->location = g_strdup (location);
  files->medium = medium;
  files->settle = settle;
  files->there = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  files->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  files->folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return files;
}

void
watch_files_free (WatchFiles *files)
{
  g_hash_table_unref (files->there);
  g_hash_table_unref (files->known);
  g_hash_table_unref (files->folders);
  g_free (files->location);
  g_free (files);
}

/* --- what is known --- */

static char *
stamp_of (gint64 size, gint64 time)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, size, time);
}

gboolean
watch_files_know (WatchFiles *files, const char *path, GError **error)
{
  g_autoptr (GPtrArray) lines = json_lines_read (path);

  g_hash_table_remove_all (files->known);
  for (guint i = 0; i < lines->len; i++) {
    JsonObject *line = lines->pdata[i];
    const char *name = json_object_get_string_member_with_default (line, "file_name", NULL);

    if (name == NULL) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: line %u has no \"file_name\"",
          path, i + 1);
      return FALSE;
    }
    g_hash_table_insert (files->known, g_strdup (name),
        stamp_of (json_object_get_int_member_with_default (line, "size", -1),
            json_object_get_int_member_with_default (line, "time", -1)));
  }
  return TRUE;
}

/* JSON is UTF-8, and names of files need not be. */
static gboolean
is_new (const WatchFiles *files, const char *name, const File *file)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);
  g_autofree char *stamp = stamp_of (file->size, file->time);

  return g_strcmp0 (g_hash_table_lookup (files->known, valid), stamp) != 0;
}

static gboolean
counts (const File *file)
{
  return file->medium != NULL && file->settled && !file->damaged;
}

/* --- what is there --- */

typedef struct {
  WatchFiles *files;
  GHashTable *there;
  gint64 now, clock; /* of the monotonic clock, and seconds of the other */
} Look;

static gboolean
enter (const char *below, const struct stat *status, gpointer data)
{
  Look *look = data;

  g_hash_table_add (look->files->folders, g_build_filename (look->files->location, below, NULL));
  return TRUE;
}

/* Also one whose clock is ahead of ours settles. */
static gboolean
is_settled (const Look *look, const File *file)
{
  const gint64 still = look->now - file->since;

  return still >= look->files->settle * G_USEC_PER_SEC ||
         (file->changed <= look->clock && look->clock - file->changed > look->files->settle);
}

static gboolean
visit (const GenWalked *walked, gpointer data)
{
  Look *look = data;
  WatchFiles *files = look->files;
  g_autofree char *name = g_build_filename (walked->below, walked->name, NULL);
  const File *before;
  struct stat status;
  File *file;

  if (stat (walked->path, &status) != 0)
    return TRUE;
  file = g_new (File, 1);
  *file = (File){ .size = status.st_size,
    .time = status.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + status.st_mtim.tv_nsec,
    .changed = status.st_ctim.tv_sec,
    .since = look->now,
    .medium = files->medium->is_named (walked->name) ? files->medium : NULL };
  before = g_hash_table_lookup (files->there, name);
  if (before != NULL && before->size == file->size && before->time == file->time &&
      before->changed == file->changed)
    *file = *before;
  file->settled = is_settled (look, file);
  g_hash_table_insert (look->there, g_steal_pointer (&name), file);
  return TRUE;
}

static gboolean
decode (const WatchFiles *files, const char *path, GError **error)
{
  const GenDatasetSettings settings = { .medium = files->medium };
  const GenFitting fitting = { 0 };
  g_autoptr (GenDataset) dataset = gen_dataset_open (path, &settings, error);
  g_auto (GenSample) sample = { 0 };

  if (dataset == NULL)
    return FALSE;
  gen_sample_init (&sample, gen_dataset_get_format (dataset));
  return gen_dataset_load (dataset, 0, &fitting, &sample, error);
}

static void
look_at (const WatchFiles *files, const char *name, File *file)
{
  g_autofree char *path = g_build_filename (files->location, name, NULL);
  g_autoptr (GError) error = NULL;

  file->looked_at = TRUE;
  file->damaged = !decode (files, path, &error);
  if (file->damaged)
    command_warn ("left out: %s", error->message);
}

gboolean
watch_files_look (WatchFiles *files, WatchCounts *found, GError **error)
{
  static const GenWalkFunctions functions = { enter, visit };
  static const GenWalkProgress silent = { NULL, NULL };
  Look look = { .files = files,
    .there = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free),
    .now = g_get_monotonic_time (),
    .clock = g_get_real_time () / G_USEC_PER_SEC };
  GHashTableIter iter;
  gpointer name, file;

  *found = (WatchCounts){ 0 };
  g_hash_table_remove_all (files->folders);
  if (!gen_walk_folders (files->location, &silent, &functions, &look, error)) {
    g_hash_table_unref (look.there);
    return FALSE;
  }
  g_hash_table_unref (files->there);
  files->there = look.there;
  g_hash_table_iter_init (&iter, files->there);
  while (g_hash_table_iter_next (&iter, &name, &file)) {
    File *here = file;

    if (here->settled && here->medium != NULL && !here->looked_at)
      look_at (files, name, here);
    found->unsettled += !here->settled;
    found->damaged += here->settled && here->damaged;
    found->count += counts (here);
    found->added += counts (here) && is_new (files, name, here);
  }
  return TRUE;
}

char **
watch_files_list_folders (const WatchFiles *files)
{
  GHashTableIter iter;
  gpointer folder;
  GPtrArray *list = g_ptr_array_new ();

  g_hash_table_iter_init (&iter, files->folders);
  while (g_hash_table_iter_next (&iter, &folder, NULL))
    g_ptr_array_add (list, g_strdup (folder));
  g_ptr_array_add (list, NULL);
  return (char **)g_ptr_array_free (list, FALSE);
}

/* --- links --- */

static gboolean
fail (const char *path, int number, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot write '%s': %s", path,
      g_strerror (number));
  return FALSE;
}

/* What is not trained on is beside it, as a caption is. */
static gboolean
is_linked (const File *file)
{
  return file->settled && !file->damaged;
}

static gboolean
link_one (const WatchFiles *files, const char *data, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (data, name, NULL);
  g_autofree char *target = g_build_filename (files->location, name, NULL);
  g_autofree char *around = g_path_get_dirname (path);
  g_autofree char *before = g_file_read_link (path, NULL);

  if (g_strcmp0 (before, target) == 0)
    return TRUE;
  if (before != NULL)
    g_unlink (path);
  if (g_mkdir_with_parents (around, 0777) != 0 || symlink (target, path) != 0)
    return fail (path, errno, error);
  return TRUE;
}

/* Remove the links in `folder`, which is `below` the data, of what is not there any more. */
static void
remove_stale (const WatchFiles *files, const char *folder, const char *below)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autofree char *whole = below != NULL ? g_build_filename (below, name, NULL) : g_strdup (name);
    const File *file = g_hash_table_lookup (files->there, whole);

    if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK)) {
      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        remove_stale (files, path, whole);
    } else if (file == NULL || !is_linked (file)) {
      g_unlink (path);
    }
  }
  if (below != NULL)
    g_rmdir (folder); /* where nothing is left in it, it would be a class */
}

gboolean
watch_files_link (const WatchFiles *files, const char *data, GError **error)
{
  GHashTableIter iter;
  gpointer name, file;

  if (g_file_test (data, G_FILE_TEST_IS_SYMLINK)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "'%s' is a link, and in what it leads to all links that are not to files of '%s' would be "
        "removed; a folder of its own is wanted there, which is made where there is none",
        data, files->location);
    return FALSE;
  }
  if (g_mkdir_with_parents (data, 0777) != 0)
    return fail (data, errno, error);
  remove_stale (files, data, NULL);
  g_hash_table_iter_init (&iter, files->there);
  while (g_hash_table_iter_next (&iter, &name, &file))
    if (is_linked (file) && !link_one (files, data, name, error))
      return FALSE;
  return TRUE;
}

/* --- lists --- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* (transfer container) */
static GPtrArray *
sort_names (const WatchFiles *files)
{
  GPtrArray *names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, files->there);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, name);
  g_ptr_array_sort (names, compare_names);
  return names;
}

static void
append_line (GString *text, const char *name, const File *file)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autofree char *valid = g_utf8_make_valid (name, -1), *line = NULL;

  json_object_set_string_member (object, "file_name", valid);
  json_object_set_int_member (object, "size", file->size);
  json_object_set_int_member (object, "time", file->time);
  line = gen_json_to_text (root, FALSE);
  g_string_append_printf (text, "%s\n", line);
}

gboolean
watch_files_save (const WatchFiles *files, gboolean new_ones, const char *before, const char *path,
    GError **error)
{
  g_autoptr (GPtrArray) names = sort_names (files);
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *first = NULL;
  GString *text;
  gsize n;

  if (before != NULL && !g_file_get_contents (before, &first, NULL, error))
    return FALSE;
  text = g_string_new (first);
  if (text->len > 0 && text->str[text->len - 1] != '\n')
    g_string_append_c (text, '\n');
  for (guint i = 0; i < names->len; i++) {
    const File *file = g_hash_table_lookup (files->there, names->pdata[i]);

    if (counts (file) && (!new_ones || is_new (files, names->pdata[i], file)))
      append_line (text, names->pdata[i], file);
  }
  n = text->len;
  bytes = g_bytes_new_take (g_string_free (text, FALSE), n);
  return gen_atomic_write (path, bytes, error);
}

JsonArray *
watch_files_describe_damaged (const WatchFiles *files)
{
  g_autoptr (GPtrArray) names = sort_names (files);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < names->len; i++) {
    const File *file = g_hash_table_lookup (files->there, names->pdata[i]);
    g_autofree char *valid = g_utf8_make_valid (names->pdata[i], -1);

    if (file->settled && file->damaged)
      json_array_add_string_element (array, valid);
  }
  return array;
}
