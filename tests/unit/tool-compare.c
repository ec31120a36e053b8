/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model compare: units and directions, classes and how sure their gaps are, and pairs
 * that bear other names. */
#include <glib/gstdio.h>
#include <math.h>

#include "tool.h"

#define EXTENT 24

/* Picture `i`: stripes at an angle of its class's own, with noise. */
static void
write_picture (const Fixture *fixture, const char *set, const char *class, guint i, int noise)
{
  g_autofree char *folder = g_build_filename (fixture->folder, set, class, NULL);
  g_autofree char *name = g_strdup_printf ("%03u.png", i);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (i + g_str_hash (set) + g_str_hash (class));
  g_auto (GenPicture) picture = { 0 };
  const int angle = class[0] % 3;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  gen_picture_init (&picture, EXTENT, EXTENT, 1);
  for (int y = 0; y < EXTENT; y++)
    for (int x = 0; x < EXTENT; x++)
      picture.data[y * picture.stride + x] =
          (guint8)(((angle > 0 ? x : 0) + (angle != 1 ? y : 0) + (int)i) / 4 % 2 * 100 + 20 +
                   g_rand_int_range (random, 0, noise));
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
}

/* Two classes, of which samples of the second one are noisier than they should be. */
static void
write_sets (const Fixture *fixture)
{
  for (guint i = 0; i < 20; i++) {
    write_picture (fixture, "made", "apple", i, 20);
    write_picture (fixture, "made", "berry", i, 120);
    write_picture (fixture, "real", "apple", i, 20);
    write_picture (fixture, "real", "berry", i, 20);
  }
}

static JsonObject *
member (JsonObject *object, const char *first, const char *second)
{
  return json_object_get_object_member (json_object_get_object_member (object, first), second);
}

static void
test_units (Fixture *fixture, gconstpointer data)
{
  write_sets (fixture);
  g_assert_cmpint (
      tool (fixture, "compare", "made", "real", "--metrics", "precision,vendi-score", NULL), ==, 0);
  assert_says (fixture->out, "figure");
  assert_says (fixture->out, " higher  share, 0 to 1");
  assert_says (fixture->out, "samples, from 1");
  g_assert_null (strstr (fixture->out, "class"));
}

static void
test_classes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *classes, *gap;

  write_sets (fixture);
  g_assert_cmpint (tool (fixture, "compare", "made", "real", "--classes", "--halves", "4",
                       "--metrics", "frechet,kernel-distance,density", "--json", NULL),
      ==, 1);
  assert_says (fixture->err, "density");
  g_assert_cmpint (tool (fixture, "compare", "made", "real", "--classes", "--halves", "4",
                       "--metrics", "frechet,kernel-distance,precision", "--json", NULL),
      ==, 0);
  node = parse_json (fixture->out);
  classes = json_object_get_object_member (json_node_get_object (node), "classes");
  gap = member (classes, "gaps", "kernel-distance");
  g_assert_cmpstr (json_object_get_string_member (gap, "worst"), ==, "berry");
  g_assert_cmpstr (json_object_get_string_member (gap, "best"), ==, "apple");
  g_assert_true (json_object_has_member (gap, "gap-standard-error"));
  g_assert_false (json_object_get_boolean_member (gap, "intervals-overlap"));
  g_assert_true (json_object_get_double_member (
                     member (classes, "of", "berry"), "kernel-distance-standard-error") > 0);
  g_assert_true (json_object_get_null_member (member (classes, "of", "apple"), "frechet"));
  g_assert_cmpint (json_object_get_int_member (member (classes, "of", "apple"), "samples"), ==, 20);
}

static void
test_table (Fixture *fixture, gconstpointer data)
{
  write_sets (fixture);
  write_picture (fixture, "made", "cherry", 0, 20);
  g_assert_cmpint (tool (fixture, "compare", "made", "real", "--classes", "--metrics",
                       "frechet,kernel-distance", NULL),
      ==, 0);
  assert_says (fixture->out, "Gaps between classes");
  assert_says (fixture->out, " worst");
  assert_says (fixture->out, "frechet has no figure of 3 (apple, berry, cherry): ");
  assert_says (fixture->out, "kernel-distance has no figure of 1 (cherry): the reference has none");
  assert_says (fixture->err, "classes have from 1 (cherry) to 20 samples (apple)");
}

/* A class whose name has lines of its own has one line, and a name that is no UTF-8 becomes one. */
static void
test_names (Fixture *fixture, gconstpointer data)
{
  write_sets (fixture);
  write_picture (fixture, "made", "che\nrry \303\244", 0, 20);
  write_picture (fixture, "made", "date\xff", 0, 20);
  g_assert_cmpint (tool (fixture, "compare", "made", "real", "--classes", "--metrics",
                       "frechet,kernel-distance", NULL),
      ==, 0);
  assert_says (fixture->out, "\nche\\nrry \303\244 ");
  assert_says (fixture->out, "(che\\nrry \303\244, date\357\277\275)");
  g_assert_true (g_utf8_validate (fixture->out, -1, NULL));
  g_assert_null (strstr (fixture->out, "che\n"));
}

static void
test_no_classes (Fixture *fixture, gconstpointer data)
{
  write_sets (fixture);
  g_assert_cmpint (tool (fixture, "compare", "made/apple", "real", "--classes", NULL), ==, 1);
  assert_says (fixture->err, "--classes: made/apple has no classes");
  g_assert_cmpint (
      tool (fixture, "statistics", "real", "--out", "real.npz", "width=24", "height=24", NULL), ==,
      0);
  g_assert_cmpint (
      tool (fixture, "compare", "made", "real.npz", "--classes", "width=24", "height=24", NULL), ==,
      1);
  assert_says (fixture->err, "--classes looks at the classes of samples");
}

/* Pairs go by the order of names: one that is missing at either end shifts all others. */
static void
test_pairs (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 3; i++) {
    write_picture (fixture, "made", "apple", i, 20);
    write_picture (fixture, "real", "apple", i, 20);
    write_picture (fixture, "other", "apple", i + 1, 20);
  }
  g_assert_cmpint (tool (fixture, "compare", "--pairs", "made", "real", NULL), ==, 0);
  g_assert_cmpstr (fixture->err, ==, "");
  assert_says (fixture->out, " higher  decibels");
  assert_says (fixture->out, "worst pairs\n");
  g_assert_cmpint (tool (fixture, "compare", "--pairs", "made", "other", NULL), ==, 0);
  assert_says (fixture->err, "3 of 3 pairs have two names, the first of them 000 and 001");
  g_assert_cmpint (tool (fixture, "compare", "--pairs", "--classes", "made", "real", NULL), ==, 1);
  assert_says (fixture->err, "--classes is of sets, and --pairs judges each pair by itself");
  g_assert_cmpint (tool (fixture, "compare", "--pairs", "--halves=4", "made", "real", NULL), ==, 1);
  assert_says (fixture->err, "--halves is of sets");
}

/* Of texts there are lines, and no metric of pairs. */
static void
test_pairs_of_texts (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = path_in (fixture, "said.txt");

  g_assert_true (g_file_set_contents (said, "one\ntwo\n", -1, NULL));
  g_assert_cmpint (
      tool (fixture, "compare", "--pairs", "said.txt", "said.txt", "lines=true", NULL), ==, 1);
  assert_says (fixture->err, "no metric judges pairs of texts");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(NAME, TEST) g_test_add ("/tool/compare/" NAME, Fixture, NULL, set_up, TEST, tear_down)
  ADD ("units", test_units);
  ADD ("classes", test_classes);
  ADD ("table", test_table);
  ADD ("names", test_names);
  ADD ("no-classes", test_no_classes);
  ADD ("pairs", test_pairs);
  ADD ("pairs-of-texts", test_pairs_of_texts);
  return g_test_run ();
}
