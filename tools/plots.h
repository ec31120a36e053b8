/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* Add the bars of a measure's histogram as SVG ("histogram", "minimum", "maximum"). */
void plot_histogram (GString *page, JsonObject *measure);
/* The same of the sizes of classes. */
void plot_counts (GString *page, JsonObject *counts);

/* Some numbers that follow each other, the first of them at `x`. */
typedef struct {
  double x, sum, least, greatest;
  guint64 count;
} PlotPoint;

/* One of several that are drawn together; `name` is a letter or two. */
typedef struct {
  const char *name;
  const PlotPoint *points; /* `n`, x ascending */
  guint n;
  const double *values; /* `n_values` for distributions, in any order; all finite */
  guint n_values;
} PlotLine;

/* A stretch of x that is marked, as an alert: by hatching, and a bar above it. */
typedef struct {
  double from, to;
} PlotMark;

/* Lines over time; of many numbers the mean of each column, and what lies between the least and
 * the greatest as a band. */
void plot_lines (GString *page, const char *title, const PlotLine *lines, guint n_lines,
    const PlotMark *marks, guint n_marks, const char *x_unit);
/* How often which values of y come: bars of one line, steps of several. */
void plot_distribution (GString *page, const char *title, const PlotLine *lines, guint n_lines);
/* How line `i` is drawn, small, for a legend. */
void plot_key (GString *page, guint i);

/* One of a cloud; what is of one `kind` has one shape and colour, as line `kind` has. */
typedef struct {
  double x, y;
  guint kind;
} PlotDot;

/* What y is at which x: all finite, x above 0 where it is `logarithmic`. */
void plot_dots (
    GString *page, const char *title, const PlotDot *dots, guint n, gboolean logarithmic);
