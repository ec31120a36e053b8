/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that follow each other become one item, a film. A clip ends when it has its frames, and
 * where the stream is broken: by caps, by a buffer that is discontinuous, as datasetsrc marks
 * the first one of each clip, by another class, and by its end. */
#include "datasetsink.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_sink_debug);
#define GST_CAT_DEFAULT dataset_sink_debug

/* Of a stream that does not say. */
#define USUAL_RATE 25

static guint
length_of_clips (GstDatasetSink *self)
{
  guint length;

  GST_OBJECT_LOCK (self);
  length = self->clip_length;
  GST_OBJECT_UNLOCK (self);
  return length;
}

gboolean
gst_dataset_sink_has_clips (GstDatasetSink *self)
{
  return length_of_clips (self) > 0;
}

void
gst_dataset_sink_forget_clip (GstDatasetSink *self)
{
  g_clear_pointer (&self->clip.film, gen_clip_free);
  gst_clear_buffer (&self->clip.begins);
}

static gboolean
begin_clip (GstDatasetSink *self, GstBuffer *buffer, const GenPicture *picture, GError **error)
{
  const gboolean has_rate = self->video.fps_n > 0;
  const GenClipSettings settings = { .width = picture->width,
    .height = picture->height,
    .channels = picture->channels,
    .rate_n = has_rate ? self->video.fps_n : USUAL_RATE,
    .rate_d = has_rate ? self->video.fps_d : 1,
    .quality = self->settings.quality,
    .threads = self->settings.threads };

  self->clip.film = gen_clip_new (self->clip_encoding, &settings, error);
  if (self->clip.film == NULL)
    return FALSE;
  self->clip.begins = gst_buffer_ref (buffer);
  self->clip.frame = self->frame;
  return TRUE;
}

gboolean
gst_dataset_sink_end_clip (GstDatasetSink *self)
{
  GstDatasetPart part = { self->clip.begins, self->clip.frame, 0, 1 };
  const GenSample sample = { .medium = &gen_medium_picture };
  g_autoptr (GBytes) film = NULL;
  g_autoptr (GError) error = NULL;
  gboolean good;

  if (self->clip.film == NULL)
    return TRUE;
  part.frames = gen_clip_get_length (self->clip.film);
  film = gen_clip_finish (self->clip.film, &error);
  good = film != NULL && gst_dataset_sink_add_item (self, &part, &sample, 0, film);
  if (film == NULL)
    gst_dataset_sink_post_error (self, error);
  gst_dataset_sink_forget_clip (self);
  return good;
}

/* Whether a frame goes on with the clip that is gathered. */
static gboolean
follows (GstDatasetSink *self, GstBuffer *buffer)
{
  const GstDatasetPart first = { self->clip.begins, 0, 0, 1 }, next = { buffer, 0, 0, 1 };
  const char *first_name, *name;

  return !GST_BUFFER_IS_DISCONT (buffer) &&
         gst_dataset_part_find_class (&first, &first_name) ==
             gst_dataset_part_find_class (&next, &name) &&
         g_strcmp0 (first_name, name) == 0;
}

GstFlowReturn
gst_dataset_sink_take_frame (GstDatasetSink *self, GstBuffer *buffer, const GenPicture *picture)
{
  g_autoptr (GError) error = NULL;

  if (self->clip.film != NULL && !follows (self, buffer) && !gst_dataset_sink_end_clip (self))
    return GST_FLOW_ERROR;
  if ((self->clip.film == NULL && !begin_clip (self, buffer, picture, &error)) ||
      !gen_clip_add (self->clip.film, picture, &error)) {
    gst_dataset_sink_post_error (self, error);
    return GST_FLOW_ERROR;
  }
  if (gen_clip_get_length (self->clip.film) < length_of_clips (self))
    return GST_FLOW_OK;
  return gst_dataset_sink_end_clip (self) ? GST_FLOW_OK : GST_FLOW_ERROR;
}
