/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsink: sounds, windows of them, and texts. */
#include "datasetsink.h"
#include "models.h"

static void
test_sounds (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties = g_strdup_printf ("location=%s/data", folder);
  g_auto (GStrv) lines = NULL;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, SOUND GST_AUDIO_NE (S16));
  push (&sink, make_sound (0, 100, G_MAXUINT64)); /* by itself */
  push (&sink, make_sound (100, 50, 0));          /* an item in two buffers */
  push (&sink, make_sound (150, 70, 0));
  push (&sink, make_sound (220, 30, 1)); /* and one in one, which nothing follows */
  finish (&sink);
  g_assert_cmpuint (count_items (&sink), ==, 3);
  sink_close (&sink);
  assert_sound (folder, "data/00000000.flac", 100, 0);
  assert_sound (folder, "data/00000001.flac", 120, 100);
  assert_sound (folder, "data/00000002.flac", 30, 220);
  lines = read_lines (folder, "data");
  g_assert_cmpstr (
      lines[1], ==, "{\"file_name\":\"00000001.flac\",\"item\":1,\"frame\":1,\"of_item\":0}");
  scratch_remove (folder);
}

/* Windows whatever buffers there are; what is left is an item where a stretch ends. */
static void
test_windows (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties =
      g_strdup_printf ("location=%s/data window=64 sound-format=wav", folder);
  GstBuffer *jump = make_sound (200, 10, G_MAXUINT64);
  g_auto (GStrv) lines = NULL;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, SOUND GST_AUDIO_NE (S16));
  for (gsize i = 0; i < 4; i++)
    push (&sink, make_sound (50 * i, 50, G_MAXUINT64));
  GST_BUFFER_FLAG_SET (jump, GST_BUFFER_FLAG_DISCONT);
  push (&sink, jump);
  push (&sink, make_sound (210, 54 + 64, G_MAXUINT64));
  finish (&sink);
  sink_close (&sink);
  lines = read_lines (folder, "data");
  g_assert_cmpuint (g_strv_length (lines), ==, 6);
  for (int i = 0; i < 3; i++) {
    g_autofree char *name = g_strdup_printf ("data/%08d.wav", i);

    assert_sound (folder, name, 64, 64u * (gsize)i);
  }
  assert_sound (folder, "data/00000003.wav", 8, 192);
  assert_sound (folder, "data/00000004.wav", 64, 200);
  assert_sound (folder, "data/00000005.wav", 64, 264);
  scratch_remove (folder);
}

/* Floats are as they were in WAV. Several sounds in a buffer, which a model has made, are several
 * items. */
static void
test_float_sounds (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties = g_strdup_printf ("location=%s/data sound-format=wav", folder);
  const float samples[] = { 0.1f, -0.2f, 1.5f, 1e-20f, 0.7f, -1 };
  GstBuffer *buffer = gst_buffer_new_memdup (samples, sizeof samples);
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, SOUND GST_AUDIO_NE (F32));
  gst_structure_set (add_meta (buffer, "generative-origin"), "pictures", G_TYPE_UINT, 2, NULL);
  push (&sink, buffer);
  finish (&sink);
  g_assert_cmpuint (count_items (&sink), ==, 2);
  sink_close (&sink);
  for (gsize i = 0; i < 2; i++) {
    g_autofree char *path = g_strdup_printf ("%s/data/%08" G_GSIZE_FORMAT ".wav", folder, i);
    g_auto (GenSound) sound = { 0 };

    g_assert_true (gen_sound_load (&sound, path, 0, 0, NULL));
    g_assert_cmpmem (
        sound.data, sound.frames * sizeof (float), samples + 3 * i, 3 * sizeof (float));
  }
  scratch_remove (folder);
}

static void
test_texts (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties = g_strdup_printf ("location=%s/data", folder);
  g_autofree char *text = NULL;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, "text/x-raw,format=utf8");
  push (&sink, gst_buffer_new_memdup ("Gr\xc3\xbc\xc3\x9f dich\n", 12));
  push (&sink, gst_buffer_new_memdup ("two", 3));
  g_assert_cmpint (
      gst_harness_push (sink.harness, gst_buffer_new_memdup ("\xc3", 1)), ==, GST_FLOW_ERROR);
  assert_error (&sink, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "number 2");
  sink_close (&sink);
  text = read_text (folder, "data/00000000.txt");
  g_assert_cmpstr (text, ==, "Gr\xc3\xbc\xc3\x9f dich\n");
  g_assert_true (exists (folder, "data/00000001.txt"));
  g_assert_false (exists (folder, "data/00000002.txt"));
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/datasetsink-media/sounds", test_sounds);
  g_test_add_func ("/datasetsink-media/windows", test_windows);
  g_test_add_func ("/datasetsink-media/float-sounds", test_float_sounds);
  g_test_add_func ("/datasetsink-media/texts", test_texts);
  return g_test_run ();
}
