/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames whose pixels share chroma, from generator and into it and discriminator, against the
 * same ways by RGB and GStreamer's own videoconvert. */
#include <math.h>

#include "colours.h"

#define CONVERT "videoconvert dither=none"
/* To R'G'B' with 16 bits on the way: with 8 it becomes two levels too dark. */
#define CONVERT_BACK                                                                               \
  CONVERT " ! video/x-raw,format=AYUV64 ! " CONVERT " ! video/x-raw,format=ARGB64 ! " CONVERT      \
          " ! video/x-raw,format=RGB"

static const char *const colours[] = {
  "format=NV12",
  "format=I420,colorimetry=bt601,chroma-site=jpeg",
  "format=NV12,colorimetry=bt709,chroma-site=mpeg2",
  "format=I420,colorimetry=bt709,chroma-site=jpeg",
  "format=NV12,colorimetry=1:4:0:0,chroma-site=mpeg2",
  "format=I420,colorimetry=1:3:5:1,chroma-site=mpeg2",
  "format=NV12,colorimetry=bt2020,chroma-site=jpeg",
};

/* Pictures and walls of them, in even and odd sizes. Rounding to R'G'B' on the way is worth a
 * level.
 */
static void
test_made (void)
{
  static const struct {
    int width, height, pictures;
    gint64 batch;
  } cases[] = { { 20, 20, 1, -1 }, { 21, 19, 1, -1 }, { 13, 7, 6, -1 }, { 300, 34, 1, 1 },
    { 12, 6, 3, 1 } };
  g_autofree char *folder = g_dir_make_tmp ("colours-XXXXXX", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    char *path = save_latents (folder, cases[i].width, cases[i].height, cases[i].batch);

    for (gsize c = 0; c < G_N_ELEMENTS (colours); c++) {
      g_autofree char *start =
          g_strdup_printf ("latentsrc num-buffers=2 seed=%d dimensions=%d:%d ! "
                           "generator device=cpu model=%s",
              (int)c + 30, LENGTH, cases[i].pictures, path);
      g_autofree char *direct = g_strdup_printf ("%s ! video/x-raw,%s", start, colours[c]);
      g_autofree char *around = g_strdup_printf (
          "%s ! video/x-raw,format=RGB ! " CONVERT " ! video/x-raw,%s", start, colours[c]);

      /* What is made picture by picture has no neighbour at a picture's border to mix with. */
      if (cases[i].batch == 1 && cases[i].pictures > 1 && strstr (colours[c], "mpeg2") != NULL)
        continue;
      g_test_message ("%d x %d, %s", cases[i].width, cases[i].height, colours[c]);
      assert_same (direct, around, 2, 0.75);
    }
    remove_model (path);
  }
  g_rmdir (folder);
}

/* A model that gives back what it takes: frames come in as they are or as RGB that was made of
 * them. videoconvert rounds on each of its steps, which it does with 16 bits where it is asked to.
 */
static void
test_taken (void)
{
  static const char *const sizes[] = { "width=64,height=48", "width=65,height=47" };
  g_autofree char *folder = g_dir_make_tmp ("colours-XXXXXX", NULL);
  char *path = save_pictures (folder, FALSE);

  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (gsize c = 0; c < G_N_ELEMENTS (colours); c++) {
      g_autofree char *start = g_strdup_printf (
          "videotestsrc num-buffers=2 pattern=smpte75 ! video/x-raw,format=RGB,%s ! " CONVERT
          " ! video/x-raw,%s,%s",
          sizes[s], colours[c], sizes[s]);
      g_autofree char *direct = g_strdup_printf (
          "%s ! generator device=cpu model=%s ! video/x-raw,format=RGB", start, path);
      g_autofree char *around = g_strdup_printf (
          "%s ! " CONVERT_BACK " ! generator device=cpu model=%s ! video/x-raw,format=RGB", start,
          path);

      g_test_message ("%s, %s", sizes[s], colours[c]);
      assert_same (direct, around, 4, 1.5);
    }
  remove_model (path);
  g_rmdir (folder);
}

static double
score_of (const char *launch)
{
  GstCustomMeta *meta;
  double score = NAN;
  Player player;

  play (&player, launch);
  meta = gst_buffer_get_custom_meta (g_ptr_array_index (player.buffers, 0), "generative-score");
  g_assert_nonnull (meta);
  g_assert_true (gst_structure_get_double (gst_custom_meta_get_structure (meta), "score", &score));
  player_close (&player);
  return score;
}

/* A judge reads the frames of cameras and decoders where they lie. */
static void
test_judged (void)
{
  g_autofree char *folder = g_dir_make_tmp ("colours-XXXXXX", NULL);
  char *path = save_pictures (folder, TRUE);

  for (gsize c = 0; c < G_N_ELEMENTS (colours); c++) {
    g_autofree char *start =
        g_strdup_printf ("videotestsrc num-buffers=1 pattern=smpte75 ! "
                         "video/x-raw,format=RGB,width=66,height=50 ! " CONVERT " ! video/x-raw,%s",
            colours[c]);
    g_autofree char *direct =
        g_strdup_printf ("%s ! discriminator device=cpu model=%s", start, path);
    g_autofree char *around =
        g_strdup_printf ("%s ! " CONVERT_BACK " ! discriminator device=cpu model=%s", start, path);
    double expected = score_of (around);

    g_assert_cmpfloat (expected, >, 0.1);
    g_assert_cmpfloat_with_epsilon (score_of (direct), expected, 5e-3);
  }
  remove_model (path);
  g_rmdir (folder);
}

/* What the caps of generator become where the next element takes `taken`. */
static GstCaps *
negotiate (const char *path, const char *properties, const char *taken)
{
  g_autofree char *launch =
      g_strdup_printf ("latentsrc num-buffers=1 dimensions=%d%s ! generator device=cpu model=%s ! "
                       "capsfilter name=filter ! "
                       "fakesink name=sink signal-handoffs=true sync=false",
          LENGTH, properties, path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) filter = NULL;
  g_autoptr (GstCaps) caps = gst_caps_from_string (taken);
  GstElement *pipeline = gst_parse_launch (launch, &error);
  GstCaps *result = NULL;
  g_autoptr (GstPad) pad = NULL;

  g_assert_no_error (error);
  filter = gst_bin_get_by_name (GST_BIN (pipeline), "filter");
  g_object_set (filter, "caps", caps, NULL);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND);
  pad = gst_element_get_static_pad (filter, "sink");
  result = gst_pad_get_current_caps (pad);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return result;
}

static void
test_negotiated (void)
{
  static const struct {
    int height;
    const char *taken, *format, *colorimetry, *site;
  } cases[] = {
    { 20, "ANY", "RGB", NULL, NULL },
    { 20, "video/x-raw,format={I420,NV12,BGR,RGB}", "RGB", NULL, NULL },
    { 20, "video/x-raw,format=NV12;video/x-raw,format=RGB", "RGB", NULL, NULL },
    { 20, "video/x-raw,format={I420,NV12}", "NV12", "bt601", "jpeg" },
    { 720, "video/x-raw,format=NV12", "NV12", "bt709", "mpeg2" },
    { 720, "video/x-raw,format=NV12,colorimetry=bt601", "NV12", "bt601", "mpeg2" },
    { 20, "video/x-raw,format=NV12,colorimetry={(string)bt709,(string)bt601}", "NV12", "bt601",
        "jpeg" },
  };
  g_autofree char *folder = g_dir_make_tmp ("colours-XXXXXX", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    char *path = save_latents (folder, 16, cases[i].height, -1);
    g_autoptr (GstCaps) caps = negotiate (path, "", cases[i].taken);
    const GstStructure *structure = gst_caps_get_structure (caps, 0);

    g_assert_cmpstr (gst_structure_get_string (structure, "format"), ==, cases[i].format);
    g_assert_cmpstr (gst_structure_get_string (structure, "colorimetry"), ==, cases[i].colorimetry);
    g_assert_cmpstr (gst_structure_get_string (structure, "chroma-site"), ==, cases[i].site);
    remove_model (path);
  }
  g_rmdir (folder);
}

/* Odd pictures that are made one by one cannot share chroma; single ones and those made together
 * can.
 */
static void
test_odd_tiles (void)
{
  static const struct {
    int width;
    gint64 batch;
    const char *pictures;
    gboolean taken;
  } cases[] = { { 9, 1, ":4", FALSE }, { 9, 1, ":1", TRUE }, { 9, -1, ":4", TRUE },
    { 8, 1, ":4", TRUE } };
  g_autofree char *folder = g_dir_make_tmp ("colours-XXXXXX", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    char *path = save_latents (folder, cases[i].width, 8, cases[i].batch);
    GstCaps *caps = negotiate (path, cases[i].pictures, "video/x-raw,format=NV12");

    g_assert_true ((caps != NULL) == cases[i].taken);
    gst_clear_caps (&caps);
    remove_model (path);
  }
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/colours/made", test_made);
  g_test_add_func ("/colours/taken", test_taken);
  g_test_add_func ("/colours/judged", test_judged);
  g_test_add_func ("/colours/negotiated", test_negotiated);
  g_test_add_func ("/colours/odd-tiles", test_odd_tiles);
  return g_test_run ();
}
