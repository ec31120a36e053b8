/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports as one page: the figures, alerts, plots over time, distributions, and the frames and
 * sounds that qualitymeter has kept. Each picture is in the page once, however often it is shown.
 */
#include <math.h>
#include <string.h>

#include <generative/sound.h>

#include "../lib/base/json-members.h"
#include "page.h"
#include "plots.h"
#include "report.h"

#define SOUND_WIDTH 380
#define SOUND_HEIGHT 120
/* Examples of an end that are shown: the file may have more. */
#define MOST_EXAMPLES 12

static gboolean
is_picture (JsonObject *example)
{
  return g_str_has_prefix (
      json_object_get_string_member_with_default (example, "media-type", ""), "image/");
}

static void
append_time (GString *page, JsonObject *example)
{
  if (json_object_has_member (example, "pts"))
    g_string_append_printf (
        page, "%.2f s", (double)json_object_get_int_member (example, "pts") / 1e9);
  else
    g_string_append_printf (page, "frame %" G_GINT64_FORMAT,
        json_object_get_int_member_with_default (example, "frame", 0));
}

/* --- the table --- */

static void
append_cell (GString *page, const Row *row, const Cell *cell, gboolean best)
{
  g_string_append_printf (page, "<td class=\"n%s\">", best ? " best" : "");
  if (cell->text != NULL)
    page_append_escaped (page, cell->text);
  else if (isnan (cell->mean))
    g_string_append (page, "–");
  else if (row->unit != NULL)
    g_string_append_printf (page, "%.6g %s", cell->mean * row->scale, row->unit);
  else if (cell->interval > 0)
    g_string_append_printf (page, "%.6g ± %.2g", cell->mean, cell->interval);
  else if (isnan (cell->deviation))
    g_string_append_printf (page, "%.6g", cell->mean);
  else
    g_string_append_printf (page, "%.5g ± %.3g", cell->mean, cell->deviation);
  g_string_append_printf (page, "%s</td>", best ? " ★" : "");
}

static void
append_doubts (GString *page, const Run *run)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (run->summary == NULL)
    return;
  json_object_iter_init_ordered (&iter, run->summary);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    if (!g_str_has_suffix (name, "-doubt") || !JSON_NODE_HOLDS_VALUE (node) ||
        json_node_get_string (node) == NULL)
      continue;
    g_string_append_printf (page, "<p class=\"note\">%s: ", run->name);
    page_append_escaped (page, name);
    g_string_append (page, ": ");
    page_append_escaped (page, json_node_get_string (node));
    g_string_append (page, "</p>");
  }
}

static void
append_table (GString *page, GPtrArray *runs, GPtrArray *rows)
{
  g_string_append (page, "<h2>Figures</h2><div class=\"wide\"><table><tr><th>figure</th>"
                         "<th>better</th>");
  for (guint r = 0; r < runs->len; r++)
    g_string_append_printf (page, "<th class=\"n\">%s</th>", ((const Run *)runs->pdata[r])->name);
  g_string_append (page, "</tr>");
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = rows->pdata[i];

    g_string_append (page, "<tr><td>");
    page_append_escaped (page, row->name);
    g_string_append_printf (page, "</td><td>%s</td>", gen_better_name (row->better));
    for (guint r = 0; r < runs->len; r++)
      append_cell (page, row, &row->cells[r], row->best == (int)r);
    g_string_append (page, "</tr>");
  }
  g_string_append (page, "</table></div>");
  if (runs->len > 1)
    g_string_append (page, "<p class=\"note\">★ the best of the row</p>");
  for (guint r = 0; r < runs->len; r++)
    append_doubts (page, runs->pdata[r]);
}

static void
append_runs (GString *page, GPtrArray *runs)
{
  g_string_append (page, "<div class=\"wide\"><table>");
  for (guint r = 0; r < runs->len; r++) {
    const Run *run = runs->pdata[r];

    g_string_append (page, "<tr><td>");
    plot_key (page, r);
    g_string_append_printf (page, "</td><td><b>%s</b></td><td>", run->name);
    page_append_escaped (page, run->path);
    if (run->trains)
      g_string_append_printf (page, "</td><td class=\"n\">%.0f steps</td>",
          (double)json_object_get_int_member_with_default (run->summary, "steps", 0));
    else
      g_string_append_printf (page, "</td><td class=\"n\">%" G_GUINT64_FORMAT " %s</td>",
          run_count (run), run_unit (run));
    if (run->timed)
      g_string_append_printf (page, "<td class=\"n\">%.4g s</td>", run->end);
    g_string_append_printf (
        page, "<td>%s</td></tr>", run->summary == NULL ? "no summary: it was cut off" : "");
  }
  g_string_append (page, "</table></div>");
}

/* --- alerts --- */

static guint
count_alerts (GPtrArray *runs)
{
  guint n = 0;

  for (guint r = 0; r < runs->len; r++)
    n += json_array_get_length (((const Run *)runs->pdata[r])->alerts);
  return n;
}

static void
append_alert (GString *page, const Run *run, JsonObject *alert)
{
  g_string_append_printf (page, "<tr><td>%s</td><td>", run->name);
  page_append_escaped (page, json_object_get_string_member_with_default (alert, "condition", ""));
  g_string_append (page, "</td><td>");
  page_append_escaped (page, json_object_get_string_member_with_default (alert, "state", ""));
  g_string_append (page, "</td><td class=\"n\">");
  append_time (page, alert);
  g_string_append_printf (page, "</td><td class=\"n\">%.6g</td></tr>",
      json_object_get_double_member_with_default (alert, "value", NAN));
}

static void
append_alerts (GString *page, GPtrArray *runs)
{
  if (count_alerts (runs) == 0)
    return;
  g_string_append (page, "<h2>Alerts</h2><div class=\"wide\"><table><tr><th>run</th>"
                         "<th>condition</th><th></th><th class=\"n\">at</th>"
                         "<th class=\"n\">value</th></tr>");
  for (guint r = 0; r < runs->len; r++) {
    const Run *run = runs->pdata[r];

    for (guint i = 0; i < json_array_get_length (run->alerts); i++)
      append_alert (page, run, json_array_get_object_element (run->alerts, i));
  }
  g_string_append (page, "</table></div>");
}

static double
time_of (JsonObject *alert)
{
  return json_object_has_member (alert, "pts")
             ? (double)json_object_get_int_member (alert, "pts") / 1e9
             : (double)json_object_get_int_member_with_default (alert, "frame", 0);
}

/* Where an alert that begins with change `i` ends: with the run where it does not. */
static double
find_end (const Run *run, guint i, const char *condition)
{
  while (++i < json_array_get_length (run->alerts)) {
    JsonObject *alert = json_array_get_object_element (run->alerts, i);

    if (g_strcmp0 (
            json_object_get_string_member_with_default (alert, "condition", ""), condition) == 0)
      return time_of (alert);
  }
  return run->end;
}

/* When alerts on a figure were on, in any run. (transfer full) */
static GArray *
marks_of (GPtrArray *runs, const char *name)
{
  GArray *marks = g_array_new (FALSE, FALSE, sizeof (PlotMark));

  for (guint r = 0; r < runs->len; r++) {
    const Run *run = runs->pdata[r];

    for (guint i = 0; i < json_array_get_length (run->alerts); i++) {
      JsonObject *alert = json_array_get_object_element (run->alerts, i);
      const char *condition = json_object_get_string_member_with_default (alert, "condition", "");
      PlotMark mark;

      if (g_strcmp0 (json_object_get_string_member_with_default (alert, "name", ""), name) != 0 ||
          g_strcmp0 (json_object_get_string_member_with_default (alert, "state", ""), "begin") != 0)
        continue;
      mark = (PlotMark){ time_of (alert), find_end (run, i, condition) };
      g_array_append_val (marks, mark);
    }
  }
  return marks;
}

/* --- plots --- */

/* The lines of a figure, one a run; the number of those that have any. */
static guint
fill_lines (GPtrArray *runs, const char *name, PlotLine *lines)
{
  guint n = 0;

  for (guint r = 0; r < runs->len; r++) {
    const Run *run = runs->pdata[r];
    const Series *series = run_find (run, name);

    lines[r] = (PlotLine){ .name = run->name };
    if (series == NULL)
      continue;
    lines[r].points = (const PlotPoint *)series->points->data;
    lines[r].n = series->points->len;
    lines[r].values = (const double *)series->some->data;
    lines[r].n_values = series->some->len;
    n++;
  }
  return n;
}

static void
append_caption (GString *page, const char *name, const GArray *marks)
{
  const GenMetric *metric = NULL;
  const GenField *field = gen_metric_find_field (name, &metric);

  g_string_append (page, "<figcaption><b>");
  page_append_escaped (page, name);
  g_string_append (page, "</b>");
  if (field != NULL) {
    g_string_append (page, ", ");
    page_append_escaped (page, metric->unit);
  }
  if (field != NULL && field->better != GEN_BETTER_NEITHER)
    g_string_append_printf (page, "; %s is better", gen_better_name (field->better));
  if (field != NULL && field == &metric->fields[0]) {
    g_string_append (page, "<br>");
    page_append_escaped (page, metric->summary);
  }
  if (marks != NULL && marks->len > 0)
    g_string_append (page, "<br>The bar above, and the hatching, is where an alert was on.");
  g_string_append (page, "</figcaption></figure>");
}

/* Whether it changes from frame to frame, and is not a count of frames. */
static gboolean
is_drawn (GPtrArray *runs, const Row *row)
{
  const GenField *field = gen_metric_find_field (row->name, NULL);
  guint64 most = 0;

  if (field != NULL && field->type != GEN_FIELD_NUMBER)
    return FALSE;
  for (guint r = 0; r < runs->len; r++) {
    const Series *series = run_find (runs->pdata[r], row->name);

    most = MAX (most, series != NULL ? series->tally.count : 0);
  }
  return most > 1;
}

static void
append_plots (GString *page, GPtrArray *runs, GPtrArray *rows)
{
  g_autofree PlotLine *lines = g_new (PlotLine, runs->len);
  gboolean timed = TRUE, trains = TRUE;

  for (guint r = 0; r < runs->len; r++)
    timed &= ((const Run *)runs->pdata[r])->timed;
  for (guint r = 0; r < runs->len; r++)
    trains &= ((const Run *)runs->pdata[r])->trains;
  g_string_append (page, "<h2>Over time</h2><div class=\"grid\">");
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = rows->pdata[i];
    g_autoptr (GArray) marks = marks_of (runs, row->name);

    if (!is_drawn (runs, row) || fill_lines (runs, row->name, lines) == 0)
      continue;
    g_string_append (page, "<figure>");
    plot_lines (page, row->name, lines, runs->len, (const PlotMark *)marks->data, marks->len,
        timed    ? " s"
        : trains ? " steps"
                 : " frames");
    append_caption (page, row->name, marks);
  }
  g_string_append (page, "</div>");
  if (trains) /* values of a training change with time, and are of no distribution */
    return;
  g_string_append (page, "<h2>Distributions</h2><div class=\"grid\">");
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = rows->pdata[i];

    if (!is_drawn (runs, row) || fill_lines (runs, row->name, lines) == 0)
      continue;
    g_string_append (page, "<figure>");
    plot_distribution (page, row->name, lines, runs->len);
    append_caption (page, row->name, NULL);
  }
  g_string_append (page, "</div>");
}

/* --- pictures --- */

/* A picture's size, from its header. */
static gboolean
measure_png (const char *base64, int *width, int *height)
{
  g_autofree char *start = g_strndup (base64, 40);
  gsize size;
  g_autofree guchar *bytes = NULL;

  if (strlen (start) < 40)
    return FALSE;
  bytes = g_base64_decode (start, &size);
  if (size < 24 || memcmp (bytes, "\x89PNG", 4) != 0)
    return FALSE;
  *width = (int)(bytes[16] << 24 | bytes[17] << 16 | bytes[18] << 8 | bytes[19]);
  *height = (int)(bytes[20] << 24 | bytes[21] << 16 | bytes[22] << 8 | bytes[23]);
  return *width > 0 && *height > 0;
}

/* All pictures of all runs, to be shown by their names. */
static void
append_symbols (GString *page, GPtrArray *runs)
{
  g_string_append (page, "<svg width=\"0\" height=\"0\" style=\"position:absolute\">");
  for (guint r = 0; r < runs->len; r++) {
    const Run *run = runs->pdata[r];

    for (guint i = 0; i < json_array_get_length (run->examples); i++) {
      JsonObject *example = json_array_get_object_element (run->examples, i);
      const char *data = json_object_get_string_member_with_default (example, "data", "");
      int width, height;

      if (!is_picture (example) || !page_is_base64 (data) || !measure_png (data, &width, &height))
        continue;
      g_string_append_printf (page,
          "<symbol id=\"%s%u\" viewBox=\"0 0 %d %d\"><image width=\"%d\" height=\"%d\" "
          "href=\"data:image/png;base64,%s\"/></symbol>",
          run->name, i, width, height, width, height, data);
    }
  }
  g_string_append (page, "</svg>");
}

static void
append_thumb (GString *page, const Run *run, guint i, const char *name)
{
  JsonObject *example = json_array_get_object_element (run->examples, i);
  const Series *series = name != NULL ? run_find (run, name) : NULL;
  const double value =
      series != NULL ? series_value_of (series,
                           (guint64)json_object_get_int_member_with_default (example, "frame", 0))
                     : NAN;
  int width, height;

  if (!measure_png (
          json_object_get_string_member_with_default (example, "data", ""), &width, &height))
    return;
  g_string_append_printf (page,
      "<figure><svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"frame "
      "%" G_GINT64_FORMAT "\"><use href=\"#%s%u\"/></svg><figcaption>",
      width, height, width >= height ? 128 : 128 * width / height,
      json_object_get_int_member_with_default (example, "frame", 0), run->name, i);
  if (isfinite (value))
    g_string_append_printf (page, "<b>%.5g</b>, ", value);
  append_time (page, example);
  g_string_append (page, "</figcaption></figure>");
}

static gboolean
stands_out (JsonObject *example, const char *name, const char *end)
{
  return g_strcmp0 (gen_json_text_in (gen_json_object_in (example, "of"), name), end) == 0;
}

typedef struct {
  guint index;
  double value;
} Ranked;

static int
compare_ranked (gconstpointer a, gconstpointer b)
{
  const Ranked *x = a, *y = b;

  return (x->value > y->value) - (x->value < y->value);
}

/* The pictures at one end of a figure in a run, the least or the greatest first. (transfer full) */
static GArray *
rank (const Run *run, const char *name, gboolean highest)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (Ranked));
  const Series *series = run_find (run, name);

  for (guint i = 0; series != NULL && i < json_array_get_length (run->examples); i++) {
    JsonObject *example = json_array_get_object_element (run->examples, i);
    Ranked ranked = { i, series_value_of (series, (guint64)json_object_get_int_member_with_default (
                                                      example, "frame", 0)) };

    if (!is_picture (example) || !stands_out (example, name, highest ? "highest" : "lowest"))
      continue;
    ranked.value = highest ? -ranked.value : ranked.value;
    g_array_append_val (list, ranked);
  }
  g_array_sort (list, compare_ranked);
  return list;
}

static const char *
call_end (GenBetter better, gboolean highest)
{
  if (better == GEN_BETTER_NEITHER)
    return highest ? "Highest" : "Lowest";
  return (better == GEN_BETTER_HIGHER) == highest ? "Best" : "Worst";
}

static void
append_end (GString *page, const Run *run, const Row *row, gboolean highest)
{
  g_autoptr (GArray) list = rank (run, row->name, highest);

  if (list->len == 0)
    return;
  g_string_append_printf (
      page, "<p>%s</p><div class=\"grid thumbs\">", call_end (row->better, highest));
  for (guint i = 0; i < MIN (list->len, MOST_EXAMPLES); i++)
    append_thumb (page, run, g_array_index (list, Ranked, i).index, row->name);
  g_string_append (page, "</div>");
}

static gboolean
has_pictures (const Run *run, const char *name)
{
  for (guint i = 0; i < json_array_get_length (run->examples); i++) {
    JsonObject *example = json_array_get_object_element (run->examples, i);

    if (is_picture (example) && (name == NULL || stands_out (example, name, "highest")))
      return TRUE;
  }
  return FALSE;
}

static gboolean
any_has_pictures (GPtrArray *runs, const char *name)
{
  for (guint r = 0; r < runs->len; r++)
    if (has_pictures (runs->pdata[r], name))
      return TRUE;
  return FALSE;
}

static void
begin_run (GString *page, const Run *run, gboolean alone)
{
  g_string_append (page, "<div>");
  if (!alone)
    g_string_append_printf (page, "<b>%s</b>", run->name);
}

/* Best and worst, side by side. */
static void
append_outstanding (GString *page, GPtrArray *runs, const Row *row)
{
  g_string_append (page, "<h3>");
  page_append_escaped (page, row->name);
  g_string_append (page, "</h3><div class=\"runs\">");
  for (guint r = 0; r < runs->len; r++) {
    begin_run (page, runs->pdata[r], runs->len == 1);
    append_end (page, runs->pdata[r], row, row->better != GEN_BETTER_LOWER);
    append_end (page, runs->pdata[r], row, row->better == GEN_BETTER_LOWER);
    g_string_append (page, "</div>");
  }
  g_string_append (page, "</div>");
}

static void
append_sheet (GString *page, const Run *run)
{
  g_string_append (page, "<div class=\"grid thumbs\">");
  for (guint i = 0; i < json_array_get_length (run->examples); i++) {
    JsonObject *example = json_array_get_object_element (run->examples, i);

    if (is_picture (example) &&
        json_object_get_boolean_member_with_default (example, "spread", FALSE))
      append_thumb (page, run, i, NULL);
  }
  g_string_append (page, "</div>");
}

static void
append_pictures (GString *page, GPtrArray *runs, GPtrArray *rows)
{
  if (!any_has_pictures (runs, NULL))
    return;
  append_symbols (page, runs);
  g_string_append (page, "<h2>Contact sheet</h2><div class=\"runs\">");
  for (guint r = 0; r < runs->len; r++) {
    begin_run (page, runs->pdata[r], runs->len == 1);
    append_sheet (page, runs->pdata[r]);
    g_string_append (page, "</div>");
  }
  g_string_append (page, "</div><h2>Frames that stand out</h2>");
  for (guint i = 0; i < rows->len; i++)
    if (any_has_pictures (runs, ((const Row *)rows->pdata[i])->name))
      append_outstanding (page, runs, rows->pdata[i]);
}

/* --- sounds --- */

static gboolean
is_of_type (JsonObject *example, const char *media_type)
{
  return g_str_equal (
      json_object_get_string_member_with_default (example, "media-type", ""), media_type);
}

static gboolean
is_sound (JsonObject *example)
{
  return is_of_type (example, "audio/flac");
}

/* Waves over a spectrogram. */
static void
append_drawing (GString *page, const char *data)
{
  gsize size;
  guchar *bytes = g_base64_decode (data, &size);
  g_autoptr (GBytes) file = g_bytes_new_take (bytes, size);
  g_auto (GenSound) sound = { 0 };
  g_auto (GenPicture) picture = { 0 };
  GenSample sample;

  if (!gen_sound_load_bytes (&sound, file, "example.flac", 0, 0, 0, GEN_SOUND_MAX_FRAMES, NULL))
    return;
  gen_picture_init (&picture, SOUND_WIDTH, SOUND_HEIGHT, 3);
  sample = gen_sample_of_sound (&sound);
  gen_sample_draw_wall (&sample, 1, 1, &picture);
  page_append_picture (page, &picture, "waves over a mel spectrogram");
}

/* What it stands out by, with the values. */
static void
append_reasons (GString *page, const Run *run, JsonObject *example)
{
  const guint64 frame = (guint64)json_object_get_int_member_with_default (example, "frame", 0);
  JsonNode *node = json_object_get_member (example, "of");
  JsonObjectIter iter;
  const char *name;
  JsonNode *end;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return;
  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &name, &end)) {
    const Series *series = run_find (run, name);

    if (!JSON_NODE_HOLDS_VALUE (end) || json_node_get_string (end) == NULL)
      continue;
    g_string_append (page, "; ");
    page_append_escaped (page, json_node_get_string (end));
    g_string_append_c (page, ' ');
    page_append_escaped (page, name);
    if (series != NULL && isfinite (series_value_of (series, frame)))
      g_string_append_printf (page, " %.5g", series_value_of (series, frame));
  }
}

static void
append_sound (GString *page, const Run *run, JsonObject *example)
{
  const char *data = json_object_get_string_member_with_default (example, "data", "");

  if (!page_is_base64 (data))
    return;
  g_string_append (page, "<figure>");
  append_drawing (page, data);
  g_string_append_printf (page,
      "<audio controls preload=\"metadata\" src=\"data:audio/flac;base64,%s\"></audio>", data);
  g_string_append (page, "<figcaption>up to the window at ");
  append_time (page, example);
  append_reasons (page, run, example);
  g_string_append (page, "</figcaption></figure>");
}

static void
append_sounds_of (GString *page, const Run *run)
{
  g_string_append (page, "<div class=\"grid sounds\">");
  for (guint i = 0; i < json_array_get_length (run->examples); i++) {
    JsonObject *example = json_array_get_object_element (run->examples, i);

    if (is_sound (example))
      append_sound (page, run, example);
  }
  g_string_append (page, "</div>");
}

static gboolean
has_sounds (const Run *run)
{
  for (guint i = 0; i < json_array_get_length (run->examples); i++)
    if (is_sound (json_array_get_object_element (run->examples, i)))
      return TRUE;
  return FALSE;
}

static void
append_sounds (GString *page, GPtrArray *runs)
{
  gboolean any = FALSE;

  for (guint r = 0; r < runs->len; r++)
    any |= has_sounds (runs->pdata[r]);
  if (!any)
    return;
  g_string_append (page,
      "<h2>Sounds</h2><p class=\"note\">Waves over a mel spectrogram of the last "
      "seconds, those that stand out and some of all.</p><div class=\"runs\">");
  for (guint r = 0; r < runs->len; r++) {
    begin_run (page, runs->pdata[r], runs->len == 1);
    append_sounds_of (page, runs->pdata[r]);
    g_string_append (page, "</div>");
  }
  g_string_append (page, "</div>");
}

/* --- texts --- */

static void
append_text (GString *page, const Run *run, JsonObject *example)
{
  const char *data = json_object_get_string_member_with_default (example, "data", "");
  gsize size;
  g_autofree guchar *bytes = g_base64_decode (data, &size);
  g_autofree char *text = g_utf8_make_valid ((const char *)bytes, (gssize)size);

  g_string_append (page, "<figure><blockquote>");
  page_append_escaped (page, text);
  if (json_object_get_boolean_member_with_default (example, "cut", FALSE))
    g_string_append (page, " …");
  g_string_append_printf (page, "</blockquote><figcaption>text %" G_GINT64_FORMAT,
      json_object_get_int_member_with_default (example, "frame", 0));
  append_reasons (page, run, example);
  g_string_append (page, "</figcaption></figure>");
}

static void
append_texts_of (GString *page, const Run *run)
{
  g_string_append (page, "<div class=\"texts\">");
  for (guint i = 0; i < json_array_get_length (run->examples); i++) {
    JsonObject *example = json_array_get_object_element (run->examples, i);

    if (is_of_type (example, "text/plain"))
      append_text (page, run, example);
  }
  g_string_append (page, "</div>");
}

static gboolean
has_texts (const Run *run)
{
  for (guint i = 0; i < json_array_get_length (run->examples); i++)
    if (is_of_type (json_array_get_object_element (run->examples, i), "text/plain"))
      return TRUE;
  return FALSE;
}

static void
append_texts (GString *page, GPtrArray *runs)
{
  gboolean any = FALSE;

  for (guint r = 0; r < runs->len; r++)
    any |= has_texts (runs->pdata[r]);
  if (!any)
    return;
  g_string_append (page,
      "<h2>Texts</h2><p class=\"note\">The beginnings of those that stand out and of some of all."
      "</p><div class=\"runs\">");
  for (guint r = 0; r < runs->len; r++) {
    begin_run (page, runs->pdata[r], runs->len == 1);
    append_texts_of (page, runs->pdata[r]);
    g_string_append (page, "</div>");
  }
  g_string_append (page, "</div>");
}

/* --- all of it --- */

char *
report_to_page (GPtrArray *runs, GPtrArray *rows)
{
  g_autoptr (GString) title = g_string_new ("Report of ");
  GString *page;

  for (guint r = 0; r < runs->len; r++) {
    g_autofree char *name = g_path_get_basename (((const Run *)runs->pdata[r])->path);

    g_string_append_printf (title, "%s%s", r > 0 ? ", " : "", name);
  }
  page = page_begin (title->str);
  append_runs (page, runs);
  append_table (page, runs, rows);
  report_append_classes (page, runs);
  report_append_bias (page, runs);
  append_alerts (page, runs);
  append_plots (page, runs, rows);
  append_pictures (page, runs, rows);
  report_append_pairs (page, runs);
  append_sounds (page, runs);
  append_texts (page, runs);
  return page_end (page);
}
