/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Both pads of qualitycompare, fed by hand. */
#pragma once

#include <generative/report.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <math.h>
#include <string.h>

#define SCORE "generative-score"
#define SUMMARY "generative-summary"
#define SIZE 32
#define RATE 8000
#define INTERVAL (GST_SECOND / 25)

typedef struct {
  GstElement *element;
  GstHarness *judged, *reference;
  GstBus *bus;
} Pair;

static inline void pair_open (Pair *pair, const char *first_property, ...) G_GNUC_NULL_TERMINATED;

static inline void
pair_open (Pair *pair, const char *first_property, ...)
{
  va_list properties;

  pair->element = gst_object_ref_sink (gst_element_factory_make ("qualitycompare", NULL));
  va_start (properties, first_property);
  g_object_set_valist (G_OBJECT (pair->element), first_property, properties);
  va_end (properties);
  pair->bus = gst_bus_new ();
  gst_element_set_bus (pair->element, pair->bus);
  pair->judged = gst_harness_new_with_element (pair->element, "sink", "src");
  pair->reference = gst_harness_new_with_element (pair->element, "reference", NULL);
}

static inline void
pair_close (Pair *pair)
{
  gst_harness_teardown (pair->reference);
  gst_harness_teardown (pair->judged);
  gst_element_set_bus (pair->element, NULL);
  gst_object_unref (pair->bus);
  gst_object_unref (pair->element);
}

static inline void
set_caps (Pair *pair, const char *judged, const char *reference)
{
  gst_harness_set_src_caps_str (pair->judged, judged);
  gst_harness_set_src_caps_str (pair->reference, reference);
}

#define GREY "video/x-raw,format=GRAY8,width=32,height=32,framerate=25/1"

/* A square that wanders about in its own way, brighter by `add`. */
static inline GstBuffer *
make_frame (int place, int add, GstClockTime pts)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIZE * SIZE, NULL);
  const int left = place * 7 % 23, top = place * 5 % 19;
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++) {
      const gboolean within = x >= left && x < left + 9 && y >= top && y < top + 9;

      map.data[y * SIZE + x] = (guint8)((within ? 200 : 30) + add);
    }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
  return buffer;
}

/* Frames of a stream, from another thread than those of the other one, as elements send them. */
typedef struct {
  GstHarness *harness;
  GPtrArray *buffers; /* and events */
} Feed;

static inline gpointer
run_feed (gpointer data)
{
  Feed *feed = data;

  for (guint i = 0; i < feed->buffers->len; i++)
    if (GST_IS_EVENT (feed->buffers->pdata[i]))
      gst_harness_push_event (feed->harness, feed->buffers->pdata[i]);
    else
      gst_harness_push (feed->harness, feed->buffers->pdata[i]);
  gst_harness_push_event (feed->harness, gst_event_new_eos ());
  g_ptr_array_unref (feed->buffers);
  return NULL;
}

/* Push both streams and their ends, and wait until all is through; returns how many events of that
 * type came. */
static inline int
play_counting (Pair *pair, GstEventType counted, GPtrArray *judged, GPtrArray *reference)
{
  Feed feeds[] = { { pair->judged, judged }, { pair->reference, reference } };
  GThread *threads[2];

  for (int i = 0; i < 2; i++)
    threads[i] = g_thread_new ("feed", run_feed, &feeds[i]);
  for (int i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  for (int n = 0;;) {
    g_autoptr (GstEvent) event = gst_harness_pull_event (pair->judged);

    g_assert_nonnull (event);
    n += GST_EVENT_TYPE (event) == counted;
    if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
      return n;
  }
}

static inline void
play (Pair *pair, GPtrArray *judged, GPtrArray *reference)
{
  play_counting (pair, GST_EVENT_UNKNOWN, judged, reference);
}

static inline GstStructure *
find_message (Pair *pair, GstMessageType type, const char *name)
{
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (pair->bus, 20 * GST_SECOND, type);

    g_assert_nonnull (message);
    if (name == NULL || gst_message_has_name (message, name))
      return gst_structure_copy (gst_message_get_structure (message));
  }
}

static inline void
assert_error (Pair *pair, const char *text)
{
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (pair->bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  if (strstr (error->message, text) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, text);
}

static inline void
assert_warning (Pair *pair, const char *text)
{
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (pair->bus, 20 * GST_SECOND, GST_MESSAGE_WARNING);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  if (strstr (error->message, text) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, text);
}

static inline const GstStructure *
score_of (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, SCORE);

  g_assert_nonnull (meta);
  return gst_custom_meta_get_structure (meta);
}

static inline double
number (const GstStructure *structure, const char *name)
{
  double value = NAN;

  if (!gst_structure_get_double (structure, name, &value))
    g_error ("no number %s", name);
  return value;
}

static inline gint64
count (const GstStructure *structure, const char *name)
{
  gint64 value = -1;

  if (!gst_structure_get_int64 (structure, name, &value))
    g_error ("no count %s", name);
  return value;
}

/* --- sounds --- */

#define SOUND "audio/x-raw,format=F32LE,layout=interleaved,rate=8000,channels=2"

/* Frames `from` to `to` of one noise, of both channels, times `scale`, and another noise. */
static inline GstBuffer *
make_sound (int from, int to, GstClockTime pts, float scale, float noise)
{
  const gsize n = (gsize)(to - from);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * 2 * sizeof (float), NULL);
  GstMapInfo map;
  float *out;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  out = (float *)(void *)map.data;
  for (int i = from; i < to; i++)
    for (int c = 0; c < 2; c++) {
      const guint32 hash = (guint32)(i * 2 + c + 12345) * 2654435761u;
      const guint32 other = (hash ^ (hash >> 15)) * 2246822519u;

      *out++ = scale * ((float)(hash >> 8) / (1 << 23) - 1) +
               noise * ((float)(other >> 8) / (1 << 23) - 1);
    }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

static inline GPtrArray *
make_sounds (int frames, int piece, GstClockTime begin, float scale, float noise)
{
  GPtrArray *buffers = g_ptr_array_new ();

  for (int i = 0; i < frames; i += piece)
    g_ptr_array_add (
        buffers, make_sound (i, MIN (i + piece, frames),
                     begin + gst_util_uint64_scale_int (i, GST_SECOND, RATE), scale, noise));
  return buffers;
}

/* What all buffers' metas say of `name`, in their order. */
static inline GArray *
pull_numbers (Pair *pair, guint n_buffers, const char *name)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (double));
  const GstMetaInfo *info = gst_meta_get_info (SCORE);

  for (guint i = 0; i < n_buffers; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (pair->judged);
    gpointer state = NULL;
    GstMeta *meta;

    while ((meta = gst_buffer_iterate_meta (buffer, &state)) != NULL) {
      double value = NAN;

      if (meta->info != info)
        continue;
      gst_structure_get_double (
          gst_custom_meta_get_structure ((GstCustomMeta *)meta), name, &value);
      g_array_append_val (numbers, value);
    }
  }
  return numbers;
}

/* --- whole pipelines --- */

/* Wait for the end; returns the last summary. */
static inline GstStructure *
wait_for_end (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstStructure *summary = NULL;

  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    if (gst_message_has_name (message, SUMMARY)) {
      g_clear_pointer (&summary, gst_structure_free);
      summary = gst_structure_copy (gst_message_get_structure (message));
    }
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      return summary;
  }
}

static GstElement *launch (const char *format, ...) G_GNUC_PRINTF (1, 2);

static inline GstElement *
launch (const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;
  GstElement *pipeline;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  pipeline = gst_parse_launch (line, &error);
  g_assert_no_error (error);
  return gst_object_ref_sink (pipeline);
}
