/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of classes for formats that have no room for names. They are given in the order in which
 * names come, and written down before the first item of a class is, so that what is interrupted
 * goes on with the same ones. */
#include "dataset-writer-private.h"

#include <gio/gio.h>
#include <string.h>

#include "class-names.h"

gboolean
gen_dataset_is_class_names (const char *path)
{
  return g_str_equal (path, GEN_CLASS_NAMES) ||
         (g_str_has_prefix (path, "." GEN_CLASS_NAMES ".") && g_str_has_suffix (path, ".tmp"));
}

/* By what its name says, or by who has it already; else the next one. */
static int
find_number (const GPtrArray *names, const char *name)
{
  guint64 number;
  int found;

  if (g_ascii_string_to_unsigned (name, 10, 0, GEN_DATASET_MAX_CLASSES - 1, &number, NULL))
    return (int)number;
  found = gen_class_names_find (names, name);
  return found >= 0 ? found : (int)names->len;
}

/* Class `number`, which has no name yet, is called `name` from now on. */
static gboolean
name_class (GenDatasetWriter *writer, guint number, const char *name, GError **error)
{
  g_autofree char *before = g_steal_pointer (&writer->class_names->pdata[number]);

  writer->class_names->pdata[number] = g_strdup (name);
  if (gen_class_names_write (writer->settings.location, writer->class_names, error))
    return TRUE;
  g_free (writer->class_names->pdata[number]);
  writer->class_names->pdata[number] = g_steal_pointer (&before);
  return FALSE;
}

gboolean
gen_dataset_writer_number_class (GenDatasetWriter *writer, GenWrittenItem *item, GError **error)
{
  GPtrArray *names = writer->class_names;
  const char *have;
  guint number;

  if (item->class_name == NULL)
    return TRUE;
  if (item->label < 0)
    item->label = find_number (names, item->class_name);
  if (item->label >= GEN_DATASET_MAX_CLASSES)
    return TRUE;
  number = (guint)item->label;
  gen_class_names_extend (names, number + 1);
  have = names->pdata[number];
  if (g_str_equal (have, item->class_name) || gen_class_names_is_number (item->class_name, number))
    return TRUE;
  if (gen_class_names_is_number (have, number))
    return name_class (writer, number, item->class_name, error);
  g_set_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM,
      "class %u is '%s' in '%s/" GEN_CLASS_NAMES "', and the next item calls it '%s': "
      "format=folder keeps classes by their names",
      number, have, writer->settings.location, item->class_name);
  return FALSE;
}
