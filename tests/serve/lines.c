/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Launch lines of mounts: what they end on, and what is said where that is not to be watched. */
#include <gst/gst.h>
#include <string.h>

#include "../../tools/serve/error.h"
#include "../../tools/serve/session-bin.h"

static void
test_ends (void)
{
  static const struct {
    const char *line;
    gboolean video, audio;
  } cases[] = {
    { "videotestsrc", TRUE, FALSE },
    { "videotestsrc ! videoconvert name=video audiotestsrc ! audioconvert name=audio", TRUE, TRUE },
    { "videotestsrc ! video/x-raw,width=96,height=64", TRUE, FALSE },
    { "videotestsrc ! video/x-raw, format=(string)I420, framerate=25/1  ", TRUE, FALSE },
    { "videotestsrc ! videoconvert ! video/x-raw,format={RGB,I420}", TRUE, FALSE },
    { "videotestsrc ! video/x-raw(memory:SystemMemory),width=96", TRUE, FALSE },
    { "audiotestsrc ! audio/x-raw,rate=8000", FALSE, TRUE },
    { "videotestsrc ! videoconvert name=video audiotestsrc ! audio/x-raw,rate=8000", TRUE, TRUE },
    /* A name that caps could have, and a text that has the sign. */
    { "videotestsrc ! videoconvert", TRUE, FALSE },
    { "videotestsrc ! identity name=\"a ! video/x-raw\"", TRUE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstElement) bin = NULL;

    g_test_message ("%s", cases[i].line);
    bin = serve_session_bin_parse (cases[i].line, &error);
    g_assert_no_error (error);
    g_assert_cmpint (serve_session_bin_has (bin, "video"), ==, cases[i].video);
    g_assert_cmpint (serve_session_bin_has (bin, "audio"), ==, cases[i].audio);
  }
}

static void
test_wrong (void)
{
  static const struct {
    const char *line, *says;
  } cases[] = {
    { "videotestsrc ! nosuchelement", "nosuchelement" },
    { "videotestsrc ! fakesink", "no sink is to be at its end" },
    { "videotestsrc ! jpegenc", "jpegenc" },
    { "audiotestsrc ! video/x-raw,width=96", "audiotestsrc" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (serve_session_bin_parse (cases[i].line, &error));
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i].says));
  }
}

int
main (int argc, char *argv[])
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/lines/ends", test_ends);
  g_test_add_func ("/serve/lines/wrong", test_wrong);
  return g_test_run ();
}
