/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* videomark and videomarkdetect: what is marked in any format is read, by its key alone; what is
 * switched off passes as it is; what is wrong is said; and messages, metas and reports agree. */
#include <generative/mark.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <json-glib/json-glib.h>

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../launch.h"
#include "../learned-pair.h"
#include "../scratch.h"

#define PAYLOAD "1007babcde0003e8"

static char *folder, *key, *other_key;

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

/* What a pipeline told, to its end. */
typedef struct {
  GPtrArray *marks; /* of GstStructure: element messages generative-mark */
  guint infos;
  GError *error;
} Told;

static void
told_clear (Told *told)
{
  g_ptr_array_unref (told->marks);
  g_clear_error (&told->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Told, told_clear)

static Told
play (const char *launch)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstBus) bus = NULL;
  Told told = { g_ptr_array_new_with_free_func ((GDestroyNotify)gst_structure_free), 0, NULL };
  gboolean over = FALSE;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!over) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, 60 * GST_SECOND);

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT &&
        gst_message_has_name (message, "generative-mark"))
      g_ptr_array_add (told.marks, gst_structure_copy (gst_message_get_structure (message)));
    told.infos += GST_MESSAGE_TYPE (message) == GST_MESSAGE_INFO;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &told.error, NULL);
    over = told.error != NULL || GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return told;
}

#define SOURCE                                                                                     \
  "videotestsrc num-buffers=25 pattern=smpte ! video/x-raw,format=%s,width=%d,height=%d,"          \
  "framerate=10/1 "

/* Two seconds and a half: a span that begins, and has ended. */
static void
assert_marked (const Told *told)
{
  const GstStructure *mark;
  guint64 begin, end;
  guint operator_id;

  g_assert_no_error (told->error);
  g_assert_cmpuint (told->marks->len, ==, 2);
  mark = told->marks->pdata[1];
  g_assert_cmpstr (gst_structure_get_string (mark, "payload"), ==, PAYLOAD);
  g_assert_cmpstr (gst_structure_get_string (mark, "model"), ==, "abcde");
  g_assert_true (gst_structure_get (mark, "begin", G_TYPE_UINT64, &begin, "end", G_TYPE_UINT64,
      &end, "operator", G_TYPE_UINT, &operator_id, NULL));
  g_assert_cmpuint (begin, ==, 0);
  g_assert_cmpuint (end, ==, 2500 * GST_MSECOND);
  g_assert_cmpuint (operator_id, ==, 0x7b);
}

static void
test_formats (void)
{
  static const char *const formats[] = { "I420", "NV12", "YV12", "NV21", "Y42B", "Y444", "NV16",
    "YUY2", "UYVY", "GRAY8", "I420_10LE", "I422_10LE", "Y444_10LE", "P010_10LE", "GRAY16_LE", "RGB",
    "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR", "GBR", "RGBP", "BGRP" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *launch = g_strdup_printf (SOURCE "! videomark key=%s payload=" PAYLOAD
                                                      " ! videoconvert ! video/x-raw,format=I420 ! "
                                                      "videomarkdetect key=%s ! fakesink",
        formats[i], 640, 360, key, key);
    g_autofree char *detected = g_strdup_printf (SOURCE "! videomark key=%s payload=" PAYLOAD
                                                        " ! videoconvert ! video/x-raw,format=%s ! "
                                                        "videomarkdetect key=%s ! fakesink",
        "I420", 640, 360, key, formats[i], key);
    g_auto (Told) marked = play (launch), found = play (detected);

    g_test_message ("%s", formats[i]);
    assert_marked (&marked);
    assert_marked (&found);
  }
}

/* Sizes too small to carry anything pass. */
static void
test_sizes (void)
{
  static const struct {
    int width, height;
    gboolean marked;
  } sizes[] = { { 1, 1, FALSE }, { 17, 31, FALSE }, { 2000, 3, FALSE }, { 641, 363, TRUE },
    { 1281, 719, TRUE }, { 360, 640, TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autofree char *launch = g_strdup_printf (SOURCE "! videomark key=%s payload=" PAYLOAD
                                                      " ! videomarkdetect key=%s ! fakesink",
        "I420", sizes[i].width, sizes[i].height, key, key);
    g_auto (Told) told = play (launch);

    g_assert_no_error (told.error);
    if (sizes[i].marked)
      assert_marked (&told);
    else
      g_assert_cmpuint (told.marks->len, ==, 0);
  }
}

static void
test_other_key (void)
{
  g_autofree char *launch = g_strdup_printf (SOURCE "! videomark key=%s payload=" PAYLOAD
                                                    " ! videomarkdetect key=%s ! fakesink",
      "I420", 640, 360, key, other_key);
  g_autofree char *unmarked =
      g_strdup_printf (SOURCE "! videomarkdetect key=%s ! fakesink", "I420", 640, 360, key);
  g_auto (Told) told = play (launch), nothing = play (unmarked);

  g_assert_no_error (told.error);
  g_assert_cmpuint (told.marks->len, ==, 0);
  g_assert_no_error (nothing.error);
  g_assert_cmpuint (nothing.marks->len, ==, 0);
}

/* Two elements, one after the other, each with a key of its own. */
static void
test_two_keys (void)
{
  g_autofree char *launch = g_strdup_printf (SOURCE "! videomark key=%s payload=" PAYLOAD
                                                    " ! videomark key=%s operator=9 ! "
                                                    "videomarkdetect key=%s ! fakesink",
      "I420", 640, 360, key, other_key, key);
  g_auto (Told) told = play (launch);

  assert_marked (&told);
}

/* --- what is carried --- */

static void
test_fields (void)
{
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *launch = NULL;
  g_autoptr (GError) error = NULL;
  gint64 time;

  g_file_set_contents (model, "abc", 3, &error);
  launch = g_strdup_printf (SOURCE "! videomark key=%s operator=123 model=%s time=1800000059 ! "
                                   "videomarkdetect key=%s ! fakesink",
      "I420", 640, 360, key, model, key);
  {
    g_auto (Told) told = play (launch);
    const GstStructure *mark;

    g_assert_no_error (told.error);
    g_assert_cmpuint (told.marks->len, ==, 2);
    mark = told.marks->pdata[0];
    g_assert_cmpstr (gst_structure_get_string (mark, "model"), ==, "ba781");
    g_assert_true (gst_structure_get_int64 (mark, "time", &time));
    g_assert_cmpint (time, ==, 1800000000);
  }
}

static void
test_refused (void)
{
  static const struct {
    const char *properties, *complaint;
  } cases[] = {
    { "", "Property key" },
    { "key=/nowhere/at-all", "/nowhere/at-all" },
    { "key=KEY payload=12", "Property payload" },
    { "key=KEY payload=2007babcde0003e8", "Property payload" },
    { "key=KEY payload=1007babcde0003eg", "Property payload" },
    { "key=KEY model=/nowhere/at-all", "Property model" },
    { "key=KEY time=7", "time 7" },
    { "key=OPEN", "chmod 600" },
  };
  g_autofree char *open = write_key ("open", 3);

  g_assert_cmpint (chmod (open, 0644), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text =
        g_strdup_printf (SOURCE "! videomark %s ! fakesink", "I420", 64, 64, cases[i].properties);
    g_auto (GStrv) parts = g_strsplit (text, "KEY", 2), others = NULL;
    g_autofree char *with_key = g_strjoinv (key, parts), *launch = NULL;

    others = g_strsplit (with_key, "OPEN", 2);
    launch = g_strjoinv (open, others);
    {
      g_auto (Told) told = play (launch);

      g_assert_nonnull (told.error);
      g_test_message ("%s", told.error->message);
      g_assert_nonnull (strstr (told.error->message, cases[i].complaint));
    }
  }
  {
    g_auto (Told) told = play ("videotestsrc num-buffers=3 ! videomarkdetect ! fakesink");

    g_assert_nonnull (told.error);
  }
}

/* --- off --- */

/* Whether a frame of grey comes out as it went in, with its memory. */
static void
push_grey (GstHarness *harness, gboolean untouched)
{
  GstBuffer *buffer = gst_harness_create_buffer (harness, 640 * 360);
  GstMemory *memory = gst_buffer_peek_memory (buffer, 0);
  gboolean changed = FALSE;
  GstMapInfo map;

  gst_buffer_memset (buffer, 0, 99, 640 * 360);
  gst_buffer_ref (buffer); /* somebody else has it, too */
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  {
    g_autoptr (GstBuffer) out = gst_harness_pull (harness);

    g_assert_true (gst_buffer_map (out, &map, GST_MAP_READ));
    for (gsize i = 0; i < map.size; i++)
      changed |= map.data[i] != 99;
    gst_buffer_unmap (out, &map);
    g_assert_cmpint (changed, ==, !untouched);
    g_assert_cmpint (gst_buffer_peek_memory (out, 0) == memory, ==, untouched);
  }
  gst_buffer_unref (buffer);
}

#define GREY "video/x-raw,format=GRAY8,width=640,height=360,framerate=10/1"

static GstHarness *
make_harness (void)
{
  g_autofree char *launch = g_strdup_printf ("videomark key=%s payload=" PAYLOAD, key);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, GREY);
  return harness;
}

static void
test_property_off (void)
{
  GstHarness *harness = make_harness ();

  push_grey (harness, FALSE);
  gst_harness_set (harness, "videomark", "enabled", FALSE, NULL);
  push_grey (harness, TRUE);
  gst_harness_set (harness, "videomark", "enabled", TRUE, NULL);
  push_grey (harness, FALSE);
  gst_harness_set (harness, "videomark", "strength", 0.0, NULL);
  push_grey (harness, TRUE);
  gst_harness_teardown (harness);
}

/* What marks say is as it was when the element started. */
static void
test_property_late (void)
{
  GstHarness *harness = make_harness ();
  g_autofree char *payload = NULL;

  push_grey (harness, FALSE);
  gst_harness_set (harness, "videomark", "payload", "1000000000000000", NULL);
  gst_harness_get (harness, "videomark", "payload", &payload, NULL);
  g_assert_cmpstr (payload, ==, PAYLOAD);
  gst_harness_teardown (harness);
}

static void
test_environment_off (void)
{
  GstHarness *harness;

  g_setenv ("GENERATIVE_MARK", "off", TRUE);
  harness = make_harness ();
  push_grey (harness, TRUE);
  gst_harness_teardown (harness);
  {
    /* No key is asked for, and it is said. */
    g_auto (Told) told = play ("videotestsrc num-buffers=3 ! videomark ! fakesink");

    g_assert_no_error (told.error);
    g_assert_cmpuint (told.infos, ==, 1);
  }
  g_unsetenv ("GENERATIVE_MARK");
}

/* --- what is told --- */

static void
test_report (void)
{
  g_autofree char *path = g_build_filename (folder, "report.jsonl", NULL), *text = NULL;
  g_autofree char *launch = g_strdup_printf (SOURCE
      "! videomark key=%s payload=" PAYLOAD " ! videomarkdetect key=%s report=%s ! fakesink",
      "I420", 640, 360, key, key, path);
  g_auto (Told) told = play (launch);
  g_auto (GStrv) lines = NULL;
  g_autoptr (JsonNode) line = NULL, summary = NULL;
  JsonObject *mark;
  double deviations;

  assert_marked (&told);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3); /* and what is behind the last one: nothing */
  line = json_from_string (lines[0], NULL);
  summary = json_from_string (lines[1], NULL);
  mark = json_object_get_object_member (json_node_get_object (line), "mark");
  g_assert_cmpstr (json_object_get_string_member (mark, "payload"), ==, PAYLOAD);
  g_assert_cmpfloat (json_object_get_double_member (mark, "end"), ==, 2.5);
  g_assert_true (gst_structure_get_double (told.marks->pdata[1], "deviations", &deviations));
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (mark, "deviations"), deviations, 1e-9);
  g_assert_cmpfloat (json_object_get_double_member (mark, "left"), ==, 0);
  g_assert_cmpfloat (json_object_get_double_member (mark, "bottom"), ==, 1);
  mark = json_object_get_object_member (json_node_get_object (summary), "summary");
  g_assert_cmpint (json_object_get_int_member (mark, "frames"), ==, 25);
  g_assert_cmpint (json_object_get_int_member (mark, "marks"), ==, 1);
}

/* Two reports in one file: who has it is told. */
static void
test_one_report (void)
{
  g_autofree char *path = g_build_filename (folder, "one.jsonl", NULL);
  g_autofree char *launch =
      g_strdup_printf (SOURCE "! videomarkdetect name=one key=%s report=%s ! videomarkdetect "
                              "name=two key=%s report=%s ! fakesink",
          "I420", 640, 360, key, path, key, path);
  g_auto (Told) told = play (launch);

  g_assert_error (told.error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY);
  g_assert_nonnull (strstr (told.error->message, path));
  g_assert_true (strstr (told.error->message, "report of one ") != NULL ||
                 strstr (told.error->message, "report of two ") != NULL);
}

/* Frames pass with their memory; those that come while the last window has a mark say so. Sizes
 * may change. */
static void
test_meta (void)
{
  g_autofree char *launch =
      g_strdup_printf ("videomark key=%s payload=" PAYLOAD " ! videomarkdetect key=%s", key, key);
  GstHarness *harness = gst_harness_new_parse (launch);
  guint with = 0;

  for (guint i = 0; i < 60; i++) {
    const gboolean small = i >= 30;
    const gsize size = small ? 480 * 270 : 640 * 360;
    g_autoptr (GstBuffer) out = NULL;
    GstCustomMeta *meta;
    GstBuffer *buffer;

    if (i == 0)
      gst_harness_set_src_caps_str (harness, GREY);
    if (i == 30)
      gst_harness_set_src_caps_str (
          harness, "video/x-raw,format=GRAY8,width=480,height=270,framerate=10/1");
    buffer = gst_harness_create_buffer (harness, size);
    gst_buffer_memset (buffer, 0, 99, size);
    GST_BUFFER_PTS (buffer) = i * 100 * GST_MSECOND;
    GST_BUFFER_DURATION (buffer) = 100 * GST_MSECOND;
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    out = gst_harness_pull (harness);
    meta = gst_buffer_get_custom_meta (out, "generative-mark");
    if (meta == NULL)
      continue;
    with++;
    g_assert_cmpstr (
        gst_structure_get_string (gst_custom_meta_get_structure (meta), "payload"), ==, PAYLOAD);
    g_assert_cmpuint (i % 30, >=, 19);
  }
  /* From the last frame of the first window on, and again after the harness has begun another
   * stream for frames of another size. */
  g_assert_cmpuint (with, ==, 22);
  gst_harness_teardown (harness);
}

/* A marked film within a larger frame: where it stands is told by a region. */
static void
test_region (void)
{
  enum { WIDTH = 960, HEIGHT = 512, LEFT = 200, TOP = 100, INNER_WIDTH = 640, INNER_HEIGHT = 360 };
  g_autofree char *launch =
      g_strdup_printf ("videomark key=%s payload=" PAYLOAD " ! videobox fill=black autocrop=false "
                       "left=%d top=%d right=%d bottom=%d ! videomarkdetect key=%s",
          key, -LEFT, -TOP, LEFT + INNER_WIDTH - WIDTH, TOP + INNER_HEIGHT - HEIGHT, key);
  g_autofree char *plain =
      g_strdup_printf ("videomark key=%s payload=" PAYLOAD " ! videomarkdetect key=%s", key, key);

  for (int boxed = 0; boxed < 2; boxed++) {
    GstHarness *harness = gst_harness_new_parse (boxed ? launch : plain);
    guint with = 0;

    gst_harness_set_src_caps_str (
        harness, "video/x-raw,format=I420,width=640,height=360,framerate=10/1");
    for (guint i = 0; i < 25; i++) {
      const gsize size = INNER_WIDTH * INNER_HEIGHT * 3 / 2;
      GstBuffer *buffer = gst_harness_create_buffer (harness, size);
      g_autoptr (GstBuffer) out = NULL;
      GstVideoRegionOfInterestMeta *region;

      gst_buffer_memset (buffer, 0, 99, size);
      GST_BUFFER_PTS (buffer) = i * 100 * GST_MSECOND;
      GST_BUFFER_DURATION (buffer) = 100 * GST_MSECOND;
      g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
      out = gst_harness_pull (harness);
      region = gst_buffer_get_video_region_of_interest_meta_id (out, 0);
      g_assert_cmpint (
          region != NULL, ==, boxed && gst_buffer_get_custom_meta (out, "generative-mark") != NULL);
      if (region == NULL)
        continue;
      with++;
      g_assert_cmpstr (g_quark_to_string (region->roi_type), ==, "generative-mark");
      g_assert_cmpint (ABS ((int)region->x - LEFT), <, WIDTH / 16);
      g_assert_cmpint (ABS ((int)region->y - TOP), <, HEIGHT / 16);
      g_assert_cmpint (ABS ((int)region->w - INNER_WIDTH), <, WIDTH / 8);
      g_assert_cmpint (ABS ((int)region->h - INNER_HEIGHT), <, HEIGHT / 8);
    }
    g_assert_cmpuint (with, ==, boxed ? 6 : 0);
    gst_harness_teardown (harness);
  }
}

/* Pushes `n` frames of grey, the first of which says DISCONT where it `jumps`. */
static void
push_frames (GstHarness *harness, gsize size, guint first, guint n, gboolean jumps)
{
  for (guint i = first; i < first + n; i++) {
    GstBuffer *buffer = gst_harness_create_buffer (harness, size);

    gst_buffer_memset (buffer, 0, 99, size);
    GST_BUFFER_PTS (buffer) = i * 100 * GST_MSECOND;
    GST_BUFFER_DURATION (buffer) = 100 * GST_MSECOND;
    if (jumps && i == first)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
}

/* Less than a window is told of where what comes next does not follow it. */
static void
test_jump (void)
{
  g_autofree char *launch =
      g_strdup_printf ("videomark key=%s payload=" PAYLOAD " ! videomarkdetect key=%s", key, key);
  g_autoptr (GstCaps) smaller =
      gst_caps_from_string ("video/x-raw,format=GRAY8,width=480,height=270,framerate=10/1");

  for (int sized = 0; sized < 2; sized++) {
    GstHarness *harness = gst_harness_new_parse (launch);
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) early = NULL, told = NULL;

    gst_element_set_bus (harness->element, bus);
    gst_harness_set_src_caps_str (harness, GREY);
    push_frames (harness, 640 * 360, 0, 10, FALSE);
    /* One is missing, which is no jump. */
    push_frames (harness, 640 * 360, 11, 1, TRUE);
    early = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
    g_assert_null (early);
    if (sized)
      g_assert_true (gst_harness_push_event (harness, gst_event_new_caps (smaller)));
    push_frames (harness, sized ? 480 * 270 : 640 * 360, sized ? 12 : 30, 1, !sized);
    told = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
    g_assert_nonnull (told);
    g_assert_true (gst_message_has_name (told, "generative-mark"));
    gst_element_set_bus (harness->element, NULL);
    gst_harness_teardown (harness);
  }
}

/* A frame in too small a buffer. */
static void
test_short_buffer (void)
{
  g_autofree char *launch = g_strdup_printf ("videomarkdetect key=%s", key);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, GREY);
  g_assert_cmpint (
      gst_harness_push (harness, gst_harness_create_buffer (harness, 100)), ==, GST_FLOW_ERROR);
  gst_harness_teardown (harness);
}

/* --- a pair of nets --- */

#define LEARNED                                                                                    \
  "videotestsrc num-buffers=50 pattern=ball ! video/x-raw,format=%s,width=%d,height=64,"           \
  "framerate=20/1 ! "

static void
test_learned (void)
{
  static const char *const formats[] = { "RGB", "BGRx", "ARGB", "GBR" };
  g_autofree char *encoder = g_build_filename (folder, "encoder.onnx", NULL);
  g_autofree char *decoder = g_build_filename (folder, "decoder.onnx", NULL);

  pair_write_encoder (encoder, PAIR_BITS);
  pair_write_decoder (decoder, PAIR_BITS);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *launch = g_strdup_printf (LEARNED
        "videomark key=%s payload=" PAYLOAD " encoder=%s ! videoconvert ! videomarkdetect key=%s "
        "decoder=%s ! fakesink",
        formats[i], 64, key, encoder, key, decoder);
    g_auto (Told) told = play (launch);

    assert_marked (&told);
  }
  {
    /* Nets see colours: there is nothing to negotiate with luma. */
    g_autofree char *launch = g_strdup_printf (
        LEARNED "videomark key=%s encoder=%s ! fakesink", "I420", 64, key, encoder);
    g_autofree char *converted =
        g_strdup_printf (LEARNED "videoconvert ! videomark key=%s payload=" PAYLOAD " encoder=%s ! "
                                 "videomarkdetect key=%s decoder=%s ! fakesink",
            "I420", 64, key, encoder, key, decoder);
    g_autofree char *pattern =
        g_strdup_printf (LEARNED "videomark key=%s payload=" PAYLOAD " encoder=%s ! "
                                 "videomarkdetect key=%s decoder=%s ! fakesink",
            "RGB", 64, other_key, encoder, key, decoder);
    g_autoptr (GError) error = NULL;
    g_autoptr (GstElement) refused = gst_parse_launch (launch, &error);
    g_auto (Told) told = play (converted), nothing = play (pattern);

    g_assert_error (error, GST_PARSE_ERROR, GST_PARSE_ERROR_LINK);
    assert_marked (&told);
    g_assert_no_error (nothing.error);
    g_assert_cmpuint (nothing.marks->len, ==, 0);
  }
}

static void
test_learned_refused (void)
{
  g_autofree char *encoder = g_build_filename (folder, "encoder.onnx", NULL);
  g_autofree char *decoder = g_build_filename (folder, "decoder.onnx", NULL);
  const struct {
    const char *element, *model;
    int width;
    const char *complaint;
  } cases[] = {
    { "videomark key=%s encoder=%s", "/nowhere/at-all", 64, "/nowhere/at-all" },
    { "videomark key=%s encoder=%s", decoder, 64, "Property encoder" },
    { "videomark key=%s encoder=%s", encoder, 66, "64 x 64 pixels, and frames are of 66 x 64" },
    { "videomarkdetect key=%s decoder=%s", "/nowhere/at-all", 64, "Property decoder" },
    { "videomarkdetect key=%s decoder=%s", encoder, 64, "Property decoder" },
    { "videomarkdetect key=%s decoder=%s", decoder, 66, "64 x 64 pixels, and frames are of 66" },
  };

  pair_write_encoder (encoder, PAIR_BITS);
  pair_write_decoder (decoder, PAIR_BITS);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *source = g_strdup_printf (LEARNED, "RGB", cases[i].width);
    g_auto (GStrv) parts = g_strsplit (cases[i].element, "%s", 3);
    g_autofree char *launch =
        g_strconcat (source, parts[0], key, parts[1], cases[i].model, " ! fakesink", NULL);
    g_auto (Told) told = play (launch);

    g_assert_nonnull (told.error);
    g_test_message ("%s", told.error->message);
    g_assert_nonnull (strstr (told.error->message, cases[i].complaint));
  }
}

/* A film of `width` by 64, through `elements`. (transfer full) */
static char *
write_film (const char *name, int width, const char *elements)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autofree char *launch = g_strdup_printf (LEARNED
      "%s videoconvert ! video/x-raw,format=Y444 ! y4menc ! filesink location=%s",
      "RGB", width, elements, path);
  g_auto (Told) told = play (launch);

  g_assert_no_error (told.error);
  return path;
}

/* generative-model mark read; returns the status, and (transfer full) what it said. */
static int
read_films (const char *by, const char *decoder, const char *film, const char *other, char **said)
{
  g_autoptr (GPtrArray) line = launch_line (g_getenv ("GENERATIVE_MODEL"));
  const char *const arguments[] = { "mark", "read", film, other, "--json", "--key", by, NULL };
  g_autofree char *out = NULL, *err = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  for (guint i = 0; i < G_N_ELEMENTS (arguments) - 1; i++)
    g_ptr_array_add (line, g_strdup (arguments[i]));
  if (decoder != NULL)
    g_ptr_array_add (line, g_strconcat ("--decoder=", decoder, NULL));
  g_ptr_array_add (line, NULL);
  g_spawn_sync (NULL, (char **)line->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err,
      &status, &error);
  g_assert_no_error (error);
  *said = g_strconcat (out, err, NULL);
  g_test_message ("%s", *said);
  return WEXITSTATUS (status);
}

static void
assert_read (const char *by, const char *decoder, const char *film, const char *other, int status,
    guint marks, const char *text)
{
  g_autofree char *said = NULL;
  g_auto (GStrv) parts = NULL;

  g_assert_cmpint (read_films (by, decoder, film, other, &said), ==, status);
  parts = g_strsplit (said, "\"payload\":\"" PAYLOAD "\"", -1);
  g_assert_cmpuint (g_strv_length (parts) - 1, ==, marks);
  g_assert_nonnull (strstr (said, text));
}

/* Films, one after the other by one net, and of a size that it does not take. */
static void
test_learned_files (void)
{
  g_autofree char *encoder = g_build_filename (folder, "encoder.onnx", NULL);
  g_autofree char *decoder = g_build_filename (folder, "decoder.onnx", NULL);
  g_autofree char *marking =
      g_strdup_printf ("videomark key=%s payload=" PAYLOAD " encoder=%s !", key, encoder);
  g_autofree char *marked = NULL, *plain = NULL, *wide = NULL, *missing = NULL;

  pair_write_encoder (encoder, PAIR_BITS);
  pair_write_decoder (decoder, PAIR_BITS);
  marked = write_film ("marked.y4m", 64, marking);
  plain = write_film ("plain.y4m", 64, "");
  wide = write_film ("wide.y4m", 68, "");
  missing = g_build_filename (folder, "missing.onnx", NULL);
  assert_read (key, decoder, marked, marked, 0, 2, "\"marks\":1");
  assert_read (key, decoder, marked, plain, 1, 1, "\"marks\":0");
  assert_read (key, NULL, marked, plain, 1, 0, "\"marks\":0");
  assert_read (other_key, decoder, marked, plain, 1, 0, "\"marks\":0");
  assert_read (key, decoder, wide, marked, 1, 1, "64 x 64 pixels, and frames are of 68 x 64");
  assert_read (key, encoder, marked, plain, 1, 0, "a decoder of marks takes a picture");
  assert_read (key, missing, marked, plain, 1, 0, "missing.onnx");
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
  g_test_add_func ("/videomark/formats", test_formats);
  g_test_add_func ("/videomark/sizes", test_sizes);
  g_test_add_func ("/videomark/other-key", test_other_key);
  g_test_add_func ("/videomark/two-keys", test_two_keys);
  g_test_add_func ("/videomark/fields", test_fields);
  g_test_add_func ("/videomark/refused", test_refused);
  g_test_add_func ("/videomark/property-off", test_property_off);
  g_test_add_func ("/videomark/property-late", test_property_late);
  g_test_add_func ("/videomark/environment-off", test_environment_off);
  g_test_add_func ("/videomark/report", test_report);
  g_test_add_func ("/videomark/one-report", test_one_report);
  g_test_add_func ("/videomark/meta", test_meta);
  g_test_add_func ("/videomark/region", test_region);
  g_test_add_func ("/videomark/jump", test_jump);
  g_test_add_func ("/videomark/short-buffer", test_short_buffer);
  g_test_add_func ("/videomark/learned", test_learned);
  g_test_add_func ("/videomark/learned-refused", test_learned_refused);
  g_test_add_func ("/videomark/learned-files", test_learned_files);
  status = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  g_free (key);
  g_free (other_key);
  return status;
}
