/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opencv-storage.h"

#include <generative/metric.h>
#include <gio/gio.h>

#include <math.h>
#include <string.h>

/* Models have less than a megabyte. */
#define LARGEST (64 * 1024 * 1024)
#define BEGINNING "%YAML"

void
gen_storage_clear (GenStorage *storage)
{
  g_clear_pointer (&storage->path, g_free);
  g_clear_pointer (&storage->text, g_free);
}

gboolean
gen_storage_open (GenStorage *storage, const char *path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info =
      g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE, NULL, error);
  gsize length;

  if (info == NULL)
    return FALSE;
  if (g_file_info_get_size (info) > LARGEST) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
        "%s: it is larger than the %d MiB that a model may have", path, LARGEST >> 20);
    return FALSE;
  }
  if (!g_file_get_contents (path, &storage->text, &length, error))
    return FALSE;
  if (!g_str_has_prefix (storage->text, BEGINNING) || strlen (storage->text) != length) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
        "%s: it is no YAML of OpenCV's, which begins with %s", path, BEGINNING);
    gen_storage_clear (storage);
    return FALSE;
  }
  storage->path = g_strdup (path);
  return TRUE;
}

/* Where the value of a line "  key: value" begins, or NULL. */
static const char *
find_value (const char *text, const char *key)
{
  const gsize length = strlen (key);

  for (const char *line = text; line != NULL; line = strchr (line, '\n')) {
    line += strspn (line, "\n -");
    if (strncmp (line, key, length) == 0 && line[length] == ':')
      return line + length + 1;
  }
  return NULL;
}

/* Lists are numbers between brackets and commas, or behind dashes that stand for themselves. */
static gboolean
is_between (const char *c)
{
  return strchr (" \n\r\t,[]", *c) != NULL || (*c == '-' && g_ascii_isspace (c[1]));
}

gboolean
gen_storage_has (const GenStorage *storage, const char *key)
{
  return find_value (storage->text, key) != NULL;
}

GArray *
gen_storage_read (const GenStorage *storage, const char *key, guint n, GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (double));
  const char *c = find_value (storage->text, key);

  if (c == NULL) {
    g_set_error (
        error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL, "%s has no %s", storage->path, key);
    return NULL;
  }
  for (;;) {
    char *end;
    double number;

    while (*c != '\0' && is_between (c))
      c++;
    number = g_ascii_strtod (c, &end);
    if (end == c || *end == ':')
      break;
    if (!isfinite (number)) {
      g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
          "%s: a number of %s is not finite", storage->path, key);
      return NULL;
    }
    g_array_append_val (numbers, number);
    c = end;
  }
  if (numbers->len > 0 && (n == 0 || numbers->len == n))
    return g_steal_pointer (&numbers);
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
      "%s: %s has %u numbers, and not the %u that it should", storage->path, key, numbers->len, n);
  return NULL;
}
