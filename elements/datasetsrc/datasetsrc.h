/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of datasetsrc share: datasetsrc.c (properties, start and stop), negotiate.c
 * (caps), filter.c (what is left out), stream.c (time, seeking, frames), words.c (further pads),
 * and what is different with each medium: picture.c, sound.c and text.c. A frame is a place in the
 * sequence, whatever the item is of which it comes. */
#pragma once

#include <generative/data-settings.h>
#include <gst/audio/audio.h>
#include <gst/base/gstpushsrc.h>
#include <gst/video/video.h>

#include "timeline.h"

#define GST_TYPE_DATASET_SRC (gst_dataset_src_get_type ())
G_DECLARE_FINAL_TYPE (GstDatasetSrc, gst_dataset_src, GST, DATASET_SRC, GstPushSrc)

/* Kinds of pads that say in words what goes out: `caption` and `label`. */
#define GST_DATASET_N_WORDS 2

/* What there is to know of a medium. */
typedef struct {
  const GenMedium *medium;
  const char *caps_name;
  /* Choose what is left open, by what the first item has. */
  void (*fixate) (GstDatasetSrc *self, GstCaps *caps);
  /* Take what was agreed on: the rate, and what the loader is to make; errors are of
   * GEN_DATASET_ERROR or GST_CORE_ERROR. */
  gboolean (*accept) (GstDatasetSrc *self, const GstCaps *caps, GenFormat *format, GError **error);
  /* NULL: buffers are of no one size, and no pool's. */
  void (*decide_allocation) (GstDatasetSrc *self, GstQuery *query);
  /* Where a frame begins, in what the rate counts, and which frame is there. */
  guint64 (*place) (GstDatasetSrc *self, guint64 frame);
  guint64 (*frame_at) (GstDatasetSrc *self, guint64 place);
  /* Bytes of a place; 0: they say nothing. */
  gsize (*count_bytes) (GstDatasetSrc *self);
  /* A buffer for the next item; NULL: as the pool has them. */
  GstFlowReturn (*alloc) (GstDatasetSrc *self, GstBuffer **buffer);
  /* The next item into it. */
  GstFlowReturn (*fill) (GstDatasetSrc *self, GstBuffer *buffer, guint64 *frame, guint32 *item);
} GstDatasetKind;

extern const GstDatasetKind gst_dataset_picture;
extern const GstDatasetKind gst_dataset_sound;
extern const GstDatasetKind gst_dataset_text;

struct _GstDatasetSrc {
  GstPushSrc parent;

  /* Properties, under the object lock. */
  GenDataSettings settings;
  guint epochs;
  guint skipped, left_out;
  GstPad *words[GST_DATASET_N_WORDS]; /* NULL where nobody has asked for the pad */
  guint32 seek;                       /* the sequence number of the last one */
  gulong words_probe;                 /* 0: none yet */
  /* Under the object lock, since unlock comes from another thread. */
  GenLoader *loader;
  gboolean flushing;

  GCancellable *cancellable; /* of what takes long before there is a loader */

  /* The streaming thread's. */
  const GstDatasetKind *kind; /* NULL: nothing is open */
  GenDataset *dataset;        /* changes under the object lock */
  gboolean filtered;          /* of what filters leave out */
  GenSequence *sequence;
  guint64 frames; /* in all epochs; 0: endless */
  GstVideoInfo video;
  int rate_numerator, rate_denominator; /* places a second */
  gboolean negotiated;                  /* caps are known */
  guint64 frame;                        /* the next one */
  gboolean reverse, ended;              /* playing backwards; frame 0 has been played so */
  guint32 length;                       /* frames in an epoch, those that are left out included */
  gboolean epoch_ended;                 /* to be told before the next frame */
  gboolean length_told;                 /* how many items an epoch has, as it is known now */
  gboolean left_out_told;               /* which items are in no split */
  gboolean moved; /* `frame` follows from `position` as soon as the rate is known */
  GstClockTime position;
  /* Of sounds. */
  GstAudioInfo audio;
  GenDataset *cut; /* what `dataset` is cut into */
  GstDatasetTimeline timeline;
  gboolean gap; /* something was left out before the next one */
  /* Of sounds and texts: the one that a buffer was made for. */
  GenSample sample;
  guint64 sample_frame;
  guint32 sample_item;
};

/* The items that are shown. */
static inline const GenDataset *
gst_dataset_src_get_items (const GstDatasetSrc *self)
{
  return self->cut != NULL ? self->cut : self->dataset;
}

/* Say what is wrong with the dataset. */
void gst_dataset_src_post_error (GstDatasetSrc *self, const GError *error);
/* Deal `items` out; NULL with an error that names the location, or G_IO_ERROR_CANCELLED. (transfer
 * full) */
GenSequence *gst_dataset_src_deal (
    GstDatasetSrc *self, const GenDataset *items, const GenDataSettings *settings, GError **error);
/* Filter and deal what is not yet: what takes long, and can be interrupted. */
gboolean gst_dataset_src_prepare (GstDatasetSrc *self, GError **error);
gboolean gst_dataset_src_is_prepared (const GstDatasetSrc *self);
/* The order of the items, which becomes ours. */
void gst_dataset_src_set_sequence (GstDatasetSrc *self, GenSequence *sequence);

/* The parent's functions, for overrides that go on with them. */
GstBaseSrcClass *gst_dataset_src_get_parent_class (void);

/* --- negotiate.c --- */

const GstDatasetKind *gst_dataset_kind_find (const GenMedium *medium);
/* The medium of the only kind that the next element takes; NULL where it takes several. */
const GenMedium *gst_dataset_src_wanted_medium (GstDatasetSrc *self);
GstCaps *gst_dataset_src_get_caps (GstBaseSrc *base, GstCaps *filter);
GstCaps *gst_dataset_src_fixate (GstBaseSrc *base, GstCaps *caps);
gboolean gst_dataset_src_set_caps (GstBaseSrc *base, GstCaps *caps);
gboolean gst_dataset_src_decide_allocation (GstBaseSrc *base, GstQuery *query);

/* Of what is prepared; of what is not, nothing is agreed on yet. */
gboolean gst_dataset_src_negotiate (GstBaseSrc *base);
/* Prepare what is not, and agree on the first caps: where a buffer is made, which an end of stream,
 * a seek and a change of state may interrupt. */
GstFlowReturn gst_dataset_src_agree (GstDatasetSrc *self);

/* --- filter.c --- */

/* Let the dataset be the one without what the filters of `settings` leave out; FALSE with `error`,
 * G_IO_ERROR_CANCELLED for one. */
gboolean gst_dataset_src_filter (
    GstDatasetSrc *self, const GenDataSettings *settings, GError **error);

/* --- words.c --- */

/* Pads that go by what passes the source's own, and push on threads of their own. */
void gst_dataset_words_add_templates (GstElementClass *element_class);
GstPad *gst_dataset_words_request (
    GstElement *element, GstPadTemplate *template, const char *name, const GstCaps *caps);
void gst_dataset_words_release (GstElement *element, GstPad *pad);
/* Before the source's pad is. */
void gst_dataset_words_activate (GstDatasetSrc *self);
/* While `interrupted`, nothing waits for room on one of them. */
void gst_dataset_words_interrupt (GstDatasetSrc *self, gboolean interrupted);

/* --- stream.c --- */

/* Put another loader, or none, in the place of the one that there is. */
void gst_dataset_src_set_loader (GstDatasetSrc *self, GenLoader *loader);
/* Let the loader go on at `frame`, in the direction of play. */
void gst_dataset_src_place_loader (GstDatasetSrc *self);
gboolean gst_dataset_src_unlock (GstBaseSrc *base);
gboolean gst_dataset_src_unlock_stop (GstBaseSrc *base);
gboolean gst_dataset_src_query (GstBaseSrc *base, GstQuery *query);
gboolean gst_dataset_src_event (GstBaseSrc *base, GstEvent *event);
gboolean gst_dataset_src_is_seekable (GstBaseSrc *base);
gboolean gst_dataset_src_do_seek (GstBaseSrc *base, GstSegment *segment);
/* The next item that there is, into `target`. */
GstFlowReturn gst_dataset_src_load (
    GstDatasetSrc *self, GenSample *target, guint64 *frame, guint32 *item);
GstFlowReturn gst_dataset_src_alloc (
    GstBaseSrc *base, guint64 offset, guint size, GstBuffer **buffer);
GstFlowReturn gst_dataset_src_fill (GstPushSrc *push, GstBuffer *buffer);
