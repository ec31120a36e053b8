/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "class-names.h"

#include <string.h>

#include <generative/atomic-file.h>

GPtrArray *
gen_class_names_read (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, GEN_CLASS_NAMES, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gsize length;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR) ||
      !g_file_get_contents (path, &text, &length, NULL) ||
      !g_utf8_validate_len (text, length, NULL))
    return names;
  lines = g_strsplit (text, "\n", GEN_DATASET_MAX_CLASSES + 1);
  for (guint i = 0; lines[i] != NULL && (*lines[i] != '\0' || lines[i + 1] != NULL); i++)
    g_ptr_array_add (names, g_strdup (g_strchomp (lines[i])));
  return names;
}

gboolean
gen_class_names_write (const char *folder, const GPtrArray *names, GError **error)
{
  g_autofree char *path = g_build_filename (folder, GEN_CLASS_NAMES, NULL);
  GString *text = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (text, "%s\n", (const char *)names->pdata[i]);
  bytes = g_string_free_to_bytes (text);
  return gen_atomic_write (path, bytes, error);
}

gboolean
gen_class_names_is_number (const char *name, guint number)
{
  g_autofree char *digits = g_strdup_printf ("%u", number);

  return g_str_equal (name, digits);
}

void
gen_class_names_extend (GPtrArray *names, guint n)
{
  while (names->len < n)
    g_ptr_array_add (names, g_strdup_printf ("%u", names->len));
}

int
gen_class_names_find (const GPtrArray *names, const char *name)
{
  for (guint i = 0; i < names->len; i++)
    if (g_str_equal (names->pdata[i], name))
      return (int)i;
  return -1;
}

void
gen_class_names_apply (const char *folder, GPtrArray *names)
{
  g_autoptr (GPtrArray) said = gen_class_names_read (folder);

  if (said->len < names->len)
    return;
  for (guint i = 0; i < names->len; i++)
    if (!gen_class_names_is_number (names->pdata[i], i))
      return;
  for (guint i = 0; i < names->len; i++) {
    g_free (names->pdata[i]);
    names->pdata[i] = g_strdup (said->pdata[i]);
  }
}
