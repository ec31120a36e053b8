/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* safetensors, against a file that the format's own Python library (0.8.0) wrote. */
#include <string.h>
#include <generative/file-bytes.h>
#include <generative/safetensors.h>

#include "../scratch.h"

#define HEADER                                                                                     \
  "{\"__metadata__\":{\"format\":\"pt\"},"                                                         \
  "\"u\":{\"dtype\":\"U64\",\"shape\":[1],\"data_offsets\":[0,8]},"                                \
  "\"step\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]},"                             \
  "\"a\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[16,16]},"                            \
  "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[16,40]},"                            \
  "\"h\\\"\xc3\xb6\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[40,42]},"                  \
  "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[42,45]}}"
#define DATA                                                                                       \
  "\x05\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\x80?\0\0\0@\0\0@@\0\0\x80@\0\0\xa0@\0>"        \
  "\x01\x02\x03"

typedef struct {
  char *folder, *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  fixture->path = g_build_filename (fixture->folder, "state.safetensors", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
}

/* A file of that header and data. */
static GByteArray *
file_of (const char *header, const void *data, gsize size)
{
  GByteArray *file = g_byte_array_new ();
  guint64 length = GUINT64_TO_LE ((guint64)strlen (header));

  g_byte_array_append (file, (const guint8 *)&length, 8);
  g_byte_array_append (file, (const guint8 *)header, strlen (header));
  g_byte_array_append (file, data, size);
  return file;
}

static GenSafetensors *
load (const Fixture *fixture, const guint8 *data, gsize size, GError **error)
{
  FILE *file = fopen (fixture->path, "wb");

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (data, 1, size, file), ==, size);
  g_assert_cmpint (fclose (file), ==, 0);
  return gen_safetensors_load (fixture->path, error);
}

static GByteArray *
golden (void)
{
  return file_of (HEADER, DATA, sizeof DATA - 1);
}

static void
test_read (Fixture *fixture, gconstpointer unused)
{
  static const float w[] = { 0, 1, 2, 3, 4, 5 };
  static const char *const order[] = { "u", "step", "a", "w", "h\"\xc3\xb6", "b" };
  g_autoptr (GByteArray) bytes = golden ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenSafetensors) file = load (fixture, bytes->data, bytes->len, &error);
  const GenSafetensor *tensor;

  g_assert_no_error (error);
  g_assert_cmpuint (gen_safetensors_count (file), ==, G_N_ELEMENTS (order));
  for (guint i = 0; i < G_N_ELEMENTS (order); i++) {
    tensor = gen_safetensors_get (file, i);
    /* "a" and "w" begin at the same byte, and "a" ends first. */
    g_assert_cmpstr (tensor->name, ==, order[i]);
    g_assert_true (gen_safetensors_find (file, order[i]) == tensor);
  }
  g_assert_null (gen_safetensors_get (file, 6));
  g_assert_null (gen_safetensors_find (file, "x"));
  tensor = gen_safetensors_find (file, "w");
  g_assert_cmpint (tensor->type, ==, GEN_TYPE_FLOAT32);
  g_assert_true (gen_shape_equal (&tensor->shape, &GEN_SHAPE (2, 3)));
  g_assert_cmpmem (
      g_bytes_get_data (tensor->data, NULL), g_bytes_get_size (tensor->data), w, sizeof w);
  tensor = gen_safetensors_find (file, "step");
  g_assert_cmpint (tensor->shape.rank, ==, 0);
  g_assert_cmpint (*(const gint64 *)g_bytes_get_data (tensor->data, NULL), ==, 7);
  g_assert_cmpstr (gen_safetensors_metadata (file, "format"), ==, "pt");
  g_assert_null (gen_safetensors_metadata (file, "none"));
}

/* What is read and written again, in another order, is the same file. */
static void
test_write (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GByteArray) bytes = golden ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenSafetensors) file = load (fixture, bytes->data, bytes->len, &error);
  g_autoptr (GHashTable) metadata = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GBytes) written = NULL;
  GenSafetensor tensors[6];

  g_assert_no_error (error);
  for (int i = 0; i < 6; i++)
    tensors[i] = *gen_safetensors_get (file, 5 - i);
  g_hash_table_insert (metadata, (char *)"format", (char *)"pt");
  g_assert_true (gen_safetensors_save (fixture->path, tensors, 6, metadata, &error));
  g_assert_no_error (error);
  written = gen_file_bytes (fixture->path, &error);
  g_assert_cmpmem (
      g_bytes_get_data (written, NULL), g_bytes_get_size (written), bytes->data, bytes->len);
}

static void
test_empty (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenSafetensors) file = NULL;

  g_assert_true (gen_safetensors_save (fixture->path, NULL, 0, NULL, &error));
  file = gen_safetensors_load (fixture->path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gen_safetensors_count (file), ==, 0);
  g_assert_null (gen_safetensors_metadata (file, "x"));
}

static void
test_not_written (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("abcdefgh", 8);
  GenSafetensor twice[] = {
    { "x", GEN_TYPE_FLOAT32, GEN_SHAPE (2), bytes },
    { "x", GEN_TYPE_FLOAT32, GEN_SHAPE (2), bytes },
  };
  GenSafetensor wrong[] = {
    { "x", GEN_TYPE_FLOAT32, GEN_SHAPE (3), bytes },
    { "x", GEN_TYPE_FLOAT32, GEN_SHAPE (-1), bytes },
    { "x", GEN_TYPE_STRING, GEN_SHAPE (2), bytes },
    { "__metadata__", GEN_TYPE_FLOAT32, GEN_SHAPE (2), bytes },
  };
  g_autoptr (GError) error = NULL;

  g_assert_false (gen_safetensors_save (fixture->path, twice, 2, NULL, &error));
  g_assert_error (error, GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_INVALID);
  g_clear_error (&error);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_assert_false (gen_safetensors_save (fixture->path, &wrong[i], 1, NULL, &error));
    g_assert_error (error, GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_INVALID);
    g_clear_error (&error);
  }
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  g_assert_false (gen_safetensors_save ("/nonexistent/x", twice, 1, NULL, &error));
  g_assert_error (error, GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_FILE);
  g_clear_error (&error);
  g_assert_null (gen_safetensors_load ("/nonexistent/x", &error));
  g_assert_error (error, GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_FILE);
}

/* Headers that lie, each over 8 bytes of data, and what the message must speak of. */
static void
test_lies (Fixture *fixture, gconstpointer unused)
{
  static const struct {
    const char *header, *text;
  } lies[] = {
    { "", "header" },
    { "[]", "header" },
    { "{}", "belong to no tensor" },
    { "{\"x\":3}", "'x'" },
    { "{\"x\":{}}", "dtype" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}", "header" },
    { "{\"x\":{\"dtype\":\"F99\",\"shape\":[2],\"data_offsets\":[0,8]}}", "dtype" },
    { "{\"x\":{\"dtype\":3,\"shape\":[2],\"data_offsets\":[0,8]}}", "dtype" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", "12 bytes" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}", "shape" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", "shape" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", "shape" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]}}", "" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}",
        "can be held" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", "data_offsets" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", "data_offsets" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", "hole" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", "truncated" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "belong to no tensor" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
      "\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        "overlap" },
    { "{\"__metadata__\":3,\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "metadata" },
    { "{\"__metadata__\":{\"k\":1},\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "'k'" },
    { "{/* \" */\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "header" },
    { "{\"x\":{\"dtype\":\"F32\",\"shape\":[[2]],\"data_offsets\":[0,8]}}", "header" },
    { "{\"x\xff\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "header" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++) {
    g_autoptr (GByteArray) bytes = file_of (lies[i].header, "abcdefgh", 8);
    g_autofree char *shown = g_strescape (lies[i].header, NULL);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", shown);
    g_assert_null (load (fixture, bytes->data, bytes->len, &error));
    g_assert_error (error, GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_INVALID);
    g_assert_nonnull (strstr (error->message, fixture->path));
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, lies[i].text));
  }
}

/* A hundred thousand brackets must not reach a parser that recurses. */
static void
test_nested (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *brackets = g_strnfill (100000, '[');
  g_autofree char *header = g_strconcat ("{\"x\":", brackets, NULL);
  g_autoptr (GByteArray) bytes = file_of (header, "", 0);
  g_autoptr (GError) error = NULL;

  g_assert_null (load (fixture, bytes->data, bytes->len, &error));
  g_assert_error (error, GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_INVALID);
}

/* Cut at every length it is refused; with any bit of it wrong, it is refused or read. */
static void
test_damaged (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GByteArray) bytes = golden ();

  for (guint n = 0; n < bytes->len; n++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (load (fixture, bytes->data, n, &error));
    g_assert_error (error, GEN_SAFETENSORS_ERROR, GEN_SAFETENSORS_ERROR_INVALID);
  }
  for (guint bit = 0; bit < bytes->len * 8; bit++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenSafetensors) file = NULL;

    bytes->data[bit / 8] ^= 1 << bit % 8;
    file = load (fixture, bytes->data, bytes->len, &error);
    g_assert_true ((file == NULL) == (error != NULL));
    bytes->data[bit / 8] ^= 1 << bit % 8;
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/safetensors/read", Fixture, NULL, set_up, test_read, tear_down);
  g_test_add ("/safetensors/write", Fixture, NULL, set_up, test_write, tear_down);
  g_test_add ("/safetensors/empty", Fixture, NULL, set_up, test_empty, tear_down);
  g_test_add ("/safetensors/not-written", Fixture, NULL, set_up, test_not_written, tear_down);
  g_test_add ("/safetensors/lies", Fixture, NULL, set_up, test_lies, tear_down);
  g_test_add ("/safetensors/nested", Fixture, NULL, set_up, test_nested, tear_down);
  g_test_add ("/safetensors/damaged", Fixture, NULL, set_up, test_damaged, tear_down);
  return g_test_run ();
}
