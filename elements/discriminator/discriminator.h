/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the discriminator share: discriminator.c (properties, start and stop),
 * negotiate.c (caps, compiling), run.c (frames) and sound.c (windows of a sound). */
#pragma once

#include "../shared/model-file.h"
#include "../shared/playing.h"
#include "../shared/score-filter.h"
#include "../shared/succession.h"

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
  int tile_width, tile_height, sample_rate;
  double window, hop; /* seconds */

  GenModel *model; /* under the object lock; NULL while stopped */
  GenPort input, output;
  gboolean explained;     /* why caps do not fit; under the object lock */
  gboolean shares_device; /* takes frames in its memory */

  /* The streaming thread's. */
  GenPlayer *player; /* NULL until caps are known */
  int tiles, columns;
  gboolean single; /* the model takes one picture at a time */
  guint8 *padded;  /* a window that came short, with silence behind it */
  GenTally tally;
  guint64 measured, dropped;
  gboolean told_not_finite;

  GstSuccession succession; /* of models, to be taken at the next frame */
};

/* The parent's functions, for overrides that go on with them. */
GstBaseTransformClass *gst_discriminator_get_parent_class (void);

/* --- negotiate.c --- */

GstCaps *gst_discriminator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter);
/* Score what the caps `caps` are of, which `format` describes. */
gboolean gst_discriminator_fit (
    GstDiscriminator *self, GstCaps *caps, const GstScoreFormat *format, GError **error);
/* Go on with a player of the model, which plays as `use` says. */
gboolean gst_discriminator_play (GstDiscriminator *self, const GenModelUse *use, GError **error);
gboolean gst_discriminator_set_format (
    GstScoreFilter *filter, GstCaps *caps, const GstScoreFormat *format);
gboolean gst_discriminator_propose_allocation (
    GstBaseTransform *base, GstQuery *decide, GstQuery *query);
gboolean gst_discriminator_query (
    GstBaseTransform *base, GstPadDirection direction, GstQuery *query);
/* Let `player` score frames as `use` says; on the CPU where a device that was chosen by itself
 * fails. */
gboolean gst_discriminator_prepare (
    GstDiscriminator *self, GenPlayer *player, const GenModelUse *use, GError **error);

/* --- sound.c --- */

/* The rate of sounds of which nobody says it is assumed, and warned of. */
void gst_discriminator_warn_of_rate (GstDiscriminator *self, const GenModel *model);
/* Whether `window` suits a model of one length. */
gboolean gst_discriminator_check_window (
    GstDiscriminator *self, const GenModel *model, GError **error);
/* Append what a model of sounds takes to `caps`. */
void gst_discriminator_append_sound (GstCaps *caps, const GenPort *port);
gboolean gst_discriminator_fit_sound (
    GstDiscriminator *self, const GstAudioInfo *info, GError **error);
void gst_discriminator_get_window (GstScoreFilter *filter, guint64 *window, guint64 *hop);
gboolean gst_discriminator_holds (GstScoreFilter *filter);
/* Score a window. */
gboolean gst_discriminator_score_sound (
    GstDiscriminator *self, const GstGenerativeFrame *window, double *values, GError **error);

/* --- run.c --- */

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

gboolean gst_discriminator_map (
    GstScoreFilter *filter, GstGenerativeFrame *mapped, GstBuffer *buffer);
/* The scores of the `n` pictures or the window in `frame`, which hold until the next run. */
const float *gst_discriminator_run (
    GstDiscriminator *self, const GenFrame *frame, int n, GError **error);
GstFlowReturn gst_discriminator_measure (
    GstScoreFilter *filter, GstScoreFrame *frame, double *values);
JsonObject *gst_discriminator_summarise (GstScoreFilter *filter);
