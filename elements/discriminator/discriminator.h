/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the discriminator share: discriminator.c (properties, start and stop),
 * discriminator-negotiate.c (caps, compiling) and discriminator-run.c (frames). */
#pragma once

#include "../shared/model-file.h"
#include "../shared/playing.h"
#include "../shared/score-filter.h"

#define GST_TYPE_DISCRIMINATOR (gst_discriminator_get_type ())
G_DECLARE_FINAL_TYPE (GstDiscriminator, gst_discriminator, GST, DISCRIMINATOR, GstScoreFilter)

typedef enum {
  GST_DISCRIMINATOR_TAG,
  GST_DISCRIMINATOR_DROP,
} GstDiscriminatorAction;

struct _GstDiscriminator {
  GstScoreFilter parent;

  /* Properties, under the object lock. */
  char *path, *input_range;
  GstGenerativePlaying playing;
  GstDiscriminatorAction action;
  double threshold;
  int tile_width, tile_height;

  GenModel *model; /* under the object lock; NULL while stopped */
  GenPort input, output;
  gboolean explained;     /* why caps do not fit; under the object lock */
  gboolean shares_device; /* takes frames in its memory */

  /* The streaming thread's. */
  GenPlayer *player; /* NULL until caps are known */
  int tiles, columns;
  gboolean single;          /* the model takes one picture at a time */
  GstGenerativeFrame frame; /* that is mapped; its video part is a copy */
  GenTally tally;
  guint64 measured, dropped;
  gboolean told_not_finite;

  GstFileWatch *watch; /* under the object lock; its thread loads another model */
  GenModel *next;      /* atomic: loaded there, to be taken at the next frame */
};

/* The parent's functions, for overrides that go on with them. */
GstBaseTransformClass *gst_discriminator_get_parent_class (void);

/* --- discriminator-negotiate.c --- */

GstCaps *gst_discriminator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter);
/* Score frames of the caps `caps`, which `info` describes. */
gboolean gst_discriminator_fit (
    GstDiscriminator *self, GstCaps *caps, const GstVideoInfo *info, GError **error);
gboolean gst_discriminator_set_info (GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *info,
    GstCaps *out_caps, GstVideoInfo *out_info);
gboolean gst_discriminator_propose_allocation (
    GstBaseTransform *base, GstQuery *decide, GstQuery *query);
gboolean gst_discriminator_query (
    GstBaseTransform *base, GstPadDirection direction, GstQuery *query);
/* Let `player` score frames as `use` says; on the CPU where a device that was chosen by itself
 * fails. */
gboolean gst_discriminator_prepare (
    GstDiscriminator *self, GenPlayer *player, const GenModelUse *use, GError **error);

/* --- discriminator-run.c --- */

/* In the order of the fields. */
enum {
  GST_DISCRIMINATOR_SCORE,
  GST_DISCRIMINATOR_MINIMUM,
  GST_DISCRIMINATOR_MAXIMUM,
  GST_DISCRIMINATOR_TILES,
  GST_DISCRIMINATOR_PASSED,
  GST_DISCRIMINATOR_N_FIELDS,
};
extern const GenField gst_discriminator_fields[GST_DISCRIMINATOR_N_FIELDS];

gboolean gst_discriminator_map (GstScoreFilter *filter, GstVideoFrame *frame, GstBuffer *buffer);
GstFlowReturn gst_discriminator_measure (
    GstScoreFilter *filter, const GstVideoFrame *frame, double *values);
JsonObject *gst_discriminator_summarise (GstScoreFilter *filter);
