/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/metric.h>

/* Figures of one name, in the order of the file. Where a measurement has none there is no number.
 */
typedef struct {
  char *name;
  GArray *frames; /* guint64 */
  GArray *times;  /* double: seconds, or the frame's number where the file tells no times */
  GArray *values; /* double */
} Series;

/* A report, as qualitymeter and its like write them. */
typedef struct {
  char *path;
  char name[3];        /* "A" */
  guint64 frames;      /* lines of measurements */
  gboolean timed;      /* they tell when they were */
  gboolean cut;        /* the last line is not whole */
  double end;          /* the last time */
  GPtrArray *series;   /* Series */
  GHashTable *by_name; /* of them */
  JsonObject *summary; /* the last one; NULL: there is none */
  guint summaries;
  JsonArray *alerts;   /* of each change an object */
  JsonArray *examples; /* likewise */
} Run;

/* Read the file `path`, run number `index` from 0 on. NULL with `error`, which names the file and
 * the line. */
Run *run_read (const char *path, guint index, GError **error);
void run_free (Run *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)
const Series *run_find (const Run *run, const char *name);
/* The value of a frame; NaN where there is none. */
double series_value_of (const Series *series, guint64 frame);

/* What one run says of a figure. */
typedef struct {
  double mean, deviation, minimum, maximum; /* NaN: unknown; of figures of the whole only `mean` */
  const char *text;                         /* a text, or why there is no figure; NULL: a number */
} Cell;

/* A figure of all runs. */
typedef struct {
  const char *name; /* one of the runs' own */
  GenBetter better;
  int best;    /* the run that has the better figure; -1: none */
  Cell *cells; /* a run each */
} Row;

/* Figures that any of the runs has, each once. (transfer full) */
GPtrArray *report_rows (GPtrArray *runs);
/* "higher", "lower" or "". */
const char *report_better (GenBetter better);

/* All of it as a page in one file. (transfer full) */
char *report_to_page (GPtrArray *runs, GPtrArray *rows);
