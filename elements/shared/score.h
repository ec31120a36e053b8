/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/report.h>
#include <gst/gst.h>

/**
 * How elements tell what they measured, in three places that always agree:
 * - on the buffer, as a custom meta GST_GENERATIVE_SCORE: a field for each score. Elements that
 *   follow each other add to the same meta. A buffer of which several things were measured, as
 *   windows of a sound are, has as many metas, in their order.
 * - on the bus, where it is asked for, as an element message of the same name and fields, and
 *   `pts` and `frame`;
 * - in the report, where there is one, as a line of JSON with the same fields.
 *
 * Values that are NaN are in none of them: the frame does not have that score. One that is due and
 * cannot be given (GEN_MISSING) is told by its reason, as NAME-missing: in the report NAME is null.
 */
#define GST_GENERATIVE_SCORE "generative-score"
/* The element message that comes once, at the end of the stream. */
#define GST_GENERATIVE_SUMMARY "generative-summary"

/* The element message that comes when an alert begins or ends: `condition`, `name` of the figure,
 * `value`, `bound`, `state` ("begin" or "end"), `since`, `pts` and `frame`. In the report it is a
 * line of its own, {"alert":{…}}, with the same fields. */
#define GST_GENERATIVE_ALERT "quality-alert"

typedef struct _GstGenerativeScore GstGenerativeScore;

/* Scores of `element`, without fields yet, and a report in the file `report` unless that is NULL.
 * NULL with `error` when the report cannot be written. From the streaming thread, or when there is
 * none. */
GstGenerativeScore *gst_generative_score_new (
    GstElement *element, const char *report, GError **error);
void gst_generative_score_free (GstGenerativeScore *score);
/* What is measured from now on: `fields`, which are copied. */
void gst_generative_score_set_fields (
    GstGenerativeScore *score, const GenField *fields, guint n_fields);

/* Watch for what `text` says (alert.h) of the fields from now on; NULL or "": nothing. Alerts that
 * have begun end. FALSE with `error`, and all stays as it was, where it makes no sense. */
gboolean gst_generative_score_watch (GstGenerativeScore *score, const char *text, GError **error);
/* Keep the last figures in the file `path` as well (exposition.h), until the score is freed. */
gboolean gst_generative_score_expose (GstGenerativeScore *score, const char *path, GError **error);
/* What comes next does not follow what came before. */
void gst_generative_score_interrupt (GstGenerativeScore *score);
/* A line of its own in the report, where there is one. */
gboolean gst_generative_score_add_object (
    GstGenerativeScore *score, const char *name, JsonObject *object, GError **error);

/* What was measured. */
typedef struct {
  guint64 frame;        /* its number */
  guint64 pts;          /* when it begins, or GST_CLOCK_TIME_NONE */
  guint nth;            /* of those of one buffer, from 0 on */
  const double *values; /* one for each field */
} GstGenerativeMeasurement;

/* Tell it. `buffer` must be writable (its metas are, its memory is not touched); NULL: it has
 * passed already. `post`: on the bus, too. FALSE with `error` when the report could not be written.
 */
gboolean gst_generative_score_emit (GstGenerativeScore *score, GstBuffer *buffer,
    const GstGenerativeMeasurement *measurement, gboolean post, GError **error);

/* Say of `buffer`, whose score is that of the picture in it, that it stands there in the place of
 * another one (`repeated`, a count). It must be writable. */
void gst_generative_score_set_repeated (GstBuffer *buffer);

/* Tell the summary on the bus, and in the report. FALSE with `error` when the report could not
 * be written. */
gboolean gst_generative_score_summarise (
    GstGenerativeScore *score, JsonObject *summary, GError **error);

/* Of a buffer that holds several things side by side, the score of each, in a meta of its own
 * (GST_GENERATIVE_PART_SCORES, an array `scores` of double). `buffer` must be writable. */
#define GST_GENERATIVE_PART_SCORES "generative-part-scores"
void gst_generative_score_set_parts (GstBuffer *buffer, const float *scores, guint n);
/* That of one of `n` parts; FALSE where there is none. */
gboolean gst_generative_score_get_part (GstBuffer *buffer, guint part, guint n, double *score);

/* The scores that `buffer` carries, or NULL: what an element reads that follows. (transfer
 * none) */
const GstStructure *gst_generative_score_get (GstBuffer *buffer);
