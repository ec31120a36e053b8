/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element, which generator.c (properties, start and stop, events and buffers) and negotiate.c
 * (caps, memory, queries) make of its parts. No other file knows it. */
#pragma once

#include "change.h"
#include "mode.h"
#include "parameters.h"
#include "settings.h"

#define GST_TYPE_GENERATOR (gst_generator_get_type ())
G_DECLARE_FINAL_TYPE (GstGenerator, gst_generator, GST, GENERATOR, GstBaseTransform)

struct _GstGenerator {
  GstBaseTransform parent;

  GstGeneratorSettings settings;
  GstGeneratorPlay play;
  GstGeneratorFormat format;
  GstGeneratorLateness lateness;
  GstGeneratorChange change;
  GstGeneratorParameters parameters;

  /* The streaming thread's. */
  const GstGeneratorMode *mode; /* NULL while stopped */
  gpointer state;               /* what it keeps */
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
/* Of caps that came and were refused: an error, where none has told it, if it is because the next
 * element takes nothing that the model makes of them. */
void gst_generator_explain_refusal (GstGenerator *self, GstCaps *offered);
