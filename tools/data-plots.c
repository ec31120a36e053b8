/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plots on the page of a report, as SVG in the page itself. */
#include "data.h"

#define WIDTH 360
#define HEIGHT 110
#define ROW 18
/* Of bars of counts: narrow enough for a telephone, on which it is not to shrink. */
#define COUNTS_WIDTH 380
#define LABELS 120
#define NUMBERS 60
#define MOST_CLASSES 60

/* SVG has a point in its numbers, whatever the locale has. */
static void
append_rectangle (GString *page, double x, double y, double width, double height)
{
  char numbers[4][G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (numbers[0], sizeof numbers[0], "%.2f", x);
  g_ascii_formatd (numbers[1], sizeof numbers[1], "%.2f", y);
  g_ascii_formatd (numbers[2], sizeof numbers[2], "%.2f", width);
  g_ascii_formatd (numbers[3], sizeof numbers[3], "%.2f", height);
  g_string_append_printf (page, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>", numbers[0],
      numbers[1], numbers[2], numbers[3]);
}

void
data_plot_histogram (GString *page, JsonObject *measure)
{
  JsonArray *counts = json_object_get_array_member (measure, "histogram");
  const guint n = json_array_get_length (counts);
  const double step = (double)WIDTH / n;
  gint64 most = 1;

  for (guint i = 0; i < n; i++)
    most = MAX (most, json_array_get_int_element (counts, i));
  g_string_append_printf (page,
      "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"histogram\">", WIDTH,
      HEIGHT + 16, WIDTH);
  for (guint i = 0; i < n; i++) {
    const double height = (double)json_array_get_int_element (counts, i) / (double)most * HEIGHT;

    append_rectangle (page, i * step, HEIGHT - height, step - 1, height);
  }
  g_string_append_printf (page,
      "<text x=\"0\" y=\"%d\">%.4g</text>"
      "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.4g</text></svg>",
      HEIGHT + 14, json_object_get_double_member (measure, "minimum"), WIDTH, HEIGHT + 14,
      json_object_get_double_member (measure, "maximum"));
}

void
data_plot_counts (GString *page, JsonObject *counts)
{
  g_autoptr (GList) names = json_object_get_members (counts);
  const int n = MIN ((int)g_list_length (names), MOST_CLASSES);
  gint64 most = 1;
  int row = 0;

  for (const GList *l = names; l != NULL; l = l->next)
    most = MAX (most, json_object_get_int_member (counts, l->data));
  g_string_append_printf (page, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\">",
      COUNTS_WIDTH, n * ROW, COUNTS_WIDTH);
  for (const GList *l = names; l != NULL && row < n; l = l->next, row++) {
    const gint64 count = json_object_get_int_member (counts, l->data);
    const double width = (double)count / (double)most * (COUNTS_WIDTH - LABELS - NUMBERS);
    g_autofree char *name = g_markup_escape_text (l->data, -1);

    g_string_append_printf (page, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
        LABELS - 6, row * ROW + 13, name);
    append_rectangle (page, LABELS, row * ROW + 2, width, ROW - 4);
    g_string_append_printf (page, "<text x=\"%d\" y=\"%d\">%" G_GINT64_FORMAT "</text>",
        LABELS + (int)width + 6, row * ROW + 13, count);
  }
  g_string_append (page, "</svg>");
  if ((int)json_object_get_size (counts) > n)
    g_string_append_printf (page, "<p>and %d more</p>", (int)json_object_get_size (counts) - n);
}
