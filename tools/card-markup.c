/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "card-markup.h"

#include <math.h>
#include <string.h>

#include <gio/gio.h>

#include "../lib/base/json-file.h"
#include "../lib/base/json-members.h"

/* Text within a line or a cell, of which nothing becomes markup; NULL: it is not given. */
void
card_append_text (GString *page, const char *text)
{
  if (text == NULL) {
    g_string_append (page, CARD_NOT_GIVEN);
    return;
  }
  for (const char *c = text; *c != '\0'; c++) {
    if (strchr ("\\`*_[]<>|#", *c) != NULL)
      g_string_append_c (page, '\\');
    g_string_append_c (page, *c == '\n' || *c == '\r' ? ' ' : *c);
  }
}

/* Names of files and digests, as they are; NULL: it is not given. */
void
card_append_code (GString *page, const char *text)
{
  g_autofree char *clean = text != NULL ? g_strdelimit (g_strdup (text), "`|\n\r", '_') : NULL;

  if (clean != NULL)
    g_string_append_printf (page, "`%s`", clean);
  else
    g_string_append (page, CARD_NOT_GIVEN);
}

void
card_append_number (GString *page, double number)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (page,
      isfinite (number) ? g_ascii_formatd (digits, sizeof digits, "%.6g", number) : CARD_NOT_GIVEN);
}

void
card_append_count (GString *page, JsonObject *object, const char *name)
{
  const double count = gen_json_number_in (object, name);
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (page,
      isfinite (count) ? g_ascii_formatd (digits, sizeof digits, "%.0f", count) : CARD_NOT_GIVEN);
}

/* "- what: text" */
void
card_append_item (GString *page, const char *what, const char *text)
{
  g_string_append_printf (page, "- %s: ", what);
  card_append_text (page, text);
  g_string_append_c (page, '\n');
}

/* Texts, numbers and truths as somebody would write them. */
static void
append_value (GString *page, JsonNode *node)
{
  g_autofree char *text = NULL;

  if (gen_json_is_number (node)) {
    card_append_number (page, json_node_get_double (node));
    return;
  }
  text = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? g_strdup (json_node_get_string (node))
             : gen_json_to_text (node, FALSE);
  card_append_text (page, text);
}

void
card_append_pairs (GString *page, JsonObject *object, const char *name, const char *value)
{
  g_autoptr (GList) names = json_object_get_members (object);

  g_string_append_printf (page, "| %s | %s |\n|---|---|\n", name, value);
  names = g_list_sort (names, (GCompareFunc)strcmp);
  for (GList *n = names; n != NULL; n = n->next) {
    g_string_append (page, "| ");
    card_append_text (page, n->data);
    g_string_append (page, " | ");
    append_value (page, json_object_get_member (object, n->data));
    g_string_append (page, " |\n");
  }
  g_string_append_c (page, '\n');
}
