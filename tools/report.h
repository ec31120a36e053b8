/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/metric.h>

#include "plots.h"

/* Figures of one name, in the order of the file; where a measurement has none there is no number.
 * However long the file is, what is kept of it is bounded: points, each of which is of twice as
 * many measurements when there are too many, and some of the values, chosen by chance. */
typedef struct {
  char *name;
  GenTally tally;     /* of all values */
  GArray *points;     /* PlotPoint, by seconds, or by frames where the file tells no times */
  guint per_point;    /* measurements in one */
  GArray *some;       /* double: values, the first ones and then by chance */
  GHashTable *values; /* double by frame: of the frames that are shown */
} Series;

/* A report, as qualitymeter and its like write them. */
typedef struct {
  char *path;
  char name[3];        /* "A" */
  guint64 frames;      /* lines of measurements */
  gboolean trains;     /* it is a training, whose places are steps */
  gboolean timed;      /* they tell when they were */
  gboolean cut;        /* the last line is not whole; of a log: the last record */
  double end;          /* the last time */
  GPtrArray *series;   /* Series */
  GHashTable *by_name; /* of them */
  JsonObject *summary; /* the last one; NULL: there is none */
  guint summaries;
  guint left_out;      /* figures, alerts and examples beyond what is kept */
  JsonArray *alerts;   /* of each change an object */
  JsonArray *examples; /* likewise */
  JsonArray *pairs;    /* likewise: samples and what of the reference is nearest */
} Run;

/* Read the file `path`, run number `index` from 0 on. NULL with `error`, which names the file and
 * the line. */
Run *run_read (const char *path, guint index, GError **error);
/* One value more of a figure, at a place. */
void run_take (Run *run, const char *name, double place, double value);

/* --- report-training.c --- */

/* Whether `path` is a folder, of a checkpoint or of a training's log, or a training.json. */
gboolean run_is_of_training (const char *path);
/* Read it; FALSE with `error`. */
gboolean run_read_training (Run *run, GError **error);

/* --- report-comparison.c --- */

/* Whether `path` begins as what compare --json prints. */
gboolean run_is_of_comparison (const char *path);
/* Read it; FALSE with `error`. */
gboolean run_read_comparison (Run *run, GError **error);

void run_free (Run *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)
/* How many of what a run is of: frames, or samples where there was nothing to say of frames. */
guint64 run_count (const Run *run);
const char *run_unit (const Run *run);
const Series *run_find (const Run *run, const char *name);
/* The value of a frame that is shown; NaN where there is none. */
double series_value_of (const Series *series, guint64 frame);

/* What one run says of a figure. */
typedef struct {
  double mean, deviation, minimum, maximum; /* NaN: unknown; of figures of the whole only `mean` */
  const char *text;                         /* a text, or why there is no figure; NULL: a number */
  double interval;                          /* of 95 %, to each side; 0: not known */
} Cell;

/* A figure of all runs. */
typedef struct {
  const char *name; /* one of the runs' own */
  GenBetter better;
  double scale;     /* what is shown is so many times what the file has, */
  const char *unit; /* in this unit; NULL: as it is */
  int best;         /* the run that has the better figure; -1: none */
  Cell *cells;      /* a run each */
} Row;

/* Figures that any of the runs has, each once. (transfer full) */
GPtrArray *report_rows (GPtrArray *runs);

/* The classes of a run's summary, each with its figures ("of", "gaps"); NULL: it has none. */
JsonObject *run_classes (const Run *run);
/* How many there were of each class, as classifier's summary tells; NULL: it has none. */
JsonObject *run_class_counts (const Run *run);

/* --- report-classes.c --- */

/* Who is served worse, by the runs whose summaries tell of classes. */
void report_print_classes (GPtrArray *runs);
void report_append_classes (GString *page, GPtrArray *runs);

/* Who is served worse, by what bias has found. */
void report_append_bias (GString *page, GPtrArray *runs);

/* Samples beside what of the reference is nearest to each, where there are such. */
void report_append_pairs (GString *page, GPtrArray *runs);
/* All of it as a page in one file. (transfer full) */
char *report_to_page (GPtrArray *runs, GPtrArray *rows);
