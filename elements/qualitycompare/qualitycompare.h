/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of qualitycompare share: qualitycompare.c (properties and pads), examples.c (pairs
 * that the report shows), negotiate.c (what comes and goes), meter.c (the meter and what it tells),
 * offset.c (by how much one comes later), pictures.c, sounds.c and accompanied.c (what belongs to
 * what), heard.c (a reference that is sound), wake.c (that nobody waits for ever). */
#pragma once

#include <generative/examples.h>
#include <generative/metric.h>

#include "../shared/reporting.h"
#include "../shared/scorers.h"
#include "../shared/sound-windows.h"
#include "side.h"

#define GST_TYPE_QUALITY_COMPARE (gst_quality_compare_get_type ())
G_DECLARE_FINAL_TYPE (GstQualityCompare, gst_quality_compare, GST, QUALITY_COMPARE, GstAggregator)

/* The first field of a measurement: when what it was compared with begins. */
#define GST_QUALITY_COMPARE_OWN_FIELDS 1

struct _GstQualityCompare {
  GstAggregator parent;

  GstGenerativeReporting reporting; /* open from start to stop */

  /* Properties, under the object lock. */
  char *metrics, *scorer;
  gint64 offset; /* in use: as it was set, or found */
  guint64 search;
  double window, hop, recent;
  guint interval, n_examples;

  GstQualitySide judged, reference;

  /* From start to stop. */
  const GenMedium *medium, *reference_medium; /* of the meter */
  GPtrArray *scorers;                         /* of the meter */
  GenMeter *meter;
  GenExamples *examples; /* NULL: none are kept */
  GenPicture sheet;      /* a frame and what it should be, as the report shows them */
  GstCaps *caps;         /* that are to be sent on */
  gboolean sent;         /* anything was, since it could be: a gap may be told */
  gboolean fits;         /* both streams have been held against each other, and can be compared */
  gboolean searches;     /* the offset is not known yet */
  double likeness;       /* there; 0: none was found */
  guint64 alone;         /* frames or windows of which the reference had none */
  guint64 unused;        /* frames of the reference that were compared with none, */
  guint64 used_again;    /* and with another one as well */
  gboolean goes_on;      /* the reference is longer */
  gboolean untold;       /* the reporting does not have the meter's figures yet */
  gboolean told_not_finite;

  /* While it plays, under the object lock. */
  gboolean asks;         /* for the latency, until it is known */
  GstClockID ask_id;     /* when it does next, or NULL */
  GstClockTime ask_wait; /* since it did last */

  /* Pictures. */
  GstQualityMoment shown; /* a frame of the reference that lasts until the next one */
  gboolean shown_used, head_used;

  /* Sounds. */
  GstGenerativeWindows windows; /* of what is judged */
  gint64 first;                 /* the place of the stretch's first frame, in frames since time 0 */
  float *samples;               /* of a window, as floats */
  gsize n_samples;

  /* A reference that is sound. */
  GstGenerativeQueue heard; /* as floats */
  gint64 heard_first;       /* the place of its first frame, or of the one that comes next */
  gboolean heard_began;     /* that is known: what comes follows it, where it does not jump */

  /* Pictures and their sound. */
  gboolean accompanied;  /* what goes with the last frame has been found, */
  gint64 accompanied_to; /* up to that place */
};

/* --- negotiate.c --- */

gboolean gst_quality_compare_set_caps (
    GstQualityCompare *self, GstAggregatorPad *pad, GstCaps *caps);
gboolean gst_quality_compare_answer_caps (
    GstQualityCompare *self, GstAggregatorPad *pad, GstQuery *query);
/* Whether both streams can be compared; FALSE when an error was posted. */
gboolean gst_quality_compare_check (GstQualityCompare *self);
/* Send a buffer on, as it came but for its metas. (transfer full) */
GstFlowReturn gst_quality_compare_push (GstQualityCompare *self, GstBuffer *buffer);
/* Send a gap on. */
void gst_quality_compare_push_gap (GstQualityCompare *self, const GstQualityMoment *gap);

/* --- meter.c --- */

/* Whether the properties make sense, of whatever comes. FALSE when an error was posted. */
gboolean gst_quality_compare_open_meter (GstQualityCompare *self);
void gst_quality_compare_close_meter (GstQualityCompare *self);
/* Measure what is judged as its format says, by what the reference's says where that is known;
 * another medium begins anew. FALSE when an error was posted. */
gboolean gst_quality_compare_prepare_meter (GstQualityCompare *self);
/* Judge `sample`, which begins at `time`, by what it should be, which begins at `reference_time`,
 * or by nothing where `reference` is NULL: the values are to be told. FALSE when an error was
 * posted. */
gboolean gst_quality_compare_judge (GstQualityCompare *self, const GenSample *sample,
    const GenSample *reference, gint64 time, gint64 reference_time);
void gst_quality_compare_summarise (GstQualityCompare *self);
/* What comes next does not follow what came. */
void gst_quality_compare_interrupt (GstQualityCompare *self);

/* --- examples.c --- */

/* Keep examples of what is judged from now on, where they are wanted. */
void gst_quality_compare_begin_examples (GstQualityCompare *self);
void gst_quality_compare_close_examples (GstQualityCompare *self);
/* A frame was judged by another one. */
void gst_quality_compare_take_example (GstQualityCompare *self, const GenSample *sample,
    const GenSample *reference, gint64 time, const double *values);
/* Write those that were kept. */
void gst_quality_compare_save_examples (GstQualityCompare *self);

/* --- offset.c --- */

/* The offset in use. */
gint64 gst_quality_compare_get_offset (GstQualityCompare *self);
/* How long buffers are held at most, for the latency. */
void gst_quality_compare_update_latency (GstQualityCompare *self);
/* Look for the offset, where that is to be done, in what is held: GST_AGGREGATOR_FLOW_NEED_DATA
 * where more is to come first. `now`: in what there is. */
GstFlowReturn gst_quality_compare_find_offset (GstQualityCompare *self, gboolean now);
/* When it is looked for at the latest, or NONE where nothing is held. */
GstClockTime gst_quality_compare_search_end (GstQualityCompare *self);

/* --- wake.c --- */

/* It plays from now on, */
void gst_quality_compare_begin_asking (GstQualityCompare *self);
/* and does not any more. */
void gst_quality_compare_end_asking (GstQualityCompare *self);

/* --- heard.c --- */

/* Places are frames of the sound since running time 0. */
gint64 gst_quality_compare_place_of (const GstQualityCompare *self, gint64 time);
gint64 gst_quality_compare_time_of (const GstQualityCompare *self, gint64 place);
/* Hear the reference up to `place`: GST_FLOW_OK where it is heard, or ends before. */
GstFlowReturn gst_quality_compare_hear (GstQualityCompare *self, gint64 place, gboolean late);
/* Forget what was heard: the place of what comes is where it says that it lies. */
void gst_quality_compare_forget_heard (GstQualityCompare *self);
/* Where what was heard ends. */
gint64 gst_quality_compare_heard_end (const GstQualityCompare *self);
/* The `frames` frames from `place` on, which last until more is heard; FALSE where not all of them
 * were heard. */
gboolean gst_quality_compare_recall (
    GstQualityCompare *self, gint64 place, gint64 frames, GenSample *sample);
/* Nothing before `place` is asked for any more. */
void gst_quality_compare_leave_heard (GstQualityCompare *self, gint64 place);
GenSample gst_quality_compare_as_sound (
    const GstQualityCompare *self, float *samples, guint64 frames);

/* --- pictures.c, sounds.c, accompanied.c --- */

/* Judge the next buffer and send it on: GST_AGGREGATOR_FLOW_NEED_DATA where something is to come
 * first, GST_FLOW_EOS where nothing comes any more. `late`: what has not come is not waited for. */
GstFlowReturn gst_quality_compare_next_picture (GstQualityCompare *self, gboolean late);
GstFlowReturn gst_quality_compare_next_sound (GstQualityCompare *self, gboolean late);
GstFlowReturn gst_quality_compare_next_accompanied (GstQualityCompare *self, gboolean late);
void gst_quality_compare_forget_pictures (GstQualityCompare *self);
void gst_quality_compare_forget_sounds (GstQualityCompare *self);
void gst_quality_compare_forget_accompaniment (GstQualityCompare *self);
void gst_quality_compare_begin_sounds (GstQualityCompare *self);
/* Whether pictures are judged by sound. */
gboolean gst_quality_compare_is_accompanied (const GstQualityCompare *self);
/* Map a frame as a picture: in colour, or its luma. FALSE when an error was posted. */
gboolean gst_quality_compare_map_picture (GstQualityCompare *self, const GstQualitySide *side,
    GstBuffer *buffer, GstVideoFrame *frame, GenSample *sample);
