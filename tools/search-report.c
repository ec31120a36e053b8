/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a search has found, for people: on the terminal, as Markdown, and as a page with plots. */
#include <math.h>
#include <string.h>

#include <generative/atomic-file.h>

#include "page.h"
#include "plots.h"
#include "search.h"
#include "validation-lines.h"

/* Curves on one plot that can still be told apart. */
#define MOST_CURVES 6

/* Of a trial in its last rung, or "-". (transfer full) */
static char *
describe_figure (const SearchTrial *trial)
{
  if (trial->told == 0 || isnan (trial->figures[trial->told - 1]))
    return g_strdup ("-");
  return g_strdup_printf ("%.6g", trial->figures[trial->told - 1]);
}

static guint64
last_step (const SearchTrial *trial)
{
  return trial->told > 0 ? trial->steps[trial->told - 1] : 0;
}

/* The cells of a row, ended by NULL. (transfer full) */
static char **
list_cells (const Search *search, const SearchTrial *trial)
{
  const guint n = search->dimensions->len;
  GPtrArray *cells = g_ptr_array_new ();

  g_ptr_array_add (cells, g_strdup (trial->name));
  g_ptr_array_add (cells, describe_figure (trial));
  g_ptr_array_add (cells, g_strdup_printf ("%" G_GUINT64_FORMAT, last_step (trial)));
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (cells, g_strdup (trial->values[i]));
  g_ptr_array_add (
      cells, g_strdup_printf ("%s%s%s", search_state_name (trial->state),
                 trial->why != NULL ? ": " : "", trial->why != NULL ? trial->why : ""));
  g_ptr_array_add (cells, NULL);
  return (char **)g_ptr_array_free (cells, FALSE);
}

static char **
list_titles (const Search *search)
{
  GPtrArray *titles = g_ptr_array_new ();

  g_ptr_array_add (titles, g_strdup ("trial"));
  g_ptr_array_add (titles, g_strdup (search->objective));
  g_ptr_array_add (titles, g_strdup ("step"));
  for (guint i = 0; i < search->dimensions->len; i++)
    g_ptr_array_add (titles, g_strdup (((SearchDimension *)search->dimensions->pdata[i])->name));
  g_ptr_array_add (titles, g_strdup ("state"));
  g_ptr_array_add (titles, NULL);
  return (char **)g_ptr_array_free (titles, FALSE);
}

/* The titles, and a row for each trial, the best first. (transfer full) (element-type GStrv) */
static GPtrArray *
list_rows (const Search *search)
{
  g_autoptr (GPtrArray) ranked = search_rank (search);
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify)g_strfreev);

  g_ptr_array_add (rows, list_titles (search));
  for (guint i = 0; i < ranked->len; i++)
    g_ptr_array_add (rows, list_cells (search, ranked->pdata[i]));
  return rows;
}

void
search_print_table (const Search *search)
{
  g_autoptr (GPtrArray) rows = list_rows (search);
  const guint n = g_strv_length (rows->pdata[0]);
  g_autofree glong *widths = g_new0 (glong, n);

  for (guint r = 0; r < rows->len; r++)
    for (guint i = 0; i < n; i++)
      widths[i] = MAX (widths[i], g_utf8_strlen (((char **)rows->pdata[r])[i], -1));
  for (guint r = 0; r < rows->len; r++)
    for (guint i = 0; i < n; i++) {
      const char *cell = ((char **)rows->pdata[r])[i];

      g_print ("%s%*s", cell, i + 1 < n ? (int)(widths[i] - g_utf8_strlen (cell, -1) + 2) : 0, "");
      if (i + 1 == n)
        g_print ("\n");
    }
}

static gboolean
write_text (const Search *search, const char *name, char *text, GError **error)
{
  g_autofree char *path = g_build_filename (search->folder, name, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

  return gen_atomic_write (path, bytes, error);
}

/* --- Markdown --- */

static char *
to_markdown (const Search *search)
{
  g_autoptr (GPtrArray) rows = list_rows (search);
  GString *text = g_string_new ("# Search\n\n");
  const SearchTrial *best = search_best (search);

  if (best != NULL)
    g_string_append_printf (text, "The best is %s, by the %s %s.\n\n", best->name,
        search->better == GEN_BETTER_HIGHER ? "highest" : "lowest", search->objective);
  for (guint r = 0; r < rows->len; r++) {
    for (char **cell = rows->pdata[r]; *cell != NULL; cell++) {
      g_auto (GStrv) parts = g_strsplit (*cell, "|", -1);
      g_autofree char *escaped = g_strjoinv ("\\|", parts);

      g_string_append_printf (text, "| %s ", escaped);
    }
    g_string_append (text, "|\n");
    for (guint i = 0; r == 0 && i < g_strv_length (rows->pdata[0]); i++)
      g_string_append (text, "|---");
    if (r == 0)
      g_string_append (text, "|\n");
  }
  return g_string_free (text, FALSE);
}

/* --- the page --- */

static void
append_table (GString *page, const Search *search)
{
  g_autoptr (GPtrArray) rows = list_rows (search);
  const guint n = g_strv_length (rows->pdata[0]);

  g_string_append (page, "<div class=\"wide\"><table>");
  for (guint r = 0; r < rows->len; r++) {
    const char *kind = r == 0 ? "th" : "td";

    g_string_append (page, "<tr>");
    for (guint i = 0; i < n; i++) {
      g_string_append_printf (page, "<%s%s>", kind, i > 0 && i + 1 < n ? " class=\"n\"" : "");
      page_append_escaped (page, ((char **)rows->pdata[r])[i]);
      g_string_append_printf (page, "</%s>", kind);
    }
    g_string_append (page, "</tr>");
  }
  g_string_append (page, "</table></div>");
}

static PlotPoint
point_at (double x, double y)
{
  return (PlotPoint){ x, y, y, y, 1 };
}

/* The figure of each validation of a trial. Steps come in their order, but again where it went on
 * from an earlier checkpoint. */
static GArray *
read_curve (const Search *search, const SearchTrial *trial)
{
  GArray *points = g_array_new (FALSE, FALSE, sizeof (PlotPoint));
  g_autofree char *folder = search_trial_path (search, trial);
  g_autofree char *path = g_build_filename (folder, VALIDATION_LINES, NULL);
  g_autoptr (GPtrArray) lines = json_lines_read (path);

  for (guint i = 0; i < lines->len; i++) {
    JsonObject *line = lines->pdata[i];
    JsonNode *node = json_object_get_member (line, search->objective);
    const double step = (double)json_object_get_int_member_with_default (line, "step", 0);
    PlotPoint point;

    if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
      continue;
    while (points->len > 0 && g_array_index (points, PlotPoint, points->len - 1).x >= step)
      g_array_set_size (points, points->len - 1);
    point = point_at (step, json_node_get_double (node));
    g_array_append_val (points, point);
  }
  return points;
}

static void
append_curves (GString *page, const Search *search)
{
  g_autoptr (GPtrArray) ranked = search_rank (search);
  const guint n = MIN (ranked->len, MOST_CURVES);
  g_autoptr (GPtrArray) curves = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  static const char *const letters[MOST_CURVES] = { "A", "B", "C", "D", "E", "F" };
  PlotLine lines[MOST_CURVES];

  for (guint i = 0; i < n; i++) {
    const SearchTrial *trial = ranked->pdata[i];
    GArray *points = read_curve (search, trial);

    g_ptr_array_add (curves, points);
    lines[i] = (PlotLine){ letters[i], (const PlotPoint *)(const void *)points->data, points->len,
      NULL, 0 };
  }
  g_string_append (page, "<h2>As they were trained</h2><p>");
  for (guint i = 0; i < n; i++) {
    plot_key (page, i);
    g_string_append_printf (page, " %s: ", letters[i]);
    page_append_escaped (page, ((const SearchTrial *)ranked->pdata[i])->name);
    g_string_append (page, "&emsp;");
  }
  g_string_append (page, "</p>");
  plot_lines (page, search->objective, lines, n, NULL, 0, " steps");
}

/* Of each trial that has a figure, what it is at which value of a dimension; FALSE where one of the
 * values is no number. */
static gboolean
list_dots (const Search *search, guint dimension, GArray *dots)
{
  for (guint i = 0; i < search->trials->len; i++) {
    const SearchTrial *trial = search->trials->pdata[i];
    const guint told = trial->told;
    PlotDot dot = { 0 };
    char *end;

    dot.x = g_ascii_strtod (trial->values[dimension], &end);
    if (*end != '\0')
      return FALSE;
    if (told == 0 || isnan (trial->figures[told - 1]))
      continue;
    dot.y = trial->figures[told - 1];
    dot.kind = told - 1;
    g_array_append_val (dots, dot);
  }
  return TRUE;
}

/* Whether they are better seen by their logarithms. */
static gboolean
are_wide (const GArray *dots)
{
  double least = INFINITY, greatest = 0;

  for (guint i = 0; i < dots->len; i++) {
    least = fmin (least, g_array_index (dots, PlotDot, i).x);
    greatest = fmax (greatest, g_array_index (dots, PlotDot, i).x);
  }
  return least > 0 && greatest >= 10 * least;
}

static void
append_dimensions (GString *page, const Search *search)
{
  g_string_append (page, "<h2>By what is searched</h2><p>");
  for (guint i = 0; i < search->n_rungs && search->n_rungs > 1; i++) {
    plot_key (page, i);
    g_string_append_printf (
        page, "ended after %" G_GUINT64_FORMAT " steps&emsp;", search->steps[i]);
  }
  g_string_append (page, "</p><div class=\"grid\">");
  for (guint i = 0; i < search->dimensions->len; i++) {
    const SearchDimension *dimension = search->dimensions->pdata[i];
    g_autoptr (GArray) dots = g_array_new (FALSE, FALSE, sizeof (PlotDot));

    if (!list_dots (search, i, dots))
      continue;
    g_string_append (page, "<figure>");
    plot_dots (page, dimension->name, (const PlotDot *)(const void *)dots->data, dots->len,
        are_wide (dots));
    g_string_append (page, "<figcaption>");
    page_append_escaped (page, search->objective);
    g_string_append (page, " by ");
    page_append_escaped (page, dimension->name);
    g_string_append (page, "</figcaption></figure>");
  }
  g_string_append (page, "</div>");
}

static char *
to_page (const Search *search)
{
  GString *page = page_begin ("Search");
  const SearchTrial *best = search_best (search);

  if (best != NULL) {
    g_string_append (page, "<p>The best is <b>");
    page_append_escaped (page, best->name);
    g_string_append_printf (
        page, "</b>, by the %s ", search->better == GEN_BETTER_HIGHER ? "highest" : "lowest");
    page_append_escaped (page, search->objective);
    g_string_append (page, ".</p>");
  }
  append_table (page, search);
  append_dimensions (page, search);
  append_curves (page, search);
  return page_end (page);
}

gboolean
search_write_reports (const Search *search, GError **error)
{
  return write_text (search, "search.md", to_markdown (search), error) &&
         write_text (search, "search.html", to_page (search), error);
}
