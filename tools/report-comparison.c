/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `generative-model compare --json` has printed as a run: one object over many lines, where
 * reports have one in each. */
#include <glib/gstdio.h>
#include <string.h>

#include "report.h"
#include "../lib/base/json-file.h"
#include "../lib/base/json-members.h"

#define LARGEST (64 * 1024 * 1024)
/* Of the beginning of a file, what tells of which kind it is. */
#define BEGINNING 16

gboolean
run_is_of_comparison (const char *path)
{
  g_autofree char *start = g_malloc0 (BEGINNING + 1);
  FILE *file = g_fopen (path, "rb");
  gsize n;

  if (file == NULL)
    return FALSE;
  n = fread (start, 1, BEGINNING, file);
  fclose (file);
  start[n] = '\0';
  start[strcspn (start, "\n")] = '\0';
  return n > 1 && g_str_equal (g_strchomp (start), "{");
}

/* Figures of texts themselves, of which there are those of both sets, are told as those of the
 * samples, and the reference's behind its name. */
static void
take_figures (Run *run, JsonObject *figures, const char *within)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (figures == NULL)
    return;
  json_object_iter_init_ordered (&iter, figures);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    g_autofree char *full = g_strconcat (within, name, NULL);

    if (!json_object_has_member (run->summary, full) && !g_str_equal (name, "frames"))
      json_object_set_member (run->summary, full, json_node_copy (node));
  }
}

static void
take_pairs (Run *run)
{
  JsonNode *node = json_object_get_member (run->summary, "nearest-pairs");
  JsonArray *pairs =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; pairs != NULL && i < json_array_get_length (pairs); i++) {
    JsonNode *pair = json_array_get_element (pairs, i);

    if (JSON_NODE_HOLDS_OBJECT (pair))
      json_array_add_object_element (run->pairs, json_object_ref (json_node_get_object (pair)));
  }
}

static gboolean
has_figures (JsonObject *summary)
{
  g_autoptr (GList) nodes = json_object_get_values (summary);

  for (GList *node = nodes; node != NULL; node = node->next)
    if (JSON_NODE_HOLDS_VALUE (node->data))
      return TRUE;
  return FALSE;
}

static JsonNode *
load (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  GStatBuf status;

  if (g_stat (path, &status) == 0 && status.st_size > LARGEST) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "it is too large for one object");
    return NULL;
  }
  return g_file_get_contents (path, &text, NULL, error) ? gen_json_from_figures (text, error)
                                                        : NULL;
}

gboolean
run_read_comparison (Run *run, GError **error)
{
  g_autoptr (JsonNode) node = load (run->path, error);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    if (node != NULL)
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "it is no object of JSON");
    g_prefix_error (error,
        "%s: it begins as what compare --json prints, one object over many lines, and is none: ",
        run->path);
    return FALSE;
  }
  run->summary = json_object_ref (json_node_get_object (node));
  run->summaries = 1;
  take_figures (run, gen_json_object_in (run->summary, "of-samples"), "");
  take_figures (run, gen_json_object_in (run->summary, "of-reference"), "reference/");
  take_pairs (run);
  if (has_figures (run->summary))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: there is no figure in this object, as compare --json prints them", run->path);
  return FALSE;
}
