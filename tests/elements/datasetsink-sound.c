/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsink behind a generator of sounds: each latent's sound is an item, to the bit. */
#include "sound-models.h"

#include <generative/sound.h>

static void
run (const char *launch)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  g_assert_no_error (error);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
test_latents (void)
{
  enum { BUFFERS = 2, LATENTS = 3 };
  const char *const source = "latentsrc seed=3 num-buffers=2 dimensions=4:3 ! generator model=";
  const char *const caps = "audio/x-raw,format=" GST_AUDIO_NE (F32);
  g_autofree char *raw = g_build_filename (folder, "raw", NULL);
  g_autofree char *made = g_build_filename (folder, "made", NULL);
  g_autofree char *first =
      g_strdup_printf ("%s%s ! %s ! filesink location=%s", source, sounds, caps, raw);
  g_autofree char *second = g_strdup_printf (
      "%s%s ! %s ! datasetsink location=%s sound-format=wav", source, sounds, caps, made);
  g_autofree char *manifest = g_build_filename (made, "metadata.jsonl", NULL);
  g_autofree char *wanted = NULL, *text = NULL;
  g_auto (GStrv) lines = NULL;
  const gsize size = (gsize)LENGTH * CHANNELS * sizeof (float);
  gsize length;

  run (first);
  run (second);
  g_assert_true (g_file_get_contents (raw, &wanted, &length, NULL));
  g_assert_cmpuint (length, ==, BUFFERS * LATENTS * size);
  g_assert_true (g_file_get_contents (manifest, &text, NULL, NULL));
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, BUFFERS * LATENTS);
  for (guint i = 0; i < BUFFERS * LATENTS; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%08u.wav", made, i);
    g_autofree char *origin = g_strdup_printf (
        "\"seed\":3,\"latent\":%u,\"vector\":%u,\"models\":[{\"file\":\"sounds.onnx\"", i / LATENTS,
        i % LATENTS);
    g_auto (GenSound) sound = { 0 };

    g_assert_true (gen_sound_load (&sound, path, 0, 0, NULL));
    g_assert_cmpint (sound.rate, ==, RATE);
    g_assert_cmpint (sound.channels, ==, CHANNELS);
    g_assert_cmpmem (sound.data, sound.frames * CHANNELS * sizeof (float), wanted + i * size, size);
    g_assert_nonnull (strstr (lines[i], origin));
    g_assert_nonnull (strstr (lines[i], "/trainedAlgorithmicMedia\""));
  }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  save_sound_models ();
  g_test_add_func ("/datasetsink-sound/latents", test_latents);
  result = g_test_run ();
  remove_sound_models ();
  return result;
}
