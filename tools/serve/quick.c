/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quick.h"

#include <string.h>

/* A name of a model is of letters, digits, - and _. (transfer full) */
static char *
make_name (const char *path, guint number)
{
  g_autofree char *base = g_path_get_basename (path);
  char *dot = strrchr (base, '.');

  if (dot != NULL && dot != base)
    *dot = '\0';
  for (char *at = base; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && *at != '_')
      *at = '-';
  base[MIN (strlen (base), 40)] = '\0';
  return number > 1 ? g_strdup_printf ("%s-%u", base, number) : g_strdup (base);
}

/* As TOML has a text. */
static void
append_text (GString *toml, const char *text)
{
  g_string_append_c (toml, '"');
  for (const char *at = text; *at != '\0'; at++)
    if (*at == '"' || *at == '\\')
      g_string_append_printf (toml, "\\%c", *at);
    else if ((guchar)*at < 0x20 || *at == 0x7f)
      g_string_append_printf (toml, "\\u%04x", *at);
    else
      g_string_append_c (toml, *at);
  g_string_append_c (toml, '"');
}

ServeConfiguration *
serve_quick_configuration (const char *const *paths, GError **error)
{
  g_autoptr (GString) toml = g_string_new (NULL);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  ServeConfiguration *configuration;

  for (int i = 0; paths[i] != NULL; i++) {
    g_autofree char *base = make_name (paths[i], 1);
    const guint n = GPOINTER_TO_UINT (g_hash_table_lookup (names, base)) + 1;
    g_autofree char *name = make_name (paths[i], n);

    g_hash_table_replace (names, g_strdup (base), GUINT_TO_POINTER (n));
    g_string_append_printf (toml, "[models.%s]\nlocation = ", name);
    append_text (toml, paths[i]);
    g_string_append_printf (toml, "\n[mounts.%s]\nmodel = \"%s\"\n", name, name);
  }
  configuration = serve_configuration_parse (toml->str, toml->len, "the command line", error);
  if (configuration == NULL)
    return NULL;
  configuration->quick = TRUE;
  /* Nobody has seen these lines. */
  g_clear_pointer (&configuration->lines, g_hash_table_unref);
  return configuration;
}
