/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contentgate: what it writes into an audit log of what it judges by, closes for, holds and does
 * about it; and that it does not go on where it cannot. */
#include <generative/audit-log.h>
#include <generative/hold-folder.h>
#include <generative/model.h>
#include <gst/check/gstharness.h>

#include <string.h>
#include <sys/stat.h>

#include "../scratch.h"
#include "models.h"
#include "trainings.h"

#define PIXELS 64
#define PICTURE "video/x-raw,format=GRAY8,width=8,height=8,framerate=10/1"
#define KEY                                                                                        \
  "-----BEGIN PRIVATE KEY-----\n"                                                                  \
  "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                             \
  "-----END PRIVATE KEY-----\n"

typedef struct {
  char *folder, *log;
  GstHarness *harness;
} Fixture;

/* Of a picture, how bright it is, from 0 to 1. */
static void
save_bright (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "bright.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("bright");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 8, 8));

  x = gen_unary (graph, "GlobalAveragePool", x, &error);
  x = gen_unary (graph, "Flatten", x, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *key = NULL;

  f->folder = scratch_new ();
  f->log = g_build_filename (f->folder, "audit.jsonl", NULL);
  key = g_build_filename (f->folder, "key.pem", NULL);
  g_assert_true (g_file_set_contents (key, KEY, -1, NULL));
  g_assert_cmpint (chmod (key, 0600), ==, 0);
  save_bright (f->folder);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  scratch_remove (f->folder);
  g_free (f->folder);
  g_free (f->log);
}

static void
start (Fixture *f, const char *properties)
{
  g_autofree char *launch = g_strdup_printf (
      "contentgate name=gate model=%s/bright.onnx action=hold hold-location=%s/held "
      "audit-log=%s/audit.jsonl audit-key=%s/key.pem %s",
      f->folder, f->folder, f->folder, f->folder, properties);

  f->harness = gst_harness_new_parse (launch);
  gst_harness_set_src_caps_str (f->harness, PICTURE);
}

static GstFlowReturn
push (Fixture *f, int level, guint number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, PIXELS, NULL);

  gst_buffer_memset (buffer, 0, (guint8)level, PIXELS);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND / 10;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 10;
  return gst_harness_push (f->harness, buffer);
}

static void
decide (const Fixture *f, guint64 number, GenDecision decision, const char *reason)
{
  g_autofree char *path = g_build_filename (f->folder, "held", NULL);
  const GenHoldDecision made = { decision, (char *)reason, (char *)"anna" };
  g_autoptr (GError) error = NULL;

  gen_hold_decide (path, number, &made, &error);
  g_assert_no_error (error);
}

/* The events of the log in a row, after having been looked at; signatures aside. */
static GPtrArray *
read_records (const Fixture *f)
{
  GPtrArray *records = g_ptr_array_new_with_free_func ((GDestroyNotify)json_node_unref);
  g_autoptr (GError) error = NULL;
  GenAuditSummary summary;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (gen_audit_verify (f->log, NULL, NULL, NULL, NULL, &summary, &error));
  g_assert_cmpuint (summary.problems, ==, 0);
  g_assert_cmpuint (summary.signed_until, ==, summary.last);
  g_assert_true (g_file_get_contents (f->log, &text, NULL, NULL));
  g_test_message ("%s", text);
  lines = g_strsplit (text, "\n", -1);
  for (int i = 0; *lines[i] != '\0'; i++) {
    JsonNode *node = json_from_string (lines[i], NULL);

    if (strcmp (
            json_object_get_string_member (json_node_get_object (node), "event"), "signature") != 0)
      g_ptr_array_add (records, node);
    else
      json_node_unref (node);
  }
  return records;
}

static JsonObject *
get_details (GPtrArray *records, guint i)
{
  return json_object_get_object_member (json_node_get_object (records->pdata[i]), "details");
}

static void
check_events (GPtrArray *records, const char *expected)
{
  g_autoptr (GString) events = g_string_new (NULL);

  for (guint i = 0; i < records->len; i++) {
    JsonObject *object = json_node_get_object (records->pdata[i]);

    g_assert_cmpstr (json_object_get_string_member (object, "by"), ==, "gate");
    g_string_append_printf (
        events, "%s%s", i > 0 ? " " : "", json_object_get_string_member (object, "event"));
  }
  g_assert_cmpstr (events->str, ==, expected);
}

/* Somebody decides while the stream waits. */
static gpointer
review (gpointer data)
{
  const Fixture *f = data;

  for (guint i = 1; i <= 2; i++) {
    g_autofree char *path = g_strdup_printf ("%s/held/%06u.json", f->folder, i);

    while (!g_file_test (path, G_FILE_TEST_EXISTS))
      g_usleep (1000);
    decide (f, i, i == 1 ? GEN_DECISION_APPROVE : GEN_DECISION_REJECT, "a statue");
  }
  return NULL;
}

static void
test_waits (Fixture *f, gconstpointer data)
{
  g_autofree char *model = g_build_filename (f->folder, "bright.onnx", NULL);
  g_autofree char *media = g_build_filename (f->folder, "held", "000001.png", NULL);
  g_autofree char *model_hash = gen_audit_hash_file (model, NULL);
  g_autofree char *media_hash = NULL;
  g_autoptr (GPtrArray) records = NULL;
  GThread *thread = g_thread_new ("review", review, f);

  start (f, "labels=0=0.75 hold-mode=wait");
  g_assert_cmpint (push (f, 50, 0), ==, GST_FLOW_OK);
  g_assert_cmpint (push (f, 255, 1), ==, GST_FLOW_OK);
  g_assert_cmpint (push (f, 255, 2), ==, GST_FLOW_OK);
  g_thread_join (thread);
  g_assert_cmpint (push (f, 50, 3), ==, GST_FLOW_OK);
  gst_harness_teardown (f->harness);

  records = read_records (f);
  check_events (records, "settings closed held passed held withheld open stopped");
  g_assert_cmpstr (
      json_object_get_string_member (get_details (records, 0), "model-sha256"), ==, model_hash);
  g_assert_cmpstr (
      json_object_get_string_member (get_details (records, 0), "labels"), ==, "0=0.75");
  g_assert_cmpstr (
      json_object_get_string_member (get_details (records, 0), "hold-policy"), ==, "reject");
  g_assert_cmpfloat (json_object_get_double_member (get_details (records, 1), "time"), ==, 0.1);
  g_assert_cmpfloat (json_object_get_double_member (get_details (records, 1), "score"), ==, 1);
  media_hash = gen_audit_hash_file (media, NULL);
  g_assert_cmpstr (
      json_object_get_string_member (get_details (records, 2), "sha256"), ==, media_hash);
  g_assert_cmpint (json_object_get_int_member (get_details (records, 5), "number"), ==, 2);
  g_assert_cmpstr (json_object_get_string_member (get_details (records, 5), "by"), ==, "anna");
  g_assert_cmpstr (
      json_object_get_string_member (get_details (records, 5), "reason"), ==, "a statue");
  g_assert_cmpint (json_object_get_int_member (get_details (records, 7), "judged"), ==, 4);
}

/* Nobody decides. */
static void
test_policy (Fixture *f, gconstpointer data)
{
  const gboolean approves = data != NULL;
  g_autoptr (GPtrArray) records = NULL;

  start (f, approves ? "hold-mode=wait hold-timeout=0.01 hold-policy=approve"
                     : "hold-mode=wait hold-timeout=0.01");
  g_assert_cmpint (push (f, 255, 0), ==, GST_FLOW_OK);
  gst_harness_teardown (f->harness);
  records = read_records (f);
  check_events (records, approves ? "settings closed held passed-by-policy stopped"
                                  : "settings closed held expired stopped");
}

/* A live stream goes on, and what is done may change meanwhile. */
static void
test_live (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) records = NULL;
  GstElement *gate;

  start (f, "hold-mode=slate");
  gate = gst_harness_find_element (f->harness, "contentgate");
  g_assert_cmpint (push (f, 255, 0), ==, GST_FLOW_OK);
  g_assert_cmpint (push (f, 50, 1), ==, GST_FLOW_OK);
  gst_util_set_object_arg (G_OBJECT (gate), "action", "drop");
  gst_object_unref (gate);
  g_assert_cmpint (push (f, 255, 2), ==, GST_FLOW_OK);
  gst_harness_teardown (f->harness);
  records = read_records (f);
  check_events (records, "settings closed held left-undecided open closed action stopped");
  g_assert_cmpstr (json_object_get_string_member (get_details (records, 6), "action"), ==, "drop");
}

/* The log is taken away under it. */
static void
test_fails (Fixture *f, gconstpointer data)
{
  start (f, "hold-mode=slate");
  g_assert_cmpint (push (f, 50, 0), ==, GST_FLOW_OK);
  g_assert_cmpint (g_unlink (f->log), ==, 0);
  g_assert_cmpint (push (f, 50, 1), ==, GST_FLOW_OK);
  g_assert_cmpint (push (f, 255, 2), ==, GST_FLOW_ERROR);
  g_test_expect_message ("generative", G_LOG_LEVEL_WARNING, "*removed*");
  gst_harness_teardown (f->harness);
  g_test_assert_expected_messages ();
}

static void
check_error (const Fixture *f, const char *properties, const char *message)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=2 ! " PICTURE " ! contentgate %s ! fakesink", properties);
  g_auto (GStrv) parts = g_strsplit (launch, "%s", -1);
  g_autofree char *whole = g_strjoinv (f->folder, parts);
  g_autofree char *text = play_to_error (whole);

  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, message));
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  g_autofree char *open_key = g_build_filename (f->folder, "open.pem", NULL);

  g_assert_true (g_file_set_contents (open_key, KEY, -1, NULL));
  g_assert_cmpint (chmod (open_key, 0644), ==, 0);
  check_error (f, "model=%s/bright.onnx audit-key=%s/key.pem", "audit-log is not set");
  check_error (f, "model=%s/bright.onnx audit-log=%s", "Property audit-log");
  check_error (f, "model=%s/bright.onnx audit-log=%s/bright.onnx", "audit log");
  check_error (f, "model=%s/bright.onnx audit-log=%s/a audit-key=%s/open.pem", "chmod 600");
  check_error (f, "model=%s/bright.onnx audit-log=%s/a audit-key=%s/missing", "cannot be read");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(NAME, DATA, FUNC)                                                                      \
  g_test_add ("/gate-audit/" NAME, Fixture, DATA, set_up, FUNC, tear_down)
  ADD ("waits", NULL, test_waits);
  ADD ("expires", NULL, test_policy);
  ADD ("passes-by-policy", "approve", test_policy);
  ADD ("live", NULL, test_live);
  ADD ("fails", NULL, test_fails);
  ADD ("refused", NULL, test_refused);
  return g_test_run ();
}
