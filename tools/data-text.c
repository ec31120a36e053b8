/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A report on data for the terminal. */
#include <string.h>

#include "data.h"

/* So many of what cannot be read, and of classes, are shown. */
#define MOST 20
/* What is more than this has drifted, as those say who watch data for a living; and what is less
 * probable is no accident. */
#define UNSTABLE 0.25
#define IMPROBABLE 0.01

static void
append_counts (GString *text, const char *title, JsonObject *counts)
{
  g_autoptr (GList) names = json_object_get_members (counts);
  guint shown = 0;

  if (names == NULL)
    return;
  g_string_append_printf (text, "%s:", title);
  for (const GList *l = names; l != NULL && shown < MOST; l = l->next, shown++)
    g_string_append_printf (text, "%s %s %" G_GINT64_FORMAT, shown > 0 ? "," : "",
        (const char *)l->data, json_object_get_int_member (counts, l->data));
  if (json_object_get_size (counts) > MOST)
    g_string_append_printf (text, " and %u more", json_object_get_size (counts) - MOST);
  g_string_append_c (text, '\n');
}

static void
append_example (GString *text, JsonObject *example)
{
  g_string_append_printf (text, "      %s", json_object_get_string_member (example, "file_name"));
  if (json_object_has_member (example, "of"))
    g_string_append_printf (text, " (as %s)", json_object_get_string_member (example, "of"));
  if (json_object_has_member (example, "error"))
    g_string_append_printf (text, ": %s", json_object_get_string_member (example, "error"));
  g_string_append_c (text, '\n');
}

static void
append_finding (GString *text, JsonObject *finding)
{
  JsonArray *examples = json_object_get_array_member (finding, "examples");
  const gint64 count = json_object_get_int_member (finding, "count");
  const guint shown = MIN (json_array_get_length (examples),
      g_str_equal (json_object_get_string_member (finding, "name"), "bad") ? MOST : 3);

  if (count == 0)
    return;
  g_string_append_printf (text, "  %-16s %6" G_GINT64_FORMAT "  %s\n",
      json_object_get_string_member (finding, "name"), count,
      json_object_get_string_member (finding, "summary"));
  for (guint i = 0; i < shown; i++)
    append_example (text, json_array_get_object_element (examples, i));
  if (count > shown)
    g_string_append_printf (text, "      and %" G_GINT64_FORMAT " more\n", count - shown);
}

static void
append_findings (GString *text, JsonArray *findings)
{
  const gsize before = text->len;

  for (guint i = 0; i < json_array_get_length (findings); i++)
    append_finding (text, json_array_get_object_element (findings, i));
  if (text->len == before)
    g_string_append (text, "  nothing was found\n");
}

static void
append_measure (GString *text, JsonObject *measure)
{
  if (json_object_get_int_member (measure, "count") == 0)
    return;
  g_string_append_printf (text, "  %-18s %10.4g %10.4g %10.4g %10.4g  %s\n",
      json_object_get_string_member (measure, "name"),
      json_object_get_double_member (measure, "minimum"),
      json_object_get_double_member (measure, "median"),
      json_object_get_double_member (measure, "mean"),
      json_object_get_double_member (measure, "maximum"),
      json_object_get_string_member (measure, "unit"));
}

static void
append_drift (GString *text, JsonArray *drift)
{
  for (guint i = 0; i < json_array_get_length (drift); i++) {
    JsonObject *one = json_array_get_object_element (drift, i);
    const double stability = json_object_get_double_member (one, "stability-index");
    const double probability = json_object_get_double_member (one, "probability");
    g_autofree char *name =
        g_strdup_printf ("%s%s%s", json_object_get_string_member (one, "measure"),
            json_object_has_member (one, "split") ? ", " : "",
            json_object_get_string_member_with_default (one, "split", ""));

    g_string_append_printf (text, "  %-30s %8.4f %8.4f %10.3g%s\n", name, stability,
        json_object_get_double_member (one, "statistic"), probability,
        stability > UNSTABLE && probability < IMPROBABLE ? "  drifts" : "");
  }
}

static void
append_energy (GString *text, JsonObject *energy)
{
  g_string_append_printf (text,
      "Energy distance %.4g of %" G_GINT64_FORMAT " items and %" G_GINT64_FORMAT
      ", p %.3g by %" G_GINT64_FORMAT " permutations\n",
      json_object_get_double_member (energy, "distance"),
      json_object_get_int_member (energy, "items"),
      json_object_get_int_member (energy, "items-against"),
      json_object_get_double_member (energy, "probability"),
      json_object_get_int_member (energy, "permutations"));
}

static void
append_against (GString *text, JsonObject *against)
{
  g_string_append_printf (text,
      "\nAgainst %s, %" G_GINT64_FORMAT " items: %" G_GINT64_FORMAT " files are in both\n",
      json_object_get_string_member (against, "location"),
      json_object_get_int_member (against, "items"),
      json_object_get_int_member (against, "common"));
  if (json_object_has_member (against, "frechet"))
    g_string_append_printf (text, "Fréchet distance %.6g, of features %s\n",
        json_object_get_double_member (against, "frechet"),
        json_object_get_string_member (against, "features"));
  if (json_object_has_member (against, "energy"))
    append_energy (text, json_object_get_object_member (against, "energy"));
  append_drift (text, json_object_get_array_member (against, "drift"));
}

char *
data_report_to_text (JsonObject *report)
{
  GString *text = g_string_new (NULL);
  JsonObject *splits = json_object_get_object_member (report, "splits");
  JsonArray *measures = json_object_get_array_member (report, "measures");

  g_string_append_printf (text, "%s: %" G_GINT64_FORMAT " items, each a %s\n",
      json_object_get_string_member (report, "location"),
      json_object_get_int_member (report, "items"),
      json_object_get_string_member (report, "medium"));
  append_counts (text, "Kinds of files", json_object_get_object_member (report, "kinds"));
  append_counts (text, "Classes", json_object_get_object_member (report, "classes"));
  if (json_object_has_member (report, "class-balance"))
    g_string_append_printf (text, "Balance of classes: %.3f (1: all as large)\n",
        json_object_get_double_member (report, "class-balance"));
  append_counts (
      text, "Digital source types", json_object_get_object_member (report, "source-types"));
  g_string_append (text, "\nFindings:\n");
  append_findings (text, json_object_get_array_member (report, "findings"));
  g_string_append_printf (
      text, "\n%-20s %10s %10s %10s %10s\n", "Measures:", "least", "median", "mean", "greatest");
  for (guint i = 0; i < json_array_get_length (measures); i++)
    append_measure (text, json_array_get_object_element (measures, i));
  g_string_append_printf (text,
      "\nSplits: %" G_GINT64_FORMAT " to train on, %" G_GINT64_FORMAT
      " for validation, %" G_GINT64_FORMAT " for the test; %" G_GINT64_FORMAT
      " items have a duplicate in another split\n",
      json_object_get_int_member (splits, "train"),
      json_object_get_int_member (splits, "validation"),
      json_object_get_int_member (splits, "test"), json_object_get_int_member (splits, "shared"));
  g_string_append_printf (
      text, "%-32s %8s %8s %10s\n", "Drift from the first:", "index", "KS", "p");
  append_drift (text, json_object_get_array_member (splits, "drift"));
  if (json_object_has_member (report, "against"))
    append_against (text, json_object_get_object_member (report, "against"));
  return g_string_free (text, FALSE);
}
