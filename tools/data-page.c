/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A report on data as one page that needs no other file: plots are SVG in it, and examples pictures
 * in it, small. A sound is shown as media are shown to people (gen_sample_draw_wall). */
#include <math.h>
#include <string.h>

#include "data.h"
#include "page.h"
#include "plots.h"

#define THUMB 128
#define EXAMPLES 12
/* Of a sound the first seconds are drawn, of one that is shorter all of it. */
#define MOST_SECONDS 5
#define LEAST_SECONDS 0.1

/* --- examples --- */

static gsize
drawn_length (const GenInspection *inspection, guint32 index, int rate)
{
  const double seconds =
      gen_inspection_get_value (inspection, index, gen_data_measure_find ("seconds", NULL, NULL));

  /* That of what has none is not less than any. */
  return (gsize)(rate * fmin (fmax (seconds, LEAST_SECONDS), MOST_SECONDS));
}

/* A picture of an item that fits a thumb; FALSE where it cannot be read. */
static gboolean
draw_item (const GenInspection *inspection, guint32 index, GenPicture *thumb)
{
  const GenDataset *dataset = gen_inspection_get_dataset (inspection);
  const GenFitting fitting = { .fit = GEN_FIT_PAD };
  GenFormat format = *gen_dataset_get_format (dataset);
  g_auto (GenSample) sample = { 0 };
  int width, height, channels;

  if (format.medium == &gen_medium_picture) {
    format.width = format.height = THUMB;
    format.channels = 3;
  } else {
    format.channels = 1;
    format.length = drawn_length (inspection, index, format.rate);
  }
  gen_sample_init (&sample, &format);
  if (!gen_dataset_load (dataset, index, &fitting, &sample, NULL) ||
      !gen_format_measure_wall (&format, 1, 1, &width, &height, &channels))
    return FALSE;
  gen_picture_init (thumb, width, height, channels);
  gen_sample_draw_wall (&sample, 1, 1, thumb);
  return TRUE;
}

static void
append_picture (GString *page, const GenInspection *inspection, guint32 index)
{
  g_auto (GenPicture) thumb = { 0 };

  if (draw_item (inspection, index, &thumb))
    page_append_picture (page, &thumb, "");
}

static void
append_item (GString *page, const GenInspection *inspection, guint32 index)
{
  const GenDataItem *item = gen_inspection_get_item (inspection, index);

  g_string_append (page, "<figure>");
  append_picture (page, inspection, index);
  g_string_append (page, "<figcaption>");
  page_append_escaped (page, item->name);
  if (item->duplicate_of != GEN_DATA_NONE || item->near_of != GEN_DATA_NONE) {
    g_string_append (page, "<br>as ");
    page_append_escaped (
        page, gen_inspection_get_item (inspection,
                  item->duplicate_of != GEN_DATA_NONE ? item->duplicate_of : item->near_of)
                  ->name);
  }
  g_string_append (page, "</figcaption></figure>");
}

/* Items of the whole heap, evenly spread. */
static void
append_spread (GString *page, const GenInspection *inspection)
{
  const guint32 count = gen_dataset_get_count (gen_inspection_get_dataset (inspection));
  const guint32 n = MIN (count, EXAMPLES);

  g_string_append (page, "<h2>Items</h2><div class=\"grid thumbs\">");
  for (guint32 i = 0; i < n; i++) {
    const guint32 index = (guint32)((guint64)i * count / n);

    if (gen_inspection_get_item (inspection, index)->error == NULL)
      append_item (page, inspection, index);
  }
  g_string_append (page, "</div>");
}

static void
append_found (GString *page, const GenInspection *inspection, const char *name)
{
  const GenDataFinding *finding = gen_data_finding_find (name, NULL);
  const guint32 count = gen_dataset_get_count (gen_inspection_get_dataset (inspection));
  int shown = 0;

  g_string_append (page, "<div class=\"grid thumbs\">");
  for (guint32 i = 0; i < count && shown < EXAMPLES; i++)
    if (gen_inspection_has (inspection, i, finding)) {
      append_item (page, inspection, i);
      shown++;
    }
  g_string_append (page, "</div>");
}

/* --- parts of the page --- */

static void
append_bad (GString *page, JsonArray *examples)
{
  g_string_append (page, "<ul class=\"bad\">");
  for (guint i = 0; i < json_array_get_length (examples); i++) {
    g_string_append (page, "<li>");
    page_append_escaped (
        page, json_object_get_string_member (json_array_get_object_element (examples, i), "error"));
    g_string_append (page, "</li>");
  }
  g_string_append (page, "</ul>");
}

static void
append_finding (GString *page, JsonObject *finding, const GenInspection *inspection)
{
  const char *name = json_object_get_string_member (finding, "name");
  const gint64 count = json_object_get_int_member (finding, "count");

  if (count == 0)
    return;
  g_string_append_printf (page, "<h3>%s: %" G_GINT64_FORMAT "</h3><p>", name, count);
  page_append_escaped (page, json_object_get_string_member (finding, "summary"));
  g_string_append (page, ".</p>");
  if (g_str_equal (name, "bad"))
    append_bad (page, json_object_get_array_member (finding, "examples"));
  else
    append_found (page, inspection, name);
}

static void
append_findings (GString *page, JsonArray *findings, const GenInspection *inspection)
{
  const gsize before = page->len;

  for (guint i = 0; i < json_array_get_length (findings); i++)
    append_finding (page, json_array_get_object_element (findings, i), inspection);
  if (page->len == before)
    g_string_append (page, "<p>Nothing was found.</p>");
}

static void
append_measures (GString *page, JsonArray *measures)
{
  g_string_append (page, "<h2>Measures</h2><div class=\"grid\">");
  for (guint i = 0; i < json_array_get_length (measures); i++) {
    JsonObject *measure = json_array_get_object_element (measures, i);

    if (json_object_get_int_member (measure, "count") == 0)
      continue;
    g_string_append (page, "<figure>");
    plot_histogram (page, measure);
    g_string_append_printf (page, "<figcaption><b>%s</b>, %s: mean %.4g, median %.4g<br>",
        json_object_get_string_member (measure, "name"),
        json_object_get_string_member (measure, "unit"),
        json_object_get_double_member (measure, "mean"),
        json_object_get_double_member (measure, "median"));
    page_append_escaped (page, json_object_get_string_member (measure, "summary"));
    g_string_append (page, "</figcaption></figure>");
  }
  g_string_append (page, "</div>");
}

static void
append_drift (GString *page, JsonArray *drift)
{
  g_string_append (page, "<table><tr><th>measure</th><th class=\"n\">stability index</th>"
                         "<th class=\"n\">KS statistic</th><th class=\"n\">p</th></tr>");
  for (guint i = 0; i < json_array_get_length (drift); i++) {
    JsonObject *one = json_array_get_object_element (drift, i);

    g_string_append_printf (page,
        "<tr><td>%s %s</td><td class=\"n\">%.4f</td><td class=\"n\">%.4f</td>"
        "<td class=\"n\">%.3g</td></tr>",
        json_object_get_string_member (one, "measure"),
        json_object_get_string_member_with_default (one, "split", ""),
        json_object_get_double_member (one, "stability-index"),
        json_object_get_double_member (one, "statistic"),
        json_object_get_double_member (one, "probability"));
  }
  g_string_append (page, "</table>");
}

static void
append_energy (GString *page, JsonObject *energy)
{
  g_string_append_printf (page,
      " Energy distance %.4g of %" G_GINT64_FORMAT " items and %" G_GINT64_FORMAT
      ", p %.3g by %" G_GINT64_FORMAT " permutations.",
      json_object_get_double_member (energy, "distance"),
      json_object_get_int_member (energy, "items"),
      json_object_get_int_member (energy, "items-against"),
      json_object_get_double_member (energy, "probability"),
      json_object_get_int_member (energy, "permutations"));
}

static void
append_against (GString *page, JsonObject *against)
{
  g_string_append (page, "<h2>Against ");
  page_append_escaped (page, json_object_get_string_member (against, "location"));
  g_string_append_printf (page,
      "</h2><p>%" G_GINT64_FORMAT " items, of which %" G_GINT64_FORMAT " are in both.",
      json_object_get_int_member (against, "items"),
      json_object_get_int_member (against, "common"));
  if (json_object_has_member (against, "frechet"))
    g_string_append_printf (page, " Fréchet distance %.6g, of features %s.",
        json_object_get_double_member (against, "frechet"),
        json_object_get_string_member (against, "features"));
  if (json_object_has_member (against, "energy"))
    append_energy (page, json_object_get_object_member (against, "energy"));
  g_string_append (page, "</p>");
  append_drift (page, json_object_get_array_member (against, "drift"));
}

static void
append_splits (GString *page, JsonObject *splits)
{
  g_string_append_printf (page,
      "<h2>Splits</h2><p>%" G_GINT64_FORMAT " items to train on, %" G_GINT64_FORMAT
      " for validation, %" G_GINT64_FORMAT " for the test; %" G_GINT64_FORMAT
      " have a duplicate in another split.</p>",
      json_object_get_int_member (splits, "train"),
      json_object_get_int_member (splits, "validation"),
      json_object_get_int_member (splits, "test"), json_object_get_int_member (splits, "shared"));
  append_drift (page, json_object_get_array_member (splits, "drift"));
}

static void
append_counts (GString *page, const char *title, JsonObject *counts)
{
  if (json_object_get_size (counts) == 0)
    return;
  g_string_append_printf (page, "<h2>%s</h2>", title);
  plot_counts (page, counts);
}

char *
data_report_to_page (JsonObject *report, const GenInspection *inspection)
{
  GString *page = page_begin (json_object_get_string_member (report, "location"));

  g_string_append_printf (page, "<p>%" G_GINT64_FORMAT " items, each a %s.</p>",
      json_object_get_int_member (report, "items"),
      json_object_get_string_member (report, "medium"));
  append_spread (page, inspection);
  g_string_append (page, "<h2>Findings</h2>");
  append_findings (page, json_object_get_array_member (report, "findings"), inspection);
  append_counts (page, "Classes", json_object_get_object_member (report, "classes"));
  append_counts (page, "Kinds of files", json_object_get_object_member (report, "kinds"));
  append_counts (
      page, "Digital source types", json_object_get_object_member (report, "source-types"));
  append_measures (page, json_object_get_array_member (report, "measures"));
  append_splits (page, json_object_get_object_member (report, "splits"));
  if (json_object_has_member (report, "against"))
    append_against (page, json_object_get_object_member (report, "against"));
  return page_end (page);
}
