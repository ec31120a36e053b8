/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What users say of a model before it is read: the properties states, parameters and shapes, of
 * which parameters may be set while it plays. */
#pragma once

#include <generative/model.h>
#include <gst/gst.h>

/* Their order is that of the properties. */
enum {
  GST_GENERATIVE_SAID_STATES,
  GST_GENERATIVE_SAID_PARAMETERS,
  GST_GENERATIVE_SAID_SHAPES,
  GST_GENERATIVE_SAID_N_PROPERTIES,
};

/* Under the element's object lock. */
typedef struct {
  char *texts[GST_GENERATIVE_SAID_N_PROPERTIES];
} GstGenerativeSaid;

/* Install the properties; their numbers are `first` and those behind it. */
void gst_generative_said_install (GObjectClass *klass, guint first);
/* The property GST_GENERATIVE_SAID_… `number`; FALSE where it is none. */
gboolean gst_generative_said_set (GstGenerativeSaid *said, guint number, const GValue *value);
gboolean gst_generative_said_get (const GstGenerativeSaid *said, guint number, GValue *value);
void gst_generative_said_copy (const GstGenerativeSaid *said, GstGenerativeSaid *to);
void gst_generative_said_clear (GstGenerativeSaid *said);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstGenerativeSaid, gst_generative_said_clear)
/* The same for a model that is read while `said` is kept. */
GenModelHints gst_generative_said_hint (const GstGenerativeSaid *said);
