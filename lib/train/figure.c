/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/figure.h>

char *
gen_figures_to_line (const GenFigures *figures)
{
  GString *line = g_string_new (NULL);

  for (guint i = 0; i < figures->n; i++) {
    const GenFigure *figure = &figures->figures[i];
    const double value = figures->values[i];

    if (figure->before == NULL || !isfinite (value) || value < figure->shown_from)
      continue;
    g_string_append_printf (
        line, "%s%.*f%s", figure->before, figure->decimals, value, figure->after);
  }
  return g_string_free (line, FALSE);
}
