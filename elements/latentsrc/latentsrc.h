/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of latentsrc share: latentsrc.c (start), properties.c, negotiate.c (caps, memory),
 * stream.c (time, seeking, frames), follow.c (the same where a sound is followed), changes.c (what
 * is done to latents) and sound.c (the pad). */
#pragma once

#include <generative/latent-change.h>
#include <gst/base/gstpushsrc.h>

#include "../shared/tensors.h"
#include "sound.h"

#define GST_TYPE_LATENT_SRC (gst_latent_src_get_type ())
G_DECLARE_FINAL_TYPE (GstLatentSrc, gst_latent_src, GST, LATENT_SRC, GstPushSrc)

/* What the second tensor of a buffer is. */
typedef enum {
  SECOND_NONE,
  SECOND_LATENT,
  SECOND_ONE_HOT, /* of a class */
  SECOND_INDEX,   /* of a class */
} Second;

/* What is done to latents, and how a sound does it. */
typedef struct {
  double sound_speed;      /* keyframes a second */
  double sound_truncation; /* added to the bound */
  GenSoundValue speed_follows, truncation_follows;
  double pushes[GEN_SOUND_VALUES]; /* along each band's direction; none by the level */
  double direction_amount;
  GArray *direction_weights; /* of double, one for each direction; NULL: see direction */
  char *direction;           /* GRefString: names of those that count; NULL: all in their order */
  guint64 mixing_seed;
  double mixing_amount;
  double mixing_time; /* where in mixing_location, seconds */
  guint mixing_first;
  int mixing_last; /* -1: the last there is */
} GstLatentChanges;

struct _GstLatentSrc {
  GstPushSrc parent;

  /* Properties, under the object lock. */
  char *dimensions;
  guint classes;
  int class; /* -1: drawn */
  GenLatent settings;
  guint64 first_frame; /* what stands at the stream's beginning */
  GstLatentChanges changes;
  double attack, release; /* seconds */
  char *keyframe_location, *direction_location, *band_directions, *mixing_location;

  GstLatentSound sound; /* has a lock of its own */

  /* From start to stop. */
  gboolean follows;
  GenKeyframes *path;
  GenKeyframes *mixing; /* what is mixed with, in place of another seed's; or NULL */
  GenDirections *directions;
  GenDirections *bands; /* from a file, or drawn for a seed and a length */
  guint64 bands_seed;
  gsize bands_length; /* 0: from a file */

  /* The streaming thread's. */
  GenLatent latent;       /* the settings of this frame, with the negotiated length and count */
  GstLatentChanges taken; /* likewise */
  float *others;          /* room for the latents to mix with */
  char *chosen_by;        /* GRefString: the names that `chosen` are the numbers of, or NULL */
  GArray *chosen;         /* of int */
  double heard[GEN_SOUND_VALUES];
  gint64 offset; /* of times from stream time */
  Second second;
  GenDataType second_type;
  gsize second_length; /* numbers for each latent */
  guint32 n_classes;   /* that one can be drawn of; 0: any that the property says */
  gsize sizes[GST_GENERATIVE_MAX_TENSORS];
  gsize size;                           /* bytes in a buffer */
  int rate_numerator, rate_denominator; /* 0 / 0 until caps are known */
  guint64 frame;                        /* the next one of the stream */
  guint64 drawn;                        /* what is drawn for it */
  gboolean reverse, ended;              /* playing backwards; frame 0 has been played so */
  gboolean moved; /* `frame` follows from `position` as soon as the rate is known */
  GstClockTime position;
  GstClockTime live_offset; /* running time of frame 0 in live mode; NONE until it is made */
};

/* The parent's functions, for overrides that go on with them. */
GstBaseSrcClass *gst_latent_src_get_parent_class (void);

/* --- properties.c --- */

void gst_latent_src_install_properties (GObjectClass *gobject_class);
void gst_latent_src_init_properties (GstLatentSrc *self);

/* --- negotiate.c --- */

/* FALSE with `error` when the properties contradict each other. */
gboolean gst_latent_src_check_settings (GstLatentSrc *self, GError **error);
GstCaps *gst_latent_src_get_caps (GstBaseSrc *base, GstCaps *filter);
GstCaps *gst_latent_src_fixate (GstBaseSrc *base, GstCaps *caps);
gboolean gst_latent_src_set_caps (GstBaseSrc *base, GstCaps *caps);
gboolean gst_latent_src_negotiate (GstBaseSrc *base);
gboolean gst_latent_src_decide_allocation (GstBaseSrc *base, GstQuery *query);

/* --- stream.c --- */

gboolean gst_latent_src_query (GstBaseSrc *base, GstQuery *query);
gboolean gst_latent_src_event (GstBaseSrc *base, GstEvent *event);
gboolean gst_latent_src_is_seekable (GstBaseSrc *base);
gboolean gst_latent_src_do_seek (GstBaseSrc *base, GstSegment *segment);
void gst_latent_src_get_times (
    GstBaseSrc *base, GstBuffer *buffer, GstClockTime *start, GstClockTime *end);
GstFlowReturn gst_latent_src_fill (GstPushSrc *push, GstBuffer *buffer);

/* --- follow.c --- */

/* Wait until the next frame's sound was heard. */
GstFlowReturn gst_latent_src_listen (GstLatentSrc *self);
/* Move with the sound of the frame. */
void gst_latent_src_follow (GstLatentSrc *self);
/* Another frame rate: the next frame becomes the first one that begins no sooner. */
void gst_latent_src_follow_rate (GstLatentSrc *self, int numerator, int denominator);
/* Seeks and latency go to where the sound comes from. */
gboolean gst_latent_src_follow_event (GstLatentSrc *self, GstEvent *event);
/* What is known where the sound comes from. FALSE in `handled`: the rest is as ever. */
gboolean gst_latent_src_follow_query (GstLatentSrc *self, GstQuery *query, gboolean *handled);
gboolean gst_latent_src_send_event (GstElement *element, GstEvent *event);

/* --- changes.c --- */

gboolean gst_latent_src_load_changes (GstLatentSrc *self, GError **error);
void gst_latent_src_unload_changes (GstLatentSrc *self);
/* Whether they suit what was negotiated; `count` and `length` of the latent are known. */
gboolean gst_latent_src_fit_changes (GstLatentSrc *self, GError **error);
/* Take the settings of this frame, under the object lock, and drop them. */
void gst_latent_src_take_changes (GstLatentSrc *self);
void gst_latent_src_drop_changes (GstLatentSrc *self);
/* FALSE with `error` where a direction is named that there is not. */
gboolean gst_latent_src_change (GstLatentSrc *self, float *latents, GError **error);
