/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* audiomark and audiomarkdetect: what is marked in any format is read, by its key alone; samples do
 * not hang on buffers, nor what is told; what is switched off passes as it is; and a jump, a flush
 * and the end leave nothing behind. */
#include <generative/mark.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <json-glib/json-glib.h>

#include <string.h>
#include <sys/stat.h>

#include "../piece.h"
#include "../scratch.h"

#define PAYLOAD "1007babcde0003e8"
#define RATE 16000
#define CAPS(format) "audio/x-raw,format=" format ",layout=interleaved,rate=16000,channels=1"

static char *folder, *key, *other_key;
static GenSound piece; /* 12 s */

static char *
write_key (const char *name, int first)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  guint8 bytes[32];

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8)(5 * i + first);
  g_file_set_contents (path, (const char *)bytes, sizeof bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpint (chmod (path, 0600), ==, 0);
  return path;
}

static GstHarness *
make_harness (const char *launch, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;
  GstHarness *harness;

  va_start (arguments, launch);
  text = g_strdup_vprintf (launch, arguments);
  va_end (arguments);
  harness = gst_harness_new_parse (text);
  g_assert_nonnull (harness);
  return harness;
}

static gsize
write_samples (const char *format, const float *from, gsize n, guint8 *to)
{
  const gsize size = g_str_has_suffix (format, "16LE")   ? 2
                     : g_str_has_suffix (format, "32LE") ? 4
                                                         : 8;

  for (gsize i = 0; i < n && to != NULL; i++) {
    const double value = (double)from[i];
    const gint16 s16 = (gint16)lrint (value * 32767);
    const gint32 s32 = (gint32)lrint (value * 2147483647);

    if (size == 2)
      memcpy (to + i * size, &s16, size);
    else if (size == 8)
      memcpy (to + i * size, &value, size);
    else
      memcpy (to + i * size, *format == 'S' ? (const void *)&s32 : (const void *)&from[i], size);
  }
  return n * size;
}

/* Frames `first` to `end` of the piece as a buffer of that time, shifted by `later`. */
static GstBuffer *
make_buffer (const char *format, gsize first, gsize end, GstClockTime later)
{
  const gsize n = end - first;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, write_samples (format, NULL, n, NULL), NULL);
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  write_samples (format, piece.data + first, n, map.data);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = later + gst_util_uint64_scale (first, GST_SECOND, RATE);
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale (n, GST_SECOND, RATE);
  return buffer;
}

static void
push (GstHarness *harness, const char *format, gsize first, gsize end, gsize size)
{
  for (gsize i = first; i < end; i += size)
    g_assert_cmpint (gst_harness_push (harness, make_buffer (format, i, MIN (i + size, end), 0)),
        ==, GST_FLOW_OK);
}

/* Element messages generative-mark that say that a span has ended, and the last one of them. */
static guint
count_spans (GstBus *bus, GstStructure **last)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT)) != NULL) {
    gboolean ended = FALSE;

    if (gst_message_has_name (message, "generative-mark") &&
        gst_structure_get_boolean (gst_message_get_structure (message), "ended", &ended) && ended) {
      n++;
      g_clear_pointer (last, gst_structure_free);
      *last = gst_structure_copy (gst_message_get_structure (message));
    }
    gst_message_unref (message);
  }
  return n;
}

static void
assert_span (GstBus *bus, double begin, double end)
{
  GstStructure *mark = NULL;
  guint64 first = 0, last = 0;

  g_assert_cmpuint (count_spans (bus, &mark), ==, 1);
  g_assert_cmpstr (gst_structure_get_string (mark, "payload"), ==, PAYLOAD);
  g_assert_true (gst_structure_get_uint64 (mark, "begin", &first));
  g_assert_true (gst_structure_get_uint64 (mark, "end", &last));
  g_assert_true (gst_structure_has_field_typed (mark, "speed", G_TYPE_DOUBLE));
  g_assert_cmpfloat_with_epsilon ((double)first / GST_SECOND, begin, 0.8);
  g_assert_cmpfloat_with_epsilon ((double)last / GST_SECOND, end, 0.8);
  gst_structure_free (mark);
}

static void
test_formats (void)
{
  static const char *const formats[] = { "F32LE", "S16LE", "F64LE", "S32LE" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    GstHarness *harness =
        make_harness ("audiomark key=%s payload=" PAYLOAD " ! audiomarkdetect key=%s", key, key);
    g_autofree char *caps = g_strdup_printf (
        "audio/x-raw,format=%s,layout=interleaved,rate=16000,channels=1", formats[i]);
    g_autoptr (GstBus) bus = gst_bus_new ();

    gst_element_set_bus (harness->element, bus);
    gst_harness_set_src_caps_str (harness, caps);
    push (harness, formats[i], 0, piece.frames, 1600);
    g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
    g_test_message ("%s", formats[i]);
    assert_span (bus, 0, 12);
    g_assert_cmpuint (gst_harness_buffers_received (harness), ==, piece.frames / 1600);
    gst_element_set_bus (harness->element, NULL);
    gst_harness_teardown (harness);
  }
}

/* All that comes out, and whether buffers have kept their sizes and times. */
static GBytes *
take_all (GstHarness *harness, gsize size)
{
  GByteArray *bytes = g_byte_array_new ();
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (harness)) != NULL) {
    GstMapInfo map;

    g_assert_cmpuint (
        GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (bytes->len / 4, GST_SECOND, RATE));
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_assert_cmpuint (map.size, <=, size * 4);
    g_byte_array_append (bytes, map.data, (guint)map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  return g_byte_array_free_to_bytes (bytes);
}

static void
test_sizes (void)
{
  static const gsize sizes[] = { 1600, 7, 333, 16000, 100000 };
  g_autoptr (GBytes) wanted = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    GstHarness *harness = make_harness ("audiomark key=%s payload=" PAYLOAD, key);
    g_autoptr (GBytes) made = NULL;

    gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
    push (harness, "F32LE", 0, 2 * RATE, sizes[i]);
    g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
    made = take_all (harness, sizes[i]);
    g_assert_cmpuint (g_bytes_get_size (made), ==, 2 * RATE * 4);
    g_assert_cmpint (memcmp (g_bytes_get_data (made, NULL), piece.data, 2 * RATE * 4), !=, 0);
    if (wanted == NULL)
      wanted = g_bytes_ref (made);
    g_assert_true (g_bytes_equal (made, wanted));
    gst_harness_teardown (harness);
  }
}

static void
test_other_key (void)
{
  GstHarness *harness = make_harness (
      "audiomark key=%s payload=" PAYLOAD " ! audiomarkdetect key=%s", key, other_key);
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstStructure *mark = NULL;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
  push (harness, "F32LE", 0, piece.frames, 1600);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
  g_assert_cmpuint (count_spans (bus, &mark), ==, 0);
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

/* What waits is known to the pipeline, and is no more than that, whatever buffers are. */
static void
test_latency (void)
{
  static const gsize sizes[] = { 160, 1152, 4800, 16000 };

  for (guint k = 0; k < G_N_ELEMENTS (sizes); k++) {
    GstHarness *harness = make_harness ("audiomark key=%s payload=" PAYLOAD, key);
    GstClockTime latency, before;
    gsize heard = 0;

    gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
    before = gst_harness_query_latency (harness);
    g_assert_cmpuint (before, >, 100 * GST_MSECOND);
    g_assert_cmpuint (before, <, 300 * GST_MSECOND);
    while (heard + sizes[k] <= 6 * RATE) {
      push (harness, "F32LE", heard, heard + sizes[k], sizes[k]);
      heard += sizes[k];
      latency = gst_harness_query_latency (harness);
      g_assert_cmpuint (gst_util_uint64_scale (
                            gst_harness_buffers_received (harness) * sizes[k], GST_SECOND, RATE) +
                            latency,
          >=, gst_util_uint64_scale (heard, GST_SECOND, RATE));
    }
    g_assert_cmpuint (
        latency, <=, before + gst_util_uint64_scale_ceil (sizes[k], GST_SECOND, RATE));
    gst_harness_teardown (harness);
  }
}

/* A rate that no sound has is no reason to take memory by it. */
static void
test_rates (void)
{
  static const int rates[] = { 768000, 768001, 134217728, G_MAXINT };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    GstHarness *harness = make_harness ("audiomark key=%s payload=" PAYLOAD, key);
    g_autofree char *caps = g_strdup_printf (
        "audio/x-raw,format=F32LE,layout=interleaved,rate=%d,channels=1", rates[i]);

    gst_harness_set_src_caps_str (harness, caps);
    g_assert_cmpint (gst_harness_push (harness, make_buffer ("F32LE", 0, RATE, 0)), ==,
        i == 0 ? GST_FLOW_OK : GST_FLOW_NOT_NEGOTIATED);
    gst_harness_teardown (harness);
  }
}

/* Off: what comes out is what went in, with its memory. */
static void
push_untouched (GstHarness *harness, gboolean untouched)
{
  GstBuffer *buffer = make_buffer ("F32LE", 0, RATE, 0);
  g_autoptr (GstBuffer) kept = gst_buffer_ref (buffer), out = NULL;
  GstMemory *memory = gst_buffer_peek_memory (buffer, 0);

  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
  out = gst_harness_pull (harness);
  g_assert_cmpint (gst_buffer_peek_memory (out, 0) == memory, ==, untouched);
  g_assert_cmpint (gst_buffer_memcmp (out, 0, piece.data, RATE * 4) == 0, ==, untouched);
}

static void
test_off (void)
{
  for (int way = 0; way < 4; way++) {
    GstHarness *harness;

    if (way == 3)
      g_setenv ("GENERATIVE_MARK", "off", TRUE);
    harness = make_harness ("audiomark key=%s payload=" PAYLOAD "%s", key,
        way == 1   ? " enabled=false"
        : way == 2 ? " strength=0"
                   : "");
    gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
    push_untouched (harness, way > 0);
    gst_harness_teardown (harness);
  }
  g_unsetenv ("GENERATIVE_MARK");
}

/* A tone leaves nearly all bands empty, and passes to its last bit. */
static void
test_off_tone (void)
{
  GstHarness *harness = make_harness ("audiomark key=%s enabled=false", key);
  g_autofree float *tone = g_new (float, 3 * RATE);
  g_autoptr (GstBuffer) out = NULL;
  const gsize size = 3 * RATE * sizeof (float);

  for (gsize i = 0; i < 3 * RATE; i++)
    tone[i] = (float)(0.8 * sin (2 * G_PI * 375 * (double)i / RATE));
  gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
  g_assert_cmpint (gst_harness_push (harness, gst_buffer_new_memdup (tone, size)), ==, GST_FLOW_OK);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
  out = gst_harness_pull (harness);
  g_assert_cmpuint (gst_buffer_get_size (out), ==, size);
  g_assert_cmpint (gst_buffer_memcmp (out, 0, tone, size), ==, 0);
  gst_harness_teardown (harness);
}

/* Warnings, and what the summary says of windows. */
static guint
count_warnings (GstBus *bus, guint *windows, guint *unread)
{
  GstMessage *message;
  guint n = 0;

  *windows = *unread = 0;
  while (
      (message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING)) != NULL) {
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
      const GstStructure *details = NULL;
      double deviations = 0;

      gst_message_parse_warning_details (message, &details);
      g_assert_true (gst_structure_get_double (details, "deviations", &deviations));
      g_assert_cmpfloat (deviations, <, 13);
      n++;
    } else if (gst_message_has_name (message, "generative-mark-summary")) {
      g_assert_true (gst_structure_get (gst_message_get_structure (message), "windows", G_TYPE_UINT,
          windows, "unread", G_TYPE_UINT, unread, NULL));
    }
    gst_message_unref (message);
  }
  return n;
}

/* Where a sound masks too little it is told once, and how much of it that was at the end. */
static void
test_faint (void)
{
  for (int way = 0; way < 3; way++) {
    g_auto (GenSound) sound = { 0 };
    g_autoptr (GstBus) bus = gst_bus_new ();
    GstHarness *harness = make_harness (
        "audiomark key=%s payload=" PAYLOAD "%s", key, way == 2 ? " enabled=false" : "");
    guint windows, unread, warnings;

    piece_play (&sound, RATE, 1, 20);
    for (gsize i = 0; i < sound.frames && way > 0; i++)
      sound.data[i] = (float)(0.1 * sin (2 * G_PI * 375 * (double)i / RATE));
    gst_element_set_bus (harness->element, bus);
    gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
    for (gsize i = 0; i < sound.frames; i += RATE)
      g_assert_cmpint (gst_harness_push (harness, gst_buffer_new_memdup (sound.data + i, RATE * 4)),
          ==, GST_FLOW_OK);
    g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
    warnings = count_warnings (bus, &windows, &unread);
    g_test_message ("%u warnings, %u of %u windows unread", warnings, unread, windows);
    g_assert_cmpuint (warnings, ==, way == 1);
    g_assert_cmpuint (unread, ==, way == 1 ? windows : 0);
    g_assert_cmpuint (windows, ==, way == 2 ? 0 : 4);
    gst_element_set_bus (harness->element, NULL);
    gst_harness_teardown (harness);
  }
}

/* What comes before a jump of time is let go then, and read as it is; what was flushed does not
 * come. */
static void
test_jump (void)
{
  GstHarness *harness =
      make_harness ("audiomark key=%s payload=" PAYLOAD " ! audiomarkdetect key=%s", key, key);
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstSegment segment;
  GstBuffer *before;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
  push (harness, "F32LE", 0, 10 * RATE, 1600);
  g_assert_cmpuint (gst_harness_buffers_received (harness), <, 100);
  g_assert_cmpint (
      gst_harness_push (harness, make_buffer ("F32LE", 0, 1600, 60 * GST_SECOND)), ==, GST_FLOW_OK);
  /* The first one behind the jump comes later, and the span before has ended once it does. */
  g_assert_cmpuint (gst_harness_buffers_received (harness), ==, 100);
  for (gsize i = 1600; i < RATE; i += 1600)
    g_assert_cmpint (
        gst_harness_push (harness, make_buffer ("F32LE", i, i + 1600, 60 * GST_SECOND)), ==,
        GST_FLOW_OK);
  assert_span (bus, 0, 10);

  g_assert_true (gst_harness_push_event (harness, gst_event_new_flush_start ()));
  g_assert_true (gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE)));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_segment (&segment)));
  while ((before = gst_harness_try_pull (harness)) != NULL)
    gst_buffer_unref (before);
  push (harness, "F32LE", 0, 1600, 1600);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
  {
    g_autoptr (GstBuffer) first = gst_harness_try_pull (harness);

    g_assert_nonnull (first);
    g_assert_cmpuint (GST_BUFFER_PTS (first), ==, 0);
    g_assert_null (gst_harness_try_pull (harness));
  }
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

/* A gap follows what came before it. */
static void
test_gap (void)
{
  GstHarness *harness = make_harness ("audiomark key=%s payload=" PAYLOAD, key);

  gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
  push (harness, "F32LE", 0, RATE, 1600);
  g_assert_cmpuint (gst_harness_buffers_received (harness), <, 10);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_gap (GST_SECOND, GST_SECOND)));
  g_assert_cmpuint (gst_harness_buffers_received (harness), ==, 10);
  gst_harness_teardown (harness);
}

/* So does the end of a segment. */
static void
test_segment_done (void)
{
  GstHarness *harness = make_harness ("audiomark key=%s payload=" PAYLOAD, key);

  gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
  push (harness, "F32LE", 0, RATE, 1600);
  g_assert_cmpuint (gst_harness_buffers_received (harness), <, 10);
  g_assert_true (
      gst_harness_push_event (harness, gst_event_new_segment_done (GST_FORMAT_TIME, GST_SECOND)));
  g_assert_cmpuint (gst_harness_buffers_received (harness), ==, 10);
  gst_harness_teardown (harness);
}

/* Caps that say the same again, a flag and buffers of nothing change no sample, and flags stay on
 * their buffers. */
static void
test_goes_on (void)
{
  GstHarness *plain = make_harness ("audiomark key=%s payload=" PAYLOAD, key);
  GstHarness *harness = make_harness ("audiomark key=%s payload=" PAYLOAD, key);
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS ("F32LE") ",channel-mask=(bitmask)0");
  GstBuffer *buffer;

  gst_harness_set_src_caps_str (plain, CAPS ("F32LE"));
  push (plain, "F32LE", 0, 4 * RATE, 1600);
  g_assert_true (gst_harness_push_event (plain, gst_event_new_eos ()));

  gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
  g_assert_cmpint (gst_harness_push (harness, gst_buffer_new ()), ==, GST_FLOW_OK);
  push (harness, "F32LE", 0, RATE, 1600);
  buffer = make_buffer ("F32LE", RATE, RATE + 1600, 0);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  push (harness, "F32LE", RATE + 1600, 2 * RATE, 1600);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_caps (caps)));
  g_assert_cmpuint (gst_harness_buffers_received (harness), <, 21);
  g_assert_cmpint (gst_harness_push (harness, gst_buffer_new ()), ==, GST_FLOW_OK);
  push (harness, "F32LE", 2 * RATE, 4 * RATE, 1600);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));

  for (guint i = 0; i < 42; i++) {
    g_autoptr (GstBuffer) got = gst_harness_try_pull (harness), wanted = NULL;
    GstMapInfo map;

    g_assert_nonnull (got);
    g_assert_cmpint (i > 0 && GST_BUFFER_IS_DISCONT (got), ==, i == 11);
    if (i == 0 || i == 21) {
      g_assert_cmpuint (gst_buffer_get_size (got), ==, 0);
      continue;
    }
    wanted = gst_harness_try_pull (plain);
    g_assert_nonnull (wanted);
    g_assert_cmpuint (GST_BUFFER_PTS (got), ==, GST_BUFFER_PTS (wanted));
    g_assert_true (gst_buffer_map (wanted, &map, GST_MAP_READ));
    g_assert_cmpuint (gst_buffer_get_size (got), ==, map.size);
    g_assert_cmpint (gst_buffer_memcmp (got, 0, map.data, map.size), ==, 0);
    gst_buffer_unmap (wanted, &map);
  }
  g_assert_null (gst_harness_try_pull (harness));
  gst_harness_teardown (harness);
  gst_harness_teardown (plain);
}

/* Messages, metas and the report say the same. */
static void
test_report (void)
{
  g_autofree char *path = g_build_filename (folder, "report.jsonl", NULL), *text = NULL;
  GstHarness *harness = make_harness (
      "audiomark key=%s payload=" PAYLOAD " ! audiomarkdetect key=%s report=%s", key, key, path);
  g_auto (GStrv) lines = NULL;
  g_autoptr (JsonNode) line = NULL, summary = NULL;
  JsonObject *mark;
  guint with = 0;
  GstBuffer *buffer;

  gst_harness_set_src_caps_str (harness, CAPS ("F32LE"));
  push (harness, "F32LE", 0, piece.frames, 1600);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
  while ((buffer = gst_harness_try_pull (harness)) != NULL) {
    GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-mark");

    if (meta != NULL) {
      with++;
      g_assert_cmpstr (
          gst_structure_get_string (gst_custom_meta_get_structure (meta), "payload"), ==, PAYLOAD);
      g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=, 7900 * GST_MSECOND);
    }
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (with, >=, 38);
  g_assert_cmpuint (with, <=, 42);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3); /* and what is behind the last one: nothing */
  line = json_from_string (lines[0], NULL);
  summary = json_from_string (lines[1], NULL);
  mark = json_object_get_object_member (json_node_get_object (line), "mark");
  g_assert_cmpstr (json_object_get_string_member (mark, "payload"), ==, PAYLOAD);
  g_assert_true (json_object_has_member (mark, "speed"));
  g_assert_false (json_object_has_member (mark, "rotation"));
  mark = json_object_get_object_member (json_node_get_object (summary), "summary");
  g_assert_cmpint (json_object_get_int_member (mark, "frames"), ==, (gint64)piece.frames);
  g_assert_cmpint (json_object_get_int_member (mark, "marks"), ==, 1);
  g_assert_cmpfloat (json_object_get_double_member (mark, "silent-seconds"), ==, 0);
  gst_harness_teardown (harness);
}

static void
test_refused (void)
{
  static const char *const launches[] = { "audiomark", "audiomarkdetect",
    "audiomark key=/nowhere/at-all", "audiomarkdetect key=/nowhere/at-all" };

  for (guint i = 0; i < G_N_ELEMENTS (launches); i++) {
    g_autoptr (GstElement) element = gst_parse_launch (launches[i], NULL);
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;

    gst_element_set_bus (element, bus);
    g_assert_cmpint (
        gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    g_assert_nonnull (strstr (error->message, "Property key"));
    gst_element_set_state (element, GST_STATE_NULL);
    gst_element_set_bus (element, NULL);
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_unsetenv ("GENERATIVE_MARK");
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  key = write_key ("mark.key", 1);
  other_key = write_key ("other.key", 2);
  piece_play (&piece, RATE, 1, 12);
  g_test_add_func ("/audiomark/formats", test_formats);
  g_test_add_func ("/audiomark/sizes", test_sizes);
  g_test_add_func ("/audiomark/other-key", test_other_key);
  g_test_add_func ("/audiomark/latency", test_latency);
  g_test_add_func ("/audiomark/rates", test_rates);
  g_test_add_func ("/audiomark/off", test_off);
  g_test_add_func ("/audiomark/off-tone", test_off_tone);
  g_test_add_func ("/audiomark/faint", test_faint);
  g_test_add_func ("/audiomark/jump", test_jump);
  g_test_add_func ("/audiomark/gap", test_gap);
  g_test_add_func ("/audiomark/segment-done", test_segment_done);
  g_test_add_func ("/audiomark/goes-on", test_goes_on);
  g_test_add_func ("/audiomark/report", test_report);
  g_test_add_func ("/audiomark/refused", test_refused);
  status = g_test_run ();
  scratch_remove (folder);
  gen_sound_clear (&piece);
  g_free (folder);
  g_free (key);
  g_free (other_key);
  return status;
}
