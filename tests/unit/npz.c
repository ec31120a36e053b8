/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numpy's archives: what numpy 1.24 wrote, what we wrote, and what lies about itself. */
#include <string.h>
#include <generative/file-bytes.h>
#include <generative/npz.h>

#include "../scratch.h"

/* np.savez_compressed (file, mu=[0.5, -1], sigma=[[2, 0.25], [0.25, 1]]), of float32. */
static const char packed[] =
    "UEsDBBQAAAAIAAAAIQCEqZrvTAAAAIgAAAAGABQAbXUubnB5AQAQAIgAAAAAAAAATAAAAAAAAACb7BfqGxDJyFDG"
    "UK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOpo6CrUKFAAuBgYGewaGhv0A"
    "UEsDBBQAAAAIAAAAIQDsgAMiUQAAAJAAAAAJABQAc2lnbWEubnB5AQAQAJAAAAAAAAAAUQAAAAAAAACb7BfqGxDJ"
    "yFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgpGmjoKtQpkAy4GBgYH"
    "BoYGOyi2BwBQSwECFAMUAAAACAAAACEAhKma70wAAACIAAAABgAAAAAAAAAAAAAAgAEAAAAAbXUubnB5UEsBAhQD"
    "FAAAAAgAAAAhAOyAAyJRAAAAkAAAAAkAAAAAAAAAAAAAAIABhAAAAHNpZ21hLm5weVBLBQYAAAAAAgACAGsAAAAQ"
    "AQAAAAA=";

static const float mean[] = { 0.5f, -1 }, covariance[] = { 2, 0.25f, 0.25f, 1 };

static GBytes *
fixture (void)
{
  gsize size;
  guchar *data = g_base64_decode (packed, &size);

  return g_bytes_new_take (data, size);
}

static void
assert_array (
    GenNpz *npz, const char *name, GenDataType type, GenShape shape, const void *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  GenDataType is_type;
  GenShape is_shape;
  g_autoptr (GBytes) elements = gen_npz_read (npz, name, size, &is_type, &is_shape, &error);

  g_assert_no_error (error);
  g_assert_cmpint (is_type, ==, type);
  g_assert_true (gen_shape_equal (&is_shape, &shape));
  g_assert_cmpmem (g_bytes_get_data (elements, NULL), g_bytes_get_size (elements), data, size);
}

static void
test_read (void)
{
  g_autoptr (GBytes) bytes = fixture ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenNpz) npz = gen_npz_new (bytes, "x.npz", &error);
  GenDataType type;
  GenShape shape;

  g_assert_no_error (error);
  /* In any order, and more than once. */
  for (int i = 0; i < 2; i++) {
    assert_array (npz, "sigma", GEN_TYPE_FLOAT32, GEN_SHAPE (2, 2), covariance, sizeof covariance);
    assert_array (npz, "mu", GEN_TYPE_FLOAT32, GEN_SHAPE (2), mean, sizeof mean);
  }
  g_assert_true (gen_npz_has (npz, "mu"));
  g_assert_false (gen_npz_has (npz, "MU"));
  g_assert_null (gen_npz_read (npz, "count", 8, &type, &shape, &error));
  g_assert_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, "x.npz: array count is not there");
}

static void
test_round_trip (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "x.npz", NULL);
  g_autofree double *large = g_new (double, 300 * 300);
  const gint64 count = 12;
  const GenNpzArray arrays[] = {
    { "mu", GEN_TYPE_FLOAT32, GEN_SHAPE (2), mean },
    { "large", GEN_TYPE_FLOAT64, GEN_SHAPE (300, 300), large },
    { "name", GEN_TYPE_UINT8, GEN_SHAPE (3), "abc" },
    { "count", GEN_TYPE_INT64, GEN_SHAPE_SCALAR, &count },
    { "none", GEN_TYPE_UINT8, GEN_SHAPE (0), "" },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) second = NULL;
  g_autoptr (GenNpz) npz = NULL;

  for (int i = 0; i < 300 * 300; i++)
    large[i] = i * 0.37;
  g_assert_true (gen_npz_save (path, arrays, G_N_ELEMENTS (arrays), &error));
  g_assert_no_error (error);
  first = gen_file_bytes (path, &error);
  npz = gen_npz_open (path, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (arrays); i++)
    assert_array (npz, arrays[i].name, arrays[i].type, arrays[i].shape, arrays[i].data,
        (gsize)gen_shape_elements (&arrays[i].shape) * gen_data_type_size (arrays[i].type));
  /* Written again, it is the same file. */
  g_assert_true (gen_npz_save (path, arrays, G_N_ELEMENTS (arrays), &error));
  second = gen_file_bytes (path, &error);
  g_assert_true (g_bytes_equal (first, second));
  scratch_remove (folder);
}

static void
test_not_written (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "x.npz", NULL);
  g_autofree char *nowhere = g_build_filename (folder, "nowhere", "x.npz", NULL);
  const GenNpzArray good = { "mu", GEN_TYPE_FLOAT32, GEN_SHAPE (2), mean };
  const GenNpzArray bad = { "half", GEN_TYPE_BFLOAT16, GEN_SHAPE (2), mean };
  g_autoptr (GError) error = NULL;

  g_assert_false (gen_npz_save (nowhere, &good, 1, &error));
  g_assert_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_FILE);
  g_clear_error (&error);
  g_assert_false (gen_npz_save (path, &bad, 1, &error));
  g_assert_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_UNSUPPORTED);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  scratch_remove (folder);
}

/* A field of the first member's record in the archive's directory, `offset` bytes into it. */
static GBytes *
with_directory_field (gsize offset, guint32 value, gsize size)
{
  g_autoptr (GBytes) bytes = fixture ();
  gsize n;
  guint8 *data = g_bytes_unref_to_data (g_bytes_ref (bytes), &n);
  gsize at = 0;

  while (memcmp (data + at, "PK\x01\x02", 4) != 0)
    at++;
  value = GUINT32_TO_LE (value);
  memcpy (data + at + offset, &value, size);
  return g_bytes_new_take (data, n);
}

static void
test_lies (void)
{
  static const struct {
    gsize offset, size;
    guint32 value;
    int code;
    const char *words;
  } cases[] = {
    { 24, 4, 0x7fffffff, GEN_NPY_ERROR_INVALID, "says that it takes 2147483647 bytes" },
    { 24, 4, 0xfffffffe, GEN_NPY_ERROR_INVALID, "says that it takes 4294967294 bytes" },
    { 24, 4, 4000, GEN_NPY_ERROR_INVALID, "damaged" },
    { 24, 4, 100, GEN_NPY_ERROR_INVALID, "damaged" },
    { 20, 4, 0x7fffffff, GEN_NPY_ERROR_INVALID, "damaged" },
    { 16, 4, 12345, GEN_NPY_ERROR_INVALID, "damaged" },
    { 42, 4, 0x00ffffff, GEN_NPY_ERROR_INVALID, "damaged" },
    { 10, 2, 12, GEN_NPY_ERROR_UNSUPPORTED, "packed in a way" },
    { 8, 2, 1, GEN_NPY_ERROR_UNSUPPORTED, "encrypted" },
  };
  GenDataType type;
  GenShape shape;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes =
        with_directory_field (cases[i].offset, cases[i].value, cases[i].size);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenNpz) npz = gen_npz_new (bytes, "lie.npz", &error);

    g_test_message ("field at %d is %u", (int)cases[i].offset, cases[i].value);
    g_assert_no_error (error);
    g_assert_null (gen_npz_read (npz, "mu", 4096, &type, &shape, &error));
    g_assert_error (error, GEN_NPY_ERROR, cases[i].code);
    g_assert_true (g_str_has_prefix (error->message, "lie.npz: array mu"));
    g_assert_nonnull (strstr (error->message, cases[i].words));
  }
}

/* Cut at every length it is refused; with any bit of it wrong, it is refused or what is read has
 * the size that it says. */
static void
test_damaged (void)
{
  g_autoptr (GBytes) whole = fixture ();
  gsize size;
  const guint8 *data = g_bytes_get_data (whole, &size);
  GenDataType type;
  GenShape shape;

  for (gsize n = 0; n < size; n++) {
    g_autoptr (GBytes) part = g_bytes_new (data, n);
    g_autoptr (GError) error = NULL;

    g_test_message ("%d of %d", (int)n, (int)size);
    g_assert_null (gen_npz_new (part, "cut.npz", &error));
    g_assert_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_INVALID);
  }
  for (gsize bit = 0; bit < size * 8; bit++) {
    g_autofree guint8 *copy = g_memdup2 (data, size);
    g_autoptr (GBytes) flipped = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (GenNpz) npz = NULL;

    copy[bit / 8] ^= 1 << bit % 8;
    flipped = g_bytes_new_take (g_steal_pointer (&copy), size);
    npz = gen_npz_new (flipped, "flipped.npz", &error);
    g_assert_true ((npz == NULL) == (error != NULL));
    for (int i = 0; npz != NULL && i < 2; i++) {
      g_autoptr (GError) reason = NULL;
      g_autoptr (GBytes) elements =
          gen_npz_read (npz, i == 0 ? "mu" : "sigma", 4096, &type, &shape, &reason);

      g_assert_true ((elements == NULL) == (reason != NULL));
      if (elements != NULL)
        g_assert_cmpuint (g_bytes_get_size (elements), ==,
            (gsize)gen_shape_elements (&shape) * gen_data_type_size (type));
    }
  }
}

static void
test_files (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_npz_open ("/nonexistent.npz", &error));
  g_assert_error (error, GEN_NPY_ERROR, GEN_NPY_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/nonexistent.npz"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/npz/read", test_read);
  g_test_add_func ("/npz/round-trip", test_round_trip);
  g_test_add_func ("/npz/not-written", test_not_written);
  g_test_add_func ("/npz/lies", test_lies);
  g_test_add_func ("/npz/damaged", test_damaged);
  g_test_add_func ("/npz/files", test_files);
  return g_test_run ();
}
