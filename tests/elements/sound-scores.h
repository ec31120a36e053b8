/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A discriminator of windows of a sound, the samples that go into it, and what it says of them. */
#pragma once

#include <generative/model.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <json-glib/json-glib.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"

enum { LENGTH = 1024, RATE = 8000 };

/* The score of a sound is the mean of its samples, plus `bias`. */
static inline void
save_mean (const char *path, gint64 length, int channels, const char *rate, float bias)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  float weights[GEN_SOUND_MAX_CHANNELS];
  GenTensor *x, *pool, *flat, *w, *b, *y;

  for (int c = 0; c < channels; c++)
    weights[c] = 1.0f / (float)channels;
  x = gen_graph_add_input (
      graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, channels, length > 0 ? length : LENGTH));
  pool = gen_unary (graph, "GlobalAveragePool", x, &error);
  flat = gen_unary (graph, "Flatten", pool, &error);
  w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (channels, 1),
      g_bytes_new (weights, sizeof (float) * (gsize)channels));
  b = gen_graph_add_constant (
      graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (1), g_bytes_new (&bias, sizeof bias));
  y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ flat, w, b }, 3, 1, &error, NULL);
  g_assert_no_error (error);
  if (rate != NULL)
    say_range (graph, "generative.sample-rate", rate);
  if (length < 0)
    x->shape.dims[2] = -1;
  save_model (graph, y, path);
}

/* Samples, which are multiples of 1 / 256 so that 16 bits hold them, on a level for each 1,024. */
static inline float
sample (guint64 frame, int channel)
{
  return (float)((int)((frame * 7 + (guint64)channel * 3) % 64) - 32 +
                 (int)(frame / LENGTH * 5 % 8) * 8) /
         256;
}

/* The score of frames `first` to `end`, with silence behind them up to `length`. */
static inline double
expected (guint64 first, guint64 end, guint64 length, int channels)
{
  double sum = 0;

  for (guint64 i = first; i < end; i++)
    for (int c = 0; c < channels; c++)
      sum += sample (i, c);
  return sum / (double)(length * (guint64)channels);
}

static inline GstClockTime
time_of (guint64 frame)
{
  return gst_util_uint64_scale (frame, GST_SECOND, RATE);
}

static inline GstBuffer *
make_buffer (guint64 first, guint64 frames, int channels, gboolean int16)
{
  const gsize size = (gsize)frames * (gsize)channels * (int16 ? 2 : 4);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint64 i = 0; i < frames * (guint64)channels; i++) {
    const float value = sample (first + i / (guint64)channels, (int)(i % (guint64)channels));

    if (int16)
      ((gint16 *)map.data)[i] = (gint16)(value * 32768);
    else
      ((float *)map.data)[i] = value;
  }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = time_of (first);
  GST_BUFFER_DURATION (buffer) = time_of (first + frames) - time_of (first);
  GST_BUFFER_OFFSET (buffer) = first;
  GST_BUFFER_OFFSET_END (buffer) = first + frames;
  return buffer;
}

static inline void
assert_samples (GstBuffer *buffer, guint64 first, guint64 frames, int channels, gboolean int16)
{
  g_autoptr (GstBuffer) same = make_buffer (first, frames, channels, int16);
  GstMapInfo a, b;

  gst_buffer_map (buffer, &a, GST_MAP_READ);
  gst_buffer_map (same, &b, GST_MAP_READ);
  g_assert_cmpmem (a.data, a.size, b.data, b.size);
  gst_buffer_unmap (buffer, &a);
  gst_buffer_unmap (same, &b);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, time_of (first));
  g_assert_cmpuint (
      GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), ==, time_of (first + frames));
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, first);
}

typedef struct {
  GstHarness *harness;
  GstBus *bus;
  char *folder, *model, *report;
} Fixture;

static inline void
open_fixture (Fixture *f, gint64 length, int channels, const char *properties, const char *format)
{
  g_autofree char *launch = NULL, *caps = NULL;

  f->folder = scratch_new ();
  f->model = g_build_filename (f->folder, "model.onnx", NULL);
  f->report = g_build_filename (f->folder, "report.jsonl", NULL);
  save_mean (f->model, length, channels, "8000", 0);
  launch = g_strdup_printf (
      "discriminator model=%s report=%s post-messages=true %s", f->model, f->report, properties);
  caps = g_strdup_printf ("audio/x-raw,format=%s,layout=interleaved,rate=%d,channels=%d%s", format,
      RATE, channels, channels > 2 ? ",channel-mask=(bitmask)0xff" : "");
  f->harness = gst_harness_new_parse (launch);
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->harness->element, f->bus);
  gst_harness_set_src_caps_str (f->harness, caps);
}

static inline void
set_action (Fixture *f, int action)
{
  g_autoptr (GstElement) judge = gst_harness_find_element (f->harness, "discriminator");

  g_object_set (judge, "action", action, NULL);
}

static inline void
close_fixture (Fixture *f)
{
  gst_bus_set_flushing (f->bus, TRUE);
  gst_element_set_bus (f->harness->element, NULL);
  gst_object_unref (f->bus);
  gst_harness_teardown (f->harness);
  scratch_remove (f->folder);
  g_free (f->folder);
  g_free (f->model);
  g_free (f->report);
}

static inline double
number (const GstStructure *structure, const char *name)
{
  double value = NAN;

  g_assert_true (gst_structure_get_double (structure, name, &value));
  return value;
}

/* The next score that the bus tells is of window `number` from `first` on. */
static inline double
pop_score (GstBus *bus, guint64 window, guint64 first)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
  const GstStructure *structure;
  guint64 frame, pts;

  g_assert_nonnull (message);
  structure = gst_message_get_structure (message);
  g_assert_true (gst_structure_has_name (structure, "generative-score"));
  g_assert_true (gst_structure_get_uint64 (structure, "frame", &frame));
  g_assert_true (gst_structure_get_uint64 (structure, "pts", &pts));
  g_assert_cmpuint (frame, ==, window);
  g_assert_cmpuint (pts, ==, time_of (first));
  return number (structure, "score");
}

static inline guint
count_scores (GstBuffer *buffer)
{
  gpointer state = NULL;
  guint n = 0;

  while (gst_buffer_iterate_meta (buffer, &state) != NULL)
    n++;
  return n;
}

static inline const GstStructure *
nth_score (GstBuffer *buffer, guint nth)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta (buffer, &state)) != NULL)
    if (nth-- == 0)
      return gst_custom_meta_get_structure ((GstCustomMeta *)meta);
  g_assert_not_reached ();
}

static inline guint
count_lines (const char *path)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  return g_strv_length (lines) - 1;
}

/* What comes out: pieces, with what lies between them. */
static inline GstBuffer *
pull (Fixture *f, guint64 first, guint64 frames, gboolean discont)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);

  g_assert_nonnull (buffer);
  assert_samples (buffer, first, frames, 1, FALSE);
  g_assert_true (GST_BUFFER_IS_DISCONT (buffer) == discont);
  return buffer;
}

/* The gap that the next gap event tells of. */
static inline void
pull_gap (Fixture *f, guint64 first, guint64 end)
{
  for (;;) {
    g_autoptr (GstEvent) event = gst_harness_try_pull_event (f->harness);
    GstClockTime pts, duration;

    g_assert_nonnull (event);
    if (GST_EVENT_TYPE (event) != GST_EVENT_GAP)
      continue;
    gst_event_parse_gap (event, &pts, &duration);
    g_assert_cmpuint (pts, ==, time_of (first));
    g_assert_cmpuint (pts + duration, ==, time_of (end));
    return;
  }
}
