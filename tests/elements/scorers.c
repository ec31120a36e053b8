/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures that models make, in qualitymeter and in qualitycompare: they are wherever other figures
 * are, and what does not go together is told. */
#include "reports.h"
#include "doubtful.h"

#include <generative/report.h>

#include <glib/gstdio.h>
#include <string.h>

#include "../scorers.h"
#include "../scratch.h"

#define ALERT "quality-alert"

static char *folder;

/* A pipeline that was played to its end: what was told on the bus, by names of messages, the
 * buffers' metas, and the report. */
typedef struct {
  Player player;
  GPtrArray *lines;
  guint alerts, warnings;
  char *warning; /* the last one */
} Told;

static void
take_message (Told *told, GstMessage *message)
{
  g_autoptr (GError) error = NULL;

  if (gst_message_has_name (message, ALERT))
    told->alerts++;
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_WARNING)
    return;
  gst_message_parse_warning (message, &error, NULL);
  told->warnings++;
  g_free (told->warning);
  told->warning = g_strdup (error->message);
}

static void
play (Told *told, const char *launch, const char *report)
{
  g_autoptr (GstBus) bus = NULL;
  gboolean over = FALSE;

  memset (told, 0, sizeof *told);
  player_open (&told->player, launch);
  bus = gst_element_get_bus (told->player.pipeline);
  gst_element_set_state (told->player.pipeline, GST_STATE_PLAYING);
  while (!over) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, 60 * GST_SECOND);

    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    take_message (told, message);
    over = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  }
  gst_element_set_state (told->player.pipeline, GST_STATE_NULL);
  told->lines = read_report (report);
}

static void
told_clear (Told *told)
{
  player_close (&told->player);
  g_ptr_array_unref (told->lines);
  g_free (told->warning);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Told, told_clear)

static JsonObject *
summary_of (const Told *told)
{
  return json_object_get_object_member (object_at (told->lines, told->lines->len - 1), "summary");
}

static double
mean_of (const Told *told, const char *name)
{
  return json_object_get_double_member (
      json_object_get_object_member (summary_of (told), name), "mean");
}

/* What buffer `i` says of figure `name`. */
static double
meta_of (const Told *told, guint i, const char *name)
{
  double value;

  g_assert_true (
      gst_structure_get_double (gst_custom_meta_get_structure (gst_buffer_get_custom_meta (
                                    told->player.buffers->pdata[i], SCORE)),
          name, &value));
  return value;
}

/* What the summary says of the model that made figure `name`. */
static JsonObject *
scorer_of (const Told *told, const char *name)
{
  return json_object_get_object_member (
      json_object_get_object_member (summary_of (told), "scorers"), name);
}

/* Two files, one of which makes three figures. */
static void
test_pictures (void)
{
  static const ScorerKind colours = { "x", NULL, "y", -1, .scores = "RED,GREEN=higher,BLUE" };
  static const ScorerKind all = { "x", NULL, "nice", SCORER_SIZE, TRUE };
  g_autofree char *path = scorer_save_means (folder, &colours);
  g_autofree char *first = g_build_filename (folder, "colours.onnx", NULL), *second = NULL;
  g_autofree char *report = g_build_filename (folder, "report.jsonl", NULL), *launch = NULL;
  g_auto (Told) told = { 0 };

  g_assert_cmpint (g_rename (path, first), ==, 0);
  second = scorer_save_means (folder, &all);
  launch = g_strdup_printf (
      "videotestsrc num-buffers=4 pattern=red ! video/x-raw,format=RGB,width=40,height=24 ! "
      "qualitymeter metrics=sharpness,GREEN scorer=%s,%s recent=1 examples=1 alert=\"RED>0.9\" "
      "report=%s ! fakesink name=sink signal-handoffs=true sync=false",
      first, second, report);
  play (&told, launch, report);
  g_assert_cmpuint (told.player.buffers->len, ==, 4);
  g_assert_cmpfloat_with_epsilon (meta_of (&told, 0, "RED"), 1, 1e-5);
  g_assert_cmpfloat_with_epsilon (meta_of (&told, 3, "GREEN-recent"), 0, 1e-5);
  g_assert_cmpfloat_with_epsilon (meta_of (&told, 3, "nice"), 1 / 3., 1e-5);
  g_assert_cmpfloat_with_epsilon (mean_of (&told, "RED"), 1, 1e-5);
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (object_at (told.lines, 0), "nice"), 1 / 3., 1e-5);
  g_assert_true (json_object_has_member (summary_of (&told), "sharpness"));
  g_assert_true (g_str_has_prefix (
      json_object_get_string_member (scorer_of (&told, "GREEN"), "file"), "colours.onnx-"));
  g_assert_cmpstr (
      json_object_get_string_member (scorer_of (&told, "GREEN"), "better"), ==, "higher");
  g_assert_false (json_object_has_member (scorer_of (&told, "nice"), "better"));
  g_assert_cmpuint (told.alerts, >, 0);
  g_assert_cmpuint (told.warnings, ==, 0);
}

/* A model of sound tells that sound is meant, before any comes. */
static void
test_sounds (void)
{
  g_autofree char *model = scorer_save_sound (folder, 1600, 1, "16000", "SIG=higher,BAK");
  g_autofree char *report = g_build_filename (folder, "sound.jsonl", NULL), *launch = NULL;
  g_auto (Told) told = { 0 };

  launch = g_strdup_printf (
      "audiotestsrc num-buffers=10 samplesperbuffer=800 wave=square volume=0.5 freq=1000 ! "
      "audio/x-raw,rate=16000,channels=2,format=F32LE ! "
      "qualitymeter scorer=%s window=0.1 report=%s ! "
      "fakesink name=sink signal-handoffs=true sync=false",
      model, report);
  play (&told, launch, report);
  g_assert_cmpuint (told.lines->len, ==, 6);
  g_assert_cmpfloat_with_epsilon (mean_of (&told, "SIG"), 0.5, 1e-3);
  g_assert_cmpfloat_with_epsilon (mean_of (&told, "BAK"), 0, 1e-3);
  g_assert_true (json_object_has_member (summary_of (&told), "loudness"));
}

/* A frame is judged by what it should be; that a model of colours gets luma alone is warned of.
 * What videotestsrc calls white is 235 but in RGB. */
static void
test_pairs (void)
{
  static const ScorerKind kind = { "frame", "reference", "lpips", -1, TRUE };
  static const char *const formats[] = { "RGB", "GRAY8", "I420" };
  g_autofree char *model = scorer_save_means (folder, &kind);

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *report = g_build_filename (folder, "pairs.jsonl", NULL), *launch = NULL;
    g_auto (Told) told = { 0 };

    launch = g_strdup_printf (
        "videotestsrc num-buffers=4 pattern=white ! video/x-raw,format=%s,width=40,height=24 ! "
        "c.sink videotestsrc num-buffers=4 pattern=black ! "
        "video/x-raw,format=%s,width=40,height=24 ! c.reference "
        "qualitycompare name=c metrics=lpips,psnr scorer=%s report=%s ! "
        "fakesink name=sink signal-handoffs=true sync=false",
        formats[i], formats[i], model, report);
    play (&told, launch, report);
    g_assert_cmpfloat_with_epsilon (mean_of (&told, "lpips"), i == 0 ? 1 : 219 / 255., 1e-2);
    g_assert_cmpfloat_with_epsilon (meta_of (&told, 0, "lpips"), mean_of (&told, "lpips"), 1e-9);
    g_assert_true (json_object_has_member (summary_of (&told), "psnr"));
    g_assert_cmpuint (told.warnings, ==, i == 2);
    g_assert_true (i != 2 || strstr (told.warning, "format=RGB in front of both pads") != NULL);
  }
}

/* A model of pairs of sounds, with nothing else said of what comes. */
static void
test_errors (void)
{
  static const ScorerKind pair = { "frame", "reference", "lpips", -1, TRUE };
  static const ScorerKind single = { "x", NULL, "nice", -1, TRUE };
  g_autofree char *sound = scorer_save_sound (folder, 1600, 1, "16000", "a,b,c");
  g_autofree char *of_pairs = g_build_filename (folder, "pairs.onnx", NULL), *path = NULL;
  g_autofree char *of_one = NULL, *named = g_build_filename (folder, "named.onnx", NULL);
  const struct {
    const char *launch, *scorer, *words;
    gboolean in_stream;
    const char *further;
  } cases[] = {
    { "videotestsrc num-buffers=3 ! qualitymeter %s%s ! fakesink", NULL, "Property scorer: " },
    { "videotestsrc num-buffers=3 ! qualitymeter %s%s ! fakesink", "/nowhere.onnx", "nowhere" },
    { "videotestsrc num-buffers=3 ! qualitymeter %s%s ! fakesink", "pairs", "Property scorer: " },
    { "videotestsrc num-buffers=3 ! qualitymeter %s%s ! fakesink", "sound", "Property scorer: " },
    { "audiotestsrc num-buffers=3 ! qualitymeter %s%s ! fakesink", "one", "Property scorer: " },
    { "audiotestsrc num-buffers=3 ! audio/x-raw,rate=8000 ! qualitymeter window=0.1 %s%s ! "
      "fakesink",
        "sound", "takes sound at 16000 Hz", TRUE },
    { "audiotestsrc num-buffers=3 ! qualitymeter %s%s ! fakesink", "named", "Property scorer: ",
        FALSE, "names 3 figures (\"a,b,c\"), and the model makes 2 numbers of sounds" },
    { "videotestsrc num-buffers=3 ! tee name=t ! queue ! c.sink t. ! queue ! c.reference "
      "qualitycompare name=c %s%s ! fakesink",
        "one", "looks at one frame alone" },
    { "videotestsrc num-buffers=3 ! tee name=t ! queue ! c.sink t. ! queue ! c.reference "
      "qualitycompare name=c metrics=lpips %s%s ! fakesink",
        "", "Property scorer: metric lpips is made by a model" },
  };

  g_assert_cmpint (g_rename (sound, named), ==, 0);
  g_free (sound);
  sound = scorer_save_sound (folder, 1600, 1, "16000", NULL);
  path = scorer_save_means (folder, &pair);
  g_assert_cmpint (g_rename (path, of_pairs), ==, 0);
  of_one = scorer_save_means (folder, &single);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *scorer = cases[i].scorer == NULL                  ? folder
                         : g_str_equal (cases[i].scorer, "one")   ? of_one
                         : g_str_equal (cases[i].scorer, "pairs") ? of_pairs
                         : g_str_equal (cases[i].scorer, "named") ? named
                         : g_str_equal (cases[i].scorer, "sound") ? sound
                                                                  : cases[i].scorer;
    g_auto (GStrv) parts = g_strsplit (cases[i].launch, "%s%s", 2);
    g_autofree char *property = *scorer != '\0' ? g_strconcat ("scorer=", scorer, NULL) : NULL;
    g_autofree char *launch =
        g_strconcat (parts[0], property != NULL ? property : "", parts[1], NULL);
    gboolean failed = FALSE;
    g_autofree char *words = play_for_words (launch, &failed);

    g_test_message ("%s", words);
    g_assert_true (failed);
    g_assert_nonnull (strstr (words, cases[i].words));
    g_assert_true (cases[i].further == NULL || strstr (words, cases[i].further) != NULL);
  }
}

int
main (int argc, char **argv)
{
  int failed;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/scorers/pictures", test_pictures);
  g_test_add_func ("/scorers/sounds", test_sounds);
  g_test_add_func ("/scorers/pairs", test_pairs);
  g_test_add_func ("/scorers/errors", test_errors);
  failed = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return failed;
}
