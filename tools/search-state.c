/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* search.json: what a search goes on from, and what it has found. It is written whole whenever a
 * trial begins or ends; what is drawn follows from the plan in it. */
#include <math.h>
#include <string.h>

#include <gio/gio.h>

#include <generative/atomic-file.h>
#include <generative/version.h>

#include "../lib/base/json-file.h"
#include "search.h"
#include "settings-file.h"

static JsonArray *
list_texts (char **texts)
{
  JsonArray *list = json_array_new ();

  for (; *texts != NULL; texts++)
    json_array_add_string_element (list, *texts);
  return list;
}

static JsonObject *
describe_dimension (const SearchDimension *dimension)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "name", dimension->name);
  if (dimension->values != NULL) {
    json_object_set_array_member (object, "values", list_texts (dimension->values));
    return object;
  }
  json_object_set_double_member (object, "least", dimension->range.least);
  json_object_set_double_member (object, "greatest", dimension->range.greatest);
  json_object_set_boolean_member (object, "logarithmic", dimension->range.logarithmic);
  return object;
}

/* What may not change when it goes on, but for the number of trials where others do not hang on
 * that. */
static JsonObject *
describe_plan (const Search *search)
{
  JsonObject *object = json_object_new ();
  JsonArray *dimensions = json_array_new (), *rungs;
  g_autofree char *text = NULL, *hash = NULL;

  if (g_file_get_contents (search->settings, &text, NULL, NULL))
    hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  json_object_set_string_member (object, "settings", search->settings);
  json_object_set_string_member (object, "settings-sha256", hash != NULL ? hash : "");
  json_object_set_array_member (object, "fixed", list_texts (search->fixed));
  for (guint i = 0; i < search->dimensions->len; i++)
    json_array_add_object_element (dimensions, describe_dimension (search->dimensions->pdata[i]));
  json_object_set_array_member (object, "searched", dimensions);
  json_object_set_string_member (object, "method", search->method);
  json_object_set_string_member (object, "objective", search->objective);
  json_object_set_string_member (object, "better", gen_better_name (search->better));
  json_object_set_int_member (object, "seed", (gint64)search->seed);
  json_object_set_int_member (object, "trials", search->n_trials);
  json_object_set_int_member (object, "max-steps", (gint64)search->max_steps);
  if (search->n_rungs == 1)
    return object;
  rungs = json_array_new ();
  for (guint i = 0; i < search->n_rungs; i++)
    json_array_add_int_element (rungs, (gint64)search->steps[i]);
  json_object_set_array_member (object, "rungs", rungs);
  json_object_set_int_member (object, "reduction", search->reduction);
  json_object_set_int_member (object, "validation-interval", (gint64)search->validation_interval);
  return object;
}

static JsonObject *
describe_trial (const Search *search, const SearchTrial *trial)
{
  JsonObject *object = json_object_new (), *settings = json_object_new ();
  JsonArray *rungs = json_array_new ();

  json_object_set_string_member (object, "name", trial->name);
  json_object_set_string_member (object, "state", search_state_name (trial->state));
  if (trial->why != NULL)
    json_object_set_string_member (object, "why", trial->why);
  for (guint i = 0; i < search->dimensions->len; i++)
    json_object_set_string_member (
        settings, ((const SearchDimension *)search->dimensions->pdata[i])->name, trial->values[i]);
  json_object_set_object_member (object, "settings", settings);
  for (guint i = 0; i < trial->told; i++) {
    JsonObject *rung = json_object_new ();

    json_object_set_int_member (rung, "step", (gint64)trial->steps[i]);
    gen_json_set_number (rung, search->objective, trial->figures[i]);
    json_array_add_object_element (rungs, rung);
  }
  json_object_set_array_member (object, "results", rungs);
  json_object_set_boolean_member (object, "begun", trial->begun);
  return object;
}

gboolean
search_save (const Search *search, GError **error)
{
  g_autofree char *path = g_build_filename (search->folder, SEARCH_STATE, NULL), *text = NULL;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autoptr (GBytes) bytes = NULL;
  const SearchTrial *best = search_best (search);
  JsonArray *trials = json_array_new ();

  json_object_set_string_member (object, "version", GEN_VERSION);
  json_object_set_object_member (object, "plan", describe_plan (search));
  for (guint i = 0; i < search->trials->len; i++)
    json_array_add_object_element (trials, describe_trial (search, search->trials->pdata[i]));
  json_object_set_array_member (object, "trials", trials);
  if (best != NULL)
    json_object_set_string_member (object, "best", best->name);
  text = gen_json_to_text (root, TRUE);
  bytes = g_bytes_new (text, strlen (text));
  return gen_atomic_write (path, bytes, error);
}

/* --- going on --- */

static gboolean
refuse (GError **error, const char *path, const char *what)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", path, what);
  return FALSE;
}

/* Which member of the plan is another one. */
static gboolean
check_plan (const Search *search, JsonObject *plan, const char *path, GError **error)
{
  g_autoptr (JsonObject) now = describe_plan (search);
  g_autoptr (GList) names = json_object_get_members (now);

  for (GList *name = names; name != NULL; name = name->next) {
    JsonNode *is = json_object_get_member (now, name->data);
    JsonNode *was = json_object_get_member (plan, name->data);
    g_autofree char *is_text = gen_json_to_text (is, FALSE);
    g_autofree char *was_text =
        was != NULL ? gen_json_to_text (was, FALSE) : g_strdup ("not there");

    if (strcmp (name->data, "trials") == 0 && search->n_rungs == 1)
      continue;
    if (strcmp (is_text, was_text) == 0)
      continue;
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--resume: %s is of another search: %s is %s and was %s; say the same, or name another "
        "--folder",
        path, (const char *)name->data, is_text, was_text);
    return FALSE;
  }
  return TRUE;
}

static gboolean
load_results (const Search *search, SearchTrial *trial, JsonArray *results)
{
  const guint n = json_array_get_length (results);

  if (n > search->n_rungs)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    JsonNode *node = json_array_get_element (results, i), *figure;
    JsonObject *result;

    if (!JSON_NODE_HOLDS_OBJECT (node))
      return FALSE;
    result = json_node_get_object (node);
    figure = json_object_get_member (result, search->objective);
    trial->steps[i] = (guint64)json_object_get_int_member_with_default (result, "step", 0);
    trial->figures[i] =
        figure != NULL && JSON_NODE_HOLDS_VALUE (figure) ? json_node_get_double (figure) : NAN;
  }
  trial->told = n;
  return TRUE;
}

static void
load_state (SearchTrial *trial, JsonObject *object)
{
  const char *state = json_object_get_string_member_with_default (object, "state", "");

  for (SearchState s = SEARCH_DIVERGED; s <= SEARCH_FAILED; s++)
    if (strcmp (search_state_name (s), state) == 0) {
      trial->state = s;
      trial->why = g_strdup (json_object_get_string_member_with_default (object, "why", ""));
    }
}

static gboolean
load_trial (Search *search, guint i, JsonNode *node)
{
  const double sign = search->better == GEN_BETTER_HIGHER ? -1 : 1;
  double losses[GEN_SEARCH_MOST_RUNGS];
  SearchTrial *trial;
  JsonObject *object;
  JsonNode *results;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  object = json_node_get_object (node);
  results = json_object_get_member (object, "results");
  trial = search_add_trial (search, i);
  if (results == NULL || !JSON_NODE_HOLDS_ARRAY (results) ||
      !load_results (search, trial, json_node_get_array (results)))
    return FALSE;
  trial->begun = json_object_get_boolean_member_with_default (object, "begun", FALSE) &&
                 trial->told < search->n_rungs;
  if (trial->told == 0)
    trial->begun = TRUE;
  load_state (trial, object);
  for (guint k = 0; k < trial->told; k++)
    losses[k] = sign * trial->figures[k];
  gen_search_restore (search->schedule, losses, trial->told, trial->begun);
  return TRUE;
}

gboolean
search_load (Search *search, GError **error)
{
  g_autofree char *path = g_build_filename (search->folder, SEARCH_STATE, NULL);
  g_autoptr (JsonObject) object = settings_file_read (path, error);
  JsonNode *plan, *trials;

  if (object == NULL)
    return FALSE;
  plan = json_object_get_member (object, "plan");
  trials = json_object_get_member (object, "trials");
  if (plan == NULL || !JSON_NODE_HOLDS_OBJECT (plan) || trials == NULL ||
      !JSON_NODE_HOLDS_ARRAY (trials))
    return refuse (error, path, "it has no plan and no trials");
  if (!check_plan (search, json_node_get_object (plan), path, error))
    return FALSE;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (trials)); i++)
    if (!load_trial (search, i, json_array_get_element (json_node_get_array (trials), i))) {
      g_autofree char *what = g_strdup_printf ("trial %u is none", i + 1);

      return refuse (error, path, what);
    }
  return TRUE;
}
