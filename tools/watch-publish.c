/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models are put beside those that are played, and then a link is renamed over the one that leads
 * there: whoever opens what it leads to has all files of one round, and elements, which look for
 * another file by that name, follow. */
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include <generative/atomic-file.h>

void
watch_remove (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK) && g_file_test (path, G_FILE_TEST_IS_DIR))
      watch_remove (path);
    else
      g_unlink (path);
  }
  g_rmdir (folder);
}

void
watch_remove_others (const Watch *watch, const char *name, guint64 kept, guint64 also)
{
  g_autoptr (GDir) dir = g_dir_open (watch->folder, 0, NULL);
  g_autofree char *beginning = g_strconcat (name, "-", NULL);
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (watch->folder, entry, NULL);
    guint64 number;
    char *end;

    if (!g_str_has_prefix (entry, beginning))
      continue;
    number = g_ascii_strtoull (entry + strlen (beginning), &end, 10);
    if (end == entry + strlen (beginning) || (*end == '\0' && (number == kept || number == also)))
      continue;
    watch_remove (path);
  }
}

static gboolean
set_error (const char *path, GError **error)
{
  const int number = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot write '%s': %s", path,
      g_strerror (number));
  return FALSE;
}

/* The same bytes by another name, which no one changes: files of trainings are replaced. */
static gboolean
take_file (const char *from, const char *to, GError **error)
{
  g_autoptr (GMappedFile) file = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_unlink (to);
  if (link (from, to) == 0)
    return TRUE;
  file = g_mapped_file_new (from, FALSE, error);
  if (file == NULL)
    return FALSE;
  bytes = g_mapped_file_get_bytes (file);
  return gen_atomic_write (to, bytes, error);
}

/* All files of a training but what is said on the way: also what one that begins with it takes up,
 * such as the samples that its state remembers. */
static gboolean
is_taken (const char *name)
{
  return *name != '.' && !g_str_has_suffix (name, ".log") && !g_str_has_suffix (name, ".out") &&
         !g_str_has_suffix (name, ".part");
}

static gboolean
take_files (const char *from, const char *to, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (from, 0, error);
  const char *name;

  if (dir == NULL)
    return FALSE;
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (from, name, NULL);
    g_autofree char *copy = g_build_filename (to, name, NULL);

    if (is_taken (name) && g_file_test (path, G_FILE_TEST_IS_REGULAR) &&
        !take_file (path, copy, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
make_folder (
    const Watch *watch, const char *path, const char *training, const char *folder, GError **error)
{
  g_autofree char *part = g_strconcat (path, ".part", NULL);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  watch_remove (part);
  if (g_mkdir_with_parents (part, 0777) != 0)
    return set_error (part, error);
  if (!take_files (training, part, error) ||
      (!g_str_equal (training, folder) && !take_files (folder, part, error)) ||
      !gen_folder_sync (part, error))
    return FALSE;
  return g_rename (part, path) == 0 || set_error (path, error);
}

gboolean
watch_publish (
    const Watch *watch, guint64 number, const char *training, const char *folder, GError **error)
{
  g_autofree char *path = watch_path (watch, WATCH_PUBLISHED "-%" G_GUINT64_FORMAT, number);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *link = watch_path (watch, WATCH_PUBLISHED);
  g_autofree char *before = watch_path (watch, WATCH_PUBLISHED ".part");

  if (!make_folder (watch, path, training, folder, error))
    return FALSE;
  g_unlink (before);
  if (symlink (name, before) != 0 || g_rename (before, link) != 0)
    return set_error (link, error);
  return gen_folder_sync (watch->folder, error);
}
