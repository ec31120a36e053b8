/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preview.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (trainer_debug);
#define GST_CAT_DEFAULT trainer_debug

/* Pictures a second that a recording plays at. */
#define RATE 10

static void
push_start (GstTrainerPreview *preview)
{
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (&preview->wall);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (preview->pad, gst_event_new_stream_start (preview->stream));
  gst_pad_push_event (preview->pad, gst_event_new_caps (caps));
  gst_pad_push_event (preview->pad, gst_event_new_segment (&segment));
}

/* The pad's task: push what is there, and EOS when training is over. */
static void
push (gpointer data)
{
  GstTrainerPreview *preview = data;
  GstBuffer *buffer;
  gboolean closed;

  g_mutex_lock (&preview->lock);
  while (preview->waiting == NULL && !preview->ended && !preview->closed)
    g_cond_wait (&preview->changed, &preview->lock);
  buffer = g_steal_pointer (&preview->waiting);
  closed = preview->closed;
  g_mutex_unlock (&preview->lock);
  if (closed) {
    gst_clear_buffer (&buffer);
    gst_pad_pause_task (preview->pad);
    return;
  }
  if (!gst_pad_has_current_caps (preview->pad))
    push_start (preview);
  if (buffer == NULL) {
    gst_pad_push_event (preview->pad, gst_event_new_eos ());
    gst_pad_pause_task (preview->pad);
    return;
  }
  /* Whatever becomes of the preview, training goes on. */
  if (gst_pad_push (preview->pad, buffer) == GST_FLOW_NOT_LINKED)
    gst_pad_pause_task (preview->pad);
}

/* The preview has times of its own, which come from no clock: what is latent in front, and where
 * the pictures are that are trained on, is nothing to it. */
static gboolean
answer (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstFormat format;

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_LATENCY:
    gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
    return TRUE;
  case GST_QUERY_SEEKING:
    gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
    gst_query_set_seeking (query, format, FALSE, 0, -1);
    return TRUE;
  case GST_QUERY_POSITION:
  case GST_QUERY_DURATION:
    return FALSE;
  default:
    return gst_pad_query_default (pad, parent, query);
  }
}

/* Nobody who looks at it moves the training data, or has it hurry. */
static gboolean
take_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  const GstEventType type = GST_EVENT_TYPE (event);

  if (type != GST_EVENT_SEEK && type != GST_EVENT_QOS)
    return gst_pad_event_default (pad, parent, event);
  gst_event_unref (event);
  return type == GST_EVENT_QOS;
}

void
gst_trainer_preview_init (GstTrainerPreview *preview, GstPad *pad)
{
  preview->pad = pad;
  g_mutex_init (&preview->lock);
  g_cond_init (&preview->changed);
  gst_pad_set_query_function (pad, answer);
  gst_pad_set_event_function (pad, take_event);
}

void
gst_trainer_preview_clear (GstTrainerPreview *preview)
{
  gst_clear_buffer (&preview->waiting);
  g_clear_pointer (&preview->stream, g_free);
  g_mutex_clear (&preview->lock);
  g_cond_clear (&preview->changed);
}

void
gst_trainer_preview_reset (GstTrainerPreview *preview)
{
  preview->n_made = 0;
  preview->ended = preview->closed = FALSE;
}

void
gst_trainer_preview_start (GstTrainerPreview *preview, const GstVideoInfo *wall, const char *stream)
{
  g_free (preview->stream);
  preview->stream = g_strdup (stream);
  preview->wall = *wall;
  preview->wall.fps_n = RATE;
  preview->wall.fps_d = 1;
  gst_pad_start_task (preview->pad, push, preview, NULL);
}

static GstBuffer *
make_buffer (const GstTrainerPreview *preview, GstTrainerDraw draw, gpointer data, GError **error)
{
  const GstVideoInfo *info = &preview->wall;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  GenPicture wall = { .width = GST_VIDEO_INFO_WIDTH (info),
    .height = GST_VIDEO_INFO_HEIGHT (info),
    .channels = GST_VIDEO_INFO_N_COMPONENTS (info),
    .stride = GST_VIDEO_INFO_PLANE_STRIDE (info, 0) };
  GstMapInfo map;
  gboolean drawn;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  memset (map.data, 0, map.size);
  wall.data = map.data;
  drawn = draw (data, &wall, error);
  gst_buffer_unmap (buffer, &map);
  if (!drawn)
    gst_clear_buffer (&buffer);
  return buffer;
}

gboolean
gst_trainer_preview_update (GstTrainerPreview *preview, guint64 step, gboolean last,
    GstTrainerDraw draw, gpointer data, GError **error)
{
  GstBuffer *buffer;
  gboolean waiting;

  g_mutex_lock (&preview->lock);
  waiting = preview->waiting != NULL;
  g_mutex_unlock (&preview->lock);
  if ((waiting && !last) || !gst_pad_is_linked (preview->pad))
    return TRUE;
  buffer = make_buffer (preview, draw, data, error);
  if (buffer == NULL)
    return FALSE;
  GST_BUFFER_OFFSET (buffer) = step;
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (preview->n_made++, GST_SECOND, RATE);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / RATE;
  GST_DEBUG_OBJECT (preview->pad,
      "a wall of pictures at step %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT, step,
      GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));

  g_mutex_lock (&preview->lock);
  gst_clear_buffer (&preview->waiting);
  if (preview->closed)
    gst_clear_buffer (&buffer);
  preview->waiting = buffer;
  g_cond_broadcast (&preview->changed);
  g_mutex_unlock (&preview->lock);
  return TRUE;
}

void
gst_trainer_preview_end (GstTrainerPreview *preview)
{
  g_mutex_lock (&preview->lock);
  preview->ended = TRUE;
  g_cond_broadcast (&preview->changed);
  g_mutex_unlock (&preview->lock);
}

void
gst_trainer_preview_close (GstTrainerPreview *preview)
{
  g_mutex_lock (&preview->lock);
  preview->closed = TRUE;
  gst_clear_buffer (&preview->waiting);
  g_cond_broadcast (&preview->changed);
  g_mutex_unlock (&preview->lock);
}
