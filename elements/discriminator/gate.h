/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What passes and what does not, as properties say, and how many did. */
#pragma once

#include <gst/gst.h>

#include "../shared/score-filter.h"
#include "ports.h"
#include "select.h"

typedef enum {
  GST_DISCRIMINATOR_TAG,
  GST_DISCRIMINATOR_DROP,
  GST_DISCRIMINATOR_HOLD_LAST,
} GstDiscriminatorAction;

enum {
  GST_DISCRIMINATOR_GATE_ACTION,
  GST_DISCRIMINATOR_GATE_THRESHOLD,
  GST_DISCRIMINATOR_GATE_SELECT,
  GST_DISCRIMINATOR_GATE_CANDIDATES,
  GST_DISCRIMINATOR_GATE_GAMMA,
  GST_DISCRIMINATOR_GATE_GAMMA_PERCENTILE,
  GST_DISCRIMINATOR_GATE_BURN_IN,
  GST_DISCRIMINATOR_GATE_SEED,
  GST_DISCRIMINATOR_GATE_RESTAMP,
  GST_DISCRIMINATOR_GATE_ACCEPT_RATE,
  GST_DISCRIMINATOR_GATE_N_PROPERTIES,
};

typedef struct {
  GstElement *element; /* which says what happens */

  /* Properties, under the object lock. */
  GstDiscriminatorAction action;
  int select; /* of the list of selectors */
  guint candidates;
  double gamma, gamma_percentile;
  int burn_in; /* -1: what suits */
  guint64 seed;
  gboolean restamp;
  double threshold;

  /* Counts, the same lock. */
  guint64 passed, counted; /* of those that count, how many passed */

  /* The streaming thread's. */
  guint64 judged, dropped;
  GstDiscriminatorSelection selection;
  GArray *candidates_now; /* of GstDiscriminatorCandidate */
} GstDiscriminatorGate;

void gst_discriminator_gate_install (GObjectClass *gobject_class, guint first);
void gst_discriminator_gate_init (GstDiscriminatorGate *gate, GstElement *element);
void gst_discriminator_gate_clear (GstDiscriminatorGate *gate);
/* Under the object lock; FALSE where it is none of these properties. */
gboolean gst_discriminator_gate_set (
    GstDiscriminatorGate *gate, guint property, const GValue *value);
gboolean gst_discriminator_gate_get (
    const GstDiscriminatorGate *gate, guint property, GValue *value);

/* Nothing has been seen yet. */
void gst_discriminator_gate_open (GstDiscriminatorGate *gate);
/* Another model: what its scores come to is not known yet. */
void gst_discriminator_gate_forget_model (GstDiscriminatorGate *gate);
GstScoreGateSettings gst_discriminator_gate_settings (const GstDiscriminatorGate *gate);
/* Decide on `n` that the model of `ports` has judged; what is told of them is filled in. */
void gst_discriminator_gate_decide (GstDiscriminatorGate *gate, const GstDiscriminatorPorts *ports,
    GstScoreJudged *judged, guint n);
/* The share of those that passed; NaN where nothing counts yet. Under the object lock. */
double gst_discriminator_gate_accept_rate (const GstDiscriminatorGate *gate);
