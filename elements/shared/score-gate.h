/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has been measured and waits until it is decided who passes, and what becomes of it then: the
 * part of GstScoreFilter that an element with `get_gate` takes. */
#pragma once

#include "score-filter.h"
#include "sound-loop.h"

typedef struct {
  GstScoreGateSettings settings; /* as they were when the first of those that wait came */
  guint n_values;                /* of a measurement */

  /* What waits, in order: of GstScoreWaiting (score-gate.c), and the values of those of them that
   * were measured, one after the other. */
  GArray *waiting, *values;
  guint measured; /* of them */
  GArray *judged; /* what is decided on at once; of GstScoreJudged */

  gboolean passes;        /* as was decided last: what follows goes with it */
  gboolean gap;           /* what passes next comes after what did not */
  GstBuffer *last;        /* that has passed, where it may be repeated, */
  GstGenerativeLoop loop; /* and, of sound, what is played then */
  guint64 repeated;       /* measurements whose buffer it took the place of */

  /* What is left out of time, where those that pass are to follow each other. */
  gboolean left_out;     /* the last one was */
  GstClockTime previous; /* when the last one began */
  GstClockTime length;   /* of the last one */
  GstClockTime start;    /* of the segment */

  /* Under the object lock. */
  gint64 shift; /* by so much later than it is told to be is what passes */
  double rate;  /* of the segment */
} GstScoreGate;

void gst_score_gate_init (GstScoreGate *gate);
void gst_score_gate_clear (GstScoreGate *gate);

/* What comes is of another kind, and its measurements have so many values: what has passed before
 * is not repeated. */
void gst_score_gate_begin (GstScoreGate *gate, guint n_values);
/* What is done with those that do not pass, as the element has it now. */
GstScoreGateSettings gst_score_gate_settings (GstScoreFilter *self);
/* Whether a measurement has to be decided on before its buffer passes. */
gboolean gst_score_gate_is_shut (GstScoreFilter *self);
/* For how many measurements the first of them waits: none where each is decided on by itself. */
guint gst_score_gate_waits (GstScoreFilter *self);
/* `buffer` (NULL: none of its own) has been measured, from `pts` on; it passes, or does not, as
 * soon as that is decided. (transfer full) */
GstFlowReturn gst_score_gate_take (GstScoreFilter *self, GstBuffer *buffer, GstClockTime pts);
/* `buffer` goes with what was measured last. (transfer full) */
GstFlowReturn gst_score_gate_follow (GstScoreFilter *self, GstBuffer *buffer);
/* Whether nothing passes `event`: what waits goes in front of it. */
gboolean gst_score_gate_ends_waiting (GstEvent *event);
/* A serialized event, in its place among the buffers: FALSE where none wait, and nobody has taken
 * it. (transfer full where TRUE) */
gboolean gst_score_gate_queue_event (GstScoreFilter *self, GstEvent *event);
/* Decide on what waits: nothing comes that it could wait for. */
GstFlowReturn gst_score_gate_finish (GstScoreFilter *self);
/* Whether time or the stream is not what it was, by what was left out. */
gboolean gst_score_gate_has_left_out (GstScoreFilter *self);
/* Nothing of it is wanted any more. */
void gst_score_gate_forget (GstScoreFilter *self);
/* What comes next does not follow what came before, and is marked so. */
void gst_score_gate_interrupt (GstScoreFilter *self);
/* What passes next lies in a time of its own, that of `segment`: nothing has been left out of it
 * yet. */
void gst_score_gate_begin_segment (GstScoreFilter *self, const GstSegment *segment);
/* Keep no memory that is others'. */
void gst_score_gate_drain (GstScoreFilter *self);
/* `event` as what comes in is to see it, which is told other times than what passes. (transfer
 * full, both ways) */
GstEvent *gst_score_gate_translate (GstScoreFilter *self, GstEvent *event);
