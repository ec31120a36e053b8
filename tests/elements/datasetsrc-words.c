/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsrc: texts as items, and captions and labels on pads of their own, whatever becomes of the
 * other branch. */
#include <generative/picture.h>
#include <gst/check/gstharness.h>

#include <string.h>

#include "../scratch.h"

enum { ITEMS = 12, WAIT = 60 };

/* a/00.png … b/11.png, of which each third has a caption, "item N". */
static void
save_items (const char *folder)
{
  for (int i = 0; i < ITEMS; i++) {
    const char *class = i < ITEMS / 2 ? "a" : "b";
    g_autofree char *path = g_strdup_printf ("%s/%s/%02d.png", folder, class, i);
    g_autofree char *beside = g_strdup_printf ("%s/%s/%02d.txt", folder, class, i);
    g_autofree char *caption = g_strdup_printf ("item %d\n", i);
    g_autofree char *parent = g_path_get_dirname (path);
    g_auto (GenPicture) picture = { 0 };

    g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
    gen_picture_init (&picture, 8, 8, 3);
    memset (picture.data, 20 * i, (gsize)picture.stride * 8);
    g_assert_true (gen_picture_save_png (&picture, path, NULL));
    if (i % 3 == 0)
      g_assert_true (g_file_set_contents (beside, caption, -1, NULL));
  }
}

static char *
text_of (GstBuffer *buffer)
{
  gsize size = gst_buffer_get_size (buffer);
  char *text = g_malloc0 (size + 1);

  g_assert_cmpuint (gst_buffer_extract (buffer, 0, text, size), ==, size);
  return text;
}

/* --- a pipeline whose sinks tell what comes --- */

typedef struct {
  GMutex lock;
  GCond came;
  GPtrArray *texts; /* of char *, or NULL of what is no text */
  GArray *times;    /* of GstClockTime */
  guint gaps, flushes, ends;
} Heard;

static void
heard_init (Heard *heard)
{
  *heard = (Heard){ .texts = g_ptr_array_new_with_free_func (g_free),
    .times = g_array_new (FALSE, FALSE, sizeof (GstClockTime)) };
  g_mutex_init (&heard->lock);
  g_cond_init (&heard->came);
}

static void
heard_clear (Heard *heard)
{
  g_ptr_array_unref (heard->texts);
  g_array_unref (heard->times);
  g_mutex_clear (&heard->lock);
  g_cond_clear (&heard->came);
}

static GstPadProbeReturn
hear (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Heard *heard = data;

  g_mutex_lock (&heard->lock);
  if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
    GstClockTime time = GST_BUFFER_PTS (buffer);

    g_ptr_array_add (heard->texts, text_of (buffer));
    g_array_append_val (heard->times, time);
  } else {
    GstEventType type = GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info));

    heard->gaps += type == GST_EVENT_GAP;
    heard->flushes += type == GST_EVENT_FLUSH_STOP;
    heard->ends += type == GST_EVENT_EOS;
  }
  g_cond_broadcast (&heard->came);
  g_mutex_unlock (&heard->lock);
  return GST_PAD_PROBE_OK;
}

static void
listen (GstElement *pipeline, const char *name, Heard *heard)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (pipeline), name);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");

  heard_init (heard);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
          GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      hear, heard, NULL);
}

static void
wait_for_end (Heard *heard)
{
  const gint64 until = g_get_monotonic_time () + WAIT * G_TIME_SPAN_SECOND;

  g_mutex_lock (&heard->lock);
  while (heard->ends == 0)
    g_assert_true (g_cond_wait_until (&heard->came, &heard->lock, until));
  g_mutex_unlock (&heard->lock);
}

static GstElement *
parse (const char *format, const char *folder)
{
  g_autofree char *line = g_strdup_printf (format, folder);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  g_assert_no_error (error);
  return pipeline;
}

static void
wait_for_message (GstElement *pipeline, GstMessageType type)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, WAIT * GST_SECOND, type | GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = NULL;

    gst_message_parse_error (message, &error, NULL);
    g_assert_no_error (error);
  }
}

static void
stop (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* What the caption of frame N is, where the order is the folder's. */
static void
check_captions (const Heard *heard, guint first)
{
  guint n = 0;

  for (guint frame = first; frame < ITEMS; frame++) {
    g_autofree char *wanted = g_strdup_printf ("item %u", frame);

    if (frame % 3 != 0)
      continue;
    g_assert_cmpuint (n, <, heard->texts->len);
    g_assert_cmpstr (g_ptr_array_index (heard->texts, n), ==, wanted);
    g_assert_cmpuint (g_array_index (heard->times, GstClockTime, n), ==,
        gst_util_uint64_scale (frame, GST_SECOND, 30));
    n++;
  }
  g_assert_cmpuint (heard->texts->len, ==, n);
  g_assert_cmpuint (heard->gaps, ==, ITEMS - first - n);
}

static void
forget (Heard *heard)
{
  g_ptr_array_set_size (heard->texts, 0);
  g_array_set_size (heard->times, 0);
  heard->gaps = heard->flushes = heard->ends = 0;
}

#define LINE "datasetsrc name=d location=%s shuffle=false epochs=1 "

/* Sinks that wait for each other, first to preroll and then by the clock, with no queue between. */
static void
test_together (void)
{
  g_autofree char *folder = scratch_new ();
  GstElement *pipeline;
  Heard pictures, captions, labels;

  save_items (folder);
  pipeline = parse (LINE "d.src ! fakesink name=p sync=true d.caption ! fakesink name=c sync=true "
                         "d.label ! fakesink name=l sync=true",
      folder);
  listen (pipeline, "p", &pictures);
  listen (pipeline, "c", &captions);
  listen (pipeline, "l", &labels);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  wait_for_message (pipeline, GST_MESSAGE_ASYNC_DONE);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_message (pipeline, GST_MESSAGE_EOS);
  g_assert_cmpuint (pictures.texts->len, ==, ITEMS);
  check_captions (&captions, 0);
  g_assert_cmpuint (labels.texts->len, ==, ITEMS);
  for (guint i = 0; i < ITEMS; i++) {
    g_assert_cmpstr (g_ptr_array_index (labels.texts, i), ==, i < ITEMS / 2 ? "a" : "b");
    g_assert_cmpuint (g_array_index (labels.times, GstClockTime, i), ==,
        g_array_index (pictures.times, GstClockTime, i));
  }

  /* A seek reaches the source by each of the three, and is followed once. */
  forget (&pictures);
  forget (&captions);
  forget (&labels);
  g_assert_true (gst_element_seek_simple (pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
      gst_util_uint64_scale_ceil (5, GST_SECOND, 30)));
  wait_for_message (pipeline, GST_MESSAGE_EOS);
  g_assert_cmpuint (pictures.flushes, ==, 1);
  g_assert_cmpuint (captions.flushes, ==, 1);
  g_assert_cmpuint (labels.flushes, ==, 1);
  g_assert_cmpuint (pictures.texts->len, ==, ITEMS - 5);
  g_assert_cmpuint (labels.texts->len, ==, ITEMS - 5);
  check_captions (&captions, 5);

  /* Down and up again. */
  forget (&captions);
  gst_element_set_state (pipeline, GST_STATE_READY);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_message (pipeline, GST_MESSAGE_EOS);
  check_captions (&captions, 0);
  stop (pipeline);
  heard_clear (&pictures);
  heard_clear (&captions);
  heard_clear (&labels);
  scratch_remove (folder);
}

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

/* A pad of words that is blocked holds up nothing, and loses nothing. */
static void
test_blocked (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstPad) pad = NULL;
  GstElement *pipeline;
  Heard pictures, captions;
  gulong probe;

  save_items (folder);
  pipeline = parse (
      LINE "d.src ! fakesink name=p async=false d.caption ! fakesink name=c async=false", folder);
  listen (pipeline, "p", &pictures);
  listen (pipeline, "c", &captions);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "d");
  pad = gst_element_get_static_pad (source, "caption");
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, block, NULL, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_end (&pictures);
  g_assert_cmpuint (pictures.texts->len, ==, ITEMS);
  g_assert_cmpuint (captions.texts->len, ==, 0);
  gst_pad_remove_probe (pad, probe);
  wait_for_end (&captions);
  check_captions (&captions, 0);
  stop (pipeline);
  heard_clear (&pictures);
  heard_clear (&captions);
  scratch_remove (folder);
}

/* Where the source's own pad is blocked, words are of what has gone out there; and a pipeline in
 * which all waits is stopped. */
static void
test_source_blocked (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstPad) pad = NULL;
  GstElement *pipeline;

  save_items (folder);
  pipeline = parse (LINE "d.src ! fakesink d.caption ! fakesink", folder);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "d");
  pad = gst_element_get_static_pad (source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, block, NULL, NULL);
  g_assert_cmpint (gst_element_set_state (pipeline, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_ASYNC);
  g_usleep (G_USEC_PER_SEC / 20);
  stop (pipeline);
  scratch_remove (folder);
}

/* Either pad may lead nowhere. */
static void
test_unlinked (void)
{
  static const char *const lines[] = { LINE "d.caption ! fakesink name=c",
    LINE "d.src ! fakesink d.caption ! fakesink name=c d.label ! fakesink" };
  g_autofree char *folder = scratch_new ();

  save_items (folder);
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    GstElement *pipeline = parse (lines[i], folder);
    g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "d");
    g_autoptr (GstPad) label = NULL;
    Heard captions;

    listen (pipeline, "c", &captions);
    if (i == 0)
      label = gst_element_request_pad_simple (source, "label");
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    wait_for_message (pipeline, GST_MESSAGE_EOS);
    check_captions (&captions, 0);
    if (label != NULL)
      gst_element_release_request_pad (source, label);
    stop (pipeline);
    heard_clear (&captions);
  }
  scratch_remove (folder);
}

/* An endless stream whose words nobody takes comes to a halt before memory is full, and stops when
 * it is told to. */
static void
test_full (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstPad) pad = NULL;
  GstElement *pipeline;
  GstBuffer *last = NULL;
  guint64 offset = 0, before;

  save_items (folder);
  pipeline = parse ("datasetsrc name=d location=%s d.src ! fakesink name=p async=false "
                    "d.label ! fakesink async=false",
      folder);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "d");
  pad = gst_element_get_static_pad (source, "label");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, block, NULL, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  do {
    g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "p");

    before = offset;
    g_usleep (G_USEC_PER_SEC / 2);
    g_object_get (sink, "last-sample", &last, NULL);
    if (last != NULL) {
      offset = GST_BUFFER_OFFSET (gst_sample_get_buffer (GST_SAMPLE (last)));
      gst_sample_unref (GST_SAMPLE (last));
    }
  } while (offset == 0 || offset != before);
  g_assert_cmpuint (offset, >, 1000);
  g_assert_cmpuint (offset, <, 20000);
  stop (pipeline);
  scratch_remove (folder);
}

/* A pad may come and go while the stream flows, and begins as a stream does. */
static void
test_on_the_way (void)
{
  g_autofree char *folder = scratch_new ();
  GstElement *source = gst_element_factory_make ("datasetsrc", NULL);
  GstHarness *harness = gst_harness_new_with_element (source, NULL, "src"), *words;

  save_items (folder);
  g_object_set (source, "location", folder, "shuffle", FALSE, NULL);
  gst_harness_set_sink_caps_str (harness, "video/x-raw,format=RGB");
  gst_harness_play (harness);
  for (int i = 0; i < 2 * ITEMS; i++)
    gst_buffer_unref (gst_harness_pull (harness));
  for (int turn = 0; turn < 3; turn++) {
    const GstEventType wanted[] = { GST_EVENT_STREAM_START, GST_EVENT_CAPS, GST_EVENT_SEGMENT };
    GstBuffer *label;

    words = gst_harness_new_with_element (source, NULL, "label");
    for (int i = 0; i < 3 * ITEMS; i++)
      gst_buffer_unref (gst_harness_pull (harness));
    for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++) {
      g_autoptr (GstEvent) event = gst_harness_pull_event (words);

      g_assert_cmpint (GST_EVENT_TYPE (event), ==, wanted[i]);
    }
    label = gst_harness_pull (words);
    g_assert_true (GST_BUFFER_PTS_IS_VALID (label));
    g_assert_cmpuint (gst_buffer_get_size (label), ==, 1);
    gst_buffer_unref (label);
    gst_harness_teardown (words);
  }
  gst_harness_teardown (harness);
  gst_object_unref (source);
  scratch_remove (folder);
}

/* --- texts --- */

static void
save_text (const char *folder, const char *name, const char *text, gssize length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, length, NULL));
}

static void
check_text (GstHarness *harness, const char *wanted)
{
  g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
  g_autofree char *text = text_of (buffer);

  g_assert_cmpstr (text, ==, wanted);
}

/* Caps decide that it is texts which are meant; those that are none are counted. */
static void
test_texts (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *line = g_strdup_printf ("datasetsrc shuffle=false epochs=1 location=%s", folder);
  GstHarness *harness;
  guint skipped = 0;

  save_items (folder);
  save_text (folder, "c.txt", "Größe\nund mehr\n", -1);
  save_text (folder, "d.txt", "cut \xc3", -1);
  save_text (folder, "e.txt", "", 0);
  save_text (folder, "f.txt", "a\0b", 3);
  save_text (folder, "g.txt", "\xef\xbb\xbfthe end", -1);
  harness = gst_harness_new_parse (line);
  gst_harness_set_sink_caps_str (harness, "text/x-raw,format=utf8");
  gst_harness_play (harness);
  check_text (harness, "item 0\n");
  check_text (harness, "item 3\n");
  check_text (harness, "item 6\n");
  check_text (harness, "item 9\n");
  check_text (harness, "Größe\nund mehr\n");
  check_text (harness, "the end");
  gst_harness_get (harness, "datasetsrc", "skipped", &skipped, NULL);
  g_assert_cmpuint (skipped, ==, 3);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Lines have times where caps ask for a rate, and are sought by them. */
static void
test_lines (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *line = g_strdup_printf (
      "datasetsrc lines=true shuffle=false epochs=1 location=%s/corpus.txt", folder);
  GstHarness *harness;

  save_text (folder, "corpus.txt", "one\r\n \t\ntwo \n\xff\n\n  three", -1);
  harness = gst_harness_new_parse (line);
  gst_harness_set_sink_caps_str (harness, "text/x-raw,format=utf8,framerate=2/1");
  gst_harness_play (harness);
  check_text (harness, "one");
  check_text (harness, "two");
  for (int i = 0; i < 2; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
    g_autofree char *text = text_of (buffer);

    if (i == 1 && g_str_equal (text, "two")) /* came before the seek was made */
      continue;
    g_assert_cmpstr (text, ==, "three");
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 3 * GST_SECOND / 2);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, GST_SECOND / 2);
    if (i == 0)
      g_assert_true (gst_harness_push_upstream_event (
          harness, gst_event_new_seek (1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                       GST_SECOND, GST_SEEK_TYPE_NONE, 0)));
  }
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/datasetsrc/words/together", test_together);
  g_test_add_func ("/datasetsrc/words/blocked", test_blocked);
  g_test_add_func ("/datasetsrc/words/source-blocked", test_source_blocked);
  g_test_add_func ("/datasetsrc/words/unlinked", test_unlinked);
  g_test_add_func ("/datasetsrc/words/full", test_full);
  g_test_add_func ("/datasetsrc/words/on-the-way", test_on_the_way);
  g_test_add_func ("/datasetsrc/texts", test_texts);
  g_test_add_func ("/datasetsrc/lines", test_lines);
  return g_test_run ();
}
