/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What elements that look for marks have in common: the properties of the key and of the report,
 * and what they tell of the spans of time that are marked, in four places that agree: element
 * messages, a custom meta on what passes, lines of the report, and its summary. */
#pragma once

#include <generative/mark-span.h>
#include <generative/report.h>
#include <gst/gst.h>

/* The message and the meta. */
#define GST_GENERATIVE_MARK "generative-mark"

/* Their order is that of the properties. */
enum {
  GST_GENERATIVE_MARK_REPORT_KEY,
  GST_GENERATIVE_MARK_REPORT_REPORT,
  GST_GENERATIVE_MARK_REPORT_N_PROPERTIES,
};

typedef struct {
  char *key, *path; /* under the element's object lock */

  /* From open to close. */
  GstElement *element;
  GstDebugCategory *category; /* the element's own */
  GenMarkSpans *spans;
  GenReport *report; /* NULL: none */
  guint64 frames;    /* that were looked at; of sound, of all channels together */
  guint n_spans;
  double marked;   /* seconds */
  gboolean hears;  /* sounds, and says how much of them is silent */
  double silent;   /* seconds */
  gboolean failed; /* the report cannot be written */
  gboolean unsummarised;
} GstGenerativeMarkReport;

/* Install the properties, whose numbers are `first` and those behind it, and register the meta. */
void gst_generative_mark_report_install (GObjectClass *klass, guint first);
void gst_generative_mark_report_init (GstGenerativeMarkReport *report);
void gst_generative_mark_report_clear (GstGenerativeMarkReport *report);
/* The property GST_GENERATIVE_MARK_REPORT_… `number` of `element`, which has been asked whether it
 * may be set; FALSE where it is none. */
gboolean gst_generative_mark_report_set (
    GstGenerativeMarkReport *report, gpointer element, guint number, const GValue *value);
gboolean gst_generative_mark_report_get (
    GstGenerativeMarkReport *report, gpointer element, guint number, GValue *value);

/* The element starts. The key that it looks for (transfer full); NULL when an error was posted. */
GenMarkKey *gst_generative_mark_report_open (
    GstGenerativeMarkReport *report, GstElement *element, GstDebugCategory *category);
void gst_generative_mark_report_close (GstGenerativeMarkReport *report);
/* `frames` more were looked at. FALSE when the report could not be written, which was posted. */
gboolean gst_generative_mark_report_count (GstGenerativeMarkReport *report, guint64 frames);
/* Say on a writable buffer what the last window of the spans said, if anything. */
void gst_generative_mark_report_add_meta (GstGenerativeMarkReport *report, GstBuffer *buffer);
/* The stream is over: the summary, of what was looked at since the last one. */
void gst_generative_mark_report_summarise (GstGenerativeMarkReport *report);
/* An event comes: `end` is told of the element where what follows does not go on from what came
 * before, which is what the return says, and the end of the stream is summarised. */
gboolean gst_generative_mark_report_take_event (
    GstGenerativeMarkReport *report, GstEvent *event, void (*end) (gpointer element));
