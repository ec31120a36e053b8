/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator says in the stream's tags that what it makes is synthetic, beside what stood there; and
 * not where nobody wants that, nor of numbers that are no media. */
#include <gst/check/gstharness.h>
#include <gst/gst.h>

#include "models.h"

#define NEWSCODES "http://cv.iptc.org/newscodes/digitalsourcetype/"
#define TRAINED NEWSCODES "trainedAlgorithmicMedia"
#define COMPOSITE NEWSCODES "compositeWithTrainedAlgorithmicMedia"

static char *folder, *generator, *filter, *numbers;

/* The tags that hold at a sink of a generator of the model, made of `source`. (transfer full) */
static GstTagList *
play (const char *source, const char *model, const char *more)
{
  g_autofree char *launch =
      g_strdup_printf ("%s ! generator model=%s %s ! fakesink name=sink", source, model, more);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstEvent) event = NULL;
  GstTagList *tags = NULL;
  GstMessage *message;

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_error ("%s: %s", launch, error->message);
  }
  gst_message_unref (message);
  event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, 0);
  if (event != NULL) {
    gst_event_parse_tag (event, &tags);
    tags = gst_tag_list_copy (tags);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return tags != NULL ? tags : gst_tag_list_new_empty ();
}

static void
assert_tag (const GstTagList *tags, const char *tag, guint i, const char *wanted)
{
  const char *text = NULL;

  gst_tag_list_peek_string_index (tags, tag, i, &text);
  g_assert_cmpstr (text, ==, wanted);
}

#define LATENTS "latentsrc num-buffers=3"
#define PICTURES "videotestsrc num-buffers=3 ! video/x-raw,format=GRAY8,width=8,height=8"

static void
test_made (void)
{
  g_autoptr (GstTagList) tags = play (LATENTS, generator, "");

  assert_tag (tags, "digital-source-type", 0, TRAINED);
  assert_tag (tags, GST_TAG_COMMENT, 0, TRAINED);
  assert_tag (tags, GST_TAG_EXTENDED_COMMENT, 0, "DigitalSourceType=" TRAINED);
  assert_tag (tags, GST_TAG_EXTENDED_COMMENT, 1, "GenerativeModel=generator.onnx");
  g_assert_cmpuint (gst_tag_list_get_tag_size (tags, GST_TAG_APPLICATION_NAME), ==, 1);
}

/* Of a picture that was there, and what was said of it stays, behind ours. */
static void
test_changed (void)
{
  g_autoptr (GstTagList) tags =
      play (PICTURES " ! taginject tags=comment=mine,title=walk", filter, "");

  assert_tag (tags, "digital-source-type", 0, COMPOSITE);
  assert_tag (tags, GST_TAG_COMMENT, 0, COMPOSITE);
  assert_tag (tags, GST_TAG_COMMENT, 1, "mine");
  assert_tag (tags, GST_TAG_TITLE, 0, "walk");
}

/* What several events say in front of the first buffer holds together, and of the same tag what was
 * said last. */
static void
test_several (void)
{
  g_autoptr (GstTagList) tags = play (PICTURES " ! taginject tags=title=walk,artist=one"
                                               " ! taginject tags=artist=two,album=walks",
      filter, "");

  assert_tag (tags, "digital-source-type", 0, COMPOSITE);
  assert_tag (tags, GST_TAG_TITLE, 0, "walk");
  assert_tag (tags, GST_TAG_ALBUM, 0, "walks");
  assert_tag (tags, GST_TAG_ARTIST, 0, "two");
  g_assert_cmpuint (gst_tag_list_get_tag_size (tags, GST_TAG_ARTIST), ==, 1);
}

/* What was made by a model alone stays that when another one has changed it. */
static void
test_row (void)
{
  g_autofree char *source = g_strdup_printf (LATENTS " ! generator model=%s", generator);
  g_autoptr (GstTagList) tags = play (source, filter, "");

  assert_tag (tags, "digital-source-type", 0, TRAINED);
  g_assert_cmpuint (gst_tag_list_get_tag_size (tags, GST_TAG_COMMENT), ==, 1);
  assert_tag (tags, GST_TAG_EXTENDED_COMMENT, 1, "GenerativeModel=generator.onnx");
  assert_tag (tags, GST_TAG_EXTENDED_COMMENT, 2, "GenerativeModel=filter.onnx");
}

static void
assert_silent (const char *source, const char *model, const char *more)
{
  g_autoptr (GstTagList) tags = play (source, model, more);

  g_assert_cmpuint (gst_tag_list_get_tag_size (tags, "digital-source-type"), ==, 0);
  g_assert_cmpuint (gst_tag_list_get_tag_size (tags, GST_TAG_EXTENDED_COMMENT), ==, 0);
}

static void
test_off (void)
{
  g_autoptr (GstTagList) tags = NULL;

  assert_silent (LATENTS, generator, "synthetic-tag=false");
  g_setenv ("GENERATIVE_MARK", "off", TRUE);
  assert_silent (LATENTS, generator, "");
  /* What others say passes. */
  tags = play (PICTURES " ! taginject tags=comment=mine", filter, "");
  g_unsetenv ("GENERATIVE_MARK");
  assert_tag (tags, GST_TAG_COMMENT, 0, "mine");
  g_assert_cmpuint (gst_tag_list_get_tag_size (tags, GST_TAG_COMMENT), ==, 1);
}

static void
test_numbers (void)
{
  assert_silent (PICTURES, numbers, "outputs=value_2 ! other/tensors");
}

/* Tags go in front of the first buffer, and those that come while it plays do not take ours away.
 */
static void
test_order (void)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s", filter);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstTagList *later = gst_tag_list_new (GST_TAG_TITLE, "later", NULL);
  guint found = 0;

  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=8,height=8,framerate=25/1");
  for (guint i = 0; i < 2; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64, NULL);
    GstEvent *event;

    GST_BUFFER_PTS (buffer) = i * GST_SECOND / 25;
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    gst_buffer_unref (gst_harness_pull (harness));
    while ((event = gst_harness_try_pull_event (harness)) != NULL) {
      GstTagList *tags;

      if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
        gst_event_parse_tag (event, &tags);
        assert_tag (tags, "digital-source-type", 0, COMPOSITE);
        assert_tag (tags, GST_TAG_TITLE, 0, i == 0 ? NULL : "later");
        found++;
      }
      gst_event_unref (event);
    }
    g_assert_cmpuint (found, ==, i + 1);
    if (i == 0)
      g_assert_true (gst_harness_push_event (harness, gst_event_new_tag (later)));
  }
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  generator = g_build_filename (folder, "generator.onnx", NULL);
  filter = g_build_filename (folder, "filter.onnx", NULL);
  numbers = g_build_filename (folder, "numbers.onnx", NULL);
  save_generator (generator, 1, 3, 8, 100);
  save_filter (filter, 8, 0.5f, 1);
  save_discriminator (numbers, 8, 2);
  g_test_add_func ("/synthetic-tags/made", test_made);
  g_test_add_func ("/synthetic-tags/changed", test_changed);
  g_test_add_func ("/synthetic-tags/several", test_several);
  g_test_add_func ("/synthetic-tags/row", test_row);
  g_test_add_func ("/synthetic-tags/off", test_off);
  g_test_add_func ("/synthetic-tags/numbers", test_numbers);
  g_test_add_func ("/synthetic-tags/order", test_order);
  status = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  g_free (generator);
  g_free (filter);
  g_free (numbers);
  return status;
}
