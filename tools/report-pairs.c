/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples that may have been learned by heart, each beside the reference's that is nearest. */
#include <math.h>

#include "../lib/base/json-members.h"
#include "page.h"
#include "report.h"

static void
append_image (GString *page, JsonObject *pair, const char *name, const char *what)
{
  const char *data = gen_json_text_in (pair, name);

  if (data != NULL && page_is_base64 (data))
    g_string_append_printf (page,
        "<img style=\"width:128px\" src=\"data:image/png;base64,%s\" alt=\"%s\"> ", data, what);
}

static void
append_pair (GString *page, JsonObject *pair)
{
  const char *sample = gen_json_text_in (pair, "sample"),
             *reference = gen_json_text_in (pair, "reference");
  const double distance = gen_json_number_in (pair, "distance");
  const double frame = gen_json_number_in (pair, "frame");

  g_string_append (page, "<figure style=\"width:264px\">"
                         "<div style=\"display:flex;gap:4px\">");
  append_image (page, pair, "data", "sample");
  append_image (page, pair, "reference-data", "of the reference");
  g_string_append (page, "</div><figcaption>");
  if (isfinite (distance))
    g_string_append_printf (page, "<b>%.5g</b>, ", distance);
  if (sample != NULL)
    page_append_escaped (page, sample);
  else if (isfinite (frame))
    g_string_append_printf (page, "frame %.0f", frame);
  if (reference != NULL) {
    g_string_append (page, " | ");
    page_append_escaped (page, reference);
  }
  g_string_append (page, "</figcaption></figure>");
}

static void
append_run (GString *page, const Run *run, gboolean alone)
{
  g_string_append (page, "<div>");
  if (!alone)
    g_string_append_printf (page, "<b>%s</b>", run->name);
  g_string_append (page, "<div class=\"grid thumbs\">");
  for (guint i = 0; i < json_array_get_length (run->pairs); i++)
    append_pair (page, json_array_get_object_element (run->pairs, i));
  g_string_append (page, "</div></div>");
}

void
report_append_pairs (GString *page, GPtrArray *runs)
{
  guint n = 0;

  for (guint r = 0; r < runs->len; r++)
    n += json_array_get_length (((const Run *)runs->pdata[r])->pairs);
  if (n == 0)
    return;
  g_string_append (page,
      "<h2>Nearest of the reference</h2><p class=\"note\">Samples at the left, and at the right "
      "the "
      "sample of the reference that each lies nearest to: the nearest pairs first, by the distance "
      "of features. What is much nearer than the reference's own samples are to each other "
      "(nearest-within-reference) may have been learned by heart; nearest-close is the share of "
      "all "
      "samples that are nearer than all but a hundredth of these, about 0.01 by chance.</p><div "
      "class=\"runs\">");
  for (guint r = 0; r < runs->len; r++)
    append_run (page, runs->pdata[r], runs->len == 1);
  g_string_append (page, "</div>");
}
