/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plots on a page, as SVG in the page itself. Colours help, and nothing hangs on them: lines have
 * dashes, marks and letters. */
#include "plots.h"

#include <float.h>
#include <math.h>

#include "page.h"

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
plot_histogram (GString *page, JsonObject *measure)
{
  JsonArray *counts = json_object_get_array_member (measure, "histogram");
  const guint n = json_array_get_length (counts);
  const double step = (double)WIDTH / n;
  gint64 most = 1;

  for (guint i = 0; i < n; i++)
    most = MAX (most, json_array_get_int_element (counts, i));
  g_string_append_printf (page,
      "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" class=\"bars\" "
      "aria-label=\"histogram\">",
      WIDTH, HEIGHT + 16, WIDTH);
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
plot_counts (GString *page, JsonObject *counts)
{
  g_autoptr (GList) names = json_object_get_members (counts);
  const int n = MIN ((int)g_list_length (names), MOST_CLASSES);
  gint64 most = 1;
  int row = 0;

  for (const GList *l = names; l != NULL; l = l->next)
    most = MAX (most, json_object_get_int_member (counts, l->data));
  g_string_append_printf (page,
      "<svg class=\"bars\" viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\">", COUNTS_WIDTH, n * ROW,
      COUNTS_WIDTH);
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

/* --- lines --- */

#define PLOT_WIDTH 380
#define PLOT_HEIGHT 170
/* Around the lines: numbers at the left and below, letters at the right, marks above. */
#define LEFT 52
#define RIGHT 18
#define TOP 12
#define BOTTOM 22
#define COLUMNS 150
#define BINS 24
/* Columns from one mark on a line to the next. */
#define MARK_STEP 25
#define TICKS 4

/* As Okabe and Ito chose them for all eyes; dashes and marks differ besides. */
static const char *const colours[] = { "#0072b2", "#d55e00", "#007a5a", "#a3498b", "#2a2a2a",
  "#8a6d00" };
static const char *const dashes[] = { "none", "7 3", "2 2", "9 3 2 3", "4 4", "12 3" };

typedef struct {
  double least[2], greatest[2]; /* of x and y */
} Frame;

typedef struct {
  double sum, least, greatest;
  guint64 count;
} Column;

static double
place_x (const Frame *frame, double x)
{
  return LEFT + (x - frame->least[0]) / (frame->greatest[0] - frame->least[0]) *
                    (PLOT_WIDTH - LEFT - RIGHT);
}

static double
place_y (const Frame *frame, double y)
{
  return PLOT_HEIGHT - BOTTOM -
         (y - frame->least[1]) / (frame->greatest[1] - frame->least[1]) *
             (PLOT_HEIGHT - TOP - BOTTOM);
}

static void
append_point (GString *page, double x, double y)
{
  page_append_number (page, x);
  g_string_append_c (page, ',');
  page_append_number (page, y);
  g_string_append_c (page, ' ');
}

static void
append_segment (GString *page, const char *kind, double x1, double y1, double x2, double y2)
{
  g_string_append_printf (page, "<path class=\"%s\" fill=\"none\" d=\"M", kind);
  append_point (page, x1, y1);
  g_string_append_c (page, 'L');
  append_point (page, x2, y2);
  g_string_append (page, "\"/>");
}

/* The shape that marks line `i`, about a place. */
static void
append_mark (GString *page, guint i, double x, double y)
{
  static const char *const shapes[] = { "m-3,0a3,3 0 1,0 6,0a3,3 0 1,0 -6,0z", "m-3,-3h6v6h-6z",
    "m0,-4l4,7h-8z", "m0,-4l4,4l-4,4l-4,-4z", "m-3,-3l6,6m0,-6l-6,6", "m0,-4v8m-4,-4h8" };

  g_string_append (page, "<path d=\"M");
  append_point (page, x, y);
  g_string_append_printf (page, "%s\" fill=\"#fff\" stroke=\"%s\" stroke-width=\"1.4\"/>",
      shapes[i % G_N_ELEMENTS (shapes)], colours[i % G_N_ELEMENTS (colours)]);
}

static void
include (Frame *frame, int axis, double value)
{
  if (!isfinite (value))
    return;
  frame->least[axis] = fmin (frame->least[axis], value);
  frame->greatest[axis] = fmax (frame->greatest[axis], value);
}

/* A frame of no extent, or of one that is nothing but rounding, has some: what is constant lies in
 * the middle of numbers of its own size. */
static void
widen (Frame *frame, int axis)
{
  const double middle = frame->least[axis];
  const double around = middle != 0 ? fmax (fabs (middle) * 0.1, DBL_MIN) : 0.5;

  if (frame->greatest[axis] - middle > fabs (middle) * 1e-9)
    return;
  frame->least[axis] = middle - around;
  frame->greatest[axis] = middle + around;
}

/* FALSE where there is nothing to draw. */
static gboolean
measure_frame (Frame *frame, const PlotLine *lines, guint n_lines)
{
  *frame = (Frame){ { INFINITY, INFINITY }, { -INFINITY, -INFINITY } };
  for (guint l = 0; l < n_lines; l++)
    for (guint i = 0; i < lines[l].n; i++) {
      include (frame, 0, lines[l].points[i].x);
      include (frame, 1, lines[l].points[i].least);
      include (frame, 1, lines[l].points[i].greatest);
    }
  if (!isfinite (frame->least[1]))
    return FALSE;
  widen (frame, 0);
  widen (frame, 1);
  return TRUE;
}

/* The step between round numbers, about TICKS of which lie within `extent`. */
static double
round_step (double extent)
{
  const double rough = extent / TICKS, power = pow (10, floor (log10 (rough)));
  const double share = rough / power;

  return (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10) * power;
}

static void
append_text (GString *page, double x, double y, const char *anchor, const char *text)
{
  g_string_append (page, "<text x=\"");
  page_append_number (page, x);
  g_string_append (page, "\" y=\"");
  page_append_number (page, y);
  g_string_append_printf (page, "\" text-anchor=\"%s\">", anchor);
  page_append_escaped (page, text);
  g_string_append (page, "</text>");
}

/* A number on an axis, of as many digits as tell it from the next one. (transfer full) */
static char *
describe_tick (double number, double step, const char *unit)
{
  const double size = fabs (number);
  const int digits =
      size > step ? CLAMP ((int)(floor (log10 (size)) - floor (log10 (step))) + 1, 5, 15) : 5;

  return g_strdup_printf ("%.*g%s", digits, size < step * 1e-6 ? 0 : number, unit);
}

static void
append_values (GString *page, const Frame *frame)
{
  const double step = round_step (frame->greatest[1] - frame->least[1]);
  const double bottom = PLOT_HEIGHT - BOTTOM, right = PLOT_WIDTH - RIGHT;

  for (double y = ceil (frame->least[1] / step) * step; y <= frame->greatest[1]; y += step) {
    g_autofree char *text = describe_tick (y, step, "");

    append_segment (page, "grid-line", LEFT, place_y (frame, y), right, place_y (frame, y));
    append_text (page, LEFT - 4, place_y (frame, y) + 4, "end", text);
  }
  append_segment (page, "axis", LEFT, bottom, right, bottom);
}

static void
append_axes (GString *page, const Frame *frame, const char *x_unit)
{
  const double step = round_step (frame->greatest[0] - frame->least[0]);
  const double bottom = PLOT_HEIGHT - BOTTOM;

  append_values (page, frame);
  for (double x = ceil (frame->least[0] / step) * step; x <= frame->greatest[0]; x += step) {
    const gboolean last = x + step > frame->greatest[0];
    g_autofree char *text = describe_tick (x, step, last ? x_unit : "");

    append_segment (page, "axis", place_x (frame, x), bottom, place_x (frame, x), bottom + 3);
    append_text (page, place_x (frame, x), bottom + 15, last ? "end" : "middle", text);
  }
}

static void
begin_plot (GString *page, const char *title, const char *kind, const char *what)
{
  g_string_append_printf (page,
      "<svg class=\"%s\" viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"", kind,
      PLOT_WIDTH, PLOT_HEIGHT, PLOT_WIDTH);
  page_append_escaped (page, title);
  g_string_append_printf (page, "%s\">", what);
}

/* Numbers in columns from the left to the right. */
static void
fill_columns (const Frame *frame, const PlotLine *line, Column *columns)
{
  const double scale = COLUMNS / (frame->greatest[0] - frame->least[0]);

  for (guint i = 0; i < COLUMNS; i++)
    columns[i] = (Column){ 0, INFINITY, -INFINITY, 0 };
  for (guint i = 0; i < line->n; i++) {
    const PlotPoint *point = &line->points[i];
    Column *column = &columns[CLAMP ((int)((point->x - frame->least[0]) * scale), 0, COLUMNS - 1)];

    column->sum += point->sum;
    column->count += point->count;
    column->least = fmin (column->least, point->least);
    column->greatest = fmax (column->greatest, point->greatest);
  }
}

static double
middle_of (const Frame *frame, guint column)
{
  return place_x (
      frame, frame->least[0] + (column + 0.5) / COLUMNS * (frame->greatest[0] - frame->least[0]));
}

static void
append_band (GString *page, const Frame *frame, const Column *columns, guint i)
{
  g_string_append (page, "<polygon points=\"");
  for (guint c = 0; c < COLUMNS; c++)
    if (columns[c].count > 0)
      append_point (page, middle_of (frame, c), place_y (frame, columns[c].greatest));
  for (guint c = COLUMNS; c-- > 0;)
    if (columns[c].count > 0)
      append_point (page, middle_of (frame, c), place_y (frame, columns[c].least));
  g_string_append_printf (
      page, "\" fill=\"%s\" fill-opacity=\"0.13\"/>", colours[i % G_N_ELEMENTS (colours)]);
}

static void
begin_line (GString *page, guint i)
{
  g_string_append_printf (page,
      "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" stroke-dasharray=\"%s\" "
      "points=\"",
      colours[i % G_N_ELEMENTS (colours)], dashes[i % G_N_ELEMENTS (dashes)]);
}

/* One line; where there are several, with its marks, and its letter at the end. */
static void
append_line (GString *page, const Frame *frame, const PlotLine *line, guint i, gboolean alone)
{
  Column columns[COLUMNS];
  guint last = COLUMNS, shown = 0;

  fill_columns (frame, line, columns);
  if (line->n > COLUMNS)
    append_band (page, frame, columns, i);
  begin_line (page, i);
  for (guint c = 0; c < COLUMNS; c++)
    if (columns[c].count > 0) {
      append_point (
          page, middle_of (frame, c), place_y (frame, columns[c].sum / (double)columns[c].count));
      last = c;
      shown++;
    }
  g_string_append (page, "\"/>");
  for (guint c = i * MARK_STEP / 4 % MARK_STEP; c < COLUMNS && (!alone || shown == 1); c++)
    if (columns[c].count > 0) {
      append_mark (page, i, middle_of (frame, c),
          place_y (frame, columns[c].sum / (double)columns[c].count));
      c += MARK_STEP - 1;
    }
  if (!alone && last < COLUMNS)
    append_text (page, middle_of (frame, last) + 6,
        place_y (frame, columns[last].sum / (double)columns[last].count) + 4, "start", line->name);
}

static void
append_alert (GString *page, const Frame *frame, const PlotMark *mark)
{
  const double from = place_x (frame, CLAMP (mark->from, frame->least[0], frame->greatest[0]));
  const double to = place_x (frame, CLAMP (mark->to, frame->least[0], frame->greatest[0]));
  const double width = fmax (to - from, 2);

  for (double x = from; x < from + width; x += 6)
    append_segment (page, "grid-line", x, PLOT_HEIGHT - BOTTOM, fmin (x + 8, from + width), TOP);
  g_string_append (page, "<path stroke=\"#222\" stroke-width=\"3\" d=\"M");
  append_point (page, from, TOP - 4);
  g_string_append_c (page, 'L');
  append_point (page, from + width, TOP - 4);
  g_string_append (page, "\"/>");
}

void
plot_lines (GString *page, const char *title, const PlotLine *lines, guint n_lines,
    const PlotMark *marks, guint n_marks, const char *x_unit)
{
  Frame frame;

  if (!measure_frame (&frame, lines, n_lines))
    return;
  begin_plot (page, title, "lines", " over time");
  append_axes (page, &frame, x_unit);
  for (guint m = 0; m < n_marks; m++)
    append_alert (page, &frame, &marks[m]);
  for (guint l = 0; l < n_lines; l++)
    append_line (page, &frame, &lines[l], l, n_lines == 1);
  g_string_append (page, "</svg>");
}

/* --- distributions --- */

/* The share of the values of `line` in each bin. */
static double
fill_bins (const Frame *values, const PlotLine *line, double *bins)
{
  const double scale = BINS / (values->greatest[1] - values->least[1]);
  double most = 0;

  for (guint b = 0; b < BINS; b++)
    bins[b] = 0;
  for (guint i = 0; i < line->n_values; i++)
    bins[CLAMP ((int)((line->values[i] - values->least[1]) * scale), 0, BINS - 1)]++;
  for (guint b = 0; b < BINS; b++) {
    bins[b] /= MAX (line->n_values, 1);
    most = fmax (most, bins[b]);
  }
  return most;
}

static void
append_bars (GString *page, const Frame *frame, const double *bins)
{
  const double step = (frame->greatest[0] - frame->least[0]) / BINS;

  for (guint b = 0; b < BINS; b++) {
    const double left = place_x (frame, frame->least[0] + b * step);
    const double right = place_x (frame, frame->least[0] + (b + 1) * step);
    const double top = place_y (frame, bins[b]);

    append_rectangle (page, left, top, right - left - 1, PLOT_HEIGHT - BOTTOM - top);
  }
}

static void
append_steps (GString *page, const Frame *frame, const PlotLine *line, const double *bins, guint i)
{
  const double step = (frame->greatest[0] - frame->least[0]) / BINS;
  guint peak = 0;

  begin_line (page, i);
  for (guint b = 0; b < BINS; b++) {
    append_point (page, place_x (frame, frame->least[0] + b * step), place_y (frame, bins[b]));
    append_point (
        page, place_x (frame, frame->least[0] + (b + 1) * step), place_y (frame, bins[b]));
    if (bins[b] > bins[peak])
      peak = b;
  }
  g_string_append (page, "\"/>");
  append_mark (
      page, i, place_x (frame, frame->least[0] + (peak + 0.5) * step), place_y (frame, bins[peak]));
  append_text (page, place_x (frame, frame->least[0] + (peak + 0.5) * step) + 6,
      place_y (frame, bins[peak]) - 2, "start", line->name);
}

void
plot_distribution (GString *page, const char *title, const PlotLine *lines, guint n_lines)
{
  g_autofree double *bins = g_new (double, (gsize)n_lines *BINS);
  double most = 0;
  Frame values, frame;

  if (!measure_frame (&values, lines, n_lines))
    return;
  for (guint l = 0; l < n_lines; l++)
    most = fmax (most, fill_bins (&values, &lines[l], bins + l * BINS));
  frame = (Frame){ { values.least[1], 0 }, { values.greatest[1], most } };
  begin_plot (page, title, "bars", ", how often which value comes");
  append_axes (page, &frame, "");
  for (guint l = 0; l < n_lines; l++)
    if (n_lines == 1)
      append_bars (page, &frame, bins);
    else if (lines[l].n_values > 0)
      append_steps (page, &frame, &lines[l], bins + l * BINS, l);
  g_string_append (page, "</svg>");
}

void
plot_key (GString *page, guint i)
{
  g_string_append (
      page, "<svg viewBox=\"0 0 44 14\" width=\"44\" role=\"img\" aria-label=\"line\">");
  begin_line (page, i);
  g_string_append (page, "2,7 42,7\"/>");
  append_mark (page, i, 22, 7);
  g_string_append (page, "</svg>");
}

/* --- dots --- */

/* Powers of ten, or, within one, its ends. */
static void
append_logarithms (GString *page, const Frame *frame)
{
  const double bottom = PLOT_HEIGHT - BOTTOM, extent = frame->greatest[0] - frame->least[0];
  const double step = extent < 1 ? extent : ceil (extent / TICKS);

  append_values (page, frame);
  for (double x = extent < 1 ? frame->least[0] : ceil (frame->least[0]);
       x <= frame->greatest[0] + 1e-9; x += step) {
    g_autofree char *text = g_strdup_printf ("%.3g", pow (10, x));

    append_segment (page, "axis", place_x (frame, x), bottom, place_x (frame, x), bottom + 3);
    append_text (page, place_x (frame, x), bottom + 15, "middle", text);
  }
}

static double
dot_x (const PlotDot *dot, gboolean logarithmic)
{
  return logarithmic ? log10 (dot->x) : dot->x;
}

void
plot_dots (GString *page, const char *title, const PlotDot *dots, guint n, gboolean logarithmic)
{
  Frame frame = { { INFINITY, INFINITY }, { -INFINITY, -INFINITY } };

  if (n == 0)
    return;
  for (guint i = 0; i < n; i++) {
    include (&frame, 0, dot_x (&dots[i], logarithmic));
    include (&frame, 1, dots[i].y);
  }
  widen (&frame, 0);
  widen (&frame, 1);
  begin_plot (page, title, "dots", ", one mark each");
  if (logarithmic)
    append_logarithms (page, &frame);
  else
    append_axes (page, &frame, "");
  for (guint i = 0; i < n; i++)
    append_mark (page, dots[i].kind, place_x (&frame, dot_x (&dots[i], logarithmic)),
        place_y (&frame, dots[i].y));
  g_string_append (page, "</svg>");
}
