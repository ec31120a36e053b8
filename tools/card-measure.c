/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a card has measured: by the commands that measure it, each in a process of its own. */
#include "card.h"

#include <math.h>
#include <string.h>

#include <gio/gio.h>

#include "../lib/base/json-file.h"
#include "../lib/base/json-members.h"
#include "child.h"

/* The last thing that a command has said. (transfer full) */
static char *
last_line (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  const char *last = "it has said nothing";

  for (guint i = 0; lines[i] != NULL; i++)
    if (*g_strstrip (lines[i]) != '\0')
      last = lines[i];
  return g_strdup (last);
}

JsonObject *
card_ask (GPtrArray *arguments, GError **error)
{
  g_autoptr (GPtrArray) line = g_ptr_array_new ();
  g_autofree char *printed = NULL, *said = NULL, *last = NULL;
  g_autoptr (JsonNode) node = NULL;
  int status;

  g_ptr_array_add (line, (gpointer)CHILD_PROGRAM);
  for (guint i = 0; i < arguments->len; i++)
    g_ptr_array_add (line, arguments->pdata[i]);
  g_ptr_array_add (line, NULL);
  if (!g_spawn_sync (NULL, (char **)line->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &printed, &said,
          &status, error))
    return NULL;
  node = g_spawn_check_wait_status (status, NULL) ? gen_json_from_figures (printed, NULL) : NULL;
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return json_node_dup_object (node);
  last = last_line (said);
  g_set_error (
      error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", (const char *)arguments->pdata[0], last);
  return NULL;
}

static JsonObject *
ask_of_data (const char *command, const CardOptions *options, GError **error)
{
  g_autoptr (GPtrArray) line = g_ptr_array_new ();

  g_ptr_array_add (line, (gpointer)command);
  g_ptr_array_add (line, (gpointer)options->folder);
  for (char **word = options->data; *word != NULL; word++)
    g_ptr_array_add (line, *word);
  g_ptr_array_add (line, (gpointer) "--json");
  return card_ask (line, error);
}

gboolean
card_measure (JsonObject *facts, const CardOptions *options, GError **error)
{
  g_autofree char *data = g_strjoinv (" ", options->data);
  g_autofree char *of = g_utf8_make_valid (data, -1);
  g_autoptr (JsonObject) tested = ask_of_data ("test", options, error), biased = NULL;

  if (tested == NULL)
    return FALSE;
  card_add_figures (facts, tested, of);
  json_object_set_string_member (facts, "measured-on", of);
  if (g_strcmp0 (gen_json_text_in (facts, "recipe"), "classifier") != 0)
    return TRUE;
  biased = ask_of_data ("bias", options, error);
  if (biased == NULL)
    return FALSE;
  json_object_set_object_member (
      facts, "bias", json_object_ref (json_object_get_object_member (biased, "bias")));
  return TRUE;
}
