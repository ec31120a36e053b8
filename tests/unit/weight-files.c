/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights that processes share by files: whatever lies in the folder, who takes some gets the bytes
 * that were packed. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../../lib/device/shared.h"
#include "../../lib/device/weight-files.h"

#define VARIABLE "GENERATIVE_WEIGHT_FILES"

enum { SIZE = 2 << 20, WRITERS = 6 };

/* --- a folder of its own --- */

typedef struct {
  char *folder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("weight-files-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  g_setenv (VARIABLE, fixture->folder, TRUE);
}

static void
remove_all (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  remove_all (fixture->folder);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_unsetenv (VARIABLE);
}

/* The only file there is, and that it is the only one. (transfer full) */
static char *
find_only (const Fixture *fixture)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name = g_dir_read_name (dir);
  char *path = g_build_filename (fixture->folder, name, NULL);

  g_assert_nonnull (name);
  g_assert_null (g_dir_read_name (dir));
  return path;
}

static guint
count (const Fixture *fixture)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* --- weights --- */

static void
fill (guint8 *memory, guint seed)
{
  for (gsize i = 0; i < SIZE; i++)
    memory[i] = (guint8)((i * 2654435761u >> 13) + seed);
}

static GBytes *
take (guint seed)
{
  guint8 *memory = gen_shared_alloc (SIZE);

  fill (memory, seed);
  return gen_shared_take (memory, SIZE);
}

static void
check (GBytes *bytes, guint seed)
{
  g_autofree guint8 *expected = g_malloc (SIZE);

  fill (expected, seed);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, SIZE);
}

/* Whether these bytes are what a file of `folder` has, mapped. */
static gboolean
is_mapped (GBytes *bytes, const char *folder)
{
  const guintptr at = (guintptr)g_bytes_get_data (bytes, NULL);
  FILE *maps = fopen ("/proc/self/maps", "r");
  gboolean found = FALSE;
  char line[4096];

  while (fgets (line, sizeof line, maps) != NULL) {
    gulong first, end;

    if (sscanf (line, "%lx-%lx", &first, &end) == 2 && at >= first && at < end)
      found = strstr (line, folder) != NULL;
  }
  fclose (maps);
  return found;
}

/* Take them, as they are to be, mapped, and let them go. */
static void
take_mapped (const Fixture *fixture, guint seed)
{
  g_autoptr (GBytes) bytes = take (seed);

  check (bytes, seed);
  g_assert_true (is_mapped (bytes, fixture->folder));
}

/* The same where they cannot be. */
static void
take_private (const char *folder, guint seed)
{
  g_autoptr (GBytes) bytes = take (seed);

  check (bytes, seed);
  g_assert_false (is_mapped (bytes, folder));
}

/* --- as it should be --- */

static void
test_shares (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = NULL;
  GStatBuf first, second;

  take_mapped (fixture, 1);
  path = find_only (fixture);
  g_assert_cmpint (g_stat (path, &first), ==, 0);
  g_assert_cmpint (first.st_mode & 0777, ==, 0400);
  g_assert_cmpint (first.st_size, ==, SIZE);
  take_mapped (fixture, 1);
  g_assert_cmpint (g_stat (path, &second), ==, 0);
  g_assert_cmpuint (first.st_ino, ==, second.st_ino);
  take_mapped (fixture, 2);
  g_assert_cmpuint (count (fixture), ==, 2);
}

static void
test_off (Fixture *fixture, gconstpointer data)
{
  g_setenv (VARIABLE, "off", TRUE);
  take_private (fixture->folder, 1);
  g_assert_cmpuint (count (fixture), ==, 0);
}

static void
test_small (Fixture *fixture, gconstpointer data)
{
  const gsize size = GEN_WEIGHT_FILES_LEAST - 64;
  g_autoptr (GBytes) bytes = gen_shared_take (gen_shared_alloc (size), size);

  g_assert_cmpuint (count (fixture), ==, 0);
}

/* Who has mapped a file has it, though it is pruned. */
static void
test_removed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = take (3);

  gen_weight_files_prune (fixture->folder, 0);
  g_assert_cmpuint (count (fixture), ==, 0);
  check (bytes, 3);
}

/* --- several at once --- */

/* Each a process that has nothing in common with the others; 0 where all is well. */
static int
write_one (const char *folder, guint seed)
{
  GBytes *bytes = take (seed);
  g_autofree guint8 *expected = g_malloc (SIZE);

  fill (expected, seed);
  return memcmp (g_bytes_get_data (bytes, NULL), expected, SIZE) != 0 || !is_mapped (bytes, folder);
}

static void
test_writers (Fixture *fixture, gconstpointer data)
{
  pid_t children[WRITERS];

  for (guint i = 0; i < WRITERS; i++) {
    children[i] = fork ();
    if (children[i] == 0)
      _exit (write_one (fixture->folder, i % 2));
    g_assert_cmpint (children[i], >, 0);
  }
  for (guint i = 0; i < WRITERS; i++) {
    int status;

    g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  }
  g_assert_cmpuint (count (fixture), ==, 2);
}

/* --- what should not be there --- */

static void
spoil (const char *path, gsize size)
{
  g_autofree guint8 *bytes = g_malloc (SIZE);

  fill (bytes, 77);
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  g_assert_true (g_file_set_contents (path, (char *)bytes, (gssize)size, NULL));
}

/* Cut, lengthened in vain, or others of the same length: written anew. */
static void
test_altered (Fixture *fixture, gconstpointer data)
{
  const gsize sizes[] = { 0, SIZE / 2, SIZE };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autofree char *path = NULL;

    take_mapped (fixture, 4);
    path = find_only (fixture);
    spoil (path, sizes[i]);
    take_mapped (fixture, 4);
    g_free (find_only (fixture));
  }
}

/* What a link leads to is neither read nor written. */
static void
test_link (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *target = g_strconcat (fixture->folder, ".target", NULL);
  g_autofree char *content = NULL;

  take_mapped (fixture, 5);
  path = find_only (fixture);
  g_assert_true (g_file_set_contents (target, "mine", -1, NULL));
  g_unlink (path);
  g_assert_cmpint (symlink (target, path), ==, 0);
  take_mapped (fixture, 5);
  g_assert_false (g_file_test (path, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_get_contents (target, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "mine");
  g_unlink (target);
}

/* A pipe is not waited for. */
static void
test_pipe (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = NULL;

  take_mapped (fixture, 6);
  path = find_only (fixture);
  g_unlink (path);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  take_mapped (fixture, 6);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
}

static void
test_others_write (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (g_chmod (fixture->folder, 0777), ==, 0);
  take_private (fixture->folder, 7);
  g_assert_cmpuint (count (fixture), ==, 0);
}

static void
test_no_folder (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->folder, "file", NULL);
  g_autofree char *below = g_build_filename (file, "weights", NULL);

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_setenv (VARIABLE, below, TRUE);
  take_private (below, 8);
}

static void
test_read_only (Fixture *fixture, gconstpointer data)
{
  if (geteuid () == 0) {
    g_test_skip ("root writes to any folder");
    return;
  }
  g_assert_cmpint (g_chmod (fixture->folder, 0500), ==, 0);
  take_private (fixture->folder, 9);
  g_assert_cmpint (g_chmod (fixture->folder, 0700), ==, 0);
}

/* --- pruning --- */

static void
put (const Fixture *fixture, const char *name, gsize size, gint64 seconds_ago)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autofree char *content = g_malloc0 (size);
  const time_t then = (time_t)(g_get_real_time () / G_USEC_PER_SEC - seconds_ago);
  const struct timespec times[2] = { { .tv_sec = then }, { .tv_sec = then } };

  g_assert_true (g_file_set_contents (path, content, (gssize)size, NULL));
  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

static gboolean
is_there (const Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
test_prune (Fixture *fixture, gconstpointer data)
{
  put (fixture, "a.weights", 100, 30);
  put (fixture, "b.weights", 100, 20);
  put (fixture, "c.weights", 100, 10);
  put (fixture, "d.weights.1.new", 100, 7200);
  put (fixture, "e.weights.1.new", 100, 5);
  put (fixture, "notes.txt", 1000, 7200);
  gen_weight_files_prune (fixture->folder, 200);
  g_assert_false (is_there (fixture, "a.weights"));
  g_assert_true (is_there (fixture, "b.weights"));
  g_assert_true (is_there (fixture, "c.weights"));
  g_assert_false (is_there (fixture, "d.weights.1.new"));
  g_assert_true (is_there (fixture, "e.weights.1.new"));
  g_assert_true (is_there (fixture, "notes.txt"));
  gen_weight_files_prune (fixture->folder, 199);
  g_assert_false (is_there (fixture, "b.weights"));
  g_assert_true (is_there (fixture, "c.weights"));
}

/* What is used is not the oldest any more. */
static void
test_used (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = NULL;
  const struct timespec long_ago[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

  take_mapped (fixture, 10);
  path = find_only (fixture);
  g_assert_cmpint (utimensat (AT_FDCWD, path, long_ago, 0), ==, 0);
  put (fixture, "a.weights", 100, 10);
  take_mapped (fixture, 10);
  gen_weight_files_prune (fixture->folder, SIZE);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (is_there (fixture, "a.weights"));
}

static void
add (const char *name, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (name, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/weight-files/shares", test_shares);
  add ("/weight-files/off", test_off);
  add ("/weight-files/small", test_small);
  add ("/weight-files/removed", test_removed);
  add ("/weight-files/writers", test_writers);
  add ("/weight-files/altered", test_altered);
  add ("/weight-files/link", test_link);
  add ("/weight-files/pipe", test_pipe);
  add ("/weight-files/others-write", test_others_write);
  add ("/weight-files/no-folder", test_no_folder);
  add ("/weight-files/read-only", test_read_only);
  add ("/weight-files/prune", test_prune);
  add ("/weight-files/used", test_used);
  return g_test_run ();
}
