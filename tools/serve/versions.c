/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a model's versions are. A folder has them as files, or as folders with a model each, as
 * trainings write them; their names tell the order, as people count: v9, v10. */
#include <string.h>

#include <gio/gio.h>

#include "model.h"

/* What the model in a folder is called, in this order; else it is the only one there. */
static const char *const usual[] = { "model.onnx", "ema.onnx", "generator.onnx", NULL };

void
serve_version_free (gpointer data)
{
  ServeVersion *version = data;

  g_free (version->name);
  g_free (version->path);
  g_free (version);
}

static ServeVersion *
make (const char *name, char *path)
{
  ServeVersion *version = g_new0 (ServeVersion, 1);

  version->name = g_strdup (name);
  version->path = path;
  return version;
}

ServeVersion *
serve_version_copy (const ServeVersion *version)
{
  return make (version->name, g_strdup (version->path));
}

static char *
find_usual (const char *folder)
{
  for (int i = 0; usual[i] != NULL; i++) {
    g_autofree char *path = g_build_filename (folder, usual[i], NULL);

    if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer (&path);
  }
  return NULL;
}

static gboolean
is_model (const char *name)
{
  return *name != '.' && g_str_has_suffix (name, ".onnx");
}

/* The only model in a folder, or NULL. */
static char *
find_only (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autofree char *found = NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    if (!is_model (name))
      continue;
    if (found != NULL)
      return NULL;
    found = g_build_filename (folder, name, NULL);
  }
  return g_steal_pointer (&found);
}

static void
add_entry (GPtrArray *versions, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *model;

  if (*name == '.')
    return;
  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    model = find_usual (path);
    if (model == NULL)
      model = find_only (path);
    if (model != NULL)
      g_ptr_array_add (versions, make (name, model));
  } else if (is_model (name)) {
    g_autofree char *stem = g_strndup (name, strlen (name) - strlen (".onnx"));

    g_ptr_array_add (versions, make (stem, g_steal_pointer (&path)));
  }
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const ServeVersion *const *first = a, *const *second = b;
  g_autofree char *x = g_utf8_collate_key_for_filename ((*first)->name, -1);
  g_autofree char *y = g_utf8_collate_key_for_filename ((*second)->name, -1);

  return strcmp (x, y);
}

static gboolean
read_folder (GPtrArray *versions, const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  char *model = find_usual (folder);
  const char *name;

  if (dir == NULL) {
    g_free (model);
    return FALSE;
  }
  if (model != NULL) {
    g_autofree char *base = g_path_get_basename (folder);

    g_ptr_array_add (versions, make (base, model));
    return TRUE;
  }
  while ((name = g_dir_read_name (dir)) != NULL)
    add_entry (versions, folder, name);
  g_ptr_array_sort (versions, compare);
  return TRUE;
}

GPtrArray *
serve_model_list_versions (const ServeModelSettings *settings, GError **error)
{
  g_autoptr (GPtrArray) versions = g_ptr_array_new_with_free_func (serve_version_free);
  g_autofree char *base = g_path_get_basename (settings->location);
  g_autoptr (GError) problem = NULL;

  if (g_file_test (settings->location, G_FILE_TEST_IS_REGULAR)) {
    if (g_str_has_suffix (base, ".onnx"))
      base[strlen (base) - strlen (".onnx")] = '\0';
    g_ptr_array_add (versions, make (base, g_strdup (settings->location)));
    return g_steal_pointer (&versions);
  }
  if (!g_file_test (settings->location, G_FILE_TEST_EXISTS)) {
    serve_record_fail (settings, "location", error,
        "there is no %s: an ONNX file is wanted, or a folder of versions", settings->location);
    return NULL;
  }
  if (!read_folder (versions, settings->location, &problem)) {
    serve_record_fail (settings, "location", error, "%s", problem->message);
    return NULL;
  }
  if (versions->len > 0)
    return g_steal_pointer (&versions);
  serve_record_fail (settings, "location", error,
      "there is no model in %s: an ONNX file is wanted, or folders with one each",
      settings->location);
  return NULL;
}
