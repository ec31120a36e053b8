/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds for audioaugment in buffers of all kinds, and what the library makes of them. */
#pragma once

#include <generative/augment.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <math.h>
#include <string.h>

enum { RATE = 16000, LENGTH = 1000 };

#define SETTINGS                                                                                   \
  "time-stretch=1.2 pitch-shift=3 room=0.05 shift=0.1 crop=0.2 reverse=0.5 time-mask=0.1 "         \
  "channel-swap=0.5 channel-drop=0.2 low-pass=1000 "                                               \
  "high-pass=200 band-pass=2 peak=12 low-shelf=6 high-shelf=6 frequency-mask=1 loudness=23 "       \
  "gain=6 polarity=0.5 fade=0.2 noise=0.1 pink-noise=0.1 brown-noise=0.1 compress=4 limit=6 "      \
  "soft-clip=6 hard-clip=3 decimate=4000 bit-depth=8 telephone=0.3 "                               \
  "spectrogram-mask=0.3 opus=12 mp3=16 seed=6"
/* What a part of a window does not change. */
#define OF_PARTS "crop=0.2 gain=6 polarity=0.5 fade=0.2 seed=6"

static inline GenAugmentSettings
settings_of (const char *text)
{
  GenAugmentSettings settings;
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  gen_augment_settings_init (&settings, &gen_medium_sound);
  for (int w = 0; words[w] != NULL; w++) {
    g_auto (GStrv) parts = g_strsplit (words[w], "=", 2);
    const double value = g_ascii_strtod (parts[1], NULL);

    if (g_str_equal (parts[0], "seed"))
      settings.seed = (guint64)value;
    for (int i = 0; gen_augmentation_list (&gen_medium_sound)[i] != NULL; i++)
      if (g_str_equal (gen_augmentation_list (&gen_medium_sound)[i]->name, parts[0]))
        settings.amounts[i] = value;
  }
  return settings;
}

/* A stream as it is pushed. */
typedef struct {
  gboolean int16;
  int channels;
} Kind;

static const Kind kinds[] = { { FALSE, 1 }, { TRUE, 1 }, { FALSE, 2 }, { TRUE, 8 } };

static inline gsize
frame_of (const Kind *kind)
{
  return (gsize)kind->channels * (kind->int16 ? sizeof (gint16) : sizeof (float));
}

static inline void
set_caps (GstHarness *harness, const Kind *kind, int rate)
{
  g_autofree char *caps = g_strdup_printf (
      "audio/x-raw,format=%s,layout=interleaved,rate=%d,channels=%d,channel-mask=(bitmask)0",
      kind->int16 ? GST_AUDIO_NE (S16) : GST_AUDIO_NE (F32), rate, kind->channels);

  /* Where a mask is not needed, none is said. */
  if (kind->channels <= 2)
    strstr (caps, ",channel-mask")[0] = '\0';
  gst_harness_set_src_caps_str (harness, caps);
}

static inline GstHarness *
harness_new (const char *settings, const Kind *kind)
{
  g_autofree char *launch = g_strdup_printf ("audioaugment %s", settings);
  GstHarness *harness = gst_harness_new_parse (launch);

  set_caps (harness, kind, RATE);
  return harness;
}

/* Frames [first, first + n) of the sound that all tests play: whole steps of int16. */
static inline void
fill_samples (const Kind *kind, guint64 first, gsize n, gpointer samples)
{
  const gsize channels = (gsize)kind->channels;

  for (gsize i = 0; i < n * channels; i++) {
    const double t = (double)(first + i / channels);
    const gint16 value =
        (gint16)rint (9000 * sin (t * 0.05 * (1 + (double)(i % channels))) + 3000 * sin (t * 1.3));

    if (kind->int16)
      ((gint16 *)samples)[i] = value;
    else
      ((float *)samples)[i] = (float)value / 32768;
  }
}

static inline GstBuffer *
new_buffer (const Kind *kind, guint64 first, gsize n)
{
  const gsize size = n * frame_of (kind);
  gpointer samples = g_malloc (MAX (size, 1));

  fill_samples (kind, first, n, samples);
  return gst_buffer_new_wrapped (samples, size);
}

static inline GstClockTime
time_of (guint64 frame)
{
  return gst_util_uint64_scale (frame, GST_SECOND, RATE);
}

/* Push frames [first, end) in buffers of `chunk`, with times. */
static inline void
push_frames (GstHarness *harness, const Kind *kind, guint64 first, guint64 end, gsize chunk)
{
  while (first < end) {
    const gsize n = (gsize)MIN (chunk, end - first);
    GstBuffer *buffer = new_buffer (kind, first, n);

    GST_BUFFER_PTS (buffer) = time_of (first);
    GST_BUFFER_DURATION (buffer) = time_of (first + n) - time_of (first);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    first += n;
  }
}

/* All that has come out, which begins with frame `first`, in one piece. */
static inline GByteArray *
pull_all (GstHarness *harness, const Kind *kind, guint64 first)
{
  GByteArray *bytes = g_byte_array_new ();
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (harness)) != NULL) {
    const guint64 at = first + bytes->len / frame_of (kind);
    GstMapInfo map;

    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, time_of (at));
    g_assert_cmpuint (GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), ==,
        time_of (at + map.size / frame_of (kind)));
    g_assert_true (bytes->len == 0 || !GST_BUFFER_IS_DISCONT (buffer));
    g_byte_array_append (bytes, map.data, (guint)map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  return bytes;
}

/* What the library makes of frames [first, end) in windows of `length`. */
static inline GByteArray *
expected (const Kind *kind, const GenAugmentSettings *settings, guint64 first, guint64 end,
    guint64 length)
{
  const gsize channels = (gsize)kind->channels, n = (gsize)(end - first);
  const Kind floats = { FALSE, kind->channels };
  const GenFormat format = { &gen_medium_sound, .channels = kind->channels, .rate = RATE,
    .length = (gsize)length };
  GByteArray *bytes = g_byte_array_new ();
  g_auto (GenSound) sound = { 0 };
  GenSound part;

  gen_sound_init (&sound, RATE, kind->channels, n);
  fill_samples (&floats, first, n, sound.data);
  part = sound;
  for (guint64 at = first; at < end; at += part.frames, part.data += part.frames * channels) {
    GenAugmentSoundDraw draw;

    part.frames = (gsize)(MIN (end, (at / length + 1) * length) - at);
    gen_augment_draw_sound (settings, at / length, &format, &draw);
    gen_augment_render_sound (&draw, &part, (gsize)(at % length));
  }
  g_byte_array_set_size (bytes, (guint)(n * frame_of (kind)));
  if (kind->int16)
    gen_sound_to_int16 (&sound, (gint16 *)bytes->data);
  else
    memcpy (bytes->data, sound.data, n * frame_of (kind));
  return bytes;
}

static inline void
assert_expected (GByteArray *bytes, const Kind *kind, const GenAugmentSettings *settings,
    guint64 first, guint64 end, guint64 length)
{
  g_autoptr (GByteArray) wanted = expected (kind, settings, first, end, length);

  g_assert_cmpmem (bytes->data, bytes->len, wanted->data, wanted->len);
}

static inline void
seek_to (GstHarness *harness, guint64 frame)
{
  GstSegment segment;

  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = segment.position = time_of (frame);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
}
