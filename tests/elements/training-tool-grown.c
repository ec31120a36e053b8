/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trainings that go on from others, and on data that has grown. */
#include <generative/checkpoint.h>
#include <gst/gst.h>

#include "training-tool.h"

/* A head on what an encoder has learned without labels: what was taken is told, and what stays is
 * in the checkpoint, so that training goes on where the encoder is no more. */
static void
test_fine_tuned (Fixture *fixture, gconstpointer data)
{
  static const char *const judged =
      "\"preset\":\"classifier\",\"weights\":\"whole\",\"max-steps\":2,"
      "\"validation\":{\"split\":\"all\"},\"checkpoint\":\"judged\"";
  g_autofree char *path = path_in (fixture, "judged/comparison/report.md"), *report = NULL;
  static const char *const taught = "\"preset\":\"classifier\",\"weights\":\"features\","
                                    "\"trainable\":\"head\",\"max-steps\":%d,"
                                    "\"checkpoint\":\"%s\"";
  g_autofree char *whole = g_strdup_printf (taught, 4, "whole");
  g_autofree char *begun = g_strdup_printf (taught, 2, "parts");
  g_autofree char *gone_on = g_strdup_printf (taught, 4, "parts");
  g_autofree char *features = path_in (fixture, "features");

  write_sheet_settings (
      fixture, "\"preset\":\"masked-autoencoder\",\"max-steps\":2,\"checkpoint\":\"features\"");
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  write_sheet_settings (fixture, whole);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_nonnull (strstr (fixture->err, "weights: the classifier begins with "));
  g_assert_nonnull (strstr (fixture->err, "head.weight, head.bias, of which that has none"));
  write_sheet_settings (fixture, begun);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  scratch_remove (features);
  write_sheet_settings (fixture, gone_on);
  g_assert_cmpint (train (fixture, "--resume"), ==, 0);
  assert_same (fixture, "parts", "whole", "classifier.onnx");
  assert_same (fixture, "parts", "whole", GEN_CHECKPOINT_STATE);

  write_sheet_settings (fixture, "\"preset\":\"classifier\",\"weights\":\"whole/logs\"");
  g_assert_cmpint (train (fixture, NULL), ==, 1);
  g_assert_nonnull (strstr (fixture->err, "weights: 'whole/logs' has no model of a training"));
  write_sheet_settings (fixture, "\"preset\":\"classifier\",\"classes\":1");
  g_assert_cmpint (train (fixture, NULL), ==, 1);
  g_assert_nonnull (strstr (fixture->err, "classes: a classifier tells two or more apart"));
  /* Shares change by points, and other figures by a share of what they were. */
  write_sheet_settings (fixture, judged);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  g_assert_true (g_file_get_contents (path, &report, NULL, NULL));
  g_assert_true (g_regex_match_simple (
      "\\| accuracy \\| [0-9.]+ \\| [0-9.]+ \\| [-+][0-9.]+ percentage points \\|", report, 0, 0));
  g_assert_true (g_regex_match_simple ("\\| loss \\|.* % \\|", report, 0, 0));
}

/* More pictures, with other names than those that are there. */
static void
add_pictures (const Fixture *fixture, int n)
{
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;

  gen_picture_init (&picture, 12, 10, 3);
  for (int i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("pictures/new-%02d.png", i);
    g_autofree char *path = path_in (fixture, name);

    memset (picture.data, i * 7, (gsize)(picture.height * picture.stride));
    g_assert_true (gen_picture_save_png (&picture, path, &error));
    g_assert_no_error (error);
  }
}

/* A folder that has grown: a training that has come to its end goes on for as long as the new
 * length of its epochs says, and says so. */
static void
test_grown (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1},"
      "\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,\"epochs\":1,"
      "\"checkpoint\":\"grown\"}";
  g_autofree char *broken = path_in (fixture, "pictures/broken.png");
  g_autoptr (JsonObject) ended = NULL, more = NULL;

  g_assert_cmpint (g_unlink (broken), ==, 0);
  write_settings (fixture, settings);
  g_assert_cmpint (train (fixture, NULL), ==, 0);
  ended = read_json (fixture, "grown", "training.json");
  g_assert_cmpint (json_object_get_int_member (ended, "step"), ==, 10);
  g_assert_cmpint (json_object_get_int_member (ended, "epoch-length"), ==, N_PICTURES);
  g_assert_cmpint (train (fixture, "--resume"), ==, 0);
  g_assert_nonnull (strstr (fixture->err, "resume: nothing was trained"));
  g_assert_null (strstr (fixture->err, "an epoch of the data has"));
  add_pictures (fixture, 30);
  g_assert_cmpint (train (fixture, "--resume"), ==, 0);
  g_assert_nonnull (
      strstr (fixture->err, "an epoch of the data has 90 pictures and had 60: training goes on "
                            "behind the first 60 of the new order"));
  more = read_json (fixture, "grown", "training.json");
  g_assert_cmpint (json_object_get_int_member (more, "step"), ==, 15);
  g_assert_cmpint (json_object_get_int_member (more, "epoch-length"), ==, 90);
  g_assert_null (strstr (fixture->err, "split-by")); /* nothing is held out */
}

/* Of splits by index, samples that were trained on come to be judged by: that is worth a warning,
 * of what goes on and of what begins with the weights, and by content there is none. */
static void
test_grown_splits (Fixture *fixture, gconstpointer data)
{
  static const char *const settings =
      "{\"data\":{\"location\":\"pictures\",\"width\":28,\"height\":28,\"channels\":1,"
      "\"split\":\"train\",\"split-by\":\"%s\",\"split-distance\":0},"
      "\"test\":{\"split\":\"test\"},"
      "\"preset\":\"autoencoder\",\"width\":2,\"batch-size\":6,\"max-steps\":%d,"
      "\"checkpoint\":\"%s\"%s}";
  static const char *const begun = ",\"weights\":\"index\"", *const by[] = { "index", "content" };
  static const char *const warning =
      "split-by: the data has grown since 'index' was trained, and by index all of it";

  for (guint i = 0; i < G_N_ELEMENTS (by); i++) {
    g_autofree char *text = g_strdup_printf (settings, by[i], 2, by[i], "");

    write_settings (fixture, text);
    g_assert_cmpint (train (fixture, NULL), ==, 0);
  }
  add_pictures (fixture, 30);
  for (guint i = 0; i < G_N_ELEMENTS (by); i++) {
    g_autofree char *on = g_strdup_printf (settings, by[i], 3, by[i], "");
    g_autofree char *anew = g_strdup_printf (settings, by[i], 1, "anew", begun);

    write_settings (fixture, anew);
    g_assert_cmpint (train (fixture, "--overwrite"), ==, 0);
    g_assert_true ((strstr (fixture->err, warning) != NULL) == (i == 0));
    write_settings (fixture, on);
    g_assert_cmpint (train (fixture, "--resume"), ==, 0);
    g_assert_nonnull (strstr (fixture->err, "resume: an epoch of the data has"));
    g_assert_true ((strstr (fixture->err, "split-by: the data has grown") != NULL) == (i == 0));
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/training-tool-grown/fine-tuned", Fixture, NULL, set_up, test_fine_tuned, tear_down);
  g_test_add ("/training-tool-grown/grown", Fixture, NULL, set_up, test_grown, tear_down);
  g_test_add (
      "/training-tool-grown/grown-splits", Fixture, NULL, set_up, test_grown_splits, tear_down);
  return g_test_run ();
}
