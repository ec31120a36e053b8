/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bias has found, on a page: each group's mean with its interval, drawn over one another, and
 * what can be said of it in words. */
#include <math.h>

#include "../lib/base/json-members.h"
#include "page.h"
#include "report.h"

/* Of the drawing of an interval, in pixels. */
#define WIDTH 220
#define HEIGHT 14

static JsonObject *
bias_of (const Run *run)
{
  return gen_json_object_in (gen_json_object_in (run->summary, "bias"), "figures");
}

/* All that intervals of a figure reach over. */
static void
find_reach (JsonObject *groups, double reach[2])
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  double ends[2];

  reach[0] = INFINITY;
  reach[1] = -INFINITY;
  json_object_iter_init_ordered (&iter, groups);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    JsonObject *group = gen_json_object_in (groups, name);
    const double mean = gen_json_number_in (group, "mean");

    if (group == NULL || !isfinite (mean))
      continue;
    if (!gen_json_interval_in (group, "interval", ends))
      ends[0] = ends[1] = mean;
    reach[0] = fmin (reach[0], ends[0]);
    reach[1] = fmax (reach[1], ends[1]);
  }
  if (!(reach[1] > reach[0]))
    reach[1] = reach[0] + 1;
}

static void
append_place (GString *page, const char *name, double value, const double reach[2])
{
  g_string_append_printf (page, " %s=\"", name);
  page_append_number (page, 4 + (value - reach[0]) / (reach[1] - reach[0]) * (WIDTH - 8));
  g_string_append_c (page, '"');
}

/* A line from end to end, and a dot at the mean; the numbers stand beside it. */
static void
append_drawing (GString *page, JsonObject *group, const double reach[2])
{
  const double mean = gen_json_number_in (group, "mean");
  double ends[2];

  g_string_append_printf (page,
      "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">", WIDTH, HEIGHT,
      WIDTH, HEIGHT);
  if (gen_json_interval_in (group, "interval", ends)) {
    g_string_append (page, "<line class=\"axis\"");
    append_place (page, "x1", ends[0], reach);
    append_place (page, "x2", ends[1], reach);
    g_string_append_printf (page, " y1=\"%d\" y2=\"%d\"/>", HEIGHT / 2, HEIGHT / 2);
  }
  if (isfinite (mean)) {
    g_string_append (page, "<circle");
    append_place (page, "cx", mean, reach);
    g_string_append_printf (page, " cy=\"%d\" r=\"3\"/>", HEIGHT / 2);
  }
  g_string_append (page, "</svg>");
}

static void
append_interval (GString *page, JsonObject *group, const char *number, const char *interval)
{
  const double value = gen_json_number_in (group, number);
  double ends[2];

  if (!isfinite (value)) {
    g_string_append (page, "<td class=\"n\">–</td>");
    return;
  }
  g_string_append_printf (page, "<td class=\"n\">%.4g", value);
  if (gen_json_interval_in (group, interval, ends))
    g_string_append_printf (page, " [%.4g, %.4g]", ends[0], ends[1]);
  g_string_append (page, "</td>");
}

static void
append_group (GString *page, const char *name, JsonObject *group, const double reach[2])
{
  const double samples = gen_json_number_in (group, "samples"),
               p = gen_json_number_in (group, "p-adjusted");
  const char *verdict = gen_json_text_in (group, "verdict");

  g_string_append (page, "<tr><td>");
  page_append_escaped (page, name);
  g_string_append_printf (page, "</td><td class=\"n\">%.0f</td>", isfinite (samples) ? samples : 0);
  append_interval (page, group, "mean", "interval");
  g_string_append (page, "<td>");
  append_drawing (page, group, reach);
  g_string_append (page, "</td>");
  append_interval (page, group, "difference", "difference-interval");
  if (isfinite (p))
    g_string_append_printf (page, "<td class=\"n\">%.2g</td><td>", p);
  else
    g_string_append (page, "<td class=\"n\">–</td><td>");
  page_append_escaped (page, verdict != NULL ? verdict : "");
  g_string_append (page, "</td></tr>");
}

static void
append_figure (GString *page, const char *name, JsonObject *figure)
{
  JsonObject *groups = gen_json_object_in (figure, "groups");
  const char *better = gen_json_text_in (figure, "better"),
             *verdict = gen_json_text_in (figure, "verdict");
  JsonObjectIter iter;
  const char *group;
  double reach[2];
  JsonNode *node;

  if (groups == NULL)
    return;
  find_reach (groups, reach);
  g_string_append (page, "<h3>");
  page_append_escaped (page, name);
  g_string_append (page, "</h3><p>");
  page_append_escaped (page, verdict != NULL ? verdict : "");
  g_string_append (page, "</p><div class=\"wide\"><table><tr><th>group</th><th class=\"n\">samples"
                         "</th><th class=\"n\">mean (");
  page_append_escaped (page, better != NULL ? better : "");
  g_string_append (page, " is better)</th><th></th><th class=\"n\">behind the best</th><th "
                         "class=\"n\">p, adjusted</th><th>verdict</th></tr>");
  json_object_iter_init_ordered (&iter, groups);
  while (json_object_iter_next_ordered (&iter, &group, &node))
    if (gen_json_object_in (groups, group) != NULL)
      append_group (page, group, gen_json_object_in (groups, group), reach);
  g_string_append (page, "</table></div>");
}

static void
append_note (GString *page, JsonObject *settings)
{
  const char *by = gen_json_text_in (settings, "by");

  g_string_append (page, "<p class=\"note\">By ");
  page_append_escaped (page, by != NULL ? by : "?");
  g_string_append_printf (page,
      "; of groups of fewer than %.0f samples nothing is said. Intervals of %.0f%% by %.0f "
      "resamples; p of %.0f tests, adjusted by Holm: how often a group would be as far behind the "
      "best one if all were alike.</p>",
      gen_json_number_in (settings, "least-samples"),
      100 * gen_json_number_in (settings, "confidence"), gen_json_number_in (settings, "resamples"),
      gen_json_number_in (settings, "tests"));
}

void
report_append_bias (GString *page, GPtrArray *runs)
{
  for (guint r = 0; r < runs->len; r++) {
    const Run *run = runs->pdata[r];
    JsonObject *figures = bias_of (run);
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    if (figures == NULL)
      continue;
    g_string_append_printf (page, "<h2>Who is served worse: %s</h2>", run->name);
    json_object_iter_init_ordered (&iter, figures);
    while (json_object_iter_next_ordered (&iter, &name, &node))
      if (gen_json_object_in (figures, name) != NULL)
        append_figure (page, name, gen_json_object_in (figures, name));
    append_note (page, gen_json_object_in (gen_json_object_in (run->summary, "bias"), "settings"));
  }
}
