/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numpy's files, against headers that numpy 2.4 wrote. */
#include <string.h>
#include <generative/file-bytes.h>
#include <generative/npy.h>

#include "../scratch.h"

/* A file of that header, filled up with spaces to `header_size`, as numpy does. */
static GBytes *
file_of (int version, const char *header, gsize header_size, const void *data, gsize size)
{
  GByteArray *file = g_byte_array_new ();
  g_autofree char *spaces = g_strnfill (header_size, ' ');
  guint8 start[] = { 0x93, 'N', 'U', 'M', 'P', 'Y', version, 0, header_size & 0xff,
    header_size >> 8, 0, 0 };

  g_byte_array_append (file, start, version == 1 ? 10 : 12);
  g_byte_array_append (file, (const guint8 *)spaces, header_size);
  memcpy (file->data + file->len - header_size, header, strlen (header));
  file->data[file->len - 1] = '\n';
  g_byte_array_append (file, data, size);
  return g_byte_array_free_to_bytes (file);
}

static void
assert_array (GBytes *file, GenDataType type, const GenShape *shape, const void *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) elements = NULL;
  GenDataType is_type;
  GenShape is_shape;

  elements = gen_npy_parse (file, "x.npy", &is_type, &is_shape, &error);
  g_assert_no_error (error);
  g_assert_cmpint (is_type, ==, type);
  g_assert_true (gen_shape_equal (&is_shape, shape));
  g_assert_cmpmem (g_bytes_get_data (elements, NULL), g_bytes_get_size (elements), data, size);
}

static void
test_read (void)
{
  static const float rows[] = { 0, 1, 2, 3, 4, 5 }, columns[] = { 0, 3, 1, 4, 2, 5 };
  static const guint8 big[] = { 0, 0, 0, 0, 0x3f, 0x80, 0, 0, 0x40, 0, 0, 0, 0x40, 0x40, 0, 0, 0x40,
    0x80, 0, 0, 0x40, 0xa0, 0, 0 };
  const gint64 five = 5;
  g_autoptr (GBytes) plain = file_of (
      1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 118, rows, sizeof rows);
  g_autoptr (GBytes) fortran = file_of (1,
      "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", 118, columns, sizeof columns);
  g_autoptr (GBytes) swapped = file_of (
      2, "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }", 116, big, sizeof big);
  g_autoptr (GBytes) byte =
      file_of (3, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }", 116, "\x07", 1);
  g_autoptr (GBytes) scalar =
      file_of (1, "{'descr': '<i8', 'fortran_order': False, 'shape': (), }", 118, &five, 8);
  g_autoptr (GBytes) empty =
      file_of (1, "{'descr': '|b1', 'fortran_order': False, 'shape': (0, 4), }", 118, "", 0);
  g_autoptr (GBytes) old =
      file_of (1, "{'descr': '<i8', 'fortran_order': False, 'shape': (1L,), }", 70, &five, 8);

  assert_array (plain, GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3), rows, sizeof rows);
  assert_array (fortran, GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3), rows, sizeof rows);
  assert_array (swapped, GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3), rows, sizeof rows);
  assert_array (byte, GEN_TYPE_UINT8, &GEN_SHAPE (1), "\x07", 1);
  assert_array (scalar, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, &five, 8);
  assert_array (empty, GEN_TYPE_BOOL, &GEN_SHAPE (0, 4), "", 0);
  assert_array (old, GEN_TYPE_INT64, &GEN_SHAPE (1), &five, 8);
}

/* Fortran's order of three dimensions, and swapped on top. */
static void
test_fortran (void)
{
  guint8 in[2 * 3 * 4 * 2], expected[sizeof in];
  g_autoptr (GBytes) file = NULL;

  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      for (int k = 0; k < 4; k++) {
        int c = (i * 3 + j) * 4 + k, f = i + 2 * (j + 3 * k);

        expected[2 * c] = in[2 * f + 1] = c;
        expected[2 * c + 1] = in[2 * f] = 1;
      }
  file = file_of (
      1, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3, 4), }", 118, in, sizeof in);
  assert_array (file, GEN_TYPE_INT16, &GEN_SHAPE (2, 3, 4), expected, sizeof expected);
}

/* Byte for byte what numpy writes. */
static void
test_write (void)
{
  static const float rows[] = { 0, 1, 2, 3, 4, 5 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "x.npy", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) numpy = file_of (
      1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 118, rows, sizeof rows);
  g_autoptr (GBytes) one =
      file_of (1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }", 118, "\x07", 1);
  g_autoptr (GBytes) scalar = file_of (
      1, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }", 118, "\0\0\0\0\0\0\0\0", 8);
  const double zero = 0;
  const struct {
    GenDataType type;
    GenShape shape;
    const void *data;
    GBytes *file;
  } cases[] = {
    { GEN_TYPE_FLOAT32, GEN_SHAPE (2, 3), rows, numpy },
    { GEN_TYPE_UINT8, GEN_SHAPE (1), "\x07", one },
    { GEN_TYPE_FLOAT64, GEN_SHAPE_SCALAR, &zero, scalar },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) written = NULL;

    g_assert_true (gen_npy_save (path, cases[i].type, &cases[i].shape, cases[i].data, &error));
    g_assert_no_error (error);
    written = gen_file_bytes (path, &error);
    g_assert_true (g_bytes_equal (written, cases[i].file));
  }
  g_assert_false (gen_npy_save (path, GEN_TYPE_BFLOAT16, &GEN_SHAPE (1), rows, &error));
  g_assert_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_assert_false (
      gen_npy_save ("/nonexistent/x.npy", GEN_TYPE_UINT8, &GEN_SHAPE (1), rows, &error));
  g_assert_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_FILE);
  scratch_remove (folder);
}

static void
test_refused (void)
{
  static const struct {
    const char *header;
    int code;
  } lies[] = {
    { "", GEN_NPY_ERROR_INVALID },
    { "{}", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'shape': (2,), }", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), ", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 3}", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2), }", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (,), }", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2), }",
        GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4, 0), }",
        GEN_NPY_ERROR_INVALID },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        GEN_NPY_ERROR_INVALID },
    { "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", GEN_NPY_ERROR_UNSUPPORTED },
    { "{'descr': '<U2', 'fortran_order': False, 'shape': (2,), }", GEN_NPY_ERROR_UNSUPPORTED },
    { "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", GEN_NPY_ERROR_UNSUPPORTED },
    { "{'descr': '', 'fortran_order': False, 'shape': (1,), }", GEN_NPY_ERROR_UNSUPPORTED },
    { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
        GEN_NPY_ERROR_UNSUPPORTED },
  };
  GenDataType type;
  GenShape shape;

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++) {
    g_autoptr (GBytes) file = file_of (1, lies[i].header, 118, "abcdefgh", 8);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", lies[i].header);
    g_assert_null (gen_npy_parse (file, "lie.npy", &type, &shape, &error));
    g_assert_error (error, GEN_NPY_ERROR, lies[i].code);
    g_assert_true (g_str_has_prefix (error->message, "lie.npy: "));
  }
}

/* Cut at every length it is refused; with any bit of it wrong, it is refused or read. */
static void
test_damaged (void)
{
  g_autoptr (GBytes) file =
      file_of (1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 118, "abcdefgh", 8);
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  GenDataType type;
  GenShape shape;

  for (gsize n = 0; n < size; n++) {
    g_autoptr (GBytes) part = g_bytes_new (data, n);
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_npy_parse (part, "cut.npy", &type, &shape, &error));
    g_assert_nonnull (error);
  }
  for (gsize bit = 0; bit < size * 8; bit++) {
    g_autofree guint8 *copy = g_memdup2 (data, size);
    g_autoptr (GBytes) flipped = NULL;
    g_autoptr (GBytes) elements = NULL;
    g_autoptr (GError) error = NULL;

    copy[bit / 8] ^= 1 << bit % 8;
    flipped = g_bytes_new_take (g_steal_pointer (&copy), size);
    elements = gen_npy_parse (flipped, "flipped.npy", &type, &shape, &error);
    g_assert_true ((elements == NULL) == (error != NULL));
  }
}

static void
test_files (void)
{
  GenDataType type;
  GenShape shape;
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_npy_load ("/nonexistent.npy", &type, &shape, &error));
  g_assert_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/nonexistent.npy"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/npy/read", test_read);
  g_test_add_func ("/npy/fortran", test_fortran);
  g_test_add_func ("/npy/write", test_write);
  g_test_add_func ("/npy/refused", test_refused);
  g_test_add_func ("/npy/damaged", test_damaged);
  g_test_add_func ("/npy/files", test_files);
  return g_test_run ();
}
