/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IDX files, the format of MNIST (LeCun, Cortes and Burges: "The MNIST database", which describes
 * it): two zero bytes, the element type, the number of dimensions, each extent as a big-endian
 * 32-bit number, then the elements.
 *
 * A gzipped file is unpacked no further than its header promises, and its memory
 * grows with what is really there, so that a small file cannot ask for much. */
#include <string.h>

#include <generative/file-bytes.h>
#include <gio/gio.h>

#include "dataset-array.h"

#define TYPE_UBYTE 0x08
#define MAX_EXTENT (1 << 16) /* of a picture */
#define CHUNK (1 << 16)

/* The file's bytes, unzipped when it is zipped. */
static GInputStream *
open_stream (const char *path, gboolean *zipped, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) plain = g_file_read (file, NULL, error);
  g_autoptr (GConverter) unzip = NULL;
  guint8 magic[2] = { 0 };
  gsize read;

  *zipped = FALSE;
  if (plain == NULL ||
      !g_input_stream_read_all (G_INPUT_STREAM (plain), magic, sizeof magic, &read, NULL, error))
    return NULL;
  if (!g_seekable_seek (G_SEEKABLE (plain), 0, G_SEEK_SET, NULL, error))
    return NULL;
  *zipped = magic[0] == 0x1f && magic[1] == 0x8b;
  if (!*zipped)
    return G_INPUT_STREAM (g_steal_pointer (&plain));
  unzip = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  return g_converter_input_stream_new (G_INPUT_STREAM (plain), unzip);
}

/* The file of a folder's pictures: where there are several, those to train on, as in MNIST's. NULL:
 * it has none. (transfer full) */
static char *
find_pictures (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autofree char *found = NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    const gboolean is_first =
        found == NULL || g_str_has_prefix (name, "train") > g_str_has_prefix (found, "train");

    if (name[0] == '.' || strstr (name, "images") == NULL || strstr (name, "idx3-ubyte") == NULL)
      continue;
    if (is_first || (g_str_has_prefix (name, "train") == g_str_has_prefix (found, "train") &&
                        strcmp (name, found) < 0)) {
      g_free (found);
      found = g_strdup (name);
    }
  }
  return found != NULL ? g_build_filename (folder, found, NULL) : NULL;
}

static gboolean
idx_recognise (const char *location, const GenDatasetSettings *settings)
{
  gboolean zipped;
  g_autoptr (GInputStream) stream = open_stream (location, &zipped, NULL);
  g_autofree char *name = g_path_get_basename (location);
  g_autofree char *pictures =
      g_file_test (location, G_FILE_TEST_IS_DIR) ? find_pictures (location) : NULL;
  guint8 magic[4] = { 0 };
  gsize read = 0;

  if (pictures != NULL)
    return settings->medium == NULL || settings->medium == &gen_medium_picture;
  if (strstr (name, "idx3-ubyte") != NULL)
    return TRUE; /* even when damaged */
  return stream != NULL &&
         g_input_stream_read_all (stream, magic, sizeof magic, &read, NULL, NULL) && read == 4 &&
         magic[0] == 0 && magic[1] == 0 && magic[2] >= 0x08 && magic[2] <= 0x0e && magic[3] >= 1 &&
         magic[3] <= 4;
}

static guint32
read_u32 (const guint8 *bytes)
{
  return (guint32)bytes[0] << 24 | (guint32)bytes[1] << 16 | (guint32)bytes[2] << 8 | bytes[3];
}

static gboolean fail_read (const char *path, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
fail_read (const char *path, GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, "%s: %s", path, what);
  return FALSE;
}

/* Up to `limit` bytes of the stream are appended. */
static gboolean
read_some (GInputStream *stream, GByteArray *bytes, gsize limit, GError **error)
{
  while (bytes->len < limit) {
    gsize wanted = MIN (CHUNK, limit - bytes->len), read = 0;
    guint length = bytes->len;
    gboolean sound;

    g_byte_array_set_size (bytes, length + (guint)wanted);
    sound = g_input_stream_read_all (stream, bytes->data + length, wanted, &read, NULL, error);
    g_byte_array_set_size (bytes, length + (guint)read);
    if (!sound)
      return FALSE;
    if (read < wanted)
      break;
  }
  return TRUE;
}

/* Check the header of a file of unsigned bytes in `dimensions` dimensions; the extents, and the
 * length that the file must have. */
static gboolean
check_header (const char *path, const guint8 *header, gsize length, guint dimensions,
    guint32 *extents, guint64 *total, GError **error)
{
  gsize header_length = 4 + 4 * (gsize)dimensions;

  if (length < 4 || header[0] != 0 || header[1] != 0)
    return fail_read (path, error, "not an IDX file: it must begin with two zero bytes");
  if (header[2] != TYPE_UBYTE || header[3] != dimensions)
    return fail_read (path, error,
        "IDX elements of type 0x%02x in %u dimensions; unsigned bytes (0x08) in %u are needed",
        header[2], header[3], dimensions);
  if (length < header_length)
    return fail_read (path, error, "cut short within its header");
  *total = 1;
  for (guint i = 0; i < dimensions; i++) {
    extents[i] = read_u32 (header + 4 + 4 * i);
    if (extents[i] == 0 || extents[i] > (i == 0 ? G_MAXINT32 : MAX_EXTENT))
      return fail_read (path, error, "an extent of %u in its header", extents[i]);
    *total *= extents[i];
  }
  *total += header_length;
  /* GByteArray counts in 32 bits. */
  if (*total > G_MAXUINT32 / 2)
    return fail_read (
        path, error, "its header promises %" G_GUINT64_FORMAT " bytes, too many", *total);
  return TRUE;
}

/* Read a whole IDX file; NULL with `error` set when it is not exactly as long as it says. */
static GBytes *
read_idx (const char *path, guint dimensions, guint32 *extents, GError **error)
{
  gboolean zipped;
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GInputStream) stream = open_stream (path, &zipped, &read_error);
  g_autoptr (GByteArray) array = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  guint64 total = 0;
  gsize length;

  if (stream == NULL || !read_some (stream, array, 4 + 4 * (gsize)dimensions, &read_error)) {
    fail_read (path, error, "%s", read_error->message);
    return NULL;
  }
  if (!check_header (path, array->data, array->len, dimensions, extents, &total, error))
    return NULL;
  if (zipped) {
    if (!read_some (stream, array, total + 1, &read_error)) {
      fail_read (path, error, "%s", read_error->message);
      return NULL;
    }
    bytes = g_byte_array_free_to_bytes (g_steal_pointer (&array));
  } else {
    bytes = gen_file_bytes (path, &read_error);
    if (bytes == NULL) {
      g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, read_error->message);
      return NULL;
    }
  }
  length = g_bytes_get_size (bytes);
  if (length != total) {
    fail_read (path, error,
        "%s: its header promises %" G_GUINT64_FORMAT " bytes, there are %s%" G_GSIZE_FORMAT,
        length < total ? "cut short" : "too long", total,
        zipped && length > total ? "at least " : "", length);
    return NULL;
  }
  return g_steal_pointer (&bytes);
}

/* MNIST's name for the labels of these pictures, NULL when there is no such file. */
static char *
labels_path (const char *location)
{
  g_autofree char *folder = g_path_get_dirname (location);
  g_autofree char *name = g_path_get_basename (location);
  g_autoptr (GString) labels = g_string_new (name);
  g_autofree char *path = NULL;

  if (g_string_replace (labels, "images", "labels", 0) == 0)
    return NULL;
  g_string_replace (labels, "idx3", "idx1", 0);
  path = g_build_filename (folder, labels->str, NULL);
  if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return g_steal_pointer (&path);

  /* One of the two may have been unpacked. */
  if (g_str_has_suffix (labels->str, ".gz"))
    g_string_truncate (labels, labels->len - 3);
  else
    g_string_append (labels, ".gz");
  g_free (path);
  path = g_build_filename (folder, labels->str, NULL);
  return g_file_test (path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer (&path) : NULL;
}

static gboolean
read_labels (GenArrayDataset *array, const char *path, GError **error)
{
  guint32 extent;
  g_autoptr (GBytes) bytes = read_idx (path, 1, &extent, error);
  g_autoptr (GBytes) labels = NULL;

  if (bytes == NULL)
    return FALSE;
  labels = g_bytes_new_from_bytes (bytes, 8, extent);
  return gen_array_dataset_take_labels (
      array, labels, GEN_TYPE_UINT8, &GEN_SHAPE (extent), path, error);
}

static gboolean
idx_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  GenArrayDataset *array = (GenArrayDataset *)dataset;
  g_autofree char *found = find_pictures (dataset->location);
  const char *path = found != NULL ? found : dataset->location;
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *labels = labels_path (path);
  guint32 extents[3];
  g_autoptr (GBytes) bytes = read_idx (path, 3, extents, error);
  g_autoptr (GBytes) elements = NULL;

  if (bytes == NULL)
    return FALSE;
  elements = g_bytes_new_from_bytes (bytes, 16, g_bytes_get_size (bytes) - 16);
  if (!gen_array_dataset_take (array, elements, GEN_TYPE_UINT8,
          &GEN_SHAPE (extents[0], extents[1], extents[2]), path, error) ||
      (labels != NULL && !read_labels (array, labels, error)))
    return FALSE;
  gen_class_names_apply (folder, dataset->label_names);
  return TRUE;
}

const GenDatasetFormat gen_dataset_idx = {
  .name = "idx",
  .description = "An IDX file, as MNIST comes",
  .in_memory = TRUE,
  .medium = &gen_medium_picture,
  .recognise = idx_recognise,
  .create = gen_array_dataset_create,
  .open = idx_open,
  .load = gen_array_dataset_load,
  .describe = gen_array_dataset_describe,
  .free = gen_array_dataset_free,
};
