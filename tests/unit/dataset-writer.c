/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datasets that are written: what comes back, what is refused, and what is left when writing is cut
 * off by kill -9 or a full disk. */
#include <generative/dataset-writer.h>
#include <generative/dataset.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../scratch.h"

enum { SIZE = 16 };

static GenDatasetWriterSettings
settings_for (char *location, const GenDatasetFormat *format)
{
  GenDatasetWriterSettings settings;

  gen_dataset_writer_settings_init (&settings);
  settings.location = location;
  settings.format = format;
  settings.commit_size = 4;
  settings.shard_items = 4;
  settings.threads = 1;
  return settings;
}

static GenDatasetWriter *
open_writer (const GenDatasetWriterSettings *settings)
{
  g_autoptr (GError) error = NULL;
  GenDatasetWriter *writer = gen_dataset_writer_new (settings, &error);

  g_assert_no_error (error);
  return writer;
}

/* Item `n`, of three classes: grey of its own. */
static gboolean
add_item (GenDatasetWriter *writer, guint n, GError **error)
{
  static const char *const names[] = { "cats", "dogs", "a bird" };
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (JsonObject) facts = json_object_new ();
  GenSample sample;
  GenDatasetItem item = { .label = (int)(n % 3), .name = names[n % 3], .facts = facts };

  gen_picture_init (&picture, SIZE, SIZE, 1);
  for (int i = 0; i < SIZE * SIZE; i++)
    picture.data[i / SIZE * picture.stride + i % SIZE] = (guint8)(n * 31 + (guint)(i * i));
  sample = gen_sample_of_picture (&picture);
  item.sample = &sample;
  json_object_set_int_member (facts, "seed", n);
  json_object_set_string_member (facts, "digital_source_type", "trainedAlgorithmicMedia");
  return gen_dataset_writer_add (writer, &item, error);
}

static void
add_items (GenDatasetWriter *writer, guint first, guint end)
{
  g_autoptr (GError) error = NULL;

  for (guint n = first; n < end; n++) {
    add_item (writer, n, &error);
    g_assert_no_error (error);
  }
}

static void
finish (GenDatasetWriter *writer)
{
  g_autoptr (GError) error = NULL;

  gen_dataset_writer_finish (writer, &error);
  g_assert_no_error (error);
}

/* `n` items with these settings. */
static void
write_items (const GenDatasetWriterSettings *settings, guint n)
{
  g_autoptr (GenDatasetWriter) writer = open_writer (settings);

  add_items (writer, 0, n);
  finish (writer);
}

static void
assert_refused (
    const GenDatasetWriterSettings *settings, GenDatasetWriterError code, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_dataset_writer_new (settings, &error));
  g_assert_error (error, GEN_DATASET_WRITER_ERROR, (int)code);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" says nothing of \"%s\"", error->message, part);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* All files below a folder and what is in them, as text. (transfer full) */
static void
append_tree (const char *folder, const char *below, GString *text)
{
  g_autofree char *at = g_build_filename (folder, below, NULL);
  g_autoptr (GDir) dir = g_dir_open (at, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (below, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *path = g_build_filename (folder, names->pdata[i], NULL);
    g_autofree char *content = NULL;
    g_autofree char *sum = NULL;
    gsize size;

    if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
      append_tree (folder, names->pdata[i], text);
      continue;
    }
    g_assert_true (g_file_get_contents (path, &content, &size, NULL));
    sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *)content, size);
    g_string_append_printf (text, "%s %s\n", (char *)names->pdata[i], sum);
  }
}

static char *
read_tree (const char *folder)
{
  GString *text = g_string_new (NULL);

  append_tree (folder, "", text);
  return g_string_free (text, FALSE);
}

static char *
read_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
write_file (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static gboolean
exists (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static guint
count_lines (const char *text)
{
  guint n = 0;

  for (; *text != '\0'; text++)
    n += *text == '\n';
  return n;
}

/* --- what comes back --- */

/* Item `n`, as it was written, of a dataset that was opened. */
static void
assert_item (const GenDataset *dataset, guint32 index, guint n)
{
  const GenFitting fitting = { 0 };
  g_auto (GenSample) sample = { 0 };
  g_autoptr (GError) error = NULL;

  gen_sample_init (&sample,
      &(GenFormat){ .medium = &gen_medium_picture, .width = SIZE, .height = SIZE, .channels = 1 });
  gen_dataset_load (dataset, index, &fitting, &sample, &error);
  g_assert_no_error (error);
  for (int i = 0; i < SIZE * SIZE; i++)
    g_assert_cmpuint (sample.picture.data[i / SIZE * sample.picture.stride + i % SIZE], ==,
        (guint8)(n * 31 + (guint)(i * i)));
}

static void
test_folder (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "folder", NULL);
  const GenDatasetWriterSettings settings = settings_for (location, &gen_dataset_format_folder);
  const GenDatasetSettings plain = { 0 };
  g_autoptr (GenDataset) dataset = NULL;
  g_autofree char *manifest = NULL;
  g_auto (GStrv) lines = NULL;

  write_items (&settings, 10);
  dataset = gen_dataset_open (location, &plain, NULL);
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 10);
  g_assert_cmpint (gen_dataset_get_label_count (dataset), ==, 3);
  g_assert_cmpstr (gen_dataset_get_label_name (dataset, 0), ==, "a bird");
  /* "a bird" has items 2, 5 and 8, cats 0, 3, 6 and 9. */
  assert_item (dataset, 1, 5);
  assert_item (dataset, 6, 9);
  manifest = read_file (location, "metadata.jsonl");
  lines = g_strsplit (manifest, "\n", -1);
  g_assert_cmpuint (count_lines (manifest), ==, 10);
  g_assert_cmpstr (lines[5], ==,
      "{\"file_name\":\"a bird/00000005.png\",\"item\":5,\"class\":\"a bird\",\"label\":2,"
      "\"digital_source_type\":\"http://cv.iptc.org/newscodes/digitalsourcetype/"
      "trainedAlgorithmicMedia\",\"seed\":5}");
}

/* What is known is in columns, and what the first item did not have in the last of them. */
static void
test_csv (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "csv", NULL);
  GenDatasetWriterSettings settings = settings_for (location, &gen_dataset_format_folder);
  g_autoptr (GenDatasetWriter) writer = NULL;
  g_autofree char *manifest = NULL;

  settings.manifest = GEN_MANIFEST_CSV;
  writer = open_writer (&settings);
  for (int i = 0; i < 3; i++) {
    static const char *const facts[] = {
      "{\"scores\": {\"score\": 0.5}, \"said\": \"a, \\\"b\\\"\"}",
      "{\"scores\": {\"score\": 1, \"depth\": 2}}", "{\"said\": \"two\\nlines\"}"
    };
    g_autoptr (JsonNode) node = json_from_string (facts[i], NULL);
    GenSample text = { .medium = &gen_medium_text, .text = { .data = (char *)"x", .length = 1 } };
    const GenDatasetItem item = {
      .sample = &text, .label = -1, .facts = json_node_get_object (node)
    };

    g_assert_true (gen_dataset_writer_add (writer, &item, NULL));
  }
  finish (writer);
  manifest = read_file (location, "metadata.csv");
  g_assert_cmpstr (manifest, ==,
      "file_name,item,scores.score,said,other\n"
      "00000000.txt,0,0.5,\"a, \"\"b\"\"\",\n"
      "00000001.txt,1,1,,\"{\"\"scores.depth\"\":2}\"\n"
      "00000002.txt,2,,\"two lines\",\n");
  g_clear_pointer (&writer, gen_dataset_writer_free);
  settings.append = TRUE;
  writer = open_writer (&settings);
  g_assert_cmpuint (gen_dataset_writer_get_safe (writer), ==, 3);
}

static guint64
size_of (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  GStatBuf status;

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  return (guint64)status.st_size;
}

/* Shards have as many items as they may, and are no larger than they may be. */
static void
test_shards (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "shards", NULL);
  g_autofree char *small = g_build_filename (scratch, "small-shards", NULL);
  GenDatasetWriterSettings settings = settings_for (location, &gen_dataset_format_webdataset);
  g_autofree char *manifest = NULL, *of_small = NULL;

  write_items (&settings, 10);
  manifest = read_file (location, "metadata.jsonl");
  g_assert_cmpuint (count_lines (manifest), ==, 10);
  g_assert_nonnull (
      strstr (manifest, "\"file_name\":\"00000009.png\",\"shard\":\"shard-000002.tar\""));
  g_assert_false (exists (location, "shard-000003.tar"));

  settings.location = small;
  settings.shard_items = 1000;
  settings.shard_size = 12 << 10;
  write_items (&settings, 10);
  g_assert_true (exists (small, "shard-000002.tar"));
  for (int i = 0; i < 3; i++) {
    g_autofree char *name = g_strdup_printf ("shard-%06d.tar", i);

    g_assert_cmpuint (size_of (small, name), <=, 12 << 10);
  }
  /* One that is too large by itself is written all the same. */
  settings.overwrite = TRUE;
  settings.shard_size = 1;
  write_items (&settings, 3);
  g_assert_true (exists (small, "shard-000002.tar"));
  g_assert_false (exists (small, "shard-000003.tar"));
  of_small = read_file (small, "metadata.jsonl");
  g_assert_cmpuint (count_lines (of_small), ==, 3);
}

static void
test_idx (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "idx", NULL);
  g_autofree char *path = g_build_filename (location, "images-idx3-ubyte", NULL);
  GenDatasetWriterSettings settings = settings_for (location, &gen_dataset_format_idx);
  g_autoptr (GenDatasetWriter) writer = NULL;
  const GenDatasetSettings plain = { 0 };
  g_autoptr (GenDataset) dataset = NULL;

  writer = open_writer (&settings);
  add_items (writer, 0, 9);
  g_assert_cmpuint (gen_dataset_writer_get_safe (writer), ==, 8);
  g_assert_false (exists (location, "images-idx3-ubyte"));
  finish (writer);
  g_assert_cmpuint (gen_dataset_writer_get_safe (writer), ==, 9);
  g_assert_cmpuint (size_of (location, "images-idx3-ubyte"), ==, 16 + 9 * SIZE * SIZE);
  /* And more behind the end. */
  add_items (writer, 9, 15);
  g_assert_cmpuint (size_of (location, "images-idx3-ubyte"), ==, 16 + 9 * SIZE * SIZE);
  finish (writer);
  g_clear_pointer (&writer, gen_dataset_writer_free);
  settings.append = TRUE;
  writer = open_writer (&settings);
  add_items (writer, 15, 20);
  finish (writer);
  dataset = gen_dataset_open (path, &plain, NULL);
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 20);
  for (guint n = 0; n < 20; n++) {
    assert_item (dataset, n, n);
    g_assert_cmpint (gen_dataset_get_label (dataset, n), ==, n % 3);
  }
}

static void
assert_item_refused (GenDatasetWriter *writer, const GenDatasetItem *item, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (gen_dataset_writer_add (writer, item, &error));
  g_assert_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" says nothing of \"%s\"", error->message, part);
}

/* What has no place is refused, and what came before and comes after is there. */
static void
test_items_refused (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "refused", NULL);
  g_autofree char *second = g_build_filename (scratch, "refused-names", NULL);
  static const char *const names[] = { "", ".hidden", "..", "a/b", "line\nend", "\xff" };
  GenDatasetWriterSettings settings = settings_for (location, &gen_dataset_format_idx);
  g_autoptr (GenDatasetWriter) writer = open_writer (&settings);
  g_auto (GenPicture) picture = { 0 }, colour = { 0 };
  GenSample sample, coloured;

  gen_picture_init (&picture, SIZE, SIZE + 1, 1);
  gen_picture_init (&colour, SIZE, SIZE, 3);
  sample = gen_sample_of_picture (&picture);
  coloured = gen_sample_of_picture (&colour);
  add_items (writer, 0, 5);
  assert_item_refused (writer, &(GenDatasetItem){ .sample = &sample, .label = 1 }, "16x17");
  assert_item_refused (writer, &(GenDatasetItem){ .sample = &coloured, .label = 1 }, "grey");
  sample.picture.height = SIZE;
  assert_item_refused (writer, &(GenDatasetItem){ .sample = &sample, .label = -1 }, "none");
  assert_item_refused (writer, &(GenDatasetItem){ .sample = &sample, .label = 256 }, "256");
  add_items (writer, 5, 6);
  finish (writer);
  g_assert_cmpuint (size_of (location, "images-idx3-ubyte"), ==, 16 + 6 * SIZE * SIZE);
  g_assert_cmpuint (size_of (location, "labels-idx1-ubyte"), ==, 8 + 6);
  g_clear_pointer (&writer, gen_dataset_writer_free);

  settings = settings_for (second, &gen_dataset_format_folder);
  writer = open_writer (&settings);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    assert_item_refused (
        writer, &(GenDatasetItem){ .sample = &sample, .label = 1, .name = names[i] }, "folder");
}

/* --- what is there --- */

static void
test_places (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "places", NULL);
  GenDatasetWriterSettings settings = settings_for (NULL, &gen_dataset_format_folder);
  g_autofree char *before = NULL, *after = NULL;
  g_autoptr (GenDatasetWriter) writer = NULL;

  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_SETTINGS, "location");
  settings.location = location;
  settings.resume = settings.append = TRUE;
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_SETTINGS, "exclude");
  settings.resume = settings.append = FALSE;
  settings.class_name = (char *)".x";
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_SETTINGS, "class");
  settings.class_name = NULL;

  /* Somebody's files. */
  write_file (location, "00000003.png", "mine");
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_EXISTS, "overwrite=true");
  settings.overwrite = TRUE;
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_EXISTS, "no manifest");
  settings.overwrite = FALSE;
  settings.append = TRUE;
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_EXISTS, "no manifest");
  g_assert_true (exists (location, "00000003.png"));
  scratch_remove (location);

  settings.append = FALSE;
  write_items (&settings, 6);
  before = read_tree (location);
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_EXISTS, location);
  settings.append = TRUE;
  settings.format = &gen_dataset_format_webdataset;
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_SETTINGS, "not of format=webdataset");
  settings.format = &gen_dataset_format_idx;
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_SETTINGS, "not of format=idx");
  settings.format = &gen_dataset_format_folder;
  settings.manifest = GEN_MANIFEST_CSV;
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_SETTINGS, "manifest=jsonl");
  settings.manifest = GEN_MANIFEST_JSON_LINES;
  after = read_tree (location);
  g_assert_cmpstr (before, ==, after);

  /* One at a time. */
  writer = open_writer (&settings);
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_BUSY, location);
}

static void
test_overwrite (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "overwrite", NULL);
  g_autofree char *fresh = g_build_filename (scratch, "overwrite-fresh", NULL);
  GenDatasetWriterSettings settings = settings_for (location, &gen_dataset_format_webdataset);
  g_autofree char *wanted = NULL, *got = NULL;

  write_items (&settings, 10);
  settings.format = &gen_dataset_format_idx;
  settings.overwrite = TRUE;
  write_items (&settings, 10);
  settings.format = &gen_dataset_format_folder;
  write_items (&settings, 10);
  /* Left behind by a process that was killed. */
  write_file (location, "dogs/00000099.png", "half");
  write_file (location, "dogs/.00000100.png.01234567.tmp", "half");
  settings.manifest = GEN_MANIFEST_CSV;
  write_items (&settings, 4);
  settings.location = fresh;
  settings.overwrite = FALSE;
  write_items (&settings, 4);
  wanted = read_tree (fresh);
  got = read_tree (location);
  g_assert_cmpstr (got, ==, wanted);

  settings.location = location;
  settings.overwrite = TRUE;
  write_file (location, "README", "mine");
  write_file (location, "dogs/photo.png", "mine");
  write_items (&settings, 4);
  g_assert_true (exists (location, "README"));
  g_assert_true (exists (location, "dogs/photo.png"));
}

/* A manifest may be anybody's: it is not followed out of the folder. */
static void
test_hostile (gconstpointer scratch)
{
  static const struct {
    const char *line, *part;
  } cases[] = {
    { "{\"file_name\":\"../victim\",\"item\":0}\n", "below" },
    { "{\"file_name\":\"cats/../../victim\",\"item\":0}\n", "below" },
    { "{\"file_name\":\"/etc/victim\",\"item\":0}\n", "below" },
    { "{\"file_name\":\"x\",\"shard\":\"../victim\",\"item\":0}\n", "below" },
    { "{\"file_name\":7,\"item\":0}\n", "metadata.jsonl" },
    { "{\"file_name\":\"x\",\"item\":-1}\n", "metadata.jsonl" },
    { "[1, 2]\n", "metadata.jsonl" },
    { "no JSON\n", "metadata.jsonl" },
  };
  g_autofree char *location = g_build_filename (scratch, "hostile", NULL);
  GenDatasetWriterSettings settings = settings_for (location, &gen_dataset_format_folder);

  settings.overwrite = TRUE;
  write_file (scratch, "victim", "mine");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    write_file (location, "metadata.jsonl", cases[i].line);
    g_assert_null (gen_dataset_writer_new (&settings, &error));
    g_assert_true (error->domain == GEN_DATASET_WRITER_ERROR);
    g_assert_nonnull (strstr (error->message, cases[i].part));
    g_assert_true (exists (scratch, "victim"));
  }
}

/* --- what was cut off --- */

/* A process that was killed has left this; the dataset goes on as if it had not been. */
static void
test_repairs (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "repairs", NULL);
  g_autofree char *fresh = g_build_filename (scratch, "repairs-fresh", NULL);

  for (int csv = 0; csv < 2; csv++)
    for (const GenDatasetFormat *const *format = gen_dataset_format_list (); *format != NULL;
         format++) {
      GenDatasetWriterSettings settings = settings_for (location, *format);
      g_autofree char *wanted = NULL, *got = NULL, *manifest = NULL, *path = NULL;
      g_autoptr (GenDatasetWriter) writer = NULL;
      const char *name = csv ? "metadata.csv" : "metadata.jsonl";

      settings.manifest = csv ? GEN_MANIFEST_CSV : GEN_MANIFEST_JSON_LINES;
      settings.location = fresh;
      write_items (&settings, 14);
      wanted = read_tree (fresh);
      settings.location = location;
      write_items (&settings, 8);
      /* The manifest ends within the line of the seventh item. */
      manifest = read_file (location, name);
      path = g_build_filename (location, name, NULL);
      g_assert_cmpint (truncate (path, (off_t)strlen (manifest) - 70), ==, 0);
      if (*format == &gen_dataset_format_folder)
        write_file (location, "cats/.00000006.png.01234567.tmp", "half");
      if (*format == &gen_dataset_format_webdataset)
        write_file (location, ".shard-000002.tar.01234567.tmp", "half");
      settings.resume = TRUE;
      writer = open_writer (&settings);
      g_assert_cmpuint (gen_dataset_writer_get_safe (writer), >=, 6);
      add_items (writer, 0, 14);
      finish (writer);
      g_assert_cmpuint (gen_dataset_writer_get_safe (writer), ==, 14);
      g_assert_cmpuint (gen_dataset_writer_get_passed_over (writer), >=, 6);
      got = read_tree (location);
      g_assert_cmpstr (got, ==, wanted);
      g_clear_pointer (&writer, gen_dataset_writer_free);
      scratch_remove (location);
      scratch_remove (fresh);
    }
}

/* What a shard says of its items may be damaged: then it is named. */
static void
test_damaged_shard (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "damaged", NULL);
  GenDatasetWriterSettings settings = settings_for (location, &gen_dataset_format_webdataset);

  write_items (&settings, 8);
  write_file (location, "shard-000001.tar", "this is no archive, or one that was cut short");
  settings.resume = TRUE;
  assert_refused (&settings, GEN_DATASET_WRITER_ERROR_DAMAGED, "shard-000001.tar");
}

static void
set_room (rlim_t bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = MIN (bytes, limit.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

/* --- classes --- */

/* An item of the class `name`, or of the one that the settings say. */
static gboolean
add_named (GenDatasetWriter *writer, int label, const char *name, GError **error)
{
  g_auto (GenPicture) picture = { 0 };
  GenSample sample;
  GenDatasetItem item = { .label = label, .name = name };

  gen_picture_init (&picture, SIZE, SIZE, 1);
  for (int y = 0; y < SIZE; y++)
    memset (picture.data + y * picture.stride, y, SIZE);
  sample = gen_sample_of_picture (&picture);
  item.sample = &sample;
  return gen_dataset_writer_add (writer, &item, error);
}

/* `n` items of the class of the settings. */
static void
write_class (const GenDatasetWriterSettings *settings, guint n)
{
  g_autoptr (GenDatasetWriter) writer = open_writer (settings);

  for (guint i = 0; i < n; i++)
    g_assert_true (add_named (writer, -1, NULL, NULL));
  finish (writer);
}

static void
assert_classes (const char *location, const char *const *names, const int *labels, guint n)
{
  const GenDatasetSettings plain = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenDataset) dataset = gen_dataset_open (location, &plain, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, n);
  for (guint i = 0; i < n; i++) {
    g_assert_cmpint (gen_dataset_get_label (dataset, i), ==, labels[i]);
    g_assert_cmpstr (gen_dataset_get_label_name (dataset, labels[i]), ==, names[labels[i]]);
  }
}

/* A class that has a name alone is numbered where its number is what there is room for, goes on
 * with the same number, and is read back by its name. */
static void
test_classes (gconstpointer scratch)
{
  static const GenDatasetFormat *const formats[] = { &gen_dataset_format_webdataset,
    &gen_dataset_format_idx };
  static const char *const names[] = { "cats", "dogs" };
  static const char *const digits[] = { "0", "1", "2", "3" };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *location = g_strdup_printf ("%s/classes-%" G_GSIZE_FORMAT, (char *)scratch, i);
    g_autofree char *numbered = g_strdup_printf ("%s/numbers-%" G_GSIZE_FORMAT, (char *)scratch, i);
    GenDatasetWriterSettings settings = settings_for (location, formats[i]);
    g_autofree char *text = NULL, *manifest = NULL, *again = NULL;
    g_autoptr (GError) error = NULL;
    GenDatasetWriter *writer;

    settings.class_name = (char *)"cats";
    write_class (&settings, 2);
    settings.append = TRUE;
    settings.class_name = (char *)"dogs";
    write_class (&settings, 1);
    settings.class_name = (char *)"cats";
    write_class (&settings, 1);
    text = read_file (location, "classes.txt");
    g_assert_cmpstr (text, ==, "cats\ndogs\n");
    assert_classes (location, names, (int[]){ 0, 0, 1, 0 }, 4);
    manifest = read_file (location, "metadata.jsonl");
    g_assert_nonnull (strstr (manifest, "\"item\":2,\"class\":\"dogs\",\"label\":1"));

    /* The number of another one. */
    writer = open_writer (&settings);
    g_assert_false (add_named (writer, 1, "horses", &error));
    g_assert_error (error, GEN_DATASET_WRITER_ERROR, GEN_DATASET_WRITER_ERROR_ITEM);
    g_assert_nonnull (strstr (error->message, "class 1 is 'dogs'"));
    g_assert_true (add_named (writer, 1, "dogs", NULL));
    g_assert_true (add_named (writer, 1, NULL, NULL));
    finish (writer);
    gen_dataset_writer_free (writer);
    assert_classes (location, names, (int[]){ 0, 0, 1, 0, 1, 1 }, 6);

    /* Digits are numbers, and need no names; all of it goes where it is overwritten. */
    settings.location = numbered;
    settings.append = FALSE;
    settings.class_name = (char *)"3";
    write_class (&settings, 2);
    g_assert_false (exists (numbered, "classes.txt"));
    assert_classes (numbered, digits, (int[]){ 3, 3 }, 2);
    settings.location = location;
    settings.overwrite = TRUE;
    write_class (&settings, 1);
    g_assert_false (exists (location, "classes.txt"));
    assert_classes (location, digits, (int[]){ 3 }, 1);
  }
}

/* Where names cannot be written down, the item is not there either. */
static void
test_classes_full (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "classes-full", NULL);
  GenDatasetWriterSettings settings = settings_for (location, &gen_dataset_format_webdataset);
  g_autoptr (GenDatasetWriter) writer = open_writer (&settings);
  g_autoptr (GError) error = NULL;

  signal (SIGXFSZ, SIG_IGN);
  set_room (3);
  g_assert_false (add_named (writer, -1, "cats", &error));
  set_room (RLIM_INFINITY);
  g_assert_error (error, G_FILE_ERROR, (int)g_file_error_from_errno (EFBIG));
  g_assert_nonnull (strstr (error->message, "classes.txt"));
  finish (writer);
  g_assert_cmpuint (gen_dataset_writer_get_safe (writer), ==, 0);
  g_assert_true (add_named (writer, -1, "cats", NULL));
  finish (writer);
  g_assert_cmpuint (gen_dataset_writer_get_safe (writer), ==, 1);
}

/* --- nothing --- */

/* A try that came to nothing leaves the folder as it was; and what one has left that was killed is
 * in nobody's way. */
static void
test_nothing (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "nothing", NULL);
  g_autofree char *there = g_build_filename (scratch, "nothing-there", NULL);

  g_assert_cmpint (g_mkdir (there, 0777), ==, 0);
  for (const GenDatasetFormat *const *format = gen_dataset_format_list (); *format != NULL;
       format++) {
    GenDatasetWriterSettings settings = settings_for (location, *format);

    write_items (&settings, 0);
    g_assert_false (g_file_test (location, G_FILE_TEST_EXISTS));
    settings.location = there;
    write_items (&settings, 0);
    g_assert_false (exists (there, "metadata.jsonl"));
    g_assert_true (g_file_test (there, G_FILE_TEST_IS_DIR));
  }
  write_file (there, "metadata.jsonl", "");
  write_file (there, "classes.txt", "cats\n");
  write_file (there, ".images-idx3-ubyte.part", "half");
  write_file (there, ".shard-000000.tar.01234567.tmp", "half");
  {
    GenDatasetWriterSettings settings = settings_for (there, &gen_dataset_format_folder);
    g_autofree char *tree = NULL, *mine = NULL;

    settings.manifest = GEN_MANIFEST_CSV;
    write_items (&settings, 1);
    tree = read_tree (there);
    g_assert_cmpuint (count_lines (tree), ==, 2);
    /* What is anybody else's is not touched. */
    write_file (location, "metadata.jsonl", "");
    write_file (location, "mine", "mine");
    settings.location = location;
    assert_refused (&settings, GEN_DATASET_WRITER_ERROR_EXISTS, "overwrite=true");
    mine = read_file (location, "mine");
    g_assert_cmpstr (mine, ==, "mine");
    g_assert_true (exists (location, "metadata.jsonl"));
  }
}

/* --- threads --- */

/* Items are in their order, and the bytes are the same. */
static void
test_threads (gconstpointer scratch)
{
  g_autofree char *one = g_build_filename (scratch, "one-thread", NULL);
  g_autofree char *several = g_build_filename (scratch, "threads", NULL);

  for (const GenDatasetFormat *const *format = gen_dataset_format_list (); *format != NULL;
       format++) {
    GenDatasetWriterSettings settings = settings_for (one, *format);
    g_autofree char *wanted = NULL, *got = NULL;

    write_items (&settings, 61);
    settings.location = several;
    settings.threads = 5;
    write_items (&settings, 61);
    wanted = read_tree (one);
    got = read_tree (several);
    g_assert_cmpstr (got, ==, wanted);
    scratch_remove (one);
    scratch_remove (several);
  }
}

/* What comes before an item that cannot be encoded is safe, what comes behind it is not there. */
static void
test_threads_failing (gconstpointer scratch)
{
  g_autofree char *location = g_build_filename (scratch, "threads-failing", NULL);
  GenDatasetWriterSettings settings = settings_for (location, &gen_dataset_format_folder);
  g_autoptr (GenDatasetWriter) writer = NULL;
  g_auto (GenPicture) wide = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *manifest = NULL;
  gboolean good = TRUE;
  GenSample sample;
  const GenDatasetItem item = { .sample = &sample, .label = -1 };

  settings.threads = 3;
  settings.picture_encoding = &gen_encoding_webp;
  writer = open_writer (&settings);
  gen_picture_init (&wide, 20000, 1, 3);
  sample = gen_sample_of_picture (&wide);
  for (guint n = 0; good && n < 30; n++)
    good = n == 10 ? gen_dataset_writer_add (writer, &item, &error) : add_item (writer, n, &error);
  good = good && gen_dataset_writer_finish (writer, &error);
  g_assert_false (good);
  g_assert_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE);
  finish (writer);
  g_assert_cmpuint (gen_dataset_writer_get_safe (writer), ==, 10);
  manifest = read_file (location, "metadata.jsonl");
  g_assert_cmpuint (count_lines (manifest), ==, 10);
}

enum { KILLED_ITEMS = 200 };

/* Writes on and on, until it is killed or has all items. */
static void G_GNUC_NORETURN
write_in_child (const GenDatasetWriterSettings *settings)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenDatasetWriter) writer = gen_dataset_writer_new (settings, &error);
  gboolean good = writer != NULL;

  for (guint n = 0; good && n < KILLED_ITEMS; n++)
    good = add_item (writer, n, &error);
  if (good && gen_dataset_writer_finish (writer, &error))
    _exit (0);
  g_printerr ("%s\n", error->message);
  _exit (1);
}

/* Only whole files have names that others read. */
static void
assert_whole (const char *location, const GenDatasetFormat *format, guint64 lines)
{
  const GenDatasetSettings plain = { .medium = &gen_medium_picture };
  g_autoptr (GenDataset) dataset = NULL;

  if (format != &gen_dataset_format_folder || lines == 0)
    return;
  dataset = gen_dataset_open (location, &plain, NULL);
  g_assert_nonnull (dataset);
  g_assert_cmpuint (gen_dataset_get_count (dataset), >=, lines);
  for (guint32 i = 0; i < gen_dataset_get_count (dataset); i++) {
    g_autofree char *path = gen_dataset_describe_item (dataset, i);
    g_autofree char *name = g_path_get_basename (path);

    assert_item (dataset, i, (guint)g_ascii_strtoull (name, NULL, 10));
  }
}

static void
kill_writers (const char *scratch, int threads)
{
  g_autofree char *location = g_build_filename (scratch, "killed", NULL);
  g_autofree char *fresh = g_build_filename (scratch, "killed-fresh", NULL);

  for (const GenDatasetFormat *const *format = gen_dataset_format_list (); *format != NULL;
       format++) {
    GenDatasetWriterSettings settings = settings_for (fresh, *format);
    g_autofree char *wanted = NULL, *got = NULL;
    guint killed = 0, lines = 0;
    int status = -1;

    if (threads > 1 && *format == &gen_dataset_format_idx)
      continue; /* nothing is encoded */
    write_items (&settings, KILLED_ITEMS);
    wanted = read_tree (fresh);
    settings.location = location;
    settings.resume = TRUE;
    settings.threads = threads;
    while (status != 0) {
      const pid_t child = fork ();
      g_autofree char *manifest = NULL;

      if (child == 0)
        write_in_child (&settings);
      g_usleep ((gulong)g_random_int_range (1000, 40000) * (1 + killed / 20));
      kill (child, SIGKILL);
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      g_assert_true (WIFSIGNALED (status) || WEXITSTATUS (status) == 0);
      killed += WIFSIGNALED (status) != 0;
      if (!exists (location, "metadata.jsonl"))
        continue;
      manifest = read_file (location, "metadata.jsonl");
      /* What was promised stays so. */
      g_assert_cmpuint (count_lines (manifest), >=, lines);
      lines = count_lines (manifest);
      assert_whole (location, *format, lines);
    }
    g_test_message ("%s: killed %u times", (*format)->name, killed);
    got = read_tree (location);
    g_assert_cmpstr (got, ==, wanted);
    scratch_remove (location);
    scratch_remove (fresh);
  }
}

static void
test_killed (gconstpointer scratch)
{
  kill_writers (scratch, 1);
}

static void
test_threads_killed (gconstpointer scratch)
{
  kill_writers (scratch, 3);
}

/* No room for a file, and later again: what fits is there, the rest follows. */
static void
fill_disk (const char *scratch, int threads)
{
  static const struct {
    const GenDatasetFormat *format;
    rlim_t room;
    const char *named; /* what does not find room */
  } cases[] = {
    { &gen_dataset_format_folder, 100, "00000000.png" },
    { &gen_dataset_format_folder, 1500, "metadata.jsonl" },
    { &gen_dataset_format_webdataset, 5000, "shard-000000.tar" },
    { &gen_dataset_format_idx, 16 + 5 * SIZE * SIZE + 10, "images-idx3-ubyte" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *location =
        g_strdup_printf ("%s/full-%d-%" G_GSIZE_FORMAT, scratch, threads, i);
    g_autofree char *fresh = g_strdup_printf ("%s/fresh-%d-%" G_GSIZE_FORMAT, scratch, threads, i);
    GenDatasetWriterSettings settings = settings_for (location, cases[i].format);
    g_autofree char *wanted = NULL, *got = NULL, *manifest = NULL;
    g_autoptr (GenDatasetWriter) writer = NULL;
    g_autoptr (GError) error = NULL;
    gboolean good = TRUE;

    settings.threads = threads;
    writer = open_writer (&settings);
    set_room (cases[i].room);
    for (guint n = 0; n < 20 && good; n++)
      good = add_item (writer, n, &error);
    gen_dataset_writer_finish (writer, NULL);
    set_room (RLIM_INFINITY);
    g_assert_false (good);
    g_assert_error (error, G_FILE_ERROR, (int)g_file_error_from_errno (EFBIG));
    if (strstr (error->message, cases[i].named) == NULL)
      g_error ("\"%s\" does not name %s", error->message, cases[i].named);
    manifest = read_file (location, "metadata.jsonl");
    g_assert_cmpuint (count_lines (manifest), ==, gen_dataset_writer_get_safe (writer));
    assert_whole (location, cases[i].format, count_lines (manifest));
    if (cases[i].format == &gen_dataset_format_idx) {
      g_assert_cmpuint (count_lines (manifest), ==, 5);
      g_assert_cmpuint (size_of (location, "images-idx3-ubyte"), ==, 16 + 5 * SIZE * SIZE);
    }
    g_clear_pointer (&writer, gen_dataset_writer_free);

    settings.resume = TRUE;
    write_items (&settings, 20);
    settings.resume = FALSE;
    settings.location = fresh;
    write_items (&settings, 20);
    wanted = read_tree (fresh);
    got = read_tree (location);
    g_assert_cmpstr (got, ==, wanted);
  }
}

static void
test_full (gconstpointer scratch)
{
  fill_disk (scratch, 1);
}

static void
test_threads_full (gconstpointer scratch)
{
  fill_disk (scratch, 3);
}

/* A folder that cannot be made or written is named. */
static void
test_unwritable (gconstpointer scratch)
{
  g_autofree char *file = g_build_filename (scratch, "a-file", NULL);
  GenDatasetWriterSettings settings = settings_for (file, &gen_dataset_format_folder);
  g_autoptr (GError) error = NULL, second = NULL;

  write_file (scratch, "a-file", "mine");
  g_assert_null (gen_dataset_writer_new (&settings, &error));
  g_assert_true (error->domain == G_FILE_ERROR);
  g_assert_nonnull (strstr (error->message, file));
  settings.location = (char *)"/proc/no-such-place";
  g_assert_null (gen_dataset_writer_new (&settings, &second));
  g_assert_nonnull (strstr (second->message, "/proc/no-such-place"));
}

int
main (int argc, char **argv)
{
  g_autofree char *scratch = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  /* Files that find no room are errors, and not the end. */
  signal (SIGXFSZ, SIG_IGN);
  scratch = scratch_new ();
  g_test_add_data_func ("/dataset-writer/folder", scratch, test_folder);
  g_test_add_data_func ("/dataset-writer/csv", scratch, test_csv);
  g_test_add_data_func ("/dataset-writer/shards", scratch, test_shards);
  g_test_add_data_func ("/dataset-writer/idx", scratch, test_idx);
  g_test_add_data_func ("/dataset-writer/items-refused", scratch, test_items_refused);
  g_test_add_data_func ("/dataset-writer/places", scratch, test_places);
  g_test_add_data_func ("/dataset-writer/overwrite", scratch, test_overwrite);
  g_test_add_data_func ("/dataset-writer/hostile", scratch, test_hostile);
  g_test_add_data_func ("/dataset-writer/repairs", scratch, test_repairs);
  g_test_add_data_func ("/dataset-writer/damaged-shard", scratch, test_damaged_shard);
  g_test_add_data_func ("/dataset-writer/classes", scratch, test_classes);
  g_test_add_data_func ("/dataset-writer/classes-full", scratch, test_classes_full);
  g_test_add_data_func ("/dataset-writer/nothing", scratch, test_nothing);
  g_test_add_data_func ("/dataset-writer/threads", scratch, test_threads);
  g_test_add_data_func ("/dataset-writer/threads-failing", scratch, test_threads_failing);
  g_test_add_data_func ("/dataset-writer/threads-killed", scratch, test_threads_killed);
  g_test_add_data_func ("/dataset-writer/threads-full", scratch, test_threads_full);
  g_test_add_data_func ("/dataset-writer/killed", scratch, test_killed);
  g_test_add_data_func ("/dataset-writer/full", scratch, test_full);
  g_test_add_data_func ("/dataset-writer/unwritable", scratch, test_unwritable);
  result = g_test_run ();
  scratch_remove (scratch);
  return result;
}
