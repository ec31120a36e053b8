/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model test: nets are asked about the classes that they know, whatever else the data
 * has, and whatever other nets know that they are held against. */
#include <glib/gstdio.h>

#include "tool.h"

#define SIDE 28
#define SETTINGS                                                                                   \
  "{ \"data\": { \"width\": 28, \"height\": 28, \"channels\": 1, \"split-distance\": 0 }, "        \
  "\"preset\": \"classifier\", \"width\": 4, \"batch-size\": 8, \"classes\": 3, \"threads\": 1, "  \
  "\"learning-rate\": 3e-3, \"max-steps\": 40 }"

#define UNTOLD                                                                                     \
  "{ \"data\": { \"width\": 28, \"height\": 28, \"channels\": 1, \"split-distance\": 0 }, "        \
  "\"preset\": \"autoencoder\", \"width\": 2, \"batch-size\": 8, \"threads\": 1, \"max-steps\": "  \
  "1 }"

/* Of each of the classes `names`, 30 pictures of stripes: across for "bar", down for "column", both
 * for "arch". */
static void
save_classes (const Fixture *fixture, const char *folder, const char *const *names)
{
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, SIDE, SIDE, 1);
  for (; *names != NULL; names++)
    for (int n = 0; n < 30; n++) {
      g_autofree char *name = g_strdup_printf ("%s/%s/%02d.png", folder, *names, n);
      g_autofree char *path = path_in (fixture, name), *around = g_path_get_dirname (path);
      const int across = **names != 'c' ? 60 : 0, down = **names != 'b' ? 60 : 0;

      g_assert_cmpint (g_mkdir_with_parents (around, 0700), ==, 0);
      for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
          picture.data[y * picture.stride + x] =
              (guint8)(60 + across * ((y + n) / 3 % 2) + down * ((x + n) / 3 % 2));
      g_assert_true (gen_picture_save_png (&picture, path, NULL));
    }
}

static void
set_up_nets (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = NULL;

  fixture->folder = scratch_new ();
  path = path_in (fixture, "settings.json");
  g_assert_true (g_file_set_contents (path, SETTINGS, -1, NULL));
  save_classes (fixture, "all", (const char *const[]){ "arch", "bar", "column", NULL });
  save_classes (fixture, "some", (const char *const[]){ "bar", "column", NULL });
  save_classes (fixture, "others", (const char *const[]){ "bar", "arcade", NULL });
  g_assert_cmpint (
      tool (fixture, "train", "settings.json", "data.location=all", "checkpoint=three", NULL), ==,
      0);
  g_assert_cmpint (
      tool (fixture, "train", "settings.json", "data.location=some", "checkpoint=two", NULL), ==,
      0);
}

/* A figure of what was said as JSON. */
static double
read_figure (const Fixture *fixture, const char *name)
{
  g_autoptr (JsonNode) root = parse_json (fixture->out);

  return json_object_get_double_member (json_node_get_object (root), name);
}

/* "bar" is class 1 of one and class 0 of the other. */
static void
test_known (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  g_assert_cmpint (tool (fixture, "test", "--json", "two", "some", NULL), ==, 0);
  g_assert_cmpfloat (read_figure (fixture, "accuracy-on-test"), >, 0.9);
  text =
      g_strdup_printf ("and that of the nets in 'two' %.4g", read_figure (fixture, "loss-on-test"));
  g_assert_cmpint (tool (fixture, "test", "three", "some", "--against=two", NULL), ==, 0);
  assert_says (fixture->out, text);
  g_assert_cmpint (tool (fixture, "test", "--json", "three", "some", NULL), ==, 0);
  g_assert_cmpfloat (read_figure (fixture, "accuracy-on-test"), >, 0.9);
}

/* It was taken for another one that the nets know. */
static void
test_unknown (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (tool (fixture, "test", "three", "others", NULL), ==, 1);
  assert_says (fixture->err, "the data has \"arcade\", which is none of the 3 that the nets know");
  assert_says (fixture->err, "a sample is of class 3, and the nets know 3");
  g_assert_cmpstr (fixture->out, ==, "");
}

/* Samples to test by have only some of the classes that are trained on, or others. */
static void
test_trained (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "untold.json");

  g_assert_cmpint (tool (fixture, "train", "settings.json", "data.location=all",
                       "test.location=some", "checkpoint=tested", NULL),
      ==, 0);
  assert_says (fixture->err, "accuracy 1\n");
  g_assert_cmpint (tool (fixture, "train", "settings.json", "data.location=all",
                       "test.location=others", "checkpoint=refused", NULL),
      ==, 1);
  assert_says (fixture->err, "test: a sample is of class \"arcade\", of which there is none");
  /* Who is told no classes is tested by any. */
  g_assert_true (g_file_set_contents (path, UNTOLD, -1, NULL));
  g_assert_cmpint (tool (fixture, "train", "untold.json", "data.location=all",
                       "test.location=others", "checkpoint=untold", NULL),
      ==, 0);
  /* Nets are tested by classes that they keep, too. */
  g_assert_cmpint (tool (fixture, "train", "settings.json", "data.location=some",
                       "test.location=all", "weights=three", "keep-classes=true", "max-steps=1",
                       "learning-rate=1e-7", "checkpoint=kept", NULL),
      ==, 0);
  assert_says (fixture->err, "accuracy 1\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/tool/test/known", Fixture, NULL, set_up_nets, test_known, tear_down);
  g_test_add ("/tool/test/unknown", Fixture, NULL, set_up_nets, test_unknown, tear_down);
  g_test_add ("/tool/test/trained", Fixture, NULL, set_up_nets, test_trained, tear_down);
  return g_test_run ();
}
