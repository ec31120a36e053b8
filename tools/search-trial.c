/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One training of a search: generative-model train, in a process of its own, which ends with that
 * of the search whatever ends it. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include <generative/checkpoint.h>

#include "child.h"
#include "search.h"
#include "validation-lines.h"

#define LOG "train.log"

/* (transfer full) */
static GPtrArray *
list_arguments (const Search *search, const SearchTrial *trial, guint rung, const char *folder)
{
  GPtrArray *line = g_ptr_array_new_with_free_func (g_free);

  child_add (line, CHILD_PROGRAM);
  child_add (line, "train");
  child_add (line, "--validations=%s/" VALIDATION_LINES, folder);
  child_add (line, "%s", child_has_state (folder) ? "--resume" : "--overwrite");
  if (rung + 1 < search->n_rungs)
    child_add (line, "--until=%" G_GUINT64_FORMAT, search->steps[rung]);
  child_add (line, "%s", search->settings);
  child_add (line, "threads=%u", search->threads);
  for (char **fixed = search->fixed; *fixed != NULL; fixed++)
    child_add (line, "%s", *fixed);
  for (guint i = 0; i < search->dimensions->len; i++)
    child_add (line, "%s=%s", ((const SearchDimension *)search->dimensions->pdata[i])->name,
        trial->values[i]);
  if (search->max_steps > 0)
    child_add (line, "max-steps=%" G_GUINT64_FORMAT, search->max_steps);
  if (search->n_rungs > 1)
    child_add (line, "validation-interval=%" G_GUINT64_FORMAT, search->validation_interval);
  child_add (line, "checkpoint=%s", folder);
  child_add (line, "log-dir=%s/logs/%s", search->folder, trial->name);
  child_add (line, "validation-metric=%s", search->metric);
  child_add (line, "silent=true");
  g_ptr_array_add (line, NULL);
  return line;
}

GPid
search_start (const Search *search, const SearchTrial *trial, guint rung, GError **error)
{
  g_autofree char *folder = search_trial_path (search, trial);
  g_autofree char *log = g_build_filename (folder, LOG, NULL);
  g_autoptr (GPtrArray) line = NULL;

  if (g_mkdir_with_parents (folder, 0777) < 0) {
    const int number = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot write '%s': %s",
        log, g_strerror (number));
    return 0;
  }
  child_wait_for_folder (folder);
  line = list_arguments (search, trial, rung, folder);
  return child_start (line, log, NULL, error);
}

/* --- what came of it --- */

static double
figure_of (JsonObject *line, const char *name)
{
  JsonNode *node = json_object_get_member (line, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NAN;
  return json_node_get_double (node);
}

/* That of the best models, which are kept. */
static void
find_figure (const Search *search, SearchTrial *trial, guint rung, GPtrArray *lines)
{
  const double sign = search->better == GEN_BETTER_HIGHER ? -1 : 1;
  double found = NAN;

  for (guint i = 0; i < lines->len; i++) {
    JsonObject *line = lines->pdata[i];
    const double value = figure_of (line, search->objective);

    if (!json_object_has_member (line, "step"))
      continue;
    trial->steps[rung] = (guint64)json_object_get_int_member (line, "step");
    if (isnan (found) || sign * value < sign * found)
      found = value;
  }
  trial->figures[rung] = isfinite (found) ? found : NAN;
}

/* (transfer full) */
static char *
explain (GPtrArray *lines, const char *folder, int status)
{
  JsonObject *last = lines->len > 0 ? lines->pdata[lines->len - 1] : NULL;
  g_autofree char *log = NULL;

  if (WIFSIGNALED (status))
    return g_strdup_printf (
        "it was ended by signal %d (%s)", WTERMSIG (status), g_strsignal (WTERMSIG (status)));
  if (last != NULL && json_object_has_member (last, "failed"))
    return g_strdup (json_object_get_string_member_with_default (last, "failed", ""));
  log = g_build_filename (folder, LOG, NULL);
  return child_last_words (log, "train");
}

void
search_read_result (const Search *search, SearchTrial *trial, guint rung, int status)
{
  g_autofree char *folder = search_trial_path (search, trial);
  g_autofree char *path = g_build_filename (folder, VALIDATION_LINES, NULL);
  g_autoptr (GPtrArray) lines = json_lines_read (path);

  trial->begun = FALSE;
  trial->told = rung + 1;
  find_figure (search, trial, rung, lines);
  if (WIFEXITED (status) && WEXITSTATUS (status) == 0) {
    if (isnan (trial->figures[rung])) {
      trial->state = SEARCH_FAILED;
      trial->why = g_strdup_printf ("there is no %s", search->objective);
    }
    return;
  }
  trial->figures[rung] = NAN;
  trial->why = explain (lines, folder, status);
  trial->state = strstr (trial->why, "training diverged") != NULL ? SEARCH_DIVERGED : SEARCH_FAILED;
}
