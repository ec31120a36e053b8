/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who passes: each way of choosing is a constant in select.c, and one line in its list. */
#pragma once

#include <generative/rejection.h>
#include <glib-object.h>

/* A frame, or a window, that is to be decided on. */
typedef struct {
  double worth;    /* what the threshold is for: the probability, or the score; NaN: none */
  double log_odds; /* of its being real; NaN: none */
  gboolean passes;
  gboolean counts; /* towards the share of those that pass */
} GstDiscriminatorCandidate;

/* What properties say of it, and what has been seen. */
typedef struct {
  double threshold;
  GenRejection *rejection;
} GstDiscriminatorSelection;

typedef struct {
  const char *name, *description;
  gboolean together; /* as many as `candidates` says are decided on at once */
  gboolean rejects;  /* it wants a rejection */
  void (*choose) (
      GstDiscriminatorSelection *selection, GstDiscriminatorCandidate *candidates, guint n);
} GstDiscriminatorSelector;

const GstDiscriminatorSelector *const *gst_discriminator_selector_list (void);
/* The enumeration of their names. */
GType gst_discriminator_select_get_type (void);
