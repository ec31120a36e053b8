/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that tell of data: what media files say of themselves, manifests that a writer goes on
 * with, lists of what is left out and of what is denied, names of classes, policies of
 * augmentation. What a file is meant to be, its first byte says. */
#include <generative/augment-policy.h>
#include <generative/dataset-writer.h>
#include <generative/dataset.h>
#include <generative/data-filter.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../../lib/data/inspect/file-traits.h"
#include "fuzz.h"

#define CANARY "beside"

/* Two grey pictures of two by two, of classes 0 and 1. */
static const char pictures[] = "\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0\2abcdefgh";
static const char labels[] = "\0\0\x08\x01\0\0\0\2\0\1";

/* A folder of its own, beside a file that nobody is to touch. */
static const char *
folder (void)
{
  static char *path = NULL;

  if (path == NULL) {
    g_autofree char *above = g_dir_make_tmp ("fuzz-XXXXXX", NULL);
    g_autofree char *canary = g_build_filename (above, CANARY, NULL);

    g_assert_nonnull (above);
    g_assert_true (g_file_set_contents (canary, "", 0, NULL));
    path = g_build_filename (above, "data", NULL);
  }
  g_mkdir (path, 0700);
  return path;
}

static void
put (const char *name, const void *data, gsize size)
{
  g_autofree char *path = g_build_filename (folder (), name, NULL);

  g_assert_true (
      g_file_set_contents_full (path, data, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void
remove_below (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *inner = g_build_filename (path, name, NULL);

    if (g_unlink (inner) < 0)
      remove_below (inner);
  }
  g_rmdir (path);
}

/* What is beside the folder is there still. */
static void
clean (void)
{
  g_autofree char *above = g_path_get_dirname (folder ());
  g_autofree char *canary = g_build_filename (above, CANARY, NULL);

  remove_below (folder ());
  g_assert_true (g_file_test (canary, G_FILE_TEST_EXISTS));
}

static void
read_traits (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  GenFileTraits traits;

  gen_file_traits_read (&traits, bytes);
  g_free (traits.source_type);
}

/* A picture more. */
static void
add_item (GenDatasetWriter *writer)
{
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (JsonObject) facts = json_object_new ();
  GenSample sample;
  GenDatasetItem item = { .label = 1, .name = "dogs", .facts = facts };

  gen_picture_init (&picture, 2, 2, 1);
  memset (picture.data, 7, (gsize)picture.stride * 2);
  sample = gen_sample_of_picture (&picture);
  item.sample = &sample;
  json_object_set_int_member (facts, "seed", 3);
  gen_dataset_writer_add (writer, &item, NULL);
  gen_dataset_writer_finish (writer, NULL);
}

/* Whatever is there already. */
static void
write_on (GenManifestKind kind, gboolean overwrite, const GenDatasetFormat *format)
{
  GenDatasetWriterSettings settings;
  GenDatasetWriter *writer;

  gen_dataset_writer_settings_init (&settings);
  settings.location = (char *)folder ();
  settings.format = format;
  settings.manifest = kind;
  settings.threads = 1;
  settings.overwrite = overwrite;
  settings.append = !overwrite;
  writer = gen_dataset_writer_new (&settings, NULL);
  if (writer != NULL) {
    add_item (writer);
    gen_dataset_writer_free (writer);
  }
}

static void
write_to_manifest (const guint8 *data, gsize size)
{
  put ("metadata.jsonl", data, size);
  write_on (GEN_MANIFEST_JSON_LINES, FALSE, &gen_dataset_format_folder);
  put ("metadata.jsonl", data, size);
  write_on (GEN_MANIFEST_JSON_LINES, TRUE, &gen_dataset_format_webdataset);
}

static void
write_to_table (const guint8 *data, gsize size)
{
  put ("metadata.csv", data, size);
  write_on (GEN_MANIFEST_CSV, FALSE, &gen_dataset_format_folder);
  put ("metadata.csv", data, size);
  write_on (GEN_MANIFEST_CSV, TRUE, &gen_dataset_format_folder);
}

/* A shard of which the manifest does not tell yet. */
static void
write_to_shards (const guint8 *data, gsize size)
{
  static const char line[] =
      "{\"file_name\":\"00000000.png\",\"shard\":\"shard-000000.tar\",\"item\":0}\n";

  put ("metadata.jsonl", line, sizeof line - 1);
  put ("shard-000000.tar", data, size);
  write_on (GEN_MANIFEST_JSON_LINES, FALSE, &gen_dataset_format_webdataset);
}

/* The part of an IDX file of which one item was promised. */
static void
write_to_part (const guint8 *data, gsize size)
{
  static const char line[] = "{\"file_name\":\"images-idx3-ubyte\",\"item\":0}\n";

  put ("metadata.jsonl", line, sizeof line - 1);
  put (".images-idx3-ubyte.part", data, size);
  put (".labels-idx1-ubyte.part", labels, sizeof labels - 1);
  write_on (GEN_MANIFEST_JSON_LINES, FALSE, &gen_dataset_format_idx);
}

static void
open_beside (const char *name, const guint8 *data, gsize size, gboolean leave_out)
{
  g_autofree char *list = g_build_filename (folder (), name, NULL);
  const GenDatasetSettings settings = { .leave_out = leave_out ? list : NULL };
  g_autoptr (GenDataset) dataset = NULL;

  put ("images-idx3-ubyte", pictures, sizeof pictures - 1);
  put ("labels-idx1-ubyte", labels, sizeof labels - 1);
  put (name, data, size);
  dataset = gen_dataset_open (folder (), &settings, NULL);
}

static void
read_left_out (const guint8 *data, gsize size)
{
  open_beside ("left-out.jsonl", data, size, TRUE);
}

static void
read_class_names (const guint8 *data, gsize size)
{
  open_beside ("classes.txt", data, size, FALSE);
}

static void
read_denied (const guint8 *data, gsize size)
{
  GHashTable *denied = gen_data_filter_load_denied (fuzz_file (data, size), NULL);

  if (denied != NULL)
    g_hash_table_unref (denied);
}

static void
read_policy (const guint8 *data, gsize size)
{
  GenAugmentPolicy *policy = gen_augment_policy_load (fuzz_file (data, size), NULL);

  if (policy != NULL)
    gen_augment_policy_unref (policy);
}

/* What is kept with two pictures about who is out. */
static void
judge_beside (const char *name, const guint8 *data, gsize size)
{
  const GenDatasetSettings settings = { 0 };
  const GenDataFilterRun run = { .threads = 1 };
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (JsonObject) summary = NULL;
  GenDataFilterSettings filter;

  put ("images-idx3-ubyte", pictures, sizeof pictures - 1);
  put ("labels-idx1-ubyte", labels, sizeof labels - 1);
  put (name, data, size);
  dataset = gen_dataset_open (folder (), &settings, NULL);
  gen_data_filter_settings_init (&filter);
  if (dataset != NULL)
    summary = gen_data_filter_judge (&filter, &run, dataset, NULL);
}

static void
read_opt_outs (const guint8 *data, gsize size)
{
  judge_beside ("opt-outs.txt", data, size);
}

static void
read_robots (const guint8 *data, gsize size)
{
  judge_beside ("robots.txt", data, size);
}

static void
read_reservations (const guint8 *data, gsize size)
{
  judge_beside ("tdmrep.json", data, size);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static void (*const readers[]) (const guint8 *, gsize) = { read_traits, write_to_manifest,
    write_to_table, write_to_shards, write_to_part, read_left_out, read_class_names, read_denied,
    read_policy, read_opt_outs, read_robots, read_reservations };

  if (size == 0)
    return 0;
  readers[data[0] % G_N_ELEMENTS (readers)](data + 1, size - 1);
  clean ();
  return 0;
}
