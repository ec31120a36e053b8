/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files are written whole or not at all, and read only when they are files. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <generative/atomic-file.h>
#include <generative/file-bytes.h>

typedef struct {
  char *folder, *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("generative-files-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->path = g_build_filename (fixture->folder, "file", NULL);
}

static guint
count_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->path);
  /* Fails, and the assertion with it, when a temporary file was left. */
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static void
assert_content (const char *path, const void *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = gen_file_bytes (path, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), data, size);
}

static void
write_text (const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  gen_atomic_write (path, bytes, &error);
  g_assert_no_error (error);
}

static void
test_write (Fixture *fixture, gconstpointer data)
{
  struct stat info;

  write_text (fixture->path, "first");
  assert_content (fixture->path, "first", 5);
  g_assert_cmpint (g_chmod (fixture->path, 0640), ==, 0);
  write_text (fixture->path, "");
  assert_content (fixture->path, "", 0);
  g_assert_cmpint (g_stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0640);
  g_assert_cmpuint (count_files (fixture->folder), ==, 1);
}

/* Pieces below, at and above the size of the buffer, checked against one array. */
static void
test_pieces (Fixture *fixture, gconstpointer data)
{
  static const gsize sizes[] = { 1, 65535, 65536, 0, 7, 65537, 300000, 3, 65533 };
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenAtomicFile) file = gen_atomic_file_new (fixture->path, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    guint first = all->len;

    g_byte_array_set_size (all, first + sizes[i]);
    for (guint j = first; j < all->len; j++)
      all->data[j] = j * 2654435761u >> 24;
    g_assert_true (gen_atomic_file_write (file, all->data + first, sizes[i], &error));
    g_assert_cmpuint (gen_atomic_file_size (file), ==, all->len);
    g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  }
  g_assert_true (gen_atomic_file_commit (file, &error));
  g_assert_no_error (error);
  assert_content (fixture->path, all->data, all->len);
}

static void
test_abandoned (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GenAtomicFile *file;

  write_text (fixture->path, "old");
  file = gen_atomic_file_new (fixture->path, &error);
  g_assert_true (gen_atomic_file_write (file, "new", 3, &error));
  g_assert_cmpint (gen_atomic_file_fd (file, &error), >=, 0);
  gen_atomic_file_free (file);
  assert_content (fixture->path, "old", 3);
}

/* A limit on the size of files fails like a full disk does: in the middle of a write. */
static void
test_full (Fixture *fixture, gconstpointer data)
{
  struct rlimit before, small;
  g_autofree guint8 *block = g_malloc0 (1 << 20);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;
  GenAtomicFile *file;

  write_text (fixture->path, "old");
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  small = before;
  small.rlim_cur = 100000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  file = gen_atomic_file_new (fixture->path, NULL);
  g_assert_nonnull (file);
  g_assert_false (gen_atomic_file_write (file, block, 1 << 20, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_nonnull (error);
  g_assert_cmpuint (error->domain, ==, G_FILE_ERROR);
  g_assert_nonnull (strstr (error->message, fixture->path));
  /* There is room again, but what was lost stays lost. */
  g_assert_false (gen_atomic_file_commit (file, &again));
  g_assert_nonnull (again);
  gen_atomic_file_free (file);
  assert_content (fixture->path, "old", 3);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *nowhere = g_build_filename (fixture->folder, "none", "file", NULL);
  g_autofree char *pipe = g_build_filename (fixture->folder, "pipe", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_atomic_file_new (nowhere, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_nonnull (strstr (error->message, nowhere));
  g_clear_error (&error);
  g_assert_null (gen_atomic_file_new (fixture->folder, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_clear_error (&error);

  g_assert_null (gen_file_bytes (nowhere, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_null (gen_file_bytes (fixture->folder, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
  g_clear_error (&error);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  g_assert_null (gen_file_bytes (pipe, &error)); /* and does not wait for a writer */
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_unlink (pipe);
}

/* A file large enough to be mapped, sparse so that it costs nothing. */
static void
test_mapped (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const guint8 *content;

  write_text (fixture->path, "begin");
  g_assert_cmpint (truncate (fixture->path, GEN_FILE_MAP_SIZE), ==, 0);
  bytes = gen_file_bytes (fixture->path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, GEN_FILE_MAP_SIZE);
  content = g_bytes_get_data (bytes, NULL);
  g_assert_cmpmem (content, 6, "begin", 6);
  g_assert_cmpuint (content[GEN_FILE_MAP_SIZE - 1], ==, 0);
}

/* Whoever has the same file has the same bytes, but not of a file that has changed or taken its
 * place. */
static void
test_mapped_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) first = NULL, same = NULL, changed = NULL, replaced = NULL;
  g_autofree char *other = g_strconcat (fixture->path, ".other", NULL);
  struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = 1000 } };

  write_text (fixture->path, "begin");
  g_assert_cmpint (truncate (fixture->path, GEN_FILE_MAP_SIZE), ==, 0);
  first = gen_file_bytes (fixture->path, &error);
  same = gen_file_bytes (fixture->path, &error);
  g_assert_true (g_bytes_get_data (first, NULL) == g_bytes_get_data (same, NULL));

  g_assert_cmpint (utimensat (AT_FDCWD, fixture->path, times, 0), ==, 0);
  changed = gen_file_bytes (fixture->path, &error);
  g_assert_true (g_bytes_get_data (first, NULL) != g_bytes_get_data (changed, NULL));

  write_text (other, "other");
  g_assert_cmpint (truncate (other, GEN_FILE_MAP_SIZE), ==, 0);
  g_assert_cmpint (g_rename (other, fixture->path), ==, 0);
  replaced = gen_file_bytes (fixture->path, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (replaced, NULL), 6, "other", 6);
  g_clear_pointer (&same, g_bytes_unref);
  g_assert_cmpmem (g_bytes_get_data (first, NULL), 6, "begin", 6);
}

/* What a killed writer left is removed; the file itself and all other names stay. */
/* Small enough to be read: once for all as soon as its stamps tell it from what is written next,
 * and what has been read stays what it was. */
static void
test_read_once (Fixture *fixture, gconstpointer data)
{
  const gint64 deadline = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  g_autoptr (GBytes) first = NULL, same = NULL, changed = NULL;
  FILE *file;

  write_text (fixture->path, "begin");
  g_assert_cmpint (truncate (fixture->path, 1 << 20), ==, 0);
  do {
    g_clear_pointer (&first, g_bytes_unref);
    g_clear_pointer (&same, g_bytes_unref);
    first = gen_file_bytes (fixture->path, NULL);
    same = gen_file_bytes (fixture->path, NULL);
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
  } while (g_bytes_get_data (first, NULL) != g_bytes_get_data (same, NULL));

  file = g_fopen (fixture->path, "r+");
  g_assert_cmpuint (fwrite ("other", 6, 1, file), ==, 1);
  g_assert_cmpint (fclose (file), ==, 0);
  changed = gen_file_bytes (fixture->path, NULL);
  g_assert_cmpmem (g_bytes_get_data (changed, NULL), 6, "other", 6);
  g_assert_cmpmem (g_bytes_get_data (first, NULL), 6, "begin", 6);
}

static void
test_sweep (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *name;
    gboolean left;
  } entries[] = {
    { ".model.onnx.0012abef.tmp", TRUE },
    { ".model.onnx.ffffffff.tmp", TRUE },
    { "model.onnx", FALSE },
    { ".model.onnx.0012abef.tmp2", FALSE },
    { ".model.onnx.0012ABEF.tmp", FALSE },
    { ".model.onnx.12abef.tmp", FALSE },
    { ".model.onnx.tmp", FALSE },
    { ".my.model.onnx.0012abef.tmp", FALSE },
    { "model.onnx.0012abef.tmp", FALSE },
  };
  g_autofree char *missing = g_build_filename (fixture->folder, "missing", NULL);
  guint left = 0;

  for (guint i = 0; i < G_N_ELEMENTS (entries); i++) {
    g_autofree char *path = g_build_filename (fixture->folder, entries[i].name, NULL);

    write_text (path, "half");
    left += entries[i].left;
  }
  g_assert_cmpuint (gen_atomic_file_sweep (missing, "model.onnx"), ==, 0);
  g_assert_cmpuint (gen_atomic_file_sweep (fixture->folder, "model.onnx"), ==, left);
  for (guint i = 0; i < G_N_ELEMENTS (entries); i++) {
    g_autofree char *path = g_build_filename (fixture->folder, entries[i].name, NULL);

    g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS) != entries[i].left);
    g_unlink (path);
  }
}

/* The name that a writer uses is one that is swept. */
static void
test_sweep_writer (Fixture *fixture, gconstpointer data)
{
  g_autofree char *base = g_path_get_basename (fixture->path);
  g_autoptr (GenAtomicFile) file = gen_atomic_file_new (fixture->path, NULL);

  g_assert_nonnull (file);
  g_assert_cmpuint (gen_atomic_file_sweep (fixture->folder, base), ==, 1);
}

static void
test_aligned (void)
{
  g_autofree guint8 *data = g_malloc (256);
  g_autoptr (GBytes) bytes = NULL;
  guint8 *base;

  for (guint i = 0; i < 256; i++)
    data[i] = i;
  bytes = g_bytes_new_static (data, 256);
  for (guint offset = 0; offset < 20; offset++)
    for (int share = 0; share < 2; share++) {
      g_autoptr (GBytes) part = gen_bytes_aligned (bytes, offset, 8, 8, share);

      base = (guint8 *)g_bytes_get_data (part, NULL);
      g_assert_cmpmem (base, g_bytes_get_size (part), data + offset, 8);
      g_assert_cmpuint ((guintptr)base % 8, ==, 0);
      g_assert_true ((base == data + offset) == (share && (guintptr)(data + offset) % 8 == 0));
    }
  g_assert_null (gen_bytes_aligned (bytes, 250, 7, 1, TRUE));
  g_assert_null (gen_bytes_aligned (bytes, 257, 0, 1, TRUE));
  g_assert_null (gen_bytes_aligned (bytes, 8, G_MAXUINT64 - 4, 1, TRUE));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/files/write", Fixture, NULL, set_up, test_write, tear_down);
  g_test_add ("/files/pieces", Fixture, NULL, set_up, test_pieces, tear_down);
  g_test_add ("/files/abandoned", Fixture, NULL, set_up, test_abandoned, tear_down);
  g_test_add ("/files/full", Fixture, NULL, set_up, test_full, tear_down);
  g_test_add ("/files/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/files/mapped", Fixture, NULL, set_up, test_mapped, tear_down);
  g_test_add ("/files/mapped-once", Fixture, NULL, set_up, test_mapped_once, tear_down);
  g_test_add ("/files/read-once", Fixture, NULL, set_up, test_read_once, tear_down);
  g_test_add ("/files/sweep", Fixture, NULL, set_up, test_sweep, tear_down);
  g_test_add ("/files/sweep-writer", Fixture, NULL, set_up, test_sweep_writer, tear_down);
  g_test_add_func ("/files/aligned", test_aligned);
  return g_test_run ();
}
