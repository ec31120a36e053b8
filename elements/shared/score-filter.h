/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/report.h>
#include <gst/audio/audio.h>

#include "playing.h"

/**
 * GstScoreFilter: what elements have in common that measure what passes: each frame of a video,
 * windows of a sound, or each text. It has the properties `report` and `post-messages`, tells each
 * measurement (score.h) and at the end of the stream, or when it is stopped before, the summary.
 * Buffers pass with their memory untouched: only metas are added.
 *
 * Windows of a sound are told on the buffer in which they end, and buffers pass as they come, at
 * once. Only an element that has a gate (GstScoreGateSettings) has to know of one before it passes:
 * then sound is held for the length of a window, and cut where windows begin, each piece with the
 * metas of the buffers that it is of. What is left out is a gap, told by an event; what follows it
 * is DISCONT, and keeps its time, unless those that pass are to follow each other.
 *
 * An item of a dataset, which the meta of datasetsrc tells, is a stretch of sound by itself. At the
 * end of a stretch, less than a window may be left. Half a window and more, or all there was, is
 * measured as it is; less goes with the window before, but where it is held and `change` is to
 * decide on it: then it is measured, too. Where buffers are not held, its measurement
 * comes when the last buffer has passed: it is on the bus and in the report alone.
 */
#define GST_TYPE_SCORE_FILTER (gst_score_filter_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstScoreFilter, gst_score_filter, GST, SCORE_FILTER, GstBaseTransform)

/* Sound that can be measured, for pad templates. */
#define GST_SCORE_FILTER_SOUND_CAPS                                                                \
  "audio/x-raw, format=(string){ " GST_AUDIO_NE (F32) ", " GST_AUDIO_NE (                          \
      S16) " }, "                                                                                  \
           "layout=(string)interleaved, rate=(int)[1, max], channels=(int)[1, max]"

/* Text that can be measured, likewise. */
#define GST_SCORE_FILTER_TEXT_CAPS "text/x-raw, format=(string)utf8"

/* What passes. */
typedef struct {
  gboolean is_sound, is_text;
  GstVideoInfo video;
  GstAudioInfo sound; /* interleaved */
} GstScoreFormat;

/* What is measured. */
typedef struct {
  GstGenerativeFrame mapped; /* a picture; or a window or a text, in `mapped.map` */
  GstBuffer *buffer;         /* of a picture or a text */
  GstClockTime pts;          /* when it begins */
} GstScoreFrame;

/* What becomes of those that do not pass. */
typedef enum {
  GST_SCORE_GATE_PASS, /* they do, nevertheless */
  GST_SCORE_GATE_LEAVE_OUT,
  GST_SCORE_GATE_REPEAT, /* the last one that passed does in their time; before there is any, they
                            are left out */
} GstScoreGateOtherwise;

typedef struct {
  GstScoreGateOtherwise otherwise;
  guint together;   /* how many that follow each other are decided on at once, at least 1 */
  gboolean restamp; /* what is left out is left out of time as well */
} GstScoreGateSettings;

/* A measurement that is to be decided on. */
typedef struct {
  double *values; /* one a field, which may be filled in now */
  gboolean passes;
} GstScoreJudged;

struct _GstScoreFilterClass {
  GstBaseTransformClass parent_class;

  /* Make ready to measure; FALSE when an error was posted. */
  gboolean (*open) (GstScoreFilter *self);
  void (*close) (GstScoreFilter *self);
  /* Caps are known, the first or others: measure what they describe from now on. FALSE when an
   * error was posted. */
  gboolean (*set_format) (GstScoreFilter *self, GstCaps *caps, const GstScoreFormat *format);
  /* The fields of a measurement, once there is a format. */
  const GenField *(*get_fields) (GstScoreFilter *self, guint *n);
  /* Sounds, once there is a format: how long windows are, and how far apart they begin, in frames,
   * from 1 on; the latter is at most the former. NULL for elements that take none. */
  void (*get_window) (GstScoreFilter *self, guint64 *window, guint64 *hop);
  /* What is done with those that do not pass. NULL: all pass. */
  void (*get_gate) (GstScoreFilter *self, GstScoreGateSettings *settings);
  /* Decide who passes of `n` measurements that were made one after the other: as many as the gate
   * has together, or those that are left at the end. NULL: all. */
  void (*decide) (GstScoreFilter *self, GstScoreJudged *judged, guint n);
  /* `*buffer`, which passes by the measurement that was decided on last, may be changed, or be made
   * another one, before it does: of a gate alone. It may also be kept from passing by `*passes`.
   * Anything but GST_FLOW_OK ends the stream, as an error that was posted does. May be NULL. */
  GstFlowReturn (*change) (GstScoreFilter *self, GstBuffer **buffer, gboolean *passes);
  /* Map a picture for measure; by default for reading, where the CPU does. */
  gboolean (*map) (GstScoreFilter *self, GstGenerativeFrame *mapped, GstBuffer *buffer);
  /* What comes next does not follow what came before. May be NULL. */
  void (*interrupt) (GstScoreFilter *self);
  /* Sounds: frames of `buffer` have come, each once, in order, those of a window before it is
   * measured. May be NULL. */
  void (*follow) (GstScoreFilter *self, GstBuffer *buffer, gconstpointer samples, guint64 frames);
  /* Measure a frame that is mapped: fill `values`, one a field, NaN for what it does
   * not have, GEN_MISSING for what cannot be given. GST_FLOW_OK, or an error that was posted. */
  GstFlowReturn (*measure) (GstScoreFilter *self, GstScoreFrame *frame, double *values);
  /* What was measured so far (transfer full), or NULL when an error was posted. */
  JsonObject *(*summarise) (GstScoreFilter *self);
};

/* Tell the summary, unless nothing was measured since it was told. */
void gst_score_filter_summarise (GstScoreFilter *self);
/* A line of its own in the report, where there is one: from within measure or summarise. FALSE with
 * `error` when the report could not be written. */
gboolean gst_score_filter_add_object (
    GstScoreFilter *self, const char *name, JsonObject *object, GError **error);
/* What passes, from set_format on. */
const GstScoreFormat *gst_score_filter_get_format (GstScoreFilter *self);
/* How many have been repeated in the place of others. */
guint64 gst_score_filter_count_repeated (GstScoreFilter *self);
/* Ask get_window again: from the next window on. */
void gst_score_filter_update_window (GstScoreFilter *self);
