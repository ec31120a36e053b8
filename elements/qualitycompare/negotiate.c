/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes, whether it can be compared, and what goes on: the judged stream, as it came. */
#include "qualitycompare.h"

#include "../shared/interlaced.h"

GST_DEBUG_CATEGORY_EXTERN (quality_compare_debug);
#define GST_CAT_DEFAULT quality_compare_debug

static GstQualitySide *
side_of (GstQualityCompare *self, GstAggregatorPad *pad)
{
  return pad == self->judged.pad ? &self->judged : &self->reference;
}

/* A stream that is compared with nothing would wait for ever. */
static gboolean
check_links (GstQualityCompare *self)
{
  GstAggregatorPad *pads[] = { self->judged.pad, self->reference.pad };

  for (gsize i = 0; i < G_N_ELEMENTS (pads); i++) {
    if (gst_pad_is_linked (GST_PAD (pads[i])))
      continue;
    GST_ELEMENT_ERROR (self, CORE, PAD,
        ("Pad %s is not linked: sink takes what is judged, and reference what it should be",
            GST_PAD_NAME (pads[i])),
        (NULL));
    return FALSE;
  }
  return TRUE;
}

gboolean
gst_quality_compare_set_caps (GstQualityCompare *self, GstAggregatorPad *pad, GstCaps *caps)
{
  GstQualitySide *side = side_of (self, pad);

  if (!check_links (self))
    return FALSE;
  if (gst_generative_are_interlaced (caps)) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("Frames of pad %s are interlaced, and their two fields would be taken for one picture: "
         "put deinterlace in front",
            GST_PAD_NAME (pad)),
        (NULL));
    return FALSE;
  }
  if (!gst_quality_side_set_caps (side, caps))
    return FALSE;
  self->fits = FALSE;
  if (pad == self->reference.pad)
    return TRUE;
  gst_caps_replace (&self->caps, caps);
  if (!gst_quality_compare_prepare_meter (self, &side->format))
    return FALSE;
  if (side->format.is_sound)
    gst_quality_compare_begin_sounds (self);
  gst_quality_compare_update_latency (self);
  return TRUE;
}

/* What caps of the other pad leave open: a size and a kind of pixels, or a rate and channels. */
static GstCaps *
like_other (const GstQualitySide *other)
{
  const GstVideoInfo *video = &other->format.video;
  GstCaps *caps;
  GstStructure *structure;

  if (other->format.is_sound)
    return gst_caps_new_simple ("audio/x-raw", "rate", G_TYPE_INT,
        GST_AUDIO_INFO_RATE (&other->format.sound), "channels", G_TYPE_INT,
        GST_AUDIO_INFO_CHANNELS (&other->format.sound), NULL);
  caps = gst_caps_new_simple ("video/x-raw", "width", G_TYPE_INT, GST_VIDEO_INFO_WIDTH (video),
      "height", G_TYPE_INT, GST_VIDEO_INFO_HEIGHT (video), NULL);
  structure = gst_caps_get_structure (caps, 0);
  if (GST_VIDEO_INFO_IS_YUV (video)) {
    GValue formats = G_VALUE_INIT, format = G_VALUE_INIT;

    g_value_init (&format, G_TYPE_STRING);
    gst_value_list_init (&formats, 2);
    g_value_set_static_string (&format, "I420");
    gst_value_list_append_value (&formats, &format);
    g_value_set_static_string (&format, "NV12");
    gst_value_list_append_value (&formats, &format);
    gst_structure_take_value (structure, "format", &formats);
    g_value_unset (&format);
  } else {
    gst_structure_set (structure, "format", G_TYPE_STRING,
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (video)), NULL);
  }
  return caps;
}

/* The stream that comes first has the choice, and the other one follows: so converters and scalers
 * in front of it know what to make. */
gboolean
gst_quality_compare_answer_caps (GstQualityCompare *self, GstAggregatorPad *pad, GstQuery *query)
{
  const GstQualitySide *other = pad == self->judged.pad ? &self->reference : &self->judged;
  g_autoptr (GstCaps) template = gst_pad_get_pad_template_caps (GST_PAD (pad));
  g_autoptr (GstCaps) result = NULL, wanted = NULL, of_other = NULL;
  GstCaps *filter;

  gst_query_parse_caps (query, &filter);
  result = pad == self->judged.pad
               ? gst_pad_peer_query_caps (GST_AGGREGATOR_SRC_PAD (self), template)
               : gst_caps_ref (template);
  if (pad == self->judged.pad) {
    GstCaps *known = gst_caps_intersect_full (result, template, GST_CAPS_INTERSECT_FIRST);

    gst_caps_unref (result);
    result = known;
  }
  of_other = gst_pad_get_current_caps (GST_PAD (other->pad));
  if (of_other != NULL && !gst_pad_has_current_caps (GST_PAD (pad))) {
    GstQualitySide said = { 0 };
    GstCaps *both;

    if (gst_quality_side_set_caps (&said, of_other)) {
      wanted = like_other (&said);
      both = gst_caps_intersect_full (result, wanted, GST_CAPS_INTERSECT_FIRST);
      gst_caps_unref (result);
      result = both;
    }
  }
  if (filter != NULL) {
    GstCaps *both = gst_caps_intersect_full (filter, result, GST_CAPS_INTERSECT_FIRST);

    gst_caps_unref (result);
    result = both;
  }
  gst_query_set_caps_result (query, result);
  return TRUE;
}

/* --- whether both can be compared --- */

/* Kinds of pixels whose first planes mean the same. */
static gboolean
are_alike (const GstVideoInfo *a, const GstVideoInfo *b)
{
  return GST_VIDEO_INFO_FORMAT (a) == GST_VIDEO_INFO_FORMAT (b) ||
         (GST_VIDEO_INFO_IS_YUV (a) && GST_VIDEO_INFO_IS_YUV (b));
}

static gboolean
check_pictures (GstQualityCompare *self, const GstVideoInfo *a, const GstVideoInfo *b)
{
  if (a->width != b->width || a->height != b->height) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("Pad sink has frames of %dx%d, and pad reference of %dx%d: bring both to one size, with "
         "videoscale in front of one of them",
            a->width, a->height, b->width, b->height),
        (NULL));
    return FALSE;
  }
  if (are_alike (a, b))
    return TRUE;
  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
      ("Pad sink has frames of %s, and pad reference of %s: bring both to one format, with "
       "videoconvert in front of each and video/x-raw,format=… behind it",
          gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (a)),
          gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (b))),
      (NULL));
  return FALSE;
}

static gboolean
check_sounds (GstQualityCompare *self, const GstAudioInfo *a, const GstAudioInfo *b)
{
  if (a->rate == b->rate && a->channels == b->channels)
    return TRUE;
  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
      ("Pad sink has %d channels at %d Hz, and pad reference %d at %d Hz: bring both to one rate "
       "and one number of channels, with audioresample and audioconvert in front of one of them",
          a->channels, a->rate, b->channels, b->rate),
      (NULL));
  return FALSE;
}

static void
tell_rates (GstQualityCompare *self, const GstVideoInfo *a, const GstVideoInfo *b)
{
  if (a->fps_n == 0 || b->fps_n == 0 ||
      gst_util_fraction_compare (a->fps_n, a->fps_d, b->fps_n, b->fps_d) == 0)
    return;
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("Pad sink has %d/%d frames a second, and pad reference %d/%d: each frame is compared with "
       "the one that the reference shows at that time",
          a->fps_n, a->fps_d, b->fps_n, b->fps_d),
      (NULL));
}

static gboolean
is_full_range (const GstVideoInfo *info)
{
  return info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
}

/* Luma is compared as it is. */
static void
tell_ranges (GstQualityCompare *self, const GstVideoInfo *a, const GstVideoInfo *b)
{
  if (!GST_VIDEO_INFO_IS_YUV (a) || is_full_range (a) == is_full_range (b))
    return;
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("Pad sink has luma of %s, and pad reference of %s, and they are compared as they are: for "
       "what a viewer sees, put videoconvert and video/x-raw,format=RGB in front of both",
          is_full_range (a) ? "0 to 255" : "16 to 235",
          is_full_range (b) ? "0 to 255" : "16 to 235"),
      (NULL));
}

gboolean
gst_quality_compare_check (GstQualityCompare *self)
{
  const GstScoreFormat *a = &self->judged.format, *b = &self->reference.format;

  if (self->fits)
    return TRUE;
  if (a->is_sound != b->is_sound) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("Pad sink has %s, and pad reference %s: both are to be of one kind",
            a->is_sound ? "sound" : "video", b->is_sound ? "sound" : "video"),
        (NULL));
    return FALSE;
  }
  self->fits = a->is_sound ? check_sounds (self, &a->sound, &b->sound)
                           : check_pictures (self, &a->video, &b->video);
  if (self->fits && !a->is_sound) {
    tell_rates (self, &a->video, &b->video);
    tell_ranges (self, &a->video, &b->video);
  }
  return self->fits;
}

/* --- what goes on --- */

/* Caps go right before what they are of, so that they come behind the segment. */
static void
push_caps (GstQualityCompare *self)
{
  if (self->caps == NULL)
    return;
  gst_aggregator_set_src_caps (GST_AGGREGATOR (self), self->caps);
  gst_clear_caps (&self->caps);
}

GstFlowReturn
gst_quality_compare_push (GstQualityCompare *self, GstBuffer *buffer)
{
  push_caps (self);
  self->sent = TRUE;
  return gst_aggregator_finish_buffer (GST_AGGREGATOR (self), buffer);
}

void
gst_quality_compare_push_gap (GstQualityCompare *self, const GstQualityMoment *gap)
{
  if (self->sent && GST_BUFFER_PTS_IS_VALID (gap->buffer))
    gst_pad_push_event (GST_AGGREGATOR_SRC_PAD (self),
        gst_event_new_gap (GST_BUFFER_PTS (gap->buffer), GST_BUFFER_DURATION (gap->buffer)));
}
