/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in the folder that a dataset is to be written to. Nothing is removed there but what a
 * manifest tells of, and files of names that the format gives and whose numbers are of items to
 * come: those were not promised, and would be others by the same name. */
#include "dataset-writer-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <generative/atomic-file.h>

#include "class-names.h"

static gboolean
fail_file (const char *what, const char *path, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot %s '%s': %s", what,
      path, g_strerror (errno));
  return FALSE;
}

/* The kernel gives the lock back when the process ends, however that is. */
static gboolean
lock_folder (GenDatasetWriter *writer, GError **error)
{
  const char *folder = writer->settings.location;

  writer->made_folder = !g_file_test (folder, G_FILE_TEST_EXISTS);
  if (g_mkdir_with_parents (folder, 0777) < 0)
    return fail_file ("make the folder", folder, error);
  writer->lock = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (writer->lock < 0)
    return fail_file ("open the folder", folder, error);
  if (flock (writer->lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
    return TRUE;
  g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_BUSY,
      "another dataset is being written to '%s'", folder);
  return FALSE;
}

static gboolean
has_manifest (const char *folder, GenManifestKind kind)
{
  g_autofree char *path = g_build_filename (folder, gen_manifest_name (kind), NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
is_empty (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  return dir == NULL || g_dir_read_name (dir) == NULL;
}

/* Whether any format names a file so. */
static gboolean
is_own (const char *below)
{
  for (const GenDatasetFormat *const *format = gen_dataset_format_list (); *format != NULL;
       format++)
    if ((*format)->functions->is_own (below))
      return TRUE;
  return FALSE;
}

/* --- a dataset without items --- */

static gboolean
is_empty_manifest (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  GStatBuf status;

  return (g_str_equal (name, gen_manifest_name (GEN_MANIFEST_JSON_LINES)) ||
             g_str_equal (name, gen_manifest_name (GEN_MANIFEST_CSV))) &&
         g_lstat (path, &status) == 0 && S_ISREG (status.st_mode) && status.st_size == 0;
}

/* The files of a dataset of which nothing was promised: a manifest that is empty, and what has no
 * name that others read. NULL where there is anything else. (transfer full) */
static GPtrArray *
list_unpromised (const char *folder)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  gboolean has_manifest = FALSE;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    const gboolean is_manifest = is_empty_manifest (folder, name);

    has_manifest |= is_manifest;
    if (!is_manifest && !gen_dataset_is_class_names (name) && !(name[0] == '.' && is_own (name)))
      return NULL;
    g_ptr_array_add (names, g_strdup (name));
  }
  return has_manifest ? g_steal_pointer (&names) : NULL;
}

/* What a try that came to nothing has left is no dataset to be asked about. The manifest goes last:
 * without it, what is interrupted here would be anybody's files. */
static void
remove_unpromised (const char *folder)
{
  g_autoptr (GPtrArray) names = list_unpromised (folder);

  for (int manifests = FALSE; manifests <= TRUE; manifests++)
    for (guint i = 0; names != NULL && i < names->len; i++) {
      g_autofree char *path = g_build_filename (folder, names->pdata[i], NULL);

      if (is_empty_manifest (folder, names->pdata[i]) == manifests)
        g_unlink (path);
    }
}

void
gen_dataset_place_leave (GenDatasetWriter *writer)
{
  const char *folder = writer->settings.location;

  if (writer->safe > 0 || writer->manifest.fd < 0 || writer->manifest.size > 0)
    return;
  remove_unpromised (folder);
  if (writer->made_folder)
    g_rmdir (folder);
}

static gboolean
fail_exists (const char *folder, const char *what, GError **error)
{
  g_set_error (
      error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_EXISTS, "'%s' %s", folder, what);
  return FALSE;
}

/* --- a dataset that goes --- */

/* A name that leads below the folder, and nowhere else. */
static gboolean
is_below (const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, "/", -1);

  if (g_path_is_absolute (name))
    return FALSE;
  for (int i = 0; parts[i] != NULL; i++)
    if (parts[i][0] == '\0' || g_str_equal (parts[i], "..") || g_str_equal (parts[i], "."))
      return FALSE;
  return TRUE;
}

static gboolean
remove_file (const char *path, GError **error)
{
  return g_unlink (path) == 0 || errno == ENOENT || fail_file ("remove", path, error);
}

/* What a line tells of. */
static gboolean
remove_told (const GenManifestPlace *place, gpointer data, GError **error)
{
  const char *folder = data;
  const char *name = place->shard != NULL ? place->shard : place->file_name;
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  if (!is_below (name))
    return fail_exists (folder,
        "holds a manifest that tells of files which are not below it, and is not overwritten",
        error);
  if (!remove_file (path, error))
    return FALSE;
  /* A class that has become empty. */
  if (strchr (name, '/') != NULL)
    g_rmdir (parent);
  return TRUE;
}

/* Those that are named as a format names its own, whether they are whole or not. */
static gboolean
remove_own (const char *folder, const char *below, GError **error)
{
  g_autofree char *at = below != NULL ? g_build_filename (folder, below, NULL) : g_strdup (folder);
  g_autoptr (GDir) dir = g_dir_open (at, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *inner = below != NULL ? g_build_filename (below, name, NULL) : g_strdup (name);
    g_autofree char *path = g_build_filename (folder, inner, NULL);
    const gboolean is_folder =
        !g_file_test (path, G_FILE_TEST_IS_SYMLINK) && g_file_test (path, G_FILE_TEST_IS_DIR);

    if (is_folder && below == NULL && !remove_own (folder, inner, error))
      return FALSE;
    if (!is_folder && is_own (inner) && !remove_file (path, error))
      return FALSE;
  }
  g_clear_pointer (&dir, g_dir_close);
  if (below != NULL)
    g_rmdir (at); /* which fails where it is not empty */
  return TRUE;
}

/* The manifest goes last: what is interrupted can be repeated. */
static gboolean
remove_dataset (const char *folder, GenManifestKind kind, GError **error)
{
  GenManifest manifest = { .fd = -1 };
  g_autofree char *path = NULL;
  gboolean good = gen_manifest_open (&manifest, folder, kind, error) &&
                  gen_manifest_foreach (&manifest, remove_told, (gpointer)folder, error) &&
                  remove_own (folder, NULL, error);

  path = g_strdup (manifest.path);
  gen_manifest_close (&manifest);
  return good && remove_file (path, error);
}

static gboolean
overwrite (const char *folder, GError **error)
{
  gboolean found = FALSE;

  for (int kind = GEN_MANIFEST_JSON_LINES; kind <= GEN_MANIFEST_CSV; kind++) {
    if (!has_manifest (folder, (GenManifestKind)kind))
      continue;
    found = TRUE;
    if (!remove_dataset (folder, (GenManifestKind)kind, error))
      return FALSE;
  }
  return found || is_empty (folder) ||
         fail_exists (folder,
             "has no manifest (metadata.jsonl or metadata.csv), so that it is no dataset that was "
             "written here, and is not overwritten: empty it, or take another location",
             error);
}

/* --- a dataset that goes on --- */

static gboolean
check_kind (const GenDatasetWriter *writer, GError **error)
{
  const GenManifestKind kind = writer->settings.manifest;
  const GenManifestKind other =
      kind == GEN_MANIFEST_CSV ? GEN_MANIFEST_JSON_LINES : GEN_MANIFEST_CSV;
  const char *folder = writer->settings.location;

  if (has_manifest (folder, kind) || is_empty (folder))
    return TRUE;
  if (!has_manifest (folder, other))
    return fail_exists (folder,
        "is not empty and has no manifest (metadata.jsonl or metadata.csv) of a dataset to go on "
        "with",
        error);
  g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_SETTINGS,
      "the dataset in '%s' has the manifest %s: set manifest=%s", folder, gen_manifest_name (other),
      other == GEN_MANIFEST_CSV ? "csv" : "jsonl");
  return FALSE;
}

gboolean
gen_dataset_place_open (
    GenDatasetWriter *writer, GenManifestPlace *last, gboolean *goes_on, GError **error)
{
  const GenDatasetWriterSettings *settings = &writer->settings;
  const char *folder = settings->location;
  g_autoptr (GError) reason = NULL;

  if (!lock_folder (writer, error))
    return FALSE;
  remove_unpromised (folder);
  if (settings->overwrite && !overwrite (folder, error))
    return FALSE;
  if ((settings->resume || settings->append) && !check_kind (writer, error))
    return FALSE;
  if (!settings->overwrite && !settings->resume && !settings->append && !is_empty (folder))
    return fail_exists (folder,
        "is not empty: overwrite=true replaces the dataset that is there, append=true adds to it, "
        "resume=true goes on with one that was interrupted",
        error);
  if (!gen_manifest_open (&writer->manifest, folder, settings->manifest, error) ||
      !gen_folder_sync (folder, error))
    return FALSE;
  gen_atomic_file_sweep (folder, GEN_CLASS_NAMES);
  g_ptr_array_unref (writer->class_names);
  writer->class_names = gen_class_names_read (folder);
  *goes_on = gen_manifest_last (&writer->manifest, last, &reason);
  if (reason == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}
