/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sound for latentsrc to follow, and the frames that it makes of it. */
#pragma once

#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <math.h>
#include <string.h>

enum { RATE = 44100, FRAMES = 45, LENGTH = 16, SAMPLES = RATE * 3 / 2, FRAME = RATE / 30 };

#define SOURCE "latentsrc dimensions=16 walk=slerp speed=0.5 seed=3 "

/* A second and a half of something that beats four times a second, high and low by turns. */
static inline float
sample_at (gint64 i)
{
  const double beat = (double)(i % (RATE / 4)) / RATE, t = 2 * G_PI * (double)i / RATE;

  return (float)(0.8 * exp (-12 * beat) * sin ((i / (RATE / 4) % 2 == 0 ? 90 : 6000) * t));
}

/* `channels` times the same, from sample `first` on. */
static inline GstBuffer *
make_sound (gint64 first, gsize n, int channels, gboolean int16)
{
  const gsize size = n * (gsize)channels * (int16 ? sizeof (gint16) : sizeof (float));
  void *data = g_malloc (size);

  for (gsize i = 0; i < n * (gsize)channels; i++) {
    const float sample = sample_at (first + (gint64)(i / (gsize)channels));

    if (int16)
      ((gint16 *)data)[i] = (gint16)lrintf (sample * 32767);
    else
      ((float *)data)[i] = sample;
  }
  return gst_buffer_new_wrapped (data, size);
}

static inline GstClockTime
time_of (guint64 sample)
{
  return gst_util_uint64_scale (sample, GST_SECOND, RATE);
}

static inline GstHarness *
open_harness_for (const char *launch, const char *format, int channels, const char *taken)
{
  static GstStaticPadTemplate source =
      GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
  /* What is taken is known before anything is made. */
  GstStaticPadTemplate sink = { "sink", GST_PAD_SINK, GST_PAD_ALWAYS, { NULL, taken } };
  g_autoptr (GError) error = NULL;
  GstElement *element = gst_parse_launch (launch, &error);
  g_autofree char *caps = g_strdup_printf (
      "audio/x-raw,format=%s,layout=interleaved,rate=%d,channels=%d,channel-mask=(bitmask)0",
      format, RATE, channels);
  GstHarness *harness;

  g_assert_no_error (error);
  harness = gst_harness_new_full (element, &source, "sound", &sink, "src");
  gst_object_unref (element);
  gst_caps_replace (&sink.static_caps.caps, NULL);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static inline GstHarness *
open_harness (const char *launch, const char *format, int channels)
{
  return open_harness_for (launch, format, channels, "ANY");
}

/* Push samples [first, end) at their time. */
static inline GstFlowReturn
push (GstHarness *harness, gint64 first, gint64 end, int channels, gboolean int16)
{
  GstBuffer *buffer = make_sound (first, (gsize)(end - first), channels, int16);

  GST_BUFFER_PTS (buffer) = time_of ((guint64)first);
  return gst_harness_push (harness, buffer);
}

/* Push all of it in pieces of `piece` samples. */
static inline void
push_pieces (GstHarness *harness, gint64 piece, int channels, gboolean int16)
{
  for (gint64 at = 0; at < SAMPLES; at += piece)
    g_assert_cmpint (
        push (harness, at, MIN (at + piece, SAMPLES), channels, int16), ==, GST_FLOW_OK);
}

/* Wait for EOS, which follows the last frame. */
static inline void
wait_for_end (GstHarness *harness)
{
  for (int i = 0; i < 2000; i++) {
    if (GST_PAD_IS_EOS (harness->sinkpad))
      return;
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
  }
  g_error ("no EOS came");
}

/* Take `n` frames, the first of which is number `first`. (transfer full) */
static inline float *
pull (GstHarness *harness, guint64 first, gsize n)
{
  float *latents = g_new (float, n *LENGTH);

  for (gsize i = 0; i < n; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);

    g_assert_nonnull (buffer);
    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, first + i);
    g_assert_cmpuint (
        GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (first + i, GST_SECOND, 30));
    g_assert_cmpuint (gst_buffer_extract (buffer, 0, latents + i * LENGTH, LENGTH * sizeof (float)),
        ==, LENGTH * sizeof (float));
  }
  return latents;
}

static inline float *
pull_to_end (GstHarness *harness)
{
  float *latents;

  gst_harness_push_event (harness, gst_event_new_eos ());
  latents = pull (harness, 0, FRAMES);
  wait_for_end (harness);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 0);
  return latents;
}

/* What all pieces and formats have to come to. (transfer full) */
static inline float *
make_reference (const char *launch)
{
  GstHarness *harness = open_harness (launch, "F32LE", 1);
  float *latents;

  push_pieces (harness, SAMPLES, 1, FALSE);
  latents = pull_to_end (harness);
  gst_harness_teardown (harness);
  return latents;
}

static inline void
assert_same (const float *a, const float *b, gsize frames)
{
  g_assert_cmpmem (a, frames * LENGTH * sizeof (float), b, frames * LENGTH * sizeof (float));
}

static inline double
distance (const float *a, const float *b)
{
  double sum = 0;

  for (gsize i = 0; i < LENGTH; i++)
    sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
  return sqrt (sum);
}

static inline void
push_segment (GstHarness *harness, GstClockTime start, GstClockTime time, double rate)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.position = start;
  segment.time = time;
  segment.rate = rate;
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
}
