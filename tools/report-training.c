/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trainings as runs: the curves of a log folder, as gantrainer, modeltrainer and `generative-model
 * train` write them for TensorBoard, over steps; and what training.json of a checkpoint says. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <generative/event-file.h>

#include "report.h"
#include "../lib/base/json-file.h"

#define DESCRIPTION "training.json"

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* Event files that lie in `folder`, the oldest first; none where there is no such folder. (transfer
 * full) */
static GPtrArray *
list_events (const char *folder)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    if (strstr (entry, "tfevents") != NULL)
      g_ptr_array_add (paths, g_build_filename (folder, entry, NULL));
  g_ptr_array_sort (paths, compare_names);
  return paths;
}

/* Where a checkpoint has its log, unless it was told another place. */
#define LOGS "logs"

/* Where a log has a folder for each training, the last one. (transfer full) */
static char *
find_last_run (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *entry;
  guint64 last = 0;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL) {
    guint64 number;

    if (sscanf (entry, "run-%" G_GINT64_MODIFIER "u", &number) == 1)
      last = MAX (last, number);
  }
  return last == 0 ? NULL : g_strdup_printf ("%s/run-%" G_GUINT64_FORMAT, folder, last);
}

/* GenEventScalarFunc */
static void
take_scalar (gint64 step, const char *tag, double value, gpointer data)
{
  g_autofree char *name = g_utf8_make_valid (tag, -1);
  Run *run = data;

  run_take (run, name, (double)step, value);
  json_object_set_int_member (run->summary, "steps",
      MAX (step, json_object_get_int_member_with_default (run->summary, "steps", 0)));
  gen_json_set_number (run->summary, name, value);
}

/* (transfer full) */
static GPtrArray *
list_last_events (const char *folder)
{
  g_autofree char *last = find_last_run (folder);

  return list_events (last != NULL ? last : folder);
}

static gboolean
read_log (Run *run, const char *folder, GError **error)
{
  g_autoptr (GPtrArray) events = list_last_events (folder);

  for (guint i = 0; i < events->len; i++) {
    gboolean whole;

    if (!gen_event_file_read_scalars (events->pdata[i], take_scalar, run, &whole, error))
      return FALSE;
    run->cut |= !whole;
  }
  return TRUE;
}

/* Numbers of an object, with its name in front where it is within another one. */
static void
take_numbers (Run *run, const char *within, JsonObject *object)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    g_autofree char *full =
        within != NULL ? g_strconcat (within, "/", name, NULL) : g_strdup (name);

    if (JSON_NODE_HOLDS_OBJECT (node) && within == NULL && !g_str_equal (name, "settings") &&
        !g_str_equal (name, "data"))
      take_numbers (run, name, json_node_get_object (node));
    else if (JSON_NODE_HOLDS_VALUE (node))
      json_object_set_member (run->summary, full, json_node_copy (node));
  }
}

static gboolean
read_description (Run *run, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;
  node = gen_json_from_figures (text, error);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    if (node != NULL)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "it is no object of JSON");
    g_prefix_error (error, "%s: ", path);
    return FALSE;
  }
  take_numbers (run, NULL, json_node_get_object (node));
  if (json_object_has_member (run->summary, "step"))
    json_object_set_int_member (
        run->summary, "steps", json_object_get_int_member_with_default (run->summary, "step", 0));
  return TRUE;
}

/* A log, or a checkpoint: what its training.json says, and its own log. */
static gboolean
read_folder (Run *run, GError **error)
{
  g_autofree char *description = g_build_filename (run->path, DESCRIPTION, NULL);
  g_autofree char *logs = g_build_filename (run->path, LOGS, NULL);
  g_autoptr (GPtrArray) own = list_last_events (run->path);
  const gboolean described = g_file_test (description, G_FILE_TEST_IS_REGULAR);

  if (described && !read_description (run, description, error))
    return FALSE;
  if (own->len > 0)
    return read_log (run, run->path, error);
  if (!read_log (run, logs, error))
    return FALSE;
  if (described || run->series->len > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
      "%s: there are no event files in this folder, as log-dir of a training names it, and it is "
      "no checkpoint, which has " DESCRIPTION,
      run->path);
  return FALSE;
}

gboolean
run_is_of_training (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);

  return g_file_test (path, G_FILE_TEST_IS_DIR) || g_str_equal (name, DESCRIPTION);
}

gboolean
run_read_training (Run *run, GError **error)
{
  run->trains = TRUE;
  run->summary = json_object_new ();
  run->summaries = 1;
  return g_file_test (run->path, G_FILE_TEST_IS_DIR) ? read_folder (run, error)
                                                     : read_description (run, run->path, error);
}
