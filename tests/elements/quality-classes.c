/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qualitymeter classes=true: whose figures are whose, by the labels on buffers; and what is said of
 * labels that are none. */
#include "reports.h"

#include <glib/gstdio.h>
#include <gst/check/gstharness.h>

#define MEDIUM "video/x-raw,format=GRAY8,width=8,height=8,framerate=10/1"

/* A meter with a report. (transfer full) */
static GstHarness *
new_harness (const char *path, const char *properties, const char *caps, GstBus *bus)
{
  g_autofree char *launch = g_strdup_printf ("qualitymeter report=%s %s", path, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static GstStructure *
add_label (GstBuffer *buffer, int label, const char *name)
{
  GstStructure *meta =
      gst_custom_meta_get_structure (gst_buffer_add_custom_meta (buffer, "generative-label"));

  gst_structure_set (meta, "label", G_TYPE_INT, label, NULL);
  if (name != NULL)
    gst_structure_set (meta, "name", G_TYPE_STRING, name, NULL);
  return meta;
}

static GstBuffer *
new_grey (GstHarness *harness, guint8 level)
{
  GstBuffer *buffer = gst_harness_create_buffer (harness, 64);

  gst_buffer_memset (buffer, 0, level, 64);
  return buffer;
}

static JsonObject *
member (JsonObject *object, const char *first, const char *second)
{
  return json_object_get_object_member (json_object_get_object_member (object, first), second);
}

/* The summary's classes, which the report and the bus agree on. */
static JsonObject *
end (GstHarness *harness, GstBus *bus, const char *path, GPtrArray **lines, GPtrArray **warnings)
{
  GstMessage *message;
  JsonObject *classes = NULL;

  gst_harness_push_event (harness, gst_event_new_eos ());
  gst_harness_teardown (harness);
  *lines = read_report (path);
  *warnings = g_ptr_array_new_with_free_func (g_free);
  while (
      (message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING)) != NULL) {
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
      g_autoptr (GError) error = NULL;

      gst_message_parse_warning (message, &error, NULL);
      g_ptr_array_add (*warnings, g_strdup (error->message));
    } else if (gst_structure_has_name (gst_message_get_structure (message), SUMMARY)) {
      JsonObject *summary =
          json_object_get_object_member (object_at (*lines, (*lines)->len - 1), "summary");

      assert_agree (gst_message_get_structure (message), summary, 0);
      classes = json_object_get_object_member (summary, "classes");
    }
    gst_message_unref (message);
  }
  gst_bus_set_flushing (bus, TRUE);
  g_assert_nonnull (classes);
  return classes;
}

static double
mean_of (JsonObject *classes, const char *class, const char *figure)
{
  JsonObject *object = member (classes, "of", class);

  return json_object_get_double_member (json_object_get_object_member (object, figure), "mean");
}

static void
test_pictures (void)
{
  g_autofree char *path = temporary_path ("classes-XXXXXX.jsonl");
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness =
      new_harness (path, "classes=true metrics=brightness,contrast,diversity", MEDIUM, bus);
  g_autoptr (GPtrArray) lines = NULL, warnings = NULL;
  JsonObject *classes;

  for (int i = 0; i < 8; i++) {
    GstBuffer *buffer = new_grey (harness, i % 2 == 0 ? 51 : 204);
    GstStructure *meta = add_label (buffer, i % 2, i % 2 == 0 ? "cat" : "dog");
    GValue array = G_VALUE_INIT;

    /* A mixture is of no class. */
    if (i >= 6) {
      gst_value_array_init (&array, 0);
      gst_structure_set_value (meta, "labels", &array);
      gst_structure_take_value (meta, "weights", &array);
    }
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  g_assert_cmpint (gst_harness_push (harness, new_grey (harness, 7)), ==, GST_FLOW_OK);
  classes = end (harness, bus, path, &lines, &warnings);
  g_assert_cmpfloat_with_epsilon (mean_of (classes, "cat", "brightness"), 0.2, 1e-12);
  g_assert_cmpfloat_with_epsilon (mean_of (classes, "dog", "brightness"), 0.8, 1e-12);
  g_assert_cmpint (json_object_get_int_member (member (classes, "of", "cat"), "frames"), ==, 3);
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (classes, "without"), "frames"), ==,
      3);
  g_assert_cmpstr (
      json_object_get_string_member (member (classes, "gaps", "brightness"), "lowest"), ==, "cat");
  g_assert_cmpuint (warnings->len, ==, 0);
  g_unlink (path);
}

/* A label that is none is warned of once; where nothing has any, that is said. */
static void
test_odd_labels (void)
{
  g_autofree char *path = temporary_path ("classes-XXXXXX.jsonl");
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = new_harness (path, "classes=true metrics=brightness", MEDIUM, bus);
  g_autoptr (GPtrArray) lines = NULL, warnings = NULL;

  for (int i = 0; i < 3; i++) {
    GstBuffer *buffer = new_grey (harness, 51);

    gst_structure_set (add_label (buffer, 0, NULL), "label", G_TYPE_STRING, "zero", NULL);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  g_assert_cmpint (
      json_object_get_int_member (
          json_object_get_object_member (end (harness, bus, path, &lines, &warnings), "without"),
          "frames"),
      ==, 3);
  g_assert_cmpuint (warnings->len, ==, 2);
  g_assert_nonnull (strstr (warnings->pdata[0], "label has a gchararray"));
  g_assert_nonnull (strstr (warnings->pdata[1], "nothing that passed was of a class"));
  g_unlink (path);
}

/* Without the property nothing is told of classes. */
static void
test_off (void)
{
  g_autofree char *path = temporary_path ("classes-XXXXXX.jsonl");
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = new_harness (path, "metrics=brightness", MEDIUM, bus);
  g_autoptr (GPtrArray) lines = NULL;
  GstBuffer *buffer = new_grey (harness, 51);

  gst_structure_set (add_label (buffer, 0, NULL), "label", G_TYPE_STRING, "zero", NULL);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  gst_harness_push_event (harness, gst_event_new_eos ());
  gst_harness_teardown (harness);
  lines = read_report (path);
  g_assert_false (json_object_has_member (
      json_object_get_object_member (object_at (lines, lines->len - 1), "summary"), "classes"));
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING));
  gst_bus_set_flushing (bus, TRUE);
  g_unlink (path);
}

/* A window is of the class of the buffer that it ends in, as is what is left of an item. */
static void
test_sounds (void)
{
  g_autofree char *path = temporary_path ("classes-XXXXXX.jsonl");
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = new_harness (path, "classes=true metrics=dc-offset window=0.1",
      "audio/x-raw,format=F32LE,layout=interleaved,rate=1000,channels=1", bus);
  g_autoptr (GPtrArray) lines = NULL, warnings = NULL;
  JsonObject *classes;

  for (guint i = 0; i < 4; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 160 * sizeof (float), NULL);
    GstStructure *meta = add_label (buffer, (int)i % 2, i % 2 == 0 ? "low" : "high");
    GstMapInfo map;

    gst_structure_set (meta, "item", G_TYPE_UINT64, (guint64)i, NULL);
    gst_buffer_map (buffer, &map, GST_MAP_WRITE);
    for (int k = 0; k < 160; k++)
      ((float *)map.data)[k] = i % 2 == 0 ? 0.25f : 0.75f;
    gst_buffer_unmap (buffer, &map);
    GST_BUFFER_PTS (buffer) = i * 160 * GST_MSECOND;
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  classes = end (harness, bus, path, &lines, &warnings);
  g_assert_cmpfloat (mean_of (classes, "low", "dc-offset"), ==, 0.25);
  g_assert_cmpfloat (mean_of (classes, "high", "dc-offset"), ==, 0.75);
  /* A whole window of each, and what is more than half of one. */
  g_assert_cmpint (json_object_get_int_member (member (classes, "of", "low"), "frames"), ==, 4);
  g_assert_cmpint (json_object_get_int_member (member (classes, "of", "high"), "frames"), ==, 4);
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/quality-classes/pictures", test_pictures);
  g_test_add_func ("/quality-classes/odd-labels", test_odd_labels);
  g_test_add_func ("/quality-classes/off", test_off);
  g_test_add_func ("/quality-classes/sounds", test_sounds);
  return g_test_run ();
}
