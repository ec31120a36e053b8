/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The preview: a wall of pictures of the same latents. One is made before training begins; the
 * training thread makes one when the last has been taken, and a task of the src pad pushes it, so
 * that a slow screen never holds training up. */
#include "gantrainer.h"

#include <string.h>

#include <generative/random.h>

GST_DEBUG_CATEGORY_EXTERN (gan_trainer_debug);
#define GST_CAT_DEFAULT gan_trainer_debug

/* Pictures a second that a recording plays at. */
#define RATE 10

static gsize
n_pictures (const GstGanTrainer *self)
{
  return (gsize)self->preview_columns * self->preview_rows;
}

static void
push_start (GstGanTrainer *self)
{
  g_autofree char *id = gst_pad_create_stream_id (self->src, GST_ELEMENT (self), "preview");
  g_autoptr (GstCaps) caps = NULL;
  GstVideoInfo info;
  GstSegment segment;

  /* Shapes of pixels and colours are those of the pictures that it learns from. */
  gst_video_info_set_format (&info, GST_VIDEO_INFO_FORMAT (&self->info),
      (guint)(GST_VIDEO_INFO_WIDTH (&self->info) * self->preview_columns),
      (guint)(GST_VIDEO_INFO_HEIGHT (&self->info) * self->preview_rows));
  info.par_n = self->info.par_n;
  info.par_d = self->info.par_d;
  info.colorimetry = self->info.colorimetry;
  info.fps_n = RATE;
  info.fps_d = 1;
  caps = gst_video_info_to_caps (&info);

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->src, gst_event_new_stream_start (id));
  gst_pad_push_event (self->src, gst_event_new_caps (caps));
  gst_pad_push_event (self->src, gst_event_new_segment (&segment));
}

/* The src pad's task: push what is there, and EOS when training is over. */
static void
push (gpointer data)
{
  GstGanTrainer *self = data;
  GstBuffer *buffer;
  gboolean first, stopping;

  g_mutex_lock (&self->mutex);
  while (self->preview == NULL && !self->ended && !self->stopping)
    g_cond_wait (&self->cond, &self->mutex);
  buffer = g_steal_pointer (&self->preview);
  stopping = self->stopping;
  g_mutex_unlock (&self->mutex);
  first = !gst_pad_has_current_caps (self->src);
  if (stopping) {
    gst_clear_buffer (&buffer);
    gst_pad_pause_task (self->src);
    return;
  }
  if (first)
    push_start (self);
  if (buffer == NULL) {
    gst_pad_push_event (self->src, gst_event_new_eos ());
    gst_pad_pause_task (self->src);
    return;
  }
  /* Whatever becomes of the preview, training goes on. */
  if (gst_pad_push (self->src, buffer) == GST_FLOW_NOT_LINKED)
    gst_pad_pause_task (self->src);
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
gst_gan_trainer_preview_prepare (GstPad *pad)
{
  gst_pad_set_query_function (pad, answer);
  gst_pad_set_event_function (pad, take_event);
}

void
gst_gan_trainer_preview_start (GstGanTrainer *self)
{
  GenRandom random = gen_random_new (self->settings.seed, GEN_STREAM_PREVIEW_LATENT, 0);
  gsize n = n_pictures (self) * gen_trainer_latent_size (self->trainer);

  self->n_previews = 0;
  self->latents = g_new (float, n);
  gen_random_normal (&random, 0, 0, self->latents, n);
  if (!gst_pad_is_linked (self->src))
    return;
  /* What the nets make before the first step, so that a pipeline plays at once. Where it cannot be
   * drawn, the next time says why. */
  gst_gan_trainer_preview_update (self, FALSE, NULL);
  gst_pad_start_task (self->src, push, self, NULL);
}

static gboolean
draw (GstGanTrainer *self, GenPicture *wall, GError **error)
{
  return gen_trainer_draw (self->trainer, self->settings.ema > 0, self->latents,
      self->preview_columns, self->preview_rows, wall, error);
}

/* The wall without its bytes, rows padded as caps without strides have them. */
static GenPicture
wall_shape (const GstGanTrainer *self)
{
  GenPicture wall = { .width = GST_VIDEO_INFO_WIDTH (&self->info) * self->preview_columns,
    .height = GST_VIDEO_INFO_HEIGHT (&self->info) * self->preview_rows,
    .channels = GST_VIDEO_INFO_N_COMPONENTS (&self->info) };

  wall.stride = GST_ROUND_UP_4 (wall.width * wall.channels);
  return wall;
}

gboolean
gst_gan_trainer_draw_wall (GstGanTrainer *self, GenPicture *wall, GError **error)
{
  GenPicture shape = wall_shape (self);

  gen_picture_init (wall, shape.width, shape.height, shape.channels);
  if (draw (self, wall, error))
    return TRUE;
  gen_picture_clear (wall);
  return FALSE;
}

static GstBuffer *
make_buffer (GstGanTrainer *self, GError **error)
{
  GenPicture wall = wall_shape (self);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, (gsize)wall.stride * wall.height, NULL);
  GstMapInfo map;
  gboolean drawn;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  memset (map.data, 0, map.size);
  wall.data = map.data;
  drawn = draw (self, &wall, error);
  gst_buffer_unmap (buffer, &map);
  if (!drawn)
    gst_clear_buffer (&buffer);
  return buffer;
}

gboolean
gst_gan_trainer_preview_update (GstGanTrainer *self, gboolean last, GError **error)
{
  GstBuffer *buffer;
  gboolean waiting;

  g_mutex_lock (&self->mutex);
  waiting = self->preview != NULL;
  g_mutex_unlock (&self->mutex);
  if ((waiting && !last) || !gst_pad_is_linked (self->src))
    return TRUE;
  buffer = make_buffer (self, error);
  if (buffer == NULL)
    return FALSE;
  GST_BUFFER_OFFSET (buffer) = gen_trainer_steps (self->trainer);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (self->n_previews++, GST_SECOND, RATE);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / RATE;

  GST_DEBUG_OBJECT (self, "a wall of pictures at step %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT,
      GST_BUFFER_OFFSET (buffer), GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));

  g_mutex_lock (&self->mutex);
  gst_clear_buffer (&self->preview);
  self->preview = buffer;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
  return TRUE;
}

void
gst_gan_trainer_preview_clear (GstGanTrainer *self)
{
  gst_clear_buffer (&self->preview);
  g_clear_pointer (&self->latents, g_free);
}
