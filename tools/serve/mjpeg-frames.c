/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The streaming thread leaves its last frame where the main loop finds it, and wakes that up unless
 * it has been already: a main loop that is busy loses frames, and has none to catch up with. */
#include <gst/app/app.h>

#include "mjpeg.h"

/* The raw frame is there before its JPEG is. Nothing waits for the first one: that would be the
 * thread that is to bring the other. */
#define LINE(queue)                                                                                \
  "videoconvert ! video/x-raw,format={I420,RGB} ! tee name=raw ! "                                 \
  "appsink name=last async=false wait-on-eos=false sync=false max-buffers=1 drop=true "            \
  "raw. ! " queue "jpegenc quality=85 ! "                                                          \
  "appsink name=jpeg async=false sync=false max-buffers=1 drop=true"
/* What a session makes of its own comes by a queue, in whose thread frames are encoded; a line of
 * somebody else's need not have one. */
#define QUEUE "queue leaky=downstream max-size-buffers=1 max-size-bytes=0 max-size-time=0 ! "

typedef struct {
  GMutex lock;
  GstSample *sample; /* that nobody has taken, or NULL */
  GenCounter *lost;
  MjpegFrames *frames; /* of the main loop's thread; NULL: they are gone */
  gboolean woken;
} Slot;

struct _MjpegFrames {
  ServeStreamPlayer *player;
  GstElement *last;
  Slot *slot;
  GBytes *jpeg;
  guint64 count;
  const MjpegEvents *events;
  gpointer data;
};

/* --- from the streaming thread --- */

static void
clear_slot (gpointer data)
{
  Slot *slot = data;

  g_clear_pointer (&slot->sample, gst_sample_unref);
  g_mutex_clear (&slot->lock);
}

static void
release_slot (gpointer slot)
{
  g_atomic_rc_box_release_full (slot, clear_slot);
}

typedef struct {
  GstBuffer *buffer;
  GstMapInfo map;
} Mapped;

static void
free_mapped (gpointer data)
{
  Mapped *mapped = data;

  gst_buffer_unmap (mapped->buffer, &mapped->map);
  gst_buffer_unref (mapped->buffer);
  g_free (mapped);
}

/* The bytes of a sample, which stay where they are. (transfer full) */
static GBytes *
map_sample (GstSample *sample)
{
  Mapped *mapped = g_new0 (Mapped, 1);

  mapped->buffer = gst_buffer_ref (gst_sample_get_buffer (sample));
  if (gst_buffer_map (mapped->buffer, &mapped->map, GST_MAP_READ))
    return g_bytes_new_with_free_func (mapped->map.data, mapped->map.size, free_mapped, mapped);
  gst_buffer_unref (mapped->buffer);
  g_free (mapped);
  return NULL;
}

static gboolean
wake (gpointer data)
{
  Slot *slot = data;
  MjpegFrames *frames = slot->frames;
  g_autoptr (GstSample) sample = NULL;
  GBytes *jpeg;

  g_mutex_lock (&slot->lock);
  slot->woken = FALSE;
  sample = g_steal_pointer (&slot->sample);
  g_mutex_unlock (&slot->lock);
  jpeg = frames != NULL && sample != NULL ? map_sample (sample) : NULL;
  if (jpeg == NULL)
    return G_SOURCE_REMOVE;
  g_clear_pointer (&frames->jpeg, g_bytes_unref);
  frames->jpeg = jpeg;
  frames->count++;
  frames->events->came (frames->data);
  return G_SOURCE_REMOVE;
}

static GstFlowReturn
take_sample (GstAppSink *sink, gpointer data)
{
  Slot *slot = data;
  GstSample *sample = gst_app_sink_pull_sample (sink);
  gboolean woken;

  if (sample == NULL)
    return GST_FLOW_EOS;
  g_mutex_lock (&slot->lock);
  if (slot->sample != NULL)
    gen_counter_add (slot->lost, 1);
  g_clear_pointer (&slot->sample, gst_sample_unref);
  slot->sample = sample;
  woken = slot->woken;
  slot->woken = TRUE;
  g_mutex_unlock (&slot->lock);
  if (!woken)
    g_idle_add_full (G_PRIORITY_DEFAULT, wake, g_atomic_rc_box_acquire (slot), release_slot);
  return GST_FLOW_OK;
}

/* --- in the main loop --- */

static void
has_ended (gpointer data)
{
  MjpegFrames *frames = data;

  frames->events->ended (frames->data);
}

static gboolean
start (MjpegFrames *frames, const ServeMount *mount, GError **error)
{
  GstAppSinkCallbacks callbacks = { .new_sample = take_sample };
  const char *line = mount->settings->pipeline != NULL ? LINE (QUEUE) : LINE ("");
  GstElement *bin = serve_stream_player_add (frames->player, "video", line, error);
  g_autoptr (GstElement) sink = NULL;

  if (bin == NULL)
    return FALSE;
  frames->last = gst_bin_get_by_name (GST_BIN (bin), "last");
  sink = gst_bin_get_by_name (GST_BIN (bin), "jpeg");
  gst_app_sink_set_callbacks (
      GST_APP_SINK (sink), &callbacks, g_atomic_rc_box_acquire (frames->slot), release_slot);
  return serve_stream_player_start (frames->player, error);
}

MjpegFrames *
mjpeg_frames_new (ServeServer *server, ServeMount *mount, const char *owner,
    const MjpegEvents *events, gpointer data, GenCounter *lost, GError **error)
{
  MjpegFrames *frames = g_new0 (MjpegFrames, 1);

  frames->slot = g_atomic_rc_box_new0 (Slot);
  g_mutex_init (&frames->slot->lock);
  frames->slot->frames = frames;
  frames->slot->lost = lost;
  frames->events = events;
  frames->data = data;
  frames->player =
      serve_stream_player_new (server, mount, owner, "mjpeg", has_ended, frames, error);
  if (frames->player != NULL && start (frames, mount, error))
    return frames;
  mjpeg_frames_free (frames);
  return NULL;
}

void
mjpeg_frames_free (MjpegFrames *frames)
{
  frames->slot->frames = NULL;
  g_clear_pointer (&frames->player, serve_stream_player_free);
  gst_clear_object (&frames->last);
  g_clear_pointer (&frames->jpeg, g_bytes_unref);
  release_slot (frames->slot);
  g_free (frames);
}

GBytes *
mjpeg_frames_get (const MjpegFrames *frames)
{
  return frames->jpeg;
}

GstSample *
mjpeg_frames_get_raw (const MjpegFrames *frames)
{
  GstSample *sample = NULL;

  g_object_get (frames->last, "last-sample", &sample, NULL);
  return sample;
}

guint64
mjpeg_frames_count (const MjpegFrames *frames)
{
  return frames->count;
}

ServeSession *
mjpeg_frames_get_session (MjpegFrames *frames)
{
  return serve_stream_player_get_session (frames->player);
}
