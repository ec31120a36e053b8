/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of latentsrc share: latentsrc.c (properties, start), latentsrc-negotiate.c (caps,
 * memory) and latentsrc-stream.c (time, seeking, frames). */
#pragma once

#include <generative/latent.h>
#include <gst/base/gstpushsrc.h>

#include "../shared/tensors.h"

#define GST_TYPE_LATENT_SRC (gst_latent_src_get_type ())
G_DECLARE_FINAL_TYPE (GstLatentSrc, gst_latent_src, GST, LATENT_SRC, GstPushSrc)

/* What the second tensor of a buffer is. */
typedef enum {
  SECOND_NONE,
  SECOND_LATENT,
  SECOND_ONE_HOT, /* of a class */
  SECOND_INDEX,   /* of a class */
} Second;

struct _GstLatentSrc {
  GstPushSrc parent;

  /* Properties, under the object lock. */
  char *dimensions;
  guint classes;
  int class; /* -1: drawn */
  GenLatent settings;

  /* The streaming thread's. */
  GenLatent latent; /* the settings of this frame, with the negotiated length and count */
  Second second;
  GenDataType second_type;
  gsize second_length; /* numbers for each latent */
  guint32 n_classes;   /* that one can be drawn of; 0: any that the property says */
  gsize sizes[GST_GENERATIVE_MAX_TENSORS];
  gsize size;                           /* bytes in a buffer */
  int rate_numerator, rate_denominator; /* 0 / 0 until caps are known */
  guint64 frame;                        /* the next one */
  gboolean reverse, ended;              /* playing backwards; frame 0 has been played so */
  gboolean moved; /* `frame` follows from `position` as soon as the rate is known */
  GstClockTime position;
  GstClockTime live_offset; /* running time of frame 0 in live mode; NONE until it is made */
};

/* The parent's functions, for overrides that go on with them. */
GstBaseSrcClass *gst_latent_src_get_parent_class (void);

/* --- latentsrc-negotiate.c --- */

/* FALSE with `error` when the properties contradict each other. */
gboolean gst_latent_src_check_settings (GstLatentSrc *self, GError **error);
GstCaps *gst_latent_src_get_caps (GstBaseSrc *base, GstCaps *filter);
GstCaps *gst_latent_src_fixate (GstBaseSrc *base, GstCaps *caps);
gboolean gst_latent_src_set_caps (GstBaseSrc *base, GstCaps *caps);
gboolean gst_latent_src_negotiate (GstBaseSrc *base);
gboolean gst_latent_src_decide_allocation (GstBaseSrc *base, GstQuery *query);

/* --- latentsrc-stream.c --- */

gboolean gst_latent_src_query (GstBaseSrc *base, GstQuery *query);
gboolean gst_latent_src_event (GstBaseSrc *base, GstEvent *event);
gboolean gst_latent_src_is_seekable (GstBaseSrc *base);
gboolean gst_latent_src_do_seek (GstBaseSrc *base, GstSegment *segment);
void gst_latent_src_get_times (
    GstBaseSrc *base, GstBuffer *buffer, GstClockTime *start, GstClockTime *end);
GstFlowReturn gst_latent_src_fill (GstPushSrc *push, GstBuffer *buffer);
