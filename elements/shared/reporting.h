/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "score.h"

/* What elements have in common that tell measurements (score.h): the properties report,
 * post-messages, alert and prometheus, the file that the report is, and the summary, which is told
 * once for all that was measured since the last one. */

/* Their order is that of the properties. */
enum {
  GST_GENERATIVE_REPORTING_REPORT,
  GST_GENERATIVE_REPORTING_POST_MESSAGES,
  GST_GENERATIVE_REPORTING_ALERT,
  GST_GENERATIVE_REPORTING_PROMETHEUS,
  GST_GENERATIVE_REPORTING_N_PROPERTIES,
};

typedef struct {
  char *report, *alert, *prometheus; /* under the element's object lock */
  gboolean post, alert_changed;      /* atomic */

  /* From open to close. */
  GstElement *element;
  GstGenerativeScore *score; /* NULL while it is closed */
  double *values;            /* a field each, which whoever measures fills */
  guint64 frame;             /* the next measurement */
  gboolean summarised;       /* nothing was measured since the last summary */
  gboolean told;             /* there was one */
} GstGenerativeReporting;

/* Install the properties; their numbers are `first` and those behind it. */
void gst_generative_reporting_install (GObjectClass *klass, guint first);
void gst_generative_reporting_init (GstGenerativeReporting *reporting);
void gst_generative_reporting_clear (GstGenerativeReporting *reporting);
/* The property GST_GENERATIVE_REPORTING_… `number` of `element`, which has been asked whether it
 * may be set; FALSE where it is none. */
gboolean gst_generative_reporting_set (
    GstGenerativeReporting *reporting, gpointer element, guint number, const GValue *value);
gboolean gst_generative_reporting_get (
    GstGenerativeReporting *reporting, gpointer element, guint number, GValue *value);

/* Create the report, and the file for Prometheus, where there are to be such. FALSE when an error
 * was posted, as of an alert that makes no sense. */
gboolean gst_generative_reporting_open (GstGenerativeReporting *reporting, GstElement *element);
void gst_generative_reporting_close (GstGenerativeReporting *reporting);
/* The stream is over: where there is a report and nothing was ever measured, it says so, in a
 * summary of no frames. */
void gst_generative_reporting_end (GstGenerativeReporting *reporting);
/* What is measured from now on: `fields`, which are copied. FALSE when an error was posted: an
 * alert is on none of them. */
gboolean gst_generative_reporting_set_fields (
    GstGenerativeReporting *reporting, const GenField *fields, guint n_fields);
/* Tell what `values`, the reporting's own or kept ones, are of (gst_generative_score_emit). FALSE
 * when an error was posted. */
gboolean gst_generative_reporting_emit (GstGenerativeReporting *reporting, GstBuffer *buffer,
    GstClockTime pts, guint nth, const double *values);
/* What comes next does not follow what came before. */
void gst_generative_reporting_interrupt (GstGenerativeReporting *reporting);
/* Whether something was measured that no summary has told of: one is to follow. */
gboolean gst_generative_reporting_begin_summary (GstGenerativeReporting *reporting);
/* Tell it. */
void gst_generative_reporting_summarise (GstGenerativeReporting *reporting, JsonObject *summary);
