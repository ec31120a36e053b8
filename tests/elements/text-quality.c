/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qualitymeter on texts: figures of each on its buffer, on the bus and in the report, those over
 * all, what a reference is made of, and what it says of bytes that are no text. The figures
 * themselves are tested in tests/unit/text-metric.c and tests/conformance/metrics.py. */
#include <generative/metric.h>
#include <gst/check/gstharness.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"
#include "reports.h"

#define CAPS "text/x-raw,format=utf8"

typedef struct {
  GstHarness *harness;
  GstBus *bus;
  char *folder, *report;
} Fixture;

static void
open_fixture (Fixture *f, const char *properties)
{
  g_autofree char *launch = NULL;

  f->folder = scratch_new ();
  f->report = g_build_filename (f->folder, "report.jsonl", NULL);
  launch = g_strdup_printf ("qualitymeter report=%s %s", f->report, properties);
  f->harness = gst_harness_new_parse (launch);
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->harness->element, f->bus);
  gst_harness_set_src_caps_str (f->harness, CAPS);
}

static void
close_fixture (Fixture *f)
{
  gst_bus_set_flushing (f->bus, TRUE);
  gst_element_set_bus (f->harness->element, NULL);
  gst_object_unref (f->bus);
  gst_harness_teardown (f->harness);
  scratch_remove (f->folder);
  g_free (f->folder);
  g_free (f->report);
}

static GstBuffer *
push_bytes (Fixture *f, const char *bytes, gsize n, GstClockTime pts)
{
  GstBuffer *buffer = n > 0 ? gst_buffer_new_memdup (bytes, n) : gst_buffer_new ();
  GstBuffer *out;

  GST_BUFFER_PTS (buffer) = pts;
  out = gst_harness_push_and_pull (f->harness, buffer);
  g_assert_nonnull (out);
  g_assert_cmpuint (gst_buffer_get_size (out), ==, n);
  g_assert_cmpint (gst_buffer_memcmp (out, 0, bytes, n), ==, 0);
  return out;
}

static double
push (Fixture *f, const char *text, GstClockTime pts, const char *field)
{
  g_autoptr (GstBuffer) buffer = push_bytes (f, text, strlen (text), pts);
  const GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, SCORE);
  double value = NAN;

  g_assert_nonnull (meta);
  gst_structure_get_double (gst_custom_meta_get_structure ((GstCustomMeta *)meta), field, &value);
  return value;
}

static guint
count_messages (Fixture *f, GstMessageType type, const char *name)
{
  guint n = 0;
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (f->bus, type)) != NULL) {
    n += name == NULL || gst_message_has_name (message, name);
    gst_message_unref (message);
  }
  return n;
}

static void
test_figures (void)
{
  Fixture f;
  g_autoptr (GPtrArray) lines = NULL;
  JsonObject *summary;

  open_fixture (&f, "metrics=length,repetition,distinct-1 post-messages=true interval=2 recent=10 "
                    "examples=1 alert=\"repetition>0.5\"");
  g_assert_cmpfloat (push (&f, "one two three four", 0, "length"), ==, 4);
  g_assert_cmpfloat (push (&f, "a a a a a a a a", GST_SECOND, "repetition"), ==, 0.8);
  g_assert_cmpfloat (push (&f, "Two more", 2 * GST_SECOND, "length-recent"), ==, 14.0 / 3);
  g_assert_true (isnan (push (&f, "", 3 * GST_SECOND, "repetition")));
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  lines = read_report (f.report);
  g_assert_cmpfloat (json_object_get_double_member (object_at (lines, 0), "length"), ==, 4);
  g_assert_false (json_object_has_member (object_at (lines, 0), "distinct-1"));
  summary = json_object_get_object_member (object_at (lines, lines->len - 1), "summary");
  g_assert_cmpint (json_object_get_int_member (summary, "frames"), ==, 4);
  g_assert_cmpint (json_object_get_int_member (summary, "distinct-words"), ==, 14);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (summary, "distinct-1"), 6.0 / 14, 1e-12);
  g_assert_cmpuint (count_messages (&f, GST_MESSAGE_ELEMENT, "quality-alert"), >=, 1);
  close_fixture (&f);
}

/* Texts that stand out are in the report as they were, in so far as they are short. */
static void
test_examples (void)
{
  g_autofree char *word = g_strnfill (600, 'x');
  g_autoptr (GPtrArray) lines = NULL;
  guint found = 0;
  Fixture f;

  open_fixture (&f, "metrics=length examples=1");
  push (&f, "<b>äh</b>", 0, "length");
  push (&f, word, GST_SECOND, "length");
  gst_buffer_unref (push_bytes (&f, "\xff", 1, 2 * GST_SECOND));
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  lines = read_report (f.report);
  for (guint i = 0; i < lines->len; i++) {
    JsonObject *line = object_at (lines, i), *example;
    g_autofree guchar *data = NULL;
    gint64 frame;
    gsize size;

    if (!json_object_has_member (line, "example"))
      continue;
    example = json_object_get_object_member (line, "example");
    g_assert_cmpstr (json_object_get_string_member (example, "media-type"), ==, "text/plain");
    data = g_base64_decode (json_object_get_string_member (example, "data"), &size);
    frame = json_object_get_int_member (example, "frame");
    g_assert_cmpuint (size, ==, frame == 0 ? strlen ("<b>äh</b>") : frame == 1 ? 500 : 0);
    g_assert_true (json_object_get_boolean_member (example, "cut") == (frame == 1));
    found++;
  }
  g_assert_cmpuint (found, ==, 3);
  close_fixture (&f);
}

static void
test_no_text (void)
{
  Fixture f;
  g_autoptr (GPtrArray) lines = NULL;
  JsonObject *summary;

  open_fixture (&f, "");
  gst_buffer_unref (push_bytes (&f, "\xc3(", 2, 0));
  gst_buffer_unref (push_bytes (&f, "a\0b", 3, GST_SECOND));
  gst_buffer_unref (push_bytes (&f, "ended\0", 6, 2 * GST_SECOND));
  g_assert_cmpuint (count_messages (&f, GST_MESSAGE_WARNING, NULL), ==, 1);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  lines = read_report (f.report);
  g_assert_true (json_object_get_null_member (object_at (lines, 0), "length"));
  g_assert_cmpstr (json_object_get_string_member (object_at (lines, 1), "length-missing"), ==,
      "it is no UTF-8, or has a byte of 0");
  summary = json_object_get_object_member (object_at (lines, lines->len - 1), "summary");
  g_assert_cmpint (json_object_get_int_member (summary, "left-out"), ==, 2);
  g_assert_cmpint (json_object_get_int_member (summary, "distinct-words"), ==, 1);
  close_fixture (&f);
}

/* Lines of a file as the reference, of which one is said again. */
static void
test_reference (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "r.txt", NULL);
  g_autofree char *properties =
      g_strdup_printf ("metrics=nearest reference=%s reference-lines=true", path);
  g_autoptr (GPtrArray) lines = NULL;
  JsonObject *summary;
  Fixture f;

  g_assert_true (g_file_set_contents (path, "said before\nand this\nor that\n", -1, NULL));
  open_fixture (&f, properties);
  gst_buffer_unref (push_bytes (&f, "Said before.", strlen ("Said before."), 0));
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  lines = read_report (f.report);
  summary = json_object_get_object_member (object_at (lines, lines->len - 1), "summary");
  g_assert_cmpfloat (json_object_get_double_member (summary, "nearest"), ==, 0);
  g_assert_cmpfloat (json_object_get_double_member (summary, "nearest-within-reference"), >, 0.01);
  close_fixture (&f);
  scratch_remove (folder);
}

/* A language model that is not there, and none at all. */
static void
test_language_model (void)
{
  static const struct {
    const char *properties, *wanted;
  } cases[] = { { "metrics=perplexity", "language-model names its file" },
    { "metrics=perplexity language-model=/nowhere/model.onnx", "/nowhere/model.onnx" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf ("qualitymeter %s", cases[i].properties);
    g_autoptr (GError) error = NULL;
    g_autoptr (GstElement) element = gst_parse_launch (launch, &error);
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) message = NULL;

    g_assert_no_error (error);
    gst_element_set_bus (element, bus);
    g_assert_cmpint (
        gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    g_assert_true (g_str_has_prefix (error->message, "Property metrics: metric perplexity"));
    g_assert_nonnull (strstr (error->message, cases[i].wanted));
    gst_element_set_bus (element, NULL);
    gst_element_set_state (element, GST_STATE_NULL);
  }
}

/* Pictures after texts are another measurement, where metrics allow for both. */
static void
test_changes (void)
{
  Fixture f;
  g_autoptr (GstBuffer) out = NULL;
  GstBuffer *frame;

  open_fixture (&f, "post-messages=true");
  push (&f, "some text", 0, "length");
  gst_harness_set_src_caps_str (
      f.harness, "video/x-raw,format=GRAY8,width=16,height=16,framerate=1/1");
  g_assert_cmpuint (count_messages (&f, GST_MESSAGE_ELEMENT, SUMMARY), ==, 1);
  frame = gst_buffer_new_allocate (NULL, 256, NULL);
  gst_buffer_memset (frame, 0, 7, 256);
  out = gst_harness_push_and_pull (f.harness, frame);
  g_assert_nonnull (out);
  g_assert_true (gst_structure_has_field (
      gst_custom_meta_get_structure (gst_buffer_get_custom_meta (out, SCORE)), "sharpness"));
  close_fixture (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text-quality/figures", test_figures);
  g_test_add_func ("/text-quality/examples", test_examples);
  g_test_add_func ("/text-quality/no-text", test_no_text);
  g_test_add_func ("/text-quality/reference", test_reference);
  g_test_add_func ("/text-quality/language-model", test_language_model);
  g_test_add_func ("/text-quality/changes", test_changes);
  return g_test_run ();
}
