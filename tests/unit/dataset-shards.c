/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shards of WebDataset as tar writes them: each of its formats, files with holes, and what is cut
 * short. */
#include <generative/dataset.h>

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../scratch.h"

enum { PICTURES = 12, SIDE = 160 };

/* Names of this length stand in headers of their own. */
#define LONG                                                                                       \
  "a-name-that-is-longer-than-the-hundred-bytes-which-the-header-of-a-tar-archive-has-for-one-"    \
  "and-so-goes-into-another-"

/* Noise, which no compression makes much smaller. */
static void
save_pictures (const char *folder)
{
  guint32 number = 1;

  for (int i = 0; i < PICTURES; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%s%02d.png", folder, i % 3 == 1 ? LONG : "", i);
    g_auto (GenPicture) picture = { 0 };

    gen_picture_init (&picture, SIDE, SIDE, 3);
    for (int k = 0; k < SIDE * picture.stride; k++) {
      number = number * 1664525 + 1013904223;
      picture.data[k] = (guint8)(number >> 24);
    }
    g_assert_true (gen_picture_save_png (&picture, path, NULL));
  }
}

static gboolean
run (const char *const *arguments)
{
  int status = -1;

  return g_spawn_sync (NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
             &status, NULL) &&
         g_spawn_check_wait_status (status, NULL);
}

/* Pack the folder into a new file beside it, with what `option` says. (transfer full) */
static char *
pack (const char *folder, const char *option, const char *ending)
{
  char *archive = g_strconcat (folder, ending, NULL);
  const char *arguments[] = { "tar", option, "--sort=name", "-cf", archive, "-C", folder, ".",
    NULL };

  g_assert_true (run (arguments));
  return archive;
}

static GenDataset *
open_shard (const char *path)
{
  g_autoptr (GError) error = NULL;
  GenDataset *dataset = gen_dataset_open (path, &(GenDatasetSettings){ 0 }, &error);

  g_assert_no_error (error);
  return dataset;
}

/* Each item is the file that was packed, whatever else is open. */
static void
check_items (const GenDataset *dataset, const char *folder)
{
  for (guint32 i = gen_dataset_get_count (dataset); i-- > 0;) {
    g_autofree char *name = gen_dataset_describe_item (dataset, i);
    g_autofree char *path = g_strconcat (folder, strstr (name, ": .") + 3, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) bytes = gen_dataset_read_file (dataset, i, &error);
    g_autofree char *content = NULL;
    gsize size;

    g_assert_no_error (error);
    g_assert_true (g_file_get_contents (path, &content, &size, &error));
    g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), content, size);
  }
}

static void
test_formats (void)
{
  static const char *const options[] = { "--format=gnu", "--format=pax", "--gzip", "--format=ustar",
    "--format=v7" };
  const gsize with_long_names = 3;
  g_autofree char *folder = scratch_new ();

  save_pictures (folder);
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++) {
    g_autofree char *archive = NULL;
    g_autoptr (GenDataset) dataset = NULL;

    for (int k = 1; i == with_long_names && k < PICTURES; k += 3) {
      g_autofree char *path = g_strdup_printf ("%s/%s%02d.png", folder, LONG, k);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
    archive = pack (folder, options[i], ".tar");
    dataset = open_shard (archive);
    g_assert_cmpuint (
        gen_dataset_get_count (dataset), ==, i < with_long_names ? PICTURES : PICTURES / 3 * 2);
    check_items (dataset, folder);
    g_unlink (archive);
  }
  scratch_remove (folder);
}

/* What was written with holes is read without them. */
static void
test_holes (void)
{
  static const char *const options[] = { "--format=gnu", "--format=pax" };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_strconcat (folder, "/00.png", NULL);

  save_pictures (folder);
  g_assert_cmpint (truncate (path, 3 << 20), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++) {
    g_autofree char *archive = g_strconcat (folder, ".tar", NULL);
    const char *arguments[] = { "tar", options[i], "--sparse", "--sort=name", "-cf", archive, "-C",
      folder, ".", NULL };
    g_autoptr (GenDataset) dataset = NULL;
    struct stat status;

    g_assert_true (run (arguments));
    g_assert_cmpint (stat (archive, &status), ==, 0);
    g_assert_cmpint (status.st_size, <, 1 << 20);
    dataset = open_shard (archive);
    g_assert_cmpuint (gen_dataset_get_count (dataset), ==, PICTURES);
    check_items (dataset, folder);
    g_unlink (archive);
  }
  scratch_remove (folder);
}

/* More shards than files may be open are opened as they are read. */
static void
test_many (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *shards = scratch_new ();
  g_autofree char *archive = NULL;
  g_autoptr (GenDataset) dataset = NULL;
  struct rlimit limit, few;

  save_pictures (folder);
  archive = pack (folder, "--format=gnu", ".tar");
  for (int i = 0; i < 60; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%02d.tar", shards, i);

    g_assert_cmpint (link (archive, path), ==, 0);
  }
  getrlimit (RLIMIT_NOFILE, &limit);
  few = limit;
  few.rlim_cur = 40;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);
  dataset = open_shard (shards);
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 60 * PICTURES);
  check_items (dataset, folder);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_unlink (archive);
  scratch_remove (shards);
  scratch_remove (folder);
}

/* What is before the damage is there, and the rest is told of, in a compressed shard as in a plain
 * one. */
static void
test_cut (void)
{
  static const char *const options[] = { "--format=gnu", "--gzip", "--xz", "--bzip2" };

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *archive = NULL;
    g_autoptr (GenDataset) dataset = NULL;
    guint32 good = 0, bad = 0;
    struct stat status;

    save_pictures (folder);
    archive = pack (folder, options[i], ".tar");
    g_assert_cmpint (stat (archive, &status), ==, 0);
    g_assert_cmpint (truncate (archive, status.st_size * 2 / 3), ==, 0);
    if (strcmp (options[i], "--xz") == 0 || strcmp (options[i], "--bzip2") == 0) {
      /* All of it may be one block, of which nothing comes before its end. */
      g_autoptr (GError) error = NULL;
      GenDataset *some = gen_dataset_open (archive, &(GenDatasetSettings){ 0 }, &error);

      g_assert_true (some != NULL || (strstr (error->message, archive) != NULL &&
                                         strstr (error->message, "texts") == NULL));
      gen_dataset_free (some);
    } else {
      dataset = open_shard (archive);
      for (guint32 k = 0; k < gen_dataset_get_count (dataset); k++) {
        g_autoptr (GBytes) bytes = gen_dataset_read_file (dataset, k, NULL);

        good += bytes != NULL;
        bad += bytes == NULL;
      }
      g_assert_cmpuint (good, >, 2);
      g_assert_cmpuint (good, <, PICTURES);
      g_assert_cmpuint (bad, >, 0);
      g_assert_cmpuint (bad, <=, 2);
    }
    g_unlink (archive);
    scratch_remove (folder);
  }
}

/* What is said of shards of which nothing can be read is what is wrong with them. */
static void
test_nothing (void)
{
  static const struct {
    const char *name, *content, *said;
    gsize size;
  } cases[] = {
    { "a.tar", "this is none", "a.tar: ", 12 },
    { "b.tar.gz", "\x1f\x8b\x08\0\0\0", "b.tar.gz: ", 6 },
    { "c.tar.gz", "\x1f\x8b none of gzip's", "c.tar.gz: ", 17 },
  };
  g_autofree char *folder = scratch_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_build_filename (folder, cases[i].name, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (path, cases[i].content, (gssize)cases[i].size, NULL));
    g_assert_null (gen_dataset_open (path, &(GenDatasetSettings){ 0 }, &error));
    g_test_message ("%s", error->message);
    g_assert_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ);
    g_assert_nonnull (strstr (error->message, cases[i].said));
    g_assert_null (strstr (error->message, "none of its"));
  }
  scratch_remove (folder);
}

/* Classes that are numbers beyond 64 bits keep all of their digits, in the objects of shards as in
 * manifests, which are read by the same function. */
static void
test_large_labels (void)
{
  static const char *const labels[] = { "9223372036854775807", "9223372036854775808",
    "-9223372036854775809", "18446744073709551616000", "4294967297" };
  g_autofree char *folder = scratch_new ();
  g_autofree char *list = g_build_filename (folder, "list.jsonl", NULL);
  g_autofree char *archive = NULL;
  g_autoptr (GString) lines = g_string_new (NULL);

  save_pictures (folder);
  for (gsize i = 0; i < G_N_ELEMENTS (labels); i++) {
    const char *name = i % 3 == 1 ? LONG : "";
    g_autofree char *path = g_strdup_printf ("%s/%s%02d.json", folder, name, (int)i);
    g_autofree char *object = g_strdup_printf (
        "{\"file_name\": \"%s%02d.png\", \"label\": %s}\n", name, (int)i, labels[i]);

    g_assert_true (g_file_set_contents (path, object, -1, NULL));
    g_string_append (lines, object);
  }
  archive = pack (folder, "--format=gnu", ".tar");
  g_assert_true (g_file_set_contents (list, lines->str, -1, NULL));
  for (int k = 0; k < 2; k++) {
    g_autoptr (GenDataset) dataset = open_shard (k == 0 ? archive : list);
    gsize found = 0;

    g_assert_cmpint (gen_dataset_get_label_count (dataset), ==, G_N_ELEMENTS (labels));
    for (guint32 i = 0; i < gen_dataset_get_count (dataset); i++) {
      g_autofree char *name = gen_dataset_describe_item (dataset, i);
      const int number = atoi (name + strlen (name) - strlen ("00.png"));
      const int label = gen_dataset_get_label (dataset, i);

      g_assert_true ((label >= 0) == (number < (int)G_N_ELEMENTS (labels)));
      if (label < 0)
        continue;
      g_assert_cmpstr (gen_dataset_get_label_name (dataset, label), ==, labels[number]);
      found++;
    }
    g_assert_cmpuint (found, ==, G_N_ELEMENTS (labels));
  }
  g_unlink (archive);
  scratch_remove (folder);
}

/* Splits by content know a file in a shard by its bytes, as they know one that lies by itself. */
static void
test_digests (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *name = g_path_get_basename (folder);
  g_autofree char *index =
      g_strdup_printf ("%s/.%s.tar.generative-split.tsv", g_get_tmp_dir (), name);
  g_autofree char *archive = NULL, *text = NULL;
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GenSequence) sequence = NULL;
  g_autoptr (GError) error = NULL;
  GenSequenceSettings order = GEN_SEQUENCE_DEFAULTS;

  save_pictures (folder);
  archive = pack (folder, "--format=gnu", ".tar");
  dataset = open_shard (archive);
  order.split_by = GEN_SPLIT_BY_CONTENT;
  sequence = gen_sequence_new (dataset, &order, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (index, &text, NULL, &error));
  for (int i = 0; i < PICTURES; i += 3) {
    g_autofree char *path = g_strdup_printf ("%s/%02d.png", folder, i);
    g_autofree char *content = NULL, *digest = NULL;
    gsize size;

    g_assert_true (g_file_get_contents (path, &content, &size, NULL));
    digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)content, size);
    g_assert_nonnull (strstr (text, digest));
  }
  g_unlink (index);
  g_unlink (archive);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset-shards/formats", test_formats);
  g_test_add_func ("/dataset-shards/holes", test_holes);
  g_test_add_func ("/dataset-shards/many", test_many);
  g_test_add_func ("/dataset-shards/cut", test_cut);
  g_test_add_func ("/dataset-shards/nothing", test_nothing);
  g_test_add_func ("/dataset-shards/large-labels", test_large_labels);
  g_test_add_func ("/dataset-shards/digests", test_digests);
  return g_test_run ();
}
