/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classes of reports: how far the one that fares worst is from the best, and the figures of each.
 * Marks and words say which is which, and no colour. */
#include <math.h>
#include <string.h>

#include "../lib/base/json-members.h"
#include "command.h"
#include "interval.h"
#include "page.h"
#include "report.h"

/* Classes that have a row of their own on a page. */
#define MOST_CLASSES 100

static JsonObject *
gap_of (const Run *run, const char *figure)
{
  return gen_json_object_in (gen_json_object_in (run_classes (run), "gaps"), figure);
}

/* Figures that are told of classes: those that are what a metric is for. */
static gboolean
is_shown (const char *name)
{
  const GenMetric *metric = NULL;
  const GenField *field = gen_metric_find_field (name, &metric);

  return field != NULL && field->type == GEN_FIELD_NUMBER &&
         (field == &metric->fields[0] || field->better != GEN_BETTER_NEITHER);
}

/* Figures that classes of any run have, each once. (transfer container) */
static GPtrArray *
list_figures (GPtrArray *runs)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *figures = g_ptr_array_new ();

  for (guint r = 0; r < runs->len; r++) {
    JsonObject *of = gen_json_object_in (run_classes (runs->pdata[r]), "of");
    g_autoptr (GList) classes = of != NULL ? json_object_get_members (of) : NULL;

    for (GList *c = classes; c != NULL; c = c->next) {
      g_autoptr (GList) names = gen_json_object_in (of, c->data) != NULL
                                    ? json_object_get_members (gen_json_object_in (of, c->data))
                                    : NULL;

      for (GList *name = names; name != NULL; name = name->next)
        if (is_shown (name->data) && g_hash_table_add (seen, name->data))
          g_ptr_array_add (figures, name->data);
    }
  }
  return figures;
}

/* A figure of a class: of frames it is their mean. */
static double
value_of (JsonObject *class, const char *figure)
{
  JsonObject *tally = gen_json_object_in (class, figure);

  return tally != NULL ? gen_json_number_in (tally, "mean") : gen_json_number_in (class, figure);
}

/* The run whose gap is smallest; -1 where there is none, or several. */
static int
find_fairest (GPtrArray *runs, const char *figure)
{
  double least = INFINITY;
  guint gaps = 0;
  int best = -1;

  for (guint r = 0; r < runs->len; r++) {
    const double gap = gen_json_number_in (gap_of (runs->pdata[r], figure), "gap");

    if (!isfinite (gap))
      continue;
    gaps++;
    if (gap == least)
      best = -1;
    if (gap < least)
      best = (int)r;
    least = fmin (least, gap);
  }
  return gaps > 1 ? best : -1;
}

static gboolean
have_classes (GPtrArray *runs)
{
  for (guint r = 0; r < runs->len; r++)
    if (run_classes (runs->pdata[r]) != NULL)
      return TRUE;
  return FALSE;
}

static const char *
end_of (JsonObject *gap, const char *named, const char *otherwise)
{
  const char *name = gen_json_text_in (gap, named);

  name = name != NULL ? name : gen_json_text_in (gap, otherwise);
  return name != NULL ? name : "?";
}

/* Of how many classes a figure is missing, and why it is of the first one; NULL: of none. (transfer
 * full) */
static char *
describe_lack (JsonObject *of, const char *figure)
{
  g_autofree char *name = g_strconcat (figure, "-missing", NULL);
  g_autoptr (GList) classes = json_object_get_members (of);
  const char *reason = NULL, *first = NULL;
  guint n = 0;

  for (GList *class = classes; class != NULL; class = class->next) {
    const char *why = gen_json_text_in (gen_json_object_in (of, class->data), name);

    if (why == NULL || n++ > 0)
      continue;
    reason = why;
    first = class->data;
  }
  return n == 0 ? NULL
                : g_strdup_printf ("%s is missing of %u (%s%s): %s", figure, n, first,
                      n > 1 ? " and others" : "", reason);
}

/* --- text --- */

static void
print_counts (const Run *run)
{
  JsonObject *counts = run_class_counts (run);
  g_autoptr (GList) names = counts != NULL ? json_object_get_members (counts) : NULL;

  for (GList *name = names; name != NULL; name = name->next) {
    g_autofree char *class = command_escape (name->data);

    g_print ("%s  class %s: %.0f\n", run->name, class, gen_json_number_in (counts, name->data));
  }
}

/* The class at an end of a gap, and its figure. (transfer full) */
static char *
describe_end (
    const Run *run, JsonObject *gap, const char *figure, const char *named, const char *otherwise)
{
  const char *class = end_of (gap, named, otherwise);
  g_autofree char *name = command_escape (class);

  return g_strdup_printf ("%s %s %.6g", gen_json_text_in (gap, named) != NULL ? named : otherwise,
      name,
      value_of (gen_json_object_in (gen_json_object_in (run_classes (run), "of"), class), figure));
}

static void
print_gap (const Run *run, const char *figure)
{
  JsonObject *gap = gap_of (run, figure);
  const char *better = gen_better_name (gen_metric_find_field (figure, NULL)->better);

  if (gap == NULL)
    return;
  g_print ("%-30s %-7s  %-3s %-14.6g ", figure, better, run->name, gen_json_number_in (gap, "gap"));
  if (gen_json_number_in (gap, "gap") > 0) {
    g_autofree char *worst = describe_end (run, gap, figure, "worst", "lowest");
    g_autofree char *best = describe_end (run, gap, figure, "best", "highest");

    g_print ("%s, %s", worst, best);
  }
  g_print ("\n");
}

static void
print_lacks (const Run *run, GPtrArray *figures)
{
  for (guint f = 0; f < figures->len; f++) {
    g_autofree char *lack =
        describe_lack (gen_json_object_in (run_classes (run), "of"), figures->pdata[f]);
    g_autofree char *line = lack != NULL ? command_escape (lack) : NULL;

    if (line != NULL)
      g_print ("%s  %s\n", run->name, line);
  }
}

void
report_print_classes (GPtrArray *runs)
{
  g_autoptr (GPtrArray) figures = list_figures (runs);

  for (guint r = 0; r < runs->len; r++)
    print_counts (runs->pdata[r]);
  if (!have_classes (runs))
    return;
  g_print ("\n%-30s %-7s  %-3s %s\n", "gaps between classes", "better", "run", "gap");
  for (guint f = 0; f < figures->len; f++)
    for (guint r = 0; r < runs->len; r++)
      print_gap (runs->pdata[r], figures->pdata[f]);
  for (guint r = 0; r < runs->len; r++)
    if (run_classes (runs->pdata[r]) != NULL)
      print_lacks (runs->pdata[r], figures);
}

/* --- the page --- */

static void
append_number (GString *page, double number)
{
  if (isfinite (number))
    g_string_append_printf (page, "%.5g", number);
  else
    g_string_append (page, "–");
}

/* What compare --halves has found of a figure. */
static void
append_interval (GString *page, JsonObject *figures, const char *figure)
{
  g_autofree char *name = g_strconcat (figure, "-standard-error", NULL);
  const double error = gen_json_number_in (figures, name);

  if (isfinite (error))
    g_string_append_printf (page, " ± %.2g", INTERVAL * error);
}

/* It is not broken in a narrow window. */
static void
append_end (GString *page, const char *mark, const char *class, double number)
{
  g_string_append_printf (page, "%s <span class=\"end\">", mark);
  page_append_escaped (page, class);
  g_string_append (page, ": ");
  append_number (page, number);
  g_string_append (page, "</span>");
}

static void
append_gap (GString *page, const Run *run, const char *figure, gboolean fairest)
{
  JsonObject *gap = gap_of (run, figure), *of = gen_json_object_in (run_classes (run), "of");
  const char *worst = end_of (gap, "worst", "lowest"), *best = end_of (gap, "best", "highest");
  const gboolean ranked = gen_json_text_in (gap, "worst") != NULL;

  if (gap == NULL) {
    g_string_append (page, "<td class=\"n\">–</td><td></td>");
    return;
  }
  g_string_append_printf (page, "<td class=\"n%s\">", fairest ? " best" : "");
  append_number (page, gen_json_number_in (gap, "gap"));
  append_interval (page, gap, "gap");
  g_string_append_printf (page, "%s</td><td>", fairest ? " ★" : "");
  if (gen_json_number_in (gap, "gap") > 0) {
    append_end (
        page, ranked ? "▼" : "from", worst, value_of (gen_json_object_in (of, worst), figure));
    append_end (
        page, ranked ? ", ▲" : " to", best, value_of (gen_json_object_in (of, best), figure));
  }
  g_string_append (page, "</td>");
}

static void
append_gaps (GString *page, GPtrArray *runs, GPtrArray *figures)
{
  g_string_append (page, "<div class=\"wide\"><table><tr><th>figure</th><th>better</th>");
  for (guint r = 0; r < runs->len; r++) {
    const char *name = runs->len > 1 ? ((const Run *)runs->pdata[r])->name : "";

    g_string_append_printf (page, "<th class=\"n\">gap %s</th><th>between</th>", name);
  }
  g_string_append (page, "</tr>");
  for (guint f = 0; f < figures->len; f++) {
    const char *figure = figures->pdata[f];
    const int fairest = find_fairest (runs, figure);

    g_string_append_printf (page, "<tr><td>%s</td><td>%s</td>", figure,
        gen_better_name (gen_metric_find_field (figure, NULL)->better));
    for (guint r = 0; r < runs->len; r++)
      append_gap (page, runs->pdata[r], figure, fairest == (int)r);
    g_string_append (page, "</tr>");
  }
  g_string_append_printf (page,
      "</table></div><p class=\"note\">▼ the class that fares worst, ▲ "
      "the one that fares best%s. A gap is the greatest figure less the "
      "least; with few samples it is never 0.</p>",
      runs->len > 1 ? "; ★ the run with the smallest gap" : "");
}

static void
append_figure (
    GString *page, const Run *run, const char *class, JsonObject *figures, const char *figure)
{
  JsonObject *gap = gap_of (run, figure);
  const gboolean worst = g_strcmp0 (gen_json_text_in (gap, "worst"), class) == 0;
  const gboolean best = g_strcmp0 (gen_json_text_in (gap, "best"), class) == 0;

  g_string_append_printf (page, "<td class=\"n%s\">", best || worst ? " best" : "");
  append_number (page, value_of (figures, figure));
  append_interval (page, figures, figure);
  g_string_append_printf (page, "%s</td>", worst ? " ▼" : best ? " ▲" : "");
}

static void
append_reasons (GString *page, JsonObject *of, GPtrArray *figures)
{
  for (guint f = 0; f < figures->len; f++) {
    g_autofree char *lack = describe_lack (of, figures->pdata[f]);

    if (lack == NULL)
      continue;
    g_string_append (page, "<p class=\"note\">");
    page_append_escaped (page, lack);
    g_string_append (page, "</p>");
  }
}

static void
append_rest (GString *page, JsonObject *classes, const char *name, const char *what)
{
  JsonObject *rest = gen_json_object_in (classes, name);

  if (rest != NULL)
    g_string_append_printf (page,
        "<p class=\"note\">%s: %.0f frames, %.0f samples, %.0f samples of the reference</p>", what,
        gen_json_number_in (rest, "frames"), gen_json_number_in (rest, "samples"),
        gen_json_number_in (rest, "reference-samples"));
}

static void
append_count (GString *page, JsonObject *figures, const char *name)
{
  const double count = gen_json_number_in (figures, name);

  if (isfinite (count))
    g_string_append_printf (page, "<td class=\"n\">%.0f</td>", count);
  else
    g_string_append (page, "<td class=\"n\">–</td>");
}

static void
append_classes_of (GString *page, const Run *run, GPtrArray *figures)
{
  JsonObject *classes = run_classes (run), *of = gen_json_object_in (classes, "of");
  g_autoptr (GList) names = json_object_get_members (of);
  const char *doubt = gen_json_text_in (classes, "doubt");
  guint row = 0;

  g_string_append_printf (page,
      "<h3>%s</h3><div class=\"wide\"><table><tr><th>class</th><th class=\"n\">frames</th><th "
      "class=\"n\">samples</th><th class=\"n\">reference</th>",
      run->name);
  for (guint f = 0; f < figures->len; f++)
    g_string_append_printf (page, "<th class=\"n\">%s</th>", (const char *)figures->pdata[f]);
  g_string_append (page, "</tr>");
  for (GList *name = names; name != NULL && row < MOST_CLASSES; name = name->next, row++) {
    JsonObject *class = gen_json_object_in (of, name->data);

    g_string_append (page, "<tr><td>");
    page_append_escaped (page, name->data);
    g_string_append (page, "</td>");
    append_count (page, class, "frames");
    append_count (page, class, "samples");
    append_count (page, class, "reference-samples");
    for (guint f = 0; f < figures->len; f++)
      append_figure (page, run, name->data, class, figures->pdata[f]);
    g_string_append (page, "</tr>");
  }
  g_string_append (page, "</table></div>");
  if (json_object_get_size (of) > MOST_CLASSES)
    g_string_append_printf (page, "<p class=\"note\">and %u classes more</p>",
        json_object_get_size (of) - MOST_CLASSES);
  append_rest (page, classes, "without", "Of no class");
  append_rest (page, classes, "too-many", "Of classes beyond those that are measured");
  append_reasons (page, of, figures);
  if (doubt != NULL) {
    g_string_append (page, "<p class=\"note\">");
    page_append_escaped (page, doubt);
    g_string_append (page, "</p>");
  }
}

static void
append_counts (GString *page, GPtrArray *runs)
{
  for (guint r = 0; r < runs->len; r++) {
    const Run *run = runs->pdata[r];

    if (run_class_counts (run) == NULL)
      continue;
    g_string_append_printf (page, "<h2>Classes of %s</h2>", run->name);
    plot_counts (page, run_class_counts (run));
  }
}

void
report_append_classes (GString *page, GPtrArray *runs)
{
  g_autoptr (GPtrArray) figures = list_figures (runs);

  append_counts (page, runs);
  if (!have_classes (runs))
    return;
  g_string_append (page, "<h2>Classes: who is served worse</h2>");
  append_gaps (page, runs, figures);
  for (guint r = 0; r < runs->len; r++)
    if (run_classes (runs->pdata[r]) != NULL)
      append_classes_of (page, runs->pdata[r], figures);
}
