/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element, which discriminator.c (properties, start and stop), change.c (another model,
 * parameters), negotiate.c (caps and queries) and run.c (what passes) make of its parts. No other
 * file knows it. */
#pragma once

#include "../shared/model-adapters.h"
#include "../shared/model-file.h"
#include "../shared/model-parameters.h"
#include "../shared/model-said.h"
#include "../shared/score-filter.h"
#include "../shared/succession.h"
#include "gate.h"
#include "sound.h"
#include "walls.h"

#define GST_TYPE_DISCRIMINATOR (gst_discriminator_get_type ())
G_DECLARE_FINAL_TYPE (GstDiscriminator, gst_discriminator, GST, DISCRIMINATOR, GstScoreFilter)

struct _GstDiscriminator {
  GstScoreFilter parent;

  /* Properties, under the object lock. */
  char *path;
  GstGenerativeSaid said;
  GstGenerativeAdapters adapters;
  GstGenerativeSharingSettings sharing;
  GstDiscriminatorHints hints; /* which stay as they are from open to close */

  GstGenerativeParameters parameters;
  /* Atomic: the properties parameters and adapter-scale are to be looked at before the next frame.
   */
  gint parameters_said, scales_said;
  /* Since a model was last read, and the last one could not score; under the object lock. */
  gboolean scales_changed, refused;
  GstDiscriminatorJudge judge;
  GstDiscriminatorGate gate;
  GstDiscriminatorWalls walls;     /* of pictures */
  GstDiscriminatorWindows windows; /* of a sound */
  GstSuccession succession;        /* of models, to be taken at the next frame */
  gboolean explained;              /* why caps do not fit; under the object lock */
  gboolean shares_device;          /* takes frames in its memory */

  /* The streaming thread's. */
  GenTally tally, probabilities;
  guint64 measured;
  gboolean told_not_finite;
};

/* --- discriminator.c --- */

/* Say in the log what its scores are worth. */
void gst_discriminator_tell_calibration (
    GstDiscriminator *self, const GstDiscriminatorPorts *ports);

/* --- change.c --- */

/* The model that the properties name: at the start, where an error is posted, or one that
 * `replaces` what scores. (transfer full) */
GenModel *gst_discriminator_read_model (GstDiscriminator *self, gboolean replaces, GError **error);
/* Read it, while another one scores, to take its place when it is ready. Under the object lock. */
void gst_discriminator_follow_path (GstDiscriminator *self);
/* The property GST_GENERATIVE_ADAPTERS_… `number` has been set. Under the object lock. */
void gst_discriminator_follow_adapters (GstDiscriminator *self, guint number);
/* Take over what is ready. */
void gst_discriminator_before_transform (GstBaseTransform *base, GstBuffer *buffer);
/* Let parameters be as the properties, or what controls them, have them for a frame that begins at
 * `pts`. */
void gst_discriminator_set_parameters (GstDiscriminator *self, GstClockTime pts);

/* --- negotiate.c --- */

GstCaps *gst_discriminator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter);
/* Score what the caps `caps` are of, which `format` describes. */
gboolean gst_discriminator_fit (
    GstDiscriminator *self, GstCaps *caps, const GstScoreFormat *format, GError **error);
gboolean gst_discriminator_set_format (
    GstScoreFilter *filter, GstCaps *caps, const GstScoreFormat *format);
gboolean gst_discriminator_propose_allocation (
    GstBaseTransform *base, GstQuery *decide, GstQuery *query);
gboolean gst_discriminator_query (
    GstBaseTransform *base, GstPadDirection direction, GstQuery *query);

/* --- run.c --- */

gboolean gst_discriminator_map (
    GstScoreFilter *filter, GstGenerativeFrame *mapped, GstBuffer *buffer);
GstFlowReturn gst_discriminator_measure (
    GstScoreFilter *filter, GstScoreFrame *frame, double *values);
void gst_discriminator_get_gate (GstScoreFilter *filter, GstScoreGateSettings *settings);
void gst_discriminator_decide (GstScoreFilter *filter, GstScoreJudged *judged, guint n);
JsonObject *gst_discriminator_summarise (GstScoreFilter *filter);
