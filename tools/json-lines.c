/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>

#include "../lib/base/json-file.h"

struct _JsonLines {
  char *path;
  int fd;
};

static gboolean
fail (const char *path, int number, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot write '%s': %s", path,
      g_strerror (number));
  return FALSE;
}

static gboolean
append (JsonLines *lines, const char *text, GError **error)
{
  const gsize length = strlen (text);
  gssize written;

  do
    written = write (lines->fd, text, length);
  while (written < 0 && errno == EINTR);
  if (written == (gssize)length)
    return TRUE;
  return fail (lines->path, written < 0 ? errno : ENOSPC, error);
}

static gboolean
is_cut (const char *path)
{
  g_autofree char *text = NULL;
  gsize length;

  return g_file_get_contents (path, &text, &length, NULL) && length > 0 && text[length - 1] != '\n';
}

JsonLines *
json_lines_open (const char *path, GError **error)
{
  const gboolean cut = is_cut (path);
  const int fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  g_autoptr (JsonLines) lines = NULL;

  if (fd < 0) {
    fail (path, errno, error);
    return NULL;
  }
  lines = g_new (JsonLines, 1);
  *lines = (JsonLines){ g_strdup (path), fd };
  return !cut || append (lines, "\n", error) ? g_steal_pointer (&lines) : NULL;
}

void
json_lines_free (JsonLines *lines)
{
  close (lines->fd);
  g_free (lines->path);
  g_free (lines);
}

gboolean
json_lines_add (JsonLines *lines, JsonObject *object, GError **error)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = gen_json_to_text (root, FALSE);
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  return append (lines, line, error);
}

GPtrArray *
json_lines_read (const char *path)
{
  GPtrArray *read = g_ptr_array_new_with_free_func ((GDestroyNotify)json_object_unref);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return read;
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    g_autoptr (JsonNode) node = **line != '\0' && g_utf8_validate (*line, -1, NULL)
                                    ? gen_json_from_figures (*line, NULL)
                                    : NULL;

    if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
      g_ptr_array_add (read, json_object_ref (json_node_get_object (node)));
  }
  return read;
}
