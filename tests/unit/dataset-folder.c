/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Folders of many files: what is noted of one is what is in it, for as long as nothing changes. */
#include <generative/dataset.h>
#include <generative/random.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../scratch.h"

/* More than the library goes through each time. */
enum { FILES = 10200 };

static void
save_picture (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_auto (GenPicture) picture = { 0 };

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  gen_picture_init (&picture, 2, 2, 1);
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
}

static void
link_file (const char *folder, const char *from, const char *to)
{
  g_autofree char *old = g_build_filename (folder, from, NULL);
  g_autofree char *new = g_build_filename (folder, to, NULL);
  g_autofree char *parent = g_path_get_dirname (new);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  g_assert_cmpint (link (old, new), ==, 0);
}

/* Until no folder was changed just now. */
static void
settle (void)
{
  g_usleep (2100 * G_TIME_SPAN_MILLISECOND);
}

/* Two classes and files beside them; one that only its first bytes tell, a text that is a caption,
 * a sound, links, and what is hidden. */
static void
fill (const char *folder)
{
  g_autofree char *text = g_build_filename (folder, "cats", "00007.txt", NULL);
  g_autofree char *sound = g_build_filename (folder, "cats", "meow.wav", NULL);
  g_autofree char *round = g_build_filename (folder, "cats", "round", NULL);
  g_autofree char *linked = g_build_filename (folder, "linked.png", NULL);

  save_picture (folder, "first.png");
  for (int i = 0; i < FILES; i++) {
    g_autofree char *name = g_strdup_printf ("%s/%05d.png", i % 3 == 0 ? "birds/owls" : "cats", i);

    link_file (folder, "first.png", name);
  }
  link_file (folder, "first.png", "birds/dodo");
  link_file (folder, "first.png", ".hidden.png");
  g_assert_true (g_file_set_contents (text, "A cat", -1, NULL));
  g_assert_true (g_file_set_contents (sound, "no sound", -1, NULL));
  g_assert_cmpint (symlink (folder, round), ==, 0);
  g_assert_cmpint (symlink ("birds/owls/00000.png", linked), ==, 0);
}

static GenDataset *
open_folder (const char *folder)
{
  g_autoptr (GError) error = NULL;
  GenDataset *dataset = gen_dataset_open (folder, &(GenDatasetSettings){ 0 }, &error);

  g_assert_no_error (error);
  return dataset;
}

static void
assert_same (const GenDataset *a, const GenDataset *b)
{
  g_assert_cmpuint (gen_dataset_get_count (a), ==, gen_dataset_get_count (b));
  g_assert_cmpint (gen_dataset_get_label_count (a), ==, gen_dataset_get_label_count (b));
  for (guint32 i = 0; i < gen_dataset_get_count (a); i++) {
    g_autofree char *first = gen_dataset_describe_item (a, i);
    g_autofree char *second = gen_dataset_describe_item (b, i);

    g_assert_cmpstr (first, ==, second);
    g_assert_cmpint (gen_dataset_get_label (a, i), ==, gen_dataset_get_label (b, i));
  }
}

/* Classes have names in UTF-8 whatever folders have, and stay apart. */
static void
test_names_valid (void)
{
  static const char *const names[] = { "a\xff/1.png", "a\xfe/1.png", "b/1.png" };
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) dataset = NULL;

  save_picture (folder, "first.png");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    link_file (folder, "first.png", names[i]);
  dataset = open_folder (folder);
  g_assert_cmpint (gen_dataset_get_label_count (dataset), ==, 3);
  for (int i = 0; i < 3; i++)
    g_assert_true (g_utf8_validate (gen_dataset_get_label_name (dataset, i), -1, NULL));
  scratch_remove (folder);
}

static guint
count_indices (void)
{
  g_autofree char *path =
      g_build_filename (g_get_user_cache_dir (), "gst-generative", "folders", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static char *
find_index (void)
{
  g_autofree char *path =
      g_build_filename (g_get_user_cache_dir (), "gst-generative", "folders", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  g_assert_nonnull (dir);
  return g_build_filename (path, g_dir_read_name (dir), NULL);
}

static void
remove_index (void)
{
  g_autofree char *index = find_index ();

  g_assert_cmpint (g_unlink (index), ==, 0);
}

static void
check_content (const GenDataset *dataset, const char *folder)
{
  g_autofree char *dodo = gen_dataset_describe_item (dataset, 0);
  g_autofree char *last = gen_dataset_describe_item (dataset, FILES + 2);
  g_autofree char *beside = g_build_filename (folder, "birds/dodo", NULL);
  g_autofree char *linked = g_build_filename (folder, "linked.png", NULL);
  guint captions = 0;

  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, FILES + 3);
  g_assert_cmpint (gen_dataset_get_label_count (dataset), ==, 2);
  g_assert_cmpstr (gen_dataset_get_label_name (dataset, 0), ==, "birds");
  g_assert_cmpstr (gen_dataset_get_label_name (dataset, 1), ==, "cats");
  g_assert_cmpstr (dodo, ==, beside);
  g_assert_cmpstr (last, ==, linked);
  g_assert_cmpint (gen_dataset_get_label (dataset, 0), ==, 0);
  g_assert_cmpint (gen_dataset_get_label (dataset, FILES), ==, 1);
  g_assert_cmpint (gen_dataset_get_label (dataset, FILES + 2), ==, -1);
  for (guint32 i = 0; i < gen_dataset_get_count (dataset); i++) {
    g_autofree char *caption = gen_dataset_get_caption (dataset, i);

    captions += caption != NULL;
  }
  g_assert_cmpuint (captions, ==, 1);
}

/* A name in the index is another one. */
static void
falsify (const char *index)
{
  g_autofree char *bytes = NULL;
  gsize length;
  char *name;

  g_assert_true (g_file_get_contents (index, &bytes, &length, NULL));
  name = memmem (bytes, length, "00004.png", strlen ("00004.png"));
  g_assert_nonnull (name);
  name[0] = '9';
  g_assert_true (g_file_set_contents (index, bytes, (gssize)length, NULL));
}

static void
test_noted (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *index = NULL, *name = NULL;
  g_autoptr (GenDataset) first = NULL, second = NULL, false_one = NULL;

  fill (folder);
  settle ();
  first = open_folder (folder);
  check_content (first, folder);
  g_assert_cmpuint (count_indices (), ==, 1);
  second = open_folder (folder);
  check_content (second, folder);
  assert_same (first, second);
  /* That it is not gone through again shows in what is wrong in the index. */
  index = find_index ();
  falsify (index);
  false_one = open_folder (folder);
  name = gen_dataset_describe_item (false_one, FILES / 3 + 3);
  g_assert_true (g_str_has_suffix (name, "cats/90004.png"));
  remove_index ();
  scratch_remove (folder);
}

static guint
count_now (const char *folder)
{
  g_autoptr (GenDataset) dataset = open_folder (folder);

  return gen_dataset_get_count (dataset);
}

/* What comes, goes and is renamed is seen at once, also of what was noted a moment ago. */
static void
test_changes (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *old = g_build_filename (folder, "cats", "00001.png", NULL);
  g_autofree char *new = g_build_filename (folder, "birds", "00001.png", NULL);
  g_autofree char *cats = g_build_filename (folder, "cats", NULL);
  g_autofree char *hidden = g_build_filename (folder, ".cats", NULL);

  fill (folder);
  settle ();
  g_assert_cmpuint (count_now (folder), ==, FILES + 3);
  g_assert_cmpuint (count_indices (), ==, 1);
  for (int i = 0; i < 5; i++) {
    g_autofree char *name = g_strdup_printf ("cats/new%d.png", i);

    link_file (folder, "first.png", name);
    g_assert_cmpuint (count_now (folder), ==, (guint)(FILES + 4 + i));
  }
  g_assert_cmpint (g_rename (old, new), ==, 0);
  g_assert_cmpuint (count_now (folder), ==, FILES + 8);
  g_assert_cmpint (g_unlink (new), ==, 0);
  g_assert_cmpuint (count_now (folder), ==, FILES + 7);
  link_file (folder, "first.png", "birds/owls/small/1.png");
  g_assert_cmpuint (count_now (folder), ==, FILES + 8);
  link_file (folder, "first.png", "birds/owls/small/2.png");
  g_assert_cmpuint (count_now (folder), ==, FILES + 9);
  settle ();
  g_assert_cmpuint (count_now (folder), ==, FILES + 9);
  g_assert_cmpint (g_rename (cats, hidden), ==, 0);
  g_assert_cmpuint (count_now (folder), <, FILES / 2);
  remove_index ();
  scratch_remove (folder);
}

/* What has just been changed may change again within the same tick: it is not noted. */
static void
test_unsettled (void)
{
  g_autofree char *folder = scratch_new ();
  gint64 changed;

  fill (folder);
  changed = g_get_real_time ();
  g_assert_cmpuint (count_now (folder), ==, FILES + 3);
  if (g_get_real_time () - changed > G_TIME_SPAN_SECOND) {
    g_test_skip ("the machine is too slow to look at once");
    if (count_indices () > 0)
      remove_index ();
  } else {
    g_assert_cmpuint (count_indices (), ==, 0);
  }
  scratch_remove (folder);
}

/* Damage of any kind is no index, or one of other names; it never does harm. */
static void
test_damage (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *index = NULL, *bytes = NULL;
  const GenRandom random = gen_random_new (1, "test", 0);
  gsize length;

  fill (folder);
  settle ();
  g_assert_cmpuint (count_now (folder), ==, FILES + 3);
  index = find_index ();
  g_assert_true (g_file_get_contents (index, &bytes, &length, NULL));
  for (gsize cut = 0; cut < length; cut += MAX (cut / 2, 7)) {
    g_assert_true (g_file_set_contents (index, bytes, (gssize)(length - cut - 1), NULL));
    g_assert_cmpuint (count_now (folder), ==, FILES + 3);
  }
  for (guint i = 0; i < 60; i++) {
    g_autofree char *damaged = g_memdup2 (bytes, length);
    g_autoptr (GenDataset) dataset = NULL;

    /* The table at the end, the folders before it, and anywhere. */
    for (int k = 0; k < 3; k++) {
      const guint32 reach = i % 3 == 0 ? 24 : i % 3 == 1 ? 250 : (guint32)length;
      const guint32 place = gen_random_below (&random, i, (guint64)k, reach);

      damaged[length - 1 - place] ^= (char)(1 << (i % 8));
    }
    g_assert_true (g_file_set_contents (index, damaged, (gssize)length, NULL));
    dataset = gen_dataset_open (folder, &(GenDatasetSettings){ 0 }, NULL);
    for (guint32 n = 0; dataset != NULL && n < gen_dataset_get_count (dataset); n++)
      g_free (gen_dataset_describe_item (dataset, n));
  }
  remove_index ();
  scratch_remove (folder);
}

/* Where nothing can be noted, it is gone through each time. */
static void
test_no_cache (void)
{
  g_autofree char *folder = scratch_new ();
  const gboolean is_root = geteuid () == 0;

  fill (folder);
  settle ();
  g_assert_cmpint (g_chmod (folder, 0755), ==, 0);
  g_assert_cmpint (g_chmod (g_get_user_cache_dir (), 0555), ==, 0);
  if (is_root)
    g_assert_cmpint (seteuid (65534), ==, 0);
  g_assert_cmpuint (count_now (folder), ==, FILES + 3);
  g_assert_cmpuint (count_now (folder), ==, FILES + 3);
  if (is_root)
    g_assert_cmpint (seteuid (0), ==, 0);
  g_assert_cmpint (g_chmod (g_get_user_cache_dir (), 0755), ==, 0);
  g_assert_cmpuint (count_indices (), ==, 0);
  scratch_remove (folder);
}

/* However the folder is written. */
static void
test_slashes (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *slashes = g_strconcat (folder, "///", NULL);
  g_autoptr (GenDataset) dataset = NULL;
  g_autofree char *path = NULL, *wanted = g_build_filename (folder, "a", "b.png", NULL);
  const GenDatasetSettings settings = { .class_pattern = "^(a/b)[.]" };

  save_picture (folder, "a/b.png");
  dataset = gen_dataset_open (slashes, &settings, NULL);
  g_assert_nonnull (dataset);
  path = gen_dataset_describe_item (dataset, 0);
  g_assert_cmpstr (path, ==, wanted);
  g_assert_cmpstr (gen_dataset_get_label_name (dataset, 0), ==, "a/b");
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_autofree char *cache = scratch_new ();
  int result;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset-folder/no-cache", test_no_cache);
  g_test_add_func ("/dataset-folder/noted", test_noted);
  g_test_add_func ("/dataset-folder/changes", test_changes);
  g_test_add_func ("/dataset-folder/unsettled", test_unsettled);
  g_test_add_func ("/dataset-folder/damage", test_damage);
  g_test_add_func ("/dataset-folder/names-valid", test_names_valid);
  g_test_add_func ("/dataset-folder/slashes", test_slashes);
  result = g_test_run ();
  scratch_remove (cache);
  return result;
}
