/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What audioaugment says where it cannot do what is asked: a libav without an encoder, folders that
 * are not there, and sounds in them that are none. */
#include "audioaugment.h"

#include <generative/sound.h>

#include "../scratch.h"

/* Of this program and all that it loads, the one that libav would have: none of these. */
const void *avcodec_find_encoder_by_name (const char *name);
const void *
avcodec_find_encoder_by_name (const char *name)
{
  return NULL;
}

/* The element of that launch line, which posts to a bus. */
static GstElement *
element_new (const char *settings, GstBus **bus)
{
  g_autofree char *launch = g_strdup_printf ("audioaugment %s", settings);
  GstElement *element = gst_parse_launch (launch, NULL);

  *bus = gst_bus_new ();
  gst_element_set_bus (element, *bus);
  return element;
}

static void
assert_said (GstBus *bus, GstMessageType type, const char *const *words)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, type);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else
    gst_message_parse_warning (message, &error, NULL);
  g_test_message ("%s", error->message);
  for (; *words != NULL; words++)
    g_assert_nonnull (strstr (error->message, *words));
}

static void
element_free (GstElement *element, GstBus *bus)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (element);
  gst_object_unref (bus);
}

static void
test_encoder (void)
{
  static const char *const names[][3] = { { "opus", "libopus", NULL },
    { "mp3", "libmp3lame", NULL } };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *settings = g_strdup_printf ("gain=6 %s=8", names[i][0]);
    GstBus *bus;
    GstElement *element = element_new (settings, &bus);

    g_assert_cmpint (
        gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    assert_said (bus, GST_MESSAGE_ERROR, names[i]);
    element_free (element, bus);
  }
}

/* Set while it plays. */
static void
test_encoder_late (void)
{
  static const char *const words[] = { "mp3", "libmp3lame", NULL };
  GstBus *bus;
  GstElement *element = element_new ("gain=6", &bus);

  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), !=, GST_STATE_CHANGE_FAILURE);
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR));
  g_object_set (element, "mp3", 16.0, NULL);
  assert_said (bus, GST_MESSAGE_ERROR, words);
  element_free (element, bus);
}

static void
test_folder (void)
{
  static const char *const names[] = { "background", "room" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    for (int empty = 0; empty < 2; empty++) {
      g_autofree char *folder = scratch_new ();
      g_autofree char *settings = g_strdup_printf (
          "%s=1 %s-folder=%s%s", names[i], names[i], folder, empty ? "" : "/missing");
      const char *const words[] = { names[i], "-folder", folder, NULL };
      GstBus *bus;
      GstElement *element = element_new (settings, &bus);

      g_assert_cmpint (
          gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
      assert_said (bus, GST_MESSAGE_ERROR, words);
      element_free (element, bus);
      scratch_remove (folder);
    }
}

/* A sound that is cut short behind its header, among those that are whole: a warning once, and the
 * stream goes on. */
static void
test_damaged (void)
{
  static const char *const names[] = { "background", "room" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *good = g_build_filename (folder, "good.wav", NULL);
    g_autofree char *bad = g_build_filename (folder, "bad.wav", NULL);
    g_autofree char *settings =
        g_strdup_printf ("%s=1 %s-folder=%s length=1000", names[i], names[i], folder);
    const char *const words[] = { "bad.wav", NULL };
    g_auto (GenSound) sound = { 0 };
    GstHarness *harness;
    g_autoptr (GstElement) element = NULL;
    GstBus *bus = gst_bus_new ();

    gen_sound_init (&sound, RATE, 1, 500);
    sound.data[0] = 1;
    g_assert_true (gen_sound_save_wav (&sound, good, GEN_SOUND_WAV_F32, NULL));
    g_assert_true (gen_sound_save_wav (&sound, bad, GEN_SOUND_WAV_F32, NULL));
    harness = harness_new (settings, &kinds[0]);
    g_assert_true (g_file_set_contents (bad, "RIFF", 4, NULL));
    element = gst_harness_find_element (harness, "audioaugment");
    gst_element_set_bus (element, bus);
    push_frames (harness, &kinds[0], 0, 30 * LENGTH, 700);
    g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 30);
    assert_said (bus, GST_MESSAGE_WARNING, words);
    g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR));
    gst_harness_teardown (harness);
    gst_object_unref (bus);
    scratch_remove (folder);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audioaugment/encoder", test_encoder);
  g_test_add_func ("/audioaugment/encoder-late", test_encoder_late);
  g_test_add_func ("/audioaugment/folder", test_folder);
  g_test_add_func ("/audioaugment/damaged", test_damaged);
  return g_test_run ();
}
