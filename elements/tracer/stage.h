/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a tracer knows of each element that takes part in a stream, a stage, and the trace that all
 * of them belong to. A stage is found by the pad that a buffer passes, once, and stays with the
 * pad: for each buffer there are a few atomic operations, no memory, and nobody to wait for. */
#pragma once

#include <gst/gst.h>
#include <stdatomic.h>

#include "families.h"
#include "group.h"
#include "passages.h"

/* Intervals that figures of quality remember at most. */
#define GST_TRACE_MOST_INTERVALS 120

typedef struct _GstTraceLoss GstTraceLoss;

typedef struct {
  gatomicrefcount references;
  GenCounters *counters; /* of whoever asked for the trace */
  gboolean owned;
  gboolean by_factory;               /* elements are told by their factories alone */
  guint intervals;                   /* of the window of quality */
  GQuark quark;                      /* under which pads and elements keep what is known of them */
  const GstMetaInfo *_Atomic scores; /* NULL until an element has told the first */

  GMutex lock;       /* of the list, and of what is taken and released */
  GPtrArray *stages; /* GstTraceStage */

  /* Of whoever gathers: the process. */
  GMutex gathering;     /* one at a time, before the other lock */
  GHashTable *versions; /* of models, by path: what model-version.c keeps */
  GenCounter *memory, *processor;
  guint64 processor_told; /* nanoseconds */
} GstTrace;

/* A figure that is measured: the streaming thread alone writes the sums. */
typedef struct {
  GQuark name;
  GenCounter *gauge;
  _Atomic double sum;
  _Atomic guint64 n;
  /* Whoever gathers: what they were at the ends of the last intervals. */
  double sums[GST_TRACE_MOST_INTERVALS];
  guint64 ns[GST_TRACE_MOST_INTERVALS];
} GstTraceFigure;

#define GST_TRACE_MOST_FIGURES 48

typedef struct {
  gatomicrefcount references;
  GstTrace *trace;
  GWeakRef element;
  char *name, *factory;     /* as labels have them */
  gboolean is_sink;         /* what comes in counts */
  gboolean passes;          /* what comes in goes out again */
  gboolean measures;        /* it is of this plugin: it may add figures to buffers */
  gboolean has_model;       /* it has a property `model` */
  gboolean shares;          /* it may make frames in common runs with others */
  gboolean has_levels;      /* buffers may wait in it */
  const GstTraceLoss *loss; /* how it may lose some; NULL: in no way that is known */

  GPtrArray *gauges; /* that end with it; under the trace's lock */
  GenCounter *frames, *bytes, *seconds;

  _Atomic guint64 came, went; /* buffers */
  _Atomic guint64 gaps;       /* that were born here, less those that came in */
  GstTracePassages passages;

  /* Of the streaming thread. */
  guint scores; /* figures that the buffer had as it came */
  GstTraceFigure *_Atomic figures[GST_TRACE_MOST_FIGURES];

  /* Of whoever gathers. */
  guint interval;
  guint64 lost, told_lost; /* as it was last, and how much has been told; under the trace's lock */
  guint64 shared_runs, shared_frames; /* at the last look */
  gboolean model_is_new;
  GenCounter *model;

  guint64 dropped_late; /* as the last message said; of who posts */
} GstTraceStage;

GstTrace *gst_trace_new (GenCounters *counters);
GstTrace *gst_trace_ref (GstTrace *trace);
void gst_trace_unref (GstTrace *trace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstTrace, gst_trace_unref)

/* The stage of an element. */
GstTraceStage *gst_trace_stage_of (GstTrace *trace, GstElement *element);
GstTraceStage *gst_trace_stage_ref (GstTraceStage *stage);
void gst_trace_stage_unref (GstTraceStage *stage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstTraceStage, gst_trace_stage_unref)

/* A counter of the stage, with the values of what labels there are beyond element and factory. What
 * it has counted stays when the stage ends, and where the trace is a program's own also how things
 * were last; where somebody else tells the figures, gauges go with the stage. Takes the trace's
 * lock. */
GenCounter *gst_trace_stage_take (
    GstTraceStage *stage, const GenCounterFamily *family, const char *one, const char *two);
/* Of the counters that the stage has taken, one that is over. */
void gst_trace_stage_release (GstTraceStage *stage, GenCounter *counter);

/* A buffer comes in by `pad`, or goes out. `now` is in nanoseconds. */
void gst_trace_enter (GstTrace *trace, GstPad *pad, GstBuffer *buffer, guint64 now);
void gst_trace_leave (GstTrace *trace, GstPad *pad, GstBuffer *buffer, guint64 now);
/* An event goes out by `pad`, down the stream. */
void gst_trace_event (GstTrace *trace, GstPad *pad, GstEvent *event);
/* The stage has been stopped: what waited in it is gone, and no loss. */
void gst_trace_stage_stopped (GstTraceStage *stage);
