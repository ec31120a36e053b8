/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people say of a model, by the sections of a card. */
#include "card.h"

#include <string.h>

#include <gio/gio.h>

#include "../lib/base/json-file.h"
#include "settings-file.h"

const CardSection card_sections[] = {
  { "model-details", "Model details" },
  { "intended-use", "Intended use" },
  { "factors", "Factors" },
  { "metrics", "Metrics" },
  { "evaluation-data", "Evaluation data" },
  { "training-data", "Training data" },
  { "quantitative-analyses", "Quantitative analyses" },
  { "ethical-considerations", "Ethical considerations" },
  { "caveats-and-recommendations", "Caveats and recommendations" },
  { NULL, NULL },
};

static gboolean
fail_section (const char *path, const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const CardSection *section = card_sections; section->name != NULL; section++)
    g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", section->name);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: there is no section \"%s\"; there are %s", path, name, names->str);
  return FALSE;
}

/* A name as notes have it, in any case and with white space for strokes; NULL: there is none. */
static const char *
find_section (const char *name)
{
  g_autofree char *lower = g_utf8_strdown (name, -1);

  g_strdelimit (g_strstrip (lower), " _", '-');
  for (const CardSection *section = card_sections; section->name != NULL; section++)
    if (g_str_equal (section->name, lower))
      return section->name;
  return NULL;
}

/* A text, or texts that become a list. (transfer full); NULL: it is neither. */
static char *
text_of (JsonNode *node)
{
  GString *text;

  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  text = g_string_new (NULL);
  for (guint i = 0; i < json_array_get_length (json_node_get_array (node)); i++) {
    JsonNode *one = json_array_get_element (json_node_get_array (node), i);

    if (!JSON_NODE_HOLDS_VALUE (one) || json_node_get_value_type (one) != G_TYPE_STRING) {
      g_string_free (text, TRUE);
      return NULL;
    }
    g_string_append_printf (text, "- %s\n", json_node_get_string (one));
  }
  return g_string_free (text, FALSE);
}

static gboolean
take_members (JsonObject *notes, JsonObject *object, const char *path, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    const char *section = find_section (name);
    g_autofree char *text = text_of (node);

    if (section == NULL)
      return fail_section (path, name, error);
    if (text == NULL) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "%s: %s should be a text, or a list of texts", path, name);
      return FALSE;
    }
    json_object_set_string_member (notes, section, g_strstrip (text));
  }
  return TRUE;
}

static JsonObject *
read_json (const char *path, GError **error)
{
  g_autoptr (JsonObject) object = settings_file_read (path, error);
  g_autoptr (JsonObject) notes = json_object_new ();

  if (object == NULL || !take_members (notes, object, path, error))
    return NULL;
  return g_steal_pointer (&notes);
}

/* --- Markdown --- */

static void
end_section (JsonObject *notes, const char *section, GString *text)
{
  if (section != NULL)
    json_object_set_string_member (notes, section, g_strstrip (text->str));
  g_string_truncate (text, 0);
}

/* What stands below a heading of the second order, of the name of a section; a title above them may
 * be anything. */
static JsonObject *
read_markdown (const char *path, GError **error)
{
  g_autoptr (JsonObject) notes = json_object_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *all = NULL;
  g_auto (GStrv) lines = NULL;
  const char *section = NULL;

  if (!g_file_get_contents (path, &all, NULL, error))
    return NULL;
  if (!g_utf8_validate (all, -1, NULL)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: it is no text in UTF-8", path);
    return NULL;
  }
  lines = g_strsplit (all, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    if (!g_str_has_prefix (lines[i], "## ")) {
      if (section != NULL)
        g_string_append_printf (text, "%s\n", lines[i]);
      continue;
    }
    end_section (notes, section, text);
    section = find_section (lines[i] + strlen ("## "));
    if (section == NULL) {
      fail_section (path, lines[i] + strlen ("## "), error);
      return NULL;
    }
  }
  end_section (notes, section, text);
  if (json_object_get_size (notes) > 0)
    return g_steal_pointer (&notes);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: it has no section, as \"## Intended use\"", path);
  return NULL;
}

JsonObject *
card_read_notes (const char *path, GError **error)
{
  if (path == NULL)
    return json_object_new ();
  return g_str_has_suffix (path, ".md") ? read_markdown (path, error) : read_json (path, error);
}
