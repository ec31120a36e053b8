/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element, which generator.c (properties, start and stop, events and buffers) and negotiate.c
 * (caps, memory, queries) make of its parts. No other file knows it. */
#pragma once

#include "change.h"
#include "mode.h"
#include "../shared/model-parameters.h"
#include "settings.h"
#include "tags.h"

#define GST_TYPE_GENERATOR (gst_generator_get_type ())
G_DECLARE_FINAL_TYPE (GstGenerator, gst_generator, GST, GENERATOR, GstBaseTransform)

struct _GstGenerator {
  GstBaseTransform parent;

  GstGeneratorSettings settings;
  GstGeneratorPlay play;
  GstGeneratorFormat format;
  GstGeneratorLateness lateness;
  GstGeneratorChange change;
  GstGenerativeParameters parameters;

  /* The streaming thread's. */
  const GstGeneratorMode *mode; /* NULL while stopped */
  gpointer state;               /* what it keeps */
  GstGeneratorTags tags;        /* of the stream */
  gboolean fresh;               /* the model remembers nothing yet */
  gboolean waiting;             /* for other caps, which a new model wants */

  /* Under the object lock. */
  gboolean explained; /* why caps do not fit */
  gboolean refused;   /* in an error, since caps did fit */
};

/* --- generator.c --- */

/* Take over what has been made ready, whatever it takes and makes, unless something has come for
 * what plays. */
void gst_generator_adopt (GstGenerator *self);
/* Make what can be made of what has come, and push it; */
GstFlowReturn gst_generator_drain (GstGenerator *self);
/* and all of it, up to the end. */
GstFlowReturn gst_generator_finish (GstGenerator *self);

/* --- events.c --- */

/* What comes does not follow what came: that is finished, and forgotten. */
GstFlowReturn gst_generator_begin_anew (GstGenerator *self);
/* Whether nothing of what comes may be left out. */
gboolean gst_generator_needs_all (const GstGeneratorPorts *ports);
gboolean gst_generator_sink_event (GstBaseTransform *base, GstEvent *event);
gboolean gst_generator_src_event (GstBaseTransform *base, GstEvent *event);

/* --- pads.c --- */

GstPad *gst_generator_request_new_pad (
    GstElement *element, GstPadTemplate *template, const char *name, const GstCaps *caps);
void gst_generator_release_pad (GstElement *element, GstPad *pad);

/* --- negotiate.c --- */

/* What the latency is as it plays now. */
void gst_generator_measure_latency (GstGenerator *self);
GstCaps *gst_generator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter);
GstCaps *gst_generator_fixate_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *other);
gboolean gst_generator_set_caps (GstBaseTransform *base, GstCaps *sink, GstCaps *source);
gboolean gst_generator_decide_allocation (GstBaseTransform *base, GstQuery *query);
gboolean gst_generator_propose_allocation (
    GstBaseTransform *base, GstQuery *decide, GstQuery *query);
gboolean gst_generator_filter_meta (
    GstBaseTransform *base, GstQuery *query, GType api, const GstStructure *parameters);
gboolean gst_generator_transform_meta (
    GstBaseTransform *base, GstBuffer *output, GstMeta *meta, GstBuffer *input);
gboolean gst_generator_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query);
/* Whether no error has told yet that caps do not fit: what fails is tried again and again. */
gboolean gst_generator_begins_to_refuse (GstGenerator *self);
/* Of what came without caps: an error, where none has told it. */
void gst_generator_explain_bytes (GstGenerator *self);
/* Of caps that came and were refused: an error, where none has told it, if it is because the next
 * element takes nothing that the model makes of them. */
void gst_generator_explain_refusal (GstGenerator *self, GstCaps *offered);
