/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* c2pasign: what comes out is signed, by buffers, while it is written, or at its end; what it is
 * missing is said before anything plays; and what cannot be signed is an error, not a file. */
#include "../provenance.h"

#include <generative/provenance-live.h>
#include <gst/check/gstharness.h>
#include <gst/gst.h>

/* "c2pasign key=… certificate=… MORE" (transfer full) */
static char *
signer_of (const ProvenanceKey *key, const char *more)
{
  return g_strdup_printf ("c2pasign key=%s certificate=%s %s", key->key, key->certificate, more);
}

static GBytes *
take_buffer (GstBuffer *buffer)
{
  GstMapInfo map;
  GBytes *bytes;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  bytes = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return bytes;
}

/* What `source` makes, signed and in a file. (transfer full) */
static GBytes *
play_to_file (const ProvenanceKey *key, const char *source)
{
  g_autofree char *path = g_build_filename (key->folder, "out", NULL);
  g_autofree char *signer = signer_of (key, "model=test");
  g_autofree char *launch =
      g_strdup_printf ("%s ! %s ! filesink location=%s", source, signer, path);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstBus) bus = NULL;
  GstMessage *message;
  char *data;
  gsize size;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_error ("%s: %s", launch, error->message);
  }
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_unlink (path);
  return g_bytes_new_take (data, size);
}

#define FILM "videotestsrc num-buffers=20 ! video/x-raw,width=64,height=48 ! x264enc ! "

static void
test_files (void)
{
  static const char *const sources[] = { FILM "mp4mux", FILM "mp4mux faststart=true",
    FILM "mp4mux fragment-duration=200", FILM "qtmux", "audiotestsrc num-buffers=5 ! wavenc",
    "audiotestsrc num-buffers=5 ! flacenc" };
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++) {
    g_autoptr (GBytes) file = play_to_file (&key, sources[i]);

    g_test_message ("%s", sources[i]);
    assert_trusted (&key, file);
  }
}

static void
gather (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user_data)
{
  g_autoptr (GBytes) bytes = take_buffer (gst_buffer_ref (buffer));

  g_byte_array_append (user_data, g_bytes_get_data (bytes, NULL), (guint)g_bytes_get_size (bytes));
}

/* A sink that cannot seek gets the film when it is whole, from its first byte to its last. */
static void
test_no_seeking (void)
{
  g_auto (ProvenanceKey) key;
  g_autofree char *signer = NULL, *launch = NULL;
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GBytes) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  GstElement *pipeline;
  GstMessage *message;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  signer = signer_of (&key, "");
  launch = g_strdup_printf (
      FILM "mp4mux ! %s ! fakesink name=sink signal-handoffs=true sync=false", signer);
  pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (gather), all);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  file = g_bytes_new (all->data, all->len);
  assert_trusted (&key, file);
}

/* --- pictures --- */

static GstBuffer *
make_picture (const char *encoder)
{
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=1 ! video/x-raw,width=16,height=16 ! %s", encoder);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBuffer *buffer;

  gst_harness_play (harness);
  buffer = gst_harness_pull (harness);
  gst_harness_teardown (harness);
  return buffer;
}

static void
test_pictures (void)
{
  static const struct {
    const char *encoder, *caps;
  } kinds[] = { { "jpegenc", "image/jpeg" }, { "pngenc", "image/png" } };
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *signer = signer_of (&key, "prompt=\"a bird\"");
    GstHarness *harness = gst_harness_new_parse (signer);
    GstBuffer *picture = make_picture (kinds[i].encoder);

    gst_harness_set_src_caps_str (harness, kinds[i].caps);
    for (int n = 0; n < 3; n++) {
      GstBuffer *in = gst_buffer_copy (picture), *out;
      g_autoptr (GBytes) file = NULL;

      GST_BUFFER_PTS (in) = n * GST_SECOND;
      GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_DELTA_UNIT);
      out = gst_harness_push_and_pull (harness, in);
      g_assert_cmpuint (GST_BUFFER_PTS (out), ==, n * GST_SECOND);
      g_assert_true (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_DELTA_UNIT));
      file = take_buffer (out);
      assert_trusted (&key, file);
    }
    gst_buffer_unref (picture);
    gst_harness_teardown (harness);
  }
}

static void
assert_prompt (
    const ProvenanceKey *key, GstHarness *harness, GstBuffer *picture, const char *prompt)
{
  GstBuffer *out = gst_harness_push_and_pull (harness, gst_buffer_copy (picture));
  g_autoptr (GBytes) file = take_buffer (out);
  g_autoptr (GenProvenanceReport) report = provenance_read (key, file);
  g_autofree char *json = gen_provenance_report_json (report);

  if (strstr (json, prompt) == NULL)
    g_error ("%s does not say %s", json, prompt);
}

/* What is set while it plays is not claimed before it has stopped; in READY it counts. */
static void
test_changes (void)
{
  g_auto (ProvenanceKey) key;
  g_autofree char *signer = NULL;
  g_autoptr (GstElement) element = NULL;
  GstBuffer *picture;
  GstHarness *harness;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  signer = signer_of (&key, "prompt=\"a first bird\"");
  harness = gst_harness_new_parse (signer);
  element = gst_harness_find_element (harness, "c2pasign");
  picture = make_picture ("pngenc");
  gst_harness_set_src_caps_str (harness, "image/png");
  assert_prompt (&key, harness, picture, "a first bird");
  g_object_set (element, "prompt", "a second bird", NULL);
  assert_prompt (&key, harness, picture, "a first bird");
  gst_element_set_state (element, GST_STATE_READY);
  g_object_set (element, "prompt", "a third bird", NULL);
  gst_element_set_state (element, GST_STATE_PLAYING);
  gst_harness_set_src_caps_str (harness, "image/png");
  assert_prompt (&key, harness, picture, "a third bird");
  /* Without a key it does not play, whatever it had before. */
  gst_element_set_state (element, GST_STATE_READY);
  g_object_set (element, "key", NULL, NULL);
  for (int i = 0; i < 2; i++)
    g_assert_cmpint (
        gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  gst_buffer_unref (picture);
  gst_harness_teardown (harness);
}

/* --- what is wrong --- */

static void
assert_not_ready (const char *launch, const char *why)
{
  g_autoptr (GError) error = NULL;
  GstElement *element = gst_parse_launch (launch, &error);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autofree char *details = NULL;
  GstMessage *message;

  g_assert_no_error (error);
  gst_element_set_bus (element, bus);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, &details);
  if (strstr (details, why) == NULL)
    g_error ("\"%s\" does not say %s", details, why);
  gst_message_unref (message);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (element);
}

static void
test_settings (void)
{
  g_auto (ProvenanceKey) key;
  g_autofree char *no_certificate = NULL, *missing = NULL, *open = NULL;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  no_certificate = g_strdup_printf ("c2pasign key=%s", key.key);
  missing = g_strdup_printf ("c2pasign key=%s.none certificate=%s", key.key, key.certificate);
  open = signer_of (&key, "");
  assert_not_ready ("c2pasign", "key is not set");
  assert_not_ready (no_certificate, "certificate is not set");
  assert_not_ready (missing, "cannot read the key");
  g_chmod (key.key, 0644);
  assert_not_ready (open, "chmod 600");
}

/* The error that a stream ends by. (transfer full) */
static char *
error_of (const ProvenanceKey *key, const char *caps, const char *more, GstBuffer *buffer)
{
  g_autofree char *signer = signer_of (key, more);
  GstHarness *harness = gst_harness_new_parse (signer);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GError) error = NULL;
  char *details = NULL;
  GstMessage *message;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (harness, caps);
  gst_harness_push (harness, buffer);
  gst_harness_push_event (harness, gst_event_new_eos ());
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, &details);
  gst_message_unref (message);
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
  return details;
}

static void
test_errors (void)
{
  g_auto (ProvenanceKey) key;
  g_autofree char *half = NULL, *none = NULL, *wav = NULL;
  GstBuffer *picture;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  picture = make_picture ("pngenc");
  half = error_of (
      &key, "image/png", "", gst_buffer_copy_region (picture, GST_BUFFER_COPY_ALL, 0, 60));
  g_assert_nonnull (strstr (half, "each buffer is to be a whole picture"));
  none = error_of (&key, "image/png", "", gst_buffer_new_memdup ("hello", 5));
  g_assert_nonnull (strstr (none, "none of the kinds"));
  wav = error_of (&key, "audio/x-wav", "", gst_buffer_new_memdup ("RIFF\xff\0\0\0WAVE", 12));
  g_assert_nonnull (strstr (wav, "cut"));
  gst_buffer_unref (picture);
}

/* Room that does not suffice is told with the property's name. */
static void
test_reserve (void)
{
  g_auto (ProvenanceKey) key;
  g_autofree char *launch = NULL, *signer = NULL, *details = NULL, *prompt = g_strnfill (9000, 'x');
  g_autofree char *more = g_strdup_printf ("reserve=4096 prompt=%s", prompt);
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstBus) bus = NULL;
  GstElement *pipeline;
  GstMessage *message;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  path = g_build_filename (key.folder, "out.mp4", NULL);
  signer = signer_of (&key, more);
  launch = g_strdup_printf (FILM "mp4mux ! %s ! filesink location=%s", signer, path);
  pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, &details);
  g_assert_nonnull (strstr (details, "property reserve"));
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* --- live streams --- */

static void
collect (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user_data)
{
  /* The initialization segment is a header, and the others have their times. */
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER) ==
                 (((GPtrArray *)user_data)->len == 0));
  g_assert_true (
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER) || GST_BUFFER_PTS_IS_VALID (buffer));
  g_ptr_array_add (user_data, take_buffer (gst_buffer_ref (buffer)));
}

/* Each segment comes in a buffer, whether or not the sink could seek, and is right. */
static void
assert_live (const ProvenanceKey *key, const char *muxer, const char *live)
{
  g_autofree char *more = g_strdup_printf ("live=%s", live), *signer = signer_of (key, more);
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=40 ! video/x-raw,width=64,height=48,framerate=20/1 ! "
      "x264enc key-int-max=10 ! %s fragment-duration=500 ! %s ! fakesink name=sink "
      "signal-handoffs=true",
      muxer, signer);
  g_autoptr (GPtrArray) segments = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_autoptr (GenProvenanceLiveReport) report = NULL;
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  GstMessage *message;

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (collect), segments);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_assert_cmpuint (segments->len, ==, 5);
  report = gen_provenance_live_report_new (segments->pdata[0], key->authorities, &error);
  g_assert_no_error (error);
  for (guint i = 1; i < segments->len; i++)
    gen_provenance_live_report_add (report, segments->pdata[i]);
  if (gen_provenance_live_report_state (report) != GEN_PROVENANCE_TRUSTED)
    g_error ("%s", gen_provenance_live_report_json (report));
}

static void
test_live (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  assert_live (&key, "mp4mux", "manifests");
  assert_live (&key, "mp4mux streamable=true fragment-mode=dash-or-mss", "session-key");
  assert_live (&key, "qtmux", "session-key");
}

/* What is no stream of fragments is an error. */
static void
test_not_live (void)
{
  g_auto (ProvenanceKey) key;
  g_autofree char *signer = NULL;
  GstHarness *harness;
  static const guint8 film[] = "\0\0\0\x10"
                               "ftypisom\0\0\0\0"
                               "\0\0\0\x08mdat";

  if (!provenance_key_init (&key, NULL, 30))
    return;
  signer = signer_of (&key, "live=session-key");
  harness = gst_harness_new_parse (signer);
  gst_harness_set_src_caps_str (harness, "video/quicktime");
  g_assert_cmpint (gst_harness_push (harness, gst_buffer_new_memdup (film, sizeof film - 1)), ==,
      GST_FLOW_ERROR);
  gst_harness_teardown (harness);
}

/* --- off --- */

/* No key is asked for, and what comes is what goes. */
static void
assert_untouched (const char *launch)
{
  g_autoptr (GBytes) before = take_buffer (make_picture ("jpegenc")), after = NULL;
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, "image/jpeg,width=16,height=16,framerate=1/1");
  gst_harness_push (harness, gst_buffer_new_wrapped_bytes (before));
  after = take_buffer (gst_harness_pull (harness));
  g_assert_true (g_bytes_equal (before, after));
  gst_harness_teardown (harness);
}

static void
test_off (void)
{
  g_auto (ProvenanceKey) key;
  g_autoptr (GBytes) film = NULL;
  g_autoptr (GenProvenanceReport) report = NULL;

  assert_untouched ("c2pasign enabled=false");
  if (!provenance_key_init (&key, NULL, 30))
    return;
  g_setenv ("GENERATIVE_MARK", "off", TRUE);
  assert_untouched ("c2pasign");
  /* A muxer goes back to its sink as it would without. */
  film = play_to_file (&key, FILM "mp4mux");
  g_unsetenv ("GENERATIVE_MARK");
  report = provenance_read (&key, film);
  g_assert_cmpint (gen_provenance_report_state (report), ==, GEN_PROVENANCE_NONE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/c2pasign/files", test_files);
  g_test_add_func ("/c2pasign/no-seeking", test_no_seeking);
  g_test_add_func ("/c2pasign/pictures", test_pictures);
  g_test_add_func ("/c2pasign/changes", test_changes);
  g_test_add_func ("/c2pasign/settings", test_settings);
  g_test_add_func ("/c2pasign/errors", test_errors);
  g_test_add_func ("/c2pasign/reserve", test_reserve);
  g_test_add_func ("/c2pasign/live", test_live);
  g_test_add_func ("/c2pasign/not-live", test_not_live);
  g_test_add_func ("/c2pasign/off", test_off);
  return g_test_run ();
}
