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

/* The sound of pictures may turn out to be such as late as here. */
static gboolean
begin_reference (GstQualityCompare *self)
{
  const GenMedium *medium =
      self->reference.format.is_sound ? &gen_medium_sound : &gen_medium_picture;

  if (!self->judged.has_format || self->judged.format.is_sound)
    return TRUE;
  if (gst_quality_compare_is_accompanied (self)) {
    gst_quality_compare_forget_accompaniment (self);
    gst_quality_compare_interrupt (self);
  }
  return (self->reference_medium == medium && !self->untold) ||
         gst_quality_compare_prepare_meter (self);
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
    return begin_reference (self);
  gst_caps_replace (&self->caps, caps);
  if (!gst_quality_compare_prepare_meter (self))
    return FALSE;
  if (side->format.is_sound)
    gst_quality_compare_begin_sounds (self);
  gst_quality_compare_update_latency (self);
  return TRUE;
}

/* What caps of the other pad leave open, where both are of one kind: a size and a kind of pixels,
 * or a rate and channels. */
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

/* What the pads take, and for the judged stream whoever comes behind. */
static GstCaps *
all_caps (GstQualityCompare *self, GstAggregatorPad *pad)
{
  g_autoptr (GstCaps) template = gst_pad_get_pad_template_caps (GST_PAD (pad));
  g_autoptr (GstCaps) behind = NULL;

  if (pad == self->reference.pad)
    return g_steal_pointer (&template);
  behind = gst_pad_peer_query_caps (GST_AGGREGATOR_SRC_PAD (self), template);
  return gst_caps_intersect_full (behind, template, GST_CAPS_INTERSECT_FIRST);
}

static GstCaps *
filtered (GstCaps *caps, GstCaps *filter)
{
  return filter != NULL ? gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST)
                        : gst_caps_ref (caps);
}

/* The stream that comes first has the choice, and the other one follows: so converters and scalers
 * in front of it know what to make. Who cannot follow is let in nevertheless: our error tells what
 * differs, where upstream would only say that it was not negotiated. */
gboolean
gst_quality_compare_answer_caps (GstQualityCompare *self, GstAggregatorPad *pad, GstQuery *query)
{
  const GstQualitySide *other = pad == self->judged.pad ? &self->reference : &self->judged;
  g_autoptr (GstCaps) all = all_caps (self, pad);
  g_autoptr (GstCaps) of_other = gst_pad_get_current_caps (GST_PAD (other->pad));
  g_autoptr (GstCaps) result = NULL;
  GstQualitySide said = { 0 };
  GstCaps *filter;

  gst_query_parse_caps (query, &filter);
  if (of_other != NULL && !gst_pad_has_current_caps (GST_PAD (pad)) &&
      gst_quality_side_set_caps (&said, of_other)) {
    g_autoptr (GstCaps) wanted = gst_caps_merge (like_other (&said),
        gst_caps_new_empty_simple (said.format.is_sound ? "video/x-raw" : "audio/x-raw"));
    g_autoptr (GstCaps) alike = gst_caps_intersect_full (all, wanted, GST_CAPS_INTERSECT_FIRST);

    result = filtered (alike, filter);
  }
  if (result == NULL || gst_caps_is_empty (result)) {
    gst_clear_caps (&result);
    result = filtered (all, filter);
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

/* Luma is all that metrics see of Y'CbCr, and models were made for more. */
static void
tell_grey (GstQualityCompare *self, const GstVideoInfo *info)
{
  const GenScorer *scorer = gst_generative_scorers_find_colour (self->scorers);

  if (scorer == NULL || !GST_VIDEO_INFO_IS_YUV (info))
    return;
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("Property scorer: %s looks at colours, and of frames in %s it gets luma alone, as it is: "
       "put videoconvert and video/x-raw,format=RGB in front of both pads",
          gen_scorer_file (scorer), gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info))),
      (NULL));
}

gboolean
gst_quality_compare_check (GstQualityCompare *self)
{
  const GstScoreFormat *a = &self->judged.format, *b = &self->reference.format;

  if (self->fits)
    return TRUE;
  if (a->is_sound && !b->is_sound) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("Pad sink has sound, and pad reference video: both are to be of one kind, or the video at "
         "sink and its sound at reference, for the offset between them"),
        (NULL));
    return FALSE;
  }
  if (!a->is_sound && b->is_sound) {
    self->fits = TRUE;
    return TRUE;
  }
  self->fits = a->is_sound ? check_sounds (self, &a->sound, &b->sound)
                           : check_pictures (self, &a->video, &b->video);
  if (self->fits && !a->is_sound) {
    tell_rates (self, &a->video, &b->video);
    tell_ranges (self, &a->video, &b->video);
    tell_grey (self, &a->video);
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
