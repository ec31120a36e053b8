/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "encode-stream.h"

#include <gio/gio.h>
#include <gst/app/app.h>
#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include "../../lib/serve/generate-error.h"

/* Raw media that wait for the encoder. */
#define WAITING_MOST (8 * 1024 * 1024)

struct _ServeStream {
  const ServeStreamKind *kind;
  ServeEncodeFunc made;
  gpointer data;
  GstElement *pipeline, *source;
  GOutputStream *memory; /* where the muxer goes back */
  guint64 units;         /* frames or samples so far */
};

static void
give (ServeStream *stream, gpointer data, gsize size)
{
  g_autoptr (GBytes) bytes = NULL;

  if (stream->kind->settle != NULL)
    stream->kind->settle (data, size);
  bytes = g_bytes_new_take (data, size);
  stream->made (bytes, stream->data);
}

static GstFlowReturn
take_sample (GstAppSink *sink, gpointer user_data)
{
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  GstBuffer *buffer = sample != NULL ? gst_sample_get_buffer (sample) : NULL;
  gpointer data;
  gsize size;

  if (buffer == NULL)
    return GST_FLOW_EOS;
  gst_buffer_extract_dup (buffer, 0, gst_buffer_get_size (buffer), &data, &size);
  give (user_data, data, size);
  return GST_FLOW_OK;
}

static GstElement *
make_sink (ServeStream *stream)
{
  GstAppSinkCallbacks callbacks = { .new_sample = take_sample };
  GstElement *sink;

  if (stream->kind->goes_back) {
    stream->memory = g_memory_output_stream_new_resizable ();
    sink = gst_element_factory_make ("giostreamsink", NULL);
    if (sink != NULL)
      g_object_set (sink, "stream", stream->memory, "async", FALSE, NULL);
    return sink;
  }
  sink = gst_element_factory_make ("appsink", NULL);
  if (sink != NULL) {
    g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
    gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, stream, NULL);
  }
  return sink;
}

static void
set_tags (GstElement *pipeline, const GstTagList *tags)
{
  GstIterator *iterator =
      gst_bin_iterate_all_by_interface (GST_BIN (pipeline), GST_TYPE_TAG_SETTER);
  GValue item = G_VALUE_INIT;

  while (gst_iterator_next (iterator, &item) == GST_ITERATOR_OK) {
    gst_tag_setter_merge_tags (
        GST_TAG_SETTER (g_value_get_object (&item)), tags, GST_TAG_MERGE_REPLACE);
    g_value_reset (&item);
  }
  g_value_unset (&item);
  gst_iterator_free (iterator);
}

/* NULL with `error`. */
static GstElement *
build (ServeStream *stream, GError **error)
{
  g_autoptr (GstElement) pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *coder = gst_parse_bin_from_description_full (
      stream->kind->launch, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  GstElement *sink = make_sink (stream);

  stream->source = gst_element_factory_make ("appsrc", NULL);
  if (coder == NULL || sink == NULL || stream->source == NULL) {
    if (coder != NULL)
      gen_serve_refuse (
          error, GEN_SERVE_FAILED, NULL, "GStreamer lacks appsrc, appsink or giostreamsink");
    g_clear_pointer (&coder, gst_object_unref);
    g_clear_pointer (&sink, gst_object_unref);
    gst_clear_object (&stream->source);
    return NULL;
  }
  g_object_set (stream->source, "format", GST_FORMAT_TIME, "block", TRUE, "max-bytes",
      (guint64)WAITING_MOST, NULL);
  gst_bin_add_many (GST_BIN (pipeline), stream->source, coder, sink, NULL);
  gst_element_link_many (stream->source, coder, sink, NULL);
  return g_steal_pointer (&pipeline);
}

ServeStream *
serve_stream_open (const ServeStreamKind *kind, const ServeEncodeOptions *options,
    ServeEncodeFunc made, gpointer data, GError **error)
{
  ServeStream *stream = g_new0 (ServeStream, 1);

  *stream = (ServeStream){ .kind = kind, .made = made, .data = data };
  stream->pipeline = build (stream, error);
  if (stream->pipeline == NULL) {
    serve_stream_free (stream);
    return NULL;
  }
  if (options->tags != NULL)
    set_tags (stream->pipeline, options->tags);
  gst_element_set_state (stream->pipeline, GST_STATE_PLAYING);
  return stream;
}

void
serve_stream_free (gpointer data)
{
  ServeStream *stream = data;

  if (stream->pipeline != NULL) {
    gst_element_set_state (stream->pipeline, GST_STATE_NULL);
    gst_object_unref (stream->pipeline);
  }
  g_clear_object (&stream->memory);
  g_free (stream);
}

/* When unit `number` begins, of samples such as caps say, and how many there are in a buffer. */
static GstClockTime
time_of (const GstCaps *caps, guint64 number, gsize size, guint64 *units)
{
  GstAudioInfo sound;
  GstVideoInfo video;

  if (gst_audio_info_from_caps (&sound, caps)) {
    *units = size / (gsize)GST_AUDIO_INFO_BPF (&sound);
    return gst_util_uint64_scale (number, GST_SECOND, (guint64)GST_AUDIO_INFO_RATE (&sound));
  }
  *units = 1;
  if (!gst_video_info_from_caps (&video, caps) || GST_VIDEO_INFO_FPS_N (&video) == 0)
    return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale (number, GST_SECOND * (guint64)GST_VIDEO_INFO_FPS_D (&video),
      (guint64)GST_VIDEO_INFO_FPS_N (&video));
}

static gboolean
take_error (ServeStream *stream, GstMessage *message, GError **error)
{
  g_autoptr (GError) said = NULL;

  if (message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &said, NULL);
  return gen_serve_refuse (error, GEN_SERVE_FAILED, NULL, "what was made cannot be encoded%s%s",
      said != NULL ? ": " : "", said != NULL ? said->message : "");
}

gboolean
serve_stream_add (gpointer data, GstSample *sample, GError **error)
{
  ServeStream *stream = data;
  GstCaps *caps = gst_sample_get_caps (sample);
  g_autoptr (GstBuffer) buffer = gst_buffer_copy (gst_sample_get_buffer (sample));
  g_autoptr (GstSample) stamped = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstBus) bus = NULL;
  guint64 units;

  GST_BUFFER_PTS (buffer) = time_of (caps, stream->units, gst_buffer_get_size (buffer), &units);
  stream->units += units;
  GST_BUFFER_DURATION (buffer) =
      time_of (caps, stream->units, gst_buffer_get_size (buffer), &units) - GST_BUFFER_PTS (buffer);
  GST_BUFFER_OFFSET (buffer) = GST_BUFFER_OFFSET_END (buffer) = GST_BUFFER_OFFSET_NONE;
  if (stream->units > units)
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DISCONT);
  stamped = gst_sample_new (buffer, caps, NULL, NULL);
  if (gst_app_src_push_sample (GST_APP_SRC (stream->source), stamped) == GST_FLOW_OK)
    return TRUE;
  bus = gst_element_get_bus (stream->pipeline);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  return take_error (stream, message, error);
}

gboolean
serve_stream_finish (gpointer data, GError **error)
{
  ServeStream *stream = data;
  g_autoptr (GstBus) bus = gst_element_get_bus (stream->pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_app_src_end_of_stream (GST_APP_SRC (stream->source));
  message =
      gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_EOS)
    return take_error (stream, message, error);
  if (stream->memory != NULL) {
    GMemoryOutputStream *memory = G_MEMORY_OUTPUT_STREAM (stream->memory);
    const gsize size = g_memory_output_stream_get_data_size (memory);

    give (stream, g_memdup2 (g_memory_output_stream_get_data (memory), size), size);
  }
  return TRUE;
}

gboolean
serve_stream_has (const char *const *elements)
{
  for (; *elements != NULL; elements++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (*elements);

    if (factory == NULL)
      return FALSE;
  }
  return TRUE;
}
