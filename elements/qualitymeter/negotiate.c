/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What samples of that which passes are like. */
#include "qualitymeter.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (quality_meter_debug);
#define GST_CAT_DEFAULT quality_meter_debug

/* What samples of pictures of `info` are like. FALSE when an error was posted. */
static gboolean
read_tiles (GstQualityMeter *self, const GstVideoInfo *info, GenFormat *format)
{
  int width, height;

  GST_OBJECT_LOCK (self);
  width = self->tile_width > 0 ? (int)self->tile_width : info->width;
  height = self->tile_height > 0 ? (int)self->tile_height : info->height;
  GST_OBJECT_UNLOCK (self);
  *format = (GenFormat){ &gen_medium_picture, width, height, GST_VIDEO_INFO_N_COMPONENTS (info) };
  if (width <= info->width && height <= info->height)
    return TRUE;
  GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
      ("Properties tile-width and tile-height: a tile of %dx%d does not fit into a frame of "
       "%dx%d",
          width, height, info->width, info->height),
      (NULL));
  return FALSE;
}

void
gst_quality_meter_get_window (GstScoreFilter *filter, guint64 *window, guint64 *hop)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  const int rate = GST_AUDIO_INFO_RATE (&gst_score_filter_get_format (filter)->sound);

  GST_OBJECT_LOCK (self);
  *window = (guint64)MAX (llround (self->window * rate), 1);
  *hop = self->hop > 0 ? (guint64)MAX (llround (self->hop * rate), 1) : *window;
  GST_OBJECT_UNLOCK (self);
  *hop = MIN (*hop, *window);
}

static GenFormat
read_sound (GstQualityMeter *self, const GstAudioInfo *info)
{
  guint64 window, hop;

  gst_quality_meter_get_window (GST_SCORE_FILTER (self), &window, &hop);
  return (GenFormat){ &gen_medium_sound, .channels = GST_AUDIO_INFO_CHANNELS (info),
    .rate = GST_AUDIO_INFO_RATE (info), .length = (gsize)window };
}

static void
warn_of_tiles (GstQualityMeter *self, const GstVideoInfo *info, const GenFormat *format)
{
  if (info->width % format->width == 0 && info->height % format->height == 0)
    return;
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
      ("Properties tile-width and tile-height: frames of %dx%d are no whole number of tiles of "
       "%dx%d; %d columns at the right and %d rows at the bottom are in no sample",
          info->width, info->height, format->width, format->height, info->width % format->width,
          info->height % format->height),
      (NULL));
}

/* How the reference comes to the size of samples; an edge of black that these have not is all the
 * difference that is then measured. */
static void
begin_reference (GstQualityMeter *self)
{
  const GenFormat *own = self->dataset != NULL ? gen_dataset_get_format (self->dataset) : NULL;
  GenFit fit;

  GST_OBJECT_LOCK (self);
  fit = self->reference_fit;
  GST_OBJECT_UNLOCK (self);
  gen_meter_set_reference_fit (self->meter, fit);
  if (fit == GEN_FIT_PAD && own != NULL && own->medium == &gen_medium_picture &&
      gen_meter_wants_reference (self->meter) && own->width < self->format.width &&
      own->height < self->format.height)
    GST_INFO_OBJECT (self,
        "pictures of the reference, the first of which has %dx%d, have black around them in "
        "samples "
        "of %dx%d: reference-fit=crop would enlarge them, as datasetsrc does by default",
        own->width, own->height, self->format.width, self->format.height);
}

gboolean
gst_quality_meter_set_format (GstScoreFilter *filter, GstCaps *caps, const GstScoreFormat *passing)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  GenFormat format;

  if (passing->is_text)
    format = (GenFormat){ &gen_medium_text };
  else if (passing->is_sound)
    format = read_sound (self, &passing->sound);
  else if (!read_tiles (self, &passing->video, &format))
    return FALSE;
  if (self->meter != NULL && self->format.medium != NULL &&
      gen_format_equal (&format, &self->format))
    return TRUE;
  if ((self->meter == NULL || self->format.medium != NULL || format.medium != self->medium) &&
      !gst_quality_meter_begin_anew (self, format.medium))
    return FALSE;
  if (format.medium == &gen_medium_picture)
    warn_of_tiles (self, &passing->video, &format);
  text = gen_format_describe (&format);
  GST_INFO_OBJECT (self, "samples are %s: %" GST_PTR_FORMAT, text, (void *)caps);
  self->format = format;
  gst_quality_meter_begin_examples (self);
  begin_reference (self);
  if (gen_meter_wants_reference (self->meter) &&
      !gen_meter_refer_dataset (
          self->meter, self->dataset, &format, 0, self->cancellable, &error)) {
    if (g_error_matches (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE))
      GST_ELEMENT_ERROR (self, RESOURCE, READ, ("Property reference: %s", error->message), (NULL));
    else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      gst_quality_meter_post_error (self, error);
    return FALSE;
  }
  return TRUE;
}
