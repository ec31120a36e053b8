/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsink in a harness: what it is given, what it says, and what it leaves in a folder. */
#pragma once

#include <generative/picture.h>
#include <generative/sound.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <string.h>

#define GREY "video/x-raw,format=GRAY8,width=8,height=4,framerate=30/1"

typedef struct {
  GstHarness *harness;
  GstBus *bus;
} Sink;

/* A sink with the properties `text`, which starts. */
static inline void
sink_open (Sink *sink, const char *text)
{
  g_autofree char *line = g_strdup_printf ("datasetsink %s", text);

  sink->harness = gst_harness_new_parse (line);
  sink->bus = gst_bus_new ();
  gst_element_set_bus (sink->harness->element, sink->bus);
  gst_harness_play (sink->harness);
}

static inline void
sink_close (Sink *sink)
{
  gst_element_set_bus (sink->harness->element, NULL);
  gst_harness_teardown (sink->harness);
  gst_object_unref (sink->bus);
}

/* The next message of that kind, or NULL. */
static inline GstMessage *
pop (Sink *sink, GstMessageType type)
{
  return gst_bus_pop_filtered (sink->bus, type);
}

static inline void
assert_no_error (Sink *sink)
{
  g_autoptr (GstMessage) message = pop (sink, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
    return;
  gst_message_parse_error (message, &error, NULL);
  g_assert_no_error (error);
}

static inline void
assert_message (GstMessage *message, GQuark domain, int code, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, domain, code);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" says nothing of \"%s\"", error->message, part);
}

static inline void
assert_error (Sink *sink, GQuark domain, int code, const char *part)
{
  g_autoptr (GstMessage) message = pop (sink, GST_MESSAGE_ERROR);

  assert_message (message, domain, code, part);
}

static inline void
finish (Sink *sink)
{
  g_assert_true (gst_harness_push_event (sink->harness, gst_event_new_eos ()));
  assert_no_error (sink);
}

static inline guint64
count_items (Sink *sink)
{
  guint64 items;

  gst_harness_get (sink->harness, "datasetsink", "items", &items, NULL);
  return items;
}

/* A buffer of `size` bytes, the first of which is `value`. */
static inline GstBuffer *
make_buffer (gsize size, guint8 value)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < size; i++)
    map.data[i] = (guint8)(value + i * 7);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static inline void
push (Sink *sink, GstBuffer *buffer)
{
  g_assert_cmpint (gst_harness_push (sink->harness, buffer), ==, GST_FLOW_OK);
}

static inline char *
in (const char *folder, const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static inline char *
read_text (const char *folder, const char *name)
{
  g_autofree char *path = in (folder, name);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static inline gboolean
exists (const char *folder, const char *name)
{
  g_autofree char *path = in (folder, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* The lines of the manifest of the dataset `name`. */
static inline GStrv
read_lines (const char *folder, const char *name)
{
  g_autofree char *location = in (folder, name);
  g_autofree char *text = read_text (location, "metadata.jsonl");

  return g_strsplit (g_strchomp (text), "\n", -1);
}

static inline void
load_picture (const char *folder, const char *name, GenPicture *picture)
{
  g_autofree char *path = in (folder, name);
  g_autoptr (GError) error = NULL;

  gen_picture_load (picture, path, 0, &error);
  g_assert_no_error (error);
}

static inline GstStructure *
add_meta (GstBuffer *buffer, const char *name)
{
  static const char *tags[] = { NULL };

  if (gst_meta_get_info (name) == NULL)
    gst_meta_register_custom (name, tags, NULL, NULL, NULL);
  return gst_custom_meta_get_structure (gst_buffer_add_custom_meta (buffer, name));
}

static inline void
run (const char *line)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  g_assert_no_error (error);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

#define SOUND "audio/x-raw,rate=8000,channels=1,layout=interleaved,format="

static inline void
assert_sound (const char *folder, const char *name, gsize frames, gsize first)
{
  g_autofree char *path = in (folder, name);
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GError) error = NULL;

  gen_sound_load (&sound, path, 0, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sound.rate, ==, 8000);
  g_assert_cmpuint (sound.frames, ==, frames);
  for (gsize i = 0; i < frames; i++)
    g_assert_cmpfloat (sound.data[i], ==, (float)(gint16)((first + i) * 311) / 32768);
}

/* Samples from number `first` on. */
static inline GstBuffer *
make_sound (gsize first, gsize frames, guint64 item)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 2 * frames, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < frames; i++)
    ((gint16 *)(void *)map.data)[i] = (gint16)((first + i) * 311);
  gst_buffer_unmap (buffer, &map);
  if (item != G_MAXUINT64)
    gst_structure_set (add_meta (buffer, "generative-label"), "label", G_TYPE_INT, -1, "index",
        G_TYPE_UINT, (guint)item, "item", G_TYPE_UINT64, item, NULL);
  return buffer;
}
