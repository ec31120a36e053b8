/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a person who debugs reads: each element says in the category of its own name what happens
 * once a stream, and at LOG level each frame; the library speaks in "generative"; and nobody says
 * anything that was not asked for. */
#include <generative/onnx.h>
#include <generative/picture.h>
#include <generative/preset.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#include <string.h>

#include "../scratch.h"
#include "../trainers.h"

/* Messages as "category level text", of the project's categories. */
typedef struct {
  GMutex lock;
  GPtrArray *lines;
} Log;

static const char *const categories[] = { "audioaugment", "datasetsink", "datasetsrc",
  "discriminator", "generative", "generator", "latentsrc", "qualitycompare", "qualitymeter",
  "qualityoverlay", "trainer", "videoaugment", NULL };

static void
take_line (GstDebugCategory *category, GstDebugLevel level, const char *file, const char *function,
    int line, GObject *object, GstDebugMessage *message, gpointer data)
{
  const char *name = gst_debug_category_get_name (category);
  g_autofree char *level_name = g_strchomp (g_strdup (gst_debug_level_get_name (level)));
  Log *log = data;

  if (!g_strv_contains (categories, name))
    return;
  g_mutex_lock (&log->lock);
  g_ptr_array_add (
      log->lines, g_strdup_printf ("%s %s %s", name, level_name, gst_debug_message_get (message)));
  g_mutex_unlock (&log->lock);
}

/* How many lines begin and go on like that. */
static guint
count (const Log *log, const char *begin, const char *part)
{
  guint n = 0;

  for (guint i = 0; i < log->lines->len; i++) {
    const char *line = log->lines->pdata[i];

    n += g_str_has_prefix (line, begin) && strstr (line, part) != NULL;
  }
  return n;
}

static void
assert_said (const Log *log, const char *begin, const char *part, guint times)
{
  guint n = count (log, begin, part);

  for (guint i = 0; n != times && i < log->lines->len; i++)
    g_test_message ("%s", (char *)log->lines->pdata[i]);
  if (n != times)
    g_error ("\"%s … %s\" was said %u times, not %u", begin, part, n, times);
}

/* Play the pipeline to its end, with all categories at that level. */
static void
play (const char *launch, GstDebugLevel level, Log *log)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  for (int i = 0; categories[i] != NULL; i++)
    gst_debug_set_threshold_for_name (categories[i], level);
  g_ptr_array_set_size (log->lines, 0);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "eos");
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
save_nets (const char *folder)
{
  GenPresetOptions options = { GEN_PRESET_DEFAULTS };
  g_autoptr (GenGraph) generator = gen_preset_mlp.nets[GENERATOR](&options, NULL);
  g_autoptr (GenGraph) discriminator = gen_preset_mlp.nets[DISCRIMINATOR](&options, NULL);
  g_autofree char *first = g_build_filename (folder, "generator.onnx", NULL);
  g_autofree char *second = g_build_filename (folder, "discriminator.onnx", NULL);

  g_assert_true (gen_onnx_save (generator, first, NULL));
  g_assert_true (gen_onnx_save (discriminator, second, NULL));
}

static void
test_playing (gconstpointer data)
{
  Log *log = (Log *)data;
  g_autofree char *folder = scratch_new ();
  g_autofree char *launch = g_strdup_printf (
      "latentsrc num-buffers=5 ! generator model=%s/generator.onnx device=cpu threads=1 "
      "kernels=rules ! discriminator model=%s/discriminator.onnx device=cpu action=drop "
      "threshold=2 ! "
      "qualitymeter ! fakesink",
      folder, folder);
  g_autofree char *models = g_strdup_printf ("%s/generator.onnx makes pictures of 28 x 28", folder);
  static const char *const frames[] = { "latentsrc LOG", "generator LOG", "discriminator LOG" };

  save_nets (folder);
  play (launch, GST_LEVEL_LOG, log);
  assert_said (log, "generator INFO", models, 1);
  assert_said (
      log, "generator INFO compiled in ", "cpu, precision tf32, kernels rules, 1 threads", 1);
  assert_said (log, "generator INFO from other/tensors", "to video/x-raw", 1);
  assert_said (log, "generator INFO latency", "", 1);
  assert_said (log, "discriminator INFO compiled in ", "28 x 28", 1);
  assert_said (log, "generative DEBUG", "generator.onnx: ", 1);
  assert_said (log, "generative DEBUG graph ", "compiled in ", 2);
  for (gsize i = 0; i < G_N_ELEMENTS (frames); i++)
    for (int frame = 0; frame < 5; frame++) {
      g_autofree char *part = g_strdup_printf (" frame %d, pts 0:00:00.", frame);

      assert_said (log, frames[i], part, 1);
    }
  assert_said (log, "discriminator DEBUG", "dropped, its score", 5);
  assert_said (log, "qualitymeter LOG", "", 0);

  /* The same without frames, and without anything but that nothing has passed. */
  play (launch, GST_LEVEL_INFO, log);
  assert_said (log, "generator INFO", models, 1);
  assert_said (log, "", " LOG ", 0);
  assert_said (log, "", " DEBUG ", 0);
  play (launch, GST_LEVEL_WARNING, log);
  g_assert_cmpuint (log->lines->len, ==, 1);
  assert_said (log, "discriminator WARN", "Nothing passed", 1);
  scratch_remove (folder);
}

static void
test_data (gconstpointer data)
{
  Log *log = (Log *)data;
  g_autofree char *folder = scratch_new ();
  g_autofree char *picture = g_build_filename (folder, "a.png", NULL);
  g_autofree char *broken = g_build_filename (folder, "b.png", NULL);
  g_autofree char *launch = g_strdup_printf (
      "datasetsrc location=%s epochs=2 shuffle=false ! videoaugment brightness=0.1 ! "
      "qualitymeter metrics=brightness ! fakesink",
      folder);
  g_auto (GenPicture) pixels = { 0 };

  gen_picture_init (&pixels, 8, 8, 3);
  g_assert_true (gen_picture_save_png (&pixels, picture, NULL));
  g_assert_true (g_file_set_contents (broken, "\x89PNG\r\n\x1a\nnothing more", -1, NULL));
  play (launch, GST_LEVEL_LOG, log);
  assert_said (log, "datasetsrc INFO", ": 2 pictures, 2 of them in the split", 1);
  assert_said (log, "datasetsrc INFO frame ", "is left out", 2);
  assert_said (log, "datasetsrc INFO epoch ", "has ended", 2);
  assert_said (log, "datasetsrc LOG frame ", "picture 0", 2);
  assert_said (log, "videoaugment LOG frame ", "changed in its values", 2);
  assert_said (log, "qualitymeter INFO measures brightness", "", 1);
  assert_said (log, "qualitymeter LOG frame ", "measured in", 2);
  scratch_remove (folder);
}

static void
test_sound (gconstpointer data)
{
  Log *log = (Log *)data;

  play ("audiotestsrc num-buffers=10 samplesperbuffer=1000 ! audio/x-raw,rate=16000 ! "
        "audioaugment length=4000 gain=6 noise=0.1 ! fakesink",
      GST_LEVEL_LOG, log);
  assert_said (log, "audioaugment INFO", "16000 Hz", 1);
  assert_said (log, "audioaugment LOG window ", "2 steps in", 3);
}

static void
test_training (gconstpointer data)
{
  Log *log = (Log *)data;
  g_autofree char *folder = scratch_new ();
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc pattern=ball num-buffers=40 ! video/x-raw,format=GRAY8,width=8,height=8 ! "
      "gantrainer batch-size=8 max-steps=3 device=cpu threads=1 precision=fp32 kernels=rules "
      "loss=hinge silent=true checkpoint=%s ! fakesink sync=false",
      folder);

  play (launch, GST_LEVEL_LOG, log);
  assert_said (log, "trainer INFO trains on video/x-raw", "", 1);
  assert_said (log, "trainer INFO adversarial, preset mlp, a step of 8 pictures compiled in ",
      "optimizer adam; cpu, precision fp32, kernels rules, 1 threads", 1);
  assert_said (log, "trainer LOG step ", "discriminator-loss ", 3);
  assert_said (log, "trainer INFO checkpoint ", "at step 3, saved in", 1);
  assert_said (log, "trainer INFO training ends after step 3", "", 1);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  Log log = { .lines = g_ptr_array_new_with_free_func (g_free) };
  int failed;

  g_mutex_init (&log.lock);
  gst_init (&argc, &argv);
  gst_debug_set_active (TRUE);
  gst_debug_remove_log_function (NULL);
  gst_debug_add_log_function (take_line, &log, NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/debug/playing", &log, test_playing);
  g_test_add_data_func ("/debug/data", &log, test_data);
  g_test_add_data_func ("/debug/sound", &log, test_sound);
  g_test_add_data_func ("/debug/training", &log, test_training);
  failed = g_test_run ();
  gst_debug_remove_log_function (take_line);
  g_ptr_array_unref (log.lines);
  g_mutex_clear (&log.lock);
  return failed;
}
