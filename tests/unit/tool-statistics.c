/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model statistics --niqe: what its model is worth. */
#include <glib/gstdio.h>

#include "tool.h"

/* Seven areas along each side, and some pixels beyond: 49 are more than the 36 that it takes. */
#define EXTENT 700

/* Picture `i` of noise, of `reach` levels. */
static void
write_picture (const Fixture *fixture, guint32 i, int reach)
{
  g_autofree char *folder = path_in (fixture, "good");
  g_autofree char *name = g_strdup_printf ("%u.png", i);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (i);
  g_auto (GenPicture) picture = { 0 };

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  gen_picture_init (&picture, EXTENT, EXTENT, 1);
  for (int y = 0; y < EXTENT; y++)
    for (int x = 0; x < EXTENT; x++)
      picture.data[y * picture.stride + x] = (guint8)g_rand_int_range (random, 0, reach);
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
}

/* Of one picture, however large, there is no telling what good ones have in common. */
static void
test_one_picture (Fixture *fixture, gconstpointer data)
{
  const char *const words = "all of them are of one picture";

  write_picture (fixture, 0, 200);
  write_picture (fixture, 1, 1);
  g_assert_cmpint (
      tool (fixture, "statistics", "--niqe", "good", "--out", "good.npz", NULL), ==, 0);
  assert_says (fixture->err, words);
  write_picture (fixture, 2, 200);
  g_assert_cmpint (
      tool (fixture, "statistics", "--niqe", "good", "--out", "good.npz", NULL), ==, 0);
  g_assert_null (strstr (fixture->err, words));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/tool/statistics/one-picture", Fixture, NULL, set_up, test_one_picture, tear_down);
  return g_test_run ();
}
