/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables in texts. */
#include "csv.h"

#include <gio/gio.h>
#include <string.h>

void
gen_csv_init (GenCsv *csv, const char *text, char separator)
{
  *csv = (GenCsv){ .at = text, .separator = separator };
}

static gboolean
is_end (const GenCsv *csv)
{
  return *csv->at == '\0' || *csv->at == '\n' || *csv->at == '\r';
}

static void
skip_line_end (GenCsv *csv)
{
  if (*csv->at == '\r')
    csv->at++;
  if (*csv->at == '\n')
    csv->at++;
  csv->lines++;
}

/* A value in quotes, behind the first of them. */
static char *
read_quoted (GenCsv *csv, GError **error)
{
  g_autoptr (GString) value = g_string_new (NULL);

  for (; *csv->at != '\0'; csv->at++) {
    if (*csv->at == '"') {
      csv->at++;
      if (*csv->at != '"')
        return g_string_free (g_steal_pointer (&value), FALSE);
    }
    csv->lines += *csv->at == '\n';
    g_string_append_c (value, *csv->at);
  }
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "a quote that is not closed begins in it");
  return NULL;
}

static char *
read_value (GenCsv *csv, GError **error)
{
  const char *begin;

  if (*csv->at == '"') {
    csv->at++;
    return read_quoted (csv, error);
  }
  begin = csv->at;
  while (*csv->at != csv->separator && !is_end (csv))
    csv->at++;
  return g_strndup (begin, (gsize)(csv->at - begin));
}

char **
gen_csv_next (GenCsv *csv, GError **error)
{
  g_autoptr (GPtrArray) row = g_ptr_array_new_with_free_func (g_free);

  while (*csv->at != '\0' && is_end (csv))
    skip_line_end (csv);
  if (*csv->at == '\0')
    return NULL;
  csv->line = csv->lines + 1;
  for (;;) {
    char *value = read_value (csv, error);

    if (value == NULL)
      return NULL;
    g_ptr_array_add (row, value);
    /* What follows a closing quote is not looked at. */
    while (*csv->at != csv->separator && !is_end (csv))
      csv->at++;
    if (is_end (csv))
      break;
    csv->at++;
  }
  if (*csv->at != '\0')
    skip_line_end (csv);
  g_ptr_array_add (row, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&row), FALSE);
}
