/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model calls the classes that it tells apart: in the metadata `generative.class-names`, as
 * an array of JSON, or where another program has written it, in `names`, as Python writes a
 * dictionary: "{0: 'cat', 1: 'dog'}", which is how Ultralytics' exports say it. */
#include <generative/model.h>

#include <generative/nearest.h>
#include <string.h>

#include "../base/json-file.h"

#define OWN "generative.class-names"
#define OTHERS "names"

/* More classes are a mistake. */
#define MAX_CLASSES (1 << 20)

void
gen_model_name_classes (GenGraph *graph, const char *const *names)
{
  g_autoptr (JsonNode) node = json_node_alloc ();
  JsonArray *array = json_array_new ();

  for (; *names != NULL; names++)
    json_array_add_string_element (array, *names);
  json_node_init_array (node, array);
  json_array_unref (array);
  g_hash_table_replace (graph->metadata, g_strdup (OWN), json_to_string (node, FALSE));
}

/* --- reading --- */

static char **
read_own (const char *text)
{
  g_autoptr (JsonNode) node = gen_json_from_text (text, NULL);
  JsonArray *array =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  const guint n = array != NULL ? json_array_get_length (array) : 0;
  g_auto (GStrv) names = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++) {
    JsonNode *name = json_array_get_element (array, i);

    if (json_node_get_value_type (name) != G_TYPE_STRING)
      return NULL;
    names[i] = json_node_dup_string (name);
  }
  return n > 0 ? g_steal_pointer (&names) : NULL;
}

/* The next "0: 'cat'" of a dictionary, behind which `*text` is then. */
static char *
read_entry (const char **text, guint64 expected)
{
  char *end;
  const char *close;
  char quote, *name;

  while (g_ascii_isspace (**text) || **text == '{' || **text == ',')
    (*text)++;
  if (!g_ascii_isdigit (**text) || g_ascii_strtoull (*text, &end, 10) != expected || *end != ':')
    return NULL;
  for (end++; *end == ' '; end++)
    ;
  quote = *end;
  if (quote != '\'' && quote != '"')
    return NULL;
  close = strchr (end + 1, quote);
  if (close == NULL)
    return NULL;
  name = g_strndup (end + 1, (gsize)(close - end - 1));
  *text = close + 1;
  return name;
}

static char **
read_others (const char *text)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  char *name;

  while (names->len < MAX_CLASSES && (name = read_entry (&text, names->len)) != NULL)
    g_ptr_array_add (names, name);
  if (names->len == 0 || *text != '}')
    return NULL;
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_steal (names, NULL);
}

char **
gen_model_get_class_names (const GenGraph *graph)
{
  const char *own = g_hash_table_lookup (graph->metadata, OWN);
  const char *others = g_hash_table_lookup (graph->metadata, OTHERS);
  char **names = own != NULL ? read_own (own) : NULL;

  return names != NULL || others == NULL ? names : read_others (others);
}

gboolean
gen_model_has_odd_class_names (const GenGraph *graph)
{
  const char *own = g_hash_table_lookup (graph->metadata, OWN);
  g_auto (GStrv) names = own != NULL ? read_own (own) : NULL;

  return own != NULL && names == NULL;
}

/* --- by name --- */

int
gen_class_find (const char *const *names, guint n, const char *name, GError **error)
{
  const guint n_named = names != NULL ? g_strv_length ((char **)names) : 0;
  g_autofree char *suggestion = NULL;
  guint64 number;

  for (guint i = 0; i < n_named && i < n; i++)
    if (g_str_equal (names[i], name))
      return (int)i;
  if (g_ascii_string_to_unsigned (name, 10, 0, n > 0 ? n - 1 : 0, &number, NULL))
    return (int)number;
  suggestion = n_named > 0 ? gen_nearest_hint (name, names) : g_strdup ("");
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      n_named > 0
          ? "there is no class \"%s\"%s; there are %u, by their names or numbers from 0 on"
          : "there is no class \"%s\"%s; the model names none, and has %u, by their numbers "
            "from 0 on",
      name, suggestion, n);
  return -1;
}

static gboolean
read_number (const char *name, guint n, int *number)
{
  guint64 read;

  if (n == 0 || !g_ascii_string_to_unsigned (name, 10, 0, n - 1, &read, NULL))
    return FALSE;
  *number = (int)read;
  return TRUE;
}

/* Names that are numbers in other places are as good as any, and say that numbers are names. */
static gboolean
are_numbers (const char *const *names, guint n)
{
  int number;

  for (guint i = 0; i < n && names[i] != NULL; i++)
    if (read_number (names[i], G_MAXINT, &number) && number != (int)i)
      return TRUE;
  return FALSE;
}

static int
find_named (const char *const *names, guint n, gboolean by_number, const char *name)
{
  int number;

  for (guint i = 0; names != NULL && i < n && names[i] != NULL; i++)
    if (g_str_equal (names[i], name))
      return (int)i;
  return by_number && read_number (name, n, &number) ? number : -1;
}

int *
gen_class_map (const char *const *names, guint n, const char *const *others, guint n_others)
{
  const gboolean by_number = names == NULL || !are_numbers (names, n);
  int *map = g_new (int, MAX (n_others, 1));
  gboolean all = TRUE;

  for (guint i = 0; i < n_others; i++) {
    g_autofree char *name = others != NULL ? g_strdup (others[i]) : g_strdup_printf ("%u", i);

    map[i] = find_named (names, n, by_number, name);
    all = all && map[i] >= 0;
  }
  if (!all && names == NULL && n_others == n)
    for (guint i = 0; i < n_others; i++)
      map[i] = (int)i;
  return map;
}
