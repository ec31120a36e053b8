/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vectors in files, and how they look; the list of media. */
#include <generative/medium.h>
#include <generative/npy.h>

#include <math.h>

#include "../scratch.h"

static void
test_list (void)
{
  g_autoptr (GError) error = NULL;

  for (const GenMedium *const *m = gen_medium_list (); *m != NULL; m++)
    g_assert_true (gen_medium_find ((*m)->name, &error) == *m);
  g_assert_null (gen_medium_find ("smell", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "picture, sound"));
}

/* An array of any shape and kind of numbers is one vector. */
static void
test_vector_file (void)
{
  static const gint16 numbers[] = { 1, -2, 3, 400, 0, 6 };
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "a.npy", NULL);
  const GenMedium *medium = &gen_medium_vector;
  g_auto (GenSample) sample = { 0 }, again = { 0 }, other = { 0 };
  GenFormat format;
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_npy_save (path, GEN_TYPE_INT16, &GEN_SHAPE (2, 3), numbers, &error));
  g_assert_true (medium->recognise (path));
  g_assert_true (medium->probe (path, &format, &error));
  g_assert_cmpuint (format.length, ==, 6);
  gen_sample_init (&sample, &format);
  g_assert_true (medium->load (path, &(GenFitting){ 0 }, &sample, &error));
  for (int i = 0; i < 6; i++)
    g_assert_cmpfloat (sample.vector.data[i], ==, numbers[i]);
  sample.vector.data[2] = 0.125f;
  g_assert_true (medium->save (&sample, path, &error));
  gen_sample_init (&again, &format);
  g_assert_true (medium->load (path, &(GenFitting){ 0 }, &again, &error));
  g_assert_cmpmem (again.vector.data, 24, sample.vector.data, 24);

  format.length = 7;
  gen_sample_init (&other, &format);
  g_assert_false (medium->load (path, &(GenFitting){ 0 }, &other, &error));
  g_assert_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, path));
  scratch_remove (folder);
}

/* Bars go up from the middle for what is above 0, and down for what is below. */
static void
test_vector_wall (void)
{
  const GenFormat format = { .medium = &gen_medium_vector, .length = 4 };
  g_auto (GenSample) sample = { 0 };
  g_auto (GenPicture) wall = { 0 };
  static const float numbers[] = { 2, -2, 0, NAN };
  static const gboolean above[] = { TRUE, FALSE, FALSE, FALSE };
  static const gboolean below[] = { FALSE, TRUE, FALSE, FALSE };
  int width, height, channels;

  gen_sample_init (&sample, &format);
  memcpy (sample.vector.data, numbers, sizeof numbers);
  g_assert_true (gen_format_measure_wall (&format, 1, 1, &width, &height, &channels));
  gen_picture_init (&wall, width, height, channels);
  gen_sample_draw_wall (&sample, 1, 1, &wall);
  for (int i = 0; i < 4; i++) {
    int x = (2 * i + 1) * wall.width / 8, quarter = wall.height / 4;

    g_assert_cmpint (wall.data[quarter * wall.stride + 3 * x] > 80, ==, above[i]);
    g_assert_cmpint (wall.data[3 * quarter * wall.stride + 3 * x] > 80, ==, below[i]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/media/list", test_list);
  g_test_add_func ("/media/vector-file", test_vector_file);
  g_test_add_func ("/media/vector-wall", test_vector_wall);
  return g_test_run ();
}
