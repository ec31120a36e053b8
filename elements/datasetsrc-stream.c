/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stream of datasetsrc: which picture stands at which time, what happens at the end of an
 * epoch, and what to those that cannot be decoded. */
#include "datasetsrc.h"

#include "debug.h"
#include "frame-time.h"
#include "label-meta.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

void
gst_dataset_src_set_loader (GstDatasetSrc *self, GenLoader *loader)
{
  GenLoader *old;

  GST_OBJECT_LOCK (self);
  old = self->loader;
  self->loader = loader;
  if (loader != NULL)
    gen_loader_set_flushing (loader, self->flushing);
  GST_OBJECT_UNLOCK (self);
  gen_loader_free (old);
}

static gboolean
gst_dataset_src_set_flushing (GstDatasetSrc *self, gboolean flushing)
{
  GST_OBJECT_LOCK (self);
  self->flushing = flushing;
  if (self->loader != NULL)
    gen_loader_set_flushing (self->loader, flushing);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

gboolean
gst_dataset_src_unlock (GstBaseSrc *base)
{
  return gst_dataset_src_set_flushing (GST_DATASET_SRC (base), TRUE);
}

gboolean
gst_dataset_src_unlock_stop (GstBaseSrc *base)
{
  return gst_dataset_src_set_flushing (GST_DATASET_SRC (base), FALSE);
}

static GstClockTime
gst_dataset_src_frame_time (GstDatasetSrc *self, guint64 frame)
{
  return gst_generative_frame_time (
      frame, GST_VIDEO_INFO_FPS_N (&self->info), GST_VIDEO_INFO_FPS_D (&self->info));
}

static gboolean
gst_dataset_src_convert (
    GstDatasetSrc *self, GstFormat from, gint64 value, GstFormat to, gint64 *out)
{
  if (from == to || value == -1)
    *out = value;
  else if (value < 0 || GST_VIDEO_INFO_FPS_N (&self->info) == 0)
    return FALSE;
  else if (from == GST_FORMAT_DEFAULT && to == GST_FORMAT_TIME)
    *out = (gint64)gst_dataset_src_frame_time (self, (guint64)value);
  else if (from == GST_FORMAT_TIME && to == GST_FORMAT_DEFAULT)
    *out = (gint64)gst_generative_time_frame ((GstClockTime)value,
        GST_VIDEO_INFO_FPS_N (&self->info), GST_VIDEO_INFO_FPS_D (&self->info));
  else
    return FALSE;
  return TRUE;
}

gboolean
gst_dataset_src_query (GstBaseSrc *base, GstQuery *query)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CONVERT: {
    GstFormat from, to;
    gint64 value, result;

    gst_query_parse_convert (query, &from, &value, &to, &result);
    if (!gst_dataset_src_convert (self, from, value, to, &result))
      return FALSE;
    gst_query_set_convert (query, from, value, to, result);
    return TRUE;
  }
  case GST_QUERY_DURATION: {
    guint64 frames = self->frames;
    GstFormat format;
    int num_buffers;
    gint64 result;

    gst_query_parse_duration (query, &format, NULL);
    g_object_get (self, "num-buffers", &num_buffers, NULL);
    if (num_buffers >= 0)
      frames = frames == 0 ? (guint64)num_buffers : MIN (frames, (guint64)num_buffers);
    if (frames == 0 ||
        !gst_dataset_src_convert (self, GST_FORMAT_DEFAULT, (gint64)frames, format, &result))
      return gst_dataset_src_get_parent_class ()->query (base, query);
    gst_query_set_duration (query, format, result);
    return TRUE;
  }
  default:
    return gst_dataset_src_get_parent_class ()->query (base, query);
  }
}

gboolean
gst_dataset_src_is_seekable (GstBaseSrc *base)
{
  return TRUE;
}

gboolean
gst_dataset_src_do_seek (GstBaseSrc *base, GstSegment *segment)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);

  if (segment->rate < 0) {
    GST_WARNING_OBJECT (self, "a dataset is not played backwards");
    return FALSE;
  }
  self->position = segment->position;
  self->moved = TRUE;
  return TRUE;
}

/* Follow the last seek. */
static void
gst_dataset_src_move (GstDatasetSrc *self)
{
  self->moved = FALSE;
  self->epoch_ended = FALSE;
  self->bad_in_a_row = 0;
  self->frame = gst_generative_time_frame (
      self->position, GST_VIDEO_INFO_FPS_N (&self->info), GST_VIDEO_INFO_FPS_D (&self->info));
  gen_loader_seek (self->loader, self->frame);
}

/* Pictures in an epoch, as far as is known: those that cannot be decoded are found as they come. */
static guint
gst_dataset_src_epoch_pictures (GstDatasetSrc *self)
{
  return self->length - self->skipped;
}

static void
gst_dataset_src_tell_epoch (GstDatasetSrc *self)
{
  self->epoch_ended = FALSE;
  GST_INFO_OBJECT (self, "epoch %" G_GUINT64_FORMAT " has ended; %u pictures left out so far",
      self->frame / self->length - 1, self->skipped);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("generative-epoch", "epoch", G_TYPE_UINT64,
              self->frame / self->length - 1, "frames", G_TYPE_UINT,
              gst_dataset_src_epoch_pictures (self), "skipped", G_TYPE_UINT, self->skipped, NULL)));
}

static void
gst_dataset_src_tell_length (GstDatasetSrc *self)
{
  self->length_told = TRUE;
  gst_pad_push_event (
      GST_BASE_SRC_PAD (self), gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY,
                                   gst_structure_new ("generative-dataset", "length", G_TYPE_UINT,
                                       gst_dataset_src_epoch_pictures (self), NULL)));
}

/* On to the next frame. */
static void
gst_dataset_src_step (GstDatasetSrc *self, guint64 frame)
{
  self->frame = frame + 1;
  self->epoch_ended = self->frame % self->length == 0;
}

/* A frame that has no picture: count it and tell of it. */
static GstFlowReturn
gst_dataset_src_leave_out (GstDatasetSrc *self, guint64 frame, const GError *error)
{
  gst_dataset_src_step (self, frame);
  GST_INFO_OBJECT (self, "frame %" G_GUINT64_FORMAT " is left out: %s", frame,
      error != NULL ? error->message : "the picture could not be decoded before");
  if (error != NULL) {
    guint skipped = gen_loader_get_skipped (self->loader);

    /* After a change of the caps, a new loader meets the same ones again. */
    GST_OBJECT_LOCK (self);
    self->skipped = MAX (self->skipped, skipped);
    GST_OBJECT_UNLOCK (self);
    self->length_told = FALSE;
    GST_ELEMENT_WARNING (
        self, RESOURCE, READ, ("Left out: %s", error->message), ("%u left out so far", skipped));
  }
  if (++self->bad_in_a_row < self->length)
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (self, RESOURCE, READ,
      ("None of the %u pictures of the split can be decoded", self->length), (NULL));
  return GST_FLOW_ERROR;
}

/* The next picture that there is, into `target`. */
static GstFlowReturn
gst_dataset_src_load (GstDatasetSrc *self, GenPicture *target, guint64 *frame, guint32 *item)
{
  for (;;) {
    g_autoptr (GError) error = NULL;
    GstFlowReturn flow;

    if (!self->length_told)
      gst_dataset_src_tell_length (self);
    if (self->epoch_ended)
      gst_dataset_src_tell_epoch (self);
    switch (gen_loader_next (self->loader, target, frame, item, &error)) {
    case GEN_LOADER_PICTURE:
      return GST_FLOW_OK;
    case GEN_LOADER_BAD:
      flow = gst_dataset_src_leave_out (self, *frame, error);
      if (flow != GST_FLOW_OK)
        return flow;
      break;
    case GEN_LOADER_END:
      return GST_FLOW_EOS;
    case GEN_LOADER_FLUSHING:
      return GST_FLOW_FLUSHING;
    }
  }
}

GstFlowReturn
gst_dataset_src_fill (GstPushSrc *push, GstBuffer *buffer)
{
  GstDatasetSrc *self = GST_DATASET_SRC (push);
  GstVideoFrame video;
  GenPicture target;
  GstFlowReturn flow;
  guint64 frame;
  guint32 item;
  int label;
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);

  if (self->moved)
    gst_dataset_src_move (self);
  if (!gst_video_frame_map (&video, &self->info, buffer, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
    return GST_FLOW_ERROR;
  }
  target = (GenPicture){
    .data = GST_VIDEO_FRAME_PLANE_DATA (&video, 0),
    .width = GST_VIDEO_FRAME_WIDTH (&video),
    .height = GST_VIDEO_FRAME_HEIGHT (&video),
    .channels = GST_VIDEO_FRAME_COMP_PSTRIDE (&video, 0),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (&video, 0),
  };
  flow = gst_dataset_src_load (self, &target, &frame, &item);
  gst_video_frame_unmap (&video);
  if (flow != GST_FLOW_OK)
    return flow;

  GST_BUFFER_PTS (buffer) = gst_dataset_src_frame_time (self, frame);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) =
      gst_dataset_src_frame_time (self, frame + 1) - GST_BUFFER_PTS (buffer);
  GST_BUFFER_OFFSET (buffer) = frame;
  GST_BUFFER_OFFSET_END (buffer) = frame + 1;
  label = gen_dataset_get_label (self->dataset, item);
  gst_generative_label_add (
      buffer, label, label < 0 ? NULL : gen_dataset_get_label_name (self->dataset, label), item);
  self->bad_in_a_row = 0;
  GST_LOG_OBJECT (self, GST_GENERATIVE_FRAME_FORMAT ": picture %u, class %d, had after %.3f ms",
      GST_GENERATIVE_FRAME_ARGS (buffer), item, label, gst_generative_since (began));
  gst_dataset_src_step (self, frame);
  return GST_FLOW_OK;
}
